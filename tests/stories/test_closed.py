"""Whatever breaks at a station is a no: the client hears an error or is let go, and the database saw no statement."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from proctor.errors import UpstreamFault
from proctor.session import hearing, judge, plans, relay
from proctor.session.pipeline import Pipeline
from proctor.wire import messages
from tests.stories.honest import SECRET
from tests.stories.house import HARMLESS, HELD, SENSITIVE, WRITE, Story
from tests.stories.test_way_of_a_statement import extended

Break = Callable[[Story, pytest.MonkeyPatch], None]
BROKEN = "hangs together by string 078-05-1120"


def _raise(*_: object, **__: object) -> object:
    raise RuntimeError(BROKEN)


async def _fault(*_: object, **__: object) -> object:
    raise UpstreamFault("the database is gone")


def _patched(owner: object, name: str) -> Break:
    return lambda _, monkeypatch: monkeypatch.setattr(owner, name, _raise)


def _world(what: str) -> Break:
    def broken(story: Story, _: pytest.MonkeyPatch) -> None:
        story.world.becomes(story.world.shared)
        story.relay.hearing.view.temporary = what != "refresh"
        story.world.breaks.add(what)

    return broken


def _own_query(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    story.relay.hearing.view.dirty = True
    monkeypatch.setattr(Pipeline, "query", _fault)


STATIONS: dict[str, tuple[Break, str]] = {
    "the text": (_patched(relay, "text_of"), "select 'seven'"),
    "analyze": (_patched(judge, "examine"), "select 'seven'"),
    "decide": (_patched(judge, "decide"), "select 'seven'"),
    "decided": (lambda s, _: s.ledger.breaks.add("decided"), HARMLESS),
    "decided, for what is remembered": (lambda s, _: s.ledger.breaks.add("decided"), "select 1"),
    "synced": (lambda s, _: s.ledger.breaks.add("synced"), WRITE),
    "synced, for the sensitive": (lambda s, _: s.ledger.breaks.add("synced"), SENSITIVE),
    "claim": (lambda s, _: s.desk.breaks.add("claim"), HELD),
    "open": (lambda s, _: s.desk.breaks.add("open"), HELD),
    "settled": (lambda s, _: s.desk.breaks.add("settled"), HELD),
    "spend": (lambda s, _: s.desk.breaks.add("spend"), HELD),
    "refresh": (_world("refresh"), HARMLESS),
    "private": (_world("private"), HARMLESS),
    "classify": (_world("classify"), HARMLESS),
    "a question of our own": (_own_query, HARMLESS),
    "what comes back of it": (
        lambda s, m: (setattr(s.relay.hearing.view, "dirty", True), m.setattr(hearing.json, "loads", _raise))[0],  # type: ignore[attr-defined]
        HARMLESS,
    ),
}


@pytest.mark.parametrize("how", ["simple", "extended"])
@pytest.mark.parametrize("station", STATIONS)
async def test_a_station_that_raises_is_a_no(
    story: Story, monkeypatch: pytest.MonkeyPatch, station: str, how: str
) -> None:
    breaks, text = STATIONS[station]
    await story.asks(messages.query("select 1"))
    ran = len(story.ran)
    breaks(story, monkeypatch)
    heard = await story.asks(messages.query(text) if how == "simple" else extended(text) + messages.sync())
    if story.desk.tickets and not story.desk.breaks & {"settled"}:
        story.desk.approve()
        heard += await story.hears()
    assert story.ran[ran:] == []
    assert story.ended is not None or any(line.startswith("failed ") for line in heard)
    assert BROKEN.encode() not in story.heard, "what broke is for the log, not for the client"
    if story.ended is None:
        assert heard[-1] == "ready I"
        monkeypatch.undo()
        for fake in (story.ledger, story.desk, story.world):
            fake.breaks.clear()
        story.relay.hearing.view.temporary = False
        assert (await story.asks(messages.query("select 2")))[-1] == "ready I", "the session goes on"


@pytest.mark.parametrize("how", ["simple", "extended"])
async def test_masks_that_cannot_be_planned_end_the_session_before_a_row_is_shown(
    story: Story, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr("proctor.session.answers.plan", _raise)
    with pytest.raises(RuntimeError):
        await story.asks(messages.query(SENSITIVE) if how == "simple" else extended(SENSITIVE) + messages.sync())
    assert SECRET not in story.client.data + story.heard


async def test_a_mask_that_raises_ends_the_session_before_the_row_is_shown(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_mask(_: bytes) -> bytes:
        raise ValueError("no")

    monkeypatch.setattr(plans.Wardrobe, "wear", lambda *_: break_mask)
    await story.asks(messages.query(SENSITIVE))
    assert isinstance(story.ended, UpstreamFault)
    assert SECRET not in story.heard


async def test_a_result_that_nobody_asked_for_ends_the_session(story: Story) -> None:
    await story.asks(messages.query("select 1"))
    story.database.said = messages.data_row((SECRET,))
    await story.hears()
    assert isinstance(story.ended, UpstreamFault)
    assert SECRET not in story.heard
