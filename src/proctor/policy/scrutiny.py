"""Station 4: rules that are well written and still wrong: that never apply, that others undo, that name nobody.

Takes the rules in force and the names that are known here; returns doubts, each with file and line. A rule that is
doubted still decides: only a person can say what it was meant to be.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import cast

import cedarpy

from proctor.policy.check import RuleInfo, actions_of, kinds_of
from proctor.policy.conditions import Json, Node, Reader, classes_named
from proctor.policy.logic import Condition, Not, both, can_hold

OWN_NAMES = frozenset({"dba", "security", "auditor"})
"""Groups that the house itself knows."""
MAX_TOGETHER = 40  # forbids that are held against a permit at once


@dataclass(frozen=True, slots=True)
class Names:
    """What may be named in a rule; None where not everything is known that there is."""

    groups: frozenset[str] | None = None
    people: frozenset[str] | None = None
    agents: frozenset[str] | None = None
    services: frozenset[str] | None = None
    databases: frozenset[str] | None = None
    classes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, order=True)
class Doubt:
    """What is doubtful about a rule. `grave`: it cannot do what a rule is for."""

    file: str
    line: int
    rule: str
    what: str
    grave: bool = field(compare=False, default=True)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: rule {self.rule}: {self.what}"


def scrutinize(rules: Sequence[RuleInfo], names: Names) -> tuple[Doubt, ...]:
    """Return what is doubtful about the operator's rules, in the order of their lines."""
    own = [rule for rule in rules if not rule.file.startswith("shipped/")]
    dead = {rule.id for rule in own if not _can_hold(rule)}
    alive = [rule for rule in rules if rule.id not in dead]
    found: list[Doubt] = [_doubt(rule, "it can never match: its conditions exclude each other") for rule in own
                          if rule.id in dead]  # fmt: skip
    found += _undone(alive, own)
    found += _idle(alive, own)
    for rule in own:
        found += _names(rule, names)
    return tuple(sorted(found))


def _can_hold(rule: RuleInfo) -> bool:
    reader = Reader()
    condition = reader.condition(_policy(rule.text))
    return can_hold(both(reader.world(), condition), reader.domains())


def _undone(alive: Sequence[RuleInfo], own: Sequence[RuleInfo]) -> Iterator[Doubt]:
    """Yield the permits of which nothing is left, since a forbid wins against every permit."""
    forbids = [rule for rule in alive if rule.effect == "forbid"]
    for permit in alive:
        if permit.effect != "permit" or permit.mask is not None:
            continue  # what a column wears is nothing that could be forbidden
        against = [forbid for forbid in forbids if permit in own or forbid in own]
        one = next((forbid for forbid in against if _covers([forbid], permit)), None)
        if one is not None and permit in own:
            yield _doubt(permit, f"it never permits anything: {one.id} ({_place(one)}) forbids all that it permits")
        elif one is not None:
            yield _doubt(one, f"it forbids all that {permit.id} ({_place(permit)}) permits", grave=False)
        elif permit in own and _covers(forbids[:MAX_TOGETHER], permit):
            yield _doubt(permit, "it never permits anything: the forbids together leave nothing of it")


def _idle(alive: Sequence[RuleInfo], own: Sequence[RuleInfo]) -> Iterator[Doubt]:
    """Yield the own forbids that another forbid makes superfluous: whoever lifts the other believes it is gone."""
    forbids = [rule for rule in alive if rule.effect == "forbid"]
    for rule in (rule for rule in forbids if rule in own):
        other = next((o for o in forbids if o.id != rule.id and _covers([o], rule) and not _covers([rule], o)), None)
        if other is not None:
            what = f"it adds nothing: {other.id} ({_place(other)}) forbids all that it forbids"
            yield _doubt(rule, what, grave=False)


def _covers(forbids: Sequence[RuleInfo], rule: RuleInfo) -> bool:
    """Tell whether these apply wherever the rule does."""
    policy = _policy(rule.text)
    if len(forbids) == 1 and not _reaches(_policy(forbids[0].text), policy):
        return False
    reader = Reader()
    parts: list[Condition] = [reader.condition(policy)]
    parts += [Not(reader.condition(_policy(forbid.text))) for forbid in forbids]
    return not can_hold(both(reader.world(), *parts), reader.domains())


def _reaches(forbid: Node, policy: Node) -> bool:
    """Tell whether a forbid's scope alone lets it apply to all that the other's does: most do not, and it is cheap."""
    return actions_of(forbid) >= actions_of(policy) and kinds_of(forbid) >= kinds_of(policy)


# --- names ----------------------------------------------------------------------------------------------------------


def _names(rule: RuleInfo, names: Names) -> Iterator[Doubt]:
    known: Mapping[str, frozenset[str] | None] = {
        "Group": None if names.groups is None else names.groups | OWN_NAMES,
        "User": names.people,
        "Agent": names.agents,
        "Service": names.services,
        "Database": names.databases,
    }
    policy = _policy(rule.text)
    for kind, name in dict.fromkeys(_entities(policy)):
        if (kind == "Table" and "." not in name) or (kind == "Column" and name.count(".") < 2):
            example = "public.orders" if kind == "Table" else "public.customers.email"
            yield _doubt(rule, f'{kind}::"{name}" is never met: write it with its schema, as in {kind}::"{example}"')
        elif (there := known.get(kind)) is not None and name not in there:
            yield _doubt(rule, f'{kind}::"{name}" is unknown here{_near(name, there)}', grave=False)
    if names.classes is not None:
        for word in dict.fromkeys(classes_named(policy)):
            if word not in names.classes:
                yield _doubt(rule, f'there is no class "{word}"{_near(word, names.classes)}')
    if names.groups is not None:
        for group in sorted(rule.approvers - names.groups - OWN_NAMES):
            what = f'@approvers: nobody is in the group "{group}"{_near(group, names.groups | OWN_NAMES)}'
            yield _doubt(rule, what, grave=False)


def _entities(tree: Json) -> Iterator[tuple[str, str]]:
    if isinstance(tree, dict):
        if tree.keys() == {"type", "id"} and tree["type"] != "Action":
            yield str(tree["type"]), str(tree["id"])
        for below in tree.values():
            yield from _entities(below)
    elif isinstance(tree, list):
        for below in tree:
            yield from _entities(below)


# --- words ----------------------------------------------------------------------------------------------------------


@cache
def _policy(text: str) -> Node:
    policies = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"]
    return cast(Node, next(iter(policies.values())))


def _near(word: str, known: frozenset[str]) -> str:
    close = get_close_matches(word, sorted(known), n=1)
    return f'; did you mean "{close[0]}"?' if close else ""


def _doubt(rule: RuleInfo, what: str, *, grave: bool = True) -> Doubt:
    return Doubt(rule.file, rule.line, rule.id, what, grave)


def _place(rule: RuleInfo) -> str:
    return f"{rule.file}:{rule.line}"
