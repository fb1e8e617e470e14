"""RT's web session as a quicker way in: a password or a token is checked with bcrypt on each request, a cookie is not.

Only a user with a password can have one. The cookie goes along beside the Authorization header: RT takes the session
when it is alive, and checks the password when it is not, so that a session that ends costs time and nothing else.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from backends.errors import BackendError, NotSignedIn, Refused, Unavailable
from backends.rest.signing import Basic, Signer, Token, in_thread, secret_from

if TYPE_CHECKING:
    from backends.rest.access import Access
    from backends.rest.answers import Answer
    from backends.rest.http import Http

Headers = Mapping[str, str]

_COOKIE = re.compile(r"\b(RT_SID_[^=;\s]{1,200}=[A-Za-z0-9]{8,128})")
_OWNER = re.compile(r"[0-9]+-([0-9]{1,18})-")
"""A token of RT begins with its version and the number of the user who made it."""
_TRUSTED = 600.0  # seconds after which a session is tried again before it is relied on
_PATIENCE = 300.0  # seconds until a session is asked for again after none could be had


class Session:
    """Gives requests the session's cookie where there is one."""

    def __init__(self, access: Access, secret: Callable[[], str | None] | None) -> None:
        self._access = access
        self._secret = secret
        self._cookie = ""
        self._until = 0.0
        self._lock: asyncio.Lock | None = None

    def reset(self) -> None:
        """Forget the session."""
        self._cookie, self._until, self._lock = "", 0.0, None

    async def asking(self, ask: Callable[[Headers], Awaitable[Answer]], *, reading: bool = False) -> Answer:
        """Return the answer to `ask` with the session's cookie; without it when RT wants us to sign in.

        To a cookie and a password that are worth nothing RT answers 302 to its sign-in page and not 401. Nothing was
        done then, so that also a write can be sent again; a page in place of JSON says so only of a read.
        """
        headers = await self._headers()
        if not headers:
            return await ask({})
        try:
            answer = await ask(headers)
        except Refused as error:
            if error.status != 302:
                raise
        else:
            if not reading or answer.headers.get("content-type", "").partition(";")[0] != "text/html":
                return answer
        self._cookie, self._until = "", time.monotonic() + _PATIENCE
        return await ask({})

    async def login(self) -> str:
        """Return the login or RT's number of whose secret it is, as far as the secret itself tells; else nothing."""
        if self._secret is None:
            return ""
        ask = self._secret
        try:
            text = await in_thread(ask)
            secret = secret_from(text) if text else None
        except Exception as error:  # a keyring may fail in any way
            raise NotSignedIn(f"the secret cannot be read: {type(error).__name__}") from None
        if isinstance(secret, Basic):
            return secret.user
        if isinstance(secret, Token):
            owner = _OWNER.match(secret.value)
            return owner[1] if owner else ""
        return ""

    async def _headers(self) -> Headers:
        if time.monotonic() >= self._until and self._secret is not None:
            if self._lock is None:
                self._lock = asyncio.Lock()
            async with self._lock:
                if time.monotonic() >= self._until:
                    await self._renew()
        return {"Cookie": self._cookie} if self._cookie else {}

    async def _renew(self) -> None:
        """Take or keep a session; whatever goes wrong leaves us without, for then the password is sent as ever."""
        from backends.rest.http import Http

        http = Http(self._access, Signer(None), headers={"Accept": "*/*"})
        try:
            if not (self._cookie and await self._lives(http, self._cookie)):
                self._cookie = await self._begun(http)
        except BackendError:
            self._cookie = ""
        finally:
            await http.close()
        self._until = time.monotonic() + (_TRUSTED if self._cookie else _PATIENCE)

    async def _begun(self, http: Http) -> str:
        """Return the cookie of a new session, empty when there is no password to begin one with, or a wrong one."""
        form = await self._form()
        if not form:
            return ""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await http.send("POST", "NoAuth/Login.html", content=form, headers=kind)
        del form
        found = _COOKIE.search(answer.headers.get("set-cookie", ""))
        if found is None:
            return ""
        # RT answers 200 and sets a cookie for a wrong password too: only a request tells the two apart.
        return found[1] if await self._lives(http, found[1]) else ""

    async def _form(self) -> str:
        ask = self._secret
        assert ask is not None
        try:
            text = await in_thread(ask)
            secret = secret_from(text) if text else None
        except Exception as error:  # a keyring may fail in any way; the request itself says so in its own words
            raise NotSignedIn(f"no session: {type(error).__name__}") from None
        if not isinstance(secret, Basic):
            return ""
        return urlencode({"user": secret.user, "pass": secret.password})

    async def _lives(self, http: Http, cookie: str) -> bool:
        try:
            answer = await http.get("REST/2.0/rt", headers={"Cookie": cookie})
            return "Version" in answer.object()
        except (Refused, Unavailable):
            return False
