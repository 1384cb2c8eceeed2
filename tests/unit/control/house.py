"""A house to ask things of: a real store and real rules, a clock that stands still, and records kept in a list."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from proctor.app.settings import load
from proctor.audit.record import Body, OperatorCall
from proctor.control import Control
from proctor.edge.config import Config
from proctor.edge.desk import moment
from proctor.edge.store import Store
from proctor.policy.rules import Rules
from proctor.terms import Identity, Ticket, TicketId, TicketState

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SETTINGS = """
[listen]
tls = "off"
[databases.shop]
host = "127.0.0.1"
user = "proctor"
[people.alice]
groups = ["engineering"]
password = "alicepw"
[people.dora]
groups = ["dba"]
password = "dorapw"
[people.sam]
groups = ["security"]
password = "sampw"
[people.audrey]
groups = ["auditor"]
password = "audreypw"
[agents.copilot]
owner = "alice"
groups = ["dba"]
password = "copilotpw"
[services.billing]
groups = ["dba"]
password = "billingpw"
"""


class StillClock:
    """A clock that only a test moves."""

    def __init__(self) -> None:
        self.moment = NOW
        self.nanoseconds = 0

    def now(self) -> datetime:
        return self.moment

    def monotonic_ns(self) -> int:
        return self.nanoseconds

    def pass_time(self, span: timedelta) -> None:
        self.moment += span
        self.nanoseconds += int(span.total_seconds() * 1_000_000_000)


@dataclass
class Records:
    """Keeps what is recorded, and what of it is on disk."""

    kept: list[Body] = field(default_factory=list)
    on_disk: int = 0

    def record(self, body: Body) -> int:
        self.kept.append(body)
        return len(self.kept) - 1

    async def synced(self, position: int) -> None:
        self.on_disk = max(self.on_disk, position + 1)

    def told(self) -> list[str]:
        """Return the records in short: `action target outcome` of calls, the kind of all others."""
        return [
            f"{body.action} {body.target} {body.outcome}" if isinstance(body, OperatorCall) else type(body).__name__
            for body in self.kept
        ]


@dataclass
class House:
    """All of it."""

    config: Config
    store: Store
    clock: StillClock
    records: Records
    control: Control

    def who(self, name: str) -> Identity:
        principal = self.config.principal(name)
        assert principal is not None
        return principal.identity("password")

    def ask(
        self, number: int = 1, *, requester: str = "copilot", on_behalf_of: str | None = "alice", quorum: int = 1
    ) -> Ticket:
        return self.store.tickets.open(
            Ticket(
                id=TicketId(f"T{number}"),
                state=TicketState.PENDING,
                requester=requester,
                on_behalf_of=on_behalf_of,
                database="shop",
                statement="DELETE FROM orders WHERE id = 7",
                digest=f"digest {number}",
                reason="INC-42",
                rules=("writes-by-agents",),
                why_held="agents write only with approval",
                approvers=frozenset({"dba", "security"}),
                quorum=quorum,
                created=self.clock.now(),
                expires=self.clock.now() + timedelta(hours=1),
                footing="footing",
            ),
            moment(self.clock),
        )


def build(folder: Path) -> House:
    """Return a house in this folder."""
    path = folder / "proctor.toml"
    path.write_text(SETTINGS)
    path.chmod(0o600)
    config, clock, records = load(path), StillClock(), Records()
    store = Store.open(config.state, migrate=True)
    control = Control(store=store, config=config, rules=Rules.shipped(), journal=records, clock=clock)
    return House(config, store, clock, records, control)
