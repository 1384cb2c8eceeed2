"""Stations 4 and 9, for agents with a budget: what one may do in a day by itself, and what it has done of that.

In come decisions and answers on their way into the journal; out goes whether a budget is used up. Statements, writes
and cost are counted as they are decided, rows and masked cells as they are answered. What is over is held.
"""

from __future__ import annotations

from collections.abc import Callable

from proctor.policy.tasks import task_of
from proctor.session.judged import Verdict
from proctor.session.ports import Answered, Decided, Desk, Leave, Ledger, Terms
from proctor.terms import Allow, Budget, Claims, Column, Relation

HOME = "(agents)"
"""Where the counts stand in the book, which otherwise has schemas there; the database is none."""
EVERYTHING = "*"
MEASURES = ("statements", "rows", "cells", "writes", "cost")
WORDS = {"cells": "sensitive cells", "cost": "rows that statements were expected to read"}
MAX_OPEN = 4096
MOST_COST = 2**40  # of one statement: a product of tables has more rows than the book has room for


class Allowance:
    """One session's way to the budgets of its agent, for all that it does for this person, and for each task."""

    def __init__(self, terms: Terms, desk: Desk, size_of: Callable[[Relation], int]) -> None:
        self._asker = terms.asker
        self._owner = f"{terms.asker.subject} for {terms.asker.on_behalf_of}"
        self._desk = desk
        self._size_of = size_of
        self._open: dict[str, tuple[str, ...]] = {}

    def exceeded(self, claims: Claims) -> str | None:
        """Return in words which budget is used up, None while none is."""
        for name, budget in self._budgets(claims):
            limits = {measure: getattr(budget, measure) for measure in MEASURES}
            keys = {_key(name, measure): 0 for measure, most in limits.items() if most is not None}
            sums = self._desk.spend_probes(self._owner, "", keys) if keys else {}
            for column, spent in sums.items():
                most = limits[column.name]
                if most is not None and spent >= most:
                    what = WORDS.get(column.name, column.name)
                    where = "" if name == EVERYTHING else f" at the task {name}"
                    return f"the agent's budget of {most} {what} a day{where} is used up"
        return None

    def decided(self, entry: Decided) -> None:
        """Count a statement that is about to run."""
        verdict = entry.decided
        if not isinstance(verdict.decision, Allow) or not counts(verdict):
            return
        names = tuple(name for name, _ in self._budgets(entry.claims))
        if len(self._open) < MAX_OPEN:
            self._open[entry.exchange] = names
        self._spend(names, {"statements": 1, "writes": int(verdict.writes), "cost": self._cost(verdict)})

    def answered(self, entry: Answered) -> None:
        """Count what came back."""
        names = self._open.pop(entry.exchange, ())
        self._spend(names, {"rows": entry.rows, "cells": sum(entry.cells.values())})

    def _spend(self, names: tuple[str, ...], counted: dict[str, int]) -> None:
        owed = {_key(name, measure): n for name in names for measure, n in counted.items() if n > 0}
        if owed:
            self._desk.spend_probes(self._owner, "", owed)

    def _budgets(self, claims: Claims) -> list[tuple[str, Budget]]:
        task = task_of(self._asker, claims.task)
        found = [(EVERYTHING, self._asker.registration.budget)]
        return found if task is None else [*found, (task.name, task.budget)]

    def _cost(self, verdict: Verdict) -> int:
        """Return how many rows it is expected to look at or change: where it says nothing, those of the whole table."""
        total = 0
        for access in verdict.meant.accesses:
            estimate = access.estimated_rows if access.read_rows is None else access.read_rows
            if estimate is None and access.relation is not None:
                estimate = self._size_of(access.relation)
            total += max(0, estimate or 0)
        return min(total, MOST_COST)


class Metered:
    """A ledger that tells the allowance what it writes."""

    def __init__(self, ledger: Ledger, allowance: Allowance) -> None:
        self._ledger = ledger
        self._allowance = allowance

    def decided(self, entry: Decided) -> int:
        """Count, and write."""
        self._allowance.decided(entry)
        return self._ledger.decided(entry)

    def answered(self, entry: Answered) -> None:
        """Count, and write."""
        self._allowance.answered(entry)
        self._ledger.answered(entry)

    def decided_again(
        self,
        exchange: str,
        verdict: Verdict,
        claims: Claims,
        values: tuple[bytes | None, ...],
        leave: Leave | None,
        durable: bool = False,
    ) -> None:
        """Write; whoever has a budget has no fast lane, which alone asks for this."""
        self._ledger.decided_again(exchange, verdict, claims, values, leave, durable)

    def let_go(self) -> None:
        """Write now what waits."""
        self._ledger.let_go()

    def answered_plainly(self, exchange: str, rows: int, size: int, tag: bytes, started_ns: int) -> None:
        """Write; see `decided_again`."""
        self._ledger.answered_plainly(exchange, rows, size, tag, started_ns)

    async def synced(self, position: int) -> None:
        """Return once it is on disk."""
        await self._ledger.synced(position)


def counts(verdict: Verdict) -> bool:
    """Tell whether a statement does anything that a budget is for: to end a transaction is always free."""
    return bool(verdict.meant.accesses or verdict.meant.outputs or verdict.meant.opaque)


def limited(terms: Terms) -> bool:
    """Tell whether somebody has any budget."""
    asker = terms.asker
    budgets = (asker.registration.budget, *(task.budget for task in asker.tasks))
    return any(getattr(budget, measure) is not None for budget in budgets for measure in MEASURES)


def _key(name: str, measure: str) -> Column:
    return Column(Relation(HOME, name), measure)
