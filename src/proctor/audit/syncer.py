"""The journal's other hand: makes a segment durable while the gateway goes on. Runs as a process of its own.

In come, over a Unix socket, segments (an open file) and positions; out go the positions that are on disk. All requests
that wait are answered by one fdatasync. The first failure is told and is the last word: what the kernel could not write
it may have thrown away, and a second fdatasync would lie. Knows nothing of records. Imports nothing of the house, so
that it starts in no time.

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
"""The file that comes along is the segment from here on; what came before belongs to the one before."""
SYNC: Final = b"S"
"""Up to this position, please."""
SYNCED: Final = b"K"
FAILED: Final = b"E"
"""It did not work; the number is the errno."""
_BATCH: Final = 64
_FILES: Final = 16
KEPT: Final = 16 * 1024 * 1024
"""What stays in the page cache behind the last position on disk, in bytes: the log is made from it."""
STRIDE: Final = 4 * 1024 * 1024


def serve(side: socket.socket) -> None:
    """Answer requests until the other side closes or a file cannot be synced."""
    files: list[int] = []
    segment = -1
    dropped = 0
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
                what, position = MESSAGE.unpack_from(rest, place)
                if what == SEGMENT:
                    if segment >= 0:
                        # Positions in the new segment are vouched for only when the old one is on disk.
                        os.fdatasync(segment)
                        os.close(segment)
                    segment = files.pop(0)
                    dropped = 0
                else:
                    wanted = position
            rest = rest[len(rest) - len(rest) % MESSAGE.size :]
            if wanted >= 0:
                os.fdatasync(segment)
                side.sendall(MESSAGE.pack(SYNCED, wanted))
                dropped = _drop(segment, dropped)
    except OSError as fault:
        _tell(side, fault.errno or 0)
    finally:
        for file in (segment, *files):
            if file >= 0:
                os.close(file)
        side.close()


def _drop(segment: int, start: int) -> int:
    """Give back the memory of what is long on disk, and return where that ends.

    A journal that filled the page cache would take it from the database beside it; and memory that is warm is written
    to faster than memory that nobody has touched for long.
    """
    end = os.fstat(segment).st_size - KEPT
    if end - start < STRIDE:
        return start
    with contextlib.suppress(OSError):  # a file system that knows no such advice
        os.posix_fadvise(segment, start, end - start, os.POSIX_FADV_DONTNEED)
    return end


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
