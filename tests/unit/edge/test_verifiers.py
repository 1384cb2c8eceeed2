"""The locks: verifiers of passwords, as PostgreSQL writes them."""

from __future__ import annotations

import pytest

from proctor.edge.config import Person, Secret
from proctor.edge.verifiers import (
    decoy_verifier,
    make_verifier,
    parse_verifier,
    password_fits,
    saslprep,
    verifier_for,
)

KEY = b"k" * 32


def test_the_example_of_the_rfc_is_met() -> None:
    """RFC 7677: the server's signature of the example follows from this ServerKey."""
    import hmac
    from base64 import b64decode, b64encode

    salt = b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    verifier = make_verifier("pencil", salt, iterations=4096)
    message = (
        "n=user,r=rOprNGfwEbeRWgbNEkqO,"
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    )
    signature = hmac.digest(verifier.server_key, message.encode(), "sha256")
    assert b64encode(signature) == b"6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def test_a_verifier_survives_its_text() -> None:
    verifier = make_verifier("pencil", b"salt")
    assert parse_verifier(str(verifier)) == verifier


@pytest.mark.parametrize(
    "text",
    ["", "pencil", "SCRAM-SHA-256$4096:c2FsdA==$x:y", "SCRAM-SHA-256$1" + str(make_verifier("p", b"s"))[18:]],
)
def test_what_is_no_verifier_is_none(text: str) -> None:
    assert parse_verifier(text) is None


def test_only_the_password_itself_fits() -> None:
    verifier = str(make_verifier("pencil", b"salt"))
    assert password_fits(verifier, "pencil")
    assert not password_fits(verifier, "Pencil")
    assert not password_fits("pencil", "pencil")


def test_every_process_makes_the_same_verifier() -> None:
    alice = Person("alice", password=Secret("pencil"))
    bob = Person("bob", password=Secret("pencil"))
    assert verifier_for(alice, KEY) == verifier_for(alice, KEY)
    assert verifier_for(alice, KEY) != verifier_for(bob, KEY)
    assert password_fits(verifier_for(alice, KEY), "pencil")


def test_a_given_verifier_stays_as_it_is() -> None:
    given = str(make_verifier("pencil", b"another salt"))
    assert verifier_for(Person("alice", password=Secret(given)), KEY) == given


def test_a_stranger_looks_like_somebody_with_a_password() -> None:
    """Otherwise a login tells who exists."""
    decoy = parse_verifier(decoy_verifier("nobody", KEY))
    real = parse_verifier(verifier_for(Person("alice", password=Secret("x")), KEY))
    assert decoy is not None
    assert real is not None
    assert (decoy.iterations, len(decoy.salt)) == (real.iterations, len(real.salt))
    assert verifier_for(Person("nobody"), KEY) == str(decoy)
    assert decoy_verifier("nobody", KEY) == str(decoy)


@pytest.mark.parametrize(
    ("given", "prepared"),
    [
        pytest.param("I\u00adX", "IX", id="mapped to nothing"),
        pytest.param("\u00aa", "a", id="NFKC"),
        pytest.param("a\u00a0b", "a b", id="a space is a space"),
        pytest.param("\u0007", "\u0007", id="prohibited: as it is"),
        pytest.param("\u0627\u0031", "\u0627\u0031", id="bidi trouble: as it is"),
    ],
)
def test_saslprep_is_applied_as_the_server_does(given: str, prepared: str) -> None:
    assert saslprep(given) == prepared
