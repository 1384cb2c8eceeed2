"""Station 4: is this a rule? Takes one policy as written; returns the rule, or says which line is wrong and why.

Checks what Cedar checks (syntax, the schema) and what it does not: annotations, words from closed lists, templates.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast

import cedarpy

from proctor.errors import ConfigFault
from proctor.policy import mask_rules
from proctor.policy.approvers import MAX_QUORUM, SHIPPED, Approvers
from proctor.policy.questions import ENTITY_TYPES
from proctor.policy.source import Piece
from proctor.policy.vocabulary import (
    ANNOTATIONS,
    APPROVAL,
    CLOCK,
    COUNTED,
    ENVIRONMENTS,
    STYLES,
    TRAITS,
    USES,
    did_you_mean,
)
from proctor.terms import Action, Kind

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_CLOSED = {
    ("context", "traits"): TRAITS,
    ("context", "style"): STYLES,
    ("context", "use"): USES,
    ("resource", "environment"): ENVIRONMENTS,
}
_COMPARISONS = ("==", "!=", "contains", "containsAll", "containsAny")


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """A rule as people read it: what it says, why, what to do instead, who may approve, where it is written."""

    id: str
    effect: Literal["permit", "forbid"]
    reason: str
    hint: str
    approvers: frozenset[str]
    quorum: int
    file: str
    line: int
    text: str
    replaces: str | None = None
    mask: str | None = None
    """The word for the mask that it chooses; None for a rule that permits or forbids."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A checked rule, and what of a request it can apply to."""

    info: RuleInfo
    actions: frozenset[Action]
    kinds: frozenset[Kind]
    asks: bool
    """Its condition reads `context.approved` or `context.approvals`."""
    reads: frozenset[str]
    """Every attribute that its condition reads, of whatever."""
    who: tuple[str, str] | None
    """The one entity that its scope names as principal, or as what the principal is in."""

    @property
    def reads_clock(self) -> bool:
        """Tell whether its answer depends on the hour."""
        return bool(self.reads & CLOCK)

    @property
    def reads_probes(self) -> bool:
        """Tell whether its answer depends on how often somebody has asked."""
        return bool(self.reads & COUNTED)


def check_rule(piece: Piece, schema: cedarpy.Schema, asked: Approvers = SHIPPED) -> Rule:
    """Return the rule that this piece of a file is, or raise what is wrong with it, by file and line.

    `asked` is who approves where the rule does not say.
    """
    policy = _parsed(piece)
    info = _info(piece, policy, asked)
    checked = cedarpy.validate_policies(piece.text, schema)
    if not checked.validation_passed:
        raise ConfigFault(f"{piece.place}: rule {info.id}: {_plainly([e.error for e in checked.errors])}")
    _check_words(piece, info.id, policy)
    actions = actions_of(policy)
    mask_rules.check_mask(f"{piece.place}: rule {info.id}", policy, info.mask, actions)
    # Any attribute of that name counts, of whatever it is read: to ask once too often is the safe side.
    read = frozenset(str(node["attr"]) for node in _nodes(policy) if "attr" in node)
    return Rule(info, actions, kinds_of(policy), bool(read & APPROVAL), read, _who(policy))


def _parsed(piece: Piece) -> dict[str, Json]:
    try:
        read = json.loads(cedarpy.policies_to_json_str(piece.text))
    except ValueError as error:
        raise ConfigFault(f"{piece.place}: this is not a Cedar policy: {_plainly([str(error)])}") from error
    if read["templates"]:
        raise ConfigFault(
            f"{piece.place}: ?principal and ?resource are for templates, which are not used here; name whom you mean"
        )
    policies = list(read["staticPolicies"].values())
    if len(policies) != 1:
        raise ConfigFault(f"{piece.place}: one policy was expected here, {len(policies)} were found")
    return cast(dict[str, Json], policies[0])


def _info(piece: Piece, policy: dict[str, Json], asked: Approvers) -> RuleInfo:
    notes = {name: value or "" for name, value in cast(dict[str, str | None], policy["annotations"]).items()}
    for name in notes:
        if name not in ANNOTATIONS:
            raise ConfigFault(f"{piece.place}: @{name} is unknown; {did_you_mean(name, ANNOTATIONS)}")
    for name in ("id", "reason", "hint"):
        if name not in notes:
            raise ConfigFault(f'{piece.place}: the rule has no @{name}; write @{name}("…") above it')
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", notes["id"]):
        raise ConfigFault(f'{piece.place}: @id takes up to 64 letters, digits, dots and dashes, as in @id("hr-7")')
    if not notes["reason"].strip():
        raise ConfigFault(f"{piece.place}: rule {notes['id']}: @reason is empty; say why, for whoever is refused")
    return RuleInfo(
        id=notes["id"],
        effect="permit" if policy["effect"] == "permit" else "forbid",
        reason=notes["reason"],
        hint=notes["hint"],
        approvers=_approvers(piece, notes.get("approvers"), asked),
        quorum=_quorum(piece, notes.get("quorum"), asked),
        file=piece.file,
        line=piece.line,
        text=piece.text,
        replaces=notes.get("replaces"),
        mask=notes.get("mask"),
    )


def _approvers(piece: Piece, written: str | None, asked: Approvers) -> frozenset[str]:
    if written is None:
        return asked.groups
    groups = [group.strip() for group in written.split(",")]
    if not all(groups):
        raise ConfigFault(f'{piece.place}: @approvers names groups, as in @approvers("dba,security")')
    return frozenset(groups)


def _quorum(piece: Piece, written: str | None, asked: Approvers) -> int:
    if written is None:
        return asked.quorum
    if not re.fullmatch(r"[0-9]{1,2}", written) or not 1 <= int(written) <= MAX_QUORUM:
        raise ConfigFault(f'{piece.place}: @quorum is a number from 1 to {MAX_QUORUM}, as in @quorum("2")')
    return int(written)


def actions_of(policy: dict[str, Json]) -> frozenset[Action]:
    """Return the actions that a policy's scope admits; one that names none is not about masks, which nobody does."""
    scope = cast(dict[str, Json], policy["action"])
    match scope["op"]:
        case "All":
            return frozenset(Action) - {Action.MASK}
        case "==":
            named = [scope["entity"]]
        case _:
            named = cast(list[Json], scope["entities"]) if "entities" in scope else [scope["entity"]]
    return frozenset(Action(str(cast(dict[str, Json], entity)["id"])) for entity in named)


def kinds_of(policy: dict[str, Json]) -> frozenset[Kind]:
    """Return the kinds of principals that a policy's scope admits."""
    scope = cast(dict[str, Json], policy["principal"])
    if scope["op"] == "is":
        return frozenset(kind for kind, entity in ENTITY_TYPES.items() if entity == scope["entity_type"])
    return frozenset(Kind)


def _who(policy: dict[str, Json]) -> tuple[str, str] | None:
    scope = cast(dict[str, Json], policy["principal"])
    within = scope.get("in") if scope["op"] == "is" else scope
    entity = within.get("entity") if isinstance(within, dict) else None
    return (str(entity["type"]), str(entity["id"])) if isinstance(entity, dict) else None


def _check_words(piece: Piece, rule: str, policy: dict[str, Json]) -> None:
    for node in _nodes(policy):
        for operator in _COMPARISONS:
            compared = node.get(operator)
            if not isinstance(compared, dict):
                continue
            sides = [compared.get("left"), compared.get("right")]
            for side, other in (sides, reversed(sides)):
                _check_side(piece, rule, side, other)


def _check_side(piece: Piece, rule: str, attribute: Json, words: Json) -> None:
    variable, name = _attribute(attribute)
    known = _CLOSED.get((variable, name))
    if known is None:
        return
    for word in _strings(words):
        if word not in known:
            raise ConfigFault(
                f'{piece.place}: rule {rule}: {variable}.{name} is never "{word}"; {did_you_mean(word, known)}'
            )


def _nodes(tree: Json) -> Iterator[dict[str, Json]]:
    if isinstance(tree, dict):
        yield tree
        for below in tree.values():
            yield from _nodes(below)
    elif isinstance(tree, list):
        for below in tree:
            yield from _nodes(below)


def _attribute(tree: Json) -> tuple[str, str]:
    """Return the variable and the name if this is `variable.name`, else two empty strings."""
    if isinstance(tree, dict) and isinstance(dot := tree.get("."), dict) and isinstance(left := dot.get("left"), dict):
        return str(left.get("Var", "")), str(dot.get("attr", ""))
    return "", ""


def _strings(tree: Json) -> list[str]:
    """Return the string literals of a value or a set of values."""
    if not isinstance(tree, dict):
        return []
    values = tree["Set"] if isinstance(tree.get("Set"), list) else [tree]
    literals = [value.get("Value") for value in cast(list[Json], values) if isinstance(value, dict)]
    return [literal for literal in literals if isinstance(literal, str)]


def _plainly(errors: list[str]) -> str:
    """Return the first error in Cedar's words, without its name for a policy that we cut out ourselves."""
    first = errors[0] if errors else "Cedar refuses it without a word"
    first = re.sub(r"(?:for )?policy `policy0`,?\s*", "", first)
    return " ".join(first.split())
