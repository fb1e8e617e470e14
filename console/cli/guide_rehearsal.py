"""A guide rehearsed in plain lines: on any terminal, over any line, for a screen reader, or from a pipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TextIO
from zoneinfo import ZoneInfo

from backends.port import Batch, CustomerFile
from backends.records import (
    Agent,
    Contact,
    ContactPoint,
    Coverage,
    Customer,
    CustomerKind,
    Handover,
    Line,
    Operator,
    Outage,
    OutageState,
    Place,
    PointKind,
    Promise,
    Role,
    Ticket,
    TicketKind,
)
from console.cli import codes
from console.cli.setting import Setting
from console.data.clocks import policies
from console.data.guides import load
from console.desk.acts.guided import stranger
from console.desk.acts.scene import Scene, Unfit
from console.i18n import _, current_language
from console.present.failures import unfit_words
from console.present.guide import BACK, OVERRIDE, STORE
from console.present.labels import QUESTIONS, worded
from console.rules.guides import Guide
from console.screens.guiding import Guiding
from console.words import moment, word
from widgets.guide_views import GuideView

BACK_WORDS = frozenset({"<", "back"})
LANGUAGE_WORDS = frozenset({"language", "~"})
_COUNTRIES: Mapping[str, tuple[str, str, str]] = {
    "it": ("IT", "Europe/Rome", "+39021234567"),
    "fr": ("FR", "Europe/Paris", "+33123456789"),
    "pl": ("PL", "Europe/Warsaw", "+48601234567"),
    "sv": ("SE", "Europe/Stockholm", "+46701234567"),
    "de": ("DE", "Europe/Berlin", "+4930123456"),
}
_BRITAIN = ("GB", "Europe/London", "+442079460000")


@dataclass(frozen=True, slots=True)
class Pretended:
    """What a rehearsal pretends of its caller."""

    language: str = ""
    outage: bool = False
    open_fault: bool = False
    stranger: bool = False


def _operator(language: str) -> Operator:
    country, zone, phone = _COUNTRIES.get(language, _BRITAIN)
    return Operator(
        "operator", "EX", _("Example Telecom"), country, language, zone, numbers=(phone,),
        desk_hours="Mon-Fri 08:00-18:00",
    )  # fmt: skip


def _file(guide: Guide, operator: Operator, now: datetime, pretended: Pretended) -> CustomerFile:
    phone = _COUNTRIES.get(operator.language, _BRITAIN)[2]
    place = Place(postcode="00-001", town="Exampleton", country=operator.country)
    customer = Customer(
        "customer", "10001", operator.key, CustomerKind.SUBSCRIBER, "Alex Example", operator.language, place=place,
        points=(ContactPoint(PointKind.MOBILE, phone, preferred=True),),
    )  # fmt: skip
    line = Line("line", "L-1", customer.key, guide.service or "internet", place=place)
    opened = Ticket(
        "ticket", "EX-123456", customer.key, operator.key, guide.kind, _("an earlier matter"),
        now - timedelta(days=2), line_key=line.key,
    )  # fmt: skip
    return CustomerFile(customer, operator, lines=(line,), tickets=(opened,) if pretended.open_fault else ())


def _outages(operator: Operator, now: datetime, pretended: Pretended) -> tuple[Outage, ...]:
    if not pretended.outage:
        return ()
    return (
        Outage(
            "outage", "OUT-1", OutageState.CONFIRMED, _("pretended outage"), now - timedelta(hours=1),
            Coverage(postcodes=("00-001",)), (operator.key,),
        ),
    )  # fmt: skip


def going_of(guide: Guide, pretended: Pretended, setting: Setting, now: datetime) -> Guiding:
    """Return the guide on its way with a made-up caller of a made-up operator."""
    language = pretended.language or next(
        (one for one in (current_language(), *guide.languages) if one in guide.languages), "en"
    )
    operator = _operator(language)
    agent = Agent("", setting.actor, setting.actor, frozenset({Role.HOTLINE}))
    file = stranger({}, operator, now, language) if pretended.stranger else _file(guide, operator, now, pretended)
    scene = Scene(file, agent, now, ZoneInfo(operator.time_zone), current_language())
    found = load(setting.profile.guides)
    return Guiding(
        guide=guide, operator=operator, scene=lambda: scene, outages=lambda: _outages(operator, now, pretended),
        policies=policies(), known_customer=not pretended.stranger, greeting=found.greeting,
        caller_steps=found.caller, language=language,
    )  # fmt: skip


def rehearse(guide: Guide, pretended: Pretended, setting: Setting, answers: TextIO) -> int:
    """Ask question after question and print what would be stored; 1 when the answers end before the guide does."""
    going = going_of(guide, pretended, setting, datetime.now(UTC))
    out = setting.out
    out.line(_("Rehearsal: nothing is stored. A number picks an answer, Enter alone the first or none; < goes back."))
    while True:
        view = going.view()
        _print(view, setting)
        out.part("> ")
        out.stream.flush()
        typed = answers.readline()
        if not typed:
            out.line()
            setting.err.line("cordboard: " + _("the answers ended at the step {step}").format(step=going.here.at))
            return codes.FAILED
        if not out.tty:
            out.line(typed.strip())
        if _answer(going, view, typed.strip(), setting):
            _print_batch(going.batch(), going, setting)
            return codes.OK


def _print(view: GuideView, setting: Setting) -> None:
    out = setting.out
    out.line()
    if view.greeting:
        out.line(view.greeting)
    if view.banner:
        out.line(f"[!] {view.banner}")
    out.line(f"{view.role}: {view.words}")
    if view.hint:
        out.line(f"({view.hint})")
    for line in view.told:
        if text := "".join(span.text for span in line):
            out.line(text)
    for choice in view.choices:
        mark = "*" if choice.code == view.chosen else " "
        out.line(f" {mark}{choice.key or choice.code} {choice.label}")
    if view.value:
        out.line(f"  [{view.value}]")


def _answer(going: Guiding, view: GuideView, typed: str, setting: Setting) -> bool:
    """Take what was typed; returns whether it ends here."""
    if typed.casefold() in BACK_WORDS:
        if not going.back():
            setting.out.line(_("This is the first question."))
        return False
    if typed.casefold() in LANGUAGE_WORDS:
        going.next_language()
        return False
    if view.choices:
        code = _picked(view, typed)
        if code == STORE:
            return True
        if code == BACK:
            going.back()
        elif code == OVERRIDE:
            going.asks_why = True
        else:
            _take(going, code, setting)
    elif going.asks_why:
        if typed:
            going.override(typed)
    else:
        _take(going, typed or view.value, setting)
    return False


def _picked(view: GuideView, typed: str) -> str:
    """Return the code of the answer meant: by number, by code, or the one proposed for an empty line."""
    if not typed:
        return view.chosen or view.choices[0].code
    for choice in view.choices:
        if typed in (choice.key, choice.code):
            return choice.code
    return typed


def _take(going: Guiding, typed: str, setting: Setting) -> None:
    try:
        going.take(typed)
    except Unfit as error:
        setting.out.line(f"[!] {error.advice or unfit_words(error.code)}")


# what would be stored -------------------------------------------------------------------------------------------------


def _print_batch(batch: Batch, going: Guiding, setting: Setting) -> None:
    out, scene = setting.out, going.scene_now(going.here.given)
    out.line()
    out.line(_("This would be stored:"))
    for item in batch.items:
        record = item.record
        if isinstance(record, Customer):
            points = ", ".join(point.value for point in record.points)
            _say(setting, _("Customer"), f"{record.name} ({word(record.kind)}) {points}")
        elif isinstance(record, Ticket):
            _print_ticket(record, setting)
        elif isinstance(record, Contact):
            _say(setting, _("Contact"), record.subject)
            for line in record.body.splitlines():
                out.line(f"    {line}" if line else "")
        elif isinstance(record, Promise):
            _say(setting, _("Promise"), word(record.kind))
        elif isinstance(record, Handover):
            due = moment(record.due_at, scene.now, scene.zone) if record.due_at else ""
            _say(setting, _("Hand-over"), _("to {who}, to be accepted by {when}").format(who=word(record.to), when=due))


def _print_ticket(ticket: Ticket, setting: Setting) -> None:
    kind = word(ticket.kind) if ticket.kind in TicketKind else str(ticket.kind)
    _say(setting, _("Ticket"), f"{kind}: {ticket.subject}")
    _say(setting, _("State"), f"{word(ticket.state)} · {word(ticket.priority)} · {word(ticket.holder)}")
    for code, answer in ticket.details:
        _say(setting, worded(QUESTIONS, code), answer)
    for line in ticket.description.splitlines():
        setting.out.line(f"    {line}")


def _say(setting: Setting, name: str, text: str) -> None:
    setting.out.line(f"  {name}: {text}")
