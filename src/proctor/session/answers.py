"""Stations 8 and 9: what comes back. Takes the upstream's events, gives the client's bytes and the *answered* records.

Every answer belongs to the question at the front of the queue. Rows are rewritten by the mask plan that the result's
description made; a refusal takes the place of the error that stands in for it; answers to the gateway's own questions
stay in the house.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from proctor.errors import UpstreamFault
from proctor.session import exchange as ex
from proctor.session import refusals
from proctor.session.exchange import Exchange, Open, Queue
from proctor.session.incoming import CopyGuard, copy_guard
from proctor.session.namespace import Portal, Prepared
from proctor.session.plans import Plan, Wardrobe, copy_plan, plan
from proctor.session.ports import Answered, Clock, Ledger, Outlet, Terms, World
from proctor.session.spool import Spool
from proctor.sql.catalog import Catalog
from proctor.terms import Allow
from proctor.wire import messages, talk
from proctor.wire._rows import rewrite_beside, rewrite_rows
from proctor.wire.copy import CopyMasker


class Answers:
    """The way back of one session."""

    def __init__(
        self,
        terms: Terms,
        world: World,
        ledger: Ledger,
        clock: Clock,
        client: Outlet,
        wardrobe: Wardrobe,
        catalog: Callable[[], Catalog | None],
        settled: Callable[[], None],
        named: Callable[[Exchange], None],
        ended: Callable[[], None],
    ) -> None:
        self.terms = terms
        self.queue: Queue = Queue()
        self.discarding = False
        """The server skips what it gets until the next Sync."""
        self.naming = 0
        """Open exchanges that change what names of statements or cursors mean."""
        self.status = "I"
        self.wary = False
        """Something sensitive was touched in this transaction: a deferred constraint may speak of it at the end."""
        self.discreet = False
        """The same of rows that may hold values which nobody has looked at."""
        self.batch = 0
        """The number of the last batch whose ReadyForQuery has come back."""
        self.overdue: dict[str, str] | None = None
        """What the client is told in the place of "canceled", where it was the gateway that cancelled."""
        self.spool: Spool | None = None
        """Takes what the client would be sent, while it is withheld."""
        self.block = "I"
        """The transaction's state by what has been answered, within a batch as well."""
        self.wrapped = False
        """The open transaction is one that the gateway began around a statement."""
        self._world = world
        self._ledger = ledger
        self._clock = clock
        self._client = client
        self._wardrobe = wardrobe
        self._catalog = catalog
        self._settled = settled
        self._named = named
        self._ended_transaction = ended
        self._copy: CopyMasker | None = None
        self._out: list[bytes] = []

    def upstream_said(self, events: Sequence[talk.UpstreamEvent]) -> None:
        """Take what the upstream said, and send the client what it may see of it."""
        self._out = []
        try:
            for event in events:
                self._take(event)
        finally:
            if self._out:
                self._send(self._out)
                self._out = []
        if not self.queue:
            self._settled()

    def _send(self, said: list[bytes]) -> None:
        if self.spool is None:
            self._client.write(b"".join(said))
        else:
            self.spool.take(said)

    def expect(self, question: Open) -> bool:
        """Note a question that is about to be forwarded; False if it must not be, as the server would skip it."""
        for exchange in question.exchanges:
            self.naming += exchange.names
            question.copies = question.copies or exchange.verdict.copies
        if self.discarding:
            self._lost(question, "skipped")
            return False
        for exchange in question.exchanges:
            self.wary = self.wary or exchange.verdict.sensitive
            self.discreet = self.discreet or exchange.verdict.discreet
        self.queue.append(question)
        return True

    def abandon(self, sqlstate: str) -> None:
        """Close the records of what will not be answered any more: the session ends."""
        while self.queue:
            front = self.queue.popleft()
            if front.done is not None:
                front.done.cancel()
            self._lost(front, sqlstate)

    # ---- one event

    def _take(self, event: talk.UpstreamEvent) -> None:
        match event:
            case talk.Rows():
                self._rows(event)
            case talk.Bound():
                self._finish(ex.BIND, event.raw)
            case talk.Shape() | talk.NoShape():
                self._shape(event)
            case talk.Done() | talk.Empty() | talk.Suspended():
                self._done(event)
            case talk.Ready():
                self._ready(event)
            case talk.Prepared():
                self._finish(ex.PARSE, event.raw)
            case talk.Closed():
                self._finish(ex.CLOSE, event.raw)
            case talk.Parameters():
                if not self._front().ours:
                    self._out.append(_parameters(self._front().entry, event))
            case talk.CopyStart():
                self._copy_start(event)
            case talk.CopyRows():
                self._copy_rows(event)
            case talk.CopyEnd():
                self._copy_end(event)
            case talk.Failed():
                self._failed(event)
            case talk.Notice():
                self._notice(event)
            case talk.Setting() | talk.Notification():
                self._out.append(event.raw)
            case _:
                raise UpstreamFault("the database sent a message that has no place here")

    def _front(self) -> Open:
        if not self.queue:
            raise UpstreamFault("the database answered a question that nobody asked")
        return self.queue[0]

    def _finish(self, kind: str, raw: bytes) -> None:
        front = self._front()
        if front.silent and kind in (ex.PARSE, ex.BIND):
            front.silent -= 1
            return
        if front.kind != kind:
            raise UpstreamFault(f"the database answered {kind} where {front.kind} was asked")
        self.queue.popleft()
        if not front.ours:
            self._out.append(raw)

    # ---- shapes and rows

    def _shape(self, event: talk.Shape | talk.NoShape) -> None:
        front = self._front()
        fields = event.fields if isinstance(event, talk.Shape) else None
        if front.kind == ex.DESCRIBE:
            self.queue.popleft()
            if front.entry is not None:
                front.entry.shape, front.entry.described = fields, True
                if isinstance(front.entry, Portal):
                    front.entry.raw = event.raw
        elif front.kind == ex.QUERY and front.exchange is not None and fields is not None:
            self._plan(front.exchange, fields)
            if front.exchange.plan is None and len(front.exchanges) == 1:
                front.exchange.verdict.learn(b"", event.raw)
        elif front.kind == ex.QUERY and front.rewritten:
            return  # it returns no rows, which a simple query does not say
        elif not front.ours:
            raise UpstreamFault("the database described a result that nobody asked for")
        if not front.ours:
            self._out.append(event.raw)

    def _plan(self, exchange: Exchange, fields: list[talk.Field]) -> None:
        catalog, decision = self._catalog(), exchange.verdict.decision
        if catalog is None or not isinstance(decision, Allow):
            raise UpstreamFault("a result came back for which there is no decision")
        exchange.plan = plan(
            fields, exchange.verdict.analysis, decision, catalog, self._world.classified, self._wardrobe
        )
        exchange.planned = True

    def _plan_portal(self, exchange: Exchange, entry: Prepared | Portal | None) -> None:
        self._plan(exchange, _portal_shape(entry))
        if exchange.plan is None and isinstance(entry, Portal):
            exchange.verdict.learn(b"".join(form.to_bytes(2, "big") for form in entry.results), entry.raw)

    def _rows(self, event: talk.Rows) -> None:
        front = self._front()
        if front.ours:
            self._own_rows(front, event)
            return
        exchange = front.exchange
        if exchange is None:
            raise UpstreamFault("the database sent rows where none were asked for")
        if not exchange.planned:
            self._plan_portal(exchange, front.entry)
        self._count(exchange, event.count, len(event.raw))
        if exchange.verdict.lore.look_at <= (now := self._clock.monotonic_ns()):
            self._glance(exchange, event.raw, now)
        self._out.append(self._masked(exchange, event, now) if exchange.plan is not None else event.raw)

    def _glance(self, exchange: Exchange, raw: bytes, now: int) -> None:
        """See whether values show what the data map does not know; it counts from the next statement on."""
        catalog, masked = self._catalog(), exchange.plan.wears if exchange.plan is not None else ()
        if catalog is not None:
            known = self._world.classified
            found = self._world.watch.glance(exchange.verdict, masked, raw, catalog, known, now)
            if found:
                self._world.drifted(found)

    def _masked(self, exchange: Exchange, event: talk.Rows, now: int) -> bytes:
        worn: Plan = exchange.plan  # type: ignore[assignment]  # the caller looked
        cells = [0] * len(worn.wears)
        try:
            rewrite = rewrite_beside if worn.beside else rewrite_rows
            rows: bytes = rewrite(event.raw, worn.wears, cells, self.terms.masked_cell_bytes, event.count)
        except ValueError as broken:
            raise UpstreamFault(
                "a row could not be masked, so nothing more of the result is sent",
                sqlstate="54000",
                hint="A cell may be longer than limits.masked_cell_bytes; ask for a part of it.",
            ) from broken
        self._cells(exchange, worn, cells)
        exchange.record.masking_ns += self._clock.monotonic_ns() - now
        return rows

    def _cells(self, exchange: Exchange, worn: Plan, cells: list[int]) -> None:
        counted = exchange.record.cells
        for place, (spec, count) in enumerate(zip(worn.specs, cells, strict=True), start=1):
            if spec is not None:
                counted[place] = counted.get(place, 0) + count

    def _count(self, exchange: Exchange, rows: int, size: int) -> None:
        record = exchange.record
        record.rows += rows
        record.size += size
        if record.rows > self.terms.result_rows or record.size > self.terms.result_bytes:
            raise UpstreamFault(
                "the result is larger than limits.result_rows or limits.result_bytes permits",
                sqlstate="54000",
                hint="Ask for less with LIMIT, or have the limit raised.",
            )

    def _own_rows(self, front: Open, event: talk.Rows) -> None:
        front.rows.extend(messages.read_rows(event.raw))

    # ---- copies

    def _copy_start(self, event: talk.CopyStart) -> None:
        front = self._front()
        exchange = front.exchange
        if event.direction == "both" or exchange is None or (event.direction == "in" and not front.copies):
            raise UpstreamFault("the database began a copy that nobody asked for")
        if event.direction == "out":
            self._copy_plan(exchange, event)
        else:
            front.copying = True
            front.guard = self._guard(exchange)
            self._settled()
            if self.spool is not None:  # the client must hear this to send its data
                self._client.write(event.raw)
                return
        self._out.append(event.raw)

    def _guard(self, exchange: Exchange) -> CopyGuard | None:
        form, catalog = exchange.verdict.analysis.copy, self._catalog()
        if form is None or catalog is None or self.terms.style != "useful":
            return None
        chooses = self._world.rules.chooses
        return copy_guard(form, exchange.id, catalog, self._world.classified, self._wardrobe, chooses)

    def _copy_plan(self, exchange: Exchange, event: talk.CopyStart) -> None:
        catalog, decision = self._catalog(), exchange.verdict.decision
        form = exchange.verdict.analysis.copy
        if catalog is None or not isinstance(decision, Allow) or form is None:
            raise UpstreamFault("a copy came back for which there is no decision")
        if len(decision.masks) != len(event.columns):
            raise UpstreamFault("a copy came back in another shape than the statement has")
        binary = form.format == "binary"
        exchange.plan = copy_plan(
            exchange.verdict.analysis, decision, catalog, self._world.classified, self._wardrobe, binary=binary
        )
        if exchange.plan is not None:
            self._copy = CopyMasker(exchange.plan.wears, form, limit=self.terms.masked_cell_bytes)

    def _copy_rows(self, event: talk.CopyRows) -> None:
        exchange = self._front().exchange
        if exchange is None:
            raise UpstreamFault("the database sent copy data where none was asked for")
        self._count(exchange, event.count, len(event.raw))
        self._out.append(event.raw if self._copy is None else self._copied(exchange, self._copy, event.raw))

    def _copied(self, exchange: Exchange, masker: CopyMasker, raw: bytes) -> bytes:
        now = self._clock.monotonic_ns()
        try:
            masked = masker.feed(raw)
        except ValueError as broken:
            raise UpstreamFault("copy data could not be masked, so nothing more of it is sent") from broken
        exchange.record.masking_ns += self._clock.monotonic_ns() - now
        return masked

    def _copy_end(self, event: talk.CopyEnd) -> None:
        exchange = self._front().exchange
        if self._copy is not None and exchange is not None and exchange.plan is not None:
            self._out.append(self._copy.finish())
            self._cells(exchange, exchange.plan, self._copy.cells)
        self._copy = None
        self._out.append(event.raw)

    # ---- ends

    def _done(self, event: talk.Done | talk.Empty | talk.Suspended) -> None:
        front = self._front()
        if front.kind == ex.QUERY:
            self._close(front, event.tag if isinstance(event, talk.Done) else "")
            front.at += 1
        elif front.kind == ex.EXECUTE:
            if (
                front.exchange is not None
                and not front.exchange.planned
                and front.entry is not None
                and front.entry.shape
            ):
                self._plan_portal(front.exchange, front.entry)  # no rows came, but the next time may go the fast lane
            self.queue.popleft()
            self._close(front, event.tag if isinstance(event, talk.Done) else "suspended")
        else:
            raise UpstreamFault("the database completed a command that nobody asked for")
        if not front.ours:
            self._out.append(event.raw)

    def _close(self, front: Open, tag: str) -> None:
        exchange = front.exchange
        front.copying = False
        if exchange is not None:
            exchange.record.tag = tag
            if exchange.withheld:
                exchange.ran = True
            else:
                self._ledger.answered(exchange.record)
            self._follow(exchange)
            if exchange.verdict.analysis.taints:
                self._world.inherit(exchange.verdict.analysis.taints)
            self._ended(exchange, True)
        if front.done is not None and front.kind == ex.EXECUTE and not front.done.done():
            front.done.set_result(front.rows)

    def _follow(self, exchange: Exchange) -> None:
        """Keep up with the client's own BEGIN, COMMIT and ROLLBACK, also where no ReadyForQuery speaks of them."""
        for effect in exchange.verdict.analysis.effects:
            if effect.verb in ("begin", "commit", "rollback"):
                self.block = "T" if effect.verb == "begin" or "chain" in effect.flags else "I"
                self.wrapped = False

    def _ready(self, event: talk.Ready) -> None:
        front = self._front()
        if front.kind not in (ex.SYNC, ex.QUERY):
            raise UpstreamFault(f"the database said it was ready where {front.kind} was asked")
        front.undo.clear()  # a query was heard, so what it dropped is gone
        self._lost(front, "skipped")
        self.queue.popleft()
        self.status = self.block = event.status
        self.overdue = None
        self.discarding = False
        self.batch = max(self.batch, front.batch)
        if not front.ours and self.spool is None:
            self._out.append(event.raw)
        if event.status == "I":
            self.wrapped = False
            self.transaction_over()

    def transaction_over(self) -> None:
        """Take in that no transaction is open any more."""
        verdicts = [e.verdict for o in self.queue for e in o.exchanges]
        self.wary = any(verdict.sensitive for verdict in verdicts)
        self.discreet = any(verdict.discreet for verdict in verdicts)
        self._ended_transaction()

    def _failed(self, event: talk.Failed) -> None:
        self._copy = None
        if not self.queue:
            fields = self._speakable(None, event.fields) or event.fields
            self._out.append(messages.error_response(fields))  # the database ends the session by itself
            return
        front = self.queue[0]
        if front.kind == ex.QUERY:
            front.undo.clear()
        if front.ours:
            front.error = event.fields
        if (
            not front.ours or front.aloud or front.kind == ex.DESCRIBE
        ):  # ours to ask, but the client's Execute that is skipped
            self._out.append(self._error(front, event))
        skipped = []
        if front.kind not in (ex.QUERY, ex.SYNC):  # those two end with a ReadyForQuery of their own
            self.queue.popleft()
            skipped = self._skip_to_sync()
        for gone in skipped:
            _take_back(gone)
        self._lost(front, (front.refusal or event.fields).get("C", "XX000"))
        for gone in skipped:
            self._lost(gone, "skipped")

    def _error(self, front: Open, event: talk.Failed) -> bytes:
        if front.refusal is not None:
            return messages.error_response(front.refusal)
        if self.overdue is not None and event.fields.get("C") == self.overdue["C"]:
            return messages.error_response(self.overdue)
        if front.kind == ex.PARSE:
            return event.raw  # nothing has run: it speaks of the text and of names, never of a row
        exchange = front.exchange or _speaker(front)
        if exchange is None and not self.wary and front.kind != ex.SYNC and not front.aloud:
            return messages.error_response(refusals.reduced(event.fields))
        fields = self._speakable(None if front.kind == ex.SYNC or front.aloud else exchange, event.fields)
        return event.raw if fields is None else messages.error_response(fields)

    def _speakable(self, exchange: Exchange | None, fields: dict[str, str]) -> dict[str, str] | None:
        """Return what may be told of an error or notice, None if it may be told as it is."""
        verdict = None if exchange is None else exchange.verdict
        if self.wary or (verdict is not None and verdict.sensitive):
            return refusals.reduced(fields)
        if self.discreet or (verdict is not None and verdict.discreet):
            return refusals.without_details(fields)
        return None

    def _skip_to_sync(self) -> list[Open]:
        """Return, the last first, what the server discards after an error: all up to the Sync (Extended Query)."""
        skipped = []
        while self.queue and self.queue[0].kind != ex.SYNC:
            skipped.append(self.queue.popleft())
        self.discarding = not self.queue
        return skipped[::-1]

    def _lost(self, front: Open, sqlstate: str) -> None:
        _take_back(front)
        for exchange in front.exchanges[front.at :]:
            exchange.record.sqlstate = sqlstate
            self._ledger.answered(exchange.record)
            self._ended(exchange, False)
            sqlstate = "skipped"
        front.at = len(front.exchanges)
        front.copying = False
        if front.done is not None and not front.done.done():
            front.done.set_exception(UpstreamFault("the database refused a question of the gateway's own"))

    def _ended(self, exchange: Exchange, succeeded: bool) -> None:
        if exchange.names:
            self.naming -= 1
            if succeeded:
                self._named(exchange)

    def _notice(self, event: talk.Notice) -> None:
        front = self.queue[0] if self.queue else None
        if front is not None and front.ours and not front.aloud:
            return
        exchange = front.exchange or _speaker(front) if front is not None else None
        fields = self._speakable(exchange, event.fields)
        self._out.append(event.raw if fields is None else messages.notice_response(fields))


def _parameters(entry: Prepared | Portal | None, event: talk.Parameters) -> bytes:
    """Return what the client may hear of a statement's parameters: those that it has written, and no others."""
    if not isinstance(entry, Prepared):
        return event.raw
    entry.types = event.types
    if entry.rewritten is None:
        return event.raw
    entry.types = event.types[: entry.rewritten.before]
    return messages.parameter_description(entry.types)


def _portal_shape(entry: Prepared | Portal | None) -> list[talk.Field]:
    """Return the described shape of what a portal gives, with the formats that its Bind asked for."""
    if isinstance(entry, Portal):
        if entry.described and entry.shape is not None:
            return entry.shape
        if not entry.described and entry.statement is not None and entry.statement.shape is not None:
            return _formatted(entry.statement.shape, entry.results)
    raise UpstreamFault("rows came back before their description")


def _formatted(fields: list[talk.Field], results: tuple[int, ...]) -> list[talk.Field]:
    if len(results) > 1 and len(results) != len(fields):
        raise UpstreamFault("a result has another number of columns than formats were asked for")
    shaped = []
    for at, f in enumerate(fields):
        form = 0 if not results else results[0] if len(results) == 1 else results[at]
        shaped.append(talk.Field(f.name, f.table_oid, f.number, f.type_oid, f.type_size, f.type_modifier, form))
    return shaped


def _take_back(gone: Open) -> None:
    """Undo what a question has done to names; what came after it has been undone before."""
    while gone.undo:
        gone.undo.pop().apply()


def _speaker(front: Open | None) -> Exchange | None:
    """Return a stand-in for messages that have no exchange yet (Parse, Bind): the judgement of their entry."""
    if front is None or front.entry is None or front.entry.judged is None:
        return None
    verdicts = front.entry.judged.verdicts
    if not verdicts:
        return None
    return Exchange("", verdicts[0], Answered(""))
