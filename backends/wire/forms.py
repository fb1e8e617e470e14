"""Records and all else that the port speaks as JSON values and back, without loss.

A `Form` is made from a type once and then used often: it walks no annotations while it works. The JSON of a record is
an object of its fields; what may be of several kinds says which in `@type`. A field that is empty by default is left
out when it is empty; every other one is written, so that a later change of a default changes nothing that was said
before. On reading, unknown fields are ignored (a newer program wrote them), an unknown kind is Invalid `kind`, and a
wrong value is Invalid with the way to it. Texts pass `backends.clean` when they are read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from backends.errors import Invalid
from backends.records import KINDS, Record
from backends.wire import scalars
from backends.wire.scalars import Wrong, called

T = TypeVar("T")

TAG = "@type"
"""The member of an object that names its kind, where several are possible."""


def kind_name(kind: type) -> str:
    """Return the name of a kind on the wire: `ticket_event`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


BY_NAME: Mapping[str, type[Record]] = {kind_name(kind): kind for kind in sorted(KINDS, key=kind_name)}
"""Every kind of record by its name."""


@dataclass(frozen=True, slots=True)
class Coder:
    """How values of one type are written and read; `plain` None leaves them as they are. Both raise Wrong."""

    plain: Callable[[Any], Any] | None
    built: Callable[[Any], Any]

    def write(self, value: Any) -> Any:
        """Return `value` as JSON values."""
        return value if self.plain is None else self.plain(value)


_SCALARS: Mapping[object, Coder] = {
    str: Coder(None, scalars.text),
    bool: Coder(None, scalars.truth),
    int: Coder(None, scalars.whole_number),
    float: Coder(None, scalars.number),
    bytes: Coder(scalars.plain_bytes, scalars.some_bytes),
    datetime: Coder(scalars.plain_moment, scalars.moment),
    date: Coder(scalars.plain_day, scalars.day),
    Any: Coder(None, lambda value: value),
    object: Coder(None, lambda value: value),
    NoneType: Coder(None, scalars.nothing),
}


def is_union(hint: object) -> bool:
    """Return whether `hint` is written `A | B`."""
    return get_origin(hint) in (Union, UnionType)


@cache
def coder(hint: Any) -> Coder:
    """Return how values of the type `hint` are written and read; raises TypeError for a type without a form."""
    if hint in _SCALARS:
        return _SCALARS[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if is_union(hint):
        return _one_of(inner)
    if origin is tuple and inner[-1] is not Ellipsis:
        return _row(tuple(map(coder, inner)))
    if origin in (tuple, Sequence, Collection):
        return _many(coder(inner[0]), tuple)
    if origin is frozenset:
        return _many(coder(inner[0]), frozenset)
    if origin is Mapping:
        return _mapping(inner[0], coder(inner[1]))
    if origin is type:
        return Coder(kind_name, _kind)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return Coder(lambda value: value.value, scalars.choice(hint))
    if is_dataclass(origin or hint):
        return _object(hint)
    raise TypeError(f"no form for {hint}")


# parts of an object --------------------------------------------------------------------------------------------------


def hints_of(hint: Any) -> dict[str, Any]:
    """Return the types of a data class's fields, with the parameters of a generic one filled in."""
    kind, given = get_origin(hint) or hint, get_args(hint)
    found = get_type_hints(kind)
    if given:
        found = {name: one[given] if getattr(one, "__parameters__", ()) else one for name, one in found.items()}
    return {one.name: found[one.name] for one in fields(kind)}


def empty_default(hint: Any) -> dict[str, Any]:
    """Return the fields of a data class whose default is empty, with that default."""
    found: dict[str, Any] = {}
    for one in fields(get_origin(hint) or hint):
        default: Any = one.default if one.default_factory is MISSING else one.default_factory()
        if default is MISSING:
            continue
        if not default or (is_dataclass(default) and not isinstance(default, type) and default == type(default)()):
            found[one.name] = default
    return found


_ALWAYS = object()


def _object(hint: Any) -> Coder:
    """Return the coder of a data class."""
    kind = get_origin(hint) or hint
    coders = {name: coder(inner) for name, inner in hints_of(hint).items()}
    empty = empty_default(hint)
    written = tuple((name, one.plain, empty.get(name, _ALWAYS)) for name, one in coders.items())
    read = {name: one.built for name, one in coders.items()}
    needed = tuple(one.name for one in fields(kind) if one.default is MISSING and one.default_factory is MISSING)

    def plain(value: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        name = ""
        try:
            for name, write, left_out in written:
                part = getattr(value, name)
                if left_out is _ALWAYS or part != left_out:
                    found[name] = part if write is None else write(part)
        except Wrong as wrong:
            wrong.way.append(name)
            raise
        return found

    def built(value: Any) -> Any:
        if type(value) is not dict:
            raise Wrong("type", f"an object is needed, not {called(value)}")
        parts: dict[str, Any] = {}
        name = ""
        try:
            for name, part in value.items():
                if name in read:
                    parts[name] = read[name](part)
            for name in needed:
                if name not in parts:
                    raise Wrong("missing", "is needed")
        except Wrong as wrong:
            wrong.way.append(name)
            raise
        return kind(**parts)

    return Coder(plain, built)


def _one_of(choices: tuple[Any, ...]) -> Coder:
    """Return the coder of `A | B | None`: kinds are told apart by their tag, None is null."""
    kinds = [each for each in choices if each is not NoneType]
    one = coder(kinds[0]) if len(kinds) == 1 else _tagged(kinds)
    if len(kinds) == len(choices):
        return one

    def plain(value: Any) -> Any:
        return None if value is None else one.write(value)

    def built(value: Any) -> Any:
        return None if value is None else one.built(value)

    return Coder(plain, built)


def _tagged(kinds: Sequence[Any]) -> Coder:
    coders = {kind_name(kind): coder(kind) for kind in kinds}
    writers = {kind: (kind_name(kind), coder(kind)) for kind in kinds}

    def plain(value: Any) -> dict[str, Any]:
        known = writers.get(type(value))
        if known is None:
            raise Wrong("kind", f"no such kind: {type(value).__name__}")
        name, one = known
        return {TAG: name, **one.write(value)}

    def built(value: Any) -> Any:
        if type(value) is not dict:
            raise Wrong("type", f"an object is needed, not {called(value)}")
        name = value.get(TAG)
        if type(name) is not str or name not in coders:
            raise Wrong("kind", f"{TAG} is none of {', '.join(coders)}")
        return coders[name].built(value)

    return Coder(plain, built)


def _kind(value: Any) -> type[Record]:
    if type(value) is not str or value not in BY_NAME:
        raise Wrong("kind", f"none of {', '.join(BY_NAME)}")
    return BY_NAME[value]


# lists ---------------------------------------------------------------------------------------------------------------


def _each(one: Callable[[Any], Any], values: Any) -> list[Any]:
    """Return what `one` makes of each value; the position is looked for only when one is wrong."""
    try:
        return [one(value) for value in values]
    except Wrong:
        for position, value in enumerate(values):
            try:
                one(value)
            except Wrong as wrong:
                wrong.way.append(f"[{position}]")
                raise
        raise


def _listed(value: Any) -> list[Any]:
    if type(value) is not list:
        raise Wrong("type", f"a list is needed, not {called(value)}")
    return value


def _many(one: Coder, made: Callable[[list[Any]], Any]) -> Coder:
    """Return the coder of a list or of a set; sets are sorted, so that equal ones read alike."""
    plain = one.plain

    def write(values: Any) -> list[Any]:
        found = list(values) if plain is None else _each(plain, values)
        return sorted(found) if made is frozenset else found

    return Coder(write, lambda value: made(_each(one.built, _listed(value))))


def _row(coders: tuple[Coder, ...]) -> Coder:
    """Return the coder of a tuple whose places are of different kinds."""

    def write(values: Any) -> list[Any]:
        return [one.write(value) for one, value in zip(coders, values, strict=True)]

    def built(value: Any) -> tuple[Any, ...]:
        if len(_listed(value)) != len(coders):
            raise Wrong("length", f"{len(coders)} values are needed")
        return tuple(one.built(part) for one, part in zip(coders, value, strict=True))

    return Coder(write, built)


def _mapping(key: Any, value: Coder) -> Coder:
    """Return the coder of a mapping: an object where the keys are texts, else a list of pairs."""
    if key is not str:
        pairs = _many(_row((coder(key), value)), tuple)
        return Coder(lambda found: pairs.write(found.items()), lambda given: dict(pairs.built(given)))

    def write(found: Any) -> dict[str, Any]:
        return {name: value.write(part) for name, part in found.items()}

    def built(given: Any) -> dict[str, Any]:
        if type(given) is not dict:
            raise Wrong("type", f"an object is needed, not {called(given)}")
        return {scalars.text(name): value.built(part) for name, part in given.items()}

    return Coder(write, built)


# the whole -----------------------------------------------------------------------------------------------------------


class Form(Generic[T]):
    """How values of one type look on the wire; made at the first use."""

    def __init__(self, hint: Any) -> None:
        self.hint = hint

    def plain(self, value: T) -> Any:
        """Return `value` as JSON values; raises Invalid with the way to what cannot be written (`naive`, `kind`)."""
        try:
            return coder(self.hint).write(value)
        except Wrong as wrong:
            raise wrong.invalid() from None

    def built(self, value: Any) -> T:
        """Return what JSON values stand for; raises Invalid with the way to what is wrong."""
        try:
            found: T = coder(self.hint).built(value)
        except Wrong as wrong:
            raise wrong.invalid() from None
        return found

    def text(self, value: T) -> bytes:
        """Return `value` as JSON in UTF-8, on one line; raises Invalid."""
        return dumps(self.plain(value))

    def read(self, text: bytes | str) -> T:
        """Return what JSON stands for; raises Invalid, with the code `json` when it is none."""
        return self.built(loads(text))


def dumps(value: Any) -> bytes:
    """Return JSON values as one line of UTF-8."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # a lone surrogate, which only an escape can carry
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def loads(text: bytes | str) -> Any:
    """Return the JSON values of a text; raises Invalid `json` for all that is no JSON, NaN and endless nesting too."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Invalid("", "json", f"not JSON: {type(error).__name__}") from None
