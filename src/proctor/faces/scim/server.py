"""Beside the stations: SCIM 2.0 over HTTP under /scim/v2 (RFC 7644). Thin: `control.provisioning` does what is asked.

In come requests with the directory's token; out go resources, or errors in SCIM's words. Knows no store.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from proctor.control.provisioning import Provisioning
from proctor.control.words import Refused
from proctor.edge.doorkeeper import Patience
from proctor.edge.people_book import Resource
from proctor.errors import ClientFault, Fault
from proctor.faces.scim import described
from proctor.faces.scim.filters import Test, Unfit, named_by, parse, value_of
from proctor.faces.scim.patches import patched
from proctor.faces.scim.resources import NAME, PLACE, Document, document_of, shown, version_of, wanted_of
from proctor.session.ports import Clock

ROOT = "/scim/v2"
MEDIA = "application/scim+json"
MESSAGES = "urn:ietf:params:scim:api:messages:2.0"
FREE_TRIES = 5
SECOND = 1_000_000_000
SORTS = {place: sort for sort, place in PLACE.items()}
STATUS = {"forbidden": 403, "missing": 404, "conflict": 409, "invalid": 400}
Endpoint = Callable[[Request], Awaitable[Response]]


class Declined(Exception):
    """An answer other than the one asked for."""

    def __init__(self, status: int, detail: str, kind: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.headers = headers


class Directory:
    """The routes of SCIM. `failed` is called with an address that has shown a wrong token."""

    def __init__(self, desk: Provisioning, clock: Clock, failed: Callable[[str], None]) -> None:
        self._desk = desk
        self._clock = clock
        self._failed = failed
        self._patience = Patience()

    def routes(self) -> list[BaseRoute]:
        """Return the routes, for the application of the API."""
        ends: list[tuple[str, str, Endpoint]] = [
            ("GET", "/ServiceProviderConfig", self._config),
            ("GET", "/ResourceTypes", self._types),
            ("GET", "/ResourceTypes/{name}", self._type),
            ("GET", "/Schemas", self._schemas),
            ("GET", "/Schemas/{name}", self._schema),
            ("POST", "/.search", self._search),
        ]
        for place in SORTS:
            ends += [
                ("GET", f"/{place}", self._list),
                ("POST", f"/{place}", self._create),
                ("POST", f"/{place}/.search", self._search),
                ("GET", f"/{place}/{{id}}", self._show),
                ("PUT", f"/{place}/{{id}}", self._replace),
                ("PATCH", f"/{place}/{{id}}", self._patch),
                ("DELETE", f"/{place}/{{id}}", self._remove),
            ]
        known = [Route(ROOT + path, self._guarded(end), methods=[verb]) for verb, path, end in ends]

        async def nothing(request: Request) -> Response:
            verbs = sorted(
                {verb for each in known if each.path_regex.match(request.url.path) for verb in each.methods or ()}
            )
            if verbs:
                raise Declined(405, f"this is for {', '.join(verbs)}", "", {"allow": ", ".join(verbs)})
            raise Declined(404, "there is nothing of this name")

        every = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
        return [*known, Route(ROOT + "/{rest:path}", self._guarded(nothing), methods=every)]

    def _guarded(self, end: Endpoint) -> Endpoint:
        async def answer(request: Request) -> Response:
            try:
                self._check(request)
                return await end(request)
            except Declined as no:
                return _error(no.status, str(no), no.kind, no.headers)
            except Unfit as unfit:
                return _error(400, str(unfit), unfit.kind)
            except ClientFault as fault:
                return _error(400, fault.message, "invalidValue")
            except Fault as fault:
                return _error(503, fault.message)

        return answer

    # ---- who asks

    def _check(self, request: Request) -> None:
        directory = self._desk.directory
        if directory is None:
            raise Declined(404, "no directory is set up here; write [scim] into the settings")
        address = request.client.host if request.client is not None else "local"
        now = self._clock.monotonic_ns()
        if (wait := self._patience.wait(now, (address,))) > 0:
            raise Declined(429, "too many wrong tokens; wait a little", "", {"retry-after": str(-(-wait // SECOND))})
        scheme, _, said = request.headers.get("authorization", "").partition(" ")
        good = sha256(directory.token.reveal().encode()).digest()
        if scheme.casefold() == "bearer" and hmac.compare_digest(good, sha256(said.strip().encode()).digest()):
            return
        if said:
            self._patience.failed(now, (address,), FREE_TRIES)
            self._failed(address)
        raise Declined(401, "show the directory's token", "", {"www-authenticate": 'Bearer realm="proctor"'})

    # ---- resources

    async def _list(self, request: Request) -> Response:
        asked = request.query_params
        return await self._found(request, {key: asked[key] for key in asked})

    async def _search(self, request: Request) -> Response:
        body = await _body(request)
        asked: dict[str, str] = {}
        for key, value in body.items():
            asked[key] = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        return await self._found(request, asked)

    async def _found(self, request: Request, asked: dict[str, str]) -> Response:
        sorts, said = _sorts(request), asked.get("filter", "")
        start, count = max(1, _number(asked, "startIndex", 1)), _number(asked, "count", described.MAX_RESULTS)
        count = max(0, min(count, described.MAX_RESULTS))
        named = named_by(said, NAME[sorts[0]])
        if len(sorts) > 1 or (said and named is None):
            test = parse(said) if said else _anything
            total, page = await self._fitting(request, test, start, count)
        else:
            total = await self._desk.count(sorts[0], name=named)
            found = await self._desk.some(sorts[0], name=named, skip=min(start - 1, total)) if count else ()
            page = [document_of(each, _base(request)) for each in found[:count]]
        return _answer(
            {
                "schemas": [f"{MESSAGES}:ListResponse"],
                "totalResults": total,
                "startIndex": start,
                "itemsPerPage": len(page),
                "Resources": [shown(each, asked.get("attributes"), asked.get("excludedAttributes")) for each in page],
            }
        )

    async def _fitting(self, request: Request, test: Test, start: int, count: int) -> tuple[int, list[Document]]:
        """Return how many fit a filter, and those of one page, looking at a few resources at a time."""
        total, page = 0, list[Document]()
        for sort in _sorts(request):
            behind: Resource | None = None
            while found := await self._desk.some(sort, behind, name=None):
                behind = found[-1]
                for each in found:
                    document = document_of(each, _base(request))
                    if test(document):
                        total += 1
                        if start <= total < start + count:
                            page.append(document)
        return total, page

    async def _create(self, request: Request) -> Response:
        made = await self._desk.create(_sort(request), wanted_of(_sort(request), await _body(request)))
        found = _resource(made)
        told = _told(request, found, 201)
        told.headers["location"] = f"{_base(request)}/{PLACE[found.sort]}/{found.id}"
        return told

    async def _show(self, request: Request) -> Response:
        found = await self._there(request)
        if request.headers.get("if-none-match") == version_of(found):
            return Response(status_code=304, headers={"etag": version_of(found)})
        return _told(request, found)

    async def _replace(self, request: Request) -> Response:
        before = await self._unchanged(request)
        return _told(
            request,
            _resource(await self._desk.replace(before, wanted_of(before.sort, await _body(request), before.active))),
        )

    async def _patch(self, request: Request) -> Response:
        body = await _body(request)
        before = await self._unchanged(request)
        document = patched(document_of(before, _base(request)), value_of(body, "Operations"))
        return _told(
            request, _resource(await self._desk.replace(before, wanted_of(before.sort, document, before.active)))
        )

    async def _remove(self, request: Request) -> Response:
        before = await self._unchanged(request)
        _resource(await self._desk.remove(before.sort, before.id))
        return Response(status_code=204)

    async def _there(self, request: Request) -> Resource:
        found = await self._desk.get(_sort(request), request.path_params["id"])
        if found is None:
            raise Declined(404, "there is no such resource")
        return found

    async def _unchanged(self, request: Request) -> Resource:
        """Return the resource, if it is still the one that the directory has seen."""
        found = await self._there(request)
        seen = request.headers.get("if-match")
        if seen is not None and seen not in ("*", version_of(found)):
            raise Declined(412, "it was changed meanwhile; read it again")
        return found

    # ---- discovery

    async def _config(self, request: Request) -> Response:
        meta = {"resourceType": "ServiceProviderConfig", "location": f"{_base(request)}/ServiceProviderConfig"}
        return _answer({**described.CONFIG, "meta": meta})

    async def _types(self, request: Request) -> Response:
        return _listed(described.types(_base(request)))

    async def _type(self, request: Request) -> Response:
        return _one(described.types(_base(request)), request.path_params["name"])

    async def _schemas(self, request: Request) -> Response:
        return _listed(described.schemas(_base(request)))

    async def _schema(self, request: Request) -> Response:
        return _one(described.schemas(_base(request)), request.path_params["name"])


def _base(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}{ROOT}"


def _sort(request: Request) -> str:
    return _sorts(request)[0]


def _sorts(request: Request) -> tuple[str, ...]:
    """Return of which sort are the resources that a request is about; of all where it names none."""
    found = SORTS.get(request.url.path.removeprefix(ROOT).split("/")[1])
    return tuple(SORTS.values()) if found is None else (found,)


def _anything(_: Mapping[str, object]) -> bool:
    return True


def _number(asked: dict[str, str], key: str, default: int) -> int:
    try:
        return int(asked.get(key, default))
    except ValueError:
        raise Declined(400, f"{key} must be a number", "invalidValue") from None


async def _body(request: Request) -> Document:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind not in (MEDIA, "application/json"):
        raise Declined(415, f"send {MEDIA}")
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise Declined(400, "this is no JSON", "invalidSyntax") from None
    except ClientDisconnect:
        raise Declined(413, "the request is too large") from None
    if not isinstance(body, dict):
        raise Declined(400, "send an object", "invalidSyntax")
    return body


def _resource(found: Resource | Refused) -> Resource:
    if isinstance(found, Refused):
        kind = "uniqueness" if found.why == "conflict" else ""
        raise Declined(STATUS[found.why], found.reason, kind)
    return found


def _told(request: Request, found: Resource, status: int = 200) -> Response:
    asked = request.query_params
    document = shown(document_of(found, _base(request)), asked.get("attributes"), asked.get("excludedAttributes"))
    return _answer(document, status, {"etag": version_of(found)})


def _listed(documents: list[Document]) -> Response:
    return _answer(
        {
            "schemas": [f"{MESSAGES}:ListResponse"],
            "totalResults": len(documents),
            "startIndex": 1,
            "itemsPerPage": len(documents),
            "Resources": documents,
        }
    )


def _one(documents: list[Document], name: str) -> Response:
    found = next((each for each in documents if each["id"] == name), None)
    if found is None:
        raise Declined(404, "there is nothing of this name")
    return _answer(found)


def _answer(document: Document, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(document, status, headers, media_type=MEDIA)


def _error(status: int, detail: str, kind: str = "", headers: dict[str, str] | None = None) -> Response:
    said: Document = {"schemas": [f"{MESSAGES}:Error"], "status": str(status), "detail": detail}
    if kind:
        said["scimType"] = kind
    return _answer(said, status, headers)
