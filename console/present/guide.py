"""A step of a guide as a view: what to say or do, the answers that can be picked, what was said so far (R21, R28)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from backends.records import Holder, Ticket
from console.i18n import N_, _, current_language
from console.present import guide_words as words_of
from console.present.banners import badge, headline
from console.present.guide_words import Speaker
from console.present.labels import LANGUAGE_NAMES, plain, worded
from console.rules.guides import ADVICE_ANSWERS, NO, YES, Ask, EndKind, Guide, Step, Words, said, spoken
from console.rules.interview import Interview
from console.words import moment, word
from widgets.guide_views import GuideView
from widgets.views import ChoiceView, Line, Span, Tone

SKIP, OVERRIDE, STORE, BACK, ON = "skip", "override", "store", "back", "on"
"""What can be picked where no answer is asked: leave a held step out or do it all the same; store, go back, go on."""

_ROLES = {
    Ask.ADVICE: N_("DO TOGETHER"),
    Ask.NOTHING: N_("SAY"),
}
_DIGITS = "123456789"


@dataclass(frozen=True, slots=True)
class Coming:
    """What comes of an interview, as the rules found it, for wording: who gets it, whether they must accept it."""

    kind: EndKind
    to: Holder
    case: str
    """The kind of ticket, in words."""
    subject: str
    passes: bool = False
    about: Ticket | None = None


def _numbered(choices: Sequence[ChoiceView]) -> tuple[ChoiceView, ...]:
    keys = [*_DIGITS[: len(choices)], *("" for _more in choices[len(_DIGITS) :])]
    return tuple(
        ChoiceView(one.code, one.label, key, one.hint, one.disabled_because)
        for one, key in zip(choices, keys, strict=False)
    )


def _right(here: Interview, who: Speaker) -> str:
    language = worded(LANGUAGE_NAMES, who.language)
    return _("question {n} · {language}").format(n=len(here.trail) + 1, language=language)


def _banner(who: Speaker) -> str:
    if who.outage is None:
        return ""
    return plain(f"{badge(who.outage)} {who.outage.title or headline(who.outage, who.now)}", 120)


def _base(here: Interview, who: Speaker, greeting: Words | None) -> GuideView:
    first = not here.trail
    name = plain(who.name, 40)
    guide = words_of.title(here.guide, who.language)
    return GuideView(
        title=f"{guide} · {name}" if name else guide,
        right=_right(here, who),
        greeting=words_of.greeting(who, greeting) if first else "",
        banner=_banner(who),
        answers=tuple((matter, answer) for _step, matter, answer in words_of.rows(here, who)),
    )


def question(here: Interview, who: Speaker, greeting: Words | None = None) -> GuideView:
    """Return the step that an interview stands at, which is no end."""
    step, base = here.step, _base(here, who, greeting)
    if here.held:
        return _held(here, base, who)
    if step.inside:  # nothing is read out: it is for the agent
        who = replace(who, language=spoken(here.guide, current_language(), who.operator.language))
    hint = words_of.filled(said(step.hint, who.language), {}) if step.hint else ""
    if not step.needed and step.is_question:
        hint = " ".join(part for part in (hint, _("Enter alone leaves it open.")) if part)
    choices = _numbered(_choices(here, step, who))
    typed = not choices
    return GuideView(
        title=base.title,
        right=base.right,
        greeting=base.greeting,
        banner=base.banner,
        answers=base.answers,
        role=_role(step),
        tone=Tone.STRONG if step.inside else Tone.ACCENT,
        words=words_of.read_out(step.words, here, who),
        hint=hint,
        choices=choices,
        chosen=here.before,
        value=here.before if typed else "",
        prompt=words_of.matter(step, who.language) if typed else "",
    )


def _role(step: Step) -> str:
    if step.inside:
        return _("LOOK UP")
    return _(_ROLES.get(step.ask, N_("ASK")))


def _choices(here: Interview, step: Step, who: Speaker) -> list[ChoiceView]:
    if step.ask is Ask.NOTHING:
        return [ChoiceView(ON, _("Said, go on"))]
    if step.ask is Ask.YES_NO:
        return [ChoiceView(code, _label(step, code, who.language)) for code in (YES, NO)]
    if step.ask is Ask.ADVICE:
        return [ChoiceView(code, _label(step, code, who.language)) for code in ADVICE_ANSWERS]
    if step.ask is Ask.LINE:
        return [ChoiceView(one.code, plain(who.lines.get(one.code, ""), 60)) for one in here.options]
    if step.ask is Ask.CHOICE:
        return [ChoiceView(one.code, said(one.label, who.language)) for one in step.options]
    return []


def _label(step: Step, code: str, language: str) -> str:
    option = step.option(code)
    return (
        said(option.label, language) if option is not None and option.label else words_of.plain_answer(code, language)
    )


def _held(here: Interview, base: GuideView, who: Speaker) -> GuideView:
    matter = words_of.matter(here.step, who.language)
    return GuideView(
        title=base.title,
        right=base.right,
        banner=base.banner,
        answers=base.answers,
        role=_("HELD BACK: {matter}").format(matter=matter),
        tone=Tone.WARN,
        words=words_of.held_words(here, who),
        hint=_("They see something else, but an outage is around them: it may come from there. Say this instead.")
        if here.denied
        else _("The outage explains it; nothing at the customer's place needs doing. Say this instead."),
        choices=_numbered(
            (
                ChoiceView(SKIP, _("Said; leave the step out and go on")),
                ChoiceView(OVERRIDE, _("Do it all the same, and say why")),
            )
        ),
    )


def why(here: Interview, who: Speaker) -> GuideView:
    """Return the question why what an outage holds back is to be done all the same."""
    base = _base(here, who, None)
    return GuideView(
        title=base.title,
        right=base.right,
        banner=base.banner,
        answers=base.answers,
        role=_("YOUR REASON"),
        tone=Tone.WARN,
        words=_("Why is it to be tried in spite of the outage?"),
        hint=_("It is kept on the case, for the next colleague."),
        prompt=_("Why"),
    )


def end(here: Interview, who: Speaker, coming: Coming, told: str) -> GuideView:
    """Return the end: what to say last, and what will be stored."""
    base = _base(here, who, None)
    return GuideView(
        title=base.title,
        right=worded(LANGUAGE_NAMES, who.language),
        banner=base.banner,
        answers=base.answers,
        role=_("SAY"),
        words=told,
        told=((), *_coming(coming, who)),
        choices=_numbered((ChoiceView(STORE, _store_label(coming)), ChoiceView(BACK, _("Back to the last question")))),
    )


def _store_label(coming: Coming) -> str:
    if coming.kind in (EndKind.TICKET, EndKind.SOLVED):
        return _("Said; store it and show the number")
    return _("Said; store it")


def _coming(coming: Coming, who: Speaker) -> list[Line]:
    subject = plain(coming.subject, 70)
    if coming.kind is EndKind.CHASE and coming.about is not None:
        about = plain(f"{coming.about.reference} {coming.about.subject}", 60)
        return [(Span(_("Stored: "), Tone.DIM), Span(_("a chase of {ticket}").format(ticket=about)))]
    if coming.kind is EndKind.ATTACH:
        words = _("the call, with the outage, and a word promised when it is over")
        return [(Span(_("Stored: "), Tone.DIM), Span(words))]
    if coming.kind is EndKind.TOLD:
        return [(Span(_("Stored: "), Tone.DIM), Span(_("the call; no ticket")))]
    what = f"{coming.case}: {subject}"
    if coming.kind is EndKind.SOLVED:
        return [(Span(_("Stored: "), Tone.DIM), Span(_("{case}, closed: right first time").format(case=what)))]
    return [(Span(_("Stored: "), Tone.DIM), Span(what)), (Span(_("Goes to: "), Tone.DIM), Span(goes_to(coming, who)))]


def goes_to(coming: Coming, who: Speaker) -> str:
    """Return who gets a case, when, and until when they must accept it."""
    to, now = word(coming.to), who.now
    if who.table_at is None or not coming.passes:
        return to
    if who.table_at <= now.at:
        return _("{who}, at once; they must accept it").format(who=to)
    when = moment(who.table_at, now.at, now.zone)
    return _("{who}, on the table {when}; they must accept it").format(who=to, when=when)


def guide_choices(guides: Sequence[Guide], language: str, begun: dict[str, int]) -> tuple[ChoiceView, ...]:
    """Return the guides to choose from, numbered; `begun` counts answers that are kept of one."""
    choices = []
    for guide in guides:
        hint = words_of.unfinished(begun[guide.id]) if guide.id in begun else word(guide.kind)
        choices.append(ChoiceView(guide.id, words_of.title(guide, language), "", hint))
    return _numbered(choices)
