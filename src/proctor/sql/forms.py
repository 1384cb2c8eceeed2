"""Station 3: for which other texts an analysis holds: those of the same shape whose consulted literals are the same.

Comes in: a text, its IR after the analysis, whose constants know whether anyone has looked at them. Goes out: a `Form`,
or None where a literal may matter in a way that cannot be told. A literal that is no constant of the IR (in a type's
modifier, in grammar) counts as consulted. Sound by construction: a value nobody has read cannot have changed anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from proctor.sql import deeds, ir
from proctor.sql.constant import ESCAPED, ESCAPED_LITERALS
from proctor.sql.leaves import Leaf, constants_among
from proctor.sql.shape import COMMENT, DECIMAL, INTEGER, LONG, MARKERS, STRING, shape_of

_MARKER = re.compile(b"[%b]" % MARKERS)
_ENDS = "; \t\n\r\f\v"
_KINDS = {STRING: "string", INTEGER: "integer", DECIMAL: "number", LONG: "long"}
_SHAPED = frozenset({"select", "insert", "update", "delete"})
MAX_CONDITIONS = 64
"""More consulted literals than that are hardly ever the same twice."""


@dataclass(frozen=True, slots=True)
class Form:
    """A shape, and what its literals must be for the analysis to hold.

    `fixed` are those whose value was read, by their place in the row of literals; `asked` those that were only looked
    up in a set of words, and whether they were in it.
    """

    shape: bytes
    fixed: tuple[tuple[int, bytes], ...] = ()
    asked: tuple[tuple[int, frozenset[bytes], bool], ...] = ()

    def holds(self, literals: tuple[bytes, ...]) -> bool:
        """Tell whether the analysis is that of a text of this shape with these literals too."""
        for place, literal in self.fixed:
            if literals[place] != literal:
                return False
        for place, words, among in self.asked:  # noqa: SIM110 - a generator would cost more than the loop
            if (literals[place] in words) is not among:
                return False
        return True


def places_of(shape: bytes, literals: tuple[bytes, ...]) -> tuple[int, ...]:
    """Return where each literal of a text of this shape begins, in bytes."""
    found, drift = [], 0
    for mark, literal in zip(_MARKER.finditer(shape), literals, strict=True):
        found.append(mark.start() + drift)
        drift += len(literal) - 1
    return tuple(found)


def value_of(literal: bytes) -> str:
    """Return what a literal of a shape says, a whole number without zeros before it."""
    if literal[:1] == b"'":
        return literal[1:-1].replace(b"''", b"'").decode()
    return str(int(literal)) if literal.isdigit() else literal.decode()


def own_text(text: str) -> str:
    """Return the text of the one statement that a text of some shape holds."""
    return text.strip().rstrip(_ENDS)


def form_of(text: str, own: str, statement: deeds.Statement, leaves: Sequence[Leaf]) -> Form | None:
    """Return the form of an analysis of a text, `own` being the text that its only statement was found to have.

    `leaves` are the statement's literals and parameters.
    """
    if not isinstance(statement, deeds.QueryStatement) or statement.kind not in _SHAPED or own_text(text) != own:
        return None
    found = shape_of(text)
    if found is None:
        return None
    shape, literals = found
    constants: dict[int, list[ir.Constant]] = {}
    for constant in constants_among(leaves):
        constants.setdefault(constant.place, []).append(constant)
    fixed: list[tuple[int, bytes]] = []
    asked: list[tuple[int, frozenset[bytes], bool]] = []
    drift = 0
    for place, (mark, literal) in enumerate(zip(_MARKER.finditer(shape), literals, strict=True)):
        at = mark.start() + drift
        drift += len(literal) - 1
        marker = shape[mark.start()]
        if marker == COMMENT:
            continue
        meant = constants.get(at) or _negated(shape, mark.start(), at, constants)
        if not meant:
            fixed.append((place, literal))
        elif not all(c.kind == _KINDS[marker] and c.spelled(literal.decode()) for c in meant):
            return None
        elif any(c.consulted for c in meant):
            fixed.append((place, literal))
        else:
            for words in {words for c in meant for words in c.asked}:
                spelt = _spelt(words)
                asked.append((place, spelt, literal in spelt))
    if len(fixed) + len(asked) > MAX_CONDITIONS:
        return None
    return Form(shape, tuple(fixed), tuple(asked))


def _spelt(words: frozenset[str]) -> frozenset[bytes]:
    """Return words as the text would hold them."""
    return ESCAPED_LITERALS if words is ESCAPED else frozenset(b"'" + word.encode() + b"'" for word in words)


def _negated(shape: bytes, mark: int, at: int, constants: dict[int, list[ir.Constant]]) -> list[ir.Constant] | None:
    """Return the constant whose minus stands before its digits: the parser puts it where the minus is."""
    before = shape[:mark].rstrip()
    return constants.get(at - (mark - len(before) + 1)) if before.endswith(b"-") else None
