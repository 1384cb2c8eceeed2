"""Station 4: can this condition ever hold? Conditions over a few variables with few values, searched one by one.

A condition is made of tests of single variables. What cannot be said like that is a variable of its own that may be
true or false, so that a condition is found impossible only if it is: "it can hold" may be wrong, "it cannot" never.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

Value = bool | int | str
OPEN = (False, True)

MAX_STEPS = 20_000  # of one search; beyond it, nobody knows


@dataclass(frozen=True, slots=True)
class Test:
    """A test of one variable; `key` tells it from others."""

    variable: str
    key: str
    holds: Callable[[Value], bool] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """What holds when the other does not."""

    inner: Condition


@dataclass(frozen=True, slots=True)
class All:
    """What holds when each of them does; of none, always."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """What holds when one of them does; of none, never."""

    parts: tuple[Condition, ...]


Condition = Test | Not | All | Any
ALWAYS = All(())
NEVER = Any(())


def both(*parts: Condition) -> Condition:
    """Return what holds when all of them do."""
    return All(tuple(parts))


def variables(condition: Condition) -> Iterable[str]:
    """Yield the variables of a condition, in the order in which they stand there."""
    match condition:
        case Test(variable):
            yield variable
        case Not(inner):
            yield from variables(inner)
        case All(parts) | Any(parts):
            for part in parts:
                yield from variables(part)


def can_hold(condition: Condition, domains: Mapping[str, tuple[Value, ...]]) -> bool:
    """Tell whether some values of the variables make it true; true as well when that takes too long to find out.

    A variable whose name begins with a question mark may come out either way.
    """
    steps = 0
    order = list(dict.fromkeys(variables(condition)))
    values = [OPEN if name.startswith("?") else domains.get(name, ()) for name in order]
    if not all(values):
        return True

    def search(at: int, known: dict[str, Value]) -> bool:
        nonlocal steps
        steps += 1
        if steps > MAX_STEPS:
            return True
        verdict = _evaluated(condition, known)
        if verdict is not None or at == len(order):
            return verdict is not False
        for value in values[at]:
            known[order[at]] = value
            if search(at + 1, known):
                return True
        del known[order[at]]
        return False

    return search(0, {})


def _evaluated(condition: Condition, known: Mapping[str, Value]) -> bool | None:
    """Return whether it holds, None while that depends on variables that are not known yet."""
    match condition:
        case Test(variable, _, holds):
            return holds(known[variable]) if variable in known else None
        case Not(inner):
            found = _evaluated(inner, known)
            return None if found is None else not found
        case All(parts):
            return _folded(parts, known, decisive=False)
        case Any(parts):
            return _folded(parts, known, decisive=True)


def _folded(parts: tuple[Condition, ...], known: Mapping[str, Value], *, decisive: bool) -> bool | None:
    open_still = False
    for part in parts:
        found = _evaluated(part, known)
        if found is decisive:
            return decisive
        open_still = open_still or found is None
    return None if open_still else not decisive
