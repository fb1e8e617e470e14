"""What was moved and taken back leaves the database as it was: every table, every index, word for word (R38)."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backends.contract.moving import moved
from backends.contract.samples import (
    a_charge,
    a_chase,
    a_contact,
    a_contract,
    a_customer,
    a_dispute,
    a_handover,
    a_line,
    a_promise,
    a_ticket,
    a_ticket_event,
    a_visit,
    an_operator,
)
from backends.port import Batch, Change, Put, Receipt, undoing
from backends.records import Customer, Key, Record
from backends.sql import open_url
from backends.sql.store import SqlBackend

LEDGERS = {"audit", "audit_head", "change", "sqlite_sequence", "receipt", "counter", "fact"}
"""Tables that say what was done, and only grow."""


def content(file: Path) -> dict[str, list[Any]]:
    """Return all rows of all other tables, without versions; of the full-text index, what finds each contact."""
    connection = sqlite3.connect(file)
    found: dict[str, list[Any]] = {}
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        if table in LEDGERS or table.startswith("contact_words"):
            continue
        columns = [f'"{row[1]}"' for row in connection.execute(f"PRAGMA table_info({table})") if row[1] != "version"]
        found[table] = sorted(connection.execute(f"SELECT {', '.join(columns)} FROM {table}"), key=repr)
    words = [word for (word,) in connection.execute("SELECT word FROM text_word")]
    owners = [f"={row}" for (row,) in connection.execute("SELECT id FROM customer")]
    query = "SELECT rowid FROM contact_words WHERE contact_words MATCH ? ORDER BY rowid"
    found["contact_words"] = [
        (word, connection.execute(query, (f'"{word}"',)).fetchall()) for word in sorted(words) + owners
    ]
    connection.close()
    return found


async def filled(backend: SqlBackend) -> tuple[list[Customer], list[Record]]:
    """Store three customers, and two of everything that can be the first one's; returns both."""
    operator = an_operator()
    customers = [a_customer(operator, name=f"Person {number}") for number in range(3)]
    one = customers[0]
    records: list[Record] = []
    for number in range(2):
        ticket, charge = a_ticket(one), a_charge(one)
        contact = a_contact(one, ticket_key=ticket.key, body=f"zebra {number} " + "long " * 100)
        records += [
            ticket, charge, contact, a_contact(one, body=f"giraffe {number}"), a_ticket_event(ticket), a_chase(ticket),
            a_promise(one, ticket_key=ticket.key, contact_key=contact.key), a_visit(ticket), a_handover(ticket),
            a_line(one, phone=f"+4860100{number}000", mac=f"02:00:00:00:00:0{number}", ip=f"198.51.100.{number}"),
            a_contract(one), a_dispute(one, charge_keys=(charge.key,)),
        ]  # fmt: skip
    receipt = await backend.write(Batch(tuple(map(Put, [operator, *customers, *records])), "ola"))
    stored = [change.after for change in receipt.changes if change.after is not None]
    return [one for one in stored if isinstance(one, Customer)], stored[4:]


Moves = list[tuple[list[int], int]]
"""Batches: which records, and to whom."""
moves = st.lists(
    st.tuples(st.lists(st.integers(0, 23), min_size=1, max_size=6, unique=True), st.integers(0, 2)),
    min_size=1,
    max_size=4,
)


def as_it_stands(receipt: Receipt, now: Mapping[Key, int]) -> Receipt:
    """Return a receipt with the versions that its records have after later deeds were taken back."""
    changes = (
        Change(change.before, replace(change.after, version=now.get(change.after.key, change.after.version)))
        for change in receipt.changes
        if change.after is not None
    )
    return replace(receipt, changes=tuple(changes))


async def moved_and_back(file: Path, plan: Moves) -> None:
    """Move as planned, see that nothing is out of order meanwhile, take it all back, and compare."""
    backend = open_url(f"sqlite://{file}")
    await backend.open()
    customers, records = await filled(backend)
    before = content(file)
    receipts: list[Receipt] = []
    for chosen, to in plan:
        batch = Batch(tuple(moved(records[number], customers[to]) for number in chosen), "ola")
        receipts.append(await backend.write(batch))
        for number, change in zip(chosen, receipts[-1].changes, strict=True):
            assert change.after is not None
            records[number] = change.after
    assert [row for row in await backend.check() if not row[1]] == []
    now: dict[Key, int] = {}
    for receipt in reversed(receipts):
        undone = await backend.write(undoing(as_it_stands(receipt, now), actor="ola"))
        now |= {change.after.key: change.after.version for change in undone.changes if change.after is not None}
    assert [row for row in await backend.check() if not row[1]] == []
    after = content(file)
    assert {name for name in before if before[name] != after[name]} == set()
    assert before.keys() == after.keys()
    await backend.close()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plan=moves)
def test_r38_undo_of_moves_restores_the_very_same_content(plan: Moves) -> None:
    """Whatever was moved between customers, together or apart, once or to and fro, undoing it restores every row."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(moved_and_back(Path(folder) / "x.db", plan))


async def test_a_move_is_seen_by_the_comparison(tmp_path: Path) -> None:
    """The comparison would notice: a moved contact is another row, and another customer's word in the index."""
    file = tmp_path / "x.db"
    backend = open_url(f"sqlite://{file}")
    await backend.open()
    customers, records = await filled(backend)
    before = content(file)
    await backend.write(Batch((moved(records[2], customers[1]), moved(records[9], customers[1])), "ola"))
    after = content(file)
    different = {name for name in before if before[name] != after[name]}
    assert different == {"contact", "contact_words", "customer", "line", "search_code"}
    await backend.close()
