"""Station 1, before the first byte of a client: whom an accepted connection is from, where a proxy may say so.

Takes the accepted socket and the networks that may speak for others; gives the client's address. Reads not one byte
more than the proxy's header. Knows nothing of what comes behind it.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from proctor.edge.end import Lost
from proctor.errors import ClientFault
from proctor.wire.proxied import ProxyHeader

Networks = Sequence[IPv4Network | IPv6Network]


async def introduced(sock: socket.socket, proxies: Networks, seconds: float) -> tuple[str, bool]:
    """Return the client's address as `host:port`, and whether it is a proxy's word.

    Whoever connects from one of the networks has to say for whom: an answer that may be missing could be forged by
    the client behind it.
    """
    address = address_of(sock)
    if not may_introduce(address, proxies):
        return address, False
    try:
        async with asyncio.timeout(seconds):
            said = await _heard(sock)
    except TimeoutError:
        raise ClientFault("the login took too long", sqlstate="08006") from None
    return (address, False) if said is None else (said, True)


async def _heard(sock: socket.socket) -> str | None:
    loop, header = asyncio.get_running_loop(), ProxyHeader()
    sock.setblocking(False)
    while header.wants:
        data = b""
        while len(data) < header.wants:
            try:
                more = await loop.sock_recv(sock, header.wants - len(data))
            except OSError:  # reset
                more = b""
            if not more:
                raise Lost("the connection was closed")
            data += more
        header.feed(data)
    return header.address


def may_introduce(address: str, proxies: Networks) -> bool:
    """Say whether a connection from this address speaks for somebody else."""
    if not proxies or address == "local":
        return False
    found = ip_address(host_of(address).partition("%")[0])
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return any((mapped or found) in network for network in proxies)


def host_of(address: str) -> str:
    """Return the host of `host:port`."""
    return address.rpartition(":")[0]


def address_of(sock: socket.socket) -> str:
    """Return where a socket's other end is; `local` for a Unix socket."""
    if sock.family == socket.AF_UNIX:
        return "local"
    try:
        host, port, *_ = sock.getpeername()
    except OSError:  # who connected has reset the connection before it was looked at
        raise Lost("the connection was closed") from None
    return f"{host}:{port}"
