"""Station 1, for the console: who shows a name and a password, and how often they may try.

In come a name, a password and an address; out goes an Identity, how long to wait, or nothing. A stranger costs the same
time as a friend. Knows no HTTP.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from proctor.audit.record import Body, LoginFailed, Origin
from proctor.edge.config import Config
from proctor.edge.desk import new_id
from proctor.edge.people_book import PeopleBook
from proctor.edge.verifiers import Locks
from proctor.session.ports import Clock
from proctor.terms import Identity

SECOND = 1_000_000_000
LEFT = "the directory says that they have left"
FREE_TRIES = 5  # people mistype
FREE_TRIES_OF_ADDRESS = 20  # many people sit behind one address
LONGEST_WAIT = 60 * SECOND
FORGET = 15 * 60 * SECOND
MAX_REMEMBERED = 10_000  # a stranger with many addresses must not fill our memory
MAX_PASSWORD = 1024
CHECKS_AT_ONCE = 4  # each costs milliseconds of a core: strangers get no more of it than this


@dataclass(frozen=True, slots=True)
class Wait:
    """Too many failed; come back after so many seconds."""

    seconds: int


@dataclass(slots=True)
class _Failures:
    count: int
    last: int
    until: int


class Patience:
    """Remembers who has failed how often, and for how long they have to wait: 1 s, 2 s, 4 s, up to a minute."""

    def __init__(self) -> None:
        self._failures: OrderedDict[tuple[str, ...], _Failures] = OrderedDict()

    def wait(self, now: int, *keys: tuple[str, ...]) -> int:
        """Return for how many nanoseconds these must wait from now on."""
        until = max((self._failures[key].until for key in keys if key in self._failures), default=0)
        return max(0, until - now)

    def failed(self, now: int, key: tuple[str, ...], free: int) -> None:
        """Note a failure; the first few are free."""
        known = self._failures.pop(key, None)
        count = 1 if known is None or now - known.last > FORGET else known.count + 1
        wait = min(LONGEST_WAIT, SECOND << min(count - free - 1, 10)) if count > free else 0
        self._failures[key] = _Failures(count, now, now + wait)
        while len(self._failures) > MAX_REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, key: tuple[str, ...]) -> None:
        """Forget the failures."""
        self._failures.pop(key, None)


class Doorkeeper:
    """Lets people, agents and services in by name and password."""

    def __init__(
        self,
        config: Config,
        locks: Locks,
        clock: Clock,
        record: Callable[[Body], object],
        people: PeopleBook | None = None,
    ) -> None:
        self.config = config
        self.locks = locks
        self.patience = Patience()
        self.failed = 0
        self.clock = clock
        self.record = record
        self._people = people
        self._checks = asyncio.Semaphore(CHECKS_AT_ONCE)

    def change(self, config: Config, locks: Locks) -> None:
        """Put other settings in force."""
        self.config, self.locks = config, locks

    async def admit(self, name: str, password: str, address: str) -> Identity | Wait | None:
        """Return who this is; None when name and password do not fit, `Wait` when too many did not."""
        place = place_of(address)
        # Both keys have the address in them: a stranger elsewhere cannot lock an approver out.
        pair = (place, name)
        async with self._checks:
            # Asked in here: of a hundred who try at once, those who come after the first failures have to wait.
            if (wait := self.patience.wait(self.clock.monotonic_ns(), pair, (place,))) > 0:
                return Wait(-(-wait // SECOND))
            why = "name or password does not fit"
            if await self._fits(name, password):
                self.patience.succeeded(pair)
                principal = self.config.principal(name)
                found = None if principal is None else principal.identity("password")
                fallen = None if found is None else self.config.fallen(name, found.on_behalf_of, self.clock.now())
                if found is None or (fallen is None and (found := await self.standing(found)) is not None):
                    return found
                why = fallen or LEFT
            now = self.clock.monotonic_ns()
            self.patience.failed(now, pair, FREE_TRIES)
            self.patience.failed(now, (place,), FREE_TRIES_OF_ADDRESS)
            self.failed += 1
        self._tell(name, address, why)
        return None

    async def standing(self, identity: Identity) -> Identity | None:
        """Return who this is now, with the groups that the directory gives; None if it says that they have left."""
        if self._people is None:
            return identity
        given = {} if self.config.scim is None else self.config.scim.groups
        return await asyncio.to_thread(self._people.admitted, identity, given)

    def wrong_token(self, address: str) -> None:
        """Record that somebody has shown a token that is not the directory's."""
        self.failed += 1
        self._tell("scim", address, "the token does not fit", "bearer")

    def _tell(self, name: str, address: str, why: str, method: str = "password") -> None:
        claimed = name[:63] if name.isprintable() else "(unprintable)"
        self.record(
            LoginFailed(
                id=new_id(self.clock),
                origin=Origin(address=address),
                claimed=claimed,
                method=method,
                why=why,
            )
        )

    async def _fits(self, name: str, password: str) -> bool:
        if len(password) > MAX_PASSWORD or len(name) > MAX_PASSWORD:
            return False
        return await asyncio.to_thread(lambda: self.locks.of(name).fits(password))


def place_of(address: str) -> str:
    """Return what counts as one place: an IPv4 address, or the /64 that one customer of IPv6 has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped) if mapped is not None else str(ipaddress.ip_network((found, 64), strict=False))
    return address
