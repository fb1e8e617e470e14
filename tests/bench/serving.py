"""What a hotline's consoles wait for when they share one server: word of an outage, and a customer's file.

The server is a process of its own, `cordboard serve` over a copy of the database. The consoles are its real clients,
a hundred of them on one event loop of this process, each with its own connections; so the figures hold the work of
all hundred clients on one core as well, which in life is spread over as many computers.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from json import dumps
from pathlib import Path
from urllib.parse import urlsplit

from backends.contract.samples import an_outage
from backends.events import OutageChanged
from backends.port import Batch, Put
from backends.records import Key
from backends.registry import backend_for
from backends.rest import cordboard
from backends.rest.cordboard.backend import DeskBackend
from backends.serve.ledger import Ledger
from tests.bench.large import Large
from tests.bench.tables import Row, against, alone, median, percentile

CONSOLES = 100
_OUTAGES = 40
_PAUSE = 0.05
_READS_A_SECOND = 50
_SECONDS = 6.0
_AT_ONCE = 16
_GOAL_MS = 1_000


@asynccontextmanager
async def serving(big: Large, home: Path) -> AsyncIterator[tuple[str, str]]:
    """Run a server over a copy of the database; give its address and a token."""
    home.mkdir(mode=0o700)
    copy = home / "cordboard.db"
    backend = backend_for(f"sqlite:///{big.file}")
    await backend.open()
    await backend.backup(str(copy))  # type: ignore[attr-defined]  # the embedded store is a Keeper as well
    await backend.close()
    ledger = Ledger(home / "serve.db")
    token = ledger.add_token("bench", "ola", ["system"])
    ledger.close()
    command = [sys.executable, "-m", "console.cli", "serve", "--port", "0", "--rate", "0"]
    environ = {**os.environ, "CORDBOARD_HOME": str(home), "CORDBOARD_LANGUAGE": "en"}
    process = await asyncio.to_thread(
        subprocess.Popen, command, stderr=subprocess.PIPE, text=True, env=environ, cwd=Path(__file__).parents[2]
    )
    try:
        yield await asyncio.to_thread(_address, process), token
    finally:
        process.terminate()
        await asyncio.to_thread(process.communicate)


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(r"Serving on (\S+);", line):
            return found[1]
    raise AssertionError("the server did not start")


async def measured(big: Large, folder: Path) -> list[Row]:
    """Return how soon a hundred consoles hear of an outage, in peace and while all work, and how fast files come."""
    async with serving(big, folder / "home") as (base, token):
        secret = dumps({"kind": "token", "token": token})
        url = f"cordboard+{base}"
        consoles = [cordboard.open_url(url, secret=lambda: secret, deadline=60.0) for _ in range(CONSOLES)]
        try:
            for console in consoles:
                await console.open()
            keys = await _customers(consoles[0])
            quiet = await _heard(consoles)
            reading = asyncio.create_task(_read_steadily(consoles, keys))
            busy = await _heard(consoles)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            rows = _told("while nobody does anything", quiet) + _told(
                f"while they read {_READS_A_SECOND} files a second", busy
            )
            return rows + await _rates(big, consoles, keys) + await _bare_rate(base, token, keys)
        finally:
            await asyncio.gather(*(console.close() for console in consoles))


async def _customers(console: DeskBackend) -> list[Key]:
    found = await console.search("a", limit=200)
    return [match.customer.key for match in found]


def _told(when: str, times: list[list[float]]) -> list[Row]:
    every = [one for outage in times for one in outage]
    return [
        alone(f"outage raised, heard by a console {when}, p50", median(every), "ms"),
        alone(f"the same, p99 of {len(every):,}", percentile(every, 99), "ms", _GOAL_MS),
        alone("the same, until the last of all has heard, worst", max(max(outage) for outage in times), "ms"),
    ]


async def _heard(consoles: list[DeskBackend]) -> list[list[float]]:
    """Raise outages one after another; return for each the milliseconds from `write` until each console heard."""
    heard: dict[Key, list[float]] = {}
    complete = asyncio.Event()

    async def listen(console: DeskBackend) -> None:
        async for event in console.events():
            if isinstance(event, OutageChanged):
                heard.setdefault(event.key, []).append(time.perf_counter())
                if len(heard[event.key]) == len(consoles):
                    complete.set()

    listening = [asyncio.create_task(listen(console)) for console in consoles]
    times: list[list[float]] = []
    await _until_all_listen(consoles, heard)
    for _ in range(_OUTAGES):
        complete.clear()
        began = time.perf_counter()
        receipt = await consoles[0].write(Batch((Put(an_outage()),), "ola"))
        stored = receipt.changes[0].after
        assert stored is not None
        async with asyncio.timeout(30):
            while len(heard.get(stored.key, ())) < len(consoles):
                complete.clear()
                await complete.wait()
        times.append([(at - began) * 1e3 for at in heard[stored.key]])
        await asyncio.sleep(_PAUSE)
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    return times


async def _until_all_listen(consoles: list[DeskBackend], heard: dict[Key, list[float]]) -> None:
    """Raise outages until one of them was heard by all."""
    async with asyncio.timeout(60):
        while not any(len(times) == len(consoles) for times in heard.values()):
            await consoles[0].write(Batch((Put(an_outage()),), "ola"))
            await asyncio.sleep(0.25)


async def _read_steadily(consoles: list[DeskBackend], keys: list[Key]) -> None:
    """Let the consoles in turn open customers, so many a second in all."""
    running: set[asyncio.Task[object]] = set()
    number = 0
    while True:
        task: asyncio.Task[object] = asyncio.create_task(
            consoles[number % len(consoles)].customer_file(keys[number % len(keys)])
        )
        running.add(task)
        task.add_done_callback(running.discard)
        number += 1
        await asyncio.sleep(1 / _READS_A_SECOND)


async def _rates(big: Large, consoles: list[DeskBackend], keys: list[Key]) -> list[Row]:
    """Return how many files a second the server gives, beside the store without a server."""
    times: list[float] = []

    async def ask(number: int) -> None:
        began = time.perf_counter()
        await consoles[number % _AT_ONCE].customer_file(keys[number % len(keys)])
        times.append((time.perf_counter() - began) * 1e3)

    served = await _a_second(ask, _AT_ONCE)
    store = backend_for(f"sqlite:///{big.file}")
    await store.open()

    async def read(number: int) -> None:
        await store.customer_file(keys[number % len(keys)])
        await asyncio.sleep(0)

    direct = await _a_second(read, 1)
    await store.close()
    return [
        against(
            f"customer files, {_AT_ONCE} consoles at once",
            served,
            direct,
            "/s",
            "the store in the same process",
            at_least=True,
        ),
        alone("one of these, p50", median(times), "ms"),
        alone("one of these, p99", percentile(times, 99), "ms"),
    ]


async def _bare_rate(base: str, token: str, keys: list[Key]) -> list[Row]:
    """Return how many files a second the server gives to askers who make nothing of them."""
    parts = urlsplit(base)
    lines = [await asyncio.open_connection(parts.hostname, parts.port) for _ in range(_AT_ONCE)]

    async def ask(number: int) -> None:
        reader, writer = lines.pop()
        body = dumps({"key": keys[number % len(keys)]})
        head = f"POST /desk/v1/customer_file HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = next(int(line[15:]) for line in answer.split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(length)
        lines.append((reader, writer))

    rate = await _a_second(ask, _AT_ONCE)
    for _reader, writer in lines:
        writer.close()
    return [alone(f"customer files, {_AT_ONCE} bare sockets at once", rate, "/s")]


async def _a_second(work: Callable[[int], Awaitable[None]], at_once: int) -> float:
    """Return how often `work` is done in a second when so many do it one after another."""
    done = 0
    ends = time.perf_counter() + _SECONDS

    async def again(number: int) -> None:
        nonlocal done
        while time.perf_counter() < ends:
            await work(number + done)
            done += 1

    await asyncio.gather(*(again(number) for number in range(at_once)))
    return done / _SECONDS
