"""What `cordboard doctor` looks at; each look yields findings with a remedy where one is needed."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from backends.errors import BackendError
from backends.records import Operator
from console.cli.setting import Setting
from console.i18n import LANGUAGES, _, current_language

State = Literal["ok", "note", "broken"]
OK: State = "ok"
NOTE: State = "note"
BAD: State = "broken"
MARKS: dict[State, str] = {OK: "[ok]", NOTE: "[!] ", BAD: "[X] "}

_LITTLE_ROOM = 200_000_000
"""Bytes free below which a day's work and a backup may not fit."""
_NO_ROOM = 10_000_000
_OLDEST_SQLITE = (3, 35, 0)
"""The first with RETURNING, which writes need."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: the part looked at, its state, what was found, and what to do."""

    part: str
    state: State
    says: str
    remedy: str = ""


def versions(_setting: Setting) -> Iterator[Finding]:
    """Look at the program and what it stands on."""
    import sqlite3
    from importlib.metadata import PackageNotFoundError, version

    from console import __version__

    part = _("Versions")
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding(part, OK, f"cordboard {__version__}, Python {python}")
    for name in ("textual", "sqlmodel", "httpx", "keyring", "phonenumbers"):
        try:
            yield Finding(part, OK, f"{name} {version(name)}")
        except PackageNotFoundError:
            yield Finding(part, BAD, _("{name} is not installed").format(name=name), _("Install cordboard again."))
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        says = _("SQLite {version} is too old").format(version=sqlite3.sqlite_version)
        yield Finding(part, BAD, says, _("Use a Python with SQLite 3.35 or newer."))
    elif not _has_full_text():
        yield Finding(part, BAD, _("SQLite has no full-text search (FTS5)"), _("Use a Python whose SQLite has FTS5."))
    else:
        yield Finding(part, OK, _("SQLite {version} with full-text search").format(version=sqlite3.sqlite_version))


def _has_full_text() -> bool:
    import sqlite3

    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE probe USING fts5(words)")
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()
    return True


def terminal(setting: Setting) -> Iterator[Finding]:
    """Look at what the terminal can show, and why we think so."""
    from console.cli.open import terminal_of
    from console.terminal.capabilities import findings

    part = _("Terminal")
    found = terminal_of(setting)
    if not found.interactive:
        yield Finding(part, NOTE, found.why_not, _("Here only the line commands work: cordboard find, cordboard show."))
        return
    for one in findings(found, setting.environ):
        yield Finding(part, OK, f"{one.name}: {one.value}{f' ({one.because})' if one.because else ''}")
    size = shutil.get_terminal_size()
    if size.columns < 80 or size.lines < 24:
        says = _("the window has {columns} columns and {lines} lines").format(columns=size.columns, lines=size.lines)
        yield Finding(part, NOTE, says, _("80 columns and 24 lines show more at once."))


def locale(setting: Setting) -> Iterator[Finding]:
    """Look at the language and the characters that programs are told to use."""
    part = _("Language")
    yield Finding(part, OK, _("cordboard speaks: {language}").format(language=current_language()))
    asked = setting.environ.get("CORDBOARD_LANGUAGE", "")
    if asked and asked[:2].lower() not in LANGUAGES:
        says = _("CORDBOARD_LANGUAGE={asked} is not known").format(asked=asked)
        yield Finding(part, NOTE, says, _("Known: {languages}.").format(languages=", ".join(LANGUAGES)))
    encoding = (setting.out.stream.encoding or "ascii").lower()
    if encoding.replace("-", "") == "utf8":
        yield Finding(part, OK, _("output is UTF-8"))
    else:
        says = _("output is {encoding}: letters it lacks are printed as ?").format(encoding=encoding)
        yield Finding(part, NOTE, says, _("Set a UTF-8 locale, e.g. LC_ALL=C.UTF-8."))
    yield Finding(part, OK, _("moments are shown in {zone}").format(zone=setting.zone))


def configuration(setting: Setting) -> Iterator[Finding]:
    """Look at the configuration file and who works where."""
    from console.cli.config import faults_of

    part = _("Configuration")
    path = setting.paths.config_file
    faults = faults_of(setting)
    for fault in faults:
        yield Finding(part, BAD, str(fault), _("Correct the file; cordboard config example shows how."))
    if not faults:
        there = _("{file}: no fault found") if path.exists() else _("{file} is not there; the defaults are in force")
        yield Finding(part, OK, there.format(file=path))
        says = _("profile {profile}, agent {agent}").format(profile=setting.profile_name, agent=setting.actor)
        yield Finding(part, OK, says)


def database(setting: Setting) -> Iterator[Finding]:
    """Look whether the records can be opened."""
    from console.cli.wording import without_secret, worded

    part = _("Records")
    url = without_secret(setting.backend_url)
    file = setting.database_file
    if file is not None and not file.exists():
        says = _("there is no database at {file} yet").format(file=file)
        yield Finding(part, NOTE, says, _("Start with: cordboard demo, cordboard import, or cordboard."))
        return
    try:
        operators, agents = asyncio.run(_known(setting))
    except BackendError as error:
        yield Finding(
            part,
            BAD,
            worded(error, setting.backend_url)[0],
            _("Another place for the records is named by --backend URL."),
        )
        return
    says = _("{url} opens: operators {operators}, agents {agents}")
    yield Finding(part, OK, says.format(url=url, operators=len(operators), agents=agents))
    yield from _unread_hours(part, operators)
    yield Finding(part, OK, _("the whole file is checked by: cordboard db check"))


async def _known(setting: Setting) -> tuple[tuple[Operator, ...], int]:
    async with setting.open_backend(existing=True) as backend:
        return await backend.operators(), len(await backend.agents())


def _unread_hours(part: str, operators: tuple[Operator, ...]) -> Iterator[Finding]:
    """Look whether the desk hours of the operators can be read: clocks count a desk without them as always open."""
    from console.rules.desk_hours import HoursError, read_hours

    for one in operators:
        try:
            read_hours(one.desk_hours)
        except HoursError as error:
            says = _("the desk hours of {operator} cannot be read at: {piece}")
            remedy = _("Write them like: {example}").format(example="Mon-Fri 08:00-18:00; Sat 09:00-13:00")
            yield Finding(part, NOTE, says.format(operator=one.name, piece=error.part), remedy)


def files(setting: Setting) -> Iterator[Finding]:
    """Look who else may read what we keep, and whether there is room for more."""
    part = _("Files")
    paths = setting.paths
    folders = dict.fromkeys((paths.config, paths.data, paths.state))
    kept = [paths.config_file]
    if setting.database_file is not None:
        base = setting.database_file
        kept += [base, base.with_name(base.name + "-wal"), base.with_name(base.name + "-shm")]
    fine = True
    for path in (*folders, *kept):
        for finding in _guarded(part, path):
            fine = False
            yield finding
    if fine:
        yield Finding(part, OK, _("only you can read what cordboard keeps"))
    yield from _room(part, paths.data)


def _guarded(part: str, path: Path) -> Iterator[Finding]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o077:
        says = _("{path} is open to others (mode {mode})").format(path=path, mode=f"{mode:04o}")
        # Others may look into a folder without reading what is in it; what lets them read or put files is worse.
        only_names = path.is_dir() and not mode & 0o022
        yield Finding(part, NOTE if only_names else BAD, says, f"chmod {'700' if path.is_dir() else '600'} {path}")
    if found.st_uid != os.geteuid():
        says = _("{path} belongs to somebody else").format(path=path)
        yield Finding(part, NOTE, says, _("Was cordboard once run as another user, or by sudo?"))
    elif not os.access(path, os.W_OK):
        yield Finding(part, BAD, _("{path} cannot be written").format(path=path), f"chmod u+w {path}")


def _room(part: str, folder: Path) -> Iterator[Finding]:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    says = _("{free} MB free for the data").format(free=free // 1_000_000)
    state = BAD if free < _NO_ROOM else NOTE if free < _LITTLE_ROOM else OK
    yield Finding(part, state, says, "" if state == OK else _("Make room: a full disk keeps nothing of what is typed."))


def keyring(setting: Setting) -> Iterator[Finding]:
    """Look where the passwords of remote sources would be kept."""
    from console.secrets import FILE_VARIABLE, available_stores

    part = _("Keyring")
    stores = available_stores(setting.environ, deadline=5.0)
    for store in stores:
        if setting.environ.get(FILE_VARIABLE):
            says = _("secrets are kept in the plain file {file}").format(file=store.name)
            yield Finding(part, NOTE, says, _("A keyring keeps them better."))
        else:
            yield Finding(part, OK, store.name)
    if not stores:
        says = _("there is no keyring that keeps secrets safely")
        yield Finding(part, NOTE, says, _("Only remote sources with a password need one; it is then asked for."))


def sources(setting: Setting) -> Iterator[Finding]:
    """Look at the sources beyond a network."""
    from console.cli.source_findings import sources as looked

    yield from looked(setting)


ALL: tuple[Callable[[Setting], Iterator[Finding]], ...] = (
    versions,
    terminal,
    locale,
    configuration,
    database,
    files,
    keyring,
    sources,
)
