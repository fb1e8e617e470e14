"""How requests are signed: a token, a user with a password, or OAuth2 client credentials.

A secret is read at the first request, in a thread, for a keyring may wait for a person; and again after a 401, once a
request, for somebody may have signed in anew. Nothing here shows a secret: it lives in objects whose `repr` is blank,
errors are raised where no local variable holds one, and `scrub` takes it out of what a server echoes.
"""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Protocol, TypeVar
from urllib.parse import quote, quote_plus

from backends.credentials import Basic, ClientCredentials, Secret, Token, parsed, secret_from, secret_text
from backends.errors import NotSignedIn

__all__ = [
    "Basic",
    "Bearer",
    "ClientCredentials",
    "Exchange",
    "Headers",
    "Secret",
    "Signer",
    "Token",
    "basic_header",
    "in_thread",
    "lifetime",
    "secret_from",
    "secret_text",
]

T = TypeVar("T")

EARLY = 30.0
"""Seconds before its end from which a bearer token counts as expired: clocks differ, and requests take time."""
_LIFETIME = 3600.0
"""Seconds that a bearer token lives whose server does not say (RFC 6749 §5.1 only recommends that it does)."""
_BEARER = "Bearer {token}"
_SHORT = 4
"""Secrets up to this many characters are not scrubbed from texts: they would be found in any word."""


def basic_header(user: str, password: str) -> str:
    """Return the value of an Authorization header for a user and a password, in UTF-8."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


class Headers:
    """Headers of a request. No mapping and without a `repr`, so that no report of a crash spells them out."""

    __slots__ = ("_held",)

    def __init__(self, held: Mapping[str, str]) -> None:
        self._held = dict(held)

    def __setitem__(self, name: str, value: str) -> None:
        self._held[name] = value

    def items(self) -> list[tuple[str, str]]:
        """Return names and values."""
        return list(self._held.items())


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token that a server gave for a while, and until when (`time.monotonic`) it is worth something."""

    value: str = field(repr=False)
    until: float = 0.0


class Exchange(Protocol):
    """What turns client credentials into a bearer token: the HTTP layer, whose business requests are."""

    def __call__(self, credentials: ClientCredentials) -> Awaitable[Bearer]:
        """Return a new token; raises NotSignedIn or Unavailable."""


class Signer:
    """Puts the Authorization header on requests; shared by all requests of a source.

    `token_format` says how the server wants a token written. `secret` blocks and may fail in any way; None is no
    secret, and then requests go unsigned, which some feeds want.
    """

    def __init__(self, secret: Callable[[], str | None] | None = None, token_format: str = _BEARER) -> None:
        self._ask = secret
        self._format = token_format
        self._secret: Secret | None = None
        self._bearer: Bearer | None = None
        self._asked = False
        self._lock: asyncio.Lock | None = None
        self._reading: asyncio.Future[Secret | str | None] | None = None
        self._serial = 0

    @property
    def serial(self) -> int:
        """A number that changes whenever requests begin to be signed otherwise."""
        return self._serial

    @property
    def signs(self) -> bool:
        """Whether requests carry a secret, as far as is known now."""
        return self._secret is not None

    def reset(self) -> None:
        """Forget what was read; the next request reads it anew, on whatever event loop it runs."""
        self._secret, self._bearer, self._asked, self._lock, self._reading = None, None, False, None, None
        self._serial += 1

    async def sign(self, headers: Headers, exchange: Exchange) -> int:
        """Put the credentials into `headers` and return the serial they have; raises NotSignedIn or Unavailable."""
        if not self._ready():
            async with self._locked():
                if not self._ready():
                    await self._prepare(exchange)
        if self._bearer is not None:
            headers["Authorization"] = f"Bearer {self._bearer.value}"
        elif isinstance(self._secret, Token):
            headers["Authorization"] = self._format.replace("{token}", self._secret.value)
        elif isinstance(self._secret, Basic):
            headers["Authorization"] = basic_header(self._secret.user, self._secret.password)
        return self._serial

    def _ready(self) -> bool:
        if isinstance(self._secret, ClientCredentials):
            return self._bearer is not None and time.monotonic() < self._bearer.until
        return self._asked

    def _locked(self) -> asyncio.Lock:
        if self._lock is None:
            self._lock = asyncio.Lock()
        return self._lock

    async def _prepare(self, exchange: Exchange) -> None:
        if not self._asked:
            self._secret = await self._read()
            self._asked = True
        if isinstance(self._secret, ClientCredentials):
            self._bearer = await exchange(self._secret)
        self._serial += 1

    async def renew(self, refused: int, exchange: Exchange) -> bool:
        """Return whether to try once more after a 401 to what was signed with serial `refused`.

        Reads the secret again; client credentials get a new token in any case. False when nothing is new, so that a
        wrong password is sent once and no account is locked by repeating it.
        """
        async with self._locked():
            if self._serial != refused:
                return True  # another request was faster
            former = self._secret
            self._secret = await self._read()
            if isinstance(self._secret, ClientCredentials):
                self._bearer = await exchange(self._secret)
            elif self._secret == former:
                return False
            else:
                self._bearer = None
            self._serial += 1
            return True

    async def _read(self) -> Secret | None:
        if self._ask is None:
            return None
        ask = self._ask
        if self._reading is None or self._reading.done() or self._reading.get_loop() is not asyncio.get_running_loop():
            self._reading = in_thread(lambda: _read(ask))
        # Shielded: when one request's deadline passes, the next one waits for the same dialog of the keyring.
        found = await asyncio.shield(self._reading)
        if isinstance(found, str):
            raise NotSignedIn(found)
        return found

    def scrub(self, text: str) -> str:
        """Return `text` without the secrets in use, should a server have echoed one."""
        held: list[str] = [self._bearer.value] if self._bearer is not None else []
        match self._secret:
            case Token(value):
                held.append(value)
            case Basic(user, password):
                held += [password, basic_header(user, password).removeprefix("Basic ")]
            case ClientCredentials(client_id, client_secret, _, _):
                asked = basic_header(quote_plus(client_id), quote_plus(client_secret))  # as RFC 6749 §2.3.1 wants it
                held += [client_secret, asked.removeprefix("Basic ")]
            case None:
                pass
        # The longest first: a form may begin with a shorter one, and what is left of it would be shown.
        for form in sorted({form for value in held for form in _forms(value)}, key=len, reverse=True):
            if len(form) > _SHORT:
                text = text.replace(form, "…")
        return text


def _forms(secret: str) -> set[str]:
    """Return the ways in which a server may write a secret that it quotes: in JSON within JSON, in URLs, in pages."""
    told = {secret, escape(secret), quote(secret), quote(secret, safe=""), quote_plus(secret)}
    return told | {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}


def _read(ask: Callable[[], str | None]) -> Secret | str | None:
    """Return the secret, or why there is none to use; never raises, for a keyring's words may hold anything."""
    try:
        held = ask()
    except BaseException as error:
        return f"the secret cannot be read: {type(error).__name__}"
    if not held:
        return None
    found, name, code = parsed(held)
    return found or f"the stored secret cannot be used: {name} {code}"


def in_thread(call: Callable[[], T], name: str = "secret") -> asyncio.Future[T]:
    """Return what will be what `call` returns, from a thread of its own that nobody waits for when the program ends.

    The threads of `asyncio.to_thread` are waited for, and a keyring may wait for ever.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def work() -> None:
        try:
            outcome: tuple[T | None, BaseException | None] = (call(), None)
        except BaseException as error:  # it belongs to who waits, not to the thread
            outcome = (None, error)
        try:
            loop.call_soon_threadsafe(settle, *outcome)
        except RuntimeError:
            return  # the loop is closed: nobody waits any more

    threading.Thread(target=work, name=name, daemon=True).start()
    return done


def lifetime(answered: object) -> float:
    """Return the seconds that a token server's `expires_in` stands for, less `EARLY` or a tenth; never below one."""
    try:
        seconds = float(answered)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        seconds = _LIFETIME
    if not 0 < seconds < 10 * 365 * 86_400:
        seconds = _LIFETIME
    return max(1.0, seconds - min(EARLY, seconds / 10))
