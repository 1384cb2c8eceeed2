"""Beside the stations: the door of /mcp. Who asks is proven for each request, and pages of other sites are kept out.

In comes an HTTP request; on it goes with who asks beside it, or it is answered here. Knows no tools.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from proctor.edge.config import Config, loopback
from proctor.faces.mcp.server import CALLER
from proctor.faces.problems import Declined, problem
from proctor.terms import Identity

Who = Callable[[Request], Awaitable[Identity]]


class Door:
    """Lets callers in, one request at a time."""

    def __init__(self, app: ASGIApp, who: Who, config: Callable[[], Config], address: Callable[[Request], str]) -> None:
        self._app = app
        self._who = who
        self._config = config
        self._address = address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its caller, or answer it."""
        request = Request(scope)
        wrong = strange(request.headers, self._config())
        if wrong is not None:
            await problem(403, wrong)(scope, receive, send)
            return
        if request.method != "POST":  # nothing is kept between requests: there is no stream to open, nothing to delete
            await problem(405, "MCP is asked by POST", headers={"allow": "POST"})(scope, receive, send)
            return
        try:
            by = await self._who(request)
        except Declined as no:
            await problem(no.status, no.detail, hint=no.hint, headers=no.headers)(scope, receive, send)
            return
        await self._app({**scope, CALLER: (by, self._address(request))}, receive, send)


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
