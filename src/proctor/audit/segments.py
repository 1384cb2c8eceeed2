"""The journal's files: how records lie in a segment, and how they are read back.

A shard is a folder of segments, `0000000001.seg` and up. A segment starts with a magic word and the number of its first
record; then frames, each a length, a CRC-32 over length and payload, and the payload. Reading never trusts a length.

A segment may end in zeros: they are not written yet. No length is nought and no record has a zero byte, so nothing that
was written looks like it. Takes paths and bytes; returns records by number. Knows nothing of who writes, or when.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from proctor.audit._hot import MAX_ENTRY, MAX_RECORD, Entries, sound_records

MAGIC: Final = b"PROCTOR\x01"
HEADER: Final = struct.Struct(">8sQ")
FRAME: Final = struct.Struct(">II")
NEXT: Final = "[0-9]" * 10 + ".next"
"""A segment that is written already and gets its name when the one before is on disk, with all that it holds."""
SPARE: Final = "spare"
"""A file of zeros that will be one of the next."""
_LENGTH: Final = struct.Struct(">I")
_CHUNK: Final = 512 * 1024  # read at once on the quick way: some hundred records, and still in the cache when hashed

_LOOK: Final = 256 * 1024
"""Behind so many zeros nobody looks for more: a larger hole is seen by the gap before what comes behind it."""
_BLANK: Final = bytes(16)
"""Never part of a record or of a frame's head: what the disk was to write there, it has not written."""

_HEAD: Final = 200  # bytes in which a record has told its number

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
    blank: bool = False
    """Zeros stand where bytes should: a disk that lost its power has written what comes behind, and not this."""
    rest: int = 0
    """How many bytes were written from there on."""


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
    head = written(path, 0, HEADER.size)
    if len(head) < HEADER.size or head[:8] != MAGIC:
        begun = len(head) == HEADER.size and any(head)
        yield Damage(path, -1, 0, not begun, "the segment has no header", rest=len(written(path, 0)))
        return
    data = written(path, offset)
    seq = int(HEADER.unpack(head)[1]) if seq is None else seq
    place, twice = 0, False
    while place < len(data):
        end = _end(data, place)
        if end is not None and _sound(data, place, end):
            yield Frame(seq, data[place + FRAME.size : end], offset + place)
        else:
            damage = _damage(path, seq, offset, data, place)
            if damage.blank and not twice:
                # Read while it was written, perhaps: what is written later was seen, so what came before is there now.
                data, offset, place, twice = written(path, offset + place), offset + place, 0, True
                continue
            yield damage
            if end is None or not damage.record:
                return
        seq, place, twice = seq + 1, end, False


def written(path: Path, offset: int = 0, most: int | None = None) -> bytes:
    """Return what a segment holds from there on, up to the zeros at its end."""
    parts: list[bytes] = []
    with path.open("rb") as file:
        file.seek(offset)
        if most is not None:
            return file.read(most)
        while (piece := file.read(_LOOK)).strip(b"\0"):
            parts.append(piece)
    return b"".join(parts).rstrip(b"\0")


def _damage(path: Path, seq: int, offset: int, data: bytes, place: int) -> Damage:
    end, rest = _end(data, place), len(data) - place
    if end is not None and (after := _end(data, end)) is not None and _sound(data, end, after):
        spoilt = data[place + FRAME.size : end]
        why = "the record does not match its checksum"
        return Damage(path, seq, offset + place, False, why, spoilt, _BLANK in spoilt, rest)
    follows = _sound_frame_after(data, place) if end != len(data) else -1
    if follows < 0:
        return Damage(path, seq, offset + place, True, _CUT_SHORT, rest=rest)
    blank = not any(data[place : place + 4]) or _BLANK in data[place:follows]
    return Damage(path, seq, offset + place, False, _LENGTH_CHANGED, blank=blank, rest=rest)


def _sound_frame_after(data: bytes, place: int) -> int:
    """Return where the next sound frame starts, or -1."""
    # Every record starts with the same bytes, so candidates are few, and a CRC settles each.
    at = data.find(b'{"v":', place + FRAME.size + 1)
    while at >= 0:
        start = at - FRAME.size
        end = _end(data, start)
        if end is not None and _sound(data, start, end):
            return start
        at = data.find(b'{"v":', at + 1)
    return -1


def sound_at(data: bytes, place: int) -> int | None:
    """Return where the frame that begins there ends, if it is whole and sound."""
    end = _end(data, place)
    return end if end is not None and _sound(data, place, end) else None


def _end(data: bytes, place: int) -> int | None:
    if place + FRAME.size > len(data):
        return None
    end = place + FRAME.size + int(_LENGTH.unpack_from(data, place)[0])
    return end if place + FRAME.size < end <= min(len(data), place + FRAME.size + MAX_RECORD) else None


def _sound(data: bytes, place: int, end: int) -> bool:
    length, checksum = FRAME.unpack_from(data, place)
    seed = zlib.crc32(_LENGTH.pack(length))
    return bool(zlib.crc32(memoryview(data)[place + FRAME.size : end], seed) == checksum)


def _read_into(buffer: bytearray, path: Path, offset: int) -> int:
    try:
        number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return 0  # pruned at this moment: the log has it all
    try:
        return os.preadv(number, [buffer], offset)
    finally:
        os.close(number)


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
        self._buffer = bytearray()

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

    @property
    def place(self) -> tuple[str, int, int] | None:
        """Return where it goes on: a segment's name, the number of the next record, and where its frame begins."""
        return None if self._path is None or self._seq is None else (self._path.name, self._seq, self._offset)

    def go_on_from(self, name: str, seq: int, offset: int) -> None:
        """Begin at such a place instead of a segment's beginning, if it is still what it was said to be."""
        path = self.folder / Path(name).name
        if seq > self.following or not path.exists() or path.stat().st_size < offset:
            return
        data = _chunk(path, offset, _CHUNK)
        found, _ = sound_records(data, 1)
        if (b'"seq":%d,' % seq in found[0][:_HEAD]) if found else not data.strip(b"\0"):
            self._path, self._seq, self._offset = path, seq, offset

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

    def fill(self, entries: Entries, limit: int) -> int:
        """Do the same for a log's entries, and return how many they got; it ends before a record too large for one."""
        while True:
            if self._path is None or self._seq is None:
                if not self._turn():
                    return 0
                continue
            if len(self._buffer) != _CHUNK:
                self._buffer = bytearray(_CHUNK)
            read = _read_into(self._buffer, self._path, self._offset)
            known = self.following - self._seq
            count, end = entries.frames(self._buffer, read, limit, known if known >= 0 else limit)
            if not count:
                is_too_large = read >= FRAME.size and _LENGTH.unpack_from(self._buffer)[0] > MAX_ENTRY
                if is_too_large or not self._turn():
                    return 0
                continue
            if known < 0:
                return 0  # a gap
            self._offset += end
            self._seq += count
            if self._seq > self.following:
                self.following = self._seq
                return count - known

    def _sound(self, path: Path, limit: int) -> tuple[list[bytes], int]:
        data = _chunk(path, self._offset, _CHUNK)
        records, end = sound_records(data, limit)
        if not records and len(data) == _CHUNK and any(data[:4]):
            return sound_records(_chunk(path, self._offset, FRAME.size + MAX_RECORD), limit)
        return records, end

    def _turn(self) -> bool:
        """Turn to the segment behind the one that was read to its end, if it goes on without a gap."""
        paths = self._paths()
        if self._path is not None and self._path in paths:
            # Its size counts only now that the next one was seen: behind that, nothing is written to it any more.
            if self._seq is None or len(paths) < 2 or written(paths[0], self._offset):
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
