"""Stand in for the `cython` module where Cython is not installed, so that `shape` runs as plain Python.

Holds only the names that `shape` uses; each does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

_F = TypeVar("_F", bound=Callable[..., object])

compiled = False
Py_ssize_t = int


def cfunc(function: _F) -> _F:
    """Return the function as it is."""
    return function


inline = cfunc


def exceptval(value: int, *, check: bool = False) -> Callable[[_F], _F]:
    """Return a decorator that changes nothing."""
    return cfunc
