"""Spans of statements, made from their records: joined to the client's trace, by the conventions, and without a value."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from proctor.app.settings import load
from proctor.audit.record import Claimed, TicketOpened
from proctor.edge import traces
from proctor.edge.otlp_spans import OtlpPost, _Counted
from proctor.edge.secret import Secret
from proctor.edge.traces import BATCH, Span, Spans
from proctor.edge.traces_config import Tracing
from proctor.errors import ConfigFault
from tests.unit.audit.test_figures import answered, decided, entry
from tests.unit.edge.collector import Collector, told

TRACE, ABOVE = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = Claimed(trace=f"00-{TRACE}-{ABOVE}-01")
NOWHERE = Path("none")


class Kept:
    """Keeps spans instead of sending them."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.closed = False

    def put(self, span: Span) -> None:
        self.spans.append(span)

    def counts(self) -> dict[str, int]:
        return {"sent": len(self.spans)}

    def close(self) -> None:
        self.closed = True


def spans(one_in: int = 0) -> tuple[Spans, list[Span]]:
    kept = Kept()
    return Spans(Tracing("", one_in=one_in), "1", kept), kept.spans


def whole(found: list[Span]) -> list[Span]:
    """Return the spans of statements, without those of their parts."""
    return [span for span in found if not span.inner]


def at(body: object, micros: int) -> bytes:
    """Return a record as a journal would write it so many microseconds after nine."""
    return entry(body).replace(b"09:00:30.000000Z", f"09:00:00.{micros:06d}Z".encode())


def test_the_parts_of_a_statement_lie_beneath_it_one_behind_the_other() -> None:
    made, found = spans()
    made.take("w", NOWHERE, [at(decided("x", claims=PARENT), 500), at(answered("x", took=900), 1300)])
    one, decide, upstream = found
    assert [part.name for part in (decide, upstream)] == ["proctor.decide", "proctor.upstream"]
    assert {part.parent for part in (decide, upstream)} == {one.span}
    assert {part.trace for part in found} == {one.trace}
    assert len({part.span for part in found}) == 3
    assert [each - one.begins for each in (decide.begins, decide.ends, upstream.begins, upstream.ends)] == [
        0, 100_000, 100_000, 900_000,
    ]  # fmt: skip
    assert decide.attributes == {"proctor.exchange": "x"}


def test_what_an_approval_was_waited_for_is_a_part_of_its_own() -> None:
    made, found = spans()
    held = TicketOpened(id="t", ticket="T1", statement="delete from orders")
    made.take("w", NOWHERE, [at(held, 100), at(decided("x", claims=PARENT, ticket="T1"), 5000)])
    made.take("w", NOWHERE, [at(answered("x", took=400), 5400)])
    approval = next(span for span in found if span.name == "proctor.approval")
    assert (approval.parent, approval.ends - approval.begins) == (whole(found)[0].span, 4_900_000)
    assert "delete" not in str(approval.attributes)


def test_clocks_that_disagree_make_no_part_longer_than_its_statement() -> None:
    made, found = spans()
    made.take("w", NOWHERE, [at(decided("x", claims=PARENT), 9000), at(answered("x", took=900), 1300)])
    one, decide, upstream = found
    assert (decide.begins, decide.ends, upstream.ends) == (one.begins, one.ends, one.ends)


def test_a_statement_joins_the_trace_that_its_client_has_begun() -> None:
    made, found = spans()
    reads = {"public.orders": ("total",)}
    made.take("w", NOWHERE, [entry(decided("x", claims=PARENT, reads=reads)), entry(answered("x", took=900, rows=3))])
    (span,) = whole(found)
    assert (f"{span.trace:032x}", f"{span.parent:016x}") == (TRACE, ABOVE)
    assert span.ends - span.begins == 900_000
    assert (span.name, span.failed) == ("SELECT public.orders", "")
    wanted = {
        "db.system.name": "postgresql",
        "db.namespace": "shop",
        "db.operation.name": "SELECT",
        "db.collection.name": "public.orders",
        "db.query.summary": "SELECT public.orders",
        "db.query.text": "select 1",
        "db.response.returned_rows": 3,
        "proctor.decision": "allow",
        "proctor.rules": ("r",),
    }
    assert wanted.items() <= span.attributes.items()


def test_what_fails_and_what_is_refused_says_so() -> None:
    made, found = spans()
    made.take("w", NOWHERE, [
        entry(decided("x", claims=PARENT)), entry(answered("x", sqlstate="42P01")),
        entry(decided("y", "deny", claims=PARENT)), entry(decided("z", "hold", claims=PARENT)),
    ])  # fmt: skip
    assert [(span.failed, span.attributes["proctor.decision"]) for span in whole(found)] == [
        ("42P01", "allow"), ("42501", "deny"), ("", "hold"),
    ]  # fmt: skip
    assert found[0].attributes["error.type"] == found[0].attributes["db.response.status_code"] == "42P01"
    assert len({span.span for span in whole(found)}) == 3


@pytest.mark.parametrize(
    "claims",
    [None, Claimed(reason="INC-1"), Claimed(trace=f"00-{TRACE}-{ABOVE}-00")],
    ids=["none", "others", "unsampled"],
)
def test_without_a_trace_that_is_kept_there_is_no_span(claims: Claimed | None) -> None:
    """Who has begun a trace decides whether it is kept, for everybody on its way."""
    made, found = spans()
    made.take("w", NOWHERE, [entry(decided("x", claims=claims)), entry(answered("x"))])
    assert found == []


def test_one_in_so_many_statements_begins_a_trace_where_that_is_asked_for() -> None:
    made, found = spans(one_in=4)
    for number in range(400):
        made.take("w", NOWHERE, [entry(decided(f"x{number}")), entry(answered(f"x{number}"))])
    found = whole(found)
    assert 50 < len(found) < 150, "the same ones at each run: it follows from their names"
    assert {span.parent for span in found} == {None}
    assert len({span.trace for span in found}) == len(found)


def test_what_is_never_answered_is_forgotten_one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "MAX_OPEN", 2)
    made, found = spans(one_in=1)
    made.take("w", NOWHERE, [entry(decided(f"x{number}")) for number in range(3)])
    made.take("w", NOWHERE, [entry(answered(f"x{number}")) for number in range(3)])
    assert [span.attributes["proctor.exchange"] for span in whole(found)] == ["x1", "x2"]
    assert made.counts()["unanswered"] == 1


@given(st.binary(max_size=80), st.sampled_from([b"decided", b"answered"]))
def test_nothing_that_may_lie_in_a_log_breaks_the_making(tail: bytes, kind: bytes) -> None:
    made, _ = spans(one_in=1)
    made.take("w", NOWHERE, [b'{"v":1,"kind":"statement.' + kind + b'"' + tail, entry(decided("x"))[:-20] + tail])


def test_a_collector_gets_them_by_otlp_with_its_token_and_no_detour() -> None:
    with Collector() as collector:
        post = OtlpPost(Tracing(collector.url, Secret("c0llect")), "1.2.3")
        made = Spans(Tracing(collector.url), "1.2.3", post)
        made.take("w", NOWHERE, [
            entry(decided("x", claims=PARENT)), entry(answered("x", took=900)),
            entry(decided("y", "deny", claims=PARENT)),
        ])  # fmt: skip
        made.close()
        assert collector.resource["service.name"] == "proctor"
        assert collector.headers[0]["authorization"] == "Bearer c0llect"
        assert post.counts() == {"sent": 4, "queue": 0, "collector": 0}
        asked = [span for span in collector.spans if span.kind == Sent.SPAN_KIND_CLIENT]
        parts = [span for span in collector.spans if span.kind == Sent.SPAN_KIND_INTERNAL]
        one, other = sorted(asked, key=lambda span: span.status.code)
        assert {span.parent_span_id for span in parts} == {one.span_id}
    assert (one.trace_id.hex(), one.parent_span_id.hex(), one.kind) == (TRACE, ABOVE, Sent.SPAN_KIND_CLIENT)
    assert one.end_time_unix_nano - one.start_time_unix_nano == 900_000
    assert told(one)["db.query.text"] == "select 1"
    assert (other.status.code, told(other)["error.type"]) == (Status.STATUS_CODE_ERROR, "42501")


def test_a_collector_that_is_not_there_stops_nobody() -> None:
    with Collector() as gone:
        url = gone.url
    made = Spans(Tracing(url, one_in=1), "1")
    for number in range(traces.QUEUE * 2):
        made.take("w", NOWHERE, [entry(decided(f"x{number}", "deny"))])
    assert len(made._open) == 0


def test_more_than_may_wait_is_lost_and_counted() -> None:
    """Nothing is taken away in this test, so that exactly what is beyond the bound is lost."""
    post = OtlpPost(Tracing("http://127.0.0.1:9/v1/traces"), "1")
    post._counted.given = -BATCH  # as if the collector were at work on a batch, whatever the thread does
    post.close()
    post._processor = NoProcessor()  # type: ignore[assignment]
    made = Spans(Tracing("", one_in=1), "1", post)
    made.take("w", NOWHERE, [entry(decided(f"x{number}", "deny")) for number in range(traces.QUEUE)])
    assert made.counts() == {"sent": 0, "queue": BATCH, "collector": 0, "unanswered": 0}


@pytest.mark.parametrize("fault", [SpanExportResult.FAILURE, OSError("the collector is gone")])
def test_what_the_collector_does_not_take_is_counted(fault: object) -> None:
    exporter = NoExporter(fault)
    counted = _Counted(exporter)
    for _ in range(2):
        with suppress(OSError):
            counted.export([None] * 3)  # type: ignore[list-item]
    assert (counted.given, counted.refused) == (6, 6)


class NoExporter(SpanExporter):
    """Takes no span."""

    def __init__(self, fault: object) -> None:
        self.fault = fault

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if isinstance(self.fault, Exception) and spans:
            raise self.fault
        return SpanExportResult.FAILURE

    def shutdown(self) -> None:
        pass


class NoProcessor:
    """Takes spans and keeps none."""

    def on_end(self, span: object) -> None:
        pass


SETTINGS = """
[databases.shop]
host = "127.0.0.1"
user = "proctor"
{}
"""


def settings(folder: Path, more: str) -> Tracing | None:
    path = folder / "proctor.toml"
    path.write_text(SETTINGS.format(more))
    path.chmod(0o600)
    return load(path).traces


def test_traces_are_off_unless_told(tmp_path: Path) -> None:
    assert settings(tmp_path, "") is None
    found = settings(tmp_path, '[traces]\nurl = "https://c.example/v1/traces"\none_in = 100')
    assert found == Tracing("https://c.example/v1/traces", one_in=100)


@pytest.mark.parametrize(
    ("more", "trouble"),
    [
        ("[traces]", "url is missing"),
        ('[traces]\nurl = "http://c.example/v1/traces"', "http:// is for this machine alone"),
        ('[traces]\nurl = "https://me:pw@c.example/"', "a password does not belong into it"),
        ('[traces]\nurl = "https://c.example/"\none_in = -1', "one_in"),
        ('[traces]\nurl = "https://c.example/"\nsample = 1', "sample"),
    ],
)
def test_settings_that_would_be_unsafe_or_mean_nothing_are_refused(tmp_path: Path, more: str, trouble: str) -> None:
    with pytest.raises(ConfigFault) as refused:
        settings(tmp_path, more)
    assert trouble in refused.value.message


def test_the_claim_of_a_trace_is_in_the_record_as_its_client_said_it() -> None:
    assert msgspec.json.decode(msgspec.json.encode(PARENT)) == {"trace": f"00-{TRACE}-{ABOVE}-01"}
