"""The console's ear for telephone exchanges: a listener that takes webhooks about calls and can do nothing else.

On this computer alone it needs no token, for whoever may reach it may also press the agent's keys; a page in a browser
is turned away, because it is somebody else's word. At any other address nothing is taken without the token.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import ipaddress
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from console.calls.call import Heard
from console.calls.http import HEAD, Refused, Request, read_request, response
from console.calls.webhook import Dialect, Unreadable, answer, read

SECONDS = 5.0
"""A request that takes longer is dropped."""
MOST = 32
"""Connections at the same time."""
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_PREFIX = ("api", "v1")


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen, or to go; `port` 0 lets the system choose."""

    host: str
    port: int

    @property
    def here_only(self) -> bool:
        """Whether only this computer reaches it."""
        return is_loopback(self.host)


def address_in(text: str, port: int = 0) -> Address | None:
    """Return the address that `host:port`, `[v6]:port`, a port or a host alone names; None for what is none."""
    host, colon, last = text.strip().rpartition(":")
    if not colon:
        host, last = ("127.0.0.1", text.strip()) if text.strip().isdecimal() else (text.strip(), str(port or ""))
    host = host.strip("[]") or "127.0.0.1"
    host = "127.0.0.1" if host.lower() == "localhost" else host
    if not (last.isascii() and last.isdecimal() and len(last) <= 5) or int(last) > 65_535 or " " in host:
        return None
    return Address(host, int(last))


def is_loopback(host: str) -> bool:
    """Return whether a host is this computer, by name or number."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


@dataclass(slots=True)
class Exchange:
    """A listener at an address. `hear` is called with each piece of news; `token` is what exchanges must know."""

    address: Address
    hear: Callable[[Heard], object]
    token: str = ""
    seconds: float = SECONDS
    _server: asyncio.Server | None = None
    _open: dict[asyncio.Task[Any], asyncio.StreamWriter] = field(default_factory=dict)

    @property
    def port(self) -> int:
        """Where it listens, once it does."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server is not None else 0

    async def start(self) -> None:
        """Begin to listen; raises OSError when the address is taken or not ours, PermissionError without a token."""
        if not self.token and not self.address.here_only:
            raise PermissionError(self.address.host)
        self._server = await asyncio.start_server(
            self._met, self.address.host, self.address.port, limit=HEAD, backlog=MOST
        )

    async def stop(self) -> None:
        """Let go of the address and of whoever is connected."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            meetings = dict(self._open)
            for writer in meetings.values():
                writer.transport.abort()
            if meetings:
                await asyncio.wait(meetings, timeout=1)
            await server.wait_closed()

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        meeting = asyncio.current_task()
        assert meeting is not None
        self._open[meeting] = writer
        try:
            async with asyncio.timeout(self.seconds):
                reply = response(503) if len(self._open) > MOST else await self._replied(reader, writer)
                if reply:
                    writer.write(reply)
                    await writer.drain()
                    with suppress(OSError, NotImplementedError):
                        writer.write_eof()
        except (TimeoutError, OSError):
            pass
        finally:
            writer.close()
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(1):
                    await writer.wait_closed()
            del self._open[meeting]

    async def _replied(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        try:
            request = await read_request(reader, writer)
            return b"" if request is None else self._taken(request, _peer(writer))
        except Refused as refused:
            return response(refused.status, allow="POST" if refused.status == 405 else "")
        except Exception:  # whatever is wrong with us, an exchange must not end a console with a customer on the line
            return response(500)

    def _taken(self, request: Request, peer: str) -> bytes:
        dialect, given = _addressed(request)
        if not self._may(request, peer, given):
            raise Refused(403)
        if dialect is None:
            raise Refused(404)
        if request.method != "POST":
            raise Refused(405)
        try:
            heard = read(request.headers.get("content-type", ""), request.body)
        except Unreadable as error:
            raise Refused(415 if error.code == "shape" else 400) from error
        self.hear(heard)
        reply = answer(dialect, self._here(request))
        return response(200, reply.content_type, reply.body)

    def _here(self, request: Request) -> str:
        """Return the address that the request came to, as whoever sent it wrote it before any proxy."""
        headers = request.headers
        host = headers.get("x-forwarded-host") or headers.get("host") or f"{self.address.host}:{self.port}"
        scheme = "https" if headers.get("x-forwarded-proto", "").lower() == "https" else "http"
        return f"{scheme}://{host}{request.path}" + (f"?{request.query}" if request.query else "")

    def _may(self, request: Request, peer: str, given: tuple[str, ...]) -> bool:
        if self.token:
            known = self.token.encode()
            return any(hmac.compare_digest(one.encode("utf-8", "replace"), known) for one in given)
        from_page = any(name in request.headers for name in ("origin", "sec-fetch-site", "referer"))
        return is_loopback(peer) and not from_page and _host_name(request.headers.get("host", "")) in _LOCAL_NAMES


def _peer(writer: asyncio.StreamWriter) -> str:
    name = writer.get_extra_info("peername")
    return str(name[0]) if isinstance(name, tuple) and name else ""


def _host_name(host: str) -> str:
    """Return a Host header without its port."""
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdecimal() else host.lower()


def _addressed(request: Request) -> tuple[Dialect | None, tuple[str, ...]]:
    """Return which dialect a path is for, None for no such path, and the tokens that the request carries."""
    parts = [unquote(part, errors="replace") for part in request.path.split("/") if part]
    if tuple(parts[:2]) == _PREFIX:
        parts = parts[2:]
    dialect = next((one for one in Dialect if parts[:1] == [one.value]), None)
    given = [part for part in parts[1:] if part not in ("in", "out")]
    given += parse_qs(request.query, max_num_fields=20).get("token", []) if request.query.count("&") < 20 else []
    kind, _space, credentials = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        given.append(credentials.strip())
    elif kind.lower() == "basic":
        with suppress(ValueError):
            given.append(base64.b64decode(credentials, validate=True).decode("utf-8", "replace").partition(":")[2])
    return dialect, tuple(given[:8])
