"""Signs and tones for codes, and words for the codes that are the console's own. Unknown codes show as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from backends.clean import block, line
from backends.port import MatchedOn
from backends.records import Channel, Direction, OutageState
from console.i18n import N_, _
from console.rules.clocks import ClockState
from console.rules.privacy import masked
from widgets.views import Span, Tone

_LONGEST_CARD = 40
"""Characters that a card number may take, with signs between its digits."""


class Sign(NamedTuple):
    """How a channel looks in a row: a glyph, the letter beside it, and its tone."""

    glyph: str
    letter: str
    tone: Tone


CHANNEL_SIGNS: Mapping[str, Sign] = {
    Channel.CALL: Sign("☎", "C", Tone.CALL),
    Channel.EMAIL: Sign("✉", "E", Tone.EMAIL),
    Channel.CHAT: Sign("≡", "H", Tone.CHAT),
    Channel.SMS: Sign("≈", "S", Tone.SMS),
    Channel.FAX: Sign("▤", "F", Tone.PAPER),
    Channel.LETTER: Sign("▣", "L", Tone.PAPER),
    Channel.VISIT: Sign("⌂", "V", Tone.VISIT),
    Channel.WEB: Sign("◊", "W", Tone.CHAT),
    Channel.SOCIAL: Sign("@", "O", Tone.CHAT),
    Channel.NOTE: Sign("¶", "N", Tone.EVENT),
}
_UNKNOWN = Sign("•", "?", Tone.EVENT)

ARROWS: Mapping[Direction, str] = {Direction.INBOUND: "↓", Direction.OUTBOUND: "↑", Direction.INTERNAL: "·"}

OUTAGE_TONES: Mapping[OutageState, Tone] = {
    OutageState.SUSPECTED: Tone.WARN,
    OutageState.CONFIRMED: Tone.BAD,
    OutageState.RESTORED: Tone.GOOD,
    OutageState.DISMISSED: Tone.DIM,
}

CLOCK_TONES: Mapping[ClockState, Tone] = {
    ClockState.RUNNING: Tone.NORMAL,
    ClockState.WARNING: Tone.WARN,
    ClockState.LATE: Tone.BAD,
    ClockState.PAUSED: Tone.DIM,
    ClockState.KEPT: Tone.GOOD,
    ClockState.BROKEN: Tone.BAD,
}

CLOCKS: Mapping[str, str] = {
    "repair": N_("repair"),
    "installation": N_("installation"),
    "answer": N_("answer to the complaint"),
    "settle": N_("settled"),
    "data_request": N_("answer to the data request"),
    "take_charge": N_("take charge"),
    "first_response": N_("first answer"),
    "notice": N_("tell them how it goes"),
    "acknowledgement": N_("acknowledge the complaint"),
    "adr_letter": N_("letter about dispute resolution"),
    "due": N_("due"),
}
"""What is due by a clock; one of an operator's own shows as it is written."""

CONSEQUENCES: Mapping[str, str] = {
    "accepted": N_("the complaint counts as accepted"),
}
"""What follows when a clock is broken."""

TARIFFS: Mapping[str, str] = {
    "repair_late": N_("repair late"),
    "start_late": N_("service started late"),
    "visit_missed": N_("engineer did not come"),
    "answer_late": N_("complaint answered late"),
}
"""What compensation is owed for; a tariff of an operator's own shows as it is written."""

DOUBTS: Mapping[str, str] = {
    "symptom": N_("only if nothing works: ask"),
    "called_off": N_("only if we called the visit off"),
}
"""On what compensation hangs that nobody asked."""

SERVICES: Mapping[str, str] = {
    "internet": N_("internet"),
    "tv": N_("TV"),
    "telephone": N_("telephone"),
    "mobile": N_("mobile"),
}

MATCHES: Mapping[str, str] = {
    MatchedOn.NAME: N_("name"),
    MatchedOn.NUMBER: N_("customer number"),
    MatchedOn.PHONE: N_("phone"),
    MatchedOn.EMAIL: N_("e-mail"),
    MatchedOn.TICKET: N_("ticket"),
    MatchedOn.CONTACT: N_("contact"),
    MatchedOn.LINE: N_("line"),
    MatchedOn.MAC: N_("MAC"),
    MatchedOn.IP: N_("IP"),
    MatchedOn.PLACE: N_("address"),
    MatchedOn.POSTCODE: N_("postcode"),
    MatchedOn.CONTRACT: N_("contract"),
}

LANGUAGE_NAMES: Mapping[str, str] = {
    "en": N_("English"),
    "it": N_("Italian"),
    "fr": N_("French"),
    "pl": N_("Polish"),
    "sv": N_("Swedish"),
    "de": N_("German"),
    "uk": N_("Ukrainian"),
}

ANSWERS: Mapping[str, str] = {
    "no_service": N_("nothing works"),
    "slow": N_("slow"),
    "drops": N_("drops out"),
    "no_picture": N_("no picture"),
    "no_tone": N_("no dial tone"),
    "noise": N_("noise"),
    "wifi": N_("Wi-Fi only"),
    "other": N_("something else"),
    "now": N_("just now"),
    "today": N_("since today"),
    "days": N_("for days"),
    "always": N_("from the start"),
    "copy": N_("a copy"),
    "erase": N_("erasure"),
    "correct": N_("correction"),
}
"""Choices of a ticket's own questions."""

QUESTIONS: Mapping[str, str] = {
    "symptom": N_("What happens"),
    "since": N_("Since when"),
    "tried": N_("Tried so far"),
    "wish_date": N_("Wished date"),
    "access": N_("How to get in"),
    "invoice": N_("Invoice"),
    "amount": N_("Amount"),
    "about": N_("About what"),
    "wanted": N_("What would settle it"),
    "product": N_("Product"),
    "reach_at": N_("When to reach them"),
    "what": N_("What to change"),
    "from_date": N_("From when"),
    "scope": N_("What is asked for"),
    "identity": N_("Identity checked by"),
    "joined_into": N_("Joined into"),
}
"""A ticket's own questions (R36)."""

OUTCOMES: Mapping[str, str] = {
    "solved": N_("solved"),
    "ticket": N_("becomes a ticket"),
    "callback": N_("call back"),
    "information": N_("information given"),
    "no_answer": N_("nobody there"),
}
"""Wrap-up codes of a contact."""


def sign_of(channel: str) -> Sign:
    """Return how a channel looks; one that we do not know looks unknown (R14)."""
    return CHANNEL_SIGNS.get(channel, _UNKNOWN)


def worded(table: Mapping[str, str], code: str) -> str:
    """Return the word for a code from one of the tables above; an unknown code shows as itself."""
    found = table.get(code)
    return _(found) if found else plain(code)


def service(code: str) -> str:
    """Return a service's name; services are data, so an unknown one shows as itself."""
    return worded(SERVICES, code)


def plain(text: str, limit: int = 400) -> str:
    """Return text from outside as one clean line; records are clean already, this is the second lock.

    A card number in it is masked, before it could be cut in two.
    """
    return line(masked(text[: limit + _LONGEST_CARD]), limit=limit)


def whole_text(text: str) -> str:
    """Return text of many lines from outside, clean, with card numbers masked."""
    return masked(block(text))


def span(text: str, tone: Tone = Tone.NORMAL) -> Span:
    """Return text from outside as a clean span."""
    return Span(plain(text), tone)
