"""What a stranger may say first, and what not."""

from __future__ import annotations

from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.errors import ClientFault
from proctor.wire import messages as say
from proctor.wire import talk
from proctor.wire.client_leg import ClientLeg
from proctor.wire.startup import parse_options, read_startup


def packet(body: bytes, protocol: int = 196608) -> bytes:
    return pack("!ii", len(body) + 8, protocol) + body


def test_a_login_names_user_database_and_settings() -> None:
    login = read_startup(
        say.startup({"user": "alice", "database": "shop", "application_name": "psql", "options": "-c a.b=1 --c-d=x"})
    )
    assert login == talk.Login(
        "alice", "shop", {"application_name": "psql"}, options={"a.b": "1", "c_d": "x"}
    )  # fmt: skip


def test_without_a_database_it_is_the_one_named_like_the_user() -> None:
    login = read_startup(say.startup({"user": "alice"}))
    assert isinstance(login, talk.Login)
    assert login.database == "alice"


def test_a_replication_wish_stays_visible() -> None:
    login = read_startup(say.startup({"user": "alice", "replication": "database"}))
    assert isinstance(login, talk.Login)
    assert login.parameters == {"replication": "database"}


@pytest.mark.parametrize("protocol", [196610, 196609, (3 << 16) + 9999])
def test_a_newer_minor_is_talked_down_to_3_0(protocol: int) -> None:
    login = read_startup(say.startup({"user": "a", "_pq_.x": "1"}, protocol=protocol))
    assert isinstance(login, talk.Login)
    assert (login.protocol, login.extensions, login.parameters) == (protocol, ("_pq_.x",), {})
    assert say.negotiation(login) == b"v" + pack("!iii", 12 + 7, 196608, 1) + b"_pq_.x\0"


def test_protocol_3_0_without_extensions_needs_no_negotiation() -> None:
    login = read_startup(say.startup({"user": "a"}))
    assert isinstance(login, talk.Login)
    assert say.negotiation(login) == b""


@pytest.mark.parametrize(("protocol", "name"), [(131072, "2.0"), (65536, "1.0"), (4 << 16, "4.0"), (-1, "65535")])
def test_another_major_is_refused_by_its_name(protocol: int, name: str) -> None:
    with pytest.raises(ClientFault, match=name) as caught:
        read_startup(packet(b"user\0a\0\0", protocol))
    assert caught.value.sqlstate == "0A000"


@pytest.mark.parametrize("secret", [b"abcd", b"x" * 32, b"x" * 256])
def test_a_cancel_carries_the_secret_of_either_protocol(secret: bytes) -> None:
    assert read_startup(say.cancel_request(-7, secret)) == talk.Cancel(-7, secret)


@pytest.mark.parametrize("secret", [b"", b"abc", b"x" * 257])
def test_a_cancel_of_another_length_is_refused(secret: bytes) -> None:
    with pytest.raises(ClientFault, match="cancel"):
        read_startup(say.cancel_request(7, secret))


def test_nothing_behind_a_cancel_is_heard() -> None:
    leg = ClientLeg()
    assert leg.feed(say.cancel_request(7, b"abcd") + b"more") == [talk.Cancel(7, b"abcd")]
    assert leg.pending == 0


@pytest.mark.parametrize(
    "data",
    [
        packet(b""),
        packet(b"\0"),
        packet(b"user\0\0\0"),
        packet(b"user\0alice"),
        packet(b"user\0alice\0"),
        packet(b"user\0alice\0\0junk"),
        packet(b"user\0alice\0\0junk\0"),
        packet(b"user\0alice\0\0x\0y\0\0"),
        packet(b"database\0shop\0\0"),
        packet(b"user\0alice\0user\0root\0\0"),
        packet(b"user\0alice\0USER\0root\0\0"),
        packet(b"User\0alice\0\0"),
        packet(b"user\0alice\0Options\0-c role=root\0\0"),
        packet(b"user\0alice\0role\0a\0ROLE\0b\0\0"),
        packet(b"user\0al\xffice\0\0"),
        packet(b"user\0al\nice\0\0"),
        packet(b"user\0alice\0database\0\x1b[2J\0\0"),
        packet(b"user\0alice\0options\0-d 5\0\0"),
        pack("!ii", 9, 80877103) + b"x",
        pack("!ii", 9, 80877104) + b"x",
    ],
)
def test_a_malformed_start_up_packet_is_refused(data: bytes) -> None:
    with pytest.raises(ClientFault):
        ClientLeg().feed(data)


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", pack("!i", 10_001), pack("!i", 7), pack("!i", -8)]
)
def test_another_protocol_or_a_huge_packet_is_refused_by_its_first_bytes(data: bytes) -> None:
    with pytest.raises(ClientFault, match="length"):
        ClientLeg().feed(data)


def test_a_start_up_packet_may_be_cut_anywhere() -> None:
    data = say.startup({"user": "alice", "options": "-c a=b"})
    for cut in range(len(data) + 1):
        leg = ClientLeg()
        assert leg.feed(data[:cut]) + leg.feed(data[cut:]) == [talk.Login("alice", "alice", {}, options={"a": "b"})]


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("", {}),
        ("   ", {}),
        ("-c a=b", {"a": "b"}),
        ("-ca=b", {"a": "b"}),
        ("--a=b", {"a": "b"}),
        ("--search-path=x,y", {"search_path": "x,y"}),
        ("-c Proctor.Reason=INC-42", {"proctor.reason": "INC-42"}),
        (r"-c a=two\ words --b=x\\y", {"a": "two words", "b": "x\\y"}),
        ("\t-c\na=b  -c  a=c", {"a": "c"}),
        ("-c a=", {"a": ""}),
        ("-c a=b=c", {"a": "b=c"}),
        (r"-c a=\-c\ d=e", {"a": "-c d=e"}),
    ],
)
def test_options_are_read_as_the_server_reads_them(text: str, settings: dict[str, str]) -> None:
    assert parse_options(text) == settings


@pytest.mark.parametrize(
    "text",
    ["-c", "-c a", "a=b", "--", "-- a=b", "--a", "-d 5", "-W 10", "-c =x", "--=x", "-C x", "-", "-c a=b c", "-F"],
)
def test_other_switches_of_the_servers_command_line_are_refused(text: str) -> None:
    with pytest.raises(ClientFault) as caught:
        parse_options(text)
    assert caught.value.sqlstate == "42601"


@given(st.dictionaries(st.from_regex(r"[a-z][a-z_.]{0,8}", fullmatch=True), st.text(max_size=20), max_size=4))
def test_escaped_options_come_back_as_they_were(settings: dict[str, str]) -> None:
    def escape(text: str) -> str:
        return "".join("\\" + letter if letter in " \t\n\v\f\r\\" else letter for letter in text)

    assert parse_options(" ".join(f"-c {name}={escape(value)}" for name, value in settings.items())) == settings


@given(st.binary(max_size=120))
def test_any_first_bytes_give_an_event_or_a_fault(body: bytes) -> None:
    for data in (body, packet(body), packet(b"user\0a\0" + body)):
        leg = ClientLeg()
        try:
            leg.feed(data)
        except ClientFault:
            assert leg.pending == 0
