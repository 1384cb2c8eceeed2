"""Small statements: pgbench's -S and TPC-B in three modes, directly, through pgbouncer, through Proctor.

The ways take turns within each round, so that a slow spell of the machine hits all of them; what is printed are medians
over the rounds, and for ratios the medians of each round's own ratio. The CPU time is that of every process in between,
less what as many logins cost by themselves. A run that went mostly into logins is played again, longer. With one client
each transaction is timed by itself.
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
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.stage import Manner, Stage, Target, stage
from proctor import twins

OUT = Path(__file__).parent / "out"
MODES = ("simple", "extended", "prepared")
CLIENTS = (1, 8, 32, 128)
LONGEST = 32  # seconds
BUSY = round(os.getloadavg()[0], 1)  # before anything was played: later it is our own clients, up to 128 of them
BESIDE = ("direct", "pgbouncer", "proctor")


@dataclass(frozen=True)
class Load:
    """What pgbench plays: one of its own scripts by its words, or a script of ours."""

    name: str
    words: tuple[str, ...] = ()
    script: str = ""


SELECT = Load("select", ("-S",))
TPCB = Load("tpcb", ("-b", "tpcb-like"))
QUICK = {(SELECT.name, mode, clients) for mode in MODES for clients in (1, 8)} | {
    (SELECT.name, "prepared", 32),
    (TPCB.name, "prepared", 8),
}
"""What is left of it where it must not take long."""


@dataclass(frozen=True)
class Run:
    """One run of pgbench: `cpu_us` is the CPU time that what stands in between used per transaction, in microseconds.

    `p50_us` and `p99_us` are of single transactions, 0 where these were not timed.
    """

    round: int
    mode: str
    clients: int
    target: str
    tps: float
    latency_ms: float
    cpu_us: float
    load: str = SELECT.name
    p50_us: float = 0.0
    p99_us: float = 0.0


def run(
    on: Stage, target: Target, *, mode: str, clients: int, seconds: int, turn: int, load: Load = SELECT,
    words: Sequence[str] = (), login_cpu: float = 0.0, longer: int = 0,
) -> Run:  # fmt: skip
    """Run pgbench once; `words` are more of its options, `login_cpu` are the CPU seconds of a login, `longer` seconds
    that the logins take."""
    with tempfile.TemporaryDirectory(prefix="proctor-bench-") as folder:
        command = [
            str(on.postgres.binaries / "pgbench"), "-n", *load.words, "-M", mode, "-c", str(clients),
            "-j", str(min(clients, 2)), "-T", str(seconds + longer), *words,
        ]  # fmt: skip
        if load.script:
            Path(folder, "script").write_text(load.script)
            command += ["-f", f"{folder}/script"]
        if clients == 1:
            command += ["-l", f"--log-prefix={folder}/log"]
        before = target.cpu()
        done = subprocess.run(command, env=on.environment(target), capture_output=True, text=True, check=False)
        spent = target.cpu() - before
        each = took(Path(folder).glob("log.*"))
    if done.returncode != 0:
        raise RuntimeError(f"pgbench through {target.name}: {done.stderr.strip()[-1500:]}")
    queries = int(_number(r"transactions actually processed: (\d+)", done.stdout))
    logins = float((re.search(r"initial connection time = ([\d.]+)", done.stdout) or ("", 0))[1]) / 1000
    left = seconds + longer - logins if queries else 0.0  # its clock runs from before the logins
    if left < 0.7 * seconds and longer < LONGEST:
        more = min(LONGEST, max(2 * longer, int(logins) + 1))
        return run(
            on, target, mode=mode, clients=clients, seconds=seconds, turn=turn, load=load, words=words,
            login_cpu=login_cpu, longer=more,
        )  # fmt: skip
    return Run(
        round=turn,
        mode=mode,
        clients=clients,
        target=target.name,
        tps=_number(r"tps = ([\d.]+)", done.stdout),
        latency_ms=_number(r"latency average = ([\d.]+)", done.stdout),
        cpu_us=max(0.0, spent - clients * login_cpu) / max(queries, 1) * 1e6,
        load=load.name,
        p50_us=each[len(each) // 2] if each else 0.0,
        p99_us=each[len(each) * 99 // 100] if each else 0.0,
    )


def took(logs: Iterable[Path]) -> list[float]:
    """Return the microseconds of each transaction that pgbench logged, in order of size."""
    return sorted(float(line.split(maxsplit=3)[2]) for log in logs for line in log.read_text().splitlines())


def play(on: Stage, *, rounds: int, seconds: int, quick: bool = False) -> list[Run]:
    """Play all rounds; each target goes first in turn."""
    runs: list[Run] = []
    costs = warm(on, on.named(*BESIDE), 32 if quick else max(CLIENTS))
    kinds = [(load, mode, clients) for load in (SELECT, TPCB) for mode in MODES for clients in CLIENTS]
    for turn in range(rounds):
        for load, mode, clients in kinds:
            if quick and (load.name, mode, clients) not in QUICK:
                continue
            for target in in_turn(on.named(*BESIDE), turn):
                once = run(
                    on, target, mode=mode, clients=clients, seconds=seconds, turn=turn, load=load,
                    login_cpu=costs[target.name],
                )  # fmt: skip
                runs.append(once)
        print(f"round {turn + 1} of {rounds} done", file=sys.stderr, flush=True)
    return runs


def warm(on: Stage, targets: Iterable[Target], clients: int) -> dict[str, float]:
    """Let each way meet its statements, and open the connections that a pool keeps: neither is what is measured.

    Returns how many CPU seconds a login costs what stands in between, with its one query.
    """
    costs = {}
    for target in targets:
        words = ["-n", "-S", "-M", "prepared", "-j", "2", "-t", "1", "-c", str(clients)]
        command = [str(on.postgres.binaries / "pgbench"), *words]
        for _ in range(2):
            before = target.cpu()
            done = subprocess.run(command, env=on.environment(target), capture_output=True, check=False)
            costs[target.name] = (target.cpu() - before) / clients
            if done.returncode != 0:
                raise RuntimeError(f"pgbench through {target.name}: {done.stderr.decode().strip()[-1500:]}")
    return costs


def in_turn(targets: Sequence[Target], turn: int) -> Sequence[Target]:
    """Return the targets, another one first in each round."""
    shift = turn % len(targets)
    return [*targets[shift:], *targets[:shift]]


def table(runs: list[Run], load: str = SELECT.name) -> str:
    """Return the medians as a table in Markdown."""
    lines = [
        f"| pgbench {load} | direct TPS | pgbouncer TPS | Proctor TPS | Proctor / pgbouncer [least, most] "
        "| µs CPU a transaction: pgbouncer | Proctor |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for mode in MODES:
        for clients in CLIENTS:
            here = [r for r in runs if (r.load, r.mode, r.clients) == (load, mode, clients)]
            by = {name: [r for r in here if r.target == name] for name in BESIDE}
            if not all(by.values()):
                continue
            tps = {name: statistics.median(r.tps for r in rs) for name, rs in by.items()}
            cpu = {name: statistics.median(r.cpu_us for r in rs) for name, rs in by.items()}
            lines.append(
                f"| {mode} -c {clients} | {tps['direct']:,.0f} | {tps['pgbouncer']:,.0f} | {tps['proctor']:,.0f} "
                f"| {spread(ratios(here))} | {cpu['pgbouncer']:.1f} | {cpu['proctor']:.1f} |"
            )
    return "\n".join(lines)


def delays(runs: list[Run]) -> str:
    """Return what one client waits, as a table in Markdown: added to the direct way in the same round."""
    lines = [
        "| one client | direct p50 µs | pgbouncer adds: p50 [least, most] | p99 | Proctor adds: p50 | p99 |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for load in dict.fromkeys(r.load for r in runs):
        for mode in MODES:
            here = [r for r in runs if (r.load, r.mode, r.clients) == (load, mode, 1)]
            if not {r.target for r in here}.issuperset(BESIDE):
                continue
            said = " | ".join(
                f"{spread(added(here, name, part), digits=0)}"
                for name in BESIDE[1:]
                for part in ("p50_us", "p99_us")
            )  # fmt: skip
            direct = statistics.median(r.p50_us for r in here if r.target == "direct")
            lines.append(f"| {load}, {mode} | {direct:,.0f} | {said} |")
    return "\n".join(lines)


def ratios(runs: Iterable[Run], *, of: str = "proctor", to: str = "pgbouncer") -> list[float]:
    """Return each round's ratio of TPS."""
    tps = {(r.round, r.target): r.tps for r in runs}
    return [tps[turn, of] / tps[turn, to] for turn in sorted({turn for turn, _ in tps})]


def added(runs: Iterable[Run], name: str, part: str = "p50_us") -> list[float]:
    """Return the microseconds that a way adds to the direct one, round by round."""
    by = {(r.round, r.target): float(getattr(r, part)) for r in runs}
    return [by[turn, name] - by[turn, "direct"] for turn in sorted({turn for turn, _ in by})]


def spread(found: Sequence[float], *, digits: int = 2) -> str:
    """Return the median, and the least and the most beside it."""
    return f"{statistics.median(found):,.{digits}f} [{min(found):,.{digits}f}, {max(found):,.{digits}f}]"


def summary(runs: list[Run]) -> dict[str, float]:
    """Return the median ratio to pgbouncer for each load, mode and number of clients."""
    kinds = sorted({(r.load, r.mode, r.clients) for r in runs})
    return {
        f"{load} {mode} -c {clients}": round(
            statistics.median(ratios(r for r in runs if (r.load, r.mode, r.clients) == (load, mode, clients))), 3
        )
        for load, mode, clients in kinds
    }


def fill(on: Stage, scale: int) -> None:
    """Make pgbench's tables, if that was not done for several benchmarks."""
    if on.filled:
        return
    command = [str(on.postgres.binaries / "pgbench"), "-i", "-q", "-s", str(scale)]
    subprocess.run(command, env=on.environment(on.targets[0]), check=True, capture_output=True)


def machine() -> dict[str, object]:
    """Return what was measured on, and how busy it was with whatever else before."""
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load": BUSY,
        "hot_path": twins.describe(),
    }


def main() -> int:
    """Play the rounds, print the tables, and write the runs to bench/out."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round of the most telling")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--seconds", type=int, default=0, help="of each run")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--durability", default="adaptive", choices=("adaptive", "strict"))
    said = parser.parse_args()
    rounds, seconds, scale = (1, 1, 5) if said.quick else (5, 2, 10)
    manner = Manner(workers=said.workers, durability=said.durability)
    with stage(gateways={"proctor": manner}) as on:
        fill(on, scale)
        server = str(on.postgres.run("show server_version")[0][0])
        began = time.monotonic()
        runs = play(on, rounds=said.rounds or rounds, seconds=said.seconds or seconds, quick=said.quick)
    for load in (SELECT, TPCB):
        print(table(runs, load.name), end="\n\n")
    print(delays(runs))
    OUT.mkdir(exist_ok=True)
    report = {
        "what": "pgbench",
        "machine": {**machine(), "postgresql": server},
        "seconds": round(time.monotonic() - began),
        "proctor": asdict(manner),
        "ratio_to_pgbouncer": summary(runs),
        "runs": [asdict(r) for r in runs],
    }
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
