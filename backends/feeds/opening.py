"""What `open_url` of all feeds does alike: the settings of the source become a backend that is not opened yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from backends.feeds.feed import FeedBackend, Reader
from backends.feeds.options import Options
from backends.feeds.places import operators_from
from backends.feeds.push import Doorbell
from backends.rest.access import Access, access_from

if TYPE_CHECKING:
    from backends.rest.http import Http

_HOSTED_POLL = 30.0
"""Seconds between two looks at a public page, unless the source's options ask for another pace."""
_FEED_LIMIT = 8 * 1024 * 1024
"""Bytes of one answer, decompressed: 5,000 alerts are 4 MB."""


@dataclass(frozen=True, slots=True)
class Document:
    """Where the feed itself is below the source's base, when the URL names a file and not a server."""

    path: str = ""
    query: tuple[tuple[str, str], ...] = ()


Build = Callable[[Options, str, Document], Reader]
"""Makes the reader from the options, the source's name, and the document that the URL names."""


def feed_backend(
    url: str,
    build: Build,
    *,
    document: bool = False,
    hosted: bool = False,
    name: str = "",
    options: Mapping[str, object] | None = None,
    secret: Callable[[], str | None] | None = None,
    poll: float = 5.0,
    now: Callable[[], datetime] | None = None,
    **settings: object,
) -> FeedBackend:
    """Return the backend for a feed's URL; raises Invalid for a setting that will not do.

    `document` parts the URL into the place and the file there; `hosted` pages are not asked every `poll` seconds but
    every `options.least_poll`, 30 by default. `now` is a clock that gives aware moments, for tests.
    """
    where = Document()
    if document:
        url, where = _parted(url)
    limits: dict[str, Any] = {
        key: settings[key] for key in ("deadline", "connections", "proxy", "ca_file", "allow_http") if key in settings
    }
    access = access_from(url, name=name, body_limit=_FEED_LIMIT, **limits)
    table = Options(options, name)
    shown = name or urlsplit(access.base).hostname or "feed"
    reader = build(table, shown, where)
    keep = timedelta(hours=table.number("keep_hours", 48.0, 0.0, 24 * 366))
    least = table.number("least_poll", _HOSTED_POLL if hosted else 0.0, 0.0, 86_400.0)
    listen, token_file = table.text("listen"), table.text("listen_token_file")
    table.finish()
    return FeedBackend(
        reader,
        lambda: _connected(access, secret),
        name=shown,
        url=url,
        operators=operators_from(table),
        poll=max(poll, least, 0.05),
        keep=keep,
        doorbell=Doorbell(listen, token_file, name) if listen else None,
        **({"now": now} if now else {}),
    )


def _connected(access: Access, secret: Callable[[], str | None] | None) -> Http:
    from backends.rest.http import Http
    from backends.rest.signing import Signer

    return Http(access, Signer(secret))


def _parted(url: str) -> tuple[str, Document]:
    """Return the URL of the place, and the file there with its query: `https://host/a/feed.xml?lang=en`."""
    parts = urlsplit(url.strip())
    folder, _slash, file = parts.path.rpartition("/")
    place = urlunsplit((parts.scheme, parts.netloc, f"{folder}/", "", ""))
    return place, Document(file, tuple(parse_qsl(parts.query, keep_blank_values=True)))
