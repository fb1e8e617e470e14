"""The small things of every day: one question, one answer, and the messages that a customer gets unasked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from backends.records import AnswerState, Channel, Direction
from console.demo.household import Household
from console.demo.telling import answer, is_closed, new_writer

_IN, _OUT, _INTERNAL = Direction.INBOUND, Direction.OUTBOUND, Direction.INTERNAL


@dataclass(frozen=True, slots=True)
class Moment:
    """One everyday exchange; `replied` when an answer of our own follows."""

    name: str
    channel: str
    direction: Direction
    weight: float
    replied: bool = False
    prospect: bool = False


MOMENTS = (
    Moment("invoice_copy", Channel.EMAIL, _IN, 4, replied=True),
    Moment("payment", Channel.CALL, _IN, 6, prospect=False),
    Moment("password", Channel.CHAT, _IN, 4),
    Moment("holiday", Channel.CALL, _IN, 3),
    Moment("router", Channel.CALL, _IN, 5),
    Moment("new_email", Channel.WEB, _IN, 3, replied=True),
    Moment("speed", Channel.CALL, _IN, 4),
    Moment("children", Channel.CHAT, _IN, 3),
    Moment("wrong_number", Channel.CALL, _IN, 1, prospect=True),
    Moment("bill_ready", Channel.EMAIL, _OUT, 7),
    Moment("survey", Channel.SMS, _OUT, 4),
    Moment("thanks", Channel.EMAIL, _IN, 2),
    Moment("public", Channel.SOCIAL, _IN, 1.5, replied=True),
    Moment("note", Channel.NOTE, _INTERNAL, 2),
    Moment("remote", Channel.CALL, _IN, 3),
    Moment("contract_copy", Channel.WEB, _IN, 2, replied=True),
    Moment("coverage", Channel.CALL, _IN, 0, prospect=True),
    Moment("leaflet", Channel.EMAIL, _OUT, 0, prospect=True),
)
"""What happens on most days."""

FRESH = (("ask_bill", Channel.EMAIL), ("ask_slow", Channel.EMAIL), ("ask_move", Channel.WEB), ("ask_tv", Channel.EMAIL),
         ("ask_public", Channel.SOCIAL), ("ask_end", Channel.EMAIL))  # fmt: skip
"""What came in and nobody has answered yet."""


def happen(home: Household, at: datetime) -> None:
    """Let one everyday exchange happen at about the UTC moment `at`; its answer comes within a day or two."""
    rng = home.rng
    fitting = [m for m in MOMENTS if (m.prospect if not home.lines else m.weight > 0)]
    if not any(p.kind.value == "email" for p in home.customer.points):
        fitting = [m for m in fitting if m.channel != Channel.EMAIL]
    moment = rng.choices(fitting, [m.weight or 3 for m in fitting])[0]
    at = _at_its_hour(home, at, moment)
    writer = new_writer(home, "day", rng.randrange(12))
    seconds = rng.randint(70, 520) if moment.channel in (Channel.CALL, Channel.CHAT) else 0
    contact = writer.contact(moment.name, at, moment.channel, moment.direction, seconds=seconds)
    if contact.channel == Channel.CALL:
        home.contacts[contact.key] = replace(contact, outcome="solved")
    if contact.answer is not AnswerState.WAITING:
        return
    answered_at = _next_working_hour(home, at + timedelta(hours=rng.choice((1, 2, 3, 5, 9, 14, 20, 26)), minutes=rng.randrange(60)))
    if not moment.replied:
        home.contacts[contact.key] = replace(contact, answer=AnswerState.WAIVED, waived_reason=writer.text("waived", at).body)
    elif answered_at <= home.now:
        reply = writer.contact(f"{moment.name}.reply", answered_at, _reply_channel(moment.channel), Direction.OUTBOUND)
        answer(home, [contact.key], reply)


def _at_its_hour(home: Household, about: datetime, moment: Moment) -> datetime:
    """Return a moment on the day of `about` when such a thing happens: we write by day, customers until late."""
    hours = range(8, 22) if moment.direction is _IN else range(9, 17)
    local = home.local(about)
    if moment.direction is not _IN:
        local -= timedelta(days=max(0, local.weekday() - 4))
    at = local.replace(hour=home.rng.choice(hours), minute=home.rng.randrange(60), second=0).astimezone(home.now.tzinfo)
    return at if at <= home.now else at - timedelta(days=7)


def _next_working_hour(home: Household, at: datetime) -> datetime:
    local = home.local(at)
    if local.hour >= 18:
        local = (local + timedelta(days=1)).replace(hour=8)
    elif local.hour < 8:
        local = local.replace(hour=8)
    while is_closed(local.date(), home.house.country):
        local += timedelta(days=1)
    return local.astimezone(home.now.tzinfo)


def _reply_channel(channel: str) -> str:
    return Channel.EMAIL if channel == Channel.WEB else channel


def wait(home: Household, at: datetime, name: str = "") -> None:
    """Let the customer write at the UTC moment `at` without an answer so far."""
    written = [(n, c) for n, c in FRESH if c != Channel.EMAIL or any(p.kind.value == "email" for p in home.customer.points)]
    chosen, channel = next(((n, c) for n, c in FRESH if n == name), None) or home.rng.choice(written)
    new_writer(home, "fresh", home.rng.randrange(12)).contact(chosen, at, channel, Direction.INBOUND)
