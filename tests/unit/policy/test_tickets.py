"""The life of a ticket, step by step and as a state machine that tries every order of steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from proctor.errors import HouseFault
from proctor.policy import tickets
from proctor.policy.tickets import Refusal, approve, cancel, deny, digest, expire, open_ticket, spend, unfit, void
from proctor.terms import Claims, Hold, Identity, Kind, Moment, Ticket, TicketId, TicketState, Vote

WALL = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW = Moment(WALL, 5)


def after(span: timedelta, *, since: Moment = NOW) -> Moment:
    return Moment(since.wall + span, since.ticks + span // timedelta(microseconds=1) * 1000)


def person(name: str, *groups: str) -> Identity:
    return Identity(name, Kind.HUMAN, frozenset(groups), "scram")


ALICE, DORA, SAM = person("alice", "engineering"), person("dora", "dba"), person("sam", "security", "dba")
BOT = Identity("copilot", Kind.AGENT, frozenset({"dba"}), "scram", "alice")
ALICE_DBA = person("alice", "dba")


def ticket(
    requester: Identity = ALICE, *, quorum: int = 1, parameters: tuple[bytes | None, ...] = (), footing: str = ""
) -> Ticket:
    return open_ticket(
        TicketId("t1"),
        Hold(("many-rows",), "digest", "delete orders: too many", approvers=frozenset({"dba"}), quorum=quorum),
        requester=requester,
        claims=Claims(reason="INC-42"),
        database="shop",
        statement="delete from orders where total < $1",
        parameters=parameters,
        now=NOW,
        lifetime=HOUR,
        footing=footing,
    )


def approved(requester: Identity = ALICE) -> Ticket:
    done = approve(ticket(requester), SAM, NOW)
    assert isinstance(done, Ticket)
    return done


def refusal(result: Ticket | Refusal) -> str:
    assert isinstance(result, Refusal)
    return result.reason


def test_a_ticket_says_who_asked_what_and_why_it_waits() -> None:
    opened = ticket(BOT)
    assert (opened.state, opened.requester, opened.on_behalf_of) == (TicketState.PENDING, "copilot", "alice")
    assert (opened.reason, opened.why_held, opened.rules) == ("INC-42", "delete orders: too many", ("many-rows",))
    assert (opened.created, opened.expires, opened.deadline) == (WALL, WALL + HOUR, after(HOUR).ticks)


@pytest.mark.parametrize(
    "hold",
    [Hold(("r",), "d", "x"), Hold(("r",), "d", "x", approvers=frozenset({"dba"}), quorum=0)],
    ids=["no approvers", "no quorum"],
)
def test_a_ticket_that_nobody_could_approve_is_not_opened(hold: Hold) -> None:
    with pytest.raises(HouseFault):
        open_ticket(
            TicketId("t"), hold, requester=ALICE, claims=Claims(), database="shop", statement="x", parameters=(),
            now=NOW, lifetime=HOUR,
        )  # fmt: skip


def test_an_approver_approves() -> None:
    done = approve(ticket(), DORA, NOW, "looked at it with alice")
    assert isinstance(done, Ticket)
    assert (done.state, done.decided_by, done.because) == (
        TicketState.APPROVED,
        ("dora",),
        "looked at it with alice",
    )


def test_how_an_approver_had_proven_who_they_are_stays_with_the_ticket() -> None:
    done = approve(ticket(), SAM, NOW, "fine")
    assert isinstance(done, Ticket)
    assert done.votes == (Vote("sam", True, WALL, "scram", frozenset({"security", "dba"}), "fine"),)


HELD = Hold(("many-rows",), "digest", "delete orders: too many", approvers=frozenset({"dba"}))


@pytest.mark.parametrize(
    ("hold", "footing", "why"),
    [
        pytest.param(HELD, "", "", id="nothing has changed"),
        pytest.param(HELD, "other", "object or setting", id="a view has changed, or the search path"),
        pytest.param(replace(HELD, approvers=frozenset({"security"})), "", "", id="sam is asked still"),
        pytest.param(replace(HELD, approvers=frozenset({"hr"})), "", "other approvals", id="others are asked"),
        pytest.param(replace(HELD, quorum=2), "", "other approvals", id="more are asked"),
        pytest.param(replace(HELD, rules=("another",)), "", "", id="another rule asks the same people"),
    ],
)
def test_an_approval_counts_for_what_was_looked_at_and_for_whom_the_rules_ask_now(hold, footing, why) -> None:
    said = unfit(approved(), footing, hold)
    assert why in said
    assert bool(said) == bool(why)


def test_a_ticket_of_an_older_proctor_stands_on_nothing_and_fits_nothing() -> None:
    assert unfit(approved(), "what it stands on", HELD)
    assert "stands on" in refusal(spend(approved(), digest=approved().digest, requester=ALICE, now=NOW, footing="x"))


def test_a_quorum_is_of_different_people() -> None:
    once = approve(ticket(quorum=2), DORA, NOW, "fine")
    assert isinstance(once, Ticket)
    assert once.state is TicketState.PENDING
    assert "already" in refusal(approve(once, DORA, NOW))
    twice = approve(once, SAM, NOW, "fine too")
    assert isinstance(twice, Ticket)
    assert (twice.state, twice.decided_by) == (TicketState.APPROVED, ("dora", "sam"))
    assert twice.because == "fine\nfine too"


REFUSED = {
    "their own": (ticket(ALICE_DBA), ALICE_DBA, "their own request"),
    "their agent's": (ticket(BOT), ALICE_DBA, "whoever an agent acts for"),
    "not in the group": (ticket(), person("eve", "engineering"), "members of dba"),
    "an agent": (ticket(), replace(BOT, subject="other", on_behalf_of="dora"), "only people"),
    "the agent itself": (ticket(BOT), BOT, "only people"),
    "a service": (ticket(), Identity("cron", Kind.SERVICE, frozenset({"dba"}), "scram"), "only people"),
}


@pytest.mark.parametrize("step", [approve, deny])
@pytest.mark.parametrize("name", REFUSED)
def test_who_may_not_decide(name: str, step) -> None:
    held, by, why = REFUSED[name]
    assert why in refusal(step(held, by, NOW))


def test_one_no_is_enough_and_final() -> None:
    once = approve(ticket(quorum=2), DORA, NOW)
    assert isinstance(once, Ticket)
    done = deny(once, SAM, NOW, "not tonight")
    assert isinstance(done, Ticket)
    assert (done.state, done.decided_by, done.because) == (TicketState.DENIED, ("dora", "sam"), "not tonight")
    assert refusal(approve(done, DORA, NOW)) == "the ticket is denied"
    assert refusal(cancel(done, ALICE, NOW)) == "the ticket is denied"


def test_an_approval_is_not_taken_back_by_another() -> None:
    assert refusal(deny(approved(), DORA, NOW)) == "the ticket is approved already"


def test_a_long_reason_is_refused() -> None:
    assert "longer than" in refusal(approve(ticket(), DORA, NOW, "x" * (tickets.MAX_BECAUSE + 1)))
    assert isinstance(approve(ticket(), DORA, NOW, "x" * tickets.MAX_BECAUSE), Ticket)


def test_a_ticket_is_spent_once() -> None:
    spent = spend(approved(), digest=approved().digest, requester=ALICE, now=NOW)
    assert isinstance(spent, Ticket)
    assert spent.state is TicketState.SPENT
    assert refusal(spend(spent, digest=spent.digest, requester=ALICE, now=NOW)) == "the ticket is spent"


def test_a_ticket_fits_nobody_else_and_nothing_else() -> None:
    good = approved()
    assert "somebody else" in refusal(spend(good, digest=good.digest, requester=DORA, now=NOW))
    assert "another statement" in refusal(spend(good, digest=digest("x", (), "shop"), requester=ALICE, now=NOW))
    assert "not approved" in refusal(spend(ticket(), digest=good.digest, requester=ALICE, now=NOW))


def test_a_ticket_of_an_agent_is_not_its_owners() -> None:
    good = approved(BOT)
    assert "somebody else" in refusal(spend(good, digest=good.digest, requester=ALICE, now=NOW))
    moved = replace(BOT, on_behalf_of="bob")
    assert "somebody else" in refusal(spend(good, digest=good.digest, requester=moved, now=NOW))
    assert isinstance(spend(good, digest=good.digest, requester=BOT, now=NOW), Ticket)


@pytest.mark.parametrize(("age", "open_still"), [(HOUR - timedelta(microseconds=1), True), (HOUR, False)])
def test_a_ticket_expires_to_the_microsecond(age: timedelta, open_still: bool) -> None:
    now = after(age)
    good = approved()
    assert isinstance(spend(good, digest=good.digest, requester=ALICE, now=now), Ticket) is open_still
    assert isinstance(approve(ticket(), DORA, now), Ticket) is open_still
    assert isinstance(cancel(ticket(), ALICE, now), Ticket) is open_still
    for held in (good, ticket()):
        assert (expire(held, now).state is TicketState.EXPIRED) is not open_still


@pytest.mark.parametrize(
    ("now", "over"),
    [
        pytest.param(Moment(WALL - 5 * HOUR, after(HOUR).ticks), True, id="the wall clock was set back"),
        pytest.param(Moment(WALL + HOUR, NOW.ticks), True, id="the wall clock was set forward, or the machine slept"),
        pytest.param(Moment(WALL + HOUR / 2, 0), False, id="the machine was started again"),
        pytest.param(Moment(WALL - HOUR, NOW.ticks), False, id="set back, and the hour is not over"),
    ],
)
def test_a_ticket_ends_by_whichever_clock_says_so_first(now: Moment, over: bool) -> None:
    assert (expire(approved(), now).state is TicketState.EXPIRED) is over


def test_what_has_ended_does_not_expire() -> None:
    spent = replace(approved(), state=TicketState.SPENT)
    assert expire(spent, after(9 * HOUR)) == spent


def test_a_request_is_withdrawn_by_whoever_made_it_or_answers_for_it() -> None:
    for held, by in ((ticket(), ALICE), (ticket(BOT), BOT), (ticket(BOT), ALICE), (approved(), ALICE)):
        done = cancel(held, by, NOW)
        assert isinstance(done, Ticket)
        assert done.state is TicketState.CANCELLED
    assert "only whoever asked" in refusal(cancel(ticket(), DORA, NOW))


# ---- digests

parts = st.tuples(st.text(), st.lists(st.none() | st.binary(), max_size=4), st.text())


@given(parts, parts)
def test_two_requests_share_a_digest_only_if_they_are_the_same(one, other) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ab", [], "c"), ("a", [], "bc")),
        (("a", [b"b", b"c"], "d"), ("a", [b"bc"], "d")),
        (("a", [None], "d"), ("a", [b""], "d")),
        (("a", [], "d"), ("a", [None], "d")),
        (("a", [b"\x00"], "d"), ("a", [None], "d")),
    ],
)
def test_bytes_cannot_move_from_one_part_to_the_next(one, other) -> None:
    assert digest(*one) != digest(*other)


def test_a_digest_stays_what_it_is_across_versions() -> None:
    """Tickets outlive an upgrade; a digest that changed would leave approvals that fit nothing."""
    assert digest("select $1", (b"1", None), "shop") == (
        "b4e03e5eab6a1a43e4a4a86c10086905c7c9228426e2cafe4627f013e87c944a"
    )


# ---- every order of steps


class Life(RuleBasedStateMachine):
    """Anyone tries anything at any time. What must hold is said in the invariants, from outside."""

    EVERYONE = (ALICE, ALICE_DBA, DORA, SAM, BOT, person("eve"), replace(BOT, subject="bot2", on_behalf_of="dora"))

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.ticket = ticket(BOT, quorum=2, footing="footing")
        self.spent = 0
        self.ayes: set[str] = set()
        self.seen = [self.ticket.state]

    def take(self, result: Ticket | Refusal) -> bool:
        if isinstance(result, Refusal):
            assert result.reason
            return False
        self.ticket = result
        if self.seen[-1] is not result.state:
            self.seen.append(result.state)
        return True

    @rule(minutes=st.integers(0, 30))
    def waits(self, minutes: int) -> None:
        self.now = after(timedelta(minutes=minutes), since=self.now)

    @rule(minutes=st.integers(-90, 90))
    def somebody_sets_the_wall_clock(self, minutes: int) -> None:
        self.now = self.now._replace(wall=self.now.wall + timedelta(minutes=minutes))

    @rule(by=st.sampled_from(EVERYONE))
    def approves(self, by: Identity) -> None:
        if self.take(approve(self.ticket, by, self.now)):
            self.ayes.add(by.subject)

    @rule(by=st.sampled_from(EVERYONE))
    def denies(self, by: Identity) -> None:
        self.take(deny(self.ticket, by, self.now))

    @rule(by=st.sampled_from(EVERYONE))
    def cancels(self, by: Identity) -> None:
        self.take(cancel(self.ticket, by, self.now))

    @rule()
    def the_clock_strikes(self) -> None:
        self.take(expire(self.ticket, self.now))

    @rule(changed=st.sampled_from(("", "a view", "who is asked", "how many")))
    def the_request_comes_again(self, changed: str) -> None:
        footing = "other" if changed == "a view" else "footing"
        asked = frozenset({"security"}) if changed == "who is asked" else frozenset({"dba"})
        now = Hold(("r",), "d", "x", approvers=asked, quorum=3 if changed == "how many" else 2)
        why = unfit(self.ticket, footing, now)
        if self.ticket.state is TicketState.APPROVED:
            # Sam is in both groups and dora in one: a yes counts where the rules still ask for it.
            assert bool(why) == bool(changed)
        if why and self.ticket.state in tickets.OPEN:
            self.take(void(self.ticket))

    @rule(by=st.sampled_from(EVERYONE), fits=st.booleans(), stands=st.booleans())
    def spends(self, by: Identity, fits: bool, stands: bool) -> None:
        wanted = self.ticket.digest if fits else digest("another", (), "shop")
        footing = "footing" if stands else "other"
        if self.take(spend(self.ticket, digest=wanted, requester=by, now=self.now, footing=footing)):
            self.spent += 1
            assert fits
            assert stands
            assert by == BOT
            assert len(self.ayes) == 2
            assert self.now.ticks < after(HOUR).ticks
            assert self.now.wall < WALL + HOUR

    @precondition(lambda self: self.spent)
    @rule(by=st.sampled_from(EVERYONE))
    def nothing_revives_it(self, by: Identity) -> None:
        for step in (approve, deny, cancel):
            assert isinstance(step(self.ticket, by, self.now), Refusal)
        assert expire(self.ticket, after(HOUR, since=self.now)).state is TicketState.SPENT
        assert void(self.ticket).state is TicketState.SPENT

    @invariant()
    def it_is_spent_at_most_once(self) -> None:
        assert self.spent <= 1

    @invariant()
    def only_dora_and_sam_ever_say_yes(self) -> None:
        assert self.ayes <= {"dora", "sam"}

    @invariant()
    def what_it_is_bound_to_never_changes(self) -> None:
        first = ticket(BOT, quorum=2, footing="footing")
        kept = (
            "id", "requester", "on_behalf_of", "database", "statement", "digest", "approvers", "quorum", "expires",
            "deadline", "footing",
        )  # fmt: skip
        assert all(getattr(self.ticket, name) == getattr(first, name) for name in kept)

    @invariant()
    def it_only_goes_forward(self) -> None:
        order = [TicketState.PENDING, TicketState.APPROVED]
        ends = set(TicketState) - set(order)
        *open_states, last = self.seen
        assert open_states == order[: len(open_states)]
        assert last in order or last in ends


Life.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestLife = Life.TestCase
