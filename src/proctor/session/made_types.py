"""The types that a database has made: what their values are made of, and what they wear.

Takes the catalog and a type's number; gives its kind: the number of a built-in type that looks the same, an enum's
labels, a row's fields, or a range, or a list of these. An enum wears one of its labels, a row and a list wear what
their parts would in columns of their own, a range is empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from struct import pack

from proctor.policy import masks
from proctor.sql.catalog import Catalog, ColumnDef, TypeDef
from proctor.wire import arrays, composites, types
from proctor.wire._rows import Always, Null

TEXT = 25
MOST = 512  # fields and labels, in all: a type of types of types could have billions
DEEPEST = 8
ARRAY_OF = {element: array for array, element in types.ARRAYS.items()}
_LENGTH = re.compile(r"\((\d{1,8})\)")

CellMask = Callable[[bytes], "bytes | None"]
Wear = CellMask | bytes | Null | Always | None
"""A function of the cell, a constant, NULL, or None for a cell that passes."""


@dataclass(frozen=True, slots=True)
class Labels:
    """An enum, by its labels."""

    labels: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A field of a row: its type as declared, its length where that is limited, and its kind."""

    type_oid: int
    type_modifier: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Row:
    """A composite type, by its fields."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """A range; a multirange where there are several in it."""

    several: bool


@dataclass(frozen=True, slots=True)
class List:
    """An array whose elements are of a type that was made."""

    element_oid: int
    element: Kind


Kind = int | Labels | Row | Range | List


def read_as(type_oid: int, catalog: Catalog) -> int:
    """Return the built-in type whose values look the same in both formats; the type itself where nobody knows one."""
    for _ in range(DEEPEST):
        found = catalog.types_by_oid.get(type_oid)
        if found is None:
            return type_oid
        if found.base:
            type_oid = found.base
            continue
        if found.name == "citext" and found.category == "S":
            return TEXT
        element = read_as(found.element, catalog) if found.category == "A" else 0
        return ARRAY_OF.get(element, type_oid)
    return type_oid


def kind_of(type_oid: int, catalog: Catalog) -> Kind:
    """Return what values of the type are made of; a type that has too much in it, or is not known, is its number."""
    try:
        return _kind(type_oid, catalog, [MOST], DEEPEST)
    except OverflowError:
        return type_oid


def _kind(type_oid: int, catalog: Catalog, left: list[int], deeper: int) -> Kind:
    plain = read_as(type_oid, catalog)
    found = catalog.types_by_oid.get(plain)
    if found is None:
        return plain
    if deeper == 0:
        raise OverflowError
    match found:
        case TypeDef(kind="e", labels=labels) if labels:
            _take(left, len(labels))
            return Labels(tuple(label.encode() for label in labels))
        case TypeDef(kind="r" | "m"):
            return Range(several=found.kind == "m")
        case TypeDef(kind="c") if found.relation_oid in catalog.by_oid:
            columns = catalog.by_oid[found.relation_oid].columns
            _take(left, len(columns))
            return Row(tuple(_part(column, catalog, left, deeper - 1) for column in columns))
        case TypeDef(category="A") if found.element:
            element = _kind(found.element, catalog, left, deeper - 1)
            return plain if isinstance(element, int) else List(found.element, element)
        case _:
            return plain


def _part(column: ColumnDef, catalog: Catalog, left: list[int], deeper: int) -> Part:
    kind = _kind(column.type_oid, catalog, left, deeper)
    length = _LENGTH.search(column.type_name) if kind in (1042, 1043) else None
    return Part(column.type_oid, int(length[1]) + 4 if length is not None else -1, kind)


def _take(left: list[int], many: int) -> None:
    left[0] -= many
    if left[0] < 0:
        raise OverflowError


def constant_of(kind: Kind, form: int, type_modifier: int = -1) -> bytes | None:
    """Return the constant that stands for any value of that kind in a format; None, NULL, where none is known."""
    match kind:
        case int():
            return types.redaction(kind, form, type_modifier=type_modifier)
        case Labels(labels=labels):
            return labels[0]
        case Range(several=several):
            return (bytes(4) if form else b"{}") if several else (b"\1" if form else b"empty")
        case List(element_oid=element):
            return pack("!iiI", 0, 0, element) if form else b"{}"
        case Row(parts=parts):
            words = [constant_of(part.kind, form, part.type_modifier) for part in parts]
            if form:
                return composites.write([(part.type_oid, word) for part, word in zip(parts, words, strict=True)])
            return composites.spell(words)


def row_of(parts: tuple[Part, ...], worn: list[Wear], form: int, constant: bytes | None) -> CellMask:
    """Return the mask of a row whose fields wear these; what is no such row becomes the constant."""

    def mask(cell: bytes) -> bytes | None:
        try:
            if len(cell) > masks.MAX_VALUE:
                return constant
            if not form:
                words = composites.fields(cell)
                return composites.spell([applied(w, word) for w, word in zip(worn, words, strict=True)])
            read = composites.read(cell)
            if [oid for oid, _ in read] != [part.type_oid for part in parts]:
                return constant
            return composites.write([(oid, applied(w, word)) for w, (oid, word) in zip(worn, read, strict=True)])
        except ValueError:
            return constant

    return mask


def list_of(worn: Wear, form: int, constant: bytes | None) -> CellMask:
    """Return the mask of an array each of whose elements wears this; what is none becomes the constant."""
    mapped = arrays.mapped_binary if form else arrays.mapped

    def mask(cell: bytes) -> bytes | None:
        try:
            return mapped(cell, lambda word: applied(worn, word)) if len(cell) <= masks.MAX_VALUE else constant
        except ValueError:
            return constant

    return mask


def applied(worn: Wear, word: bytes | None) -> bytes | None:
    """Return what a part becomes; one that is NULL stays NULL, and one that wears nothing is not shown."""
    if word is None or worn is None or isinstance(worn, Null):
        return None
    if isinstance(worn, Always):
        return worn.value
    return worn if isinstance(worn, bytes) else worn(word)
