"""The judgements of one worker, by their stamps: what was judged once is not judged again while nothing has changed.

A text that differs from a judged one in nothing but literals that the analysis did not consult is judged like it.
"""

from __future__ import annotations

from typing import TypeVar

from proctor.session.judged import Judged, Stamp
from proctor.sql.shape import shape_of

MAX_REMEMBERED = 8192  # texts are a stranger's to choose; memory is not
MAX_REMEMBERED_TEXT = 16_384
MAX_KIN = 4  # judgements of one shape that differ by a consulted literal: LIMIT 10, LIMIT 20 …
MAX_PASSING = 64


_Key = TypeVar("_Key")
_Known = TypeVar("_Known")


class Memory:
    """The judgements of one worker, shared by its sessions, bounded. A stamp is hashed once and then is a number."""

    def __init__(self) -> None:
        self._numbers: dict[Stamp, int] = {}
        self._next = 0
        self._judged: dict[tuple[int, str], Judged] = {}
        self._kin: dict[tuple[int, bytes], list[Judged]] = {}
        self._passing: dict[tuple[int, str], Judged] = {}
        """Judged like another lately: the messages of one question ask for the same text several times."""

    def number(self, stamp: Stamp) -> int:
        """Return the number that stands for this stamp."""
        known = self._numbers.get(stamp)
        if known is None:
            if len(self._numbers) >= MAX_REMEMBERED:
                self._numbers.clear()
                self._judged.clear()
                self._kin.clear()
                self._passing.clear()
            known = self._numbers[stamp] = self._next
            self._next += 1  # never used twice: a forgotten stamp's judgements must not be found by another
        return known

    def recall(self, number: int, text: str) -> Judged | None:
        """Return the judgement of that text under that stamp, if it or one that holds for it is remembered."""
        key = (number, text)
        known = self._judged.get(key) or self._passing.get(key)
        if known is not None:
            return known
        shaped = shape_of(text)
        if shaped is None:
            return None
        shape, literals = shaped
        for judged in self._kin.get((number, shape), ()):
            if judged.form is not None and judged.form.holds(literals):
                if len(self._passing) >= MAX_PASSING:
                    self._passing.clear()
                self._passing[key] = found = judged.of(text, literals)
                return found
        return None

    def keep(self, number: int, judged: Judged) -> None:
        """Remember a judgement; the older half goes when there are too many."""
        if len(judged.text) > MAX_REMEMBERED_TEXT or judged.unknown_object:
            return
        _make_room(self._judged)
        self._judged[(number, judged.text)] = judged
        if judged.form is not None:
            _make_room(self._kin)
            kin = self._kin.setdefault((number, judged.form.shape), [])
            kin.insert(0, judged)
            del kin[MAX_KIN:]


def _make_room(table: dict[_Key, _Known]) -> None:
    if len(table) >= MAX_REMEMBERED:
        for key in list(table)[: MAX_REMEMBERED // 2]:
            del table[key]
