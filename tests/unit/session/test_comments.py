"""Claims in the comment behind a statement: those of sqlcommenter, decoded and bounded, and nothing else."""

from __future__ import annotations

import pytest

from proctor.session.comments import said_behind, trace_behind


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


TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    "text",
    [
        f"select 1 /*traceparent='{TRACE}'*/",
        f"select 1 /*reason='INC-42',traceparent='{TRACE}',tracestate='a%3D1'*/;",
        f"select 1 /*route='%2Fpolls',traceparent='{TRACE}'*/",
    ],
)
def test_the_trace_of_the_client_is_read(text: str) -> None:
    assert trace_behind(text) == TRACE


@pytest.mark.parametrize(
    "trace",
    [
        "00-5bd6-01", "", TRACE.upper(), f"{TRACE}-x", TRACE.replace("00-4", "ff-4"),
        f"00-{'0' * 32}-00f067aa0ba902b7-01", f"00-4bf92f3577b34da6a3ce929d0e0e4736-{'0' * 16}-01", f"{TRACE}\n",
    ],
)  # fmt: skip
def test_a_trace_that_is_not_well_formed_is_none(trace: str) -> None:
    assert trace_behind(f"select 1 /*traceparent='{trace}'*/") is None
    assert trace_behind(f"select 1 /*traceparent='{trace}',reason='x'*/") is None
    assert said_behind(f"select 1 /*traceparent='{trace}',reason='x'*/") == ("x", None)


def test_a_comment_that_names_a_trace_alone_claims_nothing() -> None:
    """Else each trace would have judgements of its own."""
    assert said_behind(f"select 1 /*traceparent='{TRACE}'*/") is None
    assert trace_behind("select 1") is None
