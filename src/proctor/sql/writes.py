"""Station 3: INSERT, UPDATE, DELETE, MERGE: what they write, which columns flow where, what they return.

A value that comes from a column and is written into another is a `Taint`. What RETURNING shows of a written column has
the written value's sources too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from math import prod

from proctor.sql import ir, queries, traits
from proctor.sql.blocks import aim, settle
from proctor.sql.catalog import RelationDef
from proctor.sql.expressions import evaluate, evaluate_all
from proctor.sql.given import Said, written_into
from proctor.sql.guesses import COUNTLESS, ONE, Guesses, inserted
from proctor.sql.predicates import Conjunct, conjuncts
from proctor.sql.scope import Cell, Frame, Item, Scope, Value, either
from proctor.sql.sources import frame, relation_item
from proctor.sql.walk import Shape, Walk
from proctor.sql.world import TEMPORARY
from proctor.terms import Access, Action, Column, Relation, Taint, Use

Written = dict[str, list[Value]]
"""What is written into each column."""
_VIEWS = frozenset({"v"})


def modify(walk: Walk, q: ir.Query, scope: Scope) -> Shape:
    """Note what a data-modifying query does; return the columns of its RETURNING."""
    accesses = walk.ledger.accesses
    before = len(accesses)
    shape = _modified(walk, q, scope)
    if scope.outer is not None:
        accesses[before:] = [replace(a, traits=a.traits | {traits.NESTED}) for a in accesses[before:]]
    return shape


def _modified(walk: Walk, q: ir.Query, scope: Scope) -> Shape:
    match q:
        case ir.Insert():
            return _insert(walk, q, scope)
        case ir.Update():
            return _update(walk, q, scope)
        case ir.Delete():
            return _delete(walk, q, scope)
        case ir.Merge():
            return _merge(walk, q, scope)
        case _:
            raise ir.NotUnderstood("the query is not understood")


def _target(walk: Walk, ref: ir.TableRef) -> tuple[RelationDef, Item]:
    found = walk.world.relation(ref.parts, walk.path)
    if found.has_rules:
        walk.ledger.hide(f"rewrite rules on {found.relation} change what is done to it")
    return found, relation_item(walk, found, ref)


def _bases(found: RelationDef, item: Item, only: bool, walk: Walk) -> list[tuple[RelationDef, dict[str, str]]]:
    """Return the relations really written, each with the names its columns have in the statement."""
    whole = [(found, {column.name: column.name for column in found.columns})]
    if found.kind in _VIEWS:
        below: dict[Relation, dict[str, str]] = {}
        for column, cell in zip(found.columns, item.cells, strict=False):
            for source in cell.value.sources if cell.value.plain else ():
                below.setdefault(source.relation, {})[column.name] = source.name
        for relation, names in below.items():
            known = walk.world.made.get(relation) or walk.world.catalog.relations.get(relation)
            if known is not None:
                whole.append((known, names))
        return whole
    if found.children and not only:
        whole += [(child, whole[0][1]) for child in walk.world.family(found)[1:]]
    return whole


def _record(
    walk: Walk,
    action: Action,
    bases: Sequence[tuple[RelationDef, dict[str, str]]],
    columns: Sequence[str],
    *,
    how: Set[str] = frozenset(),
    rows: int | None,
    most: int | None = None,
) -> None:
    for relation, names in bases:
        own = set(how)
        if relation.relation.schema == TEMPORARY:
            own.add(traits.TEMPORARY)
        if relation.relation.schema == "pg_catalog":
            own.add(traits.SYSTEM)
        if relation.kind == "f":
            own.add(traits.FOREIGN)
        written = frozenset(names[column] for column in columns if column in names)
        if action is not Action.DELETE and any(unique & written for unique in relation.unique):
            own.add(traits.CONSTRAINT_OUTCOME)
        access = Access(action, relation.relation, written, frozenset(own), estimated_rows=rows, most_rows=most)
        walk.ledger.accesses.append(access)


def _taint(walk: Walk, bases: Sequence[tuple[RelationDef, dict[str, str]]], written: Written) -> None:
    for relation, names in bases:
        for column, values in written.items():
            sources = frozenset(source for value in values for source in value.sources)
            if not sources or column not in names:
                continue
            target = Column(relation.relation, names[column])
            # A column that is written back from itself, unchanged, goes nowhere.
            if sources == {target} and all(value.plain for value in values if value.sources):
                continue
            # What was computed may be NULL or a duplicate where the column says no, or be told apart by IS NULL later.
            computed = [value.sources for value in values if value.sources and not value.plain]
            walk.ledger.infer(Use.OUTCOME, frozenset().union(*computed))
            taint = Taint(sources, target)
            if taint not in walk.ledger.taints:
                walk.ledger.taints.append(taint)


def _probe(
    walk: Walk, bases: Sequence[tuple[RelationDef, dict[str, str]]], written: Mapping[str, Sequence[Guesses]]
) -> None:
    """Note the plain values that are written: a constraint, or a join later on, answers whether they are there."""
    for relation, names in bases:
        for column, guesses in written.items():
            if column in names:
                for guess in guesses:
                    walk.ledger.probe(guess.of(Column(relation.relation, names[column]), written=True))


def _give(walk: Walk, bases: Sequence[tuple[RelationDef, dict[str, str]]], written: Written) -> None:
    """Note which literals and parameters are written, whatever they pass through on the way."""
    for relation, names in bases:
        for column, values in written.items():
            numbers = frozenset().union(*(value.given for value in values))
            if numbers and column in names:
                walk.ledger.said.append(written_into(Column(relation.relation, names[column]), numbers))


def _assigned(
    bases: Sequence[tuple[RelationDef, dict[str, str]]], written: Written, each_row: Guesses = COUNTLESS
) -> dict[str, list[Guesses]]:
    """Return what a SET list writes: a constant once, what is computed once for `each_row`.

    A column that is made of itself is told no value.
    """
    found: dict[str, list[Guesses]] = {}
    for column, values in written.items():
        own = {Column(relation.relation, names[column]) for relation, names in bases if column in names}
        fresh = [value for value in values if not (value.sources and value.sources <= own)]
        found[column] = [ONE if value.constant else each_row for value in fresh]
    return found


def _check_columns(found: RelationDef, columns: Sequence[str]) -> None:
    for column in columns:
        if found.column(column) is None:
            raise ir.NotUnderstood(f'column "{column}" of relation "{found.relation.name}" is not in the snapshot')


# ---- RETURNING


def _written_item(item: Item, written: Written) -> Item:
    """Return the target as RETURNING sees it: each written column has its new value's sources too."""
    made = Item(item.name, (), item.schema, item.relation)
    cells = []
    for cell in item.cells:
        values = [value for value in written.get(cell.name, ()) if value.sources]
        value = cell.value
        if values:
            mixed = either([cell.value, *values])
            value = replace(value, sources=mixed.sources, plain=mixed.plain, fields=None)
        cells.append(Cell(cell.name, value, (made,)))
    made.cells = tuple(cells)
    return made


def _returning(
    walk: Walk,
    listed: Sequence[ir.Target],
    item: Item,
    written: Written,
    *,
    scope: Scope,
    others: Sequence[Frame] = (),
) -> Shape:
    if not listed:
        return Shape((), silent=True)
    seen = _written_item(item, written)
    view = Scope(scope)
    view.add(Frame([seen], list(seen.cells), [seen]))
    for other in others:
        view.add(other)
    if walk.server_version >= 180000:
        for name in ("old", "new"):
            if view.item(name) is None:
                twin = replace(seen, name=name) if name == "new" else Item(name, item.cells, None, item.relation)
                view.items.append(twin)
    return Shape(tuple(queries.targets(walk, listed, view)), limited=True)


# ---- INSERT


def _insert(walk: Walk, q: ir.Insert, scope: Scope) -> Shape:
    found, item = _target(walk, q.target)
    bases = _bases(found, item, True, walk)
    columns = q.columns or tuple(column.name for column in found.columns)
    _check_columns(found, columns)
    written: Written = {}
    rows: int | None = 1
    given = columns if q.columns else ()
    for value in evaluate_all(walk, q.bounds, scope):
        walk.ledger.infer(Use.FILTER, value.sources)
    if q.source is not None:
        before = len(walk.ledger.made)
        shape = queries.query(walk, q.source, scope)
        if len(shape.cells) > len(columns):
            raise ir.NotUnderstood("INSERT has more values than columns")
        rows = shape.rows
        made = prod(max(1, count) for count in walk.ledger.made[before:])
        if rows is None and made > 1:
            rows = made  # rows out of nothing: nobody has a table to estimate them by
        given = columns if q.columns else columns[: len(shape.cells)]
        for column, cell in zip(columns, shape.cells, strict=False):
            written.setdefault(column, []).append(walk.refer(cell))
    # Only rows that are written down are as many as they look: a function in a select list may make any number.
    most = rows if q.source is None or isinstance(q.source, ir.Values) else None
    _record(walk, Action.INSERT, bases, given, rows=rows, most=most)
    guessed = {column: inserted(q.source, place) for place, column in enumerate(given)}
    proposed = {column: guesses for column, guesses in guessed.items() if guesses is not None}
    _probe(walk, bases, {column: [guesses] for column, guesses in proposed.items()})
    if q.conflict is not None:
        _conflict(
            walk,
            q.conflict,
            found,
            item,
            bases=bases,
            written=written,
            rows=rows,
            most=most,
            scope=scope,
            proposed=proposed,
        )
    _give(walk, bases, written)
    _taint(walk, bases, written)
    return _returning(walk, q.returning, item, written, scope=scope)


def _conflict(
    walk: Walk,
    conflict: ir.Conflict,
    found: RelationDef,
    item: Item,
    *,
    bases: Sequence[tuple[RelationDef, dict[str, str]]],
    written: Written,
    rows: int | None,
    most: int | None,
    scope: Scope,
    proposed: Mapping[str, Guesses],
) -> None:
    inside = Scope(scope)
    inside.add(Frame([item], list(item.cells), [item]))
    arbiters = [value for e in conflict.arbiters for value in evaluate(walk, e, inside).sources]
    if not conflict.arbiters:
        # Any unique constraint, or one known by name alone.
        by_name = {column.name: column for cell in item.cells for column in cell.value.sources}
        arbiters = [by_name[name] for unique in found.unique for name in unique if name in by_name]
    # Which way it goes tells whether the value was there: of values that were written down, as a comparison would.
    counted = all(not guesses.countless for guesses in proposed.values())
    bare = all(isinstance(e, ir.Name) for e in conflict.arbiters)
    walk.ledger.infer(Use.KEY if counted and bare else Use.OUTCOME, frozenset(arbiters))
    walk.ledger.said.append(Said(frozenset(arbiters)))
    if conflict.predicate is not None:
        walk.ledger.infer(Use.OUTCOME, evaluate(walk, conflict.predicate, inside).sources)
    if not conflict.does_update:
        return
    excluded = Item("excluded", (), None, None, single=True)
    excluded.cells = tuple(
        Cell(column.name, _proposed(column.name, cell.value, written), (excluded,))
        for column, cell in zip(found.columns, item.cells, strict=False)
    )
    # `excluded` is named, never meant by a bare column name.
    inside.items.append(excluded)
    if conflict.where is not None:
        conjuncts(walk, conflict.where, inside)
    changed = _assign(walk, conflict.updates, found, inside)
    again = {a.column for a in conflict.updates if a.value == ir.Name(("excluded", a.column))}
    each_row = max(proposed.values(), key=lambda guesses: guesses.constants, default=ONE)
    _probe(walk, bases, _assigned(bases, {c: v for c, v in changed.items() if c not in again}, each_row))
    _record(walk, Action.UPDATE, bases, tuple(changed), how={traits.KEY_LOOKUP}, rows=rows, most=most)
    for column, values in changed.items():
        written.setdefault(column, []).extend(values)


def _proposed(name: str, stored: Value, written: Written) -> Value:
    """Return what `excluded.name` holds: the value that was to be inserted, of the column's type."""
    given = either(written[name]) if name in written else Value()
    fields = given.fields if stored.fields is None else None
    return replace(stored, sources=given.sources, plain=given.plain, partial=given.partial, fields=fields)


def _assign(walk: Walk, sets: Sequence[ir.Assignment], found: RelationDef, scope: Scope) -> Written:
    """Evaluate a SET list; return what is written into each column."""
    written: Written = {}
    for assignment in sets:
        column = assignment.column
        if not column and assignment.place is not None:
            column = found.columns[assignment.place].name
            value = evaluate(walk, assignment.value, scope)
        elif assignment.place is None:
            value = evaluate(walk, assignment.value, scope)
        else:
            value = _placed(walk, assignment.value, assignment.place, scope)
        for bound in evaluate_all(walk, assignment.bounds, scope):
            walk.ledger.infer(Use.FILTER, bound.sources)
        _check_columns(found, (column,))
        if assignment.nested:
            value = replace(value, plain=False, constant=False)
        written.setdefault(column, []).append(value)
    return written


def _placed(walk: Walk, source: ir.Expression, place: int, scope: Scope) -> Value:
    """Return one value of a row on the right side of SET (a, b) = …."""
    if isinstance(source, ir.Row) and place < len(source.args):
        return evaluate(walk, source.args[place], scope)
    if isinstance(source, ir.Subquery):
        shape = walk.query(walk, source.query, scope)
        if place < len(shape.cells):
            # Another row may be given another value, of literals alone (UNION, OFFSET).
            return replace(walk.refer(shape.cells[place]), constant=False)
    return replace(evaluate(walk, source, scope), plain=False, fields=None)


# ---- UPDATE, DELETE


def _block(
    walk: Walk, item: Item, source: Sequence[ir.FromItem], where: ir.Expression | None, scope: Scope
) -> tuple[Scope, list[Frame], list[Conjunct]]:
    inside = Scope(scope.outer)
    inside.ctes = scope.ctes
    inside.add(Frame([item], list(item.cells), [item]))
    parts: list[Conjunct] = []
    frames = []
    for each in source:
        beside = frame(walk, each, inside, parts)
        inside.add(beside)
        frames.append(beside)
    if where is not None:
        parts += conjuncts(walk, where, inside)
    return inside, frames, parts


def _update(walk: Walk, q: ir.Update, scope: Scope) -> Shape:
    found, item = _target(walk, q.target)
    inside, frames, parts = _block(walk, item, q.source, q.where, scope)
    written = _assign(walk, q.sets, found, inside)
    settle(walk, inside.rows, parts, target=item)
    aimed = aim(item, inside.rows, parts)
    bases = _bases(found, item, q.target.only, walk)
    _record(walk, Action.UPDATE, bases, tuple(written), how=aimed.traits, rows=aimed.rows, most=aimed.most)
    _probe(walk, bases, _assigned(bases, written))
    _give(walk, bases, written)
    _taint(walk, bases, written)
    return _returning(walk, q.returning, item, written, scope=scope, others=frames)


def _delete(walk: Walk, q: ir.Delete, scope: Scope) -> Shape:
    found, item = _target(walk, q.target)
    inside, frames, parts = _block(walk, item, q.source, q.where, scope)
    settle(walk, inside.rows, parts, target=item)
    aimed = aim(item, inside.rows, parts)
    bases = _bases(found, item, q.target.only, walk)
    _record(walk, Action.DELETE, bases, (), how=aimed.traits, rows=aimed.rows, most=aimed.most)
    return _returning(walk, q.returning, item, {}, scope=scope, others=frames)


# ---- MERGE


def _merge(walk: Walk, q: ir.Merge, scope: Scope) -> Shape:
    found, item = _target(walk, q.target)
    inside, frames, _ = _block(walk, item, (q.source,), None, scope)
    parts = conjuncts(walk, q.on, inside)
    settle(walk, inside.rows, parts, target=item)
    bases = _bases(found, item, q.target.only, walk)
    everything: Written = {}
    for clause in q.clauses:
        limits = list(parts) if clause.matched == "both" else []
        if clause.condition is not None:
            with walk.touching() as touched:
                value = evaluate(walk, clause.condition, inside)
            walk.ledger.infer(Use.FILTER, value.sources)
            limits.append(Conjunct(touched, touched))
        if clause.verb == "nothing":
            continue
        written = _assign(walk, clause.sets, found, inside)
        aimed = aim(item, inside.rows, limits)
        if clause.verb == "insert":
            _record(walk, Action.INSERT, bases, tuple(written), rows=None)
        else:
            action = Action.UPDATE if clause.verb == "update" else Action.DELETE
            _record(walk, action, bases, tuple(written), how=aimed.traits, rows=aimed.rows)
        _probe(walk, bases, _assigned(bases, written))
        for column, values in written.items():
            everything.setdefault(column, []).extend(values)
    _give(walk, bases, everything)
    _taint(walk, bases, everything)
    if any(isinstance(t.expression, ir.Name) and t.expression.star and not t.expression.parts for t in q.returning):
        raise ir.NotUnderstood("RETURNING * of MERGE is not understood: name the columns")
    return _returning(walk, q.returning, item, everything, scope=scope, others=frames)
