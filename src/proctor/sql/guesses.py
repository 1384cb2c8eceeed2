"""Station 3: how many plain values an expression, or a list of rows, puts to a column.

Counts what the text shows; the elements of an array that comes as a parameter are left to whoever has its value. Where
the count depends on rows, or on what a function returns, nobody can say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from proctor.sql import ir
from proctor.terms import Column, Probe


@dataclass(frozen=True, slots=True)
class Guesses:
    """So many values in the text, the elements of these parameters, and perhaps more than anybody can count."""

    constants: int = 0
    arrays: tuple[int, ...] = ()
    countless: bool = False

    def of(self, column: Column, *, written: bool = False) -> Probe:
        """Return what a column is asked with them."""
        return Probe(column, self.constants, self.arrays, self.countless, written)


ONE = Guesses(1)
COUNTLESS = Guesses(countless=True)


def elements(text: str) -> int:
    """Return how many elements a literal may have when it is read as an array, and 1 if it is none.

    Commas inside quotes count as well: rather too many than too few. `int2vector` and its kin have spaces for commas.
    """
    if text.lstrip()[:1] in ("{", "["):
        return 1 + text.count(",") + text.count(";")  # a box ends with a semicolon
    words = text.split()
    return len(words) if len(words) > 1 and all(word.lstrip("-").isdigit() for word in words) else 1


def members(e: ir.Expression) -> Guesses:
    """Return what `= ANY (e)` compares with: every element, also of arrays within arrays."""
    match e:
        case ir.Row():
            return ONE  # each of its columns is compared with one value of it
        case ir.Array(args):
            return _together(listed(args))
        case ir.Cast(arg):
            return members(arg)
        case ir.Constant("string"):
            return Guesses(elements(str(e.value)))
        case ir.Constant():
            return ONE
        case ir.Parameter(number):
            return Guesses(arrays=(number,))
        case _:
            return COUNTLESS


def listed(args: Sequence[ir.Expression]) -> list[Guesses]:
    """Return what each member of a list stands for; a literal is read as an array where its neighbours are arrays."""
    if all(isinstance(arg, ir.Constant) for arg in args):
        return [ONE] * len(args)  # not looked at: lists of other values mean the same
    return [members(arg) for arg in args]


def inserted(source: ir.Query | None, place: int) -> Guesses | None:
    """Return what an INSERT from this source writes into its column at this place; None for nothing but defaults."""
    if source is None:
        return None
    match source:
        case ir.Values(rows):
            cells = [row[place] for row in rows if place < len(row)]
        case ir.Select(targets, source=()) if all(_is_literal(target.expression) for target in targets):
            cells = [targets[place].expression] if place < len(targets) else []
        case _:
            return COUNTLESS
    given = [cell for cell in cells if not isinstance(cell, ir.Default)]
    return Guesses(len(given)) if given else None


def _is_literal(e: ir.Expression) -> bool:
    """Tell whether it is one value whatever happens: a function may return a set."""
    while isinstance(e, ir.Cast):
        e = e.arg
    return isinstance(e, ir.Constant | ir.Parameter)


def _together(found: Iterable[Guesses]) -> Guesses:
    total = Guesses()
    for one in found:
        total = Guesses(total.constants + one.constants, total.arrays + one.arrays, total.countless or one.countless)
    return total
