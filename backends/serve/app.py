"""The whole application: the gate, the routes of every part, health, metrics and the description."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from backends.errors import BackendError
from backends.serve import native, openapi
from backends.serve.answers import failed, said
from backends.serve.callers import Right, caller_of
from backends.serve.gate import Gate
from backends.serve.metrics import CONTENT_TYPE
from backends.serve.office import Office

if TYPE_CHECKING:
    from starlette.types import ASGIApp

PARTS: Sequence[tuple[str, str]] = (("/tmf-api", "backends.serve.tmf"),)
"""Where further modules' `routes(office)` are mounted."""


def application(office: Office) -> ASGIApp:
    """Return the ASGI application over `office`, which it starts and stops; the backend stays its caller's to open."""
    routes: list[BaseRoute] = [*native.routes(office), *_common(office)]
    for path, module in PARTS:
        if find_spec(module) is not None:
            routes.append(Mount(path, routes=import_module(module).routes(office)))

    @asynccontextmanager
    async def living(_app: Starlette) -> AsyncIterator[None]:
        office.start()
        try:
            yield
        finally:
            await office.stop()

    handlers = {BackendError: failed, HTTPException: failed, Exception: failed}
    app = Starlette(routes=routes, lifespan=living, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return Gate(app, office)


def _common(office: Office) -> list[BaseRoute]:
    description = openapi.description(office.version)

    async def health(_request: Request) -> Response:
        return said({"status": "ok"})

    async def ready(_request: Request) -> Response:
        if office.closing:
            return said({"status": "closing"}, 503)
        try:
            await office.backend.operators()
        except BackendError as error:
            return said({"status": "unavailable", "reason": type(error).__name__}, 503)
        return said({"status": "ready"})

    async def metrics(request: Request) -> Response:
        caller_of(request).needs(Right.WATCH)
        return PlainTextResponse(office.metrics.text(), headers={"content-type": CONTENT_TYPE})

    async def described(_request: Request) -> Response:
        return said(description)

    return [
        Route("/health", health),
        Route("/ready", ready),
        Route("/metrics", metrics),
        Route("/openapi.json", described),
    ]
