"""What a worker keeps has a bound: a client that does not read, a database that does not take, sessions that come and go.

Sizes are asserted, never times: the most memory that the workers had, and what they have in the end.
"""

from __future__ import annotations

import socket
from struct import pack

import pytest

from bench.memory import MIB, Peak, own, workers
from tests.databases import raw
from tests.databases.lab import Lab, until

ROWS, WIDTH = 12_000, 8_000
RESULT = ROWS * WIDTH  # some 96 MB
SOME = 24 * MIB  # more than buffers, parser and rules take, and much less than the result


def peak_of(stage: Lab) -> Peak:
    return Peak([process.pid for process in workers(stage.gateway.pid)])


def waits(watcher: raw.Raw, mark: str, event: str) -> bool:
    """Tell whether the server waits in that way in the statement with the mark."""
    said = watcher.query(
        f"select 1 from pg_stat_activity where query like '%{mark}%' and wait_event = '{event}' and pid <> pg_backend_pid()"
    )
    return any(tag == b"D" for tag, _ in said)


def drained(client: raw.Raw) -> tuple[int, bytes]:
    """Read to the end of the answer without keeping it; return how many bytes came, and the last message."""
    total, tail = 0, b""
    while tail[-6:-1] != b"Z\0\0\0\x05":
        got = client.socket.recv(MIB)
        assert got, "the session ended"
        total, tail = total + len(got), (tail + got)[-64:]
    return total, tail


@pytest.mark.parametrize("statement", [
    f"select /* slow reader */ repeat('x', {WIDTH}) from generate_series(1, {ROWS})",
    f"copy (select /* slow reader */ repeat('x', {WIDTH}) from generate_series(1, {ROWS})) to stdout",
])  # fmt: skip
def test_a_long_result_for_a_client_that_does_not_read_waits_in_the_database(stage: Lab, statement: str) -> None:
    with stage.raw() as client, stage.raw_direct() as watcher:
        client.query("select 1")
        peak = peak_of(stage)
        client.send(raw.query(statement))
        until(lambda: waits(watcher, "slow reader", "ClientWrite"))
        total, tail = drained(client)
        assert total > RESULT
        assert tail.endswith(b"I")
        assert peak.more < SOME


def test_what_a_client_sends_to_a_database_that_does_not_take_it_waits_with_the_client(stage: Lab) -> None:
    """The first row meets a lock of somebody else's: the rest of a COPY cannot go on."""
    stage.run("create table slow_sink (body text)")
    stage.run("""
        create function wait_for_the_key() returns trigger language plpgsql as
          $$ begin perform pg_advisory_xact_lock(4711); return new; end $$;
        create trigger waits before insert on slow_sink for each row execute function wait_for_the_key();
        alter table slow_sink owner to app""")
    piece = raw.frame(b"d", (b"x" * WIDTH + b"\n") * 8)
    with stage.raw_direct() as holder, stage.raw() as client:
        holder.query("select pg_advisory_lock(4711)")
        peak = peak_of(stage)
        client.send(raw.query("copy slow_sink from stdin"))
        client.until(b"G")
        client.socket.setblocking(False)
        sent = at = stuck = 0
        while sent < ROWS // 8 and stuck < 20:
            try:
                at += client.socket.send(piece[at:])
            except BlockingIOError:
                stuck = stuck + 1 if waits(holder, "copy slow_sink", "advisory") else 0
                continue
            stuck = 0
            if at == len(piece):
                sent, at = sent + 1, 0
        assert sent < ROWS // 8, "all of it went somewhere while the database took nothing"
        assert peak.more < SOME
        client.socket.settimeout(raw.DEADLINE)
        holder.query("select pg_advisory_unlock(4711)")
        client.send(piece[at:] + raw.frame(b"c"))
        client.until(b"Z")
        assert (b"C", f"COPY {(sent + 1) * 8}\0".encode()) in client.transcript
    stage.run("drop table slow_sink; drop function wait_for_the_key()")


def gone(sock: socket.socket) -> None:
    """Close as a process does that was killed: with a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pack("ii", 1, 0))
    sock.close()


def test_a_thousand_connections_that_are_dropped_leave_nothing_open_and_nothing_behind(stage: Lab) -> None:
    """Before they have said anything, in the middle of the start-up packet, and in the middle of an answer."""

    def files() -> int:
        return sum(process.num_fds() for process in workers(stage.gateway.pid))

    def drop(count: int) -> None:
        for number in range(count):
            with socket.create_connection(stage.through) as stranger:
                if number % 2:
                    stranger.sendall(pack("!ii", 100, raw.PROTOCOL) + b"user\0ada\0")
                if number % 3 == 0:
                    gone(stranger)
            if number % 40 == 0:
                client = stage.raw()
                client.send(raw.query("select repeat('x', 1000) from generate_series(1, 2000)"))
                client.read()
                gone(client.socket)

    with stage.raw() as first:
        first.query("select 1")
    drop(100)
    until(
        lambda: (
            not stage.run(
                "select 1 from pg_stat_activity where query like '%generate_series(1, 2000)%' and state = 'active' and pid <> pg_backend_pid()"
            )
        )
    )
    opened, had = files(), own(stage.gateway.pid)
    drop(1000)
    until(lambda: files() <= opened + 8)
    assert own(stage.gateway.pid) - had < 8 * MIB
