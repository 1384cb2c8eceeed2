"""Who is signed in to the console: a token in a cookie, and what the house remembers of it. Knows no pages.

The token is random, kept here only as a hash, new at each sign-in, and good until it is signed out, idle or old. Who a
visitor is follows the settings of the moment: somebody who was taken out of them, or given another password, is out,
and so is whoever has come by a provider that the settings describe otherwise now.
"""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from proctor.edge.bearer import fitted
from proctor.edge.doorkeeper import Doorkeeper
from proctor.edge.secret import Secret
from proctor.edge.tokens import Proven
from proctor.errors import ClientFault
from proctor.session.ports import Clock
from proctor.terms import Identity, Kind

SECOND: Final = 1_000_000_000
IDLE: Final = 30 * 60 * SECOND
OLDEST: Final = 12 * 3600 * SECOND
MOST: Final = 5000
MOST_EACH: Final = 10
"""Of one person: a stranger with a password fills nobody's memory, and pushes out none but that person's own."""


@dataclass(slots=True)
class Visit:
    """One sign-in: by a password, or by what the company's provider has `proven`."""

    key: bytes
    subject: str
    proof: str
    password: Secret | None
    csrf: str
    begun: int
    seen: int
    proven: Proven | None = None


class Visits:
    """All who are signed in."""

    def __init__(self, door: Doorkeeper, clock: Clock) -> None:
        self._door = door
        self._clock = clock
        self._visits: OrderedDict[bytes, Visit] = OrderedDict()

    def begin(self, by: Identity, proven: Proven | None = None) -> str | None:
        """Sign a person in, and return the token; None for who is no person, of the settings or of a provider."""
        person = self._door.config.people.get(by.subject)
        if by.kind is not Kind.HUMAN or (person is None and proven is None):
            return None
        mine = [key for key, visit in self._visits.items() if visit.subject == by.subject]
        for key in mine[: max(0, len(mine) - MOST_EACH + 1)]:
            del self._visits[key]
        while len(self._visits) >= MOST:
            self._visits.popitem(last=False)
        token, now = secrets.token_urlsafe(32), self._clock.monotonic_ns()
        key = _key(token)
        password = None if person is None else person.password
        csrf = secrets.token_urlsafe(32)
        self._visits[key] = Visit(key, by.subject, by.proof, password, csrf, now, now, proven)
        return token

    def of(self, token: str | None) -> tuple[Visit, Identity] | None:
        """Return whose token this is, if it is still good."""
        if not token or len(token) > 200:
            return None
        visit = self._visits.get(_key(token))
        if visit is None:
            return None
        now = self._clock.monotonic_ns()
        oldest = OLDEST if visit.proven is None else min(OLDEST, int(visit.proven.issuer.session * SECOND))
        old = now - visit.seen > IDLE or now - visit.begun > oldest
        identity = None if old else self._now(visit)
        if identity is None:
            self.end(visit)
            return None
        visit.seen = now
        self._visits.move_to_end(visit.key)
        return visit, identity

    def _now(self, visit: Visit) -> Identity | None:
        """Return who a visitor is by the settings of the moment, None if they are let in no more."""
        config, proven = self._door.config, visit.proven
        if proven is None:
            person = config.people.get(visit.subject)
            if person is None or not person.enabled or person.password != visit.password:
                return None
            return person.identity(visit.proof)
        if config.identity.get(proven.issuer.name) != proven.issuer:
            return None
        if config.fallen(visit.subject, None, self._clock.now()) is not None:
            return None
        try:
            return fitted(config, proven.identity)
        except ClientFault:
            return None

    def end(self, visit: Visit) -> None:
        """Sign somebody out."""
        self._visits.pop(visit.key, None)

    def __len__(self) -> int:
        return len(self._visits)


def meant(visit: Visit, token: object) -> bool:
    """Say whether a form came from a page that this visitor was given."""
    return isinstance(token, str) and hmac.compare_digest(token.encode(), visit.csrf.encode())


def _key(token: str) -> bytes:
    return sha256(token.encode("utf-8", "replace")).digest()
