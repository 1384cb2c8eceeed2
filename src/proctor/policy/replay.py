"""Station 4, asked again: what other rules would have decided about a statement of the past.

Takes who asked, what the statement meant, and two rule sets: those of then, if they are still known, and those to try.
Returns both answers and whether the first is the one on record: if it is not, the record does not tell enough, and the
second answer is a supposition as well. Knows no journal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from proctor.errors import Fault
from proctor.policy.decide import decide
from proctor.policy.rules import Rules
from proctor.terms import Allow, Analysis, Classified, Column, Context, Decision, Hold, Identity, Use

UNKNOWN_SET = "the rules of then are not kept"
COUNTED = "the rules count what somebody asks of a column, and the record does not say how often they had"
OTHERWISE = "with the rules of then it comes out otherwise than recorded: more counted than the record tells"


@dataclass(frozen=True, slots=True)
class Recorded:
    """The answer on record. A `hold` that was approved later counts as a hold."""

    verdict: str
    rules: tuple[str, ...]
    """None where it was approved later: those on record are then the rules that let it run."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement of the past, and what was said to it."""

    asker: Identity
    analysis: Analysis
    context: Context
    classified: Classified
    recorded: Recorded


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule set says. `clear` are the sensitive columns that come out as they are, `worn` the masks of others."""

    verdict: str
    rules: tuple[str, ...]
    reason: str = ""
    clear: frozenset[Column] = frozenset()
    worn: frozenset[tuple[Column, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Replayed:
    """The answer of then and the answer of other rules."""

    before: Answer
    after: Answer
    gaps: tuple[str, ...] = field(default=())
    """Why the second answer is a supposition; nothing if it is exact."""

    @property
    def changed(self) -> bool:
        """Tell whether the client would have seen another answer: the verdict, what is in the clear, or the masks."""
        return (self.before.verdict, self.before.clear) != (self.after.verdict, self.after.clear) or bool(self.remasked)

    @property
    def remasked(self) -> Mapping[Column, tuple[str, str]]:
        """Return the columns that would wear another mask, with the mask of then and the other."""
        then, now = dict(sorted(self.before.worn)), dict(sorted(self.after.worn))
        return {
            column: (then[column], now[column]) for column in then.keys() & now.keys() if then[column] != now[column]
        }


def replay(asked: Asked, then: Rules | None, other: Rules, known_gaps: Sequence[str] = ()) -> Replayed:
    """Return what other rules say to a statement of the past."""
    gaps = list(known_gaps)
    again = None if then is None else _answer(asked, then)
    if again is None:
        gaps.append(UNKNOWN_SET)
    elif again.verdict != asked.recorded.verdict or not _same_rules(asked.recorded, again):
        gaps.append(OTHERWISE)
    if other.reads_probes(asked.asker.kind) and _is_counted(asked.analysis):
        gaps.append(COUNTED)
    clear, worn = (again.clear, again.worn) if again is not None else (frozenset(), frozenset())
    before = Answer(asked.recorded.verdict, asked.recorded.rules, clear=clear, worn=worn)
    return Replayed(before, _answer(asked, other), tuple(gaps))


def _same_rules(recorded: Recorded, again: Answer) -> bool:
    return not recorded.rules or set(recorded.rules) == set(again.rules)


def _answer(asked: Asked, rules: Rules) -> Answer:
    try:
        decision = decide(asked.asker, asked.analysis, asked.context, rules, asked.classified)
    except Fault as fault:
        return Answer("deny", (), fault.message)
    reason = "" if isinstance(decision, Allow) else decision.reason
    masks = decision.masks if isinstance(decision, Allow) else ()
    worn = frozenset((column, mask.name) for mask in masks if mask is not None for column in mask.columns)
    return Answer(verdict_of(decision), decision.rules, reason, _clear(asked, decision), worn)


def verdict_of(decision: Decision) -> str:
    """Return a decision in one word, as records have it."""
    return "allow" if isinstance(decision, Allow) else "hold" if isinstance(decision, Hold) else "deny"


def _clear(asked: Asked, decision: Decision) -> frozenset[Column]:
    if not isinstance(decision, Allow):
        return frozenset()
    masked = frozenset().union(*(mask.columns for mask in decision.masks if mask is not None))
    shown = frozenset().union(*(output.sources for output in asked.analysis.outputs or ()))
    return frozenset(column for column in shown - masked if asked.classified.class_of(column) is not None)


def _is_counted(analysis: Analysis) -> bool:
    return any(inference.use is Use.KEY for inference in analysis.inferences) or bool(analysis.probes)
