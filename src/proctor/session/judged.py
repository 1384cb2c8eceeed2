"""What stations 3 and 4 give: a text judged, statement by statement, and what all that it depends on is.

A judgement says what it means, what was decided, and what those who let it through must know of it at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from proctor.session.readings import relocated
from proctor.sql import Form
from proctor.sql.forms import own_text, places_of
from proctor.sql.settings import SessionSettings
from proctor.terms import (
    Action,
    Allow,
    Analysis,
    Classified,
    Column,
    Context,
    Decision,
    Deny,
    Effect,
    Hold,
    Identity,
    Relation,
)

NOTHING_PAID: Mapping[Column, int] = MappingProxyType({})
MAX_SHOWN = 16  # the formats of results are a stranger's to choose as well
TURNS = frozenset({"begin", "commit", "rollback"})
BRIEF = frozenset({"insert", "update", "delete"})
QUIET = frozenset({"begin", "savepoint", "release", "listen"})
"""Effects after which every name still means what it meant."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Everything that a judgement depends on besides the text itself."""

    asker: Identity
    context: Context
    settings: SessionSettings
    epoch: str
    data_map: int
    rule_set: str


@dataclass(slots=True, eq=False, weakref_slot=True)
class Lore:
    """What is learnt of a statement by recording and running it; shared by all texts that are judged like it."""

    template: object = None
    """A place for the ledger to keep what it has encoded once."""
    grounds: tuple[Classified, Context, Identity] | None = None
    """What it was decided on, until the ledger has encoded it: a data map may be large."""
    shown: dict[bytes, bytes] = field(default_factory=dict)
    """The descriptions, by the result formats asked for, whose rows pass as they are; what the fast lane goes by."""
    look_at: int = 0
    """From when on its answers are looked at again, on the monotonic clock."""


@dataclass(slots=True)
class Verdict:
    """One statement judged: what it means, what was decided, and what the relay must know of it at once."""

    meant: Analysis
    """What it means, in the words of the first text of its form that was judged."""
    decision: Decision
    writes: bool
    sensitive: bool
    copies: bool = False
    """It may read data from the client."""
    text: str = ""
    """The statement's own text."""
    lore: Lore = field(default_factory=Lore, compare=False)
    digest: bytes = field(default=b"", compare=False)
    """A place for the ledger to keep the keyed digest of this very text."""
    box: tuple[str, bytes] = field(default=("", b""), compare=False)
    """A place for the ledger to keep this very text sealed, by the name of the key."""
    worst: Deny | Hold | None = None
    """What would be decided if it changed more rows than any rule lets it, where only running it can tell."""
    discreet: bool = False
    """Its errors are told without their details: they may show a row with values that nobody has looked at yet."""

    @property
    def analysis(self) -> Analysis:
        """Return what this very statement means."""
        if self.meant.text != self.text:
            self.meant = replace(self.meant, text=self.text)
        return self.meant

    @property
    def shown(self) -> dict[bytes, bytes]:
        """Return the descriptions whose rows pass as they are, by the result formats asked for."""
        return self.lore.shown

    def learn(self, formats: bytes, described: bytes) -> None:
        """Remember a description under which no mask was planned."""
        shown = self.lore.shown
        if len(shown) < MAX_SHOWN or formats in shown:
            shown[formats] = described

    def of(self, text: str) -> Verdict:
        """Return this verdict about another text of its form."""
        return Verdict(
            self.meant,
            self.decision,
            self.writes,
            self.sensitive,
            self.copies,
            text,
            self.lore,
            worst=self.worst,
            discreet=self.discreet,
        )


@dataclass
class Judged:
    """A whole text judged, statement by statement; the strictest verdict rules the message.

    Not slotted: it is copied for every text of a form seen before, and a dictionary is copied at once.
    """

    text: str
    verdicts: tuple[Verdict, ...]
    refers: bool
    unknown_object: bool = False
    epoch: str = ""
    """The state of the catalog that it was analyzed against."""
    behind: tuple[str, ...] = ()
    """The texts behind the names that it executes or fetches from."""
    form: Form | None = None
    """The other texts that are judged like this one."""
    minds: bool = False
    """Masked values may be among what the client gives: each text's own literals, and each Bind, are looked at."""
    places: tuple[int, ...] = ()
    """Where the literals of its text begin, if they are looked at."""
    paid: Mapping[Column, int] = field(default_factory=lambda: NOTHING_PAID)
    """How many plain values its asker has put to each column, its own among them, once that was counted and spent."""
    harmless: bool = field(init=False)
    effects: tuple[Effect, ...] = field(init=False)
    opaque: bool = field(init=False)
    temporary: bool = field(init=False)
    """It makes objects that only its own session sees."""
    touches: frozenset[Relation] = field(init=False)
    defines: bool = field(init=False)
    copies: bool = field(init=False)
    """It copies sensitive values to where others may be about to read them."""
    watched: bool = field(init=False)
    """It runs in a savepoint until the rows it has changed are counted."""
    plain: bool = field(init=False)
    """It only reads what anybody may see, and changes nothing for those after it: the fast lane may take it."""
    brief: bool = field(init=False)
    """It changes rows and shows none: the fast lane may take it once its record is on disk."""
    turns: bool = field(init=False)
    """It only begins or ends a transaction: the fast lane may take it where nothing else changes with that."""

    def __post_init__(self) -> None:
        self.harmless = all(isinstance(v.decision, Allow) and not v.writes and not v.sensitive for v in self.verdicts)
        self.effects = tuple(e for v in self.verdicts for e in v.analysis.effects)
        self.opaque = any(v.analysis.opaque or not v.analysis.understood for v in self.verdicts)
        accesses = [a for v in self.verdicts for a in v.analysis.accesses]
        self.temporary = any(a.action is Action.DEFINE and "temporary" in a.traits for a in accesses)
        self.touches = frozenset(a.relation for a in accesses if a.relation is not None)
        self.copies = any(v.sensitive and v.analysis.taints for v in self.verdicts)
        self.watched = any(v.worst is not None for v in self.verdicts)
        self.defines = self.opaque or any(e.verb == "define" for e in self.effects)
        simple = len(self.verdicts) == 1 and not (self.effects or self.refers or self.opaque or self.minds)
        self.plain = self.harmless and simple and all(v.analysis.outputs and not v.copies for v in self.verdicts)
        self.brief = simple and all(_is_brief(v) for v in self.verdicts)
        alone = self.harmless and len(self.verdicts) == 1 and not (self.refers or self.opaque or self.minds)
        self.turns = alone and _is_turn(self.verdicts[0].meant)

    def of(self, text: str, literals: tuple[bytes, ...] = ()) -> Judged:
        """Return this judgement about another text of its form."""
        judged = object.__new__(Judged)
        judged.__dict__.update(self.__dict__)
        judged.text = text
        verdict = self.verdicts[0].of(own_text(text))
        judged.verdicts = (verdict,)
        if self.minds and self.form is not None:
            judged.places = places_of(self.form.shape, literals)
            given = relocated(verdict.meant.given, self.places, judged.places, literals)
            verdict.meant = replace(verdict.meant, given=given)
        return judged

    def is_of(self, other: Judged | None) -> bool:
        """Tell whether the other is the same judgement of the same text."""
        if self is other or other is None:
            return self is other
        mine, others = self.verdicts, other.verdicts
        return self.text == other.text and len(mine) == len(others) == 1 and mine[0].lore is others[0].lore

    @property
    def doubtful(self) -> tuple[Analysis, int] | None:
        """Return the statement that is not understood, and where in the text it begins, if that alone is in the way.

        The server may know what is wrong with it. What earlier statements of the text would have changed, it cannot.
        """
        start = 0
        for verdict in self.verdicts:
            analysis = verdict.analysis
            start = max(self.text.find(analysis.text, start), start)
            if not analysis.understood:
                others = any(v.analysis.understood and not isinstance(v.decision, Allow) for v in self.verdicts)
                return None if others else (analysis, start)
            if not {e.verb for e in analysis.effects} <= QUIET:
                return None
        return None

    @property
    def decision(self) -> Decision | None:
        """Return the decision for the message: a deny, else a hold, else the first; None for an empty text."""
        for kind in (Deny, Hold):
            for verdict in self.verdicts:
                if isinstance(verdict.decision, kind):
                    return verdict.decision
        return self.verdicts[0].decision if self.verdicts else None

    @property
    def keyed(self) -> frozenset[Column]:
        """Return the columns that are compared with masked values alone."""
        return frozenset(column for v in self.verdicts for column in v.meant.keyed)

    @property
    def broken(self) -> tuple[str, ...]:
        """Return the rules that breaking the glass overrides."""
        found = (rule for v in self.verdicts if isinstance(v.decision, Allow) for rule in v.decision.broken)
        return tuple(dict.fromkeys(found))

    @property
    def told(self) -> str:
        """Return what an approver decides about: the text, and what its names stand for at this moment.

        `=>` never follows a whole statement in SQL, so no text that could run is told like this.
        """
        return "\n=> ".join((self.text, *self.behind))

    @property
    def meaning(self) -> tuple[object, ...]:
        """Return what it does to what, for comparing with what it meant at another time; estimates left out."""
        return tuple(_meaning(v.analysis) for v in self.verdicts)


def _is_brief(verdict: Verdict) -> bool:
    """Tell whether a statement may change rows, shows none, and leaves nothing to be counted or followed."""
    meant, decision = verdict.meant, verdict.decision
    return (
        isinstance(decision, Allow)
        and not (decision.broken or verdict.sensitive or verdict.copies or verdict.worst)
        and verdict.writes
        and meant.kind in BRIEF
        and meant.outputs is None
        and all(source == taint.target for taint in meant.taints for source in taint.sources)
    )


def _is_turn(meant: Analysis) -> bool:
    """Tell whether a statement is a plain BEGIN, COMMIT or ROLLBACK."""
    return meant.kind in TURNS and meant.effects == (Effect(meant.kind),) and not meant.accesses


def _meaning(analysis: Analysis) -> tuple[object, ...]:
    done = frozenset((a.action, a.relation, a.columns, a.object) for a in analysis.accesses)
    return (
        analysis.understood, analysis.outputs, analysis.reads, frozenset(analysis.taints), analysis.functions,
        analysis.opaque, done,
    )  # fmt: skip
