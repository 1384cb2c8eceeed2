"""A whole session in memory: a client, the relay under test, and an honest upstream, with a fake of every end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from proctor.errors import Fault, HouseFault
from proctor.policy.rules import Rules
from proctor.policy.tickets import digest, unfit
from proctor.session.drift import Watch
from proctor.session.inheritance import inherited, wearing
from proctor.session.judged import Verdict
from proctor.session.memory import Memory
from proctor.session.plans import Wardrobe
from proctor.session.ports import Answered, Decided, HoldRequest, Leave, Terms
from proctor.session.relay import Relay
from proctor.sql.catalog import Catalog, ColumnDef, RelationDef
from proctor.terms import (
    Allow,
    Claims,
    Classified,
    Column,
    DataClass,
    Deny,
    Finding,
    Hold,
    Identity,
    Kind,
    Relation,
    SessionId,
    Taint,
    Ticket,
    TicketId,
    TicketState,
    Vote,
)
from proctor.wire import messages, talk
from proctor.wire.client_leg import ClientLeg
from proctor.wire.upstream_leg import UpstreamLeg
from tests.stories.honest import Postgres

ALICE = Identity("alice", Kind.HUMAN, frozenset({"engineering"}), "scram")
COPILOT = Identity("copilot", Kind.AGENT, frozenset(), "scram", on_behalf_of="alice")
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
HARMLESS, SENSITIVE = "select total from orders where id = 1", "select upper(email) from customers where id = 1"
WRITE = "insert into orders (id) values (1)"
DENIED = "drop table orders"
HELD = "create table notes (id int)"

OWN_WORDS = (
    "proctor.task", "catalogue", "pg_prepared_statements", "session_replication_role", "recursive reached", "proctor_own",
    "untouched", "pg_stat_xact",
)  # fmt: skip
OWN_TEXTS = ("BEGIN", "COMMIT", "ROLLBACK")  # the stories write theirs in small letters
SHOP = {
    "customers": (("id", 23, None), ("email", 25, "email"), ("name", 25, "person_name"), ("born", 1082, "birth_date")),
    "orders": (("id", 23, None), ("customer_id", 23, None), ("total", 1700, None), ("note", 25, None)),
}
OIDS = {"customers": 16400, "orders": 16500}
TYPES = {23: "integer", 25: "text", 1082: "date", 1700: "numeric"}


def catalog(*schemas: str, epoch: str = "1", extra: Iterable[RelationDef] = ()) -> Catalog:
    """The shop: customers and orders, in `public` and wherever else they are asked for."""
    found = {}
    for at, schema in enumerate(schemas or ("public",)):
        for name, columns in SHOP.items():
            made = table(schema, name, columns, oid=OIDS[name] + at)
            found[made.relation] = made
    found |= {made.relation: made for made in extra}
    return Catalog("shop", 5, epoch, found, schemas=frozenset(schemas or ("public",)), server_version=150000)


def table(schema: str, name: str, columns: Iterable[tuple[str, int, str | None]], *, oid: int) -> RelationDef:
    defined = tuple(ColumnDef(c, at, kind, TYPES[kind]) for at, (c, kind, _) in enumerate(columns, start=1))
    return RelationDef(oid, Relation(schema, name), "r", defined, 100, unique=(frozenset({"id"}),))


def data_map(*schemas: str, version: int = 1) -> Classified:
    """What the columns hold; a table of the same name in another schema holds nothing."""
    held = {}
    for at, schema in enumerate(schemas or ("public",)):
        for name, columns in SHOP.items():
            for column, _, data_class in columns:
                sort = DataClass(data_class) if data_class is not None and at == 0 else None
                held[Column(Relation(schema, name), column)] = Finding(sort, 1.0, "given")
    return Classified(held, version=version)


class FakeClock:
    def __init__(self) -> None:
        self.hour, self.ns = NOW, 0

    def now(self) -> datetime:
        return self.hour

    def monotonic_ns(self) -> int:
        self.ns += 1000
        return self.ns


class FakeWorld:
    """What is known of the shop. `breaks` names what raises when it is asked."""

    def __init__(self, events: list[tuple[str, ...]], rules: Rules) -> None:
        self.shared = catalog()
        self.own: Catalog | None = None
        self.classified = data_map()
        self.breaks: set[str] = set()
        self.grants: frozenset[tuple[Column, str]] = frozenset()
        self.refreshed = self.looked = 0
        self._rules = rules
        self._events = events
        self._changes = self._seen = 0
        self.watch = Watch()
        self.drift: dict[Column, Finding] = {}
        self.empty: dict[Relation, frozenset[str]] = {}

    @property
    def version(self) -> int:
        return self._changes

    @property
    def standing(self) -> int:
        return -1 if self.catalog is None else self.version

    @property
    def rules(self) -> Rules:
        return self._rules

    def granted(self, asker: Identity) -> frozenset[tuple[Column, str]]:
        return self.grants

    @property
    def catalog(self) -> Catalog | None:
        return self.shared if self._seen == self._changes else None

    def becomes(self, shared: Catalog, classified: Classified | None = None) -> None:
        """Let somebody else change the database."""
        self.shared = shared
        self.classified = classified or self.classified
        self._changes += 1

    def drifted(self, found: Mapping[Column, Finding]) -> None:
        self.drift |= found

    def inherit(self, taints: Iterable[Taint]) -> None:
        self.classified = replace(
            wearing(self.classified, inherited(taints, self.classified)), version=self.classified.version + 1
        )
        self._changes += 1
        self._seen = self._changes if self._seen == self._changes - 1 else self._seen

    async def refresh(self) -> None:
        self.refreshed += 1
        if "refresh" in self.breaks:
            raise RuntimeError("refresh")
        await asyncio.sleep(0)
        self._seen = self._changes

    async def private(self, query: Callable[[str], Awaitable[list[tuple[str | None, ...]]]]) -> Catalog:
        self.looked += 1
        if "private" in self.breaks:
            raise RuntimeError("private")
        await query("select 'the catalogue as this session sees it'")
        return self.own or self.shared

    async def classify(self, catalog: Catalog) -> None:
        if "classify" in self.breaks:
            raise RuntimeError("classify")

    @property
    def unseen(self) -> frozenset[Relation]:
        return frozenset(self.empty)

    def empty_columns(self, relation: Relation) -> frozenset[str] | None:
        return self.empty[relation]

    async def look_at(self, relations: frozenset[Relation], *, hasty: bool = False) -> None:
        raise AssertionError("nothing is unseen here")

    def catalog_changes(self) -> None:
        self._events.append(("epoch",))
        self._changes += 1


class FakeLedger:
    """The journal: events in order. `full` makes it raise, `disk` blocks what waits for it."""

    def __init__(self, events: list[tuple[str, ...]]) -> None:
        self.decisions: list[Decided] = []
        self.answers: list[Answered] = []
        self.breaks: set[str] = set()
        self.lane = 0
        self.waits = False
        """Whether what goes the fast lane waits for the end of the round."""
        self.leaving: list[Leave] = []
        self.syncing: list[asyncio.Future[None]] = []
        self.disk = asyncio.Event()
        self.disk.set()
        self._events = events

    def decided(self, entry: Decided) -> int:
        if "decided" in self.breaks:
            raise OSError("decided")
        self.decisions.append(entry)
        kind = type(entry.decided.decision).__name__.lower()
        self._events.append(("decided", kind, entry.decided.analysis.text))
        return len(self.decisions)

    def decided_again(
        self,
        exchange: str,
        verdict: Verdict,
        claims: Claims,
        values: tuple[bytes | None, ...],
        leave: Leave | None,
        durable: bool = False,
    ) -> None:
        if "decided" in self.breaks and not self.waits:
            raise HouseFault("decided")
        self.lane += 1
        if leave is None:
            if "decided" not in self.breaks:
                self.decided(Decided(exchange, verdict, claims, values))
            return
        if durable:
            position = self.decided(Decided(exchange, verdict, claims, values))
            self.syncing.append(asyncio.ensure_future(self._leave_synced(position, leave)))
            return
        if self.waits:
            self.leaving.append(leave)
            asyncio.get_running_loop().call_soon(self.let_go)
        if "decided" not in self.breaks:
            self.decided(Decided(exchange, verdict, claims, values))
        if not self.waits:
            leave(None)

    async def _leave_synced(self, position: int, leave: Leave) -> None:
        try:
            await self.synced(position)
        except OSError:
            leave(HouseFault("synced"))
        else:
            leave(None)

    def let_go(self) -> None:
        fault = HouseFault("decided") if "decided" in self.breaks else None
        leaving, self.leaving = self.leaving, []
        for leave in leaving:
            leave(fault)

    def answered_plainly(self, exchange: str, rows: int, size: int, tag: bytes, started_ns: int) -> None:
        self.answered(Answered(exchange, rows, size, tag=tag.decode(), started_ns=started_ns))

    def answered(self, entry: Answered) -> None:
        self.answers.append(entry)
        self._events.append(("answered", entry.exchange, entry.sqlstate))

    async def synced(self, position: int) -> None:
        if "synced" in self.breaks:
            raise OSError("synced")
        await self.disk.wait()
        self._events.append(("synced", str(position)))

    def of(self, decided: Decided) -> Answered:
        (found,) = [a for a in self.answers if a.exchange == decided.exchange]
        return found


class FakeDesk:
    """The desk: tickets by id, decided by the test."""

    def __init__(self) -> None:
        self.tickets: dict[str, Ticket] = {}
        self.purse: dict[tuple[str, Column], int] = {}
        self.spent: list[str] = []
        self.withdrawn: list[str] = []
        self.breaks: set[str] = set()
        self.requests: list[HoldRequest] = []
        self._changed = asyncio.Event()

    def claim(self, request: HoldRequest) -> Ticket | None:
        self._break("claim")
        for ticket in self.tickets.values():
            if ticket.state is TicketState.APPROVED and _fits(ticket, request):
                return self._spend(ticket)
        return None

    def has_approved(self, request: HoldRequest) -> bool:
        return any(t.state is TicketState.APPROVED and t.digest == _digest(request) for t in self.tickets.values())

    def has_pending(self, request: HoldRequest) -> bool:
        self._break("has_pending")
        found = self.tickets.values()
        return any(t.state is TicketState.PENDING and t.reason and t.digest == _digest(request) for t in found)

    def open(self, request: HoldRequest) -> Ticket:
        self._break("open")
        self.requests.append(request)
        for ticket in self.tickets.values():
            if ticket.state is TicketState.PENDING and _fits(ticket, request):
                return ticket
        name = TicketId(f"T{len(self.tickets) + 1}")
        ticket = Ticket(
            name, TicketState.PENDING, request.asker.subject, request.asker.on_behalf_of, request.database,
            request.statement, _digest(request), request.claims.reason, request.hold.rules, request.hold.reason,
            request.hold.approvers, request.hold.quorum, NOW, NOW + timedelta(hours=1), footing=request.footing,
        )  # fmt: skip
        self.tickets[name] = ticket
        return ticket

    async def settled(self, ticket: Ticket) -> Ticket:
        self._break("settled")
        while self.tickets[ticket.id].state is TicketState.PENDING:
            self._changed.clear()
            await self._changed.wait()
        return self.tickets[ticket.id]

    def spend(self, ticket: Ticket, request: HoldRequest) -> Ticket | None:
        self._break("spend")
        now = self.tickets[ticket.id]
        if unfit(now, request.footing, request.hold):
            self.becomes(now.id, TicketState.VOIDED, "dora")
        elif now.state is TicketState.APPROVED and now.digest == _digest(request):
            self._spend(now)
            return None
        return self.tickets[now.id]

    def broken(self, request: HoldRequest) -> Ticket:
        self._break("broken")
        ticket = replace(self.open(request), state=TicketState.SPENT, glass=True)
        self.tickets[ticket.id] = ticket
        return ticket

    def withdraw(self, ticket: Ticket) -> None:
        self.withdrawn.append(ticket.id)
        self.becomes(ticket.id, TicketState.CANCELLED)

    def becomes(self, name: str, state: TicketState, *by: str) -> None:
        """Let somebody decide."""
        votes = tuple(Vote(each, state is TicketState.APPROVED, NOW, "scram", frozenset({"dba"})) for each in by)
        self.tickets[name] = replace(self.tickets[name], state=state, votes=votes)
        self._changed.set()

    def spend_probes(self, owner: str, database: str, probes: Mapping[Column, int]) -> dict[Column, int]:
        self._break("spend_probes")
        for column, count in probes.items():
            self.purse[owner, column] = self.purse.get((owner, column), 0) + count
        return {column: self.purse[owner, column] for column in probes}

    def refund_probes(self, owner: str, database: str, probes: Mapping[Column, int]) -> None:
        for column, count in probes.items():
            self.purse[owner, column] -= count

    def approve(self, name: str = "T1") -> None:
        self.becomes(name, TicketState.APPROVED, "dora")

    def _spend(self, ticket: Ticket) -> Ticket:
        self.spent.append(ticket.id)
        self.tickets[ticket.id] = replace(ticket, state=TicketState.SPENT)
        return ticket

    def _break(self, what: str) -> None:
        if what in self.breaks:
            raise RuntimeError(what)


def _fits(ticket: Ticket, request: HoldRequest) -> bool:
    return ticket.digest == _digest(request) and not unfit(ticket, request.footing, request.hold)


def _digest(request: HoldRequest) -> str:
    return digest(request.statement, request.parameters, request.database)


@dataclass
class Outlet:
    """Where one side's bytes go."""

    name: str
    events: list[tuple[str, ...]]
    data: bytes = b""
    closed: bool = False

    def write(self, data: bytes) -> None:
        self.data += data
        if self.name == "upstream":
            self.events.append(("left", data.decode("latin-1")))

    def send(self, data: bytes) -> None:
        self.write(data)

    def close(self) -> None:
        self.closed = True

    def take(self) -> bytes:
        taken, self.data = self.data, b""
        return taken


def talking_leg() -> UpstreamLeg:
    leg = UpstreamLeg()
    leg.feed(messages.AUTH_OK + messages.ready("I"))
    return leg


@dataclass
class Story:
    """A session under test. `say` speaks as the client; `hears` plays on to the end and tells what came back."""

    relay: Relay
    world: FakeWorld
    ledger: FakeLedger
    desk: FakeDesk
    clock: FakeClock
    client: Outlet
    upstream: Outlet
    events: list[tuple[str, ...]]
    database: Postgres = field(default_factory=Postgres)
    ended: BaseException | None = None
    heard: bytes = b""
    _client_leg: ClientLeg = field(default_factory=ClientLeg)
    _listening: UpstreamLeg = field(default_factory=talking_leg)
    _reading: UpstreamLeg = field(default_factory=talking_leg)
    running: asyncio.Task[None] | None = None
    fast: bool = True
    """Whether whole buffers may go the fast lane, as they do at the edge."""

    def __post_init__(self) -> None:
        self._client_leg.feed(messages.startup({"user": "alice"}))
        self._client_leg.proven()
        self.relay.lane.falls_back(self._slowly)
        self.fast = self.fast and self.relay.quick

    # ---- the client

    def say(self, *said: bytes) -> None:
        if self.ended is not None:
            return
        data = b"".join(said)
        try:
            if not (self.fast and not self._client_leg.pending and self.relay.lane.client_said(data)):
                self.relay.client_said(self._client_leg.feed(data))
        except Fault as fault:
            self.ended = fault

    def _slowly(self, data: bytes) -> None:
        self.relay.client_said(self._client_leg.feed(data))

    async def hears(self) -> list[str]:
        """Play on until nothing moves, and return what the client heard since it was last asked."""
        await self.play()
        self.heard += self.client.data
        return [line for event in self._reading.feed(self.client.take()) for line in told(event)]

    async def asks(self, *said: bytes) -> list[str]:
        self.say(*said)
        return await self.hears()

    # ---- time passes

    async def play(self, *, silent: bool = False) -> None:
        """Carry bytes both ways until nothing moves. A silent database hears, and does not answer yet."""
        still = 0
        while still < 10 and self.ended is None:
            await asyncio.sleep(0)
            self._look()
            moved = self.forward()
            if not silent:
                moved = self.answer() or moved
            still = 0 if moved else still + 1

    def forward(self) -> bool:
        """Carry to the database what has left."""
        data = self.upstream.take()
        self.database.feed(data)
        return bool(data)

    def answer(self, size: int | None = None) -> bool:
        """Carry what the database has said back, or the first `size` bytes of it."""
        said = self.database.take()
        if size is not None:
            self.database.said = said[size:]
            said = said[:size]
        if said:
            try:
                if not (self.fast and not self._listening.pending and self.relay.lane.upstream_said(said)):
                    self.relay.answers.upstream_said(self._listening.feed(said))
            except Fault as fault:
                self.ended = fault
        return bool(said)

    def _look(self) -> None:
        if self.running is not None and self.running.done() and not self.running.cancelled():
            self.ended = self.ended or self.running.exception()

    # ---- what there is to see

    @property
    def ran(self) -> list[str]:
        """What the database executed, without the gateway's own questions."""
        return [text for text in self.database.ran if text not in OWN_TEXTS and not any(w in text for w in OWN_WORDS)]

    def at(self, *event: str) -> int:
        """Return the place of the first event that starts like this."""
        return next(i for i, e in enumerate(self.events) if e[: len(event)] == event)

    def left(self, what: str) -> int:
        """Return the place of the first write to the database that holds these words."""
        return next(i for i, e in enumerate(self.events) if e[0] == "left" and what in e[1])

    def decided(self, kind: type[Allow] | type[Deny] | type[Hold]) -> list[str]:
        return [d.decided.analysis.text for d in self.ledger.decisions if isinstance(d.decided.decision, kind)]


def told(event: talk.UpstreamEvent) -> list[str]:
    """Return a message as a person would tell it."""
    match event:
        case talk.Rows():
            rows = messages.read_rows(event.raw)
            return ["row " + ", ".join("NULL" if c is None else c for c in row) for row in rows]
        case talk.Shape():
            return ["shape " + ", ".join(f.name for f in event.fields)]
        case talk.Done():
            return [f"done {event.tag}"]
        case talk.Ready():
            return [f"ready {event.status}"]
        case talk.Failed():
            return [f"failed {event.fields['C']} {event.fields['M']}"]
        case talk.Notice():
            return [f"notice {event.fields['M']}"]
        case talk.CopyRows():
            return ["copied " + repr(event.raw[5:])]
        case talk.CopyStart():
            return [f"copy {event.direction}"]
        case talk.Parameters():
            return [f"parameters {event.types}"]
        case talk.Setting():
            return [f"setting {event.name}"]
    return [type(event).__name__.lower()]


TERMS = Terms(
    session=SessionId("s1"),
    asker=ALICE,
    claims=Claims(),
    database="shop",
    environment="production",
    style="redact",
    strict=False,
    hold_seconds=600,
    result_rows=1000,
    result_bytes=1_000_000,
    masked_cell_bytes=1_000_000,
    withheld_bytes=1_000_000,
    console="https://console",
)
_RULES: list[Rules] = []


def shipped() -> Rules:
    if not _RULES:
        _RULES.append(Rules.shipped())
    return _RULES[0]


@asynccontextmanager
async def opened(**terms: object) -> AsyncIterator[Story]:
    """Open a session; what the terms are not told is as above."""
    events: list[tuple[str, ...]] = []
    world, ledger, desk, clock = FakeWorld(events, shipped()), FakeLedger(events), FakeDesk(), FakeClock()
    client, upstream = Outlet("client", events), Outlet("upstream", events)
    relay = Relay(
        replace(TERMS, **terms),  # type: ignore[arg-type]  # a test says which
        world, ledger, desk, clock, client, upstream, Memory(), Wardrobe(b"k" * 32),
    )  # fmt: skip
    story = Story(relay, world, ledger, desk, clock, client, upstream, events)
    story.running = asyncio.ensure_future(relay.run())
    try:
        yield story
    finally:
        story.running.cancel()
        await asyncio.gather(story.running, return_exceptions=True)
