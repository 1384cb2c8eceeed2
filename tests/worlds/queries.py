"""Whole queries made up at random: joins, groups, windows, set operations, laterals, CTEs, and what writes and returns."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.worlds.expressions import AGGREGATES, KINDS, SETS, TYPES, Expressions, Shape, View

TABLES: dict[str, Shape] = {
    "people": {
        "text": ["full_name", "email", "ssn", "notes", "team", "phone"], "int": ["id"], "date": ["dob", "joined"], "num": ["salary"],
        "json": ["profile"], "list": ["phones"], "row": ["address"],
    },
    "customers": {
        "text": ["full_name", "email", "phone", "ssn", "card_number", "notes"], "int": ["id"], "date": ["dob"], "num": ["salary"], "json": ["address"],
    },
    "visits": {"text": ["doctor", "ssn"], "int": ["id", "person_id"], "date": ["day"]},
    "visits_high": {"text": ["doctor", "ssn"], "int": ["id", "person_id"], "date": ["day"]},
    "staff": {"text": ["full_name", "email", "ssn", "team"], "int": ["id", "badge"], "date": ["dob"], "num": ["salary"]},
    "orders": {"int": ["id", "customer_id"], "num": ["total"]},
    "safe": {"text": ["label"], "int": ["id"], "num": ["n"], "date": ["day"], "list": ["tags"], "json": ["doc"]},
    "known": {"text": ["called", "number", "team"], "int": ["id"], "num": ["pay"], "date": ["birthday"]},
    "everyone": {"text": ["ssn", "name"], "int": ["id"]},
    "teams": {"text": ["team", "last"], "int": ["members"], "num": ["cost"]},
    "nested": {"text": ["loud", "number", "doctor"], "int": ["id"], "date": ["day"]},
    "kept": {"text": ["ssn", "email", "initial"], "int": ["id"]},
}  # fmt: skip
_JOINS = ["join", "left join", "right join", "full join"]
_WHOLE = {
    "text": "'-'",
    "int": "0",
    "num": "0.0",
    "date": "null::date",
    "bool": "null::bool",
    "json": "null::jsonb",
    "list": "null::text[]",
}


@dataclass
class Queries:
    """Makes queries up."""

    chance: random.Random
    words: Expressions = field(init=False)

    def __post_init__(self) -> None:
        self.words = Expressions(self.chance, self.subquery)

    # ---- what expressions ask for

    def subquery(self, sort: str, kind: str, view: View, depth: int) -> str:
        """Return a query inside an expression: `from` is only its tail, `column` has one column, `scalar` one row as well."""
        match sort:
            case "from":
                source, seen = self.source(view, depth)
                return f"from {source}{self.where(seen + view, depth)}"
            case "query":
                return self.query(view, depth)[0]
            case "scalar":
                return f"({self.one_column(kind, view, depth, single=True)})"
            case "column":
                return f"({self.one_column(kind, view, depth)})"
            case _:
                return self.one_column(kind, view, depth)

    def one_column(self, kind: str, view: View, depth: int, *, single: bool = False) -> str:
        source, seen = self.source(view, depth)
        inside = seen + view
        e = self.words.make(kind, inside, depth)
        if single and self.chance.random() < 0.5 and kind in ("text", "int", "num", "date"):
            return f"select max({e}) from {source}{self.where(inside, depth)}"
        limit = f" order by {self.key(seen)} limit 1" if single else ""
        return f"select {e} from {source}{self.where(inside, depth)}{limit}"

    # ---- from

    def where(self, view: View, depth: int) -> str:
        return f" where {self.words.make('bool', view, max(depth, 1))}" if self.chance.random() < 0.4 else ""

    def key(self, view: View) -> str:
        """Return a clean column to order by, so that the order of rows is settled."""
        return next((f"{name}.{c}" for name, shape in view for c in shape.get("int", ()) if c == "id"), "1")

    def item(self, view: View, depth: int) -> tuple[str, tuple[str, Shape]]:
        name, dice = self.words.name(), self.chance.random()
        if depth > 0 and dice < 0.2:
            lateral = dice < 0.1
            text, shape = self.query(view if lateral else [], depth - 1)
            if self.chance.random() < 0.3:
                return self._renamed(text, shape, name, lateral=lateral)
            return f"{'lateral ' if lateral else ''}({text}) {name}", (name, shape)
        if depth > 0 and dice < 0.27:
            call = self.words.fill(self.chance.choice(SETS), view, 1)
            return f"(select {call} as g) {name}" if "::" in call else f"{call} {name}(g)", (name, {"text": ["g"]})
        if dice < 0.32:
            rows = ", ".join(f"({self.words.make('text', view, 1)}, {place})" for place in range(2))
            return f"lateral (values {rows}) {name}(v, w)", (name, {"text": ["v"], "int": ["w"]})
        table = self.chance.choice(list(TABLES))
        sample = " tablesample system (100)" if table in ("people", "customers") and self.chance.random() < 0.03 else ""
        only = "only " if table == "people" and self.chance.random() < 0.1 else ""
        return f"{only}{table} {name}{sample}", (name, TABLES[table])

    def _renamed(self, text: str, shape: Shape, name: str, *, lateral: bool) -> tuple[str, tuple[str, Shape]]:
        order = shape.get("", [])
        new = [f"z{place}" for place in range(len(order))]
        renamed = {kind: [new[order.index(c)] for c in columns] for kind, columns in shape.items() if kind}
        return f"{'lateral ' if lateral else ''}({text}) {name}({', '.join(new)})", (name, renamed)

    def source(self, view: View, depth: int) -> tuple[str, View]:
        text, first = self.item(view, depth)
        seen = [first]
        for _ in range(self.chance.choice([0, 0, 0, 1, 1, 2])):
            more, other = self.item(seen + view, depth)
            dice = self.chance.random()
            if dice < 0.1:
                text += f" cross join {more}"
            elif dice < 0.2 and all("id" in shape.get("int", ()) for _, shape in (seen[-1], other)) and len(seen) == 1:
                text += f" {self.chance.choice(_JOINS)} {more} using (id)"
            else:
                both = self.chance.random() < 0.5
                on = (
                    f"{self.key([seen[0]])} = {self.key([other])}"
                    if both and self.key([other]) != "1" != self.key([seen[0]])
                    else None
                )
                text += (
                    f" {self.chance.choice(_JOINS[:2])} {more} on {on or self.words.make('bool', [*seen, other], 1)}"
                )
            seen.append(other)
        return text, seen

    # ---- queries. A shape's "" is its columns in order.

    def query(self, view: View, depth: int) -> tuple[str, Shape]:
        """Return a query and what its columns are."""
        dice = self.chance.random()
        if depth <= 0 or dice < 0.55:
            return self.select(view, depth)
        if dice < 0.7:
            return self.grouped(view, depth)
        if dice < 0.8:
            return self.combined(view, depth)
        if dice < 0.95:
            return self.with_query(view, depth)
        return self.recursive(view, depth)

    def listed(self, view: View, depth: int) -> tuple[list[str], Shape]:
        shape: Shape = {"": []}
        made = []
        for place in range(self.chance.randint(1, 3)):
            kind = self.chance.choice(KINDS[:7])
            made.append(f"{self.words.make(kind, view, depth)} as k{place}")
            shape.setdefault(kind, []).append(f"k{place}")
            shape[""].append(f"k{place}")
        return made, shape

    def select(self, view: View, depth: int) -> tuple[str, Shape]:
        source, seen = self.source(view, depth)
        inside = seen + view
        made, shape = self.listed(inside, depth)
        dice = self.chance.random()
        distinct = (
            "distinct " if dice < 0.08 else f"distinct on ({self.words.make('any', inside, 1)}) " if dice < 0.11 else ""
        )
        tail = ""
        if self.chance.random() < 0.15 and not distinct:
            tail = f" order by {self.words.make('any', inside, 1)}"
        if self.chance.random() < 0.1:
            tail += f" limit {self.chance.choice(['3', '(select count(*) from safe)', self.words.make('int', [], 1)])}"
        if self.chance.random() < 0.05 and not distinct:
            tail += " for share"
        return f"select {distinct}{', '.join(made)} from {source}{self.where(inside, depth)}{tail}", shape

    def grouped(self, view: View, depth: int) -> tuple[str, Shape]:
        source, seen = self.source(view, depth)
        inside = seen + view
        kind = self.chance.choice(["text", "int", "date", "bool"])
        key = self.words.make(kind, inside, self.chance.choice([0, 1, 2]))
        aggregate = self.words.fill(self.chance.choice(AGGREGATES), inside, depth - 1)
        how = self.chance.choice(["1", "1", "1", "rollup (1)", "cube (1)", f"grouping sets (({key}), ())"])
        having = (
            f" having {self.words.fill(self.chance.choice(AGGREGATES[:2]), inside, 0)} > 1"
            if self.chance.random() < 0.2
            else ""
        )
        if self.chance.random() < 0.3:
            return f"select ({aggregate})::text as k0 from {source}{self.where(inside, depth)}", {
                "text": ["k0"],
                "": ["k0"],
            }
        return (
            f"select {key} as k0, ({aggregate})::text as k1 from {source}{self.where(inside, depth)} group by {how}{having}",
            {kind: ["k0"], "text": ["k1", *(["k0"] if kind == "text" else [])], "": ["k0", "k1"]},
        )

    def combined(self, view: View, depth: int) -> tuple[str, Shape]:
        kinds = [self.chance.choice(list(_WHOLE)) for _ in range(self.chance.randint(1, 2))]
        arms = []
        for _ in range(2):
            source, seen = self.source(view, depth - 1)
            made = ", ".join(
                f"({self.words.make(kind, seen + view, depth - 1)}) as k{n}" for n, kind in enumerate(kinds)
            )
            arms.append(f"select {made} from {source}{self.where(seen + view, depth - 1)}")
        word = self.chance.choice(
            ["union all", "union all", "union", "except", "intersect", "except all", "intersect all"]
        )
        shape: Shape = {"": [f"k{n}" for n in range(len(kinds))]}
        for n, kind in enumerate(kinds):
            shape.setdefault(kind, []).append(f"k{n}")
        return f"({arms[0]}) {word} ({arms[1]})", shape

    def with_query(self, view: View, depth: int) -> tuple[str, Shape]:
        name = self.words.name()
        text, shape = self.changing(depth) if self.chance.random() < 0.2 and not view else self.query([], depth - 1)
        how = self.chance.choice(["", "", "materialized ", "not materialized "])
        inside: View = [(name, shape)]
        made, new = self.listed(inside, 1)
        return f"with {name} as {how}({text}) select {', '.join(made)} from {name}{self.where(inside, 1)}", new

    def recursive(self, view: View, depth: int) -> tuple[str, Shape]:
        name = self.words.name()
        source, seen = self.source([], 0)
        start = self.words.make("text", seen, 1)
        step = self.words.make("text", [(name, {"text": ["v"], "int": ["n"]})], 1)
        stop = (
            self.words.make("bool", [(name, {"text": ["v"], "int": ["n"]})], 1)
            if self.chance.random() < 0.3
            else "true"
        )
        return (
            f"with recursive {name}(n, v) as (select 1, ({start})::text from {source} union all "
            f"select n + 1, ({step})::text from {name} where n < 3 and {stop}) select n as k0, v as k1 from {name}",
            {"int": ["k0"], "text": ["k1"], "": ["k0", "k1"]},
        )

    # ---- what writes and returns

    def changing(self, depth: int) -> tuple[str, Shape]:
        """Return a statement that writes and returns rows."""
        name = self.words.name()
        table = self.chance.choice(["orders", "safe", "people", "customers"])
        view: View = [(name, TABLES[table])]
        made, shape = self.listed(view, depth - 1)
        returning = ", ".join(made)
        dice = self.chance.random()
        if dice < 0.3:
            return (
                f"delete from {table} {name} where {name}.id = {self.chance.randint(1, 9)} returning {returning}",
                shape,
            )
        if dice < 0.5:
            source, seen = self.source([], 0)
            on = self.words.make("bool", [*view, *seen], 1)
            return (
                f"delete from {table} {name} using {source} where {name}.id = {self.key(seen)} and {on} returning {returning}",
                shape,
            )
        kind = self.chance.choice([kind for kind in ("text", "num", "date") if kind in TABLES[table]])
        column = self.chance.choice(TABLES[table][kind])
        new = self.words.make(kind, view, depth)
        if dice < 0.8:
            return (
                f"update {table} {name} set {column} = {new} where {name}.id < {self.chance.randint(2, 9)} returning {returning}",
                shape,
            )
        value = self.words.make(kind, [], depth)
        clash = self.chance.choice(
            ["", f" on conflict (id) do update set {column} = excluded.{column}", " on conflict do nothing"]
        )
        return (
            f"insert into {table} as {name} (id, {column}) values ({self.chance.randint(1, 60)}, {value}){clash} returning {returning}",
            shape,
        )

    def cast(self, text: str) -> str:
        """Return the query with its columns converted."""
        return (
            f"select q::text, ({self.chance.choice(['q', 'q.*', 'q.k0'])})::{self.chance.choice(TYPES)} from ({text}) q"
        )
