"""The list of what to do in words: rows, filters, what is missing, the line at home, and the notice to the customer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from backends.port import CustomerFile, Pending, PendingKind
from backends.records import (
    Agent,
    AnswerState,
    Channel,
    Contact,
    Contract,
    Customer,
    CustomerKind,
    Direction,
    Money,
    Operator,
    Promise,
    PromiseKind,
)
from console.data.clocks import policies
from console.data.renewals import renewal_rules
from console.i18n import LANGUAGES
from console.present import agenda, notices
from console.present.setting import Now
from console.rules.agenda import AgendaFilter, Item, ItemKind
from console.rules.agenda_items import Known, of_message, of_pending
from console.rules.renewals import Offer, RenewalRules, renewal
from widgets.views import Feed, Line, Tone

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
OPERATOR = Operator("op", "LRK", "Larkmoor", "GB", "en", "Europe/London", currency="GBP")
NOW = Now(AT, UTC, {"op": OPERATOR})
CUSTOMER = Customer("c1", "9000001", "op", CustomerKind.SUBSCRIBER, "Joan Tremlett", "en", greeting_name="Ms Tremlett")
CONTRACT = Contract(
    "k1", "LRK/1", "c1", "Fibre 300", date(2024, 12, 22), date(2026, 12, 22), 24, Money(3900, "GBP"), Money(5199, "GBP")
)
OFFERS = tuple(
    Offer("LRK", months, Money(minor, "GBP"), says="router included") for months, minor in ((12, 3500), (24, 2950))
)


def rules(offers: tuple[Offer, ...] = OFFERS) -> RenewalRules:
    """Return the shipped rules with offers."""
    return replace(renewal_rules(), offers=offers)


def item(record: Any, customer: Customer = CUSTOMER, offers: tuple[Offer, ...] = OFFERS) -> Item:
    """Return what a record asks for."""
    known = Known(AT, rules(offers), policies(), operators={"op": OPERATOR}, live=frozenset())
    if isinstance(record, Contact):
        return of_message(record, customer, known)
    kind = PendingKind.CONTRACT if isinstance(record, Contract) else PendingKind.PROMISE
    found = of_pending(Pending(kind, record, customer), known)
    assert found is not None
    return found


def promise(hours: int, **changes: Any) -> Promise:
    """Return a promise due so many hours from now."""
    made = Promise(
        "p1", "c1", PromiseKind.DEED, "Ring with a date", AT - timedelta(days=3), AT + timedelta(hours=hours)
    )
    return replace(made, **changes)


def said(line: Line) -> str:
    """Return the text of a line."""
    return "".join(span.text for span in line)


def test_r24_a_renewal_says_when_to_tell_what_ends_and_what_is_offered() -> None:
    """R24: the window as dates, the end, the list price after, offers for 12 and 24 months."""
    words = agenda.what_words(item(CONTRACT), NOW)
    assert words == (
        "notify between 12 Nov and 12 Dec · Fibre 300 ends 22 Dec · afterwards £51.99 · "
        "offer 12 months £35.00, 24 months £29.50"
    )
    bare = agenda.what_words(item(replace(CONTRACT, list_price=None), offers=()), NOW)
    assert bare == "notify between 12 Nov and 12 Dec · Fibre 300 ends 22 Dec"


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        (date(2026, 12, 1), "notify at once: the last day was 21 Nov"),
        (date(2027, 1, 4), "notify between 25 Nov and 25 Dec"),
        (date(2026, 12, 6), "notify between 27 Oct and 26 Nov"),
    ],
)
def test_r24_the_window_is_told_as_dates(ends: date, expected: str) -> None:
    """R24: never as today or tomorrow; a last day gone by says so."""
    found = renewal(replace(CONTRACT, ends_on=ends), OPERATOR, NOW.today, rules())
    assert found is not None
    assert agenda.window_words(found, NOW) == expected


def test_a_row_says_time_kind_who_and_what() -> None:
    """Broken in the tone of what is bad, with a bar at its edge; nothing of the text is markup."""
    view = agenda.rows((item(promise(-5)),), NOW, AgendaFilter(), total=1)
    (row,) = view.rows
    assert [said(cell.spans) for cell in row.cells[:4]] == ["5 h late", "promise", "Joan Tremlett", "Ring with a date"]
    assert row.cells[0].spans[0].tone is Tone.BAD
    assert row.marker is Tone.BAD


def test_a_window_of_rows_knows_that_there_are_more() -> None:
    """Only the first rows are worded; the list says how many there are and that more can be shown."""
    items = tuple(item(promise(hours, key=f"p{hours}")) for hours in range(1, 9))
    view = agenda.rows(items, NOW, AgendaFilter(), total=8, window=3, more=True)
    assert (len(view.rows), view.more, view.note) == (3, True, "8+ to do")


def test_a_filter_is_named_with_how_much_it_shows() -> None:
    """What is not shown is not forgotten: so many of so many, and how to see all."""
    only = AgendaFilter(
        mine=True, kinds=frozenset({ItemKind.CALL_BACK}), languages=frozenset({"pl"}), operator_keys=frozenset({"op"})
    )
    view = agenda.rows((), NOW, only, total=7)
    assert view.note == "only mine, call-back, Larkmoor, Polish · 0 of 7 · Backspace shows all"
    assert view.feed.state is Feed.EMPTY
    assert "call-back" in view.feed.words
    several = AgendaFilter(languages=frozenset({"pl", "en"}), skills=frozenset({"fault", "billing"}))
    assert agenda.filter_words(several, NOW) == "my languages, my skills"
    assert agenda.filter_words(AgendaFilter(skills=frozenset({"tv"})), NOW) == "TV"


def test_nothing_to_do_is_said_kindly() -> None:
    """An empty list without a filter is good news."""
    assert "every promise is kept" in agenda.rows((), NOW, AgendaFilter()).feed.words


def test_what_is_missing_is_named_with_who_lacks_it() -> None:
    """A gap names source and part, a failure names part and reason; nothing missing is no line."""
    assert agenda.missing_words({}, {}) == ""
    words = agenda.missing_words({"due": ("rt", "zammad")}, {"messages": "no answer"})
    assert words == (
        "Not in this list: rt and zammad keep no list of promises, hand-overs and next steps · messages: no answer"
    )


def test_home_says_how_much_is_to_do_and_what_first() -> None:
    """One line: the count, how much is late, the key, the most urgent thing."""
    mail = Contact(
        "m1", "K-1", "c1", "op", Channel.EMAIL, Direction.INBOUND, AT - timedelta(hours=3), "Hello", "x",
        answer=AnswerState.WAITING,
    )  # fmt: skip
    line = agenda.summary((item(promise(-5)), item(mail)), NOW, "F4", more=True)
    assert said(line) == "2+ to do, 1 late · F4 · 5 h late promise Joan Tremlett: Ring with a date"
    assert said(agenda.summary((), NOW, "F4")) == "To do: nothing · F4"
    assert "not known" in said(agenda.summary((), NOW, "F4", missing=True))


def test_the_line_below_says_all_of_it() -> None:
    """When it is due by the operator's clock, all of what is to be done, and whose it is."""
    words = said(agenda.detail(item(promise(-5, owner="Ola")), NOW))
    assert words == "due today 07:00 · Ring with a date · Ola"
    assert agenda.detail(None, NOW) == ()


# the notice -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", [*LANGUAGES, "de", "xx"])
def test_r24_the_notice_names_what_the_law_wants_in_the_customers_language(language: str) -> None:
    """R24: end, price until then, price after, best offers; whatever the language, with name, agent and operator."""
    found = renewal(CONTRACT, OPERATOR, NOW.today, rules())
    assert found is not None
    file = CustomerFile(replace(CUSTOMER, language=language), OPERATOR)
    text = notices.notice_text(file, Agent("", "ola", "Ola Desk"), found)
    for part in ("Ms Tremlett", "Fibre 300", "2026", "Ola Desk", "Larkmoor", "router included", "12", "24"):
        assert part in text
    for minor in ("39", "51", "35", "29"):
        assert minor in text
    assert "LRK/1" in notices.notice_subject(file, found)
    assert "{" not in text


def test_r24_what_is_not_known_is_not_said() -> None:
    """R24: without list price and offers the notice says when it ends, and no price that nobody set."""
    bare = replace(CONTRACT, price=None, list_price=None)
    found = renewal(bare, OPERATOR, NOW.today, rules(()))
    assert found is not None
    text = notices.notice_text(CustomerFile(CUSTOMER, OPERATOR), Agent("", "ola", "Ola Desk"), found)
    assert "GBP" not in text
    assert "offer" not in text


def test_r24_the_texts_differ_by_language() -> None:
    """R24: each language has sentences of its own; one that is not there falls back to English."""
    found = renewal(CONTRACT, OPERATOR, NOW.today, rules())
    assert found is not None
    agent = Agent("", "ola", "Ola Desk")
    texts = {
        code: notices.notice_text(CustomerFile(replace(CUSTOMER, language=code), OPERATOR), agent, found)
        for code in (*LANGUAGES, "xx")
    }
    assert len(set(texts.values())) == len(LANGUAGES)
    assert texts["xx"] == texts["en"]
