"""Going through a guide: back and forth without losing an answer, held back by an outage, and always to an end."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.data.guides import load
from console.present.banners import say_words
from console.present.guide_words import Speaker, held_words
from console.present.setting import Now
from console.rules.guide_conditions import WrongCondition, holds, read_condition
from console.rules.guides import HELD, NOT_DONE, Ask, EndKind, Guide, Step
from console.rules.interview import Ground, Interview, begun, resumed
from tests.guides_stage import NIGHT, OPERATOR, ask, branch, end, guide_of, outage

OUTAGE = {"outage": True}
IDS = [guide.id for guide in load().guides]
FACTS = st.fixed_dictionaries(
    {
        "outage": st.booleans(),
        "history.open_fault": st.booleans(),
        "history.open_complaint": st.booleans(),
        "line": st.booleans(),
    }
)


def shipped(name: str) -> Guide:
    """Return a shipped guide."""
    guide = load().named(name)
    assert guide is not None
    return guide


def some_answer(step: Step, chance: st.DataObject) -> str:
    """Return an answer that a step may be given; what is typed is checked elsewhere."""
    if step.codes:
        return chance.draw(st.sampled_from(step.codes))
    return "" if step.ask is Ask.NOTHING else chance.draw(st.sampled_from(["7", "words", ""]))


@given(name=st.sampled_from(IDS), facts=FACTS, chance=st.data())
def test_r22_any_sequence_of_answers_ends(name: str, facts: dict[str, bool], chance: st.DataObject) -> None:
    """Whatever a caller says, a shipped guide comes to an end, and asks nothing twice on the way."""
    guide = shipped(name)
    here = begun(guide, lambda _answers: Ground(facts))
    while not here.ended:
        assert len(here.trail) <= len(guide.steps), here.trail
        here = here.answered(some_answer(here.step, chance))
    assert len(set(here.trail)) == len(here.trail)


@given(name=st.sampled_from(IDS), facts=FACTS, chance=st.data())
def test_going_back_and_forth_again_restores_everything(
    name: str, facts: dict[str, bool], chance: st.DataObject
) -> None:
    """From anywhere: back to the first question keeps all answers, and giving the same ones leads to the same place."""
    here = begun(shipped(name), lambda _answers: Ground(facts))
    for _turn in range(chance.draw(st.integers(0, 20))):
        if not here.ended:
            here = here.answered(some_answer(here.step, chance))
    again = here
    while again.trail:
        again = again.back()
        assert again.answers == here.answers
    for step in here.trail:
        assert again.at == step
        again = again.answered(again.answers[step])
    assert again == here


@given(name=st.sampled_from(IDS), facts=FACTS, chance=st.data())
def test_a_draft_resumes_where_it_was(name: str, facts: dict[str, bool], chance: st.DataObject) -> None:
    """Answers and trail alone bring an interview back; with other facts it never stands where it could not be."""

    def ground(_answers: object) -> Ground:
        return Ground(facts)

    here = begun(shipped(name), ground)
    for _turn in range(chance.draw(st.integers(0, 20))):
        if not here.ended:
            here = here.answered(some_answer(here.step, chance))
    assert resumed(here.guide, ground, here.answers, here.trail) == here
    other = resumed(here.guide, lambda _answers: Ground({"outage": not facts["outage"]}), here.answers, here.trail)
    assert other.trail == here.trail[: len(other.trail)]
    assert other.answers == here.answers


def test_answers_of_a_branch_are_there_when_it_is_taken_again() -> None:
    """What was answered on one branch stays, is not reported while another is taken, and is proposed on coming back."""
    guide = guide_of(ask("which", "", a="left", b="end"), ask("left", "end", kind=Ask.TEXT), end())
    here = begun(guide).answered("a").answered("words of the left")
    other = here.back().back().answered("b")
    assert other.ended
    assert other.given == {"which": "b"}
    again = other.back().answered("a")
    assert (again.at, again.before) == ("left", "words of the left")


def held_guide() -> Guide:
    """Return a guide with one step that the customer does at home."""
    helped = Step(
        "restart", Ask.ADVICE, {"en": "restart"}, {"en": "restart"}, side="customer", goto="more",
        options=(),
    )  # fmt: skip
    return guide_of(ask("what", "restart"), helped, ask("more", "end"), end())


def test_r28_an_outage_holds_back_what_the_customer_would_do() -> None:
    """While an outage explains it, a step at the customer's side takes no answer but that it was left out."""
    here = begun(held_guide(), lambda _answers: Ground(OUTAGE)).answered("a")
    assert here.held
    passed = here.answered("helped")
    assert passed.answers["restart"] == HELD
    assert passed.at == "more"
    assert passed.back().before == ""


def test_r28_without_an_outage_nothing_is_held_back() -> None:
    """The same step is asked where no outage is known."""
    here = begun(held_guide()).answered("a")
    assert not here.held
    assert here.answered("helped").answers["restart"] == "helped"


def test_r28_an_override_needs_a_reason() -> None:
    """With a reason the step is asked in spite of the outage; blanks are none."""
    here = begun(held_guide(), lambda _answers: Ground(OUTAGE)).answered("a")
    assert here.overridden("  ").held
    told = here.overridden("her neighbour's works")
    assert not told.held
    assert told.reason == "her neighbour's works"
    assert told.answered("helped").answers["restart"] == "helped"


def test_r28_an_outage_that_comes_up_holds_back_at_once() -> None:
    """News while the step is on the screen: the same interview on the new facts is held."""
    here = begun(held_guide()).answered("a")
    assert here.on(lambda _answers: Ground(OUTAGE)).held
    assert not here.on(lambda _answers: Ground(OUTAGE)).on(lambda _answers: Ground({})).held


def test_r28_whoever_sees_something_else_denied_the_outage() -> None:
    """Where one answer leads to the outage, another one denies it; who was never asked denied nothing."""
    attached = end("attached", EndKind.ATTACH)
    what = ask("what", "more", when="outage", this="attached", other="")
    guide = guide_of(what, ask("more", "end"), end(), attached)
    here = begun(guide, lambda _answers: Ground(OUTAGE))
    assert not here.denied
    assert here.answered("other").denied
    assert not here.answered("this").denied
    assert not here.answered("other").back().denied
    assert not begun(held_guide()).answered("a").denied


@pytest.mark.parametrize("name", ["fault-internet", "fault-tv", "fault-telephone"])
@pytest.mark.parametrize("language", ["en", "it", "fr", "pl", "sv", "de"])
def test_r28_what_is_held_back_is_true_for_whoever_denied_the_outage(name: str, language: str) -> None:
    """Who sees something else is not told that the outage is to blame, by a guide without words of its own neither."""
    now = Now(NIGHT, ZoneInfo("Europe/Warsaw"), {OPERATOR.key: OPERATOR})
    who = Speaker(language, OPERATOR, "Iga", now, outage=outage())
    here = begun(shipped(name), lambda _answers: Ground(OUTAGE))
    while here.at != "outage_now":
        here = here.answered(here.step.codes[-1])
    explained, denied = held_words(here, who), held_words(here.answered("other"), who)
    assert here.answered("other").denied
    assert denied != explained
    bare = replace(here.guide, held_denied={})
    general = held_words(replace(here.answered("other"), guide=bare), who)
    assert general not in ("", explained, say_words(outage(), now, language))


def test_what_was_held_back_is_asked_when_the_outage_is_over() -> None:
    """A draft of yesterday's outage goes back to the step that was left out then."""
    here = begun(held_guide(), lambda _answers: Ground(OUTAGE)).answered("a").answered("helped")
    assert here.at == "more"
    after = here.on(lambda _answers: Ground({}))
    assert (after.at, after.held, after.before) == ("restart", False, "")


@pytest.mark.parametrize("name", ["fault-internet", "fault-tv", "fault-telephone"])
def test_r21_without_an_outage_and_with_a_sound_line_restart_comes_first(name: str) -> None:
    """Nothing matches and our side is fine: the first thing offered is a restart, done together."""
    here = begun(shipped(name))
    while here.at != "line_check":
        here = here.answered(here.step.codes[-1] if here.step.codes else "x")
    assert here.answered("fine").at == "restart"
    assert here.answered("fine").step.ask is Ask.ADVICE
    assert here.answered("fault").step.side == "", "a fault on our side asks nothing of the customer"


@pytest.mark.parametrize("name", ["fault-internet", "fault-tv", "fault-telephone"])
def test_r28_every_step_at_home_of_a_shipped_guide_is_held_back(name: str) -> None:
    """All that a customer would do at home is marked as theirs, so that no outage lets it through."""
    for step in shipped(name).steps.values():
        assert (step.ask is Ask.ADVICE) == (step.side == "customer"), step.id
        if step.ask is Ask.ADVICE:
            assert Interview(shipped(name), lambda _answers: Ground(OUTAGE), at=step.id).held


def test_branches_ask_for_facts_and_answers() -> None:
    """The first branch whose condition holds leads on; none leaves it to the step's own way."""
    asked = replace(
        ask("speed", "slow", kind=Ask.NUMBER), branches=(branch("answer.speed >= 100 and no outage", "fast"),)
    )
    guide = guide_of(asked, end("slow"), end("fast"))
    assert begun(guide).answered("150").at == "fast"
    assert begun(guide).answered("15").at == "slow"
    assert begun(guide, lambda _answers: Ground(OUTAGE)).answered("150").at == "slow"


def test_a_step_that_does_not_concern_the_caller_is_passed_over() -> None:
    """A step with a condition is not asked while it does not hold, and going back does not stop there."""
    guide = guide_of(
        ask("first", "second"), ask("second", "third", when="history.open_fault"), ask("third", "end"), end()
    )
    here = begun(guide).answered("a")
    assert here.at == "third"
    assert here.back().at == "first"
    assert begun(guide, lambda _answers: Ground({"history.open_fault": True})).answered("a").at == "second"


def test_a_line_is_asked_for_only_where_there_are_several() -> None:
    """With one line or none there is nothing to choose."""
    from console.rules.guides import Option

    which = Step("which", Ask.LINE, {"en": "?"}, {"en": "line"}, goto="end")
    guide = guide_of(which, end())
    two = (Option("l1", {}), Option("l2", {}))
    assert begun(guide, lambda _answers: Ground({}, two)).at == "which"
    assert begun(guide).at == "end"
    assert begun(guide, lambda _answers: Ground({}, two)).options == two


@pytest.mark.parametrize(
    ("text", "facts", "true"),
    [
        ("outage", {"outage": True}, True),
        ("no outage", {"outage": True}, False),
        ("not outage", {}, True),
        ('line.service = "internet"', {"line.service": "internet"}, True),
        ("line.service != tv", {}, True),
        ("history.contacts >= 3 and no outage", {"history.contacts": 3}, True),
        ("answer.n < 2,5", {"answer.n": "2.4"}, True),
        ("answer.n = 7", {"answer.n": "7.0"}, True),
        ("answer.n > 1", {"answer.n": "many"}, False),
        ("answer.free", {"answer.free": ""}, False),
    ],
)
def test_conditions_read_as_they_are_written(text: str, facts: dict[str, str], true: bool) -> None:
    """What an operator writes means what it says."""
    assert holds(read_condition(text), facts) is true


@pytest.mark.parametrize("text", ["outag", "outage = yes", "line.service", "a b c", "outage or line", "x = (1", "= 3"])
def test_a_condition_that_nobody_understands_is_refused(text: str) -> None:
    """A slip of the pen is told, never taken for something else."""
    with pytest.raises(WrongCondition):
        read_condition(text)


@given(st.text(max_size=60))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    """Nothing that is typed breaks the reading of conditions."""
    try:
        condition = read_condition(text)
    except WrongCondition:
        return
    assert holds(condition, {}) in (True, False)


def test_the_answer_of_a_held_step_takes_the_way_of_not_done() -> None:
    """A step that was left out leads where one leads that could not be done."""
    from console.rules.guides import Option

    tried = Step(
        "try", Ask.ADVICE, {"en": "try"}, {"en": "try"}, side="customer", goto="other",
        options=(Option(NOT_DONE, {}, "end"),),
    )  # fmt: skip
    guide = guide_of(tried, ask("other", "end"), end())
    assert begun(guide, lambda _answers: Ground(OUTAGE)).answered("").at == "end"
