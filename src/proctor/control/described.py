"""What a schema looks like to an agent: tables and columns with types and data classes, in parts. No value of it.

In come rows of the database's own catalogue and what the data map holds of them; out go tables, and the place behind
the last one, from where the next part goes on. Knows nobody who asks.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from proctor.terms import Classified, Column, Relation

COLUMNS = """
SELECT n.nspname, c.relname, c.relkind, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
AND ($1::text IS NULL OR n.nspname = $1::text) AND ($2::text IS NULL OR c.relname = $2::text)
AND ($3::text IS NULL OR (n.nspname, c.relname) > ($3::text, $4::text))
ORDER BY 1, 2, a.attnum
"""
_KINDS = {"r": "table", "p": "table", "v": "view", "m": "materialized view", "f": "foreign table"}


@dataclass(frozen=True, slots=True)
class SeenColumn:
    """A column as its schema describes it; no value of it."""

    name: str
    type: str
    nullable: bool
    data_class: str | None


@dataclass(frozen=True, slots=True)
class SeenTable:
    """A table or view, with its columns."""

    schema: str
    name: str
    kind: str
    columns: tuple[SeenColumn, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """Some tables of a database; `after` names the last one where there are more."""

    tables: tuple[SeenTable, ...]
    after: str | None = None


def tables_of(rows: Sequence[tuple[str | None, ...]], classified: Classified) -> list[SeenTable]:
    """Return tables with what each column is held to be, in the order of the rows."""
    found: dict[Relation, tuple[str, list[SeenColumn]]] = {}
    for schema, table, kind, name, kind_of_value, not_null in rows:
        relation = Relation(schema or "", table or "")
        kept = found.setdefault(relation, (_KINDS.get(kind or "", "table"), []))[1]
        column = Column(relation, name or "")
        data_class = "by its tables" if kind == "v" else classified.class_of(column)
        kept.append(SeenColumn(column.name, kind_of_value or "", not_null != "t", data_class))
    return [SeenTable(each.schema, each.name, kind, tuple(columns)) for each, (kind, columns) in found.items()]


def place_behind(table: SeenTable) -> str:
    """Return the place behind a table, in a form that no name can be mistaken for."""
    return base64.urlsafe_b64encode(msgspec.json.encode([table.schema, table.name])).decode()


def place_of(after: str | None) -> tuple[str | None, str | None] | None:
    """Return schema and name of such a place, or None where it is none."""
    if after is None:
        return None, None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(after), type=tuple[str, str])
    except (ValueError, msgspec.MsgspecError):
        return None
