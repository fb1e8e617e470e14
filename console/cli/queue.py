"""`cordboard queue`: what came in and was never answered (R10), oldest first."""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from backends.port import Backend, QueueFilter
from backends.records import CHANNELS, Contact, Customer
from console.cli import codes, options
from console.cli.lookup import Brands, brands, check_agent, cut
from console.cli.output import Column, moment_text
from console.cli.setting import Setting
from console.i18n import N_, _
from console.words import age, channel_word

HELP = N_("list messages that wait for an answer, oldest first")

_PAGE = 200


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `queue` takes."""
    says = _("only this channel, e.g. {channels}; may be repeated").format(channels=", ".join(CHANNELS[1:6]))
    parser.add_argument("--channel", action="append", default=[], metavar="NAME", help=says)
    options.add_operator(parser)
    options.add_limit(parser, 100)
    options.add_json(parser)


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Print the queue."""
    return asyncio.run(_list(args, setting))


async def _list(args: argparse.Namespace, setting: Setting) -> int:
    async with setting.open_backend(existing=True) as backend:
        brand = await brands(backend, setting, args.operator)
        await check_agent(backend, setting)
        only = QueueFilter(operator_keys=brand.chosen, channels=frozenset(map(_channel, args.channel)))
        waiting = cut(await _all(backend, only, args.limit + 1), args.limit, setting)
        for channel in sorted(only.channels.difference(CHANNELS)):
            if not await _all(backend, replace(only, channels=frozenset({channel})), 1):
                _say_unknown(channel, setting)
    if args.json:
        setting.json([_object(contact, customer, brand) for contact, customer in waiting])
    else:
        setting.out.table(_columns(), [_row(contact, customer, setting) for contact, customer in waiting])
    return codes.OK


def _channel(typed: str) -> str:
    """Return the channel that is meant: one of ours in any case, any other as it is typed."""
    return typed.casefold() if typed.casefold() in CHANNELS else typed


def _say_unknown(channel: str, setting: Setting) -> None:
    """Say that nothing waits on a channel that is none of ours: a source may have its own, or it is mistyped."""
    says = _('nothing waits on a channel "{channel}"; the known ones: {known}')
    setting.err.line("cordboard: " + says.format(channel=channel, known=", ".join(CHANNELS)))


async def _all(backend: Backend, only: QueueFilter, limit: int) -> list[tuple[Contact, Customer]]:
    found: list[tuple[Contact, Customer]] = []
    after: str | None = None
    while len(found) < limit:
        page = await backend.queue(only, after=after, limit=min(_PAGE, limit - len(found)))
        found += page.rows
        after = page.after
        if after is None:
            break
    return found


def _columns() -> tuple[Column, ...]:
    return (
        Column(_("Reference"), fixed=True),
        Column(_("Waiting"), fixed=True),
        Column(_("Channel"), fixed=True),
        Column(_("Number"), fixed=True),
        Column(_("Name")),
        Column(_("Subject")),
    )


def _row(contact: Contact, customer: Customer, setting: Setting) -> tuple[str, ...]:
    spoken = setting.out.tty
    return (
        contact.reference,
        age(contact.at, datetime.now(UTC)) if spoken else moment_text(contact.at),
        channel_word(contact.channel) if spoken else contact.channel,
        customer.number,
        customer.name,
        contact.subject or contact.body,
    )


def _object(contact: Contact, customer: Customer, brand: Brands) -> dict[str, Any]:
    return {
        "reference": contact.reference,
        "channel": contact.channel,
        "at": moment_text(contact.at),
        "waiting_seconds": max(0, int((datetime.now(UTC) - contact.at).total_seconds())),
        "number": customer.number,
        "name": customer.name,
        "subject": contact.subject,
        "operator": brand.code(contact.operator_key),
        "key": contact.key,
    }
