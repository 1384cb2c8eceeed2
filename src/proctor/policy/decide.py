"""Station 4: decide. Takes who, what, the rules and the hour; returns a Decision. Knows nothing of bytes or clocks.

Denied as it stands but permitted once approved means Hold: the rules are asked twice, and nobody configures an approval
flow. Whatever raises here is a Deny, and it is the caller who says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from proctor.policy import choosing, delegation, lives
from proctor.policy.claims import check_claims
from proctor.policy.questions import Facts, Question
from proctor.policy.rules import CLAIM, DEFAULT, REGISTRATION, TWO_DESKS, Rules, Verdict
from proctor.policy.statement import (
    break_glass_question,
    columns_sensitive,
    columns_shown,
    is_temporary,
    questions_of,
    touches_sensitive,
    write_questions,
)
from proctor.policy.worn import REDACT, UNSCANNED, Worn
from proctor.terms import (
    Action,
    Allow,
    Analysis,
    Classified,
    Column,
    Context,
    DataClass,
    Decision,
    Deny,
    Hold,
    Identity,
    Kind,
    MaskSpec,
    Output,
)

__all__ = ["columns_sensitive", "connects", "decide", "plan_masks"]


@dataclass(frozen=True, slots=True)
class _Refused:
    """A question that was answered no, and the answer it would get once approved."""

    question: Question
    now: Verdict
    approved: Verdict

    def rules(self, rules: Rules) -> tuple[str, ...]:
        """Return the rules that stand in the way, those that no approval moves first."""
        if not self.approved.allowed:
            return tuple(dict.fromkeys((*self.approved.rules, *self.now.rules))) or (DEFAULT.id,)
        permits = self.approved.rules
        if self.now.rules and not all(rules.asks(name) for name in permits):
            return self.now.rules
        # No permit holds without the approval, so those that hold with it have a say in who gives it.
        return self.now.rules + permits


@dataclass(frozen=True, slots=True)
class _Case:
    """All that lies on the table for one statement."""

    analysis: Analysis
    context: Context
    rules: Rules
    classified: Classified
    unmasked: frozenset[Column]
    worn: Worn
    unmasking: tuple[str, ...] = ()
    """The rules by which those columns are shown as they are, and those that have chosen the masks of others."""


def decide(asker: Identity, analysis: Analysis, context: Context, rules: Rules, classified: Classified) -> Decision:
    """Return whether the statement may run, and under which masks."""
    complaint = check_claims(asker, context.claims)
    if complaint is not None:
        return Deny((CLAIM.id,), rules.digest, complaint, CLAIM.hint)
    if asker.kind is Kind.AGENT:
        return _decided_for_agent(asker, analysis, context, rules, classified)
    case, decision = _decided(asker, analysis, context, rules, classified)
    if context.claims.break_glass and not isinstance(decision, Allow):
        return _broken(asker, case, decision) or decision
    return decision


def connects(asker: Identity, context: Context, rules: Rules) -> bool:
    """Tell whether a statement that touches nothing would not be refused in this database."""
    return not isinstance(decide(asker, Analysis("select"), context, rules, Classified()), Deny)


def _decided_for_agent(
    asker: Identity, analysis: Analysis, context: Context, rules: Rules, classified: Classified
) -> Decision:
    """Decide what both the agent and the person it acts for may do, within what the agent is registered for.

    What a grant shows to the person, the agent does not see: a right to see values as they are is nobody else's.
    """
    if asker.on_behalf_of is None:
        return Deny((REGISTRATION.id,), rules.digest, "an agent acts for a person, and this one for none")
    questions = questions_of(asker, analysis, context, classified, frozenset())
    complaint = delegation.beyond(asker, context, questions)
    if complaint is not None:
        return Deny((REGISTRATION.id,), rules.digest, complaint, REGISTRATION.hint)
    alone = replace(context, grants=frozenset())
    _, own = _decided(asker, analysis, alone, rules, classified)
    if isinstance(own, Deny):
        return own
    person = delegation.person_of(asker, asker.on_behalf_of)
    _, theirs = _decided(person, analysis, alone, rules, classified)
    return delegation.both(own, theirs, person.subject)


def _broken(asker: Identity, case: _Case, decision: Deny | Hold) -> Allow | None:
    """Return what lets it run by breaking the glass, if that is this person's right. Masks stay on.

    Without a reason there is nothing that anybody could look at later.
    """
    if asker.kind is not Kind.HUMAN or not case.context.claims.reason:
        return None
    if not case.rules.may_permit(asker.kind, Action.BREAK_GLASS):
        return None
    question = break_glass_question(asker, case.analysis, case.context, case.classified)
    (verdict,) = case.rules.ask([question], Facts(case.context.now))
    if not verdict.allowed:
        return None
    return replace(_allow(case, [verdict]), sensitive=True, broken=decision.rules)


def _decided(
    asker: Identity, analysis: Analysis, context: Context, rules: Rules, classified: Classified
) -> tuple[_Case, Decision]:
    columns = columns_shown(analysis)
    shown = choosing.unmasked(asker, analysis, context, rules, classified, columns)
    granted = choosing.granted(asker, context, classified, columns)
    unmasked = frozenset(shown) | granted.keys()
    worn = choosing.worn_before(asker, analysis, context, rules, classified, columns - unmasked)
    by_rule = (name for verdict in shown.values() for name in verdict.rules)
    unmasking = tuple(dict.fromkeys((*by_rule, *granted.values(), *worn.rules())))
    case = _Case(analysis, context, rules, classified, unmasked, worn, unmasking)
    counted = rules.reads_probes(asker.kind)
    questions = questions_of(asker, analysis, context, classified, unmasked, worn=worn, counted=counted)
    if counted:
        questions = tuple(dict.fromkeys((*questions, *_budgeted_writes(asker, case))))
    unapproved = _decide_unapproved(case, questions)
    if not context.approved or isinstance(unapproved, Deny):
        return case, unapproved
    approvals = max(context.approvals, 1)
    if isinstance(unapproved, Hold) and approvals < unapproved.quorum:
        return case, unapproved
    facts = Facts(context.now, approved=True, approvals=approvals, in_transaction=context.in_transaction)
    return case, _decide_approved(case, questions, facts)


def _budgeted_writes(asker: Identity, case: _Case) -> list[Question]:
    """Return the questions that plain values ask of columns for which this asker has a budget."""
    pairs = write_questions(asker, case.analysis, case.context, case.classified, case.unmasked)
    verdicts = case.rules.ask(list(pairs), Facts(case.context.now))
    return [asked for asked, verdict in zip(pairs.values(), verdicts, strict=True) if verdict.allowed]


def _decide_unapproved(case: _Case, questions: Sequence[Question]) -> Decision:
    """Decide as if nobody had approved anything: what is denied without an approval but not with it, is held."""
    facts = Facts(case.context.now, in_transaction=case.context.in_transaction)
    verdicts = case.rules.ask(questions, facts)
    denied = [(q, v) for q, v in zip(questions, verdicts, strict=True) if not v.allowed]
    if not denied:
        return _allow(case, verdicts)
    # As many approvals are supposed as any rule wants: how many it takes is said by the ticket.
    enough = replace(facts, approved=True, approvals=case.rules.most_approvals)
    supposed = case.rules.ask([question for question, _ in denied], enough)
    refused = [_Refused(q, now, then) for (q, now), then in zip(denied, supposed, strict=True)]
    hard = [r for r in refused if not r.approved.allowed]
    soft = [r for r in refused if r.approved.allowed]
    return _deny(hard, soft, case.rules) if hard else _hold(soft, case.rules)


def _decide_approved(case: _Case, questions: Sequence[Question], facts: Facts) -> Decision:
    """Ask again after the approval: the rules may have changed while the client waited."""
    verdicts = case.rules.ask(questions, facts)
    denied = [_Refused(q, v, v) for q, v in zip(questions, verdicts, strict=True) if not v.allowed]
    return _deny(denied, (), case.rules) if denied else _allow(case, verdicts)


def _hold(refused: Sequence[_Refused], rules: Rules) -> Deny | Hold:
    names = _names(refused, rules)
    infos = [rules.rule(name) for name in names]
    approvers = frozenset.intersection(*(info.approvers for info in infos))
    if not approvers:
        return Deny((TWO_DESKS.id, *names), rules.digest, TWO_DESKS.reason, TWO_DESKS.hint)
    first = rules.rule(names[0])
    return Hold(
        rules=names,
        rule_set=rules.digest,
        reason=f"{_subject(refused[0].question)}: {first.reason}",
        hint=first.hint,
        approvers=approvers,
        quorum=max(info.quorum for info in infos),
    )


def _deny(hard: Sequence[_Refused], soft: Sequence[_Refused], rules: Rules) -> Deny:
    """Refuse, and say which rules would have asked: an operator who lifts the first must know of the others."""
    names = _names(hard, rules)
    first = rules.rule(names[0])
    asked = [name for name in _names(soft, rules) if name not in names]
    hint = first.hint
    if asked:
        hint = f"{hint}; without that it would still need approval (rule {', '.join(asked)})".removeprefix("; ")
    reason = f"{_subject(hard[0].question)}: {first.reason}"
    return Deny(tuple(dict.fromkeys((*names, *asked))), rules.digest, reason, hint)


def _names(refused: Iterable[_Refused], rules: Rules) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for r in refused for name in r.rules(rules)))


def _subject(question: Question) -> str:
    if question.action is Action.EXECUTE and question.target.relation is None and not question.target.object:
        return ", ".join(question.manner.opaque[:3]) or "the statement"
    if question.action is Action.COPY and question.manner.target:
        return f"copy {question.target} to {question.manner.target}"
    return f"{question.action.value} {question.target}"


def _allow(case: _Case, verdicts: Iterable[Verdict]) -> Allow:
    return Allow(
        rules=tuple(dict.fromkeys((*(name for verdict in verdicts for name in verdict.rules), *case.unmasking))),
        rule_set=case.rules.digest,
        masks=plan_masks(case.analysis, case.classified, case.worn, case.unmasked),
        sensitive=touches_sensitive(case.analysis, case.classified),
        unmasked=_classes_unmasked(case),
    )


def _classes_unmasked(case: _Case) -> frozenset[DataClass]:
    """Return the classes of which the asker may see every column that the statement touches."""
    if not case.unmasked:
        return frozenset()
    masked = columns_sensitive(case.analysis, case.classified) - case.unmasked
    return _classes(case.unmasked, case.classified) - _classes(masked, case.classified)


def _classes(columns: Iterable[Column], classified: Classified) -> frozenset[DataClass]:
    return frozenset(found for column in columns if (found := classified.class_of(column)) is not None)


def plan_masks(
    analysis: Analysis, classified: Classified, worn: Worn, unmasked: frozenset[Column]
) -> tuple[MaskSpec | None, ...]:
    """Return the mask that each output must wear; None for one that shows nothing its asker may not see."""
    return tuple(_mask(output, classified, worn, unmasked) for output in analysis.outputs or ())


def _mask(output: Output, classified: Classified, worn: Worn, unmasked: frozenset[Column]) -> MaskSpec | None:
    classes = {c: k for c in output.sources if c not in unmasked and (k := classified.class_of(c)) is not None}
    if not classes:
        return None
    columns = frozenset(classes)
    distinct = sorted(set(classes.values()))
    if UNSCANNED in distinct:
        return MaskSpec(REDACT, UNSCANNED, columns, computed=not output.plain)
    # Half-masking an expression leaks, and so does a mask that fits only one arm of a UNION: guesses from a column that
    # the asker may see would come out under the masks of what they guess.
    if not output.plain or len(distinct) > 1 or len(classes) < len(output.sources):
        return MaskSpec(REDACT, distinct[0], columns, computed=not output.plain)
    # A session knows what it put into its temporary tables: their masks beside the values would be a codebook.
    if any(is_temporary(column.relation.schema) for column in columns):
        return MaskSpec(REDACT, distinct[0], columns)
    choices = [worn.of(column, distinct[0]) for column in sorted(columns)]
    rules = tuple(dict.fromkeys(name for choice in choices for name in choice.rules))
    # The arms of a UNION that wear different masks would each be told by the other's.
    name = choices[0].name if len({choice.name for choice in choices}) == 1 else REDACT
    return MaskSpec(lives.mask_of(name, columns, classified), distinct[0], columns, rules=rules)
