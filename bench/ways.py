"""The same small queries in special ways: over TLS, logged in anew each time, pipelined, in strict, by two workers.

And with a text of a new shape each time, which nothing can have been decided about before. One database, and a gateway
for each manner; the ways that belong together take turns within a round.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from bench.bouncer import USER
from bench.pgbench import OUT, SELECT, Load, Run, fill, in_turn, machine, run, spread, warm
from bench.stage import Manner, Stage, Target, stage

GATEWAYS = {
    "proctor": Manner(),
    "proctor tls": Manner(tls=True),
    "proctor strict": Manner(durability="strict"),
    "proctor 2 workers": Manner(workers=2),
}
DEEP = 20
ROWS = 100_000
NEW_SHAPE = """\\set n random(100000, 999999)
select abalance from pgbench_accounts a:n where aid = 1;
"""
PIPELINE = (
    f"\\set aid random(1, {ROWS})\n\\startpipeline\n"
    + "select abalance from pgbench_accounts where aid = :aid;\n" * DEEP
    + "\\endpipeline\n"
)
ASYNCPG = "asyncpg"


@dataclass(frozen=True)
class Way:
    """One comparison: what is played, and which targets play it."""

    name: str
    load: Load
    targets: tuple[str, ...]
    mode: str = "prepared"
    clients: int = 8
    words: tuple[str, ...] = ()
    what: str = "queries"
    each: int = 1
    """How many of `what` are in one transaction of pgbench."""

    @property
    def of(self) -> str:
        """Return Proctor's target."""
        return self.targets[-1]

    @property
    def to(self) -> str:
        """Return pgbouncer's."""
        return self.targets[-2]


PLAIN, SECURED = ("direct", "pgbouncer"), ("direct tls", "pgbouncer tls", "proctor tls")
WAYS = (
    Way("connections, TLS and SCRAM", SELECT, SECURED, mode="simple", words=("-C",), what="logins"),
    Way("TLS on both sides", SELECT, SECURED),
    Way("pipelined", Load("pipeline", script=PIPELINE), (*PLAIN, "proctor"), each=DEEP),
    Way("pipelined, asyncpg", Load(ASYNCPG), (*PLAIN, "proctor"), clients=1),
    Way("new shapes", Load("shapes", script=NEW_SHAPE), (*PLAIN, "proctor"), mode="simple", what="shapes"),
    Way("strict journal", SELECT, (*PLAIN, "proctor strict")),
    Way("strict journal, 32 clients", SELECT, (*PLAIN, "proctor strict"), clients=32),
    Way("2 workers", SELECT, (*PLAIN, "proctor 2 workers")),
    Way("2 workers, 32 clients", SELECT, (*PLAIN, "proctor 2 workers"), clients=32),
)


def once(on: Stage, target: Target, way: Way, *, seconds: int, turn: int, login_cpu: float) -> Run:
    """Play one way at one target."""
    if way.load.name == ASYNCPG:
        return asyncio.run(_asyncpg(on, target, seconds=seconds, turn=turn))
    return run(
        on, target, mode=way.mode, clients=way.clients, seconds=seconds, turn=turn, load=way.load, words=way.words,
        login_cpu=0.0 if "-C" in way.words else login_cpu,
    )  # fmt: skip


async def _asyncpg(on: Stage, target: Target, *, seconds: int, turn: int) -> Run:
    """Return how many statements a second asyncpg gets through in one pipelined batch after the other."""
    connection = await asyncpg.connect(
        host="127.0.0.1", port=target.port, user=USER, password=on.password, database=on.database, ssl=False
    )
    batch = [(1 + number * 7 % ROWS,) for number in range(1000)]
    done = 0
    try:
        await connection.executemany("select abalance from pgbench_accounts where aid = $1", batch[:10])
        before, began = target.cpu(), time.perf_counter()
        while time.perf_counter() - began < seconds:
            await connection.executemany("select abalance from pgbench_accounts where aid = $1", batch)
            done += len(batch)
        spent, took = target.cpu() - before, time.perf_counter() - began
    finally:
        await connection.close()
    return Run(
        round=turn, mode="extended", clients=1, target=target.name, tps=done / took, latency_ms=took / done * 1000,
        cpu_us=spent / done * 1e6, load=ASYNCPG,
    )  # fmt: skip


def play(on: Stage, ways: Sequence[Way], *, rounds: int, seconds: int) -> dict[str, list[Run]]:
    """Play all rounds of all ways."""
    costs = warm(on, on.targets, max(way.clients for way in ways))
    found: dict[str, list[Run]] = {way.name: [] for way in ways}
    for turn in range(rounds):
        for way in ways:
            for target in in_turn(on.named(*way.targets), turn):
                cost = costs[target.name]
                found[way.name].append(once(on, target, way, seconds=seconds, turn=turn, login_cpu=cost))
        print(f"round {turn + 1} of {rounds} done", file=sys.stderr, flush=True)
    return found


def ratios(way: Way, runs: Sequence[Run]) -> list[float]:
    """Return Proctor's rate beside pgbouncer's, round by round."""
    tps = {(r.round, r.target): r.tps for r in runs}
    return [tps[turn, way.of] / tps[turn, way.to] for turn in sorted({turn for turn, _ in tps})]


def table(found: dict[str, list[Run]]) -> str:
    """Return the medians as a table in Markdown."""
    lines = [
        "| | a second: direct | pgbouncer | Proctor | Proctor / pgbouncer [least, most] "
        "| µs CPU of each: pgbouncer | Proctor |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for way in WAYS:
        runs = found.get(way.name, [])
        by = [[r for r in runs if r.target == name] for name in way.targets]
        if not all(by):
            continue
        rate = [statistics.median(r.tps for r in rs) * way.each for rs in by]
        cpu = [statistics.median(r.cpu_us for r in rs) / way.each for rs in by]
        lines.append(
            f"| {way.name}: {way.what} | {rate[0]:,.0f} | {rate[1]:,.0f} | {rate[2]:,.0f} "
            f"| {spread(ratios(way, runs))} | {cpu[1]:,.1f} | {cpu[2]:,.1f} |"
        )
    return "\n".join(lines)


QUICK = {"connections, TLS and SCRAM", "TLS on both sides", "pipelined", "new shapes", "strict journal", "2 workers"}


def main() -> int:
    """Play the rounds, print the table, and write the runs to bench/out."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round of the most telling")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--seconds", type=int, default=0, help="of each run")
    said = parser.parse_args()
    rounds, seconds, scale = (1, 1, 1) if said.quick else (5, 3, 5)
    ways = [way for way in WAYS if way.name in QUICK] if said.quick else WAYS
    with stage(gateways=GATEWAYS) as on:
        fill(on, scale)
        found = play(on, ways, rounds=said.rounds or rounds, seconds=said.seconds or seconds)
    print(table(found))
    OUT.mkdir(exist_ok=True)
    report = {
        "what": "ways",
        "machine": machine(),
        "runs": {name: [asdict(r) for r in runs] for name, runs in found.items()},
    }
    path = OUT / "ways.json"
    path.write_text(json.dumps(report, indent=1) + "\n")
    print(f"\nall runs are in {os.path.relpath(path)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
