"""Stations 7 to 9 of a statement whose rows only running it can count: in a savepoint, its answer withheld.

In comes a judged statement; the savepoint is released once the rules have seen how many rows it has changed, or rolled
back, and then the relay hears what they say. Outside a transaction of the client's one is begun around it, and ended
where the server would have ended its own. Decides nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from proctor.errors import ClientFault, HouseFault, UpstreamFault
from proctor.policy.statement import MOST_ROWS
from proctor.session import counting, refusals
from proctor.session.answers import Answers
from proctor.session.counter import Refused
from proctor.session.counting import Target
from proctor.session.exchange import Exchange
from proctor.session.hearing import Hearing
from proctor.session.judged import Judged
from proctor.session.pipeline import OWN, Pipeline
from proctor.session.ports import Ledger, Outlet, Terms
from proctor.session.spool import Spool
from proctor.terms import Allow, Analysis, Relation
from proctor.wire import messages

POINT = OWN.decode()
BEGIN, COMMIT, ROLLBACK = "BEGIN", "COMMIT", "ROLLBACK"
SAVEPOINT, RELEASE = f"SAVEPOINT {POINT}", f"RELEASE SAVEPOINT {POINT}"
BACK = f"ROLLBACK TO SAVEPOINT {POINT}"
# What a session has changed so far, by the server's own count, in its WITH clauses, triggers and cascades as well.
# The numbers go on from one transaction to the next for a while: only their difference counts.
CHANGED = (
    "SELECT pg_catalog.sum(n_tup_ins), pg_catalog.sum(n_tup_upd), pg_catalog.sum(n_tup_del), "
    "pg_catalog.current_setting('track_counts') FROM pg_catalog.pg_stat_xact_user_tables"
)
UNDONE = "40000"  # the class of rollbacks: what the record of a statement says that ran and was taken back
PASSED_ON = frozenset({"57014", "40001", "40P01", "57P01", "53200"})
"""Errors of the gateway's own statements that are the session's fate, not theirs."""


@dataclass(frozen=True, slots=True)
class Run:
    """A statement on its way through a savepoint. `before`: what had been changed already, where that must be asked."""

    judged: Judged
    exchanges: list[Exchange]
    approvals: int
    before: int | None
    batched: bool
    """It is part of an extended batch, whose Sync is still to come."""


class Bounds:
    """The savepoints of one session."""

    def __init__(self, terms: Terms, hearing: Hearing, pipeline: Pipeline, ledger: Ledger, client: Outlet) -> None:
        self.copying: Run | None = None
        """A COPY whose data is still coming in."""
        self._terms = terms
        self._hearing = hearing
        self._pipeline = pipeline
        self._answers: Answers = pipeline.answers
        self._ledger = ledger
        self._client = client
        self._run: Run | None = None

    async def within(
        self,
        judged: Judged,
        exchanges: list[Exchange],
        send: Callable[[], None],
        *,
        approvals: int = 0,
        partly: bool = False,
    ) -> Judged | None:
        """Run what `send` forwards; None if it stands or has failed by itself, else what is decided now it is undone.

        `partly`: rows are fetched with a limit, so that the end, and its tag, may be long in coming.
        """
        pipeline, answers = self._pipeline, self._answers
        _check_alone(judged)
        await pipeline.settle()
        if answers.discarding:
            raise ClientFault("an earlier message of the batch has failed")
        if answers.block == "E":
            send()  # the server refuses it
            return None
        batched = pipeline.in_batch
        await self._enter()
        untold = partly or any(counting.untold(v.analysis) for v in judged.verdicts)
        self._run = run = Run(judged, exchanges, approvals, await self._changed() if untold else None, batched)
        for exchange in exchanges:
            exchange.withheld = True
        answers.spool = Spool(self._terms.withheld_bytes)
        send()
        await pipeline.settle()
        if answers.queue:
            self.copying = run
            return None
        return await self._ended(run)

    async def copied(self) -> Judged | None:
        """Judge a copy whose data has come in."""
        run, self.copying = self.copying, None
        return None if run is None else await self._ended(run)

    def abandon(self, sqlstate: str) -> None:
        """Close the record of what was still withheld when the session ended: the server rolls it back."""
        if self._run is not None:
            self._close(self._run, sqlstate)

    # ---- in

    async def _enter(self) -> None:
        """Open a savepoint, and before that a transaction if there is none."""
        answers = self._answers
        if answers.block == "T":
            await self._own(SAVEPOINT)
        elif self._pipeline.in_batch:
            await self._own(BEGIN, SAVEPOINT)  # what the batch has done before belongs to this transaction as well
            answers.wrapped, answers.block = True, "T"
        else:
            await self._own(BEGIN)
            answers.wrapped = True

    async def _own(self, *texts: str) -> list[tuple[str | None, ...]]:
        """Run statements of the gateway's own; where one fails, refuse the client's."""
        made = await self._pipeline.attempt(*texts)
        if made.error is not None:
            raise self._refusal(made.error)
        return made.rows

    def _refusal(self, error: dict[str, str]) -> Exception:
        if error.get("C") not in PASSED_ON:
            error = refusals.error(
                "0A000",
                "refused: the rows that it changes could not be counted",
                detail=f"The database said {error.get('C', 'XX000')}.",
                hint="Name the rows by key; tell the operator.",
            )
        if self._answers.discarding:
            # Upstream the batch has failed already, and no marker would be answered.
            self._pipeline.skipping = True
            self._client.write(messages.error_response(error))
            return ClientFault("the gateway's own statement has failed")
        return Refused(error)

    # ---- after it has run

    async def _ended(self, run: Run) -> Judged | None:
        spool, self._answers.spool = self._answers.spool, None
        if spool is None:
            raise UpstreamFault("an answer that was withheld is gone")
        if not all(exchange.ran for exchange in run.exchanges):
            await self._fail(run, spool)
            return None
        try:
            again = await self._judge(run)
            if again is None and spool.over:
                raise Refused(self._too_much())
        except (Refused, ClientFault, HouseFault):
            if not self._answers.discarding:
                await self._undo(run)
            self._close(run, UNDONE)
            raise
        if again is None:
            await self._stand(run, spool)
            return None
        await self._undo(run)
        self._close(run, UNDONE)
        return again

    async def _judge(self, run: Run) -> Judged | None:
        """Return the judgement if it is no longer one that lets the statement stand."""
        rows = await self._rows(run)
        again = self._hearing.counted(run.judged, rows, (), approvals=run.approvals)
        if not _stands(again):
            return again
        analyses = [v.analysis for v in run.judged.verdicts if v.worst is not None]
        touched = {target.relation for analysis in analyses for target in self._targets(analysis)}
        again = self._hearing.counted(run.judged, rows, touched, approvals=run.approvals)
        if _stands(again):
            return None
        whole = [relation for analysis in analyses for relation in await self._whole(analysis, rows)]
        again = self._hearing.counted(run.judged, rows, whole, approvals=run.approvals)
        return None if _stands(again) else again

    async def _rows(self, run: Run) -> int:
        """Return how many rows were changed; more than any limit where nobody can tell."""
        if run.before is not None:
            after = await self._changed()
            return MOST_ROWS if after < 0 or run.before < 0 else after - run.before
        tags = [e.record.tag for e in run.exchanges if e.verdict.worst is not None]
        counts = [counting.told_by(tag) for tag in tags]
        return sum(MOST_ROWS if count is None else count for count in counts)

    async def _changed(self) -> int:
        ((*counts, tracked),) = await self._own(CHANGED)
        return -1 if tracked != "on" else sum(int(count or 0) for count in counts)

    def _targets(self, analysis: Analysis) -> tuple[Target, ...]:
        catalog = self._hearing.snapshot()
        return () if catalog is None else counting.targets(analysis, catalog)

    async def _whole(self, analysis: Analysis, rows: int) -> list[Relation]:
        """Return the tables of which no row was left alone."""
        found = []
        for target in await self._seen(self._targets(analysis)):
            ((left,),) = await self._own(target.look(rows))
            if int(left or 0) <= target.limit(rows):
                found.append(target.relation)
        return found

    async def _seen(self, targets: tuple[Target, ...]) -> tuple[Target, ...]:
        """Return those that the upstream's role may read: of what stands behind a view it may have no right to."""
        if not any(target.view for target in targets):
            return targets
        names = ", ".join(f"pg_catalog.has_any_column_privilege({_literal(t)}, 'SELECT')" for t in targets)
        (rights,) = await self._own(f"SELECT {names}")
        return tuple(target for target, right in zip(targets, rights, strict=True) if right == "t")

    def _too_much(self) -> dict[str, str]:
        return refusals.error(
            "54000",
            "refused: what it returns is longer than limits.withheld_bytes, and is withheld until its rows are counted",
            hint="Return fewer columns, change fewer rows at once, or have the limit raised.",
        )

    # ---- out

    async def _stand(self, run: Run, spool: Spool) -> None:
        """Let what was done stand, and tell it."""
        if run.batched or not self._answers.wrapped:
            await self._must(RELEASE)
            self._close(run, "00000")
            self._client.write(spool.told() + self._status(run))
            return
        self._answers.spool = ending = Spool(self._terms.withheld_bytes)
        made = await self._pipeline.attempt(COMMIT, aloud=True)
        self._answers.spool = None
        self._close(run, "00000" if made.error is None else made.error.get("C", "XX000"))
        self._client.write(spool.ended(ending.held) + self._status(run))

    async def _fail(self, run: Run, spool: Spool) -> None:
        """Tell of an error of the statement's own: the transaction has failed with it, as it would have anyway."""
        self._close(run, UNDONE)
        if not run.batched and self._answers.wrapped and not self._answers.discarding:
            await self._must(ROLLBACK)
        self._client.write(spool.told() + self._status(run))

    async def _undo(self, run: Run) -> None:
        if not run.batched and self._answers.wrapped:
            await self._must(ROLLBACK)
        else:
            await self._must(BACK, RELEASE)

    async def _must(self, *texts: str) -> None:
        made = await self._pipeline.attempt(*texts)
        if made.error is not None:  # nobody can say what stands: the session ends, and the server rolls back
            raise UpstreamFault("the database did not end a savepoint of the gateway's own")

    def _status(self, run: Run) -> bytes:
        return b"" if self._pipeline.in_batch else messages.ready(self._answers.status)

    def _close(self, run: Run, sqlstate: str) -> None:
        self._run = None
        for exchange in run.exchanges:
            if exchange.ran:
                exchange.ran = False
                exchange.record.sqlstate = sqlstate
                self._ledger.answered(exchange.record)

    # ---- the end of a batch

    async def sync(self, raw: bytes) -> None:
        """End a batch in which a transaction was begun: where the server would end its own, this one ends."""
        pipeline, answers = self._pipeline, self._answers
        await pipeline.settle()
        if not answers.discarding and answers.wrapped:
            await pipeline.attempt(COMMIT, aloud=True)
        answers.spool = ending = Spool(self._terms.withheld_bytes)
        pipeline.push_sync(raw)
        await pipeline.settle()
        answers.spool = None
        if answers.status != "I" and answers.wrapped:
            await self._must(ROLLBACK)
        self._client.write(ending.told() + messages.ready(answers.status))


def _stands(again: Judged) -> bool:
    """Tell whether the rules let it be. Where only breaking the glass would, that is put on record before it runs."""
    return isinstance(again.decision, Allow) and not again.broken


def _check_alone(judged: Judged) -> None:
    """Refuse a text in which something else would change rows or end the transaction that the savepoint is in."""
    if len(judged.verdicts) < 2:
        return
    writing = sum(bool(counting.writes(v.analysis)) or v.analysis.kind == "truncate" for v in judged.verdicts)
    if writing > 1 or any(v.analysis.effects or v.analysis.opaque or v.copies for v in judged.verdicts):
        raise ClientFault(
            "a statement whose rows must be counted stands in one text with others",
            sqlstate="0A000",
            hint="Send it as a query of its own.",
        )


def _literal(target: Target) -> str:
    named = f"{_quoted(target.relation.schema)}.{_quoted(target.relation.name)}"
    return "'" + named.replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
