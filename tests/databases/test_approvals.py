"""The approval desk with real clients: what is approved runs once, as it was looked at, and nothing else runs."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from demo.postgres import ThrowawayPostgres
from tests.databases.lab import PEOPLE, Lab, changed, lab, until

UPDATE = "update orders set total = 1 where id = 1"


@pytest.fixture(scope="module")
def hasty(postgres: ThrowawayPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Nobody waits: a held statement is refused at once, with its ticket."""
    with lab(postgres, tmp_path_factory.mktemp("hasty"), wait="0s", workers=2) as made:
        yield made


@pytest.fixture(scope="module")
def patient(postgres: ThrowawayPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab(postgres, tmp_path_factory.mktemp("patient"), wait="60s") as made:
        yield made


def bot(house: Lab, **more: str) -> psycopg.Connection:
    return psycopg.connect(house.dsn("copilot", "shop", **more), autocommit=True)


def asks(session: psycopg.Connection, statement: str, parameters: tuple[object, ...] | None = None) -> str:
    """Run a statement that is held, and return its ticket."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="held for approval") as caught:
        session.execute(statement.encode(), parameters)
    detail = caught.value.diag.message_detail or ""
    return detail.partition("ticket ")[2][:26]


def approve(house: Lab, ticket: str, *, person: str = "dana") -> None:
    said = house.ask("approvals", "approve", ticket, "--because", "looked at it", person=person)
    assert said.code == 0, said.text


def state(house: Lab, ticket: str) -> str:
    (found,) = [each for each in house.tickets() if each["id"] == ticket]
    return str(found["state"])


def total(house: Lab, table: str = "orders", number: int = 1) -> float:
    return float(str(house.run(f"select total from {table} where id = {number}", "shop")[0][0]))


@pytest.fixture(autouse=True)
def as_it_was(request: pytest.FixtureRequest) -> None:
    for name in ("hasty", "patient"):
        if name in request.fixturenames:
            request.getfixturevalue(name).run("update orders set total = id + 1000", "shop")


def test_the_identical_statement_passes_once_after_approval(hasty: Lab) -> None:
    with bot(hasty) as session:
        ticket = asks(session, UPDATE)
        assert asks(session, UPDATE) == ticket, "asking again opens no second ticket"
        approve(hasty, ticket)
        assert session.execute(UPDATE).statusmessage == "UPDATE 1"
        assert state(hasty, ticket) == "spent"
        assert asks(session, UPDATE) != ticket


def test_the_retry_may_come_from_another_connection_and_another_worker(hasty: Lab) -> None:
    with bot(hasty) as first:
        ticket = asks(first, UPDATE)
    approve(hasty, ticket)
    with bot(hasty) as second:
        assert second.execute(UPDATE).statusmessage == "UPDATE 1"


def test_another_parameter_is_another_request(hasty: Lab) -> None:
    statement = "update orders set total = 1 where id = %s"
    with bot(hasty) as session:
        ticket = asks(session, statement, (1,))
        approve(hasty, ticket)
        assert asks(session, statement, (2,)) != ticket
        assert total(hasty, number=2) == 1002
        assert session.execute(statement, (1,)).statusmessage == "UPDATE 1"


def test_under_another_search_path_the_approval_is_for_another_table(hasty: Lab) -> None:
    hasty.run("create schema elsewhere authorization app; create table elsewhere.orders (id int, total int)", "shop")
    hasty.run("insert into elsewhere.orders values (1, 77); alter table elsewhere.orders owner to app", "shop")
    with bot(hasty, options="-c search_path=elsewhere") as session:
        ticket = asks(session, UPDATE)
        approve(hasty, ticket)
    with bot(hasty) as session:
        assert asks(session, UPDATE) != ticket
        assert (total(hasty), total(hasty, "elsewhere.orders")) == (1001, 77)
        assert state(hasty, ticket) == "voided"
    with bot(hasty, options="-c search_path=elsewhere") as session:
        assert asks(session, UPDATE) != ticket, "what is void stays void"


@pytest.mark.parametrize(
    ("before", "statement", "change"),
    [
        pytest.param(
            "create view few as select id, total from orders where id < 3; alter view few owner to app",
            "update few set total = 1 where id > 0",
            "create or replace view few as select id, total from orders",
            id="a view",
        ),
        pytest.param(
            "create function chime() returns trigger language plpgsql as 'begin return new; end';"
            "create trigger bell before update on customers for each row execute function chime()",
            "update customers set created = current_date where id = 1",
            "create or replace function chime() returns trigger language plpgsql as "
            "'begin delete from orders; return new; end'",
            id="the function of a trigger",
        ),
        pytest.param(
            "create table sink (id int, n int); alter table sink owner to app",
            "insert into sink (id) values (1)",
            "alter table sink alter n set default 7",
            id="a default",
        ),
    ],
)
def test_what_was_changed_around_the_gateway_voids_the_approval(
    hasty: Lab, before: str, statement: str, change: str
) -> None:
    hasty.run(before, "shop")
    with bot(hasty) as session:
        ticket = asks(session, statement)
        approve(hasty, ticket)
        hasty.run(change, "shop")
        assert asks(session, statement) != ticket
    assert state(hasty, ticket) == "voided"
    (record,) = hasty.recorded("ticket.voided", ticket=ticket)
    assert record["why"] == "an object or setting that the statement depends on has changed"


def test_what_nobody_touched_may_change_meanwhile(hasty: Lab) -> None:
    hasty.run("create table aside (id int); alter table aside owner to app", "shop")
    with bot(hasty) as session:
        ticket = asks(session, UPDATE)
        approve(hasty, ticket)
        hasty.run("alter table aside add more int; truncate aside; analyze orders", "shop")
        assert session.execute(UPDATE).statusmessage == "UPDATE 1"
        assert state(hasty, ticket) == "spent"


def test_of_two_approvals_of_a_quorum_both_count_and_both_proofs_are_kept(hasty: Lab) -> None:
    rules = hasty.folder / "rules" / "own.cedar"
    rules.write_text(
        '@id("two-eyes-more")\n@reason("two have to look")\n@hint("wait")\n@quorum("2")\n@approvers("dba,engineering")\n'
        'forbid (principal is Agent, action == Action::"delete", resource) unless { context.approved };\n'
    )
    os.kill(hasty.gateway.pid, signal.SIGHUP)
    statement = "delete from orders where id = 600"
    with bot(hasty) as session:
        until(lambda: "two-eyes-more" in hasty.ask("approvals", "show", asks(session, statement), person="dana").text)
        ticket = asks(session, statement)
        approve(hasty, ticket)
        assert asks(session, statement) == ticket, "one is not enough"
        said = hasty.ask("approvals", "approve", ticket, person="ada")
        assert "whoever an agent acts for" in said.text
        rules.unlink()
        os.kill(hasty.gateway.pid, signal.SIGHUP)
        until(lambda: asks(session, statement) != ticket)
    assert state(hasty, ticket) == "voided", "the rules ask something else now"


def test_a_ticket_outlives_the_gateway_and_nothing_runs_by_itself(hasty: Lab) -> None:
    with bot(hasty) as session:
        ticket = asks(session, UPDATE)
    hasty.gateway.stop()
    hasty.gateway.start()
    approve(hasty, ticket)
    assert total(hasty) == 1001
    with bot(hasty) as session:
        assert session.execute(UPDATE).statusmessage == "UPDATE 1"
        assert asks(session, UPDATE) != ticket


# ---- who waits


def waiting(house: Lab) -> str:
    found = until(lambda: [each for each in house.tickets() if each["state"] == "pending"])
    return str(found[0]["id"])


def test_psql_waits_and_then_its_statement_runs_once(patient: Lab) -> None:
    host, port = patient.through
    words = [str(patient.server.binaries / "psql"), "-XAt", "-h", host, "-p", str(port), "-U", "copilot", "-d", "shop"]
    told = {
        **os.environ,
        "PGPASSWORD": PEOPLE["copilot"],
        "PGSSLMODE": "disable",
        "PGOPTIONS": "-c proctor.reason=INC-7",
    }
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(subprocess.run, [*words, "-c", UPDATE], env=told, capture_output=True, text=True, check=False)
        ticket = waiting(patient)
        assert total(patient) == 1001
        approve(patient, ticket)
        said = run.result(30)
    assert (said.returncode, said.stdout.strip()) == (0, "UPDATE 1"), said.stderr
    assert f"ticket {ticket}" in said.stderr
    assert (total(patient), state(patient, ticket)) == (1, "spent")


def test_a_yes_to_a_client_that_the_crash_took_runs_nothing(patient: Lab) -> None:
    """The gateway is killed while somebody waits; the ticket is there still, and only its own statement can use it."""
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(lambda: bot(patient).execute(UPDATE))
        ticket = waiting(patient)
        os.killpg(patient.gateway.pid, signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):
            lost.result(30)
    patient.gateway.stop()
    patient.gateway.start()
    approve(patient, ticket)
    assert total(patient) == 1001
    with bot(patient) as session:
        assert session.execute(UPDATE).statusmessage == "UPDATE 1"
    assert state(patient, ticket) == "spent"


def test_a_cancel_withdraws_and_a_later_yes_is_too_late(patient: Lab) -> None:
    session = bot(patient)
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(session.execute, UPDATE)
        ticket = waiting(patient)
        session.cancel()
        with pytest.raises(psycopg.errors.QueryCanceled, match=ticket):
            run.result(30)
    session.close()
    said = patient.ask("approvals", "approve", ticket, person="dana")
    assert (said.code, "cancelled" in said.text) == (1, True)
    assert total(patient) == 1001


def test_a_view_that_changes_while_somebody_waits_is_not_what_was_approved(patient: Lab) -> None:
    patient.run("create view those as select id, total from orders where id < 3; alter view those owner to app", "shop")
    session = bot(patient)
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(session.execute, "update those set total = 1 where id > 0")
        ticket = waiting(patient)
        patient.run("create or replace view those as select id, total from orders", "shop")
        approve(patient, ticket)
        with pytest.raises(psycopg.Error, match=r"voided|means something else"):
            run.result(30)
    session.close()
    assert total(patient) == 1001


def test_of_two_sessions_that_wait_for_one_approval_one_runs(patient: Lab) -> None:
    statement = "update orders set total = total + 1 where id = 3"
    sessions = [bot(patient) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(session.execute, statement) for session in sessions]
        ticket = waiting(patient)
        until(lambda: len([r for r in patient.records() if r["kind"] == "statement.decided"
                           and r["decision"]["verdict"] == "hold" and "total + ?" in r["statement"]["text"]]) >= 2)  # type: ignore[index]  # fmt: skip
        approve(patient, ticket)
        outcomes = [run.exception(30) for run in runs]
    for session in sessions:
        session.close()
    assert sorted(outcome is None for outcome in outcomes) == [False, True]
    (refused,) = [outcome for outcome in outcomes if outcome is not None]
    assert "spent" in str(refused)
    assert total(patient, number=3) == 1004


def test_a_pipeline_keeps_its_order_around_a_hold(patient: Lab) -> None:
    session = bot(patient)
    with ThreadPoolExecutor(1) as pool:

        def play() -> list[object]:
            with session.pipeline():
                first = session.execute("select 1")
                held = session.execute(UPDATE)
                last = session.execute("select count(*) from orders where total = 1")
            return [first.fetchone(), held.statusmessage, last.fetchone()]

        run = pool.submit(play)
        approve(patient, waiting(patient))
        assert run.result(30) == [(1,), "UPDATE 1", (1,)]
    session.close()


def test_a_hold_in_a_transaction_runs_in_it_and_goes_with_it(patient: Lab) -> None:
    heard: list[str] = []
    session = bot(patient)
    session.add_notice_handler(lambda notice: heard.append(notice.message_detail or ""))
    with ThreadPoolExecutor(1) as pool:
        session.execute("begin")
        run = pool.submit(session.execute, UPDATE)
        approve(patient, waiting(patient))
        run.result(30)
        assert any("keeps its locks meanwhile" in line for line in heard)
        session.execute("rollback")
    session.close()
    assert total(patient) == 1001


NOT_HERE = """
@id("no-hold-in-a-transaction")
@reason("a transaction that waits for a person keeps its locks meanwhile")
@hint("end the transaction, and send the statement alone")
forbid (principal, action, resource) when { context.in_transaction && resource.environment == "production" };
"""


def test_a_rule_may_refuse_a_hold_in_a_transaction(postgres: ThrowawayPostgres, tmp_path: Path) -> None:
    """Nothing is asked of anybody there; alone, the same statement is held; and what needs nobody runs in one as ever."""
    with changed(postgres, tmp_path, ('wait = "60s"', 'wait = "0s"'), rules=NOT_HERE) as house, bot(house) as session:
        session.execute("begin")
        assert session.execute("select id from orders where id = 1").fetchone() == (1,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege) as refused:
            session.execute(UPDATE)
        assert "Rule no-hold-in-a-transaction decided" in (refused.value.diag.message_detail or "")
        assert "end the transaction, and send the statement alone" in (refused.value.diag.message_hint or "")
        session.execute("rollback")
        assert house.tickets() == []
        ticket = asks(session, UPDATE)
        approve(house, ticket)
        assert session.execute(UPDATE).statusmessage == "UPDATE 1"
