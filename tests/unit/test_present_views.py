"""Every view of every showcase customer: built in every language, clean, whole, and saying what is so."""

from __future__ import annotations

import ast
import asyncio
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends import errors
from backends.clean import strip_controls
from backends.port import CustomerFile, TimelineFilter
from backends.records import (
    CHANNELS,
    Agent,
    AnswerState,
    Attachment,
    Channel,
    Charge,
    Chase,
    Contact,
    Contract,
    Coverage,
    Customer,
    CustomerKind,
    Direction,
    Dispute,
    Money,
    Operator,
    Outage,
    OutageKind,
    OutageState,
    Outcome,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    TicketState,
)
from backends.registry import backend_for
from console import i18n
from console.demo import highlights
from console.desk.picture import Picture, find_one, gather, older
from console.present import banners, body, card, details, failures, forms, kept_rows, letters, opening, results, rows
from console.present.labels import CHANNEL_SIGNS, OUTCOMES, sign_of
from console.present.setting import Now
from console.rules.asking import QUESTIONS
from console.rules.standing import broken_promises, chases_by_ticket
from console.rules.timeline import Happening
from console.words import age, moment
from tests.desk_stage import NIGHT, copy_of
from widgets.views import FieldKind, FormView, RowsView

WARSAW = ZoneInfo("Europe/Warsaw")
AGENT = Agent("", "ola", "Ola Desk")
ACTS = Path(__file__).parents[2] / "console" / "desk" / "acts"
OPERATOR = Operator("2", "LUN", "Luna", "PL", "pl", "Europe/Warsaw")
NOW = Now(NIGHT, WARSAW, {"2": OPERATOR})
FILE = CustomerFile(Customer("1", "C1", "2", CustomerKind.SUBSCRIBER, "Ewa Nowak", "pl"), OPERATOR)


@pytest.fixture(scope="session")
def pictures(demo_original: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Picture]:
    """Return the showcase customers' pictures by their code, histories whole."""

    async def read() -> dict[str, Picture]:
        backend = backend_for(f"sqlite:///{copy_of(demo_original, tmp_path_factory.mktemp('views'))}")
        await backend.open()
        try:
            found: dict[str, Picture] = {}
            for code, one in highlights().items():
                picture = await gather(backend, await find_one(backend, one.number), NIGHT)
                while picture.after is not None:
                    picture = await older(backend, picture, 500)
                found[code] = picture
            return found
        finally:
            await backend.close()

    return asyncio.run(read())


@pytest.fixture(params=i18n.LANGUAGES)
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    """Speak one language for the length of a test."""
    i18n.use(request.param)
    yield request.param
    i18n.use("en")


def texts_in(view: Any) -> Iterator[str]:
    """Yield every text of a view, however deep; keys and codes of enumerations left out."""
    if isinstance(view, StrEnum):
        return
    if isinstance(view, str):
        yield view
    elif isinstance(view, tuple):
        for part in view:
            yield from texts_in(part)
    elif is_dataclass(view):
        for one in fields(view):
            yield from texts_in(getattr(view, one.name))


def now_of(picture: Picture) -> Now:
    """Return the night of the demo, with the customer's operator."""
    return Now(NIGHT, WARSAW, {picture.file.operator.key: picture.file.operator})


def views_of(picture: Picture) -> Iterator[Any]:
    """Yield everything that is shown of a customer."""
    file, now = picture.file, now_of(picture)
    known = {one.key: one for one in file.tickets}
    counts = chases_by_ticket(file.chases)
    late = {one.ticket_key for one in broken_promises(file.promises, now.at)}
    happenings = picture.happenings()
    yield card.card(file, now)
    yield details.details(file, now)
    yield opening.opening_text(file, now)
    yield banners.for_customer(picture.hits, now, key="o")
    yield banners.for_everybody([one.outage for one in (*picture.hits, *picture.past_hits)], now, key="o")
    yield results.outages([one.outage for one in (*picture.hits, *picture.past_hits)], now)
    yield results.recent([file.customer], now)
    yield results.waiting([(one, file.customer) for one in file.recent_inbound], now, True)
    yield rows.history(happenings, now, known, total=file.contacts_total)
    yield rows.tickets(file.tickets, now, file.operator, counts, late)
    yield from (body.body(one, now, known) for one in happenings[:300])
    yield from (body.ticket_body(one, now, file.operator, counts.get(one.key, 0)) for one in file.tickets)


def forms_of(picture: Picture) -> Iterator[FormView]:
    """Yield every form that can be opened for a customer."""
    file, now = picture.file, now_of(picture)
    contact = file.recent_inbound[0] if file.recent_inbound else None
    yield forms.log_contact(file, {})
    yield forms.fix_on_spot(file, {})
    yield forms.reply(file, {}, now)
    yield forms.correct_customer(file, {"language": "xx"})
    yield forms.new_customer([file.operator, replace(file.operator, key="other", name="Other")], {})
    yield forms.raise_outage([file.operator, replace(file.operator, key="other")], {}, may_confirm=True)
    yield forms.update_outage("News", "about", {}, text_needed=True)
    for kind in TicketKind:
        yield forms.open_ticket(file, kind, {}, now)
        yield forms.open_ticket(file, kind, {}, now, contact)
    for call_back in (False, True):
        yield forms.promise(file, {}, file.tickets[0] if file.tickets else None, call_back=call_back)
    for promise in file.promises[:1]:
        yield forms.withdraw(promise, {})
    if contact is not None:
        yield forms.waive(contact, {}, now)
        yield forms.reply(file, {}, now, contact)
    for ticket in file.tickets[:3]:
        yield forms.chase(ticket, 3, {}, now)
        yield forms.hand_over(ticket, forms.filled_from_ticket(ticket))
        yield forms.close_ticket(ticket, {}, proposed=Outcome.RECOVERED, promise_open=True)


def test_r12_every_view_of_every_showcase_customer_is_clean(pictures: dict[str, Picture], language: str) -> None:
    """R12: no control character, no placeholder left unfilled and no Python value reaches the screen."""
    assert set(pictures) == set(highlights())
    more = banners.for_customer((), NOW, key="o").more_words
    for code, picture in pictures.items():
        for view in (*views_of(picture), *forms_of(picture)):
            for text in texts_in(view):
                assert all(strip_controls(part) == part for part in text.split("\n")), (code, text)
                if code != "hostile" and text != more:
                    assert not re.search(r"\{\w*\}", text), (code, text)
                    assert "None" not in text, (code, text)
                    assert "now ago" not in text, (code, text)


def test_rows_have_names_of_their_own(pictures: dict[str, Picture]) -> None:
    """The cursor belongs to a row's key: no list has one twice."""
    for picture in pictures.values():
        for view in views_of(picture):
            if isinstance(view, RowsView):
                keys = [row.key for row in view.rows]
                assert len(keys) == len(set(keys))
                assert all(sum(cell.width == 0 for cell in row.cells) == 1 for row in view.rows)


def test_forms_ask_each_thing_once_and_offer_choices_that_can_be_told_apart(
    pictures: dict[str, Picture], language: str
) -> None:
    """Codes of questions, codes of choices and their letters are unique; what is preset is among the choices."""
    for code, picture in pictures.items():
        for form in forms_of(picture):
            asked = [field.code for field in form.fields]
            assert len(asked) == len(set(asked)), (code, form.title)
            assert form.title
            assert form.save_words
            for field in form.fields:
                assert field.label, (form.title, field.code)
                codes = [choice.code for choice in field.choices]
                letters_ = [choice.key for choice in field.choices if choice.key]
                assert len(codes) == len(set(codes)), (form.title, field.code)
                assert len(letters_) == len(set(letters_)), (form.title, field.code)
                assert bool(codes) == (field.kind is FieldKind.CHOICE)
                assert not codes or field.value in ("", *codes), (form.title, field.code, field.value)


def test_a_form_asks_for_what_its_act_needs() -> None:
    """The needed questions of each kind of ticket are marked as needed in its form."""
    for kind in TicketKind:
        form = forms.open_ticket(FILE, kind, {}, NOW)
        marked = {field.code for field in form.fields if field.needed}
        assert marked == {question.code for question in QUESTIONS[kind] if question.needed}


def test_nothing_hostile_is_lost_or_obeyed(pictures: dict[str, Picture]) -> None:
    """The hostile customer's markup is shown as the text that it is."""
    shown = "\n".join(text for view in views_of(pictures["hostile"]) for text in texts_in(view))
    assert "[/bold]" in shown
    assert "{ticket}" in shown
    assert "\x1b" not in shown


# failures ------------------------------------------------------------------------------------------------------------


def _codes_raised() -> set[str]:
    """Return every code that an act gives to `Unfit`, read from the source."""
    codes: set[object] = set()
    for file in ACTS.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Unfit":
                codes |= {part.value for part in ast.walk(node.args[1]) if isinstance(part, ast.Constant)}
            if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "_UNREAD":
                assert isinstance(node.value, ast.Dict)
                codes |= {part.value for part in node.value.values if isinstance(part, ast.Constant)}
    return {code for code in codes if isinstance(code, str)}


def test_every_refusal_of_an_act_has_words(language: str) -> None:
    """Whatever an act refuses, the agent is told in words of its own."""
    raised = _codes_raised()
    assert {"needed", "unknown", "moment", "moment_past", "open_promise", "cannot_follow"} <= raised
    assert raised <= set(failures.UNFIT)
    assert len({failures.unfit_words(code) for code in raised}) == len(raised)


def _every_error(kind: type[errors.BackendError] = errors.BackendError) -> Iterator[errors.BackendError]:
    made: dict[type[errors.BackendError], errors.BackendError] = {
        errors.Invalid: errors.Invalid("name", "missing", "technical detail"),
        errors.Conflict: errors.Conflict(None, "technical detail"),
        errors.Unsupported: errors.Unsupported("search", "technical detail"),
        errors.WrongVersion: errors.WrongVersion("7", "8", newer=False),
    }
    yield made.get(kind) or kind("technical detail")
    for below in _below(kind):
        yield from _every_error(below)


def _below(kind: type[errors.BackendError]) -> list[type[errors.BackendError]]:
    """Return the kinds directly below one in the port's tree; backends have finer ones of their own."""
    return [one for one in kind.__subclasses__() if one.__module__ == errors.__name__]


def test_every_error_of_a_backend_has_words_and_none_is_technical(language: str) -> None:
    """What failed, in a sentence; the technical detail stays in the log."""
    every = list(_every_error())
    assert len(every) >= 13
    for error in every:
        said = failures.failure_words(error)
        assert said
        assert "technical" not in said
        assert "{" not in said
    words = {failures.failure_words(one) for one in every if _below(type(one)) == []}
    assert len(words) == len([one for one in every if _below(type(one)) == []])
    newer = errors.WrongVersion("9", "8", newer=True)
    assert failures.failure_words(newer) != failures.failure_words(errors.WrongVersion("7", "8", newer=False))


# words that must be so -----------------------------------------------------------------------------------------------


def contact(hours: float = 1, **changes: Any) -> Contact:
    """Return an inbound call of some hours ago."""
    at = NIGHT - timedelta(hours=hours)
    return replace(Contact(f"c{hours}", "K1", "1", "2", Channel.CALL, Direction.INBOUND, at, "Hello"), **changes)


def outage(**changes: Any) -> Outage:
    """Return a confirmed outage since an hour ago."""
    one = Outage("9", "O9", OutageState.CONFIRMED, "No sync", NIGHT - timedelta(hours=1), Coverage(towns=("Poznań",)))
    return replace(one, **changes)


def test_r6_the_opening_is_one_line_that_begins_like_a_sentence(pictures: dict[str, Picture]) -> None:
    """R6: what follows the most pressing fact fits into one line of a small screen, or stays out."""
    said = {code: opening.opening_line(picture.file, now_of(picture)) for code, picture in pictures.items()}
    assert all(spans for code, spans in said.items() if code not in ("works", "priority")), said
    for code, spans in said.items():
        text = "".join(span.text for span in spans)
        assert text[:1] == text[:1].upper()
        facts = [span.text for span in spans if span.text != "; "]
        assert len(facts) <= 3, code
        assert len(text) <= max(opening.LONGEST, len(facts[0]) if facts else 0), code
    assert "not kept" in opening.opening_text(pictures["third_chase"].file, now_of(pictures["third_chase"]))


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (replace(FILE, recent_inbound=(contact(0),)), "Last heard of them just now by call: Hello."),
        (replace(FILE, recent_inbound=(contact(50, subject=""),)), "Last heard of them 2 d ago by call."),
        (
            replace(FILE, recent_inbound=(contact(50, subject="Where is it?"),)),
            "Last heard of them 2 d ago by call: Where is it?",
        ),
        (
            replace(FILE, recent_inbound=(contact(0, channel="email", answer=AnswerState.WAITING),)),
            "Not answered: their e-mail, just now.",
        ),
        (
            replace(FILE, disputes=(Dispute("d", "1", "charged twice", NIGHT),)),
            "Disputed a bill just now: charged twice.",
        ),
        (FILE, "First contact with us."),
    ],
)
def test_the_opening_in_words(file: CustomerFile, text: str) -> None:
    """The last minute is `just now`, an empty subject leaves no trace, a question keeps its mark."""
    assert opening.opening_text(file, NOW) == text


@pytest.mark.parametrize(
    ("days", "opened", "shown"),
    [
        (0, "The contract ends today.", "contract ends today"),
        (1, "The contract ends tomorrow.", "contract ends tomorrow, 1 day"),
        (20, "The contract ends in 20 days.", "contract ends 11 Dec, 20 days"),
        (41, "", "contract until 1 Jan 2027"),
        (-1, "", "out of contract since yesterday"),
    ],
)
def test_the_end_of_a_contract_in_words(days: int, opened: str, shown: str) -> None:
    """R24: days are counted to the last one, which is today and not in 0 days."""
    one = Contract("k", "K1", "1", "Fibre", NOW.today, NOW.today + timedelta(days=days))
    file = replace(FILE, contracts=(one,), contacts_total=1)
    span = card.contract_words(file, NOW)
    assert span is not None
    assert (opening.opening_text(file, NOW), span.text) == (opened, shown)


def test_chases_of_a_closed_ticket_are_no_flag() -> None:
    """R37: what is settled does not shout from the card."""

    open_one = Ticket("5", "T5", "1", "2", TicketKind.FAULT, "x", NIGHT)
    closed = replace(open_one, key="6", state=TicketState.CLOSED, closed_at=NIGHT)
    chased = tuple(Chase(str(number), "6", "1", NIGHT) for number in range(4))
    file = replace(FILE, tickets=(open_one, closed), chases=chased)
    assert [span.text for span in card.flags_of(file, NOW)] == []
    flags = card.flags_of(replace(file, chases=(replace(chased[0], ticket_key="5"),)), NOW)
    assert [span.text for span in flags] == ["1 chase"]


def test_what_to_say_fits_the_outages_state() -> None:
    """R28, R29: works are not called a fault, an outage that is over is not said to go on, a doubt is no certainty."""
    end = NIGHT + timedelta(hours=2)
    works = outage(kind=OutageKind.PLANNED_WORKS, started_at=NIGHT + timedelta(hours=1), expected_end=end)
    assert banners.say_words(works, NOW).startswith(
        "We will be working on the network there from today 04:14 to today 05:14"
    )
    assert "until today 05:14" in banners.say_words(replace(works, started_at=NIGHT), NOW)
    assert "we expect it back today 05:14" in banners.say_words(outage(expected_end=end), NOW)
    assert "expect" not in banners.say_words(outage(expected_end=NIGHT - timedelta(hours=1)), NOW)
    assert "looking into it" in banners.say_words(outage(state=OutageState.SUSPECTED), NOW)
    assert banners.say_words(outage(say="Cable cut. " * 60), NOW) == ("Cable cut. " * 60).strip()
    over = outage(state=OutageState.RESTORED, ended_at=NIGHT, say="We work on it")
    assert "works again" in banners.say_words(over, NOW)
    assert banners.say_words(replace(over, state=OutageState.DISMISSED), NOW) == ""
    assert "not known" not in banners.headline(over, NOW)


def test_r29_written_words_are_told_to_those_who_speak_that_language() -> None:
    """A customer who speaks another is told the facts in their own; one whose language is not spoken, what there is."""
    polish = Operator("operator:9", "LUN", "Łuniec", "PL", "pl", "Europe/Warsaw")
    now = replace(NOW, operators={polish.key: polish})
    written = outage(say="Mamy awarię.", operator_keys=(polish.key,))
    assert banners.say_words(written, now, "pl") == "Mamy awarię."
    assert banners.say_words(written, now, "de") == "Mamy awarię."
    assert "Mamy" not in banners.say_words(written, now, "en")
    assert "Mamy" not in banners.say_words(written, now, "it")
    assert banners.say_words(replace(written, operator_keys=()), now, "en") == "Mamy awarię."
    assert "Mamy" not in banners.say_words(replace(written, operator_keys=()), now, "en", polish.key)
    english = replace(polish, key="operator:8", language="en")
    both = replace(written, operator_keys=(polish.key, english.key))
    now = replace(NOW, operators={polish.key: polish, english.key: english})
    assert "Mamy" not in banners.say_words(both, now, "en", english.key), "nobody knows in which of the two it is"


def test_a_letter_names_the_day_on_the_customers_wall() -> None:
    """A mail of half past midnight in Warsaw is of that day and not of the one before, as each language writes days."""
    mail = contact(at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC), channel="email")
    assert "21.11.2026" in letters.begun(FILE, AGENT, "email", mail).text
    for code, written in (("sv", "2026-11-21"), ("it", "21/11/2026"), ("en", "21/11/2026"), ("de", "21.11.2026")):
        file = replace(FILE, customer=replace(FILE.customer, language=code))
        assert written in letters.begun(file, AGENT, "email", mail).text


@pytest.mark.parametrize("spoken", ["en", "it", "fr", "pl", "sv", "de", "xx"])
def test_r16_a_message_begins_with_the_name_and_leaves_a_gap(spoken: str) -> None:
    """R16: name, thanks, reference and closing in the customer's language; the cursor stands where writing goes on."""
    ticket = Ticket("5", "T-77", "1", "2", TicketKind.FAULT, "x", NIGHT)
    file = replace(FILE, customer=replace(FILE.customer, language=spoken, greeting_name="Pani {Nowak}"))
    begun = letters.begun(file, AGENT, "email", contact(), ticket)
    assert "Pani {Nowak}" in begun.text.split("\n")[0]
    assert "T-77" in begun.text
    assert begun.text.endswith("Luna")
    assert begun.text[: begun.cursor].endswith("\n\n")
    assert begun.text[begun.cursor :].startswith("\n\n")
    short = letters.begun(file, AGENT, "sms")
    assert (short.cursor, "\n" in short.text) == (len(short.text), False)


def test_r11_a_subject_answers_once_and_carries_the_reference_once() -> None:
    """R11: no `Re: Re:`, whatever the customer's language calls it; the reference is there once."""
    ticket = Ticket("5", "T-77", "1", "2", TicketKind.FAULT, "No sync", NIGHT)
    mail = contact(channel="email")
    assert letters.subject_for(mail, None) == "Re: Hello"
    for answered in ("Re: Hello", "Odp: Hello", "SV: Hello", "R: Hello"):
        assert letters.subject_for(replace(mail, subject=answered), None) == answered
    assert letters.subject_for(mail, ticket) == "Re: Hello [T-77]"
    assert letters.subject_for(replace(mail, subject="Re: x [T-77]"), ticket) == "Re: x [T-77]"
    assert letters.subject_for(None, ticket) == "No sync [T-77]"
    assert letters.subject_for(None, None) == ""


def test_a_fax_without_identity_document_says_so() -> None:
    """R38: it does not count yet, and the agent sees that where they read it."""
    fax = contact(channel="fax", attachments=(Attachment("a.tif", "image/tiff", 9000),))
    proof = Attachment("id.tif", "image/tiff", 9000, identity_document=True)

    def head(one: Contact) -> str:
        return "\n".join(texts_in(body.body(one, NOW, {}).head))

    assert "Identity document" in head(fax)
    assert "none came with it" not in head(replace(fax, attachments=(proof,)))
    assert "Identity document" not in head(contact(channel="email"))
    assert "Identity document" not in head(replace(fax, direction=Direction.OUTBOUND))


def test_r10_a_debt_is_marked_by_more_than_colour() -> None:
    """R10: an unanswered message has its age in words and a sign; one of this minute has no age yet."""
    old, new = (
        contact(50, channel="email", answer=AnswerState.WAITING),
        contact(0, channel="email", answer=AnswerState.WAITING),
    )
    first, second = rows.history([new, old], NOW, {}).rows
    assert "[!] unanswered 2 d, late " in list(texts_in(second))
    assert "[!] unanswered " in list(texts_in(first))
    assert second.marker is not None


def test_a_contact_without_words_is_named_by_its_channel() -> None:
    """A row is never empty."""
    for channel in (*CHANNELS, "pigeon"):
        row = rows.history([contact(channel=channel, subject="")], NOW, {}).rows[0]
        middle = next(cell for cell in row.cells if cell.width == 0)
        assert "".join(span.text for span in middle.spans).strip()


def test_channels_are_told_apart_without_colour() -> None:
    """Each channel has a glyph and a letter of its own; one that we do not know looks unknown (R14)."""
    signs = list(CHANNEL_SIGNS.values())
    assert set(CHANNEL_SIGNS) == set(CHANNELS)
    assert len({sign.letter for sign in signs}) == len({sign.glyph for sign in signs}) == len(signs)
    assert sign_of("pigeon").letter == "?"
    assert len({code[0] for code in OUTCOMES}) == len(OUTCOMES)


def test_the_charge_that_is_dunned_is_always_shown() -> None:
    """R39: however many charges there are, what will be dunned comes first, then the newest."""
    charges = tuple(
        Charge(
            str(number), "1", f"fee {number}", Money(100, "PLN"), NOW.today - timedelta(days=number), paid_on=NOW.today
        )
        for number in range(40)
    )
    dunned = replace(charges[39], paid_on=None, dunning_on=NOW.today)
    shown = details.details(replace(FILE, charges=(*charges[:39], dunned)), NOW).text
    assert "fee 39" in shown
    assert "fee 0" in shown
    assert "fee 30" not in shown


# rows that are kept --------------------------------------------------------------------------------------------------

_moments = st.datetimes(datetime(2023, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))


@given(then=_moments, now=_moments, later=st.floats(0, 1, exclude_max=True))
def test_words_of_time_hold_as_long_as_they_are_said_to(then: datetime, now: datetime, later: float) -> None:
    """Until the moment given, age and date read as they did; the moment lies ahead."""
    setting = Now(now, WARSAW)
    until = kept_rows.words_until(then, setting)
    assert until > now
    at = now + (until - now) * later
    if at < until:
        assert age(then, at) == age(then, now)
        assert moment(then, at, WARSAW, short=True) == moment(then, now, WARSAW, short=True)


def test_rows_that_say_the_same_are_the_same_and_others_are_not() -> None:
    """A longer history words its new rows only; a changed entry, age, fold, language or ticket is worded anew."""
    ticket = Ticket("5", "T5", "1", "2", TicketKind.FAULT, "x", NIGHT)
    event = TicketEvent("e", "5", "1", TicketEventKind.NOTE, NIGHT - timedelta(days=2))
    entries: list[Happening] = [contact(1, thread="t"), contact(30, thread="t"), event]
    known = {"5": ticket}
    first = rows.history(entries, NOW, known).rows
    grown = rows.history([*entries, contact(90)], NOW, known).rows
    assert all(new is old for new, old in zip(grown, first, strict=False))
    answered = rows.history([contact(1, thread="t", answer=AnswerState.ANSWERED), *entries[1:]], NOW, known).rows
    assert answered[0] != first[0]
    assert answered[1] is first[1]
    older_now = rows.history(entries, replace(NOW, at=NIGHT + timedelta(hours=1)), known).rows
    assert older_now[0] != first[0]
    shut = rows.history(entries, NOW, known, closed={"thread:t"}).rows
    assert shut[0].folded == 1
    renamed = rows.history(entries, NOW, {"5": replace(ticket, reference="T-NEW")}).rows
    assert any("T-NEW" in text for text in texts_in(renamed[2]))
    other = rows.history([contact(1, customer_key="77"), contact(30, customer_key="77")], NOW, known).rows
    assert other[1] is not first[1]
    i18n.use("sv")
    try:
        assert rows.history(entries, NOW, known).rows[1] is not first[1]
    finally:
        i18n.use("en")


def test_a_filter_says_what_it_lets_through() -> None:
    """What is hidden is never a riddle: the list's title line names the filter, and the key that ends it."""
    only = TimelineFilter(channels=frozenset({"email"}), text="[bold] cable", unanswered=True, ticket_key="5")
    note = rows.history([], NOW, {}, only=only).note
    assert note.startswith("only e-mail, unanswered, one ticket, “[bold] cable” · ")
    assert rows.history([], NOW, {}, total=1).note == "1 contact"


def test_happenings_of_outages_and_chases_in_words() -> None:
    """Works begin as works, the second chase has its number, and a closed case is in nobody's hands for any time."""
    from console.present.happenings import event_words, told
    from console.rules.coverage import Because, Hit
    from console.rules.timeline import moments_of

    works = outage(kind=OutageKind.PLANNED_WORKS, confirmed_at=NIGHT - timedelta(days=2))
    begun = moments_of(Hit(works, "7", Because.TOWN, "Poznań"))[-1]
    assert told(begun, NOW, {}).text == "O9 planned works: No sync"
    chased = TicketEvent("e", "5", "1", TicketEventKind.CHASED, NIGHT, after="2", text="Still nothing")
    assert event_words(chased, NOW) == "chase number 2: Still nothing"
    ticket = Ticket("5", "T5", "1", "2", TicketKind.FAULT, "x", NIGHT, held_since=NIGHT - timedelta(days=4))
    assert rows.holder_words(ticket, NOW) == "desk for 4 d"
    assert rows.holder_words(replace(ticket, state=TicketState.CLOSED), NOW) == "desk"
    assert rows.holder_words(replace(ticket, held_since=NIGHT), NOW) == "desk"
