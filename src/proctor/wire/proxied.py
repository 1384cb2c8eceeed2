"""Station 1, before everything else: the header by which a load balancer says for whom it connects (PROXY protocol).

Versions 1 and 2 as HAProxy's specification has them. In come exactly as many bytes as `wants` says, so that nothing
behind the header is taken; out comes the client's address. Who may speak for others is not known here.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

from proctor.errors import ClientFault

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
MAX_LINE = 107  # bytes of a version 1 header, its end included: the specification's own bound
MAX_BLOCK = 4096  # bytes behind a version 2 header; addresses take 36, the rest is what proxies tell each other
LOCAL, PROXY = 0x20, 0x21
FAMILIES = {0x1: 4, 0x2: 16}
"""The high half of the family byte: IPv4 and IPv6, with the length of an address."""


class ProxyHeader:
    """One header, read piece by piece."""

    def __init__(self) -> None:
        self.wants = len(SIGNATURE)
        """How many bytes to feed next; 0 when the header is complete."""
        self.address: str | None = None
        """`host:port` of the client; None if the proxy speaks for itself, or does not know."""
        self._said = b""
        self._read = self._begin

    def feed(self, data: bytes) -> None:
        """Take the bytes that were wanted; raise `ClientFault` where they are no header."""
        if len(data) != self.wants:
            raise ValueError("a proxy's header is fed exactly what it wants")
        self._said += data
        self._read()

    def _begin(self) -> None:
        if self._said == SIGNATURE:
            self.wants, self._read = 4, self._fixed
        elif self._said.startswith(b"PROXY "):
            self.wants, self._read = 1, self._line
        else:
            raise ClientFault("a PROXY protocol header was expected from this address")

    def _line(self) -> None:
        if len(self._said) > MAX_LINE:
            raise ClientFault("the PROXY protocol header is too long")
        if not self._said.endswith(b"\r\n"):
            return
        self.wants = 0
        words = self._said[:-2].split(b" ")
        if words[1:2] == [b"UNKNOWN"]:
            return
        if len(words) != 6 or words[1] not in (b"TCP4", b"TCP6"):
            raise ClientFault("the PROXY protocol header is malformed")
        self.address = _place(words[2].decode("ascii", "replace"), words[4], 4 if words[1] == b"TCP4" else 6)

    def _fixed(self) -> None:
        command, length = self._said[12], int.from_bytes(self._said[14:16], "big")
        if command not in (LOCAL, PROXY):
            raise ClientFault("the PROXY protocol header is of no known version")
        if length > MAX_BLOCK:
            raise ClientFault("the PROXY protocol header is too long")
        self.wants, self._read = length, self._block
        if length == 0:
            self._block()

    def _block(self) -> None:
        self.wants = 0
        if self._said[12] == LOCAL:
            return
        family, block = self._said[13] >> 4, self._said[16:]
        size = FAMILIES.get(family)
        if size is None:
            return  # a Unix socket, or unspecified: the proxy's own address has to do
        if len(block) < 2 * size + 4:
            raise ClientFault("the PROXY protocol header is malformed")
        host = IPv4Address(block[:size]) if size == 4 else IPv6Address(block[:size])
        self.address = f"{host}:{int.from_bytes(block[2 * size : 2 * size + 2], 'big')}"


def _place(host: str, port: bytes, version: int) -> str:
    try:
        found = ip_address(host)
    except ValueError:
        found = None
    if found is None or found.version != version or not port.isdigit() or int(port) > 65535:
        raise ClientFault("the PROXY protocol header is malformed")
    return f"{found}:{int(port)}"
