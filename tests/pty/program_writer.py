"""Another program on the same records: logs contacts for a customer and prints each one once it is acknowledged.

Arguments: file, customer number, tag, how many, seconds between two, seconds to go on at most.
"""

from __future__ import annotations

import asyncio
import sys
import time
from zoneinfo import ZoneInfo

from backends.registry import backend_for
from console.desk.acts.contacts import log_contact
from console.desk.desk import Desk, agent_for
from console.desk.picture import find_one, gather


async def main(file: str, number: str, tag: str, count: int, pause: float, seconds: float) -> None:
    """Write `count` contacts whose notes are the tag and a number."""
    backend = backend_for(f"sqlite:///{file}")
    await backend.open()
    desk = Desk(backend, agent_for("marta"), ZoneInfo("Europe/Warsaw"))
    key = await find_one(backend, number)
    end = time.monotonic() + seconds
    for turn in range(count):
        if time.monotonic() > end:
            break
        picture = await gather(backend, key, desk.clock())
        note = f"{tag}-{turn:04d}"
        await backend.write(log_contact(desk.scene(picture), {"note": note, "outcome": "information"}))
        print(note, flush=True)
        await asyncio.sleep(pause)
    await backend.close()


if __name__ == "__main__":
    _file, _number, _tag, _count, _pause, _seconds = sys.argv[1:]
    asyncio.run(main(_file, _number, _tag, int(_count), float(_pause), float(_seconds)))
