# cython: language_level=3
# mypy: disable-error-code="untyped-decorator, no-any-return"
"""What the fast lane has taken: questions that have been asked, and how they are put into the slow story's queue.

Compiled where there is a compiler; both ways pass the same tests.
"""

from __future__ import annotations

from proctor.session import exchange as ex
from proctor.session.answers import Answers
from proctor.session.exchange import Exchange, Open
from proctor.session.namespace import Known, Namespace, Portal, Prepared, Undo
from proctor.session.ports import Answered
from proctor.wire._batch import PARSED, QUERY, Batch


class Taken:
    """A question that was taken, and is not answered yet: the last of its batch, behind those `before` it.

    `data` is the whole buffer. `number` is the batch upstream, once it has left; if it is `durable`, that is when the
    records of all are on disk.
    """

    def __init__(
        self, data: bytes, batch: Batch, known: Known, statement: Prepared | None, exchange: str, started: int
    ) -> None:
        self.data = data
        self.batch = batch
        self.judged = known.judged
        self.verdict = known.judged.verdicts[0]
        self.claims = known.claims
        self.under = known.under
        self.statement = statement
        self.exchange = exchange
        self.started = started
        self.number = -1
        self.durable = known.judged.brief
        self.before: list[Taken] = []

    def whole(self) -> list[Taken]:
        """Return all of the batch, this one last."""
        return [*self.before, self]

    def portal(self) -> Portal:
        """Return the portal that it has made."""
        batch, formats = self.batch, self.batch[2]
        results = tuple(formats[at] << 8 | formats[at + 1] for at in range(0, len(formats), 2))
        return Portal(self.judged.text, self.judged, self.number, self.statement, batch[3], results)

    def reopened(self, answers: Answers, names: Namespace) -> int:
        """Put it, and those before it, into the queue of the slow story, as if they had been asked there."""
        queue, number, kind = answers.queue, self.number, self.batch[0]
        if kind == QUERY:
            queue.append(Open(ex.QUERY, number, [self._exchange()]))
            return 0
        if kind == PARSED:
            entry = names.statements.get(b"")
            self.statement = entry if isinstance(entry, Prepared) else None
            undo = [Undo(names.statements, b"", None)]  # a Parse that fails leaves no unnamed statement
            queue.append(Open(ex.PARSE, number, entry=self.statement, undo=undo))
        for each in self.whole():
            taken: Taken = each
            taken.number = number
            portal = taken.portal()
            names.portals[b""] = portal
            # A Bind that fails, or is skipped, leaves none.
            queue.append(Open(ex.BIND, number, entry=portal, undo=[Undo(names.portals, b"", None)]))
            if taken.batch[4]:
                queue.append(Open(ex.DESCRIBE, number, entry=portal))
            queue.append(Open(ex.EXECUTE, number, [taken._exchange()], entry=portal))
        queue.append(Open(ex.SYNC, number))
        return 0

    def _exchange(self) -> Exchange:
        return Exchange(self.exchange, self.verdict, Answered(self.exchange, started_ns=self.started))
