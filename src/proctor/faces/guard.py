"""Beside the stations: what every HTTP request must pass before a face sees it. Size, origin and headers.

In comes an ASGI application; out goes one that answers to requests of honest size from its own pages and tools alone.
Knows no paths and nobody's name.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 64 * 1024  # the largest honest request is an approval with its reason
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
READS = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """Wraps the faces. A browser sends a person's password along with whatever another site makes it ask."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        if scope["method"] not in READS and headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return await _answer(send, 403, "another site may not ask this in your name")
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > MAX_BODY:
            return await _answer(send, 413, f"a request has at most {MAX_BODY} bytes")
        return await self.app(scope, _bounded(receive), _adorned(send))


def _bounded(receive: Receive) -> Receive:
    """Cut off a body that is longer than it may be, whatever its header promised."""
    taken = 0

    async def take() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        return {"type": "http.disconnect"} if taken > MAX_BODY else message

    return take


def _adorned(send: Send) -> Send:
    async def give(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return give


async def _answer(send: Send, status: int, detail: str) -> None:
    body = b'{"type":"about:blank","status":%d,"detail":"%b"}' % (status, detail.encode())
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", b"%d" % len(body))]
    headers += [(name.encode(), value.encode()) for name, value in HEADERS.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
