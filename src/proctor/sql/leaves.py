"""Station 3: the literals and parameters of a statement in the intermediate form, wherever in it they stand."""

from __future__ import annotations

from collections.abc import Iterable

from proctor.sql import ir

Leaf = ir.Constant | ir.Parameter
_NAMES_ONLY = frozenset({"bool", "int", "str", "int | None", "str | None", "tuple[str, ...]"})
"""Types of fields, as they are written in `ir`, that hold no node."""
_parts: dict[type, tuple[str, ...]] = {}
"""The fields of each class that was met in which nodes may be; there are as many classes as `ir` and `deeds` have."""


def leaves_of(statement: object) -> list[Leaf]:
    """Return every literal and parameter in a statement, as often as it stands there."""
    found: list[Leaf] = []
    waiting = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            waiting.extend(node)
        elif isinstance(node, ir.Constant | ir.Parameter):
            found.append(node)
        else:
            kind = type(node)
            fields = _parts.get(kind)
            if fields is None:
                fields = _parts[kind] = _fields(kind)
            waiting.extend([getattr(node, name) for name in fields])
    return found


def constants_among(leaves: Iterable[Leaf]) -> list[ir.Constant]:
    """Return the literals among them."""
    return [leaf for leaf in leaves if isinstance(leaf, ir.Constant)]


def _fields(kind: type) -> tuple[str, ...]:
    known = getattr(kind, "__dataclass_fields__", {})
    return tuple(name for name, field in known.items() if field.type not in _NAMES_ONLY)
