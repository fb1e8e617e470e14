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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.servers.zammad_search import BadQuery, fulfils, like, matcher

Row = dict[str, Any]

STATE_TYPES = {1: "new", 2: "open", 3: "pending reminder", 4: "pending action", 5: "closed", 6: "merged", 7: "removed"}
_STATES = ((1, "new", 1), (2, "open", 2), (3, "pending reminder", 3), (4, "closed", 5), (5, "merged", 6),
           (6, "removed", 7), (7, "pending close", 4))  # fmt: skip
_PRIORITIES = ((1, "1 low"), (2, "2 normal"), (3, "3 high"), (4, "4 urgent"))
_TYPES = ("email", "sms", "chat", "fax", "phone", "twitter status", "twitter direct-message", "facebook feed post",
          "facebook feed comment", "note", "web", "telegram personal-message", "whatsapp message")  # fmt: skip
GROUPS = ("Users", "Faults", "Installation", "Billing", "Complaints", "Sales", "Changes", "Privacy", "Network")
AGENT, COLLEAGUE = 3, 4
_USER_FIELDS = (
    "login", "firstname", "lastname", "email", "phone", "mobile", "fax", "web", "street", "zip", "city", "country",
    "address", "department", "note", "customer_number", "contract_kind", "salutation", "mood",
)  # fmt: skip


class Refusal(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, error: str, human: str = "") -> None:
        super().__init__(error)
        self.status, self.error, self.human = status, error, human


@dataclass
class State:
    """What the server holds; every test begins with an empty one."""

    elastic: bool = True
    lag: float = 0.0
    """Seconds by which the search is behind."""
    old: bool = False
    """Whether a search without `expand` answers as in 2022."""
    touches_customers: bool = False
    telephony: bool = True
    users: dict[int, Row] = field(default_factory=dict)
    tickets: dict[int, Row] = field(default_factory=dict)
    articles: dict[int, Row] = field(default_factory=dict)
    history: list[Row] = field(default_factory=list)
    tags: dict[int, list[str]] = field(default_factory=dict)
    links: list[tuple[str, int, int]] = field(default_factory=list)
    calls: list[Row] = field(default_factory=list)
    organisations: dict[int, str] = field(default_factory=dict)
    mails: list[Row] = field(default_factory=list)
    """What left the house."""
    asked: list[str] = field(default_factory=list)
    """Method and path of each request."""
    ids: int = 1_000
    last: datetime = datetime(2020, 1, 1, tzinfo=UTC)

    def __post_init__(self) -> None:
        """Put those there who work in it."""
        for key, login, roles in ((1, "-", []), (AGENT, "nicole@desk.example", ["Agent"]),
                                  (COLLEAGUE, "olaf@desk.example", ["Agent"])):  # fmt: skip
            name = login.partition("@")[0].title()
            self.users[key] = self.user({"login": login, "email": login, "firstname": name, "roles": roles}, key)

    def number(self) -> int:
        """Return an id that was not given yet."""
        self.ids += 1
        return self.ids

    def now(self) -> str:
        """Return the present moment in milliseconds, never the same one twice."""
        moment = datetime.now(UTC)
        moment = moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)
        self.last = max(moment, self.last + timedelta(milliseconds=1))
        return stamp(self.last)

    def user(self, given: Mapping[str, Any], key: int = 0) -> Row:
        """Return a new user, not stored yet."""
        at = self.now()
        known: Row = dict.fromkeys(_USER_FIELDS, "")
        known |= {"vip": False, "active": True, "preferences": {}, "roles": ["Customer"], "organization_id": None}
        return known | dict(given) | {"id": key or self.number(), "created_at": at, "updated_at": at}


def stamp(at: datetime) -> str:
    """Return a moment as the interface writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class FakeZammad:
    """The application; `state` may be looked into and changed from the test, while nothing is asked."""

    def __init__(self) -> None:
        self.state = State()
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
                    return self._error(request, Refusal(500, _masked()))
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

    def nothing(self, given: Row) -> Any:
        """Answer to a path that is none."""
        raise Refusal(404, "This page doesn't exist.")

    def _of(self, table: dict[int, Row], kind: str, key: Any) -> Row:
        found = table.get(int(key))
        if found is None:
            raise Refusal(404, f"Couldn't find {kind} with 'id'={key}")
        return found

    # users --------------------------------------------------------------------------------------------------------

    def user_row(self, user: Row, given: Row) -> Row:
        """Return a user as asked for."""
        found = {name: value for name, value in user.items() if name != "roles"}
        if _expands(given):
            organisation = self.state.organisations.get(user.get("organization_id") or 0)
            return found | {"roles": user["roles"], "organization": organisation}
        return found

    def me(self, given: Row) -> Any:
        """Who is signed in."""
        return self.user_row(self.state.users[AGENT], given)

    def show_user(self, given: Row) -> Any:
        """One user."""
        return self.user_row(self._of(self.state.users, "User", given["id"]), given)

    def create_user(self, given: Row) -> Any:
        """A new user; addresses are taken once."""
        self._check_user(given, 0)
        login = given.get("login") or given.get("email") or f"auto-{secrets.token_hex(8)}"
        taken = {user["login"] for user in self.state.users.values()}
        while login in taken:
            login += "1"
        user = self.state.user({name: value for name, value in given.items() if name not in _ASKING} | {"login": login})
        self.state.users[user["id"]] = user
        return self.user_row(user, given)

    def change_user(self, given: Row) -> Any:
        """A changed user."""
        user = self._of(self.state.users, "User", given["id"])
        self._check_user(given, user["id"])
        user |= {name: value for name, value in given.items() if name not in (*_ASKING, "id")}
        user["updated_at"] = self.state.now()
        return self.user_row(user, given)

    def _check_user(self, given: Row, key: int) -> None:
        email = (given.get("email") or "").lower()
        if email and any(each["email"].lower() == email and each["id"] != key for each in self.state.users.values()):
            raise Refusal(422, f"Email address '{email}' is already used for another user.")
        for name in ("firstname", "lastname", "phone", "mobile", "street", "city", "zip"):
            if len(given.get(name) or "") > 100:
                raise Refusal(500, _masked())
        names = [given.get(name) for name in ("login", "firstname", "lastname", "email", "phone")]
        if not key and not any(names):
            raise Refusal(
                422, "Minimum one identifier (login, firstname, lastname, phone or email) for user is required."
            )

    def search_users(self, given: Row) -> Any:
        """Users by whatever the index holds, or by name and address in SQL."""
        query = str(given.get("query", ""))
        rows = [user for user in self.state.users.values() if user["id"] > 1 and self._indexed(user)]
        if self.state.elastic:
            test = matcher(query)
            rows = [user for user in rows if test(user)]
        else:
            names = ("firstname", "lastname", "email", "login")
            rows = [user for user in rows if like(query, *(user[name] for name in names))]
        found = [self.user_row(user, given) for user in _cut(rows, given, 50, 200)]
        if _expands(given):
            return found
        assets = {"User": {str(user["id"]): user for user in found}}
        return {"record_ids": [user["id"] for user in found], "assets": assets} if "full" in given else found

    def _indexed(self, row: Row) -> bool:
        if not self.state.elastic or not self.state.lag:
            return True
        changed = datetime.fromisoformat(row["updated_at"])
        return changed <= datetime.now(UTC) - timedelta(seconds=self.state.lag)

    # tickets ------------------------------------------------------------------------------------------------------

    def ticket_row(self, ticket: Row, given: Row) -> Row:
        """Return a ticket as asked for."""
        found = dict(ticket)
        articles = [each["id"] for each in self.state.articles.values() if each["ticket_id"] == ticket["id"]]
        found |= {"article_count": len(articles)}
        if not _expands(given):
            return found
        return found | {
            "state": _STATES[ticket["state_id"] - 1][1],
            "priority": _PRIORITIES[ticket["priority_id"] - 1][1],
            "group": GROUPS[ticket["group_id"] - 1],
            "owner": self.state.users[ticket["owner_id"]]["login"],
            "customer": self.state.users[ticket["customer_id"]]["login"],
            "created_by": self.state.users[ticket["created_by_id"]]["login"],
            "article_ids": articles,
        }

    def show_ticket(self, given: Row) -> Any:
        """One ticket."""
        return self.ticket_row(self._of(self.state.tickets, "Ticket", given["id"]), given)

    def list_tickets(self, given: Row) -> Any:
        """All tickets, a hundred at most a page."""
        return [self.ticket_row(each, given) for each in _cut(list(self.state.tickets.values()), given, 100, 100)]

    def create_ticket(self, given: Row) -> Any:
        """A new ticket with its first article."""
        article = given.get("article")
        if not isinstance(article, dict):
            raise Refusal(422, "article hash is missing")
        if not given.get("title"):
            raise Refusal(422, "Attribute 'title' required!")
        self._of(self.state.users, "User", given.get("customer_id", 0))
        key, at = self.state.number(), self.state.now()
        ticket: Row = {
            "id": key, "number": str(66_000 + key), "title": given["title"], "customer_id": int(given["customer_id"]),
            "state_id": 1, "priority_id": 2, "group_id": 1, "owner_id": 1, "organization_id": None, "note": "",
            "escalation_at": None, "pending_time": None, "close_at": None, "last_contact_at": None, "type": None,
            "last_contact_agent_at": None, "last_contact_customer_at": None, "last_owner_update_at": None,
            "created_by_id": AGENT, "preferences": {}, "created_at": at, "updated_at": at,
        }  # fmt: skip
        self.state.tickets[key] = ticket
        try:
            self._set(ticket, given)
            self._add_article(ticket, article)
        except Refusal:
            del self.state.tickets[key]
            raise
        self._note(ticket, "created", "", "", "")
        for name in filter(None, str(given.get("tags", "")).split(",")):
            self.state.tags.setdefault(key, []).append(name.strip())
        return self.ticket_row(ticket, given)

    def change_ticket(self, given: Row) -> Any:
        """A changed ticket, and perhaps an article with it; nothing is compared."""
        ticket = self._of(self.state.tickets, "Ticket", given["id"])
        if "title" in given and not given["title"]:
            raise Refusal(422, "Attribute 'title' required!")
        before = self.ticket_row(ticket, {"expand": "true"})
        self._set(ticket, given)
        if isinstance(given.get("article"), dict):
            self._add_article(ticket, given["article"])
        after = self.ticket_row(ticket, {"expand": "true"})
        for name in ("state", "priority", "group", "owner", "title", "note", "pending_time", *_SITE):
            if before.get(name) != after.get(name):
                self._note(ticket, "updated", name, before.get(name), after.get(name))
        self._touch(ticket)
        return self.ticket_row(ticket, given)

    def _set(self, ticket: Row, given: Row) -> None:
        for name, values in (("state", [each[1] for each in _STATES]), ("group", GROUPS),
                             ("priority", [each[1] for each in _PRIORITIES])):  # fmt: skip
            if name in given:
                if given[name] not in values:
                    raise Refusal(422, f"No lookup value found for '{name}': {given[name]!r}")
                ticket[f"{name}_id"] = list(values).index(given[name]) + 1
        kind = STATE_TYPES[_STATES[ticket["state_id"] - 1][2]]
        if kind.startswith("pending") and not (given.get("pending_time") or ticket["pending_time"]):
            raise Refusal(422, "Missing required value for field 'pending_time'!")
        if kind == "closed" and not ticket["close_at"]:
            ticket["close_at"] = self.state.now()
        for name in ("title", "note", "pending_time", "owner_id", *_SITE):
            if name in given:
                if isinstance(given[name], str) and len(given[name]) > 250 and name in ("title", "note"):
                    raise Refusal(500, _masked())
                ticket[name] = given[name]
        if not kind.startswith("pending"):
            ticket["pending_time"] = None

    def _touch(self, ticket: Row) -> None:
        ticket["updated_at"] = self.state.now()
        if self.state.touches_customers:
            self.state.users[ticket["customer_id"]]["updated_at"] = self.state.now()

    def _note(self, ticket: Row, what: str, attribute: str, before: Any, after: Any) -> None:
        self.state.history.append({
            "id": self.state.number(), "object": "Ticket", "o_id": ticket["id"], "type": what, "attribute": attribute,
            "value_from": before or "", "value_to": after or "", "created_by_id": AGENT, "created_at": self.state.now(),
        })  # fmt: skip

    def search_tickets(self, given: Row) -> Any:
        """Tickets by the index, by title and number, or by a condition."""
        rows = list(self.state.tickets.values())
        condition = given.get("condition")
        if isinstance(condition, dict):
            rows = [each for each in rows if fulfils(condition, each)]
        elif self.state.elastic:
            test = matcher(str(given.get("query", "")))
            rows = [each for each in rows if self._indexed(each) and test(self.ticket_row(each, {"expand": "true"}))]
        else:
            rows = [each for each in rows if like(str(given.get("query", "")), each["title"], each["number"])]
        found = [self.ticket_row(each, given) for each in _cut(rows, given, 50, 200)]
        if _expands(given) or not self.state.old:
            return found
        assets = {"Ticket": {str(each["id"]): each for each in found}}
        return {"tickets": [each["id"] for each in found], "tickets_count": len(found), "assets": assets}

    def tickets_of_customer(self, given: Row) -> Any:
        """The newest fifteen open and closed tickets of a customer."""
        rows = [each for each in self.state.tickets.values() if each["customer_id"] == int(given["customer_id"])]
        rows.sort(key=lambda each: each["created_at"], reverse=True)
        closed = [each for each in rows if _STATES[each["state_id"] - 1][2] in (5, 6)][:15]
        opened = [each for each in rows if _STATES[each["state_id"] - 1][2] not in (5, 6, 7)][:15]
        assets = {
            "Ticket": {str(each["id"]): self.ticket_row(each, {}) for each in (*opened, *closed)},
            "User": {str(key): self.user_row(user, {}) for key, user in self.state.users.items() if key <= COLLEAGUE},
        }
        ids = {"ticket_ids_open": opened, "ticket_ids_closed": closed}
        return {name: [each["id"] for each in found] for name, found in ids.items()} | {"assets": assets}

    def merge(self, given: Row) -> Any:
        """Join a ticket to another; what cannot be is told with status 200."""
        target = next((each for each in self.state.tickets.values() if each["number"] == given["number"]), None)
        source = self.state.tickets.get(given["id"])
        if target is None or source is None:
            return {"result": "failed", "message": "The target ticket number could not be found."}
        source["state_id"] = 5
        self._note(source, "merged_into", "", "", target["number"])
        self._touch(source)
        return {"result": "success", "target_ticket": target, "source_ticket": source}

    def show_history(self, given: Row) -> Any:
        """What was changed."""
        self._of(self.state.tickets, "Ticket", given["id"])
        rows = [each for each in self.state.history if each["o_id"] == given["id"]]
        return {"history": rows, "assets": {"User": {str(AGENT): self.state.users[AGENT]}}}

    # articles -----------------------------------------------------------------------------------------------------

    def article_row(self, article: Row, given: Row) -> Row:
        """Return an article as asked for."""
        if not _expands(given):
            return {name: value for name, value in article.items() if name not in ("type", "sender")}
        return article | {"created_by": self.state.users[article["created_by_id"]]["login"]}

    def list_articles(self, given: Row) -> Any:
        """All articles of a ticket, oldest first, never paged."""
        self._of(self.state.tickets, "Ticket", given["id"])
        return [
            self.article_row(each, given) for each in self.state.articles.values() if each["ticket_id"] == given["id"]
        ]

    def create_article(self, given: Row) -> Any:
        """A new article."""
        ticket = self._of(self.state.tickets, "Ticket", given.get("ticket_id", 0))
        article = self._add_article(ticket, given)
        self._touch(ticket)
        return self.article_row(article, given)

    def _add_article(self, ticket: Row, given: Row) -> Row:
        if given.get("body") is None:
            raise Refusal(422, "Need at least an 'article body' field.")
        kind, sender = given.get("type", "note"), given.get("sender", "Agent")
        if kind not in _TYPES:
            raise Refusal(422, f"No lookup value found for 'type': {kind!r}")
        key, at = self.state.number(), self.state.now()
        article: Row = {
            "id": key, "ticket_id": ticket["id"], "type": kind, "type_id": _TYPES.index(kind) + 1, "sender": sender,
            "sender_id": ("Agent", "Customer", "System").index(sender) + 1, "from": given.get("from") or "Nicole",
            "to": given.get("to") or None, "cc": given.get("cc"), "subject": given.get("subject"),
            "body": given["body"], "content_type": given.get("content_type", "text/plain"),
            "internal": bool(given.get("internal")),
            "message_id": given.get("message_id"), "in_reply_to": given.get("in_reply_to"), "attachments": [],
            "origin_by_id": given.get("origin_by_id"), "created_by_id": AGENT, "created_at": at, "updated_at": at,
        }  # fmt: skip
        if kind in ("email", "sms") and sender == "Agent":
            if not article["to"]:
                raise Refusal(422, "Need recipient in 'to', 'cc' or 'bcc'")
            article["message_id"] = f"<{secrets.token_hex(8)}@zammad.example>"
            self.state.mails.append(article)
        self.state.articles[key] = article
        if not article["internal"] and kind != "note" and sender != "System":
            ticket |= {f"last_contact_{sender.lower()}_at": at, "last_contact_at": at}
        return article

    # around -------------------------------------------------------------------------------------------------------

    def list_states(self, given: Row) -> Any:
        """The states and their types."""
        rows: list[Row] = [
            {"id": key, "name": name, "state_type_id": kind, "active": True} for key, name, kind in _STATES
        ]
        if _expands(given):
            rows = [row | {"state_type": STATE_TYPES[row["state_type_id"]]} for row in rows]
        return _cut(rows, given, 500, 500)

    def list_priorities(self, given: Row) -> Any:
        """The priorities."""
        return _cut([{"id": key, "name": name, "active": True} for key, name in _PRIORITIES], given, 500, 500)

    def list_groups(self, given: Row) -> Any:
        """The groups."""
        return _cut([{"id": key, "name": name, "active": True} for key, name in enumerate(GROUPS, 1)], given, 500, 500)

    def show_tags(self, given: Row) -> Any:
        """The tags of a ticket."""
        return {"tags": self.state.tags.get(int(given["o_id"]), [])}

    def add_tag(self, given: Row) -> Any:
        """One tag more."""
        held = self.state.tags.setdefault(int(given["o_id"]), [])
        held.extend([given["item"]] if given["item"] not in held else [])
        return True

    def remove_tag(self, given: Row) -> Any:
        """One tag less."""
        held = self.state.tags.get(int(given["o_id"]), [])
        held[:] = [each for each in held if each != given["item"]]
        return True

    def show_links(self, given: Row) -> Any:
        """What a ticket is linked with."""
        key = int(given["link_object_value"])
        held = [(kind, other) for kind, one, other in self.state.links if one == key]
        links = [{"link_type": kind, "link_object": "Ticket", "link_object_value": other} for kind, other in held]
        return {"links": links, "assets": {}}

    def list_calls(self, given: Row) -> Any:
        """The last sixty calls."""
        if not self.state.telephony:
            raise Refusal(403, "Not authorized")
        return {"list": self.state.calls[-60:], "assets": {}, "backends": [{"name": "cti", "enabled": True}]}


_ASKING = ("expand", "full", "page", "per_page", "limit")
_SITE = ("kind_of_case", "ball", "supplier_number", "next_step", "outcome", "outcome_reason", "resolution", "router")


def _expands(given: Row) -> bool:
    return given.get("expand") in (True, "true")


def _masked() -> str:
    return f"Error ID {secrets.token_urlsafe(6)[:8]}: Please contact your administrator."


def _cut(rows: list[Row], given: Row, usual: int, most: int) -> list[Row]:
    """Return one page, sorted as asked for; more than the cap is silently the cap."""
    if name := given.get("sort_by"):
        rows = sorted(rows, key=lambda row: str(row.get(name)), reverse=given.get("order_by") == "desc")
    size = min(int(given.get("per_page") or given.get("limit") or usual), most)
    page = max(1, int(given.get("page") or 1))
    return rows[(page - 1) * size : page * size]


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
