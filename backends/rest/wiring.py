"""The HTTP client of a source: made in a thread, for httpx and the certificates take their time to load."""

from __future__ import annotations

import logging
import ssl
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from backends.errors import Invalid
from backends.rest.access import PROXY_OF_ENVIRONMENT, Access, is_loopback

if TYPE_CHECKING:
    from http.cookiejar import CookieJar

    import httpx

KEEP_ALIVE = 30.0
"""Seconds that an idle connection is kept for the next request."""
_CHATTY = ("httpx", "httpcore", "stamina")


def client_for(access: Access, trust: Trust, transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """Return the client for `access`; blocks some 0.2 s the first time. Raises Invalid for a useless bundle.

    For plain http nothing is loaded into `trust`: do so before anything is asked of https.
    """
    import httpx
    import stamina.instrumentation

    from backends.rest.lookup import look_up_apart

    with suppress(ImportError):  # what the first connection would load while the screen waits for it
        import_module("anyio._backends._asyncio")
    _silence()
    # A repetition is among the exchanges; nothing may be printed over the screen.
    stamina.instrumentation.set_on_retry_hooks(())
    # Through a proxy, plain http to this computer itself would leave it.
    proxy = "" if is_loopback(access.base) else access.proxy
    if trust.needed:
        trust.load()
    trusted = trust.context
    named = proxy if proxy != PROXY_OF_ENVIRONMENT else ""
    client = httpx.AsyncClient(
        verify=trusted,
        proxy=httpx.Proxy(named, ssl_context=trusted if named.startswith("https") else None) if named else None,
        trust_env=proxy == PROXY_OF_ENVIRONMENT,
        follow_redirects=False,
        # The total deadline is kept round the whole request; this alone would let a server drip for ever.
        timeout=httpx.Timeout(None, connect=max(1.0, access.deadline / 2)),
        limits=httpx.Limits(
            max_connections=None, max_keepalive_connections=access.connections, keepalive_expiry=KEEP_ALIVE
        ),
        cookies=_no_cookies(),
        transport=transport,
    )
    look_up_apart(client)
    return client


def _no_cookies() -> CookieJar:
    """Return a jar that takes nothing: a session's cookie would outlive the sign-in that it came from."""
    from http.cookiejar import CookieJar, DefaultCookiePolicy

    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


class Trust:
    """Whom TLS trusts: the computer's authorities, and the profile's beside them; nobody until they are loaded."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # which verifies, and so refuses every server yet
        self.loaded = False

    @property
    def needed(self) -> bool:
        """Whether the source itself cannot be reached without, or its setting must be tried; else a token's may."""
        access = self._access
        plain = access.base.startswith("http:") and not access.proxy and not access.ca_file
        return not plain

    def load(self) -> None:
        """Load the authorities; blocks some 30 ms. Raises Invalid for a useless bundle."""
        from pathlib import Path

        access, why = self._access, ""
        paths = ssl.get_default_verify_paths()
        if paths.cafile or paths.capath:
            self.context.load_default_certs()
        else:
            import certifi

            self.context.load_verify_locations(certifi.where())
        if access.ca_file:
            try:
                self.context.load_verify_locations(Path(access.ca_file).expanduser())
            except OSError as error:  # ssl.SSLError is one
                why = getattr(error, "reason", None) or error.strerror or type(error).__name__
        if why:
            raise Invalid("ca_file", "not_a_bundle", f"{access.ca_file}: {why}", source=access.name)
        self.loaded = True


def _silence() -> None:
    """Keep the libraries from logging whole URLs, in which there are people's numbers."""
    for name in _CHATTY:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))
