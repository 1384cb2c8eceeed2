"""What a session may cost: each limit ends what goes over it, says so clearly, and leaves the others alone."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from demo.postgres import ThrowawayPostgres
from tests.databases.lab import PEOPLE, Lab, lab, until

LIMITS = """
idle = "3s"
statement = "2s"
sessions_per_identity = 3
result_rows = 1000
result_bytes = "64KiB"
"""


@pytest.fixture(scope="module")
def tight(postgres: ThrowawayPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A gateway of two workers with small limits; bob has a roomy session of his own where one is needed."""
    with lab(postgres, tmp_path_factory.mktemp("limits"), workers=2, login="2s", limits=LIMITS) as made:
        yield made


def session(tight: Lab, user: str = "ada") -> psycopg.Connection:
    return psycopg.connect(tight.dsn(user), autocommit=True)


def test_a_statement_that_runs_too_long_is_cancelled_and_the_session_goes_on(tight: Lab) -> None:
    """PostgreSQL's own `statement_timeout` is the client's to change; this one is not."""
    with session(tight) as ada:
        ada.execute("set statement_timeout = 0")
        with pytest.raises(psycopg.errors.QueryCanceled) as told:
            ada.execute("select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b")
        assert told.value.diag.message_primary == "canceling statement due to the gateway's statement timeout (2 s)"
        assert "limits.statement" in str(told.value.diag.message_hint)
        assert ada.execute("select 1").fetchall() == [(1,)]
    (record,) = tight.recorded("statement.answered", sqlstate="57014")
    assert int(str(record["duration_us"])) > 2_000_000


def test_in_a_pipeline_too_the_message_is_the_gateways(tight: Lab) -> None:
    with session(tight) as ada, pytest.raises(psycopg.errors.QueryCanceled) as told, ada.pipeline():
        ada.execute("select 1")
        ada.execute("select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b", prepare=True)
        ada.execute("select 2")
    assert "gateway's statement timeout" in str(told.value.diag.message_primary)


def test_a_cancel_of_the_clients_own_keeps_the_databases_words(tight: Lab) -> None:
    with session(tight) as ada, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(
            ada.execute, "select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b"
        )
        until(
            lambda: tight.run(
                "select 1 from pg_stat_activity where state = 'active' and query like '%100000%' and pid <> pg_backend_pid()"
            )
        )
        ada.cancel_safe(timeout=10)
        with pytest.raises(psycopg.errors.QueryCanceled, match="due to user request"):
            asked.result(timeout=20)


def test_who_says_nothing_for_too_long_is_told_and_let_go(tight: Lab) -> None:
    with session(tight) as ada, session(tight) as busy:
        gone = until(lambda: said_at_last(ada, busy))
    assert "terminating connection: it was idle for 3 s" in gone
    tight.recorded("session.closed", why="terminating connection: it was idle for 3 s")


def said_at_last(idle: psycopg.Connection, busy: psycopg.Connection) -> str:
    """Keep one session awake, and return what the other was told in the end, without sending anything on it."""
    busy.execute("select 1")
    idle.pgconn.socket  # noqa: B018  # raises when it is closed
    with socket.fromfd(idle.fileno(), socket.AF_INET, socket.SOCK_STREAM) as peek:
        peek.setblocking(False)
        try:
            return peek.recv(4096, socket.MSG_PEEK).decode("utf-8", "replace")
        except BlockingIOError:
            return ""


def test_a_login_that_takes_too_long_is_ended(tight: Lab) -> None:
    with socket.create_connection(tight.through, timeout=20) as slow:
        said = slow.recv(4096)
    assert b"C08006\0" in said
    assert b"the login took too long" in said


def test_one_identity_has_so_many_sessions_in_the_whole_house(tight: Lab) -> None:
    """Two workers share the count, and somebody else's sessions are their own."""
    held = [session(tight, "bob") for _ in range(3)]
    try:
        with pytest.raises(
            psycopg.OperationalError, match='too many sessions of "bob" .limits.sessions_per_identity is 3.'
        ):
            session(tight, "bob")
        session(tight, "copilot").close()
    finally:
        for each in held:
            each.close()
    until(lambda: opens(tight, "bob"))


def test_a_burst_of_logins_does_not_slip_past_the_count(tight: Lab) -> None:
    with ThreadPoolExecutor(12) as pool:
        tried = [pool.submit(session, tight, "dana") for _ in range(12)]
        opened = [each.result() for each in tried if each.exception() is None]
    for each in opened:
        each.close()
    assert len(opened) == 3


def opens(tight: Lab, user: str) -> bool:
    try:
        session(tight, user).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.mark.parametrize(
    "statement",
    [
        "select generate_series(1, 1001)",
        "select repeat('x', 2000) from parts",
        "copy (select generate_series(1, 1001)) to stdout",
    ],
)
def test_a_result_that_is_too_large_ends_the_session_in_clear_words(tight: Lab, statement: str) -> None:
    with session(tight) as ada:
        assert len(ada.execute("select generate_series(1, 1000)").fetchall()) == 1000
        with pytest.raises(
            psycopg.errors.ProgramLimitExceeded, match="larger than limits.result_rows or limits.result_bytes"
        ):
            if statement.startswith("copy"):
                with ada.cursor().copy(statement.encode()) as copy:
                    for _ in copy:
                        pass
            else:
                ada.execute(statement.encode())
    tight.recorded("statement.answered", sqlstate="54000")


def test_a_session_that_ends_in_the_middle_leaves_no_statement_unanswered(tight: Lab) -> None:
    ada = session(tight)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(
            ada.execute, "select count(*) from generate_series(1, 100001) a, generate_series(1, 100000) b"
        )
        until(
            lambda: tight.run(
                "select 1 from pg_stat_activity where state = 'active' and query like '%100001%' and pid <> pg_backend_pid()"
            )
        )
        with socket.socket(fileno=ada.fileno()) as under:
            under.shutdown(socket.SHUT_RDWR)
            under.detach()
        with pytest.raises(psycopg.OperationalError):
            asked.result(timeout=20)
    tight.recorded("statement.answered", sqlstate="08006")


def test_refusals_are_counted_when_a_session_closes(tight: Lab) -> None:
    with psycopg.connect(tight.dsn("copilot", "shop"), autocommit=True) as copilot:
        for statement in ("drop table orders", "select 1", "drop table customers"):
            try:
                copilot.execute(statement.encode())
            except psycopg.errors.InsufficientPrivilege:
                continue
    (closed,) = tight.recorded("session.closed", refused=2)
    assert closed["statements"] == 3


def test_the_list_of_sessions_tells_the_last_statement(tight: Lab) -> None:
    house = ("--url", "http://{}:{}".format(*tight.gateway.console))

    def listed() -> dict[str, object] | None:
        said = tight.gateway.ask("sessions", "list", "--json", *house, person=("dana", PEOPLE["dana"]))
        return next((line for line in said.objects() if line["subject"] == "ada" and line["command"]), None)

    with session(tight) as ada:
        ada.execute("begin")
        ada.execute("select 1")
        ada.execute("update parts set qty = qty where id = 1")
        found = until(lambda: ada.execute("update parts set qty = qty where id = 1") and listed())
    assert found["command"] == "update"
    assert str(found["seen"]) > str(found["since"])
