"""Station 4: what the rules are asked. The nouns of a question, and their form for Cedar.

A statement becomes several questions: one for each access, and one for each sensitive column that it would copy, infer
or unmask. Knows who, what and how; not what the answer will be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from proctor.errors import HouseFault
from proctor.terms import Action, Column, Identity, Kind, Relation

ENTITY_TYPES = {Kind.HUMAN: "User", Kind.AGENT: "Agent", Kind.SERVICE: "Service"}
_PLAIN_NAME = re.compile(r'[^".\s]+')


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity as Cedar's JSON has it; `key` tells it from the others."""

    key: tuple[str, str]
    json: dict[str, object]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, as far as rules may read it."""

    kind: Kind
    subject: str
    groups: tuple[str, ...]
    on_behalf_of: str | None
    acr: str = ""
    amr: tuple[str, ...] = ()

    @classmethod
    def of(cls, identity: Identity) -> Principal:
        """Return the principal that an identity is; only an agent acts for somebody."""
        owner = identity.on_behalf_of if identity.kind is Kind.AGENT else None
        groups, methods = tuple(sorted(identity.groups)), tuple(sorted(identity.amr))
        return cls(identity.kind, identity.subject, groups, owner, identity.acr, methods)

    def names(self) -> list[tuple[str, str]]:
        """Return every entity that this principal is or is in."""
        return [(ENTITY_TYPES[self.kind], self.subject), *(("Group", group) for group in self.groups)]


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked for: a relation, one of its columns, another object, or the database itself."""

    database: str
    environment: str
    relation: Relation | None = None
    column: str | None = None
    data_class: str = ""
    object: str = ""

    def __str__(self) -> str:
        if self.relation is None:
            return self.object or f"database {self.database}"
        return str(self.relation) if self.column is None else f"{self.relation}.{self.column}"


@dataclass(frozen=True, slots=True)
class Facts:
    """Under which circumstances a question is asked: at what hour, and approved by how many."""

    now: datetime
    approved: bool = False
    approvals: int = 0
    in_transaction: bool = False

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise HouseFault("the hour came without a time zone")


@dataclass(frozen=True, slots=True)
class Manner:
    """How it is done: the part of Cedar's context that differs from question to question, or statement to statement."""

    kind: str
    style: str
    reason: str = ""
    task: str = ""
    understood: bool = True
    opaque: tuple[str, ...] = ()
    traits: frozenset[str] = frozenset()
    temporary: bool = False
    classes: frozenset[str] = frozenset()
    sensitive: bool = False
    estimated_rows: int = -1
    use: str = ""
    target: str = ""
    probes: int = 0
    outside_task: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """May this principal do this to that, in this manner?"""

    principal: Principal
    action: Action
    target: Target
    manner: Manner

    def request(self, facts: Facts, reads: frozenset[str] | None = None) -> dict[str, object]:
        """Return the question as Cedar's request; with `reads`, it says nothing that none of these asks for."""
        principal, target = _principal(self.principal), _targets(self.target)[-1]
        return {
            "principal": {"type": principal.key[0], "id": principal.key[1]},
            "action": f'Action::"{self.action.value}"',
            "resource": {"type": target.key[0], "id": target.key[1]},
            "context": msgspec.json.encode(self._told(facts, reads)).decode(),
        }

    def entities(self) -> Iterator[Entity]:
        """Yield the entities that the question speaks of."""
        yield _principal(self.principal)
        yield from _targets(self.target)

    def _told(self, facts: Facts, reads: frozenset[str] | None) -> dict[str, object]:
        context = self._context(facts)
        return context if reads is None else {name: value for name, value in context.items() if name in reads}

    def _context(self, facts: Facts) -> dict[str, object]:
        manner = self.manner
        now = facts.now.astimezone(UTC)
        context: dict[str, object] = {
            "kind": manner.kind,
            "understood": manner.understood,
            "opaque": list(manner.opaque),
            "traits": sorted(manner.traits),
            "temporary": manner.temporary,
            "classes": sorted(manner.classes),
            "sensitive": manner.sensitive,
            "has_where": "no_where" not in manner.traits,
            "estimated_rows": manner.estimated_rows,
            "use": manner.use,
            "target": manner.target,
            "approved": facts.approved,
            "approvals": facts.approvals,
            "in_transaction": facts.in_transaction,
            "reason": manner.reason,
            "task": manner.task,
            "outside_task": manner.outside_task,
            "style": manner.style,
            "acr": self.principal.acr,
            "amr": [*self.principal.amr],
            "now": {"__extn": {"fn": "datetime", "arg": now.strftime("%Y-%m-%dT%H:%M:%SZ")}},
            "hour": now.hour,
            "weekday": now.isoweekday(),
        }
        if self.action is Action.INFER:
            context["probes"] = manner.probes
        if self.principal.on_behalf_of is not None:
            context["on_behalf_of"] = {"__entity": {"type": "User", "id": self.principal.on_behalf_of}}
        return context


def relation_name(relation: Relation) -> str:
    """Return the name of a relation as rules write it: `public.orders`, quoted where a part has a dot or a quote.

    Without the quotes, a schema "a.b" would let its owner speak for a table of schema "a".
    """
    return f"{_quoted(relation.schema)}.{_quoted(relation.name)}"


def column_name(column: Column) -> str:
    """Return the name of a column as rules write it: `public.customers.email`."""
    return f"{relation_name(column.relation)}.{_quoted(column.name)}"


def _quoted(name: str) -> str:
    if _PLAIN_NAME.fullmatch(name):
        return name
    return '"' + name.replace('"', '""') + '"'


def _principal(principal: Principal) -> Entity:
    attributes: dict[str, object] = {}
    if principal.on_behalf_of is not None:
        attributes["owner"] = {"__entity": {"type": "User", "id": principal.on_behalf_of}}
    key = (ENTITY_TYPES[principal.kind], principal.subject)
    return _entity(key, attributes, [("Group", group) for group in principal.groups])


def _targets(target: Target) -> list[Entity]:
    """Return the target and all that it lies in, the target last."""
    environment: dict[str, object] = {"environment": target.environment}
    database = ("Database", target.database)
    entities = [_entity(database, environment, [])]
    if target.relation is None:
        if target.object:
            entities.append(_entity(("Object", target.object), environment, [database]))
        return entities
    table = ("Table", relation_name(target.relation))
    entities.append(_entity(table, {**environment, "schema": target.relation.schema}, [database]))
    if target.column is not None:
        name = column_name(Column(target.relation, target.column))
        entities.append(_entity(("Column", name), {**environment, "class": target.data_class}, [table]))
    return entities


def _entity(key: tuple[str, str], attributes: dict[str, object], parents: list[tuple[str, str]]) -> Entity:
    return Entity(
        key,
        {
            "uid": {"type": key[0], "id": key[1]},
            "attrs": attributes,
            "parents": [{"type": kind, "id": name} for kind, name in parents],
        },
    )
