"""Roundup's REST interface as it is spoken: collections, dates, If-Match, and links that take a post once.

https://www.roundup-tracker.org/docs/rest.html describes it. Beyond it we rely on what 2.6.0 answers: filters on text
find parts of it in any case; text comes back without white space at its end; an empty text is none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from backends.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from backends.rest.access import Access
from backends.rest.http import Http
from backends.rest.signing import Signer

Row = Mapping[str, Any]
_AT_ONCE = 50
"""Items that one request asks for by their ids."""
_PAGE = 200
_DATE = "%Y-%m-%d.%H:%M:%S"


def moment_of(text: object) -> datetime | None:
    """Return the moment of Roundup's `2026-11-22.06:27:07`, in UTC; None for an empty or odd one."""
    try:
        return datetime.strptime(str(text), _DATE).replace(tzinfo=UTC) if text else None
    except ValueError:
        return None


def date_of(moment: datetime | None) -> str | None:
    """Return a moment as Roundup reads it, None for none."""
    return moment.astimezone(UTC).strftime(_DATE) if moment else None


class Wire:
    """One tracker, spoken to."""

    def __init__(self, access: Access, signer: Signer) -> None:
        self.name = access.name or "roundup"
        headers = {"X-Requested-With": "cordboard", "Origin": access.origin}
        self.http = Http(access, signer, headers=headers)

    async def rows(self, kind: str, params: Mapping[str, Any], fields: str) -> list[Row]:
        """Return the rows of a class that `params` let through, all pages of them."""
        found: list[Row] = []
        page = 1
        while True:
            asked: dict[str, Any] = {**params, "@fields": fields, "@verbose": 3 if kind == "msg" else 0}
            answer = await self.http.get(f"rest/data/{kind}", asked | {"@page_size": _PAGE, "@page_index": page})
            data = _data(answer.json(), self.name)
            found += _list(data.get("collection"), self.name)
            if "next" not in data.get("@links", {}):
                return found
            page += 1

    async def first(self, kind: str, sort: str, fields: str) -> Row | None:
        """Return the first row of a class in this order, None when it has none."""
        params: dict[str, Any] = {"@sort": sort, "@fields": fields, "@verbose": 0, "@page_size": 1}
        data = _data((await self.http.get(f"rest/data/{kind}", params)).json(), self.name)
        return next(iter(_list(data.get("collection"), self.name)), None)

    async def by_ids(self, kind: str, ids: Iterable[str], fields: str) -> dict[str, Row]:
        """Return those items that exist, by their ids; several requests at once."""
        wanted = list(dict.fromkeys(ids))
        parts = [wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE)]
        found = await asyncio.gather(*(self.rows(kind, {"id": part}, fields) for part in parts))
        return {str(row["id"]): row for rows in found for row in rows}

    async def item(self, kind: str, number: str) -> tuple[Row, str]:
        """Return one item's fields and its tag; raises NotFound."""
        if not number.isdigit() or not number.isascii() or len(number) > 9:
            raise NotFound(f"no {kind} {number[:20]!r}", source=self.name)
        answer = await self.http.get(f"rest/data/{kind}/{number}", {"@verbose": 0, "@protected": True})
        data = _data(answer.json(), self.name)
        attributes = data.get("attributes")
        if not isinstance(attributes, dict) or not isinstance(data.get("@etag"), str):
            raise Unavailable(f"the answer is no {kind}", source=self.name)
        return {"id": number, **attributes}, data["@etag"]

    async def create(self, kind: str, body: Row, find: Callable[[], Awaitable[str | None]], *, again: bool) -> str:
        """Return the id of a new item, made once whatever happens to the answer; `find` looks for it.

        Roundup gives links that take one post. When no answer came, or a second post is refused, the item may be there.
        `again` says that it may be there from an earlier try.
        """
        if again and (found := await find()):
            return found
        answer = await self.http.send("POST", f"rest/data/{kind}/@poe", json={"lifetime": 300}, safe=True)
        link = str(_data(answer.json(), self.name).get("link", ""))
        try:
            made = await self.http.send("POST", link, json=body, safe=True)
        except (Unavailable, Invalid) as error:
            if isinstance(error, Invalid) and "POE" not in error.detail:
                raise
            if found := await find():
                return found
            raise
        number = _data(made.json(), self.name).get("id")
        if not isinstance(number, str):
            raise Unavailable(f"the answer names no {kind}", source=self.name)
        return number

    async def change(self, kind: str, number: str, body: Row, tag: str, *, add: bool = False) -> None:
        """Change an item as `tag` saw it, or `add` to its lists; raises Conflict without a record when it moved."""
        sent = {**body, "@op": "add"} if add else body
        await self.http.send("PATCH", f"rest/data/{kind}/{number}", json=sent, headers={"If-Match": tag})

    async def add_to(self, kind: str, number: str, field: str, values: Sequence[str]) -> None:
        """Add `values` to an item's list, again after others have changed the item meanwhile."""
        for _try in range(5):
            row, tag = await self.item(kind, number)
            missing = [value for value in values if value not in row.get(field, ())]
            if not missing:
                return
            try:
                await self.change(kind, number, {field: missing}, tag, add=True)
            except Conflict:
                continue
            return
        raise Refused(f"{kind} {number} is changed again and again", source=self.name)


def _data(answer: Any, source: str) -> dict[str, Any]:
    if isinstance(answer, dict) and isinstance(answer.get("data"), dict):
        return dict(answer["data"])
    raise Unavailable("the answer is none of Roundup's", source=source)


def _list(rows: object, source: str) -> Sequence[Row]:
    if isinstance(rows, list) and all(isinstance(row, dict) and "id" in row for row in rows):
        return rows
    raise Unavailable("the answer is no list of Roundup's", source=source)
