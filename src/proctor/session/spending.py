"""Station 4, where rules give a budget: plain values put to sensitive columns are counted, and spent before they leave.

Takes a judgement and the values bound to it; gives the judgement under what its asker has spent by now. Only rules that
read `context.probes` make anything of this. A judgement with counts in it is remembered nowhere.
"""

from __future__ import annotations

from collections import Counter

from proctor.policy.statement import COUNTLESS
from proctor.session.budget import Values, account, charges
from proctor.session.hearing import Hearing
from proctor.session.judge import Bench
from proctor.session.judged import Judged
from proctor.session.ports import Desk, Terms
from proctor.terms import Action, Allow, Column, Deny, Kind


class Spending:
    """One session's way to the budgets of its identity."""

    def __init__(self, terms: Terms, hearing: Hearing, desk: Desk) -> None:
        self._terms = terms
        self._hearing = hearing
        self._desk = desk
        # Whom an agent acts for spends with it: agents are as many as somebody likes to have.
        self._owner = terms.asker.on_behalf_of or terms.asker.subject

    def spent(self, judged: Judged, values: Values) -> Judged:
        """Count what a statement asks, spend it, and judge by the sum; what may not run tells nothing, and is free.

        Counted and added up in one step of the store: of two that spend the last of a budget, one comes too late.
        """
        bench = self._hearing.bench(judged.text)
        asked = self._asked(bench, judged, values)
        if not asked:
            return judged
        accounts = {column: account(column, bench.catalog, bench.classified) for column in asked}
        owed: Counter[Column] = Counter()
        for column, count in asked.items():
            owed[accounts[column]] = min(owed[accounts[column]] + count, COUNTLESS)
        database = self._terms.database
        sums = self._desk.spend_probes(self._owner, database, owed)
        again = bench.again(judged, paid={column: sums[accounts[column]] for column in asked})
        if not all(isinstance(verdict.decision, Allow) for verdict in again.verdicts):
            self._desk.refund_probes(self._owner, database, owed)
        return again

    def supposed(self, judged: Judged) -> Judged:
        """Judge a text that gets a name as if its values were few and the first: nothing runs before they are bound."""
        if not isinstance(judged.decision, Deny):
            return judged
        bench = self._hearing.bench(judged.text)
        asked = self._asked(bench, judged, ())
        return bench.again(judged, paid=dict.fromkeys(asked, 1)) if asked else judged

    def _counted(self, bench: Bench) -> bool:
        """Tell whether anything is counted: what the person may ask only so often, their agent may not ask more."""
        kind = self._terms.asker.kind
        if bench.rules.reads_probes(kind):
            return True
        infers = kind is Kind.AGENT and bench.rules.may_permit(Kind.AGENT, Action.INFER)
        return infers and bench.rules.reads_probes(Kind.HUMAN)

    def _asked(self, bench: Bench, judged: Judged, values: Values) -> dict[Column, int]:
        asker = self._terms.asker
        if isinstance(judged.decision, Allow) or not self._counted(bench):
            return {}
        found: dict[Column, int] = {}
        for verdict in judged.verdicts:
            for column, count in charges(verdict.analysis, values, bench.classified, asker.kind).items():
                if column not in judged.keyed:  # a masked value stands for its own row, and is no guess
                    found[column] = min(found.get(column, 0) + count, COUNTLESS)
        return found
