"""What one fdatasync of the journal's kind takes, while something else keeps the machine busy.

The file is such as a strict journal writes: zeros that are allocated and on disk already, of the size of a spare
segment, in a folder beside the journals. Over them goes, each time at the next place, what one statement leaves, and
then it is waited for, as long as the load runs.
"""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from bench.journal import ANSWERED, DECIDED, NAME
from proctor.audit.syncer import PIECE
from proctor.audit.writer import PREPARED

STATEMENT = ANSWERED % (NAME, NAME) + DECIDED % (NAME, NAME, NAME)


@dataclass(frozen=True)
class Sync:
    """What one fdatasync took beside a load of so many clients: microseconds."""

    round: int
    mode: str
    clients: int
    mean_us: float
    median_us: float


@dataclass
class Probe:
    """An open file of zeros, and what each fdatasync of it took."""

    file: int
    took: list[float] = field(default_factory=list)
    _size: int = 0

    @classmethod
    def prepared(cls, path: Path) -> Self:
        """Make the file as the syncer makes a spare."""
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        for place in range(0, PREPARED, PIECE):
            os.pwrite(file, bytes(PIECE), place)
            os.fdatasync(file)
        return cls(file)

    def once(self) -> None:
        """Write what a statement leaves, and wait until it is on disk."""
        os.pwrite(self.file, STATEMENT, self._size)
        self._size = (self._size + len(STATEMENT)) % (PREPARED - len(STATEMENT))
        before = time.perf_counter()
        os.fdatasync(self.file)
        self.took.append((time.perf_counter() - before) * 1e6)

    def said(self, turn: int, mode: str, clients: int) -> Sync:
        """Return it in two figures."""
        return Sync(turn, mode, clients, statistics.fmean(self.took), statistics.median(self.took))


@contextmanager
def probing(folder: Path) -> Iterator[Probe]:
    """Go on with that in a thread until the block is left."""
    path = folder / "probe"
    probe, over = Probe.prepared(path), threading.Event()

    def go_on() -> None:
        while not over.is_set():
            probe.once()

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield probe
    finally:
        over.set()
        thread.join()
        os.close(probe.file)
        path.unlink()
