"""Station 3: queries → the columns they return: SELECT, VALUES, set operations, WITH.

The order of the steps is the server's own: WITH, FROM, WHERE, GROUP BY, HAVING, the select list, windows, DISTINCT,
ORDER BY, LIMIT. Data-modifying queries are read by `writes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from proctor.sql import functions, ir, writes
from proctor.sql.blocks import settle
from proctor.sql.expressions import evaluate, named, window
from proctor.sql.predicates import Conjunct, conjuncts
from proctor.sql.scope import Cell, CteEntry, Scope, Value, either, union
from proctor.sql.sources import frame
from proctor.sql.walk import Shape, Walk
from proctor.terms import Use

MAX_ROUNDS = 16
"""Of a recursive query's fixpoint. Sources only grow, and each round adds at least one column of a finite set."""
_COLLECTING = ("array_agg", "string_agg", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg", "xmlagg")


def query(walk: Walk, q: ir.Query, outer: Scope | None) -> Shape:
    """Return the columns a query returns, having noted everything it does on the way."""
    scope = Scope(outer)
    with_queries(walk, q.ctes, scope)
    match q:
        case ir.Select():
            return _select(walk, q, scope)
        case ir.Values():
            return _values(walk, q, scope)
        case ir.Combination():
            return _combination(walk, q, scope)
        case _:
            return writes.modify(walk, q, scope)


# ---- WITH


def with_queries(walk: Walk, clause: ir.With, scope: Scope) -> None:
    """Read the WITH queries of a clause into a scope."""
    if clause.recursive:
        # Under RECURSIVE a name means the query of this clause wherever it stands, later ones included.
        for cte in clause.ctes:
            scope.ctes[cte.name] = CteEntry((), pending=True)
        for cte in clause.ctes:
            if isinstance(cte.query, ir.Combination):
                _recursive(walk, cte, scope)
            else:
                _plain_cte(walk, cte, scope)
        return
    for cte in clause.ctes:
        _plain_cte(walk, cte, scope)


def _plain_cte(walk: Walk, cte: ir.Cte, scope: Scope) -> None:
    shape = query(walk, cte.query, scope)
    scope.ctes[cte.name] = CteEntry(_entitled(cte, shape.cells), shape.single, shape.limited)


def _entitled(cte: ir.Cte, cells: Sequence[Cell]) -> tuple[Cell, ...]:
    names = [cell.name for cell in cells]
    if len(cte.columns) > len(names):
        raise ir.NotUnderstood(f'WITH query "{cte.name}" has fewer columns than names')
    names[: len(cte.columns)] = cte.columns
    named = [Cell(name, cell.value, (), cell.unread, cell.row) for name, cell in zip(names, cells, strict=True)]
    by_name = {cell.name: cell for cell in named}
    for name, made_of in cte.extra:
        value = union(by_name[column].value for column in made_of if column in by_name)
        named.append(Cell(name, replace(value, constant=False)))
    return tuple(named)


def _recursive(walk: Walk, cte: ir.Cte, scope: Scope) -> None:
    """Read a query that may refer to itself: round by round, until its columns' sources no longer grow."""
    assert isinstance(cte.query, ir.Combination)
    arms = cte.query
    inner = Scope(scope)
    with_queries(walk, arms.ctes, inner)
    first = query(walk, arms.left, inner)
    cells = _entitled(cte, first.cells)
    # A query that does not refer to itself gives the same in the second round.
    for _ in range(MAX_ROUNDS):
        inner.ctes[cte.name] = CteEntry(cells)
        later = query(walk, arms.right, inner)
        if len(later.cells) != len(first.cells):
            raise ir.NotUnderstood(f'the arms of WITH query "{cte.name}" have different numbers of columns')
        joined = _joined(first.cells, later.cells)
        both = [Cell(old.name, either([old.value, new.value])) for old, new in zip(cells, joined, strict=False)]
        grown = _entitled(cte, both)
        same = all(
            a.value.sources == b.value.sources and a.value.plain == b.value.plain
            for a, b in zip(cells, grown, strict=True)
        )
        cells = grown
        if same:
            break
    else:
        raise ir.NotUnderstood(f'WITH query "{cte.name}" does not settle')
    if not arms.all:
        _compare_arms(walk, [first.cells, cells[: len(first.cells)]])
    for value in (evaluate(walk, e, inner) for e in (arms.tail.limit, arms.tail.offset) if e is not None):
        walk.ledger.infer(Use.FILTER, value.sources)
    scope.ctes[cte.name] = CteEntry(cells)


# ---- set operations and VALUES


def _joined(left: Sequence[Cell], right: Sequence[Cell]) -> list[Cell]:
    if len(left) != len(right):
        raise ir.NotUnderstood("the arms of a set operation have different numbers of columns")
    return [Cell(a.name, either([a.value, b.value]), (), a.unread | b.unread) for a, b in zip(left, right, strict=True)]


def _compare_arms(walk: Walk, arms: Sequence[Sequence[Cell]]) -> None:
    """Note that the rows of these arms are compared with each other, as all but UNION ALL do."""
    for column in zip(*arms, strict=True):
        mixed = union(cell.value for cell in column)
        bare = all(cell.value.plain for cell in column)
        walk.steer(replace(mixed, plain=bare), Use.GROUP)


def _combination(walk: Walk, q: ir.Combination, scope: Scope) -> Shape:
    spine = [q]
    left = q.left
    while isinstance(left, ir.Combination) and left.tail is ir.NO_TAIL and left.ctes is ir.NO_WITH:
        spine.append(left)
        left = left.left
    shape = query(walk, left, scope)
    cells = list(shape.cells)
    limited = shape.limited
    while spine:
        node = spine.pop()
        right = query(walk, node.right, scope)
        joined = _joined(cells, right.cells)
        if not (node.all and node.word == "union"):
            _compare_arms(walk, [cells, right.cells])
        # EXCEPT shows rows of its left arm alone, yet which of them depends on the right.
        cells = joined
        limited = limited and right.limited
    result = Scope()
    result.cells = cells
    for cell in cells:
        result.spots.setdefault(cell.name, []).append(cell)
    _order(walk, q.tail.order, cells, result)
    at_most = _limit(walk, q.tail, scope)
    return Shape(tuple(cells), single=at_most == 1, limited=limited or at_most is not None, rows=at_most)


def _values(walk: Walk, q: ir.Values, scope: Scope) -> Shape:
    if len({len(line) for line in q.rows}) != 1:
        raise ir.NotUnderstood("the rows of VALUES have different numbers of columns")
    columns = list(zip(*([evaluate(walk, e, scope) for e in line] for line in q.rows), strict=True))
    cells = [Cell(f"column{place}", either(list(column))) for place, column in enumerate(columns, 1)]
    result = Scope(scope)
    result.cells = cells
    for cell in cells:
        result.spots.setdefault(cell.name, []).append(cell)
    _order(walk, q.tail.order, cells, result)
    at_most = _limit(walk, q.tail, scope)
    return Shape(tuple(cells), single=len(q.rows) == 1 or at_most == 1, limited=True, rows=_least(len(q.rows), at_most))


# ---- SELECT


def _select(walk: Walk, q: ir.Select, scope: Scope) -> Shape:
    parts: list[Conjunct] = []
    for item in q.source:
        scope.add(frame(walk, item, scope, parts))
    if q.where is not None:
        parts += conjuncts(walk, q.where, scope)
    cells = targets(walk, q.targets, scope)
    _group(walk, q.group, cells, scope)
    if q.having is not None:
        value = evaluate(walk, q.having, scope)
        walk.ledger.infer(Use.FILTER, value.sources)
    for _, spec in q.windows:
        window(walk, spec, scope)
    _distinct(walk, q.distinct, cells, scope)
    _order(walk, q.tail.order, cells, scope)
    at_most = _limit(walk, q.tail, scope)
    collapsed = not q.grouped and q.distinct is None and bool(q.source) and all(map(_is_summary, q.targets))
    # A LIMIT stops a product early only if nothing has to see all of it first.
    early = not (collapsed or q.grouped or q.distinct is not None or q.tail.order)
    settled = settle(
        walk,
        scope.rows,
        parts,
        at_most=1 if collapsed else at_most,
        product=at_most if early else None,
        read=at_most if early and not parts and q.tail.offset is None else None,
        locks=q.tail.locks,
    )
    single = at_most == 1 or collapsed or not q.source
    return Shape(
        tuple(cells),
        single=single,
        limited=settled.limited or at_most is not None or single,
        rows=1 if single else _least(at_most, settled.rows),
    )


def _least(*counts: int | None) -> int | None:
    known = [count for count in counts if count is not None]
    return min(known) if known else None


def _is_summary(target: ir.Target) -> bool:
    """Tell whether a target boils all rows down to one small value."""
    e = target.expression
    while isinstance(e, ir.Cast):
        e = e.arg
    if isinstance(e, ir.Choice):
        return all(isinstance(arg, ir.Constant) or _is_summary(ir.Target("", arg)) for arg in e.args)
    if isinstance(e, ir.Call) and e.window is None:
        return e.name[-1] not in _COLLECTING and functions.standing(e.name[-1]).aggregate
    return False


def targets(walk: Walk, listed: Sequence[ir.Target], scope: Scope) -> list[Cell]:
    """Return the columns of a select list or RETURNING list, stars expanded in the server's order."""
    cells: list[Cell] = []
    for target in listed:
        e = target.expression
        if isinstance(e, ir.Name) and e.star:
            cells += _star(walk, e, scope)
        elif isinstance(e, ir.FieldStar):
            value = evaluate(walk, e.arg, scope)
            if value.fields is None:
                raise ir.NotUnderstood("the columns of a row value cannot be resolved")
            cells += [Cell(cell.name, cell.value) for cell in value.fields]
        else:
            with walk.reading() as read:
                value = evaluate(walk, e, scope)
            place = walk.row_of(named(walk, e, scope)) if value.plain and isinstance(e, ir.Name) else 0
            cells.append(Cell(target.label, value, (), frozenset(read), place))
    return cells


def _star(walk: Walk, e: ir.Name, scope: Scope) -> list[Cell]:
    if e.parts:
        schema, name = walk.world.split(e.parts)
        item = scope.item(name, schema)
        if item is None:
            raise ir.NotUnderstood(f'table reference "{name}" cannot be resolved')
        if item.open is not None:
            raise ir.NotUnderstood(f'the columns of "{name}" are not known')
        found: Sequence[Cell] = item.cells
    else:
        if not scope.cells and not scope.items:
            raise ir.NotUnderstood("SELECT * without FROM")
        if any(item.open is not None for item in scope.items):
            raise ir.NotUnderstood("the columns of a function in FROM are not known")
        found = scope.cells
    for cell in found:
        for item in cell.items:
            walk.ledger.touched.add(item.serial)
    return [Cell(c.name, c.value, (), c.unread | c.value.sources, walk.row_of(c)) for c in found]


def _group(walk: Walk, keys: tuple[ir.Expression, ...], cells: Sequence[Cell], scope: Scope) -> None:
    for key in keys:
        value = _by_place(walk, key, cells)
        if value is None and isinstance(key, ir.Name) and len(key.parts) == 1 and not scope.spots.get(key.parts[0]):
            value = _by_label(walk, key.parts[0], cells)
        if value is None:
            value = evaluate(walk, key, scope)
        if value.fields is not None:
            for cell in value.fields:
                walk.steer(cell.value, Use.GROUP)
        else:
            walk.steer(value, Use.GROUP)


def _by_place(walk: Walk, key: ir.Expression, cells: Sequence[Cell]) -> Value | None:
    """Return the target that an integer stands for."""
    if isinstance(key, ir.Constant) and key.kind == "integer" and isinstance(key.value, int):
        if not 1 <= key.value <= len(cells):
            raise ir.NotUnderstood("a position is not in the select list")
        return walk.refer(cells[key.value - 1])
    return None


def _by_label(walk: Walk, name: str, cells: Sequence[Cell]) -> Value | None:
    found = [cell for cell in cells if cell.name == name]
    values = [walk.refer(cell) for cell in found]
    # Two targets of one name are an error unless they are the same: what holds for either is safe.
    return either(values) if values else None


def _distinct(walk: Walk, keys: tuple[ir.Expression, ...] | None, cells: Sequence[Cell], scope: Scope) -> None:
    if keys is None:
        return
    if not keys:
        for cell in cells:
            walk.steer(walk.refer(cell), Use.GROUP)
        return
    for key in keys:
        # DISTINCT ON is a sort, and the rows come out in its order.
        walk.steer(_sort_value(walk, key, cells, scope), Use.ORDER)


def _sort_value(walk: Walk, key: ir.Expression, cells: Sequence[Cell], scope: Scope) -> Value:
    value = _by_place(walk, key, cells)
    if value is None and isinstance(key, ir.Name) and len(key.parts) == 1:
        value = _by_label(walk, key.parts[0], cells)
    return evaluate(walk, key, scope) if value is None else value


def _order(walk: Walk, keys: tuple[ir.Expression, ...], cells: Sequence[Cell], scope: Scope) -> None:
    for key in keys:
        walk.steer(_sort_value(walk, key, cells, scope), Use.ORDER)


def _limit(walk: Walk, tail: ir.Tail, scope: Scope) -> int | None:
    """Note what LIMIT and OFFSET are made of; return the limit if it is a plain number."""
    for e in (tail.limit, tail.offset):
        if e is not None:
            walk.ledger.infer(Use.FILTER, evaluate(walk, e, scope).sources)
    limit = tail.limit
    if isinstance(limit, ir.Constant) and limit.kind == "integer" and isinstance(limit.value, int) and not tail.ties:
        return limit.value
    return None


def finish(walk: Walk, shape: Shape) -> Shape:
    """Note that the result is looked at: whatever was read for its columns is read."""
    for cell in shape.cells:
        walk.refer(cell)
    return shape
