"""The Merkle log: entries in, signed checkpoints out, all of it plain files that strangers can read (C2SP tlog-tiles).

`Log.append` writes bundles and tiles, and only then a checkpoint: whoever holds one finds everything it speaks of. The
signer is fenced: it keeps, apart from the log, what it has signed last, and signs nothing that does not contain it; a
restored backup or a forked tree gets no signature. A kill at any moment leaves a log that the next `open` continues.
Knows nothing of what entries mean.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from proctor.audit.disk import give_back, sync_folder, write_all, write_durably
from proctor.audit.note import Checkpoint, Signatory, Untrusted, Verifier, open_checkpoint, read_checkpoint
from proctor.audit.proof import consistent, prove_consistency
from proctor.audit.tiles import (
    EMPTY,
    HASH,
    WIDTH,
    Entries,
    Misshapen,
    Tiles,
    bundle_path,
    pack_all,
    root_of,
    root_over,
    split,
    tile_path,
)
from proctor.errors import HouseFault

CHECKPOINT: Final = "checkpoint"
KEY: Final = "log.vkey"
_AT_ONCE: Final = 64  # files that are open at a time
_LARGE: Final = 16 * 1024  # smaller ones, tiles of hashes among them, are not worth a call
KEPT: Final = 16 * 1024 * 1024
"""Bytes of the newest entries that stay in the page cache: sinks and searches read them next."""


class Signer:
    """Signs the checkpoints of one log, and never two that contradict each other."""

    def __init__(self, key: Signatory, origin: str, memory: Path, *, fence: Path | None = None) -> None:
        """Take the key, the log's name, and the file that remembers what was signed last.

        `fence` is a second such file, kept where no backup of the first one comes from: a memory that was restored is
        behind it, and the larger of the two counts.
        """
        self._key = key
        self.origin = origin
        self._memories = (memory,) if fence is None else (memory, fence)
        self.last = self._remembered()

    @property
    def verifier(self) -> Verifier:
        """Return the key by which anyone checks the signatures."""
        return self._key.verifier(self.origin)

    def _remembered(self) -> Checkpoint:
        last = Checkpoint(self.origin, 0, EMPTY)
        for memory in self._memories:
            try:
                said = read_checkpoint(memory.read_text("utf-8"), self.origin)
            except FileNotFoundError:
                continue
            except (Untrusted, UnicodeDecodeError) as fault:
                raise HouseFault("the signer's memory cannot be read", hint="restore it; never remove it") from fault
            last = max(last, said, key=lambda one: one.size)
        return last

    def sign(self, size: int, root: bytes, proof: Sequence[bytes]) -> bytes:
        """Return the signed checkpoint of a tree that the proof shows to contain the last one signed."""
        if not consistent(self.last.size, self.last.root, size, root, proof):
            raise HouseFault(
                "the log does not contain what was signed before: it was rolled back or changed",
                hint="run `proctor audit verify`; restore the newest log",
            )
        said = Checkpoint(self.origin, size, root)
        # Remembered before it is released: a crash in between costs nothing, the other order could sign twice.
        for memory in reversed(self._memories):
            write_durably(memory, said.body().encode())
        self.last = said
        return self._key.sign(said.body(), self.origin)


class Log:
    """One log's folder, opened for appending by its only writer."""

    def __init__(self, folder: Path, signer: Signer) -> None:
        self.folder = folder
        self.signer = signer
        self.size = 0
        self.root = EMPTY
        self._levels: list[bytes] = []
        self._bundle = b""
        self._warm: deque[tuple[str, int]] = deque()
        self._warmth = 0
        self._broken = False

    @classmethod
    def open(cls, folder: Path, signer: Signer) -> Log:
        """Open a log where its last checkpoint left it, or where the signer did, if a crash came between the two."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        log = cls(folder, signer)
        _clear(str(folder / "tmp"))
        (folder / "tmp").mkdir(mode=0o700, exist_ok=True)
        if not (folder / KEY).exists():
            log._write(KEY, f"{signer.verifier}\n".encode())
        try:
            log._restore()
        except (OSError, Misshapen, Untrusted, IndexError) as fault:
            raise HouseFault(f"the log cannot be continued: {fault}", hint="run `proctor audit verify`") from fault
        return log

    def _restore(self) -> None:
        published = self._published()
        signed = self.signer.last
        said = signed if signed.size > published.size else published
        tiles = Tiles(self.folder, said.size)
        if tiles.root() != said.root:
            raise Misshapen("its tiles are not those that were signed")
        if signed.size < said.size and Tiles(self.folder, signed.size).root() != signed.root:
            raise Misshapen("it does not contain what was signed before")
        self.size, self.root = said.size, said.root
        self._levels = [b"".join(hashes) for hashes in tiles.levels()]
        rest = said.size % WIDTH
        self._bundle = pack_all(tiles.entries(said.size // WIDTH)) if rest else b""
        if said != published or not (self.folder / CHECKPOINT).exists():
            self._publish()

    def _published(self) -> Checkpoint:
        try:
            note = (self.folder / CHECKPOINT).read_bytes()
        except FileNotFoundError:
            return Checkpoint(self.signer.origin, 0, EMPTY)
        return open_checkpoint(note, self.signer.verifier)

    def append(self, entries: Iterable[bytes]) -> Checkpoint:
        """Add entries and publish the checkpoint that covers them; when it returns, all of it is on disk."""
        if self._broken:
            raise HouseFault("the log was not written whole; open it anew")
        self._broken = True
        with closing(_Batch(self.folder)) as fresh:
            self._add(entries if isinstance(entries, Entries) else Entries(entries), fresh)
            fresh.settle()
        self.root = root_of([split(hashes) for hashes in self._levels])
        self._publish()
        for stale in fresh.stale:
            _clear(f"{self.folder}/{stale}")
        self._cool(fresh.written)
        self._broken = False
        return Checkpoint(self.signer.origin, self.size, self.root)

    def _add(self, coming: Entries, fresh: _Batch) -> None:
        place = 0
        while place < len(coming):
            until = min(len(coming), place + WIDTH - self.size % WIDTH)
            self.size += until - place
            part = coming.packed(place, until)
            if self.size % WIDTH == 0:
                fresh.write(bundle_path(self.size // WIDTH - 1), self._bundle, part)
                self._bundle = b""
            else:
                self._bundle += part
            self._push(0, coming.hashes(place, until), fresh)
            place = until
        if self._bundle:
            fresh.write(bundle_path(self.size // WIDTH, self.size % WIDTH), self._bundle)
        for level, hashes in enumerate(self._levels):
            if hashes:
                number = (self.size >> 8 * level) // WIDTH
                fresh.write(tile_path(level, number, len(hashes) // HASH), hashes)

    def _push(self, level: int, found: bytes | memoryview, fresh: _Batch) -> None:
        """Add hashes to a level, at most as many as its tile has room for."""
        if level == len(self._levels):
            self._levels.append(b"")
        hashes = self._levels[level] + found
        if len(hashes) == WIDTH * HASH:
            number = (self.size >> 8 * (level + 1)) - 1
            fresh.write(tile_path(level, number), hashes)
            self._push(level + 1, root_over([hashes]), fresh)
            hashes = b""
        self._levels[level] = hashes

    def _cool(self, written: list[tuple[str, int]]) -> None:
        """Give back the memory of what is long on disk: it is the database's, and new pages would be cold."""
        self._warm += written
        self._warmth += sum(size for _, size in written)
        while self._warmth > KEPT:
            name, size = self._warm.popleft()
            self._warmth -= size
            give_back(name)

    def _publish(self) -> None:
        proof = prove_consistency(Tiles(self.folder, self.size), self.signer.last.size)
        self._write(CHECKPOINT, self.signer.sign(self.size, self.root, proof))

    def _write(self, name: str, data: bytes) -> None:
        write_durably(self.folder / name, data, self.folder / "tmp")

    @property
    def checkpoint(self) -> bytes:
        """Return the published note."""
        return (self.folder / CHECKPOINT).read_bytes()

    @property
    def tiles(self) -> Tiles:
        """Return the tree as it is published."""
        return Tiles(self.folder, self.size)


class _Batch:
    """The files of one append: written one by one, synced and put in their places some at a time."""

    def __init__(self, folder: Path) -> None:
        self.stale: list[str] = []
        self.written: list[tuple[str, int]] = []
        """What is full and large, with its size."""
        self._folder = folder
        self._staging = str(folder / "tmp")
        self._touched: set[str] = set()
        self._waiting: list[tuple[int, str, str]] = []
        self._count = 0

    def write(self, name: str, *parts: bytes | memoryview) -> None:
        """Write what is to be put in a place, whole or not at all."""
        path = f"{self._folder}/{name}"
        if (parent := path.rpartition("/")[0]) not in self._touched:
            self._make(Path(parent))
        fresh = f"{self._staging}/{self._count}.new"
        self._count += 1
        number = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._waiting.append((number, fresh, path))
        for part in parts:
            write_all(number, part)
        if ".p/" not in name:
            self.stale.append(f"{name}.p")
            if (size := sum(map(len, parts))) > _LARGE:
                self.written.append((path, size))
        if len(self._waiting) >= _AT_ONCE:
            self._place()

    def _make(self, folder: Path) -> None:
        above = folder
        while not above.exists():
            above = above.parent
            self._touched.add(str(above))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._touched.add(str(folder))

    def _place(self) -> None:
        try:
            # Says to write the pages out now. With all of them on their way, the first fdatasync commits the file
            # system's journal for every file, and the others find it done: half the time, and half the CPU.
            for number, _, _ in self._waiting:
                os.posix_fadvise(number, 0, 0, os.POSIX_FADV_DONTNEED)
            for number, _, _ in self._waiting:
                os.fdatasync(number)
            for _, fresh, path in self._waiting:
                os.rename(fresh, path)
        finally:
            self.close()

    def settle(self) -> None:
        """Sync and place what is left, and sync the folders."""
        self._place()
        for folder in self._touched:
            sync_folder(Path(folder))

    def close(self) -> None:
        """Close the files that are not in their places."""
        for number, _, _ in self._waiting:
            os.close(number)
        self._waiting.clear()


def _clear(name: str) -> None:
    if os.path.isdir(name):
        folder = Path(name)
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
