"""Listening to a softphone on its event port (baresip's module ctrl_tcp): who rings, who was answered, who hung up.

The port says nothing of what was before, so calls that ring while the line to it is down are not heard. It is tried
again for as long as the console runs, and never stands in the console's way.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from backends.records import Direction
from console.calls.call import CallState, Heard, text_in
from console.calls.exchange import Address
from console.calls.netstrings import Broken, Netstrings

SOURCE = "softphone"
CONNECTING = 5.0
"""Seconds that connecting may take."""
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
LASTING = 10.0
"""Seconds after which a connection was a good one. A softphone may serve one client alone, the last that came: two
consoles at one port then throw each other out ever more slowly, not ten times a second."""
_CHUNK = 65_536

_STATES: Mapping[str, tuple[CallState, Direction | None]] = {
    "CALL_INCOMING": (CallState.RINGING, Direction.INBOUND),
    "CALL_OUTGOING": (CallState.RINGING, Direction.OUTBOUND),
    "CALL_ESTABLISHED": (CallState.ANSWERED, None),
    "CALL_CLOSED": (CallState.ENDED, None),
}


def heard_in(message: bytes) -> Heard | None:
    """Return the news in one message of the softphone; None for what is no news about a call, whatever its bytes."""
    try:
        event = json.loads(message)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or event.get("event") is not True:
        return None
    known = _STATES.get(text_in(event.get("type")))
    call_id = text_in(event.get("id"))
    if known is None or not call_id:
        return None
    state, direction = known
    if direction is None:
        outgoing = text_in(event.get("direction")).lower() == "outgoing"
        direction = Direction.OUTBOUND if outgoing else Direction.INBOUND
    return Heard(
        SOURCE,
        call_id,
        state,
        number=text_in(event.get("peeruri")),
        dialled=text_in(event.get("accountaor")),
        name=text_in(event.get("peerdisplayname")),
        direction=direction,
        cause=text_in(event.get("param")) if state is CallState.ENDED else "",
    )


async def follow(
    address: Address, hear: Callable[[Heard], object], told: Callable[[bool], object], first_pause: float = FIRST_PAUSE
) -> None:
    """Call `hear` with all news until cancelled; `told` hears when the line to the softphone is there, and is lost."""
    pause = first_pause
    connected: bool | None = None
    while True:
        try:
            async with asyncio.timeout(CONNECTING):
                reader, writer = await asyncio.open_connection(address.host, address.port)
        except (OSError, TimeoutError):
            if connected is not False:
                connected = False
                told(False)
        else:
            connected, since = True, time.monotonic()
            told(True)
            await _listen(reader, writer, hear)
            connected = False
            if time.monotonic() - since > LASTING:
                pause = first_pause
            told(False)
        await asyncio.sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311 (spreads consoles that lost one softphone)
        pause = min(pause * 2, LONGEST_PAUSE)


async def _listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hear: Callable[[Heard], object]) -> None:
    """Hear until the other end goes, or says what cannot be understood."""
    netstrings = Netstrings()
    try:
        while data := await reader.read(_CHUNK):
            for message in netstrings.feed(data):
                heard = heard_in(message)
                if heard is not None:
                    hear(heard)
    except (OSError, Broken):
        pass
    finally:
        writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(1):
                await writer.wait_closed()
