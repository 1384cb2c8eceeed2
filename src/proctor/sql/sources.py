"""Station 3: from-items → frames of columns: tables, views by their definition, subqueries, functions, joins.

Views are read under the rules of their own making: everything in their text that is not qualified belongs to
pg_catalog, which is how the snapshot fetched it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from proctor.sql import functions, ir, parser
from proctor.sql.calls import cast
from proctor.sql.catalog import RelationDef
from proctor.sql.expressions import evaluate, evaluate_all
from proctor.sql.predicates import Conjunct, conjuncts
from proctor.sql.scope import CONSTANT, EMPTY, STORED, Cell, Frame, Item, Scope, Value, row, union
from proctor.sql.translate_queries import query as translate_query
from proctor.sql.walk import MAX_VIEW_DEPTH, Shape, Walk
from proctor.sql.world import CATALOG, SYSTEM_SCHEMAS, TEMPORARY
from proctor.terms import Use

VIEW_PATH = (TEMPORARY, CATALOG)
_TEXT = 25
_VIEW_KINDS = frozenset({"v", "m"})


def frame(walk: Walk, item: ir.FromItem, scope: Scope, parts: list[Conjunct]) -> Frame:
    """Return what a from-item brings in; `scope` holds its left neighbours, `parts` collects join conditions."""
    match item:
        case ir.TableRef():
            return table(walk, item, scope)
        case ir.Derived():
            return _derived(walk, item, scope)
        case ir.TableCalls():
            return _functions(walk, item, scope)
        case ir.TableGrammar():
            return _grammar(walk, item, scope)
        case ir.Join():
            return _join(walk, item, scope, parts)


def _solo(item: Item) -> Frame:
    return Frame([item], list(item.cells), [item])


def make_item(
    name: str,
    columns: Sequence[Cell],
    alias: ir.Alias | None,
    *,
    schema: str | None = None,
    relation: RelationDef | None = None,
    single: bool = False,
    limited: bool = False,
) -> Item:
    """Return a from-item of these columns under its alias, the alias's column names first."""
    names = [cell.name for cell in columns]
    if alias is not None:
        if len(alias.columns) > len(names):
            raise ir.NotUnderstood(f'table "{alias.name}" has fewer columns than its alias names')
        names[: len(alias.columns)] = alias.columns
        name, schema = alias.name, None
    item = Item(name, (), schema=schema, relation=relation, single=single, limited=limited or single)
    item.cells = tuple(
        Cell(label, _settled(cell.value) if cell.value.constant else cell.value, (item,), cell.unread, cell.row)
        for label, cell in zip(names, columns, strict=True)
    )
    return item


def _settled(value: Value) -> Value:
    """Return a constant of a subquery or VALUES as its neighbours see it: a column, a literal in it being text."""
    if value.type or value.exotic or value.fields is not None:
        return replace(value, constant=False)
    return replace(value, constant=False, type=_TEXT)


# ---- tables and views


def table(walk: Walk, ref: ir.TableRef, scope: Scope) -> Frame:
    """Return a table, view or WITH query by name."""
    for value in evaluate_all(walk, ref.sample, scope):
        walk.ledger.infer(Use.FILTER, value.sources)
    if ref.sampler and ref.sampler[-1] not in ("bernoulli", "system"):
        walk.ledger.hide(f"sampling method {ref.sampler[-1]} is not on the list")
    if len(ref.parts) == 1:
        entry = scope.cte(ref.parts[0])
        if entry is not None:
            if entry.pending:
                raise ir.NotUnderstood(f'WITH query "{ref.parts[0]}" is used before its place')
            return _solo(make_item(ref.parts[0], entry.cells, ref.alias, single=entry.single, limited=entry.limited))
    found = walk.world.relation(ref.parts, walk.path)
    return _solo(relation_item(walk, found, ref))


def relation_item(walk: Walk, found: RelationDef, ref: ir.TableRef) -> Item:
    """Return the from-item of a relation that was found."""
    columns = relation_cells(walk, found, only=ref.only)
    schema = ref.parts[-2] if len(ref.parts) > 1 else found.relation.schema
    return make_item(found.relation.name, columns, ref.alias, schema=schema, relation=found)


def relation_cells(walk: Walk, found: RelationDef, *, only: bool = False) -> list[Cell]:
    """Return a relation's columns with their true sources: a view's are those of its definition."""
    made = walk.world.views.get(found.relation)
    if made is not None:
        shape = _expand(walk, found, made.query, made.path)
        return _named(found, shape)
    if found.kind in _VIEW_KINDS and found.relation.schema not in SYSTEM_SCHEMAS:
        if found.definition is None:
            raise ir.NotUnderstood(f'the definition of view "{found.relation}" is not in the snapshot')
        return _named(found, _expand(walk, found, _definition(found.definition), VIEW_PATH))
    contents = walk.world.contents.get(found.relation)
    values = walk.world.stored(found, only=only)
    if contents is None:
        return [Cell(column.name, value, row=STORED) for column, value in zip(found.columns, values, strict=True)]
    cells = []
    for place, (column, value) in enumerate(zip(found.columns, values, strict=True)):
        held = contents[place]
        mixed = replace(value, sources=value.sources | held.sources, plain=held.bare or not held.sources)
        cells.append(Cell(column.name, mixed))  # what the same text has put into it may come of many rows
    return cells


@lru_cache(maxsize=1024)
def _definition(text: str) -> ir.Query:
    (statement,) = parser.parse(text)
    return translate_query(statement.tree)


def _expand(walk: Walk, found: RelationDef, query: ir.Query, path: tuple[str, ...]) -> Shape:
    if walk.view_depth >= MAX_VIEW_DEPTH or found.relation in walk.expanding:
        raise ir.NotUnderstood(f'view "{found.relation}" is nested too deeply')
    before = walk.path
    walk.path = path
    walk.view_depth += 1
    walk.expanding.append(found.relation)
    try:
        return walk.query(walk, query, None)
    finally:
        walk.path = before
        walk.view_depth -= 1
        walk.expanding.pop()


def _named(found: RelationDef, shape: Shape) -> list[Cell]:
    if len(shape.cells) < len(found.columns):
        raise ir.NotUnderstood(f'view "{found.relation}" has more columns than its definition')
    return [
        Cell(column.name, cell.value, (), cell.unread, cell.row)
        for column, cell in zip(found.columns, shape.cells, strict=False)
    ]


# ---- subqueries


def _derived(walk: Walk, item: ir.Derived, scope: Scope) -> Frame:
    with walk.touching() as touched:
        shape = walk.query(walk, item.query, scope if item.lateral else _outside(scope))
    made = make_item("", shape.cells, item.alias, single=shape.single, limited=shape.limited)
    made.bound |= touched
    return _solo(made)


def _outside(scope: Scope) -> Scope:
    """Return the scope a subquery in FROM sees: the WITH queries and the outer levels, but not its neighbours."""
    found = Scope(scope.outer)
    found.ctes = scope.ctes
    return found


# ---- functions


def _functions(walk: Walk, item: ir.TableCalls, scope: Scope) -> Frame:
    cells: list[Cell] = []
    open_value: Value | None = None
    single = True
    calls = _spread(item.calls)
    alone = len(calls) == 1
    with walk.touching() as touched:
        for call in calls:
            columns, unknown, one_row = _function_columns(walk, call, scope, item.alias if alone else None)
            cells += columns
            open_value = unknown if unknown is not None else open_value
            single = single and one_row
    if item.ordinality:
        cells.append(Cell("ordinality", EMPTY))
    made = make_item(item.calls[0].label, cells, item.alias, single=single, limited=True)
    made.open = open_value
    made.bound |= touched
    return _solo(made)


def _spread(calls: tuple[ir.TableCall, ...]) -> list[ir.TableCall]:
    """Return the calls with unnest(a, b) taken for ROWS FROM (unnest(a), unnest(b)), as the server does."""
    found = []
    for call in calls:
        e = call.call
        if isinstance(e, ir.Call) and e.name in (("unnest",), ("pg_catalog", "unnest")) and len(e.args) > 1:
            found += [replace(call, call=replace(e, args=(arg,))) for arg in e.args]
        else:
            found.append(call)
    return found


def _function_columns(
    walk: Walk, call: ir.TableCall, scope: Scope, alias: ir.Alias | None
) -> tuple[list[Cell], Value | None, bool]:
    """Return the columns of one function, the value of any other column it may have, and whether it is one row."""
    e = call.call
    value = evaluate(walk, e, scope)
    name = e.name[-1] if isinstance(e, ir.Call) else ""
    standing = functions.standing(name) if name else None
    known = standing is not None and standing.kind != "opaque"
    one_row = not isinstance(e, ir.Call) or (known and standing is not None and not standing.returns_set)
    if call.columns:
        typed = [(column, cast(walk, replace(CONSTANT, type=0), written)) for column, written in call.columns]
        derived = replace(union([value]), constant=False)
        return [Cell(column, replace(derived, type=t.type, exotic=t.exotic)) for column, t in typed], None, one_row
    if value.fields is not None:
        return [Cell(cell.name, replace(cell.value, plain=False)) for cell in value.fields], None, one_row
    derived = replace(value, plain=False, constant=False)
    closed = known and not functions.returns_record(name) and not value.exotic
    label = alias.name if alias is not None else call.label
    return [Cell(label, derived)], None if closed else derived, one_row


def _grammar(walk: Walk, item: ir.TableGrammar, scope: Scope) -> Frame:
    if walk.server_version < item.since:
        raise ir.NotUnderstood(f"{item.label} is a function of somebody's own on a server this old")
    with walk.touching() as touched:
        value = union(evaluate_all(walk, item.args, scope))
    walk.ledger.infer(Use.OUTCOME, value.sources)
    made = make_item(item.label, [Cell(name, Value(value.sources)) for name in item.columns], item.alias, limited=True)
    made.bound |= touched
    return _solo(made)


# ---- joins


def _join(walk: Walk, join: ir.Join, scope: Scope, parts: list[Conjunct]) -> Frame:
    left = frame(walk, join.left, scope, parts)
    beside = Scope(scope.outer)
    beside.ctes = scope.ctes
    beside.add(Frame(scope.items, scope.cells, scope.rows))
    beside.add(left)
    right = frame(walk, join.right, beside, parts)
    using = join.using
    if join.natural:
        names = {cell.name for cell in right.cells}
        using = tuple(cell.name for cell in left.cells if cell.name in names)
    found: list[Conjunct] = []
    merged = [_merged(walk, name, left, right, found) for name in using]
    if join.on is not None:
        both = Scope(scope.outer)
        both.ctes = scope.ctes
        both.add(left)
        both.add(right)
        found += conjuncts(walk, join.on, both)
    _limit(join.kind, left, right, found)
    parts += found
    taken = set(using)
    cells = [*merged, *(c for c in left.cells if c.name not in taken), *(c for c in right.cells if c.name not in taken)]
    names_in = [*left.names, *right.names]
    if join.using_alias:
        names_in.append(Item(join.using_alias, tuple(merged)))
    if join.alias is not None:
        names_in = [_join_alias(join.alias, cells)]
        cells = list(names_in[0].cells)
    return Frame(names_in, cells, [*left.rows, *right.rows])


def _join_alias(alias: ir.Alias, cells: list[Cell]) -> Item:
    made = make_item("", cells, alias)
    # The alias gives the join's columns names; their rows still come from the tables inside.
    made.cells = tuple(replace(own, items=cell.items) for own, cell in zip(made.cells, cells, strict=True))
    return made


def _merged(walk: Walk, name: str, left: Frame, right: Frame, parts: list[Conjunct]) -> Cell:
    pair = []
    for side in (left, right):
        found = [cell for cell in side.cells if cell.name == name]
        if len(found) != 1:
            raise ir.NotUnderstood(f'column "{name}" of USING cannot be resolved')
        pair.append(found[0])
    part = Conjunct()
    with walk.touching() as touched:
        one, other = (walk.refer(cell) for cell in pair)
    part.touched = part.limits = touched
    both = one.sources | other.sources
    if one.plain and other.plain:
        walk.ledger.infer(Use.EQUIJOIN, both)
        part.pairs.extend((a, b) for a in one.sources for b in other.sources)
    else:
        walk.ledger.infer(Use.FILTER, both)
    parts.append(part)
    mixed = row(pair)
    value = replace(
        mixed,
        plain=one.plain and other.plain,
        type=one.type if one.type == other.type else 0,
        fields=None,
        constant=False,
    )
    return Cell(name, value, pair[0].items + pair[1].items, pair[0].unread | pair[1].unread)


def _limit(kind: str, left: Frame, right: Frame, found: list[Conjunct]) -> None:
    """An outer join's condition takes no rows away from the side that is kept."""
    if kind == "inner":
        return
    kept = set()
    if kind in ("left", "full"):
        kept |= {item.serial for item in left.rows}
    if kind in ("right", "full"):
        kept |= {item.serial for item in right.rows}
    for part in found:
        part.limits = part.touched - kept
