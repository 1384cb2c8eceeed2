# cython: language_level=3, wraparound=False, boundscheck=False, cdivision=True
# mypy: disable-error-code="untyped-decorator, no-any-return, no-untyped-def, no-untyped-call"
"""Policy, display masks for runs of cells: names, towns, addresses, digests.

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

ROOMY = 64  # columns narrower than that are for the masks of one cell
FORMS = {"given": 1, "family": 2, "both": 3, "town": 4, "street": 5, "address": 6}
_GIVEN = cython.declare(cython.Py_ssize_t, 1)
_FAMILY = cython.declare(cython.Py_ssize_t, 2)
_BOTH = cython.declare(cython.Py_ssize_t, 3)
_TOWN = cython.declare(cython.Py_ssize_t, 4)
_ADDRESS = cython.declare(cython.Py_ssize_t, 6)
_LONGEST = cython.declare(cython.Py_ssize_t, 64)
_UPPER = cython.declare(cython.uint, 1)
_LOWER = cython.declare(cython.uint, 2)
_MIXED = cython.declare(cython.uint, 3)
_LITTLE = cython.declare(cython.uint, 1)
_GREAT = cython.declare(cython.uint, 2)
_DIGIT = cython.declare(cython.uint, 3)
_BLANK = cython.declare(cython.uint, 4)
_COMMA = cython.declare(cython.uint, 5)
_STOP = cython.declare(cython.uint, 6)


def _kinds() -> bytes:
    """Return what each byte is in a text: letters, digits, blanks, commas, and what stops a run from taking it."""
    table = bytearray(256)
    for c in range(32):
        table[c] = _STOP  # some of these are blanks to Python, and some end lines
    for c in range(26):
        table[97 + c], table[65 + c] = _LITTLE, _GREAT
    for c in range(10):
        table[48 + c] = _DIGIT
    table[32], table[44] = _BLANK, _COMMA
    for c in (0xC2, 0xE1, 0xE2, 0xE3):  # blanks beyond ASCII begin with these
        table[c] = _STOP
    return bytes(table)


_KINDS = _kinds()


def is_compiled() -> bool:
    """Return whether this is the compiled twin."""
    return bool(cython.compiled)


class Words:
    """A list of words, the way that compiled code reads it: all of them in one, and where each begins."""

    __slots__ = ("begins", "joined")

    def __init__(self, words: tuple[bytes, ...]) -> None:
        self.joined = b"".join(words)
        self.begins = array("q", [sum(map(len, words[:i])) for i in range(len(words) + 1)])


# ---- words


@cython.locals(
    text=cython.p_uchar, kind=cython.p_uchar, new=cython.p_uchar, one=cython.p_uchar, two=cython.p_uchar,
    span=cython.longlong[::1], cell=cython.longlong[::1], number=cython.ulonglong[::1], ones=cython.longlong[::1],
    twos=cython.longlong[::1], i=cython.Py_ssize_t, n=cython.Py_ssize_t, at=cython.Py_ssize_t, size=cython.Py_ssize_t,
    end=cython.Py_ssize_t, what=cython.Py_ssize_t, case=cython.uint, words=cython.uint, comma=cython.uint,
    narrow=cython.bint, low=cython.ulonglong, high=cython.ulonglong,
)  # fmt: skip
def words_of(
    keyed: Keyed,
    raw: bytes,
    spans: array[int],
    out: bytearray,
    cells: array[int],
    form: int,
    first: Words,
    second: Words,
    padded: bool,
) -> list[int]:
    """Put words of two lists in the place of names, towns, streets or addresses; return which were left out."""
    numbers = keyed.numbers(raw, spans)
    span, cell, number, text, new, n, end, what = spans, cells, numbers, raw, out, len(spans), 0, form
    ones, twos, first_words, second_words, kinds, narrow = (
        first.begins, second.begins, first.joined, second.joined, _KINDS, padded,
    )  # fmt: skip
    one, two, kind = first_words, second_words, kinds
    late: list[int] = []
    for i in range(0, n, 2):
        at, size, low, high = span[i], span[i + 1], number[i], number[i + 1]
        if size < 0:
            continue
        case, words, comma = _seen(text, at, size, kind)
        if case == 0 or words == 0 or (narrow and text[at + size - 1] == 32):
            late.append(i)
            continue
        cell[i] = end
        if what in (_GIVEN, _TOWN) or (what == _BOTH and words == 1):
            end = _word(one, ones, low, new, end)
        elif what == _FAMILY:
            end = _word(two, twos, high, new, end)
        elif what == _BOTH and comma:
            end = _word(two, twos, high, new, end)
            new[end], new[end + 1] = 44, 32
            end = _word(one, ones, low, new, end + 2)
        elif what == _BOTH:
            end = _word(one, ones, low, new, end)
            new[end] = 32
            end = _word(two, twos, high, new, end + 1)
        else:
            end = _decimal(1 + low % 980, 1, new, end)
            new[end] = 32
            end = _word(one, ones, low // 980, new, end + 1)
            if what == _ADDRESS and comma:
                new[end], new[end + 1] = 44, 32
                end = _word(two, twos, high // 100_000, new, end + 2)
                new[end] = 32
                end = _decimal(high % 100_000, 5, new, end + 1)
        cell[i + 1] = end - cell[i]
        if case != _MIXED:
            _recase(new, cell[i], end, case)
    return late


@cython.cfunc
@cython.exceptval(check=False)
@cython.returns((cython.uint, cython.uint, cython.uint))
@cython.locals(
    text=cython.p_uchar, at=cython.Py_ssize_t, size=cython.Py_ssize_t, kind=cython.p_uchar, i=cython.Py_ssize_t,
    k=cython.uint, little=cython.bint, great=cython.bint, digit=cython.bint, other=cython.bint, inside=cython.bint,
    words=cython.uint, comma=cython.uint,
)  # fmt: skip
def _seen(text, at, size, kind):
    """Return the case of a text (0 where that is not for here to say), how many words it has, and whether a comma."""
    if size > _LONGEST:
        return 0, 0, 0
    little = great = digit = other = inside = False
    words, comma = 0, 0
    for i in range(at, at + size):
        k = kind[text[i]]
        if k == _STOP:
            return 0, 0, 0
        if k in (_BLANK, _COMMA):
            inside = False
            comma |= k == _COMMA
            continue
        if not inside:
            words += 1
            inside = True
        if k == _LITTLE:
            little = True
        elif k == _GREAT:
            great = True
        elif k == _DIGIT:
            digit = True
        elif text[i] >= 128:
            other = True
    if not (little or great or digit) or (other and not (little and great)):
        return 0, 0, 0
    return (_MIXED if little == great else _UPPER if great else _LOWER), words, comma


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(
    words=cython.p_uchar, begins=cython.longlong[::1], number=cython.ulonglong, new=cython.p_uchar,
    end=cython.Py_ssize_t, at=cython.Py_ssize_t, i=cython.Py_ssize_t,
)  # fmt: skip
def _word(words, begins, number, new, end) -> cython.Py_ssize_t:
    at = number % (len(begins) - 1)
    for i in range(begins[at], begins[at + 1]):
        new[end] = words[i]
        end += 1
    return end


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
@cython.exceptval(check=False)
@cython.locals(
    new=cython.p_uchar, start=cython.Py_ssize_t, end=cython.Py_ssize_t, case=cython.uint, i=cython.Py_ssize_t
)
def _recase(new, start, end, case) -> cython.void:
    for i in range(start, end):
        if case == _UPPER and 97 <= new[i] <= 122:
            new[i] -= 32
        elif case == _LOWER and 65 <= new[i] <= 90:
            new[i] += 32


# ---- digests


@cython.locals(
    text=cython.p_uchar, new=cython.p_uchar, letter=cython.p_uchar, narrow=cython.bint, span=cython.longlong[::1],
    cell=cython.longlong[::1], number=cython.ulonglong[::1], i=cython.Py_ssize_t, n=cython.Py_ssize_t,
    end=cython.Py_ssize_t, j=cython.Py_ssize_t, low=cython.ulonglong, high=cython.ulonglong, grouped=cython.bint,
    most=cython.Py_ssize_t,
)  # fmt: skip
def digest(
    keyed: Keyed, raw: bytes, spans: array[int], out: bytearray, cells: array[int], uuids: bool, room: int | None
) -> list[int]:
    """Put a keyed digest, or a UUID made of one, in the place of every value; return which were left out."""
    numbers = keyed.numbers(raw, spans)
    letters = b"0123456789abcdef"
    span, cell, number, new, letter, n, end = spans, cells, numbers, out, letters, len(spans), 0
    text, narrow, grouped, most = raw, room is not None, uuids, 32 if room is None else min(room, 32)
    late: list[int] = []
    for i in range(0, n, 2):
        if span[i + 1] < 0:
            continue
        if narrow and span[i + 1] and text[span[i] + span[i + 1] - 1] == 32:
            late.append(i)
            continue
        low, high = number[i], number[i + 1]
        if grouped:
            high = high >> 16 << 16 | 0x8000 | high & 0xFFF
            low = low << 2 >> 2 if cython.compiled else low & 0x3FFFFFFFFFFFFFFF
            low |= cython.cast(cython.ulonglong, 1) << 63
        cell[i] = end
        for j in range(most):
            new[end] = letter[(high >> (60 - 4 * j)) & 15] if j < 16 else letter[(low >> (124 - 4 * j)) & 15]
            end += 1
            if grouped and j in (7, 11, 15, 19):
                new[end] = 45
                end += 1
        cell[i + 1] = end - cell[i]
    return late
