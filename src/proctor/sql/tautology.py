"""Station 3: conditions that hold for every row, as far as their form alone shows it.

Only a first line: whether a condition is always true cannot be decided in general. Whatever restricts rows must refer
to their columns, which `blocks` checks, and what still gets through is bounded by the affected-row limit.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from proctor.sql import ir

NotNull = Callable[[ir.Name], bool]
"""Tells whether a column can never be NULL."""

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARITHMETIC: dict[str, Callable[[int, int], int]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_OPPOSITES = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "~~": "!~~", "!~~": "~~"}
_REFLEXIVE = frozenset({"=", "<=", ">="})
_NEVER_NEGATIVE = frozenset(
    {"length", "char_length", "character_length", "octet_length", "bit_length", "abs", "cardinality"}
)
_MATCH_ALL = {"~~": frozenset({"%", "%%"}), "~~*": frozenset({"%", "%%"}), "~": frozenset({"", ".*", "^", "$"})}
_BIG = 10**30


def always_true(e: ir.Expression, not_null: NotNull) -> bool:
    """Tell whether a condition holds for every row (rows with NULL in it aside)."""
    match e:
        case ir.Logic("and", args):
            return all(always_true(arg, not_null) for arg in args)
        case ir.Logic("or", args):
            return any(always_true(arg, not_null) for arg in args) or _exhaustive(args)
        case ir.Logic("not", (arg,)):
            return _always_false(arg, not_null)
        case ir.NullTest(arg, negated):
            return negated and _never_null(arg, not_null)
        case ir.Operation():
            return _holds(e)
        case ir.Case(_, whens, default):
            results = [result for _, result in whens] + ([default] if default else [])
            return default is not None and all(always_true(result, not_null) for result in results)
        case ir.Choice("coalesce", args):
            return all(always_true(arg, not_null) for arg in args)
        case ir.Special("is true", (arg,)):
            return always_true(arg, not_null)
        case _:
            return fold(e) is True


def _always_false(e: ir.Expression, not_null: NotNull) -> bool:
    match e:
        case ir.Logic("and", args):
            return any(_always_false(arg, not_null) for arg in args)
        case ir.Logic("or", args):
            return all(_always_false(arg, not_null) for arg in args)
        case ir.Logic("not", (arg,)):
            return always_true(arg, not_null)
        case ir.NullTest(arg, negated):
            return not negated and _never_null(arg, not_null)
        case ir.Operation(name, args, schema, "", "") if name in _OPPOSITES:
            return _holds(ir.Operation(_OPPOSITES[name], args, schema))
        case _:
            return fold(e) is False


def _never_null(e: ir.Expression, not_null: NotNull) -> bool:
    if isinstance(e, ir.Name):
        return not e.star and not_null(e)
    return isinstance(e, ir.Constant) and e.kind != "null"


def _holds(e: ir.Operation) -> bool:
    if len(e.args) != 2:
        return False
    left, right = e.args
    if e.form == "not distinct" and left == right:
        return True
    if e.form:
        return False
    if e.quantifier == "any":
        return e.name == "=" and isinstance(right, ir.Array) and any(left == item for item in right.args)
    if e.quantifier:
        return False
    if left == right:
        return e.name in _REFLEXIVE
    if e.name in _MATCH_ALL:
        return _is_among(right, _MATCH_ALL[e.name])
    if isinstance(left, ir.Call):
        least = fold(right) if left.name[-1] in _NEVER_NEGATIVE and e.name in (">=", ">", "<>") else None
        return isinstance(least, int) and (least < 0 or (least == 0 and e.name == ">="))
    return fold(e) is True


def _is_among(e: ir.Expression, words: frozenset[str]) -> bool:
    while isinstance(e, ir.Cast) and e.type.names[-1] != "bool":
        e = e.arg
    if isinstance(e, ir.Constant):
        return e.kind != "boolean" and e.among(words)
    found = fold(e)
    return isinstance(found, str) and found in words


def _exhaustive(args: tuple[ir.Expression, ...]) -> bool:
    """Tell whether two arms are each other's opposite: x = 1 or x <> 1, x is null or x is not null."""
    alike = {hash(arg) for arg in args}  # alike but for the values of their literals, which only then are looked at
    if not any(hash(opposite) in alike for arg in args for opposite in _opposites(arg)):
        return False
    present = {repr(arg) for arg in args}
    return any(repr(opposite) in present for arg in args for opposite in _opposites(arg))


def _opposites(e: ir.Expression) -> tuple[ir.Expression, ...]:
    negated = ir.Logic("not", (e,))
    match e:
        case ir.NullTest(arg, is_negated):
            return negated, ir.NullTest(arg, negated=not is_negated)
        case ir.Operation(name, args, schema, "", "") if name in _OPPOSITES:
            return negated, ir.Operation(_OPPOSITES[name], args, schema)
        case _:
            return (negated,)


def fold(e: ir.Expression) -> str | int | bool | None:
    """Return the value of an expression of literals, None if it is not that simple."""
    return _fold(e) if _is_literal(e) else None


def _is_literal(e: ir.Expression) -> bool:
    """Tell whether literals are all that an expression is made of: one that is not is never looked into."""
    match e:
        case ir.Constant():
            return True
        case ir.Cast(arg, _) | ir.Logic("not", (arg,)):
            return _is_literal(arg)
        case ir.Operation(_, (left, right), _, "", ""):
            return _is_literal(right) and _is_literal(left)
        case _:
            return False


def _fold(e: ir.Expression) -> str | int | bool | None:
    match e:
        case ir.Constant(_, value):
            return value
        case ir.Cast(ir.Constant("string", str(word)), ir.TypeName(names)) if names[-1] == "bool":
            return word.lower() in ("t", "true", "on", "yes", "1", "y")
        case ir.Cast(arg, _):
            return _fold(arg)
        case ir.Logic("not", (arg,)):
            inner = _fold(arg)
            return not inner if isinstance(inner, bool) else None
        case ir.Operation(name, (left, right), _, "", ""):
            return _fold_pair(name, _fold(left), _fold(right))
        case _:
            return None


def _fold_pair(name: str, left: str | int | bool | None, right: str | int | bool | None) -> int | bool | None:
    if type(left) is not type(right) or left is None:
        return None
    if name in _COMPARE:
        return _COMPARE[name](left, right)
    if isinstance(left, int) and isinstance(right, int) and name in _ARITHMETIC and abs(left) + abs(right) < _BIG:
        return _ARITHMETIC[name](left, right)
    return None
