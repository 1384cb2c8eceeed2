"""Where records go besides the log: the fourth extension point. A file and a stream are here, others in `edge`.

A `Forwarder` reads the records of a house and delivers them to one `Sink`, in the order of each shard, at least once:
it moves its cursor only after the sink has taken a batch, so a crash in between delivers that batch again, and whoever
receives tells by `shard` and `seq`. A sink that fails stops nobody but itself. Knows nothing of what records mean.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import msgspec

from proctor.audit.disk import write_durably
from proctor.audit.reading import integrated, records, shards
from proctor.errors import HouseFault

BATCH: Final = 500
MAX_BATCH: Final = 4 * 1024 * 1024
Form = Callable[[bytes], bytes | None]
"""Turns a record into what a sink wants, or None for what it does not want: `ocsf.event`, for one."""

_read_cursor: Final = msgspec.json.Decoder(dict[str, int]).decode


class Sink(Protocol):
    """Takes records away. Returns only when they are safe; raises `OSError` or `HouseFault` when they are not."""

    def deliver(self, batch: Sequence[bytes]) -> None:
        """Take these, all or, if it raises, perhaps some."""


class FileSink:
    """Appends JSON lines to a file, which another program picks up and may have moved away in between."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def deliver(self, batch: Sequence[bytes]) -> None:
        """Append and sync."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        with os.fdopen(os.open(self._path, flags, 0o600), "ab") as file:
            file.write(b"".join(line + b"\n" for line in batch))
            file.flush()
            os.fsync(file.fileno())


class StreamSink:
    """Writes JSON lines to a stream: standard output, for who runs us in a container."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def deliver(self, batch: Sequence[bytes]) -> None:
        """Write and flush."""
        self._stream.write(b"".join(line + b"\n" for line in batch))
        self._stream.flush()


class Forwarder:
    """One sink's way through the records, with a cursor of its own."""

    def __init__(self, state: Path, sink: Sink, cursor: Path, *, form: Form | None = None) -> None:
        self._state = state
        self._to = (sink, form)
        self._path = cursor
        self._cursor = self._remembered()

    def _remembered(self) -> dict[str, int]:
        try:
            return _read_cursor(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except msgspec.MsgspecError as fault:
            raise HouseFault(f"{self._path.name} is no cursor", hint="remove it to deliver everything anew") from fault

    def goes_to(self, sink: Sink, form: Form | None) -> None:
        """Deliver there from the next batch on, in that form; from any thread. The cursor stays where it is."""
        self._to = (sink, form)

    def forward(self, limit: int = BATCH) -> int:
        """Deliver up to `limit` records of each shard; return how many were passed, those not wanted included."""
        passed = 0
        for shard in shards(self._state):
            batch = list(_bounded(records(self._state, shard, self._cursor.get(shard, 0)), limit))
            if not batch:
                continue
            sink, form = self._to
            formed = [line for _, record in batch if (line := record if form is None else form(record)) is not None]
            if formed:
                sink.deliver(formed)
            self._cursor = {**self._cursor, shard: batch[-1][0] + 1}
            write_durably(self._path, msgspec.json.encode(self._cursor))
            passed += len(batch)
        return passed

    def lag(self) -> int:
        """Return how many records of the log the sink has not taken yet."""
        return sum(max(0, integrated(self._state, shard) - self._cursor.get(shard, 0)) for shard in shards(self._state))


def _bounded(found: Iterable[tuple[int, bytes]], limit: int) -> Iterator[tuple[int, bytes]]:
    """Yield so many records, or fewer when they are large: a batch is in memory at once."""
    size = 0
    for seq, record in islice(found, limit):
        size += len(record)
        yield seq, record
        if size > MAX_BATCH:
            return
