"""Requests over a real socket: what is sent, what is repeated and what never, and how failures are told apart."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest

from backends.errors import (
    BackendError,
    Busy,
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Refused,
    TimedOut,
    Unavailable,
)
from backends.rest.answers import Answer
from backends.rest.refusals import retry_after
from backends.rest.requests import Params
from backends.rest.transfer import Unsent
from tests.rest.http_stage import TOKEN, http_for, on_server, opened
from tests.servers.faulty import (
    DROP_AFTER,
    DROP_BEFORE,
    GARBAGE,
    HANG,
    TRUNCATED,
    Fault,
    FaultProxy,
    delay,
    drip,
    error,
    redirect,
    too_many,
)
from tests.servers.plain import PlainServer, Request, reply


def _echo(request: Request) -> bytes:
    return reply(200, {"path": request.path, "query": request.query, "body": request.body.decode()})


async def test_a_request_carries_what_was_asked_for() -> None:
    """Path, query, body, key and credentials arrive; nothing of the environment and no cookie does."""

    def handler(request: Request) -> bytes:
        return reply(200, {"path": request.path, "query": request.query}, {"Set-Cookie": "session=1; Path=/"})

    async with on_server(handler) as (http, server):
        params: Params = {"query": "Zażółć & +48", "open": True, "page": 2, "fields": ["id", "name"], "unset": None}
        answer = await http.get("users/search", params)
        sent = [["query", "Zażółć & +48"], ["open", "true"], ["page", "2"], ["fields", "id"], ["fields", "name"]]
        assert answer.json() == {"path": "/api/users/search", "query": sent}
        await http.send("post", "/notes", json={"text": "☎"}, key='a"7/1')
        request = server.requests[1]
        assert (request.method, request.path, request.body) == ("POST", "/api/notes", '{"text":"☎"}'.encode())
        assert request.headers["content-type"] == "application/json"
        assert request.headers["idempotency-key"] == '"a%227/1"'
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert "cookie" not in request.headers


async def test_connections_are_reused() -> None:
    """Requests one after the other share one connection."""
    async with on_server(_echo) as (http, server):
        for _ in range(5):
            await http.get("x")
        assert server.connections == 1


async def test_no_more_requests_at_once_than_allowed() -> None:
    """Thirty requests at once reach the server three at a time."""
    now = Counter[str]()
    most = 0

    async def handler(_request: Request) -> bytes:
        nonlocal most
        now["here"] += 1
        most = max(most, now["here"])
        await asyncio.sleep(0.005)
        now["here"] -= 1
        return reply(200, {})

    async with on_server(handler, connections=3) as (http, server):
        await asyncio.gather(*(http.get(f"x/{number}") for number in range(30)))
        assert len(server.requests) == 30
        assert most == 3


@pytest.mark.parametrize("fault", [DROP_BEFORE, DROP_AFTER, TRUNCATED, error(500), error(502), too_many(0)])
async def test_a_read_is_repeated_by_itself(fault: Fault) -> None:
    """What a bad line does to a read, twice, is not seen by who asked."""
    async with (
        PlainServer(_echo) as server,
        FaultProxy(server.url, [fault, fault]) as proxy,
        opened(http_for(proxy.url)) as http,
    ):
        assert (await http.get("x")).json()["path"] == "/x"
        assert len(proxy.seen) == 3


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (DROP_BEFORE, Unavailable),
        (DROP_AFTER, Unavailable),
        (TRUNCATED, Unavailable),
        (error(500), Unavailable),
        (error(500, forwarded=True), Unavailable),
        (error(503), Busy),
        (too_many(0), Busy),
        (redirect(), Refused),
    ],
)
async def test_a_write_is_sent_once(fault: Fault, raised: type[BackendError]) -> None:
    """A write that may have been done is never sent again by this layer: only who knows how to look may repeat it."""
    async with (
        PlainServer(_echo) as server,
        FaultProxy(server.url, [fault]) as proxy,
        opened(http_for(proxy.url)) as http,
    ):
        with pytest.raises(raised) as caught:
            await http.send("POST", "notes", json={})
        assert len(proxy.seen) == 1
        assert caught.value.source == "desk"
        assert caught.value.status == (fault.status or None)


async def test_a_write_that_says_it_is_safe_is_repeated_under_one_key() -> None:
    """With `safe` a lost answer is asked for again, with the same key and the same body."""
    async with (
        PlainServer(_echo) as server,
        FaultProxy(server.url, [DROP_AFTER, error(500, forwarded=True)]) as proxy,
        opened(http_for(proxy.url)) as http,
    ):
        await http.send("POST", "notes", json={"n": 1}, key="k/1", safe=True)
        assert {(one.headers["idempotency-key"], one.body) for one in server.requests} == {('"k/1"', b'{"n":1}')}
        assert len(server.requests) == 3


async def test_without_a_connection_also_a_write_waits_for_the_server() -> None:
    """A refused connection has done nothing: the write is tried again, and says Unsent when nobody comes."""
    async with PlainServer(_echo) as server, FaultProxy(server.url) as proxy, opened(http_for(proxy.url)) as http:
        await proxy.down()
        with pytest.raises(Unsent, match="refused"):
            await http.send("POST", "notes", json={})
        assert len(http.exchanges) > 1
        await proxy.up()
        await http.send("POST", "notes", json={})
        assert len(server.requests) == 1


@pytest.mark.parametrize("fault", [HANG, delay(30), drip(30)])
async def test_the_deadline_is_for_all_of_it(fault: Fault) -> None:
    """A server that is silent, late or drips byte by byte costs the deadline and no more."""
    async with (
        PlainServer(_echo) as server,
        FaultProxy(server.url, [fault]) as proxy,
        opened(http_for(proxy.url, deadline=0.4)) as http,
    ):
        began = time.monotonic()
        with pytest.raises(TimedOut) as caught:
            await http.get("x")
        assert time.monotonic() - began < 5  # far below the fault's own time
        assert (caught.value.source, caught.value.status) == ("desk", None)
        assert (await http.get("x")).status == 200


async def test_repetitions_end_with_the_deadline_and_say_what_the_server_said() -> None:
    """A server that fails as long as it is asked is reported as failing, not as late."""

    async def handler(_request: Request) -> bytes:
        await asyncio.sleep(0.15)
        return reply(502, {"message": "no upstream"})

    async with on_server(handler, deadline=0.5) as (http, _server):
        with pytest.raises(Unavailable, match="no upstream") as caught:
            await http.get("x")
        assert caught.value.status == 502


async def test_retry_after_is_honoured_up_to_the_deadline() -> None:
    """A short pause is kept to; one beyond the deadline is handed to who asked, at once."""
    async with (
        PlainServer(_echo) as server,
        FaultProxy(server.url, [too_many("0.3")]) as proxy,
        opened(http_for(proxy.url)) as http,
    ):
        began = time.monotonic()
        await http.get("x")
        assert time.monotonic() - began >= 0.3
        proxy.next(too_many(60))
        with pytest.raises(Busy) as caught:
            await http.get("x")
        assert (caught.value.retry_after, caught.value.status) == (60.0, 429)


def test_retry_after_is_seconds_or_a_date() -> None:
    """Both forms are read; nonsense is no pause, and no pause is longer than a day."""
    now = datetime(2026, 3, 29, 0, 59, 30, tzinfo=UTC)
    later = format_datetime(now + timedelta(seconds=90), usegmt=True)
    read = [retry_after({"retry-after": text}, now) for text in ("7", "-3", "1e99", "nan", "soon", "", later)]
    assert read == [7.0, 0.0, 86_400.0, None, None, None, 90.0]


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        (400, Invalid),
        (401, NotSignedIn),
        (403, NotAllowed),
        (404, NotFound),
        (409, Conflict),
        (410, NotFound),
        (412, Conflict),
        (418, Refused),
        (422, Invalid),
        (429, Busy),
        (500, Unavailable),
        (501, Unavailable),
        (503, Busy),
    ],
)
async def test_a_status_is_an_error_of_the_port(status: int, raised: type[BackendError]) -> None:
    """Every refusal is the port's own error with source, status, and what the server said, cleaned and short."""
    says = "e-mail is taken \x1b[2J" + "x" * 500

    async with on_server(lambda _: reply(status, {"error": {"message": says}})) as (http, _server):
        with pytest.raises(raised) as caught:
            await http.send("POST", "x", json={})
        assert type(caught.value) is raised
        assert (caught.value.source, caught.value.status) == ("desk", status)
        assert "e-mail is taken ␛[2J" in caught.value.detail
        assert len(caught.value.detail) < 330
        assert http.exchanges[-1].status == status
        assert "e-mail is taken" in http.exchanges[-1].said


async def test_garbage_is_no_answer() -> None:
    """Status 200 with something else than JSON is Unavailable where the JSON is wanted, and never an empty result."""
    async with (
        PlainServer(_echo) as server,
        FaultProxy(server.url, [GARBAGE]) as proxy,
        opened(http_for(proxy.url)) as http,
    ):
        answer = await http.get("x")
        with pytest.raises(Unavailable, match="not JSON") as caught:
            answer.json()
        assert caught.value.source == "desk"


async def test_redirects_are_followed_within_the_origin_only() -> None:
    """A read follows to the same host and port; to another, or from a write, it is refused, nothing sent."""
    async with PlainServer(_echo) as other:

        def handler(request: Request) -> bytes:
            target = {"/api/near": "/api/there", "/api/far": other.url + "/api/there", "/api/loop": "/api/loop"}
            if request.path in target:
                return reply(302, None, {"Location": target[request.path]})
            return _echo(request)

        async with on_server(handler) as (http, server):
            assert (await http.get("near")).json()["path"] == "/api/there"
            for method, path in (("GET", "far"), ("GET", "loop"), ("POST", "near")):
                with pytest.raises(Refused, match="not followed") as caught:
                    await http.send(method, path)
                assert caught.value.status == 302
            assert other.requests == []
            assert len(server.requests) == 2 + 1 + 4 + 1


@pytest.mark.parametrize(
    "path", ["https://elsewhere.example/x", "http://127.0.0.1:9/x", "a/../../admin", "users/./x", "http://[x"]
)
async def test_a_link_to_another_place_is_not_followed(path: str) -> None:
    """What a server calls the next page cannot make us send the credentials elsewhere, nor climb out of the path."""
    async with on_server(_echo) as (http, server):
        with pytest.raises(Refused):
            await http.get(path)
        assert server.requests == []


async def test_what_has_not_changed_is_not_sent_again() -> None:
    """A remembered read asks with the validator, and 304 gives the former body, marked as not fresh."""

    def handler(request: Request) -> bytes:
        if request.headers.get("if-none-match") == '"7"':
            return reply(304, None, {"ETag": '"7"'})
        return reply(200, {"rows": [1]}, {"ETag": '"7"'})

    async with on_server(handler) as (http, server):
        answers = [await http.get("x", {"page": 1}, remembered=True) for _ in range(3)]
        assert [(answer.fresh, answer.json()) for answer in answers] == [
            (True, {"rows": [1]}),
            (False, {"rows": [1]}),
            (False, {"rows": [1]}),
        ]
        await http.get("x", {"page": 2}, remembered=True)
        assert "if-none-match" not in server.requests[-1].headers
        await http.get("x", {"page": 1})
        assert "if-none-match" not in server.requests[-1].headers


async def test_pages_are_walked_to_their_end() -> None:
    """Rows of every page come in order, by a link or by other parameters; who stops early asks for no more."""

    def handler(request: Request) -> bytes:
        page = int(dict(request.query).get("page", "1"))
        headers = {"Link": f'</api/x?page={page + 1}>; rel="next", </api/x>; rel="first"'} if page < 4 else {}
        return reply(200, [page * 10, page * 10 + 1], headers)

    def by_link(answer: Answer) -> str | None:
        return answer.link("next") or None

    async with on_server(handler) as (http, server):
        rows = [row async for row in http.pages("x", None, lambda answer: answer.array(), by_link)]
        assert rows == [10, 11, 20, 21, 30, 31, 40, 41]

        def by_number(answer: Answer) -> dict[str, int] | None:
            page = answer.array()[0] // 10
            return {"page": page + 1} if page < 4 else None

        before = len(server.requests)
        async for row in http.pages("x", {"page": 3}, lambda answer: answer.array(), by_number):
            if row == 31:
                break
        assert len(server.requests) == before + 1


async def test_pages_that_go_round_are_an_error() -> None:
    """A listing that leads back to itself ends with Unavailable instead of never."""
    async with on_server(lambda _: reply(200, [1])) as (http, server):
        with pytest.raises(Unavailable, match="do not end"):
            async for _ in http.pages("x", {"page": 1}, lambda answer: answer.array(), lambda _: {"page": 1}):
                pass
        assert len(server.requests) == 1
        numbers = iter(range(2, 1_000))

        def onward(_answer: Answer) -> dict[str, int]:
            return {"page": next(numbers)}

        with pytest.raises(Unavailable, match="do not end"):
            async for _ in http.pages("x", {"page": 1}, lambda answer: answer.array(), onward, most=5):
                pass
        assert len(server.requests) == 6


async def test_the_last_exchanges_are_kept_without_values() -> None:
    """Method, path, names of parameters, status and time of the last twenty; no value of a query is among them."""
    async with on_server(_echo) as (http, _server):
        for number in range(25):
            await http.get(f"x/{number}", {"phone": "+39061234567", "page": 1})
        assert len(http.exchanges) == 20
        assert http.exchanges[-1].path == "/api/x/24?phone&page"
        assert "39061234567" not in repr(http.exchanges)
        assert all(one.seconds > 0 and one.at.tzinfo for one in http.exchanges)
        assert all(first.at <= second.at for first, second in pairwise(http.exchanges))


async def test_a_cancelled_request_lets_go_at_once() -> None:
    """Cancelling leaves no slot taken and no connection half used."""
    async with (
        PlainServer(_echo) as server,
        FaultProxy(server.url, [HANG]) as proxy,
        opened(http_for(proxy.url, connections=1)) as http,
    ):
        task = asyncio.create_task(http.get("x"))
        while not proxy.seen:
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await http.get("x")).status == 200
        assert http.exchanges[0].said == "no answer"


async def test_closed_and_asked_again_it_opens_anew() -> None:
    """After `close`, and on another event loop, a request works as the first did."""
    async with on_server(_echo) as (http, server):
        await http.open()
        assert server.requests == []
        await http.get("x")
        await http.close()
        await http.get("x")
        assert server.connections == 2


async def test_a_connection_that_the_server_closed_while_idle_costs_no_write() -> None:
    """Servers end idle connections without a word: the next write goes out on a new one, once."""

    async def closing(request: Request) -> AsyncGenerator[bytes, None]:
        yield _echo(request)

    async with on_server(lambda request: closing(request)) as (http, server):
        for number in range(10):
            await http.send("POST", f"x/{number}", json={})
        assert len(server.requests) == server.connections == 10
