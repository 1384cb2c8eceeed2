"""Station 1, for HTTP: who shows a token; and, for MCP, the house as an OAuth 2.1 protected resource (RFC 9728).

In comes a token that a client has shown; out goes an Identity, how long to wait, or nothing. A token is good at MCP if
its audience is `mcp.url`, at the API if it is the issuer's; it is read, and goes nowhere. Knows no HTTP.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import urlsplit

from proctor.audit.record import LoginFailed, Origin
from proctor.edge.bearer import fitted
from proctor.edge.config import Config
from proctor.edge.desk import new_id
from proctor.edge.doorkeeper import FREE_TRIES_OF_ADDRESS, LEFT, SECOND, Doorkeeper, Wait, place_of
from proctor.edge.identity_config import Issuer
from proctor.edge.issuers import Ended, Issuers, Ticks, never_ended
from proctor.edge.signatures import TokenRefused
from proctor.edge.tokens import SignIn, left, scopes_of
from proctor.errors import ClientFault
from proctor.terms import Identity

WELL_KNOWN = "/.well-known/oauth-protected-resource"
Believed = TypeVar("Believed")


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who has shown a token, by what that is known, and until when it is good: by the clock that never steps back.

    `lacks` are the scopes that it should have been given: with any, nothing may be asked with it.
    """

    identity: Identity
    sign_in: SignIn
    until: int
    lacks: tuple[str, ...] = ()


class Shown:
    """Tokens that are shown over HTTP: too many that are not believed make their address wait, as bad passwords do."""

    def __init__(self, door: Doorkeeper, clock: Ticks, believed: Callable[[str], Awaitable[Identity]]) -> None:
        self._door = door
        self._clock = clock
        self._believed = believed

    async def admit(self, token: str, address: str) -> Identity | Wait | None:
        """Return whose token this is; None when it is not believed, `Wait` when too many were not."""
        return await patiently(lambda: self._believed(token), self._door, self._clock, address, "token")


async def patiently(
    believing: Callable[[], Awaitable[Believed]], door: Doorkeeper, clock: Ticks, address: str, method: str
) -> Believed | Wait | None:
    """Return what is believed of somebody; None and a record when nothing is, `Wait` when that came too often."""
    place = (place_of(address),)
    if (wait := door.patience.wait(clock.monotonic_ns(), place)) > 0:
        return Wait(-(-wait // SECOND))
    try:
        return await believing()
    except (TokenRefused, ClientFault) as refused:
        why = refused.why if isinstance(refused, TokenRefused) else refused.message
    door.patience.failed(clock.monotonic_ns(), place, FREE_TRIES_OF_ADDRESS)
    door.failed += 1
    origin = Origin(address=address)
    door.record(LoginFailed(id=new_id(door.clock), origin=origin, claimed="", method=method, why=why))
    return None


async def believed(token: str, issuers: Issuers, door: Doorkeeper, clock: Ticks) -> Identity:
    """Return whose token it is; raise `TokenRefused`, or a `ClientFault` where house or directory know better."""
    return await settled((await issuers.verify(token)).identity, door, clock)


async def settled(identity: Identity, door: Doorkeeper, clock: Ticks) -> Identity:
    """Return a proven identity as house and directory know it; raise `ClientFault` where it is not let in."""
    asker = fitted(door.config, identity)
    fallen = door.config.fallen(asker.subject, asker.on_behalf_of, clock.now())
    if fallen is not None:
        raise ClientFault(fallen)
    known = await door.standing(asker)
    if known is None:
        raise ClientFault(LEFT)
    return known


class Resource:
    """What is told of the resource, and who comes in by a token. There is none where `mcp.url` is not set."""

    def __init__(self, door: Doorkeeper, clock: Ticks, *, ended: Ended = never_ended) -> None:
        self._door = door
        self._clock = clock
        self._of = door.config
        self._issuers = Issuers(_meant(door.config), clock, ended=ended)

    @property
    def url(self) -> str:
        """Return what a token's audience must be; empty where no tokens are taken."""
        return self._door.config.mcp.url if self._door.config.identity else ""

    def metadata(self) -> Mapping[str, object] | None:
        """Return what RFC 9728 wants told, None where no tokens are taken."""
        if not self.url:
            return None
        issuers = dict.fromkeys(each.issuer for each in self._door.config.identity.values())
        return {
            "resource": self.url,
            "resource_name": "Proctor",
            "authorization_servers": [*issuers],
            "bearer_methods_supported": ["header"],
            **({"scopes_supported": [*self._door.config.mcp.scopes]} if self._door.config.mcp.scopes else {}),
        }

    def challenge(self, error: str = "") -> str:
        """Return the WWW-Authenticate header of a 401 or 403, empty where no tokens are taken."""
        if not self.url:
            return ""
        parts = urlsplit(self.url)
        where = f"{parts.scheme}://{parts.netloc}{WELL_KNOWN}{parts.path.rstrip('/')}"
        told = [f'error="{error}"'] if error else []
        scopes = " ".join(self._door.config.mcp.scopes)
        told += [f'scope="{scopes}"'] if scopes else []
        return "Bearer " + ", ".join([*told, f'resource_metadata="{where}"'])

    async def admit(self, token: str, address: str) -> Admitted | Wait | None:
        """Return whose token this is; None when it is not believed, `Wait` when too many were not."""
        admitted = await patiently(lambda: self._believed(token), self._door, self._clock, address, "token")
        if isinstance(admitted, Admitted) and admitted.lacks:
            why = f"the token was not given the scope {' '.join(admitted.lacks)}"
            claimed, origin = admitted.identity.subject[:63], Origin(address=address)
            self._door.failed += 1
            self._door.record(
                LoginFailed(id=new_id(self._door.clock), origin=origin, claimed=claimed, method="token", why=why)
            )
        return admitted

    async def _believed(self, token: str) -> Admitted:
        config = self._door.config
        if not self.url:
            raise TokenRefused("no tokens are taken here: mcp.url is not set")
        if config is not self._of:
            self._issuers.change(_meant(config))
            self._of = config
        proven = await self._issuers.verify(token)
        identity = await settled(proven.identity, self._door, self._clock)
        until = self._clock.monotonic_ns() + int(left(proven, self._clock.now()) * SECOND)
        given = scopes_of(proven)
        return Admitted(identity, proven.sign_in, until, tuple(each for each in config.mcp.scopes if each not in given))


def _meant(config: Config) -> dict[str, Issuer]:
    """Return the issuers, each believed for this resource alone: what is for the wire is not for here."""
    return {name: replace(issuer, audience=(config.mcp.url,)) for name, issuer in config.identity.items()}
