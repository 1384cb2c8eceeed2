"""Station 4, its memory: how many plain values each identity has put to each sensitive column in the present window.

In come counts, out go sums; spending is one atomic change, whichever worker spends. Knows no rule, and no values.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from proctor.edge.shelf import Shelf, microseconds
from proctor.edge.tables import budgets
from proctor.terms import Column

WINDOW = timedelta(hours=24)
"""How long what was spent is remembered, from the first value on."""
MOST = 2**62
"""What the column has room for; budgets of agents count rows by the billion."""


class BudgetBook:
    """What was spent, of the whole house."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def spend(self, owner: str, database: str, probes: Mapping[Column, int], now: datetime) -> dict[Column, int]:
        """Add to what the owner has spent on each column, and return the sums."""
        at = microseconds(now)
        over = at - int(WINDOW.total_seconds() * 1_000_000)
        sums: dict[Column, int] = {}
        with self.shelf.writing() as connection:
            for column, count in sorted(probes.items()):
                here = _of(owner, database, column)
                connection.execute(delete(budgets).where(here, budgets.c.since <= over))
                spent = connection.execute(select(budgets.c.count).where(here)).scalar_one_or_none()
                sums[column] = min((spent or 0) + count, MOST)
                if spent is None:
                    connection.execute(insert(budgets).values(**_key(owner, database, column), since=at, count=count))
                else:
                    connection.execute(update(budgets).where(here).values(count=sums[column]))
        return sums

    def refund(self, owner: str, database: str, probes: Mapping[Column, int]) -> None:
        """Take back what was spent for something that does not run."""
        with self.shelf.writing() as connection:
            for column, count in sorted(probes.items()):
                here = _of(owner, database, column)
                spent = connection.execute(select(budgets.c.count).where(here)).scalar_one_or_none()
                if spent is not None:
                    connection.execute(update(budgets).where(here).values(count=max(0, spent - count)))


def _key(owner: str, database: str, column: Column) -> dict[str, str]:
    relation = column.relation
    return {
        "owner": owner,
        "database": database,
        "schema": relation.schema,
        "relation": relation.name,
        "column": column.name,
    }


def _of(owner: str, database: str, column: Column) -> ColumnElement[bool]:
    return and_(*(budgets.c[name] == value for name, value in _key(owner, database, column).items()))
