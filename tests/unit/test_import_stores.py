"""An import is the same on every store, and every store can tell what it holds."""

from __future__ import annotations

import mailbox
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from backends.port import Backend, Origins, TicketFilter
from backends.records import AnswerState, Charge, Contact, Customer, Line, Operator, Origin, Ticket, TicketEvent
from backends.registry import backend_for
from console.desk.importing import Format, Order, Rejects, Report, mapping_from, run

NOW = datetime(2031, 6, 1, tzinfo=UTC)
START = datetime(2031, 5, 1, 8, tzinfo=UTC)
NORD = {"code": "nord", "name": "Nordnet", "country": "SE", "language": "sv", "time_zone": "Europe/Stockholm",
        "email": "care@nordnet.example"}  # fmt: skip
TABLE = """nr,who,mail,line,invoice,amount,opened,closed
1,a,anna@example.net,L-1,1,"12,50",2031-04-01,2031-04-03
2,a,anna@example.net,L-1,,,2031-04-02,
3,b,bo@example.net,,,,2031-04-03,
"""
MAPPING: dict[str, Any] = {
    "source": "old",
    "operator": NORD,
    "currency": "SEK",
    "decimal": ",",
    "customer": {"id": "who", "name": "who", "email": "mail"},
    "line": {"number": "line", "service": {"constant": "internet"}},
    "charge": {"id": {"column": "invoice", "prefix": "F-"}, "text": {"constant": "Invoice"}, "amount": "amount",
               "charged_on": "opened"},
    "ticket": {"id": "nr", "kind": {"constant": "fault"}, "subject": {"constant": "No line"},
               "opened_at": "opened", "closed_at": "closed",
               "state": {"column": "closed", "table": {"": "open"}, "otherwise": "closed"}},
    "contact": {"channel": {"constant": "call"}, "at": "opened", "body": {"constant": "The light blinks"}},
}  # fmt: skip


@pytest.fixture(params=["memory", "sqlite"])
async def backend(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Backend]:
    """Return each kind of store, open and empty."""
    opened = backend_for("memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'desk.db'}")
    await opened.open()
    yield opened
    await opened.close()


async def imported(backend: Backend, path: Path, format_: Format, mapping: dict[str, Any] = MAPPING) -> Report:
    """Return the report of importing one file."""
    report = Report()
    order = Order(mapping_from(mapping), format_, (path,), "tester", NOW)
    await run(order, backend, report, Rejects(None), lambda _done, _total: None)
    assert report.reasons == {}
    return report


def letter(name: str, sender: str, to: str, minutes: int, follows: str = "") -> EmailMessage:
    """Return a mail."""
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = sender, to, f"<{name}@x>"
    message["Subject"] = "Re: light"
    message["Date"] = format_datetime(START + timedelta(minutes=minutes))
    if follows:
        message["In-Reply-To"] = message["References"] = f"<{follows}@x>"
    message.set_content(f"Text of {name}\n")
    return message


async def test_a_table_is_the_same_on_every_store(backend: Backend, tmp_path: Path) -> None:
    """All kinds of records, once, and nothing more the second time."""
    table = tmp_path / "in.csv"
    table.write_text(TABLE, encoding="utf-8")
    first = await imported(backend, table, Format.CSV)
    assert first.added == {
        "operator": 1, "customer": 2, "line": 1, "charge": 1, "ticket": 3, "ticket_event": 4, "contact": 3}  # fmt: skip
    second = await imported(backend, table, Format.CSV)
    assert second.added == {}
    page = await backend.tickets(TicketFilter())
    assert len(page.rows) == 3
    mine = await backend.customer_file(next(each.customer_key for each in page.rows if each.line_key))
    assert [line.number for line in mine.lines] == ["L-1"]
    entries = (await backend.timeline(mine.customer.key)).rows
    assert len([entry for entry in entries if isinstance(entry, TicketEvent)]) == 3
    assert len([entry for entry in entries if isinstance(entry, Contact)]) == 2
    verdict = await backend.audit_verify()
    assert verdict.broken_at is None


async def test_a_conversation_is_the_same_on_every_store(backend: Backend, tmp_path: Path) -> None:
    """Received and sent mailboxes in two imports, with customers whom a table brought: one thread, answered."""
    table = tmp_path / "in.csv"
    table.write_text(TABLE, encoding="utf-8")
    await imported(backend, table, Format.CSV)
    anna, care = "anna@example.net", "care@nordnet.example"
    boxes = {
        "received": [
            letter("m1", anna, care, 0),
            letter("m2", anna, care, 5, "m1"),
            letter("n1", "new@x.example", care, 6),
        ],
        "sent": [letter("r1", care, anna, 60, "m1")],
    }
    mails = {**{key: value for key, value in MAPPING.items() if key in ("source", "operator")}, "mail": {}}
    for name, letters in boxes.items():
        box = mailbox.mbox(tmp_path / name)
        for each in letters:
            box.add(each)
        box.close()
        report = await imported(backend, tmp_path / name, Format.MBOX, mails)
        assert report.added["contact"] == len(letters)
        again = await imported(backend, tmp_path / name, Format.MBOX, mails)
        assert (again.added, again.answered) == ({}, 0)
    (match,) = await backend.search(anna)
    contacts = {}
    for entry in (await backend.timeline(match.customer.key)).rows:
        if isinstance(entry, Contact) and entry.channel == "email":
            whole = await backend.contact(entry.key)
            contacts[whole.body.split()[-1]] = whole
    assert set(contacts) == {"m1", "m2", "r1"}
    assert len({contact.thread for contact in contacts.values()}) == 1
    assert contacts["m1"].answer is AnswerState.ANSWERED
    assert contacts["m1"].answered_by == contacts["r1"].key
    assert contacts["m2"].answer is AnswerState.ANSWERED
    waiting = [contact.sender for contact, _customer in (await backend.queue()).rows]
    assert waiting == ["new@x.example"]


async def test_every_store_can_tell_what_it_holds(backend: Backend, tmp_path: Path) -> None:
    """By kind and origin, also for kinds that know no origin; nothing for what it never saw."""
    table = tmp_path / "in.csv"
    table.write_text(TABLE, encoding="utf-8")
    await imported(backend, table, Format.CSV)
    assert isinstance(backend, Origins)
    one, foreign, other = Origin("old", "1"), Origin("new", "1"), Origin("old", "9")
    found = await backend.stored(Ticket, [one, foreign, other])
    assert set(found) == {one}
    assert (await backend.ticket(found[one])).origin == one
    assert set(await backend.stored(Customer, [one, Origin("old", "a")])) == {Origin("old", "a")}
    assert set(await backend.stored(Charge, [Origin("old", "F-1")])) == {Origin("old", "F-1")}
    assert await backend.stored(Line, [one]) == {}
    assert await backend.stored(Operator, [one]) == {}
    assert await backend.stored(Contact, []) == {}
