"""Forms: which literals a meaning hangs on. The others may be anything, and the analysis is the same: that is tried."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proctor.sql import Form, examine, ir
from proctor.sql.forms import own_text
from proctor.sql.shape import shape_of
from tests.unit.sql.lab import ALICE, CATALOG
from tests.unit.sql.literals import STATEMENTS, VALUES, filled, places
from tests.unit.sql.test_corpus_understood import CORPUS, records, statements


def form(text: str) -> Form | None:
    return examine(text, CATALOG, ALICE).form


def consulted(text: str) -> list[str] | None:
    """Return the literals that a text's meaning hangs on, those that were only looked up in a list with a `?`."""
    found, shaped = form(text), shape_of(text)
    if found is None or shaped is None:
        return None
    asked = [shaped[1][place].decode() + "?" for place, _, _ in found.asked]
    return [literal.decode() for _, literal in found.fixed] + asked


CONSULTED: dict[str, tuple[str, list[str]]] = {
    "a key": ("select total from orders where id = 5", []),
    "a list of keys": ("select total from orders where id in (1, 2, 3)", []),
    "a range": ("select id from orders where total between 1.5 and 99999999999", []),
    "a value shown": ("select 1, 'a', 2.5", []),
    "values written": ("insert into orders (id, total) values (1, 2.5), (2, -3)", []),
    "a value set": ("update orders set total = 5 where id = 6", []),
    "a limit": ("select id from orders limit 10 offset 20", ["10"]),
    "a fetch": ("select id from orders fetch first 3 rows only", ["3"]),
    "a place to order by": ("select id, total from orders order by 2, 'x'", ["2"]),
    "a place to group by": ("select id, 7 from orders group by 1", ["1"]),
    "a place of distinct on": ("select distinct on (1) id, total from orders", ["1"]),
    "two constants compared": ("delete from orders where 1 = 2", ["1", "2"]),
    "computing constants": ("delete from orders where 1 + 1 = 2 or id = 9", ["1", "1", "2"]),
    "a constant condition": ("delete from orders where 'f'::bool", ["'f'"]),
    "a pattern": ("delete from products where name like 'x'", ["'x'?", "'x'?"]),
    "an expression": ("delete from products where name ~ ('.*')::text", ["'.*'?"]),
    "what is never negative": ("delete from products where length(name) >= 0", ["0"]),
    "what may be anything": ("delete from products where position('a' in name) >= 0", []),
    "two arms that are opposites": ("delete from orders where id = 1 or id <> 1", ["1", "1"]),
    "two arms that are not": ("delete from orders where id = 1 or id = 2", []),
    "a column in a list with itself": ("delete from orders where 1 in (1, 2)", ["1", "1"]),
    "a type's modifier": ("select 'a'::varchar(10), 5::numeric(8, 2)", ["10", "8", "2"]),
    "a precision that picks the type": ("select 5::float(24)", ["24"]),
    "what is replaced by what": ("select replace(name, 'a', 'b') from products", ["'a'", "'b'"]),
    "other arguments": ("select lpad(name, 3, 'b'), substr(name, 2) from products", []),
    "a path of jsonb": ("select meta -> 'a' #>> '{b}' from products", []),
    "a negated number": ("select - 5, -5", []),
    "a number negated from afar": ("select -(5)", ["5"]),
    "a negation undone": ("select - - 5", ["5"]),
    "the comment": ("select 5 /* t */", []),
    "a name in a string": ("select 'customers'::regclass", []),
    "a series": ("select n from generate_series(1, 100) g(n)", ["1", "100"]),
    "a sample": ("select id from orders tablesample bernoulli (10) repeatable (5)", []),
    "a window": ("select sum(total) over (order by id rows 3 preceding) from orders", []),
    "an interval": ("select created_at + interval '1 day' from orders", []),
}
FORMLESS = {
    "a setting": "select set_config('app.x', 'y', false)",
    "what pg_dump says first": "SELECT set_config(name, 'view, foreign-table', false) FROM pg_settings "
    "WHERE name = 'restrict_nonsystem_relation_kind'",
    "an opaque function": "select ssn_of(5)",
    "two statements": "select 1; select 2",
    "a SET": "set work_mem = 5",
    "an EXPLAIN": "explain select 5",
    "a PREPARE": "prepare s as select 5",
    "a cursor": "declare c cursor for select 5",
    "a COPY": "copy (select 5) to stdout",
    "a MERGE": "merge into orders o using products p on o.id = p.id when matched then update set total = 5",
    "a table made": "create table n as select 5",
    "a table selected into": "select 5 as x into n",
    "a comment in front": "/* 1 */ select 5",
    "what is not understood": "select 5 from missing",
    "a place that is not there": "select id from orders order by 5",
    "a semicolon in front": ";select 5",
    "what cannot be parsed": "select 5 5 5",
    "an empty text": "",
}


@pytest.mark.parametrize("case", CONSULTED)
def test_a_literal_counts_where_it_is_looked_at(case: str) -> None:
    text, expected = CONSULTED[case]
    assert consulted(text) == expected


@pytest.mark.parametrize("case", FORMLESS)
def test_what_copies_its_text_elsewhere_has_no_form(case: str) -> None:
    assert form(FORMLESS[case]) is None


def test_a_pattern_stands_for_all_that_are_as_open_as_it() -> None:
    found = form("delete from products where name like 'x'")
    assert found is not None
    assert found.holds((b"'y%'",))
    assert not found.holds((b"'%'",))
    assert not found.holds((b"'y\\'",)), "it ends in an escape, and may fail"
    assert not found.holds((b"'%%'",))


def test_a_condition_of_thousands_of_arms_is_not_compared_pair_by_pair() -> None:
    text = "delete from orders where " + " or ".join(f"id = {n} or id <> {n + 20_000}" for n in range(5_000))
    assert examine(text, CATALOG, ALICE).analyses[0].understood


def written_in_the_tests() -> Sequence[str]:
    """Return every text of the other tests of this room that can be examined; a new test is tried here as well."""
    found = []
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
                found.append(node.value)
    return found


def in_the_corpus() -> Sequence[str]:
    files = sorted(path.name for path in CORPUS.glob("*.jsonl"))
    return [text for name in files for record in records(name) for text in statements(record)]


KNOWN = [text for text in dict.fromkeys((*in_the_corpus(), *written_in_the_tests())) if form(text) is not None]


def differs(text: str, data: st.DataObject) -> tuple[object, object] | None:
    """Return what a text means and what another of its form does, all free literals being others; None if formless."""
    first = examine(text, CATALOG, ALICE)
    if first.form is None:
        return None
    _, literals = shape_of(text) or (b"", ())
    changed = [data.draw(VALUES[marker]) for marker in places(first.form.shape)]
    for place, literal in first.form.fixed:
        changed[place] = literal
    if not first.form.holds(tuple(changed)):  # a pattern came out as open as '%', or as closed as it was not
        for place, _, _ in first.form.asked:
            changed[place] = literals[place]
    other = filled(first.form.shape, changed)
    second = examine(other, CATALOG, ALICE)
    assert own_text(other) == second.analyses[0].text
    meant = [replace(found.analyses[0], text="") for found in (first, second)]
    return (meant[0], _free(first.form)), (meant[1], None if second.form is None else _free(second.form))


def _free(found: Form) -> tuple[object, ...]:
    return found.shape, found.fixed, frozenset(found.asked)


def test_most_of_what_is_known_has_a_form() -> None:
    assert len(KNOWN) > 150


@settings(deadline=None, max_examples=1500, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(KNOWN) | STATEMENTS, st.data())
def test_texts_of_one_form_mean_the_same(text: str, data: st.DataObject) -> None:
    """The law of this module: only literals that were not consulted differ, so nothing of the analysis may."""
    found = differs(text, data)
    if found is not None:
        assert found[1] == found[0]


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("select id from orders limit 10", "select id from orders limit 100"),
        ("delete from orders where 1 = 2", "delete from orders where 1 = 1"),
        ("select id, total from orders order by 1", "select id, total from orders order by 2"),
    ],
)
def test_the_law_would_be_broken_if_nobody_noted_what_is_read(
    text: str, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proof that cannot fail proves nothing."""
    monkeypatch.setattr(ir.Constant, "value", property(lambda constant: constant._value))
    found, shaped = examine(text, CATALOG, ALICE), shape_of(other)
    assert found.form is not None
    assert shaped is not None
    assert found.form.holds(shaped[1])
    assert replace(examine(other, CATALOG, ALICE).analyses[0], text="") != replace(found.analyses[0], text="")
