"""What comes back: masks by lineage and by the server's own word, formats, descriptions, and limits."""

from __future__ import annotations

import pytest

from proctor.errors import UpstreamFault
from proctor.session import relay as relay_module
from proctor.wire import messages, talk
from tests.stories.honest import SECRET, Field, Result, column
from tests.stories.house import HARMLESS, OIDS, Story, opened
from tests.stories.test_way_of_a_statement import extended

SYNC = messages.sync()
EMAIL = "select id, email from customers where id = 1"
FIELDS = [
    column("id", 23, table=OIDS["customers"], number=1, size=4),
    column("email", 25, table=OIDS["customers"], number=2),
]


def shop(story: Story, text: str = EMAIL, fields: list[Field] | None = None, *cells: bytes | None) -> None:
    story.database.results[text] = Result(fields or FIELDS, [cells or (b"1", SECRET)], "SELECT 1")


HOW = {
    "simple": [messages.query(EMAIL)],
    "described by portal": [extended(EMAIL), SYNC],
    "described by statement": [
        messages.parse(b"s", EMAIL),
        messages.describe(b"S", b"s"),
        messages.bind(b"", b"s"),
        messages.execute(b""),
        SYNC,
    ],
    "described earlier": [
        messages.parse(b"s", EMAIL),
        messages.describe(b"S", b"s"),
        SYNC,
        messages.bind(b"", b"s"),
        messages.execute(b""),
        SYNC,
    ],
    "not described": [extended(EMAIL, describe=False), SYNC],
    "in pieces": [
        messages.parse(b"", EMAIL),
        messages.bind(b"", b""),
        messages.execute(b"", 1),
        messages.execute(b""),
        SYNC,
    ],
}


@pytest.mark.parametrize("how", HOW)
async def test_a_sensitive_column_is_masked_however_it_is_asked_for(story: Story, how: str) -> None:
    shop(story)
    heard = await story.asks(*HOW[how])
    assert any(line.startswith("row 1, ") for line in heard)
    assert SECRET not in story.heard
    assert [a.cells for a in story.ledger.answers if a.cells] == [{2: 1}]


async def test_a_description_of_our_own_is_not_heard_by_the_client(story: Story) -> None:
    shop(story)
    assert [line.split()[0] for line in await story.asks(*HOW["not described"])] == [
        "prepared", "bound", "row", "done", "ready",
    ]  # fmt: skip


@pytest.mark.parametrize("how", ["portal", "statement"])
async def test_masks_fit_the_format_that_was_asked_for(story: Story, how: str) -> None:
    text = "select born from customers where id = 1"
    shop(story, text, [column("born", 1082, table=OIDS["customers"], number=4, size=4)], b"\0\0\x01\x00")
    described = messages.describe(b"S", b"s") if how == "statement" else b""
    await story.asks(
        messages.parse(b"s", text), described, messages.bind(b"", b"s", results=(1,)), messages.execute(b""), SYNC
    )
    (row,) = [e for e in _events(story) if isinstance(e, talk.Rows)]
    assert len(row.raw) == 7 + 4 + 4, "a date in binary has four bytes, masked or not"
    assert not row.raw.endswith(b"\0\0\x01\x00")


async def test_null_stays_null(story: Story) -> None:
    shop(story, EMAIL, FIELDS, b"1", None)
    assert "row 1, NULL" in await story.asks(messages.query(EMAIL))


async def test_a_result_of_another_shape_than_the_statement_has_is_hidden_whole(story: Story) -> None:
    shop(story, EMAIL, [*FIELDS, column("more")], b"1", SECRET, SECRET)
    heard = await story.asks(messages.query(EMAIL))
    assert heard[-1] == "ready I"
    assert SECRET not in story.heard
    assert "row 1, " not in " ".join(heard), "even the column that would be shown"


async def test_the_servers_word_is_stricter_than_the_lineage(story: Story) -> None:
    """Whatever the analysis believed, the server says that this is customers.email."""
    shop(story, HARMLESS, [FIELDS[1]], SECRET)
    await story.asks(messages.query(HARMLESS))
    assert SECRET not in story.heard


@pytest.mark.parametrize("known", [99999, OIDS["orders"]])
async def test_a_table_or_column_that_the_snapshot_does_not_know_is_hidden(story: Story, known: int) -> None:
    shop(story, HARMLESS, [column("total", table=known, number=77)], SECRET)
    await story.asks(messages.query(HARMLESS))
    assert SECRET not in story.heard


async def test_a_row_wider_than_its_description_ends_the_session(story: Story) -> None:
    shop(story, EMAIL, FIELDS, b"1", SECRET, SECRET)
    await story.asks(messages.query(EMAIL))
    assert isinstance(story.ended, UpstreamFault)
    assert SECRET not in story.heard


async def test_rows_without_a_sensitive_column_pass_as_one_buffer(story: Story) -> None:
    story.database.results[HARMLESS] = Result([column("total")], [(b"%d" % n,) for n in range(50)], "SELECT 50")
    heard = await story.asks(messages.query(HARMLESS))
    assert heard[1:51] == [f"row {n}" for n in range(50)]
    assert story.ledger.of(story.ledger.decisions[-1]).rows == 50


@pytest.mark.parametrize("limit", ["result_rows", "result_bytes"])
async def test_a_result_over_the_limit_is_an_error_and_not_a_longer_answer(limit: str) -> None:
    async with opened(**{limit: 10}) as story:
        story.database.results[HARMLESS] = Result([column("total")], [(b"1",)] * 11, "SELECT 11")
        heard = await story.asks(messages.query(HARMLESS))
        assert isinstance(story.ended, UpstreamFault)
        assert story.ended.sqlstate == "54000"
        assert not [line for line in heard if line.startswith("row")]


async def test_a_cell_too_long_to_be_masked_ends_the_session() -> None:
    async with opened(masked_cell_bytes=10, style="useful") as story:
        shop(story)
        await story.asks(messages.query(EMAIL))
        assert isinstance(story.ended, UpstreamFault)
        assert SECRET not in story.heard


async def test_a_client_that_never_reads_fills_no_memory(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "MAX_OPEN", 8)
    await story.asks(messages.query("select 1"))
    story.say(*[messages.query("select 1")] * 50)
    await story.play(silent=True)
    assert len(story.relay.answers.queue) == 8
    assert story.relay.waiting > 0
    heard = await story.hears()
    assert heard.count("ready I") == 50
    assert story.relay.waiting == 0


def _events(story: Story) -> list[talk.UpstreamEvent]:
    from tests.stories.house import talking_leg

    return list(talking_leg().feed(story.heard))


async def test_a_clean_column_that_begins_to_hold_emails_is_noticed(story: Story) -> None:
    """The rows that show it are the last to pass: the world hears of it before the next statement is judged."""
    rows = [(f"n{at}@corp.example".encode(),) for at in range(9)]
    story.database.results["select note from orders"] = Result(
        [column("note", table=OIDS["orders"], number=4)], rows, "SELECT 9"
    )
    await story.asks(messages.query("select note from orders"))
    assert {str(column): finding.data_class for column, finding in story.world.drift.items()} == {
        "public.orders.note": "email"
    }
