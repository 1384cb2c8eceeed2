"""A stand-in for a database: it asks a real one each question once, and gives the same answer ever after.

So thousands of sessions need no process each, and an answer costs next to nothing: what stands in between can be seen
by itself. It listens on a Unix socket and asks for no password. Questions that differ only in six-digit numbers are one
question to it. It runs in a process of its own (`standing_in`), with its orders on standard input.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from struct import unpack_from
from typing import cast

import uvloop

from bench.login import Login
from demo.postgres import unprivileged

PORT = 5432  # only a name here: of the socket in its folder
MOST = 1 << 20
WHOLE = (b"Q"[0], b"S"[0])
LEAVES = b"X"[0]
NUMBERS = re.compile(rb"(?<!\d)\d{6}(?!\d)")


@dataclass(frozen=True)
class Orders:
    """Where it listens, and the database that it asks."""

    folder: str
    port: int
    database: str
    user: str
    password: str


class Original:
    """The real database, asked in whole questions."""

    def __init__(self, orders: Orders) -> None:
        self._socket = socket.create_connection(("127.0.0.1", orders.port), timeout=60)
        login = Login(orders.user, orders.database, orders.password)
        self._socket.sendall(login.first())
        while not login.ready:
            self._socket.sendall(login.feed(self._more()))
        self.greeting = b"R\0\0\0\x08\0\0\0\0" + b"".join(login.greeting) + b"Z\0\0\0\x05I"
        self._known: dict[bytes, bytes] = {}

    def answer(self, question: bytes) -> bytes:
        """Return the answer to a question that was asked before, or one like it; else ask it now."""
        known = self._known.get(question)
        if known is not None:
            return known
        alike = NUMBERS.sub(b"000000", question)
        known = self._known.get(alike)
        if known is None:
            self._socket.sendall(question)
            known = self._known[alike] = self._heard()
        return known

    def _heard(self) -> bytes:
        """Read up to where the server is ready for the next question."""
        held, at = b"", 0
        while True:
            held += self._more()
            while len(held) - at >= 5 and len(held) - at > (size := int(unpack_from("!i", held, at + 1)[0])):
                tag, at = held[at : at + 1], at + size + 1
                if tag == b"Z":
                    return held

    def _more(self) -> bytes:
        data = self._socket.recv(MOST)
        if not data:
            raise ConnectionResetError("the database left")
        return data


class Guest(asyncio.Protocol):
    """One session."""

    def __init__(self, original: Original) -> None:
        self._original = original
        self._welcomed = False
        self._held = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Answer each question that is whole."""
        assert self._transport is not None
        if not self._welcomed:
            self._welcomed = True  # a start-up packet comes whole, from those that are measured here
            self._transport.write(self._original.greeting)
            return
        if self._held:
            data, self._held = self._held + data, b""
        begin = at = 0
        while len(data) - at >= 5 and len(data) - at > (size := int(unpack_from("!i", data, at + 1)[0])):
            tag, at = data[at], at + size + 1
            if tag == LEAVES:
                self._transport.close()
                return
            if tag in WHOLE:
                self._transport.write(self._original.answer(data[begin:at]))
                begin = at
        self._held = data[begin:]


async def serve(orders: Orders) -> None:
    """Listen, and say so, until standard input ends."""
    loop = asyncio.get_running_loop()
    original = Original(orders)
    path = f"{orders.folder}/.s.PGSQL.{PORT}"
    server = await loop.create_unix_server(lambda: Guest(original), path, backlog=4096)
    os.chmod(path, 0o777)  # pgbouncer has an account of its own
    print("ready", flush=True)
    async with server:
        await loop.run_in_executor(None, sys.stdin.readline)


@dataclass(frozen=True)
class StandIn:
    """One at work: the folder of its socket, and its process."""

    folder: str
    pid: int


@contextmanager
def standing_in(port: int, database: str, user: str, password: str) -> Iterator[StandIn]:
    """Start a stand-in for the database on that port."""
    folder = tempfile.mkdtemp(prefix="proctor-standin-", dir="/var/tmp")
    account = unprivileged()
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)  # pgbouncer's, which must find the socket
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.standin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(json.dumps(asdict(Orders(folder, port, database, user, password))) + "\n")
        process.stdin.flush()
        if process.stdout.readline().strip() != "ready":
            raise RuntimeError("the stand-in for the database did not start")
        yield StandIn(folder, process.pid)
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    said = Orders(**json.loads(sys.stdin.readline()))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(said))
