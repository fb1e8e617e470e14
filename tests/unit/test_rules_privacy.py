"""Card numbers are found and masked; telephone numbers, accounts and references are left alone (R41, PCI DSS)."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.cli.output import json_text
from console.present.labels import plain, whole_text
from console.rules.privacy import cards_in, masked, masked_values, passes_luhn, tells_card

BEGINNINGS = ("4", "51", "55", "2221", "2720", "34", "37", "6011", "65", "3530", "36", "5018", "62")
LENGTHS = {"34": 15, "37": 15, "36": 14}


def check_digit(digits: str) -> str:
    """Return the digit that makes a number pass."""
    return next(one for one in "0123456789" if passes_luhn(digits + one))


@st.composite
def card_numbers(draw: st.DrawFn) -> str:
    """Draw a card number of some scheme."""
    begins = draw(st.sampled_from(BEGINNINGS))
    length = LENGTHS.get(begins, 16)
    rest = draw(st.text("0123456789", min_size=length - len(begins) - 1, max_size=length - len(begins) - 1))
    return begins + rest + check_digit(begins + rest)


def grouped(number: str, sign: str) -> str:
    """Return a number as it stands on the card."""
    sizes = (4, 6, 5) if len(number) == 15 else (4, 6, 4) if len(number) == 14 else (4, 4, 4, 4)
    parts, at = [], 0
    for size in sizes:
        parts.append(number[at : at + size])
        at += size
    return sign.join(parts)


WORDS = st.text("abcdefghijklmnop ,;:()\n", max_size=20)


@given(card_numbers(), st.sampled_from(["", " ", "-", ".", "\u00a0"]), WORDS, WORDS)
def test_r41_a_card_number_shows_its_first_six_and_last_four_digits(
    number: str, sign: str, before: str, after: str
) -> None:
    """However it is grouped and whatever stands around it; a second masking changes nothing."""
    text = f"{before} {grouped(number, sign)} {after}"
    shown = masked(text)
    assert number not in shown.replace(sign, "") if sign else number not in shown
    assert f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}" in shown
    assert masked(shown) == shown
    assert tells_card(text)
    assert not tells_card(shown)


@given(st.text("0123456789 -.+", max_size=60))
def test_masking_is_done_once(text: str) -> None:
    """Whatever digits there are, masking what is masked changes nothing."""
    assert masked(masked(text)) == masked(text)


@given(st.text("0123456789", min_size=7, max_size=12), st.sampled_from(["+", "00", "0", "+48 ", "+44 20 "]))
def test_telephone_numbers_are_left_alone(digits: str, begins: str) -> None:
    """International or not, in one piece or in groups of three."""
    groups = " ".join(digits[at : at + 3] for at in range(0, len(digits), 3))
    for number in (begins + digits, begins + groups):
        if len([sign for sign in number if sign.isdigit()]) <= 15 and number[0] in "+0":
            assert masked(f"ring {number}, please") == f"ring {number}, please"


@given(st.sampled_from(["DE", "PL", "GB", "DK", "IT", "SE", "NO"]), st.data())
def test_bank_accounts_are_left_alone(country: str, data: st.DataObject) -> None:
    """An IBAN that passes its own check is none, in one piece and in groups of four."""
    length = {"DE": 18, "PL": 24, "GB": 18, "DK": 14, "IT": 23, "SE": 20, "NO": 11}[country]
    number = data.draw(st.text("0123456789", min_size=length, max_size=length))
    moved = int("".join(str(int(sign, 36)) for sign in f"{number}{country}00"))
    iban = f"{country}{98 - moved % 97:02d}{number}"
    groups = " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))
    assert masked(f"to {iban}.") == f"to {iban}."
    assert masked(f"to {groups}.") == f"to {groups}."


@pytest.mark.parametrize(
    "text",
    [
        "T-2026-100014", "C-100014 L-7 K-123456", "2026-11-22 14:15:16", "00:1a:2b:3c:4d:5e 10.0.12.34",
        "601 234 567 501 111 222 700 800 900", "amount 1234.56 EUR", "lub-olt-3/1/17", "1111111111111111",
        "4111111111111112", "+4111111111111111",
    ],
)  # fmt: skip
def test_what_the_desk_writes_every_day_is_left_alone(text: str) -> None:
    """References, dates, addresses of devices, amounts, and numbers that fail the check."""
    assert masked(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("4111 1111 1111 1111 exp 12/27 123", "411111******1111 exp 12/27 ***"),
        ("4111111111111111, 123", "411111******1111, ***"),
        ("3782 822463 10005 1234", "378282*****0005 ***"),
        ("CVV: 123", "CVV: ***"),
        ("the security code is 987.", "the security code is ***."),
        ("codice di sicurezza 456", "codice di sicurezza ***"),
        ("kod CVC 321", "kod CVC ***"),
        ("5500000000000004, 4111 1111 1111 1111", "550000******0004, 411111******1111"),
        ("4111 1111 1111 1111 at 14:30", "411111******1111 at 14:30"),
    ],
)
def test_r41_what_proves_a_card_is_taken_out_wholly(text: str, shown: str) -> None:
    """Behind the number, or where somebody names it; times and further cards are not taken for it."""
    assert masked(text) == shown


def test_r41_a_short_word_before_a_card_number_is_no_country() -> None:
    """However the numbers fall: an account has its country's length, and ends where its digits end."""
    some = random.Random(7)
    for word in ("no", "is", "NO", "IS", "DE", "my"):
        for _number in range(300):
            begun = "4" + "".join(some.choice("0123456789") for _digit in range(14))
            number = begun + check_digit(begun)
            for text in (f"{word} {number}", f"{word} {grouped(number, ' ')}", f"{word}{number}"):
                assert number not in masked(text).replace(" ", "")


def test_hostile_texts_are_read_in_time_that_grows_with_them() -> None:
    """A text of digits alone is read; each start is tried only as far as a card is long."""
    some = random.Random(3)
    text = " ".join(str(some.randrange(10_000)) for _number in range(5_000))
    assert len(masked(text)) <= len(text)
    assert cards_in("1 " * 20_000) == ()


def test_r41_what_is_presented_is_masked() -> None:
    """One line, many lines, and JSON; keys and digests stay as they are."""
    number = "4111 1111 1111 1111"
    assert number not in plain(f"pay with {number}")
    assert number not in whole_text(f"pay\nwith {number}\nplease")
    assert "411111******1111" in plain("x" * 390 + f" {number}", limit=420)
    held = {"contact": [{"body": number, "key": "4111111111111111", "sha256": "4111111111111111"}]}
    assert masked_values(held)["contact"][0] == {
        "body": "411111******1111", "key": "4111111111111111", "sha256": "4111111111111111"
    }  # fmt: skip
    assert number not in json_text(held)
