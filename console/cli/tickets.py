"""`cordboard tickets`: tickets, newest first."""

from __future__ import annotations

import argparse
import asyncio

from backends.port import Backend, TicketFilter
from backends.records import OPEN_STATES, Ticket, TicketKind, TicketState
from console.cli import codes, options
from console.cli.lookup import Names, brands, check_agent, cut, one_customer
from console.cli.objects import ticket_object
from console.cli.output import Column
from console.cli.setting import Setting
from console.i18n import N_, _
from console.words import word

HELP = N_("list tickets, newest first")

_PAGE = 200


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `tickets` takes."""
    parser.add_argument("--open", action="store_true", help=_("only those that are not closed"))
    parser.add_argument("--customer", metavar="CUSTOMER", help=_("only those of this customer (number, phone or key)"))
    options.choosable(parser, "--state", tuple(TicketState), _("only those in this state"))
    options.choosable(parser, "--kind", tuple(TicketKind), _("only those of this kind"))
    options.add_operator(parser)
    options.add_limit(parser, 100)
    options.add_json(parser)


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Print the tickets asked for."""
    return asyncio.run(_list(args, setting))


async def _list(args: argparse.Namespace, setting: Setting) -> int:
    async with setting.open_backend(existing=True) as backend:
        brand = await brands(backend, setting, args.operator)
        await check_agent(backend, setting)
        customer = await one_customer(backend, args.customer) if args.customer else None
        states = frozenset(TicketState(state) for state in args.state) or (OPEN_STATES if args.open else frozenset())
        if args.open:
            states &= OPEN_STATES
            if not states:
                raise codes.Stop(_("--open and --state closed leave nothing to list"), codes.USAGE)
        only = TicketFilter(
            customer_key=customer.key if customer else "",
            operator_keys=brand.chosen,
            states=states,
            kinds=frozenset(TicketKind(kind) for kind in args.kind),
        )
        found = cut(await _all(backend, only, args.limit + 1), args.limit, setting)
        names = Names(backend)
        await names.learn(ticket.customer_key for ticket in found)
    if args.json:
        setting.json(
            [
                ticket_object(ticket, names.number(ticket.customer_key), names.name(ticket.customer_key), brand)
                for ticket in found
            ]
        )
    else:
        setting.out.table(_columns(), [_row(ticket, names, setting) for ticket in found])
    return codes.OK


async def _all(backend: Backend, only: TicketFilter, limit: int) -> list[Ticket]:
    found: list[Ticket] = []
    after: str | None = None
    while len(found) < limit:
        page = await backend.tickets(only, after=after, limit=min(_PAGE, limit - len(found)))
        found += page.rows
        after = page.after
        if after is None:
            break
    return found


def _columns() -> tuple[Column, ...]:
    return (
        Column(_("Reference"), fixed=True),
        Column(_("Opened"), fixed=True),
        Column(_("State"), fixed=True),
        Column(_("Kind"), drop=1),
        Column(_("Held by"), drop=2),
        Column(_("Number"), fixed=True),
        Column(_("Name")),
        Column(_("Subject")),
    )


def _row(ticket: Ticket, names: Names, setting: Setting) -> tuple[str, ...]:
    spoken = setting.out.tty
    return (
        ticket.reference,
        setting.moment(ticket.opened_at),
        word(ticket.state) if spoken else ticket.state.value,
        word(ticket.kind) if spoken else ticket.kind.value,
        ticket.holder_name or word(ticket.holder) if spoken else ticket.holder.value,
        names.number(ticket.customer_key),
        names.name(ticket.customer_key),
        ticket.subject,
    )
