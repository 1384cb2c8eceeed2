"""The house's own CA: made once, private, and good for a client that verifies everything."""

from __future__ import annotations

import shutil
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from proctor.edge.certificates import Seal, ca_path, prepare, server_context, server_names
from proctor.edge.config import Address, Config, Keys, KeySource, Listen, ListenTls
from proctor.errors import ConfigFault

NOW = datetime.now(UTC)


def config(folder: Path, listen: Listen | None = None) -> Config:
    return Config(
        source=folder / "proctor.toml", state=folder, keys=Keys(*(KeySource(),) * 3), listen=listen or Listen()
    )


def sealed(folder: Path, listen: Listen | None = None, now: datetime = NOW) -> Seal:
    seal = prepare(config(folder, listen), now)
    assert seal is not None
    return seal


def meet(seal: Seal, name: str, ca: Path) -> str | None:
    """Shake hands in memory as `sslmode=verify-full` does, and return the protocol's version."""
    client = ssl.create_default_context(cafile=ca)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asker = client.wrap_bio(to_client, to_server, server_hostname=name)
    answerer = server_context(seal, alpn=("postgresql",)).wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (asker, answerer):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return asker.version()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", socket.gethostname(), "db.example.com", "10.1.2.3"])
def test_a_client_that_verifies_everything_is_content(tmp_path: Path, name: str) -> None:
    listen = Listen(postgres=(Address("db.example.com", 6432), Address("10.1.2.3", 1), Address("0.0.0.0", 2)))
    assert meet(sealed(tmp_path, listen), name, ca_path(tmp_path)) == "TLSv1.3"


def test_another_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        meet(sealed(tmp_path), "elsewhere.example.com", ca_path(tmp_path))


def test_another_ca_is_refused(tmp_path: Path) -> None:
    sealed(tmp_path / "other")
    with pytest.raises(ssl.SSLCertVerificationError):
        meet(sealed(tmp_path / "mine"), "localhost", ca_path(tmp_path / "other"))


def test_keys_are_private(tmp_path: Path) -> None:
    sealed(tmp_path)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "tls").iterdir()}
    assert modes == {"ca.key": 0o600, "ca.crt": 0o644, "server.key": 0o600, "server.crt": 0o644}
    assert (tmp_path / "tls").stat().st_mode & 0o777 == 0o700


def test_a_restart_changes_nothing(tmp_path: Path) -> None:
    before = sealed(tmp_path).cert.read_bytes()
    assert sealed(tmp_path).cert.read_bytes() == before


def test_the_certificate_is_renewed_before_it_expires_and_the_ca_stays(tmp_path: Path) -> None:
    before, ca = sealed(tmp_path).cert.read_bytes(), ca_path(tmp_path).read_bytes()
    assert sealed(tmp_path, now=NOW + timedelta(days=59)).cert.read_bytes() == before
    renewed = sealed(tmp_path, now=NOW + timedelta(days=61)).cert.read_bytes()
    assert renewed != before
    assert x509.load_pem_x509_certificate(renewed).not_valid_after_utc > NOW + timedelta(days=120)
    assert ca_path(tmp_path).read_bytes() == ca


def test_a_new_address_gets_a_new_certificate(tmp_path: Path) -> None:
    before = sealed(tmp_path).cert.read_bytes()
    after = sealed(tmp_path, Listen(postgres=(Address("10.1.2.3", 1),))).cert.read_bytes()
    assert after != before


def test_halves_that_do_not_fit_are_made_anew(tmp_path: Path) -> None:
    """A crash between the two writes leaves them."""
    seal = sealed(tmp_path / "a")
    shutil.copy(sealed(tmp_path / "b").key, seal.key)
    assert meet(sealed(tmp_path / "a"), "localhost", ca_path(tmp_path / "a")) == "TLSv1.3"


def test_a_ca_of_another_key_is_a_trouble_and_not_overwritten(tmp_path: Path) -> None:
    sealed(tmp_path / "a")
    sealed(tmp_path / "b")
    shutil.copy(ca_path(tmp_path / "b"), ca_path(tmp_path / "a"))
    with pytest.raises(ConfigFault, match="does not belong to"):
        sealed(tmp_path / "a")


def test_files_of_the_operator_are_used_as_they_are(tmp_path: Path) -> None:
    own = sealed(tmp_path)
    given = sealed(tmp_path, Listen(tls=ListenTls("files", own.cert, own.key)))
    assert (given.cert, given.ca) == (own.cert, None)
    server_context(given)


def test_files_that_are_no_certificate_are_told(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("nothing")
    with pytest.raises(ConfigFault, match="cannot be used for TLS"):
        server_context(Seal(tmp_path / "x", tmp_path / "x"))


def test_tls_off_needs_no_seal(tmp_path: Path) -> None:
    assert prepare(config(tmp_path, Listen(tls=ListenTls("off"))), NOW) is None
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_means_everywhere_is_no_name() -> None:
    assert not server_names([Address("0.0.0.0", 1), Address("::", 1)]) & {"0.0.0.0", "::"}
