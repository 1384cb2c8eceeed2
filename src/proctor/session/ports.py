"""The ends that the story is told between: what a session needs from the world, as protocols.

`edge` implements them with sockets, disks and databases; the tests with plain objects in memory.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from proctor.errors import Fault
from proctor.policy.rules import Rules
from proctor.session.drift import Watch
from proctor.session.judged import Verdict
from proctor.session.proposals import Proposal, Trial
from proctor.sql.catalog import Catalog
from proctor.terms import (
    Claims,
    Classified,
    Column,
    Finding,
    Hold,
    Identity,
    Relation,
    SessionId,
    Taint,
    Ticket,
)


class Purpose(StrEnum):
    """What a session is opened for."""

    RUN = "run"
    EXPLAIN = "explain"
    """Each query is answered with what would be decided about it; nothing runs, and nobody is asked."""
    ASK = "ask"
    """What is held gets a ticket; nothing runs, also if nothing stands in its way."""


class Outlet(Protocol):
    """One direction of a connection: where bytes go."""

    def write(self, data: bytes) -> None:
        """Send, in order, without waiting; back-pressure is the edge's."""

    def send(self, data: bytes) -> None:
        """Do the same, and do not wait for the end of this round of the loop either: for what is whole by itself."""

    def close(self) -> None:
        """Send what is left, and close."""


class Clock(Protocol):
    """The hour, for records and rules, and the time that only goes forward, for deadlines."""

    def now(self) -> datetime:
        """Return the wall clock's time, UTC."""

    def monotonic_ns(self) -> int:
        """Return nanoseconds that never step back."""


class World(Protocol):
    """What is known of a database at this moment, shared by the sessions of a worker.

    `version` changes whenever the catalog, the classification or the rules do; whoever cached under another must
    look again.
    """

    @property
    def version(self) -> int:
        """Return the number of the present state of all three."""

    @property
    def standing(self) -> int:
        """Return the version, -1 while there is no catalog."""

    @property
    def rules(self) -> Rules:
        """Return the rules in force."""

    def granted(self, asker: Identity) -> frozenset[tuple[Column, str]]:
        """Return the columns that this person may see as they are for a while, each with its grant."""

    @property
    def catalog(self) -> Catalog | None:
        """Return the shared snapshot, None while there is none or a newer one must be read first."""

    @property
    def classified(self) -> Classified:
        """Return the data map."""

    async def refresh(self) -> None:
        """Read the catalog anew if it has changed, and scan what is new, within a bounded wait."""

    async def private(self, query: Callable[[str], Awaitable[list[tuple[str | None, ...]]]]) -> Catalog:
        """Return a snapshot as the session behind `query` sees it: its temporary tables, its uncommitted DDL."""

    async def classify(self, catalog: Catalog) -> None:
        """Scan relations of `catalog` that nobody has looked at, within a bounded wait."""

    @property
    def unseen(self) -> frozenset[Relation]:
        """Return the relations that were empty when they were looked at, so that only their names were judged."""

    def empty_columns(self, relation: Relation) -> frozenset[str] | None:
        """Return the columns of an unseen relation that held no value, None where more than that is not known."""

    async def look_at(self, relations: frozenset[Relation], *, hasty: bool = False) -> None:
        """Scan those again, now that somebody asks for them; `hasty` does not wait for anybody's lock."""

    def inherit(self, taints: Iterable[Taint]) -> None:
        """Take in that values were copied: the columns they went to are as sensitive from now on, for everybody."""

    @property
    def watch(self) -> Watch:
        """Return the watch over the columns that count as clean."""

    def drifted(self, found: Mapping[Column, Finding]) -> None:
        """Take in that values of clean columns show a class: they are sensitive from now on, for everybody."""

    def catalog_changes(self) -> None:
        """Raise the shared epoch: DDL is about to run, or has just ended."""


Leave = Callable[[Fault | None], None]
"""Told that the record is written, or by which fault it is not: then nothing may leave."""


class Ledger(Protocol):
    """The journal as the story sees it. Encoding is the ledger's; a failed ledger raises, and nothing runs."""

    def decided(self, entry: Decided) -> int:
        """Write that a statement was judged, before it leaves; return the record's position."""

    def answered(self, entry: Answered) -> None:
        """Note how it ended; written with the next record or within 10 ms."""

    def decided_again(
        self,
        exchange: str,
        verdict: Verdict,
        claims: Claims,
        values: tuple[bytes | None, ...],
        leave: Leave | None,
        durable: bool = False,
    ) -> None:
        """Write that a statement was judged as it was before, nobody having been asked; then it may `leave`.

        That is at once or when this round of the loop is over, so that all sessions of a round share one write. If it
        is to be `durable`, it is when the record is on disk; those who ask meanwhile share the next sync.
        """

    def let_go(self) -> None:
        """Write now what waits for the end of the round, and let it leave."""

    def answered_plainly(self, exchange: str, rows: int, size: int, tag: bytes, started_ns: int) -> None:
        """Note the end of an exchange that went well and had nothing masked."""

    async def synced(self, position: int) -> None:
        """Return once the record at `position` is on disk."""


class Desk(Protocol):
    """The approval desk."""

    def claim(self, request: HoldRequest) -> Ticket | None:
        """Spend an approved ticket that fits, and return it; None when there is none."""

    def has_approved(self, request: HoldRequest) -> bool:
        """Say whether there is an approved ticket for this request at all, whatever its footing."""

    def has_pending(self, request: HoldRequest) -> bool:
        """Say whether somebody is asked for this already, with a reason."""

    def open(self, request: HoldRequest) -> Ticket:
        """Return the pending ticket for this request, a new one if need be."""

    async def settled(self, ticket: Ticket) -> Ticket:
        """Wait until somebody decides the ticket, or it expires."""

    def spend(self, ticket: Ticket, request: HoldRequest) -> Ticket | None:
        """Spend an approved ticket: None once that is done, else the ticket as it stands, which lets nothing run."""

    def broken(self, request: HoldRequest) -> Ticket:
        """Record that the glass was broken for this; return the ticket that stays open until somebody reviews it."""

    def withdraw(self, ticket: Ticket) -> None:
        """Cancel a pending ticket whose asker has gone or given up."""

    def spend_probes(self, owner: str, database: str, probes: Mapping[Column, int]) -> dict[Column, int]:
        """Add plain values to what an identity has put to columns, and return the sums of the present window."""

    def refund_probes(self, owner: str, database: str, probes: Mapping[Column, int]) -> None:
        """Take them back: what asked for them does not run."""


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """What is asked of the desk: one statement with its parameters, by one identity."""

    asker: Identity
    claims: Claims
    database: str
    statement: str
    parameters: tuple[bytes | None, ...]
    hold: Hold
    footing: str
    """What its meaning stands on at this moment."""
    proposal: Proposal = field(default_factory=Proposal)
    trial: Trial = field(default_factory=Trial)


@dataclass(slots=True)
class Decided:
    """A judged statement, for the record."""

    exchange: str
    decided: Verdict
    claims: Claims
    parameters: tuple[bytes | None, ...] | None = None
    ticket: str | None = None
    probes: Mapping[Column, int] = field(default_factory=dict)
    """How many plain values were put to each column of a budget, this statement's own among them."""


@dataclass(slots=True)
class Answered:
    """How an exchange ended, for the record. `cells` counts the masked cells of each output column, from 1.

    `masking_ns` is what putting the masks on took.
    """

    exchange: str
    rows: int = 0
    size: int = 0
    sqlstate: str = "00000"
    tag: str = ""
    started_ns: int = 0
    cells: dict[int, int] = field(default_factory=dict)
    masking_ns: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """What a session is told at its start: who, where, and under which terms."""

    session: SessionId
    asker: Identity
    claims: Claims
    database: str
    environment: str
    style: str
    strict: bool
    hold_seconds: float
    result_rows: int
    result_bytes: int
    masked_cell_bytes: int
    withheld_bytes: int
    console: str
    purpose: Purpose = Purpose.RUN
    curious: bool = False
    """Whoever asks can be asked for a reason: what is held without one is told so, and opens no ticket yet."""
