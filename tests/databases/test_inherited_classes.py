"""A copy of sensitive columns that somebody approved is as sensitive as they are, whoever reads it, under every name."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest

from demo.gateway import Gateway
from demo.postgres import ThrowawayPostgres
from tests.databases.lab import PEOPLE, Lab, lab, until

# No scan would know them: not by their names, and their values are hashes and three letters.
COPY = "create table debug (id, h, s) as select id, md5(email), left(full_name, 3) || '-' || id from customers"


@pytest.fixture
def shop(postgres: ThrowawayPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Two workers, so that what one learns the other has to."""
    with lab(postgres, tmp_path_factory.mktemp("inherit"), workers=2) as made:
        yield made


def approved(shop: Lab, person: str, *statements: str) -> list[tuple[object, ...]]:
    """Run statements in one session, each approved by dana as it is held; return the last one's rows."""
    with psycopg.connect(shop.dsn(person, "shop"), autocommit=True) as session, ThreadPoolExecutor(1) as pool:
        cursor = session.cursor()
        for statement in statements:
            asked = pool.submit(cursor.execute, statement.encode())
            until(lambda asked=asked: asked.done() or approve_all(shop))  # type: ignore[misc]
            asked.result(timeout=30)
        return cursor.fetchall() if cursor.description else []


def approve_all(shop: Lab) -> bool:
    """Let dana approve whatever waits."""
    dana = ("--url", "http://{}:{}".format(*shop.gateway.console))
    for ticket in shop.gateway.ask("approvals", "list", "--json", *dana, person=("dana", PEOPLE["dana"])).objects():
        if ticket["state"] == "pending":
            words = ("approvals", "approve", str(ticket["id"]), "--because", "needed", *dana)
            shop.gateway.ask(*words, person=("dana", PEOPLE["dana"]))
    return False


def read(shop: Lab, person: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(shop.dsn(person, "shop"), autocommit=True) as session:
        return session.execute(sql.encode()).fetchall()


def true(shop: Lab, sql: str) -> set[object]:
    return {value for row in shop.run(sql, "shop") for value in row}


def nothing_true(shop: Lab, table: str, *columns: str) -> None:
    """Read the copy in several new sessions, so that each worker serves some, and look for one true value."""
    known = true(shop, f"select {', '.join(columns)} from {table}")
    assert len(known) == 600
    for person in ("ada", "copilot", "bob", "copilot"):
        rows = read(shop, person, f"select {', '.join(columns)} from {table}")
        assert len(rows) == 300
        assert not {value for row in rows for value in row} & known, person


def test_an_approved_copy_is_masked_for_everybody_also_renamed_and_after_a_restart(shop: Lab) -> None:
    approved(shop, "ada", COPY)
    nothing_true(shop, "debug", "h", "s")

    shop.gateway.stop()
    with Gateway(shop.gateway.config) as again:
        shop.gateway.postgres, shop.gateway.console = again.postgres, again.console
        nothing_true(shop, "debug", "h", "s")
        approved(shop, "ada", "alter table debug rename column h to a", "alter table debug rename to notes")
        nothing_true(shop, "notes", "a", "s")
    with Gateway(shop.gateway.config) as again:
        shop.gateway.postgres = again.postgres
        nothing_true(shop, "notes", "a", "s")


def test_the_data_map_tells_by_which_way_a_copy_of_a_copy_has_left(shop: Lab) -> None:
    approved(shop, "ada", COPY, "create table again as select h as k from debug")
    with psycopg.connect(shop.dsn("ada", "shop"), autocommit=True) as session:
        with session.cursor().copy("copy (select k from again) to stdout") as rows:
            assert len([*rows.rows()]) == 300
        with pytest.raises(psycopg.Error), session.cursor().copy("copy customers from program 'cat' to stdout"):
            pass
    address = "http://{}:{}/api/v1/databases/shop/copies".format(*shop.gateway.console)

    def told() -> list[dict[str, object]]:
        found: list[dict[str, object]] = httpx.get(address, auth=("dana", PEOPLE["dana"])).json()["copies"]
        return [one for one in found if one["way"] == "client"]

    (out,) = until(told)
    assert (out["who"], out["sources"], out["masked"], out["rows"]) == ("ada", ["public.again.k"], True, 300)
    assert out["routes"] == [["public.customers.email", "public.debug.h", "public.again.k"]]


def test_a_renaming_around_the_gateway_carries_the_class_too(shop: Lab) -> None:
    approved(shop, "ada", COPY)
    nothing_true(shop, "debug", "h", "s")
    # The columns change their names with each other and with one that is clean: no name says what it said before.
    shop.run(
        "alter table debug rename column h to x; alter table debug rename column id to h;"
        "alter table debug rename column x to id; alter table debug rename to other; create table debug as select 1 as h",
        "shop",
    )
    read(shop, "ada", "select 1")
    until(lambda: read(shop, "ada", "select h from other where h = 7") == [(7,)])
    nothing_true(shop, "other", "id", "s")


def test_who_reads_the_copy_before_it_is_committed_sees_masks_too(shop: Lab) -> None:
    rows = approved(shop, "ada", "begin", COPY, "select h, s from debug")
    assert len(rows) == 300
    with psycopg.connect(shop.direct_dsn("shop")) as direct:
        known = {
            v
            for row in direct.execute("select md5(email), left(full_name, 3) || '-' || id from customers")
            for v in row
        }
    assert not {value for row in rows for value in row} & known


def test_a_temporary_copy_keeps_its_class_also_renamed(shop: Lab) -> None:
    made = COPY.replace("create table", "create temp table")
    known = true(shop, "select md5(email), left(full_name, 3) || '-' || id from customers")
    for extra in ((), ("alter table debug rename column h to a",), ("alter table debug rename to d",)):
        rows = approved(shop, "ada", made, *extra, f"select * from {'d' if extra and ' to d' in extra[0] else 'debug'}")
        assert len(rows) == 300
        assert not {value for row in rows for value in row[1:]} & known, extra


def test_what_is_copied_into_a_table_that_was_clean_makes_it_sensitive(shop: Lab) -> None:
    """The insert and the reading are sent together: the reading is not judged before the copy is known."""
    before = read(shop, "ada", "select state from orders where id = 1")
    assert before == [("open",)]
    insert = "insert into orders (total, state) select id, md5(email) from customers where id < 4"
    with psycopg.connect(shop.dsn("ada", "shop"), autocommit=True) as session, ThreadPoolExecutor(1) as pool:
        session.execute("select state from orders where id = 600")  # remembered as clean

        def both() -> list[tuple[object, ...]]:
            with session.pipeline():
                session.execute(insert.encode())
                return session.execute("select state from orders where id > 600").fetchall()

        asked = pool.submit(both)
        until(lambda: asked.done() or approve_all(shop))
        rows = asked.result(timeout=30)
    known = true(shop, "select md5(email) from customers where id < 4")
    assert len(rows) == 3
    assert not {row[0] for row in rows} & known
    assert not {row[0] for row in read(shop, "copilot", "select state from orders where id > 600")} & known


def test_in_one_text_too_the_copy_is_known_before_it_is_read(shop: Lab) -> None:
    rows = approved(
        shop, "ada",
        "insert into orders (total, state) select id, md5(email) from customers where id < 4; select state from orders where id > 600",
    )  # fmt: skip
    assert not {row[0] for row in rows} & true(shop, "select md5(email) from customers where id < 4")


def test_a_materialized_view_made_by_us_inherits(shop: Lab) -> None:
    approved(
        shop,
        "ada",
        "create materialized view digest as select id, md5(email) as h, left(full_name, 3) || id as s from customers",
    )
    nothing_true(shop, "digest", "h", "s")


def test_a_failed_copy_makes_nothing_sensitive(shop: Lab) -> None:
    with pytest.raises(psycopg.Error):
        approved(shop, "ada", "insert into orders (id, state) select 1, md5(email) from customers")
    assert read(shop, "ada", "select state from orders where id = 1") == [("open",)]


def test_a_persons_word_goes_with_the_column(shop: Lab) -> None:
    read(shop, "ada", "select 1")
    config = shop.gateway.config
    said = shop.gateway.ask(
        "classify", "shop.public.orders.state", "--as", "person_name", "--because", "initials", config=config
    )
    assert said.code == 0, said.text
    until(lambda: read(shop, "ada", "select state from orders where id = 1") != [("open",)])
    shop.run("alter table orders rename column state to stage", "shop")
    shop.run("alter table orders rename to sales", "shop")
    until(lambda: len(read(shop, "ada", "select id from sales where id = 1")) == 1)
    assert read(shop, "copilot", "select stage from sales where id = 1") != [("open",)]
