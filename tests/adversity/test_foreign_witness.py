"""Strangers watch our logs: witnesses that share no code with us cosign growth, and refuse a fork and a rollback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from proctor.audit.note import SigningKey
from proctor.audit.proof import Receipt
from proctor.audit.tiles import Tiles
from proctor.audit.tlog import Log, Signer
from proctor.audit.vouching import by_witnesses
from proctor.audit.witness import COSIGNED, Witness, cosigners
from proctor.edge.audit_config import Witnessing, WitnessSeat
from proctor.edge.witnesses import Witnesses
from proctor.errors import HouseFault
from tests.adversity.test_foreign_verifier import GOPATH, entry

ORIGIN = "proctor.test/log/w0"


@pytest.fixture(scope="session")
def go_witness(tmp_path_factory) -> Path:
    if shutil.which("go") is None or not (GOPATH / "src/golang.org/x/mod/sumdb/tlog").exists():
        pytest.fail("needs the Go team's verifier: apt-get install golang-go golang-golang-x-mod-dev")
    folder = tmp_path_factory.mktemp("go-witness")
    settings = {"GOPATH": str(GOPATH), "GO111MODULE": "off", "GOCACHE": str(folder / "cache"), "GOFLAGS": "-p=1"}
    source = Path(__file__).parent / "foreign" / "witness.go"
    subprocess.run(["go", "build", "-o", folder / "witness", source], check=True, env={**os.environ, **settings})
    return folder / "witness"


@contextmanager
def in_go(binary: Path, vkey: str, name: str = "go.test/witness") -> Iterator[WitnessSeat]:
    with subprocess.Popen([binary, name, vkey], stdout=subprocess.PIPE, text=True) as running:
        try:
            url, key = running.stdout.readline().split()
            yield WitnessSeat("go", url, key)
        finally:
            running.kill()


@contextmanager
def of_aics(program: Path, folder: Path, vkey: str) -> Iterator[WitnessSeat]:
    """The witness server `aics-witness`, in an interpreter of its own: it needs a newer Python than we do."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    config = folder / "witness.json"

    def ask(*words: str) -> str:
        command = [program, words[0], "--config", config, *words[1:]]
        return subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder).stdout

    said = ask("init", "--name", "aics.test/witness", "--listen", listen)
    key = next(word for word in said.split() if word.startswith("aics.test/witness+"))
    ask("add-log", "--origin", ORIGIN, "--vkey", vkey)
    with subprocess.Popen([program, "serve", "--config", config], cwd=folder, stderr=subprocess.DEVNULL) as running:
        try:
            seat = WitnessSeat("aics", f"http://{listen}/", key)
            while running.poll() is None:
                try:
                    socket.create_connection(listen.split(":")).close()
                    break
                except ConnectionRefusedError:
                    continue
            yield seat
        finally:
            running.terminate()


@pytest.fixture(scope="session")
def aics(tmp_path_factory) -> Path | None:
    """Install `aics-witness` where there is a Python new enough; where there is none, the summary says so."""
    beside = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/*/bin")
    places = os.pathsep.join([*map(str, sorted(beside)), os.environ["PATH"]])  # a shim may find nothing behind it
    pythons = [sys.executable] if sys.version_info >= (3, 12) else [f"python3.{minor}" for minor in (14, 13, 12)]
    found = next((path for name in pythons if (path := shutil.which(name, path=places)) and _runs(path)), None)
    if found is None:
        warnings.warn("aics-witness was NOT tried: it needs Python 3.12 or newer, and there is none", stacklevel=1)
        return None
    folder = tmp_path_factory.mktemp("aics")
    subprocess.run([found, "-m", "venv", folder], check=True)
    done = subprocess.run(
        [folder / "bin" / "pip", "install", "-q", "aics-witness"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        warnings.warn(f"aics-witness was NOT tried: it cannot be installed ({done.stderr[-200:]})", stacklevel=1)
        return None
    return folder / "bin" / "aics-witness"


def _runs(path: str) -> bool:
    return subprocess.run([path, "-c", "import venv"], capture_output=True, check=False).returncode == 0


class Growing:
    """A log in a folder of logs, as the witnesses' client wants it, and its key."""

    def __init__(self, folder: Path) -> None:
        self.logs = folder / "log"
        self.key = SigningKey.load(folder / "log.pem")
        self.memory = folder / "signed"
        self.log = Log.open(self.logs / "w0", Signer(self.key, ORIGIN, self.memory))
        self.vkey = str(self.key.verifier(ORIGIN))

    def grow(self, size: int) -> None:
        self.log.append(entry(number) for number in range(self.log.size, size))

    def fork(self, folder: Path, size: int) -> Path:
        """Write another history with the same key, and put it in the log's place."""
        Log.open(folder, Signer(self.key, ORIGIN, folder.parent / "forked.signed")).append(
            entry(number + 1) for number in range(size)
        )
        kept = self.logs / "w0" / COSIGNED
        if kept.exists():
            shutil.copy(kept, folder / COSIGNED)
        shutil.rmtree(self.logs / "w0")
        shutil.copytree(folder, self.logs / "w0")
        return self.logs / "w0"


@pytest.fixture
def growing(tmp_path) -> Growing:
    return Growing(tmp_path)


def test_a_witness_of_the_go_teams_code_cosigns_growth_and_refuses_a_fork(go_witness, growing, tmp_path):
    with in_go(go_witness, growing.vkey) as seat:
        watched(growing, seat, tmp_path / "fork")


def test_another_witness_from_pypi_cosigns_growth_and_refuses_a_fork(aics, growing, tmp_path):
    if aics is not None:  # else the summary has a warning, and the Go team's code has judged above
        (tmp_path / "aics").mkdir()
        with of_aics(aics, tmp_path / "aics", growing.vkey) as seat:
            watched(growing, seat, tmp_path / "fork")


def watched(own: Growing, seat: WitnessSeat, elsewhere: Path) -> None:
    witnesses = Witnesses(own.logs, Witnessing((seat,), 1))
    key = Witness.read(seat.key)
    for size in (257, 300, 700):
        own.grow(size)
        witnesses.admit()
        assert witnesses.round() == {}
        assert set(cosigners((own.logs / "w0" / COSIGNED).read_bytes(), [key])) == {key.name}
    moment = datetime.now(UTC)
    vouched = by_witnesses(own.logs, [key], 1, since=moment - timedelta(minutes=5))
    assert (vouched.problems, vouched.kept[0].size) == ([], 700)
    assert "1 witnesses saw w0 with 700 records" in vouched.proves[0]
    # A house started anew, whose log is another: the witness is asked first, and nothing is signed.
    own.fork(elsewhere / "log", 710)
    restarted = Witnesses(own.logs, Witnessing((seat,), 1))
    with pytest.raises(HouseFault, match="rolled back or forked"):
        restarted.admit()
    assert "has seen another" in restarted.fork
    # And one that runs on while its log is exchanged hears of it in the next round.
    assert "forked" in next(iter(witnesses.round().values()))
    with pytest.raises(HouseFault, match="forked"):
        witnesses.admit()


def test_a_house_restored_from_a_backup_signs_nothing_once_a_witness_has_seen_more(go_witness, growing, tmp_path):
    """Log and signer's memory come from the same backup, and contradict nothing here: only the witness remembers."""
    with in_go(go_witness, growing.vkey) as seat:
        witnesses = Witnesses(growing.logs, Witnessing((seat,), 1))
        growing.grow(300)
        assert witnesses.round() == {}
        shutil.copytree(growing.logs, tmp_path / "backup")
        growing.grow(400)
        assert witnesses.round() == {}
        shutil.rmtree(growing.logs)
        shutil.copytree(tmp_path / "backup", growing.logs)
        with pytest.raises(HouseFault, match="has seen 400 records of proctor.test/log/w0, not 300"):
            Witnesses(growing.logs, Witnessing((seat,), 1)).admit()


def test_a_cosigned_checkpoint_travels_in_a_proof(go_witness, growing, tmp_path):
    with in_go(go_witness, growing.vkey) as seat:
        growing.grow(300)
        assert Witnesses(growing.logs, Witnessing((seat,), 1)).round() == {}
    note = (growing.logs / "w0" / COSIGNED).read_bytes()
    receipt = Receipt.read(bytes(Receipt.of(Tiles(growing.logs / "w0", 300), 7, note)))
    assert receipt.proves(entry(7), growing.key.verifier(ORIGIN))
    assert set(cosigners(receipt.checkpoint, [Witness.read(seat.key)])) == {"go.test/witness"}
