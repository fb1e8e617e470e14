"""What a PATCH says: the attributes that our change touches, with everything in them that we do not know.

A merge-patch (RFC 7396) replaces lists whole. So a list that we change is sent with the elements that are not ours,
and an element that we change keeps the attributes that we do not map.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backends.records import Contact, Contract, Customer, Outage, Record, Ticket, Visit
from backends.rest.tmf.names import Api
from backends.rest.tmf.pieces import VERSION_NAME, Json

OPTIONAL: Mapping[type[Record], tuple[str, ...]] = {
    Customer: ("relatedParty", "validFor"),
    Contact: ("interactionItem", "interactionRelationship", "attachment"),
    Ticket: ("relatedEntity", "expectedResolutionDate", "resolutionDate", "statusChangeReason"),
    Outage: ("responsibleParty", "note", "resolutionDate"),
    Contract: (),
    Visit: (),
}
"""Attributes that the mapping writes only where there is something to say."""
_NAMING = ("role", "name", "mediumType", "id", "@type")


def whole(api: Api, document: Json) -> Json:
    """Return the patch that makes a resource of our own server what `document` is, whatever it was."""
    cleared: Json = {name: None for name in OPTIONAL[api.kind] if name not in document}
    patch = {**cleared, **document}
    patch[api.characteristic] = [one for one in patch.get(api.characteristic, []) if one["name"] != VERSION_NAME]
    return patch


def difference(api: Api, raw: Mapping[str, Any], before: Json, after: Json) -> Json:
    """Return the patch that turns `before` into `after`, laid over the resource `raw` as the server has it.

    Empty when nothing changes.
    """
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name) and name != "@type"]
    patch: Json = {name: _laid(raw.get(name), before.get(name), after.get(name)) for name in changed}
    if not patch:
        return {}
    kept = {name: raw.get(name, after.get(name)) for name in api.always if name not in patch}
    return {**{name: value for name, value in kept.items() if value is not None}, **patch}


def _laid(raw: Any, before: Any, after: Any) -> Any:
    """Return `after` with what `raw` holds and `before` does not know of."""
    if isinstance(after, dict) and isinstance(raw, dict):
        known = before if isinstance(before, dict) else {}
        found = {name: value for name, value in raw.items() if name not in known or name in after}
        return found | {name: _laid(raw.get(name), known.get(name), value) for name, value in after.items()}
    if isinstance(raw, list) and isinstance(after if after is not None else before, list):
        return _listed(raw, before if isinstance(before, list) else [], after or [])
    return after


def _listed(raw: list[Any], before: list[Any], after: list[Any]) -> list[Any]:
    ours = {naming(one) for one in (*before, *after)}
    kept = [one for one in raw if naming(one) not in ours]
    waiting = [one for one in raw if naming(one) in ours]
    found = []
    for one in after:
        same = next((other for other in waiting if naming(other) == naming(one)), None)
        if same is not None:
            waiting.remove(same)
        known = next((other for other in before if naming(other) == naming(one)), None)
        found.append(_laid(same, known, one))
    return kept + found


def naming(element: Any) -> tuple[str, ...]:
    """Return what an element of a list is about: its role, name or kind; elements alike in it replace each other."""
    if not isinstance(element, dict):
        return (str(element),)
    found = tuple(f"{name}={str(element[name]).lower()}" for name in _NAMING[:3] if element.get(name))
    return found or tuple(f"{name}={element[name]}" for name in _NAMING[3:] if element.get(name))
