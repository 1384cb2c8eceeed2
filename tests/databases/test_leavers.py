"""Somebody leaves the company: the directory says so by SCIM, and what they had open ends, through real sessions."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import psycopg
import pytest

from demo.postgres import ThrowawayPostgres
from tests.databases.lab import Lab, lab, until

TOKEN = "0123456789abcdef0123456789abcdef"
SCIM = f"""
[scim]
token = "{TOKEN}"
groups = {{ "Database Admins" = "dba" }}
"""
USERS, GROUPS = "/scim/v2/Users", "/scim/v2/Groups"


@pytest.fixture(scope="module")
def house(postgres: ThrowawayPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab(postgres, tmp_path_factory.mktemp("leavers"), workers=2, shop=SCIM) as made:
        yield made


@pytest.fixture
def directory(house: Lab) -> Iterator[httpx.Client]:
    host, port = house.gateway.console
    with httpx.Client(base_url=f"http://{host}:{port}", headers={"authorization": f"Bearer {TOKEN}"}) as client:
        yield client


def known(directory: httpx.Client, name: str) -> str:
    """Return the id of a user whom the directory tells of now."""
    answer = directory.post(USERS, json={"userName": name})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def session(house: Lab, user: str) -> psycopg.Connection:
    return psycopg.connect(house.dsn(user, "shop"), autocommit=True)


def ended(open_session: psycopg.Connection) -> bool:
    """Say whether the gateway has ended this session."""
    try:
        open_session.execute("select 1")
    except psycopg.OperationalError:
        return True
    return False


def test_a_leavers_sessions_and_those_of_their_agents_end_and_nobody_of_them_comes_back(
    house: Lab, directory: httpx.Client
) -> None:
    ada = known(directory, "ada")
    with session(house, "bob") as bob:
        own, agents = session(house, "ada"), session(house, "copilot")
        assert directory.delete(f"{USERS}/{ada}").status_code == 204
        # The answer comes when they have ended, and says so on the record.
        assert ended(own)
        assert ended(agents)
        assert not ended(bob)
    for user in ("ada", "copilot"):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            session(house, user)
    (done,) = house.recorded("operator.call", action="scim.users.remove", outcome="done")
    details = done["details"]
    assert isinstance(details, dict)
    assert (details["sessions_ended"], details["sessions_left"]) == ("2", "0")
    assert int(details["took_ms"]) >= 0
    failed = house.recorded("login.failed", why="the directory says that they have left")
    assert {record["claimed"] for record in failed} == {"ada", "copilot"}
    known(directory, "ada")
    with session(house, "ada") as again:
        assert not ended(again)


def test_a_group_of_the_directory_lets_somebody_approve_and_its_loss_ends_what_rests_on_it(
    house: Lab, directory: httpx.Client
) -> None:
    bob = known(directory, "bob")
    group = directory.post(GROUPS, json={"displayName": "Database Admins", "members": [{"value": bob}]}).json()
    with session(house, "bob") as before:
        assert not ended(before)
        seen = house.recorded("session.opened")
        assert any(_groups(record) == ["dba", "engineering"] for record in seen)
        leaving = {"op": "remove", "path": f'members[value eq "{bob}"]'}
        answer = directory.patch(f"{GROUPS}/{group['id']}", json={"Operations": [leaving]})
        assert answer.status_code == 200, answer.text
        assert ended(before)
    with session(house, "bob") as after:
        assert not ended(after)
    until(lambda: any(_groups(record) == ["engineering"] for record in house.recorded("session.opened")))


def _groups(record: dict[str, object]) -> object:
    who = record["who"]
    assert isinstance(who, dict)
    return who.get("groups") if who.get("subject") == "bob" else None
