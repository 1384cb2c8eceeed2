"""People sign in with a provider that is not ours, and reach the database from there: browser, device, refresh, logout."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import ssl
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import httpx2
import psycopg
import pytest
from mcp.client.auth.oauth2 import OAuthClientProvider
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

from demo.gateway import program
from demo.postgres import ThrowawayPostgres
from tests.databases.lab import Lab, asked_once_told, lab, until
from tests.databases.papers import Authority
from tests.databases.provider import CLIENT, Browser, OpenId, exchanged, provider, settings

MAPPED = '{ engineers = "engineering", owners = "dba" }'
MCP = "https://127.0.0.1:1/mcp"  # until the house knows its port
DELEGATED = "https://agents.proctor.test"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture(scope="module")
def openid() -> Iterator[OpenId]:
    with provider(groups={"alice": ["engineers"], "dora": ["owners"]}, idToken=600) as made:
        yield made


@pytest.fixture(scope="module")
def house(postgres: ThrowawayPostgres, tmp_path_factory: pytest.TempPathFactory, openid: OpenId) -> Iterator[Lab]:
    pipeline = f"""
[identity.pipelines]
kind = "service"
issuer = "{openid.issuer}"
audience = "https://proctor.test"
clients = ["pipeline"]
claims = {{ scope = "query" }}
subject_claim = "client_id"
"""
    mcp = f'[mcp]\nurl = "{MCP}"\nscopes = ["query"]\n'
    pipeline += f'''
[identity.delegated]
issuer = "{openid.issuer}"
audience = "{DELEGATED}"
subject_claim = "email"
agents = true
groups = {MAPPED}
'''
    folder = tmp_path_factory.mktemp("signing_in")
    with lab(
        postgres, folder, tls="auto", shop=settings(openid, groups=MAPPED, agents="true") + pipeline + mcp
    ) as made:
        config = made.gateway.config
        config.write_text(config.read_text().replace(MCP, mcp_of(made)))
        os.kill(made.gateway.pid, signal.SIGHUP)
        place = mcp_of(made).replace("/mcp", "/.well-known/oauth-protected-resource/mcp")
        until(lambda: httpx.get(place, verify=trust_in(made), trust_env=False).json()["resource"] == mcp_of(made))
        yield made


def mcp_of(house: Lab) -> str:
    """Return the address of MCP, which is what tokens for it must be for."""
    host, port = house.gateway.console
    return f"https://{host}:{port}/mcp"


def trust_in(house: Lab) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(house.folder / "state" / "tls" / "ca.crt"))


class Person:
    """Somebody with a home of their own, at a terminal."""

    def __init__(self, house: Lab, home: Path) -> None:
        self.house = house
        host, port = house.gateway.console
        self.environment = {
            **os.environ,
            "PROCTOR_HOME": str(home / "proctor"),
            "PROCTOR_URL": f"https://{host}:{port}",
            "PROCTOR_CA": str(house.folder / "state" / "tls" / "ca.crt"),
        }
        self.home = home / "proctor"

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*program(), *words], env=self.environment, text=True, cwd=self.home.parent,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        with self.start(*words) as process:
            out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def connect(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.run("connect", "plain", "--port", str(self.house.through[1]), *words)

    def listed(self, *words: str) -> list[dict[str, object]]:
        """Return the objects that a command prints, one a line."""
        said = self.run(*words)
        assert said.returncode == 0, said.stderr
        return [json.loads(line) for line in said.stdout.splitlines()]

    def sign_in(self, browser: Browser | None = None) -> str:
        with self.start("login", "--no-browser") as process:
            (browser or Browser("alice")).visit(address_in(process))
            out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        return out

    @property
    def tokens(self) -> dict[str, str]:
        (signed,) = json.loads((self.home / "tokens.json").read_text()).values()
        return signed["tokens"]

    def put(self, **tokens: str) -> None:
        """Change what the wallet holds, as if time had passed."""
        path = self.home / "tokens.json"
        kept = json.loads(path.read_text())
        for signed in kept.values():
            signed["tokens"].update(tokens)
        path.write_text(json.dumps(kept))


def address_in(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        if line.strip().startswith("http"):
            return line.strip()
    raise AssertionError("no address was printed")


@pytest.fixture
def alice(house: Lab, tmp_path: Path) -> Person:
    return Person(house, tmp_path)


def test_a_person_signs_in_by_the_browser_and_is_themselves_at_the_database(house: Lab, alice: Person) -> None:
    assert alice.sign_in() == "signed in as alice@example.test\n"
    said = alice.connect("--", "psql", "-XAtc", "select 6 * 7")
    assert said.stdout == "42\n", said.stderr
    opened = house.recorded("session.opened")[-1]["who"]
    assert (opened["subject"], opened["groups"], opened["proof"], opened["issuer"]) == (
        "alice@example.test", ["engineering"], "oidc", "corp",
    )  # fmt: skip


def test_tokens_lie_where_only_the_person_may_read_them(alice: Person) -> None:
    alice.sign_in()
    assert stat.S_IMODE(alice.home.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in alice.home.iterdir()} == {0o600}
    (alice.home / "tokens.json").chmod(0o644)
    said = alice.connect("--print-dsn")
    assert said.returncode == 1
    assert "others may read or change" in said.stderr


def test_nothing_on_a_command_line_tells_the_token(alice: Person) -> None:
    alice.sign_in()
    said = alice.connect("--", "sh", "-c", "tr '\\0' ' ' < /proc/$$/cmdline; echo; echo $PGPASSWORD; echo $PGUSER")
    line, token, user = said.stdout.splitlines()
    assert token == alice.tokens["id_token"]
    assert token not in line
    assert user == "alice@example.test"
    dsn = alice.connect("--print-dsn").stdout
    assert token not in dsn
    with psycopg.connect(dsn, password=token) as connection:
        assert connection.execute("select 6 * 7").fetchone() == (42,)


def test_files_for_programs_that_read_no_environment(alice: Person) -> None:
    alice.sign_in()
    service, passes = alice.home.parent / "services.conf", alice.home.parent / "passes"
    said = alice.connect("--service-file", str(service), "--passfile", str(passes))
    assert said.returncode == 0, said.stderr
    assert stat.S_IMODE(passes.stat().st_mode) == 0o600
    environment = {**os.environ, "PGSERVICEFILE": str(service), "PGPASSFILE": str(passes), "PGSERVICE": "plain"}
    done = subprocess.run(
        ["psql", "-XAtc", "select 6 * 7"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "42\n", done.stderr


def test_a_person_signs_in_on_another_device(alice: Person) -> None:
    with alice.start("login", "--device") as process:
        Browser("alice").visit(address_in(process))
        out, err = process.communicate(timeout=120)
    assert out == "signed in as alice@example.test\n", err
    assert alice.connect("--", "psql", "-XAtc", "select 6 * 7").stdout == "42\n"


def test_an_expired_token_is_renewed_and_its_refresh_token_changes(alice: Person) -> None:
    alice.sign_in()
    before = alice.tokens
    alice.put(id_token="", access_token="")
    said = alice.connect("--", "psql", "-XAtc", "select 6 * 7")
    assert said.stdout == "42\n", said.stderr
    assert alice.tokens["refresh_token"] != before["refresh_token"]


def test_a_stolen_refresh_token_ends_for_thief_and_owner_once_both_have_used_it(openid: OpenId, alice: Person) -> None:
    alice.sign_in()
    stolen = alice.tokens["refresh_token"]
    words = {"grant_type": "refresh_token", "refresh_token": stolen, "client_id": CLIENT}
    thief = httpx.post(f"{openid.issuer}/token", data=words, trust_env=False).json()
    alice.put(id_token="", access_token="")
    said = alice.connect("--print-password")
    assert said.returncode == 1
    assert "the provider has ended this sign-in" in said.stderr
    assert json.loads((alice.home / "tokens.json").read_text()) == {}
    words["refresh_token"] = thief["refresh_token"]
    assert httpx.post(f"{openid.issuer}/token", data=words, trust_env=False).json()["error"] == "invalid_grant"


def test_a_code_that_is_replayed_gives_nothing(openid: OpenId, alice: Person) -> None:
    """Neither the browser's answer, shown to the command again, nor the code, shown to the provider again."""
    with alice.start("login", "--no-browser") as process:
        answer = Browser("alice").visit(address_in(process))
        process.communicate(timeout=120)
    callback = answer.url
    with pytest.raises(httpx.ConnectError):
        httpx.get(callback, trust_env=False)
    words = {
        "grant_type": "authorization_code", "code": callback.params["code"], "client_id": CLIENT,
        "redirect_uri": str(callback.copy_with(query=None)), "code_verifier": "x" * 64,
    }  # fmt: skip
    assert httpx.post(f"{openid.issuer}/token", data=words, trust_env=False).json()["error"] == "invalid_grant"


def test_an_answer_with_another_state_is_not_heard(alice: Person) -> None:
    with alice.start("login", "--no-browser") as process:
        address = httpx.URL(address_in(process))
        back = address.params["redirect_uri"]
        for query in ("?code=evil&state=guess", "?code=evil", ""):
            assert httpx.get(back + query, trust_env=False).status_code == 404
        Browser("alice").visit(str(address))
        out, err = process.communicate(timeout=120)
    assert out == "signed in as alice@example.test\n", err


def test_who_signs_out_has_no_tokens_left_here_or_there(openid: OpenId, alice: Person) -> None:
    alice.sign_in()
    kept = alice.tokens["refresh_token"]
    assert alice.run("logout").stdout == "signed out\n"
    words = {"grant_type": "refresh_token", "refresh_token": kept, "client_id": CLIENT}
    assert httpx.post(f"{openid.issuer}/token", data=words, trust_env=False).json()["error"] == "invalid_grant"
    said = alice.connect("--print-dsn")
    assert said.returncode == 2
    assert "you are not signed in" in said.stderr


def test_a_program_shows_the_token_that_its_platform_gave_it(house: Lab, openid: OpenId) -> None:
    given = httpx.post(
        f"{openid.issuer}/token", auth=("pipeline", "pipeline-secret-of-the-tests"), trust_env=False,
        data={"grant_type": "client_credentials", "resource": "https://proctor.test", "scope": "query"},
    ).json()  # fmt: skip
    host, port = house.through
    with psycopg.connect(
        host=host, port=port, user="pipelines:pipeline", password=given["access_token"], dbname="plain",
        sslmode="require", options="-c proctor.login=token",
    ) as program:  # fmt: skip
        assert program.execute("select 6 * 7").fetchone() == (42,)
    who = until(lambda: [r for r in house.recorded("session.opened") if r["who"]["kind"] == "service"])[-1]["who"]
    assert (who["subject"], who["issuer"]) == ("pipelines:pipeline", "pipelines")


def test_an_agent_comes_by_a_token_that_was_exchanged_for_its_persons(
    house: Lab, openid: OpenId, alice: Person
) -> None:
    """RFC 8693, by a provider that is not ours: both are named, and who acted before is kept as history."""
    alice.sign_in()
    hers = alice.tokens["id_token"]
    before = exchanged(openid, hers, DELEGATED, name="stranger")
    one, nested = exchanged(openid, hers, DELEGATED), exchanged(openid, before, DELEGATED, kind="access_token")
    host, port = house.through
    words = {"host": host, "port": port, "dbname": "plain", "sslmode": "require", "options": "-c proctor.login=token"}
    for number, (token, actors) in enumerate(((one, None), (nested, ["stranger"]))):
        with psycopg.connect(user="copilot", password=token, **words) as agent:  # type: ignore[arg-type]
            assert agent.execute("select 6 * 7").fetchone() == (42,)
        who = until(lambda number=number: exchanged_by(house)[number:])[0]
        assert (who["kind"], who["on_behalf_of"]) == ("agent", "alice@example.test")
        assert (who["issuer"], who["person_groups"], who.get("actors")) == ("delegated", ["engineering"], actors)
        assert "groups" not in who, "what its person is in, an agent is not"
    for user, bad, why in (
        ("stranger", before, "nobody has registered the agent"),
        ("alice@example.test", one, "another name than the one at the door"),
        ("copilot", hers, "another name than the one at the door"),
    ):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(user=user, password=bad, **words)  # type: ignore[arg-type]
        assert until(lambda why=why: failed_by(house, why))


def exchanged_by(house: Lab) -> list[dict[str, object]]:
    """Return who has come in by tokens that were exchanged, one after the other."""
    opened = [each["who"] for each in house.records() if each["kind"] == "session.opened"]
    return [who for who in opened if who.get("issuer") == "delegated"]  # type: ignore[attr-defined]


# ---- the desk, from one's own machine and without a password


@pytest.fixture
def dora(house: Lab, tmp_path: Path) -> Person:
    (tmp_path / "dora").mkdir()
    return Person(house, tmp_path / "dora")


def test_a_person_approves_from_their_own_machine_by_their_sign_in(house: Lab, alice: Person, dora: Person) -> None:
    alice.sign_in()
    dora.sign_in(Browser("dora"))
    waiting = subprocess.Popen(
        ["psql", "-XAt", house.dsn("copilot", "shop", sslmode="require"), "-c", "update orders set total = 1 where id = 1"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        (ticket,) = until(lambda: dora.listed("approvals", "list", "--state", "pending", "--json"))
        name = str(ticket["id"])
        shown = dora.run("approvals", "show", name)
        assert "requester     copilot" in shown.stdout, shown.stderr
        assert alice.listed("approvals", "list", "--json") == [], "nobody sees what is not theirs"
        no = alice.run("approvals", "approve", name)
        assert (no.returncode, "there is no such ticket" in no.stderr) == (1, True), no.stderr
        yes = dora.run("approvals", "approve", name, "--because", "INC-42")
        assert yes.stdout == f"{name} is approved\n", yes.stderr
        assert "UPDATE 1" in waiting.communicate(timeout=60)[0]
    finally:
        waiting.kill()
        waiting.wait()
    (record,) = house.recorded("ticket.approved", ticket=name)
    assert (record["by"], record["who"]["proof"], record["because"]) == ("dora@example.test", "oidc", "INC-42")


def test_grants_and_sessions_are_kept_by_a_sign_in_too(house: Lab, alice: Person, dora: Person) -> None:
    alice.sign_in()
    dora.sign_in(Browser("dora"))
    with psycopg.connect(house.dsn("bob", "shop", sslmode="require"), autocommit=True) as session:
        session.execute("select email from customers limit 1")  # whoever comes first has the tables scanned
    column = "shop.public.customers.email"
    (wish,) = alice.listed("grants", "request", column, "--for", "5m", "--because", "INC-42", "--json")
    own = alice.run("grants", "approve", str(wish["id"]))
    assert own.returncode == 1, own.stdout
    assert dora.run("grants", "approve", str(wish["id"])).stdout == f"grant {wish['id']} is active\n"
    assert dora.run("grants", "revoke", str(wish["id"])).stdout == f"grant {wish['id']} is revoked\n"
    with psycopg.connect(
        alice.connect("--print-dsn").stdout, password=alice.tokens["id_token"], autocommit=True
    ) as open_:
        (mine,) = alice.listed("sessions", "list", "--json")
        assert mine["subject"] == "alice@example.test"
        assert dora.run("sessions", "kill", str(mine["id"]), "--because", "INC-42").returncode == 0
        with pytest.raises(psycopg.OperationalError, match="INC-42"):
            asked_once_told(open_)
    again = alice.run("sessions", "list")
    assert (again.returncode, "the token is not good here" in again.stderr) == (1, True), again.stderr
    assert "proctor login --url" in again.stderr, "the token has died with the session"


def test_who_has_not_signed_in_is_asked_who_acts(house: Lab, alice: Person) -> None:
    said = alice.run("approvals", "list")
    assert (said.returncode, "you are not signed in at" in said.stderr) == (2, True), said.stderr
    del alice.environment["PROCTOR_URL"]
    said = alice.run("approvals", "list")
    assert (said.returncode, "who acts?" in said.stderr) == (2, True), said.stderr


def test_a_token_goes_to_nobody_but_the_gateway_that_it_is_for(house: Lab, alice: Person, tmp_path: Path) -> None:
    alice.sign_in()
    for elsewhere in ("https://db.example.test:8088", "http://db.example.test:8088"):
        said = alice.run("approvals", "list", "--url", elsewhere)
        assert (said.returncode, "you are not signed in at" in said.stderr) == (2, True), said.stderr
    alice.environment["PROCTOR_CA"] = str(Authority(tmp_path / "somebody else's").file)
    said = alice.run("approvals", "list")
    assert (said.returncode, "CERTIFICATE_VERIFY_FAILED" in said.stderr) == (4, True), said.stderr


# ---- an agent on a person's behalf, by a token that the provider has exchanged (RFC 8693), at MCP


class Showing(httpx2.Auth):
    """Shows one token with every request."""

    def __init__(self, bearer: str) -> None:
        self.bearer = bearer

    def auth_flow(self, request: httpx2.Request) -> Iterator[httpx2.Request]:
        request.headers["authorization"] = f"Bearer {self.bearer}"
        yield request


def at_mcp(house: Lab, bearer: str) -> httpx.Response:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {"accept": "application/json, text/event-stream", "authorization": f"Bearer {bearer}"}
    with httpx.Client(verify=trust_in(house), trust_env=False, timeout=30.0) as http:
        return http.post(mcp_of(house), json=message, headers=headers)


async def test_an_agent_comes_to_mcp_with_a_token_that_the_provider_has_exchanged(
    house: Lab, openid: OpenId, alice: Person
) -> None:
    alice.sign_in()
    bearer = exchanged(openid, alice.tokens["id_token"], mcp_of(house))
    async with (
        httpx2.AsyncClient(auth=Showing(bearer), verify=trust_in(house), trust_env=False) as http,
        Client(streamable_http_client(mcp_of(house), http_client=http)) as copilot,
    ):
        words = {"database": "shop", "sql": "select email from customers where id = 8"}
        said = await copilot.call_tool("query", words)
        assert said.structured_content["rows"][0][0].endswith("@masked.example")
        held = await copilot.call_tool("query", {"database": "shop", "sql": "update orders set total = 8 where id = 8"})
        assert held.structured_content["outcome"] == "held"
        left = await copilot.call_tool("cancel_ticket", {"ticket": held.structured_content["ticket"]})
        assert left.structured_content["state"] == "cancelled"
    (who, *_) = until(lambda: [
        r["who"] for r in house.recorded("session.opened", database="shop") if r["who"]["subject"] == "copilot"
        and r["who"]["proof"] == "oidc"
    ])  # fmt: skip
    assert (who["subject"], who["kind"], who["on_behalf_of"], who["issuer"], who["person_groups"]) == (
        "copilot", "agent", "alice@example.test", "corp", ["engineering"],
    )  # fmt: skip


def test_an_exchanged_token_is_good_for_the_resource_and_the_agent_that_it_names_and_for_no_other(
    house: Lab, openid: OpenId, alice: Person
) -> None:
    alice.sign_in()
    mine = alice.tokens["id_token"]
    good = exchanged(openid, mine, mcp_of(house))
    assert at_mcp(house, good).status_code == 200
    chained = exchanged(openid, good, mcp_of(house), kind="access_token")
    assert at_mcp(house, chained).status_code == 200, "who acted before is history"
    head, payload, signature = good.split(".")
    said = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert (said["sub"], said["act"]) == ("alice", {"sub": "copilot"})
    without = {name: value for name, value in said.items() if name != "act"}
    refused = {
        "for another resource": exchanged(openid, mine, "https://proctor.test"),
        "of the person's own, for the wire": mine,
        "of an agent that nobody has registered": exchanged(openid, mine, mcp_of(house), name="stranger"),
        "with another agent written in": f"{head}.{packed({**said, 'act': {'sub': 'clerk'}})}.{signature}",
        "with the agent taken out": f"{head}.{packed(without)}.{signature}",
        "without a signature": f"{packed({'alg': 'none', 'typ': 'at+jwt'})}.{payload}.",
    }
    for which, bearer in refused.items():
        answer = at_mcp(house, bearer)
        assert answer.status_code == 401, which
        assert 'error="invalid_token"' in answer.headers["www-authenticate"], which
    for why in ("somebody else (aud)", "nobody has registered the agent"):
        until(lambda why=why: [r for r in house.recorded("login.failed", method="token") if why in str(r["why"])])


class Arrived(Exception):
    """The provider has sent the browser back."""


class Homing(Browser):
    """A browser that says where it was sent in the end, and does not go there."""

    def _follow(self, answer: httpx.Response) -> httpx.Response:
        if str(answer.headers.get("location", "")).startswith("http://127.0.0.1/callback?"):
            raise Arrived(answer.headers["location"])
        return (
            super()._follow(answer)
            if answer.status_code not in (301, 302, 303, 307)
            else self._follow(self.http.get(urljoin(str(answer.url), answer.headers["location"])))
        )


class Wallet:
    """What the official client keeps of its sign-in; it is known at the provider already."""

    def __init__(self, openid: OpenId) -> None:
        self.tokens: OAuthToken | None = None
        self.client = OAuthClientInformationFull(
            client_id=CLIENT, redirect_uris=["http://127.0.0.1/callback"], token_endpoint_auth_method="none",
            issuer=openid.issuer,
        )  # fmt: skip

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


async def test_the_official_client_finds_the_provider_by_itself_and_signs_a_person_in(
    house: Lab, openid: OpenId
) -> None:
    """From the 401 by way of our metadata to the provider, and back with a token for this resource and its scope."""
    back: list[str] = []

    async def go(url: str) -> None:
        with pytest.raises(Arrived) as arrived:
            await asyncio.to_thread(Homing("alice").visit, url)
        back.append(str(arrived.value))

    async def come() -> AuthorizationCodeResult:
        said = dict(parse_qsl(urlsplit(back[0]).query))
        return AuthorizationCodeResult(code=said["code"], state=said["state"], iss=said.get("iss"))

    wallet = Wallet(openid)
    told = OAuthClientMetadata(redirect_uris=["http://127.0.0.1/callback"], token_endpoint_auth_method="none")
    auth = OAuthClientProvider(mcp_of(house), told, wallet, redirect_handler=go, callback_handler=come)
    async with (
        httpx2.AsyncClient(auth=auth, verify=trust_in(house), trust_env=False) as http,
        Client(streamable_http_client(mcp_of(house), http_client=http)) as client,
    ):
        said = await client.call_tool("query", {"database": "shop", "sql": "select email from customers where id = 9"})
        assert said.structured_content["rows"][0][0].endswith("@masked.example")
    assert len(back) == 1
    assert wallet.tokens is not None
    claims = json.loads(base64.urlsafe_b64decode(wallet.tokens.access_token.split(".")[1] + "=="))
    assert (claims["aud"], claims["scope"], claims["sub"]) == (mcp_of(house), "query", "alice")


def packed(words: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(words).encode()).decode().rstrip("=")


# ---- a port on one's own machine, for programs that can neither renew a password nor speak TLS


@contextmanager
def helped(person: Person, *words: str) -> Iterator[tuple[str, str, subprocess.Popen[str]]]:
    """Open a local port, and return how to reach it, its password and the process."""
    with person.start(
        "connect", "plain", "--port", str(person.house.through[1]), "--local-port", "0", *words
    ) as process:
        try:
            assert process.stdout is not None
            dsn, second = process.stdout.readline().strip(), process.stdout.readline().strip()
            assert dsn, process.stderr and process.stderr.read()
            yield dsn, second.removeprefix("password: "), process
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0, process.stderr and process.stderr.read()
        finally:
            process.kill()


def test_a_program_without_tls_or_tokens_comes_in_by_the_local_port(house: Lab, alice: Person) -> None:
    alice.sign_in()
    with helped(alice, "--reason", "INC 42\\n") as (dsn, password, _):
        environment = {**os.environ, "PGPASSWORD": password}
        for _ in range(2):
            said = subprocess.run(
                ["psql", "-XAtw", dsn, "-c", "select 6 * 7"], env=environment, capture_output=True, text=True,
                timeout=60, check=False,
            )  # fmt: skip
            assert said.stdout == "42\n", said.stderr
            alice.put(id_token="", access_token="")  # the second connection has to renew it
        with psycopg.connect(
            dsn, password=password, options="-c application_name=tool -c statement_timeout=1h"
        ) as tool:
            assert tool.execute("show statement_timeout").fetchone() == ("1h",)
            rows = tool.execute("select n, repeat('x', 100) from generate_series(1, 50000) n").fetchall()
            assert (len(rows), rows[-1][0]) == (50000, 50000)
            waiting = Thread(target=lambda: (until(lambda: running(house)), tool.cancel_safe(timeout=30)))
            waiting.start()
            with pytest.raises(psycopg.errors.QueryCanceled):
                tool.execute("select count(*) from generate_series(1, 100000000000)")
            waiting.join(60)
    opened = [r for r in house.recorded("session.opened") if r["who"]["subject"] == "alice@example.test"]
    assert (opened[-1]["who"]["proof"], opened[-1]["claims"]["reason"]) == ("oidc", "INC 42\\n")
    assert opened[-1]["from"]["tls"] == "TLSv1.3"


def running(house: Lab) -> bool:
    said = house.run("select 1 from pg_stat_activity where query like '%100000000000%' and pid <> pg_backend_pid()")
    return bool(said)


def test_the_local_port_is_for_whoever_knows_its_password_and_ends_with_the_command(house: Lab, alice: Person) -> None:
    alice.sign_in()
    folder = alice.home.parent
    with helped(alice, "--passfile", str(folder / "passes")) as (dsn, said, _):
        assert said == "until Ctrl-C", "the password is in the file, and on no screen"
        assert stat.S_IMODE((folder / "passes").stat().st_mode) == 0o600
        place = psycopg.conninfo.conninfo_to_dict(dsn)
        assert place["host"] == "127.0.0.1"
        with pytest.raises(psycopg.OperationalError, match="the password is not the one of this port"):
            psycopg.connect(dsn, password="guessed")
        with pytest.raises(psycopg.OperationalError, match="the password is not the one of this port"):
            psycopg.connect(dsn, password=alice.tokens["id_token"])
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(dsn, passfile=os.devnull)
        with pytest.raises(psycopg.OperationalError, match='this port is for "alice@example.test" alone'):
            psycopg.connect(dsn, passfile=str(folder / "passes"), user="ada", password=password_in(folder / "passes"))
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(
                dsn, passfile=str(folder / "passes"), dbname="nowhere", password=password_in(folder / "passes")
            )
        open_ = psycopg.connect(dsn, passfile=str(folder / "passes"), options="-c proctor.login=scram", autocommit=True)
        assert open_.execute("select 6 * 7").fetchone() == (42,), "how it proves who is asking is no program's to say"
    with pytest.raises(psycopg.OperationalError):
        open_.execute("select 1")
    assert not (folder / "passes").exists(), "a password that opens nothing any more is not left behind"
    with pytest.raises(psycopg.OperationalError, match="refused"):
        psycopg.connect(dsn, password="any")


def password_in(path: Path) -> str:
    return path.read_text().strip().rpartition(":")[2]


def test_a_program_at_the_local_port_hears_that_the_sign_in_is_over(alice: Person) -> None:
    alice.sign_in()
    with helped(alice) as (dsn, password, _):
        (alice.home / "tokens.json").write_text("{}")
        with pytest.raises(psycopg.OperationalError, match="you are not signed in at"):
            psycopg.connect(dsn, password=password)


def test_the_local_port_shows_the_token_to_no_gateway_that_it_does_not_believe(alice: Person, tmp_path: Path) -> None:
    alice.sign_in()
    alice.environment["PROCTOR_CA"] = str(Authority(tmp_path / "other").file)
    with (
        helped(alice) as (dsn, password, _),
        pytest.raises(psycopg.OperationalError, match="the gateway's certificate is not believed"),
    ):
        psycopg.connect(dsn, password=password)


# ---- the provider goes away, and comes back with other keys


def test_an_outage_ends_no_session_and_lets_nobody_in_whom_nobody_can_check(
    postgres: ThrowawayPostgres, tmp_path: Path
) -> None:
    """At a provider that tells names and groups at its userinfo endpoint alone."""
    groups = {"alice": ["engineers"], "dora": ["owners"]}
    with provider(groups=groups, userinfo=True) as first:
        scopes = '["openid", "email", "groups", "offline_access"]'
        text = settings(first, groups=MAPPED, scopes=scopes, userinfo="true")
        for name in ("house", "alice", "dora"):
            (tmp_path / name).mkdir()
        with lab(postgres, tmp_path / "house", tls="auto", shop=text) as made:
            alice, dora = Person(made, tmp_path / "alice"), Person(made, tmp_path / "dora")
            assert alice.sign_in() == "signed in as alice@example.test\n"
            assert dora.sign_in(Browser("dora")) == "signed in as dora@example.test\n"
            (dsn, token), (hers, other) = (
                (each.connect("--print-dsn").stdout, each.connect("--print-password").stdout.strip())
                for each in (alice, dora)
            )
            with psycopg.connect(dsn, password=token, autocommit=True) as inside:
                opened = made.recorded("session.opened")[-1]
                assert (opened["who"]["subject"], opened["who"]["groups"]) == ("alice@example.test", ["engineering"])
                foreign = f"{token.partition('~')[0]}~{other.partition('~')[2]}"
                for bad, why in (
                    (foreign, "the userinfo is of somebody else than the token (sub)"),
                    (token.partition("~")[0], "tells no userinfo for this access token: it answered 401"),
                ):
                    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                        psycopg.connect(dsn, password=bad)
                    assert until(lambda why=why: failed_by(made, why))
                first.process.kill()
                first.process.wait(20)
                assert inside.execute("select 6 * 7").fetchone() == (42,), "who is in stays"
                with psycopg.connect(dsn, password=token) as known:
                    assert known.execute("select 1").fetchone() == (1,), "known keys still check"
                with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                    psycopg.connect(hers, password=other)
                assert until(lambda: failed_by(made, "the userinfo of corp cannot be had"))
                made.gateway.stop()
            made.gateway.start()
            dsn = alice.connect("--print-dsn", "--port", str(made.through[1])).stdout
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                psycopg.connect(dsn, password=token)
            assert until(lambda: failed_by(made, "the keys of corp cannot be had"))


def failed_by(house: Lab, why: str) -> list[dict[str, object]]:
    """Return the logins that have failed for this reason."""
    return [each for each in house.records() if each["kind"] == "login.failed" and why in str(each["why"])]
