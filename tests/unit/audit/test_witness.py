"""What witnesses sign, what is sent to them, and what their answers mean."""

from __future__ import annotations

import struct
from base64 import b64encode
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from proctor.audit.note import SigningKey, Untrusted
from proctor.audit.verify import verify
from proctor.audit.vouching import by_witnesses
from proctor.audit.witness import (
    COSIGNED,
    Cosigned,
    Refused,
    SawAnother,
    Witness,
    answer,
    cosigners,
    joined,
    request,
    signatures_of,
)

SEEN = 1_800_000_100


class HandWitness:
    """A witness that signs whatever it is told to, at any time."""

    def __init__(self, name: str = "witness.test/w1") -> None:
        self.private = Ed25519PrivateKey.generate()
        raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.witness = Witness(name, raw)

    def line(self, note: bytes, time: int = SEEN) -> bytes:
        text, _ = signatures_of(note)
        signed = self.private.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
        blob = self.witness.key_id + struct.pack(">Q", time) + signed
        return f"\u2014 {self.witness.name} {b64encode(blob).decode()}\n".encode()


@pytest.fixture
def note(tmp_path) -> bytes:
    return SigningKey.load(tmp_path / "log.pem").sign(
        "proctor.test/log/w0\n5\n" + "A" * 43 + "=\n", "proctor.test/log/w0"
    )


@pytest.fixture
def watcher() -> HandWitness:
    return HandWitness()


def test_a_cosignature_names_its_witness_and_its_time(note, watcher):
    assert cosigners(joined(note, [watcher.line(note)]), [watcher.witness]) == {"witness.test/w1": SEEN}


def test_a_note_keeps_its_signatures_once_each(note, watcher):
    other = HandWitness("witness.test/w2")
    whole = joined(joined(note, [watcher.line(note)]), [watcher.line(note), other.line(note)])
    assert whole.startswith(note)
    assert whole.count("\u2014".encode()) == 3
    assert set(cosigners(whole, [watcher.witness, other.witness])) == {"witness.test/w1", "witness.test/w2"}


def test_a_forged_cosignature_spoils_the_note(note, watcher):
    forged = HandWitness()
    line = forged.line(note).replace(b64encode(forged.witness.key_id)[:5], b64encode(watcher.witness.key_id)[:5])
    impostor = Witness(watcher.witness.name, forged.witness.public)
    assert cosigners(joined(note, [forged.line(note)]), [watcher.witness]) == {}  # a stranger's line is passed over
    blob = watcher.witness.key_id + struct.pack(">Q", SEEN) + bytes(64)
    line = f"\u2014 {watcher.witness.name} {b64encode(blob).decode()}\n".encode()
    with pytest.raises(Untrusted, match="is not witness.test/w1's"):
        cosigners(joined(note, [line]), [watcher.witness])
    assert impostor.key_id != watcher.witness.key_id


def test_a_cosignature_of_another_time_is_no_cosignature(note, watcher):
    """The time is signed: who puts a later one in its place has forged it."""
    text, _ = signatures_of(note)
    signed = watcher.private.sign(f"cosignature/v1\ntime {SEEN}\n{text}".encode())
    with pytest.raises(Untrusted):
        watcher.witness.cosigned_at(text, struct.pack(">Q", SEEN + 1) + signed)
    with pytest.raises(Untrusted, match="another length"):
        watcher.witness.cosigned_at(text, signed)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (409, b"300\n", SawAnother(300)),
        (409, b"0", SawAnother(0)),
        (409, b"03\n", Refused("it answers 409")),
        (409, b"9" * 30, Refused("it answers 409")),
        (422, b"", Refused("it has seen another tree: ours does not continue it", fork=True)),
        (404, b"", Refused("it does not know this log")),
        (403, b"", Refused("it does not know the log's key, or finds the signature wrong")),
        (500, b"oops", Refused("it answers 500")),
        (200, b"", Refused("its answer has no cosignature of its own")),
        (200, b"x" * 70_000, Refused("its answer is too long")),
        (200, b"\xff\n", Refused("the note is not UTF-8")),
    ],
)
def test_an_answer_means(note, watcher, status, body, expected):
    assert answer(status, body, note, watcher.witness) == expected


def test_an_answer_with_the_witness_own_cosignature_is_taken(note, watcher):
    line = watcher.line(note)
    assert answer(200, line, note, watcher.witness) == Cosigned(line)
    assert isinstance(answer(200, HandWitness("witness.test/w2").line(note), note, watcher.witness), Refused)


def test_a_request_is_spelled_as_the_standard_spells_it(note):
    assert request(3, [b"\x01" * 32], note) == b"old 3\n" + b64encode(b"\x01" * 32) + b"\n\n" + note
    assert request(0, [], note) == b"old 0\n\n" + note
    with pytest.raises(ValueError, match="that long"):
        request(1, [bytes(32)] * 64, note)


def test_a_witness_key_reads_back_and_a_logs_key_is_none(watcher, tmp_path):
    assert Witness.read(str(watcher.witness)) == watcher.witness
    with pytest.raises(Untrusted):
        Witness.read(str(SigningKey.load(tmp_path / "x.pem").verifier("x")))
    with pytest.raises(Untrusted):
        Witness.read(str(watcher.witness).replace("w1+", "w2+"))


@pytest.fixture
def watched(house, watcher):
    """A house whose logs two of three witnesses have cosigned."""
    house.write(20)
    house.integrate()
    house.others = [watcher, HandWitness("witness.test/w2")]
    for name in ("w0", "meta"):
        note = (house.log / name / "checkpoint").read_bytes()
        (house.log / name / COSIGNED).write_bytes(joined(note, [each.line(note) for each in house.others]))
    return house


def vouched(house, quorum: int, **more: object):
    known = [*(each.witness for each in house.others), HandWitness("witness.test/w3").witness]
    return by_witnesses(house.log, known, quorum, **more)


def test_what_k_of_n_have_cosigned_is_part_of_the_proof(watched):
    found = verify(watched.log, watched.journal, vouched=[vouched(watched, 2)])
    assert found.problems == ()
    said = "2 witnesses saw w0 with 42 records at 2027-01-15 08:01:40 UTC (witness.test/w1, witness.test/w2)."
    assert said in found.proves
    assert any("came after 2027-01-15 08:01:40 UTC" in sentence for sentence in found.cannot_prove)


def test_too_few_witnesses_are_a_problem(watched):
    found = verify(watched.log, vouched=[vouched(watched, 3)])
    assert "2 of the 3 witnesses that must have cosigned the log" in {problem.what for problem in found.problems}
    assert not found.ok


def test_a_log_that_witnesses_saw_too_long_ago_may_be_an_old_one(watched):
    """The whole state came back from a backup, cosignatures and all: their time is what gives it away."""
    later = datetime.fromtimestamp(SEEN + 60, UTC)
    found = verify(watched.log, vouched=[vouched(watched, 2, since=later)])
    assert "it may be an old one" in found.first.what
    assert verify(watched.log, vouched=[vouched(watched, 2, since=datetime.fromtimestamp(SEEN, UTC))]).ok


def test_a_log_behind_what_witnesses_saw_was_rolled_back(watched, tmp_path):
    import shutil

    shutil.copytree(watched.log / "w0", tmp_path / "then")
    watched.write(5)
    watched.integrate()
    note = (watched.log / "w0" / "checkpoint").read_bytes()
    fresh = joined(note, [each.line(note) for each in watched.others])
    shutil.rmtree(watched.log / "w0")
    shutil.copytree(tmp_path / "then", watched.log / "w0")
    shutil.rmtree(watched.log / "meta")
    (watched.log / "w0" / COSIGNED).write_bytes(fresh)
    found = verify(watched.log, vouched=[vouched(watched, 2)])
    assert "the log has 42 records, but had 54: it was rolled back" in {problem.what for problem in found.problems}


def test_a_log_that_nobody_has_cosigned_is_a_problem(watched):
    (watched.log / "w0" / COSIGNED).unlink()
    assert vouched(watched, 1).problems[0].what == "no witness has cosigned the log"
    (watched.log / "w0" / COSIGNED).write_bytes(b"rubbish")
    assert "is damaged" in vouched(watched, 1).problems[0].what
