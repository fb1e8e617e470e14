"""`cordboard demo`: a made-up night at four fictional operators, in a database of its own."""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from console.cli import codes, options
from console.cli.open import add_display, run_console, wishes_of
from console.cli.output import Column
from console.cli.setting import DEMO_DATABASE, Setting, sqlite_url
from console.i18n import N_, _, _n

HELP = N_("open the console on a made-up operator, to look around and to practise")

_CUSTOMERS = 2_000
_SEED = 1
_STALE = timedelta(hours=12)  # by then its "tonight" is over


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `demo` takes."""
    says = _("how many customers (default: {default})").format(default=_CUSTOMERS)
    parser.add_argument("--customers", type=options.positive, metavar="N", help=says)
    says = _("another number makes other customers (default: {default})").format(default=_SEED)
    parser.add_argument("--seed", type=int, metavar="N", help=says)
    says = _("make the demo anew, also when something was written in it")
    parser.add_argument("--reset", action="store_true", help=says)
    parser.add_argument("--no-open", action="store_true", help=_("only make it, and list whom to look at"))
    add_display(parser)


@dataclass(frozen=True, slots=True)
class _Made:
    """What a demo was made of, and when (UTC)."""

    customers: int
    seed: int
    at: datetime


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Make the demo where needed, then open it; returns the console's exit code."""
    from console.demo.operators import DEMO_LOGIN

    setting.paths.make()
    file = setting.paths.data / DEMO_DATABASE
    agent = setting.agent_flag or setting.environ.get("CORDBOARD_AGENT", "") or DEMO_LOGIN
    setting = replace(setting, backend_flag=sqlite_url(file), agent_flag=agent)
    why = _why_anew(args, setting, file)
    if why is not None:
        if why:
            setting.err.line(why)
        _make(args, setting, file)
    if args.no_open:
        _list_highlights(setting)
        setting.err.line(_("The demo is in {file}; open it with: cordboard demo").format(file=file))
        setting.err.line(_("Other commands look into it with: --backend {url}").format(url=setting.backend_url))
        return codes.OK
    return run_console(setting, setting.backend_url, wishes=wishes_of(args))


def _why_anew(args: argparse.Namespace, setting: Setting, file: Path) -> str | None:
    """Return what to say before the demo is made anew, None when the one that is there serves.

    What somebody wrote in a demo is never thrown away unless they ask for it. Raises Stop when the demo that is there
    is not the one asked for and holds such work, is in use, or is of unknown origin: it may have been put there.
    """
    if not file.exists():
        return ""
    made = _made(file)
    if made is None and not args.reset:
        says = _("nobody knows what is in {file}; with --reset a demo takes its place, --backend {url} opens it")
        raise codes.Stop(says.format(file=file, url=setting.backend_url))
    other = made is None or (args.customers or made.customers, args.seed if args.seed is not None else made.seed) != (
        made.customers, made.seed,
    )  # fmt: skip
    stale = made is None or datetime.now(UTC) - made.at > _STALE
    if not (args.reset or other or stale):
        return None
    if _in_use(file):
        if args.reset or other:
            raise codes.Stop(_("a console has the demo open; leave it first"), codes.TRY_AGAIN)
        return None
    if args.reset:
        return ""
    if not asyncio.run(_touched(setting)):
        return _("The demo's night is over; a new one is made.") if stale and not other else ""
    if other:
        says = _("the demo that is there holds what was written in it; add --reset to make this one in its place")
        raise codes.Stop(says)
    says = _("This demo's night is over. It is kept, as something was written in it; anew: cordboard demo --reset")
    setting.err.line(says)
    return None


def _note(file: Path) -> Path:
    return file.with_suffix(".json")


def _made(file: Path) -> _Made | None:
    """Return what the demo was made of, None when nobody knows."""
    try:
        kept = json.loads(_note(file).read_text(encoding="utf-8"))
        return _Made(int(kept["customers"]), int(kept["seed"]), datetime.fromisoformat(kept["at"]).astimezone(UTC))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _in_use(file: Path) -> bool:
    """Return whether another process has the database open: only then it cannot leave its journal mode."""
    try:
        with closing(sqlite3.connect(file, timeout=0.2)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE").fetchall()
    except sqlite3.OperationalError as error:
        return "locked" in str(error)
    except sqlite3.DatabaseError:  # not a database any more; nobody can be working in it
        return False
    return False


async def _touched(setting: Setting) -> bool:
    """Return whether anybody changed anything since the demo was made; one that cannot be read holds nothing."""
    from backends.errors import BackendError
    from console.demo.generation import ACTOR

    try:
        async with setting.open_backend() as backend:
            after: str | None = None
            while True:
                page = await backend.audit(after=after, limit=200)
                for entry in page.rows:
                    if entry.actor == ACTOR:
                        return False
                    if entry.act != "read":
                        return True
                after = page.after
                if after is None:
                    return False
    except BackendError:
        return False


def _make(args: argparse.Namespace, setting: Setting, file: Path) -> None:
    """Make the demo beside its place and move it there when it is whole."""
    from console.demo.cast import FEWEST

    old = _made(file)
    customers = max(args.customers or (old.customers if old else _CUSTOMERS), FEWEST)
    seed = args.seed if args.seed is not None else old.seed if old else _SEED
    now = datetime.now(UTC)
    making = file.with_name(f"{file.name}.making")
    _remove(making)
    try:
        asyncio.run(_fill(setting, making, customers, seed, now))
        note = {"customers": customers, "seed": seed, "at": now.isoformat()}
        _remove(file)
        _note(file).write_text(json.dumps(note) + "\n", encoding="utf-8")
        making.replace(file)  # after the note: a demo without one is taken for somebody's
    finally:
        _remove(making)


async def _fill(setting: Setting, file: Path, customers: int, seed: int, now: datetime) -> None:
    from console.demo.loading import load

    backend = setting.connect(sqlite_url(file))
    try:
        await backend.open()
        label = _n("Making a night with {number} customer", "Making a night with {number} customers", customers)
        with setting.progress(customers, label.format(number=customers)) as progress:
            await load(backend, customers=customers, seed=seed, now=now, progress=progress.at)
    finally:
        await backend.close()


def _remove(file: Path) -> None:
    """Remove a database with what SQLite keeps beside it."""
    for name in (file.name, f"{file.name}-wal", f"{file.name}-shm", f"{file.name}-journal"):
        file.with_name(name).unlink(missing_ok=True)


def _list_highlights(setting: Setting) -> None:
    from console.demo.cast import highlights

    rows = [(one.number, one.name, one.operator, _(one.why)) for one in highlights().values()]
    operator = Column(_("operator"), fixed=True, drop=1)
    columns = [Column(_("number"), fixed=True), Column(_("name")), operator, Column(_("why"))]
    setting.out.table(columns, rows)
