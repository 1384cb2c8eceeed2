# cython: language_level=3
# mypy: disable-error-code="untyped-decorator, no-any-return"
"""Stations 6 and 9: a session's records. Takes judged statements and their ends; writes them to the worker's journal.

What repeats is encoded once: the part that says who and from where for each session, the part that says what was
decided for each judgement. Literals and bound values go into a record as a keyed digest, and sealed for the right to
reveal unless anything sensitive is touched; the text is redacted.
"""

from __future__ import annotations

from binascii import hexlify
from hashlib import blake2b
from typing import Protocol, Self

import msgspec

from proctor.audit.basis import basis_of
from proctor.audit.boxes import DataKey, Values
from proctor.audit.decided import decided_of
from proctor.audit.journal import Journal
from proctor.audit.page import Parts, Piece
from proctor.audit.record import Origin as From
from proctor.audit.record import StatementAnswered, claims_of, encode, who_of
from proctor.edge.sealing import SEALS_TEXT, Seal, seals
from proctor.session.judged import Verdict
from proctor.session.ports import Answered, Clock, Decided, Leave
from proctor.sql.redacted import redacted
from proctor.terms import Allow, Claims, Identity

try:  # the compiler must see the words "import cython"; at run time Cython may be missing
    import cython  # type: ignore[import-untyped]  # Cython ships no types for it
except ModuleNotFoundError:
    from proctor.wire import _shim as cython

_DECIDED = b'{"kind":"statement.decided","id":"'
_HEAD = _DECIDED + b'"'
_TEXT = b',"statement":{"text":'
_DIGEST = b'"digest":"'


class Digest(Protocol):
    """A hash that has taken in its key."""

    def copy(self) -> Self:
        """Return another that goes on from here."""

    def update(self, data: bytes) -> None:
        """Take in more."""

    def digest(self) -> bytes:
        """Return what it comes to."""


_TAG = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz0123456789")


class Template:
    """What is said of all statements judged alike: in front of the text's digest, and behind it but for the end."""

    def __init__(self, front: bytes, back: bytes, kind: str, seals: int) -> None:
        self.front = Piece(front)
        self.back = Piece(back)
        self.kind = kind
        self.seals = seals


class SessionLedger:
    """One session's way into the journal."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        key: bytes,
        session: str,
        asker: Identity,
        origin: From,
        database: str,
        seal: DataKey | None = None,
    ) -> None:
        self._journal = journal
        self._monotonic_ns = clock.monotonic_ns
        self._keyed: Digest = blake2b(key=key, digest_size=32, person=b"statement")
        self._seal = None if seal is None else Seal(seal)
        self._database = database
        self._who = b',"session":%b,"who":%b,"from":%b' % (
            msgspec.json.encode(session),
            msgspec.json.encode(who_of(asker)),
            msgspec.json.encode(origin),
        )
        self._claims: Claims | None = None
        self._front = Piece(b"")
        self._statements = 0
        self._refused = 0
        self._command = ""
        self._judged: Verdict | None = None
        self._rows = 0
        self._size = 0
        self._approved: set[str] = set()

    @property
    def statements(self) -> int:
        """Return how many statements were judged."""
        return self._statements

    @property
    def refused(self) -> int:
        """Return how many of them could not run."""
        return self._refused

    @property
    def command(self) -> str:
        """Return what kind of statement the last one was."""
        return self._command

    @property
    def given(self) -> tuple[int, int]:
        """Return how many rows and bytes were answered."""
        return self._rows, self._size

    @property
    def shape(self) -> str:
        """Return the last statement without its literals, as its record says it."""
        template = None if self._judged is None else self._judged.lore.template
        if not isinstance(template, Template):
            return ""
        known: Template = template
        front = known.front.text
        at = front.find(_TEXT)
        return "" if at < 0 else str(msgspec.json.decode(front[at + len(_TEXT) : -len(_DIGEST) - 1]))

    def decided_again(
        self,
        exchange: str,
        verdict: Verdict,
        claims: Claims,
        values: Values,
        leave: Leave | None,
        durable: bool = False,
    ) -> None:
        """Write that a statement was judged as it was before, and let it leave when that is written, or on disk.

        One without a `leave` is written with the next, and leaves with it.
        """
        template = verdict.lore.template
        if claims is not self._claims or not isinstance(template, Template):
            position = self.decided(Decided(exchange, verdict, claims, values))
            if leave is None:
                return
            if durable:
                self._journal.then(position, leave)
            else:
                leave(None)
            return
        known: Template = template
        self._statements += 1
        self._command = known.kind
        self._judged = verdict
        if leave is None:
            self._journal.took_later(self._record(exchange, verdict, known, values, b"", False))
            return
        self._journal.took_then(self._record(exchange, verdict, known, values, b"", False), leave, durable)

    def _record(
        self,
        exchange: str,
        verdict: Verdict,
        known: Template,
        values: Values,
        besides: bytes,
        approved: cython.bint,
    ) -> Parts:
        """Return the record's body in its parts."""
        name = exchange.encode("ascii")
        digest = verdict.digest or self._signed(verdict)
        said = b""
        if values or known.seals == SEALS_TEXT:
            said = self._values(verdict, known, values, approved)
        return (
            _DECIDED, name, b'","exchange":"', name, b'"', self._front,
            known.front, digest, known.back, besides, said, b"}",
        )  # fmt: skip

    def let_go(self) -> None:
        """Write now what waits for the end of the round, and let it leave."""
        self._journal.let_go()

    def decided(self, entry: Decided) -> int:
        """Write that a statement was judged; it survives a crash of the gateway when this returns."""
        verdict = entry.decided
        self._statements += 1
        self._command = verdict.analysis.kind
        self._judged = verdict
        if not isinstance(verdict.decision, Allow):
            self._refused += 1
        elif entry.ticket is not None and entry.ticket not in self._approved:
            self._approved.add(entry.ticket)
            self._refused -= 1  # what was held before is approved now
        if entry.claims is not self._claims:
            self._claims = entry.claims
            claims = claims_of(entry.claims)
            self._front = Piece(self._who + (b"" if claims is None else b',"claims":' + msgspec.json.encode(claims)))
        if not isinstance(verdict.lore.template, Template):
            verdict.lore.template = self._encoded(verdict)
        known: Template = verdict.lore.template
        approved = entry.ticket is not None
        return self._journal.append(
            self._record(entry.exchange, verdict, known, entry.parameters or (), _besides(entry), approved)
        )

    def _values(self, verdict: Verdict, known: Template, values: Values, approved: cython.bint) -> bytes:
        """Return what is said of literals and bound values: a box for the right to reveal, or else a digest."""
        box: bytes = b"" if self._seal is None else self._seal.said(verdict, values, known.seals)
        if values and (approved or not box):  # that what was approved is what ran must show without a key
            return box + self._signature(values)
        return box

    def _signature(self, values: Values) -> bytes:
        return b',"parameters":"' + self._digest(values) + b'"'

    def _encoded(self, verdict: Verdict) -> Template:
        """Return what is said of a verdict but for the text's digest: redacted, all texts judged alike are one text."""
        digest = self._signed(verdict)
        grounds, verdict.lore.grounds = verdict.lore.grounds, None
        basis = None if grounds is None else basis_of(verdict.analysis, *grounds)
        text = redacted(verdict.text, parsed=verdict.meant.understood)
        body = decided_of(
            verdict.analysis,
            verdict.decision,
            id="",
            database=self._database,
            text=text,
            digest=digest.decode(),
            basis=basis,
        )
        front, back = encode(body)[len(_HEAD) : -1].split(b'"digest":"%b"' % digest)
        return Template(front + _DIGEST, b'"' + back, verdict.meant.kind, seals(verdict, text))

    def _signed(self, verdict: Verdict) -> bytes:
        """Return the keyed digest of the verdict's own text."""
        verdict.digest = self._digest((verdict.text.encode("utf-8", "replace"),))
        return verdict.digest

    def _digest(self, parts: Values) -> bytes:
        hashed = self._keyed.copy()
        for part in parts:
            hashed.update(b"-" if part is None else b"%d:%b" % (len(part), part))
        return hexlify(hashed.digest())

    def answered(self, entry: Answered) -> None:
        """Note how an exchange ended; written with the next record, or within 10 ms."""
        self._rows += entry.rows
        self._size += entry.size
        name = entry.exchange.encode("ascii")
        took = max(0, self._monotonic_ns() - entry.started_ns) // 1000
        tag = entry.tag.encode("utf-8", "replace")
        if entry.cells or entry.sqlstate != "00000" or not _TAG.issuperset(tag):
            self._journal.append_later(encode(self._full(entry, took)))
            return
        self._journal.took_later(_answered(name, entry.rows, entry.size, took, tag))

    def answered_plainly(self, exchange: str, rows: int, size: int, tag: bytes, started_ns: int) -> None:
        """Note the end of an exchange that went well and had nothing masked."""
        self._rows += rows
        self._size += size
        name = exchange.encode("ascii")
        took = max(0, self._monotonic_ns() - started_ns) // 1000
        self._journal.took_later(_answered(name, rows, size, took, tag))

    def _full(self, entry: Answered, took: int) -> StatementAnswered:
        return StatementAnswered(
            id=f"{entry.exchange}-a",
            of=entry.exchange,
            rows=entry.rows,
            bytes=entry.size,
            duration_us=took,
            sqlstate=entry.sqlstate,
            tag=entry.tag,
            cells={place: count for place, count in entry.cells.items() if count},
            masking_us=entry.masking_ns // 1000,
        )

    async def synced(self, position: int) -> None:
        """Return once the record at `position` is on disk."""
        await self._journal.synced(position)


@cython.cfunc
def _answered(name: bytes, rows: int, size: int, took: int, tag: bytes) -> Parts:
    """Return the record of an exchange that went well and had nothing masked, in its parts."""
    return (
        b'{"kind":"statement.answered","id":"', name, b'-a","of":"', name, b'","rows":', rows,
        b',"bytes":', size, b',"duration_us":', took, b',"sqlstate":"00000","tag":"', tag, b'"}',
    )  # fmt: skip


def _besides(entry: Decided) -> bytes:
    """Return what only the slow story has to say: the ticket, and the plain values that were counted."""
    said = b"" if entry.ticket is None else b',"ticket":' + msgspec.json.encode(entry.ticket)
    if entry.probes:
        said += b',"probes":' + msgspec.json.encode({str(c): n for c, n in sorted(entry.probes.items())})
    return said
