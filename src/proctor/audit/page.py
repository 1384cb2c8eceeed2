# cython: language_level=3, wraparound=False
# mypy: disable-error-code="untyped-decorator, no-any-return"
"""The journal's hot path: number, stamp and frame a record.

In come bodies, whole or in parts, out go frames. Compiled where there is a compiler: plain Python, which Cython turns
into C; both ways pass the same tests. Knows no files, and of a record nothing but its first bytes.

A record is put together where it will be written from, and its checksum is taken on the way. What many records have in
common is a `Piece`, whose checksum is known: CRCs are polynomials over GF(2), so that the checksum of a whole follows
from those of its parts, whatever the length of a part.
"""

from __future__ import annotations

import sys
from mmap import mmap
from struct import Struct
from time import gmtime, strftime
from typing import Protocol
from zlib import crc32

from proctor.audit._hot import MAX_RECORD

try:  # the compiler must see the words "import cython"; at run time Cython may be missing
    import cython  # type: ignore[import-untyped]  # Cython ships no types for it
except ModuleNotFoundError:
    from proctor.audit import _shim as cython

if cython.compiled:
    from cython.cimports.cpython.buffer import (  # type: ignore[import-untyped]
        PyBUF_WRITABLE,
        PyBuffer_Release,
        PyObject_GetBuffer,
    )
    from cython.cimports.cpython.bytearray import (  # type: ignore[import-untyped]
        PyByteArray_AS_STRING,
        PyByteArray_GET_SIZE,
    )
    from cython.cimports.cpython.bytes import (  # type: ignore[import-untyped]
        PyBytes_AS_STRING,
        PyBytes_FromStringAndSize,
        PyBytes_GET_SIZE,
    )
    from cython.cimports.libc.string import memcpy  # type: ignore[import-untyped]

STEP = 500_000_000  # ns by which the clocks may come apart between two records before that is recorded
_BODY = b'{"kind":'
_BODY_LIMIT = MAX_RECORD - 512
_HEAD = b'%b%d,"time":"%b.%06dZ","monotonic_ns":%d,'
_ROOM = 64 * 1024
_LARGE = 1024 * 1024  # what one page has needed once is not kept for ever
_length = Struct(">I").pack


class Clock(Protocol):
    """Tells the time; the module `time` is one."""

    def time_ns(self) -> int:
        """Return nanoseconds since 1970, UTC."""

    def monotonic_ns(self) -> int:
        """Return nanoseconds that only grow."""


def _is_compiled() -> bool:
    """Say which twin this is; only the twins' tests ask."""
    return bool(cython.compiled)


# -- checksums


def _sliced() -> bytes:
    """Return the eight tables by which CRC-32 takes eight bytes at a time, as this machine's own numbers."""
    first = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0xEDB88320 if byte & 1 else 0)  # noqa: PLW2901 - it is being divided
        first.append(byte)
    row, rows = first, list(first)
    for _ in range(7):
        row = [(left >> 8) ^ first[left & 0xFF] for left in row]
        rows += row
    return Struct("=2048I").pack(*rows)


_TABLES: bytes = _sliced()
_BY_EIGHT: bool = sys.byteorder == "little"


@cython.cfunc
@cython.exceptval(check=False)
def _checksum(at: cython.p_uchar, size: cython.Py_ssize_t, before: cython.uint) -> cython.uint:
    """Return the CRC-32 of what stands there behind what had the checksum `before`; the compiled twin's."""
    rows: cython.p_uint = cython.cast(cython.p_uint, PyBytes_AS_STRING(_TABLES))
    crc: cython.uint = ~before
    low: cython.uint = 0
    high: cython.uint = 0
    if _BY_EIGHT:
        while size >= 8:
            memcpy(cython.address(low), at, 4)
            memcpy(cython.address(high), at + 4, 4)
            low ^= crc
            crc = (
                rows[1792 + (low & 0xFF)]
                ^ rows[1536 + ((low >> 8) & 0xFF)]
                ^ rows[1280 + ((low >> 16) & 0xFF)]
                ^ rows[1024 + (low >> 24)]
                ^ rows[768 + (high & 0xFF)]
                ^ rows[512 + ((high >> 8) & 0xFF)]
                ^ rows[256 + ((high >> 16) & 0xFF)]
                ^ rows[high >> 24]
            )
            at += 8
            size -= 8
    while size > 0:
        crc = (crc >> 8) ^ rows[(crc ^ at[0]) & 0xFF]
        at += 1
        size -= 1
    return ~crc


@cython.cfunc
@cython.exceptval(check=False)
def _times(one: cython.uint, other: cython.uint) -> cython.uint:
    """Return the product of two polynomials, modulo CRC-32's; the highest bit is the lowest power."""
    product: cython.uint = 0
    bit: cython.int
    for bit in range(31, -1, -1):
        if (one >> bit) & 1:
            product ^= other
        odd: cython.uint = other & 1
        other >>= 1
        if odd:
            other ^= cython.cast(cython.uint, 0xEDB88320)
    return product


class Piece:
    """A stretch that many records have in common, never at their beginning."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._checksum = crc32(text)
        # What goes before it is multiplied by x to the power of its bits, reckoned by squaring.
        power: cython.uint = 0x80000000
        square: cython.uint = 0x00800000  # x to the 8th, a byte's worth
        left: cython.Py_ssize_t = len(text)
        while left:
            if left & 1:
                power = _times(square, power)
            square = _times(square, square)
            left >>= 1
        self._behind = power


Parts = tuple[bytes | Piece | int, ...]
Encoded = bytes | Parts
"""A record's body: whole, or the parts of it, of which the first is bytes; a number stands for its decimal digits."""


# -- writing


class Page:
    """What a worker has to write next: framed records, numbered and stamped, and an eye on the clock.

    Each record gets here what its body cannot know: version, shard, number, time.
    """

    def __init__(self, schema: int, shard: str, clock: Clock) -> None:
        # Bound once: two attributes less to look up for each record.
        self._time_ns = clock.time_ns
        self._monotonic_ns = clock.monotonic_ns
        self._start = b'{"v":%d,"shard":"%b","seq":' % (schema, shard.encode("ascii"))
        self._second = -1
        self._second_text = b""
        self._wall = 0
        self._monotonic = 0
        self._step = 0
        self._first = 0
        self._next = 0
        self._size = 0
        self._newest = 0
        self._room = bytearray()
        self._slate: mmap | None = None
        self._aside = True

    def lie_on(self, slate: mmap | None) -> None:
        """Put records on mapped memory from now on, None: in the process's own. The page is empty.

        What is larger than that goes beside it, in memory of the process, until the page has been taken.
        """
        if cython.compiled:
            if self._slate is not None:
                PyBuffer_Release(cython.address(self._view))  # type: ignore[attr-defined]
            self._slate = None
            if slate is not None:
                PyObject_GetBuffer(slate, cython.address(self._view), PyBUF_WRITABLE)  # type: ignore[attr-defined]
        self._slate = slate
        self._aside = slate is None

    @property
    def is_kept(self) -> bool:
        """Say whether what is on the page survives this process."""
        return not self._aside

    @property
    def next(self) -> int:
        """Return the number of the next record."""
        return self._next

    @property
    def first(self) -> int:
        """Return the number of the first record on the page."""
        return self._first

    @property
    def size(self) -> int:
        """Return how many bytes are on the page."""
        return self._size

    @property
    def newest(self) -> int:
        """Return how many bytes the newest record takes, frame included."""
        return self._newest

    @property
    def step(self) -> int:
        """Return by how many microseconds the clocks had come apart when last looked at; 0 if not by much."""
        return self._step

    def add(self, body: Encoded) -> int:
        """Look at the clocks, put a record on the page and return its number; -1 if the clocks have stepped.

        In that case nothing is put anywhere, and the caller has two records to `put`.
        """
        return self._add(body if isinstance(body, tuple) else (body,))

    def _add(self, parts: Parts) -> cython.longlong:
        wall: cython.longlong = self._time_ns()
        monotonic: cython.longlong = self._monotonic_ns()
        apart: cython.longlong = (wall - self._wall) - (monotonic - self._monotonic)
        stepped: cython.bint = self._wall != 0 and (wall < self._wall or apart > STEP or apart < -STEP)
        self._wall = wall
        self._monotonic = monotonic
        if stepped:
            self._step = apart // 1000
            if self._step:
                return -1
        return self._put(parts)

    def put(self, body: Encoded) -> int:
        """Put a record on the page, stamped with the time of the last look, and return its number."""
        return self._put(body if isinstance(body, tuple) else (body,))

    def _put(self, parts: Parts) -> cython.longlong:
        size: cython.Py_ssize_t = 0
        for part in parts:
            if isinstance(part, bytes):
                size += len(part)
            elif isinstance(part, Piece):
                piece: Piece = part
                size += len(piece.text)
            else:
                size += width(part)
        first = parts[0]
        if size > _BODY_LIMIT or not isinstance(first, bytes) or not first.startswith(_BODY):
            raise ValueError("this is no body of a record, or too large a one")
        second: cython.longlong = self._wall // 1_000_000_000
        if second != self._second:
            self._second = second
            self._second_text = strftime("%Y-%m-%dT%H:%M:%S", gmtime(second)).encode("ascii")
        micros: cython.longlong = self._wall // 1000 - second * 1_000_000
        if cython.compiled and self._next >= 0 and self._monotonic >= 0:
            self._newest = self._assemble(parts, micros, size - 1)
        else:
            body: bytes = b"".join([_plain(part) for part in parts])
            record = _HEAD % (self._start, self._next, self._second_text, micros, self._monotonic) + body[1:]
            checksum = crc32(record, crc32(_length(len(record))))
            self._write_down(_length(len(record)) + _length(checksum) + record)
            self._newest = len(record) + 8
        self._size += self._newest
        self._next += 1
        return self._next - 1

    def _assemble(self, parts: Parts, micros: cython.longlong, rest: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Put the frame in its place, and return its size; the compiled twin's, and to the same bytes."""
        if cython.compiled:
            begin: cython.Py_ssize_t = PyBytes_GET_SIZE(self._start)
            text: cython.Py_ssize_t = PyBytes_GET_SIZE(self._second_text)
            seq: cython.Py_ssize_t = width(self._next)
            ticks: cython.Py_ssize_t = width(self._monotonic)
            size: cython.Py_ssize_t = begin + seq + 9 + text + 25 + ticks + 1 + rest
            frame: cython.p_char = self._place(size + 8) + self._size
            at: cython.p_char = frame + 8
            memcpy(at, PyBytes_AS_STRING(self._start), begin)
            at += begin
            digits(at, self._next, seq)
            at += seq
            memcpy(at, cython.cast(cython.p_char, b',"time":"'), 9)
            at += 9
            memcpy(at, PyBytes_AS_STRING(self._second_text), text)
            at += text
            at[0] = 46  # a full stop
            digits(at + 1, micros, 6)
            memcpy(at + 7, cython.cast(cython.p_char, b'Z","monotonic_ns":'), 18)
            at += 25
            digits(at, self._monotonic, ticks)
            at += ticks
            at[0] = 44  # a comma
            _number(frame, size)
            # The checksum covers the length too, or a tail of zeros would read as sound, empty records.
            _number(frame + 4, _filled(at + 1, parts, frame + 8, _checksum(cython.cast(cython.p_uchar, frame), 4, 0)))
            return size + 8
        raise AssertionError("this is the compiled twin's")

    def _write_down(self, frame: bytes) -> None:
        """Put a frame in its place; the plain twin's."""
        slate, end = self._slate, self._size + len(frame)
        if slate is not None and not self._aside and end <= len(slate):
            slate[self._size : end] = frame
            return
        self._step_aside()
        self._room[self._size :] = frame

    def _step_aside(self) -> cython.int:
        """Go on in memory of the process: the slate is too small."""
        slate = self._slate
        if slate is not None and not self._aside:
            self._room = bytearray(slate[: self._size])
            self._aside = True
        return 0

    def _place(self, size: cython.Py_ssize_t) -> cython.p_char:
        """Return where the page begins, with room on it for so many bytes more; the compiled twin's."""
        if cython.compiled:
            if not self._aside:
                if self._size + size <= self._view.len:  # type: ignore[attr-defined]
                    return cython.cast(cython.p_char, self._view.buf)  # type: ignore[attr-defined]
                self._step_aside()
            self._make_room(size)
            return PyByteArray_AS_STRING(self._room)
        raise AssertionError("this is the compiled twin's")

    def _make_room(self, size: cython.Py_ssize_t) -> cython.int:
        if cython.compiled and PyByteArray_GET_SIZE(self._room) < self._size + size:
            room = bytearray(max(_ROOM, 2 * (self._size + size)))
            room[: self._size] = self._room[: self._size]
            self._room = room
        return 0

    def take(self) -> bytes:
        """Return the frames that are on the page, and turn to an empty one."""
        frames: bytes
        if cython.compiled:
            frames = PyBytes_FromStringAndSize(self._place(0), self._size)
        else:
            frames = bytes((self._room if self._slate is None or self._aside else self._slate)[: self._size])
        if self._size > _LARGE:
            self._room = bytearray()
        self._aside = self._slate is None
        self._size = 0
        self._first = self._next
        return frames

    def hold(self, first: int, frames: bytes) -> None:
        """Take frames back onto an empty page, to be written again with what comes next."""
        self._room = bytearray(frames)
        self._aside = True
        self._size = len(frames)
        self._first = first

    def begin_at(self, number: int) -> None:
        """Give this number to the next record; the page is empty."""
        self._next = self._first = number


@cython.cfunc
@cython.exceptval(check=False)
def _number(at: cython.p_char, number: cython.uint) -> cython.void:
    """Write four bytes, the highest first."""
    place: cython.int
    for place in range(4):
        at[place] = cython.cast(cython.char, (number >> (24 - 8 * place)) & 0xFF)


def _filled(at: cython.p_char, parts: Parts, begin: cython.p_char, checksum: cython.uint) -> cython.longlong:
    """Write the parts, but for the first byte; return the checksum of all from `begin` on, behind `checksum`."""
    skip: cython.Py_ssize_t = 1
    size: cython.Py_ssize_t
    for part in parts:
        if isinstance(part, bytes):
            size = PyBytes_GET_SIZE(part) - skip
            memcpy(at, PyBytes_AS_STRING(part) + skip, size)
            at += size
            skip = 0
            continue
        if not isinstance(part, Piece):
            size = width(part)
            digits(at, part, size)
            at += size
            continue
        piece: Piece = part
        checksum = _checksum(cython.cast(cython.p_uchar, begin), at - begin, checksum)
        checksum = _times(piece._behind, checksum) ^ piece._checksum
        size = PyBytes_GET_SIZE(piece.text)
        memcpy(at, PyBytes_AS_STRING(piece.text), size)
        at += size
        begin = at
    return _checksum(cython.cast(cython.p_uchar, begin), at - begin, checksum)


@cython.ccall
@cython.exceptval(check=False)
def width(number: cython.longlong) -> cython.Py_ssize_t:
    """Return how many decimal digits a number has that is not negative."""
    wide: cython.Py_ssize_t = 1
    while number >= 10:
        number //= 10
        wide += 1
    return wide


@cython.cfunc
@cython.exceptval(check=False)
def digits(at: cython.p_char, number: cython.longlong, width: cython.Py_ssize_t) -> cython.int:
    """Write so many decimal digits; the compiled twin's."""
    left: cython.ulonglong = number
    place: cython.Py_ssize_t = width
    while place > 0:
        place -= 1
        at[place] = 48 + left % 10
        left //= 10
    return 0


def _plain(part: bytes | Piece | int) -> bytes:
    if isinstance(part, Piece):
        return part.text
    return part if isinstance(part, bytes) else b"%d" % part
