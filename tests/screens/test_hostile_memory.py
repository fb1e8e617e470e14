"""A long shift: customers one after the other cost no memory that is not given back."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from console.screens.customer import CustomerScreen
from tests.desk_stage import on_desk

WARM, CALLS = 15, 65
MOST = 8 * 1024 * 1024


def resident() -> int:
    """Return the memory of this process in bytes."""
    gc.collect()
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


@pytest.mark.slow
async def test_many_customers_leave_nothing_behind(demo_file: Path, tmp_path: Path) -> None:
    """Each customer is opened, read and left; the views that were left are gone and the memory hardly grew."""
    async with on_desk(demo_file, tmp_path, size=(132, 43)) as stage:
        page = await stage.backend.queue(limit=100)
        keys = {one.key: None for _, one in page.rows}
        for letter in "abdehiklmnoprst":
            keys |= {match.customer.key: None for match in await stage.backend.search(letter)}
        known = list(keys)
        assert len(known) >= 15
        grown = 0
        for turn in range(CALLS):
            if turn == WARM:
                grown = -resident()
            stage.app.open_customer(known[turn % len(known)])
            await stage.settle()
            await stage.pilot.press("enter", "j", "n", "escape")
        await stage.settle()
        grown += resident()
        alive = [one for one in gc.get_objects() if isinstance(one, CustomerScreen)]
        assert len(alive) <= 3
        assert grown < MOST, f"{grown >> 10} KiB for {CALLS - WARM} customers"
