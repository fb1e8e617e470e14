"""What one Zammad answers: its lists in every shape that versions give them, and what was read shortly before.

Nothing here relies on a total, which older versions do not tell: a list goes on until a page brings nothing new. A
search may be Elasticsearch, which is some seconds behind the database, or plain SQL, which knows other words: so the
tickets of a customer are taken from the database's own list, and from a search only when that list is full.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from backends.errors import BackendError, Invalid, NotAllowed, NotFound, NotSignedIn, Refused
from backends.rest.answers import Answer
from backends.rest.http import Http
from backends.rest.zammad import rows
from backends.rest.zammad.cases import Names
from backends.rest.zammad.options import Options
from backends.rest.zammad.people import SYSTEM, organisation_of
from backends.rest.zammad.rows import Row

T = TypeVar("T")

PAGE = 100
"""Rows asked for at once: the most that every list gives."""
_MOST_PAGES = 200
_LISTED_OF_CUSTOMER = 15
"""How many open and how many closed tickets the list of a customer's has at most."""
_NAMES_LAST = 300.0  # seconds
_CALLS_LAST = 5.0
_KEPT = 300
_REMEMBERED = 200_000  # characters of all bodies of a ticket that is kept in memory
_API = "api/v1"
_FULL = {"expand": "true"}


class Recent(Generic[T]):
    """What was read last, by what it was read for; the oldest goes when there is too much."""

    def __init__(self, most: int = _KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[Any, T] = OrderedDict()

    def get(self, name: object) -> T | None:
        """Return what is kept under a name."""
        if name in self._kept:
            self._kept.move_to_end(name)
        return self._kept.get(name)

    def keep(self, name: object, value: T) -> T:
        """Keep a value and return it."""
        self._kept[name] = value
        self._kept.move_to_end(name)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return value

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()


class Site:
    """Reading and writing rows; every error is one of the port's."""

    def __init__(self, http: Http, options: Options, source: str) -> None:
        self._http = http
        self.options = options
        self.source = source
        self._names: tuple[float, Names] | None = None
        self._naming: asyncio.Lock | None = None
        self._calls: tuple[float, list[Row]] | None = None
        self._no_calls = False
        self._articles: Recent[list[Row]] = Recent()
        self._histories: Recent[list[Row]] = Recent()

    def forget(self) -> None:
        """Forget what was read, and that the caller log is not for us."""
        self._names = self._calls = self._naming = None
        self._no_calls = False
        self._articles.clear()
        self._histories.clear()

    # asking -------------------------------------------------------------------------------------------------------

    async def get(self, path: str, params: Mapping[str, Any] | None = None) -> object:
        """Return the JSON at a path below the interface's root."""
        return await self._asked(lambda: self._http.get(f"{_API}/{path}", params or {}))

    async def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any],
        params: Mapping[str, Any] | None = None,
        safe: bool = False,
    ) -> object:
        """Send JSON once and return the answer's; `safe` when it changes nothing."""
        return await self._asked(
            lambda: self._http.send(method, f"{_API}/{path}", json=dict(body), params=params or {}, safe=safe)
        )

    async def _asked(self, ask: Callable[[], Awaitable[Answer]]) -> object:
        try:
            return (await ask()).json()
        except NotAllowed as error:
            unknown = error
        # Zammad says 403 where others say 401: nobody has signed in yet, so the secret is read anew next time
        if "authentication required" in unknown.detail.lower():
            self._http.signer.reset()
            raise _signed_out(unknown)
        raise unknown

    async def row(self, path: str) -> Row:
        """Return one object with its names; raises NotFound, also where no object comes."""
        answer = await self.get(path, _FULL)
        if not isinstance(answer, Mapping) or not rows.number(answer, "id"):
            raise NotFound(f"no object at {path}", source=self.source)
        return answer

    async def user(self, key: int) -> Row:
        """Return a user; the system's own is nobody's customer."""
        if key <= SYSTEM:
            raise NotFound("the system is no customer", source=self.source)
        return await self.row(f"users/{key}")

    async def ticket(self, key: int) -> Row:
        """Return a ticket."""
        return await self.row(f"tickets/{key}")

    async def names(self) -> Names:
        """Return what ids mean on this site, read anew every five minutes."""
        self._naming = self._naming or asyncio.Lock()
        async with self._naming:
            if self._names is None or self._names[0] < time.monotonic():
                lists = await asyncio.gather(
                    self.every("ticket_states"), self._allowed("ticket_priorities"), self._allowed("groups")
                )
                self._names = (time.monotonic() + _NAMES_LAST, Names.read(*lists))
            return self._names[1]

    async def _allowed(self, path: str) -> list[Row]:
        """Return all rows of a list whose names also come with each ticket; none where the agent may not see it."""
        try:
            return await self.every(path)
        except NotAllowed:
            return []

    async def every(self, path: str) -> list[Row]:
        """Return all rows of a short list."""
        found: dict[int, Row] = {}
        for page in range(1, _MOST_PAGES):
            answer = await self.get(path, {**_FULL, "page": page, "per_page": PAGE})
            got = rows.by_id(rows.rows_in(answer))
            fresh = got.keys() - found.keys()
            found.update(got)
            if len(got) < PAGE or not fresh:
                break
        return list(found.values())

    async def articles(self, ticket: Row) -> list[Row]:
        """Return all articles of a ticket, oldest first; from memory when the ticket did not change since."""
        name = (rows.number(ticket, "id"), rows.version(ticket))
        kept = self._articles.get(name)
        if kept is None:
            kept = await self.articles_now(name[0])
            if sum(len(rows.raw(row, "body")) for row in kept) < _REMEMBERED:
                self._articles.keep(name, kept)
        return kept

    async def articles_now(self, ticket: int) -> list[Row]:
        """Return all articles of a ticket as they are now."""
        answer = await self.get(f"ticket_articles/by_ticket/{ticket}", _FULL)
        found = [row for row in rows.listed(answer, "TicketArticle") if rows.number(row, "ticket_id") == ticket]
        return sorted(found, key=lambda row: rows.number(row, "id"))

    async def history(self, ticket: Row) -> list[Row]:
        """Return what was changed on a ticket, oldest first; empty where the agent may not see it."""
        name = (rows.number(ticket, "id"), rows.version(ticket))
        kept = self._histories.get(name)
        return kept if kept is not None else self._histories.keep(name, await self.history_now(name[0]))

    async def history_now(self, ticket: int) -> list[Row]:
        """Return what was changed on a ticket until now; each row has `by`, the name of who did it."""
        try:
            answer = await self.get(f"ticket_history/{ticket}", _FULL)
        except (NotAllowed, NotFound):
            return []
        if not isinstance(answer, Mapping):
            return rows.rows_in(answer)
        users = rows.by_id(rows.assets(answer, "User"))
        return [
            {"by": login_or_name(users.get(rows.number(row, "created_by_id"), {})), **row}
            for row in rows.rows_in(answer.get("history"))
        ]

    async def calls(self) -> list[Row]:
        """Return the newest calls of the caller log; none where the agent has no telephone in Zammad."""
        if not self.options.calls or self._no_calls:
            return []
        if self._calls is None or self._calls[0] < time.monotonic():
            try:
                answer = await self.get("cti/log")
            except (NotAllowed, NotFound, Invalid):
                self._no_calls = True
                return []
            found = rows.rows_in(answer.get("list")) if isinstance(answer, Mapping) else []
            self._calls = (time.monotonic() + _CALLS_LAST, found)
        return self._calls[1]

    # lists --------------------------------------------------------------------------------------------------------

    async def tickets_of(self, user: int) -> list[Row]:
        """Return all tickets of a customer: those that the database lists, and when that list is full, the searched."""
        answer = await self.get("ticket_customer", {"customer_id": user})
        listed = [row for row in rows.assets(answer, "Ticket") if rows.number(row, "customer_id") == user]
        owners = rows.by_id(rows.assets(answer, "User"))
        listed = [
            {
                "owner": login_or_name(owners.get(rows.number(row, "owner_id"), {})),
                "created_by": login_or_name(owners.get(rows.number(row, "created_by_id"), {})),
                **row,
            }
            for row in listed
        ]
        counts = (
            [len(answer.get(name) or ()) for name in ("ticket_ids_open", "ticket_ids_closed")]
            if isinstance(answer, Mapping)
            else [_LISTED_OF_CUSTOMER]
        )
        if max(counts) < _LISTED_OF_CUSTOMER:
            return listed
        found = await self._searched_of(user)
        if rows.by_id(listed).keys() - found.keys():  # the search knows no attributes, or is behind
            found |= await self._searched_of(user, by_condition=True)
        return list(rows.by_id(found.values(), listed).values())

    async def _searched_of(self, user: int, *, by_condition: bool = False) -> dict[int, Row]:
        asked: dict[str, Any] = {"query": f"customer_id:{user}"}
        if by_condition:
            asked = {"condition": {"ticket.customer_id": {"operator": "is", "value": [user]}}}
        found: dict[int, Row] = {}
        try:
            for page in range(1, _MOST_PAGES):
                got = rows.by_id(await self.searched("Ticket", asked, page, "created_at"))
                fresh = got.keys() - found.keys()
                found |= got
                if len(got) < PAGE or not fresh:
                    break
        except Refused:
            if not by_condition:
                raise  # a condition is refused by versions that know none
        return {key: row for key, row in found.items() if rows.number(row, "customer_id") == user}

    async def searched(
        self, kind: str, asked: Mapping[str, Any], page: int = 1, by: str = "", order: str = "desc", most: int = PAGE
    ) -> list[Row]:
        """Return one page of a search for tickets or users; nobody has checked yet that they are what was asked for."""
        params: dict[str, Any] = {**asked, "expand": True, "page": page, "per_page": most, "limit": most}
        if by:
            params |= {"sort_by": by, "order_by": order}
        path = f"{kind.lower()}s/search"
        if "condition" in asked:
            return rows.listed(await self.send("POST", path, params, safe=True), kind)
        return rows.listed(await self.get(path, params), kind)

    async def all_tickets(self, page: int, by: str, most: int = PAGE) -> list[Row]:
        """Return a page of all tickets, the latest first, from whichever search this site has."""
        found = await self.searched("Ticket", {"query": "*"}, page, by, most=most)
        if found:
            return found
        condition = {"ticket.id": {"operator": "is not", "value": ["0"]}}
        return await self.searched("Ticket", {"condition": condition}, page, by, most=most)

    async def tags(self, ticket: int) -> tuple[str, ...]:
        """Return the tags of a ticket."""
        answer = await self.get("tags", {"object": "Ticket", "o_id": ticket})
        found = answer.get("tags") if isinstance(answer, Mapping) else None
        return tuple(each for each in found if isinstance(each, str)) if isinstance(found, list) else ()

    async def links(self, ticket: int) -> list[Row]:
        """Return what a ticket is linked with."""
        answer = await self.get("links", {"link_object": "Ticket", "link_object_value": ticket})
        return rows.rows_in(answer.get("links")) if isinstance(answer, Mapping) else []

    async def together(self, asked: Iterable[Awaitable[T]]) -> list[T]:
        """Return all answers in order; when one fails, the others are given up and its error is raised."""
        tasks = [asyncio.ensure_future(each) for each in asked]
        try:
            return list(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def articles_of(self, tickets: Sequence[Row]) -> list[list[Row]]:
        """Return the articles of each of these tickets: a request a ticket, several on their way at once."""
        return await self.together(self.articles(ticket) for ticket in tickets)


def login_or_name(user: Row) -> str:
    """Return how a colleague is called; nothing for the system's own user."""
    if rows.number(user, "id") <= SYSTEM:
        return ""
    name = " ".join(part for part in (rows.line(user, "firstname"), rows.line(user, "lastname")) if part)
    return rows.line(user, "login") or rows.line(user, "email") or name or organisation_of(user)


def _signed_out(error: BackendError) -> NotSignedIn:
    raised = NotSignedIn(error.detail, source=error.source)
    raised.status = error.status
    return raised
