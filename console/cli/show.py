"""`cordboard show CUSTOMER`: the single view as text from top to bottom, for pipes and for screen readers."""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from backends.port import Backend, Capability
from backends.records import Contact, Entry, Key, Operator
from console.cli import codes, options
from console.cli.clock_objects import clock_parts
from console.cli.lookup import Brands, brands, one_customer, working_agent
from console.cli.objects import customer_object, happening_object, hit_object, ticket_object
from console.cli.output import moment_text
from console.cli.setting import Setting
from console.cli.show_text import line_of, lines_of
from console.desk.picture import Picture, gather, older
from console.i18n import N_, _
from console.present.opening import opening_text
from console.present.setting import Now

HELP = N_("print one customer: who, outages, tickets, history")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `show` takes."""
    says = _("customer number, telephone number, ticket reference or key")
    parser.add_argument("customer", nargs="+", metavar="CUSTOMER", help=says)
    parser.add_argument("--bodies", action="store_true", help=_("print the whole text of every contact"))
    options.add_limit(parser, 60)
    options.add_json(parser)


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Print the customer; the audit trail notes that they were read."""
    return asyncio.run(_show(args, setting))


async def _show(args: argparse.Namespace, setting: Setting) -> int:
    async with setting.open_backend(existing=True) as backend:
        brand = await brands(backend, setting, ())
        customer = await one_customer(backend, " ".join(args.customer), brand.chosen)
        at = datetime.now(UTC)
        rules = setting.rules
        now = Now(at, setting.zone, brand.by_key, rules.clocks_file, rules.compensation_file, rules.texts_file)
        picture = await _picture(backend, customer.key, now, args.limit)
        now = replace(now, zone=zone_of(picture.file.operator, setting.zone))
        entries = picture.entries[: args.limit]
        bodies = await _bodies(backend, entries) if args.bodies else {}
        if Capability.AUDIT in backend.capabilities:
            agent = await working_agent(backend, setting)
            await backend.note_read(customer.key, agent.login, "show")
    if args.json:
        setting.json(_object(picture, now, brand, bodies, args.limit))
    else:
        for line in lines_of(picture, now, bodies, args.limit, home=setting.zone):
            setting.out.line(line)
    return codes.OK


def zone_of(operator: Operator, other: ZoneInfo) -> ZoneInfo:
    """Return the zone of the operator, in which their customers speak of times; `other` where it is not known here."""
    try:
        return ZoneInfo(operator.time_zone)
    except (ValueError, OSError, LookupError):
        return other


async def _picture(backend: Backend, key: Key, now: Now, limit: int) -> Picture:
    picture = await gather(backend, key, now.at, limit=min(limit, 200), rules=now.policies)
    while len(picture.entries) < limit and picture.after is not None:
        picture = await older(backend, picture, min(200, limit - len(picture.entries)))
    return picture


async def _bodies(backend: Backend, entries: tuple[Entry, ...]) -> dict[Key, str]:
    """Return the whole texts of the contacts among `entries`, by key."""
    found: dict[Key, str] = {}
    for entry in entries:
        if isinstance(entry, Contact):
            found[entry.key] = entry.body if entry.whole else (await backend.contact(entry.key)).body
    return found


def _object(picture: Picture, now: Now, brand: Brands, bodies: dict[Key, str], limit: int) -> dict[str, object]:
    file = picture.file
    by_key = {ticket.key: ticket for ticket in file.tickets}
    references = {ticket.key: ticket.reference for ticket in file.tickets}
    timeline = []
    for happening in picture.happenings()[:limit]:
        entry = happening_object(happening, line_of(happening, now, by_key).text, references)
        if isinstance(happening, Contact) and happening.key in bodies:
            entry |= {"body": bodies[happening.key], "whole": True}
        timeline.append(entry)
    return {
        "customer": customer_object(file, brand),
        "opening": opening_text(file, now),
        "outages": [hit_object(hit, brand) for hit in picture.hits],
        "tickets": [
            {
                **ticket_object(ticket, file.customer.number, file.customer.name, brand),
                **clock_parts(ticket, picture, now),
            }
            for ticket in file.tickets
        ],
        "timeline": timeline,
        "more": picture.after is not None,
        "sources": [
            {"name": source.name, "state": source.state.value, "at": moment_text(source.at) if source.at else None}
            for source in picture.sources
        ],
    }
