"""What the console costs on a terminal beside a bare Textual app, a DataTable, and itself painted by Textual."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.large import LONG, SHORT, Large
from tests.bench.tables import Row, Section, against, alone, median
from tests.bench.watched import Reaction, Watched

UP, DOWN, PAGE_UP, END, BOTTOM, TAB, ENTER, ESCAPE = (
    b"\x1b[A", b"\x1b[B", b"\x1b[5~", b"\x1b[F", b"\x1b[1;5F", b"\t", b"\r", b"\x1b",
)  # fmt: skip
HEAVY = ("sqlmodel", "sqlalchemy", "pydantic", "httpx", "keyring")
_MOST_PAGES = 90
_SLOW = 0.5
_MINUTE = 60


@dataclass(slots=True)
class Seen:
    """What one run of a program showed, by name of the step."""

    start_ms: float = 0.0
    start_cpu: float = 0.0
    first_bytes: int = 0
    start_bytes: int = 0
    steps: dict[str, list[Reaction]] = field(default_factory=dict)
    memory: dict[str, tuple[float, float, float]] = field(default_factory=dict)


class Stage:
    """Where programs are started: on which database, with a home of their own."""

    def __init__(self, big: Large, folder: Path) -> None:
        self.big = big
        self.folder = folder
        self._homes = 0

    def _environment(self) -> dict[str, str]:
        self._homes += 1
        home = self.folder / f"home-{self._homes}"
        home.mkdir()
        return {
            "PATH": os.environ["PATH"], "HOME": str(home), "CORDBOARD_HOME": str(home / "cordboard"),
            "CORDBOARD_BACKEND": f"sqlite:///{self.big.file}", "CORDBOARD_AGENT": "iga", "CORDBOARD_LANGUAGE": "en",
            "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "TZ": "Europe/Warsaw",
            "PYTHONPATH": os.pathsep.join(sys.path[1:2] if not sys.path[0] else sys.path[:1]),
        }  # fmt: skip

    def start(self, name: str, *arguments: str) -> Watched:
        """Start the console, or one of the programs it is measured against."""
        if name == "console":
            argv = [sys.executable, "-m", "console.cli", *arguments]
        else:
            argv = [sys.executable, "-m", "tests.bench.programs", name, *arguments]
        return Watched(argv, self._environment())

    def table(self, key: str) -> Watched:
        """Start the DataTable on a customer's history."""
        return self.start("table", str(self.big.file), key.partition(":")[2])


FRAME = {"bare": "bareframe", "table": "tableframe", "console": "cordboard", "stock": "cordboard"}


def _begun(program: Watched, name: str) -> Seen:
    seen = Seen(start_ms=program.until(FRAME[name]) * 1e3, first_bytes=program.total)
    program.settle(_SLOW)
    seen.start_bytes, seen.start_cpu = program.total, program.effort().cpu / 1e6
    seen.memory["start"] = program.memory()
    return seen


def _each(program: Watched, seen: Seen, step: str, keys: Sequence[bytes], quiet: float = 0.1) -> None:
    seen.steps.setdefault(step, []).extend(program.press(key, quiet) for key in keys)


def _through_rows(program: Watched, seen: Seen, end: bytes) -> None:
    """Go to the last of all rows, then up: the cursor first within the window, then with it."""
    begun, silent = program.effort().cpu, 0
    for _page in range(_MOST_PAGES):
        silent = silent + 1 if not program.press(end, 0.12).raw else 0
        if silent == 3:
            break
    seen.steps["all rows"] = [Reaction(0, 0, 0, (program.effort().cpu - begun) / 1e6)]
    seen.memory["all rows"] = program.memory()
    for _key in range(30):
        program.press(UP, 0.03)
    program.settle()
    _each(program, seen, "scroll", [UP] * 20)
    _each(program, seen, "arrow", [DOWN, UP] * 10)
    _each(program, seen, "page", [PAGE_UP] * 10)


def console_run(stage: Stage, name: str, surname: str) -> Seen:
    """Find a customer by name, open them, go through a long history, write a note, look at a dialog."""
    with stage.start(name) as program:
        seen = _begun(program, name)
        _each(program, seen, "typed", [letter.encode() for letter in surname], 0.2)
        _each(program, seen, "open", [ENTER], _SLOW)
        seen.memory["open"] = program.memory()
        if surname == SHORT:
            return seen
        _through_rows(program, seen, END)
        _each(program, seen, "focus", [TAB] * 6)
        _each(program, seen, "form", [b"n"], _SLOW)
        _each(program, seen, "note", [letter.encode() for letter in "Router restarted"])
        _each(program, seen, "back", [ESCAPE], _SLOW)
        _each(program, seen, "dialog", [b":"], _SLOW)
    return seen


def table_run(stage: Stage, key: str) -> Seen:
    """Go through the same history in a DataTable, and open a screen with sixty rows."""
    with stage.table(key) as program:
        seen = _begun(program, "table")
        _through_rows(program, seen, BOTTOM)
        _each(program, seen, "open", [ENTER], _SLOW)
    return seen


def bare_run(stage: Stage) -> Seen:
    """Start a bare app and press keys that change one line of it."""
    with stage.start("bare") as program:
        seen = _begun(program, "bare")
        _each(program, seen, "arrow", [DOWN, UP] * 10)
    return seen


def _ms(step: str) -> Callable[[Seen], float]:
    return lambda seen: median(one.ms for one in seen.steps[step])


def _cpu(step: str) -> Callable[[Seen], float]:
    return lambda seen: median(one.cpu for one in seen.steps[step])


def _over(runs: Sequence[Seen], value: Callable[[Seen], float]) -> float:
    return median(value(one) for one in runs)


def starting(stage: Stage, runs: int) -> list[Row]:
    """Return the rows about starting: bare and console in turn."""
    bare: list[Seen] = []
    console: list[Seen] = []
    for _run in range(runs):
        for name, seen in (("bare", bare), ("console", console)):
            with stage.start(name) as program:
                seen.append(_begun(program, name))
    yard = "bare Textual"
    rows = [
        against("start to first frame", _over(console, lambda s: s.start_ms), _over(bare, lambda s: s.start_ms), "ms",
                yard, 1.2),
        against("CPU until all is quiet", _over(console, lambda s: s.start_cpu), _over(bare, lambda s: s.start_cpu),
                "ms", yard),
        against("bytes until all is quiet", _over(console, lambda s: s.start_bytes),
                _over(bare, lambda s: s.start_bytes), "B", yard, 0.75),
        against("memory that is the session's alone (dirty)", _over(console, lambda s: s.memory["start"][2]),
                _over(bare, lambda s: s.memory["start"][2]), "MiB", yard),
        against("memory with its share of mapped files (PSS)", _over(console, lambda s: s.memory["start"][0]),
                _over(bare, lambda s: s.memory["start"][0]), "MiB", yard),
    ]  # fmt: skip
    return [*rows, _modules(stage)]


def _modules(stage: Stage) -> Row:
    listing = stage.folder / "modules"
    with stage.start("modules", str(listing)) as program:
        program.until(FRAME["console"])
        deadline = time.monotonic() + 20
        while not listing.exists() and time.monotonic() < deadline:
            program.settle(0.1)
    loaded = set(listing.read_text().split())
    found = [name for name in HEAVY if name in loaded]
    words = f"{len(loaded)} modules; {', '.join(found) or 'none'} of {', '.join(HEAVY)}"
    return Row("loaded at the first frame", words, "", float(len(found)), 0.0, goal_words="none of these")


def idling(stage: Stage, seconds: float = 10.0) -> list[Row]:
    """Return the rows about doing nothing: console and bare app at once, within one minute of the clock."""
    with ExitStack() as stack:
        programs = {name: stack.enter_context(stage.start(name)) for name in ("bare", "stock", "console")}
        for name, program in programs.items():
            program.until(FRAME[name])
        for program in programs.values():
            program.settle(1.0)
        while datetime.now(UTC).second > _MINUTE - seconds - 5 or datetime.now(UTC).second < 2:
            time.sleep(0.2)  # clocks are worded anew once a minute
        for program in programs.values():
            program.settle(0.3)
        before = {name: (program.total, program.effort()) for name, program in programs.items()}
        time.sleep(seconds)
        after: Mapping[str, tuple[int, int, float]] = {}
        for name, program in programs.items():
            program.settle(0.05)
            total, effort = before[name]
            now = program.effort()
            after = {
                **after,
                name: (program.total - total, now.switches - effort.switches, (now.cpu - effort.cpu) / 1e6),
            }
    (sent, switches, cpu), stock, bare = after["console"], after["stock"], after["bare"]
    return [
        _still(f"bytes in {seconds:.0f} s", sent, stock[0], bare[0], "B"),
        _still("context switches", switches, stock[1], bare[1], ""),
        _still("CPU", round(cpu, 1), round(stock[2], 1), round(bare[2], 1), "ms"),
    ]


def _still(what: str, seen: float, stock: float, bare: float, unit: str) -> Row:
    """Return the row of something that is to be nothing."""
    yard = f"Textual's driver: {stock:g} {unit}".rstrip() + f"; bare app: {bare:g} {unit}".rstrip()
    return Row(what, f"{seen:g} {unit}".rstrip(), yard, seen, 0.0)


def working(stage: Stage, runs: int) -> list[Section]:
    """Return the sections about opening customers, keys, bytes and memory."""
    bare, table, console, short = [], [], [], []
    for _run in range(runs):
        bare.append(bare_run(stage))
        table.append(table_run(stage, stage.big.long_key))
        console.append(console_run(stage, "console", LONG))
        short.append(console_run(stage, "console", SHORT))
    stock = [console_run(stage, "stock", LONG)]
    keys = [
        _pair("a customer opened: Enter to last byte", console, table, "open", _ms, "ms", "DataTable screen", None),
        _pair("a customer opened: CPU", console, table, "open", _cpu, "ms", "DataTable screen", None),
        _pair("customer with 10,000 contacts: Enter to last byte", console, short, "open", _ms, "ms", "with 50", 1.5),
        _pair("customer with 10,000 contacts: CPU", console, short, "open", _cpu, "ms", "with 50", 1.5),
        _pair("key in page, 10,000 rows", console, bare, "arrow", _ms, "ms", "bare Textual", 0.9),
        _pair("key in page, 10,000 rows: CPU", console, bare, "arrow", _cpu, "ms", "bare Textual", 0.9),
        _pair("key in page, 10,000 rows", console, table, "arrow", _ms, "ms", "DataTable", None),
        _pair("scrolled row of 10,000", console, table, "scroll", _ms, "ms", "DataTable", 0.27),
        _pair("scrolled row of 10,000: CPU", console, table, "scroll", _cpu, "ms", "DataTable", 0.27),
        _pair("PgUp in 10,000 rows", console, table, "page", _ms, "ms", "DataTable", None),
        against("all 10,000 rows read, CPU", _over(console, _cpu("all rows")),
                _over(table, lambda s: s.start_cpu) - _over(bare, lambda s: s.start_cpu), "ms", "DataTable filled"),
        alone("form opened", _over(console, _ms("form")), "ms"),
        alone("character typed at home: CPU", _over(console, _cpu("typed")), "ms"),
        alone("character typed in a note: CPU", _over(console, _cpu("note")), "ms"),
    ]  # fmt: skip
    return [
        Section("Keys", keys),
        Section("Bytes", _bytes(console, table, stock)),
        Section("Memory of a session", _memory(console, short, bare)),
    ]


def _pair(
    what: str, seen: Sequence[Seen], yard: Sequence[Seen], step: str, take: Callable[[str], Callable[[Seen], float]],
    unit: str, name: str, goal: float | None,
) -> Row:  # fmt: skip
    return against(what, _over(seen, take(step)), _over(yard, take(step)), unit, name, goal)


def _bytes(console: Sequence[Seen], table: Sequence[Seen], stock: Sequence[Seen]) -> list[Row]:
    goals: Mapping[str, tuple[str, float, float]] = {
        "arrow": ("arrow", 400, 60),
        "scroll": ("scrolled row", 410, 0),
        "page": ("PgUp", 3_000, 300),
        "typed": ("character typed at home, results and all", 0, 0),
        "note": ("character typed in a note", 600, 80),
        "focus": ("change of focus", 2_000, 600),
        "dialog": ("dialog (command line)", 8_000, 700),
        "form": ("form", 8_000, 700),
        "open": ("customer opened", 0, 0),
    }
    yard = "Textual's painter"
    rows = [against("start until all is quiet", _over(console, lambda s: s.start_bytes),
                    _over(stock, lambda s: s.start_bytes), "B", yard)]  # fmt: skip
    rows.append(alone("start until all is quiet", _over(console, lambda s: s.start_bytes), "B", 12_000))
    for step, (what, most, most_deflated) in goals.items():
        raw = lambda s, step=step: median(one.raw for one in s.steps[step])  # noqa: E731
        deflated = lambda s, step=step: median(one.deflated for one in s.steps[step])  # noqa: E731
        rows.append(against(what, _over(console, raw), _over(stock, raw), "B", yard))
        if most:
            rows.append(alone(f"{what}, raw", _over(console, raw), "B", most))
        if most_deflated:
            rows.append(alone(f"{what}, deflated", _over(console, deflated), "B", most_deflated))
    scrolled = lambda s: median(one.raw for one in s.steps["scroll"])  # noqa: E731
    rows.append(against("scrolled row", _over(console, scrolled), _over(table, scrolled), "B", "DataTable", 0.06))
    return rows


def _memory(console: Sequence[Seen], short: Sequence[Seen], bare: Sequence[Seen]) -> list[Row]:
    def dirty(step: str) -> Callable[[Seen], float]:
        return lambda seen: seen.memory[step][2]

    opened, other = _over(console, dirty("open")), _over(short, dirty("open"))
    return [
        against("with a customer open (dirty)", opened, _over(bare, dirty("start")), "MiB", "bare Textual"),
        against("with a customer open (PSS)", _over(console, lambda s: s.memory["open"][0]),
                _over(bare, lambda s: s.memory["start"][0]), "MiB", "bare Textual"),
        alone("customer with 10,000 contacts, more than one with 50", opened - other, "MiB", 1.0),
        alone("all 10,000 rows read, more than when opened", _over(console, dirty("all rows")) - opened, "MiB"),
    ]  # fmt: skip
