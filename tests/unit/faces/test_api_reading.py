"""What readers get by the API, list by list and page by page, and the two manners of HTTP: nothing twice."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from proctor.audit.integrator import Integrator
from proctor.audit.journal import Journal
from proctor.audit.record import LoginFailed
from proctor.control import views
from proctor.edge import certificates, rule_shelf
from proctor.edge.config import ListenTls
from proctor.edge.doorkeeper import Doorkeeper
from proctor.edge.verifiers import Locks
from proctor.faces.api import create
from proctor.faces.guard import Guard
from tests.unit.audit.conftest import FakeClock
from tests.unit.control.house import House, build

KEY = b"k" * 32
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = build(tmp_path)
    state = made.config.state
    rule_shelf.keep(state, made.control.rules)
    with Journal.open(state / "journal" / "control", "control", clock=FakeClock()) as journal:
        for number in range(25):
            journal.record(LoginFailed(id=f"l{number:02d}", claimed="mallory", why="wrong"))
    integrator = Integrator.open(state / "journal", state / "log", keys=state / "keys", origin="proctor.test")
    integrator.integrate()
    integrator.close()
    return made


@pytest.fixture
def app(house: House, tmp_path: Path) -> Guard:
    door = Doorkeeper(house.config, Locks(house.config, KEY), house.clock, house.records.record)
    return create(house.control, door, tmp_path / "log", "1.2.3")


@pytest.fixture
async def client(house: House, app: Guard) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("203.0.113.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="https://proctor") as client:
        yield client
    house.store.close()


def login(name: str) -> httpx.BasicAuth:
    return httpx.BasicAuth(name, f"{name}pw")


AUDITOR = login("audrey")

READERS, RUNNERS, EVERYBODY = {"dora", "sam", "audrey"}, {"dora", "sam"}, {"alice", "dora", "sam", "audrey"}
ROUTES: dict[tuple[str, str], tuple[set[str], object]] = {
    # method and path: who is not refused, and what is sent; what is refused hears 403 or 404
    ("GET", "/api/v1/me"): (EVERYBODY, None),
    ("GET", "/api/v1/health"): (EVERYBODY, None),
    ("GET", "/api/v1/rules"): (EVERYBODY, None),
    ("POST", "/api/v1/reload"): (RUNNERS, {}),
    ("GET", "/api/v1/approvals"): (EVERYBODY, None),
    ("GET", "/api/v1/reviews"): (EVERYBODY, None),
    ("GET", "/api/v1/approvals/T1"): (READERS, None),
    ("POST", "/api/v1/approvals/T1/approve"): (RUNNERS, {}),
    ("POST", "/api/v1/approvals/T1/deny"): (RUNNERS, {}),
    ("POST", "/api/v1/approvals/T1/review"): (set(), {}),
    ("POST", "/api/v1/approvals/T1/cancel"): (set(), {}),
    ("GET", "/api/v1/grants"): (EVERYBODY, None),
    ("POST", "/api/v1/grants"): (EVERYBODY, {}),
    ("POST", "/api/v1/grants/none/approve"): (set(), {}),
    ("GET", "/api/v1/sessions"): (EVERYBODY, None),
    ("POST", "/api/v1/sessions/none/kill"): (set(), {}),
    ("GET", "/api/v1/databases/shop/columns"): (READERS, None),
    ("POST", "/api/v1/classifications"): (
        RUNNERS,
        {"column": "shop.public.customers.email", "class": None, "because": "a test"},
    ),
    ("POST", "/api/v1/audit/reveal"): (set(), {"target": "control:1", "because": "a test"}),
    ("POST", "/api/v1/audit/erase"): (set(), {"target": "nobody", "because": "a test"}),
    ("GET", "/api/v1/records"): (READERS, None),
    ("GET", "/api/v1/records/control/1"): (READERS, None),
    ("GET", "/api/v1/records/control/1/proof"): (READERS, None),
    ("GET", "/api/v1/sightings?column=email"): (READERS, None),
    ("GET", "/api/v1/pulse"): (READERS, None),
    ("GET", "/api/v1/logs"): (READERS, None),
    ("GET", "/api/v1/condition"): (READERS, None),
    ("GET", "/api/v1/databases"): (READERS, None),
    ("GET", "/api/v1/databases/shop/copies"): (READERS, None),
    ("GET", "/api/v1/databases/shop/columns/public.customers.email/history"): (READERS, None),
    ("GET", "/api/v1/rule-hits"): (READERS, None),
    ("GET", "/api/v1/views"): (READERS, None),
    ("POST", "/api/v1/views"): (READERS, {"name": "mine", "query": "who=mallory"}),
    ("POST", "/api/v1/views/drop"): (set(), {"name": "none"}),
    ("POST", "/api/v1/replay"): (READERS, {"since": "2026-01-01T00:00:00Z"}),
    ("GET", "/api/v1/rule-sets"): (EVERYBODY, None),
    ("GET", "/api/v1/rule-sets/none"): (set(), None),
    ("GET", "/api/v1/principals"): (READERS, None),
    ("POST", "/api/v1/explain"): (READERS, {"name": "nobody", "database": "shop", "sql": "select 1"}),
    ("GET", "/api/v1/evidence"): (READERS, None),
    ("POST", "/api/v1/evidence"): (READERS, {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}),
    ("POST", "/api/v1/evidence/none/verify"): (set(), {}),
    ("GET", "/api/v1/evidence/none/zip"): (set(), None),
    ("GET", "/api/v1/openapi.json"): (EVERYBODY, None),
}
OPEN = {"/api/v1/slack", "/api/v1/teams", "/api/v1/sign-in", "/api/v1/back-channel-logout"}
"""Where a service's or a provider's signature lets in, and no name; and what says how one signs in."""


def test_every_route_is_walked(app: Guard, house: House) -> None:
    """A route that is added without a line in the table above fails here."""
    walked = [(method, path.partition("?")[0]) for method, path in ROUTES]
    for route in app.app.app.routes:  # type: ignore[attr-defined]
        if route.path.startswith("/api/v1/") and route.path not in OPEN:
            shape = re.sub(r"\{[^}]+\}", "[^/]+", route.path) + "$"
            for method in route.methods - {"HEAD"}:
                assert any(m == method and re.match(shape, path) for m, path in walked), (method, route.path)
    house.store.close()


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_every_role_gets_what_is_its_own(client: httpx.AsyncClient, house: House, method: str, path: str) -> None:
    may, sent = ROUTES[method, path]
    for number, name in enumerate(sorted(EVERYBODY), start=1):
        house.ask(number, requester="billing", on_behalf_of=None)
        answer = await client.request(method, path.replace("T1", f"T{number}"), auth=login(name), json=sent)
        assert answer.status_code < 500
        if name in may:
            assert answer.status_code not in (401, 403, 404), (name, answer.text)
        else:
            assert answer.status_code in (403, 404, 409, 422), (name, answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == answer.status_code


async def test_a_stranger_gets_nothing(client: httpx.AsyncClient) -> None:
    for (method, path), (_, sent) in ROUTES.items():
        assert (await client.request(method, path, json=sent)).status_code == 401, path


async def test_a_list_goes_on_by_its_cursor_to_its_end(client: httpx.AsyncClient) -> None:
    seen: list[str] = []
    cursor: str | None = None
    while True:
        asked = {"kind": "login.failed", "limit": 10} | ({} if cursor is None else {"cursor": cursor})
        page = (await client.get("/api/v1/records", params=asked, auth=AUDITOR)).json()
        seen += [record["id"] for record in page["records"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert seen == [f"l{number:02d}" for number in reversed(range(25))]


@pytest.mark.parametrize("cursor", ["yesterday", "2026-01-01", "'; drop table records"])
async def test_a_cursor_that_is_none_of_ours_is_refused(client: httpx.AsyncClient, cursor: str) -> None:
    answer = await client.get("/api/v1/records", params={"cursor": cursor}, auth=AUDITOR)
    assert answer.status_code == 422


async def test_a_record_comes_with_a_proof_that_any_tool_reads(client: httpx.AsyncClient) -> None:
    proof = (await client.get("/api/v1/records/control/3/proof", auth=AUDITOR)).json()
    assert (proof["holds"], proof["size"]) == (True, 26)
    assert proof["receipt"].startswith("c2sp.org/tlog-proof@v1\nindex 3\n")


async def test_the_description_of_the_api_names_every_route(client: httpx.AsyncClient) -> None:
    said = (await client.get("/api/v1/openapi.json", auth=AUDITOR)).json()
    assert said["openapi"].startswith("3.")
    assert {"/api/v1/records", "/api/v1/evidence", "/api/v1/approvals/{ticket}/approve"} <= said["paths"].keys()
    assert not any(path.startswith("/console") for path in said["paths"])


# --- nothing twice --------------------------------------------------------------------------------------------------


async def test_what_has_not_changed_is_not_sent_again(client: httpx.AsyncClient, house: House) -> None:
    first = await client.get("/api/v1/approvals", auth=AUDITOR)
    tag = first.headers["etag"]
    again = await client.get("/api/v1/approvals", auth=AUDITOR, headers={"if-none-match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    house.ask()
    changed = await client.get("/api/v1/approvals", auth=AUDITOR, headers={"if-none-match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag
    assert changed.headers["cache-control"] == "no-store"


async def test_a_stranger_who_knows_the_tag_is_told_nothing(client: httpx.AsyncClient) -> None:
    tag = (await client.get("/api/v1/approvals", auth=AUDITOR)).headers["etag"]
    assert (await client.get("/api/v1/approvals", headers={"if-none-match": tag})).status_code == 401


async def test_a_request_that_comes_twice_is_done_once(client: httpx.AsyncClient, house: House) -> None:
    house.ask()
    sent = {"json": {"because": "fine"}, "auth": login("dora"), "headers": {"idempotency-key": "K1"}}
    first = await client.post("/api/v1/approvals/T1/approve", **sent)  # type: ignore[arg-type]
    again = await client.post("/api/v1/approvals/T1/approve", **sent)  # type: ignore[arg-type]
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert house.records.told().count("TicketApproved") == 1


async def test_a_key_is_good_for_one_request_of_one_caller(client: httpx.AsyncClient, house: House) -> None:
    house.ask(quorum=2)
    path, headers = "/api/v1/approvals/T1/approve", {"idempotency-key": "K1"}
    assert (await client.post(path, json={}, auth=login("dora"), headers=headers)).status_code == 200
    other = await client.post(path, json={"because": "else"}, auth=login("dora"), headers=headers)
    assert (other.status_code, "used for something else" in other.json()["detail"]) == (422, True)
    colleague = await client.post(path, json={}, auth=login("sam"), headers=headers)
    assert (colleague.status_code, colleague.json()["decided_by"]) == (200, ["dora", "sam"])
    stranger = await client.post(path, json={}, headers=headers)
    assert stranger.status_code == 401


async def test_what_was_not_done_may_be_asked_again(client: httpx.AsyncClient, house: House) -> None:
    path, headers = "/api/v1/approvals/T1/approve", {"idempotency-key": "K1"}
    assert (await client.post(path, json={}, auth=login("dora"), headers=headers)).status_code == 404
    house.ask()
    assert (await client.post(path, json={}, auth=login("dora"), headers=headers)).status_code == 200


@pytest.mark.parametrize("key", ["", "k" * 201])
async def test_a_key_has_a_bounded_length(client: httpx.AsyncClient, key: str) -> None:
    answer = await client.post("/api/v1/reload", json={}, auth=login("dora"), headers={"idempotency-key": key})
    assert answer.status_code == 422


# --- what is shipped for those who watch ------------------------------------------------------------------------------


async def test_the_shipped_dashboard_asks_for_numbers_that_there_are(client: httpx.AsyncClient) -> None:
    numbers = (await client.get("/metrics", auth=AUDITOR)).text
    board = json.loads((ROOT / "docs/manual/examples/grafana/proctor.json").read_text())
    asked = {name for panel in board["panels"] for name in re.findall(r"proctor_\w+", panel["targets"][0]["expr"])}
    asked = {name.removesuffix("_bucket") for name in asked}
    assert asked
    for name in asked:
        assert re.search(rf"^# TYPE {name} ", numbers, re.MULTILINE), name
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


# --- the condition of the house ---------------------------------------------------------------------------------------


async def test_certificates_are_told_with_the_days_that_they_have_left(client: httpx.AsyncClient, house: House) -> None:
    off = (await client.get("/api/v1/condition", auth=AUDITOR)).json()
    assert (off["certificates"], off["witnesses"], off["quorum"]) == ([], [], 0)
    assert off["versions"]["python"]
    config = replace(house.config, listen=replace(house.config.listen, tls=ListenTls("auto")))
    now = house.clock.now()
    certificates.prepare(config, now)
    house.control.reading.config = config
    told = (await client.get("/api/v1/condition", auth=AUDITOR)).json()["certificates"]
    assert [(one["part"], one["days_left"], one["trouble"]) for one in told] == [
        ("server", certificates.SERVER_DAYS, ""), ("authority", certificates.CA_DAYS, ""),
    ]  # fmt: skip
    assert "localhost" in told[0]["names"]
    house.clock.pass_time(timedelta(days=certificates.SERVER_DAYS - 2))
    told = (await client.get("/api/v1/condition", auth=AUDITOR)).json()["certificates"]
    assert told[0]["trouble"] == "expires in 2 days"
    (config.state / "tls" / "server.crt").write_text("no certificate")
    told = (await client.get("/api/v1/condition", auth=AUDITOR)).json()["certificates"]
    assert told[0]["trouble"] == "cannot be read (ValueError)"


# --- kept searches ----------------------------------------------------------------------------------------------------


async def test_a_kept_search_is_its_keepers_alone(client: httpx.AsyncClient) -> None:
    async def asked(path: str, name: str, sent: object) -> httpx.Response:
        return await client.post(f"/api/v1/views{path}", auth=login(name), json=sent)

    kept = {"name": "failed logins", "query": "kind=login.failed&who=%22%3E&other=1"}
    told = (await asked("", "audrey", kept)).json()["views"]
    assert told == [{"name": "failed logins", "query": "kind=login.failed&who=%22%3E"}]
    assert (await client.get("/api/v1/views", auth=login("dora"))).json() == {"views": []}
    assert (await asked("/drop", "dora", {"name": "failed logins"})).status_code == 404
    again = (await asked("", "audrey", {**kept, "query": "who=bob"})).json()["views"]
    assert again == [{"name": "failed logins", "query": "who=bob"}], "a second of that name takes its place"
    assert (await asked("/drop", "audrey", {"name": "failed logins"})).json() == {"views": []}


@pytest.mark.parametrize(
    ("name", "query"),
    [("", "who=x"), ("n" * 101, "who=x"), ("a\nb", "who=x"), ("n", ""), ("n", "other=1"), ("n", "who=" + "x" * 2000)],
)
async def test_a_search_that_says_nothing_or_too_much_is_not_kept(
    client: httpx.AsyncClient, name: str, query: str
) -> None:
    said = await client.post("/api/v1/views", auth=AUDITOR, json={"name": name, "query": query})
    assert said.status_code == 422
    assert (await client.get("/api/v1/views", auth=AUDITOR)).json() == {"views": []}


async def test_nobody_keeps_more_searches_than_a_page_can_show(client: httpx.AsyncClient, house: House) -> None:
    for number in range(views.MOST):
        house.store.views.keep("audrey", f"view {number}", "who=x", views.MOST)
    said = await client.post("/api/v1/views", auth=AUDITOR, json={"name": "one more", "query": "who=x"})
    assert said.status_code == 409
