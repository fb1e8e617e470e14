"""Requests to RT as RT wants them: TicketSQL, lists that end where a page is empty, refusals without server paths."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from backends.errors import BackendError, Invalid, NotAllowed, NotFound, Unavailable
from backends.rest.access import path_of
from backends.rest.rt.rows import (
    PART_FIELDS,
    TICKET_FIELDS,
    TRANSACTION_FIELDS,
    USER_FIELDS,
    PartRow,
    TicketRow,
    TransactionRow,
    UserRow,
    moment_of,
    number_of,
    rows_in,
)

if TYPE_CHECKING:
    from backends.rest.answers import Answer
    from backends.rest.http import Http
    from backends.rest.rt.session import Session

Parameters = Mapping[str, str | int]
Row = Mapping[str, object]

PAGE = 100
"""Rows of a page; RT silently gives no more."""
_MOST_PAGES = 2_000
_ASKED_AT_ONCE = 50  # ids in one query
_API = "REST/2.0/"
_SERVER_PATH = re.compile(r" at /\S+ line \d+\.?\s*")
_TAG = re.compile(r'(?:W/)?"?([0-9]{1,18})"?$')


def quoted(text: str) -> str:
    """Return `text` as a string of TicketSQL; control characters, which its reader does not take, become spaces."""
    plain = re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", " ", text)
    return "'" + plain.replace("\\", "\\\\").replace("'", "\\'") + "'"


def any_id(name: str, numbers: Iterable[int]) -> str:
    """Return the TicketSQL term that one of the ids fits."""
    return "(" + " OR ".join(f"{name} = {number}" for number in numbers) + ")"


def chunks(numbers: Sequence[int], size: int = _ASKED_AT_ONCE) -> list[Sequence[int]]:
    """Return `numbers` in pieces that one query can name."""
    return [numbers[start : start + size] for start in range(0, len(numbers), size)]


class Wire:
    """The REST 2.0 interface of one RT."""

    def __init__(self, http: Http, session: Session) -> None:
        self.http = http
        self._session = session
        # Plain http is RT's own server with none before it: it has few workers, and gives one to each connection for
        # as long as that is kept.
        self._headers = {"Connection": "close"} if http.access.base.startswith("http:") else {}

    @property
    def name(self) -> str:
        """The source's name, for errors."""
        return self.http.access.name

    async def get(self, path: str, params: Parameters | None = None, *, remembered: bool = False) -> Answer:
        """Return what is at `path` below `REST/2.0/`; with `remembered` as a conditional read."""
        return await self._session.asking(
            lambda headers: self.http.get(
                _API + path, params, headers={**self._headers, **headers}, remembered=remembered
            ),
            reading=True,
        )

    async def send(
        self, method: str, path: str, body: object, *, seen: int | None = None, safe: bool = False,
        params: Parameters | None = None,
    ) -> Answer:  # fmt: skip
        """Return the answer to a request with a JSON body; `seen` is the version that must still be the newest.

        Raises Conflict when it is not. What RT says about a refusal is kept without paths of the server.
        """
        own = {} if seen is None else {"If-Match": f'"{seen}"'}
        try:
            return await self._session.asking(
                lambda headers: self.http.send(
                    method,
                    _API + path,
                    json=body,
                    params=params,
                    safe=safe,
                    headers={**self._headers, **headers, **own},
                )
            )
        except Invalid as error:
            raise self._refusal(error) from None

    def _refusal(self, error: Invalid) -> BackendError:
        said = _SERVER_PATH.sub("", error.detail)
        if "Permission Denied" in said:
            return _like(NotAllowed(said, source=self.name), error)
        if "could not be recorded" in said:  # what RT says of a message on a ticket that is not there
            return _like(NotFound(said, source=self.name), error)
        return _like(Invalid(error.field, error.code, said, source=self.name), error)

    # lists --------------------------------------------------------------------------------------------------------

    async def rows(self, path: str, params: Parameters, query: object = None) -> list[Row]:
        """Return all rows of a list. `query` is a search in JSON, sent as a body; it changes nothing.

        RT cuts a page first and drops the rows that the caller may not see afterwards: only an empty page is the end,
        but where RT counts the rows it is believed. Two pages are asked for at a time.
        """
        found: list[Row] = []
        for page in range(1, _MOST_PAGES, 2):
            for each in await asyncio.gather(*(self._page(path, params, query, page + more) for more in (0, 1))):
                items = rows_in(each.get("items"))
                found += items
                if not items or _is_last(each):
                    return found
        raise Unavailable("the pages of the list do not end", source=self.name)

    async def counted_rows(self, path: str, params: Parameters) -> list[Row]:
        """Return all rows of a list that RT counts, which it does wherever it need not look at each row's rights."""
        first = await self._page(path, params, None, 1)
        found = rows_in(first.get("items"))
        total = first.get("total")
        if not isinstance(total, int):
            return await self.rows(path, params)
        pages = range(2, min(_MOST_PAGES, -(-total // PAGE) + 1))
        for each in await asyncio.gather(*(self._page(path, params, None, page) for page in pages)):
            found += rows_in(each.get("items"))
        return found

    async def _page(self, path: str, params: Parameters, query: object, page: int) -> Row:
        asked = {**params, "per_page": PAGE, "page": page}
        if query is None:
            answer = await self._asked(path, asked)
        else:
            answer = await self.send("POST", path, query, params=asked, safe=True)
        body: Row = answer.object()
        return body

    async def _asked(self, path: str, params: Parameters) -> Answer:
        try:
            return await self.get(path, params)
        except Invalid as error:
            raise self._refusal(error) from None

    async def first_rows(self, path: str, params: Parameters, limit: int) -> list[Row]:
        """Return the first rows of a list, at most one page."""
        answer = await self._asked(path, {**params, "per_page": min(PAGE, limit)})
        body: Row = answer.object()
        return rows_in(body.get("items"))

    async def tickets(self, query: str) -> list[TicketRow]:
        """Return the tickets that a TicketSQL query finds, newest first; what was deleted or merged is not there."""
        params = {**TICKET_FIELDS, "query": query, "orderby": "id", "order": "DESC"}
        return [ticket for row in await self.counted_rows("tickets", params) if (ticket := TicketRow.of(row)).id]

    async def last_changes(self, query: str) -> dict[int, datetime | None]:
        """Return when each ticket that a TicketSQL query finds was last changed, by number: much cheaper than all."""
        params = {"fields": "LastUpdated", "query": query, "orderby": "id", "order": "DESC"}
        rows = await self.counted_rows("tickets", params)
        return {number_of(row, "id"): moment_of(row, "LastUpdated") for row in rows}

    async def tickets_by_id(self, numbers: Iterable[int]) -> list[TicketRow]:
        """Return those of the tickets that exist and may be seen."""
        wanted = sorted(set(numbers))
        lists = await asyncio.gather(*(self.tickets(any_id("id", some)) for some in chunks(wanted)))
        return [ticket for found in lists for ticket in found]

    async def tickets_at_most(self, query: str, limit: int) -> list[TicketRow]:
        """Return the newest tickets that a TicketSQL query finds, at most a page."""
        params = {**TICKET_FIELDS, "query": query, "orderby": "id", "order": "DESC"}
        return [TicketRow.of(row) for row in await self.first_rows("tickets", params, limit)]

    async def ticket_pages(self, query: str) -> AsyncIterator[list[TicketRow]]:
        """Yield page after page of what a TicketSQL query finds, the last opened first."""
        params = {**TICKET_FIELDS, "query": query, "orderby": "Created", "order": "DESC"}
        for number in range(1, _MOST_PAGES):
            body = await self._page("tickets", params, None, number)
            rows = [ticket for row in rows_in(body.get("items")) if (ticket := TicketRow.of(row)).id]
            if rows:
                yield rows
            if not rows or _is_last(body):
                return

    async def transactions(self, numbers: Iterable[int], after: int = 0) -> list[TransactionRow]:
        """Return what happened to tickets since the transaction `after`, oldest first."""
        since = f" AND id > {after}" if after else ""
        queries = [
            f"ObjectType = 'RT::Ticket'{since} AND {any_id('ObjectId', some)}" for some in chunks(sorted(set(numbers)))
        ]
        lists = await asyncio.gather(*(self.history(query) for query in queries))
        return sorted((row for found in lists for row in found), key=lambda row: row.id)

    async def history(self, query: str) -> list[TransactionRow]:
        """Return the transactions that a TransactionSQL query finds, oldest first."""
        params = {"query": query, "fields": TRANSACTION_FIELDS, "orderby": "id", "order": "ASC"}
        return [TransactionRow.of(row) for row in await self.rows("transactions", params)]

    async def news(self, after: int, page: int = 1) -> list[TransactionRow]:
        """Return a page of what happened to anything after a transaction, oldest first: only what and whose."""
        params = {"query": f"id > {after}", "fields": "ObjectType,ObjectId,Type", "orderby": "id", "order": "ASC"}
        body = await self._page("transactions", params, None, page)
        return [TransactionRow.of(row) for row in rows_in(body.get("items"))]

    async def parts(self, transactions: Sequence[int]) -> list[PartRow]:
        """Return the parts of the messages of these transactions: texts with their content, files without."""
        texts = await self._parts(transactions, ("text/", "multipart/", "message/"), f"{PART_FIELDS},Content")
        several = sorted({part.transaction for part in texts if not part.content_type.startswith("text/")})
        bare = sorted(set(transactions) - {part.transaction for part in texts})
        files = await self._parts([*several, *bare], (), PART_FIELDS)
        parts = {part.id: part for part in (*files, *texts)}
        return [parts[number] for number in sorted(parts)]

    async def _parts(self, transactions: Sequence[int], kinds: Iterable[str], fields: str) -> list[PartRow]:
        wanted = set(transactions)
        lists = await asyncio.gather(
            *(self.rows("attachments", {"fields": fields}, _parts_query(some, kinds)) for some in chunks(transactions))
        )
        return [part for rows in lists for row in rows if (part := PartRow.of(row)).transaction in wanted]

    # single things ------------------------------------------------------------------------------------------------

    async def user(self, key: str | int) -> UserRow:
        """Return a user by number or login, with the version; raises NotFound."""
        answer = await self.get(path_of("user", key), remembered=True)
        return UserRow.of(answer.object(), version_in(answer))

    async def users(self, terms: Sequence[Mapping[str, str]], limit: int = PAGE) -> list[UserRow]:
        """Return at most `limit` users that a search in JSON finds: RT ignores what it cannot search, so compare."""
        params: dict[str, str | int] = {"fields": USER_FIELDS, "per_page": min(PAGE, limit)}
        answer = await self.send("POST", "users", list(terms), params=params, safe=True)
        return [user for row in rows_in(answer.object().get("items")) if (user := UserRow.of(row)).id]

    async def ticket_version(self, number: int) -> int:
        """Return the version of a ticket as it is now; raises NotFound."""
        return version_in(await self.get(path_of("ticket", number)))

    async def newest_transaction(self) -> int:
        """Return the number of the newest transaction that may be seen, 0 when there is none."""
        params: dict[str, str | int] = {"query": "id > 0", "orderby": "id", "order": "DESC", "fields": "Type"}
        for page in range(1, 50):
            answer = await self._asked("transactions", {**params, "per_page": PAGE, "page": page})
            numbers = [TransactionRow.of(row).id for row in rows_in(answer.object().get("items"))]
            if numbers:
                return max(numbers)
        return 0


def _parts_query(transactions: Sequence[int], kinds: Iterable[str]) -> list[dict[str, str]]:
    """Return the search in JSON for parts of these transactions and kinds: terms of one field are alternatives."""
    found = [{"field": "TransactionId", "value": str(number)} for number in transactions]
    found += [{"field": "ContentType", "operator": "STARTSWITH", "value": kind} for kind in kinds]
    return [{**term, "entry_aggregator": "OR"} for term in found]


def version_in(answer: Answer) -> int:
    """Return the number in an answer's ETag; 1 where RT made it of a date."""
    found = _TAG.match(answer.headers.get("etag", ""))
    return int(found[1]) if found else 1


def messages_in(answer: Answer) -> list[str]:
    """Return what RT says it did, for people: it is shown nowhere, and only looked at to tell a refusal's reason."""
    value: Any = answer.json()
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _is_last(body: Row) -> bool:
    total, page = body.get("total"), body.get("page")
    if not isinstance(total, int) or isinstance(page, bool) or not isinstance(page, int | float):
        return False
    return page * PAGE >= total


def _like(error: BackendError, former: BackendError) -> BackendError:
    error.status = former.status
    return error
