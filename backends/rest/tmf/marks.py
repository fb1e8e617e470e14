"""Marks of our own in what we create on servers that do not honour Idempotency-Key; and foreign records by origin.

A mark stands where the standard has a place for identifiers of other systems, else in a named value. It is looked for
among what the server gives for the narrowest question it is sure to understand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backends.records import Contact, Customer, Key, Origin, Record
from backends.rest.tmf.pieces import CUSTOMER, Json, Reading, named
from backends.rest.tmf.reading import Reader
from backends.rest.tmf.site import Filters, Site

OWNER = "cordboard"
NAME = "idempotencyKey"


def marked(site: Site, kind: type[Record], document: Json, mark: str) -> Json:
    """Return `document` with a mark."""
    api = site.api(kind)
    if api.external and not api.external_list:
        return {**document, api.external: f"{OWNER}:{mark}"}
    if api.external:
        one = {"owner": OWNER, "externalIdentifierType": NAME, "id": mark}
        one |= {"@type": "ExternalIdentifier"} if api.shape.typed else {}
        return {**document, api.external: [*document.get(api.external, []), one]}
    return {**document, api.characteristic: [*document.get(api.characteristic, []), named(api, NAME, mark)]}


def has(site: Site, kind: type[Record], document: Mapping[str, Any], mark: str) -> bool:
    """Return whether a resource carries a mark."""
    api = site.api(kind)
    reading = Reading(api, document)
    if api.external and not api.external_list:
        return reading.line(api.external) == f"{OWNER}:{mark}"
    if api.external:
        return any(one.line("owner") == OWNER and one.line("id") == mark for one in reading.parts(api.external))
    return reading.values().get(NAME) == mark


async def find(reader: Reader, kind: type[Record], document: Json, mark: str) -> Json | None:
    """Return the resource with a mark, None when there is none."""
    async for one in reader.site.walk(kind, _question(reader.site, kind, document, mark)):
        if has(reader.site, kind, one, mark):
            return one
    return None


def _question(site: Site, kind: type[Record], document: Json, mark: str) -> Filters:
    """Return the filters that narrow a list to what may carry the mark."""
    api = site.api(kind)
    if api.external and not api.external_list:
        return {api.external: f"{OWNER}:{mark}"}
    if api.external:
        return {f"{api.external}.id": mark}
    reading = Reading(api, document)
    if kind is Customer:
        return {"name": reading.line("name")}
    if kind is Contact:
        parties = [party for role, party in reading.parties().items() if role == CUSTOMER]
        name = "relatedParty.id"
    else:
        parties = [one.referred() for one in reading.parts("engagedParty")]
        name = "engagedParty.id"
    return {name: parties[0].line("id")} if parties else {}


async def of_origin(reader: Reader, kind: type[Record], origin: Origin) -> Key:
    """Return the key of the record that came from `origin`, empty when there is none."""
    api = reader.site.api(kind)
    async for one in reader.site.walk(kind, {f"{api.characteristic}.value.foreign_id": origin.foreign_id}):
        record: Record = reader.record(kind, one)
        if getattr(record, "origin", None) == origin:
            return record.key
    return ""


async def carries(reader: Reader, kind: type[Record], key: Key, mark: str) -> bool:
    """Return whether the record of this key was created under a mark, as far as the server shows it."""
    if await reader.site.honours():
        return False
    identifier = reader.site.keys.identifier(kind, key)
    return has(reader.site, kind, await reader.site.get(kind, identifier), mark)
