"""Beside the stations: serves an ASGI application on sockets that somebody else has opened, by uvicorn.

In come the application, the sockets and a TLS context; it serves until told to stop. Signals are not its business.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

CONNECTIONS = 200  # strangers who open more are told to come back
HEADER_BYTES = 16 * 1024
GOODBYE_SECONDS = 5


class WebServer(uvicorn.Server):
    """One group of sockets with the same TLS, or none."""

    def __init__(self, app: ASGIApp, sockets: list[socket.socket], tls: ssl.SSLContext | None) -> None:
        config = uvicorn.Config(
            app,
            loop="none",
            lifespan="off",
            log_config=None,
            access_log=False,  # who asked what is in the journal
            proxy_headers=False,  # a header is a claim of whoever sent it
            server_header=False,
            ws="none",
            limit_concurrency=CONNECTIONS,
            h11_max_incomplete_event_size=HEADER_BYTES,
            timeout_graceful_shutdown=GOODBYE_SECONDS,
        )
        config.load()
        config.ssl = tls
        super().__init__(config)
        self.up = asyncio.Event()
        self._given = sockets

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to whoever runs the process."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections, and say so."""
        await super().startup(sockets)
        self.up.set()

    async def run_until_told(self) -> None:
        """Serve until `stop`."""
        await self.serve(sockets=self._given)

    def stop(self) -> None:
        """Take no more connections, finish what is being answered, and end."""
        self.should_exit = True


def servers_for(app: ASGIApp, sockets: list[socket.socket], tls: ssl.SSLContext | None) -> list[WebServer]:
    """Return a server for the network's sockets and one for the Unix sockets, which need no TLS."""
    network = [sock for sock in sockets if sock.family != socket.AF_UNIX]
    local = [sock for sock in sockets if sock.family == socket.AF_UNIX]
    groups = ((network, tls), (local, None))
    return [WebServer(app, group, context) for group, context in groups if group]
