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
    from cython.cimports.libc.string import memcpy  # type: ignore[import-untyped]
    from cython.cimports.proctor.audit.page import digits, width  # type: ignore[import-untyped]

NONCE: Final = 12
ABOUT: Final = 32
"""Of a digest in hexadecimal, so much tells records apart."""

_LETTERS: bytes = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
Values = tuple[bytes | None, ...]


def framed(values: Values) -> bytes:
    """Return values as one string that reads back."""
    return _framed(b"", tuple(values))


def _framed(front: bytes, values: Values) -> bytes:
    if not cython.compiled:
        return front + b"".join([b"-" if value is None else b"%d:%b" % (len(value), value) for value in values])
    size: cython.Py_ssize_t = PyBytes_GET_SIZE(front)
    one: cython.Py_ssize_t
    wide: cython.Py_ssize_t
    for value in values:
        one = 0 if value is None else PyBytes_GET_SIZE(value)
        size += 1 if value is None else width(one) + 1 + one
    said: bytes = PyBytes_FromStringAndSize(cython.NULL, size)
    at: cython.p_char = PyBytes_AS_STRING(said)
    memcpy(at, PyBytes_AS_STRING(front), PyBytes_GET_SIZE(front))
    at += PyBytes_GET_SIZE(front)
    for value in values:
        if value is None:
            at[0] = 45  # a hyphen
            at += 1
            continue
        one = PyBytes_GET_SIZE(value)
        wide = width(one)
        digits(at, one, wide)
        at[wide] = 58  # a colon
        memcpy(at + wide + 1, PyBytes_AS_STRING(value), one)
        at += wide + 1 + one
    return said


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


class DataKey:
    """What one worker seals one subject's values with."""

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
        return self._path

    def seal(self, values: Values, about: bytes) -> bytes:
        """Return the values in a box, in base64, that opens only together with what they are about."""
        return self.boxed(b"", values, about, b"")

    def boxed(self, front: bytes, values: Values, about: bytes, back: bytes) -> bytes:
        """Return such a box between what goes before and behind it."""
        # The key is this process's alone, so a count never gives a nonce twice. What the values are about stands before
        # them rather than beside them: as associated data it would double the time, on the way of every statement.
        self._count += 1
        nonce: bytes = self._nonce()
        sealed: bytes = self._encrypt(nonce, _framed(about[:ABOUT], values), None)
        return _in_base64(front, nonce, sealed, back)

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
def _in_base64(front: bytes, one: bytes, other: bytes, back: bytes) -> bytes:
    """Return two in base64, of which the first one's length is divisible by three, and what stands around them."""
    if not cython.compiled:
        return front + b2a_base64(one + other, newline=False) + back
    before: cython.Py_ssize_t = PyBytes_GET_SIZE(front)
    behind: cython.Py_ssize_t = PyBytes_GET_SIZE(back)
    ones: cython.Py_ssize_t = PyBytes_GET_SIZE(one)
    others: cython.Py_ssize_t = PyBytes_GET_SIZE(other)
    size: cython.Py_ssize_t = ones // 3 * 4 + (others + 2) // 3 * 4
    said: bytes = PyBytes_FromStringAndSize(cython.NULL, before + size + behind)
    at: cython.p_char = PyBytes_AS_STRING(said)
    memcpy(at, PyBytes_AS_STRING(front), before)
    at += before
    _letters(at, cython.cast(cython.p_uchar, PyBytes_AS_STRING(one)), ones)
    _letters(at + ones // 3 * 4, cython.cast(cython.p_uchar, PyBytes_AS_STRING(other)), others)
    memcpy(at + size, PyBytes_AS_STRING(back), behind)
    return said


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
