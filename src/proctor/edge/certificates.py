"""Station 1, its seal: the house's own certificate authority and server certificate, for `listen.tls = "auto"`.

In come the settings and the hour; out goes a TLS context. The CA is made at first start and stays; the server's
certificate is issued anew before it expires, or when the house listens elsewhere. Knows no sockets.
"""

from __future__ import annotations

import contextlib
import fcntl
import ipaddress
import os
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from proctor.edge.config import Address, Config, ListenTls
from proctor.edge.keys import make_folder, make_private
from proctor.errors import ConfigFault

FOLDER = "tls"
CA_DAYS = 3650
SERVER_DAYS = 90
RENEW_DAYS = 30
SKEW = timedelta(hours=1)  # a client whose clock is a little behind must not refuse a new certificate
EVERYWHERE = frozenset({"0.0.0.0", "::", "*", ""})  # noqa: S104 addresses that name no host


@dataclass(frozen=True, slots=True)
class Seal:
    """The files that a server context is made of; `ca` is what clients are given to trust, if it is our own."""

    cert: Path
    key: Path
    ca: Path | None = None


def ca_path(state: Path) -> Path:
    """Return where the CA lies that clients trust: `sslrootcert` for psql."""
    return state / FOLDER / "ca.crt"


def prepare(config: Config, now: datetime) -> Seal | None:
    """Return the files to serve TLS with, making or renewing our own as needed; None when TLS is off.

    The supervisor calls it before it starts the others; whoever serves calls it hourly, and reads the files anew.
    """
    tls = config.listen.tls
    if tls.mode == "off":
        return None
    if tls.mode == "files":
        return _given(tls)
    folder = make_folder(config.state / FOLDER)
    seal = Seal(folder / "server.crt", folder / "server.key", ca_path(config.state))
    names = server_names([*config.listen.postgres, *config.listen.console])
    with _alone(folder):
        authority, authority_key = _authority(folder, now)
        if not _good(seal, authority, names, now):
            _issue(seal, authority, authority_key, names, now)
    return seal


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time renew: several find in the same hour that it is time."""
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def server_context(seal: Seal, *, alpn: tuple[str, ...] = ()) -> ssl.SSLContext:
    """Return a context that serves TLS 1.2 and newer with these files."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    if alpn:
        context.set_alpn_protocols(list(alpn))
    load(context, seal)
    return context


def load(context: ssl.SSLContext, seal: Seal) -> None:
    """Let a context use these files from now on, as after a renewal; open connections stay as they are."""
    try:
        context.load_cert_chain(seal.cert, seal.key, password=_no_passphrase)
    except (OSError, ssl.SSLError) as fault:
        raise ConfigFault(
            f"{seal.cert} and {seal.key} cannot be used for TLS: {getattr(fault, 'reason', None) or fault.strerror}",
            hint="listen.tls needs a PEM certificate with its chain, and its key without a passphrase",
        ) from fault


def _no_passphrase() -> str:
    """Stand for a passphrase, so that OpenSSL fails instead of asking at a terminal."""
    return ""


def server_names(addresses: list[Address]) -> frozenset[str]:
    """Return the names and addresses that the server's certificate is good for."""
    names = {"localhost", "127.0.0.1", "::1"}
    hosts = {each.host for each in addresses if each.path is None}
    names |= hosts - EVERYWHERE
    if hosts - {"localhost", "127.0.0.1", "::1"}:
        names |= {socket.gethostname(), socket.getfqdn()}
    else:
        names.add(socket.gethostname())
    return frozenset(name for name in names if name and _fits_certificate(name))


def _fits_certificate(name: str) -> bool:
    return name.isascii() and len(name) <= 253 and not any(each in name for each in " /@")


def _given(tls: ListenTls) -> Seal:
    if tls.cert is None or tls.key is None:
        raise ConfigFault("listen.tls has files but not both cert and key")
    return Seal(tls.cert, tls.key)


# --- our own --------------------------------------------------------------------------------------------------------


def _authority(folder: Path, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Return our CA, made at the first call. Key and certificate are one file's decision: the key's."""
    key_path, path = folder / "ca.key", folder / "ca.crt"
    make_private(key_path, _pem(ec.generate_private_key(ec.SECP256R1())))
    key = _read_key(key_path)
    if not path.exists():
        certificate = _ca_certificate(key, now)
        _replace(path, certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    certificate = _read_certificate(path)
    if certificate.public_key() != key.public_key():
        raise ConfigFault(f"{path} does not belong to {key_path}", hint="restore both from one backup")
    if certificate.not_valid_after_utc <= now:
        raise ConfigFault(f"{path} has expired", hint="move the folder away; clients must be given the new ca.crt")
    return certificate, key


def _ca_certificate(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Proctor CA of {socket.gethostname()}"[:64])])
    return (
        _builder(name, name, key.public_key(), now, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(ca=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _issue(
    seal: Seal,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    names: frozenset[str],
    now: datetime,
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "proctor")])
    certificate = (
        _builder(subject, authority.subject, key.public_key(), now, SERVER_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in sorted(names)]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    # The key first: a crash between the two leaves halves that do not fit, which `_good` sees at the next start.
    _replace(seal.key, _pem(key), 0o600)
    _replace(seal.cert, certificate.public_bytes(serialization.Encoding.PEM), 0o644)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _general(name: str) -> x509.GeneralName:
    with contextlib.suppress(ValueError):
        return x509.IPAddress(ipaddress.ip_address(name))
    return x509.DNSName(name)


def _good(seal: Seal, authority: x509.Certificate, names: frozenset[str], now: datetime) -> bool:
    """Tell whether the server's certificate is ours, fits its key and the names, and lasts a while."""
    if not seal.cert.exists() or not seal.key.exists():
        return False
    try:
        certificate, key = _read_certificate(seal.cert), _read_key(seal.key)
        certificate.verify_directly_issued_by(authority)
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ConfigFault, InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound):
        return False
    return (
        certificate.public_key() == key.public_key()
        and set(found) == {_general(name) for name in names}
        and certificate.not_valid_before_utc <= now
        and certificate.not_valid_after_utc - now > timedelta(days=RENEW_DAYS)
    )


def _read_certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as fault:
        raise ConfigFault(f"{path} is not a certificate that can be read") from fault


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as fault:
        raise ConfigFault(f"{path} is not a private key that can be read") from fault
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ConfigFault(f"{path} is not a key of ours")
    return key


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _replace(path: Path, content: bytes, mode: int) -> None:
    """Put a file in place of another, whole or not at all."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.chmod(mode)
    draft.replace(path)
