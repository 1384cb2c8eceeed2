"""A statement that waits for its record to be on disk: whatever happens meanwhile, it leaves recorded or not at all."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from demo.postgres import ThrowawayPostgres
from tests.adversity.test_journal_stops import worker
from tests.adversity.test_synced_before_sent import early, traced
from tests.databases import raw
from tests.databases.lab import Lab, until

MARKER = "m_000001"
AGAIN = raw.bind(name=MARKER) + raw.execute() + raw.SYNC


@pytest.fixture
def house(postgres: ThrowawayPostgres, shim: Path, tmp_path: Path) -> Iterator[Lab]:
    with traced(postgres, shim, tmp_path, "strict") as made:
        yield made


def prepared(house: Lab) -> raw.Raw:
    """Return a client whose statement was decided and answered before, so that it goes the fast lane."""
    client = house.raw()
    client.send(raw.parse(f"select id as {MARKER} from parts", MARKER) + raw.describe("S", MARKER) + raw.SYNC)
    client.until(b"Z")
    for _ in range(2):
        client.send(AGAIN)
        client.until(b"Z")
    return client


def written(house: Lab, kind: str) -> int:
    """Return how many records of a kind are in the journals, on disk or not."""
    said = b'"kind":"%b"' % kind.encode()
    return sum(data.count(said) for data in segments(house).values())


def segments(house: Lab) -> dict[str, bytes]:
    """Return what is written in each segment, by its name; some do not have theirs yet."""
    found: dict[str, bytes] = {}
    for end in ("next", "seg"):  # in this order: one that gets its name meanwhile is met again
        for path in house.folder.rglob(f"*.{end}"):
            with suppress(FileNotFoundError):
                found[str(path.with_suffix(".seg"))] = path.read_bytes().rstrip(b"\0")
    return found


@contextmanager
def waiting(house: Lab, client: raw.Raw) -> Iterator[None]:
    """Ask once more, and let the disk answer only behind this block."""
    until(lambda: is_quiet(house))  # else a sync under way would keep the record from being written, too
    decided = written(house, "statement.decided")
    pid = syncer(house)
    os.kill(pid, signal.SIGSTOP)
    try:
        client.send(AGAIN)
        until(lambda: written(house, "statement.decided") > decided)
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def is_quiet(house: Lab) -> bool:
    """Say whether all is answered, and all that was written is on disk."""
    if written(house, "statement.answered") < written(house, "statement.decided"):
        return False
    synced = [line.split() for line in (house.folder / "trace").read_text().splitlines() if line.startswith("D ")]
    on_disk = {path: int(size) for _, path, size in synced}
    return all(on_disk.get(path, 0) >= len(data) for path, data in segments(house).items())


def syncer(house: Lab) -> int:
    """Return the process id of the worker's syncer."""
    parent = worker(house)
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    (found,) = [int(pid) for pid in children if "syncer" in Path(f"/proc/{pid}/cmdline").read_text()]
    return found


def executed(house: Lab, folder: Path) -> int:
    """Return how often it was sent, each time with its record on disk."""
    wrong, counts = early(folder / "trace", house.direct[1], {MARKER: "simple"}, synced=True)
    assert wrong == []
    return counts[MARKER]


def test_a_client_that_leaves_meanwhile_has_run_nothing(house: Lab, tmp_path: Path) -> None:
    client = prepared(house)
    closed = written(house, "session.closed")
    with waiting(house, client):
        client.socket.close()
        until(lambda: written(house, "session.closed") > closed)
    house.gateway.stop()
    assert executed(house, tmp_path) == 2
    decided = [record for record in house.records() if record["kind"] == "statement.decided" and MARKER in str(record)]
    answers = {record["of"]: record for record in house.records() if record["kind"] == "statement.answered"}
    assert [answers[record["exchange"]]["sqlstate"] for record in decided] == ["00000", "00000", "08006"]


def test_a_cancel_that_comes_meanwhile_does_no_harm(house: Lab, tmp_path: Path) -> None:
    with prepared(house) as client:
        with waiting(house, client):
            raw.cancel(house.through, client.pid, client.secret)
        client.until(b"Z")
        client.send(AGAIN)
        assert raw.rows(client.until(b"Z"))
    assert executed(house, tmp_path) == 4


def test_a_house_that_stops_meanwhile_lets_it_be_answered(house: Lab, tmp_path: Path) -> None:
    with prepared(house) as client:
        with waiting(house, client):
            os.kill(house.gateway.pid, signal.SIGTERM)
        answer = client.until(b"Z")
        assert raw.rows(answer)
        assert [error["C"] for error in raw.errors(client.rest())] == ["57P01"]
    assert executed(house, tmp_path) == 3
