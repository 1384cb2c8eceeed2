"""Stations 3 and 4 of a session: text → Analysis → Decision, taken from memory where nothing has changed since.

What a judgement depends on besides the text is its `Stamp`: identity, claims, rules, catalog, classification, search
path. A text judged under another stamp is judged again; one that differs from a judged one in nothing but literals
that the analysis did not consult is judged like it. Knows no bytes and no waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar

from proctor.policy.decide import decide
from proctor.policy.rules import MASKED_KEYS, Rules
from proctor.session import counting
from proctor.session.inheritance import inherited, wearing
from proctor.session.readings import handed_on, located, minds, relocated, with_keys
from proctor.sql import Form, analyze, examine
from proctor.sql.catalog import Catalog
from proctor.sql.forms import own_text, places_of
from proctor.sql.settings import SessionSettings
from proctor.sql.shape import shape_of
from proctor.terms import (
    Access,
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
    Output,
    Relation,
)

MAX_REMEMBERED = 8192  # texts are a stranger's to choose; memory is not
MAX_REMEMBERED_TEXT = 16_384
MAX_KIN = 4  # judgements of one shape that differ by a consulted literal: LIMIT 10, LIMIT 20 …
MAX_PASSING = 64
NOTHING_PAID: Mapping[Column, int] = MappingProxyType({})
MAX_SHOWN = 16  # the formats of results are a stranger's to choose as well

WRITES = frozenset(
    {
        Action.INSERT,
        Action.UPDATE,
        Action.DELETE,
        Action.DEFINE,
        Action.GRANT,
        Action.ADMINISTER,
        Action.EXECUTE,
        Action.EXPORT,
        Action.COPY,
    }
)
SHOWING = frozenset({Action.UPDATE, Action.DELETE})
TURNS = frozenset({"begin", "commit", "rollback"})
BRIEF = frozenset({"insert", "update", "delete"})
REFERS = frozenset({"execute", "fetch"})
QUIET = frozenset({"begin", "savepoint", "release", "listen"})
"""Effects after which every name still means what it meant."""
MOVES = frozenset({"set", "set_local", "reset", "discard", "commit", "rollback", "rollback_to", "define"})
"""Effects after which a name may stand for another meaning, within one text."""


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


@dataclass(frozen=True, slots=True)
class Behind:
    """What a name stands for: its text and, for a cursor, what that meant when it was declared."""

    text: str
    meant: Analysis | None = None


Lookup = Callable[[Effect], "Behind | None"]
"""Finds what is behind the name in an `execute` or `fetch`; None when no such statement or cursor is known."""


_Key = TypeVar("_Key")
_Known = TypeVar("_Known")


class Memory:
    """The judgements of one worker, shared by its sessions, bounded. A stamp is hashed once and then is a number."""

    def __init__(self) -> None:
        self._numbers: dict[Stamp, int] = {}
        self._next = 0
        self._judged: dict[tuple[int, str], Judged] = {}
        self._kin: dict[tuple[int, bytes], list[Judged]] = {}
        self._passing: dict[tuple[int, str], Judged] = {}
        """Judged like another lately: the messages of one question ask for the same text several times."""

    def number(self, stamp: Stamp) -> int:
        """Return the number that stands for this stamp."""
        known = self._numbers.get(stamp)
        if known is None:
            if len(self._numbers) >= MAX_REMEMBERED:
                self._numbers.clear()
                self._judged.clear()
                self._kin.clear()
                self._passing.clear()
            known = self._numbers[stamp] = self._next
            self._next += 1  # never used twice: a forgotten stamp's judgements must not be found by another
        return known

    def recall(self, number: int, text: str) -> Judged | None:
        """Return the judgement of that text under that stamp, if it or one that holds for it is remembered."""
        key = (number, text)
        known = self._judged.get(key) or self._passing.get(key)
        if known is not None:
            return known
        shaped = shape_of(text)
        if shaped is None:
            return None
        shape, literals = shaped
        for judged in self._kin.get((number, shape), ()):
            if judged.form is not None and judged.form.holds(literals):
                if len(self._passing) >= MAX_PASSING:
                    self._passing.clear()
                self._passing[key] = found = judged.of(text, literals)
                return found
        return None

    def keep(self, number: int, judged: Judged) -> None:
        """Remember a judgement; the older half goes when there are too many."""
        if len(judged.text) > MAX_REMEMBERED_TEXT or judged.unknown_object:
            return
        _make_room(self._judged)
        self._judged[(number, judged.text)] = judged
        if judged.form is not None:
            _make_room(self._kin)
            kin = self._kin.setdefault((number, judged.form.shape), [])
            kin.insert(0, judged)
            del kin[MAX_KIN:]


def _make_room(table: dict[_Key, _Known]) -> None:
    if len(table) >= MAX_REMEMBERED:
        for key in list(table)[: MAX_REMEMBERED // 2]:
            del table[key]


@dataclass(frozen=True, slots=True)
class Bench:
    """What the judge has before it: catalog, data map and rules, as the stamp names them."""

    stamp: Stamp
    catalog: Catalog
    classified: Classified
    rules: Rules
    unseen: frozenset[Relation] = frozenset()
    """Relations with columns of which no value was seen yet."""

    def judge(self, text: str, *, approved: bool = False, approvals: int = 0, lookup: Lookup | None = None) -> Judged:
        """Judge every statement of a text. What cannot be analyzed is not understood, and decided as that."""
        examined = examine(text, self.catalog, self.stamp.settings)
        analyses = examined.analyses
        refers = any(e.verb in REFERS for a in analyses for e in a.effects)
        behind: list[str] = []
        if refers and lookup is not None:
            analyses = tuple(self._followed(analyses, lookup, behind))
        verdicts = self._verdicts(analyses, approved=approved, approvals=approvals)
        unknown = any(not a.understood and a.trouble.startswith(("relation ", "column ")) for a in analyses)
        given = [g for a in analyses for g in a.given] if self.stamp.context.style == "useful" else []
        minded = [g for g in given if minds(g, self.classified)]
        form = examined.form
        places: tuple[int, ...] = ()
        if minded and form is not None:
            # Which literal it is matters to what is compared: a text of the shape is judged by its own ones.
            places = places_of(*(shape_of(text) or (form.shape, ())))
            form = form if located(analyses[0].given, places) else None
        behind_it = tuple(behind)
        return Judged(
            text, verdicts, refers, unknown, self.stamp.epoch, behind_it, form, minds=bool(minded), places=places
        )

    def again(
        self,
        judged: Judged,
        *,
        approved: bool = False,
        approvals: int = 0,
        keyed: frozenset[Column] = frozenset(),
        in_transaction: bool = False,
        paid: Mapping[Column, int] | None = None,
    ) -> Judged:
        """Decide anew about what was analyzed before: a portal means what it meant when it was bound.

        `keyed` are columns that are compared with masked values alone, if more than were known. `paid` is what was
        spent since; what was spent before stays spent.
        """
        paid = judged.paid if paid is None else paid
        analyses = [with_keys(v.analysis, keyed) if keyed else v.analysis for v in judged.verdicts]
        verdicts = self._verdicts(
            analyses, approved=approved, approvals=approvals, in_transaction=in_transaction, paid=paid
        )
        return replace(judged, verdicts=verdicts, form=None, paid=paid)

    def refused(self, judged: Judged, reason: str, hint: str) -> Judged:
        """Return the judgement that no part of it may run, since a masked value stands where it may not."""
        no = Deny((MASKED_KEYS.id,), self.rules.digest, reason, hint)
        verdicts = (replace(judged.verdicts[0], decision=no, lore=Lore(), sensitive=True), *judged.verdicts[1:])
        return replace(judged, verdicts=verdicts, form=None)

    def _verdicts(
        self,
        analyses: Iterable[Analysis],
        *,
        approved: bool,
        approvals: int,
        in_transaction: bool = False,
        paid: Mapping[Column, int] = NOTHING_PAID,
    ) -> tuple[Verdict, ...]:
        """Decide about each in turn; what one copies, those after it see where it was copied to."""
        context = replace(
            self.stamp.context, approved=approved, approvals=approvals, in_transaction=in_transaction, probes=paid
        )
        verdicts, known = [], self.classified
        for analysis in analyses:
            verdicts.append(self._verdict(analysis, context, known))
            known = wearing(known, inherited(analysis.taints, known))
        return tuple(verdicts)

    def _verdict(self, analysis: Analysis, context: Context, classified: Classified) -> Verdict:
        decision = decide(self.stamp.asker, analysis, context, self.rules, classified)
        sensitive = decision.sensitive if isinstance(decision, Allow) else True
        writes = any(a.action in WRITES and "temporary" not in a.traits for a in analysis.accesses)
        copies = not analysis.understood or (analysis.copy is not None and not analysis.copy.to_client)
        text, worst = analysis.text, None
        if isinstance(decision, Allow) and not decision.broken and counting.open_ended(analysis):
            intact = replace(context, claims=replace(context.claims, break_glass=False))
            supposed = decide(self.stamp.asker, counting.supposed(analysis), intact, self.rules, classified)
            worst = None if isinstance(supposed, Allow) else supposed
        lore = Lore(grounds=(classified, context, self.stamp.asker))
        # The error of such a write may show a whole row, with values that have come since.
        shows = any(a.action in SHOWING and a.relation in self.unseen for a in analysis.accesses)
        writes = writes or bool(analysis.opaque)
        return Verdict(analysis, decision, writes, sensitive, copies, text, lore, worst=worst, discreet=shows)

    def counted(self, judged: Judged, rows: int, whole: Iterable[Relation] = (), *, approvals: int = 0) -> Judged:
        """Decide anew about what has run, now that it is known how many rows it has changed, and where all of them."""
        context = replace(self.stamp.context, approved=approvals > 0, approvals=approvals, probes=judged.paid)
        every = frozenset(whole)

        def known(verdict: Verdict) -> Verdict:
            found = counting.counted(verdict.analysis, rows, every)
            decision = decide(self.stamp.asker, found, context, self.rules, self.classified)
            return replace(verdict, decision=decision, lore=Lore(), worst=None)

        verdicts = [v if v.worst is None else known(v) for v in judged.verdicts]
        return replace(judged, verdicts=tuple(verdicts), form=None)

    def at_worst(self, judged: Judged) -> Judged:
        """Return the judgement as it would be, did everything change more rows than any rule lets it."""
        verdicts = [v if v.worst is None else replace(v, decision=v.worst, lore=Lore()) for v in judged.verdicts]
        return replace(judged, verdicts=tuple(verdicts), form=None)

    def _followed(self, analyses: Iterable[Analysis], lookup: Lookup, behind: list[str]) -> Iterable[Analysis]:
        """Put in the place of each EXECUTE or FETCH what it would run, names made earlier in the text included."""
        made: dict[tuple[str, str | None], Behind] = {}
        moved = False
        for analysis in analyses:
            seen = analysis
            for effect in analysis.effects:
                if effect.verb in ("prepare", "declare") and effect.text is not None:
                    made["execute" if effect.verb == "prepare" else "fetch", effect.name] = Behind(effect.text)
                elif effect.verb in REFERS:
                    found = made.get((effect.verb, effect.name)) or lookup(effect)
                    behind += [] if found is None else [f"{effect.name}: {found.text}"]
                    seen = self._behind(seen, effect, found, moved)
            moved = moved or bool(analysis.opaque) or any(e.verb in MOVES for e in analysis.effects)
            yield seen

    def _behind(self, analysis: Analysis, effect: Effect, found: Behind | None, moved: bool) -> Analysis:
        if found is None:
            what = "prepared statement" if effect.verb == "execute" else "cursor"
            return replace(analysis, understood=False, trouble=f'{what} "{effect.name}" does not exist')
        if found.meant is not None:
            return _merged(analysis, found.meant)
        inner = analyze(found.text, self.catalog, self.stamp.settings)
        if not inner:
            return analysis  # an empty statement has a name and runs nothing
        if moved or len(inner) != 1 or any(e.verb in REFERS for e in inner[0].effects):
            return replace(analysis, understood=False, trouble=f'what "{effect.name}" would run cannot be followed')
        return _merged(analysis, inner[0])


def _merged(outer: Analysis, inner: Analysis) -> Analysis:
    """Give the naming statement the meaning of the named one."""
    plan = outer.kind == "explain"
    outputs = (Output("QUERY PLAN", inner.reads, plain=False),) if plan else inner.outputs
    if outer.kind == "move":
        outputs = None
    understood = outer.understood and inner.understood and outer.kind in ("execute", "fetch", "move", "explain")
    accesses: tuple[Access, ...] = outer.accesses + inner.accesses
    return replace(
        outer,
        understood=understood,
        trouble=outer.trouble or inner.trouble or ("" if understood else "it runs a named statement in a new way"),
        accesses=accesses,
        outputs=outputs,
        reads=outer.reads | inner.reads,
        inferences=outer.inferences + inner.inferences,
        taints=outer.taints + inner.taints,
        functions=outer.functions | inner.functions,
        opaque=outer.opaque + inner.opaque,
        effects=outer.effects + tuple(e for e in inner.effects if e.verb not in REFERS),
        given=handed_on(outer.given, inner.given),
        text=outer.text,
    )
