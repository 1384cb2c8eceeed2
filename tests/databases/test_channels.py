"""The desk speaks and listens over HTTP: a real receiver gets signed news, and a signed button lets a statement run."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode

import httpx
import psycopg
import pytest

from demo.postgres import ThrowawayPostgres
from tests.databases.lab import Lab, lab, until
from tests.databases.test_approvals import UPDATE, asks

CHANNELS = """
[approvals.webhooks.ops]
url = "http://127.0.0.1:{port}/ops"
secret = "outward"
[approvals.webhooks.chat]
url = "http://127.0.0.1:{port}/chat"
secret = "outward"
format = "slack"
[approvals.slack]
secret = "inward"
people = {{ U024 = "dana" }}
[approvals.teams]
secret = "{teams}"
people = {{ "5e-dana" = "dana", "5e-ada" = "ada" }}
"""
TEAMS_KEY = b"the key that Teams gave"


class Receiver:
    """A web server that keeps what it is sent, and fails the first time, as web servers do."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        kept = self.got

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                kept.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(503 if len(kept) == 1 else 204)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def news(self, path: str, state: str) -> list[tuple[dict[str, str], bytes]]:
        return [(h, b) for where, h, b in self.got if where == path and f"-{state}-" in h["idempotency-key"]]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()


@pytest.fixture(scope="module")
def house(postgres: ThrowawayPostgres, tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Lab]:
    channels = CHANNELS.format(port=receiver.port, teams=base64.b64encode(TEAMS_KEY).decode())
    with lab(postgres, tmp_path_factory.mktemp("told"), wait="0s", shop=channels) as made:
        yield made


def test_a_ticket_goes_out_signed_and_comes_back_approved_by_a_button(house: Lab, receiver: Receiver) -> None:
    with psycopg.connect(house.dsn("copilot", "shop"), autocommit=True) as bot:
        ticket = asks(bot, UPDATE)
        until(lambda: receiver.news("/chat", "pending") and len(receiver.news("/ops", "pending")) >= 1)
        for headers, body in receiver.news("/ops", "pending"):
            signed = f"{headers['proctor-timestamp']}.".encode() + body
            assert headers["proctor-signature"] == "v1=" + hmac.new(b"outward", signed, hashlib.sha256).hexdigest()
            assert json.loads(body)["ticket"] == ticket
            assert b"total = 1" not in body
        buttons = json.loads(receiver.news("/chat", "pending")[-1][1])["blocks"][-1]["elements"]
        (approve,) = [each for each in buttons if each["action_id"] == "approve"]
        payload = {"user": {"id": "U024"}, "actions": [{"action_id": approve["action_id"], "value": approve["value"]}]}
        body = urlencode({"payload": json.dumps(payload)}).encode()
        stamp = str(int(time.time()))
        sealed = hmac.new(b"inward", f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "x-slack-request-timestamp": stamp,
            "x-slack-signature": f"v0={sealed}",
            "content-type": "application/x-www-form-urlencoded",
        }
        host, port = house.gateway.console
        where = f"http://{host}:{port}/api/v1/slack"
        forged = httpx.post(where, content=body + b"&x=1", headers=headers, trust_env=False)
        assert forged.status_code == 403
        said = httpx.post(where, content=body, headers=headers, trust_env=False)
        assert (said.status_code, said.json()) == (200, {"text": f"{ticket} is approved"})
        assert bot.execute(UPDATE).statusmessage == "UPDATE 1"
        replayed = httpx.post(where, content=body, headers=headers, trust_env=False)
        assert replayed.status_code == 409
    until(lambda: receiver.news("/ops", "spent"))
    path, failed, _ = receiver.got[0]
    key = failed["idempotency-key"]  # what failed comes again
    until(lambda: sum(where == path and each["idempotency-key"] == key for where, each, _ in receiver.got) == 2)
    (approved,) = house.recorded("ticket.approved", ticket=ticket)
    assert approved["who"]["proof"] == "slack:U024"  # type: ignore[index]


def written(text: str, *, name: str, sender: str = "5e-dana", ago: timedelta = timedelta()) -> bytes:
    """Return what Teams sends when somebody writes to its outgoing webhook."""
    at = (datetime.now(UTC) - ago).isoformat()
    return json.dumps({"id": name, "timestamp": at, "text": text, "from": {"aadObjectId": sender}}).encode()


def posted(house: Lab, body: bytes, *, key: bytes = TEAMS_KEY, signed: bytes | None = None) -> httpx.Response:
    proof = base64.b64encode(hmac.new(key, body if signed is None else signed, hashlib.sha256).digest()).decode()
    host, port = house.gateway.console
    headers = {"authorization": f"HMAC {proof}", "content-type": "application/json"}
    return httpx.post(f"http://{host}:{port}/api/v1/teams", content=body, headers=headers, trust_env=False)


def test_a_word_in_teams_approves_once_and_only_with_its_signature_fresh_by_who_may(house: Lab) -> None:
    with psycopg.connect(house.dsn("copilot", "shop"), autocommit=True) as bot:
        ticket = asks(bot, UPDATE)
        yes = written(f"<at>Proctor</at> approve {ticket}", name="m1")
        assert posted(house, yes, key=b"another key").status_code == 403
        assert posted(house, yes, signed=yes + b" ").status_code == 403
        old = written(f"approve {ticket}", name="m2", ago=timedelta(hours=1))
        assert posted(house, old).status_code in (403, 409)
        owner = written(f"approve {ticket}", name="m3", sender="5e-ada")
        assert "approved" not in posted(house, owner).text
        stranger = written(f"approve {ticket}", name="m4", sender="5e-nobody")
        assert "approved" not in posted(house, stranger).text
        assert asks(bot, UPDATE) == ticket, "nothing of this was an approval"
        said = posted(house, yes)
        assert (said.status_code, f"{ticket} is approved" in said.text) == (200, True), said.text
        assert posted(house, yes).status_code == 409
        assert bot.execute(UPDATE).statusmessage == "UPDATE 1"
        assert posted(house, yes).status_code == 409
        assert asks(bot, UPDATE) != ticket
    (approved,) = house.recorded("ticket.approved", ticket=ticket)
    assert approved["who"]["proof"] == "teams:5e-dana"  # type: ignore[index]
