"""Station 1 from its outer side: a session of the gateway's own, opened for somebody whom the control process let in.

In come a letter, a start-up packet's words and one statement; out come its rows, as text, or the fields of the error.
What is said on the way travels as it would for any client, through all stations. Bounded in rows; the session itself
bounds the bytes. Knows no HTTP and no rule.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from proctor.edge.end import End, Lost
from proctor.edge.letters import Letter, sealed
from proctor.errors import HouseFault
from proctor.wire import messages, talk
from proctor.wire.upstream_leg import UpstreamLeg

Knock = Callable[[], socket.socket | None]
"""Gives one end of a new pair of sockets, whose other end a worker gets; None where no worker can be reached."""
Tell = Callable[[Mapping[str, str]], Awaitable[None]]
"""Hears the notices that come while a statement waits or runs."""
CANCEL_SECONDS = 5.0


@dataclass(slots=True)
class Said:
    """What a statement was answered with: rows, or the fields of an error. `more` says that there were more rows."""

    columns: tuple[talk.Field, ...] = ()
    rows: list[tuple[str | None, ...]] = field(default_factory=list)
    tag: str = ""
    more: bool = False
    failed: Mapping[str, str] | None = None


class Conversation:
    """One session, for one statement. Use as `async with`; whoever leaves early cancels what runs."""

    def __init__(self, knock: Knock, letter: Letter, settings: Mapping[str, str]) -> None:
        self._knock = knock
        self._letter = letter
        self._settings = settings
        self._end: End[talk.UpstreamEvent] = End(UpstreamLeg())
        self._key: talk.KeyData | None = None
        self._idle = False
        self._failed: Mapping[str, str] | None = None

    async def __aenter__(self) -> Conversation:
        await self._enter(self._end, messages.startup(self._settings))
        try:
            await self._settle()
        except BaseException:
            self._end.abort()
            raise
        return self

    async def __aexit__(self, kind: object, fault: object, trace: object) -> None:
        if not self._idle:
            await asyncio.shield(self._cancel())
        elif not self._end.lost:
            self._end.write(messages.terminate())
        self._end.close()

    async def ask(self, sql: str, tell: Tell) -> Said:
        """Send a text as a simple query."""
        return await self._answered(messages.query(sql), tell, rows=0)

    async def run(self, sql: str, values: Sequence[str | None], rows: int, tell: Tell) -> Said:
        """Run one statement with these parameters, as texts, and take at most so many of its rows."""
        bound = [None if value is None else value.encode() for value in values]
        asked = [
            messages.parse(b"", sql),
            messages.bind(b"", b"", values=bound),
            messages.describe(b"P", b""),
            messages.execute(b"", rows),
            messages.sync(),
        ]
        return await self._answered(b"".join(asked), tell, rows=rows)

    async def _answered(self, asked: bytes, tell: Tell, *, rows: int) -> Said:
        if self._failed is not None:
            return Said(failed=self._failed)
        said, self._idle = Said(), False
        self._end.write(asked)
        try:
            while True:
                match await self._end.next():
                    case talk.Shape(fields=fields):
                        said.columns = tuple(fields)
                    case talk.Rows(raw=raw):
                        said.rows.extend(messages.read_rows(raw)[: max(0, rows - len(said.rows))])
                    case talk.Done(tag=tag):
                        said.tag = tag
                    case talk.Suspended():
                        said.more = True
                    case talk.Failed(fields=fields):
                        said.failed = said.failed or fields
                    case talk.Notice(fields=fields):
                        await tell(fields)
                    case talk.CopyStart(direction=direction):
                        said.failed = said.failed or _NO_COPY
                        if direction == "in":
                            self._end.write(messages.copy_fail("no data comes in here") + messages.sync())
                    case talk.Ready():
                        self._idle = True
                        return said
                    case _:
                        pass
        except Lost:
            self._idle = True  # there is nothing left to cancel
            return said if said.failed is not None else Said(failed=_LOST)

    async def _settle(self) -> None:
        """Wait until the session is open; a refusal at the door is kept, and answers what is asked."""
        try:
            while True:
                match await self._end.next():
                    case talk.KeyData() as key:
                        self._key = key
                    case talk.Failed(fields=fields):
                        self._failed = fields
                    case talk.Ready():
                        break
                    case _:
                        pass
        except Lost:
            self._failed = self._failed or _LOST
        self._idle = True

    async def _enter(self, end: End[talk.UpstreamEvent], packet: bytes) -> None:
        sock = self._knock()
        if sock is None:
            raise HouseFault("no worker of the gateway can be reached", hint="Try again in a moment.")
        sock.setblocking(False)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(lambda: end, sock)
        except BaseException:
            sock.close()
            raise
        end.write(sealed(self._letter) + packet)

    async def _cancel(self) -> None:
        """Cancel what runs or waits; the session ends by itself once its client is gone."""
        if self._key is None or self._end.lost:
            return
        end: End[talk.UpstreamEvent] = End(UpstreamLeg())
        try:
            async with asyncio.timeout(CANCEL_SECONDS):
                await self._enter(end, messages.cancel_request(self._key.pid, self._key.secret))
                await end.next()  # nothing is answered: the other side closes once it has understood
        except (HouseFault, Lost, TimeoutError, OSError):
            return
        finally:
            end.close()


_NO_COPY = {"C": "0A000", "M": "COPY moves no data here", "H": "Use SELECT, or INSERT with values."}
_LOST = {"S": "FATAL", "C": "08006", "M": "the session was closed", "H": "Try again in a moment."}
