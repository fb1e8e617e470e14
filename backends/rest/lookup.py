"""Names are looked up where nobody waits for a look-up that hangs.

The event loop's own look-up runs in a thread that the end of the program waits for, and a name server that is silent
holds such a thread for half a minute. Here it is a thread that ends with the program.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import httpcore

from backends.rest.signing import in_thread

if TYPE_CHECKING:
    import httpx

STAGGER = 0.25
"""Seconds that an address may take before the next one is tried beside it (RFC 8305 §5)."""


class Wires(httpcore.AnyIOBackend):
    """Connections as the library makes them, to addresses that were looked up here."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Return a connection to the first of the host's addresses that answers; `timeout` in seconds is for all.

        Raises httpcore's ConnectError and ConnectTimeout.
        """
        options = list(socket_options or ())

        async def connected(address: str) -> httpcore.AsyncNetworkStream:
            return await super(Wires, self).connect_tcp(address, port, None, local_address, options)

        try:
            async with asyncio.timeout(timeout):
                return await _first(connected, await addresses_of(host, port))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error


async def addresses_of(host: str, port: int) -> list[str]:
    """Return the numbers of `host`, IPv6 and IPv4 in turns as the system orders them; raises OSError."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass  # it is a name
    found = await in_thread(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), "look-up")
    rows = list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found))
    first = [address for family, address in rows if family == rows[0][0]]
    others = [address for family, address in rows if family != rows[0][0]]
    return [address for pair in zip_longest(first, others) for address in pair if address]


async def _first(connected: Any, addresses: list[str]) -> httpcore.AsyncNetworkStream:
    """Return the first connection that stands, each address begun a little after the one before; close all others."""
    if len(addresses) == 1:
        stream: httpcore.AsyncNetworkStream = await connected(addresses[0])
        return stream
    waiting = list(addresses)
    trying: list[asyncio.Task[httpcore.AsyncNetworkStream]] = []
    won: asyncio.Task[httpcore.AsyncNetworkStream] | None = None
    try:
        while won is None:
            if waiting:
                trying.append(asyncio.ensure_future(connected(waiting.pop(0))))
            open_ones = [task for task in trying if not task.done()]
            if open_ones:
                await asyncio.wait(open_ones, timeout=STAGGER if waiting else None, return_when=asyncio.FIRST_COMPLETED)
            won = next((task for task in trying if task.done() and task.exception() is None), None)
            if won is None and not waiting and all(task.done() for task in trying):
                won = trying[0]  # raises why the address that the system prefers does not answer
        return won.result()
    finally:
        await _given_up([task for task in trying if task is not won])


async def _given_up(tasks: list[asyncio.Task[httpcore.AsyncNetworkStream]]) -> None:
    for task in tasks:
        task.cancel()
    for came in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(came, httpcore.AsyncNetworkStream):
            await came.aclose()


def look_up_apart(client: httpx.AsyncClient) -> None:
    """Make a client connect through `Wires`.

    The library below takes such a thing, and the one above has no place to name it; so it is put where it is kept.
    """
    for transport in (client._transport, *client._mounts.values()):
        pool = getattr(transport, "_pool", None)
        if isinstance(pool, httpcore.AsyncConnectionPool):
            pool._network_backend = Wires()
