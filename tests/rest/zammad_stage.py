"""What the tests of Zammad share: a server a module, handles on it, and rows put there as if others had worked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from backends.errors import BackendError
from backends.port import Batch, Put, Receipt
from backends.records import Contact, Customer, Record, Ticket
from backends.rest.zammad import ZammadBackend, open_url
from tests.contract.test_zammad import OPTIONS
from tests.servers.zammad import Running
from tests.servers.zammad_state import AGENT, Row


def handle(server: Running, url: str = "", **settings: Any) -> ZammadBackend:
    """Return a handle on the server, or on what stands before it, not opened."""
    known: dict[str, Any] = {"name": "desk", "options": OPTIONS, "secret": server.secret, "poll": 0.05}
    return open_url(f"zammad+{url or server.url}", **(known | settings))


@asynccontextmanager
async def opened(server: Running, url: str = "", **settings: Any) -> AsyncIterator[ZammadBackend]:
    """Give an opened handle; a server that does not answer now may answer later."""
    backend = handle(server, url, **settings)
    if url:
        with suppress(BackendError):
            await backend.open()
    else:
        await backend.open()
    try:
        yield backend
    finally:
        await backend.close()


def options(**more: object) -> Mapping[str, object]:
    """Return the options of the site that keeps everything, with some changed."""
    return {**OPTIONS, **more}


def a_user(server: Running, **given: Any) -> Row:
    """Put a user there as the web pages do."""
    user = server.state.user({"login": f"c{server.state.ids}@home.example", **given})
    server.state.users[user["id"]] = user
    return user


def a_case(server: Running, user: Row, articles: list[Row], **given: Any) -> Row:
    """Put a ticket with articles there as mails, calls and colleagues do."""
    fake = server.fake
    first = {"type": "note", "body": ""}
    row = fake.create_ticket({"title": "A case", "customer_id": user["id"], "article": first} | given)
    ticket = fake.state.tickets[row["id"]]
    for key in [key for key, each in fake.state.articles.items() if each["ticket_id"] == ticket["id"]]:
        del fake.state.articles[key]
    for article in articles:
        stored = fake._add_article(ticket, {"body": "words", "from": "x", **article})
        stored |= {name: article[name] for name in ("created_by_id", "attachments") if name in article}
    fake._touch(ticket)
    return ticket


def of(receipt: Receipt, position: int = 0) -> Any:
    """Return what a batch stored."""
    after = receipt.changes[position].after
    assert isinstance(after, Customer | Ticket | Contact)
    return after


def batch(*records: Record, key: str = "") -> Batch:
    """Return a batch that creates these records."""
    return Batch(tuple(Put(record) for record in records), actor="ola", idempotency_key=key)


__all__ = ["AGENT", "a_case", "a_user", "batch", "handle", "of", "opened", "options"]
