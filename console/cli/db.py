"""`cordboard db …`: keeping the embedded database: check, copy, bring up to date."""

from __future__ import annotations

import argparse
import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from backends.errors import Unsupported
from backends.port import Backend, Keeper
from console.cli import codes, options
from console.cli.setting import Setting
from console.i18n import N_, _

HELP = N_("check, back up or upgrade the embedded database")

_STEPS = {
    "check": N_("look for damage: file, references, search index, audit trail"),
    "backup": N_("copy the database, also while consoles are open"),
    "upgrade": N_("bring a database of an older cordboard up to date, after a backup"),
    "path": N_("print where the database is"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `db` takes."""
    steps = parser.add_subparsers(title=_("commands"), dest="step", metavar=_("COMMAND"), required=True)
    made = {step: steps.add_parser(step, help=_(says)) for step, says in _STEPS.items()}
    options.add_json(made["check"])
    says = _("new file for the copy (default: beside the database, named by date)")
    made["backup"].add_argument("file", nargs="?", metavar="FILE", help=says)
    made["upgrade"].add_argument("--no-backup", action="store_true", help=_("make no backup first"))


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Do the step asked for."""
    if args.step == "path":
        file = setting.database_file
        if file is None:
            raise codes.Stop(_("the records are not in a database file but at a URL"), codes.UNAVAILABLE)
        setting.out.line(str(file))
        return codes.OK
    return asyncio.run({"check": _check, "backup": _backup, "upgrade": _upgrade}[args.step](args, setting))


def keeper_of(backend: Backend) -> Keeper:
    """Return the backend as the keeper of its store; raises Unsupported when it is none."""
    if not all(hasattr(backend, name) for name in ("check", "backup", "upgrade")):
        raise Unsupported("keep", source=backend.name)
    return cast("Keeper", backend)


def _existing(setting: Setting) -> Backend:
    file = setting.database_file
    if file is not None and not file.exists():
        raise codes.Stop(_("there is no database at {file}").format(file=file), codes.UNAVAILABLE)
    return setting.connect(setting.backend_url)


async def _check(args: argparse.Namespace, setting: Setting) -> int:
    async with setting.open_backend(existing=True, home_only=True, veil=False) as backend:
        checks = await keeper_of(backend).check()
    if args.json:
        setting.json([{"check": name, "ok": passed, "detail": detail} for name, passed, detail in checks])
    else:
        for name, passed, detail in checks:
            mark = "[ok]" if passed else "[X] "
            setting.out.line(f"{mark} {name}{': ' + detail if detail else ''}")
    if all(passed for _name, passed, _detail in checks):
        return codes.OK
    raise codes.Stop(_("the database is damaged; keep a copy of it and restore a backup"), codes.DATA)


async def _backup(args: argparse.Namespace, setting: Setting) -> int:
    backend = _existing(setting)
    keeper = keeper_of(backend)
    try:
        await copy(keeper, Path(args.file).absolute() if args.file else default_copy(setting), setting)
    finally:
        await backend.close()
    return codes.OK


def default_copy(setting: Setting) -> Path:
    """Return the file that a backup goes to when none is named: beside the database, by date and time in UTC."""
    file = setting.database_file or setting.paths.database
    return file.with_name(f"{file.stem}-{datetime.now(UTC):%Y%m%d-%H%M%S}{file.suffix or '.db'}")


async def copy(keeper: Keeper, to: Path, setting: Setting) -> None:
    """Copy the store to a new file and say where it is; raises Stop when it cannot be made."""
    if to.exists():
        raise codes.Stop(_("{file} exists already; name a file that does not").format(file=to), codes.CANNOT_CREATE)
    if not to.parent.is_dir():
        says = _("cannot write {file}: there is no folder {folder}").format(file=to, folder=to.parent)
        raise codes.Stop(says, codes.CANNOT_CREATE)
    if not os.access(to.parent, os.W_OK | os.X_OK):
        says = _("cannot write {file}: you may not write into the folder {folder}").format(file=to, folder=to.parent)
        raise codes.Stop(says, codes.CANNOT_CREATE)
    try:
        with setting.progress(0, _("Copying the database")) as progress:
            size = await keeper.backup(str(to), progress.at)
    except OSError as error:
        says = _("cannot write {file}: {why}").format(file=to, why=error.strerror or error)
        raise codes.Stop(says, codes.CANNOT_CREATE) from error
    setting.out.line(_("Backup: {file} ({size} kB)").format(file=to, size=max(1, size // 1000)))


async def _upgrade(args: argparse.Namespace, setting: Setting) -> int:
    await upgrade(setting, backup=not args.no_backup)
    return codes.OK


async def upgrade(setting: Setting, *, backup: bool) -> None:
    """Bring the database up to date, after a copy unless told otherwise, and say what was done."""
    backend = _existing(setting)
    keeper = keeper_of(backend)
    try:
        if backup:
            await copy(keeper, default_copy(setting), setting)
        with setting.progress(0, _("Upgrading the database")) as progress:
            version = await keeper.upgrade(progress.say)
    finally:
        await backend.close()
    setting.out.line(_("The database is at version {version}.").format(version=version))
