"""The journal's other hand: makes a segment durable while the gateway goes on. Runs as a process of its own.

In come, over a Unix socket, segments (an open file) and positions; out go the positions that are on disk. All requests
that wait are answered by one fdatasync. The first failure is told and is the last word: what the kernel could not write
it may have thrown away, and a second fdatasync would lie.

Beside that, spare segments are filled with zeros, piece by piece. What is written over them later changes no size, so
its fdatasync waits for no file system's journal. Knows nothing of records. Imports nothing of the house, so that it
starts in no time.

As a process it costs the gateway's interpreter nothing; the same loop in a thread contends for the interpreter's lock
(60 to 190 µs of CPU a statement), and serves where processes cannot be had.
"""

from __future__ import annotations

import array
import contextlib
import os
import signal
import socket
import struct
import sys
from typing import Final

MESSAGE: Final = struct.Struct(">cQ")
SEGMENT: Final = b"F"
"""The file that comes along is the segment from here on; what came before belongs to the one before.

Its folder comes along as well. Once the one before is on disk, the segment with this number gets its name there; 0 says
that it has one.
"""
SYNC: Final = b"S"
"""Up to this position, please."""
SYNCED: Final = b"K"
FAILED: Final = b"E"
"""It did not work; the number is the errno."""
PREPARE: Final = b"Z"
"""The file that comes along is to hold so many zeros, on disk; the answer is the same, with 0 if that did not work."""
_BATCH: Final = 64
_FILES: Final = 16
KEPT: Final = 16 * 1024 * 1024
"""What stays in the page cache behind the last position on disk, in bytes: the log is made from it."""
STRIDE: Final = 4 * 1024 * 1024
PIECE: Final = 256 * 1024  # of zeros between two syncs of a spare: whoever waits for the disk must not wait for all


class _Syncing:
    """The open segment, and what is done to it."""

    def __init__(self) -> None:
        self.segment = -1
        self._before = -1
        self._dropped = 0

    def turn_to(self, segment: int, folder: int, ordinal: int) -> None:
        """Finish the segment before, and let the next one have its name: who sees that knows the other is on disk."""
        if self.segment >= 0:
            end = os.lseek(self.segment, 0, os.SEEK_CUR)  # the gateway's own place: it is the same open file
            if os.fstat(self.segment).st_size > end:
                os.ftruncate(self.segment, end)
            os.fdatasync(self.segment)
        if ordinal:
            _name(folder, f"{ordinal:010d}")
        os.fsync(folder)
        os.close(folder)
        if self._before >= 0:
            _give_back(self._before, 0, 0)
            os.close(self._before)
        self._before, self.segment, self._dropped = self.segment, segment, 0

    def drop(self) -> None:
        """Give back the memory of what is long on disk.

        A journal that filled the page cache would take it from the database beside it; and memory that is warm is
        written to faster than memory that nobody has touched for long.
        """
        end = os.lseek(self.segment, 0, os.SEEK_CUR) - KEPT
        if end - self._dropped >= STRIDE:
            _give_back(self.segment, self._dropped, end - self._dropped)
            self._dropped = end

    def close(self) -> None:
        """Close the files."""
        for file in (self._before, self.segment):
            if file >= 0:
                os.close(file)


def serve(side: socket.socket) -> None:
    """Answer requests until the other side closes or a file cannot be synced."""
    files: list[int] = []
    work = _Syncing()
    rest = b""
    try:
        while True:
            data, sent = _receive(side)
            files += sent
            rest += data
            if not data:
                return
            wanted = -1
            for place in range(0, len(rest) - MESSAGE.size + 1, MESSAGE.size):
                what, number = MESSAGE.unpack_from(rest, place)
                if what == SEGMENT:
                    work.turn_to(files.pop(0), files.pop(0), number)
                elif what == PREPARE:
                    _beside(side, files.pop(0), number)
                else:
                    wanted = number
            rest = rest[len(rest) - len(rest) % MESSAGE.size :]
            if wanted >= 0:
                os.fdatasync(work.segment)
                side.sendall(MESSAGE.pack(SYNCED, wanted))
                work.drop()
    except OSError as fault:
        _tell(side, fault.errno or 0)
    finally:
        work.close()
        for file in files:
            os.close(file)
        side.close()


def _name(folder: int, name: str) -> None:
    try:
        os.rename(f"{name}.next", f"{name}.seg", src_dir_fd=folder, dst_dir_fd=folder)
    except FileNotFoundError:
        os.stat(f"{name}.seg", dir_fd=folder)  # somebody has done it already, or it is gone


def _give_back(file: int, start: int, size: int) -> None:
    with contextlib.suppress(OSError):  # a file system that knows no such advice
        os.posix_fadvise(file, start, size, os.POSIX_FADV_DONTNEED)


def _beside(side: socket.socket, spare: int, size: int) -> None:
    import threading  # noqa: PLC0415 - most houses never come here, and every worker waits for this process to start

    threading.Thread(target=_prepare, args=(side, spare, size), daemon=True).start()


def _prepare(side: socket.socket, spare: int, size: int) -> None:
    try:
        done = size if _fill(spare, size) else 0
    except OSError:
        done = 0  # no room, or worse: then there is no spare, and what is wrong with the disk shows elsewhere
    finally:
        os.close(spare)
    with contextlib.suppress(OSError):  # the gateway has gone
        side.sendall(MESSAGE.pack(PREPARE, done))


def _fill(spare: int, size: int) -> bool:
    zeros = bytes(min(PIECE, size))
    for place in range(0, size, PIECE):
        part = zeros[: size - place]
        if os.pwrite(spare, part, place) < len(part):
            return False
        os.fdatasync(spare)
        if os.fstat(spare).st_nlink == 0:
            return False  # nobody wants it any more
    return True


def _receive(side: socket.socket) -> tuple[bytes, list[int]]:
    room = socket.CMSG_SPACE(_FILES * array.array("i").itemsize)
    data, messages, _, _ = side.recvmsg(_BATCH * MESSAGE.size, room)
    files = array.array("i")
    for level, what, content in messages:
        if level == socket.SOL_SOCKET and what == socket.SCM_RIGHTS:
            files.frombytes(content[: len(content) - len(content) % files.itemsize])
    return data, list(files)


def _tell(side: socket.socket, errno: int) -> None:
    try:
        side.sendall(MESSAGE.pack(FAILED, errno))
    except OSError:
        return  # nobody is left to be told


def main() -> None:
    """Serve the socket whose number is the first argument."""
    # Ctrl-C and a polite stop are for the gateway: this process ends when the gateway closes its side.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    serve(socket.socket(fileno=int(sys.argv[1])))


if __name__ == "__main__":
    main()
