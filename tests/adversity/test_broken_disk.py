"""A disk that has become read-only, as file systems do by themselves after an error, or that answers with errors alone."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from demo.gateway import Gateway, GatewayFault
from demo.postgres import ThrowawayPostgres
from tests.adversity.faults.load import Load, executed, unrecorded
from tests.adversity.test_full_disk import refusal
from tests.databases.lab import Lab, lab, until


@contextmanager
def breakable(server: ThrowawayPostgres, shim: Path, folder: Path, durability: str) -> Iterator[tuple[Lab, Path]]:
    """Start a house whose disk is broken while a file is there, in the way that the file says."""
    flag = folder / "broken"
    audit = f"\n[audit]\ndurability = '{durability}'\n"
    environment = {"LD_PRELOAD": str(shim), "SHIM_BROKEN": str(flag)}
    with lab(server, folder, workers=2, limits=audit, environment=environment) as made:
        yield made, flag


@pytest.mark.parametrize(
    ("durability", "fault"),
    [("strict", errno.EROFS), ("adaptive", errno.EROFS), ("strict", errno.EIO), ("adaptive", errno.EIO)],
)
def test_on_a_broken_disk_nothing_is_served_and_on_a_whole_one_nothing_is_missing(
    telling, shim, tmp_path, durability, fault
):
    with breakable(telling, shim, tmp_path, durability) as (house, flag):
        with Load(house) as load:
            until(lambda: load.done > 20)
            flag.write_text(str(fault))
            until(lambda: all("the journal cannot be written" in refusal(house) for _ in range(8)))
            silent = executed(house, load).total()
            assert "so nothing is served" in refusal(house)
            assert executed(house, load).total() == silent
            flag.unlink()
            until(lambda: all(refusal(house) == "" for _ in range(8)))
            before = load.done
            until(lambda: load.done > before + 20)
        faults = house.recorded("journal.fault")
        assert any(os.strerror(fault) in str(found["what"]) for found in faults), faults
        assert unrecorded(house, load) == {}
        house.gateway.stop()
        assert house.gateway.exit_code == 0
        said = house.ask("audit", "verify", "--json")
        assert said.code == 0, said.text
        assert said.objects()[0]["pending"] == 0


def test_a_house_whose_disk_is_read_only_does_not_begin_to_serve_and_says_why(postgres, shim, tmp_path):
    with breakable(postgres, shim, tmp_path, "adaptive") as (house, flag):
        house.gateway.stop()
        flag.write_text(str(errno.EROFS))
        again = Gateway(house.gateway.config, house.gateway.environment)
        with pytest.raises(GatewayFault, match=r"the journal cannot be opened \(Read-only file system\)"):
            again.start()
        assert again.exit_code not in (0, None)
        flag.unlink()
        house.gateway = again.start()
        assert refusal(house) == ""
