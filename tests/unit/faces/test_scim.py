"""SCIM over HTTP, as a directory speaks it: the examples of RFC 7644 by shape, and what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from proctor.audit.record import LoginFailed, OperatorCall
from proctor.edge import people_book
from proctor.edge.directory_config import Directory
from proctor.edge.doorkeeper import FREE_TRIES, Doorkeeper
from proctor.edge.live_sessions import LiveSession
from proctor.edge.secret import Secret
from proctor.edge.verifiers import Locks
from proctor.faces.api import create
from proctor.faces.scim.filters import Unfit, parse, path_of
from proctor.faces.scim.patches import patched
from proctor.terms import Kind, SessionId
from tests.unit.control.house import NOW, House, build

KEY = b"k" * 32
TOKEN = "0123456789abcdef0123456789abcdef"
USERS, GROUPS = "/scim/v2/Users", "/scim/v2/Groups"
BARBARA: dict[str, object] = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
    "userName": "bjensen",
    "externalId": "bjensen-7",
    "name": {"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara"},
    "emails": [{"value": "bjensen@example.com", "type": "work"}, {"value": "babs@example.org", "type": "home"}],
    "password": "t1meMa$heen",
}


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = build(tmp_path)
    made.config = replace(made.config, scim=Directory(Secret(TOKEN), groups={"Database Admins": "dba"}))
    made.control.change(made.config, made.control.rules)
    return made


@pytest.fixture
def door(house: House) -> Doorkeeper:
    return Doorkeeper(house.config, Locks(house.config, KEY), house.clock, house.records.record, house.store.people)


@pytest.fixture
async def client(house: House, door: Doorkeeper, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = create(house.control, door, tmp_path / "log", "1.2.3")
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("203.0.113.7", 1))
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/scim+json"}
    async with httpx.AsyncClient(transport=transport, base_url="https://proctor", headers=headers) as client:
        yield client
    house.store.close()


async def made(client: httpx.AsyncClient, name: str = "bjensen", **more: object) -> dict[str, str]:
    answer = await client.post(USERS, json={**BARBARA, "userName": name, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, str] = answer.json()
    return found


async def change(client: httpx.AsyncClient, place: str, *operations: dict[str, object]) -> httpx.Response:
    said = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": list(operations)}
    return await client.patch(place, json=said)


def calls(house: House) -> list[OperatorCall]:
    return [body for body in house.records.kept if isinstance(body, OperatorCall)]


# ---- resources


async def test_a_user_is_made_and_given_back_with_all_but_the_password(client: httpx.AsyncClient) -> None:
    answer = await client.post(USERS, json=BARBARA)
    said = answer.json()
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/scim+json"
    assert answer.headers["location"] == said["meta"]["location"] == f"https://proctor{USERS}/{said['id']}"
    assert answer.headers["etag"] == said["meta"]["version"] == 'W/"1"'
    assert (said["userName"], said["active"], said["name"], said["emails"]) == (
        "bjensen", True, BARBARA["name"], BARBARA["emails"],
    )  # fmt: skip
    assert "password" not in said
    assert (await client.get(f"{USERS}/{said['id']}")).json() == said


async def test_a_second_user_of_that_name_is_a_conflict_however_it_is_spelled(client: httpx.AsyncClient) -> None:
    await made(client)
    answer = await client.post(USERS, json={**BARBARA, "userName": "BJensen"})
    assert (answer.status_code, answer.json()["scimType"], answer.json()["status"]) == (409, "uniqueness", "409")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{", id="no JSON"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b"{}", id="no name"),
        pytest.param(b'{"userName": ""}', id="an empty name"),
        pytest.param(b'{"userName": "a\\u0000b"}', id="a name that cannot be printed"),
        pytest.param(b'{"userName": "a", "active": "perhaps"}', id="neither active nor not"),
        pytest.param(b'{"userName": "a", "externalId": 7}', id="an id that is no text"),
        pytest.param(b'{"userName": "a", "note": "' + b"x" * 50_000 + b'"}', id="too much of it"),
    ],
)
async def test_what_is_no_user_is_refused_in_scims_words(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post(USERS, content=body)
    assert answer.status_code == 400
    assert answer.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert (await client.get(USERS)).json()["totalResults"] == 0


async def test_users_are_found_by_filters_and_read_by_pages(client: httpx.AsyncClient) -> None:
    for number in range(5):
        await made(client, f"user{number}", active=number % 2 == 0)
    for wanted, found in (
        ('userName eq "USER3"', ["user3"]),
        ("active eq true", ["user0", "user2", "user4"]),
        ('userName sw "user" and not (active eq true)', ["user1", "user3"]),
        ('emails[type eq "work" and value co "example.com"] and userName ge "user3"', ["user3", "user4"]),
        ('urn:ietf:params:scim:schemas:core:2.0:User:userName eq "user1" or userName ew "2"', ["user1", "user2"]),
        ("nickName pr", []),
    ):
        answer = await client.get(USERS, params={"filter": wanted})
        assert sorted(each["userName"] for each in answer.json()["Resources"]) == found, wanted
    page = (await client.get(USERS, params={"startIndex": "2", "count": "2", "attributes": "userName"})).json()
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (5, 2, 2)
    assert [each.keys() - {"id", "schemas"} for each in page["Resources"]] == [{"userName"}] * 2
    searched = await client.post(f"{USERS}/.search", json={"filter": 'userName eq "user4"', "count": 1})
    assert searched.json()["Resources"][0]["userName"] == "user4"
    wrong = await client.get(USERS, params={"filter": "userName like 3"})
    assert (wrong.status_code, wrong.json()["scimType"]) == (400, "invalidFilter")


async def test_a_user_is_changed_in_part_as_directories_do_it(client: httpx.AsyncClient) -> None:
    place = f"{USERS}/{(await made(client))['id']}"
    answer = await change(
        client,
        place,
        {"op": "Replace", "path": "name.familyName", "value": "Smith"},
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": "bsmith@example.com"},
        {"op": "add", "value": {"nickName": "Babs", "urn:x:2.0:User": {"floor": 3}}},
        {"op": "remove", "path": 'emails[type eq "home"]'},
        {"op": "Replace", "path": "active", "value": "False"},
    )
    said = answer.json()
    assert answer.status_code == 200, answer.text
    assert said["name"] == {**BARBARA["name"], "familyName": "Smith"}  # type: ignore[dict-item]
    assert said["emails"] == [{"value": "bsmith@example.com", "type": "work"}]
    assert (said["nickName"], said["urn:x:2.0:User"], said["active"]) == ("Babs", {"floor": 3}, False)
    assert said["meta"]["version"] == 'W/"2"'


ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
SAID: list[tuple[str, dict[str, object], str, object]] = [
    ("one directory deactivates", {"op": "replace", "value": {"active": False}}, "active", False),
    ("another does so in texts", {"op": "Replace", "path": "active", "value": "False"}, "active", False),
    ("and says what it knows of us", {"op": "replace", "value": {"id": "ID", "displayName": "B"}}, "displayName", "B"),
    ("names with dots are paths", {"op": "add", "value": {"name.givenName": "Bab"}}, "name",
     {"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Bab"}),
    ("an address that there was not", {"op": "Add", "path": 'emails[type eq "other"].value', "value": "o@x.org"},
     "emails", [{"value": "bjensen@example.com", "type": "work"}, {"value": "babs@example.org", "type": "home"},
                {"type": "other", "value": "o@x.org"}]),
    ("a first telephone number", {"op": "Add", "path": 'phoneNumbers[type eq "work"].value', "value": "555"},
     "phoneNumbers", [{"type": "work", "value": "555"}]),
    ("one that is the first in a text", {"op": "Add", "path": 'roles[primary eq "True"].value', "value": "dba"},
     "roles", [{"primary": "True", "value": "dba"}]),
    ("an extension's attribute", {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Sales"},
     ENTERPRISE, {"department": "Sales"}),
    ("an extension's, without a path", {"op": "add", "value": {f"{ENTERPRISE}:costCenter": "7"}},
     ENTERPRISE, {"costCenter": "7"}),
    ("an extension whole", {"op": "replace", "path": ENTERPRISE, "value": {"division": "x"}},
     ENTERPRISE, {"division": "x"}),
    ("our own schema before a name", {"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:title",
                                      "value": "Dr"}, "title", "Dr"),
    ("all addresses (RFC 7644, 3.5.2.3)", {"op": "replace", "path": "emails", "value": [{"value": "x@y.org"}]},
     "emails", [{"value": "x@y.org"}]),
    ("one address of several (3.5.2.2)", {"op": "remove", "path": 'emails[type eq "work" and value ew "example.com"]'},
     "emails", [{"value": "babs@example.org", "type": "home"}]),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "name", "wanted"), [each[1:] for each in SAID], ids=[each[0] for each in SAID])
async def test_directories_say_the_same_in_words_of_their_own(
    client: httpx.AsyncClient, operation: dict[str, object], name: str, wanted: object
) -> None:
    barbara = await made(client)
    value = operation.get("value")
    if isinstance(value, dict) and "id" in value:
        value["id"] = barbara["id"]
    answer = await change(client, f"{USERS}/{barbara['id']}", operation)
    assert answer.status_code == 200, answer.text
    assert answer.json()[name] == wanted
    assert (ENTERPRISE in answer.json()["schemas"]) == (name == ENTERPRISE)


async def test_an_extensions_attributes_are_found_under_its_schema(client: httpx.AsyncClient) -> None:
    await made(client, "one", **{ENTERPRISE: {"department": "Sales"}})
    await made(client, "two", department="Sales")
    for wanted, found in ((f'{ENTERPRISE}:department eq "sales"', ["one"]), ('department eq "sales"', ["two"])):
        answer = await client.get(USERS, params={"filter": wanted})
        assert [each["userName"] for each in answer.json()["Resources"]] == found


async def test_all_are_looked_at_a_few_at_a_time(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty thousand documents in memory at once would be more than a directory's filter is worth."""
    monkeypatch.setattr(people_book, "AT_ONCE", 2)
    ids = [(await made(client, f"user{number}", active=number != 3))["id"] for number in range(7)]
    group = {"displayName": "Database Admins", "members": [{"value": each} for each in ids]}
    assert (await client.post(GROUPS, json=group)).status_code == 201
    asked = {"filter": "active eq true and groups.display pr", "startIndex": "2", "count": "3"}
    said = (await client.get(USERS, params=asked)).json()
    assert (said["totalResults"], said["itemsPerPage"]) == (6, 3)
    every = (await client.get(USERS, params={"filter": "userName pr"})).json()
    names = [each["userName"] for each in every["Resources"] if each["active"]]
    assert [each["userName"] for each in said["Resources"]] == names[1:4]
    assert sorted(each["userName"] for each in every["Resources"]) == [f"user{number}" for number in range(7)]
    (one,) = (await client.get(USERS, params={"filter": 'USERNAME eq "User5"'})).json()["Resources"]
    assert (one["userName"], [each["display"] for each in one["groups"]]) == ("user5", ["Database Admins"])
    nobody = (await client.get(USERS, params={"filter": 'userName eq "nobody"'})).json()
    assert (nobody["totalResults"], nobody["Resources"]) == (0, [])


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ({"op": "replace", "path": "id", "value": "7"}, "mutability"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "explode", "path": "name"}, "invalidSyntax"),
        ({"op": "replace", "path": "emails[type eq", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": 'emails[type eq "fax"].value', "value": "x"}, "noTarget"),
        ({"op": "replace", "value": "x"}, "invalidValue"),
    ],
)
async def test_a_change_that_cannot_be_made_changes_nothing(
    client: httpx.AsyncClient, operation: dict[str, object], kind: str
) -> None:
    place = f"{USERS}/{(await made(client))['id']}"
    before = (await client.get(place)).json()
    answer = await change(client, place, {"op": "add", "path": "title", "value": "Dr"}, operation)
    assert (answer.status_code, answer.json()["scimType"]) == (400, kind)
    assert (await client.get(place)).json() == before


async def test_who_changes_what_they_have_not_seen_is_told(client: httpx.AsyncClient) -> None:
    place = f"{USERS}/{(await made(client))['id']}"
    assert (await client.put(place, json=BARBARA, headers={"if-match": 'W/"7"'})).status_code == 412
    assert (await client.put(place, json=BARBARA, headers={"if-match": 'W/"1"'})).status_code == 200
    assert (await client.get(place, headers={"if-none-match": 'W/"2"'})).status_code == 304
    assert (await client.put(f"{USERS}/nobody", json=BARBARA)).status_code == 404


async def test_a_group_has_members_who_come_and_go(client: httpx.AsyncClient) -> None:
    ids = [(await made(client, f"user{number}"))["id"] for number in range(3)]
    group = (await client.post(GROUPS, json={"displayName": "Database Admins", "members": [{"value": ids[0]}]})).json()
    place = f"{GROUPS}/{group['id']}"
    assert [each["display"] for each in group["members"]] == ["user0"]
    added = {"op": "add", "path": "members", "value": [{"value": ids[1], "type": "User"}, {"value": ids[2]}]}
    assert len((await change(client, place, added)).json()["members"]) == 3
    gone = {"op": "remove", "path": f'members[value eq "{ids[0]}"]'}
    assert [m["display"] for m in (await change(client, place, gone)).json()["members"]] == ["user1", "user2"]
    listed = {"op": "remove", "path": "members", "value": [{"value": ids[1]}]}
    assert [m["display"] for m in (await change(client, place, listed)).json()["members"]] == ["user2"]
    assert [g["display"] for g in (await client.get(f"{USERS}/{ids[2]}")).json()["groups"]] == ["Database Admins"]
    stranger = {"op": "add", "path": "members", "value": [{"value": "nobody"}]}
    assert (await change(client, place, stranger)).status_code == 400
    assert (await client.delete(place)).status_code == 204
    assert "groups" not in (await client.get(f"{USERS}/{ids[2]}")).json()


async def test_nobody_comes_back_by_a_change_that_does_not_say_so(client: httpx.AsyncClient) -> None:
    place = f"{USERS}/{(await made(client, active=False))['id']}"
    assert (await client.put(place, json=BARBARA)).json()["active"] is False
    assert (await change(client, place, {"op": "remove", "path": "active"})).json()["active"] is False
    assert (await client.put(place, json={**BARBARA, "active": True})).json()["active"] is True


async def test_what_there_is_not_is_told_in_scims_words(client: httpx.AsyncClient) -> None:
    for verb, place, status in (
        ("GET", "/scim/v2/Me", 404), ("POST", "/scim/v2/Bulk", 404), ("GET", "/scim/v2/Users/a/b", 404),
        ("PUT", "/scim/v2/Users", 405), ("DELETE", "/scim/v2/Schemas", 405), ("POST", "/scim/v2/Users/x", 405),
    ):  # fmt: skip
        answer = await client.request(verb, place, json={})
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/scim+json"), place
        assert (answer.json()["status"], "allow" in answer.headers) == (str(status), status == 405)
    unknown = await client.get("/scim/v2/Me", headers={"authorization": ""})
    assert unknown.status_code == 401, "and to nobody without the token"


async def test_all_sorts_are_searched_at_the_root(client: httpx.AsyncClient) -> None:
    await made(client, "one")
    await made(client, "two")
    assert (await client.post(GROUPS, json={"displayName": "G"})).status_code == 201
    for asked, found in (
        ({}, ["User", "User", "Group"]),
        ({"filter": 'userName eq "one" or displayName eq "G"'}, ["User", "Group"]),
        ({"filter": 'meta.resourceType eq "Group"', "attributes": ["meta"]}, ["Group"]),
        ({"startIndex": 2, "count": 1}, ["User"]),
    ):
        answer = await client.post("/scim/v2/.search", json=asked)
        assert [each["meta"]["resourceType"] for each in answer.json()["Resources"]] == found, asked


async def test_the_service_says_what_it_can(client: httpx.AsyncClient) -> None:
    config = (await client.get("/scim/v2/ServiceProviderConfig")).json()
    assert (config["patch"], config["bulk"]["supported"], config["etag"]) == (
        {"supported": True},
        False,
        {"supported": True},
    )
    types = (await client.get("/scim/v2/ResourceTypes")).json()["Resources"]
    assert [each["endpoint"] for each in types] == ["/Users", "/Groups"]
    assert (await client.get(f"/scim/v2/Schemas/{types[0]['schema']}")).json()["name"] == "User"
    assert (await client.get("/scim/v2/Schemas/urn:nothing")).status_code == 404


# ---- who may ask


async def test_nobody_asks_without_the_token(client: httpx.AsyncClient, house: House) -> None:
    for header in ("", "Bearer wrong", "Basic YWxpY2U6YWxpY2Vwdw==", f"Bearer {TOKEN[:-1]}"):
        answer = await client.get(USERS, headers={"authorization": header})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="proctor"')
    failed = [(body.claimed, body.method) for body in house.records.kept if isinstance(body, LoginFailed)]
    assert failed == [("scim", "bearer")] * 3


async def test_who_tries_tokens_has_to_wait(client: httpx.AsyncClient, house: House) -> None:
    for _ in range(FREE_TRIES + 1):
        assert (await client.get(USERS, headers={"authorization": "Bearer wrong"})).status_code == 401
    slowed = await client.get(USERS)
    assert (slowed.status_code, slowed.headers["retry-after"]) == (429, "1")
    house.clock.nanoseconds += 1_000_000_000
    assert (await client.get(USERS)).status_code == 200


async def test_without_a_directory_in_the_settings_there_is_nothing_here(
    client: httpx.AsyncClient, house: House
) -> None:
    house.control.change(replace(house.config, scim=None), house.control.rules)
    assert (await client.get(USERS)).status_code == 404


# ---- what it does


async def test_who_has_left_does_not_come_in_until_they_are_told_of_anew(
    client: httpx.AsyncClient, house: House
) -> None:
    me = ("alice", "alicepw")
    assert (await client.get("/api/v1/me", auth=me)).status_code == 200
    alice = await made(client, "Alice")
    assert (await client.get("/api/v1/me", auth=me)).status_code == 200
    await change(client, f"{USERS}/{alice['id']}", {"op": "replace", "path": "active", "value": False})
    assert (await client.get("/api/v1/me", auth=me)).status_code == 401
    assert (await client.get("/api/v1/me", auth=("copilot", "copilotpw"))).status_code == 401
    assert (await client.get("/api/v1/me", auth=("dora", "dorapw"))).status_code == 200
    await change(client, f"{USERS}/{alice['id']}", {"op": "replace", "value": {"active": True}})
    assert (await client.get("/api/v1/me", auth=me)).status_code == 200
    assert (await client.delete(f"{USERS}/{alice['id']}")).status_code == 204
    assert (await client.get(f"{USERS}/{alice['id']}")).status_code == 404
    assert (await client.get("/api/v1/me", auth=me)).status_code == 401
    await made(client, "alice")
    assert (await client.get("/api/v1/me", auth=me)).status_code == 200
    left = [body.claimed for body in house.records.kept if isinstance(body, LoginFailed)]
    assert left == ["alice", "copilot", "alice"]


async def test_an_agent_whose_owner_has_left_does_not_come_in_for_somebody_else_either(
    client: httpx.AsyncClient, house: House, door: Doorkeeper
) -> None:
    for_dora = replace(house.who("copilot"), on_behalf_of="dora")
    assert await door.standing(for_dora) == for_dora
    alice = await made(client, "alice")
    assert (await client.delete(f"{USERS}/{alice['id']}")).status_code == 204
    assert await door.standing(for_dora) is None


async def test_groups_of_the_directory_give_what_the_settings_say_and_only_to_people(
    client: httpx.AsyncClient, house: House, door: Doorkeeper
) -> None:
    alice, copilot = (await made(client, "alice"))["id"], (await made(client, "copilot"))["id"]
    members = [{"value": alice}, {"value": copilot}]
    for name in ("Database Admins", "security"):
        assert (await client.post(GROUPS, json={"displayName": name, "members": members})).status_code == 201
    known = await door.standing(house.who("alice"))
    assert known is not None
    assert known.groups == {"engineering", "dba"}
    assert await door.standing(house.who("copilot")) == house.who("copilot")


async def test_sessions_of_a_leaver_and_of_their_agents_are_ended_and_the_record_says_so(
    client: httpx.AsyncClient, house: House
) -> None:
    alice = await made(client, "alice")
    # The last one is of an agent of alice's, which acts for somebody else.
    open_ones = (("s1", "alice", None), ("s2", "planner", "alice"), ("s3", "dora", None), ("s4", "copilot", "dora"))
    for name, subject, acting in open_ones:
        kind = Kind.AGENT if acting else Kind.HUMAN
        session = LiveSession(SessionId(name), "worker-0", subject, kind, acting, "shop", None, None, "::1", NOW)
        assert house.store.sessions.opened(session)
    leaving = asyncio.create_task(client.delete(f"{USERS}/{alice['id']}"))
    while len(wanted := house.store.sessions.kills("worker-0")) < 3:
        await asyncio.sleep(0)
    assert {kill.session for kill in wanted} == {"s1", "s2", "s4"}
    for kill in wanted:  # as their worker does
        house.store.sessions.closed(kill.session)
    assert (await leaving).status_code == 204
    asked, done = calls(house)[-2:]
    assert (asked.action, asked.outcome, done.outcome) == ("scim.users.remove", "asked", "done")
    assert (done.target, done.details["sessions_ended"], done.details["sessions_left"]) == ("alice", "3", "0")
    assert done.details["took_ms"].isdecimal()


async def test_who_loses_a_group_loses_the_sessions_that_rest_on_it(client: httpx.AsyncClient, house: House) -> None:
    alice, dora = (await made(client, "alice"))["id"], (await made(client, "dora"))["id"]
    group = {"displayName": "Database Admins", "members": [{"value": alice}, {"value": dora}]}
    place = f"{GROUPS}/{(await client.post(GROUPS, json=group)).json()['id']}"
    for name in ("alice", "dora"):
        session = LiveSession(SessionId(name), "worker-0", name, Kind.HUMAN, None, "shop", None, None, "::1", NOW)
        assert house.store.sessions.opened(session)
    gone = {"op": "remove", "path": f'members[value eq "{alice}"]'}
    leaving = asyncio.create_task(change(client, place, gone))
    while not (wanted := house.store.sessions.kills("worker-0")):
        await asyncio.sleep(0)
    assert [kill.session for kill in wanted] == ["alice"]
    house.store.sessions.closed(SessionId("alice"))
    assert (await leaving).status_code == 200


# ---- its words


@pytest.mark.parametrize("text", ["", "and", 'a eq "b" or', "(a pr", 'a eq "b" c', "a eq b", "a zz 1", "[", "not a pr"])
def test_what_is_no_filter_is_said_to_be_none(text: str) -> None:
    with pytest.raises(Unfit):
        parse(text)


def test_a_filter_that_nests_too_deeply_or_is_too_long_is_refused() -> None:
    for text in ("(" * 30 + "a pr" + ")" * 30, "a pr or " * 1000 + "a pr"):
        with pytest.raises(Unfit):
            parse(text)


@pytest.mark.parametrize("text", ["", ".", "a.b.c", "a[b pr].c.d", "a[b pr", "a b", "a.b[c pr]"])
def test_what_is_no_path_is_said_to_be_none(text: str) -> None:
    with pytest.raises(Unfit):
        path_of(text)


def test_a_patch_leaves_the_document_that_it_was_made_from_as_it_was() -> None:
    before: dict[str, object] = {"emails": [{"value": "a", "type": "work"}], "name": {"givenName": "A"}}
    after = patched(
        before,
        [
            {"op": "add", "path": "emails", "value": {"value": "b", "type": "home"}},
            {"op": "replace", "path": "name.givenName", "value": "B"},
            {"op": "remove", "path": 'emails[type eq "work"]'},
        ],
    )
    assert before == {"emails": [{"value": "a", "type": "work"}], "name": {"givenName": "A"}}
    assert after == {"emails": [{"value": "b", "type": "home"}], "name": {"givenName": "B"}}
