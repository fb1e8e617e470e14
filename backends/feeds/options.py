"""Reading a feed's own table of the profile, setting by setting; whatever is wrong there names itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from backends.errors import Invalid

T = TypeVar("T")


class Options:
    """The `options` of a source. Each read checks the type; `finish` refuses what nobody asked for."""

    def __init__(self, table: Mapping[str, object] | None, source: str = "", path: str = "options") -> None:
        self._table = dict(table or {})
        self._source = source
        self._path = path
        self._known: set[str] = set()

    def wrong(self, name: str, code: str, detail: str) -> Invalid:
        """Return the error for a setting that will not do."""
        return Invalid(f"{self._path}.{name}", code, detail, source=self._source)

    def _value(self, name: str) -> object:
        self._known.add(name)
        return self._table.get(name)

    def _read(self, name: str, default: T, fits: Callable[[object], bool], needed: str) -> T:
        value = self._value(name)
        if value is None:
            return default
        if not fits(value):
            raise self.wrong(name, "type", f"{needed} is needed")
        return value  # type: ignore[return-value]  # `fits` has looked

    def text(self, name: str, default: str = "") -> str:
        """Return a text."""
        return self._read(name, default, lambda value: isinstance(value, str), "a text")

    def flag(self, name: str, default: bool) -> bool:
        """Return yes or no."""
        return self._read(name, default, lambda value: isinstance(value, bool), "true or false")

    def number(self, name: str, default: float, least: float, most: float) -> float:
        """Return a number between `least` and `most`."""
        value = self._read(
            name, default, lambda one: isinstance(one, int | float) and not isinstance(one, bool), "a number"
        )
        if not least <= value <= most:
            raise self.wrong(name, "out_of_range", f"from {least:g} to {most:g}")
        return float(value)

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """Return one of the allowed words."""
        value = self.text(name, default)
        if value not in allowed:
            raise self.wrong(name, "unknown", f"one of {', '.join(allowed)}")
        return value

    def texts(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return a list of texts; a single one may stand alone."""
        return texts_in(self._value(name), default, lambda: self.wrong(name, "type", "a list of texts is needed"))

    def table(self, name: str) -> Options:
        """Return a table within this one, empty when it is not there."""
        value: Mapping[str, object] = self._read(name, {}, lambda one: isinstance(one, Mapping), "a table")
        return Options(value, self._source, f"{self._path}.{name}")

    def names(self) -> tuple[str, ...]:
        """Return the names of all settings in the table."""
        return tuple(self._table)

    def finish(self) -> None:
        """Raise Invalid for a setting that no read asked for: it is misspelt, or belongs to another kind of feed."""
        for name in self._table:
            if name not in self._known:
                raise self.wrong(name, "unknown", f"known are {', '.join(sorted(self._known))}")


def texts_in(value: object, default: tuple[str, ...], wrong: Callable[[], Invalid]) -> tuple[str, ...]:
    """Return a list of texts, or a single text as a list of one; raises what `wrong` makes."""
    if value is None:
        return default
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return tuple(value)
    raise wrong()
