"""Stand in for the `cython` module where Cython is not installed, so that `page` and `_hot` run as plain Python.

Holds only the names that they use at run time; each does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

_C = TypeVar("_C", bound=type)
_V = TypeVar("_V")
_F = TypeVar("_F", bound=Callable[..., object])

compiled = False
longlong = size_t = uint = int


def cclass(made: _C) -> _C:
    """Return the class as it is."""
    return made


def cfunc(function: _F) -> _F:
    """Return the function as it is."""
    return function


ccall = cfunc


def exceptval(value: int = 0, *, check: bool = False) -> Callable[[_F], _F]:
    """Return a decorator that changes nothing."""
    return cfunc


def declare(kind: object, value: _V | None = None, *, visibility: str = "private") -> _V | None:
    """Declare an attribute, which comes to be when it is assigned, or return the value of a variable."""
    return value


def cast(kind: object, value: _V) -> _V:
    """Return the value as it is."""
    return value
