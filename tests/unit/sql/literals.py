"""Texts taken apart at their literals and put together again, and statements by the thousand."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hypothesis import strategies as st

from proctor.sql.shape import COMMENT, DECIMAL, INTEGER, LONG, MARKERS, STRING

MARKER = re.compile(b"[%b]" % MARKERS)

VALUES: dict[int, st.SearchStrategy[bytes]] = {
    STRING: st.one_of(
        st.sampled_from(["", "%", "%%", "'", "''", "a", "1", "t", "true", "null", "now", "customers", "pg_class", "0"]),
        st.text(st.characters(exclude_characters="\\\0", codec="utf-8"), max_size=12),
    ).map(lambda value: b"'" + value.replace("'", "''").encode() + b"'"),
    INTEGER: st.one_of(
        st.sampled_from([b"0", b"1", b"2", b"3", b"007", b"999999999", b"2147483647"]),
        st.integers(0, 2**31 - 1).map(lambda n: str(n).encode()),
    ),
    DECIMAL: st.sampled_from([b"0.0", b"1.5", b"00.10", b"999999999999999999999999.5", b"1.0"]),
    LONG: st.sampled_from([b"2147483648", b"99999999999", b"999999999999999999", b"10000000000"]),
    COMMENT: st.sampled_from([b"/**/", b"/* x */", b"/*traceparent='00-\xc3\xa9'*/", b"/*;--'*/"]),
}


def places(shape: bytes) -> list[int]:
    """Return the marker of each literal, in order."""
    return [shape[found.start()] for found in MARKER.finditer(shape)]


def spans(shape: bytes, literals: Sequence[bytes]) -> list[tuple[int, int, int]]:
    """Return marker, beginning and end of each literal in the text."""
    drift, found = 0, []
    for mark, literal in zip(MARKER.finditer(shape), literals, strict=True):
        start = mark.start() + drift
        found.append((shape[mark.start()], start, start + len(literal)))
        drift += len(literal) - 1
    return found


def filled(shape: bytes, literals: Sequence[bytes]) -> str:
    """Return the text of a shape with these literals."""
    waiting = iter(literals)
    return MARKER.sub(lambda _: next(waiting), shape).decode()


# ---- anything at all

PIECES = st.sampled_from(
    [
        "select", "a", "e", "E", "x", "b", "n", "u&", "U&", "_", "$", "$1", "$a$", "$$", "'", "''", "'a'", "'a''b'",
        '"', '"a"', '""', "\\", "1", "0", "12", "1.5", ".", "..", ".5", "1e", "e5", "0x1", "1_0", "2147483648", "-",
        "--", "+",
        "/", "/*", "*/", "*", " ", "\n", "\t", "\v", ",", ";", "(", ")", "[", "]", ":", "::", "=", "<", "@", "&", "|",
        "é", "\x7f", "\x1c", "\xa0", "\0", "\1", "{", "?", "#", "`", "~", "uescape", "limit", "9999999999999999999",
    ]
)  # fmt: skip
NOISE = st.lists(PIECES, max_size=14).map("".join) | st.text(st.sampled_from("'\"$\\-/*.1ae_ \n;&é"), max_size=14)


# ---- statements over the lab's catalog, with literals wherever the grammar has any

LITERALS = st.sampled_from(
    ["1", "0", "2", "-1", "7.5", "99999999999", "'a'", "'%'", "''", "'it''s'", "'1'", "null", "true", "$1", "'t'"]
)
COLUMNS = st.sampled_from(
    ["c.id", "c.email", "c.ssn", "c.full_name", "c.dob", "c.salary", "o.total", "o.id", "o.customer_id"]
)
WHOLE = st.sampled_from(["0", "1", "2", "3", "5", "50", "1000000"])
PLACES = st.sampled_from(["1", "1", "1", "1", "2", "3"])
CALLS = st.sampled_from(
    [
        "substr({0}::text, 1, 3)", "left({0}::text, 2)", "lpad({0}::text, 5, 'x')", "replace({0}::text, 'ab', 'c')",
        "replace({0}::text, '', 'long')", "coalesce({0}::text, 'none')", "nullif({0}::text, '')", "length({0}::text)",
        "round({0}::numeric, 2)", "concat({0}, '-', 7)", "to_char({0}::numeric, '999')", "repeat({0}::text, 3)",
        "date_trunc('day', o.created_at)", "extract(year from o.created_at)", "extract('epoch' from o.created_at)",
        "o.created_at at time zone 'utc'", "interval '1 day'", "date '2020-01-01'", "'customers'::regclass",
        "'now'::timestamptz", "{0}::varchar(10)", "{0}::numeric(10, 2)", "current_setting('search_path')",
        "has_table_privilege('customers', 'select')", "pg_get_viewdef('plain_view')", "format('%s', {0})",
        "string_agg({0}::text, ',')", "count(*)", "max({0})", "sum(o.total) filter (where o.id > 3)",
        "jsonb_build_object('k', {0})", "c.address -> 'street'", "c.address #>> '{{a,b}}'", "(array[1, 2, 3])[2]",
        "case when {0} is null then 'a' else 'b' end", "case {0}::text when 'x' then 1 else 2 end",
        "row_number() over (order by {0} rows 3 preceding)", "lag({0}, 1) over (partition by 1 order by o.id)",
        "ntile(4) over ()", "position('a' in {0}::text)", "overlay({0}::text placing 'x' from 1 for 2)", "trim('x' from {0}::text)",
        "{0}::text like 'a%' escape '!'", "{0}::text similar to 'a+'", "(select max(id) from orders where id < 9)",
        "exists (select 1 from products where id = 4 limit 1)", "array(select 1 union select 2)", "float8 '1.5'",
        "{0}::float(24)", "b.x + 1", "nextval('seq')", "set_config('app.x', 'y', false)", "regexp_replace({0}::text, 'a', 'b', 'g')",
        "generate_series(1, 3)", "md5({0}::text)", "abs(-5)", "random() * 10", "c.id % 10", "'a' || {0}", "- 5", "-(-5)", "+3",
    ]
)  # fmt: skip


@st.composite
def expressions(draw: st.DrawFn) -> str:
    """Return something that has a value."""
    match draw(st.integers(0, 4)):
        case 0 | 1:
            return draw(COLUMNS)
        case 2:
            return draw(LITERALS)
        case _:
            return draw(CALLS).format(draw(COLUMNS))


COMPARISONS = st.sampled_from(["=", "<>", "<", ">=", ">", "<="])


@st.composite
def conditions(draw: st.DrawFn, depth: int = 2) -> str:
    """Return a condition, many of them always true."""
    left, right = draw(expressions()), draw(expressions())
    match draw(st.integers(0, 13 if depth else 8)):
        case 0 | 1:
            return f"{left} {draw(COMPARISONS)} {draw(LITERALS)}"
        case 2:
            return f"{left} {draw(COMPARISONS)} {right}"
        case 3:
            return f"{draw(LITERALS)} {draw(COMPARISONS)} {draw(LITERALS)}"
        case 4:
            return f"{left}::text {draw(st.sampled_from(['like', 'ilike', '~', 'not like']))} {draw(LITERALS)}"
        case 5:
            return f"{left} in ({draw(LITERALS)}, {draw(LITERALS)}, {draw(LITERALS)})"
        case 6:
            return f"{left} between {draw(WHOLE)} and {draw(WHOLE)}"
        case 7:
            return f"length({draw(COLUMNS)}::text) {draw(COMPARISONS)} {draw(WHOLE)}"
        case 8:
            return f"{draw(LITERALS)}::bool"
        case 9:
            return f"not ({draw(conditions(depth=depth - 1))})"
        case 10:
            column, one, other = draw(COLUMNS), draw(WHOLE), draw(WHOLE)
            pair = draw(st.sampled_from([("=", "<>"), ("<", ">="), ("<=", ">"), ("=", "=")]))
            return f"({column} {pair[0]} {one} or {column} {pair[1]} {other})"
        case _:
            word = draw(st.sampled_from([" and ", " or "]))
            return f"({draw(conditions(depth=depth - 1))}{word}{draw(conditions(depth=depth - 1))})"


@st.composite
def selects(draw: st.DrawFn) -> str:
    """Return a query."""
    targets = draw(st.lists(expressions(), min_size=1, max_size=3))
    text = "select " + draw(st.sampled_from(["", "", "distinct "])) + ", ".join(targets)
    text += draw(
        st.sampled_from(
            [
                " from customers c join orders o on o.customer_id = c.id",
                " from customers c, orders o",
                " from customers c join orders o on true",
                " from customers c join orders o on 1 = 1",
                " from customers c tablesample bernoulli (10) join orders o on o.customer_id = c.id",
                " from (select * from customers limit 5) c, (values (1, 2.5, now(), 4), (2, 3.5, now(), 4)) o(id, total, created_at, customer_id)",
                " from customers c, orders o, generate_series(1, 100) b(x)",
                " from plain_view b, customers c, orders o",
            ]
        )
    )
    if draw(st.booleans()):
        text += " where " + draw(conditions())
    if draw(st.integers(0, 3)) == 0:
        text += f" group by {draw(PLACES)}, {draw(expressions())}"
    if draw(st.integers(0, 2)) == 0:
        text += f" order by {draw(PLACES)}, {draw(expressions())}"
    text += draw(
        st.sampled_from(
            ["", "", " limit 1", " limit 1000", " limit 5 offset 10", " fetch first 3 rows only", " limit '5'"]
        )
    )
    return text


@st.composite
def writes(draw: st.DrawFn) -> str:
    """Return a statement that changes rows."""
    where = draw(st.sampled_from(["", " where "]))
    where += draw(conditions()) if where else ""
    match draw(st.integers(0, 3)):
        case 0:
            return f"update orders o set total = {draw(expressions())} from customers c{where} returning o.id, 5"
        case 1:
            return f"delete from orders o using customers c{where}"
        case 2:
            return (
                f"insert into orders (id, total) values ({draw(WHOLE)}, {draw(LITERALS)}), ({draw(WHOLE)}, 7.5)"
                f" on conflict (id) do update set total = 9 where orders.id = {draw(WHOLE)}"
            )
        case _:
            return f"insert into orders (id) {draw(selects())}"


STATEMENTS = st.one_of(
    selects(),
    selects(),
    writes(),
    st.tuples(selects(), selects()).map(lambda pair: f"with w as ({pair[0]}) {pair[1]}"),
    st.tuples(selects(), selects()).map(lambda pair: f"({pair[0]}) union all ({pair[1]}) order by 1 limit 3"),
    st.sampled_from(
        [
            "values (1, 'a'), (2, 'b') order by 1 limit 1", "values (1), ('a')", "select 1;", " select 'a' ; /* t */",
            "select set_config('a.b', 'c', false)", "select * from json_table('{}', '$.x' columns (a int path '$.y'))",
            "with recursive r(n) as (select 1 union all select n + 1 from r where n < 10) select * from r limit 3",
            "with recursive r(n) as (select 1 union all select 2 from r) cycle n set c to 'Y' default 'N' using p select * from r",
            "select xmlelement(name a, 'b'), xmlparse(content '<a/>')", "select 1 from orders for update",
            "select count(*) filter (where 1 = 1) from orders group by grouping sets ((1), ())",
        ]
    ),
)  # fmt: skip
