"""A fixed transcript through the compiled way of a statement, for whoever counts its instructions.

Eight sessions ask a prepared statement again and again and are answered by the fast lane, and each reads a copy whose
columns are masked. What is counted begins with a call that does nothing of note, `falls_back` of the first session's
lane, and ends with the process. Run by `test_instructions` under callgrind, with a folder for the journal; says how many statements there were.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from proctor.audit.journal import Journal
from proctor.audit.record import Origin
from proctor.audit.vault import Vault, made_private
from proctor.edge.ledger import SessionLedger
from proctor.session.memory import Memory
from proctor.session.plans import Wardrobe
from proctor.session.relay import Relay
from proctor.wire import messages
from tests.stories import house
from tests.stories.honest import Result

SESSIONS, ROUNDS, AT_ONCE = 8, 250, 4
ROWS = 400
PREPARED = "select total from orders where id = $1"
COPY = "copy customers to stdout"
ASKED = b"".join(
    (messages.bind("", "s", (), (b"12345",), ()), messages.describe(b"P", ""), messages.execute("", 0), messages.sync())
)


class Ledger(SessionLedger):
    """A ledger whose disk is at once: how often one looks whether it has answered is chance."""

    async def synced(self, position: int) -> None:
        """Return."""


def session(journal: Journal, vault: Vault, number: int) -> house.Story:
    """Return a session with a real ledger before a journal on disk; the rest is the stories'."""
    events: list[tuple[str, ...]] = []
    world = house.FakeWorld(events, house.shipped())
    terms = replace(house.TERMS, session=f"01M8K92CM8HE7JK1YQTQ55FV{number:02}", environment="development")
    clock = house.FakeClock()
    client, upstream = house.Outlet("client", events), house.Outlet("upstream", events)
    desk, origin = house.FakeDesk(), Origin(address="127.0.0.1:5432", tls=True)
    seal = vault.key_for("alice")
    ledger = Ledger(journal, clock, b"k" * 32, terms.session, house.ALICE, origin, "shop", seal)
    relay = Relay(terms, world, ledger, desk, clock, client, upstream, Memory(), Wardrobe(b"k" * 32))
    return house.Story(relay, world, house.FakeLedger(events), desk, clock, client, upstream, events)


async def warm(story: house.Story) -> bytes:
    """Have the statement prepared, asked and known; return its answer."""
    story.running = asyncio.ensure_future(story.relay.run())
    rows = [(b"%d" % n, b"a%d@example.com" % n, b"Ann Example", b"1990-01-01") for n in range(ROWS)]
    story.database.results[COPY] = Result(None, rows)
    await story.asks(messages.query(COPY))
    await story.asks(messages.parse("s", PREPARED), messages.sync())
    for _ in range(3):
        await story.asks(ASKED)
    story.say(ASKED)
    for _ in range(5):
        await asyncio.sleep(0)
    story.forward()
    answer = story.database.take()
    if not story.relay.lane.upstream_said(answer):
        raise RuntimeError("the fast lane has not taken its own question's answer")
    return answer


async def play(folder: Path) -> int:
    """Play it, and return how many statements there were."""
    journal = Journal.open(folder / "w0", "w0", clock=time)
    vault = Vault(folder / "vault", made_private()[1])
    stories = [session(journal, vault, number) for number in range(SESSIONS)]
    answers = [await warm(story) for story in stories]
    asked = 0
    stories[0].relay.lane.falls_back(_nothing)
    for turn in range(ROUNDS):
        some = [(turn * AT_ONCE + n) % SESSIONS for n in range(AT_ONCE)]
        for number in some:
            if not stories[number].relay.lane.client_said(ASKED):
                raise RuntimeError("the fast lane has not taken a question")
            asked += 1
        journal.let_go()
        for number in some:
            if not stories[number].relay.lane.upstream_said(answers[number]):
                raise RuntimeError("the fast lane has not taken an answer")
    for story in stories:
        story.client.take()
        story.upstream.take()
        heard = await story.asks(messages.query(COPY))
        if heard[-1] != "ready I" or b"a1@example.com" in story.heard:
            raise RuntimeError(f"the copy went wrong: {heard[-3:]}")
    return asked + SESSIONS


def _nothing(_: object) -> None:
    pass


async def whole() -> None:
    """Play it, say how many statements there were, and be gone before anything else is counted."""
    print(await play(Path(sys.argv[1])), flush=True)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(whole())
