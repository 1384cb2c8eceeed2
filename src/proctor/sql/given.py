"""Station 3: which literals and parameters a statement compares with columns by `=`, or writes into them.

A masked value among them stands for another, which may take its place only where the literal or parameter is compared
and does nothing else: a parameter that is shown as well would show what it stands for. Knows no masks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from proctor.sql import ir
from proctor.terms import Column, Given

Spoken = Mapping[int, ir.Constant | ir.Parameter]
NOBODY: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Said:
    """One such use, while the statement is read. `numbers` are the ledger's for what may be the value.

    `operand`: it is the one whole operand, or member of a list, and not a part of something.
    """

    columns: frozenset[Column]
    numbers: frozenset[int] = NOBODY
    operand: bool = False
    array: bool = False
    written: bool = False
    casts: tuple[int, ...] = ()
    argument: int = 0


def bare(e: ir.Expression) -> tuple[ir.Constant | ir.Parameter | None, tuple[ir.TypeName, ...]]:
    """Return the literal or parameter that an operand is, casts aside, and the types of these, the innermost first.

    A type with a length cuts the value: what is masked would be cut there, and so would what it stands for.
    """
    casts: list[ir.TypeName] = []
    while isinstance(e, ir.Cast):
        if e.type.modified or e.type.setof or e.type.of_column:
            return None, ()
        casts.insert(0, e.type)
        e = e.arg
    return (e, tuple(casts)) if isinstance(e, ir.Constant | ir.Parameter) else (None, ())


def given_in(said: Sequence[Said], spoken: Spoken, statement: object, tree: object) -> tuple[tuple[Given, ...], int]:
    """Return all uses of the statement, and the highest number of a parameter in it if there are any.

    What a view's own text says was given by nobody: it can't be replaced. Where a parameter stands is counted in the
    parser's own tree as well, since a place that the IR leaves out might show it.
    """
    if not said:
        return (), 0
    own = list(_leaves(statement))
    here = {id(node) for node in own}
    operands = {number for one in said if one.operand for number in one.numbers}
    elsewhere = {node.number for node in own if isinstance(node, ir.Parameter) and id(node) not in operands}
    written = _counted(tree)
    read = Counter(node.number for number in operands if isinstance(node := spoken[number], ir.Parameter))
    elsewhere |= {number for number, count in written.items() if count != read[number]}
    found: dict[object, Given] = {}
    for one in said:
        for number in sorted(one.numbers) or (0,):
            made = _given(one, spoken.get(number))
            loose = made.parameter in elsewhere if made.parameter else number not in here
            found[one, number] = replace(made, alone=made.alone and not loose)
    return tuple(found.values()), max(written, default=0)


def _given(one: Said, node: ir.Constant | ir.Parameter | None) -> Given:
    base = Given(one.columns, array=one.array, alone=one.operand, written=one.written, casts=one.casts)
    base = replace(base, argument=one.argument)
    match node:
        case ir.Parameter(number):
            return replace(base, parameter=number)
        case ir.Constant():
            return replace(base, literal=node.text, place=node.place)
        case _:
            return replace(base, alone=False)


def _leaves(statement: object) -> Iterator[ir.Constant | ir.Parameter]:
    waiting: list[object] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ir.Constant | ir.Parameter):
            yield node
        elif isinstance(node, tuple):
            waiting.extend(node)
        elif hasattr(node, "__dataclass_fields__"):
            waiting.extend(getattr(node, name) for name in node.__dataclass_fields__)


def _counted(tree: object) -> Counter[int]:
    """Return how often each parameter stands in a tree of the parser."""
    found: Counter[int] = Counter()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            reference = node.get("ParamRef")
            if isinstance(reference, dict):
                found[reference.get("number", 0)] += 1
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return found


def written_into(column: Column, numbers: frozenset[int]) -> Said:
    """Return that these may be written into the column."""
    return Said(frozenset({column}), numbers, written=True)
