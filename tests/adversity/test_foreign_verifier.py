"""Strangers' code verifies our logs: the Go team's x/mod/sumdb, which knows nothing of Proctor."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from proctor.audit.note import SigningKey
from proctor.audit.proof import Receipt
from proctor.audit.tiles import Tiles
from proctor.audit.tlog import Log, Signer

GOPATH = Path("/usr/share/gocode")


@pytest.fixture(scope="session")
def stranger(tmp_path_factory) -> Path:
    """The verifier, compiled. A missing compiler is a failure: who skips it believes only us."""
    if shutil.which("go") is None or not (GOPATH / "src/golang.org/x/mod/sumdb/tlog").exists():
        pytest.fail("needs the Go team's verifier: apt-get install golang-go golang-golang-x-mod-dev")
    folder = tmp_path_factory.mktemp("go")
    binary = folder / "verify"
    settings = {"GOPATH": str(GOPATH), "GO111MODULE": "off", "GOCACHE": str(folder / "cache"), "GOFLAGS": "-p=1"}
    source = Path(__file__).parent / "foreign" / "verify.go"
    subprocess.run(["go", "build", "-o", binary, source], check=True, env={**os.environ, **settings})
    return binary


def ask(stranger: Path, log: Path, *earlier: Path) -> str:
    vkey = (log / "log.vkey").read_text().strip()
    done = subprocess.run([stranger, log, vkey, *earlier], capture_output=True, text=True, check=False)
    assert done.returncode == (0 if done.stdout.startswith("OK") else 1), done.stderr
    return done.stdout.strip()


def entry(number: int) -> bytes:
    return b'{"seq":%d,"text":"%b"}' % (number, b"x" * (number % 300))


def write(folder: Path, *sizes: int) -> Path:
    """Write a log in as many appends as there are sizes, and keep the checkpoint before the last."""
    key = SigningKey.load(folder / "log.pem")
    log = Log.open(folder / "log", Signer(key, "proctor.test/log/w0", folder / "signed"))
    for size in sizes:
        if log.size:
            (folder / "earlier").write_bytes(log.checkpoint)
        log.append(entry(number) for number in range(log.size, size))
    return folder / "log"


@pytest.mark.parametrize("size", [1, 255, 256, 257, 300, 70_000])
def test_a_stranger_verifies_a_log_of_any_shape(stranger, tmp_path, size):
    assert ask(stranger, write(tmp_path, size)) == f"OK {size}"


@pytest.mark.parametrize("sizes", [(1, 2), (255, 256), (256, 257), (1, 300), (257, 65_536, 65_793)])
def test_a_stranger_sees_that_a_log_contains_what_it_was(stranger, tmp_path, sizes):
    assert ask(stranger, write(tmp_path, *sizes), tmp_path / "earlier") == f"OK {sizes[-1]}"


def test_a_stranger_names_the_entry_that_was_changed(stranger, tmp_path):
    log = write(tmp_path, 300)
    bundle = log / "tile" / "entries" / "000"
    bundle.write_bytes(bundle.read_bytes().replace(b'{"seq":8,', b'{"seq":9,'))
    assert ask(stranger, log) == "FAIL entry 8 hash mismatch"


def test_a_stranger_refuses_a_fork(stranger, tmp_path):
    write(tmp_path / "one", 257, 300)
    (tmp_path / "two").mkdir()
    shutil.copy(tmp_path / "one" / "log.pem", tmp_path / "two" / "log.pem")
    key = SigningKey.load(tmp_path / "two" / "log.pem")
    fork = Log.open(tmp_path / "two" / "log", Signer(key, "proctor.test/log/w0", tmp_path / "two" / "signed"))
    fork.append(entry(number + 1) for number in range(310))
    assert ask(stranger, fork.folder) == "OK 310"
    assert ask(stranger, fork.folder, tmp_path / "one" / "earlier").startswith("FAIL")


def test_a_stranger_refuses_a_checkpoint_of_another_key(stranger, tmp_path):
    log = write(tmp_path / "one", 10)
    other = write(tmp_path / "two", 10)
    shutil.copy(other / "checkpoint", log / "checkpoint")
    assert ask(stranger, log).startswith("FAIL")


def tiles(*words: str) -> bytes:
    """Ask `tlog-scales`, another reader of C2SP tiles, written by somebody else."""
    program = Path(sys.executable).with_name("tlog-tiles")
    done = subprocess.run([program, *words], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.mark.parametrize("size", [1, 256, 300])
def test_another_reader_finds_the_same_leaf_and_the_same_proof(tmp_path, size):
    log = write(tmp_path, size)
    note = (log / "checkpoint").read_bytes()
    for number in {0, size // 2, size - 1}:
        assert tiles("get-leaf", "-c", str(log), str(number)).rstrip(b"\n") == entry(number)
        ours = Receipt.of(Tiles(log, size), number, note)
        theirs = Receipt.read(tiles("gen-proof", str(log), str(number)))
        assert (theirs.index, theirs.proof) == (ours.index, ours.proof)


def test_another_reader_misses_a_leaf_that_was_changed(tmp_path):
    log = write(tmp_path, 300)
    bundle = log / "tile" / "entries" / "000"
    bundle.write_bytes(bundle.read_bytes().replace(b'{"seq":8,', b'{"seq":9,'))
    with pytest.raises(AssertionError):
        tiles("get-leaf", "-c", str(log), "8")
