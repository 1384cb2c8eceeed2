"""What statements do to which objects, as `action object columns traits rows`, and which columns flow where."""

from __future__ import annotations

import pytest

from proctor.sql import traits
from proctor.terms import Access, Action, Analysis
from tests.unit.sql.lab import short, understand, understood


def told(access: Access) -> str:
    """Return an access in one line."""
    what = str(access.relation).removeprefix("public.") if access.relation else access.object
    words = [str(access.action), what]
    if access.columns:
        words.append("(" + " ".join(sorted(access.columns)) + ")")
    words += sorted(access.traits)
    if access.estimated_rows is not None:
        words.append(f"#{access.estimated_rows}")
    return " ".join(words)


def accesses(found: Analysis) -> set[str]:
    """Return all accesses, those of COPY apart (the taints say the same)."""
    return {told(access) for access in found.accesses if access.action is not Action.COPY}


READS = {
    "whole table": ("select id from orders", {"read orders (id) no_where #200"}),
    "by key": ("select id from orders where id = 1", {"read orders (id) key_lookup #1"}),
    "by keys": ("select id from orders where id in (1, 2, 3)", {"read orders (id) key_lookup #3"}),
    "by an array of unknown length": ("select id from orders where id = any ($1)", {"read orders (id) #200"}),
    "by half a key": ("select sku from lines where order_id = 1", {"read lines (order_id sku) #900"}),
    "by a whole key": ("select sku from lines where order_id = 1 and line = 2", {"read lines (line order_id sku) key_lookup #1"}),
    "limited": ("select id from orders limit 10", {"read orders (id) no_where #10"}),
    "boiled down": ("select count(*) from orders", {"read orders no_where #1"}),
    "collected": ("select json_agg(id) from orders", {"read orders (id) no_where #200"}),
    "tautology": ("select id from orders where 1 = 1", {"read orders (id) always_true no_where #200"}),
    "key through a join": (
        "select c.id from orders o join customers c on c.id = o.customer_id where o.id = 1",
        {"read orders (customer_id id) key_lookup #1", "read customers (id) key_lookup #1"},
    ),
    "join of whole tables": (
        "select 1 from orders o join customers c on c.id = o.customer_id",
        {"read orders (customer_id) no_where #200", "read customers (id) no_where #100"},
    ),
    "limited through a join": (
        "select 1 from orders o join customers c on c.id = o.customer_id where c.full_name = 'x'",
        {"read orders (customer_id) #200", "read customers (full_name id) #100"},
    ),
    "left join keeps its left side": (
        "select 1 from orders o left join customers c on c.id = o.customer_id and c.full_name = 'x'",
        {"read orders (customer_id) no_where #200", "read customers (full_name id) #100"},
    ),
    "cartesian": (
        "select 1 from orders, customers",
        {"read orders cartesian no_where #200", "read customers cartesian no_where #100"},
    ),
    "cartesian of one row is none": ("select 1 from orders, (select 1) x", {"read orders no_where #200"}),
    "locks": ("select id from orders where id = 1 for update", {"read orders (id) key_lookup row_lock #1"}),
    "correlated": (
        "select 1 from orders o where exists (select 1 from lines l where l.order_id = o.id)",
        {"read orders (id) #200", "read lines (order_id) #900"},
    ),
    "view": ("select name from plain_view where id = 7", {"read customers (full_name id) #100", "read plain_view"}),
    "partitions": (
        "select ssn from par where id = 1",
        {"read par (id ssn) #12", "read par_a (id ssn) #12", "read par_b (id ssn) #12"},
    ),
    "foreign table": ("select id from far", {"read far (id) foreign no_where"}),
    "metadata": ("select relname from pg_class", {"read pg_catalog.pg_class (relname) metadata no_where #400"}),
    "information schema": (
        "select column_name from information_schema.columns",
        {"read information_schema.columns (column_name) metadata no_where"},
    ),
    "statistics": (
        "select histogram_bounds from pg_stats where attname = 'x'",
        {"read pg_catalog.pg_stats (attname histogram_bounds) statistics"},
    ),
    "harmless statistics": (
        "select tablename from pg_stats where attname = 'x'", {"read pg_catalog.pg_stats (attname tablename) metadata"},
    ),
    "how many values there are": (
        "select n_distinct from pg_stats where attname = 'x'", {"read pg_catalog.pg_stats (attname n_distinct) statistics"},
    ),
    "secrets": ("select rolpassword from pg_authid", {"read pg_catalog.pg_authid (rolpassword) no_where secrets"}),
    "secret in a whole row": (
        "select a from pg_authid a",
        {"read pg_catalog.pg_authid (oid rolname rolpassword) no_where secrets"},
    ),
    "others' statements": (
        "select query from pg_stat_activity",
        {"read pg_catalog.pg_stat_activity (query) no_where others_activity"},
    ),
    "others' presence": ("select count(*) from pg_stat_activity", {"read pg_catalog.pg_stat_activity metadata no_where #1"}),
    "large objects": (
        "select data from pg_largeobject",
        {"read pg_catalog.pg_largeobject (data) large_object no_where secrets"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), READS.values(), ids=READS.keys())
def test_a_read_says_which_columns_and_how_much_of_a_relation(sql: str, expected: set[str]) -> None:
    assert accesses(understood(sql)) == expected


WRITES = {
    "update by key": ("update orders set total = 1 where id = 1", "update orders (total) key_lookup #1"),
    "update all": ("update orders set total = 1", "update orders (total) no_where #200"),
    "update some": ("update orders set total = 1 where total > 5", "update orders (total)"),
    "update a key": ("update orders set id = 2 where id = 1", "update orders (id) constraint_outcome key_lookup #1"),
    "delete all": ("delete from orders", "delete orders no_where #200"),
    "delete by key": ("delete from orders where id = $1", "delete orders key_lookup #1"),
    "delete where current": ("delete from orders where current of c", "delete orders key_lookup #1"),
    "delete true": ("delete from orders where true", "delete orders always_true no_where #200"),
    "delete 1=1": ("delete from orders where 1 = 1", "delete orders always_true no_where #200"),
    "delete 1+1=2": ("delete from orders where 1 + 1 = 2", "delete orders always_true no_where #200"),
    "delete id=id": ("delete from orders where id = id", "delete orders always_true no_where #200"),
    "delete not null": ("delete from orders where id is not null", "delete orders always_true no_where #200"),
    "delete nullable not null": ("delete from orders where total is not null", "delete orders"),
    "delete or true": ("delete from orders where id = 1 or true", "delete orders always_true no_where #200"),
    "delete excluded middle": ("delete from orders where total > 1 or total <= 1", "delete orders always_true no_where #200"),
    "delete null or not": ("delete from orders where total is null or total is not null", "delete orders always_true no_where #200"),
    "delete not false": ("delete from orders where not (1 = 2)", "delete orders always_true no_where #200"),
    "delete like all": ("delete from audit_log where message like '%'", "delete audit_log always_true no_where #1"),
    "delete constant like": ("delete from orders where 'a' like '%'", "delete orders always_true no_where #200"),
    "delete length": ("delete from audit_log where length(message) >= 0", "delete audit_log always_true no_where #1"),
    "delete in itself": ("delete from orders where id in (id, 5)", "delete orders always_true no_where #200"),
    "delete coalesce": ("delete from orders where coalesce(true, 1 = 1)", "delete orders always_true no_where #200"),
    "delete case": ("delete from orders where case when id > 1 then true else true end", "delete orders always_true no_where #200"),
    "delete in its own keys": ("delete from orders where id in (select id from orders)", "delete orders always_true no_where #200"),
    "delete exists anything": ("delete from orders where exists (select 1 from customers)", "delete orders no_where #200"),
    "delete random": ("delete from orders where random() >= 0", "delete orders no_where #200"),
    "delete by a parameter alone": ("delete from orders where $1 = $2", "delete orders no_where #200"),
    "delete half open": ("delete from orders where id > 0", "delete orders half_open"),
    "delete a range": ("delete from orders where id > 0 and id < 9", "delete orders"),
    "delete using": ("delete from orders o using customers c where o.customer_id = c.id", "delete orders join_only #200"),
    "delete using or true": (
        "delete from orders o using customers c where o.customer_id = c.id or true", "delete orders always_true no_where #200",
    ),
    "delete using limited": (
        "delete from orders o using customers c where o.customer_id = c.id and c.id = 5", "delete orders",
    ),
    "delete using a temporary table": (
        "delete from orders o using scratch s where o.id = s.id", "delete orders join_only #200",
    ),
    "delete temporary": ("delete from scratch", "delete pg_temp.scratch no_where temporary"),
    "delete in a cte": ("with d as (delete from orders returning id) select count(*) from d", "delete orders nested no_where #200"),
    "explain analyze": ("explain analyze delete from orders", "delete orders executes_plan no_where #200"),
    "copy dml": ("copy (delete from orders returning id) to stdout", "delete orders no_where #200"),
    "delete children": ("delete from elder where id = 1", "delete kid"),
    "delete only": ("delete from only elder", "delete elder no_where #4"),
    "delete through a view": ("delete from plain_view", "delete customers no_where"),
    "update through a view": ("update plain_view set name = 'x' where id = 1", "update customers (full_name)"),
    "insert": ("insert into orders values (1, 2)", "insert orders (customer_id id) constraint_outcome #1"),
    "insert rows": ("insert into orders(total) values (1), (2), (3)", "insert orders (total) #3"),
    "insert defaults": ("insert into orders default values", "insert orders #1"),
    "insert rows out of nothing": (
        "insert into orders(id, total) select g, 1 from generate_series(1, 5000) g",
        "insert orders (id total) constraint_outcome #5000",
    ),
    "insert from a query": ("insert into orders(id, total) select order_id, 1 from lines", None),
    "upsert": (
        "insert into orders(id, total) values (1, 9) on conflict (id) do update set total = excluded.total",
        "update orders (total) key_lookup #1",
    ),
    "merge delete": (
        "merge into orders o using customers c on true and o.customer_id = c.id when matched then delete",
        "delete orders join_only #200",
    ),
    "merge update": (
        "merge into orders o using (values (1, 2)) v(a, b) on o.id = v.a when matched then update set total = v.b",
        "update orders (total)",
    ),
    "merge insert": (
        "merge into orders o using lines l on o.id = l.order_id when not matched then insert (id) values (l.line)",
        "insert orders (id) constraint_outcome",
    ),
    "merge by source": (
        "merge into orders o using lines l on o.id = l.order_id when not matched by source then delete",
        "delete orders no_where #200",
    ),
    "catalogue": ("delete from pg_class where relname = 'x'", "delete pg_catalog.pg_class system"),
    "truncate": ("truncate orders, scratch cascade", "delete orders cascade destroys no_where #200"),
    "truncate temporary": ("truncate scratch", "delete pg_temp.scratch destroys no_where temporary"),
    "copy from": ("copy orders(id) from stdin", "insert orders (id) client_copy"),
    "copy to a program": ("copy orders to program 'x'", "export server program program"),
    "copy to a file": ("copy (select 1) to '/x'", "export server file server_file"),
    "copy from a program": ("copy orders from program 'x'", "export server program program"),
}  # fmt: skip


MADE = {
    "select 1 from generate_series(1, 1000000) a": None,
    "select 1 from generate_series(1, 1000001) a": 1_000_001,
    "select 1 from generate_series(1, 10000) a, generate_series(1, 1000) b": 10_000_000,
    "select generate_series(1, 1e9::bigint)": 1_000_000_000,
    "select 1 from generate_series(1, 100 * 1000000) a": 1_000_001,
    "select 1 from generate_series(1, (select 100000000)) a": 1_000_001,
    "select 1 from generate_series('2024-01-01'::date, '2024-12-31', '1 day') a": None,
    "select 1 from generate_series(1, $1) a": None,
}


@pytest.mark.parametrize(("sql", "rows"), MADE.items(), ids=MADE.keys())
def test_rows_out_of_nothing_are_counted(sql: str, rows: int | None) -> None:
    """A hundred million rows that no table holds keep a server as busy as those of one."""
    made = [a.estimated_rows for a in understood(sql).accesses if a.object == "rows made by functions"]
    assert made == ([] if rows is None else [rows])


LOOKED_AT = {
    "select id from orders": 200,
    "select count(*) from orders": 200,
    "select count(*) from lines where order_id = 3": 900,
    "select id from orders where id in (1, 2, 3)": 3,
    "select id from orders limit 5": 5,
    "select id from orders limit 5 offset 100": 200,
    "select id from orders where total > 1 limit 5": 200,
    "select id from orders order by total limit 5": 200,
    "select (select count(*) from lines) from orders where id = 1": 901,
    "with a as (select * from orders) select count(*) from a": 200,
    "select id from orders union all select id from orders": 400,
    "select count(*) from orders o, lines l": 2 * 200 * 900,
    "select id from par": 12,
    "select id from elder": 4,
    "select id from plain_view": 100,
    "select id from people": 1000,
    "copy orders to stdout": 200,
    "update orders set total = 1 where total > 2": 0,
}


@pytest.mark.parametrize(("sql", "rows"), LOOKED_AT.items(), ids=LOOKED_AT.keys())
def test_rows_that_are_looked_at_are_counted_however_few_are_given(sql: str, rows: int) -> None:
    """One number for a table of millions keeps a server as busy as the whole table would."""
    assert sum(a.read_rows or 0 for a in understood(sql).accesses if a.action is Action.READ) == rows


MOST = {
    "update orders set total = 1 where id = 1": 1,
    "update orders set total = 1 where id in (1, 2, 3)": 3,
    "update orders set total = 1 where id = $1 and total > 5": 1,
    "delete from orders where id = any ($1)": None,
    "delete from orders where id in (select id from orders where true)": None,
    "delete from orders where id between 1 and 2": None,
    "delete from orders where current of c": 1,
    "delete from par where id = 1": None,
    "delete from elder where id = 1": None,
    "insert into orders(total) values (1), (2), (3)": 3,
    "insert into orders default values": 1,
    "insert into orders(id) select generate_series(1, 5000)": None,
    "insert into orders(id, total) values (1, 9) on conflict (id) do update set total = 9": 1,
    "merge into orders o using lines l on o.id = 1 when matched then delete": None,
    "copy orders(id) from stdin": None,
}


@pytest.mark.parametrize(("sql", "most"), MOST.items(), ids=MOST.keys())
def test_what_a_write_can_touch_at_most_is_told_by_keys_and_written_rows_alone(sql: str, most: int | None) -> None:
    """An estimate is no bound: the table may have grown since, and a function in a select list makes any number."""
    writes = [a.most_rows for a in understood(sql).accesses if a.action is not Action.READ]
    assert set(writes) == {most}


@pytest.mark.parametrize(("sql", "expected"), WRITES.values(), ids=WRITES.keys())
def test_a_write_says_what_limits_it(sql: str, expected: str | None) -> None:
    found = accesses(understood(sql))
    if expected is None:
        assert any(word.startswith("insert ") for word in found)
    else:
        assert expected in found, found


TAINTS = {
    "insert select": ("insert into orders(id, total) select id, salary from customers", {"orders.id<customers.id", "orders.total<customers.salary"}),
    "insert a subquery": ("insert into audit_log(message) values ((select ssn from customers limit 1))", {"audit_log.message<customers.ssn"}),
    "update set": ("update customers set notes = ssn where id = 1", {"customers.notes<customers.ssn"}),
    "update from": (
        "update orders o set total = c.salary from customers c where c.id = o.customer_id", {"orders.total<customers.salary"},
    ),
    "update of several": (
        "update orders set (total, customer_id) = (select salary, id from customers limit 1)",
        {"orders.total<customers.salary", "orders.customer_id<customers.id"},
    ),
    "merge": (
        "merge into orders o using customers c on o.customer_id = c.id when matched then update set total = c.salary",
        {"orders.total<customers.salary"},
    ),
    "on conflict": (
        "insert into orders(id) values (1) on conflict (id) do update set total = (select salary from customers limit 1)",
        {"orders.total<customers.salary"},
    ),
    "excluded": (
        "insert into orders(id, total) select 1, salary from customers on conflict (id) do update set customer_id = "
        "excluded.total",
        {"orders.total<customers.salary", "orders.customer_id<customers.salary"},
    ),
    "written back": ("update customers set notes = notes where id = 1", set()),
    "counted up": ("update orders set total = total + 1 where id = 1", {"orders.total<orders.total"}),
    "create table as": ("create table t as select ssn as x from customers", {"t.x<customers.ssn"}),
    "select into": ("select ssn as x into temp t from customers", {"pg_temp.t.x<customers.ssn"}),
    "create view": ("create view v(a, b) as select id, ssn from customers", {"v.a<customers.id", "v.b<customers.ssn"}),
    "create materialized view": ("create materialized view v as select upper(ssn) u from customers", {"v.u<customers.ssn"}),
    "generated column": (
        "alter table customers add column k text generated always as (translate(ssn, '-', '/')) stored",
        {"customers.k<customers.ssn"},
    ),
    "new type from another column": (
        "alter table customers alter column notes type text using ssn", {"customers.notes<customers.ssn"},
    ),
    "through a view": ("insert into plain_view(id, name) select 1, ssn from customers", {"plain_view.name<customers.ssn", "customers.full_name<customers.ssn"}),
    "writing cte": (
        "with x as (insert into audit_log(message) select ssn from customers returning 1) select 1",
        {"audit_log.message<customers.ssn"},
    ),
    "a filter is no flow": ("insert into audit_log(message) select 'x' from customers where ssn = 'y'", set()),
    "constants": ("insert into customers(id, ssn) values (1, 'x')", set()),
    "explained only": ("explain insert into audit_log(message) select ssn from customers", set()),
}  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), TAINTS.values(), ids=TAINTS.keys())
def test_a_value_that_flows_into_a_column_is_a_taint(sql: str, expected: set[str]) -> None:
    found = understood(sql)
    flows = {f"{short(taint.target)}<{'|'.join(sorted(map(short, taint.sources)))}" for taint in found.taints}
    assert flows == expected
    copied = {(a.relation, *a.columns) for a in found.accesses if a.action is Action.COPY}
    assert copied == {(taint.target.relation, taint.target.name) for taint in found.taints}


def test_every_trait_is_on_the_closed_list() -> None:
    """Rules are written against the list, so nothing else may ever come out."""
    statements = [sql for table in (READS, WRITES) for sql, _ in table.values()]
    given = {trait for sql in statements for access in understand(sql).accesses for trait in access.traits}
    assert given <= traits.ALL
    assert len(given) > 15


def test_explain_without_analyze_writes_nothing() -> None:
    assert not [a for a in understood("explain delete from orders").accesses if a.action is Action.DELETE]
