"""The API offers everything that the pages do: held together by the routes that there are, and by what each asks for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from proctor.edge.doorkeeper import Doorkeeper
from proctor.edge.verifiers import Locks
from proctor.faces import console
from proctor.faces.api import create
from tests.unit.control.house import House, build

FACES = Path(console.__file__).parents[1]
GET, POST = "GET", "POST"
V1 = "/api/v1"
OFFERED: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    # each page and form of the console: the routes of the API that tell or do as much
    (GET, "now"): ((GET, "/sessions"), (GET, "/pulse"), (GET, "/condition"), (GET, "/health")),
    (POST, "sessions/{session}/kill"): ((POST, "/sessions/{session}/kill"),),
    (GET, "approvals"): ((GET, "/approvals"), (GET, "/reviews")),
    (GET, "approvals/{ticket}"): ((GET, "/approvals/{ticket}"),),
    (POST, "approvals/{ticket}"): tuple(
        (POST, f"/approvals/{{ticket}}/{step}") for step in ("approve", "deny", "review", "cancel")
    ),
    (GET, "grants"): ((GET, "/grants"),),
    (POST, "grants"): ((POST, "/grants"),),
    (POST, "grants/{grant}"): ((POST, "/grants/{grant}/{step}"),),
    (GET, "journal"): ((GET, "/records"), (GET, "/views")),
    (POST, "journal-views"): ((POST, "/views"), (POST, "/views/drop")),
    (GET, "seen"): ((GET, "/sightings"),),
    (GET, "journal/{shard}/{number}"): (
        (GET, "/records/{shard}/{number}"),
        (GET, "/records/{shard}/{number}/proof"),
    ),
    (GET, "data"): ((GET, "/databases"),),
    (GET, "data/{database}"): (
        (GET, "/databases/{database}/columns"),
        (GET, "/databases/{database}/copies"),
        (GET, "/records"),
    ),
    (GET, "data/{database}/column"): (
        (GET, "/databases/{database}/columns"),
        (GET, "/databases/{database}/columns/{column}/history"),
    ),
    (POST, "data/{database}/column"): ((POST, "/classifications"),),
    (GET, "rules"): ((GET, "/rules"), (GET, "/rule-sets"), (GET, "/rule-hits")),
    (POST, "rules"): ((POST, "/reload"),),
    (GET, "rules/{digest}"): ((GET, "/rule-sets/{digest}"),),
    (GET, "rules-diff"): ((GET, "/rule-sets/{digest}"),),
    (GET, "rules-test"): ((GET, "/principals"), (GET, "/databases")),
    (POST, "rules-test"): ((POST, "/explain"),),
    (POST, "rules-replay"): ((POST, "/replay"),),
    (GET, "evidence"): ((GET, "/evidence"),),
    (POST, "evidence"): ((POST, "/evidence"),),
    (POST, "evidence/{name}"): ((POST, "/evidence/{name}/verify"),),
    (GET, "evidence/{name}.zip"): ((GET, "/evidence/{name}/zip"),),
    (GET, "health"): ((GET, "/health"), (GET, "/logs"), (GET, "/condition"), (GET, "/sessions")),
}
OF_THE_BROWSER = {(POST, "view"), (POST, "sign-out")}
"""What a browser has and a program has not: colours, and a visit to end."""
UNSEEN = re.compile(r"^(sign-in.*|signed-out|static/.*)$")
VISITS = {"reading.greeted", "reading.left", "code_flow", "store.sign_ins.ended"}
"""Of `control`, what only visits of people with browsers need."""


@pytest.fixture
def routes(tmp_path: Path) -> Iterator[set[tuple[str, str]]]:
    """Every route that there is, with each method."""
    house: House = build(tmp_path)
    door = Doorkeeper(house.config, Locks(house.config, b"k" * 32), house.clock, house.records.record)
    app = create(house.control, door, tmp_path / "log", "1.2.3")
    yield {
        (method, route.path)
        for route in app.app.app.routes  # type: ignore[attr-defined]
        for method in (getattr(route, "methods", None) or set()) - {"HEAD"}
    }
    house.store.close()


def test_every_page_and_every_form_has_its_routes_of_the_api(routes: set[tuple[str, str]]) -> None:
    """A page that is added without a line in the table above fails here, and so does a line without a page."""
    pages = {
        (method, path.removeprefix("/console/"))
        for method, path in routes
        if path.startswith("/console/") and not UNSEEN.match(path.removeprefix("/console/"))
    }
    assert pages == {*OFFERED, *OF_THE_BROWSER}


@pytest.mark.parametrize("page", OFFERED, ids=" ".join)
def test_the_routes_that_offer_as_much_as_a_page_are_there(routes: set[tuple[str, str]], page: tuple[str, str]) -> None:
    named = {(method, V1 + path) for method, path in OFFERED[page]}
    assert named - routes == set()


def test_every_step_of_a_form_is_a_step_of_the_api() -> None:
    """Each button of a form that says what to do is a path, or a field, of the API."""
    pages = "".join(path.read_text("utf-8") for path in sorted(FACES.glob("console/templates/*.html")))
    steps = set(re.findall(r'name="step" value="([a-z]+)"', pages))
    told = "".join(path.read_text("utf-8") for path in sorted(FACES.glob("api*.py")))
    others = {"keep": "/views", "say": "/classifications", "back": "undo"}
    assert steps
    assert {step for step in steps if f'"{step}"' not in told and f"/{step}" not in told} == set(others)
    assert all(word in told for word in others.values())


def test_whatever_the_pages_ask_the_house_the_api_asks_too() -> None:
    """Read from the code: a page that calls what no route of the API calls fails here."""
    pages = set().union(*(asked(path) for path in sorted(FACES.glob("console/*.py"))))
    offered = set().union(*(asked(path) for path in sorted(FACES.glob("*.py"))))
    assert {"approve", "reading.search", "evidence.build", "grants.revoke", "views.keep"} <= pages, "it looks closely"
    assert pages - offered - VISITS == set()


def asked(path: Path) -> set[str]:
    """Return what a module asks of `control`, by its names there, the longest of each."""
    tree = ast.parse(path.read_text("utf-8"))
    short = {
        target.id: told
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and (told := dotted(node.value)) is not None
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and id(node) not in inner:
            words = (dotted(node) or "").split(".")
            words = [*short.get(words[0], words[0]).split("."), *words[1:]]
            if "control" in words:
                found.add(".".join(words[words.index("control") + 1 :]))
    return {name for name in found if name and not any(other.startswith(f"{name}.") for other in found)}


def dotted(node: ast.AST) -> str | None:
    """Return a chain of names as it is written."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)) is not None:
        return f"{before}.{node.attr}"
    return None
