"""Which literals and parameters stand alone opposite a column, which are written, and which do something else too."""

from __future__ import annotations

import pytest

from proctor.sql import analyze, examine
from tests.unit.sql.lab import ALICE, CATALOG, understood

KEYS = {
    "a literal": ("select id from customers where ssn = 'x'", {"'x' ssn alone"}),
    "turned round": ("select id from customers where 'x' = ssn", {"'x' ssn alone"}),
    "a cast": ("select id from customers where ssn = 'x'::text", {"'x' ssn alone"}),
    "casts": ("select id from customers where ssn = 'x'::text::varchar", {"'x' ssn alone"}),
    "a list": ("select id from customers where ssn in ('x', $1)", {"'x' ssn alone", "$1 ssn alone"}),
    "an array": ("select id from customers where ssn = any(array['x', 'y'])", {"'x' ssn alone", "'y' ssn alone"}),
    "an array literal": ("select id from customers where ssn = any('{x,y}'::text[])", {"'{x,y}' ssn alone array"}),
    "an array parameter": ("select id from customers where ssn = any($1)", {"$1 ssn alone array"}),
    "numbers": ("select id from customers where id = 5 and ssn = 'x'", {"'5' id alone", "'x' ssn alone"}),
    "a join": (
        "select 1 from customers c join orders o on o.customer_id = c.id and c.ssn = $1", {"$1 ssn alone"},
    ),
    "a subquery": ("select 1 from orders where exists (select from customers where ssn = $1)", {"$1 ssn alone"}),
    "a column of a subquery": ("select 1 from (select ssn as s from customers) t where s = $1", {"$1 ssn alone"}),
    "twice": ("select 1 from customers where ssn = $1 and phone = $1", {"$1 ssn alone", "$1 phone alone"}),
    "a view": ("select 1 from plain_view where ssn = $1", {"$1 ssn alone"}),
    "a cast with a length": ("select id from customers where ssn = 'x'::varchar(3)", {"'x' ssn"}),
    "computed": ("select id from customers where ssn = 'x' || $1", set()),
    "a row": ("select id from customers where (id, ssn) = (5, 'x')", {"'5' id", "'x' ssn"}),
    "null": ("select id from customers where ssn = null", {"? ssn"}),
    "shown": ("select $1, id from customers where ssn = $1", {"$1 ssn"}),
    "shown in a subquery": ("select (select $1) from customers where ssn = $1", {"$1 ssn"}),
    "a limit": ("select id from customers where ssn = $1 limit $1::int", {"$1 ssn"}),
    "also like": ("select id from customers where ssn = $1 and phone like $1", {"$1 ssn"}),
    "also compared with a value": ("select id from customers where ssn = $1 and $1 = 'x'", {"$1 ssn"}),
    "returned": ("delete from customers where ssn = $1 returning $1", {"$1 ssn"}),
    "explained": ("explain select id from customers where ssn = 'x'", {"'x' ssn alone"}),
}  # fmt: skip
WRITES = {
    "insert": ("insert into customers (ssn) values ('x')", {"'x' ssn written"}),
    "rows": ("insert into customers (id, ssn) values (1, 'x'), (2, $1)",
             {"'1' id written", "'2' id written", "'x' ssn written", "$1 ssn written"}),
    "through values": ("insert into customers (ssn) select v.b::text from (values ($1)) v (b)", {"$1 ssn written"}),
    "through with": ("with v as (select $1::text as b) insert into customers (ssn) select b from v", {"$1 ssn written"}),
    "through a union": ("insert into customers (ssn) select 'x' union all select $1", {"'x' ssn written", "$1 ssn written"}),
    "update": ("update customers set ssn = 'x'", {"'x' ssn written"}),
    "a row of an update": ("update customers set (ssn, phone) = ('x', $1)", {"'x' ssn written", "$1 phone written"}),
    "maybe": ("update customers set ssn = coalesce($1, ssn)", {"$1 ssn written"}),
    "either": ("update customers set ssn = case when id = 1 then 'x' else $1 end", {"'x' ssn written", "$1 ssn written"}),
    "key and written": ("update customers set ssn = $1 where ssn = $1", {"$1 ssn written", "$1 ssn"}),
    "conflict": (
        "insert into customers (id) values (1) on conflict (id) do update set ssn = $1",
        {"'1' id written", "? id", "$1 ssn written"},
    ),
}  # fmt: skip


def told(text: str) -> set[str]:
    found = set()
    for given in understood(text).given:
        what = f"${given.parameter}" if given.parameter else "?" if given.literal is None else f"'{given.literal}'"
        words = [what, "|".join(sorted(c.name for c in given.columns))]
        words += [w for w, on in (("alone", given.alone), ("array", given.array), ("written", given.written)) if on]
        found.add(" ".join(words))
    return found


@pytest.mark.parametrize("case", KEYS)
def test_what_stands_opposite_a_column_is_told(case: str) -> None:
    text, wanted = KEYS[case]
    assert told(text) == wanted


@pytest.mark.parametrize("case", WRITES)
def test_what_is_written_is_told(case: str) -> None:
    text, wanted = WRITES[case]
    assert wanted <= told(text)


@pytest.mark.parametrize("case", KEYS)
def test_the_place_of_a_literal_is_where_it_stands_in_the_bytes(case: str) -> None:
    text = KEYS[case][0].replace("select ", "select 'ünï', ", 1) if "select" in KEYS[case][0] else KEYS[case][0]
    for given in understood(text).given:
        if given.literal is not None:
            assert text.encode()[given.place :].lstrip(b"'").startswith(given.literal.encode())


def test_the_text_of_a_view_gives_nothing() -> None:
    """What a view compares stands in no text of the client's, and has no place there."""
    text = "create view v as select id from customers where ssn = 'x'; select id from v where id = 5"
    first, second = analyze(text, CATALOG, ALICE)
    assert first.understood and second.understood
    found = {(given.literal, given.alone) for given in second.given}
    assert found == {("x", False), ("5", True)}


def test_giving_consults_nothing() -> None:
    """A literal that is only told of is no part of the meaning: texts that differ in it are judged once."""
    form = examine("select id from customers where id = 5 and ssn = 'x'", CATALOG, ALICE).form
    assert form is not None
    assert form.fixed == ()


def test_the_highest_parameter_is_told() -> None:
    assert understood("select id from customers where ssn = $3 and id = $7").parameters == 7
