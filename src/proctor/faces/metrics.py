"""Beside the stations: numbers for Prometheus, counted when somebody asks. No names and no statements in them.

In come the store, and what was counted from the records; out goes the text format. Knows no HTTP.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from proctor.audit._tally import BOUNDS, WAITS
from proctor.audit.figures import Counts, Figures
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
        spans: Callable[[], Mapping[str, int]],
        figures: Figures,
    ) -> None:
        self._store = store
        self._figures = figures
        self._version = version
        self._troubles = troubles
        self._failed_logins = failed_logins
        self._lags = lags
        self._spans = spans

    def describe(self) -> Iterable[Metric]:
        """Say nothing at registration, which must not read the store."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Return the numbers of this moment."""
        listed = self._store.sessions.list()
        sessions = Counter(session.kind for session in listed)
        gauge = GaugeMetricFamily("proctor_sessions", "Open sessions by kind of principal.", labels=["kind"])
        for kind in Kind:
            gauge.add_metric([kind.value], sessions[kind])
        yield gauge
        gauge = GaugeMetricFamily("proctor_worker_sessions", "Open sessions by worker.", labels=["worker"])
        for worker, count in sorted(Counter(session.worker for session in listed).items()):
            gauge.add_metric([worker], count)
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
        yield from self._statements()
        counted = dict(self._spans())
        yield CounterMetricFamily("proctor_spans_sent", "Spans that the collector has taken.", counted.pop("sent", 0))
        yield _counter(
            "proctor_spans_dropped", "Spans that were lost, by why: too many waited, the collector did not take them, "
            "or their statement was never answered.", ("why",), {(why,): number for why, number in counted.items()},
        )  # fmt: skip
        info = GaugeMetricFamily("proctor_info", "Which Proctor this is.", labels=["version"])
        info.add_metric([self._version], 1)
        yield info

    def _statements(self) -> Iterable[Metric]:
        """Return what was counted from the records that have entered the log since this process started."""
        counted = self._figures.by_shard()
        carried = {name: found for name, found in counted.items() if _carries(found)}
        yield _counter(
            "proctor_statements", "Statements by decision.", ("worker", "decision"),
            {
                (worker, word): number
                for worker, found in carried.items()
                for word, number in (("allow", found.allowed), ("deny", found.denied), ("hold", found.held))
            },
        )  # fmt: skip
        yield _counter(
            "proctor_statements_failed", "Statements answered with an error, by the class of its SQLSTATE.",
            ("worker", "class"),
            {(worker, sort): n for worker, found in carried.items() for sort, n in found.failures.items()},
        )  # fmt: skip
        yield _counter("proctor_rows", "Rows answered.", ("worker",), {(w,): f.rows for w, f in carried.items()})
        yield _counter("proctor_bytes", "Bytes of rows.", ("worker",), {(w,): f.bytes for w, f in carried.items()})
        yield _counter(
            "proctor_records", "Records that have entered the log, by kind.", ("shard", "kind"),
            {(shard, kind): n for shard, found in counted.items() for kind, n in found.kinds.items()},
        )  # fmt: skip
        yield _histogram(
            "proctor_statement_added_seconds",
            "From when the gateway took up a statement until it was decided and could leave; without approvals.",
            {worker: (found.added, found.added_us) for worker, found in carried.items()},
        )
        yield _histogram(
            "proctor_statement_seconds",
            "From when the gateway took up a statement until it was answered in full; without approvals.",
            {worker: (found.took, found.took_us) for worker, found in carried.items()},
        )
        yield _histogram(
            "proctor_approved_statement_seconds",
            "From when a statement that somebody had approved could leave until it was answered in full.",
            {worker: (found.approved, found.approved_us) for worker, found in carried.items()},
        )
        yield _histogram(
            "proctor_approval_wait_seconds",
            "What approved statements were waited for, from when they were held until they could leave.",
            {worker: (found.waited, found.waited_us) for worker, found in carried.items()},
            [bound * 1_000_000 for bound in WAITS],
        )
        yield _histogram(
            "proctor_statement_masking_seconds",
            "The way back: what putting on masks took of each statement that wore any.",
            {worker: (found.masking, found.masking_us) for worker, found in carried.items()},
        )
        delay = GaugeMetricFamily(
            "proctor_log_delay_seconds", "How old a shard's newest record was when the log got it.", labels=["shard"]
        )
        for shard, seconds in self._figures.delays().items():
            delay.add_metric([shard], seconds)
        yield delay


def _carries(found: Counts) -> bool:
    return bool(found.allowed or found.denied or found.held)


def _counter(name: str, said: str, labels: tuple[str, ...], values: Mapping[tuple[str, ...], int]) -> Metric:
    made = CounterMetricFamily(name, said, labels=labels)
    for named, value in values.items():
        made.add_metric(named, value)
    return made


def _histogram(
    name: str, said: str, values: Mapping[str, tuple[tuple[int, ...], int]], ends: Sequence[int] = BOUNDS
) -> Metric:
    made = HistogramMetricFamily(name, said, labels=["worker"])
    bounds = [*(f"{bound / 1_000_000:g}" for bound in ends), "+Inf"]
    for worker, (counted, micros) in values.items():
        upto = [*accumulate(counted)]
        made.add_metric([worker], [*zip(bounds, upto, strict=True)], micros / 1_000_000)
    return made


def registry(
    store: Store,
    version: str,
    *,
    troubles: Callable[[], int],
    failed_logins: Callable[[], int],
    figures: Figures,
    lags: Callable[[], Mapping[str, int]] = dict,
    spans: Callable[[], Mapping[str, int]] = dict,
) -> CollectorRegistry:
    """Return a registry of the house's numbers."""
    made = CollectorRegistry()
    made.register(HouseNumbers(store, version, troubles, failed_logins, lags, spans, figures))
    return made


def text(numbers: CollectorRegistry) -> bytes:
    """Return the numbers in Prometheus' text format."""
    return generate_latest(numbers)
