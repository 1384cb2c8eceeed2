"""Stand in for the `cython` module where Cython is not installed, so that the masks run as plain Python.

Holds only the names that the compiled masks use at run time; each does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

_C = TypeVar("_C", bound=type)
_F = TypeVar("_F", bound=Callable[..., object])
_V = TypeVar("_V")


class _Number:
    """A number of C, or an array of such numbers, of so many where that is said."""

    def __init__(self, many: int = 0) -> None:
        self.many = many

    def __getitem__(self, size: slice | int) -> _Number:
        return _Number(size) if isinstance(size, int) else self


compiled = False
ulonglong = longlong = uint = bint = p_uchar = p_longlong = p_ulonglong = Py_ssize_t = _Number()


def cclass(made: _C) -> _C:
    """Return the class as it is."""
    return made


def cfunc(function: _F) -> _F:
    """Return the function as it is."""
    return function


inline = cfunc


def exceptval(*, check: bool) -> Callable[[_F], _F]:
    """Return a decorator that changes nothing."""
    return cfunc


def returns(kind: object) -> Callable[[_F], _F]:
    """Return a decorator that changes nothing."""
    return cfunc


def locals(**kinds: object) -> Callable[[_F], _F]:
    """Return a decorator that changes nothing."""
    return cfunc


def declare(kind: _Number, value: object = None) -> object:
    """Return the value as it is, an array where there is none."""
    return [0] * kind.many if value is None else value


def cdivision(on: bool) -> Callable[[_F], _F]:
    """Return a decorator that changes nothing."""
    return cfunc


def cast(kind: object, value: _V) -> _V:
    """Return the value as it is."""
    return value
