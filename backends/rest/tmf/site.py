"""Requests to one TM Forum server: one resource, lists in pages, creation and PATCH; errors in the port's words."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Coroutine, Mapping
from typing import Any, TypeVar

from backends.errors import BackendError, Busy, Conflict, Invalid, NotFound, Unavailable
from backends.rest.access import path_of
from backends.rest.answers import Answer
from backends.rest.http import Http
from backends.rest.tmf.keys import SourceKeys, askable
from backends.rest.tmf.names import Api
from backends.rest.tmf.options import Idempotency, Options
from backends.rest.tmf.pieces import Frame, Json

T = TypeVar("T")

HONOURED = "idempotency-honoured"
"""Header by which a server says that it honours Idempotency-Key."""
REPEATED = "idempotency-replayed"
Filters = Mapping[str, str]

_MOST_PAGES = 500
_SURROGATE = re.compile("[\ud800-\udfff]")
_SAID = re.compile(r"invalid:([^:;]*):(\w+)")


class Site:
    """One server, spoken to in one wire version."""

    def __init__(self, http: Http, options: Options) -> None:
        self.http = http
        self.options = options
        self.version = options.version
        self.keys = SourceKeys(options.operator)
        self.frame = Frame(options.version, self.keys, extras=options.extras)
        self._honours: bool | None = {
            Idempotency.HEADER: True, Idempotency.MARKS: False, Idempotency.AUTO: None
        }[options.idempotency]  # fmt: skip

    @property
    def name(self) -> str:
        """The source's name."""
        return self.http.access.name

    def api(self, kind: type[Any]) -> Api:
        """Return the API of a kind."""
        return self.version.apis[kind]

    async def honours(self) -> bool:
        """Return whether the server keeps a request with a known Idempotency-Key from being done again."""
        if self._honours is None:
            await self.piece(next(iter(self.version.apis)), {"id": "0"}, 0, 1)
        return bool(self._honours)

    async def date(self) -> str:
        """Return what the server says the time is, as its Date header writes it."""
        kind = next(iter(self.version.apis))
        api = self.api(kind)
        answer = await self.http.get(_path(api), {"id": "0", "limit": 1})
        self._learn(answer)
        return answer.headers.get("date", "")

    def _learn(self, answer: Answer) -> None:
        if self._honours is None:
            self._honours = HONOURED in answer.headers

    # reading ------------------------------------------------------------------------------------------------------

    async def get(self, kind: type[Any], identifier: str) -> Json:
        """Return a resource; raises NotFound."""
        if not askable(identifier):
            raise NotFound("no such id", source=self.name)
        api = self.api(kind)
        try:
            answer = await self.http.get(_path(api, identifier))
            self._learn(answer)
            return self._resource(answer)
        except BackendError as error:
            raise translated(error, missing=True) from None

    async def piece(self, kind: type[Any], filters: Filters, offset: int, limit: int) -> tuple[list[Json], int | None]:
        """Return resources from `offset` on, and how many there are in all where the server says so."""
        api = self.api(kind)
        params: dict[str, str | int] = {**filters, "offset": offset, "limit": limit}
        try:
            answer = await self.http.get(_path(api), params)
        except NotFound:
            return [], 0  # some servers say so of an empty list
        self._learn(answer)
        rows = answer.array() if answer.status != 204 and answer.content else []
        total = answer.headers.get("x-total-count", "")
        return [row for row in rows if isinstance(row, dict)], int(total) if total.isdigit() else None

    async def find(self, kind: type[Any], filters: Filters | None = None, *, size: int = 0) -> list[Json]:
        """Return all resources that the server finds, each once."""
        return [one async for one in self.walk(kind, filters, size=size)]

    async def walk(self, kind: type[Any], filters: Filters | None = None, *, size: int = 0) -> AsyncIterator[Json]:
        """Yield the resources that the server finds, page by page, each once.

        Servers differ: some tell the total, some give fewer than were asked for, some ignore offset and limit and give
        all. So without a total only a page in which nothing is new ends the list. `size` is how many to ask for at
        once, where that is not the profile's.
        """
        seen: set[str] = set()
        offset = 0
        asked = size or self.options.page
        for _ in range(_MOST_PAGES):
            rows, total = await self.piece(kind, filters or {}, offset, asked)
            fresh = [row for row in rows if str(row.get("id", "")) not in seen]
            for row in fresh:
                seen.add(str(row.get("id", "")))
                yield row
            offset += len(rows)
            if not fresh or len(rows) > asked or (total is not None and offset >= total):
                return
        raise Unavailable("the list does not end", source=self.name)

    # writing ------------------------------------------------------------------------------------------------------

    async def create(self, kind: type[Any], document: Json, key: str) -> tuple[Json, bool]:
        """Return the resource as created, and whether the server says that it was there already."""
        api = self.api(kind)
        return await self._sent("POST", _path(api), document, key, {})

    async def patch(
        self, kind: type[Any], identifier: str, document: Json, key: str, headers: Mapping[str, str]
    ) -> tuple[Json, bool]:
        """Return the resource as changed, and whether the server says that it was done already."""
        api = self.api(kind)
        path = _path(api, identifier)
        return await self._sent("PATCH", path, document, key, {"Content-Type": api.shape.patch_type, **headers})

    async def _sent(
        self, method: str, path: str, document: Json, key: str, headers: Mapping[str, str]
    ) -> tuple[Json, bool]:
        honoured = await self.honours()
        try:
            answer = await self.http.send(
                method, path, json=encodable(document), headers=headers, key=key if honoured else "", safe=honoured
            )
        except BackendError as error:
            raise translated(error) from None
        if answer.status in (202, 204) and not answer.content:
            return {}, False  # taken, and to be looked at
        return self._resource(answer), answer.headers.get(REPEATED, "") == "true"

    def _resource(self, answer: Answer) -> Json:
        found = answer.json()
        if isinstance(found, list) and len(found) == 1:
            found = found[0]  # servers that answer a single one as a list
        if not isinstance(found, dict):
            raise Unavailable("the answer is no resource", source=self.name)
        return found


async def together(*asked: Coroutine[Any, Any, T]) -> list[T]:
    """Return what all of these give, asked at once; when one fails, the others are given up before it is raised."""
    tasks = [asyncio.ensure_future(one) for one in asked]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def _path(api: Api, *identifier: str) -> str:
    return path_of(*filter(None, api.base.split("/")), api.resource, *identifier)


def encodable(value: Any) -> Any:
    """Return JSON values without lone surrogates, which no UTF-8 can carry: U+FFFD stands for them."""
    match value:
        case str():
            try:
                value.encode()
            except UnicodeEncodeError:
                return _SURROGATE.sub("\ufffd", value)
        case dict():
            return {name: encodable(one) for name, one in value.items()}
        case list():
            return [encodable(one) for one in value]
    return value


def translated(error: BackendError, *, missing: bool = False) -> BackendError:
    """Return the port's error for what a server answered: its `code` says more than the status.

    With `missing`, an id that the server refuses to look for is one that is not there.
    """
    known = _SAID.search(error.detail)
    if isinstance(error, Invalid) and known is not None and error.field == "":
        found: BackendError = Invalid(known[1], known[2], error.detail, source=error.source)
    elif isinstance(error, Invalid) and missing:
        found = NotFound(error.detail, source=error.source)
    elif isinstance(error, Conflict) and re.search(r"\bbusy\b", error.detail):
        found = Busy(error.detail, source=error.source, retry_after=1.0)
    else:
        return error
    found.status = error.status
    return found
