"""Through a load balancer to the gateway, and from the gateway to the host of several that serves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from demo.postgres import ThrowawayPostgres
from tests.databases import raw
from tests.databases.lab import PEOPLE, Lab, changed, until

INTRODUCED = b"PROXY TCP4 %b 127.0.0.1 50123 6432\r\n"


# ---- proxy_protocol


@pytest.fixture(scope="module")
def balanced(postgres: ThrowawayPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("balanced")
    with changed(postgres, folder, ("workers = 1", 'workers = 1\nproxy_protocol = ["127.0.0.0/8"]')) as made:
        yield made


def knock(house: Lab, header: bytes) -> raw.Raw:
    """Connect as a load balancer would, and log in as its client."""
    made = raw.Raw(house.through)
    made.send(header)
    made.start("ada", "plain")
    made.prove(PEOPLE["ada"])
    return made


def test_the_client_behind_a_load_balancer_is_on_record_by_its_own_address(balanced: Lab) -> None:
    with knock(balanced, INTRODUCED % b"127.9.9.9") as client:
        assert raw.rows(client.query("select 7")) == [(b"7",)]
        session = balanced.recorded("session.opened", **{"from": {"address": "127.9.9.9:50123"}})
        assert session[0]["who"]["subject"] == "ada"  # type: ignore[index]


def test_a_balancer_that_speaks_for_itself_is_known_by_its_own_address(balanced: Lab) -> None:
    with knock(balanced, b"PROXY UNKNOWN\r\n") as client:
        assert raw.rows(client.query("select 8")) == [(b"8",)]


def test_whoever_has_to_introduce_somebody_and_does_not_is_hung_up_on(balanced: Lab) -> None:
    """Otherwise a client that reaches the gateway past the balancer could write the header itself."""
    client = raw.Raw(balanced.through)
    client.start("ada", "plain")
    assert client.rest() == []


def test_a_client_from_elsewhere_needs_tls_even_if_its_balancer_is_on_this_machine(balanced: Lab) -> None:
    client = raw.Raw(balanced.through)
    client.send(INTRODUCED % b"203.0.113.7")
    client.start("ada", "plain")
    (error,) = raw.errors(client.rest())
    assert (error["C"], "TLS" in error["M"]) == ("28000", True)


def test_nobody_else_may_introduce_anybody(postgres: ThrowawayPostgres, tmp_path: Path) -> None:
    other = ("workers = 1", 'workers = 1\nproxy_protocol = ["10.0.0.0/8"]')
    with changed(postgres, tmp_path, other) as house:
        client = raw.Raw(house.through)
        client.send(INTRODUCED % b"10.1.2.3")
        assert [error["C"] for error in raw.errors(client.rest())] in (["08P01"], [])
        with psycopg.connect(house.dsn()) as plain:
            assert plain.execute("select 9").fetchone() == (9,)


# ---- several hosts

NOBODY = "127.0.0.9"  # the server listens at 127.0.0.1 alone


@contextmanager
def several(postgres: ThrowawayPostgres, folder: Path, attrs: str) -> Iterator[Lab]:
    hosts = f'host = ["{NOBODY}", "127.0.0.1"]\ntarget_session_attrs = "{attrs}"'
    with changed(postgres, folder, ('host = "127.0.0.1"', hosts)) as made:
        yield made


def test_the_first_host_that_answers_serves_and_hears_cancels(postgres: ThrowawayPostgres, tmp_path: Path) -> None:
    with several(postgres, tmp_path, "read-write") as house, house.raw() as client:
        assert raw.rows(client.query("select count(*) from parts")) == [(b"200",)]
        client.send(raw.query("select pg_sleep(20)"))
        asleep = "select 1 from pg_stat_activity where query = 'select pg_sleep(20)' and state = 'active'"
        until(lambda: house.run(asleep))
        raw.cancel(house.through, client.pid, client.secret)
        assert [error["C"] for error in raw.errors(client.until(b"Z"))] == ["57014"]


def test_a_host_that_is_not_what_was_asked_for_does_not_serve(postgres: ThrowawayPostgres, tmp_path: Path) -> None:
    with several(postgres, tmp_path, "standby") as house:
        with pytest.raises(psycopg.OperationalError, match="no host of the database behind .plain. is standby"):
            psycopg.connect(house.dsn())
        with psycopg.connect(house.dsn(database="shop")) as other:
            assert other.execute("select 1").fetchone() == (1,)


def test_a_standby_is_preferred_and_not_demanded(postgres: ThrowawayPostgres, tmp_path: Path) -> None:
    with several(postgres, tmp_path, "prefer-standby") as house, psycopg.connect(house.dsn()) as client:
        assert client.execute("select 1").fetchone() == (1,)
