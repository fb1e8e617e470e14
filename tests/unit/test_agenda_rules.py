"""The list of what to do: what records ask for, in which order, and whose matter it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.port import Pending, PendingKind
from backends.records import (
    Agent,
    AnswerState,
    Attachment,
    Channel,
    Contact,
    Contract,
    Customer,
    CustomerFlag,
    CustomerKind,
    Direction,
    Dispute,
    DisputeState,
    Handover,
    Holder,
    Key,
    Operator,
    Priority,
    Promise,
    PromiseKind,
    Role,
    Ticket,
    TicketKind,
)
from console.data.clocks import policies
from console.data.renewals import renewal_rules
from console.rules.agenda import (
    AgendaFilter,
    Item,
    ItemKind,
    Urgency,
    chosen,
    concerns,
    is_mine,
    ordered,
    without_twins,
)
from console.rules.agenda_items import WORD_WITHIN, Known, of_message, of_pending, urgency
from console.rules.handover import may_accept

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
"""A Wednesday noon."""
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
OPERATOR = Operator("op", "LRK", "Larkmoor", "GB", "en", "Europe/London", currency="GBP")
CUSTOMER = Customer("c1", "9000001", "op", CustomerKind.SUBSCRIBER, "Joan Tremlett", "en")
TICKET = Ticket("t1", "LRK-1", "c1", "op", TicketKind.FAULT, "No internet", NOW - 3 * DAY, holder_name="Ola Desk")


def known(**changes: Any) -> Known:
    """Return what makes items of records, at NOW."""
    base = Known(NOW, renewal_rules(), policies(), operators={"op": OPERATOR}, tickets={"t1": TICKET}, live=frozenset())
    return replace(base, **changes)


def mail(**changes: Any) -> Contact:
    """Return an e-mail that waits since three hours."""
    made = Contact(
        "m1", "K-1", "c1", "op", Channel.EMAIL, Direction.INBOUND, NOW - 3 * HOUR, "Hello", "text",
        answer=AnswerState.WAITING,
    )  # fmt: skip
    return replace(made, **changes)


def promise(**changes: Any) -> Promise:
    """Return a promise made an hour ago, due in a day."""
    made = Promise("p1", "c1", PromiseKind.DEED, "Call", NOW - HOUR, NOW + DAY, made_by="Ola Desk", owner="Ola Desk")
    return replace(made, **changes)


def item_of(record: Any, customer: Customer = CUSTOMER, due: datetime | None = None, **changes: Any) -> Item | None:
    """Return what a pending record asks for."""
    kinds = {
        Promise: PendingKind.PROMISE, Handover: PendingKind.HANDOVER, Contract: PendingKind.CONTRACT,
        Dispute: PendingKind.DISPUTE, Ticket: PendingKind.TICKET,
    }  # fmt: skip
    return of_pending(Pending(kinds[type(record)], record, customer, due), known(**changes))


def sure(item: Item | None) -> Item:
    """Return the item that must be there."""
    assert item is not None
    return item


# what records ask for -------------------------------------------------------------------------------------------------


def test_r10_a_message_is_on_the_list_with_the_clock_of_its_channel() -> None:
    """R10, R15: an unanswered message has an age and a due time; past it, it is broken."""
    item = of_message(mail(), CUSTOMER, known())
    assert (item.kind, item.since) == (ItemKind.MESSAGE, NOW - 3 * HOUR)
    assert item.due_at is not None
    assert item.due_at > NOW
    late = of_message(mail(at=NOW - 30 * DAY), CUSTOMER, known())
    assert late.urgency is Urgency.BROKEN


def test_r38_a_fax_without_identity_document_is_a_document_to_ask_for() -> None:
    """R38: it is listed once, as a document and not as a message; with the document it is a message."""
    fax = mail(channel=Channel.FAX)
    assert of_message(fax, CUSTOMER, known()).kind is ItemKind.DOCUMENT
    whole = replace(fax, attachments=(Attachment("id.pdf", "application/pdf", 10, identity_document=True),))
    assert of_message(whole, CUSTOMER, known()).kind is ItemKind.MESSAGE


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (PromiseKind.DEED, ItemKind.PROMISE),
        (PromiseKind.CALL_BACK, ItemKind.CALL_BACK),
        (PromiseKind.DOCUMENT_CHECK, ItemKind.DOCUMENT),
    ],
)
def test_r17_promises_call_backs_and_checks_are_on_one_list(kind: PromiseKind, expected: ItemKind) -> None:
    """R17: whatever was promised is on the list by what it is."""
    assert sure(item_of(promise(kind=kind))).kind is expected


@pytest.mark.parametrize(
    ("due", "made", "expected"),
    [
        (NOW - timedelta(seconds=1), NOW - DAY, Urgency.BROKEN),
        (NOW, NOW - DAY, Urgency.ABOUT_TO_BREAK),
        (NOW + 3 * HOUR, NOW - 2 * DAY, Urgency.ABOUT_TO_BREAK),
        (NOW + 5 * HOUR, NOW - 2 * DAY, Urgency.AHEAD),
        (NOW + HOUR, NOW - HOUR, Urgency.AHEAD),
        (None, NOW - DAY, Urgency.AHEAD),
    ],
)
def test_r37_a_promise_comes_up_before_it_breaks(due: datetime | None, made: datetime, expected: Urgency) -> None:
    """R37: in the last fifth of its time, at most four hours before, it is about to break; past it, it is broken."""
    assert sure(item_of(promise(due_at=due, made_at=made))).urgency is expected


def test_r37_what_is_due_later_than_a_week_is_not_for_now() -> None:
    """The list says what to do now, not everything that was ever promised."""
    assert item_of(promise(due_at=NOW + 8 * DAY)) is None


def test_r27_a_word_is_owed_once_the_outage_is_over() -> None:
    """R27: while the outage goes on nothing is owed; from its end on, within the hour, broken after it."""
    word = promise(kind=PromiseKind.WORD_AT_RESTORATION, outage_key="o1", due_at=None)
    assert item_of(word, live=frozenset({"o1"})) is None
    assert item_of(word, live=None) is None, "where nobody knows of outages, none is over"
    fresh = sure(item_of(word, ended={"o1": NOW - timedelta(minutes=20)}))
    assert fresh.kind is ItemKind.WORD
    assert fresh.due_at == NOW - timedelta(minutes=20) + WORD_WITHIN
    assert fresh.urgency is Urgency.AHEAD
    assert sure(item_of(word, ended={"o1": NOW - 2 * HOUR})).urgency is Urgency.BROKEN


def handover(**changes: Any) -> Handover:
    """Return a hand-over of ten minutes ago."""
    made = Handover("h1", "t1", "c1", Holder.TECHNICAL, NOW - timedelta(minutes=10), by="Ola Desk", note="no sync")
    return replace(made, **changes)


def test_r22_a_handover_is_raised_on_both_sides_when_it_is_late() -> None:
    """R22: whom it was handed to sees it at once, who handed it over once nobody accepted it in time."""
    desk = Agent("a1", "ola", "Ola Desk", frozenset({Role.DESK}))
    stranger = Agent("a2", "mia", "Mia Desk", frozenset({Role.DESK}))
    tech = Agent("a3", "tom", "Tom Tech", frozenset({Role.TECHNICAL}))
    fresh = sure(item_of(handover()))
    assert [concerns(fresh, one) for one in (tech, desk, stranger)] == [True, False, False]
    late = sure(item_of(handover(at=NOW - 2 * HOUR)))
    assert late.urgency is Urgency.BROKEN
    assert [concerns(late, one) for one in (tech, desk, stranger)] == [True, True, False]


def test_r22_what_a_colleague_minds_at_a_supplier_can_be_accepted_by_them() -> None:
    """R22: desk and technical service mind what lies with a supplier; it is on their lists from the first minute."""
    at_supplier = handover(to=Holder.SUPPLIER)
    for role in (Role.DESK, Role.TECHNICAL, Role.SUPERVISOR):
        colleague = Agent("a1", "mia", "Mia", frozenset({role}))
        assert concerns(sure(item_of(at_supplier)), colleague)
        assert may_accept(at_supplier, colleague)
    hotline = Agent("a2", "hal", "Hal", frozenset({Role.HOTLINE}))
    assert not concerns(sure(item_of(at_supplier)), hotline)


def test_r39_a_hold_is_on_the_list_of_billing_alone() -> None:
    """R39: billing sees what was asked of it, with the dunning day; the desk does not, and an open dispute is none."""
    asked = Dispute("d1", "c1", "double bill", NOW - DAY, state=DisputeState.HOLD_ASKED)
    item = sure(item_of(asked, due=NOW + 2 * DAY))
    assert (item.kind, item.due_at) == (ItemKind.HOLD, NOW + 2 * DAY)
    assert concerns(item, Agent("a", "bo", "Bo", frozenset({Role.BILLING})))
    assert not concerns(item, Agent("a", "bo", "Bo", frozenset({Role.DESK})))
    assert item_of(replace(asked, state=DisputeState.OPEN)) is None


def test_r5_a_next_step_is_on_the_list_when_it_is_due() -> None:
    """R5: a step with a date is somebody's; one that is also promised on the ticket is one thing to do."""
    ticket = replace(TICKET, next_step="Ring the supplier", next_step_at=NOW + HOUR)
    step = sure(item_of(ticket))
    assert (step.kind, step.owners) == (ItemKind.NEXT_STEP, frozenset({"Ola Desk"}))
    same = sure(item_of(promise(ticket_key="t1", due_at=NOW + HOUR)))
    other = sure(item_of(promise(key="p2", ticket_key="t1", due_at=NOW + 2 * HOUR)))
    assert without_twins((step, same)) == (same,)
    assert without_twins((step, other)) == (step, other)


def test_r24_a_term_that_ends_is_on_the_list_while_its_window_is_open() -> None:
    """R24: from the first day of the window until the end; with the notice given it is gone."""
    contract = Contract("k1", "LRK/1", "c1", "Fibre", date(2025, 1, 1), date(2026, 12, 25), 24)
    item = sure(item_of(contract))
    assert (item.kind, item.legal, item.urgency) == (ItemKind.RENEWAL, True, Urgency.AHEAD)
    assert item_of(replace(contract, ends_on=date(2027, 3, 1))) is None
    assert item_of(replace(contract, notice_sent_at=NOW - DAY)) is None
    late = sure(item_of(replace(contract, ends_on=date(2026, 11, 30))))
    assert late.urgency is Urgency.BROKEN


# order ----------------------------------------------------------------------------------------------------------------

KINDS = list(ItemKind)
moments = st.integers(-200, 200).map(lambda hours: NOW + timedelta(hours=hours))


@st.composite
def items(draw: st.DrawFn) -> Item:
    """Return any item; many are alike in much, so that ties happen."""
    due = draw(st.none() | moments)
    since = draw(moments)
    flags = frozenset({CustomerFlag.PRIORITY_REPAIR}) if draw(st.booleans()) else frozenset()
    key = f"k{draw(st.integers(0, 30))}"
    return Item(
        kind=draw(st.sampled_from(KINDS)), record=mail(key=key), customer=replace(CUSTOMER, flags=flags),
        urgency=urgency(due, since, NOW), since=since, due_at=due, legal=draw(st.booleans()), priority=bool(flags),
    )  # fmt: skip


def names(found: Sequence[Item]) -> list[str]:
    """Return the names of items."""
    return [one.name for one in found]


@given(st.lists(items(), unique_by=lambda one: one.name))
def test_r17_the_order_is_total_and_the_same_on_every_desk(found: list[Item]) -> None:
    """Whatever order they come in, they stand in one: no two items have the same place."""
    assert ordered(found) == ordered(reversed(found))
    assert len({one.order for one in found}) == len(found)


@given(st.lists(items(), unique_by=lambda one: one.name, min_size=1))
def test_r17_adding_a_thing_never_reorders_the_others(found: list[Item]) -> None:
    """A row of the list never jumps over another because of a third."""
    *others, added = found
    assert [name for name in names(ordered(found)) if name != added.name] == names(ordered(others))


@given(st.lists(items(), unique_by=lambda one: one.name, min_size=2))
def test_r37_broken_before_about_to_break_before_ahead(found: list[Item]) -> None:
    """Nothing that can wait stands above what is broken."""
    levels = [one.urgency for one in ordered(found)]
    assert levels == sorted(levels)


def test_what_a_law_sets_goes_first_among_what_is_broken_and_priority_next() -> None:
    """Legal before priority, priority before others, then by due time; ahead, a law's distant day waits its turn."""

    def made(key: str, hours: int, *, legal: bool = False, priority: bool = False) -> Item:
        due = NOW + timedelta(hours=hours)
        level = urgency(due, NOW - 10 * DAY, NOW)
        return Item(
            ItemKind.PROMISE, promise(key=key), CUSTOMER, level, NOW - 10 * DAY, due, legal=legal, priority=priority
        )

    broken = [made("plain", -50), made("late", -60), made("first", -1, priority=True), made("law", -1, legal=True)]
    assert [one.record.key for one in ordered(broken)] == ["law", "first", "late", "plain"]
    ahead = [made("law", 100, legal=True), made("soon", 20), made("first", 120, priority=True)]
    assert [one.record.key for one in ordered(ahead)] == ["first", "soon", "law"]


@given(st.lists(items(), unique_by=lambda one: one.name, min_size=2))
def test_r37_a_broken_promise_leads_the_list(found: list[Item]) -> None:
    """Above everything else that is broken, whatever a law says of it: a customer waits for what was promised."""
    told = {ItemKind.PROMISE, ItemKind.CALL_BACK, ItemKind.WORD}
    broken = [one.kind in told for one in ordered(found) if one.urgency is Urgency.BROKEN]
    assert broken == sorted(broken, reverse=True)


def test_an_urgent_case_and_a_vulnerable_customer_are_served_first() -> None:
    """Priority repair, vulnerable customers and urgent tickets are marked as first."""
    flagged = replace(CUSTOMER, flags=frozenset({CustomerFlag.VULNERABLE}))
    assert of_message(mail(), flagged, known()).priority
    urgent = replace(TICKET, priority=Priority.URGENT)
    assert of_message(mail(ticket_key="t1"), CUSTOMER, known(tickets={"t1": urgent})).priority
    assert not of_message(mail(), CUSTOMER, known()).priority


# filters --------------------------------------------------------------------------------------------------------------

OLA = Agent("a1", "ola", "Ola Desk", frozenset({Role.DESK}), languages=("en",), skills=("fault",))


def everything() -> tuple[Item, ...]:
    """Return one item of several kinds."""
    foreign = replace(CUSTOMER, key="c2", language="pl", operator_key="op2")
    return (
        sure(item_of(promise(ticket_key="t1"))),
        sure(item_of(promise(key="p9", owner="Mia"), foreign)),
        of_message(mail(), CUSTOMER, known()),
        sure(item_of(handover(to=Holder.DESK, by="Mia"))),
    )


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        (AgendaFilter(), {"p1", "p9", "m1", "h1"}),
        (AgendaFilter(mine=True), {"p1", "h1"}),
        (AgendaFilter(languages=frozenset({"pl"})), {"p9"}),
        (AgendaFilter(operator_keys=frozenset({"op"})), {"p1", "m1", "h1"}),
        (AgendaFilter(kinds=frozenset({ItemKind.MESSAGE})), {"m1"}),
        (AgendaFilter(skills=frozenset({"fault"})), {"p1", "p9", "m1", "h1"}),
        (AgendaFilter(skills=frozenset({"billing"})), {"p9", "m1"}),
    ],
)
def test_r17_the_list_is_filtered(only: AgendaFilter, expected: set[Key]) -> None:
    """Operator, language, skill, mine and kind; what needs a skill nobody knows of is kept from nobody."""
    assert {one.record.key for one in chosen(everything(), OLA, only)} == expected


def test_a_message_on_my_case_is_mine() -> None:
    """Mine is what I own or hold, and what was handed to my role."""
    assert is_mine(of_message(mail(ticket_key="t1"), CUSTOMER, known()), OLA)
    assert not is_mine(of_message(mail(), CUSTOMER, known()), OLA)


@given(st.lists(items(), unique_by=lambda one: one.name), st.booleans(), st.frozensets(st.sampled_from(KINDS)))
def test_a_filter_keeps_the_order(found: list[Item], mine: bool, kinds: frozenset[ItemKind]) -> None:
    """What is shown of a list stands as it stands in the list."""
    every = ordered(found)
    shown = chosen(every, OLA, AgendaFilter(mine=mine, kinds=kinds))
    assert list(shown) == [one for one in every if one in shown]
