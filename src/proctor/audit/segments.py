"""The journal's files: how records lie in a segment, and how they are read back.

A shard is a folder of segments, `0000000001.seg` and up. A segment starts with a magic word and the number of its first
record; then frames, each a length, a CRC-32 over length and payload, and the payload. Reading never trusts a length.
Takes paths and bytes; returns records by number. Knows nothing of who writes, or when.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from proctor.audit._hot import MAX_RECORD, sound_records

MAGIC: Final = b"PROCTOR\x01"
HEADER: Final = struct.Struct(">8sQ")
FRAME: Final = struct.Struct(">II")
_LENGTH: Final = struct.Struct(">I")
_CHUNK: Final = 512 * 1024  # read at once on the quick way: some hundred records, and still in the cache when hashed

# A write that was cut short has nothing after it; where sound frames follow, somebody changed a length.
_CUT_SHORT: Final = "the last record is cut short or was changed"
_LENGTH_CHANGED: Final = "the length of the record was changed"


@dataclass(frozen=True, slots=True)
class Frame:
    """One record as it lies in a segment: its number, its bytes, and where its frame starts."""

    seq: int
    record: bytes
    offset: int


@dataclass(frozen=True, slots=True)
class Damage:
    """The place where a segment stops making sense. `torn` says that nothing sound follows: a write was cut short."""

    path: Path
    seq: int
    offset: int
    torn: bool
    why: str
    record: bytes = b""
    """What stands there, to name the record by, and for nothing else."""


def frame(record: bytes) -> bytes:
    """Return a record in its frame."""
    # The CRC covers the length too, or a tail of zeros would read as any number of sound, empty records.
    length = _LENGTH.pack(len(record))
    return b"%b%b%b" % (length, _LENGTH.pack(zlib.crc32(record, zlib.crc32(length))), record)


def segments(folder: Path) -> list[Path]:
    """Return a shard's segments, oldest first."""
    return sorted(folder.glob("[0-9]" * 10 + ".seg"))


def first_of(path: Path) -> int | None:
    """Return the number of a segment's first record, or None when the segment has no whole header."""
    with path.open("rb") as file:
        head = file.read(HEADER.size)
    if len(head) < HEADER.size or head[:8] != MAGIC:
        return None
    return int(HEADER.unpack(head)[1])


def scan(path: Path, seq: int | None = None, offset: int = HEADER.size) -> Iterator[Frame | Damage]:
    """Yield a segment's records in order, from a frame already known if one is given.

    A record that does not match its checksum is a damage, and reading goes on if a sound frame follows right behind it;
    any other damage is the end of the segment.
    """
    with path.open("rb") as file:
        head = file.read(HEADER.size)
        if len(head) < HEADER.size or head[:8] != MAGIC:
            yield Damage(path, -1, 0, len(head) < HEADER.size, "the segment has no header")
            return
        file.seek(offset)
        data = file.read()
    seq = int(HEADER.unpack(head)[1]) if seq is None else seq
    place = 0
    while place < len(data):
        end = _end(data, place)
        if end is not None and _sound(data, place, end):
            yield Frame(seq, data[place + FRAME.size : end], offset + place)
        elif end is not None and (after := _end(data, end)) is not None and _sound(data, end, after):
            spoilt = data[place + FRAME.size : end]
            yield Damage(path, seq, offset + place, False, "the record does not match its checksum", spoilt)
        else:
            follows = end != len(data) and _sound_frame_after(data, place)
            yield Damage(path, seq, offset + place, not follows, _LENGTH_CHANGED if follows else _CUT_SHORT)
            return
        seq, place = seq + 1, end


def _sound_frame_after(data: bytes, place: int) -> bool:
    # Every record starts with the same bytes, so candidates are few, and a CRC settles each.
    at = data.find(b'{"v":', place + FRAME.size + 1)
    while at >= 0:
        start = at - FRAME.size
        end = _end(data, start)
        if end is not None and _sound(data, start, end):
            return True
        at = data.find(b'{"v":', at + 1)
    return False


def _end(data: bytes, place: int) -> int | None:
    if place + FRAME.size > len(data):
        return None
    end = place + FRAME.size + int(_LENGTH.unpack_from(data, place)[0])
    return end if place + FRAME.size < end <= min(len(data), place + FRAME.size + MAX_RECORD) else None


def _sound(data: bytes, place: int, end: int) -> bool:
    length, checksum = FRAME.unpack_from(data, place)
    seed = zlib.crc32(_LENGTH.pack(length))
    return bool(zlib.crc32(memoryview(data)[place + FRAME.size : end], seed) == checksum)


def _chunk(path: Path, offset: int, size: int) -> bytes:
    try:
        number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return b""  # pruned at this moment: the log has it all
    try:
        return os.pread(number, size, offset)
    finally:
        os.close(number)


class Reader:
    """Reads a shard's records by number, each once, and goes on from where it was as the journal grows.

    After a fault, a new segment repeats what was not known to be on disk, to the byte; the first sound copy is taken,
    and damage that a later segment makes good is none.
    """

    def __init__(self, folder: Path, start: int = 0) -> None:
        self.folder = folder
        self.following = start
        self._path: Path | None = None
        self._seq: int | None = None
        self._offset = HEADER.size

    def __iter__(self) -> Iterator[Frame | Damage]:
        """Yield what there is from here on; the last thing may be a damage, which the next round looks at again."""
        harm: Damage | None = None
        for path in self._paths():
            if path != self._path:
                self._path, self._seq, self._offset = path, None, HEADER.size
            for found in self._scan(path):
                if isinstance(found, Damage):
                    harm = harm or (found if found.seq < 0 or found.seq >= self.following else None)
                    continue
                fresh = found.seq >= self.following
                if fresh and harm is not None and found.seq > self.following:
                    yield harm  # whoever stops here meets it again
                self._seq, self._offset = found.seq + 1, found.offset + FRAME.size + len(found.record)
                if fresh:
                    harm = None
                    self.following = found.seq + 1
                    yield found
        if harm is not None:
            yield harm

    def run(self, limit: int) -> list[bytes]:
        """Return up to so many records, from the next one on, as long as one sound frame follows another.

        Where that ends, for whatever reason, it returns nothing: iterating then finds the way on, or tells the damage.
        """
        while True:
            if self._path is None or self._seq is None:
                if not self._turn():
                    return []
                continue
            records, end = self._sound(self._path, limit)
            if not records:
                if not self._turn():
                    return []
                continue
            if self._seq > self.following:
                return []  # a gap
            self._offset += end
            known = self.following - self._seq
            self._seq += len(records)
            if self._seq > self.following:
                self.following = self._seq
                return records[known:]

    def _sound(self, path: Path, limit: int) -> tuple[list[bytes], int]:
        data = _chunk(path, self._offset, _CHUNK)
        records, end = sound_records(data, limit)
        if not records and len(data) == _CHUNK:
            return sound_records(_chunk(path, self._offset, FRAME.size + MAX_RECORD), limit)
        return records, end

    def _turn(self) -> bool:
        """Turn to the segment behind the one that was read to its end, if it goes on without a gap."""
        paths = self._paths()
        if self._path is not None and self._path in paths:
            # Its size counts only now that the next one was seen: behind that, nothing is written to it any more.
            if self._seq is None or len(paths) < 2 or paths[0].stat().st_size != self._offset:
                return False
            del paths[0]
        first = first_of(paths[0]) if paths else None
        if first is None or first > self.following:
            return False
        self._path, self._seq, self._offset = paths[0], first, HEADER.size
        return True

    def _scan(self, path: Path) -> Iterator[Frame | Damage]:
        try:
            yield from scan(path, self._seq, self._offset)
        except FileNotFoundError:
            return  # pruned at this moment: the log has it all

    def _paths(self) -> list[Path]:
        paths = segments(self.folder)
        if self._path in paths:
            return paths[paths.index(self._path) :]
        # A segment that ends before the one with our number cannot hold it, except the one right before a repetition.
        firsts = [first_of(path) for path in paths]
        place = max((n for n, first in enumerate(firsts) if first is not None and first <= self.following), default=0)
        while place > 0 and firsts[place] == self.following:
            place -= 1
        return paths[place:]


def read(folder: Path, start: int = 0) -> Iterator[Frame | Damage]:
    """Yield a shard's records from number `start` on."""
    return iter(Reader(folder, start))


@dataclass(frozen=True, slots=True)
class Healed:
    """What was found in the folder at the start."""

    segment: int
    following: int
    cut: int = 0
    damaged: bool = False


def heal(folder: Path) -> Healed:
    """Cut the torn tail off the last segment, sync it, and say where the next record belongs.

    Only what nothing sound follows is cut: damage in the midst is evidence, and stays.
    """
    paths = segments(folder)
    if not paths:
        return Healed(0, 0)
    last = paths[-1]
    following = max((first for path in paths if (first := first_of(path)) is not None), default=0)
    cut, damaged = 0, False
    # Two, because a crash amid a recovery leaves a last segment that repeats only some of the one before.
    for path in paths[-2:]:
        for found in scan(path):
            if not isinstance(found, Damage):
                following = max(following, found.seq + 1)
            elif path == last and found.torn:
                cut = last.stat().st_size - found.offset
                os.truncate(last, found.offset)
            elif path == last:
                damaged = True
                following = max(following, found.seq + 1)
    with last.open("rb+") as file:
        os.fdatasync(file.fileno())
    return Healed(int(last.stem), following, cut, damaged)
