"""The database's leg as playbooks: bytes in, events out; nonsense ends it."""

from __future__ import annotations

from itertools import pairwise
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.errors import UpstreamFault
from proctor.wire import messages as say
from proctor.wire import talk
from proctor.wire.upstream_leg import TAGS, UpstreamLeg, UpstreamState

FIELD = talk.Field("ssn", 16384, 2, 25, -1, -1, 0)
KEY = say.backend_key_data(7, b"abcd")
ERROR = {"S": "ERROR", "C": "42601", "M": "syntax error"}
NOTICE = {"S": "NOTICE", "M": "hm"}

LOGIN = [
    (say.auth_sasl(["SCRAM-SHA-256"]), talk.AuthAsk(10, b"SCRAM-SHA-256\0\0")),
    (say.auth_sasl_continue(b"r=x"), talk.AuthAsk(11, b"r=x")),
    (say.auth_sasl_final(b"v=y"), talk.AuthAsk(12, b"v=y")),
    (say.AUTH_OK, talk.AuthAsk(0, b"")),
    (
        say.parameter_status("server_version", "15.4"),
        talk.Setting("server_version", "15.4", say.parameter_status("server_version", "15.4")),
    ),
    (KEY, talk.KeyData(7, b"abcd")),
    (say.ready(), talk.Ready("I", say.ready())),
]
CONVERSATION = [
    (say.PARSE_COMPLETE, talk.Prepared(say.PARSE_COMPLETE)),
    (say.parameter_description([25, 23]), talk.Parameters((25, 23), say.parameter_description([25, 23]))),
    (say.BIND_COMPLETE, talk.Bound(say.BIND_COMPLETE)),
    (say.row_description([FIELD]), talk.Shape([FIELD], say.row_description([FIELD]))),
    (say.row_description([]), talk.Shape([], say.row_description([]))),
    (say.NO_DATA, talk.NoShape(say.NO_DATA)),
    (say.data_row([b"x"]), talk.Rows(say.data_row([b"x"]), 1)),
    (say.PORTAL_SUSPENDED, talk.Suspended(say.PORTAL_SUSPENDED)),
    (say.command_complete("SELECT 1"), talk.Done("SELECT 1", say.command_complete("SELECT 1"))),
    (say.EMPTY_QUERY, talk.Empty(say.EMPTY_QUERY)),
    (say.CLOSE_COMPLETE, talk.Closed(say.CLOSE_COMPLETE)),
    (say.error_response(ERROR), talk.Failed(ERROR, say.error_response(ERROR))),
    (say.notice_response(NOTICE), talk.Notice(NOTICE, say.notice_response(NOTICE))),
    (say.parameter_status("a", "b"), talk.Setting("a", "b", say.parameter_status("a", "b"))),
    (
        say.notification_response(9, "jobs", "new"),
        talk.Notification(9, "jobs", "new", say.notification_response(9, "jobs", "new")),
    ),
    (say.frame(b"V", b"\0\0\0\1x"), talk.FunctionResult(say.frame(b"V", b"\0\0\0\1x"))),
    (say.ready("T"), talk.Ready("T", say.ready("T"))),
    (say.ready("E"), talk.Ready("E", say.ready("E"))),
    (say.copy_response("out", 0, [0, 0]), talk.CopyStart("out", 0, (0, 0), say.copy_response("out", 0, [0, 0]))),
    (say.copy_data(b"1\t2\n"), talk.CopyRows(say.copy_data(b"1\t2\n"), 1)),
    (say.COPY_DONE, talk.CopyEnd(say.COPY_DONE)),
    (say.copy_response("in", 1, [1]), talk.CopyStart("in", 1, (1,), say.copy_response("in", 1, [1]))),
    (say.command_complete("COPY 3"), talk.Done("COPY 3", say.command_complete("COPY 3"))),
    (say.copy_response("both", 0, []), talk.CopyStart("both", 0, (), say.copy_response("both", 0, []))),
    (say.error_response(ERROR), talk.Failed(ERROR, say.error_response(ERROR))),
]


def arrived(state: UpstreamState, **limits: int) -> UpstreamLeg:
    leg = UpstreamLeg(**limits)
    ways = {
        UpstreamState.PROVING: b"",
        UpstreamState.SETTLING: say.AUTH_OK,
        UpstreamState.TALKING: say.AUTH_OK + say.ready(),
        UpstreamState.COPYING_OUT: say.AUTH_OK + say.ready() + say.copy_response("out", 0, [0]),
        UpstreamState.COPYING_IN: say.AUTH_OK + say.ready() + say.copy_response("in", 0, [0]),
        UpstreamState.COPYING_BOTH: say.AUTH_OK + say.ready() + say.copy_response("both", 0, []),
    }
    leg.feed(ways[state])
    assert leg.state is state
    return leg


def talking(**limits: int) -> UpstreamLeg:
    return arrived(UpstreamState.TALKING, **limits)


def test_a_whole_session_gives_the_same_events_wherever_it_is_cut() -> None:
    data = b"".join(frame for frame, _ in LOGIN + CONVERSATION)
    expected = [event for _, event in LOGIN + CONVERSATION]
    for cut in range(len(data) + 1):
        leg = UpstreamLeg()
        assert leg.feed(data[:cut]) + leg.feed(memoryview(data)[cut:]) == expected, cut
        assert leg.pending == 0


def test_a_session_of_single_bytes_is_heard_as_well() -> None:
    leg = UpstreamLeg()
    data = b"".join(frame for frame, _ in LOGIN + CONVERSATION)
    events = [event for at in range(len(data)) for event in leg.feed(data[at : at + 1])]
    assert events == [event for _, event in LOGIN + CONVERSATION]


def test_rows_of_one_buffer_are_one_run() -> None:
    rows = say.data_row([b"a"]) + say.data_row([None]) + say.data_row([b"ccc"])
    tail = say.data_row([b"dddd"])
    leg = talking()
    assert leg.feed(rows + tail[:7]) == [talk.Rows(rows, 3)]
    assert leg.pending == 7
    assert leg.feed(tail[7:] + rows) == [talk.Rows(tail + rows, 4)]


def test_copied_rows_of_one_buffer_are_one_run() -> None:
    rows = say.copy_data(b"1\n") * 5
    leg = arrived(UpstreamState.COPYING_OUT)
    assert leg.feed(rows + say.COPY_DONE) == [talk.CopyRows(rows, 5), talk.CopyEnd(say.COPY_DONE)]
    assert leg.state is UpstreamState.TALKING


def test_a_giant_row_comes_through_in_small_pieces_within_its_limit() -> None:
    row = say.data_row([b"x" * 500_000])
    leg = talking(message_bytes=len(row) - 1)
    events = [event for at in range(0, len(row), 1000) for event in leg.feed(row[at : at + 1000])]
    assert events == [talk.Rows(row, 1)]
    assert leg.pending == 0
    with pytest.raises(UpstreamFault, match="over the limit"):
        talking(message_bytes=len(row) - 2).feed(row[:5])


def test_a_negotiated_version_is_told() -> None:
    leg = UpstreamLeg()
    assert leg.feed(say.negotiate_protocol_version(["_pq_.x"])) == [
        talk.Negotiate(say.negotiate_protocol_version(["_pq_.x"]))
    ]
    assert leg.state is UpstreamState.PROVING


def test_a_refusal_to_log_in_is_an_event() -> None:
    """It must reach the one who logs in, and with it nothing else must get lost."""
    leg = UpstreamLeg()
    assert leg.feed(say.error_response(ERROR)) == [talk.Failed(ERROR, say.error_response(ERROR))]


def test_what_is_not_utf_8_survives_the_way_through_an_error() -> None:
    data = say.frame(b"E", b"SFATAL\0M\xe4\xff\0\0")
    (event,) = UpstreamLeg().feed(data)
    assert isinstance(event, talk.Failed)
    assert say.error_response(event.fields) == data


def test_a_shape_is_nobodys_to_change() -> None:
    """Shapes are remembered by their bytes; one session's change must not reach another's."""
    data = say.row_description([FIELD])
    (first,) = talking().feed(data)
    assert isinstance(first, talk.Shape)
    first.fields.clear()
    assert talking().feed(data) == [talk.Shape([FIELD], data)]


# ---- the table


@pytest.mark.parametrize("tag", range(256))
@pytest.mark.parametrize("state", [state for state in UpstreamState if state is not UpstreamState.CLOSED])
def test_every_tag_is_in_the_table_or_ends_the_leg(state: UpstreamState, tag: int) -> None:
    leg = arrived(state)
    if any(tag in tags for tags in TAGS[state].values()):
        assert leg.feed(bytes([tag]) + pack("!i", 1000)) == []
        assert leg.state is state
    else:
        with pytest.raises(UpstreamFault, match="not allowed"):
            leg.feed(bytes([tag]) + pack("!i", 1000))
        assert leg.state is UpstreamState.CLOSED
        assert leg.feed(say.ready()) == []


FRAMES = {frame[:1]: frame for frame, _ in LOGIN + CONVERSATION + [(say.negotiate_protocol_version(), None)]}


@pytest.mark.parametrize(
    ("state", "leads", "tag"),
    [
        (state, leads, bytes([tag]))
        for state, moves in TAGS.items()
        for leads, tags in moves.items()
        for tag in tags
        if tag != ord("R")
    ],
)
def test_each_message_leads_where_the_table_says(state: UpstreamState, leads: UpstreamState, tag: bytes) -> None:
    leg = arrived(state)
    assert len(leg.feed(FRAMES[tag])) == 1
    assert leg.state is leads


def test_only_authentication_ok_leads_out_of_the_login() -> None:
    leg = UpstreamLeg()
    leg.feed(say.AUTH_CLEARTEXT)
    assert leg.state is UpstreamState.PROVING
    leg.feed(say.AUTH_OK)
    assert leg.state is UpstreamState.SETTLING


@pytest.mark.parametrize("length", [-1, 0, 3, 2**31 - 1, -(2**31)])
def test_an_impossible_length_is_nonsense(length: int) -> None:
    with pytest.raises(UpstreamFault, match="impossible"):
        talking().feed(b"D" + pack("!i", length))


@pytest.mark.parametrize(
    "data",
    [
        say.frame(b"Z"),
        say.frame(b"Z", b"X"),
        say.frame(b"Z", b"II"),
        say.frame(b"C", b"SELECT 1"),
        say.frame(b"C", b"SELECT 1\0junk\0"),
        say.frame(b"T"),
        say.frame(b"T", b"\0\1a\0"),
        say.frame(b"T", b"\0\1a" + bytes(18)),
        say.frame(b"T", b"\0\0junk"),
        say.frame(b"T", b"\xff\xff"),
        say.frame(b"t", b"\0\2\0\0\0\1"),
        say.frame(b"E", b"SERROR\0"),
        say.frame(b"E", b""),
        say.frame(b"E", b"SERROR\0\0junk"),
        say.frame(b"N", b"SERROR"),
        say.frame(b"S", b"a\0b"),
        say.frame(b"S", b"a\0b\0c\0"),
        say.frame(b"A", b"\0\0"),
        say.frame(b"A", b"\0\0\0\1a\0b"),
        say.frame(b"G", b"\0"),
        say.frame(b"H", b"\2\0\0"),
        say.frame(b"H", b"\0\0\1"),
        say.frame(b"1", b"x"),
        say.frame(b"2", b"x"),
        say.frame(b"n", b"x"),
        say.frame(b"I", b"x"),
    ],
)
def test_a_malformed_message_is_nonsense(data: bytes) -> None:
    leg = talking()
    with pytest.raises(UpstreamFault, match="broke the protocol"):
        leg.feed(data)
    assert leg.state is UpstreamState.CLOSED
    assert leg.pending == 0


@pytest.mark.parametrize("data", [say.frame(b"K", b"1234567"), say.frame(b"K", bytes(261)), say.frame(b"S", b"")])
def test_a_malformed_message_of_the_login_is_nonsense(data: bytes) -> None:
    with pytest.raises(UpstreamFault):
        arrived(UpstreamState.SETTLING).feed(data)


def test_an_authentication_request_without_a_code_is_nonsense() -> None:
    with pytest.raises(UpstreamFault):
        UpstreamLeg().feed(say.frame(b"R", b"\0\0"))


def test_a_fault_tells_nothing_of_what_was_sent() -> None:
    with pytest.raises(UpstreamFault) as caught:
        talking().feed(say.frame(b"C", b"078-05-1120"))
    assert "078" not in caught.value.message


# ---- anything at all

VALID = st.sampled_from([frame for frame, _ in CONVERSATION])


@given(st.lists(VALID, max_size=6), st.binary(max_size=80), st.lists(st.integers(0, 400), max_size=6), st.booleans())
def test_any_bytes_in_any_cut_give_events_or_a_fault(
    frames: list[bytes], tail: bytes, cuts: list[int], ready: bool
) -> None:
    data = b"".join(frames) + tail
    leg = talking(message_bytes=1000) if ready else UpstreamLeg(message_bytes=1000)
    borders = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    try:
        for start, stop in pairwise(borders):
            leg.feed(data[start:stop])
            assert leg.pending <= stop
    except UpstreamFault:
        assert leg.state is UpstreamState.CLOSED
        assert leg.pending == 0


@given(st.binary(max_size=60), st.sampled_from(b"RSKZTtDCEANGHWVv123nIscd"), st.sampled_from(list(UpstreamState)[1:]))
def test_any_body_of_any_message_gives_an_event_or_a_fault(body: bytes, tag: int, state: UpstreamState) -> None:
    leg = arrived(state)
    try:
        leg.feed(say.frame(bytes([tag]), body))
    except UpstreamFault:
        assert leg.state is UpstreamState.CLOSED
