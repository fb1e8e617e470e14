"""Promises of the words for moments, durations, amounts, references and codes."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends import records
from console import i18n, words
from console.words import age, channel_word, day, duration, joined, left, moment, money, ordinal_contact, spell, word

NOW = datetime(2025, 11, 19, 12, 0, tzinfo=UTC)
WARSAW = ZoneInfo("Europe/Warsaw")
spans = st.timedeltas(timedelta(days=-20_000), timedelta(days=20_000))


@pytest.fixture
def speaking(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Let a test choose the language by `speak`."""
    with monkeypatch.context() as patch:
        yield patch


def speak(patch: pytest.MonkeyPatch, language: str, messages: Mapping[str, str]) -> None:
    """Speak `language` with `messages` alone until the test ends."""
    catalogue = i18n.Catalogue(language, {key: (text,) for key, text in messages.items()})
    patch.setattr(i18n, "_current", catalogue)


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(seconds=-30), "now"),
        (timedelta(days=-3), "now"),
        (timedelta(seconds=59), "now"),
        (timedelta(minutes=4, seconds=59), "4 min"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(hours=3, minutes=59), "3 h"),
        (timedelta(days=2), "2 d"),
        (timedelta(days=13, hours=23), "13 d"),
        (timedelta(weeks=5), "5 w"),
        (timedelta(days=430), "14 mo"),
        (timedelta(days=800), "2 y"),
    ],
)
def test_an_age_is_one_unit_rounded_down(ago: timedelta, said: str) -> None:
    """Ages are told in their largest unit, never more than has passed."""
    assert age(NOW - ago, NOW) == said


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (timedelta(hours=3, minutes=30), "in 3 h"),
        (timedelta(seconds=20), "now"),
        (timedelta(seconds=-20), "now"),
        (timedelta(days=-2, hours=-5), "2 d late"),
        (timedelta(minutes=-59), "59 min late"),
    ],
)
def test_time_left_and_lateness(ahead: timedelta, said: str) -> None:
    """What is left is rounded down, and so is lateness."""
    assert left(NOW + ahead, NOW) == said


@pytest.mark.parametrize(
    ("then", "long", "short"),
    [
        ("2025-11-19T13:05+00:00", "today 14:05", "14:05"),
        ("2025-11-18T08:10+00:00", "yesterday 09:10", "Tue 09:10"),
        ("2025-11-18T23:30+00:00", "today 00:30", "00:30"),
        ("2025-11-20T07:00+00:00", "tomorrow 08:00", "Thu 08:00"),
        ("2025-11-25T13:05+00:00", "Tue 14:05", "Tue 14:05"),
        ("2025-11-13T13:05+00:00", "Thu 14:05", "Thu 14:05"),
        ("2025-11-12T13:05+00:00", "12 Nov 14:05", "12 Nov"),
        ("2025-07-01T08:00+00:00", "1 Jul 10:00", "1 Jul"),
        ("2024-11-14T08:00+00:00", "14 Nov 2024", "Nov 2024"),
        ("2026-01-02T08:00+00:00", "2 Jan 2026", "Jan 2026"),
    ],
)
def test_a_moment_is_told_as_seen_from_now_and_here(then: str, long: str, short: str) -> None:
    """Days are counted in the zone given, not in UTC; the short form drops what a column can miss."""
    at = datetime.fromisoformat(then)
    assert moment(at, NOW, WARSAW) == long
    assert moment(at, NOW, WARSAW, short=True) == short


@given(spans)
@settings(deadline=None)
def test_rows_can_rely_on_the_widths(apart: timedelta) -> None:
    """No result is wider than its documented width, nor holds a space that terminals draw in two ways."""
    then = NOW + apart
    said = [
        (age(then, NOW), words.AGE_WIDTH),
        (left(then, NOW), words.LEFT_WIDTH),
        (moment(then, NOW, WARSAW), words.MOMENT_WIDTH),
        (moment(then, NOW, WARSAW, short=True), words.MOMENT_SHORT_WIDTH),
        (day(then.date(), NOW.date()), words.DAY_WIDTH),
    ]
    for text, width in said:
        assert 0 < len(text) <= width, text
        assert text.isascii()


@pytest.mark.parametrize(
    ("on", "said"),
    [
        (date(2025, 11, 19), "today"),
        (date(2025, 11, 20), "tomorrow"),
        (date(2025, 11, 18), "yesterday"),
        (date(2025, 11, 24), "Mon 24 Nov"),
        (date(2025, 12, 24), "24 Dec"),
        (date(2026, 12, 24), "24 Dec 2026"),
    ],
)
def test_a_day_is_told_as_seen_from_today(on: date, said: str) -> None:
    """Near days have names, far ones their year."""
    assert day(on, date(2025, 11, 19)) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0 s"),
        (47, "47 s"),
        (252, "4 min 12 s"),
        (245, "4 min 05 s"),
        (240, "4 min"),
        (1500, "25 min"),
        (3600, "1 h"),
        (3900, "1 h 05 min"),
        (timedelta(days=2, hours=3, minutes=9), "2 d 3 h"),
        (timedelta(days=2), "2 d"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float | timedelta, said: str) -> None:
    """Durations are told no finer than anyone needs."""
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("minor", "currency", "language", "said"),
    [
        (123_450, "GBP", "en", "£1,234.50"),
        (-1_200, "EUR", "en", "-€12.00"),
        (123_450, "PLN", "en", "1,234.50 zł"),
        (123_450, "PLN", "pl", "1 234,50 zł"),
        (123_450, "EUR", "it", "1.234,50 €"),
        (123_456_789, "SEK", "sv", "1 234 567,89 kr"),
        (-5, "EUR", "fr", "-0,05 €"),
        (500, "JPY", "en", "500 JPY"),
        (1_234, "KWD", "en", "1.234 KWD"),
        (100, "", "en", "1.00"),
    ],
)
def test_money_is_written_as_the_language_writes_it(
    speaking: pytest.MonkeyPatch, minor: int, currency: str, language: str, said: str
) -> None:
    """Separators, the symbol's place and the currency's own decimals are right, with plain spaces."""
    speak(speaking, language, {})
    assert money(minor, currency) == said


def test_lists_and_ordinals_are_spoken() -> None:
    """A list ends with "and"; contacts are counted in words up to ten."""
    assert [joined([]), joined(["a"]), joined(["a", "b"]), joined(["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert [ordinal_contact(n) for n in (1, 3, 10, 11, 0)] == [
        "first contact",
        "third contact",
        "tenth contact",
        "contact no. 11",
        "contact no. 0",
    ]


def test_another_language_speaks_through_the_catalogue(speaking: pytest.MonkeyPatch) -> None:
    """Units, names and the order of words all come from the catalogue."""
    speak(
        speaking,
        "sv",
        {
            "now": "nu",
            "in {span}": "om {span}",
            "{n} h": "{n} tim",
            "month\x04Nov": "nov",
            "{day} {month} {year}": "{day} {month} {year}",
            "Tue": "tis",
            "{weekday} {time}": "{weekday} kl {time}",
            "{most} and {last}": "{most} och {last}",
            "ticket\x04open": "öppet",
            "promise\x04open": "öppen",
        },
    )
    assert left(NOW + timedelta(hours=3, minutes=1), NOW) == "om 3 tim"
    assert moment(datetime(2024, 11, 14, tzinfo=UTC), NOW, UTC) == "14 nov 2024"
    assert moment(datetime(2025, 11, 25, 9, tzinfo=UTC), NOW, UTC) == "tis kl 09:00"
    assert joined(["a", "b"]) == "a och b"
    assert (word(records.TicketState.OPEN), word(records.PromiseState.OPEN)) == ("öppet", "öppen")


@pytest.mark.parametrize(
    ("reference", "language", "said"),
    [
        ("T-1A", "en", ["Tango", "dash", "one", "Alfa"]),
        ("t 90", "pl", ["Tadeusz", "dziewięć", "zero"]),
        ("ŁZ", "pl", ["Łukasz", "Zygmunt"]),
        ("ZÅ", "sv", ["Zäta", "Åke"]),
        ("Q7", "it", ["Quarto", "sette"]),
        ("É8", "fr", ["Eugène", "huit"]),
        ("AB", "de", ["Alfa", "Bravo"]),
        ("Ж*", "en", ["Ж", "*"]),
        ("", "en", []),
    ],
)
def test_a_reference_is_spelt_in_the_customers_alphabet(reference: str, language: str, said: list[str]) -> None:
    """One word a character, digits and signs included; an unknown language gets the international alphabet."""
    assert spell(reference, language) == said


@pytest.mark.parametrize("language", words.SPELLING_LANGUAGES)
def test_every_letter_and_digit_has_a_word_of_its_own(language: str) -> None:
    """Two characters are never spelt alike, and each letter's word begins with it, save for the Polish X."""
    characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    said = spell(characters, language)
    assert len(set(said)) == len(characters)
    odd = {said_word for letter, said_word in zip(characters[:26], said, strict=False) if said_word[0] != letter}
    assert odd <= {"Ksawery"}


ENUMS = [
    found
    for _name, found in inspect.getmembers(records, inspect.isclass)
    if issubclass(found, StrEnum) and found is not StrEnum
]


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.__name__)
def test_every_code_of_every_record_has_words(speaking: pytest.MonkeyPatch, enum: type[StrEnum]) -> None:
    """No code reaches the operator untranslated: each asks the catalogue for a message."""
    asked: list[str] = []

    class Asked(i18n.Catalogue):
        def one(self, text: str) -> str:
            asked.append(text)
            return f"<{text}>"

        def in_context(self, context: str, text: str) -> str:
            return self.one(text)

    speaking.setattr(i18n, "_current", Asked("en", {}))
    said = [word(code) for code in enum]
    assert all(text.startswith("<") for text in said)
    assert len(set(said)) == len(said)


def test_channels_we_do_not_ship_are_shown_as_written() -> None:
    """A channel is data: known ones have words, others their code."""
    assert channel_word("email") == "e-mail"
    assert all(channel_word(code) for code in records.CHANNELS)
    assert channel_word("carrier_pigeon") == "carrier pigeon"


def test_words_load_nothing_heavy() -> None:
    """Words are needed for the first frame: importing them loads no package but our own."""
    code = (
        "import sys; before = set(sys.modules); import console.words; "
        "print(*sorted({m.split('.')[0] for m in set(sys.modules) - before} - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["backends", "console"]
