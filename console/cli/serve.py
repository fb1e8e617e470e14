"""`cordboard serve`: offers the records to many consoles over HTTP, and keeps the tokens that they sign in with."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from backends import clean
from backends.errors import Invalid, NotFound
from console import __version__
from console.cli import codes, options
from console.cli.output import Column, moment_text
from console.cli.setting import Setting
from console.cli.veiling import hides_for_token
from console.i18n import N_, _

if TYPE_CHECKING:
    from backends.serve.ledger import Ledger, TokenRow
    from backends.serve.running import Address, Server

HELP = N_("let many consoles share these records over HTTP")
FILE_NAME = "serve.db"
"""The server's own file in the data folder: tokens and what it must remember, no customers."""
PORT = 8470

_UNSAFE = {
    "missing": N_("without a certificate only this computer may be listened for; give --certificate and --key"
                  " (docs/serving.md), or --behind-proxy where a proxy speaks https"),
    "not_found": N_("cannot read the certificate or its key ({detail})"),
    "unusable": N_("cannot use the certificate with this key ({detail})"),
}  # fmt: skip


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `serve` takes."""
    parser.add_argument("--host", default="127.0.0.1", help=_("address to listen on (default: {host})").format(
        host="127.0.0.1"))  # fmt: skip
    says = _("port to listen on, 0 for any free one (default: {port})").format(port=PORT)
    parser.add_argument("--port", type=_port, default=PORT, metavar="N", help=says)
    parser.add_argument("--certificate", default="", metavar="FILE", help=_("certificate chain for https, PEM"))
    parser.add_argument("--key", default="", metavar="FILE", help=_("key of the certificate, PEM"))
    says = _("a proxy in front speaks https; believe what it says about who asks")
    parser.add_argument("--behind-proxy", action="store_true", help=says)
    says = _("host inside the network that callbacks may go to; may be repeated")
    parser.add_argument("--callback-host", action="append", default=[], metavar="HOST", help=says)
    says = _("requests a second that one token may send, 0 for any number (default: {n})").format(n=50)
    parser.add_argument("--rate", type=_not_negative, default=50, metavar="N", help=says)
    steps = parser.add_subparsers(title=_("commands"), dest="step", metavar=_("COMMAND"))
    token = steps.add_parser("token", help=_("make, list and remove the tokens that consoles sign in with"))
    _token_arguments(token)


def _token_arguments(parser: argparse.ArgumentParser) -> None:
    steps = parser.add_subparsers(title=_("commands"), dest="deed", metavar=_("COMMAND"), required=True)
    added = steps.add_parser("add", help=_("make a token and print it; it is shown this once"))
    added.add_argument("login", metavar="LOGIN", help=_("agent whom the token belongs to"))
    added.add_argument("--name", default="", help=_("name of the token (default: the login)"))
    says = _("what it is for (default: the agent's roles in the records)")
    options.choosable(added, "--role", _roles(), says)
    says = _("days after which it ends (default: never)")
    added.add_argument("--days", type=options.positive, default=0, metavar="N", help=says)
    options.add_json(added)
    listed = steps.add_parser("list", help=_("list the tokens, never the secrets"))
    options.add_json(listed)
    removed = steps.add_parser("remove", help=_("make a token worthless at once"))
    removed.add_argument("name", metavar="NAME", help=_("name of the token"))


def _roles() -> tuple[str, ...]:
    from backends.serve.callers import ROLES

    return ROLES


def _port(typed: str) -> int:
    if not typed.isdecimal() or int(typed) > 65_535:
        raise argparse.ArgumentTypeError(_("{typed} is not a port").format(typed=repr(typed)))
    return int(typed)


def _not_negative(typed: str) -> int:
    return 0 if typed == "0" else options.positive(typed)


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Serve until SIGTERM or SIGINT, or do what concerns a token."""
    if args.step == "token":
        return _TOKENS[args.deed](args, setting)
    try:
        import starlette  # noqa: F401 -- only to know whether it is there
        import uvicorn  # noqa: F401
    except ImportError as error:
        says = _("serving needs more packages; install them with: pip install 'cordboard[serve]'")
        raise codes.Stop(says, codes.UNAVAILABLE) from error
    return asyncio.run(_serve(args, setting))


async def _serve(args: argparse.Namespace, setting: Setting) -> int:
    from backends.serve.office import Limits, Office
    from backends.serve.running import Address
    from backends.serve.running import run as run_server

    address = Address(args.host, args.port, args.certificate, args.key, args.behind_proxy)
    try:
        address.check()
    except Invalid as error:
        raise codes.Stop(_(_UNSAFE[error.code]).format(detail=error.detail), codes.USAGE) from error
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    for chatty in ("httpx", "httpcore", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    async with setting.open_backend(home_only=True, veil=False) as backend:
        ledger = _ledger(setting)
        try:
            if not ledger.tokens():
                setting.err.line(_("There is no token yet; make one with: cordboard serve token add LOGIN"))
            office = Office(
                backend,
                ledger,
                Limits(rate=args.rate, burst=max(200, 4 * args.rate)),
                version=__version__,
                callback_hosts=frozenset(args.callback_host),
                hides=lambda roles: hides_for_token(setting, roles),
            )
            await run_server(office, address, lambda server: _say_where(setting, address, server))
        finally:
            ledger.close()
    return codes.OK


def _say_where(setting: Setting, address: Address, server: Server) -> None:
    host = f"[{address.host}]" if ":" in address.host else address.host
    url = f"{address.scheme}://{host}:{server.listening_port}/"
    setting.err.line(_("Serving on {url}; consoles open cordboard+{url}").format(url=url))


# tokens --------------------------------------------------------------------------------------------------------------


def _ledger(setting: Setting) -> Ledger:
    from backends.serve.ledger import Ledger

    setting.paths.make()
    return Ledger(setting.paths.data / FILE_NAME)


def _add(args: argparse.Namespace, setting: Setting) -> int:
    login = clean.line(args.login, limit=64)
    if not login:
        raise codes.Stop(_("a token belongs to an agent; give the agent's login"), codes.USAGE)
    roles = args.role or asyncio.run(_roles_in_records(login, setting))
    ends_at = datetime.now(UTC) + timedelta(days=args.days) if args.days else None
    ledger = _ledger(setting)
    try:
        name = clean.line(args.name, limit=64) or _free_name(login, ledger.tokens())
        token = ledger.add_token(name, login, roles, ends_at)
    except Invalid as error:
        says = _('there is a token "{name}" already; remove it first, or choose another --name')
        raise codes.Stop(says.format(name=clean.line(args.name, limit=64)), codes.DATA) from error
    finally:
        ledger.close()
    if args.json:
        setting.json({"name": name, "agent": login, "roles": sorted(roles), "token": token})
        return codes.OK
    setting.err.line(_("This is shown once; the agent gives it to: cordboard login"))
    setting.out.line(token)
    return codes.OK


async def _roles_in_records(login: str, setting: Setting) -> Sequence[str]:
    """Return the roles that the records give an agent; raises Stop when they do not know the login."""
    async with setting.open_backend(existing=True, home_only=True) as backend:
        for agent in await backend.agents():
            if agent.login == login:
                return sorted(agent.roles)
    says = _('these records know no agent "{login}"; say with --role what the token is for')
    raise codes.Stop(says.format(login=login), codes.USAGE)


def _free_name(login: str, tokens: Sequence[TokenRow]) -> str:
    taken = {row.name for row in tokens}
    number = 1
    name = login
    while name in taken:
        number += 1
        name = f"{login}-{number}"
    return name


def _list(args: argparse.Namespace, setting: Setting) -> int:
    ledger = _ledger(setting)
    try:
        tokens = ledger.tokens()
    finally:
        ledger.close()
    if args.json:
        setting.json([_object(row) for row in tokens])
        return codes.OK
    columns = (
        Column(_("Name"), fixed=True),
        Column(_("Agent"), fixed=True),
        Column(_("Roles")),
        Column(_("Made"), fixed=True),
        Column(_("Ends"), fixed=True),
        Column(_("Last used"), fixed=True),
    )
    rows = [
        (
            row.name,
            row.agent,
            ", ".join(sorted(row.roles)),
            setting.moment(row.made_at),
            setting.moment(row.ends_at) if row.ends_at else "-",
            row.used_on or "-",
        )
        for row in tokens
    ]
    setting.out.table(columns, rows)
    return codes.OK


def _object(row: TokenRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "agent": row.agent,
        "roles": sorted(row.roles),
        "made_at": moment_text(row.made_at),
        "ends_at": moment_text(row.ends_at) if row.ends_at else None,
        "used_on": row.used_on or None,
    }


def _remove(args: argparse.Namespace, setting: Setting) -> int:
    ledger = _ledger(setting)
    try:
        ledger.remove_token(args.name)
    except NotFound as error:
        says = _('there is no token "{name}"; see: cordboard serve token list')
        raise codes.Stop(says.format(name=args.name), codes.FAILED) from error
    finally:
        ledger.close()
    setting.err.line(_('The token "{name}" is worthless from now on.').format(name=args.name))
    return codes.OK


_TOKENS = {"add": _add, "list": _list, "remove": _remove}
