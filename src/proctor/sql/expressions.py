"""Station 3: IR expressions → values, in a scope. Lineage proper, for everything that is no query.

What is evaluated here is only computed; what it decides (a row's fate, an order) is noted by those who ask for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from proctor.sql import functions, ir
from proctor.sql.calls import call, cast, operation
from proctor.sql.scope import CONSTANT, EMPTY, Cell, Item, Scope, Value, either, row, union
from proctor.sql.walk import Walk
from proctor.terms import Use

_INT4, _INT8, _NUMERIC, _BOOL = 23, 20, 1700, 16
_INT4_MAX = 2**31


def evaluate(walk: Walk, e: ir.Expression, scope: Scope) -> Value:
    """Return what is known of an expression's value."""
    return EVALUATORS[type(e)](walk, e, scope)


def evaluate_all(walk: Walk, expressions: tuple[ir.Expression, ...], scope: Scope) -> list[Value]:
    """Return what is known of several."""
    return [evaluate(walk, e, scope) for e in expressions]


# ---- names


def _name(walk: Walk, e: ir.Name, scope: Scope) -> Value:
    if e.star:
        return whole_row(walk, _item(walk, e.parts, scope))
    if len(e.parts) == 1:
        cell = scope.column(e.parts[0])
        if cell is not None:
            return walk.refer(cell)
        item = scope.item(e.parts[0])
        if item is None:
            raise ir.NotUnderstood(f'column "{e.parts[0]}" cannot be resolved')
        return whole_row(walk, item)
    item = _item(walk, e.parts[:-1], scope)
    name = e.parts[-1]
    cell = item.find(name) or _unlisted(item, name)
    if cell is not None:
        return walk.refer(cell)
    # c.name where c has no such column is the call name(c).
    return call(walk, ir.Call((name,)), [whole_row(walk, item)])


def named(walk: Walk, e: ir.Name, scope: Scope) -> Cell | None:
    """Return the column that a name means, if it means one; nothing is noted."""
    if e.star or len(e.parts) == 1:
        return None if e.star else scope.column(e.parts[0])
    return _item(walk, e.parts[:-1], scope).find(e.parts[-1])


def _unlisted(item: Item, name: str) -> Cell | None:
    alone = Scope()
    alone.items.append(item)
    return alone.unlisted(name)


def _item(walk: Walk, parts: tuple[str, ...], scope: Scope) -> Item:
    schema, name = walk.world.split(parts)
    item = scope.item(name, schema)
    if item is None:
        raise ir.NotUnderstood(f'table reference "{".".join(parts)}" cannot be resolved')
    return item


def whole_row(walk: Walk, item: Item) -> Value:
    """Return a from-item's row as a value; all its columns count as read."""
    for cell in item.cells:
        walk.refer(cell)
    walk.ledger.touched.add(item.serial)
    if item.open is not None:
        return item.open
    value = row(item.cells)
    if item.relation is not None and item.relation.row_type_oid:
        return replace(value, exotic=value.exotic | {item.relation.row_type_oid}, constant=False)
    return replace(value, constant=False)


# ---- leaves


def _constant(walk: Walk, e: ir.Constant, scope: Scope) -> Value:
    if e.kind == "integer":
        return replace(_INTEGER, given=walk.ledger.give(e))
    if e.kind == "long":
        return replace(_BIG, given=walk.ledger.give(e))
    if e.kind == "number":
        return _NUMBER
    if e.kind == "boolean":
        return _TRUTH
    if e.kind == "null":
        return _NULL
    return replace(CONSTANT, given=walk.ledger.give(e)) if e.kind == "string" else CONSTANT


_INTEGER = Value(constant=True, type=_INT4)
_BIG = Value(constant=True, type=_INT8)
_NUMBER = Value(constant=True, type=_NUMERIC)
_TRUTH = Value(constant=True, type=_BOOL)
_NULL = Value(constant=True, null=True)
_TODAY = Value(type=1082)
_TRUE_OR_FALSE = Value(type=_BOOL)


def _parameter(walk: Walk, e: ir.Parameter, scope: Scope) -> Value:
    return replace(CONSTANT, given=walk.ledger.give(e))


def _default(walk: Walk, e: ir.Default, scope: Scope) -> Value:
    return CONSTANT


# ---- calls and operators


def _call(walk: Walk, e: ir.Call, scope: Scope) -> Value:
    if walk.server_version < e.since:
        raise ir.NotUnderstood(f"{e.name[-1]} is no grammar on a server this old")
    args = evaluate_all(walk, e.args, scope)
    _surroundings(walk, e, args, scope)
    if len(e.args) == 1 and len(e.name) == 1 and args[0].fields is not None and not (e.order or e.star or e.window):
        field = _projected(walk, e.name[0], args[0])
        if field is not None:
            return field
    if _is_builtin_count(e):
        return _count(walk, e, args)
    if e.within_group:
        args = args + evaluate_all(walk, e.order, scope)
    value = call(walk, e, args)
    if e.distinct:
        for arg in args:
            walk.steer(arg, Use.GROUP)
    return value


def _projected(walk: Walk, name: str, argument: Value) -> Value | None:
    """Return what `name(row)` is if the row has a column of that name: the column, or a routine of the same name."""
    fields = [cell for cell in argument.fields or () if cell.name == name]
    if not fields:
        return None
    if walk.world.user_functions(None, name, walk.path):
        return call(walk, ir.Call((name,)), [argument])
    if functions.exists(name):
        return replace(union([argument]), constant=False)
    return fields[0].value


def _is_builtin_count(e: ir.Call) -> bool:
    return e.name in (("count",), ("pg_catalog", "count"))


def _count(walk: Walk, e: ir.Call, args: list[Value]) -> Value:
    """Return count(…): of bare columns it tells of NULLs alone, of anything computed it tells of the value."""
    derived = [arg for arg in args if not arg.bare]
    if e.distinct:
        for arg in args:
            walk.steer(arg, Use.GROUP)
    counted = call(walk, replace(e, args=()), [replace(arg, sources=frozenset()) for arg in args])
    return replace(counted, sources=union(derived).sources)


def _surroundings(walk: Walk, e: ir.Call, args: list[Value], scope: Scope) -> None:
    """Note what FILTER, ORDER BY and OVER of a call do with columns."""
    if e.filter is not None:
        walk.steer(replace(evaluate(walk, e.filter, scope), plain=False), Use.FILTER)
    for key in e.order:
        walk.steer(evaluate(walk, key, scope), Use.ORDER)
    if e.window is not None:
        window(walk, e.window, scope)


def window(walk: Walk, spec: ir.WindowSpec, scope: Scope) -> None:
    """Note what a window does with columns."""
    for key in (*spec.partition, *spec.order):
        # The server sorts by what it partitions by, and the rows come out in that order.
        walk.steer(evaluate(walk, key, scope), Use.ORDER)
    for bound in spec.bounds:
        walk.steer(replace(evaluate(walk, bound, scope), plain=False), Use.FILTER)


def _operation(walk: Walk, e: ir.Operation, scope: Scope) -> Value:
    spine = [e]
    first = e.args[0]
    while isinstance(first, ir.Operation) and len(first.args) == 2 and len(spine[-1].args) == 2:
        spine.append(first)
        first = first.args[0]
    value = evaluate(walk, first, scope)
    while spine:
        node = spine.pop()
        others = evaluate_all(walk, node.args[1:], scope)
        value = operation(walk, node, [value, *others])
    return value


def _logic(walk: Walk, e: ir.Logic, scope: Scope) -> Value:
    values = evaluate_all(walk, e.args, scope)
    mixed = union(values)
    if mixed.partial and mixed.sources:
        # The server may stop at the first that decides: whether the failing part is reached tells of the others.
        walk.ledger.infer(Use.OUTCOME, mixed.sources)
    return replace(mixed, type=_BOOL, constant=False)


def _null_test(walk: Walk, e: ir.NullTest, scope: Scope) -> Value:
    value = evaluate(walk, e.arg, scope)
    if value.plain or (value.fields is not None and all(cell.value.bare for cell in value.fields)):
        # Whether a stored value is there at all is no secret of its own; the read is noted.
        return _TRUE_OR_FALSE
    return replace(union([value]), type=_BOOL, constant=False)


def _cast(walk: Walk, e: ir.Cast, scope: Scope) -> Value:
    return cast(walk, evaluate(walk, e.arg, scope), e.type)


def _case(walk: Walk, e: ir.Case, scope: Scope) -> Value:
    conditions = [evaluate(walk, condition, scope) for condition, _ in e.whens]
    results = [evaluate(walk, result, scope) for _, result in e.whens]
    if e.arg is not None:
        operand = evaluate(walk, e.arg, scope)
        conditions = [operation(walk, ir.Operation("=", (e.arg, e.arg)), [operand, value]) for value in conditions]
    if e.default is not None:
        results.append(evaluate(walk, e.default, scope))
    decided, chosen = union(conditions), either(results)
    if decided.sources and (chosen.partial or decided.partial):
        walk.ledger.infer(Use.OUTCOME, decided.sources)
    if not decided.sources:
        return replace(chosen, constant=False, partial=chosen.partial or decided.partial)
    mixed = union([decided, chosen])
    return replace(mixed, type=chosen.type, constant=False)


def _choice(walk: Walk, e: ir.Choice, scope: Scope) -> Value:
    values = evaluate_all(walk, e.args, scope)
    mixed = union(values)
    types = {value.type for value in values if value.type}
    type_oid = types.pop() if len(types) == 1 else 0
    if e.word == "coalesce":
        computed = union([value for value in values[:-1] if not value.plain])
        if computed.sources and any(value.partial for value in values[1:]):
            walk.ledger.infer(Use.OUTCOME, computed.sources)
        return replace(mixed, type=type_oid)
    operation(walk, ir.Operation("<", e.args), [union(values[:1]), union(values[1:])])
    return replace(mixed, type=type_oid)


# ---- rows, arrays, parts


def _row(walk: Walk, e: ir.Row, scope: Scope) -> Value:
    cells: list[Cell] = []
    for arg in e.args:
        if isinstance(arg, ir.Name) and arg.star:
            cells.extend(_item(walk, arg.parts, scope).cells if arg.parts else scope.cells)
            whole_row(walk, _item(walk, arg.parts, scope)) if arg.parts else [walk.refer(cell) for cell in scope.cells]
        else:
            cells.append(Cell(f"f{len(cells) + 1}", evaluate(walk, arg, scope)))
    return row([Cell(f"f{place + 1}", cell.value) for place, cell in enumerate(cells)])


def _array(walk: Walk, e: ir.Array, scope: Scope) -> Value:
    if not e.args:
        return CONSTANT
    values = evaluate_all(walk, e.args, scope)
    # Arrays in one array must be of one size, or it fails: how many parts a value has is told by those beside it.
    whole = [value for arg, value in zip(e.args, values, strict=True) if not isinstance(arg, ir.Array)]
    ragged = _size(e) is None or any(map(_may_be_array, whole))
    return _collected(walk, union(values), ragged=ragged)


def _collected(walk: Walk, mixed: Value, *, ragged: bool) -> Value:
    if not (ragged and mixed.sources):
        return mixed
    walk.ledger.infer(Use.OUTCOME, mixed.sources)
    return replace(mixed, partial=True)


def _may_be_array(value: Value) -> bool:
    if value.constant or value.fields is not None:
        return False
    return functions.is_array(value.type) if value.type else True


def _size(e: ir.Expression) -> tuple[int, ...] | None:
    """Return the size of an array that is written out, () of what is none, None where it depends on values."""
    if not isinstance(e, ir.Array):
        return ()
    inside = {_size(arg) for arg in e.args}
    found = inside.pop() if len(inside) == 1 else None
    nested = [isinstance(arg, ir.Array) for arg in e.args]
    if found is None or (any(nested) and not all(nested)):
        return None
    return (len(e.args), *found)


def _field(walk: Walk, e: ir.Field, scope: Scope) -> Value:
    value = evaluate(walk, e.arg, scope)
    for cell in value.fields or ():
        if cell.name == e.name:
            return cell.value
    if value.fields is not None or functions.exists(e.name) or walk.world.user_functions(None, e.name, walk.path):
        return call(walk, ir.Call((e.name,)), [value])
    return replace(union([value]), constant=False)


def _field_star(walk: Walk, e: ir.FieldStar, scope: Scope) -> Value:
    return evaluate(walk, e.arg, scope)


def _subscript(walk: Walk, e: ir.Subscript, scope: Scope) -> Value:
    value = evaluate(walk, e.arg, scope)
    bounds = evaluate_all(walk, e.bounds, scope)
    return replace(union([value, *bounds]), constant=False)


def _special(walk: Walk, e: ir.Special, scope: Scope) -> Value:
    if walk.server_version < e.since:
        raise ir.NotUnderstood(f"{e.word} is no grammar on a server this old")
    values = evaluate_all(walk, e.args, scope)
    if e.word == "grouping":
        return EMPTY
    if e.word == "current_date":
        return _TODAY
    if e.text:
        return values[0]
    mixed = replace(union(values), constant=False)
    if e.total:
        return mixed
    if mixed.sources:
        walk.ledger.infer(Use.OUTCOME, mixed.sources)
    return replace(mixed, partial=True)


# ---- subqueries


def _subquery(walk: Walk, e: ir.Subquery, scope: Scope) -> Value:
    shape = walk.query(walk, e.query, scope)
    values = [walk.refer(cell) for cell in shape.cells]
    match e.kind:
        case "exists":
            return Value(type=_BOOL, partial=True)
        case "scalar":
            value = values[0] if len(values) == 1 else row(shape.cells)
            return replace(value, partial=True, constant=False)
        case "array":
            mixed = _collected(walk, union(values), ragged=any(map(_may_be_array, values)))
            return Value(mixed.sources, partial=True, exotic=mixed.exotic)
        case _:
            return compared(walk, e, values, scope)


def compared(walk: Walk, e: ir.Subquery, values: list[Value], scope: Scope) -> Value:
    """Return `test op ANY (subquery)` and its kin as a value."""
    assert e.test is not None
    test = evaluate(walk, e.test, scope)
    tested = [cell.value for cell in test.fields] if test.fields is not None and len(values) > 1 else [test]
    for left, right in zip(tested, values, strict=False):
        operation(walk, ir.Operation(e.operator, (e.test, e.test), e.operator_schema), [left, right])
    mixed = union([test, *values])
    return Value(mixed.sources, type=_BOOL, partial=True, exotic=mixed.exotic)


EVALUATORS: dict[type[Any], Callable[[Walk, Any, Scope], Value]] = {
    ir.Name: _name,
    ir.Constant: _constant,
    ir.Parameter: _parameter,
    ir.Default: _default,
    ir.Call: _call,
    ir.Operation: _operation,
    ir.Logic: _logic,
    ir.NullTest: _null_test,
    ir.Cast: _cast,
    ir.Case: _case,
    ir.Choice: _choice,
    ir.Subquery: _subquery,
    ir.Row: _row,
    ir.Array: _array,
    ir.Field: _field,
    ir.FieldStar: _field_star,
    ir.Subscript: _subscript,
    ir.Special: _special,
}
"""One evaluator for each IR expression; a test holds the table against `ir.Expression`."""
