"""Stations 3 and 4 of a session: text → Analysis → Decision, taken from memory where nothing has changed since.

What a judgement depends on besides the text is its `Stamp`: identity, claims, rules, catalog, classification, search
path. A text judged under another stamp is judged again; one that differs from a judged one in nothing but literals
that the analysis did not consult is judged like it. Knows no bytes and no waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from proctor.policy import choosing
from proctor.policy.decide import decide
from proctor.policy.rules import MASKED_KEYS, Rules
from proctor.session import counting
from proctor.session.inheritance import inherited, wearing
from proctor.session.judged import NOTHING_PAID, Judged, Lore, Stamp, Verdict
from proctor.session.readings import handed_on, located, minds, with_keys
from proctor.sql import analyze, examine
from proctor.sql.catalog import Catalog
from proctor.sql.forms import places_of
from proctor.sql.shape import shape_of
from proctor.terms import (
    Access,
    Action,
    Allow,
    Analysis,
    Classified,
    Column,
    Context,
    Deny,
    Effect,
    Output,
    Relation,
)

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
REFERS = frozenset({"execute", "fetch"})
MOVES = frozenset({"set", "set_local", "reset", "discard", "commit", "rollback", "rollback_to", "define"})
"""Effects after which a name may stand for another meaning, within one text."""


@dataclass(frozen=True, slots=True)
class Behind:
    """What a name stands for: its text and, for a cursor, what that meant when it was declared."""

    text: str
    meant: Analysis | None = None


Lookup = Callable[[Effect], "Behind | None"]
"""Finds what is behind the name in an `execute` or `fetch`; None when no such statement or cursor is known."""


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
        minded = [g for g in given if minds(g, self.classified, self.rules.chooses)]
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

    def handed_back(self, analysis: Analysis) -> Mapping[Column, frozenset[str]]:
        """Return by which masks a value compared with each column may stand for another, for this asker."""
        columns = frozenset(column for given in analysis.given if not given.written for column in given.columns)
        return choosing.handed_back(
            self.stamp.asker, analysis, self.stamp.context, self.rules, self.classified, columns
        )

    def written_masks(self, column: Column) -> frozenset[str]:
        """Return the masks of which no value may be written into a column, whoever sees them."""
        data_class = self.classified.class_of(column)
        return frozenset() if data_class is None else choosing.written_masks(data_class, self.rules.chooses)

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
        context = self.stamp.context
        now = (approved, approvals, in_transaction, paid)
        if now != (context.approved, context.approvals, context.in_transaction, context.probes):
            context = replace(
                context, approved=approved, approvals=approvals, in_transaction=in_transaction, probes=paid
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
