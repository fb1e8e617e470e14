"""`cordboard export` and `cordboard forget`: giving a person everything held about them, and erasing it."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from backends.port import Backend, MatchedOn
from backends.records import Customer, CustomerFlag
from console.cli import codes
from console.cli.asking import agreed, can_ask
from console.cli.lookup import listed, require, working_agent
from console.cli.output import json_text
from console.cli.setting import Setting
from console.i18n import N_, _, _n
from console.rules.roles import Right

HELP = N_("write down everything held about a customer, as JSON")

_FOUND_BY = frozenset({MatchedOn.NUMBER, MatchedOn.PHONE, MatchedOn.EMAIL})
_LIMIT = 50
_KINDS = {
    "customer": N_("customers"),
    "line": N_("lines"),
    "contract": N_("contracts"),
    "charge": N_("charges"),
    "dispute": N_("disputes"),
    "contact": N_("contacts"),
    "ticket": N_("tickets"),
    "ticket_event": N_("events of tickets"),
    "chase": N_("chases"),
    "promise": N_("promises"),
    "visit": N_("visits"),
    "handover": N_("handovers"),
    "originals": N_("originals of imported items"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `export`."""
    _add_customer(parser)
    parser.add_argument("--json", action="store_true", help=_("JSON, which is the only form there is"))
    parser.add_argument("--output", type=Path, metavar="FILE", help=_("write to a new file that only you can read"))


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Print or write everything held about a person; raises Stop."""
    return asyncio.run(_exported(args, setting))


def _add_customer(parser: argparse.ArgumentParser) -> None:
    says = _("customer number, telephone number or e-mail address")
    parser.add_argument("customer", metavar="CUSTOMER", help=says)


async def _exported(args: argparse.Namespace, setting: Setting) -> int:
    async with setting.open_backend(existing=True) as backend:
        customer = await named(backend, args.customer)
        reason = _("An export holds the audit trail about the customer, so only a supervisor may make it.")
        require(await working_agent(backend, setting, writing=True), Right.AUDIT, setting, reason)
        if args.output is None:
            setting.json(await backend.export(customer.key, setting.actor))
            return codes.OK
        await _written(args.output, backend, customer, setting.actor)
    setting.err.line(_("Everything held about {number} is in {file}").format(number=customer.number, file=args.output))
    return codes.OK


async def _written(path: Path, backend: Backend, customer: Customer, actor: str) -> None:
    """Write the export to a new file; raises Stop, BackendError, and leaves no file then.

    The file comes first: an export that could not be written must not stand in the audit trail as given out.
    """
    with _private(path) as file:
        try:
            file.write(json_text(await backend.export(customer.key, actor)) + "\n")
            file.flush()
            os.fsync(file.fileno())
        except OSError as error:
            path.unlink(missing_ok=True)
            says = _("cannot write {file}: {why}").format(file=path, why=error.strerror)
            raise codes.Stop(says, codes.CANNOT_CREATE) from error
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _private(path: Path) -> TextIO:
    """Return a new file that only its owner can read; raises Stop when the path is taken or cannot be made."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8")
    except OSError as error:
        says = _("cannot create {file}: {why}").format(file=path, why=error.strerror)
        raise codes.Stop(says, codes.CANNOT_CREATE) from error


async def named(backend: Backend, typed: str) -> Customer:
    """Return the one customer whose number, telephone number or e-mail address `typed` is; raises Stop.

    Nothing less than the whole of it will do: what follows cannot be taken back.
    """
    matches = await backend.search(typed, limit=_LIMIT)
    exact = [match for match in matches if match.exact and match.on in _FOUND_BY]
    if any(match.on is MatchedOn.NUMBER for match in exact):
        exact = [match for match in exact if match.on is MatchedOn.NUMBER]
    if len(exact) == 1:
        return exact[0].customer
    if exact:
        says = _('"{typed}" is the same for several customers: {listed}; give the customer number')
        raise codes.Stop(says.format(typed=typed, listed=listed(exact, 10)), codes.DATA)
    if matches:
        says = _('"{typed}" is nobody\'s whole number or address; do you mean: {listed}? Give the customer number')
        raise codes.Stop(says.format(typed=typed, listed=listed(matches, 10)), codes.DATA)
    says = _('there is no customer "{typed}"; look with: cordboard find')
    raise codes.Stop(says.format(typed=typed), codes.FAILED)


class Forget:
    """The command `forget`."""

    HELP = N_("erase what is personal about a customer; counts and clocks stay")

    @staticmethod
    def arguments(parser: argparse.ArgumentParser) -> None:
        """Declare the arguments of `forget`."""
        _add_customer(parser)
        parser.add_argument("--reason", default="", metavar="TEXT", help=_("why, for the audit trail"))
        parser.add_argument("--yes", action="store_true", help=_("do not ask"))

    @staticmethod
    def run(args: argparse.Namespace, setting: Setting) -> int:
        """Ask, then erase; 1 when the answer is no, 2 when nobody is there to be asked; raises Stop."""
        if not args.yes and not can_ask(setting):
            says = _("nobody is here to say yes; with --yes it is done without asking")
            raise codes.Stop(says, codes.USAGE)
        return asyncio.run(_forgotten(args, setting))


forget = Forget()


async def _forgotten(args: argparse.Namespace, setting: Setting) -> int:
    async with setting.open_backend(existing=True) as backend:
        customer = await named(backend, args.customer)
        require(await working_agent(backend, setting, writing=True), Right.FORGET, setting)
        if CustomerFlag.FORGOTTEN in customer.flags:
            setting.out.line(
                _("{number} was forgotten before; nothing personal is left.").format(number=customer.number)
            )
            return codes.OK
        if not args.yes:
            await _show(backend, customer, setting)
            if not agreed(setting, _("Erase this for ever?")):
                setting.err.line(_("Nothing was erased."))
                return codes.FAILED
        counts = await backend.forget(customer.key, setting.actor, args.reason)
    setting.out.line(_("Forgotten: {number}. Changed: {counts}").format(
        number=customer.number, counts=_counted(counts)))  # fmt: skip
    return codes.OK


async def _show(backend: Backend, customer: Customer, setting: Setting) -> None:
    """Print what forgetting takes away and what it leaves."""
    file = await backend.customer_file(customer.key)
    err = setting.err
    err.line(f"{customer.number}  {customer.name}  ({file.operator.name})")
    err.line(_("Erased: name, ways to reach, address, authorised parties, notes on tone and needs; what was said in"))
    err.line(
        _n("{n} contact and in every ticket, promise and visit; originals and attachments' names.",
           "{n} contacts and in every ticket, promise and visit; originals and attachments' names.",
           file.contacts_total).format(n=file.contacts_total)
    )  # fmt: skip
    err.line(_("Stays: numbers and references, dates, states, channels, amounts, and the audit trail."))
    if file.tickets:
        n = sum(1 for ticket in file.tickets if ticket.closed_at is None)
        if n:
            says = _n("Mind: {n} ticket is not closed yet.", "Mind: {n} tickets are not closed yet.", n)
            err.line(says.format(n=n))


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{_(_KINDS.get(kind, kind))} {number}" for kind, number in sorted(counts.items()) if number)
