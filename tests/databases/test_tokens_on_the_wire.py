"""Tokens in the place of a password: who gets in, who does not, and that a client cannot tell why."""

from __future__ import annotations

import base64
import json
import os
import signal
import ssl
import subprocess
import time
from collections.abc import Iterator

import asyncpg
import psycopg
import pytest
from joserfc.jwk import Key

from demo.postgres import ThrowawayPostgres
from tests.databases import raw
from tests.databases.bearers import SETTINGS, lay_keys, libpq_brings, token
from tests.databases.lab import Lab, asked_once_told, lab, until
from tests.unit.edge.issuing import RSA as KEY
from tests.unit.edge.issuing import RSA_2, URL, claims, forged_by_hmac, jwks, sign

NO = 'password authentication failed for user "alice@corp"'


@pytest.fixture(scope="module")
def house(postgres: ThrowawayPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("tokens")
    lay_keys(folder)
    with lab(postgres, folder, tls="auto", workers=2, shop=SETTINGS) as made:
        yield made


def dsn(house: Lab, user: str = "alice@corp", password: str | None = None, way: str = "token", **more: str) -> str:
    words = {"user": user, "password": token() if password is None else password, "sslmode": "require", **more}
    return house.dsn(**{"user": "ada", **{k: v for k, v in words.items() if k != "user"}}).replace(
        "user='ada'", f"user='{user}'"
    ) + (f" options='-c proctor.login={way}'" if way else "")


def who(connection: psycopg.Connection[tuple[object, ...]]) -> object:
    return connection.execute("select count(*) from parts").fetchone()


def refused(house: Lab, why: str, password: str, *, user: str = "alice@corp", **more: str) -> str:
    """See that a login fails with the one sentence, and that the journal knows why."""
    with pytest.raises(psycopg.OperationalError) as told:
        psycopg.connect(dsn(house, user, password, **more))
    assert f'password authentication failed for user "{user}"' in str(told.value)
    assert why not in str(told.value)
    found = until(lambda: [r for r in house.records() if r["kind"] == "login.failed" and why in str(r["why"])])
    assert found[-1]["claimed"] == user
    return str(found[-1]["method"])


def test_a_person_comes_in_with_a_token_in_the_place_of_a_password(house: Lab) -> None:
    with psycopg.connect(
        dsn(house, password=token(groups=["engineers", "db-readers", "all"], amr=["pwd", "mfa"]))
    ) as alice:
        assert who(alice) == (200,)
    opened = [r for r in house.recorded("session.opened") if r["who"]["subject"] == "alice@corp"][-1]
    assert opened["who"] == {
        "subject": "alice@corp", "kind": "human", "groups": ["db-readers", "engineering"], "proof": "oidc",
        "issuer": "corp", "amr": ["mfa", "pwd"],
    }  # fmt: skip


def test_psql_and_asyncpg_come_in_as_well(house: Lab) -> None:
    host, port = house.through
    environment = {**os.environ, "PGPASSWORD": token(), "PGOPTIONS": "-c proctor.login=token", "PGSSLMODE": "require"}
    said = subprocess.run(
        ["psql", "-XAtc", "select 6 * 7", "-h", host, "-p", str(port), "-U", "alice@corp", "plain"],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert said.stdout == "42\n", said.stderr


async def test_asyncpg_comes_in(house: Lab) -> None:
    host, port = house.through
    trusting = ssl.create_default_context(cafile=str(house.folder / "state" / "tls" / "ca.crt"))
    trusting.check_hostname = False
    connection = await asyncpg.connect(
        host=host, port=port, user="alice@corp", password=token(), database="plain", ssl=trusting,
        server_settings={"proctor.login": "token"},
    )  # fmt: skip
    assert await connection.fetchval("select 6 * 7") == 42
    await connection.close()


def test_a_program_comes_in_by_the_rules_on_its_claims(house: Lab) -> None:
    good = token("repo:acme/shop", aud="deploys", repository="acme/shop")
    with psycopg.connect(dsn(house, "ci:repo:acme/shop", good)) as program:
        assert who(program) == (200,)
    bad = token("repo:acme/shop", aud="deploys", repository="evil/shop")
    refused(house, "must in the claim repository", bad, user="ci:repo:acme/shop")


def opened_by(house: Lab, name: str) -> list[dict[str, object]]:
    return [r for r in house.records() if r["kind"] == "session.opened" and r["who"]["subject"] == name]  # type: ignore[index]


def whole_session(house: Lab, name: str, before: int) -> list[dict[str, object]]:
    """Return whom each record names of somebody's newest session, once it has ended; nothing until then."""
    found = opened_by(house, name)
    if len(found) <= before:
        return []
    theirs = [r for r in house.records() if r.get("session") == found[-1]["session"]]
    return [r["who"] for r in theirs] if any(r["kind"] == "session.closed" for r in theirs) else []  # type: ignore[misc]


def test_an_agent_comes_in_with_a_token_of_its_own_for_whom_it_is_registered_by(house: Lab) -> None:
    own = token("copilot", aud="bots", team="shop", model="m-1", version="2026-11", groups=["engineers"])
    before = len(opened_by(house, "copilot"))
    with psycopg.connect(dsn(house, "copilot", own)) as agent:
        assert who(agent) == (200,)
    theirs = until(lambda: whole_session(house, "copilot", before))
    assert len(theirs) >= 4, "opened, decided, answered, closed"
    assert all(
        each == {
            "subject": "copilot", "kind": "agent", "proof": "oidc", "issuer": "bots", "on_behalf_of": "ada",
            "person_groups": ["engineering"], "model": "m-1", "version": "2026-11",
        }
        for each in theirs
    )  # fmt: skip
    refused(house, "must in the claim team", token("copilot", aud="bots", team="evil"), user="copilot")
    refused(house, "nobody has registered the agent", token("ada", aud="bots", team="shop"), user="ada")


def test_every_record_of_an_agent_names_the_model_that_its_persons_token_claims(house: Lab) -> None:
    act = {"sub": "copilot", "model": "m-2 of bob@example.com", "version": "7"}
    before = len(opened_by(house, "copilot"))
    with psycopg.connect(dsn(house, "copilot", token("ada", act=act))) as agent:
        assert who(agent) == (200,)
    theirs = until(lambda: whole_session(house, "copilot", before))
    assert len(theirs) >= 4
    assert {(each["model"], each["version"]) for each in theirs} == {("m-2 of [email]", "7")}


def test_accounts_of_the_house_come_in_beside_it(house: Lab) -> None:
    with psycopg.connect(house.dsn("ada", sslmode="require")) as ada:
        assert who(ada) == (200,)


@pytest.mark.parametrize(
    ("why", "bad"),
    [
        ("(alg)", lambda: forged_by_hmac(claims(sub="alice@corp"), KEY, "HS256")),
        ("(alg)", lambda: unsigned(claims(sub="alice@corp"))),
        ("(aud)", lambda: token(aud="elsewhere")),
        ("has expired", lambda: token(lasts=-31)),
        ("from the future", lambda: token(iat=2**34, exp=2**34 + 60)),
        ("has the token's kid", lambda: sign(claims(sub="alice@corp"), RSA_2)),
        ("nobody here believes", lambda: token(iss="https://evil.test")),
        ("another name than the one at the door", lambda: token("mallory")),
        ("no signed token", lambda: "hunter2"),
        ("larger than any honest one", lambda: token(filler="x" * 20_000)),
        ("nobody has registered the agent", lambda: token(act={"sub": "alice@corp"})),
        ("the token's actor is malformed (act)", lambda: token(act={"sub": ["copilot"]})),
        ("lets somebody else act", lambda: token(act={"sub": "copilot"}, may_act={"sub": "planner"})),
        ("something stands behind the token", lambda: token() + "~access"),
        ("the signature does not fit", lambda: token()[:-8] + "AAAAAAAA"),
    ],
)
def test_a_bad_token_is_refused_with_the_one_sentence_and_recorded_with_the_reason(house: Lab, why, bad) -> None:
    assert refused(house, why, bad()) == "token"


def unsigned(said: dict[str, object]) -> str:
    header = {"alg": "none", "kid": KEY.kid, "typ": "JWT"}
    parts = (base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode() for each in (header, said))
    return ".".join((*parts, ""))


def test_an_agent_is_refused_where_its_issuer_may_name_none(house: Lab) -> None:
    refused(
        house,
        "may not name an agent (act)",
        token("repo:acme/shop", aud="deploys", repository="acme/shop", act={"sub": "copilot"}),
        user="copilot",
    )


def test_the_right_token_for_an_unknown_database_is_the_same_no(house: Lab) -> None:
    refused(house, "unknown database", token(), dbname="nowhere")


def test_a_name_of_the_settings_is_no_other_kind_of_principal(house: Lab) -> None:
    refused(house, "another kind of principal", token("loader"), user="loader")


def test_a_token_on_a_plain_connection_is_not_even_asked_for(house: Lab) -> None:
    with raw.Raw(house.through) as client:
        client.start("alice@corp", "plain", options="-c proctor.login=token")
        said = client.rest()
    assert [tag for tag, _ in said] == [b"E"], "the gateway asks for nothing before it says no"
    assert NO.encode() in said[0][1]
    until(lambda: [r for r in house.records() if r.get("why") == "a token on a plain connection"])


def test_a_token_that_comes_unasked_on_a_plain_connection_is_refused(house: Lab) -> None:
    with raw.Raw(house.through) as client:
        client.start("alice@corp", "plain")
        assert client.read()[0] == b"R"
        client.send(raw.frame(b"p", token().encode() + b"\0"))
        assert NO.encode() in client.rest()[-1][1]


def test_a_way_in_that_there_is_not_is_told(house: Lab) -> None:
    with pytest.raises(psycopg.OperationalError, match="proctor.login is one of scram, token, oauth"):
        psycopg.connect(dsn(house, way="trust"))


# ---- OAUTHBEARER, by the libpq of PostgreSQL 18


def test_libpq_is_told_where_tokens_are_to_be_had_and_comes_back_with_one(house: Lab) -> None:
    with (
        libpq_brings(token()) as told,
        psycopg.connect(dsn(house, password="", way="oauth", oauth_issuer=URL, oauth_client_id="cli")) as alice,
    ):
        assert who(alice) == (200,)
    assert told == [(f"{URL}/.well-known/openid-configuration".encode(), b"openid profile email offline_access")]


def test_libpq_with_a_bad_token_hears_the_one_sentence(house: Lab) -> None:
    with libpq_brings(token(aud="elsewhere")), pytest.raises(psycopg.OperationalError) as told:
        psycopg.connect(dsn(house, password="", way="oauth", oauth_issuer=URL, oauth_client_id="cli"))
    assert 'OAuth bearer authentication failed for user "alice@corp"' in str(told.value)
    assert "(aud)" not in str(told.value)
    until(lambda: [r for r in house.records() if r.get("method") == "oauthbearer" and "(aud)" in str(r["why"])])


def test_oauthbearer_is_offered_beside_scram_under_tls_alone(house: Lab) -> None:
    offers = []
    for secure in (True, False):
        with raw.Raw(house.through) as client:
            if secure:
                context = ssl.create_default_context(cafile=str(house.folder / "state" / "tls" / "ca.crt"))
                client.send(b"\0\0\0\x08\x04\xd2\x16\x2f")
                assert client.byte() == b"S"
                client.secure(context, "localhost")
            client.start("nobody", "plain")
            offers.append(client.read()[1][4:])
    assert offers == [b"SCRAM-SHA-256\0OAUTHBEARER\0\0", b"SCRAM-SHA-256\0\0"]


def test_an_agents_session_ends_with_its_token(house: Lab) -> None:
    short = token("ada", lasts=20, act={"sub": "copilot"})
    with psycopg.connect(dsn(house, "copilot", short), autocommit=True) as copilot:
        opened = house.recorded("session.opened")[-1]
        assert (opened["who"]["kind"], opened["who"]["on_behalf_of"]) == ("agent", "ada")
        with pytest.raises(psycopg.OperationalError, match="its sign-in has expired"):
            asked_once_told(copilot)


def test_a_key_that_was_rotated_away_opens_nothing_any_more_and_ends_nobody(house: Lab) -> None:
    fresh = {"iss": URL, "aud": "proctor", "sub": "alice@corp", "iat": int(time.time()) - 1}
    with psycopg.connect(dsn(house), autocommit=True) as inside:
        try:
            rotated(house, RSA_2)
            refused(house, "no key of the issuer has the token's kid", token(jti="old"))
            with psycopg.connect(dsn(house, password=sign({**fresh, "exp": fresh["iat"] + 300}, RSA_2))) as alice:
                assert who(alice) == (200,)
            assert who(inside) == (200,), "who is in stays"
        finally:
            rotated(house, KEY)


def rotated(house: Lab, key: Key) -> None:
    """Let the issuer have this key alone, and wait until both workers know."""
    before = sum(r["kind"] == "config.loaded" for r in house.records())
    (house.folder / "keys.json").write_bytes(jwks(key))
    os.kill(house.gateway.pid, signal.SIGHUP)
    until(lambda: sum(r["kind"] == "config.loaded" for r in house.records()) >= before + 2)
