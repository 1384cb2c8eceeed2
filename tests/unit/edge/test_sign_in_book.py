"""Which tokens are dead before their time, and which sessions fall with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from proctor.edge.live_sessions import LiveSession
from proctor.edge.sign_in_book import KEPT, End, What
from proctor.edge.store import Store
from proctor.edge.tokens import Proven, prove
from proctor.terms import Kind, SessionId
from tests.unit.edge.issuing import NOW, RSA, URL, claims, issuer, sign

ALICE = prove(sign(claims(sid="s-1")), [issuer()], [RSA], NOW)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path, migrate=True) as made:
        yield made


def opened(store: Store, name: str, proven: Proven = ALICE) -> None:
    session = SessionId(name)
    store.sessions.opened(LiveSession(session, "w", "alice", Kind.HUMAN, None, "shop", None, None, "here", NOW))
    store.sign_ins.opened(session, proven.sign_in)


def end(what: What, value: str, **changes: object) -> End:
    return replace(End(URL, what, value, NOW, "corp", "left"), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "said", [end(What.PERSON, "alice"), end(What.SESSION, "s-1"), end(What.TOKEN, "t-1")], ids=lambda each: each.what
)
def test_a_token_dies_by_its_person_its_session_or_its_own_name(store: Store, said: End) -> None:
    opened(store, "one")
    assert not store.sign_ins.ended(ALICE.sign_in)
    store.sign_ins.end([said])
    assert store.sign_ins.ended(ALICE.sign_in)
    assert store.sign_ins.fallen(said) == ("one",)


@pytest.mark.parametrize(
    "said",
    [
        end(What.PERSON, "bob"),
        end(What.SESSION, "s-2"),
        end(What.TOKEN, "alice"),
        end(What.PERSON, "alice", issuer="https://other.test"),
        end(What.PERSON, "alice", at=ALICE.issued - timedelta(seconds=1)),
    ],
)
def test_nobody_elses_end_is_a_tokens(store: Store, said: End) -> None:
    store.sign_ins.end([said])
    assert not store.sign_ins.ended(ALICE.sign_in)


def test_what_a_token_does_not_say_ends_nothing(store: Store) -> None:
    silent = replace(ALICE, session_id="")
    store.sign_ins.end([end(What.SESSION, "")])
    assert not store.sign_ins.ended(silent.sign_in)


def test_a_later_end_counts_more_than_an_earlier_one(store: Store) -> None:
    store.sign_ins.end([end(What.PERSON, "alice", at=NOW - timedelta(hours=1)), end(What.PERSON, "alice")])
    assert store.sign_ins.ended(ALICE.sign_in)


def test_a_word_is_taken_once(store: Store) -> None:
    word = end(What.TOKEN, "logout l-1")
    assert store.sign_ins.first(word)
    assert not store.sign_ins.first(word)


def test_sessions_that_are_closed_do_not_fall_and_are_forgotten(store: Store) -> None:
    opened(store, "one")
    assert store.sign_ins.token_of("one") == (URL, "t-1")
    store.sessions.closed(SessionId("one"))
    assert store.sign_ins.fallen(end(What.PERSON, "alice")) == ()
    store.sign_ins.tidy(NOW)
    assert store.sign_ins.token_of("one") is None


def test_an_end_is_kept_for_as_long_as_a_token_could_live(store: Store) -> None:
    store.sign_ins.end([end(What.PERSON, "alice")])
    store.sign_ins.tidy(NOW + KEPT)
    assert store.sign_ins.ended(ALICE.sign_in)
    store.sign_ins.tidy(NOW + KEPT + timedelta(seconds=1))
    assert not store.sign_ins.ended(ALICE.sign_in)
