"""Station 8, types: network addresses, uuids, bit strings and byte strings between binary and text forms.

In come the bytes of one value, out go the same value's bytes in the other form, as the server itself would write it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from struct import unpack_from

_V4, _V6 = 2, 3  # PGSQL_AF_INET and the one after it, on every platform
_HEX = re.compile(rb"[0-9A-Fa-f]+")
_ESCAPE = re.compile(rb"\\(?:\\|([0-3][0-7]{2}))")


def read_uuid(data: bytes) -> bytes:
    """Return a uuid in its usual groups."""
    if len(data) != 16:
        raise ValueError("not a uuid")
    text = data.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}".encode()


def write_uuid(text: bytes) -> bytes:
    """Return the binary form of a uuid."""
    digits = text.replace(b"-", b"")
    if len(digits) != 32 or not _HEX.fullmatch(digits):
        raise ValueError("not a uuid")
    return bytes.fromhex(digits.decode())


def read_bytea(data: bytes) -> bytes:
    """Return a byte string in hex."""
    return b"\\x" + data.hex().encode()


def write_bytea(text: bytes) -> bytes:
    """Return the bytes of a byte string, in hex or in the older escape form."""
    if text.startswith(b"\\x"):
        digits = text[2:]
        if digits and (len(digits) % 2 or not _HEX.fullmatch(digits)):
            raise ValueError("not a byte string")
        return bytes.fromhex(digits.decode())
    if b"\\" in _ESCAPE.sub(b"", text):
        raise ValueError("not a byte string")
    return _ESCAPE.sub(lambda found: bytes([int(found[1], 8)]) if found[1] else b"\\", text)


def macaddr(size: int) -> tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]:
    """Return reader and writer of hardware addresses of this many bytes."""

    def read(data: bytes) -> bytes:
        if len(data) != size:
            raise ValueError("not a hardware address")
        return data.hex(":").encode()

    def write(text: bytes) -> bytes:
        parts = text.split(b":")
        if len(parts) != size or not all(len(part) == 2 and _HEX.fullmatch(part) for part in parts):
            raise ValueError("not a hardware address")
        return bytes.fromhex(b"".join(parts).decode())

    return read, write


def inet(*, network: bool) -> tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]:
    """Return reader and writer of inet (a host, with its network's size where it is told) or cidr (a network)."""

    def read(data: bytes) -> bytes:
        if len(data) not in (8, 20):
            raise ValueError("not a network address")
        family, bits, _, size = data[:4]
        if (family, size) not in ((_V4, 4), (_V6, 16)) or len(data) != 4 + size or bits > 8 * size:
            raise ValueError("not a network address")
        address = ".".join(map(str, data[4:])) if family == _V4 else _v6_text(data[4:])
        return (address if bits == 8 * size and not network else f"{address}/{bits}").encode()

    def write(text: bytes) -> bytes:
        word, slash, size = text.decode("ascii", "replace").partition("/")
        address = ip_address(word)
        if "%" in word or (slash and not (size.isascii() and size.isdigit() and len(size) <= 3)):
            raise ValueError("not a network address")
        bits = int(size) if slash else address.max_prefixlen
        if bits > address.max_prefixlen or (network and not _is_network(f"{word}/{bits}")):
            raise ValueError("not a network address")
        family = _V4 if address.version == 4 else _V6
        return bytes((family, bits, network, len(address.packed))) + address.packed

    return read, write


def _is_network(text: str) -> bool:
    found: IPv4Network | IPv6Network = ip_network(text, strict=False)
    return str(found.network_address) == str(ip_address(text.partition("/")[0]))


def _v6_text(data: bytes) -> str:
    """Return an IPv6 address as the server writes it: one run of zeros left out, an embedded IPv4 address in dots."""
    words = unpack_from("!8H", data)
    start, length = _longest_zeros(words)
    dotted = start == 0 and (length == 6 or (length == 5 and words[5] == 0xFFFF))
    parts = [f"{word:x}" for word in words]
    if dotted:
        parts[6:] = [".".join(map(str, data[12:]))]
    if length < 2:
        return ":".join(parts)
    return ":".join(parts[:start]) + "::" + ":".join(parts[start + length :])


def _longest_zeros(words: tuple[int, ...]) -> tuple[int, int]:
    best = (0, 0)
    start = 0
    while start < len(words):
        stop = start
        while stop < len(words) and words[stop] == 0:
            stop += 1
        if stop - start > best[1]:
            best = (start, stop - start)
        start = max(stop, start + 1)
    return best


def read_bits(data: bytes) -> bytes:
    """Return a bit string's zeros and ones."""
    if len(data) < 4:
        raise ValueError("not a bit string")
    (count,) = unpack_from("!i", data)
    if count < 0 or len(data) != 4 + (count + 7) // 8:
        raise ValueError("not a bit string")
    return "".join(f"{byte:08b}" for byte in data[4:])[:count].encode()


def write_bits(text: bytes) -> bytes:
    """Return the binary form of zeros and ones."""
    if text.strip(b"01"):
        raise ValueError("not a bit string")
    whole = text.ljust(-(-len(text) // 8) * 8, b"0")
    return len(text).to_bytes(4, "big") + bytes(int(whole[at : at + 8], 2) for at in range(0, len(whole), 8))
