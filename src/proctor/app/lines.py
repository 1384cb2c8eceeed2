"""Beside the stations: where in a TOML text each key stands, since `tomllib` tells lines for broken syntax only.

In comes text that `tomllib` has already accepted; out goes a map of key paths to line numbers. Reads no values.
"""

from __future__ import annotations

import re
import tomllib

KeyPath = tuple[str, ...]
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"[ \t]*")
_SPACE = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SCALAR = re.compile(r"[^,\]}\n#]*")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)


def locate(text: str) -> dict[KeyPath, int]:
    """Return the line of each table and key of a valid TOML text; entries of arrays have their index in the path."""
    return _Walk(text).lines


class _Walk:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[KeyPath, int] = {}
        self.arrays: dict[KeyPath, int] = {}
        table: KeyPath = ()
        self.skip()
        while self.at < len(text):
            table = self.header() if text[self.at] == "[" else self.pair(table)
            self.skip()

    def skip(self, blank: re.Pattern[str] = _SPACE) -> None:
        found = blank.match(self.text, self.at)
        assert found is not None
        self.at = found.end()

    def mark(self, path: KeyPath, start: int) -> None:
        line = self.text.count("\n", 0, start) + 1
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], line)

    def header(self) -> KeyPath:
        start = self.at
        brackets = 2 if self.text.startswith("[[", self.at) else 1
        self.at += brackets
        path = self.key()
        self.at += brackets
        if brackets == 2:
            count = self.arrays[path] = self.arrays.get(path, -1) + 1
            path = (*path, str(count))
        self.mark(path, start)
        self.lines[path] = self.text.count("\n", 0, start) + 1
        return path

    def pair(self, table: KeyPath) -> KeyPath:
        start = self.at
        path = (*table, *self.key())
        self.mark(path, start)
        self.at += 1  # the equals sign
        self.value(path)
        return table

    def key(self) -> KeyPath:
        parts: list[str] = []
        while True:
            self.skip(_BLANK)
            found = _BARE.match(self.text, self.at) or _STRING.match(self.text, self.at)
            assert found is not None
            self.at = found.end()
            word = found.group()
            parts.append(tomllib.loads(f"k = {word}")["k"] if word[0] in "\"'" else word)
            self.skip(_BLANK)
            if self.at >= len(self.text) or self.text[self.at] != ".":
                return tuple(parts)
            self.at += 1

    def value(self, path: KeyPath) -> None:
        self.skip(_BLANK)
        match self.text[self.at]:
            case "[":
                self.sequence(path)
            case "{":
                self.inline(path)
            case quote:
                found = (_STRING if quote in "\"'" else _SCALAR).match(self.text, self.at)
                assert found is not None
                self.at = found.end()

    def sequence(self, path: KeyPath) -> None:
        self.at += 1
        self.skip()
        index = 0
        while self.text[self.at] != "]":
            self.mark((*path, str(index)), self.at)
            self.value((*path, str(index)))
            index += 1
            self.skip()
            if self.text[self.at] == ",":
                self.at += 1
                self.skip()
        self.at += 1

    def inline(self, path: KeyPath) -> None:
        self.at += 1
        self.skip()
        while self.text[self.at] != "}":
            self.pair(path)
            self.skip()
            if self.text[self.at] == ",":
                self.at += 1
                self.skip()
        self.at += 1
