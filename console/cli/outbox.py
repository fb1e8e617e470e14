"""`cordboard outbox …`: what was stored here and is not with its source yet; needs no source and no console."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backends.delivery import Delivery, DeliveryState
from backends.errors import BackendError
from console.cli import codes, options
from console.cli.output import Column, json_text, moment_text
from console.cli.setting import Setting
from console.i18n import N_, _, _n

if TYPE_CHECKING:
    from backends.outbox import Post

HELP = N_("list, repeat, drop or copy what waits to be sent to its source")

_TEXTS = ("subject", "title", "name", "deed", "note", "description", "body", "text", "resolution", "say", "tone")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `outbox` takes."""
    steps = parser.add_subparsers(title=_("commands"), dest="step", metavar=_("COMMAND"), required=True)
    listed = steps.add_parser("list", help=_("print what waits, what was refused, and why"))
    options.add_json(listed)
    retry = steps.add_parser("retry", help=_("put something refused back in line"))
    retry.add_argument("number", type=options.positive, metavar="N", help=_("its number in the list"))
    retry.add_argument(
        "--over-theirs", action="store_true", help=_("in a conflict: store mine on top of the colleague's version")
    )
    drop = steps.add_parser("drop", help=_("give something up for good; its text is gone"))
    drop.add_argument("number", type=options.positive, metavar="N", help=_("its number in the list"))
    drop.add_argument("--reason", required=True, metavar="TEXT", help=_("why, kept with your login"))
    export = steps.add_parser("export", help=_("copy all of it with its whole texts, so that nothing is lost"))
    export.add_argument("--output", "-o", type=Path, metavar="FILE", help=_("a new file; without it, standard output"))
    options.add_json(export)
    for step in (listed, retry, drop, export):
        step.add_argument("--source", default="", metavar="NAME", help=_("only what goes to this source"))


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Do the step asked for on the journals of the profile."""
    with ExitStack() as opened:
        posts = _posts(setting, args.source, opened)
        match args.step:
            case "list":
                return _list(posts, setting, as_json=args.json)
            case "export":
                return _export(posts, setting, args.output, as_json=args.json)
            case "retry":
                post = _holding(posts, args.number)
                post.send_again(args.number, over_theirs=args.over_theirs)
                return _said(post, setting, _("{number} is back in line."), args.number)
            case _:
                post = _holding(posts, args.number)
                post.drop(args.number, setting.actor, args.reason)
                setting.err.line(_("{number} was dropped.").format(number=args.number))
                return codes.OK


def _posts(setting: Setting, source: str, opened: ExitStack) -> list[Post]:
    """Open the journals of the profile, or of one of its sources; raises Stop for a source without one."""
    from backends.outbox import Post, journals

    profile = setting.profile_name
    others = [name for name in setting.settings.profiles if name != profile]
    found = journals(setting.paths.state, profile, others)
    if source and source not in found:
        if source in setting.profile.sources:
            return []
        says = _('there is no outbox for a source "{name}"; there is one for: {names}')
        raise codes.Stop(says.format(name=source, names=", ".join(found) or "–"), codes.USAGE)
    posts = [opened.enter_context(Post(path, name)) for name, path in found.items() if source in ("", name)]
    for post in posts:
        for file in post.damaged:
            says = _("a damaged outbox of {source} was moved to {file}; what could be read of it is in the list")
            setting.err.line("cordboard: " + says.format(source=post.source, file=file))
    return posts


def _holding(posts: Sequence[Post], number: int) -> Post:
    """Return the journal that holds this number; raises Stop when none does, or several do."""
    holding = [post for post in posts if any(one.number == number for one in post.deliveries())]
    if len(holding) > 1:
        says = _("{number} is in the outboxes of {names}; name one of them with --source")
        raise codes.Stop(says.format(number=number, names=", ".join(post.source for post in holding)), codes.USAGE)
    if not holding:
        raise codes.Stop(_("there is no {number} in the outbox; see: cordboard outbox list").format(number=number))
    return holding[0]


def _said(post: Post, setting: Setting, says: str, number: int) -> int:
    setting.err.line(says.format(number=number))
    if not post.running:
        setting.err.line(_("It is sent as soon as a console of this profile runs."))
    return codes.OK


# listing --------------------------------------------------------------------------------------------------------------


def _list(posts: Sequence[Post], setting: Setting, *, as_json: bool) -> int:
    from console.present.delivering import what_words
    from console.present.sources import delivery_word

    deliveries = [one for post in posts for one in post.deliveries()]
    if as_json:
        setting.json([_object(one) for one in deliveries])
        return codes.OK
    columns = (
        Column(_("Number"), fixed=True, right=True),
        Column(_("Since"), fixed=True),
        Column(_("Source"), fixed=True, drop=2),
        Column(_("Customer"), drop=3),
        Column(_("What")),
        Column(_("State"), fixed=True),
        Column(_("Reason"), drop=1),
    )
    names = _names(deliveries)
    rows = [
        (
            str(one.number),
            setting.moment(one.since),
            one.source,
            names.get(_customer(one), _customer(one)),
            what_words(one),
            delivery_word(one.state),
            _reason(one.error),
        )
        for one in deliveries
    ]
    setting.out.table(columns, rows)
    if not deliveries:
        setting.err.line(_("Everything you stored is with its source."))
    elif setting.out.tty:
        _tell_what_next(deliveries, posts, setting)
    return codes.OK


def _tell_what_next(deliveries: Sequence[Delivery], posts: Sequence[Post], setting: Setting) -> None:
    waiting = sum(one.state is DeliveryState.WAITING for one in deliveries)
    refused = len(deliveries) - waiting
    if waiting and not any(post.running for post in posts):
        setting.err.line(_("What waits is sent as soon as a console of this profile runs."))
    if refused:
        says = _n(
            "{n} was not taken: mend the cause and run: cordboard outbox retry N; or: cordboard outbox drop N",
            "{n} were not taken: mend the cause and run: cordboard outbox retry N; or: cordboard outbox drop N",
            refused,
        )
        setting.err.line(says.format(n=refused))


def _reason(error: BackendError | None) -> str:
    if error is None:
        return ""
    from console.present.failures import cause_words

    detail = getattr(error, "detail", "")
    return f"{cause_words(error)} ({detail})" if detail else cause_words(error)


def _customer(one: Delivery) -> str:
    from console.present.delivering import customer_of

    return customer_of(one)


def _names(deliveries: Sequence[Delivery]) -> dict[str, str]:
    """Return the names of the customers who are in what waits themselves."""
    from backends.records import Customer

    records = (record for one in deliveries for record in one.records)
    return {record.key: record.name for record in records if isinstance(record, Customer)}


def _object(one: Delivery) -> dict[str, Any]:
    from backends import wire
    from console.present.delivering import what_words

    return {
        "number": one.number,
        "source": one.source,
        "state": one.state.value,
        "since": moment_text(one.since),
        "customer_key": _customer(one),
        "what": what_words(one),
        "act": one.batch.act,
        "actor": one.batch.actor,
        "tries": one.tries,
        "tried_at": None if one.tried_at is None else moment_text(one.tried_at),
        "reason": _reason(one.error),
        "error": None if one.error is None else wire.plain_error(one.error),
    }


# copying --------------------------------------------------------------------------------------------------------------


def _export(posts: Sequence[Post], setting: Setting, output: Path | None, *, as_json: bool) -> int:
    if as_json:
        text = json_text([one for post in posts for one in post.export()])
    else:
        text = "\n".join(line for post in posts for one in post.deliveries() for line in _told(one))
    if output is None:
        setting.out.line(text)
        return codes.OK
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(output, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        says = _("cannot create {file}: {why}").format(file=output, why=error.strerror)
        raise codes.Stop(says, codes.CANNOT_CREATE) from error
    count = sum(len(post.deliveries()) for post in posts)
    says = _n("{n} action is in {file}", "{n} actions are in {file}", count)
    setting.err.line(says.format(n=count, file=output))
    return codes.OK


def _told(one: Delivery) -> list[str]:
    """Return a delivery as lines to read: where it stands, then every text of every record, whole."""
    from console.present.delivering import kind_word
    from console.present.sources import delivery_word

    lines = [f"{one.number}  {moment_text(one.since)}  {one.source}  {delivery_word(one.state)}  {_reason(one.error)}"]
    for record in one.records:
        lines.append(f"  {kind_word(record)}")
        for name in (*_TEXTS, *(spec.name for spec in fields(record) if spec.name not in _TEXTS)):
            value = getattr(record, name, None)
            if isinstance(value, str) and value and not name.endswith("key"):
                lines.append(f"    {name}: " + value.replace("\n", "\n      "))
    return [line.rstrip() for line in lines] + [""]
