"""A masked value handed back means the row it stands for; the plain one is asked about as before, and nothing shows."""

from __future__ import annotations

import pytest

from proctor.policy.masks import make_mask
from proctor.terms import Allow, DataClass, Deny, Hold
from proctor.wire import messages, talk
from tests.stories.honest import Result, column
from tests.stories.house import ALICE, COPILOT, OIDS, Story, opened

KEY = b"k" * 32
PLAIN = b"ada@example.com"
OTHER = b"bob@example.com"
SYNC = messages.sync()
ASKED = "select id, email from customers where email = {}"
DESCRIBED = [
    column("id", 23, table=OIDS["customers"], number=1, size=4),
    column("email", 25, table=OIDS["customers"], number=2),
]


def worn(value: bytes, data_class: str = "email", family: str = "text", room: int | None = None) -> bytes:
    made = make_mask(data_class, DataClass(data_class), key=KEY, type_family=family, max_length=room)(value)
    assert made is not None
    return made


MASKED = worn(PLAIN)
LITERAL = f"'{MASKED.decode()}'"


def serve(story: Story, text: str) -> None:
    story.database.results[text] = Result(DESCRIBED, [(b"1", PLAIN)], "SELECT 1")


def bound(story: Story) -> list[tuple[bytes | None, ...]]:
    return [e.values for e in story.database.got if isinstance(e, talk.Bind) and e.statement != b"proctor_own"]


def useful(asker: object = ALICE) -> object:
    return opened(style="useful", asker=asker)


# ---- simple queries


@pytest.mark.parametrize("asker", [ALICE, COPILOT], ids=["a person", "an agent"])
async def test_a_masked_literal_of_a_simple_query_leaves_as_a_parameter(asker: object) -> None:
    async with useful(asker) as story:
        serve(story, ASKED.format(" $1 "))
        heard = await story.asks(messages.query(ASKED.format(LITERAL)))
        assert [line.split()[0] for line in heard] == ["shape", "row", "done", "ready"]
        assert heard[1] == f"row 1, {MASKED.decode()}"
        assert story.ran == [ASKED.format(" $1 ")]
        assert bound(story) == [(PLAIN,)]
        assert PLAIN not in story.heard
        (decided,) = story.ledger.decisions
        assert isinstance(decided.decided.decision, Allow)
        assert {str(c) for c in decided.decided.analysis.keyed} == {"public.customers.email"}
