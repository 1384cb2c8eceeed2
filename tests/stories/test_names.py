"""One namespace for the protocol's names and SQL's, and what a name means when its statement runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proctor.terms import Allow, Classified, DataClass
from proctor.wire import messages
from tests.stories.honest import SECRET, Cursor, Failure, Plan, Result
from tests.stories.house import HARMLESS, Story, catalog, data_map
from tests.stories.test_way_of_a_statement import extended

SYNC = messages.sync()
UPPER = "select upper(email) from customers"  # an expression: the server does not say which column it is of


async def query(story: Story, *texts: str) -> list[str]:
    heard = []
    for text in texts:
        heard += await story.asks(messages.query(text))
    return heard


# ---- one namespace


async def test_sql_executes_what_sql_prepared_under_its_masks(story: Story) -> None:
    heard = await query(story, f"prepare s as {UPPER}", "execute s")
    assert heard[-1] == "ready I"
    assert story.ran[-1] == UPPER
    assert SECRET not in story.heard


async def test_sql_executes_what_the_protocol_prepared_under_its_masks(story: Story) -> None:
    await story.asks(messages.parse(b"s", UPPER), SYNC)
    assert "done SELECT 1" in await query(story, "execute s")
    assert SECRET not in story.heard


async def test_the_protocol_binds_what_sql_prepared_under_its_masks(story: Story) -> None:
    await query(story, f"prepare s as {UPPER}")
    assert "done SELECT 1" in await story.asks(messages.bind(b"", b"s"), messages.execute(b""), SYNC)
    assert SECRET not in story.heard


async def test_the_protocol_fetches_from_a_cursor_of_sql_under_its_masks(story: Story) -> None:
    await query(story, "begin", f"declare c cursor for {UPPER}", "fetch 1 from c")
    assert story.ran[-1] == UPPER
    assert SECRET not in story.heard


async def test_what_is_deallocated_cannot_be_executed(story: Story) -> None:
    await query(story, f"prepare s as {HARMLESS}", "deallocate s")
    heard = await story.asks(messages.bind(b"", b"s"), SYNC)
    assert heard[0].startswith("failed 26000")
    heard = await query(story, "execute s")
    assert heard[0].startswith("failed")


async def test_a_denied_statement_cannot_be_prepared_and_executed(story: Story) -> None:
    await query(story, f"prepare s as {HARMLESS}")
    heard = await query(story, "deallocate s; prepare s as delete from orders; execute s")
    assert heard[0].startswith("failed 42501")
    assert "delete from orders" not in story.ran


async def test_a_name_made_anew_by_sql_in_flight_is_waited_for(story: Story) -> None:
    await story.asks(messages.parse(b"s", HARMLESS), SYNC)
    story.say(messages.query("deallocate s"), messages.query(f"prepare s as {UPPER}"))
    heard = await story.asks(messages.bind(b"", b"s"), messages.execute(b""), SYNC)
    assert heard[-1] == "ready I"
    assert SECRET not in story.heard


async def test_a_statement_replaced_in_flight_never_lends_its_decision(story: Story) -> None:
    """The second batch fails before its Parse is heard: the name keeps what it had, and Bind is judged as that."""
    story.database.fails_at_parse["select 13"] = Failure("42601", "no")
    await story.asks(messages.parse(b"", UPPER), SYNC)
    await story.asks(
        messages.parse(b"x", "select 13"), messages.parse(b"", HARMLESS), SYNC,
        messages.bind(b"", b""), messages.execute(b""), SYNC,
    )  # fmt: skip
    assert SECRET not in story.heard
    assert all(text in story.decided(Allow) for text in story.ran)


async def test_a_close_that_an_error_skipped_has_not_closed(story: Story) -> None:
    story.database.fails_at_parse["select 13"] = Failure("42601", "no")
    await story.asks(messages.parse(b"s", HARMLESS), SYNC)
    await story.asks(messages.parse(b"", "select 13"), messages.close(b"S", b"s"), messages.parse(b"s", UPPER), SYNC)
    heard = await story.asks(messages.bind(b"", b"s"), messages.execute(b""), SYNC)
    assert "row plain" in heard
    assert story.ran == [HARMLESS]


async def test_a_name_in_use_is_not_taken_twice(story: Story) -> None:
    heard = await story.asks(messages.parse(b"s", HARMLESS), messages.parse(b"s", UPPER), SYNC)
    assert [line.split()[:2] for line in heard] == [["prepared"], ["failed", "42P05"], ["ready", "I"]]


@pytest.mark.parametrize(
    "said",
    [
        messages.parse(b"proctor_own", "select 1"),
        messages.parse(b"", "select 1") + messages.bind(b"proctor_own", b""),
        messages.query("prepare proctor_own as select 1"),
        messages.query("begin; declare proctor_own cursor for select 1"),
    ],
    ids=["parse", "bind", "prepare", "declare"],
)
async def test_no_client_uses_the_gateways_own_name(story: Story, said: bytes) -> None:
    heard = await story.asks(said, SYNC)
    assert any(line.startswith("failed 42") for line in heard)
    assert "row plain" in await story.asks(messages.query("set search_path = public"), messages.query("select 1"))


@pytest.mark.parametrize("kind", [b"S", b"P"])
async def test_a_name_that_the_server_would_cut_short_is_refused(story: Story, kind: bytes) -> None:
    """The server keeps 63 bytes: two long names that we hold for different are one to it."""
    long = b"n" * 64
    if kind == b"S":
        heard = await story.asks(messages.parse(long, HARMLESS), SYNC)
    else:
        heard = await story.asks(messages.parse(b"", HARMLESS), messages.bind(long, b""), SYNC)
    assert "failed 42622" in " ".join(heard)
    assert "failed 42622" in " ".join(await story.asks(messages.close(kind, long), SYNC))


async def test_names_of_portals_do_not_pile_up(story: Story) -> None:
    for n in range(20):
        await story.asks(extended("select 1", portal=b"p%d" % n), SYNC)
    assert len(story.relay.names.portals) <= 1


# ---- what a name means


@pytest.fixture
def other(story: Story) -> Story:
    """There is another schema with a customers of its own, which holds nothing."""
    story.world.becomes(catalog("public", "other", epoch="2"), data_map("public", "other", version=2))
    story.database.customers = {"public": True, "other": False}
    return story


async def test_a_path_that_is_set_is_read_back_before_the_next_judgement(other: Story) -> None:
    assert "row plain" in await query(other, "set search_path = other", UPPER)
    await query(other, "set search_path = public", UPPER)
    assert SECRET not in other.heard


@pytest.mark.parametrize("end", ["rollback", "rollback to a", "commit"])
async def test_a_path_set_in_a_transaction_is_read_back_when_the_transaction_gives_it_up(
    other: Story, end: str
) -> None:
    await query(other, "begin", "savepoint a", "set local search_path = other", UPPER, end, UPPER)
    assert SECRET not in other.heard


async def test_a_path_set_in_a_batch_that_fails_is_read_back(other: Story) -> None:
    """The batch is a transaction by itself: its error takes the path back, and nobody has said ROLLBACK."""
    other.database.fails["select 13"] = Failure("22012", "no")
    await other.asks(extended("set search_path = other"), extended(UPPER), extended("select 13"), SYNC)
    await other.asks(extended(UPPER), SYNC)
    assert SECRET not in other.heard


async def test_a_path_set_and_given_up_in_flight_is_read_back(other: Story) -> None:
    other.database.fails["select 13"] = Failure("22012", "no")
    await query(other, "select 1")
    other.say(messages.query("select 2"))
    other.say(extended("set search_path = other"), extended(UPPER))
    await other.play()
    await other.asks(extended("select 13"), SYNC)
    await other.asks(messages.query(UPPER))
    assert SECRET not in other.heard


@pytest.mark.parametrize("end", ["rollback", "commit", "rollback to a"])
async def test_what_follows_the_end_of_a_transaction_in_one_text_is_not_judged_by_what_ends(
    other: Story, end: str
) -> None:
    await query(other, "begin", "savepoint a", "set local search_path = other", UPPER)
    await query(other, f"{end}; {UPPER}")
    assert SECRET not in other.heard


async def test_what_follows_a_set_in_one_text_is_judged_by_it_or_refused(other: Story) -> None:
    await query(other, "set search_path = other")
    await query(other, f"set search_path = public; {UPPER}")
    assert SECRET not in other.heard


async def test_a_portal_keeps_the_meaning_it_was_bound_with(other: Story) -> None:
    """Under the new path the text means another table; the portal still reads the old one."""
    await query(other, "begin")
    await other.asks(messages.parse(b"", UPPER), messages.bind(b"p", b""), SYNC)
    await query(other, "set search_path = other")
    await other.asks(messages.execute(b"p"), SYNC)
    assert UPPER in other.ran
    assert SECRET not in other.heard


async def test_a_cursor_keeps_the_meaning_it_was_declared_with(other: Story) -> None:
    await query(other, "begin", f"declare c cursor for {UPPER}", "set search_path = other", "fetch 1 from c")
    assert UPPER in other.ran
    assert SECRET not in other.heard


async def test_a_prepared_statement_follows_the_path_as_the_server_does(other: Story) -> None:
    await query(other, "set search_path = other")
    await other.asks(messages.parse(b"s", UPPER), SYNC)
    await query(other, "set search_path = public")
    await other.asks(messages.bind(b"", b"s"), messages.execute(b""), SYNC)
    assert UPPER in other.ran
    assert SECRET not in other.heard


@pytest.mark.parametrize("how", ["protocol", "sql"])
async def test_a_prepared_statement_is_not_taken_for_a_table_that_came_after_it(story: Story, how: str) -> None:
    """The server keeps its plan while the path is the same, whatever has come to stand in front of its tables."""
    await query(story, "create temp table first (id int)")
    if how == "protocol":
        await story.asks(messages.parse(b"s", UPPER), SYNC)
    else:
        await query(story, f"prepare s as {UPPER}")
    shadow = catalog("public", "pg_temp", epoch="2")
    story.world.own, story.world.classified = shadow, data_map("public", "pg_temp", version=2)
    await query(story, "create temp table customers (id int, email text, name text, born date)")
    if how == "protocol":
        heard = await story.asks(messages.bind(b"", b"s"), messages.execute(b""), SYNC)
    else:
        heard = await query(story, "execute s")
    assert SECRET not in story.heard
    assert heard[0].startswith("failed 0A000 cached plan must not change result type")


async def test_a_temporary_table_that_a_savepoint_takes_back_no_longer_stands_for_its_name(story: Story) -> None:
    story.world.own, story.world.classified = catalog("public", "pg_temp", epoch="2"), data_map("public", "pg_temp")
    await query(story, "begin", "savepoint a", "create temp table customers (id int, email text)", UPPER)
    story.world.own = catalog()
    await query(story, "rollback to a", UPPER)
    assert story.ran[-1] == UPPER
    assert SECRET not in story.heard


async def test_uncommitted_ddl_is_seen_by_its_own_session_only_through_its_own_eyes(story: Story) -> None:
    await query(story, "begin", "create temp table scratch (id int)", "select 1")
    assert story.world.looked == 1


async def test_ddl_by_others_is_learnt_before_the_next_judgement(story: Story) -> None:
    await query(story, HARMLESS)
    before = story.world.refreshed
    story.world.becomes(catalog(epoch="2"))
    assert "row plain" in await query(story, HARMLESS)
    assert story.world.refreshed == before + 1


async def test_a_schema_of_the_path_that_others_make_is_noticed(other: Story) -> None:
    """No SET of this session tells: the path names a schema that was not there."""
    other.database.customers = {"public": True}
    other.world.becomes(catalog(epoch="3"))
    await query(other, "set search_path = other, public", UPPER)
    other.database.customers["other"] = False
    other.world.becomes(catalog("public", "other", epoch="4"))
    learnt = sum("proctor.task" in text for text in other.database.ran)
    await query(other, UPPER)
    assert sum("proctor.task" in text for text in other.database.ran) == learnt + 1
    assert SECRET not in other.heard


async def test_the_epoch_is_raised_before_ddl_leaves_and_again_when_it_ends(story: Story) -> None:
    text = "create temp table scratch (id int)"
    await query(story, text)
    raised = [i for i, e in enumerate(story.events) if e[0] == "epoch"]
    assert raised[0] < story.left("create temp") < raised[-1]


# ---- failed transactions


async def test_a_failed_transaction_whose_names_must_be_learnt_again_allows_its_rollback_only(other: Story) -> None:
    other.database.fails["select 13"] = Failure("22012", "no")
    await query(other, "begin", "set search_path = other", "select 13")
    other.world.becomes(catalog("public", "other", epoch="5"))
    assert (await query(other, UPPER))[0].startswith("failed 25P02")
    assert await query(other, "rollback") == ["done ROLLBACK", "ready I"]
    assert "done SELECT 1" in await query(other, UPPER)
    assert SECRET not in other.heard


async def test_a_transaction_with_ddl_that_failed_can_be_rolled_back(story: Story) -> None:
    story.database.fails["create temp table scratch (id int)"] = Failure("42P07", "already exists")
    await query(story, "begin", "create temp table scratch (id int)")
    assert await query(story, "rollback") == ["done ROLLBACK", "ready I"]
    assert "row plain" in await query(story, HARMLESS)


async def test_a_session_in_another_encoding_is_not_served(story: Story) -> None:
    story.database.encoding = "SJIS"
    assert (await query(story, HARMLESS))[0].startswith("failed 0A000")
    assert story.ran == []


async def test_an_answer_under_way_while_others_change_the_catalog_is_not_lost(story: Story) -> None:
    await query(story, HARMLESS, UPPER)
    story.say(messages.query(UPPER))
    await story.play(silent=True)
    story.world.becomes(catalog(epoch="2"))
    assert (await story.hears())[-1] == "ready I"
    assert story.ended is None
    assert SECRET not in story.heard


async def test_a_statement_whose_meaning_changes_while_its_record_waits_is_not_run(story: Story) -> None:
    text = "select upper(note), upper(email) from orders join customers on orders.id = customers.id where orders.id = 1"
    await query(story, "select 1")
    story.ledger.disk.clear()
    story.say(messages.query(text))
    await story.play()
    held = story.world.classified.findings
    noted = {c: (replace(f, data_class=DataClass("free_text")) if c.name == "note" else f) for c, f in held.items()}
    story.world.becomes(catalog(epoch="2"), Classified(noted, version=2))
    story.ledger.disk.set()
    heard = await story.hears()
    assert heard[0].startswith("failed 40001")
    assert text not in story.ran


async def test_ddl_that_a_commit_and_chain_ends_raises_the_epoch(story: Story) -> None:
    await query(story, "begin", "create temp table scratch (id int)")
    before = sum(e[0] == "epoch" for e in story.events)
    await query(story, "commit and chain")
    assert sum(e[0] == "epoch" for e in story.events) > before


async def test_a_temporary_schema_that_nobody_saw_being_made_is_noticed(story: Story) -> None:
    story.database.temporary_schema = "pg_temp_3"
    await query(story, "select 1")
    assert story.world.looked == 1


async def test_rows_behind_a_description_that_said_there_are_none_end_the_session(story: Story) -> None:
    await query(story, "select 1")
    text = "select note from orders where id = 2"
    story.database.results[text] = Result(None, [(SECRET,)], "SELECT 1")
    await story.asks(extended(text), SYNC)
    assert story.ended is not None
    assert SECRET not in story.heard


@pytest.mark.parametrize("what", ["temp", "all"])
async def test_temporary_tables_that_are_discarded_no_longer_stand_for_their_names(story: Story, what: str) -> None:
    story.world.own, story.world.classified = catalog("public", "pg_temp", epoch="2"), data_map("public", "pg_temp")
    await query(story, "create temp table customers (id int, email text)", UPPER)
    story.world.own = catalog()
    await query(story, f"discard {what}", UPPER)
    assert story.ran[-1] == UPPER
    assert SECRET not in story.heard


async def test_discarding_plans_keeps_prepared_statements(story: Story) -> None:
    await query(story, f"prepare s as {HARMLESS}", "discard plans")
    story.database.plans.setdefault(b"s", Plan(HARMLESS, ("public",), secret=False))
    assert "row plain" in await query(story, "execute s")


@pytest.mark.parametrize("how", ["protocol", "sql", "cursor"])
async def test_a_function_that_prepares_behind_our_back_does_not_lend_a_name_another_meaning(
    story: Story, how: str
) -> None:
    """What runs inside DO is not seen: afterwards the server is asked which names it has, and for which texts."""
    deed = "do 'prepares s anew'"
    evil = Plan(UPPER, ("public",), secret=True, source=UPPER)
    await query(story, "begin", *([f"prepare s as {HARMLESS}"] if how == "sql" else []), f"prepare t as {HARMLESS}")
    if how == "protocol":
        await story.asks(messages.parse(b"s", HARMLESS), SYNC)
    if how == "cursor":
        await query(story, f"declare s cursor for {HARMLESS}")
        story.database.deeds[deed] = lambda: story.database.cursors.update({b"s": Cursor(UPPER, True, UPPER)})
    else:
        story.database.deeds[deed] = lambda: story.database.plans.update({b"s": evil})
    story.say(messages.query(deed))
    await story.play()
    story.desk.approve()
    await story.hears()
    assert deed in story.ran
    await query(story, "fetch 1 from s" if how == "cursor" else "execute s")
    assert SECRET not in story.heard
    assert "row plain" in await query(story, "rollback", "execute t"), "an honest name stays"


async def test_a_close_that_is_undone_does_not_bring_back_what_sql_has_replaced_meanwhile(story: Story) -> None:
    story.database.fails_at_parse["select 13"] = Failure("42601", "no")
    await query(story, f"prepare s as {HARMLESS}")
    await query(story, HARMLESS)
    story.say(messages.query(f"deallocate s; prepare s as {UPPER}"))
    await story.play(silent=True)
    story.say(messages.parse(b"x", "select 13"), messages.close(b"S", b"s"), SYNC)
    await story.hears()
    await story.asks(messages.bind(b"", b"s"), messages.execute(b""), SYNC)
    assert story.ran[-1] == UPPER
    assert SECRET not in story.heard


@pytest.mark.parametrize("how", ["at its parse", "at the sync", "in a query"])
async def test_a_path_that_a_failed_batch_takes_back_is_not_believed_by_the_batch_behind_it(
    other: Story, how: str
) -> None:
    """The second batch is judged while nobody knows yet how the first one, a transaction by itself, has ended."""
    setting = extended("set search_path = other")
    if how == "at its parse":
        other.database.fails_at_parse["select 13"] = Failure("42601", "no")
        batch = setting + extended("select 13") + SYNC
    elif how == "at the sync":
        other.database.deferred = Failure("23505", "duplicate key")
        batch = setting + extended(UPPER) + SYNC
    else:
        other.database.fails["select 13"] = Failure("22012", "no")
        batch = setting + extended(HARMLESS) + messages.query("select 13")
    await other.asks(batch, extended(UPPER), SYNC)
    assert other.ran[-1] == UPPER
    assert SECRET not in other.heard


async def test_a_name_that_sql_is_about_to_make_is_waited_for(story: Story) -> None:
    await query(story, HARMLESS)
    story.say(extended(f"prepare s as {HARMLESS}"), SYNC)
    assert "row plain" in await query(story, "execute s")
