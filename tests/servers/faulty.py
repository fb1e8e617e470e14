"""A fault proxy: stands before any http server and does to requests what bad lines and bad days do.

    async with FaultProxy("http://127.0.0.1:4010", faults=[DROP_AFTER, error(503)]) as proxy:
        client = ...(proxy.url)                 # same paths as the server; the Host header passes unchanged
        proxy.next(too_many(retry_after=1))     # for the next request that no fault waits for
        ...
        proxy.forwarded["POST"]                 # how many POSTs the server has really got
        [one.fault.kind for one in proxy.seen]  # what happened to each request, in order

Each request takes the next fault of the script; without one it passes. `only=("POST", "PATCH")` lets all other methods
pass and take none. A storm takes over where the script ends: `storm=Storm(seed=7, rate=0.4)` strikes two requests of
five with one of `ALL_FAULTS`, the same for the same seed and order of requests; `proxy.calm()` ends it.
`await proxy.down()` refuses connections, and `await proxy.up()` is back at the same address.

The faults, and whether the server has got the request (`forwarded`):
`DROP_BEFORE` no · `DROP_AFTER` yes: it has committed, the client hears nothing · `delay(seconds)` yes, answered late ·
`too_many(retry_after)` no, 429 · `error(status, forwarded=)` as said, 500 by default · `TRUNCATED` yes, half of the
body and the end · `GARBAGE` yes, status 200 and bytes that are no JSON · `drip(seconds)` yes, the body in small pieces
over so long · `redirect(url)` no, 307 to another place · `HANG` no, nothing ever comes · `PASS` yes.

Every exchange has a connection of its own; answers of any length, also endless ones, pass as they come.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self
from urllib.parse import urlsplit

_HEAD_LIMIT = 256 * 1024
_PIECE = 65_536
_PIECES = 20  # of a dripping body


class Kind(StrEnum):
    """What is done to a request."""

    PASS = "pass"
    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    DELAY = "delay"
    STATUS = "status"
    TRUNCATED = "truncated"
    GARBAGE = "garbage"
    DRIP = "drip"
    REDIRECT = "redirect"
    HANG = "hang"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; `forwarded` says whether the server gets the request all the same."""

    kind: Kind
    forwarded: bool
    seconds: float = 0.0
    status: int = 0
    retry_after: str = ""
    target: str = ""


PASS = Fault(Kind.PASS, forwarded=True)
DROP_BEFORE = Fault(Kind.DROP_BEFORE, forwarded=False)
DROP_AFTER = Fault(Kind.DROP_AFTER, forwarded=True)
TRUNCATED = Fault(Kind.TRUNCATED, forwarded=True)
GARBAGE = Fault(Kind.GARBAGE, forwarded=True)
HANG = Fault(Kind.HANG, forwarded=False)


def delay(seconds: float) -> Fault:
    """The server is asked at once, and its answer held back for so long."""
    return Fault(Kind.DELAY, forwarded=True, seconds=seconds)


def drip(seconds: float) -> Fault:
    """The answer's body comes in twenty pieces over so long."""
    return Fault(Kind.DRIP, forwarded=True, seconds=seconds)


def error(status: int = 500, *, forwarded: bool = False, retry_after: str = "") -> Fault:
    """A status in place of the answer, after the server did the work with `forwarded`."""
    return Fault(Kind.STATUS, forwarded=forwarded, status=status, retry_after=retry_after)


def too_many(retry_after: float | str = 1) -> Fault:
    """429 with Retry-After: seconds, or any text."""
    return error(429, retry_after=str(retry_after))


def redirect(target: str = "http://elsewhere.invalid/") -> Fault:
    """307 to `target`."""
    return Fault(Kind.REDIRECT, forwarded=False, status=307, target=target)


ALL_FAULTS: Sequence[Fault] = (
    DROP_BEFORE,
    DROP_AFTER,
    delay(0.05),
    too_many(0),
    error(500),
    error(500, forwarded=True),
    error(503, retry_after="0"),
    TRUNCATED,
    GARBAGE,
    drip(0.1),
    redirect(),
)
"""One of each that ends soon."""


@dataclass(frozen=True, slots=True)
class Storm:
    """Faults drawn at random, the same for the same seed; `rate` of the requests are struck."""

    seed: int = 0
    rate: float = 0.4
    faults: Sequence[Fault] = ALL_FAULTS


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came, and what was done to it."""

    method: str
    path: str
    fault: Fault


@dataclass(slots=True)
class _Request:
    method: str
    path: str
    lines: list[bytes]
    body: bytes = field(repr=False)


class FaultProxy:
    """The proxy; see the module. `upstream` is an http URL of which only host and port count."""

    def __init__(
        self,
        upstream: str,
        faults: Iterable[Fault] = (),
        *,
        storm: Storm | None = None,
        only: Collection[str] = (),
    ) -> None:
        parts = urlsplit(upstream)
        assert parts.scheme == "http", "the proxy speaks plain http"
        assert parts.hostname, "the server's URL names no host"
        self._host, self._port = parts.hostname, parts.port or 80
        self._script = deque(faults)
        self._storm = storm
        self._dice = random.Random(storm.seed if storm else 0)
        self._only = frozenset(method.upper() for method in only)
        self._server: asyncio.Server | None = None
        self._at = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.seen: list[Seen] = []
        self.forwarded: Counter[str] = Counter()
        """Requests that the server has got, by method."""
        self.struck: Counter[Kind] = Counter()
        """Faults done, by kind."""

    @property
    def url(self) -> str:
        """The proxy's own base, without a slash at the end."""
        return f"http://127.0.0.1:{self._at}"

    def next(self, *faults: Fault) -> None:
        """Put faults at the end of the script, one for each request."""
        self._script.extend(faults)

    def calm(self) -> None:
        """End the script and the storm: from now on everything passes."""
        self._script.clear()
        self._storm = None

    async def __aenter__(self) -> Self:
        await self.up()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.down()

    async def up(self) -> None:
        """Accept connections, at the same address as before."""
        if self._server is None:
            self._server = await asyncio.start_server(self._accepted, "127.0.0.1", self._at, limit=_HEAD_LIMIT)
            self._at = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        """Refuse connections and cut those there are."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._served(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await _read_request(reader)
            if request is not None:
                await self._handled(request, self._drawn(request), writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client or the server went away: that is what this proxy is for
        finally:
            writer.transport.abort() if writer.transport.is_closing() else writer.close()

    def _drawn(self, request: _Request) -> Fault:
        fault = PASS
        if not self._only or request.method in self._only:
            if self._script:
                fault = self._script.popleft()
            elif self._storm is not None and self._dice.random() < self._storm.rate:
                fault = self._dice.choice(self._storm.faults)
        self.seen.append(Seen(request.method, request.path, fault))
        self.struck[fault.kind] += fault is not PASS
        self.forwarded[request.method] += fault.forwarded
        return fault

    async def _handled(self, request: _Request, fault: Fault, writer: asyncio.StreamWriter) -> None:
        match fault.kind:
            case Kind.PASS:
                await self._passed(request, writer)
            case Kind.DROP_BEFORE:
                writer.transport.abort()
            case Kind.HANG:
                await asyncio.Event().wait()
            case Kind.STATUS | Kind.REDIRECT:
                if fault.forwarded:
                    await self._asked(request)
                writer.write(_instead(fault))
                await writer.drain()
            case _:
                await self._spoilt(fault, await self._asked(request), writer)

    async def _spoilt(self, fault: Fault, answer: bytes, writer: asyncio.StreamWriter) -> None:
        """Give the whole answer of the server in the way of the fault."""
        head, _, body = answer.partition(b"\r\n\r\n")
        match fault.kind:
            case Kind.DROP_AFTER:
                writer.transport.abort()
                return
            case Kind.GARBAGE:
                noise = b'{"\xff\xfe\x00\x1b[2J not JSON: ['
                size = str(len(noise)).encode()
                head, body = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + size, noise
                writer.write(head + b"\r\nConnection: close\r\n\r\n" + body)
            case Kind.TRUNCATED:
                # Without a body the head is cut: half of nothing would be the whole answer.
                writer.write(head + b"\r\n\r\n" + body[: len(body) // 2] if len(body) > 1 else head[: len(head) // 2])
            case Kind.DELAY:
                await asyncio.sleep(fault.seconds)
                writer.write(answer)
            case _:
                writer.write(head + b"\r\n\r\n")
                piece = max(1, -(-len(body) // _PIECES))
                for start in range(0, len(body), piece):
                    await asyncio.sleep(fault.seconds / _PIECES)
                    writer.write(body[start : start + piece])
                    await writer.drain()
        await writer.drain()

    async def _asked(self, request: _Request) -> bytes:
        """Return the server's whole answer."""
        reader, writer = await self._connected(request)
        try:
            return _closing(await reader.read(-1))
        finally:
            writer.close()

    async def _passed(self, request: _Request, client: asyncio.StreamWriter) -> None:
        """Hand the answer through as it comes."""
        reader, writer = await self._connected(request)
        try:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = await reader.read(_PIECE)
                if not piece:
                    break
                head += piece
            client.write(_closing(head))
            await client.drain()
            while piece := await reader.read(_PIECE):
                client.write(piece)
                await client.drain()
        finally:
            writer.close()

    async def _connected(self, request: _Request) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        writer.write(b"\r\n".join([*request.lines, b"Connection: close", b"", b""]) + request.body)
        await writer.drain()
        return reader, writer


async def _read_request(reader: asyncio.StreamReader) -> _Request | None:
    """Return the next request with its body as it came, chunks and all; None when the client closed."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as cut:
        if cut.partial:
            raise
        return None
    lines = head[:-4].split(b"\r\n")
    method, path, *_version = lines[0].decode("latin-1").split(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
    body = b""
    if b"chunked" in headers.get(b"transfer-encoding", b"").lower():
        body = await _read_chunks(reader)
    elif size := int(headers.get(b"content-length", b"0")):
        body = await reader.readexactly(size)
    return _Request(method.upper(), path, _without_connection(lines), body)


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line.split(b";")[0], 16)
        body += line + await reader.readexactly(size + 2)
        if size == 0:
            return body


def _without_connection(lines: list[bytes]) -> list[bytes]:
    hop = (b"connection:", b"keep-alive:", b"proxy-connection:")
    return [line for line in lines if not line.lower().startswith(hop)]


def _closing(answer: bytes) -> bytes:
    """Return the answer with a head that says that the connection ends with it."""
    head, blank, body = answer.partition(b"\r\n\r\n")
    if not blank:
        return answer
    return b"\r\n".join([*_without_connection(head.split(b"\r\n")), b"Connection: close"]) + blank + body


def _instead(fault: Fault) -> bytes:
    """Return the answer that is given in place of the server's."""
    body = b'{"message": "a fault was asked for"}'
    lines = [f"HTTP/1.1 {fault.status} Fault", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    if fault.retry_after:
        lines.append(f"Retry-After: {fault.retry_after}")
    if fault.target:
        lines.append(f"Location: {fault.target}")
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + body
