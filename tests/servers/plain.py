"""A small http server on a real socket whose answers a test scripts byte by byte.

    async with PlainServer(lambda request: reply(200, {"rows": []})) as server:
        ...server.url...
        server.requests[0].headers["authorization"]

The handler gets each `Request` and returns the whole answer's bytes, an async generator of pieces, or None to close the
connection without a word. Connections are kept alive as long as an answer says how long it is.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, urlsplit

Given = bytes | AsyncGenerator[bytes, None] | None
Handler = Callable[["Request"], Given | Awaitable[Given]]


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    connection: int = 0
    """Which connection it came by, from 1."""

    @property
    def path(self) -> str:
        """The path without the query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query's names and values."""
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)


def reply(status: int, body: object = None, headers: Mapping[str, str] | None = None) -> bytes:
    """Return an answer: bytes as they are, None as no body, anything else as JSON."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    written = {"Content-Length": str(len(content)), **(headers or {})}
    if content and not any(name.lower() == "content-type" for name in written):
        written["Content-Type"] = "application/json"
    head = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in written.items()), "", ""]
    return "\r\n".join(head).encode("latin-1") + content


@dataclass
class PlainServer:
    """The server; see the module."""

    handler: Handler
    context: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    host: str = "127.0.0.1"
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        """Its base, without a slash at the end."""
        return f"{'https' if self.context else 'http'}://{self.host}:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0, ssl=self.context)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.get_running_loop().create_task(self._served(reader, writer, self.connections))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> None:
        try:
            while (request := await _request(reader, connection)) is not None:
                self.requests.append(request)
                given = self.handler(request)
                answer = await given if isinstance(given, Awaitable) else given
                if answer is None:
                    return
                if isinstance(answer, bytes):
                    writer.write(answer)
                    await writer.drain()
                    ends = "close" in request.headers.get("connection", "").lower()
                    if ends or b"content-length" not in answer.partition(b"\r\n\r\n")[0].lower():
                        return
                else:
                    async with aclosing(answer):
                        async for piece in answer:
                            writer.write(piece)
                            await writer.drain()
                    return
        except ConnectionError:
            pass  # the client went away
        finally:
            writer.close()


@contextmanager
def serving(handler: Handler) -> Iterator[PlainServer]:
    """Run a server on an event loop of its own thread, for what runs an event loop itself."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="plain-server")
    thread.start()
    server = PlainServer(handler)
    try:
        asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(10)
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.__aexit__(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _request(reader: asyncio.StreamReader, connection: int) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head[:-4].split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    except asyncio.IncompleteReadError:
        return None
    method, target, _version = first.split(" ")
    return Request(method, target, headers, body, connection)
