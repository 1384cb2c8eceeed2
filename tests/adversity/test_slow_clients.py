"""A client that does not read: the database waits for it, and the gateway holds next to nothing meanwhile."""

from __future__ import annotations

from pathlib import Path

import psutil
import psycopg

from demo.postgres import ThrowawayPostgres
from tests.databases import raw
from tests.databases.lab import Lab, lab, until

MIB = 1024 * 1024
LARGE = 160 * MIB
MOST = 64 * MIB  # a worker may keep so much that is free
WAITS = "select wait_event = 'ClientWrite' from pg_stat_activity where application_name = 'slow'"
READS = (
    ("plain", "select p.label, repeat('x', 1000) from parts p, generate_series(1, 840)"),
    ("shop", "select c.email, repeat('x', 1000) from customers c, generate_series(1, 560)"),
    ("shop", "copy (select c.email, repeat('x', 1000) from customers c, generate_series(1, 560)) to stdout"),
)


def held(house: Lab) -> int:
    """Return the memory of the worker that carries the statements."""
    children = psutil.Process(house.gateway.pid).children()
    (worker,) = (each for each in children if any("app.worker" in word for word in each.cmdline()))
    return int(worker.memory_info().rss)


def read_all(slow: raw.Raw, house: Lab, before: int) -> int:
    """Read until nothing more comes but the end of the answer; return how many bytes there were."""
    size, end, most = 0, b"", 0
    while not end.endswith(b"Z\0\0\0\5I"):
        got = slow.socket.recv(MIB)
        assert got
        size, end = size + len(got), (end + got)[-6:]
        if size // (16 * MIB) != (size - len(got)) // (16 * MIB):
            most = max(most, held(house) - before)
    assert most < MOST, most
    return size


def test_a_large_answer_to_a_client_that_does_not_read_stays_in_the_database(
    postgres: ThrowawayPostgres, tmp_path: Path
) -> None:
    with lab(postgres, tmp_path) as house, psycopg.connect(house.direct_dsn(), autocommit=True) as beside:
        for database, text in READS:
            with house.raw("ada", database, application_name="slow") as slow:
                slow.query("select 1")
                before = held(house)
                slow.send(raw.query(text))
                until(lambda: beside.execute(WAITS).fetchone() == (True,))
                assert held(house) - before < MOST
                assert read_all(slow, house, before) > LARGE
            until(lambda: beside.execute(WAITS).fetchone() is None)
