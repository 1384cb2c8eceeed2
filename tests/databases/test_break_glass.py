"""At night nobody is there to ask: the glass is broken, loudly, and somebody looks at it in the morning."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import psycopg
import pytest

from demo.postgres import ThrowawayPostgres
from tests.databases.lab import Lab, lab, until

RULE = """
@id("bob-on-call")
@reason("who is on call answers for it")
@hint("")
permit (principal == User::"bob", action == Action::"break_glass", resource);
"""


@pytest.fixture(scope="module")
def house(postgres: ThrowawayPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab(postgres, tmp_path_factory.mktemp("glass"), wait="0s") as made:
        (made.folder / "rules" / "glass.cedar").write_text(RULE)
        os.kill(made.gateway.pid, signal.SIGHUP)
        until(lambda: [r for r in made.records() if r["kind"] == "rules.loaded" and r["shard"] == "worker-0"][1:])
        yield made


def session(house: Lab, user: str, **more: str) -> psycopg.Connection:
    return psycopg.connect(house.dsn(user, "shop", **more), autocommit=True)


def test_the_glass_breaks_for_whoever_has_the_right_and_a_reason_and_waits_for_a_review(house: Lab) -> None:
    house.run("create table bloated (id int); alter table bloated owner to app", "shop")
    heard: list[str] = []
    with session(house, "bob", options="-c proctor.reason=INC-42") as bob:
        bob.add_notice_handler(lambda notice: heard.append(notice.message_primary or ""))
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="refused"):
            bob.execute("drop table bloated")
        bob.execute("set proctor.break_glass = 'on'")
        bob.execute("drop table bloated")
        assert bob.execute("select email from customers where id = 1").fetchone() != ("person1@example.com",)
    assert house.run("select to_regclass('bloated')::text", "shop") == [(None,)]
    (loud,) = [line for line in heard if "glass is broken" in line]
    ticket = loud.rpartition(" ")[2]
    (record,) = house.recorded("glass.broken", ticket=ticket)
    assert (record["requester"], record["because"]) == ("bob", "INC-42")
    assert record["rules"][0] == "destroys"  # type: ignore[index]
    (decided,) = house.recorded("statement.decided", ticket=ticket)
    assert decided["decision"]["verdict"] == "allow"  # type: ignore[index]

    def waits() -> list[str]:
        return [str(each["id"]) for each in house.ask("approvals", "review", "--json", person="dana").objects()]

    assert waits() == [ticket]
    mine = house.ask("approvals", "review", ticket, "--because", "it was fine", person="bob")
    assert (mine.code, "does not review it" in mine.text) == (1, True)
    silent = house.ask("approvals", "review", ticket, person="dana")
    assert (silent.code, "a review without a word is none" in silent.text) == (1, True)
    done = house.ask("approvals", "review", ticket, "--because", "the right table", person="dana")
    assert done.code == 0, done.text
    assert waits() == []
    (reviewed,) = house.recorded("glass.reviewed", ticket=ticket)
    assert (reviewed["by"], reviewed["because"]) == ("dana", "the right table")


def test_the_glass_stays_whole_for_everybody_else(house: Lab) -> None:
    for user in ("ada", "copilot"):
        with (
            session(house, user, options="-c proctor.reason=INC-42 -c proctor.break_glass=on") as other,
            pytest.raises(psycopg.errors.InsufficientPrivilege, match="refused"),
        ):
            other.execute("truncate orders")
    with (
        session(house, "bob", options="-c proctor.break_glass=on") as bob,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="refused"),
    ):
        bob.execute("truncate orders")
    assert house.run("select count(*) from orders", "shop")[0][0] == 600


def test_a_prepared_statement_breaks_the_glass_each_time_it_runs(house: Lab) -> None:
    before = len([record for record in house.records() if record["kind"] == "glass.broken"])
    with session(house, "bob", options="-c proctor.reason=INC-43 -c proctor.break_glass=on") as bob:
        for _ in range(2):
            bob.execute("update orders set state = %s", ("late",), prepare=True)
    until(lambda: len([r for r in house.records() if r["kind"] == "glass.broken"]) == before + 2)


def test_what_ran_behind_broken_glass_is_replayed_as_run(house: Lab) -> None:
    """The record says that the glass was broken: the rules of then let it run again, and without bob's right none do."""
    with session(house, "bob", options="-c proctor.reason=INC-44 -c proctor.break_glass=on") as bob:
        assert bob.execute("delete from orders where id > 0 and true").rowcount >= 0
        bob.execute("alter table orders rename to orders_then; alter table orders_then rename to orders")
    folder = house.folder / "to-be"
    folder.mkdir(exist_ok=True)
    same = house.ask("policy", "replay", "--rules", str(house.folder / "rules"), "--json")
    assert (same.code, same.objects()) == (0, []), same.text
    without = house.ask("policy", "replay", "--rules", str(folder), "--json")
    broken = [line for line in without.objects() if "bob-on-call" in line["rules_before"]]  # type: ignore[operator]
    assert broken
    assert {(line["before"], line["exact"]) for line in broken} == {("allow", True)}
    assert "allow" not in {line["after"] for line in broken}
