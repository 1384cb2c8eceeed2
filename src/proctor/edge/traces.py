"""Beside station 9: OpenTelemetry spans of statements, made from their records as the log gets them.

In come entries of the log; out go spans by the conventions for databases, joined to the trace that the client named
behind its statement or in its session, by OTLP over HTTP; beneath each of what has run, one for its decision, one for
the database and the way back, and one for what an approval was waited for. Made in the control process from what is
recorded anyway: a statement pays nothing for it. A span has the statement without its literals, as its record has it,
and nobody's name. What waits to be sent is bounded, and lost where the collector does not take it: spans are for
looking, records for proving.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

import msgspec

from proctor.audit.integrator import whole
from proctor.audit.record import StatementText, Verdict
from proctor.audit.tiles import Misshapen
from proctor.edge.traces_config import Tracing
from proctor.errors import HouseFault

QUEUE: Final = 4096
BATCH: Final = 512
SECONDS: Final = 10.0
MAX_OPEN: Final = 10_000  # decided and not answered yet
MAX_HELD: Final = 1000  # tickets opened and not used yet
MAX_TEXT: Final = 2000
MAX_OBJECTS: Final = 5
_DECIDED: Final = b',"kind":"statement.decided"'
_ANSWERED: Final = b',"kind":"statement.answered"'
_OPENED: Final = b',"kind":"ticket.opened"'
_TRACE: Final = b'"trace":"'
_BLOB: Final = b'"blob":{'
Value = str | int | bool | Sequence[str]


class _Claims(msgspec.Struct, frozen=True):
    trace: str | None = None


class _Decided(msgspec.Struct, frozen=True):
    id: str
    time: str
    exchange: str
    database: str
    statement: StatementText
    command: str
    decision: Verdict
    claims: _Claims | None = None
    reads: dict[str, tuple[str, ...]] = {}
    writes: dict[str, tuple[str, ...]] = {}
    ticket: str | None = None


class _Answered(msgspec.Struct, frozen=True):
    time: str
    of: str
    rows: int = 0
    duration_us: int = 0
    sqlstate: str = "00000"
    cells: dict[str, int] = {}


class _Opened(msgspec.Struct, frozen=True):
    time: str
    ticket: str


_read_decided: Final = msgspec.json.Decoder(_Decided).decode
_read_answered: Final = msgspec.json.Decoder(_Answered).decode
_read_opened: Final = msgspec.json.Decoder(_Opened).decode


class Span(msgspec.Struct, frozen=True):
    """One span, before it is put into OpenTelemetry's own words. Times are nanoseconds since 1970."""

    name: str
    trace: int
    span: int
    parent: int | None
    begins: int
    ends: int
    failed: str
    """The SQLSTATE, empty where all went well."""
    attributes: dict[str, Value]
    inner: bool = False
    """Whether it is a part of a statement within the gateway, and no question to a database of its own."""


class Post(Protocol):
    """Takes spans away, without waiting."""

    def put(self, span: Span) -> None:
        """Take one, or lose it where too many wait."""

    def counts(self) -> Mapping[str, int]:
        """Return how many were sent, and how many were lost, by why."""

    def close(self) -> None:
        """Send what waits, within a bounded time."""


class Spans:
    """Makes spans of records. `take` is called by the thread that moves the log."""

    def __init__(self, config: Tracing, version: str, post: Post | None = None) -> None:
        self._one_in = config.one_in
        self._post = post or _otlp(config, version)
        self._open: OrderedDict[str, _Decided] = OrderedDict()
        self._held: OrderedDict[str, int] = OrderedDict()
        self._forgotten = 0
        self._lock = threading.Lock()

    def take(self, name: str, log: Path, entries: Iterable[bytes]) -> None:
        """Make the spans of what a shard's log has just got."""
        del name
        with self._lock:
            for entry in entries:
                with suppress(msgspec.MsgspecError, Misshapen, ValueError):  # a record that is none has no span
                    if _ANSWERED in entry:
                        self._answered(entry)
                    elif _OPENED in entry:
                        self._opened(_read_opened(entry))
                    elif _DECIDED in entry and self._wanted(entry):
                        self._decided(_read_decided(whole(log, entry)))

    def counts(self) -> Mapping[str, int]:
        """Return how many spans were sent, and how many were lost, by why."""
        return {**self._post.counts(), "unanswered": self._forgotten}

    def close(self) -> None:
        """Send what is left."""
        self._post.close()

    def _wanted(self, entry: bytes) -> bool:
        """Say whether a decision may have a span, before all of it is read."""
        return self._one_in > 0 or _TRACE in entry or _BLOB in entry

    def _decided(self, said: _Decided) -> None:
        if not self._sampled(said):
            return
        if said.decision.verdict != "allow":
            moment = _nanoseconds(said.time)
            failed = "42501" if said.decision.verdict == "deny" else ""
            self._post.put(_span(said, moment, moment, failed, {}))
            return
        if len(self._open) >= MAX_OPEN:
            self._open.popitem(last=False)
            self._forgotten += 1
        self._open[said.exchange] = said

    def _opened(self, said: _Opened) -> None:
        """Note since when an approval is waited for."""
        if len(self._held) >= MAX_HELD:
            self._held.popitem(last=False)
        self._held[said.ticket] = _nanoseconds(said.time)

    def _answered(self, entry: bytes) -> None:
        if not self._open:
            return
        answer = _read_answered(entry)
        said = self._open.pop(answer.of, None)
        if said is None:
            return
        ends = _nanoseconds(answer.time)
        failed = "" if answer.sqlstate == "00000" else answer.sqlstate
        counted: dict[str, Value] = {"db.response.returned_rows": answer.rows}
        if answer.cells:
            counted["proctor.masked_cells"] = sum(answer.cells.values())
        whole_one = _span(said, ends - answer.duration_us * 1000, ends, failed, counted)
        self._post.put(whole_one)
        for part in _parts(whole_one, said, self._held.pop(said.ticket or "", None)):
            self._post.put(part)

    def _sampled(self, said: _Decided) -> bool:
        parent = None if said.claims is None else said.claims.trace
        if parent is not None:
            return bool(int(parent[-2:], 16) & 1)  # who has begun the trace has decided whether it is kept
        return self._one_in > 0 and int.from_bytes(_hash(said.exchange)[24:], "big") % self._one_in == 0


def _span(said: _Decided, begins: int, ends: int, failed: str, more: dict[str, Value]) -> Span:
    parent = None if said.claims is None else said.claims.trace
    touched = sorted({*said.writes, *said.reads}, key=lambda name: (name not in said.writes, name))[:MAX_OBJECTS]
    operation = said.command.upper() or "STATEMENT"
    summary = " ".join([operation, *touched])[:255]
    attributes: dict[str, Value] = {
        "db.system.name": "postgresql",
        "db.namespace": said.database,
        "db.operation.name": operation,
        "db.query.summary": summary,
        "db.query.text": said.statement.text[:MAX_TEXT],
        "proctor.decision": said.decision.verdict,
        "proctor.rules": said.decision.rules,
        "proctor.exchange": said.exchange,
        **more,
    }
    if len(touched) == 1:
        attributes["db.collection.name"] = touched[0]
    if said.ticket is not None:
        attributes["proctor.ticket"] = said.ticket
    if failed:
        attributes |= {"db.response.status_code": failed, "error.type": failed}
    hashed = _hash(said.exchange)
    trace, above = (None, None) if parent is None else (int(parent[3:35], 16), int(parent[36:52], 16))
    return Span(
        summary,
        trace or int.from_bytes(hashed[:16], "big") or 1,
        int.from_bytes(hashed[16:24], "big") or 1,
        above,
        begins,
        ends,
        failed,
        attributes,
    )


def _parts(one: Span, said: _Decided, held: int | None) -> Iterator[Span]:
    """Yield the spans beneath a statement's, as far as its records have the figures."""
    decided = min(max(_nanoseconds(said.time), one.begins), one.ends)
    yield _part(one, said, "decide", one.begins, decided)
    yield _part(one, said, "upstream", decided, one.ends)
    if held is not None and held < decided:
        yield _part(one, said, "approval", held, decided)


def _part(one: Span, said: _Decided, name: str, begins: int, ends: int) -> Span:
    own = int.from_bytes(_hash(f"{said.exchange}\0{name}")[:8], "big") or 1
    attributes: dict[str, Value] = {"proctor.exchange": said.exchange}
    return Span(f"proctor.{name}", one.trace, own, one.span, begins, ends, "", attributes, inner=True)


def _hash(exchange: str) -> bytes:
    return sha256(b"span\0" + exchange.encode()).digest()


def _nanoseconds(text: str) -> int:
    since = datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(microseconds=1) * 1000


def _otlp(config: Tracing, version: str) -> Post:
    try:
        from proctor.edge.otlp_spans import OtlpPost  # noqa: PLC0415 an optional extra
    except ImportError as fault:
        raise HouseFault(
            "[traces] needs OpenTelemetry, which is not installed", hint="install proctor[traces]"
        ) from fault
    return OtlpPost(config, version)
