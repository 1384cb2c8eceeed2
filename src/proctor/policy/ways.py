"""Station 4, what if: the changes that would turn a refusal, each of them asked of the rules and none of them guessed.

Takes what was decided and on what; returns the changes under which the same rules say something milder: an approval,
another asker, another place, a WHERE, fewer rows, without what is sensitive. Knows no SQL: `session.advice` has texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from proctor.policy.decide import decide
from proctor.policy.delegation import person_of
from proctor.policy.rules import Rules
from proctor.terms import Access, Allow, Analysis, Classified, Context, Decision, Deny, Hold, Identity, Kind

OPEN_ENDED = frozenset({"no_where", "always_true", "join_only", "half_open"})
MANY_ROWS = 1000  # of the shipped pack
_RANK = {Allow: 0, Hold: 1, Deny: 2}


@dataclass(frozen=True, slots=True)
class Way:
    """A change, in words, and what the rules would say then."""

    change: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class _Case:
    asker: Identity
    analysis: Analysis
    context: Context


def ways(
    asker: Identity, analysis: Analysis, context: Context, rules: Rules, classified: Classified
) -> tuple[Way, ...]:
    """Return the changes under which a statement that is refused or held would fare better."""
    case = _Case(asker, analysis, context)
    before = _decided(case, rules, classified)
    if isinstance(before, Allow):
        return ()
    found = []
    for change, other in _changes(case, before):
        after = _decided(other, rules, classified)
        if _RANK[type(after)] < _RANK[type(before)]:
            found.append(Way(change, after))
    return tuple(found)


def _decided(case: _Case, rules: Rules, classified: Classified) -> Decision:
    return decide(case.asker, case.analysis, case.context, rules, classified)


def _changes(case: _Case, before: Decision) -> Iterator[tuple[str, _Case]]:
    yield from _approved(case, before)
    yield from _at_its_tasks(case)
    yield from _by_others(case)
    yield from _of_the_statement(case)
    for environment in ("staging", "development"):
        if case.context.environment != environment:
            yield f"in a {environment} database", replace(case, context=replace(case.context, environment=environment))


def _approved(case: _Case, before: Decision) -> Iterator[tuple[str, _Case]]:
    if isinstance(before, Hold):
        people = "one person" if before.quorum == 1 else f"{before.quorum} people"
        words = f"with the approval of {people} of {' or '.join(sorted(before.approvers))}"
        yield words, replace(case, context=replace(case.context, approved=True, approvals=before.quorum))


def _by_others(case: _Case) -> Iterator[tuple[str, _Case]]:
    asker = case.asker
    if asker.kind is Kind.AGENT and asker.on_behalf_of is not None:
        owner = person_of(asker, asker.on_behalf_of)
        yield f"asked by {owner.subject} in person", replace(case, asker=owner)
    if "dba" not in asker.groups or asker.kind is not Kind.HUMAN:
        yield "asked by a person of dba", replace(case, asker=Identity("a dba", Kind.HUMAN, frozenset({"dba"}), ""))


def _at_its_tasks(case: _Case) -> Iterator[tuple[str, _Case]]:
    for task in case.asker.tasks:
        if task.name != case.context.claims.task:
            claims = replace(case.context.claims, task=task.name)
            yield f"at the task {task.name}", replace(case, context=replace(case.context, claims=claims))


def _of_the_statement(case: _Case) -> Iterator[tuple[str, _Case]]:
    analysis = case.analysis
    open_ended = any(access.traits & OPEN_ENDED for access in analysis.accesses)
    if open_ended:
        accesses = tuple(_limited(access) for access in analysis.accesses)
        yield "with a WHERE that names the rows by a key", replace(case, analysis=replace(analysis, accesses=accesses))
    if not open_ended and any((access.estimated_rows or 0) > MANY_ROWS for access in analysis.accesses):
        fewer = tuple(replace(a, estimated_rows=min(a.estimated_rows or 0, MANY_ROWS)) for a in analysis.accesses)
        yield f"with {MANY_ROWS:,} rows at most", replace(case, analysis=replace(analysis, accesses=fewer))
    if analysis.inferences:
        without = replace(analysis, inferences=(), probes=())
        yield "without comparing, sorting or joining by sensitive columns", replace(case, analysis=without)
    if analysis.taints:
        yield (
            "without copying sensitive columns",
            replace(case, analysis=replace(analysis, taints=(), accesses=_kept(analysis))),
        )
    if analysis.opaque and analysis.understood:
        yield (
            f"without what cannot be seen through ({'; '.join(analysis.opaque[:2])})",
            replace(case, analysis=replace(analysis, opaque=())),
        )


def _limited(access: Access) -> Access:
    if not access.traits & OPEN_ENDED:
        return access
    return replace(access, traits=(access.traits - OPEN_ENDED) | {"key_lookup"}, estimated_rows=1)


def _kept(analysis: Analysis) -> tuple[Access, ...]:
    return tuple(access for access in analysis.accesses if access.action.value != "copy")
