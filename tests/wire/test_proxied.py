"""A load balancer says for whom it connects, in either version of the PROXY protocol, and not a byte more is read."""

from __future__ import annotations

import contextlib
from ipaddress import ip_address
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.errors import ClientFault
from proctor.wire.proxied import MAX_BLOCK, SIGNATURE, ProxyHeader

BEHIND = b"\0\0\0\x08\x04\xd2\x16\x2f"


def read(data: bytes) -> tuple[str | None, bytes]:
    """Feed a header what it wants, and return what it says and what it has left."""
    header, at = ProxyHeader(), 0
    while header.wants:
        piece = data[at : at + header.wants]
        if len(piece) < header.wants:
            raise EOFError
        header.feed(piece)
        at += len(piece)
    return header.address, data[at:]


def two(command: int, family: int, block: bytes) -> bytes:
    return SIGNATURE + bytes([command, family]) + pack(">H", len(block)) + block


FOUR = ip_address("203.0.113.7").packed + ip_address("192.0.2.1").packed + pack(">HH", 50123, 6432)
SIX = ip_address("2001:db8::7").packed + ip_address("2001:db8::1").packed + pack(">HH", 50123, 6432)


@pytest.mark.parametrize(
    ("said", "address"),
    [
        pytest.param(b"PROXY TCP4 203.0.113.7 192.0.2.1 50123 6432\r\n", "203.0.113.7:50123", id="1-ipv4"),
        pytest.param(b"PROXY TCP6 2001:db8::7 2001:db8::1 50123 6432\r\n", "2001:db8::7:50123", id="1-ipv6"),
        pytest.param(b"PROXY UNKNOWN\r\n", None, id="1-unknown"),
        pytest.param(b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", None, id="1-unknown-with-more"),
        pytest.param(two(0x21, 0x11, FOUR), "203.0.113.7:50123", id="2-ipv4"),
        pytest.param(two(0x21, 0x21, SIX), "2001:db8::7:50123", id="2-ipv6"),
        pytest.param(two(0x21, 0x11, FOUR + b"\x03\x00\x04abcd"), "203.0.113.7:50123", id="2-with-more"),
        pytest.param(two(0x20, 0x00, b""), None, id="2-local"),
        pytest.param(two(0x20, 0x11, FOUR), None, id="2-local-speaks-for-itself"),
        pytest.param(two(0x21, 0x31, b"\0" * 216), None, id="2-unix"),
        pytest.param(two(0x21, 0x00, b""), None, id="2-unspecified"),
    ],
)
def test_what_a_proxy_says_is_read_to_the_byte(said: bytes, address: str | None) -> None:
    assert read(said + BEHIND) == (address, BEHIND)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(BEHIND + b"\0" * 8, id="no-header"),
        pytest.param(b"GET / HTTP/1.1\r\n", id="another-protocol"),
        pytest.param(b"PROXY TCP4 203.0.113.7 192.0.2.1 50123\r\n", id="1-too-few-words"),
        pytest.param(b"PROXY TCP4 2001:db8::7 192.0.2.1 50123 6432\r\n", id="1-family-does-not-fit"),
        pytest.param(b"PROXY TCP4 example.com 192.0.2.1 50123 6432\r\n", id="1-a-name"),
        pytest.param(b"PROXY TCP4 203.0.113.7 192.0.2.1 65536 6432\r\n", id="1-port"),
        pytest.param(b"PROXY TCP4 203.0.113.7 192.0.2.1 -1 6432\r\n", id="1-negative-port"),
        pytest.param(b"PROXY UDP4 203.0.113.7 192.0.2.1 50123 6432\r\n", id="1-protocol"),
        pytest.param(b"PROXY " + b"x" * 200, id="1-endless"),
        pytest.param(two(0x31, 0x11, FOUR), id="2-version"),
        pytest.param(two(0x22, 0x11, FOUR), id="2-command"),
        pytest.param(two(0x21, 0x11, FOUR[:11]), id="2-too-short"),
        pytest.param(SIGNATURE + b"\x21\x11" + pack(">H", MAX_BLOCK + 1), id="2-too-long"),
    ],
)
def test_what_is_no_header_is_a_fault_of_the_clients(said: bytes) -> None:
    with pytest.raises(ClientFault):
        read(said)


@given(st.binary(max_size=300), st.sampled_from([b"", b"PROXY ", b"PROXY TCP4 ", SIGNATURE, SIGNATURE + b"\x21\x11"]))
def test_whatever_comes_is_a_header_a_fault_or_not_all_of_it_yet(tail: bytes, head: bytes) -> None:
    with contextlib.suppress(ClientFault, EOFError):
        read(head + tail)


def test_a_header_is_fed_what_it_wants() -> None:
    with pytest.raises(ValueError, match="exactly"):
        ProxyHeader().feed(b"PROXY")
