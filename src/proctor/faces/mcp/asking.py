"""Beside the stations: what a client's person is asked in the middle of a call (elicitation): the reason, nothing else.

In comes a request and what its client has said that it can do; out goes a question in the protocol's own form, or what
was answered to one. An answer is what `reason` among the arguments would be: a claim. No secret is ever asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError
from starlette.requests import Request

REASON = "reason"
MAX_REASON = 1000
MAX_WORDS = 500
PATIENCE = 300.0
"""Seconds for which a client of the older protocol is waited for: a form on a screen that nobody looks at ends."""
NO_REASON = "nobody was asked to approve it: no reason was given"
Context = ServerRequestContext[Any, Request]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: the reason, or why there is none."""

    reason: str = ""
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What the client's person is to be asked before a call can be answered."""

    about: str
    readers: str = "Whoever approves it reads your answer, and it is recorded."

    @property
    def message(self) -> str:
        """Return the question; what it is about is of bounded length and on one line."""
        about = " ".join("".join(each if each.isprintable() else " " for each in self.about).split())[:MAX_WORDS]
        return f"{about}\nWhy is it needed? {self.readers} Write no passwords, keys or personal data."


SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        REASON: {
            "type": "string", "title": "Reason", "description": "Why it is needed: a ticket's number, or a sentence.",
            "minLength": 1, "maxLength": MAX_REASON,
        },
    },
    "required": [REASON],
}  # fmt: skip


def able(context: Context) -> bool:
    """Say whether the client has announced that it can show a form to its person, and can be asked on this way."""
    session = context.session
    said = session.client_capabilities
    asking = None if said is None else said.elicitation
    if asking is None or (asking.form is None and asking.url is not None):
        return False
    return modern(context) or session.can_send_request


def modern(context: Context) -> bool:
    """Say whether questions go out as results, and answers come in with the same call made again."""
    return context.session.protocol_version in MODERN_PROTOCOL_VERSIONS


def given(params: types.CallToolRequestParams) -> Answer | None:
    """Return what came in as the answer to a question of an earlier call; None if there was none."""
    found = (params.input_responses or {}).get(REASON)
    if found is None:
        return None
    return read(found) if isinstance(found, types.ElicitResult) else Answer(wrong="that answers another question")


def read(found: types.ElicitResult) -> Answer:
    """Return what was answered to the question, of bounded length."""
    if found.action != "accept":
        return Answer(wrong=NO_REASON)
    text = (found.content or {}).get(REASON)
    if not isinstance(text, str) or not text.strip():
        return Answer(wrong=NO_REASON)
    if len(text) > MAX_REASON:
        return Answer(wrong=f"the reason is longer than {MAX_REASON} characters")
    return Answer(reason=text.strip())


def put(question: Question) -> types.InputRequiredResult:
    """Return the question as a result; the client answers it by making the same call again."""
    asked = types.ElicitRequestFormParams(message=question.message, requested_schema=dict(SCHEMA))
    return types.InputRequiredResult(input_requests={REASON: types.ElicitRequest(params=asked)})


async def asked(context: Context, question: Question) -> Answer:
    """Put the question on the call's own stream, as the older protocol has it, and return what is answered."""
    return read(await _elicited(context, question.message, SCHEMA))


async def answers(context: Context, found: types.InputRequiredResult) -> types.InputResponses | None:
    """Return what a client of the older protocol answers to a question of the newer's; None if it goes out as it is."""
    request = (found.input_requests or {}).get(REASON)
    if modern(context) or not isinstance(request, types.ElicitRequest):
        return None
    words = request.params
    if not isinstance(words, types.ElicitRequestFormParams):
        return None
    return {REASON: await _elicited(context, words.message, words.requested_schema)}


async def _elicited(context: Context, message: str, schema: Mapping[str, Any]) -> types.ElicitResult:
    try:
        async with asyncio.timeout(PATIENCE):
            return await context.session.elicit_form(message, dict(schema), context.request_id)
    except (MCPError, ValidationError, TimeoutError):  # it cannot after all, or nobody is there
        return types.ElicitResult(action="cancel")
