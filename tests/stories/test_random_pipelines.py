"""Random pipelines, with failures and delays anywhere: what is executed was decided before, as exactly that text.

The machine speaks as a client that has read the protocol and means harm: it takes names again, closes them, speaks
across batches, fails where it can, and never waits for an answer.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AbstractAsyncContextManager

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from proctor.errors import ClientFault
from proctor.terms import Allow, TicketState
from proctor.wire import messages
from tests.stories.honest import SECRET, Failure
from tests.stories.house import Story, catalog, data_map, opened

NAMES = st.sampled_from([b"", b"a", b"b"])
PLAIN = [
    "select total from orders where id = 1",
    "select note from orders where id = 2",
    "insert into orders (id) values (1)",
]
SECRETS = ["select upper(email) from customers where id = 1", "select upper(name) from customers where id = 2"]
DENIED = ["drop table orders", "delete from orders"]
NAMING = [
    *(f"prepare {name} as {text}" for name in "ab" for text in (PLAIN[0], *SECRETS, DENIED[1])),
    *(f"{verb} {name}" for name in "ab" for verb in ("execute", "deallocate", "close", "fetch 1 from")),
    *(f"declare {name} cursor for {text}" for name in "ab" for text in (PLAIN[0], *SECRETS)),
    "deallocate all",
]
SESSION = [
    "begin", "commit", "rollback", "savepoint p", "rollback to p", "set search_path = public",
    "set search_path = other", "set local search_path = other", "",
]  # fmt: skip
PAIRS = [
    f"{PLAIN[0]}; {SECRETS[0]}",
    f"begin; {SECRETS[1]}",
    f"rollback; {SECRETS[0]}",
    f"deallocate a; prepare a as {SECRETS[0]}",
    f"prepare b as {PLAIN[0]}; execute b",
    f"set search_path = public; {SECRETS[0]}",
    "deallocate a; execute a",
]
COPY = ["copy orders from stdin", "copy customers (email) to stdout"]
TEXTS = st.sampled_from([*PLAIN, *SECRETS, *DENIED, *NAMING, *SESSION, *COPY])
READS = {PLAIN[0]: "total", PLAIN[1]: "note", SECRETS[0]: "email", SECRETS[1]: "name"}


class Pipelines(RuleBasedStateMachine):
    """One session, and everything a client, a slow disk and a slow database can do to it."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.session: AbstractAsyncContextManager[Story] = opened()
        self.story = self.loop.run_until_complete(self.session.__aenter__())
        self.story.world.shared = catalog("public", "other")
        self.story.world.classified = data_map("public", "other")
        self.story.database.customers = {"public": True, "other": False}
        self.said: list[bytes] = []

    def teardown(self) -> None:
        self.story.ledger.disk.set()
        self.loop.run_until_complete(self.session.__aexit__(None, None, None))
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    # ---- the client

    def say(self, *said: bytes) -> None:
        self.said += said
        self.story.say(*said)

    @initialize(known=st.booleans())
    def begin(self, known: bool) -> None:
        if known:
            self.say(messages.query("select 1"))
            self.turn()

    @rule(name=NAMES, text=TEXTS)
    def parse(self, name: bytes, text: str) -> None:
        self.say(messages.parse(name, text))

    @rule(portal=NAMES, name=NAMES)
    def bind(self, portal: bytes, name: bytes) -> None:
        self.say(messages.bind(portal, name))

    @rule(kind=st.sampled_from([b"S", b"P"]), name=NAMES)
    def describe(self, kind: bytes, name: bytes) -> None:
        self.say(messages.describe(kind, name))

    @rule(portal=NAMES, limit=st.sampled_from([0, 0, 1]))
    def execute(self, portal: bytes, limit: int) -> None:
        self.say(messages.execute(portal, limit))

    @rule(kind=st.sampled_from([b"S", b"P"]), name=NAMES)
    def close(self, kind: bytes, name: bytes) -> None:
        self.say(messages.close(kind, name))

    @rule(name=NAMES, portal=NAMES, text=TEXTS)
    def whole(self, name: bytes, portal: bytes, text: str) -> None:
        self.say(messages.parse(name, text), messages.bind(portal, name), messages.execute(portal))

    @rule(texts=st.lists(st.sampled_from([*PLAIN, *SECRETS, *NAMING, *SESSION]), min_size=2, max_size=6))
    def queries(self, texts: list[str]) -> None:
        self.say(*map(messages.query, texts))

    @rule(texts=st.lists(st.sampled_from([*PLAIN, *SECRETS, *NAMING, *SESSION]), min_size=2, max_size=4), name=NAMES)
    def batch(self, texts: list[str], name: bytes) -> None:
        for text in texts:
            self.say(messages.parse(b"", text), messages.bind(b"", b""), messages.execute(b""))
        self.say(messages.bind(b"", name), messages.execute(b""), messages.sync())

    @rule(text=st.one_of(TEXTS, st.sampled_from(PAIRS)))
    def query(self, text: str) -> None:
        self.say(messages.query(text))

    @rule()
    def sync(self) -> None:
        self.say(messages.sync())

    @rule()
    def sync_again(self) -> None:
        self.say(messages.sync())

    @rule()
    def flush(self) -> None:
        self.say(messages.flush())

    @rule(said=st.sampled_from([messages.copy_data(b"1\n"), messages.copy_done(), messages.copy_fail("no")]))
    def copy(self, said: bytes) -> None:
        self.say(said)

    # ---- the world

    @rule(
        text=st.sampled_from([*PLAIN, *SECRETS, *SESSION[:2], *NAMING[:4]]),
        where=st.sampled_from(["parse", "run", "not"]),
    )
    def fails(self, text: str, where: str) -> None:
        database = self.story.database
        database.fails.pop(text, None)
        database.fails_at_parse.pop(text, None)
        if where != "not":
            failing = database.fails if where == "run" else database.fails_at_parse
            failing[text] = Failure(
                "22012", f"failed by {SECRET.decode()}" if text in SECRETS and where == "run" else "failed"
            )

    @rule(open=st.booleans())
    def disk(self, open: bool) -> None:
        (self.story.ledger.disk.set if open else self.story.ledger.disk.clear)()

    @rule()
    def somebody_changes_the_catalog(self) -> None:
        self.story.world.becomes(catalog("public", "other", epoch=str(self.story.world.version)))

    # ---- time

    @rule(turns=st.integers(1, 5))
    def wait(self, turns: int) -> None:
        for _ in range(turns):
            self.loop.run_until_complete(asyncio.sleep(0))
        self.story._look()

    @rule()
    def arrive(self) -> None:
        self.story.forward()

    @precondition(lambda self: self.story.database.said)
    @rule(size=st.one_of(st.none(), st.integers(1, 30)))
    def answer(self, size: int | None) -> None:
        self.story.answer(size)

    @rule()
    def turn(self) -> None:
        self.loop.run_until_complete(self.story.play())
        for name, ticket in list(self.story.desk.tickets.items()):
            if ticket.state is TicketState.PENDING:
                self.story.desk.becomes(name, TicketState.DENIED, "dora")
                self.loop.run_until_complete(self.story.play())

    # ---- what must hold

    @invariant()
    def what_was_executed_was_decided_as_that_text(self) -> None:
        allowed = [d for d in self.story.ledger.decisions if isinstance(d.decided.decision, Allow)]
        decided = Counter(d.decided.analysis.text for d in allowed)
        named = [text for _, text in self.story.database.behind]
        executed = Counter(self.story.ran) - Counter(named)
        assert not executed - decided, (executed - decided, self.said)
        for text, behind in self.story.database.behind:
            columns = {c.name for d in allowed if d.decided.analysis.text == text for c in d.decided.analysis.reads}
            assert READS.get(behind) is None or READS[behind] in columns, (text, behind, self.said)
            assert behind not in DENIED, self.said

    @invariant()
    def the_secret_is_not_told(self) -> None:
        assert SECRET not in self.story.heard + self.story.client.data, self.said

    @invariant()
    def the_session_goes_on(self) -> None:
        ended = self.story.ended
        in_a_copy = isinstance(ended, ClientFault) and "copy" in ended.message
        assert ended is None or in_a_copy, (ended, self.said)

    @invariant()
    def every_answer_is_to_an_open_question(self) -> None:
        answered = Counter(a.exchange for a in self.story.ledger.answers)
        assert all(count == 1 for count in answered.values()), self.said
        assert answered.keys() <= {d.exchange for d in self.story.ledger.decisions}

    @rule()
    def all_is_told_in_the_end(self) -> None:
        """Once the client syncs and waits, nothing is left open and the next answer belongs to the next question."""
        if self.story.ended is not None:
            return
        self.story.ledger.disk.set()
        self.turn()
        copying = bool(self.story.relay.answers.queue) and self.story.relay.answers.queue[0].copying
        self.say(*([messages.copy_fail("enough")] if copying else []), messages.sync())
        self.turn()
        if self.story.ended is not None:
            return
        assert not self.story.relay.answers.queue, self.said
        assert self.story.relay.answers.naming == 0, self.said
        allowed = {d.exchange for d in self.story.ledger.decisions if isinstance(d.decided.decision, Allow)}
        assert allowed == {a.exchange for a in self.story.ledger.answers}, self.said
        self.say(messages.query("rollback"), messages.query("select 1"))
        heard = self.loop.run_until_complete(self.story.hears())
        assert heard[-4:] == ["shape value", "row plain", "done SELECT 1", "ready I"], (heard, self.said)


TestPipelines = Pipelines.TestCase
TestPipelines.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
