"""The allow-list against the servers it was made from: it is what they would give today, and its promises hold."""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path

import psycopg
import pytest

from demo.postgres import ThrowawayPostgres
from proctor.sql.allowed.operators import OPERATORS
from proctor.sql.allowed.routines import ROUTINES

ROOT = Path(__file__).resolve().parents[2]

EDGES = {
    "text": ["", "a", "\\", "%", "é" * 60, "infinity", "{", "123-45-6789", "😀", " x "],
    "bytea": ["", "\\x00", "\\xff80", "\\x" + "ab" * 80],
    "bool": ["t", "f"],
    "char": ["", "a", "\\377"],
    "int2": ["-32768", "-1", "0", "1", "32767"],
    "int4": ["-2147483648", "-1", "0", "1", "33", "2147483647"],
    "int8": ["-9223372036854775808", "-1", "0", "1", "9223372036854775807"],
    "oid": ["0", "1", "4294967295"],
    "float4": ["NaN", "Infinity", "-Infinity", "0", "-0", "1", "3.4e38", "1e-37"],
    "float8": ["NaN", "Infinity", "-Infinity", "0", "-0", "1", "1.7e308", "1e-300"],
    "numeric": ["NaN", "Infinity", "-Infinity", "0", "-1.5", "1e-1000", "9.9e131071", "0.00"],
    "date": ["infinity", "-infinity", "4713-01-01 BC", "5874897-12-31", "2000-02-29"],
    "timestamp": ["infinity", "-infinity", "4713-01-01 00:00 BC", "294276-12-31 23:59:59.999999", "2000-02-29 12:00"],
    "interval": ["0", "178000000 years", "-178000000 years", "1 day -3 hours"],
    "time": ["00:00", "24:00", "23:59:59.999999"],
    "timetz": ["00:00+15:59", "24:00-15:59"],
    "money": ["-92233720368547758.08", "0", "92233720368547758.07"],
    "uuid": ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
    "json": ['{"a":[1,{"b":null}]}', "[]", "1e400", '"\\u0000"', "null", '{"a":1,"a":2}'],
    "jsonb": ['{"a":[1,{"b":null}]}', "[]", "1e400", '"x"', "null", "{}", "false"],
    "inet": ["0.0.0.0/0", "255.255.255.255", "::/0", "::1", "10.1.2.3/8"],
    "macaddr": ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"],
    "macaddr8": ["00:00:00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff:ff:ff"],
    "bit": ["", "0", "10110"],
    "tid": ["(0,0)", "(4294967295,65535)"],
    "xid": ["0", "4294967295"],
    "cid": ["0", "4294967295"],
    "xid8": ["0", "18446744073709551615"],
    "pg_lsn": ["0/0", "FFFFFFFF/FFFFFFFF"],
    "tsvector": ["", "a:1 b:2,3A"],
    "tsquery": ["", "a & !b <-> c", "'x':*"],
    "point": ["(0,0)", "(1e308,-1e308)", "(NaN,Infinity)"],
    "box": ["(0,0),(0,0)", "(1e308,1e308),(-1e308,-1e308)"],
    "lseg": ["[(0,0),(0,0)]", "[(1e308,1e308),(-1e308,-1e308)]"],
    "circle": ["<(0,0),0>", "<(1e150,1e150),1e150>"],
    "path": ["[(0,0)]", "((1,1),(2,2))"],
    "polygon": ["((0,0))", "((0,0),(1,1),(1,0))"],
    "line": ["{1,0,0}", "{0,1e300,1}"],
    "oidvector": ["", "1 2 3"],
    "int2vector": ["", "1 2 3"],
    "xml": ["<a/>", "", "x<b>y</b>"],
    "_text": ["{}", "{a,NULL}", "{{a,b},{c,d}}", "[0:1]={x,y}", "{123-45-6789}"],
    "_int4": ["{}", "{1,NULL}", "{{1,2},{3,4}}", "[-2147483647:-2147483646]={1,2}"],
    "int4range": ["empty", "(,)", "[1,5)", "[2147483646,)"],
    "int4multirange": ["{}", "{(,)}", "{[1,2),[5,9)}"],
    "record": [],
    "aclitem": ["=r/postgres"],
    "regtype": ["int4"],
}  # fmt: skip
EDGES |= {
    "bpchar": EDGES["text"], "varchar": EDGES["text"], "name": EDGES["text"][:4], "cstring": EDGES["text"],
    "timestamptz": EDGES["timestamp"], "varbit": EDGES["bit"], "cidr": ["0.0.0.0/0", "::/0", "10.0.0.0/8"],
}  # fmt: skip
STANDS_FOR = {
    "any": "text", "anyelement": "text", "anynonarray": "numeric", "anyarray": "_int4", "anycompatible": "int4",
    "anycompatiblearray": "_int4", "anyrange": "int4range", "anymultirange": "int4multirange", "anycompatiblenonarray":
    "int4", "anycompatiblerange": "int4range", "anycompatiblemultirange": "int4multirange",
}  # fmt: skip
UNTRIED = frozenset({"anyenum", "refcursor", "_aclitem"})
"""Types of which there is no value without making a type first, or whose values are made by the server alone."""

Call = tuple[str, tuple[str, ...], str]


def promised(flag: str) -> list[Call]:
    """Return every routine with that flag, its argument types and all its flags."""
    found = []
    for line in ROUTINES.strip("\n").split("\n"):
        name, arguments, _required, _returns, flags, _columns = line.split("|")
        if flag in flags[1:]:
            found.append((name, tuple(arguments.split()), flags))
    return found


def values(kind: str, element: bool) -> list[str]:
    """Return SQL for edge values of a type; `element` when an array of it must have the same element type."""
    kind = "int4" if element and kind == "anyelement" else STANDS_FOR.get(kind, kind)
    if kind == "record":
        return ["row(1, 'a'::text, null::date)", "row(-1, ''::text, '2000-01-01'::date)"]
    quoted = kind if kind != "char" else '"char"'
    return ["'" + edge.replace("'", "''") + f"'::pg_catalog.{quoted}" for edge in EDGES[kind]]


def attempt(call: Call) -> str:
    """Return a query that calls the function on every combination of edge values."""
    name, arguments, flags = call
    if "v" in flags:
        arguments = (*arguments[:-1], arguments[-1].removeprefix("_"))
    pools = [values(kind, any(a in ("anyarray", "anyrange", "anymultirange") for a in arguments)) for kind in arguments]
    names = [f"a{n}" for n in range(len(arguments))]
    rows = ", ".join(f"({', '.join(row)})" for row in product(*pools)) if pools else "(1)"
    called = f'pg_catalog."{name}"({", ".join(names) or ("*" if name == "count" else "")})'
    if "a" in flags[1:]:
        called += " within group (order by a0)" if name in ("mode",) else ""
        called = called.replace("(a0) within", "() within")
    if "w" in flags[1:]:
        called += " over (order by 1)"
    return f"select {called} from (values {rows}) v({', '.join(names) or 'x'})"


def skipped(call: Call) -> bool:
    name, arguments, flags = call
    if UNTRIED & set(arguments):
        return True
    hypothetical = name in ("rank", "dense_rank", "percent_rank", "cume_dist") and "a" in flags[1:]
    return hypothetical or any(a not in EDGES and a not in STANDS_FOR for a in arguments)


@pytest.mark.parametrize("version", ["postgres", "postgres18"])
def test_a_total_function_keeps_its_promise_on_every_edge(version: str, request: pytest.FixtureRequest) -> None:
    """A function that fails on some value tells about it by failing: the reviewed list must not be wrong about one."""
    server: ThrowawayPostgres = request.getfixturevalue(version)
    calls = [call for call in promised("t") if call[1] and not skipped(call)]
    failed = []
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        known = {
            (row[0], tuple(row[1].split()))
            for row in connection.execute(
                "select proname::text, (select coalesce(string_agg(t.typname, ' ' order by n), '') "
                "from unnest(proargtypes) with ordinality a(o, n) join pg_type t on t.oid = o) "
                "from pg_proc where pronamespace = 'pg_catalog'::regnamespace"
            ).fetchall()
        }
        for call in calls:
            if (call[0], call[1]) in known:
                try:
                    connection.execute(attempt(call).encode())
                except psycopg.errors.FeatureNotSupported:
                    pass  # built without XML: it fails whatever the value
                except psycopg.Error as error:
                    failed.append(f"{call[0]}({', '.join(call[1])}): {error}")
    assert "\n".join(failed) == ""
    assert len(calls) > 500


def test_few_total_functions_go_untried() -> None:
    """What cannot be tried here was only read: it must stay a short list."""
    untried = sorted({f"{name}({','.join(arguments)})" for name, arguments, _ in filter(skipped, promised("t"))})
    assert len(untried) < 40, untried


def test_only_the_comparisons_of_shapes_are_not_total() -> None:
    """Operators inherit their flags when the list is made; every other `=` is total, whatever it compares."""
    partial = set()
    for line in OPERATORS.strip("\n").split("\n"):
        name, left, _right, _result, flags = line.split(" ")
        if name in ("=", "<>", "<", "<=", ">", ">=") and "t" not in flags:
            partial.add(left)
    assert partial == {"box", "circle", "lseg", "line"}


def test_the_list_is_what_the_servers_would_give_today(
    postgres: ThrowawayPostgres, postgres18: ThrowawayPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import allow_functions

    try:
        generated = allow_functions.generate([postgres.dsn("template1"), postgres18.dsn("template1")])
        assert allow_functions.differences(generated) == ""
    finally:
        sys.modules.pop("allow_functions", None)
