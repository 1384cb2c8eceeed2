"""Policy, masks of runs: the cells of a column masked in one call, the common ones by compiled code.

In comes an order; out goes a mask that also takes many cells at once. What the compiled code leaves out goes through
the mask of one cell, which also says what the right answer is.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable

from proctor.policy import masks_display as display
from proctor.policy import masks_numbers as numbers
from proctor.policy import masks_valid, runs_arrays, runs_figures, runs_keyed, runs_repeats, runs_sealed, runs_words
from proctor.policy import masks_words as words
from proctor.policy.mask_lists import CITIES, FAMILY, GIVEN, STREETS
from proctor.policy.masks_forms import Mask, Order

Fill = Callable[[bytes, "array[int]", bytearray, "array[int]"], "list[int]"]
"""Masks the spans of the data that it can, from the start of the new bytes on; returns the places of the others."""


MOST = 80  # bytes that one mask of a run has at most
_SHORT = {"phone": 32, "date": 10, "noise": 24, "ip": 16, "hash": 40, "name": 24, "city": 24}


class RunMask:
    """A mask of one cell and, for whole runs, its faster like."""

    __slots__ = ("_fill", "_most", "_one")

    def __init__(self, one: Mask, fill: Fill, most: int) -> None:
        self._one, self._fill, self._most = one, fill, most

    def __call__(self, value: bytes) -> bytes | None:
        """Return what one cell becomes."""
        return self._one(value)

    def left_out(self, data: bytes, spans: array[int]) -> list[int]:
        """Return the places of the cells that the faster way leaves to the mask of one cell."""
        return self._fill(data, spans, bytearray(self._most * (len(spans) // 2)), runs_arrays.longs(len(spans)))

    def run(self, data: bytes, spans: array[int]) -> tuple[bytearray, array[int]]:
        """Return new bytes, and for each span (a start and a size, -1 for NULL) the one in them that replaces it."""
        found = runs_repeats.distinct(data, spans)
        if found is None:
            return self._each(data, spans)
        differ, places = found
        out, cells = self._each(data, differ)
        return out, runs_repeats.spread(cells, places)

    def _each(self, data: bytes, spans: array[int]) -> tuple[bytearray, array[int]]:
        out = bytearray(self._most * (len(spans) // 2))
        cells = runs_arrays.longs(len(spans))
        late = self._fill(data, spans, out, cells)
        del out[_end(cells) :]
        for at in late:
            start, size = spans[at], spans[at + 1]
            masked = self._one(data[start : start + size])
            cells[at], cells[at + 1] = len(out), -1 if masked is None else len(masked)
            out += masked or b""
        return out, cells


def _end(cells: array[int]) -> int:
    """Return where the last of the new values ends; they stand one behind the other."""
    for at in range(len(cells) - 2, -1, -2):
        if cells[at + 1] > 0:
            return cells[at] + cells[at + 1]
    return 0


def with_runs(order: Order, one: Mask) -> Mask:
    """Return the mask, able to take runs where there is a faster way for them."""
    fill = _fill_of(order)
    return one if fill is None else RunMask(one, fill, _SHORT.get(order.name, MOST))


def _fill_of(order: Order) -> Fill | None:
    room = order.room
    match order.name, order.family:
        case "email", "text":
            return _sealed(order, b"", words.DOMAIN, 10)
        case "token", "text":
            return _sealed(order, words.TOKEN, b"", 5)
        case "id", "text" if order.data_class not in masks_valid.CLASSES:
            return _shaped(order)
        case "postal", "text":
            return _postal(order)
        case "card", "text":
            return _card(order)
        case (("name" | "city" | "address"), "text") if room is None or room >= runs_words.ROOMY:
            return _words(order)
        case "phone", "text":
            return _phone(order)
        case "date", ("text" | "date") if room is None or room >= len("2000-01-01"):
            return _date(order)
        case "noise", ("text" | "integer" | "decimal"):
            return _amount(order)
        case "ip", ("text" | "inet") if room is None or room >= len("198.19.255.255"):
            return _network(order)
        case "hash", "text":
            return _digest(order, uuids=False)
        case (("email" | "token" | "id" | "hash"), "uuid"):
            return _digest(order, uuids=True)
        case _:
            return None


_SPELLING = runs_sealed.codes_of(words.THREES) + runs_sealed.codes_of(words.SIXBIT)


def _sealed(order: Order, head: bytes, tail: bytes, block: int) -> Fill:
    keyed, room = order.keyed, order.room
    most = 254 if room is None else min(room, 254)

    def fill(data: bytes, spans: array[int], out: bytearray, cells: array[int]) -> list[int]:
        late: list[int] = runs_sealed.seal(keyed, _SPELLING, data, spans, out, cells, head, tail, block, most, room)
        return late

    return fill


def _table(letters: bytes) -> bytes:
    return bytes(c in letters for c in range(256))


def _shaped(order: Order) -> Fill:
    keyed, room = order.keyed, order.room
    kept = _table(numbers.SEPARATORS)
    shapes = array("Q", [numbers.shape_word(shape) for shape in numbers.SHAPES.get(order.data_class, ())])
    tags = numbers.tags_of(order.data_class)

    def fill(data: bytes, spans: array[int], out: bytearray, cells: array[int]) -> list[int]:
        late: list[int] = runs_keyed.shape(
            keyed, data, spans, out, cells, kept, shapes, tags, words.TOKEN, numbers.MAX_SHAPED, room
        )
        return late

    return fill


def _postal(order: Order) -> Fill:
    keyed, room, kept = order.keyed, order.room, _table(b" -")

    def fill(data: bytes, spans: array[int], out: bytearray, cells: array[int]) -> list[int]:
        late: list[int] = runs_keyed.shape(keyed, data, spans, out, cells, kept, array("Q"), b"", b"", 12, room)
        return late

    return fill


def _card(order: Order) -> Fill:
    keyed, room = order.keyed, order.room

    def fill(data: bytes, spans: array[int], out: bytearray, cells: array[int]) -> list[int]:
        late: list[int] = runs_keyed.card(
            keyed, data, spans, out, cells, _PREFIXES, bytes(numbers.UNISSUED), numbers.NUMERIC, room
        )
        return late

    return fill


_PREFIXES = bytes(numbers.ISSUED.index(p) if p in numbers.ISSUED else 255 for p in range(100))


_GIVEN, _FAMILY = runs_words.Words(GIVEN), runs_words.Words(FAMILY)
_CITIES, _STREETS = runs_words.Words(CITIES), runs_words.Words(STREETS)
_FORMS = runs_words.FORMS
_BY_CLASS = {
    "given_name": (_FORMS["given"], _GIVEN, _FAMILY),
    "family_name": (_FORMS["family"], _GIVEN, _FAMILY),
    "street": (_FORMS["street"], _STREETS, _CITIES),
}
_BY_MASK = {
    "name": (_FORMS["both"], _GIVEN, _FAMILY),
    "city": (_FORMS["town"], _CITIES, _CITIES),
    "address": (_FORMS["address"], _STREETS, _CITIES),
}


def _words(order: Order) -> Fill:
    keyed, padded = order.keyed, order.room is not None
    form, first, second = _BY_MASK[order.name]
    if order.name != "city" and order.data_class in _BY_CLASS:
        form, first, second = _BY_CLASS[order.data_class]

    def fill(data: bytes, spans: array[int], out: bytearray, cells: array[int]) -> list[int]:
        late: list[int] = runs_words.words_of(keyed, data, spans, out, cells, form, first, second, padded)
        return late

    return fill


_PATTERNS = [(country, p) for country, patterns in display.FICTION.items() for p in patterns]
_PATTERNS.append((b"", display.FICTION[b"1"][0]))
_FICTION = b"".join(bytes((len(p) + 1, len(country))) + country + p for country, p in _PATTERNS) + b"\0"
_CODES = bytes(b"%d" % code in display.CODES for code in range(100))


def _phone(order: Order) -> Fill:
    keyed, room = order.keyed, order.room

    def fill(data: bytes, spans: array[int], out: bytearray, cells: array[int]) -> list[int]:
        late: list[int] = runs_figures.phone(keyed, data, spans, out, cells, _FICTION, _CODES, room)
        return late

    return fill


def _date(order: Order) -> Fill:
    keyed = order.keyed

    def fill(data: bytes, spans: array[int], out: bytearray, cells: array[int]) -> list[int]:
        late: list[int] = runs_figures.date(keyed, data, spans, out, cells, display.SHIFT)
        return late

    return fill


def _network(order: Order) -> Fill:
    keyed = order.keyed

    def fill(data: bytes, spans: array[int], out: bytearray, cells: array[int]) -> list[int]:
        late: list[int] = runs_figures.network(keyed, data, spans, out, cells)
        return late

    return fill


def _amount(order: Order) -> Fill:
    keyed, integral, room = order.keyed, order.family == "integer", order.room

    def fill(data: bytes, spans: array[int], out: bytearray, cells: array[int]) -> list[int]:
        late: list[int] = runs_figures.amount(keyed, data, spans, out, cells, integral, room)
        return late

    return fill


def _digest(order: Order, *, uuids: bool) -> Fill:
    keyed, room = order.keyed, None if uuids else order.room

    def fill(data: bytes, spans: array[int], out: bytearray, cells: array[int]) -> list[int]:
        late: list[int] = runs_words.digest(keyed, data, spans, out, cells, uuids, room)
        return late

    return fill
