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
from functools import partial

from proctor.errors import ClientFault, Fault, HouseFault, UpstreamFault
from proctor.session import exchange as ex
from proctor.session import refusals
from proctor.session.allowance import Allowance, Metered, limited
from proctor.session.answers import Answers
from proctor.session.bounds import Bounds
from proctor.session.clearance import Clearance
from proctor.session.company import Company
from proctor.session.counter import Refused
from proctor.session.departures import Departures
from proctor.session.exchange import Exchange, Open
from proctor.session.given import check_name, text_of, values_of
from proctor.session.hearing import Asked, Hearing
from proctor.session.judged import Judged
from proctor.session.keyring import Keyring
from proctor.session.lane import Lane
from proctor.session.memory import Memory
from proctor.session.namespace import Entry, Namespace, Portal, Prepared
from proctor.session.pipeline import Pipeline, is_rewritten
from proctor.session.plans import Wardrobe
from proctor.session.ports import Clock, Desk, Ledger, Outlet, Purpose, Terms, World
from proctor.session.spending import Spending
from proctor.session.view import ENDS
from proctor.sql.ledger import UNKNOWN_ROWS
from proctor.terms import Deny, Hold, Relation, Ticket
from proctor.wire import talk

log = logging.getLogger("proctor.session")

QUESTIONS = (talk.Ask, talk.Prepare, talk.Bind, talk.Run)
MAX_OPEN = 4096  # questions under way: a client that never reads must not fill our memory

Step = Coroutine[None, None, None] | None
Send = Callable[[Judged, list[Exchange], Ticket | None], None]


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
        allowance = Allowance(terms, desk, self._size_of) if limited(terms) else None
        self.quick = terms.purpose is Purpose.RUN and allowance is None
        """Whether the fast lane may be used: what is counted, or only asked about, goes the long way."""
        if allowance is not None:
            ledger = Metered(ledger, allowance)
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
        self.clearance = Clearance(terms, self.hearing, self.pipeline, ledger, clock, client)
        self.clearance.allowance = allowance
        self.departures = Departures(self.names, self.hearing, self.pipeline, self.clearance, world)
        self.company = Company(terms, self.hearing, self.pipeline, self.names, self.clearance, self.departures)
        self.lane = Lane(
            terms,
            self.hearing,
            self.pipeline,
            self.names,
            ledger,
            clock,
            client,
            upstream,
            self.clearance.number,
            self._over,
        )
        self.keyring = Keyring(self.hearing, wardrobe)
        self.spending = Spending(terms, self.hearing, desk)
        self.bounds = Bounds(terms, self.hearing, self.pipeline, ledger, client)
        self.leaving = False
        self.drained: Callable[[], None] = _nothing
        """Called when nothing waits any more; the edge reads on."""
        self._world = world
        self._backlog: deque[talk.ClientEvent] = deque()
        self._slow: Step = None
        self._work = asyncio.Event()
        self._copy: talk.ClientEvent | None = None
        """What began the copy that comes in within a savepoint."""

    def _size_of(self, relation: Relation) -> int:
        catalog = self.hearing.snapshot()
        found = None if catalog is None else catalog.relations.get(relation)
        return 0 if found is None else found.estimated_rows if found.estimated_rows >= 0 else UNKNOWN_ROWS

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
        return self._copied() if self._has_copied() else None

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
        self.bounds.abandon(sqlstate)

    def cancel(self) -> bool:
        """Give up a hold, if one is waited for; else the cancel belongs upstream."""
        return self.hearing.counter.cancel()

    # ---- station 2: one event

    def _step(self, event: talk.ClientEvent) -> Step:
        if self._has_copied():
            return self._after_copy(event)
        skipping = self.pipeline.skipping or self.answers.discarding
        if skipping and not isinstance(event, talk.Sync | talk.Bye):
            return None  # the server would skip it: no judgement, no record, no question left open
        queue = self.answers.queue
        if queue and queue[-1].copies:
            return self._beside_copy(event, queue[-1])
        if len(queue) >= MAX_OPEN:
            return self._later(event)
        if isinstance(event, QUESTIONS):
            self.clearance.begins(anew=isinstance(event, talk.Ask))
        try:
            step = self._taken(event)
        except Exception as broken:  # whatever breaks at a station is a no
            self._refuse_for(event, broken)
            return None
        return None if step is None else self._guarded(event, step)

    def _taken(self, event: talk.ClientEvent) -> Step:
        if self.terms.purpose is Purpose.EXPLAIN and not isinstance(event, talk.Ask | talk.Bye):
            raise ClientFault("this session explains simple queries, and does nothing else", sqlstate="0A000")
        match event:
            case talk.Bind():
                return self._bind(event)
            case talk.Run():
                return self._run(event)
            case talk.Sync() if self.answers.wrapped:
                return self._sync_slowly(event)
            case talk.Sync():
                self.pipeline.push_sync(event.raw)
                self.departures.batch_ends()
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
                self.departures.batch_ends()
            case talk.Bye():
                self.leaving = True
                self.lane.shut(True)
                self._work.set()
            case _:
                raise ClientFault("this message has no place after the login")
        return None

    def _beside_copy(self, event: talk.ClientEvent, copy: Open) -> Step:
        """Let data through; all else waits for the copy's end, since the server would eat it, and its answer."""
        if isinstance(event, talk.Bye) and (copy.copying or self.bounds.copying is None):
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

    def _has_copied(self) -> bool:
        return self.bounds.copying is not None and not self.answers.queue

    async def _after_copy(self, event: talk.ClientEvent) -> None:
        await self._copied()
        step = self._step(event)
        if step is not None:
            await step

    async def _copied(self) -> None:
        """Hear what the rules say to a copy; its data is gone, so nobody waits here for an approval."""
        event, self._copy = self._copy, None
        if event is not None:
            await self._guarded(event, self._judge_copy())

    async def _judge_copy(self) -> None:
        undone = await self.bounds.copied()
        if undone is not None:
            await self.clearance.allowed(undone, None, patient=False)

    async def _sync_slowly(self, event: talk.Sync) -> None:
        await self.bounds.sync(event.raw)
        self.departures.batch_ends()

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
        self._refuse(event, refusals.fault(broken, self.clearance.next_id()))

    def _refuse(self, event: talk.ClientEvent, fields: dict[str, str]) -> None:
        match event:
            case talk.Ask() | talk.FunctionCall():
                self.pipeline.refuse_query(fields)
                self.departures.batch_ends()
            case talk.Prepare() | talk.Bind() | talk.Run() | talk.Describe() | talk.Close():
                self.pipeline.refuse_step(fields)
            case _:
                raise ClientFault(fields["M"], sqlstate=fields["C"])

    # ---- simple query

    def _ask(self, event: talk.Ask) -> Step:
        if self.answers.wrapped:
            raise UpstreamFault("a simple query came before the Sync of a batch whose rows are counted")
        judged = self.hearing.recall(text_of(event.sql))
        if judged is None or not self.clearance.passes(judged):
            return self._ask_slowly(event)
        self.departures.query(event, judged, self.clearance.recorded_at_once(judged, None))
        return None

    async def _ask_slowly(self, event: talk.Ask) -> None:
        judged, event = self.keyring.asked(await self.hearing.judge(text_of(event.sql), self.pipeline), event)
        if self.terms.purpose is Purpose.EXPLAIN:
            raise Refused(self.hearing.story(judged))
        judged = self.spending.spent(judged, ())
        if is_rewritten(event.raw) and self.pipeline.in_batch:
            await self.pipeline.settle()  # a Sync of ours must not end what the server skips of the client's batch
        judged, ticket = await self.clearance.allowed(judged, None)

        def send(judged: Judged, exchanges: list[Exchange], _: Ticket | None) -> None:
            self.departures.query(event, judged, exchanges)

        await self._let(event, judged, ticket, send)

    # ---- extended query

    def _prepare(self, event: talk.Prepare) -> Step:
        check_name(event.name)
        taken = self.answers.naming or self.names.full() or (event.name and event.name in self.names.statements)
        judged = None if taken else self.hearing.recall(text_of(event.sql))
        if judged is None or judged.minds or isinstance(judged.decision, Deny):
            return self._prepare_slowly(event)
        self.departures.prepare(event, judged)
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
        await self.clearance.not_denied(self.spending.supposed(supposed), None)
        self.departures.prepare(event, judged, made)

    def _bind(self, event: talk.Bind) -> Step:
        check_name(event.portal)
        statement = self.pipeline.trusted(self.names.statements.get(event.statement))
        judged = self.hearing.recall(statement.text) if isinstance(statement, Prepared) else None
        if not isinstance(statement, Prepared) or judged is None or isinstance(judged.decision, Deny | Hold):
            return self._bind_slowly(event)
        if judged.minds or statement.rewritten is not None:
            return self._bind_slowly(event)
        self.hearing.check_plan(statement, judged)
        self.departures.bind(event, statement, judged, None)
        return None

    async def _bind_slowly(self, event: talk.Bind) -> None:
        statement = await self._find(self.names.statements, event.statement)
        if not isinstance(statement, Prepared):
            raise Refused(refusals.error("26000", f'prepared statement "{text_of(event.statement)}" does not exist'))
        judged = await self.hearing.judge(statement.text, self.pipeline)
        self.hearing.check_plan(statement, judged)
        told = values_of(event)  # as the client sent them: who approves sees the masks that stand for keys
        judged, event = self.keyring.bound(judged, statement, event)
        judged = self.spending.spent(judged, values_of(event))
        # What a portal computes may begin at Bind (constants are folded there), and its parameters are known: ask now.
        judged, ticket = await self.clearance.allowed(judged, told, types=statement.declared)
        self.departures.bind(event, statement, judged, ticket, told)

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
        if judged is None or not judged.is_of(portal.judged):
            return self._run_slowly(event)
        if not self.clearance.passes(judged):
            together = self.company.fits(judged)
            return self.company.leave(event, portal, judged, self._backlog) if together else self._run_slowly(event)
        self.departures.run(event, portal, judged, self.clearance.recorded_at_once(judged, portal.values))
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
            judged, ticket = await self.clearance.allowed(judged, portal.told, bound=not judged.refers, types=types)

        def send(judged: Judged, exchanges: list[Exchange], ticket: Ticket | None) -> None:
            portal.ticket = ticket
            self.departures.run(event, portal, judged, exchanges)

        await self._let(event, judged, ticket, send, portal)
        portal.counted = True

    def _close(self, event: talk.Close) -> Step:
        check_name(event.name)
        if self.answers.naming:
            return self._close_slowly(event)
        self.departures.close(event)
        return None

    async def _close_slowly(self, event: talk.Close) -> None:
        await self.pipeline.settle()  # undone, the close would put back what SQL has replaced meanwhile
        self.departures.close(event)

    async def _find(self, table: dict[bytes, Entry], name: bytes) -> Entry | None:
        if self.pipeline.trusted(table.get(name)) is None:
            await self.pipeline.settle()
        return table.get(name)

    # ---- stations 4 to 6

    async def _let(
        self,
        event: talk.Ask | talk.Run,
        judged: Judged,
        ticket: Ticket | None,
        send: Send,
        portal: Portal | None = None,
    ) -> None:
        """Send what may run: what is watched in a savepoint, and again if its rows were too many and are approved."""
        bound, values = portal is not None, None if portal is None else portal.values
        told = None if portal is None else portal.told
        types = () if portal is None or portal.statement is None else portal.statement.declared
        watched = judged.watched and not (portal is not None and portal.counted)
        if watched and ticket is None:
            asked = Asked(told or (), types, "", bound=bound and not judged.refers)
            claimed = await self.hearing.claim(judged, asked, self.pipeline)
            judged, ticket = claimed or (judged, None)
        for _ in range(2):
            exchanges = await self.clearance.recorded(judged, values, ticket)
            await self.clearance.check_still(judged, exchanges, ticket, bound=bound)
            if not (watched and judged.watched):
                send(judged, exchanges, ticket)
                return
            undone = await self.bounds.within(
                judged,
                exchanges,
                partial(send, judged, exchanges, ticket),
                approvals=0 if ticket is None else max(1, len(ticket.decided_by)),
                partly=isinstance(event, talk.Run) and event.limit > 0,
            )
            self._copy = event if self.bounds.copying is not None else None
            if undone is None:
                return
            again = None if portal is None else self._binding(portal)
            patient = (portal is None or again is not None) and not undone.verdicts[0].copies
            settled = bound and not judged.refers
            judged, ticket = await self.clearance.allowed(undone, told, bound=settled, types=types, patient=patient)
            if again is not None:
                self.pipeline.bind_again(again)
        raise HouseFault("the rules ask for more than one approval gives", hint="See the rule's quorum.")

    def _binding(self, portal: Portal) -> talk.Bind | None:
        """Return how to make a portal again, if what it was made of is still there."""
        bind = portal.bind
        return bind if bind is not None and self.names.statements.get(bind.statement) is portal.statement else None

    # ---- what a statement changes for those after it

    def _over(self) -> None:
        """Take in the end of a transaction in which nothing but the fast lane's question was asked."""
        view = self.hearing.view
        if not (view.unsettled or view.defined or view.closing or self.names.portals):
            # What follows is the long way to say that nothing has changed.
            self.answers.wary = self.answers.discreet = False
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
        if self._slow is None and self._has_copied():
            self._slow = self._copied()
            self._work.set()


def _nothing() -> None:
    pass
