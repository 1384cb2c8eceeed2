"""What makes a session's view of names stale, case by case."""

from __future__ import annotations

import pytest

from proctor.session.view import View
from proctor.sql.catalog import Catalog
from proctor.sql.settings import SessionSettings
from proctor.terms import Claims, Effect

SHOP = Catalog("shop", 1, "e", {})
ROW = ('["pg_catalog", "public"]', "app", "app", None, "150004", "UTF8", "on", "INC-42", None, None, None, None)
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def clean(**fields: object) -> View:
    view = View(SessionSettings(("pg_temp", "pg_catalog"), "app"), Claims(), dirty=False, private=SHOP)
    for name, value in fields.items():
        setattr(view, name, value)
    return view


@pytest.mark.parametrize(
    ("effect", "before", "dirty", "private"),
    [
        ("set", {}, True, True),
        ("set_local", {}, True, True),
        ("reset", {}, True, True),
        ("discard", {}, True, False),
        ("define", {}, True, False),
        ("begin", {}, False, True),
        ("prepare", {}, False, True),
        ("commit", {}, False, True),
        ("commit", {"unsettled": True}, True, True),
        ("rollback_to", {"unsettled": True}, True, True),
        ("rollback_to", {"defined": True}, False, False),
        ("rollback", {"defined": True, "unsettled": True}, True, False),
    ],
)
def test_a_statement_makes_stale_what_it_may_change(
    effect: str, before: dict[str, object], dirty: bool, private: bool
) -> None:
    view = clean(**before)
    view.follow([Effect(effect)], opaque=False, temporary=False)
    assert (view.dirty, view.private is not None) == (dirty, private)


def test_a_session_that_once_chose_its_plans_is_known_for_it() -> None:
    view = clean()
    view.follow([Effect("set", "work_mem", "1GB")], opaque=False, temporary=False)
    view.learn(ROW, ("pg_catalog", "public"), Claims())
    assert not view.settings.steered
    view.follow([Effect("set_local", "enable_seqscan", "off")], opaque=False, temporary=False)
    for verb in ("rollback", "discard"):
        view.follow([Effect(verb)], opaque=False, temporary=False)
        view.learn(ROW, ("pg_catalog", "public"), Claims())
        assert view.settings.steered


def test_what_is_not_seen_through_may_change_everything() -> None:
    view = clean()
    view.follow([], opaque=True, temporary=False)
    assert view.dirty and view.unsettled and view.defined and view.unsure
    assert view.private is None


@pytest.mark.parametrize(
    ("fields", "in_transaction", "dirty"),
    [
        ({}, False, False),
        ({"unsettled": True}, False, True),
        ({"defined": True}, False, True),
        ({"unsettled": True}, True, False),
        ({"unsettled": True, "closing": True}, True, True),
    ],
)
def test_a_batch_that_may_have_been_a_transaction_is_not_believed(
    fields: dict[str, object], in_transaction: bool, dirty: bool
) -> None:
    view = clean(**fields)
    view.batch_ended(in_transaction=in_transaction)
    assert view.dirty is dirty


@pytest.mark.parametrize("quiet", [True, False])
def test_the_end_of_a_transaction_settles_only_what_is_not_under_way(quiet: bool) -> None:
    view = clean(defined=True, unsettled=True)
    assert view.ended(quiet=quiet)
    assert view.dirty
    assert (view.defined, view.unsettled) == (not quiet, not quiet)


def test_an_end_without_a_change_costs_nothing() -> None:
    view = clean()
    assert not view.ended(quiet=True)
    assert not view.dirty
    assert view.private is SHOP


def test_the_servers_word_becomes_the_settings_and_the_claims() -> None:
    view = clean(dirty=True)
    view.learn(ROW, ("pg_catalog", "public"), Claims(reason="at the start", application="psql"))
    assert view.settings == SessionSettings(("pg_temp", "pg_catalog", "public"), "app", 150004)
    assert view.claims == Claims(reason="INC-42", application="psql")
    assert not view.dirty
    assert not view.temporary


def test_a_temporary_schema_stands_where_the_path_has_it_and_is_remembered() -> None:
    view = clean()
    view.learn((ROW[0], "app", "app", "pg_temp_3", *ROW[4:]), ("pg_catalog", "public", "pg_temp_3"), Claims())
    assert view.settings.path == ("pg_catalog", "public", "pg_temp")
    assert view.temporary


def test_a_claim_is_cut_where_prose_ends() -> None:
    view = clean()
    view.learn((*ROW[:7], "x" * 5000, None, None, None, None), ("public",), Claims())
    assert view.claims.reason == "x" * 1000


@pytest.mark.parametrize(
    ("said", "started", "broken"),
    [(None, False, False), (None, True, True), ("on", False, True), ("off", True, False), ("", True, True)],
)
def test_the_glass_is_broken_by_the_setting_or_else_from_the_start(
    said: str | None, started: bool, broken: bool
) -> None:
    view = clean()
    view.learn((*ROW[:10], said, None), ("public",), Claims(break_glass=started))
    assert view.claims.break_glass is broken


@pytest.mark.parametrize(
    ("said", "started", "joined"),
    [
        (TRACE, None, TRACE),
        (None, TRACE, TRACE),
        ("", TRACE, TRACE),
        (TRACE, TRACE.replace("4bf9", "0af7"), TRACE),
        ("00-1-1", TRACE, None),
        (f"{TRACE}; select 1", None, None),
    ],
)
def test_a_trace_is_that_of_the_setting_or_else_of_the_start(
    said: str | None, started: str | None, joined: str | None
) -> None:
    view = clean()
    view.learn((*ROW[:11], said), ("public",), Claims(trace=started))
    assert view.claims.trace == joined
