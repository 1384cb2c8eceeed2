"""The company's OpenID provider: npm's oidc-provider, which shares no code with us, and a person at its pages."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import playwright

ROOT = Path(__file__).parents[2]
FOLDER = Path(sys.prefix) / "provider"
NODE = Path(playwright.__file__).parent / "driver" / "node"  # the system's may be too old for it
CLIENT = "proctor-cli"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
TOKEN_TYPE = "urn:ietf:params:oauth:token-type:"


@dataclass
class OpenId:
    """A running provider."""

    issuer: str
    process: subprocess.Popen[str]

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)


def client(**more: object) -> dict[str, object]:
    """Return the public client as which people sign in."""
    return {
        "client_id": CLIENT, "token_endpoint_auth_method": "none", "application_type": "native",
        "redirect_uris": ["http://127.0.0.1/callback"], "response_types": ["code"],
        "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
        **more,
    }  # fmt: skip


def agent(name: str) -> dict[str, object]:
    """Return an agent's own client, which may exchange a person's token for one that names both."""
    return {
        "client_id": name, "client_secret": f"{name}-secret-of-the-tests", "redirect_uris": [], "response_types": [],
        "grant_types": ["client_credentials", EXCHANGE],
    }  # fmt: skip


def exchanged(openid: OpenId, person: str, resource: str, name: str = "copilot", kind: str = "id_token") -> str:
    """Return the token that a provider gives an agent for a person's (RFC 8693), for one resource."""
    login = (name, f"{name}-secret-of-the-tests")
    words = {"grant_type": "client_credentials", "resource": openid.issuer, "scope": "query"}
    own = httpx.post(f"{openid.issuer}/token", auth=login, data=words, trust_env=False).json()["access_token"]
    words = {
        "grant_type": EXCHANGE, "resource": resource,
        "subject_token": person, "subject_token_type": TOKEN_TYPE + kind,
        "actor_token": own, "actor_token_type": f"{TOKEN_TYPE}access_token",
    }  # fmt: skip
    said = httpx.post(f"{openid.issuer}/token", auth=login, data=words, trust_env=False).json()
    assert said.get("issued_token_type") == f"{TOKEN_TYPE}access_token", said
    return str(said["access_token"])


@contextmanager
def provider(**settings: object) -> Iterator[OpenId]:
    """Start a provider where people sign in by name alone."""
    given: dict[str, object] = {
        "clients": [
            client(),
            {
                "client_id": "pipeline", "client_secret": "pipeline-secret-of-the-tests", "redirect_uris": [],
                "response_types": [], "grant_types": ["client_credentials"],
            },
            *(agent(name) for name in ("copilot", "stranger")),
        ],
        **settings,
    }  # fmt: skip
    process = subprocess.Popen(
        [str(NODE), str(ROOT / "tests" / "provider" / "provider.mjs"), str(FOLDER), json.dumps(given)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    said = process.stdout.readline()
    assert said.startswith("ready "), f"run .ci/provider {FOLDER}, the provider did not start: {said!r}"
    made = OpenId(f"http://{given.get('host', '127.0.0.1')}:{said.split()[1]}", process)
    try:
        yield made
    finally:
        made.stop()


class Browser:
    """A person's browser at the provider: follows links, fills in forms, keeps cookies."""

    def __init__(self, person: str) -> None:
        self.person = person
        self.http = httpx.Client(follow_redirects=False, timeout=20.0, trust_env=False)

    def visit(self, url: str) -> httpx.Response:
        """Go to an address and see all pages through, up to one without a form that we know."""
        answer = self._get(url)
        for _ in range(12):
            form = _form(answer)
            if form is None:
                return answer
            action, fields = form
            if "login" in fields:
                fields = {**fields, "login": self.person, "password": "whatever"}
            answer = self._follow(self.http.post(urljoin(str(answer.url), action), data=fields))
        raise AssertionError(f"the provider's pages have no end: {answer.url}")

    def _get(self, url: str) -> httpx.Response:
        return self._follow(self.http.get(url))

    def _follow(self, answer: httpx.Response) -> httpx.Response:
        for _ in range(20):
            if answer.status_code not in (301, 302, 303, 307):
                return answer
            answer = self.http.get(urljoin(str(answer.url), answer.headers["location"]))
        raise AssertionError("redirected for ever")


def _form(answer: httpx.Response) -> tuple[str, dict[str, str]] | None:
    found = re.search(r"<form[^>]*action=\"([^\"]*)\"[^>]*>(.*?)</form>", answer.text, re.DOTALL)
    if found is None or "callback" in urlsplit(str(answer.url)).path:
        return None
    fields = {}
    for tag in re.findall(r"<input[^>]*>", found[2]):
        words = dict(re.findall(r"(\w+)=\"([^\"]*)\"", tag))
        if "name" in words:
            fields[words["name"]] = html.unescape(words.get("value", ""))
    for tag in re.findall(r"<button[^>]*>", answer.text):
        words = dict(re.findall(r"(\w+)=\"([^\"]*)\"", tag))
        if words.get("name") and words["name"] not in ("abort", "cancel"):
            fields[words["name"]] = html.unescape(words.get("value", ""))
    return html.unescape(found[1]), fields


def settings(openid: OpenId, **more: str) -> str:
    """Return an `[identity]` for a provider; values are written as TOML has them."""
    lines: Mapping[str, str] = {
        "issuer": f'"{openid.issuer}"', "audience": f'"{CLIENT}"', "client_id": f'"{CLIENT}"',
        "scopes": '["openid", "email", "offline_access"]', "subject_claim": '"email"',
        "groups": '{ engineers = "engineering" }', **more,
    }  # fmt: skip
    return "\n[identity.corp]\n" + "".join(f"{name} = {value}\n" for name, value in lines.items())
