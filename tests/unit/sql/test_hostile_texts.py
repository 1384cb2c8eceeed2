"""Whatever comes in, an answer comes out: hostile, huge, broken texts are not understood, and honest deep ones are."""

from __future__ import annotations

import random
import sys

import pytest

from proctor.sql import SessionSettings, analyze
from tests.unit.sql.lab import CATALOG, PATH, shown, understood

ALICE = SessionSettings(path=PATH, user="alice")

HOSTILE = {
    "garbage": "selec",
    "half": "select (",
    "unterminated": "select 'abc",
    "unterminated comment": "/* select 1",
    "a NUL that hides the rest": "select 1\x00; delete from orders",
    "half a character": "select '\ud800'",
    "a million parentheses": "select " + "(" * 1_000_000,
    "deep parentheses": "select " + "(" * 20_000 + "1" + ")" * 20_000,
    "deep subqueries": "select * from " + "(select * from " * 3_000 + "orders" + ") x" * 3_000,
    "deep cases": "select " + "case when true then " * 3_000 + "1" + " end" * 3_000,
    "deep calls": "select " + "upper(" * 3_000 + "'x'" + ")" * 3_000,
    "deep nots": "select " + "not " * 20_000 + "true",
    "deep arrays": "select " + "array[" * 3_000 + "1" + "]" * 3_000,
    "too long": "select '" + "x" * (9 * 1024 * 1024) + "'",
    "too many": "select 1;" * 1_001,
    "an encoding trick": "select $tag$ $tag",
    "copy data": "copy orders from stdin;\n1\t2\n\\.\n",
    "a client's command": "\\d customers",
    "another dialect": "select `ssn` from `customers` limit 1, 2",
}


@pytest.mark.parametrize("sql", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_text_is_not_understood_and_says_why(sql: str) -> None:
    found = analyze(sql, CATALOG, ALICE)
    assert found
    for each in found:
        assert not each.understood
        assert each.trouble
        assert len(each.trouble) < 300


def test_trouble_quotes_no_literal() -> None:
    """It may end up in logs and in the client's error."""
    (found,) = analyze("select '521-37-8846", CATALOG, ALICE)
    assert "521" not in found.trouble


HONEST = {
    "long concatenation": ("select " + " || ".join(["ssn"] * 300) + " from customers", "?column?~customers.ssn"),
    "long condition": ("select id from orders where " + " or ".join(f"id = {n}" for n in range(2_000)), "id=orders.id"),
    "long list": ("select id from orders where id in (" + ", ".join(map(str, range(5_000))) + ")", "id=orders.id"),
    "long union": (" union all ".join(["select id from orders"] * 500), "id=orders.id"),
    "many rows": ("insert into orders(id) values " + ", ".join(f"({n})" for n in range(5_000)) + " returning id", "id=orders.id"),
    "many columns": ("select " + ", ".join(f"ssn as c{n}" for n in range(1_000)) + " from customers", None),
    "nested subqueries": ("select * from " + "(select * from " * 40 + "s2.orders" + ") x" * 40, "id=s2.orders.id secret=s2.orders.secret"),
    "nested cases": ("select " + "case when id = 1 then 1 else " * 50 + "2" + " end" * 50 + " from orders", "case~orders.id"),
    "nested calls": ("select " + "upper(" * 50 + "ssn" + ")" * 50 + " from customers", "upper~customers.ssn"),
}  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), HONEST.values(), ids=HONEST.keys())
def test_a_long_but_honest_statement_is_understood(sql: str, expected: str | None) -> None:
    found = understood(sql)
    if expected is not None:
        assert shown(found.outputs) == expected


def test_an_analysis_leaves_the_recursion_limit_alone() -> None:
    before = sys.getrecursionlimit()
    analyze(HOSTILE["deep calls"], CATALOG, ALICE)
    assert sys.getrecursionlimit() == before


SEEDS = [
    "select c.*, upper(ssn) as u from customers c join orders o on o.customer_id = c.id where ssn = 'x' order by 1 limit 3",
    "with recursive t(n) as (select 1 union all select n + 1 from t where n < 5) select n, (select max(ssn) from customers) from t",
    "insert into orders(id, total) values (1, 2) on conflict (id) do update set total = excluded.total returning *",
    "update customers c set notes = o.total::text from orders o where o.customer_id = c.id and c.ssn like '5%'",
    "merge into orders o using customers c on o.id = c.id when matched then delete when not matched then do nothing",
    "create table t as select row(c.*), array(select 1), (address ->> 'zip')::int from customers c",
    "alter table customers add column k text generated always as (upper(ssn)) stored, drop column notes",
    "copy (select ssn from customers) to stdout with (format csv, header)",
]


def test_no_mutation_of_a_statement_raises() -> None:
    """Words are dropped, doubled and swapped; whatever that makes, there is an answer with no sources made up."""
    chance = random.Random(15)
    for seed in SEEDS:
        words = seed.replace("(", " ( ").replace(")", " ) ").replace(",", " , ").split()
        for _ in range(150):
            mutant = list(words)
            for _ in range(chance.randint(1, 3)):
                place = chance.randrange(len(mutant))
                match chance.randrange(3):
                    case 0 if len(mutant) > 1:
                        del mutant[place]
                    case 1:
                        mutant.insert(place, chance.choice(words))
                    case _:
                        other = chance.randrange(len(mutant))
                        mutant[place], mutant[other] = mutant[other], mutant[place]
            for found in analyze(" ".join(mutant), CATALOG, ALICE):
                assert found.understood or found.trouble
                assert "could not be examined (" not in found.trouble, (found.trouble, " ".join(mutant))
