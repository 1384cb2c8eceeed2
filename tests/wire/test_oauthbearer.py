"""OAUTHBEARER, from the server's side: what a client may say, and what it hears."""

from __future__ import annotations

import json

import pytest

from proctor.wire.oauthbearer import MAX_INITIAL, parse_initial, refusal


def test_a_token_is_taken_out_of_the_message() -> None:
    assert parse_initial(b"n,,\x01auth=Bearer abc.DEF-1_2~3+/==\x01\x01") == "abc.DEF-1_2~3+/=="
    assert parse_initial(b"y,,\x01host=db\x01port=5432\x01auth=bearer  x\x01\x01") == "x"


def test_a_client_without_a_token_asks_where_they_are_to_be_had() -> None:
    assert parse_initial(b"n,,\x01auth=\x01\x01") is None


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"n,,",
        b"n,,\x01",
        b"n,,\x01\x01",
        b"p=tls-server-end-point,,\x01auth=Bearer x\x01\x01",
        b"n,a=root,\x01auth=Bearer x\x01\x01",
        b"n\x01auth=Bearer x\x01\x01",
        b"n,,\x01auth=Bearer x\x01",
        b"n,,\x01auth=Bearer x",
        b"n,,\x01auth=Bearer x\x01auth=Bearer y\x01\x01",
        b"n,,\x01auth=Basic x\x01\x01",
        b"n,,\x01auth=Bearer\x01\x01",
        b"n,,\x01auth=Bearer x y\x01\x01",
        b"n,,\x01auth=Bearer \xff\x01\x01",
        b"n,,\x01auth\x01\x01",
        b"n,,\x01host=db\x01\x01",
        b"n,,\x01auth=Bearer " + b"x" * MAX_INITIAL + b"\x01\x01",
    ],
    ids=range(17),
)
def test_every_other_message_is_malformed(message: bytes) -> None:
    with pytest.raises(ValueError, match="OAUTHBEARER"):
        parse_initial(message)


def test_a_refusal_says_where_tokens_are_to_be_had() -> None:
    assert json.loads(refusal("https://a.test/.well-known/openid-configuration", "openid email")) == {
        "status": "invalid_token",
        "openid-configuration": "https://a.test/.well-known/openid-configuration",
        "scope": "openid email",
    }
