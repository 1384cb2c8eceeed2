"""Signing out: a provider says that somebody's sign-in has ended (OpenID Connect Back-Channel Logout).

In comes a logout token; out goes whether it was believed. Tokens are dead and sessions have ended before anybody is
answered, and how long that took is a record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from proctor.audit.record import Body, LoginFailed, OperatorCall
from proctor.edge.desk import new_id
from proctor.edge.identity_config import Issuer
from proctor.edge.issuers import Issuers
from proctor.edge.live_sessions import LiveSession
from proctor.edge.sign_in_book import End, What
from proctor.edge.signatures import TokenRefused, peek
from proctor.edge.store import Store
from proctor.edge.tokens import ForSomebodyElse, check_audience, check_times
from proctor.session.ports import Clock
from proctor.terms import SessionId

LOGOUT_TYPES = frozenset({"", "jwt", "logout+jwt", "application/logout+jwt"})
EVENT = "http://schemas.openid.net/event/backchannel-logout"
BECAUSE = "signed out at the provider"
PATIENCE = 5.0  # for the workers to end the sessions; they look four times a second
LOOK = 0.02


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of an end: how many sessions fell, and how many were still open when nobody waited any longer."""

    sessions: int
    left: int
    microseconds: int


class SignOuts:
    """Ends sign-ins."""

    def __init__(self, store: Store, issuers: Issuers, clock: Clock, record: Callable[[Body], object]) -> None:
        self._store = store
        self._issuers = issuers
        self._clock = clock
        self._record = record

    async def by_provider(self, logout_token: str) -> Ended | None:
        """End what a provider's logout token names; None where it is not believed, and the record says why."""
        try:
            return await self._by_provider(logout_token)
        except TokenRefused as refused:
            self._record(
                LoginFailed(id=new_id(self._clock), claimed="(a provider)", method="logout token", why=refused.why)
            )
            return None

    async def _by_provider(self, logout_token: str) -> Ended:
        started = self._clock.monotonic_ns()
        issuer, claims = await self._believed(logout_token)
        at = self._clock.now()
        named = {What.SESSION: claims.get("sid"), What.PERSON: claims.get("sub")}
        # With a session named, the person's other sessions go on.
        what = What.SESSION if isinstance(named[What.SESSION], str) else What.PERSON
        value = named[what]
        if not isinstance(value, str) or not 0 < len(value) <= 255:
            raise TokenRefused("the logout token does not say whose sign-in has ended (sub, sid)")
        once = claims.get("jti")
        if not isinstance(once, str) or not 0 < len(once) <= 255:
            raise TokenRefused("the logout token has no name of its own (jti)")
        seen = End(issuer.issuer, What.TOKEN, f"logout {once}", at, issuer.name, BECAUSE)
        if not await asyncio.to_thread(self._store.sign_ins.first, seen):
            raise TokenRefused("the logout token has been shown before (jti)")
        return await self.end(End(issuer.issuer, what, value, at, issuer.name, BECAUSE), started)

    async def end(self, end: End, started: int) -> Ended:
        """Let tokens be dead, end their sessions, and put on record how long that took."""
        await asyncio.to_thread(self._store.sign_ins.end, [end])
        fallen = await asyncio.to_thread(self._kill, end)
        left = await self._until_gone(fallen)
        took = (self._clock.monotonic_ns() - started) // 1000
        self._record(
            OperatorCall(
                id=new_id(self._clock),
                action="sign-ins.end",
                target=f"{end.by} {end.what.value} {end.value}",
                outcome="done" if left == 0 else "overdue",
                details={"sessions": str(len(fallen)), "left": str(left), "took_us": str(took)},
                because=end.because,
            )
        )
        return Ended(len(fallen), left, took)

    def _kill(self, end: End) -> tuple[SessionId, ...]:
        fallen = self._store.sign_ins.fallen(end)
        for session in fallen:
            self._store.sessions.kill(session, by=f"issuer {end.by}", because=end.because, at=end.at)
        return fallen

    async def _until_gone(self, fallen: Sequence[SessionId]) -> int:
        """Return how many of the sessions are open after all patience."""
        wanted = set(fallen)
        deadline = self._clock.monotonic_ns() + int(PATIENCE * 1e9)
        while wanted:
            wanted &= {each.id for each in await asyncio.to_thread(self._store.sessions.list)}
            if not wanted or self._clock.monotonic_ns() > deadline:
                break
            await asyncio.sleep(LOOK)
        return len(wanted)

    async def _believed(self, token: str) -> tuple[Issuer, Mapping[str, object]]:
        """Return whose logout token it is and what it says, by OpenID Connect Back-Channel Logout, section 2.6."""
        refusal = TokenRefused("nobody here believes the token's issuer, or it is for somebody else (aud)")
        for issuer in self._issuers.named(peek(token).issuer):
            # It is for a client as which people sign in.
            clients = (each for each in (issuer.client_id, issuer.console_client) if each)
            meant = replace(issuer, audience=tuple(dict.fromkeys((*clients, *issuer.audience))), clients=frozenset())
            try:
                claims = await self._issuers.claims(token, issuer, LOGOUT_TYPES)
                check_audience(claims, meant)
                check_times(claims, meant, self._clock.now())
            except ForSomebodyElse:
                continue
            except TokenRefused as refused:
                refusal = refused
                continue
            events = claims.get("events")
            if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
                raise TokenRefused("the token is no logout token (events)")
            if "nonce" in claims:
                raise TokenRefused("an ID token is no logout token (nonce)")
            return issuer, claims
        raise refusal


def killed_token(store: Store, session: LiveSession, clock: Clock, by: str) -> None:
    """Let the token die that opened a session which an operator ends: it opens no other."""
    found = store.sign_ins.token_of(session.id)
    if found is not None:
        store.sign_ins.end([End(found[0], What.TOKEN, found[1], clock.now(), by, "its session was ended")])
