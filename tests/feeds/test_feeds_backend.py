"""A source of outages as a backend: polled, told of, honest about a line that is down."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from backends.contract.living import Listener
from backends.errors import Invalid, NotFound, NotSignedIn, Unavailable, Unsupported
from backends.events import Event, OutageChanged, Resync
from backends.feeds import feed as feeds
from backends.feeds.alertmanager import open_url as open_alertmanager
from backends.feeds.atom import open_url as open_atom
from backends.feeds.feed import FeedBackend
from backends.feeds.statuspage import open_url
from backends.port import Capability
from backends.records import Outage, OutageState
from backends.registry import backend_for
from backends.remote import Traced
from backends.understanding import Explains
from tests.feeds.feeds_stage import NOW, Pages, data
from tests.servers.alertmanager import free_port
from tests.servers.plain import PlainServer, Request, reply

PATIENCE = 10.0
INCIDENTS = "/api/v2/incidents.json"
WORKS = "/api/v2/scheduled-maintenances.json"


class Clock:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def _incident(name: str, status: str = "investigating", **more: Any) -> dict[str, Any]:
    return {"id": name, "name": f"Broadband {name}", "status": status, "created_at": "2031-05-01T07:00:00Z", **more}


class Page(Pages):
    """A status page with incidents that a test sets."""

    def __init__(self) -> None:
        super().__init__({})
        self.put(WORKS, {"scheduled_maintenances": []})
        self.show()

    def show(self, *incidents: dict[str, Any]) -> None:
        """Put these incidents on the page."""
        self.put(INCIDENTS, {"incidents": list(incidents)})


@asynccontextmanager
async def _feed(page: Page, *, poll: float = 0.05, **settings: Any) -> AsyncIterator[FeedBackend]:
    async with page.server as server:
        options = {"least_poll": 0, **settings.pop("options", {})}
        url = f"statuspage+{server.url}/"
        backend = open_url(url, name="page", poll=poll, now=lambda: NOW, options=options, **settings)
        await backend.open()
        try:
            yield backend
        finally:
            await backend.close()


def _bare(event: Event) -> Event:
    return replace(event, cursor="")


async def _key(backend: FeedBackend) -> str:
    return (await backend.outages())[0].key


async def test_a_change_is_told_after_the_next_poll() -> None:
    """What the page says anew is an event, with a cursor to go on from."""
    page = Page()
    async with _feed(page) as backend:
        listener = Listener(backend.events(), PATIENCE)
        page.show(_incident("a"))
        event = await listener.until(lambda one: isinstance(one, OutageChanged))
        assert event.cursor
        assert isinstance(event, OutageChanged)
        assert event.key == await _key(backend)
        page.show(_incident("a", "identified"))
        await listener.until(lambda one: True, after=1)
        assert (await backend.outages())[0].state is OutageState.CONFIRMED
        await listener.stop()


async def test_one_look_serves_all_who_ask() -> None:
    """Within `poll` seconds nobody is asked twice, and what has not changed is not sent twice."""
    page = Page()
    async with _feed(page, poll=600.0) as backend:
        await asyncio.gather(*(backend.outages() for _ in range(20)))
        assert page.asked.count(INCIDENTS) == 1
        await backend.look()
        assert (page.asked.count(INCIDENTS), page.unchanged) == (2, 2)


async def test_a_line_that_is_lost_is_no_empty_list() -> None:
    """While the source does not answer, outages and events raise; then listening goes on from the cursor."""
    page = Page()
    page.show(_incident("a"))
    async with _feed(page, deadline=0.5) as backend:
        listener = Listener(backend.events(), PATIENCE)
        page.show(_incident("a"), _incident("b"))
        event = await listener.until(lambda one: True)
        page.files = {INCIDENTS: b"<html>Sign in</html>"}
        with pytest.raises(Unavailable):
            await asyncio.wait_for(listener.task, PATIENCE)
        for _ in range(2):
            with pytest.raises(Unavailable) as raised:
                await backend.outages()
            assert raised.value.source == "page"
        page.put(WORKS, {})
        page.show(_incident("a"), _incident("c"))
        again = Listener(backend.events(event.cursor), PATIENCE)
        await again.until(lambda one: True, after=1)
        states = {outage.title: outage.state for outage in await backend.outages()}
        assert states["Broadband b"] is OutageState.RESTORED
        assert states["Broadband c"] is OutageState.SUSPECTED
        assert not any(isinstance(one, Resync) for one in again.heard)
        await again.stop()


async def test_a_source_that_comes_up_later_is_used() -> None:
    """`open` of a source that is down raises; a later call succeeds without a new one."""
    port = free_port()
    backend = open_url(f"statuspage+http://127.0.0.1:{port}/", poll=0.05, deadline=0.5, options={"least_poll": 0})
    with pytest.raises(Unavailable):
        await backend.open()
    with pytest.raises(Unavailable):
        await backend.outages()
    page = Page()
    page.show(_incident("a"))
    server = await asyncio.start_server(page.server._accepted, "127.0.0.1", port)
    async with server, asyncio.timeout(PATIENCE):
        while True:
            try:
                assert len(await backend.outages()) == 1
                break
            except Unavailable:
                await asyncio.sleep(0.05)
        await backend.close()
        for task in tuple(page.server._tasks):
            task.cancel()
        await asyncio.gather(*page.server._tasks, return_exceptions=True)


async def test_a_closed_handle_says_so() -> None:
    """Before it is opened and after it is closed, nothing looks empty."""
    backend = open_url("statuspage+http://127.0.0.1:9/")
    with pytest.raises(Unavailable):
        await backend.outages()
    with pytest.raises(Unavailable):
        await anext(backend.events())
    await backend.close()


async def test_polling_ends_with_the_last_listener() -> None:
    """A feed that nobody listens to is left in peace."""
    page = Page()
    async with _feed(page) as backend:
        listener = Listener(backend.events(), PATIENCE)
        page.show(_incident("a"))
        await listener.until(lambda one: True)
        await listener.stop()
        asked = len(page.asked)
        await asyncio.sleep(0.3)
        assert len(page.asked) == asked


async def test_too_many_changes_are_one_resync(monkeypatch: pytest.MonkeyPatch) -> None:
    """A storm does not flood who listens: beyond a number of changes they are told to look again."""
    monkeypatch.setattr(feeds, "MOST_TOLD", 3)
    page = Page()
    async with _feed(page) as backend:
        listener = Listener(backend.events(), PATIENCE)
        page.show(*(_incident(f"i{index}") for index in range(4)))
        event = await listener.until(lambda one: True)
        assert isinstance(event, Resync)
        assert len(await backend.outages()) == 4
        await listener.stop()


async def test_who_fell_behind_looks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cursor from before the events that are kept gives Resync."""
    monkeypatch.setattr(feeds, "KEPT_EVENTS", 2)
    page = Page()
    async with _feed(page) as backend:
        first = (await backend.look(), backend.events())[1]
        for index in range(5):
            page.show(*(_incident(f"i{number}") for number in range(index + 1)))
            await backend.look()
        assert isinstance(await anext(first), Resync)


async def test_a_wrong_secret_is_no_empty_list() -> None:
    """A source that wants another password raises NotSignedIn at once, and with the right one it works."""

    def answer(request: Request) -> bytes:
        if request.headers.get("authorization") != "Basic Y29uc29sZTpyaWdodA==":
            return reply(401, b"Unauthorized", {"WWW-Authenticate": "Basic"})
        return reply(200, {"uptime": "x"} if request.path.endswith("status") else [])

    async with PlainServer(answer) as server:
        for password in ("wrong", "right"):
            secret = json.dumps({"kind": "basic", "user": "console", "password": password})
            backend = open_alertmanager(f"alertmanager+{server.url}/", secret=lambda secret=secret: secret)
            if password == "right":
                await backend.open()
                assert await backend.outages() == ()
            else:
                with pytest.raises(NotSignedIn):
                    await backend.open()
            await backend.close()


async def test_alerts_that_are_no_list_raise() -> None:
    """JSON of another shape is not an empty list of alerts."""
    async with PlainServer(lambda request: reply(200, {"status": "success", "data": []})) as server:
        backend = open_alertmanager(f"alertmanager+{server.url}/")
        with pytest.raises(Unavailable):
            await backend.open()
        await backend.close()


async def test_a_page_with_a_summary_alone_is_read() -> None:
    """Pages of the same shape by other makers may have no lists of their own."""
    pages = Pages({"/api/v2/summary.json": data("incidents.json")})
    async with pages.server as server:
        backend = open_url(f"statuspage+{server.url}/", now=lambda: NOW)
        await backend.open()
        assert len(await backend.outages()) == 3
        await backend.close()


async def test_a_feed_may_have_a_query() -> None:
    """The file and the query of a URL reach the server; a page of its own pace is not asked every poll."""
    pages = Pages({"/net/status.atom": data("status.atom")})
    async with pages.server as server:
        backend = open_atom(f"atom+{server.url}/net/status.atom?lang=sv&x=1", now=lambda: NOW)
        await backend.open()
        assert pages.asked == ["/net/status.atom?lang=sv&x=1"]
        assert backend.poll == 30.0
        await backend.close()


async def test_what_it_understood_is_told() -> None:
    """`explain` gives outages, problems, what was left out and how old the feed is, without asking twice."""
    page = Page()
    page.files[INCIDENTS] = data("incidents.json")
    options = {"areas": {"Lublin North": {"towns": ["Lublin"]}}, "keep_hours": 1}
    async with _feed(page, poll=600.0, options=options) as backend:
        assert isinstance(backend, Explains)
        told = await backend.explain()
        assert {outage.title for outage in told.outages} == {"Broadband down in Lublin North", "Voice calls drop"}
        assert told.entries == 7
        assert told.left_out == {"no_place": 1, "over": 1}
        assert (told.problems_total, len(told.problems)) == (5, 5)
        assert told.published_at == NOW - timedelta(minutes=20)
        assert page.asked.count(INCIDENTS) == 1


async def test_operators_are_named_by_their_codes() -> None:
    """A feed gives the operators that its options name, so that the desk finds its own; its outages hit these."""
    page = Page()
    page.show(_incident("a"))
    async with _feed(page, options={"hits_operators": ["BRZ", "VAL"]}) as backend:
        operators = {operator.code: operator.key for operator in await backend.operators()}
        assert set(operators) == {"BRZ", "VAL"}
        assert set((await backend.outages())[0].operator_keys) == set(operators.values())


async def test_the_doctor_sees_what_was_asked() -> None:
    """The last requests are kept for the doctor, and none once the line is closed."""
    page = Page()
    async with _feed(page) as backend:
        assert isinstance(backend, Traced)
        assert [exchange.path for exchange in backend.exchanges] == [INCIDENTS, WORKS]
    assert backend.exchanges == ()


async def test_everything_else_is_refused() -> None:
    """A source of outages has no customers: lists are empty, single records are not found, the rest is Unsupported."""
    page = Page()
    async with _feed(page) as backend:
        assert backend.capabilities == {Capability.OUTAGES, Capability.LIVE}
        assert backend.stores == frozenset()
        assert (await backend.operators(), await backend.agents(), await backend.customers(["c"])) == ((), (), ())
        assert (await backend.tickets()).rows == ()
        for missing in (
            backend.customer_file("c"), backend.contact("c"), backend.ticket("T-1"), backend.timeline("c"),
        ):  # fmt: skip
            with pytest.raises(NotFound):
                await missing
        for refused in (backend.note_read("c", "ola"), backend.audit_verify(), backend.export("c", "ola")):
            with pytest.raises(Unsupported):
                await refused


@pytest.mark.parametrize(
    ("url", "field"),
    [
        ("alertmanager+http://noc.example/", "url"),
        ("alertmanager+ftp://noc.example/", "url"),
        ("alertmanager+https://ola:secret@noc.example/", "url"),
        ("statuspage+https://noc.example/?x=1", "url"),
    ],
)
def test_a_wrong_url_is_refused(url: str, field: str) -> None:
    """Plain http to others, passwords in URLs and odd transports never get as far as a connection."""
    with pytest.raises(Invalid) as raised:
        backend_for(url, name="noc")
    assert raised.value.field.startswith(field)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("scheme", ["alertmanager", "statuspage", "atom", "cap"])
def test_making_one_loads_nothing_heavy(scheme: str) -> None:
    """A feed in the profile costs the start nothing: HTTP is loaded when it is first opened."""
    code = (
        "import sys; from backends.registry import backend_for;"
        f"backend_for('{scheme}+https://status.example/x'); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {
        "httpx",
        "stamina",
        "defusedxml",
        "xml.etree.ElementTree",
        "sqlmodel",
        "babel",
    }


async def test_a_page_may_change_while_it_is_read() -> None:
    """Outages read while polls go on are whole: every listed key is there once."""
    page = Page()
    async with _feed(page) as backend:
        listener = Listener(backend.events(), PATIENCE)
        for index in range(10):
            page.show(*(_incident(f"i{number}") for number in range(index + 1)))
            found: tuple[Outage, ...] = await backend.outages()
            assert len({outage.key for outage in found}) == len(found)
            await listener.until(lambda one: True, after=index)
        await listener.stop()
