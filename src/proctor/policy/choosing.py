"""Station 4: the masks that rules choose, by column and asker. Takes who asks what; returns what is worn.

Of several rules that fit, the strictest mask is worn; for an agent, the stricter of its own and its person's. A rule
that fails hides the column. Knows no values, and never shows what would not be shown without it but by another mask.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from proctor.policy import delegation
from proctor.policy.masks import KEY_MASKS, mask_name_for
from proctor.policy.questions import Facts
from proctor.policy.rules import MASK_FAILED, Rules, Verdict
from proctor.policy.statement import column_questions
from proctor.policy.worn import PARTIAL, REDACT, TOKEN, UNSCANNED, Choice, Worn, fits, mask_of, strictest
from proctor.terms import Action, Analysis, Classified, Column, Context, DataClass, Identity, Kind


def worn_before(
    asker: Identity,
    analysis: Analysis,
    context: Context,
    rules: Rules,
    classified: Classified,
    columns: Iterable[Column],
) -> Worn:
    """Return what these columns wear before one asker, whoever it may act for."""
    if not rules.may_permit(asker.kind, Action.MASK):
        return Worn(context.style)
    known = [column for column in columns if classified.class_of(column) != UNSCANNED]
    questions = column_questions(Action.MASK, asker, analysis, context, classified, known)
    facts = Facts(context.now, context.approved, context.approvals)
    verdicts = rules.ask(list(questions.values()), facts)
    chosen = {}
    for (column, question), verdict in zip(questions.items(), verdicts, strict=True):
        choices = _choices(verdict, DataClass(question.target.data_class), context.style, rules)
        if choices:
            chosen[column] = strictest(choices)
    return Worn(context.style, chosen)


def _choices(verdict: Verdict, data_class: DataClass, style: str, rules: Rules) -> list[Choice]:
    if MASK_FAILED.id in verdict.rules:
        return [Choice(REDACT, verdict.rules)]
    words = ((name, rules.rule(name).mask or REDACT) for name in verdict.rules)
    return [Choice(mask_of(word, data_class, style), (name,)) for name, word in words]


def handed_back(
    asker: Identity,
    analysis: Analysis,
    context: Context,
    rules: Rules,
    classified: Classified,
    columns: frozenset[Column],
) -> Mapping[Column, frozenset[str]]:
    """Return by which masks a value that is compared with each of these columns may stand for another.

    That is the mask which the asker sees there. Whoever sees the column as it is may have been given any by others.
    """
    held = {column: found for column in columns if (found := classified.class_of(column)) is not None}
    own = {column: mask_name_for(data_class, context.style) for column, data_class in held.items()}
    if not rules.chooses:
        return {column: frozenset({name}) for column, name in own.items()}
    seen = _seen_by_both(asker, analysis, context, rules, classified, columns)
    clear = frozenset[Column]()
    if asker.kind is not Kind.AGENT:  # to whom nothing is shown that its person might not see either
        clear |= unmasked(asker, analysis, context, rules, classified, columns).keys()
        clear |= granted(asker, context, classified, columns).keys()
    by: dict[Column, frozenset[str]] = {}
    for column, data_class in held.items():
        names = {own[column], TOKEN} if column in clear else {seen.of(column, data_class).name}
        by[column] = frozenset(names) & KEY_MASKS
    return by


def _seen_by_both(
    asker: Identity,
    analysis: Analysis,
    context: Context,
    rules: Rules,
    classified: Classified,
    columns: frozenset[Column],
) -> Worn:
    own = worn_before(asker, analysis, context, rules, classified, columns)
    if asker.kind is not Kind.AGENT or asker.on_behalf_of is None:
        return own
    person = delegation.person_of(asker, asker.on_behalf_of)
    theirs = worn_before(person, analysis, context, rules, classified, columns)
    held = {column: found for column in columns if (found := classified.class_of(column)) is not None}
    both = {c: strictest((own.of(c, held[c]), theirs.of(c, held[c]))) for c in held}
    return Worn(context.style, both)


def unmasked(
    asker: Identity,
    analysis: Analysis,
    context: Context,
    rules: Rules,
    classified: Classified,
    columns: Iterable[Column],
) -> dict[Column, Verdict]:
    """Return those of the columns that rules show to the asker as they are, and why. No shipped rule does."""
    if not rules.may_permit(asker.kind, Action.UNMASK):
        return {}
    questions = column_questions(Action.UNMASK, asker, analysis, context, classified, columns)
    facts = Facts(context.now, context.approved, context.approvals)
    verdicts = rules.ask(list(questions.values()), facts)
    return {column: verdict for column, verdict in zip(questions, verdicts, strict=True) if verdict.allowed}


def granted(asker: Identity, context: Context, classified: Classified, columns: frozenset[Column]) -> dict[Column, str]:
    """Return those of the columns that a grant shows to this person, and the grant as records name it."""
    if asker.kind is not Kind.HUMAN:
        return {}
    wanted = frozenset(column for column in columns if classified.class_of(column)) if context.grants else columns
    return {column: f"grant:{name}" for column, name in sorted(context.grants) if column in wanted}


@lru_cache(maxsize=512)
def written_masks(data_class: DataClass, chooses: frozenset[str]) -> frozenset[str]:
    """Return the masks of a class that anybody may see, and that tell themselves from genuine values."""
    found = {mask_name_for(data_class, "useful")} & KEY_MASKS
    found |= {TOKEN} if "tokenise" in chooses and fits("tokenise", data_class) else set()
    return frozenset(found | ({PARTIAL} if PARTIAL in chooses and fits(PARTIAL, data_class) else set()))


def before_anybody(data_class: DataClass, style: str, rules: Rules) -> str:
    """Return the strictest mask that a class may wear before any person, where nobody knows yet before whom."""
    words = rules.may_choose(Kind.HUMAN, data_class)
    choices = (Choice(mask_of(word, data_class, style)) for word in sorted(words))
    return strictest((Choice(mask_name_for(data_class, style)), *choices)).name
