"""An authority stamps our checkpoints: OpenSSL plays it, and the stamps hold for OpenSSL's own verifier as well."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from proctor.audit.integrator import Integrator
from proctor.audit.journal import Journal
from proctor.audit.note import Untrusted
from proctor.audit.record import Heartbeat
from proctor.audit.stamps import kept, roots_of, stamped_at
from proctor.audit.verify import verify
from proctor.audit.vouching import by_stamps
from proctor.edge.audit_config import Stamping
from proctor.edge.stamping import Stamps
from proctor.errors import ConfigFault, HouseFault

SETTINGS = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class Authority:
    """A root, a time-stamping certificate below it, and `openssl ts`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.root = folder / "root.pem"
        (folder / "tsa.cnf").write_text(SETTINGS.format(folder=folder))
        (folder / "serial").write_text("01\n")
        (folder / "use.cnf").write_text(
            "extendedKeyUsage = critical,timeStamping\nkeyUsage = critical,digitalSignature\n"
        )
        self.run("req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -days 30 -subj /CN=root")
        self.run("req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj /CN=tsa")
        self.run(
            "x509 -req -in tsa.csr -CA root.pem -CAkey root.key -CAcreateserial -out tsa.pem -days 30 -extfile use.cnf"
        )

    def run(self, words: str) -> str:
        done = subprocess.run(["openssl", *words.split()], cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def __call__(self, url: str, query: bytes) -> bytes:
        (self.folder / "query").write_bytes(query)
        self.run("ts -reply -config tsa.cnf -queryfile query -out answer")
        return (self.folder / "answer").read_bytes()


@pytest.fixture(scope="session")
def authority(tmp_path_factory) -> Authority:
    if shutil.which("openssl") is None:
        pytest.fail("needs an authority of time: apt-get install openssl")
    return Authority(tmp_path_factory.mktemp("tsa") / "here")


@pytest.fixture
def state(tmp_path) -> Path:
    grow(tmp_path, 5)
    return tmp_path


def grow(state: Path, count: int) -> None:
    import time

    with Journal.open(state / "journal" / "w0", "w0", clock=time) as journal:
        for number in range(count):
            journal.record(Heartbeat(id=f"h{number}", interval_s=60))
    integrator = Integrator.open(state / "journal", state / "log", keys=state / "keys", origin="proctor.test")
    assert not integrator.integrate().troubles
    integrator.close()


def stamping(state: Path, authority: Authority, ca: Path | None = None) -> Stamps:
    return Stamps(state / "log", Stamping("http://127.0.0.1/", ca or authority.root, 3600.0), send=authority)


def test_a_stamp_is_due_once_and_proves_when_the_log_was_there(state, authority):
    stamps = stamping(state, authority)
    now = datetime.now(UTC)
    assert stamps.due(now)
    moment = stamps.stamp()
    assert abs((moment - now).total_seconds()) < 60
    assert not stamps.due(now)
    assert stamps.due(now + timedelta(hours=2))
    grow(state, 3)
    stamps.stamp()
    found = verify(state / "log", state / "journal", vouched=[by_stamps(state / "log", roots_of(authority.root))])
    assert found.problems == ()
    assert any("The authority has stamped 2 checkpoints of the log of logs" in said for said in found.proves)


def test_openssl_itself_verifies_what_lies_beside_the_log(state, authority):
    stamping(state, authority).stamp()
    stamp = next((state / "log" / "meta" / "stamps").glob("*.tsr"))
    said = authority.run(f"ts -verify -data {stamp.with_suffix('.checkpoint')} -in {stamp} -CAfile root.pem")
    assert "Verification: OK" in said


def test_a_stamp_of_another_checkpoint_is_named(state, authority):
    stamping(state, authority).stamp()
    one = next((state / "log" / "meta" / "stamps").glob("*.checkpoint"))
    one.write_bytes(one.read_bytes().replace(b"\n1\n", b"\n2\n"))
    found = verify(state / "log", vouched=[by_stamps(state / "log", roots_of(authority.root))])
    assert "the stamp is not the authority's for this checkpoint" in found.first.what
    assert found.first.where == "meta/stamps/1.tsr"


def test_a_log_of_logs_made_anew_contradicts_its_stamp(state, authority):
    """The key is stolen and everything rewritten; the authority's word about the old one stays."""
    stamping(state, authority).stamp()
    shutil.move(state / "log" / "meta" / "stamps", state / "stamps")
    for name in ("log", "journal"):
        shutil.rmtree(state / name)
    for memory in (state / "keys").glob("*.signed"):
        memory.unlink()
    grow(state, 9)
    shutil.move(state / "stamps", state / "log" / "meta" / "stamps")
    found = verify(state / "log", vouched=[by_stamps(state / "log", roots_of(authority.root))])
    assert (found.first.shard, found.first.what) == (
        "meta",
        "at or before this record, the log is not what it was at 1 records",
    )


def test_an_authority_that_is_not_ours_is_not_believed(state, authority, tmp_path):
    other = Authority(tmp_path / "other")
    with pytest.raises(HouseFault, match="cannot be used"):
        stamping(state, authority, other.root).stamp()
    assert list(kept(state / "log" / "meta")) == []


def test_an_answer_to_another_question_is_not_taken(state, authority):
    """A stamp that was heard elsewhere and is played back has another number in it."""
    heard: list[bytes] = []

    def record(url: str, query: bytes) -> bytes:
        heard.append(authority(url, query))
        return heard[0]

    stamps = Stamps(state / "log", Stamping("http://127.0.0.1/", authority.root), send=record)
    stamps.stamp()
    with pytest.raises(HouseFault, match="cannot be used"):
        stamps.stamp()


def test_what_is_no_stamp_and_no_root_is_said(state, authority, tmp_path):
    with pytest.raises(Untrusted):
        stamped_at(b"note", b"rubbish", roots_of(authority.root))
    with pytest.raises(Untrusted, match="too long"):
        stamped_at(b"note", b"x" * 70_000, roots_of(authority.root))
    (tmp_path / "root.pem").write_text("rubbish")
    with pytest.raises(ConfigFault, match="holds no certificate"):
        roots_of(tmp_path / "root.pem")
