"""Tokens of the company's provider at the API: the same checks as on the wire, and a dead one opens nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from proctor.audit.record import LoginFailed
from proctor.edge.doorkeeper import FREE_TRIES_OF_ADDRESS, Doorkeeper
from proctor.edge.identity_config import Issuer
from proctor.edge.sign_in_book import End, What
from proctor.edge.verifiers import Locks
from proctor.faces.api import create
from tests.unit.control.house import House, build
from tests.unit.edge.issuing import RSA, URL, claims, issuer, jwks, sign

KEY = b"k" * 32


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = build(tmp_path)
    (tmp_path / "keys.json").write_bytes(jwks(RSA))
    corp = issuer(keys_file=tmp_path / "keys.json", groups={"*": "*"})
    made.config = replace(made.config, identity={"corp": corp})
    made.control.change(made.config, made.control.rules)
    return made


@pytest.fixture
async def client(house: House, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    door = Doorkeeper(house.config, Locks(house.config, KEY), house.clock, house.records.record)
    app = create(house.control, door, tmp_path / "log", "1.2.3")
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("203.0.113.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="https://proctor") as client:
        yield client
    house.store.close()


def bearer(house: House, **changes: object) -> dict[str, str]:
    now = int(house.clock.now().timestamp())
    token = sign(claims(**{"sub": "zoe", "iat": now - 1, "exp": now + 300, "groups": ["dba"], **changes}))
    return {"authorization": f"Bearer {token}"}


async def test_a_person_is_themselves_by_their_token(client: httpx.AsyncClient, house: House) -> None:
    answer = await client.get("/api/v1/me", headers=bearer(house))
    assert answer.json() == {"subject": "zoe", "kind": "human", "groups": ["dba"], "on_behalf_of": None}


@pytest.mark.parametrize(
    ("why", "changes"), [("(aud)", {"aud": "other"}), ("(exp)", {"exp": 1}), ("(act)", {"act": {"sub": "copilot"}})]
)
async def test_a_token_that_is_not_believed_is_a_stranger(
    client: httpx.AsyncClient, house: House, why: str, changes: dict[str, object]
) -> None:
    answer = await client.get("/api/v1/me", headers=bearer(house, **changes))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer ")
    assert why not in answer.text
    (failed,) = [body for body in house.records.kept if isinstance(body, LoginFailed)]
    assert why in failed.why


async def test_a_token_that_has_died_opens_nothing(client: httpx.AsyncClient, house: House) -> None:
    house.store.sign_ins.end([End(URL, What.PERSON, "zoe", house.clock.now(), "corp", "left")])
    assert (await client.get("/api/v1/me", headers=bearer(house))).status_code == 401


async def test_who_shows_many_bad_tokens_waits(client: httpx.AsyncClient, house: House) -> None:
    bad = bearer(house, aud="other")
    codes = [(await client.get("/api/v1/me", headers=bad)).status_code for _ in range(FREE_TRIES_OF_ADDRESS + 2)]
    assert codes == [401] * (FREE_TRIES_OF_ADDRESS + 1) + [429]


async def test_an_id_token_brings_the_access_token_that_tells_the_rest(client: httpx.AsyncClient, house: House) -> None:
    async def fetch(url: str, _: Issuer) -> bytes:
        told = {"issuer": URL, "jwks_uri": f"{URL}/jwks", "userinfo_endpoint": f"{URL}/me"}
        return jwks(RSA) if url.endswith("/jwks") else json.dumps(told).encode()

    async def ask(url: str, _: Issuer, access: str) -> tuple[int, bytes]:
        return (200, b'{"sub": "zoe", "groups": ["dba"]}') if (url, access) == (f"{URL}/me", "a.b-c") else (401, b"")

    house.config = replace(house.config, identity={"corp": issuer(userinfo=True, groups={"*": "*"})})
    house.control.change(house.config, house.control.rules)
    house.control.issuers._fetch = fetch
    house.control.issuers._beside._ask = ask
    token = bearer(house, groups=...)["authorization"]
    answer = await client.get("/api/v1/me", headers={"authorization": f"{token}~a.b-c"})
    assert answer.json()["groups"] == ["dba"]
    for other in (token, f"{token}~", f"{token}~wrong"):
        assert (await client.get("/api/v1/me", headers={"authorization": other})).status_code == 401
