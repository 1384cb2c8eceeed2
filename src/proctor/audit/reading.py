"""Reads all records of a house back, wherever they lie: in the logs, or still in the journal only.

Takes a state folder; returns exact records by shard and number. Does not check signatures or hashes: `verify` does.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

import msgspec

from proctor.audit.integrator import META, retired, whole
from proctor.audit.note import Untrusted, read_checkpoint
from proctor.audit.picking import picked
from proctor.audit.record import glance
from proctor.audit.segments import Frame, Reader
from proctor.audit.tiles import WIDTH, Misshapen, Tiles
from proctor.audit.tlog import CHECKPOINT
from proctor.errors import HouseFault

BATCH: Final = 5000


def shards(state: Path) -> list[str]:
    """Return the names of all shards that have a log or a journal."""
    found: set[str] = set()
    for folder in (state / "log", state / "journal"):
        if folder.is_dir():
            found |= {path.name for path in folder.iterdir() if path.is_dir()}
    return sorted(found - {META})


def integrated(state: Path, shard: str) -> int:
    """Return how many records of a shard its log's checkpoint covers."""
    try:
        note = (state / "log" / shard / CHECKPOINT).read_text("utf-8")
        return read_checkpoint(note.rpartition("\n\n")[0] + "\n").size
    except FileNotFoundError:
        return 0
    except (Untrusted, UnicodeDecodeError) as fault:
        raise _damaged(shard) from fault


@dataclass(slots=True)
class Bookmark:
    """Where a shard's journal was read up to, so that the next reading passes over nothing again."""

    at: tuple[str, int, int] | None = None


def records(state: Path, shard: str, start: int = 0, bookmark: Bookmark | None = None) -> Iterator[tuple[int, bytes]]:
    """Yield a shard's records from a number on: first from its log, then what only the journal has yet.

    A bookmark is gone on from in the journal, and moved.
    """
    size = integrated(state, shard)
    log = state / "log" / shard
    try:
        for seq, entry in Tiles(log, size).walk(max(start, retired(log))):
            yield seq, whole(log, entry)
    except (OSError, Misshapen) as fault:
        raise _damaged(shard) from fault
    mark = bookmark if bookmark is not None else Bookmark()
    reader = Reader(state / "journal" / shard, max(size, start))
    if mark.at is not None:
        reader.go_on_from(*mark.at)
    mark.at = reader.place
    while run := reader.run(BATCH):  # also passes quickly over what a segment has before that number
        yield from enumerate(run, start=reader.following - len(run))
        mark.at = reader.place
    mark.at = reader.place
    for found in reader:
        if isinstance(found, Frame):
            yield found.seq, found.record
            mark.at = reader.place


def fetched(state: Path, places: Mapping[tuple[str, int], int | None]) -> dict[tuple[str, int], bytes]:
    """Return the records of these shards and numbers; all of them, or a `HouseFault`.

    With each comes its place in its bundle, where that is known.
    """
    wanted: dict[str, dict[int, int | None]] = {}
    for (shard, seq), place in places.items():
        wanted.setdefault(shard, {})[seq] = place
    found: dict[tuple[str, int], bytes] = {}
    for shard, numbers in wanted.items():
        size = integrated(state, shard)
        logged = {seq: place for seq, place in numbers.items() if seq < size}
        found |= {(shard, seq): record for seq, record in _logged(state, shard, size, logged)}
        pending = numbers.keys() - logged.keys()
        if pending:
            found |= _pending(state, shard, pending)
    return found


def _logged(state: Path, shard: str, size: int, numbers: Mapping[int, int | None]) -> Iterator[tuple[int, bytes]]:
    log = state / "log" / shard
    tiles = Tiles(log, size)
    try:
        found = picked(tiles, shard, {seq: place for seq, place in numbers.items() if place is not None})
        for seq, entry in found.items():
            yield seq, whole(log, entry)
        for bundle, group in groupby(sorted(numbers.keys() - found.keys()), lambda seq: seq // WIDTH):
            entries = tiles.entries(bundle)
            for seq in group:
                yield seq, whole(log, entries[seq % WIDTH])
    except (OSError, Misshapen) as fault:
        raise _damaged(shard) from fault


def _pending(state: Path, shard: str, numbers: AbstractSet[int]) -> dict[tuple[str, int], bytes]:
    """Return what the log did not have yet a moment ago, in one pass over the journal."""
    found: dict[tuple[str, int], bytes] = {}
    for seq, record in records(state, shard, min(numbers)):
        if seq in numbers:
            found[shard, seq] = record
            if len(found) == len(numbers):
                break
    if len(found) < len(numbers):
        raise _damaged(shard)
    return found


def everything(state: Path) -> Iterator[bytes]:
    """Yield every record of every shard, in the order of their times as far as each shard keeps it."""
    for _, record in heapq.merge(*(_timed(state, shard) for shard in shards(state)), key=lambda pair: pair[0]):
        yield record


def _timed(state: Path, shard: str) -> Iterator[tuple[tuple[str, str, int], bytes]]:
    for seq, record in records(state, shard):
        yield (_time(shard, seq, record), shard, seq), record


def _time(shard: str, seq: int, record: bytes) -> str:
    try:
        return glance(record).time
    except msgspec.MsgspecError as fault:
        raise HouseFault(f"record {seq} of {shard} is damaged", hint="run `proctor audit verify`") from fault


class Tail:
    """Yields records as they are written, from the end, or from the beginning if asked to."""

    def __init__(self, state: Path, *, last: int = 0) -> None:
        """Begin with the last few records of each shard."""
        self._state = state
        self._last = last
        self._readers: dict[str, Reader] = {}

    def take(self) -> list[bytes]:
        """Return what has come since the last time, in the order of its times. Never waits."""
        fresh: list[tuple[str, str, int, bytes]] = []
        first = not self._readers
        for shard in shards(self._state):
            if shard not in self._readers:
                start = max(0, self._end(shard) - self._last) if first else 0
                self._readers[shard] = Reader(self._state / "journal" / shard, start)
            for found in self._readers[shard]:
                if isinstance(found, Frame):
                    fresh.append((_time(shard, found.seq, found.record), shard, found.seq, found.record))
        return [record for *_, record in sorted(fresh)]

    def _end(self, shard: str) -> int:
        reader = Reader(self._state / "journal" / shard, integrated(self._state, shard))
        for _ in reader:
            pass
        return reader.following


def _damaged(shard: str) -> HouseFault:
    return HouseFault(f"the log of {shard} is damaged", hint="run `proctor audit verify`")
