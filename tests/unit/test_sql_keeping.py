"""Keeping the file: the trail, erasing, copies, and finding damage."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from backends.contract.samples import a_contact, a_contract, a_customer, a_line, a_ticket, an_operator, points
from backends.errors import Damaged, Invalid, Refused
from backends.port import Batch, Put, Remove
from backends.records import AuditVerdict, Contact, Customer, Place
from backends.sql import open_url
from backends.sql.references import assigned
from backends.sql.store import SqlBackend

SECRET = "Zwierzyniecka"


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlBackend]:
    """Yield a new store."""
    backend = open_url(f"sqlite://{tmp_path}/x.db")
    await backend.open()
    yield backend
    await backend.close()


async def a_person(store: SqlBackend, word: str = SECRET) -> Customer:
    """Store a customer in whose records `word` stands wherever a person can be told by it."""
    operator = an_operator()
    customer = a_customer(
        operator,
        name=f"Jan {word}",
        place=Place(word, "1", "", "61-001", word, "", "PL"),
        points=points(f"{word.lower()}@example.org", "+48601234567"),
        tone=word,
    )
    ticket = a_ticket(customer, subject=word, description=f"{word} " * 300, details=(("q", word),))
    long = a_contact(customer, subject=word, body=f"dear {word}, " * 500, sender=word)
    short = a_contact(customer, body=word, ticket_key=ticket.key)
    items = [Put(operator), Put(customer), Put(a_line(customer, place=Place(word), phone="+48601234568"))]
    items += [Put(ticket), Put(long, raw=word.encode() * 99), Put(short)]
    receipt = await store.write(Batch(tuple(items), "ola", idempotency_key="once"))
    changed = receipt.changes[5].after
    assert isinstance(changed, Contact)
    await store.write(Batch((Put(replace(changed, body=f"{word} again"), seen=1),), "ola", idempotency_key="twice"))
    stored = receipt.changes[1].after
    assert isinstance(stored, Customer)
    return stored


async def test_what_is_forgotten_is_in_no_file(store: SqlBackend) -> None:
    """After `forget` no file of the store holds the words any more: not in pages set free, the index, or the log."""
    customer = await a_person(store)
    held = b"".join(each.read_bytes() for each in store.file.parent.iterdir())
    assert SECRET.encode() in held
    assert SECRET.lower().encode() in held
    counts = await store.forget(customer.key, "ola", "asked by letter")
    assert counts == {"customer": 1, "line": 1, "ticket": 1, "contact": 2}
    for each in store.file.parent.iterdir():
        held = each.read_bytes().lower()
        for word in (SECRET.lower().encode(), b"601234567", b"765432106"):
            assert word not in held, each.name
    assert all(sound for _, sound, _ in await store.check())
    assert await store.search_text(SECRET) == await store.search_text("nothing")
    assert await store.search(SECRET) == ()
    assert (await store.customer_file(customer.key)).contacts_total == 2
    again = await store.write(Batch((), "ola", idempotency_key="once"))
    assert again.repeated


async def test_others_stay_when_one_is_forgotten(store: SqlBackend) -> None:
    """Forgetting one customer leaves the texts of all others findable."""
    customer = await a_person(store)
    (operator,) = await store.operators()
    someone = a_customer(operator, name="Ewa")
    await store.write(Batch((Put(someone), Put(a_contact(someone, body="Marszałkowska"))), "ola"))
    await store.forget(customer.key, "ola", "")
    assert len((await store.search_text("marszalk")).rows) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'leo' WHERE sequence = 2",
        "DELETE FROM audit WHERE sequence = 2",
        "DELETE FROM audit",
        "REPLACE INTO audit SELECT * FROM audit WHERE sequence = 2",
        "INSERT INTO audit SELECT 9, at, actor, act, subject, subject_key, customer_key, detail, previous, digest"
        " FROM audit WHERE sequence = 2",
        "DELETE FROM audit_head",
    ],
)
async def test_the_trail_is_append_only(store: SqlBackend, statement: str) -> None:
    """The database itself refuses to change, remove, replace or misplace a row of the trail."""
    await a_person(store)
    connection = sqlite3.connect(store.file)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    connection.close()


def without_guard(file: Path, *statements: str) -> None:
    """Do to the trail what its triggers forbid, as somebody with an editor for the file can."""
    connection = sqlite3.connect(file)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("statements", "verdict"),
    [
        (("UPDATE audit SET actor = 'leo' WHERE sequence = 3",), AuditVerdict(8, 3, "changed")),
        (("UPDATE audit SET at = at + 1 WHERE sequence = 8",), AuditVerdict(8, 8, "changed")),
        (("UPDATE audit SET digest = '00' WHERE sequence = 3",), AuditVerdict(8, 3, "changed")),
        (("DELETE FROM audit WHERE sequence = 3",), AuditVerdict(7, 4, "missing")),
        (("DELETE FROM audit WHERE sequence = 1",), AuditVerdict(7, 2, "missing")),
        (("DELETE FROM audit WHERE sequence > 6",), AuditVerdict(6, 7, "truncated")),
        (("DELETE FROM audit",), AuditVerdict(0, 1, "truncated")),
        (
            (
                "UPDATE audit SET sequence = -3 WHERE sequence = 3",
                "UPDATE audit SET sequence = 3 WHERE sequence = 4",
                "UPDATE audit SET sequence = 4 WHERE sequence = -3",
            ),
            AuditVerdict(8, 3, "reordered"),
        ),
        (
            (
                "DELETE FROM audit WHERE sequence = 3",
                "UPDATE audit SET sequence = sequence - 1 WHERE sequence > 3",
            ),
            AuditVerdict(7, 3, "changed"),
        ),
    ],
)
async def test_a_damaged_trail_is_found(store: SqlBackend, statements: tuple[str, ...], verdict: AuditVerdict) -> None:
    """A changed, missing, moved or cut row is named by the first place that does not fit."""
    await a_person(store)
    (operator,) = await store.operators()
    await store.write(Batch((Put(a_customer(operator)),), "ola"))
    assert await store.audit_verify() == AuditVerdict(8)
    without_guard(store.file, *statements)
    assert await store.audit_verify() == verdict


async def test_a_bulk_load_is_one_row_a_kind(store: SqlBackend) -> None:
    """An import is in the trail with its counts, not with a row for each of its thousands of records."""
    operator = an_operator()
    people = tuple(Put(a_customer(operator)) for _ in range(40))
    await store.write(Batch((Put(operator), *people), "ola", act="import", reason="crm.csv"))
    rows = (await store.audit()).rows
    assert {(row.act, row.subject, row.detail) for row in rows} == {
        ("import", "operator", "1 new: crm.csv"),
        ("import", "customer", "40 new: crm.csv"),
    }


async def test_progress_reaches_the_end(store: SqlBackend) -> None:
    """Checking a trail tells how far it is, up to all of it."""
    await a_person(store)
    heard: list[tuple[int, int]] = []
    await store.audit_verify(lambda done, total: heard.append((done, total)))
    assert heard[-1] == (7, 7)


async def test_a_copy_is_private_whole_and_never_over_another(store: SqlBackend, tmp_path: Path) -> None:
    """A backup made while the store is open holds everything, is for its owner alone, and overwrites nothing."""
    customer = await a_person(store)
    heard: list[tuple[int, int]] = []
    to = tmp_path / "copy.db"
    size = await store.backup(str(to), lambda done, total: heard.append((done, total)))
    assert size == to.stat().st_size
    assert heard[-1][0] == heard[-1][1] > 0
    assert stat.S_IMODE(to.stat().st_mode) == 0o600
    assert sorted(each.name for each in tmp_path.iterdir() if each.name.startswith("copy")) == ["copy.db"]
    copy = open_url(f"sqlite://{to}")
    await copy.open()
    assert await copy.customer_file(customer.key) == await store.customer_file(customer.key)
    assert all(sound for _, sound, _ in await copy.check())
    await copy.close()
    before = to.read_bytes()
    with pytest.raises(Refused):
        await store.backup(str(to))
    link = tmp_path / "link.db"
    link.symlink_to(tmp_path / "elsewhere.db")
    with pytest.raises(Refused):
        await store.backup(str(link))
    assert to.read_bytes() == before
    assert not (tmp_path / "elsewhere.db").exists()


async def test_a_sound_store_passes_every_check(store: SqlBackend) -> None:
    """All checks are made and none finds anything in what the store itself wrote."""
    await a_person(store)
    checks = await store.check()
    assert [name for name, sound, _ in checks if not sound] == []
    assert {name for name, _, _ in checks} >= {"integrity", "references", "full text", "audit", "schema", "private"}


@pytest.mark.parametrize(
    ("damage", "failing"),
    [
        ("DELETE FROM operator", {"references"}),
        ("UPDATE contract SET line_ids = '[99]'", {"lists"}),
        ("UPDATE customer SET name = 'Ewa'", {"search"}),
        ("UPDATE customer SET contacts = 7", {"counts"}),
        ("INSERT INTO contact_words (contact_words) VALUES ('delete-all')", {"full text"}),
        ("UPDATE contact SET at = at + 5000000 WHERE id = 1", {"full text"}),
    ],
)
async def test_damage_is_named(store: SqlBackend, damage: str, failing: set[str]) -> None:
    """What somebody did to the file behind the program's back is found by the check for it."""
    customer = await a_person(store)
    await store.write(Batch((Put(a_contract(customer)),), "ola"))
    without_guard(store.file, "PRAGMA foreign_keys = OFF", damage)
    found = {name for name, sound, _ in await store.check() if not sound}
    assert found - {"schema"} == failing
    assert "schema" in found, "the triggers are gone"


async def test_a_readable_store_is_named(store: SqlBackend) -> None:
    """A file that others may read is found."""
    os.chmod(store.file, 0o644)
    assert [name for name, sound, _ in await store.check() if not sound] == ["private"]


async def test_a_broken_file_is_damaged(store: SqlBackend) -> None:
    """Pages overwritten with rubbish raise Damaged when they are read, or are named by the check."""
    await a_person(store)
    await store.close()
    held = bytearray(store.file.read_bytes())
    held[4096 : len(held)] = b"\xaa" * (len(held) - 4096)
    store.file.write_bytes(held)
    with pytest.raises(Damaged):
        await store.open()


async def test_what_is_named_cannot_be_taken_back(store: SqlBackend) -> None:
    """A record that another one names, in a list too, is not removed; the field that names it is told."""
    operator = an_operator()
    customer = a_customer(operator)
    line = a_line(customer)
    receipt = await store.write(
        Batch((Put(operator), Put(customer), Put(line), Put(a_contract(customer, line_keys=(line.key,)))), "ola")
    )
    for change, field in ((receipt.changes[2], "line_keys"), (receipt.changes[0], "operator_key")):
        assert change.after is not None
        with pytest.raises(Invalid) as raised:
            await store.write(Batch((Remove(change.after, seen=1),), "ola", act="undo"))
        assert (raised.value.field, raised.value.code) == (field, "in_use")


async def test_numbers_are_never_given_twice(store: SqlBackend) -> None:
    """A number taken back by undo, or taken by an import, is not given again."""
    operator = an_operator()
    first = (await store.write(Batch((Put(operator), Put(a_customer(operator))), "ola"))).changes
    stored = first[1].after
    assert isinstance(stored, Customer)
    await store.write(Batch((Remove(stored, seen=1),), "ola", act="undo"))
    (operator,) = await store.operators()
    second = (await store.write(Batch((Put(a_customer(operator)),), "ola"))).changes[0].after
    assert isinstance(second, Customer)
    assert second.number != stored.number
    assert second.key != stored.key
    following = assigned("C", 3)
    imported = a_customer(operator, number=following.lower())
    items = (Put(a_customer(operator)), Put(imported))
    changes = (await store.write(Batch(items, "ola"))).changes
    numbers = [change.after.number.upper() for change in changes if isinstance(change.after, Customer)]
    assert len(set(numbers)) == 2
