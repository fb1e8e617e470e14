"""Numbers as telephones write them: read into one notation, or told to be none; whatever a caller puts there."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.records import Operator
from console.calls.call import TEXT
from console.calls.numbers import bare, is_withheld, operator_dialled, read


def is_clean(text: str) -> bool:
    """Return whether a text holds nothing that a terminal obeys."""
    return all(unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp") for character in text)


LUNA = Operator("1", "LUN", "Luna", "PL", "pl", "Europe/Warsaw", numbers=("+48800155501",))
SKERRY = Operator("2", "SKE", "Skerry", "GB", "en", "Europe/London", numbers=("+448001555021", "+441632960100"))


@pytest.mark.parametrize(
    ("written", "countries", "number"),
    [
        ("+48 601 234 567", (), "+48601234567"),
        ("601-234-567", ("PL",), "+48601234567"),
        ("0048601234567", ("GB",), "+48601234567"),
        ("07700 900104", ("GB",), "+447700900104"),
        ("sip:+358405550101@127.0.0.1:27777", (), "+358405550101"),
        ("sip:07700900104@203.0.113.9;transport=udp", ("GB",), "+447700900104"),
        ('"Aino" <sip:%2B358405550101@example.org;user=phone>', (), "+358405550101"),
        ("tel:+44-1632-960-100", (), "+441632960100"),
        ("tel:1632960100;phone-context=+44", (), "+441632960100"),
        ("+39 06 1234 5678", (), "+390612345678"),
        ("070-174 06 05", ("SE", "PL"), "+46701740605"),
    ],
)
def test_a_number_is_read_in_every_notation(written: str, countries: tuple[str, ...], number: str) -> None:
    """National, international, as a URI, with a name before it: one number."""
    assert read(written, countries) == number


@pytest.mark.parametrize(
    ("written", "number"),
    [("493055571600", "+493055571600"), ("02214710334", "+492214710334"), ("48601234567", "+48601234567")],
)
def test_the_webhook_writes_international_numbers_without_a_plus(written: str, number: str) -> None:
    """Digits without zeros before them are international first, those with a zero are dialled in the country."""
    assert read(written, ("DE",), whole=True) == number


@pytest.mark.parametrize(
    "written",
    ["anonymous", "Anonymous", "", " ", "sip:anonymous@anonymous.invalid", '"Anonymous" <sip:anonymous@x>', "unknown",
     "<unknown>", "Zastrzeżony", "withheld", "PRIVATE", "-"],
)  # fmt: skip
def test_a_withheld_number_is_no_number(written: str) -> None:
    """However an exchange writes it."""
    assert is_withheld(written)
    assert read(written, ("PL",)) == ""


@pytest.mark.parametrize("written", ["201", "reception", "*43", "sip:bob@example.org"])
def test_what_is_no_telephone_number_stays_what_it_is(written: str) -> None:
    """An extension or a SIP name is shown, never taken for a number."""
    found = read(written, ("PL", "GB"))
    assert found
    assert not found.startswith("+")


@given(st.text(max_size=300), st.lists(st.sampled_from(["PL", "GB", "SE", "IT", "XX", ""]), max_size=3), st.booleans())
def test_no_text_breaks_the_reading(written: str, countries: list[str], whole: bool) -> None:
    """What comes out is E.164, or the text in clean form, or nothing; and reading it again changes nothing."""
    found = read(written, countries, whole=whole)
    assert len(found) <= TEXT
    assert is_clean(found)
    if found.startswith("+"):
        assert read(found) == found


@given(st.binary(max_size=200))
def test_no_bytes_break_it_either(raw: bytes) -> None:
    """Escapes in a URI are bytes of any kind."""
    text = "sip:" + "".join(f"%{byte:02X}" for byte in raw) + "@host"
    assert is_clean(bare(text))


def test_r22_the_number_dialled_names_the_operator() -> None:
    """In whatever notation, from the record or from the configuration; nobody's number is nobody's."""
    both = (LUNA, SKERRY)
    assert operator_dialled("800 155 501", both) == LUNA
    assert operator_dialled("sip:+441632960100@gw", both) == SKERRY
    assert operator_dialled("441632960100", both, whole=True) == SKERRY
    assert operator_dialled("sip:night-luna@127.0.0.1:15060", both, [("night-luna", "LUN")]) == LUNA
    assert operator_dialled("2001", both, [("2001", "SKE")]) == SKERRY
    assert operator_dialled("+48221234567", both) is None
    assert operator_dialled("", both) is None


def test_r22_a_number_of_two_operators_names_neither() -> None:
    """A guess would greet in the wrong name."""
    assert operator_dialled("+48800155501", (LUNA, replace(SKERRY, numbers=LUNA.numbers))) is None
