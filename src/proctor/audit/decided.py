"""Station 6: what the record of a decided statement says, made from what was understood and decided.

Takes an analysis and its decision; returns the body of its `statement.decided`. Knows nothing of files or clocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from proctor.audit.basis import Basis
from proctor.audit.record import Masked, StatementDecided, StatementText, Verdict
from proctor.terms import Access, Action, Allow, Analysis, Column, Decision, Deny, Hold, MaskSpec


def verdict_of(decision: Decision) -> Verdict:
    """Return a decision as a record writes it."""
    match decision:
        case Allow():
            return Verdict(verdict="allow", rules=decision.rules, rule_set=decision.rule_set)
        case Deny():
            return Verdict(verdict="deny", rules=decision.rules, rule_set=decision.rule_set, reason=decision.reason)
        case Hold():
            return Verdict(verdict="hold", rules=decision.rules, rule_set=decision.rule_set, reason=decision.reason)


_WRITES: Final = frozenset({Action.INSERT, Action.UPDATE, Action.DELETE, Action.DEFINE, Action.COPY})


def decided_of(
    analysis: Analysis,
    decision: Decision,
    *,
    id: str,
    database: str,
    text: str,
    digest: str,
    exchange: str | None = None,
    ticket: str | None = None,
    basis: Basis | None = None,
) -> StatementDecided:
    """Return the intent that an analysis and its decision make; `text` has had its literals taken out."""
    masks = decision.masks if isinstance(decision, Allow) else ()
    return StatementDecided(
        id=id,
        exchange=exchange,
        database=database,
        statement=StatementText(text=text, digest=digest),
        command=analysis.kind,
        understood=analysis.understood,
        decision=verdict_of(decision),
        actions=tuple(sorted({str(access.action) for access in analysis.accesses})),
        reads=_reads(analysis),
        writes=_by_relation(access for access in analysis.accesses if access.action in _WRITES),
        infers=_columns(column for inference in analysis.inferences for column in inference.columns),
        objects=tuple(sorted({access.object for access in analysis.accesses if access.object})),
        opaque=analysis.opaque,
        masks=tuple(
            Masked(
                output=place,
                mask=mask.name,
                data_class=str(mask.data_class),
                columns=tuple(sorted(map(str, mask.columns))),
                rules=mask.rules,
                computed=mask.computed,
            )
            for place, mask in enumerate(masks, start=1)
            if mask is not None
        ),
        ticket=ticket,
        shows=_columns(_shown(analysis, masks)) if isinstance(decision, Allow) else {},
        basis=basis,
        keys=_columns(analysis.keyed),
    )


def _shown(analysis: Analysis, masks: tuple[MaskSpec | None, ...]) -> Iterable[Column]:
    """Yield the columns whose values come out without a mask, as they are or computed with."""
    for place, output in enumerate(analysis.outputs or ()):
        if place >= len(masks) or masks[place] is None:
            yield from output.sources


def _reads(analysis: Analysis) -> dict[str, tuple[str, ...]]:
    whole = _by_relation(access for access in analysis.accesses if access.action is Action.READ)
    return _joined(whole, _columns(analysis.reads))


def _by_relation(accesses: Iterable[Access]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for access in accesses:
        if access.relation is not None:
            found.setdefault(str(access.relation), set()).update(access.columns)
    return _in_order(found)


def _columns(columns: Iterable[Column]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for column in columns:
        found.setdefault(str(column.relation), set()).add(column.name)
    return _in_order(found)


def _joined(one: Mapping[str, Iterable[str]], other: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    return _in_order({name: {*one.get(name, ()), *other.get(name, ())} for name in {*one, *other}})


def _in_order(found: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(sorted(found[name])) for name in sorted(found)}
