"""Ordinary queries over tables that hold personal data, as applications, analysts and tools write them.

`SHAPES` are the forms, by what they are; a slot in braces is drawn from `SLOTS`. What people do with personal columns is in
them as often as in the day's work: they are shown, counted, joined and computed with, and now and then searched and sorted by.
"""
# ruff: noqa: E501 - statements read best whole

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

SCHEMA = """
create table customers (
    id int primary key, full_name text not null, email text not null unique, phone text, ssn text, card_number text,
    birth_date date, notes text, address jsonb, status text not null, country text not null, created_at timestamptz not null);
create table employees (
    id int primary key, manager_id int references employees, full_name text not null, email text, salary numeric(10, 2),
    hired date not null, team text not null);
create table products (id int primary key, title text not null, category text not null, price numeric(10, 2) not null);
create table orders (
    id int primary key, customer_id int not null references customers, status text not null, placed_at timestamptz not null,
    total numeric(10, 2) not null);
create table order_items (
    order_id int not null references orders, line int not null, product_id int not null references products, quantity int not null,
    price numeric(10, 2) not null, primary key (order_id, line));
create table tickets (
    id int primary key, customer_id int not null references customers, assignee_id int references employees, subject text not null,
    body text, state text not null, opened_at timestamptz not null, closed_at timestamptz);
create table subscribers (id int primary key, email text, source text, joined date);
insert into customers select n, 'Person ' || n, 'person' || n || '@example.com', '+1-202-555-' || lpad((n % 9999)::text, 4, '0'),
    lpad((n % 899 + 100)::text, 3, '0') || '-' || lpad((n % 90 + 10)::text, 2, '0') || '-' || lpad(n::text, 4, '0'),
    '4539578763621486', date '1950-01-01' + n * 17, case when n % 3 = 0 then 'Called about order ' || n end,
    jsonb_build_object('street', n || ' Main St', 'city', 'Springfield', 'zip', lpad(n::text, 5, '0')),
    (array['active', 'lead', 'closed'])[n % 3 + 1], (array['US', 'DE', 'FR', 'NL'])[n % 4 + 1],
    timestamptz '2024-01-01' + n * interval '7 hours' from generate_series(1, 600) n;
insert into employees select n, nullif(n / 5, 0), 'Worker ' || n, 'worker' || n || '@example.com', 3000 + n * 41,
    date '2015-01-01' + n * 30, (array['sales', 'support', 'platform'])[n % 3 + 1] from generate_series(1, 60) n;
insert into products select n, 'Thing ' || n, (array['home', 'garden', 'office'])[n % 3 + 1], n * 1.75 from generate_series(1, 40) n;
insert into orders select n, n % 600 + 1, (array['paid', 'open', 'sent'])[n % 3 + 1], timestamptz '2024-06-01' + n * interval '3 hours',
    n % 400 + 0.5 from generate_series(1, 1500) n;
insert into order_items select n, l, (n + l) % 40 + 1, l, 9.5 from generate_series(1, 1500) n, generate_series(1, 2) l;
insert into tickets select n, n % 600 + 1, n % 60 + 1, 'Ticket ' || n, 'Hello, my number is +1-202-555-0' || n % 900 + 100,
    (array['open', 'closed'])[n % 2 + 1], timestamptz '2024-07-01' + n * interval '5 hours',
    case when n % 2 = 1 then timestamptz '2024-08-01' + n * interval '5 hours' end from generate_series(1, 400) n;
insert into subscribers select n, 'person' || n * 2 || '@example.com', 'web', date '2024-01-01' + n from generate_series(1, 200) n;
create view customer_overview as
    select c.id, c.full_name, c.email, c.country, count(o.id) as orders, coalesce(sum(o.total), 0) as revenue
    from customers c left join orders o on o.customer_id = c.id group by c.id;
create view active_customers as select * from customers where status = 'active';
create view open_tickets as
    select t.id, t.subject, t.opened_at, c.full_name as customer, c.email, e.full_name as assignee
    from tickets t join customers c on c.id = t.customer_id left join employees e on e.id = t.assignee_id where t.state = 'open';
create materialized view revenue as
    select c.id, c.full_name, c.country, sum(o.total) as total from customers c join orders o on o.customer_id = c.id group by c.id;
analyze;
"""

SHAPES: dict[str, list[str]] = {
    "projections": [
        "select {columns} from customers where id = {n}",
        "select {columns}, {computed} from customers where id in ({n}, {m})",
        "select * from customers where id = {n}",
        "select * from customers where {clean} order by {key} limit {small}",
        "select {columns} from customers where {clean} order by {key} desc limit {small} offset {m}",
        "select id, {computed} as value, {computed} as other from customers where {clean} limit 20",
        "select {employee} from employees where team = 'sales' order by hired",
        "select {columns} from customers c where {clean} and exists (select 1 from orders o where o.customer_id = c.id)",
        "select distinct status, country from customers where {clean}",
        "select {columns} from customers where {null} order by id limit 50",
        "table customers limit 10",
        "select c.* from customers c where c.id between {n} and {m}",
        "select id, case when {clean} then full_name else 'closed account' end as shown from customers limit 20",
        "select id, {aggregate_free} from employees",
    ],
    "joins": [
        "select {prefixed}, o.id, o.total from customers c join orders o on o.customer_id = c.id where o.placed_at >= {day} order by o.id",
        "select {prefixed}, count(o.id) from customers c left join orders o on o.customer_id = c.id group by c.id order by 1 limit 50",
        "select c.full_name, p.title, i.quantity from customers c join orders o on o.customer_id = c.id join order_items i on i.order_id = o.id "
        "join products p on p.id = i.product_id where o.id = {n}",
        "select t.id, t.subject, c.full_name, e.full_name as agent from tickets t join customers c on c.id = t.customer_id "
        "left join employees e on e.id = t.assignee_id where t.state = 'open' order by t.opened_at limit 30",
        "select e.full_name, m.full_name as manager, e.salary from employees e left join employees m on m.id = e.manager_id order by e.id",
        "select c.id, c.email, s.source from customers c join subscribers s on s.email = c.email",
        "select c.id, s.id from customers c left join subscribers s using (email) where s.id is null",
        "select {prefixed}, last.placed_at, last.total from customers c cross join lateral (select o.placed_at, o.total from orders o "
        "where o.customer_id = c.id order by o.placed_at desc limit 1) last where {cclean}",
        "select c.country, e.team, count(*) from tickets t join customers c on c.id = t.customer_id join employees e on e.id = t.assignee_id "
        "group by c.country, e.team order by 3 desc",
    ],
    "groupings": [
        "select country, count(*), {summary} from customers group by country order by 2 desc",
        "select status, country, count(*) filter (where {clean}), {summary} from customers group by status, country",
        "select team, avg(salary), max(salary), min(salary), count(*) from employees group by team order by team",
        "select date_trunc('month', created_at) as month, count(*), {summary} from customers group by 1 order by 1",
        "select country, status, count(*) from customers group by rollup (country, status)",
        "select email, count(*) from subscribers group by email",
        "select c.email, sum(o.total) from customers c join orders o on o.customer_id = c.id group by c.email",
        "select c.id, c.full_name, sum(o.total) as spent from customers c join orders o on o.customer_id = c.id group by c.id, c.full_name "
        "having sum(o.total) > 100 order by spent desc limit 20",
        "select count(*), count(phone), count(distinct email), count(notes) from customers",
        "select country, string_agg(full_name, ', ' order by id) from customers where {clean} group by country",
        "select team, array_agg(email), json_agg(full_name) from employees group by team",
        "select sum(salary), avg(salary)::numeric(10, 2), percentile_cont(0.5) within group (order by hired) from (select salary, hired - date '2000-01-01' as hired from employees) x",
        "select extract(year from hired) as year, count(*), round(avg(salary), 2) from employees group by 1 order by 1",
    ],
    "windows": [
        "select id, full_name, total, rank() over (order by total desc) from revenue order by total desc limit 20",
        "select team, full_name, salary, avg(salary) over (partition by team) from employees order by team, id",
        "select o.id, c.full_name, sum(o.total) over (partition by o.customer_id order by o.placed_at) as running from orders o "
        "join customers c on c.id = o.customer_id where o.customer_id = {n}",
        "select id, email, row_number() over (partition by country order by created_at) from customers where {clean}",
        "select id, full_name, lag(created_at) over (order by created_at) from customers limit 40",
    ],
    "common table expressions": [
        "with recent as (select * from orders where placed_at > {day}) select {prefixed}, count(r.id) from customers c join recent r on r.customer_id = c.id group by c.id",
        "with spent as (select customer_id, sum(total) as total from orders group by customer_id) select {prefixed}, s.total from customers c "
        "join spent s on s.customer_id = c.id where s.total > 500 order by s.total desc",
        "with recursive chain as (select id, manager_id, full_name, 1 as depth from employees where manager_id is null union all "
        "select e.id, e.manager_id, e.full_name, c.depth + 1 from employees e join chain c on e.manager_id = c.id) select * from chain order by depth, id",
        "with people as (select full_name, email from customers union all select full_name, email from employees) select count(*) from people",
        "with c as (select id, full_name, email from customers where {clean}) select c.*, (select count(*) from tickets t where t.customer_id = c.id) from c",
    ],
    "subqueries": [
        "select {columns} from customers where id in (select customer_id from orders where total > {small})",
        "select {columns}, (select max(placed_at) from orders o where o.customer_id = customers.id) as last from customers where {clean}",
        "select o.id, o.total, (select c.full_name from customers c where c.id = o.customer_id) as customer from orders o where o.status = 'open' limit 30",
        "select x.country, count(*) from (select country, email from customers where {clean}) x group by x.country",
        "select {columns} from customers c where not exists (select 1 from orders o where o.customer_id = c.id)",
        "select id from orders where customer_id in (select id from customers where country = 'DE' and phone is not null)",
        "select full_name, email from customers where {clean} union all select full_name, email from employees where team = 'support'",
        "select email from customers union select email from subscribers",
        "select avg(n) from (select count(*) as n from tickets group by customer_id) x",
    ],
    "views": [
        "select * from customer_overview where revenue > {small} order by revenue desc limit 20",
        "select {columns} from active_customers where country = 'FR' limit 25",
        "select * from open_tickets order by opened_at limit 20",
        "select country, sum(orders), sum(revenue) from customer_overview group by country",
        "select r.full_name, r.total, c.email from revenue r join customers c on c.id = r.id order by r.total desc limit 10",
        "select assignee, count(*) from open_tickets group by assignee",
        "select count(*) from active_customers",
    ],
    "dashboards": [
        'select "source"."country" as "country", count(*) as "count" from (select "public"."customers"."id" as "id", "public"."customers"."full_name" as "full_name", '
        '"public"."customers"."email" as "email", "public"."customers"."country" as "country" from "public"."customers") "source" group by "source"."country" order by "source"."country" asc',
        'select "public"."customers"."id" as "id", "public"."customers"."full_name" as "full_name", "public"."customers"."email" as "email", '
        '"public"."customers"."birth_date" as "birth_date" from "public"."customers" limit 2000',
        'select date_trunc(\'month\', "public"."orders"."placed_at") as "placed_at", "Customers"."country" as "Customers__country", sum("public"."orders"."total") as "sum" '
        'from "public"."orders" left join "public"."customers" as "Customers" on "public"."orders"."customer_id" = "Customers"."id" '
        'where "public"."orders"."placed_at" >= {day} group by date_trunc(\'month\', "public"."orders"."placed_at"), "Customers"."country" order by 1, 2',
        'select cast("customers"."created_at" as date) as "tdy", count(distinct "customers"."email") as "ctd", sum(1) as "n" from "public"."customers" "customers" group by 1',
        'select "Custom SQL Query"."full_name" as "full_name", sum("Custom SQL Query"."total") as "sum" from (select c.full_name, o.total from customers c '
        'join orders o on o.customer_id = c.id) "Custom SQL Query" group by 1',
        "select min(birth_date), max(birth_date), count(*) from customers",
        'select substring("public"."customers"."notes", 1, 1234) as "notes", "public"."customers"."status" from "public"."customers" limit 10000',
        "select count(*) as total, count(*) filter (where status = 'active') as active, count(email) as reachable from customers",
        "select * from (select * from customers) t limit 0",
        "select \"t0\".\"team\", avg(\"t0\".\"salary\") as \"a\" from \"public\".\"employees\" \"t0\" group by \"t0\".\"team\" having count(1) > 0",
    ],
    "searches by a person": [
        "select {columns} from customers where email = 'person{n}@example.com'",
        "select id, full_name from customers where full_name ilike '%person 1%' limit 10",
        "select {columns} from customers where {clean} order by full_name limit 20",
        "select id from customers where birth_date < date '1970-01-01'",
        "select split_part(email, '@', 2) as domain, count(*) from customers group by 1",
        "select full_name, salary from employees order by salary desc limit 5",
    ],
    "writes": [
        "update customers set status = 'closed' where id = {n}",
        "update customers set notes = 'called back' where id = {n}",
        "insert into tickets (id, customer_id, subject, body, state, opened_at) values ({n} + 100000, {m}, 'New', 'Text', 'open', now())",
        "update tickets set state = 'closed', closed_at = now() where id = {n} returning id, subject, body",
        "delete from subscribers where id = {n}",
        "insert into customers (id, full_name, email, status, country, created_at) values ({n} + 100000, 'New Person', 'new{n}.{m}@example.com', 'lead', 'US', now()) returning *",
    ],
    "exports": [
        "copy (select {columns} from customers where {clean}) to stdout with (format csv, header)",
        "copy customers (id, full_name, email, country) to stdout",
        "explain select {columns} from customers where id = {n}",
    ],
}  # fmt: skip
WEIGHTS = {"projections": 20, "joins": 14, "groupings": 14, "windows": 5, "common table expressions": 8, "subqueries": 10, "views": 8,
           "dashboards": 10, "searches by a person": 4, "writes": 4, "exports": 3}  # fmt: skip
SLOTS: dict[str, list[str]] = {
    "columns": ["id, full_name, email", "id, email, phone, status", "full_name, birth_date", "id, full_name, email, phone, address, created_at", "email",
                "id, ssn, card_number", "id, full_name as name, email as contact, notes", "full_name, country, created_at"],
    "prefixed": ["c.id, c.full_name", "c.id, c.email, c.country", "c.id, c.full_name, c.email, c.phone", "c.*", "c.id, c.full_name as customer, c.address"],
    "computed": ["upper(full_name)", "full_name || ' <' || email || '>'", "coalesce(phone, '-')", "left(full_name, 1) || '.'", "extract(year from birth_date)",
                 "split_part(email, '@', 2)", "address ->> 'city'", "to_char(birth_date, 'YYYY-MM')", "length(notes)", "right(card_number, 4)",
                 "concat_ws(', ', full_name, email)", "lower(email)", "replace(phone, '-', '')", "date_part('year', age(birth_date))", "notes is not null",
                 "case when phone is null then 'no' else 'yes' end", "initcap(full_name)", "md5(email)", "substring(ssn from 8)", "address -> 'zip'",
                 "(birth_date + interval '18 years')::date", "format('%s (%s)', full_name, country)", "trim(full_name)", "json_build_object('id', id, 'name', full_name)",
                 "coalesce(notes, 'none')", "birth_date::text", "row_to_json(customers)", "phone like '+1%'", "nullif(phone, '')"],
    "employee": ["id, full_name, salary", "full_name, team, salary * 12 as yearly", "id, email, round(salary / 100) * 100 as about", "*",
                 "full_name, case when salary > 4000 then 'senior' else 'junior' end as band", "id, salary::int, hired"],
    "aggregate_free": ["round(salary * 1.03, 2) as raised", "full_name || ' (' || team || ')'", "salary - 100", "extract(year from hired), salary"],
    "summary": ["count(phone)", "count(distinct email)", "min(birth_date)", "max(full_name)", "avg(extract(year from birth_date))", "count(notes)",
                "bool_or(phone is null)", "avg(length(notes))", "max(created_at)"],
    "clean": ["status = 'active'", "country = 'DE'", "created_at > now() - interval '90 days'", "country in ('US', 'FR')", "status <> 'closed' and country = 'NL'",
              "id > {n}", "created_at between {day} and now()"],
    "cclean": ["c.status = 'active'", "c.country = 'DE'", "c.id < {n}"],
    "null": ["phone is not null", "notes is null", "phone is null and status = 'lead'", "address is not null"],
    "key": ["id", "created_at", "country, id", "created_at, id"],
    "day": ["date '2024-06-15'", "timestamptz '2024-09-01 00:00:00+00'", "now() - interval '30 days'"],
}  # fmt: skip
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Ordinary:
    """One query and what sort of traffic it is."""

    sort: str
    sql: str


def queries(seed: int, count: int) -> Iterator[Ordinary]:
    """Return that many queries; the same seed gives the same."""
    chance = random.Random(seed)
    for _ in range(count):
        sort = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        yield Ordinary(sort, filled(chance.choice(SHAPES[sort]), chance))


def filled(shape: str, chance: random.Random) -> str:
    """Return a shape with its slots filled."""

    def slot(found: re.Match[str]) -> str:
        match found[1]:
            case "n":
                return str(chance.randint(1, 300))
            case "m":
                return str(chance.randint(301, 599))
            case "small":
                return str(chance.randint(5, 100))
            case name:
                return filled(chance.choice(SLOTS[name]), chance)

    return _SLOT.sub(slot, shape)
