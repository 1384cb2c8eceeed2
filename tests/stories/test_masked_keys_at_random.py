"""Statements put together at random around a masked value: what it stands for is in no text, and bound nowhere but as a key."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.terms import Identity, Kind
from proctor.wire import messages, talk
from tests.stories.house import ALICE, COPILOT
from tests.stories.test_masked_keys import LITERAL, MASKED, PLAIN, bound, extended, useful

KEYS = (
    "email = {}", "{} = email", "email in ({}, {})", "email = any(array[{}])", "c.email = {}::text",
    "c.id in (select d.id from customers d where d.email = {})", "(id = 1 and (email = {}))",
)  # fmt: skip
"""Conditions in which a masked value may be a key, and nothing else is said with it."""
OTHERS = (
    "name = {}", "name like {}", "email like {}", "email <> {}", "not email = {}", "email = {} or id = 1", "{} = 'x'",
    "length({}) > 3", "email = upper({})", "email = {}::date::text", "(email, id) = ({}, 1)", "email = ({} || '')",
    "email in (select {})", "exists (select from orders o where o.note = {})", "id = 1 limit length({})",
    "email = {}::varchar(9)", "email = coalesce({}, name)", "case when {} = email then true end", "id = 5",
)  # fmt: skip
HEADS = (
    "select id, email from customers c where ", "select {}, id from customers c where ", "delete from customers c where ",
    "select count(*) from customers c join orders o on o.note = {} where ", "update customers c set name = 'n' where ",
    "update customers c set name = {} where ", "update customers c set email = {} where ", "explain select from customers c where ",
    "select 1 from customers c where id = 1 and ", "insert into orders (id, note) select c.id, {} from customers c where ",
    "insert into customers (id, email) select c.id + 1, {} from customers c where ", "select id from customers c where name is not null and ",
)  # fmt: skip
TAILS = ("", "", " and id > 0", " returning {}", " order by {}", " and {} is not null")
SERVICE = Identity("app", Kind.SERVICE, frozenset(), "scram")


@st.composite
def statements(draw: st.DrawFn) -> tuple[str, bool]:
    """Return a statement with {} for the masked value, and whether only keys have it."""
    head, tail = draw(st.sampled_from(HEADS)), draw(st.sampled_from(TAILS))
    pieces = draw(st.lists(st.sampled_from(KEYS) | st.sampled_from(OTHERS), min_size=1, max_size=3))
    text = head + " and ".join(pieces) + tail
    only = all(piece in KEYS or "{}" not in piece for piece in pieces) and "{}" not in head + tail
    return text, only and not head.startswith("explain")


def texts(story: object) -> list[str]:
    got = story.database.got  # type: ignore[attr-defined]
    return [e.sql.decode() for e in got if isinstance(e, talk.Ask | talk.Prepare)]


@settings(max_examples=250, deadline=None)
@given(statements(), st.sampled_from([ALICE, COPILOT, SERVICE]), st.sampled_from(["simple", "parse", "bind", "binary"]))
async def test_what_a_mask_stands_for_is_bound_as_a_key_and_shown_nowhere(
    statement: tuple[str, bool], asker: Identity, how: str
) -> None:
    shape, only_keys = statement
    literal = how in ("simple", "parse")
    text = shape.replace("{}", LITERAL if literal else "$1")
    async with useful(asker) as story:
        if how == "simple":
            story.say(messages.query(text))
        else:
            values = () if literal or "{}" not in shape else (MASKED,)
            story.say(extended(text, *values, formats=(1,) if how == "binary" and values else ()))
        await story.hears()
        assert PLAIN not in story.heard
        assert not [sent for sent in texts(story) if PLAIN.decode() in sent]
        decoded = [values for values in bound(story) if PLAIN in values]
        if decoded and not literal:
            assert only_keys, "a parameter that stands for another value does nothing else"
        for sent in texts(story):
            for number in re.findall(r"\$(\d+)", sent) if decoded and literal else ():
                opposite = rf"email = (any\(array\[)?\s*\${number}\b|\${number}\s+= email|in \([ ,$\d]*\${number}\b"
                assert re.search(opposite, sent), sent
        if "set email = {}" in shape or ("insert into customers" in shape and "{}" in shape.split(" where ")[0]):
            assert not decoded, "what would be written is not decoded"
