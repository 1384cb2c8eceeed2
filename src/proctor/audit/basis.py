"""Station 6: what a decision stood on, so that other rules can be asked about it later, and what a record says of it.

Takes an analysis, the data map and the circumstances; returns the part `basis` of a `statement.decided`: names of
tables and columns, counts and classes, never a value, nor a literal of a statement.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from proctor.terms import Access, Action, Analysis, Classified, Column, Context, Identity, Inference, Relation, Taint


class Accessed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that the statement does to one object."""

    action: str
    relation: str = ""
    object: str = ""
    columns: tuple[str, ...] = ()
    traits: tuple[str, ...] = ()
    rows: int | None = None


class Used(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Columns that steer the statement without being shown."""

    use: str
    columns: tuple[str, ...]


class Copied(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Columns whose values flow into another."""

    sources: tuple[str, ...]
    target: str


class Basis(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the decision stood on, beside who asked, why and when: enough to ask other rules."""

    environment: str = ""
    style: str = ""
    approvals: int = 0
    in_transaction: bool = False
    break_glass: bool = False
    accesses: tuple[Accessed, ...] = ()
    uses: tuple[Used, ...] = ()
    copies: tuple[Copied, ...] = ()
    classes: dict[str, str] = {}
    sensitive: tuple[str, ...] = ()
    task_tables: tuple[str, ...] = ()
    grants: dict[str, str] = {}
    dotted: tuple[tuple[str, ...], ...] = ()
    registered: dict[str, tuple[str, ...]] = {}


NO_TABLE = "(none)"
"""What an agent may touch that is bound to tasks and at none of them."""


def basis_of(analysis: Analysis, classified: Classified, context: Context, asker: Identity) -> Basis:
    """Return what a decision stood on."""
    columns = frozenset(_columns(analysis))
    held = {column: found for column in columns if (found := classified.class_of(column)) is not None}
    relations = {access.relation for access in analysis.accesses if access.relation is not None}
    return Basis(
        environment=context.environment,
        style=context.style,
        approvals=max(context.approvals, 1) if context.approved else 0,
        in_transaction=context.in_transaction,
        break_glass=context.claims.break_glass,
        accesses=tuple(_accessed(access) for access in analysis.accesses if not _told_by_taints(access, analysis)),
        uses=tuple(_used(inference) for inference in analysis.inferences),
        copies=tuple(_copied(taint) for taint in analysis.taints),
        classes={str(column): str(held[column]) for column in sorted(held)},
        sensitive=tuple(str(relation) for relation in sorted(relations) if classified.holds_sensitive(relation)),
        task_tables=_task_tables(asker, context.claims.task),
        # Of two grants for one column, the last in order shows it: the decision names that one too.
        grants={str(column): grant for column, grant in sorted(context.grants) if column in columns},
        dotted=tuple(sorted(_dotted(columns, relations))),
        registered=_registered(asker),
    )


def _dotted(columns: Iterable[Column], relations: Iterable[Relation]) -> set[tuple[str, ...]]:
    """Return the parts of each name that, joined by dots, could be taken for another."""
    found: set[tuple[str, ...]] = {(one.schema, one.name) for one in relations}
    for column in columns:
        relation = (column.relation.schema, column.relation.name)
        found |= {relation, (*relation, column.name)}
    return {parts for parts in found if any("." in part for part in parts)}


def _registered(asker: Identity) -> dict[str, tuple[str, ...]]:
    """Return the databases and actions that an agent is bound to, as far as it is."""
    bounds = asker.registration
    found = {} if bounds.databases is None else {"databases": tuple(sorted(bounds.databases))}
    return found if bounds.actions is None else {**found, "actions": tuple(sorted(bounds.actions))}


def _task_tables(asker: Identity, claimed: str | None) -> tuple[str, ...]:
    if not asker.tasks:
        return ()
    return next((tuple(sorted(task.tables)) for task in asker.tasks if task.name == claimed), (NO_TABLE,))


def _told_by_taints(access: Access, analysis: Analysis) -> bool:
    return access.action is Action.COPY and bool(analysis.taints)


def _columns(analysis: Analysis) -> Iterable[Column]:
    yield from analysis.reads
    for output in analysis.outputs or ():
        yield from output.sources
    for inference in analysis.inferences:
        yield from inference.columns
    for taint in analysis.taints:
        yield from (*taint.sources, taint.target)
    for access in analysis.accesses:
        if access.relation is not None:
            yield from (Column(access.relation, name) for name in access.columns)


def _accessed(access: Access) -> Accessed:
    return Accessed(
        action=access.action.value,
        relation="" if access.relation is None else str(access.relation),
        object=access.object,
        columns=tuple(sorted(access.columns)),
        traits=tuple(sorted(access.traits)),
        rows=access.estimated_rows,
    )


def _used(inference: Inference) -> Used:
    return Used(use=inference.use.value, columns=tuple(str(column) for column in sorted(inference.columns)))


def _copied(taint: Taint) -> Copied:
    return Copied(sources=tuple(str(column) for column in sorted(taint.sources)), target=str(taint.target))
