"""The limit on changed rows before a real PostgreSQL: what is let stand looks as if nobody had counted, the rest never was.

`stock` has 5,000 rows, `few` has five; both are in a production database, so that the shipped rules ask for rows.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import psycopg
import pytest

from demo.gateway import Said
from demo.postgres import ThrowawayPostgres
from tests.databases import raw
from tests.databases.lab import PEOPLE, Lab, lab, ticket_of, until

TABLES = """
create table stock (id int primary key, shelf int not null, qty int not null, label text);
insert into stock select n, n % 50, n % 7, 'thing ' || n from generate_series(1, 5000) n;
create table few (id int primary key, qty int);
insert into few select n, n from generate_series(1, 5) n;
create table box (id int primary key, parent int references box deferrable initially deferred);
insert into box select n, null from generate_series(1, 20) n;
create table log_lines (day date, line int) partition by range (day);
create table log_old partition of log_lines for values from ('2024-01-01') to ('2025-01-01');
create table log_new partition of log_lines for values from ('2025-01-01') to ('2026-01-01');
insert into log_lines select date '2024-06-01' + n, n from generate_series(1, 300) n;
create view shelf_seven as select * from stock where shelf = 7;
create table heard (id serial primary key, said text);
create function tell() returns trigger language plpgsql as $$ begin raise notice 'row %', old.id; return new; end $$;
create table told (id int primary key, qty int);
insert into told select n, 0 from generate_series(1, 9) n;
create trigger tells after update on told for each row execute function tell();
analyze;
"""
REFUSED = psycopg.errors.InsufficientPrivilege


def _stocked(made: Lab) -> Lab:
    with psycopg.connect(made.direct_dsn("shop"), autocommit=True) as owner:
        owner.execute(TABLES)
    return made


@pytest.fixture(scope="module", params=["postgres", "postgres18"])
def hasty(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A gateway that refuses at once, with a ticket."""
    server: ThrowawayPostgres = request.getfixturevalue(request.param)
    with lab(server, tmp_path_factory.mktemp("hasty"), wait="0s", limits='withheld_bytes = "16KiB"') as made:
        yield _stocked(made)


@pytest.fixture(scope="module")
def patient(postgres: ThrowawayPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A gateway whose clients wait at the desk."""
    with lab(postgres, tmp_path_factory.mktemp("patient")) as made:
        yield _stocked(made)


@pytest.fixture
def ada(hasty: Lab) -> Iterator[psycopg.Connection]:
    with psycopg.connect(hasty.dsn("ada", "shop"), autocommit=True) as session:
        yield session


def desk(made: Lab, *words: str) -> Said:
    """Ask dana's desk."""
    house = ("--url", "http://{}:{}".format(*made.gateway.console))
    said = made.gateway.ask("approvals", *words, *house, person=("dana", PEOPLE["dana"]))
    assert said.code == 0, said.text
    return said


def untouched(made: Lab, table: str = "stock", rows: int = 5000) -> bool:
    return made.run(f"select count(*), count(*) filter (where qty = 99) from {table}", "shop") == [(rows, 0)]


# ---- within the limit: as if nobody had counted

ALIKE = {
    "an update": [raw.query("update stock set qty = qty where shelf = 3")],
    "returning": [raw.query("update stock set qty = qty where shelf = 3 and id < 300 returning id, label")],
    "no row": [raw.query("delete from stock where label = 'nothing'")],
    "insert select": [raw.query("insert into heard (said) select label from stock where shelf = 900")],
    "an error": [raw.query("update stock set qty = 1 / (qty - qty) where shelf = 3")],
    "in a transaction": [raw.query("begin"), raw.query("update stock set qty = qty where shelf = 3"), raw.query("rollback")],
    "an error in one": [
        raw.query("begin"), raw.query("update stock set qty = 1 / (qty - qty) where shelf = 3"), raw.query("select 1"),
        raw.query("commit"),
    ],
    "rolled back to a savepoint": [
        raw.query("begin"), raw.query("savepoint a"), raw.query("update stock set qty = 99 where shelf = 3"),
        raw.query("rollback to a"), raw.query("select count(*) from stock where qty = 99"), raw.query("commit"),
    ],
    "an error, then back to a savepoint": [
        raw.query("begin"), raw.query("savepoint a"), raw.query("update stock set qty = 1 / (qty - qty) where shelf = 3"),
        raw.query("rollback to a"), raw.query("select 1"), raw.query("commit"),
    ],
    "extended": [raw.parse("update stock set qty = qty where shelf = $1"), raw.bind([b"3"]), raw.describe("P"), raw.execute(), raw.SYNC],
    "an error in a batch": [
        raw.parse("update stock set qty = 1 / (qty - qty) where shelf = 3"), raw.bind(), raw.execute(),
        raw.parse("select 1"), raw.bind(), raw.execute(), raw.SYNC,
    ],
    "bit by bit": [
        raw.parse("update stock set qty = qty where shelf = 3 and id < 300 returning id"), raw.bind(), raw.execute(limit=2),
        raw.execute(limit=2), raw.execute(), raw.SYNC,
    ],
    "a named portal, over two batches": [
        raw.query("begin"),
        raw.parse("update stock set qty = qty where shelf = 3 and id < 300 returning id"), raw.bind(portal="p"), raw.execute("p", 2), raw.SYNC,
        raw.execute("p", 2), raw.SYNC, raw.query("rollback"),
    ],
    "a pipeline of several": [
        raw.parse("insert into heard (said) values ('x')"), raw.bind(), raw.execute(),
        raw.parse("delete from heard where said = 'x'"), raw.bind(), raw.execute(),
        raw.parse("select count(*) from heard where said = 'x'"), raw.bind(), raw.execute(), raw.SYNC,
    ],
    "a deferred constraint": [raw.query("update box set parent = 77 where id between 3 and 4 returning id")],
    "a deferred constraint in a batch": [raw.parse("update box set parent = 77 where id between 3 and 4"), raw.bind(), raw.execute(), raw.SYNC],
    "a deferred constraint in a transaction": [
        raw.query("begin"), raw.query("update box set parent = 77 where id between 3 and 4"), raw.query("commit"),
    ],
    "a trigger's notices": [raw.query("update told set qty = 1 where id between 2 and 3")],
    "a WITH": [raw.query("with d as (update stock set qty = qty where shelf = 3 returning id) select count(*) from d")],
    "a cursor stays open": [
        raw.query("begin"), raw.query("declare c cursor for select id from few order by id"), raw.query("fetch 2 from c"),
        raw.query("update stock set qty = qty where shelf = 3"), raw.query("fetch 2 from c"), raw.query("commit"),
    ],
    "a copy": [raw.query("copy heard (said) from stdin"), raw.copy_data(b"one\ntwo\n"), raw.COPY_DONE],
    "a copy that fails": [raw.query("copy few from stdin"), raw.copy_data(b"1\t1\n"), raw.COPY_DONE],
    "a copy given up": [raw.query("copy heard (said) from stdin"), raw.copy_data(b"one\n"), raw.copy_fail("no")],
    "read only": [raw.query("begin read only"), raw.query("update stock set qty = 1 where shelf = 3"), raw.query("rollback")],
    "serializable": [
        raw.query("begin isolation level serializable"), raw.query("update stock set qty = qty where shelf = 3"), raw.query("rollback"),
    ],
    "several in one text": [raw.query("select 1; update stock set qty = qty where shelf = 3; select 2")],
    "listened to": [raw.query("listen news"), raw.query("update stock set qty = qty where shelf = 3; select 1")],
}  # fmt: skip


@pytest.mark.parametrize(("what", "said"), ALIKE.items(), ids=ALIKE.keys())
def test_what_stands_is_answered_as_by_the_database_itself(hasty: Lab, what: str, said: list[bytes]) -> None:
    heard = []
    who = "loader" if what.startswith("a copy") else "ada"  # a person's is held before it begins
    for session in (hasty.raw_direct("shop"), hasty.raw(who, "shop")):
        with session:
            session.send(b"".join([*said, raw.query("select 'over'")]))
            heard.append(raw.comparable(_until_over(session)))
    direct, through = heard
    # Rows lie in another order once they have been updated.
    assert [tag if tag == b"D" else (tag, body) for tag, body in through] == [
        tag if tag == b"D" else (tag, body) for tag, body in direct
    ]
    if b"bit by bit" not in b"".join(said):
        assert sorted(raw.rows(through)) == sorted(raw.rows(direct))


def _until_over(session: raw.Raw) -> list[raw.Message]:
    heard: list[raw.Message] = []
    while not any(tag == b"D" and body.endswith(b"over") for tag, body in heard):
        heard += session.until(b"Z")
    return heard


# ---- beyond it: as if it had never been


def test_nothing_of_it_stands_and_the_session_goes_on(hasty: Lab, ada: psycopg.Connection) -> None:
    with pytest.raises(REFUSED, match="held for approval: update public.stock: it changes more than 1,000 rows"):
        ada.execute("update stock set qty = 99 where label like 'thing %'")
    assert untouched(hasty)
    assert ada.execute("select count(*) from stock where qty = 99").fetchone() == (0,)


def test_by_name_and_with_parameters_too(hasty: Lab, ada: psycopg.Connection) -> None:
    for _ in range(3):
        with pytest.raises(REFUSED, match="more than 1,000 rows"):
            ada.execute("update stock set qty = %s where shelf < %s", (99, 40), prepare=True)
    assert ada.execute("update stock set qty = %s where shelf < %s", (0, 1), prepare=True).rowcount == 100
    assert untouched(hasty)


def test_in_a_transaction_what_came_before_is_the_clients_to_keep(hasty: Lab, ada: psycopg.Connection) -> None:
    with ada.transaction(force_rollback=True):
        ada.execute("insert into heard (said) values ('before')")
        with pytest.raises(REFUSED), ada.transaction():
            ada.execute("delete from stock where shelf < 40")
        assert ada.execute("select count(*) from heard where said = 'before'").fetchone() == (1,)
        assert ada.execute("select count(*) from stock").fetchone() == (5000,)


@pytest.mark.parametrize(
    "statement",
    [
        "with d as (delete from stock where shelf < 40 returning id) select count(*) from d",
        "with d as (delete from stock where shelf < 40 returning *) insert into heard (said) select label from d limit 1",
        "explain analyze update stock set qty = 99 where shelf < 40",
        "copy (update stock set qty = 99 where shelf < 40 returning id) to stdout",
        "insert into heard (said) select label from stock where shelf < 40",
        "merge into stock s using (select id from stock where shelf < 40) t on t.id = s.id when matched then delete",
        "delete from shelf_seven using (select generate_series(0, 1) n) x where qty >= 0 and id > 0 and label like '%'",
    ],
)
def test_however_it_is_written(hasty: Lab, ada: psycopg.Connection, statement: str) -> None:
    with pytest.raises(REFUSED):
        if statement.startswith("copy"):
            with ada.cursor().copy(statement.encode()) as copy:
                list(copy)
        else:
            ada.execute(statement.encode())
    assert untouched(hasty)
    assert hasty.run("select count(*) from heard where said like 'thing%'", "shop") == [(0,)]


@pytest.mark.parametrize(
    "statement",
    [
        "update few set qty = 99 where id between -2147483648 and 2147483647",
        "delete from few where id in (select id from few where true)",
        "delete from few where id = any (array(select id from few))",
        "delete from few where id % 1 = 0",
        "delete from log_lines where line >= 0 and day > '2020-01-01'",
        "with d as (delete from few where id % 1 = 0 returning id) insert into few select min(id), 5 from d",
        "merge into few f using (values (1)) v(a) on f.id % v.a = 0 when matched then update set qty = 99",
    ],
)
def test_a_condition_that_chooses_every_row_is_as_good_as_none(
    hasty: Lab, ada: psycopg.Connection, statement: str
) -> None:
    with pytest.raises(REFUSED, match="its condition chose every row of the table|leave the number of rows open"):
        ada.execute(statement.encode())
    assert untouched(hasty, "few", 5)
    assert hasty.run("select count(*) from log_lines", "shop") == [(300,)]


def test_a_partition_may_be_emptied_while_its_table_is_not(hasty: Lab, ada: psycopg.Connection) -> None:
    with ada.transaction(force_rollback=True):
        assert ada.execute("delete from log_lines where day < '2025-01-01'").rowcount == 213


def test_what_comes_back_is_kept_up_to_a_bound(hasty: Lab, ada: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.ProgramLimitExceeded, match="limits.withheld_bytes"):
        ada.execute("update stock set qty = 99 where shelf < 4 returning id, repeat('x', 100)")
    assert untouched(hasty)


def test_a_copy_of_too_many_rows_is_taken_back(hasty: Lab) -> None:
    before = hasty.run("select count(*) from heard", "shop")
    with psycopg.connect(hasty.dsn("loader", "shop"), autocommit=True) as loader:
        with (
            pytest.raises(REFUSED, match="more than 1,000 rows"),
            loader.cursor().copy("copy heard (said) from stdin") as copy,
        ):
            for n in range(3000):
                copy.write_row((f"line {n}",))
        assert hasty.run("select count(*) from heard", "shop") == before
        with loader.cursor().copy("copy heard (said) from stdin") as copy:
            copy.write_row(("one",))
    assert hasty.run("select count(*) - 1 from heard", "shop") == before


def test_a_copy_of_a_person_waits_for_an_approval_before_its_data_comes(hasty: Lab, ada: psycopg.Connection) -> None:
    before = hasty.run("select count(*) from heard", "shop")
    with pytest.raises(REFUSED, match="bulk"), ada.cursor().copy("copy heard (said) from stdin") as copy:
        copy.write_row(("one",))
    assert hasty.run("select count(*) from heard", "shop") == before


def test_in_a_pipeline_the_whole_batch_is_taken_back(hasty: Lab, ada: psycopg.Connection) -> None:
    with pytest.raises(REFUSED), ada.pipeline():
        ada.execute("insert into heard (said) values ('first')")
        ada.execute("update stock set qty = 99 where shelf < 40")
        ada.execute("insert into heard (said) values ('last')")
    assert hasty.run("select count(*) from heard where said in ('first', 'last')", "shop") == [(0,)]
    with ada.pipeline():
        changed = ada.execute("update stock set qty = qty where shelf = 40")
        ada.execute("insert into heard (said) values ('kept')")
    assert changed.rowcount == 100
    assert hasty.run("select count(*) > 0 from heard where said = 'kept'", "shop") == [(True,)]
    assert untouched(hasty)


async def test_with_asyncpg_too(hasty: Lab) -> None:
    host, port = hasty.through
    session = await asyncpg.connect(
        host=host, port=port, user="ada", password=PEOPLE["ada"], database="shop", ssl=False
    )
    try:
        assert await session.execute("update stock set qty = qty where shelf = $1", 3) == "UPDATE 100"
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="more than 1,000 rows"):
            await session.execute("update stock set qty = 99 where shelf < $1", 40)
        async with session.transaction():
            assert len(await session.fetch("update stock set qty = qty where shelf = 3 returning id")) == 100
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with session.transaction():
                    await session.fetch("update stock set qty = 99 where shelf < 40 returning id")
            assert await session.fetchval("select count(*) from stock where qty = 99") == 0
    finally:
        await session.close()
    assert untouched(hasty)


def test_nobody_else_is_told_of_what_was_taken_back(hasty: Lab, ada: psycopg.Connection) -> None:
    with psycopg.connect(hasty.dsn("bob", "shop"), autocommit=True) as bob:
        bob.execute("listen news")
        with ada.transaction():
            ada.execute("notify news, 'kept'")
            with pytest.raises(REFUSED), ada.transaction():
                ada.execute("update stock set qty = 99 where shelf < 40")
        assert [said.payload for said in bob.notifies(timeout=20, stop_after=1)] == ["kept"]


# ---- approved


def test_the_ticket_lets_the_next_try_through_once(hasty: Lab, ada: psycopg.Connection) -> None:
    text = "update stock set qty = qty where shelf < 30"
    with pytest.raises(REFUSED) as told:
        ada.execute(text.encode())
    ticket = str(told.value.diag.message_detail).split("ticket ")[1][:26]
    desk(hasty, "approve", ticket)
    assert ada.execute(text.encode()).rowcount == 3000
    with pytest.raises(REFUSED):
        ada.execute(text.encode())


@pytest.mark.parametrize("prepare", [False, True])
def test_a_client_that_waits_gets_its_answer_once_approved(patient: Lab, prepare: bool) -> None:
    text = f"update stock set qty = qty + {int(prepare)} where shelf < %s"
    with psycopg.connect(patient.dsn("ada", "shop"), autocommit=True) as ada, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ada.execute, text.encode(), (30,), prepare=prepare)
        (ticket,) = until(lambda: [t for t in desk(patient, "list", "--json").objects() if t["state"] == "pending"])
        assert "qty + " in str(ticket["statement"])
        with psycopg.connect(patient.direct_dsn("shop")) as other:  # nobody waits for rows that were taken back
            other.execute("set lock_timeout = '5s'; update stock set qty = qty where shelf < 30")
        desk(patient, "approve", str(ticket["id"]))
        assert asked.result(timeout=20).rowcount == 3000


def test_the_journal_says_what_ran_and_was_taken_back(patient: Lab) -> None:
    with patient.raw("ada", "shop") as ada:
        ada.send(raw.query("delete from stock where shelf < 30"))
        ticket = ticket_of(ada.until(b"N"))
        desk(patient, "deny", ticket, "--because", "no")
        assert "42501" in str(ada.until(b"Z"))
    (taken,) = patient.recorded("statement.answered", sqlstate="40000", tag="DELETE 3000")
    decided = [r for r in patient.records() if r["kind"] == "statement.decided" and r["exchange"] == taken["of"]]
    assert [r["decision"]["verdict"] for r in decided] == ["allow"]


# ---- tools


def test_psql_hears_what_it_would(hasty: Lab, tmp_path: Path) -> None:
    script = tmp_path / "script.sql"
    script.write_text(
        "\\set ON_ERROR_STOP off\n"
        "update stock set qty = qty where shelf = 3;\n"
        "update stock set qty = 99 where shelf < 40;\n"
        "begin; update stock set qty = qty where shelf = 3; commit;\n"
        "copy heard (said) from stdin;\none line\n\\.\n"
        "select count(*) from stock where qty = 99;\n"
    )
    psql = str(hasty.server.binaries / "psql")
    said = subprocess.run(
        [psql, "-XAt", hasty.dsn("loader", "shop"), "-f", str(script)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert said.stdout.split("\n")[:6] == ["UPDATE 100", "BEGIN", "UPDATE 100", "COMMIT", "COPY 1", "0"]
    assert "held for approval: update public.stock: it changes more than 1,000 rows" in said.stderr
