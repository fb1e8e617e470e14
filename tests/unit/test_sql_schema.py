"""The schema: made in one go or by migrations it is the same, and no store of another version is touched."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from backends.contract.samples import a_contact, a_customer, a_foreign_end, a_link, an_operator
from backends.errors import Damaged, Unavailable, WrongVersion
from backends.port import Batch, Put
from backends.records import Origin, Outcome, PromiseKind
from backends.sql import connecting, open_url, revisions, schema
from backends.sql.connecting import path_of
from backends.sql.shapes import SHAPES


def at_revision_0001(file: Path) -> Path:
    """Make a store as the first release made it, with a customer in it; later upgrades are tested on this."""
    file.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    schema.upgrade(file, to="0001")
    connection = sqlite3.connect(file)
    with connection:
        connection.execute(
            "INSERT INTO operator (id, code, name, country, language, time_zone, currency, numbers, email, greeting,"
            " desk_hours, chase_threshold, active, version)"
            " VALUES (1, 'breza', 'Breza', 'PL', 'pl', 'Europe/Warsaw', 'PLN', '[\"+48221234567\"]',"
            " '', '', '', 3, 1, 1)"
        )
        connection.execute(
            "INSERT INTO customer (id, number, number_key, operator_id, kind, name, language, greeting_name, street,"
            " house, unit, postcode, town, region, country, points, flags, authorised, tone, version)"
            " VALUES (1, 'C-100009', 'C100009', 1, 'subscriber', 'Jan Nowak', 'pl', '', '', '', '', '', '', '', '',"
            ' \'[{"kind":"mobile","value":"+48601234567"}]\', \'["business"]\', \'[]\', \'\', 1)'
        )
    connection.close()
    return file


def rows_of(connection: sqlite3.Connection, *tables: str) -> list[dict[str, object]]:
    """Return all rows of these tables, each by the names of its columns."""
    connection.row_factory = sqlite3.Row
    found = [dict(row) for table in tables for row in connection.execute(f"SELECT * FROM {table} ORDER BY id")]
    connection.row_factory = None
    return found


def at_revision_0002(file: Path) -> Path:
    """Make a store as the second release made it: an event and a promise on a ticket, a handover, a contact."""
    at_revision_0001(file)
    schema.upgrade(file, to="0002")
    connection = sqlite3.connect(file)
    with connection:
        connection.executescript(
            """
            INSERT INTO ticket (id, reference, reference_key, customer_id, operator_id, kind, subject, opened_at, state,
              priority, description, details, opened_by, holder, holder_name, holder_reference, next_step,
              next_step_at, outcome_reason, resolution, compensations, version)
              VALUES (1, 'T-1000', 'T1000', 1, 1, 'fault', 'No line', 5, 'open', 'normal', '', '[]', 'ola', 'desk', '',
              '', 'look', 9, '', '', '[]', 4);
            INSERT INTO contact (id, reference, reference_key, customer_id, operator_id, channel, direction, at,
              subject, body, whole, seconds, thread, ticket_id, agent, sender, recipient, answer, waived_reason,
              attachments, outcome, version)
              VALUES (1, 'K-1000', 'K1000', 1, 1, 'call', 'in', 5, '', 'dead', 1, 60, '', 1, 'ola', '', '',
              'not_needed', '', '[]', '', 1);
            INSERT INTO ticket_event (id, ticket_id, customer_id, kind, at, by, before, after, text, contact_id,
              version) VALUES (7, 1, 1, 'reopened', 5, 'ola', 'closed', 'open', 'zażółć', 1, 1);
            INSERT INTO promise (id, customer_id, kind, deed, made_at, due_at, ticket_id, contact_id, made_by, owner,
              state, closed_reason, version)
              VALUES (3, 1, 'call_back', 'call', 5, 20, 1, 1, 'ola', 'ola', 'open', '', 2);
            INSERT INTO handover (id, ticket_id, customer_id, "to", at, by, note, told_customer, due_at, accepted_by,
              version) VALUES (2, 1, 1, 'technical', 5, 'ola', '', '', 30, '', 1);
            INSERT INTO receipt (key, at, customer_ids, body) VALUES ('once', 1800000000000000, '[1]',
              '{"changes":[[null,["chase",[4,1,1,5,"ola",null,0,"",1]]]],"known":[],"keys":{"new:1":"chase:4"}}');
            """
        )
    connection.close()
    return file


async def test_a_second_store_is_upgraded_to_the_rules_of_the_desk(tmp_path: Path) -> None:
    """Nothing stored before is changed; what is new has its default and can be stored; the copy stays as it was."""
    file = at_revision_0002(tmp_path / "old.db")
    tables = ("operator", "customer", "ticket", "contact", "ticket_event", "promise", "handover")
    connection = sqlite3.connect(file)
    held = rows_of(connection, *tables)
    connection.close()
    backend = open_url(f"sqlite://{file}")
    assert await backend.backup(str(tmp_path / "copy.db")) > 0
    heard: list[str] = []
    assert await backend.upgrade(heard.append) == revisions.HEAD
    assert heard == ["0003"]
    connection = sqlite3.connect(file)
    assert schema.differences(connection) == []
    after = rows_of(connection, *tables)
    connection.close()
    assert len(held) == 7
    assert all(was.items() <= now.items() for was, now in zip(held, after, strict=True))
    copy = sqlite3.connect(tmp_path / "copy.db")
    assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == ("0002",)
    assert rows_of(copy, *tables) == held
    copy.close()
    await backend.open()
    found = await backend.customer_file("customer:1")
    (ticket,), (promise,), (handover,) = found.tickets, found.promises, found.handovers
    assert (found.operator.region, found.operator.accept_minutes, found.operator.ladder) == ("", 30, ())
    assert (ticket.escalated_to, ticket.class_proposed, handover.declined_at) == ("", None, None)
    checked = replace(promise, kind=PromiseKind.DOCUMENT_CHECK)
    receipt = await backend.write(
        Batch((Put(checked, seen=2), Put(replace(ticket, class_proposed=Outcome.RECOVERED), seen=4)), "ola")
    )
    assert receipt.changes[0].after == replace(checked, version=3)
    repeated = await backend.write(Batch((Put(replace(checked, key="new:1")),), "ola", idempotency_key="once"))
    assert (repeated.repeated, repeated.changes, repeated.keys) == (True, (), {"new:1": "chase:4"})
    sound = {name: passed for name, passed, _ in await backend.check()}
    assert [name for name in ("schema", "references", "integrity") if not sound[name]] == []
    await backend.close()


async def test_a_first_store_reads_after_all_upgrades(tmp_path: Path) -> None:
    """What the first release stored is read by this one after its upgrade."""
    file = at_revision_0001(tmp_path / "old.db")
    backend = open_url(f"sqlite://{file}")
    assert await backend.upgrade() == revisions.HEAD
    await backend.open()
    found = await backend.customer_file("customer:1")
    assert (found.customer.name, found.customer.points[0].value) == ("Jan Nowak", "+48601234567")
    assert found.operator.numbers == ("+48221234567",)
    await backend.close()


@pytest.mark.parametrize("made", ["before the index of digits", "after it"])
async def test_a_first_store_is_upgraded_to_links(tmp_path: Path, made: str) -> None:
    """Both makes of the first store become the present one: links can be stored, and nothing that was there is lost."""
    file = at_revision_0001(tmp_path / "old.db")
    connection = sqlite3.connect(file)
    if made == "before the index of digits":
        connection.execute("DROP INDEX ix_ticket_digits")
        connection.commit()
    held = rows_of(connection, "customer", "operator")
    connection.close()
    backend = open_url(f"sqlite://{file}", name="desk")
    with pytest.raises(WrongVersion) as raised:
        await backend.open()
    assert not raised.value.newer
    heard: list[str] = []
    assert await backend.upgrade(heard.append) == revisions.HEAD
    assert heard == ["0002", "0003"]
    connection = sqlite3.connect(file)
    assert schema.differences(connection) == []
    after = rows_of(connection, "customer", "operator")
    connection.close()
    assert all(was.items() <= now.items() for was, now in zip(held, after, strict=True))
    await backend.open()
    link = a_link(Origin("desk", "customer:1"), a_foreign_end())
    await backend.write(Batch((Put(link),), "ola"))
    assert [found.right for found in await backend.links([link.left])] == [link.right]
    checked = {name: sound for name, sound, _ in await backend.check()}
    assert [name for name in ("schema", "references", "integrity") if not checked[name]] == []
    await backend.close()


@pytest.mark.filterwarnings("ignore:.*expression-based index.*ix_ticket_digits")
async def test_migrations_make_the_same_schema(tmp_path: Path) -> None:
    """A store that went through every migration differs in nothing from a new one, nor from the tables' metadata."""
    file = tmp_path / "migrated.db"
    file.touch()
    heard: list[str] = []
    schema.upgrade(file, heard.append)
    assert heard == list(revisions.KNOWN)
    new = open_url(f"sqlite://{tmp_path}/new.db")
    await new.open()
    await new.close()
    for each in (file, tmp_path / "new.db"):
        connection = sqlite3.connect(each)
        assert schema.differences(connection) == []
        connection.close()
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with schema.engine_on(file) as connected:
        found = compare_metadata(MigrationContext.configure(connected), schema.metadata())
    # Alembic sees neither virtual tables nor collations and expressions of an index; `differences` does
    beyond = ("contact_words", "sqlite_sequence", "uq_agent_login", "uq_operator_code")
    assert [each for each in found if not any(name in str(each) for name in beyond)] == []


def test_differences_are_found(tmp_path: Path) -> None:
    """A missing index, another check, an extra column and a lost trigger are each named."""
    file = tmp_path / "changed.db"
    file.touch()
    schema.upgrade(file)
    connection = sqlite3.connect(file)
    connection.execute("DROP INDEX ix_contact_timeline")
    connection.execute("DROP TRIGGER audit_no_update")
    connection.execute("ALTER TABLE visit ADD COLUMN surprise TEXT")
    assert schema.differences(connection) == ["audit_no_update", "ix_contact_timeline", "visit"]
    connection.close()


def test_the_head_is_the_last_migration() -> None:
    """The constant that is read without Alembic names what Alembic knows as the head, and the way there."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(schema.configuration())
    assert scripts.get_current_head() == revisions.HEAD
    assert [each.revision for each in reversed(list(scripts.walk_revisions()))] == list(revisions.KNOWN)


def test_statements_name_columns_that_exist() -> None:
    """Every column that a record is read from and written to is in the metadata, and none of a record's is left out."""
    for shape in SHAPES:
        table = schema.metadata().tables[shape.kind]
        counted = {"contacts"} if shape.kind == "customer" else set()
        assert set(shape.columns) == {column.name for column in table.columns} - counted


def test_keys_in_statements_are_foreign_keys() -> None:
    """Every key that a record holds is a foreign key to the kind it names; lists of keys are checked when stored."""
    for shape in SHAPES:
        declared = {
            (key.parent.name, key.column.table.name) for key in schema.metadata().tables[shape.kind].foreign_keys
        }
        named = {(part.columns[0], part.refers) for part in shape.parts if part.refers and not part.many}
        assert named == declared


def test_all_tables_are_strict() -> None:
    """No table takes a text where a number belongs."""
    assert all(table.dialect_options["sqlite"]["strict"] for table in schema.metadata().tables.values())


async def test_a_new_store_is_private(tmp_path: Path) -> None:
    """Folder, file, log and shared memory are for their owner alone, whatever the umask."""
    before = os.umask(0)
    try:
        backend = open_url(f"sqlite://{tmp_path}/data/desk/x.db")
        await backend.open()
        await backend.write(Batch((Put(an_operator()),), "ola"))
        folder = tmp_path / "data" / "desk"
        assert {stat.S_IMODE(each.stat().st_mode) for each in (folder, folder.parent)} == {0o700}
        assert {each.name for each in folder.iterdir()} == {"x.db", "x.db-wal", "x.db-shm"}
        assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}
        await backend.close()
    finally:
        os.umask(before)


async def test_a_newer_store_is_left_alone(tmp_path: Path) -> None:
    """A store of a later program is refused, and not a byte of it changes."""
    file = at_revision_0001(tmp_path / "newer.db")
    connection = sqlite3.connect(file)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    before = file.read_bytes()
    backend = open_url(f"sqlite://{file}")
    with pytest.raises(WrongVersion) as raised:
        await backend.open()
    assert (raised.value.found, raised.value.known, raised.value.newer) == ("9999", revisions.HEAD, True)
    with pytest.raises(WrongVersion):
        await backend.upgrade()
    assert file.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["newer.db"]


async def test_an_older_store_can_be_backed_up_and_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store of an earlier program is refused as older, untouched, and can be copied before its upgrade."""
    file = at_revision_0001(tmp_path / "older.db")
    before = file.read_bytes()
    monkeypatch.setattr(connecting, "HEAD", "0002")
    monkeypatch.setattr(connecting, "KNOWN", ("0001", "0002"))
    backend = open_url(f"sqlite://{file}")
    with pytest.raises(WrongVersion) as raised:
        await backend.open()
    assert not raised.value.newer
    assert file.read_bytes() == before
    assert await backend.backup(str(tmp_path / "copy.db")) > 0
    assert at_rest(tmp_path / "copy.db") == at_rest(file)


def at_rest(file: Path) -> list[str]:
    """Return all rows of all tables of a store."""
    connection = sqlite3.connect(file)
    try:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%STRICT'")
        return [f"{name} {row}" for (name,) in tables.fetchall() for row in connection.execute(f"SELECT * FROM {name}")]
    finally:
        connection.close()


async def test_what_is_no_store_is_damaged(tmp_path: Path) -> None:
    """A text file, another program's database and a file cut in half are Damaged; none is taken for an empty store."""
    text = tmp_path / "text.db"
    text.write_text("dear customer\n" * 1_000)
    other = tmp_path / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE mine (x)")
    connection.close()
    for file in (text, other):
        before = file.read_bytes()
        with pytest.raises(Damaged):
            await open_url(f"sqlite://{file}").open()
        assert file.read_bytes() == before


async def test_a_folder_is_no_store(tmp_path: Path) -> None:
    """What cannot be opened as a file is Unavailable."""
    with pytest.raises(Unavailable):
        await open_url(f"sqlite://{tmp_path}").open()


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:///srv/desk.db", "/srv/desk.db"),
        ("sqlite:////srv/desk.db", "/srv/desk.db"),
        ("sqlite:///srv/my%20desk/a%25b.db", "/srv/my desk/a%b.db"),
        ("sqlite:///~/desk.db", os.path.expanduser("~/desk.db")),
        ("sqlite:desk.db", str(Path("desk.db").absolute())),
    ],
)
def test_a_url_names_a_file(url: str, file: str) -> None:
    """Paths are absolute with three slashes or four; escapes and the home folder are understood."""
    assert str(path_of(url)) == file


@pytest.mark.parametrize(
    "url", ["sqlite:", "sqlite:///", "sqlite://host/x.db", "sqlite:///x.db?mode=ro", "sqlite:///x#y"]
)
def test_a_url_is_not_half_understood(url: str) -> None:
    """A URL with parts that mean nothing to a file is refused instead of guessed."""
    with pytest.raises(Unavailable):
        path_of(url)


async def test_an_open_store_needs_the_standard_library_alone(tmp_path: Path) -> None:
    """Opening, searching, reading a file and writing a contact load none of the schema's tools."""
    backend = open_url(f"sqlite://{tmp_path}/x.db")
    await backend.open()
    operator = an_operator()
    customer = a_customer(operator, name="Jan Nowak")
    await backend.write(Batch((Put(operator), Put(customer), Put(a_contact(customer))), "ola"))
    await backend.close()
    code = f"""
import asyncio, sys
from backends.sql import open_url
from backends.port import Batch, Put
from backends.records import Contact, Direction, new_key
from datetime import UTC, datetime

async def use():
    backend = open_url("sqlite://{tmp_path}/x.db")
    await backend.open()
    (match,) = await backend.search("nowak")
    file = await backend.customer_file(match.customer.key)
    assert len((await backend.timeline(match.customer.key)).rows) == 1
    contact = Contact(new_key(), "", match.customer.key, file.operator.key, "call", Direction.INBOUND,
                      datetime.now(UTC), body="hello")
    await backend.write(Batch((Put(contact),), "ola"))
    assert len((await backend.search_text("hello")).rows) == 1
    await backend.close()

asyncio.run(use())
print(*sorted(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"sqlmodel", "sqlalchemy", "alembic", "pydantic", "phonenumbers", "httpx", "keyring", "textual", "mako"}
    assert not heavy & set(done.stdout.split())
