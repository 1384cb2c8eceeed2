"""Between the stations: the store, where the processes of a house meet. Tickets, data map, sessions, epochs, events.

In comes a state folder; out come the books that lie in it. Called rarely, and synchronously. Knows no rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType

from sqlalchemy import insert, select

from proctor.edge.budget_book import BudgetBook
from proctor.edge.data_map import DataMap
from proctor.edge.grant_book import GrantBook
from proctor.edge.live_sessions import LiveSessions
from proctor.edge.people_book import PeopleBook
from proctor.edge.proposal_book import ProposalBook
from proctor.edge.shelf import Shelf, bump, microseconds, moment_of
from proctor.edge.sign_in_book import SignInBook
from proctor.edge.tables import events
from proctor.edge.ticket_book import TicketBook
from proctor.edge.view_book import ViewBook

EPOCHS = "epochs"
RULES = "rules"


@dataclass(frozen=True, slots=True)
class OperatorEvent:
    """Something that an operator did, or should know of, in safe words."""

    at: datetime
    kind: str
    by: str
    text: str


class Store:
    """All that the processes share. `changes` is cheap enough to ask before each statement."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.tickets = TicketBook(shelf)
        self.proposals = ProposalBook(shelf)
        self.grants = GrantBook(shelf)
        self.budgets = BudgetBook(shelf)
        self.map = DataMap(shelf)
        self.sessions = LiveSessions(shelf)
        self.sign_ins = SignInBook(shelf)
        self.people = PeopleBook(shelf)
        self.views = ViewBook(shelf)

    @classmethod
    def open(cls, state: Path, *, migrate: bool = False) -> Store:
        """Open the store of a state folder; one process, before all others, may `migrate` it."""
        return cls(Shelf.open(state, migrate=migrate))

    def close(self) -> None:
        """Give back every connection."""
        self.shelf.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def changes(self) -> Mapping[str, int]:
        """Return the number of each topic, which differs from last time where something has changed.

        Topics: `tickets`, `kills`, `rules`, `classifications` and `classifications/DATABASE`, `epochs` and
        `epochs/DATABASE`.
        """
        return self.shelf.changes()

    def epoch(self, database: str) -> int:
        """Return the epoch of a database's catalog; what was decided under another is decided anew."""
        return self.changes().get(f"{EPOCHS}/{database}", 0)

    def raise_epoch(self, database: str) -> int:
        """Begin a new epoch of a database's catalog, for every process, and return it."""
        with self.shelf.writing(EPOCHS) as connection:
            return bump(connection, f"{EPOCHS}/{database}")

    def rules_changed(self) -> int:
        """Tell every process to read the rules again."""
        with self.shelf.writing() as connection:
            return bump(connection, RULES)

    def note(self, event: OperatorEvent) -> None:
        """Keep an event for the console."""
        with self.shelf.writing() as connection:
            connection.execute(
                insert(events).values(at=microseconds(event.at), kind=event.kind, by=event.by, text=event.text)
            )

    def events(self, limit: int = 100) -> tuple[OperatorEvent, ...]:
        """Return events, the newest first."""
        with self.shelf.reading() as connection:
            return tuple(
                OperatorEvent(moment_of(row["at"]), row["kind"], row["by"], row["text"])
                for row in connection.execute(select(events).order_by(events.c.id.desc()).limit(limit)).mappings()
            )
