"""Between the stations: where spans go, as the settings know it.

In comes what `app.traces_settings` read; out goes a frozen value. Knows no HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from proctor.edge.secret import Secret


@dataclass(frozen=True, slots=True)
class Tracing:
    """`[traces]`: the collector of OpenTelemetry spans, by OTLP over HTTP."""

    url: str
    token: Secret | None = None
    ca: Path | None = None
    one_in: int = 0
    """Of the statements that come without a trace of their client, one in so many begins one; 0: none."""
