"""What all pages of the console stand on: who visits, forms that were meant, and templates that escape everything.

In come requests; out go responses with the console's own strict headers. Knows no page.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from fastapi import FastAPI
from jinja2 import Environment, PackageLoader
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from proctor.control import Control, Refused
from proctor.control.words import APPROVERS, READERS
from proctor.edge.config import loopback
from proctor.edge.doorkeeper import Doorkeeper
from proctor.edge.identity_config import Issuer
from proctor.errors import Fault
from proctor.faces.console.visits import Visit, Visits, meant
from proctor.faces.console.words import coloured, local, zone_named
from proctor.faces.problems import STATUS
from proctor.session.ports import Clock
from proctor.terms import Identity

COOKIE: Final = "__Host-proctor"
VIEW: Final = "__Host-proctor-view"
MAX_FIELDS: Final = 30
MENU: Final = (
    ("now", "Now"),
    ("approvals", "Approvals"),
    ("grants", "Grants"),
    ("journal", "Journal"),
    ("data", "Data map"),
    ("rules", "Rules"),
    ("evidence", "Evidence"),
    ("health", "Health"),
)
DONE: Final = {
    "approve": "Approved.",
    "deny": "Denied.",
    "cancel": "Withdrawn.",
    "review": "Reviewed.",
    "revoke": "Revoked.",
    "kill": "The session ends within a second.",
    "asked": "Asked.",
    "say": "Overruled.",
    "back": "Taken back.",
    "built": "The pack is built.",
    "kept": "Kept.",
    "dropped": "Dropped.",
    "reload": "Settings and rules are read again.",
}
"""What a page says after a form, by a word of ours: nothing of an address is ever shown."""
HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # without one, a browser says of our own forms that they come from nowhere
    "cache-control": "no-store",
}
THEMES: Final = ("auto", "light", "dark")
_NEXT: Final = re.compile(r"/console/[A-Za-z0-9/._?=&%:+-]{0,500}").fullmatch


class Offered(Exception):
    """A page other than the one asked for."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


@dataclass(frozen=True, slots=True)
class Guest:
    """Who asks for a page, and the request."""

    request: Request
    visit: Visit
    me: Identity
    form: FormData

    def said(self, name: str) -> str:
        """Return a field of the form, empty where it is not there."""
        value = self.form.get(name)
        return value.strip() if isinstance(value, str) else ""

    def asked(self, name: str) -> str:
        """Return a word of the address."""
        return self.request.query_params.get(name, "").strip()[:1000]

    def place(self, name: str) -> str:
        """Return a part of the path."""
        return str(self.request.path_params[name])

    @property
    def reads(self) -> bool:
        """Whether to offer what is for readers; `control` decides whether they get it."""
        return bool(self.me.groups & READERS)

    @property
    def runs(self) -> bool:
        """Whether to offer what is for those who run the house."""
        return bool(self.me.groups & APPROVERS)


Page = Callable[[Guest], Awaitable[Response]]


class Stage:
    """Registers pages, and lets nobody see one without having signed in."""

    def __init__(self, app: FastAPI, control: Control, door: Doorkeeper, clock: Clock, version: str) -> None:
        self.app = app
        self.control = control
        self.door = door
        self.clock = clock
        self.version = version
        self.visits = Visits(door, clock)
        self._templates = Environment(
            loader=PackageLoader("proctor.faces.console", "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(local=local, coloured=coloured, menu=MENU)

    def get(self, path: str, page: Page) -> None:
        """Register a page to look at."""

        async def answer(request: Request) -> Response:
            return await self._answered(request, page)

        self.app.add_route(f"/console/{path}", answer, methods=["GET"], include_in_schema=False)

    def post(self, path: str, page: Page) -> None:
        """Register what a form does; only one from our own page is heard."""

        async def answer(request: Request) -> Response:
            return await self._answered(request, page)

        self.app.add_route(f"/console/{path}", answer, methods=["POST"], include_in_schema=False)

    async def _answered(self, request: Request, page: Page) -> Response:
        found = self.visits.of(request.cookies.get(COOKIE))
        if found is None:
            return self._to_sign_in(request)
        visit, before = found
        me = await self.door.standing(before)
        if me is None or await self._signed_out(visit):  # they have left, or are out at the provider
            self.visits.end(visit)
            return self._to_sign_in(request)
        form = FormData()
        if request.method == "POST":
            if not ours(request):
                return self.show(None, "problem.html", 403, title="Not from here", reason="Another site asked this.")
            form = await request.form(max_files=0, max_fields=MAX_FIELDS)
            if not meant(visit, form.get("csrf")):
                stale = "The form is not from a page of this visit. Open the page again."
                guest = Guest(request, visit, me, form)
                return self.show(guest, "problem.html", 403, title="Not from here", reason=stale)
        guest = Guest(request, visit, me, form)
        try:
            return await page(guest)
        except Offered as other:
            return other.response
        except Fault as fault:
            return self.show(guest, "problem.html", 503, title="In trouble", reason=fault.message, hint=fault.hint)

    async def _signed_out(self, visit: Visit) -> bool:
        if visit.proven is None:
            return False
        return await asyncio.to_thread(self.control.store.sign_ins.ended, visit.proven.sign_in)

    def ways(self, request: Request) -> dict[str, Issuer]:
        """Return the providers that people sign in by: those that send them back here, wherever here is."""
        here = loopback(request.url.hostname or "")
        known = self.door.config.identity.items()
        return {name: each for name, each in known if each.console_client and (each.console.url or here)}

    def sign_in(
        self, request: Request, wanted: str, trouble: str = "", status: int = 200, *, done: str = ""
    ) -> Response:
        """Return the page where one signs in."""
        ways = [(name, urlsplit(each.issuer).hostname) for name, each in self.ways(request).items()]
        return self.show(None, "sign-in.html", status, trouble=trouble, said=done, next=following(wanted), ways=ways)

    def _to_sign_in(self, request: Request) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        wanted = request.url.path + query if request.method == "GET" else ""
        following = "?next=" + wanted.replace("%", "%25").replace("&", "%26") if _NEXT(wanted) else ""
        return to(f"/console/sign-in{following}")

    def show(self, guest: Guest | None, template: str, status: int = 200, **words: object) -> Response:
        """Return a page."""
        request = None if guest is None else guest.request
        theme, zone_name = viewed(request)
        path = "" if request is None else request.url.path.removeprefix("/console/").partition("/")[0]
        done = "" if request is None else DONE.get(request.query_params.get("done", ""), "")
        content = self._templates.get_template(template).render(
            {
                "visit": guest and guest.visit,
                "me": guest and guest.me,
                "reads": guest is not None and guest.reads,
                "runs": guest is not None and guest.runs,
                "here": path.partition("-")[0].replace("seen", "journal"),
                "theme": theme,
                "zone_name": zone_name,
                "zone": zone_named(zone_name),
                "done": done,
                **words,
            }
        )
        return HTMLResponse(content, status, HEADERS)

    def got(self, guest: Guest, found: object) -> None:
        """Answer with a problem where `control` has refused."""
        if isinstance(found, Refused):
            titles = {"forbidden": "Not for you", "missing": "Not found", "conflict": "Not now", "invalid": "Not so"}
            page = self.show(
                guest,
                "problem.html",
                STATUS[found.why],
                title=titles[found.why],
                reason=found.reason,
                hint=found.hint,
            )
            raise Offered(page)


def to(path: str) -> Response:
    """Return a way to another page of ours, after a form."""
    return RedirectResponse(path, 303, HEADERS)


def following(path: str) -> str:
    """Return where to go after signing in: a page of the console, whatever was asked for."""
    return path if _NEXT(path) and "//" not in path and ".." not in path else "/console/now"


def ours(request: Request) -> bool:
    """Say whether a form was sent by a page of this very address, as far as the browser tells."""
    origin = request.headers.get("origin")
    return origin is None or (origin != "null" and urlsplit(origin).netloc == request.headers.get("host"))


def viewed(request: Request | None) -> tuple[str, str]:
    """Return in which colours and zone somebody looks."""
    theme, _, zone = ("" if request is None else request.cookies.get(VIEW, "")).partition("|")
    return theme if theme in THEMES else "auto", zone if zone_named(zone) is not None else ""


def kept(response: Response, name: str, value: str) -> Response:
    """Set a cookie that no script reads, no other site sends, and no plain connection carries."""
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="strict")
    return response


def words_of(found: Mapping[str, object]) -> str:
    """Return what a person wants to know first of a record."""
    statement = found.get("statement")
    if isinstance(statement, dict):
        return str(statement.get("text", ""))
    told = (
        "statement",
        "action",
        "target",
        "outcome",
        "column",
        "after",
        "why",
        "because",
        "what",
        "rule_set",
        "worker",
    )
    return " ".join(str(found[name]) for name in told if found.get(name))
