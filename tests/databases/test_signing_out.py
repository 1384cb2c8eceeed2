"""Who signs out at the provider, or is thrown out, is out here as well: sessions end, tokens die, and the record says when."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import httpx
import psycopg
import pytest

from demo.postgres import ThrowawayPostgres
from tests.databases.bearers import SETTINGS, lay_keys, token
from tests.databases.lab import Lab, asked_once_told, lab, until
from tests.databases.provider import CLIENT, Browser, OpenId, client, provider, settings
from tests.databases.test_signing_in import Person
from tests.unit.edge.issuing import RSA, RSA_2, URL, sign

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.fixture(scope="module")
def openid(told: tuple[str, Queue[str]]) -> Iterator[OpenId]:
    with provider(clients=[client(backchannel_logout_uri=told[0], backchannel_logout_session_required=True)]) as made:
        yield made


@pytest.fixture(scope="module")
def house(postgres: ThrowawayPostgres, tmp_path_factory: pytest.TempPathFactory, openid: OpenId) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("signing_out")
    lay_keys(folder)
    others = SETTINGS.replace("[identity.corp]", '[identity.file]\nprefix = "file:"\nclient_id = "cli"')
    with lab(postgres, folder, tls="auto", workers=2, shop=settings(openid) + others) as made:
        yield made


def carry(house: Lab, word: str, **headers: str) -> int:
    host, port = house.gateway.console
    url = f"https://{host}:{port}/api/v1/back-channel-logout"
    import ssl

    trust = ssl.create_default_context(cafile=str(house.folder / "state" / "tls" / "ca.crt"))
    with httpx.Client(verify=trust, trust_env=False, timeout=30.0) as http:
        return http.post(url, data={"logout_token": word}, headers=headers).status_code


def ended(connection: psycopg.Connection[tuple[object, ...]]) -> str:
    with pytest.raises(psycopg.OperationalError) as told:
        asked_once_told(connection)
    return str(told.value)


def refused(dsn: str, password: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(dsn, password=password)


def test_signing_out_at_the_provider_ends_sessions_and_tokens_here(
    house: Lab, openid: OpenId, told: tuple[str, Queue[str]], tmp_path: Path
) -> None:
    alice, browser = Person(house, tmp_path), Browser("alice")
    alice.sign_in(browser)
    dsn, mine = alice.connect("--print-dsn").stdout, alice.tokens["id_token"]
    with (
        psycopg.connect(dsn, password=mine, autocommit=True) as one,
        psycopg.connect(dsn, password=mine, autocommit=True) as other,
        psycopg.connect(house.dsn("ada", sslmode="require"), autocommit=True) as ada,
    ):
        browser.visit(f"{openid.issuer}/session/end?id_token_hint={mine}&client_id={CLIENT}")
        word = told[1].get(timeout=30)
        assert carry(house, word) == 200
        for connection in (one, other):
            assert "signed out at the provider" in ended(connection)
        assert ada.execute("select 6 * 7").fetchone() == (42,), "others stay"
    refused(dsn, mine)
    until(lambda: [r for r in house.records() if "has ended" in str(r.get("why"))])
    (done,) = house.recorded("operator.call", action="sign-ins.end")
    assert (done["outcome"], done["details"]["sessions"], done["details"]["left"]) == ("done", "2", "0")
    assert int(done["details"]["took_us"]) > 0, "the time taken is on record"
    assert carry(house, word) == 400, "the same word again says nothing"
    assert alice.sign_in(Browser("alice")) == "signed in as alice@example.test\n"
    with psycopg.connect(dsn, password=alice.tokens["id_token"]) as again:
        assert again.execute("select 6 * 7").fetchone() == (42,)


def logout_token(key=RSA, **changes: object) -> str:
    import time

    now = int(time.time())
    said: dict[str, object] = {
        "iss": URL, "aud": "cli", "sub": "bea", "iat": now, "exp": now + 120, "jti": f"l-{now}-{len(changes)}",
        "events": {EVENT: {}}, **changes,
    }  # fmt: skip
    return sign({name: value for name, value in said.items() if value is not ...}, key, typ="logout+jwt")


def test_a_person_may_be_ended_by_name_and_come_back_with_a_newer_token(house: Lab) -> None:
    dsn = (
        house.dsn("ada", sslmode="require").replace("user='ada'", "user='file:bea'")
        + " options='-c proctor.login=token'"
    )
    old = token("bea")
    with psycopg.connect(dsn, password=old, autocommit=True) as bea:
        assert carry(house, logout_token(jti="by name")) == 200
        assert "signed out" in ended(bea)
    refused(dsn, old)


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        ("(aud)", {"aud": "elsewhere"}),
        ("(events)", {"events": ...}),
        ("(events)", {"events": {"http://other.test": {}}}),
        ("(nonce)", {"nonce": "n"}),
        ("(sub, sid)", {"sub": ...}),
        ("(jti)", {"jti": ...}),
        ("(exp)", {"exp": 1000}),
        ("nobody here believes", {"iss": "https://evil.test"}),
        ("has the token's kid", {"key": RSA_2}),
    ],
)  # fmt: skip
def test_a_word_that_is_not_the_providers_ends_nothing(house: Lab, why: str, changes: dict[str, object]) -> None:
    dsn = (
        house.dsn("ada", sslmode="require").replace("user='ada'", "user='file:cid'")
        + " options='-c proctor.login=token'"
    )
    words = {name: value for name, value in changes.items() if name != "key"}
    with psycopg.connect(dsn, password=token("cid"), autocommit=True) as cid:
        assert carry(house, logout_token(changes.get("key", RSA), **{"sub": "cid", **words})) == 400
        assert cid.execute("select 6 * 7").fetchone() == (42,)
    until(lambda: [r for r in house.records() if r.get("method") == "logout token" and why in str(r["why"])])


def test_the_token_of_a_session_that_an_operator_ends_opens_no_other(house: Lab) -> None:
    dsn = (
        house.dsn("ada", sslmode="require").replace("user='ada'", "user='file:dee'")
        + " options='-c proctor.login=token'"
    )
    mine, other = token("dee", jti="one"), token("dee", jti="two")
    with psycopg.connect(dsn, password=mine, autocommit=True) as dee:
        session = [r for r in house.recorded("session.opened") if r["who"]["subject"] == "file:dee"][-1]["session"]
        host, port = house.gateway.console
        said = house.ask(
            "sessions", "kill", str(session), "--because", "INC-42", "--url", f"https://{host}:{port}", person="dana"
        )
        assert said.code == 0, said.text
        assert "INC-42" in ended(dee)
    refused(dsn, mine)
    (gone,) = house.recorded("operator.call", action="sessions.ended", target=session)
    assert (gone["session"], gone["outcome"], gone["because"]) == (session, "done", "INC-42")
    assert gone["details"]["by"] == "dana"
    assert int(gone["details"]["took_us"]) >= 0
    with psycopg.connect(dsn, password=other) as dee:
        assert dee.execute("select 6 * 7").fetchone() == (42,)
