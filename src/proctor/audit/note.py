"""Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint; Ed25519).

A note is text, a blank line, and signature lines. A checkpoint is a note that says: this log, this many entries, this
root. Takes text and keys, returns notes; or takes notes and keys, returns what they say or `Untrusted`. Knows nothing
of trees.
"""

from __future__ import annotations

import os
import re
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from proctor.errors import ConfigFault, HouseFault

ED25519: Final = b"\x01"
_DASH: Final = "\u2014 "
MAX_NOTE: Final = 1_000_000
MAX_SIGNATURES: Final = 100  # a note of strangers must not keep us verifying
COMMAND_SECONDS: Final = 30.0
_NAME: Final = re.compile(r"[^\s+]+").fullmatch
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}").fullmatch


class Untrusted(ValueError):
    """A note that says nothing we may believe."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log said of itself."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        """Return the text that is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key under a name."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Return the four bytes by which a signature line names its key."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{b64encode(ED25519 + self.public).decode()}"

    @classmethod
    def read(cls, text: str) -> Verifier:
        """Read a verifier key as `str` writes it."""
        try:
            name, key_id, rest = text.strip().split("+", 2)
            key = b64decode(rest, validate=True)
            found = cls(name, key[1:])
            if key[:1] != ED25519 or len(key) != 33 or not _NAME(name) or found.key_id.hex() != key_id:
                raise ValueError
        except ValueError:
            raise Untrusted("this is no Ed25519 verifier key") from None
        return found

    def accepts(self, text: str, signature: bytes) -> bool:
        """Say whether this key has signed this text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


class Signatory(Protocol):
    """Signs notes under any name, with one key."""

    def verifier(self, name: str) -> Verifier:
        """Return the public key under a name."""

    def sign(self, text: str, name: str) -> bytes:
        """Return the signed note."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The private key of the log, good for any name."""

    private: Ed25519PrivateKey

    @classmethod
    def load(cls, path: Path) -> SigningKey:
        """Read the key from its file, making one, readable by its owner alone, if there is none."""
        if not path.exists():
            _create(path)
        if path.stat().st_mode & 0o077:
            raise ConfigFault(f"{path.name}: others can read the log's signing key", hint="chmod 600")
        try:
            private = serialization.load_pem_private_key(path.read_bytes(), None)
        except (ValueError, TypeError) as fault:
            raise ConfigFault(f"{path.name} holds no key that can be used") from fault
        if not isinstance(private, Ed25519PrivateKey):
            raise ConfigFault(f"{path.name} holds no Ed25519 key")
        return cls(private)

    def verifier(self, name: str) -> Verifier:
        """Return the public key under a name."""
        raw = self.private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return Verifier(name, raw)

    def sign(self, text: str, name: str) -> bytes:
        """Return the note: text, blank line, signature line."""
        return _note(text, self.verifier(name), self.private.sign(text.encode()))


@dataclass(frozen=True, slots=True)
class CommandKey:
    """A key that somebody else keeps: a command gets the text and returns the signature, in base64."""

    command: tuple[str, ...]
    public: bytes

    def verifier(self, name: str) -> Verifier:
        """Return the public key under a name."""
        return Verifier(name, self.public)

    def sign(self, text: str, name: str) -> bytes:
        """Ask the command, and trust its answer as far as the public key does."""
        try:
            done = subprocess.run(  # noqa: S603 - the operator's own command, no shell
                self.command, input=text.encode(), capture_output=True, timeout=COMMAND_SECONDS, check=True
            )
            signature = b64decode(done.stdout.strip(), validate=True)
        except (OSError, subprocess.SubprocessError, ValueError) as fault:
            raise HouseFault("the command that signs the log has failed", hint=f"run {self.command[0]}") from fault
        verifier = self.verifier(name)
        if not verifier.accepts(text, signature):
            raise HouseFault("the command that signs the log has not signed with the key in keys.sign")
        return _note(text, verifier, signature)


def _note(text: str, verifier: Verifier, signature: bytes) -> bytes:
    if not text.endswith("\n") or any(c < " " and c != "\n" for c in text) or not _NAME(verifier.name):
        raise ValueError("this cannot be a note")
    return f"{text}\n{_DASH}{verifier.name} {b64encode(verifier.key_id + signature).decode()}\n".encode()


def _create(path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)  # never over a key that somebody else made in the meantime
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def signatures_of(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the text of a note, and of each signature line the name and what follows it; nobody is believed yet."""
    if len(note) > MAX_NOTE:
        raise Untrusted("the note is too long")
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise Untrusted("the note is not UTF-8") from None
    text, blank, signatures = whole.rpartition("\n\n")
    if not blank or not signatures.endswith("\n") or any(c < " " and c != "\n" for c in whole):
        raise Untrusted("this is no signed note")
    lines = signatures.split("\n")[:-1]
    if len(lines) > MAX_SIGNATURES:
        raise Untrusted("the note has too many signatures")
    return text + "\n", [_signature_line(line) for line in lines]


def open_note(note: bytes, verifiers: Iterable[Verifier]) -> str:
    """Return the text of a note that at least one of the keys has signed; a known key that has not is a forgery."""
    text, signatures = signatures_of(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    trusted = False
    for name, signature in signatures:
        verifier = known.get((name, signature[:4]))
        if verifier is not None:
            if not verifier.accepts(text, signature[4:]):
                raise Untrusted("the signature is not that key's")
            trusted = True
    if not trusted:
        raise Untrusted("no key that we know has signed this")
    return text


def named(name: str) -> bool:
    """Say whether a key may have this name."""
    return _NAME(name) is not None


def _signature_line(line: str) -> tuple[str, bytes]:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not _NAME(name):
        raise Untrusted("a signature line is malformed")
    try:
        signature = b64decode(encoded, validate=True)
    except ValueError:
        raise Untrusted("a signature is not base64") from None
    if len(signature) < 5:
        raise Untrusted("a signature is too short")
    return name, signature


def open_checkpoint(note: bytes, verifier: Verifier, origin: str | None = None) -> Checkpoint:
    """Return what a checkpoint says, if its log's key has signed it and it is that log's."""
    return read_checkpoint(open_note(note, [verifier]), verifier.name if origin is None else origin)


def read_checkpoint(text: str, origin: str | None = None) -> Checkpoint:
    """Return what the text of a checkpoint says; lines beyond the third are ignored."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]) or not _SIZE(lines[1]):
        raise Untrusted("this is no checkpoint")
    try:
        root = b64decode(lines[2], validate=True)
    except ValueError:
        raise Untrusted("the root is not base64") from None
    # One spelling only, or two files that differ would be one checkpoint.
    if len(root) != 32 or b64encode(root).decode() != lines[2]:
        raise Untrusted("the root is no SHA-256 hash")
    if origin is not None and lines[0] != origin:
        raise Untrusted("the checkpoint is another log's")
    return Checkpoint(lines[0], int(lines[1]), root)
