"""Finds the mails in mbox files, maildirs and folders of .eml files, and puts them in order of their dates.

Only the heads are read to find the order; a mail's bytes are read when its turn comes, so that a mailbox of any size
can be imported.
"""

from __future__ import annotations

import mailbox
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path

from console.desk.importing.mapping import Format
from console.i18n import _

_HEAD = 65_536  # bytes in which a mail's Date header is looked for
_DATE = re.compile(rb"^date:[ \t]*([^\r\n]{1,200})", re.IGNORECASE | re.MULTILINE)
_ENVELOPE_DATE = re.compile(rb"\S{3} (\S{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (?:\S+ )?(\d{4})\s*$")
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")

Reader = Callable[[int], bytes]
"""Returns at most that many bytes from the beginning of a mail; raises OSError."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail, not read yet. `number` counts from 1 within its mailbox or folder."""

    file: str
    number: int
    at: datetime
    """When it says it was written, else when it was delivered or its file changed; orders the import."""
    delivered: datetime
    """For mails without a date that can be read."""
    read: Reader


def letters(
    paths: Iterable[Path], format_: Format, opened: ExitStack, unusable: Callable[[str, str], None]
) -> list[Letter]:
    """Return all mails, oldest first; `unusable` hears (path, why) of what cannot be read.

    They can be read until `opened` is closed.
    """
    finders: dict[Format, Callable[[Path, ExitStack], Iterator[Letter]]] = {
        Format.MBOX: _in_mbox,
        Format.MAILDIR: _in_maildir,
        Format.EML: _in_files,
    }
    found: list[Letter] = []
    for path in paths:
        try:
            found.extend(finders[format_](path, opened))
        except (OSError, mailbox.Error) as error:
            why = getattr(error, "strerror", None) or str(error) or _("no such mailbox")
            unusable(str(path), _("cannot be read: {why}").format(why=why))
    found.sort(key=lambda letter: (letter.at, letter.file, letter.number))
    return found


def _letter(file: str, number: int, delivered: datetime, read: Reader) -> Letter:
    return Letter(file, number, _written(read(_HEAD)) or delivered, delivered, read)


def _written(head: bytes) -> datetime | None:
    """Return the moment in a mail's Date header."""
    end = re.search(rb"\r?\n\r?\n", head)
    found = _DATE.search(head[: end.start()] if end else head)
    if found is None:
        return None
    try:
        at = parsedate_to_datetime(found[1].decode("ascii", "replace").strip())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _in_mbox(path: Path, opened: ExitStack) -> Iterator[Letter]:
    changed = _changed(path)
    box = mailbox.mbox(path, create=False)
    opened.callback(box.close)
    for number, key in enumerate(box.iterkeys(), 1):
        with box.get_file(key, from_=True) as file:
            envelope = file.readline(1_000)
        yield _letter(path.name, number, _enveloped(envelope) or changed, partial(_from_box, box, key))


def _from_box(box: mailbox.mbox | mailbox.Maildir, key: str, limit: int) -> bytes:
    with box.get_file(key) as file:
        return bytes(file.read(limit))


def _enveloped(line: bytes) -> datetime | None:
    """Return the delivery's moment in an mbox `From ` line, which is in UTC by custom."""
    found = _ENVELOPE_DATE.search(line)
    if found is None or found[1].title() not in _MONTHS:
        return None
    day, hour, minute, second, year = (int(found[group]) for group in range(2, 7))
    try:
        return datetime(year, _MONTHS.index(found[1].title()) + 1, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None


def _in_maildir(path: Path, _opened: ExitStack) -> Iterator[Letter]:
    if not any((path / part).is_dir() for part in ("cur", "new")):
        raise mailbox.NoSuchMailboxError(_("is no maildir"))
    files = [file for part in ("cur", "new") for file in sorted((path / part).glob("*")) if _is_mail(file)]
    for number, file in enumerate(files, 1):
        yield _letter(path.name, number, _changed(file), partial(_from_file, file))


def _in_files(path: Path, _opened: ExitStack) -> Iterator[Letter]:
    if not path.is_dir():
        yield _letter(path.name, 1, _changed(path), partial(_from_file, path))
        return
    files = [file for file in sorted(path.rglob("*")) if file.suffix.lower() == ".eml" and _is_mail(file)]
    for number, file in enumerate(files, 1):
        yield _letter(str(file.relative_to(path)), number, _changed(file), partial(_from_file, file))


def _is_mail(file: Path) -> bool:
    """Return whether this is a plain file of the mailbox itself: no link out of it, no pipe that never ends."""
    return file.is_file() and not file.is_symlink() and not file.name.startswith(".")


def _from_file(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        return file.read(limit)
