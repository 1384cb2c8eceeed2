"""Station 3: the catalog as one text sees it: the snapshot, the search path, and what earlier statements changed.

Names of relations, types, functions and operators become things here. What earlier statements of the same text did is
followed symbolically where that is sure, and everything else they touched is no longer understood.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from proctor.sql import functions, ir
from proctor.sql.catalog import Catalog, FunctionDef, RelationDef, TypeDef
from proctor.sql.harmless import steers_plans
from proctor.sql.scope import NO_TYPES, NOTHING, Cell, Value
from proctor.terms import Column, Effect, Relation

TEMPORARY = "pg_temp"
CATALOG = "pg_catalog"
SYSTEM_SCHEMAS = frozenset({CATALOG, "information_schema", "pg_toast"})
FIRST_USER_OID = 16384
_MAX_CHILDREN = 4096
_PATH_PARTS = re.compile(r'"(?:[^"]|"")*"|[^,\s]+')


@dataclass(frozen=True, slots=True)
class View:
    """A view made earlier in the same text: its query and the path it was made under."""

    query: ir.Query
    path: tuple[str, ...]
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Stored:
    """The values of a table's columns, kept with the snapshot that the table is in."""

    of: RelationDef
    values: tuple[Value, ...]


class World:
    """What names mean at this point of a text."""

    def __init__(self, catalog: Catalog, path: tuple[str, ...], user: str = "", *, path_is_local: bool = False) -> None:
        self.catalog = catalog
        self.path = path
        self.user = user
        self.path_is_local = path_is_local
        self.made: dict[Relation, RelationDef] = {}
        self.contents: dict[Relation, tuple[Value, ...]] = {}
        self.views: dict[Relation, View] = {}
        self.changed: set[Relation] = set()
        self.confused = ""
        self.steered = False

    def follow(self, effect: Effect) -> None:
        """Follow what a statement does to the session, as far as later statements of the same text depend on it."""
        if effect.verb in ("rollback", "rollback_to"):
            # Settings and objects of the transaction are gone; which, only the session knows.
            self.confused = "rollback"
        elif effect.verb == "commit" and self.path_is_local:
            self.confused = "commit"
        elif effect.verb in ("set", "set_local", "reset"):
            self.steered = self.steered or (effect.name is not None and steers_plans(effect.name))
            if effect.name in ("role", "session_authorization"):
                self.confused = f"set {effect.name}"
            elif effect.name in ("search_path", None):
                self._follow_path(effect)

    def _follow_path(self, effect: Effect) -> None:
        self.path_is_local = self.path_is_local or effect.verb == "set_local"
        if effect.verb == "reset" or effect.value is None:
            # What it goes back to is known to the session alone.
            self.confused = "reset of search_path"
            return
        named = [part.strip() for part in _PATH_PARTS.findall(effect.value)]
        listed = [self._unquoted(part) for part in named if part]
        implicit = [schema for schema in (TEMPORARY, CATALOG) if schema not in listed]
        self.path = (*implicit, *listed)

    def _unquoted(self, part: str) -> str:
        name = part[1:-1].replace('""', '"') if part.startswith('"') else part.lower()
        return self.user if name == "$user" else name

    # ---- relations

    def look_up(self, parts: Sequence[str], path: tuple[str, ...] | None = None) -> RelationDef | None:
        """Return what the server would find by that name, or None."""
        schema, name = self.split(parts)
        for candidate in (schema,) if schema is not None else path or self.path:
            relation = Relation(candidate, name)
            if relation in self.changed:
                raise ir.NotUnderstood(f'relation "{name}" was changed by an earlier statement of the same text')
            found = self.made.get(relation) or self.catalog.relations.get(relation)
            if found is not None:
                return found
        return None

    def relation(self, parts: Sequence[str], path: tuple[str, ...] | None = None) -> RelationDef:
        """Return what the server would find by that name; one it would not find is not understood."""
        found = self.look_up(parts, path)
        if found is None:
            raise ir.NotUnderstood(f'relation "{".".join(parts)}" is not in the snapshot')
        return found

    def split(self, parts: Sequence[str]) -> tuple[str | None, str]:
        """Return schema and name; a database name in front must be our own."""
        if len(parts) == 1:
            return None, parts[0]
        if len(parts) == 3 and parts[0] != self.catalog.database:
            raise ir.NotUnderstood("the name belongs to another database")
        return parts[-2], parts[-1]

    def new_relation(self, parts: Sequence[str], *, temporary: bool) -> Relation:
        """Return what a relation that is created by that name will be called."""
        schema, name = self.split(parts)
        if temporary or schema == TEMPORARY:
            return Relation(TEMPORARY, name)
        if schema is not None:
            return Relation(schema, name)
        # The creation schema is the first of the path that was put there by name and exists.
        for candidate in self.path:
            if candidate not in (TEMPORARY, CATALOG) and candidate in self._schemas():
                return Relation(candidate, name)
        return Relation(self.path[0] if self.path else "public", name)

    def column_names(self, relation: Relation) -> tuple[str, ...]:
        """Return the names of a relation's columns."""
        found = self.made.get(relation) or self.catalog.relations.get(relation)
        return () if found is None else tuple(column.name for column in found.columns)

    def _schemas(self) -> frozenset[str]:
        return self.catalog.schemas or frozenset(relation.schema for relation in self.catalog.relations)

    def columns_with_children(self, found: RelationDef, name: str) -> frozenset[Column]:
        """Return a column and its namesakes in every child: a read of the parent reads them too."""
        if not found.children:
            return frozenset({Column(found.relation, name)})
        return frozenset(Column(each.relation, name) for each in self.family(found))

    def stored(self, found: RelationDef, *, only: bool) -> tuple[Value, ...]:
        """Return the values of a table's columns; those of a table of the snapshot are worked out once."""
        known = self.catalog.derived.get((found.oid, only))
        if isinstance(known, _Stored) and known.of is found:
            return known.values
        alone = replace(found, children=()) if only else found
        values = tuple(
            self.column_value(self.columns_with_children(alone, column.name), column.type_oid)
            for column in found.columns
        )
        if self.catalog.relations.get(found.relation) is found and all(value.fields is None for value in values):
            self.catalog.derived[found.oid, only] = _Stored(found, values)
        return values

    def of_one_table(self, columns: frozenset[Column]) -> bool:
        """Tell whether these are one column of one table, its partitions and heirs included."""
        if len(columns) < 2:
            return True
        for column in columns:
            found = self.catalog.relations.get(column.relation)
            if found is not None and found.children and columns <= self.columns_with_children(found, column.name):
                return True
        return False

    def family(self, found: RelationDef) -> list[RelationDef]:
        """Return a relation and all its descendants."""
        seen = {found.oid: found}
        queue = list(found.children)
        while queue:
            oid = queue.pop()
            child = self.catalog.by_oid.get(oid)
            if oid in seen:
                continue
            if child is None or len(seen) > _MAX_CHILDREN:
                raise ir.NotUnderstood(f'the children of relation "{found.relation.name}" are not all in the snapshot')
            seen[oid] = child
            queue.extend(child.children)
        return list(seen.values())

    # ---- types

    def column_value(self, sources: frozenset[Column], type_oid: int, *, plain: bool = True) -> Value:
        """Return the value of a stored column of that type."""
        builtin, exotic, fields = self._shape(type_oid, sources)
        return Value(sources, plain=plain, type=builtin, exotic=exotic, fields=fields)

    def _shape(
        self, oid: int, sources: frozenset[Column], depth: int = 0
    ) -> tuple[int, frozenset[int], tuple[Cell, ...] | None]:
        """Return a type as (built-in OID behind it, user types in it, fields of a composite)."""
        if oid < FIRST_USER_OID and oid not in self.catalog.types_by_oid:
            return oid, NO_TYPES, None
        found = self.catalog.types_by_oid.get(oid)
        exotic = frozenset({oid})
        if found is None or depth > 8:
            return 0, exotic, None
        if found.base:
            builtin, more, fields = self._shape(found.base, sources, depth + 1)
            return builtin, exotic | more, fields
        if found.element:
            _, more, _ = self._shape(found.element, NOTHING, depth + 1)
            return 0, exotic | more, None
        relation = self.catalog.by_oid.get(found.relation_oid) if found.relation_oid else None
        return 0, exotic, self.row_of(relation, sources) if relation is not None else None

    def row_of(self, relation: RelationDef, sources: frozenset[Column]) -> tuple[Cell, ...]:
        """Return the columns of a relation's row type, each made of all of `sources`."""
        cells = []
        for column in relation.columns:
            builtin = column.type_oid if column.type_oid < FIRST_USER_OID else 0
            exotic = frozenset({column.type_oid}) if not builtin else NO_TYPES
            cells.append(Cell(column.name, Value(sources, type=builtin, exotic=exotic, constant=not sources)))
        return tuple(cells)

    def type(self, written: ir.TypeName, path: tuple[str, ...] | None = None) -> TypeDef | RelationDef | int:
        """Return a user-made type, the relation whose row type it is, or a built-in type's OID."""
        schema, name = self.split(written.names)
        if written.of_column:
            raise ir.NotUnderstood("%TYPE is not understood")
        for candidate in (schema,) if schema is not None else path or self.path:
            if candidate == CATALOG:
                builtin = functions.type_oid(f"_{name}" if written.array else name)
                if builtin is not None:
                    return builtin
            for found in self.catalog.types_by_name.get(name, ()):
                if found.schema == candidate and found.kind != "c":
                    return found
            relation = Relation(candidate, name)
            if relation in self.made or relation in self.changed:
                raise ir.NotUnderstood(f'type "{name}" was changed by an earlier statement of the same text')
            row = self.catalog.relations.get(relation)
            if row is not None:
                return row
            for found in self.catalog.types_by_name.get(name, ()):
                if found.schema == candidate:
                    return found
        raise ir.NotUnderstood(f'type "{".".join(written.names)}" is not in the snapshot')

    def user_cast(self, source: Value, target: int) -> bool:
        """Tell whether a cast that somebody made may turn this value into that type."""
        for from_oid, to_oid, function in self.catalog.casts:
            if to_oid != target or not function:
                continue
            if from_oid >= FIRST_USER_OID or from_oid in self.catalog.types_by_oid:
                if from_oid in source.exotic:
                    return True
            elif source.type in (0, from_oid) and not (source.exotic and not source.type):
                return True
        return False

    # ---- functions and operators

    def user_functions(self, schema: str | None, name: str, path: tuple[str, ...] | None = None) -> list[FunctionDef]:
        """Return the routines of that name that somebody made and that the path reaches."""
        found = self.catalog.functions_by_name.get(name, ())
        if not found:
            return []
        # Routines of the temporary schema are reached by its name alone.
        reach = (schema,) if schema is not None else tuple(s for s in path or self.path if s != TEMPORARY)
        return [function for function in found if function.schema in reach]

    def user_operators(
        self, schema: str | None, name: str, path: tuple[str, ...] | None = None
    ) -> list[FunctionDef | None]:
        """Return what stands behind the operators of that name that somebody made and that the path reaches."""
        found = self.catalog.operators_by_name.get(name, ())
        if not found:
            return []
        reach = (schema,) if schema is not None else path or self.path
        return [
            self.catalog.functions_by_oid.get(operator.function_oid)
            for operator in found
            if operator.schema in reach and operator.schema != CATALOG
        ]

    def may_be(self, candidate: FunctionDef | None, args: Sequence[Value]) -> bool:
        """Tell whether a call with these arguments may mean that routine rather than one of the server's own."""
        if candidate is None:
            return True
        wanted = candidate.arguments
        if len(wanted) < len(args):
            # Too many arguments, unless its last one is VARIADIC, which the snapshot does not tell of.
            return bool(wanted) and wanted[-1] in self._arrays()
        # Arguments that are missing may have defaults.
        return all(self._fits(oid, value) for oid, value in zip(wanted, args, strict=False))

    def _arrays(self) -> frozenset[int]:
        return _ARRAYS | {found.oid for found in self.catalog.types if found.element}

    def _fits(self, wanted: int, value: Value) -> bool:
        if wanted >= FIRST_USER_OID or wanted in self.catalog.types_by_oid:
            # A literal of unknown type goes to text where the server has a choice; see `calls`.
            return wanted in value.exotic
        if value.exotic or not value.type or wanted in _POLYMORPHIC or value.type == wanted:
            return True
        return any(wanted in family and value.type in family for family in _FAMILIES)


def _oids(names: str) -> frozenset[int]:
    return frozenset(oid for name in names.split() if (oid := functions.type_oid(name)) is not None)


_POLYMORPHIC = _oids(
    "any anyelement anyarray anynonarray anyenum anyrange anymultirange anycompatible anycompatiblearray "
    "anycompatiblenonarray anycompatiblerange anycompatiblemultirange"
)
_ARRAYS = _oids("anyarray anycompatiblearray _text _int2 _int4 _int8 _float8 _numeric _bool _jsonb _json _bytea")
_FAMILIES = (
    _oids("int2 int4 int8 numeric float4 float8 money oid regclass regproc bool"),
    _oids("text varchar bpchar name char"),
    _oids("date timestamp timestamptz time timetz interval"),
    _oids("bit varbit"),
    _oids("inet cidr"),
)
