# cython: language_level=3, wraparound=False
# mypy: disable-error-code="untyped-decorator, no-any-return"
"""Station 8, the hot path: rewrite runs of rows.

In comes a run of DataRow frames and a mask for each column, out goes the run in which every value under a mask is
replaced. Compiled where there is a compiler: plain Python, which Cython turns into C; both ways pass the same tests.
Knows no masks by name. Broken rows are a ValueError with a safe sentence.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from struct import Struct
from typing import Protocol

try:  # the compiler must see the words "import cython"; at run time Cython may be missing
    import cython  # type: ignore[import-untyped]  # Cython ships no types for it
except ModuleNotFoundError:
    from proctor.wire import _shim as cython

if cython.compiled:
    from cython.cimports.cpython import array as c_array  # type: ignore[import-untyped]
    from cython.cimports.cpython.bytearray import (  # type: ignore[import-untyped]
        PyByteArray_AS_STRING,
        PyByteArray_GET_SIZE,
        PyByteArray_Resize,
    )
    from cython.cimports.cpython.bytes import (  # type: ignore[import-untyped]
        PyBytes_AS_STRING,
        PyBytes_FromStringAndSize,
    )
    from cython.cimports.libc.string import memcpy  # type: ignore[import-untyped]

_read16 = Struct("!H").unpack_from

MASKED_CELL = 16 * 1024 * 1024  # a masked cell is held, changed and copied; a gigabyte of it would be held thrice
MAX_LENGTH = 0x7FFFFFFF  # a length is an int32; a mask that returns more would wrap it
_MOST = cython.declare(cython.longlong, 0x7FFFFFFF)
_SIGN = cython.declare(cython.longlong, 0x80000000)
FEW = 2  # with fewer rows, making ready for many costs more than it saves


class Null:
    """The mask that turns every value of its column into NULL."""

    __slots__ = ()


NULL = Null()


class Always:
    """The mask that puts the same value into every cell, NULL ones too: of what was computed, NULL tells like a value.

    `nullif(ssn, 'a guess')` is NULL where the guess is right.
    """

    __slots__ = ("value",)

    def __init__(self, value: bytes) -> None:
        self.value = value


class Beside:
    """A mask that looks at other cells of the row: `make` takes the value and theirs, in the order of `columns`.

    NULL stays NULL. It is for `rewrite_beside` and COPY alone.
    """

    __slots__ = ("columns", "make")

    def __init__(
        self, make: Callable[[bytes, tuple[bytes | None, ...]], bytes | None], columns: tuple[int, ...]
    ) -> None:
        self.make, self.columns = make, columns


class Run(Protocol):
    """A mask that takes the cells of a whole run at once, beside one at a time."""

    def __call__(self, value: bytes, /) -> bytes | None:
        """Return what one cell becomes."""

    def run(self, data: bytes, spans: array[int], /) -> tuple[bytes | bytearray, array[int]]:
        """Return new bytes, and for each span (a start and a size, -1 for NULL) the one in them that replaces it."""


Mask = Callable[[bytes], bytes | None] | Run | bytes | Null | Always | Beside | None
"""None shows the value, bytes replace it, `NULL` removes it, and a callable makes another of it (None: NULL)."""


def _is_compiled() -> bool:
    """Tell whether this module runs as C."""
    return bool(cython.compiled)


# ---- numbers of the wire


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(four=cython.p_uchar, number=cython.uint)
def _signed(four) -> cython.Py_ssize_t:  # type: ignore[no-untyped-def]
    """Return the number that four bytes are; a compiler knows the sum, where it begins at the pointer, for one word."""
    number = four[0]
    number = ((number << 8 | four[1]) << 8 | four[2]) << 8 | four[3]
    if cython.compiled:
        return cython.cast(cython.int, number)
    return number if number < _SIGN else number - 2 * _SIGN


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(text=cython.p_uchar, pos=cython.Py_ssize_t)
def _get32(text, pos) -> cython.Py_ssize_t:  # type: ignore[no-untyped-def]
    return _signed(text + pos if cython.compiled else text[pos : pos + 4])


@cython.cfunc
@cython.inline
@cython.boundscheck(False)
@cython.exceptval(-1, check=True)
def _uint16(data: bytes, pos: cython.Py_ssize_t, stop: cython.Py_ssize_t) -> cython.Py_ssize_t:
    if pos < 0 or pos + 2 > stop or stop > len(data):
        raise ValueError("a message ends early")
    if cython.compiled:
        return (data[pos] << 8) | data[pos + 1]
    return _read16(data, pos)[0]


# ---- arrays


_NONE = array("q")


@cython.cfunc
@cython.inline
@cython.exceptval(check=True)
def _longs(numbers: array[int]) -> cython.p_longlong:
    """Return where the numbers are: the many runs of few rows would pay more for views of them than for their rows."""
    if cython.compiled:
        return cython.cast(c_array.array, numbers, typecheck=True).data.as_longlongs
    return numbers


def zeros(many: int) -> array[int]:
    """Return so many zeros."""
    if cython.compiled:
        return c_array.clone(_NONE, many, True)
    return array("q", bytes(8 * many))


# ---- rows


@cython.cfunc
@cython.inline
@cython.exceptval(-1, check=True)
def _append(out: bytearray, raw: bytes, start: cython.Py_ssize_t, stop: cython.Py_ssize_t) -> cython.int:
    if start < 0 or stop < start or stop > len(raw):
        raise ValueError("a span lies outside its buffer")
    if cython.compiled:
        size: cython.Py_ssize_t = PyByteArray_GET_SIZE(out)
        PyByteArray_Resize(out, size + stop - start)
        memcpy(PyByteArray_AS_STRING(out) + size, PyBytes_AS_STRING(raw) + start, stop - start)
    else:
        out += raw[start:stop]
    return 0


@cython.cfunc
@cython.inline
@cython.exceptval(-1, check=True)
def _patch32(out: bytearray, pos: cython.Py_ssize_t, number: cython.Py_ssize_t) -> cython.int:
    if number < -1 or number > _MOST:
        raise ValueError("a masked value is too long for the protocol")
    if pos < 0 or pos + 4 > len(out):
        raise ValueError("a span lies outside its buffer")
    if cython.compiled:
        out[pos] = (number >> 24) & 0xFF
        out[pos + 1] = (number >> 16) & 0xFF
        out[pos + 2] = (number >> 8) & 0xFF
        out[pos + 3] = number & 0xFF
    else:
        out[pos : pos + 4] = (number & 0xFFFFFFFF).to_bytes(4, "big")
    return 0


def rewrite_rows(raw: bytes, masks: list[Mask], cells: list[int], limit: int = MASKED_CELL, rows: int = -1) -> bytes:
    """Return a run of DataRow frames in which every value under a mask is replaced; `cells` counts them by column.

    `rows` says how many frames there are, to those who have counted them already; another number is found out.
    NULL stays NULL, but under `Always`. A row of another width, a frame that is not a row, a value over `limit` or a
    mask that fails is an exception: nothing of the run may be sent then.
    """
    if len(cells) != len(masks):
        raise ValueError("there are not as many counters as masks")
    if rows < 0:
        rows = _count(raw)
    if rows < FEW:
        return _rewrite_few(raw, masks, cells, limit)
    return _rewrite_many(raw, masks, cells, limit, rows)


@cython.cfunc
def _rewrite_few(raw: bytes, masks: list[Mask], cells: list[int], limit: int) -> bytes:
    out = bytearray()
    end: cython.Py_ssize_t = len(raw)
    width: cython.Py_ssize_t = len(masks)
    largest: cython.Py_ssize_t = limit
    pos: cython.Py_ssize_t = 0
    cut: cython.Py_ssize_t = 0  # what lies before it is in `out`
    stop: cython.Py_ssize_t
    size: cython.Py_ssize_t
    head: cython.Py_ssize_t  # where this row's frame starts in `out`, -1 while nothing of it was changed
    i: cython.Py_ssize_t
    while pos < end:
        if end - pos < 7 or raw[pos] != 0x44:
            raise ValueError("a run of rows holds something else")
        stop = pos + 1 + _get32(raw, pos + 1)
        if stop > end or stop < pos + 7:
            raise ValueError("a row does not end where its frame ends")
        if _uint16(raw, pos + 5, stop) != width:
            raise ValueError("a row has not as many columns as there are masks")
        head = -1
        start: cython.Py_ssize_t = pos
        pos += 7
        for i in range(width):
            if pos + 4 > stop:
                raise ValueError("a row ends early")
            size = _get32(raw, pos)
            pos += 4
            mask = masks[i]
            if size == -1:
                if not isinstance(mask, Always):
                    continue
                size = 0  # nothing follows a NULL
            if size < 0 or pos + size > stop:
                raise ValueError("a value lies outside its row")
            if mask is not None:
                value = _masked(mask, raw, pos, size, largest)
                if head < 0:
                    head = len(out) + start - cut
                _append(out, raw, cut, pos)
                if value is None:
                    _patch32(out, len(out) - 4, -1)
                else:
                    _patch32(out, len(out) - 4, len(value))
                    _append(out, value, 0, len(value))
                cut = pos + size
                cells[i] += 1
            pos += size
        if pos != stop:
            raise ValueError("a row does not end where its frame ends")
        if head >= 0:
            _append(out, raw, cut, stop)
            cut = stop
            _patch32(out, head + 1, len(out) - head - 1)
    if cut == 0:
        return raw
    _append(out, raw, cut, end)
    return bytes(out)


@cython.cfunc
def _masked(mask: object, raw: bytes, pos: cython.Py_ssize_t, size: cython.Py_ssize_t, limit: cython.Py_ssize_t):  # type: ignore[no-untyped-def]
    if isinstance(mask, bytes):
        return mask
    if isinstance(mask, Null):
        return None
    if isinstance(mask, Always):
        return mask.value
    if size > limit:
        raise ValueError("a value is too long to be masked")
    value = mask(raw[pos : pos + size])  # type: ignore[operator]
    if value is not None and not isinstance(value, bytes):
        raise TypeError("a mask returned neither bytes nor None")
    return value


# ---- masks that look at other cells


class _Bound:
    """A mask of that kind for one run, with the spans of the cells that it looks at."""

    __slots__ = ("_limit", "_make", "_others")

    def __init__(self, mask: Beside, others: list[array[int]], limit: int) -> None:
        self._make, self._others, self._limit = mask.make, others, limit

    def __call__(self, value: bytes) -> bytes | None:
        raise TypeError("a mask that looks at other cells was given one")

    def run(self, data: bytes, spans: array[int]) -> tuple[bytearray, array[int]]:
        if any(_longest(other) > self._limit for other in self._others):
            raise ValueError("a value is too long to be masked")
        out = bytearray()
        new = array("q")
        for at in range(0, len(spans), 2):
            start, size = spans[at], spans[at + 1]
            one = None
            if size >= 0:
                beside = [None if o[at + 1] < 0 else data[o[at] : o[at] + o[at + 1]] for o in self._others]
                one = self._make(data[start : start + size], tuple(beside))
            if one is not None and not isinstance(one, bytes):
                raise TypeError("a mask returned neither bytes nor None")
            new.append(len(out))
            new.append(-1 if one is None else len(one))
            out += one or b""
        return out, new


def looked_at(masks: Sequence[Mask]) -> list[int]:
    """Return the columns whose cells are needed: those that wear a mask, and those that one looks at."""
    needed = {at for at, mask in enumerate(masks) if mask is not None}
    return sorted(needed.union(*(mask.columns for mask in masks if isinstance(mask, Beside))))


def bound(masks: Sequence[Mask], looked: list[int], spans: array[int], limit: int) -> tuple[list[Mask], array[int]]:
    """Return the masks that are worn, ready for one run, and the spans of what they are worn on.

    The spans are given for each column of `looked`.
    """
    each = len(spans) // len(looked) if looked else 0
    found = {at: spans[i * each : (i + 1) * each] for i, at in enumerate(looked)}
    ready: list[Mask] = []
    mine = array("q")
    for at, mask in enumerate(masks):
        if mask is not None:
            ready.append(_Bound(mask, [found[c] for c in mask.columns], limit) if isinstance(mask, Beside) else mask)
            mine += found[at]
    return ready, mine


def rewrite_beside(raw: bytes, masks: list[Mask], cells: list[int], limit: int = MASKED_CELL, rows: int = -1) -> bytes:
    """Return what `rewrite_rows` does, where masks look at other cells of the row."""
    if len(cells) != len(masks):
        raise ValueError("there are not as many counters as masks")
    looked = looked_at(masks)
    if looked and not 0 <= min(looked) <= max(looked) < len(masks):
        raise ValueError("a mask looks at a column that is not there")
    if rows < 0:
        rows = _count(raw)
    spans, heads = zeros(2 * rows * len(looked)), zeros(rows + 1)
    _locate(raw, bytes(at in looked for at in range(len(masks))), spans, heads, rows)
    ready, mine = bound(masks, looked, spans, limit)
    fresh, made, counted = wear(raw, ready, mine, limit)
    worn = [at for at, mask in enumerate(masks) if mask is not None]
    for at, count in zip(worn, counted, strict=True):
        cells[at] += count
    return _rebuilt(raw, fresh, mine, made, heads, rows, len(worn)) if any(counted) else raw


# ---- many rows


@cython.cfunc
@cython.exceptval(-1, check=True)
def _count(raw: bytes) -> cython.Py_ssize_t:
    """Return how many frames there are."""
    pos: cython.Py_ssize_t = 0
    end: cython.Py_ssize_t = len(raw)
    count: cython.Py_ssize_t = 0
    length: cython.Py_ssize_t
    while pos < end:
        length = _get32(raw, pos + 1) if end - pos >= 5 else 0
        if length < 4:
            raise ValueError("a row does not end where its frame ends")
        pos += 1 + length
        count += 1
    return count


def _rewrite_many(raw: bytes, masks: list[Mask], cells: list[int], limit: int, rows: int) -> bytes:
    worn = [at for at, mask in enumerate(masks) if mask is not None]
    spans, heads = zeros(2 * rows * len(worn)), zeros(rows + 1)
    _locate(raw, bytes(mask is not None for mask in masks), spans, heads, rows)
    fresh, made, counted = wear(raw, [masks[at] for at in worn], spans, limit)
    out = _rebuilt(raw, fresh, spans, made, heads, rows, len(worn)) if any(counted) else raw
    for at, count in zip(worn, counted, strict=True):
        cells[at] += count
    return out


@cython.cfunc
@cython.boundscheck(False)
@cython.exceptval(-1, check=True)
@cython.locals(span=cython.p_longlong, head=cython.p_longlong, worn=cython.p_uchar, text=cython.p_uchar)
def _locate(
    raw: bytes, hidden: bytes, spans: array[int], heads: array[int], rows: cython.Py_ssize_t
) -> cython.Py_ssize_t:
    """Find where each row begins and each value under a mask lies, column by column; nothing broken gets beyond."""
    span, head, worn, text = _longs(spans), _longs(heads), hidden, raw
    width: cython.Py_ssize_t = len(hidden)
    end: cython.Py_ssize_t = len(raw)
    pos: cython.Py_ssize_t = 0
    row: cython.Py_ssize_t
    i: cython.Py_ssize_t
    at: cython.Py_ssize_t
    stop: cython.Py_ssize_t
    size: cython.Py_ssize_t
    for row in range(rows):
        if end - pos < 7 or text[pos] != 0x44:
            raise ValueError("a run of rows holds something else")
        stop = pos + 1 + _get32(text, pos + 1)
        if stop > end or stop < pos + 7:
            raise ValueError("a row does not end where its frame ends")
        if text[pos + 5] << 8 | text[pos + 6] != width:
            raise ValueError("a row has not as many columns as there are masks")
        head[row] = pos
        pos += 7
        at = 2 * row
        for i in range(width):
            if pos + 4 > stop:
                raise ValueError("a row ends early")
            size = _get32(text, pos)
            pos += 4
            if size < -1 or (size > 0 and pos + size > stop):
                raise ValueError("a value lies outside its row")
            if worn[i]:
                span[at], span[at + 1] = pos, size
                at += 2 * rows
            if size > 0:
                pos += size
        if pos != stop:
            raise ValueError("a row does not end where its frame ends")
        pos = stop  # which is known long before the last cell is: one row need not wait for the other
    if pos != end:
        raise ValueError("a run of rows holds something else")
    head[rows] = end
    return 0


def wear(
    data: bytes, masks: list[Mask], spans: array[int], limit: int = MASKED_CELL
) -> tuple[bytearray, array[int], list[int]]:
    """Return new bytes, for each span the one in them that replaces it, and how many each mask replaced.

    The spans of the first mask come first, as many for each: a start and a size, -1 for NULL, which stays NULL but
    under `Always`.
    """
    fresh = bytearray()
    made = array("q")
    counted: list[int] = []
    each = len(spans) // len(masks) if masks else 0
    for at, mask in enumerate(masks):
        mine = spans[at * each : (at + 1) * each]
        if isinstance(mask, bytes | Null | Always):
            value: bytes | bytearray = (
                b"" if isinstance(mask, Null) else mask if isinstance(mask, bytes) else mask.value
            )
            new = array("q", [0, -1 if isinstance(mask, Null) else len(value)]) * (each // 2)
        else:
            value, new = _made(mask, data, mine, limit)
        counted.append(_settle(mine, new, len(fresh), len(value), isinstance(mask, Always)))
        if at == 0 and isinstance(value, bytearray):
            fresh, made = value, new
        else:
            fresh += value
            made += new
    return fresh, made, counted


def _made(mask: Mask, data: bytes, spans: array[int], limit: int) -> tuple[bytes | bytearray, array[int]]:
    if _longest(spans) > limit:
        raise ValueError("a value is too long to be masked")
    run = getattr(mask, "run", None)
    if run is not None:
        value, new = run(data, spans)
        if not isinstance(value, bytes | bytearray) or not isinstance(new, array) or new.typecode != "q":
            raise TypeError("a mask returned neither bytes nor None")
        return value, new
    out = bytearray()
    new = array("q")
    for at in range(0, len(spans), 2):
        start, size = spans[at], spans[at + 1]
        one = None if size < 0 else mask(data[start : start + size])  # type: ignore[operator,misc]
        if one is not None and not isinstance(one, bytes):
            raise TypeError("a mask returned neither bytes nor None")
        new.append(len(out))
        new.append(-1 if one is None else len(one))
        out += one or b""
    return out, new


@cython.boundscheck(False)
@cython.locals(span=cython.p_longlong, i=cython.Py_ssize_t, most=cython.longlong)
def _longest(spans: array[int]) -> int:
    span, most = _longs(spans), 0
    for i in range(1, len(spans), 2):
        most = max(most, span[i])
    return most


@cython.boundscheck(False)
@cython.locals(
    span=cython.p_longlong, new=cython.p_longlong, i=cython.Py_ssize_t, counted=cython.Py_ssize_t,
    start=cython.longlong, size=cython.longlong, base=cython.longlong, most=cython.longlong, always=cython.bint,
)  # fmt: skip
def _settle(spans: array[int], made: array[int], base: int, most: int, always: bool) -> int:
    """Make places in one mask's bytes to places in all, none of them outside; return how many values are replaced."""
    if len(made) != len(spans):
        raise ValueError("a mask returned another number of values than it was given")
    span, new, counted = _longs(spans), _longs(made), 0
    for i in range(0, len(spans), 2):
        if span[i + 1] < 0 and not always:
            new[i], new[i + 1] = base, -1
            continue
        start, size = new[i], new[i + 1]
        if size < -1 or start < 0 or (size > 0 and start + size > most):
            raise ValueError("a span lies outside its buffer")
        if size > _MOST:
            raise ValueError("a masked value is too long for the protocol")
        new[i] = base + start
        counted += 1
    return counted


@cython.cfunc
@cython.boundscheck(False)
@cython.locals(
    span=cython.p_longlong, new=cython.p_longlong, head=cython.p_longlong, out=cython.p_uchar,
    text=cython.p_uchar, made_up=cython.p_uchar,
)  # fmt: skip
def _rebuilt(
    raw: bytes,
    fresh: bytearray,
    spans: array[int],
    made: array[int],
    heads: array[int],
    rows: cython.Py_ssize_t,
    columns: cython.Py_ssize_t,
) -> bytes:
    """Return the rows with the new values in them. Every span has been looked at."""
    span, new, head, text, made_up = _longs(spans), _longs(made), _longs(heads), raw, fresh
    size: cython.Py_ssize_t = len(raw)
    i: cython.Py_ssize_t
    row: cython.Py_ssize_t
    column: cython.Py_ssize_t
    for i in range(1, 2 * rows * columns, 2):
        size += max(new[i], 0) - max(span[i], 0)
    whole = PyBytes_FromStringAndSize(cython.NULL, size) if cython.compiled else bytearray(size)
    out = whole
    pos: cython.Py_ssize_t = 0
    cut: cython.Py_ssize_t = 0
    start: cython.Py_ssize_t
    for row in range(rows):
        start = pos
        for column in range(columns):
            i = 2 * (column * rows + row)
            pos = _paste(out, pos, text, cut, span[i])
            _put32(out, pos - 4, new[i + 1])
            cut = span[i]
            if span[i + 1] > 0:
                cut += span[i + 1]
            if new[i + 1] > 0:
                pos = _paste(out, pos, made_up, new[i], new[i] + new[i + 1])
        pos = _paste(out, pos, text, cut, head[row + 1])
        cut = head[row + 1]
        if pos - start - 1 > _MOST:
            raise ValueError("a masked value is too long for the protocol")
        _put32(out, start + 1, pos - start - 1)
    return whole if cython.compiled else bytes(whole)  # type: ignore[return-value]  # in C it is bytes


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(
    out=cython.p_uchar, pos=cython.Py_ssize_t, text=cython.p_uchar, start=cython.Py_ssize_t, stop=cython.Py_ssize_t
)
def _paste(out, pos, text, start, stop) -> cython.Py_ssize_t:  # type: ignore[no-untyped-def]
    if cython.compiled:
        memcpy(out + pos, text + start, stop - start)
    else:
        out[pos : pos + stop - start] = text[start:stop]
    return pos + stop - start


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(out=cython.p_uchar, pos=cython.Py_ssize_t, number=cython.longlong)
def _put32(out, pos, number) -> cython.void:  # type: ignore[no-untyped-def]
    out[pos] = (number >> 24) & 0xFF
    out[pos + 1] = (number >> 16) & 0xFF
    out[pos + 2] = (number >> 8) & 0xFF
    out[pos + 3] = number & 0xFF
