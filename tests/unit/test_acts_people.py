"""Acts on customers: taking in a new one and correcting what is known, without losing what was not touched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.clean import strip_controls
from backends.records import ContactPoint, Customer, CustomerKind, Operator, PointKind
from console.desk.acts import people
from console.desk.acts.scene import Scene, Unfit
from tests.acts_stage import AGENT, NOW, at_counter

POLAND = Operator("1", "LUN", "Luna", "PL", "pl", "Europe/Warsaw")


def known(scene: Scene, **changes: str) -> dict[str, str]:
    """Return the answers that a form begins with, some of them changed."""
    customer = scene.file.customer
    shown = people.shown_points(customer)
    values = {"name": customer.name, "language": customer.language, "tone": customer.tone}
    return {**values, **{field: point.value for field, point in shown.items()}, **changes}


def taken_in(values: dict[str, str], operator: Operator = POLAND) -> Customer:
    """Return the customer that the act would store."""
    record = people.new_customer(values, operator, agent=AGENT, now=NOW).items[0].record
    assert isinstance(record, Customer)
    return record


@pytest.mark.parametrize(
    ("country", "typed", "number", "kind"),
    [
        ("PL", "601 234 567", "+48601234567", PointKind.MOBILE),
        ("PL", "(61) 852-00-00", "+48618520000", PointKind.PHONE),
        ("PL", "0048 601234567", "+48601234567", PointKind.MOBILE),
        ("IT", "06 6982", "+39066982", PointKind.PHONE),
        ("IT", "347 123 4567", "+393471234567", PointKind.MOBILE),
        ("SE", "070-123 45 67", "+46701234567", PointKind.MOBILE),
        ("SE", "08-123 456 78", "+46812345678", PointKind.PHONE),
        ("GB", "07400 123456", "+447400123456", PointKind.MOBILE),
        ("GB", "020 7946 0000", "+442079460000", PointKind.PHONE),
        ("GB", "+48 601 234 567", "+48601234567", PointKind.MOBILE),
    ],
)
def test_r18_telephone_numbers_are_read_as_dialled_in_the_operators_country(
    country: str, typed: str, number: str, kind: PointKind
) -> None:
    """R18: any notation becomes E.164, an Italian zero stays, a number with its country is taken as it is."""
    point = taken_in({"name": "X", "phone": typed}, replace(POLAND, country=country)).points[0]
    assert (point.value, point.kind, point.preferred) == (number, kind, True)


def test_r18_somebody_new_is_a_prospect_of_the_operator() -> None:
    """R18: name and one way to reach them; language and country are the operator's unless said otherwise."""
    one = taken_in({"name": " Ewa  Nowak ", "email": "Ewa@Example.ORG", "town": "Łódź", "greeting_name": "Pani Nowak"})
    assert (one.kind, one.name, one.language, one.since) == (CustomerKind.PROSPECT, "Ewa Nowak", "pl", NOW)
    assert (one.place.town, one.place.country) == ("Łódź", "PL")
    assert one.points == (ContactPoint(PointKind.EMAIL, "ewa@example.org"),)
    assert taken_in({"name": "X", "phone": "601234567", "language": "uk"}).language == "uk"


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"phone": "601234567"}, "name", "needed"),
        ({"name": "X"}, "phone", "reach_needed"),
        ({"name": "X", "phone": "call me"}, "phone", "phone"),
        ({"name": "X", "phone": "12"}, "phone", "phone"),
        ({"name": "X", "phone": "6" * 400}, "phone", "phone"),
        *(
            ({"name": "X", "email": bad}, "email", "email")
            for bad in ("x", "@a.b", "x@", "x@b", "x@.b", "x@b.", "a b@c.d")
        ),
        ({"name": "X", "email": "a@b@c.d"}, "email", "email"),
    ],
)
def test_somebody_who_cannot_be_taken_in(values: dict[str, str], field: str, code: str) -> None:
    """Each wrong answer names its question."""
    with pytest.raises(Unfit) as refused:
        taken_in(values)
    assert (refused.value.field, refused.value.code) == (field, code)


async def test_correcting_a_name_touches_nothing_else() -> None:
    """Labels, order and preference of ways to reach them stay; without any change nothing is stored."""
    async with at_counter() as desk:
        scene = await desk.scene()
        before = scene.file.customer
        with pytest.raises(Unfit, match="name: unchanged"):
            people.correct_customer(scene, known(scene))
        await desk.do(people.correct_customer(scene, known(scene, name="Ewa Kowalska", tone="in a hurry")))
        after = (await desk.picture()).file.customer
        assert replace(after, version=0) == replace(before, name="Ewa Kowalska", tone="in a hurry", version=0)


async def test_a_new_number_takes_the_place_of_the_one_shown() -> None:
    """The preferred telephone is the one shown; its label and place stay, its kind follows the new number."""
    async with at_counter() as desk:
        scene = await desk.scene()
        assert people.shown_points(scene.file.customer)["phone"].value == "+48618520000"
        await desk.do(people.correct_customer(scene, known(scene, phone="512 345 678", email="")))
        points = (await desk.picture()).file.customer.points
        assert [(one.kind, one.value, one.label, one.preferred) for one in points] == [
            (PointKind.MOBILE, "+48601234567", "daughter", False),
            (PointKind.MOBILE, "+48512345678", "shop", True),
            (PointKind.FAX, "+48618520001", "", False),
        ]


async def test_a_number_that_is_there_already_is_not_there_twice() -> None:
    """Typing the daughter's number as the customer's own leaves one of it."""
    async with at_counter() as desk:
        scene = await desk.scene()
        await desk.do(people.correct_customer(scene, known(scene, phone="601 234 567")))
        values = [one.value for one in (await desk.picture()).file.customer.points]
        assert values == ["+48601234567", "ewa@example.org", "+48618520001"]


async def test_an_imported_number_that_nobody_can_read_does_not_lock_the_customer() -> None:
    """A stored value that is no telephone number may stay while the name is corrected."""
    async with at_counter() as desk:
        scene = await desk.scene()
        odd = replace(scene.file.customer, points=(ContactPoint(PointKind.PHONE, "ask at the shop"),))
        odd_scene = replace(scene, file=replace(scene.file, customer=odd))
        record = people.correct_customer(odd_scene, known(odd_scene, name="Ewa K")).items[0].record
        assert isinstance(record, Customer)
        assert record.points == odd.points


@pytest.mark.parametrize("on_file", [False, True])
async def test_a_correction_can_be_taken_back(on_file: bool, tmp_path: Path) -> None:
    """Undo restores name, place, points and tone as they were."""
    async with at_counter(tmp_path if on_file else None) as desk:
        scene, before = await desk.scene(), await desk.content()
        changes = {"name": "X", "phone": "", "street": "Długa", "town": "Kraków", "tone": "calm", "language": "uk"}
        deed = await desk.do(people.correct_customer(scene, known(scene, **changes)))
        assert await desk.content() != before
        await desk.desk.undo(deed)
        assert await desk.content() == before


@given(typed=st.text(max_size=60), country=st.sampled_from(["PL", "IT", "SE", "GB", "", "zz"]))
def test_whatever_is_typed_is_a_number_or_not(typed: str, country: str) -> None:
    """Any text gives an E.164 number or None, and never an error."""
    found = people.phone_number(typed, country)
    assert found is None or (found.startswith("+") and found[1:].isdigit())


@given(text=st.text(max_size=80))
def test_hostile_text_is_cleaned_in_every_part_of_a_customer(text: str) -> None:
    """No control or bidi character of any answer reaches the record."""
    fields = ("name", "greeting_name", "street", "house", "postcode", "town", "language")
    values: dict[str, Any] = dict.fromkeys(fields, f"x{text}\x1b[2J\u202e")
    one = taken_in({**values, "phone": "601234567"})
    parts = (
        one.name,
        one.greeting_name,
        one.language,
        one.place.street,
        one.place.house,
        one.place.postcode,
        one.place.town,
    )
    for part in parts:
        assert strip_controls(part) == part
