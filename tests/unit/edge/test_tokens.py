"""What a token must be, to be believed; and what each that is not is refused for."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from proctor.audit.record import who_of
from proctor.edge.signatures import MAX_TOKEN, TokenRefused, UnknownKey
from proctor.edge.tokens import Actor, ends, prove
from proctor.terms import Kind
from tests.unit.edge.issuing import EC, ED, NOW, RSA, RSA_2, URL, claims, forged_by_hmac, issuer, sign

KEYS = (RSA, EC, ED)
AT = int(NOW.timestamp())


def refused(token: str, why: str, **settings: object) -> None:
    with pytest.raises(TokenRefused) as told:
        prove(token, [issuer(**settings)], KEYS, NOW)
    assert why in told.value.why


@pytest.mark.parametrize(
    ("key", "alg"), [(RSA, "RS256"), (RSA, "PS256"), (EC, "ES256"), (ED, "EdDSA"), (ED, "Ed25519")]
)
def test_a_token_of_each_accepted_signature_is_believed(key, alg):
    proven = prove(sign(claims(), key, alg), [issuer()], KEYS, NOW)
    assert (proven.identity.subject, proven.identity.kind, proven.identity.proof) == ("alice", Kind.HUMAN, "oidc")
    assert (proven.identity.issuer, proven.token_id) == ("corp", "t-1")
    assert proven.expires == NOW + timedelta(seconds=240)


def unsigned(alg: str) -> str:
    header = {"alg": alg, "kid": "rsa-1", "typ": "JWT"}
    parts = [base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode() for each in (header, claims())]
    return ".".join([*parts, ""])


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", ""])
def test_a_token_without_a_signature_is_refused(alg):
    refused(unsigned(alg), "(alg)")


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_the_public_key_as_the_secret_of_an_hmac_is_refused(alg):
    refused(forged_by_hmac(claims(), RSA, alg), "(alg)")
    refused(forged_by_hmac(claims(), RSA, alg), "(alg)", algorithms=(alg,))


@pytest.mark.parametrize("alg", ["HS256", "HS512", "RS512", "ES256K"])
def test_no_setting_lets_other_signatures_in(alg):
    token = sign(claims(), RSA, "RS256")
    header = base64.urlsafe_b64encode(json.dumps({"alg": alg, "kid": "rsa-1"}).encode()).rstrip(b"=").decode()
    refused(f"{header}.{token.partition('.')[2]}", "(alg)", algorithms=(alg,))


def test_the_settings_may_accept_fewer_signatures():
    refused(sign(claims(), RSA, "RS256"), "(alg)", algorithms=("ES256",))


def test_a_key_checks_no_signature_of_another_kind():
    other = ECKey.generate_key("P-256", {"kid": "rsa-1"})
    refused(sign(claims(), other, "ES256"), "another kind")


@pytest.mark.parametrize(
    "key",
    [
        RSAKey.generate_key(1024, {"kid": "weak"}),
        RSAKey.generate_key(2048, {"kid": "weak", "use": "enc"}),
        RSAKey.generate_key(2048, {"kid": "weak", "alg": "RS512"}),
        RSAKey.generate_key(2048, {"kid": "weak", "key_ops": ["encrypt"]}),
    ],
    ids=["short", "for encryption", "for another algorithm", "without verify"],
)
def test_a_key_that_is_weak_or_meant_for_something_else_checks_nothing(key):
    bare = RSAKey.import_key(key.as_pem(private=True), {"kid": "weak"})
    with pytest.raises(TokenRefused):
        prove(sign(claims(), bare, "RS256"), [issuer()], [key], NOW)


def test_another_curve_than_ed25519_checks_nothing():
    other = OKPKey.generate_key("Ed448", {"kid": "ed-1"})
    with pytest.raises(TokenRefused, match="another kind"):
        prove(sign(claims(), other, "EdDSA"), [issuer()], [other], NOW)


def test_a_signature_by_another_key_of_the_same_name_is_refused():
    forged = RSAKey.import_key(RSA_2.as_pem(private=True), {"kid": "rsa-1"})
    refused(sign(claims(), forged), "the signature does not fit")


def test_a_changed_claim_breaks_the_signature():
    header, _, signature = sign(claims()).split(".")
    other = base64.urlsafe_b64encode(json.dumps(claims(sub="root")).encode()).rstrip(b"=").decode()
    refused(f"{header}.{other}.{signature}", "the signature does not fit")


def test_an_unknown_kid_is_told_apart_since_keys_may_be_newer_than_ours():
    with pytest.raises(UnknownKey):
        prove(sign(claims(), RSA_2), [issuer()], KEYS, NOW)


def test_a_token_that_brings_its_own_key_is_not_checked_by_it():
    mine = RSA_2.as_dict(private=False)
    with pytest.raises(UnknownKey):
        prove(sign(claims(), RSA_2, jwk=mine, jku="https://evil.test/jwks"), [issuer()], KEYS, NOW)


@pytest.mark.parametrize("kid", [..., "", 7])
def test_a_token_without_a_kid_is_refused(kid):
    refused(sign(claims(), kid=kid) if kid != 7 else header_of({"alg": "RS256", "kid": 7}), "(kid)")


def test_a_token_need_not_name_the_only_key_that_its_issuer_has():
    assert prove(sign(claims(), kid=...), [issuer()], [RSA], NOW).identity.subject == "alice"
    with pytest.raises(UnknownKey):
        prove(sign(claims(), RSA_2, kid=...), [issuer()], [RSA], NOW)
    with pytest.raises(TokenRefused, match="another kind"):
        prove(sign(claims(), kid=...), [issuer()], [EC], NOW)
    with pytest.raises(TokenRefused, match="has several"):
        prove(sign(claims(), kid=...), [issuer()], [RSA, RSA_2], NOW)
    with pytest.raises(TokenRefused, match="alg"):
        prove(header_of({"alg": "none"}), [issuer()], [RSA], NOW)
    with pytest.raises(TokenRefused, match="malformed"):
        prove(sign(claims(), kid=""), [issuer()], [RSA], NOW)


def header_of(header: object) -> str:
    first = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    return f"{first}.{sign(claims()).partition('.')[2]}"


def test_extensions_that_must_be_understood_are_refused():
    refused(header_of({"alg": "RS256", "kid": "rsa-1", "crit": ["exp"]}), "extension")
    refused(header_of({"alg": "RS256", "kid": "rsa-1", "b64": False}), "extension")


@pytest.mark.parametrize("typ", ["logout+jwt", "dpop+jwt", "secevent+jwt", "oauth-id-jag+jwt"])
def test_a_token_for_something_else_is_no_password(typ):
    refused(sign(claims(), typ=typ), "(typ)")


def test_access_tokens_and_tokens_without_a_type_are_believed():
    for typ in ("at+jwt", "application/at+jwt", "JWT", ...):
        assert prove(sign(claims(), typ=typ), [issuer()], KEYS, NOW).identity.subject == "alice"


@pytest.mark.parametrize(
    "audience", ["proctor2", "Proctor", "proctor ", "", [], ["other"], ..., 7, {"proctor": 1}, [["proctor"]]]
)
def test_a_token_for_another_audience_is_refused(audience):
    refused(sign(claims(aud=audience)), "(aud)")


def test_one_of_several_audiences_is_enough():
    assert prove(sign(claims(aud=["other", "proctor"])), [issuer()], KEYS, NOW).identity.subject == "alice"


def test_a_token_given_to_another_client_is_refused_where_the_settings_name_them():
    refused(sign(claims(azp="evil")), "(azp)", clients=frozenset({"cli"}))
    refused(sign(claims()), "(azp)", clients=frozenset({"cli"}))
    for name in ("azp", "client_id"):
        assert prove(sign(claims(**{name: "cli"})), [issuer(clients=frozenset({"cli"}))], KEYS, NOW).client == "cli"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"exp": AT - 31}, "(exp)"),
        ({"exp": AT - 30}, "(exp)"),
        ({"exp": ...}, "(exp)"),
        ({"exp": "soon"}, "(exp)"),
        ({"exp": True}, "(exp)"),
        ({"exp": 1e300}, "(exp)"),
        ({"iat": ...}, "(iat)"),
        ({"iat": AT + 31, "exp": AT + 60}, "(iat)"),
        ({"nbf": AT + 31}, "(nbf)"),
        ({"nbf": "later"}, "(nbf)"),
        ({"exp": AT + 3 * 3600}, "(lifetime)"),
        ({"iat": AT + 20, "exp": AT + 10}, "(lifetime)"),
    ],
)
def test_a_token_at_the_wrong_hour_is_refused(change, why):
    refused(sign(claims(**change)), why)


@pytest.mark.parametrize("change", [{"exp": AT - 29}, {"iat": AT + 29}, {"nbf": AT + 29}])
def test_clocks_that_differ_a_little_are_forgiven(change):
    assert prove(sign(claims(**change)), [issuer()], KEYS, NOW).identity.subject == "alice"


def test_an_oversized_token_is_refused_before_it_is_read():
    refused("a" * (MAX_TOKEN + 1), "larger")
    refused(sign(claims(filler="x" * MAX_TOKEN)), "larger")
    refused(sign(claims(), filler="x" * 4096), "larger")


@pytest.mark.parametrize(
    "token",
    ["", "hunter2", "a.b", "a.b.c.d", "..", "é.é.é", "!.!.!", sign(b"[]"), sign(b"7"), sign(b"{"), sign(b"[" * 9000)],
    ids=range(11),
)
def test_what_is_no_token_is_refused(token):
    with pytest.raises(TokenRefused):
        prove(token, [issuer()], KEYS, NOW)


@pytest.mark.parametrize("subject", [..., "", 7, None, "a\0b", "a\nb", "x" * 256])
def test_a_subject_that_is_no_name_is_refused(subject):
    with pytest.raises(TokenRefused):
        prove(sign(claims(sub=subject)), [issuer()], KEYS, NOW)


def test_another_claim_may_be_the_subject():
    said = claims(email="alice@example.test", email_verified=True)
    assert prove(sign(said), [issuer(subject_claim="email")], KEYS, NOW).identity.subject == "alice@example.test"


@pytest.mark.parametrize("verified", [False, "true", None])
def test_an_email_that_nobody_has_verified_is_no_subject(verified):
    said = claims(email="alice@example.test", email_verified=verified)
    refused(sign(said), "verified", subject_claim="email")


def test_groups_come_by_the_mapping_alone():
    mapping = {"Data Engineers": "engineering", "db-*": "*", "admins-*": "dba"}
    said = claims(groups=["Data Engineers", "db-readers", "admins-eu", "everyone", 7, "x" * 300])
    proven = prove(sign(said), [issuer(groups=mapping, member_of=frozenset({"staff"}))], KEYS, NOW)
    assert proven.identity.groups == {"engineering", "db-readers", "dba", "staff"}


def test_without_a_mapping_nobody_has_a_group():
    assert prove(sign(claims(groups=["dba"])), [issuer()], KEYS, NOW).identity.groups == frozenset()


def test_groups_may_lie_deeper_or_under_a_name_with_dots():
    for name, said in (
        ("realm_access.roles", {"realm_access": {"roles": ["dba"]}}),
        ("https://example.test/groups", {"https://example.test/groups": "dba"}),
    ):
        settings = issuer(groups_claim=name, groups={"*": "*"})
        assert prove(sign(claims(**said)), [settings], KEYS, NOW).identity.groups == {"dba"}


def test_too_many_groups_are_refused():
    refused(sign(claims(groups=[str(n) for n in range(501)])), "groups", groups={"*": "*"})


def test_how_the_person_signed_in_is_kept():
    proven = prove(sign(claims(acr="urn:mfa", amr=["pwd", "otp", 7])), [issuer()], KEYS, NOW)
    assert (proven.identity.acr, proven.identity.amr) == ("urn:mfa", {"pwd", "otp"})


CI = issuer(
    name="ci",
    kind=Kind.SERVICE,
    prefix="ci:",
    claims={"repository": ("acme/shop",), "ref": ("refs/heads/main", "refs/tags/v*")},
    member_of=frozenset({"deployers"}),
)


def test_a_workload_comes_in_by_the_rules_on_its_claims():
    for ref in ("refs/heads/main", "refs/tags/v1.2"):
        proven = prove(sign(claims(sub="repo:acme/shop", repository="acme/shop", ref=ref)), [CI], KEYS, NOW)
        assert (proven.identity.subject, proven.identity.kind) == ("ci:repo:acme/shop", Kind.SERVICE)
        assert proven.identity.groups == {"deployers"}


@pytest.mark.parametrize(
    "change", [{"ref": "refs/heads/mainly"}, {"ref": ...}, {"repository": "evil/acme/shop"}, {"repository": None}]
)
def test_a_workload_that_a_rule_does_not_fit_stays_outside(change):
    said = claims(**{"repository": "acme/shop", "ref": "refs/heads/main", **change})
    with pytest.raises(TokenRefused, match="must in the claim"):
        prove(sign(said), [CI], KEYS, NOW)


def test_the_first_settings_that_fit_say_who_it_is():
    other = issuer(name="other", audience=("elsewhere",))
    assert prove(sign(claims()), [other, issuer()], KEYS, NOW).issuer.name == "corp"


def test_the_reason_is_that_of_the_settings_for_whose_audience_it_is():
    other = issuer(name="other", audience=("elsewhere",))
    for candidates in ([other, issuer()], [issuer(), other]):
        with pytest.raises(TokenRefused, match="has expired"):
            prove(sign(claims(exp=AT - 60)), candidates, KEYS, NOW)


def test_an_agent_acts_for_the_person_and_has_none_of_their_groups():
    said = claims(groups=["dba"], act={"sub": "copilot", "iss": URL, "act": {"sub": "planner"}})
    proven = prove(sign(said), [issuer(agents=True, groups={"*": "*"})], KEYS, NOW)
    assert (proven.identity.subject, proven.identity.kind) == ("copilot", Kind.AGENT)
    assert (proven.identity.on_behalf_of, proven.identity.groups) == ("alice", frozenset())
    assert proven.person is not None and proven.person.groups == {"dba"}
    assert proven.actors == (Actor("copilot", URL), Actor("planner"))


def test_an_agent_is_refused_where_the_issuer_may_not_name_any():
    refused(sign(claims(act={"sub": "copilot"})), "(act)")
    refused(sign(claims(act={"sub": "copilot"})), "(act)", agents=True, kind=Kind.SERVICE)


NESTED: dict[str, object] = {"sub": "a"}
for _ in range(9):
    NESTED = {"sub": "a", "act": NESTED}


@pytest.mark.parametrize("act", [None, "copilot", {}, {"sub": ""}, {"sub": 7}, {"sub": "a", "act": "b"}, NESTED, []])
def test_a_forged_actor_is_refused(act):
    refused(sign(claims(act=act)), "(act)", agents=True)


def test_an_agents_session_ends_with_its_token_and_a_persons_after_its_own_time():
    alice = prove(sign(claims()), [issuer(session=3600.0)], KEYS, NOW)
    assert ends(alice, NOW) == 3600.0
    agent = prove(sign(claims(act={"sub": "copilot"})), [issuer(agents=True, leeway=5.0)], KEYS, NOW)
    assert ends(agent, NOW) == 245.0
    assert ends(agent, NOW + timedelta(hours=1)) == 0.0


def test_those_who_acted_before_are_kept_as_history():
    said = claims(act={"sub": "copilot", "act": {"sub": "planner", "act": {"sub": "router"}}})
    agent = prove(sign(said), [issuer(agents=True)], KEYS, NOW).identity
    assert (agent.subject, agent.actors) == ("copilot", ("planner", "router"))
    assert who_of(agent).actors == ("planner", "router")


def test_the_model_that_an_agent_claims_is_kept_bounded_and_masked():
    act = {"sub": "copilot", "model": "m-1", "version": "2026-11"}
    agent = prove(sign(claims(act=act)), [issuer(agents=True)], KEYS, NOW).identity
    assert (who_of(agent).model, who_of(agent).version) == ("m-1", "2026-11")
    hostile = {**act, "model": "m\n4111 1111 1111 1111 of bob@example.com " + "x" * 1000, "version": ["7"]}
    agent = prove(sign(claims(act=hostile)), [issuer(agents=True)], KEYS, NOW).identity
    assert agent.model.startswith("m [payment_card] of [email] xxx")
    assert (len(agent.model), agent.version) == (100, "")
    elsewhere = issuer(agents=True, model_claim="ai.model", version_claim="ai.release")
    agent = prove(sign(claims(act=act, ai={"model": "m-2", "release": "8"})), [elsewhere], KEYS, NOW).identity
    assert (agent.model, agent.version) == ("m-2", "8")


def test_a_person_claims_no_model():
    alice = prove(sign(claims(model="m-1", version="7")), [issuer(model_claim="model")], KEYS, NOW).identity
    assert (alice.model, alice.version) == ("", "")


def test_an_agent_may_come_with_a_token_of_its_own():
    bots = issuer(kind=Kind.AGENT, model_claim="model", version_claim="version")
    agent = prove(sign(claims(sub="copilot", model="m-1", groups=["dba"])), [bots], KEYS, NOW)
    assert (agent.identity.kind, agent.identity.subject, agent.identity.model) == (Kind.AGENT, "copilot", "m-1")
    assert (agent.identity.groups, agent.identity.on_behalf_of, agent.person) == (frozenset(), None, None)
    refused(sign(claims(sub="copilot", act={"sub": "planner"})), "(act)", kind=Kind.AGENT, agents=True)


KUBERNETES = {
    "aud": ["proctor"], "sub": "system:serviceaccount:shop:loader", "jti": ..., "nbf": AT - 60, "exp": AT + 3540,
    "kubernetes.io": {
        "namespace": "shop",
        "node": {"name": "n-1", "uid": "a"},
        "serviceaccount": {"name": "loader", "uid": "b"},
        "warnafter": AT + 3000,
    },
}  # fmt: skip
PIPELINE = {
    "sub": "repo:acme/shop:ref:refs/heads/main", "repository": "acme/shop", "ref": "refs/heads/main",
    "repository_visibility": "private", "run_attempt": "1", "environment": "production", "job_workflow_ref": "x",
}  # fmt: skip


@pytest.mark.parametrize(
    ("said", "rules", "good"),
    [
        (KUBERNETES, {"kubernetes.io.namespace": ("shop",), "kubernetes.io.serviceaccount.name": ("loader",)}, True),
        (KUBERNETES, {"sub": ("system:serviceaccount:shop:*",)}, True),
        (KUBERNETES, {"kubernetes.io.namespace": ("crm",)}, False),
        (KUBERNETES, {"kubernetes.io.pod.name": ("*",)}, False),
        (PIPELINE, {"repository": ("acme/shop",), "ref": ("refs/heads/main", "refs/tags/v*")}, True),
        (PIPELINE, {"repository": ("acme/*",), "environment": ("staging",)}, False),
        (PIPELINE | {"ref": "refs/heads/evil"}, {"ref": ("refs/heads/main",)}, False),
    ],
)
def test_workloads_of_platforms_come_in_by_the_claims_that_these_write(said, rules, good):
    settings = issuer(kind=Kind.SERVICE, prefix="w:", claims=rules)
    token = sign(claims(**said), typ=...)
    if good:
        assert prove(token, [settings], KEYS, NOW).identity.subject == f"w:{said['sub']}"
    else:
        refused(token, "must in the claim", kind=Kind.SERVICE, prefix="w:", claims=rules)


@pytest.mark.parametrize(
    ("may_act", "good"),
    [({"sub": "copilot"}, True), ({"sub": "copilot", "iss": URL}, True), ({"sub": "copilot", "iss": "https://other.test"}, False),
     ({"sub": "planner"}, False), ("copilot", False), ({}, False), (None, False)],
)  # fmt: skip
def test_only_the_agent_that_the_person_lets_act_does(may_act, good):
    token = sign(claims(act={"sub": "copilot", "iss": URL}, may_act=may_act))
    if good:
        assert prove(token, [issuer(agents=True)], KEYS, NOW).identity.subject == "copilot"
    else:
        refused(token, "(may_act)", agents=True)
