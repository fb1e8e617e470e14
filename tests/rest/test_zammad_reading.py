"""What a Zammad shows, put there as its mails, telephones and web pages do, is read as an agent needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backends.contract.samples import a_contact, a_customer, a_ticket, points
from backends.errors import BackendError, Conflict, Invalid, NotAllowed, NotFound, NotSignedIn, Unavailable
from backends.events import ContactAdded, CustomerChanged, Resync, TicketChanged
from backends.port import Batch, MatchedOn, Put, TicketFilter, TimelineFilter
from backends.records import (
    AnswerState,
    Channel,
    Contact,
    CustomerFlag,
    Direction,
    Place,
    PointKind,
    TicketEvent,
    TicketEventKind,
    TicketState,
)
from tests.rest.zammad_stage import a_case, a_user, batch, handle, of, opened, options
from tests.servers.zammad import Running, zammad_server
from tests.servers.zammad_desk import Refusal
from tests.servers.zammad_state import COLLEAGUE, stamp

pytestmark = pytest.mark.xdist_group("zammad")


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """Give the server of this module."""
    with zammad_server() as server:
        yield server


@pytest.fixture(params=["elasticsearch", "sql"])
def server(running: Running, request: pytest.FixtureRequest) -> Running:
    """Give the server, emptied, with either search."""
    running.clear()
    running.state.elastic = request.param == "elasticsearch"
    return running


async def test_a_user_is_a_customer(server: Running) -> None:
    """Name and organisation, numbers in E.164, address, language and mark of a user are read; odd ones as they are."""
    server.state.organisations[7] = "Gwiazda [bold]"
    user = a_user(
        server, firstname="Łucja", lastname="Żak", email="Lucja@Home.example", phone="61 852 12 34", mobile="call me",
        fax="", street="ulica Długa 12a/3", zip="61-001", city="Poznań\x1b[2J", country="Polska", vip=True,
        organization_id=7, preferences={"locale": "pl-pl"},
    )  # fmt: skip
    async with opened(server, options=options(countries={"polska": "PL"})) as backend:
        customer = (await backend.customer_file(f"user:{user['id']}")).customer
    assert customer.name == "Łucja Żak, Gwiazda [bold]"
    assert (customer.number, customer.language) == (str(user["id"]), "pl")
    assert [(point.kind, point.value) for point in customer.points] == [
        (PointKind.PHONE, "+48618521234"), (PointKind.MOBILE, "call me"), (PointKind.EMAIL, "lucja@home.example"),
    ]  # fmt: skip
    assert customer.place == Place("ulica Długa", "12a", "3", "61-001", "Poznań␛[2J", "", "PL")
    assert customer.flags == {CustomerFlag.PRIORITY_REPAIR, CustomerFlag.BUSINESS}


async def test_a_change_touches_only_what_was_changed(server: Running) -> None:
    """What the site writes in its own way stays as it is when something else is changed."""
    user = a_user(server, firstname="Ida", lastname="Berg", phone="61 852 12 34", country="Polska", city="Poznań")
    async with opened(server) as backend:
        customer = (await backend.customer_file(f"user:{user['id']}")).customer
        moved = replace(customer, place=replace(customer.place, town="Gniezno"))
        await backend.write(Batch((Put(moved, seen=customer.version),), "ola"))
    assert (user["city"], user["country"], user["phone"]) == ("Gniezno", "Polska", "61 852 12 34")


CHANNELS = (
    ("email", Channel.EMAIL), ("phone", Channel.CALL), ("web", Channel.WEB), ("note", Channel.NOTE),
    ("sms", Channel.SMS), ("chat", Channel.CHAT), ("fax", Channel.FAX), ("twitter direct-message", Channel.SOCIAL),
    ("facebook feed comment", Channel.SOCIAL), ("telegram personal-message", Channel.SOCIAL),
    ("whatsapp message", Channel.SOCIAL),
)  # fmt: skip


async def test_articles_of_every_channel_are_contacts(server: Running) -> None:
    """Each article is a contact on its channel, HTML as text, and hangs on its ticket with a reference of its own."""
    user = a_user(server, firstname="Ida", lastname="Berg")
    articles = [
        {"type": kind, "sender": "Customer", "body": f"<p>{kind}</p><script>x</script>", "content_type": "text/html"}
        for kind, _ in CHANNELS
    ]
    ticket = a_case(server, user, articles)
    async with opened(server) as backend:
        rows = (await backend.timeline(f"user:{user['id']}", only=TimelineFilter(events=False))).rows
        found = [row for row in rows[::-1] if isinstance(row, Contact)]
        assert [(row.body, row.channel) for row in found] == list(CHANNELS)
        assert {row.direction for row in found} == {Direction.INBOUND}
        assert all(row.reference.startswith(f"{ticket['number']}-") for row in found)
        assert await backend.contact(found[0].key) == found[0]
        file = await backend.customer_file(f"user:{user['id']}")
    assert file.contacts_total == len(CHANNELS)
    assert {row.key for row in file.recent_inbound} == {row.key for row in found}


async def test_who_waits_and_who_was_answered(server: Running) -> None:
    """A customer's mail waits until a person answers; an automatic receipt is none, a note within the house neither."""
    user = a_user(server, firstname="Ida", lastname="Berg")
    mail = {"type": "email", "sender": "Customer", "to": "desk@desk.example"}
    receipt = {"type": "email", "sender": "System", "to": "ida@home.example"}
    note = {"type": "note", "sender": "Agent", "internal": True}
    reply = {"type": "email", "sender": "Agent", "to": "ida@home.example"}
    waiting = a_case(server, user, [mail, receipt, note], state="open")
    answered = a_case(server, user, [mail, reply], state="open")
    closed = a_case(server, user, [mail], state="closed")
    async with opened(server) as backend:
        queue = (await backend.queue()).rows
        assert [contact.ticket_key for contact, _ in queue] == [f"ticket:{waiting['id']}"]
        assert queue[0][1].key == f"user:{user['id']}"
        rows = (await backend.timeline(f"user:{user['id']}", only=TimelineFilter(events=False))).rows
    states = {(row.ticket_key, row.channel, row.direction): row.answer for row in rows if isinstance(row, Contact)}
    assert states[f"ticket:{answered['id']}", Channel.EMAIL, Direction.INBOUND] is AnswerState.ANSWERED
    assert states[f"ticket:{closed['id']}", Channel.EMAIL, Direction.INBOUND] is AnswerState.NOT_NEEDED
    assert states[f"ticket:{waiting['id']}", Channel.NOTE, Direction.INTERNAL] is AnswerState.NOT_NEEDED


async def test_only_what_is_to_be_sent_is_sent(server: Running) -> None:
    """A reply by mail leaves the house; a mail that came, a call and an internal note never do."""
    user = a_user(server, firstname="Ida", lastname="Berg", email="ida@home.example")
    ticket = a_case(server, user, [], state="open")
    async with opened(server) as backend:
        customer = (await backend.customer_file(f"user:{user['id']}")).customer
        on = {"ticket_key": f"ticket:{ticket['id']}"}
        came = a_contact(customer, channel=Channel.EMAIL, body="came", **on)
        within = a_contact(customer, channel=Channel.EMAIL, direction=Direction.INTERNAL, body="within", **on)
        call = a_contact(customer, direction=Direction.OUTBOUND, body="call", seconds=60, **on)
        letter = a_contact(customer, channel=Channel.LETTER, body="letter", **on)
        reply = a_contact(customer, channel=Channel.EMAIL, direction=Direction.OUTBOUND, body="reply", **on)
        receipt = await backend.write(batch(came, within, call, letter, reply))
        channels = [of(receipt, index).channel for index in range(5)]
        assert channels == [Channel.EMAIL, Channel.EMAIL, Channel.CALL, Channel.LETTER, Channel.EMAIL]
        nobody = replace(customer, points=())
        assert nobody.points == ()
    assert [(mail["body"], mail["to"]) for mail in server.state.mails] == [("reply", "ida@home.example")]
    kinds = {row["body"]: (row["type"], row["internal"]) for row in server.state.articles.values()}
    assert kinds["within"] == ("note", True)
    assert kinds["call"] == ("phone", True)


async def test_a_mail_without_an_address_is_refused_before_anything_is_sent(server: Running) -> None:
    """A batch that cannot be sent whole sends nothing."""
    user = a_user(server, firstname="Ida", lastname="Berg")
    async with opened(server) as backend:
        customer = (await backend.customer_file(f"user:{user['id']}")).customer
        mail = a_contact(customer, channel=Channel.EMAIL, direction=Direction.OUTBOUND)
        with pytest.raises(Invalid) as raised:
            await backend.write(batch(a_ticket(customer), mail))
    assert (raised.value.field, server.state.tickets) == ("recipient", {})


async def test_a_contact_without_a_ticket_gets_one(server: Running) -> None:
    """A call that belongs to no case becomes a settled ticket of its own, as calls do in Zammad; once."""
    user = a_user(server, firstname="Ida", lastname="Berg")
    async with opened(server) as backend:
        customer = (await backend.customer_file(f"user:{user['id']}")).customer
        wanted = batch(a_contact(customer, body="asked for the opening hours", seconds=40), key="alone")
        first, again = await backend.write(wanted), await backend.write(wanted)
        assert again.repeated
        assert of(first).ticket_key
        case = await backend.ticket(of(first).ticket_key)
        assert (case.state, case.subject) == (TicketState.CLOSED, "asked for the opening hours")
    assert len(server.state.articles) == 1


async def test_a_customer_with_many_tickets_has_all_of_them(server: Running) -> None:
    """The server lists fifteen open and fifteen closed; all forty are found, whichever search there is."""
    user = a_user(server, firstname="Ida", lastname="Berg")
    cases = [a_case(server, user, [], state=("open", "closed")[index % 2]) for index in range(40)]
    async with opened(server) as backend:
        found = (await backend.tickets(TicketFilter(customer_key=f"user:{user['id']}"))).rows
    assert {ticket.reference for ticket in found} == {case["number"] for case in cases}


async def test_all_tickets_page_through(server: Running) -> None:
    """More tickets than the server gives at once come in pages, each once, newest first, while new ones arrive."""
    user = a_user(server, firstname="Ida", lastname="Berg")
    cases = [a_case(server, user, []) for _ in range(230)]
    seen: list[str] = []
    async with opened(server) as backend:
        after: str | None = None
        while True:
            page = await backend.tickets(after=after, limit=60)
            seen += [ticket.reference for ticket in page.rows]
            after = page.after
            if after is None:
                break
            a_case(server, user, [])
    assert seen == [case["number"] for case in cases[::-1]]


async def test_names_of_a_site_mean_what_the_profile_says(server: Running) -> None:
    """Groups are kinds and holders; states mean their type; a priority that the site has not is the next lower."""
    user = a_user(server, firstname="Ida", lastname="Berg")
    due = stamp(datetime.now(UTC) + timedelta(hours=3))
    row = a_case(server, user, [], group="Network", state="pending reminder", pending_time=due, priority="3 high")
    row |= {"owner_id": COLLEAGUE, "escalation_at": due}
    said = {"groups": {"Network": "installation"}, "holders": {"Network": "technical"}, "kind": "sales"}
    async with opened(server, options=options(ticket={}, **said)) as backend:
        ticket = await backend.ticket(row["number"])
    assert (ticket.kind, ticket.holder, ticket.state) == ("installation", "technical", TicketState.WAITING_CUSTOMER)
    assert (ticket.holder_name, ticket.priority) == ("olaf@desk.example", "high")
    assert ticket.due_at == ticket.next_step_at == datetime.fromisoformat(due)


async def test_tags_and_links_are_details(server: Running) -> None:
    """Tags and links of a ticket are read; tags are changed; what was merged into another says so in its history."""
    user = a_user(server, firstname="Ida", lastname="Berg")
    one, other = a_case(server, user, [], tags="fibre,vip"), a_case(server, user, [])
    server.state.links.append(("parent", one["id"], other["id"]))
    server.fake.merge({"id": other["id"], "number": one["number"]})
    async with opened(server) as backend:
        ticket = await backend.ticket(one["number"])
        assert dict(ticket.details) == {"tags": "fibre, vip", "links": f"parent ticket:{other['id']}"}
        changed = replace(ticket, details=(("tags", "fibre, night"),), subject="Other")
        await backend.write(Batch((Put(changed, seen=ticket.version),), "ola"))
        assert server.state.tags[one["id"]] == ["fibre", "night"]
        rows = (await backend.timeline(f"user:{user['id']}")).rows
    joined = [row for row in rows if isinstance(row, TicketEvent) and row.kind is TicketEventKind.JOINED]
    assert [(row.ticket_key, row.after) for row in joined] == [(f"ticket:{other['id']}", one["number"])]


async def test_calls_that_nobody_noted_are_contacts(server: Running) -> None:
    """A call of a known customer is in the history until a note of it is; a guessed caller is nobody's."""
    user = a_user(server, firstname="Ida", lastname="Berg")
    began = datetime.now(UTC) - timedelta(minutes=40)
    known = {"level": "known", "object": "User", "o_id": user["id"], "user_id": user["id"]}
    for number, level, start in ((1, "known", began), (2, "maybe", began), (3, "known", began - timedelta(hours=3))):
        server.state.calls.append({
            "id": number, "direction": "in", "from": "48601234567", "to": "48221470334", "to_comment": "Nicole",
            "state": "hangup", "comment": "normalClearing", "start": stamp(start), "created_at": stamp(start),
            "end": stamp(start + timedelta(seconds=90)), "preferences": {"from": [known | {"level": level}]},
        })  # fmt: skip
    async with opened(server) as backend:
        file = await backend.customer_file(f"user:{user['id']}")
        assert [(call.key, call.seconds) for call in file.recent_inbound] == [("call:1", 90), ("call:3", 90)]
        assert (await backend.contact("call:3")).outcome == "normalClearing"
        with pytest.raises(NotFound):
            await backend.contact("call:2")
        note = a_contact(file.customer, at=began + timedelta(minutes=2), body="noted")
        await backend.write(batch(note))
        rows = (await backend.timeline(f"user:{user['id']}", only=TimelineFilter(events=False))).rows
    assert [row.key for row in rows if row.key.startswith("call:")] == ["call:3"]


async def test_an_agent_without_a_telephone_has_no_calls(server: Running) -> None:
    """Who may not see the caller log sees everything else."""
    server.state.telephony = False
    user = a_user(server, firstname="Ida", lastname="Berg")
    async with opened(server) as backend:
        assert (await backend.customer_file(f"user:{user['id']}")).contacts_total == 0


async def test_a_customer_is_found_in_either_search(server: Running) -> None:
    """Name, address and ticket are found with Elasticsearch and without; a telephone number only with it."""
    user = a_user(server, firstname="Łucja", lastname="Żak", email="lz@home.example", mobile="0048 (601) 234-567")
    a_user(server, firstname="Jan", lastname="Other", mobile="+48601234568")
    case = a_case(server, user, [])
    async with opened(server) as backend:
        for text, on in (("żak łucja", MatchedOn.NAME), ("lz@home.example", MatchedOn.EMAIL),
                         (case["number"], MatchedOn.TICKET), (str(user["id"]), MatchedOn.NUMBER)):  # fmt: skip
            (match,) = await backend.search(text)
            assert (match.customer.key, match.on) == (f"user:{user['id']}", on), text
        found = await backend.search("601 234 567")
        assert [match.customer.key for match in found] == ([f"user:{user['id']}"] if server.state.elastic else [])


@pytest.mark.parametrize("text", ['a@b"\ud800 OR x', "a@b:(", 'a@b" OR email:"*', "ida@home.example)"])
async def test_an_address_is_never_a_query(server: Running, text: str) -> None:
    """Signs behind an address reach no query: nobody is found, and the server has nothing to stumble over."""
    a_user(server, firstname="Ida", lastname="Berg", email="ida@home.example")
    async with opened(server) as backend:
        found = await backend.search(text)
    assert not any(match.exact for match in found)


async def test_a_note_of_a_colleague_stops_nobody(server: Running) -> None:
    """An article changes its ticket for the server, and a ticket its customer; only changed content is a conflict."""
    server.state.touches_customers = True
    user = a_user(server, firstname="Ida", lastname="Berg")
    row = a_case(server, user, [], state="open")
    async with opened(server) as backend:
        ticket = await backend.ticket(row["number"])
        customer = (await backend.customer_file(ticket.customer_key)).customer
        server.fake.create_article({"ticket_id": row["id"], "body": "a note", "type": "note"})
        closed = replace(ticket, state=TicketState.CLOSED)
        moved = replace(customer, tone="calm")
        await backend.write(Batch((Put(closed, ticket.version), Put(moved, customer.version)), "ola"))
        newer = await backend.ticket(row["number"])
        server.fake.change_ticket({"id": row["id"], "title": "Changed by Olaf"})
        with pytest.raises(Conflict) as raised:
            await backend.write(Batch((Put(replace(newer, subject="Mine"), newer.version),), "ola"))
    assert getattr(raised.value.newer, "subject", "") == "Changed by Olaf"


async def test_addresses_are_taken_once(server: Running) -> None:
    """A new customer with an address that another has is refused in words of the port."""
    a_user(server, firstname="Ida", lastname="Berg", email="ida@home.example")
    async with opened(server) as backend:
        (operator,) = await backend.operators()
        with pytest.raises(Invalid) as raised:
            await backend.write(batch(a_customer(operator, points=points("ida@home.example"))))
    assert (raised.value.field, raised.value.code) == ("points", "taken")


async def test_what_a_user_has_no_place_for_is_refused(server: Running) -> None:
    """A second mobile number is not lost in silence."""
    async with opened(server) as backend:
        (operator,) = await backend.operators()
        with pytest.raises(Invalid) as raised:
            await backend.write(batch(a_customer(operator, points=points("+48601234567", "+48601234568"))))
    assert (raised.value.field, raised.value.code) == ("points[1]", "no_place")


@pytest.mark.parametrize(
    ("secret", "error"),
    [(None, NotSignedIn), ('{"kind":"token","token":"wrong-one"}', NotSignedIn)],
    ids=["none", "wrong"],
)
async def test_who_has_not_signed_in_is_told(server: Running, secret: str | None, error: type[BackendError]) -> None:
    """No credentials are 403 here and wrong ones 401: both mean to sign in, and afterwards it works without restart."""
    held = [secret]
    backend = handle(server, secret=lambda: held[0])
    with pytest.raises(error):
        await backend.open()
    held[0] = server.secret()
    assert await backend.agents()
    await backend.close()


async def test_it_says_who_is_signed_in(server: Running) -> None:
    """The agent's login is told, what was asked is kept for a look, and another server there is no Zammad."""
    async with opened(server) as backend:
        assert await backend.signed_in_as() == "nicole@desk.example"
        assert backend.exchanges[-1].path.startswith("/api/v1/users/me")
    elsewhere = handle(server, f"{server.url}elsewhere/")
    with pytest.raises(Unavailable):
        await elsewhere.open()
    await elsewhere.close()


async def test_the_error_id_is_kept_for_the_administrator(server: Running) -> None:
    """What the server hides from agents is shown by the id that its administrator asks for; 403 stays one."""

    def broken(request: object) -> None:
        raise Refusal(500, "Error ID aB3dE5fG: Please contact your administrator.")

    def forbidden(request: object) -> None:
        raise Refusal(403, "Not authorized")

    async with opened(server, deadline=2.0) as backend:
        server.fake.fails = [broken]
        with pytest.raises(Unavailable) as raised:
            await backend.agents()
        assert "Error ID aB3dE5fG" in raised.value.detail
        server.fake.fails = [forbidden]
        with pytest.raises(NotAllowed):
            await backend.agents()


async def test_changes_are_heard(server: Running) -> None:
    """New tickets and articles are heard with their customers, also after having been away; odd cursors look again."""
    user = a_user(server, firstname="Ida", lastname="Berg")
    case = a_case(server, user, [])
    async with opened(server) as backend, asyncio.timeout(20):
        assert isinstance(await anext(backend.events("nonsense")), Resync)
        listening = backend.events()
        server.state.asked.clear()
        waiting = asyncio.ensure_future(anext(listening))
        while server.state.asked.count("GET tickets/search") < 3:  # by then the first look is over
            await asyncio.sleep(0.01)
        article = server.fake.create_article({"ticket_id": case["id"], "body": "new", "type": "phone"})
        first = await waiting
        assert replace(first, cursor="") == ContactAdded(f"user:{user['id']}", f"article:{case['id']}-{article['id']}")
        second = await anext(listening)
        assert replace(second, cursor="") == TicketChanged(f"user:{user['id']}", f"ticket:{case['id']}")
        later = server.fake.create_article({"ticket_id": case["id"], "body": "later", "type": "phone"})
        again = backend.events(second.cursor)
        heard = [await anext(again), await anext(again)]
        assert ContactAdded(f"user:{user['id']}", f"article:{case['id']}-{later['id']}") in [
            replace(event, cursor="") for event in heard
        ]
        if server.state.elastic:
            server.fake.change_user({"id": user["id"], "city": "Gniezno"})
            while not isinstance(event := await anext(again), CustomerChanged):
                assert event.cursor
