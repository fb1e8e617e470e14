"""Who is who across sources: what joins by itself, what is only proposed, what never is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.contract.samples import a_contact, a_customer, an_email, an_operator, points
from backends.records import AnswerState, Contact, Customer, Direction, Place, TicketEvent, TicketEventKind
from console.rules.identity import Evidence, Sameness, as_one, compare, name_words, same_contact, same_event

OPERATOR = an_operator(key="operator:1")
AT = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)
MAIL, PHONE = "anna@post.example", "+48601000111"


def person(name: str, *ways: str, number: str = "", postcode: str = "", operator: str = "operator:1") -> Customer:
    """Return a customer."""
    return a_customer(
        OPERATOR,
        name=name,
        number=number,
        points=points(*ways),
        place=Place(postcode=postcode),
        operator_key=operator,
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (person("Anna Nowak", MAIL), person("Nowak, Anna", MAIL), Sameness.SAME),
        (person("Anna Nowak", PHONE), person("A. Nowak", PHONE), Sameness.SAME),
        (person("Łukasz Żak", PHONE), person("Lukasz Zak", PHONE), Sameness.SAME),
        (person("Anna Nowak", number="K-5"), person("NOWAK ANNA", number="k-5"), Sameness.SAME),
        (person("", MAIL), person("Anna Nowak", MAIL), Sameness.SAME),
        (person("Anna Nowak", PHONE), person("Piotr Lis", PHONE), Sameness.MAYBE),
        (person("Anna Nowak", MAIL), person("Firma Zeta", MAIL), Sameness.MAYBE),
        (person("", PHONE), person("Anna Nowak", PHONE), Sameness.MAYBE),
        (person("Anna Nowak", number="1"), person("Piotr Lis", number="1"), Sameness.MAYBE),
        (person("Anna Nowak", postcode="20-143"), person("Jan Nowak", postcode="20-143"), Sameness.MAYBE),
        (person("Anna Nowak"), person("Anna Nowak"), Sameness.OTHER),
        (person("Anna Nowak", MAIL), person("Anna Nowak", MAIL, operator="operator:2"), Sameness.OTHER),
        (person("de la X", PHONE), person("de la Y", PHONE), Sameness.MAYBE),
    ],
)
def test_what_joins_two_customers(one: Customer, other: Customer, same: Sameness) -> None:
    """A way to reach somebody, or a number, with a name in common joins; less is proposed; another operator never."""
    assert compare(one, other).same is same
    assert compare(other, one).same is same


def test_the_evidence_is_named() -> None:
    """What speaks for it is what an agent is shown, and what a link keeps."""
    one, other = person("Anna Nowak", MAIL, PHONE, number="5"), person("Anna Nowak", MAIL, PHONE, number="5")
    assert compare(one, other).evidence == (Evidence.NUMBER, Evidence.EMAIL, Evidence.PHONE, Evidence.NAME)


def test_initials_and_particles_say_nothing() -> None:
    """Words that many names have tell nobody apart."""
    assert name_words("J. de la Cruz-Peña") == {"cruz", "pena"}


names = st.sampled_from(["Anna Nowak", "Jan Nowak", "Piotr Lis", "", "X"])
people = st.builds(
    person,
    names,
    st.sampled_from([MAIL, "b@post.example"]),
    st.sampled_from([PHONE, "+48700000000"]),
    number=st.sampled_from(["", "1", "2"]),
    postcode=st.sampled_from(["", "20-143"]),
    operator=st.sampled_from(["operator:1", "operator:2"]),
)


@given(people, people)
@settings(max_examples=200, deadline=None)
def test_comparing_has_no_direction_and_crosses_no_operator(one: Customer, other: Customer) -> None:
    """Either way round it is the same answer; what surely is the same has a name or no name against it."""
    judged = compare(one, other)
    assert compare(other, one).same is judged.same
    if one.operator_key != other.operator_key:
        assert judged.same is Sameness.OTHER
    if judged.same is Sameness.SAME and name_words(one.name) and name_words(other.name):
        assert Evidence.NAME in judged.evidence


def mail(**changes: object) -> Contact:
    """Return a mail."""
    return an_email(person("Anna Nowak"), at=AT, **changes)


LONG = "My line has been dead since Monday and nobody has called me back since then."


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (mail(subject="No tone", body=LONG), mail(subject="Re: [desk #12] No tone", body=LONG), True),
        (mail(subject="No tone", body=LONG), mail(subject="AW: RE: No tone", body=""), True),
        (
            mail(subject="No tone", body=LONG),
            mail(subject="No tone", body="Something else entirely."),
            False,
        ),
        (mail(body=LONG), mail(body=LONG + " And this is what the other system kept more of."), True),
        (mail(body="ok"), mail(body="ok"), True),
        (mail(body="ok"), mail(body="okay then"), False),
        (mail(subject="No tone", body=LONG), mail(subject="No tone", body=LONG, direction=Direction.OUTBOUND), False),
        (mail(), mail(), False),
    ],
)
def test_when_two_systems_noted_the_same_message(one: Contact, other: Contact, same: bool) -> None:
    """Marks that systems put before a subject do not matter; words that differ do."""
    assert same_contact(one, other) is same
    assert same_contact(other, one) is same


def test_what_is_far_apart_is_not_the_same() -> None:
    """The same words an hour later are said again; a call needs the same length as well."""
    assert not same_contact(mail(body=LONG), replace(mail(body=LONG), at=AT + timedelta(hours=1)))
    call = a_contact(person("Anna Nowak"), at=AT, seconds=120)
    assert same_contact(call, replace(call, at=AT + timedelta(seconds=50), seconds=110))
    assert not same_contact(call, replace(call, at=AT + timedelta(seconds=50), seconds=30))
    assert not same_contact(replace(call, seconds=0), replace(call, seconds=0))


def test_as_one_it_is_answered_and_has_both_references() -> None:
    """Answered in one system is answered; no text is lost; the first one's words stand."""
    one = mail(subject="No tone", body="", reference="K-1")
    other = mail(subject="Re: No tone", body=LONG, reference="RT-9", answer=AnswerState.ANSWERED, answered_at=AT)
    joined = as_one(one, other)
    assert (joined.reference, joined.subject, joined.body) == ("K-1 · RT-9", "No tone", LONG)
    assert (joined.answer, joined.answered_at, joined.key) == (AnswerState.ANSWERED, AT, one.key)
    assert as_one(one, replace(other, reference="K-1")).reference == "K-1"


def test_the_same_change_of_a_ticket_is_one_event() -> None:
    """Two systems tell that a ticket was closed; a note with other words is another event."""
    one = TicketEvent("a", "t", "c", TicketEventKind.STATE, AT, after="closed")
    other = TicketEvent("b", "t", "c", TicketEventKind.STATE, AT + timedelta(seconds=40), after="closed")
    assert same_event(one, other)
    assert not same_event(one, replace(other, after="open"))
    assert not same_event(one, replace(other, at=AT + timedelta(hours=1)))
    assert not same_event(one, replace(other, ticket_key="u"))
    assert not same_event(replace(one, text="called"), replace(other, text="wrote"))
