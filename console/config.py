"""The configuration: one TOML file, read into frozen settings that say what each of them is for.

Every setting is declared once, with its default, what it may hold and a sentence on what it does; reading, checking,
`cordboard config example` and the test of docs/configuration.md all work from that declaration. A wrong file is
explained fault by fault, with line, found value and what to write instead. Secrets never stand here: see
`console.secrets`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from backends import clean
from console.config_desk import ROLES, Answering, Calls, RoleRules, Sensor
from console.config_kinds import (
    KEYS,
    TABLE,
    TEXTS,
    YES_NO,
    Kind,
    Unfit,
    choice,
    choices,
    holds_password,
    setting,
    source_url,
    text,
    time_zone,
    url,
    whole,
)
from console.i18n import LANGUAGES, N_, _

T = TypeVar("T")

FILE_NAME = "config.toml"
"""Name of the file in the configuration folder."""
MAIN = "main"
"""The profile that exists when the file declares none."""
_SOURCE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_EXAMPLE = 'url = "rt+https://helpdesk.example/rt/"'
_URL = url()
_TABLES = ("sensor", "calls", "answering", "role", "sources")
"""Tables below a profile."""
_LARGEST = 1_000_000  # bytes; a configuration is written by hand


@dataclass(frozen=True, slots=True)
class Interface:
    """How the console looks and answers."""

    language: str = setting(
        "",
        choice("", *LANGUAGES),
        N_("Language of the interface; empty follows the environment (CORDBOARD_LANGUAGE, LC_ALL, LANG)."),
    )
    theme: str = setting("", text("night"), N_("Colour theme; empty chooses one that the terminal can show."))
    time_zone: str = setting("", time_zone(), N_("Time zone in which moments are shown; empty is the computer's own."))
    mouse: bool = setting(True, YES_NO, N_("Whether the mouse may be used; it is never needed."))
    lean: str = setting(
        "auto",
        choice("auto", "on", "off"),
        N_("Whether to send few bytes to the terminal: no animation, no ticking; `auto` measures the line."),
    )
    characters: str = setting(
        "auto",
        choice("auto", "utf8", "latin1", "ascii"),
        N_("Characters that the terminal can show; `auto` finds out."),
    )
    colours: str = setting(
        "auto",
        choice("auto", "full", "sixteen", "mono"),
        N_("Colours that the terminal can show; `auto` finds out, NO_COLOR means `mono`."),
    )
    idle_lock_minutes: int = setting(
        15,
        whole(0, 1440),
        N_("Minutes without a key after which customers are hidden until a key is pressed; 0 never."),
    )
    keys: Mapping[str, tuple[str, ...]] = setting(
        {}, KEYS, N_("Own keys by action id, in place of the built-in ones; `cordboard keys` lists the ids.")
    )


@dataclass(frozen=True, slots=True)
class Drafts:
    """What happens to text that is typed and not yet saved."""

    save_after_ms: int = setting(
        250, whole(50, 1000), N_("Milliseconds after the last keystroke at which a draft is on disk.")
    )
    keep_days: int = setting(
        30, whole(1, 365), N_("Days that a draft nobody came back to is kept before it is removed.")
    )


WRITABLE = (
    "customers",
    "lines",
    "contracts",
    "charges",
    "disputes",
    "contacts",
    "tickets",
    "promises",
    "visits",
    "outages",
)
"""What `writes` of a source may name; what hangs on a ticket goes where the ticket is."""


@dataclass(frozen=True, slots=True)
class Source:
    """One more place where customers, tickets or outages are known: a client's helpdesk, its network alarms."""

    url: str = setting(
        "",
        source_url(),
        N_("URL of the source, with how to speak to it: `rt+https://…`, `alertmanager+https://…`; no password."),
    )
    writes: tuple[str, ...] = setting(
        (),
        choices(*WRITABLE),
        N_("What is written here when it is new; all else goes to the profile's backend."),
    )
    keep_offline: bool = setting(
        False,
        YES_NO,
        N_("Whether what was read may be kept on this computer, to be shown while the source does not answer."),
    )
    deadline_seconds: int = setting(10, whole(1, 120), N_("Seconds after which an answer is no longer waited for."))
    connections: int = setting(8, whole(1, 64), N_("Requests that run at the same time."))
    poll_seconds: int = setting(
        5, whole(1, 3600), N_("Seconds between two looks for changes, where the source cannot tell them by itself.")
    )
    proxy: str = setting("", _URL, N_("URL of the proxy to go through; empty is none."))
    ca_file: str = setting(
        "", text("/etc/ssl/desk-ca.pem"), N_("File with the certificates that are trusted beside the usual ones.")
    )
    allow_http: bool = setting(
        False, YES_NO, N_("Whether the source may be asked without encryption; on this computer it always may.")
    )
    options: Mapping[str, object] = setting(
        {}, TABLE, N_("What only this kind of source knows: fields, queues, labels; see docs/remote.md.")
    )


@dataclass(frozen=True, slots=True)
class Profile:
    """A desk: where its records are, whom it serves, and by which rules of place."""

    backend: str = setting(
        "",
        url(),
        N_("URL of the records, or the name of one of the sources; empty is the database in the data folder."),
    )
    operators: tuple[str, ...] = setting(
        (), TEXTS, N_("Codes of the operators (brands) served here; empty serves all.")
    )
    time_zone: str = setting(
        "", time_zone(), N_("Time zone of the desk, where the interface sets none; empty is the computer's own.")
    )
    language: str = setting(
        "", choice("", *LANGUAGES), N_("Language of this desk's interface, where the interface itself sets none.")
    )
    agent: str = setting(
        "", text("anna"), N_("Login of the agent; empty is the user who is logged in to the computer.")
    )
    roles: tuple[str, ...] = setting(
        (),
        choices("desk", "hotline", "technical", "billing", "supervisor", "advisor"),
        N_("Roles of an agent whom the records do not know; empty is supervisor, who may do everything."),
    )
    clocks: str = setting(
        "", text("/srv/desk/clocks.toml"), N_("File of own clocks over the shipped ones (docs/clocks.md).")
    )
    compensation: str = setting(
        "", text("/srv/desk/compensation.toml"), N_("File of own amounts of compensation over the shipped ones.")
    )
    texts: str = setting(
        "", text("/srv/desk/texts.toml"), N_("File of own texts about outages over the shipped ones (docs/outages.md).")
    )
    renewals: str = setting(
        "", text("/srv/desk/renewals.toml"), N_("File of own offers and days of notice over the shipped ones (R24).")
    )
    guides: str = setting(
        "", text("/srv/desk/guides"), N_("Folder of own scripts beside the shipped ones (docs/guides.md).")
    )
    sensor: Sensor = Sensor()
    calls: Calls = Calls()
    answering: Mapping[str, Answering] = field(default_factory=lambda: MappingProxyType({}))
    """By operator code; each is a table of its own, `[profiles.NAME.answering.CODE]`."""
    role: Mapping[str, RoleRules] = field(default_factory=lambda: MappingProxyType({}))
    """By role; each is a table of its own, `[profiles.NAME.role.ROLE]`."""
    sources: Mapping[str, Source] = field(default_factory=lambda: MappingProxyType({}))
    """By name; each is a table of its own, `[profiles.NAME.sources.SOURCE]`."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole file; every part has a default, so that none is needed."""

    profile: str = setting(MAIN, text(MAIN), N_("Profile to use when none is named (--profile, CORDBOARD_PROFILE)."))
    interface: Interface = Interface()
    drafts: Drafts = Drafts()
    profiles: Mapping[str, Profile] = field(default_factory=lambda: MappingProxyType({MAIN: Profile()}))

    def chosen(self, name: str = "") -> Profile:
        """Return the profile `name`, else the one the file chooses; raises KeyError for an unknown name."""
        return self.profiles[name or self.profile]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in the file: `line` counts from 1, 0 is unknown; `says` is worded and names the remedy."""

    path: Path
    line: int
    name: str
    says: str

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{where}: {self.name}: {self.says}" if self.name else f"{where}: {self.says}"


class ConfigError(Exception):
    """The file cannot be used; `faults` are all of its faults, in the order of their lines."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(str(fault) for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Declared:
    """A setting as it was declared: `name` is dotted, with `NAME` and `SOURCE` in the places of names."""

    name: str
    kind: Kind
    about: str
    default: Any

    @property
    def needed(self) -> bool:
        """Whether there is no default that could stand: a source has a URL."""
        return self.name.endswith(".SOURCE.url")


def _declared(section: type[Any], prefix: str) -> Iterator[Declared]:
    blank = section()
    for one in fields(section):
        if "kind" in one.metadata:
            yield Declared(prefix + one.name, one.metadata["kind"], one.metadata["about"], getattr(blank, one.name))


def declared() -> tuple[Declared, ...]:
    """Return every setting there is, in the order of the example file."""
    return (
        *_declared(Settings, ""),
        *_declared(Interface, "interface."),
        *_declared(Drafts, "drafts."),
        *_declared(Profile, "profiles.NAME."),
        *_declared(Sensor, "profiles.NAME.sensor."),
        *_declared(Calls, "profiles.NAME.calls."),
        *_declared(Answering, "profiles.NAME.answering.CODE."),
        *_declared(RoleRules, "profiles.NAME.role.ROLE."),
        *_declared(Source, "profiles.NAME.sources.SOURCE."),
    )


def load(path: Path) -> Settings:
    """Return the settings of the file at `path`, the defaults when there is none; raises ConfigError."""
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise ConfigError((Fault(path, 0, "", _("cannot be read: {why}").format(why=error.strerror)),)) from error
    if len(raw) > _LARGEST:
        raise ConfigError((Fault(path, 0, "", _("is larger than any configuration; is it the right file?")),))
    try:
        content = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ConfigError((Fault(path, line, "", _("is not UTF-8 here; save the file as UTF-8")),)) from error
    return read(content, path)


def read(content: str, path: Path = Path(FILE_NAME)) -> Settings:
    """Return the settings that `content` holds; raises ConfigError with every fault found."""
    from console.config_lines import lines_of, parsed  # tomllib is needed only when there is a file

    table = parsed(content, path)
    reader = _Reader()
    settings = reader.settings(table)
    if reader.wrong:
        lines = lines_of(content, [where for where, _says in reader.wrong])
        faults = [Fault(path, lines.get(where, 0), ".".join(where), says) for where, says in reader.wrong]
        raise ConfigError(tuple(sorted(faults, key=lambda fault: fault.line)))
    return settings


class _Reader:
    """Turns parsed TOML into settings and collects what is wrong by the way."""

    def __init__(self) -> None:
        self.wrong: list[tuple[tuple[str, ...], str]] = []

    def settings(self, table: Mapping[str, object]) -> Settings:
        plain = {name: value for name, value in table.items() if name not in ("interface", "drafts", "profiles")}
        top = self._section(Settings, plain, (), others=("interface", "drafts", "profiles"))
        interface = self._section(Interface, self._table(table, "interface"), ("interface",))
        drafts = self._section(Drafts, self._table(table, "drafts"), ("drafts",))
        profiles = self._profiles(self._table(table, "profiles"))
        name = str(top.get("profile", MAIN))
        if name not in profiles:
            says = _("there is no profile of this name; known: {names}")
            self.wrong.append((("profile",), says.format(names=", ".join(profiles))))
        return Settings(name, Interface(**interface), Drafts(**drafts), MappingProxyType(profiles))

    def _profiles(self, table: Mapping[str, object]) -> dict[str, Profile]:
        found: dict[str, Profile] = {}
        for name in table:
            where = ("profiles", name)
            one = self._table(table, name, where)
            found[name] = self._profile(one, where)
            backend = found[name].backend
            if backend and ":" not in backend and backend not in found[name].sources:
                says = _("is neither a URL nor one of this profile's sources: {names}")
                known = ", ".join(found[name].sources)
                self.wrong.append(((*where, "backend"), says.format(names=known or "–")))
        return found or {MAIN: Profile()}

    def _profile(self, one: Mapping[str, object], where: tuple[str, ...]) -> Profile:
        plain = {key: value for key, value in one.items() if key not in _TABLES}
        below = {name: self._table(one, name, (*where, name)) for name in _TABLES}
        return Profile(
            **self._section(Profile, plain, where, _TABLES),
            sensor=Sensor(**self._section(Sensor, below["sensor"], (*where, "sensor"))),
            calls=Calls(**self._section(Calls, below["calls"], (*where, "calls"))),
            answering=self._named(Answering, below["answering"], (*where, "answering")),
            role=self._named(RoleRules, below["role"], (*where, "role"), ROLES),
            sources=MappingProxyType(self._sources(below["sources"], (*where, "sources"))),
        )

    def _named(
        self, section: type[T], table: Mapping[str, object], where: tuple[str, ...], names: tuple[str, ...] = ()
    ) -> Mapping[str, T]:
        """Read tables that have names of their own; `names` are the only ones, where there are some."""
        found: dict[str, T] = {}
        for name in table:
            if names and name not in names:
                self.wrong.append(((*where, name), _unknown(name, names)))
                continue
            given = self._table(table, name, (*where, name))
            found[clean.line(name)] = section(**self._section(section, given, (*where, name)))
        return MappingProxyType(found)

    def _sources(self, table: Mapping[str, object], where: tuple[str, ...]) -> dict[str, Source]:
        found: dict[str, Source] = {}
        for name in table:
            one = (*where, name)
            if not _SOURCE_NAME.fullmatch(name):
                self.wrong.append((one, _("a source is named by small letters, digits, - and _")))
                continue
            given = self._table(table, name, one)
            found[name] = Source(**self._section(Source, given, one))
            if not given.get("url"):
                self.wrong.append((one, _("has no url; write for example {example}").format(example=_EXAMPLE)))
        return found

    def _table(
        self, parent: Mapping[str, object], name: str, where: tuple[str, ...] | None = None
    ) -> Mapping[str, object]:
        value = parent.get(name, {})
        if isinstance(value, Mapping):
            return value
        where = where or (name,)
        self.wrong.append((where, _("must be a table; write [{name}]").format(name=".".join(where))))
        return {}

    def _section(
        self, section: type[Any], table: Mapping[str, object], where: tuple[str, ...], others: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        known: dict[str, Field[Any]] = {one.name: one for one in fields(section) if "kind" in one.metadata}
        values: dict[str, Any] = {}
        for name, value in table.items():
            if name not in known:
                self.wrong.append(((*where, name), _unknown(name, (*known, *others))))
                continue
            kind: Kind = known[name].metadata["kind"]
            try:
                values[name] = kind.read(value)
            except Unfit as unfit:
                path = (*where, name, unfit.below) if unfit.below else (*where, name)
                self.wrong.append((path, _unfit(name, value, kind, unfit)))
        return values


def _unknown(name: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, 1)
    if near:
        return _("there is no such setting; did you mean {near}?").format(near=near[0])
    return _("there is no such setting; known here: {names}").format(names=", ".join(known))


def _unfit(name: str, value: object, kind: Kind, unfit: Unfit) -> str:
    if unfit.below and isinstance(value, Mapping):
        name, value = unfit.below, value[unfit.below]
    if isinstance(value, str) and holds_password(value):
        value = "…"
    shown = clean.line("true" if value is True else "false" if value is False else repr(value), limit=60)
    says = _("{found} will not do: {expected}; write for example {name} = {example}")
    return says.format(
        found=shown, expected=unfit.expected or _(kind.expected), name=name, example=unfit.example or kind.example
    )
