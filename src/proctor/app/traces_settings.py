"""Beside the stations: reads `[traces]`, where OpenTelemetry spans go.

In comes the top of the settings; out goes a `Tracing`, or nothing. What is wrong is noted with its line.
"""

from __future__ import annotations

from importlib.util import find_spec

from proctor.app.audit_settings import url_of
from proctor.app.section import Section
from proctor.edge.traces_config import Tracing


def read_tracing(top: Section) -> Tracing | None:
    """Return what `[traces]` says; None where there is none."""
    if "traces" not in top:
        top.take("traces")
        return None
    section = top.section("traces")
    found = Tracing(
        url=url_of(section, "https://collector.example.org/v1/traces"),
        token=section.secret("token"),
        ca=section.readable("ca"),
        one_in=section.count("one_in", 0, least=0, most=1_000_000),
    )
    if find_spec("opentelemetry.sdk") is None or find_spec("opentelemetry.exporter") is None:
        section.report.note(section.path, "needs the extra `traces`: install proctor[traces]")
    section.close()
    return found
