"""Station 3: one IR statement → what it does: queries, EXPLAIN, COPY, CREATE … AS, PREPARE, and every utility.

What a statement changes in the catalog is told to the `World`, so that later statements of the same text are read
against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from proctor.sql import deeds, functions, ir, traits
from proctor.sql.catalog import ColumnDef, RelationDef, TypeDef
from proctor.sql.expressions import evaluate, evaluate_all
from proctor.sql.given import Said
from proctor.sql.guesses import COUNTLESS
from proctor.sql.prepared import inner_text
from proctor.sql.queries import finish, query
from proctor.sql.scope import Cell, Frame, Item, Scope, Value
from proctor.sql.sources import relation_cells, relation_item
from proctor.sql.walk import Walk
from proctor.sql.world import TEMPORARY, View
from proctor.terms import Access, Action, Column, Effect, Output, Relation, Taint, Use


@dataclass(frozen=True, slots=True)
class Told:
    """The kind of a statement and the columns it returns."""

    kind: str
    outputs: tuple[Output, ...] | None = None


def tell(walk: Walk, statement: deeds.Statement, text: str) -> Told:
    """Note everything a statement does, and return its kind and result columns."""
    match statement:
        case deeds.QueryStatement():
            return Told(statement.kind, _outputs(walk, statement.query))
        case deeds.Explain():
            return _explain(walk, statement, text)
        case deeds.Copy():
            return _copy(walk, statement)
        case deeds.Create():
            return _create(walk, statement)
        case deeds.Prepare():
            return _prepare(walk, statement, text)
        case deeds.Utility():
            return _utility(walk, statement)


def _outputs(walk: Walk, q: ir.Query) -> tuple[Output, ...] | None:
    shape = finish(walk, query(walk, q, None))
    if shape.silent:
        return None
    return _columns(shape.cells)


def _columns(cells: Sequence[Cell]) -> tuple[Output, ...]:
    return tuple(
        Output(cell.name, cell.value.sources, cell.value.plain, cell.row if cell.value.plain else 0) for cell in cells
    )


# ---- EXPLAIN


def _explain(walk: Walk, statement: deeds.Explain, text: str) -> Told:
    if isinstance(statement.inner, deeds.Utility):
        raise ir.NotUnderstood(f"EXPLAIN of {statement.inner.kind.upper()} is not understood")
    if isinstance(statement.inner, deeds.Prepare):
        statement = replace(statement, inner=deeds.QueryStatement("select", statement.inner.query))
    made = set(walk.world.made)
    tell(walk, statement.inner, text)
    if not statement.runs:
        # Nothing is created, written or set: what it would have done is no access of this statement.
        for relation in set(walk.world.made) - made:
            walk.world.made.pop(relation)
        walk.ledger.accesses = [
            access for access in walk.ledger.accesses if access.action in (Action.READ, Action.EXECUTE)
        ]
        walk.ledger.effects.clear()
        walk.ledger.taints.clear()
    else:
        walk.ledger.accesses = [
            replace(access, traits=access.traits | {traits.EXECUTES_PLAN}) for access in walk.ledger.accesses
        ]
    return Told("explain", (Output("QUERY PLAN", frozenset(walk.ledger.reads)),))


# ---- COPY


def _copy(walk: Walk, statement: deeds.Copy) -> Told:
    walk.ledger.copy = statement.format
    outputs = None
    if statement.query is not None:
        shape = finish(walk, query(walk, statement.query, None))
        outputs = _columns(shape.cells)
    elif statement.relation is not None:
        outputs = _copy_relation(walk, statement, statement.relation)
    if statement.place != "client":
        how = traits.PROGRAM if statement.place == "program" else traits.SERVER_FILE
        what = f"server {statement.place}"
        walk.ledger.accesses.append(Access(Action.EXPORT, object=what, traits=frozenset({how})))
        outputs = None
    elif statement.incoming:
        outputs = None
    return Told("copy", outputs)


def _copy_relation(walk: Walk, statement: deeds.Copy, ref: ir.TableRef) -> tuple[Output, ...]:
    found = walk.world.relation(ref.parts)
    chosen = statement.columns or tuple(column.name for column in found.columns)
    for column in chosen:
        if found.column(column) is None:
            raise ir.NotUnderstood(f'column "{column}" of relation "{found.relation.name}" is not in the snapshot')
    how = {traits.CLIENT_COPY} if statement.place == "client" else set()
    if found.relation.schema == TEMPORARY:
        how.add(traits.TEMPORARY)
    if statement.incoming:
        if found.has_rules:
            walk.ledger.hide(f"rewrite rules on {found.relation} change what is done to it")
        item = relation_item(walk, found, ref)
        if statement.where is not None:
            inside = Scope()
            inside.add(Frame([item], list(item.cells), [item]))
            # It looks at the rows that come in, not at those that are there.
            evaluate(walk, statement.where, inside)
        # How many rows a client will send is known once it has sent them.
        walk.ledger.accesses.append(Access(Action.INSERT, found.relation, frozenset(chosen), frozenset(how)))
        walk.ledger.copy = replace(statement.format, columns=tuple(Column(found.relation, name) for name in chosen))
        for name in chosen:
            walk.ledger.probe(COUNTLESS.of(Column(found.relation, name), written=True))
        return ()
    # COPY reads the table alone, as ONLY would, and refuses views.
    cells = {cell.name: cell for cell in relation_cells(walk, found, only=found.kind != "p")}
    picked = [cells[name] for name in chosen]
    for cell in picked:
        walk.refer(cell)
    estimated = found.estimated_rows if found.estimated_rows >= 0 else None
    walk.ledger.scan(found, how | {traits.NO_WHERE}, estimated, estimated)
    return _columns(picked)


# ---- CREATE


def _create(walk: Walk, statement: deeds.Create) -> Told:
    world = walk.world
    relation = world.new_relation(statement.parts, temporary=statement.temporary)
    temporary = relation.schema == TEMPORARY
    how = statement.traits | ({traits.TEMPORARY} if temporary else set())
    walk.ledger.effects.append(Effect("define"))
    if statement.query is not None:
        columns, values = _filled(walk, statement)
        if any(value.sources and _is_temporary(value) for value in values) and statement.sort == "view":
            # The server makes such a view temporary, whatever was asked for.
            relation = Relation(TEMPORARY, relation.name)
    else:
        columns, values = _declared(walk, statement)
    walk.ledger.accesses.append(
        Access(Action.DEFINE, relation, frozenset(column.name for column in columns), frozenset(how))
    )
    for column, value in zip(columns, values, strict=True):
        if value.sources:
            walk.ledger.taints.append(Taint(value.sources, Column(relation, column.name)))
    exists = relation in world.made or relation in world.catalog.relations
    if (exists and (statement.if_not_exists or statement.replaces)) or not statement.symbolic:
        world.changed.add(relation)
        return Told(statement.kind)
    kind = {"table": "r", "view": "v", "matview": "m"}[statement.sort]
    unique = tuple(frozenset(names) for names in statement.unique)
    world.made[relation] = RelationDef(0, relation, kind, tuple(columns), unique=unique)
    world.changed.discard(relation)
    if statement.sort == "view" and statement.query is not None:
        world.views[relation] = View(statement.query, world.path, statement.aliases)
    elif statement.query is not None:
        world.contents[relation] = tuple(values) if statement.fills else tuple(Value() for _ in values)
        if statement.sort == "matview":
            world.made[relation] = replace(world.made[relation], kind="r")
    return Told(statement.kind)


def _is_temporary(value: Value) -> bool:
    return any(source.relation.schema == TEMPORARY for source in value.sources)


def _filled(walk: Walk, statement: deeds.Create) -> tuple[list[ColumnDef], list[Value]]:
    """Return the columns of a relation made from a query."""
    assert statement.query is not None
    shape = finish(walk, query(walk, statement.query, None))
    names = [cell.name for cell in shape.cells]
    if len(statement.aliases) > len(names):
        raise ir.NotUnderstood("more column names than columns")
    names[: len(statement.aliases)] = statement.aliases
    columns = [
        ColumnDef(name, place, cell.value.type or _one(cell.value.exotic), "")
        for place, (name, cell) in enumerate(zip(names, shape.cells, strict=True), 1)
    ]
    return columns, [cell.value for cell in shape.cells]


def _one(exotic: frozenset[int]) -> int:
    return next(iter(exotic)) if len(exotic) == 1 else 0


def _declared(walk: Walk, statement: deeds.Create) -> tuple[list[ColumnDef], list[Value]]:
    """Return the columns of a relation that was written out."""
    columns = []
    for place, spec in enumerate(statement.columns, 1):
        oid = _type_oid(walk, spec.type)
        columns.append(ColumnDef(spec.name, place, oid, spec.type.names[-1] if spec.type else "", spec.not_null))
    for parts in (*statement.parents, *statement.like):
        walk.world.relation(parts)
    return columns, [Value() for _ in columns]


_SERIALS = {
    "serial": "int4",
    "serial4": "int4",
    "bigserial": "int8",
    "serial8": "int8",
    "smallserial": "int2",
    "serial2": "int2",
}


def _type_oid(walk: Walk, written: ir.TypeName | None) -> int:
    if written is None:
        return 0
    if len(written.names) == 1 and written.names[0] in _SERIALS:
        return functions.type_oid(_SERIALS[written.names[0]]) or 0
    found = walk.world.type(written)
    if isinstance(found, int):
        return found
    if isinstance(found, TypeDef):
        return found.oid
    return found.row_type_oid


# ---- PREPARE and DECLARE


def _prepare(walk: Walk, statement: deeds.Prepare, text: str) -> Told:
    inner = inner_text(text, statement.verb)
    if statement.verb == "prepare":
        # Nothing runs yet; what it will do is judged when it is executed, against the catalog of that time.
        apart = Walk(walk.world, type(walk.ledger)(), walk.query, walk.server_version)
        finish(apart, query(apart, statement.query, None))
        walk.ledger.opaque.extend(apart.ledger.opaque)
    else:
        finish(walk, query(walk, statement.query, None))
    walk.ledger.effects.append(Effect(statement.verb, name=statement.name, text=inner, flags=statement.flags))
    return Told(statement.verb)


# ---- utilities


def _utility(walk: Walk, statement: deeds.Utility) -> Told:
    for place, value in enumerate(evaluate_all(walk, statement.args, Scope()), 1):
        walk.ledger.infer(Use.FILTER, value.sources)
        if statement.kind == "execute":
            walk.ledger.said.append(Said(frozenset(), value.given, argument=place))
    walk.ledger.effects.extend(statement.effects)
    for words in statement.opaque:
        walk.ledger.hide(words)
    changed = []
    for deed in statement.deeds:
        changed += _deed(walk, deed)
    walk.world.changed.update(changed)
    if statement.confuses:
        walk.world.confused = statement.kind
    outputs = None
    if statement.outputs is not None:
        outputs = tuple(Output(name) for name in statement.outputs)
    return Told(statement.kind, outputs)


def _deed(walk: Walk, deed: deeds.Deed) -> list[Relation]:
    """Note one deed; return the relation that is another afterwards."""
    if not deed.parts:
        walk.ledger.accesses.append(Access(deed.action, object=deed.object, traits=deed.traits))
        return []
    found = walk.world.look_up(deed.parts)
    if found is None:
        if not deed.makes:
            raise ir.NotUnderstood(f'relation "{".".join(deed.parts)}" is not in the snapshot')
        relation = walk.world.new_relation(deed.parts, temporary=False)
    else:
        relation = found.relation
    how = deed.traits | ({traits.TEMPORARY} if relation.schema == TEMPORARY else set())
    if relation.schema in ("pg_catalog", "information_schema"):
        how |= {traits.SYSTEM}
    estimated = found.estimated_rows if found is not None and found.estimated_rows >= 0 else None
    walk.ledger.accesses.append(
        Access(deed.action, relation, frozenset(deed.columns), how, deed.object, estimated_rows=estimated)
    )
    if found is not None and (deed.expressions or deed.checks or deed.computes):
        _expressions(walk, deed, found)
    return [relation] if deed.unlinks else []


def _expressions(walk: Walk, deed: deeds.Deed, found: RelationDef) -> None:
    """Evaluate what a deed computes over the rows that are there."""
    cells = relation_cells(walk, found)
    item = Item(found.relation.name, (), found.relation.schema, found)
    item.cells = tuple(Cell(cell.name, cell.value, (item,)) for cell in cells)
    scope = Scope()
    scope.add(Frame([item], list(item.cells), [item]))
    evaluate_all(walk, deed.expressions, scope)
    for check in deed.checks:
        walk.ledger.infer(Use.OUTCOME, evaluate(walk, check, scope).sources)
    for name, computed in deed.computes:
        target = Column(found.relation, name)
        sources = evaluate(walk, computed, scope).sources - {target}
        if sources:
            walk.ledger.taints.append(Taint(sources, target))
