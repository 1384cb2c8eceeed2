"""Station 7, seen from the story: a message that may go upstream leaves in the client's bytes, and names follow it.

Takes events with their judgements and records; gives the pipeline its messages and the namespace its entries. Nothing
leaves without a decision that lets it.
"""

from __future__ import annotations

from proctor.errors import HouseFault
from proctor.session import exchange as ex
from proctor.session.clearance import Clearance
from proctor.session.exchange import Exchange
from proctor.session.given import values_of
from proctor.session.hearing import Hearing, Values
from proctor.session.judged import Judged
from proctor.session.namespace import Namespace, Portal, Prepared, Rewritten
from proctor.session.pipeline import Pipeline
from proctor.session.ports import World
from proctor.terms import Allow, Ticket
from proctor.wire import messages, talk


class Departures:
    """One session's way out of the house."""

    def __init__(
        self, names: Namespace, hearing: Hearing, pipeline: Pipeline, clearance: Clearance, world: World
    ) -> None:
        self._names = names
        self._hearing = hearing
        self._pipeline = pipeline
        self._clearance = clearance
        self._world = world

    def batch_ends(self) -> None:
        """Note that what comes next belongs to another question."""
        self._clearance.batch_ends()
        self._hearing.view.batch_ended(in_transaction=self._pipeline.answers.status == "T")

    def query(self, event: talk.Ask, judged: Judged, exchanges: list[Exchange]) -> None:
        """Send a simple query, or what takes its place."""
        self._leaves(judged)
        # The server drops what has no name when a simple query comes.
        unnamed = [self._names.drop(table, b"") for table in (self._names.statements, self._names.portals)]
        self._pipeline.push_query(event.raw, exchanges, undo=unnamed)
        self.batch_ends()

    def prepare(self, event: talk.Prepare, judged: Judged, made: Rewritten | None = None) -> None:
        """Send a Parse, with the text that the database is to have in the place of its own."""
        entry = Prepared(
            judged.text, judged, self._pipeline.batch, rewritten=made, types=event.types, declared=event.types
        )
        raw = event.raw
        if made is not None:
            entry.source, raw = made.text, messages.parse(event.name, made.text, event.types)
        undo = self._names.put(self._names.statements, event.name, entry)
        self._pipeline.push(ex.PARSE, raw, entry=entry, undo=undo)

    def bind(
        self, event: talk.Bind, statement: Prepared, judged: Judged, ticket: Ticket | None, told: Values | None = None
    ) -> Portal:
        """Send a Bind, and return its portal; `told` are its parameters as the client sent them, if others leave."""
        values = values_of(event)
        entry = Portal(statement.text, judged, self._pipeline.batch, statement, values, event.results, ticket=ticket)
        entry.told = values if told is None else told
        entry.bind = event if judged.watched else None
        undo = self._names.put(self._names.portals, event.portal, entry)
        self._pipeline.push(ex.BIND, event.raw, entry=entry, undo=undo)
        return entry

    def run(self, event: talk.Run, portal: Portal, judged: Judged, exchanges: list[Exchange]) -> None:
        """Send an Execute, and ask for its description if the client did without."""
        portal.judged = judged
        known = portal.statement is not None and portal.statement.described and not judged.refers
        if not portal.described and not known:
            self._pipeline.describe_portal(event.portal, portal)
        self._leaves(judged)
        self._pipeline.push_execute(event.raw, portal, exchanges)

    def close(self, event: talk.Close) -> None:
        """Send a Close."""
        table = self._names.statements if event.kind == b"S" else self._names.portals
        self._pipeline.push(ex.CLOSE, event.raw, undo=self._names.drop(table, event.name))

    def _leaves(self, judged: Judged) -> None:
        """Take in what a statement changes for those after it."""
        if any(not isinstance(v.decision, Allow) for v in judged.verdicts):
            raise HouseFault("a statement was about to leave without a decision that lets it")
        if judged.copies:
            self._hearing.view.dirty = True  # whoever reads the copy waits until its class is known
        if judged.effects or judged.opaque:
            if judged.defines:
                self._world.catalog_changes()
            self._hearing.view.follow(judged.effects, opaque=judged.opaque, temporary=judged.temporary)
