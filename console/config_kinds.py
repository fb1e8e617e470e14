"""What a setting may hold: kinds that read a TOML value or say what they expected instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeVar, cast

from backends import clean
from console.i18n import N_, _

T = TypeVar("T")


class Unfit(Exception):
    """A value that a kind does not take; `expected` is worded, empty where the kind's own words say it.

    In a table `below` names the entry that is wrong, and `example` is what could stand there.
    """

    def __init__(self, expected: str = "", *, below: str = "", example: str = "") -> None:
        super().__init__(expected)
        self.expected = expected
        self.below = below
        self.example = example


@dataclass(frozen=True, slots=True)
class Kind:
    """How to read a value; `expected` is marked for the catalogue, `example` is TOML."""

    expected: str
    example: str
    read: Callable[[object], Any]
    words: tuple[str, ...] = ()
    """The only texts it takes; empty for a kind that takes others."""


def setting(default: T, kind: Kind, about: str) -> T:
    """Declare one setting; `about` is a marked English sentence."""
    metadata = {"kind": kind, "about": about}
    if isinstance(default, Mapping):
        return cast("T", field(default_factory=lambda: MappingProxyType({}), metadata=metadata))
    declared: T = field(default=default, metadata=metadata)
    return declared


def _line(value: object) -> str:
    if not isinstance(value, str):
        raise Unfit
    return clean.line(value)


def _yes_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise Unfit
    return value


def _lines(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Unfit
    return tuple(_line(one) for one in value)


def _table(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise Unfit
    return MappingProxyType(dict(value))


def _keys(value: object) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        raise Unfit
    found: dict[str, tuple[str, ...]] = {}
    for action, keys in value.items():
        try:
            found[action] = (_line(keys),) if isinstance(keys, str) else _lines(keys)
        except Unfit as unfit:
            raise Unfit(_("a list of keys"), below=action, example='["n", "ctrl+p"]') from unfit
    return MappingProxyType(found)


YES_NO = Kind(N_("true or false"), "true", _yes_no)
TEXTS = Kind(N_("a list of texts"), '["one", "two"]', _lines)
TABLE = Kind(N_("a table"), '{ queue = "Faults" }', _table)
KEYS = Kind(N_("a table of action ids, each with a list of keys"), '{ note = ["n", "ctrl+p"] }', _keys)


def text(example: str) -> Kind:
    """Return the kind of one line of any text."""
    return Kind(N_("a text in quotes"), f'"{example}"', _line)


def choice(*words: str) -> Kind:
    """Return the kind that takes one of `words`; the first one not empty is the example."""

    def read(value: object) -> str:
        if value not in words:
            raise Unfit(_("one of {words}").format(words=", ".join(f'"{word}"' for word in words)))
        return str(value)

    return Kind(N_("one of a few texts"), f'"{next(word for word in words if word)}"', read, words)


def choices(*words: str) -> Kind:
    """Return the kind that takes a list of some of `words`."""

    def read(value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or any(one not in words for one in value):
            raise Unfit(_("a list of some of {words}").format(words=", ".join(f'"{word}"' for word in words)))
        return tuple(value)

    return Kind(N_("a list of some texts"), f'["{words[0]}"]', read, words)


def whole(least: int, most: int) -> Kind:
    """Return the kind of whole numbers from `least` to `most`, both included."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise Unfit(_("a whole number from {least} to {most}").format(least=least, most=most))
        return value

    return Kind(N_("a whole number"), str(max(least, min(most, 30))), read)


def time_zone() -> Kind:
    """Return the kind of IANA time zone names; the empty one is left to others to choose."""

    def read(value: object) -> str:
        name = _line(value)
        if name:
            from zoneinfo import ZoneInfo

            try:
                ZoneInfo(name)
            except (ValueError, OSError, LookupError) as error:
                raise Unfit from error
        return name

    return Kind(N_("the name of a time zone in the IANA list"), '"Europe/Warsaw"', read)


def url() -> Kind:
    """Return the kind of backend URLs; one that carries a password is refused."""

    def read(value: object) -> str:
        address = _line(value)
        if address and not address.partition(":")[0].replace("+", "").isalnum():
            raise Unfit
        if holds_password(address):
            raise Unfit(_("a URL without a password, which belongs into the keyring"))
        return address

    return Kind(N_("a URL with its scheme"), '"sqlite:////srv/desk/cordboard.db"', read)


def source_url() -> Kind:
    """Return the kind of URLs that say how to speak to a source."""
    return replace(url(), example='"rt+https://helpdesk.example/rt/"')


def holds_password(address: str) -> bool:
    """Return whether the URL has a password between its `//` and its host."""
    authority = address.partition("://")[2].partition("/")[0]
    return ":" in authority.rpartition("@")[0]
