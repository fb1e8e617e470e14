"""Tells a story to a household: steps become contacts, their effects become the case's records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from hashlib import sha256

from backends.records import (
    AnswerState,
    Attachment,
    CallRoute,
    Channel,
    Contact,
    Direction,
    Key,
    TicketEvent,
    TicketEventKind,
)
from console.demo import names, people, phrases
from console.demo.household import Household
from console.demo.operators import ENGINEERS, Colleague, desk_of
from console.demo.script import Arc, Step, Visited
from console.demo.texts import Text, filled, texts_of

_WRITTEN = frozenset({Channel.EMAIL, Channel.FAX, Channel.LETTER, Channel.WEB, Channel.SOCIAL})
_CLOSED = {
    "PL": {(1, 1), (1, 6), (5, 1), (5, 3), (8, 15), (11, 1), (11, 11), (12, 24), (12, 25), (12, 26)},
    "IT": {(1, 1), (1, 6), (4, 25), (5, 1), (6, 2), (8, 15), (11, 1), (12, 8), (12, 25), (12, 26)},
    "SE": {(1, 1), (1, 6), (5, 1), (6, 6), (12, 24), (12, 25), (12, 26), (12, 31)},
    "GB": {(1, 1), (12, 25), (12, 26)},
}
"""Fixed public holidays (month, day); movable ones are left to the rules that compute clocks."""


def is_closed(day: date, country: str) -> bool:
    """Return whether the desk of that country has a day off."""
    return day.weekday() > 4 or (day.month, day.day) in _CLOSED[country]

_MENU = {
    "pl": (("usterka", "internet"), ("faktura",), ("sprzedaż",), ()),
    "it": (("guasto", "internet"), ("fatture",), ("offerte",), ()),
    "sv": (("felanmälan", "bredband"), ("faktura",), ("beställning",), ()),
    "en": (("fault", "broadband"), ("billing",), ("sales",), ()),
}


_DAUGHTERS = {
    "pl": names.POLISH_WOMEN, "it": names.ITALIAN_WOMEN, "sv": names.SWEDISH_WOMEN, "en": names.BRITISH_WOMEN,
}  # fmt: skip


@dataclass
class Writer:
    """Writes contacts for one household in one tale; knows the agent, the variant and the fields of its texts."""

    home: Household
    variant: int
    agent: Colleague
    prefix: str = ""
    thread: str = ""
    ticket_key: Key = ""
    line_key: Key = ""
    fields: dict[str, str] = field(default_factory=dict)
    last_written: Contact | None = None

    def has(self, name: str) -> bool:
        """Return whether this tale has words under `name`."""
        return f"{self.prefix}.{name}" in texts_of(self.home.language)

    def text(self, name: str, at: datetime) -> Text:
        """Return the words of `name` in the customer's language, with everything filled in."""
        words = texts_of(self.home.language)
        variants = words.get(f"{self.prefix}.{name}") or words[name]
        chosen = variants[self.variant % len(variants)]
        local = self.home.local(at)
        language = self.home.language
        self.fields |= {
            "date": phrases.day(local, language), "time": phrases.hour(local, language),
            "month": phrases.month(local.replace(day=1) - timedelta(days=1), language),
            "agent": self.agent.name, "agent_first": self.agent.first,
        }  # fmt: skip
        female = self.home.person.female
        return Text(*(
            filled(part, self.fields, self.home.rng, female=female, agent_female=self.agent.female)
            for part in (chosen.subject, chosen.body)
        ))  # fmt: skip

    def contact(self, name: str, at: datetime, channel: str, direction: Direction, *, seconds: int = 0,
                identity: bool | None = None) -> Contact:  # fmt: skip
        """Write one contact under the text `name` at the UTC moment `at`."""
        home = self.home
        text = self.text(name, at)
        sender, recipient = self._ends(channel, direction is Direction.INBOUND)
        inbound = direction is Direction.INBOUND
        written = channel in _WRITTEN
        contact = Contact(
            key=home.serials.keys(), reference="", customer_key=home.customer.key, operator_key=home.operator_key, channel=channel,
            direction=direction, at=at, subject=text.subject, body=self._framed(text, at, channel, direction),
            seconds=seconds, thread=self.thread, ticket_key=self.ticket_key, line_key=self.line_key,
            agent=self._colleague(channel, inbound), route=self._route(channel, inbound),
            answer=AnswerState.WAITING if inbound and written else AnswerState.NOT_NEEDED,
            attachments=self._attachments(channel, identity, at), sender=sender, recipient=recipient,
        )  # fmt: skip
        home.contacts[contact.key] = contact
        if inbound and written:
            self.last_written = contact
        return contact

    def _colleague(self, channel: str, inbound: bool) -> str:
        """Return who took or sent it: nobody what came in writing or goes out by itself, the engineer a visit."""
        if channel == Channel.VISIT:
            return self.fields["engineer"]
        return "" if (inbound and channel in _WRITTEN) or channel == Channel.SMS else self.agent.name

    def _ends(self, channel: str, inbound: bool) -> tuple[str, str]:
        theirs, ours = self.fields["phone"], self.home.house.hotline
        if channel == Channel.EMAIL:
            theirs, ours = self.fields["email"], f"info@{self.home.house.domain}"
        elif channel not in (Channel.CALL, Channel.SMS, Channel.FAX):
            return "", ""
        return (theirs, ours) if inbound else (ours, theirs)

    def _route(self, channel: str, inbound: bool) -> CallRoute | None:
        if channel != Channel.CALL or not inbound:
            return None
        rng = self.home.rng
        menu = _MENU[self.home.house.language][rng.choice((0, 0, 1, 2, 3))]
        return CallRoute(self.home.house.hotline, menu, rng.choice((8, 15, 25, 40, 70, 130, 260, 540)), int(rng.random() < 0.12))

    def _attachments(self, channel: str, identity: bool | None, at: datetime) -> tuple[Attachment, ...]:
        if channel not in (Channel.FAX, Channel.LETTER) or identity is None:
            return ()
        stem = f"{channel}-{at:%Y%m%d-%H%M}"
        pages = [Attachment(f"{stem}.pdf", "application/pdf", self.home.rng.randint(40, 220) * 1024, _digest(stem))]
        if identity:
            name = f"{stem}-id.pdf"
            pages.append(Attachment(name, "application/pdf", self.home.rng.randint(90, 400) * 1024, _digest(name), True))
        return tuple(pages)

    def _framed(self, text: Text, at: datetime, channel: str, direction: Direction) -> str:
        """Return the body with salutation, signature and quoted text where the channel has them."""
        if channel not in (Channel.EMAIL, Channel.LETTER, Channel.FAX):
            return text.body
        frame = phrases.FRAMES[self.home.language]
        if direction is Direction.INBOUND:
            closing = self.home.rng.choice(frame.closings) if channel == Channel.EMAIL else frame.closings[1]
            return text.body + "\n\n" + self._fill(closing)
        parts = [self._fill(frame.dear), text.body, self._fill(frame.ours)]
        before = self.last_written
        if channel == Channel.EMAIL and before is not None and before.channel == Channel.EMAIL:
            local = self.home.local(before.at)
            moments = {"date": phrases.day(local, self.home.language), "time": phrases.hour(local, self.home.language)}
            parts.append(phrases.quoted(before.body, frame.wrote.format_map(self.fields | moments)))
        return "\n\n".join(parts)

    def _fill(self, text: str) -> str:
        return text.format_map(self.fields)


def _digest(name: str) -> str:
    return sha256(name.encode()).hexdigest()


def new_writer(home: Household, prefix: str, variant: int) -> Writer:
    """Return a writer for a tale of this household, with an agent who answers for its operator."""
    agent = home.rng.choice(desk_of(home.house.code))
    return Writer(home, variant, agent, prefix, home.serials.thread(), fields=home.fields() | {
        "ref": "", "visit": "", "visit_day": "", "due": "", "opened": "", "engineer": home.rng.choice(ENGINEERS[home.house.code]),
        "relative": relative_of(home),
    })  # fmt: skip


def relative_of(home: Household) -> str:
    """Return the name of the customer's daughter."""
    if home.customer.authorised:
        return home.customer.authorised[0].name
    last = home.person.last
    if home.language == "pl":
        last = people.polish_surname(last, True)
    return f"{home.rng.choice(_DAUGHTERS[home.language])} {last}"


def moments_of(arc: Arc, start: date, home: Household, jitters: Mapping[str, int]) -> list[datetime]:
    """Return when each step happens, in UTC; our own doings and visits fall on working days."""
    found: list[datetime] = []
    shift = 0
    for step in arc.steps:
        if step.at.startswith("+"):
            found.append(found[-1] + timedelta(minutes=int(step.at[1:])))
            continue
        day = start + timedelta(days=step.day + shift)
        while _needs_desk(step) and is_closed(day, home.house.country):
            day += timedelta(days=1)
            shift += 1
        hours, minutes = map(int, step.at.split(":"))
        local = datetime.combine(day, time(hours, minutes), home.zone) + timedelta(minutes=jitters[step.name])
        moment = local.astimezone(home.now.tzinfo)
        found.append(max(moment, found[-1] + timedelta(minutes=4)) if found else moment)
    return found


def _needs_desk(step: Step) -> bool:
    visits = any(isinstance(effect, Visited) for effect in step.effects)
    return visits or step.direction is not Direction.INBOUND or step.channel == Channel.LETTER


def jitters_of(arc: Arc, home: Household) -> dict[str, int]:
    """Return by how many minutes each step of this telling is off; visits stay in their window."""
    return {step.name: home.rng.randint(-18, 22) for step in arc.steps}


def event(home: Household, ticket_key: Key, kind: TicketEventKind, at: datetime, by: str = "", before: str = "",
          after: str = "", text: str = "", contact_key: Key = "") -> None:  # fmt: skip
    """Append to what happened to a ticket."""
    home.events.append(
        TicketEvent(home.serials.keys(), ticket_key, home.customer.key, kind, at, by, before, after, text, contact_key)
    )


def answer(home: Household, waiting: list[Key], by: Contact) -> None:
    """Mark what waited as answered by `by`."""
    for key in waiting:
        home.contacts[key] = replace(
            home.contacts[key], answer=AnswerState.ANSWERED, answered_at=by.at, answered_by=by.key
        )
    waiting.clear()
