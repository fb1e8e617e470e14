"""`cordboard agenda`: what is to be done now, most urgent first (R10, R17, R22, R24)."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from typing import Any

from backends.port import Backend
from backends.records import Money, TicketKind
from console.cli import codes, options
from console.cli.lookup import Brands, brands, cut, working_agent
from console.cli.output import Column, moment_text
from console.cli.setting import Setting
from console.data.renewals import renewal_rules
from console.desk.agenda import Agenda, reading
from console.desk.desk import Desk
from console.i18n import N_, _
from console.present.agenda import kind_word, missing_words, time_words, what_words
from console.present.failures import cause_words
from console.present.setting import Now
from console.rules.agenda import AgendaFilter, Item, ItemKind, chosen
from console.rules.renewals import Renewal
from console.words import word

HELP = N_("list what is to be done now, most urgent first")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `agenda` takes."""
    parser.add_argument("--mine", action="store_true", help=_("only what you own, hold or are to accept"))
    options.choosable(parser, "--kind", tuple(ItemKind), _("only this kind"))
    options.choosable(parser, "--skill", tuple(TicketKind), _("only what needs this skill, or what is not known to"))
    says = _("only customers of this language, e.g. en; may be repeated")
    parser.add_argument("--language", action="append", default=[], metavar="CODE", help=says)
    options.add_operator(parser)
    options.add_limit(parser, 100)
    options.add_json(parser)


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Print the list."""
    return asyncio.run(_list(args, setting))


async def _list(args: argparse.Namespace, setting: Setting) -> int:
    async with setting.open_backend(existing=True) as backend:
        brand = await brands(backend, setting, args.operator)
        desk = await _desk(backend, setting, brand)
        known = await _read(desk)
        now = Now(desk.clock(), setting.zone, brand.by_key)
    only = AgendaFilter(
        languages=frozenset(code.lower() for code in args.language),
        skills=frozenset(args.skill),
        mine=args.mine,
        kinds=frozenset(map(ItemKind, args.kind)),
    )
    items = cut(chosen(known.items, desk.agent, only), args.limit, setting)
    _say_missing(known, setting)
    if args.json:
        setting.json([_object(item, now, brand) for item in items])
    else:
        setting.out.table(_columns(), [_row(item, now, brand, setting) for item in items])
    return codes.OK


async def _desk(backend: Backend, setting: Setting, brand: Brands) -> Desk:
    agent = await working_agent(backend, setting)
    keys = brand.chosen or frozenset(agent.operator_keys)
    return Desk(
        backend, agent, setting.zone, setting.language, operator_keys=keys, operators=brand.by_key, rules=setting.rules
    )


async def _read(desk: Desk) -> Agenda:
    """Return the whole list; raises BackendError when no part of it could be read."""
    known = Agenda(desk.clock())
    async for found in reading(desk, renewal_rules(desk.rules.renewals_file)):
        known = found
    return known


def _say_missing(known: Agenda, setting: Setting) -> None:
    """Say on standard error what is not in the list: a part that is missing must not look like nothing to do."""
    gaps = {str(one.part): one.sources for one in known.gaps}
    failed = {str(part): cause_words(error) for part, error in known.failed.items()}
    if words := missing_words(gaps, failed):
        setting.err.line(f"cordboard: {words}")


def _columns() -> tuple[Column, ...]:
    return (
        Column(_("Time left"), fixed=True),
        Column(_("Kind"), fixed=True),
        Column(_("Number"), fixed=True),
        Column(_("Name")),
        Column(_("What")),
        Column(_("Reference"), fixed=True),
        Column(_("Operator"), fixed=True),
    )


def _reference(item: Item) -> str:
    return item.ticket.reference if item.ticket is not None else str(getattr(item.record, "reference", ""))


def _row(item: Item, now: Now, brand: Brands, setting: Setting) -> tuple[str, ...]:
    spoken = setting.out.tty
    when = time_words(item, now) if spoken else moment_text(item.due_at or item.since)
    return (
        when,
        kind_word(item.kind) if spoken else item.kind,
        item.customer.number,
        item.customer.name,
        what_words(item, now),
        _reference(item),
        brand.code(item.operator_key),
    )


def _money(amount: Money | None) -> str | None:
    return f"{amount.minor / 100:.2f} {amount.currency}" if amount is not None else None


def _object(item: Item, now: Now, brand: Brands) -> dict[str, Any]:
    told: dict[str, Any] = {
        "kind": item.kind,
        "urgency": item.urgency.name.lower(),
        "due": moment_text(item.due_at) if item.due_at is not None else None,
        "since": moment_text(item.since),
        "legal": item.legal,
        "first": item.priority,
        "number": item.customer.number,
        "name": item.customer.name,
        "language": item.customer.language,
        "what": what_words(item, now),
        "reference": _reference(item),
        "operator": brand.code(item.operator_key),
        "owners": sorted(item.owners),
        "to": word(item.to) if item.to is not None else None,
        "skills": sorted(item.skills),
        "key": item.record.key,
    }
    return told | _renewal(item.renewal) if item.renewal is not None else told


def _renewal(one: Renewal) -> dict[str, Any]:
    offers: Sequence[dict[str, Any]] = [
        {"months": offer.months, "price": _money(offer.price), "says": offer.says} for offer in one.offers
    ]
    return {
        "ends_on": one.ends_on.isoformat(),
        "notify_from": one.notify_from.isoformat(),
        "notify_to": one.notify_to.isoformat(),
        "by_law": one.rule.by_law,
        "source": one.rule.source,
        "list_price": _money(one.contract.list_price),
        "offers": offers,
    }
