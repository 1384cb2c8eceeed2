"""Station 1, beside its second lock: claims that a provider tells at its userinfo endpoint alone.

In come a token's checked claims and an access token; out goes what the settings ask for and the token lacks. What the
token says itself always counts, and until when it holds is never learnt here. Whoever cannot be asked about does not
come in (OpenID Connect Core, 5.3).
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256

import msgspec

from proctor.edge.identity_config import Issuer
from proctor.edge.signatures import Claimed, TokenRefused
from proctor.edge.tokens import check_audience, check_times, claim_of, wanted_beside

BESIDE = "~"
"""Between an ID token and the access token that goes with it: no JWT has it in it."""
MAX_TOLD = 16 * 1024  # of what is kept; a person in hundreds of groups has 8 KiB
MOST_KEPT = 500
OLDEST = 600_000_000_000  # nanoseconds: who is put into another group has it by then
AT_ONCE = 8
_ACCESS = re.compile(r"[A-Za-z0-9._~+/-]{1,12000}=*").fullmatch  # RFC 6750, 2.1; nothing that ends a header

Ask = Callable[[str, Issuer, str], Awaitable[tuple[int, bytes]]]


def lacking(claims: Claimed, candidates: Sequence[Issuer], now: datetime) -> Issuer | None:
    """Return the first of the settings that a token may be for and that ask for more than it says, if they allow it."""
    for issuer in candidates:
        try:
            check_audience(claims, issuer)
            check_times(claims, issuer, now)
        except TokenRefused:
            continue
        if any(claim_of(claims, name) is None for name in wanted_beside(issuer)):
            return issuer
    return None


class UserInfo:
    """What providers have told of those who came, each for as long as their token, and ten minutes at most."""

    def __init__(self, ask: Ask, ticks: Callable[[], int]) -> None:
        self._ask = ask
        self._ticks = ticks
        self._kept: OrderedDict[bytes, tuple[int, Claimed]] = OrderedDict()
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def told(self, issuer: Issuer, place: str, access: str, claims: Claimed, lasts: float) -> Claimed:
        """Return what the provider tells of the token's subject; raise `TokenRefused`. The token lasts so long yet."""
        key = sha256(f"{issuer.name}\0{claims.get('sub')}\0{access}".encode()).digest()
        kept = self._kept.get(key)
        if kept is not None and self._ticks() < kept[0]:
            return kept[1]
        if not _ACCESS(access):
            raise TokenRefused("the access token is malformed, so its userinfo cannot be asked for")
        async with self._turns:
            raw = await self._answer(issuer, place, access)
        found = _read(raw, claims, issuer)
        self._kept[key] = (self._ticks() + min(OLDEST, int(max(0.0, lasts) * 1e9)), found)
        self._kept.move_to_end(key)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return found

    def forget(self) -> None:
        """Forget what was told."""
        self._kept.clear()

    async def _answer(self, issuer: Issuer, place: str, access: str) -> bytes:
        if not place:
            raise TokenRefused(f"{issuer.name} names no safe userinfo_endpoint")
        try:
            status, raw = await self._ask(place, issuer, access)
        except OSError as fault:
            raise TokenRefused(f"the userinfo of {issuer.name} cannot be had: {fault}") from None
        if status != 200:
            raise TokenRefused(f"{issuer.name} tells no userinfo for this access token: it answered {status}")
        return raw


def _read(raw: bytes, claims: Claimed, issuer: Issuer) -> Claimed:
    try:
        said = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        said = None
    if not isinstance(said, Mapping):
        raise TokenRefused(f"the userinfo of {issuer.name} is no JSON object")
    # Section 5.3.4: without this, somebody else's access token would lend their groups.
    if not isinstance(said.get("sub"), str) or said["sub"] != claims.get("sub"):
        raise TokenRefused("the userinfo is of somebody else than the token (sub)")
    names = {name if name in said else name.partition(".")[0] for name in wanted_beside(issuer)}
    found = {name: said[name] for name in names if name in said}
    if len(msgspec.json.encode(found)) > MAX_TOLD:
        raise TokenRefused(f"the userinfo of {issuer.name} has more in it than anybody needs")
    return found
