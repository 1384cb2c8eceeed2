"""Stations 1 and 7: one end of a connection on the event loop. Bytes in become events, bytes out are back-pressured.

During the login events are fetched one by one (`next`); afterwards they go straight to a `sink`. When the other side is
slower than this one, this one is not read.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar, cast

from proctor.edge.flow import Flow
from proctor.errors import ClientFault, Fault

Event = TypeVar("Event")
Event_co = TypeVar("Event_co", covariant=True)

HIGH_WATER = 256 * 1024  # bytes that may wait for a slow reader before the fast writer is not read any more


class Leg(Protocol[Event_co]):
    """A sans-IO leg of `wire`."""

    @property
    def pending(self) -> int:
        """Return how many bytes wait for the rest of their message."""

    def feed(self, data: bytes) -> Sequence[Event_co]:
        """Return the events in these bytes."""


class Lost(ClientFault):
    """The other side has gone."""

    sqlstate = "08006"


class End(Flow, asyncio.Protocol, Generic[Event]):
    """A connection whose bytes are a leg's."""

    def __init__(self, leg: Leg[Event]) -> None:
        super().__init__()
        self.leg = leg
        self.transport: asyncio.Transport | None = None
        self.lost = False
        self.sink: Callable[[Sequence[Event]], None] | None = None
        self.gone: Callable[[Exception | None], None] | None = None
        self.partner: End[object] | None = None
        self._events: deque[Event] = deque()
        self._fault: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._held: set[str] = set()

    # ---- asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; also called again when TLS takes over."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's transports are no subclass, only alike
        self.transport.set_write_buffer_limits(high=HIGH_WATER)
        self.runs_over(self.transport)

    def read(self, data: bytes) -> None:
        """Let the leg read, whatever the lane may think."""
        self.settled(clean=False)
        try:
            events = self.leg.feed(data)
            self.settled(clean=not self.leg.pending)
            if self.sink is not None:
                self.sink(events)
                return
            self._events.extend(events)
        except Exception as fault:  # told to whoever runs the session, who ends it
            self.breaks(fault)
            return
        self._wake()

    def eof_received(self) -> bool:
        """Treat a half-closed connection as closed: neither protocol knows half."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the other side has gone, and wake whoever waits for it."""
        self.lost = True
        self.runs_over(None)
        self.breaks(exc if isinstance(exc, Fault) else None)
        if self.partner is not None:
            self.partner.resume("full")

    def pause_writing(self) -> None:
        """Stop reading from the partner: what it sends could not be passed on."""
        if self.partner is not None:
            self.partner.pause("full")

    def resume_writing(self) -> None:
        """Read from the partner again."""
        if self.partner is not None:
            self.partner.resume("full")

    # ---- the session's side

    def close(self) -> None:
        """Send what is left, and close."""
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self.transport is not None:
            self.transport.abort()

    def pause(self, why: str) -> None:
        """Do not read while this reason lasts."""
        self._held.add(why)
        if self.transport is not None and not self.lost and self.transport.is_reading():
            self.transport.pause_reading()

    def resume(self, why: str) -> None:
        """Read again, if this was the last reason not to."""
        self._held.discard(why)
        if self._held:
            return
        if self.transport is not None and not self.lost and not self.transport.is_reading():
            self.transport.resume_reading()

    async def next(self) -> Event:
        """Return the next event; raise the fault that ended the connection, or `Lost`."""
        while not self._events:
            if self._fault is not None:
                raise self._fault
            if self.lost:
                raise Lost("the connection was closed")
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return self._events.popleft()

    def flow(self, sink: Callable[[Sequence[Event]], None], gone: Callable[[Exception | None], None]) -> None:
        """From now on give events to `sink`, first those that came meanwhile, and the end to `gone`."""
        self.sink, self.gone = sink, gone
        if self._events:
            early = list(self._events)
            self._events.clear()
            sink(early)
        if self._fault is not None or self.lost:
            gone(self._fault)

    def breaks(self, fault: Exception | None) -> None:
        """Tell whoever runs the session, or waits for the next event, that it is over."""
        if self._fault is None:
            self._fault = fault
        if self.gone is not None:
            self.gone(fault)
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
