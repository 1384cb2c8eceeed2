"""Which statements can tell of columns that held no value: all but those that touch none of them in any way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proctor.policy.rules import Rules
from proctor.session.judge import Bench
from proctor.session.judged import Stamp
from proctor.session.unseen import keeps_apart
from proctor.sql import SessionSettings
from proctor.terms import Context, Relation
from tests.stories.house import ALICE, NOW, catalog, data_map, shipped

CONTEXT = Context("shop", "development", NOW)
STAMP = Stamp(ALICE, CONTEXT, SessionSettings(("pg_temp", "pg_catalog", "public"), "app"), "1", 1, "rules")
CUSTOMERS = Relation("public", "customers")
EMPTY = frozenset({"email"})


@pytest.fixture(scope="module")
def bench() -> Bench:
    rules: Rules = shipped()
    return Bench(STAMP, catalog(), data_map(), rules)


@pytest.mark.parametrize("text", [
    "select id from customers where id = 1",
    "select id from customers order by id limit 3",
    "select c.id from customers c join customers d on c.id = d.id",
    "insert into customers (id) values (7)",
    "insert into customers (id) values (7) on conflict (id) do update set id = 8",
    "update customers set id = 7 where id = 8",
    "update customers set id = id + 1 where id = 8",
    "insert into customers (id) select id + 100 from customers",
])  # fmt: skip
def test_what_names_other_columns_alone_keeps_apart(bench: Bench, text: str) -> None:
    judged = bench.judge(text)
    assert judged.touches == {CUSTOMERS}
    assert keeps_apart(judged, CUSTOMERS, EMPTY)
    assert not keeps_apart(judged, CUSTOMERS, None), "nobody knows which columns"


@pytest.mark.parametrize("text", [
    "select * from customers",
    "select email from customers",
    "select c from customers c",
    "select c.email from customers c",
    "select email(c) from customers c",
    "select to_json(c) from customers c",
    "select count(*) from customers",
    "select count(c) from customers c",
    "select 1 from customers",
    "select exists (select from customers)",
    "select id from customers where email is null",
    "select id from customers order by email",
    "select id from customers group by id, email",
    "select c.id from customers c join customers d on c.email = d.email",
    "select c.id from customers c natural join customers d",
    "select id from customers where exists (select from customers d where d.email > 'a')",
    "select x.a from customers as x (a, b) where b is null",
    "with c as (select * from customers) select id from c where email like 'a%'",
    "table customers",
    "copy customers to stdout",
    "copy customers (email) to stdout",
    "copy customers from stdin",
    "insert into customers (id, email) values (7, 'x')",
    "insert into customers values (7, 'x')",
    "insert into customers (id) select length(email) from customers",
    "insert into customers (id) values (7) returning *",
    "insert into customers (id) values (7) returning email",
    "update customers set id = 7 where email is null",
    "update customers set id = length(email) where id = 8",
    "update customers set id = 7 where id = 8 returning *",
    "delete from customers where id = 8",
    "truncate customers",
    "alter table customers add column note text",
    "select id from customers; select email from customers",
    "set search_path = public; select id from customers",
    "do $$ begin end $$",
])  # fmt: skip
def test_what_may_tell_of_them_does_not(bench: Bench, text: str) -> None:
    assert not keeps_apart(bench.judge(text), CUSTOMERS, EMPTY)


@pytest.mark.parametrize("text", [
    "update customers set id = 7 where id = 8",
    "delete from customers where id = 8",
    "insert into customers (id) values (7) on conflict (id) do update set id = 8",
    "with gone as (delete from customers where id = 8 returning id) select id from gone",
])  # fmt: skip
def test_what_may_show_a_row_that_nobody_has_looked_at_is_discreet(bench: Bench, text: str) -> None:
    assert not any(verdict.discreet for verdict in bench.judge(text).verdicts)
    looked_away = replace(bench, unseen=frozenset({CUSTOMERS}))
    judged = looked_away.judge(text)
    assert any(verdict.discreet for verdict in judged.verdicts)
    assert any(verdict.discreet for verdict in looked_away.again(judged).verdicts)


def test_a_read_of_it_and_a_write_elsewhere_need_not_be(bench: Bench) -> None:
    looked_away = replace(bench, unseen=frozenset({CUSTOMERS}))
    for text in (
        "select id from customers",
        "insert into customers (id) values (7)",
        "update orders set id = 7 where id = 8",
    ):
        assert not any(verdict.discreet for verdict in looked_away.judge(text).verdicts)
