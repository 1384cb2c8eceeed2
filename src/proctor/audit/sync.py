"""The two ways to have a segment synced: by a helper process, and by a thread. The journal knows only `Syncer`.

Takes segments and positions, returns what became of them; the journal listens on `fileno()`. Knows nothing of records.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from proctor.audit import syncer
from proctor.audit.syncer import MESSAGE, PREPARE, SEGMENT, SYNC, SYNCED


@dataclass(frozen=True, slots=True)
class Synced:
    """Everything up to and including this position is on disk."""

    position: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The disk, or the one who asks it, has failed; there is nothing more to come."""

    why: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """The spare is full of zeros, and on disk; or it could not be made."""

    ready: bool


Answer = Synced | Failed | Prepared


class Syncer(Protocol):
    """Makes segments durable, away from the event loop."""

    def adopt(self, segment: int, folder: Path, ordinal: int) -> None:
        """Sync this open file from here on, and name it once the one before is on disk, if it has an ordinal.

        The caller may close its own number.
        """

    def prepare(self, spare: int, size: int) -> None:
        """Fill this open file with zeros, and see to it that they are on disk; answers `Prepared`."""

    def ask(self, position: int) -> None:
        """Ask for everything up to this position. The caller has at most one request under way."""

    def fileno(self) -> int:
        """Return what becomes readable when there are answers."""

    def answers(self) -> list[Answer]:
        """Return what has come in, without waiting."""

    def close(self) -> None:
        """End it; what was asked for may remain undone."""


class _SocketSyncer:
    """The gateway's end of the socket."""

    def __init__(self) -> None:
        self._side, self._other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._side.setblocking(False)
        self._rest = b""

    def adopt(self, segment: int, folder: Path, ordinal: int) -> None:
        """Hand over duplicates of the open file and of its folder."""
        place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._send(MESSAGE.pack(SEGMENT, ordinal), segment, place)
        finally:
            os.close(place)

    def prepare(self, spare: int, size: int) -> None:
        """Hand over a duplicate of the file to be filled."""
        self._send(MESSAGE.pack(PREPARE, size), spare)

    def ask(self, position: int) -> None:
        """Send the position."""
        self._send(MESSAGE.pack(SYNC, position))

    def _send(self, message: bytes, *files: int) -> None:
        # Nine bytes with one request under way always fit a socket's buffer; if they do not, the helper is stuck.
        sent = socket.send_fds(self._side, [message], files) if files else self._side.send(message)
        if sent != len(message):
            raise OSError("the syncer does not take its messages")

    def fileno(self) -> int:
        """Return the number of the gateway's end."""
        return self._side.fileno()

    def answers(self) -> list[Answer]:
        """Return the answers that have arrived; the end of the stream is a failure."""
        try:
            data = self._side.recv(64 * MESSAGE.size)
        except BlockingIOError:
            return []
        except OSError as fault:
            return [Failed(f"the syncer is lost ({fault.strerror})")]
        if not data:
            return [Failed("the syncer has died")]
        data = self._rest + data
        self._rest = data[len(data) - len(data) % MESSAGE.size :]
        return [_read(data, place) for place in range(0, len(data) - MESSAGE.size + 1, MESSAGE.size)]

    def close(self) -> None:
        """Close the gateway's end, upon which the other ends."""
        self._side.close()


def _read(data: bytes, place: int) -> Answer:
    what, number = MESSAGE.unpack_from(data, place)
    if what == PREPARE:
        return Prepared(number > 0)
    return Synced(number) if what == SYNCED else Failed(f"fdatasync failed ({os.strerror(number)})")


class ProcessSyncer(_SocketSyncer):
    """A helper process: `fdatasync` never holds the gateway's interpreter."""

    def __init__(self) -> None:
        super().__init__()
        with self._other:
            number = self._other.fileno()
            # By its path and isolated (-I): neither the caller's environment nor its folder decides what runs.
            command = [sys.executable, "-I", "-S", syncer.__file__, str(number)]
            self._helper = subprocess.Popen(  # noqa: S603 - every word of the command is ours
                command, pass_fds=(number,), stdin=subprocess.DEVNULL, start_new_session=True
            )

    @property
    def pid(self) -> int:
        """Return the helper's process id."""
        return self._helper.pid

    def close(self) -> None:
        """Close the socket and wait for the helper, which ends at once unless the disk hangs."""
        super().close()
        try:
            self._helper.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            self._helper.kill()  # in an uninterruptible wait it dies when the disk answers; we do not wait for that


class ThreadSyncer(_SocketSyncer):
    """A thread with the same loop, for where a process cannot be had."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.Thread(target=syncer.serve, args=(self._other,), name="journal-syncer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Close the socket and wait for the thread."""
        super().close()
        self._thread.join(timeout=0.5)
