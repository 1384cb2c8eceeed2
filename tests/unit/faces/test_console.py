"""The console over HTTP: who sees which page, what a form may do, and what strangers' texts and sites may not."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from proctor.audit.basis import Basis, Copied
from proctor.audit.integrator import Integrator
from proctor.audit.journal import Journal
from proctor.audit.record import (
    Claimed,
    ClassificationChanged,
    Masked,
    OperatorCall,
    ScanFinished,
    StatementAnswered,
    StatementDecided,
    StatementText,
    Verdict,
    Who,
)
from proctor.edge import rule_shelf
from proctor.edge.doorkeeper import Doorkeeper
from proctor.edge.live_sessions import LiveSession
from proctor.edge.verifiers import Locks
from proctor.faces.api import create
from proctor.faces.console.stage import COOKIE
from proctor.faces.console.visits import IDLE, MOST_EACH, OLDEST
from proctor.faces.guard import Guard
from proctor.policy.rules import Rules
from proctor.terms import Column, DataClass, Finding, Kind, Relation, SessionId
from tests.unit.audit.conftest import FakeClock
from tests.unit.control.house import House, build

KEY = b"k" * 32
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
EMAIL = Column(Relation("public", "customers"), "email")


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = build(tmp_path)
    made.store.map.save_scan("shop", EMAIL.relation, "d", {"email": Finding(DataClass("email"), 0.9, HOSTILE)})
    made.store.sessions.opened(
        LiveSession(
            id=SessionId("S1"),
            worker="worker-0",
            subject="alice",
            kind=Kind.HUMAN,
            on_behalf_of=None,
            database="shop",
            reason=HOSTILE,
            application=HOSTILE,
            address="127.0.0.1:1",
            since=made.clock.now(),
        )
    )
    rule_shelf.keep(made.config.state, made.control.rules)
    state = made.config.state
    with Journal.open(state / "journal" / "worker-0", "worker-0", clock=FakeClock()) as journal:
        journal.record(
            StatementDecided(
                id="X1",
                exchange="X1",
                who=Who(subject="copilot", kind="agent", on_behalf_of="alice"),
                claims=Claimed(reason=HOSTILE, task=HOSTILE),
                database="shop",
                statement=StatementText(text=f"select email from customers -- {HOSTILE}", digest="d"),
                command="select",
                understood=True,
                decision=Verdict(verdict="allow", rules=(HOSTILE,)),
                reads={"public.customers": ("email",)},
                masks=(Masked(output=1, mask="email", data_class="email", columns=(f"public.customers.{HOSTILE}",)),),
            )
        )
        journal.record(StatementAnswered(id="X1-a", of="X1", rows=1, bytes=10, duration_us=900))
    integrator = Integrator.open(state / "journal", state / "log", keys=state / "keys", origin="proctor.test")
    integrator.integrate()
    integrator.close()
    return made


@pytest.fixture
def app(house: House, tmp_path: Path) -> Guard:
    door = Doorkeeper(house.config, Locks(house.config, KEY), house.clock, house.records.record)
    return create(house.control, door, tmp_path / "state" / "log", "1.2.3")


@pytest.fixture
async def client(house: House, app: Guard) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(app) as client:
        yield client
    house.store.close()


def opened(app: Guard) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("203.0.113.7", 1))
    return httpx.AsyncClient(transport=transport, base_url="https://proctor")


async def sign_in(client: httpx.AsyncClient, name: str, **also: str) -> httpx.Response:
    client.cookies.clear()
    return await client.post("/console/sign-in", data={"name": name, "password": f"{name}pw", **also})


async def csrf(client: httpx.AsyncClient, path: str = "/console/now") -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', (await client.get(path)).text)
    assert found is not None
    return found[1]


async def with_token(client: httpx.AsyncClient, token: str) -> int:
    """Return how a page answers to this cookie alone."""
    client.cookies.clear()
    return (await client.get("/console/now", headers={"cookie": f"{COOKIE}={token}"})).status_code


class Seen(HTMLParser):
    """Reads a page as a browser does: its tags, and what could run in them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.running: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "srcdoc", "srcset") or "script:" in (value or "").casefold():
                self.running.append(f"{tag} {name}={value}")


# --- every route for every role -------------------------------------------------------------------------------------

VIEWER, APPROVER, OPERATOR, AUDITOR = "alice", "dora", "sam", "audrey"
ROLES = (VIEWER, APPROVER, OPERATOR, AUDITOR)
"""Somebody of the house, a DBA, somebody of security, and an auditor, who reads all and changes nothing."""
EVERYBODY, READERS, RUNNERS = set(ROLES), {APPROVER, OPERATOR, AUDITOR}, {APPROVER, OPERATOR}
ROUTES: dict[tuple[str, str], tuple[set[str], dict[str, str], int]] = {
    # method and path: who may, what the form says, and how it answers those; all others hear 403 or 404
    ("GET", "/console/now"): (EVERYBODY, {}, 200),
    ("POST", "/console/sessions/S1/kill"): ({VIEWER, APPROVER, OPERATOR}, {}, 303),
    ("GET", "/console/approvals"): (EVERYBODY, {}, 200),
    ("GET", "/console/approvals/T1"): (EVERYBODY, {}, 200),
    ("POST", "/console/approvals/T1"): (RUNNERS, {"step": "approve", "because": "fine"}, 303),
    ("GET", "/console/grants"): (EVERYBODY, {}, 200),
    ("POST", "/console/grants"): (
        EVERYBODY,
        {"column": "shop.public.customers.email", "minutes": "5", "because": "INC-1"},
        303,
    ),
    ("POST", "/console/grants/none"): (set(), {"step": "approve"}, 303),
    ("GET", "/console/journal"): (READERS, {}, 200),
    ("GET", "/console/seen?column=email"): (READERS, {}, 200),
    ("POST", "/console/journal-views"): (READERS, {"name": HOSTILE, "query": "who=x", "step": "keep"}, 303),
    ("GET", "/console/journal/worker-0/1?prove=1"): (READERS, {}, 200),
    ("GET", "/console/data"): (READERS, {}, 200),
    ("GET", "/console/data/shop"): (READERS, {}, 200),
    ("GET", "/console/data/shop/column?name=public.customers.email"): (READERS, {}, 200),
    ("POST", "/console/data/shop/column"): (
        RUNNERS,
        {"name": "public.customers.email", "class": "phone", "because": "it is", "step": "say"},
        303,
    ),
    ("GET", "/console/rules"): (EVERYBODY, {}, 200),
    ("POST", "/console/rules"): (set(), {}, 303),  # this house cannot reload: runners hear 409
    ("GET", "/console/rules/{digest}"): (EVERYBODY, {}, 200),
    ("GET", "/console/rules-diff?before={digest}&after={digest}"): (EVERYBODY, {}, 200),
    ("GET", "/console/rules-test"): (READERS, {}, 200),
    ("POST", "/console/rules-test"): (READERS, {"name": "nobody", "database": "shop", "sql": "select 1"}, 200),
    ("POST", "/console/rules-replay"): (set(), {"days": "7"}, 200),  # there are no files here: readers hear 409
    ("GET", "/console/evidence"): (READERS, {}, 200),
    ("POST", "/console/evidence"): (set(), {"since": "2026-01-02", "until": "2026-01-01"}, 303),  # readers hear 422
    ("POST", "/console/evidence/none"): (set(), {}, 200),
    ("GET", "/console/evidence/none.zip"): (set(), {}, 200),
    ("GET", "/console/health"): (EVERYBODY, {}, 200),
    ("POST", "/console/view"): (EVERYBODY, {"theme": "dark", "zone": "Europe/Berlin"}, 303),
    ("POST", "/console/sign-out"): (EVERYBODY, {}, 303),
}
OPEN = {
    "/console/sign-in",
    "/console/sign-in/with/{name}",
    "/console/sign-in/callback",
    "/console/signed-out",
    "/console/static/{name}",
    "/console",
    "/",
}


def templates_of(app: Guard) -> set[tuple[str, str]]:
    """Return method and path of every page there is."""
    found = set()
    for route in app.app.app.routes:  # type: ignore[attr-defined]
        path = route.path
        if path.startswith("/console/") and path not in OPEN:
            found |= {(method, path) for method in route.methods - {"HEAD"}}
    return found


def shape(path: str) -> str:
    return re.sub(r"\{[a-z]+\}", "[^/]+", path).replace(".", r"\.") + "$"


def test_every_page_is_walked(app: Guard, house: House) -> None:
    """A page that is added without a line in the table above fails here."""
    digest = house.control.rules.digest
    walked = [(method, path.replace("{digest}", digest).partition("?")[0]) for method, path in ROUTES]
    for method, template in templates_of(app):
        assert any(m == method and re.match(shape(template), path) for m, path in walked), (method, template)
    house.store.close()


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_every_role_gets_what_is_its_own(client: httpx.AsyncClient, house: House, method: str, path: str) -> None:
    may, form, status = ROUTES[method, path]
    for number, role in enumerate(ROLES, start=1):
        house.ask(number)
        asked = path.replace("{digest}", house.control.rules.digest).replace("T1", f"T{number}")
        await sign_in(client, role)
        token = await csrf(client)
        before = len(house.records.kept)
        if method == "GET":
            answer = await client.get(asked)
        else:
            answer = await client.post(asked, data={"csrf": token, **form})
        if role in may:
            assert answer.status_code == status, (role, answer.text)
        else:
            assert answer.status_code in (403, 404, 409, 422), (role, answer.text)
            done = [one for one in house.records.kept[before:] if not isinstance(one, OperatorCall)]
            assert done == [], "what is refused changes nothing"
        assert "Traceback" not in answer.text


async def test_a_stranger_is_asked_to_sign_in(client: httpx.AsyncClient, house: House) -> None:
    before = len(house.records.kept)
    for (method, path), (_, form, _) in ROUTES.items():
        answer = await client.request(method, path, data=form if method == "POST" else None)
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/console/sign-in")
    assert len(house.records.kept) == before


@pytest.mark.parametrize("name", ["copilot", "billing"])
async def test_programs_have_no_business_at_the_console(client: httpx.AsyncClient, name: str) -> None:
    answer = await sign_in(client, name)
    assert (answer.status_code, "The console is for people" in answer.text) == (401, True)
    assert COOKIE not in client.cookies


# --- visits ---------------------------------------------------------------------------------------------------------


async def test_the_cookie_is_for_this_site_and_for_no_script(client: httpx.AsyncClient) -> None:
    answer = await sign_in(client, "dora")
    cookie = answer.headers["set-cookie"].casefold()
    assert cookie.startswith("__host-proctor=")
    for word in ("secure", "httponly", "samesite=strict", "path=/"):
        assert word in cookie
    assert "domain" not in cookie


async def test_each_sign_in_has_a_token_of_its_own_and_none_that_was_there_before(client: httpx.AsyncClient) -> None:
    form = {"name": "dora", "password": "dorapw"}
    await client.post("/console/sign-in", data=form, headers={"cookie": f"{COOKIE}=fixed-by-somebody"})
    first = client.cookies[COOKIE]
    assert first != "fixed-by-somebody"
    await client.post("/console/sign-in", data={"name": "dora", "password": "dorapw"})
    second = client.cookies[COOKIE]
    assert first != second
    assert await with_token(client, first) == 303, "the one before is signed out"


async def test_who_signs_out_is_out_whatever_the_cookie_says(client: httpx.AsyncClient) -> None:
    await sign_in(client, "dora")
    token, kept = await csrf(client), client.cookies[COOKIE]
    await client.post("/console/sign-out", data={"csrf": token})
    assert await with_token(client, kept) == 303


async def test_who_is_idle_for_long_is_out(client: httpx.AsyncClient, house: House) -> None:
    await sign_in(client, "dora")
    house.clock.nanoseconds += IDLE
    assert (await client.get("/console/now")).status_code == 200
    house.clock.nanoseconds += IDLE + 1
    assert (await client.get("/console/now")).status_code == 303


async def test_a_visit_ends_however_busy_it_is(client: httpx.AsyncClient, house: House) -> None:
    await sign_in(client, "dora")
    for _ in range(OLDEST // IDLE):
        house.clock.nanoseconds += IDLE
        await client.get("/console/health")
    house.clock.nanoseconds += 1
    assert (await client.get("/console/now")).status_code == 303


async def test_one_persons_visits_are_few(client: httpx.AsyncClient) -> None:
    await sign_in(client, "dora")
    first = client.cookies[COOKIE]
    await sign_in(client, "sam")
    other = client.cookies[COOKIE]
    for _ in range(MOST_EACH):
        await sign_in(client, "dora")
    assert [await with_token(client, token) for token in (first, other)] == [303, 200], (
        "the oldest of the same person, and nobody else's"
    )


async def test_who_is_taken_out_of_the_settings_is_out(client: httpx.AsyncClient, house: House, app: Guard) -> None:
    from dataclasses import replace

    from proctor.faces.console.visits import Visits

    door = Doorkeeper(house.config, Locks(house.config, KEY), house.clock, house.records.record)
    visits = Visits(door, house.clock)
    token = visits.begin(house.who("dora"))
    assert visits.of(token) is not None
    door.change(replace(house.config, people={}), Locks(house.config, KEY))
    assert visits.of(token) is None
    assert len(visits) == 0


async def test_a_wrong_password_opens_nothing_and_many_have_to_wait(client: httpx.AsyncClient) -> None:
    for _ in range(6):
        answer = await client.post("/console/sign-in", data={"name": "dora", "password": "wrong"})
        assert (answer.status_code, "does not fit" in answer.text) == (401, True)
    assert (await sign_in(client, "dora")).status_code == 429


# --- other sites ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", [None, "", "guessed"])
async def test_a_form_without_the_pages_token_does_nothing(
    client: httpx.AsyncClient, house: House, token: str | None
) -> None:
    house.ask()
    await sign_in(client, "dora")
    form = {"step": "approve"} | ({} if token is None else {"csrf": token})
    assert (await client.post("/console/approvals/T1", data=form)).status_code == 403
    assert house.store.tickets.get("T1").state.value == "pending"


async def test_a_token_of_another_visitor_does_nothing(client: httpx.AsyncClient, house: House, app: Guard) -> None:
    house.ask()
    await sign_in(client, "sam")
    stolen = await csrf(client)
    await sign_in(client, "dora")
    answer = await client.post("/console/approvals/T1", data={"csrf": stolen, "step": "approve"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}]
)
@pytest.mark.parametrize("path", ["/console/approvals/T1", "/console/sign-in"])
async def test_another_site_asks_nothing_in_ones_name(
    client: httpx.AsyncClient, house: House, path: str, headers: dict[str, str]
) -> None:
    house.ask()
    await sign_in(client, "dora")
    form = {"csrf": await csrf(client), "step": "approve", "name": "dora", "password": "dorapw"}
    answer = await client.post(path, data=form, headers=headers)
    assert answer.status_code == 403
    assert house.store.tickets.get("T1").state.value == "pending"


ELSEWHERE = [
    "https://evil.example", "//evil.example", "/\\evil.example", "/console//evil.example", "javascript:alert(1)",
    "/console/../api/v1/me", "/console/now\r\nset-cookie: a=b", "/console/now#@evil.example", "/api/v1/me",
    "console/now", "/console/now?x=" + "a" * 600,
]  # fmt: skip


async def test_signing_in_leads_nowhere_else(client: httpx.AsyncClient) -> None:
    for place in ELSEWHERE:
        answer = await sign_in(client, "dora", next=place)
        assert (answer.status_code, answer.headers["location"]) == (303, "/console/now"), place
        assert "evil" not in await opened_page(client, place)


async def opened_page(client: httpx.AsyncClient, next_: str) -> str:
    client.cookies.clear()
    return (await client.get("/console/sign-in", params={"next": next_})).text


async def test_signing_in_leads_back_to_the_page_one_asked_for(client: httpx.AsyncClient) -> None:
    asked = await client.get("/console/journal?who=alice&decision=deny")
    page = await client.get(asked.headers["location"])
    found = re.search(r'name="next" value="([^"]*)"', page.text)
    assert found is not None
    answer = await sign_in(client, "dora", next=found[1].replace("&amp;", "&"))
    assert answer.headers["location"] == "/console/journal?who=alice&decision=deny"


@pytest.mark.parametrize(
    "path", ["/console/now", "/console/sign-in", "/console/static/style.css", "/console/approvals/none"]
)
async def test_no_page_can_be_framed_and_none_runs_a_script(client: httpx.AsyncClient, path: str) -> None:
    await sign_in(client, "dora")
    answer = await client.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "base-uri 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"


HOSTILE_PLACES = [
    "/console/now", "/console/approvals", "/console/approvals/T1", "/console/grants", "/console/journal",
    "/console/journal/worker-0/1?prove=1", "/console/data/shop", "/console/seen?column=email", "/console/rules",
    "/console/data/shop/column?name=public.customers.email",
    f"/console/journal?who={HOSTILE}&text={HOSTILE}", f"/console/seen?column={HOSTILE}", f"/console/data/shop?q={HOSTILE}",
    f"/console/now?done={HOSTILE}", f"/console/approvals/{HOSTILE}", f"/console/journal/{HOSTILE}/1",
    f"/console/rules/{HOSTILE}", f"/console/data/{HOSTILE}",
]  # fmt: skip


async def test_strangers_texts_are_shown_and_never_run(client: httpx.AsyncClient, house: House) -> None:
    from dataclasses import replace

    ticket = house.ask(2)
    house.store.tickets.open(
        replace(ticket, id="T1", statement=HOSTILE, reason=HOSTILE, digest="other", why_held=HOSTILE, rules=(HOSTILE,)),  # type: ignore[arg-type]
        _moment(house),
    )
    await sign_in(client, "dora")
    for path in HOSTILE_PLACES:
        seen = Seen((await client.get(path)).text)
        assert seen.tags.isdisjoint({"script", "img", "iframe", "object", "embed", "base", "style"}), path
        assert seen.running == [], path


def _moment(house: House):  # type: ignore[no-untyped-def]
    from proctor.edge.desk import moment

    return moment(house.clock)


# --- what is somebody else's ----------------------------------------------------------------------------------------


async def test_a_ticket_of_others_does_not_exist_for_one_without_a_part_in_it(
    client: httpx.AsyncClient, house: House
) -> None:
    house.ask(requester="billing", on_behalf_of=None)
    await sign_in(client, "alice")
    token = await csrf(client)
    assert (await client.get("/console/approvals/T1")).status_code == 404
    for step in ("approve", "deny", "cancel", "review"):
        answer = await client.post("/console/approvals/T1", data={"csrf": token, "step": step})
        assert answer.status_code == 404
    assert "T1" not in (await client.get("/console/approvals")).text


async def test_nobody_approves_what_was_asked_in_their_name(client: httpx.AsyncClient, house: House) -> None:
    house.ask(on_behalf_of="dora")
    await sign_in(client, "dora")
    page = await client.get("/console/approvals/T1")
    assert 'value="approve"' not in page.text
    token = await csrf(client)
    assert (await client.post("/console/approvals/T1", data={"csrf": token, "step": "approve"})).status_code == 403


async def test_a_session_of_others_does_not_exist_for_one_who_may_not_see_it(
    client: httpx.AsyncClient, house: House
) -> None:
    house.store.sessions.opened(
        LiveSession(
            id=SessionId("S2"),
            worker="worker-0",
            subject="dora",
            kind=Kind.HUMAN,
            on_behalf_of=None,
            database="shop",
            reason=None,
            application=None,
            address="127.0.0.1:2",
            since=house.clock.now(),
        )
    )
    await sign_in(client, "alice")
    assert "/sessions/S2/" not in (await client.get("/console/now")).text
    answer = await client.post("/console/sessions/S2/kill", data={"csrf": await csrf(client)})
    assert answer.status_code == 404


async def test_no_name_of_a_pack_leads_out_of_its_folder(client: httpx.AsyncClient, house: House) -> None:
    code = "01K9ZXJ3T8Q4W6R2M5N7P0ABCD"
    names = ("..%2f..%2fproctor", "%2e%2e", "..", "proctor.sqlite", "a" * 26, f"{code}%00", "....//....//x")
    (house.config.state / "evidence").mkdir()
    (house.config.state / "proctor.zip").write_text("secret")
    await sign_in(client, "audrey")
    token = await csrf(client)
    for name in names:
        for answer in (
            await client.get(f"/console/evidence/{name}.zip"),
            await client.post(f"/console/evidence/{name}", data={"csrf": token}),
        ):
            assert answer.status_code in (404, 405), name
            assert "secret" not in answer.text


async def test_only_the_style_is_given_to_everybody(client: httpx.AsyncClient) -> None:
    for name in ("../templates/base.html", "..%2fstage.py", "routes.py", "style.css%00"):
        assert (await client.get(f"/console/static/{name}")).status_code == 404


# --- what pages say -------------------------------------------------------------------------------------------------


async def test_a_record_is_proven_on_its_page(client: httpx.AsyncClient) -> None:
    await sign_in(client, "audrey")
    page = (await client.get("/console/journal/worker-0/1?prove=1")).text
    assert "Proven. Record 1 of worker-0 is in the signed log of 3 records." in page
    assert "c2sp.org/tlog-proof@v1" in page
    assert "proctor audit prove worker-0:1" in page


async def test_a_record_that_somebody_has_changed_is_not_proven(client: httpx.AsyncClient, house: House) -> None:
    (bundle,) = (house.config.state / "log" / "worker-0" / "tile" / "entries").glob("000.p/*")
    content = bundle.read_bytes()
    assert b"copilot" in content
    bundle.chmod(0o600)
    bundle.write_bytes(content.replace(b"copilot", b"coqilot"))
    await sign_in(client, "audrey")
    page = (await client.get("/console/journal/worker-0/1?prove=1")).text
    assert "Not proven." in page
    assert "Proven. " not in page


async def test_a_record_shows_its_statement_in_colours_its_lineage_and_its_rules(client: httpx.AsyncClient) -> None:
    await sign_in(client, "audrey")
    page = (await client.get("/console/journal/worker-0/1")).text
    assert '<span class="sql-keyword">select</span> email <span class="sql-keyword">from</span>' in page
    assert '<span class="sql-comment">-- ' in page
    assert re.search(r'<svg [^>]*role="img" aria-label="Columns and what became of them"', page)
    assert "output 1, masked as email" in page
    assert 'href="/console/rules#' in page


async def test_the_timeline_of_an_agent_is_that_of_whom_it_acts_for_too(client: httpx.AsyncClient) -> None:
    await sign_in(client, "audrey")
    for who in ("copilot", "alice"):
        page = (await client.get(f"/console/journal?who={who}")).text
        assert "select email from customers" in page, who
        assert "/console/journal/worker-0/1" in page, who
    assert "select email" not in (await client.get("/console/journal?who=dora")).text


async def test_who_saw_a_column_is_told_with_the_mask_and_the_reason(client: httpx.AsyncClient) -> None:
    await sign_in(client, "audrey")
    page = (await client.get("/console/seen?column=public.customers.email")).text
    assert "copilot" in page
    assert "alice" in page
    assert "&#34;&gt;&lt;script&gt;" in page, "the reason, as text"


async def test_rules_tell_which_of_them_had_a_part_and_which_never(client: httpx.AsyncClient, house: House) -> None:
    state, known = house.config.state, next(iter(house.control.rules)).id
    with Journal.open(state / "journal" / "worker-1", "worker-1", clock=FakeClock()) as journal:
        journal.record(
            StatementDecided(
                id="R1",
                database="shop",
                statement=StatementText(text="select", digest="d"),
                command="select",
                understood=True,
                decision=Verdict(verdict="allow", rules=(known,)),
            )
        )
    await sign_in(client, "audrey")
    page = (await client.get("/console/rules")).text
    assert page.count("had a part in 1 of the newest") == 1
    assert page.count("never hit") == len(house.control.rules) - 1


async def test_how_far_log_sinks_and_spans_have_come_is_shown(client: httpx.AsyncClient, house: House) -> None:
    house.control.health.lags = lambda: {"siem": 7}
    house.control.health.spans = lambda: {"sent": 12, "queue": 3}
    late = (house.clock.now() - timedelta(days=1)).isoformat().replace("+00:00", "Z")
    record = f'{{"v":1,"shard":"w0","seq":0,"time":"{late}","monotonic_ns":1,"kind":"heartbeat"}}'.encode()
    house.control.reading.figures.take("w0", house.config.state, [record])
    await sign_in(client, "audrey")
    now, health = (await client.get("/console/now")).text, (await client.get("/console/health")).text
    assert re.search(r"The log got its newest records within [0-9.]+ seconds", now)
    assert re.search(r"The log got the newest record of w0 [0-9]+ seconds late", now)
    assert "siem is 7 records behind" in now
    assert re.search(r"<dt>Spans, sent</dt><dd>12</dd><dt>Spans, lost: queue</dt><dd>3</dd>", health)
    assert "<dt>Sink siem</dt><dd>7 records behind</dd>" in health


async def test_two_versions_of_the_rules_are_compared_line_by_line(
    client: httpx.AsyncClient, house: House, tmp_path: Path
) -> None:
    file = tmp_path / "mine.cedar"
    file.write_text(f"// {HOSTILE}\n")
    other = Rules.load([file])
    rule_shelf.keep(house.config.state, other)
    await sign_in(client, "audrey")
    before = house.control.rules.digest
    page = (await client.get(f"/console/rules-diff?before={before}&after={other.digest}")).text
    assert "<ins>+// &#34;&gt;&lt;script&gt;" in page
    assert "<del>-// " not in page
    assert ("script" in Seen(page).tags, Seen(page).running) == (False, [])


async def test_the_data_map_is_overruled_with_a_reason_and_taken_back(client: httpx.AsyncClient, house: House) -> None:
    await sign_in(client, "dora")
    token = await csrf(client)
    where = "/console/data/shop/column"
    name = {"csrf": token, "name": "public.customers.email"}
    assert (await client.post(where, data={**name, "class": "", "step": "say", "because": ""})).status_code == 422
    await client.post(where, data={**name, "class": "", "step": "say", "because": "a test table"})
    page = (await client.get(f"{where}?name=public.customers.email")).text
    assert "dora said not sensitive, a test table" in page
    await client.post(where, data={**name, "step": "back", "because": "a mistake"})
    assert house.store.map.classified("shop").findings[EMAIL].data_class == "email"


async def test_the_data_map_tells_its_coverage_where_copies_went_and_what_has_changed(
    client: httpx.AsyncClient, house: House
) -> None:
    state = house.config.state
    with Journal.open(state / "journal" / "control", "control", clock=FakeClock()) as journal:
        journal.record(ScanFinished(id="s1", database="shop", columns=2, sensitive=1))
        journal.record(
            ClassificationChanged(
                id="c1",
                database="shop",
                column=f"public.notes.{HOSTILE}",
                after="email",
                source="drift",
                because=HOSTILE,
            )
        )
        journal.record(ClassificationChanged(id="c2", database="other", column="public.elsewhere.x", after="email"))
    with Journal.open(state / "journal" / "worker-1", "worker-1", clock=FakeClock()) as journal:
        for number, (source, target) in enumerate(
            [(f"public.customers.{HOSTILE}", "public.mail.a"), ("public.mail.a", "")]
        ):
            journal.record(
                StatementDecided(
                    id=f"C{number}",
                    who=Who(subject=HOSTILE, kind="human"),
                    database="shop",
                    statement=StatementText(text="copy", digest="d"),
                    command="copy",
                    understood=True,
                    decision=Verdict(verdict="allow"),
                    shows={} if target else {"public.mail": ("a",)},
                    basis=Basis(
                        classes={source: "email"},
                        copies=(Copied(sources=(source,), target=target),) if target else (),
                    ),
                )
            )
            journal.record(StatementAnswered(id=f"C{number}-a", of=f"C{number}", rows=1, bytes=10, duration_us=900))
    integrator = Integrator.open(state / "journal", state / "log", keys=state / "keys", origin="proctor.test")
    integrator.integrate()
    integrator.close()
    copied = Column(Relation("public", "mail_copy"), "address")
    house.store.map.inherit("shop", {copied: Finding(DataClass("email"), 1.0, "copied from public.customers.email")})
    await sign_in(client, "audrey")
    page = (await client.get("/console/data/shop")).text
    assert "100 % of the columns in the map have evidence" in page
    assert "not on record" not in page
    assert re.search(r"public\.mail_copy\.address</a></td><td data-name=\"class\">email</td>", page)
    assert "copied from public.customers.email" in page
    assert "<strong>the client of " in page
    assert re.search(r"by way of public\.customers\.&#34;.*? → public\.mail\.a<", page)
    (last, *_) = re.findall(r'href="/console/journal/(worker-1/\d+)"', page)
    assert "shows.public.mail" in (await client.get(f"/console/journal/{last}")).text, "the newest comes first"
    assert "drift" in page
    assert "public.elsewhere" not in page, "another database's are not on this page"
    seen = Seen(page)
    assert ("script" in seen.tags, seen.running) == (False, [])


async def test_a_search_is_kept_under_a_name_and_dropped(client: httpx.AsyncClient) -> None:
    await sign_in(client, "audrey")
    token = await csrf(client)
    kept = {"csrf": token, "name": HOSTILE, "query": "who=copilot&decision=allow", "step": "keep"}
    await client.post("/console/journal-views", data=kept)
    page = (await client.get("/console/journal")).text
    assert 'href="/console/journal?who=copilot&amp;decision=allow"' in page
    assert ("script" in Seen(page).tags, Seen(page).running) == (False, [])
    await client.post("/console/journal-views", data={**kept, "step": "drop"})
    assert "decision=allow" not in (await client.get("/console/journal")).text


async def test_times_are_those_of_the_viewers_zone(client: httpx.AsyncClient, house: House) -> None:
    house.ask()
    await sign_in(client, "dora")
    assert "2026-01-02 03:04:05 UTC" in (await client.get("/console/approvals")).text
    await client.post("/console/view", data={"csrf": await csrf(client), "theme": "dark", "zone": "Asia/Tokyo"})
    page = (await client.get("/console/approvals")).text
    assert "2026-01-02 12:04:05 JST" in page
    assert 'data-theme="dark"' in page


@pytest.mark.parametrize("zone", ["../../etc/passwd", "/etc/passwd", "Nowhere/There", HOSTILE])
async def test_a_zone_that_is_none_is_not_kept(client: httpx.AsyncClient, zone: str) -> None:
    await sign_in(client, "dora")
    await client.post("/console/view", data={"csrf": await csrf(client), "theme": HOSTILE, "zone": zone})
    page = (await client.get("/console/now")).text
    assert 'data-theme="auto"' in page
    assert 'name="zone" value=""' in page


async def test_an_expired_ticket_is_not_decided(client: httpx.AsyncClient, house: House) -> None:
    house.ask()
    await sign_in(client, "dora")
    token = await csrf(client)
    house.clock.pass_time(timedelta(minutes=29))
    await client.get("/console/now")
    house.clock.pass_time(timedelta(minutes=29))
    await client.get("/console/now")
    house.clock.pass_time(timedelta(minutes=3))
    answer = await client.post("/console/approvals/T1", data={"csrf": token, "step": "approve"})
    assert answer.status_code in (403, 409)


async def test_what_one_signs_in_and_out_with_is_on_record(client: httpx.AsyncClient, house: House) -> None:
    await sign_in(client, "dora")
    await client.post("/console/sign-out", data={"csrf": await csrf(client)})
    told = house.records.told()
    assert "console.sign-in 203.0.113.7 done" in told
    assert "console.sign-out  done" in told
