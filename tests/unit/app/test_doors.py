"""Where the house listens: names, both families, paths; and what it says when it cannot."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from proctor.app.doors import opened
from proctor.edge.config import Address
from proctor.errors import HouseFault


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def test_a_name_stands_for_all_its_addresses_on_one_port() -> None:
    doors = opened((Address("localhost", 0),))
    try:
        assert len({door.sock.getsockname()[1] for door in doors}) == 1
        assert {door.sock.getsockname()[0] for door in doors} <= {"127.0.0.1", "::1"}
        assert all(door.local for door in doors)
        for door in doors:
            socket.create_connection(door.sock.getsockname()[:2], timeout=5).close()
    finally:
        for door in doors:
            door.close()


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_both_families_may_be_listed_on_one_port() -> None:
    (four,) = opened((Address("0.0.0.0", 0),))
    port = four.sock.getsockname()[1]
    (six,) = opened((Address("::", port),))
    assert (str(four), str(six)) == (f"0.0.0.0:{port}", f"[::]:{port}")
    assert not four.local
    assert not six.local
    four.close()
    six.close()


@pytest.mark.parametrize(
    ("address", "what"),
    [
        (Address("no-such-host.invalid", 0), "the name is not known"),
        (Address("192.0.2.1", 0), "Cannot assign requested address"),
        (Address(path=Path("/no/such/folder/.s.PGSQL.5432")), "there is no folder /no/such/folder"),
        (Address(path=Path("/" + "x" * 200)), "cannot listen on /xxx"),
    ],
)
def test_what_cannot_be_a_door_is_told_in_one_sentence(address: Address, what: str) -> None:
    with pytest.raises(HouseFault, match=what):
        opened((address,))


def test_a_door_that_is_taken_is_told_and_the_others_are_closed_again() -> None:
    (first,) = opened((Address("127.0.0.1", 0),))
    taken = first.sock.getsockname()[1]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        spare = probe.getsockname()[1]
    with pytest.raises(HouseFault, match="Address already in use") as told:
        opened((Address("127.0.0.1", spare), Address("127.0.0.1", taken)))
    assert told.value.hint == "Is another one running?"
    (again,) = opened((Address("127.0.0.1", spare),))
    first.close()
    again.close()


def test_a_socket_that_a_crash_has_left_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / ".s.PGSQL.6432"
    (door,) = opened((Address(path=path),), everybody=True)
    assert (path.stat().st_mode & 0o777, door.local, str(door)) == (0o777, True, str(path))
    with pytest.raises(HouseFault, match="somebody listens there"):
        opened((Address(path=path),))
    door.sock.close()  # as a crash does: the name stays
    (again,) = opened((Address(path=path),))
    assert path.stat().st_mode & 0o777 == 0o700
    again.close()
    assert not path.exists()
    path.write_text("somebody's")
    with pytest.raises(HouseFault, match="something else lies there"):
        opened((Address(path=path),))
    assert path.read_text() == "somebody's"
