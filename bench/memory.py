"""Whether memory stays flat: sessions opened and dropped, a day's shapes in minutes, a long result read slowly.

Looked at are the workers: the bytes that they have for themselves after each quarter of the work, and the most that
they had meanwhile. What grows in the first quarter fills caches; what grows in the last one is a leak.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import uvloop

from bench.bouncer import USER
from bench.login import Login
from bench.pgbench import OUT, fill, machine
from bench.stage import Stage, Target, family, stage

MIB = 1 << 20
QUARTERS = 4
AT_ONCE = 32
WIDTH = 8_000
SIP, REST = 4 * MIB, 0.02
"""A client that rests so long after so many bytes is slower than any database here."""
WORKER = "proctor.app.worker"


@dataclass(frozen=True)
class Grown:
    """What was done, the workers' bytes after each quarter beyond those before, and the most meanwhile."""

    what: str
    quarters: tuple[int, ...]
    most: int


class Peak:
    """The most memory that some processes have had since it was made, beyond what they had then."""

    def __init__(self, pids: Sequence[int]) -> None:
        self._folders = [Path(f"/proc/{pid}") for pid in pids]
        try:
            for folder in self._folders:
                (folder / "clear_refs").write_text("5")  # the high-water mark begins anew
            self._before = self._of("VmRSS")
        except OSError:
            self._before = self._of("VmHWM")  # it may not: then only what is more than ever before is seen

    def _of(self, name: str) -> int:
        lines = [line for folder in self._folders for line in (folder / "status").read_text().splitlines()]
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))

    @property
    def more(self) -> int:
        """Return it in bytes."""
        return self._of("VmHWM") - self._before


def workers(pid: int) -> list[psutil.Process]:
    """Return the worker processes of the gateway with that process id."""
    return [process for process in family(pid) if WORKER in " ".join(process.cmdline())]


def own(pid: int) -> int:
    """Return the bytes that those have for themselves."""
    return sum(process.memory_full_info().uss for process in workers(pid))


def watched(target: Target, what: str, work: Callable[[int], None]) -> Grown:
    """Do the work in quarters, after a first one that counts for nothing, and look at the memory after each."""
    work(0)
    before, peak = own(target.pid), Peak([process.pid for process in workers(target.pid)])
    after = []
    for quarter in range(1, QUARTERS + 1):
        work(quarter)
        after.append(own(target.pid) - before)
    return Grown(what, tuple(after), peak.more)


class Client:
    """A client of our own, that reads as slowly as it likes."""

    def __init__(self, on: Stage, target: Target) -> None:
        self.socket = socket.create_connection(("127.0.0.1", target.port), timeout=60)
        login = Login(USER, on.database, on.password)
        self.socket.sendall(login.first())
        while not login.ready:
            self.socket.sendall(login.feed(self.socket.recv(65536)))

    def ask(self, sql: str, *, rest: float = 0.0) -> int:
        """Run a simple query, let go of the answer, and return how many bytes it had; `rest` between two sips."""
        body = sql.encode() + b"\0"
        self.socket.sendall(b"Q" + (4 + len(body)).to_bytes(4, "big") + body)
        total, sips, tail, room = 0, 0, b"", bytearray(65536)
        while tail[-6:-1] != b"Z\0\0\0\x05":
            got = self.socket.recv_into(room)
            if not got:
                raise ConnectionResetError("the session was ended")
            total, tail = total + got, (tail + room[max(0, got - 8) : got])[-8:]
            if rest and total // SIP > sips:
                sips = total // SIP
                time.sleep(rest)
        return total


def dropped(on: Stage, target: Target, count: int) -> Grown:
    """Open sessions, ask, and go without a word."""

    def work(_: int) -> None:
        for _ in range(count // QUARTERS):
            client = Client(on, target)
            client.ask("select abalance from pgbench_accounts where aid = 1")
            client.socket.close()

    return watched(target, f"{count:,} sessions opened and dropped", work)


def shapes(on: Stage, target: Target, count: int) -> Grown:
    """Ask texts of new shapes."""
    client = Client(on, target)

    def work(quarter: int) -> None:
        for number in range(count // QUARTERS):
            client.ask(f"select abalance as a{quarter}_{number} from pgbench_accounts where aid = {number}")

    grown = watched(target, f"{count:,} new shapes", work)
    client.socket.close()
    return grown


def slow(on: Stage, target: Target, size: int) -> Grown:
    """Read a result of that many bytes in small sips."""
    rows = size // QUARTERS // WIDTH
    client = Client(on, target)

    def work(quarter: int) -> None:
        if quarter:  # the first one is for warming up
            client.ask(f"select repeat('x', {WIDTH}) from generate_series(1, {rows})", rest=REST)

    grown = watched(target, f"a result of {size / (1 << 30):.2g} GiB in four, read slowly", work)
    client.socket.close()
    return grown


async def together(on: Stage, target: Target, count: int) -> None:
    """Open sessions at the same time and drop them all."""
    loop = asyncio.get_running_loop()
    turn = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with turn:
            client = await loop.run_in_executor(None, Client, on, target)
            client.socket.close()

    await asyncio.gather(*(one() for _ in range(count)))


def crowds(on: Stage, target: Target, count: int) -> Grown:
    """Open sessions side by side and drop them without a question."""

    def work(_: int) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(together(on, target, count // QUARTERS))

    return watched(target, f"{count:,} sessions side by side", work)


def table(found: Sequence[Grown]) -> str:
    """Return it as a table in Markdown."""
    lines = [
        "| MiB more than before, after each quarter | 1 | 2 | 3 | 4 | at most meanwhile |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for grown in found:
        said = " | ".join(f"{each / MIB:+.1f}" for each in grown.quarters)
        lines.append(f"| {grown.what} | {said} | {grown.most / MIB:+.1f} |")
    return "\n".join(lines)


def main() -> int:
    """Do the work, print the table, and write it to bench/out."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small part of each")
    parser.add_argument("--sessions", type=int, default=0)
    parser.add_argument("--shapes", type=int, default=0)
    parser.add_argument("--gib", type=float, default=0.0, help="of the long result")
    said = parser.parse_args()
    sessions, texts, gib = (100, 400, 0.25) if said.quick else (1_000, 40_000, 10.0)
    with stage() as on:
        fill(on, 1)
        (target,) = on.named("proctor")
        found = [
            dropped(on, target, said.sessions or sessions),
            crowds(on, target, said.sessions or sessions),
            slow(on, target, int((said.gib or gib) * (1 << 30))),
            shapes(on, target, said.shapes or texts),
        ]
    print(table(found))
    OUT.mkdir(exist_ok=True)
    path = OUT / "memory.json"
    path.write_text(json.dumps({"machine": machine(), "grown": [asdict(each) for each in found]}, indent=1) + "\n")
    print(f"\nall figures are in {os.path.relpath(path)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
