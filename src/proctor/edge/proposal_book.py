"""Station 5, its memory: what approvers are shown of held statements, beside the tickets.

In come proposals as a session made them, and what trying them has shown; out they go, by ticket. The texts hold the
statement's own literals: who may read them is decided by `control`. Knows no rule.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from sqlalchemy import insert, select, update

from proctor.edge.shelf import Shelf
from proctor.edge.tables import proposals, tickets
from proctor.session.proposals import Proposal
from proctor.terms import TicketState

OPEN = (TicketState.PENDING.value, TicketState.APPROVED.value)


@dataclass(frozen=True, slots=True)
class Impact:
    """What the database says of a held statement: its plan, and how many rows it would change.

    `rows` is None where it was not tried; `whynot` says why.
    """

    plan: tuple[str, ...] = ()
    rows: int | None = None
    whynot: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """Some of the rows that it would change, with the columns' names; what is sensitive in them is masked."""

    columns: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    before: tuple[tuple[str | None, ...], ...] = ()
    after: tuple[tuple[str | None, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """All that is known of a held statement; `impact` is None until the database was asked."""

    proposal: Proposal
    impact: Impact | None = None
    sample: Sample | None = None


_encode = msgspec.json.encode
_PROPOSAL = msgspec.json.Decoder(Proposal).decode
_IMPACT = msgspec.json.Decoder(Impact).decode
_SAMPLE = msgspec.json.Decoder(Sample).decode


class ProposalBook:
    """The proposals of the house."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def keep(self, ticket_id: str, proposal: Proposal) -> None:
        """Keep what is asked, beside its ticket."""
        with self.shelf.writing() as connection:
            connection.execute(insert(proposals).values(ticket=ticket_id, proposal=_encode(proposal).decode()))

    def tried(self, ticket_id: str, impact: Impact, sample: Sample | None = None) -> None:
        """Keep what the database has said of it."""
        said = {"impact": _encode(impact).decode(), "sample": None if sample is None else _encode(sample).decode()}
        with self.shelf.writing() as connection:
            connection.execute(update(proposals).where(proposals.c.ticket == ticket_id).values(**said))

    def get(self, ticket_id: str) -> Shown | None:
        """Return what is known of a held statement; None for a ticket of before."""
        with self.shelf.reading() as connection:
            row = connection.execute(select(proposals).where(proposals.c.ticket == ticket_id)).first()
        if row is None:
            return None
        return Shown(
            _PROPOSAL(row.proposal),
            None if row.impact is None else _IMPACT(row.impact),
            None if row.sample is None else _SAMPLE(row.sample),
        )

    def forget_rows(self) -> None:
        """Forget the rows of what nobody has to decide about any more: they are the database's, not ours to keep."""
        ended = select(tickets.c.id).where(tickets.c.state.not_in(OPEN))
        due = proposals.c.sample.is_not(None) & proposals.c.ticket.in_(ended)
        with self.shelf.reading() as connection:
            if connection.execute(select(proposals.c.ticket).where(due).limit(1)).first() is None:
                return
        with self.shelf.writing() as connection:
            connection.execute(update(proposals).where(due).values(sample=None))
