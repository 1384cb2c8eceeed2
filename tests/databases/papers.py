"""A company's certificate authority for the tests: certificates of clients as a platform would give them, and lists of dead ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Paper:
    """A certificate and its key, as files that libpq reads."""

    cert: Path
    key: Path
    number: int

    @property
    def words(self) -> dict[str, str]:
        return {"sslcert": str(self.cert), "sslkey": str(self.key)}


class Authority:
    """Somebody who issues certificates."""

    def __init__(self, folder: Path, name: str = "Acme workloads") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.cert = (
            _builder(self.name, self.name, self.key.public_key(), 24 * HOUR)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(ca=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        self.file = folder / "ca.pem"
        self.file.write_bytes(self.cert.public_bytes(serialization.Encoding.PEM))

    def issue(
        self,
        name: str,
        *,
        uris: Sequence[str] = (),
        emails: Sequence[str] = (),
        dns: Sequence[str] = (),
        lasts: timedelta = HOUR,
        use: x509.ObjectIdentifier = ExtendedKeyUsageOID.CLIENT_AUTH,
    ) -> Paper:
        """Return a certificate of these names; without a `name` its subject is empty, as SPIFFE has it."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])
        builder = _builder(subject, self.name, key.public_key(), lasts)
        others: list[x509.GeneralName] = [
            *map(x509.UniformResourceIdentifier, uris), *map(x509.RFC822Name, emails), *map(x509.DNSName, dns)
        ]  # fmt: skip
        if others:
            builder = builder.add_extension(x509.SubjectAlternativeName(others), critical=not name)
        cert = (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(ca=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        paper = Paper(
            self.folder / f"{cert.serial_number:x}.pem", self.folder / f"{cert.serial_number:x}.key", cert.serial_number
        )
        paper.cert.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
        paper.key.touch(mode=0o600)
        paper.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return paper

    def revoked(self, *papers: Paper, lasts: timedelta = HOUR) -> bytes:
        """Return a list of certificates that are not to be believed any more."""
        now = datetime.now(UTC)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.name)
            .last_update(now - 2 * HOUR)
            .next_update(now + lasts)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        for each in papers:
            entry = x509.RevokedCertificateBuilder().serial_number(each.number).revocation_date(now - HOUR)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, lasts: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 4 * HOUR)
        .not_valid_after(now + lasts)
    )


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=ca, crl_sign=ca, encipher_only=False, decipher_only=False,
    )  # fmt: skip
