"""A real Request Tracker as its own people use it: what they write there is read as they meant it, and they are right.

The contract suite writes through the port. Here colleagues work in RT itself, customers write mails, and rights end.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from backends.contract.samples import a_contact, a_customer, a_ticket, points, unlike_any_other
from backends.errors import Conflict, Invalid, NotAllowed, NotFound, NotSignedIn, Unavailable, Unsupported
from backends.port import Batch, Capability, MatchedOn, Put
from backends.records import (
    AnswerState,
    Channel,
    Contact,
    ContactPoint,
    Customer,
    CustomerKind,
    Direction,
    PointKind,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    TicketState,
)
from tests.servers.rt import OPTIONS

if TYPE_CHECKING:
    from backends.rest.rt import RtBackend
    from tests.servers.rt import RequestTracker

pytestmark = pytest.mark.xdist_group("rt")


@pytest_asyncio.fixture
async def backend(rt_server: RequestTracker) -> AsyncIterator[RtBackend]:
    """Give a console on the emptied server."""
    rt_server.wipe()
    one = rt_server.backend()
    await one.open()
    yield one
    await one.close()


def _person(server: RequestTracker, **fields: Any) -> tuple[str, str]:
    """Let somebody write to RT for the first time; return the customer's key and the login."""
    login = f"{unlike_any_other()}@post.example"
    server.ask("POST", "user", {"Name": login, "EmailAddress": login, "Privileged": 0, **fields})
    return f"user:{server.ask('GET', f'user/{login}')['id']}", login


def _opened(server: RequestTracker, login: str, **fields: Any) -> int:
    """Open a ticket in RT and return its number."""
    body = {"Queue": "Faults", "Subject": "No light", "Requestor": login, "Content": "It is dark.", **fields}
    return int(server.ask("POST", "ticket", body)["id"])


def _contacts(rows: tuple[Contact | TicketEvent, ...]) -> list[Contact]:
    return [row for row in rows if isinstance(row, Contact)]


async def test_somebody_of_rt_is_a_customer(rt_server: RequestTracker, backend: RtBackend) -> None:
    """A user of RT is a customer with number, telephones in E.164, place and language; without a number a prospect."""
    key, login = _person(
        rt_server, RealName="Żaneta Wójcik", HomePhone="22 555 01 02", MobilePhone="(+48) 600 555-102", City="Łódź",
        Zip="90-001", Address1="Piotrkowska 5", Lang="pl", CustomFields={"Customer number": "10002"},
    )  # fmt: skip
    (customer,) = await backend.customers([key])
    assert (customer.name, customer.number, customer.kind) == ("Żaneta Wójcik", "10002", CustomerKind.SUBSCRIBER)
    assert (customer.place.town, customer.place.postcode, customer.place.country) == ("Łódź", "90-001", "PL")
    assert customer.language == "pl"
    assert set(customer.points) == {
        ContactPoint(PointKind.EMAIL, login),
        ContactPoint(PointKind.MOBILE, "+48600555102"),
        ContactPoint(PointKind.PHONE, "+48225550102"),
    }
    plain, _ = _person(rt_server, RealName="Nobody Yet")
    (prospect,) = await backend.customers([plain])
    assert (prospect.kind, prospect.number) == (CustomerKind.PROSPECT, f"U-{plain.removeprefix('user:')}")


async def test_staff_are_no_customers(rt_server: RequestTracker, backend: RtBackend) -> None:
    """Colleagues and RT's own users are found by no search and opened by no key."""
    staff = rt_server.ask("GET", "user/ewa")["id"]
    for key in (f"user:{staff}", "user:1", "user:6"):
        with pytest.raises(NotFound):
            await backend.customer_file(key)
    for text in ("ewa", "ewa@breza.example", "desk", "nobody", f"U-{staff}"):
        assert await backend.search(text) == (), text


async def test_a_telephone_is_found_as_it_was_typed_into_rt(rt_server: RequestTracker, backend: RtBackend) -> None:
    """RT finds nobody by telephone and says everybody: who has a ticket is found, in any notation, and nobody else."""
    rt_server.ask("POST", "user", {"Name": f"{unlike_any_other()}@post.example", "MobilePhone": "700 700 700"})
    key, login = _person(rt_server, RealName="Owen Pritchard", HomePhone="61 / 852-12 34")
    _opened(rt_server, login)
    for text in ("618521234", "+48 61 852 12 34", "0048 61 8521234", "61 852 12 34"):
        (match,) = await backend.search(text)
        assert (match.customer.key, match.on, match.exact) == (key, MatchedOn.PHONE, True), text
    (match,) = await backend.search("521234")
    assert (match.customer.key, match.exact) == (key, False)
    assert await backend.search("61 852 12 35") == ()


async def test_names_without_their_accents(rt_server: RequestTracker, backend: RtBackend) -> None:
    """RT tells accents apart, people who type do not."""
    key, _ = _person(rt_server, RealName="Søren Ågård-Łęcki")
    _person(rt_server, RealName="Sara Agnes")
    for text in ("soren", "agard", "lecki", "ÅGÅRD", "ågård sør", "łęcki"):
        assert [match.customer.key for match in await backend.search(text)] == [key], text


async def test_a_thread_of_mails(rt_server: RequestTracker, backend: RtBackend) -> None:
    """A customer's mail waits until somebody answers in RT; HTML is read as text; what RT mails itself is left out."""
    me = rt_server.ask("GET", "user/pia")["id"]
    number = _opened(rt_server, "pia@breza.example", Subject="Ciemno")
    letter = {"Content": "<p>Still <b>nothing</b></p><script>alert(1)</script>", "ContentType": "text/html"}
    rt_server.ask("POST", f"ticket/{number}/correspond", letter, rt_server.customer_token)
    rows = (await backend.timeline(f"user:{me}")).rows
    (mail,) = _contacts(rows)
    assert (mail.direction, mail.channel, mail.body) == (Direction.INBOUND, Channel.EMAIL, "Still nothing")
    assert (mail.answer, mail.ticket_key) == (AnswerState.WAITING, f"ticket:{number}")
    assert [contact.key for contact, _ in (await backend.queue()).rows] == [mail.key]
    rt_server.ask("POST", f"ticket/{number}/comment", {"Content": "checked", "ContentType": "text/plain"})
    rt_server.ask("POST", f"ticket/{number}/correspond", {"Content": "On it.", "ContentType": "text/plain"})
    answer, note, mail = _contacts((await backend.timeline(f"user:{me}")).rows)
    assert (answer.direction, note.direction, note.channel) == (Direction.OUTBOUND, Direction.INTERNAL, Channel.NOTE)
    assert (mail.answer, mail.answered_by) == (AnswerState.ANSWERED, answer.key)
    assert (await backend.queue()).rows == ()
    kinds = [row.kind for row in (await backend.timeline(f"user:{me}")).rows if isinstance(row, TicketEvent)]
    assert sorted(kinds) == [TicketEventKind.OPENED, TicketEventKind.STATE]


async def test_nothing_waits_on_a_closed_ticket(rt_server: RequestTracker, backend: RtBackend) -> None:
    """A thank-you on a ticket that colleagues closed afterwards is no debt."""
    me = rt_server.ask("GET", "user/pia")["id"]
    number = _opened(rt_server, "pia@breza.example")
    thanks = {"Content": "Thank you!", "ContentType": "text/plain"}
    rt_server.ask("POST", f"ticket/{number}/correspond", thanks, rt_server.customer_token)
    rt_server.ask("PUT", f"ticket/{number}", {"Status": "resolved"})
    (mail,) = _contacts((await backend.timeline(f"user:{me}")).rows)
    assert (mail.body, mail.answer) == ("Thank you!", AnswerState.NOT_NEEDED)
    assert (await backend.queue()).rows == ()


async def test_a_ticket_of_rt(rt_server: RequestTracker, backend: RtBackend) -> None:
    """Queue, status, priority, owner and the profile's fields are read; a date that was never set is none, not 1970."""
    key, login = _person(rt_server, RealName="Ida Berg")
    number = _opened(
        rt_server, login, Queue="Bills", Subject="Charged twice", Priority=80, Owner="ewa",
        CustomFields={"Service": "SVC-7", "Came in by": "phone", "Reference": "BRZ-4471"},
    )  # fmt: skip
    rt_server.ask("PUT", f"ticket/{number}", {"Status": "stalled"})
    ticket = await backend.ticket("brz-4471")
    assert ticket.key == f"ticket:{number}"
    assert (ticket.kind, ticket.state, ticket.priority) == ("billing", TicketState.WAITING_CUSTOMER, "high")
    assert (ticket.holder_name, ticket.details, ticket.customer_key) == ("ewa", (("service_id", "SVC-7"),), key)
    assert (ticket.due_at, ticket.closed_at, ticket.description) == (None, None, "It is dark.")
    (call,) = _contacts((await backend.timeline(key)).rows)
    assert (call.channel, call.direction, call.body) == (Channel.CALL, Direction.INBOUND, "It is dark.")


async def test_who_changes_a_ticket_in_rt_is_right(rt_server: RequestTracker, backend: RtBackend) -> None:
    """What a console said of a state holds until somebody changes the status in RT; what it said otherwise stays."""
    key, login = _person(rt_server)
    number = _opened(rt_server, login)
    ticket = await backend.ticket(f"ticket:{number}")
    wanted = replace(ticket, state=TicketState.SOLVED, next_step="ring on Monday", holder_name="The fibre people")
    (change,) = (await backend.write(Batch((Put(wanted, seen=ticket.version),), actor="ola"))).changes
    assert isinstance(change.after, Ticket)
    assert change.after.state is TicketState.SOLVED
    rt_server.ask("PUT", f"ticket/{number}", {"Status": "open", "Owner": "ewa"})
    now = await backend.ticket(f"ticket:{number}")
    assert (now.state, now.closed_at, now.holder_name) == (TicketState.IN_PROGRESS, None, "ewa")
    assert now.next_step == "ring on Monday"
    with pytest.raises(Conflict) as raised:
        await backend.write(Batch((Put(change.after, seen=change.after.version),), actor="ola"))
    assert raised.value.newer == replace(now, customer_key=key)


async def test_a_stranger_s_mark_is_not_believed(rt_server: RequestTracker, backend: RtBackend) -> None:
    """A customer who signs in to RT may send any header over its interface: it says nothing about the ticket."""
    number = _opened(rt_server, "pia@breza.example")
    me = rt_server.ask("GET", "user/pia")["id"]
    (operator,) = await backend.operators()
    one = a_customer(operator)
    case = a_ticket(one)
    call = a_contact(one, ticket_key=case.key, seconds=77, body="really")
    receipt = await backend.write(Batch((Put(one), Put(case), Put(call)), actor="ola"))
    assert receipt.keys is not None
    copied = rt_server.text(
        "SELECT Headers FROM Attachments WHERE TransactionId = ?", int(receipt.keys[call.key].removeprefix("txn:"))
    )
    kept = " ".join(copied.split("Content-Type:")[1].split("\nContent-")[0].split()).replace('"', "")
    kind = "; ".join(part.strip() for part in kept.split(";") if "charset" not in part).split(" Subject")[0]
    assert "cordboard=" in kind
    forged = {"Content": "forged", "ContentType": kind.split(" X-")[0].split(" MIME")[0].split(" Message")[0]}
    rt_server.ask("POST", f"ticket/{number}/correspond", forged, rt_server.customer_token)
    (mail,) = _contacts((await backend.timeline(f"user:{me}")).rows)
    assert (mail.body, mail.seconds, mail.channel, mail.direction) == ("forged", 0, Channel.EMAIL, Direction.INBOUND)


async def test_who_may_not_is_told_so(rt_server: RequestTracker, backend: RtBackend) -> None:
    """RT says 200 to a change that it refuses, and 400 to a message: both are NotAllowed, and nothing is stored."""
    _, login = _person(rt_server)
    number = _opened(rt_server, login)
    narrow = rt_server.backend(secret=lambda: rt_server.secret().replace(rt_server.token, rt_server.narrow_token))
    await narrow.open()
    try:
        ticket = await narrow.ticket(f"ticket:{number}")
        with pytest.raises(NotAllowed):
            await narrow.write(Batch((Put(replace(ticket, subject="Hers"), seen=ticket.version),), actor="ola"))
        customer = (await narrow.customers([ticket.customer_key]))[0]
        with pytest.raises(NotAllowed):
            await narrow.write(Batch((Put(a_contact(customer, ticket_key=ticket.key)),), actor="ola"))
        assert (await narrow.ticket(ticket.key)).subject == "No light"
        assert rt_server.count("SELECT count(*) FROM Transactions WHERE ObjectId = ? AND Type = 'Comment'", number) == 0
    finally:
        await narrow.close()


async def test_hidden_rows_do_not_end_a_list(rt_server: RequestTracker, backend: RtBackend) -> None:
    """RT drops what one may not see after cutting a page: who sees no comments still gets all mails between them."""
    key, login = _person(rt_server)
    number = _opened(rt_server, login)
    for index in range(130):
        how = "correspond" if index % 40 == 0 else "comment"
        rt_server.ask("POST", f"ticket/{number}/{how}", {"Content": f"text {index}", "ContentType": "text/plain"})
    narrow = rt_server.backend(secret=lambda: rt_server.secret().replace(rt_server.token, rt_server.narrow_token))
    await narrow.open()
    try:
        assert (await narrow.customer_file(key)).contacts_total == 4
    finally:
        await narrow.close()
    assert (await backend.customer_file(key)).contacts_total == 130


async def test_a_wrong_secret_is_told_at_once(rt_server: RequestTracker) -> None:
    """A wrong token or password is NotSignedIn, though RT sends a browser's sign-in page to whoever has a session."""
    token = rt_server.backend(secret=lambda: '{"kind":"token","token":"1-14-abc"}')
    password = rt_server.backend(secret=lambda: '{"kind":"basic","user":"desk","password":"no"}')
    for wrong in (token, password, rt_server.backend(secret=None)):
        with pytest.raises(NotSignedIn):
            await wrong.open()
        await wrong.close()


async def test_a_session_that_ends_costs_nothing(rt_server: RequestTracker, backend: RtBackend) -> None:
    """A password is checked once and a session used from then on; when RT forgets it, everything goes on."""
    key, login = _person(rt_server)
    assert (await backend.customer_file(key)).customer.key == key
    sessions = rt_server.folder / "var" / "sessions"
    assert any(sessions.iterdir()), "RT keeps sessions as files beside SQLite"
    shutil.rmtree(sessions, ignore_errors=True)
    sessions.mkdir()
    number = _opened(rt_server, login)
    assert (await backend.ticket(f"ticket:{number}")).customer_key == key
    assert (await backend.customer_file(key)).tickets[0].key == f"ticket:{number}"


async def test_what_answers_must_be_rt(rt_server: RequestTracker) -> None:
    """An address below which there is no RT, or nobody, is Unavailable."""
    for url in (f"{rt_server.url}elsewhere/", "rt+http://127.0.0.1:1/"):
        lost = rt_server.backend(url, deadline=5.0)
        with pytest.raises((Unavailable, NotFound)):
            await lost.open()
        await lost.close()


async def test_a_refusal_holds_no_path_of_the_server(rt_server: RequestTracker) -> None:
    """RT tells where in its own files a query failed; the agent is not told."""
    broken = rt_server.backend(options={**OPTIONS, "reference_field": "Nobody' made"})
    await broken.open()
    try:
        with pytest.raises((Invalid, NotFound)) as raised:
            await broken.reader.wire.tickets("Bogus = 1")
        assert "/usr/" not in raised.value.detail
        assert "line" not in raised.value.detail
        with pytest.raises((Invalid, NotFound)):
            await broken.ticket("ABC-1")
    finally:
        await broken.close()


async def test_two_mails_of_one_address_are_one_user(rt_server: RequestTracker, backend: RtBackend) -> None:
    """RT knows people by their address: a second customer with it is refused, naming the field."""
    (operator,) = await backend.operators()
    address = f"{unlike_any_other()}@mail.example"
    await backend.write(Batch((Put(a_customer(operator, points=points(address))),), actor="ola"))
    with pytest.raises(Invalid) as raised:
        await backend.write(Batch((Put(a_customer(operator, points=points(address))),), actor="ola"))
    assert (raised.value.field, raised.value.code) == ("points", "taken")


async def test_without_fields_of_ones_own(rt_server: RequestTracker) -> None:
    """On an RT that nobody changed, tickets and contacts are kept whole, and what a customer loses is said."""
    rt_server.wipe()
    plain = rt_server.backend(options={"queues": {"Faults": "fault"}})
    await plain.open()
    try:
        (operator,) = await plain.operators()
        assert "tone" in plain.omits[Customer]
        one = a_customer(operator, name="Ida Berg", tone="calm", points=points("+48601234567"))
        case = a_ticket(one, details=(("router", "green"),), next_step="wait", kind=TicketKind.COMPLAINT)
        call = a_contact(one, ticket_key=case.key, body="", seconds=12)
        receipt = await plain.write(Batch((Put(one), Put(case), Put(call)), actor="ola"))
        person, ticket, contact = (change.after for change in receipt.changes)
        assert isinstance(person, Customer)
        assert isinstance(ticket, Ticket)
        assert isinstance(contact, Contact)
        assert (person.tone, person.name, person.points) == ("", "Ida Berg", points("+48601234567"))
        assert (ticket.details, ticket.next_step, ticket.kind) == (case.details, "wait", TicketKind.COMPLAINT)
        assert (contact.seconds, contact.body, contact.channel) == (12, "", Channel.CALL)
        numbered = await plain.write(Batch((Put(a_customer(operator, number="C-7")),), actor="ola"))
        other = numbered.changes[0].after
        assert isinstance(other, Customer)
        assert "number" in plain.omits[Customer]
        assert other.number == f"U-{other.key.removeprefix('user:')}"
    finally:
        await plain.close()


async def test_what_rt_cannot_do_is_said(backend: RtBackend) -> None:
    """What is not advertised raises Unsupported and never looks empty."""
    with pytest.raises(Unsupported) as raised:
        await backend.outages()
    assert raised.value.capability == Capability.OUTAGES
    with pytest.raises(Unsupported):
        await backend.search_text("router")
