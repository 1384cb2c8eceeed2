# cython: language_level=3, wraparound=False, boundscheck=False, cdivision=True
# mypy: disable-error-code="untyped-decorator, no-any-return, no-untyped-def, no-untyped-call"
"""Policy, display masks for runs of cells: telephone numbers, dates, amounts, networks.

In comes a run of cells, out go their masks, one behind the other; each is what `masks_display` makes of the same cell,
which the tests hold it to. What is rare is left out, by its place in the run. Compiled where there is a compiler: no
object is made for a cell.
"""

from __future__ import annotations

from array import array

from proctor.policy.masks_keyed import Keyed

try:  # the compiler must see the words "import cython"; at run time Cython may be missing
    import cython  # type: ignore[import-untyped]  # Cython ships no types for it
except ModuleNotFoundError:
    from proctor.policy import _shim as cython

if cython.compiled:
    from cython.cimports.cpython import array as c_array  # type: ignore[import-untyped]
    from cython.cimports.libc.string import memcpy  # type: ignore[import-untyped]

_LONGEST = cython.declare(cython.Py_ssize_t, 64)
_LAST_DAY = cython.declare(cython.Py_ssize_t, 3_652_059)


def is_compiled() -> bool:
    """Return whether this is the compiled twin."""
    return bool(cython.compiled)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(
    number=cython.ulonglong, width=cython.Py_ssize_t, new=cython.p_uchar, end=cython.Py_ssize_t, i=cython.Py_ssize_t,
    rest=cython.ulonglong, size=cython.Py_ssize_t,
)  # fmt: skip
def _decimal(number, width, new, end) -> cython.Py_ssize_t:
    """Write a number with at least so many digits; return where it ends."""
    size, rest = 1, number
    while rest >= 10:
        rest = rest // 10
        size += 1
    size = max(width, size)
    for i in range(end + size - 1, end - 1, -1):
        new[i] = 48 + number % 10
        number = number // 10
    return end + size


@cython.cfunc
@cython.inline
@cython.exceptval(check=True)
def _longs(numbers: array[int]) -> cython.p_longlong:
    """Return where the numbers are, which costs less than a view of them."""
    if cython.compiled:
        return cython.cast(c_array.array, numbers, typecheck=True).data.as_longlongs
    return numbers


# ---- telephone numbers


def _kinds() -> bytes:
    """Return what each byte of a telephone number is: a digit's value, or what parts digits, or no part of one."""
    table = bytearray(b"\xff" * 256)
    table[48:58] = range(10)
    for c in b" ()+-./":
        table[c] = _PARTS
    return bytes(table)


_PARTS = 16
_KINDS = _kinds()
_HUNDRED = bytes(digit for pair in range(100) for digit in (pair % 10, pair // 10))


@cython.locals(
    text=cython.p_uchar, new=cython.p_uchar, digit=cython.p_uchar, place=cython.p_uchar, fiction=cython.p_uchar,
    kind=cython.p_uchar, hundred=cython.p_uchar, span=cython.p_longlong, cell=cython.p_longlong,
    number=cython.ulonglong[::1], i=cython.Py_ssize_t, n=cython.Py_ssize_t, at=cython.Py_ssize_t,
    size=cython.Py_ssize_t, end=cython.Py_ssize_t, count=cython.Py_ssize_t, narrow=cython.bint,
    space=cython.Py_ssize_t, j=cython.Py_ssize_t, head=cython.Py_ssize_t,
)  # fmt: skip
def phone(
    keyed: Keyed,
    raw: bytes,
    spans: array[int],
    out: bytearray,
    cells: array[int],
    patterns: bytes,
    codes: bytes,
    room: int | None,
) -> list[int]:
    """Put other digits into telephone numbers without extensions; return which were left out.

    `patterns` are ranges for fiction, each behind its size and its country's, closed by a 0; `codes` is a table of the
    country codes of one digit and of two.
    """
    numbers = keyed.lows(raw, spans)
    span, cell, number, text, new, n, end = _longs(spans), _longs(cells), numbers, raw, out, len(spans), 0
    narrow, space = room is not None, 0 if room is None else room
    scratch, places, kinds, hundreds = bytearray(_LONGEST), bytearray(_LONGEST), _KINDS, _HUNDRED
    digit, place, kind, fiction, code, hundred = scratch, places, kinds, patterns, codes, hundreds
    late: list[int] = []
    for i in range(0, n, 2):
        at, size = span[i], span[i + 1]
        if size < 0:
            continue
        count = _dialled(text, at, size, kind, digit, place) if size <= 32 else 0
        if count == 0 or count > 19 or (narrow and (size > space or text[at + size - 1] == 32)):
            late.append(i)
            continue
        head = _head(text, at, digit, count, code)
        _fill(digit, head, count, fiction, number[i // 2], hundred)
        cell[i], cell[i + 1] = end, size
        _copied(new, end, text, at, size)
        for j in range(head, count):
            new[end + place[j]] = 48 + digit[j]
        end += size
    return late


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(
    new=cython.p_uchar, end=cython.Py_ssize_t, text=cython.p_uchar, at=cython.Py_ssize_t, size=cython.Py_ssize_t
)
def _copied(new, end, text, at, size) -> cython.void:
    if cython.compiled:
        memcpy(new + end, text + at, size)
    else:
        new[end : end + size] = text[at : at + size]


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(
    text=cython.p_uchar, at=cython.Py_ssize_t, size=cython.Py_ssize_t, kind=cython.p_uchar, digit=cython.p_uchar,
    place=cython.p_uchar, i=cython.Py_ssize_t, count=cython.Py_ssize_t, k=cython.uint, seen=cython.uint,
)  # fmt: skip
def _dialled(text, at, size, kind, digit, place) -> cython.Py_ssize_t:
    """Read the digits and where they are; return how many, 0 where there is anything but digits and what parts them."""
    count, seen = 0, 0
    for i in range(size):
        k = kind[text[at + i]]
        seen |= k
        digit[count], place[count] = k, i
        count += k < 10
    return count if seen < 32 else 0


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(
    text=cython.p_uchar, at=cython.Py_ssize_t, digit=cython.p_uchar, count=cython.Py_ssize_t, code=cython.p_uchar,
    start=cython.Py_ssize_t,
)  # fmt: skip
def _head(text, at, digit, count, code) -> cython.Py_ssize_t:
    """Return how many digits say which country it is, those that dial abroad among them."""
    while text[at] == 32:
        at += 1
    if text[at] == 43:
        start = 0
    elif count > 9 and digit[0] == 0 and digit[1] == 0:
        start = 2
    else:
        return 1 if count == 11 and digit[0] == 1 else 0
    if code[digit[start]]:
        return start + 1
    if count - start >= 2 and digit[start] and code[digit[start] * 10 + digit[start + 1]]:
        return start + 2
    return min(start + 3, count)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(
    digit=cython.p_uchar, head=cython.Py_ssize_t, count=cython.Py_ssize_t, fiction=cython.p_uchar,
    number=cython.ulonglong, start=cython.Py_ssize_t, size=cython.Py_ssize_t, at=cython.Py_ssize_t,
    i=cython.Py_ssize_t, c=cython.uint, trunk=cython.uint, same=cython.bint, width=cython.Py_ssize_t,
    before=cython.uint, last=cython.uint, hundred=cython.p_uchar, few=cython.uint,
)  # fmt: skip
def _fill(digit, head, count, fiction, number, hundred) -> cython.void:
    """Replace the digits behind the country's by others, of a range for fiction where there is one.

    The digits are the number's, the last first; there is room for one more behind them.
    """
    if count == head:
        return
    trunk, before = digit[head], digit[head - 1] if head > 0 else 0
    start = 2 if head > 2 and digit[0] == 0 and digit[1] == 0 else 0
    size, width, at = count - head, head - start, 0
    for i in range(head, count, 2):
        few = number % 100
        number = number // 100
        digit[i], digit[i + 1] = hundred[2 * few], hundred[2 * few + 1]
    while fiction[at]:
        same = fiction[at] - 1 == size and fiction[at + 1] == width
        for i in range(width if same else 0):
            same = same and fiction[at + 2 + i] == digit[start + i] + 48
        if same and not (width == 0 and trunk == 0):
            at += 2 + width
            for i in range(size):
                c = fiction[at + i]
                if c == 64:  # an area code begins with 2 to 9
                    digit[head + i] = 2 + digit[head + i] % 8
                elif c != 35:
                    digit[head + i] = c - 48
            return
        at += 2 + fiction[at + 1] + fiction[at] - 1
    if head > 0:
        # Italy's own numbers begin with 0 behind her code, and none with 9; nobody else's begin with 0.
        last = digit[head - 2] if head > 1 else 0
        digit[head] = 9 if before == 9 and last == 3 else 0
    elif trunk != 0:
        digit[head] = 1 + digit[head] % 9
    else:
        digit[head] = 0


# ---- dates


@cython.locals(
    text=cython.p_uchar, new=cython.p_uchar, span=cython.longlong[::1], cell=cython.longlong[::1],
    number=cython.ulonglong[::1], place=cython.longlong[::1], day=cython.p_uchar, i=cython.Py_ssize_t,
    n=cython.Py_ssize_t, at=cython.Py_ssize_t, size=cython.Py_ssize_t, end=cython.Py_ssize_t, ordinal=cython.longlong,
    to=cython.longlong, days=cython.longlong, j=cython.Py_ssize_t, shift=cython.longlong,
)  # fmt: skip
def date(keyed: Keyed, raw: bytes, spans: array[int], out: bytearray, cells: array[int], most: int) -> list[int]:
    """Put another day, at most so many away, in the place of an ISO 8601 date; return which were left out."""
    ordinals = bytearray(4 * len(spans))
    places = array("q", bytes(8 * len(spans)))
    span, cell, place, text, new, day, n, shift = spans, cells, places, raw, out, ordinals, len(spans), most
    late: list[int] = []
    for i in range(0, n, 2):
        at, size = span[i], span[i + 1]
        place[i], place[i + 1] = 4 * i, -1
        if size < 0:
            continue
        ordinal = _ordinal(text, at) if size == 10 else 0
        if ordinal == 0:
            late.append(i)
            continue
        place[i + 1] = 8
        for j in range(8):
            day[4 * i + j] = (ordinal >> (8 * j)) & 0xFF
    numbers = keyed.numbers(bytes(ordinals), places)
    number, end = numbers, 0
    for i in range(0, n, 2):
        if place[i + 1] < 0:
            continue
        ordinal = 0
        for j in range(3, -1, -1):
            ordinal = ordinal << 8 | day[4 * i + j]
        days = 1 + number[i] % shift
        if not number[i + 1] & 1:
            days = -days
        to = ordinal + days
        if not 1 <= to <= _LAST_DAY:
            to = ordinal - days
        cell[i], cell[i + 1] = end, 10
        _write_day(new, end, to)
        end += 10
    return late


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(
    text=cython.p_uchar, at=cython.Py_ssize_t, i=cython.Py_ssize_t, year=cython.longlong, month=cython.longlong,
    day=cython.longlong, past=cython.longlong, length=cython.longlong,
)  # fmt: skip
def _ordinal(text, at) -> cython.longlong:
    """Return the day's number, the first of January of the year 1 being 1; 0 for what is no date."""
    if text[at + 4] != 45 or text[at + 7] != 45:
        return 0
    for i in range(10):
        if not 48 <= text[at + i] <= 57 and i not in (4, 7):
            return 0
    year = (text[at] - 48) * 1000 + (text[at + 1] - 48) * 100 + (text[at + 2] - 48) * 10 + text[at + 3] - 48
    month = (text[at + 5] - 48) * 10 + text[at + 6] - 48
    day = (text[at + 8] - 48) * 10 + text[at + 9] - 48
    if year < 1 or not 1 <= month <= 12 or day < 1:
        return 0
    length = 30 + ((month + month // 8) & 1)
    if month == 2:
        length = 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    if day > length:
        return 0
    # Years that begin in March have their leap day at the end.
    if month <= 2:
        year, month = year - 1, month + 12
    past = year * 365 + year // 4 - year // 100 + year // 400
    return past + (153 * (month - 3) + 2) // 5 + day - 306


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(
    new=cython.p_uchar, end=cython.Py_ssize_t, ordinal=cython.longlong, era=cython.longlong, days=cython.longlong,
    year=cython.longlong, month=cython.longlong, day=cython.longlong,
)  # fmt: skip
def _write_day(new, end, ordinal) -> cython.void:
    ordinal += 305
    era = ordinal // 146_097
    days = ordinal - era * 146_097
    year = (days - days // 1460 + days // 36_524 - days // 146_096) // 365
    days -= 365 * year + year // 4 - year // 100
    month = (5 * days + 2) // 153
    day = days - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    year += era * 400 + (1 if month <= 2 else 0)
    end = _decimal(year, 4, new, end)
    new[end] = 45
    end = _decimal(month, 2, new, end + 1)
    new[end] = 45
    _decimal(day, 2, new, end + 1)


# ---- amounts


@cython.locals(
    text=cython.p_uchar, new=cython.p_uchar, span=cython.longlong[::1], cell=cython.longlong[::1],
    number=cython.ulonglong[::1], i=cython.Py_ssize_t, n=cython.Py_ssize_t, at=cython.Py_ssize_t,
    size=cython.Py_ssize_t, end=cython.Py_ssize_t, units=cython.ulonglong, noise=cython.ulonglong,
    noisy=cython.ulonglong, scale=cython.Py_ssize_t, whole=cython.bint, narrow=cython.bint, space=cython.Py_ssize_t,
    start=cython.Py_ssize_t, limit=cython.ulonglong, step=cython.ulonglong,
)  # fmt: skip
def amount(
    keyed: Keyed, raw: bytes, spans: array[int], out: bytearray, cells: array[int], integral: bool, room: int | None
) -> list[int]:
    """Move amounts of plain digits by up to a tenth; return which were left out."""
    numbers = keyed.numbers(raw, spans)
    span, cell, number, text, new, n, end = spans, cells, numbers, raw, out, len(spans), 0
    whole, narrow, space = integral, room is not None, 0 if room is None else room
    late: list[int] = []
    for i in range(0, n, 2):
        at, size = span[i], span[i + 1]
        if size < 0:
            continue
        start = at + 1 if size > 1 and text[at] == 45 else at
        units, scale = _units(text, start, at + size)
        if scale < 0 or (whole and scale):
            late.append(i)
            continue
        step = units // 10
        noise = 1 + (number[i] % step if step else 0)
        noisy = units - noise if number[i + 1] & 1 and units > noise else units + noise
        if units == 0:
            noisy = 0
        if whole:
            limit = 32_767
            if units > limit:
                limit = 2_147_483_647  # an eight-byte integer of 18 digits has room for more
            if units <= limit and noisy > limit:
                noisy = units - noise
        cell[i] = end
        if start > at:
            new[end] = 45
            end += 1
        end = _scaled(noisy, scale, new, end)
        cell[i + 1] = end - cell[i]
        if narrow and cell[i + 1] > space:
            end = cell[i]
            late.append(i)
    return late


@cython.cfunc
@cython.exceptval(check=False)
@cython.returns((cython.ulonglong, cython.Py_ssize_t))
@cython.locals(
    text=cython.p_uchar, at=cython.Py_ssize_t, stop=cython.Py_ssize_t, i=cython.Py_ssize_t, units=cython.ulonglong,
    point=cython.Py_ssize_t, c=cython.uint,
)  # fmt: skip
def _units(text, at, stop):
    """Return an amount in its smallest units, and how many digits there are behind the point, -1 for no amount."""
    if stop - at > 18:
        return 0, -1
    units, point = 0, -1
    for i in range(at, stop):
        c = text[i]
        if 48 <= c <= 57:
            units = units * 10 + (c - 48)
        elif c == 46 and point < 0 and i > at:
            point = i
        else:
            return 0, -1
    if at == stop or point == stop - 1:
        return 0, -1
    return units, 0 if point < 0 else stop - 1 - point


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(
    number=cython.ulonglong, scale=cython.Py_ssize_t, new=cython.p_uchar, end=cython.Py_ssize_t, stop=cython.Py_ssize_t,
    i=cython.Py_ssize_t,
)  # fmt: skip
def _scaled(number, scale, new, end) -> cython.Py_ssize_t:
    stop = _decimal(number, scale + 1, new, end)
    if scale == 0:
        return stop
    for i in range(stop, stop - scale, -1):
        new[i] = new[i - 1]
    new[stop - scale] = 46
    return stop + 1


# ---- networks


@cython.locals(
    text=cython.p_uchar, new=cython.p_uchar, span=cython.longlong[::1], cell=cython.longlong[::1],
    number=cython.ulonglong[::1], i=cython.Py_ssize_t, n=cython.Py_ssize_t, at=cython.Py_ssize_t,
    size=cython.Py_ssize_t, end=cython.Py_ssize_t, bits=cython.ulonglong, j=cython.Py_ssize_t, points=cython.Py_ssize_t,
    c=cython.uint,
)  # fmt: skip
def network(keyed: Keyed, raw: bytes, spans: array[int], out: bytearray, cells: array[int]) -> list[int]:
    """Put addresses of RFC 2544 in the place of those of version 4; return which were left out."""
    numbers = keyed.numbers(raw, spans)
    span, cell, number, text, new, n, end = spans, cells, numbers, raw, out, len(spans), 0
    late: list[int] = []
    for i in range(0, n, 2):
        at, size = span[i], span[i + 1]
        if size < 0:
            continue
        points = 0
        for j in range(at, at + size):
            c = text[j]
            if c == 46:
                points += 1
            elif not 48 <= c <= 57:
                points = 9
        if points != 3 or size == 3 or size > _LONGEST:
            late.append(i)
            continue
        bits = 198 << 24 | 18 << 16 | number[i] & 0x1FFFF
        cell[i] = end
        for j in range(24, -1, -8):
            end = _decimal((bits >> j) & 0xFF, 1, new, end)
            if j:
                new[end] = 46
                end += 1
        cell[i + 1] = end - cell[i]
    return late
