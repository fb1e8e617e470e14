"""Connecting: a silent name server holds nobody, of several addresses one that answers is taken."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpcore
import pytest

from backends.errors import TimedOut, Unavailable
from backends.rest import lookup
from backends.rest.lookup import Wires, addresses_of
from tests.rest.http_stage import http_for, opened
from tests.servers.plain import PlainServer, reply

Row = tuple[int, int, int, str, tuple[Any, ...]]


def _row(address: str, port: int = 0) -> Row:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return (family, socket.SOCK_STREAM, 6, "", (address, port))


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Row] | OSError]:
    """A book of names that is asked in place of the system's, which sees to all others."""
    book: dict[str, list[Row] | OSError] = {}
    inner = socket.getaddrinfo

    def asked(host: Any, *rest: Any, **named: Any) -> Any:
        found = book.get(host)
        if isinstance(found, OSError):
            raise found
        return found or inner(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", asked)
    return book


class Hanging:
    """A name server that answers nothing until it is let go, or for ten seconds."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.let_go = threading.Event()
        self.ended = threading.Event()
        self.daemon = False

    def __call__(self, *_given: Any, **_named: Any) -> Any:
        self.daemon = threading.current_thread().daemon
        self.asked.set()
        self.let_go.wait(10)
        self.ended.set()
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    """Let every look-up hang for the time of the test."""
    server = Hanging()
    monkeypatch.setattr(socket, "getaddrinfo", server)
    yield server
    server.let_go.set()


def test_a_look_up_that_hangs_costs_the_deadline_and_holds_no_exit(hanging: Hanging) -> None:
    """The request is TimedOut, and the event loop and the program end while the look-up still hangs."""

    async def asked() -> None:
        async with opened(http_for("https://desk.example/", deadline=0.5)) as http:
            with pytest.raises(TimedOut):
                await http.get("x")

    asyncio.run(asked())
    assert hanging.asked.is_set()
    assert not hanging.ended.is_set(), "the end waited for the name server"
    assert hanging.daemon, "the end of the program waits for such a thread"


async def test_a_name_that_nobody_knows_is_unavailable(names: dict[str, list[Row] | OSError]) -> None:
    """The system's words are kept for who looks into it."""
    names["desk.example"] = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    async with opened(http_for("https://desk.example/", deadline=0.5)) as http:
        with pytest.raises(Unavailable, match="Name or service not known"):
            await http.get("x")


@pytest.mark.parametrize("dead", ["::1", "127.0.0.9"])
async def test_an_address_that_does_not_answer_leaves_it_to_the_next(
    dead: str, names: dict[str, list[Row] | OSError]
) -> None:
    """A host with two addresses is reached by the one that answers."""
    async with PlainServer(lambda _: reply(200, [1])) as server:
        names["desk.test"] = [_row(dead), _row("127.0.0.1")]
        base = f"http://desk.test:{server.port}/"
        async with opened(http_for(base, allow_http=True)) as http:
            assert (await http.get("x")).json() == [1]


class Line(httpcore.AsyncNetworkStream):
    """A connection that knows whether it was closed."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.closed = False

    async def aclose(self) -> None:
        self.closed = True


async def test_a_silent_address_costs_a_moment_and_what_comes_late_is_closed(
    names: dict[str, list[Row] | OSError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next address is tried beside the silent one; the connection that is not used is closed or never made."""
    monkeypatch.setattr(lookup, "STAGGER", 0.01)
    names["desk.test"] = [_row("192.0.2.1"), _row("192.0.2.2"), _row("2001:db8::1")]
    begun: list[str] = []
    lines: list[Line] = []

    async def connect(_self: object, host: str, *_rest: Any) -> Line:
        begun.append(host)
        if host == "192.0.2.1":
            with suppress(asyncio.CancelledError):  # it came at the very moment
                await asyncio.Event().wait()
        lines.append(Line(host))
        return lines[-1]

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect)
    won = await Wires().connect_tcp("desk.test", 443, timeout=10)
    assert isinstance(won, Line)
    assert (won.host, won.closed) == ("2001:db8::1", False)
    assert begun == ["192.0.2.1", "2001:db8::1"]
    assert [(line.host, line.closed) for line in lines if line is not won] == [("192.0.2.1", True)]


async def test_when_no_address_answers_the_first_one_says_why(
    names: dict[str, list[Row] | OSError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All are tried; with none of them in time it is a timeout of the connection."""
    names["desk.test"] = [_row("192.0.2.1"), _row("192.0.2.2")]

    async def refused(_self: object, host: str, *_rest: Any) -> Line:
        raise httpcore.ConnectError(host)

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", refused)
    with pytest.raises(httpcore.ConnectError, match=r"192\.0\.2\.1"):
        await Wires().connect_tcp("desk.test", 443, timeout=10)

    async def silent(_self: object, host: str, *_rest: Any) -> Line:
        await asyncio.Event().wait()
        raise AssertionError(host)

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", silent)
    with pytest.raises(httpcore.ConnectTimeout):
        await Wires().connect_tcp("desk.test", 443, timeout=0.1)


async def test_families_take_turns_and_numbers_are_not_looked_up(
    names: dict[str, list[Row] | OSError],
) -> None:
    """The system's first family begins; each address is tried once."""
    names["desk.test"] = [*map(_row, ("::1", "::1", "::2", "::3", "127.0.0.1"))]
    assert await addresses_of("desk.test", 1) == ["::1", "127.0.0.1", "::2", "::3"]
    names["127.0.0.1"] = names["::1"] = OSError("asked")
    assert [await addresses_of(number, 1) for number in ("127.0.0.1", "::1")] == [["127.0.0.1"], ["::1"]]
