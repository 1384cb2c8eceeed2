"""Killed at any moment, frozen, on a slow or full disk, and without power: what the database executed is on record.

`PROCTOR_KILLS` says how many rounds each campaign plays (`make kills` plays 200 in all); the moments are random, and
the seed is told when something is found.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from demo.gateway import Gateway
from demo.postgres import ThrowawayPostgres
from tests.adversity.faults.load import Load, decided, executed, unrecorded
from tests.databases.lab import Lab, lab, until

ROUNDS = int(os.environ.get("PROCTOR_KILLS", "4"))
SECTOR = 512
SEED = int(os.environ.get("PROCTOR_SEED", str(time.time_ns() % 1_000_000)))


@contextmanager
def shaken(server: ThrowawayPostgres, shim: Path, folder: Path, durability: str, **faults: str) -> Iterator[Lab]:
    (folder / "synced").mkdir()
    environment = {"LD_PRELOAD": str(shim), "SHIM_SYNCED": str(folder / "synced"), **faults}
    audit = f"\n[audit]\ndurability = '{durability}'\n"
    with lab(server, folder, workers=2, limits=audit, environment=environment) as made:
        yield made


def processes(house: Lab, *words: str) -> list[psutil.Process]:
    """Return the processes of the gateway, those with such a word in their command line."""
    found = []
    for process in psutil.Process(house.gateway.pid).children(recursive=True):
        try:
            command = " ".join(process.cmdline())
        except psutil.Error:
            continue
        if not words or any(word in command for word in words):
            found.append(process)
    return found


def kill(victims: list[psutil.Process]) -> None:
    for victim in victims:
        try:
            victim.kill()
        except psutil.NoSuchProcess:
            continue


def kill_worker(house: Lab, chance: random.Random) -> None:
    workers = processes(house, "proctor.app.worker")
    kill([chance.choice(workers)] if workers else [])


def kill_control(house: Lab, chance: random.Random) -> None:
    kill(processes(house, "proctor.app.control_process"))


def kill_syncer(house: Lab, chance: random.Random) -> None:
    syncers = processes(house, "syncer.py")
    kill([chance.choice(syncers)] if syncers else [])


def kill_all(house: Lab, chance: random.Random) -> None:
    """Kill everything, supervisor first, and start it again."""
    everybody = [psutil.Process(house.gateway.pid), *processes(house)]
    kill(everybody)
    psutil.wait_procs(everybody, timeout=20)
    begin_again(house)


def cut_power(house: Lab, chance: random.Random) -> None:
    """Kill everything, and take from the journal what no sync has vouched for: the page cache is gone as well.

    Of what was not synced, any beginning may have reached the disk by itself, and of what was written over zeros any
    sector.
    """
    everybody = [psutil.Process(house.gateway.pid), *processes(house)]
    kill(everybody)
    psutil.wait_procs(everybody, timeout=20)
    for segment in segments_of(house):
        name = str(segment.with_suffix(".seg")).replace("/", "%")
        kept = max((int(said.read_text()) for said in (house.folder / "synced").glob(f"{name}.*")), default=0)
        data = segment.read_bytes()
        end = len(data.rstrip(b"\0"))
        if end <= kept:
            continue
        if end == len(data):
            os.truncate(segment, chance.randint(kept, end) if chance.random() < 0.5 else kept)
            continue
        all_of_it = chance.random() < 0.5
        left = bytearray(data)
        for start in range(kept - kept % SECTOR, end, SECTOR):
            if all_of_it or chance.random() < 0.5:
                lost = range(max(start, kept), start + SECTOR)
                left[lost.start : lost.stop] = bytes(len(lost))
        segment.write_bytes(left)
    for slate in (house.folder / "state" / "journal").rglob("slate"):
        left = bytearray(slate.read_bytes())  # nobody syncs it: some of its pages get to the disk when the kernel likes
        for start in range(0, len(left), SECTOR):
            if chance.random() < 0.5:
                left[start : start + SECTOR] = bytes(SECTOR)
        slate.write_bytes(left)
    begin_again(house)


def segments_of(house: Lab) -> list[Path]:
    """Return all segments of all journals, those without a name too."""
    return [path for end in ("seg", "next") for path in (house.folder / "state" / "journal").rglob(f"*.{end}")]


def begin_again(house: Lab) -> None:
    before = house.gateway
    before.stop()
    house.gateway = Gateway(before.config, before.environment).start()


def serves(house: Lab) -> bool:
    try:
        with psycopg.connect(house.dsn(connect_timeout="5"), autocommit=True) as session:
            return session.execute("select 1").fetchone() == (1,)
    except psycopg.Error:
        return False


def verified(house: Lab, when: str) -> None:
    said = house.ask("audit", "verify", "--json")
    assert said.code == 0, f"{when}: {said.text}"


def campaign(house: Lab, load: Load, blows: list[Callable[[Lab, random.Random], None]], chance: random.Random) -> None:
    """Strike at random moments, under load; after each blow the house serves again and its log verifies."""
    for number in range(ROUNDS):
        before, wanted = load.done, chance.randint(1, 40)
        until(lambda: load.done >= before + wanted)  # noqa: B023 - called at once
        blow = blows[number % len(blows)]
        blow(house, chance)
        until(lambda: serves(house))
        verified(house, f"round {number}, {blow.__name__}, seed {SEED}")


@pytest.mark.parametrize("durability", ["strict", "adaptive"])
def test_whoever_is_killed_every_executed_statement_was_decided(telling, shim, tmp_path, durability):
    chance = random.Random(SEED)
    blows = [kill_worker, kill_all, kill_control, kill_syncer]
    with shaken(telling, shim, tmp_path, durability) as house:
        with Load(house) as load:
            campaign(house, load, blows, chance)
        assert unrecorded(house, load) == {}, f"seed {SEED}"
        assert executed(house, load).total() > ROUNDS
        house.gateway.stop()
        verified(house, f"at the end, seed {SEED}")


def test_without_power_strict_loses_no_record_of_what_was_executed(telling, shim, tmp_path):
    """Writes that were not synced are gone. Statements that the database executed had been synced before they left."""
    chance = random.Random(SEED)
    with shaken(telling, shim, tmp_path, "strict", SHIM_SLOW="2000") as house:
        with Load(house) as load:
            campaign(house, load, [cut_power], chance)
        assert unrecorded(house, load) == {}, f"seed {SEED}"
        assert decided(house, load).total() > ROUNDS


def test_what_is_frozen_goes_on_where_it_was(telling, shim, tmp_path):
    """SIGSTOP, to each process in turn: whoever waits for it waits, and nothing is lost or doubled."""
    with shaken(telling, shim, tmp_path, "strict") as house, Load(house) as load:
        for words in ("proctor.app.worker", "proctor.app.control_process", "syncer.py"):
            frozen = processes(house, words)
            for process in frozen:
                process.send_signal(signal.SIGSTOP)
            before = load.done
            if words == "proctor.app.control_process":
                until(lambda: load.done > before)  # noqa: B023 - statements do not wait for the log
            for process in frozen:
                process.send_signal(signal.SIGCONT)
            until(lambda: load.done > before)  # noqa: B023
            verified(house, f"after {words} was frozen")
        assert unrecorded(house, load) == {}


def test_a_disk_that_is_full_for_a_while_stops_everything_and_then_nothing_is_missing(telling, shim, tmp_path):
    """No room for a byte of any segment: the database sees nothing meanwhile, and the fault is on record afterwards."""
    flag = tmp_path / "full"
    with shaken(telling, shim, tmp_path, "adaptive", SHIM_FULL=str(flag), SHIM_SLOW="5000") as house:
        with Load(house) as load:
            before = load.done
            until(lambda: load.done > before + 20)
            flag.touch()
            until(lambda: not serves(house))
            silent = executed(house, load).total()
            assert not serves(house)
            assert executed(house, load).total() == silent
            flag.unlink()
            until(lambda: serves(house))
            before = load.done
            until(lambda: load.done > before + 5)
        assert house.recorded("journal.fault")
        assert unrecorded(house, load) == {}
        house.gateway.stop()
        verified(house, "after the disk was full")
