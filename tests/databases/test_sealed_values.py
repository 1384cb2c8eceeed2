"""What was asked is on record without its values; who may reveal gets them back, and nobody else does."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from demo.gateway import Said
from demo.postgres import ThrowawayPostgres
from tests.databases.lab import Lab, lab

SECRETS = ("part 4711", "bound-0815", "ada@example.org")


@pytest.fixture(scope="module")
def house(postgres: ThrowawayPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab(postgres, tmp_path_factory.mktemp("sealed")) as made:
        with psycopg.connect(made.dsn(), autocommit=True) as ada:
            ada.execute(
                "select label from parts where label = 'part 4711' or label = %s", ("bound-0815",), prepare=True
            )
        with psycopg.connect(made.dsn(database="shop"), autocommit=True) as ada, pytest.raises(psycopg.Error):
            ada.execute("select created from customers where email = 'ada@example.org'")
        yield made


def by_sid(house: Lab, *words: str, person: str = "sid") -> Said:
    """Ask the running gateway as somebody of security."""
    url = "http://{}:{}".format(*house.gateway.console)
    return house.ask("audit", *words, "--because", "INC-42", "--url", url, person=person)


def place(house: Lab, text: str) -> str:
    found = [
        record
        for record in house.recorded("statement.decided")
        if str(record["statement"]["text"]).startswith(text)  # type: ignore[index]
    ]
    return f"{found[0]['shard']}:{found[0]['seq']}"


def test_the_values_are_in_no_file_of_the_state(house: Lab) -> None:
    assert house.recorded("statement.decided")
    for path in [path for name in ("journal", "log", "vault") for path in (house.folder / "state" / name).rglob("*")]:
        if path.is_file():
            content = path.read_bytes()
            assert not any(secret.encode() in content for secret in SECRETS), path


def test_who_may_reveal_gets_the_statement_as_it_came(house: Lab) -> None:
    where = place(house, "select label from parts where label = ? or")
    said = by_sid(house, "reveal", where, "--json")
    assert said.code == 0, said.text
    shown = said.objects()[0]
    assert shown["statement"] == "select label from parts where label = 'part 4711' or label = $1"
    assert shown["parameters"] == ["bound-0815"]
    calls = house.recorded("operator.call", action="audit.reveal", target=where)
    assert [call["outcome"] for call in calls] == ["asked", "done"]
    assert {call["because"] for call in calls} == {"INC-42"}


def test_who_may_not_reveal_gets_nothing(house: Lab) -> None:
    where = place(house, "select label from parts where label = ? or")
    said = by_sid(house, "reveal", where, person="dana")
    assert said.code != 0
    assert "for people of security" in said.text
    assert not any(secret in said.text for secret in SECRETS)


def test_what_was_compared_with_a_sensitive_column_is_revealed_to_nobody(house: Lab) -> None:
    where = place(house, "select created from customers")
    said = by_sid(house, "reveal", where)
    assert said.code != 0
    assert "only their digest was kept" in said.text


def test_after_an_erasure_the_log_verifies_and_new_statements_are_sealed_anew(house: Lab) -> None:
    before = place(house, "select label from parts where label = ? or")
    said = by_sid(house, "erase", "ada")
    assert said.code == 0, said.text
    assert "1 keys of ada are destroyed" in said.text
    gone = by_sid(house, "reveal", before)
    assert "its key was destroyed" in gone.text
    with psycopg.connect(house.dsn(), autocommit=True) as ada:
        ada.execute("select qty from parts where label = 'after'")
    fresh = place(house, "select qty from parts")
    shown = by_sid(house, "reveal", fresh)
    assert "label = 'after'" in shown.text
    assert house.ask("audit", "verify").code == 0
    assert house.recorded("subject.erased", subject="ada", keys=1)
