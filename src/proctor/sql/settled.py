"""Station 3: calls that a literal settles: with just this pattern or unit they fail on no value.

Without the literal they are judged by the list: a pattern may end in its escape, a format may be wrong, a unit unknown.
Takes IR and values; every literal that it looks at counts as consulted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from proctor.sql import ir
from proctor.sql.constant import ESCAPED
from proctor.sql.scope import Value

_PATTERNS = frozenset({"~~", "!~~", "~~*", "!~~*"})
_UNITS = frozenset({"year", "month", "day", "quarter", "decade", "century", "millennium", "epoch"})
_HAVE_UNITS = frozenset({1082, 1114, 1184, 1186})
"""Of these types, date, timestamp with and without time zone, and interval, each of those units is one."""
_PLAIN_FORMAT = re.compile(r"(?:[^%]|%%|%[sL])*")


def matches_safely(e: ir.Operation) -> bool:
    """Tell whether that is LIKE with literal patterns that end in no escape.

    One that does fails for whatever matches it up to there.
    """
    return e.name in _PATTERNS and _ends_well(e.args[-1])


def _ends_well(pattern: ir.Expression) -> bool:
    match pattern:
        case ir.Constant():
            return pattern.kind == "string" and not pattern.among(ESCAPED)
        case ir.Array(args):
            return all(map(_ends_well, args))
        case _:
            return False


def settled(name: str, e: ir.Call, args: Sequence[Value]) -> bool:
    """Tell whether a call of a routine that may fail cannot, because of its first argument."""
    if len(args) != len(e.args) or not e.args or not isinstance(e.args[0], ir.Constant) or e.named or e.variadic:
        return False
    literal = e.args[0]
    if name in ("extract", "date_part"):
        return len(args) == 2 and args[1].type in _HAVE_UNITS and literal.kind == "string" and literal.among(_UNITS)
    if name == "format" and literal.kind == "string":
        text = str(literal.value)
        return _PLAIN_FORMAT.fullmatch(text) is not None and text.replace("%%", "").count("%") <= len(args) - 1
    return False
