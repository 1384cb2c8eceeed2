"""The one namespace of prepared statements and of portals that the protocol and SQL share.

A name is used by a later message before the answer to the one that made it has come back. It may be trusted when it
was made in the same batch (an error would skip the user too), or in a batch that has been answered; else the story
waits. What an error skipped is undone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from proctor.session.judge import Judged
from proctor.terms import Effect, Ticket
from proctor.wire.talk import Field

MAX_NAMES = 10_000  # each costs memory here and upstream


@dataclass(slots=True, eq=False)
class Prepared:
    """A prepared statement. `shape` is what its description said, with the formats still open."""

    text: str
    judged: Judged | None
    batch: int
    shape: list[Field] | None = None
    described: bool = False


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
    ticket: Ticket | None = None
    """The approval spent for this portal, good for all the runs that fetch its rows."""


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

    def follow(self, effects: Iterable[Effect], batch: int) -> None:
        """Take in what SQL's own PREPARE, DECLARE, DEALLOCATE, CLOSE and DISCARD have done."""
        for effect in effects:
            name = (effect.name or "").encode()
            if effect.verb == "prepare":
                self.statements[name] = Prepared(effect.text or "", None, batch)
            elif effect.verb == "declare":
                self.portals[name] = Portal(effect.text or "", None, batch)
            elif effect.verb in ("deallocate", "close"):
                _forget(self.statements if effect.verb == "deallocate" else self.portals, effect.name)
            elif effect.verb == "discard":
                self.statements.clear()
                self.portals.clear()

    def full(self) -> bool:
        """Say whether one more name is too many."""
        return len(self.statements) + len(self.portals) >= MAX_NAMES


def _forget(table: dict[bytes, Entry], name: str | None) -> None:
    if name is None:
        table.clear()
    else:
        table.pop(name.encode(), None)
