"""What an operator may ask, and what of it is on record before it is true."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from proctor.audit.integrator import Integrator
from proctor.audit.journal import Journal
from proctor.audit.record import (
    ClassificationChanged,
    Sealed,
    StatementDecided,
    StatementText,
    SubjectErased,
    TicketApproved,
    Verdict,
)
from proctor.audit.vault import Vault
from proctor.audit.verify import verify
from proctor.control import Refused, column_named
from proctor.edge.keys import reveal_public
from proctor.edge.live_sessions import LiveSession
from proctor.edge.revealing import Revealed
from proctor.terms import Column, DataClass, Finding, Kind, Relation, SessionId, Ticket, TicketState
from tests.unit.control.house import NOW, House, build

EMAIL = Column(Relation("public", "people"), "email")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = build(tmp_path)
    yield made
    made.store.close()


async def test_an_approval_is_on_record_before_and_after_it_is_true(house: House) -> None:
    house.ask()
    done = await house.control.approve(house.who("dora"), "T1", "looks right")
    assert isinstance(done, Ticket)
    assert (done.state, done.decided_by, done.because) == (TicketState.APPROVED, ("dora",), "looks right")
    assert house.records.told() == ["approvals.approve T1 asked", "TicketApproved"]
    assert house.records.on_disk == 2
    told = house.records.kept[1]
    assert isinstance(told, TicketApproved)
    assert (told.ticket, told.by, told.requester, told.on_behalf_of) == ("T1", "dora", "copilot", "alice")
    assert told.who is not None
    assert told.who.subject == "dora"


@pytest.mark.parametrize(
    ("name", "why", "reason"),
    [
        pytest.param("alice", "forbidden", "does not decide on its requests", id="the principal of the agent"),
        pytest.param("copilot", "forbidden", "only people", id="the agent itself"),
        pytest.param("billing", "forbidden", "only people", id="a service, though in the group"),
        pytest.param("audrey", "forbidden", "members of dba or security", id="who may only read"),
    ],
)
async def test_who_may_not_approve_changes_nothing(house: House, name: str, why: str, reason: str) -> None:
    house.ask()
    done = await house.control.approve(house.who(name), "T1")
    assert isinstance(done, Refused)
    assert done.why == why
    assert reason in done.reason
    kept = house.store.tickets.get("T1")
    assert kept is not None
    assert kept.state is TicketState.PENDING
    assert house.records.told()[0].startswith("approvals.approve T1 refused: ")


async def test_nobody_approves_their_own_request(house: House) -> None:
    house.ask(requester="dora", on_behalf_of=None)
    done = await house.control.approve(house.who("dora"), "T1")
    assert isinstance(done, Refused)
    assert "their own request" in done.reason


async def test_the_owner_of_an_agent_approves_nothing_of_it_whomever_it_acts_for(house: House) -> None:
    copilot = house.config.agents["copilot"]
    house.ask(requester="copilot", on_behalf_of="bob")
    house.control.config = replace(house.config, agents={"copilot": replace(copilot, owner="dora")})
    done = await house.control.approve(house.who("dora"), "T1")
    assert isinstance(done, Refused)
    assert "whoever an agent belongs to" in done.reason
    assert isinstance(await house.control.approve(house.who("sam"), "T1"), Ticket)


async def test_a_ticket_that_one_may_not_see_does_not_exist(house: House) -> None:
    house.ask(requester="billing", on_behalf_of=None)
    for ask in (house.control.approval, house.control.approve, house.control.deny, house.control.cancel):
        done = await ask(house.who("alice"), "T1")
        unknown = await ask(house.who("alice"), "T2")
        assert isinstance(done, Refused)
        assert done == unknown
    assert await house.control.approvals(house.who("alice")) == ()


async def test_a_quorum_takes_as_many_people(house: House) -> None:
    house.ask(quorum=2)
    first = await house.control.approve(house.who("dora"), "T1", "one")
    again = await house.control.approve(house.who("dora"), "T1", "again")
    second = await house.control.approve(house.who("sam"), "T1", "two")
    assert isinstance(first, Ticket)
    assert first.state is TicketState.PENDING
    assert isinstance(again, Refused)
    assert again.why == "conflict"
    assert isinstance(second, Ticket)
    assert (second.state, second.decided_by) == (TicketState.APPROVED, ("dora", "sam"))


async def test_one_no_is_enough_and_final(house: House) -> None:
    house.ask()
    assert isinstance(await house.control.deny(house.who("sam"), "T1", "not today"), Ticket)
    late = await house.control.approve(house.who("dora"), "T1")
    assert isinstance(late, Refused)
    assert (late.why, late.reason) == ("conflict", "the ticket is denied")


async def test_an_expired_ticket_is_too_late(house: House) -> None:
    house.ask()
    house.clock.pass_time(timedelta(hours=1))
    late = await house.control.approve(house.who("dora"), "T1")
    assert isinstance(late, Refused)
    assert (late.why, late.reason) == ("conflict", "the ticket has expired")


async def test_whoever_asked_may_withdraw_and_so_may_the_owner_of_an_agent(house: House) -> None:
    house.ask(1)
    house.ask(2)
    for name, ticket in (("copilot", "T1"), ("alice", "T2")):
        done = await house.control.cancel(house.who(name), ticket)
        assert isinstance(done, Ticket)
        assert done.state is TicketState.CANCELLED
    assert house.records.told().count("TicketCancelled") == 2


async def test_each_sees_the_tickets_that_are_theirs_to_see(house: House) -> None:
    house.ask(1)
    house.ask(2, requester="billing", on_behalf_of=None)
    seen = {
        name: {ticket.id for ticket in await house.control.approvals(house.who(name))}
        for name in ("alice", "copilot", "dora", "audrey")
    }
    assert seen == {"alice": {"T1"}, "copilot": {"T1"}, "dora": {"T1", "T2"}, "audrey": {"T1", "T2"}}
    assert [ticket.id for ticket in await house.control.approvals(house.who("dora"), [TicketState.DENIED])] == []
    assert house.records.told().count("approvals.list  done") == 5


def _opened(house: House) -> None:
    alice = LiveSession(
        SessionId("S1"), "w1", "alice", Kind.HUMAN, None, "shop", None, "psql", "127.0.0.1", NOW, "", NOW
    )
    house.store.sessions.opened(alice)
    house.store.sessions.opened(replace(alice, id=SessionId("S2"), subject="copilot", on_behalf_of="alice"))
    house.store.sessions.opened(replace(alice, id=SessionId("S3"), subject="dora"))


async def test_each_sees_their_own_sessions_and_those_of_their_agents(house: House) -> None:
    _opened(house)
    seen = {
        name: {session.id for session in await house.control.sessions(house.who(name))}
        for name in ("alice", "copilot", "dora", "audrey")
    }
    assert seen == {
        "alice": {"S1", "S2"},
        "copilot": {"S2"},
        "dora": {"S1", "S2", "S3"},
        "audrey": {"S1", "S2", "S3"},
    }


@pytest.mark.parametrize(
    ("name", "session", "outcome"),
    [
        pytest.param("alice", "S1", "done", id="one's own"),
        pytest.param("alice", "S2", "done", id="one's agent's"),
        pytest.param("alice", "S3", "missing", id="another's is not seen"),
        pytest.param("copilot", "S1", "missing", id="an agent's owner's"),
        pytest.param("dora", "S1", "done", id="any, for a dba"),
        pytest.param("audrey", "S1", "forbidden", id="an auditor only looks"),
        pytest.param("dora", "S9", "missing", id="none"),
    ],
)
async def test_who_may_end_a_session(house: House, name: str, session: str, outcome: str) -> None:
    _opened(house)
    done = await house.control.kill(house.who(name), session, "runaway")
    assert (done.why if isinstance(done, Refused) else "done") == outcome
    assert len(house.store.sessions.kills("w1")) == (1 if outcome == "done" else 0)


async def test_a_word_on_a_column_counts_at_once_and_says_what_was_before(house: House) -> None:
    house.store.map.save_scan("shop", EMAIL.relation, "d1", {"email": Finding(None, 0.9, "nothing")})
    done = await house.control.classify(house.who("dora"), "shop", EMAIL, "email", "they are addresses")
    assert not isinstance(done, Refused)
    assert done.finding.data_class == "email"
    assert house.store.map.classified("shop").class_of(EMAIL) == "email"
    told = house.records.kept[-1]
    assert isinstance(told, ClassificationChanged)
    assert (told.column, told.before, told.after, told.because) == (
        "public.people.email",
        None,
        "email",
        "they are addresses",
    )
    assert house.records.on_disk == len(house.records.kept)


@pytest.mark.parametrize(
    ("name", "database", "data_class", "because", "why"),
    [
        pytest.param("alice", "shop", None, "mine", "forbidden", id="not for everybody"),
        pytest.param("copilot", "shop", None, "mine", "forbidden", id="never for an agent"),
        pytest.param("dora", "nowhere", None, "mine", "missing", id="no database"),
        pytest.param("dora", "shop", "emial", "mine", "invalid", id="no class"),
        pytest.param("dora", "shop", "email", " ", "invalid", id="no reason"),
        pytest.param("dora", "shop", "email", "x" * 1001, "invalid", id="a novel"),
    ],
)
async def test_a_word_that_does_not_count(
    house: House, *, name: str, database: str, data_class: str | None, because: str, why: str
) -> None:
    done = await house.control.classify(house.who(name), database, EMAIL, data_class, because)
    assert isinstance(done, Refused)
    assert done.why == why
    assert house.store.map.history("shop") == ()


async def test_a_word_is_taken_back_on_record(house: House) -> None:
    house.store.map.save_scan("shop", EMAIL.relation, "d1", {"email": Finding(DataClass("email"), 0.9, "seen")})
    await house.control.classify(house.who("dora"), "shop", EMAIL, None, "ours")
    done = await house.control.take_back(house.who("dora"), "shop", EMAIL, "they are people's")
    assert not isinstance(done, Refused)
    assert (done.finding.data_class, done.finding.source) == ("email", "scan")
    told = house.records.kept[-1]
    assert isinstance(told, ClassificationChanged)
    assert (told.before, told.after, told.because) == (None, "email", "they are people's")
    again = await house.control.take_back(house.who("dora"), "shop", EMAIL, "once more")
    assert isinstance(again, Refused)
    assert again.why == "missing"


@pytest.mark.parametrize(
    ("name", "database", "because", "why"),
    [("alice", "shop", "mine", "forbidden"), ("copilot", "shop", "mine", "forbidden"), ("dora", "nowhere", "x", "missing"),
     ("dora", "shop", " ", "invalid")],
)  # fmt: skip
async def test_who_may_not_take_a_word_back(house: House, name: str, database: str, because: str, why: str) -> None:
    await house.control.classify(house.who("dora"), "shop", EMAIL, None, "ours")
    done = await house.control.take_back(house.who(name), database, EMAIL, because)
    assert isinstance(done, Refused)
    assert done.why == why
    assert house.store.map.classified("shop").class_of(EMAIL) is None
    assert house.store.map.classified("shop").findings[EMAIL].source == "person"


async def test_the_data_map_is_for_those_who_keep_it(house: House) -> None:
    house.store.map.save_scan("shop", EMAIL.relation, "d1", {"email": Finding(None, 0.9, "nothing")})
    found = await house.control.data_map(house.who("audrey"), "shop")
    assert not isinstance(found, Refused)
    assert [mapped.column for mapped in found] == [EMAIL]
    refused = await house.control.data_map(house.who("alice"), "shop")
    assert isinstance(refused, Refused)
    assert refused.why == "forbidden"


async def test_what_a_stranger_names_is_cut_for_the_journal(house: House) -> None:
    await house.control.approval(house.who("alice"), "x" * 5000)
    assert len(house.records.told()[0]) < 400


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("shop.public.people.email", ("shop", EMAIL)),
        ('shop."pub.lic".people."e""mail"', ("shop", Column(Relation("pub.lic", "people"), 'e"mail'))),
        ("shop.people.email", None),
        ("shop.public.people.email.x", None),
        ("shop..people.email", None),
        ('shop."public"people.email', None),
        ("", None),
    ],
)
def test_a_column_is_named_in_four_parts(text: str, expected: tuple[str, Column] | None) -> None:
    assert column_named(text) == expected


def sealed(house: House) -> str:
    """Let alice ask something, and return the place of its record."""
    digest = "d" * 64
    key = Vault(house.config.state / "vault", reveal_public(house.config)).key_for("alice")
    box = key.seal((b"select 7", b"\xff", None), digest.encode()).decode()
    with Journal.open(house.config.state / "journal" / "w0", "w0", clock=time) as journal:
        journal.record(StatementDecided(
            id="x1", database="shop", statement=StatementText(text="select ?", digest=digest), command="select",
            understood=True, decision=Verdict(verdict="allow"), sealed=Sealed(key=key.name, box=box),
        ))  # fmt: skip
    return "w0:1"


async def test_what_is_sealed_is_shown_to_security_and_that_is_on_disk_before(house: House) -> None:
    place = sealed(house)
    done = await house.control.reveal(house.who("sam"), place, "INC-42")
    assert done == Revealed(place, "x1", "select 7", ("\\xff", None))
    assert house.records.told() == [f"audit.reveal {place} asked", f"audit.reveal {place} done"]
    assert house.records.on_disk == 1


@pytest.mark.parametrize(
    ("name", "place", "because", "why", "reason"),
    [
        ("dora", "w0:1", "INC-42", "forbidden", "for people of security"),
        ("audrey", "w0:1", "INC-42", "forbidden", "for people of security"),
        ("copilot", "w0:1", "INC-42", "forbidden", "for people of security"),
        ("sam", "w0:1", " ", "invalid", "say why"),
        ("sam", "w0:0", "INC-42", "missing", "a journal.opened holds nothing sealed"),
        ("sam", "w0:99", "INC-42", "missing", "there is no such record"),
        ("sam", "../w0:1", "INC-42", "missing", "there is no such record"),
        ("sam", "w0:x", "INC-42", "missing", "there is no such record"),
    ],
)
async def test_nobody_else_and_nothing_else_is_revealed(
    house: House, name: str, place: str, because: str, why: str, reason: str
) -> None:
    sealed(house)
    done = await house.control.reveal(house.who(name), place, because)
    assert isinstance(done, Refused)
    assert done.why == why
    assert reason in done.reason
    assert house.records.told()[-1].startswith(f"audit.reveal {place} refused: ")


async def test_who_is_erased_is_read_by_nobody_and_the_log_still_verifies(house: House) -> None:
    place = sealed(house)
    state = house.config.state
    integrator = Integrator.open(state / "journal", state / "log", keys=state / "keys", origin="proctor.test")
    integrator.integrate()
    assert await house.control.erase(house.who("sam"), "alice", "request 7") == 1
    told = house.records.kept[-1]
    assert isinstance(told, SubjectErased)
    assert (told.subject, told.keys, told.because) == ("alice", 1, "request 7")
    assert house.records.on_disk == 2
    done = await house.control.reveal(house.who("sam"), place, "INC-42")
    assert isinstance(done, Refused)
    assert "its key was destroyed" in done.reason
    integrator.integrate()
    integrator.close()
    assert verify(state / "log", state / "journal").problems == ()
    again = await house.control.erase(house.who("sam"), "alice", "request 7")
    assert isinstance(again, Refused)
    assert again.reason == "there is no key of theirs"


async def test_only_security_erases(house: House) -> None:
    place = sealed(house)
    for name in ("alice", "dora", "audrey", "copilot", "billing"):
        assert isinstance(await house.control.erase(house.who(name), "alice", "why"), Refused)
    assert isinstance(await house.control.reveal(house.who("sam"), place, "INC-42"), Revealed)


async def test_a_reveal_key_that_was_taken_away_reveals_nothing(house: House) -> None:
    place = sealed(house)
    (house.config.state / "keys" / "reveal.pem").unlink()
    done = await house.control.reveal(house.who("sam"), place, "INC-42")
    assert isinstance(done, Refused)
    assert "the reveal key is not here" in done.reason
    assert len(reveal_public(house.config)) == 32  # workers seal on
