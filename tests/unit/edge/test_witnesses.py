"""The way to the witnesses: k of n are enough, those who do not answer are named, and who has seen more stops us."""

from __future__ import annotations

import struct
from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from proctor.audit.note import SigningKey, signatures_of
from proctor.audit.tlog import Log, Signer
from proctor.audit.witness import COSIGNED, Witness, cosigners, seen
from proctor.edge.audit_config import Witnessing, WitnessSeat
from proctor.edge.witnesses import Witnesses
from proctor.errors import HouseFault


class Desk:
    """A witness that remembers sizes, believes every proof, and can be struck dumb."""

    def __init__(self, name: str) -> None:
        self.private = Ed25519PrivateKey.generate()
        self.witness = Witness(name, self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        self.sizes: dict[str, int] = {}
        self.silent = False
        self.status = 200
        self.asked: list[int] = []

    def __call__(self, body: bytes) -> tuple[int, bytes]:
        if self.silent:
            raise OSError("nobody there")
        head, _, note = body.partition(b"\n\n")
        old = int(head.split(b"\n")[0].removeprefix(b"old "))
        self.asked.append(old)
        if self.status != 200:
            return self.status, b""
        said = seen(note)
        if old != self.sizes.get(said.origin, 0):
            return 409, b"%d\n" % self.sizes.get(said.origin, 0)
        self.sizes[said.origin] = said.size
        text, _ = signatures_of(note)
        blob = self.witness.key_id + struct.pack(">Q", 7)
        blob += self.private.sign(f"cosignature/v1\ntime 7\n{text}".encode())
        return 200, f"\u2014 {self.witness.name} {b64encode(blob).decode()}\n".encode()


class Watched:
    def __init__(self, folder: Path, quorum: int) -> None:
        self.logs = folder / "log"
        key = SigningKey.load(folder / "log.pem")
        self.log = Log.open(self.logs / "w0", Signer(key, "proctor.test/log/w0", folder / "signed"))
        self.desks = {name: Desk(f"witness.test/{name}") for name in ("a", "b", "c")}
        seats = tuple(WitnessSeat(name, "", str(desk.witness)) for name, desk in self.desks.items())
        self.config = Witnessing(seats, quorum)
        self.witnesses = self.anew()

    def anew(self) -> Witnesses:
        return Witnesses(self.logs, self.config, dial=lambda seat: self.desks[seat.name])

    def cosigned(self) -> set[str]:
        note = (self.logs / "w0" / COSIGNED).read_bytes()
        return set(cosigners(note, [desk.witness for desk in self.desks.values()]))


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path, 2)


def test_all_who_answer_cosign_and_are_asked_again_only_for_news(watched: Watched) -> None:
    watched.log.append([b"one", b"two"])
    assert watched.witnesses.round() == {}
    assert watched.cosigned() == {"witness.test/a", "witness.test/b", "witness.test/c"}
    assert watched.witnesses.round() == {}
    watched.log.append([b"three"])
    assert watched.witnesses.round() == {}
    assert watched.desks["a"].asked == [2, 0, 2]  # our size, then theirs, then from where they are


def test_k_of_n_are_enough_and_one_less_is_not(watched: Watched) -> None:
    watched.log.append([b"one"])
    watched.desks["c"].silent = True
    assert watched.witnesses.round() == {}
    assert watched.cosigned() == {"witness.test/a", "witness.test/b"}
    watched.log.append([b"two"])
    watched.desks["b"].status = 404
    told = watched.witnesses.round()["w0"]
    assert told == "1 of 2 witnesses have cosigned: b: it does not know this log; c does not answer (OSError)"
    assert seen((watched.logs / "w0" / COSIGNED).read_bytes()).size == 1  # the older one stays


def test_what_was_cosigned_stays_when_there_are_no_witnesses_any_more(watched: Watched) -> None:
    watched.log.append([b"one"])
    assert watched.witnesses.round() == {}
    watched.log.append([b"two"])
    assert Witnesses(watched.logs, Witnessing()).round() == {}
    assert watched.cosigned() == {"witness.test/a", "witness.test/b", "witness.test/c"}


def test_nothing_is_signed_before_k_have_been_heard(watched: Watched) -> None:
    watched.log.append([b"one"])
    for name in "bc":
        watched.desks[name].silent = True
    with pytest.raises(HouseFault, match="1 of the 2 witnesses that must be heard before the log is signed"):
        watched.witnesses.admit()
    watched.desks["b"].silent = False
    watched.witnesses.admit()
    for name in "ab":
        watched.desks[name].silent = True
    watched.witnesses.admit()  # once a start is enough


def test_one_witness_that_has_seen_more_is_enough_to_stop(watched: Watched) -> None:
    watched.log.append([b"one"])
    watched.desks["c"].sizes["proctor.test/log/w0"] = 9
    with pytest.raises(HouseFault, match="the witness c has seen 9 records of proctor.test/log/w0, not 1"):
        watched.witnesses.admit()
    assert not (watched.logs / "w0" / COSIGNED).exists()


def test_an_empty_log_is_shown_too(watched: Watched) -> None:
    """State that was set back to nothing has nothing to show; a witness that saw more says so all the same."""
    watched.desks["a"].sizes["proctor.test/log/w0"] = 5
    with pytest.raises(HouseFault, match="has seen 5 records"):
        watched.anew().admit()


def test_without_witnesses_nobody_is_asked(tmp_path: Path) -> None:
    alone = Witnesses(tmp_path, Witnessing())
    alone.admit()
    assert alone.round() == {}
