"""Stations 4 to 6 as one session passes them: refused, held or let through, and recorded before anything leaves.

Takes judgements; gives the exchanges that may go upstream and the ticket spent for them, or raises `Refused`.
"""

from __future__ import annotations

from itertools import count

from proctor.errors import ClientFault, HouseFault
from proctor.session import refusals
from proctor.session.allowance import Allowance, counts
from proctor.session.answers import Answers
from proctor.session.counter import Refused
from proctor.session.exchange import Exchange
from proctor.session.given import check_name
from proctor.session.hearing import Asked, Hearing, Values
from proctor.session.judged import Judged
from proctor.session.pipeline import OWN, Pipeline
from proctor.session.ports import Answered, Clock, Decided, Ledger, Outlet, Purpose, Terms
from proctor.session.view import ENDS
from proctor.terms import Allow, Deny, Hold, Ticket
from proctor.wire import messages

NAMING = frozenset({"prepare", "deallocate", "declare", "close", "discard"})


class Clearance:
    """What stands between a judgement and the upstream."""

    def __init__(
        self, terms: Terms, hearing: Hearing, pipeline: Pipeline, ledger: Ledger, clock: Clock, client: Outlet
    ) -> None:
        self._terms = terms
        self._hearing = hearing
        self._pipeline = pipeline
        self._answers: Answers = pipeline.answers
        self._ledger = ledger
        self._clock = clock
        self._client = client
        self._position = 0
        self._since: int | None = None
        self.number = count(1).__next__
        """Gives each exchange its number; the fast lane asks it too."""
        self.allowance: Allowance | None = None
        """What the asker has left of its budgets, if it has any."""

    def begins(self, *, anew: bool) -> None:
        """Note when the gateway took up a question, of which a message has come; `anew` if it is the first for sure."""
        if anew or self._since is None:
            self._since = self._clock.monotonic_ns()

    def batch_ends(self) -> None:
        """Note that what comes next belongs to another question."""
        self._since = None

    def passes(self, judged: Judged) -> bool:
        """Say whether a remembered judgement may pass without a wait: nobody to ask, no disk to wait for."""
        running = self._terms.purpose is Purpose.RUN and self.allowance is None
        return judged.harmless and not judged.minds and not self._terms.strict and running

    async def not_denied(self, judged: Judged, values: Values | None) -> None:
        """Raise `Refused` where the decision is no."""
        decision = judged.decision
        if isinstance(decision, Deny):
            exchanges = await self.recorded(judged, values, None)
            self.stopped(exchanges)
            await self._not_wrong(judged, exchanges)
            raise Refused(self._hearing.denial(judged, decision, exchanges[0].id))

    async def allowed(
        self,
        judged: Judged,
        values: Values | None,
        *,
        bound: bool = False,
        types: tuple[int, ...] = (),
        patient: bool = True,
    ) -> tuple[Judged, Ticket | None]:
        """Return the judgement under which this may run, and the ticket spent for it; else raise `Refused`."""
        await self.not_denied(judged, values)
        judged = self._within(judged)
        if self._terms.purpose is not Purpose.RUN:
            patient = False
            if not isinstance(judged.decision, Hold):
                raise Refused(refusals.nothing_to_ask())
        if not isinstance(judged.decision, Hold):
            if not judged.broken:
                return judged, None
            await self._pipeline.settle()
            asked = Asked(values or (), types, self.next_id(), bound=bound)
            return judged, await self._hearing.break_glass(judged, asked, self._tell)
        await self._pipeline.settle()
        if self._answers.discarding:
            raise ClientFault("an earlier message of the batch has failed")  # the server skips this one, and so do we
        if self._answers.status == "E":  # nothing can be asked of the session that an approval would be bound to
            raise ClientFault(
                "current transaction is aborted, commands ignored until end of transaction block",
                sqlstate="25P02",
                hint="Send the ROLLBACK as a query of its own.",
            )
        exchanges = await self.recorded(judged, values, None)
        self.stopped(exchanges)
        await self._not_wrong(judged, exchanges)
        asked = Asked(values or (), types, exchanges[0].id, bound=bound)
        again, ticket = await self._hearing.hold(judged, asked, self._tell if patient else None, self._pipeline)
        await self.not_denied(again, values)
        if isinstance(again.decision, Hold):
            raise HouseFault("the rules ask for more than one approval gives", hint="See the rule's quorum.")
        return again, ticket

    def _within(self, judged: Judged) -> Judged:
        """Return the judgement under what is left of a budget; what ends a transaction is always let through."""
        if self.allowance is None or not isinstance(judged.decision, Allow) or not any(map(counts, judged.verdicts)):
            return judged
        over = self.allowance.exceeded(self._hearing.claims(judged.text))
        return judged if over is None else self._hearing.beyond(judged, over)

    async def _not_wrong(self, judged: Judged, exchanges: list[Exchange]) -> None:
        """Raise the server's own words for a typing error: nobody shall have to approve one."""
        doubtful = judged.doubtful
        if doubtful is None:
            return
        await self._pipeline.settle()
        analysis, start = doubtful
        fields = await self._pipeline.parse_error(analysis.text)
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

    async def check_still(
        self, judged: Judged, exchanges: list[Exchange], ticket: Ticket | None, *, bound: bool = False
    ) -> None:
        """Raise if what was judged has changed while its record was on the way to the disk."""
        if not self._hearing.current():
            await self.compare(judged, exchanges, ticket, bound=bound)

    async def compare(
        self, judged: Judged, exchanges: list[Exchange], ticket: Ticket | None, *, bound: bool = False
    ) -> None:
        """Judge anew, which makes the present state the last one judged under; raise if that comes to anything else."""
        if bound:
            now = await self._hearing.judge_bound(judged, self._pipeline)
        else:
            now = self._hearing.keyed(await self._hearing.judge(judged.text, self._pipeline), judged.keyed)
            now = self._hearing.paid(now, judged.paid)
        same = now.meaning == judged.meaning and now.behind == judged.behind
        if not same or (ticket is None and [v.decision for v in now.verdicts] != [v.decision for v in judged.verdicts]):
            self.stopped(exchanges)
            changed = "what the statement means has changed while it waited"
            raise ClientFault(changed, sqlstate="40001", hint="Try again.")

    def stopped(self, exchanges: list[Exchange]) -> None:
        """Note the end of statements that might have run, had others of their text not been in the way."""
        for exchange in exchanges:
            if isinstance(exchange.verdict.decision, Allow):
                exchange.record.sqlstate = "skipped"
                self._ledger.answered(exchange.record)

    def _tell(self, fields: dict[str, str]) -> None:
        self._client.write(messages.notice_response(fields))

    async def recorded(self, judged: Judged, values: Values | None, ticket: Ticket | None) -> list[Exchange]:
        """Write *decided* for each statement, and wait for the disk where that is promised."""
        exchanges = self.recorded_at_once(judged, values, ticket)
        if exchanges and (self._terms.strict or not judged.harmless or ticket is not None):
            await self.on_disk()
        return exchanges

    async def on_disk(self) -> None:
        """Wait until what was recorded is on disk."""
        await self._ledger.synced(self._position)

    def recorded_at_once(self, judged: Judged, values: Values | None, ticket: Ticket | None = None) -> list[Exchange]:
        """Write *decided* for each statement; it survives a crash of the gateway, and the disk is not waited for."""
        exchanges = []
        if any(e.name == OWN.decode() for e in judged.effects):
            check_name(OWN)
        started = self._clock.monotonic_ns() if self._since is None else self._since
        self._since = None
        claims, ticket_id = self._hearing.claims(judged.text), None if ticket is None else ticket.id
        for verdict in judged.verdicts:
            name = self.next_id()
            self._position = self._ledger.decided(Decided(name, verdict, claims, values, ticket_id, judged.paid))
            exchange = Exchange(name, verdict, Answered(name, started_ns=started))
            verbs = {e.verb for e in verdict.analysis.effects}
            ends = not verbs.isdisjoint(ENDS) and (judged.defines or self._hearing.view.defined)
            exchange.names = ends or not verbs.isdisjoint(NAMING)
            if exchange.names and isinstance(verdict.decision, Allow):
                texts = {e.text for e in verdict.analysis.effects if e.text is not None}
                exchange.meanings = {text: self._hearing.meant(text) for text in texts}
            exchanges.append(exchange)
        return exchanges

    def next_id(self) -> str:
        """Return the name of the session's next exchange."""
        return f"{self._terms.session}-{self.number()}"
