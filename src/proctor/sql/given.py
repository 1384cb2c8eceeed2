"""Station 3: which literals and parameters a statement compares with columns by `=`, or writes into them.

A masked value among them stands for another, which may take its place only where the literal or parameter is compared
and does nothing else: a parameter that is shown as well would show what it stands for. Knows no masks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from proctor.sql import ir
from proctor.sql.leaves import Leaf
from proctor.terms import Column, Given

Spoken = Mapping[int, Leaf]
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


def given_in(
    said: Sequence[Said], spoken: Spoken, own: Sequence[Leaf], tree: object, text: str
) -> tuple[tuple[Given, ...], int]:
    """Return all uses of the statement, and the highest number of a parameter in it if there are any.

    `own` are its literals and parameters: what a view's own text says was given by nobody, and can't be replaced. Where
    a parameter stands is counted in the parser's own tree as well, since a place that the IR leaves out might show it;
    in a text without any sign of one there is none.
    """
    if not said:
        return (), 0
    here = {id(node) for node in own}
    operands = {number for one in said if one.operand for number in one.numbers}
    elsewhere = {node.number for node in own if isinstance(node, ir.Parameter) and id(node) not in operands}
    written: Mapping[int, int] = {}
    if "$" in text or "?" in text:
        written = _counted(tree)
        read = Counter(node.number for number in operands if isinstance(node := spoken[number], ir.Parameter))
        elsewhere |= {number for number, count in written.items() if count != read[number]}
    found: dict[object, Given] = {}
    for one in said:
        for number in sorted(one.numbers) or (0,):
            known = spoken.get(number)
            parameter = known.number if isinstance(known, ir.Parameter) else 0
            loose = parameter in elsewhere if parameter else number not in here
            found[one, number] = _given(one, known, alone=one.operand and known is not None and not loose)
    return tuple(found.values()), max(written, default=0)


def _given(one: Said, node: Leaf | None, *, alone: bool) -> Given:
    constant = node if isinstance(node, ir.Constant) else None
    return Given(
        one.columns,
        parameter=node.number if isinstance(node, ir.Parameter) else 0,
        literal=None if constant is None else constant.text,
        place=-1 if constant is None else constant.place,
        array=one.array,
        alone=alone,
        written=one.written,
        casts=one.casts,
        argument=one.argument,
    )


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
