"""The journal's other hand, spoken to directly: what it syncs, names, fills with zeros, and gives back to the page cache."""

from __future__ import annotations

import array
import errno
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from proctor.audit import syncer


class Side:
    """The gateway's side: its end of the socket, and the open segment, whose place the syncer sees."""

    def __init__(self, near: socket.socket, folder: Path) -> None:
        self.near = near
        self.folder = folder
        self.file = -1

    def turn_to(self, path: Path, ordinal: int = 0) -> None:
        self.file = os.open(path, os.O_RDWR | os.O_CREAT)
        self._send(syncer.SEGMENT, ordinal, self.file, os.open(self.folder, os.O_RDONLY))

    def prepare(self, path: Path, size: int) -> None:
        self._send(syncer.PREPARE, size, os.open(path, os.O_WRONLY | os.O_CREAT))

    def _send(self, what: bytes, number: int, *files: int) -> None:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))]
        self.near.sendmsg([syncer.MESSAGE.pack(what, number)], rights)
        for file in files:
            if file != self.file:
                os.close(file)

    def synced(self, position: int) -> bytes:
        self.near.sendall(syncer.MESSAGE.pack(syncer.SYNC, position))
        return self.near.recv(syncer.MESSAGE.size)

    def grow(self, size: int) -> None:
        os.lseek(self.file, size, os.SEEK_SET)


@contextmanager
def serving(path: Path) -> Iterator[Side]:
    """A syncer in a thread, which has been given a segment."""
    near, far = socket.socketpair()
    thread = threading.Thread(target=syncer.serve, args=(far,))
    thread.start()
    side = Side(near, path.parent)
    side.turn_to(path)
    try:
        yield side
    finally:
        near.close()
        thread.join()
        os.close(side.file)


@pytest.fixture
def advice(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, int]]:
    """What was said of the page cache: from where, how much, and what."""
    said: list[tuple[int, int, int]] = []
    monkeypatch.setattr(os, "posix_fadvise", lambda _, start, size, what: said.append((start, size, what)))
    return said


@pytest.fixture
def segment(tmp_path: Path) -> Path:
    path = tmp_path / "0000000001.seg"
    path.touch()
    return path


def test_the_newest_part_of_a_segment_stays_in_memory(segment: Path, advice: list[tuple[int, int, int]]) -> None:
    with serving(segment) as side:
        side.grow(syncer.KEPT + syncer.STRIDE - 1)
        assert side.synced(7) == syncer.MESSAGE.pack(syncer.SYNCED, 7)
    assert advice == []


def test_what_is_long_on_disk_is_given_back_once_and_by_the_stride(
    segment: Path, advice: list[tuple[int, int, int]]
) -> None:
    with serving(segment) as side:
        for more in (syncer.STRIDE, syncer.STRIDE + 1, 3 * syncer.STRIDE):
            side.grow(syncer.KEPT + more)
            for _ in range(2):  # memory is given back behind the answer: at the second, what the first led to is over
                assert side.synced(more) == syncer.MESSAGE.pack(syncer.SYNCED, more)
    assert advice == [
        (0, syncer.STRIDE, os.POSIX_FADV_DONTNEED),
        (syncer.STRIDE, 2 * syncer.STRIDE, os.POSIX_FADV_DONTNEED),
    ]


def test_a_file_system_that_takes_no_advice_is_no_fault(segment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> None:
        raise OSError(38, "not here")

    monkeypatch.setattr(os, "posix_fadvise", refuses)
    with serving(segment) as side:
        side.grow(syncer.KEPT + syncer.STRIDE)
        assert side.synced(1) == syncer.MESSAGE.pack(syncer.SYNCED, 1)
        assert side.synced(2) == syncer.MESSAGE.pack(syncer.SYNCED, 2)


def test_a_segment_that_is_followed_loses_its_zeros_and_then_the_next_gets_its_name(segment: Path) -> None:
    segment.write_bytes(bytes(5000))
    following = segment.with_name("0000000002.next")
    with serving(segment) as side:
        os.write(side.file, b"x" * 1200)
        before = side.file
        side.turn_to(following, 2)
        assert side.synced(9) == syncer.MESSAGE.pack(syncer.SYNCED, 9)
        os.close(before)
    assert segment.read_bytes() == b"x" * 1200
    assert not following.exists()
    assert following.with_suffix(".seg").exists()


def test_a_segment_that_has_its_name_already_keeps_it_and_one_that_is_gone_is_a_fault(segment: Path) -> None:
    with serving(segment) as side:
        before = side.file
        side.turn_to(segment.with_name("0000000002.seg"), 2)
        assert side.synced(9) == syncer.MESSAGE.pack(syncer.SYNCED, 9)
        os.close(before)
        before = side.file
        side.turn_to(segment.with_name("elsewhere"), 3)
        assert side.near.recv(syncer.MESSAGE.size) == syncer.MESSAGE.pack(syncer.FAILED, errno.ENOENT)
        os.close(before)


def test_of_the_segments_that_are_over_one_stays_in_memory(segment: Path, advice: list[tuple[int, int, int]]) -> None:
    with serving(segment) as side:
        for number in (2, 3, 4):
            before = side.file
            side.turn_to(segment.with_name(f"{number}.seg"))
            assert side.synced(number) == syncer.MESSAGE.pack(syncer.SYNCED, number)
            os.close(before)
    assert advice == [(0, 0, os.POSIX_FADV_DONTNEED)] * 2


@pytest.mark.parametrize("size", [1, syncer.PIECE, 2 * syncer.PIECE + 17])
def test_a_spare_is_filled_with_zeros_and_nobodys_place_in_it_moves(segment: Path, size: int) -> None:
    spare = segment.with_name("spare")
    with serving(segment) as side:
        side.prepare(spare, size)
        assert side.near.recv(syncer.MESSAGE.size) == syncer.MESSAGE.pack(syncer.PREPARE, size)
    assert spare.read_bytes() == bytes(size)


def test_a_spare_that_cannot_be_had_is_told_and_harms_nobody(segment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    with serving(segment) as side:
        side.prepare(segment.with_name("spare"), 4096)
        assert side.near.recv(syncer.MESSAGE.size) == syncer.MESSAGE.pack(syncer.PREPARE, 0)
        assert side.synced(1) == syncer.MESSAGE.pack(syncer.SYNCED, 1)


def test_a_spare_that_is_given_up_meanwhile_is_not_filled_to_its_end(segment: Path) -> None:
    spare = segment.with_name("spare")
    with serving(segment) as side:
        file = os.open(spare, os.O_RDWR | os.O_CREAT)
        spare.unlink()
        assert syncer._fill(file, 3 * syncer.PIECE) is False
        assert os.fstat(file).st_size == syncer.PIECE
        os.close(file)
        assert side.synced(1) == syncer.MESSAGE.pack(syncer.SYNCED, 1)
