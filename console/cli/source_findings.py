"""What `cordboard doctor` finds about the sources beyond a network: whether they answer, for whom, what they said."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from backends import clean
from backends.errors import BackendError, NotSignedIn, TimedOut, Unavailable
from backends.remote import Exchange
from console.cli.findings import BAD, NOTE, OK, Finding
from console.i18n import _

if TYPE_CHECKING:
    from console.cli.setting import Setting
    from console.cli.trying import Tried
    from console.config import Source

_SHOWN = 5  # of the last exchanges
_KEYRING_SECONDS = 5.0


def sources(setting: Setting) -> Iterator[Finding]:
    """Look whether each source of the profile answers, all at the same time."""
    from console.cli.sources import far_sources

    found = far_sources(setting)
    if not found:
        return
    looked = asyncio.run(_looked(setting, found))
    for (name, _source), result in zip(found.items(), looked, strict=True):
        yield from _told(setting, name, result)


async def _looked(setting: Setting, found: Mapping[str, Source]) -> Sequence[Tried]:
    from console.cli.trying import tried

    return await asyncio.gather(*(tried(setting, name, source) for name, source in found.items()))


def _told(setting: Setting, name: str, result: Tried) -> Iterator[Finding]:
    part = _("Source {name}").format(name=clean.line(name))
    yield _secret(setting, part, name)
    taken = _seconds(result.seconds)
    if result.error is None:
        if result.who:
            says = _("answers in {taken}, and knows you as {who}").format(taken=taken, who=clean.line(result.who))
        else:
            says = _("answers in {taken}").format(taken=taken)
        yield Finding(part, OK, says)
    else:
        yield _failed(part, name, result.error, taken)
    for one in result.exchanges[-_SHOWN:]:
        yield Finding(part, OK if one.status is not None and one.status < 400 else NOTE, _exchange(one))


def _secret(setting: Setting, part: str, name: str) -> Finding:
    """Return whether a secret is stored; it may be that none is needed."""
    from console.secrets import Secrets, SecretsError, available_stores

    try:
        stores = available_stores(setting.environ, _KEYRING_SECONDS)
        known = Secrets(stores, deadline=_KEYRING_SECONDS).get(setting.profile_name, name) is not None
    except SecretsError as error:
        return Finding(part, BAD, str(error), _("Unlock the keyring, then look again."))
    if known:
        return Finding(part, OK, _("a secret is kept for it"))
    return Finding(part, OK, _("no secret is kept for it; it is asked without one"))


def _failed(part: str, name: str, error: BackendError, taken: str) -> Finding:
    why = clean.line(error.detail)
    match error:
        case NotSignedIn():
            says = _("does not know us ({why})").format(why=why)
            return Finding(part, BAD, says, f"cordboard login {name}")
        case TimedOut():
            says = _("gave no answer in {taken}").format(taken=taken)
            return Finding(
                part, BAD, says, _("Is the line slow? deadline_seconds of the source says how long to wait.")
            )
        case Unavailable() if "CERTIFICATE" in why:
            says = _("shows a certificate that is not trusted ({why})").format(why=why)
            return Finding(part, BAD, says, _("Name your own authority's file with ca_file of the source."))
        case Unavailable():
            says = _("cannot be reached ({why})").format(why=why)
            return Finding(part, BAD, says, _("Check its URL, the network, and proxy of the source."))
        case _:
            says = _("cannot be used ({why})").format(why=why)
            return Finding(part, BAD, says, _("Check its settings: cordboard config check"))


def _exchange(one: Exchange) -> str:
    """Return an exchange in one line: `GET /rt/users?query 200 in 0.12 s`."""
    status = _("no answer") if one.status is None else str(one.status)
    says = _("{method} {path}: {status} in {taken}").format(
        method=one.method, path=clean.line(one.path), status=status, taken=_seconds(one.seconds)
    )
    return f"{says} ({clean.line(one.said)})" if one.said else says


def _seconds(seconds: float) -> str:
    return _("{seconds} s").format(seconds=f"{seconds:.2f}")
