"""Functions of the C libraries that Python itself stands on, by their addresses, for the compiled modules to call.

Python's own way to a hash makes an object for each: for a few hundred bytes that costs as much as the hashing. What
cannot be found is simply not borrowed. Knows nothing of what is called.
"""

from __future__ import annotations

import ctypes
from importlib import import_module


def address(module: str, function: str) -> int:
    """Return where a function lies that a module of Python's own is linked to; 0 where nobody can say."""
    try:
        library = ctypes.CDLL(getattr(import_module(module), "__file__", None))
        return ctypes.cast(getattr(library, function), ctypes.c_void_p).value or 0
    except (AttributeError, ImportError, OSError, TypeError):
        return 0
