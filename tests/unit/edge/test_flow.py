"""What leaves at once leaves in order, and only where the socket is still ours."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvloop

from proctor.edge.end import End


class Mute:
    """A leg that reads everything and means nothing by it; `behind` is what it still waits for."""

    def __init__(self) -> None:
        self.read = b""
        self.behind = 0

    @property
    def pending(self) -> int:
        return self.behind

    def feed(self, data: bytes) -> list[bytes]:
        if data == b"fault":
            raise RuntimeError("the leg broke")
        self.read += data
        return []


@asynccontextmanager
async def connected(*, quick: bool = True) -> AsyncIterator[tuple[End[bytes], socket.socket, list[bytes]]]:
    """Yield an end, the socket of its other side, and what the lane was offered; it takes what begins with `lane`."""
    ours, theirs = socket.socketpair()
    theirs.settimeout(5)
    offered: list[bytes] = []

    def lane(data: bytes) -> bool:
        offered.append(data)
        if data == b"lane fault":
            raise RuntimeError("the lane broke")
        return data.startswith(b"lane")

    end: End[bytes] = End(Mute())
    await asyncio.get_running_loop().create_connection(lambda: end, sock=ours)
    if quick:
        end.quicken(lane)
    end.data_received(b"")
    try:
        yield end, theirs, offered
    finally:
        end.abort()
        theirs.close()
        await asyncio.sleep(0)


@pytest.fixture(params=["asyncio", "uvloop"])
def loop(request: pytest.FixtureRequest) -> asyncio.Runner:
    return asyncio.Runner(loop_factory=uvloop.new_event_loop if request.param == "uvloop" else None)


def test_what_is_sent_has_left_before_the_round_of_the_loop_is_over(loop: asyncio.Runner) -> None:
    async def story() -> None:
        async with connected() as (end, theirs, _):
            theirs.setblocking(False)
            end.send(b"at once")
            assert theirs.recv(99) == b"at once"

    with loop:
        loop.run(story())


def test_what_was_written_before_leaves_before(loop: asyncio.Runner) -> None:
    async def story() -> None:
        async with connected() as (end, theirs, _):
            end.write(b"first ")
            end.send(b"second ")
            end.write(b"third ")
            end.send(b"fourth")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            said = b""
            while not said.endswith(b"fourth"):
                said += await asyncio.to_thread(theirs.recv, 99)
            assert said == b"first second third fourth"

    with loop:
        loop.run(story())


def test_what_a_full_socket_does_not_take_waits_and_leaves_in_order(loop: asyncio.Runner) -> None:
    async def story() -> None:
        async with connected() as (end, theirs, _):
            parts = [bytes([number]) * 300_000 for number in range(8)]
            for part in parts:
                end.send(part)
            whole = b"".join(parts)
            said = b""
            while len(said) < len(whole):
                said += await asyncio.to_thread(theirs.recv, 1 << 20)
            assert said == whole

    with loop:
        loop.run(story())


def test_nothing_is_sent_once_the_connection_is_closing(loop: asyncio.Runner) -> None:
    """The number of its socket may be somebody else's by then."""

    async def story() -> None:
        async with connected() as (end, theirs, _):
            end.send(b"last words")
            end.close()
            end.send(b"too late")
            said = await asyncio.to_thread(theirs.recv, 99)
            assert said == b"last words"
            assert await asyncio.to_thread(theirs.recv, 99) == b""
            await asyncio.sleep(0)
            other, beside = socket.socketpair()  # which may well get that number
            end.send(b"too late")
            beside.setblocking(False)
            with pytest.raises(BlockingIOError):
                beside.recv(99)
            other.close()
            beside.close()

    with loop:
        loop.run(story())


def test_a_peer_that_has_gone_is_met_by_the_transport(loop: asyncio.Runner) -> None:
    async def story() -> None:
        async with connected() as (end, theirs, _):
            theirs.close()
            end.send(b"into the void")
            end.send(b"and again")
            for _ in range(100):
                await asyncio.sleep(0.001)
                if end.lost:
                    break
            assert end.lost

    with loop:
        loop.run(story())


def test_the_lane_is_asked_only_where_nothing_waits_in_the_leg() -> None:
    async def story() -> None:
        async with connected() as (end, _, offered):
            leg = end.leg
            assert isinstance(leg, Mute)
            end.data_received(b"lane 1")
            leg.behind = 3
            end.data_received(b"a part")
            end.data_received(b"lane 2")
            leg.behind = 0
            end.data_received(b"the rest")
            end.data_received(b"lane 3")
            assert offered == [b"lane 1", b"a part", b"lane 3"]
            assert leg.read == b"a partlane 2the rest"
            assert end.received == sum(map(len, (b"lane 1", b"a part", b"lane 2", b"the rest", b"lane 3")))

    asyncio.run(story())


@pytest.mark.parametrize("said", [b"fault", b"lane fault"], ids=["in the leg", "in the lane"])
def test_a_fault_is_told_to_whoever_runs_the_session(said: bytes) -> None:
    async def story() -> None:
        async with connected() as (end, _, _offered):
            told: list[Exception | None] = []
            end.flow(lambda _: None, told.append)
            end.data_received(said)
            assert [str(fault) for fault in told] == [f"the {'lane' if b'lane' in said else 'leg'} broke"]

    asyncio.run(story())


def test_what_is_encrypted_here_never_leaves_past_the_transport() -> None:
    class Encrypting(asyncio.Transport):
        said = b""

        def get_extra_info(self, name: str, default: object = None) -> object:
            return {"sslcontext": "one", "socket": socket.socket()}.get(name, default)

        def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

        def write(self, data: bytes | bytearray | memoryview) -> None:
            self.said += data

        def is_closing(self) -> bool:
            return False

    transport = Encrypting()
    end: End[bytes] = End(Mute())
    end.connection_made(transport)
    end.quicken(lambda _: True)
    end.send(b"secret")
    assert transport.said == b"secret"


async def test_a_client_that_is_held_for_two_reasons_is_read_when_both_are_gone() -> None:
    async with connected() as (end, _, _):
        transport = end.transport
        assert transport is not None
        end.pause("full")
        end.pause("disk")
        end.pause("disk")
        end.resume("disk")
        assert not transport.is_reading()
        end.resume("full")
        assert transport.is_reading()
