"""How the story is told: for each step what was expected, what was seen, and whether it held."""

from __future__ import annotations

import os
import sys
import textwrap
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

WIDTH = 110


def paint(text: str, code: str) -> str:
    """Return the text in a colour where there is a terminal that shows it."""
    return f"\033[{code}m{text}\033[0m" if sys.stdout.isatty() and "NO_COLOR" not in os.environ else text


@dataclass
class Step:
    """One step of the story. Claims are checked one by one; a step holds when every claim does, and there is one."""

    number: int
    title: str
    expected: str
    claims: list[tuple[str, bool]] = field(default_factory=list)

    def __enter__(self) -> Self:
        print()
        print(paint(f"({self.number}) {self.title}", "1"))
        _wrapped("expected: ", self.expected)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(value, Exception):
            self.check(f"the step ran to its end (it broke: {type(value).__name__}: {value})", False)
            if os.environ.get("PROCTOR_DEMO_TRACE"):
                traceback.print_exception(value)
        print("    " + (paint("held", "1;32") if self.held else paint("DID NOT HOLD", "1;31")))
        return isinstance(value, Exception)

    def saw(self, text: str) -> None:
        """Show what a client or a command printed, long lines folded."""
        for line in text.rstrip().splitlines():
            for part in textwrap.wrap(line, WIDTH, subsequent_indent="      ", drop_whitespace=False) or [""]:
                print(paint("    | ", "2") + part)

    def table(self, names: Sequence[str], rows: Sequence[Sequence[object]], *, most: int = 5) -> None:
        """Show rows as a table."""
        cells = [list(names), *([_cell(value) for value in row] for row in rows[:most])]
        widths = [max(len(row[place]) for row in cells) for place in range(len(names))]
        lines = ["  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)) for row in cells]
        lines.insert(1, "  ".join("-" * width for width in widths))
        self.saw("\n".join(line if len(line) <= WIDTH else line[: WIDTH - 1] + "…" for line in lines))

    def check(self, claim: str, holds: bool) -> None:
        """Say whether a claim holds."""
        self.claims.append((claim, holds))
        _wrapped("  seen: " + (paint("yes ", "32") if holds else paint("NO  ", "31")), claim)

    @property
    def held(self) -> bool:
        """Whether everything that was claimed held."""
        return bool(self.claims) and all(holds for _, holds in self.claims)


def _cell(value: object) -> str:
    text = "∅" if value is None else str(value)
    return text if len(text) <= 34 else text[:33] + "…"


def _wrapped(label: str, text: str) -> None:
    lines = textwrap.wrap(text, WIDTH - 14) or [""]
    print(f"    {label}{lines[0]}")
    for line in lines[1:]:
        print(" " * 14 + line)
