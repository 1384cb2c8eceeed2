"""Station 3: conditions: which columns they let speak, how loudly, and which from-items they limit.

A condition is taken apart at its ANDs. What compares a bare column with constants is a KEY, two bare columns an
EQUIJOIN, and everything else a FILTER on whatever is in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from proctor.sql import ir
from proctor.sql.calls import operation
from proctor.sql.expressions import evaluate, evaluate_all
from proctor.sql.given import Said, bare
from proctor.sql.guesses import COUNTLESS, ONE, Guesses, listed
from proctor.sql.guesses import members as guesses_of
from proctor.sql.scope import Scope, Value
from proctor.sql.tautology import always_true
from proctor.sql.walk import Walk
from proctor.terms import Column, Use

_RANGES = {"<": "upper", "<=": "upper", ">": "lower", ">=": "lower"}

UNKNOWN = -1
"""How many values an array has that comes as a parameter or a literal."""
UNKNOWN_OPERAND = Said(frozenset())


@dataclass(slots=True)
class Conjunct:
    """One condition of an AND. `touched` are the from-items in it; `limits` those of them whose rows it can take away.

    `keys`: columns compared with so many constants; `pairs`: columns compared with each other; `side` a one-sided
    range's column and side.
    """

    touched: set[int] = field(default_factory=set)
    limits: set[int] = field(default_factory=set)
    always: bool = False
    keys: list[tuple[Column, int]] = field(default_factory=list)
    pairs: list[tuple[Column, Column]] = field(default_factory=list)
    side: tuple[frozenset[Column], str] | None = None
    current_row: bool = False
    """WHERE CURRENT OF: exactly one row."""


def conjuncts(walk: Walk, condition: ir.Expression, scope: Scope) -> list[Conjunct]:
    """Evaluate a condition and note everything it tells; return its parts."""
    if isinstance(condition, ir.Logic) and condition.word == "and":
        return [part for arg in condition.args for part in conjuncts(walk, arg, scope)]
    part = Conjunct()
    with walk.touching() as touched:
        _judge(walk, condition, scope, part)
    part.touched = touched
    part.limits = touched
    if not part.always:
        part.always = always_true(condition, lambda name: _not_null(name, scope))
    return [part]


def _not_null(name: ir.Name, scope: Scope) -> bool:
    item = scope.item(name.parts[-2]) if len(name.parts) > 1 else None
    try:
        cell = item.find(name.parts[-1]) if item is not None else scope.column(name.parts[-1])
    except ir.NotUnderstood:
        return False
    if cell is None or not cell.items or cell.items[0].relation is None or not cell.value.plain:
        return False
    relation = cell.items[0].relation
    found = next((c for c in cell.value.sources if c.relation == relation.relation), None)
    column = relation.column(found.name) if found is not None else None
    return column is not None and column.not_null


def _judge(walk: Walk, condition: ir.Expression, scope: Scope, part: Conjunct) -> None:
    match condition:
        case ir.Operation(_, (_, _), _, "" | "any", ""):
            _comparison(walk, condition, scope, part)
        case ir.Subquery("any", _, test) if test is not None and condition.operator == "=":
            _membership(walk, condition, test, scope, part)
        case ir.Special("current of"):
            part.current_row = True
        case _:
            value = evaluate(walk, condition, scope)
            walk.ledger.infer(Use.FILTER, value.sources)


def _comparison(walk: Walk, e: ir.Operation, scope: Scope, part: Conjunct) -> None:
    left, right = e.args
    if e.quantifier == "any" and isinstance(right, ir.Array):
        members = evaluate_all(walk, right.args, scope)
        count = len(members) if all(member.constant for member in members) else UNKNOWN
    else:
        members = [evaluate(walk, right, scope)]
        count = 1 if not e.quantifier else UNKNOWN
    value = evaluate(walk, left, scope)
    for member in members[:1]:
        # All members of a list have one operator; the first stands for them.
        operation(walk, e, [value, member if e.quantifier != "any" else replace(member, type=0)])
    if e.name != "=":
        for member in members:
            walk.ledger.infer(Use.FILTER, value.sources | member.sources)
        if not e.quantifier and e.name in _RANGES:
            _one_sided(e.name, value, members[0], part)
        return
    guesses = [ONE]
    if e.quantifier:
        guesses = listed(right.args) if isinstance(right, ir.Array) else [guesses_of(right)]
    nodes = right.args if e.quantifier and isinstance(right, ir.Array) else (right,)
    whole = bool(e.quantifier) and not isinstance(right, ir.Array)
    for member, node, guess in zip(members, nodes, guesses, strict=True):
        operand = _operand(walk, left if member.sources else node, array=whole and not member.sources)
        _compare(walk, value, member, count, part, ONE if member.sources else guess, operand)


def _operand(walk: Walk, e: ir.Expression, *, array: bool) -> Said:
    """Return what stands opposite a column, as far as another value could take its place."""
    node, written = bare(e)
    casts = [found for each in written if isinstance(found := walk.world.type(each, walk.path), int)]
    if node is None or len(casts) != len(written):
        return Said(frozenset(), array=array)  # a type that somebody made may be anything
    return Said(frozenset(), walk.ledger.give(node), operand=True, array=array, casts=tuple(casts))


def _one_sided(name: str, left: Value, right: Value, part: Conjunct) -> None:
    if left.plain and right.constant:
        part.side = (left.sources, _RANGES[name])
    elif right.plain and left.constant:
        part.side = (right.sources, "lower" if _RANGES[name] == "upper" else "upper")


def _compare(
    walk: Walk, left: Value, right: Value, count: int, part: Conjunct, guesses: Guesses, operand: Said = UNKNOWN_OPERAND
) -> None:
    """Note what `left = right` tells; `operand` is the constant among them as it is written."""
    if left.fields is not None and right.fields is not None and len(left.fields) == len(right.fields):
        for one, twin in zip(left.fields, right.fields, strict=True):
            _compare(walk, one.value, twin.value, count, part, guesses)
        return
    if left.sources and right.sources:
        both = left.sources | right.sources
        if left.plain and right.plain:
            walk.ledger.infer(Use.EQUIJOIN, both)
            part.pairs.extend((a, b) for a in left.sources for b in right.sources)
        else:
            walk.ledger.infer(Use.FILTER, both)
        return
    value, other = (left, right) if left.sources else (right, left)
    if not value.sources:
        return
    if value.plain and other.constant:
        walk.ledger.infer(Use.KEY, value.sources)
        same = operand.operand and other.given == operand.numbers
        walk.ledger.said.append(replace(operand if same else Said(frozenset(), other.given), columns=value.sources))
        for column in value.sources:
            walk.ledger.probe(guesses.of(column))
        if count != UNKNOWN:
            part.keys.extend((column, count) for column in value.sources)
    else:
        walk.ledger.infer(Use.FILTER, value.sources)


def _membership(walk: Walk, e: ir.Subquery, test: ir.Expression, scope: Scope, part: Conjunct) -> None:
    value = evaluate(walk, test, scope)
    shape = walk.query(walk, e.query, scope)
    members = [walk.refer(cell) for cell in shape.cells]
    tested = [cell.value for cell in value.fields] if value.fields is not None and len(members) > 1 else [value]
    if len(tested) != len(members):
        raise ir.NotUnderstood("the two sides of IN have different numbers of columns")
    for one, other in zip(tested, members, strict=True):
        operation(walk, ir.Operation("=", (test, test), e.operator_schema), [one, other])
        # Compared with a set that somebody wrote down or generated, a column answers guesses.
        _compare(walk, one, replace(other, constant=False), 1, part, COUNTLESS)
    part.pairs.clear()
    own = len(tested) == 1 and tested[0].plain and tested[0].sources == members[0].sources
    part.always = own and _whole_table(e.query)


def _whole_table(query: ir.Query) -> bool:
    match query:
        case ir.Select(_, (ir.TableRef(),), None, None, (), False, None):
            return query.tail.limit is None and query.tail.offset is None
        case _:
            return False
