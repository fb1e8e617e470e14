"""What `guide check` finds in a file, on which line, and what it tells to write instead."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.data import DataError
from console.data.guides import SHIPPED, load, lowering, read
from console.rules.guide_faults import check
from console.rules.guides import Ask, Step, fitting, spoken
from console.rules.interview import begun
from tests.guides_stage import ask, end, guide_of, written

GOOD = """
id = "own"
title = { en = "Own matter" }
start = "first"

[steps.first]
ask = "choice"
words = { en = "Which one?" }
label = { en = "Which" }
goto = "last"
[steps.first.options]
one = { en = "the one" }
two = { en = "the other" }

[steps.last]
end = "told"
words = { en = "Goodbye." }
"""


def test_words_for_a_denied_outage_are_checked_like_all_others(tmp_path: Path) -> None:
    """R28: unknown places and lowered protection are refused in them as well."""
    _guide, faults = written(tmp_path, 'held_denied = { en = "Wait, {nobody}." }' + GOOD)
    assert len(faults) == 1
    assert ":1:" in faults[0]
    assert "nobody" in faults[0]
    _guide, faults = written(tmp_path, 'held_denied = { en = "Please turn off the firewall." }' + GOOD)
    assert len(faults) == 1
    assert "firewall" in faults[0]


def test_a_sound_guide_has_no_mistakes(tmp_path: Path) -> None:
    """The example that all others here differ from by one line."""
    guide, faults = written(tmp_path, GOOD)
    assert faults == []
    assert guide is not None
    assert guide.steps["first"].codes == ("one", "two")


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("[bcfmn]*.toml")), ids=lambda path: path.stem)
def test_every_shipped_guide_passes_its_check(path: Path) -> None:
    """Five languages, no dead end, nothing that nobody reaches, nothing that lowers anybody's protection."""
    guide, faults = read(path)
    assert [str(one) for one in faults] == []
    assert guide is not None
    assert guide.languages == ("en", "it", "fr", "pl", "sv")


@pytest.mark.parametrize(
    ("before", "after", "line", "says"),
    [
        ('goto = "last"', 'goto = "lost"', 10, 'leads to a step "lost" that is not there'),
        ('goto = "last"', "", 6, "is a dead end"),
        ('start = "first"', 'start = "fist"', 4, '"fist" that is not there'),
        ('label = { en = "Which" }', 'label = { it = "Quale" }', 9, 'the words in "en" are missing'),
        ('two = { en = "the other" }', "", 11, "a choice needs two options"),
        ('ask = "choice"', 'ask = "chioce"', 7, "unknown: chioce (text, choice"),
        ('ask = "choice"', 'ask = "choice"\nwhen = "outag"', 8, 'cannot be understood: "outag"'),
        ('goto = "last"', 'goto = "last"\ngo_to = "last"', 11, 'there is no key "go_to"'),
        ('end = "told"', 'end = "told"\ngoto = "first"', 16, "an end asks nothing and leads nowhere"),
        ('end = "told"', 'end = "attach"', 16, "hangs the caller on an outage"),
        ("Which one?", "Which one, {nmae}?", 8, "{nmae} is neither a step nor one of: name"),
        ('goto = "last"', 'goto = "last"\nbecomes = "customer.shoe"', 11, '"customer.shoe" cannot be filled'),
        ('goto = "last"', 'goto = "last"\nwhen = "answer.third = x"', 11, 'asks for a step that is not there'),
        ('goto = "last"', 'goto = "last"\nneeded = "no"', 11, "is true or false"),
        ('goto = "last"', 'goto = "last"\nlike = "reech"', 11, 'there is no shared step "reech"'),
        ('goto = "last"', 'goto = "last"\nto = "technical"', 11, 'belongs to a step with end'),
        ('goto = "last"', 'goto = "last', 10, "is not TOML here"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(tmp_path: Path, before: str, after: str, line: int, says: str) -> None:
    """Whoever edits the file reads which line is wrong and what to write; the guide is not offered."""
    assert before in GOOD
    guide, faults = written(tmp_path, GOOD.replace(before, after, 1))
    assert guide is None
    told = [one for one in faults if says in one]
    assert told, faults
    assert told[0].startswith(f"own.toml:{line}: "), faults


def test_a_step_that_nobody_reaches_is_found(tmp_path: Path) -> None:
    """A step without a way to it is told where it begins."""
    lonely = '\n[steps.lonely]\nwords = { en = "Hello?" }\ngoto = "last"\n'
    _guide, faults = written(tmp_path, GOOD + lonely)
    assert faults == ["own.toml:19: steps.lonely: no way leads to this step"]


def test_a_circle_without_a_question_is_found() -> None:
    """Two sentences that lead to each other would be said for ever; with a question between, somebody can end it."""
    say = Step("say", words={"en": "hm"}, goto="again")
    again = Step("again", words={"en": "hm again"}, goto="say")
    found = {one.code for one in check(guide_of(say, again, end()))}
    assert {"circle", "never_ends"} <= found
    asked = ask("again", "", a="say", b="end")
    assert "circle" not in {one.code for one in check(guide_of(say, asked, end()))}


def test_a_step_passed_over_must_lead_on() -> None:
    """A question with a condition needs a way for when it does not hold, though each answer has its own."""
    first = ask("first", "", when="outage", a="end", b="end")
    assert [one.code for one in check(guide_of(first, end()))] == ["nowhere_without"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Please switch the firewall off for a moment.",
        "Disable your antivirus and try again.",
        "Provi a disattivare il firewall.",
        "Désactivez votre pare-feu, s'il vous plaît.",
        "Proszę wyłączyć zaporę i spróbować ponownie.",
        "Proszę wejść do sieci bez antywirusa.",
        "Kan du stänga av brandväggen?",
        "Schalten Sie die Firewall bitte ab, also ohne Firewall.",
        "Remove the Wi-Fi password and connect again.",
    ],
)
def test_r28_a_guide_that_lowers_the_protection_is_refused(tmp_path: Path, sentence: str) -> None:
    """No language and no key hides it: the file is refused, so no agent is ever offered the step."""
    for place in ("Which one?", "the other", "Goodbye."):
        guide, faults = written(tmp_path, GOOD.replace(place, sentence, 1))
        assert guide is None
        assert any("lowers the customer's protection" in one for one in faults), (place, faults)


@pytest.mark.parametrize(
    "sentence",
    [
        "Please switch the router off and on again.",
        "Is the firewall light green?",
        "Unplug the router. The firewall stays as it is.",
        "Proszę wyłączyć router z gniazdka.",
    ],
)
def test_r28_what_leaves_the_protection_alone_is_fine(tmp_path: Path, sentence: str) -> None:
    """A restart is no attack on anybody, and a light may be looked at."""
    _guide, faults = written(tmp_path, GOOD.replace("Which one?", sentence, 1))
    assert faults == []


def test_r28_every_language_that_ships_has_words_to_refuse() -> None:
    """A guide in any shipped language is looked through in that language."""
    assert {"en", "it", "fr", "pl", "sv"} <= set(lowering())
    assert all(one.takes and one.protects for one in lowering().values())


def test_an_own_guide_takes_the_place_of_a_shipped_one(tmp_path: Path) -> None:
    """The same id replaces, a new id is added behind, a wrong file is left out and told."""
    (tmp_path / "billing.toml").write_text(GOOD.replace('id = "own"', 'id = "billing"'), encoding="utf-8")
    (tmp_path / "extra.toml").write_text(GOOD.replace('id = "own"', 'id = "extra"'), encoding="utf-8")
    (tmp_path / "wrong.toml").write_text("id = 7", encoding="utf-8")
    found = load(str(tmp_path))
    billing = found.named("billing")
    assert billing is not None
    assert billing.title == {"en": "Own matter"}
    assert [one.id for one in found.guides][-1] == "extra"
    assert found.faults
    assert {one.path.name for one in found.faults} == {"wrong.toml"}


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    """An operator edits and tries without ending the console."""
    path = tmp_path / "own.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert load(str(tmp_path)).named("own") is not None
    path.write_text(GOOD.replace('id = "own"', 'id = "newer"'), encoding="utf-8")
    import os

    os.utime(path, ns=(1, 1))
    assert load(str(tmp_path)).named("newer") is not None


def test_r28_what_asks_who_calls_is_checked_too(tmp_path: Path) -> None:
    """The steps before every guide are looked through like any other; a wrong one is told with its file."""
    shared = tmp_path / "shared.toml"
    keys = 'ask = "text"\nbecomes = "customer.name"\nlabel = { en = "Name" }\nwords = { en = "WORDS" }\n'
    text = f"[steps.caller_name]\n{keys}"
    shared.write_text('caller = ["caller_name"]\ngreeting = { en = "Hi." }\n' + text, encoding="utf-8")
    (tmp_path / "own.toml").write_text(GOOD, encoding="utf-8")
    assert [step.id for step in load(str(tmp_path)).caller] == ["caller_name"]
    wrong = shared.read_text(encoding="utf-8").replace("WORDS", "Disable your firewall, then your name?")
    other = tmp_path / "other"
    other.mkdir()
    (other / "shared.toml").write_text(wrong, encoding="utf-8")
    (other / "own.toml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load(str(other))
    assert "lowers the customer's protection" in str(caught.value)
    assert str(caught.value).startswith(f"{other}/shared.toml:")


def test_one_language_needs_no_table(tmp_path: Path) -> None:
    """An operator with one language writes sentences, not tables of them."""
    text = """
id = "own"
title = "Sprawa"
languages = ["pl"]
start = "last"
[steps.last]
end = "told"
words = "Do widzenia."
"""
    guide, faults = written(tmp_path, text)
    assert faults == []
    assert guide is not None
    assert guide.steps["last"].words == {"pl": "Do widzenia."}


def test_the_language_is_the_customers_else_the_operators() -> None:
    """A guide speaks what it can: the customer's language, the operator's, else its own first one."""
    guide = load().guides[0]
    assert spoken(guide, "sv", "pl") == "sv"
    assert spoken(guide, "uk", "pl") == "pl"
    assert spoken(guide, "uk", "de") == "en"


def test_r22_an_operator_sees_its_guides_with_its_script_first() -> None:
    """Guides of others are not offered; the script is a guide's id, or the beginning of several."""
    guides = load().guides
    only = replace(guides[0], id="only-val", operators=("VAL",))
    assert [one.id for one in fitting([*guides, only], "LUN", "complaint")][:2] == ["complaint", "fault-internet"]
    assert "only-val" not in {one.id for one in fitting([*guides, only], "LUN")}
    assert [one.id for one in fitting([only, *guides], "VAL", "fault")][:3] == [one.id for one in guides[:3]]
    assert fitting(guides, "LUN", "compl")[0] == guides[0], "half a word names nothing"


NAMES = st.sampled_from(["s0", "s1", "s2", "s3", "s4"])


@given(
    steps=st.lists(st.tuples(st.booleans(), NAMES, NAMES, st.booleans()), min_size=1, max_size=5),
    chance=st.data(),
)
@settings(max_examples=200)
def test_r22_a_guide_without_mistakes_can_always_be_brought_to_an_end(
    steps: list[tuple[bool, str, str, bool]], chance: st.DataObject
) -> None:
    """Whatever an operator draws: when the check finds nothing, an end can be reached from wherever a caller leads."""
    made: list[Step] = []
    for number, (is_end, left, right, silent) in enumerate(steps):
        name = f"s{number}"
        if is_end:
            made.append(end(name))
        elif silent:
            made.append(Step(name, words={"en": "say"}, goto=left))
        else:
            made.append(ask(name, "", a=left, b=right))
    guide = guide_of(*made)
    if check(guide):
        return
    here = begun(guide)
    for _turn in range(chance.draw(st.integers(0, 8))):
        here = here.answered(chance.draw(st.sampled_from(["a", "b"])))
    ahead, seen = [here], {here.at}
    while not any(one.ended for one in ahead):
        ahead = [one.answered(answer) for one in ahead for answer in "ab"]
        ahead = [one for one in ahead if one.at not in seen or one.ended]
        assert ahead, "no way leads to an end"
        seen |= {one.at for one in ahead}


def test_every_kind_of_question_is_known_to_the_guide_format() -> None:
    """The words of the format are those that the handbook names."""
    assert {str(one) for one in Ask} == {
        "text", "choice", "yes-no", "number", "phone", "e-mail", "date", "moment", "line", "advice", "nothing",
    }  # fmt: skip


def test_polish_words_fit_whoever_says_them() -> None:
    """No sentence of the shipped guides makes the agent, or the caller, a man or a woman."""
    found = [
        line for path in sorted(SHIPPED.glob("*.toml")) for line in path.read_text("utf-8").splitlines()
        if re.match(r"pl = ", line) and re.search(r"\b\w+(?:łem|łam)\b|\bżebym \w+ł[ai]?\b", line, re.IGNORECASE)
    ]  # fmt: skip
    assert found == []
