"""What a command is run in: folders, configuration, backend, agent, and where its words go."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from console import config
from console.cli import codes
from console.cli.output import Writer, moment_text
from console.config_kinds import holds_password
from console.i18n import _

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from backends.port import Backend
    from backends.records import Agent
    from console.calls.ways import Ways
    from console.cli.progress import Progress
    from console.desk.ruling import DeskRules

_LAST_WORD = 1.0
"""Seconds that a command, with all it found printed, gives sources that have not said yet whether they answer."""
DATABASE = "cordboard.db"
"""Name of the embedded database in the data folder."""
DEMO_DATABASE = "demo.db"
"""Name of the demo's database in the data folder."""


@dataclass(frozen=True, slots=True)
class Paths:
    """The program's folders; CORDBOARD_HOME puts them all in one place."""

    config: Path
    data: Path
    state: Path
    """Drafts, logs, and what else belongs to this computer alone."""

    @property
    def config_file(self) -> Path:
        """Where the configuration is read from."""
        return self.config / config.FILE_NAME

    @property
    def database(self) -> Path:
        """Where the embedded database is, when the configuration says nothing else."""
        return self.data / DATABASE

    def make(self) -> None:
        """Create the folders for their owner alone; raises Stop when that fails."""
        for folder in (self.config, self.data, self.state):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                says = _("cannot create the folder {folder}: {why}").format(folder=folder, why=error.strerror)
                raise codes.Stop(says, codes.CANNOT_CREATE) from error


def paths_from(environ: Mapping[str, str]) -> Paths:
    """Return the folders that the environment and the platform's rules give."""
    home = environ.get("CORDBOARD_HOME", "")
    if home:
        root = Path(home).expanduser().absolute()
        return Paths(config=root, data=root, state=root / "state")
    from platformdirs import PlatformDirs

    folders = PlatformDirs("cordboard", appauthor=False)
    return Paths(folders.user_config_path, folders.user_data_path, folders.user_state_path)


def sqlite_url(file: Path) -> str:
    """Return the backend URL of an embedded database file, given absolute; what URLs are parted at is escaped."""
    path = str(file).replace("%", "%25").replace("?", "%3F").replace("#", "%23")
    return f"sqlite:///{path}"


def sqlite_file(url: str) -> Path | None:
    """Return the database file that a URL such as `sqlite:////srv/desk.db` names, None for any other URL."""
    from urllib.parse import unquote

    scheme, _colon, rest = url.partition("://")
    path = unquote(rest).lstrip("/")
    if scheme.lower() != "sqlite" or not rest.startswith("/") or not path:
        return None
    return Path(path).expanduser() if path.startswith("~/") else Path("/", path)


def _connect(url: str, **settings: object) -> Backend:
    from backends.registry import backend_for  # reading the entry points costs; not every command needs it

    return backend_for(url, **settings)


@dataclass
class Setting:
    """Everything that a command needs and that is not its own argument.

    `settings`, `profile` and what follows from them raise `config.ConfigError` when the file is wrong, at the first
    use: commands that do without the configuration work all the same.
    """

    out: Writer
    err: Writer
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    backend_flag: str = ""
    profile_flag: str = ""
    agent_flag: str = ""
    theme_flag: str = ""
    connect: Callable[..., Backend] = _connect

    @cached_property
    def paths(self) -> Paths:
        """The program's folders."""
        return paths_from(self.environ)

    @cached_property
    def settings(self) -> config.Settings:
        """The configuration file's settings."""
        return config.load(self.paths.config_file)

    @cached_property
    def profile_name(self) -> str:
        """The profile in use: flag, then CORDBOARD_PROFILE, then the file's choice."""
        return self.profile_flag or self.environ.get("CORDBOARD_PROFILE", "") or self.settings.profile

    @cached_property
    def profile(self) -> config.Profile:
        """The profile's settings; raises Stop for a name that the file does not know."""
        try:
            return self.settings.chosen(self.profile_name)
        except KeyError as error:
            says = _('there is no profile "{name}"; known: {names}').format(
                name=self.profile_name, names=", ".join(self.settings.profiles)
            )
            raise codes.Stop(says, codes.CONFIG) from error

    @cached_property
    def backend_url(self) -> str:
        """Where the records are: flag, CORDBOARD_BACKEND, the profile, else the database in the data folder.

        Raises Stop for a file name in the place of a URL, and for a URL that carries a password, which others could
        read in the list of processes.
        """
        given = self._given
        if given and ":" not in given:
            says = _("a backend is named by a URL; for this file write {url}")
            raise codes.Stop(says.format(url=sqlite_url(Path(given).expanduser().absolute())), codes.USAGE)
        if holds_password(given):
            says = _("a backend's URL must not carry a password; leave it out, it belongs into the keyring")
            raise codes.Stop(says, codes.USAGE)
        if given:
            return given
        if self.home_source:
            return self.profile.sources[self.home_source].url
        return self.profile.backend or sqlite_url(self.paths.database)

    @property
    def _given(self) -> str:
        return self.backend_flag or self.environ.get("CORDBOARD_BACKEND", "")

    @property
    def backend_named(self) -> bool:
        """Whether the records were named for this one call; the profile's other sources then have no part in it."""
        return bool(self._given)

    @property
    def home_source(self) -> str:
        """The name of the source that is the profile's own store, empty where that is no source."""
        backend = self.profile.backend
        return backend if not self._given and backend in self.profile.sources else ""

    @cached_property
    def actor(self) -> str:
        """The agent's login: flag, then CORDBOARD_AGENT, then the profile, then the computer's user."""
        from backends import clean

        given = self.agent_flag or self.environ.get("CORDBOARD_AGENT", "") or self.profile.agent
        return clean.line(given or _computer_user(), limit=64) or "agent"

    @property
    def agent_named(self) -> bool:
        """Whether somebody typed the login; the computer's user, and who has roles of the configuration, are theirs."""
        if self.agent_flag or self.environ.get("CORDBOARD_AGENT", ""):
            return True
        return bool(self.profile.agent and not self.profile.roles)

    def unknown_agent(self, agents: Sequence[Agent]) -> str:
        """Return what to say when the login was named and the records have agents and not this one, else nothing."""
        logins = sorted(agent.login for agent in agents)
        if not logins or not self.agent_named or self.actor in logins:
            return ""
        from difflib import get_close_matches

        near = get_close_matches(self.actor, logins, 1)
        if near:
            says = _('these records know no agent "{login}"; did you mean "{near}"?')
            return says.format(login=self.actor, near=near[0])
        return _('these records know no agent "{login}"').format(login=self.actor)

    def warn_of_unknown_agent(self, agents: Sequence[Agent]) -> None:
        """Say on standard error when the agent who was named is none of these; work goes on with the roles in force."""
        if says := self.unknown_agent(agents):
            self.err.line(f"cordboard: {says}")

    @property
    def roles(self) -> Sequence[str]:
        """Roles of an agent whom the records do not know; who owns the records may do everything with them."""
        return self.profile.roles or ("supervisor",)

    @property
    def theme(self) -> str:
        """The colour theme asked for, empty when the terminal's abilities are to decide."""
        return self.theme_flag or self.settings.interface.theme

    @cached_property
    def language(self) -> str:
        """The language to speak: CORDBOARD_LANGUAGE, then the file, then the locale."""
        from console.i18n import LANGUAGES, preferred

        asked = self.environ.get("CORDBOARD_LANGUAGE", "")[:2].lower()
        if asked in LANGUAGES:
            return asked
        return self.settings.interface.language or self.profile.language or preferred(self.environ)

    @cached_property
    def database_file(self) -> Path | None:
        """The embedded database's file, None when the records are elsewhere."""
        return sqlite_file(self.backend_url)

    @property
    def rules(self) -> DeskRules:
        """By which rules the desk works, as the profile says; paths are meant from the configuration's folder."""
        from console.desk.ruling import DeskRules

        profile = self.profile

        def own(path: str) -> Path | None:
            return self.paths.config / Path(path).expanduser() if path else None

        return DeskRules(
            sensor=profile.sensor,
            calls=profile.calls,
            answering={code.upper(): one for code, one in profile.answering.items()},
            roles=profile.role,
            clocks_file=own(profile.clocks),
            compensation_file=own(profile.compensation),
            texts_file=own(profile.texts),
            renewals_file=own(profile.renewals),
            guides_folder=own(profile.guides),
        )

    @property
    def ways(self) -> Ways:
        """How calls come in, as the profile says; the token is read when it is needed."""
        from console.calls.ways import TOKEN_NAME, Ways

        def token() -> str:
            from backends.credentials import Token, parsed
            from console.secrets import reader

            kept = reader(self.profile_name, TOKEN_NAME, self.environ)()
            secret = parsed(kept)[0] if kept else None
            return secret.value if isinstance(secret, Token) else ""

        calls = self.profile.calls
        return Ways(self.paths.state / "run", calls.listen, calls.softphone, token)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone that moments are typed and shown in: the file's, else the desk's, else the computer's."""
        from zoneinfo import ZoneInfo

        from console.cli.zone import computer_zone

        named = self.settings.interface.time_zone or self.profile.time_zone
        return ZoneInfo(named) if named else computer_zone(self.environ)

    def moment(self, moment: datetime) -> str:
        """Return when something was: in words for a person, in UTC for a program that reads standard output."""
        if not self.out.tty:
            return moment_text(moment)
        from datetime import UTC, datetime

        from console import words

        return words.moment(moment, datetime.now(UTC), self.zone)

    @asynccontextmanager
    async def open_backend(
        self, *, existing: bool = False, home_only: bool = False, veil: bool = True
    ) -> AsyncIterator[Backend]:
        """Open the records for as long as the block runs; raises what `Backend.open` raises.

        A database file that is not there yet is created, or with `existing` raises Stop: looking into an empty
        database that nobody meant to make helps nobody. `home_only` leaves out all but the profile's own store. Without
        `veil` nothing is hidden: for its keeper, who shows no customer, and for a server, which hides by who asks.
        """
        from console.cli.sources import records_of

        file = self.database_file
        alone = home_only or self.backend_named or not self.profile.sources
        if file is not None and alone and existing and not file.exists():
            raise codes.Stop(self._no_database(file), codes.UNAVAILABLE)
        self.paths.make()
        backend = records_of(self, home_only=home_only, veil=veil)
        try:
            await backend.open()
            yield backend
            await self._tell_what_is_missing(backend)
        finally:
            await backend.close()

    async def _tell_what_is_missing(self, backend: Backend) -> None:
        """Say on standard error which of several sources did not answer: what was printed is not all there is."""
        from console.desk.sources import Opening, SourceState, Standing

        if not isinstance(backend, Standing):
            return
        if isinstance(backend, Opening):
            await backend.opened(_LAST_WORD)
        from datetime import UTC, datetime

        from console.present.setting import Now
        from console.present.sources import source_words

        now = Now(datetime.now(UTC), self.zone)
        for source in backend.standing():
            if source.error is not None or source.state is SourceState.LOADING:
                self.err.line(f"cordboard: {source_words(source, now)}")

    def _no_database(self, file: Path) -> str:
        """Return what to say where a database is missing, and how to use the demo where there is one."""
        demo = self.paths.data / DEMO_DATABASE
        if demo.exists() and demo != file:
            says = _(
                "there is no database at {file} yet; for the demo add --backend {url}, or set CORDBOARD_BACKEND to it"
            )
            return says.format(file=file, url=sqlite_url(demo))
        says = _("there is no database at {file} yet; start with: cordboard demo, or cordboard import")
        return says.format(file=file)

    def json(self, value: object) -> None:
        """Print `value` as JSON on standard output."""
        self.out.json(value)

    @contextmanager
    def progress(self, total: int, label: str) -> Iterator[Progress]:
        """Show on standard error how far long work is; silent when nobody looks. `total` 0 is unknown."""
        from console.cli.progress import Progress

        shown = Progress(self.err, total, label)
        try:
            yield shown
        finally:
            shown.clear()


def _computer_user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id without a name, as in containers
        return ""
