"""Beside the stations: numbers for Prometheus, counted when somebody asks. No names and no statements in them.

In comes the store; out goes the text format. Knows no HTTP.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from proctor.edge.store import Store
from proctor.terms import Kind, TicketState

OPEN = (TicketState.PENDING, TicketState.APPROVED)


class HouseNumbers(Collector):
    """Counts what is in the store."""

    def __init__(
        self,
        store: Store,
        version: str,
        troubles: Callable[[], int],
        failed_logins: Callable[[], int],
        lags: Callable[[], Mapping[str, int]],
    ) -> None:
        self._store = store
        self._version = version
        self._troubles = troubles
        self._failed_logins = failed_logins
        self._lags = lags

    def describe(self) -> Iterable[Metric]:
        """Say nothing at registration, which must not read the store."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Return the numbers of this moment."""
        sessions = Counter(session.kind for session in self._store.sessions.list())
        gauge = GaugeMetricFamily("proctor_sessions", "Open sessions by kind of principal.", labels=["kind"])
        for kind in Kind:
            gauge.add_metric([kind.value], sessions[kind])
        yield gauge
        tickets = Counter(ticket.state for ticket in self._store.tickets.list(states=OPEN))
        gauge = GaugeMetricFamily("proctor_tickets", "Open tickets by state.", labels=["state"])
        for state in OPEN:
            gauge.add_metric([state.value], tickets[state])
        yield gauge
        yield GaugeMetricFamily("proctor_troubles", "Parts of the gateway that are in trouble.", self._troubles())
        yield CounterMetricFamily(
            "proctor_console_logins_failed", "Logins at the console that failed.", self._failed_logins()
        )
        gauge = GaugeMetricFamily("proctor_sink_lag", "Records that a sink has not taken yet.", labels=["sink"])
        for sink, behind in self._lags().items():
            gauge.add_metric([sink], behind)
        yield gauge
        info = GaugeMetricFamily("proctor_info", "Which Proctor this is.", labels=["version"])
        info.add_metric([self._version], 1)
        yield info


def registry(
    store: Store,
    version: str,
    *,
    troubles: Callable[[], int],
    failed_logins: Callable[[], int],
    lags: Callable[[], Mapping[str, int]] = dict,
) -> CollectorRegistry:
    """Return a registry of the house's numbers."""
    made = CollectorRegistry()
    made.register(HouseNumbers(store, version, troubles, failed_logins, lags))
    return made


def text(numbers: CollectorRegistry) -> bytes:
    """Return the numbers in Prometheus' text format."""
    return generate_latest(numbers)
