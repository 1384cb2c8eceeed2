"""Witnesses: strangers who sign a checkpoint only if it continues what they saw (C2SP tlog-witness, cosignature/v1).

What k of n of them have cosigned cannot be taken back or forked without k of them lying as well. Takes notes, proofs
and keys; returns what is sent to a witness, what its answer means, and who has cosigned when. Knows nothing of sockets.
"""

from __future__ import annotations

import re
import struct
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from proctor.audit.note import MAX_NOTE, Checkpoint, Untrusted, named, read_checkpoint, signatures_of

COSIGNATURE: Final = b"\x04"
COSIGNED: Final = "cosigned"
"""The file beside a log's checkpoint with the newest one that enough witnesses have cosigned."""
_MOST_STEPS: Final = 63
_TIME: Final = struct.Struct(">Q")
_SIZE: Final = re.compile(rb"(0|[1-9][0-9]{0,18})\n?").fullmatch
MAX_ANSWER: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness by its name and public key."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Return the four bytes by which its signature lines name its key."""
        return sha256(self.name.encode() + b"\n" + COSIGNATURE + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{b64encode(COSIGNATURE + self.public).decode()}"

    @classmethod
    def read(cls, text: str) -> Witness:
        """Read a witness's verifier key as `str` writes it."""
        try:
            name, key_id, rest = text.strip().split("+", 2)
            key = b64decode(rest, validate=True)
            found = cls(name, key[1:])
            if key[:1] != COSIGNATURE or len(key) != 33 or not named(name) or found.key_id.hex() != key_id:
                raise ValueError
        except ValueError:
            raise Untrusted("this is no verifier key of a witness (Ed25519 cosignature/v1)") from None
        return found

    def cosigned_at(self, text: str, signature: bytes) -> int:
        """Return the time, in seconds since 1970, at which it has cosigned this text; raises `Untrusted` if not."""
        if len(signature) != _TIME.size + 64:
            raise Untrusted("a cosignature has another length")
        time = int(_TIME.unpack_from(signature)[0])
        try:
            public = Ed25519PublicKey.from_public_bytes(self.public)
            public.verify(signature[_TIME.size :], f"cosignature/v1\ntime {time}\n{text}".encode())
        except InvalidSignature:
            raise Untrusted(f"the cosignature is not {self.name}'s") from None
        return time


def cosigners(note: bytes, witnesses: Iterable[Witness]) -> Mapping[str, int]:
    """Return which of these witnesses have cosigned a note, and when; a forged cosignature spoils all of it."""
    known = {(witness.name, witness.key_id): witness for witness in witnesses}
    text, signatures = signatures_of(note)
    found: dict[str, int] = {}
    for name, signature in signatures:
        witness = known.get((name, signature[:4]))
        if witness is not None:
            found[name] = max(found.get(name, 0), witness.cosigned_at(text, signature[4:]))
    return found


def request(old: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """Return the body of an add-checkpoint request: what they saw last, the proof from there, and the checkpoint."""
    if len(proof) > _MOST_STEPS:
        raise ValueError("no proof between two trees is that long")
    steps = "".join(f"{b64encode(step).decode()}\n" for step in proof)
    return f"old {old}\n{steps}\n".encode() + note


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The witness has cosigned: the lines to put below the note."""

    lines: bytes


@dataclass(frozen=True, slots=True)
class SawAnother:
    """The witness has last seen a tree of this size, and wants the proof from there."""

    size: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The witness does not cosign. `fork` says that it has seen another tree than this one."""

    why: str
    fork: bool = False


Answer = Cosigned | SawAnother | Refused
_WHY: Final = {
    400: "it calls the request malformed",
    403: "it does not know the log's key, or finds the signature wrong",
    404: "it does not know this log",
    422: "it has seen another tree: ours does not continue it",
}


def answer(status: int, body: bytes, note: bytes, witness: Witness) -> Answer:
    """Return what a witness's answer to an add-checkpoint request means."""
    if len(body) > MAX_ANSWER:
        return Refused("its answer is too long")
    if status == 200:
        try:
            if witness.name in cosigners(note + body, [witness]):
                return Cosigned(body)
        except Untrusted as fault:
            return Refused(str(fault))
        return Refused("its answer has no cosignature of its own")
    if status == 409 and (size := _SIZE(body)) is not None:
        return SawAnother(int(size[1]))
    return Refused(_WHY.get(status, f"it answers {status}"), fork=status == 422)


def joined(note: bytes, fresh: Iterable[bytes]) -> bytes:
    """Return the note with signature lines added, each once."""
    text, blank, lines = note.rpartition(b"\n\n")
    found = dict.fromkeys([*lines.splitlines(), *(line for some in fresh for line in some.splitlines())])
    whole = text + blank + b"".join(line + b"\n" for line in found if line)
    if len(whole) > MAX_NOTE:
        raise Untrusted("the note is too long")
    return whole


def seen(note: bytes) -> Checkpoint:
    """Return what a note says, whoever has signed it."""
    return read_checkpoint(signatures_of(note)[0])
