"""Station 5, its messenger: carries news of tickets to webhooks, from the control process.

Looks at the desk, and sends each change once to each webhook: signed, with an idempotency key, again after a failure,
later each time. What waits is bounded: news are dropped before the house is buried in them, and that is told.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import httpx

from proctor.edge.config import Approvals, Webhook
from proctor.edge.news import key_of, message, signature
from proctor.edge.store import Store
from proctor.errors import HouseFault
from proctor.session.ports import Clock
from proctor.terms import Ticket, TicketState

log = logging.getLogger("proctor.control")

TOPIC = "tickets"
MAX_WAITING = 1000
MAX_TRIES = 10
AT_ONCE = 16
SECONDS = 5.0
LONGEST = 60  # seconds between two tries
WORRY = 3  # after so many failures somebody should know
SECOND = 1_000_000_000
Post = Callable[[str, bytes, Mapping[str, str]], Awaitable[int]]


@dataclass(slots=True, eq=False)
class Letter:
    """One piece of news on its way to one webhook."""

    webhook: Webhook
    key: str
    body: bytes
    tries: int = 0
    due: int = 0


class Herald:
    """The messenger. `go` is called again and again; it never waits long."""

    def __init__(
        self, store: Store, approvals: Approvals, clock: Clock, console: str, post: Post | None = None
    ) -> None:
        self.approvals = approvals
        self.dropped = 0
        self._store = store
        self._clock = clock
        self._console = console
        self._post = post or posted
        self._seen: int | None = None
        self._told: dict[str, str] = {}
        self._letters: list[Letter] = []

    async def go(self) -> None:
        """Write letters about what has changed, and send those that are due; raise if some do not arrive."""
        await asyncio.to_thread(self._look)
        now = self._clock.monotonic_ns()
        due = [letter for letter in self._letters if letter.due <= now][:AT_ONCE]
        for letter, arrived in zip(due, await asyncio.gather(*map(self._send, due)), strict=True):
            if arrived or letter.tries >= MAX_TRIES:
                self._letters.remove(letter)
                self.dropped += not arrived
        late = sorted({letter.webhook.name for letter in self._letters if letter.tries >= WORRY})
        if late:
            raise HouseFault(f"messages do not arrive at {', '.join(late)}", hint="see [approvals.webhooks]")

    def _look(self) -> None:
        number = self._store.changes().get(TOPIC, 0)
        if number == self._seen or not self.approvals.webhooks:
            return
        found = self._store.tickets.list()
        # At the start only what waits is news; its key is the same as before the start, so that nobody hears it twice.
        for ticket in reversed([t for t in found if self._told.get(t.id) != key_of(t)]):
            if self._seen is not None or ticket.state is TicketState.PENDING:
                self._write(ticket)
        self._told = {ticket.id: key_of(ticket) for ticket in found}
        self._seen = number

    def _write(self, ticket: Ticket) -> None:
        for webhook in self.approvals.webhooks:
            if len(self._letters) >= MAX_WAITING:
                self.dropped += 1
                log.error("news of ticket %s are dropped: %d messages wait", ticket.id, MAX_WAITING)
                continue
            body = message(ticket, webhook.format, self._console)
            self._letters.append(Letter(webhook, key_of(ticket), body))

    async def _send(self, letter: Letter) -> bool:
        """Send a letter; say whether it has arrived."""
        timestamp = str(int(self._clock.now().timestamp()))
        headers = {
            "content-type": "application/json",
            "idempotency-key": letter.key,
            "proctor-timestamp": timestamp,
            "proctor-signature": signature(letter.webhook.secret.reveal(), timestamp, letter.body),
        }
        status = await self._post(letter.webhook.url, letter.body, headers)
        letter.tries += 1
        letter.due = self._clock.monotonic_ns() + min(LONGEST, 1 << (letter.tries - 1)) * SECOND
        if 400 <= status < 500 and status not in (408, 425, 429):
            log.error("webhook %s does not take news (%d)", letter.webhook.name, status)
            letter.tries = MAX_TRIES  # it says that it never will
        return 200 <= status < 300


async def posted(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Post, and return the status; 0 where nobody answers. Redirects are not followed: they may lead anywhere."""
    try:
        async with httpx.AsyncClient(timeout=SECONDS, trust_env=False, follow_redirects=False) as client:
            return (await client.post(url, content=body, headers=dict(headers))).status_code
    except (httpx.HTTPError, OSError):
        return 0
