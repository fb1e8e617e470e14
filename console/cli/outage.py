"""`cordboard outage …`: what is broken for many, from the first suspicion to its end."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from backends.errors import NotFound
from backends.port import Backend, Batch, OutageFilter
from backends.records import LIVE_OUTAGE_STATES, Agent, Outage, OutageKind, OutageState
from console.cli import codes, options, outage_publish, outage_words
from console.cli.lookup import Brands, brands, check_agent, cut, require, working_agent
from console.cli.objects import outage_object
from console.cli.output import Column
from console.cli.setting import Setting
from console.desk.acts.outages import raise_outage, update_outage
from console.desk.acts.scene import Unfit
from console.i18n import N_, _, current_language
from console.present.banners import title_words
from console.present.failures import unfit_words
from console.rules.roles import Right
from console.words import word

HELP = N_("list, raise, confirm, update, restore or dismiss outages; their texts and a status page")

_COVERAGE = (
    ("--service", "services", "NAME", N_("service that is hit, e.g. internet; may be repeated")),
    ("--postcode", "postcodes", "CODE", N_("postcode, range 61-001..61-099 or beginning 61-*; may be repeated")),
    ("--town", "towns", "TOWN", N_("town; may be repeated")),
    ("--element", "elements", "NAME", N_("exchange, node, OLT or port; may be repeated")),
)
_TOLD = (
    ("--expected-end", "expected_end", "WHEN", N_('when it should be over: "in 2h", "tomorrow 10", "18:30"')),
    ("--say", "say", "TEXT", N_("what to tell customers")),
)
_SUPPLIER = (
    ("--cause", "cause", "TEXT", N_("what is the matter, for colleagues")),
    ("--supplier", "supplier", "NAME", N_("upstream company whose fault it is")),
    ("--supplier-reference", "supplier_reference", "REF", N_("the supplier's number for it")),
    ("--country", "country", "CODE", N_("country of the places, two letters")),
)

_STEPS: Mapping[str, tuple[OutageState | None, str, bool]] = {
    "confirm": (OutageState.CONFIRMED, N_("say that a suspected outage is real"), False),
    "update": (None, N_("add what is known now"), True),
    "restore": (OutageState.RESTORED, N_("say that it is over"), False),
    "dismiss": (OutageState.DISMISSED, N_("say, with the reason, that a suspicion was wrong"), True),
}
"""Word → the state after it, its help, and whether a text is needed."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `outage` takes."""
    steps = parser.add_subparsers(title=_("commands"), dest="step", metavar=_("COMMAND"), required=True)
    listed = steps.add_parser("list", help=_("print those that are going on, newest first"))
    listed.add_argument("--all", action="store_true", help=_("also those that are over"))
    options.choosable(listed, "--state", tuple(OutageState), _("only those in this state"))
    options.add_operator(listed)
    options.add_limit(listed, 100)
    options.add_json(listed)
    raised = steps.add_parser("raise", help=_("say that something is brewing"))
    raised.add_argument("title", metavar="TITLE", help=_("what is the matter, in one line"))
    raised.add_argument("--confirmed", action="store_true", help=_("it is certain already"))
    for flag, name, stands_for, says in _COVERAGE:
        raised.add_argument(flag, dest=name, action="append", default=[], metavar=stands_for, help=_(says))
    for flag, name, stands_for, says in (*_TOLD, *_SUPPLIER):
        raised.add_argument(flag, dest=name, default="", metavar=stands_for, help=_(says))
    options.add_operator(raised)
    options.add_json(raised)
    for step, (_state, says, needs_text) in _STEPS.items():
        one = steps.add_parser(step, help=_(says))
        one.add_argument("reference", metavar="REFERENCE", help=_("the outage's reference"))
        one.add_argument(
            "text", metavar="TEXT", nargs=None if needs_text else "?", default="", help=_("what is known now")
        )
        for flag, name, stands_for, about in _TOLD if step in ("confirm", "update") else ():
            one.add_argument(flag, dest=name, default="", metavar=stands_for, help=_(about))
        options.add_json(one)
    outage_words.arguments(steps.add_parser("words", help=_("print what customers are told of one")))
    outage_publish.arguments(steps.add_parser("publish", help=_("write a status page: HTML, JSON, Atom")))


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Do the step asked for."""
    if args.step == "publish":
        return outage_publish.run(args, setting)
    try:
        return asyncio.run(_run(args, setting))
    except Unfit as unfit:
        says = unfit_words(unfit.code)
        if unfit.code in ("needed", "moment"):  # what is wrong with one answer names it; the rest speak for themselves
            says = f"{unfit.field.replace('_', '-')}: {says}"
        raise codes.Stop(says, codes.USAGE) from unfit


async def _run(args: argparse.Namespace, setting: Setting) -> int:
    act: Callable[[Backend, argparse.Namespace, Setting], Awaitable[int]] = _change
    if args.step in ("list", "raise", "words"):
        act = {"list": _list, "raise": _raise, "words": _words}[args.step]
    async with setting.open_backend(existing=args.step != "raise") as backend:
        return await act(backend, args, setting)


async def _list(backend: Backend, args: argparse.Namespace, setting: Setting) -> int:
    brand = await brands(backend, setting, args.operator)
    await check_agent(backend, setting)
    states = frozenset(OutageState(state) for state in args.state)
    if not states and not args.all:
        states = LIVE_OUTAGE_STATES
    only = OutageFilter(states=states, operator_keys=brand.chosen, limit=args.limit + 1)
    found = cut(await backend.outages(only), args.limit, setting)
    if args.json:
        setting.json([outage_object(outage, brand) for outage in found])
        return codes.OK
    columns = (
        Column(_("Reference"), fixed=True),
        Column(_("State"), fixed=True),
        Column(_("Since"), fixed=True),
        Column(_("Expected end"), fixed=True),
        Column(_("Where"), drop=1),
        Column(_("Title")),
    )
    setting.out.table(columns, [_row(outage, setting) for outage in found])
    return codes.OK


def _row(outage: Outage, setting: Setting) -> tuple[str, ...]:
    covered = outage.coverage
    return (
        outage.reference,
        word(_stands(outage)) if setting.out.tty else _stands(outage).value,
        setting.moment(outage.started_at),
        setting.moment(outage.expected_end) if outage.expected_end else "",
        ", ".join((*covered.towns, *covered.postcodes, *covered.elements)),
        title_words(outage),
    )


def _stands(outage: Outage) -> OutageState | OutageKind:
    """Return an outage's state; planned works are certain from the start, and what they are says more."""
    works = outage.kind is OutageKind.PLANNED_WORKS and outage.state is OutageState.CONFIRMED
    return OutageKind.PLANNED_WORKS if works else outage.state


async def _words(backend: Backend, args: argparse.Namespace, setting: Setting) -> int:
    await check_agent(backend, setting)
    return await outage_words.words(backend, await _referred(backend, args.reference), args, setting)


async def _raise(backend: Backend, args: argparse.Namespace, setting: Setting) -> int:
    agent = await working_agent(backend, setting, writing=True)
    require(agent, Right.OUTAGE_DECIDE if args.confirmed else Right.OUTAGE_SUSPECT, setting)
    brand = await brands(backend, setting, args.operator)
    values = {name: ", ".join(getattr(args, name)) for _flag, name, _stands, _says in _COVERAGE}
    values |= {name: getattr(args, name) for _flag, name, _stands, _says in (*_TOLD, *_SUPPLIER)}
    batch = raise_outage(
        {"title": args.title, **values},
        agent=agent,
        now=datetime.now(UTC),
        zone=setting.zone,
        language=current_language(),
        operator_keys=sorted(brand.chosen),
        confirmed=args.confirmed,
    )
    return await _store(backend, batch, brand, args, setting)


async def _change(backend: Backend, args: argparse.Namespace, setting: Setting) -> int:
    agent = await working_agent(backend, setting, writing=True)
    require(agent, Right.OUTAGE_DECIDE, setting)
    state, _says, _needs_text = _STEPS[args.step]
    batch = _changed(await _referred(backend, args.reference), state, args, agent, setting)
    return await _store(backend, batch, await brands(backend, setting, ()), args, setting)


def _changed(
    outage: Outage, state: OutageState | None, args: argparse.Namespace, agent: Agent, setting: Setting
) -> Batch:
    if state is outage.state and state in LIVE_OUTAGE_STATES:
        says = _("{reference} is {state} already").format(reference=outage.reference, state=word(state).lower())
        raise codes.Stop(says, codes.USAGE)
    values = {name: getattr(args, name, "") for name in ("text", "expected_end", "say")}
    return update_outage(
        outage,
        values,
        agent=agent,
        now=datetime.now(UTC),
        zone=setting.zone,
        language=current_language(),
        state=state,
    )


async def _referred(backend: Backend, reference: str) -> Outage:
    asked = reference.strip().casefold()
    for only in (OutageFilter(states=LIVE_OUTAGE_STATES), OutageFilter(limit=10_000)):
        for outage in await backend.outages(only):
            if outage.reference.casefold() == asked or outage.key == reference:
                return outage
    says = _('there is no outage "{reference}"; look with: cordboard outage list --all').format(reference=reference)
    raise codes.Stop(says)


async def _store(backend: Backend, batch: Batch, brand: Brands, args: argparse.Namespace, setting: Setting) -> int:
    receipt = await backend.write(batch)
    stored = receipt.changes[0].after
    if not isinstance(stored, Outage):
        raise NotFound(args.step)
    if args.json:
        setting.json(outage_object(stored, brand))
    elif setting.out.tty:
        setting.out.line(f"{stored.reference}  {word(stored.state)}  {title_words(stored)}")
    else:
        setting.out.row((stored.reference, stored.state.value, title_words(stored)))
    return codes.OK
