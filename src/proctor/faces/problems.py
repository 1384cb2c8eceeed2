"""Beside the stations: everything that goes wrong, as problem details (RFC 9457). One safe sentence, never a stack.

In comes a refusal or a fault; out goes a response. Knows no paths.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from proctor.control import Refused
from proctor.errors import Fault

log = logging.getLogger("proctor.api")
STATUS = {"forbidden": 403, "missing": 404, "conflict": 409, "invalid": 422}


class Declined(Exception):
    """An answer other than the one asked for, on its way to the client."""

    def __init__(self, status: int, detail: str, *, hint: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.hint = hint
        self.headers = headers


def declined(refused: Refused) -> Declined:
    """Return what to raise for a refusal of `control`."""
    return Declined(STATUS[refused.why], refused.reason, hint=refused.hint)


def problem(status: int, detail: str, *, hint: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """Return problem details."""
    content: dict[str, str | int] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if hint:
        content["hint"] = hint
    return JSONResponse(content, status, headers, media_type="application/problem+json")


def tell_problems(app: FastAPI) -> None:
    """Make an application answer with problem details, whatever happens."""

    @app.exception_handler(Declined)
    async def _declined(_: Request, no: Declined) -> Response:
        return problem(no.status, no.detail, hint=no.hint, headers=no.headers)

    @app.exception_handler(HTTPException)
    async def _http(_: Request, fault: HTTPException) -> Response:
        return problem(fault.status_code, str(fault.detail), headers=fault.headers)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, fault: RequestValidationError) -> Response:
        where = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in fault.errors()[:5])
        return problem(422, where or "the request cannot be understood")

    @app.exception_handler(Fault)
    async def _fault(_: Request, fault: Fault) -> Response:
        log.error("a request failed: %s", fault.message)
        return problem(503, fault.message, hint=fault.hint)

    @app.exception_handler(Exception)
    async def _bug(_: Request, fault: Exception) -> Response:
        log.error("a request failed: %s", type(fault).__name__, exc_info=fault)
        return problem(500, "the gateway itself failed; its log says more")
