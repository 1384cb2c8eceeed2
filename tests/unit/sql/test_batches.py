"""Several statements in one text: each is read against what the earlier ones have changed, or not at all."""

from __future__ import annotations

import pytest

from proctor.sql import SessionSettings, analyze
from proctor.terms import Analysis
from tests.unit.sql.lab import ALICE, CATALOG, PATH, shown


def batch(sql: str, settings: SessionSettings = ALICE) -> tuple[Analysis, ...]:
    return analyze(sql, CATALOG, settings)


def last(sql: str) -> Analysis:
    return batch(sql)[-1]


def test_each_statement_has_its_own_text_also_beyond_ascii() -> None:
    """The parser counts bytes, the text is characters."""
    found = batch("select 'ééé' ; select '日本' from orders;\n-- nothing\n select ssn from customers ")
    assert [each.text for each in found] == [
        "select 'ééé'",
        "select '日本' from orders",
        "select ssn from customers",
    ]
    assert shown(found[2].outputs) == "ssn=customers.ssn"


def test_words_in_literals_and_comments_are_no_statements() -> None:
    assert [each.kind for each in batch("select ';--'; delete from orders; select ';' /* ; truncate orders; */")] == [
        "select",
        "delete",
        "select",
    ]


def test_an_empty_text_is_no_statement() -> None:
    assert batch("") == ()
    assert batch(" -- only a comment\n;;") == ()


CREATED = {
    "table": ("create temp table t (a int, b text); select * from t", "a=pg_temp.t.a b=pg_temp.t.b"),
    "table as": ("create table t as select id a, ssn b from customers; select b from t", "b=customers.ssn|t.b"),
    "derived": ("create table t as select upper(ssn) b from customers; select b from t", "b~customers.ssn|t.b"),
    "into": ("select ssn b into temp t from customers; select b from t", "b=customers.ssn|pg_temp.t.b"),
    "view": ("create view v(x) as select ssn from customers; select x from v", "x=customers.ssn"),
    "view over it": (
        "create temp table t as select ssn b from customers; create view v as select b from t; select b from v",
        "b=customers.ssn|pg_temp.t.b",
    ),
    "shadow": (
        "create temp table orders as select ssn as total from customers; select total from orders",
        "total=customers.ssn|pg_temp.orders.total",
    ),
    "shadowing view": ("create temp view orders as select ssn as total from customers; select total from orders", "total=customers.ssn"),
    "materialized view": ("create materialized view m as select ssn from customers; select * from m", "ssn=customers.ssn|m.ssn"),
    "path": ("set search_path = s2, public; select * from orders", "id=s2.orders.id secret=s2.orders.secret"),
    "path by function": ("select set_config('search_path', 's2', false); select * from orders", "id=s2.orders.id secret=s2.orders.secret"),
    "path with temporaries last": (
        "set search_path = s2, pg_temp; create temp table orders (x int); select * from orders",
        "id=s2.orders.id secret=s2.orders.secret",
    ),
    "created where the path says": ("set search_path = s2; create table fresh (a int); select a from s2.fresh", "a=s2.fresh.a"),
    "dropped and made anew": ("drop table if exists orders; create table orders (x int); select * from orders", "x=orders.x"),
    "in a transaction": ("begin; create temp table t (a int); insert into t values (1); select a from t; commit", ""),
}  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), CREATED.values(), ids=CREATED.keys())
def test_what_a_text_has_just_made_is_followed(sql: str, expected: str) -> None:
    found = last(sql)
    assert found.understood, found.trouble
    assert shown(found.outputs) == expected


CONFUSED = {
    "altered": "alter table customers rename ssn to t0; select ssn from customers",
    "swapped": "alter table customers rename notes to x; alter table customers rename ssn to notes; select notes from customers",
    "dropped": "drop table orders; select * from orders",
    "dropped before the path goes on": "drop table scratch; select * from scratch",
    "made if there is none": "create table if not exists orders (x int); select * from orders",
    "replaced": "create or replace view plain_view as select 1 as id; select id from plain_view",
    "attached": "alter table par attach partition customers default; select ssn from par",
    "made like another": "create table t (like customers); select ssn from t",
    "inherited": "create table t () inherits (customers); select ssn from t",
    "function": "create function lower(int) returns text language sql as 'select 1'; select lower(1)",
    "do": "do $$ begin execute 'create temp table orders(id int)'; end $$; select id from orders",
    "call": "call x(); select id from orders",
    "rolled back": "rollback; select id from orders",
    "rolled back to": "rollback to a; select id from orders",
    "path of a transaction": "begin; set local search_path = s2; commit; select id from orders",
    "path reset": "reset search_path; select id from orders",
    "path to default": "set search_path to default; select id from orders",
    "everything reset": "reset all; select id from orders",
    "discarded": "discard all; select id from orders",
    "role": "set role dba; select id from orders",
    "after something not understood": "select 1 from nowhere; select id from orders",
    "renamed type": "alter type mood rename to mut; select 'x'::mood",
}


@pytest.mark.parametrize("sql", CONFUSED.values(), ids=CONFUSED.keys())
def test_what_a_text_has_changed_beyond_following_is_not_understood(sql: str) -> None:
    found = last(sql)
    assert not found.understood
    assert found.trouble


def test_a_commit_ends_a_path_that_was_set_local_before() -> None:
    settings = SessionSettings(path=PATH, user="alice", path_is_local=True)
    *_, found = batch("commit; select id from orders", settings)
    assert not found.understood
    *_, found = batch("commit; select id from orders")
    assert found.understood


def test_a_transaction_may_end_after_confusion() -> None:
    assert [each.understood for each in batch("begin; do $$ begin end $$; rollback; begin; commit")] == [True] * 5


def test_explain_creates_nothing() -> None:
    assert not last("explain create table t as select 1 as a; select a from t").understood


def test_one_statements_findings_do_not_leak_into_the_next() -> None:
    _, second = batch("select ssn from customers where phone like '5%'; select id from orders where id = 1")
    assert {str(column) for column in second.reads} == {"public.orders.id"}
    assert [str(found.use) for found in second.inferences] == ["key"]
