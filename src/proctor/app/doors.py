"""The doors of the house: from the addresses of the settings to sockets that listen.

A host's name stands for all its addresses. IPv6 doors take no IPv4, so that both may be listed. A Unix socket may be
used by everybody who can enter its folder, as PostgreSQL's own: who they are, they have to prove like anybody.
"""

from __future__ import annotations

import errno
import socket
import stat
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from proctor.edge.config import Address
from proctor.errors import HouseFault

BACKLOG = 1024
ABSENT = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})  # a machine may have no IPv6, and still name ::1
TAKEN = "Is another one running?"


@dataclass(frozen=True, slots=True)
class Door:
    """A listening socket. `local` says that whoever comes in by it is on this machine."""

    sock: socket.socket
    local: bool
    path: Path | None = None

    def __str__(self) -> str:
        if self.path is not None:
            return str(self.path)
        host, port = self.sock.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def close(self) -> None:
        """Stop listening, and take a Unix socket's name away."""
        self.sock.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def opened(addresses: tuple[Address, ...], *, everybody: bool = False) -> list[Door]:
    """Return doors at all these addresses, or raise `HouseFault` and leave none open.

    Unix sockets are for `everybody` on the machine, or for this user alone.
    """
    doors: list[Door] = []
    try:
        for address in addresses:
            doors += [_at_path(address.path, everybody)] if address.path is not None else _at_host(address)
    except BaseException:
        for door in doors:
            door.close()
        raise
    return doors


def _at_path(path: Path, everybody: bool) -> Door:
    sock = socket.socket(socket.AF_UNIX)
    try:
        _make_room(path)
        sock.bind(str(path))
        path.chmod(0o777 if everybody else 0o700)
        sock.listen(BACKLOG)
    except OSError as fault:
        sock.close()
        if not path.parent.is_dir():
            raise HouseFault(f"cannot listen on {path}: there is no folder {path.parent}", hint="Make it.") from fault
        why = fault.strerror or str(fault)  # a path that is too long has no error number
        raise HouseFault(f"cannot listen on {path}: {why}", hint=TAKEN) from fault
    except BaseException:
        sock.close()
        raise
    sock.setblocking(False)
    return Door(sock, local=True, path=path)


def _make_room(path: Path) -> None:
    """Take away a socket that a crash has left, and nothing else."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise HouseFault(f"cannot listen on {path}: something else lies there", hint="Name another path.")
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
    raise HouseFault(f"cannot listen on {path}: somebody listens there", hint=TAKEN)


def _at_host(address: Address) -> list[Door]:
    try:
        found = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICSERV
        )
    except (socket.gaierror, UnicodeError) as fault:
        raise HouseFault(
            f"cannot listen on {address}: the name is not known", hint="Name one of this machine's own addresses."
        ) from fault
    doors: list[Door] = []
    absent: OSError | None = None
    port = address.port
    try:
        for family, _, _, _, place in dict.fromkeys(found):
            try:
                door = _at_place(family, (str(place[0]), port, *place[2:]))
            except OSError as fault:
                if fault.errno not in ABSENT:
                    raise
                absent = fault
                continue
            doors.append(door)
            port = door.sock.getsockname()[1]  # with port 0, all addresses of a name share the first one's
        if not doors and absent is not None:
            raise absent
    except OSError as fault:
        for door in doors:
            door.close()
        raise HouseFault(f"cannot listen on {address}: {fault.strerror}", hint=_advice(fault)) from fault
    return doors


def _at_place(family: int, place: tuple[object, ...]) -> Door:
    sock = socket.socket(family)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(place)
        sock.listen(BACKLOG)
    except BaseException:
        sock.close()
        raise
    sock.setblocking(False)
    host = str(sock.getsockname()[0]).partition("%")[0]
    return Door(sock, local=ip_address(host).is_loopback)


def _advice(fault: OSError) -> str:
    if fault.errno == errno.EADDRNOTAVAIL:
        return "It is no address of this machine; 0.0.0.0 and [::] stand for all it has."
    if fault.errno == errno.EACCES:
        return "Ports below 1024 are root's; choose another."
    return TAKEN
