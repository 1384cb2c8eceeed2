"""Claims that a provider tells at its userinfo endpoint alone: what is asked, and for how long it counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType

import msgspec
import pytest

from proctor.edge.identity_config import Issuer
from proctor.edge.issuers import Issuers
from proctor.edge.signatures import TokenRefused
from proctor.edge.userinfo import MAX_TOLD, MOST_KEPT
from proctor.terms import Identity
from tests.unit.edge.issuing import RSA, URL, HandClock, Network, claims, issuer, sign

CORP = issuer(
    userinfo=True,
    subject_claim="email",
    groups_claim="roles.db",
    groups=MappingProxyType({"*": "*"}),
    claims=MappingProxyType({"team": ("shop",)}),
)
TOLD: dict[str, object] = {"sub": "alice", "email": "a@corp.test", "roles": {"db": ["readers"]}, "team": "shop"}


@dataclass
class Desk:
    """An issuer with a userinfo endpoint, and whoever asks it."""

    clock: HandClock = field(default_factory=HandClock)
    network: Network = field(default_factory=lambda: Network(RSA))
    told: dict[str, object] | bytes = field(default_factory=lambda: dict(TOLD))
    status: int = 200
    down: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.network.discovery["userinfo_endpoint"] = f"{URL}/me"
        self.issuers = Issuers({"corp": CORP}, self.clock, fetcher=self.network.fetch, asker=self.ask)

    async def ask(self, url: str, asked: Issuer, access: str) -> tuple[int, bytes]:
        self.asked.append((url, access))
        if self.down:
            raise OSError("it did not answer in time")
        return self.status, self.told if isinstance(self.told, bytes) else msgspec.json.encode(self.told)

    async def verify(self, beside: str = "~access", **changes: object) -> Identity:
        return (await self.issuers.verify(sign(claims(**changes)) + beside)).identity

    async def refused(self, why: str, beside: str = "~access", **changes: object) -> None:
        with pytest.raises(TokenRefused) as told:
            await self.verify(beside, **changes)
        assert why in told.value.why


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_what_the_token_lacks_is_asked_with_the_access_token_beside_it(desk: Desk) -> None:
    alice = await desk.verify()
    assert (alice.subject, alice.groups) == ("a@corp.test", {"readers"})
    assert desk.asked == [(f"{URL}/me", "access")]


async def test_an_access_token_asks_for_itself(desk: Desk) -> None:
    token = sign(claims())
    assert (await desk.issuers.verify(token)).identity.subject == "a@corp.test"
    assert desk.asked == [(f"{URL}/me", token)]


async def test_what_the_token_says_counts_and_what_nobody_asks_for_is_not_taken(desk: Desk) -> None:
    desk.told = TOLD | {"email": "root@corp.test", "acr": "high", "amr": ["mfa"], "groups": ["dba"], "sid": "s-9"}
    proven = await desk.issuers.verify(sign(claims(email="a@corp.test")) + "~access")
    alice = proven.identity
    assert (alice.subject, alice.acr, alice.amr, alice.groups) == ("a@corp.test", "", frozenset(), {"readers"})
    assert proven.session_id == ""
    assert not {"groups", "acr", "amr", "sid"} & proven.claims.keys()


async def test_userinfo_makes_nobody_an_agent_and_no_token_longer(desk: Desk) -> None:
    desk.told = TOLD | {"act": {"sub": "copilot"}, "exp": 2**33, "aud": "elsewhere", "iss": "https://evil.test"}
    proven = await desk.issuers.verify(sign(claims()) + "~access")
    assert (proven.person, proven.actors, proven.expires.timestamp()) == (None, (), claims()["exp"])


async def test_nothing_is_asked_where_nothing_lacks_or_the_settings_do_not_say_so(desk: Desk) -> None:
    whole = {"email": "a@corp.test", "email_verified": True, "roles": {"db": []}, "team": "shop"}
    assert (await desk.verify(**whole)).groups == frozenset()
    desk.issuers.change({"corp": issuer()})
    assert (await desk.verify("")).subject == "alice"
    await desk.refused("something stands behind the token")
    assert desk.asked == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"aud": "elsewhere"}, "(aud)"),
        ({"exp": claims()["iat"]}, "(exp)"),
        ({"iss": "https://evil.test"}, "nobody here believes"),
    ],
    ids=["audience", "hour", "issuer"],
)
async def test_a_token_that_is_no_good_asks_nobody(desk: Desk, change: dict[str, object], why: str) -> None:
    await desk.refused(why, **change)
    assert desk.asked == []


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (TOLD | {"sub": "bob"}, "of somebody else"),
        ({"email": "a@corp.test"}, "of somebody else"),
        (TOLD | {"sub": ["alice"]}, "of somebody else"),
        (b"[]", "no JSON object"),
        (b"eyJhbGciOiJub25lIn0.e30.", "no JSON object"),
        (b"[" * 5000, "no JSON object"),
        (TOLD | {"roles": {"db": ["x" * MAX_TOLD]}}, "more in it than anybody needs"),
        (TOLD | {"email_verified": False}, "nobody has verified"),
        (TOLD | {"team": "evil"}, "must in the claim team"),
        ({"sub": "alice"}, "must in the claim team"),
    ],
    ids=range(10),
)
async def test_userinfo_that_does_not_fit_lets_nobody_in(desk: Desk, told: dict[str, object] | bytes, why: str) -> None:
    desk.told = told
    await desk.refused(why)


async def test_an_outage_or_a_no_lets_nobody_new_in_and_is_not_remembered(desk: Desk) -> None:
    desk.down = True
    await desk.refused("the userinfo of corp cannot be had: it did not answer in time")
    desk.down, desk.status = False, 401
    await desk.refused("tells no userinfo for this access token: it answered 401")
    desk.status = 200
    assert (await desk.verify()).subject == "a@corp.test"


@pytest.mark.parametrize("access", ["~a b", "~a\r\nx: y", "~" + "a" * 20_000, "~é"])
async def test_an_access_token_that_is_none_goes_nowhere(desk: Desk, access: str) -> None:
    await desk.refused("the access token is malformed", access)
    assert desk.asked == []


@pytest.mark.parametrize("place", [None, "http://login.example.test/me", 7])
async def test_userinfo_is_asked_at_a_safe_place_alone(desk: Desk, place: object) -> None:
    desk.network.discovery["userinfo_endpoint"] = place
    await desk.refused("names no safe userinfo_endpoint")
    assert desk.asked == []


async def test_what_was_told_counts_no_longer_than_the_token(desk: Desk) -> None:
    """The token of these tests is good for 240 seconds, and half a minute of leeway."""
    await desk.verify()
    desk.down = True
    desk.clock.passed = 239.0
    assert (await desk.verify()).groups == {"readers"}
    desk.clock.passed = 241.0
    await desk.refused("cannot be had")
    assert len(desk.asked) == 2


async def test_who_is_put_into_another_group_has_it_ten_minutes_later(desk: Desk) -> None:
    long = {"exp": int(str(claims()["iat"])) + 3600}
    await desk.verify(**long)
    desk.told = TOLD | {"roles": {"db": ["writers"]}}
    desk.clock.passed = 599.0
    assert (await desk.verify(**long)).groups == {"readers"}
    desk.clock.passed = 601.0
    assert (await desk.verify(**long)).groups == {"writers"}


async def test_other_settings_ask_anew_and_few_are_remembered(desk: Desk) -> None:
    await desk.verify()
    desk.issuers.change({"corp": CORP})
    await desk.verify()
    assert len(desk.asked) == 2
    for number in range(MOST_KEPT + 1):
        await desk.verify(f"~access-{number}")
    assert len(desk.issuers._beside._kept) == MOST_KEPT
