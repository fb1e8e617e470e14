"""Compensation recorded on the ticket: the amount as people type it, one batch, taken back whole (R33)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from backends.records import Compensation, Money, Ticket, TicketEvent, TicketEventKind, TicketState
from console.desk.acts.compensation import amount_of, compensate
from console.desk.acts.scene import Unfit
from tests.acts_stage import NOW, at_counter


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("12.50", "GBP", 1250),
        ("12,5", "EUR", 1250),
        ("£10.34", "GBP", 1034),
        ("gbp 8", "GBP", 800),
        ("12,50 zł", "PLN", 1250),
        ("1 250", "PLN", 125000),
        ("1\N{NO-BREAK SPACE}250,50", "PLN", 125050),
        ("1,250.50", "GBP", 125050),
        ("1.250,50", "EUR", 125050),
        ("0.01", "EUR", 1),
        ("500", "JPY", 500),
        ("1.5", "KWD", 1500),
    ],
)
def test_r33_an_amount_is_read_as_people_type_it(typed: str, currency: str, minor: int) -> None:
    """Point or comma, with the currency's sign or without it: the smallest unit is what counts."""
    assert amount_of({"amount": typed}, "amount", currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "needed"),
        ("ten", "amount"),
        ("-5", "amount"),
        ("10.345", "amount"),
        ("1,250", "amount"),
        ("10 USD", "amount"),
        ("€10", "amount"),
        ("1e3", "amount"),
        ("٣", "amount"),
        ("9999999999", "amount"),
        ("0", "amount_none"),
        ("0.00", "amount_none"),
    ],
)
def test_r33_what_is_no_amount_is_refused(typed: str, code: str) -> None:
    """Another currency is no amount of this one, and neither are words, debts and slips of the finger."""
    with pytest.raises(Unfit) as refused:
        amount_of({"amount": typed}, "amount", "GBP")
    assert (refused.value.field, refused.value.code) == ("amount", code)


async def test_r33_compensation_stands_on_the_ticket_and_is_taken_back_whole() -> None:
    """One batch: the ticket holds amount, reason, when and by whom; its history tells it; undo restores the content."""
    async with at_counter() as desk:
        earlier = Compensation(Money(500, "PLN"), "goodwill", NOW - timedelta(days=3), "Ola Desk")
        ticket = await desk.ticket(compensations=(earlier,))
        before = await desk.content()
        answers = {"amount": "12,50", "reason": "repair late"}
        deed = await desk.do(compensate(await desk.scene(), ticket, answers), "compensate")
        stored: Ticket = await desk.only(Ticket)
        assert stored.compensations == (earlier, Compensation(Money(1250, "EUR"), "repair late", NOW, "Ola Desk"))
        told: TicketEvent = await desk.only(TicketEvent)
        assert (told.kind, told.after, told.text) == (TicketEventKind.COMPENSATION, "12.50 EUR", "repair late")
        assert len({type(one.after) for one in deed.receipt.changes}) == 2
        await desk.desk.undo(deed)
        assert await desk.content() == before


async def test_r33_a_closed_ticket_takes_compensation_and_the_tariff_names_the_currency() -> None:
    """What is owed is owed after closing too, in the currency of the rule that says so."""
    async with at_counter() as desk:
        ticket = await desk.ticket(state=TicketState.CLOSED, closed_at=NOW)
        await desk.do(compensate(await desk.scene(), ticket, {"amount": "5", "reason": "late"}, "PLN"))
        stored: Ticket = await desk.only(Ticket)
        assert stored.compensations[0].amount == Money(500, "PLN")
        assert stored == replace(ticket, compensations=stored.compensations, version=stored.version)


async def test_r33_compensation_without_a_reason_is_refused() -> None:
    """A sum without a reason cannot be explained to anybody later."""
    async with at_counter() as desk:
        ticket = await desk.ticket()
        with pytest.raises(Unfit, match="reason: needed"):
            compensate(await desk.scene(), ticket, {"amount": "5"})
