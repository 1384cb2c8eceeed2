"""What `[identity.NAME]` may say, and how its troubles are told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from proctor.errors import ConfigFault
from proctor.terms import Kind
from tests.unit.app.test_settings import MINIMAL, read

CORP = """
[identity.corp]
issuer = "https://login.example.com"
audience = "proctor"
"""


def test_an_issuer_needs_little(tmp_path):
    corp = read(tmp_path, MINIMAL + CORP).identity["corp"]
    assert (corp.issuer, corp.audience, corp.kind) == ("https://login.example.com", ("proctor",), Kind.HUMAN)
    assert (corp.subject_claim, corp.prefix, dict(corp.groups), corp.agents) == ("sub", "", {}, False)


def test_an_issuer_may_say_much(tmp_path):
    text = (
        CORP
        + """
client_id = "proctor-cli"
scopes = ["openid"]
subject_claim = "email"
groups_claim = "roles"
groups = { "Data Engineers" = "engineering", "db-*" = "*" }
member_of = ["staff"]
clients = ["proctor-cli"]
agents = true
algorithms = ["ES256"]
leeway = "5s"
lifetime = "10m"
keys_age = "1h"
[identity.ci]
issuer = "https://ci.example.com"
audience = ["proctor", "shop"]
kind = "service"
claims = { repository = "acme/shop", ref = ["refs/heads/main", "refs/tags/*"] }
"""
    )
    found = read(tmp_path, MINIMAL + text).identity
    corp, ci = found["corp"], found["ci"]
    assert (corp.client_id, corp.scopes, corp.algorithms) == ("proctor-cli", ("openid",), ("ES256",))
    assert (corp.leeway, corp.lifetime, corp.keys_age, corp.agents) == (5.0, 600.0, 3600.0, True)
    assert dict(corp.groups) == {"Data Engineers": "engineering", "db-*": "*"}
    assert (ci.kind, ci.prefix, ci.audience) == (Kind.SERVICE, "ci:", ("proctor", "shop"))
    assert ci.claims["ref"] == ("refs/heads/main", "refs/tags/*")


@pytest.mark.parametrize(
    ("line", "trouble"),
    [
        ("groups_claims = 'x'", 'unknown key; did you mean "groups_claim"?'),
        ("kind = 'robot'", 'write "human" or "service" or "agent"'),
        ("algorithms = ['none']", '"none" is not accepted'),
        ("algorithms = ['HS256']", '"HS256" is not accepted'),
        ("leeway = '1h'", "must be at most 300s"),
        ("lifetime = '30d'", "must be at most 24h"),
        ("keys_age = '30d'", "must be at most 168h"),
        ("prefix = 7", "must be a string"),
        ("groups = { 'a*b' = 'x' }", "its beginning"),
        ("groups = { a = 7 }", "must be a string"),
        ("claims = { ref = [] }", "an empty list would let nobody in"),
        ("keys_file = 'nowhere.json'", "cannot read"),
        ("agents = 'yes'", "must be true or false"),
    ],
)
def test_each_trouble_is_told_with_its_line(tmp_path, line, trouble):
    with pytest.raises(ConfigFault) as told:
        read(tmp_path, MINIMAL + CORP + line + "\n")
    number = (MINIMAL + CORP).count("\n") + 1
    assert f"proctor.toml:{number}: identity.corp" in told.value.message
    assert trouble in told.value.message


@pytest.mark.parametrize(
    "address", ["http://login.example.com", "login.example.com", "https://user:pw@login.example.com"]
)
def test_an_issuer_that_anybody_could_pose_as_is_refused(tmp_path, address):
    with pytest.raises(ConfigFault, match="must be an https:// address"):
        read(tmp_path, MINIMAL + CORP.replace("https://login.example.com", address))


def test_an_issuer_without_an_audience_is_refused(tmp_path):
    with pytest.raises(ConfigFault, match="audience is missing"):
        read(tmp_path, MINIMAL + CORP.replace('audience = "proctor"', ""))


def test_two_issuers_may_not_name_people_alike(tmp_path):
    other = CORP.replace("corp", "other").replace("login", "sso")
    with pytest.raises(ConfigFault, match=r"identity.other: could name people as \[identity.corp\] does"):
        read(tmp_path, MINIMAL + CORP + other)
    assert len(read(tmp_path, MINIMAL + CORP + other + 'prefix = "other:"').identity) == 2


def test_agents_may_have_an_issuer_of_their_own(tmp_path):
    bots = CORP.replace("corp", "bots").replace("login", "bots") + 'kind = "agent"\nclaims = { team = "shop" }'
    found = read(tmp_path, MINIMAL + CORP + bots).identity
    assert (found["bots"].kind, found["bots"].prefix) == (Kind.AGENT, "")
    assert (found["bots"].model_claim, found["bots"].version_claim) == ("model", "version")
    assert (found["corp"].model_claim, found["corp"].version_claim) == ("act.model", "act.version")
    named = read(tmp_path, MINIMAL + CORP + 'model_claim = "ai.model"\nversion_claim = "ai.version"').identity["corp"]
    assert (named.model_claim, named.version_claim) == ("ai.model", "ai.version")
    with pytest.raises(ConfigFault, match=r"identity.more: could name agents as \[identity.bots\] does"):
        read(tmp_path, MINIMAL + bots + bots.replace("bots", "more"))


def test_claims_may_be_asked_of_an_issuer_that_can_be_asked(tmp_path):
    assert read(tmp_path, MINIMAL + CORP + "userinfo = true").identity["corp"].userinfo
    (tmp_path / "keys.json").write_text("{}")
    with pytest.raises(ConfigFault, match="with a keys_file nobody asks it"):
        read(tmp_path, MINIMAL + CORP + 'userinfo = true\nkeys_file = "keys.json"')


def test_a_service_without_rules_on_its_claims_is_unwise(tmp_path):
    config = read(tmp_path, MINIMAL + CORP + 'kind = "service"')
    assert any("has no [claims]" in warning for warning in config.warnings)


def test_the_console_may_be_a_client_of_its_own(tmp_path: Path) -> None:
    client = (
        '[identity.corp.console]\nclient_id = "console"\nclient_secret = "s"\nurl = "https://db.example.com:8088/"\n'
        "return_after_sign_out = true\n"
    )
    corp = read(tmp_path, MINIMAL + CORP + client).identity["corp"]
    assert (corp.console_client, corp.console.url) == ("console", "https://db.example.com:8088")
    assert corp.console.return_after_sign_out
    assert corp.console.secret is not None
    assert corp.console.secret.reveal() == "s"
    assert "'s'" not in repr(corp)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('url = "http://db.example.com"', "must be the console's address"),
        ('url = "https://db.example.com/console"', "must be the console's address"),
        ('url = "https://db.example.com/?a"', "must be the console's address"),
        ('client_secret = "s"', "give its client_id here too"),
        ('clinet_id = "s"', 'did you mean "client_id"?'),
    ],
)
def test_a_trouble_with_the_consoles_client_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigFault, match=re.escape(told)):
        read(tmp_path, MINIMAL + CORP + f"[identity.corp.console]\n{text}\n")


def test_the_console_is_for_people_and_not_for_an_issuer_of_programs(tmp_path: Path) -> None:
    text = CORP.replace("[identity.corp]", '[identity.corp]\nkind = "service"', 1)
    with pytest.raises(ConfigFault, match="the console is for people"):
        read(tmp_path, MINIMAL + text + '[identity.corp.console]\nclient_id = "c"\n')
