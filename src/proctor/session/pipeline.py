"""Station 7: the upstream's pipeline as a session fills it. Takes messages, keeps the queue of open questions in step.

What is refused is replaced by a marker that the upstream will fail on, so that the refusal keeps its place, later
messages of the batch are skipped, and the transaction fails as the client is told.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from proctor.errors import ClientFault
from proctor.session import exchange as ex
from proctor.session import refusals
from proctor.session.answers import Answers
from proctor.session.exchange import Exchange, Open
from proctor.session.namespace import Entry, Portal, Undo
from proctor.session.ports import Outlet
from proctor.wire import messages, talk

OWN = b"proctor_own"  # the name of the gateway's own statements, which no client may use


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of statements of the gateway's own."""

    rows: list[tuple[str | None, ...]]
    error: dict[str, str] | None


class Pipeline:
    """What goes upstream, and in which batch. A batch ends with a Sync or is one simple query."""

    def __init__(self, upstream: Outlet, answers: Answers) -> None:
        self.answers = answers
        self.batch = 1
        self.in_batch = False
        """An extended batch is open: its Sync has not been forwarded yet."""
        self.skipping = False
        """The rest of the batch is skipped, as the server does after an error."""
        self._upstream = upstream
        self._littered = False
        self._out: list[bytes] = []
        self._quiet = asyncio.Event()

    def push(self, kind: str, raw: bytes, *, entry: Entry | None = None, undo: Undo | None = None) -> None:
        """Forward one message of an extended batch."""
        self.in_batch = True
        self._ask(Open(kind, self.batch, entry=entry, undo=[] if undo is None else [undo]), raw)

    def push_execute(self, raw: bytes, portal: Portal, exchanges: list[Exchange]) -> None:
        """Forward an Execute with its exchange."""
        self.in_batch = True
        self._ask(Open(ex.EXECUTE, self.batch, exchanges, entry=portal), raw)

    def push_query(self, raw: bytes, exchanges: list[Exchange], *, undo: list[Undo]) -> None:
        """Forward a simple query, or what takes its place (Parse, Bind, Execute, Sync): a batch of its own."""
        rewritten = is_rewritten(raw)
        question = Open(ex.QUERY, self.batch, exchanges, undo=undo, rewritten=rewritten, silent=2 if rewritten else 0)
        if self._ask(question, raw):
            self._end_batch()

    def push_sync(self, raw: bytes) -> None:
        """Forward a Sync: the batch ends."""
        self.answers.discarding = False  # what comes behind it is heard again
        self._ask(Open(ex.SYNC, self.batch), raw)
        self._end_batch()

    def push_copy(self, raw: bytes, *, last: bool) -> None:
        """Forward copy data, if a copy is under way; leftovers of a failed one are dropped, as the server does."""
        if not self._copying():
            return
        front = self.answers.queue[0]
        refused = None if front.guard is None else front.guard.look(raw)
        if refused is not None:
            front.refusal, front.copying, front.guard = refused, False, None
            self._out.append(messages.copy_fail("refused"))
            return
        self._out.append(raw)
        if last:
            front.copying = False

    def push_plain(self, raw: bytes) -> None:
        """Forward a message that has no answer."""
        self._out.append(raw)

    def bind_again(self, bind: talk.Bind) -> None:
        """Make a portal anew that has run already: it may run once more, having been taken back."""
        for kind, raw in ((ex.CLOSE, messages.close(b"P", bind.portal)), (ex.BIND, bind.raw)):
            self._ask(Open(kind, self.batch, ours=True, aloud=True), raw)

    def describe_portal(self, name: bytes, portal: Portal) -> None:
        """Ask for the description that the client did without: no rows are let through undescribed."""
        wanted = (portal, portal.statement)
        if any(o.kind == ex.DESCRIBE and o.entry is not None and o.entry in wanted for o in self.answers.queue):
            return
        self._ask(Open(ex.DESCRIBE, self.batch, entry=portal, ours=True), messages.describe(b"P", name))

    def refuse_query(self, fields: dict[str, str]) -> None:
        """Let a refusal take the place of a simple query."""
        if self._ask(Open(ex.QUERY, self.batch, refusal=fields), messages.query(refusals.MARKER)):
            self._end_batch()

    def refuse_step(self, fields: dict[str, str]) -> None:
        """Let a refusal take the place of one message of a batch; the rest of the batch is skipped."""
        self.in_batch = self.skipping = True
        self._ask(Open(ex.PARSE, self.batch, refusal=fields), messages.parse(OWN, refusals.MARKER, ()))

    def forward(self) -> None:
        """Send what has been gathered."""
        if self._out:
            self._upstream.write(b"".join(self._out))
            self._out = []

    async def query(self, sql: str) -> list[tuple[str | None, ...]]:
        """Ask the session's own upstream one statement of the gateway's own, and return its rows as text."""
        done: asyncio.Future[list[tuple[str | None, ...]]] = asyncio.get_running_loop().create_future()
        kinds = [ex.PARSE, ex.BIND, ex.EXECUTE, ex.CLOSE, ex.CLOSE]
        self.answers.queue += [Open(k, self.batch, ours=True, done=done if k == ex.EXECUTE else None) for k in kinds]
        self._out += [
            messages.parse(OWN, sql, ()),
            messages.bind(OWN, OWN, (), (), ()),
            messages.execute(OWN, 0),
            messages.close(b"P", OWN),
            messages.close(b"S", OWN),
        ]
        if self.in_batch:
            self._out.append(messages.flush())  # a Sync would end the client's implicit transaction
        else:
            self._ask(Open(ex.SYNC, self.batch, ours=True), messages.sync())
        self.forward()
        return await done

    async def attempt(self, *texts: str, aloud: bool = False) -> Attempt:
        """Run statements of the gateway's own until one fails; return the rows of the last, and what went wrong.

        An error within a batch has the rest of it skipped, as any other would. `aloud`: the client hears it as well.
        """
        closing = [(ex.CLOSE, messages.close(b"P", OWN)), (ex.CLOSE, messages.close(b"S", OWN))]
        steps = closing[:] if self._littered else []
        for sql in texts:
            steps += [
                (ex.PARSE, messages.parse(OWN, sql, ())),
                (ex.BIND, messages.bind(OWN, OWN, (), (), ())),
                (ex.EXECUTE, messages.execute(OWN, 0)),
                *closing,
            ]
        asked: list[Open] = []
        for kind, raw in steps:
            asked.append(Open(kind, self.batch, ours=True, aloud=aloud))
            if not self._ask(asked[-1], raw):
                raise ClientFault("an earlier message of the batch has failed")
        if not self.in_batch:
            self._ask(Open(ex.SYNC, self.batch, ours=True, aloud=aloud), messages.sync())
        await self.settle()
        wrong = next((question.error for question in asked if question.error is not None), None)
        self._littered = wrong is not None  # what closes the names was skipped
        return Attempt(asked[-3].rows, wrong)

    async def parse_error(self, sql: str) -> dict[str, str] | None:
        """Have the session's own upstream parse a statement, and no more; return the error that it finds.

        Parsing runs nothing and reads no row. Within a batch nobody is asked: an error would have the rest skipped.
        """
        if self.in_batch:
            return None
        asked = Open(ex.PARSE, self.batch, ours=True)
        self._ask(asked, messages.parse(OWN, sql, ()))
        self._ask(Open(ex.CLOSE, self.batch, ours=True), messages.close(b"S", OWN))
        self._ask(Open(ex.SYNC, self.batch, ours=True), messages.sync())
        await self.settle()
        return asked.error

    async def settle(self) -> None:
        """Wait until every open question is answered, or the last of them, a copy, waits for the client's data."""
        if self.in_batch:
            self._out.append(messages.flush())
        self.forward()
        while self.answers.queue and not self._copying():
            self._quiet.clear()
            await self._quiet.wait()

    def settled(self) -> None:
        """Wake who waits: the queue is empty, or a copy has begun."""
        self._quiet.set()

    def trusted(self, entry: Entry | None) -> Entry | None:
        """Return the entry if no open question can still change what its name means."""
        if entry is None or self.answers.naming:
            return None
        known = entry.batch == self.batch or entry.batch <= self.answers.batch
        return entry if known else None

    def _ask(self, question: Open, raw: bytes) -> bool:
        """Forward a message with its question. What the server is going to skip is neither forwarded nor asked.

        It may have turned out while the message waited for its turn; a question without an answer would lend its
        decision, and its masks, to the next one.
        """
        if not self.answers.expect(question):
            return False
        self._out.append(raw)
        return True

    def _copying(self) -> bool:
        return bool(self.answers.queue) and self.answers.queue[0].copying

    def _end_batch(self) -> None:
        self.batch += 1
        self.in_batch = self.skipping = False


def is_rewritten(raw: bytes) -> bool:
    """Tell whether a simple query leaves as other messages."""
    return raw[:1] != b"Q"
