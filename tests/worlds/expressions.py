"""Expressions of a kind, made up at random over the columns in view; sensitive ones are picked more often than not.

`TEMPLATES` is the grammar: `{text}` is any expression of that kind, `{text:col}` a column or a literal. `{small}`, `{word}` and
`{type}` are drawn from short lists, `{any}` is of any kind. `{query}` and its kin are whole subqueries.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

Shape = dict[str, list[str]]
View = list[tuple[str, Shape]]

KINDS = ("text", "int", "num", "date", "bool", "json", "list", "row")
LITERALS = {
    "text": ["'x'", "'521-37-8846'", "'507-17-1049'", "''", "'5'", "null::text", "'team1'"],
    "int": ["0", "1", "2", "7", "12", "521", "null::int"],
    "num": ["0.5", "30000", "187654.32", "1e3"],
    "date": ["date '1984-07-19'", "date '1970-04-08'", "date '2023-01-05'"],
    "bool": ["true", "false", "null::bool"],
    "json": ["jsonb '{}'", 'jsonb \'{"k": 3, "ssn": "x"}\'', "jsonb '[1, 2]'"],
    "list": ["array['a', 'b']", "'{}'::text[]"],
    "row": ["row(1, 'a')", "row('x')"],
}
WORDS = ["'5'", "'-'", "'%1%'", "'^5'", "'Q'", "'s1'", "'ssn'", "'k'", "'{k}'", "'$.k'", "'YYYY'", "'year'", "'a'"]
TYPES = ["text", "int", "numeric", "date", "timestamp", "bool", "jsonb", "varchar(3)", "char(2)", "bytea", "name", "text[]", "float8",
         "xml", "regclass", "interval", "bit(8)", "uuid", "inet", "money", "home", "mail", "\"char\"", "json", "oid"]  # fmt: skip
TEMPLATES = {
    "text": [
        "upper({text})", "lower({text})", "left({text}, {small})", "right({text}, {small})", "reverse({text})", "md5({text})",
        "({text} || {text})", "({text} || {any})", "concat({any}, {any})", "concat_ws({word}, {any}, {text})", "format('%s/%s', {any}, {any})",
        "coalesce({text}, {text})", "nullif({text}, {text})", "greatest({text}, {text})", "least({text}, {text})",
        "case when {bool} then {text} else {text} end", "case {text} when {text} then {text} end", "({any})::text", "cast({any} as text)",
        "replace({text}, {word}, {word})", "substr({text}, {small}, {small})", "split_part({text}, '-', {small})", "lpad({text}, 8, 'x')",
        "translate({text}, '0123', 'abcd')", "regexp_replace({text}, {word}, 'z')", "overlay({text} placing 'Z' from {small})",
        "({list})[{small}]", "array_to_string({list}, ',')", "({json} ->> {word})", "({json} #>> array['k'])", "to_char({date}, 'DDD')",
        "to_char({num}, '999')", "({row})::text", "quote_literal({any})", "initcap({text})", "trim({text})", "chr(65 + {int:col})",
        "string_agg({text}, ',') over ()", "max({text}) over (partition by {int:col})", "lag({text}) over (order by {int:col})", "{scalar:text}",
        "first_value({text}) over (order by {any})", "to_json({any})::text", "row_to_json({row:col})::text", "jsonb_pretty({json})",
        "encode({text}::bytea, 'hex')", "({text} collate \"C\")", "substring({text} from {word})", "pg_typeof({any})::text",
        "xmlserialize(content xmlelement(name a, {any}) as text)", "quote_nullable({text})", "(array[{text}, {text}])[{small}]",
        "coalesce(({row}).f1::text, 'n')", "jsonb_typeof({json})", "repeat({text}, {small})", "current_setting('application_name') || {text}",
        "regexp_substr({text}, {word})", "array_agg({text}) over ()::text", "unistr({text})", "to_hex({int})",
    ],
    "int": [
        "length({text})", "ascii({text})", "({int} + {int})", "({int} - {int})", "({int} / {int})", "({int} % {int})", "abs({int})", "({text})::int",
        "({bool})::int", "position({text} in {text})", "octet_length({text})", "cardinality({list})", "extract(year from {date})::int",
        "case when {bool} then {int} else {int} end", "coalesce({int}, {int})", "nullif({int}, {int})", "({num})::int", "hashtext({text})",
        "(row_number() over (order by {any}))::int", "(rank() over (order by {any}))::int", "(count(*) over (partition by {any}))::int",
        "(select count(*)::int {from})", "(select count({any})::int {from})", "({date} - {date})", "num_nulls({any}, {any})",
        "jsonb_array_length({json})", "array_position({list}, {text})", "width_bucket({num}, 0, 100, 5)", "{scalar:int}", "strpos({text}, {word})",
        "(count({any}) filter (where {bool}) over ())::int", "pg_column_size({any})", "ntile(3) over (order by {any})", "sign({num})::int",
        "coalesce(array_length({list}, 1), 0)", "regexp_count({text}, {word})", "({json} ->> 'k')::int", "get_byte({text}::bytea, 0)", "crc32({text}::bytea)::int",
    ],
    "num": [
        "round({num})", "({num} * {num})", "({num} + {int})", "({num} / {num})", "sqrt({num})", "({int})::numeric", "avg({num}) over ()", "({text})::numeric",
        "coalesce({num}, {num})", "case when {bool} then {num} else 1 end", "{scalar:num}", "trunc({num}, -3)", "mod({num}, 7)", "power({num}, 2)",
        "extract(epoch from {date})", "sum({num}) over (order by {int:col})", "ln({num})", "greatest({num}, {num})", "({num})::numeric(5, 0)",
    ],
    "date": [
        "({date} + {int})", "({date} - {int})", "date_trunc({word}, {date})::date", "({text})::date", "coalesce({date}, {date})", "greatest({date}, {date})",
        "case when {bool} then {date} else {date} end", "{scalar:date}", "min({date}) over ()", "make_date(2000, {small}, {small})",
    ],
    "bool": [
        "{text} = {text}", "{text} <> {text}", "{text} < {text}", "{text} like {word}", "{text} ~ {word}", "{any} is null", "{any} is not null",
        "{text} in ({text}, {text})", "{text} = any({list})", "{int} = {int}", "{int} < {int}", "{num} > {num}", "{date} <= {date}", "({bool} and {bool})",
        "({bool} or {bool})", "not ({bool})", "exists (select 1 {from})", "exists ({query})", "{int:col} in (select q.id from orders q)",
        "{text} in {column:text}", "{text} = any {column:text}", "{int} not in {column:int}", "{text} > all {column:text}", "{json} ? {word}",
        "{json} @> {json}", "{row} = {row}", "{row} is not null", "{text} is distinct from {text}", "{any} is not distinct from {any}",
        "({bool}) is true", "{num} between {num} and {num}", "starts_with({text}, {word})", "{list} && {list}", "{list} @> array[{text}]",
        "({text}, {int}) = ({text}, {int})", "({int}, {text}) in (select q.id, q.label from safe q)", "({text})::bool", "{date} between {date} and {date}",
        "isfinite({date})", "coalesce({bool}, {bool})", "case when {bool} then {bool} else false end", "{text} similar to {word}", "{int:col} = {int:col}",
        "{text:col} = {text:col}", "{text:col} = {text:col}", "jsonb_path_exists({json}, '$.k')", "({date}, {date}) overlaps ({date}, {date})",
    ],
    "json": [
        "to_jsonb({any})", "jsonb_build_object('a', {any})", "jsonb_build_object({text}, {any})", "jsonb_build_array({any}, {any})", "({json} -> {word})", "({json} || {json})",
        "({json} - {word})", "jsonb_set({json}, array['k'], to_jsonb({any}))", "to_jsonb({row:col})", "coalesce({json}, {json})", "jsonb_strip_nulls({json})",
        "jsonb_agg({any}) over ()", "(select jsonb_agg(to_jsonb(q)) from ({query}) q)", "({text})::jsonb", "jsonb_path_query_first({json}, '$.k')", "{scalar:json}",
    ],
    "list": [
        "array[{text}, {text}]", "string_to_array({text}, '-')", "array_append({list}, {text})", "({list} || {list})", "array({inner:text})", "array_remove({list}, {text})",
        "regexp_split_to_array({text}, '')", "({list})[{small}:{small}]", "coalesce({list}, {list})", "array_agg({text}) over ()", "akeys(hstore({row:col}))",
    ],
    "row": ["row({any}, {any})", "row({text})", "({row:col})", "row({row:col})", "coalesce({row:col}, {row:col})"],
}  # fmt: skip
SETS = [
    "generate_series(1, least(4, {int}))", "unnest({list})", "unnest(array[{any}, {any}]::text[])", "regexp_split_to_table({text}, '-')", "jsonb_object_keys({json})",
    "jsonb_array_elements_text({json})", "string_to_table({text}, '-')", "generate_series(1, length({text}))", "jsonb_path_query({json}, '$.*')::text",
    "regexp_matches({text}, {word}, 'g')::text", "json_each_text(to_json({row:col}))::text", "generate_subscripts({list}, 1)",
]  # fmt: skip
AGGREGATES = [
    "count(*)", "count({any})", "count(distinct {any})", "max({text})", "min({text})", "sum({int})", "avg({num})", "string_agg({text}, ',' order by {any})",
    "array_agg({any} order by {int:col})", "jsonb_agg({any})", "jsonb_object_agg({text}, {any})", "bool_or({bool})", "every({bool})", "max({any}) filter (where {bool})",
    "count(*) filter (where {bool})", "mode() within group (order by {text})", "percentile_disc(0.5) within group (order by {num})", "bit_xor({int})",
    "rank({text}) within group (order by {text})", "stddev({num})", "xmlagg(xmlelement(name a, {any}))", "corr({int}, {int})", "string_agg(distinct {text}, '')",
    "array_agg({row:col})", "sum(distinct {num})", "min({date})", "max({num})",
]  # fmt: skip
_SLOT = re.compile(r"\{(\w+)(?::(\w+))?\}")


@dataclass
class Expressions:
    """Makes expressions up; `queries` makes the subqueries in them."""

    chance: random.Random
    subquery: Callable[[str, str, View, int], str]
    names: int = 0

    def name(self) -> str:
        """Return a name that nothing has yet."""
        self.names += 1
        return f"a{self.names}"

    def column(self, kind: str, view: View) -> str:
        """Return a column of that kind, a whole row, or else a literal."""
        if kind == "row":
            return self.chance.choice(view)[0] if view else "row(1)"
        if kind == "any":
            kind = self.chance.choice(KINDS[:7])
        found = [f"{name}.{column}" for name, shape in view for column in shape.get(kind, ())]
        if found and self.chance.random() < 0.85:
            return self.chance.choice(found)
        return self.chance.choice(LITERALS[kind])

    def make(self, kind: str, view: View, depth: int) -> str:
        """Return an expression of that kind."""
        if kind == "any":
            kind = self.chance.choice(KINDS)
        if depth <= 0 or self.chance.random() < 0.3:
            return self.column(kind, view)
        return self.fill(self.chance.choice(TEMPLATES[kind]), view, depth - 1)

    def fill(self, template: str, view: View, depth: int) -> str:
        """Return a template with every slot filled."""

        def slot(found: re.Match[str]) -> str:
            kind, detail = found[1], found[2]
            if detail == "col":
                return self.column(kind, view)
            if kind in ("query", "from", "scalar", "column", "inner"):
                return self.subquery(kind, detail or "text", view, depth)
            match kind:
                case "small":
                    return str(self.chance.randint(1, 4))
                case "word":
                    return self.chance.choice(WORDS)
                case "type":
                    return self.chance.choice(TYPES)
                case _:
                    return self.make(kind, view, depth)

        return _SLOT.sub(slot, template)
