"""Whom a client's certificate stands for, by each sort of name, and what its settings may say."""

from __future__ import annotations

import re
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from proctor.edge.certificates import Seal
from proctor.edge.client_certificates import Paper, ServerTls, bearer_of
from proctor.edge.identity_config import ClientCertificates, Named
from proctor.errors import ClientFault, ConfigFault
from tests.databases.papers import Authority
from tests.unit.app.test_settings import MINIMAL, read

SETTINGS = """
[services.loader]
[certificates]
ca = "ca.pem"
[certificates.names]
"spiffe://acme.test/sa/loader" = "loader"
"spiffe://acme.test/people/*" = "*"
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def paper(authority: Authority, sort: Named, names: dict[str, str], **given: object) -> Paper:
    issued = authority.issue(**given)  # type: ignore[arg-type]
    raw = x509.load_pem_x509_certificate(issued.cert.read_bytes()).public_bytes(Encoding.DER)
    return Paper(raw, ClientCertificates(authority.file, None, sort, MappingProxyType(names)))


@pytest.mark.parametrize(
    ("sort", "names", "given", "bearer"),
    [
        ("uri", {"spiffe://a/x": "loader"}, {"name": "other", "uris": ["spiffe://a/x"], "dns": ["d"]}, "loader"),
        ("uri", {"spiffe://a/*": "*"}, {"name": "", "uris": ["spiffe://a/x"]}, "x"),
        ("uri", {"spiffe://a/*": "all", "spiffe://a/x": "one"}, {"name": "", "uris": ["spiffe://a/x"]}, "one"),
        ("uri", {"spiffe://*": "first", "spiffe://a/*": "second"}, {"name": "", "uris": ["spiffe://a/x"]}, "first"),
        ("cn", {"*": "*"}, {"name": "ada", "uris": ["spiffe://a/x"]}, "ada"),
        ("email", {"ada@acme.test": "ada"}, {"name": "x", "emails": ["ada@acme.test"]}, "ada"),
        ("dns", {"loader.acme.test": "loader"}, {"name": "x", "dns": ["loader.acme.test"]}, "loader"),
    ],
)
def test_a_certificate_stands_for_whom_the_settings_say(
    authority: Authority, sort: Named, names: dict[str, str], given: dict[str, object], bearer: str
) -> None:
    found, lasts = bearer_of(paper(authority, sort, names, **given), datetime.now(UTC))
    assert found == bearer
    assert 3500 < lasts <= 3600


@pytest.mark.parametrize(
    ("sort", "names", "given", "why"),
    [
        ("uri", {"spiffe://a/x": "loader"}, {"name": "", "uris": ["spiffe://a/y"]}, "no name of the settings"),
        ("uri", {"spiffe://a/*": "*"}, {"name": "", "uris": ["spiffe://a/"]}, "no name of the settings"),
        ("uri", {"spiffe://a/*": "*"}, {"name": "", "uris": ["spiffe://a/*"]}, None),
        ("uri", {"loader": "loader"}, {"name": "loader", "dns": ["loader"]}, "0 names"),
        ("cn", {"*": "*"}, {"name": "", "dns": ["ada"]}, "0 names"),
        ("dns", {"*": "*"}, {"name": "x", "dns": ["a", "b"]}, "2 names"),
        ("email", {"*": "*"}, {"name": "x"}, "no name of the sort"),
        ("cn", {"*": "*"}, {"name": "a\tb"}, "is no name"),
    ],
)
def test_a_certificate_that_names_nobody_or_several_stands_for_nobody(
    authority: Authority, sort: Named, names: dict[str, str], given: dict[str, object], why: str | None
) -> None:
    shown = paper(authority, sort, names, **given)
    if why is None:  # a star in a certificate is a letter, and no pattern of ours
        assert bearer_of(shown, datetime.now(UTC))[0] == "*"
        return
    with pytest.raises(ClientFault, match=why):
        bearer_of(shown, datetime.now(UTC))


def test_a_certificate_that_has_expired_since_stands_for_nobody(authority: Authority) -> None:
    shown = paper(authority, "cn", {"*": "*"}, name="ada")
    with pytest.raises(ClientFault, match="expired"):
        bearer_of(shown, datetime.now(UTC) + timedelta(hours=2))
    with pytest.raises(ClientFault, match="cannot be read"):
        bearer_of(Paper(b"0", shown.authority), datetime.now(UTC))


def test_the_settings_say_whose_certificates_are_believed(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(authority.file.read_bytes())
    (tmp_path / "ca.crl").write_bytes(authority.revoked())
    more = SETTINGS.replace('ca = "ca.pem"', 'ca = "ca.pem"\ncrl = "ca.crl"\nsession = "1h"')
    (found,) = read(tmp_path, MINIMAL + more).certificates
    assert (found.ca, found.crl, found.name, found.session) == (tmp_path / "ca.pem", tmp_path / "ca.crl", "uri", 3600.0)
    assert read(tmp_path, MINIMAL).certificates == ()


MORE = """
[certificates.authorities.partners]
ca = "partners.pem"
name = "cn"
[certificates.authorities.partners.names]
"batch" = "loader"
"""


@pytest.mark.parametrize("believed", [False, True])
def test_no_client_is_given_a_ticket_by_which_it_could_come_back(authority: Authority, believed: bool) -> None:
    issued = authority.issue(name="localhost")
    who = ClientCertificates(authority.file, None, "cn", MappingProxyType({"*": "*"}))
    context = ServerTls(Seal(issued.cert, issued.key), (who,) if believed else ()).meeting().context
    assert context.num_tickets == 0
    assert context.options & ssl.OP_NO_TICKET
    assert context.verify_mode is (ssl.CERT_OPTIONAL if believed else ssl.CERT_NONE)


def test_the_settings_may_name_several_authorities(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(authority.file.read_bytes())
    (tmp_path / "partners.pem").write_bytes(Authority(tmp_path / "partners", "Partners").file.read_bytes())
    one, other = read(tmp_path, MINIMAL + SETTINGS + MORE).certificates
    assert (one.label, one.name, other.label, other.name) == ("", "uri", "partners", "cn")
    assert dict(other.names) == {"batch": "loader"}
    alone = read(tmp_path, MINIMAL + "[services.loader]\n" + MORE).certificates
    assert [each.label for each in alone] == ["partners"]
    with pytest.raises(ConfigFault, match=r"certificates.authorities.partners: has no names"):
        read(tmp_path, MINIMAL + SETTINGS + MORE.split("[certificates.authorities.partners.names]", maxsplit=1)[0])
    (tmp_path / "partners.pem").write_bytes(authority.file.read_bytes())
    with pytest.raises(ConfigFault, match="that is in another file as well"):
        read(tmp_path, MINIMAL + SETTINGS + MORE)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('ca = "ca.pem"', "", "ca is missing"),
        ('ca = "ca.pem"', 'ca = "none.pem"', "cannot read"),
        ('ca = "ca.pem"', 'ca = "empty.pem"', "cannot be used for clients' certificates"),
        ('ca = "ca.pem"', 'ca = "ca.pem"\ncrl = "ca.pem"', "has no list of revoked certificates"),
        ('ca = "ca.pem"', 'ca = "ca.pem"\nname = "oid"', "write"),
        ('ca = "ca.pem"', 'ca = "ca.pem"\nsession = "30d"', "must be at most 168h"),
        ('= "loader"', '= "nobody"', 'there is nobody "nobody"'),
        ('= "loader"', '= "*"', 'only a beginning and "*"'),
        ("sa/loader", "*/loader", 'or its beginning and "*"'),
        ("[services.loader]", '[services.loader]\n[listen]\ntls = "off"', 'write listen.tls = "auto"'),
    ],
)
def test_a_trouble_with_certificates_is_told(
    authority: Authority, tmp_path: Path, before: str, after: str, told: str
) -> None:
    (tmp_path / "ca.pem").write_bytes(authority.file.read_bytes())
    (tmp_path / "empty.pem").write_bytes(b"")
    assert before in SETTINGS
    with pytest.raises(ConfigFault, match=re.escape(told)):
        read(tmp_path, MINIMAL + SETTINGS.replace(before, after, 1))


@pytest.mark.parametrize("where", ["listen", "databases.shop"])
def test_a_door_for_certificates_needs_somebody_who_issues_them(tmp_path: Path, where: str) -> None:
    text = MINIMAL if f"[{where}]" in MINIMAL else MINIMAL + f"[{where}]\n"
    with pytest.raises(ConfigFault, match=r"there is no \[certificates\]"):
        read(tmp_path, text.replace(f"[{where}]", f'[{where}]\nlogin = "certificate"'))
