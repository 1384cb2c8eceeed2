"""Beside the stations: the searches of the journal that people keep under a name. Each sees their own alone.

In come a person, a name and a search; bounded in number by whoever calls. Knows no records.
"""

from __future__ import annotations

from sqlalchemy import and_, delete, func, insert, select
from sqlalchemy.sql.elements import ColumnElement

from proctor.edge.shelf import Shelf
from proctor.edge.tables import views


class ViewBook:
    """The kept searches of all people."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def list(self, owner: str) -> tuple[tuple[str, str], ...]:
        """Return a person's searches by name, sorted."""
        query = select(views.c.name, views.c.query).where(views.c.owner == owner).order_by(views.c.name)
        with self.shelf.reading() as connection:
            return tuple((row[0], row[1]) for row in connection.execute(query))

    def keep(self, owner: str, name: str, query: str, most: int) -> bool:
        """Keep a search, in place of one of that name; False, and nothing done, where the person has `most` already."""
        with self.shelf.writing() as connection:
            connection.execute(delete(views).where(_this(owner, name)))
            count = connection.execute(select(func.count()).where(views.c.owner == owner)).scalar_one()
            if count >= most:
                return False
            connection.execute(insert(views).values(owner=owner, name=name, query=query))
        return True

    def drop(self, owner: str, name: str) -> bool:
        """Forget a search; False where there is none."""
        with self.shelf.writing() as connection:
            return connection.execute(delete(views).where(_this(owner, name))).rowcount > 0


def _this(owner: str, name: str) -> ColumnElement[bool]:
    return and_(views.c.owner == owner, views.c.name == name)
