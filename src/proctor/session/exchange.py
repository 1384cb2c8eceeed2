"""The questions that are open upstream, in order: what each answer belongs to.

One `Open` for each message forwarded; the answering side takes them off the front. Bounded by the relay.
"""

from __future__ import annotations

from asyncio import Future
from collections import deque
from dataclasses import dataclass, field

from proctor.session.incoming import CopyGuard
from proctor.session.judged import Judged, Verdict
from proctor.session.namespace import Portal, Prepared, Undo
from proctor.session.plans import Plan
from proctor.session.ports import Answered

PARSE, BIND, DESCRIBE, EXECUTE, CLOSE, SYNC, QUERY = "parse", "bind", "describe", "execute", "close", "sync", "query"


@dataclass(slots=True, eq=False)
class Exchange:
    """One statement's question and its answer, from the decision to the last byte."""

    id: str
    verdict: Verdict
    record: Answered
    plan: Plan | None = None
    planned: bool = False
    names: bool = False
    """It changes what the name of a statement or cursor means."""
    meanings: dict[str, Judged] = field(default_factory=dict)
    """What the texts that it names meant when it was sent."""
    withheld: bool = False
    """Its end is not told before the rows that it has changed are counted."""
    ran: bool = False
    """It came to its end, and that has not been told."""


@dataclass(slots=True, eq=False)
class Open:
    """A forwarded message that awaits its answer.

    `ours` marks what the gateway asked for itself: the client never sees its answer. `refusal` is the error that
    stands in for the upstream's. `done` receives the rows of a query of our own.
    """

    kind: str
    batch: int
    exchanges: list[Exchange] = field(default_factory=list)
    entry: Prepared | Portal | None = None
    undo: list[Undo] = field(default_factory=list)
    ours: bool = False
    refusal: dict[str, str] | None = None
    done: Future[list[tuple[str | None, ...]]] | None = None
    rows: list[tuple[str | None, ...]] = field(default_factory=list)
    at: int = 0
    error: dict[str, str] | None = None
    """What the upstream said against a question of the gateway's own."""
    copies: bool = False
    """It may read data from the client: nothing is asked behind it before it ends."""
    copying: bool = False
    rewritten: bool = False
    """A simple query that left as Parse, Bind, Describe, Execute and Sync."""
    silent: int = 0
    """So many of the answers to those are not the client's to hear."""
    guard: CopyGuard | None = None
    """What looks at the data that the client copies in."""
    aloud: bool = False
    """What goes wrong with this question of the gateway's own is the client's to hear."""

    @property
    def exchange(self) -> Exchange | None:
        """Return the exchange whose answer is under way."""
        return self.exchanges[self.at] if self.at < len(self.exchanges) else None


Queue = deque[Open]
