"""Stand in for the `cython` module where Cython is not installed, so that `_hot` runs as plain Python.

Holds only the names that `_hot` uses; each does nothing. Cython is needed to build Proctor fast, never to run it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

_F = TypeVar("_F", bound=Callable[..., object])
_C = TypeVar("_C")
_V = TypeVar("_V")


class _Number:
    """A number of C, or an array of such numbers."""

    def __getitem__(self, _: slice) -> _Number:
        return self


compiled = False
Py_ssize_t = bint = uint = uchar = longlong = p_uchar = p_longlong = _Number()


def cfunc(function: _F) -> _F:
    """Return the function as it is."""
    return function


inline = cfunc


def cclass(plain: type[_C]) -> type[_C]:
    """Return the class as it is."""
    return plain


def exceptval(value: int = 0, *, check: bool = False) -> Callable[[_F], _F]:
    """Return a decorator that changes nothing."""
    return cfunc


def boundscheck(on: bool) -> Callable[[_F], _F]:
    """Return a decorator that changes nothing."""
    return cfunc


def locals(**kinds: object) -> Callable[[_F], _F]:
    """Return a decorator that changes nothing."""
    return cfunc


def declare(kind: object, value: _V) -> _V:
    """Return the value as it is."""
    return value
