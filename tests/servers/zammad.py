"""A Zammad in memory, on a real socket: its REST interface as its documentation and source tell it, traps included.

Written from notes on the interface, not from a running Zammad. What is like the real one: 403 without credentials and
401 with wrong ones; an HTML page for who does not ask for JSON; errors masked as `Error ID …`; no totals; pages cut at
each list's own limit without a word; both shapes of a search; a search with Elasticsearch's syntax, which may lag
behind the database, or none; no idempotency, no versions; a merge that fails with status 200; mails sent even when
they are internal, with a message id of the server's own; a ticket touched by its articles.

    with zammad_server() as server:
        server.url, server.token, server.state
"""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.servers.zammad_desk import Desk, Refusal, masked
from tests.servers.zammad_search import BadQuery
from tests.servers.zammad_state import Row, State


class FakeZammad(Desk):
    """The application; `state` may be looked into and changed from the test, while nothing is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.token = secrets.token_hex(16)
        self.lock = threading.Lock()
        self.fails: list[Callable[[Request], None]] = []
        """What is called with a request before it is answered; may raise Refusal."""
        paths: tuple[tuple[str, str, Callable[[Row], Any]], ...] = (
            ("GET", "users/me", self.me), ("GET", "users/search", self.search_users),
            ("POST", "users/search", self.search_users), ("GET", "users/{id:int}", self.show_user),
            ("POST", "users", self.create_user), ("PUT", "users/{id:int}", self.change_user),
            ("GET", "tickets/search", self.search_tickets), ("POST", "tickets/search", self.search_tickets),
            ("GET", "tickets", self.list_tickets), ("POST", "tickets", self.create_ticket),
            ("GET", "tickets/{id:int}", self.show_ticket), ("PUT", "tickets/{id:int}", self.change_ticket),
            ("GET", "ticket_customer", self.tickets_of_customer),
            ("GET", "ticket_articles/by_ticket/{id:int}", self.list_articles),
            ("POST", "ticket_articles", self.create_article), ("GET", "ticket_history/{id:int}", self.show_history),
            ("PUT", "ticket_merge/{id:int}/{number}", self.merge), ("GET", "ticket_states", self.list_states),
            ("GET", "ticket_priorities", self.list_priorities), ("GET", "groups", self.list_groups),
            ("GET", "tags", self.show_tags), ("POST", "tags/add", self.add_tag),
            ("DELETE", "tags/remove", self.remove_tag), ("GET", "links", self.show_links),
            ("GET", "cti/log", self.list_calls),
        )  # fmt: skip
        routes = [Route(f"/api/v1/{path}", self._served(handler), methods=[method]) for method, path, handler in paths]
        self.app = Starlette(routes=routes)
        self.app.add_route("/{path:path}", self._served(self.nothing))

    # answering ----------------------------------------------------------------------------------------------------

    def _served(self, handler: Callable[[Row], Any]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            body = await request.body()
            with self.lock:
                self.state.asked.append(f"{request.method} {request.url.path.removeprefix('/api/v1/')}")
                try:
                    self._sign_in(request)
                    for fail in self.fails:
                        fail(request)
                    given: Row = dict(request.query_params)
                    given |= (await request.json()) if body else {}
                    found = handler(given | dict(request.path_params))
                except Refusal as refusal:
                    return self._error(request, refusal)
                except BadQuery:
                    return self._error(request, Refusal(500, masked()))
            return JSONResponse(found, 201 if request.method == "POST" and "search" not in request.url.path else 200)

        return answer

    def _error(self, request: Request, refusal: Refusal) -> Response:
        headers = {"X-Failure": refusal.error} if refusal.status in (401, 403) else {}
        if refusal.status == 429:
            return PlainTextResponse("Retry later\n", 429, {"Retry-After": "1"})
        if "json" not in request.headers.get("accept", ""):
            return HTMLResponse(
                f"<html><h1>{refusal.status}</h1><p>{refusal.error}</p></html>", refusal.status, headers
            )
        said = {"error": refusal.error} | ({"error_human": refusal.human} if refusal.human else {})
        return JSONResponse(said, refusal.status, headers)

    def _sign_in(self, request: Request) -> None:
        given = request.headers.get("authorization", "")
        if not given:
            raise Refusal(403, "Authentication required")
        if given != f"Token token={self.token}":
            raise Refusal(
                401, "Can't find User for Token" if given.startswith("Token") else "Invalid BasicAuth credentials"
            )


@dataclass
class Running:
    """A fake that listens on a socket."""

    fake: FakeZammad
    url: str

    @property
    def state(self) -> State:
        """What the server holds."""
        return self.fake.state

    @property
    def token(self) -> str:
        """The access token of the agent."""
        return self.fake.token

    def secret(self) -> str:
        """Return the secret as a profile has it."""
        return f'{{"kind":"token","token":"{self.fake.token}"}}'

    def clear(self) -> None:
        """Begin anew with an empty server."""
        with self.fake.lock:
            self.fake.state = State()
            self.fake.fails.clear()


@contextmanager
def zammad_server() -> Iterator[Running]:
    """Give a server of its own on a free port of this computer; it ends with the block."""
    fake = FakeZammad()
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # else no TCP_NODELAY: 40 ms each
    listening.bind(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    config = uvicorn.Config(fake.app, log_level="critical", lifespan="off", access_log=False, timeout_keep_alive=30)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield Running(fake, f"http://127.0.0.1:{port}/")
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()
