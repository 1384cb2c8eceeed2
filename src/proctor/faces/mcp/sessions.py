"""Beside the stations: which requests of MCP belong together. None do, but those of older clients that can be asked.

In come requests whose caller `door` has put beside them; on they go to be served by themselves, or within a session: in
the protocol before 2026 a question to a client's person goes out on one request, and the answer comes in by another. A
session proves nothing: each request in it has shown who asks, and one of somebody else's does not find it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from mcp.server.streamable_http import MCP_SESSION_ID_HEADER
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.inbound import MCP_PROTOCOL_VERSION_HEADER
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import Message, Receive, Scope, Send

from proctor.control.agents import AgentDesk, Caller

log = logging.getLogger("proctor.mcp")

CALLER = "proctor.caller"
"""Where `door` puts who asks into the scope of a request."""
MOST = 200
MOST_OF_ONE = 10
"""Whoever has so many is served without one, and is not asked anything."""
IDLE_SECONDS = 600.0
LOOK_SECONDS = 1.0
GOODBYE_SECONDS = 7.0
"""A call that ends with its token is answered still; then the session is gone as well."""


@dataclass(slots=True)
class _Kept:
    """A session: whose it is, and the last caller in it, whose token says for how long."""

    caller: Caller
    seen: float
    open: int = 0


class Sessions:
    """Serves MCP by two managers of the SDK: one keeps nothing, the other is for who can only be asked in a session."""

    def __init__(self, once: StreamableHTTPSessionManager, kept: StreamableHTTPSessionManager, desk: AgentDesk) -> None:
        self._once = once
        self._manager = kept
        self._desk = desk
        self._kept: dict[str, _Kept] = {}

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Serve within this; sessions end with their tokens, or when nothing is asked in them any more."""
        async with self._once.run(), self._manager.run():
            looking = asyncio.create_task(self._look())
            try:
                yield
            finally:
                looking.cancel()

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        headers, caller = Headers(scope=scope), scope.get(CALLER)
        version = headers.get(MCP_PROTOCOL_VERSION_HEADER)
        if not isinstance(caller, Caller) or (version is not None and version not in HANDSHAKE_PROTOCOL_VERSIONS):
            await self._once.handle_request(scope, receive, send)
            return
        name = headers.get(MCP_SESSION_ID_HEADER)
        if name is not None:
            await self._within(name, caller, scope, receive, send)
            return
        if not self._room_for(caller):
            await self._once.handle_request(scope, receive, send)
            return
        try:
            body = await Request(scope, receive).body()
        except ClientDisconnect:
            return
        again = _again(body, receive)
        if _can_be_asked(body):
            await self._manager.handle_request(scope, again, self._noting(caller, send))
        else:
            await self._once.handle_request(scope, again, send)

    async def _within(self, name: str, caller: Caller, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._kept.get(name)
        if found is None or found.caller.owner != caller.owner or await self._desk.over(found.caller):
            await _unknown(scope, receive, send)
            return
        found.caller, found.seen, found.open = caller, _now(), found.open + 1
        begun = ended = False

        async def give(message: Message) -> None:
            nonlocal begun, ended
            begun, ended = True, message["type"] == "http.response.body" and not message.get("more_body")
            await send(message)

        try:
            # A stream on which a client listens ends with the token that opened it; a call is answered before.
            good = caller.left(self._desk.now()) if scope["method"] == "GET" else None
            async with asyncio.timeout(good):
                await self._manager.handle_request(scope, receive, give)
        except TimeoutError:
            if begun and not ended:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            found.seen, found.open = _now(), found.open - 1
        if scope["method"] == "DELETE":
            self._kept.pop(name, None)

    def _room_for(self, caller: Caller) -> bool:
        theirs = sum(1 for each in self._kept.values() if each.caller.owner == caller.owner)
        return len(self._kept) < MOST and theirs < MOST_OF_ONE

    def _noting(self, caller: Caller, send: Send) -> Send:
        async def give(message: Message) -> None:
            if message["type"] == "http.response.start":
                name = Headers(raw=message["headers"]).get(MCP_SESSION_ID_HEADER)
                if name is not None and message["status"] == 200:
                    self._kept[name] = _Kept(caller, _now())
            await send(message)

        return give

    async def _look(self) -> None:
        """End sessions whose token is over, and forget those that nobody has used for long."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for name, each in list(self._kept.items()):
                try:
                    await self._look_at(name, each)
                except Exception as fault:  # the others are looked at all the same
                    log.error("a session at MCP could not be looked at: %s", type(fault).__name__, exc_info=fault)

    async def _look_at(self, name: str, each: _Kept) -> None:
        left = each.caller.left(self._desk.now())
        late = left is not None and left <= -GOODBYE_SECONDS
        if late or ((left is None or left > 0) and await self._desk.over(each.caller)):
            self._desk.session_over(each.caller)
            await self._end(name)
        elif not each.open and _now() - each.seen > IDLE_SECONDS:
            await self._end(name)

    async def _end(self, name: str) -> None:
        self._kept.pop(name, None)
        scope = {
            "type": "http", "method": "DELETE", "path": "/mcp", "raw_path": b"/mcp", "query_string": b"",
            "headers": [(MCP_SESSION_ID_HEADER.encode(), name.encode())],
        }  # fmt: skip
        await self._manager.handle_request(scope, _nothing, _nowhere)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _can_be_asked(body: bytes) -> bool:
    """Tell whether a message opens a conversation of an older client that can show a form to its person."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return False
    if not isinstance(said, dict) or said.get("method") != "initialize":
        return False
    params = said.get("params")
    capabilities = params.get("capabilities") if isinstance(params, dict) else None
    asking = capabilities.get("elicitation") if isinstance(capabilities, dict) else None
    return isinstance(asking, dict) and ("form" in asking or "url" not in asking)


def _again(body: bytes, receive: Receive) -> Receive:
    """Return what gives a body that was read once more, and then what else comes."""
    given = False

    async def give() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return give


async def _unknown(scope: Scope, receive: Receive, send: Send) -> None:
    error = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "Session not found"}}
    await JSONResponse(error, 404)(scope, receive, send)


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _nowhere(_: Message) -> None:
    """Hear an answer that nobody waits for."""
