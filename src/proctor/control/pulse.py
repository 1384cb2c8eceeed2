"""Beside the stations: how the last hour went, minute by minute: what this process has counted, and the index before.

In come counts, and an index of the records; out goes a `Pulse`. Knows no names and no statements.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from proctor.audit.figures import MINUTES, Counts, quantile
from proctor.audit.index import Index, microseconds
from proctor.audit.search import Question, ask

EVER = 2**62
NEWEST = 1000
"""Of the answers in the index, so many newest are looked at."""
NONE = (0,) * MINUTES


@dataclass(frozen=True, slots=True)
class Pulse:
    """How an hour went, minute by minute: statements let through, denied, held and failed; times in microseconds."""

    since: datetime
    allowed: tuple[int, ...] = NONE
    denied: tuple[int, ...] = NONE
    held: tuple[int, ...] = NONE
    failed: tuple[int, ...] = NONE
    rows: tuple[int, ...] = NONE
    latency: tuple[int, ...] = NONE
    """The median of each minute's answers."""
    slowest: tuple[int, ...] = NONE
    """What all but one of a hundred answers of each minute were quicker than."""
    added: tuple[int, ...] = NONE
    """The median of what the gateway took until a statement could leave."""
    counted: datetime | None = None
    """Since when this process has counted. Before, failures, rows, `slowest` and `added` are not known."""


def read_pulse(index: Index, since: datetime, until: datetime | None = None) -> Pulse:
    """Return what the index knows of an hour, up to a time."""
    first, last = microseconds(since), EVER if until is None else microseconds(until)
    query = (
        "select (r.time - ?) / 60000000, s.verdict, count(*) from records r join shapes s on s.number = r.shape "
        "where r.time >= ? and r.time < ? and s.kind = 'statement.decided' group by 1, 2"
    )
    counts: dict[str, list[int]] = {name: [0] * MINUTES for name in ("allow", "deny", "hold")}
    for minute, verdict, count in index.connection.execute(query, (first, first, last)):
        if verdict in counts and 0 <= minute < MINUTES:
            counts[verdict][minute] += count
    took: list[list[int]] = [[] for _ in range(MINUTES)]
    for said in ask(index, Question(kind="statement.answered", since=since, until=until, limit=NEWEST)):
        micros, when = said.get("duration_us"), said.get("time")
        minute = (microseconds(datetime.fromisoformat(str(when))) - first) // 60_000_000
        if isinstance(micros, int) and 0 <= minute < MINUTES:
            took[minute].append(micros)
    medians = tuple(sorted(each)[len(each) // 2] if each else 0 for each in took)
    allowed, denied, held = (tuple(counts[name]) for name in ("allow", "deny", "hold"))
    return Pulse(since, allowed, denied, held, latency=medians, counted=until)


def joined(before: Pulse, since: datetime, hour: Sequence[Counts], counted: datetime | None) -> Pulse:
    """Return the hour from `since` on, of which this process has counted the latter part, from `counted` on."""
    gone = max(0, (since - before.since) // timedelta(minutes=1))

    def more(earlier: Sequence[int], own: Sequence[int]) -> tuple[int, ...]:
        kept = (*earlier[gone:], *NONE[:gone])
        return tuple(one + other for one, other in zip(kept, own, strict=True))

    took = [quantile(each.took, 0.5) for each in hour]
    kept = (*before.latency[gone:], *NONE[:gone])
    return Pulse(
        since,
        more(before.allowed, [each.allowed for each in hour]),
        more(before.denied, [each.denied for each in hour]),
        more(before.held, [each.held for each in hour]),
        tuple(each.failed for each in hour),
        tuple(each.rows for each in hour),
        tuple(own or earlier for own, earlier in zip(took, kept, strict=True)),
        tuple(quantile(each.took, 0.99) for each in hour),
        tuple(quantile(each.added, 0.5) for each in hour),
        counted,
    )
