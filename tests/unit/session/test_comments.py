"""Claims in the comment behind a statement: those of sqlcommenter, decoded and bounded, and nothing else."""

from __future__ import annotations

import pytest

from proctor.session.comments import said_behind


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("select 1 /*reason='INC-42'*/", ("INC-42", None)),
        ("select 1 /*reason='INC-42',task='debug%20order'*/", ("INC-42", "debug order")),
        ("select 1 /* task='a' , traceparent='00-5bd6-01' */ ;\n", (None, "a")),
        ("select 1 /*reason='it\\'s%27so'*/;", ("it's'so", None)),
        ("select 1 /*reason='%C3%A9t%C3%A9'*/", ("été", None)),
        ("select 1 /*a='1'*/ /*reason='last'*/", ("last", None)),
        ("select 1 -- /*reason='still a comment'*/", ("still a comment", None)),
    ],
)
def test_a_reason_and_a_task_are_read(text: str, said: tuple[str | None, str | None]) -> None:
    assert said_behind(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "select 1",
        "/*reason='in front'*/ select 1",
        "select '/*reason=''x''*/'",
        "select 1 /*traceparent='00-5bd6-01',route='%2Fpolls'*/",
        "select 1 /*on_behalf_of='bob'*/",
        "select 1 /*reason=INC-42*/",
        "select 1 /*reason='x' and prose*/",
        "select 1 /*reason='x',*/",
        "select 1 /*reason=''*/",
        "select 1 /* /*reason='x'*/ */",
        "*/",
        "/*/",
        "",
        "select 1 /*" + "a='" + "x" * 9000 + "'*/",
    ],
)
def test_everything_else_says_nothing(text: str) -> None:
    assert said_behind(text) is None


def test_a_claim_is_cut_to_a_thousand_characters() -> None:
    assert said_behind(f"select 1 /*reason='{'x' * 3000}'*/") == ("x" * 1000, None)


def test_what_is_decoded_holds_no_zero_byte() -> None:
    assert said_behind("select 1 /*reason='a%00b'*/") == ("ab", None)
