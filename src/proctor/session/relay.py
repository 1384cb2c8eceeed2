"""Stations 2 to 7: what the client asks. Takes the client's events; what may run goes upstream in its own bytes.

Each event takes one step. A step whose judgement is remembered and whose record need not be waited for is done at once;
any other is a coroutine, which the session's task awaits while later events queue. So the slow story and the fast lane
are one. Whatever fails on the way is a refusal.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Sequence

from proctor.errors import ClientFault, Fault, HouseFault, UpstreamFault
from proctor.session import exchange as ex
from proctor.session import refusals
from proctor.session.answers import Answers
from proctor.session.counter import Refused
from proctor.session.exchange import Exchange, Open
from proctor.session.hearing import Asked, Hearing, Values
from proctor.session.judge import Judged, Memory
from proctor.session.keyring import Keyring
from proctor.session.lane import Lane
from proctor.session.namespace import MAX_NAME, Entry, Namespace, Portal, Prepared, Rewritten
from proctor.session.pipeline import OWN, Pipeline, is_rewritten
from proctor.session.plans import Wardrobe
from proctor.session.ports import Answered, Clock, Decided, Desk, Ledger, Outlet, Terms, World
from proctor.session.view import ENDS
from proctor.terms import Allow, Deny, Hold, Ticket
from proctor.wire import messages, talk

log = logging.getLogger("proctor.session")

MAX_OPEN = 4096  # questions under way: a client that never reads must not fill our memory
NAMING = frozenset({"prepare", "deallocate", "declare", "close", "discard"})

Step = Coroutine[None, None, None] | None


class Relay:
    """One session between its client and its upstream."""

    def __init__(
        self,
        terms: Terms,
        world: World,
        ledger: Ledger,
        desk: Desk,
        clock: Clock,
        client: Outlet,
        upstream: Outlet,
        memory: Memory,
        wardrobe: Wardrobe,
    ) -> None:
        self.terms = terms
        self.names = Namespace()
        self.hearing = Hearing(terms, world, desk, clock, memory, self.names)
        self.answers = Answers(
            terms,
            world,
            ledger,
            clock,
            client,
            wardrobe,
            self.hearing.snapshot,
            self._settled,
            self._named,
            self._ended,
        )
        self.pipeline = Pipeline(upstream, self.answers)
        self.lane = Lane(
            terms, self.hearing, self.pipeline, self.names, ledger, clock, client, upstream, self._next_id, self._over
        )
        self.keyring = Keyring(self.hearing, wardrobe)
        self.leaving = False
        self.drained: Callable[[], None] = _nothing
        """Called when nothing waits any more; the edge reads on."""
        self._world = world
        self._ledger = ledger
        self._clock = clock
        self._client = client
        self._backlog: deque[talk.ClientEvent] = deque()
        self._slow: Step = None
        self._work = asyncio.Event()
        self._count = 0

    # ---- the two lanes

    def client_said(self, events: Sequence[talk.ClientEvent]) -> None:
        """Take what the client said: at once where nothing is to be waited for, else in the session's task."""
        if self._slow is not None:
            self._backlog.extend(events)
            if events and isinstance(events[-1], talk.Bye):
                self.hearing.counter.cancel()  # nobody is left to wait for an approval
            return
        for at, event in enumerate(events):
            self._slow = self._step(event)
            if self._slow is not None:
                self.lane.shut(True)
                self._backlog.extend(events[at + 1 :])
                self._work.set()
                break
        self.pipeline.forward()

    async def run(self) -> None:
        """Finish the steps that have to wait, in order, until the client leaves."""
        while not self.leaving:
            await self._work.wait()
            self._work.clear()
            while self._slow is not None:
                await self._slow
                self._slow = self._next()
                self.pipeline.forward()
            self.lane.shut(self.leaving)
            self.drained()
        await self.pipeline.settle()  # what was asked before the goodbye is still answered

    def _next(self) -> Step:
        while self._backlog:
            step = self._step(self._backlog.popleft())
            if step is not None:
                return step
        return None

    @property
    def waiting(self) -> int:
        """Return how many of the client's messages wait for their turn."""
        return len(self._backlog)

    @property
    def idle(self) -> bool:
        """Say whether nothing is under way and no transaction is open."""
        return not self.answers.queue and self._slow is None and not self.lane.busy and self.answers.status == "I"

    @property
    def under_way(self) -> object | None:
        """Return the question that the upstream is at, None when there is none."""
        return self.answers.queue[0] if self.answers.queue else self.lane.taken

    @property
    def holding(self) -> bool:
        """Say whether the client waits for the gateway, or somebody at its desk, and not for the upstream."""
        return self._slow is not None and not self.answers.queue

    def abandon(self, sqlstate: str) -> None:
        """Close the records of what will not be answered any more: the session ends."""
        self.lane.abandon()
        self.answers.abandon(sqlstate)

    def cancel(self) -> bool:
        """Give up a hold, if one is waited for; else the cancel belongs upstream."""
        return self.hearing.counter.cancel()

    # ---- station 2: one event

    def _step(self, event: talk.ClientEvent) -> Step:
        skipping = self.pipeline.skipping or self.answers.discarding
        if skipping and not isinstance(event, talk.Sync | talk.Bye):
            return None  # the server would skip it: no judgement, no record, no question left open
        queue = self.answers.queue
        if queue and queue[-1].copies:
            return self._beside_copy(event, queue[-1])
        if len(queue) >= MAX_OPEN:
            return self._later(event)
        try:
            step = self._taken(event)
        except Exception as broken:  # whatever breaks at a station is a no
            self._refuse_for(event, broken)
            return None
        return None if step is None else self._guarded(event, step)

    def _taken(self, event: talk.ClientEvent) -> Step:
        match event:
            case talk.Bind():
                return self._bind(event)
            case talk.Run():
                return self._run(event)
            case talk.Sync():
                self.pipeline.push_sync(event.raw)
                self._batch_ends()
            case talk.Describe():
                return self._describe(event)
            case talk.Prepare():
                return self._prepare(event)
            case talk.Ask():
                return self._ask(event)
            case talk.Close():
                return self._close(event)
            case talk.Flush():
                self.pipeline.push_plain(event.raw)
            case talk.CopyData():
                self.pipeline.push_copy(event.raw, last=False)
            case talk.CopyDone() | talk.CopyFail():
                self.pipeline.push_copy(event.raw, last=True)
            case talk.FunctionCall():
                self.pipeline.refuse_query(refusals.FUNCTION_CALL)
                self._batch_ends()
            case talk.Bye():
                self.leaving = True
                self.lane.shut(True)
                self._work.set()
            case _:
                raise ClientFault("this message has no place after the login")
        return None

    def _beside_copy(self, event: talk.ClientEvent, copy: Open) -> Step:
        """Let data through; all else waits for the copy's end, since the server would eat it, and its answer."""
        if isinstance(event, talk.Bye):
            return self._taken(event)
        if not copy.copying:
            return self._later(event)  # its beginning, or its end, is still to come
        match event:
            case talk.CopyData() | talk.CopyDone() | talk.CopyFail():
                return self._taken(event)
            case talk.Sync() | talk.Flush():
                return None  # ignored while copying in (protocol, COPY Operations); forwarded, it might come too late
            case _:
                raise ClientFault("this message has no place in a copy")

    async def _guarded(self, event: talk.ClientEvent, step: Coroutine[None, None, None]) -> None:
        try:
            await step
        except Refused as refused:
            self._refuse(event, refused.fields)
        except Exception as broken:  # whatever breaks at a station is a no
            self._refuse_for(event, broken)

    async def _later(self, event: talk.ClientEvent) -> None:
        await self.pipeline.settle()
        step = self._step(event)
        if step is not None:
            await step

    def _refuse_for(self, event: talk.ClientEvent, broken: Exception) -> None:
        if isinstance(broken, UpstreamFault):
            raise broken
        if not isinstance(broken, Fault):
            log.error("session %s: %s at a station", self.terms.session, type(broken).__name__, exc_info=broken)
            broken = HouseFault("the gateway failed, so nothing was forwarded", hint="Tell the operator the exchange.")
        self._refuse(event, refusals.fault(broken, self._next_id()))

    def _refuse(self, event: talk.ClientEvent, fields: dict[str, str]) -> None:
        match event:
            case talk.Ask() | talk.FunctionCall():
                self.pipeline.refuse_query(fields)
                self._batch_ends()
            case talk.Prepare() | talk.Bind() | talk.Run() | talk.Describe() | talk.Close():
                self.pipeline.refuse_step(fields)
            case _:
                raise ClientFault(fields["M"], sqlstate=fields["C"])

    # ---- simple query

    def _ask(self, event: talk.Ask) -> Step:
        judged = self.hearing.recall(text_of(event.sql))
        if judged is None or not self._passes(judged):
            return self._ask_slowly(event)
        self._send_query(event, judged, self._recorded_at_once(judged, None))
        return None

    async def _ask_slowly(self, event: talk.Ask) -> None:
        judged, event = self.keyring.asked(await self.hearing.judge(text_of(event.sql), self.pipeline), event)
        if is_rewritten(event.raw) and self.pipeline.in_batch:
            await self.pipeline.settle()  # a Sync of ours must not end what the server skips of the client's batch
        judged, ticket = await self._allowed(judged, None)
        exchanges = await self._recorded(judged, None, ticket)
        await self._check_still(judged, exchanges, ticket)
        self._send_query(event, judged, exchanges)

    def _send_query(self, event: talk.Ask, judged: Judged, exchanges: list[Exchange]) -> None:
        self._leaves(judged)
        # The server drops what has no name when a simple query comes.
        unnamed = [self.names.drop(table, b"") for table in (self.names.statements, self.names.portals)]
        self.pipeline.push_query(event.raw, exchanges, undo=unnamed)
        self._batch_ends()

    # ---- extended query

    def _prepare(self, event: talk.Prepare) -> Step:
        _check_name(event.name)
        taken = self.answers.naming or self.names.full() or (event.name and event.name in self.names.statements)
        judged = None if taken else self.hearing.recall(text_of(event.sql))
        if judged is None or judged.minds or isinstance(judged.decision, Deny):
            return self._prepare_slowly(event)
        self._send_prepare(event, judged)
        return None

    async def _prepare_slowly(self, event: talk.Prepare) -> None:
        if self.answers.naming or (event.name and event.name in self.names.statements):
            await self.pipeline.settle()
        if self.names.full():
            raise ClientFault("too many prepared statements and cursors", sqlstate="54000")
        if event.name and event.name in self.names.statements:
            raise Refused(refusals.error("42P05", f'prepared statement "{text_of(event.name)}" already exists'))
        judged = await self.hearing.judge(text_of(event.sql), self.pipeline)
        # What will be bound may be masked, and is judged at each Bind; nothing runs before.
        supposed, made = self.keyring.prepared(judged, len(event.types))
        await self._not_denied(supposed, None)
        self._send_prepare(event, judged, made)

    def _send_prepare(self, event: talk.Prepare, judged: Judged, made: Rewritten | None = None) -> None:
        entry = Prepared(
            judged.text, judged, self.pipeline.batch, rewritten=made, types=event.types, declared=event.types
        )
        raw = event.raw
        if made is not None:
            entry.source, raw = made.text, messages.parse(event.name, made.text, event.types)
        undo = self.names.put(self.names.statements, event.name, entry)
        self.pipeline.push(ex.PARSE, raw, entry=entry, undo=undo)

    def _bind(self, event: talk.Bind) -> Step:
        _check_name(event.portal)
        statement = self.pipeline.trusted(self.names.statements.get(event.statement))
        judged = self.hearing.recall(statement.text) if isinstance(statement, Prepared) else None
        if not isinstance(statement, Prepared) or judged is None or isinstance(judged.decision, Deny | Hold):
            return self._bind_slowly(event)
        if judged.minds or statement.rewritten is not None:
            return self._bind_slowly(event)
        self.hearing.check_plan(statement, judged)
        self._send_bind(event, statement, judged, None)
        return None

    async def _bind_slowly(self, event: talk.Bind) -> None:
        statement = await self._find(self.names.statements, event.statement)
        if not isinstance(statement, Prepared):
            raise Refused(refusals.error("26000", f'prepared statement "{text_of(event.statement)}" does not exist'))
        judged = await self.hearing.judge(statement.text, self.pipeline)
        self.hearing.check_plan(statement, judged)
        told = values_of(event)  # as the client sent them: who approves sees the masks that stand for keys
        judged, event = self.keyring.bound(judged, statement, event)
        # What a portal computes may begin at Bind (constants are folded there), and its parameters are known: ask now.
        judged, ticket = await self._allowed(judged, told, types=statement.declared)
        self._send_bind(event, statement, judged, ticket, told)

    def _send_bind(
        self, event: talk.Bind, statement: Prepared, judged: Judged, ticket: Ticket | None, told: Values | None = None
    ) -> None:
        values = values_of(event)
        entry = Portal(statement.text, judged, self.pipeline.batch, statement, values, event.results, ticket=ticket)
        entry.told = values if told is None else told
        undo = self.names.put(self.names.portals, event.portal, entry)
        self.pipeline.push(ex.BIND, event.raw, entry=entry, undo=undo)

    def _describe(self, event: talk.Describe) -> Step:
        table = self.names.statements if event.kind == b"S" else self.names.portals
        entry = self.pipeline.trusted(table.get(event.name))
        if entry is None:
            return self._describe_slowly(event, table)
        self.pipeline.push(ex.DESCRIBE, event.raw, entry=entry)
        return None

    async def _describe_slowly(self, event: talk.Describe, table: dict[bytes, Entry]) -> None:
        entry = await self._find(table, event.name)
        if entry is None:
            what, code = ("prepared statement", "26000") if event.kind == b"S" else ("portal", "34000")
            raise Refused(refusals.error(code, f'{what} "{text_of(event.name)}" does not exist'))
        self.pipeline.push(ex.DESCRIBE, event.raw, entry=entry)

    def _run(self, event: talk.Run) -> Step:
        portal = self.pipeline.trusted(self.names.portals.get(event.portal))
        if not isinstance(portal, Portal) or portal.ticket is not None:
            return self._run_slowly(event)
        judged = self.hearing.recall(portal.text)
        if judged is None or not judged.is_of(portal.judged) or not self._passes(judged):
            return self._run_slowly(event)
        self._send_run(event, portal, judged, self._recorded_at_once(judged, portal.values))
        return None

    async def _run_slowly(self, event: talk.Run) -> None:
        portal = await self._find(self.names.portals, event.portal)
        if not isinstance(portal, Portal):
            raise Refused(refusals.error("34000", f'portal "{text_of(event.portal)}" does not exist'))
        judged, ticket = portal.judged, portal.ticket
        if judged is None:
            judged = await self.hearing.judge(portal.text, self.pipeline)
        elif ticket is None or judged.refers:
            now = await self.hearing.judge_bound(judged, self.pipeline)
            if ticket is None or now.behind != judged.behind:
                judged, ticket = now, None
        if ticket is None:
            types = () if portal.statement is None else portal.statement.declared
            judged, ticket = await self._allowed(judged, portal.told, bound=not judged.refers, types=types)
        portal.ticket = ticket
        exchanges = await self._recorded(judged, portal.values, ticket)
        await self._check_still(judged, exchanges, ticket, bound=True)
        self._send_run(event, portal, judged, exchanges)

    def _send_run(self, event: talk.Run, portal: Portal, judged: Judged, exchanges: list[Exchange]) -> None:
        portal.judged = judged
        known = portal.statement is not None and portal.statement.described and not judged.refers
        if not portal.described and not known:
            self.pipeline.describe_portal(event.portal, portal)
        self._leaves(judged)
        self.pipeline.push_execute(event.raw, portal, exchanges)

    def _close(self, event: talk.Close) -> Step:
        _check_name(event.name)
        if self.answers.naming:
            return self._close_slowly(event)
        self._send_close(event)
        return None

    async def _close_slowly(self, event: talk.Close) -> None:
        await self.pipeline.settle()  # undone, the close would put back what SQL has replaced meanwhile
        self._send_close(event)

    def _send_close(self, event: talk.Close) -> None:
        table = self.names.statements if event.kind == b"S" else self.names.portals
        self.pipeline.push(ex.CLOSE, event.raw, undo=self.names.drop(table, event.name))

    async def _find(self, table: dict[bytes, Entry], name: bytes) -> Entry | None:
        if self.pipeline.trusted(table.get(name)) is None:
            await self.pipeline.settle()
        return table.get(name)

    # ---- stations 4 to 6

    def _passes(self, judged: Judged) -> bool:
        """Say whether a remembered judgement may go the fast lane: nobody to ask, no disk to wait for."""
        return judged.harmless and not judged.minds and not self.terms.strict

    async def _not_denied(self, judged: Judged, values: Values | None) -> None:
        decision = judged.decision
        if isinstance(decision, Deny):
            exchanges = await self._recorded(judged, values, None)
            self._stopped(exchanges)
            await self._not_wrong(judged, exchanges)
            raise Refused(self.hearing.denial(judged, decision, exchanges[0].id))

    async def _allowed(
        self, judged: Judged, values: Values | None, *, bound: bool = False, types: tuple[int, ...] = ()
    ) -> tuple[Judged, Ticket | None]:
        """Return the judgement under which this may run, and the ticket spent for it; else raise `Refused`."""
        await self._not_denied(judged, values)
        if not isinstance(judged.decision, Hold):
            if not judged.broken:
                return judged, None
            await self.pipeline.settle()
            asked = Asked(values or (), types, self._next_id(), bound=bound)
            return judged, await self.hearing.break_glass(judged, asked, self._tell)
        await self.pipeline.settle()
        if self.answers.discarding:
            raise ClientFault("an earlier message of the batch has failed")  # the server skips this one, and so do we
        exchanges = await self._recorded(judged, values, None)
        self._stopped(exchanges)
        await self._not_wrong(judged, exchanges)
        asked = Asked(values or (), types, exchanges[0].id, bound=bound)
        again, ticket = await self.hearing.hold(judged, asked, self._tell, self.pipeline)
        await self._not_denied(again, values)
        if isinstance(again.decision, Hold):
            raise HouseFault("the rules ask for more than one approval gives", hint="See the rule's quorum.")
        return again, ticket

    async def _not_wrong(self, judged: Judged, exchanges: list[Exchange]) -> None:
        """Raise the server's own words for a typing error: nobody shall have to approve one."""
        doubtful = judged.doubtful
        if doubtful is None:
            return
        await self.pipeline.settle()
        analysis, start = doubtful
        fields = await self.pipeline.parse_error(analysis.text)
        if fields is None or fields.get("R") == "exec_parse_message":  # the server understands it, or it is many
            fields = refusals.missing(analysis)
        if fields is None:
            return
        for exchange in exchanges:
            if not isinstance(exchange.verdict.decision, Allow):
                exchange.record.sqlstate = fields.get("C", "42601")
                self._ledger.answered(exchange.record)
        place = fields.get("P", "")
        raise Refused({**fields, "P": str(int(place) + start)} if place.isdecimal() else fields)

    async def _check_still(
        self, judged: Judged, exchanges: list[Exchange], ticket: Ticket | None, *, bound: bool = False
    ) -> None:
        """Raise if what was judged has changed while its record was on the way to the disk."""
        if self.hearing.current():
            return
        if bound:
            now = await self.hearing.judge_bound(judged, self.pipeline)
        else:
            now = self.hearing.keyed(await self.hearing.judge(judged.text, self.pipeline), judged.keyed)
        same = now.meaning == judged.meaning and now.behind == judged.behind
        if not same or (ticket is None and [v.decision for v in now.verdicts] != [v.decision for v in judged.verdicts]):
            self._stopped(exchanges)
            changed = "what the statement means has changed while it waited"
            raise ClientFault(changed, sqlstate="40001", hint="Try again.")

    def _stopped(self, exchanges: list[Exchange]) -> None:
        """Note the end of statements that might have run, had others of their text not been in the way."""
        for exchange in exchanges:
            if isinstance(exchange.verdict.decision, Allow):
                exchange.record.sqlstate = "skipped"
                self._ledger.answered(exchange.record)

    def _tell(self, fields: dict[str, str]) -> None:
        self._client.write(messages.notice_response(fields))

    async def _recorded(self, judged: Judged, values: Values | None, ticket: Ticket | None) -> list[Exchange]:
        """Write *decided* for each statement, and wait for the disk where that is promised."""
        exchanges = self._recorded_at_once(judged, values, ticket)
        if exchanges and (self.terms.strict or not judged.harmless or ticket is not None):
            await self._ledger.synced(self._position)
        return exchanges

    def _recorded_at_once(self, judged: Judged, values: Values | None, ticket: Ticket | None = None) -> list[Exchange]:
        exchanges = []
        if any(e.name == OWN.decode() for e in judged.effects):
            _check_name(OWN)
        started = self._clock.monotonic_ns()
        claims, ticket_id = self.hearing.claims(judged.text), None if ticket is None else ticket.id
        for verdict in judged.verdicts:
            name = self._next_id()
            self._position = self._ledger.decided(Decided(name, verdict, claims, values, ticket_id))
            exchange = Exchange(name, verdict, Answered(name, started_ns=started))
            verbs = {e.verb for e in verdict.analysis.effects}
            ends = not verbs.isdisjoint(ENDS) and (judged.defines or self.hearing.view.defined)
            exchange.names = ends or not verbs.isdisjoint(NAMING)
            if exchange.names and isinstance(verdict.decision, Allow):
                texts = {e.text for e in verdict.analysis.effects if e.text is not None}
                exchange.meanings = {text: self.hearing.meant(text) for text in texts}
            exchanges.append(exchange)
        return exchanges

    def _next_id(self) -> str:
        self._count += 1
        return f"{self.terms.session}-{self._count}"

    # ---- what a statement changes for those after it

    def _leaves(self, judged: Judged) -> None:
        if any(not isinstance(v.decision, Allow) for v in judged.verdicts):
            raise HouseFault("a statement was about to leave without a decision that lets it")
        if judged.copies:
            self.hearing.view.dirty = True  # whoever reads the copy waits until its class is known
        if judged.effects or judged.opaque:
            if judged.defines:
                self._world.catalog_changes()
            self.hearing.view.follow(judged.effects, opaque=judged.opaque, temporary=judged.temporary)

    def _batch_ends(self) -> None:
        self.hearing.view.batch_ended(in_transaction=self.answers.status == "T")

    def _over(self) -> None:
        """Take in the end of a transaction in which nothing but the fast lane's question was asked."""
        if self.hearing.view.plain and not self.names.portals:
            self.answers.wary = False  # what follows is the long way to say that nothing has changed
            self.drained()
        else:
            self.answers.transaction_over()

    def _ended(self) -> None:
        self.names.transaction_ended(self.answers.batch)
        if self.hearing.view.ended(quiet=not self.answers.queue):
            self._world.catalog_changes()
        self.drained()

    def _named(self, exchange: Exchange) -> None:
        effects = exchange.verdict.analysis.effects
        if any(e.verb in ENDS for e in effects):
            self._world.catalog_changes()  # DDL has ended, and with AND CHAIN no ReadyForQuery says so
        self.names.follow(effects, exchange.meanings, exchange.verdict.analysis.text, self.answers.batch)

    def _settled(self) -> None:
        self.pipeline.settled()


def _nothing() -> None:
    pass


def values_of(event: talk.Bind) -> Values:
    """Return the parameters, binary ones behind a NUL, which no text holds: there the same bytes are another value."""
    formats = event.formats
    if not any(formats):
        return event.values
    shared = formats * len(event.values) if len(formats) == 1 else formats
    return tuple(
        b"\0" + value if form and value is not None else value for value, form in zip(event.values, shared, strict=True)
    )


def _check_name(name: bytes) -> None:
    if len(name) > MAX_NAME:
        raise ClientFault(f"names are {MAX_NAME} bytes long at the most", sqlstate="42622")
    if name == OWN:
        raise ClientFault(f'the name "{text_of(OWN)}" is the gateway\'s own', sqlstate="42602")


def text_of(raw: bytes) -> str:
    """Decode what the client calls text; anything but UTF-8 is refused before it is parsed."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as broken:
        raise ClientFault("invalid byte sequence for encoding UTF8", sqlstate="22021") from broken
