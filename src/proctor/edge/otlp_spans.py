"""Beside station 9: puts spans into OpenTelemetry's words and sends them, by its own SDK: OTLP over HTTP, in batches.

In come `Span`s; they leave in a thread of the SDK, which keeps a bounded queue and drops what does not fit. Imported
only where `[traces]` is in the settings.
"""

from __future__ import annotations

import threading
from typing import Final

import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

from proctor.edge.traces import BATCH, QUEUE, SECONDS, Span
from proctor.edge.traces_config import Tracing

LAST_SECONDS: Final = 5.0  # a collector that hangs must not keep the house from ending
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)


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
        self._processor = BatchSpanProcessor(
            exporter, max_queue_size=QUEUE, max_export_batch_size=BATCH, schedule_delay_millis=1000
        )
        self._resource = Resource({"service.name": "proctor", "service.version": version})
        self._scope = InstrumentationScope("proctor", version)

    def put(self, span: Span) -> None:
        """Take one, or lose it where too many wait."""
        parent = None if span.parent is None else SpanContext(span.trace, span.parent, True, _SAMPLED)
        self._processor.on_end(
            ReadableSpan(
                name=span.name,
                context=SpanContext(span.trace, span.span, False, _SAMPLED),
                parent=parent,
                resource=self._resource,
                attributes=span.attributes,
                kind=SpanKind.CLIENT,
                instrumentation_scope=self._scope,
                status=Status(StatusCode.ERROR) if span.failed else Status(),
                start_time=span.begins,
                end_time=span.ends,
            )
        )

    def close(self) -> None:
        """Send what waits, within a bounded time."""
        last = threading.Thread(target=self._processor.shutdown, daemon=True)
        last.start()
        last.join(LAST_SECONDS)
