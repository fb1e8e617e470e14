"""Letting uvicorn run the application: addresses, certificates, slow clients, and an orderly end."""

from __future__ import annotations

import asyncio
import logging
import signal
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from backends.errors import Invalid, Unavailable
from backends.serve.app import application
from backends.serve.office import Office

if TYPE_CHECKING:
    from types import FrameType

HEAD_LIMIT = 32 * 1024
"""Bytes that the head of a request may have."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
log = logging.getLogger("cordboard.serve")


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen, and how the line is protected."""

    host: str = "127.0.0.1"
    port: int = 8470
    certificate: str = ""
    key: str = ""
    behind_proxy: bool = False
    """Whether a proxy on this host or network ends TLS; its X-Forwarded headers are then believed."""

    @property
    def scheme(self) -> str:
        """How clients name it: `http` or `https`."""
        return "https" if self.certificate else "http"

    def check(self) -> None:
        """Raise Invalid for a line that would carry tokens in the clear, and for certificates that cannot be used."""
        if bool(self.certificate) != bool(self.key):
            raise Invalid("key" if self.certificate else "certificate", "missing", "a certificate needs its key")
        if not self.certificate and self.host not in LOOPBACK and not self.behind_proxy:
            says = "without a certificate only this computer may be listened for, unless a proxy ends TLS"
            raise Invalid("certificate", "missing", says)
        if self.certificate:
            for field, file in (("certificate", self.certificate), ("key", self.key)):
                if not Path(file).is_file():
                    raise Invalid(field, "not_found", f"there is no file {file}")
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.certificate, self.key)
            except (ssl.SSLError, OSError) as error:
                raise Invalid("certificate", "unusable", f"{type(error).__name__}: {error}") from error


class Patient(H11Protocol):
    """uvicorn's protocol, made to hang up on who takes too long for the head of a request."""

    head_seconds = 10.0
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take bytes, which may complete a head or begin the next."""
        super().data_received(data)
        self._wait()

    def on_response_complete(self) -> None:
        """Wait on where half a head is there."""
        super().on_response_complete()
        if self.conn.trailing_data[0]:  # half a head had come while the request before it was worked on
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop()
        super().connection_lost(exc)

    def _wait(self) -> None:
        """Run the clock while a head is due, stop it while a request is worked on."""
        if self._busy():
            self._stop()
        elif self._waiting is None:
            self._waiting = self.loop.call_later(self.head_seconds, self._hang_up)

    def _stop(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _hang_up(self) -> None:
        self._waiting = None
        if not self._busy():
            self.transport.close()

    def _busy(self) -> bool:
        cycle: Any = self.cycle  # None before the first request, whatever its annotation says
        return cycle is not None and not cycle.response_complete


class Server(uvicorn.Server):
    """uvicorn's server, which tells the office as soon as it is asked to end."""

    def __init__(self, config: uvicorn.Config, office: Office, *, signals: bool) -> None:
        super().__init__(config)
        self._signals = signals
        self._office = office
        self._asked = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals that end a program for as long as the server runs, where it is the program.

        Unlike uvicorn's own this does not raise them again afterwards, which would end the process before the
        backend is closed.
        """
        if not self._signals:
            yield
            return
        before = {sig: signal.signal(sig, self.handle_exit) for sig in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin an orderly end, with the streams first, for it waits for them; a second signal ends at once."""
        super().handle_exit(sig, frame)
        self._loop.call_soon_threadsafe(self.end)

    def end(self) -> None:
        """End as a signal would make it."""
        self._office.end()
        self.should_exit = True
        self._asked.set()

    async def main_loop(self) -> None:
        """Wait to be asked to end; the date in the answers' heads moves by the second, nothing else wakes up."""
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._asked.wait()

    @property
    def listening_port(self) -> int:
        """The port that is listened on, also where any free one was asked for."""
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return port


def server(office: Office, address: Address, *, signals: bool = False) -> Server:
    """Return a server that is not running yet; raises Invalid for an unsafe or wrong address.

    With `signals`, SIGTERM and SIGINT end it in order; that takes the main thread.
    """
    address.check()
    limits = office.limits
    config = uvicorn.Config(
        application(office),
        host=address.host,
        port=address.port,
        http=type("Patient", (Patient,), {"head_seconds": limits.headers_seconds}),
        ws="none",
        lifespan="on",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=address.behind_proxy,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=round(limits.closing_seconds),
        limit_concurrency=limits.listeners + 4 * limits.at_once,
        h11_max_incomplete_event_size=HEAD_LIMIT,
        ssl_certfile=address.certificate or None,
        ssl_keyfile=address.key or None,
    )
    return Server(config, office, signals=signals)


async def run(office: Office, address: Address, started: Callable[[Server], None]) -> None:
    """Serve until a signal ends it; raises Unavailable when the address cannot be listened on."""
    async with running(office, address, signals=True) as (serving, task):
        started(serving)
        await task


@asynccontextmanager
async def running(
    office: Office, address: Address, *, signals: bool = False
) -> AsyncIterator[tuple[Server, asyncio.Task[None]]]:
    """Give a server that listens, and the task it runs in; it is ended in order when the block is left."""
    serving = server(office, address, signals=signals)
    task = asyncio.create_task(_served(serving), name="server")
    try:
        while not serving.started:
            if task.done():
                await task
                raise Unavailable(f"cannot listen on {address.host}:{address.port}")
            await asyncio.sleep(0.01)
        yield serving, task
    finally:
        serving.end()
        await asyncio.gather(task, return_exceptions=True)


async def _served(serving: Server) -> None:
    try:
        await serving.serve()
    except SystemExit as error:  # uvicorn leaves so when it cannot listen
        raise Unavailable("cannot listen on this address") from error
