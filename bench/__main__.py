"""All benchmarks, each as a table and as JSON in bench/out. `make bench` runs this, `make bench QUICK=1` in short.

One runs after the other, each on a stage of its own. In short, those that play small statements share a database and
gateways, which take most of the time to start; and those that count, and take no time of anything, run side by side.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bench import durability, pgbench, ways
from bench.stage import PLAIN, Manner, shared


@dataclass(frozen=True)
class Benchmark:
    """A module of this package, what it measures, and the words that make it short.

    `shares` says that it can be played on a stage that others use too, `counts` that a busy machine does not matter.
    """

    module: str
    what: str
    quick: tuple[str, ...] = ()
    shares: bool = False
    counts: bool = False


ALL = (
    Benchmark("pgbench", "small statements beside pgbouncer", ("--quick",), shares=True),
    Benchmark("ways", "over TLS, pipelined, in strict, by two workers, with new shapes", ("--quick",), shares=True),
    Benchmark("durability", "what strict and adaptive cost beside no journal at all", ("--quick",), shares=True),
    Benchmark("bulk", "long results beside pgbouncer", ("--quick",), shares=True),
    Benchmark("memory", "whether it stays flat", ("--quick",), shares=True),
    Benchmark("sessions", "ten thousand idle sessions, and what a second worker gains", ("--quick",)),
    Benchmark("masks", "what each mask costs", ("--quick",)),
    Benchmark("decisions", "what a decision costs"),
    Benchmark(
        "journal",
        "records written, made durable and taken into the log",
        ("--rounds=1", "--pairs=30000", "--seconds=1.5"),
    ),
    Benchmark("search", "how long an auditor waits over ten million records", ("100000", "--rounds=2")),
    Benchmark("evidence", "how long an evidence pack takes to build and to check", ("30000",)),
    Benchmark("scan", "what a scan of a thousand tables costs", ("--quick",)),
    Benchmark("columns", "which columns are found to be sensitive, and which are not", ("--quick",), counts=True),
    Benchmark("answered", "how much of ordinary work on sensitive tables is answered", ("--quick",), counts=True),
    Benchmark(
        "utility", "what masked rows are still good for: joins, groups and a model, beside plain ones", counts=True
    ),
)
SPEED = Benchmark("speed", "all of it beside pgbouncer, and beside what is aimed at")
GATEWAYS: Mapping[str, Manner] = {**PLAIN, **ways.GATEWAYS, durability.OFF: durability.WAYS[durability.OFF]}
"""All that those need which share a stage."""
SCALE = 5


def one(each: Benchmark, *, quick: bool, environment: Mapping[str, str] | None = None, aside: bool = False) -> bool:
    """Run a benchmark, and say whether it held what it promises; `aside`, what it says is printed when it is done."""
    began = time.monotonic()
    command = [sys.executable, "-m", f"bench.{each.module}", *(each.quick if quick else ())]
    head = f"\n== {each.module}: {each.what}"
    if not aside:
        print(head, flush=True)
    done = subprocess.run(
        command, env={**os.environ, **(environment or {})}, check=False, text=True,
        stdout=subprocess.PIPE if aside else None, stderr=subprocess.STDOUT if aside else None,
    )  # fmt: skip
    if aside:
        print(f"{head}\n{done.stdout}", end="", flush=True)
    print(f"-- {each.module}: {time.monotonic() - began:.0f} s", flush=True)
    return done.returncode == 0


def in_short() -> Iterable[tuple[Benchmark, bool]]:
    """Run all in short; yield each, and whether it held."""
    with shared(GATEWAYS, lambda on: pgbench.fill(on, SCALE)) as environment:
        yield from [(each, one(each, quick=True, environment=environment)) for each in ALL if each.shares]
    yield from [(each, one(each, quick=True)) for each in ALL if not each.shares and not each.counts]
    counting = [each for each in ALL if each.counts]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from zip(counting, pool.map(lambda each: one(each, quick=True, aside=True), counting), strict=True)


def main() -> int:
    """Run them all, and say by the exit code whether each held what it promises."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds of each")
    began = time.monotonic()
    held = in_short() if parser.parse_args().quick else ((each, one(each, quick=False)) for each in ALL)
    fell = [each.module for each, good in held if not good]
    if not one(SPEED, quick=False):
        fell.append(SPEED.module)
    print(f"\nall of it: {time.monotonic() - began:.0f} s")
    if fell:
        print(f"fell short, or broke: {', '.join(fell)}")
    return 1 if fell else 0


if __name__ == "__main__":
    sys.exit(main())
