"""Stations 3 to 5 for one session: from a statement's text to what may run, asking upstream and the desk where need be.

`recall` answers at once or not at all; `judge` and `hold` may wait. After a hold the rules are asked again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from proctor.errors import ClientFault, HouseFault
from proctor.policy.claims import check_claims
from proctor.policy.explain import explain
from proctor.policy.rules import BUDGET
from proctor.session import advice, refusals
from proctor.session.comments import Said, said_behind, trace_behind
from proctor.session.counter import Counter, Refused
from proctor.session.footing import Footing
from proctor.session.judge import Behind, Bench
from proctor.session.judged import Judged, Lore, Stamp
from proctor.session.memory import MAX_REMEMBERED_TEXT, Memory
from proctor.session.namespace import Namespace, Portal, Prepared
from proctor.session.pipeline import Pipeline
from proctor.session.ports import Clock, Desk, HoldRequest, Terms, World
from proctor.session.proposals import proposal_of, trial_of
from proctor.session.unseen import keeps_apart
from proctor.session.view import ENDS, NAMES, STATE, View
from proctor.sql.catalog import Catalog
from proctor.sql.settings import SessionSettings
from proctor.terms import Allow, Analysis, Claims, Column, Context, Deny, Effect, Hold, Relation, Ticket

MAX_UNSETTLED = 256  # texts are a stranger's to choose
MAX_SPOKEN = 64  # claims in comments; a client may make one up for each statement
AMENDS = frozenset({"set", "set_local", "reset", "discard", "begin", "savepoint"}) | ENDS
LOOKS = 3  # how often names are asked for again when they change while we ask
Values = tuple[bytes | None, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """One asking of a statement that is held: its parameters with their declared types, and its exchange.

    `bound` says that what it means was settled before, with a portal.
    """

    values: Values
    types: tuple[int, ...]
    exchange: str
    bound: bool

    @property
    def whole(self) -> Values:
        """Return what a ticket is bound to: the same bytes declared as another type are another value."""
        declared = ",".join(map(str, self.types)) if any(self.types) else ""
        return (*self.values, f"types {declared}".encode()) if declared else self.values


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a comment claims, and the stamp of judgements under these claims."""

    claims: Claims
    stamp: Stamp
    number: int


class Hearing:
    """What one session's statements mean and whether they may run."""

    def __init__(self, terms: Terms, world: World, desk: Desk, clock: Clock, memory: Memory, names: Namespace) -> None:
        self.view = View(SessionSettings(path=("pg_temp", "pg_catalog"), user=""), terms.claims)
        self._terms = terms
        self._world = world
        self._desk = desk
        self.counter = Counter(terms, desk)
        self._clock = clock
        self._memory = memory
        self._names = names
        self._stamp: Stamp | None = None
        self._stamped = (-1, -1)
        self._number = -1
        self._spoken: dict[Said, Spoken] = {}
        self._wrong: str | None = None
        self._view_version = 0
        self._learnt: str | None = None
        self._last: Catalog | None = None
        self._unsettled: dict[tuple[int, str], Judged] = {}
        """Judgements that hold for as long as a column has no values, which is looked at before each is used."""

    def denial(self, judged: Judged, decision: Deny, exchange: str) -> dict[str, str]:
        """Return what the client is told of a denial: with what would fare better, and whom to ask."""
        if self.catalog() is None:
            return refusals.denial(decision, exchange)
        bench = self._bench(judged.text)
        ask = refusals.whom_to_ask(bench.rules.approvers(decision.rules), self._terms.console)
        return refusals.denial(decision, exchange, instead=advice.told(advice.instead(bench, judged)), ask=ask)

    def story(self, judged: Judged) -> dict[str, str]:
        """Return what would be decided about each statement of a text, and why, as a JSON list."""
        bench = self._bench(judged.text)
        told = [explain(v.decision, v.analysis, bench.classified, bench.rules) for v in judged.verdicts]
        better = "" if isinstance(judged.decision, Allow) else advice.told(advice.instead(bench, judged))
        return refusals.story(json.dumps({"statements": told, "instead": better}))

    # ---- from memory

    def recall(self, text: str) -> Judged | None:
        """Return what is remembered of a text, if nothing that it depends on can have changed."""
        if self.standing() is None:
            return None
        said = said_behind(text)
        if said is None:
            return self._memory.recall(self._number, text)
        spoken = self._spoken.get(said)
        return None if spoken is None else self._memory.recall(spoken.number, text)

    def standing(self) -> Stamp | None:
        """Return what remembered judgements are good for at this moment, None where that must be found out first.

        While it is the same object, what `recall` and `claims` say of a text is the same.
        """
        view = self.view  # asked for each statement, hence the plain case by hand
        if view.dirty or self._wrong is not None or ((view.defined or view.temporary) and self._stale()):
            return None
        at_world, at_view = self._stamped
        return self._stamp if at_world == self._world.standing and at_view == self._view_version else None

    def claims(self, text: str) -> Claims:
        """Return what the client claims for this statement: in a comment behind it, or else in the session."""
        said = said_behind(text)
        if said is None:
            claims = self.view.claims
        else:
            spoken = self._spoken.get(said)
            claims = self._claims(said) if spoken is None else spoken.claims
        # No judgement depends on a trace, which may be another for each statement: it is in no context.
        trace = trace_behind(text)
        return claims if trace is None else replace(claims, trace=trace)

    def _claims(self, said: Said) -> Claims:
        own = self.view.claims
        return replace(own, reason=said[0] or own.reason, task=said[1] or own.task)

    def catalog(self) -> Catalog | None:
        """Return the snapshot that this session's names resolve against."""
        return self.view.private if self.view.private is not None else self._world.catalog

    def snapshot(self) -> Catalog | None:
        """Return that snapshot, or the last one while a newer is awaited: answers are under way meanwhile.

        What it does not know of the server's word is hidden.
        """
        return self.catalog() or self._last

    def current(self) -> bool:
        """Say whether nothing that the last judgement depends on has changed since."""
        return not self.view.dirty and not self._stale() and self._stamped == (self._world.version, self._view_version)

    # ---- stations 3 and 4

    async def judge(self, text: str, pipeline: Pipeline) -> Judged:
        """Return the judgement of a text under the present state of session, catalog, data map and rules."""
        fresh = await self._freshen(pipeline)
        if pipeline.answers.naming:
            await pipeline.settle()  # the text may name what a PREPARE or DECLARE under way is about to make
        judged = self._judged(text)
        if judged.refers:
            await pipeline.settle()
            judged = self._judged(text)
        self._check_order(judged)
        if judged.unknown_object and fresh:
            await self._look_again(pipeline)
            judged = self._judged(text)
        unseen = self._unseen(judged)
        if unseen:
            await self._look_at(unseen, pipeline)
            judged = self._judged(text)
        if not fresh and any(v.analysis.accesses or v.analysis.outputs for v in judged.verdicts):
            raise ClientFault(
                "current transaction is aborted, commands ignored until end of transaction block", sqlstate="25P02"
            )
        return judged

    async def judge_bound(self, bound: Judged, pipeline: Pipeline) -> Judged:
        """Return the judgement as of now of what was bound earlier: its meaning is settled, not whether it may run."""
        if bound.refers:  # a portal that executes a name looks it up when it runs
            return await self.judge(bound.text, pipeline)
        await self._freshen(pipeline)
        unseen = self._unseen(bound)
        if unseen:
            await self._look_at(unseen, pipeline)
        if self.recall(bound.text) is bound:
            return bound  # it was decided under this very stamp, and that is all that a decision depends on
        bench = self._bench(bound.text)
        if unseen and self._unsettled.get((self._number_of(bench), bound.text)) is bound:
            return bound
        return bench.again(bound)

    async def _look_at(self, unseen: frozenset[Relation], pipeline: Pipeline) -> None:
        # In a transaction the asker may hold the very lock that the look would wait for, and wait for the look.
        await self._world.look_at(unseen, hasty=pipeline.answers.status != "I")
        await self._freshen(pipeline)  # meanwhile the catalog may have changed

    def _unseen(self, judged: Judged) -> frozenset[Relation]:
        """Return the relations to look at first: columns without values that it may tell of may have some."""
        among, world = judged.touches & self._world.unseen, self._world
        return frozenset(r for r in among if not keeps_apart(judged, r, world.empty_columns(r))) if among else among

    def meant(self, text: str) -> Judged:
        """Return what a text that gets a name means at this moment."""
        return self._judged(text)

    def check_plan(self, entry: Prepared, judged: Judged) -> None:
        """Raise where the server may have kept a plan that means something else than the text does now.

        It understands a prepared statement anew when the search path or a table of its plan has changed, and not when
        a table was made that stands in front of the one in its plan. Drivers know its own error, and prepare again.
        """
        before = entry.judged
        if before is None or before is judged or judged.refers or before.epoch == judged.epoch:
            return
        if before.meaning != judged.meaning:
            raise ClientFault("cached plan must not change result type", sqlstate="0A000", hint="Prepare it again.")

    def _check_order(self, judged: Judged) -> None:
        """Refuse what follows the end of a transaction in one text, where that end changes what names mean."""
        if len(judged.verdicts) < 2 or not (self.view.unsettled or self.view.defined):
            return
        ends = [any(e.verb in ENDS for e in v.analysis.effects) for v in judged.verdicts]
        if any(ends[:-1]):
            raise ClientFault(
                "what follows the end of this transaction cannot be understood in the same text",
                sqlstate="0A000",
                hint="Send it as a query of its own.",
            )

    def bench(self, text: str) -> Bench:
        """Return what the judge has before it for a text that was just judged."""
        return self._bench(text)

    def keyed(self, judged: Judged, columns: frozenset[Column]) -> Judged:
        """Return the judgement of a statement that compares these columns with masked values alone."""
        return self._bench(judged.text).again(judged, keyed=columns) if columns else judged

    def paid(self, judged: Judged, probes: Mapping[Column, int]) -> Judged:
        """Return the judgement of a statement for which so many plain values were counted and spent."""
        return self._bench(judged.text).again(judged, paid=probes) if probes else judged

    def beyond(self, judged: Judged, why: str) -> Judged:
        """Return the judgement that somebody has to be asked first, since a budget is used up."""
        rules = self._bench(judged.text).rules
        hold = Hold((BUDGET.id,), rules.digest, why, BUDGET.hint, rules.asked.groups, rules.asked.quorum)
        verdicts = tuple(replace(each, decision=hold, lore=Lore(), sensitive=True) for each in judged.verdicts)
        return replace(judged, verdicts=verdicts, form=None)

    def _judged(self, text: str) -> Judged:
        bench = self._bench(text)
        number = self._number_of(bench)
        known = self._memory.recall(number, text) or self._unsettled.get((number, text))
        if known is not None:
            return self._amended(known, bench)
        judged = bench.judge(text, lookup=self._lookup)
        # What a name stands for is not part of the stamp, nor is whether an empty table has got its first rows.
        if self._unseen(judged) and not (judged.refers or judged.unknown_object):
            if len(self._unsettled) >= MAX_UNSETTLED:
                self._unsettled.clear()
            if len(text) <= MAX_REMEMBERED_TEXT:
                self._unsettled[number, text] = judged
        elif not judged.refers:
            self._memory.keep(number, judged)
        return self._amended(judged, bench)

    def _number_of(self, bench: Bench) -> int:
        return self._number if bench.stamp is self._stamp else self._memory.number(bench.stamp)

    def _amended(self, judged: Judged, bench: Bench) -> Judged:
        """Return the judgement of what may take back a claim that cannot be true, as if there were none.

        Under such a claim everything is denied; the session could never do what the denial advises.
        """
        if self._wrong is None or not all(_amends(verdict.analysis) for verdict in judged.verdicts):
            return judged
        context = bench.stamp.context
        honest = replace(context, claims=replace(context.claims, on_behalf_of=None))
        return replace(bench, stamp=replace(bench.stamp, context=honest)).again(judged)

    def _bench(self, text: str) -> Bench:
        catalog = self.catalog()
        if catalog is None:
            raise HouseFault("the catalog of the database could not be read", hint="See the gateway's log.")
        self._last = catalog
        classified, rules = self._world.classified, self._world.rules
        seen = (self._world.version, self._view_version)
        if self._stamp is None or seen != self._stamped or self._stamp.epoch != catalog.epoch:
            context = Context(
                database=self._terms.database,
                environment=self._terms.environment,
                now=self._clock.now().replace(second=0, microsecond=0),  # the world's version moves each minute
                claims=replace(self.view.claims, trace=None),
                style=self._terms.style,
                grants=self._world.granted(self._terms.asker),
            )
            epoch, settings = catalog.epoch, self.view.settings
            self._stamp = Stamp(self._terms.asker, context, settings, epoch, classified.version, rules.digest)
            self._stamped = seen
            self._number = self._memory.number(self._stamp)
            self._spoken = {}
        stamp, said = self._stamp, said_behind(text)
        if said is not None:
            stamp = self._speak(said, stamp).stamp
        return Bench(stamp, catalog, classified, rules, self._world.unseen)

    def _speak(self, said: Said, stamp: Stamp) -> Spoken:
        spoken = self._spoken.get(said)
        if spoken is None:
            claims = self._claims(said)
            stamp = replace(stamp, context=replace(stamp.context, claims=replace(claims, trace=None)))
            if len(self._spoken) >= MAX_SPOKEN:
                self._spoken.clear()
            spoken = self._spoken[said] = Spoken(claims, stamp, self._memory.number(stamp))
        return spoken

    def _lookup(self, effect: Effect) -> Behind | None:
        table = self._names.statements if effect.verb == "execute" else self._names.portals
        entry = table.get((effect.name or "").encode())
        if isinstance(entry, Prepared):
            self.check_plan(entry, self._judged(entry.text))
        if isinstance(entry, Portal) and entry.judged is not None and len(entry.judged.verdicts) == 1:
            return Behind(entry.text, entry.judged.verdicts[0].analysis)
        if entry is None:
            what, code = ("prepared statement", "26000") if effect.verb == "execute" else ("cursor", "34000")
            raise ClientFault(f'{what} "{effect.name}" does not exist', sqlstate=code)
        return Behind(entry.text)

    # ---- what names mean now

    def _moved(self) -> bool:
        """Say whether the catalog is another than when the search path was read: its schemas may come and go."""
        catalog = self.catalog()
        return catalog is not None and catalog.epoch != self._learnt

    def _stale(self) -> bool:
        view = self.view
        if view.defined or view.temporary:
            return view.private is None or view.private_of != self._world.version
        return self._world.catalog is None

    async def _freshen(self, pipeline: Pipeline) -> bool:
        """Ask the session's own upstream what names mean now; False when a failed transaction cannot be asked."""
        for _ in range(LOOKS):
            if not self.view.dirty and not self._stale() and not self._moved():
                return True
            await pipeline.settle()
            if pipeline.answers.status == "E" or pipeline.answers.discarding:
                if self.catalog() is None:
                    await self._world.refresh()  # even a ROLLBACK is judged against something
                return False
            if self._stale():
                await self._refresh(pipeline)
            if self.view.dirty or self._moved():
                await self._learn(pipeline)
        raise HouseFault("the catalog changes faster than it can be read", hint="Try again.")

    async def _learn(self, pipeline: Pipeline) -> None:
        (row,) = await pipeline.query(STATE)
        self.view.learn(row, tuple(json.loads(row[0] or "[]")), self._terms.claims)
        self._view_version += 1
        self._wrong = check_claims(self._terms.asker, self.view.claims)
        catalog = self.catalog()
        self._learnt = None if catalog is None else catalog.epoch
        if self.view.unsure:
            self._names.keep((kind or "", name or "", text or "") for kind, name, text in await pipeline.query(NAMES))
            self.view.unsure = False
        if row[5] != "UTF8" or row[6] != "on":
            self.view.dirty = True
            raise ClientFault(
                "this gateway needs client_encoding UTF8 and standard_conforming_strings on",
                sqlstate="0A000",
                hint="Reset both settings, or connect again.",
            )

    async def _refresh(self, pipeline: Pipeline) -> None:
        view = self.view
        if not (view.defined or view.temporary):
            view.private = None
            await self._world.refresh()
            return
        view.private = await self._world.private(pipeline.query)
        await self._world.classify(view.private)
        view.private_of = self._world.version
        self._view_version += 1

    async def _look_again(self, pipeline: Pipeline) -> None:
        """A name is unknown to the snapshot: read the catalog again before saying so."""
        if self.view.defined or self.view.temporary:
            await pipeline.settle()
            await self._refresh(pipeline)
        else:
            await self._world.refresh()

    def counted(self, judged: Judged, rows: int, whole: Iterable[Relation], *, approvals: int) -> Judged:
        """Decide anew about what has run, now that its rows are known."""
        return self._bench(judged.text).counted(judged, rows, whole, approvals=approvals)

    # ---- station 5

    async def claim(self, judged: Judged, asked: Asked, pipeline: Pipeline) -> tuple[Judged, Ticket] | None:
        """Spend an approval that was given because of the rows that a statement changed when it was tried before."""
        bench = self._bench(judged.text)
        decision = bench.at_worst(judged).decision
        if not isinstance(decision, Hold):
            return None
        terms, claims = self._terms, self.claims(judged.text)
        request = HoldRequest(terms.asker, claims, terms.database, judged.told, asked.whole, decision, "")
        if not self._desk.has_approved(request):
            return None
        ground = await Footing(pipeline.query).of(judged, bench.catalog)
        ticket = self._desk.claim(replace(request, footing=ground.digest))
        return None if ticket is None else (self._approved(judged, ticket, bound=asked.bound), ticket)

    async def hold(
        self, judged: Judged, asked: Asked, tell: Callable[[dict[str, str]], None] | None, pipeline: Pipeline
    ) -> tuple[Judged, Ticket]:
        """Ask the desk; return what may run now and the ticket spent for it, or raise `Refused`.

        The rules are asked again after the wait, and names as well, unless the statement was `bound` before it: what
        has come to mean something else was not approved.
        """
        decision = judged.decision
        if not isinstance(decision, Hold):
            raise HouseFault("only what is held is asked of the desk")
        footing, bench = Footing(pipeline.query), self._bench(judged.text)
        in_transaction = pipeline.answers.status == "T"
        if in_transaction:
            held = bench.again(judged, in_transaction=True).decision
            if isinstance(held, Deny):  # a rule would rather have it refused than wait with locks in its hands
                raise Refused(refusals.denial(held, asked.exchange))
        ground = await footing.of(judged, bench.catalog)
        request = HoldRequest(
            self._terms.asker, self.claims(judged.text), self._terms.database, judged.told, asked.whole, decision,
            ground.digest,
            proposal_of(judged, bench, asked.values, in_transaction=in_transaction),
            trial_of(judged, bench, asked.values, asked.types, ground.settings),
        )  # fmt: skip
        ticket = self._desk.claim(request)
        if ticket is not None:
            return self._approved(judged, ticket, bound=asked.bound), ticket
        if self._terms.curious and not request.claims.reason and not self._desk.has_pending(request):
            raise Refused(refusals.unreasoned(decision, asked.exchange))
        ticket = await self.counter.wait(request, asked.exchange, tell)
        await self._freshen(pipeline)
        again = self._approved(judged, ticket, bound=asked.bound)
        if isinstance(again.decision, Allow):
            bench = self._bench(judged.text)
            now = bench.again(judged).decision
            request = replace(
                request,
                hold=now if isinstance(now, Hold) else decision,
                footing=(await footing.of(again, bench.catalog)).digest,
            )
            left = self._desk.spend(ticket, request)
            if left is not None:
                raise Refused(refusals.unapproved(left, asked.exchange))
        return again, ticket

    async def break_glass(self, judged: Judged, asked: Asked, tell: Callable[[dict[str, str]], None]) -> Ticket:
        """Put on record that somebody runs what the rules refuse, by a right of theirs; return the ticket to review."""
        bench = self._bench(judged.text)
        reason = "the glass was broken"
        hold = Hold(judged.broken, bench.stamp.rule_set, reason, approvers=bench.rules.asked.groups)
        request = HoldRequest(
            self._terms.asker, self.claims(judged.text), self._terms.database, judged.told, asked.whole, hold, "",
            replace(proposal_of(judged, bench, asked.values, rules=judged.broken), break_glass=True),
        )  # fmt: skip
        ticket = self._desk.broken(request)
        tell(refusals.broken(ticket))
        return ticket

    def _approved(self, judged: Judged, ticket: Ticket, *, bound: bool) -> Judged:
        bench, approvals = self._bench(judged.text), max(1, len(ticket.decided_by))
        if bound:
            return bench.again(judged, approved=True, approvals=approvals)
        again = bench.judge(judged.text, approved=True, approvals=approvals, lookup=self._lookup)
        if judged.keyed:
            again = bench.again(again, approved=True, approvals=approvals, keyed=judged.keyed)
        if again.meaning != judged.meaning or again.behind != judged.behind:
            raise ClientFault("the statement means something else now than what was held", sqlstate="0A000")
        return again


def _amends(analysis: Analysis) -> bool:
    """Say whether a statement only sets settings, or begins or ends a transaction."""
    verbs = {effect.verb for effect in analysis.effects}
    return bool(verbs) and verbs <= AMENDS and not analysis.accesses and not analysis.outputs and not analysis.opaque
