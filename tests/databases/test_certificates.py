"""Certificates of clients at the database's door, shown by psql and psycopg: who gets in, and who does not, and why."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from demo.postgres import ThrowawayPostgres
from tests.databases.lab import PEOPLE, Lab, asked_once_told, lab, until
from tests.databases.papers import Authority, Paper

SPIFFE = "spiffe://acme.test"
SETTINGS = f"""
[certificates]
ca = "ca.pem"
crl = "ca.crl"
name = "uri"
[certificates.names]
"{SPIFFE}/ns/shop/sa/loader" = "loader"
"{SPIFFE}/agents/*" = "*"
"{SPIFFE}/people/*" = "*"
"{SPIFFE}/ci/*" = "loader"
[people.frank]
enabled = false
"""


@dataclass
class Site:
    house: Lab
    authority: Authority
    folder: Path
    expected: set[tuple[str, str]] = field(default_factory=set)

    def paper(self, path: str, **how: object) -> Paper:
        return self.authority.issue("", uris=[f"{SPIFFE}/{path}"], **how)  # type: ignore[arg-type]

    def dsn(self, user: str, paper: Paper | None, *, password: str = "", way: str = "", **more: str) -> str:
        words = {"sslmode": "require", "password": password, **(paper.words if paper else {}), **more}
        if way:
            words["options"] = f"-c proctor.login={way}"
        return self.house.dsn("ada", **words).replace("user='ada'", f"user='{user}'")

    def refused(self, why: str, user: str, paper: Paper | None, **more: str) -> str:
        """See that a login fails, and return what the client heard; the journal is asked for the reason later."""
        if user in PEOPLE:  # who has just come in has not failed often, and need not wait
            psycopg.connect(self.dsn(user, None, password=PEOPLE[user], way="scram")).close()
        with pytest.raises(psycopg.OperationalError) as told:
            psycopg.connect(self.dsn(user, paper, **more))
        assert why not in str(told.value)
        self.expected.add((user, why))
        return str(told.value)

    def journal_knows(self) -> None:
        """See that the journal says why each login was refused."""

        def missing() -> set[tuple[str, str]]:
            failed = [r for r in self.house.records() if r["kind"] == "login.failed" and r["method"] == "certificate"]
            said = [(str(r["claimed"]), str(r["why"])) for r in failed]
            return {
                (user, why) for user, why in self.expected if not any(u in (user, "") and why in w for u, w in said)
            }

        until(lambda: not missing())


@pytest.fixture(scope="module")
def site(postgres: ThrowawayPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("certificates")
    authority = Authority(folder / "authority")
    (folder / "ca.pem").write_bytes(authority.file.read_bytes())
    (folder / "ca.crl").write_bytes(authority.revoked())
    with lab(postgres, folder, tls="auto", shop=SETTINGS) as house:
        made = Site(house, authority, folder)
        yield made
        made.journal_knows()


def test_a_program_comes_in_by_its_spiffe_id_and_nothing_else(site: Site) -> None:
    paper = site.paper("ns/shop/sa/loader")
    with psycopg.connect(site.dsn("loader", paper)) as loader:
        assert loader.execute("select 6 * 7").fetchone() == (42,)
    opened = [r for r in site.house.recorded("session.opened") if r["who"]["subject"] == "loader"][-1]
    assert (opened["who"]["kind"], opened["who"]["proof"]) == ("service", "certificate")


def test_psql_shows_a_certificate_of_a_person(site: Site) -> None:
    paper = site.paper("people/ada")
    host, port = site.house.through
    environment = {**os.environ, "PGSSLMODE": "require", "PGSSLCERT": str(paper.cert), "PGSSLKEY": str(paper.key)}
    said = subprocess.run(
        ["psql", "-XAwtc", "select 6 * 7", "-h", host, "-p", str(port), "-U", "ada", "plain"],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert said.stdout == "42\n", said.stderr
    opened = [r for r in site.house.recorded("session.opened") if r["who"]["subject"] == "ada"][-1]
    assert opened["who"] == {"subject": "ada", "kind": "human", "groups": ["engineering"], "proof": "certificate"}


def test_an_agent_acts_for_its_owner_and_its_session_ends_with_its_certificate(site: Site) -> None:
    paper = site.paper("agents/copilot", lasts=timedelta(seconds=8))
    with psycopg.connect(site.dsn("copilot", paper), autocommit=True) as copilot:
        opened = [r for r in site.house.recorded("session.opened") if r["who"]["subject"] == "copilot"][-1]
        assert (opened["who"]["on_behalf_of"], opened["who"]["proof"]) == ("ada", "certificate")
        with pytest.raises(psycopg.OperationalError, match="its sign-in has expired"):
            asked_once_told(copilot)


def test_who_shows_no_certificate_comes_in_as_before(site: Site) -> None:
    with psycopg.connect(site.dsn("ada", None, password=PEOPLE["ada"])) as ada:
        assert ada.execute("select 6 * 7").fetchone() == (42,)


def test_who_shows_a_certificate_and_wishes_for_another_way_has_to_prove_themselves_that_way(site: Site) -> None:
    paper = site.paper("people/ada")
    with psycopg.connect(site.dsn("bob", paper, password=PEOPLE["bob"], way="scram")) as bob:
        assert bob.execute("select 6 * 7").fetchone() == (42,)
    with pytest.raises(psycopg.OperationalError, match='password authentication failed for user "ada"'):
        psycopg.connect(site.dsn("ada", paper, password="wrong", way="scram"))


NOT_FITTING = [
    ("is for another name than the one at the door", "bob", "people/ada"),
    ("is for another name than the one at the door", "ada", "people/ADA"),
    ("is for another name than the one at the door", "dana", "people/ada"),
    ("no name of the settings is for", "ada", "strangers/ada"),
    ("no name of the settings is for", "ada", "people/"),
    ("no name of the settings is for", "loader", "ns/shop/sa/loader2"),
    ("whom the settings do not know", "eve", "people/eve"),
    ("it is disabled", "frank", "people/frank"),
    ("unknown database", "ada", "people/ada"),
]


def test_a_good_certificate_that_does_not_fit_is_refused_with_the_one_sentence(site: Site) -> None:
    for why, user, path in NOT_FITTING:
        more = {"dbname": "nowhere"} if why == "unknown database" else {}
        said = site.refused(why, user, site.paper(path), **more)
        assert f'certificate authentication failed for user "{user}"' in said
    site.journal_knows()


def test_a_password_does_not_help_a_certificate_that_does_not_fit(site: Site) -> None:
    site.refused("another name", "bob", site.paper("people/ada"), password=PEOPLE["bob"])


@pytest.mark.parametrize(
    ("why", "how"),
    [
        ("1 names of the sort", {"uris": []}),
        ("2 names of the sort", {"uris": [f"{SPIFFE}/people/ada", f"{SPIFFE}/people/dana"]}),
    ],
    ids=["none", "two"],
)
def test_a_certificate_of_no_name_or_several_is_nobodys(site: Site, why: str, how: dict[str, list[str]]) -> None:
    paper = site.authority.issue("ada", dns=["ada"], **how)  # type: ignore[arg-type]
    site.refused(why.replace("1 names", "0 names"), "ada", paper)


def test_a_certificate_without_other_names_is_nobodys(site: Site) -> None:
    site.refused("no name of the sort", "ada", site.authority.issue("ada"))


def test_a_certificate_that_openssl_does_not_believe_opens_nothing(site: Site, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other")  # of the same name
    site.refused("has expired", "ada", site.paper("people/ada", lasts=timedelta(hours=-1)))
    site.refused("certificate is not believed", "ada", other.issue("", uris=[f"{SPIFFE}/people/ada"]))
    site.refused("unsuitable", "ada", site.paper("people/ada", use=ExtendedKeyUsageOID.SERVER_AUTH))
    site.refused("is for another name", "bob", site.paper("people/ada"))


def test_who_wishes_to_show_a_certificate_and_has_none_is_refused(site: Site) -> None:
    said = site.refused("has shown no certificate", "ada", None, password=PEOPLE["ada"], way="certificate")
    assert 'certificate authentication failed for user "ada"' in said
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(site.dsn("ada", None, way="certificate", sslmode="disable"))
    until(lambda: [r for r in site.house.records() if "certificate on a plain connection" in str(r.get("why"))])


def test_a_revoked_certificate_opens_nothing_from_the_next_connection_on(site: Site) -> None:
    paper, other = site.paper("people/ada"), site.paper("people/ada")
    with psycopg.connect(site.dsn("ada", paper)) as ada:
        assert ada.execute("select 6 * 7").fetchone() == (42,)
    place = site.folder / "ca.crl"
    fresh = place.with_suffix(".new")
    try:
        fresh.write_bytes(site.authority.revoked(paper))
        fresh.replace(place)
        site.refused("revoked", "ada", paper)
        with psycopg.connect(site.dsn("ada", other)) as ada:
            assert ada.execute("select 6 * 7").fetchone() == (42,)
        fresh.write_bytes(site.authority.revoked(lasts=timedelta(hours=-1)))
        fresh.replace(place)
        site.refused("CRL has expired", "ada", other)
        fresh.write_bytes(b"no list")
        fresh.replace(place)
        site.refused("has shown no certificate", "ada", other, way="certificate")
        with psycopg.connect(site.dsn("ada", other, password=PEOPLE["ada"])) as ada:
            assert ada.execute("select 6 * 7").fetchone() == (42,), "other ways in stay"
    finally:
        fresh.write_bytes(site.authority.revoked())
        fresh.replace(place)
    with psycopg.connect(site.dsn("ada", paper)) as ada:
        assert ada.execute("select 6 * 7").fetchone() == (42,)


def endings(site: Site) -> list[dict[str, object]]:
    return [each for each in site.house.records() if each.get("action") == "certificates.revoked"]


def test_the_open_sessions_of_a_certificate_end_once_it_is_on_the_list(site: Site) -> None:
    paper, other = site.paper("people/ada"), site.paper("people/ada")
    place = site.folder / "ca.crl"
    fresh = place.with_suffix(".new")
    seen = len(endings(site))
    with (
        psycopg.connect(site.dsn("ada", paper), autocommit=True) as revoked,
        psycopg.connect(site.dsn("ada", other), autocommit=True) as kept,
        psycopg.connect(site.dsn("ada", paper, password=PEOPLE["ada"], way="scram"), autocommit=True) as by_password,
    ):
        try:
            fresh.write_bytes(site.authority.revoked(paper))
            fresh.replace(place)
            with pytest.raises(psycopg.OperationalError, match="its certificate has been revoked"):
                asked_once_told(revoked)
            done = until(lambda: endings(site)[seen:])[-1]
            assert (done["outcome"], done["target"]) == ("done", "ada")
            assert (done["details"]["sessions"], done["details"]["left"]) == ("1", "0")
            assert int(done["details"]["took_us"]) >= 0
            assert site.house.recorded("session.closed", why="terminating connection: its certificate has been revoked")
            for session in (kept, by_password):
                assert session.execute("select 6 * 7").fetchone() == (42,), "another certificate, another proof"
        finally:
            fresh.write_bytes(site.authority.revoked())
            fresh.replace(place)


PARTNERS = """
[certificates.authorities.partners]
ca = "partners.pem"
name = "cn"
[certificates.authorities.partners.names]
"batch-*" = "loader"
"""


def test_another_authority_has_names_and_a_list_of_its_own(site: Site) -> None:
    """Whom the one may name, the other may not; and a list of the one alone lets the other's in as before."""
    partners = Authority(site.folder / "partners", "Partner machines")
    (site.folder / "partners.pem").write_bytes(partners.file.read_bytes())
    config, place = site.folder / "proctor.toml", site.folder / "partners.crl"
    fresh, before = place.with_suffix(".new"), config.read_text()
    batch = partners.issue("batch-7")
    try:
        reloaded(site, before + PARTNERS)
        for user, paper in (("loader", batch), ("ada", site.paper("people/ada"))):
            with psycopg.connect(site.dsn(user, paper)) as session:
                assert session.execute("select 6 * 7").fetchone() == (42,)
        for paper, why in (
            (partners.issue("", uris=[f"{SPIFFE}/people/ada"]), "names of the sort"),
            (partners.issue("ada", uris=[f"{SPIFFE}/people/ada"]), "no name of the settings is for"),
            (site.authority.issue("batch-7"), "no name of the sort"),
        ):
            site.refused(why, "ada", paper)
        revoked = site.paper("people/ada")
        (site.folder / "ca.crl").with_suffix(".new").write_bytes(site.authority.revoked(revoked))
        (site.folder / "ca.crl").with_suffix(".new").replace(site.folder / "ca.crl")
        site.refused("the certificate is revoked", "ada", revoked)
        fresh.write_bytes(partners.revoked())
        fresh.replace(place)
        reloaded(site, before + PARTNERS.replace('name = "cn"', 'crl = "partners.crl"\nname = "cn"'))
        with psycopg.connect(site.dsn("loader", batch), autocommit=True) as session:
            fresh.write_bytes(partners.revoked(batch))
            fresh.replace(place)
            why = "terminating connection: its certificate has been revoked"
            until(
                lambda: [r for r in site.house.recorded("session.closed", why=why) if r["who"]["subject"] == "loader"]
            )
            with pytest.raises(psycopg.OperationalError, match="its certificate has been revoked"):
                session.execute("select 1")
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(site.dsn("loader", batch))
    finally:
        (site.folder / "ca.crl").with_suffix(".new").write_bytes(site.authority.revoked())
        (site.folder / "ca.crl").with_suffix(".new").replace(site.folder / "ca.crl")
        reloaded(site, before)


def reloaded(site: Site, text: str) -> None:
    """Write other settings, and wait until the worker has taken them in."""

    def loaded() -> int:
        return sum(each["kind"] == "config.loaded" for each in site.house.records())

    seen = loaded()
    (site.folder / "proctor.toml").write_text(text)
    os.kill(site.house.gateway.pid, signal.SIGHUP)
    until(lambda: loaded() > seen)


def test_sessions_by_certificate_end_when_others_are_believed(site: Site) -> None:
    config = site.folder / "proctor.toml"
    before = config.read_text()
    with (
        psycopg.connect(site.dsn("ada", site.paper("people/ada")), autocommit=True) as certified,
        psycopg.connect(site.dsn("ada", None, password=PEOPLE["ada"]), autocommit=True) as other,
    ):
        try:
            config.write_text(before.replace(f'"{SPIFFE}/people/*" = "*"', ""))
            os.kill(site.house.gateway.pid, signal.SIGHUP)
            with pytest.raises(psycopg.OperationalError, match="other certificates are believed now"):
                asked_once_told(certified)
            assert other.execute("select 6 * 7").fetchone() == (42,)
            site.refused("no name of the settings is for", "ada", site.paper("people/ada"))
        finally:
            config.write_text(before)
