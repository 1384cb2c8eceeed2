"""The client's leg as playbooks: bytes in, events out; what is not in the table ends it."""

from __future__ import annotations

from itertools import pairwise
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.errors import ClientFault
from proctor.wire import messages as say
from proctor.wire import talk
from proctor.wire.client_leg import MAX_PROOF, STARTUP, TAGS, ClientLeg, ClientState

HELLO = say.startup({"user": "alice", "database": "shop"})
LOGIN = talk.Login("alice", "shop", {})


def talking(**limits: int) -> ClientLeg:
    leg = ClientLeg(**limits)
    leg.feed(HELLO)
    leg.proven()
    return leg


def play(leg: ClientLeg, data: bytes, cut: int) -> list[talk.ClientEvent]:
    """Feed the data in two parts; a real listener feeds again while something waits."""
    events = leg.feed(data[:cut]) + leg.feed(data[cut:])
    while more := leg.feed(b""):
        events += more
    return events


CONVERSATION = [
    (say.query("select 1"), talk.Ask(b"select 1", say.query("select 1"))),
    (say.query(""), talk.Ask(b"", say.query(""))),
    (say.parse("s", "select $1", [25]), talk.Prepare(b"s", b"select $1", (25,), say.parse("s", "select $1", [25]))),
    (say.parse("", "", []), talk.Prepare(b"", b"", (), say.parse("", "", []))),
    (
        say.bind("p", "s", [1, 0], [b"\0\1", None], [1]),
        talk.Bind(b"p", b"s", (1, 0), (b"\0\1", None), (1,), say.bind("p", "s", [1, 0], [b"\0\1", None], [1])),
    ),
    (say.bind("", ""), talk.Bind(b"", b"", (), (), (), say.bind("", ""))),
    (
        say.bind("", "", [1], [b"", b"x"], [0, 1]),
        talk.Bind(b"", b"", (1,), (b"", b"x"), (0, 1), say.bind("", "", [1], [b"", b"x"], [0, 1])),
    ),
    (say.describe(b"S", "s"), talk.Describe(b"S", b"s", say.describe(b"S", "s"))),
    (say.describe(b"P", ""), talk.Describe(b"P", b"", say.describe(b"P", ""))),
    (say.execute("p", 5), talk.Run(b"p", 5, say.execute("p", 5))),
    (say.execute("", -1), talk.Run(b"", 0, say.execute("", -1))),
    (say.close(b"S", "s"), talk.Close(b"S", b"s", say.close(b"S", "s"))),
    (say.flush(), talk.Flush(say.flush())),
    (say.sync(), talk.Sync(say.sync())),
    (say.copy_done(), talk.CopyDone(say.copy_done())),
    (say.copy_fail("no"), talk.CopyFail(say.copy_fail("no"))),
    (say.frame(b"F", b"anything"), talk.FunctionCall(say.frame(b"F", b"anything"))),
    (say.copy_data(b"1\n"), talk.CopyData(say.copy_data(b"1\n"))),
    (say.terminate(), talk.Bye()),
]


@pytest.mark.parametrize(("data", "event"), CONVERSATION)
def test_each_message_is_one_event_wherever_its_bytes_are_cut(data: bytes, event: talk.ClientEvent) -> None:
    for cut in range(len(data) + 1):
        assert play(talking(), data, cut) == [event]


def test_a_whole_session_gives_the_same_events_wherever_it_is_cut() -> None:
    frames = HELLO + say.sasl_response(b"token") + b"".join(data for data, _ in CONVERSATION)
    expected = [LOGIN, talk.Proof(b"token"), *(event for _, event in CONVERSATION)]
    for cut in range(len(frames) + 1):
        leg = ClientLeg()
        events: list[talk.ClientEvent] = []
        parts = [frames[:cut], frames[cut:]]
        while parts or leg.pending:
            events += (said := leg.feed(parts.pop(0) if parts else b""))
            if any(isinstance(event, talk.Proof) for event in said):
                leg.proven()
            if not said and not parts:
                break
        assert events == expected, cut


def test_a_session_of_single_bytes_is_heard_as_well() -> None:
    leg = talking()
    data = b"".join(frame for frame, _ in CONVERSATION)
    events = [event for at in range(len(data)) for event in leg.feed(data[at : at + 1])]
    assert events == [event for _, event in CONVERSATION]


def test_a_batch_of_prepared_traffic_comes_as_one_list() -> None:
    batch = say.bind("", "s", [], [b"7"], [1]) + say.describe(b"P", "") + say.execute() + say.sync()
    assert [type(event).__name__ for event in talking().feed(memoryview(batch))] == ["Bind", "Describe", "Run", "Sync"]


def test_a_run_of_copy_data_is_one_event() -> None:
    run = say.copy_data(b"a") * 3
    events = talking().feed(say.sync() + run + say.copy_done() + say.copy_data(b"b"))
    assert events[1:] == [talk.CopyData(run), talk.CopyDone(say.copy_done()), talk.CopyData(say.copy_data(b"b"))]


def test_nothing_behind_a_terminate_is_heard() -> None:
    leg = talking()
    assert leg.feed(say.terminate() + say.query("drop table x")) == [talk.Bye()]
    assert leg.state is ClientState.CLOSED
    assert leg.feed(say.query("drop table x")) == []
    assert leg.pending == 0


# ---- the table


@pytest.mark.parametrize("tag", range(256))
@pytest.mark.parametrize("state", [ClientState.PROVING, ClientState.TALKING])
def test_every_tag_is_in_the_table_or_ends_the_leg(state: ClientState, tag: int) -> None:
    leg = ClientLeg()
    leg.feed(HELLO)
    if state is ClientState.TALKING:
        leg.proven()
    if tag in TAGS[state]:
        assert leg.feed(bytes([tag]) + pack("!i", 1000)) == []
        assert leg.state is state
    else:
        with pytest.raises(ClientFault) as caught:
            leg.feed(bytes([tag]) + pack("!i", 1000))
        assert caught.value.sqlstate == "08P01"
        assert leg.state is ClientState.CLOSED
        assert leg.feed(say.query("select 1")) == []


FIRST_PACKETS = {
    talk.WantsTls: say.ssl_request(),
    talk.WantsGss: say.gss_request(),
    talk.Cancel: say.cancel_request(7, b"abcd"),
    talk.Login: HELLO,
}
WAYS = {
    ClientState.STARTUP: b"",
    ClientState.STARTUP_TLS_ASKED: say.ssl_request(),
    ClientState.STARTUP_GSS_ASKED: say.gss_request(),
    ClientState.STARTUP_BOTH_ASKED: say.ssl_request() + say.gss_request(),
}


@pytest.mark.parametrize("kind", FIRST_PACKETS)
@pytest.mark.parametrize("state", WAYS)
def test_every_first_packet_is_in_the_table_or_ends_the_leg(state: ClientState, kind: type[talk.ClientEvent]) -> None:
    leg = ClientLeg()
    for at in range(0, len(WAYS[state]), 8):
        leg.feed(WAYS[state][at : at + 8])
    assert leg.state is state
    leads = STARTUP[state].get(kind)
    if leads is None:
        with pytest.raises(ClientFault, match="twice"):
            leg.feed(FIRST_PACKETS[kind])
        assert leg.state is ClientState.CLOSED
    else:
        assert [type(event) for event in leg.feed(FIRST_PACKETS[kind])] == [kind]
        assert leg.state is leads


def test_only_a_client_that_logs_in_can_be_proven() -> None:
    with pytest.raises(ValueError, match="logs in"):
        ClientLeg().proven()


# ---- attacks


@pytest.mark.parametrize("wish", [say.ssl_request(), say.gss_request()])
def test_plain_bytes_behind_the_wish_for_encryption_are_an_attack(wish: bytes) -> None:
    """CVE-2021-23214: they would be read as if they had come encrypted."""
    leg = ClientLeg()
    with pytest.raises(ClientFault, match="unencrypted"):
        leg.feed(wish + HELLO)
    assert leg.state is ClientState.CLOSED


def test_what_follows_a_login_waits_for_the_proof() -> None:
    """A statement pipelined behind the start-up packet is not heard before the client is somebody."""
    leg = ClientLeg()
    assert leg.feed(HELLO + say.query("select 1")) == [LOGIN]
    assert leg.pending == len(say.query("select 1"))
    leg.proven()
    assert leg.feed(b"") == [talk.Ask(b"select 1", say.query("select 1"))]


def test_a_statement_in_place_of_a_proof_ends_the_leg() -> None:
    leg = ClientLeg()
    leg.feed(HELLO)
    with pytest.raises(ClientFault, match="not allowed"):
        leg.feed(say.query("select 1"))


def test_one_who_has_proven_nothing_cannot_make_us_hold_much() -> None:
    leg = ClientLeg()
    leg.feed(HELLO)
    with pytest.raises(ClientFault):
        leg.feed(b"p" + pack("!i", MAX_PROOF + 1))
    leg = ClientLeg()
    leg.feed(HELLO)
    with pytest.raises(ClientFault, match="before the login"):
        for _ in range(1000):
            leg.feed(say.sasl_response(b"x" * 1000) * 10)


@pytest.mark.parametrize("length", [-1, 0, 3, 64 * 1024 * 1024 + 1, 2**31 - 1, -(2**31)])
def test_an_impossible_length_is_refused_before_anything_is_held(length: int) -> None:
    leg = talking()
    with pytest.raises(ClientFault, match="over the limit or impossible"):
        leg.feed(b"Q" + pack("!i", length))


def test_the_limit_of_a_message_is_what_it_was_made_with() -> None:
    leg = talking(message_bytes=100)
    assert leg.feed(b"Q" + pack("!i", 100)) == []
    with pytest.raises(ClientFault):
        talking(message_bytes=100).feed(b"Q" + pack("!i", 101))


@pytest.mark.parametrize("tag", [b"S", b"H", b"D", b"C", b"E", b"X", b"c", b"f"])
def test_a_message_that_carries_a_name_at_the_most_may_not_be_large(tag: bytes) -> None:
    with pytest.raises(ClientFault):
        talking().feed(tag + pack("!i", 10_001))


@pytest.mark.parametrize(
    "data",
    [
        say.frame(b"Q", b"select 1"),
        say.frame(b"Q", b"select 1\0; drop table x\0"),
        say.frame(b"Q"),
        say.frame(b"P", b"s\0select 1\0"),
        say.frame(b"P", b"s\0select 1\0\0\2\0\0\0\1"),
        say.frame(b"P", b"s\0select 1\0\0\0junk"),
        say.frame(b"P", b"s\0"),
        say.frame(b"B", b"\0\0"),
        say.frame(b"B", b"\0\0\0\0\0\1\0\0\0\5ab\0\0"),
        say.frame(b"B", b"\0\0\0\0\0\1\xff\xff\xff\xfe\0\0"),
        say.frame(b"B", b"\0\0\0\0\0\1\x7f\xff\xff\xffab\0\0"),
        say.frame(b"B", b"\0\0\0\0\0\0\0\0junk"),
        say.frame(b"B", b"\0\0\xff\xff\0\1"),
        say.frame(b"B", b"\0\0\0\2\0\0\0\0\0\1\0\0\0\0\0\0"),
        say.frame(b"D", b"X\0"),
        say.frame(b"D", b"S"),
        say.frame(b"C", b"Sname"),
        say.frame(b"C", b"Sa\0b\0"),
        say.frame(b"E", b"\0\0\0\0"),
        say.frame(b"E", b"\0\0\0\0\0\0"),
        say.frame(b"S", b"x"),
        say.frame(b"H", b"\0"),
        say.frame(b"c", b"x"),
        say.frame(b"f", b"no end"),
        say.frame(b"X", b"x"),
    ],
)
def test_a_malformed_message_ends_the_leg(data: bytes) -> None:
    leg = talking()
    with pytest.raises(ClientFault):
        leg.feed(data)
    assert leg.state is ClientState.CLOSED


def test_a_large_message_in_small_pieces_is_joined_once() -> None:
    """Otherwise a stranger who sends a megabyte byte by byte has us copy a terabyte."""
    data = say.query("x" * 300_000)
    leg = talking()
    events = [event for at in range(0, len(data), 7) for event in leg.feed(data[at : at + 7])]
    assert events == [talk.Ask(b"x" * 300_000, data)]
    assert leg.pending == 0


# ---- anything at all

FRAMES = st.sampled_from([data for data, _ in CONVERSATION])


@given(st.lists(FRAMES, max_size=5), st.binary(max_size=80), st.lists(st.integers(0, 400), max_size=6), st.booleans())
def test_any_bytes_in_any_cut_give_events_or_a_fault(
    frames: list[bytes], tail: bytes, cuts: list[int], proven: bool
) -> None:
    """A valid beginning and an arbitrary end: never another exception, never more held than came."""
    data = b"".join(frames) + tail
    leg = ClientLeg(message_bytes=1000)
    if proven:
        leg.feed(HELLO)
        leg.proven()
    borders = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    try:
        for start, stop in pairwise(borders):
            leg.feed(data[start:stop])
            assert leg.pending <= stop
    except ClientFault:
        assert leg.state is ClientState.CLOSED
        assert leg.pending == 0


@given(st.lists(FRAMES, max_size=6), st.binary(max_size=40), st.integers(0, 300))
def test_a_cut_changes_nothing_of_what_is_heard(frames: list[bytes], tail: bytes, cut: int) -> None:
    def hear(parts: list[bytes]) -> tuple[list[talk.ClientEvent], bool]:
        leg = talking(message_bytes=1000)
        events: list[talk.ClientEvent] = []
        try:
            for part in parts:
                events += leg.feed(part)
        except ClientFault:
            return events, True
        return events, False

    data = b"".join(frames) + tail
    whole, fault = hear([data])
    split, split_fault = hear([data[:cut], data[cut:]])
    assert fault == split_fault
    if fault:  # what stood before a fault in the same feed is lost with it
        assert split[: len(whole)] == whole
    else:
        assert _joined(split) == _joined(whole)


def _joined(events: list[talk.ClientEvent]) -> list[object]:
    """Return the events with neighbouring runs of copied data joined: a cut may part them."""
    out: list[object] = []
    for event in events:
        if isinstance(event, talk.CopyData) and out and isinstance(out[-1], bytes):
            out[-1] += event.raw
        else:
            out.append(event.raw if isinstance(event, talk.CopyData) else event)
    return out
