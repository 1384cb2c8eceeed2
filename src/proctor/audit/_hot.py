# cython: language_level=3, wraparound=False
# mypy: disable-error-code="untyped-decorator, no-any-return"
"""The journal's frames as they are read again, and the log's hashes: sound frames in a segment; leaves and nodes.

In come whole buffers, out go records and hashes; on the way into the log records stay bytes of one buffer, checked,
packed and hashed in one go. Compiled where there is a compiler: plain Python, which Cython turns into C; both ways pass
the same tests. Knows no files, and nothing of what records mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from struct import Struct
from typing import Protocol
from zlib import crc32

try:  # the compiler must see the words "import cython"; at run time Cython may be missing
    import cython  # type: ignore[import-untyped]  # Cython ships no types for it
except ModuleNotFoundError:
    from proctor.audit import _shim as cython

from proctor.audit.borrowed import address

if cython.compiled:
    from cython.cimports.cpython.bytearray import PyByteArray_AS_STRING, PyByteArray_Resize  # type: ignore[import-untyped]
    from cython.cimports.cpython.bytes import PyBytes_AS_STRING, PyBytes_FromStringAndSize  # type: ignore[import-untyped]
    from cython.cimports.libc.string import memcpy  # type: ignore[import-untyped]

MAX_RECORD = 16 * 1024 * 1024  # a length on disk is a promise too: a flipped bit must not ask for 4 GB
MAX_ENTRY = 65_535
_length = Struct(">I").pack
_read_length = Struct(">I").unpack_from
_short = Struct(">H").pack
_LEAF = 0
_NODE = 1
_MARKS = (b"\x00", b"\x01")
_HASH = 32
_ROOM = 128 * 1024  # bytes for entries at first
# The same code that hashlib and zlib run, without an object for each call; 0 where it cannot be had.
_begin = cython.declare(cython.size_t, address("_hashlib", "SHA256_Init"))
_update = cython.declare(cython.size_t, address("_hashlib", "SHA256_Update"))
_end = cython.declare(cython.size_t, address("_hashlib", "SHA256_Final"))
_sum = cython.declare(cython.size_t, address("zlib", "crc32"))


def _is_compiled() -> bool:
    """Say which twin this is; only the twins' tests ask."""
    return bool(cython.compiled)


# -- reading


@cython.cfunc
@cython.exceptval(-1, check=True)
def _seed(size: cython.longlong) -> cython.longlong:
    """Return the CRC of the length: it covers that too, or a tail of zeros would read as sound, empty records."""
    if cython.compiled:
        left: cython.uint = 0xFFFFFFFF
        bit: cython.int
        for bit in range(32):
            if bit % 8 == 0:
                left ^= cython.cast(cython.uint, size >> (24 - bit)) & 0xFF
            left = (left >> 1) ^ (cython.cast(cython.uint, 0xEDB88320) & -(left & 1))
        return ~left
    return crc32(_length(size))


@cython.cfunc
@cython.exceptval(-1, check=True)
def _uint32(data: bytes, place: cython.Py_ssize_t) -> cython.longlong:
    if cython.compiled:
        at: cython.p_uchar = cython.cast(cython.p_uchar, PyBytes_AS_STRING(data)) + place
        high: cython.longlong = (at[0] << 8) | at[1]
        return (high << 16) | (at[2] << 8) | at[3]
    return _read_length(data, place)[0]


@cython.cfunc
@cython.exceptval(-1, check=True)
def _number(data: bytearray, place: cython.Py_ssize_t) -> cython.longlong:
    if cython.compiled:
        at: cython.p_uchar = cython.cast(cython.p_uchar, PyByteArray_AS_STRING(data)) + place
        high: cython.longlong = (at[0] << 8) | at[1]
        return (high << 16) | (at[2] << 8) | at[3]
    return _read_length(data, place)[0]


def sound_records(data: bytes, limit: int) -> tuple[list[bytes], int]:
    """Return the records of the sound frames at the beginning of the data, up to a limit, and where they end."""
    records: list = []  # type: ignore[type-arg]
    place: cython.Py_ssize_t = 0
    end: cython.Py_ssize_t = len(data)
    most: cython.Py_ssize_t = limit
    count: cython.Py_ssize_t = 0
    stop: cython.Py_ssize_t
    size: cython.longlong
    found: cython.longlong
    while count < most and place + 8 < end:
        size = _uint32(data, place)
        stop = place + 8 + size
        if size == 0 or size > MAX_RECORD or stop > end:
            break
        record: bytes = data[place + 8 : stop]
        found = crc32(record, _seed(size))
        if found != _uint32(data, place + 4):
            break
        records.append(record)
        place = stop
        count += 1
    return records, place


# -- hashing and packing (RFC 6962 §2.1, C2SP tlog-tiles)


@cython.cfunc
@cython.exceptval(-1, check=True)
def _hash(
    into: bytearray,
    at: cython.Py_ssize_t,
    kind: cython.int,
    data: bytearray,
    start: cython.Py_ssize_t,
    size: cython.Py_ssize_t,
) -> cython.int:
    """Put the hash of a leaf or a node over these bytes into a place."""
    if cython.compiled and _begin and _update and _end:
        state = cython.declare("unsigned long long[32]")  # a SHA256_CTX has 112 bytes
        mark: cython.uchar = kind
        out: cython.p_char = PyByteArray_AS_STRING(into) + at
        cython.cast("int (*)(void *) noexcept nogil", _begin)(state)
        cython.cast("int (*)(void *, const void *, size_t) noexcept nogil", _update)(state, cython.address(mark), 1)
        cython.cast("int (*)(void *, const void *, size_t) noexcept nogil", _update)(
            state, PyByteArray_AS_STRING(data) + start, size
        )
        cython.cast("int (*)(void *, void *) noexcept nogil", _end)(out, state)
        return 0
    into[at : at + _HASH] = sha256(_MARKS[kind] + data[start : start + size]).digest()
    return 0


@cython.cfunc
@cython.exceptval(-1, check=True)
def _checksum(data: bytearray, at: cython.Py_ssize_t, size: cython.longlong) -> cython.longlong:
    """Return the CRC of a length and of that many bytes."""
    if cython.compiled and _sum:
        return cython.cast("unsigned long (*)(unsigned long, const void *, unsigned int) noexcept nogil", _sum)(
            _seed(size), PyByteArray_AS_STRING(data) + at, size
        )
    return crc32(memoryview(data)[at : at + size], _seed(size))


def leaf_hashes(entries: list[bytes]) -> list[bytes]:
    """Return the hash of each entry."""
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node over two others."""
    return sha256(b"\x01" + left + right).digest()


def root_over(hashes: list[bytes]) -> bytes:
    """Return the root over subtrees of one size, of which only the last may be smaller; there is at least one."""
    row: bytearray = bytearray().join(hashes)
    count: cython.Py_ssize_t = len(row) // _HASH
    place: cython.Py_ssize_t
    while count > 1:
        for place in range(count // 2):
            _hash(row, place * _HASH, _NODE, row, place * 2 * _HASH, 2 * _HASH)
        if count % 2:
            # An odd one out moves up as it is: the left part is then the largest power of two below n, as wanted.
            row[count // 2 * _HASH : count // 2 * _HASH + _HASH] = row[(count - 1) * _HASH : count * _HASH]
        count = (count + 1) // 2
    return bytes(row[:_HASH])


def pack_all(entries: list[bytes]) -> bytes:
    """Return entries as they lie in a bundle."""
    parts: list = []  # type: ignore[type-arg]
    size: cython.Py_ssize_t
    for entry in entries:
        size = len(entry)
        if size > MAX_ENTRY:
            raise ValueError("an entry of the log is at most 65,535 bytes")
        parts.append(_short(size))
        parts.append(entry)
    return b"".join(parts)


@cython.cfunc
@cython.exceptval(-1, check=True)
def _double(room: bytearray) -> cython.int:
    if cython.compiled:
        return PyByteArray_Resize(room, 2 * len(room))  # as it is: nobody reads what was not written
    room += bytes(len(room))
    return 0


class Run(Protocol):
    """Entries in order, of which each look makes bytes."""

    def __len__(self) -> int: ...
    def __getitem__(self, place: int, /) -> bytes: ...
    def __iter__(self) -> Iterator[bytes]: ...


@cython.cclass
class Entries:
    """Entries of a log in order, packed as they will lie in its bundles, each with its leaf's hash.

    A sequence of bytes to whoever looks at them. What is shown of the buffers must be let go before more is added.
    """

    _data: bytearray
    _size: cython.Py_ssize_t
    _hashes: bytearray
    _ends: list  # type: ignore[type-arg]  # where each ends; Cython takes no parameters here

    def __init__(self, entries: Iterable[bytes] = ()) -> None:
        self._data = bytearray(_ROOM)
        self._size = 0
        self._hashes = bytearray(_HASH * 128)
        self._ends = []
        for entry in entries:
            self.add(entry)

    @property
    def size(self) -> int:
        """Return how many bytes they take."""
        return self._size

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, place: int) -> bytes:
        at: cython.Py_ssize_t = place
        count: cython.Py_ssize_t = len(self._ends)
        if at < 0:
            at += count
        if not 0 <= at < count:
            raise IndexError("there is no such entry")
        start: cython.Py_ssize_t = self._start(at) + 2
        end: cython.Py_ssize_t = self._ends[at]
        if cython.compiled:
            return PyBytes_FromStringAndSize(PyByteArray_AS_STRING(self._data) + start, end - start)
        return bytes(memoryview(self._data)[start:end])

    def __iter__(self) -> Iterator[bytes]:
        for place in range(len(self._ends)):
            yield self[place]

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _start(self, place: cython.Py_ssize_t) -> cython.Py_ssize_t:
        return 0 if place == 0 else self._ends[place - 1]

    def clear(self) -> None:
        """Forget them, and keep the room."""
        self._ends.clear()
        self._size = 0

    def add(self, entry: bytes) -> None:
        """Take one more."""
        if len(entry) > MAX_ENTRY:
            raise ValueError("an entry of the log is at most 65,535 bytes")
        self._put(bytearray(entry), 0, len(entry))

    def frames(self, data: bytearray, size: int, limit: int, known: int = 0) -> tuple[int, int]:
        """Take the records of the sound frames at the beginning of the data, but for the first, known ones.

        Return how many there were, and where they end: at most `limit`, and none that is too large for an entry.
        """
        place: cython.Py_ssize_t = 0
        end: cython.Py_ssize_t = min(len(data), size)
        most: cython.Py_ssize_t = limit
        skipped: cython.Py_ssize_t = known
        count: cython.Py_ssize_t = 0
        long: cython.longlong
        while count < most and place + 8 < end:
            long = _number(data, place)
            if long == 0 or long > MAX_ENTRY or place + 8 + long > end:
                break
            if _checksum(data, place + 8, long) != _number(data, place + 4):
                break
            if count >= skipped:
                self._put(data, place + 8, long)
            place += 8 + long
            count += 1
        return count, place

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _put(self, data: bytearray, start: cython.Py_ssize_t, size: cython.Py_ssize_t) -> cython.int:
        count: cython.Py_ssize_t = len(self._ends)
        at: cython.Py_ssize_t = self._size
        if at + 2 + size > len(self._data):
            _double(self._data)
        if (count + 1) * _HASH > len(self._hashes):
            _double(self._hashes)
        if cython.compiled:
            to: cython.p_uchar = cython.cast(cython.p_uchar, PyByteArray_AS_STRING(self._data)) + at
            to[0] = size >> 8
            to[1] = size & 0xFF
            memcpy(to + 2, PyByteArray_AS_STRING(data) + start, size)
        else:
            self._data[at : at + 2 + size] = _short(size) + data[start : start + size]
        _hash(self._hashes, count * _HASH, _LEAF, data, start, size)
        self._size = at + 2 + size
        self._ends.append(self._size)
        return 0

    def packed(self, low: int, high: int) -> memoryview:
        """Return these, from one to before another, as they lie in a bundle."""
        return memoryview(self._data)[self._start(low) : self._start(high)]

    def hashes(self, low: int, high: int) -> memoryview:
        """Return the leaves of these, one behind the other."""
        return memoryview(self._hashes)[low * _HASH : high * _HASH]


# What was borrowed must be what it is taken for, or a log would be signed over nonsense.
if root_over([bytes(2 * _HASH)]) != node_hash(bytes(_HASH), bytes(_HASH)):
    _begin = 0
if _checksum(bytearray(9), 0, 9) != crc32(bytes(9), crc32(_length(9))):
    _sum = 0
