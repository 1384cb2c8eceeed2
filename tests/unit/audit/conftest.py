"""A small house for the journal's tests: a clock that can be turned, a syncer that answers at once, a filled state."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from proctor.audit.integrator import Integrator
from proctor.audit.journal import Journal
from proctor.audit.record import Heartbeat, StatementAnswered, StatementDecided, StatementText, Verdict, Who
from proctor.audit.sync import Answer, Failed, Prepared, Synced

NOON = 1_800_000_000_000_000_000


class FakeClock:
    """A wall clock and a monotonic one, moved by hand; each look at them takes a millisecond."""

    def __init__(self) -> None:
        self.wall = NOON
        self.monotonic = 5_000_000_000

    def time_ns(self) -> int:
        self.wall += 1_000_000
        return self.wall

    def monotonic_ns(self) -> int:
        self.monotonic += 1_000_000
        return self.monotonic

    def advance(self, seconds: float) -> None:
        self.wall += int(seconds * 1e9)
        self.monotonic += int(seconds * 1e9)


class HandSyncer:
    """Syncs when it is told to: `answer` lets the request under way succeed, `fail` makes it fail."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        self.asked: list[int] = []
        self.adopted = 0
        self.wanted: tuple[int, int] | None = None
        self.closed = False
        self._answers: list[Answer] = []

    def adopt(self, segment: int, folder: Path, ordinal: int) -> None:
        self.adopted += 1
        if ordinal:
            (folder / f"{ordinal:010d}.next").rename(folder / f"{ordinal:010d}.seg")

    def prepare(self, spare: int, size: int) -> None:
        """Do it when told to by `give_spare`."""
        self.wanted = (os.dup(spare), size)

    def give_spare(self, ready: bool = True) -> None:
        """Fill the spare that was asked for, or say that it cannot be had."""
        file, size = self.wanted
        os.pwrite(file, bytes(size), 0)
        os.close(file)
        self._say(Prepared(ready))

    def ask(self, position: int) -> None:
        self.asked.append(position)

    def fileno(self) -> int:
        return self._read

    def answers(self) -> list[Answer]:
        if not self._answers:
            return []
        os.read(self._read, 1)
        answers, self._answers = self._answers, []
        return answers

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            os.close(self._read)
            os.close(self._write)

    def answer(self) -> None:
        self._say(Synced(self.asked[-1]))

    def fail(self, why: str = "the disk is gone") -> None:
        self._say(Failed(why))

    def _say(self, answer: Answer) -> None:
        self._answers.append(answer)
        os.write(self._write, b"!")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


class House:
    """A state folder with journals, logs and keys."""

    def __init__(self, state: Path, clock: FakeClock) -> None:
        self.state = state
        self.journal = state / "journal"
        self.log = state / "log"
        self.keys = state / "keys"
        self.clock = clock
        self.count = 0

    def write(self, exchanges: int, shard: str = "w0", **also: str) -> None:
        """Let a shard serve so many statements."""
        with Journal.open(self.journal / shard, shard, clock=self.clock) as journal:
            for _ in range(exchanges):
                self.count += 1
                name = f"x{self.count:06d}"
                journal.record(self.decided(name, **also))
                journal.record(
                    StatementAnswered(
                        id=f"a{self.count:06d}", exchange=name, of=name, rows=2, bytes=64, duration_us=900, cells={1: 2}
                    )
                )
            journal.record(Heartbeat(id=f"h{self.count:06d}", interval_s=60))

    def decided(self, name: str, text: str = "select email from customers where id = $1") -> StatementDecided:
        return StatementDecided(
            id=name,
            exchange=name,
            who=Who(subject="alice", kind="human", groups=("support",)),
            database="shop",
            statement=StatementText(text=text, digest="d1"),
            command="select",
            understood=True,
            decision=Verdict(verdict="allow", rules=("read-masked",)),
            reads={"public.customers": ("email", "id")},
        )

    def integrator(self) -> Integrator:
        return Integrator.open(self.journal, self.log, keys=self.keys, origin="proctor.test")

    def integrate(self) -> None:
        """Move everything into the log."""
        integrator = self.integrator()
        try:
            while (done := integrator.integrate()).added:
                assert not done.troubles
            assert not done.troubles
        finally:
            integrator.close()


@pytest.fixture
def house(tmp_path: Path, clock: FakeClock) -> House:
    return House(tmp_path / "state", clock)


@pytest.fixture
def hand_syncer() -> Callable[[], HandSyncer]:
    return HandSyncer
