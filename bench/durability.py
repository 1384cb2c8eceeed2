"""What being recorded first costs: pgbench -S without a journal, in adaptive and in strict; and what the disk allows.

Three gateways before one database take turns: one in each mode, and one whose journal writes nothing. That one is made
by this benchmark alone, by putting another journal in its processes as they start; no setting can do it. Its records
are still made, only not kept. What strict may reach is the smaller of its TPS and clients / (round trip + one
fdatasync): the round trip is that of one client without a journal, the fdatasync that of a file such as the journal
writes, while as many clients play without a journal (`probe`); both on the average.
Then the journal by itself: workers of their own, each with waiters that share its fdatasyncs, and how many records a
second were on disk.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from bench.journal import ANSWERED, DECIDED, NAME
from bench.pgbench import Run, fill, in_turn, run, warm
from bench.probe import Sync, probing
from bench.stage import Manner, stage
from proctor import twins
from proctor.audit.journal import Journal

OUT = Path(__file__).parent / "out"
CLIENTS = (1, 8, 32)
OFF, ADAPTIVE, STRICT = "no journal", "adaptive", "strict"
DURABLE, NEARLY, OF_THE_DISK = 20_000, 0.95, 0.9
"""The targets: durable records/s in all, adaptive beside no journal, strict beside what the disk allows."""
WAITERS = 64

WAYS = {OFF: Manner(kept=False), ADAPTIVE: Manner(), STRICT: Manner(durability="strict")}


async def durable(folder: Path, name: str, seconds: float) -> float:
    """Return how many records a second were on disk, each pair of them waited for, in one worker."""
    journal = Journal.open(folder / name, name, clock=time)
    loop = asyncio.get_running_loop()
    begin, pairs = loop.time(), 0
    end = begin + seconds

    async def one() -> None:
        nonlocal pairs
        while loop.time() < end:
            its = NAME + b"%04d" % (pairs % 10_000)
            journal.append_later(ANSWERED % (its, its))
            await journal.synced(journal.append(DECIDED % (its, its, NAME)))
            pairs += 1

    async with asyncio.TaskGroup() as tasks:
        for _ in range(WAITERS):
            tasks.create_task(one())
    took = loop.time() - begin
    await journal.close()
    return 2 * pairs / took


def workers(folder: Path, count: int, seconds: float) -> list[float]:
    """Return the records/s of so many workers at the same time."""
    command = [sys.executable, "-m", "bench.durability", "--worker", str(seconds), "--folder", str(folder)]
    running = [
        subprocess.Popen([*command, "--name", f"of-{count}-{number}"], stdout=subprocess.PIPE, text=True)
        for number in range(count)
    ]
    return [float(one.communicate()[0]) for one in running]


@dataclass
class Report:
    """What was measured."""

    runs: list[Run] = field(default_factory=list)
    syncs: list[Sync] = field(default_factory=list)
    durable: dict[int, list[float]] = field(default_factory=dict)
    """By how many workers there were, what each of them did."""

    def of(self, mode: str, clients: int, name: str) -> list[Run]:
        """Return the runs of one way, in the order of the rounds."""
        found = [r for r in self.runs if (r.mode, r.clients, r.target) == (mode, clients, name)]
        return sorted(found, key=lambda r: r.round)

    def ratios(self, mode: str, clients: int, name: str) -> list[float]:
        """Return the TPS beside no journal, round by round."""
        pairs = zip(self.of(mode, clients, name), self.of(mode, clients, OFF), strict=True)
        return [one.tps / off.tps for one, off in pairs]

    def of_the_disk(self, mode: str, clients: int) -> list[float]:
        """Return strict's TPS beside what the disk allows, round by round."""
        found = []
        for strict, off, one in zip(
            self.of(mode, clients, STRICT), self.of(mode, clients, OFF), self.of(mode, 1, OFF), strict=True
        ):
            sync = next(s for s in self.syncs if (s.round, s.mode, s.clients) == (strict.round, mode, clients))
            found.append(strict.tps / min(off.tps, clients / (one.latency_ms / 1000 + sync.mean_us / 1e6)))
        return found


def tables(report: Report, modes: tuple[str, ...]) -> str:
    """Return it as tables in Markdown, beside the targets."""
    lines = []
    for clients in CLIENTS:
        here = [sync for sync in report.syncs if sync.clients == clients]
        mean, median = (statistics.median(each) for each in zip(*((s.mean_us, s.median_us) for s in here), strict=True))
        lines.append(
            f"one fdatasync of one statement's records, beside -c {clients}: {mean:,.0f} µs, half of them {median:,.0f}"
        )
    lines.append("")
    for count, each in report.durable.items():
        per = ", ".join(f"{one:,.0f}" for one in each)
        said = "met" if sum(each) >= DURABLE else "MISSED"
        lines.append(
            f"durable records/s, {count} worker(s): {per}; in all {sum(each):,.0f} (target {DURABLE:,}: {said})"
        )
    lines += [
        "",
        f"| pgbench -S | {OFF}: TPS | adaptive | added, ms | of {OFF} (target {NEARLY}) "
        f"| strict | added, ms | of {OFF} | of what the disk allows (target {OF_THE_DISK}) |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for mode in modes:
        for clients in CLIENTS:
            tps = {
                name: statistics.median(r.tps for r in report.of(mode, clients, name))
                for name in (OFF, ADAPTIVE, STRICT)
            }
            late = {
                name: statistics.median(r.latency_ms for r in report.of(mode, clients, name))
                for name in (OFF, ADAPTIVE, STRICT)
            }
            lines.append(
                f"| {mode} -c {clients} | {tps[OFF]:,.0f} "
                f"| {tps[ADAPTIVE]:,.0f} | {late[ADAPTIVE] - late[OFF]:+.3f} "
                f"| {_spread(report.ratios(mode, clients, ADAPTIVE))} "
                f"| {tps[STRICT]:,.0f} | {late[STRICT] - late[OFF]:+.3f} "
                f"| {_spread(report.ratios(mode, clients, STRICT))} | {_spread(report.of_the_disk(mode, clients))} |"
            )
    return "\n".join(lines)


def _spread(found: list[float]) -> str:
    return f"{statistics.median(found):.2f} [{min(found):.2f}, {max(found):.2f}]"


def measure(modes: tuple[str, ...], *, rounds: int, seconds: int, folder: Path | None) -> Report:
    """Play the rounds; within each the ways take turns."""
    report = Report()
    with tempfile.TemporaryDirectory(dir=folder) as made:
        for count in (1, os.cpu_count() or 1):
            report.durable[count] = workers(Path(made), count, float(seconds))
        with stage(gateways=WAYS) as on:
            fill(on, 5)
            targets = on.named(*WAYS)
            warm(on, targets, max(CLIENTS))
            for turn in range(rounds):
                for mode in modes:
                    for clients in CLIENTS:
                        with probing(Path(made)) as probe:
                            run(on, on.named(OFF)[0], mode=mode, clients=clients, seconds=min(2, seconds), turn=turn)
                        report.syncs.append(probe.said(turn, mode, clients))
                        for target in in_turn(targets, turn):
                            done = run(on, target, mode=mode, clients=clients, seconds=seconds, turn=turn)
                            report.runs.append(done)
                print(f"round {turn + 1} of {rounds} done", file=sys.stderr, flush=True)
    return report


def main() -> int:
    """Measure, print the tables, leave the figures in `bench/out/durability.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one mode of pgbench, one short round")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=None, help="where the files lie; it must be on a real disk")
    parser.add_argument("--out", type=Path, default=OUT / "durability.json")
    parser.add_argument("--worker", type=float, default=0.0, help=argparse.SUPPRESS)
    parser.add_argument("--name", default="", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.worker:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            print(runner.run(durable(asked.folder, asked.name, asked.worker)))
        return 0
    modes = ("prepared",) if asked.quick else ("simple", "prepared")
    rounds, seconds = (asked.rounds or (1 if asked.quick else 5)), (asked.seconds or (1 if asked.quick else 4))
    report = measure(modes, rounds=rounds, seconds=seconds, folder=asked.folder)
    print(tables(report, modes))
    load = f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(f"\nload of the machine at the end: {load}, this benchmark's included")
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    said = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "twins": twins.describe(),
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "load": os.getloadavg(),
        **asdict(report),
    }
    asked.out.write_text(json.dumps(said, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
