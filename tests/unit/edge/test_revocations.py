"""Lists of revoked certificates: which are believed, of whom they tell, and which are refused as they are read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from proctor.edge.client_certificates import Meeting, fallen
from proctor.edge.client_certificates import Paper as Shown
from proctor.edge.identity_config import ClientCertificates
from proctor.edge.revocations import MAX_FILE, Lists, lists_of
from proctor.errors import ConfigFault
from tests.databases.papers import Authority, Paper

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def chain(authority: Authority, paper: Paper) -> tuple[bytes, bytes]:
    leaf = x509.load_pem_x509_certificate(paper.cert.read_bytes())
    return leaf.public_bytes(Encoding.DER), authority.cert.public_bytes(Encoding.DER)


def read(folder: Path, raw: bytes) -> Lists:
    (folder / "some.crl").write_bytes(raw)
    return lists_of(folder / "some.crl")


def test_a_certificate_on_the_list_of_its_issuer_is_not_believed(authority: Authority, tmp_path: Path) -> None:
    one, other = authority.issue("one"), authority.issue("other")
    lists = read(tmp_path, authority.revoked(one))
    assert lists.disbelieved(chain(authority, one), NOW) == "the certificate is revoked"
    assert lists.disbelieved(chain(authority, other), NOW) is None


def test_a_list_that_somebody_else_has_signed_tells_nothing(authority: Authority, tmp_path: Path) -> None:
    one, stranger = authority.issue("one"), Authority(tmp_path / "of the same name")
    lists = read(tmp_path, stranger.revoked(one))
    assert not lists.revoked(chain(authority, one))
    assert lists.disbelieved(chain(authority, one), NOW) is not None, "and lets nobody in either"
    both = read(tmp_path, stranger.revoked(one) + b"\n" + authority.revoked())
    assert both.disbelieved(chain(authority, one), NOW) is None


@pytest.mark.parametrize("hour", [timedelta(hours=2), timedelta(hours=-3)], ids=["too old", "not yet"])
def test_a_list_at_the_wrong_hour_lets_nobody_in_and_still_names_the_revoked(
    authority: Authority, tmp_path: Path, hour: timedelta
) -> None:
    one, other = authority.issue("one"), authority.issue("other")
    lists = read(tmp_path, authority.revoked(one))
    why = "no list of revoked certificates that is good now is of its issuer"
    assert lists.disbelieved(chain(authority, other), NOW + hour) == why
    assert lists.disbelieved(chain(authority, one), NOW + hour) == "the certificate is revoked"
    assert not lists.revoked(chain(authority, other)), "which ends no session"


def test_without_a_chain_nothing_is_believed(authority: Authority, tmp_path: Path) -> None:
    lists = read(tmp_path, authority.revoked())
    assert lists.disbelieved(chain(authority, authority.issue("one"))[:1], NOW) is not None
    assert Lists().disbelieved(chain(authority, authority.issue("one")), NOW) is not None


def strange(authority: Authority, extension: x509.ExtensionType) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(authority.name).last_update(NOW)
    builder = builder.next_update(NOW + timedelta(hours=1)).add_extension(extension, critical=True)
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(Encoding.PEM)


def test_what_is_no_whole_list_is_refused_as_it_is_read(authority: Authority, tmp_path: Path) -> None:
    of_some = x509.IssuingDistributionPoint(None, None, True, False, None, False, False)
    for raw, why in (
        (b"", "has no list"),
        (authority.file.read_bytes(), "has no list"),
        (b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----", "malformed"),
        (b"x" * (MAX_FILE + 1), "too large"),
        (strange(authority, x509.DeltaCRLIndicator(1)), "is not of all the certificates"),
        (strange(authority, of_some), "is not of all the certificates"),
    ):
        with pytest.raises(ConfigFault, match=why):
            read(tmp_path, raw)
    with pytest.raises(ConfigFault, match="No such file"):
        lists_of(tmp_path / "none.crl")


def test_a_session_ends_by_the_list_or_with_its_authority_and_by_nothing_else(
    authority: Authority, tmp_path: Path
) -> None:
    one, settings = authority.issue("one"), ClientCertificates(authority.file, tmp_path / "some.crl", label="a")
    shown = Shown(chain(authority, one)[0], settings, chain(authority, one))
    context, anchors = None, {shown.chain[1]: settings}
    for meeting, why in (
        (Meeting(context, anchors, {"a": read(tmp_path, authority.revoked())}), None),
        (Meeting(context, anchors, {"a": read(tmp_path, authority.revoked(lasts=timedelta(hours=-1)))}), None),
        (Meeting(context, anchors, {"b": read(tmp_path, authority.revoked(one))}), None),
        (Meeting(context), None),
        (Meeting(context, anchors, {"a": read(tmp_path, authority.revoked(one))}), "has been revoked"),
        (Meeting(context, {b"another": settings}), "authority is not believed any more"),
    ):
        said = fallen(shown, meeting)
        assert (said is None) if why is None else (said is not None and why in said)
