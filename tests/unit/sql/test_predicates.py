"""How columns steer a statement without being shown: `use:column`, several columns of one equi-join joined by `|`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proctor.sql import analyze
from tests.unit.sql.lab import ALICE, CATALOG, understand, understood, used

CASES = {
    # keys
    "key": ("select 1 from customers where ssn = 'x'", {"key:customers.ssn"}),
    "key by parameter": ("select 1 from customers where ssn = $1", {"key:customers.ssn"}),
    "key by cast parameter": ("select 1 from customers where $1::text = ssn", {"key:customers.ssn"}),
    "in": ("select 1 from customers where ssn in ('a', $1)", {"key:customers.ssn"}),
    "any array": ("select 1 from customers where ssn = any ($1)", {"key:customers.ssn"}),
    "any literal array": ("select 1 from customers where ssn = any ('{a,b}'::text[])", {"key:customers.ssn"}),
    "and tree": (
        "select 1 from customers where (id = 1 and (ssn = 'x' and phone = 'y'))",
        {"key:customers.id", "key:customers.ssn", "key:customers.phone"},
    ),
    "row": ("select 1 from customers where (id, ssn) = (1, 'x')", {"key:customers.id", "key:customers.ssn"}),
    "rows in": (
        "select 1 from customers where (id, ssn) in ((1, 'x'), (2, 'y'))", {"key:customers.id", "key:customers.ssn"},
    ),
    "join on": (
        "select 1 from orders o join customers c on c.id = o.customer_id and c.ssn = 'x'",
        {"equijoin:customers.id|orders.customer_id", "key:customers.ssn"},
    ),
    "through a view": ("select 1 from plain_view where ssn = 'x'", {"key:customers.ssn", "filter:customers.id"}),
    "through a subquery": ("select 1 from (select ssn as x from customers) t where x = 'a'", {"key:customers.ssn"}),
    "update": ("update customers set notes = 'n' where ssn = 'x'", {"key:customers.ssn"}),
    "delete": ("delete from customers where ssn = 'x'", {"key:customers.ssn"}),
    # not keys
    "or": (
        "select 1 from customers where id = 1 or ssn = 'x'", {"filter:customers.id", "filter:customers.ssn"},
    ),
    "not": ("select 1 from customers where not ssn = 'x'", {"filter:customers.ssn"}),
    "unequal": ("select 1 from customers where ssn <> 'x'", {"filter:customers.ssn"}),
    "not in": ("select 1 from customers where ssn not in ('x')", {"filter:customers.ssn"}),
    "distinct from": ("select 1 from customers where ssn is distinct from 'x'", {"filter:customers.ssn"}),
    "like": ("select 1 from customers where ssn like '5%'", {"filter:customers.ssn"}),
    "regex": ("select 1 from customers where ssn ~ '^5'", {"filter:customers.ssn", "outcome:customers.ssn"}),
    "range": ("select 1 from customers where ssn < '6'", {"filter:customers.ssn"}),
    "between": ("select 1 from customers where ssn between '5' and '6'", {"filter:customers.ssn"}),
    "function": ("select 1 from customers where lower(ssn) = 'x'", {"filter:customers.ssn"}),
    "computed constant": ("select 1 from customers where ssn = 'a' || 'b'", {"filter:customers.ssn"}),
    "setting": ("select 1 from customers where ssn = current_setting('a.b')", {"filter:customers.ssn"}),
    "subquery constant": ("select 1 from customers where ssn = (select 'x')", {"filter:customers.ssn"}),
    "boolean column": ("select 1 from products where ssn_required", {"filter:products.ssn_required"}),
    "values": (
        "select g.v from (values ('a'), ('b')) g(v) join customers c on c.ssn = g.v", {"filter:customers.ssn"},
    ),
    "one value": ("select 1 from (values ('a')) g(v) join customers c on c.ssn = g.v", {"filter:customers.ssn"}),
    "unnest": (
        "select v from unnest(array['a', 'b']) v where v in (select email from customers)", {"filter:customers.email"},
    ),
    "series": (
        "select 1 from generate_series(1, 9) g join customers c on c.salary = g", {"filter:customers.salary"},
    ),
    "cast column": ("select 1 from customers where ssn::bytea = 'x'", {"filter:customers.ssn", "outcome:customers.ssn"}),
    # nulls
    "is null": ("select 1 from customers where ssn is null", set()),
    "is null computed": ("select 1 from customers where nullif(ssn, '5') is null", {"filter:customers.ssn"}),
    # joins
    "equijoin": (
        "select 1 from customers a join customers b on a.ssn = b.phone", {"equijoin:customers.phone|customers.ssn"},
    ),
    "equijoin by in": (
        "select 1 from customers where ssn in (select secret from s2.orders)",
        {"equijoin:customers.ssn|s2.orders.secret"},
    ),
    "using": ("select 1 from s2.orders join scratch using (id)", {"equijoin:pg_temp.scratch.id|s2.orders.id"}),
    "natural": ("select 1 from s2.orders natural join scratch", {"equijoin:pg_temp.scratch.id|s2.orders.id"}),
    "unequal join": (
        "select 1 from customers a join s2.orders b on a.ssn < b.secret",
        {"filter:customers.ssn", "filter:s2.orders.secret"},
    ),
    "left join": (
        "select 1 from orders o left join customers c on c.id = o.customer_id and c.ssn like '5%'",
        {"equijoin:customers.id|orders.customer_id", "filter:customers.ssn"},
    ),
    # order, group
    "order": ("select id from customers order by ssn", {"order:customers.ssn"}),
    "order by place": ("select id, ssn from customers order by 2 desc", {"order:customers.ssn"}),
    "order by alias": ("select ssn as id from customers order by id", {"order:customers.ssn"}),
    "order by expression": ("select id from customers order by ascii(ssn)", {"order:customers.ssn"}),
    "order by subquery": ("select id from customers order by (select ssn)", {"order:customers.ssn"}),
    "group": ("select count(*) from customers group by ssn", {"group:customers.ssn"}),
    "group by place": ("select ssn, count(*) from customers group by 1", {"group:customers.ssn"}),
    "group by alias": ("select ssn as z, count(*) from customers group by z", {"group:customers.ssn"}),
    "group by expression": ("select count(*) from customers group by left(ssn, 1)", {"filter:customers.ssn"}),
    "grouping sets": ("select 1 from customers group by cube (ssn, phone)", {"group:customers.ssn", "group:customers.phone"}),
    "distinct": ("select distinct ssn from customers", {"group:customers.ssn"}),
    "distinct on": ("select distinct on (ssn) id from customers", {"order:customers.ssn"}),
    "count distinct": ("select count(distinct ssn) from customers", {"group:customers.ssn"}),
    "having": (
        "select id from customers group by id having max(ssn) > 'x'", {"group:customers.id", "filter:customers.ssn"},
    ),
    "union": (
        "select ssn from customers union select secret from s2.orders",
        {"group:customers.ssn", "group:s2.orders.secret", "equijoin:customers.ssn|s2.orders.secret"},
    ),
    "a group over two columns": (
        "select 1 from (select ssn from customers union all select secret from s2.orders) x group by ssn having count(*)>1",
        {"group:customers.ssn", "group:s2.orders.secret", "equijoin:customers.ssn|s2.orders.secret"},
    ),
    "a group over a guess": (
        "select 1 from (select ssn from customers union all select 'x') x group by ssn", {"filter:customers.ssn"},
    ),
    "a join with a guess among the values": (
        "select 1 from customers c join (select ssn from customers union all select 'x') x on x.ssn = c.ssn",
        {"filter:customers.ssn"},
    ),
    "union all": ("select ssn from customers union all select 'x'", set()),
    "union with a guess": ("select ssn from customers union select 'x'", {"filter:customers.ssn"}),
    "except": ("select 'x' except select ssn from customers", {"filter:customers.ssn"}),
    # windows, aggregates
    "window": (
        "select rank() over (partition by phone order by ssn) from customers", {"order:customers.phone", "order:customers.ssn"},
    ),
    "named window": ("select rank() over w from customers window w as (order by ssn)", {"order:customers.ssn"}),
    "aggregate filter": ("select count(*) filter (where ssn = 'x') from customers", {"filter:customers.ssn"}),
    "aggregate order": ("select array_agg(id order by ssn) from customers", {"order:customers.ssn"}),
    # limits, subqueries
    "limit": (
        "select 1 from orders limit (select ascii(ssn) from customers where id = 1)",
        {"filter:customers.ssn", "key:customers.id"},
    ),
    "exists": (
        "select 1 from orders o where exists (select 1 from customers c where c.id = o.customer_id and ssn like '5%')",
        {"equijoin:customers.id|orders.customer_id", "filter:customers.ssn"},
    ),
    "where of a subquery": (
        "select 1 where (select ssn from customers where id = 1) like '5%'", {"filter:customers.ssn", "key:customers.id"},
    ),
    "lateral where": (
        "select 1 from customers c, lateral (select 1 where c.ssn like '5%') x", {"filter:customers.ssn"},
    ),
    "case in where": (
        "select 1 from customers where case when ssn like '5%' then true else false end", {"filter:customers.ssn"},
    ),
    "recursive": (
        "with recursive t(n) as (select 1 union all select n + 1 from t, customers c where c.ssn like '5%') "
        "select n from t",
        {"filter:customers.ssn"},
    ),
    # outcomes
    "partial operator": ("select 1 / (ascii(ssn) - 53) from customers", {"outcome:customers.ssn"}),
    "partial cast": ("select ssn::int from customers", {"outcome:customers.ssn"}),
    "set-returning": ("select generate_series(1, ascii(ssn)) from customers", {"outcome:customers.ssn"}),
    "row count": ("select 1 from customers, generate_series(1, ascii(ssn))", {"outcome:customers.ssn"}),
    "unbounded": ("select repeat('x', ascii(ssn)) from customers", {"outcome:customers.ssn"}),
    "unbounded beside": ("select ssn || repeat('x', 1073741817) from customers", {"outcome:customers.ssn"}),
    "a failing branch": (
        "select case when ssn like '5%' then 1 / (id - id) else 1 end from customers",
        {"outcome:customers.ssn", "outcome:customers.id"},
    ),
    "a failing second half": (
        "select ssn like '5%' and 1 / (id - id) = 1 from customers", {"outcome:customers.ssn", "outcome:customers.id"},
    ),
    "a failing alternative": (
        "select coalesce(nullif(ssn, '5'), (1 / (id - id))::text) from customers",
        {"outcome:customers.ssn", "outcome:customers.id"},
    ),
    "a sleeping branch": (
        "select case when ssn like '5%' then (select count(*) from generate_series(1, 4000000)) end from customers",
        {"outcome:customers.ssn"},
    ),
    "total expressions": ("select upper(ssn), 'x' || ssn, ssn || phone, md5(ssn), left(ssn, 2) from customers", set()),
    "replace that shrinks": ("select replace(ssn, '-', '') from customers", set()),
    "arbiter": ("insert into customers(id, email, ssn) values (1, 'a', 'b') on conflict (email) do nothing", {"key:customers.email"}),
    "any arbiter": (
        "insert into customers(id, email, ssn) values (1, 'a', 'b') on conflict do nothing",
        {"key:customers.email", "key:customers.id"},
    ),
    "arbiter of computed values": (
        "insert into customers(email) select 'u' || n from generate_series(1, 9) n on conflict (email) do nothing",
        {"outcome:customers.email"},
    ),
    "plain writes infer nothing": ("insert into customers(id, email, ssn) values (1, 'a', 'b')", set()),
    "unique index": ("create unique index on customers (ssn)", {"outcome:customers.ssn"}),
    "check constraint": (
        "alter table customers add check (ssn not like '5%')", {"outcome:customers.ssn"},
    ),
    "index on a failing expression": ("create index on customers ((1 / (ascii(ssn) - 53)))", {"outcome:customers.ssn"}),
    "merge condition": (
        "merge into orders o using customers c on o.customer_id = c.id when matched and c.ssn like '5%' then do nothing",
        {"equijoin:customers.id|orders.customer_id", "filter:customers.ssn"},
    ),
    "explain": ("explain select 1 from customers where ssn like '5%'", {"filter:customers.ssn"}),
}  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), CASES.values(), ids=CASES.keys())
def test_each_use_of_a_column_in_a_predicate_is_named(sql: str, expected: set[str]) -> None:
    assert used(understood(sql).inferences) == expected


OPAQUE = {
    "sql in a string": "select query_to_xml('select 1', false, false, '')",
    "file": "select pg_read_file('x')",
    "large object": "select lo_from_bytea(0, ssn::bytea) from customers",
    "extension": "select dblink_exec('a', 'b')",
    "extension in from": "select * from crosstab('select 1') as t(id int, v text)",
    "user function": "select ssn_of(1)",
    "user function by schema": "select s2.lower('x')",
    "user function of a temporary schema": "select pg_temp.anything()",
    "user function that may win": "select round(1.5::float8, 2)",
    "extension's overload on its own type": "select max(nick) from people",
    "extension's operator": "select 'a' % 'b'",
    "user operator": "select 'a' <~~> 1",
    "extension's operator on its own type": "select 1 from people where nick = 'x'",
    "operator by schema": "select nick operator(public.=) 'x'::citext from people",
    "user cast": "select 1::mood",
    "computed set_config": "select set_config('application_name', ssn, false) from customers",
    "sampling method": "select 1 from customers tablesample system_rows (3)",
    "rules on the target": "insert into ruled values (1)",
    "do": "do $$ begin end $$",
    "call": "call anything(1)",
    "create function": "create function f() returns int language sql as 'select 1'",
    "create trigger": "create trigger t before insert on orders for each row execute function f()",
    "prepared": "prepare p as select ssn_of(1)",
}


@pytest.mark.parametrize("sql", OPAQUE.values(), ids=OPAQUE.keys())
def test_what_cannot_be_seen_through_is_said_in_words(sql: str) -> None:
    found = understand(sql)
    assert found.opaque or not found.understood


CLEAR = {
    "overload on another type": "select replace(ssn, '-', ''), max(ssn), max(id) from customers",
    "operator on other types": "select id + 1, total + 1, 1 + 1 from orders",
    "equality of built-in types": "select 1 from customers where ssn = 'x' and id = 1 and dob = $1 and phone in ('a')",
    "round of numerics": "select round(total), round(total, 2) from orders",
    "a routine outside of the path": "select lower(ssn) from customers",
    "enum and domain": "select 1 from people where mood = 'happy' and mail = 'a@b'",
    "catalogue functions": "select format_type(23, null), pg_get_viewdef('plain_view'::regclass), current_setting('x.y')",
    "literal set_config": "select set_config('search_path', 'public', false)",
}


@pytest.mark.parametrize("sql", CLEAR.values(), ids=CLEAR.keys())
def test_what_is_surely_the_servers_own_is_not_opaque(sql: str) -> None:
    understood(sql)


CHOSEN = {
    "set": "set enable_seqscan = off; {}",
    "set local": "set local random_page_cost = 0; {}",
    "by function": "select set_config('enable_sort', 'off', true); {}",
    "taken back": "set enable_seqscan = off; reset enable_seqscan; {}",
}


@pytest.mark.parametrize("text", CHOSEN.values(), ids=CHOSEN.keys())
def test_a_chosen_plan_is_a_chosen_order_of_all_that_is_read(text: str) -> None:
    """An index on a sensitive column lies beside the clean columns that come out of it."""
    *_, found = analyze(text.format("select id from customers where ssn is not null"), CATALOG, ALICE)
    assert {"order:customers.ssn", "order:customers.email"} <= used(found.inferences)


@pytest.mark.parametrize(
    "text", ["set work_mem = '1GB'; {}", "set enable_seqscan = off; explain {}", "set application_name = 'a'; {}"]
)
def test_no_plan_was_chosen(text: str) -> None:
    *_, found = analyze(text.format("select id from customers where ssn is not null"), CATALOG, ALICE)
    assert used(found.inferences) == set()


def test_a_session_whose_plans_were_chosen_is_told_so() -> None:
    found = understood("select id from customers where ssn is not null", replace(ALICE, steered=True))
    assert "order:customers.ssn" in used(found.inferences)


OUTCOMES = {
    "a pattern that ends in an escape": ("select ssn like E'521\\\\' from customers", True),
    "a pattern that does not": ("select ssn like '521%' from customers", False),
    "a pattern bound later": ("select ssn like $1 from customers", True),
    "a pattern from a column": ("select 'x' like ssn from customers", True),
    "one of several patterns": ("select ssn like any (array['5%', E'6\\\\']) from customers", True),
    "several patterns": ("select ssn like any (array['5%', '6%']) from customers", False),
    "ragged arrays": ("select array[string_to_array(ssn, '8'), array['x', 'y']] from customers", True),
    "ragged arrays of rows": ("select array(select string_to_array(ssn, '8') from customers)", True),
    "a sum of two tables": (
        "select sum(x) from (select salary x from customers union all select total from orders) q",
        True,
    ),
    "a sum of one": ("select sum(salary), avg(salary) over () from customers", False),
    "small arithmetic": (
        "select salary * 12, round(salary * 1.03, 2), salary / 100 - 5, round(avg(salary) over (), 2) from customers",
        False,
    ),
    "large arithmetic": ("select salary * 1e131066 from customers", True),
    "large arithmetic in digits": ("select salary * 1000000000000000.0 from customers", True),
    "small steps that add up": ("select salary *9*9*9*9*9*9*9*9*9*9*9 from customers", True),
    "by nought": ("select salary / 0 from customers", True),
    "by nought with a point": ("select salary / 0.00 from customers", True),
    "with a column": ("select salary * total from customers, orders", True),
    "with a parameter": ("select salary * $1 from customers", True),
    "an age": (
        "select extract(year from now()) - extract(year from dob), (current_date - dob) / 365 from customers",
        False,
    ),
    "days by nought": ("select (current_date - dob) / 0 from customers", True),
    "days times much": ("select (current_date - dob) * 100000 from customers", True),
    "what fails by its literals, reached by a value": (
        "select case when ssn like '5%' then split_part(notes, 'b', 0) end from customers",
        True,
    ),
    "and reached by a clean one": ("select case when id = 1 then split_part(notes, 'b', 0) end from customers", False),
    "a format": ("select format('%s (%L) 100%%', full_name, phone) from customers", False),
    "a format that wants more": ("select format('%s (%s)', full_name) from customers", True),
    "a wide format": ("select format('%1000000s', full_name) from customers", True),
    "a part of an interval": ("select date_part('year', age(dob)), extract(day from age(dob)) from customers", False),
    "no such part": ("select date_part('nope', age(dob)) from customers", True),
    "an array": ("select array[ssn, phone, 'x'] from customers", False),
    "a matrix": ("select array[[ssn, 'x'], [phone, 'y']] from customers", False),
    "an array of a query's values": ("select array(select ssn from customers)", False),
}


@pytest.mark.parametrize("case", OUTCOMES)
def test_what_may_fail_by_a_value_tells_of_it(case: str) -> None:
    text, tells = OUTCOMES[case]
    told = used(understood(text).inferences) - {"outcome:customers.id", "outcome:orders.total"}
    assert any(use.startswith("outcome:") for use in told) is tells
