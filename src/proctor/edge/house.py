"""What the sessions of one worker share: configuration, store, journal, databases, memory, and who is here."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic_ns, time_ns
from typing import Protocol

from proctor.audit.journal import Journal
from proctor.audit.record import Body
from proctor.audit.vault import Vault
from proctor.edge.config import Config, Database
from proctor.edge.desk import StoreDesk
from proctor.edge.epochs import Epochs
from proctor.edge.live_sessions import Seen
from proctor.edge.logins import Guest, Logins
from proctor.edge.store import Store
from proctor.edge.world import DatabaseWorld, RuleBook
from proctor.errors import HouseFault
from proctor.session.memory import Memory
from proctor.session.plans import Wardrobe
from proctor.terms import SessionId

PID_BITS = 20  # of a cancel key's process id: the session within its worker; the bits above name the worker


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the wall clock's time, UTC."""
        return datetime.now(UTC)

    monotonic_ns = staticmethod(monotonic_ns)
    """Return nanoseconds that never step back."""
    time_ns = staticmethod(time_ns)
    """Return nanoseconds since 1970. Both are asked several times for each statement, hence no functions of ours."""


class Visitor(Protocol):
    """An open session, as the house may address it."""

    session: SessionId | None
    guest: Guest | None
    world: DatabaseWorld | None

    def look(self, now: int) -> None:
        """End or cancel what has taken too long."""

    def sign(self, at: datetime) -> Seen | None:
        """Return a sign of life, if anything has changed since the last."""

    def cancel_query(self) -> None:
        """Cancel what it runs or waits for."""

    def end(self, why: str, sqlstate: str = "57P01") -> None:
        """End it at once."""

    def leave_when_idle(self) -> None:
        """End it after its transaction."""


@dataclass
class House:
    """One worker's share of the gateway."""

    config: Config
    worker: int
    store: Store
    journal: Journal
    epochs: Epochs
    book: RuleBook
    clock: SystemClock
    logins: Logins
    mask_key: bytes
    record_key: bytes
    vault: Vault
    desk: StoreDesk
    wardrobe: Wardrobe
    forward_cancel: Callable[[int, bytes], None]
    memory: Memory = field(default_factory=Memory)
    worlds: dict[str, DatabaseWorld] = field(default_factory=dict)
    visitors: dict[int, tuple[bytes, Visitor]] = field(default_factory=dict)
    draining: bool = False
    errands: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def name(self) -> str:
        """Return the worker's name, which is also its shard's."""
        return f"worker-{self.worker}"

    def world(self, database: Database) -> DatabaseWorld:
        """Return what is known of a database; the first asking makes it."""
        known = self.worlds.get(database.name)
        if known is None or known.database != database:
            known = DatabaseWorld(database, self.store, self.epochs, self.book, self.clock, self.record)
            self.worlds[database.name] = known
        return known

    def record(self, body: Body) -> int:
        """Write a record that belongs to no exchange."""
        return self.journal.record(body)

    def spawn(self, errand: Coroutine[None, None, None]) -> None:
        """Run a short errand beside everything else, and keep it until it is done."""
        task = asyncio.get_running_loop().create_task(errand)
        self.errands.add(task)
        task.add_done_callback(self.errands.discard)

    def seat(self, visitor: Visitor) -> tuple[int, bytes]:
        """Give a session a process id and a secret for its cancel key."""
        for _ in range(1 << PID_BITS):
            pid = (self.worker + 1) << PID_BITS | secrets.randbits(PID_BITS)
            if pid not in self.visitors:
                secret = secrets.token_bytes(4)
                self.visitors[pid] = (secret, visitor)
                return pid, secret
        raise HouseFault("there are too many sessions", sqlstate="53300")

    def cancel(self, pid: int, secret: bytes) -> None:
        """Cancel what a session runs, if the secret is its own; another worker's is passed on. Nobody is told."""
        if pid >> PID_BITS != self.worker + 1:
            self.forward_cancel(pid, secret)
            return
        kept, visitor = self.visitors.get(pid, (b"", None))
        if visitor is not None and secrets.compare_digest(kept, secret):
            visitor.cancel_query()


def lifetime(config: Config) -> timedelta:
    """Return how long a ticket stays good."""
    return timedelta(seconds=config.limits.hold)
