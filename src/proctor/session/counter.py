"""Station 5, where the client waits: at the counter of the approval desk, until somebody decides or patience ends.

Takes a request of the desk; gives the approved ticket, or raises `Refused` with what the client hears. Judges nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from proctor.session import refusals
from proctor.session.ports import Desk, HoldRequest, Terms
from proctor.terms import Ticket, TicketState

Tell = Callable[[dict[str, str]], None]
KEEP_ALIVE = 30.0  # seconds between two notices to a client that waits


class Refused(Exception):
    """The desk's answer is no (or not yet); `fields` tell the client."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(fields["M"])
        self.fields = fields


class Counter:
    """One session's place at the desk."""

    def __init__(self, terms: Terms, desk: Desk) -> None:
        self._terms = terms
        self._desk = desk
        self._held: asyncio.Future[None] | None = None

    async def wait(self, request: HoldRequest, exchange: str, tell: Tell | None) -> Ticket:
        """Return the ticket of this request once it is approved; raise `Refused` in every other case.

        Nobody waits who cannot be told so.
        """
        decision, console = request.hold, self._terms.console
        ticket = self._desk.open(request)
        if self._terms.hold_seconds <= 0 or tell is None:
            raise Refused(refusals.held(decision, ticket, exchange, console))
        locks = self._terms.hold_seconds if request.proposal.in_transaction else 0
        tell(refusals.waiting(decision, ticket, console, locks=locks))
        try:
            ended = await self._settled(ticket, lambda: tell(refusals.waiting_still(ticket)))
        except BaseException:
            self._desk.withdraw(ticket)
            raise
        if ended is None:
            self._desk.withdraw(ticket)
            raise Refused(refusals.error("57014", f"canceling statement due to user request (ticket {ticket.id})"))
        if ended.state is TicketState.PENDING:
            raise Refused(refusals.held(decision, ended, exchange, console))
        if ended.state is TicketState.APPROVED:
            return ended
        raise Refused(refusals.unapproved(ended, exchange))

    async def _settled(self, ticket: Ticket, remind: Callable[[], None]) -> Ticket | None:
        """Wait for the desk, the end of patience (the ticket comes back pending), or a cancel (None).

        A connection on which nothing is said for minutes is cut by what lies between; so something is said.
        """
        loop = asyncio.get_running_loop()
        held = self._held = loop.create_future()
        settled = asyncio.ensure_future(self._desk.settled(ticket))
        end = loop.time() + self._terms.hold_seconds
        try:
            while (left := end - loop.time()) > 0:
                some = min(left, KEEP_ALIVE)
                await asyncio.wait((settled, held), timeout=some, return_when=asyncio.FIRST_COMPLETED)
                if held.done():
                    return None
                if settled.done():
                    return settled.result()
                if some == KEEP_ALIVE:
                    remind()
            return ticket
        finally:
            settled.cancel()
            self._held = None

    def cancel(self) -> bool:
        """Give up the wait, if there is one; else the cancel belongs upstream."""
        if self._held is None or self._held.done():
            return False
        self._held.set_result(None)
        return True
