"""What the disk must do for us: whole writes, whole files, folders that are synced, and locks.

Takes paths and bytes. Knows nothing of what they mean.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from proctor.errors import HouseFault


def lock(path: Path, whose: str) -> int:
    """Return an open lock file, held until it is closed; raises `HouseFault` if another process holds it."""
    number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(number)
        raise HouseFault(f"another process writes {whose}", hint="stop it first") from None
    return number


def write_all(number: int, data: bytes | memoryview) -> None:
    """Write all bytes to an open file."""
    written = os.write(number, data)
    while written < len(data):  # the rest of a short write either fits or tells why not
        written += os.write(number, memoryview(data)[written:])


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def give_back(name: str) -> None:
    """Tell the kernel that a file's pages will not be read soon; where it takes no such advice nothing is lost."""
    with contextlib.suppress(OSError):
        number = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.posix_fadvise(number, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(number)


def put(path: Path, data: bytes, staging: Path) -> None:
    """Replace a file, whole or not at all; its folder is the caller's to sync."""
    fresh = staging / f".{path.name}.new"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)


def write_durably(path: Path, data: bytes, staging: Path | None = None) -> None:
    """Replace a small file so that a power cut leaves the old one or the new one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    put(path, data, staging or path.parent)
    sync_folder(path.parent)
