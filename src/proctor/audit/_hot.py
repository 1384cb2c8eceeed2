# cython: language_level=3, wraparound=False
# mypy: disable-error-code="untyped-decorator, no-any-return"
"""The journal's frames as they are read again, and the log's hashes: sound frames in a segment; leaves and nodes.

In come whole buffers, out go records and hashes. Compiled where there is a compiler: plain Python, which Cython turns
into C; both ways pass the same tests. Knows no files, and nothing of what records mean.
"""

from __future__ import annotations

from hashlib import sha256
from struct import Struct
from zlib import crc32

try:  # the compiler must see the words "import cython"; at run time Cython may be missing
    import cython  # type: ignore[import-untyped]  # Cython ships no types for it
except ModuleNotFoundError:
    from proctor.audit import _shim as cython

if cython.compiled:
    from cython.cimports.cpython.bytes import PyBytes_AS_STRING  # type: ignore[import-untyped]

MAX_RECORD = 16 * 1024 * 1024  # a length on disk is a promise too: a flipped bit must not ask for 4 GB
MAX_ENTRY = 65_535
_length = Struct(">I").pack
_read_length = Struct(">I").unpack_from
_short = Struct(">H").pack


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
