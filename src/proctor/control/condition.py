"""Beside the stations: the condition of the house's parts that wear out: certificates, witnesses, versions.

In come settings and the hour; out goes what an operator should know before it hurts. Reads files, asks nobody over the
network, and changes nothing.
"""

from __future__ import annotations

import platform
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from proctor import twins
from proctor.audit.note import Untrusted
from proctor.audit.tlog import CHECKPOINT
from proctor.audit.witness import COSIGNED, Witness, cosigners, seen
from proctor.edge import certificates
from proctor.edge.audit_config import Witnessing
from proctor.edge.config import Config

MOST = 20  # certificates of one file
SOON = 14
"""Days before the end of a certificate from which on it is told as a worry."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate that the house shows, or by which it is believed."""

    part: str
    subject: str
    names: tuple[str, ...] = ()
    expires: datetime | None = None
    days_left: int = 0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Watched:
    """How far one witness has come with one log."""

    witness: str
    log: str
    cosigned: int | None = None
    """The size that it has cosigned, None for none on file."""
    signed: int = 0
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """All of it."""

    certificates: tuple[Certificate, ...]
    witnesses: tuple[Watched, ...]
    quorum: int
    versions: dict[str, str]


def read_condition(config: Config, now: datetime) -> Condition:
    """Return the condition of the house's parts."""
    witnessing = config.audit.witnessing
    return Condition(
        tuple(_certificates(config, now)),
        tuple(_witnesses(config.state / "log", witnessing)),
        witnessing.quorum,
        {"python": platform.python_version(), "openssl": ssl.OPENSSL_VERSION, "hot path": twins.describe()},
    )


def _certificates(config: Config, now: datetime) -> Iterator[Certificate]:
    tls = config.listen.tls
    if tls.mode == "files" and tls.cert is not None:
        yield from _read("server", tls.cert, now)
    elif tls.mode == "auto":
        yield from _read("server", config.state / certificates.FOLDER / "server.crt", now)
        yield from _read("authority", certificates.ca_path(config.state), now)


def _read(part: str, path: Path, now: datetime) -> Iterator[Certificate]:
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())[:MOST]
    except (OSError, ValueError) as fault:
        yield Certificate(part, path.name, trouble=f"cannot be read ({type(fault).__name__})")
        return
    for place, one in enumerate(found):
        left = (one.not_valid_after_utc - now).days
        trouble = "has expired" if left < 0 else f"expires in {left} days" if left < SOON else ""
        yield Certificate(
            part if place == 0 else f"{part}, chain",
            one.subject.rfc4514_string()[:200],
            tuple(_names(one)),
            one.not_valid_after_utc,
            left,
            trouble,
        )


def _names(one: x509.Certificate) -> Iterator[str]:
    try:
        found = one.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return
    for name in list(found)[:MOST]:
        yield str(name.value)[:200]


def _witnesses(logs: Path, witnessing: Witnessing) -> Iterator[Watched]:
    known = {seat.name: Witness.read(seat.key) for seat in witnessing.seats}
    for path in sorted(logs.glob(f"*/{CHECKPOINT}")) if known else ():
        signed = _size(path)
        cosigned, when = _cosigned(path.with_name(COSIGNED), list(known.values()))
        for name, witness in known.items():
            at = when.get(witness.name)
            yield Watched(
                name,
                path.parent.name,
                None if at is None else cosigned,
                signed,
                None if at is None else datetime.fromtimestamp(at, UTC),
            )


def _cosigned(path: Path, witnesses: list[Witness]) -> tuple[int, dict[str, int]]:
    try:
        note = path.read_bytes()
        return seen(note).size, dict(cosigners(note, witnesses))
    except (OSError, Untrusted, ValueError):
        return 0, {}


def _size(path: Path) -> int:
    try:
        return seen(path.read_bytes()).size
    except (OSError, Untrusted, ValueError):
        return 0
