"""Records of every kind as hypothesis makes them: odd names, extreme dates, every state, texts in every script.

The texts have passed `backends.clean`, as everything has that reaches a backend: markup, quotes, formulas, emoji and
right-to-left scripts are in them, control characters are not.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from backends import clean
from backends.contract.samples import unlike_any_other
from backends.records import (
    CHANNELS,
    Agent,
    AnswerState,
    Attachment,
    AuthorisedParty,
    CallRoute,
    Charge,
    Chase,
    Compensation,
    Contact,
    ContactPoint,
    Contract,
    ContractState,
    Coverage,
    Customer,
    CustomerFlag,
    CustomerKind,
    Direction,
    Dispute,
    DisputeState,
    Handover,
    Holder,
    Key,
    Line,
    LineState,
    Link,
    LinkKind,
    Money,
    NetworkPath,
    Operator,
    Origin,
    Outage,
    OutageKind,
    OutageState,
    OutageUpdate,
    Outcome,
    Place,
    PointKind,
    Priority,
    Promise,
    PromiseKind,
    PromiseState,
    Role,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    TicketState,
    Visit,
    VisitState,
    new_key,
)

ODD_TEXTS = (
    "",
    "30 [/month]",
    "[EXTERNAL] [@click=app.quit]x[/]",
    "'; DROP TABLE customer; --",
    '"quoted" NEAR(a b) OR * - % _ \\',
    "=HYPERLINK(1) +1 -1 @SUM",
    "{0} %s $name {{x}}",
    "Zażółć gęślą jaźń, Łódź",
    "Þórr Bjørnæs Åse Straße ñandú",
    "مرحبا كيف الحال",
    "שלום עולם",
    "👩🏽‍🔬 🇵🇱 ✓ 漢字 ｆｕｌｌ",
    "नमस्ते दुनिया",
    "null",
    "0",
    "1e9",
    "2015-02-30",
    "x" * 400,
)
MOMENTS_AT_THE_EDGE = (
    datetime.min.replace(tzinfo=UTC),
    datetime.max.replace(tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
    datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
)

words = (st.sampled_from(ODD_TEXTS) | st.text(max_size=40)).map(clean.line)
bodies = (
    st.sampled_from((*ODD_TEXTS, "line\n" * 2_000, "ż" * 100_000, "  indented\n\n> quoted\n")) | st.text(max_size=200)
).map(clean.block)
moments = st.sampled_from(MOMENTS_AT_THE_EDGE) | st.datetimes(timezones=st.just(UTC))
days = st.dates()
counts = st.integers(0, 2**31 - 1)
money = st.builds(Money, st.integers(-(10**12), 10**12), st.sampled_from(("PLN", "EUR", "SEK", "GBP")))
origins = st.none() | st.builds(lambda source: Origin(source or "x", unlike_any_other()), words)
places = st.builds(Place, words, words, words, words, words, words, st.sampled_from(("", "PL", "IT", "SE", "GB")))
paths = st.builds(NetworkPath, words, words, words, words)
services = st.sampled_from(("internet", "tv", "telephone", "mobile", "søl-вода"))


def _some(of: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, max_size=3).map(tuple)


def _keys(key: Key) -> st.SearchStrategy[tuple[Key, ...]]:
    """Return tuples with and without `key`; without, when it is empty: nothing was stored that could be named."""
    return st.sampled_from(((), (key,) if key else ()))


def _maybe(of: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | of


operators = st.builds(
    Operator,
    key=st.builds(new_key),
    code=st.builds(unlike_any_other),
    name=words,
    country=st.sampled_from(("PL", "IT", "SE", "GB")),
    language=st.sampled_from(("pl", "it", "sv", "en")),
    time_zone=st.sampled_from(("Europe/Warsaw", "Europe/Rome", "Europe/Stockholm", "Europe/London")),
    currency=st.sampled_from(("PLN", "EUR", "SEK", "GBP")),
    numbers=_some(words),
    email=words,
    greeting=bodies,
    desk_hours=words,
    chase_threshold=counts,
    region=st.sampled_from(("", "SCT", "21", "M")),
    accept_minutes=counts,
    ladder=_some(words),
    active=st.booleans(),
)


def agents(operator: Key) -> st.SearchStrategy[Agent]:
    """Return agents who answer for `operator` or for all."""
    return st.builds(
        Agent,
        key=st.builds(new_key),
        login=st.builds(unlike_any_other),
        name=words,
        roles=st.frozensets(st.sampled_from(Role)),
        languages=_some(st.sampled_from(("pl", "it", "fr"))),
        operator_keys=_keys(operator),
        skills=_some(st.sampled_from(TicketKind).map(str) | services),
        active=st.booleans(),
    )


def customers(operator: Key) -> st.SearchStrategy[Customer]:
    """Return customers of `operator`."""
    return st.builds(
        Customer,
        key=st.builds(new_key),
        number=st.just(""),
        operator_key=st.just(operator),
        kind=st.sampled_from(CustomerKind),
        name=words,
        language=st.sampled_from(("pl", "it", "sv", "en", "")),
        greeting_name=words,
        place=places,
        points=_some(st.builds(ContactPoint, st.sampled_from(PointKind), words, words, st.booleans())),
        flags=st.frozensets(st.sampled_from([flag for flag in CustomerFlag if flag is not CustomerFlag.FORGOTTEN])),
        authorised=_some(st.builds(AuthorisedParty, words, words, words, words)),
        tone=words,
        since=_maybe(moments),
        origin=origins,
    )


def lines(customer: Key) -> st.SearchStrategy[Line]:
    """Return lines of `customer`."""
    return st.builds(
        Line,
        key=st.builds(new_key),
        number=st.just(""),
        customer_key=st.just(customer),
        service=services,
        place=places,
        path=paths,
        product=words,
        technology=words,
        phone=words,
        mac=words,
        ip=words,
        state=st.sampled_from(LineState),
        since=_maybe(moments),
    )


def contracts(customer: Key, line: Key) -> st.SearchStrategy[Contract]:
    """Return contracts of `customer`, some for `line`."""
    return st.builds(
        Contract,
        key=st.builds(new_key),
        number=st.just(""),
        customer_key=st.just(customer),
        product=words,
        started_on=days,
        ends_on=_maybe(days),
        term_months=counts,
        price=_maybe(money),
        list_price=_maybe(money),
        state=st.sampled_from(ContractState),
        notice_sent_at=_maybe(moments),
        line_keys=_keys(line),
    )


def charges(customer: Key, contract: Key) -> st.SearchStrategy[Charge]:
    """Return charges of `customer`, some under `contract`."""
    return st.builds(
        Charge,
        key=st.builds(new_key),
        customer_key=st.just(customer),
        text=words,
        amount=money,
        charged_on=days,
        due_on=_maybe(days),
        paid_on=_maybe(days),
        dunning_on=_maybe(days),
        contract_key=st.sampled_from(("", contract)),
        origin=origins,
    )


def disputes(customer: Key, charge: Key, ticket: Key) -> st.SearchStrategy[Dispute]:
    """Return disputes of `customer`, some about `charge`, some on `ticket`."""
    return st.builds(
        Dispute,
        key=st.builds(new_key),
        customer_key=st.just(customer),
        reason=bodies,
        opened_at=moments,
        amount=_maybe(money),
        charge_keys=_keys(charge),
        ticket_key=st.sampled_from(("", ticket)),
        state=st.sampled_from(DisputeState),
        answer=bodies,
        closed_at=_maybe(moments),
    )


def contacts(customer: Customer, ticket: Key, line: Key, earlier: Key, outage: Key) -> st.SearchStrategy[Contact]:
    """Return contacts of `customer`, some on `ticket`, `line` or `outage`, some answered by `earlier`."""
    return st.builds(
        Contact,
        key=st.builds(new_key),
        reference=st.just(""),
        customer_key=st.just(customer.key),
        operator_key=st.just(customer.operator_key),
        channel=st.sampled_from((*CHANNELS, "telex")),
        direction=st.sampled_from(Direction),
        at=moments,
        subject=words,
        body=bodies,
        seconds=counts,
        thread=words,
        ticket_key=st.sampled_from(("", ticket)),
        line_key=st.sampled_from(("", line)),
        outage_key=st.sampled_from(("", outage)),
        agent=words,
        sender=words,
        recipient=words,
        answer=st.sampled_from(AnswerState),
        answered_at=_maybe(moments),
        answered_by=st.sampled_from(("", earlier)),
        waived_reason=words,
        route=_maybe(st.builds(CallRoute, words, _some(words), counts, counts)),
        attachments=_some(st.builds(Attachment, words, words, counts, words, st.booleans())),
        outcome=words,
        origin=origins,
    )


def tickets(customer: Customer, line: Key, outage: Key) -> st.SearchStrategy[Ticket]:
    """Return tickets of `customer`, some on `line`, some for `outage`."""
    return st.builds(
        Ticket,
        key=st.builds(new_key),
        reference=st.just(""),
        customer_key=st.just(customer.key),
        operator_key=st.just(customer.operator_key),
        kind=st.sampled_from(TicketKind),
        subject=words,
        opened_at=moments,
        state=st.sampled_from(TicketState),
        priority=st.sampled_from(Priority),
        description=bodies,
        details=_some(st.tuples(words, bodies)),
        line_key=st.sampled_from(("", line)),
        outage_key=st.sampled_from(("", outage)),
        opened_by=words,
        first_contact_at=_maybe(moments),
        holder=st.sampled_from(Holder),
        holder_name=words,
        holder_reference=words,
        held_since=_maybe(moments),
        escalated_to=words,
        next_step=words,
        next_step_at=_maybe(moments),
        taken_in_charge_at=_maybe(moments),
        due_at=_maybe(moments),
        reference_given_at=_maybe(moments),
        closed_at=_maybe(moments),
        outcome=_maybe(st.sampled_from(Outcome)),
        class_proposed=_maybe(st.sampled_from(Outcome)),
        outcome_reason=words,
        resolution=bodies,
        compensations=_some(st.builds(Compensation, money, words, moments, words)),
        origin=origins,
    )


def ticket_events(ticket: Ticket, contact: Key) -> st.SearchStrategy[TicketEvent]:
    """Return events of `ticket`, some out of `contact`."""
    return st.builds(
        TicketEvent,
        key=st.builds(new_key),
        ticket_key=st.just(ticket.key),
        customer_key=st.just(ticket.customer_key),
        kind=st.sampled_from(TicketEventKind),
        at=moments,
        by=words,
        before=words,
        after=words,
        text=bodies,
        contact_key=st.sampled_from(("", contact)),
    )


def chases(ticket: Ticket, contact: Key) -> st.SearchStrategy[Chase]:
    """Return chases of `ticket`, some in `contact`."""
    return st.builds(
        Chase,
        key=st.builds(new_key),
        ticket_key=st.just(ticket.key),
        customer_key=st.just(ticket.customer_key),
        at=moments,
        by=words,
        contact_key=st.sampled_from(("", contact)),
        outbound=st.booleans(),
        note=bodies,
    )


def promises(ticket: Ticket, contact: Key, outage: Key) -> st.SearchStrategy[Promise]:
    """Return promises about `ticket`, some made in `contact`, some due when `outage` ends."""
    return st.builds(
        Promise,
        key=st.builds(new_key),
        customer_key=st.just(ticket.customer_key),
        kind=st.sampled_from(PromiseKind),
        deed=words,
        made_at=moments,
        due_at=_maybe(moments),
        ticket_key=st.just(ticket.key),
        contact_key=st.sampled_from(("", contact)),
        outage_key=st.sampled_from(("", outage)),
        made_by=words,
        owner=words,
        state=st.sampled_from(PromiseState),
        closed_at=_maybe(moments),
        closed_reason=words,
    )


ends = st.builds(lambda source, key: Origin(source or "x", f"{key}{unlike_any_other()}"), words, words)
links = st.builds(
    Link,
    key=st.builds(new_key),
    kind=st.sampled_from(LinkKind),
    left=ends,
    right=ends,
    evidence=_some(words),
    made_by=words,
    made_at=moments,
)


def visits(ticket: Ticket) -> st.SearchStrategy[Visit]:
    """Return visits for `ticket`."""
    return st.builds(
        Visit,
        key=st.builds(new_key),
        ticket_key=st.just(ticket.key),
        customer_key=st.just(ticket.customer_key),
        window_from=moments,
        window_to=moments,
        engineer=words,
        state=st.sampled_from(VisitState),
        note=bodies,
    )


def handovers(ticket: Ticket) -> st.SearchStrategy[Handover]:
    """Return handovers of `ticket`."""
    return st.builds(
        Handover,
        key=st.builds(new_key),
        ticket_key=st.just(ticket.key),
        customer_key=st.just(ticket.customer_key),
        to=st.sampled_from(Holder),
        at=moments,
        by=words,
        note=bodies,
        told_customer=bodies,
        due_at=_maybe(moments),
        accepted_at=_maybe(moments),
        accepted_by=words,
        declined_at=_maybe(moments),
        declined_reason=words,
    )


def outages(operator: Key) -> st.SearchStrategy[Outage]:
    """Return outages that hit `operator` or all."""
    return st.builds(
        Outage,
        key=st.builds(new_key),
        reference=st.just(""),
        state=st.sampled_from(OutageState),
        title=words,
        started_at=moments,
        coverage=st.builds(Coverage, _some(words), _some(words), _some(words), _some(words), words),
        operator_keys=_keys(operator),
        kind=st.sampled_from(OutageKind),
        cause=words,
        expected_end=_maybe(moments),
        confirmed_at=_maybe(moments),
        ended_at=_maybe(moments),
        source=words,
        supplier=words,
        supplier_reference=words,
        say=bodies,
        updates=_some(st.builds(OutageUpdate, moments, bodies, words, _maybe(st.sampled_from(OutageState)))),
        origin=origins,
    )
