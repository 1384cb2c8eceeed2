"""Between the stations: which sessions are open, in which worker, and which of them an operator wants ended.

In comes what workers tell of their sessions; out goes the list, and to each worker the ends asked of it. Knows no
socket, and of statements what their records show: the last one without its literals. No list outlives the house, so
that its workers, which tell it of each session between two statements of others, do not wait for the disk.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, func, insert, select, update

from proctor.edge.line import Prepared
from proctor.edge.shelf import Shelf, microseconds, moment_of
from proctor.edge.tables import kills, sessions
from proctor.terms import Kind, SessionId

TOPIC = "kills"
MAX_TEXT = 500  # of a statement; it is for looking at

_MINE = Prepared(select(func.count()).where(sessions.c.subject == bindparam("who")))
_OPENED = Prepared(insert(sessions))
_CLOSED = (
    Prepared(delete(sessions).where(sessions.c.id == bindparam("key"))),
    Prepared(delete(kills).where(kills.c.session == bindparam("key"))),
)


@dataclass(frozen=True, slots=True)
class LiveSession:
    """One open session, as an operator sees it, a second ago at most.

    `command` is the kind of its last statement and `text` the statement without its literals, begun before `seen`;
    `busy` says that it ran, or waited, at that moment. `rows` and `bytes` are all that has been answered.
    """

    id: SessionId
    worker: str
    subject: str
    kind: Kind
    on_behalf_of: str | None
    database: str
    reason: str | None
    application: str | None
    address: str
    since: datetime
    command: str = ""
    seen: datetime | None = None
    text: str = ""
    busy: bool = False
    statements: int = 0
    rows: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """A sign of life of a session."""

    id: SessionId
    command: str
    at: datetime
    text: str = ""
    busy: bool = False
    statements: int = 0
    rows: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Kill:
    """An operator's wish that a session ends."""

    session: SessionId
    worker: str
    by: str
    because: str
    at: datetime


class LiveSessions:
    """The open sessions of the house."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def opened(self, session: LiveSession, most: int | None = None) -> bool:
        """Put a session on the list; False, and nothing done, where its subject has as many as `most` already."""
        with self.shelf.noting() as state:
            ((mine,),) = state.run(_MINE, who=session.subject)
            if most is not None and int(mine or 0) >= most:
                return False
            state.run(
                _OPENED,
                id=session.id,
                worker=session.worker,
                subject=session.subject,
                kind=session.kind.value,
                on_behalf_of=session.on_behalf_of,
                database=session.database,
                reason=session.reason,
                application=session.application,
                address=session.address,
                since=microseconds(session.since),
                command=session.command,
                seen=microseconds(session.seen or session.since),
                text=session.text[:MAX_TEXT],
                busy=int(session.busy),
                statements=session.statements,
                rows=session.rows,
                bytes=session.bytes,
            )
        return True

    def seen(self, signs: Iterable[Seen]) -> None:
        """Note the last statements of many sessions at once."""
        rows = [
            {
                "key": each.id,
                "command": each.command,
                "seen": microseconds(each.at),
                "text": each.text[:MAX_TEXT],
                "busy": int(each.busy),
                "statements": each.statements,
                "rows": each.rows,
                "bytes": each.bytes,
            }
            for each in signs
        ]
        if rows:
            with self.shelf.writing(lasting=False) as connection:
                connection.execute(update(sessions).where(sessions.c.id == bindparam("key")), rows)

    def closed(self, session: SessionId) -> None:
        """Take a session off the list, and with it the wish that it ends."""
        with self.shelf.noting() as state:
            for gone in _CLOSED:
                state.run(gone, key=session)

    def worker_gone(self, worker: str | None = None) -> None:
        """Take all sessions of a worker off the list, or of every worker when the house starts."""
        with self.shelf.writing(lasting=False) as connection:
            for table in (sessions, kills):
                gone = delete(table)
                connection.execute(gone if worker is None else gone.where(table.c.worker == worker))

    def list(self) -> tuple[LiveSession, ...]:
        """Return the open sessions, the oldest first."""
        with self.shelf.reading() as connection:
            return tuple(
                LiveSession(
                    SessionId(row["id"]),
                    row["worker"],
                    row["subject"],
                    Kind(row["kind"]),
                    row["on_behalf_of"],
                    row["database"],
                    row["reason"],
                    row["application"],
                    row["address"],
                    moment_of(row["since"]),
                    row["command"],
                    moment_of(row["seen"]),
                    row["text"],
                    bool(row["busy"]),
                    row["statements"],
                    row["rows"],
                    row["bytes"],
                )
                for row in connection.execute(select(sessions).order_by(sessions.c.since, sessions.c.id)).mappings()
            )

    def get(self, session: str) -> LiveSession | None:
        """Return an open session by its id."""
        return next((each for each in self.list() if each.id == session), None)

    def kill(self, session: str, *, by: str, because: str, at: datetime) -> bool:
        """Ask the session's worker to end it; False when it is not open. Its worker sees the topic `kills` change."""
        with self.shelf.writing(TOPIC) as connection:
            worker = connection.execute(select(sessions.c.worker).where(sessions.c.id == session)).scalar()
            if worker is None:
                return False
            connection.execute(delete(kills).where(kills.c.session == session))
            connection.execute(
                insert(kills).values(session=session, worker=worker, by=by, because=because, at=microseconds(at))
            )
        return True

    def kills(self, worker: str) -> tuple[Kill, ...]:
        """Return the sessions of a worker that are to end; they stay until it says `closed`."""
        with self.shelf.reading() as connection:
            return tuple(
                Kill(SessionId(row["session"]), row["worker"], row["by"], row["because"], moment_of(row["at"]))
                for row in connection.execute(select(kills).where(kills.c.worker == worker)).mappings()
            )
