"""R22: nothing of another operator goes into a text that is sent on behalf of this one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.port import Batch, Put
from backends.records import Channel, Contact, Direction, Operator, new_key
from console.desk.acts.brands import refuse_other_brands
from console.desk.acts.scene import Unfit
from console.rules.other_brands import leaks

LUNIEC = Operator(
    "1", "LUN", "Łuniec Telekom", "PL", "pl", "Europe/Warsaw", numbers=("+48800155501",),
    email="info@luniec.example.com", greeting="Łuniec Telekom, dobry wieczór, w czym mogę pomóc?",
)  # fmt: skip
VALDORSA = Operator(
    "2", "VAL", "Valdorsa Fibra", "IT", "it", "Europe/Rome", numbers=("+39800155502",),
    email="info@valdorsa.example.com", greeting="Valdorsa Fibra, buonasera, come posso aiutarla?",
)  # fmt: skip
THREE = Operator("3", "THR", "Three", "GB", "en", "Europe/London", email="hello@three.example")
ALL = (LUNIEC, VALDORSA, THREE)
NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    "planted",
    [
        "Valdorsa Fibra", "VALDORSA FIBRA", "valdorsa fibra", "Valdorsa\nFibra", "valdorsa-fibra",
        "info@valdorsa.example.com", "www.valdorsa.example.com", "VALDORSA.EXAMPLE.COM",
        "+39 800 155502", "0039800155502", "800 155 502",
        "Valdorsa Fibra, buonasera, come posso aiutarla?", "Three", "THREE",
    ],
)  # fmt: skip
def test_r22_what_is_planted_is_found(planted: str) -> None:
    """Name, address, number, greeting: in any case, spacing and notation."""
    text = f"Dzień dobry, dziękujemy za wiadomość. {planted}. Pozdrawiamy, Łuniec Telekom"
    (leak,) = leaks(text, LUNIEC, ALL)
    assert leak.operator in (VALDORSA, THREE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Łuniec Telekom, +48 800 155 501, info@luniec.example.com",
        "The engineer comes tomorrow at three, with fibra optica from Valdor.",
        "You pay 155502 groszy; your number is NOR-155502 and your line +48 61 852 00 00.",
        "Write to ewa@gmail.com",
    ],
)
def test_r22_own_words_and_everyday_words_are_no_leak(text: str) -> None:
    """What is the operator's own, and what only looks alike, goes out."""
    assert leaks(text, LUNIEC, ALL) == ()


def test_r22_an_operator_may_name_its_parent_where_its_own_greeting_does() -> None:
    """What stands in its own record is its own."""
    brand = replace(THREE, key="4", name="Luna", greeting="Luna by Valdorsa Fibra, hello!", email="hi@luna.example")
    assert leaks("Luna by Valdorsa Fibra wishes you a good day", brand, ALL) == ()
    assert leaks("Łuniec Telekom", brand, ALL) != ()


_words = st.text(st.characters(categories=("L", "N", "Zs", "P"), exclude_characters="\x85"), max_size=80)


@given(before=_words, after=_words, upper=st.booleans())
def test_r22_a_name_between_any_words_is_found(before: str, after: str, upper: bool) -> None:
    """Wherever it stands, as words of its own."""
    name = VALDORSA.name.upper() if upper else VALDORSA.name
    assert any(one.operator == VALDORSA for one in leaks(f"{before} {name} {after}", LUNIEC, ALL))


@given(st.text(max_size=200))
def test_r22_no_text_breaks_the_look(text: str) -> None:
    """And nothing is found that the text does not hold."""
    for leak in leaks(text, LUNIEC, ALL):
        assert leak.text in text or leak.text == leak.operator.greeting


def message(body: str, **changes: object) -> Batch:
    """Return the batch that stores one message for a customer of the first operator."""
    made = Contact(new_key(), "", "c", "1", Channel.EMAIL, Direction.OUTBOUND, NOW, subject="Hello", body=body)
    return Batch((Put(replace(made, **changes)),), actor="iga")  # type: ignore[arg-type]


def test_r22_a_message_that_names_another_operator_is_refused() -> None:
    """With the words it was found by, at the question it stands in."""
    known = {one.key: one for one in ALL}
    with pytest.raises(Unfit) as refused:
        refuse_other_brands(message("Call Valdorsa Fibra"), known)
    assert (refused.value.field, refused.value.code) == ("body", "other_brand")
    assert "Valdorsa Fibra" in refused.value.advice
    assert "Łuniec Telekom" in refused.value.advice
    with pytest.raises(Unfit) as refused:
        refuse_other_brands(message("Hi", subject="From valdorsa.example.com"), known)
    assert refused.value.field == "subject"


def test_r22_notes_and_what_customers_wrote_are_not_looked_at() -> None:
    """An agent may note what a customer said; what came in is theirs; what is stored already was sent."""
    known = {one.key: one for one in ALL}
    words = "They asked for Valdorsa Fibra"
    refuse_other_brands(message(words, channel=Channel.CALL), known)
    refuse_other_brands(message(words, direction=Direction.INBOUND), known)
    refuse_other_brands(message(words, key="stored"), known)
    refuse_other_brands(message(words, operator_key="of another source"), known)
