"""Somebody rings while the console is in use: whose operator, who it is, what becomes of what was being written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from backends.port import Batch, Put
from backends.records import (
    CallRoute,
    Channel,
    Contact,
    ContactPoint,
    Customer,
    CustomerKind,
    Direction,
    Operator,
    PointKind,
    new_key,
)
from console.calls.call import Call, CallState, Heard
from console.config_desk import Calls
from console.rules.callers import family
from console.screens import hush
from console.screens.caller import CallerScreen
from console.screens.calls import CallsScreen
from console.screens.customer import CustomerScreen
from console.screens.form import FormScreen
from tests.desk_stage import NIGHT, Stage, number_of, on_desk

UNKNOWN = "+48221239988"
"""Nobody's in the demo."""


@pytest.fixture
async def stage(demo_file: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    """Give a console at home, wide enough for whole lines."""
    async with on_desk(demo_file, tmp_path / "state", size=(120, 30)) as running:
        yield running


async def told(stage: Stage, state: CallState, number: str, **more: object) -> None:
    """Let the exchange tell something, and wait until the console has done what it does about it."""
    news = {"source": "exchange", "id": f"of {number}", "state": state, "number": number, **more}
    stage.app.phone.hear(Heard(**news))  # type: ignore[arg-type]
    await stage.settle()


async def rings(stage: Stage, number: str, **more: object) -> Call | None:
    """Let somebody ring; keys work again when this returns."""
    await told(stage, CallState.RINGING, number, **more)
    await hush_over(stage)
    return next((one for one in stage.app.phone.book.calls), None)


async def hush_over(stage: Stage) -> None:
    """Wait until keys are commands again after a call took the screen."""
    under_way = ("pop", "caller", "open")
    async with asyncio.timeout(30):
        await stage.settle()
        while stage.app.phone.hush.holds or any(
            one.group in under_way and not one.is_finished for one in stage.app.workers
        ):
            await asyncio.sleep(0.02)
            await stage.settle()


async def somebody(stage: Stage, code: str = "third_chase") -> tuple[Customer, Operator, str]:
    """Return a customer, their operator and a number they have alone."""
    customer = (await stage.app.desk.find(number_of(code)))[0].customer
    number = next(one.value for one in customer.points if one.kind in (PointKind.PHONE, PointKind.MOBILE))
    return customer, stage.app.desk.operators[customer.operator_key], number


def stranger(stage: Stage, customer: Customer) -> Operator:
    """Return an operator that has nothing to do with the customer's."""
    operators = stage.app.desk.operators
    relatives = family(customer.operator_key, operators)
    return next(one for one in operators.values() if one.key not in relatives and one.numbers)


async def stored(stage: Stage, record: Customer | Contact) -> Customer | Contact:
    """Store a record and return it as it is then."""
    after = (await stage.backend.write(Batch((Put(record),), actor="test"))).changes[0].after
    assert isinstance(after, Customer | Contact)
    return after


async def namesake(stage: Stage, of: Customer, name: str, operator: str = "", number: str = "") -> Customer:
    """Store another customer with a telephone number of theirs."""
    number = number or next(one.value for one in of.points if one.kind in (PointKind.PHONE, PointKind.MOBILE))
    made = Customer(new_key(), "", operator or of.operator_key, CustomerKind.SUBSCRIBER, name, "pl")
    found = await stored(stage, replace(made, points=(ContactPoint(PointKind.PHONE, number),)))
    assert isinstance(found, Customer)
    return found


async def test_r22_the_one_who_rings_opens_with_the_greeting_of_whom_they_rang(stage: Stage) -> None:
    """Greeting, number, claimed name in quotes, menu, time waited: before the first word (R35)."""
    customer, operator, number = await somebody(stage)
    await rings(stage, number, dialled=operator.numbers[0], name="Bob", menu=("internet", "fault"), waited_seconds=130)
    assert stage.customer.key == customer.key
    first, second = stage.text().splitlines()[:2]
    assert operator.greeting in first
    assert "“Bob”" in second
    assert "internet › fault" in second
    assert "2 min 10 s" in second
    assert stage.app.call is not None
    assert stage.app.desk.current_call == stage.app.call
    assert stage.app.call.operator_key == operator.key


async def test_r22_the_hours_of_the_desk_that_was_rung_are_told(stage: Stage) -> None:
    """At night the line says when somebody is there, in the operator's own time, and in which language to speak."""
    _customer, operator, number = await somebody(stage)
    await rings(stage, number, dialled=operator.numbers[0])
    assert "desk opens" in stage.text().splitlines()[0]
    assert "Swedish" in stage.text().splitlines()[0]


async def test_r22_where_the_number_dialled_says_nothing_the_agent_chooses(stage: Stage) -> None:
    """The number stands in the call line; the choice sets greeting and operator of the call."""
    _customer, operator, number = await somebody(stage)
    await rings(stage, number, dialled="+48221112233")
    assert "dialled +48221112233" in stage.text()
    assert stage.app.call is not None
    assert stage.app.call.operator_key == ""
    await stage.press("I", "o")
    place = list(stage.app.desk.operators).index(operator.key) + 1
    await stage.press(str(place), "escape")
    assert stage.app.call.operator_key == operator.key
    assert operator.greeting in stage.text()


async def test_several_with_one_number_are_a_digit_away(stage: Stage) -> None:
    """Ranked; the digit opens, and does not begin a search."""
    customer, operator, number = await somebody(stage)
    other = await namesake(stage, customer, "Zofia Wtóra")
    await rings(stage, number, dialled=operator.numbers[0])
    assert isinstance(stage.app.screen, CallerScreen)
    assert customer.name in stage.text()
    assert other.name in stage.text()
    await stage.press("2")
    assert stage.customer.key == other.key
    assert stage.app.call is not None
    assert stage.app.call.customer_key == other.key


async def test_r22_a_customer_of_another_operator_is_offered_and_not_opened(stage: Stage) -> None:
    """They dialled this operator; opening the other's file would be answering in the wrong name."""
    customer, _operator, number = await somebody(stage)
    dialled = stranger(stage, customer)
    await rings(stage, number, dialled=dialled.numbers[0])
    assert isinstance(stage.app.screen, CallerScreen)
    assert dialled.greeting in stage.text()
    assert customer.name in stage.text()


async def test_r22_of_two_operators_the_one_who_was_dialled_opens(stage: Stage) -> None:
    """The same family is a customer of two."""
    customer, _operator, number = await somebody(stage)
    dialled = stranger(stage, customer)
    other = await namesake(stage, customer, "Håkan Lindqvist", dialled.key)
    await rings(stage, number, dialled=dialled.numbers[0])
    assert stage.customer.key == other.key


async def test_an_unknown_number_becomes_a_new_customer(stage: Stage) -> None:
    """The form knows number, claimed name and operator; storing it opens them."""
    _customer, operator, _number = await somebody(stage)
    await rings(stage, UNKNOWN, dialled=operator.numbers[0], name="Halina Nowa")
    assert "Nobody is known" in stage.text()
    await stage.press("N")
    values = stage.app.screen.query_one("Form").values()  # type: ignore[attr-defined]
    assert (values["phone"], values["name"], values["operator"]) == (UNKNOWN, "Halina Nowa", operator.key)
    await stage.press("f2")
    await stage.settle()
    assert isinstance(stage.app.screen, CustomerScreen)
    assert stage.app.call is not None
    assert stage.app.call.customer_key == stage.customer.key


async def test_an_unknown_number_is_bound_with_one_key_and_undone_with_one(stage: Stage) -> None:
    """The next call from it opens them by itself."""
    customer, operator, _number = await somebody(stage)
    call = await rings(stage, UNKNOWN, dialled=operator.numbers[0])
    await stage.press("slash")
    await stage.type(customer.number)
    await asyncio.sleep(0)
    if not isinstance(stage.app.screen, CustomerScreen):
        await stage.press("enter")
    assert stage.customer.key == customer.key
    assert f"# notes that {UNKNOWN}" in stage.status()
    await stage.press("number_sign")
    now = (await stage.app.desk.customers((customer.key,)))[0]
    assert ContactPoint(PointKind.PHONE, UNKNOWN) in [replace(one, preferred=False) for one in now.points]
    await stage.press("u")
    after = (await stage.app.desk.customers((customer.key,)))[0]
    assert replace(after, version=0) == replace(customer, version=0)
    assert call is not None
    assert call.operator_key == operator.key


async def test_an_anonymous_caller_leaves_the_box_ready(stage: Stage) -> None:
    """With the operator's greeting, and that operator's customers first in what is found."""
    customer, operator, _number = await somebody(stage)
    await stage.open("third_chase")
    await rings(stage, "anonymous", dialled=operator.numbers[0])
    assert stage.app.screen is stage.app.home
    assert operator.greeting in stage.text()
    assert "number withheld" in stage.text()
    elsewhere = next(one for one in stage.app.desk.operators.values() if one.key != operator.key)
    await namesake(stage, customer, customer.name, elsewhere.key, number="+48600000001")
    await stage.type(customer.name.split()[-1])
    assert stage.app.home._matches[0].customer.operator_key == operator.key


@pytest.fixture
def long_hush(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold keys back for longer: a busy machine takes its time between two of them."""
    monkeypatch.setattr(hush, "HUSH", 3.0)
    monkeypatch.setattr(hush, "LONGEST", 20.0)


@pytest.mark.usefixtures("long_hush")
async def test_what_was_being_written_is_parked_and_nothing_typed_acts(stage: Stage) -> None:
    """The draft is on the list with the letters that came too late; none of them was a command."""
    await stage.open("priority")
    before = stage.customer.key
    await stage.press("n")
    await stage.type("they have no in")
    customer, operator, number = await somebody(stage)
    await told(stage, CallState.RINGING, number, dialled=operator.numbers[0])
    for letter in "ternet":
        await stage.pilot.press(letter)
    await hush_over(stage)
    assert stage.customer.key == customer.key
    assert not any(isinstance(one, FormScreen) for one in stage.app.screen_stack)
    draft = stage.app.local.draft(before, "note")
    assert draft is not None
    assert draft.answers["note"] == "they have no internet"
    await stage.press("D")
    assert "they have no internet" in stage.text()


@pytest.mark.usefixtures("long_hush")
async def test_keys_typed_into_a_new_screen_do_nothing(stage: Stage) -> None:
    """Without a form they are told of, and thrown away."""
    customer, operator, number = await somebody(stage)
    await told(stage, CallState.RINGING, number, dialled=operator.numbers[0])
    await stage.pilot.press("n", "x", "f2")
    await hush_over(stage)
    assert stage.app.screen is stage.customer
    assert stage.customer.key == customer.key
    await stage.press("n")
    assert isinstance(stage.app.screen, FormScreen)


async def test_typing_is_let_finish_before_the_screen_changes(stage: Stage) -> None:
    """Whoever types is not interrupted in the middle of a word; the call line tells at once who rings."""
    customer, operator, number = await somebody(stage)
    await stage.pilot.press("N", "o", "w")
    stage.app.phone.hear(Heard("exchange", "1", CallState.RINGING, number, operator.numbers[0]))
    await stage.pilot.pause()
    assert stage.app.home.typed() == "Now"
    assert operator.greeting in stage.text()
    async with asyncio.timeout(20):
        while stage.app.base_screen() is stage.app.home:
            await stage.settle()
    assert stage.customer.key == customer.key


async def test_a_second_call_takes_no_screen_and_is_one_key_away(stage: Stage) -> None:
    """There and back, with the form that stood open and what was in it."""
    customer, operator, number = await somebody(stage)
    other, other_operator, other_number = await somebody(stage, "priority")
    await rings(stage, number, dialled=operator.numbers[0])
    await told(stage, CallState.ANSWERED, number)
    await stage.press("n")
    await stage.type("first words")
    await rings(stage, other_number, dialled=other_operator.numbers[0])
    assert isinstance(stage.app.screen, FormScreen)
    assert "also:" in stage.text()
    await stage.press("escape", "I")
    assert stage.customer.key == other.key
    assert other_operator.greeting in stage.text()
    assert stage.app.call is not None
    assert stage.app.call.number == other_number
    await stage.press("I")
    assert stage.customer.key == customer.key
    assert stage.app.local.draft(customer.key, "note") is not None


async def test_r35_the_note_of_a_call_keeps_way_in_number_and_length(stage: Stage) -> None:
    """Filled in by itself, with the length at the moment of hanging up."""
    customer, operator, number = await somebody(stage)
    await rings(stage, number, dialled=operator.numbers[0], menu=("1",), waited_seconds=40, transfers=1)
    later = [NIGHT]
    stage.app.desk.clock = lambda: later[0]
    later[0] += timedelta(seconds=10)
    await told(stage, CallState.ANSWERED, number)
    await stage.press("n")
    assert "40 s" in stage.text()
    await stage.type("router restarted")
    later[0] += timedelta(seconds=200)
    await told(stage, CallState.ENDED, number)
    later[0] += timedelta(seconds=500)
    await stage.press("f2")
    picture = await stage.app.desk.open(customer.key)
    noted = next(one for one in picture.entries if isinstance(one, Contact) and one.body == "router restarted")
    assert (noted.channel, noted.direction, noted.seconds) == (Channel.CALL, Direction.INBOUND, 200)
    assert noted.sender == number
    assert noted.route == CallRoute(operator.numbers[0], ("1",), 40, 1)
    assert stage.app.call is not None
    assert stage.app.call.noted
    assert "☎" not in stage.text().splitlines()[0]


async def test_r35_a_chase_on_the_line_keeps_the_way_in_and_frees_the_line(stage: Stage) -> None:
    """Without a further note: the call is logged, and the next one takes the screen."""
    customer, operator, number = await somebody(stage)
    await rings(stage, number, source="pop", id="", dialled=operator.numbers[0], waited_seconds=40)
    await stage.press("c", "f2")
    picture = await stage.app.desk.open(customer.key)
    made = next(one for one in picture.entries if isinstance(one, Contact) and one.route is not None)
    assert made.route == CallRoute(operator.numbers[0], (), 40, 0)
    assert stage.app.call is not None
    assert stage.app.call.noted
    other, other_operator, other_number = await somebody(stage, "priority")
    await rings(stage, other_number, source="pop", id="", dialled=other_operator.numbers[0])
    assert stage.customer.key == other.key


async def test_r17_missed_calls_are_listed_to_be_rung_back(stage: Stage) -> None:
    """The key on one opens the customer with the promise to call back."""
    customer, operator, number = await somebody(stage)
    await rings(stage, number, dialled=operator.numbers[0])
    await told(stage, CallState.ENDED, number)
    assert "Missed" in stage.status()
    await stage.press("I")
    assert isinstance(stage.app.screen, CallsScreen)
    assert "missed" in stage.text()
    assert customer.name in stage.text()
    await stage.press("b")
    assert isinstance(stage.app.screen, FormScreen)
    assert stage.app.screen.plan.action == "call_back"
    assert stage.app.screen.plan.customer_key == customer.key


async def test_a_call_that_a_colleague_takes_leaves_the_screen_alone(stage: Stage) -> None:
    """What names others is theirs; what names nobody, or us, is ours."""
    customer, operator, number = await somebody(stage)
    await rings(stage, number, dialled=operator.numbers[0], users=("Somebody Else",))
    assert stage.app.screen is stage.app.home
    await rings(stage, number, id="mine", dialled=operator.numbers[0], users=("Somebody Else", "iga"))
    assert stage.customer.key == customer.key
    await told(stage, CallState.ANSWERED, number, id="mine", users=("Somebody Else",))
    assert stage.app.call is not None
    assert stage.app.call.answered_by == "Somebody Else"
    assert not stage.app.call.missed


async def test_a_desk_may_open_only_what_was_answered(stage: Stage) -> None:
    """As the configuration asks; until then the call stands in nobody's way."""
    stage.app.desk.rules = replace(stage.app.desk.rules, calls=Calls(open_on="answered"))
    customer, operator, number = await somebody(stage)
    await rings(stage, number, dialled=operator.numbers[0])
    assert stage.app.screen is stage.app.home
    await told(stage, CallState.ANSWERED, number)
    await hush_over(stage)
    assert stage.customer.key == customer.key


@pytest.mark.parametrize(
    "name",
    ["[@click=app.quit]x[/]", "\x1b[2J\x1b]52;c;AAAA\x07", "\u202egnp.exe", "\u0301" * 500, "💩" * 300, "{name}", "%s"],
    ids=["markup", "escapes", "bidi", "marks", "long", "braces", "percent"],
)
async def test_odd_display_names_are_text(stage: Stage, name: str) -> None:
    """Markup, escapes, floods: shown as letters on one line, or left out."""
    customer, operator, number = await somebody(stage)
    from console.calls.door import SOURCE, read, written

    heard = read(written(Heard(SOURCE, "", CallState.RINGING, number, operator.numbers[0], name)))
    assert heard is not None
    stage.app.phone.hear(heard)
    await stage.settle()
    await hush_over(stage)
    assert stage.customer.key == customer.key
    assert "\x1b" not in stage.text()
    assert "\u202e" not in stage.text()


async def test_an_idle_lock_stays_shut_until_somebody_is_there(stage: Stage) -> None:
    """Then whoever still rings opens."""
    from console.screens.lock import LockScreen

    customer, operator, number = await somebody(stage)
    stage.app.push_screen(LockScreen(), lambda _nothing: stage.app.phone.unlocked())
    await stage.settle()
    await told(stage, CallState.RINGING, number, dialled=operator.numbers[0])
    assert isinstance(stage.app.screen, LockScreen)
    assert customer.name not in stage.text()
    await stage.press("enter")
    async with asyncio.timeout(20):
        while not isinstance(stage.app.screen, CustomerScreen):
            await stage.settle()
    assert stage.customer.key == customer.key


async def test_r22_a_reply_that_names_another_operator_is_refused_in_the_form(stage: Stage) -> None:
    """With the words in question, and the text still there."""
    await stage.open("third_chase")
    own = stage.customer.picture.file.operator if stage.customer.picture else None
    other = next(one for one in stage.app.desk.operators.values() if own is not None and one.key != own.key)
    await stage.press("r")
    form = stage.app.screen.query_one("Form")
    form.set_values({"body": f"Hej! {other.name} hälsar."})  # type: ignore[attr-defined]
    await stage.press("f2")
    assert isinstance(stage.app.screen, FormScreen)
    assert other.name in stage.text()
    assert "goes out in the name of" in " ".join(stage.text().split())
