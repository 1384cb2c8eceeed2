"""Statements whose rows only running them can count: they run in a savepoint, and their answer waits for the rules."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from proctor.policy.rules import Rules
from proctor.terms import Allow, Claims, Deny, Hold, Identity, Kind
from proctor.wire import messages
from tests.stories.honest import Failure, Result, column
from tests.stories.house import Story, opened
from tests.stories.test_way_of_a_statement import extended

RANGE = "update orders set note = 'x' where total > 5"
RETURNING = "update orders set note = 'x' where total > 5 returning id"
WIDE = "delete from orders where id between 0 and 99999"
CLEAN = "delete from orders where note = 'done'"
NESTED = "with d as (delete from orders where total > 5 returning id) select id from d"
COPY = "copy orders from stdin"
SYNC = messages.sync()
LOOK = 'SELECT pg_catalog.count(*) FROM (SELECT FROM "public"."orders" LIMIT 1) AS untouched'
ROBOT = Identity("robot", Kind.SERVICE, frozenset(), "scram")


def own(story: Story) -> list[str]:
    """What ran for the sake of counting, and the statements in between, in a short form."""
    aside = ("proctor.task", "session_replication_role", "recursive reached")
    seen = [t for t in story.database.ran if not any(word in t for word in aside)]
    short = {
        "SAVEPOINT proctor_own": "(",
        "RELEASE SAVEPOINT proctor_own": ")",
        "ROLLBACK TO SAVEPOINT proctor_own": "back",
    }
    return ["look" if "untouched" in t else "count" if "pg_stat_xact" in t else short.get(t, t) for t in seen]


# ---- which statements


@pytest.mark.parametrize(
    "text",
    [
        "update orders set note = 'x' where id = 7",
        "delete from orders where id in (1, 2, 3)",
        "insert into orders (id) values (1), (2)",
        "insert into orders (id) values (1) on conflict (id) do update set note = 'x'",
        "select total from orders where id = 1 for update",
        "explain delete from orders where total > 5",
    ],
)
async def test_what_can_touch_few_rows_only_goes_its_way_alone(story: Story, text: str) -> None:
    await story.asks(messages.query(text))
    assert own(story) == [text]


async def test_where_no_rule_looks_at_rows_nothing_is_put_around() -> None:
    async with opened(environment="development") as story:
        await story.asks(messages.query(RANGE))
        assert own(story) == [RANGE]


@pytest.mark.parametrize("text", [RANGE, WIDE, CLEAN, "insert into orders (id) select id from orders where total > 5"])
async def test_outside_of_a_transaction_one_is_put_around_and_the_client_hears_nothing_of_it(
    story: Story, text: str
) -> None:
    story.database.changed[text] = 2
    heard = await story.asks(messages.query(text))
    assert own(story) == ["BEGIN", text, "COMMIT"]
    assert heard == [f"done {text.split(maxsplit=1)[0].upper()} {'0 ' * ('insert' in text)}2", "ready I"]
    assert story.ledger.of(story.ledger.decisions[-1]).sqlstate == "00000"


async def test_in_a_transaction_of_the_clients_it_is_a_savepoint(story: Story) -> None:
    await story.asks(messages.query("begin"))
    assert await story.asks(messages.query(RANGE)) == ["done UPDATE 1", "ready T"]
    assert await story.asks(messages.query("commit")) == ["done COMMIT", "ready I"]
    assert own(story) == ["begin", "(", RANGE, ")", "commit"]


async def test_the_savepoints_name_is_nobody_elses(story: Story) -> None:
    await story.asks(messages.query("begin"))
    heard = await story.asks(messages.query("savepoint proctor_own"))
    assert heard[0].startswith("failed 42602")
    assert heard[1] == "ready E"


# ---- too many rows


async def test_more_rows_than_the_rules_let_are_taken_back_and_held(story: Story) -> None:
    story.database.changed[RANGE] = 1001
    (notice,) = await story.asks(messages.query(RANGE))
    assert notice.startswith("notice held for approval: update public.orders: it changes more than 1,000 rows")
    assert own(story) == ["BEGIN", RANGE, "ROLLBACK"]
    assert story.decided(Hold) == [RANGE]
    assert story.relay.answers.status == "I"


async def test_a_thousand_rows_are_let_through(story: Story) -> None:
    story.database.changed[RANGE] = 1000
    assert await story.asks(messages.query(RANGE)) == ["done UPDATE 1000", "ready I"]


async def test_the_record_says_that_it_ran_and_was_taken_back(story: Story) -> None:
    story.database.changed[RANGE] = 1001
    await story.asks(messages.query(RANGE))
    first = story.ledger.of(story.ledger.decisions[0])
    assert isinstance(story.ledger.decisions[0].decided.decision, Allow)
    assert (first.sqlstate, first.tag) == ("40000", "UPDATE 1001")


async def test_once_approved_it_runs_anew_and_nobody_counts(story: Story) -> None:
    story.database.changed[RANGE] = 1001
    await story.asks(messages.query(RANGE))
    story.desk.approve()
    assert await story.hears() == ["done UPDATE 1001", "ready I"]
    assert own(story) == ["BEGIN", RANGE, "ROLLBACK", RANGE]
    assert story.desk.spent == ["T1"]
    assert story.ledger.decisions[-1].ticket == "T1"


async def test_without_a_wait_the_refusal_has_the_ticket_and_the_retry_runs_once() -> None:
    async with opened(hold_seconds=0) as story:
        story.database.changed[RANGE] = 1001
        heard = await story.asks(messages.query(RANGE))
        assert heard[0].startswith("failed 42501 held for approval")
        assert b"T1" in story.heard
        assert heard[1:] == ["ready I"]
        story.desk.approve()
        assert await story.asks(messages.query(RANGE)) == ["done UPDATE 1001", "ready I"]
        assert own(story) == ["BEGIN", RANGE, "ROLLBACK", RANGE]
        assert (await story.asks(messages.query(RANGE)))[0].startswith("failed 42501 held")


async def test_in_a_transaction_the_refusal_fails_it_as_an_error_would() -> None:
    async with opened(hold_seconds=0) as story:
        story.database.changed[RANGE] = 1001
        await story.asks(messages.query("begin"))
        heard = await story.asks(messages.query(RANGE))
        assert [line[:12] for line in heard] == ["failed 42501", "ready E"]
        assert own(story) == ["begin", "(", RANGE, "back", ")"]
        assert await story.asks(messages.query("rollback")) == ["done ROLLBACK", "ready I"]


async def test_in_a_transaction_an_approval_lets_it_go_on(story: Story) -> None:
    story.database.changed[RANGE] = 1001
    await story.asks(messages.query("begin"))
    await story.asks(messages.query(RANGE))
    story.desk.approve()
    assert await story.hears() == ["done UPDATE 1001", "ready T"]
    assert own(story) == ["begin", "(", RANGE, "back", ")", RANGE]


async def test_an_agent_may_not_even_once_approved(agent: Story) -> None:
    """Its writes are held; who approves one does not know how many rows it will turn out to change."""
    agent.database.changed[RANGE] = 1001
    await agent.asks(messages.query(RANGE))
    assert own(agent) == []
    agent.desk.approve()
    heard = await agent.hears()
    assert heard[0].startswith(
        "failed 42501 refused: update public.orders: an agent may not change more than 1,000 rows"
    )
    assert own(agent) == ["BEGIN", RANGE, "ROLLBACK"]
    assert agent.decided(Deny) == [RANGE]


# ---- all the rows that there are


@pytest.mark.parametrize(("text", "left"), [(WIDE, 0), (RANGE, 3)])
async def test_a_condition_that_chose_every_row_is_held(story: Story, text: str, left: int) -> None:
    story.database.changed[text], story.database.left = 3, left
    (notice,) = await story.asks(messages.query(text))
    assert "its condition chose every row of the table" in notice
    assert own(story) == ["BEGIN", text, "look", "ROLLBACK"]


@pytest.mark.parametrize(("text", "left"), [(WIDE, 1), (RANGE, 4)])
async def test_where_one_row_was_left_alone_it_stands(story: Story, text: str, left: int) -> None:
    story.database.changed[text], story.database.left = 3, left
    assert await story.asks(messages.query(text)) == [f"done {text.split(maxsplit=1)[0].upper()} 3", "ready I"]
    assert own(story) == ["BEGIN", text, "look", "COMMIT"]


@pytest.mark.parametrize("rows", [0, 1, 2])
async def test_one_row_or_two_may_well_be_all_that_there_are(story: Story, rows: int) -> None:
    story.database.changed[WIDE], story.database.left = rows, 0
    assert await story.asks(messages.query(WIDE)) == [f"done DELETE {rows}", "ready I"]
    assert own(story) == ["BEGIN", WIDE, "COMMIT"]


async def test_a_program_may_empty_its_queue() -> None:
    async with opened(asker=ROBOT) as story:
        story.database.changed[CLEAN], story.database.left = 40, 0
        assert await story.asks(messages.query(CLEAN)) == ["done DELETE 40", "ready I"]
        assert own(story) == ["BEGIN", CLEAN, "COMMIT"]
        story.database.changed[CLEAN] = 1001
        assert "more than 1,000 rows" in (await story.asks(messages.query(CLEAN)))[0]


async def test_what_cannot_be_looked_at_is_refused_and_taken_back(story: Story) -> None:
    story.database.changed[WIDE] = 3
    story.database.fails[LOOK] = Failure("42501", "permission denied for table orders")
    heard = await story.asks(messages.query(WIDE))
    assert heard == ["failed 0A000 refused: the rows that it changes could not be counted", "ready I"]
    assert own(story) == ["BEGIN", WIDE, "look", "ROLLBACK"]
    assert await story.asks(messages.query("select 1")) == ["shape value", "row plain", "done SELECT 1", "ready I"]


# ---- rows that come back


def returns(story: Story, rows: int, text: str = RETURNING) -> None:
    story.database.results[text] = Result([column("id", 23)], [(b"7",)] * rows, f"UPDATE {rows}")


async def test_what_it_returns_comes_once_it_stands(story: Story) -> None:
    returns(story, 2)
    assert await story.asks(messages.query(RETURNING)) == ["shape id", "row 7", "row 7", "done UPDATE 2", "ready I"]


async def test_nothing_of_what_it_returns_comes_out_if_it_is_taken_back() -> None:
    async with opened(hold_seconds=0, result_rows=10_000) as story:
        returns(story, 1001)
        heard = await story.asks(messages.query(RETURNING))
        assert [line[:12] for line in heard] == ["failed 42501", "ready I"]


async def test_what_it_returns_is_kept_up_to_a_bound() -> None:
    async with opened(withheld_bytes=100) as story:
        returns(story, 50)
        heard = await story.asks(messages.query(RETURNING))
        assert heard[0].startswith("failed 54000 refused: what it returns is longer than limits.withheld_bytes")
        assert heard[1:] == ["ready I"]
        assert own(story)[-1] == "ROLLBACK"


async def test_with_returning_a_masked_column_wears_its_mask(story: Story) -> None:
    text = "update customers set name = 'x' where id between 1 and 2 returning email"
    story.database.results[text] = Result([column("email", table=16400, number=2)], [(b"ann@example.com",)], "UPDATE 1")
    assert await story.asks(messages.query(text)) == ["shape email", "row redacted", "done UPDATE 1", "ready I"]


async def test_rows_fetched_bit_by_bit_are_counted_when_the_first_come(story: Story) -> None:
    """With a row limit all rows are changed by the first Execute, and the tag comes with the last."""
    returns(story, 3)
    story.database.changed[RETURNING] = 3
    fetch = messages.execute(b"", 2)
    heard = await story.asks(messages.parse(b"", RETURNING) + messages.bind(b"", b"") + fetch, messages.flush())
    assert heard == ["prepared", "bound", "row 7", "row 7", "suspended"]
    assert await story.asks(fetch, SYNC) == ["row 7", "done UPDATE 3", "ready I"]
    assert own(story) == ["BEGIN", "(", "count", RETURNING, "count", "look", ")", "COMMIT"]


async def test_bit_by_bit_too_many_rows_are_taken_back(story: Story) -> None:
    returns(story, 3)
    story.database.changed[RETURNING] = 1001
    story.relay.hearing._terms = story.relay.terms
    async with opened(hold_seconds=0) as impatient:
        returns(impatient, 3)
        impatient.database.changed[RETURNING] = 1001
        heard = await impatient.asks(
            messages.parse(b"", RETURNING) + messages.bind(b"", b"") + messages.execute(b"", 2), SYNC
        )
        assert [line[:12] for line in heard] == ["prepared", "bound", "failed 42501", "ready I"]


# ---- what the tag does not count


async def test_a_write_in_a_with_is_counted_by_the_server(story: Story) -> None:
    story.database.changed[NESTED] = 1001
    (notice,) = await story.asks(messages.query(NESTED))
    assert "more than 1,000 rows" in notice
    assert own(story) == ["BEGIN", "count", NESTED, "count", "ROLLBACK"]


async def test_where_the_server_does_not_count_it_counts_as_too_many(story: Story) -> None:
    story.database.tracks = b"off"
    (notice,) = await story.asks(messages.query(NESTED))
    assert "more than 1,000 rows" in notice


async def test_explain_analyze_is_counted_as_well(story: Story) -> None:
    text = f"explain analyze {RANGE}"
    story.database.changed[text] = 1001
    (notice,) = await story.asks(messages.query(text))
    assert "more than 1,000 rows" in notice


async def test_executed_by_name_it_is_counted(story: Story) -> None:
    await story.asks(messages.query(f"prepare a as {RANGE}"))
    story.database.changed[RANGE] = 1001
    (notice,) = await story.asks(messages.query("execute a"))
    assert "more than 1,000 rows" in notice


# ---- batches


async def test_a_batch_gets_a_transaction_that_ends_with_its_sync(story: Story) -> None:
    heard = await story.asks(extended(RANGE, describe=False) + SYNC)
    assert heard == ["prepared", "bound", "done UPDATE 1", "ready I"]
    assert own(story) == ["BEGIN", "(", RANGE, ")", "COMMIT"]


async def test_what_came_before_in_the_batch_is_in_the_same_transaction(story: Story) -> None:
    one = "insert into orders (id) values (1)"
    heard = await story.asks(
        extended(one, describe=False) + extended(RANGE, describe=False) + extended(one, describe=False) + SYNC
    )
    assert heard[-2:] == ["done INSERT", "ready I"]
    assert own(story) == [one, "BEGIN", "(", RANGE, ")", one, "COMMIT"]


async def test_a_refusal_fails_the_whole_batch() -> None:
    async with opened(hold_seconds=0) as story:
        one = "insert into orders (id) values (1)"
        story.database.changed[RANGE] = 1001
        heard = await story.asks(
            extended(one, describe=False) + extended(RANGE, describe=False) + extended(one, describe=False) + SYNC
        )
        assert [line[:12] for line in heard] == [
            "prepared", "bound", "done INSERT", "prepared", "bound", "failed 42501", "ready I",
        ]  # fmt: skip
        assert own(story) == [one, "BEGIN", "(", RANGE, "back", ")", "ROLLBACK"]
        assert await story.asks(messages.query("select 1")) == ["shape value", "row plain", "done SELECT 1", "ready I"]


async def test_in_a_batch_the_portal_is_made_again_once_approved(story: Story) -> None:
    story.database.changed[RANGE] = 1001
    await story.asks(extended(RANGE, describe=False) + SYNC)
    story.desk.approve()
    heard = await story.hears()
    assert [line for line in heard if not line.startswith("notice")] == ["done UPDATE 1001", "ready I"]
    assert own(story) == ["BEGIN", "(", RANGE, "back", ")", RANGE, "COMMIT"]


async def test_a_statement_that_fails_fails_as_it_would(story: Story) -> None:
    story.database.fails[RANGE] = Failure("23505", "duplicate key")
    heard = await story.asks(messages.query(RANGE))
    assert heard[0].startswith("failed 23505")
    assert heard[1:] == ["ready I"]
    assert own(story) == ["BEGIN", RANGE, "ROLLBACK"]
    heard = await story.asks(extended(RANGE, describe=False) + SYNC)
    assert [line[:12] for line in heard] == ["prepared", "bound", "failed 23505", "ready I"]
    await story.asks(messages.query("begin"))
    assert [line[:12] for line in await story.asks(messages.query(RANGE))] == ["failed 23505", "ready E"]
    assert own(story)[-2:] == ["(", RANGE]


async def test_the_clients_own_begin_in_the_batch_is_the_clients(story: Story) -> None:
    batch = extended("begin", describe=False) + extended(RANGE, describe=False) + SYNC
    assert (await story.asks(batch))[-2:] == ["done UPDATE 1", "ready T"]
    assert own(story) == ["begin", "(", RANGE, ")"]
    batch = (
        extended(RANGE, describe=False) + extended("commit", describe=False) + extended(RANGE, describe=False) + SYNC
    )
    assert (await story.asks(batch))[-2:] == ["done UPDATE 1", "ready I"]
    assert own(story)[4:] == ["(", RANGE, ")", "commit", "BEGIN", "(", RANGE, ")", "COMMIT"]


async def test_a_simple_query_before_the_sync_ends_the_session(story: Story) -> None:
    await story.asks(extended(RANGE, describe=False), messages.flush())
    story.say(messages.query("select 1"))
    assert story.ended is not None
    assert "COMMIT" not in story.database.ran


# ---- the end of the transaction


async def test_a_constraint_that_fails_at_the_end_takes_the_place_of_the_tag(story: Story) -> None:
    returns(story, 2)
    story.database.fails["COMMIT"] = Failure("23503", "deferred")
    heard = await story.asks(messages.query(RETURNING))
    assert heard[:3] == ["shape id", "row 7", "row 7"]
    assert heard[3].startswith("failed 23503")
    assert heard[4] == "ready I" or heard[4] == "ready E"
    assert story.ledger.of(story.ledger.decisions[-1]).sqlstate == "23503"


async def test_at_the_sync_as_well(story: Story) -> None:
    story.database.fails["COMMIT"] = Failure("40001", "could not serialize")
    heard = await story.asks(extended(RANGE, describe=False) + SYNC)
    assert heard[:3] == ["prepared", "bound", "done UPDATE 1"]
    assert heard[3].startswith("failed 40001")
    assert heard[4] == "ready I"


# ---- copies


@pytest.fixture
async def loader() -> AsyncIterator[Story]:
    """A program: what a person loads is held before it begins."""
    async with opened(asker=ROBOT) as made:
        yield made


async def test_a_copy_is_counted_when_its_data_has_come(loader: Story) -> None:
    assert await loader.asks(messages.query(COPY)) == ["copy in"]
    heard = await loader.asks(messages.copy_data(b"1\n"), messages.copy_done())
    assert heard == ["done COPY 1", "ready I"]
    assert own(loader) == ["BEGIN", COPY, "COMMIT"]


async def test_a_copy_of_too_many_rows_is_taken_back_and_its_ticket_is_for_the_next_time(loader: Story) -> None:
    """Its data is gone: nobody waits here for the approval."""
    loader.database.changed[COPY] = 1001
    heard = await loader.asks(messages.query(COPY) + messages.copy_data(b"1\n") + messages.copy_done())
    assert [line[:12] for line in heard] == ["copy in", "failed 42501", "ready I"]
    assert own(loader) == ["BEGIN", COPY, "ROLLBACK"]
    loader.desk.approve()
    heard = await loader.asks(messages.query(COPY) + messages.copy_data(b"1\n") + messages.copy_done())
    assert heard == ["copy in", "done COPY 1001", "ready I"]
    assert own(loader) == ["BEGIN", COPY, "ROLLBACK", COPY]


async def test_an_extended_copy_too(loader: Story) -> None:
    batch = messages.parse(b"", COPY) + messages.bind(b"", b"") + messages.execute(b"") + SYNC
    heard = await loader.asks(batch)
    assert heard == ["prepared", "bound", "copy in"]
    assert await loader.asks(messages.copy_data(b"1\n"), messages.copy_done(), SYNC) == ["done COPY 1", "ready I"]
    assert own(loader) == ["BEGIN", "(", COPY, ")", "COMMIT"]


@pytest.mark.parametrize("end", [messages.copy_done(), messages.copy_fail("no")])
async def test_a_copy_that_fails_is_told_and_the_session_goes_on(loader: Story, end: bytes) -> None:
    loader.database.copy_fails_after = 3
    await loader.asks(messages.query(COPY))
    heard = await loader.asks(messages.copy_data(b"1\n2\n3\n"), end)
    assert [line.split()[0] for line in heard] == ["failed", "ready"]
    assert heard[-1] == "ready I"
    assert await loader.asks(messages.query("select 1")) == ["shape value", "row plain", "done SELECT 1", "ready I"]


async def test_who_leaves_behind_a_copy_leaves_it_done(loader: Story) -> None:
    loader.say(messages.query(COPY) + messages.copy_data(b"1\n") + messages.copy_done() + messages.terminate())
    await loader.play()
    assert own(loader) == ["BEGIN", COPY, "COMMIT"]


# ---- many statements in one text


async def test_beside_statements_that_only_read_it_is_counted(story: Story) -> None:
    story.database.changed[RANGE] = 1001
    (notice,) = await story.asks(messages.query(f"select 1; {RANGE}; select 2"))
    assert "more than 1,000 rows" in notice
    assert own(story) == ["BEGIN", "select 1", RANGE, "select 2", "ROLLBACK"]


@pytest.mark.parametrize(
    "text", [f"begin; {RANGE}; commit", f"{WIDE}; insert into orders (id) values (1)", f"{RANGE}; {WIDE}"]
)
async def test_beside_what_would_blur_the_count_it_is_refused(story: Story, text: str) -> None:
    heard = await story.asks(messages.query(text))
    assert heard[0].startswith("failed 0A000 a statement whose rows must be counted stands in one text with others")
    assert own(story) == []


# ---- the session's own end


async def test_a_session_that_ends_in_between_closes_its_record(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    story.database.changed[WIDE] = 3
    story.database.deeds[LOOK] = lambda: monkeypatch.setattr(story.database, "take", lambda: b"")
    await story.asks(messages.query(WIDE))
    assert own(story) == ["BEGIN", WIDE, "look"]
    assert story.ledger.answers == []
    story.relay.abandon("08006")
    assert story.ledger.of(story.ledger.decisions[-1]).sqlstate == "08006"


async def test_notices_come_in_their_place(story: Story) -> None:
    story.database.notices[RANGE] = {"S": "NOTICE", "V": "NOTICE", "C": "00000", "M": "a trigger spoke"}
    story.database.notices["COMMIT"] = {"S": "NOTICE", "V": "NOTICE", "C": "00000", "M": "a deferred one"}
    heard = await story.asks(messages.query(RANGE))
    assert heard == ["notice a trigger spoke", "notice a deferred one", "done UPDATE 1", "ready I"]


# ---- the glass


async def test_breaking_the_glass_for_its_rows_is_on_record_before_it_stands(tmp_path: Path) -> None:
    rules = tmp_path / "glass.cedar"
    rules.write_text(
        '@id("glass")\n@reason("who is on call answers for it")\n@hint("")\n'
        'permit (principal in Group::"oncall", action == Action::"break_glass", resource);\n'
    )
    olga = Identity("olga", Kind.HUMAN, frozenset({"oncall"}), "scram")
    async with opened(asker=olga, claims=Claims(reason="INC-42", break_glass=True)) as story:
        story.world._rules = Rules.load([rules])
        story.database.changed[RANGE] = 1001
        heard = await story.asks(messages.query(RANGE))
        assert heard[-2:] == ["done UPDATE 1001", "ready I"]
        assert own(story) == ["BEGIN", RANGE, "ROLLBACK", RANGE]
        assert [ticket.glass for ticket in story.desk.tickets.values()] == [True]
        assert story.ledger.decisions[-1].ticket == "T1"
