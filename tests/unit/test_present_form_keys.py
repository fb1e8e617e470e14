"""Forms as they are answered: every option has a key, every label is read whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from backends.port import CustomerFile
from backends.records import (
    Channel,
    Contact,
    Customer,
    CustomerKind,
    Direction,
    Line,
    Operator,
    Outcome,
    Place,
    Promise,
    PromiseKind,
    Ticket,
    TicketKind,
)
from console import i18n
from console.present import forms, questions
from console.present.setting import Now
from widgets.views import ChoiceView, FieldKind, FormView

NIGHT = datetime(2026, 11, 21, 2, 14, tzinfo=UTC)
OPERATOR = Operator("2", "LUN", "Luna", "PL", "pl", "Europe/Warsaw")
NOW = Now(NIGHT, ZoneInfo("Europe/Warsaw"), {"2": OPERATOR})
TICKET = Ticket("5", "T5", "1", "2", TicketKind.FAULT, "No internet", NIGHT)
FILE = CustomerFile(
    Customer("1", "C1", "2", CustomerKind.SUBSCRIBER, "Ewa Nowak", "pl"),
    OPERATOR,
    lines=(Line("l1", "L1", "1", "internet"), Line("l2", "L2", "1", "tv", Place(town="Poznań"))),
    tickets=(TICKET,),
)
CONTACT = Contact("7", "K7", "1", "2", Channel.EMAIL, Direction.INBOUND, NIGHT, "Hello")
LONGEST_LABEL = 20
"""Cells of a label that a form shows whole on a small screen."""


def every_form() -> Iterator[FormView]:
    """Yield every form of the console."""
    yield forms.log_contact(FILE, {})
    yield forms.fix_on_spot(FILE, {})
    yield forms.reply(FILE, {}, NOW, CONTACT)
    yield forms.correct_customer(FILE, {})
    yield forms.new_customer([OPERATOR, Operator("3", "SOL", "Sol", "SE", "sv", "Europe/Stockholm")], {})
    yield forms.raise_outage([OPERATOR, OPERATOR], {}, may_confirm=True)
    yield from (forms.open_ticket(FILE, kind, {}, NOW) for kind in TicketKind)
    yield from (forms.promise(FILE, {}, TICKET, call_back=call_back) for call_back in (False, True))
    yield forms.withdraw(Promise("8", "1", PromiseKind.DEED, "comes", NIGHT, NIGHT), {})
    yield forms.waive(CONTACT, {}, NOW)
    yield forms.chase(TICKET, 2, {}, NOW)
    yield forms.hand_over(TICKET, {})
    yield from (
        forms.close_ticket(TICKET, {}, proposed=Outcome.RECOVERED, promise_open=promised) for promised in (False, True)
    )


@pytest.fixture(params=i18n.LANGUAGES)
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    """Speak one language for the length of a test."""
    i18n.use(request.param)
    yield request.param
    i18n.use("en")


def test_every_option_of_every_form_has_a_key(language: str) -> None:
    """Help promises that a letter picks an option: each has one, and no two of a question share it."""
    for form in every_form():
        for field in form.fields:
            if field.kind is FieldKind.CHOICE:
                keys = [choice.key.casefold() for choice in field.choices]
                assert all(keys), (form.title, field.code, field.choices)
                assert len(set(keys)) == len(keys), (form.title, field.code)


def test_labels_are_read_whole(language: str) -> None:
    """No label of a question is cut beside its answer on a screen of 80 columns."""
    for form in every_form():
        for field in form.fields:
            assert cell_len(field.label) <= LONGEST_LABEL, (form.title, field.label)


def test_a_key_is_a_letter_of_the_label_or_a_digit() -> None:
    """The first letter that is free, of those that every keyboard has; else a digit; a key that was given stays."""
    choices = (
        ChoiceView("a", "nothing works"),
        ChoiceView("b", "no"),
        ChoiceView("c", "on"),
        ChoiceView("d", "Ść"),
        ChoiceView("e", "", "o"),
    )
    assert [one.key for one in questions.keyed(choices)] == ["n", "1", "2", "3", "o"]


@given(st.lists(st.text(max_size=6), max_size=12))
def test_keys_are_distinct_whatever_the_labels_say(labels: list[str]) -> None:
    """Labels are data: whatever they are, no key picks two options."""
    keys = [
        one.key for one in questions.keyed([ChoiceView(str(at), label) for at, label in enumerate(labels)]) if one.key
    ]
    assert len({key.casefold() for key in keys}) == len(keys)
    assert len(keys) >= min(len(labels), 9)
