"""Scripts made up at random: a query, put before the gateway in every way there is to run one; and the corpus, bent."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.worlds.judge import Judge
from tests.worlds.queries import TABLES, Queries
from tests.worlds.script import Ask, Run, Script

CORPUS = Path(__file__).parent.parent / "corpus"
_QUERY = re.compile(r"^\s*(select|with|values|table|\()", re.IGNORECASE)
_UNREPEATABLE = re.compile(
    r"now\(|random|clock_|txid|xact|xmin|current_(time|date)|localtime|sleep|pid|setseed|tablesample|uuid|pg_stat|version|into |conf|"
    r"copy|explain|query_to|_to_xml|pg_sequence|ctid|\boid|relpages|pg_class|file|gss|inet_|start_time|cursor|prepared|lock|epoch|gen_salt|crypt|current_database",
    re.IGNORECASE,
)
_COLUMNS = ["full_name", "email", "phone", "ssn", "card_number", "dob", "salary", "notes", "address", "id"]
WRAPPED = [
    "select * from ({q}) q", "with q as materialized ({q}) select * from q", "select q from ({q}) q", "select q::text from ({q}) q",
    "select to_jsonb(q) from ({q}) q", "select row_to_json(q), q.* from ({q}) q", "select json_agg(q) from ({q}) q", "select exists({q})",
    "select count(*) from ({q}) q", "({q}) union all ({q})", "select array(select q::text from ({q}) q)", "select q is null from ({q}) q",
    "select (select q::text from ({q}) q limit 1)", "select concat_ws('|', q.*) from ({q}) q", "select hstore(q) from ({q}) q",
    "select * from safe s cross join lateral ({q}) q where s.id = 1", "select * from safe s left join ({q}) q on true where s.id = 1",
    "with q as ({q}), r as (select * from q) select * from r", "select q.* from ({q}) q limit 2", "select max(q::text) from ({q}) q",
    "select coalesce(q::text, 'none') from ({q}) q", "select format('%s', q) from ({q}) q", "select * from ({q}) q(z)", "select z from ({q}) q(z)",
    "select z::text || '' from ({q}) q(z)", "select distinct q.* from ({q}) q", "select id from safe where exists({q}) and id < 3",
    "select pg_typeof(z), z is null from ({q}) q(z)", "select case when exists({q}) then 1 else 2 end",
]  # fmt: skip

SHOWING = [
    "select * from {table}", "select {shown} from {table}", "select {shown} from {table} limit {few}", "table {table}",
    "select {shown} from {table} order by {first}", "select {first}, count(*) from {table} group by 1",
    "select distinct {shown} from {table}", "select {said} from {table} a join {other} b on a.{first} = b.{first}",
    "select {first} from {table} where {first} in (select {first} from {other})",
    "select {first} from {table} union all select {first} from {other}", "select {first} from {table} where {first} is null",
    "select {first} from {table} except select {first} from {other}", "select {shown}, row_number() over () from {table}",
    "with q as (select {shown} from {table}) select * from q", "select max({first}), count({first}) from {table}",
    "select q.* from {table} a join lateral (select {said}) q on true", "select {table} from {table}",
]  # fmt: skip


@dataclass
class Scripts:
    """Makes scripts up."""

    chance: random.Random
    queries: Queries = field(init=False)

    def __post_init__(self) -> None:
        self.queries = Queries(self.chance)

    def allowed(self, judge: Judge, *, tries: int = 12, shows: float = 0.0) -> Script:
        """Return a script that the rules allow, or the last of several that they don't: those are tried as well.

        `shows` is the share of those that show columns as they are masked, which is rare where everything is made up.
        """
        for _ in range(tries):
            found = self.showing() if self.chance.random() < shows else self.script()
            if judge.allows(found):
                break
        return found

    def script(self) -> Script:
        """Return a script: two in three made up from nothing, the others from the corpus."""
        if self.chance.random() < 0.33:
            return self.carried(self.bent())
        if self.chance.random() < 0.12:
            return (Ask(self.queries.changing(2)[0]), Ask("select id, total from orders where id < 4 order by id"))
        text, _ = self.queries.query([], self.chance.choice([1, 2, 2, 3]))
        return self.carried(self.queries.cast(text) if self.chance.random() < 0.08 else text)

    def showing(self) -> Script:
        """Return a script that shows columns under their masks: with nothing done to them, grouped or joined by them."""
        table, shape = self.chance.choice(list(TABLES.items()))
        columns = [column for held in shape.values() for column in held]
        shown = self.chance.sample(columns, self.chance.randint(1, min(4, len(columns))))
        first = shown[0]
        others = [
            name for name, held in TABLES.items() if first in (column for each in held.values() for column in each)
        ]
        query = self.chance.choice(SHOWING).format(
            table=table, shown=", ".join(shown), first=first, other=self.chance.choice(others),
            said=", ".join(f"a.{column}" for column in shown), few=self.chance.randint(2, 12),
        )  # fmt: skip
        return self.carried(query)

    def carried(self, query: str) -> Script:
        """Return the query in one of the ways that a client has of running it."""
        dice = self.chance.random()
        name = f"n{self.chance.randint(0, 10**6)}"
        formats = [
            "",
            " with (format csv, header)",
            " with (format binary)",
            " with (format csv, delimiter ';', quote '$', force_quote *)",
        ]
        if dice < 0.45:
            return (Ask(query),)
        if dice < 0.60:
            return (Run(query, binary=self.chance.random() < 0.6, rows=self.chance.choice([0, 0, 1, 2]),
                        described=self.chance.random() < 0.7),)  # fmt: skip
        ways: list[Script] = [
            (Ask(f"prepare {name} as {query}"), Ask(f"execute {name}"), Ask(f"deallocate {name}")),
            (Ask(f"declare {name} scroll cursor for {query}"), Ask(f"fetch 2 from {name}"), Ask(f"fetch all from {name}")),
            (Ask(f"declare {name} binary cursor for {query}"), Ask(f"fetch all from {name}"), Ask(f"move backward 1 in {name}")),
            (Ask(f"copy ({query}) to stdout{self.chance.choice(formats)}"),),
            (Ask(f"explain (costs off) {query}"),),
            (Ask(f"explain (verbose, format json) {query}"),),
            (Ask(f"explain (analyze, timing off, summary off, costs off) {query}"),),
            (Ask(f"create temp view {name} as {query}"), Ask(f"select * from {name}")),
            (Ask(f"create temp table {name} as {query}"), Ask(f"select * from {name}"), Ask(f"select count(*) from {name}")),
            (Ask(f"select 1; {query}; select 2"),),
            (Ask(f"insert into safe (id, label) select 100 + row_number() over (), q::text from ({query}) q returning *"),
             Ask("select label from safe where id > 100")),
            (Ask("savepoint s"), Ask(query), Ask("rollback to s"), Ask("select id from safe where id < 3")),
            (Ask(f"update safe set label = (select q::text from ({query}) q limit 1) where id < 4"), Ask("select label from safe where id < 4")),
            (Ask(f"select id from safe where id = (select count(*) from ({query}) q)"),),
            (Ask(f"notify here, 'a'; {query}"),),
            (Ask(f"delete from orders where id < 6 and exists ({query})"), Ask("select count(*) from orders")),
        ]  # fmt: skip
        return self.chance.choice(ways)

    def bent(self) -> str:
        """Return a query of the corpus, changed in one or two ways."""
        query = self.chance.choice(corpus())
        for _ in range(self.chance.choice([1, 1, 2, 3])):
            query = self.chance.choice([self.swapped, self.wrapped, self.commented, self.shouted, self.extended])(query)
        return query

    def swapped(self, query: str) -> str:
        one, other = self.chance.sample(_COLUMNS, 2)
        return re.sub(rf"\b{one}\b", other, query)

    def wrapped(self, query: str) -> str:
        return self.chance.choice(WRAPPED).replace("{q}", query)

    def commented(self, query: str) -> str:
        inside = self.chance.choice(["/**/", " /* ' */ ", " -- ' \n", "/* /* */ $$ */", "\t\n"])
        places = [m.start() for m in re.finditer(" ", query) if query[: m.start()].count("'") % 2 == 0]
        if not places:
            return query
        at = self.chance.choice(places)
        return query[:at] + inside + query[at:]

    def shouted(self, query: str) -> str:
        return re.sub(
            r"\b(ssn|email|customers|full_name)\b",
            lambda m: m[1].upper() if self.chance.random() < 0.5 else f'"{m[1]}"',
            query,
        )

    def extended(self, query: str) -> str:
        more = self.chance.choice(
            [" limit 5", " offset 0", " union all select null", " order by 1", " for share", " fetch first row only"]
        )
        return query + more


@cache
def corpus() -> list[str]:
    """Return the corpus's queries whose answers two honest runs agree on."""
    found = []
    for file in ("attacks_postgres", "attacks_more", "benign_postgres", "benign_more"):
        for line in (CORPUS / f"{file}.jsonl").read_text().splitlines():
            record = json.loads(line) if line.strip() else {}
            texts = record.get("sql") or ()
            found += [
                sql.rstrip("; ")
                for sql in texts
                if _QUERY.match(sql) and not _UNREPEATABLE.search(sql) and ";" not in sql.rstrip("; ")
            ]
    return found
