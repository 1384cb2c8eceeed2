"""A denial, seen through psql: which rule, what to do or send instead, and whom to ask. And what it says does work."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from tests.databases.lab import PEOPLE, Lab

TIMEOUT = 120


def psql(stage: Lab, script: str, *, user: str = "ada") -> str:
    """Run a script in the production database, and return all that psql printed."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    done = subprocess.run(
        [str(stage.server.binaries / "psql"), "-X", "-v", "VERBOSITY=verbose", stage.dsn(user, "shop")],
        input=script, capture_output=True, text=True, check=False, timeout=TIMEOUT,
        env={**environment, "PGPASSWORD": PEOPLE[user], "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    return re.sub(r"exchange [\w-]+", "exchange <id>", done.stdout + done.stderr)


@pytest.mark.parametrize(
    ("user", "sql", "lines"),
    [
        (
            "ada",
            "delete from orders",
            [
                "ERROR:  42501: refused: delete public.orders: it would change every row of the table",
                "DETAIL:  Rule without-where decided; exchange <id>.",
                "HINT:  say which rows in a WHERE; to empty a table on purpose, have a dba do it in a reviewed migration",
                "This would pass: delete from orders where id = $1",
                "Ask dba or security, or look at http",
            ],
        ),
        (
            "copilot",
            "UPDATE orders SET state = 'lost' WHERE 1 = 1",
            [
                "ERROR:  42501: refused: update public.orders: it would change every row of the table",
                "DETAIL:  Rule without-where decided; exchange <id>.",
                "HINT:  say which rows in a WHERE; to empty a table on purpose, have a dba do it in a reviewed migration",
                "Ask dba or security, or look at http",
            ],
        ),
        (
            "dana",
            "drop table orders",
            [
                "ERROR:  42501: refused: define public.orders: it destroys data or objects that nobody can bring back from here",
                "DETAIL:  Rule destroys decided; exchange <id>.",
                "This could be approved: alter table orders rename to orders_dropped; then drop it once nobody has missed it",
            ],
        ),
        (
            "ada",
            "copy orders to program 'gzip > orders.gz'",
            [
                "DETAIL:  Rule server-reach decided; exchange <id>.",
                "HINT:  use COPY … TO STDOUT or FROM STDIN (\\copy in psql); else ask a dba, who may ask for approval",
                "This would pass: copy orders to stdout",
            ],
        ),
        (
            "ada",
            "select pg_read_file('postgresql.conf')",
            ["DETAIL:  Rule server-reach decided; exchange <id>.", "Ask dba or security, or look at http"],
        ),
    ],
    ids=["without where", "always true", "drop", "a program", "a file of the server"],
)  # fmt: skip
def test_a_denial_says_which_rule_what_instead_and_whom_to_ask(
    stage: Lab, user: str, sql: str, lines: list[str]
) -> None:
    said = psql(stage, f"{sql};\n", user=user)
    at = -1
    for line in lines:
        assert line in said, said
        assert said.index(line) > at, f"{line!r} comes too early in {said}"
        at = said.index(line)


def test_what_a_denial_suggests_does_pass(stage: Lab) -> None:
    said = psql(stage, "delete from orders where id = 600;\n")
    assert said == "DELETE 1\n"
    assert psql(stage, "copy orders to stdout;\n").count("\n") == 599


def test_a_denial_in_a_transaction_fails_it_as_an_error_does(stage: Lab) -> None:
    said = psql(stage, "begin;\nselect 1 as one;\ntruncate orders;\nselect 2;\nrollback;\nselect 3 as three;\n")
    assert "ERROR:  42501: refused: delete public.orders" in said
    assert "This would pass: delete from orders where id = $1" in said
    assert "25P02" in said
    assert "three" in said
    assert stage.run("select count(*) > 500 from orders", "shop") == [(True,)]


def test_an_agent_outside_its_task_is_told_how_to_say_which_it_is(stage: Lab) -> None:
    said = psql(stage, "select count(*) from orders;\n", user="clerk")
    assert "DETAIL:  Rule agent-outside-task decided; exchange <id>." in said
    assert "HINT:  say which task it is (set proctor.task = '…')" in said
    script = (
        "set proctor.task = 'billing';\nselect count(*) > 0 as some from orders;\nselect count(*) from customers;\n"
    )
    said = psql(stage, script, user="clerk")
    assert " some \n------\n t\n" in said
    assert "ERROR:  42501: refused: read public.customers: it lies outside the task that the agent was given" in said
    assert psql(stage, "select count(*) > 0 as some from customers;\n", user="copilot").count(" t\n") == 1
