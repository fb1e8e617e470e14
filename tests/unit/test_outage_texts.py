"""What customers are told of an outage: in five languages, true to the facts, in one operator's name (R28 to R31)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.records import Coverage, Operator, Outage, OutageKind, OutageState
from console.data import DataError
from console.data.texts import SHIPPED, check, texts_of
from console.present.outage_texts import Kind, state_of, text_of, voice_of

NOW = datetime(2026, 11, 21, 2, 14, tzinfo=UTC)
LUNA = Operator("k", "LUN", "Luna", "PL", "pl", "Europe/Warsaw")
LANGUAGES = ("en", "it", "fr", "pl", "sv")
INTERNAL = "backhoe hit the duct"


def outage(**parts: object) -> Outage:
    """Return a confirmed outage in Poznań with much that is nobody's business but ours."""
    made = Outage(
        "1", "O-0012", OutageState.CONFIRMED, f"OLT down: {INTERNAL}", NOW - timedelta(hours=1),
        Coverage(("internet",), towns=("Poznań",), elements=("LUB-3",)), cause=INTERNAL, supplier="Netsurf SA",
        supplier_reference="NS-9", source="NOC",
    )  # fmt: skip
    return replace(made, **parts)  # type: ignore[arg-type]


VARIANTS: dict[str, dict[str, object]] = {
    "suspected": {"state": OutageState.SUSPECTED},
    "confirmed": {},
    "until": {"expected_end": NOW + timedelta(hours=2)},
    "works": {"kind": OutageKind.PLANNED_WORKS, "started_at": NOW + timedelta(hours=20),
              "expected_end": NOW + timedelta(hours=25)},
    "restored": {"state": OutageState.RESTORED, "ended_at": NOW},
    "dismissed": {"state": OutageState.DISMISSED, "ended_at": NOW},
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", VARIANTS)
def test_r29_r30_r31_every_text_is_made_of_every_outage_in_every_language(state: str, language: str) -> None:
    """R29, R30, R31: greeting, web text and message stand in five languages, with no gap and nothing internal."""
    one = outage(**VARIANTS[state])
    assert state_of(one, NOW) == state
    voice = voice_of(LUNA, texts_of(), NOW, UTC)
    told = {kind: text_of(one, kind, language, voice) for kind in Kind}
    assert all(told.values())
    for text in told.values():
        assert not re.search(r"[{}]", text)
        assert not any(word in text for word in (INTERNAL, "LUB-3", "Netsurf", "NS-9", "NOC", "OLT"))
        assert text == text.strip()
    assert "Luna" in told[Kind.GREETING]
    assert told[Kind.MESSAGE].startswith("Luna")
    assert "O-0012" in told[Kind.MESSAGE]
    if state != "dismissed":
        assert "Poznań" in told[Kind.WEB]


@pytest.mark.parametrize("language", LANGUAGES)
def test_r43_no_text_blames_anybody_or_asks_for_a_plug_to_be_pulled(language: str) -> None:
    """R28, R43: no customer, supplier or colleague is at fault, and nobody is told to restart or unplug anything."""
    blame = r"your fault|supplier|fornitor|fourniss|dostawc|leverant|unplug|restart|riavvi|débranch|uruchom|dra ur"
    for path, text in texts_of().by_language[language].items():
        assert not re.search(blame, text, re.IGNORECASE), path


def test_r29_times_are_told_in_the_operators_own_time() -> None:
    """R29: 02:14 in UTC is 03:14 in Warsaw; a time that has passed is not promised again."""
    voice = voice_of(LUNA, texts_of(), NOW, UTC)
    assert "05:30 today" in text_of(outage(expected_end=NOW.replace(hour=4, minute=30)), Kind.WEB, "en", voice)
    assert "jutro" in text_of(outage(expected_end=NOW + timedelta(hours=22)), Kind.WEB, "pl", voice)
    late = outage(expected_end=NOW - timedelta(minutes=1))
    assert state_of(late, NOW) == "confirmed"
    assert "03:13" not in text_of(late, Kind.MESSAGE, "en", voice)


def test_r28_what_a_colleague_wrote_is_said_in_their_language_alone() -> None:
    """R28: `say` takes the place of ours in the operator's language, until the outage is over."""
    said = outage(say="Wracamy o szóstej.")
    voice = voice_of(LUNA, texts_of(), NOW, UTC)
    assert text_of(said, Kind.WEB, "pl", voice) == "Wracamy o szóstej."
    assert text_of(said, Kind.MESSAGE, "pl", voice) == "Luna: Wracamy o szóstej."
    assert "szóstej" not in text_of(said, Kind.WEB, "en", voice)
    over = replace(said, state=OutageState.RESTORED, ended_at=NOW)
    assert "szóstej" not in text_of(over, Kind.WEB, "pl", voice)


def test_r30_many_places_are_a_few_and_others_and_an_element_is_a_part_of_the_network() -> None:
    """R30: customers read towns or postcodes; where only an element is known, no name of ours is published."""
    voice = voice_of(LUNA, texts_of(), NOW, UTC)
    many = outage(coverage=Coverage(towns=("Łódź", "Zgierz", "Pabianice", "Ozorków")))
    assert "Łódź, Zgierz, Pabianice and other places" in text_of(many, Kind.WEB, "en", voice)
    element = outage(coverage=Coverage(elements=("LUB-3",)))
    assert "in part of our network" in text_of(element, Kind.WEB, "en", voice)
    codes = outage(coverage=Coverage(postcodes=("61-001..61-020", "62*")))
    assert "61-001–61-020 and 62…" in text_of(codes, Kind.WEB, "en", voice)


@given(
    town=st.text(min_size=1, max_size=60), reference=st.text(max_size=60), name=st.text(max_size=60),
    service=st.text(min_size=1, max_size=40),
)  # fmt: skip
def test_r30_hostile_names_stay_text(town: str, reference: str, name: str, service: str) -> None:
    """R30: braces, control characters and line breaks of records never break or steer a text."""
    one = outage(coverage=Coverage(services=(service,), towns=(town,)), reference=reference)
    voice = voice_of(replace(LUNA, name=name), texts_of(), NOW, UTC)
    for kind in Kind:
        told = text_of(one, kind, "en", voice)
        assert "\n" not in told
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202e]", told)


def _own(folder: Path, text: str, name: str = "texts.toml") -> Path:
    file = folder / name
    file.write_text(text, "utf-8")
    return file


def test_r22_an_operators_own_words_lie_over_ours_and_over_nobody_elses(tmp_path: Path) -> None:
    """R22: a folder holds words for all operators and for one by its code; what it leaves out stays as it ships."""
    _own(tmp_path, '[en.until]\nweb = "We are on it until {until}."\n')
    _own(tmp_path, '[en.until]\nweb = "Luna is on it."\n[en.services]\niptv = "TV over internet"\n', "lun.toml")
    assert texts_of(tmp_path, "LUN").get("en", "until.web") == "Luna is on it."
    assert texts_of(tmp_path, "VAL").get("en", "until.web") == "We are on it until {until}."
    assert texts_of(tmp_path, "LUN").service("en", "iptv") == "TV over internet"
    assert texts_of(tmp_path, "LUN").get("pl", "until.web") == texts_of().get("pl", "until.web")
    check(tmp_path)


@pytest.mark.parametrize(
    ("text", "line", "where"),
    [
        ('[en.until]\nmessage = "ok"\nweb = "{cause}"\n', 3, "en.until.web"),
        ('[en.until]\nweb = "{reference!r}"\n', 2, "en.until.web"),
        ('[en.until]\nweb = "{operator.key}"\n', 2, "en.until.web"),
        ('[en.until]\nweb = "{"\n', 2, "en.until.web"),
        ("[en.until]\nweb = 7\n", 2, "en.until.web"),
        ('[en.until]\nwed = "x"\n', 2, "en.until.wed"),
        ('[english]\nand = "und"\n', 1, "english"),
        ('[de]\nand = "und"\n', 1, "de"),
        ('[en]\nand = "und\n', 2, ""),
    ],
)
def test_a_wrong_file_is_refused_at_its_line(tmp_path: Path, text: str, line: int, where: str) -> None:
    """Whoever edits the words without a programmer is told the line and what to write."""
    with pytest.raises(DataError) as caught:
        texts_of(_own(tmp_path, text))
    assert (caught.value.line, caught.value.where) == (line, where)
    assert caught.value.says


def test_the_shipped_texts_are_whole() -> None:
    """Five languages, each with every text, and none of them twice the same in two languages."""
    texts = texts_of()
    assert texts.languages == LANGUAGES
    assert len({frozenset(found) for found in texts.by_language.values()}) == 1
    webs = [texts.get(one, "until.web") for one in LANGUAGES]
    assert len(set(webs)) == len(LANGUAGES)
    assert SHIPPED.is_file()


def test_r22_what_one_brand_wrote_is_not_said_by_another_when_it_names_the_first() -> None:
    """R22: an outage of the network above two brands: the sentence that names Luna is Luna's alone."""
    mira = Operator("m", "MIR", "Mira Net", "PL", "pl", "Europe/Warsaw", parent_key="g")
    luna = replace(LUNA, name="Luna Telekom", parent_key="g")
    one = outage(operator_keys=("g",), say="Luna Telekom: wracamy o szóstej.")
    told = {
        speaker.code: text_of(one, Kind.WEB, "pl", voice_of(speaker, texts_of(), NOW, UTC, (luna, mira)))
        for speaker in (luna, mira)
    }
    assert told["LUN"] == "Luna Telekom: wracamy o szóstej."
    assert "Luna" not in told["MIR"]
    assert "Poznań" in told["MIR"]


STUMBLES = {
    "en": r"\binterruptions with\b",
    "it": r"\b(?:su|di|da|a|in) (?:il|lo|la|i|gli|le) (?!\d)|\binterruzioni con\b",
    "fr": r"\b(?:de|à) les? (?!\d)|\bcoupures avec\b|\bau sujet de :",
    "pl": r"\bprzerwy z\b",
    "sv": r"\bavbrott med\b",
}
"""Where the words of a service do not fit the sentence around them."""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("service", ["internet", "tv", "telephone", "mobile"])
def test_r30_the_words_of_every_service_fit_their_sentences(service: str, language: str) -> None:
    """R30: whatever is out, the sentence around it is one that a person would say."""
    voice = voice_of(LUNA, texts_of(), NOW, UTC)
    for parts in VARIANTS.values():
        one = outage(**{"coverage": Coverage((service,), towns=("Poznań",)), **parts})
        for kind in Kind:
            told = text_of(one, kind, language, voice)
            assert not re.search(STUMBLES[language], told), told


def test_r22_what_was_written_stands_in_the_language_of_the_outages_operators_alone() -> None:
    """R22: a Swedish sentence is on no English page; where operators speak several languages nobody knows in which."""
    lark = Operator("l", "LRK", "Larkmoor", "GB", "en", "Europe/London")
    norr = Operator("n", "NOR", "Norrsken", "SE", "sv", "Europe/Stockholm")
    said = outage(say="Vi lagar det.")
    voice = voice_of(lark, texts_of(), NOW, UTC, (lark, norr))
    for keys in ((), ("n", "l"), ("l", "n")):
        assert "lagar" not in text_of(replace(said, operator_keys=keys), Kind.WEB, "en", voice), keys
    swedish = replace(said, operator_keys=("n",))
    voice = voice_of(norr, texts_of(), NOW, UTC, (lark, norr))
    assert text_of(swedish, Kind.WEB, "sv", voice) == "Vi lagar det."
    assert text_of(swedish, Kind.MESSAGE, "sv", voice) == "Norrsken: Vi lagar det."
    assert "lagar" not in text_of(swedish, Kind.WEB, "en", voice)
