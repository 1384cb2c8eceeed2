"""Beside the stations: two manners of HTTP for the API: what has not changed is not sent, what was done is not redone.

`ETag` and `If-None-Match` on answers to GET; `Idempotency-Key` on POST: a second request of the same caller with the
same key and body gets the first one's answer. In comes an ASGI application; out goes one with these manners. Only what
is under /api/v1 and small is held, and of what was not done nothing is kept.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from proctor.faces.problems import problem

PREFIX: Final = "/api/v1/"
SEALED: Final = "/api/v1/audit/"
"""Answers that show what was sealed are held by nobody."""
MOST: Final = 1000  # answers that are kept
LARGEST: Final = 64 * 1024
KEPT: Final = 24 * 3600.0
MAX_KEY: Final = 200


@dataclass(slots=True)
class _Answer:
    """An answer on its way, or kept."""

    asked: bytes
    at: float
    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    done: bool = False


class Manners:
    """Wraps the faces."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._kept: OrderedDict[bytes, _Answer] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        if scope["method"] == "GET":
            return await self._tagged(scope, receive, send, headers.get("if-none-match", ""))
        key = headers.get("idempotency-key")
        if scope["method"] != "POST" or key is None or scope["path"].startswith(SEALED):
            return await self.app(scope, receive, send)
        if not 1 <= len(key) <= MAX_KEY:
            return await problem(422, f"an Idempotency-Key has 1 to {MAX_KEY} characters")(scope, receive, send)
        return await self._once(scope, receive, send, headers, key)

    async def _tagged(self, scope: Scope, receive: Receive, send: Send, known: str) -> None:
        start: Message | None = None
        held: list[bytes] | None = []

        async def give(message: Message) -> None:
            nonlocal start, held
            if message["type"] == "http.response.start":
                length = Headers(raw=message["headers"]).get("content-length", "")
                if message["status"] != 200 or not length.isdigit() or int(length) > LARGEST:
                    held = None
                    return await send(message)
                start = message
                return None
            if held is None or start is None:
                return await send(message)
            held.append(message.get("body", b""))
            if message.get("more_body"):
                return None
            body = b"".join(held)
            tag = f'"{sha256(body).hexdigest()[:32]}"'
            headers = MutableHeaders(raw=list(start["headers"]))
            headers["etag"] = tag
            same = tag in [one.strip().removeprefix("W/") for one in known.split(",")]
            if same:
                del headers["content-length"]
            await send({"type": "http.response.start", "status": 304 if same else 200, "headers": headers.raw})
            return await send({"type": "http.response.body", "body": b"" if same else body})

        await self.app(scope, receive, give)

    async def _once(self, scope: Scope, receive: Receive, send: Send, headers: Headers, key: str) -> None:
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        # Who shows the same credentials is the same caller: a stranger with another's key meets no answer of theirs.
        caller = headers.get("authorization", "")
        name = sha256(f"{caller}\n{scope['path']}\n{key}".encode()).digest()
        asked = sha256(body).digest()
        now = time.monotonic()
        self._forget(now)
        before = self._kept.get(name)
        if before is not None:
            return await self._again(before, asked, scope, receive, send)
        answer = self._kept[name] = _Answer(asked, now)
        sent = False

        async def give(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status, answer.headers = message["status"], list(message["headers"])
            elif len(answer.body) <= LARGEST:
                answer.body += message.get("body", b"")
            await send(message)

        async def take() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        try:
            await self.app(scope, take, give)
        finally:
            # What was not done is asked anew; so strangers, who are never let in, push nothing out either.
            if 200 <= answer.status < 300 and len(answer.body) <= LARGEST:
                answer.done = True
            else:
                self._kept.pop(name, None)

    async def _again(self, before: _Answer, asked: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        if before.asked != asked:
            told = problem(422, "this Idempotency-Key was used for something else; take a new one")
            return await told(scope, receive, send)
        if not before.done:
            return await problem(409, "the first request with this Idempotency-Key is still at work")(
                scope, receive, send
            )
        headers = [*before.headers, (b"idempotency-replayed", b"true")]
        await send({"type": "http.response.start", "status": before.status, "headers": headers})
        return await send({"type": "http.response.body", "body": before.body})

    def _forget(self, now: float) -> None:
        while self._kept and (len(self._kept) >= MOST or now - next(iter(self._kept.values())).at > KEPT):
            self._kept.popitem(last=False)
