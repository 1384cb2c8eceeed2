# cython: language_level=3, wraparound=False
# mypy: disable-error-code="untyped-decorator, no-any-return"
"""The journal's hot path: number, stamp and frame a record; find the sound frames in a segment; hash leaves and nodes.

In come bodies and whole buffers, out go frames, records and hashes. Compiled where there is a compiler: plain Python,
which Cython turns into C; both ways pass the same tests. Knows no files, and of a record nothing but its first bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from struct import Struct
from time import gmtime, strftime
from typing import Protocol
from zlib import crc32

from proctor.errors import HouseFault

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

MAX_RECORD = 16 * 1024 * 1024  # a length on disk is a promise too: a flipped bit must not ask for 4 GB
MAX_ENTRY = 65_535
STEP = 500_000_000  # ns by which the clocks may come apart between two records before that is recorded
_BODY = b'{"kind":'
_BODY_LIMIT = MAX_RECORD - 512
_HEAD = b'%b%d,"time":"%b.%06dZ","monotonic_ns":%d,'
_length = Struct(">I").pack
_read_length = Struct(">I").unpack_from
_short = Struct(">H").pack


class Clock(Protocol):
    """Tells the time; the module `time` is one."""

    def time_ns(self) -> int:
        """Return nanoseconds since 1970, UTC."""

    def monotonic_ns(self) -> int:
        """Return nanoseconds that only grow."""


def _is_compiled() -> bool:
    """Say which twin this is; only the twins' tests ask."""
    return bool(cython.compiled)


# -- writing


@cython.cclass
class Page:
    """What a worker has to write next: framed records, numbered and stamped, and an eye on the clock.

    Each record gets here what its body cannot know: version, shard, number, time.
    """

    _time_ns: object
    _monotonic_ns: object
    _start: bytes
    _second: cython.longlong
    _second_text: bytes
    _wall: cython.longlong
    _monotonic: cython.longlong
    _step: cython.longlong
    _first: cython.longlong
    _next: cython.longlong
    _size: cython.Py_ssize_t
    _newest: cython.Py_ssize_t
    _parts: list  # type: ignore[type-arg]  # Cython takes no parameters here

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
        self._parts = []

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

    def add(self, body: bytes) -> int:
        """Look at the clocks, put a record on the page and return its number; -1 if the clocks have stepped.

        In that case nothing is put anywhere, and the caller has two records to `put`.
        """
        return self._add(body)

    @cython.cfunc
    @cython.exceptval(-2, check=True)
    def _add(self, body: bytes) -> cython.longlong:
        wall: cython.longlong = self._time_ns()  # type: ignore[operator]
        monotonic: cython.longlong = self._monotonic_ns()  # type: ignore[operator]
        apart: cython.longlong = (wall - self._wall) - (monotonic - self._monotonic)
        stepped: cython.bint = self._wall != 0 and (wall < self._wall or apart > STEP or apart < -STEP)
        self._wall = wall
        self._monotonic = monotonic
        if stepped:
            self._step = apart // 1000
            if self._step:
                return -1
        return self._put(body)

    def put(self, body: bytes) -> int:
        """Put a record on the page, stamped with the time of the last look, and return its number."""
        return self._put(body)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _put(self, body: bytes) -> cython.longlong:
        size: cython.Py_ssize_t = len(body)
        if size > _BODY_LIMIT or not body.startswith(_BODY):
            raise ValueError("this is no body of a record, or too large a one")
        record: bytes = self._record(body)
        size = len(record)
        self._parts.append(_frame_head(size, crc32(record, _seed(size))))
        self._parts.append(record)
        self._newest = size + 8
        self._size += size + 8
        self._next += 1
        return self._next - 1

    @cython.cfunc
    def _record(self, body: bytes) -> bytes:
        second: cython.longlong = self._wall // 1_000_000_000
        micros: cython.longlong = self._wall // 1000 - second * 1_000_000
        if second != self._second:
            self._second = second
            self._second_text = strftime("%Y-%m-%dT%H:%M:%S", gmtime(second)).encode("ascii")
        if cython.compiled and self._next >= 0 and self._monotonic >= 0:
            return self._assembled(body, micros)
        return _HEAD % (self._start, self._next, self._second_text, micros, self._monotonic) + body[1:]

    @cython.cfunc
    def _assembled(self, body: bytes, micros: cython.longlong) -> bytes:
        """Return head and body as one string; only the compiled twin gets here, and to the same bytes."""
        if cython.compiled:
            start: cython.Py_ssize_t = PyBytes_GET_SIZE(self._start)
            text: cython.Py_ssize_t = PyBytes_GET_SIZE(self._second_text)
            rest: cython.Py_ssize_t = PyBytes_GET_SIZE(body) - 1
            seq: cython.Py_ssize_t = _width(self._next)
            ticks: cython.Py_ssize_t = _width(self._monotonic)
            record: bytes = PyBytes_FromStringAndSize(cython.NULL, start + seq + 9 + text + 25 + ticks + 1 + rest)
            at: cython.p_char = PyBytes_AS_STRING(record)
            memcpy(at, PyBytes_AS_STRING(self._start), start)
            at += start
            _digits(at, self._next, seq)
            at += seq
            memcpy(at, cython.cast(cython.p_char, b',"time":"'), 9)
            at += 9
            memcpy(at, PyBytes_AS_STRING(self._second_text), text)
            at += text
            at[0] = 46  # a full stop
            _digits(at + 1, micros, 6)
            memcpy(at + 7, cython.cast(cython.p_char, b'Z","monotonic_ns":'), 18)
            at += 25
            _digits(at, self._monotonic, ticks)
            at += ticks
            at[0] = 44  # a comma
            memcpy(at + 1, PyBytes_AS_STRING(body) + 1, rest)
            return record
        raise AssertionError("this is the compiled twin's")

    def take(self) -> bytes:
        """Return the frames that are on the page, and turn to an empty one."""
        frames: bytes = b"".join(self._parts)
        self._parts.clear()
        self._size = 0
        self._first = self._next
        return frames

    def hold(self, first: int, frames: bytes) -> None:
        """Take frames back onto an empty page, to be written again with what comes next."""
        self._parts.append(frames)
        self._size = len(frames)
        self._first = first

    def begin_at(self, number: int) -> None:
        """Give this number to the next record; the page is empty."""
        self._next = self._first = number


@cython.cclass
class Front:
    """The quick half of a journal: takes a record, and who is to be called when it is written.

    The other half, a subclass, writes, syncs and knows what to do about faults; the attributes are both halves'.
    """

    failed = cython.declare(object, visibility="public")
    _page = cython.declare(Page, visibility="public")
    _unsynced_size = cython.declare(cython.longlong, visibility="public")
    _max_unsynced: cython.longlong
    _max_later: cython.Py_ssize_t
    _leaving = cython.declare(list, visibility="public")
    _round = cython.declare(object, visibility="public")
    _soon = cython.declare(object, visibility="public")

    def __init__(self, page: Page, max_later: int, max_unsynced: int) -> None:
        self.failed = None
        self._page = page
        self._unsynced_size = 0
        self._max_unsynced = max_unsynced
        self._max_later = max_later
        self._leaving = []
        self._round = None
        self._soon = None

    def append_later(self, body: bytes) -> int:
        """Take a record and return its position. It is written with the next `append`, or within 10 ms."""
        position: cython.longlong = self._take(body)
        if self._page._size > self._max_later:
            self.write()
        if self._soon is None:
            self.sync_soon()
        return position

    def append_then(self, body: bytes, leave: Callable[[HouseFault | None], None], durable: bool = False) -> None:
        """Take a record, and call `leave` once it is written, or with the fault by which it is not.

        That is when this round of the event loop is over: all that is asked in one round shares one write. Without a
        loop it is at once. If it is to be `durable`, that is when it is on disk: the rounds that come while one
        fdatasync runs share the next.
        """
        position: cython.longlong = self._take(body)
        if self._page._size > self._max_later:
            self.write()
        if durable:
            self.then(position, leave)
            return
        self._leaving.append(leave)
        if self._round is None:
            self.end_round()

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _take(self, body: bytes) -> cython.longlong:
        if self.failed is not None or self._unsynced_size > self._max_unsynced:
            self.make_way()
        position: cython.longlong = self._page._add(body)
        return position if position >= 0 else self.step_and_put(body)

    def let_go(self) -> None:
        """Write, and call all that wait for it."""
        if self._round is not None:
            self._round.cancel()
            self._round = None
        fault = None
        try:
            self.settle()
        except HouseFault as failed:
            fault = failed
        leaving: list = self._leaving  # type: ignore[type-arg]
        self._leaving = []
        called: cython.Py_ssize_t = 0
        try:
            for leave in leaving:
                called += 1
                leave(fault)
        finally:
            if called < len(leaving):  # one of them broke; the others must not wait for ever
                self._leaving = leaving[called:] + self._leaving
                if self._round is None:
                    self.end_round()

    # ---- the other half's

    def settle(self) -> None:
        """Write, and ask for the disk what waits for it."""
        raise NotImplementedError

    def write(self) -> None:
        """Write the page."""
        raise NotImplementedError

    def then(self, position: int, leave: Callable[[HouseFault | None], None]) -> None:
        """Call `leave` once the record at this position is on disk, or with the fault by which it is not."""
        raise NotImplementedError

    def sync_soon(self) -> None:
        """See to it that everything so far is on disk within 10 ms."""
        raise NotImplementedError

    def end_round(self) -> None:
        """See to it that this round of the loop ends with calling all that wait."""
        raise NotImplementedError

    def make_way(self) -> None:
        """Refuse what comes after a fault, or wait for the disk when too much is kept."""
        raise NotImplementedError

    def step_and_put(self, body: bytes) -> int:
        """Put a record behind one that says that the clocks have stepped, and return its position."""
        raise NotImplementedError


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
def _frame_head(size: cython.longlong, checksum: cython.longlong) -> bytes:
    if cython.compiled:
        head: bytes = PyBytes_FromStringAndSize(cython.NULL, 8)
        at: cython.p_uchar = cython.cast(cython.p_uchar, PyBytes_AS_STRING(head))
        place: cython.int
        for place in range(4):
            at[place] = (size >> (24 - 8 * place)) & 0xFF
            at[4 + place] = (checksum >> (24 - 8 * place)) & 0xFF
        return head
    return _length(size) + _length(checksum)


@cython.cfunc
@cython.exceptval(-1, check=False)
def _width(number: cython.longlong) -> cython.Py_ssize_t:
    width: cython.Py_ssize_t = 1
    while number >= 10:
        number //= 10
        width += 1
    return width


@cython.cfunc
@cython.exceptval(-1, check=False)
def _digits(at: cython.p_char, number: cython.longlong, width: cython.Py_ssize_t) -> cython.int:
    left: cython.ulonglong = number
    place: cython.Py_ssize_t = width
    while place > 0:
        place -= 1
        at[place] = 48 + left % 10
        left //= 10
    return 0


def numeral(number: int) -> bytes:
    """Return a number that is not negative in decimal digits."""
    if cython.compiled:
        left: cython.longlong = number
        width: cython.Py_ssize_t = _width(left)
        text: bytes = PyBytes_FromStringAndSize(cython.NULL, width)
        _digits(PyBytes_AS_STRING(text), left, width)
        return text
    return b"%d" % number


# -- reading


@cython.cfunc
@cython.exceptval(-1, check=True)
def _uint32(data: bytes, place: cython.Py_ssize_t) -> cython.longlong:
    if cython.compiled:
        at: cython.p_uchar = cython.cast(cython.p_uchar, PyBytes_AS_STRING(data)) + place
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


def leaf_hashes(entries: list[bytes]) -> list[bytes]:
    """Return the hash of each entry."""
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node over two others."""
    return sha256(b"\x01" + left + right).digest()


def root_over(hashes: list[bytes]) -> bytes:
    """Return the root over subtrees of one size, of which only the last may be smaller; there is at least one."""
    row: list = hashes  # type: ignore[type-arg]
    above: list  # type: ignore[type-arg]
    count: cython.Py_ssize_t = len(row)
    place: cython.Py_ssize_t
    while count > 1:
        above = []
        for place in range(0, count - 1, 2):
            above.append(sha256(b"\x01" + row[place] + row[place + 1]).digest())
        if count % 2:
            # An odd one out moves up as it is: the left part is then the largest power of two below n, as wanted.
            above.append(row[count - 1])
        row = above
        count = len(row)
    return row[0]


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
