"""Between the stations: the shared epochs of the databases, one counter each, in memory that all workers map.

A session raises its database's epoch before DDL leaves and again when it has ended; whoever read another number last
reads the catalog again. Reading costs a memory access; that is why it is not in the store.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from hashlib import blake2b
from pathlib import Path

SLOTS = 4096  # databases share a slot when their names collide, which costs a refresh and no more


class Epochs:
    """The counters of one house."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if os.fstat(self._file).st_size < SLOTS * 8:
            os.ftruncate(self._file, SLOTS * 8)
        self._map = mmap.mmap(self._file, SLOTS * 8)
        self.numbers = memoryview(self._map).cast("Q")
        """All counters, by slot; an aligned word is read and written whole."""

    def slot(self, database: str) -> int:
        """Return where the database's counter lies."""
        return int.from_bytes(blake2b(database.encode(), digest_size=4).digest(), "big") % SLOTS

    def read(self, slot: int) -> int:
        """Return the counter's value."""
        return self.numbers[slot]

    def bump(self, slot: int) -> None:
        """Raise the counter, of all processes one at a time."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            self.numbers[slot] += 1
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Unmap."""
        self.numbers.release()
        self._map.close()
        os.close(self._file)
