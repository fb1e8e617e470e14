"""A guide while somebody goes through it: what is known, what was answered, what it says, and what it will store.

It knows no screen: the console shows it as a sheet, `cordboard guide run` as plain lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from backends.port import Batch
from backends.records import CallRoute, Key, Operator, Outage, Record
from console.desk.acts.answering import taken
from console.desk.acts.guided import Call, Ending, Told, customer_values, ending, finish, stranger
from console.desk.acts.scene import Scene
from console.i18n import current_language
from console.present import guide as views
from console.present import guide_words as words_of
from console.present.forms import line_label
from console.present.guide_words import Speaker
from console.present.setting import Now
from console.rules.clocks import zone_of
from console.rules.guide_ground import Caller
from console.rules.guides import HELD, Guide, Step, Words, asking_who, spoken
from console.rules.interview import Answers, Ground, Interview, begun, resumed
from console.rules.policies import Policies
from console.words import word
from widgets.guide_views import GuideView

Kept = Mapping[str, str]
"""A guide on its way as a draft: the answers by step, and beside them, with `_` before, what belongs to the call."""

_MENU = "›"


@dataclass(slots=True)
class Guiding:
    """One guide with one caller. `scene` gives the desk as it is now; its file is the caller's, None for a stranger.

    `outages` are those that go on now, whoever is hit. `known` are answers that are known before they are asked (R35).
    """

    guide: Guide
    operator: Operator
    scene: Callable[[], Scene]
    outages: Callable[[], Sequence[Outage]]
    policies: Policies
    known_customer: bool = True
    technical: str = "at_once"
    greeting: Words | None = None
    caller_steps: tuple[Step, ...] = ()
    parents: tuple[Key, ...] = ()
    language: str = ""
    route: CallRoute | None = None
    phone: str = ""
    name: str = ""
    here: Interview = field(init=False)
    began: datetime = field(init=False)
    _shown: tuple[str, bool, Key] = field(init=False, default=("", False, ""))
    asks_why: bool = False
    """Whether the reason for an override is being asked."""

    def __post_init__(self) -> None:
        """Begin at the first question, in the caller's language where the guide speaks it."""
        if not self.known_customer:
            self.guide = asking_who(self.guide, self.caller_steps)
        customer = self.scene().file.customer
        self.language = self.language or spoken(self.guide, customer.language, self.operator.language)
        self.began = self.scene().now
        self.here = begun(self.guide, self._ground, self._proposed())

    def _proposed(self) -> dict[str, str]:
        """Return what is known before it is asked: the number they call from, the name the exchange shows."""
        known = {"customer.phone": self.phone, "customer.name": self.name}
        customer = self.scene().file.customer
        if self.known_customer:
            phones = [point.value for point in customer.points if point.kind in ("mobile", "phone")]
            known["detail"] = self.phone or next(iter(phones), "")
        found: dict[str, str] = {}
        for step in self.guide.steps.values():
            proposed = known.get(step.becomes, "")
            if proposed and (step.becomes != "detail" or step.ask == "phone"):
                found[step.id] = proposed
        return found

    # what is known ------------------------------------------------------------------------------------------------

    def scene_now(self, answers: Answers) -> Scene:
        """Return what an act starts from; of a stranger, with the file of whom they say they are."""
        scene = replace(self.scene(), zone=zone_of(self.operator))
        if self.known_customer:
            return scene
        values = customer_values(self.guide, answers)
        return replace(scene, file=stranger(values, self.operator, scene.now, self.language))

    def caller(self, answers: Answers) -> Caller:
        """Return who calls, as far as these answers tell."""
        scene = self.scene_now(answers)
        labels = {line.key: line_label(line) for line in scene.file.lines}
        return Caller(self.guide, scene.file, self.outages(), scene.now, labels, self.parents)

    def _ground(self, answers: Answers) -> Ground:
        return self.caller(answers).ground(answers)

    def news(self) -> bool:
        """Go through it again on what is known now; returns whether something else is to be shown (R28)."""
        if not self.asks_why:
            self.here = self.here.on(self._ground)
        return self._standing() != self._shown

    def _standing(self) -> tuple[str, bool, Key]:
        outage = self._outage()
        return self.here.at, self.here.held, outage.key if outage is not None else ""

    def _outage(self) -> Outage | None:
        return self.caller(self.here.given).outage(self.here.given)

    # answering ----------------------------------------------------------------------------------------------------

    def take(self, typed: str) -> None:
        """Take an answer and go on; raises Unfit when it will not do."""
        step = self.here.step
        if self.here.held:
            self.here = self.here.answered(HELD)
            return
        scene = self.scene_now(self.here.given)
        answer = taken(
            step, typed, country=self.operator.country, now=scene.now, zone=scene.zone, language=scene.language,
            options=self.here.options,
        )  # fmt: skip
        self.here = self.here.answered(answer)

    def back(self) -> bool:
        """Go back one step, keeping all answers; False at the first."""
        if self.asks_why:
            self.asks_why = False
            return True
        before = self.here
        self.here = self.here.back()
        return self.here is not before

    def override(self, reason: str) -> None:
        """Use what is held back all the same, for a reason."""
        self.here = self.here.overridden(reason)
        self.asks_why = False

    def next_language(self) -> None:
        """Speak the guide's next language."""
        known = self.guide.languages
        at = known.index(self.language) + 1 if self.language in known else 0
        self.language = known[at % len(known)] if known else self.language

    # saying -------------------------------------------------------------------------------------------------------

    def speaker(self, language: str = "", how: Ending | None = None) -> Speaker:
        """Return who speaks, in the caller's language or another one."""
        scene = self.scene_now(self.here.given)
        now = Now(scene.now, scene.zone)
        return Speaker(
            language or self.language, self.operator, scene.agent.name, now, scene.file.customer.name, self._outage(),
            how.table_at if how else None, how.due_at if how else None,
            {line.key: line_label(line) for line in scene.file.lines},
        )  # fmt: skip

    def view(self) -> GuideView:
        """Return what is shown now; raises Unfit at an end that has no object any more."""
        self._shown = self._standing()
        who = self.speaker()
        if self.asks_why:
            return views.why(self.here, who)
        if not self.here.ended:
            return views.question(self.here, who, self.greeting)
        how = self.ending()
        told = self.told(how)
        coming = views.Coming(how.end.kind, how.to, word(how.kind), told.subject, how.passes, how.about)
        return views.end(self.here, self.speaker(how=how), coming, told.words)

    # ending -------------------------------------------------------------------------------------------------------

    def ending(self) -> Ending:
        """Return what comes of it; raises Unfit when what it is about was settled meanwhile."""
        given = self.here.given
        return ending(self.scene_now(given), self.here, self.caller(given), self.policies, technical=self.technical)

    def told(self, how: Ending) -> Told:
        """Return the interview in words: to the caller in their language, for the case in the desk's."""
        desk = self.speaker(spoken(self.guide, self.operator.language, current_language()))
        spoke = words_of.read_out(self.here.step.words, self.here, self.speaker(how=how))
        return Told(spoke, words_of.subject(self.here, desk), words_of.rows(self.here, desk))

    def batch(self, stores: frozenset[type[Record]] | None = None) -> Batch:
        """Return the one batch that it ends in; raises Unfit for what is missing or settled meanwhile."""
        given = self.here.given
        scene, how = self.scene_now(given), self.ending()
        seconds = int((scene.now - self.began).total_seconds())
        return finish(scene, self.here, self.caller(given), how, self.told(how), Call(self.route, seconds), stores)

    # keeping ------------------------------------------------------------------------------------------------------

    def kept(self, typed: str = "") -> dict[str, str]:
        """Return it as a draft, with what stands half-typed in the line."""
        route = self.route
        beside = {
            "_trail": ",".join(self.here.trail),
            "_reason": self.here.reason,
            "_language": self.language,
            "_typed": typed,
            "_why": "yes" if self.asks_why else "",
            "_phone": self.phone,
            "_dialled": route.dialled if route else "",
            "_menu": _MENU.join(route.menu) if route else "",
            "_waited": str(route.waited_seconds) if route and route.waited_seconds else "",
        }
        return {**self.here.answers, **{name: text for name, text in beside.items() if text}}

    def resume(self, kept: Kept) -> str:
        """Stand where a draft was left; returns what was half-typed there.

        What the guide or the outages changed meanwhile is asked anew from there on.
        """
        answers = {name: text for name, text in kept.items() if not name.startswith("_") and name in self.guide.steps}
        trail = tuple(name for name in kept.get("_trail", "").split(",") if name)
        if kept.get("_language") in self.guide.languages:
            self.language = kept["_language"]
        if kept.get("_dialled") or kept.get("_menu"):
            menu = tuple(part for part in kept.get("_menu", "").split(_MENU) if part)
            waited = kept.get("_waited", "")
            self.route = CallRoute(kept.get("_dialled", ""), menu, int(waited) if waited.isdecimal() else 0)
        self.phone = self.phone or kept.get("_phone", "")
        self.here = resumed(self.guide, self._ground, answers, trail, kept.get("_reason", ""))
        asked_why = bool(kept.get("_why"))
        self.asks_why = asked_why and self.here.trail == trail and self.here.held
        return kept.get("_typed", "") if self.here.trail == trail and self.asks_why == asked_why else ""

    @property
    def worth_keeping(self) -> bool:
        """Whether anything was answered."""
        return bool(self.here.trail)
