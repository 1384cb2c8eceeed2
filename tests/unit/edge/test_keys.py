"""The keys of the house: made once, private, never guessed."""

from __future__ import annotations

import sys
from base64 import b64encode
from pathlib import Path

import pytest

from proctor.edge.config import KeySource
from proctor.edge.keys import make_private, read_key
from proctor.errors import ConfigFault

KEY = bytes(range(200, 232))


def test_a_key_of_the_house_is_made_once_and_private(tmp_path: Path) -> None:
    source = KeySource(file=tmp_path / "keys" / "mask.key", made=True)
    key = read_key(source, name="mask")
    assert len(key) == 32
    assert read_key(source, name="mask") == key
    assert (tmp_path / "keys" / "mask.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert [each.name for each in (tmp_path / "keys").iterdir()] == ["mask.key"]


def test_a_key_of_the_operator_is_never_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match="cannot read"):
        read_key(KeySource(file=tmp_path / "none"), name="mask")


@pytest.mark.parametrize("spelled", [KEY.hex().encode(), b64encode(KEY), KEY, KEY.hex().encode() + b"\n"])
def test_a_key_is_hex_base64_or_bytes(tmp_path: Path, spelled: bytes) -> None:
    (tmp_path / "k").write_bytes(spelled)
    assert read_key(KeySource(file=tmp_path / "k"), name="mask") == KEY


@pytest.mark.parametrize(
    "weak", [b"", b"hunter2", b"a passphrase that is long but not a key!", KEY[:31].hex().encode()]
)
def test_what_is_too_weak_is_refused(tmp_path: Path, weak: bytes) -> None:
    (tmp_path / "k").write_bytes(weak)
    with pytest.raises(ConfigFault, match="at least 32 bytes"):
        read_key(KeySource(file=tmp_path / "k"), name="mask")


def test_a_key_comes_from_the_environment_or_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", KEY.hex())
    assert read_key(KeySource(env="A_KEY"), name="mask") == KEY
    assert read_key(KeySource(command=(sys.executable, "-c", f"print('{KEY.hex()}')")), name="mask") == KEY
    with pytest.raises(ConfigFault, match="the command"):
        read_key(KeySource(command=(sys.executable, "-c", "raise SystemExit(1)")), name="mask")


def test_of_two_who_make_a_file_the_first_wins(tmp_path: Path) -> None:
    assert make_private(tmp_path / "f", b"first")
    assert not make_private(tmp_path / "f", b"second")
    assert (tmp_path / "f").read_bytes() == b"first"
