"""The console in Debian's Chromium, before a real gateway and database: what a person at it does, and what comes of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Queue

import httpx
import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from demo.gateway import program
from demo.postgres import ThrowawayPostgres
from tests.databases.lab import PEOPLE, Lab, lab, until
from tests.databases.provider import CLIENT, OpenId, client, provider, settings
from tests.databases.provider import Browser as Plain

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
PICTURES = os.environ.get("PROCTOR_PICTURES", "")
"""A folder to leave pictures of all pages in, for the manual."""
UPDATE = "update orders set total = 1 where id = 1"
PATIENCE = 60_000  # milliseconds until the browser gives a page up; nothing waits so long that works


DBA, LEFT = "dora@example.test", "frank@example.test"


@pytest.fixture(scope="module")
def openid(told: tuple[str, Queue[str]]) -> Iterator[OpenId]:
    """The company's provider, whose host is another site to a browser than the console's."""
    back = ["http://127.0.0.1/console/sign-in/callback"]
    ours = client(
        redirect_uris=back, backchannel_logout_uri=told[0], backchannel_logout_session_required=True,
        post_logout_redirect_uris=["http://127.0.0.1/console/signed-out"],
    )  # fmt: skip
    other = client(client_id="other", redirect_uris=back)
    with provider(host="localhost", clients=[ours, other], groups={"dora": ["DB owners"]}, userinfo=True) as made:
        yield made


@pytest.fixture(scope="module")
def house(postgres: ThrowawayPostgres, tmp_path_factory: pytest.TempPathFactory, openid: OpenId) -> Iterator[Lab]:
    beside = {"scopes": '["openid", "email", "groups"]', "userinfo": "true"}
    beside["console"] = "{ return_after_sign_out = true }"
    signing_in = settings(openid, groups='{ "DB owners" = "dba" }', **beside) + f'[people."{LEFT}"]\nenabled = false\n'
    with lab(postgres, tmp_path_factory.mktemp("browsed"), wait="120s", shop=signing_in) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium is not None, "make test installs chromium"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        # No sandbox: root runs the tests, in a container of their own, and the pages are ours.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


class Visitor:
    """A person with a window."""

    def __init__(self, house: Lab, browser: Browser, name: str, *, phone: bool = False, dark: bool = False) -> None:
        host, port = house.gateway.console
        self.address = f"http://{host}:{port}"
        self.context = browser.new_context(
            base_url=self.address,
            viewport=PHONE if phone else DESK,  # type: ignore[arg-type]
            is_mobile=phone,
            has_touch=phone,
            color_scheme="dark" if dark else "light",
        )
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda fault: self.faults.append(str(fault)))
        self.name = name

    def sign_in(self, path: str = "/console/now") -> Page:
        self.page.goto(path)
        self.page.get_by_label("Name").fill(self.name)
        self.page.get_by_label("Password").fill(PEOPLE[self.name])
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()
        return self.page


@pytest.fixture
def visit(house: Lab, browser: Browser) -> Iterator[type[Visitor]]:
    made: list[Visitor] = []

    def opened(name: str, **how: bool) -> Visitor:
        made.append(Visitor(house, browser, name, **how))
        return made[-1]

    yield opened  # type: ignore[misc]
    for one in made:
        one.context.close()
        assert one.faults == [], "the browser has found nothing wrong, and no policy was broken"


def fits(page: Page) -> bool:
    """Say whether nothing sticks out of the window at its side."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def psql(house: Lab, statement: str, person: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["psql", "-X", "-w", house.dsn(person, "shop"), "-c", statement],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_held_statement_is_approved_on_a_phone_and_psql_goes_on(house: Lab, visit: type[Visitor]) -> None:
    waiting = psql(house, UPDATE, "copilot")
    try:
        (ticket,) = until(lambda: [one for one in house.tickets() if one["state"] == "pending"])
        page = visit("dana", phone=True).sign_in("/console/approvals")
        assert fits(page)
        page.get_by_role("link", name="update orders").first.click()
        expect(page.get_by_text(UPDATE)).to_be_visible()
        expect(page.get_by_text("copilot for ada")).to_be_visible()
        assert fits(page)
        page.get_by_label("Comment").fill("looked at it on the way home")
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_role("status")).to_have_text("Approved.")
        out, _ = waiting.communicate(timeout=PATIENCE / 1000)
        assert "UPDATE 1" in out
    finally:
        waiting.kill()
        waiting.wait()
    (record,) = house.recorded("ticket.approved", ticket=ticket["id"])
    assert (record["by"], record["because"]) == ("dana", "looked at it on the way home")


def test_a_held_statement_is_denied_by_keyboard_alone_and_psql_is_told(house: Lab, visit: type[Visitor]) -> None:
    waiting = psql(house, "update orders set total = 2 where id = 2", "copilot")
    try:
        until(lambda: [one for one in house.tickets() if one["state"] == "pending"])
        page = visit("sid").sign_in("/console/approvals")
        page.get_by_role("link", name="update orders set total = 2").focus()
        page.keyboard.press("Enter")
        page.get_by_label("Comment").focus()
        page.keyboard.type("not on a Sunday")
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Approve")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Deny")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_have_text("Denied.")
        out, _ = waiting.communicate(timeout=PATIENCE / 1000)
        assert "not on a Sunday" in out
    finally:
        waiting.kill()
        waiting.wait()


def test_a_session_is_ended_from_the_page(house: Lab, visit: type[Visitor]) -> None:
    with psycopg.connect(house.dsn("bob", "plain", application_name="left-open"), autocommit=True) as session:
        session.execute("select 1")
        page = visit("dana").sign_in()
        row = page.get_by_role("row").filter(has_text="left-open")
        row.get_by_label("Why").fill("left it open")
        row.get_by_role("button", name="End the session of bob").click()
        expect(page.get_by_role("status")).to_have_text("The session ends within a second.")

        def ended() -> bool:
            try:
                session.execute("select 1")
            except psycopg.Error:
                return True
            return False

        assert until(ended)


def test_a_record_is_found_and_its_proof_verified(house: Lab, visit: type[Visitor]) -> None:
    with psycopg.connect(house.dsn("bob", "shop", options="-c proctor.reason=INC-77"), autocommit=True) as session:
        session.execute("select email from customers where id = 3")
    house.recorded("session.closed")
    page = visit("sid").sign_in("/console/journal")
    page.get_by_label("Who", exact=True).fill("bob")
    page.get_by_label("Kind").select_option("statement.decided")
    page.get_by_label("Words").fill("INC-77")
    page.get_by_role("button", name="Find").first.click()
    page.get_by_role("row").filter(has_text="select email").first.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Where columns went")).to_be_visible()
    expect(page.get_by_text("masked as email").first).to_be_visible()
    page.get_by_role("link", name="Verify the proof").click()

    def proven() -> bool:
        # It is in the signed log within a second: asked again, until it is.
        page.reload()
        return "Proven." in (page.get_by_role("status").text_content() or "")

    assert until(proven)
    expect(page.get_by_text("c2sp.org/tlog-proof@v1")).to_be_visible()
    page.goto("/console/seen?column=customers.email")
    expect(page.get_by_role("row").filter(has_text="INC-77").first).to_contain_text("masked as email")


def test_a_class_is_overruled_and_the_next_answer_follows(house: Lab, visit: type[Visitor]) -> None:
    with psycopg.connect(house.dsn("bob", "shop"), autocommit=True) as session:  # whoever comes first has it scanned
        assert session.execute("select full_name from customers where id = 3").fetchall() != [("Person 3",)]
    page = visit("dana").sign_in("/console/data/shop")
    page.get_by_role("link", name="public.customers.full_name").click()
    page.get_by_label("Class", exact=True).select_option("")
    page.get_by_label("Why").first.fill("made-up people")
    page.get_by_role("button", name="Overrule").click()
    expect(page.get_by_role("status")).to_have_text("Overruled.")
    expect(page.get_by_text("dana said not sensitive, made-up people")).to_be_visible()

    def plain() -> bool:
        with psycopg.connect(house.dsn("bob", "shop"), autocommit=True) as session:
            return session.execute("select full_name from customers where id = 3").fetchall() == [("Person 3",)]

    assert until(plain)
    page.get_by_label("Why").last.fill("they are not")
    page.get_by_role("button", name="Take the newest word back").click()
    expect(page.get_by_role("status")).to_have_text("Taken back.")


def test_a_statement_is_tried_before_the_rules(house: Lab, visit: type[Visitor]) -> None:
    page = visit("sid").sign_in("/console/rules-test")
    page.get_by_label("As whom").select_option("copilot")
    page.get_by_label("Database").select_option("shop")
    page.get_by_label("Statement").fill("delete from orders")
    page.get_by_role("button", name="What would happen?").click()
    expect(page.get_by_role("heading", name="deny")).to_be_visible()


def test_the_past_is_asked_again_under_the_rules_of_now(house: Lab, visit: type[Visitor]) -> None:
    page = visit("sid").sign_in("/console/rules")
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_role("heading", name="Replay of 7 days")).to_be_visible()


def test_a_pack_is_built_verified_and_taken_away(house: Lab, visit: type[Visitor], tmp_path: Path) -> None:
    house.recorded("session.closed")
    page = visit("sid").sign_in("/console/evidence")
    today = datetime.now(UTC).date()
    page.get_by_label("From").fill((today - timedelta(days=1)).isoformat())
    page.get_by_label("Before").fill((today + timedelta(days=1)).isoformat())
    page.get_by_role("button", name="Build a pack").click()
    expect(page.get_by_role("status")).to_have_text("The pack is built.", timeout=PATIENCE)
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("status")).to_contain_text(re.compile("^Verified"), timeout=PATIENCE)
    with page.expect_download() as begun:
        page.get_by_role("link", name="Take it away").click()
    begun.value.save_as(tmp_path / "pack.zip")
    with zipfile.ZipFile(tmp_path / "pack.zip") as archive:
        archive.extractall(tmp_path / "pack")
    key = (house.folder / "state" / "log" / "meta" / "log.vkey").read_text().strip()
    done = subprocess.run(
        [*program(), "evidence", "verify", str(tmp_path / "pack"), "--key", key],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout[:8]) == (0, "verified"), done.stdout + done.stderr
    (entitled,) = (tmp_path / "pack" / "reports").glob("*-entitlements.json")
    said = json.loads(entitled.read_text())
    assert [each for each in said["totals"] if each.startswith("source: the log's own list of ")]
    assert set(PEOPLE) <= {row[0] for row in said["rows"]}


PAGES = ("now", "approvals", "grants", "journal", "data", "data/shop", "rules", "rules-test", "evidence", "health")


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])
@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
def test_every_page_fits_its_window_in_both_themes(visit: type[Visitor], phone: bool, dark: bool) -> None:
    page = visit("dana", phone=phone, dark=dark).sign_in()
    for path in PAGES:
        page.goto(f"/console/{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert fits(page), path
        shade = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert shade == ("rgb(13, 17, 23)" if dark else "rgb(255, 255, 255)")


def pictured(page: Page, name: str, *, dark: bool) -> None:
    """Leave a picture of a page for the manual, where that was asked for."""
    if PICTURES:
        place = Path(PICTURES, f"{name}-{'dark' if dark else 'light'}.jpg")
        page.screenshot(path=place, type="jpeg", quality=60)


@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
def test_axe_finds_no_serious_fault_on_any_page(house: Lab, visit: type[Visitor], dark: bool) -> None:
    """Names of fields, contrast in both themes, order of headings, tables: what a screen reader stumbles over."""
    waiting = psql(house, "update orders set total = 3 where id = 3", "copilot")
    try:
        (ticket,) = until(lambda: [one for one in house.tickets() if one["state"] == "pending"])
        visitor = visit("dana", dark=dark)
        page = visitor.page
        page.set_content("<button></button>")
        assert serious(page) != [], "what is wrong is found"
        page.goto("/console/sign-in")
        assert serious(page) == [], "sign-in"
        pictured(page, "sign-in", dark=dark)
        visitor.sign_in()
        asked = psql(house, "copy (select id, full_name, email from customers where id < 9) to stdout", "ada")
        assert asked.wait(timeout=PATIENCE / 1000) == 0
        record = next(one for one in house.recorded("statement.decided", command="copy") if one.get("masks"))
        rules = str(house.recorded("rules.loaded")[0]["rule_set"])
        more = {
            "ticket": f"approvals/{ticket['id']}",
            "record": f"journal/{record['shard']}/{record['seq']}?prove=1",
            "column": "data/shop/column?name=public.customers.email",
            "seen": "seen?column=customers.email",
            "rule-set": f"rules/{rules}",
            "rules-diff": f"rules-diff?before={rules}&after={rules}",
            "not-found": "approvals/none",
        }
        for name, path in ({path: path for path in PAGES} | more).items():
            page.goto(f"/console/{path}")
            assert serious(page) == [], path
            assert fits(page), path
            if name == "record":
                expect(page.get_by_role("img", name="Columns and what became of them")).to_be_visible()
            pictured(page, name.replace("/", "-"), dark=dark)
        visitor.faults.clear()  # the last page is one that is not there
        page.goto("/console/rules")
        page.get_by_role("button", name="Replay").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Replay of 7 days", timeout=PATIENCE)
        assert serious(page) == [], "rules-replay"
        assert fits(page), "rules-replay"
        pictured(page, "rules-replay", dark=dark)
    finally:
        waiting.kill()
        waiting.wait()


def serious(page: Page) -> list[str]:
    """Return what axe holds for serious or critical."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in ("serious", "critical")]


def test_everything_is_reached_by_the_keyboard(visit: type[Visitor]) -> None:
    page = visit("dana").sign_in()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Approvals")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Approvals")).to_be_visible()


# ---- by the company's provider


def test_a_person_signs_in_at_the_provider_decides_and_signs_out_again(
    house: Lab, openid: OpenId, visit: type[Visitor]
) -> None:
    waiting = psql(house, "update orders set total = 5 where id = 5", "copilot")
    try:
        (ticket,) = until(lambda: [one for one in house.tickets() if one["state"] == "pending"])
        visitor = visit("dora")
        page = visitor.page
        page.route("https://**", lambda way: way.abort())  # the provider's pages ask for fonts from elsewhere
        page.goto(f"/console/approvals/{ticket['id']}")
        page.get_by_role("link", name="Sign in with localhost").click()
        page.locator("input[name=login]").fill("dora")
        page.locator("input[name=password]").fill("whatever")
        page.get_by_role("button", name="Sign-in").click()
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_text(f"{DBA} dba")).to_be_visible()
        page.get_by_label("Comment").fill("INC-42")
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_role("status")).to_have_text("Approved.")
        said, _ = waiting.communicate(timeout=60)
        assert "UPDATE 1" in said, said
        (approved,) = house.recorded("ticket.approved", ticket=ticket["id"])
        assert (approved["by"], approved["who"]["proof"], approved["who"]["issuer"]) == (DBA, "oidc", "corp")
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url(f"{openid.issuer}/session/end?*")
        page.get_by_role("button", name="Yes, sign me out").click()
        page.wait_for_url(re.compile("/console/signed-out$"))
        expect(page.get_by_role("status")).to_have_text("You have signed out.")
        page.goto("/console/now")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        visitor.faults.clear()  # the provider's own pages have no icon
    finally:
        waiting.kill()
        waiting.wait()


@pytest.fixture
def dora(house: Lab) -> Iterator[Plain]:
    """A browser whose every step a test can change; like any, it takes this machine for a safe place."""
    with browser_of("dora") as browser:
        yield browser


@contextmanager
def browser_of(person: str) -> Iterator[Plain]:
    browser = Plain(person)

    def trust(_: httpx.Response) -> None:
        for cookie in browser.http.cookies.jar:
            cookie.secure = False  # this machine is a safe place, as browsers have it

    browser.http.event_hooks = {"response": [trust]}
    with browser.http:
        yield browser


def console(house: Lab, path: str = "now") -> str:
    host, port = house.gateway.console
    return f"http://{host}:{port}/console/{path}"


def leaves(house: Lab, browser: Plain) -> httpx.URL:
    """Return where the console sends a browser to sign in."""
    return httpx.URL(browser.http.get(console(house, "sign-in/with/corp")).headers["location"])


def is_in(house: Lab, browser: Plain) -> bool:
    return browser.http.get(console(house)).status_code == 200


def refused(house: Lab, why: str) -> None:
    until(lambda: [one for one in house.recorded("login.failed", method="oidc") if why in str(one["why"])])


def test_signing_out_at_the_provider_ends_the_visit(
    house: Lab,
    openid: OpenId,
    told: tuple[str, Queue[str]],
    dora: Plain,
) -> None:
    while not told[1].empty():
        told[1].get()
    assert dora.visit(console(house, "sign-in/with/corp")).status_code == 200
    assert is_in(house, dora)
    dora.visit(f"{openid.issuer}/session/end?client_id={CLIENT}")
    assert is_in(house, dora), "the provider has not said so yet"
    host, port = house.gateway.console
    word = {"logout_token": told[1].get(timeout=30)}
    assert httpx.post(f"http://{host}:{port}/api/v1/back-channel-logout", data=word, trust_env=False).status_code == 200
    assert not is_in(house, dora)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("state", "x" * 43, "another state"),
        ("nonce", "x" * 43, "(nonce)"),
        ("code_challenge", "x" * 43, "invalid_grant"),
        ("client_id", "other", "invalid_grant"),
    ],
)
def test_what_was_changed_on_the_way_to_the_provider_lets_nobody_in(
    house: Lab, dora: Plain, name: str, value: str, why: str
) -> None:
    answer = dora.visit(str(leaves(house, dora).copy_set_param(name, value)))
    assert answer.status_code == 401
    assert not is_in(house, dora)
    refused(house, why)


def test_the_providers_answer_counts_once_and_in_the_browser_that_had_asked(house: Lab, dora: Plain) -> None:
    place = leaves(house, dora)
    kept = [each for each in dora.http.cookies.jar if each.name == "__Host-proctor-gone"]
    answer = dora.visit(str(place))
    assert answer.status_code == 200
    with browser_of("mallory") as mallory:
        assert mallory.http.get(answer.url).status_code == 401
        refused(house, "has not begun to sign in here")
        mallory.http.cookies.jar.set_cookie(kept[0])
        assert mallory.http.get(answer.url).status_code == 401
        refused(house, "come back before with this very answer")
        assert not is_in(house, mallory)
    assert is_in(house, dora)


def test_who_is_disabled_is_not_let_in_by_the_provider_either(house: Lab) -> None:
    with browser_of("frank") as frank:
        assert frank.visit(console(house, "sign-in/with/corp")).status_code == 401
        assert not is_in(house, frank)
    refused(house, "it is disabled")


def test_signing_in_by_the_provider_leads_to_the_console_alone(house: Lab, dora: Plain) -> None:
    answer = dora.visit(console(house, "sign-in/with/corp?next=https://evil.test/"))
    assert answer.status_code == 200
    assert 'content="0;url=/console/now"' in answer.text
