"""What is suggested to whoever is refused has been tried before the rules, and is never more than a suggestion."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from proctor.app.cases import read_cases
from proctor.policy.rules import Rules
from proctor.session import advice
from proctor.session.judge import Bench
from proctor.session.judged import Stamp
from proctor.sql.rewrites import suggestions
from proctor.sql.settings import SessionSettings
from proctor.terms import Allow, Context, Hold

CASES = read_cases(Path(str(resources.files("proctor.policy").joinpath("pack/cases.toml"))))
RULES = Rules.shipped()


def bench(who: str = "alice", environment: str = "production") -> Bench:
    assert CASES.catalog is not None
    asker = CASES.askers[who]
    settings = SessionSettings(("pg_temp", "pg_catalog", "public"), who, CASES.catalog.server_version)
    stamp = Stamp(asker, Context("shop", environment, CASES.cases[0].at), settings, "cases", 1, RULES.digest)
    return Bench(stamp, CASES.catalog, CASES.classified, RULES)


def advised(sql: str, who: str = "alice") -> tuple[str, str, type] | None:
    on = bench(who)
    found = advice.instead(on, on.judge(sql))
    return None if found is None else (found[0].text, found[0].then, type(found[1]))


TRIED = {
    "delete from orders": ("delete from orders where id = $1", "", Allow),
    "DELETE FROM Orders RETURNING id;": ("DELETE FROM Orders where id = $1 RETURNING id", "", Allow),
    "update public.orders set status = 'x''y' -- all of them": (
        "update public.orders set status = 'x''y' where id = $1", "", Allow
    ),
    "truncate table orders": ("delete from orders where id = $1", "", Allow),
    "drop table orders": ("alter table orders rename to orders_dropped", "drop it once nobody has missed it", Hold),
    "vacuum full orders": ("vacuum orders", "", Hold),
    "select * from orders, items": ("select * from orders, items limit 1000", "", Allow),
    "select * from events": ("select * from events limit 1000", "", Allow),
    "copy orders to '/tmp/o.csv' (format csv)": ("copy orders to stdout (format csv)", "", Allow),
    "copy (select id from orders) to program 'curl -T - x'": ("copy (select id from orders) to stdout", "", Allow),
    "create index i on orders (id)": ("create index concurrently i on orders (id)", "", Hold),
    "alter table orders add constraint paid check (total > 0)": (
        "alter table orders add constraint paid check (total > 0) not valid", "alter table orders validate constraint paid", Hold
    ),
    "explain analyze delete from orders where id > 5": ("explain delete from orders where id > 5", "", Allow),
}  # fmt: skip


@pytest.mark.parametrize("sql", TRIED)
def test_what_fares_better_is_suggested(sql: str) -> None:
    assert advised(sql) == TRIED[sql]


@pytest.mark.parametrize(
    "sql",
    [
        "select 1",
        "select id from customers where email = 'a'",
        "grant select on orders to checkout",
        "delete from orders where 1 = 1",
        "drop table orders cascade",
        "drop table orders, items",
        "truncate orders, items",
        "do $$ begin end $$",
        "selec 1",
        "delete from orders; delete from items",
        "update orders set status = 'x' from items",
        "create table mine as select email from customers",
        f"delete from orders -- {'x' * 2000}",
    ],
)
def test_where_nothing_is_known_to_fare_better_nothing_is_said(sql: str) -> None:
    assert advised(sql) is None
    assert advice.told(None) == ""


def test_what_would_be_refused_as_well_is_not_suggested() -> None:
    """An agent may not write unattended, but may be held; and it may not lock a table however it asks."""
    assert advised("delete from orders", "copilot") == ("delete from orders where id = $1", "", Hold)
    assert advised("vacuum full orders", "checkout") == ("vacuum orders", "", Hold)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("create index i on orders (id)", "create index concurrently i on orders (id)"),
        ("CREATE UNIQUE INDEX ON orders (id)", "CREATE UNIQUE INDEX concurrently ON orders (id)"),
        ("create index concurrently i on orders (id)", None),
        ("reindex table orders", "reindex table concurrently orders"),
        ("refresh materialized view m", "refresh materialized view concurrently m"),
        (
            "alter table orders add constraint paid check (total > 0);",
            "alter table orders add constraint paid check (total > 0) not valid",
        ),
        ("alter table orders add constraint k unique (id)", None),
        (
            "alter table s.orders alter column note set not null",
            "alter table s.orders add constraint note_not_null check (note is not null) not valid",
        ),
        ('alter table orders alter column "No te" set not null', None),
        ('drop table if exists public.orders', "alter table public.orders rename to orders_dropped"),
        ('drop table "odd ; name"', None),
        ("select (select 1 limit 1) from orders", "select (select 1 limit 1) from orders limit 1000"),
        ("select 1 fetch first 3 rows only", None),
        ("select 'ü', id from orders", "select 'ü', id from orders limit 1000"),
        ("", None),
        ("'", None),
    ],
)  # fmt: skip
def test_a_statement_is_rewritten_in_its_own_words(sql: str, expected: str | None) -> None:
    found = suggestions(sql, lambda _: "id")
    assert (found[0].text if found else None) == expected


def test_a_suggestion_is_told_in_one_line_with_what_comes_after_it() -> None:
    on = bench()
    assert advice.told(advice.instead(on, on.judge("drop\n table orders"))) == (
        "This could be approved: alter table orders rename to orders_dropped; then drop it once nobody has missed it"
    )
    assert advice.told(advice.instead(on, on.judge("delete\nfrom orders"))) == (
        "This would pass: delete from orders where id = $1"
    )
    long = "update orders set status = '" + "x" * 400 + "'"
    assert advice.told(advice.instead(on, on.judge(long))) == ""
