"""Classify, the input: what a scan has learnt of a table, in words that no one database owns.

In come names, comments, type families and a sample of values; out goes nothing but these facts. Knows no catalogue,
no connection and no dialect beyond the names that types go by.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Family = Literal[
    "text", "integer", "decimal", "float", "date", "timestamp", "time", "boolean", "uuid", "json", "array", "inet",
    "binary", "other",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """What is known of one column. `values` is a sample as text, None for NULL; `declared` the type as declared."""

    name: str
    type: str
    comment: str = ""
    values: tuple[str | None, ...] = ()
    unique: bool = False
    declared: str = ""


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What is known of one table."""

    schema: str
    name: str
    comment: str = ""
    columns: tuple[ColumnFacts, ...] = ()


_FAMILIES: dict[Family, str] = {
    "text": "text varchar char character bpchar name citext nvarchar nchar ntext tinytext mediumtext longtext clob"
    " string enum set xml varchar2 nvarchar2",
    "integer": "smallint integer int bigint int2 int4 int8 tinyint mediumint serial bigserial smallserial serial2"
    " serial4 serial8 oid year",
    "decimal": "numeric decimal dec money number fixed smallmoney",
    "float": "real float float4 float8 double",
    "date": "date",
    "timestamp": "timestamp timestamptz datetime datetime2 smalldatetime datetimeoffset",
    "time": "time timetz",
    "boolean": "boolean bool bit",
    "uuid": "uuid uniqueidentifier",
    "json": "json jsonb",
    "array": "array",
    "inet": "inet cidr inet4 inet6",
    "binary": "bytea blob tinyblob mediumblob longblob binary varbinary image raw",
}
_BY_NAME: dict[str, Family] = {name: family for family, names in _FAMILIES.items() for name in names.split()}
_FIRST_WORD = re.compile(r'^[\s"`]*(?:pg_catalog\s*\.\s*)?"?([a-z_][a-z0-9_]*)')


def family(type_name: str) -> Family:
    """Return the family of a type as PostgreSQL, MySQL, SQLite or SQL Server spell it; `other` when it is unknown."""
    lowered = type_name.strip().lower()
    if lowered.endswith(("]", " array")) or lowered.startswith("_"):
        return "array"
    if lowered.startswith("tinyint(1)"):
        return "boolean"
    found = _FIRST_WORD.match(lowered)
    if found is None:
        return "other"
    word = found.group(1)
    if word in {"bit", "long"} and lowered not in {"bit", "bit(1)", "long"}:
        return "other"
    return _BY_NAME.get(word, "other")
