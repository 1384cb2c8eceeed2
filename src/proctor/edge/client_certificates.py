"""Station 1, its third lock: clients that show a certificate in the TLS handshake, and for whom it stands.

OpenSSL verifies it. In come the settings and the certificate of a handshake that succeeded; out goes a principal's
name, or a `ClientFault` whose words are for the journal. A list of revoked ones is read anew when it has changed.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from cryptography import x509
from cryptography.x509.oid import NameOID

from proctor.edge.certificates import Seal, load, server_context
from proctor.edge.identity_config import ClientCertificates, Named
from proctor.edge.revocations import NO_LISTS, Lists, lists_of
from proctor.errors import ClientFault, ConfigFault

log = logging.getLogger("proctor.certificates")

MAX_NAME = 255
_SORTS: dict[Named, type[x509.UniformResourceIdentifier] | type[x509.RFC822Name] | type[x509.DNSName]] = {
    "uri": x509.UniformResourceIdentifier,
    "email": x509.RFC822Name,
    "dns": x509.DNSName,
}
Marks = tuple[tuple[int, int, int], ...]
Anchors = Mapping[bytes, ClientCertificates]


Authorities = tuple[ClientCertificates, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """A certificate that OpenSSL has verified under an authority of the settings; `chain` leads from it to there."""

    raw: bytes
    authority: ClientCertificates
    chain: tuple[bytes, ...] = ()
    lists: Lists = NO_LISTS
    """The authority's lists of revoked ones, as they were in the handshake."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """With what one client is met: a TLS context, and whose certificates count in it, if anybody's do."""

    context: ssl.SSLContext
    anchors: Mapping[bytes, ClientCertificates] = field(default_factory=lambda: MappingProxyType({}))
    """An authority's own certificate to what the settings say of it."""
    lists: Mapping[str, Lists] = field(default_factory=lambda: MappingProxyType({}))
    """The lists of revoked ones, by the settings' name of their authority."""

    def paper(self, described: ssl.SSLObject) -> Paper | None:
        """Return the certificate that the client has shown and OpenSSL has verified, None if there was none."""
        raw = described.getpeercert(binary_form=True) if self.anchors else None
        if raw is None:
            return None
        chain = _verified_chain(described)
        if not chain or chain[0] != raw:
            return None
        # The nearest authority counts: what it is trusted for, one above it need not be.
        authority = next((self.anchors[each] for each in chain[1:] if each in self.anchors), None)
        return None if authority is None else Paper(raw, authority, chain, self.lists.get(authority.label, NO_LISTS))


class ServerTls:
    """What clients of the gateway are met with: the house's own certificate, and whose of theirs are believed."""

    def __init__(self, seal: Seal, clients: Authorities) -> None:
        self._seal = seal
        self._clients = clients
        self._plain = Meeting(_context(seal))
        self._meeting = self._plain
        self._marks: Marks = ()

    def change(self, clients: Authorities) -> None:
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

        Authorities and lists are files that others change. What cannot be read lets nobody in by a certificate until
        it can; other ways in stay.
        """
        if self._clients and (marks := _marks(self._clients)) != self._marks:
            self._marks = marks
            try:
                context = _context(self._seal)
                anchors, lists = believe(context, self._clients)
                self._meeting = Meeting(context, anchors, lists)
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
    if paper.authority.crl is not None and (why := paper.lists.disbelieved(paper.chain, now)) is not None:
        raise ClientFault(why)
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


def fallen(paper: Paper, meeting: Meeting) -> str | None:
    """Return why a session should end that a certificate has opened, by what is believed now; None if it goes on.

    A list that cannot be read, or is too old, ends no session: it says nothing of anybody.
    """
    if not meeting.anchors:
        return None
    authority = next((meeting.anchors[each] for each in paper.chain[1:] if each in meeting.anchors), None)
    if authority is None:
        return "its certificate's authority is not believed any more"
    if meeting.lists.get(authority.label, NO_LISTS).revoked(paper.chain):
        return "its certificate has been revoked"
    return None


def _context(seal: Seal) -> ssl.SSLContext:
    context = server_context(seal)
    # A session that is taken up again would be one whose certificate nobody has looked at today. PostgreSQL gives no
    # tickets either, so that no driver asks for them, and making two for each login is not for nothing.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    return context


def _marks(clients: Authorities) -> Marks:
    return tuple(mark(path) for each in clients for path in (each.ca, each.crl) if path is not None)


def mark(path: Path) -> tuple[int, int, int]:
    """Return what differs once a file has been changed, or put in the place of another."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return found.st_ino, found.st_size, found.st_mtime_ns


def _verified_chain(described: ssl.SSLObject) -> tuple[bytes, ...]:
    """Return the certificates from the client's up to the authority's, as OpenSSL has found them."""
    told = getattr(described, "get_verified_chain", None)
    if told is not None:
        return tuple(told())
    # Before 3.13, Python keeps it to itself.
    found = described._sslobj.get_verified_chain()  # type: ignore[attr-defined]
    return tuple(ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in found or ())


def believe(context: ssl.SSLContext, clients: Authorities) -> tuple[Anchors, Mapping[str, Lists]]:
    """Let clients show a certificate of these authorities, which is verified if they do; raise `ConfigFault`.

    Returns which certificate of an authority is whose, and the lists of those that are revoked.
    """
    context.verify_mode = ssl.CERT_OPTIONAL
    anchors: dict[bytes, ClientCertificates] = {}
    lists: dict[str, Lists] = {}
    for each in clients:
        for found in _load(context, each):
            if anchors.setdefault(found, each) != each:
                raise ConfigFault(f"{each.ca} has an authority's certificate that is in another file as well")
        if each.crl is not None:
            lists[each.label] = lists_of(each.crl)
    # With a list of one alone, OpenSSL would believe nobody of the others; ours are looked at in any case.
    if all(each.crl is not None for each in clients):
        context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
    return MappingProxyType(anchors), MappingProxyType(lists)


def _load(context: ssl.SSLContext, clients: ClientCertificates) -> list[bytes]:
    """Load an authority's files, and return the certificates of authorities that are in them."""
    alone = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        alone.load_verify_locations(cafile=clients.ca)
        context.load_verify_locations(cafile=clients.ca)
        if clients.crl is not None:
            context.load_verify_locations(cafile=clients.crl)
    except (OSError, ssl.SSLError) as fault:
        files = " or ".join(str(path) for path in (clients.ca, clients.crl) if path is not None)
        why = getattr(fault, "reason", None) or fault.strerror
        raise ConfigFault(f"{files} cannot be used for clients' certificates: {why}") from fault
    found = alone.get_ca_certs(binary_form=True)
    if not found:
        raise ConfigFault(f"{clients.ca} has no certificate of an authority")
    return found
