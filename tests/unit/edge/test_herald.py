"""News of tickets on their way out: signed, told once, tried again later each time, and never in the way of the house."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from proctor.edge import herald as herald_module
from proctor.edge.config import Approvals, MessageFormat, Webhook
from proctor.edge.herald import MAX_TRIES, Herald
from proctor.edge.news import message
from proctor.edge.secret import Secret
from proctor.errors import HouseFault
from proctor.terms import Ticket
from tests.unit.control.house import House, build


class Receiver:
    """Takes what is posted, and answers as the test says."""

    def __init__(self) -> None:
        self.got: list[tuple[str, bytes, Mapping[str, str]]] = []
        self.status = 200

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.got.append((url, body, headers))
        return self.status

    @property
    def keys(self) -> list[str]:
        return [headers["idempotency-key"] for _, _, headers in self.got]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = build(tmp_path)
    yield made
    made.store.close()


def herald(house: House, receiver: Receiver, *, form: MessageFormat = "proctor", count: int = 1) -> Herald:
    webhooks = tuple(Webhook(f"ops{n}", f"https://ops{n}.example/in", Secret("s3cret"), form) for n in range(count))
    return Herald(house.store, Approvals(webhooks=webhooks), house.clock, "https://desk", receiver.post)


async def test_a_new_ticket_and_its_end_are_told_once_each_and_signed(house: House) -> None:
    receiver = Receiver()
    teller = herald(house, receiver)
    await teller.go()
    house.ask()
    await teller.go()
    await teller.go()
    await house.control.approve(house.who("dora"), "T1", "fine")
    await teller.go()
    assert receiver.keys == ["T1-pending-0", "T1-approved-1"]
    _, body, headers = receiver.got[0]
    signed = f"{headers['proctor-timestamp']}.".encode() + body
    assert headers["proctor-signature"] == "v1=" + hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
    told = json.loads(body)
    assert (told["event"], told["ticket"], told["requester"], told["console"]) == (
        "ticket.pending", "T1", "copilot", "https://desk",
    )  # fmt: skip


@pytest.mark.parametrize("form", ["proctor", "slack", "teams"])
async def test_no_literal_leaves_the_house(house: House, form: MessageFormat) -> None:
    receiver = Receiver()
    house.ask()
    await herald(house, receiver, form=form).go()
    ((_, body, _),) = receiver.got
    assert b"DELETE FROM orders WHERE id" in body
    assert b"= 7" not in body


async def test_what_does_not_arrive_is_sent_again_later_each_time_under_the_same_key(house: House) -> None:
    receiver = Receiver()
    receiver.status = 503
    teller = herald(house, receiver)
    house.ask()
    await teller.go()
    await teller.go()
    assert len(receiver.got) == 1, "not before its time"
    house.clock.pass_time(timedelta(seconds=1))
    await teller.go()
    house.clock.pass_time(timedelta(seconds=1))
    await teller.go()
    assert len(receiver.got) == 2, "two seconds now"
    house.clock.pass_time(timedelta(seconds=1))
    with pytest.raises(HouseFault, match="ops0"):
        await teller.go()
    receiver.status = 200
    house.clock.pass_time(timedelta(seconds=4))
    await teller.go()
    assert receiver.keys == ["T1-pending-0"] * 4
    assert len({headers["proctor-timestamp"] for _, _, headers in receiver.got}) == 4, "each try is signed anew"


@pytest.mark.parametrize(
    ("status", "tries"), [(0, MAX_TRIES), (500, MAX_TRIES), (429, MAX_TRIES), (404, 1), (302, MAX_TRIES)]
)
async def test_what_never_arrives_is_given_up(house: House, status: int, tries: int) -> None:
    receiver = Receiver()
    receiver.status = status
    teller = herald(house, receiver)
    house.ask()
    for _ in range(3 * MAX_TRIES):
        house.clock.pass_time(timedelta(seconds=60))
        with contextlib.suppress(HouseFault):
            await teller.go()
    assert (len(receiver.got), teller.dropped) == (tries, 1)


async def test_what_waits_is_bounded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(herald_module, "MAX_WAITING", 3)
    receiver = Receiver()
    receiver.status = 0
    teller = herald(house, receiver, count=2)
    for number in range(5):
        house.ask(number)
    await teller.go()
    assert (len(receiver.got), teller.dropped) == (3, 7)


async def test_after_a_restart_only_what_waits_is_told_again_under_its_old_key(house: House) -> None:
    house.ask(1)
    house.ask(2)
    await house.control.deny(house.who("dora"), "T2")
    receiver = Receiver()
    await herald(house, receiver).go()
    assert receiver.keys == ["T1-pending-0"]


def test_what_a_stranger_writes_names_nobody_in_slack(house: House) -> None:
    ticket: Ticket = house.ask()
    sly = replace(ticket, reason="<!channel> `x` & <https://evil.example|click>")
    told = json.loads(message(sly, "slack", "https://desk"))
    assert "<" not in told["text"]
    assert [each["action_id"] for each in told["blocks"][-1]["elements"]] == ["approve", "deny"]
