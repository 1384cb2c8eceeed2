# cython: language_level=3, wraparound=False, boundscheck=False, cdivision=True
# mypy: disable-error-code="untyped-decorator, no-any-return, no-untyped-def, no-untyped-call"
"""Policy, values that a run of cells repeats: found before they are masked, so that each is masked once.

In comes a run of cells; out go those that differ, and which of them each cell is. Knows no masks, and keeps nothing
between two runs. Compiled where there is a compiler.
"""

from __future__ import annotations

from array import array

from proctor.policy.runs_arrays import longs

try:  # the compiler must see the words "import cython"; at run time Cython may be missing
    import cython  # type: ignore[import-untyped]  # Cython ships no types for it
except ModuleNotFoundError:
    from proctor.policy import _shim as cython

if cython.compiled:
    from cython.cimports.cpython import array as c_array  # type: ignore[import-untyped]
    from cython.cimports.libc.string import memcmp, memcpy  # type: ignore[import-untyped]

FEW = 16  # a run of fewer cells is masked as it is
_ENOUGH = cython.declare(cython.Py_ssize_t, 256)  # cells that tell whether a run repeats itself
_PLACES = cython.declare(cython.Py_ssize_t, 1024)
_SPREAD = cython.declare(cython.ulonglong, 0x9E3779B97F4A7C15)


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


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(
    text=cython.p_uchar, at=cython.Py_ssize_t, size=cython.Py_ssize_t, first=cython.ulonglong, last=cython.ulonglong
)
def _place(text, at, size) -> cython.Py_ssize_t:
    """Return a number below 1,024 that the size and the outermost bytes of a value make."""
    first = last = 0
    if size >= 8:
        if cython.compiled:
            memcpy(cython.address(first), text + at, 8)
            memcpy(cython.address(last), text + at + size - 8, 8)
        else:
            first = int.from_bytes(text[at : at + 8], "little")
            last = int.from_bytes(text[at + size - 8 : at + size], "little")
    elif size > 0:
        first = text[at] | text[at + size // 2] << 8 | text[at + size - 1] << 16
    if cython.compiled:
        first = (first + size) * _SPREAD ^ last
        return first * _SPREAD >> 54
    first = (first + size) * _SPREAD % (1 << 64) ^ last
    return first * _SPREAD % (1 << 64) >> 54


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(text=cython.p_uchar, one=cython.Py_ssize_t, other=cython.Py_ssize_t, size=cython.Py_ssize_t)
def _same(text, one, other, size) -> cython.bint:
    if cython.compiled:
        return memcmp(text + one, text + other, size) == 0
    return text[one : one + size] == text[other : other + size]


@cython.locals(
    text=cython.p_uchar, span=cython.p_longlong, differ=cython.p_longlong, place=cython.p_longlong,
    seen=cython.p_longlong, i=cython.Py_ssize_t, n=cython.Py_ssize_t, at=cython.Py_ssize_t, size=cython.Py_ssize_t,
    h=cython.Py_ssize_t, j=cython.Py_ssize_t, found=cython.Py_ssize_t, most=cython.Py_ssize_t,
)  # fmt: skip
def distinct(raw: bytes, spans: array[int]) -> tuple[array[int], array[int]] | None:
    """Return the spans of the values that differ, and where in them each cell's begins; None where most differ.

    A value may come twice among them, where another had its place in between: each has the same mask, so no harm is
    done.
    """
    n = len(spans)
    if n < 2 * FEW:
        return None
    most = n // 2
    others, places, table = longs(n), longs(n // 2), longs(_PLACES)
    text, span, differ, place, seen, found = raw, _longs(spans), _longs(others), _longs(places), _longs(table), 0
    for i in range(0, n, 2):
        at, size = span[i], span[i + 1]
        h = _place(text, at, size)
        j = seen[h] - 2
        if j >= 0 and differ[j + 1] == size and _same(text, differ[j], at, max(size, 0)):
            place[i // 2] = j
        else:
            differ[found], differ[found + 1] = at, size
            place[i // 2] = found
            found += 2
            seen[h] = found
            if found > most:
                return None
        if i == 2 * _ENOUGH and found > _ENOUGH:
            return None
    return others[:found], places


@cython.locals(cell=cython.p_longlong, place=cython.p_longlong, new=cython.p_longlong, i=cython.Py_ssize_t)
def spread(cells: array[int], places: array[int]) -> array[int]:
    """Return for each cell the new span of its value."""
    made = longs(2 * len(places))
    cell, place, new = _longs(cells), _longs(places), _longs(made)
    for i in range(len(places)):
        new[2 * i], new[2 * i + 1] = cell[place[i]], cell[place[i] + 1]
    return made
