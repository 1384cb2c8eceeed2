"""Station 4: a rule's scope and clauses as one condition, and the values that its variables may take.

Takes policies as Cedar's JSON has them. What they compare with constants becomes tests; all else (arithmetic, dates,
two attributes compared with each other) is left open.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import cast

from proctor.policy.logic import ALWAYS, NEVER, All, Any, Condition, Not, Test, Value, both
from proctor.policy.vocabulary import ENVIRONMENTS, STYLES, USES
from proctor.terms import Action

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Node = dict[str, Json]

OTHER = "\0other"
_CLOSED = {
    "resource.environment": ENVIRONMENTS,
    "context.style": STYLES,
    "context.use": USES,
    "principal.type": frozenset({"User", "Agent", "Service"}),
    "resource.type": frozenset({"Database", "Table", "Object", "Column"}),
    "action": frozenset(action.value for action in Action),
}
_BOUNDS = {
    "context.hour": (0, 23), "context.weekday": (1, 7), "context.estimated_rows": (-1, 2**62),
    "context.approvals": (0, 10), "context.probes": (0, 1_000_000),
}  # fmt: skip
_ORDER: dict[str, Callable[[int, int], bool]] = {
    "==": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_BY_COLUMN = frozenset({Action.COPY.value, Action.INFER.value, Action.UNMASK.value, Action.MASK.value})
_KINDS_ABOVE = {"Database": ("Database", "Table", "Object", "Column"), "Table": ("Table", "Column")}


class Reader:
    """Turns policies into conditions, and remembers which constants each variable was compared with."""

    def __init__(self) -> None:
        self._words: dict[str, set[str]] = {}
        self._numbers: dict[str, set[int]] = {}
        self._patterns: dict[str, set[str]] = {}

    def condition(self, policy: Node) -> Condition:
        """Return when the policy applies."""
        parts = [
            self._scope("principal", cast(Node, policy["principal"])),
            self._actions(cast(Node, policy["action"])),
            self._scope("resource", cast(Node, policy["resource"])),
        ]
        for clause in cast(list[Node], policy["conditions"]):
            body = self._boolean(clause["body"])
            parts.append(body if clause["kind"] == "when" else Not(body))
        return All(tuple(parts))

    def world(self) -> Condition:
        """Return what holds of every question: columns are copied, inferred, unmasked and masked, all else is not."""
        self._words.setdefault("action", set())
        self._words.setdefault("resource.type", set())
        by_column, of_column = self._among("action", sorted(_BY_COLUMN)), self._among("resource.type", ["Column"])
        return Any((both(by_column, of_column), both(Not(by_column), Not(of_column))))

    def of_class(self, data_class: str, named: set[str]) -> Condition:
        """Return what holds of a question about a column of that class; `named` are all that the policies name."""
        told = (self._member("context.classes", [name], "any") for name in sorted(named))
        each = (test if name == data_class else Not(test) for name, test in zip(sorted(named), told, strict=True))
        return both(self._among("resource.class", [data_class]), *each)

    def domains(self) -> dict[str, tuple[Value, ...]]:
        """Return the values that tell apart all that any condition read so far can tell apart."""
        found: dict[str, tuple[Value, ...]] = {}
        for name in self._words.keys() | self._patterns.keys():
            known = _CLOSED.get(name)
            words = set(known) if known is not None else {*self._words.get(name, ()), OTHER}
            words |= {w for pattern in self._patterns.get(name, ()) for w in _witnesses(pattern)}
            found[name] = tuple(sorted(words))
        for name, numbers in self._numbers.items():
            least, most = _BOUNDS.get(name, (-(2**62), 2**62))
            near = {n + step for n in numbers for step in (-1, 0, 1)} | {least}
            found[name] = tuple(sorted(n for n in near if least <= n <= most))
        return found

    # --- the scope

    def _scope(self, variable: str, scope: Node) -> Condition:
        match scope["op"]:
            case "All":
                return ALWAYS
            case "==":
                return self._same(variable, cast(Node, scope["entity"]))
            case "in":
                return self._within(variable, cast(Node, scope["entity"]))
            case _:
                kind = self._is(variable, str(scope["entity_type"]))
                inner = scope.get("in")
                return both(kind, self._within(variable, cast(Node, cast(Node, inner)["entity"]))) if inner else kind

    def _actions(self, scope: Node) -> Condition:
        if scope["op"] == "All":
            return ALWAYS
        named = cast(list[Node], scope["entities"]) if "entities" in scope else [cast(Node, scope["entity"])]
        return self._among("action", [str(entity["id"]) for entity in named])

    def _is(self, variable: str, kind: str) -> Condition:
        return self._among(f"{variable}.type", [kind])

    def _same(self, variable: str, entity: Node) -> Condition:
        kind, name = str(entity["type"]), str(entity["id"])
        return both(self._is(variable, kind), self._among(f"{variable}.name", [f"{kind}::{name}"]))

    def _within(self, variable: str, entity: Node) -> Condition:
        kind, name = str(entity["type"]), str(entity["id"])
        if kind == "Group":
            return self._member("principal.groups", [name], "any")
        if kind not in _KINDS_ABOVE or variable != "resource":
            return self._same(variable, entity)
        above = self._among(f"resource.{kind.lower()}", [name])
        return both(self._among("resource.type", _KINDS_ABOVE[kind]), above)

    # --- the clauses

    def _boolean(self, tree: Json) -> Condition:
        if not isinstance(tree, dict) or len(tree) != 1:
            return self._open(tree)
        ((word, inner),) = tree.items()
        node: Node = inner if isinstance(inner, dict) else {}
        match word:
            case "Value" if isinstance(inner, bool):
                return ALWAYS if inner else NEVER
            case "&&":
                return both(self._boolean(node["left"]), self._boolean(node["right"]))
            case "||":
                return Any((self._boolean(node["left"]), self._boolean(node["right"])))
            case "!":
                return Not(self._boolean(node["arg"]))
            case "if-then-else":
                chosen = self._boolean(node["if"])
                then, other = self._boolean(node["then"]), self._boolean(node["else"])
                return Any((both(chosen, then), both(Not(chosen), other)))
            case ".":
                return self._open(tree)
            case "is":
                return self._about_entity(tree, node)
            case "in":
                return self._in(tree, node)
            case "like":
                return self._like(tree, node)
            case "==" | "!=":
                same = self._equal(tree, node)
                return same if word == "==" else Not(same)
            case "<" | "<=" | ">" | ">=":
                return self._compared(tree, word, node)
            case "contains" | "containsAny" | "containsAll":
                return self._contains(tree, word, node)
            case _:
                return self._open(tree)

    def _open(self, tree: Json) -> Condition:
        """Return a test that may come out either way; the same words are the same test wherever they stand."""
        return Test(f"?{json.dumps(tree, sort_keys=True)}", "", bool)

    def _about_entity(self, tree: Json, node: Node) -> Condition:
        variable = _variable(node["left"])
        if variable is None:
            return self._open(tree)
        kind = self._is(variable, str(node["entity_type"]))
        entity = _entity(node["in"]) if "in" in node else None
        if "in" in node:
            return self._open(tree) if entity is None else both(kind, self._within(variable, entity))
        return kind

    def _in(self, tree: Json, node: Node) -> Condition:
        variable = _variable(node["left"])
        right = node["right"]
        several = cast(list[Json], right["Set"]) if isinstance(right, dict) and "Set" in right else [right]
        entities = [_entity(each) for each in several]
        if variable is None or None in entities:
            return self._open(tree)
        if variable == "action":
            return self._among("action", [str(e["id"]) for e in entities if e is not None])
        return Any(tuple(self._within(variable, entity) for entity in entities if entity is not None))

    def _equal(self, tree: Json, node: Node) -> Condition:
        for side, other in ((node["left"], node["right"]), (node["right"], node["left"])):
            variable, name = _variable(side), _attribute(side)
            entity, value = _entity(other), _literal(other)
            if variable == "action" and entity is not None:
                return self._among("action", [str(entity["id"])])
            if variable is not None and entity is not None:
                return self._same(variable, entity)
            if name is not None and isinstance(value, bool):
                return self._boolean(side) if value else Not(self._boolean(side))
            if name is not None and isinstance(value, int):
                self._numbers.setdefault(name, set()).add(value)
                return Test(name, f"=={value}", partial(_ordered, "==", value))
            if name is not None and isinstance(value, str):
                return self._among(name, [value])
        return self._open(tree)

    def _compared(self, tree: Json, word: str, node: Node) -> Condition:
        name, value = _attribute(node["left"]), _literal(node["right"])
        if name is None:
            name, value, word = _attribute(node["right"]), _literal(node["left"]), _MIRRORED[word]
        if name is None or isinstance(value, bool) or not isinstance(value, int):
            return self._open(tree)
        self._numbers.setdefault(name, set()).add(value)
        return Test(name, f"{word}{value}", partial(_ordered, word, value))

    def _like(self, tree: Json, node: Node) -> Condition:
        name = _attribute(node["left"])
        if name is None:
            return self._open(tree)
        parts = cast(list[Json], node["pattern"])
        pattern = "".join(".*" if p == "Wildcard" else re.escape(str(cast(Node, p)["Literal"])) for p in parts)
        known = self._patterns.setdefault(name, set())
        if known - {pattern}:
            return self._open(tree)  # witnesses of one pattern say nothing about both together
        known.add(pattern)
        return Test(name, f"like {pattern}", partial(_like, pattern))

    def _contains(self, tree: Json, word: str, node: Node) -> Condition:
        left, right = _attribute(node["left"]), _attribute(node["right"])
        if left is not None and (words := _strings(node["right"])) is not None:
            return self._member(left, words, "all" if word == "containsAll" else "any")
        if right is not None and word == "contains" and (words := _strings(node["left"])) is not None:
            return self._among(right, words)
        return self._open(tree)

    def _among(self, name: str, words: list[str] | tuple[str, ...]) -> Condition:
        self._words.setdefault(name, set()).update(words)
        return Test(name, f"in {sorted(words)}", frozenset(words).__contains__)

    def _member(self, name: str, words: list[str], how: str) -> Condition:
        """Return a test of what a set holds: each member is a variable of its own."""
        parts = tuple(Test(f"?{name} has {word}", "", bool) for word in words)
        return All(parts) if how == "all" else Any(parts)


def classes_named(tree: Json) -> Iterator[str]:
    """Yield the words that `resource.class` and `context.classes` are compared with."""
    if isinstance(tree, list):
        for below in tree:
            yield from classes_named(below)
    if not isinstance(tree, dict):
        return
    for below in tree.values():
        if isinstance(below, dict) and below.keys() == {"left", "right"}:
            sides = below["left"], below["right"]
            if any(_is_class(side) for side in sides):
                yield from (word for side in sides for word in _words(side))
        yield from classes_named(below)


def _is_class(tree: Json) -> bool:
    dot = tree.get(".") if isinstance(tree, dict) else None
    return isinstance(dot, dict) and dot.get("attr") in ("class", "classes")


def _words(tree: Json) -> Iterator[str]:
    if isinstance(tree, dict) and isinstance(word := tree.get("Value"), str):
        yield word
    elif isinstance(tree, dict) and isinstance(several := tree.get("Set"), list):
        for each in several:
            yield from _words(each)


def _ordered(word: str, number: int, value: Value) -> bool:
    return isinstance(value, int) and _ORDER[word](value, number)


def _like(pattern: str, value: Value) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value, re.DOTALL) is not None


def _witnesses(pattern: str) -> Iterator[str]:
    """Yield texts that a pattern matches, with nothing and with something in the place of its wildcards."""
    literals = [re.sub(r"\\(.)", r"\1", part) for part in pattern.split(".*")]
    yield "".join(literals)
    yield "\0some".join(literals)


def _variable(tree: Json) -> str | None:
    return str(tree["Var"]) if isinstance(tree, dict) and "Var" in tree else None


def _attribute(tree: Json) -> str | None:
    """Return `variable.name` if that is what stands there."""
    if not isinstance(tree, dict) or not isinstance(dot := tree.get("."), dict):
        return None
    variable = _variable(dot["left"])
    return None if variable is None else f"{variable}.{dot['attr']}"


def _entity(tree: Json) -> Node | None:
    value = tree.get("Value") if isinstance(tree, dict) else None
    return cast(Node, value["__entity"]) if isinstance(value, dict) and "__entity" in value else None


def _literal(tree: Json) -> str | int | bool | None:
    value = tree.get("Value") if isinstance(tree, dict) else None
    return value if isinstance(value, str | int) else None


def _strings(tree: Json) -> list[str] | None:
    """Return the strings of a literal or a set of literals; None if anything else is among them."""
    items = tree["Set"] if isinstance(tree, dict) and isinstance(tree.get("Set"), list) else [tree]
    found = [_literal(item) for item in cast(list[Json], items)]
    return [word for word in found if isinstance(word, str)] if all(isinstance(w, str) for w in found) else None
