"""Station 1, beside its second lock: the keys of the issuers whose tokens are believed, fetched, kept and changed.

In comes an issuer's settings; out go its keys. A key that nobody knows makes them be fetched again, no more often than
strangers may cause; an issuer that cannot be reached leaves the keys we have in use for a while, and no longer.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

import httpx
import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet

from proctor.edge.config import loopback
from proctor.edge.identity_config import Issuer
from proctor.edge.signatures import TokenRefused, UnknownKey, peek, signed_claims, usable
from proctor.edge.tokens import Proven, SignIn, any_claims, check_times, prove
from proctor.edge.userinfo import BESIDE, Ask, UserInfo, lacking

log = logging.getLogger("proctor.issuers")

SECOND = 1_000_000_000
FRESH = 10 * 60 * SECOND
"""After this long the keys are fetched again, so that one the issuer has taken back does not stay."""
PAUSE = 15 * SECOND
"""Between two fetches that somebody else causes: by a key nobody knows, or while the issuer does not answer."""
PATIENCE = 5.0  # seconds for one answer of the issuer's; somebody waits at the door meanwhile
MAX_ANSWER = 512 * 1024
MAX_KEYS = 100
DISCOVERY = "/.well-known/openid-configuration"


class IssuerSilent(TokenRefused):
    """The issuer's keys cannot be had, so its tokens cannot be checked."""


class Ticks(Protocol):
    """The hour, and nanoseconds that never step back."""

    def now(self) -> datetime:
        """Return the wall clock's time."""

    def monotonic_ns(self) -> int:
        """Return nanoseconds that never step back."""


Ended = Callable[[SignIn], bool]
"""Tells whether a token is dead before its time: its bearer has signed out, left, or was thrown out."""
Fetch = Callable[[str, Issuer], Awaitable[bytes]]


async def fetch(url: str, issuer: Issuer) -> bytes:
    """Return what lies at an address of the issuer's; raise `OSError` where it cannot be had whole and in time."""
    status, body = await answer_of("GET", url, issuer)
    if status != httpx.codes.OK:
        raise OSError(f"it answered {status}")
    return body


async def ask(url: str, issuer: Issuer, access: str) -> tuple[int, bytes]:
    """Return status and body of what an issuer answers to the bearer of an access token; raise `OSError`."""
    return await answer_of("GET", url, issuer, headers={"authorization": f"Bearer {access}"})


async def answer_of(
    method: str,
    url: str,
    issuer: Issuer,
    *,
    words: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, bytes]:
    """Return status and body of an issuer's answer, to a form where there are `words`; raise `OSError`."""
    trust: ssl.SSLContext | bool = True
    if issuer.ca is not None:
        trust = ssl.create_default_context(cafile=issuer.ca)
    said = {"accept": "application/json", **(headers or {})}
    try:
        async with (
            asyncio.timeout(PATIENCE),
            httpx.AsyncClient(verify=trust, timeout=PATIENCE, trust_env=False, follow_redirects=False) as client,
            client.stream(method, url, headers=said, data=words) as answer,
        ):
            body = bytearray()
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > MAX_ANSWER:
                    raise OSError("it answered more than anybody needs")
            return answer.status_code, bytes(body)
    except TimeoutError:
        raise OSError("it did not answer in time") from None
    except httpx.HTTPError as fault:
        raise OSError(f"it could not be reached ({type(fault).__name__})") from None


def safe(url: str) -> bool:
    """Tell whether what lies at an address can be believed: behind TLS, or on this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and loopback(host))


def discovery_address(issuer: Issuer) -> str:
    """Return where an issuer tells of itself."""
    return issuer.issuer.rstrip("/") + DISCOVERY


async def discover(issuer: Issuer, fetcher: Fetch = fetch) -> Mapping[str, object]:
    """Return what an issuer tells of itself, once it is the issuer that it was asked as; raises `OSError`."""
    told = _mapping(await fetcher(discovery_address(issuer), issuer))
    if told.get("issuer") != issuer.issuer:
        raise OSError("it calls itself by another name than the settings do")
    return told


def never_ended(_: SignIn) -> bool:
    """Say that no token is dead: for those who have no store to ask."""
    return False


@dataclass(slots=True)
class _Ring:
    """The keys of one issuer. `fetched` and `tried` are by the clock that never steps back."""

    keys: tuple[Key, ...] = ()
    userinfo: str = ""
    fetched: int | None = None
    tried: int | None = None
    trouble: str = ""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Issuers:
    """All issuers that a process believes, and what it knows of each. One for each process."""

    def __init__(
        self,
        issuers: Mapping[str, Issuer],
        clock: Ticks,
        *,
        fetcher: Fetch = fetch,
        asker: Ask = ask,
        ended: Ended = never_ended,
    ) -> None:
        self._ended = ended
        self._issuers = dict(issuers)
        self._clock = clock
        self._fetch = fetcher
        self._rings: dict[tuple[object, ...], _Ring] = {}
        self._beside = UserInfo(asker, clock.monotonic_ns)

    def change(self, issuers: Mapping[str, Issuer]) -> None:
        """Believe these from now on; keys that were fetched of those who stay are kept, and files are read again."""
        self._issuers = dict(issuers)
        kept = {_place(each) for each in self._issuers.values() if each.keys_file is None}
        self._rings = {place: ring for place, ring in self._rings.items() if place in kept}
        self._beside.forget()  # others may ask for other claims

    @property
    def troubles(self) -> dict[str, str]:
        """Return which issuers could not be reached when they were last asked, and why."""
        told = {}
        for name, issuer in self._issuers.items():
            ring = self._rings.get(_place(issuer))
            if ring is not None and ring.trouble:
                told[name] = ring.trouble
        return told

    def named(self, url: str) -> tuple[Issuer, ...]:
        """Return the settings of an issuer, in the order of the file."""
        return tuple(each for each in self._issuers.values() if each.issuer == url)

    async def verify(self, token: str, *, meant: Issuer | None = None, access: str = "") -> Proven:
        """Return who bears a token; raise `TokenRefused`. It is proven by the settings `meant`, if there are any.

        Where an issuer's userinfo is asked, that is done with the access token `access`, or with the one behind the
        token and `~`, or with the token itself.
        """
        token, _, behind = token.partition(BESIDE)
        access = access or behind or token
        seen = peek(token)
        candidates = self.named(seen.issuer) if meant is None else (meant,)
        if not candidates or candidates[0].issuer != seen.issuer:
            raise TokenRefused("nobody here believes the token's issuer")
        if behind and not any(each.userinfo for each in candidates):
            raise TokenRefused("something stands behind the token, and no userinfo is asked for here")
        try:
            proven = await self._proven(token, access, candidates, await self.keys(candidates[0]))
        except UnknownKey:
            proven = await self._proven(token, access, candidates, await self.keys(candidates[0], unknown=True))
        if self._ended(proven.sign_in):
            raise TokenRefused("the sign-in that the token is of has ended")
        self._check_name((proven.person or proven.identity).subject, proven.issuer.prefix)
        return proven

    async def _proven(self, token: str, access: str, candidates: Sequence[Issuer], keys: Sequence[Key]) -> Proven:
        now = self._clock.now()
        if not any(each.userinfo for each in candidates):
            return prove(token, candidates, keys, now)
        claims = any_claims(token, candidates, keys)
        issuer = lacking(claims, candidates, now)
        if issuer is None:
            return prove(token, candidates, keys, now)
        _, expires = check_times(claims, issuer, now)
        ring, lasts = self._rings.get(_place(issuer)), (expires - now).total_seconds()
        place = "" if ring is None else ring.userinfo
        beside = await self._beside.told(issuer, place, access, claims, lasts)
        return prove(token, candidates, keys, self._clock.now(), beside)

    def _check_name(self, subject: str, prefix: str) -> None:
        """Refuse a name that another issuer gives: what begins with its prefix is its own."""
        for other in self._issuers.values():
            if len(other.prefix) > len(prefix) and subject.startswith(other.prefix):
                raise TokenRefused("the token's subject begins as another issuer's do")

    async def claims(self, token: str, issuer: Issuer, types: frozenset[str]) -> Mapping[str, object]:
        """Return what a signed word of an issuer's says, other than a bearer's token: a logout token, say."""
        if peek(token).issuer != issuer.issuer:
            raise TokenRefused("nobody here believes the token's issuer")
        try:
            return signed_claims(token, await self.keys(issuer), issuer.algorithms, types=types)
        except UnknownKey:
            return signed_claims(token, await self.keys(issuer, unknown=True), issuer.algorithms, types=types)

    async def keys(self, issuer: Issuer, *, unknown: bool = False) -> Sequence[Key]:
        """Return an issuer's keys; `unknown` says that the ones we have were not enough."""
        ring = self._rings.setdefault(_place(issuer), _Ring())
        asked = ring.fetched
        async with ring.lock:
            # Of many who wait here, the first has fetched for all.
            if self._stale(ring) or (unknown and ring.fetched == asked and self._rested(ring)):
                await self._renew(ring, issuer)
        if ring.fetched is None:
            raise IssuerSilent(f"the keys of {issuer.name} cannot be had: {ring.trouble}")
        if self._clock.monotonic_ns() - ring.fetched > issuer.keys_age * SECOND:
            raise IssuerSilent(f"the keys of {issuer.name} are too old: {ring.trouble}")
        return ring.keys

    def _stale(self, ring: _Ring) -> bool:
        old = ring.fetched is None or self._clock.monotonic_ns() - ring.fetched > FRESH
        return old and self._rested(ring)

    def _rested(self, ring: _Ring) -> bool:
        return ring.tried is None or self._clock.monotonic_ns() - ring.tried >= PAUSE

    async def _renew(self, ring: _Ring, issuer: Issuer) -> None:
        ring.tried = self._clock.monotonic_ns()
        try:
            ring.keys, ring.userinfo = await self._fetched(issuer)
        except OSError as fault:
            ring.trouble = str(fault)
            log.warning("the keys of %s could not be fetched: %s", issuer.name, fault)
        else:
            ring.fetched, ring.trouble = self._clock.monotonic_ns(), ""

    async def _fetched(self, issuer: Issuer) -> tuple[tuple[Key, ...], str]:
        """Return an issuer's keys, and where it tells of people, empty where it names no safe place."""
        if issuer.keys_file is not None:
            return keys_of(await asyncio.to_thread(issuer.keys_file.read_bytes)), ""
        told = await discover(issuer, self._fetch)
        address, people = told.get("jwks_uri"), told.get("userinfo_endpoint")
        if not isinstance(address, str) or not safe(address):
            raise OSError("it names no safe place where its keys are (jwks_uri)")
        keys = keys_of(await self._fetch(address, issuer))
        return keys, people if isinstance(people, str) and safe(people) else ""


def keys_of(raw: bytes) -> tuple[Key, ...]:
    """Return the keys of a JWKS that may check signatures; whatever else it has is left out, secrets above all."""
    listed = _mapping(raw).get("keys")
    if not isinstance(listed, list):
        raise OSError("its list of keys is malformed")
    found: list[Key] = []
    for each in listed[:MAX_KEYS]:
        try:
            (key,) = KeySet.import_key_set({"keys": [each]}).keys
        except (JoseError, ValueError, TypeError, KeyError):
            continue  # of a kind that nobody here knows
        if usable(key):
            found.append(key)
    if not found:
        raise OSError("its list has no key that could check a signature")
    return tuple(found)


def _place(issuer: Issuer) -> tuple[object, ...]:
    return issuer.issuer, issuer.keys_file, issuer.ca


def _mapping(raw: bytes) -> dict[str, object]:
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        found = None
    if not isinstance(found, dict):
        raise OSError("it does not answer with a JSON object")
    return found
