"""`python -m tests.bench`: measures the console and its store beside named yardsticks, and writes the table.

Run in the same sitting and in turn, so that ratios hold on a machine that does other things too.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import tempfile
import time
from pathlib import Path

from tests.bench import records, screens, serving
from tests.bench.large import LONG_HISTORY, SHORT_HISTORY, Large, Size, large
from tests.bench.tables import Section, markdown, printed, written

DOCUMENT = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def main() -> None:
    """Measure what was asked for, print it, and write it into the document unless only a part was measured."""
    args = _arguments()
    os.umask(0o077)
    size = Size(args.customers, args.contacts)
    began = time.monotonic()
    big = large(size, args.folder)
    print(f"database of {size.customers:,} customers and {size.contacts:,} contacts: {time.monotonic() - began:.0f} s",
          flush=True)  # fmt: skip
    sections: list[Section] = []
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as folder:
        for part in args.parts:
            sections += _measured(part, big, Path(folder), args.runs)
            print(f"{part}: {time.monotonic() - began:.0f} s", flush=True)
    print(printed(sections))
    if args.dry_run:
        return
    if APART in args.parts:
        apart = [section for section in sections if section.title == SERVED]
        says = (
            f"One `cordboard serve`, {serving.CONSOLES} clients on one event loop of another process, a copy of a"
            f" database of {size.customers:,} customers and {size.contacts:,} contacts. To measure only this:"
            f" `make bench ARGS={APART}`."
        )
        written(DOCUMENT, markdown(apart, says, APART), APART)
    if set(args.parts) >= set(PARTS):
        sections = [section for section in sections if section.title != SERVED]
        sizes = (
            f"The database holds {size.customers:,} customers and {size.contacts:,} contacts"
            f" ({big.file.stat().st_size / 2**20:,.0f} MiB), one customer with {LONG_HISTORY:,} contacts and one with"
            f" {SHORT_HISTORY}; terminals are 80x24; medians of {args.runs} runs."
        )
        written(DOCUMENT, markdown(sections, sizes))


PARTS = ("start", "idle", "screens", "records", "storing", "import")
APART = "serving"
"""A part with a table of its own, which is written whenever it was measured."""
SERVED = "A hundred consoles on one server"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", default=[*PARTS, APART], metavar="PART", help=", ".join((*PARTS, APART)))
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--contacts", type=int, default=400_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the database is kept for the next time")
    parser.add_argument("--dry-run", action="store_true", help="leave docs/benchmarks.md as it is")
    args = parser.parse_args()
    unknown = set(args.parts) - {*PARTS, APART}
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return args


def _measured(part: str, big: Large, folder: Path, runs: int) -> list[Section]:
    stage = screens.Stage(big, folder)
    stage.folder = folder / part
    stage.folder.mkdir()
    if part == "start":
        return [Section("Start", screens.starting(stage, 2 * runs + 1))]
    if part == "idle":
        return [Section("Doing nothing for ten seconds", screens.idling(stage))]
    if part == "screens":
        return screens.working(stage, runs)
    if part == "records":
        return [Section("Looking up", asyncio.run(records.reading(big)))]
    if part == "storing":
        copy = stage.folder / "copy.db"
        shutil.copy(big.file, copy)
        return [Section("Storing", asyncio.run(records.storing(big, copy, stage.folder)))]
    if part == APART:
        return [Section(SERVED, asyncio.run(serving.measured(big, stage.folder)))]
    return [Section("Importing", asyncio.run(records.importing(stage.folder)))]


if __name__ == "__main__":
    main()
