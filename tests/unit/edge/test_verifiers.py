"""The locks: each process makes the same one for a person, and a stranger's looks no different."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest

from proctor.edge.config import Config, Keys, KeySource, Person, Secret
from proctor.edge.verifiers import Locks, given_verifier, verifier_for
from proctor.wire.scram import Verifier

KEY = b"k" * 32
ALICE = Person("alice", password=Secret("pencil"))


def test_every_process_makes_the_same_verifier() -> None:
    bob = Person("bob", password=Secret("pencil"))
    assert verifier_for(ALICE, KEY) == verifier_for(ALICE, KEY)
    assert verifier_for(ALICE, KEY).salt != verifier_for(bob, KEY).salt
    assert verifier_for(ALICE, KEY).fits("pencil")
    assert not verifier_for(ALICE, KEY).fits("Pencil")


def test_a_given_verifier_stays_as_it_is() -> None:
    given = Verifier.make("pencil", b"another salt")
    assert verifier_for(Person("alice", password=Secret(str(given))), KEY) == given


@pytest.mark.parametrize("iterations", [1, 4095, 999_999_999])
def test_a_verifier_that_costs_too_little_or_too_much_is_refused(iterations: int) -> None:
    text = str(Verifier.make("pencil", b"salt", 1)).replace("$1:", f"${iterations}:")
    with pytest.raises(ValueError, match="iterations"):
        given_verifier(text)


def test_a_plain_password_is_no_verifier() -> None:
    assert given_verifier("pencil") is None


def test_a_stranger_meets_a_lock_like_any_other() -> None:
    """Otherwise a login tells who exists."""
    keys = Keys(*(KeySource(),) * 3)
    people = MappingProxyType({"alice": ALICE, "carl": Person("carl")})
    locks = Locks(Config(source=Path("p"), state=Path("s"), keys=keys, people=people), KEY)
    alice, stranger = locks.of("alice"), locks.of("nobody")
    assert (stranger.iterations, len(stranger.salt)) == (alice.iterations, len(alice.salt))
    assert locks.of("nobody") == stranger
    assert locks.of("alice") is alice
    assert not locks.of("carl").fits("")
