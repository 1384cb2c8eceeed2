"""Beside the stations: decisions that come in from Slack or Teams. Proven by signature, fresh, never twice, authorized.

In comes a request as it was sent, byte by byte; out goes the ticket, or a `Refused`. The service vouches with its
secret for who they are; the settings say which person of the house that is, and that person may what they may anywhere
else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs

import msgspec

from proctor.audit.record import Body, LoginFailed
from proctor.control.words import Refused
from proctor.edge.config import Answers, Config
from proctor.edge.desk import new_id
from proctor.session.ports import Clock
from proctor.terms import Identity, Ticket

FRESH = 300  # seconds, as the services themselves advise
MAX_REMEMBERED = 10_000
MAX_STRANGERS = 20  # on record a minute: whoever finds this address must not fill the journal
MINUTE = 60_000_000_000
Decide = Callable[[Identity, str, str | None], Awaitable[Ticket | Refused]]
_SAID = re.compile(r"\b(approve|deny)\s+([0-9A-HJKMNP-TV-Z]{26})\b")


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody decided, as the service tells it."""

    sender: str
    step: str
    ticket: str
    nonce: str
    at: float


class _User(msgspec.Struct):
    id: str


class _Action(msgspec.Struct):
    action_id: str
    value: str


class _Payload(msgspec.Struct):
    user: _User
    actions: list[_Action]


class _From(msgspec.Struct):
    sender: str = msgspec.field(name="aadObjectId")


class _Activity(msgspec.Struct):
    id: str
    timestamp: datetime
    text: str
    by: _From = msgspec.field(name="from")


class AnswerDesk:
    """Takes in decisions from services."""

    def __init__(
        self, config: Config, clock: Clock, record: Callable[[Body], object], approve: Decide, deny: Decide
    ) -> None:
        self.config = config
        self._clock = clock
        self._record = record
        self._steps = {"approve": approve, "deny": deny}
        self._started = clock.now().timestamp()
        self._seen: OrderedDict[str, float] = OrderedDict()
        self._strangers: deque[int] = deque()

    async def slack(self, headers: Mapping[str, str], body: bytes) -> Ticket | Refused:
        """Take what Slack sends when somebody presses a button."""
        answers = self.config.approvals.slack
        if answers is None:
            return Refused("missing", "Slack is not set up here")
        stamp = headers.get("x-slack-request-timestamp", "")
        given = headers.get("x-slack-signature", "")
        wanted = "v0=" + hmac.new(_key(answers), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(wanted.encode(), given.encode()) or not re.fullmatch(r"[0-9]{1,12}", stamp):
            return self._stranger("slack")
        return await self._heard("slack", answers, _slack(body, given, float(stamp)))

    async def teams(self, headers: Mapping[str, str], body: bytes) -> Ticket | Refused:
        """Take what Teams sends when somebody writes to its outgoing webhook."""
        answers = self.config.approvals.teams
        if answers is None:
            return Refused("missing", "Teams is not set up here")
        try:
            key = base64.b64decode(_key(answers), validate=True)
        except binascii.Error:
            return Refused("invalid", "the secret for Teams is not the base64 that it gave")
        given = headers.get("authorization", "").removeprefix("HMAC ")
        wanted = base64.b64encode(hmac.new(key, body, hashlib.sha256).digest())
        if not key or not hmac.compare_digest(wanted, given.encode()):
            return self._stranger("teams")
        return await self._heard("teams", answers, _teams(body))

    async def _heard(self, service: str, answers: Answers, said: Said | None) -> Ticket | Refused:
        if said is None:
            return Refused("invalid", "this is no decision")
        # Nor older than this process: what was heard before its start is not remembered.
        if abs(self._clock.now().timestamp() - said.at) > FRESH or said.at < int(self._started):
            return Refused("conflict", "the message is too old; decide again")
        if not self._first(f"{service} {said.nonce}"):
            return Refused("conflict", "the message was heard already")
        person = self.config.people.get(answers.people.get(said.sender, ""))
        if person is None:
            return self._stranger(service, said.sender)
        return await self._steps[said.step](person.identity(f"{service}:{said.sender}"), said.ticket, f"by {service}")

    def _first(self, nonce: str) -> bool:
        """Tell whether this is heard for the first time; when too much is heard at once, nothing new is believed."""
        now = self._clock.monotonic_ns() / 1e9
        while self._seen and next(iter(self._seen.values())) < now - 2 * FRESH:
            self._seen.popitem(last=False)
        if nonce in self._seen or len(self._seen) >= MAX_REMEMBERED:
            return False
        self._seen[nonce] = now
        return True

    def _stranger(self, service: str, sender: str = "") -> Refused:
        why = "the signature does not fit" if not sender else "the sender is nobody of this house"
        claimed = sender[:63] if sender.isprintable() else "(unprintable)"
        now = self._clock.monotonic_ns()
        while self._strangers and now - self._strangers[0] > MINUTE:
            self._strangers.popleft()
        if len(self._strangers) < MAX_STRANGERS:
            self._strangers.append(now)
            self._record(LoginFailed(id=new_id(self._clock), claimed=claimed or service, method=service, why=why))
        return Refused("forbidden", why)


def _key(answers: Answers) -> bytes:
    return answers.secret.reveal().encode()


def _slack(body: bytes, nonce: str, at: float) -> Said | None:
    try:
        (payload,) = parse_qs(body.decode(), strict_parsing=True, max_num_fields=10)["payload"]
        told = msgspec.json.decode(payload, type=_Payload)
    except (ValueError, KeyError, msgspec.MsgspecError):
        return None
    if len(told.actions) != 1 or told.actions[0].action_id not in ("approve", "deny"):
        return None
    return Said(told.user.id, told.actions[0].action_id, told.actions[0].value, nonce, at)


def _teams(body: bytes) -> Said | None:
    try:
        told = msgspec.json.decode(body, type=_Activity)
    except msgspec.MsgspecError:
        return None
    found = _SAID.findall(told.text)
    if len(found) != 1 or told.timestamp.tzinfo is None:
        return None
    step, ticket = found[0]
    return Said(told.by.sender, step, ticket, told.id, told.timestamp.timestamp())
