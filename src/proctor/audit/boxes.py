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

from proctor.audit.page import numeral

try:  # the compiler must see the words "import cython"; at run time Cython may be missing
    import cython  # type: ignore[import-untyped]  # Cython ships no types for it
except ModuleNotFoundError:
    from proctor.audit import _shim as cython

if cython.compiled:
    from cython.cimports.cpython.bytes import (  # type: ignore[import-untyped]
        PyBytes_AS_STRING,
        PyBytes_FromStringAndSize,
        PyBytes_GET_SIZE,
    )

NONCE: Final = 12
ABOUT: Final = 32
"""Of a digest in hexadecimal, so much tells records apart."""

_LETTERS: bytes = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
Values = tuple[bytes | None, ...]


def framed(values: Values) -> bytes:
    """Return values as one string that reads back."""
    return _framed(b"", tuple(values))


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
        nonce: bytes = self._nonce()
        return _in_base64(nonce, self._encrypt(nonce, _framed(about[:ABOUT], values), None))  # type: ignore[operator]

    @cython.cfunc
    def _nonce(self) -> bytes:
        if cython.compiled:
            nonce: bytes = PyBytes_FromStringAndSize(cython.NULL, NONCE)
            at: cython.p_char = PyBytes_AS_STRING(nonce)
            left: cython.ulonglong = self._count
            place: cython.Py_ssize_t
            for place in range(11, -1, -1):
                at[place] = cython.cast(cython.char, left & 0xFF)
                left >>= 8
            return nonce
        return self._count.to_bytes(NONCE, "big")


@cython.cfunc
def _in_base64(front: bytes, back: bytes) -> bytes:
    """Return both in base64; the first one's length is divisible by three."""
    if cython.compiled:
        one: cython.Py_ssize_t = PyBytes_GET_SIZE(front)
        other: cython.Py_ssize_t = PyBytes_GET_SIZE(back)
        said: bytes = PyBytes_FromStringAndSize(cython.NULL, one // 3 * 4 + (other + 2) // 3 * 4)
        at: cython.p_char = PyBytes_AS_STRING(said)
        _letters(at, cython.cast(cython.p_uchar, PyBytes_AS_STRING(front)), one)
        _letters(at + one // 3 * 4, cython.cast(cython.p_uchar, PyBytes_AS_STRING(back)), other)
        return said
    return b2a_base64(front + back, newline=False)


@cython.cfunc
@cython.exceptval(-1, check=False)
def _letters(at: cython.p_char, data: cython.p_uchar, size: cython.Py_ssize_t) -> cython.int:
    letters: cython.p_char = PyBytes_AS_STRING(_LETTERS)
    three: cython.uint
    while size >= 3:
        three = (cython.cast(cython.uint, data[0]) << 16) | (cython.cast(cython.uint, data[1]) << 8) | data[2]
        at[0] = letters[three >> 18]
        at[1] = letters[(three >> 12) & 63]
        at[2] = letters[(three >> 6) & 63]
        at[3] = letters[three & 63]
        at += 4
        data += 3
        size -= 3
    if size > 0:
        three = cython.cast(cython.uint, data[0]) << 16
        if size == 2:
            three |= cython.cast(cython.uint, data[1]) << 8
        at[0] = letters[three >> 18]
        at[1] = letters[(three >> 12) & 63]
        at[2] = letters[(three >> 6) & 63] if size == 2 else 61
        at[3] = 61  # =
    return 0
