"""What the store costs beside plain statements on the same file: looking up, reading, searching, storing, importing."""

from __future__ import annotations

import asyncio
import csv
import random
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from backends.port import Backend, Batch, OutageFilter, Put
from backends.records import LIVE_OUTAGE_STATES, Contact, Direction, new_key
from backends.registry import backend_for
from backends.sql.connecting import connect
from console.desk.importing import Format, Order, Rejects, Report, mapping_from, run
from tests.bench.large import LONG, WORD, Large
from tests.bench.tables import Row, against, alone, median, percentile

_ROUNDS = 3
_LAST = "\U0010ffff"
Raw = Callable[[], object]
Ported = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Times:
    """Microseconds of the plain statements and of the port, one each for every subject and round."""

    raw: Sequence[float]
    port: Sequence[float]


async def _both(pairs: Sequence[tuple[Raw, Ported]], rounds: int = _ROUNDS) -> Times:
    """Time both ways in turn, over all subjects; the first round warms and does not count."""
    raw_times: list[float] = []
    port_times: list[float] = []
    for turn in range(rounds + 1):
        for raw, port in pairs:
            start = time.perf_counter()
            raw()
            middle = time.perf_counter()
            await port()
            end = time.perf_counter()
            if turn:
                raw_times.append((middle - start) * 1e6)
                port_times.append((end - middle) * 1e6)
    return Times(raw_times, port_times)


def _compared(what: str, times: Times, goal: float | None, p95: float | None) -> list[Row]:
    rows = [against(what, median(times.port), median(times.raw), "µs", "raw sqlite3", goal)]
    if p95 is not None:
        rows.append(alone(f"{what}, p95", percentile(times.port, 95) / 1e3, "ms", p95))
    return rows


class Plain:
    """The statements that anyone would write for the same rows, on a connection set up like the store's."""

    def __init__(self, file: Path) -> None:
        self.connection = connect(file)

    def all(self, statement: str, *values: object) -> list[Any]:
        """Return all rows of a statement."""
        return self.connection.execute(statement, values).fetchall()

    def phone(self, number: str) -> list[Any]:
        """Return the customer with a telephone number."""
        return self.all(
            "SELECT customer.* FROM search_code JOIN customer ON customer.id = customer_id"
            " WHERE search_code.kind = 'phone' AND code = ?",
            number.lstrip("+"),
        )

    def name(self, start: str) -> list[Any]:
        """Return thirty customers one of whose names begins so."""
        return self.all(
            "SELECT customer.* FROM search_word JOIN customer ON customer.id = customer_id"
            " WHERE field = 0 AND word >= ? AND word < ? ORDER BY word LIMIT 30",
            start,
            start + _LAST,
        )

    def view(self, row: int) -> list[Any]:
        """Return one customer, all that hangs on them, the fifty newest contacts and events, and the outages."""
        since = int((datetime.now(UTC) - timedelta(days=30)).timestamp() * 1_000_000)
        found: list[Any] = []
        for table in ("line", "contract", "charge", "dispute", "promise", "chase", "visit", "handover"):
            found += self.all(f"SELECT * FROM {table} WHERE customer_id = ? ORDER BY id", row)
        found += self.all("SELECT * FROM customer WHERE id = ?", row)
        found += self.all("SELECT * FROM operator WHERE id = (SELECT operator_id FROM customer WHERE id = ?)", row)
        found += self.all(
            "SELECT * FROM ticket WHERE customer_id = ? AND (state <> 'closed' OR closed_at >= ?)", row, since
        )
        found += self.all("SELECT * FROM contact WHERE customer_id = ? AND at >= ? AND direction = 'in'"
                          " ORDER BY at DESC LIMIT 50", row, since)  # fmt: skip
        for table in ("contact", "ticket_event"):
            found += self.all(f"SELECT * FROM {table} WHERE customer_id = ? ORDER BY at DESC, id DESC LIMIT 51", row)
        return found + self.all("SELECT * FROM outage WHERE state IN ('suspected', 'confirmed')")

    def text(self, word: str) -> list[Any]:
        """Return the fifty newest contacts that hold a word, with their customers."""
        return self.all(
            "SELECT contact.*, customer.name FROM (SELECT rowid & 2147483647 AS id FROM contact_words"
            " WHERE contact_words MATCH ? ORDER BY rowid DESC LIMIT 51) AS hit"
            " JOIN contact USING (id) JOIN customer ON customer.id = contact.customer_id",
            word,
        )


def _nothing() -> None:
    """Stand where there is no yardstick of this kind."""


async def _view(backend: Backend, key: str) -> None:
    await backend.customer_file(key)
    await backend.timeline(key, limit=50)
    await backend.outages(OutageFilter(states=LIVE_OUTAGE_STATES))


async def reading(big: Large) -> list[Row]:
    """Return the rows about looking up, reading and searching."""
    backend = backend_for(f"sqlite:///{big.file}")
    await backend.open()
    plain = Plain(big.file)
    chance = random.Random(1)
    keys = [f"customer:{chance.randrange(30, 10_000)}" for _ in range(100)]
    firsts = [name.split()[-1].lower() for name in big.names]
    rows: list[Row] = []
    try:
        phones: list[tuple[Raw, Ported]] = [
            (partial(plain.phone, one), partial(backend.search, one)) for one in big.phones
        ]
        rows += _compared("phone look-up", await _both(phones), 2.0, 2.0)
        views: list[tuple[Raw, Ported]] = [
            (partial(plain.view, int(key[9:])), partial(_view, backend, key)) for key in keys
        ]
        rows += _compared("customer view (file, 50 newest, outages)", await _both(views), 1.5, 2.0)
        ends_of_size: list[tuple[Raw, Ported]] = [
            (_nothing, partial(_view, backend, key)) for key in (big.short_key, big.long_key)
        ]
        sizes = await _both(ends_of_size * 20)
        rows.append(against("view of 10,000 contacts", median(sizes.port[1::2]), median(sizes.port[::2]), "µs",
                            "view of 50 contacts", 1.5))  # fmt: skip
        for letters in range(1, 6):
            typed: list[tuple[Raw, Ported]] = [
                (partial(plain.name, name[:letters]), partial(backend.search, name[:letters])) for name in firsts[:40]
            ]
            rows += _compared(f"search as you type, {letters} letters of a name", await _both(typed), None, 1.0)
        numbers: list[tuple[Raw, Ported]] = [
            (partial(plain.phone, phone), partial(backend.search, phone[3:10])) for phone in big.phones[:40]
        ]
        rows += _compared("search as you type, 7 digits of a phone", await _both(numbers), None, 1.0)
        known = [word for (word,) in plain.all("SELECT word FROM text_word WHERE length(word) > 5")]
        words: list[tuple[Raw, Ported]] = [
            (partial(plain.text, one), partial(backend.search_text, one)) for one in [WORD, *chance.sample(known, 30)]
        ]
        rows += _compared("a word in the text of all contacts", await _both(words, 2), None, 25.0)
        ends: list[tuple[Raw, Ported]] = [
            (partial(plain.text, f"{one}*"), partial(backend.search_text, one)) for one in ("ko", "su")
        ]
        rows += _compared("two letters in the text of all contacts", await _both(ends, 2), None, None)
        within = await _within(backend, big)
        rows.append(alone("text within 10,000 contacts, p95", within, "ms", 5.0))
    finally:
        plain.connection.close()
        await backend.close()
    return rows


async def _within(backend: Backend, big: Large) -> float:
    from backends.port import TimelineFilter

    times = []
    for _ in range(20):
        start = time.perf_counter()
        await backend.timeline(big.long_key, only=TimelineFilter(text=WORD))
        times.append((time.perf_counter() - start) * 1e3)
    return percentile(times, 95)


# -- storing -----------------------------------------------------------------------------------------------------


def _call(customer: str, operator: str) -> Contact:
    return Contact(
        new_key(), "", customer, operator, "call", Direction.INBOUND, datetime.now(UTC), "Line drops",
        "Line drops every evening since Monday; router restarted, light stays red.", seconds=214, agent="iga",
    )  # fmt: skip


async def storing(big: Large, copy: Path, folder: Path) -> list[Row]:
    """Return the rows about storing a logged call; `copy` of the large database is written to."""
    backend = backend_for(f"sqlite:///{copy}")
    await backend.open()
    plain = _plain_contacts(big.file, folder / "plain.db")
    found = plain.execute("SELECT * FROM source LIMIT 1")
    template = dict(zip((column[0] for column in found.description), found.fetchone(), strict=True))
    number = [10**9]
    insert = f"INSERT INTO contact ({', '.join(template)}) VALUES ({', '.join(f':{name}' for name in template)})"

    def raw() -> None:
        number[0] += 1
        plain.execute("BEGIN IMMEDIATE")
        mark = f"K{number[0]}"
        plain.execute(insert, {**template, "id": number[0], "reference": mark, "reference_key": mark})
        plain.execute("COMMIT")

    operator = (await backend.operators())[0].key

    async def ported() -> None:
        await backend.write(Batch((Put(_call(big.long_key, operator)),), actor="iga", act="create"))

    try:
        times = await _both([(raw, ported)] * 60)
        rate, plain_rate = 1e6 / median(times.port), 1e6 / median(times.raw)
        rows = [against("logged calls stored, one after another", rate, plain_rate, "/s", "raw WAL/FULL insert", 0.6,
                        at_least=True)]  # fmt: skip
        idle = await _lag(None)
        busy = await _lag(ported)
        rows.append(
            Row(
                "loop held while 200 calls/s are stored, p99",
                f"{busy[0]:.1f} ms (longest {busy[1]:.1f})",
                f"nothing stored: {idle[0]:.1f} ms (longest {idle[1]:.1f})",
                busy[0] / max(idle[0], 0.01),
            )
        )
        rows.append(alone("the same, p99 alone", busy[0], "ms", 16.0))
    finally:
        plain.close()
        await backend.close()
    return rows


def _plain_contacts(source: Path, file: Path) -> sqlite3.Connection:
    """Return a WAL/FULL database with the contacts' table and its indexes, and some thousand rows of the large one."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("ATTACH ? AS large", (str(source),))
    for (sql,) in connection.execute(
        "SELECT sql FROM large.sqlite_master WHERE tbl_name = 'contact' AND type <> 'trigger' AND sql IS NOT NULL"
    ).fetchall():
        connection.execute(sql)
    connection.execute("INSERT INTO contact SELECT * FROM large.contact LIMIT 5000")
    connection.execute("CREATE TEMP TABLE source AS SELECT * FROM contact LIMIT 1")
    connection.execute("DETACH large")
    return connection


async def _lag(write: Ported | None, seconds: float = 2.0) -> tuple[float, float]:
    """Return by how many milliseconds a millisecond's sleep came late while 200 writes a second were asked for.

    The 99th percentile and the longest.
    """
    late: list[float] = []
    running: set[asyncio.Task[object]] = set()
    end = time.perf_counter() + seconds
    turn = 0
    while time.perf_counter() < end:
        start = time.perf_counter()
        await asyncio.sleep(0.001)
        late.append((time.perf_counter() - start) * 1e3 - 1)
        turn += 1
        if write is not None and turn % 4 == 0:
            task: asyncio.Task[object] = asyncio.ensure_future(_awaited(write))
            running.add(task)
            task.add_done_callback(running.discard)
    await asyncio.gather(*running)
    return percentile(late, 99), max(late)


async def _awaited(write: Ported) -> object:
    return await write()


# -- importing ---------------------------------------------------------------------------------------------------

_MAPPING: dict[str, Any] = {
    "source": "bench",
    "operator": {"code": "bench", "name": "Bench", "country": "SE", "language": "sv", "time_zone": "Europe/Stockholm"},
    "customer": {"id": "who", "name": "who", "email": "mail", "phone": "phone"},
    "ticket": {"id": "nr", "kind": {"constant": "fault"}, "subject": "subject", "opened_at": "opened"},
    "contact": {"channel": {"constant": "call"}, "at": "opened", "body": "text"},
}


def _table(file: Path, rows: int) -> None:
    chance = random.Random(2)
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(("nr", "who", "mail", "phone", "subject", "opened", "text"))
        for number in range(rows):
            person = number // 3
            day = f"2026-{number % 9 + 1:02d}-{number % 27 + 1:02d} 10:00"
            text = " ".join(chance.choices(("light", "red", "router", "evening", "slow", "again"), k=20))
            mail, phone = f"p{person}@example.net", f"+4670{person:07d}"
            writer.writerow((number, f"Person {person}", mail, phone, f"{LONG} line", day, text))


async def importing(folder: Path, rows: int = 3_000) -> list[Row]:
    """Return the rows about importing a table into an empty store."""
    table = folder / "table.csv"
    _table(table, rows)
    rates: list[float] = []
    plain_rates: list[float] = []
    for turn in range(2):
        start = time.perf_counter()
        _plain_import(table, folder / f"import-plain-{turn}.db")
        plain_rates.append(rows / (time.perf_counter() - start))
        backend = backend_for(f"sqlite:///{folder / f'import-{turn}.db'}")
        await backend.open()
        report = Report()
        order = Order(mapping_from(_MAPPING), Format.CSV, (table,), "bench", datetime.now(UTC))
        start = time.perf_counter()
        await run(order, backend, report, Rejects(None), lambda _done, _total: None)
        rates.append(rows / (time.perf_counter() - start))
        await backend.close()
        if report.rejected or report.rows != rows:
            raise AssertionError(f"{report.rejected} rows rejected of {report.rows}")
    return [against("rows of a CSV imported, with history, search and trail", median(rates), median(plain_rates), "/s",
                    "csv.reader and raw inserts")]  # fmt: skip


def _plain_import(table: Path, file: Path) -> None:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE person (id INTEGER PRIMARY KEY, name UNIQUE, mail, phone)")
    connection.execute("CREATE TABLE ticket (id INTEGER PRIMARY KEY, person, subject, opened)")
    connection.execute("CREATE TABLE contact (id INTEGER PRIMARY KEY, person, ticket, at, text)")
    with table.open(newline="", encoding="utf-8") as opened:
        rows = csv.reader(opened)
        next(rows)
        connection.execute("BEGIN")
        for at, (number, who, mail, phone, subject, when, text) in enumerate(rows, 1):
            connection.execute("INSERT OR IGNORE INTO person (name, mail, phone) VALUES (?, ?, ?)", (who, mail, phone))
            (person,) = connection.execute("SELECT id FROM person WHERE name = ?", (who,)).fetchone()
            connection.execute("INSERT INTO ticket VALUES (?, ?, ?, ?)", (number, person, subject, when))
            connection.execute("INSERT INTO contact VALUES (?, ?, ?, ?, ?)", (number, person, number, when, text))
            if at % 500 == 0:
                connection.execute("COMMIT")
                connection.execute("BEGIN")
        connection.execute("COMMIT")
    connection.close()
