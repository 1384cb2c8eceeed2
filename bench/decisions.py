"""What a decision costs: of a text seen before, of a shape seen before, and of a new statement. No server, no socket.

The statements are those of ordinary applications, an ORM's and a dashboard's among them, over a shop of a dozen tables;
the ordinary statements of the corpus join them. All goes through the same memory, analysis and rules as in a session.
"""
# ruff: noqa: E501 - statements read best whole

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench.pgbench import OUT
from proctor import twins
from proctor.policy.decide import decide
from proctor.policy.files import RuleFile, shipped_files
from proctor.policy.rules import Rules
from proctor.session.judge import Bench
from proctor.session.judged import Stamp
from proctor.session.memory import Memory
from proctor.sql import SessionSettings, analyze
from proctor.sql.catalog import Catalog, ColumnDef, RelationDef
from proctor.terms import Allow, Classified, Column, Context, DataClass, Finding, Identity, Kind, Relation

TARGET_SAME_US, TARGET_SHAPE_US, TARGET_NEW_US, TARGET_RULES_US = 5.0, 10.0, 3000.0, 500.0
MANY_RULES = 200
TRIES = 41
TRIES_OF_RULES = 7
CORPUS = Path(__file__).resolve().parents[1] / "tests" / "corpus" / "benign_postgres.jsonl"

OIDS = {
    "int": 23,
    "bigint": 20,
    "text": 25,
    "numeric": 1700,
    "timestamptz": 1184,
    "date": 1082,
    "bool": 16,
    "jsonb": 3802,
}
TABLES = {
    "customers": "id int, full_name text, email text, phone text, ssn text, card_number text, dob date, salary numeric, "
    "notes text, address jsonb",
    "orders": "id int, customer_id int, total numeric, created_at timestamptz, status text, note text",
    "products": "id int, name text, sku text, isbn text, gtin text, price numeric, version text, email_count int, "
    "phone_model text, address_bus text, ssn_required bool, card_type text, release_date date, meta jsonb, sha text, "
    "path text, dims text, note text",
    "shipments": "id bigint, tracking text, order_no text, epoch_ms bigint, weight numeric, ref text, created_at timestamptz",
    "items": "id int, order_id int, product_id int, quantity int, price numeric, created_at timestamptz, note text",
    "stock": "id int, product_id int, place text, quantity int, price numeric, created_at timestamptz, note text",
    "payments": "id int, order_id int, price numeric, created_at timestamptz, note text, quantity int",
    "reviews": "id int, product_id int, quantity int, price numeric, note text, created_at timestamptz",
    "returns": "id int, order_id int, quantity int, price numeric, note text, created_at timestamptz",
    "pgbench_accounts": "aid int, bid int, abalance int, filler text",
    "pgbench_tellers": "tid int, bid int, tbalance int, filler text",
    "pgbench_history": "tid int, bid int, aid int, delta int, mtime timestamptz, filler text",
}
SENSITIVE = {
    "full_name": "person_name", "email": "email", "phone": "phone", "ssn": "national_id", "card_number": "payment_card",
    "dob": "birth_date",
}  # fmt: skip
EVERYWHERE = [
    "SELECT * FROM {t} WHERE id = {n}",
    "SELECT id, note, created_at FROM {t} WHERE id IN ({n}, {m}, 7, 8)",
    'SELECT "{t}"."id", "{t}"."note", "{t}"."price" FROM "{t}" WHERE ("{t}"."quantity" >= {n} AND "{t}"."note" = {s}) '
    'ORDER BY "{t}"."created_at" DESC LIMIT 21',
    "SELECT {t}.id AS {t}_id, {t}.note AS {t}_note, {t}.price AS {t}_price, {t}.created_at AS {t}_created_at FROM {t} "
    "WHERE {t}.id = {n} AND {t}.price > {d} LIMIT 1",
    "SELECT COUNT(*) AS \"__count\" FROM {t} WHERE note LIKE {s} AND created_at > '2026-01-01'",
    "SELECT EXISTS(SELECT 1 FROM {t} WHERE note = {s} LIMIT 1)",
    "SELECT date_trunc('day', created_at) AS day, sum(price * quantity) AS turnover, count(*) FROM {t} "
    "WHERE created_at BETWEEN {s} AND '2026-12-31' GROUP BY 1 ORDER BY 1",
    "INSERT INTO {t} (id, quantity, price, note) VALUES ({n}, 1, {d}, {s}) RETURNING id",
    "INSERT INTO {t} (id, price, note) VALUES ({n}, {d}, {s}), ({m}, {d}, {s}), (3, 2.50, 'x') ON CONFLICT (id) DO NOTHING",
    "UPDATE {t} SET note = {s}, price = {d}, quantity = quantity - 1 WHERE id = {n}",
    "UPDATE {t} SET price = price * 1.1 WHERE id = {n} AND note IS NOT NULL RETURNING id, price",
    "DELETE FROM {t} WHERE id = {n}",
    "SELECT t.id, o.id FROM {t} t JOIN orders o ON o.id = t.id LEFT JOIN products p ON p.id = t.id AND p.price > {d} "
    "WHERE o.status IN ('new', {s}) AND t.quantity > {n} ORDER BY o.created_at LIMIT 50 OFFSET 100",
    "WITH recent AS (SELECT id, price, row_number() OVER (PARTITION BY note ORDER BY created_at DESC) AS r FROM {t} "
    "WHERE created_at > {s}) SELECT id, price FROM recent WHERE r <= {n}",
    "SELECT note, max(price), avg(quantity)::numeric(10, 2) FROM {t} WHERE quantity <> {n} GROUP BY note HAVING count(*) > 5",
    "SELECT id FROM {t} WHERE quantity = {n} UNION ALL SELECT id FROM orders WHERE note = {s} ORDER BY 1 LIMIT 100",
    "SELECT id, CASE WHEN price > {d} THEN 'high' WHEN price > 1 THEN 'mid' ELSE {s} END AS tier FROM {t} WHERE id = {n}",
    "SELECT 1 AS one FROM {t} WHERE id <> {n} AND lower(note) = lower({s}) LIMIT 1",
    "SELECT id FROM {t} WHERE id = {n} FOR UPDATE /*controller='shop',traceparent='00-{n}-01'*/",
]
SINGLE = [
    "SELECT abalance FROM pgbench_accounts WHERE aid = {n};",
    "UPDATE pgbench_accounts SET abalance = abalance + {n} WHERE aid = {m};",
    "UPDATE pgbench_tellers SET tbalance = tbalance + {n} WHERE tid = {m};",
    "INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES ({n}, {m}, 5, -6, CURRENT_TIMESTAMP);",
    "SELECT id, email, full_name FROM customers WHERE id = {n}",
    "SELECT c.id, c.email, o.total FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.id = {n} AND o.total > {d}",
    "SELECT id FROM customers WHERE email = {s}",
    "SELECT upper(full_name), left(phone, 3), dob FROM customers WHERE id IN ({n}, {m}) ORDER BY id",
    "SELECT count(*), count(DISTINCT email) FROM customers WHERE id > {n}",
    "INSERT INTO customers (id, full_name, email) VALUES ({n}, {s}, {s})",
    "UPDATE customers SET notes = {s} WHERE id = {n}",
    "SELECT c.full_name, (SELECT sum(o.total) FROM orders o WHERE o.customer_id = c.id AND o.total > {d}) FROM customers c "
    "WHERE c.id = {n}",
    "SELECT status, count(*) FROM orders WHERE created_at >= {s} GROUP BY status ORDER BY 2 DESC",
    "SELECT p.name, sum(i.quantity) FROM items i JOIN products p ON p.id = i.product_id JOIN orders o ON o.id = i.order_id "
    "WHERE o.created_at > {s} AND p.price < {d} GROUP BY p.name ORDER BY 2 DESC LIMIT 10",
    "SELECT meta ->> 'color' FROM products WHERE id = {n} AND meta @> {s}",
    "SELECT {n}, {s}",
    "SELECT orders.id, orders.total FROM orders WHERE orders.total > {d} AND orders.customer_id = {n}",
]
SHARED = ("items", "stock", "payments", "reviews", "returns")


@dataclass
class Measured:
    """Microseconds for each statement; `anew` are those whose every literal makes a judgement of its own."""

    new: list[float] = field(default_factory=list)
    exact: list[float] = field(default_factory=list)
    shaped: list[float] = field(default_factory=list)
    anew: list[str] = field(default_factory=list)
    allowed: int = 0


@dataclass(frozen=True)
class Cost:
    """What was measured: microseconds, over all statements."""

    what: str
    statements: int
    median_us: float
    p95_us: float
    worst_us: float
    target_us: float | None


def catalog() -> Catalog:
    """Return the shop's tables."""
    relations = {}
    for at, (name, columns) in enumerate(TABLES.items()):
        named = [part.split() for part in columns.split(", ")]
        defined = tuple(ColumnDef(c, n, OIDS[kind], kind, n == 1) for n, (c, kind) in enumerate(named, 1))
        relation = Relation("public", name)
        relations[relation] = RelationDef(
            16400 + at, relation, "r", defined, 100_000, unique=(frozenset({named[0][0]}),)
        )
    return Catalog("shop", 5, "1", relations, schemas=frozenset({"public"}), server_version=150000)


def data_map(of: Catalog) -> Classified:
    """Return what the shop's columns hold."""
    found = {}
    for relation in of.relations.values():
        for column in relation.columns:
            data_class = SENSITIVE.get(column.name) if relation.relation.name == "customers" else None
            held = None if data_class is None else DataClass(data_class)
            found[Column(relation.relation, column.name)] = Finding(held, 1.0, "given")
    return Classified(found, version=1)


def templates() -> list[str]:
    """Return every statement, its literals left open."""
    found = [each.replace("{t}", table) for table in SHARED for each in EVERYWHERE] + SINGLE
    for line in CORPUS.read_text().splitlines() if CORPUS.exists() else ():
        found += [text.replace("{", "{{").replace("}", "}}") for text in json.loads(line)["sql"]]
    more = [each.replace("{t}", table).replace("id, note", "note, id") for table in SHARED for each in EVERYWHERE[1:4]]
    wider = [
        f"SELECT o.id FROM orders o WHERE o.total > {{d}} AND o.id IN ({', '.join(['{n}'] * n)})" for n in range(2, 22)
    ]
    return list(dict.fromkeys(found + more + wider))


def said(template: str, turn: int) -> str:
    """Return a statement with literals of its own."""
    return template.format(n=1000 + turn, m=5000 + turn, d=f"{turn}.50", s=f"'s{turn}'")


def once(work: Callable[[], object]) -> float:
    """Return how many microseconds that takes."""
    began = time.perf_counter_ns()
    work()
    return (time.perf_counter_ns() - began) / 1000


def cost(what: str, times: Sequence[float], target: float | None) -> Cost:
    """Return a line of the table."""
    ordered = sorted(times)
    return Cost(
        what,
        len(ordered),
        round(statistics.median(ordered), 2),
        round(ordered[int(len(ordered) * 0.95)], 2),
        round(ordered[-1], 2),
        target,
    )


def measure(bench: Bench, memory: Memory) -> Measured:
    """Judge every statement for the first time, then as the same text and as others of its shape."""
    number, found = memory.number(bench.stamp), Measured()
    for template in templates()[:20]:
        bench.judge(said(template, 0))  # the grammar's tables and the lists of functions are read once a process
    for template in templates():
        text, *others = (said(template, turn) for turn in range(1, TRIES + 2))
        found.new.append(once(partial(_judged, bench, memory, text)))
        known = memory.recall(number, text)
        found.allowed += known is not None and isinstance(known.decision, Allow)
        recall = partial(memory.recall, number)
        if known is not None:
            found.exact.append(statistics.median(once(partial(recall, text)) for _ in range(TRIES)))
        if others[0] == text:
            continue  # it has no literals
        if recall(others[0]) is None:
            found.anew.append(template)
        else:
            found.shaped.append(statistics.median(once(partial(recall, other)) for other in others[1:]))
    return found


def _judged(bench: Bench, memory: Memory, text: str) -> None:
    memory.keep(memory.number(bench.stamp), bench.judge(text))


def many_rules() -> Rules:
    """Return the shipped pack and as many rules of an operator's as make two hundred, of the sorts that are usual."""
    sorts = (
        'forbid (principal in Group::"team-{n}", action in [Action::"update", Action::"delete"], '
        'resource in Database::"shop") when {{ context.estimated_rows > {n} }} unless {{ context.approved }};',
        'forbid (principal is Agent, action, resource == Table::"public.table_{n}");',
        'forbid (principal, action == Action::"read", resource) '
        'when {{ resource.environment == "staging" && context.reason like "X{n}*" }};',
        'permit (principal in Group::"support-{n}", action == Action::"unmask", resource) '
        'when {{ resource.class == "email" && context.reason like "INC-*" }};',
    )
    head = '@id("own-{n}")\n@reason("measured")\n@hint("")\n'
    own = (head + sorts[n % len(sorts)] for n in range(MANY_RULES - len(Rules.shipped())))
    text = "\n".join(each.format(n=n) for n, each in enumerate(own))
    return Rules.of((*shipped_files(), RuleFile("own.cedar", text)))


def decided(rules: Rules) -> list[float]:
    """Decide every statement on its own, no answer of the rules remembered; return what each took."""
    bench, _ = bench_and_memory()
    shop, classified, context = bench.catalog, bench.classified, bench.stamp.context
    meant = [analyze(said(template, 1), shop, bench.stamp.settings)[0] for template in templates()]
    times = []
    for analysis in meant:
        decide(bench.stamp.asker, analysis, context, rules, classified)  # the sets for its actions are prepared once
        tries = []
        for _ in range(TRIES_OF_RULES):
            rules.forget()
            tries.append(once(partial(decide, bench.stamp.asker, analysis, context, rules, classified)))
        times.append(statistics.median(tries))
    return times


def bench_and_memory() -> tuple[Bench, Memory]:
    """Return the shop, somebody who asks, and an empty memory."""
    shop, rules = catalog(), Rules.shipped()
    asker = Identity("alice", Kind.HUMAN, frozenset({"engineering"}), "scram")
    context = Context("shop", "production", datetime(2026, 11, 23, 2, 0, tzinfo=UTC))
    settings = SessionSettings(("pg_temp", "pg_catalog", "public"), "app")
    return Bench(Stamp(asker, context, settings, shop.epoch, 1, rules.digest), shop, data_map(shop), rules), Memory()


def main() -> int:
    """Print the table, write the figures, and say by the exit code whether the targets hold."""
    found = measure(*bench_and_memory())
    costs = [
        cost("the same text", found.exact, TARGET_SAME_US),
        cost("a shape seen before", found.shaped, TARGET_SHAPE_US),
        cost("a new statement", found.new, TARGET_NEW_US),
        cost(f"the rules alone, {len(Rules.shipped())}", decided(Rules.shipped()), TARGET_RULES_US),
        cost(f"the rules alone, {MANY_RULES}", decided(many_rules()), TARGET_RULES_US),
    ]
    held = all(line.target_us is None or line.median_us < line.target_us for line in costs)
    print(f"decisions, modules {twins.describe()}; µs each, the median of {TRIES} for what is remembered")
    print(f"{'':24}{'statements':>12}{'median':>10}{'p95':>10}{'worst':>10}{'target':>10}")
    for line in costs:
        target = "" if line.target_us is None else f"{line.target_us:.0f}"
        figures = "".join(f"{figure:>10.1f}" for figure in (line.median_us, line.p95_us, line.worst_us))
        print(f"{line.what:24}{line.statements:>12}{figures}{target:>10}")
    print(f"judged anew for each literal: {len(found.anew)} of the statements with any")
    OUT.mkdir(exist_ok=True)
    report = {"modules": twins.describe(), "costs": [asdict(line) for line in costs], "allowed": found.allowed}
    path = OUT / "decisions.json"
    path.write_text(json.dumps(report | {"judged anew": found.anew, "held": held}, indent=1) + "\n")
    print(f"written to {path}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
