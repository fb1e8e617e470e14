"""Options that several commands share, worded once."""

from __future__ import annotations

import argparse

from console.i18n import _


def positive(typed: str) -> int:
    """Read a whole number above zero; raises ArgumentTypeError."""
    try:
        number = int(typed)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(_("{typed} is not a whole number above 0").format(typed=repr(typed)))
    return number


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help=_("print JSON"))


def add_limit(parser: argparse.ArgumentParser, default: int) -> None:
    """Add `--limit N`."""
    says = _("print at most N (default: {default})").format(default=default)
    parser.add_argument("--limit", type=positive, default=default, metavar="N", help=says)


def add_operator(parser: argparse.ArgumentParser) -> None:
    """Add `--operator CODE`, which may be repeated."""
    says = _("only customers of this operator or brand; may be repeated")
    parser.add_argument("--operator", action="append", default=[], metavar="CODE", help=says)


def choosable(parser: argparse.ArgumentParser, flag: str, words: tuple[str, ...], says: str) -> None:
    """Add an option that takes some of `words` and may be repeated."""
    words = tuple(map(str, words))  # of an enumeration the library would print how it is written in Python
    says = says + _("; may be repeated; one of: {words}").format(words=", ".join(words))
    parser.add_argument(flag, action="append", default=[], choices=words, metavar="NAME", help=says)
