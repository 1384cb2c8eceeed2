"""The journal alone: what a statement's two records cost the worker, the syncer and the log, in CPU time.

No database and no socket: real files, in a folder that is given. Each round measures, in turn, the pair of records that
a statement leaves (one held back, one written), a paced load with its ticks and its syncer, the way into the Merkle
log, and checking all of that again. What is printed are medians over the rounds. Another tree's figures come by
`PYTHONPATH=<tree>/src`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from proctor import twins
from proctor.audit.integrator import Integrator
from proctor.audit.journal import Journal
from proctor.audit.sync import ProcessSyncer, Syncer
from proctor.audit.verify import verify

OUT = Path(__file__).parent / "out"
ANSWERED = b'{"kind":"statement.answered","id":"%b-a","of":"%b","rows":1,"bytes":22,"duration_us":214,"tag":"SELECT 1"}'
DECIDED = b'{"kind":"statement.decided","id":"%b","exchange":"%b","session":"%b","padding":"' + b"x" * 580 + b'"}'
NAME = b"01K9ZXJ3T8Q4W6R2M5N7P0"
BURST = 50  # pairs between two looks of the event loop
TICK = 0.002


@dataclass(frozen=True)
class Round:
    """One round. Times are CPU microseconds, of a statement (two records) except where a record is said."""

    pair_us: float
    paced_worker_us: float
    paced_syncer_us: float
    paced_rate: float
    integrate_us_per_record: float
    integrate_records_per_s: float
    verify_s_per_million: float


class Watched:
    """Makes syncers and remembers the newest, to read its CPU time."""

    def __init__(self) -> None:
        self.newest: ProcessSyncer | None = None

    def __call__(self) -> Syncer:
        """Make one."""
        self.newest = ProcessSyncer()
        return self.newest

    def cpu(self) -> float:
        """Return the seconds that the helper has used."""
        if self.newest is None:
            return 0.0
        return time.clock_gettime(~self.newest.pid << 3 | 2)  # Linux: the CPU clock of another process, to the ns


def pair(journal: Journal, number: int) -> None:
    """Append what one statement leaves: its predecessor's end, and its own decision."""
    name = NAME + b"%04d" % (number % 10_000)
    journal.append_later(ANSWERED % (name, name))
    journal.append(DECIDED % (name, name, NAME))


async def flat_out(journal: Journal, pairs: int) -> float:
    """Return the CPU microseconds of a pair in a loop that lets the event loop look in now and then."""
    spent = 0.0
    for start in range(0, pairs, BURST):
        before = time.thread_time()
        for number in range(start, start + BURST):
            pair(journal, number)
        spent += time.thread_time() - before
        await asyncio.sleep(0)
        if journal.unsynced > 20_000:
            await journal.synced(journal.position)
    before = time.thread_time()
    for number in range(pairs):
        name = NAME + b"%04d" % (number % 10_000)
        ANSWERED % (name, name), DECIDED % (name, name, NAME)
    return (spent - (time.thread_time() - before)) / pairs * 1e6


async def paced(journal: Journal, watched: Watched, *, rate: int, seconds: float) -> tuple[float, float, float]:
    """Return CPU microseconds a pair of the worker and of the syncer at a steady load, and the rate reached."""
    await journal.synced(journal.append(DECIDED % (NAME, NAME, NAME)))
    loop = asyncio.get_running_loop()
    start, count = loop.time(), 0
    worker, syncer = time.process_time(), watched.cpu()
    while (now := loop.time()) < start + seconds:
        while count < (now - start) * rate:
            pair(journal, count)
            count += 1
        await asyncio.sleep(TICK)
    took = loop.time() - start
    return (
        (time.process_time() - worker) / count * 1e6,
        (watched.cpu() - syncer) / count * 1e6,
        count / took,
    )


def integrate(state: Path) -> tuple[float, float]:
    """Return the CPU microseconds of a record on its way into the log, and records a second."""
    integrator = Integrator.open(state / "journal", state / "log", keys=state / "keys", origin="proctor.bench")
    wall, spent, records = time.perf_counter(), time.process_time(), 0
    while (done := integrator.integrate()).added:
        records += sum(done.added.values())
    spent, wall = time.process_time() - spent, time.perf_counter() - wall
    integrator.close()
    if done.troubles:
        raise RuntimeError(f"the log: {done.troubles}")
    return spent / records * 1e6, records / wall


def verified(state: Path) -> float:
    """Return the seconds that checking a million records again takes, with the journal beside the log."""
    start = time.perf_counter()
    found = verify(state / "log", state / "journal", signed=state / "keys")
    took = time.perf_counter() - start
    if not found.ok and any("never decided" not in problem.what for problem in found.problems if problem.grave):
        raise RuntimeError(f"the log does not verify: {found.first}")
    return took / found.size * 1e6


async def play(state: Path, *, pairs: int, rate: int, seconds: float) -> Round:
    """Play one round in a fresh folder."""
    watched = Watched()
    journal = Journal.open(state / "journal" / "w0", "w0", clock=time, syncer=watched)
    steady = await paced(journal, watched, rate=rate, seconds=seconds)
    cost = await flat_out(journal, pairs)
    await journal.close()
    return Round(cost, *steady, *integrate(state), verified(state))


def table(rounds: list[Round]) -> str:
    """Return the medians as a table in Markdown."""
    lines = ["| | median | least | most |", "|---|---:|---:|---:|"]
    for name, what in (
        ("pair_us", "append_later + append, µs CPU a statement"),
        ("paced_worker_us", "worker at a steady load, loop and ticks included, µs CPU a statement"),
        ("paced_syncer_us", "syncer at a steady load, µs CPU a statement"),
        ("paced_rate", "that load, statements/s"),
        ("integrate_us_per_record", "integration, µs CPU a record"),
        ("integrate_records_per_s", "integration, records/s"),
        ("verify_s_per_million", "`audit verify` of a million records, s"),
    ):
        figures = [getattr(one, name) for one in rounds]
        lines.append(f"| {what} | {statistics.median(figures):,.2f} | {min(figures):,.2f} | {max(figures):,.2f} |")
    return "\n".join(lines)


def main() -> None:
    """Play the rounds, print the table, leave the figures in `bench/out/journal.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--rate", type=int, default=5_000)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--folder", type=Path, default=None, help="where the files lie; it must be on a real disk")
    parser.add_argument("--out", type=Path, default=OUT / "journal.json")
    asked = parser.parse_args()
    rounds = []
    # Removed at the very end: ext4 passes over inodes that were freed a moment ago one by one, on each new file.
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        for turn in range(asked.rounds):
            work = play(Path(folder, str(turn)), pairs=asked.pairs, rate=asked.rate, seconds=asked.seconds)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                rounds.append(runner.run(work))
            print(f"round {turn + 1} of {asked.rounds} done", file=sys.stderr, flush=True)
    print(table(rounds))
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    told = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "twins": twins.describe(),
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "load": os.getloadavg(),
        "rounds": [asdict(one) for one in rounds],
    }
    asked.out.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
