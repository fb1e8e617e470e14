"""Promises of the reader of due times in plain words."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console import words
from console.i18n import LANGUAGES
from console.rules.moment_words import VOCABULARIES
from console.rules.moments import AmbiguousMoment, Moment, NoSuchMoment, PastMoment, UnreadMoment, read_moment

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2025, 11, 19, 13, 7, 30, tzinfo=WARSAW)
"""A Wednesday."""


def read(text: str, language: str = "en", now: datetime = NOW) -> Moment:
    """Return the moment read as in Warsaw."""
    return read_moment(text, now=now, zone=WARSAW, language=language)


def local(text: str, language: str = "en", now: datetime = NOW) -> str:
    """Return the moment as it stands on the wall in Warsaw."""
    return f"{read(text, language, now).at.astimezone(WARSAW):%Y-%m-%d %H:%M}"


ENGLISH = [
    ("tomorrow 10", "2025-11-20 10:00"),
    ("tomorrow", "2025-11-20 09:00"),
    ("Tomorrow at 10:30", "2025-11-20 10:30"),
    ("tomorrow 9.15", "2025-11-20 09:15"),
    ("tomorrow 1430", "2025-11-20 14:30"),
    ("tomorrow 3pm", "2025-11-20 15:00"),
    ("tomorrow 12 a.m.", "2025-11-20 00:00"),
    ("12pm tomorrow", "2025-11-20 12:00"),
    ("tomorrow morning", "2025-11-20 09:00"),
    ("tomorrow afternoon at 3", "2025-11-20 15:00"),
    ("tomorrow evening 8", "2025-11-20 20:00"),
    ("tomorrow noon", "2025-11-20 12:00"),
    ("the day after tomorrow", "2025-11-21 09:00"),
    ("in 1h", "2025-11-19 14:08"),
    ("1h", "2025-11-19 14:08"),
    ("1h30", "2025-11-19 14:38"),
    ("6 h", "2025-11-19 19:08"),
    ("in 1 hour", "2025-11-19 14:08"),
    ("in an hour", "2025-11-19 14:08"),
    ("in half an hour", "2025-11-19 13:38"),
    ("in 30 min", "2025-11-19 13:38"),
    ("in 30m 1h", "2025-11-19 14:38"),
    ("30 min", "2025-11-19 13:38"),
    ("two hours from now", "2025-11-19 15:08"),
    ("in 1h30", "2025-11-19 14:38"),
    ("in 1h 30 min", "2025-11-19 14:38"),
    ("in 1.5 h", "2025-11-19 14:38"),
    ("+1:30", "2025-11-19 14:38"),
    ("+2d", "2025-11-21 13:08"),
    ("+2d 8:00", "2025-11-21 08:00"),
    ("in 2 days at 10", "2025-11-21 10:00"),
    ("in a week", "2025-11-26 13:08"),
    ("+1w 2d", "2025-11-28 13:08"),
    ("+1mo", "2025-12-19 13:08"),
    ("in 1 year", "2026-11-19 13:08"),
    ("mon 9:30", "2025-11-24 09:30"),
    ("9:30 mon", "2025-11-24 09:30"),
    ("friday", "2025-11-21 09:00"),
    ("on Friday by 5pm", "2025-11-21 17:00"),
    ("wed 10", "2025-11-26 10:00"),
    ("next monday", "2025-11-24 09:00"),
    ("next week", "2025-11-24 09:00"),
    ("friday next week 10", "2025-11-28 10:00"),
    ("next month", "2025-12-01 09:00"),
    ("14:00", "2025-11-19 14:00"),
    ("at 14", "2025-11-19 14:00"),
    ("13:00", "2025-11-20 13:00"),
    ("9pm", "2025-11-19 21:00"),
    ("9 o'clock", "2025-11-20 09:00"),
    ("14.30", "2025-11-19 14:30"),
    ("24:00", "2025-11-20 00:00"),
    ("midnight", "2025-11-20 00:00"),
    ("today", "2025-11-19 17:00"),
    ("today 14:05", "2025-11-19 14:05"),
    ("tonight", "2025-11-19 20:00"),
    ("tonight at 10", "2025-11-19 22:00"),
    ("tonight 1:30", "2025-11-20 01:30"),
    ("this afternoon", "2025-11-19 14:00"),
    ("now", "2025-11-19 13:08"),
    ("24.12.", "2025-12-24 09:00"),
    ("24.12. 8:00", "2025-12-24 08:00"),
    ("24.12.10:00", "2025-12-24 10:00"),
    ("24. 12. 2026 10", "2026-12-24 10:00"),
    ("24.12.26", "2026-12-24 09:00"),
    ("25.11", "2025-11-25 09:00"),
    ("14.1.", "2026-01-14 09:00"),
    ("24/12", "2025-12-24 09:00"),
    ("12/24 8am", "2025-12-24 08:00"),
    ("5/5/2026", "2026-05-05 09:00"),
    ("2026-12-01 08:00", "2026-12-01 08:00"),
    ("2026-12-01T08:00", "2026-12-01 08:00"),
    ("2026-12-01", "2026-12-01 09:00"),
    ("24 dec", "2025-12-24 09:00"),
    ("24th December 2026 at 10", "2026-12-24 10:00"),
    ("Dec 24 10:00", "2025-12-24 10:00"),
    ("mon 24 nov", "2025-11-24 09:00"),
    ("in 1w at 10", "2025-11-26 10:00"),
    ("next week on friday", "2025-11-28 09:00"),
    ("10 mar", "2026-03-10 09:00"),
    ("19.11. 15:00", "2025-11-19 15:00"),
]

ITALIAN = [
    ("domani alle 10", "2025-11-20 10:00"),
    ("domani", "2025-11-20 09:00"),
    ("domattina", "2025-11-20 09:00"),
    ("domani pomeriggio alle 3", "2025-11-20 15:00"),
    ("fra 2 ore", "2025-11-19 15:08"),
    ("tra due ore", "2025-11-19 15:08"),
    ("fra un'ora", "2025-11-19 14:08"),
    ("tra mezz'ora", "2025-11-19 13:38"),
    ("tra 1 giorno", "2025-11-20 13:08"),
    ("dopodomani alle ore 8.30", "2025-11-21 08:30"),
    ("ore 15", "2025-11-19 15:00"),
    ("mar", "2025-11-25 09:00"),
    ("martedì alle 9", "2025-11-25 09:00"),
    ("venerdì", "2025-11-21 09:00"),
    ("lunedì prossimo alle 10", "2025-11-24 10:00"),
    ("la settimana prossima", "2025-11-24 09:00"),
    ("la prossima settimana", "2025-11-24 09:00"),
    ("stasera", "2025-11-19 19:00"),
    ("stasera alle 9", "2025-11-19 21:00"),
    ("il 24 dicembre alle 9", "2025-12-24 09:00"),
    ("3/4", "2026-04-03 09:00"),
    ("adesso", "2025-11-19 13:08"),
    ("settimana prossima lunedì", "2025-11-24 09:00"),
    ("tra una settimana", "2025-11-26 13:08"),
]

FRENCH = [
    ("demain 10h", "2025-11-20 10:00"),
    ("demain à 10h30", "2025-11-20 10:30"),
    ("demain 10 h 30", "2025-11-20 10:30"),
    ("demain matin", "2025-11-20 09:00"),
    ("demain à 10 heures", "2025-11-20 10:00"),
    ("après-demain", "2025-11-21 09:00"),
    ("apres demain 14h", "2025-11-21 14:00"),
    ("dans 1 h", "2025-11-19 14:08"),
    ("dans une heure", "2025-11-19 14:08"),
    ("dans 1h30", "2025-11-19 14:38"),
    ("dans une demi-heure", "2025-11-19 13:38"),
    ("dans 3 jours", "2025-11-22 13:08"),
    ("d'ici 2 heures", "2025-11-19 15:08"),
    ("14h", "2025-11-19 14:00"),
    ("10h30", "2025-11-20 10:30"),
    ("mar 9h", "2025-11-25 09:00"),
    ("vendredi", "2025-11-21 09:00"),
    ("lundi prochain", "2025-11-24 09:00"),
    ("la semaine prochaine", "2025-11-24 09:00"),
    ("ce soir", "2025-11-19 19:00"),
    ("9h du soir", "2025-11-19 21:00"),
    ("le 24 décembre à 9h", "2025-12-24 09:00"),
    ("le 1er décembre", "2025-12-01 09:00"),
    ("aujourd’hui à 15h", "2025-11-19 15:00"),
    ("jeudi après-midi", "2025-11-20 14:00"),
    ("midi", "2025-11-20 12:00"),
]

POLISH = [
    ("jutro o 10", "2025-11-20 10:00"),
    ("jutro", "2025-11-20 09:00"),
    ("jutro rano", "2025-11-20 09:00"),
    ("jutro o dziesiątej", "2025-11-20 10:00"),
    ("za 2 godziny", "2025-11-19 15:08"),
    ("za dwie godziny", "2025-11-19 15:08"),
    ("za godzinę", "2025-11-19 14:08"),
    ("za pół godziny", "2025-11-19 13:38"),
    ("za 15 minut", "2025-11-19 13:23"),
    ("za tydzień", "2025-11-26 13:08"),
    ("za 3 dni o 8", "2025-11-22 08:00"),
    ("pojutrze", "2025-11-21 09:00"),
    ("pt 12:00", "2025-11-21 12:00"),
    ("o 10 w piątek", "2025-11-21 10:00"),
    ("10 w piątek", "2025-11-21 10:00"),
    ("w piątek o 14", "2025-11-21 14:00"),
    ("we wtorek", "2025-11-25 09:00"),
    ("w poniedziałek rano", "2025-11-24 09:00"),
    ("w przyszłym tygodniu", "2025-11-24 09:00"),
    ("w przyszły poniedziałek", "2025-11-24 09:00"),
    ("dziś o 15", "2025-11-19 15:00"),
    ("dziś wieczorem", "2025-11-19 19:00"),
    ("jutro po południu", "2025-11-20 14:00"),
    ("o godz. 16", "2025-11-19 16:00"),
    ("14 grudnia", "2025-12-14 09:00"),
    ("14 grudnia o 9.30", "2025-12-14 09:30"),
    ("10 maja 2026 r.", "2026-05-10 09:00"),
    ("o 8 wieczorem", "2025-11-19 20:00"),
]

SWEDISH = [
    ("imorgon kl 10", "2025-11-20 10:00"),
    ("i morgon", "2025-11-20 09:00"),
    ("imorgon bitti", "2025-11-20 09:00"),
    ("imorgon kl 14.11", "2025-11-20 14:11"),
    ("om en timme", "2025-11-19 14:08"),
    ("om 2 timmar", "2025-11-19 15:08"),
    ("om två veckor", "2025-12-03 13:08"),
    ("om en halvtimme", "2025-11-19 13:38"),
    ("om en kvart", "2025-11-19 13:23"),
    ("i övermorgon", "2025-11-21 09:00"),
    ("på fredag", "2025-11-21 09:00"),
    ("fre 9:30", "2025-11-21 09:30"),
    ("mån 8", "2025-11-24 08:00"),
    ("nästa vecka", "2025-11-24 09:00"),
    ("nästa måndag", "2025-11-24 09:00"),
    ("ikväll", "2025-11-19 19:00"),
    ("i kväll kl 21", "2025-11-19 21:00"),
    ("i eftermiddag", "2025-11-19 14:00"),
    ("den 24 december kl 9", "2025-12-24 09:00"),
    ("idag kl 15", "2025-11-19 15:00"),
    ("kl 15.30", "2025-11-19 15:30"),
    ("om 3 dagar", "2025-11-22 13:08"),
]

EXAMPLES = {"en": ENGLISH, "it": ITALIAN, "fr": FRENCH, "pl": POLISH, "sv": SWEDISH}
ALL = [(language, *example) for language, examples in EXAMPLES.items() for example in examples]


@pytest.mark.parametrize(("language", "text", "expected"), ALL)
def test_people_say_when_in_their_own_words(language: str, text: str, expected: str) -> None:
    """Every everyday phrase of each language is understood where it is the interface's."""
    assert local(text, language) == expected


MEAN_OTHERWISE_ELSEWHERE = {"3/4", "14h", "10h30", "1h", "1h30", "6 h"}


@pytest.mark.parametrize(
    ("language", "text", "expected"), [row for row in ALL if row[1] not in MEAN_OTHERWISE_ELSEWHERE]
)
def test_every_language_is_understood_in_every_interface(language: str, text: str, expected: str) -> None:
    """A Polish phrase means the same in an Italian interface."""
    for interface in LANGUAGES:
        assert local(text, interface) == expected, interface


@pytest.mark.parametrize("text", [text for _language, text, _expected in ALL])
def test_accents_capitals_and_spaces_do_not_matter(text: str) -> None:
    """Phrases are read as people type them in a hurry."""
    language = next(language for language, examples in EXAMPLES.items() if text in dict(examples))
    assert read(f"  {text.upper()} ", language) == read(text, language)


@pytest.mark.parametrize(
    ("text", "language", "choices"),
    [
        ("10", "en", ("10:00", "+10min", "+10h")),
        ("30", "en", ("+30min", "+30h")),
        ("in 10", "en", ("+10min", "+10h")),
        ("2m", "en", ("+2min", "+2mo")),
        ("in 2 m", "en", ("+2min", "+2mo")),
        ("8", "en", ("8:00", "+8min", "+8h")),
        ("7h", "en", ("7:00", "+7h00")),
        ("10h", "en", ("10:00", "+10h00")),
        ("2h", "fr", ("2:00", "+2h00")),
        ("14.12", "en", ("14:12", "14.12.")),
        ("3/4", "en", ("3.4.", "4.3.")),
        ("3/4/27", "en", ("3.4.2027", "4.3.2027")),
        ("wed 15:00", "en", ("2025-11-19 15:00", "2025-11-26 15:00")),
        ("next friday", "en", ("2025-11-21", "2025-11-28")),
        ("venerdì prossimo alle 10", "it", ("2025-11-21 10:00", "2025-11-28 10:00")),
    ],
)
def test_what_can_mean_two_things_is_not_guessed(text: str, language: str, choices: tuple[str, ...]) -> None:
    """The error offers what to type, and each offer is read without doubt as something else."""
    with pytest.raises(AmbiguousMoment) as caught:
        read(text, language)
    assert caught.value.choices == choices
    assert caught.value.text == text
    assert all(choice in caught.value.advice for choice in choices)
    assert len({read(choice, language).at for choice in choices}) == len(choices)


@pytest.mark.parametrize(
    "text",
    ["today 9:00", "yesterday", "2025-11-18", "2024-01-01 10:00", "14.11.", "14.11.2025", "this morning", "18/11/2025"],
)
def test_what_is_plainly_past_is_refused(text: str) -> None:
    """A due time that was named by its day and is over is an error, not another day."""
    with pytest.raises(PastMoment) as caught:
        read(text)
    assert caught.value.at < NOW


@pytest.mark.parametrize(
    "text",
    ["31.11.", "29.2.2026", "25:00", "10:61", "tomorrow 25", "13pm", "32 dec", "30.13.", "tue 24 nov", "+9999d", "0.0.",
     "24:30", "99.99", "2026-13-01", "tomorrow friday tomorrow fri"],
)  # fmt: skip
def test_days_and_times_that_do_not_exist_are_named_so(text: str) -> None:
    """The 31st of November and 25 o'clock are told apart from what is not understood."""
    with pytest.raises(NoSuchMoment):
        read(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "soon", "asap please", "-2d", "tomorrow yesterday", "mon-fri", "in", "next", "next week mon tue",
     "10 11", "10:00 11:00", "in 2 h 10:00", "in 2 h tomorrow", "am", "december", "\x1b[2J", "1e9", "123456789",
     "week", "1.5 d", "tomorrow morning evening", "in tomorrow fri 3 4", "noon 3", "+", "10:00 am:", "\ud800"],
)  # fmt: skip
def test_what_is_not_understood_says_what_to_type(text: str) -> None:
    """No guess is made of the rest of a phrase; the error carries the text, made harmless, and an example."""
    with pytest.raises(UnreadMoment) as caught:
        read(text)
    assert caught.value.advice
    assert caught.value.text.isprintable()


def test_a_bare_time_that_is_past_is_tomorrows() -> None:
    """The minute that has begun counts as past."""
    assert local("13:07") == "2025-11-20 13:07"
    assert local("13:08") == "2025-11-19 13:08"


def test_a_moment_says_whether_a_time_was_named() -> None:
    """The default hour can be told from one that was asked for."""
    assert not read("tomorrow").timed
    assert not read("+2d").timed
    assert read("tomorrow 9").timed
    assert read("tonight").timed
    assert read("in 1h").timed


def test_our_own_way_of_telling_moments_is_understood() -> None:
    """What the screen shows for a coming moment can be typed back."""
    for hours in (1, 20, 50, 140, 400, 800):
        at = (NOW + timedelta(hours=hours)).astimezone(UTC).replace(second=0)
        shown = words.moment(at, NOW, WARSAW)
        if at.year == NOW.year:
            assert read(shown).at == at, shown


AUTUMN = datetime(2025, 10, 26, 0, 10, tzinfo=UTC)
"""02:10 summer time in Warsaw; at 03:00 the clock goes back to 02:00."""
SPRING = datetime(2026, 3, 28, 22, 0, tzinfo=UTC)
"""23:00 in Warsaw; at 02:00 the clock goes on to 03:00."""


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        ("2:30", AUTUMN, "2025-10-26T00:30"),
        ("2:05", AUTUMN, "2025-10-26T01:05"),
        ("2:30", AUTUMN + timedelta(hours=1), "2025-10-26T01:30"),
        ("2:30", AUTUMN + timedelta(hours=2), "2025-10-27T01:30"),
        ("in 12 h", AUTUMN, "2025-10-26T12:10"),
        ("+1d", AUTUMN - timedelta(hours=6), "2025-10-26T19:10"),
        ("2:30", SPRING, "2026-03-29T01:30"),
        ("tomorrow 2:30", SPRING, "2026-03-29T01:30"),
        ("3:30", SPRING, "2026-03-29T01:30"),
        ("in 12 h", SPRING, "2026-03-29T10:00"),
        ("+1d", SPRING, "2026-03-29T21:00"),
        ("tomorrow 9", SPRING, "2026-03-29T07:00"),
    ],
)
def test_the_nights_when_the_clock_changes(text: str, now: datetime, expected: str) -> None:
    """A skipped time moves on, a repeated one is the first still ahead; hours are counted, days keep the wall time."""
    assert f"{read(text, now=now).at:%Y-%m-%dT%H:%M}" == expected


@pytest.mark.parametrize("zone", ["UTC", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu"])
def test_days_are_those_of_the_zone(zone: str) -> None:
    """Tomorrow at ten is ten on the wall there, whatever day UTC has."""
    there = ZoneInfo(zone)
    at = read_moment("tomorrow 10", now=NOW, zone=there).at.astimezone(there)
    assert (at.hour, at.minute) == (10, 0)
    assert at.date() == NOW.astimezone(there).date() + timedelta(days=1)


nows = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
vocabulary = sorted({word for table in VOCABULARIES.values() for phrase in table for word in phrase})
phrases = st.lists(
    st.sampled_from(vocabulary)
    | st.sampled_from(
        ["10", "9:30", "14.11.", "14.11", "1430", "+", "2h", "2026-12-01", "3/4", "1.5", "30", "1st", "é"]
    ),
    max_size=6,
).map(" ".join)


@given(phrases | st.text(max_size=30), nows, st.sampled_from(LANGUAGES))
@settings(max_examples=1500, deadline=None)
def test_whatever_is_typed_the_answer_is_a_coming_moment_or_an_advice(text: str, now: datetime, language: str) -> None:
    """Any text gives an aware moment in UTC that is not past, or an error that can be shown; nothing else."""
    with contextlib.suppress(UnreadMoment):
        found = read(text, language, now)
        assert found.at.tzinfo is UTC
        assert found.at >= now


@given(st.sampled_from(ALL), nows)
@settings(deadline=None)
def test_every_phrase_is_read_at_any_time_of_the_year(example: tuple[str, str, str], now: datetime) -> None:
    """Everyday phrases give a coming moment, are found past, or are offered as choices; never not understood."""
    language, text, _expected = example
    with contextlib.suppress(PastMoment, AmbiguousMoment, NoSuchMoment):
        assert read(text, language, now).at >= now


def test_every_phrase_of_the_vocabulary_is_folded() -> None:
    """The tables hold words as they are typed, without accents, or they could never match."""
    from backends.clean import fold

    assert [word for word in vocabulary if fold(word) != word] == []
