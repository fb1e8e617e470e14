"""What cannot be sent is told as wrong before anything is sent, and what cannot be understood as the server's fault."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.errors import BackendError, Conflict, Invalid, NotAllowed, Refused, Unavailable
from backends.rest.access import path_of
from backends.rest.answers import Answer
from backends.rest.cordboard.lines import told_error
from backends.rest.http import Http
from backends.rest.requests import is_sendable, joined
from backends.rest.signing import Secret, Signer, Token, secret_text
from backends.rest.transfer import Reply
from backends.rest.wiring import client_for
from tests.rest.http_stage import TOKEN, on_server
from tests.servers.plain import Request, reply

HALF = "\ud83d"
"""Half of an emoji, as a paste cut in the middle leaves it."""

Asked = Callable[[Http], Awaitable[Any]]


def _circle() -> list[Any]:
    inner: list[Any] = []
    inner.append(inner)
    return inner


@pytest.mark.parametrize(
    ("ask", "field"),
    [
        (lambda http: http.get("x", {"query": f"anna {HALF}"}), "params.query"),
        (lambda http: http.get("x", {HALF: "anna"}), "params"),
        (lambda http: http.get(f"x/{HALF}"), "path"),
        (lambda http: http.get("x/\ny"), "path"),
        (lambda http: http.get("x/" + "y" * 70_000), "path"),
        (lambda http: http.get("x", {"query": "y" * 70_000}), "path"),
        (lambda http: http.send("PUT", "x", json={"lat": float("nan")}), "json"),
        (lambda http: http.send("PUT", "x", json=[float("inf")], safe=True), "json"),
        (lambda http: http.send("PUT", "x", json=_circle()), "json"),
        (lambda http: http.send("POST", "x", key=f"key {HALF}"), "key"),
        (lambda http: http.get("x", headers={"X-Note": "sesame\r\nX-Admin: 1"}), "headers.X-Note"),
        (lambda http: http.get("x", headers={"X-Note": f"sesame {HALF}"}), "headers.X-Note"),
        (lambda http: http.get("x", headers={"X-Note": " sesame"}), "headers.X-Note"),
        (lambda http: http.get("x", headers={"X Note": "sesame"}), "headers"),
    ],
)
async def test_what_cannot_be_sent_is_invalid_and_not_tried(ask: Asked, field: str) -> None:
    """Never an error of Python's, never Unavailable, which would be tried again; the value is not repeated."""
    async with on_server(lambda _: reply(200, {})) as (http, server):
        with pytest.raises(Invalid) as caught:
            await ask(http)
        assert caught.value.field == field
        assert "sesame" not in str(caught.value)
        assert caught.value.__cause__ is caught.value.__context__ is None
        assert server.requests == []


def test_a_key_with_half_a_character_makes_no_path() -> None:
    """It is Invalid like every other segment that cannot be."""
    with pytest.raises(Invalid) as caught:
        path_of("ticket", HALF)
    assert caught.value.code == "not_a_text"


@given(st.text())
def test_every_text_makes_a_path_or_is_invalid(text: str) -> None:
    """No text whatever raises anything else, and what is made can be sent."""
    with suppress(Invalid):
        assert is_sendable("http://desk.example/" + path_of(text)) or len(text) > 5000


async def test_letters_beyond_ascii_are_sent() -> None:
    """Texts, paths, headers and tokens in any script arrive; half a character in a body is a question mark."""
    secret = secret_text(Token("öffne-dich"))
    async with on_server(lambda _: reply(200, {}), lambda: secret) as (http, server):
        await http.send("PUT", "ä/ж", json={"text": f"é{HALF}"}, params={"q": "ß"}, headers={"X-Note": "žluť"})
        request = server.requests[0]
        assert request.target == "/api/%C3%A4/%D0%B6?q=%C3%9F"
        assert request.body.decode() == '{"text":"é?"}'
        assert request.headers["x-note"].encode("latin-1").decode() == "žluť"
        assert request.headers["authorization"].encode("latin-1").decode() == "Bearer öffne-dich"


@pytest.mark.parametrize("link", ["http://[x", "http://desk.example:port/", "/a\x01b", "/" + "y" * 70_000])
async def test_a_server_s_useless_link_is_refused(link: str) -> None:
    """A redirect or a next page that is no address is told as the server's no, not as our own fault."""

    def handler(request: Request) -> bytes:
        if request.path.endswith("/moved"):
            return reply(302, None, {"Location": link})
        return reply(200, {"rows": [1]})

    def rows_of(answer: Answer) -> list[int]:
        rows: list[int] = answer.object()["rows"]
        return rows

    async with on_server(handler) as (http, _server):
        with pytest.raises(Refused) as caught:
            _rows = [row async for row in http.pages("rows", None, rows_of, lambda _: link)]
        assert type(caught.value) is Refused
        if link == "http://[x":
            with pytest.raises(Refused, match="sends us to nowhere"):
                await http.get("moved")


def test_links_are_joined_or_empty() -> None:
    """What is an address leads there."""
    assert joined("http://a/b/c", "d?x=1") == "http://a/b/d?x=1"
    assert joined("http://a/b", "http://[") == ""


async def test_who_closes_while_it_opens_leaves_no_client_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client that comes into being after `close` is closed; who waited is told, and the next request works."""
    made: list[httpx.AsyncClient] = []
    begun, go_on = threading.Event(), threading.Event()
    inner = client_for

    def slow(*given: Any) -> httpx.AsyncClient:
        begun.set()
        assert go_on.wait(10)
        made.append(inner(*given))
        return made[-1]

    monkeypatch.setattr("backends.rest.http.client_for", slow)
    async with on_server(lambda _: reply(200, [1])) as (http, _server):
        waiting = [asyncio.create_task(http.open()), asyncio.create_task(http.open())]
        while not begun.is_set():
            await asyncio.sleep(0.001)
        await http.close()
        again = asyncio.create_task(http.get("x"))
        await asyncio.sleep(0)
        go_on.set()
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(one) for one in outcomes] == [Unavailable, Unavailable]
        assert (await again).json() == [1]
        await http.close()
        assert len(made) == 2
        assert all(one.is_closed for one in made)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
async def test_a_compressed_stream_is_not_read(encoding: str) -> None:
    """Streams are asked for as they are: 50 kB that would become 50 MB are not inflated but given up."""
    bomb = gzip.compress(b"data: " + b"a" * 10_000_000)
    head = {"Content-Type": "text/event-stream", "Content-Encoding": encoding}
    async with on_server(lambda _: reply(200, bomb, head)) as (http, server):
        with pytest.raises(Unavailable, match="compressed"):
            await anext(http.stream("events"))
        assert server.requests[0].headers["accept-encoding"] == "identity"
        assert "compressed" in http.exchanges[-1].said


def _told(reply_: Reply, source: str) -> BackendError | None:
    return Conflict(None, reply_.body.decode() * 100, source=source) if reply_.status == 418 else None


async def test_a_dialect_may_read_its_server_s_refusals() -> None:
    """What its function returns is raised, with status and without secrets; None leaves it to the status."""
    statuses = {"/api/own": 418, "/api/other": 403}
    async with on_server(lambda request: reply(statuses[request.path], f"{TOKEN}\x1b[2J".encode())) as (http, _server):
        own = Http(http.access, Signer(lambda: secret_text(_token())), refusal=_told)
        with pytest.raises(Conflict, match="…") as caught:
            await own.get("own")
        assert (caught.value.status, caught.value.source) == (418, "desk")
        assert TOKEN not in str(caught.value) + caught.value.detail
        assert "\x1b" not in caught.value.detail
        assert len(caught.value.detail) <= 300
        with pytest.raises(NotAllowed):
            await own.get("other")
        await own.close()


def _token() -> Secret:
    return Token(TOKEN)


def test_a_desk_s_own_refusals_are_read_within_reason() -> None:
    """Too long, no JSON, without an error, or with a number that no clock knows: the status says it then."""
    for body in (
        b" " * 5_000_000 + b"{}",
        b"<html>",
        b"[]",
        b"{}",
        b'{"error": 7}',
        json.dumps({"error": {"kind": "busy", "retry_after": 10**400}}).encode(),
    ):
        given_back = told_error(Reply(503, {}, body, ""), "desk")
        assert given_back is None or isinstance(given_back, BackendError)
