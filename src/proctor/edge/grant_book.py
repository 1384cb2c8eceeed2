"""Station 4, its memory: the grants. Every step of a grant's life is one atomic change, whoever else tries.

In come grants and the pure steps of `policy`; out go grants as they stand. Knows no rule on who may do what.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec
from sqlalchemy import Connection, Row, and_, func, insert, not_, select, update
from sqlalchemy.sql.elements import ColumnElement

from proctor.edge.shelf import Shelf, microseconds, moment_of
from proctor.edge.tables import grants
from proctor.errors import ClientFault
from proctor.terms import Column, Grant, GrantState, Moment, Relation, Vote

TOPIC = "grants"
MAX_PENDING = 20
MAX_LISTED = 1000
OPEN = (GrantState.PENDING.value, GrantState.ACTIVE.value)
Refused = TypeVar("Refused")
_ENCODE = msgspec.json.Encoder(order="sorted").encode
_DECODE = msgspec.json.Decoder(tuple[Vote, ...]).decode


class GrantBook:
    """The grants of the house."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def open(self, grant: Grant) -> None:
        """Keep a new pending grant."""
        mine = and_(grants.c.state == GrantState.PENDING.value, grants.c.requester == grant.requester)
        with self.shelf.writing(TOPIC) as connection:
            if connection.execute(select(func.count()).where(mine)).scalar_one() >= MAX_PENDING:
                raise ClientFault(f"{MAX_PENDING} grants wait for a decision already", sqlstate="53400")
            connection.execute(insert(grants).values(id=grant.id, **_row(grant)))

    def get(self, name: str) -> Grant | None:
        """Return a grant by its id."""
        with self.shelf.reading() as connection:
            return _get(connection, name)

    def list(self, requester: str | None = None) -> tuple[Grant, ...]:
        """Return grants, the newest first; all, or somebody's own."""
        query = select(grants).order_by(grants.c.created.desc(), grants.c.id).limit(MAX_LISTED)
        if requester is not None:
            query = query.where(grants.c.requester == requester)
        with self.shelf.reading() as connection:
            return tuple(_grant(row) for row in connection.execute(query))

    def active(self, database: str, now: Moment) -> tuple[Grant, ...]:
        """Return the grants that are in force for a database."""
        good = and_(grants.c.database == database, grants.c.state == GrantState.ACTIVE.value, _alive(now))
        with self.shelf.reading() as connection:
            return tuple(_grant(row) for row in connection.execute(select(grants).where(good)))

    def take_step(self, name: str, step: Callable[[Grant], Grant | Refused]) -> Grant | Refused | None:
        """Apply a pure step, and keep what it returns; a refusal changes nothing. None: no such grant."""
        with self.shelf.writing(TOPIC) as connection:
            before = _get(connection, name)
            if before is None:
                return None
            after = step(before)
            if isinstance(after, Grant) and after != before:
                connection.execute(update(grants).where(grants.c.id == name).values(**_row(after)))
            return after

    def expire_due(self, now: Moment) -> tuple[Grant, ...]:
        """Expire what is past its time, and return those grants as they are now."""
        due = and_(grants.c.state.in_(OPEN), not_(_alive(now)))
        with self.shelf.reading() as connection:
            if connection.execute(select(grants.c.id).where(due).limit(1)).first() is None:
                return ()
        with self.shelf.writing(TOPIC) as connection:
            names = connection.execute(select(grants.c.id).where(due)).scalars().all()
            connection.execute(update(grants).where(due).values(state=GrantState.EXPIRED.value))
            return tuple(_grant(row) for row in connection.execute(select(grants).where(grants.c.id.in_(names))))


def _alive(now: Moment) -> ColumnElement[bool]:
    return and_(grants.c.ends > microseconds(now.wall), grants.c.deadline > now.ticks)


def _get(connection: Connection, name: str) -> Grant | None:
    row = connection.execute(select(grants).where(grants.c.id == name)).first()
    return None if row is None else _grant(row)


def _row(grant: Grant) -> dict[str, str | int]:
    return {
        "state": grant.state.value,
        "requester": grant.requester,
        "database": grant.database,
        "schema": grant.column.relation.schema,
        "relation": grant.column.relation.name,
        "column": grant.column.name,
        "seconds": grant.seconds,
        "because": grant.because,
        "created": microseconds(grant.created),
        "ends": microseconds(grant.ends.wall),
        "deadline": grant.ends.ticks,
        "votes": _ENCODE(grant.votes).decode(),
    }


def _grant(row: Row[tuple[str | int, ...]]) -> Grant:
    kept = row._mapping
    return Grant(
        kept["id"],
        GrantState(kept["state"]),
        kept["requester"],
        kept["database"],
        Column(Relation(kept["schema"], kept["relation"]), kept["column"]),
        kept["seconds"],
        kept["because"],
        moment_of(kept["created"]),
        Moment(moment_of(kept["ends"]), kept["deadline"]),
        _DECODE(kept["votes"]),
    )
