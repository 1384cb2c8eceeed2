# cython: language_level=3
# mypy: disable-error-code="untyped-decorator, no-any-return, no-untyped-call"
"""Policy, arrays of numbers for runs of cells, made in one step. Compiled where there is a compiler.

In comes how many; out go so many zeros. Through `array` and `bytes` they would be made twice, and a run needs a dozen.
"""

from __future__ import annotations

from array import array

try:  # the compiler must see the words "import cython"; at run time Cython may be missing
    import cython  # type: ignore[import-untyped]  # Cython ships no types for it
except ModuleNotFoundError:
    from proctor.policy import _shim as cython

if cython.compiled:
    from cython.cimports.cpython import array as c_array  # type: ignore[import-untyped]

_LONGS, _WORDS = array("q"), array("Q")


def is_compiled() -> bool:
    """Return whether this is the compiled twin."""
    return bool(cython.compiled)


def longs(many: int) -> array[int]:
    """Return so many zeros that may become negative."""
    if cython.compiled:
        return c_array.clone(_LONGS, many, True)
    return array("q", bytes(8 * many))


def words(many: int) -> array[int]:
    """Return so many zeros of 64 bits without a sign."""
    if cython.compiled:
        return c_array.clone(_WORDS, many, True)
    return array("Q", bytes(8 * many))
