"""The evidence pack: how long it takes to build one over a log of many records, and to check it again.

The log is that of `bench.search`: sessions of uneven people, masked reads, writes, refusals, agents. What is timed is
what `proctor evidence build` and `evidence verify` do.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from bench.search import OUT, generate
from proctor.audit.evidence import pack
from proctor.audit.evidence.check import verify
from proctor.audit.evidence.report import Inputs

MOST = 120.0
"""Seconds that building a pack of a million records may take."""


@dataclass(frozen=True)
class Report:
    """One run."""

    records: int
    rows: int
    build_s: float
    build_cpu_s: float
    verify_s: float
    verify_cpu_s: float
    pack_bytes: int


def measure(state: Path, out: Path, count: int) -> Report:
    """Make the log, build a pack of all of it, and check that."""
    if not (state / "log").exists():
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(generate(state, count))
    inputs = Inputs(
        format=pack.FORMAT,
        since="2027-01-01T00:00:00.000000Z",
        until="2028-01-01T00:00:00.000000Z",
        built="2028-01-01T00:00:00.000000Z",
        by="bench",
        version="bench",
        house="proctor.bench",
    )
    wall, cpu = time.perf_counter(), time.process_time()
    built = pack.build(state / "log", out, inputs)
    build = time.perf_counter() - wall, time.process_time() - cpu
    wall, cpu = time.perf_counter(), time.process_time()
    done = verify(out, unsigned=True)
    check = time.perf_counter() - wall, time.process_time() - cpu
    if not done.ok:
        raise RuntimeError(f"the pack does not verify: {done.problems}")
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    return Report(built.records, sum(one.count for one in built.told), *build, *check, size)


def main() -> int:
    """Measure, print, leave the figures in `bench/out/evidence.json`; 1 where a million records took too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--folder", type=Path, default=None, help="where the files lie: about 2 KB a record")
    words = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="proctor-evidence-", dir=words.folder))
    try:
        report = measure(folder / "state", folder / "pack", words.records)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("| evidence pack | wall, s | CPU, s | records/s |")
    print("|---|---:|---:|---:|")
    for name, wall, cpu in (
        ("build", report.build_s, report.build_cpu_s),
        ("verify", report.verify_s, report.verify_cpu_s),
    ):
        print(f"| {name} | {wall:,.1f} | {cpu:,.1f} | {report.records / wall:,.0f} |")
    print(f"\n{report.records:,} records, {report.rows:,} rows of reports, {report.pack_bytes / 1e9:.2f} GB")
    OUT.mkdir(parents=True, exist_ok=True)
    said = {"when": datetime.now(UTC).isoformat(timespec="seconds"), "load": os.getloadavg(), **asdict(report)}
    (OUT / "evidence.json").write_text(json.dumps(said, indent=1) + "\n")
    return 1 if report.build_s > MOST * report.records / 1_000_000 else 0


if __name__ == "__main__":
    sys.exit(main())
