"""Station 3: arithmetic that fails on no number a column honestly holds: with small literals, a few times over.

`salary * 1e131066` fails or not by the salary; `salary * 12` does not. How often a column was computed with is counted,
so that many small steps do not make a large one. Takes IR and values, gives steps; knows no scope.
"""

from __future__ import annotations

from collections.abc import Sequence

from proctor.sql import ir
from proctor.sql.scope import Value

NUMERIC, _DATE = 1700, 1082
_INTEGERS = frozenset({20, 21, 23})
_MOST_STEPS = 8
_MOST_DIGITS = 12
_ROUNDING = frozenset({"round", "trunc", "floor", "ceil", "ceiling", "abs", "sign"})
_SUMMARIES = frozenset({"sum", "avg", "min", "max"})


def steps_of(value: Value) -> int:
    """Return how many small steps a number is away from a stored one; 0 if that is not known."""
    if value.type != NUMERIC:
        return 0
    return 1 if value.plain and len(value.sources) == 1 else value.steps


def calculated(e: ir.Operation, args: Sequence[Value]) -> int:
    """Return how many steps the result of an operator is away from a stored number; 0 if it may fail by its value."""
    if len(args) != 2 or e.quantifier or e.form or e.name not in ("+", "-", "*", "/", "%"):
        return 0
    (left, right), (one, other) = args, e.args
    if e.name == "-" and left.type == right.type == _DATE:
        # Only the two ends of all time are no days apart.
        return _MOST_STEPS if all(value.plain or _is_today(arg) for value, arg in zip(args, e.args, strict=True)) else 0
    divides = e.name in ("/", "%")
    if divides and left.type in _INTEGERS and left.sources:
        # Only the smallest integer by -1 leaves the range; 0 fails whatever it divides.
        return _MOST_STEPS if isinstance(other, ir.Constant) and _whole(other) else 0
    steps = steps_of(left) or (0 if divides else steps_of(right))
    literal = other if steps_of(left) else one
    if not steps or steps >= _MOST_STEPS:
        return 0
    if _is_extract(one) and _is_extract(other) and not divides:
        return steps + 1
    return steps + 1 if _is_small(literal, divides=divides) else 0


def shortened(name: str, e: ir.Call, args: Sequence[Value]) -> int:
    """Return the same of a function that rounds a number, sums it up, or takes it out of a date."""
    if name == "extract":
        return 1
    steps = steps_of(args[0]) if args else 0
    if not steps or steps >= _MOST_STEPS:
        return 0
    if name in _SUMMARIES and len(args) == 1:
        return steps
    if name in _ROUNDING and (len(args) == 1 or _is_small(e.args[1], divides=False)):
        return steps + 1
    return 0


def _is_today(e: ir.Expression) -> bool:
    return isinstance(e, ir.Special) and e.word == "current_date"


def _is_extract(e: ir.Expression) -> bool:
    """Tell whether that is a part of a date, which is no large number."""
    return isinstance(e, ir.Call) and e.by_syntax and e.name[-1] == "extract"


def _whole(literal: ir.Constant) -> bool:
    return literal.kind == "integer" and literal.value not in (0, -1)


def _is_small(e: ir.Expression, *, divides: bool) -> bool:
    while isinstance(e, ir.Operation) and e.name == "-" and len(e.args) == 1:
        e = e.args[0]
    if not isinstance(e, ir.Constant) or e.kind not in ("integer", "long", "number"):
        return False
    if e.kind != "number" and not divides:
        return True
    text = str(e.value)
    nought = not any(digit in "123456789" for digit in text)
    return len(text) <= _MOST_DIGITS and "e" not in text.lower() and not (divides and nought)
