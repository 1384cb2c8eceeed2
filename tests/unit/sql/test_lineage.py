"""Where each result column comes from: `name=source` is plain, `name~source` derived, a bare `name` has no source."""
# ruff: noqa: SIM905 - a table of statements reads best with one statement a line

from __future__ import annotations

import pytest

from proctor.sql import analyze
from tests.unit.sql.lab import ALICE, CATALOG, shown, understand, understood

CUSTOMERS = (
    "id=customers.id full_name=customers.full_name email=customers.email phone=customers.phone ssn=customers.ssn "
    "card_number=customers.card_number dob=customers.dob salary=customers.salary notes=customers.notes "
    "address=customers.address"
)
EVERYTHING = "|".join(sorted(part.split("=")[1] for part in CUSTOMERS.split()))

CASES = {
    # names and aliases
    "bare": ("select ssn from customers", "ssn=customers.ssn"),
    "alias": ("select ssn as total from customers", "total=customers.ssn"),
    "qualified": ("select public.customers.ssn from public.customers", "ssn=customers.ssn"),
    "database": ("select lab.public.customers.ssn from lab.public.customers", "ssn=customers.ssn"),
    "column aliases": ("select c5 from customers as t(c1,c2,c3,c4,c5)", "c5=customers.ssn"),
    "swapped aliases": (
        "select id, total from orders as o(total, x, id)", "id=orders.total total=orders.id",
    ),
    "unicode escapes": ('select U&"\\0073sn" from U&"cust\\006Fmers"', "ssn=customers.ssn"),
    "folding": ("SELECT SSN FROM CUSTOMERS", "ssn=customers.ssn"),
    "quoted": ('select "ssn" from "customers"', "ssn=customers.ssn"),
    "alias is another table": ("select customers.total from orders customers", "total=orders.total"),
    "other schema": ("select secret from s2.orders", "secret=s2.orders.secret"),
    "both schemas": (
        "select s2.orders.id as a, public.orders.id as b from s2.orders, public.orders",
        "a=s2.orders.id b=orders.id",
    ),
    "temporary first": ("select note from scratch", "note=pg_temp.scratch.note"),
    "system columns": ("select ctid, tableoid::regclass from customers", "ctid tableoid"),
    # stars
    "star": ("select * from customers", CUSTOMERS),
    "qualified star": ("select c.* from orders o, customers c", CUSTOMERS),
    "two stars": (
        "select l.*, s.* from lines l, s2.orders s",
        "order_id=lines.order_id line=lines.line sku=lines.sku id=s2.orders.id secret=s2.orders.secret",
    ),
    "table": ("table s2.orders", "id=s2.orders.id secret=s2.orders.secret"),
    "using star": (
        "select * from s2.orders join scratch using (id)",
        "id=pg_temp.scratch.id|s2.orders.id secret=s2.orders.secret note=pg_temp.scratch.note",
    ),
    "natural star": (
        "select * from scratch natural join s2.orders",
        "id=pg_temp.scratch.id|s2.orders.id note=pg_temp.scratch.note secret=s2.orders.secret",
    ),
    "join alias": (
        "select j.* from (s2.orders o join scratch x on o.id = x.id) as j(a, b)",
        "a=s2.orders.id b=s2.orders.secret id=pg_temp.scratch.id note=pg_temp.scratch.note",
    ),
    "join using alias": (
        "select j.* from s2.orders join scratch using (id) as j", "id=pg_temp.scratch.id|s2.orders.id",
    ),
    "inside a joined alias": (
        "select j.secret from (s2.orders o join scratch x on o.id = x.id) as j", "secret=s2.orders.secret",
    ),
    # whole rows
    "whole row": ("select c from customers c", f"c~{EVERYTHING}"),
    "whole row as text": ("select c::text from customers c", f"c~{EVERYTHING}"),
    "whole row of a star": ("select (c.*)::text from customers c", f"c~{EVERYTHING}"),
    "row of a star": ("select row(o.*) from s2.orders o", "row~s2.orders.id|s2.orders.secret"),
    "row to json": ("select row_to_json(o) from s2.orders o", "row_to_json~s2.orders.id|s2.orders.secret"),
    "json_agg": ("select json_agg(o) from s2.orders o", "json_agg~s2.orders.id|s2.orders.secret"),
    "json_agg of a subquery": (
        "select json_agg(t) from (select id, ssn as x from customers) t", "json_agg~customers.id|customers.ssn",
    ),
    "functional notation": ("select ssn(c) from customers c", "ssn=customers.ssn"),
    "a column named as a function": ("select name(p) from products p", "name~" + "|".join(sorted(
        f"products.{name}" for name in "id name sku isbn gtin price version email_count phone_model address_bus "
        "ssn_required card_type release_date tags meta sha uid path dims latlon note".split()
    ))),
    "row of a subquery": ("select (x.c).ssn from (select c from customers c) x", "ssn=customers.ssn"),
    "row star of a subquery": ("select (x.c).* from (select c from customers c) x", CUSTOMERS),
    "row of a scalar subquery": ("select ((select c from customers c limit 1)).ssn", "ssn=customers.ssn"),
    "record round trip": (
        "select (jsonb_populate_record(null::s2.orders, to_jsonb(c))).secret from customers c", f"secret~{EVERYTHING}",
    ),
    "composite column": ("select (home).street, (p.home).zip from people p", "street~people.home zip~people.home"),
    "composite star": ("select (home).* from people", "street~people.home zip~people.home"),
    "composite whole": ("select home from people", "home=people.home"),
    "row constructor": ("select row(ssn, id) from customers", "row~customers.id|customers.ssn"),
    "cast row": (
        "select (row(ssn, 'x')::addr).street from customers", "street~customers.ssn",
    ),
    # expressions
    "concatenation": ("select 'x' || ssn from customers", "?column?~customers.ssn"),
    "nested functions": ("select upper(reverse(email)) from customers", "upper~customers.email"),
    "cast keeps the name": ("select ssn::varchar(4) from customers", "ssn~customers.ssn"),
    "cast to the same": ("select ssn::text, ssn::varchar from customers", "ssn=customers.ssn ssn=customers.ssn"),
    "case": (
        "select case when ssn like '5%' then 1 else 0 end from customers", "case~customers.ssn",
    ),
    "case names its else": ("select case when id = 1 then 'x' else ssn end from customers", "ssn~customers.id|customers.ssn"),
    "boolean test": ("select ssn like '5%' from customers", "?column?~customers.ssn"),
    "row comparison": ("select (id, ssn) < (1, '5') from customers", "?column?~customers.id|customers.ssn"),
    "coalesce": ("select coalesce(email, phone) from customers", "coalesce~customers.email|customers.phone"),
    "nullif": ("select nullif(ssn, 'x') from customers", "nullif~customers.ssn"),
    "greatest": ("select greatest(ssn, phone) from customers", "greatest~customers.phone|customers.ssn"),
    "array": ("select array[ssn, phone] from customers", "array~customers.phone|customers.ssn"),
    "subscript": ("select (array[ssn])[1], tags[1] from customers, products", "array~customers.ssn tags~products.tags"),
    "collate": ('select ssn collate "C" from customers', "ssn=customers.ssn"),
    "at time zone": ("select now() at time zone ssn from customers", "timezone~customers.ssn"),
    "xml": ("select xmlelement(name a, xmlforest(ssn as b)) from customers", "xmlelement~customers.ssn"),
    "json": ("select jsonb_build_object('total', ssn) from customers", "jsonb_build_object~customers.ssn"),
    "json steps": ("select address -> 'a' ->> 'zip' from customers", "?column?~customers.address"),
    "is null tells nothing of the value": ("select ssn is null, ssn is not null from customers", "?column? ?column?"),
    "is null of what was computed": ("select nullif(ssn, '5') is null from customers", "?column?~customers.ssn"),
    "grouping": ("select grouping(ssn), count(*) from customers group by rollup(ssn)", "grouping count"),
    "value functions": ("select current_user, current_date, user", "current_user current_date user"),
    "constants": ("select 1, 'a', null::text, true", "?column? ?column? text ?column?"),
    "parameters": ("select $1, $2::int", "?column? int4"),
    # aggregates and windows
    "count": ("select count(*), count(ssn), count(distinct ssn) from customers", "count count count"),
    "count of what was computed": ("select count(nullif(ssn, 'x')) from customers", "count~customers.ssn"),
    "max is a value": ("select max(salary), min(ssn) from customers", "max~customers.salary min~customers.ssn"),
    "array_agg": ("select array_agg(ssn order by id) from customers", "array_agg~customers.ssn"),
    "percentile": (
        "select percentile_disc(0.5) within group (order by salary) from customers", "percentile_disc~customers.salary",
    ),
    "lag": ("select lag(ssn) over (order by id) from customers", "lag~customers.ssn"),
    "rank": ("select rank() over (order by id) from customers", "rank"),
    # subqueries
    "scalar subquery": ("select (select ssn from customers limit 1) as ok", "ok=customers.ssn"),
    "scalar subquery's name": ("select (select max(ssn) from customers)", "max~customers.ssn"),
    "array subquery": ("select array(select ssn from customers)", "array~customers.ssn"),
    "exists": ("select exists (select ssn from customers)", "exists"),
    "in a select list": ("select 'x' in (select ssn from customers)", "?column?~customers.ssn"),
    "correlated": (
        "select (select c.ssn from customers c where c.id = o.customer_id) from orders o", "ssn=customers.ssn",
    ),
    "correlated outwards": ("select (select c.ssn) from customers c", "ssn=customers.ssn"),
    "derived table": ("select x from (select ssn as x from customers) t", "x=customers.ssn"),
    "derived aliases": ("select b from (select id, ssn from customers) t(a, b)", "b=customers.ssn"),
    "lateral": (
        "select x.y from customers c, lateral (select c.ssn || 'x' as y) x", "y~customers.ssn",
    ),
    "array of characters": (
        "select array(select ascii(substr(ssn, g, 1)) from generate_series(1, 3) g) from customers",
        "array~customers.ssn",
    ),
    # WITH
    "cte": ("with t(x) as (select ssn from customers) select x from t", "x=customers.ssn"),
    "cte shadows a table": ("with orders as (select ssn as total from customers) select total from orders", "total=customers.ssn"),
    "cte does not shadow a schema's": ("with orders as (select 1 as total) select total from public.orders", "total=orders.total"),
    "inner cte shadows an outer": (
        "with t as (select id as x from customers) select * from (with t as (select ssn as x from customers) "
        "select x from t) q",
        "x=customers.ssn",
    ),
    "a cte is no table to itself": ("with orders as (select total from orders) select total from orders", "total=orders.total"),
    "recursive": (
        "with recursive t(n, s) as (select id, ssn from customers union all select n + 1, s from t) select * from t",
        "n~customers.id s=customers.ssn",
    ),
    "recursive swap": (
        "with recursive t(a, b) as (select id::text, ssn from customers union all select b, a from t) select a from t",
        "a~customers.id|customers.ssn",
    ),
    "search and cycle": (
        "with recursive t(n) as (select id from customers union all select n + 1 from t) search depth first by n set o "
        "cycle n set c using p select * from t",
        "n~customers.id o~customers.id c~customers.id p~customers.id",
    ),
    "writing cte": (
        "with d as (delete from customers where id = 1 returning ssn) select * from d", "ssn=customers.ssn",
    ),
    # set operations
    "union": ("select 'x'::text as status union all select ssn from customers", "status~customers.ssn"),
    "union with null": ("select null::text as ssn union all select ssn from customers", "ssn=customers.ssn"),
    "union with a parameter": ("select $1::text as x union all select ssn from customers", "x~customers.ssn"),
    "union by place": (
        "select id, ssn from customers union all select id, secret from s2.orders",
        "id=customers.id|s2.orders.id ssn=customers.ssn|s2.orders.secret",
    ),
    "union of derived": (
        "select upper(ssn) from customers union all select phone from customers", "upper~customers.phone|customers.ssn",
    ),
    "except": ("select ssn from customers except select 'x'", "ssn~customers.ssn"),
    "values": ("select * from (values ((select ssn from customers limit 1)), ('x')) v", "column1~customers.ssn"),
    "values alone": ("values (1, 'a')", "column1 column2"),
    # functions in FROM
    "generate_series": ("select * from generate_series(1, 3) g", "g"),
    "unnest": ("select t from products, unnest(tags) t", "t~products.tags"),
    "unnest of two": ("select * from products p, unnest(p.tags, array[1]) u(a, b)".replace("*", "u.*"), "a~products.tags b"),
    "rows from": (
        "select z.* from products p, rows from (unnest(p.tags), generate_series(1, 2)) with ordinality z",
        "unnest~products.tags generate_series ordinality",
    ),
    "json_each": ("select e.* from customers c, jsonb_each(c.address) e", "key~customers.address value~customers.address"),
    "column definitions": (
        "select x.* from (select jsonb_agg(c) j from s2.orders c) s, jsonb_to_recordset(s.j) as x(id int, ssn text)",
        "id~s2.orders.id|s2.orders.secret ssn~s2.orders.id|s2.orders.secret",
    ),
    "a set in a select list": ("select (jsonb_each(address)).key from customers", "key~customers.address"),
    "xmltable": (
        "select x.* from customers c, xmltable('/a' passing (c.notes::xml) columns a int path 'b') x", "a~customers.notes",
    ),
    # views
    "view": ("select * from plain_view", "id=customers.id name=customers.full_name ssn=customers.ssn"),
    "view of a view": ("select * from derived_view", "name=customers.full_name loud~customers.ssn total=orders.total"),
    "materialized view": ("select email from mat", "email=customers.email"),
    "view of a union": ("select secret from united", "secret=customers.ssn|s2.orders.secret"),
    "whole row of a view": ("select v from plain_view v", "v~customers.full_name|customers.id|customers.ssn"),
    # inheritance
    "partitions": ("select ssn from par", "ssn=par.ssn|par_a.ssn|par_b.ssn"),
    "only": ("select name from only elder", "name=elder.name"),
    "children": ("select name from elder", "name=elder.name|kid.name"),
    "partition itself": ("select ssn from par_a", "ssn=par_a.ssn"),
    # what writes return
    "insert returning": ("insert into orders(id) values (1) returning id, total", "id=orders.id total=orders.total"),
    "returning what was written": (
        "update customers set notes = ssn where id = 1 returning notes", "notes=customers.notes|customers.ssn",
    ),
    "returning what was computed": (
        "update customers set notes = upper(ssn) where id = 1 returning notes", "notes~customers.notes|customers.ssn",
    ),
    "returning of another table": (
        "delete from orders o using customers c where c.id = o.customer_id and o.id = 1 returning o.id, c.ssn",
        "id=orders.id ssn=customers.ssn",
    ),
    "inserted from a query": (
        "insert into orders(id, total) select id, salary from customers returning total",
        "total=customers.salary|orders.total",
    ),
    # others
    "explain": ("explain select id from customers where ssn = 'x'", "QUERY PLAN~customers.id|customers.ssn"),
    "copy query": ("copy (select ssn as x from customers) to stdout", "x=customers.ssn"),
    "copy table": ("copy s2.orders to stdout", "id=s2.orders.id secret=s2.orders.secret"),
    "copy columns": ("copy customers (ssn, id) to stdout", "ssn=customers.ssn id=customers.id"),
    "copy dml": (
        "copy (update customers set notes = notes where id = 1 returning ssn) to stdout", "ssn=customers.ssn",
    ),
    "show": ("show search_path", "search_path"),
    "tablesample": ("select ssn from customers tablesample system (10)", "ssn=customers.ssn"),
    "for update": ("select id from orders for update skip locked", "id=orders.id"),
    "order by alias": ("select id as ssn from customers order by ssn", "ssn=customers.id"),
    "comments and odd spaces": ('select/*a*/ssn/*b*/from\f"customers"where(id)=1', "ssn=customers.ssn"),
}  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), CASES.values(), ids=CASES.keys())
def test_each_result_column_names_all_its_sources(sql: str, expected: str) -> None:
    assert shown(understood(sql).outputs) == expected


NOT_RESOLVED = {
    "unknown relation": ("select 1 from nowhere", 'relation "nowhere" is not in the snapshot'),
    "unknown column": ("select nothing from customers", 'column "nothing" cannot be resolved'),
    "unknown function": ("select frobnicate(1)", 'function "frobnicate" is not in the snapshot'),
    "unknown operator": ("select 1 <=~=> 2", "operator <=~=> is not in the snapshot"),
    "unknown type": ("select 'a'::nosuchtype", 'type "nosuchtype" is not in the snapshot'),
    "ambiguous column": ("select id from orders, customers", 'column reference "id" is ambiguous'),
    "view without an end": ("select x from loop_a", "nested too deeply"),
    "view over something unknown": ("select x from broken_view", 'relation "missing" is not in the snapshot'),
    "another database": ("select 1 from other.public.customers", "the name belongs to another database"),
    "another session's temporary table": ("select 1 from pg_temp_3.scratch", "is not in the snapshot"),
    "use before its place": ("with recursive a as (select * from b), b as (select 1) select * from a", "before its place"),
    "row of unknown columns": ("select (dup).* from (select 1 as dup) t", "columns of a row value"),
    "subquery in FROM does not see its neighbours": ("select * from customers c, (select c.ssn) x", "cannot be resolved"),
    "merge star": (
        "merge into orders o using customers c on o.id = c.id when matched then delete returning *", "RETURNING *",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("sql", "trouble"), NOT_RESOLVED.values(), ids=NOT_RESOLVED.keys())
def test_what_cannot_be_resolved_is_not_understood_and_says_why(sql: str, trouble: str) -> None:
    found = understand(sql)
    assert not found.understood
    assert trouble in found.trouble
    assert found.outputs is None


def test_an_unknown_column_of_a_function_in_from_may_be_the_outer_querys() -> None:
    """Or else `ssn` would be the function's on our side of the wire and the customer's on the other."""
    found = understand(
        "select (select ssn from unnest(array[row('a', 'b')::addr]) t) from customers",
    )
    assert not found.understood or "customers.ssn" in shown(found.outputs)


def test_a_view_of_which_nothing_sensitive_is_used_reads_nothing_sensitive() -> None:
    found = understood("select id from plain_view")
    assert {str(column) for column in found.reads} == {"public.customers.id"}


def test_reads_hold_every_column_touched_anywhere() -> None:
    found = understood("select o.id from orders o join customers c on c.id = o.customer_id where c.ssn is null")
    assert {str(column) for column in found.reads} == {
        "public.orders.id", "public.orders.customer_id", "public.customers.id", "public.customers.ssn",
    }  # fmt: skip


ROWS = {
    "one table": ("select id, dob from customers", "1 1"),
    "star": ("select * from s2.orders", "1 1"),
    "the table twice": ("select a.id, b.dob, a.dob from customers a, customers b", "1 2 1"),
    "two tables": ("select o.customer_id, c.dob, c.id from customers c left join orders o on true", "1 2 2"),
    "a subquery": (
        "select x.i, x.d from (select c.id as i, c.dob as d from customers c, orders o) x, customers y", "1 1",
    ),
    "a WITH query twice": (
        "with x as (select id, dob from customers) select a.id, b.dob, a.dob from x a, x b", "1 2 1",
    ),
    "a view": ("select id, ssn from plain_view", "1 1"),
    "a view of two arms": ("select id, secret from united", "- -"),
    "scalar subqueries": (
        "select (select id from customers limit 1), (select dob from customers limit 1), id from orders", "- - 1",
    ),
    "a neighbour's column taken along": (
        "select x.a, x.b from customers c, lateral (select c.id as a, d.dob as b from customers d) x", "1 2",
    ),
    "a set operation": ("select id, dob from customers union all select id, dob from customers", "- -"),
    "a recursive query": (
        "with recursive r as (select id, dob from customers union all select id, dob from r where false) "
        "select id, dob from r",
        "- -",
    ),
    "a merged column": ("select id, dob from customers full join s2.orders using (id)", "- 1"),
    "something computed": ("select id, dob::text, max(dob) over () from customers", "1 - -"),
    "groups": ("select id, dob from customers group by grouping sets ((id), (dob))", "1 1"),
    "copy": ("copy customers (id, dob) to stdout", "1 1"),
    "what a write returns": ("update customers set id = id returning id, dob", "- -"),
    "a table of the same text": (
        "create temp table g as select a.id, b.dob from customers a, customers b; select id, dob from g", "- -",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), ROWS.values(), ids=ROWS)
def test_columns_of_one_row_of_a_table_are_told_from_those_of_two(text: str, expected: str) -> None:
    outputs = analyze(text, CATALOG, ALICE)[-1].outputs or ()
    numbers: dict[int, int] = {0: 0}
    shown_as = [str(numbers.setdefault(output.row, len(numbers)) or "-") for output in outputs]
    assert " ".join(shown_as) == expected
