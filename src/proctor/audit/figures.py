"""Beside station 9: the house's numbers, put together from the records of all its shards as these enter the log.

In come entries of each shard's log, in order; out go counts by worker since the start, and the last hour by the minute.
Counted from what the workers have recorded anyway: where statements run, nothing is done for it. Holds numbers only, a
bounded many, and no name but a shard's. Filled by the thread that moves the log, read by any.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from proctor.audit._hot import Run
from proctor.audit._tally import BOUNDS, PLACES, WAITS, ZERO, Snapshot, Tally
from proctor.audit.integrator import whole
from proctor.audit.tiles import Misshapen

MINUTES: Final = 60
MAX_SHARDS: Final = 1024


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened in some time: statements by decision, what was answered, and how long it took.

    `added` and `took` are histograms over `BOUNDS`: until a statement could leave, and until it was answered in full.
    Those that somebody had to approve are in neither, but in `approved`, from when they could leave; what they were
    waited for is in `waited`, over `WAITS`. `masking` is what masks took of those that wore any. Sums are microseconds.
    """

    allowed: int = 0
    denied: int = 0
    held: int = 0
    rows: int = 0
    bytes: int = 0
    failed: int = 0
    added: tuple[int, ...] = (0,) * PLACES
    took: tuple[int, ...] = (0,) * PLACES
    added_us: int = 0
    took_us: int = 0
    approved: tuple[int, ...] = (0,) * PLACES
    approved_us: int = 0
    waited: tuple[int, ...] = (0,) * (len(WAITS) + 1)
    waited_us: int = 0
    masking: tuple[int, ...] = (0,) * PLACES
    masking_us: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
    """Records by kind."""
    failures: Mapping[str, int] = field(default_factory=dict)
    """Statements that failed, by the class of their SQLSTATE."""


class _Shard:
    """One shard's tally, and its last hour."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.hour: deque[tuple[bytes, Snapshot]] = deque(maxlen=MINUTES + 1)
        self.before: Snapshot = ZERO
        self.delay = 0.0

    def turn(self) -> None:
        for minute, snapshot in self.tally.passed:
            self.hour.append((minute, _less(snapshot, self.before)))
            self.before = snapshot
        self.tally.passed.clear()


class Figures:
    """The numbers of one house since this process began to look."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shards: dict[str, _Shard] = {}
        self.first: datetime | None = None
        """The time of the first record that was counted."""

    def take(self, name: str, log: Path, entries: Run) -> None:
        """Count the entries that a shard's log has just got; `log` is the log's folder."""
        now = datetime.now(UTC)
        with self._lock:
            if name not in self._shards and len(self._shards) >= MAX_SHARDS:
                return
            shard = self._shards.setdefault(name, _Shard())
            _count(shard.tally, log, entries)
            shard.turn()
            stamps = [at for at in (_time_of(entries[0]), _time_of(entries[-1])) if at is not None]
            if stamps:
                shard.delay = max(0.0, (now - stamps[-1]).total_seconds())
                self.first = min(stamps[0], self.first or stamps[0])

    def by_shard(self) -> dict[str, Counts]:
        """Return what has happened since the start, for each shard."""
        with self._lock:
            return {name: _counts(shard.tally) for name, shard in sorted(self._shards.items())}

    def delays(self) -> dict[str, float]:
        """Return how many seconds old each shard's newest record was when the log got it."""
        with self._lock:
            return {name: shard.delay for name, shard in sorted(self._shards.items())}

    def hour(self, since: datetime) -> list[Counts]:
        """Return the sixty minutes from this one on, of all shards together."""
        names = [(since + timedelta(minutes=place)).strftime("%Y-%m-%dT%H:%M").encode() for place in range(MINUTES)]
        places = {name: place for place, name in enumerate(names)}
        sums: list[Snapshot] = [ZERO] * MINUTES
        with self._lock:
            for shard in self._shards.values():
                running = (shard.tally.minute, _less(shard.tally.now(), shard.before))
                for minute, spent in (*shard.hour, running):
                    if minute in places:
                        sums[places[minute]] = _more(sums[places[minute]], spent)
        return [Counts(*each) for each in sums]


def quantile(histogram: Sequence[int], share: float) -> int:
    """Return about how many microseconds this share of what was counted took at most; 0 where nothing was."""
    wanted = share * sum(histogram)
    if not wanted:
        return 0
    seen, low = 0, 0
    for high, count in zip((*BOUNDS, BOUNDS[-1]), histogram, strict=True):
        if count and seen + count >= wanted:
            return round(low + (high - low) * (wanted - seen) / count)
        seen, low = seen + count, high
    return BOUNDS[-1]


def _counts(tally: Tally) -> Counts:
    (approved, approved_us), (waited, waited_us), (masking, masking_us) = tally.apart
    counts = Counts(*tally.now(), *tally.sums, kinds=_named(tally.kinds), failures=_named(tally.failures))
    return replace(
        counts, approved=approved, approved_us=approved_us, waited=waited, waited_us=waited_us, masking=masking,
        masking_us=masking_us,
    )  # fmt: skip


def _count(tally: Tally, log: Path, entries: Run) -> None:
    place = tally.take(entries)
    while place < len(entries):
        with suppress(Misshapen):  # whoever verifies the log is told of it
            tally.take([whole(log, entries[place])])
        place = tally.take(entries, place + 1)


def _named(counted: Mapping[bytes, int]) -> dict[str, int]:
    return {name.decode("ascii", "replace"): count for name, count in sorted(counted.items())}


def _less(one: Snapshot, other: Snapshot) -> Snapshot:
    return _each(one, other, -1)


def _more(one: Snapshot, other: Snapshot) -> Snapshot:
    return _each(one, other, 1)


def _each(one: Snapshot, other: Snapshot, sign: int) -> Snapshot:
    numbers = [a + sign * b for a, b in zip(one[:6], other[:6], strict=True)]
    added = tuple(a + sign * b for a, b in zip(one[6], other[6], strict=True))
    took = tuple(a + sign * b for a, b in zip(one[7], other[7], strict=True))
    return (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], added, took)


def _time_of(entry: bytes) -> datetime | None:
    at = entry.find(b',"time":"', 0, 300)
    try:
        return datetime.fromisoformat(entry[at + 9 : entry.index(b'"', at + 9)].decode("ascii")) if at >= 0 else None
    except ValueError:
        return None
