"""The law of two worlds, for the understanding alone: what it calls free of sensitive data does not depend on them.

Random queries run over two databases that differ in sensitive values only. Where the analysis names no sensitive
inference, both worlds must give as many rows, or the same error; the columns without sensitive sources must be equal.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from psycopg import pq

from demo.postgres import ThrowawayPostgres
from proctor.edge import snapshots
from proctor.sql import SessionSettings, analyze
from proctor.sql.catalog import Catalog
from proctor.terms import Analysis, Column

SCHEMA = """
create table customers (id int primary key, name text, ssn text not null, dob date, salary numeric, address jsonb);
create table orders (id int primary key, customer_id int references customers(id), total numeric);
create table safe (id int primary key, label text);
create view known as select id, name as called, ssn as number from customers where id < 8;
insert into customers select g, 'Person '||g, (520+g)||'-37-'||(8840+g), date '1984-07-19'+g, 50000+g*7,
    jsonb_build_object('zip', 97470+g) from generate_series(1, 12) g;
insert into orders select g, 1+g%12, g*3.5 from generate_series(1, 15) g;
insert into safe select g, 'label'||g from generate_series(1, 9) g;
"""
OTHER_WORLD = """
update customers set name = 'Other '||(id%5), ssn = (630-id%4)||'-'||(10+id)||'-2075', dob = date '1971-02-03'+id*3,
    salary = 91000-id*11, address = jsonb_build_object('zip', 10101*id, 'more', 1);
"""
COLUMNS = {
    "customers": {"text": ["name", "ssn"], "int": ["id"], "date": ["dob"], "number": ["salary"], "json": ["address"]},
    "orders": {"int": ["id", "customer_id"], "number": ["total"]},
    "safe": {"int": ["id"], "text": ["label"]},
    "known": {"int": ["id"], "text": ["called", "number"]},
}
NO_ADDRESS = "jsonb '{}'"
Shape = dict[str, list[str]]
View = list[tuple[str, Shape]]


@dataclass
class Grammar:
    """A small grammar of queries that lean on sensitive columns in every place they can stand in."""

    chance: random.Random
    names: int = 0
    made: list[str] = field(default_factory=list)

    def one_of(self, *ways: Callable[[], str]) -> str:
        return self.chance.choice(ways)()

    def name(self) -> str:
        self.names += 1
        return f"a{self.names}"

    def column(self, view: View, kind: str, otherwise: str) -> str:
        found = [f"{name}.{column}" for name, shape in view for column in shape.get(kind, ())]
        return self.chance.choice(found) if found and self.chance.random() < 0.8 else otherwise

    def text(self, view: View, depth: int) -> str:
        if depth <= 0 or self.chance.random() < 0.3:
            return self.column(view, "text", self.chance.choice(["'x'", "'521-37-8841'", "'5'"]))
        return self.one_of(
            lambda: f"upper({self.text(view, depth - 1)})",
            lambda: f"left({self.text(view, depth - 1)}, {self.chance.randint(1, 4)})",
            lambda: f"({self.text(view, depth - 1)} || {self.text(view, depth - 1)})",
            lambda: f"coalesce({self.text(view, depth - 1)}, {self.text(view, depth - 1)})",
            lambda: f"nullif({self.text(view, depth - 1)}, {self.text(view, depth - 1)})",
            lambda: f"greatest({self.text(view, depth - 1)}, {self.text(view, depth - 1)})",
            lambda: f"case when {self.condition(view, depth - 1)} then {self.text(view, depth - 1)} else 'e' end",
            lambda: f"({self.number(view, depth - 1)})::text",
            lambda: f"replace({self.text(view, depth - 1)}, '-', '')",
            lambda: f"(array[{self.text(view, depth - 1)}, 'y'])[{self.chance.randint(1, 2)}]",
            lambda: f"({self.column(view, 'json', NO_ADDRESS)} ->> 'zip')",
            lambda: f"(row({self.text(view, depth - 1)}, 1))::text",
            lambda: f"to_jsonb({self.chance.choice(view)[0]})::text" if view else "'z'",
            lambda: self.scalar(view, depth - 1),
        )

    def number(self, view: View, depth: int) -> str:
        if depth <= 0 or self.chance.random() < 0.3:
            return self.column(view, "int", str(self.chance.randint(0, 20)))
        return self.one_of(
            lambda: f"length({self.text(view, depth - 1)})",
            lambda: f"ascii({self.text(view, depth - 1)})",
            lambda: f"({self.number(view, depth - 1)} + {self.number(view, depth - 1)})",
            lambda: f"({self.number(view, depth - 1)} / {self.number(view, depth - 1)})",
            lambda: f"case when {self.condition(view, depth - 1)} then {self.number(view, depth - 1)} else 1 / 0 end",
            lambda: f"({self.text(view, depth - 1)})::int",
            lambda: f"({self.condition(view, depth - 1)})::int",
            lambda: f"(select count(*)::int {self.source(view, depth - 1)})",
            lambda: f"(round({self.column(view, 'number', '4')}))::int",
            lambda: f"(extract(year from {self.column(view, 'date', 'current_date')}))::int",
        )

    def condition(self, view: View, depth: int) -> str:
        if depth <= 0:
            return f"{self.number(view, 0)} < {self.chance.randint(1, 12)}"
        return self.one_of(
            lambda: f"{self.text(view, depth - 1)} = {self.text(view, depth - 1)}",
            lambda: f"{self.text(view, depth - 1)} like '5%'",
            lambda: f"{self.text(view, depth - 1)} is null",
            lambda: f"{self.text(view, depth - 1)} in ('x', {self.text(view, depth - 1)})",
            lambda: f"{self.number(view, depth - 1)} < {self.number(view, depth - 1)}",
            lambda: f"{self.number(view, depth - 1)} = {self.number(view, depth - 1)}",
            lambda: f"({self.condition(view, depth - 1)} and {self.condition(view, depth - 1)})",
            lambda: f"({self.condition(view, depth - 1)} or {self.condition(view, depth - 1)})",
            lambda: f"not ({self.condition(view, depth - 1)})",
            lambda: f"exists (select 1 {self.source(view, depth - 1)})",
            lambda: f"{self.number(view, 0)} in (select q.id from orders q)",
        )

    def scalar(self, view: View, depth: int) -> str:
        name, relation = self.name(), self.chance.choice(["customers", "safe", "known"])
        inside = [(name, COLUMNS[relation])]
        return f"(select max({self.text(inside, 0)}) from {relation} {name} {self.where(inside + view, depth)})"

    def where(self, view: View, depth: int) -> str:
        return f"where {self.condition(view, depth)}" if self.chance.random() < 0.6 else ""

    def source(self, view: View, depth: int) -> str:
        text, seen = self.item(view, depth)
        return f"from {text} {self.where([seen, *view], depth)}"

    def item(self, view: View, depth: int) -> tuple[str, tuple[str, Shape]]:
        name, dice = self.name(), self.chance.random()
        if depth > 0 and dice < 0.2:
            lateral = dice < 0.1
            text, shape = self.select(view if lateral else [], depth - 1)
            return f"{'lateral ' if lateral else ''}({text}) {name}", (name, shape)
        if dice < 0.27:
            return f"generate_series(1, least(4, {self.number(view, depth - 1)})) {name}(g)", (name, {"int": ["g"]})
        if dice < 0.33:
            return f"(values ('521-37-8841', 1), ('x', 2)) {name}(v, w)", (name, {"text": ["v"], "int": ["w"]})
        relation = self.chance.choice(list(COLUMNS))
        return f"{relation} {name}", (name, COLUMNS[relation])

    def sources(self, view: View, depth: int) -> tuple[str, View]:
        text, first = self.item(view, depth)
        seen = [first]
        for _ in range(self.chance.choice([0, 0, 1, 2])):
            more, other = self.item(seen + view, depth)
            join = self.chance.choice(["join", "left join"])
            text += f" {join} {more} on {self.condition([*seen, other], 1)}"
            seen.append(other)
        return text, seen

    def select(self, view: View, depth: int) -> tuple[str, Shape]:
        text, seen = self.sources(view, depth)
        seen = seen + view
        if self.chance.random() < 0.15:
            aggregate = self.chance.choice(["count(*)", f"count({self.text(seen, 1)})", f"sum({self.number(seen, 1)})"])
            return (
                f"select {self.text(seen, 1)} as k0, ({aggregate})::int as k1 from {text} {self.where(seen, depth)} "
                f"group by 1 having count(*) > {self.chance.randint(0, 2)}",
                {"text": ["k0"], "int": ["k1"]},
            )
        shape: Shape = {"text": [], "int": []}
        listed = []
        for place in range(self.chance.randint(1, 3)):
            kind = self.chance.choice(["text", "int"])
            listed.append(f"{(self.text if kind == 'text' else self.number)(seen, depth)} as k{place}")
            shape[kind].append(f"k{place}")
        if self.chance.random() < 0.1:
            listed.append(f"rank() over (order by {self.number(seen, 1)}) as r")
        distinct = self.chance.choice(["", "", "", "distinct "])
        return f"select {distinct}{', '.join(listed)} from {text} {self.where(seen, depth)}", shape

    def query(self) -> str:
        text, shape = self.select([], self.chance.choice([1, 2, 2, 3]))
        dice = self.chance.random()
        if dice < 0.15:
            return f"with c as ({text}) select * from c x {self.where([('x', shape)], 2)}"
        if dice < 0.25:
            word = self.chance.choice(["union", "except", "union all"])
            return f"select * from ({text}) x {word} select * from ({text}) y"
        return text


@dataclass
class World:
    """One of the two databases."""

    connection: pq.PGconn

    def run(self, sql: str) -> tuple[str, list[tuple[str, ...]], list[str]]:
        """Return what came of it (an SQLSTATE or empty), the rows and the columns' names."""
        result = self.connection.exec_(sql.encode())
        if result.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
            return (result.error_field(pq.DiagnosticField.SQLSTATE) or b"?").decode(), [], []
        width = range(result.nfields)
        lines = range(result.ntuples)
        rows = [tuple((result.get_value(line, column) or b"").decode() for column in width) for line in lines]
        return "", rows, [(result.fname(column) or b"").decode() for column in width]

    async def ask(self, sql: str) -> list[tuple[str | None, ...]]:
        return list(self.run(sql)[1])


@dataclass
class Stage:
    worlds: tuple[World, World]
    catalog: Catalog


@pytest.fixture(scope="module")
def stage(postgres: ThrowawayPostgres) -> Iterator[Stage]:
    worlds = []
    for name, change in (("world_one", ""), ("world_two", OTHER_WORLD)):
        postgres.run(f"create database {name}")
        connection = pq.PGconn.connect(postgres.dsn(name).encode())
        assert connection.status == pq.ConnStatus.OK, connection.error_message
        world = World(connection)
        for sql in (SCHEMA + change, "set statement_timeout = '5s'", "set jit = off"):
            assert world.run(sql)[0] == ""
        for sql in ("cluster customers using customers_pkey", "vacuum analyze"):
            assert world.run(sql)[0] == ""
        worlds.append(world)
    catalog = asyncio.run(snapshots.load(worlds[0].ask, "world_one"))
    yield Stage((worlds[0], worlds[1]), catalog)
    for world in worlds:
        world.connection.finish()


def is_sensitive(column: Column) -> bool:
    return column.relation.name == "customers" and column.name != "id"


def infers(found: Analysis) -> bool:
    return any(is_sensitive(column) for inference in found.inferences for column in inference.columns)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_called_free_of_sensitive_data_is_the_same_in_both_worlds(stage: Stage, seed: int) -> None:
    settings = SessionSettings(path=("pg_temp", "pg_catalog", "public"), user="postgres", server_version=150000)
    grammar = Grammar(random.Random(seed))
    compared = 0
    for _ in range(250):
        sql = grammar.query()
        (found,) = analyze(sql, stage.catalog, settings)
        if not found.understood or found.opaque or infers(found):
            continue
        (first, rows, names), (second, other_rows, _) = (world.run(sql) for world in stage.worlds)
        if "57014" in (first, second):
            continue
        assert (first, len(rows)) == (second, len(other_rows)), sql
        if first:
            continue
        assert found.outputs is not None
        assert names == [output.name for output in found.outputs], sql
        clean = [place for place, o in enumerate(found.outputs) if not any(map(is_sensitive, o.sources))]
        shown, other_shown = (sorted(tuple(row[place] for place in clean) for row in r) for r in (rows, other_rows))
        assert shown == other_shown, sql
        compared += 1
    assert compared > 60
