"""What is played in a world: statements and protocol messages, in a transaction that is taken back at the end."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from tests.corpus.client import Client

_NOTHING = b"\0\0"


@dataclass(frozen=True)
class Ask:
    """A simple query."""

    sql: str


@dataclass(frozen=True)
class Run:
    """A statement through the extended protocol: its result formats, how many rows at a time, and described or not."""

    sql: str
    binary: bool = False
    rows: int = 0
    described: bool = True


Script = tuple[Ask | Run, ...]


def play(client: Client, script: Script) -> None:
    """Play a script and take back what it did."""
    client.ask("begin")
    for step in script:
        if isinstance(step, Ask):
            client.ask(step.sql)
        else:
            _run(client, step)
    client.ask("rollback")


def _run(client: Client, step: Run) -> None:
    client.send(b"P", b"\0" + step.sql.encode() + b"\0" + _NOTHING)
    formats = struct.pack("!hh", 1, 1) if step.binary else _NOTHING
    client.send(b"B", b"\0\0" + _NOTHING + _NOTHING + formats)
    if step.described:
        client.send(b"D", b"P\0")
    client.send(b"E", b"\0" + struct.pack("!i", step.rows))
    if step.rows:
        client.send(b"E", b"\0" + struct.pack("!i", 0))
    client.send(b"S")
    client.listen()
