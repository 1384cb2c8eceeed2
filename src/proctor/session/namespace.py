"""The one namespace of prepared statements and of portals that the protocol and SQL share.

A name is used by a later message before the answer to the one that made it has come back. It may be trusted when it
was made in the same batch (an error would skip the user too), or in a batch that has been answered; else the story
waits. What an error skipped is undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from proctor.session.judged import Judged, Stamp
from proctor.terms import Claims, Effect, Ticket
from proctor.wire.talk import Bind, Field

MAX_NAMES = 10_000  # each costs memory here and upstream
MAX_NAME = 63  # bytes; the server cuts longer names, so that two of them may be one to it


@dataclass(frozen=True, slots=True)
class Known:
    """What was remembered of a text when it was last asked for, and the stamp that it was remembered under."""

    under: Stamp
    judged: Judged
    claims: Claims


@dataclass(slots=True, eq=False)
class Prepared:
    """A prepared statement. `shape` is what its description said, with the formats still open."""

    text: str
    judged: Judged | None
    batch: int
    shape: list[Field] | None = None
    described: bool = False
    source: str = ""
    """The PREPARE that made it, if SQL did, or the text that the server has for it, if that is another."""
    known: Known | None = None
    """What the fast lane has found out about its text."""
    rewritten: Rewritten | None = None
    """What left in the place of its text, since that has masked values in it."""
    types: tuple[int, ...] = ()
    """The types of its parameters, as far as the client, or the server, has said them."""
    declared: tuple[int, ...] = ()
    """The types that the client has declared for its parameters; 0 where it leaves one open."""


@dataclass(slots=True, eq=False)
class Portal:
    """A portal or cursor, and the statement it runs."""

    text: str
    judged: Judged | None
    batch: int
    statement: Prepared | None = None
    values: tuple[bytes | None, ...] | None = None
    results: tuple[int, ...] = ()
    shape: list[Field] | None = None
    described: bool = False
    raw: bytes = b""
    """Its description as the server sent it."""
    ticket: Ticket | None = None
    """The approval spent for this portal, good for all the runs that fetch its rows."""
    bind: Bind | None = None
    """The Bind that made it, where it may have to be made again."""
    counted: bool = False
    """The rows that it changes have been counted: what is left of it only fetches what it returns."""
    holds: bool = False
    """A cursor WITH HOLD, which outlives its transaction."""
    source: str = ""
    """The DECLARE that made it, if SQL did."""
    told: tuple[bytes | None, ...] | None = None
    """Its parameters as the client sent them."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A text with parameters in the places of its masked literals, and what these stand for."""

    text: str
    extra: tuple[bytes | None, ...]
    before: int
    """How many parameters the client's own text has."""


Entry = Prepared | Portal


@dataclass(slots=True)
class Undo:
    """How to take one change back: what stood under the name before."""

    table: dict[bytes, Entry]
    name: bytes
    before: Entry | None

    def apply(self) -> None:
        """Put back what stood there."""
        if self.before is None:
            self.table.pop(self.name, None)
        else:
            self.table[self.name] = self.before


@dataclass(slots=True)
class Namespace:
    """All names of a session."""

    statements: dict[bytes, Entry] = field(default_factory=dict)
    portals: dict[bytes, Entry] = field(default_factory=dict)

    def put(self, table: dict[bytes, Entry], name: bytes, entry: Entry) -> Undo:
        """Set a name and return how to take that back."""
        undo = Undo(table, name, table.get(name))
        table[name] = entry
        return undo

    def drop(self, table: dict[bytes, Entry], name: bytes) -> Undo:
        """Forget a name and return how to take that back."""
        return Undo(table, name, table.pop(name, None))

    def follow(self, effects: Iterable[Effect], meanings: Mapping[str, Judged], source: str, batch: int) -> None:
        """Take in what SQL's own PREPARE, DECLARE, DEALLOCATE, CLOSE and DISCARD have done in the statement `source`.

        `meanings` holds what the texts inside meant when they were sent: a cursor keeps that for its life.
        """
        for effect in effects:
            name = (effect.name or "").encode()
            text = effect.text or ""
            if effect.verb == "prepare":
                self.statements[name] = Prepared(text, meanings.get(text), batch, source=source)
            elif effect.verb == "declare":
                holds = "hold" in effect.flags
                self.portals[name] = Portal(text, meanings.get(text), batch, holds=holds, source=source)
            elif effect.verb in ("deallocate", "close"):
                _forget(self.statements if effect.verb == "deallocate" else self.portals, effect.name)
            elif effect.verb == "discard" and effect.name is None:
                self.statements.clear()
                self.portals.clear()

    def transaction_ended(self, batch: int) -> None:
        """Forget the portals of a batch that has been answered: the server has dropped them with its transaction."""
        if not self.portals:
            return
        gone = [n for n, p in self.portals.items() if p.batch <= batch and not (isinstance(p, Portal) and p.holds)]
        for name in gone:
            del self.portals[name]

    def keep(self, found: Iterable[tuple[str, str, str]]) -> None:
        """Forget every name that the server has no longer, or has for another text, by what it lists itself."""
        listed = {(kind, name.encode()): text.strip().rstrip(";").strip() for kind, name, text in found}
        for kind, table in (("s", self.statements), ("p", self.portals)):
            for name, entry in list(table.items()):
                own = (entry.source or entry.text).strip().rstrip(";").strip()
                if name and listed.get((kind, name)) != own:  # no SQL reaches what has no name
                    del table[name]

    def full(self) -> bool:
        """Say whether one more name is too many."""
        return len(self.statements) + len(self.portals) >= MAX_NAMES


def _forget(table: dict[bytes, Entry], name: str | None) -> None:
    if name is None:
        table.clear()
    else:
        table.pop(name.encode(), None)
