"""What an approver is shown of a held statement: what it is, what it touches, and what trying it has shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest

from demo.postgres import ThrowawayPostgres
from tests.databases.lab import PEOPLE, Lab, lab, until
from tests.databases.test_approvals import asks, bot

MORE = """
create table accounts (id int primary key, full_name text, email text, points int not null default 0);
insert into accounts select n, 'Person ' || n, 'person' || n || '@example.com', n * 10 from generate_series(1, 50) n;
create table watched (id int primary key, n int);
create function ring() returns trigger language plpgsql as 'begin return new; end';
create trigger bell before update on watched for each row execute function ring();
insert into watched values (1, 1);
create table loose (id int, note text);
insert into loose values (1, 'a'), (1, 'b');
create view rich as select * from accounts where points > 100;
create table parent (id int primary key);
create table child (parent int references parent on delete cascade, n int);
create trigger bell before delete on child for each row execute function ring();
insert into parent values (1); insert into child values (1, 1);
analyze;
"""


@pytest.fixture(scope="module")
def house(postgres: ThrowawayPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab(postgres, tmp_path_factory.mktemp("tried"), wait="0s", shop="dry_run = true") as made:
        with psycopg.connect(made.direct_dsn("shop"), autocommit=True) as owner:
            owner.execute(MORE.encode())
        yield made


@pytest.fixture(scope="module")
def careful(postgres: ThrowawayPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab(postgres, tmp_path_factory.mktemp("careful"), wait="0s") as made:
        yield made


def asked(house: Lab, ticket: str, person: str) -> dict[str, Any]:
    host, port = house.gateway.console
    where = f"http://{host}:{port}/api/v1/approvals/{ticket}"
    said = httpx.get(where, auth=(person, PEOPLE[person]), trust_env=False)
    assert said.status_code == 200, said.text
    return dict(said.json())


def shown(house: Lab, ticket: str, *, person: str = "dana") -> dict[str, Any]:
    """Return a ticket as this person sees it, once the database was asked."""
    until(lambda: asked(house, ticket, "dana")["proposal"]["impact"])
    return asked(house, ticket, person)


def held(house: Lab, statement: str, parameters: tuple[object, ...] | None = None, **more: str) -> str:
    with bot(house, **more) as session:
        return asks(session, statement, parameters)


def test_an_approver_sees_who_asks_what_for_whom_and_by_which_rule(house: Lab) -> None:
    ticket = held(house, "update accounts set points=points+1 where id=%s", (7,), options="-c proctor.reason=INC-42")
    seen = shown(house, ticket)
    assert (seen["requester"], seen["on_behalf_of"], seen["reason"]) == ("copilot", "ada", "INC-42")
    proposal = seen["proposal"]
    assert proposal["statement"] == "UPDATE accounts\nSET points = points + 1\nWHERE id = $1;"
    assert [rule["id"] for rule in proposal["rules"]] == ["agent-writes"]
    touched = {(touch["action"], touch["object"]) for touch in proposal["touches"]}
    assert ("update", "public.accounts") in touched
    assert any("accounts" in line for line in proposal["impact"]["plan"])


def test_a_literal_is_for_the_approver_and_not_for_the_journal(house: Lab) -> None:
    ticket = held(house, "update accounts set full_name = 'Zorro' where id = 3")
    assert "'Zorro'" in shown(house, ticket)["proposal"]["statement"]
    assert house.recorded("ticket.opened", ticket=ticket)
    assert "Zorro" not in str(house.records())


def test_the_trial_counts_rows_and_shows_some_masked_before_and_after(house: Lab) -> None:
    ticket = held(house, "update accounts set points = 0 where id between 2 and 9")
    proposal = shown(house, ticket)["proposal"]
    assert (proposal["impact"]["rows"], proposal["impact"]["whynot"]) == (8, "")
    sample = proposal["sample"]
    assert sample["columns"] == ["id", "full_name", "email", "points"]
    assert [row[0] for row in sample["before"]] == [row[0] for row in sample["after"]] == ["2", "3", "4", "5", "6"]
    assert [row[3] for row in sample["before"]] == ["20", "30", "40", "50", "60"]
    assert {row[3] for row in sample["after"]} == {"0"}
    assert {"full_name", "email"} <= set(sample["masked"])
    assert "person2@example.com" not in str(sample)
    assert "Person 2" not in str(sample)
    assert house.run("select sum(points) from accounts", "shop")[0][0] == 12750, "it was taken back"
    assert house.recorded("ticket.rehearsed", ticket=ticket)
    printed = house.ask("approvals", "show", ticket, person="dana").out
    assert "would change 8 rows" in printed
    assert "agent-writes" in printed


def test_a_delete_shows_what_would_be_gone_and_an_insert_what_would_come(house: Lab) -> None:
    gone = shown(house, held(house, "delete from accounts where id = 50"))["proposal"]
    assert (gone["impact"]["rows"], len(gone["sample"]["before"]), gone["sample"]["after"]) == (1, 1, [])
    come = shown(house, held(house, "insert into loose values (5, 'x'), (6, 'y')"))["proposal"]
    assert (come["impact"]["rows"], come["sample"]["before"]) == (2, [])
    assert house.run("select count(*) from loose", "shop")[0][0] == 2


def test_parameters_in_binary_are_tried_as_they_came(house: Lab) -> None:
    ticket = held(house, "update accounts set points = %b where id = %b", (5, 4))
    assert shown(house, ticket)["proposal"]["impact"]["rows"] == 1


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        pytest.param("update watched set n = 2 where id = 1", "has triggers", id="a trigger"),
        pytest.param("delete from parent where id = 1", "has triggers", id="a trigger where deleting cascades"),
        pytest.param("insert into orders (customer) values (1)", "counts up a sequence", id="a sequence"),
        pytest.param("update orders set id = default where id = 1", "defaults", id="a default"),
        pytest.param("update rich set points = 1 where id = 20", "something else than a table", id="a view"),
        pytest.param("insert into accounts values (1, 'x', 'y', 3)", "SQLSTATE 23505", id="what would fail"),
        pytest.param("create table more (id int)", "no INSERT, UPDATE or DELETE", id="structure"),
    ],
)
def test_what_must_not_be_tried_is_not_and_says_why(house: Lab, statement: str, why: str) -> None:
    impact = shown(house, held(house, statement))["proposal"]["impact"]
    assert impact["rows"] is None
    assert why in impact["whynot"]


def test_a_row_that_somebody_has_locked_is_not_waited_for(house: Lab) -> None:
    with psycopg.connect(house.direct_dsn("shop")) as other:
        other.execute("update accounts set points = 1 where id = 40")
        impact = shown(house, held(house, "update accounts set points = 2 where id = 40"))["proposal"]["impact"]
        other.rollback()
    assert impact["whynot"] == "rows of it are locked by somebody"


def test_a_row_without_a_key_is_counted_and_not_compared(house: Lab) -> None:
    proposal = shown(house, held(house, "update loose set note = 'c' where id = 1"))["proposal"]
    assert (proposal["impact"]["rows"], proposal["sample"]["before"], len(proposal["sample"]["after"])) == (2, [], 2)


def test_the_numbers_are_not_for_whoever_asked_nor_for_whom(house: Lab) -> None:
    """How many rows a condition meets is an answer that the rules have not let through."""
    ticket = held(house, "delete from accounts where id = 49")
    assert shown(house, ticket)["proposal"]["impact"]["rows"] == 1
    for person in ("copilot", "ada"):
        mine = shown(house, ticket, person=person)["proposal"]
        assert mine["statement"].startswith("DELETE")
        assert (mine["impact"], mine["sample"]) == (None, None)


def test_the_rows_are_forgotten_once_it_is_decided(house: Lab) -> None:
    ticket = held(house, "delete from accounts where id = 48")
    assert shown(house, ticket)["proposal"]["sample"]
    assert house.ask("approvals", "deny", ticket, person="dana").code == 0
    until(lambda: shown(house, ticket)["proposal"]["sample"] is None)
    assert shown(house, ticket)["proposal"]["impact"]["rows"] == 1


def test_what_a_statement_does_to_sensitive_columns_is_told(house: Lab) -> None:
    with psycopg.connect(house.dsn("ada", "shop"), autocommit=True) as session:
        ticket = asks(session, "create table mine as select id, email from customers")
    seen = shown(house, ticket)["proposal"]
    assert {
        "column": "public.customers.email",
        "class": "email",
        "becomes": "copied",
        "place": "public.mine.email",
    } in (seen["sensitive"])


def test_nothing_is_tried_where_nobody_has_said_so(careful: Lab) -> None:
    ticket = held(careful, "update orders set total = 1 where id = 1")
    impact = shown(careful, ticket)["proposal"]["impact"]
    assert (impact["rows"], impact["whynot"]) == (None, "dry_run is not set for this database")
    assert any("orders" in line for line in impact["plan"])
    assert [record for record in careful.records() if record["kind"] == "ticket.rehearsed"] == []
