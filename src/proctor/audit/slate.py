"""The slate: where a worker's newest records stand until they are in a segment. A file, mapped into memory.

What stands there survives a crash of the gateway, as anything written to a file does, and took no system call: the
pages are the kernel's. It is never wiped, only written over from the top; behind what counts there may stand what an
earlier page has left. Numbers tell the two apart, since none is given twice.

Takes a shard's folder; returns the memory, or what a crash has left on it. Knows frames, and of a record its number.
"""

from __future__ import annotations

import mmap
import os
import re
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final

from proctor.audit.disk import write_all
from proctor.audit.segments import FRAME, sound_at

NAME: Final = "slate"
SIZE: Final = 320 * 1024  # what is put off at most, and a large record
IN_PLACE: Final = frozenset({"ext2", "ext3", "ext4", "xfs", "tmpfs"})
"""File systems that write where they have written before. Others want room for it, and whoever writes to a mapping when
there is none is killed for it."""
_MOUNTS: Final = Path("/proc/self/mountinfo")
_SEQ: Final = re.compile(rb'\{"v":\d+,"shard":"[^"]{1,255}","seq":(\d{1,19}),').match


def writes_in_place(folder: Path, mounts: Path = _MOUNTS) -> bool:
    """Say whether the folder's file system is one of `IN_PLACE`; where nobody tells it is not."""
    device = folder.stat().st_dev
    ours = f"{os.major(device)}:{os.minor(device)}"
    try:
        told = mounts.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return False
    kinds = {line.partition(" - ")[2].split(" ")[0] for line in told if line.split(" ")[2:3] == [ours]}
    return bool(kinds) and kinds <= IN_PLACE


def clean(folder: Path) -> mmap.mmap | None:
    """Return a clean slate, all of it on disk, so that writing to it takes no room that is not there.

    None where the file system is none for that, or there is no room: who asked does without. What stood on the last one
    is in a segment by now.
    """
    remove(folder)
    if not writes_in_place(folder):
        return None
    try:
        number = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            write_all(number, bytes(SIZE))
            os.fsync(number)
            return mmap.mmap(number, SIZE)
        finally:
            os.close(number)
    except OSError:
        remove(folder)
        return None


def left_on(folder: Path, following: int) -> tuple[bytes, int, int]:
    """Return the frames from record `following` on, how many they are, and how many bytes cannot follow it.

    The last is what a power cut leaves, if the slate's pages reached the disk and those of the segment did not.
    """
    try:
        with (folder / NAME).open("rb") as file:
            data = file.read(SIZE)
    except FileNotFoundError:
        return b"", 0, 0
    place, expected, begin, count = 0, -1, -1, 0
    while (end := sound_at(data, place)) is not None:
        told = _SEQ(data, place + FRAME.size)
        seq = -1 if told is None else int(told[1])
        if seq < 0 or expected not in (-1, seq):
            break  # what an earlier page has left
        if seq == following + count:
            begin = place if begin < 0 else begin
            count += 1
        expected, place = seq + 1, end
    return (b"", 0, place if expected > following else 0) if begin < 0 else (data[begin:place], count, 0)


def abandoned(journal: Path, served: AbstractSet[str]) -> list[Path]:
    """Return the shards' folders with a slate on which a crash has left something, and which nobody will open."""
    return sorted(path.parent for path in journal.glob(f"*/{NAME}") if path.parent.name not in served)


def remove(folder: Path) -> None:
    """Take the slate away: nothing stands on it that is not in a segment."""
    (folder / NAME).unlink(missing_ok=True)
