"""A doorbell: a tiny HTTP listener that a monitoring system may ring, so that we look at once.

What is posted is thrown away unread. Whoever can reach the port can make us look at our own source a little sooner,
and nothing else: no push can invent an outage, or end one.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
from collections.abc import Callable
from pathlib import Path

from backends.errors import Invalid

HEAD_LIMIT = 16 * 1024
"""Bytes of a request's head."""
BODY_LIMIT = 4 * 1024 * 1024
"""Bytes of a body that are read away before we answer; Alertmanager posts whole groups."""
PATIENCE = 5.0
"""Seconds that a caller has for the whole request."""
MOST_CALLERS = 16
"""Requests at the same time; further ones are turned away."""


class Doorbell:
    """Listens on `address` (`127.0.0.1:9095`) and calls back for each POST that may ring."""

    def __init__(self, address: str, token_file: str = "", source: str = "") -> None:
        host, colon, port = address.rpartition(":")
        if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
            raise Invalid("options.listen", "address", "looks like 127.0.0.1:9095", source=source)
        self.address = address
        self.fault = ""
        """Why nobody can ring: another program has the port, the token cannot be read."""
        self.rung = 0
        self._host, self._port = host.strip("[]"), int(port)
        self._token_file = token_file
        self._token = b""
        self._server: asyncio.Server | None = None
        self._ring: Callable[[], object] = lambda: None
        self._callers: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port listened on, also when 0 asked for any free one."""
        return self._server.sockets[0].getsockname()[1] if self._server else self._port

    async def hang(self, ring: Callable[[], object]) -> None:
        """Begin to listen. A port that is taken is no error: a second console on this computer polls all the same."""
        self._ring = ring
        if self._server is not None:
            return
        try:
            if self._token_file:
                self._token = await asyncio.to_thread(_token_in, Path(self._token_file).expanduser())
            self._server = await asyncio.start_server(self._called, self._host, self._port, limit=HEAD_LIMIT)
            self.fault = ""
        except (OSError, ValueError) as error:
            self.fault = getattr(error, "strerror", "") or type(error).__name__

    async def take_down(self) -> None:
        """Stop listening; may be called twice."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            for caller in list(self._callers):
                caller.cancel()
            await asyncio.gather(*self._callers, return_exceptions=True)
            await server.wait_closed()

    def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # a task of our own: the library complains aloud about those of its own that are cancelled
        task = asyncio.get_running_loop().create_task(self._answer(reader, writer))
        self._callers.add(task)
        task.add_done_callback(self._callers.discard)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    status = await self._heard(reader) if len(self._callers) <= MOST_CALLERS else "503 Busy"
                    writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
                    await writer.drain()
        finally:
            writer.close()

    async def _heard(self, reader: asyncio.StreamReader) -> str:
        """Read one request, ring when it may, and return the answer's status line."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return "400 Bad Request"
        fields = {
            name.strip().lower(): value.strip()
            for name, colon, value in (row.partition(b":") for row in head[1:])
            if colon
        }
        if not head[0].startswith(b"POST "):
            return "405 Method Not Allowed"
        given = fields.get(b"authorization", b"")
        if self._token_file and not hmac.compare_digest(given, b"Bearer " + self._token):
            return "401 Unauthorized"
        length = fields.get(b"content-length", b"0")
        if not length.isdigit() or int(length[:10]) > BODY_LIMIT:
            return "413 Content Too Large"
        left = int(length)
        while left > 0 and (piece := await reader.read(min(left, 65_536))):
            left -= len(piece)
        self.rung += 1
        self._ring()
        return "200 OK"


def _token_in(file: Path) -> bytes:
    """Return the token in a file; raises OSError, and ValueError for an empty one, which would let everybody ring."""
    token = file.read_bytes()[:1_024].strip()
    if not token:
        raise ValueError("the token file is empty")
    return token
