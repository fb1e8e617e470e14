"""From the alarm to the desk: a profile with a store of its own and a feed beside it."""

from __future__ import annotations

import asyncio

import pytest

from backends.contract.living import Listener
from backends.contract.samples import an_operator
from backends.events import OutageChanged
from backends.feeds.alertmanager import open_url
from backends.memory import MemoryBackend
from backends.port import OutageFilter
from backends.records import LIVE_OUTAGE_STATES
from console.desk.several import Several
from tests.servers.alertmanager import Alertmanager, alert, alertmanager, alertmanager_server

__all__ = ["alertmanager", "alertmanager_server"]

PATIENCE = 20.0


@pytest.mark.xdist_group("alertmanager")
async def test_an_alarm_reaches_the_desk(alertmanager: Alertmanager) -> None:
    """An alarm of the network is told to the desk, and hits the desk's own operator of that code and no other."""
    home = MemoryBackend([an_operator(key="b", code="BRZ"), an_operator(key="v", code="VAL")])
    options = {"operators": {"breza": "BRZ"}}
    feed = open_url(alertmanager.url, name="noc", poll=0.1, options=options)
    desk = Several(home, {"noc": feed}, writes={})
    await desk.open()
    try:
        listener = Listener(desk.events(), PATIENCE)
        async with asyncio.timeout(PATIENCE):
            while feed._poller is None:  # until then a change may be told as Resync
                await asyncio.sleep(0.01)
        await asyncio.to_thread(alertmanager.post, [alert(olt="lub-3", severity="major", operator="breza")])
        await listener.until(lambda event: isinstance(event, OutageChanged) and event.key.startswith("noc"))
        async with asyncio.timeout(PATIENCE):  # a slow answer comes with a later event
            while not (found := await desk.outages(OutageFilter(LIVE_OUTAGE_STATES, frozenset({"b"})))):
                await asyncio.sleep(0.02)
        assert [(one.operator_keys, one.source, one.coverage.elements) for one in found] == [
            (("b",), "noc", ("lub-3",)),
        ]
        assert await desk.outages(OutageFilter(operator_keys=frozenset({"v"}))) == ()
        assert sorted(operator.code for operator in await desk.operators()) == ["BRZ", "VAL"]
        await listener.stop()
    finally:
        await desk.close()
