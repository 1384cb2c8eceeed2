"""Station 3: the snapshot of a database's catalog that names are resolved against.

A value, built by `edge.snapshots` from the server's own catalogue and never changed afterwards. Knows no connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from proctor.terms import Relation

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ColumnDef:
    """A column (or composite attribute). `type_oid` is the declared type's, also for domains."""

    name: str
    number: int
    type_oid: int
    type_name: str
    not_null: bool = False
    generated: bool = False
    has_default: bool = False
    comment: str = ""


@dataclass(frozen=True, slots=True)
class RelationDef:
    """A relation. `kind` is pg_class.relkind; `definition` a view's own text; `unique` the sets of unique columns."""

    oid: int
    relation: Relation
    kind: str
    columns: tuple[ColumnDef, ...]
    estimated_rows: int = -1
    definition: str | None = None
    unique: tuple[frozenset[str], ...] = ()
    parents: tuple[int, ...] = ()
    children: tuple[int, ...] = ()
    has_rules: bool = False
    has_triggers: bool = False
    row_type_oid: int = 0
    comment: str = ""
    points: tuple[tuple[str, int, str], ...] = ()
    """Its foreign keys of one column: that column, and the relation (by OID) and column that they point to."""

    def column(self, name: str) -> ColumnDef | None:
        """Return the column of that name, or None."""
        for column in self.columns:
            if column.name == name:
                return column
        return None


@dataclass(frozen=True, slots=True)
class FunctionDef:
    """A routine outside pg_catalog, or one there that is not on the allow-list. `kind` is pg_proc.prokind."""

    oid: int
    schema: str
    name: str
    arguments: tuple[int, ...]
    returns: int
    kind: str
    language: str
    volatility: str
    strict: bool
    returns_set: bool
    extension: str | None = None


@dataclass(frozen=True, slots=True)
class TypeDef:
    """A type outside the built-in ones. `kind` is pg_type.typtype; `base` a domain's, `element` an array's.

    `labels` are an enum's, in its order.
    """

    oid: int
    schema: str
    name: str
    kind: str
    category: str = "U"
    base: int = 0
    element: int = 0
    relation_oid: int = 0
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OperatorDef:
    """An operator outside pg_catalog, and the function behind it."""

    schema: str
    name: str
    function_oid: int


@dataclass(frozen=True)
class Catalog:
    """All relations, routines, types and operators of one database at one time.

    `epoch` names the state it shows: two snapshots with the same epoch are the same. `database_oid` tells a database
    from another created later under the same name.
    """

    database: str
    database_oid: int
    epoch: str
    relations: Mapping[Relation, RelationDef]
    functions: tuple[FunctionDef, ...] = ()
    types: tuple[TypeDef, ...] = ()
    operators: tuple[OperatorDef, ...] = ()
    casts: tuple[tuple[int, int, int], ...] = ()
    """User-made casts: source type, target type, function oid."""
    schemas: frozenset[str] = frozenset()
    server_version: int = 0
    by_oid: Mapping[int, RelationDef] = field(init=False, repr=False, compare=False)
    functions_by_name: Mapping[str, tuple[FunctionDef, ...]] = field(init=False, repr=False, compare=False)
    types_by_oid: Mapping[int, TypeDef] = field(init=False, repr=False, compare=False)
    types_by_name: Mapping[str, tuple[TypeDef, ...]] = field(init=False, repr=False, compare=False)
    functions_by_oid: Mapping[int, FunctionDef] = field(init=False, repr=False, compare=False)
    operators_by_name: Mapping[str, tuple[OperatorDef, ...]] = field(init=False, repr=False, compare=False)
    derived: dict[tuple[int, bool], object] = field(init=False, repr=False, compare=False, default_factory=dict)
    """What was worked out of a relation, by its OID, alone or with its children: kept for as long as this state is."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_oid", {r.oid: r for r in self.relations.values()})
        object.__setattr__(self, "functions_by_name", _grouped((f.name, f) for f in self.functions))
        object.__setattr__(self, "types_by_oid", {t.oid: t for t in self.types})
        object.__setattr__(self, "types_by_name", _grouped((t.name, t) for t in self.types))
        object.__setattr__(self, "functions_by_oid", {f.oid: f for f in self.functions})
        object.__setattr__(self, "operators_by_name", _grouped((o.name, o) for o in self.operators))

    def find(self, name: str, *, schema: str | None, path: Iterable[str]) -> RelationDef | None:
        """Return what the server would find by that name: in `schema` if given, else along `path` in order.

        `path` is the effective search path with the implicit schemas in it (`pg_temp` first, then `pg_catalog`).
        """
        for candidate in (schema,) if schema is not None else path:
            found = self.relations.get(Relation(candidate, name))
            if found is not None:
                return found
        return None


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, tuple[T, ...]]:
    grouped: dict[str, list[T]] = {}
    for key, value in pairs:
        grouped.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in grouped.items()}
