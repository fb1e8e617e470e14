"""The files that a profile lays over the shipped ones: all of them read, and what is wrong told with its line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from console.config import Fault, Settings
from console.data import DataError
from console.i18n import _


def _clocks(path: Path) -> None:
    from console.data.clocks import read

    read(path)


def _compensation(path: Path) -> None:
    from console.data.compensation import read

    read(path)


def _texts(path: Path) -> None:
    from console.data.texts import check

    check(path)


def _renewals(path: Path) -> None:
    from console.data.renewals import renewal_rules

    renewal_rules(path)


def _guides(folder: Path) -> None:
    from console.data.guides import load

    if not folder.is_dir():
        raise DataError(folder, 0, "", _("is no folder; guides stand in one, each in a file of its own"))
    for fault in load(str(folder)).faults:
        raise fault


_READERS: dict[str, Callable[[Path], None]] = {
    "clocks": _clocks,
    "compensation": _compensation,
    "texts": _texts,
    "renewals": _renewals,
    "guides": _guides,
}
"""What reads the file that a setting of a profile names, and refuses a wrong one."""


def faults(settings: Settings, folder: Path) -> Iterator[Fault]:
    """Yield what is wrong with the files of all profiles; paths are meant from the configuration's `folder`."""
    seen: set[tuple[str, str]] = set()
    for profile in settings.profiles.values():
        for name, read in _READERS.items():
            named = str(getattr(profile, name))
            if named and (name, named) not in seen:
                seen.add((name, named))
                try:
                    read(folder / Path(named).expanduser())
                except DataError as error:
                    yield Fault(error.path, error.line, error.where, error.says)


def must_be_right(clocks_file: Path | None, compensation_file: Path | None) -> None:
    """Read the rules by which a desk reckons before it opens; raises DataError: nobody works by others in silence."""
    if clocks_file is not None:
        _clocks(clocks_file)
    if compensation_file is not None:
        _compensation(compensation_file)
