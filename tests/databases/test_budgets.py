"""A budget of plain values is one for all workers of a house, survives a restart, and is on record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from demo.gateway import Gateway
from demo.postgres import ThrowawayPostgres
from tests.databases.lab import Lab, changed

BUDGET = """
@id("three-a-day")
@reason("three exact questions a day are ordinary work")
@hint("ask for fewer, or wait for the approval")
permit (principal is User, action == Action::"infer", resource)
when { context.use == "key" && context.probes <= 3 };
"""
ASKED = "select id from customers where email = %s"


@pytest.fixture
def house(postgres: ThrowawayPostgres, tmp_path: Path) -> Iterator[Lab]:
    settings = (("workers = 1", "workers = 2"), ('wait = "60s"', 'wait = "0s"'))
    with changed(postgres, tmp_path, *settings, rules=BUDGET) as made:
        yield made


def session(house: Lab) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(house.dsn(database="shop"), autocommit=True)


def test_sessions_of_two_workers_spend_one_budget_and_a_restart_gives_none_back(house: Lab) -> None:
    with session(house) as one, session(house) as two:
        found = [
            each.execute(ASKED, (f"person{n}@example.com",)).fetchall() for n, each in ((7, one), (8, two), (0, one))
        ]
        assert found == [[(7,)], [(8,)], []]
        for each in (one, two):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="ticket"):
                each.execute(ASKED, ("person9@example.com",))
            assert each.execute("select count(*) from orders").fetchone() == (600,)
    house.gateway.stop()
    with Gateway(house.gateway.config) as again:
        house.gateway = again
        with session(house) as later, pytest.raises(psycopg.errors.InsufficientPrivilege):
            later.execute(ASKED, ("person9@example.com",))
    told = [record["probes"] for record in house.records() if record.get("probes")]
    assert told[:3] == [{"public.customers.email": n} for n in (1, 2, 3)]
