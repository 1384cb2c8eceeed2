"""Station 3: what every part of the lineage carries with it through one statement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from proctor.sql import ir
from proctor.sql.ledger import Ledger
from proctor.sql.scope import STORED, Cell, Scope, Value
from proctor.sql.world import World
from proctor.terms import Column, Use

MAX_VIEW_DEPTH = 32


@dataclass(slots=True)
class Shape:
    """The columns a query returns. `single`: at most one row; `limited`: no whole table; `silent`: returns nothing."""

    cells: tuple[Cell, ...]
    single: bool = False
    limited: bool = False
    rows: int | None = None
    """How many rows it returns at most, as far as its text or the snapshot says."""
    silent: bool = False


class Touching:
    """While it lasts, the from-items that are referred to are collected apart; they join the others at its end."""

    __slots__ = ("_before", "_inside", "_ledger")

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._before = ledger.touched
        self._inside: set[int] = set()

    def __enter__(self) -> set[int]:
        self._before = self._ledger.touched
        self._ledger.touched = self._inside
        return self._inside

    def __exit__(self, *_: object) -> None:
        self._before |= self._inside
        self._ledger.touched = self._before


class Reading:
    """While it lasts, the columns that are read are collected apart, and stay so."""

    __slots__ = ("_before", "_ledger")

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._before = ledger.reads

    def __enter__(self) -> set[Column]:
        self._before = self._ledger.reads
        inside: set[Column] = set()
        self._ledger.reads = inside
        return inside

    def __exit__(self, *_: object) -> None:
        self._ledger.reads = self._before


@dataclass(slots=True)
class Walk:
    """The world a statement stands in, and what has been found about it. `query` reads a subquery."""

    world: World
    ledger: Ledger
    query: Callable[[Walk, ir.Query, Scope | None], Shape]
    server_version: int = 150000
    text: str = ""
    quoted: bool = False
    """Something looked at the text as it stands: what was found may be true of no other."""
    path: tuple[str, ...] | None = None
    """The path inside a view; None: the session's."""
    view_depth: int = 0
    expanding: list[object] = field(default_factory=list)
    rows: dict[tuple[int, int], int] = field(default_factory=dict)
    """The numbers of rows, by the from-item and the number that they have in it."""

    def says(self, text: str) -> bool:
        """Tell whether the statement is this one, to the letter."""
        self.quoted = True
        return self.text == text

    def refer(self, cell: Cell) -> Value:
        """Note that a column is referred to, and return its value."""
        ledger = self.ledger
        if cell.value.sources:
            ledger.reads |= cell.value.sources
        if cell.unread:
            ledger.reads |= cell.unread
        for item in cell.items:
            ledger.touched.add(item.serial)
        return cell.value

    def row_of(self, cell: Cell | None) -> int:
        """Return the number, in the result of this query level, of the row that a column stands in; 0: not known.

        An item gives one row to each row of the result, so that what stands in one row in it does so in the result.
        """
        if cell is None or not cell.row or len(cell.items) != 1:
            return 0
        return self.rows.setdefault((cell.items[0].serial, cell.row), len(self.rows) + STORED + 1)

    def touching(self) -> Touching:
        """Collect the from-items that what is evaluated inside refers to."""
        return Touching(self.ledger)

    def reading(self) -> Reading:
        """Collect the columns read inside, without noting them yet."""
        return Reading(self.ledger)

    def steer(self, value: Value, use: Use) -> None:
        """Note that a value groups or orders rows: a bare column by that use, anything computed as a filter."""
        if not value.sources:
            return
        self.ledger.infer(use if value.plain or use is Use.ORDER else Use.FILTER, value.sources)
        if use is Use.GROUP and value.plain and len(value.sources) > 1:
            # Columns that share a group are compared with each other: one of them may be a list of guesses.
            self.ledger.infer(Use.EQUIJOIN, value.sources)
