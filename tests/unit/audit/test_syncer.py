"""The journal's other hand, spoken to directly: what it gives back to the page cache, and when."""

from __future__ import annotations

import array
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from proctor.audit import syncer


@contextmanager
def serving(path: Path) -> Iterator[socket.socket]:
    """A syncer in a thread, which has been given a segment."""
    near, far = socket.socketpair()
    thread = threading.Thread(target=syncer.serve, args=(far,))
    thread.start()
    number = os.open(path, os.O_WRONLY)
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [number]))]
    near.sendmsg([syncer.MESSAGE.pack(syncer.SEGMENT, 0)], rights)
    os.close(number)
    try:
        yield near
    finally:
        near.close()
        thread.join()


def synced(near: socket.socket, position: int) -> bytes:
    near.sendall(syncer.MESSAGE.pack(syncer.SYNC, position))
    return near.recv(syncer.MESSAGE.size)


def grown(path: Path, size: int) -> None:
    with path.open("ab") as file:
        file.truncate(size)


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
    grown(segment, syncer.KEPT + syncer.STRIDE - 1)
    with serving(segment) as near:
        assert synced(near, 7) == syncer.MESSAGE.pack(syncer.SYNCED, 7)
    assert advice == []


def test_what_is_long_on_disk_is_given_back_once_and_by_the_stride(
    segment: Path, advice: list[tuple[int, int, int]]
) -> None:
    with serving(segment) as near:
        for more in (syncer.STRIDE, syncer.STRIDE + 1, 3 * syncer.STRIDE):
            grown(segment, syncer.KEPT + more)
            for _ in range(2):  # memory is given back behind the answer: at the second, what the first led to is over
                assert synced(near, more) == syncer.MESSAGE.pack(syncer.SYNCED, more)
    assert advice == [
        (0, syncer.STRIDE, os.POSIX_FADV_DONTNEED),
        (syncer.STRIDE, 2 * syncer.STRIDE, os.POSIX_FADV_DONTNEED),
    ]


def test_a_file_system_that_takes_no_advice_is_no_fault(segment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> None:
        raise OSError(38, "not here")

    monkeypatch.setattr(os, "posix_fadvise", refuses)
    grown(segment, syncer.KEPT + syncer.STRIDE)
    with serving(segment) as near:
        assert synced(near, 1) == syncer.MESSAGE.pack(syncer.SYNCED, 1)
        assert synced(near, 2) == syncer.MESSAGE.pack(syncer.SYNCED, 2)
