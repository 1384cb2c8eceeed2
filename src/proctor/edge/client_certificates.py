"""Station 1, its third lock: clients that show a certificate in the TLS handshake, and for whom it stands.

OpenSSL verifies it. In come the settings and the certificate of a handshake that succeeded; out goes a principal's
name, or a `ClientFault` whose words are for the journal. A list of revoked ones is read anew when it has changed.
"""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from proctor.edge.certificates import Seal, load, server_context
from proctor.edge.identity_config import ClientCertificates, Named
from proctor.errors import ClientFault, ConfigFault

log = logging.getLogger("proctor.certificates")

MAX_NAME = 255
_SORTS: dict[Named, type[x509.UniformResourceIdentifier] | type[x509.RFC822Name] | type[x509.DNSName]] = {
    "uri": x509.UniformResourceIdentifier,
    "email": x509.RFC822Name,
    "dns": x509.DNSName,
}
Marks = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """A certificate that OpenSSL has verified under the authority of the settings."""

    raw: bytes
    authority: ClientCertificates


@dataclass(frozen=True, slots=True)
class Meeting:
    """With what one client is met: a TLS context, and whose certificates count in it, if anybody's do."""

    context: ssl.SSLContext
    authority: ClientCertificates | None = None

    def paper(self, described: ssl.SSLObject) -> Paper | None:
        """Return the certificate that the client has shown and OpenSSL has verified, None if there was none."""
        raw = None if self.authority is None else described.getpeercert(binary_form=True)
        return None if raw is None or self.authority is None else Paper(raw, self.authority)


class ServerTls:
    """What clients of the gateway are met with: the house's own certificate, and whose of theirs are believed."""

    def __init__(self, seal: Seal, clients: ClientCertificates | None) -> None:
        self._seal = seal
        self._clients = clients
        self._plain = Meeting(server_context(seal))
        self._meeting = self._plain
        self._marks: Marks = ()

    def change(self, clients: ClientCertificates | None) -> None:
        """Believe others from now on; connections that are open stay as they are."""
        if clients != self._clients:
            self._clients, self._marks, self._meeting = clients, (), self._plain

    def renew(self, seal: Seal) -> None:
        """Show these files from now on."""
        self._seal = seal
        for context in {self._plain.context, self._meeting.context}:
            load(context, seal)

    def meeting(self) -> Meeting:
        """Return what the next client is met with.

        Authority and list are files that others change. What cannot be read lets nobody in by a certificate until it
        can; other ways in stay.
        """
        clients = self._clients
        if clients is not None and (marks := _marks(clients)) != self._marks:
            self._marks = marks
            try:
                context = server_context(self._seal)
                believe(context, clients)
                self._meeting = Meeting(context, clients)
            except ConfigFault as fault:
                log.error("no client comes in by a certificate: %s", fault.message)
                self._meeting = self._plain
        return self._meeting


def bearer_of(paper: Paper, now: datetime) -> tuple[str, float]:
    """Return the principal's name that a certificate stands for, and for how many seconds it is good."""
    try:
        certificate = x509.load_der_x509_certificate(paper.raw)
        found = _name(certificate, paper.authority.name)
        lasts = (certificate.not_valid_after_utc - now).total_seconds()
    except ValueError:
        raise ClientFault("the certificate cannot be read") from None
    if lasts <= 0:
        raise ClientFault("the certificate has expired")
    name = _mapped(paper.authority, found)
    if name is None:
        raise ClientFault("no name of the settings is for this certificate's")
    return name, lasts


def _name(certificate: x509.Certificate, sort: Named) -> str:
    """Return the one name of that sort; of several, somebody else might have meant another."""
    if sort == "cn":
        names = [str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    else:
        try:
            others = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except x509.ExtensionNotFound:
            raise ClientFault(f"the certificate has no name of the sort that is asked for ({sort})") from None
        names = [str(each.value) for each in others if isinstance(each, _SORTS[sort])]
    if len(names) != 1:
        raise ClientFault(f"the certificate has {len(names)} names of the sort that is asked for ({sort})")
    if not 0 < len(names[0]) <= MAX_NAME or not names[0].isprintable():
        raise ClientFault("the certificate's name is no name")
    return names[0]


def _mapped(authority: ClientCertificates, found: str) -> str | None:
    """Return whom a certificate's name stands for: by the whole name, else by the first beginning that fits."""
    if found in authority.names and not found.endswith("*"):
        return authority.names[found]
    for pattern, name in authority.names.items():
        start = pattern.removesuffix("*")
        if start != pattern and found.startswith(start) and (rest := found[len(start) :]):
            return rest if name == "*" else name
    return None


def _marks(clients: ClientCertificates) -> Marks:
    return tuple(_mark(path) for path in (clients.ca, clients.crl) if path is not None)


def _mark(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return found.st_ino, found.st_size, found.st_mtime_ns


def believe(context: ssl.SSLContext, clients: ClientCertificates) -> None:
    """Let clients show a certificate of these authorities, which is verified if they do; raise `ConfigFault`."""
    context.verify_mode = ssl.CERT_OPTIONAL
    # A session that is taken up again would be one whose certificate nobody has looked at today.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    try:
        context.load_verify_locations(cafile=clients.ca)
        if not context.get_ca_certs():
            raise ConfigFault(f"{clients.ca} has no certificate of an authority")
        if clients.crl is not None:
            context.load_verify_locations(cafile=clients.crl)
            if context.cert_store_stats()["crl"] == 0:
                raise ConfigFault(f"{clients.crl} has no list of revoked certificates")
            context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
    except (OSError, ssl.SSLError) as fault:
        files = " or ".join(str(path) for path in (clients.ca, clients.crl) if path is not None)
        why = getattr(fault, "reason", None) or fault.strerror
        raise ConfigFault(f"{files} cannot be used for clients' certificates: {why}") from fault
