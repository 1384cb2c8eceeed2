"""Beside station 9: puts spans into OpenTelemetry's words and sends them, by its own SDK: OTLP over HTTP, in batches.

In come `Span`s; they leave in a thread of the SDK. How many wait is counted here, what is too many is lost here, and
what the collector does not take is counted too: the SDK would drop without a word to us. Imported only where `[traces]`
is in the settings.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Final

import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

from proctor.edge.traces import BATCH, QUEUE, SECONDS, Span
from proctor.edge.traces_config import Tracing

LAST_SECONDS: Final = 5.0  # a collector that hangs must not keep the house from ending
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)


class _Counted(SpanExporter):
    """Counts what an exporter was given and what it could not give on. Written to by one thread, the SDK's."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self.given = self.refused = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch on."""
        done = SpanExportResult.FAILURE
        try:
            done = self._exporter.export(spans)
        finally:
            if done is not SpanExportResult.SUCCESS:
                self.refused += len(spans)
            self.given += len(spans)
        return done

    def shutdown(self) -> None:
        """Let the exporter go."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Say that nothing waits here."""
        del timeout_millis
        return True


class OtlpPost:
    """The way to one collector."""

    def __init__(self, config: Tracing, version: str) -> None:
        session = requests.Session()
        session.trust_env = False  # no proxy and no password that the environment names
        session.max_redirects = 0  # they would take the token to another's house
        headers = {} if config.token is None else {"Authorization": f"Bearer {config.token.reveal()}"}
        exporter = OTLPSpanExporter(
            endpoint=config.url,
            certificate_file=None if config.ca is None else str(config.ca),
            headers=headers,
            timeout=SECONDS,
            session=session,
        )
        self._counted = _Counted(exporter)
        self._taken = self._lost = 0
        self._processor = BatchSpanProcessor(
            self._counted, max_queue_size=QUEUE, max_export_batch_size=BATCH, schedule_delay_millis=1000
        )
        self._resource = Resource({"service.name": "proctor", "service.version": version})
        self._scope = InstrumentationScope("proctor", version)

    def put(self, span: Span) -> None:
        """Take one, or lose it where too many wait."""
        if self._taken - self._counted.given >= QUEUE:
            self._lost += 1
            return
        self._taken += 1
        parent = None if span.parent is None else SpanContext(span.trace, span.parent, not span.inner, _SAMPLED)
        self._processor.on_end(
            ReadableSpan(
                name=span.name,
                context=SpanContext(span.trace, span.span, False, _SAMPLED),
                parent=parent,
                resource=self._resource,
                attributes=span.attributes,
                kind=SpanKind.INTERNAL if span.inner else SpanKind.CLIENT,
                instrumentation_scope=self._scope,
                status=Status(StatusCode.ERROR) if span.failed else Status(),
                start_time=span.begins,
                end_time=span.ends,
            )
        )

    def counts(self) -> Mapping[str, int]:
        """Return how many were sent, and how many were lost, by why."""
        given, refused = self._counted.given, self._counted.refused
        return {"sent": max(0, given - refused), "queue": self._lost, "collector": refused}

    def close(self) -> None:
        """Send what waits, within a bounded time."""
        last = threading.Thread(target=self._processor.shutdown, daemon=True)
        last.start()
        last.join(LAST_SECONDS)
