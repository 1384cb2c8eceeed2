"""Station 4: rule files as text. Cuts Cedar text into policies, each with the line it begins on.

Cedar's own errors name no line, so each policy is cut out and judged alone. Knows comments and strings, nothing else of
Cedar: whoever takes the pieces has to check that each is exactly one policy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from proctor.errors import ConfigFault

MAX_SOURCE = 1024 * 1024  # a rule file is written by hand; a larger one is a mistake

_STEP = re.compile(r'//[^\n\r]*|"(?:[^"\\]|\\.)*"|[;"]|\s+|[^\s;"/]+|/', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """One policy as written, and where it begins."""

    file: str
    line: int
    text: str

    @property
    def place(self) -> str:
        """Return `file:line`, as errors say it."""
        return f"{self.file}:{self.line}"


def split_policies(file: str, text: str) -> tuple[Piece, ...]:
    """Return the policies of a rule file in order; text after the last semicolon is an error."""
    if len(text) > MAX_SOURCE:
        raise ConfigFault(f"{file}:1: the file is larger than {MAX_SOURCE} characters; split it")
    pieces: list[Piece] = []
    start: int | None = None
    for step in _STEP.finditer(text):
        word = step.group()
        if word == '"':
            raise ConfigFault(f"{file}:{_line(text, step.start())}: a string begins here and never ends; close it")
        if start is None:
            if word.isspace() or word.startswith("//"):
                continue
            start = step.start()
        if word == ";":
            pieces.append(Piece(file, _line(text, start), text[start : step.end()]))
            start = None
    if start is not None:
        line = _line(text, start)
        raise ConfigFault(f"{file}:{line}: the policy that begins here does not end; put a semicolon after it")
    return tuple(pieces)


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
