"""The records of a profile: its own store, its other sources, and what stands before those that are far away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from backends import records
from backends.port import Backend, Capability
from backends.registry import EMBEDDED, scheme_of
from console.cli.veiling import Wearer, veiled, veiled_copy
from console.config import Source
from console.config_kinds import holds_password
from console.i18n import _

if TYPE_CHECKING:
    from console.cli.setting import Setting

WRITTEN: Mapping[str, type[records.Record]] = {
    "customers": records.Customer,
    "lines": records.Line,
    "contracts": records.Contract,
    "charges": records.Charge,
    "disputes": records.Dispute,
    "contacts": records.Contact,
    "tickets": records.Ticket,
    "promises": records.Promise,
    "visits": records.Visit,
    "outages": records.Outage,
}
"""What a profile may name as written to a source, and the kind of record it means."""


def records_of(setting: Setting, *, home_only: bool = False, veil: bool = True) -> Backend:
    """Return the records of the setting, not opened: one store, or several as one.

    Each is behind a veil, so that nothing is fetched, kept or sent that the agent's roles hide (R41); without `veil`
    it is whoever is served that something is hidden from. Far ones have an outbox before them, so that nothing that is
    written is lost on the way (R23). `home_only` leaves out every source but the profile's own store.
    """
    url = setting.backend_url
    wearer = Wearer(setting) if veil else None
    if setting.backend_named or home_only or not set(setting.profile.sources) - {setting.home_source}:
        name = setting.home_source
        source = setting.profile.sources.get(name, Source(url=url))
        return one_of(setting, url, name or _name_of(url), source, wearer, tells=True)
    from console.desk.several import Several  # most profiles have one store and need none of it

    home = setting.home_source
    known = setting.profile.sources
    first = one_of(setting, url, home or _name_of(url), known.get(home, Source(url=url)), wearer, tells=True)
    others = {name: one_of(setting, one.url, name, one, wearer) for name, one in known.items() if name != home}
    writes = {name: frozenset(WRITTEN[word] for word in known[name].writes) for name in others}
    return Several(first, others, writes=writes)


def one_of(
    setting: Setting, url: str, name: str, source: Source, wearer: Wearer | None = None, *, tells: bool = False
) -> Backend:
    """Return one source, not opened, behind the veil of `wearer`; a far one with its outbox and its offline copy.

    The veil stands next to the source: neither the copy nor the journal, which are files on this computer, holds what
    is hidden. A copy may have been made while a colleague with other roles worked here, so that there is one before it
    as well. The one that `tells` is asked who works here.
    """

    def behind(backend: Backend, *, tells: bool = False) -> Backend:
        return backend if wearer is None else veiled(backend, wearer, tells=tells)

    if scheme_of(url) in EMBEDDED:
        return behind(setting.connect(url), tells=tells)
    from backends.offline import Kept
    from backends.outbox import Outbox, journal_path

    backend = behind(far(setting, url, name, source), tells=tells)
    state = setting.paths.state
    kept: Backend = Kept(backend, state / "kept" / f"{setting.profile_name}-{name}.db", keep=source.keep_offline)
    if wearer is not None and source.keep_offline:
        kept = veiled_copy(kept, wearer)
    if Capability.WRITE not in backend.capabilities:
        return kept
    return Outbox(kept, journal_path(state, setting.profile_name, name), agent=setting.actor)


def far(
    setting: Setting, url: str, name: str, source: Source, secret: Callable[[], str | None] | None = None
) -> Backend:
    """Return a source beyond the network as it is, not opened; `secret` stands in for the one that is stored."""
    from console.secrets import reader

    return setting.connect(
        url,
        name=name,
        options=source.options,
        secret=secret or reader(setting.profile_name, name, setting.environ),
        deadline=float(source.deadline_seconds),
        connections=source.connections,
        proxy=source.proxy,
        ca_file=source.ca_file,
        allow_http=source.allow_http,
        poll=float(source.poll_seconds),
    )


def far_sources(setting: Setting) -> Mapping[str, Source]:
    """Return the sources beyond a network by name, the profile's own store first when it is one."""
    url = setting.backend_url
    name = setting.home_source or _name_of(url)
    known = setting.profile.sources
    found = {name: known.get(name, Source(url=url)), **({} if setting.backend_named else known)}
    return {name: source for name, source in found.items() if scheme_of(source.url) not in EMBEDDED}


def _name_of(url: str) -> str:
    """Return what a source without a name is called: its host."""
    from urllib.parse import urlsplit

    return urlsplit(url).hostname or scheme_of(url)


def named_in(setting: Setting, text: str) -> tuple[str, Source]:
    """Return the name and the settings of a source that a command was given by name or by URL.

    Raises Stop for a name that the profile does not know, and for a URL with a password in it.
    """
    from console.cli import codes

    known = far_sources(setting)
    if text in known:
        return text, known[text]
    if ":" not in text:
        says = _('there is no source "{name}" in the profile {profile}; known: {names}')
        raise codes.Stop(
            says.format(name=text, profile=setting.profile_name, names=", ".join(known) or "–"), codes.USAGE
        )
    if holds_password(text):
        raise codes.Stop(_("a URL must not carry a password; it belongs into the keyring"), codes.USAGE)
    for name, source in known.items():
        if source.url == text:
            return name, source
    return _name_of(text), Source(url=text)
