"""Mailboxes come in as conversations: each mail once, under its customer, in its thread, answered or not."""

from __future__ import annotations

import mailbox
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends import clean
from backends.memory import MemoryBackend
from backends.port import Batch, Put
from backends.records import (
    AnswerState,
    Contact,
    ContactPoint,
    Customer,
    CustomerKind,
    Direction,
    Operator,
    PointKind,
    Ticket,
    TicketKind,
)
from console.desk.importing import Format, Order, Rejects, Report, mapping_from, run

NOW = datetime(2031, 6, 1, 12, tzinfo=UTC)
START = datetime(2031, 5, 1, 8, tzinfo=UTC)
NORD = Operator("op", "nord", "Nordnet", "SE", "sv", "Europe/Stockholm", email="care@nordnet.example")
OTHER = Operator("op2", "sud", "Sudnet", "IT", "it", "Europe/Rome")
ANNA = Customer(
    "anna", "C-1", "op", CustomerKind.SUBSCRIBER, "Anna Lind", "sv",
    points=(ContactPoint(PointKind.EMAIL, "anna@example.net"),),
)  # fmt: skip
BO = Customer(
    "bo", "C-2", "op", CustomerKind.SUBSCRIBER, "Bo Ek", "sv", points=(ContactPoint(PointKind.EMAIL, "bo@example.net"),)
)
TICKET = Ticket("t", "T-100007", "anna", "op", TicketKind.FAULT, "No line", START - timedelta(days=1))

CARE = "Nordnet Care <care@nordnet.example>"
ANNA_MAIL = "Anna Lind <anna@example.net>"

REPLIES = {
    "en": ("Still dead, sorry.", "On Thu, 1 May 2031 at 10:00, Care <care@nordnet.example> wrote:\n> Is it well now?"),
    "it": ("Ancora niente.", "Il giorno gio 1 mag 2031 alle ore 10:00 Care <care@nordnet.example> ha scritto:\n> Va?"),
    "fr": ("Toujours en panne.", "Le jeu. 1 mai 2031 à 10:00, Care <care@nordnet.example> a écrit :\n> Ça marche ?"),
    "pl": ("Nadal nie działa.", "czw., 1 maj 2031 o 10:00 Care <care@nordnet.example> napisał(a):\n> Czy działa?"),
    "sv": ("Fortfarande dött.", "Den tors 1 maj 2031 kl 10:00 skrev Care <care@nordnet.example>:\n> Fungerar det nu?"),
}


def mail(
    body: str = "Hello",
    *,
    sender: str = ANNA_MAIL,
    to: str = CARE,
    subject: str = "No internet",
    name: str = "<m1@example.net>",
    after: int = 0,
    follows: str = "",
    references: str = "",
    **headers: str,
) -> EmailMessage:
    """Return a mail written `after` minutes after the start."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = format_datetime(START + timedelta(minutes=after))
    if name:
        message["Message-ID"] = name
    if follows:
        message["In-Reply-To"] = follows
    if references:
        message["References"] = references
    for header, value in headers.items():
        message[header.replace("_", "-")] = value
    message.set_content(body)
    return message


def mbox(folder: Path, mails: Sequence[EmailMessage], name: str = "box.mbox") -> Path:
    """Return an mbox file of these mails."""
    path = folder / name
    box = mailbox.mbox(path)
    for each in mails:
        box.add(each)
    box.close()
    return path


def maildir(folder: Path, mails: Sequence[EmailMessage]) -> Path:
    """Return a maildir of these mails."""
    path = folder / "Maildir"
    box = mailbox.Maildir(path)
    for each in mails:
        box.add(each)
    box.close()
    return path


def eml(folder: Path, mails: Sequence[EmailMessage]) -> Path:
    """Return a folder with a file a mail."""
    path = folder / "mails"
    path.mkdir()
    for number, each in enumerate(mails):
        (path / f"{number}.eml").write_bytes(each.as_bytes())
    return path


async def store() -> MemoryBackend:
    """Return an open store with two operators, two customers and a ticket."""
    backend = MemoryBackend([NORD, OTHER, ANNA, BO, TICKET], now=lambda: NOW)
    await backend.open()
    return backend


async def imported(
    backend: MemoryBackend,
    path: Path,
    format_: Format = Format.MBOX,
    *,
    dry_run: bool = False,
    batch: int = 200,
    **rules: object,
) -> Report:
    """Return the report of importing one mailbox."""
    mapping = mapping_from({"source": "box", "operator": "nord", "batch": batch, "mail": rules})
    report = Report()
    order = Order(mapping, format_, (path,), "tester", NOW, dry_run=dry_run)
    await run(order, backend, report, Rejects(None), lambda _done, _total: None)
    return report


def contacts(backend: MemoryBackend) -> dict[str, Contact]:
    """Return imported contacts by their Message-ID without what follows the @."""
    found = sorted(backend.store.state.every(Contact), key=lambda contact: contact.at)
    return {contact.origin.foreign_id.partition("@")[0]: contact for contact in found if contact.origin}


CONVERSATION = (
    mail("The red light blinks."),
    mail("Are you there?", name="<m2@example.net>", follows="<m1@example.net>", after=5),
    mail("We look into it.", sender=CARE, to=ANNA_MAIL, name="<r1@nordnet.example>", follows="<m2@example.net>",
         references="<m1@example.net> <m2@example.net>", after=60),
    mail("Thanks, it works.", name="<m3@example.net>", follows="<r1@nordnet.example>",
         references="<m1@example.net> <m2@example.net> <r1@nordnet.example>", after=120),
)  # fmt: skip


@pytest.mark.parametrize(("make", "format_"), [(mbox, Format.MBOX), (maildir, Format.MAILDIR), (eml, Format.EML)])
@pytest.mark.parametrize("batch", [1, 2, 200])
async def test_a_conversation_is_one_thread_and_what_we_answered_is_answered(
    tmp_path: Path, make: object, format_: Format, batch: int
) -> None:
    """Whatever the mailbox's kind, the order of its files and the size of batches; a second run adds nothing."""
    assert callable(make)
    path = make(tmp_path, list(reversed(CONVERSATION)))
    backend = await store()
    report = await imported(backend, path, format_, batch=batch)
    found = contacts(backend)
    assert list(found) == ["m1", "m2", "r1", "m3"]
    assert {contact.customer_key for contact in found.values()} == {"anna"}
    assert len({contact.thread for contact in found.values()}) == 1
    assert [contact.direction for contact in found.values()] == [
        Direction.INBOUND, Direction.INBOUND, Direction.OUTBOUND, Direction.INBOUND]  # fmt: skip
    answer = found["r1"]
    for name in ("m1", "m2"):
        assert found[name].answer is AnswerState.ANSWERED
        assert (found[name].answered_by, found[name].answered_at) == (answer.key, answer.at)
    assert found["m3"].answer is AnswerState.WAITING
    assert answer.agent == "Nordnet Care"
    assert (report.added, report.known, report.answered) == ({"contact": 4}, {"customer": 1}, 2)
    before = dict(backend.store.state.tables)
    again = await imported(backend, path, format_, batch=batch)
    assert (again.added, again.known["contact"], again.answered) == ({}, 4, 0)
    assert backend.store.state.tables == before


@pytest.mark.parametrize("first", ["received", "sent"])
async def test_received_and_sent_mail_may_come_in_two_imports(tmp_path: Path, first: str) -> None:
    """Threads and answers are the same whichever mailbox is imported first."""
    received = mbox(tmp_path, [CONVERSATION[0], CONVERSATION[1]], "received.mbox")
    sent = mbox(tmp_path, [CONVERSATION[2]], "sent.mbox")
    backend = await store()
    for path in (received, sent) if first == "received" else (sent, received):
        await imported(backend, path)
    found = contacts(backend)
    assert len({contact.thread for contact in found.values()}) == 1
    for name in ("m1", "m2"):
        assert (found[name].answer, found[name].answered_by) == (AnswerState.ANSWERED, found["r1"].key)


@pytest.mark.parametrize("language", sorted(REPLIES))
async def test_the_new_text_comes_first_and_the_quoted_is_kept(tmp_path: Path, language: str) -> None:
    """In each language's way of quoting, also when the answer stands below the quotation."""
    new, quoted = REPLIES[language]
    above = mail(f"{new}\n\n{quoted}\n", name="<above@example.net>")
    below = mail(f"{quoted}\n\n{new}\n", name="<below@example.net>", after=1)
    backend = await store()
    await imported(backend, mbox(tmp_path, [above, below]))
    for contact in contacts(backend).values():
        assert contact.body.startswith(new)
        assert quoted.splitlines()[-1] in contact.body
    hits = await backend.search_text(new.split()[-1].strip("."))
    assert len(hits.rows) == 2


async def test_somebody_new_becomes_one_prospect(tmp_path: Path) -> None:
    """Two mails from an unknown address make one customer, found by that address; or are rejected on request."""
    mails = [mail(sender="Jan Ny <JAN@ny.example>"), mail(sender="jan@ny.example", name="<m2@x>", after=3)]
    path = mbox(tmp_path, mails)
    backend = await store()
    refused = await imported(backend, path, new_customers="reject")
    assert refused.reasons == {("customer.email", "unknown_sender"): 2}
    report = await imported(backend, path, batch=1)
    assert report.added == {"customer": 1, "contact": 2}
    assert report.known == {}
    (match,) = await backend.search("jan@ny.example")
    assert (match.customer.name, match.customer.kind, match.customer.language) == (
        "Jan Ny",
        CustomerKind.PROSPECT,
        "sv",
    )


async def test_a_reference_in_the_subject_hangs_the_mail_on_its_ticket(tmp_path: Path) -> None:
    """For the ticket's customer and for a stranger; not for another customer, nor for a number nobody has."""
    subject = "Re: [T-100007] No line"
    mails = [
        mail(subject=subject, name="<own@x>"),
        mail(subject=subject, name="<stranger@x>", sender="anna.lind@work.example", after=1),
        mail(subject=subject, name="<other@x>", sender="bo@example.net", after=2),
        mail(subject="[T-999999]", name="<unknown@x>", after=3),
        mail(subject="And again", name="<child@x>", follows="<own@x>", after=4),
    ]
    backend = await store()
    report = await imported(backend, mbox(tmp_path, mails))
    found = contacts(backend)
    assert {name: (contact.customer_key, contact.ticket_key) for name, contact in found.items()} == {
        "own": ("anna", "t"),
        "stranger": ("anna", "t"),
        "other": ("bo", ""),
        "unknown": ("anna", ""),
        "child": ("anna", "t"),
    }
    assert report.notes == {"reference_by_stranger": 1, "reference_elsewhere": 1, "reference_unknown": 1}


async def test_a_reply_from_another_address_stays_with_its_customer(tmp_path: Path) -> None:
    """Who answers our mail from a second address is filed where our mail was."""
    mails = [
        CONVERSATION[0],
        CONVERSATION[2],
        mail(sender="a@work.example", name="<w@x>", follows="<r1@nordnet.example>", after=90),
    ]
    backend = await store()
    await imported(backend, mbox(tmp_path, mails))
    assert contacts(backend)["w"].customer_key == "anna"


@pytest.mark.parametrize(
    "header",
    [{"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"Return_Path": "<>"}, {"List_Id": "<news.x>"}],
)
async def test_what_a_machine_wrote_waits_for_no_answer(tmp_path: Path, header: dict[str, str]) -> None:
    """Absence notices, bounces and lists are kept and are no debt."""
    backend = await store()
    await imported(backend, mbox(tmp_path, [mail(**header)]))  # type: ignore[arg-type]
    assert contacts(backend)["m1"].answer is AnswerState.NOT_NEEDED
    assert (await backend.queue()).rows == ()


async def test_a_web_form_writes_for_the_customer(tmp_path: Path) -> None:
    """From our own address to our own address, with the customer in Reply-To."""
    backend = await store()
    await imported(backend, mbox(tmp_path, [mail(sender=CARE, to=CARE, Reply_To=ANNA_MAIL)]))
    contact = contacts(backend)["m1"]
    assert (contact.customer_key, contact.direction, contact.answer) == ("anna", Direction.INBOUND, AnswerState.WAITING)


async def test_attachments_are_recorded_and_the_original_is_kept(tmp_path: Path) -> None:
    """Name, kind, size and digest in the record; the bytes in the original."""
    message = mail()
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="../../=cmd.pdf")
    backend = await store()
    await imported(backend, eml(tmp_path, [message]), Format.EML)
    contact = contacts(backend)["m1"]
    (attachment,) = contact.attachments
    assert (attachment.content_type, attachment.size, len(attachment.sha256)) == ("application/pdf", 8, 64)
    assert "/" not in attachment.name
    assert backend.store.state.raws[Contact, contact.key] == message.as_bytes()


async def test_mails_without_name_or_date_are_told_apart(tmp_path: Path) -> None:
    """A digest stands in for the Message-ID, the delivery for the date; both are noted, and repeating adds nothing."""
    nameless = mail("One", name="")
    dateless = mail("Two", name="")
    del dateless["Date"]
    future = mail("Three", name="<f@x>")
    future.replace_header("Date", "Thu, 1 May 2055 10:00:00 +0000")
    path = mbox(tmp_path, [nameless, dateless, future])
    backend = await store()
    report = await imported(backend, path)
    assert report.added["contact"] == 3
    assert all(contact.at <= NOW for contact in contacts(backend).values())
    assert (report.notes["no_message_id"], report.notes["no_date"]) == (2, 2)
    assert (await imported(backend, path)).added == {}


async def test_bad_mails_are_rejected_and_the_rest_comes_in(tmp_path: Path) -> None:
    """Empty, too big, without sender or recipient; the good one between them is stored."""
    folder = eml(tmp_path, [mail(), mail("x" * 5000, name="<big@x>"), mail(sender="nobody", name="<n@x>"),
                            mail(sender=CARE, to=CARE, name="<us@x>")])  # fmt: skip
    (folder / "empty.eml").write_bytes(b"")
    (folder / "link.eml").symlink_to("/etc/passwd")
    backend = await store()
    report = await imported(backend, folder, Format.EML, size_limit=2000)
    assert list(contacts(backend)) == ["m1"]
    assert {reason for _path, reason in report.reasons} == {"bad_mail", "too_big", "no_recipient", "no_sender"}
    assert (await imported(backend, tmp_path / "nowhere", Format.MAILDIR)).unusable


async def test_a_trial_run_writes_nothing_and_foretells(tmp_path: Path) -> None:
    """What it says is what the real run does, over several batches."""
    path = mbox(
        tmp_path,
        [*CONVERSATION, mail(sender="new@x.example", name="<n1@x>"), mail(sender="new@x.example", name="<n2@x>")],
    )
    backend = await store()
    before = backend.store.state
    trial = await imported(backend, path, dry_run=True, batch=2)
    assert backend.store.state is before
    real = await imported(backend, path, batch=2)
    assert (trial.added, trial.known, trial.answered) == (real.added, real.known, real.answered)


async def test_brands_are_kept_apart(tmp_path: Path) -> None:
    """A customer or ticket of another operator is none of ours, though the address is the same."""
    backend = await store()
    foreign = Customer("new:1", "", "op2", CustomerKind.SUBSCRIBER, "Eva", "it",
                       points=(ContactPoint(PointKind.EMAIL, "eva@example.net"),))  # fmt: skip
    await backend.write(Batch((Put(foreign),), actor="tester"))
    await imported(backend, mbox(tmp_path, [mail(sender="Eva <eva@example.net>")]))
    contact = contacts(backend)["m1"]
    assert (await backend.customer_file(contact.customer_key)).operator.key == "op"


async def test_what_was_forgotten_stays_forgotten(tmp_path: Path) -> None:
    """Importing the same mailbox again does not bring a person back."""
    path = mbox(tmp_path, [mail("canary-4711", sender="Jan <jan@ny.example>")])
    backend = await store()
    await imported(backend, path)
    (match,) = await backend.search("jan@ny.example")
    await backend.forget(match.customer.key, "tester", "asked")
    report = await imported(backend, path)
    assert report.added == {}
    assert (await backend.search("jan@ny.example")) == ()
    assert (await backend.search_text("canary-4711")).rows == ()


async def test_a_refused_mail_does_not_take_its_neighbours_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a batch is taken apart, answers and new customers of the other mails are still stored."""
    backend = await store()
    write = backend.write

    async def refuse(batch: Batch) -> object:
        from backends.errors import Invalid

        if any(isinstance(item.record, Contact) and "poison" in item.record.subject for item in batch.items):
            raise Invalid("subject", "poison")
        return await write(batch)

    monkeypatch.setattr(backend, "write", refuse)
    mails = [
        *CONVERSATION,
        mail(subject="poison", name="<p@x>", after=7),
        mail(sender="j@ny.example", name="<j@x>", after=8),
    ]
    report = await imported(backend, mbox(tmp_path, mails))
    found = contacts(backend)
    assert list(found) == ["m1", "m2", "j", "r1", "m3"]
    assert found["m1"].answer is AnswerState.ANSWERED
    assert report.reasons == {("subject", "refused"): 1}


_HEADERS = st.sampled_from(
    [b"From", b"To", b"Date", b"Message-ID", b"References", b"Subject", b"Content-Type", b"\xff"]
)
_VALUES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([
        b"anna@example.net", b"care@nordnet.example", b"=?utf-8?b?gICA?=", b"<a@b> <c@d>", b"multipart/mixed",
        b"text/html; charset=nonsense", b"Thu, 1 May 2031 99:99:99", b"[T-100007]",
    ]),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(_HEADERS, _VALUES), max_size=8), st.binary(max_size=120))
async def test_no_bytes_break_an_import(
    tmp_path_factory: pytest.TempPathFactory, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    """Whatever a file holds, it is stored clean or rejected with a reason, and a second run adds nothing."""
    path = tmp_path_factory.mktemp("hostile") / "one.eml"
    path.write_bytes(b"".join(b"%s: %s\r\n" % header for header in headers) + b"\r\n" + body)
    backend = await store()
    report = await imported(backend, path, Format.EML)
    assert report.added["contact"] + report.rejected == 1
    for contact in contacts(backend).values():
        assert clean.line(contact.subject) == contact.subject
        assert clean.block(contact.body) == contact.body
        assert clean.line(contact.sender, limit=2000) == contact.sender
        assert clean.line(contact.recipient, limit=9000) == contact.recipient
    again = await imported(backend, path, Format.EML)
    assert again.added == {}
