"""Stamps: an authority's word that a checkpoint existed at a time (RFC 3161). Needs the extra `stamps`.

Stamped is the log of logs, which speaks of all others. A stamp lies below its log's folder, with the checkpoint that it
is about, and any RFC 3161 tool checks it (`openssl ts -verify`). Takes notes, answers of an authority and its root;
returns requests and times, or `Untrusted`. Knows nothing of sockets.
"""

# ruff: noqa: PLC0415 - the library is an extra, and needed by who stamps or checks stamps alone

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from cryptography import x509

from proctor.audit.note import Untrusted
from proctor.errors import ConfigFault

FOLDER: Final = "stamps"
MAX_STAMP: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Stamped:
    """A checkpoint and the authority's answer about it, as they lie there."""

    size: int
    note: bytes
    stamp: bytes


def able() -> bool:
    """Say whether the extra is installed."""
    return find_spec("rfc3161_client") is not None


def need() -> None:
    """Raise `ConfigFault` unless the extra is installed."""
    if not able():
        raise ConfigFault("stamps need the extra `stamps`", hint="pip install 'proctor[stamps]'")


def roots_of(path: Path) -> tuple[x509.Certificate, ...]:
    """Return the certificates in a file."""
    try:
        return tuple(x509.load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError) as fault:
        raise ConfigFault(f"{path} holds no certificate of a time-stamping authority") from fault


def request(note: bytes) -> tuple[bytes, int]:
    """Return a request to stamp a note, and the number that the answer must repeat."""
    need()
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    wanted = TimestampRequestBuilder(note, HashAlgorithm.SHA256, True, True).build()
    return wanted.as_bytes(), wanted.nonce or 0


def stamped_at(note: bytes, stamp: bytes, roots: tuple[x509.Certificate, ...], *, nonce: int | None = None) -> datetime:
    """Return when the authority has stamped this note; raises `Untrusted` where it has not."""
    need()
    from rfc3161_client import VerifierBuilder, decode_timestamp_response
    from rfc3161_client.errors import VerificationError

    if len(stamp) > MAX_STAMP:
        raise Untrusted("the stamp is too long")
    try:
        said = decode_timestamp_response(stamp)
        builder = VerifierBuilder(roots=list(roots))
        if nonce is not None:
            builder = builder.nonce(nonce)
        builder.build().verify_message(said, note)
    except (ValueError, VerificationError) as fault:
        raise Untrusted(f"the stamp is not the authority's for this checkpoint ({fault})") from None
    return said.tst_info.gen_time


def kept(log: Path) -> Iterator[Stamped]:
    """Yield a log's stamps, oldest first."""
    for path in sorted((log / FOLDER).glob("*.tsr"), key=lambda path: (len(path.stem), path.stem)):
        if path.stem.isdecimal():
            note = path.with_suffix(".checkpoint")
            try:
                yield Stamped(int(path.stem), note.read_bytes(), path.read_bytes())
            except FileNotFoundError:
                continue  # a crash came between the two, and the next stamp is made anew
