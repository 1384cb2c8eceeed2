"""Station 7, aside: a connection on which the desk tries a statement with a client's own parameters, and takes it back.

In go one statement and its values, as the client sent them; out come rows, or the code of what went wrong. The words of
an error may quote values, so only its code is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from proctor.edge import upstream as up
from proctor.edge.config import Database, UpstreamRole
from proctor.wire import messages, talk
from proctor.wire.talk import Field

MAX_ROWS = 1000  # a plan may be long; a sample is not


@dataclass(slots=True)
class Answer:
    """What the database said to one statement."""

    fields: list[Field] = field(default_factory=list)
    rows: list[tuple[str | None, ...]] = field(default_factory=list)
    types: tuple[int, ...] = ()
    sqlstate: str = ""


class Stage:
    """One connection, for one trial."""

    def __init__(self, upstream: up.Upstream) -> None:
        self._upstream = upstream

    @classmethod
    async def open(cls, database: Database, role: UpstreamRole, settings: Mapping[str, str]) -> Stage:
        """Connect in that role, with those settings."""
        return cls(await up.connect(database, role, settings))

    async def ask(self, sql: str, values: Sequence[bytes | None] = (), types: Sequence[int] = ()) -> Answer:
        """Run one statement; a value that was sent in binary stands behind a NUL."""
        formats = [1 if value is not None and value.startswith(b"\0") else 0 for value in values]
        plain = [v[1:] if form and v is not None else v for v, form in zip(values, formats, strict=True)]
        self._upstream.end.write(
            messages.parse(b"", sql, types)
            + messages.describe(b"S", b"")
            + messages.bind(b"", b"", formats, plain, ())
            + messages.execute(b"", MAX_ROWS)
            + messages.sync()
        )
        answer = Answer()
        while True:
            match await self._upstream.end.next():
                case talk.Parameters(types=known):
                    answer.types = known
                case talk.Shape(fields=fields):
                    answer.fields = list(fields)
                case talk.Rows(raw=raw):
                    answer.rows.extend(messages.read_rows(raw))
                case talk.Failed(fields=words):
                    answer.sqlstate = words.get("C", "XX000")
                case talk.Ready():
                    return answer
                case _:
                    pass

    def leave(self) -> None:
        """Close at once; the server rolls back what is open."""
        self._upstream.end.abort()
