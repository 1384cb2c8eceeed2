"""Beside the stations: one table of the settings file, read key by key. Every trouble is noted with its line.

In comes a table as `tomllib` gives it; out come typed values, the default in place of a wrong one, so that one reading
finds all troubles. Knows nothing of what the settings mean, and never repeats a value that may be a secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar, cast

from proctor.app.lines import KeyPath, locate
from proctor.edge.secret import Secret

Choice = TypeVar("Choice", bound=str)

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)?")
_SECONDS: Mapping[str | None, float] = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SIZE = re.compile(r"(\d+) ?(|k|M|G)i?(B?)", re.IGNORECASE)
_SIZES = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_MAX_SECRET = 64 * 1024  # a path that points at a device or a disk image is a mistake
_SHARED = 0o077  # somebody else than the owner may read or write


@dataclass(slots=True)
class Report:
    """What is wrong with one settings file, and what is merely unwise."""

    source: Path
    text: str
    secrets: bool = True
    other_ways: bool = False
    """Somebody may come in without a password."""
    problems: list[tuple[int, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    lines: dict[KeyPath, int] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = locate(self.text)

    def line(self, path: KeyPath) -> int:
        """Return the line where a key stands, or the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def note(self, path: KeyPath, trouble: str) -> None:
        """Note a trouble; `trouble` says what to write instead."""
        self.problems.append((self.line(path), f"{named(path)}: {trouble}" if path else trouble))

    def warn(self, path: KeyPath, worry: str) -> None:
        """Note what works but is unwise."""
        self.warnings.append(f"{self.source}:{self.line(path)}: {named(path)}: {worry}")

    def told(self) -> str:
        """Return all troubles, in the order of the file, one a line."""
        return "\n".join(f"{self.source}:{line}: {trouble}" for line, trouble in sorted(self.problems))


def named(path: KeyPath) -> str:
    """Return a key path as one would write it in TOML."""
    return ".".join(part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else repr(part) for part in path)


class Section:
    """One table. Each reader takes its key away; `close` notes those that nobody asked for."""

    def __init__(self, report: Report, path: KeyPath, table: object) -> None:
        self.report = report
        self.path = path
        self.table: dict[str, object] = {}
        self.asked: set[str] = set()
        if isinstance(table, dict):
            self.table = cast("dict[str, object]", table)
        else:
            report.note(path, "must be a table; write [" + named(path) + "]")

    def __contains__(self, key: str) -> bool:
        return key in self.table

    def at(self, key: str) -> KeyPath:
        """Return the path of a key of this table."""
        return (*self.path, key)

    def note(self, key: str, trouble: str) -> None:
        """Note a trouble with one key."""
        self.report.note(self.at(key), trouble)

    def take(self, key: str) -> object:
        """Return the raw value of a key, None when it is absent, and count it as known."""
        self.asked.add(key)
        return self.table.get(key)

    def close(self) -> None:
        """Note every key that no reader has asked for, with the nearest known one."""
        for key in self.table.keys() - self.asked:
            near = get_close_matches(key, sorted(self.asked), n=1)
            known = ", ".join(sorted(self.asked))
            guess = (
                f'did you mean "{near[0]}"?' if near else f"known here: {known}" if known else "nothing is known here"
            )
            self.report.note(self.at(key), f"unknown key; {guess}")

    def section(self, key: str) -> Section:
        """Return the table under a key; an absent one is empty."""
        table = self.take(key)
        return Section(self.report, self.at(key), {} if table is None else table)

    def sections(self, key: str) -> Iterator[tuple[str, Section]]:
        """Return the named tables under a key, in the order of the file."""
        outer = self.section(key)
        for name, table in outer.table.items():
            if not name or len(name.encode()) > 63 or not name.isprintable():
                outer.note(name, "a name has 1 to 63 bytes, all printable")  # longer ones PostgreSQL cuts off
            yield name, Section(self.report, outer.at(name), table)

    def text(self, key: str, default: str = "") -> str:
        """Return a string that is not empty."""
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, str) or not value or "\0" in value:
            self.note(key, "must be a string that is not empty; write it in quotes")
            return default
        return value

    def needed(self, key: str, example: str) -> str:
        """Return a string that must be there."""
        if key not in self.table:
            self.asked.add(key)
            self.report.note(self.path, f"{key} is missing; write {key} = {example}")
            return ""
        return self.text(key)

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return a yes or no."""
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.note(key, "must be true or false")
        return value is True

    def moment(self, key: str) -> datetime | None:
        """Return a date and time with its zone."""
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, datetime) or value.tzinfo is None:
            self.note(key, "must be a date and time with its zone, such as 2027-01-31T18:00:00Z, without quotes")
            return None
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of strings; a lone string counts as a list of one."""
        value = self.take(key)
        if value is None:
            return ()
        values = value if isinstance(value, list) else [value]
        good = [each for each in values if isinstance(each, str) and each and "\0" not in each]
        if len(good) != len(values):
            self.note(key, 'must be a list of strings; write ["…", "…"]')
        return tuple(good)

    def choice(self, key: str, choices: tuple[Choice, ...], default: Choice) -> Choice:
        """Return one of the given words."""
        value = self.take(key)
        if value is None:
            return default
        for each in choices:
            if value == each:
                return each
        near = get_close_matches(value, choices, n=1) if isinstance(value, str) else []
        guess = f'; did you mean "{near[0]}"?' if near else ""
        self.note(key, "write " + " or ".join(f'"{each}"' for each in choices) + guess)
        return default

    def count(self, key: str, default: int, *, least: int = 1, most: int = 2**53) -> int:
        """Return a whole number within bounds."""
        value = self.take(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.note(key, f"must be a whole number from {least} to {most}")
            return default
        return value

    def seconds(self, key: str, default: float, *, zero: bool = False) -> float:
        """Return a duration in seconds; it is written with its unit."""
        value = self.take(key)
        if value is None:
            return default
        found = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if found is None or (found[2] is None and float(found[1]) != 0):
            guess = f'; did you mean "{value}s"?' if isinstance(value, int) and not isinstance(value, bool) else ""
            self.note(key, f'must be a duration with its unit (ms, s, m, h, d), such as "120s" or "2m"{guess}')
            return default
        length = float(found[1]) * _SECONDS.get(found[2], 1.0)
        if length == 0 and not zero:
            self.note(key, 'must be longer than nothing; write a duration such as "10s"')
            return default
        return length

    def size(self, key: str, default: int) -> int:
        """Return a number of bytes, written as a number or with a unit."""
        value = self.take(key)
        if value is None:
            return default
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        found = _SIZE.fullmatch(value) if isinstance(value, str) else None
        if found is None or int(found[1]) == 0 or (found[2] and not found[3]):
            self.note(key, 'must be a number of bytes such as 65536 or "64MB"')
            return default
        return int(found[1]) * _SIZES[found[2].lower()]

    def path_of(self, key: str) -> Path | None:
        """Return a path, made absolute from the folder of the settings file."""
        return self.beside(value) if (value := self.text(key)) else None

    def beside(self, value: str) -> Path:
        """Return a path, made absolute from the folder of the settings file."""
        return Path(os.path.normpath(self.report.source.parent / Path(value).expanduser()))

    def readable(self, key: str) -> Path | None:
        """Return the path of a file that exists and that we may read."""
        path = self.path_of(key)
        if path is not None and not os.access(path, os.R_OK):
            self.note(key, f"cannot read {path}; write the path of a file that this user may read")
        return path

    def secret(self, word: str = "password") -> Secret | None:
        """Return a secret given as `password`, `password_env` or `password_file`; None when there is none of them."""
        ways = (word, f"{word}_env", f"{word}_file")
        given = [way for way in ways if way in self.table]
        self.asked.update(ways)
        if len(given) > 1:
            self.note(given[1], f"give only one of {', '.join(given)}")
        if not given or not (value := self.text(given[0])):
            return None
        match given[0].removeprefix(word):
            case "_env":
                return self._secret(given[0], f"the environment's {value}", os.environ.get(value))
            case "_file":
                return self._secret(given[0], f"the file {value}", self._content(given[0], self.beside(value)))
            case _:
                return Secret(value)

    def _secret(self, key: str, origin: str, value: str | None) -> Secret:
        if not value and self.report.secrets:
            self.note(key, f"{origin} gives nothing; set it, or write another source")
        return Secret(value or None, origin)

    def _content(self, key: str, path: Path) -> str | None:
        if not self.report.secrets:
            return None
        try:
            with path.open("rb") as file:
                if os.fstat(file.fileno()).st_mode & _SHARED:
                    self.report.warn(self.at(key), f"others may read {path}; chmod 600 it")
                return file.read(_MAX_SECRET).decode().rstrip("\r\n")
        except OSError as fault:
            self.note(key, f"cannot read {path}: {fault.strerror}")
        except UnicodeDecodeError:
            self.note(key, f"{path} is not UTF-8 text; a secret file holds one line of text")
        return None
