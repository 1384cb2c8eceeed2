"""Policy, dates in lives: which columns hold several dates of one person, whose distances are to survive masking.

Such dates are moved by as many days as their subject's key says, and not by what they are themselves. If it could be
asked which of them are equal, their many masks would tell the true day by their mean: to join or group by them is to
infer. Knows the data map, no rule.
"""

from __future__ import annotations

from collections.abc import Iterable

from proctor.policy.masks import DEFAULTS
from proctor.terms import Classified, Column

SHIFT = "shift"
_DATES = frozenset({"date", SHIFT})


def shifts(column: Column, classified: Classified) -> bool:
    """Tell whether a column's dates are moved with their subject: its table has several such, or its class says so."""
    data_class = classified.class_of(column)
    name = "" if data_class is None else DEFAULTS.get(data_class, "")
    if name != "date":
        return name == SHIFT
    held = classified.by_relation.get(column.relation, ())
    return sum(DEFAULTS.get(other) in _DATES for other in held) > 1


def mask_of(name: str, columns: Iterable[Column], classified: Classified) -> str:
    """Return the mask that columns wear who would wear that one alone."""
    return SHIFT if name == "date" and any(shifts(column, classified) for column in columns) else name
