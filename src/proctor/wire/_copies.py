# cython: language_level=3, wraparound=False, boundscheck=False
# mypy: disable-error-code="untyped-decorator, no-any-return, no-untyped-def, no-untyped-call"
"""Station 8, the hot path of COPY: find the cells of whole rows, and write the rows anew with other values in them.

In come data in one of the three formats and what is to be hidden, out come places of cells, and frames of one row each.
Compiled where there is a compiler: plain Python, which Cython turns into C; both ways pass the same tests. Knows no
masks. Broken rows are a ValueError with a safe sentence.
"""

from __future__ import annotations

from array import array

from proctor.wire._rows import zeros

try:  # the compiler must see the words "import cython"; at run time Cython may be missing
    import cython  # type: ignore[import-untyped]  # Cython ships no types for it
except ModuleNotFoundError:
    from proctor.wire import _shim as cython

if cython.compiled:
    from cython.cimports.cpython import array as c_array  # type: ignore[import-untyped]
    from cython.cimports.cpython.bytes import PyBytes_FromStringAndSize  # type: ignore[import-untyped]
    from cython.cimports.libc.string import memchr, memcpy  # type: ignore[import-untyped]

_BACKSLASH = cython.declare(cython.uint, 92)
_LINE = cython.declare(cython.uint, 10)
_HEAD = cython.declare(cython.Py_ssize_t, 5)  # a frame's tag and length
_SIGN = cython.declare(cython.longlong, 0x80000000)
MAX_WRITTEN = 0x7FFFFFFF  # the length of a frame is an int32
_WIDTH = "a row of a COPY has not as many columns as there are masks"


def is_compiled() -> bool:
    """Return whether this is the compiled twin."""
    return bool(cython.compiled)


@cython.locals(
    text=cython.p_uchar, out=cython.p_uchar, pos=cython.Py_ssize_t, end=cython.Py_ssize_t, length=cython.Py_ssize_t,
    size=cython.Py_ssize_t, at=cython.Py_ssize_t,
)  # fmt: skip
def payload(raw: bytes) -> bytes:
    """Return what a run of CopyData frames carries."""
    text, pos, end, size = raw, 0, len(raw), 0
    while pos < end:
        if end - pos < 5 or text[pos] != 0x64:
            raise ValueError("a run of CopyData holds something else")
        length = _int32(text, pos + 1)
        if length < 4 or pos + 1 + length > end:
            raise ValueError("a CopyData frame does not end where its run ends")
        size += length - 4
        pos += 1 + length
    whole = PyBytes_FromStringAndSize(cython.NULL, size) if cython.compiled else bytearray(size)
    out = whole
    pos = at = 0
    while pos < end:
        length = _int32(text, pos + 1)
        at = _copied(out, at, text, pos + 5, pos + 1 + length)
        pos += 1 + length
    return whole if cython.compiled else bytes(whole)  # type: ignore[return-value]  # in C it is bytes


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(four=cython.p_uchar, number=cython.uint)
def _signed(four) -> cython.Py_ssize_t:
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
def _int32(text, pos) -> cython.Py_ssize_t:
    return _signed(text + pos if cython.compiled else text[pos : pos + 4])


@cython.cfunc
@cython.inline
@cython.exceptval(check=True)
def _longs(numbers: array[int]) -> cython.p_longlong:
    """Return where the numbers are, which costs less than a view of them."""
    if cython.compiled:
        return cython.cast(c_array.array, numbers, typecheck=True).data.as_longlongs
    return numbers


class Rows:
    """Whole rows of some data: how many, where each ends, and where each hidden cell lies, column by column.

    There is a gap before each, the head of its frame, where the data are frames of one row each.

    A place is a start, a size (-1 for a NULL in binary) and, in text and CSV, how it is written: 0 as it is, 1 in
    quotes, 2 with escapes.
    """

    __slots__ = ("count", "data", "ends", "gap", "places", "start", "stride")

    def __init__(self, data: bytes, start: int, most: int, columns: int, gap: int = 0) -> None:
        self.data, self.start, self.stride, self.count, self.gap = data, start, most, 0, gap
        self.places, self.ends = zeros(3 * most * columns), zeros(most)


# ---- finding cells


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(
    text=cython.p_uchar, at=cython.Py_ssize_t, end=cython.Py_ssize_t, sought=cython.uint, there=cython.p_uchar
)
def _find(text, at, end, sought) -> cython.Py_ssize_t:
    """Return where the byte is first met, the end where it is not."""
    if cython.compiled:
        there = cython.cast(cython.p_uchar, memchr(text + at, sought, end - at))
        return end if there is cython.NULL else there - text
    found = text.find(sought, at, end)
    return end if found < 0 else found


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(text=cython.p_uchar, at=cython.Py_ssize_t, end=cython.Py_ssize_t, count=cython.Py_ssize_t)
def _lines(text, at, end) -> cython.Py_ssize_t:
    """Return how many line feeds there are."""
    count = 0
    while at < end:
        at = _find(text, at, end, _LINE) + 1
        if at <= end:
            count += 1
    return count


@cython.locals(
    text=cython.p_uchar, masked=cython.p_uchar, place=cython.p_longlong, ends=cython.p_longlong,
    at=cython.Py_ssize_t, end=cython.Py_ssize_t, row=cython.Py_ssize_t, width=cython.Py_ssize_t,
    most=cython.Py_ssize_t, parts=cython.uint, stop=cython.Py_ssize_t, escapes=cython.bint,
)  # fmt: skip
def rows_of_text(data: bytes, start: int, hidden: bytes, delimiter: int) -> Rows:
    """Find the cells of the whole rows from `start` on; a line feed ends a row, a backslash hides what follows it."""
    text, masked, parts, at, end, width = data, hidden, delimiter, start, len(data), len(hidden)
    most = _lines(text, at, end)
    found = Rows(data, start, most, hidden.count(1))
    place, ends = _longs(found.places), _longs(found.ends)
    escapes = _find(text, at, end, _BACKSLASH) < end
    for row in range(most):
        stop = _find(text, at, end, _LINE)
        _cells(text, at, stop, parts, escapes, masked, width, place, row, most)
        at = ends[row] = stop + 1
    found.count = most
    return found


@cython.locals(
    text=cython.p_uchar, masked=cython.p_uchar, place=cython.p_longlong, ends=cython.p_longlong,
    at=cython.Py_ssize_t, end=cython.Py_ssize_t, row=cython.Py_ssize_t, width=cython.Py_ssize_t,
    most=cython.Py_ssize_t, parts=cython.uint, stop=cython.Py_ssize_t, escapes=cython.bint, length=cython.Py_ssize_t,
)  # fmt: skip
def rows_in_frames(raw: bytes, hidden: bytes, delimiter: int) -> Rows | None:
    """Find what `rows_of_text` does, in a run of CopyData frames; None where not each of them is one whole row."""
    text, masked, parts, at, end, width, most = raw, hidden, delimiter, 0, len(raw), len(hidden), 0
    while at < end:
        length = _int32(text, at + 1) if end - at >= 6 else 0
        if text[at] != 0x64 or length < 5 or at + 1 + length > end or text[at + length] != _LINE:
            return None
        at += 1 + length
        most += 1
    if not most:
        return None
    found = Rows(raw, _HEAD, most, hidden.count(1), _HEAD)
    place, ends = _longs(found.places), _longs(found.ends)
    escapes, at = _find(text, 0, end, _BACKSLASH) < end, 0
    for row in range(most):
        stop = at + _int32(text, at + 1)
        at += _HEAD
        if _find(text, at, stop, _LINE) < stop:
            return None
        _cells(text, at, stop, parts, escapes, masked, width, place, row, most)
        at = ends[row] = stop + 1
    found.count = most
    return found


@cython.cfunc
@cython.exceptval(-1, check=True)
@cython.locals(
    text=cython.p_uchar, masked=cython.p_uchar, place=cython.p_longlong, at=cython.Py_ssize_t, stop=cython.Py_ssize_t,
    parts=cython.uint, escapes=cython.bint, width=cython.Py_ssize_t, row=cython.Py_ssize_t, most=cython.Py_ssize_t,
    column=cython.Py_ssize_t, where=cython.Py_ssize_t, cell=cython.Py_ssize_t, escaped=cython.bint,
)  # fmt: skip
def _cells(text, at, stop, parts, escapes, masked, width, place, row, most) -> cython.Py_ssize_t:
    """Find the hidden cells of one row, which stops at its line feed."""
    column, where = 0, 3 * row
    escaped = escapes and _find(text, at, stop, _BACKSLASH) < stop
    while at <= stop:
        cell = at
        at = _cell_end(text, at, stop, parts) if escaped else _find(text, at, stop, parts)
        if column >= width:
            raise ValueError(_WIDTH)
        if masked[column]:
            place[where], place[where + 1] = cell, at - cell
            if escaped and _find(text, cell, at, _BACKSLASH) < at:
                place[where + 2] = 2
            where += 3 * most
        column += 1
        at += 1
    if column != width:
        raise ValueError(_WIDTH)
    return 0


@cython.cfunc
@cython.exceptval(-1, check=True)
@cython.locals(text=cython.p_uchar, at=cython.Py_ssize_t, stop=cython.Py_ssize_t, parts=cython.uint)
def _cell_end(text, at, stop, parts) -> cython.Py_ssize_t:
    """Return where a cell of a row with backslashes ends."""
    while at < stop and text[at] != parts:
        if text[at] == _BACKSLASH:
            at += 1
            if at == stop:
                raise ValueError("a row of a COPY ends in the middle of an escape")
        at += 1
    return at


@cython.locals(
    text=cython.p_uchar, masked=cython.p_uchar, place=cython.p_longlong, ends=cython.p_longlong,
    at=cython.Py_ssize_t, end=cython.Py_ssize_t, row=cython.Py_ssize_t, column=cython.Py_ssize_t,
    width=cython.Py_ssize_t, cell=cython.Py_ssize_t, where=cython.Py_ssize_t, most=cython.Py_ssize_t,
    parts=cython.uint, quotes=cython.uint, escapes=cython.uint, how=cython.longlong, stop=cython.Py_ssize_t,
)  # fmt: skip
def rows_of_csv(data: bytes, start: int, hidden: bytes, delimiter: int, quote: int, escape: int) -> Rows:
    """Find the cells of the whole rows from `start` on; a line feed outside of quotes ends a row."""
    text, at, end = data, start, len(data)
    most = _lines(text, at, end)
    found = Rows(data, start, most, hidden.count(1))
    masked, place, ends, width = hidden, _longs(found.places), _longs(found.ends), len(hidden)
    parts, quotes, escapes = delimiter, quote, escape
    for row in range(most):
        column, where = 0, 3 * row
        while True:
            cell, how = at, 0
            if at < end and text[at] == quotes:
                stop = _quoted(text, at + 1, end, quotes, escapes)
                how = 2 if stop < 0 else 1
                at = -stop if stop < 0 else stop
            else:
                while at < end and text[at] != _LINE and text[at] != parts and text[at] != quotes:
                    at += 1
            if at >= end:
                found.count = row
                return found
            if text[at] != _LINE and text[at] != parts:
                raise ValueError("a row of a COPY has quotes in the middle of a cell")
            if column >= width:
                raise ValueError(_WIDTH)
            if masked[column]:
                place[where], place[where + 1], place[where + 2] = cell, at - cell, how
                where += 3 * most
            column += 1
            at += 1
            if text[at - 1] == _LINE:
                break
        if column != width:
            raise ValueError(_WIDTH)
        ends[row] = at
    found.count = most
    return found


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(
    text=cython.p_uchar, at=cython.Py_ssize_t, end=cython.Py_ssize_t, quotes=cython.uint, escapes=cython.uint,
    paired=cython.bint,
)  # fmt: skip
def _quoted(text, at, end, quotes, escapes) -> cython.Py_ssize_t:
    """Return where a cell's quotes end, below 0 if there are escapes in it; the end of all where they do not."""
    paired = False
    while at < end:
        if text[at] == escapes and at + 1 < end and (text[at + 1] == quotes or text[at + 1] == escapes):
            paired = True
            at += 2
        elif text[at] == quotes:
            return -(at + 1) if paired else at + 1
        else:
            at += 1
    return end


@cython.locals(
    text=cython.p_uchar, masked=cython.p_uchar, place=cython.p_longlong, ends=cython.p_longlong,
    at=cython.Py_ssize_t, end=cython.Py_ssize_t, row=cython.Py_ssize_t, column=cython.Py_ssize_t,
    width=cython.Py_ssize_t, where=cython.Py_ssize_t, most=cython.Py_ssize_t, size=cython.Py_ssize_t,
)  # fmt: skip
def rows_of_binary(data: bytes, start: int, hidden: bytes) -> Rows:
    """Find the values of the whole tuples from `start` on, up to the trailer."""
    at, end, width = start, len(data), len(hidden)
    most = (end - at) // (2 + 4 * width)
    found = Rows(data, start, most, hidden.count(1))
    text, masked, place, ends = data, hidden, _longs(found.places), _longs(found.ends)
    for row in range(most):
        size = text[at] << 8 | text[at + 1] if end - at >= 2 else 0xFFFF
        if size == 0xFFFF:
            found.count = row
            return found
        if size != width:
            raise ValueError(_WIDTH)
        at += 2
        where = 3 * row
        for column in range(width):
            if end - at < 4:
                found.count = row
                return found
            size = _int32(text, at)
            at += 4
            if size < -1:
                raise ValueError("a binary COPY has a value of an impossible length")
            if size > end - at:
                found.count = row
                return found
            if masked[column]:
                place[where], place[where + 1] = at, size
                where += 3 * most
            if size > 0:
                at += size
        ends[row] = at
    found.count = most
    return found


# ---- values


@cython.locals(
    text=cython.p_uchar, place=cython.p_longlong, span=cython.p_longlong, marker=cython.p_uchar,
    letter=cython.p_uchar, row=cython.Py_ssize_t, column=cython.Py_ssize_t, where=cython.Py_ssize_t,
    at=cython.Py_ssize_t, cell=cython.Py_ssize_t, size=cython.Py_ssize_t, i=cython.Py_ssize_t, stop=cython.Py_ssize_t,
    length=cython.Py_ssize_t, same=cython.bint, telling=cython.bint, hides=cython.uint, quotes=cython.uint,
    base=cython.Py_ssize_t, c=cython.uint, rows=cython.Py_ssize_t, stride=cython.Py_ssize_t, plain=cython.bint,
)  # fmt: skip
def values_of(
    found: Rows, columns: int, null: bytes, tells_null: bool, escape: int, quote: int, letters: bytes
) -> tuple[bytes, array[int]]:
    """Return data and the spans of the cells' values in them: the same data, with what had to be unescaped behind them.

    Behind an escape stands a letter, and `letters` says of what; with quotes (not -1), only of itself or of them.
    """
    rows, stride, plain = found.count, found.stride, quote < 0
    spans = zeros(2 * rows * columns)
    text, place, span, marker, letter = found.data, _longs(found.places), _longs(spans), null, letters
    length, telling, hides, quotes, base = len(null), tells_null, escape, 0 if quote < 0 else quote, len(found.data)
    more = bytearray()
    for column in range(columns):
        for row in range(rows):
            where, at = 3 * (column * stride + row), 2 * (column * rows + row)
            cell, size = place[where], place[where + 1]
            same = telling and size == length
            i = 0
            while same and i < size:
                same = text[cell + i] == marker[i]
                i += 1
            if same:
                span[at], span[at + 1] = cell, -1
                continue
            if place[where + 2] and not plain:
                cell, size = cell + 1, size - 2
            if place[where + 2] != 2:
                span[at], span[at + 1] = cell, size
                continue
            span[at] = base + len(more)
            i, stop = cell, cell + size
            while i < stop:
                c = text[i]
                if c == hides and i + 1 < stop and (plain or text[i + 1] == quotes or text[i + 1] == hides):
                    i += 1
                    c = letter[text[i]]
                more.append(c)
                i += 1
            span[at + 1] = base + len(more) - span[at]
    return found.data + bytes(more) if more else found.data, spans


# ---- writing rows


@cython.cfunc
@cython.locals(
    new=cython.p_uchar, one=cython.uchar, other=cython.uchar, c=cython.uchar, bad=cython.uchar, i=cython.Py_ssize_t,
    end=cython.Py_ssize_t,
)  # fmt: skip
def _special(fresh: bytearray, letters: bytes) -> cython.bint:
    """Return whether any byte may be one of those with a letter; any control character counts as such."""
    marks = [at for at in range(32, 256) if letters[at]]
    if not 1 <= len(marks) <= 2:
        return True
    one, other, bad, new, end = marks[0], marks[len(marks) - 1], 0, fresh, len(fresh)
    for i in range(end):
        c = new[i]
        bad |= (c < 32) | (c == one) | (c == other)
    return bad != 0


@cython.locals(
    text=cython.p_uchar, new=cython.p_uchar, out=cython.p_uchar, place=cython.p_longlong, made=cython.p_longlong,
    ends=cython.p_longlong, marker=cython.p_uchar, letter=cython.p_uchar, row=cython.Py_ssize_t,
    column=cython.Py_ssize_t, where=cython.Py_ssize_t, at=cython.Py_ssize_t, pos=cython.Py_ssize_t,
    cut=cython.Py_ssize_t, length=cython.Py_ssize_t, head=cython.Py_ssize_t, hides=cython.uint, quotes=cython.uint,
    rows=cython.Py_ssize_t, stride=cython.Py_ssize_t, width=cython.Py_ssize_t, forced=cython.bint, plain=cython.bint,
    size=cython.Py_ssize_t, i=cython.Py_ssize_t, quick=cython.bint, gap=cython.Py_ssize_t,
)  # fmt: skip
def write_rows(
    found: Rows,
    columns: int,
    fresh: bytearray,
    spans: array[int],
    null: bytes,
    escape: int,
    quote: int,
    letters: bytes,
    force: bool,
) -> bytes:
    """Return the rows, each in a frame, with new values in the places of the hidden ones.

    `letters` says what stands behind the escape for a byte, 0 where it needs none; with quotes (not -1), which bytes
    need them. Every span lies in `fresh`, or is NULL.
    """
    rows, stride, width, forced, plain = found.count, found.stride, columns, force, quote < 0
    length, hides, quotes = len(null), escape, 0 if quote < 0 else quote
    text, marker, letter = found.data, null, letters
    place, made, ends = _longs(found.places), _longs(spans), _longs(found.ends)
    new, quick = fresh, not _special(fresh, letters)
    gap = found.gap
    size = ends[rows - 1] - found.start - gap * (rows - 1) + 5 * rows if rows else 0
    for column in range(width):
        for row in range(rows):
            at = 2 * (column * rows + row) + 1
            if plain and quick:
                size += (made[at] if made[at] >= 0 else length) - place[3 * (column * stride + row) + 1]
            else:
                size += 2 + length + (2 * made[at] if made[at] > 0 else 0)
    if size > MAX_WRITTEN:
        raise ValueError("masked rows are too long for the protocol")
    written = PyBytes_FromStringAndSize(cython.NULL, size) if cython.compiled else bytearray(size)
    out, pos, cut = written, 0, found.start
    for row in range(rows):
        head = pos
        pos += 5
        for column in range(width):
            where, at = 3 * (column * stride + row), 2 * (column * rows + row)
            pos = _copied(out, pos, text, cut, place[where])
            cut = place[where] + place[where + 1]
            if made[at + 1] < 0:
                pos = _copied(out, pos, marker, 0, length)
            elif plain and quick:
                pos = _copied(out, pos, new, made[at], made[at] + made[at + 1])
            elif plain:
                pos = _escaped(out, pos, new, made[at], made[at + 1], hides, letter)
            else:
                pos = _in_quotes(
                    out, pos, new, made[at], made[at + 1], hides, quotes, letter, forced, marker, length, quick
                )
        pos = _copied(out, pos, text, cut, ends[row])
        cut = ends[row] + gap
        _frame(out, head, pos)
    return written if cython.compiled and pos == size else bytes(written[:pos])  # type: ignore[return-value]


@cython.locals(
    text=cython.p_uchar, new=cython.p_uchar, out=cython.p_uchar, place=cython.p_longlong, made=cython.p_longlong,
    ends=cython.p_longlong, row=cython.Py_ssize_t, column=cython.Py_ssize_t, where=cython.Py_ssize_t,
    at=cython.Py_ssize_t, pos=cython.Py_ssize_t, cut=cython.Py_ssize_t, head=cython.Py_ssize_t, size=cython.Py_ssize_t,
    i=cython.Py_ssize_t, rows=cython.Py_ssize_t, stride=cython.Py_ssize_t, width=cython.Py_ssize_t,
)  # fmt: skip
def write_tuples(found: Rows, columns: int, fresh: bytearray, spans: array[int]) -> bytes:
    """Return the tuples of a binary COPY, each in a frame, with new values in the places of the hidden ones."""
    rows, stride, width = found.count, found.stride, columns
    text, place, made, ends = found.data, _longs(found.places), _longs(spans), _longs(found.ends)
    size = ends[rows - 1] - found.start + 5 * rows if rows else 0
    for column in range(width):
        for row in range(rows):
            at, where = 2 * (column * rows + row) + 1, 3 * (column * stride + row) + 1
            size += (made[at] if made[at] > 0 else 0) - (place[where] if place[where] > 0 else 0)
    if size > MAX_WRITTEN:
        raise ValueError("masked rows are too long for the protocol")
    written = PyBytes_FromStringAndSize(cython.NULL, size) if cython.compiled else bytearray(size)
    out, new, pos, cut = written, fresh, 0, found.start
    for row in range(rows):
        head = pos
        pos += 5
        for column in range(width):
            where, at = 3 * (column * stride + row), 2 * (column * rows + row)
            pos = _copied(out, pos, text, cut, place[where])
            _put32(out, pos - 4, made[at + 1])
            cut = place[where] + (place[where + 1] if place[where + 1] > 0 else 0)
            pos = _copied(out, pos, new, made[at], made[at] + made[at + 1])
        pos = _copied(out, pos, text, cut, ends[row])
        cut = ends[row]
        _frame(out, head, pos)
    return written if cython.compiled else bytes(written)  # type: ignore[return-value]  # in C it is bytes


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(
    out=cython.p_uchar, pos=cython.Py_ssize_t, text=cython.p_uchar, start=cython.Py_ssize_t, stop=cython.Py_ssize_t,
)  # fmt: skip
def _copied(out, pos, text, start, stop) -> cython.Py_ssize_t:
    if stop <= start:
        return pos
    if cython.compiled:
        memcpy(out + pos, text + start, stop - start)
    else:
        out[pos : pos + stop - start] = text[start:stop]
    return pos + stop - start


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(
    out=cython.p_uchar, pos=cython.Py_ssize_t, new=cython.p_uchar, start=cython.Py_ssize_t, size=cython.Py_ssize_t,
    hides=cython.uint, letter=cython.p_uchar, i=cython.Py_ssize_t, c=cython.uint,
)  # fmt: skip
def _escaped(out, pos, new, start, size, hides, letter) -> cython.Py_ssize_t:
    for i in range(start, start + size):
        c = new[i]
        if letter[c]:
            out[pos] = hides
            pos += 1
            c = letter[c]
        out[pos] = c
        pos += 1
    return pos


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(
    out=cython.p_uchar, pos=cython.Py_ssize_t, new=cython.p_uchar, start=cython.Py_ssize_t, size=cython.Py_ssize_t,
    hides=cython.uint, quotes=cython.uint, letter=cython.p_uchar, forced=cython.bint, marker=cython.p_uchar,
    length=cython.Py_ssize_t, quick=cython.bint, needed=cython.bint, same=cython.bint, i=cython.Py_ssize_t,
    c=cython.uint,
)  # fmt: skip
def _in_quotes(out, pos, new, start, size, hides, quotes, letter, forced, marker, length, quick) -> cython.Py_ssize_t:
    """Write a cell of CSV, in quotes only where it needs them: whether the true value was quoted must not show."""
    same = size == length
    needed = forced or (size == 2 and new[start] == _BACKSLASH and new[start + 1] == 46)
    for i in range(0 if quick and not same else size):
        c = new[start + i]
        needed = needed or letter[c]
        same = same and c == marker[i]
    if not (needed or same):
        return _copied(out, pos, new, start, start + size)
    out[pos] = quotes
    pos += 1
    for i in range(start, start + size):
        c = new[i]
        if c in (quotes, hides):
            out[pos] = hides
            pos += 1
        out[pos] = c
        pos += 1
    out[pos] = quotes
    return pos + 1


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(out=cython.p_uchar, pos=cython.Py_ssize_t, number=cython.longlong)
def _put32(out, pos, number) -> cython.void:
    out[pos] = (number >> 24) & 0xFF
    out[pos + 1] = (number >> 16) & 0xFF
    out[pos + 2] = (number >> 8) & 0xFF
    out[pos + 3] = number & 0xFF


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(out=cython.p_uchar, head=cython.Py_ssize_t, pos=cython.Py_ssize_t)
def _frame(out, head, pos) -> cython.void:
    out[head] = 0x64
    _put32(out, head + 1, pos - head - 1)
