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
from struct import pack_into, unpack_from

SLOTS = 4096  # databases share a slot when their names collide, which costs a refresh and no more


class Epochs:
    """The counters of one house."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if os.fstat(self._file).st_size < SLOTS * 8:
            os.ftruncate(self._file, SLOTS * 8)
        self._map = mmap.mmap(self._file, SLOTS * 8)

    def slot(self, database: str) -> int:
        """Return where the database's counter lies."""
        return int.from_bytes(blake2b(database.encode(), digest_size=4).digest(), "big") % SLOTS * 8

    def read(self, slot: int) -> int:
        """Return the counter's value."""
        number: int = unpack_from("<Q", self._map, slot)[0]
        return number

    def bump(self, slot: int) -> None:
        """Raise the counter, of all processes one at a time."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            pack_into("<Q", self._map, slot, self.read(slot) + 1)
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Unmap."""
        self._map.close()
        os.close(self._file)
