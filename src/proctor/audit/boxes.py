# cython: language_level=3
# mypy: disable-error-code="untyped-decorator, no-any-return"
"""The boxes of the vault: what one worker's key of one subject seals, for each statement anew.

Takes values and what they are about, returns bytes. The keys themselves are the vault's.
"""

from __future__ import annotations

from binascii import b2a_base64
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from proctor.audit._hot import numeral

try:  # the compiler must see the words "import cython"; at run time Cython may be missing
    import cython  # type: ignore[import-untyped]  # Cython ships no types for it
except ModuleNotFoundError:
    from proctor.audit import _shim as cython

NONCE: Final = 12
ABOUT: Final = 32
"""Of a digest in hexadecimal, so much tells records apart."""

Values = tuple[bytes | None, ...]


def framed(values: Values) -> bytes:
    """Return values as one string that reads back."""
    return _framed(b"", values)


@cython.cfunc
def _framed(front: bytes, values: Values) -> bytes:
    parts: list[bytes] = [front]
    for value in values:
        if value is None:
            parts.append(b"-")
        else:
            parts += (numeral(len(value)), b":", value)
    return b"".join(parts)


def unframed(data: bytes) -> Values:
    """Return the values again."""
    found: list[bytes | None] = []
    place = 0
    while place < len(data):
        if data[place : place + 1] == b"-":
            found.append(None)
            place += 1
            continue
        colon = data.index(b":", place, place + 12)
        start, size = colon + 1, int(data[place:colon])
        found.append(data[start : start + size])
        place = start + size
    return tuple(found)


@cython.cclass
class DataKey:
    """What one worker seals one subject's values with."""

    _name: str
    _path: object
    _encrypt: object
    _count: cython.longlong

    def __init__(self, name: str, key: bytes, path: Path) -> None:
        self._name = name
        self._path = path
        self._encrypt = AESGCM(key).encrypt
        self._count = 0

    @property
    def name(self) -> str:
        """Return the name under which the key lies in the vault."""
        return self._name

    @property
    def path(self) -> Path:
        """Return the file that it lies in."""
        return self._path  # type: ignore[return-value]

    def seal(self, values: Values, about: bytes) -> bytes:
        """Return the values in a box, in base64, that opens only together with what they are about."""
        # The key is this process's alone, so a count never gives a nonce twice. What the values are about stands before
        # them rather than beside them: as associated data it would double the time, on the way of every statement.
        self._count += 1
        nonce: bytes = self._count.to_bytes(NONCE, "big")
        return b2a_base64(nonce + self._encrypt(nonce, _framed(about[:ABOUT], values), None), newline=False)  # type: ignore[operator]
