"""What clients say of themselves goes into records and tickets: bounded, on clean lines, and without personal data."""

from __future__ import annotations

import pytest

from proctor.session.claimed import MAX_CLAIM, told
from proctor.session.comments import said_behind


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("INC-42", "INC-42"),
        ("billing", "billing"),
        ("close the account of ann.lee@example.com today", "close the account of [email] today"),
        ("card 4111 1111 1111 1111 was charged twice", "card [payment_card] was charged twice"),
        ("why\0not\x1b[31m\nnow", "whynot [31m now"),
        ("Grüße, 東京", "Grüße, 東京"),
    ],
)
def test_a_claim_is_kept_without_what_looks_like_personal_data(said: str, kept: str) -> None:
    assert told(said) == kept


def test_a_claim_has_an_end() -> None:
    assert len(told("x" * 5000)) == MAX_CLAIM
    assert len(told("a@b.example " * 500)) <= MAX_CLAIM


def test_a_claim_in_a_comment_is_kept_so_too() -> None:
    assert said_behind("select 1 /*reason='for ann.lee%40example.com',task='billing'*/") == ("for [email]", "billing")
