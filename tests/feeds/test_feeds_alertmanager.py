"""Against the real Alertmanager: alarms, silences, inhibitions, repairs, restarts, pushes and a storm."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from backends.contract.living import Listener
from backends.events import OutageChanged
from backends.feeds.alertmanager import open_url
from backends.feeds.feed import FeedBackend
from backends.records import Coverage, Outage, OutageKind, OutageState
from tests.servers.alertmanager import Alertmanager, alert, alertmanager, alertmanager_server, free_port, running

__all__ = ["alertmanager", "alertmanager_server"]

pytestmark = pytest.mark.xdist_group("alertmanager")
PATIENCE = 20.0


@asynccontextmanager
async def _feed(server: Alertmanager, poll: float = 0.1, **options: Any) -> AsyncIterator[FeedBackend]:
    backend = open_url(server.url, name="noc", poll=poll, options=options)
    await backend.open()
    try:
        yield backend
    finally:
        await backend.close()


async def _until(backend: FeedBackend, wanted: Callable[[tuple[Outage, ...]], bool]) -> tuple[Outage, ...]:
    """Look until the outages are as wanted; fails when they do not become so in time."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await backend.look()
            found = await backend.outages()
            if wanted(found):
                return found
            await asyncio.sleep(0.02)


async def _post(server: Alertmanager, *alerts: dict[str, Any]) -> None:
    await asyncio.to_thread(server.post, alerts)


async def test_an_alarm_is_told_with_the_next_poll(alertmanager: Alertmanager) -> None:
    """An alarm, a graver one and the repair are events under one key, each within a poll."""
    minor = alert(olt="lub-3", service="broadband", severity="minor", summary="Errors on lub-3")
    major = alert(olt="lub-3", service="broadband", severity="major", summary="lub-3 is dead")
    async with _feed(alertmanager) as backend:
        listener = Listener(backend.events(), PATIENCE)
        await _post(alertmanager, minor)
        event = await listener.until(lambda one: isinstance(one, OutageChanged))
        assert isinstance(event, OutageChanged)
        (outage,) = await backend.outages()
        assert (outage.key, outage.state) == (event.key, OutageState.SUSPECTED)
        assert outage.coverage == Coverage(("internet",), elements=("lub-3",))
        await _post(alertmanager, major)
        await listener.until(lambda one: True, after=1)
        (outage,) = await backend.outages()
        assert (outage.key, outage.state, outage.title) == (event.key, OutageState.CONFIRMED, "lub-3 is dead")
        assert outage.updates[-1].state is OutageState.CONFIRMED
        await asyncio.to_thread(alertmanager.resolve, [minor, major])
        await listener.until(lambda one: True, after=2)
        (outage,) = await backend.outages()
        assert (outage.key, outage.state) == (event.key, OutageState.RESTORED)
        assert outage.ended_at is not None
        assert outage.ended_at <= datetime.now(UTC)
        await listener.stop()


async def test_a_silence_is_respected(alertmanager: Alertmanager) -> None:
    """A silenced alert is no outage; announced works are shown as such, until the silence ends."""
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2)
    async with _feed(alertmanager) as backend:
        await _post(alertmanager, alert(olt="rad-1", severity="major"), alert(olt="rad-2", severity="major"))
        await _until(backend, lambda found: len(found) == 2)
        await asyncio.to_thread(alertmanager.silence, "known, nobody notices", olt="rad-1")
        silence = await asyncio.to_thread(alertmanager.silence, "Planned works: new cards", ends, olt="rad-2")
        found = await _until(backend, lambda found: sum(one.kind is OutageKind.PLANNED_WORKS for one in found) == 1)
        found = await _until(
            backend, lambda found: all(one.ended_at or one.kind is OutageKind.PLANNED_WORKS for one in found)
        )
        works = next(one for one in found if one.kind is OutageKind.PLANNED_WORKS)
        assert (works.title, works.expected_end, works.state) == (
            "Planned works: new cards", ends, OutageState.CONFIRMED,
        )  # fmt: skip
        others = [one for one in found if one is not works]
        assert {one.state for one in others} == {OutageState.DISMISSED}
        assert "known, nobody notices" in {one.updates[-1].text for one in others}
        await asyncio.to_thread(alertmanager.ask, "DELETE", f"silence/{silence}")
        found = await _until(backend, lambda found: any(one.state is OutageState.CONFIRMED and
                                                        one.kind is OutageKind.FAULT for one in found))  # fmt: skip
        assert {one.coverage.elements for one in found if one.ended_at is None} == {("rad-2",)}


async def test_an_inhibited_alert_is_neither_new_nor_over(alertmanager: Alertmanager) -> None:
    """What a larger outage hides stays as it was, and what was never seen is not shown beside it."""
    async with _feed(alertmanager) as backend:
        await _post(alertmanager, alert("Spot", scope="spot", area="nord", element="n-1"))
        await _until(backend, lambda found: len(found) == 1)
        await _post(
            alertmanager,
            alert("Area", scope="area", area="nord", severity="major"),
            alert("Spot", scope="spot", area="nord", element="n-2"),
        )
        found = await _until(backend, lambda found: len(found) > 1)
        await asyncio.to_thread(_until_inhibited, alertmanager)
        found = await _until(backend, lambda found: len(found) >= 2)
        shown = {one.coverage.elements or one.coverage.towns for one in found if one.ended_at is None}
        assert shown >= {("n-1",), ("nord",)}


def _until_inhibited(server: Alertmanager) -> None:
    import time

    ends = time.monotonic() + PATIENCE
    while sum(bool(one["status"]["inhibitedBy"]) for one in server.ask("GET", "alerts")) < 2:
        assert time.monotonic() < ends, "nothing is inhibited"
        time.sleep(0.02)


async def test_a_restarted_server_is_no_repair(tmp_path: Path) -> None:
    """Alertmanager forgets its alerts when it is restarted: they are held until they should have been sent again."""
    with running(tmp_path) as server:
        async with _feed(server, settle_seconds=1_000) as backend:
            await _post(server, alert(olt="lub-3"), alert(olt="lub-4"))
            await _until(backend, lambda found: len(found) == 2)
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(server.start)
            await backend.look()
            assert {one.state for one in await backend.outages()} == {OutageState.SUSPECTED}
            await _post(server, alert(olt="lub-3"))
            await backend.look()
            await asyncio.to_thread(server.resolve, [alert(olt="lub-3")])
            found = await _until(backend, lambda found: any(one.ended_at for one in found))
            assert {one.coverage.elements for one in found if one.ended_at} == {("lub-3",)}


async def test_a_restart_long_ago_holds_nothing(tmp_path: Path) -> None:
    """A repair after a restart is a repair at once, also when the restart was not noticed."""
    with running(tmp_path) as server:
        async with _feed(server, settle_seconds=1_000) as backend:
            lasting = alert(olt="lub-3")
            await _post(server, lasting)
            await _until(backend, lambda found: len(found) == 1)
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(server.start)
            await _post(server, lasting)
            await backend.look()
            await asyncio.to_thread(server.resolve, [lasting])
            await _until(backend, lambda found: found[0].state is OutageState.RESTORED)


async def test_what_is_held_is_let_go(tmp_path: Path) -> None:
    """What nobody sends again after a restart is over in the end."""
    with running(tmp_path) as server:
        async with _feed(server, settle_seconds=1) as backend:
            await _post(server, alert(olt="lub-3"))
            await _until(backend, lambda found: len(found) == 1)
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(server.start)
            await backend.look()
            assert (await backend.outages())[0].ended_at is None
            await _until(backend, lambda found: found[0].state is OutageState.RESTORED)


async def test_a_push_makes_it_look_at_once(tmp_path: Path) -> None:
    """With a webhook to the feed's doorbell an alarm is told long before the next poll."""
    port = free_port()
    with running(tmp_path, f"http://127.0.0.1:{port}/ring") as server:
        async with _feed(server, poll=3_600.0, listen=f"127.0.0.1:{port}") as backend:
            listener = Listener(backend.events(), PATIENCE)
            async with asyncio.timeout(PATIENCE):
                while backend._doorbell is None or backend._doorbell._server is None:
                    await asyncio.sleep(0.01)
            await _post(server, alert(olt="lub-3"))
            await listener.until(lambda one: isinstance(one, OutageChanged))
            assert len(await backend.outages()) == 1
            await listener.stop()


async def test_a_storm_is_few_outages(alertmanager: Alertmanager) -> None:
    """Five thousand alerts of twenty OLTs are twenty events and twenty outages; a second look changes nothing."""
    storm = [
        alert("PortDown", olt=f"lub-{index % 20}", port=f"lub-{index % 20}/{index // 20}", severity="major")
        for index in range(5_000)
    ]
    async with _feed(alertmanager, poll=0.2) as backend:
        listener = Listener(backend.events(), PATIENCE)
        await _post(alertmanager, *storm)
        found = await _until(backend, lambda found: sum(len(one.coverage.elements) for one in found) == 5_000)
        assert len(found) == 20
        versions = {one.key: one.version for one in found}
        await backend.look()
        assert {one.key: one.version for one in await backend.outages()} == versions
        assert {one.key for one in listener.heard if isinstance(one, OutageChanged)} <= set(versions)
        await listener.stop()
    await asyncio.to_thread(alertmanager.resolve, storm)


async def test_only_some_alerts_may_be_asked_for(alertmanager: Alertmanager) -> None:
    """`matchers` are given to the server, which then sends these alerts alone."""
    async with _feed(alertmanager, matchers=['team="access"']) as backend:
        await _post(alertmanager, alert(olt="lub-3", team="access"), alert(olt="lub-4", team="core"))
        found = await _until(backend, lambda found: len(found) > 0)
        assert [one.coverage.elements for one in found] == [("lub-3",)]
