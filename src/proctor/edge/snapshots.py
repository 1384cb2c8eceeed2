"""Station 3's eyes: read a database's catalogue into the `Catalog` that names are resolved against.

Comes in: a way to run one statement on a connection of the server, perhaps a client's own, in the middle of a
transaction. Goes out: the snapshot, its fingerprint, and what of the session's state decides the meaning of names.
Knows no policy, and leaves the session as it found it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import msgspec

from proctor.edge.snapshot_queries import ENDED, FINGERPRINT_ALONE, STATE, SYSTEM_PART, USER_PART
from proctor.errors import UpstreamFault
from proctor.sql.catalog import Catalog, ColumnDef, FunctionDef, OperatorDef, RelationDef, TypeDef
from proctor.terms import Relation

T = TypeVar("T")
Query = Callable[[str], Awaitable[list[tuple[str | None, ...]]]]
"""Runs one statement by the simple protocol and returns its rows in text form."""

DEFINITION_PATH = ("pg_temp", "pg_catalog")
"""The search path that views' definitions are written for: what has no schema in them is in one of these."""

MAX_SYSTEM_PARTS = 64  # one for each database of a process; more than that is a client creating databases in a loop


@dataclass(frozen=True, slots=True)
class SessionState:
    """What of a session decides the meaning of names.

    `path` is the effective search path with the implicit schemas in it; `pg_temp` is there even before the session has
    a temporary schema. `search_path` is the setting as written.
    """

    user: str
    session_user: str
    path: tuple[str, ...]
    search_path: str
    database: str
    database_oid: int
    server_version: int


async def session_state(query: Query) -> SessionState:
    """Return who the session is and how it resolves names."""
    user, session_user, schemas, own_temp, setting, database, oid, version = await _one(query, STATE, 8)
    path = effective_path(setting, user=user, schemas=frozenset(_rows(schemas, str)), own_temp=own_temp)
    return SessionState(user, session_user, path, setting, database, int(oid), int(version))


async def fingerprint(query: Query) -> str:
    """Return a digest of the catalogue as the session sees it. It differs after any definition has changed."""
    return (await _fingerprint(query))[0]


async def _fingerprint(query: Query) -> tuple[str, str]:
    """Return the digest, and which transactions had ended at that moment."""
    state, ended = await _one(query, FINGERPRINT_ALONE, 2)
    return _digest(state), ended


class Lookout:
    """Takes the fingerprint anew only where a transaction has ended since the last: reading it costs the server 4 ms.

    What is committed is all that another session's eyes can see change, and each commit that has changed anything
    changes the snapshot. For a connection that begins no transaction and changes nothing itself.
    """

    def __init__(self, query: Query) -> None:
        self._query = query
        self._seen = ("", "")

    async def fingerprint(self) -> str:
        """Return what `fingerprint` does."""
        (ended,) = await _one(self._query, ENDED, 1)
        if not ended or ended != self._seen[1]:
            self._seen = await _fingerprint(self._query)
        return self._seen[0]


async def load(query: Query, database: str) -> Catalog:
    """Read the whole catalogue as the session sees it: its own temporary and uncommitted objects, nobody else's."""
    answer = await _one(query, USER_PART, 10)
    relations, functions, types, operators, casts, schemas, state, oid, version, _path = answer
    system = await _system_part(query, version, int(oid))
    users = [_relation(row) for row in _rows(relations, _RelationRow)]
    return Catalog(
        database=database,
        database_oid=int(oid),
        epoch=_digest(state),
        relations={**system, **_with_estimates(users)},
        functions=tuple(map(_function, _rows(functions, _FunctionRow))),
        types=tuple(map(_type, _rows(types, _TypeRow))),
        operators=tuple(OperatorDef(o.schema, o.name, o.function) for o in _rows(operators, _OperatorRow)),
        casts=tuple((c.source, c.target, c.function) for c in _rows(casts, _CastRow)),
        schemas=frozenset(_rows(schemas, str)),
        server_version=int(version),
    )


async def _one(query: Query, sql: str, width: int) -> list[str]:
    rows = await query(sql)
    if len(rows) != 1 or len(rows[0]) != width:
        raise UpstreamFault("the database answered a question about its catalogue with something else")
    return [field or "" for field in rows[0]]


def _rows(text: str, kind: type[T]) -> list[T]:
    """Decode what json_agg wrote. An oid comes as a string in it, hence not strictly."""
    return msgspec.json.decode(text, type=list[kind], strict=False)  # type: ignore[valid-type]


_ColumnRow = tuple[str, int, int, str, bool, bool, bool, str]


class _RelationRow(msgspec.Struct, array_like=True):
    oid: int
    schema: str
    name: str
    kind: str
    rows: float
    row_type: int
    comment: str
    definition: str | None
    columns: list[_ColumnRow]
    unique: list[list[int]]
    parents: list[int]
    children: list[int]
    rules: bool
    triggers: bool
    points: list[tuple[str, int, str]]


class _TypeRow(msgspec.Struct, array_like=True):
    oid: int
    schema: str
    name: str
    kind: str
    category: str
    base: int
    element: int
    relation: int
    labels: list[str] | None


class _OperatorRow(msgspec.Struct, array_like=True):
    schema: str
    name: str
    function: int


class _CastRow(msgspec.Struct, array_like=True):
    source: int
    target: int
    function: int


class _FunctionRow(msgspec.Struct, array_like=True):
    oid: int
    schema: str
    name: str
    arguments: list[int]
    returns: int
    kind: str
    language: str
    volatility: str
    strict: bool
    returns_set: bool
    extension: str | None


def _relation(row: _RelationRow) -> RelationDef:
    columns = tuple(ColumnDef(*column) for column in row.columns)
    names = {column.number: column.name for column in columns}
    return RelationDef(
        oid=row.oid,
        relation=Relation(row.schema, row.name),
        kind=row.kind,
        columns=columns,
        estimated_rows=int(row.rows),
        definition=row.definition,
        unique=tuple(frozenset(names[n] for n in key) for key in row.unique if names.keys() >= set(key)),
        parents=tuple(row.parents),
        children=tuple(row.children),
        has_rules=row.rules,
        has_triggers=row.triggers,
        row_type_oid=row.row_type,
        comment=row.comment,
        points=tuple(row.points),
    )


def _function(row: _FunctionRow) -> FunctionDef:
    return FunctionDef(
        row.oid, row.schema, row.name, tuple(row.arguments), row.returns, row.kind, row.language, row.volatility,
        row.strict, row.returns_set, row.extension,
    )  # fmt: skip


def _type(row: _TypeRow) -> TypeDef:
    return TypeDef(
        row.oid, row.schema, row.name, row.kind, row.category, base=row.base, element=row.element,
        relation_oid=row.relation, labels=tuple(row.labels or ()),
    )  # fmt: skip


def _with_estimates(relations: Iterable[RelationDef]) -> dict[Relation, RelationDef]:
    """Return the relations by name; one with children counts their rows too, as a SELECT from it would see them."""
    by_oid = {relation.oid: relation for relation in relations}

    def rows(relation: RelationDef, seen: frozenset[int]) -> int:
        own = 0 if relation.kind == "p" else relation.estimated_rows
        below = [by_oid[oid] for oid in relation.children if oid in by_oid and oid not in seen]
        counts = [own, *(rows(child, seen | {child.oid}) for child in below)]
        return -1 if min(counts) < 0 else sum(counts)

    return {
        r.relation: replace(r, estimated_rows=rows(r, frozenset({r.oid}))) if r.children else r for r in by_oid.values()
    }


# What initdb made stays the same as long as the server's version and the database do, and is most of a catalogue.
_SYSTEM_PARTS: dict[tuple[str, int], Mapping[Relation, RelationDef]] = {}


async def _system_part(query: Query, version: str, database_oid: int) -> Mapping[Relation, RelationDef]:
    key = version, database_oid
    part = _SYSTEM_PARTS.get(key)
    if part is None:
        relations, _path = await _one(query, SYSTEM_PART, 2)
        found = map(_relation, _rows(relations, _RelationRow))
        part = {relation.relation: relation for relation in found}
        while len(_SYSTEM_PARTS) >= MAX_SYSTEM_PARTS:
            del _SYSTEM_PARTS[next(iter(_SYSTEM_PARTS))]
        _SYSTEM_PARTS[key] = part
    return part


_NAME = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^,"\s]+))\s*(?:,|$)')
MAX_NAME = 63  # bytes: the server cuts longer names


def effective_path(setting: str, *, user: str, schemas: frozenset[str], own_temp: str = "") -> tuple[str, ...]:
    """Return the schemas that a name is looked for in, in order, as the server makes them from search_path.

    `schemas` are those that the user may use. What does not exist is left out; `pg_temp`, though it may come into being
    only later, is always there, so that CREATE TEMP does not change what the path means.
    """
    path: list[str] = []
    for match in _NAME.finditer(setting):
        name = match[1].replace('""', '"') if match[1] is not None else _folded(match[2])
        name = name.encode()[:MAX_NAME].decode(errors="ignore")
        if name == "$user":
            name = user
        if name == own_temp:
            name = "pg_temp"
        if name not in path and (name == "pg_temp" or name in schemas):
            path.append(name)
    implicit = [name for name in ("pg_temp", "pg_catalog") if name not in path]
    return (*implicit, *path)


def _folded(name: str) -> str:
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in name)


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()[:32]
