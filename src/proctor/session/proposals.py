"""Station 5: what an approver is shown of a held statement, and what the desk needs to try it out.

Takes a judged statement with catalog, data map and rules; gives values. The statement's own literals are in it, since
nobody can approve what they may not read: it goes to those who decide, and never into the journal. Asks nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from proctor.policy import lives
from proctor.policy.choosing import before_anybody
from proctor.policy.rules import Rules
from proctor.session.judge import Bench
from proctor.session.judged import Judged
from proctor.sql.catalog import RelationDef
from proctor.sql.rehearsal import laid_out
from proctor.terms import Allow, Analysis, Classified, Column, Hold, MaskSpec

MAX_SHOWN = 200  # of each kind of thing: an approver reads a page, not a book
MAX_VALUE = 2000  # characters of a parameter


@dataclass(frozen=True, slots=True)
class Touch:
    """One thing that the statement does to one object."""

    action: str
    object: str
    columns: tuple[str, ...] = ()
    manner: tuple[str, ...] = ()
    estimated_rows: int | None = None


@dataclass(frozen=True, slots=True)
class Sensitive:
    """A sensitive column and what becomes of it: shown (under a mask or in the clear), inferred from, or copied."""

    column: str
    data_class: str
    becomes: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class RuleTold:
    """A rule that holds the statement, in words."""

    id: str
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A held statement as an approver reads it."""

    statement: str = ""
    parameters: tuple[str | None, ...] = ()
    touches: tuple[Touch, ...] = ()
    sensitive: tuple[Sensitive, ...] = ()
    rules: tuple[RuleTold, ...] = ()
    opaque: tuple[str, ...] = ()
    in_transaction: bool = False
    break_glass: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """What the desk needs to ask the database how the statement would run, or to run it and take it back.

    `whynot` says why not to, and is empty where it may be tried. `settings` are the session's own.
    """

    text: str = ""
    values: tuple[bytes | None, ...] = ()
    types: tuple[int, ...] = ()
    whynot: str = "there is nothing to try"
    settings: dict[str, str] = field(default_factory=dict)
    role: str = ""
    functions: frozenset[str] = frozenset()
    relations: tuple[int, ...] = ()
    target: RelationDef | None = None
    masks: dict[str, MaskSpec] = field(default_factory=dict)
    estimated_rows: int = 0


def proposal_of(
    judged: Judged,
    bench: Bench,
    values: tuple[bytes | None, ...],
    *,
    in_transaction: bool = False,
    rules: tuple[str, ...] = (),
) -> Proposal:
    """Return what an approver reads of this statement; `rules` are told where it is not held by others."""
    hold = judged.decision
    rules = hold.rules if isinstance(hold, Hold) else rules
    quorum = hold.quorum if isinstance(hold, Hold) else 1
    then = bench.again(judged, approved=True, approvals=quorum)
    sensitive = [s for v in then.verdicts for s in _sensitive(v.analysis, v.decision, bench.classified)]
    return Proposal(
        statement="\n=> ".join(laid_out(text) for text in (judged.text, *judged.behind)),
        parameters=tuple(_shown(value) for value in values[:MAX_SHOWN]),
        touches=tuple(t for v in judged.verdicts for t in _touches(v.analysis))[:MAX_SHOWN],
        sensitive=tuple(dict.fromkeys(sensitive))[:MAX_SHOWN],
        rules=tuple(_told(name, bench.rules) for name in rules),
        opaque=tuple(o for v in judged.verdicts for o in (*v.analysis.opaque, *_trouble(v.analysis)))[:MAX_SHOWN],
        in_transaction=in_transaction,
    )


def _told(name: str, rules: Rules) -> RuleTold:
    try:
        info = rules.rule(name)
    except KeyError:
        return RuleTold(name, "this rule is not in force any more")  # the rules were changed in this very moment
    return RuleTold(name, info.reason, info.hint)


def trial_of(
    judged: Judged,
    bench: Bench,
    values: tuple[bytes | None, ...],
    types: tuple[int, ...],
    settings: dict[str, str],
) -> Trial:
    """Return how this statement may be tried, or why not."""
    if len(judged.verdicts) != 1:
        return Trial(whynot="it is several statements")
    if judged.opaque or judged.refers:
        return Trial(whynot="it cannot be seen through, so that nobody knows what trying it would do")
    if "pg_temp" in {relation.schema for relation in judged.touches}:
        return Trial(whynot="it uses temporary tables, which only its own session sees")
    if judged.keyed:
        return Trial(whynot="it names rows by masked values, which only its own session translates")
    analysis = judged.verdicts[0].analysis
    written = [a for a in analysis.accesses if a.action.value in ("insert", "update", "delete") and a.relation]
    target = bench.catalog.relations.get(written[0].relation) if written and written[0].relation else None
    known = [bench.catalog.relations.get(relation) for relation in judged.touches]
    return Trial(
        text=judged.verdicts[0].text,
        values=values,
        types=types,
        whynot="",
        settings=settings,
        role=bench.stamp.settings.user,
        functions=analysis.functions,
        relations=tuple(sorted(found.oid for found in known if found is not None)),
        target=target,
        masks={} if target is None else _masks(target, bench),
        estimated_rows=max((a.estimated_rows or 0 for a in analysis.accesses), default=0),
    )


def _masks(target: RelationDef, bench: Bench) -> dict[str, MaskSpec]:
    """Return what each sensitive column of the table wears before an approver, who has no right to it by approving.

    Who will approve is not known yet: it is the strictest mask that rules choose for anybody.
    """
    style = bench.stamp.context.style
    found = {}
    for column in target.columns:
        named = Column(target.relation, column.name)
        data_class = bench.classified.class_of(named)
        if data_class is not None:
            name = "redact" if data_class == "unscanned" else before_anybody(data_class, style, bench.rules)
            name = lives.mask_of(name, (named,), bench.classified)
            found[column.name] = MaskSpec(name, data_class, frozenset({named}))
    return found


def _touches(analysis: Analysis) -> list[Touch]:
    return [
        Touch(
            action=access.action.value,
            object=access.object if access.relation is None else str(access.relation),
            columns=tuple(sorted(access.columns)),
            manner=tuple(sorted(access.traits)),
            estimated_rows=access.estimated_rows,
        )
        for access in analysis.accesses
    ]


def _sensitive(analysis: Analysis, decision: object, classified: Classified) -> list[Sensitive]:
    masks = decision.masks if isinstance(decision, Allow) else ()
    found = []
    for at, output in enumerate(analysis.outputs or ()):
        spec = masks[at] if at < len(masks) else None
        becomes = "shown in the clear" if spec is None else f"shown under the mask {spec.name}"
        found += [_one(c, classified, becomes, output.name) for c in sorted(output.sources)]
    for inference in analysis.inferences:
        found += [_one(c, classified, f"inferred from ({inference.use.value})", "") for c in sorted(inference.columns)]
    for taint in analysis.taints:
        found += [_one(c, classified, "copied", str(taint.target)) for c in sorted(taint.sources)]
    for access in analysis.accesses:
        if access.relation is not None and access.action.value in ("insert", "update"):
            relation = access.relation
            found += [_one(Column(relation, name), classified, "written", "") for name in sorted(access.columns)]
    return [each for each in found if each is not None]


def _one(column: Column, classified: Classified, becomes: str, place: str) -> Sensitive | None:
    data_class = classified.class_of(column)
    return None if data_class is None else Sensitive(str(column), str(data_class), becomes, place)


def _trouble(analysis: Analysis) -> tuple[str, ...]:
    return () if analysis.understood else (f"not understood: {analysis.trouble}",)


def _shown(value: bytes | None) -> str | None:
    """Return a parameter as text; one that came in binary stands behind a NUL, and is shown as hexadecimal."""
    if value is None:
        return None
    if value.startswith(b"\0"):
        return "(binary) " + value[1 : MAX_VALUE // 2].hex()
    return value.decode("utf-8", "replace")[:MAX_VALUE]
