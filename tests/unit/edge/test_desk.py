"""The desk with its real store: whatever races with what, nothing runs that was not approved as it runs, and only once."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from proctor.audit.record import Body, TicketOpened, TicketSpent, TicketVoided
from proctor.edge.desk import ALPHABET, StoreDesk, moment, new_id
from proctor.edge.store import Store
from proctor.policy import tickets
from proctor.session.ports import HoldRequest
from proctor.terms import Claims, Hold, Identity, Kind, Moment, Ticket, TicketState

HOUR = timedelta(hours=1)
BOT = Identity("copilot", Kind.AGENT, frozenset(), "scram-sha-256", "alice")
ALICE = Identity("alice", Kind.HUMAN, frozenset({"dba"}), "password")
DORA = Identity("dora", Kind.HUMAN, frozenset({"dba"}), "password")
SAM = Identity("sam", Kind.HUMAN, frozenset({"dba", "security"}), "password")
HOLD = Hold(("agent-writes",), "rules 1", "somebody has to look", approvers=frozenset({"dba", "security"}))
REQUEST = HoldRequest(BOT, Claims("INC-42"), "shop", "delete from orders where id = $1", (b"7",), HOLD, "as it was")
TWO = replace(HOLD, quorum=2)


class Clock:
    def __init__(self) -> None:
        self.wall, self.ticks = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), 1_000_000_000

    def now(self) -> datetime:
        return self.wall

    def monotonic_ns(self) -> int:
        return self.ticks

    def pass_time(self, span: timedelta) -> None:
        self.wall += span
        self.ticks += span // timedelta(microseconds=1) * 1000


class Worker:
    """A worker's desk with connections of its own, as a process has them."""

    def __init__(self, state: Path, clock: Clock) -> None:
        self.records: list[Body] = []
        self.store = Store.open(state)
        self.desk = StoreDesk(self.store, clock, self.records.append, HOUR)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workers(tmp_path: Path, clock: Clock) -> Iterator[list[Worker]]:
    with Store.open(tmp_path / "state", migrate=True):
        made = [Worker(tmp_path / "state", clock) for _ in range(4)]
        yield made
        for worker in made:
            worker.store.close()


def at_once(*calls: Callable[[], object]) -> list[object]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [done.result() for done in [pool.submit(call) for call in calls]]


def approve(worker: Worker, ticket: Ticket, by: Identity, now: Moment) -> Ticket | tickets.Refusal | None:
    return worker.store.tickets.take_step(ticket.id, lambda before: tickets.approve(before, by, now))


def approved(workers: list[Worker], clock: Clock, request: HoldRequest = REQUEST) -> Ticket:
    ticket = workers[0].desk.open(request)
    done = approve(workers[0], ticket, DORA, moment(clock))
    assert isinstance(done, Ticket)
    return done


def state(workers: list[Worker], ticket: Ticket) -> TicketState:
    found = workers[0].store.tickets.get(ticket.id)
    assert found is not None
    return found.state


def test_of_many_retries_at_once_one_gets_the_ticket(workers: list[Worker], clock: Clock) -> None:
    ticket = approved(workers, clock)
    got = at_once(*(lambda worker=worker: worker.desk.claim(REQUEST) for worker in workers))
    assert [found.id for found in got if isinstance(found, Ticket)] == [ticket.id]
    assert sum(isinstance(body, TicketSpent) for worker in workers for body in worker.records) == 1


def test_two_sessions_that_wait_for_one_ticket_spend_it_once(workers: list[Worker], clock: Clock) -> None:
    ticket = approved(workers, clock)
    left = at_once(*(lambda worker=worker: worker.desk.spend(ticket, REQUEST) for worker in workers))
    assert left.count(None) == 1
    assert {found.state for found in left if isinstance(found, Ticket)} == {TicketState.SPENT}


def test_two_approvers_at_once_are_two_of_a_quorum(workers: list[Worker], clock: Clock) -> None:
    ticket = workers[0].desk.open(replace(REQUEST, hold=TWO))
    now = moment(clock)
    at_once(lambda: approve(workers[0], ticket, DORA, now), lambda: approve(workers[1], ticket, SAM, now))
    kept = workers[2].store.tickets.get(ticket.id)
    assert kept is not None
    assert (kept.state, sorted(kept.decided_by)) == (TicketState.APPROVED, ["dora", "sam"])


def test_one_approver_at_two_windows_is_one_of_a_quorum(workers: list[Worker], clock: Clock) -> None:
    request = replace(REQUEST, hold=TWO)
    ticket = workers[0].desk.open(request)
    at_once(*(lambda w=worker: approve(w, ticket, DORA, moment(clock)) for worker in workers))
    assert state(workers, ticket) is TicketState.PENDING
    assert workers[0].desk.claim(request) is None


def test_a_yes_and_a_no_at_once_end_in_one_of_them(workers: list[Worker], clock: Clock) -> None:
    ticket, now = workers[0].desk.open(REQUEST), moment(clock)
    at_once(
        lambda: approve(workers[0], ticket, DORA, now),
        lambda: workers[1].store.tickets.take_step(ticket.id, lambda before: tickets.deny(before, SAM, now)),
    )
    ended = state(workers, ticket)
    assert ended in (TicketState.APPROVED, TicketState.DENIED)
    assert (workers[2].desk.claim(REQUEST) is not None) == (ended is TicketState.APPROVED)


def test_an_approval_that_meets_the_end_of_the_hour_lets_nothing_run(workers: list[Worker], clock: Clock) -> None:
    ticket = workers[0].desk.open(REQUEST)
    clock.pass_time(HOUR)
    late = moment(clock)
    at_once(lambda: approve(workers[0], ticket, DORA, late), lambda: workers[1].store.tickets.expire_due(late))
    assert state(workers, ticket) is TicketState.EXPIRED
    assert workers[2].desk.claim(REQUEST) is None


def test_an_approval_that_is_not_used_in_its_hour_lets_nothing_run(workers: list[Worker], clock: Clock) -> None:
    ticket = approved(workers, clock)
    clock.ticks += 3_600_000_000_000
    clock.wall -= timedelta(days=1)  # and the wall clock is set back
    assert workers[1].desk.claim(REQUEST) is None
    left = workers[1].desk.spend(ticket, REQUEST)
    assert left is not None
    assert left.state is TicketState.EXPIRED


def test_an_approval_that_meets_a_cancel_lets_nothing_run_behind_it(workers: list[Worker], clock: Clock) -> None:
    """The client has given up. If the yes was first, the ticket stays for the very same statement; else for nothing."""
    ticket, now = workers[0].desk.open(REQUEST), moment(clock)
    at_once(lambda: approve(workers[0], ticket, DORA, now), lambda: workers[1].desk.withdraw(ticket))
    ended = state(workers, ticket)
    assert ended in (TicketState.APPROVED, TicketState.CANCELLED)
    assert (workers[2].desk.claim(REQUEST) is not None) == (ended is TicketState.APPROVED)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"parameters": (b"8",)}, id="another parameter"),
        pytest.param({"parameters": (b"\x007",)}, id="the same bytes in binary"),
        pytest.param({"statement": "delete from orders where id = $1 "}, id="another text"),
        pytest.param({"database": "other"}, id="another database"),
        pytest.param({"asker": replace(BOT, on_behalf_of="bob")}, id="for somebody else"),
        pytest.param({"asker": ALICE}, id="the owner"),
    ],
)
def test_another_request_finds_no_ticket_and_leaves_it_alone(
    workers: list[Worker], clock: Clock, changed: dict[str, object]
) -> None:
    ticket = approved(workers, clock)
    assert workers[1].desk.claim(replace(REQUEST, **changed)) is None  # type: ignore[arg-type] # a test names fields
    assert state(workers, ticket) is TicketState.APPROVED


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"footing": "another search path, view, trigger"}, id="it means something else"),
        pytest.param({"hold": replace(HOLD, approvers=frozenset({"security"}))}, id="others are to be asked"),
        pytest.param({"hold": TWO}, id="more are to be asked"),
    ],
)
@pytest.mark.parametrize("how", ["claim", "spend"])
def test_what_has_changed_between_approval_and_use_voids_the_ticket(
    workers: list[Worker], clock: Clock, changed: dict[str, object], how: str
) -> None:
    ticket = approved(workers, clock)
    request = replace(REQUEST, **changed)  # type: ignore[arg-type] # a test names fields that exist
    worker = workers[1]
    if how == "claim":
        assert worker.desk.claim(request) is None
    else:
        left = worker.desk.spend(ticket, request)
        assert left is not None
        assert left.state is TicketState.VOIDED
    (voided,) = [body for body in worker.records if isinstance(body, TicketVoided)]
    assert (voided.ticket, voided.requester) == (ticket.id, "copilot")
    assert worker.desk.claim(REQUEST) is None, "also once everything is as it was"
    assert worker.desk.open(request).id != ticket.id


def test_a_request_that_waits_is_asked_anew_when_it_means_something_else(workers: list[Worker]) -> None:
    first = workers[0].desk.open(REQUEST)
    again = replace(REQUEST, footing="another")
    assert workers[1].desk.claim(again) is None
    second = workers[1].desk.open(again)
    assert second.id != first.id
    assert state(workers, first) is TicketState.VOIDED


async def test_whoever_waits_hears_of_what_another_process_decides(workers: list[Worker], clock: Clock) -> None:
    ticket = workers[0].desk.open(REQUEST)
    waiting = asyncio.ensure_future(workers[0].desk.settled(ticket))
    await asyncio.sleep(0)
    assert not waiting.done()
    approve(workers[1], ticket, DORA, moment(clock))
    assert (await waiting).state is TicketState.APPROVED


# ---- every order of steps, with the store


class Desks(RuleBasedStateMachine):
    """Two workers and a control process on one store; anyone tries anything. What runs is held against a plain model."""

    FOOTINGS = ("as it was", "changed")
    HOLDS = (HOLD, TWO, replace(HOLD, approvers=frozenset({"security"})))

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.store = Store.open(Path(self.folder.name), migrate=True)
        self.workers = [Worker(Path(self.folder.name), self.clock) for _ in range(2)]
        self.born: dict[str, tuple[HoldRequest, datetime, int]] = {}
        self.ayes: dict[str, set[str]] = {}
        self.ran: list[str] = []
        self.request = REQUEST

    @initialize()
    def nothing_is_there(self) -> None:
        assert self.store.tickets.list() == ()

    def teardown(self) -> None:
        for worker in self.workers:
            worker.store.close()
        self.store.close()
        self.folder.cleanup()

    @rule(footing=st.sampled_from(FOOTINGS), hold=st.sampled_from(HOLDS))
    def the_world_changes(self, footing: str, hold: Hold) -> None:
        self.request = replace(self.request, footing=footing, hold=hold)

    @rule(value=st.sampled_from((b"7", b"8")), asker=st.sampled_from((BOT, ALICE)))
    def another_asks(self, value: bytes, asker: Identity) -> None:
        self.request = replace(self.request, parameters=(value,), asker=asker)

    @rule(minutes=st.integers(0, 40))
    def time_passes(self, minutes: int) -> None:
        self.clock.pass_time(timedelta(minutes=minutes))

    @rule(minutes=st.integers(-120, 120))
    def the_wall_clock_is_set(self, minutes: int) -> None:
        self.clock.wall += timedelta(minutes=minutes)

    @rule(worker=st.integers(0, 1))
    def the_statement_comes(self, worker: int) -> None:
        """Ask as a session does: take an approval that is there, or else wait for one."""
        desk = self.workers[worker].desk
        found = desk.claim(self.request)
        if found is not None:
            self.it_runs(found)
            return
        ticket = desk.open(self.request)
        self.born.setdefault(ticket.id, (self.request, self.clock.wall, self.clock.ticks))

    @rule(worker=st.integers(0, 1), at=st.integers(0, 5))
    def a_waiting_session_wakes(self, worker: int, at: int) -> None:
        known = sorted(self.born)
        if known:
            ticket = self.store.tickets.get(known[at % len(known)])
            assert ticket is not None
            if ticket.state is TicketState.APPROVED:
                request = replace(self.born[ticket.id][0], footing=self.request.footing, hold=self.request.hold)
                if self.workers[worker].desk.spend(ticket, request) is None:
                    self.it_runs(ticket, request)

    def it_runs(self, ticket: Ticket, request: HoldRequest | None = None) -> None:
        asked, wall, ticks = self.born[ticket.id]
        request = request or self.request
        assert ticket.id not in self.ran, "one use"
        assert (request.asker, request.parameters) == (asked.asker, asked.parameters)
        assert request.footing == asked.footing
        counted = {who.subject for who in (DORA, SAM) if who.groups & request.hold.approvers}
        assert len(self.ayes.get(ticket.id, set()) & counted) >= request.hold.quorum
        assert self.clock.ticks < ticks + 3_600_000_000_000
        assert self.clock.wall < wall + HOUR
        self.ran.append(ticket.id)

    @rule(by=st.sampled_from((ALICE, DORA, SAM, BOT)), at=st.integers(0, 5), yes=st.booleans())
    def somebody_decides(self, by: Identity, at: int, yes: bool) -> None:
        known = sorted(self.born)
        if known:
            step = tickets.approve if yes else tickets.deny
            name = known[at % len(known)]
            done = self.store.tickets.take_step(name, lambda before: step(before, by, moment(self.clock)))
            if isinstance(done, Ticket) and yes:
                self.ayes.setdefault(name, set()).add(by.subject)

    @rule(worker=st.integers(0, 1), at=st.integers(0, 5))
    def a_client_leaves(self, worker: int, at: int) -> None:
        known = sorted(self.born)
        if known:
            ticket = self.store.tickets.get(known[at % len(known)])
            assert ticket is not None
            self.workers[worker].desk.withdraw(ticket)

    @rule()
    def the_control_process_looks_at_the_clock(self) -> None:
        self.store.tickets.expire_due(moment(self.clock))

    @rule(worker=st.integers(0, 1))
    def a_worker_is_started_again(self, worker: int) -> None:
        records = self.workers[worker].records
        self.workers[worker].store.close()
        self.workers[worker] = Worker(Path(self.folder.name), self.clock)
        self.workers[worker].records = records

    @invariant()
    def what_ran_is_spent_and_nothing_else_is(self) -> None:
        spent = {each.id for each in self.store.tickets.list(states=[TicketState.SPENT])}
        assert spent == set(self.ran)

    @invariant()
    def only_others_have_said_yes(self) -> None:
        assert all("copilot" not in names for names in self.ayes.values())
        assert all(self.born[name][0].asker != ALICE or "alice" not in names for name, names in self.ayes.items())
        assert all(self.born[name][0].asker != BOT or "alice" not in names for name, names in self.ayes.items())

    @invariant()
    def every_ticket_is_on_record(self) -> None:
        opened = {body.ticket for worker in self.workers for body in worker.records if isinstance(body, TicketOpened)}
        assert {each.id for each in self.store.tickets.list()} <= opened | set(self.born)


Desks.TestCase.settings = settings(max_examples=12, stateful_step_count=30, deadline=None)
TestDesks = Desks.TestCase


def test_an_identifier_begins_with_its_millisecond_and_goes_on_by_chance() -> None:
    class Noon:
        monotonic_ns = staticmethod(lambda: 0)

        def now(self) -> datetime:
            return datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)

    one, other = new_id(Noon()), new_id(Noon())
    number = 0
    for letter in one:
        number = number << 5 | ALPHABET.index(letter)
    assert (len(one), number >> 80) == (26, int(Noon().now().timestamp() * 1000))
    assert (one[:10], one[10:] != other[10:]) == (other[:10], True)
