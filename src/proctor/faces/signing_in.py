"""Beside the stations: what anybody may know of how one signs in to this gateway. Public, and no secret in it.

In comes a request of nobody's; out go the provider's address, the public client, and where the gateway listens. And in
comes the provider's own word, signed, that somebody has signed out.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from proctor.control import Control
from proctor.edge.bearer import speaker
from proctor.edge.certificates import ca_path
from proctor.edge.config import Config
from proctor.faces.plain import Json

FORM = "application/x-www-form-urlencoded"


def routes(control: Control) -> list[Route]:
    """Return the routes of this page."""

    async def sign_in(_: Request) -> Response:
        said = described(control.config)
        if said is None:
            return JSONResponse({"detail": "nobody signs in here with a provider"}, 404)
        return JSONResponse(said)

    async def signed_out(request: Request) -> Response:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
        form = parse_qs((await request.body()).decode("ascii", "replace"), max_num_fields=8) if kind == FORM else {}
        tokens = form.get("logout_token", [])
        done = await control.sign_outs.by_provider(tokens[0]) if len(tokens) == 1 else None
        if done is None:
            return JSONResponse({"error": "invalid_request"}, 400)
        # A provider that hears of trouble comes again, or tells somebody.
        return Response(status_code=200 if done.left == 0 else 504)

    return [
        Route("/api/v1/sign-in", sign_in, methods=["GET"]),
        Route("/api/v1/back-channel-logout", signed_out, methods=["POST"]),
    ]


def described(config: Config) -> dict[str, Json] | None:
    """Return how one signs in; None where no issuer of people has a client for it."""
    issuer = speaker({name: each for name, each in config.identity.items() if each.client_id})
    if issuer is None:
        return None
    ports = [address.port for address in config.listen.postgres if address.path is None]
    return {
        "issuer": issuer.issuer,
        "client_id": issuer.client_id,
        "audience": [*issuer.audience],
        "scopes": [*issuer.scopes],
        "resource": issuer.resource,
        "subject_claim": issuer.subject_claim,
        "userinfo": issuer.userinfo,
        "prefix": issuer.prefix,
        "port": ports[0] if ports else 0,
        "ca": _authority(config),
    }


def _authority(config: Config) -> str:
    """Return the certificate of the house's own authority, where that is whom clients have to trust."""
    if config.listen.tls.mode != "auto":
        return ""
    try:
        return ca_path(config.state).read_text("ascii")
    except OSError:
        return ""
