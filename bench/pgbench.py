"""Small queries: pgbench -S in three modes with 1, 8 and 32 clients, directly, through pgbouncer, through Proctor.

The ways take turns within each round, so that a slow spell of the machine hits all of them; what is printed are medians
over the rounds, and for ratios the medians of each round's own ratio. The CPU time is that of every process in between,
logins included, so that short runs overstate it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.stage import Stage, Target, stage
from proctor import twins

OUT = Path(__file__).parent / "out"
MODES = ("simple", "extended", "prepared")
CLIENTS = (1, 8, 32)
LONGEST = 16


@dataclass(frozen=True)
class Run:
    """One run of pgbench: `cpu_us` is the CPU time that what stands in between used per query, in microseconds."""

    round: int
    mode: str
    clients: int
    target: str
    tps: float
    latency_ms: float
    cpu_us: float


def run(on: Stage, target: Target, *, mode: str, clients: int, seconds: int, turn: int) -> Run:
    """Run pgbench once."""
    before = target.cpu()
    done = subprocess.run(
        [
            str(on.postgres.binaries / "pgbench"), "-n", "-S", "-M", mode, "-c", str(clients),
            "-j", str(min(clients, 2)), "-T", str(seconds),
        ],
        env=on.environment(target), capture_output=True, text=True, check=False,
    )  # fmt: skip
    spent = target.cpu() - before
    if done.returncode != 0:
        raise RuntimeError(f"pgbench through {target.name}: {done.stderr.strip()[-1500:]}")
    queries = int(_number(r"transactions actually processed: (\d+)", done.stdout))
    if queries == 0 and seconds < LONGEST:
        # All the time went into logins: the machine is busy with something else.
        return run(on, target, mode=mode, clients=clients, seconds=2 * seconds, turn=turn)
    return Run(
        round=turn,
        mode=mode,
        clients=clients,
        target=target.name,
        tps=_number(r"tps = ([\d.]+)", done.stdout),
        latency_ms=_number(r"latency average = ([\d.]+)", done.stdout),
        cpu_us=spent / max(queries, 1) * 1e6,
    )


def play(on: Stage, *, rounds: int, seconds: int) -> list[Run]:
    """Play all rounds; each target goes first in turn."""
    runs: list[Run] = []
    for turn in range(rounds):
        for mode in MODES:
            for clients in CLIENTS:
                shift = turn % len(on.targets)
                long_enough = max(seconds, 2) if clients > 8 else seconds  # many logins take their share of the time
                for target in on.targets[shift:] + on.targets[:shift]:
                    runs.append(run(on, target, mode=mode, clients=clients, seconds=long_enough, turn=turn))
        print(f"round {turn + 1} of {rounds} done", file=sys.stderr, flush=True)
    return runs


def table(runs: list[Run]) -> str:
    """Return the medians as a table in Markdown."""
    lines = [
        "| pgbench -S | direct TPS | pgbouncer TPS | Proctor TPS | Proctor / pgbouncer [least, most] "
        "| µs CPU a query: pgbouncer | Proctor |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for mode in MODES:
        for clients in CLIENTS:
            here = [r for r in runs if (r.mode, r.clients) == (mode, clients)]
            by = {name: [r for r in here if r.target == name] for name in ("direct", "pgbouncer", "proctor")}
            if not all(by.values()):
                continue
            tps = {name: statistics.median(r.tps for r in rs) for name, rs in by.items()}
            cpu = {name: statistics.median(r.cpu_us for r in rs) for name, rs in by.items()}
            ratio = ratios(here)
            lines.append(
                f"| {mode} -c {clients} | {tps['direct']:,.0f} | {tps['pgbouncer']:,.0f} | {tps['proctor']:,.0f} "
                f"| {statistics.median(ratio):.2f} [{min(ratio):.2f}, {max(ratio):.2f}] "
                f"| {cpu['pgbouncer']:.1f} | {cpu['proctor']:.1f} |"
            )
    return "\n".join(lines)


def ratios(runs: list[Run], *, of: str = "proctor", to: str = "pgbouncer") -> list[float]:
    """Return each round's ratio of TPS."""
    tps = {(r.round, r.target): r.tps for r in runs}
    return [tps[turn, of] / tps[turn, to] for turn in sorted({r.round for r in runs})]


def summary(runs: list[Run]) -> dict[str, float]:
    """Return the median ratio to pgbouncer for each mode and number of clients."""
    kinds = {(r.mode, r.clients) for r in runs}
    return {
        f"{mode} -c {clients}": round(
            statistics.median(ratios([r for r in runs if (r.mode, r.clients) == (mode, clients)])), 3
        )
        for mode, clients in sorted(kinds)
    }


def main() -> int:
    """Play the rounds, print the table, and write the runs to bench/out."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two short rounds: under three minutes")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--durability", default="adaptive", choices=("adaptive", "strict"))
    arguments = parser.parse_args()
    rounds, seconds, scale = (2, 1, 5) if arguments.quick else (7, 4, 10)
    with stage(workers=arguments.workers, durability=arguments.durability) as on:
        fill = [str(on.postgres.binaries / "pgbench"), "-i", "-q", "-s", str(scale)]
        subprocess.run(fill, env=on.environment(on.targets[0]), check=True, capture_output=True)
        server = str(on.postgres.run("show server_version")[0][0])
        began = time.monotonic()
        runs = play(on, rounds=rounds, seconds=seconds)
    print(table(runs))
    OUT.mkdir(exist_ok=True)
    report = {
        "what": "pgbench -S",
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - began),
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "postgresql": server},
        "proctor": {
            "hot_path": twins.describe(), "workers": arguments.workers, "durability": arguments.durability,
        },
        "ratio_to_pgbouncer": summary(runs),
        "runs": [asdict(r) for r in runs],
    }  # fmt: skip
    path = OUT / "pgbench.json"
    path.write_text(json.dumps(report, indent=1) + "\n")
    print(f"\n{twins.describe()}; all runs are in {os.path.relpath(path)}")
    return 0


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(f"pgbench did not say {pattern}: {text[-500:]}")
    return float(found[1])


if __name__ == "__main__":
    sys.exit(main())
