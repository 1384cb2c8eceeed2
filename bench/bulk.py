"""Many rows: one long result, as rows and as COPY, with columns that nobody hides and with two that are masked.

Read by psql into nothing. The elapsed time is mostly psql's own; the CPU time of what stands in between is the figure
to look at. The masked columns are masked by Proctor alone: directly and through pgbouncer they come plain.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from bench.figures import BULK
from bench.pgbench import OUT
from bench.stage import Stage, Target, stage
from proctor import twins

MASKED = 1.15  # what masked rows may cost of pgbouncer's time without masks; the page of speed aims at less, for all

FILL = """
create table figures as
    select g as id, md5(g::text) as code, 'lot ' || g as lot, g * 1.25 as amount from generate_series(1, {rows}) g;
create table people as
    select g as id, 'person' || g || '@example.com' as email, '+1 202-555-01' || lpad((g % 100)::text, 2, '0') as phone,
           g * 1.25 as amount from generate_series(1, {rows}) g;
analyze figures, people;
"""

READS = {
    "rows, plain": "select id, code, lot, amount from figures",
    "rows, two masked": "select id, email, phone, amount from people",
    "copy, plain": "copy (select id, code, lot, amount from figures) to stdout",
    "copy, two masked": "copy (select id, email, phone, amount from people) to stdout",
}


@dataclass(frozen=True)
class Read:
    """One long read: seconds on the clock, and CPU milliseconds of what stands in between."""

    round: int
    what: str
    target: str
    seconds: float
    cpu_ms: float


def read(on: Stage, target: Target, what: str, *, turn: int) -> Read:
    """Read one result whole."""
    before, began = target.cpu(), time.perf_counter()
    done = subprocess.run(
        [str(on.postgres.binaries / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", READS[what]],
        env=on.environment(target),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{what} through {target.name}: {done.stderr.strip()[-1500:]}")
    return Read(turn, what, target.name, time.perf_counter() - began, (target.cpu() - before) * 1000)


def table(reads: list[Read], *, rows: int) -> str:
    """Return the medians as a table in Markdown."""
    lines = [
        f"| {rows:,} rows | direct | pgbouncer | Proctor | Proctor / pgbouncer | ms CPU: pgbouncer | Proctor |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for what in READS:
        by = {
            name: [r for r in reads if (r.what, r.target) == (what, name)]
            for name in ("direct", "pgbouncer", "proctor")
        }
        took = {name: statistics.median(r.seconds for r in rs) for name, rs in by.items()}
        cpu = {name: statistics.median(r.cpu_ms for r in rs) for name, rs in by.items()}
        lines.append(
            f"| {what} | {took['direct']:.2f} s | {took['pgbouncer']:.2f} s | {took['proctor']:.2f} s "
            f"| {took['proctor'] / took['pgbouncer']:.2f} | {cpu['pgbouncer']:.0f} | {cpu['proctor']:.0f} |"
        )
    return "\n".join(lines)


def masked(reads: list[Read], kind: str, *, rows: int) -> tuple[float, float]:
    """Return the time with masks in terms of pgbouncer's without, and the CPU nanoseconds that each mask adds."""

    def median(what: str, target: str) -> tuple[float, float]:
        found = [r for r in reads if (r.what, r.target) == (f"{kind}, {what}", target)]
        return statistics.median(r.seconds for r in found), statistics.median(r.cpu_ms for r in found)

    took, cpu = median("two masked", "proctor")
    return took / median("two masked", "pgbouncer")[0], (cpu - median("plain", "proctor")[1]) * 1e6 / (2 * rows)


def main() -> int:
    """Read everything in turns, print the table, and write the reads to bench/out."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rows, two rounds")
    parser.add_argument("--rows", type=int, help="rows in each table; a million if not said, fewer with --quick")
    parser.add_argument("--rounds", type=int, help="how often each read is repeated")
    said = parser.parse_args()
    rows, rounds = (50_000, 2) if said.quick else (1_000_000, 5)
    rows, rounds = said.rows or rows, said.rounds or rounds
    reads: list[Read] = []
    with stage() as on:
        subprocess.run(
            [str(on.postgres.binaries / "psql"), "-Xq", "-v", "ON_ERROR_STOP=1", "-c", FILL.format(rows=rows)],
            env=on.environment(on.targets[0]),
            check=True,
        )
        for turn in range(rounds):
            for what in READS:
                shift = turn % len(on.targets)
                for target in on.targets[shift:] + on.targets[:shift]:
                    reads.append(read(on, target, what, turn=turn))
    print(table(reads, rows=rows))
    for kind in ("rows", "copy"):
        ratio, cell = masked(reads, kind, rows=rows)
        print(
            f"{kind}, two masked: {ratio:.2f} of pgbouncer unmasked (at most {MASKED:.2f}, aimed at {BULK:.2f}), "
            f"{cell:.0f} ns CPU a masked cell"
        )
    OUT.mkdir(exist_ok=True)
    report = {
        "what": "bulk reads",
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "rows": rows,
        "proctor": {"hot_path": twins.describe()},
        "reads": [asdict(r) for r in reads],
    }
    path = OUT / "bulk.json"
    path.write_text(json.dumps(report, indent=1) + "\n")
    print(f"\n{twins.describe()}; all reads are in {os.path.relpath(path)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
