"""`cordboard outage publish`: a status page that customers read, written whole or not at all, kept current if asked."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import signal
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from backends.errors import BackendError
from backends.events import Event, OutageChanged, Resync
from backends.port import Backend, OutageFilter
from backends.records import Coverage, Key, Operator, Outage
from console.cli import codes, options
from console.cli.lookup import Brands, brands, check_agent
from console.cli.outage_words import towns_of, whom_it_concerns
from console.cli.setting import Setting
from console.data.texts import texts_of
from console.desk.live import listen
from console.i18n import _
from console.present.failures import failure_words
from console.present.outage_texts import with_towns
from console.present.publishing import Page, may_be_public, page_of
from console.rules.concerned import Concern, with_operators

EVERY = 60
"""Seconds after which a watched page is looked at again, whatever was heard."""
ALIVE = 5 * 60
"""Seconds after which a page that did not change is written again, so that its readers see that it is kept."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `outage publish` takes."""
    parser.add_argument("folder", metavar="DIR", type=Path, help=_("folder to write to; it is made when missing"))
    parser.add_argument("--watch", action="store_true", help=_("keep it current until stopped"))
    parser.add_argument(
        "--language", action="append", default=[], metavar="CODE", help=_("languages in this order; may be repeated")
    )
    parser.add_argument("--url", default="", metavar="URL", help=_("where it will be read, for the feed's links"))
    parser.add_argument("--days", type=options.positive, default=7, metavar="N", help=_("days that solved ones stay"))
    parser.add_argument("--suspected", action="store_true", help=_("also what is not confirmed yet"))
    options.add_operator(parser)


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Publish once, or until stopped."""
    if args.url and urlsplit(args.url).scheme not in ("http", "https"):
        raise codes.Stop(_("an address of a page begins with https:// or http://"), codes.USAGE)
    known = texts_of(setting.rules.texts_file).languages
    if unknown := [one for one in args.language if one not in known]:
        says = _('there are no texts in "{language}"; known: {known}')
        raise codes.Stop(says.format(language=unknown[0], known=", ".join(known)), codes.USAGE)
    with contextlib.suppress(KeyboardInterrupt):
        return asyncio.run(_run(args, setting))
    return codes.OK


async def _run(args: argparse.Namespace, setting: Setting) -> int:
    async with setting.open_backend(existing=True) as backend:
        await check_agent(backend, setting)
        publisher = _Publisher(backend, args, setting)
        for folder in await publisher.publish():
            setting.out.line(str(folder))
        if args.watch:
            await _watched(publisher, backend, setting)
    return codes.OK


async def _watched(publisher: _Publisher, backend: Backend, setting: Setting) -> None:
    """Publish again whenever an outage changes, and every minute; a source that is away leaves the page as it is."""
    woken = asyncio.Event()

    def heard(event: Event) -> None:
        if isinstance(event, OutageChanged | Resync):
            woken.set()

    listening = asyncio.create_task(listen(backend, heard))
    this = asyncio.current_task()
    with contextlib.suppress(NotImplementedError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: this.cancel() if this else None)
    try:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), EVERY)
            woken.clear()
            try:
                await publisher.publish()
            except BackendError as error:
                setting.err.line(f"cordboard: {failure_words(error)}")
    except asyncio.CancelledError:
        return
    finally:
        listening.cancel()


class _Publisher:
    """Writes the pages of the operators asked for: one into the folder itself, several into a folder each."""

    def __init__(self, backend: Backend, args: argparse.Namespace, setting: Setting) -> None:
        self._backend = backend
        self._args = args
        self._setting = setting
        self._told: dict[Path, object] = {}
        self._written: dict[Path, float] = {}
        self._towns: dict[tuple[Key, Key, Coverage], Sequence[str]] = {}
        self._concerns: dict[tuple[Key, Coverage], Concern] = {}

    async def publish(self) -> Sequence[Path]:
        """Write what changed; returns the folders that were written to. Raises Stop when a file cannot be written."""
        written = []
        for folder, page in await self._pages():
            content, now = page.content(), time.monotonic()
            if self._told.get(folder) == content and now - self._written[folder] < ALIVE:
                continue
            write_page(folder, page)
            self._told[folder], self._written[folder] = content, now
            written.append(folder)
        return written

    async def _pages(self) -> list[tuple[Path, Page]]:
        args, now = self._args, datetime.now(UTC)
        brand = await brands(self._backend, self._setting, args.operator)
        asked = [one for key, one in brand.by_key.items() if one.active and (not brand.chosen or key in brand.chosen)]
        if not asked:
            raise codes.Stop(_("there is no operator to publish for"))
        outages = await self._backend.outages(OutageFilter(since=now - timedelta(days=args.days), limit=2_000))
        public = [one for one in outages if may_be_public(one, now, days=args.days, suspected=args.suspected)]
        outages = tuple([await self._with_operators(one, brand) for one in public])
        own, alone = self._setting.rules.texts_file, len(asked) == 1
        pages = []
        for one in asked:
            page = page_of(
                one, outages, texts_of(own, one.code), now,
                languages=args.language, url=self._url(one, alone=alone), days=args.days, suspected=args.suspected,
                others=brand.by_key.values(),
            )  # fmt: skip
            placed = [await self._with_towns(outage, one, brand) for outage in page.outages]
            folder = args.folder if alone else args.folder / _folder_name(one)
            pages.append((folder, replace(page, outages=tuple(placed))))
        return pages

    async def _with_operators(self, outage: Outage, brand: Brands) -> Outage:
        """Return an outage with the operators whose customers it hits where it names none, looked for until known."""
        if outage.operator_keys:
            return outage
        name = (outage.key, outage.coverage)
        concern = self._concerns.get(name) or await whom_it_concerns(self._backend, outage, brand, self._setting)
        if concern.certain:
            self._concerns[name] = concern
        return with_operators(outage, concern)

    async def _with_towns(self, outage: Outage, operator: Operator, brand: Brands) -> Outage:
        """Return an outage with the towns of the operator's customers whom it hits, looked for once."""
        if with_towns(outage, ("",)) is outage:
            return outage
        name = (operator.key, outage.key, outage.coverage)
        if name not in self._towns:
            self._towns[name] = await towns_of(self._backend, outage, operator, brand, self._setting)
        return with_towns(outage, self._towns[name])

    def _url(self, operator: Operator, *, alone: bool) -> str:
        url: str = self._args.url
        return url if alone or not url else f"{url.rstrip('/')}/{_folder_name(operator)}/"


def _folder_name(operator: Operator) -> str:
    """Return the folder of an operator's page: their code, of letters and digits alone."""
    return re.sub(r"[^a-z0-9]+", "-", operator.code.lower()).strip("-") or "operator"


def write_page(folder: Path, page: Page) -> None:
    """Write the files of a page; each is replaced whole, so that no reader ever sees half of one. Raises Stop."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in page.files().items():
            _replace(folder / name, text)
    except OSError as error:
        says = _("cannot write {folder}: {why}").format(folder=folder, why=error.strerror)
        raise codes.Stop(says, codes.CANNOT_CREATE) from error


def _replace(file: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as written:
            written.write(text)
            written.flush()
            os.fsync(written.fileno())
        os.chmod(name, 0o644)
        os.replace(name, file)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
