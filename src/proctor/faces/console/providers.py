"""Signing in to the console at the company's provider, and out again. Start reading at `add_to`.

In come browsers on their way there and back; out go redirects, and a visit for whoever the provider has proven. What is
believed is decided in `edge.code_flow`; here are addresses and cookies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from proctor.edge.code_flow import SECONDS, CodeFlow, Finished
from proctor.edge.doorkeeper import Wait
from proctor.edge.identity_config import Issuer
from proctor.edge.resource import patiently, settled
from proctor.edge.signatures import TokenRefused
from proctor.faces.console.stage import COOKIE, HEADERS, Guest, Stage, following, kept, to
from proctor.terms import Identity

GONE: Final = "__Host-proctor-gone"
"""What the browser keeps while its person is at the provider."""
BACK: Final = "/console/sign-in/callback"
OUT: Final = "/console/signed-out"
MAX_WORD: Final = 8192


@dataclass(frozen=True, slots=True)
class _Arrived:
    finished: Finished
    identity: Identity


def add_to(stage: Stage) -> None:
    """Add the ways to the provider and back."""
    doors = _Doors(stage, stage.control.code_flow)
    add = stage.app.add_route
    add("/console/sign-in/with/{name}", doors.leave, methods=["GET"], include_in_schema=False)
    add(BACK, doors.arrive, methods=["GET"], include_in_schema=False)
    add(OUT, doors.signed_out, methods=["GET"], include_in_schema=False)
    stage.post("sign-out", doors.sign_out)


class _Doors:
    def __init__(self, stage: Stage, flow: CodeFlow) -> None:
        self._stage = stage
        self._flow = flow

    async def leave(self, request: Request) -> Response:
        """Send a browser to the provider, with a cookie by which we know it again."""
        stage, wanted = self._stage, following(request.query_params.get("next", ""))
        if stage.visits.of(request.cookies.get(COOKIE)) is not None:
            return to(wanted)
        issuer = stage.ways(request).get(str(request.path_params["name"]))
        if issuer is None:
            return stage.sign_in(request, wanted, "Nobody signs in here by that provider.", 404)
        back = (issuer.console.url or _address(request)) + BACK
        try:
            begun = await self._flow.begin(issuer, back, wanted)
        except TokenRefused:
            return stage.sign_in(request, wanted, "The provider does not answer now. Try again in a little while.", 503)
        response = RedirectResponse(begun.address, 303, HEADERS)
        # Lax: the provider's page sends the browser back to us, and this cookie has to come along.
        response.set_cookie(GONE, begun.sealed, max_age=SECONDS, path="/", secure=True, httponly=True, samesite="lax")
        return response

    async def arrive(self, request: Request) -> Response:
        """Let a browser in that comes back from the provider with an answer to what it had left with."""
        stage = self._stage
        address = request.client.host if request.client is not None else "local"
        come = await patiently(lambda: self._arrived(request), stage.door, stage.clock, address, "oidc")
        if isinstance(come, Wait):
            return stage.sign_in(request, "", f"Too many logins failed. Wait {come.seconds} seconds.", 429)
        token = None if come is None else stage.visits.begin(come.identity, come.finished.proven)
        if come is None or token is None:
            return stage.sign_in(request, "", "The provider's answer does not let you in. Try again.", 401)
        stage.control.reading.greeted(come.identity, address)
        # A page and no redirect: on a way that another site began, the browser would hold the strict cookie back.
        page = stage.show(None, "going.html", title="Signed in", place=following(come.finished.following))
        page.delete_cookie(GONE, path="/", secure=True, httponly=True, samesite="lax")
        return kept(page, COOKIE, token)

    async def _arrived(self, request: Request) -> _Arrived:
        stage, said = self._stage, request.query_params
        if any(len(said.getlist(name)) > 1 or len(value) > MAX_WORD for name, value in said.items()):
            raise TokenRefused("the browser came back with an answer that no provider gives")
        finished = await self._flow.finish(stage.door.config.identity, request.cookies.get(GONE, ""), dict(said))
        return _Arrived(finished, await settled(finished.proven.identity, stage.door, stage.clock))

    async def sign_out(self, guest: Guest) -> Response:
        """End a visit, and send whoever came by a provider there to sign out as well, if they like."""
        stage, proven = self._stage, guest.visit.proven
        stage.visits.end(guest.visit)
        stage.control.reading.left(guest.me)
        place = (
            None if proven is None else await self._flow.way_out(proven.issuer, self._back_out(guest, proven.issuer))
        )
        if place is None:
            response = to("/console/sign-in")
        else:
            # A form of ours may lead to no other site; a page may.
            response = stage.show(None, "going.html", title="Signed out here", place=place)
        response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
        return response

    def _back_out(self, guest: Guest, issuer: Issuer) -> str:
        """Return where the provider sends back who has signed out: to nowhere but the address that it knows us by."""
        if not issuer.console.return_after_sign_out or issuer.name not in self._stage.ways(guest.request):
            return ""
        return (issuer.console.url or _address(guest.request)) + OUT

    async def signed_out(self, request: Request) -> Response:
        """Receive a browser whose person has signed out at the provider; whatever it brings along is not looked at."""
        if self._stage.visits.of(request.cookies.get(COOKIE)) is not None:
            return to("/console/now")
        return self._stage.sign_in(request, "", done="You have signed out.")


def _address(request: Request) -> str:
    return f"{request.url.scheme}://{urlsplit(str(request.url)).netloc}"
