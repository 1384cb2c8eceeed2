"""A statement as an approver reads it, and as it is tried: it must stay the statement that was asked."""

from __future__ import annotations

import pytest

from proctor.sql.rehearsal import laid_out, planned, rehearsed


def test_a_statement_is_laid_out_for_reading() -> None:
    assert laid_out("update t set a=1 where id=$1 and b='x;y'") == (
        "UPDATE t\nSET a = 1\nWHERE\n  id = $1\n  AND b = 'x;y';"
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("delete from only t where id = 1", id="the printer forgets ONLY"),
        pytest.param("delete from t -- all of them\n where id = 1", id="a comment"),
        pytest.param("selec 1", id="no SQL"),
        pytest.param("select '" + "x" * 200_000 + "'", id="too long to read"),
    ],
)
def test_what_would_be_printed_as_something_else_stays_as_it_came(text: str) -> None:
    """Who approves what the printer made of it has not seen what will run."""
    assert laid_out(text) == text


def test_an_update_is_tried_with_its_rows_before_and_after() -> None:
    tried = rehearsed("update only s.orders o set total = $1 from c where c.id = o.c and o.id = $2 returning o.id")
    assert tried is not None
    assert (tried.verb, tried.sets, tried.defaults) == ("update", frozenset({"total"}), False)
    assert tried.count(("id",)) == (
        'WITH "proctor touched" AS (UPDATE ONLY s.orders o SET total = $1 FROM c WHERE c.id = o.c AND o.id = $2 '
        'RETURNING o.*) SELECT pg_catalog.count(*) OVER (), c.* FROM "proctor touched" c ORDER BY c."id" LIMIT 5'
    )
    assert tried.look(("id",)) == (
        'SELECT c.* FROM (SELECT o.* FROM ONLY s.orders o, c WHERE c.id = o.c AND o.id = $2) c ORDER BY c."id" LIMIT 5'
    )


def test_names_that_need_quotes_keep_them() -> None:
    tried = rehearsed('delete from "Odd ""name""" where id = 1')
    assert tried is not None
    assert 'RETURNING "Odd ""name""".*' in tried.count()
    assert tried.before == ""


@pytest.mark.parametrize(
    "text",
    [
        "select 1",
        "delete from a; delete from b",
        "with gone as (delete from a returning *) insert into b select * from gone",
        "delete from a where current of c",
        "merge into a using b on a.id = b.id when matched then delete",
        "truncate a",
        "update",
    ],
)
def test_whatever_else_is_not_tried(text: str) -> None:
    assert rehearsed(text) is None


def test_a_word_default_is_noted() -> None:
    tried = rehearsed("insert into a values (1, default)")
    assert tried is not None
    assert tried.defaults


def test_a_plan_is_asked_of_one_statement_that_has_one() -> None:
    assert planned("select 1")
    assert planned("merge into a using b on a.id = b.id when matched then delete")
    assert not planned("drop table a")
    assert not planned("select 1; drop table a")
    assert not planned("explain analyze delete from a")
