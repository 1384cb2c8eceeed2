"""Names of statements and portals: what SQL and the protocol do to them, and how it is taken back."""

from __future__ import annotations

import pytest

from proctor.session.namespace import MAX_NAMES, Namespace, Portal, Prepared
from proctor.terms import Effect


def prepared(text: str, source: str = "") -> Prepared:
    return Prepared(text, None, 1, source=source)


def held(names: Namespace) -> tuple[dict[bytes, str], dict[bytes, str]]:
    return {n: e.text for n, e in names.statements.items()}, {n: e.text for n, e in names.portals.items()}


@pytest.mark.parametrize(
    ("effect", "statements", "portals"),
    [
        (Effect("prepare", "t", text="select 2"), {b"s": "select 1", b"t": "select 2"}, {b"c": "select 3"}),
        (Effect("declare", "d", text="select 4"), {b"s": "select 1"}, {b"c": "select 3", b"d": "select 4"}),
        (Effect("deallocate", "s"), {}, {b"c": "select 3"}),
        (Effect("deallocate"), {}, {b"c": "select 3"}),
        (Effect("close", "c"), {b"s": "select 1"}, {}),
        (Effect("close"), {b"s": "select 1"}, {}),
        (Effect("discard"), {}, {}),
        (Effect("discard", "plans"), {b"s": "select 1"}, {b"c": "select 3"}),
        (Effect("begin"), {b"s": "select 1"}, {b"c": "select 3"}),
    ],
    ids=lambda each: f"{each.verb} {each.name}" if isinstance(each, Effect) else "",
)
def test_sql_changes_the_names_that_the_protocol_uses(
    effect: Effect, statements: dict[bytes, str], portals: dict[bytes, str]
) -> None:
    names = Namespace({b"s": prepared("select 1")}, {b"c": Portal("select 3", None, 1)})
    names.follow([effect], {}, "the statement", 2)
    assert held(names) == (statements, portals)


def test_what_is_undone_stands_as_before() -> None:
    names = Namespace({b"s": prepared("select 1")})
    undone = [
        names.drop(names.statements, b"s"),
        names.put(names.statements, b"s", prepared("select 2")),
        names.put(names.statements, b"t", prepared("select 3")),
    ]
    for undo in reversed(undone):
        undo.apply()
    assert held(names) == ({b"s": "select 1"}, {})


def test_a_transaction_takes_its_portals_along_but_not_cursors_with_hold_nor_those_of_later_batches() -> None:
    names = Namespace({}, {b"old": Portal("1", None, 1), b"new": Portal("2", None, 3)})
    names.follow([Effect("declare", "kept", text="3", flags=frozenset({"hold"}))], {}, "", 1)
    names.transaction_ended(2)
    assert set(names.portals) == {b"new", b"kept"}


def test_names_are_kept_only_where_the_server_lists_them_for_the_same_text() -> None:
    names = Namespace(
        {
            b"": prepared("select 0"),
            b"same": prepared("select 1"),
            b"other": prepared("select 2"),
            b"gone": prepared("select 3"),
            b"sql": prepared("select 4", source="prepare sql as select 4"),
        },
        {b"same": Portal("select 5", None, 1)},
    )
    names.keep(
        [
            ("s", "same", "select 1"),
            ("s", "other", "select 22"),
            ("s", "sql", "prepare sql as select 4;"),
            ("p", "gone", "select 3"),
            ("s", "proctor_own", "…"),
        ]
    )
    assert held(names) == ({b"": "select 0", b"same": "select 1", b"sql": "select 4"}, {})


def test_there_is_a_last_name() -> None:
    names = Namespace({b"%d" % n: prepared("") for n in range(MAX_NAMES - 1)})
    assert not names.full()
    names.put(names.portals, b"one more", Portal("", None, 1))
    assert names.full()
