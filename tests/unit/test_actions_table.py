"""The action table and what is made of it: keys, commands, reasons, palette, cheat sheet."""

from __future__ import annotations

import string
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import i18n
from console.actions import (
    ACTIONS,
    BY_ID,
    REASONS,
    RIGHT_REASONS,
    SHOWN,
    Action,
    Circumstances,
    Need,
    Where,
    command_named,
    why_not,
)
from console.cheatsheet import FIXED, PLACES, key_rows, markdown
from console.keynames import EVEN_WHILE_TYPING, WIDGET_KEYS, is_safe, key_label, key_named, labels, rebound
from console.palette import fitting, read_command
from console.rules.roles import Right

EVERYTHING = Circumstances(frozenset(Need), frozenset(Right))


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_every_action_is_told_can_be_pressed_and_has_a_place(action: Action) -> None:
    """Label and help are words, keys are those of every terminal, the first is shown, and the place is in the help."""
    assert action.label.strip() == action.label != ""
    assert action.help.strip() == action.help != ""
    assert action.keys
    assert all(is_safe(key) and key not in WIDGET_KEYS for key in action.keys)
    assert action.where in PLACES
    assert action.where is Where.LIST or action.commands
    assert action.id.isidentifier()


def test_no_key_and_no_command_belongs_to_two_actions() -> None:
    """One key, one action; a command names one action, by whatever name."""
    keys = [key for action in ACTIONS for key in action.keys]
    assert len(keys) == len(set(keys))
    names = [name for action in ACTIONS for name in {action.id, *action.commands}]
    assert len(names) == len(set(names))
    assert len(BY_ID) == len(ACTIONS)


def test_escape_and_high_function_keys_have_a_second_way() -> None:
    """Terminals that keep Escape or F5 and above for themselves lose nothing."""
    for action in ACTIONS:
        lost = {"escape", *(f"f{number}" for number in range(5, 11))} & set(action.keys)
        assert not lost or set(action.keys) - lost, action.id


@pytest.mark.parametrize("need", list(Need))
def test_each_thing_that_is_missing_is_named(need: Need) -> None:
    """A disabled action says why, in words of its own for each need, and works once it is there."""
    action = Action("x", ("x",), "X", "x", Where.CUSTOMER, "x", needs=(need,), commands=("x",))
    said = why_not(action, Circumstances(frozenset(Need) - {need}, frozenset(Right)))
    assert said == REASONS[need] != ""
    assert why_not(action, EVERYTHING) == ""
    assert len(set(REASONS.values())) == len(REASONS)


@pytest.mark.parametrize("need", sorted(SHOWN))
def test_r41_what_a_role_hides_is_called_hidden_before_absent(need: Need) -> None:
    """R41: who may not see it is told so as V tells them; who may look is told how; a missing right goes first."""
    action = Action("x", ("x",), "X", "x", Where.CUSTOMER, "x", needs=(need, Need.DISPUTE), right=Right.WRITE)
    hidden = frozenset(Need) - {need, Need.DISPUTE}
    may_not = Circumstances(hidden, frozenset({Right.WRITE}))
    assert why_not(action, may_not) == why_not(BY_ID["reveal"], may_not) == RIGHT_REASONS[Right.REVEAL]
    assert why_not(action, Circumstances(hidden, frozenset({Right.WRITE, Right.REVEAL}))) == REASONS[need]
    assert why_not(action, Circumstances(hidden, frozenset({Right.REVEAL}))) == RIGHT_REASONS[Right.WRITE]


@pytest.mark.parametrize("right", list(Right))
def test_each_right_that_is_missing_is_named(right: Right) -> None:
    """R41: a role that may not is told so."""
    action = Action("x", ("x",), "X", "x", Where.CUSTOMER, "x", right=right, commands=("x",))
    assert why_not(action, Circumstances(frozenset(Need), frozenset(Right) - {right})) == RIGHT_REASONS[right] != ""
    assert why_not(action, EVERYTHING) == ""


def test_everything_can_be_done_when_everything_is_there_and_writing_not_without_the_right() -> None:
    """The table asks for nothing that cannot be had; reading needs no right, but for what a role hides (R41)."""
    assert [action.id for action in ACTIONS if why_not(action, EVERYTHING)] == []
    reader = Circumstances(frozenset(Need), frozenset())
    assert {action.id for action in ACTIONS if why_not(action, reader)} == {
        action.id for action in ACTIONS if Need.WRITE in action.needs or Need.HIDDEN in action.needs
    }


def test_a_command_is_named_by_its_word_or_an_unambiguous_beginning() -> None:
    """`:ref` is the reference, `:q` leaves, `:re` could be several and is none."""
    assert command_named("REFERENCE") is BY_ID["reference"]
    assert command_named(" refe ") is BY_ID["reference"]
    assert command_named("q") is BY_ID["leave"]
    assert command_named("outage") is BY_ID["outages"]
    for word in ("re", "", "  ", "xyzzy", "/"):
        assert command_named(word) is None
    for action in ACTIONS:
        for name in (action.id, *action.commands):
            assert command_named(name) is action


def test_a_command_keeps_its_words() -> None:
    """`:find Nowak, Ewa` is the action with the words as they were typed."""
    found = read_command(":find  Nowak, Ewa ")
    assert found is not None
    assert (found.action.id, found.words) == ("find", "Nowak, Ewa")
    assert read_command("nonsense here") is None
    assert read_command(":") is None


def test_the_palette_offers_what_may_be_meant_best_first() -> None:
    """A command's beginning before words of a label before words of a help; nothing typed offers all."""
    assert fitting("") == ACTIONS
    assert fitting(":") == ACTIONS
    assert fitting("clo")[0].id == "close"
    assert fitting("call b")[0] is BY_ID["call_back"]
    assert fitting("close the ticket now")[0] is BY_ID["close"]
    assert fitting("large spelled") == (BY_ID["reference"],)
    assert fitting("xyzzy") == ()


@given(typed=st.text(max_size=20))
def test_whatever_is_typed_is_answered(typed: str) -> None:
    """Palette and command line take any text; what is offered is of the table, each once."""
    found = fitting(typed)
    assert len(set(found)) == len(found)
    assert set(found) <= set(ACTIONS)
    read_command(typed)


@pytest.mark.parametrize(
    ("typed", "name", "label"),
    [
        ("/", "slash", "/"), ("Ctrl+N", "ctrl+n", "Ctrl+N"), ("esc", "escape", "Esc"), ("Escape", "escape", "Esc"),
        ("N", "N", "N"), ("n", "n", "n"), ("F9", "f9", "F9"), (",", "comma", ","), ("-", "minus", "-"),
        (" ", "space", "Space"), ("PgUp", "pageup", "PgUp"), ("?", "question_mark", "?"), ("return", "enter", "Enter"),
    ],
)  # fmt: skip
def test_keys_are_named_as_people_write_them(typed: str, name: str, label: str) -> None:
    """What stands on the keyboard is read, and printed again."""
    assert key_named(typed) == name
    assert is_safe(name)
    assert key_label(name) == label
    assert key_named(label) == name


def test_keys_can_be_changed_exchanged_and_added() -> None:
    """The configuration's keys take the place of the built-in ones, also where two actions exchange theirs."""
    keys, problems = rebound({"note": ["t", "Ctrl+P"], "ticket": ["n"], "waive": [], "fold": [","]})
    assert problems == []
    assert (keys["note"], keys["ticket"], keys["fold"]) == (("t", "ctrl+p"), ("n",), ("comma",))
    assert keys["waive"] == BY_ID["waive"].keys
    assert labels(keys["note"]) == "t, Ctrl+P"


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"nonsense": ["n"]}, "there is no such action"),
        ({"note": ["alt+n"]}, "does not arrive"),
        ({"note": ["shift+f5"]}, "does not arrive"),
        ({"note": ["ł"]}, "does not arrive"),
        ({"note": ["r"]}, "belongs to reply"),
        ({"note": ["enter"]}, "cannot be changed"),
        ({"note": ["F2"]}, "cannot be changed"),
        ({next(iter(EVEN_WHILE_TYPING)): ["x"]}, "needed for typing"),
    ],
)
def test_a_wrong_key_is_told_and_leaves_the_action_its_own(wanted: dict[str, Sequence[str]], says: str) -> None:
    """One problem each, in words, and nothing changes."""
    keys, problems = rebound(wanted)
    assert len(problems) == 1
    assert says in problems[0]
    assert keys == {action.id: action.keys for action in ACTIONS}


def test_a_key_given_to_two_actions_goes_to_neither() -> None:
    """Both are told; other changes hold."""
    keys, problems = rebound({"note": ["ctrl+e"], "ticket": ["ctrl+e"], "reply": ["ctrl+u"]})
    assert len(problems) == 2
    assert (keys["note"], keys["ticket"], keys["reply"]) == (("n",), ("t",), ("ctrl+u",))


_keys = st.sampled_from([*string.ascii_letters, "slash", "f5", "ctrl+e", "enter", "alt+x", "", "\x1b", "tab"])


@given(wanted=st.dictionaries(st.sampled_from([*BY_ID, "nobody"]), st.lists(_keys, max_size=3), max_size=12))
def test_whatever_is_configured_every_action_keeps_a_key_of_its_own(wanted: dict[str, list[str]]) -> None:
    """No configuration takes an action's last key or gives one key to two."""
    keys, _problems = rebound(wanted)
    assert set(keys) == set(BY_ID)
    assert all(keys.values())
    every = [key for chosen in keys.values() for key in chosen]
    assert len(every) == len(set(every))
    assert all(is_safe(key) for key in every)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_cheat_sheet_holds_every_action_in_every_language(language: str) -> None:
    """Help, `cordboard keys` and docs are made of the same rows; no placeholder is left in any."""
    i18n.use(language)
    try:
        rows = key_rows()
        text = markdown()
    finally:
        i18n.use("en")
    assert [row.action for row in rows if row.action is not None] == [
        action for where in PLACES for action in ACTIONS if action.where is where
    ]
    assert len(rows) == len(ACTIONS) + len(FIXED)
    for row in rows:
        assert row.keys
        assert row.help
        assert "{" not in row.label + row.help
    for action in ACTIONS:
        assert f"`{action.id}`" in text


def test_changed_keys_are_the_ones_shown() -> None:
    """The help tells the keys in force."""
    keys, _problems = rebound({"note": ["Ctrl+P"]})
    row = next(row for row in key_rows(keys) if row.action is BY_ID["note"])
    assert row.keys == "Ctrl+P"
