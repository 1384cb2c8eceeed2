# cython: language_level=3, wraparound=False, boundscheck=False, cdivision=True
# mypy: disable-error-code="untyped-decorator, no-any-return, no-untyped-def, no-untyped-call"
"""Policy, key masks for runs of cells: identifiers of a shape, cards.

In comes a run of cells, out go their masks, one behind the other; each is what `masks_numbers` makes
of the same cell, which the tests hold it to. What is rare is left out, by its place in the run. Compiled where there
is a compiler: no object is made for a cell.
"""

from __future__ import annotations

from array import array

from proctor.policy.masks_keyed import Keyed

try:  # the compiler must see the words "import cython"; at run time Cython may be missing
    import cython  # type: ignore[import-untyped]  # Cython ships no types for it
except ModuleNotFoundError:
    from proctor.policy import _shim as cython

_LONGEST = cython.declare(cython.Py_ssize_t, 64)
_RANGE = cython.declare(cython.ulonglong, 1 << 40)
_DOUBLED = bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9))


def is_compiled() -> bool:
    """Return whether this is the compiled twin."""
    return bool(cython.compiled)


# ---- identifiers


@cython.locals(
    text=cython.p_uchar, new=cython.p_uchar, kept=cython.p_uchar, tag=cython.p_uchar, span=cython.longlong[::1],
    cell=cython.longlong[::1], half=cython.ulonglong[::1], known=cython.ulonglong[::1], narrow=cython.bint,
    i=cython.Py_ssize_t, n=cython.Py_ssize_t, at=cython.Py_ssize_t, size=cython.Py_ssize_t, end=cython.Py_ssize_t,
    h=cython.Py_ssize_t, space=cython.Py_ssize_t, t=cython.Py_ssize_t, tagged=cython.bint, marked=cython.bint,
    longest=cython.Py_ssize_t, count=cython.Py_ssize_t,
)  # fmt: skip
def shape(
    keyed: Keyed,
    raw: bytes,
    spans: array[int],
    out: bytearray,
    cells: array[int],
    separators: bytes,
    shapes: array[int],
    tags: bytes,
    mark: bytes,
    most: int,
    room: int | None,
) -> list[int]:
    """Permute letters and digits within their shape as `masks_numbers.permute_shape` does; return which were left out.

    `separators` is a table of what is shown. A shape among `shapes` has one of the tags for its first digit, any other
    the mark before it where there is room for it.
    """
    n = len(spans)
    halves = array("Q", bytes(5 * 8 * (n // 2)))
    span, cell, half, known, text, new, kept = spans, cells, halves, shapes, raw, out, separators
    tag, narrow, space, marked, longest = tags, room is not None, 0 if room is None else room, len(mark) > 0, most
    late: list[int] = []
    for i in range(0, n, 2):
        at, size, h = span[i], span[i + 1], i // 2 * 5
        cell[i], cell[i + 1] = 0, -1
        if size < 0:
            continue
        count = _parted(text, at, size, kept, half, h) if size < _LONGEST else 0
        if count == 0 or count > longest or (narrow and (size > space or text[at + size - 1] == 32)):
            half[h + 2] = 0
            late.append(i)
    keyed.permute_all(halves)
    end = 0
    for i in range(0, n, 2):
        at, size, h = span[i], span[i + 1], i // 2 * 5
        if size < 0 or half[h + 2] == 0:
            continue
        tagged = False
        for t in range(len(shapes)):
            if known[t] == half[h + 4]:
                tagged = True
        cell[i] = end
        if marked and not tagged and (not narrow or size < space):
            new[end] = mark[0]
            end += 1
        _put_together(text, at, size, kept, half, h, new, end)
        if tagged:
            for t in range(end, end + size):
                if 48 <= new[t] <= 57:
                    new[t] = tag[new[t] - 48]
                    break
        end += size
        cell[i + 1] = end - cell[i]
    return late


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(
    text=cython.p_uchar, at=cython.Py_ssize_t, size=cython.Py_ssize_t, kept=cython.p_uchar, half=cython.ulonglong[::1],
    h=cython.Py_ssize_t, i=cython.Py_ssize_t, count=cython.Py_ssize_t, seen=cython.Py_ssize_t, c=cython.uint,
    number=cython.ulonglong, high=cython.ulonglong, scope=cython.ulonglong, word=cython.ulonglong, radix=cython.uint,
    base=cython.uint,
)  # fmt: skip
def _parted(text, at, size, kept, half, h) -> cython.Py_ssize_t:
    """Read the letters and digits as two numbers of two ranges; return how many, 0 for what is not for here."""
    count = 0
    for i in range(at, at + size):
        if not kept[text[i]]:
            count += 1
    if count == 0 or count > 34:
        return 0
    seen, number, scope, word = 0, 0, 1, 1
    half[h] = half[h + 2] = 0
    high = 0
    for i in range(at, at + size):
        c = text[i]
        if kept[c]:
            continue
        if seen == count // 2:
            half[h], high = number, scope
            number, scope = 0, 1
        if 48 <= c <= 57:
            radix, base = 10, 48
            word = word * 3
        elif 65 <= c <= 90:
            radix, base = 26, 65
            word = word * 3 + 1
        elif 97 <= c <= 122:
            radix, base = 26, 97
            word = word * 3 + 2
        else:
            return 0
        number = number * radix + (c - base)
        scope = scope * radix
        if scope > _RANGE:
            return 0
        seen += 1
    half[h + 1], half[h + 2], half[h + 3], half[h + 4] = number, high, scope, word
    return count


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(
    text=cython.p_uchar, at=cython.Py_ssize_t, size=cython.Py_ssize_t, kept=cython.p_uchar, half=cython.ulonglong[::1],
    h=cython.Py_ssize_t, new=cython.p_uchar, end=cython.Py_ssize_t, i=cython.Py_ssize_t, c=cython.uint,
    left=cython.ulonglong, right=cython.ulonglong, scope=cython.ulonglong, low=cython.ulonglong,
    rest=cython.ulonglong, radix=cython.uint, base=cython.uint,
)  # fmt: skip
def _put_together(text, at, size, kept, half, h, new, end) -> cython.void:
    """Write the two numbers as letters and digits in the places of those that were read."""
    left, right, low, scope = half[h], half[h + 1], half[h + 3], 1
    for i in range(size - 1, -1, -1):
        c = text[at + i]
        if kept[c]:
            new[end + i] = c
            continue
        if c <= 57:
            radix, base = 10, 48
        else:
            radix, base = 26, 65 if c <= 90 else 97
        if scope < low:
            rest = right % radix
            right = right // radix
            scope = scope * radix
        else:
            rest = left % radix
            left = left // radix
        new[end + i] = (base + rest) & 0xFF


# ---- cards


@cython.locals(
    text=cython.p_uchar, new=cython.p_uchar, issued=cython.p_uchar, unissued=cython.p_uchar, digit=cython.p_uchar,
    span=cython.longlong[::1], cell=cython.longlong[::1], half=cython.ulonglong[::1], narrow=cython.bint,
    i=cython.Py_ssize_t, n=cython.Py_ssize_t, at=cython.Py_ssize_t, size=cython.Py_ssize_t, end=cython.Py_ssize_t,
    h=cython.Py_ssize_t, space=cython.Py_ssize_t, count=cython.Py_ssize_t, index=cython.Py_ssize_t,
    first=cython.Py_ssize_t, offset=cython.uint, split=cython.Py_ssize_t, j=cython.Py_ssize_t, high=cython.ulonglong,
    left=cython.ulonglong, right=cython.ulonglong, low=cython.ulonglong, doubled=cython.p_uchar,
)  # fmt: skip
def card(
    keyed: Keyed,
    raw: bytes,
    spans: array[int],
    out: bytearray,
    cells: array[int],
    prefixes: bytes,
    targets: bytes,
    split_at: int,
    room: int | None,
) -> list[int]:
    """Permute cards as `masks_numbers.mask_card` does; return which were left out.

    `prefixes` has the place of each issued prefix, 255 for those of no network; `targets` what stands in that place.
    """
    n = len(spans)
    halves = array("Q", bytes(5 * 8 * (n // 2)))
    span, cell, half, text, new, issued, unissued = spans, cells, halves, raw, out, prefixes, targets
    narrow, space, split = room is not None, 0 if room is None else room, split_at
    digits = bytearray(_LONGEST)
    digit = digits
    table = _DOUBLED
    doubled = table
    late: list[int] = []
    for i in range(0, n, 2):
        at, size, h = span[i], span[i + 1], i // 2 * 5
        cell[i], cell[i + 1] = 0, -1
        if size < 0:
            continue
        count = _digits(text, at, size, digit) if size <= 38 else 0
        index = 255
        if 12 <= count <= 19:
            index = issued[digit[0] * 10 + digit[1]]
        if index == 255 or (narrow and (size > space or text[at + size - 1] == 32)):
            late.append(i)
            continue
        offset = (digit[count - 1] + 10 - _luhn(digit, count - 1, doubled)) % 10
        first = 0 if index < split else split
        high, low, left, right = 1, 1, index - first, 0
        for j in range(2, count - 1):
            if j - 2 < (count - 3) // 2:
                left = left * 10 + digit[j]
                high = high * 10
            else:
                right = right * 10 + digit[j]
                low = low * 10
        half[h], half[h + 1], half[h + 3] = left, right, low
        half[h + 2] = high * (split if first == 0 else len(targets) - split)
        half[h + 4] = (count << 6 | first) << 4 | offset
    keyed.permute_all(halves)
    end = 0
    for i in range(0, n, 2):
        at, size, h = span[i], span[i + 1], i // 2 * 5
        if size < 0 or half[h + 2] == 0:
            continue
        left, right = half[h], half[h + 1]
        offset = half[h + 4] & 15
        first = (half[h + 4] >> 4) & 63
        count = half[h + 4] >> 10
        for j in range(count - 2, 1, -1):
            if j - 2 >= (count - 3) // 2:
                digit[j] = right % 10
                right = right // 10
            else:
                digit[j] = left % 10
                left = left // 10
        index = unissued[first + left]
        digit[0], digit[1] = index // 10, index % 10
        digit[count - 1] = (_luhn(digit, count - 1, doubled) + offset) % 10
        cell[i], cell[i + 1] = end, size
        index = 0
        for j in range(at, at + size):
            if 48 <= text[j] <= 57:
                new[end] = 48 + digit[index]
                index += 1
            else:
                new[end] = text[j]
            end += 1
    return late


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(
    text=cython.p_uchar, at=cython.Py_ssize_t, size=cython.Py_ssize_t, digit=cython.p_uchar, i=cython.Py_ssize_t,
    count=cython.Py_ssize_t, c=cython.uint,
)  # fmt: skip
def _digits(text, at, size, digit) -> cython.Py_ssize_t:
    """Read the digits between blanks and dashes; return how many there are, 0 where there is anything else."""
    count = 0
    for i in range(at, at + size):
        c = text[i]
        if 48 <= c <= 57:
            digit[count] = c - 48
            count += 1
        elif c not in (32, 45):
            return 0
    return count


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(
    digit=cython.p_uchar, size=cython.Py_ssize_t, doubled=cython.p_uchar, i=cython.Py_ssize_t, total=cython.uint
)
def _luhn(digit, size, doubled) -> cython.uint:
    total = 0
    for i in range(size):
        total += digit[i] if (size - i) % 2 == 0 else doubled[digit[i]]
    return (10 - total % 10) % 10
