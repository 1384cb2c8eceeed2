"""The benchmark's table: medians of runs, ratios within a round."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.pgbench import Run, added, delays, ratios, summary, table, took


def run(turn: int, target: str, tps: float, cpu_us: float = 50.0) -> Run:
    return Run(round=turn, mode="simple", clients=8, target=target, tps=tps, latency_ms=1.0, cpu_us=cpu_us)


RUNS = [
    run(0, "direct", 20_000), run(0, "pgbouncer", 10_000), run(0, "proctor", 8_000),
    run(1, "direct", 10_000), run(1, "pgbouncer", 5_000), run(1, "proctor", 4_500),
    run(2, "direct", 30_000), run(2, "pgbouncer", 15_000), run(2, "proctor", 15_000),
]  # fmt: skip


def test_a_ratio_is_taken_within_a_round_so_that_a_slow_spell_hits_both_sides() -> None:
    assert ratios(RUNS) == pytest.approx([0.8, 0.9, 1.0])


def test_the_summary_is_the_median_of_the_rounds_ratios() -> None:
    assert summary(RUNS) == {"select simple -c 8": 0.9}


def test_the_table_shows_medians_and_the_spread() -> None:
    line = table(RUNS).splitlines()[-1]
    assert line == "| simple -c 8 | 20,000 | 10,000 | 8,000 | 0.90 [0.80, 1.00] | 50.0 | 50.0 |"


def test_what_was_not_run_is_not_in_the_table() -> None:
    assert len(table(RUNS).splitlines()) == 3


def test_each_load_has_a_table_of_its_own() -> None:
    runs = [replace(r, load="tpcb") for r in RUNS]
    assert len(table(runs).splitlines()) == 2
    assert table(runs, "tpcb").splitlines()[-1].startswith("| simple -c 8 | 20,000 |")


def test_what_a_way_adds_is_reckoned_against_the_direct_one_of_the_same_round() -> None:
    waited = {"direct": 100.0, "pgbouncer": 130.0, "proctor": 150.0}
    runs = [replace(r, clients=1, p50_us=waited[r.target] + 10 * r.round, p99_us=2 * waited[r.target]) for r in RUNS]
    assert added(runs, "proctor") == [50.0, 50.0, 50.0]
    assert (
        delays(runs).splitlines()[-1]
        == "| select, simple | 110 | 30 [30, 30] | 60 [60, 60] | 50 [50, 50] | 100 [100, 100] |"
    )


def test_the_log_of_pgbench_gives_the_time_of_each_transaction_in_order_of_size(tmp_path: Path) -> None:
    log = tmp_path / "log.1"
    log.write_text("0 1 250 0 1700000000 1\n0 2 90 0 1700000000 2\n")
    assert took([log]) == [90.0, 250.0]
