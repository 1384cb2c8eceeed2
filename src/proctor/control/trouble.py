"""What the stations said to an agent instead of rows, in parts: its kind, its words, and where to go on from there.

In come the fields of an error; out goes a `Trouble`. Its words are those that any client hears.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from proctor.session.refusals import UNASKED, UNREASONED

TICKET = re.compile(r"ticket ([0-9A-Za-z-]{20,40})")
_RULE = re.compile(r"Rule (\S+) (?:decided|holds it)")
_EXCHANGE = re.compile(r"[Ee]xchange ([^\s.;]+)")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the stations said instead of rows. `outcome` is `denied`, `held`, `unreasoned` or `failed`."""

    outcome: str
    code: str
    message: str
    detail: str = ""
    hint: str = ""
    rule: str | None = None
    exchange: str | None = None
    ticket: str | None = None


def trouble_of(fields: Mapping[str, str]) -> Trouble:
    """Return what an error says, in parts; its words are those that any client hears."""
    message, detail = fields.get("M", ""), fields.get("D", "")
    rule, exchange = _RULE.search(detail), _EXCHANGE.search(detail)
    ticket = TICKET.search(detail) or TICKET.search(message)
    code = fields.get("C", "XX000")
    outcome = "failed"
    if code == UNASKED:
        outcome = "allowed"
    elif code == UNREASONED:
        outcome = "unreasoned"
    elif message.startswith("held for approval"):
        outcome = "held"
    elif message.startswith("refused"):
        outcome = "denied"
    return Trouble(
        outcome,
        code,
        message,
        detail,
        fields.get("H", ""),
        None if rule is None else rule[1],
        None if exchange is None else exchange[1],
        None if ticket is None else ticket[1],
    )
