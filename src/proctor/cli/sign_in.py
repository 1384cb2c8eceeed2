"""Signing in with the company's provider: the authorization code with PKCE in a browser, or the device flow.

In comes what a gateway says of signing in; out come tokens. The browser comes back to a port on this machine, once, and
with the state that we gave it; an ID token is believed as the gateway would, and only with our nonce in it.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import sys
import time
import webbrowser
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from time import monotonic_ns
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import msgspec

from proctor.cli.ground import Exit, Trouble, fail, visible
from proctor.cli.wallet import Described, Signed, Tokens
from proctor.edge.identity_config import Issuer
from proctor.edge.issuers import Issuers, discover, safe
from proctor.edge.signatures import BEARER_TYPES, TokenRefused, peek
from proctor.edge.tokens import check_audience, check_times, claim_of
from proctor.edge.userinfo import BESIDE

SECONDS = 20.0
PATIENCE = 300.0  # for a person and their second factor
MAX_ANSWER = 256 * 1024
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
SPARE = 30.0  # a token that ends within so many seconds is as good as none

Words = dict[str, object]


class SignInAgain(Trouble):
    """What was given does not hold any more."""


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    monotonic_ns = staticmethod(monotonic_ns)


@dataclass
class Provider:
    """The provider that a gateway names, as a public client knows it."""

    described: Described
    told: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def of(cls, described: Described) -> Provider:
        """Ask the provider what it offers."""
        if not safe(described.issuer) or not described.client_id:
            fail("this gateway names no provider to sign in with", then="the operator writes client_id in [identity.…]")
        try:
            return cls(described, asyncio.run(discover(_issuer(described))))
        except OSError as fault:
            fail(f"{described.issuer} cannot be asked: {fault}", code=Exit.UNREACHABLE)

    def endpoint(self, name: str) -> str:
        """Return one of the provider's addresses."""
        found = self.told.get(name)
        if not isinstance(found, str) or not safe(found):
            fail(f"{self.described.issuer} has no {name}", then="ask who runs it whether this way in is on")
        return found

    # --- in a browser

    def by_browser(self, *, show: bool, acr: str = "") -> Tokens:
        """Return what a person's browser brings back."""
        state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
        with _Ear(state) as ear:
            asked = {
                "response_type": "code",
                "client_id": self.described.client_id,
                "redirect_uri": ear.address,
                "scope": " ".join(self.described.scopes),
                "state": state,
                "nonce": nonce,
                "code_challenge": urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode(),
                "code_challenge_method": "S256",
                **({"prompt": "consent"} if "offline_access" in self.described.scopes else {}),
                **({"acr_values": acr} if acr else {}),
                **self._resource(),
            }
            place = self.endpoint("authorization_endpoint")
            address = f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"
            print(f"Sign in at:\n\n  {address}\n", file=sys.stderr, flush=True)
            if show:
                webbrowser.open(address)
            said = ear.listen()
        self._check_answer(said)
        given = self._ask(
            "token_endpoint",
            {
                "grant_type": "authorization_code",
                "code": said.get("code", ""),
                "redirect_uri": ear.address,
                "code_verifier": verifier,
                **self._resource(),
            },
        )
        if "error" in given:
            fail(f"the provider gave no token: {_error(given)}", then="proctor login again")
        return self._checked(given, nonce)

    def _check_answer(self, said: Mapping[str, str]) -> None:
        if "error" in said:
            fail(f"the provider said no: {_error(dict(said))}")
        # RFC 9207: an answer of another provider's, mixed into our conversation with this one.
        told = said.get("iss")
        if told is None and self.told.get("authorization_response_iss_parameter_supported") is not True:
            return
        if told != self.described.issuer:
            fail("the browser came back from another provider", then="sign in again, and at one provider at a time")

    # --- on another device

    def by_device(self) -> Tokens:
        """Return what the provider gives once the person has agreed on another device."""
        begun = self._ask(
            "device_authorization_endpoint", {"scope": " ".join(self.described.scopes), **self._resource()}
        )
        code, words = begun.get("device_code"), begun.get("user_code")
        place = begun.get("verification_uri_complete") or begun.get("verification_uri")
        if not isinstance(code, str) or not isinstance(place, str):
            fail(f"the provider offers no signing in on another device: {_error(begun)}")
        shown = f"Open, on any device:\n\n  {visible(place)}\n\nand see that it shows the code {visible(str(words))}\n"
        print(shown, file=sys.stderr, flush=True)
        pause = min(60.0, max(1.0, _number(begun.get("interval"), 5.0)))
        end = time.monotonic() + min(1800.0, _number(begun.get("expires_in"), 600.0))
        while time.monotonic() < end:
            time.sleep(pause)
            given = self._ask("token_endpoint", {"grant_type": DEVICE, "device_code": code})
            match given.get("error"):
                case None:
                    return self._checked(given, None)
                case "authorization_pending":
                    pass
                case "slow_down":
                    pause += 5.0
                case _:
                    fail(f"the provider said no: {_error(given)}")
        return fail("nobody agreed in time", then="proctor login --device again")

    # --- afterwards

    def refreshed(self, tokens: Tokens) -> Tokens:
        """Return fresh tokens for the refresh token of these; raise `SignInAgain` where it holds no more."""
        given = self._ask(
            "token_endpoint",
            {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token, **self._resource()},
        )
        if given.get("error") == "invalid_grant":
            raise SignInAgain("the provider has ended this sign-in", then="proctor login")
        if "error" in given:
            fail(f"the provider gave no fresh token: {_error(given)}")
        fresh = self._checked(given, None)
        return Tokens(
            fresh.id_token or tokens.id_token,
            fresh.access_token,
            fresh.refresh_token or tokens.refresh_token,
            fresh.subject or tokens.subject,
        )

    def revoke(self, tokens: Tokens) -> None:
        """Tell the provider that the refresh token is not needed any more."""
        if tokens.refresh_token and "revocation_endpoint" in self.told:
            self._ask("revocation_endpoint", {"token": tokens.refresh_token, "token_type_hint": "refresh_token"})

    # --- talk

    def _resource(self) -> dict[str, str]:
        return {"resource": self.described.resource} if self.described.resource else {}

    def _ask(self, endpoint: str, words: Mapping[str, str]) -> Words:
        return self._said("POST", endpoint, {"client_id": self.described.client_id, **words}, {})

    def _said(self, method: str, endpoint: str, body: Mapping[str, str] | None, headers: Mapping[str, str]) -> Words:
        place = self.endpoint(endpoint)
        try:
            with httpx.Client(timeout=SECONDS, trust_env=False, follow_redirects=False) as http:
                answer = http.request(method, place, data=body, headers={"accept": "application/json", **headers})
        except httpx.HTTPError as fault:
            fail(f"the provider cannot be reached ({type(fault).__name__})", code=Exit.UNREACHABLE)
        if answer.status_code >= 500 or len(answer.content) > MAX_ANSWER:
            fail(f"the provider answered {answer.status_code}", code=Exit.UNREACHABLE)
        try:
            said = msgspec.json.decode(answer.content) if answer.content else {}
        except (msgspec.DecodeError, UnicodeDecodeError):
            said = None
        if not isinstance(said, dict):
            fail("what answers is no provider", code=Exit.UNREACHABLE)
        if answer.status_code >= 400 and "error" not in said:
            said["error"] = f"status {answer.status_code}"
        return said

    def _checked(self, given: Words, nonce: str | None) -> Tokens:
        """Return the tokens, once the ID token is this provider's, for us, and for this very signing in."""
        tokens = Tokens(*(_text(given.get(name)) for name in ("id_token", "access_token", "refresh_token")))
        if not tokens.id_token:
            if nonce is not None and "openid" in self.described.scopes:
                fail("the provider gave no ID token")
            return tokens
        issuer = _issuer(self.described)
        try:
            keys = Issuers({"provider": issuer}, _Clock())
            claims = asyncio.run(keys.claims(tokens.id_token, issuer, BEARER_TYPES))
            check_audience(claims, issuer)
            check_times(claims, issuer, datetime.now(UTC))
        except TokenRefused as refused:
            fail(f"the provider's ID token is not believed: {refused.why}")
        if nonce is not None and not hmac.compare_digest(_text(claims.get("nonce")), nonce):
            fail("the ID token is for another signing in (nonce)", then="proctor login again")
        return self._named(tokens, claims)

    def _named(self, tokens: Tokens, claims: Mapping[str, object]) -> Tokens:
        """Return the tokens with whose they are, where the provider tells that at its userinfo endpoint alone."""
        described = self.described
        if not described.userinfo or claim_of(claims, described.subject_claim) is not None or not tokens.access_token:
            return tokens
        said = self._said("GET", "userinfo_endpoint", None, {"authorization": f"Bearer {tokens.access_token}"})
        if "error" in said:
            fail(f"the provider does not tell who you are: {_error(said)}")
        if said.get("sub") != claims.get("sub"):
            fail("the userinfo is of somebody else than the ID token (sub)", then="proctor login again")
        return msgspec.structs.replace(tokens, subject=_text(claim_of(said, described.subject_claim)))


class _Ear:
    """A port of this machine where the browser comes back, once."""

    def __init__(self, state: str) -> None:
        self._said: dict[str, str] | None = None
        ear = self

        class Page(BaseHTTPRequestHandler):
            timeout = 10.0

            def answer(self) -> None:
                parts = urlsplit(self.path)
                said = {name: values[0] for name, values in parse_qs(parts.query).items()}
                good = parts.path == "/callback" and hmac.compare_digest(said.get("state", ""), state)
                if good and ear._said is None:
                    ear._said = said
                body = b"You may close this window.\n" if good else b"There is nothing here.\n"
                self.send_response(200 if good else 404)
                for name, value in (
                    ("content-type", "text/plain; charset=utf-8"),
                    ("content-length", str(len(body))),
                    ("cache-control", "no-store"),
                    ("referrer-policy", "no-referrer"),
                    ("connection", "close"),
                ):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = answer  # noqa: N815 the library's name

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Page)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/callback"

    def __enter__(self) -> _Ear:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.server_close()

    def listen(self) -> dict[str, str]:
        """Return what the browser says; whatever else comes is turned away."""
        end = time.monotonic() + PATIENCE
        while self._said is None:
            self._server.timeout = end - time.monotonic()
            if self._server.timeout <= 0:
                fail("nobody signed in in time", then="proctor login again, or --device where there is no browser")
            self._server.handle_request()
        return self._said


def shown_token(described: Described, tokens: Tokens) -> str | None:
    """Return the token that the gateway takes, None where none of them is for it, or holds long enough.

    Where the gateway asks for userinfo, the access token goes along with an ID token.
    """
    for token in (tokens.access_token, tokens.id_token):
        claims = _unchecked(token)
        audience = claims.get("aud")
        meant = audience if isinstance(audience, list) else [audience]
        lasts = _number(claims.get("exp"), 0.0) > time.time() + SPARE
        if lasts and any(each in described.audience for each in meant):
            beside = described.userinfo and token is tokens.id_token and tokens.access_token
            return f"{token}{BESIDE}{tokens.access_token}" if beside else token
    return None


def user_of(signed: Signed, token: str) -> str:
    """Return the name at the gateway of whoever a token is for."""
    described = signed.described
    found = claim_of(_unchecked(token.partition(BESIDE)[0]), described.subject_claim) or signed.tokens.subject
    if not isinstance(found, str) or not found:
        fail(f"the token does not say who it is for ({described.subject_claim})")
    return described.prefix + found


def _unchecked(token: str) -> Words:
    """Return what a token of our own says: the gateway checks it, we only look at the hour and the name."""
    try:
        peek(token)
        part = token.split(".")[1]
        return dict(msgspec.json.decode(urlsafe_b64decode(part + "=" * (-len(part) % 4)), type=dict[str, object]))
    except (TokenRefused, ValueError, msgspec.MsgspecError):
        return {}


def _issuer(described: Described) -> Issuer:
    return Issuer("the provider", described.issuer, (described.client_id,), lifetime=24 * 3600.0)


def _error(said: Mapping[str, object]) -> str:
    words = [_text(said.get("error")), _text(said.get("error_description"))]
    return visible(": ".join(word for word in words if word)[:300]) or "it does not say why"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object, default: float) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else default
