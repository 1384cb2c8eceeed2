"""What a report is: a population with its exceptions and a sample, and the files that it is written to.

Rows go to CSV and JSON as they come, so that a population of millions costs no memory; the sample is the few rows whose
hashes under the seed are the smallest. Knows nothing of what rows mean.
"""

from __future__ import annotations

import csv
import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import ClassVar, Final

import msgspec

from proctor.audit.evidence.extent import FILE, Extent
from proctor.audit.evidence.facts import Known, Place, Said
from proctor.audit.record import Entitled

SAMPLE: Final = 25
SHOWN: Final = 500  # exceptions on a page; all are in the CSV and JSON
_FORMULA: Final = tuple("=+-@|%\t\r\n＝＋－＠")
Cell = str | int | None


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the settings. Never a password, only whether there is one."""

    name: str
    kind: str
    groups: tuple[str, ...] = ()
    owner: str = ""
    password: bool = False
    tasks: tuple[str, ...] = ()
    enabled: bool = True


def principal_of(one: Entitled) -> Principal:
    """Return somebody whom a record lists."""
    return Principal(
        name=one.name, kind=one.sort, groups=one.groups, owner=one.owner, password=one.password, tasks=one.tasks,
        enabled=one.enabled,
    )  # fmt: skip


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A database of the settings."""

    name: str
    environment: str = ""
    engine: str = ""


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """All that a pack says which is not in the log. Times are as records write them."""

    format: int
    since: str
    until: str
    built: str
    by: str
    version: str
    house: str
    principals: tuple[Principal, ...] = ()
    databases: tuple[Listed, ...] = ()
    settings: str = ""
    """The SHA-256 of the settings that `principals` and `databases` were read from, at the time of building."""
    rule_texts: dict[str, str] = {}
    """SHA-256 → the text of a rule file that was in force."""


@dataclass(frozen=True, slots=True)
class Row:
    """One item of a population; `exception` says what is wrong with it."""

    cells: tuple[Cell, ...]
    place: Place | None = None
    exception: str = ""


class Report:
    """One report; a subclass names it and says what becomes of each record."""

    name: ClassVar[str]
    title: ClassVar[str]
    says: ClassVar[str]
    """What the population is, and where it comes from."""
    criteria: ClassVar[tuple[str, ...]]
    columns: ClassVar[tuple[str, ...]]
    kinds: ClassVar[frozenset[str]]

    def __init__(self, known: Known, inputs: Inputs) -> None:
        self.known = known
        self.inputs = inputs
        self.totals: Counter[str] = Counter()
        self.worn: Counter[str] = Counter()
        """How often each mask was worn, by its name in the records."""

    def wore(self, names: Mapping[str, int]) -> None:
        """Count masks."""
        self.worn.update(names)
        for name, times in names.items():
            self.totals[f"mask worn: {name}"] += times

    def take(self, said: Said, answer: Said | None) -> Iterable[Row]:
        """Return what a record within the time asked for adds."""
        del said, answer
        return ()

    def close(self) -> Iterable[Row]:
        """Return what only the end can tell."""
        return ()


def guarded(cell: Cell) -> Cell:
    """Return a cell that no spreadsheet takes for a formula."""
    return "'" + cell if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA) else cell


@dataclass(order=True, slots=True)
class _Drawn:
    rank: int
    line: int
    row: Row = field(compare=False)


class Population:
    """A report on its way into files."""

    def __init__(self, report: Report, number: int, folder: Path, seed: bytes) -> None:
        self.report = report
        self.stem = f"{number:02d}-{report.name}"
        self.count = 0
        self.exceptions = 0
        self.shown: list[Row] = []
        self._folder = folder
        self._drawn: list[_Drawn] = []
        self._hash = sha256(seed + b"\n" + report.name.encode() + b"\n")
        self._csv = (folder / f"{self.stem}.csv").open("w", encoding="utf-8", newline="")
        self._json = (folder / f"{self.stem}.json").open("wb")
        self._write = csv.writer(self._csv, quoting=csv.QUOTE_MINIMAL).writerow
        self._write([*report.columns, "exception", "record"])
        self._json.write(b'{"rows":[')

    def add(self, rows: Iterable[Row]) -> None:
        """Write rows."""
        for row in rows:
            self.count += 1
            record = "" if row.place is None else f"{row.place[0]}:{row.place[1]}"
            self._write([*map(guarded, row.cells), guarded(row.exception), record])
            self._json.write(b"\n" if self.count == 1 else b",\n")
            self._json.write(msgspec.json.encode((*row.cells, row.exception, record)))
            if row.exception:
                self.exceptions += 1
                if len(self.shown) < SHOWN:
                    self.shown.append(row)
            self._draw(row, record)

    def _draw(self, row: Row, record: str) -> None:
        hashed = self._hash.copy()
        hashed.update(b"%d\n%b\n" % (self.count, record.encode()))
        # The heap's first is the largest of the smallest: ranks are negated.
        rank = -int.from_bytes(hashed.digest()[:8], "big")
        if len(self._drawn) < SAMPLE:
            heapq.heappush(self._drawn, _Drawn(rank, self.count, row))
        elif rank > self._drawn[0].rank:
            heapq.heapreplace(self._drawn, _Drawn(rank, self.count, row))

    @property
    def sample(self) -> list[Row]:
        """Return the rows that were drawn, in the order of the population."""
        return [drawn.row for drawn in sorted(self._drawn, key=lambda drawn: drawn.line)]

    @property
    def places(self) -> set[Place]:
        """Return the records that the sample needs proofs of."""
        return {row.place for row in self.sample if row.place is not None}

    def finish(self, parts: Sequence[Extent]) -> None:
        """Close the files of the rows, with what is said of all of them and the parts of the logs they come from."""
        self._csv.close()
        report = self.report
        rest = msgspec.json.encode(
            {
                "report": report.name,
                "title": report.title,
                "population": report.says,
                "criteria": report.criteria,
                "since": report.inputs.since,
                "until": report.inputs.until,
                "columns": [*report.columns, "exception", "record"],
                "count": self.count,
                "exceptions": self.exceptions,
                "totals": dict(sorted(report.totals.items())),
                "sample": [record_of(row) for row in self.sample],
                "logs": [ranged(part) for part in parts],
            }
        )
        self._json.write(b"\n],\n" + rest[1:] + b"\n")
        self._json.close()


def record_of(row: Row) -> str:
    """Return the name of a row's record."""
    return "" if row.place is None else f"{row.place[0]}:{row.place[1]}"


def joined(*groups: Iterable[str]) -> str:
    """Return names in one cell, in order."""
    return ", ".join(sorted({name for group in groups for name in group}))


def columns_of(touched: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield schema.table.column of what a record lists by relation."""
    for relation, names in touched.items():
        for name in names:
            yield f"{relation}.{name}"


def ranged(part: Extent) -> Mapping[str, str | int]:
    """Return a part of a log as reports name it: its range, the heads of both ends, and where its proofs are."""
    return {
        "log": part.origin,
        "first": part.first,
        "last": part.end - 1,
        "records": part.count,
        "start size": part.first,
        "start root": part.start_root,
        "end size": part.end,
        "end root": part.end_root,
        "consistency": f"log/{part.shard}/{FILE}",
    }
