"""Beside the stations: the rest of a result, handed out page by page for a few minutes to whoever asked for it.

In come rows, already masked and on record as shown; out come pages, each once. Bounded in results, and each result is
bounded by its session. Knows no SQL.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass

from proctor.session.ports import Clock
from proctor.wire.talk import Field

KEEP_NS = 300 * 1_000_000_000
MAX_KEPT = 64
MAX_OF_ONE = 4
PAGE_CHARS = 100_000
CELL_CHARS = 2000
"""Of a longer value, a page shows the beginning."""
Row = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a result. `next` names those that follow; `cut` says that the result had more than was taken."""

    columns: tuple[Field, ...]
    rows: tuple[Row, ...]
    tag: str
    next: str | None = None
    cut: bool = False


@dataclass(frozen=True, slots=True)
class _Rest:
    owner: tuple[str, str | None]
    columns: tuple[Field, ...]
    rows: tuple[Row, ...]
    tag: str
    size: int
    cut: bool
    until: int


class Pages:
    """What is still to be handed out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, _Rest] = OrderedDict()

    def first(
        self,
        owner: tuple[str, str | None],
        columns: tuple[Field, ...],
        rows: list[Row],
        tag: str,
        size: int,
        *,
        cut: bool,
    ) -> Page:
        """Return the first page of a result, and keep the rest."""
        until = self._clock.monotonic_ns() + KEEP_NS
        return self._page(_Rest(owner, columns, tuple(rows), tag, size, cut, until))

    def next(self, owner: tuple[str, str | None], name: str) -> Page | None:
        """Return the page of that name, once; None if there is none for this owner, or not any more."""
        rest = self._kept.get(name)
        if rest is None or rest.owner != owner:
            return None
        del self._kept[name]
        return self._page(rest) if rest.until > self._clock.monotonic_ns() else None

    def _page(self, rest: _Rest) -> Page:
        count = _fitting(rest.rows, rest.size)
        shown, left = rest.rows[:count], rest.rows[count:]
        if not left:
            return Page(rest.columns, shown, rest.tag, cut=rest.cut)
        name = secrets.token_urlsafe(18)
        self._make_room(rest.owner)
        self._kept[name] = _Rest(rest.owner, rest.columns, left, rest.tag, rest.size, rest.cut, rest.until)
        return Page(rest.columns, shown, rest.tag, next=name)

    def _make_room(self, owner: tuple[str, str | None]) -> None:
        now = self._clock.monotonic_ns()
        for name in [name for name, rest in self._kept.items() if rest.until <= now]:
            del self._kept[name]
        mine = [name for name, rest in self._kept.items() if rest.owner == owner]
        for name in mine[: len(mine) - MAX_OF_ONE + 1]:
            del self._kept[name]
        while len(self._kept) >= MAX_KEPT:
            self._kept.popitem(last=False)


def _fitting(rows: tuple[Row, ...], most: int) -> int:
    """Return how many of the first rows a page takes, at least one."""
    size = 0
    for count, row in enumerate(rows[:most]):
        size += sum(8 if cell is None else min(len(cell), CELL_CHARS) + 8 for cell in row)
        if size > PAGE_CHARS and count:
            return count
    return min(len(rows), most)
