"""Sight of one column for a while, through real sessions: it comes with an approval and is gone at once when revoked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from demo.gateway import Said
from demo.postgres import ThrowawayPostgres
from tests.databases.lab import Lab, changed, lab, until
from tests.databases.test_approvals import UPDATE, asks

COLUMN = "shop.public.customers.email"
SELECT = "select email from customers where id = 7"
TRUE = "person7@example.com"


@pytest.fixture(scope="module")
def house(postgres: ThrowawayPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab(postgres, tmp_path_factory.mktemp("grants"), wait="0s", workers=2) as made:
        yield made


def session(house: Lab, user: str) -> psycopg.Connection:
    return psycopg.connect(house.dsn(user, "shop"), autocommit=True)


def seen(session: psycopg.Connection) -> str:
    """Return what the session sees now; a grant that comes or goes just as it asks is a 40001, and it asks again."""
    while True:
        try:
            row = session.execute(SELECT).fetchone()
        except psycopg.errors.SerializationFailure:
            continue
        assert row is not None
        return str(row[0])


def requested(house: Lab, person: str, *, length: str = "30m") -> Said:
    words = ("grants", "request", COLUMN, "--for", length, "--because", "INC-42", "--json")
    return house.ask(*words, person=person)


def test_a_grant_is_asked_agreed_to_seen_and_revoked_in_open_sessions(house: Lab) -> None:
    with session(house, "ada") as ada, session(house, "ada") as other, session(house, "bob") as bob:
        masked = seen(ada)
        assert masked != TRUE
        (asked,) = requested(house, "ada").objects()
        grant = str(asked["id"])
        assert (asked["state"], asked["seconds"]) == ("pending", 1800)
        assert seen(ada) == masked
        own = house.ask("grants", "approve", grant, person="ada")
        assert (own.code, "their own" in own.text) == (1, True)
        given = house.ask("grants", "approve", grant, "--because", "go on", person="dana")
        assert given.code == 0, given.text
        until(lambda: seen(ada) == TRUE)
        until(lambda: seen(other) == TRUE)
        assert seen(bob) == masked
        assert ada.execute("select count(*) from customers where email = 'person7@example.com'").fetchone() == (1,)
        revoked = house.ask("grants", "revoke", grant, "--because", "done", person="dana")
        assert revoked.code == 0, revoked.text
        until(lambda: seen(ada) == masked)
        until(lambda: seen(other) == masked)
    kinds = [record["kind"] for record in house.records() if record.get("grant") == grant]
    assert sorted(map(str, kinds)) == ["grant.approved", "grant.requested", "grant.revoked"]
    shown = [r for r in house.records() if f"grant:{grant}" in r.get("decision", {}).get("rules", ())]  # type: ignore[attr-defined]
    assert shown
    assert all(record["shows"] == {"public.customers": ["email"]} for record in shown if record.get("shows"))


def test_an_agent_and_a_stranger_to_the_column_are_refused(house: Lab) -> None:
    assert "only people" in requested(house, "copilot").text
    wrong = house.ask("grants", "request", "shop.public.orders.total", "--because", "x", person="ada")
    assert (wrong.code, "is not sensitive" in wrong.text) == (1, True)
    missing = house.ask("grants", "request", "shop.public.orders.nothing", "--because", "x", person="ada")
    assert (missing.code, "no such column" in missing.text) == (1, True)


def test_a_grant_of_a_person_is_none_of_their_agents(house: Lab) -> None:
    (asked,) = requested(house, "ada").objects()
    assert house.ask("grants", "approve", str(asked["id"]), person="dana").code == 0
    with session(house, "copilot") as bot, session(house, "ada") as ada:
        until(lambda: seen(ada) == TRUE)
        assert seen(bot) != TRUE
    (mine,) = [
        each for each in house.ask("grants", "list", "--json", person="ada").objects() if each["state"] == "active"
    ]
    assert mine["id"] == asked["id"]
    assert house.ask("grants", "list", "--json", person="bob").objects() == []
    assert house.ask("grants", "revoke", str(asked["id"]), person="ada").code == 0


def replayed(house: Lab, rules: str) -> list[dict[str, object]]:
    """Return what other rules would have answered otherwise to the statements of the house's own journal."""
    folder = house.folder / "to-be"
    folder.mkdir(exist_ok=True)
    (folder / "more.cedar").write_text(rules)
    said = house.ask("policy", "replay", "--rules", str(folder), "--json")
    assert said.code == 0, said.text
    return said.objects()


def test_what_was_seen_under_a_grant_is_replayed_as_seen(house: Lab) -> None:
    """Other rules are asked about the statement with its grant: the same rules change nothing, and others what they say."""
    with session(house, "bob") as bob:
        (asked,) = requested(house, "bob").objects()
        grant = str(asked["id"])
        assert house.ask("grants", "approve", grant, person="dana").code == 0
        until(lambda: seen(bob) == TRUE)
        assert house.ask("grants", "revoke", grant, person="bob").code == 0
    (record, *_) = [r for r in house.recorded("statement.decided") if f"grant:{grant}" in r["decision"]["rules"]]  # type: ignore[index]
    assert record["basis"]["grants"] == {"public.customers.email": grant}  # type: ignore[index]
    assert replayed(house, "") == []
    no_bob = '@id("no-bob")\n@reason("on leave")\n@hint("")\nforbid (principal == User::"bob", action, resource);\n'
    changed = [line for line in replayed(house, no_bob) if f"grant:{grant}" in line["rules_before"]]  # type: ignore[operator]
    assert [(line["before"], line["after"], line["exact"]) for line in changed] == [("allow", "deny", True)]
    assert changed[0]["newly_masked"] == ["public.customers.email"]
    unrelated = '@id("calm")\n@reason("fine")\n@hint("")\npermit (principal == User::"bob", action == Action::"unmask", resource) when { resource.class == "person_name" };\n'
    assert [line for line in replayed(house, unrelated) if f"grant:{grant}" in line["rules_before"]] == []  # type: ignore[operator]


def test_who_agrees_to_grants_and_how_many_approve_is_what_the_settings_say(
    postgres: ThrowawayPostgres, tmp_path: Path
) -> None:
    settings = '[approvals]\napprovers = ["dba", "security"]\nquorum = 2'
    grants = '[approvals.grants]\napprovers = ["security"]\nquorum = 1\n[limits]'
    replacements = (("[approvals]", settings), ("[limits]", grants), ('wait = "60s"', 'wait = "0s"'))
    with changed(postgres, tmp_path, *replacements) as made, session(made, "ada") as ada:
        masked = seen(ada)
        (asked,) = requested(made, "ada").objects()
        refused = made.ask("grants", "approve", str(asked["id"]), person="dana")
        assert (refused.code, "members of security" in refused.text) == (1, True)
        assert made.ask("grants", "approve", str(asked["id"]), person="sid").code == 0
        until(lambda: seen(ada) != masked)
        with session(made, "copilot") as bot:
            ticket = asks(bot, UPDATE)
            assert made.ask("approvals", "approve", ticket, person="dana").code == 0
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match=ticket):
                bot.execute(UPDATE)
            assert made.ask("approvals", "approve", ticket, person="sid").code == 0
            assert bot.execute(UPDATE).statusmessage == "UPDATE 1"
