"""The wire as JSON Schema (2020-12), made from the same types as the forms, so that both say the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from types import NoneType
from typing import Any, get_args, get_origin

from backends.wire.forms import BY_NAME, TAG, empty_default, hints_of, is_union, kind_name
from backends.wire.scalars import GREATEST

_SCALARS: Mapping[object, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer", "minimum": -GREATEST - 1, "maximum": GREATEST},
    float: {"type": "number"},
    bytes: {"type": "string", "contentEncoding": "base64"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    NoneType: {"type": "null"},
    Any: {},
}


class Schemas:
    """Collects the named parts while schemas are made; `named` is what goes under components."""

    def __init__(self, where: str = "#/components/schemas/") -> None:
        self.named: dict[str, dict[str, Any]] = {}
        self._where = where

    def of(self, hint: Any) -> dict[str, Any]:
        """Return the schema of a type, data classes as references to their named parts."""
        if hint in _SCALARS:
            return dict(_SCALARS[hint])
        origin, inner = get_origin(hint), get_args(hint)
        if is_union(hint):
            return self._one_of(inner)
        if origin is tuple and inner[-1] is not Ellipsis:
            places = [self.of(each) for each in inner]
            return {"type": "array", "prefixItems": places, "minItems": len(places), "maxItems": len(places)}
        if origin in (tuple, frozenset, Sequence, Collection):
            return {"type": "array", "items": self.of(inner[0])}
        if origin is Mapping:
            return self._mapping(*inner)
        if origin is type:
            return {"type": "string", "enum": sorted(BY_NAME)}
        if isinstance(hint, type) and issubclass(hint, Enum):
            return {"type": "string", "enum": [each.value for each in hint]}
        return self._named(hint)

    def _mapping(self, key: Any, value: Any) -> dict[str, Any]:
        if key is str:
            return {"type": "object", "additionalProperties": self.of(value)}
        return {"type": "array", "items": self.of(tuple[key, value])}

    def _one_of(self, choices: tuple[Any, ...]) -> dict[str, Any]:
        kinds = [each for each in choices if each is not NoneType]
        found = [self.of(kinds[0])] if len(kinds) == 1 else [self._tagged(kind) for kind in kinds]
        if len(kinds) < len(choices):
            found.append({"type": "null"})
        return found[0] if len(found) == 1 else {"anyOf": found}

    def _tagged(self, kind: Any) -> dict[str, Any]:
        tag = {"type": "object", "properties": {TAG: {"const": kind_name(kind)}}, "required": [TAG]}
        return {"allOf": [tag, self.of(kind)]}

    def _named(self, hint: Any) -> dict[str, Any]:
        kind, inner = get_origin(hint) or hint, get_args(hint)
        if not isinstance(kind, type) or not is_dataclass(kind):
            raise TypeError(f"no schema for {hint}")
        name = kind.__name__ + "".join(_short(each) for each in inner)
        if name not in self.named:
            self.named[name] = {}
            empty = empty_default(hint)
            properties: dict[str, Any] = {}
            for field, part in hints_of(hint).items():
                properties[field] = self.of(part)
                if isinstance(empty.get(field), str | int | bool) and "$ref" not in properties[field]:
                    properties[field]["default"] = empty[field]
            needed = [one.name for one in fields(kind) if one.default is MISSING and one.default_factory is MISSING]
            says = (kind.__doc__ or "").strip().splitlines()
            self.named[name] = {"type": "object", "properties": properties, "required": needed}
            if says and not says[0].startswith(f"{kind.__name__}("):
                self.named[name]["description"] = says[0]
        return {"$ref": self._where + name}


def _short(hint: Any) -> str:
    """Return a name for a type that stands in the brackets of another."""
    if is_union(hint) or get_args(hint):
        return "".join(_short(each) for each in get_args(hint))
    return getattr(hint, "__name__", "")
