"""What is sealed opens for the reveal key alone, only where it belongs, and never again once its key is destroyed."""

from __future__ import annotations

import stat
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.audit.boxes import framed, unframed
from proctor.audit.vault import Erased, Vault, erase, load_private, made_private, opened
from proctor.errors import ConfigFault, HouseFault

VALUES = (b"select 1", None, b"", b"\x00\xff", b"12:3-")


class Opened:
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "vault"
        pem, self.public = made_private()
        (folder / "reveal.pem").write_bytes(pem)
        self.private = load_private(folder / "reveal.pem")
        self.vault = Vault(self.folder, self.public)


@pytest.fixture
def house(tmp_path) -> Opened:
    return Opened(tmp_path)


@given(st.lists(st.one_of(st.none(), st.binary(max_size=40))))
def test_values_read_back_from_one_string(values):
    assert unframed(framed(values)) == tuple(values)


def test_a_box_opens_for_the_reveal_key(house):
    key = house.vault.key_for("alice")
    box = key.seal(VALUES, b"digest")
    assert opened(house.folder, key.name, box.decode(), b"digest", house.private) == VALUES


def test_no_two_boxes_are_alike(house):
    key = house.vault.key_for("alice")
    assert len({key.seal(VALUES, b"digest") for _ in range(100)}) == 100


@pytest.mark.parametrize("attack", ["moved to another record", "changed", "another reveal key"])
def test_a_box_opens_nowhere_else(house, attack, tmp_path):
    key = house.vault.key_for("alice")
    box, about, private = key.seal(VALUES, b"digest"), b"digest", house.private
    if attack == "moved to another record":
        about = b"another"
    elif attack == "changed":
        data = bytearray(b64decode(box))
        data[-1] ^= 1
        box = b64encode(bytes(data))
    else:
        (tmp_path / "other.pem").write_bytes(made_private()[0])
        private = load_private(tmp_path / "other.pem")
    with pytest.raises(HouseFault, match="does not open"):
        opened(house.folder, key.name, box.decode(), about, private)


def test_a_subject_has_one_key_in_each_process_and_its_own(house):
    one = house.vault.key_for("alice")
    assert house.vault.key_for("alice") is one
    assert house.vault.key_for("bob").name != one.name
    assert Vault(house.folder, house.public).key_for("alice").name != one.name


def test_what_lies_in_the_vault_is_for_its_owner_alone_and_no_key(house):
    key = house.vault.key_for("../../alice\x00")
    assert key.path.parent.parent == house.folder
    assert stat.S_IMODE(key.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.path.parent.stat().st_mode) == 0o700


def test_an_erased_subject_is_gone_and_the_others_are_not(house):
    alice, bob = house.vault.key_for("alice"), house.vault.key_for("bob")
    again = Vault(house.folder, house.public).key_for("alice")
    boxes = [key.seal(VALUES, b"d").decode() for key in (alice, bob, again)]
    assert erase(house.folder, "alice") == 2
    assert erase(house.folder, "alice") == 0
    for key, box in ((alice, boxes[0]), (again, boxes[2])):
        with pytest.raises(Erased):
            opened(house.folder, key.name, box, b"d", house.private)
    assert opened(house.folder, bob.name, boxes[1], b"d", house.private) == VALUES


def test_what_comes_after_an_erasure_gets_a_key_of_its_own(house):
    before = house.vault.key_for("alice")
    erase(house.folder, "alice")
    after = house.vault.key_for("alice")
    assert after.name != before.name
    assert opened(house.folder, after.name, after.seal(VALUES, b"d").decode(), b"d", house.private) == VALUES


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "*", "0" * 15, "zzzzzzzzzzzzzzzz", "0" * 16])
def test_a_name_from_a_record_leads_nowhere_but_into_the_vault(house, name):
    house.vault.key_for("alice")
    with pytest.raises(Erased):
        opened(house.folder, name, "AAAA", b"d", house.private)


def test_a_reveal_key_that_is_none_is_not_used(tmp_path):
    with pytest.raises(ConfigFault, match="not here"):
        load_private(tmp_path / "absent.pem")
    (tmp_path / "bad.pem").write_text("rubbish")
    with pytest.raises(ConfigFault, match="no key that can be used"):
        load_private(tmp_path / "bad.pem")


def test_a_vault_that_cannot_be_written_is_a_fault_of_the_house(house, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(HouseFault, match="the vault cannot be written"):
        Vault(tmp_path / "file" / "vault", house.public).key_for("alice")
