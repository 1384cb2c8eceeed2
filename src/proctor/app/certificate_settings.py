"""Beside the stations: reads `[certificates]`: whose certificates of clients the house believes.

In comes the top of the settings; out go `ClientCertificates`, whose files OpenSSL can use.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from proctor.app.section import Section
from proctor.edge.client_certificates import believe
from proctor.edge.config import Listen
from proctor.edge.identity_config import ClientCertificates, Named
from proctor.errors import ConfigFault

LONGEST_SESSION = 7 * 24 * 3600.0


def read_certificates(top: Section, listen: Listen, principals: Iterable[str]) -> tuple[ClientCertificates, ...]:
    """Return the authorities whose certificates are believed; none where nobody's are."""
    if top.take("certificates") is None:
        return ()
    section, known = top.section("certificates"), frozenset(principals)
    if listen.tls.mode == "off":
        section.report.note(section.path, 'certificates are shown under TLS; write listen.tls = "auto"')
    others = [(name, each) for name, each in section.sections("authorities")]
    found = [] if others and "ca" not in section else [_authority("", section, known)]
    section.close()
    for name, each in others:
        found.append(_authority(name, each, known))
        each.close()
    whole = tuple(each for each in found if each is not None)
    if len(whole) == len(found) and section.report.secrets:
        # Who only looks for an address need not be stopped by a list that somebody is writing just now.
        try:
            believe(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), whole)
        except ConfigFault as fault:
            section.report.note(section.path, fault.message)
    return whole


def _authority(label: str, section: Section, principals: frozenset[str]) -> ClientCertificates | None:
    section.needed("ca", '"./clients-ca.pem", the authority of your clients\' certificates')
    ca, crl = section.readable("ca"), section.readable("crl")
    name: Named = section.choice("name", ("uri", "cn", "email", "dns"), "uri")
    names = _names(section.section("names"), principals)
    if not names:
        section.report.note(section.path, "has no names, so nobody could come in by a certificate; see the manual")
    session = section.seconds("session", ClientCertificates.session)
    if session > LONGEST_SESSION:
        section.note("session", f"must be at most {LONGEST_SESSION / 3600:g}h")
    if ca is None or (crl is None and "crl" in section):
        return None
    return ClientCertificates(ca, crl, name, names, session, label)


def _names(section: Section, principals: frozenset[str]) -> Mapping[str, str]:
    found = {}
    for certificate in section.table:
        name = section.text(certificate)
        pattern = certificate.endswith("*")
        if not certificate or certificate.count("*") > int(pattern):
            section.note(certificate, 'name a certificate\'s name, or its beginning and "*"')
        elif name == "*" and not pattern:
            section.note(certificate, 'only a beginning and "*" may stand for what "*" stands for')
        elif name and name != "*" and name not in principals:
            section.note(certificate, f'there is nobody "{name}" in [people], [services] or [agents]')
        else:
            found[certificate] = name
    section.close()
    return MappingProxyType(found)
