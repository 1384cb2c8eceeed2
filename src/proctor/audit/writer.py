"""The segments of one shard as its writer holds them: the one that is open, and a spare that lies ready behind it.

While people wait for the disk, the syncer fills a spare with zeros ahead of need: an fdatasync of what is written over
them takes half the time of one behind which a file has grown. A new segment gets its name only when the one before is
on disk, so that no power cut leaves a segment without what came before it.

Takes whole frames. Knows nothing of records, of who waits, or of what to do about a fault.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from proctor.audit.disk import sync_folder, write_all
from proctor.audit.segments import HEADER, MAGIC, NEXT, SPARE, segments
from proctor.audit.sync import Syncer

PREPARED: Final = 16 * 1024 * 1024  # zeros ahead of need, per worker: a second of work, and still in the page cache
WAITS: Final = 32  # before somebody who waits for the disk is taken for a habit
STRIDE: Final = 256 * 1024  # written between two waits: more than that, and it is the writing that counts
ROOM: Final = 4  # spares that must fit the disk: one that took the last room would do harm


@dataclass(slots=True)
class _Spare:
    file: int
    size: int
    ready: bool = False


class SegmentWriter:
    """Writes frames to the open segment, and begins another when it is full or a better one is there."""

    def __init__(self, folder: Path, ordinal: int, max_segment: int) -> None:
        self._folder = folder
        self.ordinal = ordinal
        self._max = max_segment
        self._file = -1
        self._size = 0
        self._room = max_segment
        self._is_prepared = False
        self._spare: _Spare | None = None
        self._waits = 0

    def write(self, first: int, frames: bytes, syncer: Syncer | None) -> None:
        """Write frames, of which the first record has this number."""
        is_full = self._size + len(frames) > self._room
        has_better = self._spare is not None and self._spare.ready and not self._is_prepared
        if (is_full or has_better) and self._size > HEADER.size:
            self.begin(first, syncer)
        write_all(self._file, frames)
        self._size += len(frames)

    def begin(self, first: int, syncer: Syncer | None, *, is_faulty: bool = False) -> None:
        """Begin a segment. With a syncer, that brings the one before to disk; if it is faulty, nobody does."""
        self.ordinal += 1
        fresh, room, is_prepared = self._take_file()
        try:
            write_all(fresh, HEADER.pack(MAGIC, first))
            if syncer is not None:
                syncer.adopt(fresh, self._folder, self.ordinal)
            else:
                if self._file >= 0 and not is_faulty:
                    self._finish()
                self._name()
        except OSError:
            os.close(fresh)
            raise
        if self._file >= 0:
            os.close(self._file)
        self._file, self._size, self._room, self._is_prepared = fresh, HEADER.size, room, is_prepared
        self._waits = 0

    def _take_file(self) -> tuple[int, int, bool]:
        path = self._folder / f"{self.ordinal:010d}.next"
        spare = self._spare
        if spare is not None and spare.ready:
            (self._folder / SPARE).rename(path)
            self._spare = None
            return spare.file, spare.size, True
        return _create(path), self._max, False

    def _name(self) -> None:
        path = self._folder / f"{self.ordinal:010d}.next"
        if path.exists():
            path.rename(path.with_suffix(".seg"))
            sync_folder(self._folder)

    def _finish(self) -> None:
        if os.fstat(self._file).st_size > self._size:
            os.ftruncate(self._file, self._size)
        os.fdatasync(self._file)

    def sync(self) -> None:
        """Bring the open segment to disk, in place."""
        os.fdatasync(self._file)
        self._name()

    def hand_to(self, syncer: Syncer) -> None:
        """Let a syncer care for the open segment from here on."""
        syncer.adopt(self._file, self._folder, 0)

    # -- the spare

    def waited(self, syncer: Syncer) -> None:
        """Take note that somebody waits for the disk, and have a spare prepared once that pays."""
        self._waits += 1
        if self._waits < WAITS or self._spare is not None or self._waits * STRIDE < self._size:
            return
        if self._is_prepared and self._size < self._room // 2:
            return
        self._waits = 0
        size = min(PREPARED, self._max)
        if not self._has_room(size * ROOM):
            return
        try:
            (self._folder / SPARE).unlink(missing_ok=True)
            file = _create(self._folder / SPARE)
        except OSError:
            return  # it is slower without, and what is wrong with the disk shows where records are written
        self._spare = _Spare(file, size)
        syncer.prepare(file, size)

    def _has_room(self, size: int) -> bool:
        try:
            found = os.statvfs(self._folder)
        except OSError:
            return False
        return found.f_bavail * found.f_frsize >= size

    def prepared(self, is_ready: bool) -> None:
        """Take the syncer's word on the spare."""
        if self._spare is None:
            return
        self._spare.ready = is_ready
        if not is_ready:
            self.drop_spare()

    def drop_spare(self) -> None:
        """Give up the spare, and the room that it takes."""
        spare, self._spare = self._spare, None
        if spare is not None:
            os.close(spare.file)
            with suppress(OSError):  # a disk that takes nothing any more; the next start removes it
                (self._folder / SPARE).unlink()

    # -- ending

    def drop_after(self, ordinal: int) -> None:
        """Take away what a vain attempt has left: it repeats a part, and the room is better used by the next."""
        for path in (*segments(self._folder), *self._folder.glob(NEXT)):
            if int(path.stem) > ordinal:
                path.unlink(missing_ok=True)

    def close(self, *, is_faulty: bool) -> None:
        """Close the files, and give back the room that was not needed."""
        self.drop_spare()
        file, self._file = self._file, -1
        if file < 0:
            return
        with suppress(OSError):  # zeros at the end do no harm, and the next start takes them away
            if not is_faulty and os.fstat(file).st_size > self._size:
                os.ftruncate(file, self._size)
        os.close(file)


def _create(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
