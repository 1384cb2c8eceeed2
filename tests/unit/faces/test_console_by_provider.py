"""Signing in to the console at the company's provider: what the browser takes there, what it brings back, and who gets in."""

from __future__ import annotations

import html
import re
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

import httpx
import msgspec
import pytest

from proctor.audit.record import LoginFailed
from proctor.edge.code_flow import SECONDS, CodeFlow
from proctor.edge.doorkeeper import Doorkeeper
from proctor.edge.identity_config import ConsoleClient, Issuer
from proctor.edge.secret import Secret
from proctor.edge.sign_in_book import End, What
from proctor.edge.verifiers import Locks
from proctor.faces.api import create
from proctor.faces.console.providers import GONE
from proctor.faces.console.stage import COOKIE
from proctor.faces.console.visits import OLDEST
from proctor.terms import Kind
from tests.unit.control.house import House, build
from tests.unit.edge.issuing import RSA, RSA_2, URL, jwks, sign

KEY = b"k" * 32
CONSOLE = "https://proctor.test"
BACK = f"{CONSOLE}/console/sign-in/callback"


@dataclass
class Provider:
    """A provider that answers in order, or as a test would have it."""

    house: House
    discovery: dict[str, object] = field(
        default_factory=lambda: {
            "issuer": URL, "jwks_uri": f"{URL}/jwks", "authorization_endpoint": f"{URL}/auth",
            "token_endpoint": f"{URL}/token", "end_session_endpoint": f"{URL}/end",
        }
    )  # fmt: skip
    down: bool = False
    nonce: str = ""
    claims: dict[str, object] = field(default_factory=dict)
    forged: bool = False
    answer: tuple[int, bytes] | None = None
    asked: list[tuple[Mapping[str, str], Mapping[str, str]]] = field(default_factory=list)
    fetched: int = 0

    async def fetch(self, url: str, issuer: Issuer) -> bytes:
        if self.down:
            raise OSError("it could not be reached")
        if url.endswith("/jwks"):
            return jwks(RSA)
        self.fetched += 1
        return msgspec.json.encode(self.discovery)

    async def post(
        self, url: str, issuer: Issuer, words: Mapping[str, str], headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        assert url == f"{URL}/token"
        self.asked.append((words, headers))
        return self.answer or (200, msgspec.json.encode({"id_token": self.token(), "token_type": "Bearer"}))

    def token(self) -> str:
        at = int(self.house.clock.now().timestamp())
        said = {
            "iss": URL, "aud": "console", "sub": "u-1", "email": "eve@corp.test", "groups": ["Staff"], "iat": at,
            "exp": at + 300, "nonce": self.nonce, "sid": "s-1", **self.claims,
        }  # fmt: skip
        return sign({name: value for name, value in said.items() if value is not ...}, RSA_2 if self.forged else RSA)


ISSUER = Issuer(
    "corp",
    URL,
    ("proctor",),
    client_id="cli",
    subject_claim="email",
    groups=MappingProxyType({"Staff": "engineering", "DB *": "dba", "Auditors": "auditor", "Security": "security"}),
    console=ConsoleClient("console", None, CONSOLE),
)


@dataclass
class Site:
    """The console, a browser at it, and the provider."""

    house: House
    door: Doorkeeper
    provider: Provider
    http: httpx.AsyncClient

    def settle(self, issuer: Issuer = ISSUER, **changes: object) -> None:
        """Put other settings in force."""
        given = {"identity": MappingProxyType({issuer.name: issuer}), **changes}
        self.house.config = replace(self.house.config, **given)  # type: ignore[arg-type]
        self.door.change(self.house.config, Locks(self.house.config, KEY))
        self.house.control.change(self.house.config, self.house.control.rules)

    async def leave(self, following: str = "") -> httpx.QueryParams:
        """Go to the provider, and return what it is told."""
        answer = await self.http.get("/console/sign-in/with/corp", params={"next": following})
        assert answer.status_code == 303, answer.text
        place = httpx.URL(answer.headers["location"])
        assert str(place).startswith(f"{URL}/auth?")
        self.provider.nonce = place.params["nonce"]
        return place.params

    async def come_back(self, **said: str) -> httpx.Response:
        return await self.http.get("/console/sign-in/callback", params=said)

    async def sign_in(self, following: str = "", **claims: object) -> httpx.Response:
        self.provider.claims = claims
        asked = await self.leave(following)
        return await self.come_back(code="c-1", state=asked["state"])

    def refused(self) -> list[str]:
        return [one.why for one in self.house.records.kept if isinstance(one, LoginFailed)]

    async def signed_in(self) -> bool:
        return (await self.http.get("/console/now")).status_code == 200


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    house = build(tmp_path)
    provider = Provider(house)
    control = house.control
    control.issuers._fetch = provider.fetch
    control.code_flow = CodeFlow(control.issuers, house.clock, fetcher=provider.fetch, poster=provider.post)
    door = Doorkeeper(house.config, Locks(house.config, KEY), house.clock, house.records.record, house.store.people)
    app = create(control, door, tmp_path / "log", "1.2.3")
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("203.0.113.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url=CONSOLE) as http:
        made = Site(house, door, provider, http)
        made.settle()
        yield made
    house.store.close()


async def test_a_person_of_the_provider_alone_is_let_in_with_the_groups_of_the_mapping(site: Site) -> None:
    answer = await site.sign_in(groups=["Staff", "DB owners", "Unheard of"])
    assert answer.status_code == 200
    page = (await site.http.get("/console/now")).text
    assert 'eve@corp.test <span class="soft">dba, engineering</span>' in page
    greeted = [one for one in site.house.records.kept if getattr(one, "action", "") == "console.sign-in"]
    assert [(one.who.subject, one.who.proof, one.who.issuer) for one in greeted] == [("eve@corp.test", "oidc", "corp")]


async def test_the_browser_takes_a_challenge_a_state_and_a_nonce_along_each_time_others(site: Site) -> None:
    first, second = await site.leave(), await site.leave()
    assert first["client_id"] == "console"
    assert first["redirect_uri"] == BACK
    assert first["code_challenge_method"] == "S256"
    assert "offline_access" not in first["scope"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 43
        assert first[name] != second[name]
    await site.come_back(code="c-1", state=second["state"])
    words, _ = site.provider.asked[-1]
    digest = urlsafe_b64encode(sha256(words["code_verifier"].encode()).digest()).rstrip(b"=").decode()
    assert digest == second["code_challenge"]
    assert (words["code"], words["redirect_uri"], words["client_id"]) == ("c-1", BACK, "console")


async def test_cookies_of_the_way_are_for_this_site_alone_and_the_session_is_new(site: Site) -> None:
    answer = await site.http.get("/console/sign-in/with/corp")
    kept = answer.headers["set-cookie"].casefold()
    for word in ("__host-proctor-gone=", "secure", "httponly", "samesite=lax", "path=/", "max-age=600"):
        assert word in kept
    assert "domain" not in kept
    site.http.cookies.set(COOKIE, "fixed-by-somebody")
    answer = await site.sign_in()
    assert GONE not in site.http.cookies
    (session,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{COOKIE}=")]
    assert "fixed-by-somebody" not in session
    assert "samesite=strict" in session.casefold()
    assert "secure" in session.casefold()


@pytest.mark.parametrize(
    ("groups", "journal", "may"),
    [
        (["Staff"], 403, 404),
        (["DB owners"], 200, 303),
        (["Security"], 200, 303),
        (["Auditors"], 200, 403),
    ],
    ids=["viewer", "approver", "operator", "auditor"],
)
async def test_roles_come_from_the_providers_groups(site: Site, groups: list[str], journal: int, may: int) -> None:
    site.house.ask()
    await site.sign_in(groups=groups)
    assert (await site.http.get("/console/journal")).status_code == journal
    token = re.search(r'name="csrf" value="([^"]+)"', (await site.http.get("/console/now")).text)
    assert token is not None
    form = {"step": "approve", "because": "fine"}
    assert (await site.http.post("/console/approvals/T1", data=form)).status_code in (403, 404)
    answer = await site.http.post("/console/approvals/T1", data={**form, "csrf": token[1]})
    assert answer.status_code == may


async def test_what_the_provider_tells_at_its_userinfo_alone_counts_as_well(site: Site) -> None:
    told = {"sub": "u-1", "email": "eve@corp.test", "groups": ["DB owners"]}

    async def ask(url: str, issuer: Issuer, access: str) -> tuple[int, bytes]:
        assert (url, access) == (f"{URL}/me", "a-1")
        return 200, msgspec.json.encode(told)

    site.provider.discovery["userinfo_endpoint"] = f"{URL}/me"
    site.house.control.issuers._beside._ask = ask
    site.settle(replace(ISSUER, userinfo=True))
    asked = await site.leave()
    site.provider.claims = {"email": ..., "groups": ...}
    site.provider.answer = (200, msgspec.json.encode({"id_token": site.provider.token(), "access_token": "a-1"}))
    assert (await site.come_back(code="c-1", state=asked["state"])).status_code == 200
    assert "eve@corp.test" in (await site.http.get("/console/now")).text
    assert (await site.http.get("/console/approvals")).status_code == 200
    told["sub"] = "u-2"
    site.house.control.issuers._beside.forget()
    site.http.cookies.delete(COOKIE)
    asked = await site.leave()
    site.provider.answer = (200, msgspec.json.encode({"id_token": site.provider.token(), "access_token": "a-1"}))
    assert (await site.come_back(code="c-2", state=asked["state"])).status_code == 401
    assert site.refused() == ["the userinfo is of somebody else than the token (sub)"]


async def test_whom_a_person_of_the_settings_is_comes_by_either_way_and_is_one(site: Site) -> None:
    site.settle(replace(ISSUER, subject_claim="sub"))
    await site.sign_in(sub="dora", groups=["Auditors"])
    assert 'dora <span class="soft">auditor, dba</span>' in (await site.http.get("/console/now")).text


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["", "guessed"])
async def test_another_state_lets_nobody_in(site: Site, state: str) -> None:
    await site.leave()
    answer = await site.come_back(code="c-1", state=state)
    assert answer.status_code == 401
    assert not site.provider.asked, "the code is shown to nobody"
    assert not await site.signed_in()
    assert "another state" in site.refused()[-1]


async def test_an_answer_in_another_browser_lets_nobody_in(site: Site) -> None:
    """Somebody who sends the address of their own answer to another would sign them in as themselves."""
    asked = await site.leave()
    site.http.cookies.clear()
    assert (await site.come_back(code="c-1", state=asked["state"])).status_code == 401
    assert not site.provider.asked
    assert "has not begun" in site.refused()[-1]


async def test_an_answer_counts_once(site: Site) -> None:
    asked = await site.leave()
    kept = site.http.cookies[GONE]
    assert (await site.come_back(code="c-1", state=asked["state"])).status_code == 200
    site.http.cookies.clear()
    site.http.cookies.set(GONE, kept)
    assert (await site.come_back(code="c-1", state=asked["state"])).status_code == 401
    assert len(site.provider.asked) == 1
    assert "come back before" in site.refused()[-1]


async def test_who_takes_too_long_begins_anew(site: Site) -> None:
    asked = await site.leave()
    site.house.clock.pass_time(timedelta(seconds=SECONDS + 1))
    assert (await site.come_back(code="c-1", state=asked["state"])).status_code == 401
    assert "too long ago" in site.refused()[-1]


@pytest.mark.parametrize(
    ("why", "claims"),
    [
        ("(nonce)", {"nonce": "of another signing in"}),
        ("(nonce)", {"nonce": ...}),
        ("(aud)", {"aud": "cli"}),
        ("(aud)", {"aud": "proctor"}),
        ("(azp)", {"aud": ["console", "other"], "azp": "other"}),
        ("(exp)", {"exp": 1000, "iat": 900}),
        ("nobody here believes", {"iss": "https://evil.test"}),
        ("nobody has verified", {"email_verified": False}),
        ("does not say who", {"email": ...}),
        ("may not name an agent", {"act": {"sub": "copilot"}}),
    ],
)  # fmt: skip
async def test_an_id_token_that_is_not_for_this_signing_in_lets_nobody_in(
    site: Site, why: str, claims: dict[str, object]
) -> None:
    answer = await site.sign_in(**claims)
    assert answer.status_code == 401
    assert COOKIE not in site.http.cookies
    assert why in site.refused()[-1]
    assert why not in answer.text, "a stranger is told nothing"


async def test_an_id_token_of_another_key_lets_nobody_in(site: Site) -> None:
    site.provider.forged = True
    assert (await site.sign_in()).status_code == 401
    assert "kid" in site.refused()[-1]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"error": "access_denied"}, "access_denied"),
        ({"error": "<script>alert(1)</script>"}, "it does not say why"),
        ({}, "without a code"),
        ({"code": "x" * 5000}, "without a code"),
        ({"code": "c-1", "iss": "https://evil.test"}, "(iss)"),
    ],
)
async def test_an_answer_without_a_good_code_lets_nobody_in(site: Site, said: dict[str, str], why: str) -> None:
    asked = await site.leave()
    answer = await site.come_back(state=asked["state"], **said)
    assert answer.status_code == 401
    assert "script>alert" not in answer.text
    assert not site.provider.asked
    assert why in site.refused()[-1]


async def test_a_provider_that_promises_its_name_and_leaves_it_out_is_not_heard(site: Site) -> None:
    site.provider.discovery["authorization_response_iss_parameter_supported"] = True
    assert (await site.sign_in()).status_code == 401
    asked = await site.leave()
    assert (await site.come_back(code="c-1", state=asked["state"], iss=URL)).status_code == 200


@pytest.mark.parametrize(
    "answer",
    [
        (400, b'{"error":"invalid_grant"}'),
        (200, b'{"access_token":"a"}'),
        (200, b"not json"),
        (500, b"{}"),
        (200, b"[]"),
    ],
)
async def test_a_code_for_which_there_is_no_id_token_lets_nobody_in(site: Site, answer: tuple[int, bytes]) -> None:
    site.provider.answer = answer
    assert (await site.sign_in()).status_code == 401
    assert COOKIE not in site.http.cookies


async def test_who_is_disabled_or_another_kind_of_principal_here_is_not_let_in(site: Site) -> None:
    site.settle(replace(ISSUER, subject_claim="sub"))
    for name in ("copilot", "billing"):
        assert (await site.sign_in(sub=name)).status_code == 401
    people = dict(site.house.config.people)
    people["dora"] = replace(people["dora"], enabled=False)
    site.settle(replace(ISSUER, subject_claim="sub"), people=MappingProxyType(people))
    assert (await site.sign_in(sub="dora")).status_code == 401
    assert site.refused()[-1] == "it is disabled"


async def test_many_answers_that_let_nobody_in_have_to_wait(site: Site) -> None:
    for _ in range(21):
        assert (await site.come_back(code="c", state="s")).status_code == 401
    assert (await site.sign_in()).status_code == 429


@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example", "/console//evil.example", "javascript:1"])
async def test_signing_in_by_the_provider_leads_nowhere_else(site: Site, place: str) -> None:
    answer = await site.sign_in(place)
    assert 'content="0;url=/console/now"' in answer.text
    assert "evil" not in answer.text


async def test_signing_in_by_the_provider_leads_back_to_the_page_one_asked_for(site: Site) -> None:
    page = await site.http.get("/console/sign-in", params={"next": "/console/rules-diff?before=a&after=b"})
    link = re.search(r'href="(/console/sign-in/with/corp[^"]*)">Sign in with login.example.test<', page.text)
    assert link is not None
    left = await site.http.get(link[1].replace("&amp;", "&"))
    asked = httpx.URL(left.headers["location"]).params
    site.provider.nonce = asked["nonce"]
    answer = await site.come_back(code="c-1", state=asked["state"])
    assert 'content="0;url=/console/rules-diff?before=a&amp;after=b"' in answer.text


async def test_without_an_address_in_the_settings_people_come_back_to_this_machine_alone(site: Site) -> None:
    """What a request calls us is no proof of where a code may go."""
    site.settle(replace(ISSUER, console=ConsoleClient()))
    page = await site.http.get("/console/sign-in")
    assert "Sign in with" not in page.text
    assert (await site.http.get("/console/sign-in/with/corp")).status_code == 404
    here = {"host": "127.0.0.1:8088"}
    left = await site.http.get("/console/sign-in/with/corp", headers=here)
    asked = httpx.URL(left.headers["location"]).params
    assert asked["redirect_uri"] == "https://127.0.0.1:8088/console/sign-in/callback"
    assert asked["client_id"] == "cli"


async def test_issuers_of_programs_are_no_way_in(site: Site) -> None:
    site.settle(replace(ISSUER, kind=Kind.SERVICE))
    assert (await site.http.get("/console/sign-in/with/corp")).status_code == 404


async def test_a_client_with_a_secret_shows_it_as_the_provider_wants(site: Site) -> None:
    site.settle(replace(ISSUER, console=ConsoleClient("con sole", Secret("s:cret"), CONSOLE)))
    await site.sign_in(aud="con sole")
    words, headers = site.provider.asked[-1]
    assert headers["authorization"] == "Basic Y29uK3NvbGU6cyUzQWNyZXQ="
    assert "client_secret" not in words
    site.settle(replace(ISSUER, issuer=URL, console=ConsoleClient("console", Secret("s:cret"), CONSOLE)))
    site.provider.discovery["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    site.house.clock.pass_time(timedelta(minutes=11))
    site.http.cookies.clear()
    await site.sign_in()
    words, headers = site.provider.asked[-1]
    assert (words["client_secret"], "authorization" in headers) == ("s:cret", False)


async def test_a_provider_that_is_away_is_not_asked_by_every_stranger(site: Site) -> None:
    site.provider.down = True
    for _ in range(5):
        answer = await site.http.get("/console/sign-in/with/corp")
        assert (answer.status_code, "does not answer now" in answer.text) == (503, True)
    site.provider.down = False
    assert (await site.http.get("/console/sign-in/with/corp")).status_code == 503, "not before it has had a rest"
    site.house.clock.pass_time(timedelta(seconds=16))
    for _ in range(5):
        assert (await site.http.get("/console/sign-in/with/corp")).status_code == 303
    assert site.provider.fetched == 1


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint"])
@pytest.mark.parametrize("place", [None, "http://login.example.test/x", "javascript:alert(1)"])
async def test_a_provider_with_unsafe_places_is_not_gone_to(site: Site, name: str, place: str | None) -> None:
    site.provider.discovery[name] = place
    answer = await site.http.get("/console/sign-in/with/corp")
    if name == "authorization_endpoint":
        assert answer.status_code == 503
    else:
        asked = httpx.URL(answer.headers["location"]).params
        assert (await site.come_back(code="c-1", state=asked["state"])).status_code == 401


# --- how it ends -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "value", "out"),
    [
        (What.SESSION, "s-1", True),
        (What.PERSON, "u-1", True),
        (What.SESSION, "s-2", False),
        (What.PERSON, "eve@corp.test", False),
    ],
)
async def test_a_visit_ends_with_the_sign_in_at_the_provider(site: Site, what: What, value: str, out: bool) -> None:
    await site.sign_in()
    assert await site.signed_in()
    site.house.store.sign_ins.end([End(URL, what, value, site.house.clock.now(), "corp", "signed out")])
    assert await site.signed_in() is not out


async def test_a_visit_ends_with_the_settings_that_it_came_by(site: Site) -> None:
    await site.sign_in()
    site.settle(replace(ISSUER, groups=MappingProxyType({})))
    assert not await site.signed_in()


async def test_a_visit_ends_when_its_person_is_disabled(site: Site) -> None:
    site.settle(replace(ISSUER, subject_claim="sub"))
    await site.sign_in(sub="dora")
    assert await site.signed_in()
    people = dict(site.house.config.people)
    people["dora"] = replace(people["dora"], enabled=False)
    site.settle(replace(ISSUER, subject_claim="sub"), people=MappingProxyType(people))
    assert not await site.signed_in()


async def test_a_visit_lasts_no_longer_than_the_issuers_sessions(site: Site) -> None:
    site.settle(replace(ISSUER, session=600.0))
    await site.sign_in()
    site.house.clock.nanoseconds += 599 * 1_000_000_000
    assert await site.signed_in()
    site.house.clock.nanoseconds += 2 * 1_000_000_000
    assert not await site.signed_in()
    assert OLDEST > 601 * 1_000_000_000


async def test_who_signs_out_goes_on_to_the_provider_without_a_token_in_the_address(site: Site) -> None:
    await site.sign_in()
    session = site.http.cookies[COOKIE]
    found = re.search(r'name="csrf" value="([^"]+)"', (await site.http.get("/console/now")).text)
    assert found is not None
    assert (await site.http.post("/console/sign-out")).status_code == 403, "another page signs nobody out"
    answer = await site.http.post("/console/sign-out", data={"csrf": found[1]})
    assert answer.status_code == 200
    assert f'content="0;url={URL}/end?client_id=console"' in answer.text
    assert COOKIE not in site.http.cookies
    site.http.cookies.set(COOKIE, session)
    assert not await site.signed_in()


async def signed_out(site: Site, **headers: str) -> str:
    """Sign out, and return where the browser is sent then."""
    found = re.search(r'name="csrf" value="([^"]+)"', (await site.http.get("/console/now")).text)
    assert found is not None
    answer = await site.http.post("/console/sign-out", data={"csrf": found[1]}, headers=headers)
    place = re.search(r'content="0;url=([^"]+)"', answer.text)
    assert place is not None, answer.text
    return html.unescape(place[1])


async def test_the_provider_sends_back_who_has_signed_out_where_it_knows_our_address(site: Site) -> None:
    site.settle(replace(ISSUER, console=replace(ISSUER.console, return_after_sign_out=True)))
    await site.sign_in()
    place = httpx.URL(await signed_out(site))
    assert str(place).startswith(f"{URL}/end?")
    assert dict(place.params) == {"client_id": "console", "post_logout_redirect_uri": f"{CONSOLE}/console/signed-out"}
    assert "id_token_hint" not in place.params
    page = await site.http.get("/console/signed-out", params={"state": "x", "next": "https://evil.test", "url": "//e"})
    assert page.status_code == 200
    assert "You have signed out." in page.text
    assert "evil" not in page.text
    await site.sign_in()
    answer = await site.http.get("/console/signed-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/now"), "a link signs nobody out"
    assert await site.signed_in()


@pytest.mark.parametrize(
    ("host", "back"),
    [("127.0.0.1:8088", "https://127.0.0.1:8088/console/signed-out"), ("evil.test", None), ("evil.test:8088", None)],
)
async def test_signing_out_leads_back_to_this_machine_or_the_address_of_the_settings(
    site: Site, host: str, back: str | None
) -> None:
    site.settle(replace(ISSUER, console=ConsoleClient("console", None, "", return_after_sign_out=True)))
    here = {"host": "127.0.0.1:8088"}
    left = await site.http.get("/console/sign-in/with/corp", headers=here)
    asked = httpx.URL(left.headers["location"]).params
    site.provider.nonce = asked["nonce"]
    said = {"code": "c-1", "state": asked["state"]}
    assert (await site.http.get("/console/sign-in/callback", params=said, headers=here)).status_code == 200
    assert httpx.URL(await signed_out(site, host=host)).params.get("post_logout_redirect_uri") == back


async def test_who_signs_out_from_a_provider_without_an_end_is_out_here(site: Site) -> None:
    del site.provider.discovery["end_session_endpoint"]
    await site.sign_in()
    found = re.search(r'name="csrf" value="([^"]+)"', (await site.http.get("/console/now")).text)
    assert found is not None
    answer = await site.http.post("/console/sign-out", data={"csrf": found[1]})
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/sign-in")
