"""Beside the stations: the door of /mcp. Who asks is proven for each request, and pages of other sites are kept out.

In comes an HTTP request; on it goes with who asks beside it, or it is answered here. Knows no tools.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlsplit

from mcp.server.streamable_http import MCP_SESSION_ID_HEADER
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from proctor.control.agents import Caller
from proctor.edge.config import Config, loopback
from proctor.edge.doorkeeper import Wait
from proctor.edge.resource import Resource
from proctor.faces.mcp.sessions import CALLER
from proctor.faces.problems import Declined, problem
from proctor.terms import Identity

Who = Callable[[Request], Awaitable[Identity]]


class Door:
    """Lets callers in, one request at a time."""

    def __init__(
        self,
        app: ASGIApp,
        who: Who,
        config: Callable[[], Config],
        address: Callable[[Request], str],
        resource: Resource,
    ) -> None:
        self._app = app
        self._who = who
        self._resource = resource
        self._config = config
        self._address = address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its caller, or answer it."""
        request = Request(scope)
        wrong = strange(request.headers, self._config())
        if wrong is not None:
            await problem(403, wrong)(scope, receive, send)
            return
        within = MCP_SESSION_ID_HEADER in request.headers
        if request.method != "POST" and not (within and request.method in ("GET", "DELETE")):
            # Outside of a session nothing is kept: there is no stream to open, nothing to delete.
            await problem(405, "MCP is asked by POST", headers={"allow": "POST"})(scope, receive, send)
            return
        try:
            asker = await self._by(request)
        except Declined as no:
            await problem(no.status, no.detail, hint=no.hint, headers=no.headers)(scope, receive, send)
            return
        await self._app({**scope, CALLER: asker}, receive, send)

    async def _by(self, request: Request) -> Caller:
        """Return who asks, by a token or by name and password; raise `Declined`."""
        address = self._address(request)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.casefold() != "bearer":
            try:
                return Caller(await self._who(request), address)
            except Declined as no:
                challenge = self._resource.challenge()
                if no.status != HTTPStatus.UNAUTHORIZED or not challenge:
                    raise
                raise Declined(no.status, no.detail, headers={"www-authenticate": challenge}) from None
        admitted = await self._resource.admit(token.strip(), address)
        if isinstance(admitted, Wait):
            raise Declined(429, "too many logins failed; wait a little", headers={"retry-after": str(admitted.seconds)})
        if admitted is None:
            challenge = self._resource.challenge("invalid_token")
            raise Declined(401, "the token is not good here", headers={"www-authenticate": challenge or "Bearer"})
        if admitted.lacks:
            challenge = self._resource.challenge("insufficient_scope")
            lacks = " ".join(admitted.lacks)
            raise Declined(403, f"the token lacks the scope {lacks}", headers={"www-authenticate": challenge})
        return Caller(admitted.identity, address, sign_in=admitted.sign_in, until=admitted.until)


def told(resource: Resource) -> Callable[[Request], Awaitable[Response]]:
    """Return what answers with the resource's metadata: where clients learn who gives tokens for it."""

    async def tell(_: Request) -> Response:
        found = resource.metadata()
        return problem(404, "no tokens are taken here; see mcp.url") if found is None else JSONResponse(dict(found))

    return tell


def strange(headers: Headers, config: Config) -> str | None:
    """Return why a request looks like another site's page speaking through somebody's browser, None if it does not.

    A browser tells the page's origin with every POST; tools send none. A house that only this machine reaches is asked
    by this machine's names alone: a stranger's name that was made to point here is not among them.
    """
    local = all(address.local for address in config.listen.console)
    if local and not _names_this_machine(headers.get("host", ""), config.mcp.hosts):
        return "this name is not one of this machine's; see mcp.hosts"
    origin = headers.get("origin")
    if origin is None or origin in config.mcp.origins:
        return None
    return "pages of other sites may not ask; see mcp.origins"


def _names_this_machine(host: str, more: Iterable[str]) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name == "proctor" or name in more:  # what our own tools call a Unix socket
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return loopback(name)
