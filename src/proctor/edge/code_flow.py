"""Station 1, for the console: a person's browser goes to the provider, and comes back with a code (OpenID Connect).

In come an issuer's settings, and what the browser brings back; out go where to send it, and whom the ID token proves.
What must be known in between is sealed in a cookie, so that strangers who begin fill no memory. Knows no pages.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
from base64 import b64encode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from urllib.parse import quote_plus, urlencode

import msgspec
from cryptography.fernet import Fernet, InvalidToken

from proctor.edge.identity_config import Issuer
from proctor.edge.issuers import FRESH, PAUSE, Fetch, Issuers, Ticks, answer_of, discover, fetch, safe
from proctor.edge.signatures import TokenRefused
from proctor.edge.tokens import Proven
from proctor.terms import Kind

SECONDS = 600
"""For as long as this a person may be at the provider's pages."""
MAX_CODE = 4096
MAX_SEALED = 4000  # of a cookie a browser keeps no more
MOST_SPENT = 10_000
_ERROR = re.compile(r"[a-z_]{1,60}").fullmatch
_WAYS = "token_endpoint_auth_methods_supported"

Post = Callable[[str, Issuer, Mapping[str, str], Mapping[str, str]], Awaitable[tuple[int, bytes]]]
Told = Mapping[str, object]


async def post(url: str, issuer: Issuer, words: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Return status and body of what the issuer answers to a form; raise `OSError`."""
    return await answer_of("POST", url, issuer, words=words, headers=headers)


class _Begun(msgspec.Struct, frozen=True):
    """What the browser keeps for us, and cannot read, while a person is at the provider."""

    issuer: str
    state: str
    nonce: str
    verifier: str
    back: str
    following: str


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the browser, and what it has to keep."""

    address: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Finished:
    """Whom the provider has proven, and where they wanted to go."""

    proven: Proven
    following: str


@dataclass(slots=True)
class _Talk:
    """What one issuer tells of itself, by the clock that never steps back."""

    told: Told = field(default_factory=dict)
    heard: int | None = None
    tried: int | None = None
    trouble: str = ""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class CodeFlow:
    """Signing in by authorization code, with PKCE, state and nonce. One for each process; a restart begins anew."""

    def __init__(self, issuers: Issuers, clock: Ticks, *, fetcher: Fetch = fetch, poster: Post = post) -> None:
        self._issuers = issuers
        self._clock = clock
        self._fetch = fetcher
        self._post = poster
        self._seal = Fernet(Fernet.generate_key())
        self._talks: dict[str, _Talk] = {}
        self._spent: OrderedDict[bytes, None] = OrderedDict()

    async def begin(self, issuer: Issuer, back: str, following: str) -> Begun:
        """Return the way to the provider; raise `TokenRefused` where it does not tell of one."""
        place = self._endpoint(await self._told(issuer), "authorization_endpoint")
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        begun = _Begun(issuer.name, state, nonce, verifier, back, following)
        asked = {
            "response_type": "code",
            "client_id": issuer.console_client,
            "redirect_uri": back,
            # Nothing is done here in somebody's absence.
            "scope": " ".join(each for each in issuer.scopes if each != "offline_access"),
            "state": state,
            "nonce": nonce,
            "code_challenge": urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        sealed = self._seal.encrypt_at_time(msgspec.json.encode(begun), self._hour()).decode()
        if len(sealed) > MAX_SEALED:
            raise TokenRefused("the way back from the provider is too long to be kept")
        return Begun(f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}", sealed)

    async def finish(self, issuers: Mapping[str, Issuer], sealed: str, said: Mapping[str, str]) -> Finished:
        """Return whom the browser's answer proves, once; raise `TokenRefused`."""
        begun = self._opened(sealed)
        if not hmac.compare_digest(said.get("state", "").encode(), begun.state.encode()):
            raise TokenRefused("the browser came back with another state than it left with")
        self._spend(begun.state)
        issuer = issuers.get(begun.issuer)
        if issuer is None or not issuer.console_client:
            raise TokenRefused("the provider was taken out of the settings meanwhile")
        told = await self._told(issuer)
        _check_origin(issuer, told, said)
        if "error" in said:
            raise TokenRefused(f"the provider said no: {_error(said['error'])}")
        if not 0 < len(code := said.get("code", "")) <= MAX_CODE:
            raise TokenRefused("the browser came back without a code")
        token, access = await self._exchanged(issuer, told, begun, code)
        return Finished(await self._proven(issuer, token, access, begun.nonce), begun.following)

    async def way_out(self, issuer: Issuer, back: str = "") -> str | None:
        """Return where one signs out at the provider and is sent `back`, None where it does not say.

        The ID token is no part of the address: it would lie in histories and logs. The provider asks instead.
        """
        try:
            place = self._endpoint(await self._told(issuer), "end_session_endpoint")
        except TokenRefused:
            return None
        asked = {"client_id": issuer.console_client} | ({"post_logout_redirect_uri": back} if back else {})
        return f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"

    # --- the browser's part

    def _opened(self, sealed: str) -> _Begun:
        try:
            raw = self._seal.decrypt_at_time(sealed[:MAX_SEALED].encode(), SECONDS, self._hour())
        except (InvalidToken, UnicodeEncodeError):
            raise TokenRefused("this browser has not begun to sign in here, or too long ago") from None
        return msgspec.json.decode(raw, type=_Begun)

    def _spend(self, state: str) -> None:
        key = sha256(state.encode()).digest()
        if key in self._spent:
            raise TokenRefused("the browser has come back before with this very answer")
        self._spent[key] = None
        while len(self._spent) > MOST_SPENT:
            self._spent.popitem(last=False)

    # --- the provider's part

    async def _exchanged(self, issuer: Issuer, told: Told, begun: _Begun, code: str) -> tuple[str, str]:
        """Return the ID token and the access token that the provider gives for a code."""
        words = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": begun.back,
            "code_verifier": begun.verifier,
        }
        login, headers = _introduction(issuer, told)
        try:
            status, raw = await self._post(self._endpoint(told, "token_endpoint"), issuer, words | login, headers)
        except OSError as fault:
            raise TokenRefused(f"{issuer.name} cannot be asked: {fault}") from None
        given = _object(raw)
        if status != 200 or "error" in given:
            raise TokenRefused(f"the provider gave no token for the code: {_error(given.get('error'))}")
        token = given.get("id_token")
        if not isinstance(token, str):
            raise TokenRefused("the provider gave no ID token")
        access = given.get("access_token")
        return token, access if isinstance(access, str) else ""

    async def _proven(self, issuer: Issuer, token: str, access: str, nonce: str) -> Proven:
        client = issuer.console_client
        # For the console it is, whatever tokens at the database must be for.
        meant = replace(issuer, audience=(client,), clients=frozenset(), agents=False)
        proven = await self._issuers.verify(token, meant=meant, access=access)
        said = proven.claims.get("nonce")
        if not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
            raise TokenRefused("the ID token is for another signing in (nonce)")
        if proven.claims.get("azp", client) != client:
            raise TokenRefused("the ID token was given to another client (azp)")
        if proven.identity.kind is not Kind.HUMAN:
            raise TokenRefused("the console is for people")
        return replace(proven, issuer=issuer)

    async def _told(self, issuer: Issuer) -> Told:
        """Return what an issuer tells of itself, asked no more often than strangers may cause."""
        talk = self._talks.setdefault(issuer.issuer, _Talk())
        async with talk.lock:
            now = self._clock.monotonic_ns()
            fresh = talk.heard is not None and now - talk.heard <= FRESH
            if not fresh and (talk.tried is None or now - talk.tried >= PAUSE):
                talk.tried = now
                try:
                    talk.told = await discover(issuer, self._fetch)
                except OSError as fault:
                    talk.trouble = str(fault)
                else:
                    talk.heard, talk.trouble = now, ""
        if talk.heard is None:
            raise TokenRefused(f"{issuer.name} cannot be asked: {talk.trouble}")
        return talk.told

    @staticmethod
    def _endpoint(told: Told, name: str) -> str:
        found = told.get(name)
        if not isinstance(found, str) or not safe(found):
            raise TokenRefused(f"the provider names no safe {name}")
        return found

    def _hour(self) -> int:
        return int(self._clock.now().timestamp())


def _introduction(issuer: Issuer, told: Told) -> tuple[dict[str, str], dict[str, str]]:
    """Return words and headers by which the console says who it is (RFC 6749, 2.3.1)."""
    client = issuer.console_client
    if issuer.console.secret is None:
        return {"client_id": client}, {}
    secret, ways = issuer.console.secret.reveal(), told.get(_WAYS)
    if isinstance(ways, list) and "client_secret_basic" not in ways and "client_secret_post" in ways:
        return {"client_id": client, "client_secret": secret}, {}
    login = f"{quote_plus(client)}:{quote_plus(secret)}"
    return {}, {"authorization": f"Basic {b64encode(login.encode()).decode()}"}


def _check_origin(issuer: Issuer, told: Told, said: Mapping[str, str]) -> None:
    """Refuse the answer of another provider, mixed into our conversation with this one (RFC 9207)."""
    named = said.get("iss")
    if named is None and told.get("authorization_response_iss_parameter_supported") is not True:
        return
    if named != issuer.issuer:
        raise TokenRefused("the browser came back from another provider (iss)")


def _error(said: object) -> str:
    return said if isinstance(said, str) and _ERROR(said) else "it does not say why"


def _object(raw: bytes) -> dict[str, object]:
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        found = None
    return found if isinstance(found, dict) else {}
