# cython: language_level=3
# mypy: disable-error-code="untyped-decorator, no-any-return"
"""The fast lane: questions of one batch that have been decided before, taken whole, and their whole answer.

It is the slow story taken from memory, under the same keys: the judgement is the one that `Hearing.recall` returns, the
record is written before anything leaves (one write for all sessions that ask in the same round of the loop), the rows
pass as they are only if their description is, byte for byte, one that the slow story has planned no mask for. In strict
the record is on disk first, by a sync that is shared in the same way; what the client says meanwhile waits, unread, and
what has changed meanwhile makes the question one for the slow story. Whatever is unusual goes back there: before the
question has left by not being taken, afterwards by being put into its queue as if it had been asked there.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

try:  # the compiler must see the words "import cython"; at run time Cython may be missing
    import cython  # type: ignore[import-untyped]  # Cython ships no types for it
except ModuleNotFoundError:
    from proctor.wire import _shim as cython

from proctor.errors import Fault
from proctor.session.answers import Answers
from proctor.session.hearing import Hearing
from proctor.session.judged import Stamp
from proctor.session.namespace import Known, Namespace, Prepared
from proctor.session.pipeline import Pipeline
from proctor.session.ports import Answered, Clock, Leave, Ledger, Outlet, Terms
from proctor.session.taken import Taken
from proctor.wire._batch import BOUND, NO_ROWS, PARSED, QUERY, Batch, read_answer, read_answers, read_batch, read_train

MAX_KNOWN = 64  # texts are a stranger's to choose


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
        number: Callable[[], int],
        over: Callable[[], None],
    ) -> None:
        self._slowly: Callable[[bytes], None] = _nothing
        self._terms = terms
        self._hearing = hearing
        self._pipeline = pipeline
        self._answers: Answers = pipeline.answers
        self._names = names
        self._ledger = ledger
        self._clock = clock
        self._client = client
        self._upstream = upstream
        self._session = terms.session
        self._number = number
        self._over = over
        self._taken: Taken | None = None
        self._strict = terms.strict
        self._closed = False
        self._shut = False
        self._behind: list[bytes] = []
        self._pauses: Callable[[bool], None] = _nothing
        self._known: dict[bytes, Known] = {}
        self._leaves: Leave = self._leave

    @property
    def busy(self) -> bool:
        """Say whether a question is under way here."""
        return self._taken is not None

    @property
    def taken(self) -> object | None:
        """Return what is under way here."""
        return self._taken

    def falls_back(self, slowly: Callable[[bytes], None]) -> None:
        """Say who takes a buffer that was taken here and cannot leave: the leg is to read it after all."""
        self._slowly = slowly

    def holds_up(self, pauses: Callable[[bool], None]) -> None:
        """Say who stops the client's end while what it says waits for the disk, and lets it go on."""
        self._pauses = pauses

    def shut(self, shut: bool) -> None:
        """Take nothing while the slow story has something to wait for, nor when the client leaves."""
        self._shut = shut

    def abandon(self) -> None:
        """Leave what is under way to the slow story; what has not left stays here. The session is over."""
        self._closed = True
        self._behind.clear()
        if self._taken is not None and self._taken.number < 0:
            self._taken.number = self._pipeline.batch
        self._give_back()

    # ---- the way there

    def client_said(self, data: bytes) -> bool:
        """Take a buffer of the client's if it is one question decided before; say whether it was taken."""
        if self._taken is not None:
            if self._taken.durable and self._taken.number < 0:
                self._behind.append(data)
                self._pauses(True)
                return True
            self._give_back()
            return False
        if self._closed or self._shut:
            return False
        pipeline, answers = self._pipeline, self._answers
        if answers.queue or pipeline.in_batch or pipeline.skipping or answers.discarding:
            return False
        batch = read_batch(data)
        taken = self._take(data, batch) if batch is not None else self._take_train(data)
        if taken is None:
            return False
        if self._strict:
            taken.durable = True
        self._taken = taken
        ledger = self._ledger
        try:
            for each in taken.before:
                one: Taken = each
                ledger.decided_again(one.exchange, one.verdict, one.claims, one.batch[3], None)
            ledger.decided_again(
                taken.exchange, taken.verdict, taken.claims, taken.batch[3], self._leaves, taken.durable
            )
        except Fault:
            self._taken = None
            return False  # the slow story will meet the same fault, and tell the client
        return True

    def _take(self, data: bytes, batch: Batch) -> Taken | None:
        """Return one question, if it is one that was decided before and needs nothing else."""
        statement = self._statement(batch)
        known = self._recall(batch, statement)
        if known is None:
            return None
        return Taken(data, batch, known, statement, f"{self._session}-{self._number()}", self._clock.monotonic_ns())

    def _take_train(self, data: bytes) -> Taken | None:
        """Return several questions of one batch, if each is such a one and none begins or ends a transaction."""
        whole: list[Taken] = []
        durable: cython.bint = False
        for batch in read_train(data):
            taken = self._take(data, batch)
            if taken is None or taken.judged.turns:
                return None
            durable = durable or taken.durable
            whole.append(taken)
        if not whole:
            return None
        last: Taken = whole.pop()
        last.before = whole
        last.durable = durable
        return last

    def _leave(self, fault: Fault | None) -> None:
        """Let go what was taken, its record being written; or have it asked slowly, to meet the fault there."""
        taken = self._taken
        if taken is None or taken.number >= 0:
            return
        if self._behind:
            self._pauses(False)
        if fault is not None or (taken.durable and self._is_stale(taken)):
            self._taken = None
            self._slowly(self._with_behind(taken.data))
            return
        taken.number = self._pipeline.batch
        self._pipeline.batch += 1
        kind, names = taken.batch[0], self._names
        if kind == PARSED:
            # The server's unnamed statement is this one now; a Parse of the slow story would be undone if it failed.
            names.statements[b""] = Prepared(taken.judged.text, taken.judged, taken.number)
        elif kind == QUERY:
            names.statements.pop(b"", None)
        names.portals.pop(b"", None)
        for each in taken.whole():
            one: Taken = each
            if one.verdict.discreet:
                self._answers.discreet = True
        if taken.judged.turns:
            self._hearing.view.follow(taken.judged.effects, opaque=False, temporary=False)
        self._upstream.send(taken.data)
        if self._behind:
            self._give_back()
            self._slowly(self._with_behind(b""))

    def _is_stale(self, taken: Taken) -> bool:
        """Say whether something has changed while the record was on its way to the disk; if so, note that."""
        if self._hearing.standing() is taken.under:
            return False
        with suppress(Fault):  # whoever asks them anew will meet it
            for each in taken.whole():
                one: Taken = each
                self._ledger.answered(Answered(one.exchange, sqlstate="skipped", started_ns=one.started))
        return True

    def _with_behind(self, data: bytes) -> bytes:
        """Return this, and all that the client has said since."""
        if not self._behind:
            return data
        data += b"".join(self._behind)
        self._behind.clear()
        return data

    def _statement(self, batch: Batch) -> Prepared | None:
        if batch[0] != BOUND:
            return None
        entry = self._names.statements.get(batch[1])
        return entry if isinstance(entry, Prepared) else None

    def _recall(self, batch: Batch, statement: Prepared | None) -> Known | None:
        """Return what is remembered of it, if nobody has to wait for anything."""
        if batch[0] == BOUND and (statement is None or not self._trusts(statement)):
            return None
        stamp = self._hearing.standing()
        if stamp is None:
            return None
        known = self._known.get(batch[1]) if statement is None else statement.known
        if known is None or known.under is not stamp:
            known = self._found(batch, statement, stamp)
        if known is None:
            return None
        if known.judged.turns:
            return known if self._turns_alone() else None
        if known.judged.brief:
            return known
        described = batch[4] or batch[0] == QUERY or (statement is not None and statement.described)
        return known if described and batch[2] in known.judged.verdicts[0].lore.shown else None

    def _turns_alone(self) -> cython.bint:
        """Say whether nothing that names mean begins or ends with a transaction."""
        view = self._hearing.view
        return not (view.unsettled or view.defined or view.closing or self._answers.wrapped)

    def _trusts(self, statement: Prepared) -> cython.bint:
        """Say whether no open question can still change what its name means, as `Pipeline.trusted` does."""
        if self._answers.naming:
            return False
        batch = statement.batch
        return batch <= self._answers.batch or batch == self._pipeline.batch

    def _found(self, batch: Batch, statement: Prepared | None, stamp: Stamp) -> Known | None:
        try:
            text = batch[1].decode() if statement is None else statement.text
        except UnicodeDecodeError:
            return None
        judged = self._hearing.recall(text)
        if judged is None or not (judged.plain or judged.brief or judged.turns):
            return None
        known = Known(stamp, judged, self._hearing.claims(text))
        if statement is None:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[batch[1]] = known
            return known
        before = statement.judged
        if before is None or (before is not judged and before.epoch != judged.epoch):
            return None  # the server may have kept a plan that means something else; `check_plan` looks closer
        statement.known = known
        return known

    # ---- the way back

    def upstream_said(self, data: bytes) -> bool:
        """Take a buffer of the upstream's if it is the whole plain answer to what was taken."""
        taken = self._taken
        if taken is None:
            return False
        if taken.number < 0:
            if taken.durable:
                return False  # it may well: what is said here waits for the disk
            self._give_back()  # it speaks unasked, while the question still waits for its record
            return False
        status: cython.int = self._train_answered(taken, data) if taken.before else self._answered(taken, data)
        if status < 0:
            self._give_back()
            return False
        answers = self._answers
        answers.batch = taken.number
        answers.status = chr(status)
        if taken.judged.turns:
            answers.block = answers.status
        self._client.send(data)
        if status == 0x49:  # I
            self._over()
        elif taken.batch[0] != QUERY:
            self._names.portals[b""] = taken.portal()  # it lives as long as the transaction
        return True

    def _answered(self, taken: Taken, data: bytes) -> cython.int:
        """Note the answer to one question and return the transaction's state; -1 if it is none for the lane."""
        answer = read_answer(data, taken.batch[0], taken.batch[4])
        if answer is None:
            return -1
        shape, rows, size, tag, status = answer
        if not self._fits(taken, shape, rows, size):
            return -1
        self._taken = None
        self._ledger.answered_plainly(taken.exchange, rows, size, tag, taken.started)
        return status

    def _train_answered(self, taken: Taken, data: bytes) -> cython.int:
        """Do so with the answers to all questions of a batch."""
        one: Taken
        described = []
        for each in taken.whole():
            one = each
            described.append(one.batch[4])
        found = read_answers(data, described)
        if found is None:
            return -1
        for each, given in zip(taken.whole(), found[0], strict=True):
            one = each
            if not self._fits(one, given[0], given[1], given[2]):
                return -1
        self._taken = None
        for each, given in zip(taken.whole(), found[0], strict=True):
            one = each
            self._ledger.answered_plainly(one.exchange, given[1], given[2], given[3], one.started)
        return found[1]

    def _fits(self, taken: Taken, shape: bytes, rows: cython.Py_ssize_t, size: cython.Py_ssize_t) -> cython.bint:
        """Say whether it is an answer in which there is nothing to mask, and not too large a one."""
        if rows > self._terms.result_rows or size > self._terms.result_bytes:
            return False
        if taken.judged.brief or taken.judged.turns:
            return rows == 0 and (not shape or shape == NO_ROWS)
        known = taken.verdict.lore.shown.get(taken.batch[2])
        if known is None:
            return False
        return shape == known or (not shape and not taken.batch[4] and taken.batch[0] != QUERY)

    def _give_back(self) -> int:
        """Put what was taken into the queue of the slow story, as if it had been asked there."""
        if self._taken is not None and self._taken.number < 0:
            self._ledger.let_go()  # what comes next must not leave before it
        taken = self._taken
        self._taken = None
        if taken is not None:
            taken.reopened(self._answers, self._names)
        return 0


def _nothing(_: object) -> None:
    pass
