"""What the fake Zammad does with users, tickets, articles and what hangs on them; one method a request."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.servers.zammad_search import fulfils, like, matcher
from tests.servers.zammad_state import (
    AGENT,
    COLLEAGUE,
    GROUPS,
    PRIORITIES,
    STATE_TYPES,
    STATES,
    TYPES,
    Row,
    State,
)  # fmt: skip


class Refusal(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, error: str, human: str = "") -> None:
        super().__init__(error)
        self.status, self.error, self.human = status, error, human


class Desk:
    """The business of the server; each method takes what was given and returns what is answered."""

    def __init__(self) -> None:
        self.state = State()

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
                raise Refusal(500, masked())
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
            "state": STATES[ticket["state_id"] - 1][1],
            "priority": PRIORITIES[ticket["priority_id"] - 1][1],
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
        for name, values in (("state", [each[1] for each in STATES]), ("group", GROUPS),
                             ("priority", [each[1] for each in PRIORITIES])):  # fmt: skip
            if name in given:
                if given[name] not in values:
                    raise Refusal(422, f"No lookup value found for '{name}': {given[name]!r}")
                ticket[f"{name}_id"] = list(values).index(given[name]) + 1
        kind = STATE_TYPES[STATES[ticket["state_id"] - 1][2]]
        if kind.startswith("pending") and not (given.get("pending_time") or ticket["pending_time"]):
            raise Refusal(422, "Missing required value for field 'pending_time'!")
        if kind == "closed" and not ticket["close_at"]:
            ticket["close_at"] = self.state.now()
        for name in ("title", "note", "pending_time", "owner_id", *_SITE):
            if name in given:
                if isinstance(given[name], str) and len(given[name]) > 250 and name in ("title", "note"):
                    raise Refusal(500, masked())
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
        closed = [each for each in rows if STATES[each["state_id"] - 1][2] in (5, 6)][:15]
        opened = [each for each in rows if STATES[each["state_id"] - 1][2] not in (5, 6, 7)][:15]
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
        if kind not in TYPES:
            raise Refusal(422, f"No lookup value found for 'type': {kind!r}")
        key, at = self.state.number(), self.state.now()
        article: Row = {
            "id": key, "ticket_id": ticket["id"], "type": kind, "type_id": TYPES.index(kind) + 1, "sender": sender,
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
            {"id": key, "name": name, "state_type_id": kind, "active": True} for key, name, kind in STATES
        ]
        if _expands(given):
            rows = [row | {"state_type": STATE_TYPES[row["state_type_id"]]} for row in rows]
        return _cut(rows, given, 500, 500)

    def list_priorities(self, given: Row) -> Any:
        """The priorities."""
        return _cut([{"id": key, "name": name, "active": True} for key, name in PRIORITIES], given, 500, 500)

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


def masked() -> str:
    """Return what those who are no administrators are told of an error."""
    return f"Error ID {secrets.token_urlsafe(6)[:8]}: Please contact your administrator."


def _cut(rows: list[Row], given: Row, usual: int, most: int) -> list[Row]:
    """Return one page, sorted as asked for; more than the cap is silently the cap."""
    if name := given.get("sort_by"):
        rows = sorted(rows, key=lambda row: str(row.get(name)), reverse=given.get("order_by") == "desc")
    size = min(int(given.get("per_page") or given.get("limit") or usual), most)
    page = max(1, int(given.get("page") or 1))
    return rows[(page - 1) * size : page * size]
