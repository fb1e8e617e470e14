"""A database as large as wanted, made fast: the demo's operators and outages, and many plain customers around them.

Rows go through the store's own shapes, tables, triggers and search index, but not through batches: a batch checks what
is known to be right here. Everything follows from a seed, so that two runs measure the same rows.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from backends.records import (
    AnswerState,
    Contact,
    ContactPoint,
    Customer,
    CustomerKind,
    Direction,
    Line,
    Place,
    PointKind,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    TicketState,
)
from backends.registry import backend_for
from backends.sql import index
from backends.sql.columns import micros
from backends.sql.connecting import connect
from backends.sql.references import assigned
from backends.sql.schema import statements
from backends.sql.shapes import BY_KIND, comparable
from console.demo import load
from console.demo.names import (
    BRITISH_SURNAMES,
    BRITISH_WOMEN,
    ITALIAN_SURNAMES,
    ITALIAN_WOMEN,
    POLISH_SURNAMES,
    POLISH_WOMEN,
    SWEDISH_SURNAMES,
    SWEDISH_WOMEN,
)

LONG, SHORT = "Quillfeather", "Wexcombe"
"""Surnames of the customers with a long and a short history; nobody else is called so."""
LONG_HISTORY, SHORT_HISTORY = 10_000, 50
WORD = "zephyrine"
"""A word that one text in five hundred has."""
_STEP = 500
_TEXTS = 3_000
_LIVELY = 400
_SEED = 20


@dataclass(frozen=True, slots=True)
class Size:
    """How many customers and contacts a database holds, beside a small demo and two customers to look at."""

    customers: int
    contacts: int


@dataclass(frozen=True, slots=True)
class Large:
    """A database and whom it holds."""

    file: Path
    long_key: str
    short_key: str
    phones: tuple[str, ...]
    """Telephone numbers of customers all over the file, in E.164."""
    names: tuple[str, ...]
    """Names of customers all over the file."""


def large(size: Size, folder: Path | None = None) -> Large:
    """Return a database of that size, made today or now, below the system's temporary folder."""
    place = folder or Path(tempfile.gettempdir()) / f"cordboard-bench-{os.getuid()}"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    today = datetime.now(UTC).replace(hour=2, minute=14, second=0, microsecond=0)
    made_by = sha256("\n".join(statements()).encode() + Path(__file__).read_bytes()).hexdigest()[:8]
    file = place / f"{size.customers}x{size.contacts}-{made_by}-{today:%Y%m%d}.db"
    if not file.exists():
        fresh = file.with_suffix(".making")
        for part in (fresh, Path(f"{fresh}-wal"), Path(f"{fresh}-shm")):
            part.unlink(missing_ok=True)
        _make(fresh, size, today)
        fresh.rename(file)
    return _known(file)


def _known(file: Path) -> Large:
    connection = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
    try:
        keys = [
            f"customer:{connection.execute('SELECT id FROM customer WHERE name LIKE ?', (f'%{name}',)).fetchone()[0]}"
            for name in (LONG, SHORT)
        ]
        (last,) = connection.execute("SELECT max(id) FROM customer").fetchone()
        chance = random.Random(_SEED)
        rows = [chance.randrange(last // 10, last) for _ in range(100)]
        found = [
            connection.execute("SELECT name, points FROM customer WHERE id = ?", (row,)).fetchone() for row in rows
        ]
    finally:
        connection.close()
    phones = tuple(points.partition('"+')[2].partition('"')[0] for _name, points in found)
    return Large(file, keys[0], keys[1], tuple(f"+{one}" for one in phones), tuple(name for name, _points in found))


def _make(file: Path, size: Size, now: datetime) -> None:
    async def foundation() -> None:
        backend = backend_for(f"sqlite:///{file}")
        await backend.open()
        try:
            await load(backend, customers=24, seed=1, now=now)
        finally:
            await backend.close()

    asyncio.run(foundation())
    connection = connect(file)
    try:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -200000")
        _Filling(connection, size, now).fill()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA optimize")
    finally:
        connection.close()


class _Filling:
    """Fills one database with plain customers."""

    def __init__(self, connection: sqlite3.Connection, size: Size, now: datetime) -> None:
        self.connection = connection
        self.size = size
        self.now = now
        self.chance = random.Random(_SEED)
        self.operators = [row for (row,) in connection.execute("SELECT id FROM operator ORDER BY id")]
        self.last = {
            kind: connection.execute(f'SELECT coalesce(max(id), 0) FROM "{kind}"').fetchone()[0] for kind in BY_KIND
        }
        self.rows: dict[str, list[list[object]]] = {}
        self.words: list[tuple[int, str]] = []
        self.texts = self._texts()

    def fill(self) -> None:
        """Write everything, some hundred customers a transaction."""
        each = self.size.contacts // max(1, self.size.customers)
        plans: list[tuple[str, int]] = [(LONG, LONG_HISTORY), (SHORT, SHORT_HISTORY)]
        for number in range(self.size.customers):
            plans.append(("", _LIVELY if number % 2_000 == 0 else self.chance.randrange(1, max(2, 2 * each))))
        for start in range(0, len(plans), _STEP):
            self.connection.execute("BEGIN")
            for surname, contacts in plans[start : start + _STEP]:
                self._customer(surname, contacts)
            self._flush()
            self.connection.execute("COMMIT")
        self.connection.executemany(
            "INSERT INTO counter (kind, last) VALUES (?, ?) ON CONFLICT DO UPDATE SET last = excluded.last",
            list(self.last.items()),
        )

    def _next(self, kind: str) -> int:
        row: int = self.last[kind] + 1
        self.last[kind] = row
        return row

    def _customer(self, surname: str, contacts: int) -> None:
        chance, row = self.chance, self._next("customer")
        operator = chance.choice(self.operators)
        first, last = chance.choice(_NAMES)
        name = f"{chance.choice(first)} {surname or chance.choice(last)}"
        place = Place("Harbour Road", str(chance.randrange(1, 200)), "", f"{chance.randrange(10_000, 99_999)}",
                      chance.choice(_TOWNS), "", "PL")  # fmt: skip
        phone = f"+48{600_000_000 + row * 37 % 99_999_999:09d}"
        customer = Customer(
            "", assigned("C", row), f"operator:{operator}", CustomerKind.SUBSCRIBER, name, "en", place=place,
            points=(ContactPoint(PointKind.MOBILE, phone), ContactPoint(PointKind.EMAIL, f"post{row}@example.net")),
            since=self.now - timedelta(days=1_000),
        )  # fmt: skip
        line_row = self._next("line")
        line = Line(
            "", assigned("L", line_row), f"customer:{row}", "internet", place, mac=f"02005e{row % 0xFFFFFF:06x}"
        )
        self._add("customer", customer, row)
        self._add("line", line, line_row)
        words, codes = index.entries_of(customer, [(line_row, line)])
        self.rows.setdefault("search_word", []).extend([field, word, row] for field, word in words)
        self.rows.setdefault("search_code", []).extend([kind, code, row, of] for kind, code, of in codes)
        if contacts % 3 == 0 or surname:
            self._ticket(row, operator)
        self._contacts(row, operator, contacts)

    def _ticket(self, customer: int, operator: int) -> None:
        row, open_now = self._next("ticket"), self.chance.random() < 0.3
        at = self.now - timedelta(hours=self.chance.randrange(1, 2_000))
        ticket = Ticket(
            "", assigned("T", row), f"customer:{customer}", f"operator:{operator}", TicketKind.FAULT,
            "Line drops in the evening", at, TicketState.OPEN if open_now else TicketState.CLOSED,
            closed_at=None if open_now else at + timedelta(hours=9),
        )  # fmt: skip
        event = TicketEvent("", f"ticket:{row}", f"customer:{customer}", TicketEventKind.OPENED, at, "iga")
        self._add("ticket", ticket, row)
        self._add("ticket_event", event, self._next("ticket_event"))

    def _add(self, kind: str, record: object, row: int) -> None:
        self.rows.setdefault(kind, []).append(BY_KIND[kind].row(record, row, 1))  # type: ignore[arg-type]

    def _texts(self) -> list[tuple[list[object], str]]:
        """Return rows of contacts without owner and moment, and the words by which each is found."""
        chance = self.chance
        letters = ("ba", "ko", "ri", "su", "ten", "mol", "vi", "da", "pre", "lu", "gan", "sto", "ne", "fi", "har")
        vocabulary = ["".join(chance.choices(letters, k=chance.randrange(2, 4))) for _ in range(2_500)]
        weights = [1 / (rank + 1) for rank in range(len(vocabulary))]
        shape, made = BY_KIND["contact"], []
        for number in range(_TEXTS):
            body = chance.choices(vocabulary, weights, k=chance.randrange(8, 60))
            if number % 500 == 7:
                body.append(WORD)
            inbound = number % 3 != 0
            contact = Contact(
                "", "", "customer:1", "operator:1", _CHANNELS[number % len(_CHANNELS)],
                Direction.INBOUND if inbound else Direction.OUTBOUND, self.now, " ".join(body[:4]), " ".join(body),
                seconds=number % 900, agent="iga", sender="" if inbound else "desk",
                answer=AnswerState.WAITING if number == 11 else AnswerState.NOT_NEEDED,
            )  # fmt: skip
            made.append((shape.row(contact, 0, 1), " ".join(sorted(index.words_of(contact)))))
        return made

    def _contacts(self, customer: int, operator: int, count: int) -> None:
        columns = BY_KIND["contact"].columns
        owner, brand, at_, reference, compared = (
            columns.index(name) for name in ("customer_id", "operator_id", "at", "reference", "reference_key")
        )
        step = timedelta(days=700) / max(count, 1)
        rows, token = self.rows.setdefault("contact", []), index.owner_token(customer)
        for number in range(count):
            template, words = self.chance.choice(self.texts)
            row, values = self._next("contact"), template.copy()
            at = micros(self.now - step * number - timedelta(minutes=self.chance.randrange(1, 600)))
            values[0], values[owner], values[brand], values[at_] = row, customer, operator, at
            values[reference] = assigned("K", row)
            values[compared] = comparable(str(values[reference]))
            rows.append(values)
            self.words.append((at // 1_000_000 << 31 | row, f"{token} {words}"))

    def _flush(self) -> None:
        for kind, shape in BY_KIND.items():
            if rows := self.rows.pop(kind, None):
                self.connection.executemany(shape.insert, rows)
        for statement, rows in (
            ("INSERT INTO search_word (field, word, customer_id) VALUES (?, ?, ?)", self.rows.pop("search_word")),
            ("INSERT INTO search_code (kind, code, customer_id, line_id) VALUES (?, ?, ?, ?)",
             self.rows.pop("search_code")),
        ):  # fmt: skip
            self.connection.executemany(statement, rows)
        self.connection.executemany("INSERT INTO contact_words (rowid, words) VALUES (?, ?)", self.words)
        known = sorted({word for _row, words in self.words for word in words.split(" ")[1:]})
        self.connection.executemany("INSERT OR IGNORE INTO text_word (word) VALUES (?)", ((word,) for word in known))
        self.words.clear()


_CHANNELS = ("call", "email", "chat", "sms", "web", "letter", "call", "email")
_TOWNS = ("Łódź", "Gdańsk", "Ancona", "Göteborg", "Exeter", "Malmö", "Poznań", "Plymouth", "Pesaro", "Kraków")
_NAMES = (
    (POLISH_WOMEN, POLISH_SURNAMES),
    (ITALIAN_WOMEN, ITALIAN_SURNAMES),
    (SWEDISH_WOMEN, SWEDISH_SURNAMES),
    (BRITISH_WOMEN, BRITISH_SURNAMES),
)
