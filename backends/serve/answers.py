"""How a server answers: JSON, and errors in one shape that says what a client needs to raise the same error.

    {"code": "conflict", "reason": "…", "message": "…", "status": "409", "error": {…}}

`code` is the kind of the port's error, `reason` the code of what is wrong where there is one, `message` technical
English, and `error` the whole error as `backends.wire` writes it. The first four are those of TM Forum's guidelines
(TMF630), whose routes answer without the fifth.
"""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from backends import wire
from backends.errors import (
    BackendError,
    Busy,
    Conflict,
    Damaged,
    Full,
    Invalid,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Refused,
    TimedOut,
    Unavailable,
    Unsupported,
)
from backends.serve.office import StillRunning

log = logging.getLogger("cordboard.serve")

JSON = "application/json"
_STATUS: Mapping[type[BackendError], int] = {
    StillRunning: 409,
    Busy: 503,
    TimedOut: 504,
    Unavailable: 503,
    NotAllowed: 403,
    NotSignedIn: 401,
    NotFound: 404,
    Invalid: 422,
    Conflict: 409,
    Refused: 400,
    Unsupported: 501,
    Full: 507,
    Damaged: 500,
    BackendError: 500,
}


class TooLarge(Refused):
    """A body is longer than the server takes."""


class TooMany(Busy):
    """This token sends more than it may."""


class TooSlow(TimedOut):
    """A request did not arrive in time."""


_STATUS = {TooLarge: 413, TooMany: 429, TooSlow: 408, **_STATUS}


def status_of(error: BackendError) -> int:
    """Return the status that says this error; a body that is no JSON is 400."""
    if isinstance(error, Invalid) and error.code == "json":
        return 400
    return next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)


def said(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return JSON values as an answer."""
    return Response(wire.dumps(value), status, headers, JSON)


def refused(error: BackendError, *, native: bool = True) -> Response:
    """Return the answer that tells an error of the port."""
    status = status_of(error)
    plain = wire.plain_error(error)
    reason = error.code if isinstance(error, Invalid) else error.capability if isinstance(error, Unsupported) else ""
    body = _body(status, str(plain[wire.TAG]), reason or str(plain[wire.TAG]), error.detail)
    if native:
        body["error"] = plain
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="cordboard"'
    if isinstance(error, TooSlow):
        headers["Connection"] = "close"  # what is left of the body is not waited for
    if isinstance(error, Busy):
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after or 1.0)))
    return said(body, status, headers)


def _body(status: int, code: str, reason: str, message: str) -> dict[str, Any]:
    return {"code": code, "reason": reason, "message": message, "status": str(status)}


async def failed(request: Request, error: Exception) -> Response:
    """Answer whatever an endpoint raised; what nobody expected is logged by an id, and not described to the client."""
    native = not request.url.path.startswith("/tmf-api")
    if isinstance(error, BackendError):
        return refused(error, native=native)
    if isinstance(error, HTTPException):
        words = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "refused")
        headers = dict(error.headers or {})
        return said(_body(error.status_code, words, words, error.detail), error.status_code, headers)
    name = secrets.token_hex(4)
    log.error("fault %s: %s at %s", name, type(error).__name__, _place_of(error))
    return said(_body(500, "internal", "fault", f"fault {name}"), 500)


def _place_of(error: BaseException) -> str:
    """Return the file and line where an error was raised: its words may quote a customer."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "nowhere" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"


async def content_of(request: Request) -> bytes:
    """Return the whole body; the gate has bounded its length. Raises TooSlow, TooLarge."""
    try:
        async with asyncio.timeout(request.scope["body_seconds"]):
            return await request.body()
    except TimeoutError:
        raise TooSlow("the body did not arrive in time") from None
    except ClientDisconnect:
        raise TooSlow("the client left before the body was whole") from None


async def body_of(request: Request) -> Any:
    """Return the JSON values of the body, None when it is empty; raises Invalid `json`, TooSlow, TooLarge."""
    content = await content_of(request)
    return wire.loads(content) if content else None


def key_of(request: Request) -> str:
    """Return the idempotency key of a request, quoted as the draft wants it or bare; empty when there is none."""
    given = request.headers.get("idempotency-key", "").strip()
    if len(given) >= 2 and given[0] == given[-1] == '"':
        return given[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return given
