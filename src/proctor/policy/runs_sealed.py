# cython: language_level=3, wraparound=False, boundscheck=False, cdivision=True
# mypy: disable-error-code="untyped-decorator, no-any-return, no-untyped-def, no-untyped-call"
"""Policy, key masks for runs of cells: sealed texts, which e-mails and tokens wear.

In comes a run of cells, out go their masks, one behind the other; each is what `masks_words` makes of the same cell,
which the tests hold it to. What is rare is left out, by its place in the run. Compiled where there is a compiler, once
more for each kind of wide processor: no object is made for a cell.
"""

from __future__ import annotations

import sys
from array import array
from base64 import b32encode

from proctor.policy.masks_keyed import Keyed

try:  # the compiler must see the words "import cython"; at run time Cython may be missing
    import cython  # type: ignore[import-untyped]  # Cython ships no types for it
except ModuleNotFoundError:
    from proctor.policy import _shim as cython

if cython.compiled:
    from cython.cimports.cpython import array as c_array  # type: ignore[import-untyped]
    from cython.cimports.cpython.bytearray import PyByteArray_AS_STRING  # type: ignore[import-untyped]
    from cython.cimports.libc.string import memcpy, memset  # type: ignore[import-untyped]

_LONGEST = cython.declare(cython.Py_ssize_t, 64)
_WORK = cython.declare(cython.Py_ssize_t, 40)  # what 64 letters of five bits hold
_FULL = {block: bytes(-(-size // block) * block for size in range(80)) for block in (5, 10)}
_ALL = cython.declare(cython.ulonglong, (1 << 64) - 1)
_LITTLE = cython.declare(cython.bint, sys.byteorder == "little")
_LOW = cython.declare(cython.ulonglong, 0x00000000000FFFFF)  # the lower half of forty bits, of each twenty, of each ten
_TENS = cython.declare(cython.ulonglong, 0x000003FF000003FF)
_FIVES = cython.declare(cython.ulonglong, 0x001F001F001F001F)
_ONES = cython.declare(cython.ulonglong, 0x0101010101010101)


def is_compiled() -> bool:
    """Return whether this is the compiled twin."""
    return bool(cython.compiled)


@cython.cfunc
@cython.inline
@cython.exceptval(check=True)
def _longs(numbers: array[int]) -> cython.p_longlong:
    """Return where the numbers are, which costs less than a view of them."""
    if cython.compiled:
        return cython.cast(c_array.array, numbers, typecheck=True).data.as_longlongs
    return numbers


def codes_of(letters: bytes) -> bytes:
    """Return a table of each byte's place among the letters, 255 for a NUL and those that are none of them."""
    return bytes(letters.index(c) if c and c in letters else 255 for c in range(256))


@cython.locals(
    code=cython.p_uchar, text=cython.p_uchar, new=cython.p_uchar, begins=cython.p_uchar, ends=cython.p_uchar,
    hidden=cython.p_uchar, letters=cython.p_uchar, span=cython.p_longlong, cell=cython.p_longlong, narrow=cython.bint,
    i=cython.Py_ssize_t, n=cython.Py_ssize_t, at=cython.Py_ssize_t, size=cython.Py_ssize_t, end=cython.Py_ssize_t,
    full=cython.Py_ssize_t, wide=cython.Py_ssize_t, before=cython.Py_ssize_t, after=cython.Py_ssize_t,
    multiple=cython.p_uchar, longest=cython.Py_ssize_t, free=cython.Py_ssize_t,
)  # fmt: skip
def seal(
    keyed: Keyed,
    codes: bytes,
    raw: bytes,
    spans: array[int],
    out: bytearray,
    cells: array[int],
    head: bytes,
    tail: bytes,
    block: int,
    most: int,
    room: int | None,
) -> list[int]:
    """Seal the texts of a run as `masks_words.seal` does, each between a head and a tail; return which were left out.

    `codes` are those of the letters that go three into two bytes, then of those that go four into three. Left out are
    texts that are long, hold a NUL, end with a blank where there is a room, or become longer than `most`.
    A block is five bytes or ten.
    """
    if len(codes) != 512:
        raise ValueError("the codes of two kinds of letters are needed")
    n = len(spans)
    work = bytearray(n // 2 * _WORK + 2 * _LONGEST)
    span, cell, code, text, new, hidden, begins, ends = _longs(spans), _longs(cells), codes, raw, out, work, head, tail
    before, after, narrow, longest, free = len(head), len(tail), room is not None, most, 0
    multiples = _FULL[block]
    multiple = multiples
    late: list[int] = []
    for i in range(0, n, 2):
        at, size = span[i], span[i + 1]
        cell[i], cell[i + 1] = free, -1
        if size < 0:
            continue
        full = _packed(hidden, free, code, text, at, size, multiple) if size <= _LONGEST else 0
        wide = full // 5 * 8
        if (
            full == 0
            or wide > _LONGEST
            or wide + before + after > longest
            or (narrow and size and text[at + size - 1] == 32)
        ):
            late.append(i)
        else:
            cell[i + 1] = full
            free += full
    keyed.encipher_all(work, cells)
    spelled = _spelled(hidden, free // 5)
    letters = spelled
    end = 0
    for i in range(0, n, 2):
        at, size = cell[i], cell[i + 1]
        if size > 0:
            cell[i] = end
            if before:
                end = _pasted(new, end, begins, before)
            at, size = at // 5 * 8, size // 5 * 8
            end = _pasted(new, end, letters + at if cython.compiled else letters[at : at + size], size)
            if after:
                end = _pasted(new, end, ends, after)
            cell[i + 1] = end - cell[i]
    return late


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(new=cython.p_uchar, end=cython.Py_ssize_t, text=cython.p_uchar, size=cython.Py_ssize_t)
def _pasted(new, end, text, size) -> cython.Py_ssize_t:
    if cython.compiled:
        memcpy(new + end, text, size)
    else:
        new[end : end + size] = text
    return end + size


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(
    work=cython.p_uchar, start=cython.Py_ssize_t, code=cython.p_uchar, text=cython.p_uchar, at=cython.Py_ssize_t,
    size=cython.Py_ssize_t, multiple=cython.p_uchar, i=cython.Py_ssize_t, end=cython.Py_ssize_t,
)  # fmt: skip
def _packed(work, start, code, text, at, size, multiple) -> cython.Py_ssize_t:
    """Put the redundancy and the text before enciphering; return how long they are, 0 for what holds a NUL."""
    end = _threes(work, start, code, text, at, at + size)
    if end == 0:
        end = _sixes(work, start, code, text, at, at + size)
    if end == 0:
        _put_big(work, start, 0)
        end = start + 4
        for i in range(at, at + size):
            if text[i] == 0:
                return 0
            work[end] = text[i]
            end += 1
    if cython.compiled:
        memset(work + end, 0, 16)
    else:
        work[end : end + 16] = bytes(16)
    return multiple[end - start]


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(
    work=cython.p_uchar, start=cython.Py_ssize_t, code=cython.p_uchar, text=cython.p_uchar, at=cython.Py_ssize_t,
    stop=cython.Py_ssize_t, end=cython.Py_ssize_t, i=cython.Py_ssize_t, j=cython.Py_ssize_t, a=cython.ulonglong,
    b=cython.ulonglong, c=cython.ulonglong, word=cython.ulonglong, bad=cython.ulonglong,
)  # fmt: skip
def _threes(work, start, code, text, at, stop) -> cython.Py_ssize_t:
    """Put each three letters into two bytes; return where they end, 0 where one is not of that kind."""
    end, i, bad = start + 4, at, 0
    _put_big(work, start, 2 << 32)
    while i + 12 <= stop:
        word = 0
        for _ in range(4):
            a, b, c = code[text[i]], code[text[i + 1]], code[text[i + 2]]
            bad |= a | b | c
            word = word << 16 | (a * 40 + b) * 40 + c
            i += 3
        if bad > 63:
            return 0
        _put_big(work, end, word)
        end += 8
    word, j = 0, 0
    while i < stop:
        a = code[text[i]]
        b = code[text[i + 1]] if i + 1 < stop else 0
        c = code[text[i + 2]] if i + 2 < stop else 0
        bad |= a | b | c
        word = word << 16 | (a * 40 + b) * 40 + c
        i, j = i + 3, j + 1
    if bad > 63:
        return 0
    if j:
        _put_big(work, end, word << 16 * (4 - j))
    return end + 2 * j


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(
    work=cython.p_uchar, start=cython.Py_ssize_t, code=cython.p_uchar, text=cython.p_uchar, at=cython.Py_ssize_t,
    stop=cython.Py_ssize_t, end=cython.Py_ssize_t, i=cython.Py_ssize_t, one=cython.ulonglong, word=cython.ulonglong,
    held=cython.Py_ssize_t,
)  # fmt: skip
def _sixes(work, start, code, text, at, stop) -> cython.Py_ssize_t:
    """Put each four letters into three bytes; return where they end, 0 where one is not of that kind."""
    end, word, held = start + 4, 0, 0
    _put_big(work, start, 1 << 32)
    for i in range(at, at + (stop - at + 3) // 4 * 4):
        one = code[256 + text[i]] if i < stop else 0
        if one > 63:
            return 0
        word, held = word << 6 | one, held + 1
        if held == 4:
            _put_big(work, end, word << 40)
            end, word, held = end + 3, 0, 0
    return end


@cython.cfunc
@cython.locals(
    work=cython.p_uchar, words=cython.p_ulonglong, many=cython.Py_ssize_t, i=cython.Py_ssize_t, word=cython.ulonglong,
    low=cython.ulonglong, tens=cython.ulonglong, fives=cython.ulonglong, ones=cython.ulonglong,
)  # fmt: skip
def _spelled(work, many):
    """Return so many times five bytes, each in eight letters and digits.

    The eight are reckoned at once, each in a byte of a word: `a` to `z`, and 73 less from the 27th on. Wide processors
    reckon with several words at once.
    """
    if not cython.compiled or not _LITTLE:
        return bytearray(b32encode(bytes(work[: 5 * many])).lower())
    letters = bytearray(8 * many)
    words = cython.cast(cython.p_ulonglong, PyByteArray_AS_STRING(letters))
    low, tens, fives, ones = _LOW, _TENS, _FIVES, _ONES
    for i in range(many):
        memcpy(words + i, work + 5 * i, 8)
    for i in range(many):
        word = words[i]
        word = (word & 255) << 32 | (word & 0xFF00) << 16 | word & 0xFF0000 | word >> 16 & 0xFF00 | word >> 32 & 255
        word = word >> 20 | (word & low) << 32
        word = word >> 10 & tens | (word & tens) << 16
        word = word >> 5 & fives | (word & fives) << 8
        words[i] = word + 97 * ones - ((word + 102 * ones) >> 7 & ones) * 73
    return letters


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(out=cython.p_uchar, at=cython.Py_ssize_t, word=cython.ulonglong)
def _put_big(out, at, word) -> cython.void:
    """Put eight bytes, the highest first: for a compiler this is one store."""
    if not cython.compiled:
        out[at : at + 8] = (word & _ALL).to_bytes(8, "big")
        return
    out[at] = word >> 56
    out[at + 1] = word >> 48 & 255
    out[at + 2] = word >> 40 & 255
    out[at + 3] = word >> 32 & 255
    out[at + 4] = word >> 24 & 255
    out[at + 5] = word >> 16 & 255
    out[at + 6] = word >> 8 & 255
    out[at + 7] = word & 255
