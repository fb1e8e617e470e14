"""Going through a guide: one question at a time, back without losing an answer, held back while an outage explains it.

An interview is never changed; each answer makes the next one. It is made of the guide, what is known and the answers
alone, so that one which was interrupted stands again where it was, and news of an outage change it at once (R28).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from console.rules.guide_conditions import Facts, holds
from console.rules.guides import HELD, NOT_DONE, Ask, EndKind, Guide, Option, Step

Answers = Mapping[str, str]
"""What was answered, by step."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known besides the answers: facts for conditions, and the lines that may be meant."""

    facts: Facts = field(default_factory=dict)
    lines: tuple[Option, ...] = ()


Grounding = Callable[[Answers], Ground]
"""What is known once these answers are given: the line that was chosen decides which outage matters."""


def nothing_known(_answers: Answers) -> Ground:
    """Return the ground of a caller of whom nothing is known."""
    return Ground()


@dataclass(frozen=True, slots=True)
class Interview:
    """A guide on its way. `trail` are the steps gone through; `answers` also hold what was answered beside it."""

    guide: Guide
    grounding: Grounding = nothing_known
    answers: Answers = field(default_factory=dict)
    trail: tuple[str, ...] = ()
    reason: str = ""
    """Why what the outage holds back is done all the same; empty while it is held back."""
    at: str = ""

    @property
    def step(self) -> Step:
        """The step it stands at."""
        return self.guide.steps[self.at]

    @property
    def given(self) -> Answers:
        """The answers on the way that was taken, in its order."""
        return {name: self.answers[name] for name in self.trail if self.answers.get(name, "")}

    @property
    def ground(self) -> Ground:
        """What is known now."""
        return self.grounding(self.given)

    @property
    def facts(self) -> Facts:
        """What conditions ask of: what is known, and the answers on the way taken."""
        return {**self.ground.facts, **{f"answer.{name}": answer for name, answer in self.given.items()}}

    @property
    def held(self) -> bool:
        """Whether the step is one for the customer's side that an outage holds back (R28)."""
        return self.step.side == "customer" and bool(self.ground.facts.get("outage")) and not self.reason

    @property
    def denied(self) -> bool:
        """Whether the caller said that it is not the outage: asked about it, they took a way that leads away (R28)."""
        return any(_denies(self.guide, self.guide.steps[name], answer) for name, answer in self.given.items())

    @property
    def ended(self) -> bool:
        """Whether it stands at an end."""
        return self.step.end is not None

    @property
    def before(self) -> str:
        """What was answered here earlier, empty when nothing was; what was held back counts as nothing."""
        answer = self.answers.get(self.at, "")
        return "" if answer == HELD else answer

    @property
    def options(self) -> tuple[Option, ...]:
        """The answers that can be chosen here."""
        return self.ground.lines if self.step.ask is Ask.LINE else self.step.options

    def answered(self, answer: str) -> Interview:
        """Return the interview after an answer that was found fit; at an end nothing is answered.

        A step of the customer's side that is held back takes no answer but that it was not done.
        """
        if self.ended:
            return self
        answer = HELD if self.held else answer
        after = replace(self, answers={**self.answers, self.at: answer}, trail=(*self.trail, self.at))
        return replace(after, at=_open(after, _target(after, self.step)))

    def back(self) -> Interview:
        """Return the interview at the step before; all answers stay. At the first step it stays as it is."""
        if not self.trail:
            return self
        return replace(self, trail=self.trail[:-1], at=self.trail[-1])

    def overridden(self, reason: str) -> Interview:
        """Return the interview with the customer's side steps used in spite of the outage, for a reason (R28)."""
        return replace(self, reason=reason.strip())

    def on(self, grounding: Grounding) -> Interview:
        """Return the interview on new knowledge: gone through again as far as the way is still the same."""
        return resumed(self.guide, grounding, self.answers, self.trail, self.reason)


def _denies(guide: Guide, step: Step, answer: str) -> bool:
    """Return whether an answer leads away from the outage, at a step that is asked in one and can lead to it."""
    if not any(one.name == "outage" and not one.negated for one in step.when.checks):
        return False
    ways = {option.code: option.goto for option in step.options}
    leading = {code for code, goto in ways.items() if goto and _attaches(guide, goto)}
    return bool(leading) and answer not in leading and answer != HELD


def _attaches(guide: Guide, name: str) -> bool:
    """Return whether a caller can be attached to the outage from a step on."""
    seen: set[str] = set()
    ahead = [name]
    while ahead:
        if (name := ahead.pop()) in seen or name not in guide.steps:
            continue
        seen.add(name)
        step = guide.steps[name]
        if step.end is not None and step.end.kind is EndKind.ATTACH:
            return True
        ahead += step.targets()
    return False


def begun(guide: Guide, grounding: Grounding = nothing_known, answers: Answers | None = None) -> Interview:
    """Return an interview at its first question; `answers` are known already and proposed where asked (R35)."""
    first = Interview(guide, grounding, dict(answers or {}))
    return replace(first, at=_open(first, guide.start))


def resumed(
    guide: Guide, grounding: Grounding, answers: Answers, trail: tuple[str, ...], reason: str = ""
) -> Interview:
    """Return an interview where it was left, or where the way now leads elsewhere: the guide or the facts changed."""
    here = replace(begun(guide, grounding, answers), reason=reason)
    for name in trail:
        if here.ended or here.at != name or (here.held and answers.get(name) != HELD):
            break
        if answers.get(name) == HELD and not here.held:
            break
        here = here.answered(answers.get(name, ""))
    return here


def _target(here: Interview, step: Step) -> str:
    answer = here.answers.get(step.id, "")
    option = step.option(NOT_DONE if answer == HELD else answer)
    if option is not None and option.goto:
        return option.goto
    for branch in step.branches:
        if holds(branch.when, here.facts):
            return branch.to
    return step.goto


def _open(here: Interview, name: str) -> str:
    """Return the first step from `name` on that is not passed over; a way that leads nowhere stays where it is."""
    seen: set[str] = set()
    while name in here.guide.steps and name not in seen:
        seen.add(name)
        step = here.guide.steps[name]
        if holds(step.when, here.facts) and not (step.ask is Ask.LINE and len(here.ground.lines) < 2):
            return name
        name = _passed(here, step)
    return here.at or here.guide.start


def _passed(here: Interview, step: Step) -> str:
    """Return where a step leads that is not asked."""
    for branch in step.branches:
        if holds(branch.when, here.facts):
            return branch.to
    return step.goto
