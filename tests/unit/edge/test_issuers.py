"""The issuers' keys: fetched, kept, changed; and what holds while an issuer is silent."""

from __future__ import annotations

import asyncio

import pytest

from proctor.edge.issuers import FRESH, PAUSE, SECOND, IssuerSilent, keys_of, safe
from proctor.edge.signatures import TokenRefused, UnknownKey
from proctor.terms import Kind
from tests.unit.edge.issuing import (
    EC,
    NOW,
    RSA,
    RSA_2,
    URL,
    HandClock,
    Network,
    believed,
    claims,
    issuer,
    jwks,
    sign,
)


def token(clock: HandClock, key=RSA, **changes: object) -> str:
    at = int(NOW.timestamp() + clock.passed)
    return sign(claims(iat=at - 1, exp=at + 300, **changes), key)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


async def test_keys_are_fetched_once_for_many(clock):
    network = Network(RSA)
    issuers = believed(network, clock)
    await asyncio.gather(*(issuers.verify(token(clock)) for _ in range(50)))
    assert network.fetches == 1


async def test_a_key_that_is_new_is_found(clock):
    network = Network(RSA)
    issuers = believed(network, clock)
    await issuers.verify(token(clock))
    network.keys = (RSA_2, RSA)
    clock.passed += PAUSE / SECOND
    assert (await issuers.verify(token(clock, RSA_2))).identity.subject == "alice"
    assert network.fetches == 2


async def test_the_only_key_is_fetched_again_where_a_token_that_names_none_does_not_fit(clock):
    network = Network(RSA)
    issuers = believed(network, clock)
    nameless = {"iat": int(clock.now().timestamp()), "exp": int(clock.now().timestamp()) + 300}
    await issuers.verify(sign(claims(**nameless), RSA, kid=...))
    network.keys = (RSA_2,)
    clock.passed = 20.0
    assert (await issuers.verify(sign(claims(**nameless), RSA_2, kid=...))).identity.subject == "alice"
    with pytest.raises(TokenRefused):
        await issuers.verify(sign(claims(**nameless), RSA, kid=...))
    assert network.fetches == 2, "and by strangers no sooner than the pause allows"


async def test_strangers_with_unknown_keys_cause_few_fetches(clock):
    network = Network(RSA)
    issuers = believed(network, clock)
    await issuers.verify(token(clock))
    for _ in range(100):
        clock.passed += 0.1
        with pytest.raises(UnknownKey):
            await issuers.verify(token(clock, RSA_2))
    assert network.fetches == 1  # ten seconds, and one fetch is allowed in fifteen
    clock.passed += PAUSE / SECOND
    with pytest.raises(UnknownKey):
        await issuers.verify(token(clock, RSA_2))
    assert network.fetches == 2


async def test_a_key_that_was_rotated_away_checks_nothing_any_more(clock):
    network = Network(RSA, RSA_2)
    issuers = believed(network, clock)
    await issuers.verify(token(clock, RSA_2))
    network.keys = (RSA,)
    clock.passed += FRESH / SECOND + 1
    with pytest.raises(UnknownKey):
        await issuers.verify(token(clock, RSA_2))


async def test_without_the_issuer_nobody_gets_in_unverified(clock):
    network = Network(RSA)
    network.down = True
    issuers = believed(network, clock)
    with pytest.raises(IssuerSilent, match="could not be reached"):
        await issuers.verify(token(clock))
    assert issuers.troubles == {"corp": "it could not be reached (ConnectError)"}


async def test_known_keys_outlast_an_outage_for_a_while_and_no_longer(clock):
    network = Network(RSA)
    issuers = believed(network, clock)
    await issuers.verify(token(clock))
    network.down = True
    clock.passed = 23 * 3600
    assert (await issuers.verify(token(clock))).identity.subject == "alice"
    clock.passed = 25 * 3600
    with pytest.raises(IssuerSilent, match="too old"):
        await issuers.verify(token(clock))
    network.down = False
    clock.passed += PAUSE / SECOND
    assert (await issuers.verify(token(clock))).identity.subject == "alice"
    assert issuers.troubles == {}


async def test_a_silent_issuer_is_not_asked_by_each_who_comes(clock):
    network = Network(RSA)
    network.down = True
    issuers = believed(network, clock)
    for _ in range(20):
        with pytest.raises(IssuerSilent):
            await issuers.verify(token(clock))
    assert len(network.asked) == 1


async def test_an_issuer_that_calls_itself_by_another_name_is_not_believed(clock):
    network = Network(RSA)
    network.discovery["issuer"] = "https://evil.test"
    with pytest.raises(IssuerSilent, match="another name"):
        await believed(network, clock).verify(token(clock))


@pytest.mark.parametrize("place", ["http://login.example.test/jwks", "file:///etc/passwd", "", 7, "https://"])
async def test_keys_are_fetched_from_safe_places_alone(place, clock):
    network = Network(RSA)
    network.discovery["jwks_uri"] = place
    with pytest.raises(IssuerSilent, match="safe place"):
        await believed(network, clock).verify(token(clock))


async def test_a_token_of_an_issuer_that_nobody_believes_makes_nobody_fetch(clock):
    network = Network(RSA)
    for iss in ("https://evil.test", URL + "/", URL.upper(), ""):
        with pytest.raises(TokenRefused, match="nobody here believes"):
            await believed(network, clock).verify(token(clock, iss=iss))
    assert network.asked == []


async def test_no_issuer_names_anybody_as_another_does(clock):
    ci = issuer(name="ci", issuer="https://ci.test", kind=Kind.SERVICE, prefix="ci:")
    issuers = believed(Network(RSA), clock, issuer(), ci)
    with pytest.raises(TokenRefused, match="another issuer"):
        await issuers.verify(token(clock, sub="ci:deploy"))


async def test_keys_may_come_from_a_file(clock, tmp_path):
    (tmp_path / "keys.json").write_bytes(jwks(RSA))
    network = Network()
    issuers = believed(network, clock, issuer(keys_file=tmp_path / "keys.json"))
    assert (await issuers.verify(token(clock))).identity.subject == "alice"
    assert network.asked == []


async def test_other_settings_keep_the_keys_of_issuers_that_stay(clock):
    network = Network(RSA)
    issuers = believed(network, clock)
    await issuers.verify(token(clock))
    issuers.change({"corp": issuer(member_of=frozenset({"staff"}))})
    assert (await issuers.verify(token(clock))).identity.groups == {"staff"}
    assert network.fetches == 1
    issuers.change({})
    with pytest.raises(TokenRefused):
        await issuers.verify(token(clock))


def test_a_list_of_keys_gives_public_keys_that_verify_and_nothing_else():
    raw = jwks(RSA, EC)[:-2] + b',{"kty":"oct","k":"c2VjcmV0","kid":"x"},{"kty":"XYZ"},7,{}]}'
    assert [key.kid for key in keys_of(raw)] == ["rsa-1", "ec-1"]


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b"{}", b'{"keys":7}', b'{"keys":[]}', b"\xff", b'{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"x"}]}'],
)
def test_a_list_without_a_usable_key_is_a_trouble(raw):
    with pytest.raises(OSError):
        keys_of(raw)


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://a.test/x", True),
        ("http://127.0.0.1:9/x", True),
        ("http://localhost/x", True),
        ("http://a.test/x", False),
        ("http://127.0.0.1.evil.test", False),
        ("https://user:pw@a.test", False),
        ("ftp://a.test", False),
        ("http://[", False),
    ],
)
def test_a_safe_address_is_behind_tls_or_on_this_machine(url, good):
    assert safe(url) is good
