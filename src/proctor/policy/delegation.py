"""Station 4, for agents: what they may do is what they are registered for, and both they and their person may do.

In come the two decisions; out goes the one that neither would find too mild. Knows no rule.
"""

from __future__ import annotations

from collections.abc import Iterable

from proctor.policy.questions import Question
from proctor.policy.rules import TWO_DESKS
from proctor.policy.tasks import SYSTEM_SCHEMAS
from proctor.policy.worn import REDACT, Choice, strictest
from proctor.terms import Action, Allow, Context, Decision, Deny, Hold, Identity, Kind, MaskSpec


def person_of(agent: Identity, name: str) -> Identity:
    """Return the person whom an agent acts for, as far as its own proof tells of them."""
    return Identity(
        name, Kind.HUMAN, agent.person_groups, agent.proof, issuer=agent.issuer, acr=agent.acr, amr=agent.amr
    )


def beyond(agent: Identity, context: Context, questions: Iterable[Question]) -> str | None:
    """Return in words what of this the agent is not registered for; None if nothing is."""
    bounds = agent.registration
    if bounds.databases is not None and context.database not in bounds.databases:
        return f"the agent {agent.subject} is not registered for the database {context.database}"
    if bounds.actions is None:
        return None
    for question in questions:
        if question.action not in bounds.actions and not _always(question):
            return f"the agent {agent.subject} is not registered to {question.action.value}: {question.target}"
    return None


def _always(question: Question) -> bool:
    """Tell whether an agent needs no registration for it: to be connected, and to read how things are called."""
    relation = question.target.relation
    reads_names = question.action is Action.READ and relation is not None and relation.schema in SYSTEM_SCHEMAS
    return question.action is Action.CONNECT or reads_names


def both(own: Allow | Hold, theirs: Decision, person: str) -> Decision:
    """Return what an agent may do that could do `own` by itself, for a person who could do `theirs`."""
    match theirs:
        case Deny():
            reason = f"{person}, for whom the agent acts, may not either: {theirs.reason}"
            return Deny(theirs.rules, theirs.rule_set, reason, theirs.hint)
        case Hold():
            return theirs if isinstance(own, Allow) else _asked_of_both(own, theirs)
        case Allow():
            return own if isinstance(own, Hold) else _shown_to_both(own, theirs)


def _asked_of_both(own: Hold, theirs: Hold) -> Decision:
    names = tuple(dict.fromkeys((*own.rules, *theirs.rules)))
    approvers = own.approvers & theirs.approvers
    if not approvers:
        return Deny((TWO_DESKS.id, *names), own.rule_set, TWO_DESKS.reason, TWO_DESKS.hint)
    return Hold(names, own.rule_set, own.reason, own.hint, approvers, max(own.quorum, theirs.quorum))


def _shown_to_both(own: Allow, theirs: Allow) -> Allow:
    return Allow(
        rules=tuple(dict.fromkeys((*own.rules, *theirs.rules))),
        rule_set=own.rule_set,
        masks=tuple(_stricter(mine, other) for mine, other in zip(own.masks, theirs.masks, strict=True)),
        sensitive=own.sensitive or theirs.sensitive,
        unmasked=own.unmasked & theirs.unmasked,
    )


def _stricter(mine: MaskSpec | None, other: MaskSpec | None) -> MaskSpec | None:
    if mine is None or other is None:
        return mine or other
    columns, computed = mine.columns | other.columns, mine.computed or other.computed
    if mine.data_class != other.data_class:
        return MaskSpec(REDACT, mine.data_class, columns, computed=computed)
    worn = strictest((Choice(mine.name, mine.rules), Choice(other.name, other.rules)))
    return MaskSpec(worn.name, mine.data_class, columns, computed=computed, rules=worn.rules)
