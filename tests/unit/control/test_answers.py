"""Decisions from Slack and Teams: only with the service's signature, fresh, once, and by somebody who may."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlencode

import pytest

from proctor.audit.record import LoginFailed
from proctor.control import Refused
from proctor.edge.config import Answers, Approvals
from proctor.edge.secret import Secret
from proctor.terms import Ticket, TicketId, TicketState
from tests.unit.control.house import House, build

SECRET, TEAMS_KEY = "8f742231b10e8888abcd99yyyzzz85a5", b"teams key"
ULID = "01M8H1WCWDT83ZKRYQGNFEYQJ5"
PEOPLE = MappingProxyType({"U024": "dora", "U666": "nobody", "U1": "alice"})


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = build(tmp_path)
    approvals = Approvals(
        slack=Answers(Secret(SECRET), PEOPLE), teams=Answers(Secret(base64.b64encode(TEAMS_KEY).decode()), PEOPLE)
    )
    made.config = replace(made.config, approvals=approvals)
    made.control.change(made.config, made.control.rules)
    ticket = made.ask()
    made.store.tickets.keep(replace(ticket, id=TicketId(ULID), digest="another"))
    yield made
    made.store.close()


def stamp(house: House, ago: float = 0) -> str:
    return str(int(house.clock.now().timestamp() - ago))


def pressed(step: str = "approve", user: str = "U024", ticket: str = ULID) -> bytes:
    payload = {"type": "block_actions", "user": {"id": user}, "actions": [{"action_id": step, "value": ticket}]}
    return urlencode({"payload": json.dumps(payload)}).encode()


def slack(body: bytes, at: str, secret: str = SECRET) -> dict[str, str]:
    signed = hmac.new(secret.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": at, "x-slack-signature": f"v0={signed}"}


def written(house: House, text: str, sender: str = "U024", name: str = "m1") -> bytes:
    at = house.clock.now().isoformat()
    return json.dumps({"id": name, "timestamp": at, "text": text, "from": {"aadObjectId": sender}}).encode()


def teams(body: bytes, key: bytes = TEAMS_KEY) -> dict[str, str]:
    return {"authorization": "HMAC " + base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()}


def state(house: House) -> TicketState:
    found = house.store.tickets.get(ULID)
    assert found is not None
    return found.state


async def test_a_button_in_slack_approves_as_the_person_whom_the_settings_name(house: House) -> None:
    body = pressed()
    done = await house.control.answers.slack(slack(body, stamp(house)), body)
    assert isinstance(done, Ticket)
    assert state(house) is TicketState.APPROVED
    (vote,) = done.votes
    assert (vote.by, vote.proof, vote.because) == ("dora", "slack:U024", "by slack")


async def test_a_word_in_teams_denies(house: House) -> None:
    body = written(house, f"<at>Proctor</at> deny {ULID}")
    done = await house.control.answers.teams(teams(body), body)
    assert isinstance(done, Ticket)
    assert state(house) is TicketState.DENIED


async def test_the_same_message_is_heard_once(house: House) -> None:
    body = pressed()
    headers = slack(body, stamp(house))
    await house.control.answers.slack(headers, body)
    again = await house.control.answers.slack(headers, body)
    assert isinstance(again, Refused)
    assert "already" in again.reason
    word = written(house, f"approve {ULID}")
    await house.control.answers.teams(teams(word), word)
    twice = await house.control.answers.teams(teams(word), word)
    assert isinstance(twice, Refused)
    assert "heard already" in twice.reason


async def test_an_old_message_is_not_believed(house: House) -> None:
    house.clock.pass_time(timedelta(hours=1))
    house.ask(2)
    for ago in (301, -301):
        body, at = pressed(), stamp(house, ago)
        done = await house.control.answers.slack(slack(body, at), body)
        assert isinstance(done, Refused)
        assert "too old" in done.reason
    assert state(house) is TicketState.PENDING


async def test_a_message_from_before_the_start_is_not_believed(house: House) -> None:
    """Whether it was heard then, nobody remembers."""
    body, at = pressed(), stamp(house, 10)
    done = await house.control.answers.slack(slack(body, at), body)
    assert isinstance(done, Refused)
    assert state(house) is TicketState.PENDING


async def test_without_the_right_signature_nothing_is_read(house: House) -> None:
    body, at = pressed(), stamp(house)
    good = slack(body, at)
    wrong = [
        slack(body, at, "another secret"),
        {**good, "x-slack-request-timestamp": stamp(house, 1)},
        {**good, "x-slack-signature": ""},
        {},
    ]
    for headers in wrong:
        done = await house.control.answers.slack(headers, body)
        assert isinstance(done, Refused)
        assert done.why == "forbidden"
    changed = await house.control.answers.slack(good, pressed("deny"))
    assert isinstance(changed, Refused)
    word = written(house, f"approve {ULID}")
    forged = await house.control.answers.teams(teams(word, b"another"), word)
    assert isinstance(forged, Refused)
    assert state(house) is TicketState.PENDING
    assert sum(isinstance(body, LoginFailed) for body in house.records.kept) == 6


@pytest.mark.parametrize(
    ("user", "why"),
    [
        pytest.param("U999", "nobody of this house", id="whom the settings do not name"),
        pytest.param("U666", "nobody of this house", id="whose person is gone"),
        pytest.param("U1", "whoever an agent acts for", id="who may not decide on this one"),
    ],
)
async def test_a_signature_gives_nobody_a_right(house: House, user: str, why: str) -> None:
    body = pressed(user=user)
    done = await house.control.answers.slack(slack(body, stamp(house)), body)
    assert isinstance(done, Refused)
    assert why in done.reason
    assert state(house) is TicketState.PENDING


@pytest.mark.parametrize(
    "body",
    [b"", b"payload=%7B", b"payload={}", b"other=1", pressed("reveal"), b"payload=1&payload=2", b"\xff\xfe"],
)
async def test_what_is_no_decision_is_none(house: House, body: bytes) -> None:
    done = await house.control.answers.slack(slack(body, stamp(house)), body)
    assert isinstance(done, Refused)
    assert done.why == "invalid"


async def test_a_text_that_says_two_things_says_nothing(house: House) -> None:
    body = written(house, f"approve {ULID} or deny {ULID}")
    done = await house.control.answers.teams(teams(body), body)
    assert isinstance(done, Refused)
    assert done.why == "invalid"


async def test_what_is_not_set_up_is_not_there(house: House) -> None:
    house.control.change(replace(house.config, approvals=Approvals()), house.control.rules)
    for ask in (house.control.answers.slack, house.control.answers.teams):
        done = await ask({}, b"")
        assert isinstance(done, Refused)
        assert done.why == "missing"


async def test_strangers_do_not_fill_the_journal(house: House) -> None:
    for _ in range(50):
        await house.control.answers.slack({}, b"x")
    assert sum(isinstance(body, LoginFailed) for body in house.records.kept) == 20
    house.clock.pass_time(timedelta(seconds=61))
    await house.control.answers.slack({}, b"x")
    assert sum(isinstance(body, LoginFailed) for body in house.records.kept) == 21
