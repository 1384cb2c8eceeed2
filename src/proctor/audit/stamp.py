"""The head that the journal puts on every record: version, shard, number, time. And an eye on the clock.

Takes a clock; returns bytes. Knows nothing of what follows the head.
"""

from __future__ import annotations

from time import gmtime, strftime
from typing import Final, Protocol

from proctor.audit.record import SCHEMA

STEP: Final = 500_000_000  # ns by which the clocks may come apart between two records before that is recorded


class Clock(Protocol):
    """Tells the time; the module `time` is one."""

    def time_ns(self) -> int:
        """Return nanoseconds since 1970, UTC."""

    def monotonic_ns(self) -> int:
        """Return nanoseconds that only grow."""


class Stamp:
    """One shard's stamp."""

    def __init__(self, shard: str, clock: Clock) -> None:
        self._clock = clock
        self._start = b'{"v":%d,"shard":"%b","seq":' % (SCHEMA, shard.encode("ascii"))
        self._second = -1
        self._second_text = b""
        self._wall = 0
        self._monotonic = 0

    def look(self) -> int:
        """Look at both clocks; return by how many microseconds they have come apart since the last look, if much."""
        wall, monotonic = self._clock.time_ns(), self._clock.monotonic_ns()
        apart = (wall - self._wall) - (monotonic - self._monotonic) if self._wall else 0
        back = bool(self._wall) and wall < self._wall
        self._wall, self._monotonic = wall, monotonic
        return apart // 1000 if back or abs(apart) > STEP else 0

    def head(self, seq: int) -> bytes:
        """Return the head of a record, up to where its body goes on; the time is that of the last look."""
        second, rest = divmod(self._wall, 1_000_000_000)
        if second != self._second:
            self._second = second
            self._second_text = strftime("%Y-%m-%dT%H:%M:%S", gmtime(second)).encode("ascii")
        return b'%b%d,"time":"%b.%06dZ","monotonic_ns":%d,' % (
            self._start,
            seq,
            self._second_text,
            rest // 1000,
            self._monotonic,
        )
