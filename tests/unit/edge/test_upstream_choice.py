"""Which of several hosts serves, by what it says of itself, and whom the gateway trusts to be one."""

from __future__ import annotations

import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from proctor.edge.config import Database, Host, SessionAttrs, UpstreamRole
from proctor.edge.end import End
from proctor.edge.upstream import Upstream, _context, _serves
from proctor.wire.upstream_leg import UpstreamLeg
from tests.databases.papers import Authority

PRIMARY = {"in_hot_standby": "off", "default_transaction_read_only": "off"}
STANDBY = {"in_hot_standby": "on", "default_transaction_read_only": "off"}
READ_ONLY = {"in_hot_standby": "off", "default_transaction_read_only": "on"}


@pytest.mark.parametrize(
    ("attrs", "serve"),
    [
        ("any", (True, True, True)),
        ("primary", (True, False, True)),
        ("standby", (False, True, False)),
        ("read-write", (True, False, False)),
        ("read-only", (False, True, True)),
    ],
)
def test_a_host_serves_if_it_is_what_was_asked_for(attrs: SessionAttrs, serve: tuple[bool, ...]) -> None:
    found = []
    for settings in (PRIMARY, STANDBY, READ_ONLY):
        upstream = Upstream(End(UpstreamLeg()), Host("h", 5432), settings)
        found.append(_serves(upstream, attrs, read_only=False))
    assert tuple(found) == serve


def test_a_session_that_the_gateway_made_read_only_does_not_make_its_host_so() -> None:
    upstream = Upstream(End(UpstreamLeg()), Host("h", 5432), READ_ONLY)
    assert _serves(upstream, "read-write", read_only=True)


DATABASE = Database("shop", (Host("h", 5432),), "shop", UpstreamRole("app", None))


def test_a_file_of_authorities_is_read_once_and_again_when_it_has_changed(tmp_path: Path) -> None:
    """Reading the usual ones takes longer than the rest of a login."""
    one, other = (Authority(tmp_path / name) for name in ("one", "other"))
    database = replace(DATABASE, ca=tmp_path / "ca.pem")
    (tmp_path / "ca.pem").write_bytes(one.file.read_bytes())
    before = _context(database)
    assert _context(replace(database, name="other")) is before
    (tmp_path / "new.pem").write_bytes(other.file.read_bytes())
    (tmp_path / "new.pem").replace(tmp_path / "ca.pem")
    after = _context(database)
    assert after is not before
    assert after.get_ca_certs(binary_form=True) != before.get_ca_certs(binary_form=True)
    (tmp_path / "ca.pem").unlink()
    with pytest.raises(OSError, match="ca.pem|No such file"):
        _context(database)


def test_what_is_asked_of_a_certificate_is_never_taken_from_another_database(tmp_path: Path) -> None:
    database = replace(DATABASE, ca=Authority(tmp_path).file)
    for _ in range(2):
        assert _context(database).check_hostname
        lax = _context(replace(database, tls="require"))
        assert (lax.check_hostname, lax.verify_mode) == (False, ssl.CERT_REQUIRED)
        assert _context(replace(DATABASE, tls="require")).verify_mode == ssl.CERT_NONE
        assert _context(DATABASE).verify_mode == ssl.CERT_REQUIRED
