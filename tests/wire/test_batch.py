"""Whole batches at a glance: what is seen is what the legs would take apart, and whatever is unusual is not seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.wire import messages, talk
from proctor.wire._batch import BOUND, PARSED, QUERY, read_answer, read_answers, read_batch, read_train
from proctor.wire.client_leg import ClientLeg
from proctor.wire.upstream_leg import UpstreamLeg

END = messages.execute("", 0) + messages.sync()
D = messages.describe(b"P", "")
FIELDS = [talk.Field("a", 7, 1, 23, 4, -1, 0)]
T = messages.row_description(FIELDS)
ROWS = messages.data_row([b"1"]) + messages.data_row([None])
C, Z = messages.command_complete("SELECT 2"), messages.ready("T")
ONE, TWO = b"1\0\0\0\4", b"2\0\0\0\4"


def heard(data: bytes) -> list[talk.ClientEvent]:
    leg = ClientLeg()
    leg.feed(messages.startup({"user": "a"}))
    leg.proven()
    return leg.feed(data)


def test_a_simple_query_is_seen_with_its_text() -> None:
    assert read_batch(messages.query("select 1")) == (QUERY, b"select 1", b"", (), False)


def test_a_bound_portal_is_seen_with_its_name_formats_and_parameters() -> None:
    bind = messages.bind("", "s", (0, 1, 0), (b"x", b"\1", None), (1,))
    assert read_batch(bind + D + END) == (BOUND, b"s", b"\0\1", (b"x", b"\0\1", None), True)


def test_an_unnamed_statement_is_seen_with_its_text() -> None:
    said = messages.parse("", "select $1", (23,)) + messages.bind("", "", (), (b"5",), ()) + END
    assert read_batch(said) == (PARSED, b"select $1", b"", (b"5",), False)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        messages.query("select 1") + messages.sync(),
        messages.query("select 1")[:-1],
        messages.frame(b"Q", b"a\0b\0"),
        messages.bind("p", "s") + END,
        messages.bind("", "s") + messages.execute("p", 0) + messages.sync(),
        messages.bind("", "s") + messages.execute("", 1) + messages.sync(),
        messages.bind("", "s") + messages.describe(b"S", "") + END,
        messages.bind("", "s") + messages.describe(b"P", "p") + END,
        messages.bind("", "s") + D + D + END,
        messages.bind("", "s") + END + messages.sync(),
        messages.bind("", "s") + messages.execute("", 0),
        messages.parse("s", "select 1") + messages.bind("", "s") + END,
        messages.parse("", "select 1") + messages.bind("", "s") + END,
        messages.parse("", "select 1") + messages.sync(),
        messages.terminate(),
        b"Q\0\0\0\2xxxxxxx",
        b"B\xff\xff\xff\xffxxxxxxxx",
    ],
)
def test_anything_else_is_left_to_the_leg(data: bytes) -> None:
    assert read_batch(data) is None


@given(st.binary(max_size=60), st.sampled_from([b"", b"Q", b"B", b"P", END, D + END]))
def test_any_bytes_are_seen_or_not_and_never_raise(data: bytes, around: bytes) -> None:
    for said in (data, around[:1] + data, data + around, messages.frame(b"B", data) + around):
        batch = read_batch(said)
        assert batch is None or len(heard(said)) in (1, 3, 4, 5)
        for kind in (QUERY, BOUND, PARSED):
            assert read_answer(said, kind, True) is None or said.endswith(b"\0\0\0\5" + said[-1:])


SHORT = st.binary(max_size=8).filter(lambda b: b"\0" not in b)


@given(
    SHORT,
    st.lists(st.none() | st.binary(max_size=6), max_size=4),
    st.lists(st.integers(0, 1), max_size=3),
    st.booleans(),
)
def test_what_is_seen_of_a_batch_is_what_the_leg_hears(
    name: bytes, values: list[bytes | None], results: list[int], described: bool
) -> None:
    said = messages.bind("", name, (), values, results) + (D if described else b"") + END
    batch = read_batch(said)
    assert batch is not None
    bound = heard(said)[0]
    assert isinstance(bound, talk.Bind)
    formats = b"".join(form.to_bytes(2, "big") for form in bound.results)
    assert (BOUND, bound.statement, formats, bound.values, described) == batch


@pytest.mark.parametrize(
    ("kind", "described", "data"),
    [
        (QUERY, False, T + ROWS + C + Z),
        (BOUND, True, TWO + T + ROWS + C + Z),
        (PARSED, True, ONE + TWO + T + ROWS + C + Z),
    ],
)
def test_a_whole_answer_is_seen_with_what_its_record_says(kind: int, described: bool, data: bytes) -> None:
    assert (T, 2, len(ROWS), b"SELECT 2", ord("T")) == read_answer(data, kind, described)
    leg = UpstreamLeg()
    leg.feed(messages.AUTH_OK + messages.ready("I"))
    (rows,) = [event for event in leg.feed(data) if isinstance(event, talk.Rows)]
    assert (rows.count, len(rows.raw)) == (2, len(ROWS))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        TWO + T + ROWS + C,
        TWO + T + ROWS + C + Z + Z,
        TWO + T + ROWS + Z,
        TWO + ROWS + C + Z,
        T + ROWS + C + Z,
        TWO + T + messages.error_response({"S": "ERROR", "C": "22012", "M": "x"}) + Z,
        TWO + T + messages.notice_response({"S": "NOTICE", "C": "00000", "M": "x"}) + ROWS + C + Z,
        TWO + T + ROWS + C + messages.parameter_status("TimeZone", "UTC") + Z,
        (TWO + T + ROWS + C + Z)[:-3],
        ONE + TWO + T + ROWS + C + Z,
    ],
)
def test_half_an_answer_or_one_with_anything_else_in_it_is_left_to_the_leg(data: bytes) -> None:
    assert read_answer(data, BOUND, True) is None


# ---- several questions of one batch

RUN = messages.bind("", "s", (), (b"x",), ()) + D + messages.execute("", 0)
UNSEEN = messages.bind("", "t") + messages.execute("", 0)
SYNC = messages.sync()


def test_several_portals_bound_and_run_one_after_the_other_are_seen_in_their_order() -> None:
    assert read_train(RUN + UNSEEN + RUN + SYNC) == [
        (BOUND, b"s", b"", (b"x",), True),
        (BOUND, b"t", b"", (), False),
        (BOUND, b"s", b"", (b"x",), True),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        RUN + SYNC,
        RUN + RUN,
        (RUN + RUN + SYNC)[:-1],
        RUN + RUN + SYNC + SYNC,
        RUN + SYNC + RUN + SYNC,
        RUN + messages.flush() + RUN + SYNC,
        RUN + messages.parse("", "select 1") + UNSEEN + SYNC,
        RUN + messages.bind("p", "s") + messages.execute("p", 0) + SYNC,
        RUN + messages.bind("", "s") + messages.execute("", 1) + SYNC,
        RUN + messages.bind("", "s") + SYNC,
        RUN + messages.close(b"S", "s") + SYNC,
        RUN + messages.query("select 1"),
        SYNC + RUN + RUN + SYNC,
    ],
)
def test_a_batch_with_anything_else_in_it_is_left_to_the_leg(data: bytes) -> None:
    assert read_train(data) == []


@given(st.binary(max_size=60), st.integers(0, 200), st.integers(0, 255))
def test_any_bytes_are_several_questions_or_not_and_never_raise(data: bytes, at: int, byte: int) -> None:
    whole = RUN + UNSEEN + RUN + SYNC
    changed = bytearray(whole)
    changed[at % len(changed)] = byte
    for said in (data, RUN + data, RUN + data + SYNC, bytes(changed), messages.frame(b"B", data) + UNSEEN + SYNC):
        train = read_train(said)
        assert not train or sum(isinstance(event, talk.Bind) for event in heard(said)) == len(train) > 1
        assert read_answers(said, [True, False]) is None


def test_their_answers_are_seen_one_by_one() -> None:
    one, other = TWO + T + ROWS + C, TWO + messages.command_complete("INSERT 0 1")
    found = read_answers(one + other + one + Z, [True, False, True])
    assert found is not None
    answers, status = found
    assert [answer[:4] for answer in answers] == [
        (T, 2, len(ROWS), b"SELECT 2"),
        (b"", 0, 0, b"INSERT 0 1"),
        (T, 2, len(ROWS), b"SELECT 2"),
    ]
    assert status == ord("T")


@pytest.mark.parametrize(
    "data",
    [
        TWO + T + ROWS + C + Z,
        TWO + T + ROWS + C + TWO + ROWS + C,
        TWO + T + ROWS + C + TWO + ROWS + C + TWO + ROWS + C + Z,
        TWO + T + ROWS + C + messages.error_response({"S": "ERROR", "C": "22012", "M": "x"}) + Z,
        TWO + T + ROWS + C + Z + TWO + ROWS + C + Z,
        TWO + T + ROWS + C + messages.notice_response({"S": "NOTICE", "C": "00000", "M": "x"}) + TWO + ROWS + C + Z,
    ],
)
def test_fewer_or_more_answers_or_an_error_among_them_are_left_to_the_leg(data: bytes) -> None:
    assert read_answers(data, [True, False]) is None
