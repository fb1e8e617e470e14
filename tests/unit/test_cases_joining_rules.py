"""Which open matter a contact is about: found in four languages, and never for what has nothing to do with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.records import (
    Channel,
    Contact,
    Direction,
    Line,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    TicketState,
)
from console.rules import joining
from console.rules.joining import Ground, Matter
from console.rules.likeness import stems, topics

OPENED = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def a_ticket(subject: str, description: str = "", **changes: Any) -> Ticket:
    """Return an open fault."""
    made = Ticket("ticket-1", "LUN-700123", "c1", "o1", TicketKind.FAULT, subject, OPENED, description=description)
    return replace(made, **changes)


def a_contact(subject: str, body: str = "", **changes: Any) -> Contact:
    """Return a mail that came 26 hours after the ticket was opened."""
    at = OPENED + timedelta(hours=26)
    made = Contact("contact-1", "", "c1", "o1", Channel.EMAIL, Direction.INBOUND, at, subject, body)
    return replace(made, **changes)


CHASES = {
    "en": (
        (
            "Connection drops several times an evening",
            "Drops 6-8 times between 5 and 11 pm, LOS light red for a minute.",
        ),
        ("Dropping out again", "The connection dropped five times yesterday evening, the red light came on each time."),
    ),
    "it": (
        ("La linea cade più volte ogni sera", "Cadute 6-8 volte ogni sera, spia rossa sulla scatoletta."),
        ("di nuovo senza linea", "Anche ieri sera la linea è caduta cinque volte, sempre con la spia rossa accesa."),
    ),
    "pl": (
        ("Zrywanie internetu co wieczór", "Kl. zgł. zrywanie 6-8x wieczorem, czerwona lampka na pudełku."),
        ("Znowu zrywa", "Wieczorem internet zrywał pięć razy, za każdym razem świeciła się czerwona lampka."),
    ),
    "sv": (
        ("Uppkopplingen bryts flera gånger varje kväll", "Bryts 6-8 gånger, röd lampa på dosan en minut."),
        ("Bryts fortfarande", "I går kväll bröts uppkopplingen fem gånger, och den röda lampan på dosan lyste."),
    ),
}
UNRELATED = {
    "en": (
        "Copy of invoice",
        "Could you send me the March invoice as a PDF? I changed computers and lost all my files.",
    ),
    "it": ("Trasloco", "Buongiorno, a marzo cambiamo casa. Come si fa a portare il contratto al nuovo indirizzo?"),
    "pl": ("Faktura na papierze", "Proszę przysyłać faktury pocztą na adres domowy, podpis poniżej."),
    "sv": ("Byta bank", "Hej, jag har bytt bank. Hur anmäler jag det nya kontot för autogiro?"),
}


@pytest.mark.parametrize("language", CHASES)
def test_r38_a_mail_about_an_open_fault_is_proposed_as_a_chase_of_it(language: str) -> None:
    """R38: same customer, same topic, near in time, alike in words, in each language; with what speaks for it."""
    told, asked = CHASES[language]
    found = joining.proposal(a_contact(*asked), [Matter(a_ticket(*told))])
    assert found is not None
    assert found.ticket_key == "ticket-1"
    grounds = {one.ground: one for one in found.proof}
    assert grounds[Ground.WORDS].count >= 2
    assert grounds[Ground.TIME].apart == timedelta(hours=26)


@pytest.mark.parametrize("language", CHASES)
def test_r38_what_has_nothing_to_do_with_it_is_not_proposed(language: str) -> None:
    """R38: an invoice, a move, a new bank account are no chases of a fault, however soon after it they come."""
    told, _asked = CHASES[language]
    assert joining.proposal(a_contact(*UNRELATED[language]), [Matter(a_ticket(*told))]) is None


def test_the_tickets_number_or_the_same_thread_leaves_no_doubt() -> None:
    """Naming the number, or answering in the thread of a contact about it, is enough at any time."""
    ticket = a_ticket("No internet")
    late = OPENED + timedelta(days=90)
    named = joining.proposal(a_contact("Question", "About lun-700123, any news?", at=late), [Matter(ticket)])
    assert named is not None
    assert named.proof[0].ground is Ground.REFERENCE
    longer = a_contact("Question", "About LUN-7001234 and XLUN-700123, any news?", at=late)
    assert joining.proposal(longer, [Matter(ticket)]) is None
    first = a_contact("Hello", "bla", key="contact-0", thread="t1", ticket_key=ticket.key, at=OPENED)
    threaded = joining.proposal(a_contact("Re: Hello", "and?", thread="t1", at=late), [Matter(ticket, (first,))])
    assert threaded is not None
    assert threaded.proof[0].ground is Ground.THREAD


def test_another_line_is_another_matter_and_the_same_one_speaks_for_it() -> None:
    """Two lines of one customer can fail apart from each other."""
    ticket = a_ticket("Line drops in the evening", "Red light, drops in rain", line_key="line-1")
    line = Line("line-1", "4711", "c1", "internet")
    asked = a_contact("Evening drops", "The red light again, drops when it rains", line_key="line-1")
    same = joining.proposal(asked, [Matter(ticket, line=line)])
    assert same is not None
    assert Ground.LINE in {one.ground for one in same.proof}
    assert joining.proposal(replace(asked, line_key="line-2"), [Matter(ticket, line=line)]) is None


def test_what_comes_weeks_later_is_not_proposed() -> None:
    """Near in time: three weeks after the last word it is a new matter until somebody says otherwise."""
    told, asked = CHASES["en"]
    late = a_contact(*asked, at=OPENED + joining.NEAR + timedelta(days=1))
    assert joining.proposal(late, [Matter(a_ticket(*told))]) is None
    spoken = a_contact(
        "Dropping", "connection dropped", key="contact-0", ticket_key="ticket-1", at=late.at - timedelta(days=2)
    )
    assert joining.proposal(late, [Matter(a_ticket(*told), (spoken,))]) is not None


def test_two_matters_that_fit_about_as_well_propose_none() -> None:
    """Whoever guesses between two equals is wrong half of the time."""
    told, asked = CHASES["en"]
    one, other = a_ticket(*told), a_ticket(*told, key="ticket-2", reference="LUN-700124")
    assert joining.proposal(a_contact(*asked), [Matter(one), Matter(other)]) is None


@pytest.mark.parametrize(
    "changes", [{"ticket_key": "ticket-9"}, {"direction": Direction.OUTBOUND}, {"channel": Channel.NOTE}]
)
def test_only_what_a_customer_said_and_nobody_joined_is_proposed(changes: dict[str, Any]) -> None:
    """What has a ticket, what we sent, and our own notes are never proposed."""
    told, asked = CHASES["en"]
    assert joining.proposal(a_contact(*asked, **changes), [Matter(a_ticket(*told))]) is None


def test_a_closed_ticket_is_no_open_matter() -> None:
    """Only open tickets are matters."""
    assert joining.matters([a_ticket("x", state=TicketState.CLOSED)], []) == ()


def test_what_a_person_parted_is_not_proposed_again_until_it_is_joined_again() -> None:
    """The last word of a person goes before every rule."""
    told, asked = CHASES["en"]

    def event(kind: TicketEventKind, hours: int) -> TicketEvent:
        at = OPENED + timedelta(hours=hours)
        return TicketEvent(f"e{hours}", "ticket-1", "c1", kind, at, contact_key="contact-1")

    parted = [event(TicketEventKind.JOINED, 27), event(TicketEventKind.PARTED, 28)]
    among = [Matter(a_ticket(*told))]
    assert joining.proposal(a_contact(*asked), among, joining.said_apart(parted)) is None
    again = [*parted, event(TicketEventKind.JOINED, 29)]
    assert joining.proposal(a_contact(*asked), among, joining.said_apart(reversed(again))) is not None


def test_quoted_text_and_names_do_not_count_as_words_in_common() -> None:
    """A reply quotes us, and everybody signs the same: neither makes two letters alike."""
    assert stems("> connection dropped\nthanks") == frozenset()
    ticket = a_ticket("Hotel Bagni Celesti", "Hotel Bagni Celesti, via Podesti")
    among = joining.matters([ticket], [], names=("Hotel Bagni Celesti", "via Podesti"))
    assert joining.proposal(a_contact("Hello", "Hotel Bagni Celesti, via Podesti"), among) is None


_SAID = ["internet", "drops", "evening", "red", "light", "invoice", "rain", "joint", "again", "nobody", "LUN-700123"]
_WORDS = st.sampled_from(_SAID)
_TEXTS = st.lists(_WORDS, max_size=12).map(" ".join)


@given(st.lists(st.tuples(_TEXTS, _TEXTS), max_size=5), _TEXTS, _TEXTS, st.integers(-100, 900), st.randoms())
def test_the_answer_depends_on_nothing_but_the_arguments(
    told: list[tuple[str, str]], subject: str, body: str, hours: int, order: Any
) -> None:
    """Deterministic: the same question gives the same answer, in whatever order the matters stand; never twice true."""
    among = [Matter(a_ticket(*one, key=f"ticket-{n}", reference=f"LUN-{n}00")) for n, one in enumerate(told)]
    contact = a_contact(subject, body, at=OPENED + timedelta(hours=hours))
    first = joining.proposal(contact, among)
    mixed = list(among)
    order.shuffle(mixed)
    assert joining.proposal(contact, mixed) == first
    if first is not None:
        assert first.ticket_key in {one.ticket.key for one in among}
        assert first.proof
        words = [one for one in first.proof if one.ground is Ground.WORDS]
        assert all(0 < one.count <= one.of for one in words)


@given(st.text(max_size=400))
def test_any_text_can_be_compared(text: str) -> None:
    """Hostile text gives stems and topics, never an error."""
    assert all(len(one) <= 5 for one in stems(text))
    assert topics(text) == topics(text.upper()) or not text.isascii()
