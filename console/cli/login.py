"""`cordboard login`: asks for a source's secret, tries it, and gives it to the keyring."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from backends.credentials import KIND_NAMES, Basic, ClientCredentials, Secret, Token, secret_text
from backends.errors import NotAllowed, NotSignedIn, Unavailable
from console.cli import codes
from console.cli.asking import can_ask
from console.cli.setting import Setting
from console.i18n import N_, _

if TYPE_CHECKING:
    from console.config import Source

HELP = N_("sign in to a source: its secret goes into the keyring")

_LONGEST = 16_384
"""Characters of a secret; the longest tokens known are a few thousand."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `login` takes: never a secret, which every user of the computer could read in the process list."""
    parser.add_argument(
        "source", metavar="SOURCE", help=_("name of a source of the profile, or its URL; calls for exchanges")
    )
    parser.add_argument(
        "--kind",
        choices=KIND_NAMES,
        metavar="KIND",
        help=_("token, basic (user and password) or oauth2 (client credentials); basic when --user is given"),
    )
    parser.add_argument("--user", metavar="USER", default="", help=_("user name, for basic"))
    parser.add_argument("--client-id", metavar="ID", default="", help=_("the client's id, for oauth2"))
    parser.add_argument("--token-url", metavar="URL", default="", help=_("where tokens are given out, for oauth2"))
    parser.add_argument("--scope", metavar="SCOPE", default="", help=_("what to ask for, for oauth2"))
    parser.add_argument("--no-try", action="store_true", help=_("keep the secret without trying it"))


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Ask, try, keep, and say where; a secret that the source refuses is not kept. Raises Stop."""
    from console.calls.ways import TOKEN_NAME
    from console.cli.sources import named_in

    if args.source == TOKEN_NAME and TOKEN_NAME not in setting.profile.sources:
        name, secret, tried = TOKEN_NAME, _asked(args, setting, TOKEN_NAME), ""
    else:
        name, source = named_in(setting, args.source)
        secret = _asked(args, setting, name)
        tried = "" if args.no_try else _tried(setting, name, source, secret)
    kept = _kept(setting, name, secret)
    setting.out.line(_("the secret of {source} is kept in: {store}").format(source=name, store=kept))
    if tried:
        setting.out.line(tried)
    return codes.OK


def ask_where_nothing_keeps(setting: Setting, names: Iterable[str]) -> None:
    """Ask for the secrets of these sources, for this run only, where this computer has no store that keeps any.

    Nothing is asked where there is a store, for then `cordboard login` is the way, nor where nobody can answer.
    """
    from console.secrets import FILE_VARIABLE, available_stores, hold
    from console.secrets_kernel import kernel_keyring

    # The kernel's keyring first: to look for the desktop's takes longer than all the rest of the start.
    if (
        not can_ask(setting)
        or setting.environ.get(FILE_VARIABLE)
        or kernel_keyring()
        or available_stores(setting.environ)
    ):
        return
    setting.err.line(_("This computer has no keyring: secrets are asked for now and kept until the console ends."))
    for name in names:
        setting.err.part(_("User at {source} (empty for a token): ").format(source=name))
        user = sys.stdin.readline().strip()
        question = _("Password at {source}: ") if user else _("Token for {source} (empty for none): ")
        hold(setting.profile_name, name, _held_text(setting, user, question.format(source=name)))


def _held_text(setting: Setting, user: str, question: str) -> str:
    """Return what `hold` is given for what is typed, nothing for nothing."""
    try:
        typed = _hidden(setting, question)
    except codes.Stop:
        return ""
    return secret_text(Basic(user, typed) if user else Token(typed))


def _asked(args: argparse.Namespace, setting: Setting, name: str) -> Secret:
    """Return the secret that was typed, or that came as one line on standard input; raises Stop."""
    kind = args.kind or ("basic" if args.user else "oauth2" if args.client_id or args.token_url else "token")
    match kind:
        case "basic":
            user = args.user or _plain(setting, _("User at {source}: ").format(source=name), "--user")
            return Basic(user, _hidden(setting, _("Password at {source}: ").format(source=name)))
        case "oauth2":
            client = args.client_id or _plain(setting, _("Client id at {source}: ").format(source=name), "--client-id")
            url = args.token_url or _plain(setting, _("URL that gives out tokens: "), "--token-url")
            if not url.startswith(("https://", "http://")):
                raise codes.Stop(_("the URL of the tokens begins with https://"), codes.USAGE)
            return ClientCredentials(client, _hidden(setting, _("Client secret: ")), url, args.scope)
        case _:
            return Token(_hidden(setting, _("Token for {source}: ").format(source=name)))


def _plain(setting: Setting, question: str, flag: str) -> str:
    """Return what was typed in view; raises Stop naming the option where nobody can be asked."""
    if not can_ask(setting):
        says = _("without a terminal the secret is read from standard input, and the rest is given by {flag}")
        raise codes.Stop(says.format(flag=flag), codes.USAGE)
    setting.err.part(question)
    return _sound(sys.stdin.readline())


def _hidden(setting: Setting, question: str) -> str:
    """Return what was typed without being shown, or one line of standard input; raises Stop for nothing at all."""
    if not sys.stdin.isatty():
        return _sound(sys.stdin.readline(_LONGEST))
    from getpass import getpass

    setting.err.stream.flush()
    try:
        # Where standard error leads elsewhere, the library asks on the terminal itself: nothing is typed in view.
        return _sound(getpass(question, stream=setting.err.stream if setting.err.tty else None))
    except EOFError:
        return _sound("")


def _sound(typed: str) -> str:
    """Return one line without its end; raises Stop, in whose frame the text is no longer."""
    typed = typed.strip("\r\n")
    why = ""
    if not typed.strip():
        why = _("nothing was typed; nothing is changed")
    elif not typed.isprintable() or len(typed) >= _LONGEST:
        why = _("this is no secret: it has characters that cannot be typed, or is far too long")
    if why:
        typed = ""
        raise codes.Stop(why, codes.USAGE)
    return typed


def _tried(setting: Setting, name: str, source: Source, secret: Secret) -> str:
    """Return what came of a try; raises Stop when the source refuses the secret."""
    import asyncio

    from console.cli.trying import tried

    looked = asyncio.run(tried(setting, name, source, lambda: secret_text(secret)))
    error = looked.error
    if isinstance(error, NotSignedIn | NotAllowed):
        says = _("{source} does not accept this ({why}); nothing is changed")
        raise codes.Stop(says.format(source=name, why=error.detail), codes.NOT_ALLOWED)
    if isinstance(error, Unavailable):
        return _("it could not be tried: {source} cannot be reached ({why})").format(source=name, why=error.detail)
    if error is not None:
        return _("it could not be tried ({why})").format(why=error.detail)
    if looked.who:
        return _("{source} knows you as {who}").format(source=name, who=looked.who)
    return _("{source} answers").format(source=name)


def _kept(setting: Setting, name: str, secret: Secret) -> str:
    """Return the name of the store that keeps the secret; raises Stop when none does."""
    from console.secrets import Secrets, SecretsError, available_stores

    try:
        return Secrets(available_stores(setting.environ)).put(setting.profile_name, name, secret_text(secret))
    except SecretsError as error:
        why = str(error)
    raise codes.Stop(why, codes.CANNOT_CREATE)
