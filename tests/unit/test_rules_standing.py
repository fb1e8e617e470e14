"""Where a customer stands: the facts of the first sentence, and what is asked of each kind of ticket."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.port import CustomerFile
from backends.records import (
    CHANNELS,
    AnswerState,
    Channel,
    Charge,
    Chase,
    Contact,
    Contract,
    ContractState,
    Customer,
    CustomerKind,
    Direction,
    Dispute,
    DisputeState,
    Money,
    Operator,
    Outcome,
    Priority,
    Promise,
    PromiseKind,
    PromiseState,
    Role,
    Ticket,
    TicketKind,
    TicketState,
)
from console.rules.asking import HOLDERS, QUESTIONS, answer_needed, can_be_answered, raised, reply_channel
from console.rules.roles import Right, may, rights_of
from console.rules.standing import (
    Fact,
    broken_promises,
    contacts_within,
    current_contract,
    dunning_ahead,
    ending_contract,
    most_chased,
    next_promise,
    opening,
    waiting,
)

NOW = datetime(2026, 11, 21, 2, 14, tzinfo=UTC)
TODAY = NOW.date()
WARSAW = ZoneInfo("Europe/Warsaw")
FILE = CustomerFile(
    Customer("1", "C1", "2", CustomerKind.SUBSCRIBER, "Ewa Nowak", "pl"),
    Operator("2", "LUN", "Luna", "PL", "pl", "Europe/Warsaw"),
)


def contact(hours: float, ticket: str = "", **changes: object) -> Contact:
    """Return an inbound call of some hours ago."""
    at = NOW - timedelta(hours=hours)
    one = Contact(f"c{hours}", "K", "1", "2", Channel.CALL, Direction.INBOUND, at, ticket_key=ticket)
    return replace(one, **changes)  # type: ignore[arg-type]


def ticket(key: str = "5", **changes: object) -> Ticket:
    """Return an open fault of yesterday."""
    one = Ticket(key, f"T{key}", "1", "2", TicketKind.FAULT, "no internet", NOW - timedelta(days=1))
    return replace(one, **changes)  # type: ignore[arg-type]


def promise(hours: float, **changes: object) -> Promise:
    """Return an open promise that is due in some hours."""
    one = Promise(f"p{hours}", "1", PromiseKind.DEED, "a technician comes", NOW, NOW + timedelta(hours=hours))
    return replace(one, **changes)  # type: ignore[arg-type]


def chase(ticket_key: str, key: str, **changes: object) -> Chase:
    """Return a chase by the customer."""
    return replace(Chase(key, ticket_key, "1", NOW), **changes)  # type: ignore[arg-type]


def facts(file: CustomerFile) -> list[Fact]:
    """Return the facts of the opening, in order."""
    return [said.fact for said in opening(file, NOW, TODAY, WARSAW)]


def test_r6_third_contact_about_the_same_fault_and_a_promise_not_kept() -> None:
    """R6: the example of the rule: three contacts in five days about one fault, promised Tuesday, not kept."""
    file = replace(
        FILE,
        tickets=(ticket(),),
        recent_inbound=(contact(1, "5"), contact(50, "5"), contact(90, "5")),
        promises=(promise(-80),),
    )
    found = opening(file, NOW, TODAY, WARSAW)
    assert [said.fact for said in found] == [Fact.BROKEN_PROMISE, Fact.SAME_MATTER]
    assert (found[1].count, found[1].days, found[1].kind) == (3, 5, TicketKind.FAULT)


def test_days_are_counted_where_the_reader_is() -> None:
    """Half past eleven at night in Warsaw was yesterday at one o'clock, though in UTC the day is the same."""
    now = datetime(2026, 11, 20, 23, 50, tzinfo=UTC)
    late = replace(contact(0), at=datetime(2026, 11, 20, 22, 30, tzinfo=UTC))
    file = replace(FILE, recent_inbound=(replace(late, at=now), late))
    assert opening(file, now, date(2026, 11, 21), WARSAW)[0].days == 2
    assert opening(file, now, date(2026, 11, 20), UTC)[0].days == 1


def test_money_unanswered_messages_and_ending_terms_are_told() -> None:
    """R39, R10, R24: dunning during a dispute, messages without answer, a term that ends soon."""
    file = replace(
        FILE,
        disputes=(Dispute("d", "1", "charged twice", NOW),),
        charges=(Charge("h", "1", "fee", Money(1, "PLN"), TODAY, dunning_on=TODAY + timedelta(days=7)),),
        recent_inbound=(contact(9, channel=Channel.EMAIL, answer=AnswerState.WAITING),),
        contracts=(Contract("k", "K1", "1", "Fibre", TODAY, TODAY + timedelta(days=40)),),
    )
    assert facts(file) == [Fact.DUNNING, Fact.UNANSWERED, Fact.TERM_ENDS]


def test_nothing_pressing_leaves_the_last_word_or_a_welcome() -> None:
    """Somebody quiet is met with what was said last; somebody new with that."""
    assert facts(replace(FILE, recent_inbound=(contact(90), contact(200)))) == [Fact.LAST_CONTACT]
    assert facts(FILE) == [Fact.NEW]
    assert facts(replace(FILE, contacts_total=9)) == []


@given(
    contacts=st.lists(st.tuples(st.integers(0, 700), st.sampled_from(["", "5", "6"]), st.booleans()), max_size=6),
    dues=st.lists(st.integers(-99, 99), max_size=3),
    chases=st.lists(st.sampled_from("567"), max_size=5),
    disputed=st.booleans(),
)
def test_r6_at_most_three_facts_the_most_pressing_first(
    contacts: list[tuple[int, str, bool]], dues: list[int], chases: list[str], disputed: bool
) -> None:
    """R6: one line, not a report; each kind of fact once, in the order of what presses most."""
    file = replace(
        FILE,
        tickets=(ticket("5"), ticket("6"), ticket("7", state=TicketState.CLOSED, closed_at=NOW)),
        recent_inbound=tuple(
            contact(hours, key, answer=AnswerState.WAITING if owed else AnswerState.NOT_NEEDED)
            for hours, key, owed in sorted(contacts)
        ),
        promises=tuple(promise(hours) for hours in dues),
        chases=tuple(chase(key, str(number)) for number, key in enumerate(chases)),
        disputes=(Dispute("d", "1", "charged twice", NOW),) if disputed else (),
    )
    found = facts(file)
    assert len(found) <= 3
    assert found == sorted(set(found), key=list(Fact).index)


def test_only_open_tickets_and_the_customers_own_asking_count_as_chases() -> None:
    """R37: a chase of a closed ticket is over; our chasing of a supplier is not the customer's."""
    file = replace(
        FILE,
        tickets=(ticket("5"), ticket("7", state=TicketState.CLOSED, outcome=Outcome.RECOVERED)),
        chases=(chase("7", "1"), chase("7", "2"), chase("5", "3"), chase("5", "4", outbound=True)),
    )
    assert most_chased(file) == 1
    assert most_chased(FILE) == 0


def test_promises_break_at_their_time_and_only_while_open() -> None:
    """A promise due this minute is not broken yet; kept and withdrawn ones never are, nor is one without time."""
    due = promise(0)
    assert broken_promises((due,), NOW) == ()
    assert next_promise((due,), NOW) == due
    kept, gone = promise(-1, state=PromiseState.KEPT), promise(-2, state=PromiseState.WITHDRAWN)
    assert broken_promises((kept, gone, promise(-1), promise(-3), promise(0, due_at=None)), NOW) == (
        promise(-3), promise(-1),
    )  # fmt: skip
    assert next_promise((promise(-1), promise(9), promise(5)), NOW) == promise(5)


@pytest.mark.parametrize(("days", "near"), [(-1, False), (0, True), (40, True), (41, False)])
def test_a_term_is_spoken_of_from_forty_days_before_to_its_last_day(days: int, near: bool) -> None:
    """R24: the notice window has two ends, both counted."""
    one = Contract("k", "K1", "1", "Fibre", TODAY, TODAY + timedelta(days=days))
    assert (ending_contract((one,), TODAY) is not None) == near
    assert ending_contract((replace(one, state=ContractState.NOTICE_GIVEN),), TODAY) is None


def test_the_contract_in_force_is_the_open_one_or_the_one_that_ends_last() -> None:
    """An open term outlasts fixed ones; ended and offered ones do not count."""
    fixed = Contract("1", "K1", "1", "Fibre", TODAY, TODAY)
    opened = Contract("2", "K2", "1", "Fibre", TODAY)
    ended = replace(fixed, key="3", ends_on=TODAY + timedelta(days=99), state=ContractState.ENDED)
    assert current_contract((fixed, opened, ended)) == opened
    assert current_contract((ended,)) is None


@pytest.mark.parametrize(("state", "warned"), [(state, state in ("open", "hold_asked")) for state in DisputeState])
def test_dunning_is_a_warning_only_while_a_dispute_is_undecided_and_not_on_hold(
    state: DisputeState, warned: bool
) -> None:
    """R39: a hold is billing's promise not to dun; decided disputes do not protect."""
    charges = tuple(
        Charge(str(days), "1", "fee", Money(1, "PLN"), TODAY, dunning_on=TODAY + timedelta(days=days))
        for days in (8, 7, 3)
    )
    paid = replace(charges[2], key="paid", paid_on=TODAY, dunning_on=TODAY)
    found = dunning_ahead((*charges, paid), (Dispute("d", "1", "r", NOW, state=state),), TODAY)
    assert (found.key if found else "") == ("3" if warned else "")
    assert dunning_ahead(charges[:1], (Dispute("d", "1", "r", NOW),), TODAY) is None


def test_r10_what_waits_comes_oldest_first_and_a_week_is_seven_days() -> None:
    """R10: the oldest debt first; the week's contacts end seven days ago to the second."""
    owed = [contact(hours, answer=AnswerState.WAITING) for hours in (5, 90, 30)]
    assert waiting((*owed, contact(1))) == (owed[1], owed[2], owed[0])
    edge = replace(contact(1), at=NOW - timedelta(days=7))
    assert contacts_within((edge, replace(edge, at=edge.at - timedelta(seconds=1)), contact(-1)), NOW) == (edge,)


# what is asked, and who may ----------------------------------------------------------------------------------------


def test_r36_every_kind_of_ticket_has_brief_questions_and_a_first_holder() -> None:
    """R36: a few questions each, every code once, choices without doubles."""
    for kind in TicketKind:
        codes = [question.code for question in QUESTIONS[kind]]
        assert 1 <= len(codes) == len(set(codes)) <= 3
        assert kind in HOLDERS
        for question in QUESTIONS[kind]:
            assert len(set(question.choices)) == len(question.choices)


def test_r10_written_messages_that_come_in_are_debts() -> None:
    """R10: mail, SMS, fax, letter, web form and social wait for an answer; calls, chats, visits and ours do not."""
    owed = {channel for channel in CHANNELS if answer_needed(channel, Direction.INBOUND) is AnswerState.WAITING}
    assert owed == {Channel.EMAIL, Channel.SMS, Channel.FAX, Channel.LETTER, Channel.WEB, Channel.SOCIAL}
    for channel in CHANNELS:
        assert answer_needed(channel, Direction.OUTBOUND) is AnswerState.NOT_NEEDED
        assert answer_needed(channel, Direction.INTERNAL) is AnswerState.NOT_NEEDED
    one = contact(1, answer=AnswerState.WAITING)
    assert can_be_answered(one)
    assert not can_be_answered(replace(one, answer=AnswerState.WAIVED))


def test_priority_rises_by_one_and_not_beyond_the_highest() -> None:
    """R37: one step a time."""
    assert [raised(one) for one in Priority] == [Priority.NORMAL, Priority.HIGH, Priority.URGENT, Priority.URGENT]


def test_r16_a_reply_takes_the_way_the_customer_came() -> None:
    """R16: their own channel where we can write on it, else e-mail, SMS, letter."""
    assert reply_channel(contact(1, channel=Channel.SMS), True, True) == Channel.SMS
    assert reply_channel(contact(1), True, True) == Channel.EMAIL
    assert reply_channel(None, False, True) == Channel.SMS
    assert reply_channel(contact(1, channel=Channel.WEB), False, False) == Channel.LETTER


def test_rights_follow_roles() -> None:
    """R41: only the technical service and supervisors decide on outages, only supervisors erase; no role, no right."""
    assert {role for role in Role if may({role}, Right.OUTAGE_DECIDE)} == {Role.TECHNICAL, Role.SUPERVISOR}
    assert {role for role in Role if may({role}, Right.FORGET)} == {Role.SUPERVISOR}
    assert all(may({role}, Right.WRITE) for role in Role)
    assert not may({Role.TECHNICAL}, Right.REPLY)
    assert rights_of(()) == frozenset()
    assert rights_of({Role.HOTLINE, Role.TECHNICAL}) >= rights_of({Role.HOTLINE})
    assert rights_of({Role.SUPERVISOR}) == frozenset(Right)
