"""The life of a grant: asked by a person, agreed to by another, over when its time is, and gone when taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from proctor.policy.approvers import Approvers
from proctor.policy.decide import decide
from proctor.policy.grants import after, approve, ask, deny, expire, over, revoke
from proctor.policy.rules import Rules
from proctor.policy.tickets import Refusal
from proctor.terms import (
    Access,
    Action,
    Allow,
    Analysis,
    Classified,
    Column,
    Context,
    DataClass,
    Finding,
    Grant,
    GrantState,
    Hold,
    Identity,
    Inference,
    Kind,
    Moment,
    Output,
    Relation,
    Use,
)

NOW = Moment(datetime(2026, 11, 23, 2, 0, tzinfo=UTC), 1000)
CUSTOMERS = Relation("public", "customers")
EMAIL, PHONE = Column(CUSTOMERS, "email"), Column(CUSTOMERS, "phone")
ALICE = Identity("alice", Kind.HUMAN, frozenset({"engineering"}), "scram")
DORA = Identity("dora", Kind.HUMAN, frozenset({"dba"}), "scram")
BOT = Identity("copilot", Kind.AGENT, frozenset({"dba"}), "scram", "alice")
KNOWN = Classified({EMAIL: Finding(DataClass("email"), 1.0, ""), PHONE: Finding(DataClass("phone"), 1.0, "")})
CONTEXT = Context("shop", "production", NOW.wall)


def asked(by: Identity = ALICE, *, seconds: int = 1800, because: str = "INC-42") -> Grant | Refusal:
    return ask("g1", by, database="shop", column=EMAIL, seconds=seconds, because=because, now=NOW, patience=3600)


def pending() -> Grant:
    found = asked()
    assert isinstance(found, Grant)
    return found


def given() -> Grant:
    found = approve(pending(), DORA, NOW, "fine")
    assert isinstance(found, Grant)
    return found


def test_a_grant_begins_when_somebody_agrees_and_ends_by_whichever_clock_says_so_first() -> None:
    assert pending().state is GrantState.PENDING
    grant = given()
    assert (grant.state, grant.ends) == (GrantState.ACTIVE, after(NOW, 1800))
    assert not over(grant, after(NOW, 1799))
    assert over(grant, Moment(NOW.wall + timedelta(seconds=1800), NOW.ticks))
    assert over(grant, Moment(NOW.wall - timedelta(days=1), after(NOW, 1800).ticks)), "the wall clock was set back"
    assert expire(grant, after(NOW, 1800)).state is GrantState.EXPIRED


@pytest.mark.parametrize(
    ("by", "changed", "why"),
    [
        pytest.param(BOT, {}, "only people", id="an agent"),
        pytest.param(replace(ALICE, kind=Kind.SERVICE), {}, "only people", id="a service"),
        pytest.param(ALICE, {"seconds": 59}, "from one minute", id="too short"),
        pytest.param(ALICE, {"seconds": 8 * 3600 + 1}, "to 8 hours", id="too long"),
        pytest.param(ALICE, {"because": " "}, "what it is for", id="no reason"),
        pytest.param(ALICE, {"because": "x" * 1001}, "longer than", id="a novel"),
    ],
)
def test_what_is_not_even_asked(by: Identity, changed: dict[str, object], why: str) -> None:
    found = asked(by, **changed)  # type: ignore[arg-type] # a test names arguments that exist
    assert isinstance(found, Refusal)
    assert why in found.reason


@pytest.mark.parametrize("step", [approve, deny])
@pytest.mark.parametrize(
    ("by", "why"),
    [
        pytest.param(replace(ALICE, groups=frozenset({"dba"})), "their own", id="whoever asked"),
        pytest.param(BOT, "only people", id="an agent in the group"),
        pytest.param(replace(ALICE, subject="eve"), "members of", id="a bystander"),
    ],
)
def test_who_may_not_decide(step, by: Identity, why: str) -> None:
    found = step(pending(), by, NOW)
    assert isinstance(found, Refusal)
    assert why in found.reason


def test_a_grant_is_taken_back_by_whoever_has_it_or_might_give_it() -> None:
    for by in (ALICE, DORA):
        found = revoke(given(), by, NOW)
        assert isinstance(found, Grant)
        assert found.state is GrantState.REVOKED
        assert isinstance(approve(found, DORA, NOW), Refusal)
        assert isinstance(revoke(found, DORA, NOW), Refusal)
    assert isinstance(revoke(given(), replace(ALICE, subject="eve"), NOW), Refusal)


def test_what_has_lapsed_is_not_agreed_to() -> None:
    assert isinstance(approve(pending(), DORA, after(NOW, 3600)), Refusal)


TWO_LEADS = Approvers(frozenset({"leads", "security"}), 2)
LEAD, SAM = (
    Identity("lena", Kind.HUMAN, frozenset({"leads"}), "scram"),
    Identity("sam", Kind.HUMAN, frozenset({"security"}), "scram"),
)


def test_a_grant_takes_as_many_people_of_those_groups_as_the_settings_say() -> None:
    assert approve(pending(), DORA, NOW, asked=TWO_LEADS) == Refusal("this is for members of leads or security")
    once = approve(pending(), LEAD, NOW, asked=TWO_LEADS)
    assert isinstance(once, Grant)
    assert once.state is GrantState.PENDING
    assert approve(once, LEAD, NOW, asked=TWO_LEADS) == Refusal("you have agreed already; somebody else has to as well")
    twice = approve(once, SAM, after(NOW, 60), asked=TWO_LEADS)
    assert isinstance(twice, Grant)
    assert (twice.state, twice.ends) == (GrantState.ACTIVE, after(NOW, 60 + 1800)), "its time begins with the last yes"
    assert [vote.by for vote in twice.votes] == ["lena", "sam"]


def test_one_no_is_enough_and_a_yes_of_a_group_that_is_asked_no_more_does_not_count() -> None:
    once = approve(pending(), LEAD, NOW, asked=TWO_LEADS)
    assert isinstance(once, Grant)
    no = deny(once, SAM, NOW, asked=TWO_LEADS)
    assert isinstance(no, Grant)
    assert no.state is GrantState.DENIED
    stricter = approve(once, SAM, NOW, asked=Approvers(frozenset({"security"}), 2))
    assert isinstance(stricter, Grant)
    assert stricter.state is GrantState.PENDING


def test_who_might_give_one_by_the_settings_takes_it_back_and_nobody_else() -> None:
    assert isinstance(revoke(given(), DORA, NOW, asked=TWO_LEADS), Refusal)
    assert isinstance(revoke(given(), LEAD, NOW, asked=TWO_LEADS), Grant)


# ---- what it lets through

SELECT = Analysis(
    "select",
    accesses=(Access(Action.READ, CUSTOMERS, frozenset({"email", "phone"})),),
    outputs=(Output("email", frozenset({EMAIL}), plain=True), Output("phone", frozenset({PHONE}), plain=True)),
    reads=frozenset({EMAIL, PHONE}),
    inferences=(Inference(Use.KEY, frozenset({EMAIL})),),
)


def under(asker: Identity) -> Allow | object:
    context = replace(CONTEXT, grants=frozenset({(EMAIL, "01J")}))
    return decide(asker, SELECT, context, Rules.shipped(), KNOWN)


def test_a_grant_shows_its_column_and_no_other_and_is_named_in_the_decision() -> None:
    done = under(ALICE)
    assert isinstance(done, Allow)
    assert [mask is None for mask in done.masks] == [True, False]
    assert "grant:01J" in done.rules
    assert done.unmasked == {"email"}
    assert isinstance(decide(ALICE, SELECT, CONTEXT, Rules.shipped(), KNOWN), Hold)


@pytest.mark.parametrize("asker", [BOT, replace(ALICE, kind=Kind.SERVICE)], ids=["an agent", "a service"])
def test_a_grant_is_of_no_use_to(asker: Identity) -> None:
    done = under(asker)
    assert not isinstance(done, Allow) or all(done.masks)


def test_a_statement_that_does_not_touch_it_does_not_name_it() -> None:
    harmless = Analysis("select", accesses=(Access(Action.READ, CUSTOMERS, frozenset({"id"})),))
    done = decide(ALICE, harmless, replace(CONTEXT, grants=frozenset({(EMAIL, "01J")})), Rules.shipped(), KNOWN)
    assert isinstance(done, Allow)
    assert "grant:01J" not in done.rules
