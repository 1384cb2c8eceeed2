"""Station 3: values and the scopes that names are looked up in, exactly as the server looks them up.

A `Value` is what lineage knows of an expression; a `Scope` is one query level with its from-items, its CTEs and its
outer level. Knows no statement and no catalog.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from proctor.sql import ir
from proctor.sql.catalog import RelationDef
from proctor.terms import Column

_SERIALS = itertools.count(1)
NOTHING: frozenset[Column] = frozenset()
NO_TYPES: frozenset[int] = frozenset()
STORED = 1
"""The `row` of a table's own columns."""


@dataclass(frozen=True, slots=True)
class Value:
    """What is known of an expression's value.

    `plain`: a column, unchanged. `constant`: made of literals and parameters alone. `partial`: computing it may fail
    or go on for long, whatever it is made of. `unbounded`: it may be far larger than what it is made of. `type` is a
    built-in type's OID (0: unknown), `exotic` the user-made types that may be in it, `fields` a row value's columns.
    `null`: the literal NULL, which is a guess at nothing. `given`: the literals and parameters that it may be, or be
    one of, by the number that the ledger has for each.
    """

    sources: frozenset[Column] = NOTHING
    plain: bool = False
    constant: bool = False
    partial: bool = False
    unbounded: bool = False
    type: int = 0
    exotic: frozenset[int] = NO_TYPES
    fields: tuple[Cell, ...] | None = None
    null: bool = False
    given: frozenset[int] = NO_TYPES
    steps: int = 0
    """How many small steps of arithmetic a number is away from a stored one (`arithmetic`); 0: not known."""

    @property
    def bare(self) -> bool:
        """An unchanged column, a constant, or a row of such: nothing has been computed yet."""
        if self.plain or self.constant:
            return True
        return bool(self.fields) and all(cell.value.bare for cell in self.fields or ())


EMPTY = Value()
CONSTANT = Value(constant=True)


@dataclass(slots=True, eq=False)
class Cell:
    """A named value in a from-item or a result.

    `items` are the from-items its value comes out of (two for a column merged by USING); `unread` the columns that
    are read only if somebody refers to it. `row`: cells of one item, or of one result, with the same number stand in
    one row of one table, whichever that is; 0 says nothing.
    """

    name: str
    value: Value
    items: tuple[Item, ...] = ()
    unread: frozenset[Column] = NOTHING
    row: int = 0


@dataclass(slots=True, eq=False)
class Item:
    """Something that can be named in FROM.

    `relation` is set for a table scanned directly. `open`: a table function whose columns are not all known; any
    other name in it has this value. `single`: it has at most one row.
    """

    name: str
    cells: tuple[Cell, ...]
    schema: str | None = None
    relation: RelationDef | None = None
    open: Value | None = None
    single: bool = False
    limited: bool = False
    """It is no whole table: something inside limits its rows."""
    bound: set[int] = field(default_factory=set)
    """serials of the other items that its rows depend on (LATERAL)."""
    serial: int = field(default_factory=_SERIALS.__next__)
    """Tells items apart for as long as anything refers to them; never used twice, unlike an object's id."""

    def find(self, name: str) -> Cell | None:
        """Return the column of that name; two of one name are an error, as for the server."""
        found = [cell for cell in self.cells if cell.name == name]
        if len(found) > 1:
            raise ir.NotUnderstood(f'column reference "{name}" is ambiguous')
        return found[0] if found else None


@dataclass(slots=True, eq=False)
class Frame:
    """What a from-item brings in: the names it can be called by, its columns in order, and what gives it rows."""

    names: list[Item]
    cells: list[Cell]
    rows: list[Item]


@dataclass(slots=True, eq=False)
class CteEntry:
    """A WITH query that was read: its columns. `pending`: of a recursive clause, and not read yet."""

    cells: tuple[Cell, ...]
    single: bool = False
    limited: bool = False
    pending: bool = False


class Scope:
    """One query level."""

    __slots__ = ("cells", "ctes", "items", "outer", "rows", "spots")

    def __init__(self, outer: Scope | None = None) -> None:
        self.outer = outer
        self.items: list[Item] = []
        self.rows: list[Item] = []
        self.cells: list[Cell] = []
        self.spots: dict[str, list[Cell]] = {}
        self.ctes: dict[str, CteEntry] = {}

    def add(self, frame: Frame) -> None:
        """Bring a from-item into view."""
        self.items.extend(frame.names)
        self.rows.extend(frame.rows)
        self.cells.extend(frame.cells)
        for cell in frame.cells:
            self.spots.setdefault(cell.name, []).append(cell)

    def cte(self, name: str) -> CteEntry | None:
        """Return the nearest WITH query of that name."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.ctes:
                return scope.ctes[name]
            scope = scope.outer
        return None

    def column(self, name: str) -> Cell | None:
        """Return what an unqualified name means, the nearest level first."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.spots.get(name)
            if found:
                if len(found) > 1:
                    raise ir.NotUnderstood(f'column reference "{name}" is ambiguous')
                return found[0]
            special = scope.unlisted(name)
            if special is not None:
                return special if name in SYSTEM_COLUMNS else _perhaps(special, scope.outer, name)
            scope = scope.outer
        return None

    def unlisted(self, name: str) -> Cell | None:
        """Return a column that stands in no list: a system column, or one of a table function we know little of."""
        if name in SYSTEM_COLUMNS:
            owners = [item for item in self.items if item.relation is not None]
            if owners:
                return Cell(name, SYSTEM_COLUMNS[name], (owners[0],))
        for item in self.items:
            if item.open is not None:
                return Cell(name, item.open, (item,))
        return None

    def item(self, name: str, schema: str | None = None) -> Item | None:
        """Return the from-item that a qualifier names, the nearest level first."""
        scope: Scope | None = self
        while scope is not None:
            found = [i for i in scope.items if i.name == name and (schema is None or i.schema == schema)]
            if len(found) > 1:
                raise ir.NotUnderstood(f'table reference "{name}" is ambiguous')
            if found:
                return found[0]
            scope = scope.outer
        return None


def _perhaps(special: Cell, outer: Scope | None, name: str) -> Cell:
    """Return a column that may be a function's or, if that one has none of the name, of a level further out."""
    further = outer.column(name) if outer is not None else None
    if further is None:
        return special
    value = replace(union([special.value, further.value]), constant=False)
    return Cell(name, value, special.items + further.items, special.unread | further.unread)


SYSTEM_COLUMNS: dict[str, Value] = {
    "ctid": Value(type=27),
    "xmin": Value(type=28),
    "xmax": Value(type=28),
    "cmin": Value(type=29),
    "cmax": Value(type=29),
    "tableoid": Value(type=26),
}


def union(values: Iterable[Value]) -> Value:
    """Return a derived value that may hold anything of these."""
    sources: frozenset[Column] = NOTHING
    exotic = given = NO_TYPES
    partial = unbounded = False
    constant = True
    for value in values:
        if value.given:
            given = given | value.given
        if value.sources:
            sources = sources | value.sources if sources else value.sources
        if value.exotic:
            exotic = exotic | value.exotic
        partial = partial or value.partial
        unbounded = unbounded or value.unbounded
        constant = constant and value.constant
    return Value(sources, constant=constant, partial=partial, unbounded=unbounded, exotic=exotic, given=given)


def either(values: Sequence[Value]) -> Value:
    """Return a value that is one of these, unchanged: the arms of a UNION, a column of VALUES.

    It is plain if each arm is, NULL aside. A literal among them is a guess: under the mask that the others wear it
    would look like the value it guesses, and in one group with it.
    """
    if len(values) == 1:
        return values[0]
    mixed = union(values)
    plain = bool(mixed.sources) and all(value.plain or value.null for value in values)
    types = {value.type for value in values}
    shapes = [value.fields for value in values if value.fields is not None]
    return Value(
        mixed.sources,
        plain=plain,
        partial=mixed.partial,
        unbounded=mixed.unbounded,
        type=types.pop() if len(types) == 1 else 0,
        exotic=mixed.exotic,
        fields=_merged(shapes) if len(shapes) == len(values) else None,
        given=mixed.given,
    )


def _merged(shapes: list[tuple[Cell, ...]]) -> tuple[Cell, ...] | None:
    if len({len(shape) for shape in shapes}) != 1:
        return None
    return tuple(
        Cell(columns[0].name, either([column.value for column in columns])) for columns in zip(*shapes, strict=True)
    )


def row(cells: Sequence[Cell]) -> Value:
    """Return a row value of these columns."""
    mixed = union(cell.value for cell in cells)
    return Value(
        mixed.sources,
        partial=mixed.partial,
        unbounded=mixed.unbounded,
        constant=mixed.constant and bool(cells),
        exotic=mixed.exotic,
        given=mixed.given,
        fields=tuple(cells),
    )
