"""psql works for somebody who sees masks: its backslash commands print what they print to the owner, and rows come masked."""

from __future__ import annotations

import pytest

from tests.databases import raw
from tests.databases.lab import PEOPLE, Lab
from tests.databases.test_drivers_psql import program, still, told_apart

OBJECTS = """
create view callers as select id, full_name, email from customers where id < 50;
create function initials(who text) returns text language sql immutable as 'select left(who, 1)';
create type mood as enum ('low', 'high');
create domain short as text check (length(value) < 9);
create materialized view recent as select id, email from customers where id < 9;
create statistics pairs on full_name, created from customers;
comment on column customers.email is 'where they are written to';
"""
COMMANDS = (
    r"\d", r"\d+", r"\d customers", r"\d+ customers", r"\d callers", r"\d+ callers", r"\d+ recent", r"\d customers_pkey", r"\d orders", r"\dt",
    r"\dt+", r"\dv+", r"\dm+", r"\di+", r"\ds+", r"\df", r"\df+ initials", r"\sf initials", r"\sf+ initials", r"\sv callers", r"\sv+ callers",
    r"\du", r"\du+", r"\dg", r"\l", r"\l+", r"\dn", r"\dn+", r"\dp", r"\dp customers", r"\z", r"\ddp", r"\dx", r"\dx+", r"\do =", r"\do+ ||",
    r"\dT", r"\dT+", r"\dT+ mood", r"\dD", r"\dD+", r"\da sum", r"\dC+ mood", r"\dc", r"\dO", r"\dL", r"\dl", r"\dF", r"\dFd", r"\dFp", r"\dFt", r"\dX",
    r"\dy", r"\dRp", r"\dRs", r"\dE", r"\des", r"\dew", r"\deu", r"\det", r"\db", r"\drds", r"\dA", r"\dAc btree", r"\dAo btree int4*", r"\dd", r"\dP",
    r"\dconfig work_mem", r"\encoding",
)  # fmt: skip


@pytest.fixture(scope="module")
def shop(stage: Lab) -> Lab:
    """The database with personal data, with something of everything in it."""
    stage.run(
        "do $$ begin if to_regclass('public.callers') is null then set role app; "
        + OBJECTS.replace("'", "''").join(("execute '", "'; "))
        + "reset role; end if; end $$",
        "shop",
    )
    return stage


def test_every_backslash_command_prints_the_same_to_somebody_masked(shop: Lab) -> None:
    """They read the catalogue, and the catalogue holds nobody's data."""
    script = told_apart(COMMANDS)
    around = program(shop, "psql", "-X", dsn=shop.direct_dsn("shop"), stdin=script)
    through = program(shop, "psql", "-X", dsn=shop.dsn(database="shop"), stdin=script)
    assert still(through) == still(around)
    assert "FUNCTION public.initials(who text)" in through
    assert "where they are written to" in through


@pytest.mark.parametrize(
    ("script", "printed"),
    [
        ("select id, full_name, email from customers where id < 4 \\gdesc\n", "email     | text"),
        ("select id, email from customers where id in (1, 2) \\gx\n", "-[ RECORD 2 ]"),
        ("select created < date '2024-06-01' as early, state, count(*) from customers c join orders o on o.customer = c.id group by 1, 2 \\crosstabview\n", "open"),
        ("\\copy (select id, email from customers where id < 5) to pstdout csv header\n", "id,email"),
        ("\\copy customers to pstdout\n", "2024-01-02"),
        ("select email as mail from customers where id = 3 \\gset\nselect length(:'mail') > 0 as got;\n", "t"),
        ("select email from customers where id = $1 \\bind 7 \\g\n", "(1 row)"),
        ("select format('select %s', id) from customers where id < 3 \\gexec\n", "(1 row)"),
        ("\\set FETCH_COUNT 9\nselect id, full_name from customers order by id limit 30;\n", "(30 rows)"),
        ("\\o /dev/null\nselect * from customers limit 3;\n\\o\nselect count(*) from customers;\n", "300"),
        ("begin;\nselect email from customers where id = 1;\n\\echo :ROW_COUNT\nrollback;\n", "1"),
        ("table callers limit 2;\n\\errverbose\n", "There is no previous error."),
        ("explain select email from customers where id = 1;\n", "QUERY PLAN"),
        ("select id from customers where id = 1;\n\\watch c=1 i=0.01\n", "id"),
    ],
    ids=["gdesc", "gx", "crosstabview", "copy query", "copy table", "gset", "bind", "gexec", "fetch", "output", "row count", "errverbose",
         "explain", "watch"],
)  # fmt: skip
def test_what_psql_does_with_rows_works_on_masked_ones(shop: Lab, script: str, printed: str) -> None:
    if "\\bind" in script and shop.server.version == "system":
        script = script.replace("$1 \\bind 7 \\g", "7;")  # psql 15 has no \bind
    if "\\watch" in script and shop.server.version == "system":
        script = script.replace("\\watch c=1 i=0.01\n", "")  # nor an end of \watch
    said = program(shop, "psql", "-X", "-v", "ON_ERROR_STOP=1", dsn=shop.dsn(database="shop"), stdin=script)
    assert printed in said
    assert said.endswith("exit 0"), said
    assert "@example.com" not in said
    assert "Person " not in said


@pytest.mark.parametrize(
    "how", [["--schema-only"], ["--table=customers"], ["--data-only", "--inserts", "--table=orders"]], ids=" ".join
)
def test_pg_dump_works_for_somebody_masked(shop: Lab, how: list[str]) -> None:
    """Its rows come masked, and all of them."""
    said = program(shop, "pg_dump", "--no-owner", *how, "-d", dsn=shop.dsn(database="shop"))
    assert said.endswith("exit 0"), said[-1500:]
    assert "person1@example.com" not in said
    if "--table=customers" in how:
        body = said.split("FROM stdin;\n")[1].split("\n\\.")[0]
        assert len(body.splitlines()) == 300


def test_an_agent_and_another_person_see_the_same_structure(shop: Lab) -> None:
    script = "\\d+ customers\n\\dt+\n\\df\n"
    first, *others = (
        program(shop, "psql", "-X", dsn=shop.dsn(user=user, database="shop"), stdin=script) for user in PEOPLE
    )
    assert [each == first for each in others] == [True] * len(others)


def test_values_that_somebody_else_writes_into_an_empty_column_are_masked_from_the_first_on(shop: Lab) -> None:
    """Its name gives nothing away, and what was decided while it was empty is remembered."""
    shop.run("create table leads (id int primary key, txt text); alter table leads owner to app", "shop")
    shop.run("insert into leads select n, null from generate_series(1, 20) n", "shop")
    reads = (
        "select id, txt from leads where id = 7",
        "select * from leads order by id",
        "select l from leads l where id = 7",
    )
    with shop.raw("ada", "shop") as ada, shop.raw("bob", "shop") as bob:
        ada.send(raw.parse(reads[0], "kept") + raw.describe("S", "kept") + raw.SYNC)
        ada.until(b"Z")
        for _ in range(3):
            for read in (*reads, "select id from leads where id = 7"):
                assert b"E" not in {tag for tag, _ in (*ada.query(read), *bob.query(read))}
        shop.run("update leads set txt = 'n' || id || '@acme.example.org'", "shop")  # past the gateway
        said = [body for read in reads for _, body in ada.query(read)]
        ada.send(raw.bind(name="kept") + raw.execute() + raw.SYNC)
        said += [body for _, body in ada.until(b"Z")]
        said += [body for read in reads for _, body in bob.query(read)]
        assert sum(b"redacted" in body or b"@" in body for body in said) >= 40
        assert not any(b"acme" in body for body in said)
    shop.run("drop table leads", "shop")


def test_the_error_of_an_update_shows_nothing_of_what_somebody_else_has_written_into_an_empty_column(shop: Lab) -> None:
    """The update does not touch the column, so that nobody asks whether it is still empty; its error would show the row."""
    shop.run("create table hints (id int primary key, n int constraint small check (n < 9), txt text)", "shop")
    shop.run(
        "alter table hints owner to app; insert into hints select n, 1, null from generate_series(1, 20) n", "shop"
    )
    with shop.raw("ada", "shop") as ada:
        for _ in range(3):
            assert b"E" not in {tag for tag, _ in ada.query("update hints set n = 2 where id = 7")}
        shop.run("update hints set txt = 'n' || id || '@acme.example.org'", "shop")  # past the gateway
        (error,) = (body for tag, body in ada.query("update hints set n = 99 where id = 7") if tag == b"E")
        assert b"23514" in error
        assert b"small" in error, "the sentence is told, which names the constraint"
        assert b"acme" not in error
        assert b"E" not in {tag for tag, _ in ada.query("update hints set n = 3 where id = 7")}
    shop.run("drop table hints", "shop")
