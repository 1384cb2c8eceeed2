"""Agents as they are registered, with a real driver: what they may, until when, and who stands behind them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from demo.postgres import ThrowawayPostgres
from tests.databases.lab import Lab, changed, until

COPILOT = 'copilot = { owner = "ada", password = "copilot-pw" }'
REGISTERED = (
    'copilot = { owner = "ada", password = "copilot-pw", purpose = "answers questions", model = "m-1", version = "7", '
    'databases = ["shop"], actions = ["read", "update"] }'
)


@pytest.fixture(scope="module")
def house(postgres: ThrowawayPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with changed(postgres, tmp_path_factory.mktemp("agents"), (COPILOT, REGISTERED), ('wait = "60s"', 'wait = "0s"')) as made:  # fmt: skip
        yield made


def bot(house: Lab, database: str = "shop") -> psycopg.Connection:
    return psycopg.connect(house.dsn("copilot", database), autocommit=True)


def reloaded(house: Lab, before: str, after: str) -> None:
    """Write other settings, and let the gateway take them in."""
    config: Path = house.gateway.config
    text = config.read_text()
    assert before in text
    config.write_text(text.replace(before, after, 1))
    os.kill(house.gateway.pid, signal.SIGHUP)


def refused(session: psycopg.Connection, statement: str) -> str:
    with pytest.raises(psycopg.errors.InsufficientPrivilege) as caught:
        session.execute(statement.encode())
    return f"{caught.value.diag.message_primary} {caught.value.diag.message_detail}"


def test_a_registered_agent_does_what_it_is_registered_for(house: Lab) -> None:
    with bot(house) as session:
        assert session.execute("select count(*) from orders").fetchone() == (600,)
        assert "held for approval" in refused(session, "update orders set total = 1 where id = 1")
        assert "not registered to delete" in refused(session, "delete from orders where id = 1")
        assert "Rule agent-registration decided" in refused(session, "create table mine (id int)")
    with bot(house, "plain") as session:
        assert "not registered for the database plain" in refused(session, "select 1")
    (opened, *_) = house.recorded("session.opened", database="shop")
    assert opened["agent"] == {"purpose": "answers questions", "model": "m-1", "version": "7"}
    assert opened["who"] == {
        "subject": "copilot", "kind": "agent", "proof": "scram-sha-256", "on_behalf_of": "ada",
        "person_groups": ["engineering"], "model": "m-1", "version": "7",
    }  # fmt: skip


def test_a_budget_is_of_all_sessions_and_somebody_is_asked_about_the_rest(
    postgres: ThrowawayPostgres, tmp_path: Path
) -> None:
    budget = COPILOT.replace(" }", ", budget = { statements = 2 } }")
    cost = 'tasks = ["billing"], budget = { cost = 600 } }'
    others = ((COPILOT, budget), ('tasks = ["billing"] }', cost), ('wait = "60s"', 'wait = "0s"'))
    with changed(postgres, tmp_path, *others) as small:
        for _ in range(2):
            with bot(small) as session:
                assert session.execute("select count(*) from orders").fetchone() == (600,)
        with bot(small) as session:
            said = refused(session, "select count(*) from orders")
            assert "held for approval: the agent's budget of 2 statements a day is used up" in said
            assert "Rule agent-budget holds it" in said
            (ticket,) = small.tickets()
            assert small.ask("approvals", "approve", str(ticket["id"]), person="dana").code == 0
            assert session.execute("select count(*) from orders").fetchone() == (600,)
            assert "is used up" in refused(session, "select count(*) from orders")
        with psycopg.connect(small.dsn("clerk", "shop", options="-c proctor.task=billing"), autocommit=True) as clerk:
            assert clerk.execute("select count(*) from orders").fetchone() == (600,), "one row is given, 600 are read"
            said = refused(clerk, "select id, total from orders")
            assert "the agent's budget of 600 rows that statements were expected to read a day is used up" in said


def test_the_session_of_an_agent_ends_when_its_owner_is_disabled_and_neither_comes_back(house: Lab) -> None:
    session = bot(house)
    assert session.execute("select 1").fetchone() == (1,)
    ada = 'ada = { groups = ["engineering"], password = "ada-pw"'
    reloaded(house, ada + " }", ada + ", enabled = false }")
    until(lambda: house.recorded("session.closed", why="terminating connection: copilot is not let in any more: the person it acts for is disabled"))  # fmt: skip
    with pytest.raises(psycopg.OperationalError, match="the person it acts for is disabled"):
        session.execute("select 1")
    for name in ("copilot", "ada"):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(house.dsn(name, "shop"))
    whys = {str(record["claimed"]): record["why"] for record in house.recorded("login.failed")}
    assert whys == {"copilot": "the person it acts for is disabled", "ada": "it is disabled"}
    said = house.ask("approvals", "list", person="ada")
    assert said.code == 1
    reloaded(house, ada + ", enabled = false }", ada + " }")
    until(lambda: _lets_in(house))


def test_the_session_of_an_agent_ends_when_its_registration_does(house: Lab) -> None:
    until(lambda: _lets_in(house))
    session = bot(house)
    assert session.execute("select 1").fetchone() == (1,)
    purpose = 'purpose = "answers questions"'
    reloaded(house, purpose, purpose + ", expires = 2026-01-01T00:00:00Z")
    why = "terminating connection: copilot is not let in any more: its registration has expired"
    until(lambda: house.recorded("session.closed", why=why))
    with pytest.raises(psycopg.OperationalError, match="its registration has expired"):
        session.execute("select 1")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        bot(house)
    assert house.recorded("login.failed", why="its registration has expired")
    reloaded(house, ", expires = 2026-01-01T00:00:00Z", "")
    until(lambda: _lets_in(house))


def test_a_session_ends_when_its_agent_is_registered_for_something_else(house: Lab) -> None:
    session = bot(house)
    assert session.execute("select 1").fetchone() == (1,)
    reloaded(house, 'actions = ["read", "update"]', 'actions = ["read"]')
    until(lambda: _ended(session))
    with bot(house) as session:
        assert "not registered to update" in refused(session, "update orders set total = 1 where id = 1")


def _lets_in(house: Lab) -> bool:
    try:
        with bot(house):
            return True
    except psycopg.OperationalError:
        return False


def _ended(session: psycopg.Connection) -> bool:
    try:
        session.execute("select 1")
    except psycopg.OperationalError:
        return True
    return False
