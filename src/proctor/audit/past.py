"""Reads decided statements back into the nouns they were decided by, as far as their records tell.

Takes a record of a `statement.decided`; returns a `Past`. What a record does not tell exactly is said in `gaps`, in
words. Knows no rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from proctor.audit.basis import Accessed, Basis
from proctor.audit.record import Claimed, Masked, StatementText, Verdict, Who
from proctor.terms import (
    Access,
    Action,
    Analysis,
    Claims,
    Classified,
    Column,
    Context,
    DataClass,
    Finding,
    Identity,
    Inference,
    Kind,
    Output,
    Registration,
    Relation,
    Taint,
    Task,
    Use,
)

OLD = "it was recorded before records said what a decision stood on"
DOTS = "a name in it has a dot, and the record does not say which part is which"
_SOMETHING = "(another column)"
_WRITES = {"insert": Action.INSERT, "update": Action.UPDATE, "delete": Action.DELETE, "define": Action.DEFINE}


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of a record."""

    id: str
    time: str
    database: str
    statement: StatementText
    command: str
    understood: bool
    decision: Verdict
    who: Who | None = None
    claims: Claimed | None = None
    exchange: str | None = None
    actions: tuple[str, ...] = ()
    reads: dict[str, tuple[str, ...]] = {}
    writes: dict[str, tuple[str, ...]] = {}
    infers: dict[str, tuple[str, ...]] = {}
    objects: tuple[str, ...] = ()
    opaque: tuple[str, ...] = ()
    masks: tuple[Masked, ...] = ()
    shows: dict[str, tuple[str, ...]] = {}
    ticket: str | None = None
    basis: Basis | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """A decided statement as it can be asked about again."""

    record: Decided
    asker: Identity
    analysis: Analysis
    context: Context
    classified: Classified
    gaps: tuple[str, ...] = ()


class Unreadable(Exception):
    """Raised for a record that names nobody, or a name that nobody can read."""


_decode = msgspec.json.Decoder(Decided).decode


def past_of(record: bytes, environments: Mapping[str, str]) -> Past:
    """Return what a record of a decided statement tells; `environments` stands in for what an older one leaves out."""
    try:
        said = _decode(record)
    except msgspec.MsgspecError as fault:
        raise Unreadable("the record cannot be read") from fault
    if said.who is None:
        raise Unreadable("the record does not say who asked")
    gaps: list[str] = []
    basis = said.basis or _guessed(said, environments)
    if said.basis is None:
        gaps.append(OLD)
    try:
        names = _Names(basis.dotted)
        analysis = _analysis(said, basis, names)
        classified = _classified(basis, analysis, names)
        context = _context(said, basis, names)
    except ValueError as fault:
        raise Unreadable(DOTS) from fault
    return Past(said, _asker(said.who, said, basis), analysis, context, classified, tuple(gaps))


class _Names:
    """Reads the names of a record; those with a dot in a part of theirs are listed in the record part by part."""

    def __init__(self, dotted: Sequence[Sequence[str]]) -> None:
        self._known: dict[tuple[int, str], Sequence[str]] = {}
        for parts in dotted:
            known = self._known.setdefault((len(parts), ".".join(parts)), parts)
            if known != parts:
                raise ValueError("two things of the record have the same text for a name")

    def relation(self, text: str) -> Relation:
        """Return the relation of that name; `ValueError` if nobody can say which part is which."""
        schema, name = self._known.get((2, text)) or text.split(".")
        return Relation(schema, name)

    def column(self, text: str) -> Column:
        """Return the column of that name; `ValueError` if nobody can say which part is which."""
        schema, table, name = self._known.get((3, text)) or text.split(".")
        return Column(Relation(schema, table), name)

    def columns(self, texts: Iterable[str]) -> frozenset[Column]:
        """Return the columns of those names."""
        return frozenset(map(self.column, texts))

    def below(self, named: Mapping[str, Iterable[str]]) -> list[Column]:
        """Return the columns that are listed under the names of their relations."""
        return [Column(self.relation(relation), name) for relation, names in named.items() for name in names]


def _asker(who: Who, said: Decided, basis: Basis) -> Identity:
    claimed = None if said.claims is None else said.claims.task
    tasks = (Task(claimed or "", frozenset(basis.task_tables)),) if basis.task_tables else ()
    return Identity(
        who.subject,
        Kind(who.kind),
        frozenset(who.groups),
        who.proof,
        who.on_behalf_of,
        tasks,
        who.issuer,
        who.acr,
        frozenset(who.amr),
        frozenset(who.person_groups),
        _registration(basis),
    )


def _registration(basis: Basis) -> Registration:
    bounds = basis.registered
    return Registration(
        databases=frozenset(bounds["databases"]) if "databases" in bounds else None,
        actions=frozenset(map(Action, bounds["actions"])) if "actions" in bounds else None,
    )


def _context(said: Decided, basis: Basis, names: _Names) -> Context:
    claims = said.claims or Claimed()
    return Context(
        database=said.database,
        environment=basis.environment,
        now=datetime.fromisoformat(said.time).replace(second=0, microsecond=0),
        claims=Claims(
            claims.reason, claims.task, claims.on_behalf_of, claims.application, break_glass=basis.break_glass
        ),
        grants=frozenset((names.column(column), grant) for column, grant in basis.grants.items()),
        style=basis.style,
        in_transaction=basis.in_transaction,
    )


def _guessed(said: Decided, environments: Mapping[str, str]) -> Basis:
    """Return what an older record lets one suppose: every action on everything that it writes."""
    accesses = [Accessed(action="read", relation=name, columns=columns) for name, columns in said.reads.items()]
    for action in said.actions:
        if action in _WRITES:
            accesses += [Accessed(action=action, relation=name, columns=c) for name, c in said.writes.items()]
        elif action not in ("read", "copy"):
            accesses += [Accessed(action=action, object=name) for name in said.objects or ("",)]
    return Basis(
        environment=environments.get(said.database, "production"),
        style="useful",
        accesses=tuple(accesses),
        classes={column: mask.data_class for mask in said.masks for column in mask.columns},
        sensitive=tuple({column.rpartition(".")[0] for mask in said.masks for column in mask.columns}),
    )


def _analysis(said: Decided, basis: Basis, names: _Names) -> Analysis:
    return Analysis(
        kind=said.command,
        understood=said.understood,
        accesses=tuple(_access(one, names) for one in basis.accesses),
        outputs=tuple(_outputs(said, names)),
        reads=frozenset(names.below(said.reads)),
        inferences=tuple(Inference(Use(one.use), names.columns(one.columns)) for one in basis.uses),
        taints=tuple(Taint(names.columns(one.sources), names.column(one.target)) for one in basis.copies),
        opaque=said.opaque,
        text=said.statement.text,
    )


def _outputs(said: Decided, names: _Names) -> list[Output]:
    """Return the result columns as far as they hold something: which one they were does not matter here."""
    masked = [Output(f"{m.output}", names.columns(m.columns), plain=not m.computed) for m in said.masks]
    return [*masked, *(Output(c.name, frozenset({c}), plain=True) for c in names.below(said.shows))]


def _access(one: Accessed, names: _Names) -> Access:
    relation = names.relation(one.relation) if one.relation else None
    return Access(Action(one.action), relation, frozenset(one.columns), frozenset(one.traits), one.object, one.rows)


def _classified(basis: Basis, analysis: Analysis, names: _Names) -> Classified:
    """Return the data map as far as the statement saw it: what it touched and has no class here was clean."""
    sensitive = {names.relation(name) for name in basis.sensitive}
    found: dict[Column, Finding] = {}
    clean = Finding(None, 1.0, "on record")
    for relation in {a.relation for a in analysis.accesses if a.relation is not None} | sensitive:
        held = replace(clean, data_class=DataClass("unscanned")) if relation in sensitive else clean
        found[Column(relation, _SOMETHING)] = held
    named = [analysis.reads, *(i.columns for i in analysis.inferences), *(o.sources for o in analysis.outputs or ())]
    named += [taint.sources | {taint.target} for taint in analysis.taints]
    named += [frozenset(Column(a.relation, n) for n in a.columns) for a in analysis.accesses if a.relation]
    found.update(dict.fromkeys(frozenset().union(*named), clean))
    for column, data_class in basis.classes.items():
        found[names.column(column)] = replace(clean, data_class=DataClass(data_class))
    return Classified(found)
