"""Sessions by the thousand, and workers by two: what neither the database nor its processes must limit.

A stand-in answers for the database (`bench.standin`). Ten thousand sessions log in, ask one question each, and stay:
what stands in between has so much more memory for itself, divided by their number. Then the same load is played at one
worker and at two, in turns: queries that were decided before, and texts of new shapes. What the cores allow is told
beside it: client, stand-in and gateway share them, so that no figure can be more than cores / (CPU of all three).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import secrets
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import uvloop

from bench.bouncer import USER, Bouncer
from bench.login import Login
from bench.pgbench import OUT, Load, Run, fill, in_turn, machine, run, spread
from bench.stage import Manner, Stage, Target, cpu_of, gateway, side_by_side, verifier_of
from bench.standin import PORT, StandIn, standing_in
from bench.ways import NEW_SHAPE
from demo.postgres import ThrowawayPostgres

DATABASE = "bench"
WANTED = 10_000
AT_ONCE = 64
QUESTION = "select abalance from pgbench_accounts where aid = 1"
ONE, TWO = "1 worker", "2 workers"
LOADS = {
    "decided before": (Load("known", script=QUESTION + ";\n"), "prepared"),
    "new shapes": (Load("shapes", script=NEW_SHAPE), "simple"),
}
CLIENTS = 16


@dataclass(frozen=True)
class Held:
    """So many sessions that do nothing, and what they cost."""

    target: str
    sessions: int
    bytes_each: float
    cpu_ms_each: float
    """For the login and one query."""
    seconds: float
    left_over: int
    """Bytes more than before, once all have gone."""


@dataclass(frozen=True)
class Gain:
    """One run at a number of workers: CPU microseconds of a statement, by where they were spent."""

    run: Run
    name: str
    client_us: float
    standin_us: float

    @property
    def allowed(self) -> float:
        """Return the most that the cores allow at these costs, a second."""
        return (os.cpu_count() or 1) / (self.client_us + self.standin_us + self.run.cpu_us) * 1e6


class Session(asyncio.Protocol):
    """A client that logs in and asks."""

    def __init__(self, password: str) -> None:
        self._login = Login(USER, DATABASE, password)
        self._transport: asyncio.Transport | None = None
        self._tail = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the login."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._login.first())

    def data_received(self, data: bytes) -> None:
        """Go on with the login, or see whether the answer is whole."""
        assert self._transport is not None
        try:
            if not self._login.ready:
                self._transport.write(self._login.feed(data))
            self._tail = (self._tail + data)[-6:]
            if self._login.ready and self._tail[:5] == b"Z\0\0\0\x05" and not self.done.done():
                self.done.set_result(None)
        except ConnectionRefusedError as refused:
            self.done.set_exception(refused)

    def connection_lost(self, exc: Exception | None) -> None:
        """End who waits."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionResetError("the session was closed"))

    async def ask(self, question: bytes) -> None:
        """Ask, and wait until the answer is whole."""
        assert self._transport is not None
        self._tail, self.done = b"", asyncio.get_running_loop().create_future()
        self._transport.write(question)
        await self.done

    def leave(self) -> None:
        """Say so, and go."""
        if self._transport is not None:
            self._transport.write(b"X\0\0\0\x04")
            self._transport.close()


async def opened(port: int, password: str, count: int) -> list[Session]:
    """Return so many sessions that have asked one question each."""
    body = QUESTION.encode() + b"\0"
    question = b"Q" + (4 + len(body)).to_bytes(4, "big") + body
    turn = asyncio.Semaphore(AT_ONCE)

    async def one() -> Session:
        async with turn:
            loop = asyncio.get_running_loop()
            _, session = await loop.create_connection(lambda: Session(password), "127.0.0.1", port)
            await session.done
            await session.ask(question)
            return session

    return list(await asyncio.gather(*(one() for _ in range(count))))


async def hold(target: Target, password: str, count: int) -> Held:
    """Open them, look at the memory, and let them go."""
    first = await opened(target.port, password, AT_ONCE)  # what is made at first is nobody's
    memory, cpu, began = target.memory(), target.cpu(), time.perf_counter()
    sessions = await opened(target.port, password, count)
    took, spent, grown = time.perf_counter() - began, target.cpu() - cpu, target.memory() - memory
    for session in (*sessions, *first):
        session.leave()
    await _gone(target, count)
    return Held(
        target.name, count, grown / count, spent / count * 1000, took, target.memory() - memory
    )  # fmt: skip


async def _gone(target: Target, count: int, seconds: float = 60.0) -> None:
    """Wait until what is in between has done with them: it uses no more CPU than it does at rest."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        before = target.cpu()
        await asyncio.sleep(0.5)
        if target.cpu() - before < 0.05:
            return


def sessions_allowed(wanted: int) -> int:
    """Return how many sessions the limit on files allows, and lift that as far as it goes: a session takes two."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY:
        most = 1 << 20
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return min(wanted, (most - 400) // 2)


@contextmanager
def ways(count: int) -> Iterator[tuple[Stage, StandIn]]:
    """Start a database, its stand-in, and before that a pgbouncer and gateways with one worker and with two."""
    password = secrets.token_urlsafe(12)
    folder = Path(tempfile.mkdtemp(prefix="proctor-bench-"))
    try:
        with ExitStack() as stack:
            postgres = stack.enter_context(ThrowawayPostgres(version="system"))
            postgres.run(f"create role {USER} login password '{password}'")
            postgres.run(f"create database {DATABASE} owner {USER}")
            fill(Stage(postgres, (Target("direct", postgres.port),), DATABASE, password), 1)
            standin = stack.enter_context(standing_in(postgres.port, DATABASE, USER, password))
            bouncer = stack.enter_context(
                Bouncer(PORT, DATABASE, verifier_of(postgres), host=standin.folder, most=count + 2 * AT_ONCE)
            )
            targets = [Target("pgbouncer", bouncer.port, bouncer.pid)]
            made = [
                gateway(folder / str(number), name, Manner(workers=number), DATABASE, PORT, password, standin.folder)
                for number, name in enumerate((ONE, TWO), 1)
            ]
            targets += stack.enter_context(side_by_side(made))
            yield Stage(postgres, tuple(targets), DATABASE, password), standin
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def once(on: Stage, standin: StandIn, target: Target, name: str, *, seconds: int, turn: int) -> Gain:
    """Play one load at one target."""
    load, mode = LOADS[name]
    client, stand = _children(), cpu_of(standin.pid)
    done = run(on, target, mode=mode, clients=CLIENTS, seconds=seconds, turn=turn, load=load)
    count = done.tps * seconds
    return Gain(done, name, (_children() - client) / count * 1e6, (cpu_of(standin.pid) - stand) / count * 1e6)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def of_two(gains: Sequence[Gain], name: str) -> list[float]:
    """Return the TPS of two workers beside one, round by round."""
    tps = {(g.run.round, g.run.target): g.run.tps for g in gains if g.name == name}
    return [tps[turn, TWO] / tps[turn, ONE] for turn in sorted({turn for turn, _ in tps})]


def allowed(gains: Sequence[Gain], name: str) -> float:
    """Return the most gain that the cores allow: theirs at what a statement costs, beside what one worker does."""
    here = [g for g in gains if g.name == name]
    most = statistics.median(g.allowed for g in here if g.run.target == TWO)
    return most / statistics.median(g.run.tps for g in here if g.run.target == ONE)


def tables(held: Sequence[Held], gains: Sequence[Gain]) -> str:
    """Return what was measured as tables in Markdown."""
    lines = [
        "| idle sessions | how many | KB each | ms CPU for a login and a query | KB left over when they have gone |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {h.target} | {h.sessions:,} | {h.bytes_each / 1024:.1f} | {h.cpu_ms_each:.2f} | {h.left_over // 1024:,} |"
        for h in held
    ]
    lines += [
        "",
        "| workers | 1: a second | 2: a second | gain [least, most] | the cores allow at most "
        "| µs CPU: client | stand-in | worker of 1 | of 2 |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name in LOADS:
        here = [g for g in gains if g.name == name]
        by = {n: [g for g in here if g.run.target == n] for n in (ONE, TWO)}
        tps = {n: statistics.median(g.run.tps for g in found) for n, found in by.items()}
        cpu = {n: statistics.median(g.run.cpu_us for g in found) for n, found in by.items()}
        client, stand = (statistics.median(getattr(g, part) for g in here) for part in ("client_us", "standin_us"))
        lines.append(
            f"| {name} | {tps[ONE]:,.0f} | {tps[TWO]:,.0f} | {spread(of_two(here, name))} | {allowed(here, name):.2f} "
            f"| {client:,.1f} | {stand:,.1f} | {cpu[ONE]:,.1f} | {cpu[TWO]:,.1f} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Open the sessions, play at both, print the tables, and write the figures to bench/out."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer sessions, one short round")
    parser.add_argument("--sessions", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--seconds", type=int, default=0, help="of each run")
    said = parser.parse_args()
    wanted = said.sessions or (300 if said.quick else WANTED)
    rounds, seconds = said.rounds or (1 if said.quick else 5), said.seconds or (1 if said.quick else 3)
    count = sessions_allowed(wanted)
    if count < wanted:
        print(f"{count:,} sessions and not {wanted:,}: a process may open no more files here")
    gains: list[Gain] = []
    with ways(count) as (on, standin):
        held = []
        for target in on.named("pgbouncer", ONE):
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                held.append(runner.run(hold(target, on.password, count)))
        for turn in range(rounds):
            for name in LOADS:
                for target in in_turn(on.named(ONE, TWO), turn):
                    gains.append(once(on, standin, target, name, seconds=seconds, turn=turn))
            print(f"round {turn + 1} of {rounds} done", file=sys.stderr, flush=True)
    print(tables(held, gains))
    OUT.mkdir(exist_ok=True)
    report = {
        "what": "sessions",
        "machine": machine(),
        "wanted": wanted,
        "held": [asdict(h) for h in held],
        "gains": [asdict(g) for g in gains],
    }
    path = OUT / "sessions.json"
    path.write_text(json.dumps(report, indent=1) + "\n")
    print(f"\nall figures are in {os.path.relpath(path)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
