"""What all commands stand on: exit codes, where the settings are, how troubles are told and how texts are shown.

Imports nothing heavy: `proctor --help` must answer at once.
"""

# ruff: noqa: PLC0415 - what is heavy is imported by the command that needs it

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from proctor.edge.config import Config

CONFIG_HELP = "The settings file. PROCTOR_CONFIG names another default."
ConfigOption = Annotated[Path, typer.Option("--config", "-c", envvar="PROCTOR_CONFIG", help=CONFIG_HELP)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]
DEFAULT_CONFIG = Path("proctor.toml")

EXIT_CODES = (
    "Exit codes: 0 done · 1 refused, or the answer is no · 2 the command or the settings are wrong · "
    "3 verification failed · 4 the gateway or the database cannot be reached"
)


PIPE_WIDTH = 10_000  # a pipe has no edge to wrap at
Answer = dict[str, Any]
"""What the API said; its fields are those of `faces.plain`."""


class Exit(IntEnum):
    """What the shell is told."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    UNVERIFIED = 3
    UNREACHABLE = 4


class Trouble(Exception):
    """Ends a command: what happened, what to do next, and the exit code."""

    def __init__(self, what: str, *, then: str = "", code: Exit = Exit.REFUSED) -> None:
        super().__init__(what)
        self.what = what
        self.then = then
        self.code = code


def settings_of(path: Path, *, secrets: bool = True) -> Config:
    """Return the settings; troubles in them end the command."""
    from proctor.app.settings import load

    return load(path, secrets=secrets)


def fail(what: str, *, then: str = "", code: Exit = Exit.REFUSED) -> NoReturn:
    """End the command."""
    raise Trouble(what, then=then, code=code)


def tell(message: str) -> None:
    """Say something beside the output proper."""
    print(message, file=sys.stderr)


def visible(text: str | None) -> str:
    """Return a stranger's text so that it cannot move the cursor, change colours or turn the line around."""
    return "".join(each if each == "\n" or not _hides(each) else _escaped(each) for each in text or "")


def one_line(text: str | None) -> str:
    """Return a stranger's text on one line."""
    return visible(" ".join((text or "").split()))


def _hides(letter: str) -> bool:
    # Control and format characters, lone surrogates, private use: Cc, Cf, Cs, Co; and other line separators.
    return unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def _escaped(letter: str) -> str:
    code = ord(letter)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


def print_json(line: Mapping[str, object]) -> None:
    """Print one object on one line. What is not ASCII is escaped, so that any terminal and any pipe takes it."""
    print(json.dumps(line))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table whose cells may be a stranger's texts."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for index, column in enumerate(columns):
        table.add_column(column, no_wrap=index == 0, overflow="fold")  # the first is what one copies: never cut it
    for row in rows:
        table.add_row(*(Text(one_line("" if cell is None else str(cell))) for cell in row))
    console = Console(highlight=False)
    console.print(table, width=None if console.is_terminal else PIPE_WIDTH, crop=False)
