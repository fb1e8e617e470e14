"""`cordboard find`: customers by anything they can say, or contacts by their words."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from typing import Any

from backends.port import Backend, Match, MatchedOn, TextHit
from console.cli import codes, options
from console.cli.lookup import Brands, brands, check_agent, cut
from console.cli.output import Column, moment_text
from console.cli.setting import Setting
from console.i18n import N_, _
from console.words import channel_word

HELP = N_("find customers by name, number, phone, e-mail, address or reference")

_REASONS = {
    MatchedOn.NAME: N_("name"),
    MatchedOn.NUMBER: N_("customer number"),
    MatchedOn.PHONE: N_("telephone"),
    MatchedOn.EMAIL: N_("e-mail"),
    MatchedOn.TICKET: N_("ticket"),
    MatchedOn.CONTACT: N_("contact"),
    MatchedOn.LINE: N_("line"),
    MatchedOn.MAC: N_("MAC address"),
    MatchedOn.IP: N_("IP address"),
    MatchedOn.PLACE: N_("address"),
    MatchedOn.POSTCODE: N_("postcode"),
    MatchedOn.CONTRACT: N_("contract"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `find` takes."""
    parser.add_argument(
        "query", nargs="+", metavar="QUERY", help=_("words to look for; after -- they may begin with -")
    )
    parser.add_argument("--text", action="store_true", help=_("look in the texts of all contacts, newest first"))
    options.add_operator(parser)
    options.add_limit(parser, 20)
    options.add_json(parser)


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Print who or what was found; 1 when nothing was."""
    return asyncio.run(_find(args, setting))


async def _find(args: argparse.Namespace, setting: Setting) -> int:
    query = " ".join(args.query)
    async with setting.open_backend(existing=True) as backend:
        brand = await brands(backend, setting, args.operator)
        await check_agent(backend, setting)
        if args.text:
            hits = await _texts(backend, brand, query, args.limit + 1)
            return _print_texts(cut(hits, args.limit, setting), brand, args.json, setting)
        matches = await backend.search(query, limit=args.limit + 1, operator_keys=brand.chosen)
        return _print_customers(cut(matches, args.limit, setting), brand, args.json, setting)


async def _texts(backend: Backend, brand: Brands, query: str, limit: int) -> list[TextHit]:
    found: list[TextHit] = []
    after: str | None = None
    while len(found) < limit:
        page = await backend.search_text(query, limit=min(limit, 200), after=after)
        found += [hit for hit in page.rows if brand.serves([hit.contact.operator_key])]
        after = page.after
        if after is None:
            break
    return found[:limit]


def _print_customers(matches: Sequence[Match], brand: Brands, as_json: bool, setting: Setting) -> int:
    if as_json:
        setting.json([_customer_object(match, brand) for match in matches])
    else:
        columns = (
            Column(_("Number"), fixed=True),
            Column(_("Name")),
            Column(_("Found by"), fixed=True),
            Column(_("Matched")),
            Column(_("Operator"), drop=1),
        )
        setting.out.table(
            columns,
            [
                (
                    match.customer.number,
                    match.customer.name,
                    _reason(match) if setting.out.tty else match.on.value,
                    match.shown,
                    brand.code(match.customer.operator_key),
                )
                for match in matches
            ],
        )
    return _ended(bool(matches), setting)


def _reason(match: Match) -> str:
    return _("similar name") if match.near else _(_REASONS[match.on])


def _customer_object(match: Match, brand: Brands) -> dict[str, Any]:
    customer = match.customer
    return {
        "number": customer.number,
        "name": customer.name,
        "matched_on": match.on.value,
        "matched": match.shown,
        "exact": match.exact,
        "near": match.near,
        "kind": customer.kind.value,
        "operator": brand.code(customer.operator_key),
        "language": customer.language,
        "key": customer.key,
        "record_key": match.record_key,
    }


def _print_texts(hits: Sequence[TextHit], brand: Brands, as_json: bool, setting: Setting) -> int:
    if as_json:
        setting.json([_text_object(hit, brand) for hit in hits])
    else:
        columns = (
            Column(_("Reference"), fixed=True),
            Column(_("When"), fixed=True),
            Column(_("Channel"), fixed=True, drop=1),
            Column(_("Number"), fixed=True),
            Column(_("Name")),
            Column(_("Text")),
        )
        setting.out.table(
            columns,
            [
                (
                    hit.contact.reference,
                    setting.moment(hit.contact.at),
                    channel_word(hit.contact.channel) if setting.out.tty else hit.contact.channel,
                    hit.customer_number,
                    hit.customer_name,
                    hit.around or hit.contact.subject,
                )
                for hit in hits
            ],
        )
    return _ended(bool(hits), setting)


def _text_object(hit: TextHit, brand: Brands) -> dict[str, Any]:
    contact = hit.contact
    return {
        "number": hit.customer_number,
        "name": hit.customer_name,
        "matched_on": "text",
        "matched": hit.around,
        "reference": contact.reference,
        "channel": contact.channel,
        "direction": contact.direction.value,
        "at": moment_text(contact.at),
        "subject": contact.subject,
        "operator": brand.code(contact.operator_key),
        "key": contact.customer_key,
        "record_key": contact.key,
    }


def _ended(found: bool, setting: Setting) -> int:
    if found:
        return codes.OK
    if setting.err.tty:
        setting.err.line(_("Nothing found."))
    return codes.FAILED
