"""What a guide's sheet is given: one question with all that belongs to it, in words; no toolkit is needed here."""

from __future__ import annotations

from dataclasses import dataclass

from widgets.views import ChoiceView, Line, Tone


@dataclass(frozen=True, slots=True)
class GuideView:
    """One step of a guide as the agent sees it."""

    title: str
    right: str = ""
    """At the right end of the rule: which question, which language."""
    greeting: str = ""
    banner: str = ""
    """The outage that explains it."""
    answers: tuple[tuple[str, str], ...] = ()
    """(matter, answer), oldest first; the last ones stay when room is short."""
    role: str = ""
    """What to do with the words: say them, look it up, do it together."""
    tone: Tone = Tone.ACCENT
    words: str = ""
    hint: str = ""
    told: tuple[Line, ...] = ()
    """Below the words: what will be stored."""
    choices: tuple[ChoiceView, ...] = ()
    """Empty where the answer is typed."""
    chosen: str = ""
    value: str = ""
    """What stands in the line to begin with."""
    prompt: str = ""
