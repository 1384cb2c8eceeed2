"""What two transcripts must have in common: everything under redaction, everything but names under useful masks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable

from tests.corpus.client import Transcript

_IDS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9A-HJKMNP-TV-Z]{26}(-\d+)?\b", re.IGNORECASE)
_DATABASE = re.compile(r"\blab[234]\b")


def comparable(heard: Transcript) -> Transcript:
    """Return a transcript without what may differ between two honest runs: ids of tickets, the database's name."""
    return [
        (what, _DATABASE.sub("lab", _IDS.sub("<id>", text)) if what[0] in "EN" and text else text)
        for what, text in heard
    ]


def took_too_long(*transcripts: Transcript) -> bool:
    """Tell whether a statement was ended by its time limit, which is nobody's promise."""
    return any(("E.C", "57014") in heard for heard in transcripts)


def first_difference(one: Transcript, other: Transcript) -> str:
    """Return in words where two transcripts differ first; empty if they do not."""
    for a, b in zip(one, other, strict=False):
        if a != b:
            return f"{a} / {b}"
    return "" if len(one) == len(other) else f"{len(one)} messages / {len(other)}"


def untold(one: Transcript, other: Transcript) -> str:
    """Return how two transcripts under redaction tell the worlds apart; empty if they do not."""
    return first_difference(comparable(one), comparable(other))


def renamed(one: Transcript, other: Transcript) -> str:
    """Return how two transcripts differ in more than the names of masked values; empty if they do not.

    Rows whose order nobody asked for may come in another: then they are compared as a set, each name replaced by how
    often it occurs in its column. Only a key mask promises one name for one value; of any other a NULL alone is told.
    """
    return _but_rows(one, other, lambda a, b: _same_names(a, b) or _anonymous(a, b) == _anonymous(b, a))


def named(one: Transcript, other: Transcript, *, grouped: bool) -> str:
    """Return how two transcripts differ in more than the names that `hash` and `tokenise` give; empty if they do not.

    The names are as long in both and stand for each other one for one; every other byte is the same. Rows that were
    `grouped` or joined by what was hidden may come in another order, with each name replaced by how often its column
    has it; no others may.
    """
    return _but_rows(one, other, lambda a, b: _one_for_one(a, b) or (grouped and _counted(a) == _counted(b)))


def _but_rows(one: Transcript, other: Transcript, alike: Callable[[list[Row], list[Row]], bool]) -> str:
    """Return how two transcripts differ in anything but rows, or in rows that are not alike; empty if they do not."""
    one, other = comparable(one), comparable(other)
    if len(one) != len(other):
        return f"{len(one)} messages / {len(other)}"
    told = first_difference([m for m in one if m[0] not in "Dd"], [m for m in other if m[0] not in "Dd"])
    if told:
        return told
    for a, b in zip(_results(one), _results(other), strict=True):
        if a != b and not alike(a, b):
            return f"{a} / {b}"
    return ""


Row = tuple["str | None", ...]
_KEY = re.compile(r"[A-Z]\d\d-\d\d-\d{4}|\d{16}|[^@\s]+@[^@\s]+")


def _results(heard: Transcript) -> list[list[Row]]:
    """Return the rows of each result; of one that nobody described, rows of one cell each."""
    found: list[list[Row]] = [[]]
    width, cells = 0, list[str | None]()
    last = ""
    for what, text in heard:
        if what == "T":
            width = width + 1 if last == "T" else 1
        elif what == "D":
            cells.append(text)
            if len(cells) >= max(width, 1):
                found[-1].append(tuple(cells))
                cells = []
        elif what == "d":
            found[-1].append(tuple((text or "").split("\t")))
        elif what == "C":
            found.append([])
            width = 0
        last = what
    return [result for result in found if result]


def _columns(rows: Iterable[Row]) -> list[Row]:
    return list(zip(*rows, strict=False))


def _is_key(values: Row) -> bool:
    return all(value is None or _KEY.fullmatch(value) for value in values)


def _same_names(one: list[Row], other: list[Row]) -> bool:
    """Tell whether one is the other with some columns' values renamed, one to one where they are keys."""
    if [len(row) for row in one] != [len(row) for row in other]:
        return False
    for mine, theirs in zip(_columns(one), _columns(other), strict=True):
        if mine == theirs:
            continue
        if Counter(mine) == Counter(theirs) or any(
            (a is None) != (b is None) for a, b in zip(mine, theirs, strict=True)
        ):
            return False
        pairs = set(zip(mine, theirs, strict=True))
        if _is_key(mine) and _is_key(theirs) and not len(pairs) == len(set(mine)) == len(set(theirs)):
            return False
    return True


def _anonymous(one: list[Row], other: list[Row]) -> list[tuple[object, ...]]:
    """Return the rows in an order of their own; in a column that was renamed, counts of keys and no other values."""
    made: list[list[object]] = []
    for mine, theirs in zip(_columns(one), _columns(other), strict=False):
        counts = Counter(mine)
        if counts == Counter(theirs):
            made.append([repr(value) for value in mine])
        elif _is_key(mine) and _is_key(theirs):
            made.append([None if value is None else counts[value] for value in mine])
        else:
            made.append([value is None for value in mine])
    return sorted(zip(*made, strict=False), key=repr)


_NAME = re.compile(
    rb"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])|~~?[0-9a-z]{7,}|(?<![-.0-9])[2-9][0-9]{8}(?![.0-9])"
    rb"|\x00[\x01-\x03]\x00\x02\x00\x00\x00\x00(?:..){1,3}",  # the number in binary
    re.DOTALL,
)
"""A digest or a token, as a text or a number, by itself or in an array or a line of CSV."""


def _bytes_of(cell: str | None) -> bytes | None:
    return None if cell is None else cell.encode("utf8", "surrogateescape")


def _names(rows: list[Row]) -> list[list[list[bytes]]]:
    """Return the names in each cell."""
    return [[_NAME.findall(_bytes_of(cell) or b"") for cell in row] for row in rows]


def _bare(cell: str | None) -> bytes | None:
    """Return a cell with each name replaced by its length."""
    said = _bytes_of(cell)
    return None if said is None else _NAME.sub(lambda found: b"<%d>" % len(found[0]), said)


def _one_for_one(one: list[Row], other: list[Row]) -> bool:
    """Tell whether one is the other, in the same order, with the names of each column renamed one for one."""
    if [[*map(_bare, row)] for row in one] != [[*map(_bare, row)] for row in other]:
        return False
    mine, theirs = _names(one), _names(other)
    for column in range(max(map(len, one), default=0)):
        pairs = {
            pair
            for a, b in zip(mine, theirs, strict=True)
            if column < len(a)
            for pair in zip(a[column], b[column], strict=True)
        }
        if not len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs}):
            return False
    return True


def _counted(rows: list[Row]) -> list[str]:
    """Return the rows in an order of their own, each name replaced by its length and how often its column has it."""
    names = _names(rows)
    counts = [Counter(name for cell in column for name in cell) for column in zip(*names, strict=False)]
    made = []
    for row in rows:
        cells = []
        for cell, count in zip(row, counts, strict=False):
            said = _bytes_of(cell)
            told = None if said is None else _NAME.sub(lambda f, n=count: b"<%d %d>" % (len(f[0]), n[f[0]]), said)
            cells.append(told)
        made.append(repr(cells))
    return sorted(made)
