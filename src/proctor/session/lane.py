"""The fast lane: a whole question that has been decided before, taken whole, and its whole answer.

It is the slow story taken from memory, under the same keys: the judgement is the one that `Hearing.recall` returns, the
record is written before anything leaves, the rows pass as they are only if their description is, byte for byte, one
that the slow story has planned no mask for. Whatever is unusual goes back to the slow story: before the question has
left by not being taken, afterwards by being put into its queue as if it had been asked there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from proctor.errors import Fault
from proctor.session import exchange as ex
from proctor.session.answers import Answers
from proctor.session.exchange import Exchange, Open
from proctor.session.hearing import Hearing
from proctor.session.judge import Judged, Verdict
from proctor.session.namespace import Namespace, Portal, Prepared, Undo
from proctor.session.pipeline import Pipeline
from proctor.session.ports import Answered, Clock, Ledger, Outlet, Terms
from proctor.wire._batch import BOUND, PARSED, QUERY, Batch, read_answer, read_batch


@dataclass(slots=True)
class Taken:
    """A question that has left by the fast lane and is not answered yet."""

    batch: Batch
    judged: Judged
    verdict: Verdict
    statement: Prepared | None
    number: int
    exchange: str
    started: int


class Lane:
    """One session's fast lane, beside its relay."""

    def __init__(
        self,
        terms: Terms,
        hearing: Hearing,
        pipeline: Pipeline,
        names: Namespace,
        ledger: Ledger,
        clock: Clock,
        client: Outlet,
        upstream: Outlet,
        next_id: Callable[[], str],
    ) -> None:
        self._terms = terms
        self._hearing = hearing
        self._pipeline = pipeline
        self._answers: Answers = pipeline.answers
        self._names = names
        self._ledger = ledger
        self._clock = clock
        self._client = client
        self._upstream = upstream
        self._next_id = next_id
        self._taken: Taken | None = None
        self._open = not terms.strict

    @property
    def busy(self) -> bool:
        """Say whether a question is under way here."""
        return self._taken is not None

    @property
    def taken(self) -> object | None:
        """Return what is under way here."""
        return self._taken

    def abandon(self) -> None:
        """Leave what is under way to the slow story."""
        self._give_back()

    # ---- the way there

    def client_said(self, data: bytes) -> bool:
        """Take a buffer of the client's if it is one question decided before; say whether it was taken."""
        if self._taken is not None:
            self._give_back()
            return False
        pipeline, answers = self._pipeline, self._answers
        if not self._open or answers.queue or pipeline.in_batch or pipeline.skipping or answers.discarding:
            return False
        batch = read_batch(data)
        if batch is None:
            return False
        statement = self._statement(batch)
        judged = self._judged(batch, statement)
        if judged is None:
            return False
        exchange = self._next_id()
        verdict = judged.verdicts[0]
        started = self._clock.monotonic_ns()
        try:
            self._ledger.decided_again(exchange, verdict, self._hearing.claims(judged.text), batch[3])
        except Fault:
            return False  # the slow story will meet the same fault, and tell the client
        self._taken = Taken(batch, judged, verdict, statement, pipeline.batch, exchange, started)
        pipeline.batch += 1
        if batch[0] == PARSED:
            # The server's unnamed statement is this one now; a Parse of the slow story would be undone if it failed.
            self._names.statements[b""] = Prepared(judged.text, judged, self._taken.number)
        if batch[0] == QUERY:
            self._names.statements.pop(b"", None)
        self._names.portals.pop(b"", None)
        self._upstream.write(data)
        return True

    def _statement(self, batch: Batch) -> Prepared | None:
        if batch[0] != BOUND:
            return None
        entry = self._names.statements.get(batch[1])
        return entry if isinstance(entry, Prepared) else None

    def _judged(self, batch: Batch, statement: Prepared | None) -> Judged | None:
        """Return the remembered judgement, if it is one that nobody has to wait for."""
        if statement is not None:
            if self._pipeline.trusted(statement) is None:
                return None
            judged = self._hearing.recall(statement.text)
            before = statement.judged
            if judged is None or before is None or (before is not judged and before.epoch != judged.epoch):
                return None  # the server may have kept a plan that means something else; `check_plan` looks closer
        elif batch[0] == BOUND:
            return None
        else:
            try:
                judged = self._hearing.recall(batch[1].decode())
            except UnicodeDecodeError:
                return None
        if judged is None or not judged.plain:
            return None
        described = batch[4] or batch[0] == QUERY or (statement is not None and statement.described)
        return judged if described and batch[2] in judged.verdicts[0].shown else None

    # ---- the way back

    def upstream_said(self, data: bytes) -> bool:
        """Take a buffer of the upstream's if it is the whole plain answer to what was taken."""
        taken = self._taken
        if taken is None:
            return False
        answer = read_answer(data, taken.batch[0], taken.batch[4])
        if answer is None:
            self._give_back()
            return False
        shape, rows, size, tag, status = answer
        known = taken.verdict.shown.get(taken.batch[2])
        fits = known is not None and (shape == known or (not shape and not taken.batch[4] and taken.batch[0] != QUERY))
        if not fits or rows > self._terms.result_rows or size > self._terms.result_bytes:
            self._give_back()
            return False
        self._taken = None
        self._ledger.answered_plainly(taken.exchange, rows, size, tag, taken.started)
        answers = self._answers
        answers.batch = taken.number
        answers.status = chr(status)
        self._client.write(data)
        if status == 0x49:  # I
            answers.transaction_over()
        return True

    def _give_back(self) -> None:
        """Put what was taken into the queue of the slow story, as if it had been asked there."""
        taken = self._taken
        self._taken = None
        if taken is None:
            return
        record = Answered(taken.exchange, started_ns=taken.started)
        exchange = Exchange(taken.exchange, taken.verdict, record)
        queue, number, kind = self._answers.queue, taken.number, taken.batch[0]
        if kind == QUERY:
            queue.append(Open(ex.QUERY, number, [exchange]))
            return
        statement = taken.statement
        if kind == PARSED:
            entry = self._names.statements.get(b"")
            statement = entry if isinstance(entry, Prepared) else None
            undo = [Undo(self._names.statements, b"", None)]  # a Parse that fails leaves no unnamed statement
            queue.append(Open(ex.PARSE, number, entry=statement, undo=undo))
        portal = Portal(taken.judged.text, taken.judged, number, statement, taken.batch[3], _formats(taken.batch[2]))
        self._names.portals[b""] = portal
        queue.append(Open(ex.BIND, number, entry=portal))
        if taken.batch[4]:
            queue.append(Open(ex.DESCRIBE, number, entry=portal))
        queue.append(Open(ex.EXECUTE, number, [exchange], entry=portal))
        queue.append(Open(ex.SYNC, number))


def _formats(raw: bytes) -> tuple[int, ...]:
    return tuple(raw[at] << 8 | raw[at + 1] for at in range(0, len(raw), 2))
