"""Numbers that people quote: never twice, never mistaken for each other."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.sql.references import ALPHABET, assigned, is_sound

rows = st.integers(1, 29**5 + 29**6 + 1_000)
letters = st.sampled_from("CTKOLA")


@given(letters, rows)
def test_each_is_sound_and_speakable(letter: str, row: int) -> None:
    """A number has its kind's letter, characters that are not mistaken, and a check that fits."""
    number = assigned(letter, row)
    assert number.startswith(f"{letter}-")
    assert set(number[2:]) <= (set("-0123456789") if letter == "C" else {*ALPHABET, "-"})
    assert is_sound(number)
    assert is_sound(number.lower().replace("-", " "))


@given(letters, st.sets(rows, min_size=2, max_size=50))
def test_no_two_are_alike(letter: str, some: set[int]) -> None:
    """Different records get different numbers."""
    assert len({assigned(letter, row) for row in some}) == len(some)


@pytest.mark.parametrize("letter", ["C", "T"])
def test_the_first_thousands_are_all_different(letter: str) -> None:
    """No two of the first 50,000 are alike, and neighbours of a ticket differ in more than one place."""
    numbers = [assigned(letter, row) for row in range(1, 50_001)]
    assert len(set(numbers)) == len(numbers)
    if letter == "T":
        apart = [sum(a != b for a, b in zip(*pair, strict=True)) for pair in pairwise(numbers)]
        assert min(apart) >= 3


@given(letters, rows, st.data())
def test_one_wrong_character_is_noticed(letter: str, row: int, data: st.DataObject) -> None:
    """Any single character heard wrongly gives a number that is not sound."""
    number = assigned(letter, row).replace("-", "")
    place = data.draw(st.integers(1, len(number) - 1))
    wrong = data.draw(st.sampled_from("0123456789" if letter == "C" else ALPHABET))
    heard = number[:place] + wrong + number[place + 1 :]
    assert is_sound(heard) == (heard == number)


@given(letters, rows, st.data())
def test_two_swapped_characters_are_noticed(letter: str, row: int, data: st.DataObject) -> None:
    """Any two neighbours written the wrong way round give a number that is not sound."""
    number = assigned(letter, row).replace("-", "")
    place = data.draw(st.integers(1, len(number) - 2))
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert is_sound(swapped) == (swapped == number)


@pytest.mark.parametrize("text", ["", "T", "C", "T-", "hello", "C-", "C-x", "T-0O1I0-2"])
def test_what_is_no_number_is_not_sound(text: str) -> None:
    """Other texts raise nothing."""
    assert not is_sound(text)
