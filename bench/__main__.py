"""All benchmarks, one after the other, each as a table and as JSON in bench/out. `make bench` runs this."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Benchmark:
    """A module of this package, what it measures, and the words that make it short."""

    module: str
    what: str
    quick: tuple[str, ...] = ()


ALL = (
    Benchmark("pgbench", "small statements beside pgbouncer", ("--quick",)),
    Benchmark("ways", "over TLS, pipelined, in strict, by two workers, with new shapes", ("--quick",)),
    Benchmark("sessions", "ten thousand idle sessions, and what a second worker gains", ("--quick",)),
    Benchmark("memory", "whether it stays flat", ("--quick",)),
    Benchmark("bulk", "long results beside pgbouncer", ("--quick",)),
    Benchmark("masks", "what each mask costs", ("--quick",)),
    Benchmark("utility", "what masked rows are still good for: joins, groups and a model, beside plain ones"),
    Benchmark("decisions", "what a decision costs"),
    Benchmark("journal", "records written, made durable and taken into the log", ("--rounds=1", "--pairs=30000")),
    Benchmark("durability", "what strict and adaptive cost beside no journal at all", ("--quick",)),
    Benchmark("search", "how long an auditor waits over ten million records", ("300000", "--rounds=2")),
    Benchmark("evidence", "how long an evidence pack takes to build and to check", ("100000",)),
    Benchmark("answered", "how much of ordinary work on sensitive tables is answered", ("--quick",)),
    Benchmark("columns", "which columns are found to be sensitive, and which are not"),
    Benchmark("scan", "what a scan of a thousand tables costs", ("--quick",)),
    Benchmark("speed", "all of it beside pgbouncer, and beside what is aimed at"),
)


def main() -> int:
    """Run them all, and say by the exit code whether each held what it promises."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds of each")
    quick = parser.parse_args().quick
    fell: list[str] = []
    for each in ALL:
        print(f"\n== {each.module}: {each.what}", flush=True)
        words = each.quick if quick else ()
        began = time.monotonic()
        done = subprocess.run([sys.executable, "-m", f"bench.{each.module}", *words], check=False)
        print(f"-- {each.module}: {time.monotonic() - began:.0f} s", flush=True)
        if done.returncode != 0:
            fell.append(each.module)
    if fell:
        print(f"\nfell short, or broke: {', '.join(fell)}")
    return 1 if fell else 0


if __name__ == "__main__":
    sys.exit(main())
