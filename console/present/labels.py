"""Words and signs for codes: channels, kinds, states, holders, outcomes, flags. Unknown codes show as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

from backends.clean import line
from backends.port import MatchedOn
from backends.records import (
    AnswerState,
    Channel,
    CustomerFlag,
    CustomerKind,
    Direction,
    Holder,
    Outcome,
    OutageState,
    Priority,
    TicketEventKind,
    TicketKind,
    TicketState,
    VisitState,
)
from console.i18n import N_, _
from widgets.views import Span, Tone


class Sign(NamedTuple):
    """How a channel looks in a row: a glyph, the letter beside it, its tone and its name."""

    glyph: str
    letter: str
    tone: Tone
    name: str


CHANNEL_SIGNS: Mapping[str, Sign] = {
    Channel.CALL: Sign("☎", "C", Tone.CALL, N_("call")),
    Channel.EMAIL: Sign("✉", "E", Tone.EMAIL, N_("e-mail")),
    Channel.CHAT: Sign("≡", "H", Tone.CHAT, N_("chat")),
    Channel.SMS: Sign("≈", "S", Tone.SMS, N_("SMS")),
    Channel.FAX: Sign("▤", "F", Tone.PAPER, N_("fax")),
    Channel.LETTER: Sign("▣", "L", Tone.PAPER, N_("letter")),
    Channel.VISIT: Sign("⌂", "V", Tone.VISIT, N_("visit")),
    Channel.WEB: Sign("◊", "W", Tone.CHAT, N_("web form")),
    Channel.SOCIAL: Sign("@", "O", Tone.CHAT, N_("social")),
    Channel.NOTE: Sign("¶", "N", Tone.EVENT, N_("note")),
}
_UNKNOWN = Sign("•", "?", Tone.EVENT, "")

ARROWS: Mapping[Direction, str] = {Direction.INBOUND: "↓", Direction.OUTBOUND: "↑", Direction.INTERNAL: "·"}

DIRECTIONS: Mapping[Direction, str] = {
    Direction.INBOUND: N_("from the customer"),
    Direction.OUTBOUND: N_("from us"),
    Direction.INTERNAL: N_("internal"),
}

TICKET_KINDS: Mapping[TicketKind, str] = {
    TicketKind.FAULT: N_("fault"),
    TicketKind.INSTALLATION: N_("installation"),
    TicketKind.BILLING: N_("billing"),
    TicketKind.COMPLAINT: N_("complaint"),
    TicketKind.SALES: N_("sales"),
    TicketKind.CHANGE: N_("change"),
    TicketKind.DATA_REQUEST: N_("data request"),
}

TICKET_STATES: Mapping[TicketState, str] = {
    TicketState.OPEN: N_("open"),
    TicketState.IN_PROGRESS: N_("in progress"),
    TicketState.WAITING_CUSTOMER: N_("waits for customer"),
    TicketState.SOLVED: N_("solved"),
    TicketState.CLOSED: N_("closed"),
}

HOLDERS: Mapping[Holder, str] = {
    Holder.DESK: N_("desk"),
    Holder.TECHNICAL: N_("technical"),
    Holder.SUPPLIER: N_("supplier"),
    Holder.BILLING: N_("billing dept"),
    Holder.CUSTOMER: N_("customer"),
}

PRIORITIES: Mapping[Priority, str] = {
    Priority.LOW: N_("low"),
    Priority.NORMAL: N_("normal"),
    Priority.HIGH: N_("high"),
    Priority.URGENT: N_("urgent"),
}

OUTCOMES: Mapping[Outcome, str] = {
    Outcome.RIGHT_FIRST_TIME: N_("right first time"),
    Outcome.RECOVERED: N_("went wrong, recovered"),
    Outcome.COMPOUNDED: N_("made worse by us"),
}

OUTAGE_STATES: Mapping[OutageState, str] = {
    OutageState.SUSPECTED: N_("suspected"),
    OutageState.CONFIRMED: N_("confirmed"),
    OutageState.RESTORED: N_("restored"),
    OutageState.DISMISSED: N_("dismissed"),
}
OUTAGE_TONES: Mapping[OutageState, Tone] = {
    OutageState.SUSPECTED: Tone.WARN,
    OutageState.CONFIRMED: Tone.BAD,
    OutageState.RESTORED: Tone.GOOD,
    OutageState.DISMISSED: Tone.DIM,
}

SERVICES: Mapping[str, str] = {
    "internet": N_("internet"),
    "tv": N_("TV"),
    "telephone": N_("telephone"),
    "mobile": N_("mobile"),
}

CUSTOMER_KINDS: Mapping[CustomerKind, str] = {
    CustomerKind.PROSPECT: N_("prospect"),
    CustomerKind.SUBSCRIBER: N_("subscriber"),
}

FLAGS: Mapping[CustomerFlag, str] = {
    CustomerFlag.PRIORITY_REPAIR: N_("priority repair"),
    CustomerFlag.AUTHORISED_THIRD_PARTY: N_("authorised third party"),
    CustomerFlag.ACCESSIBLE_FORMAT: N_("accessible format"),
    CustomerFlag.VULNERABLE: N_("vulnerable"),
    CustomerFlag.BUSINESS: N_("business"),
    CustomerFlag.NO_MARKETING: N_("no marketing"),
    CustomerFlag.FORGOTTEN: N_("data erased"),
}

EVENTS: Mapping[TicketEventKind, str] = {
    TicketEventKind.OPENED: N_("opened"),
    TicketEventKind.STATE: N_("state"),
    TicketEventKind.HOLDER: N_("handed to"),
    TicketEventKind.PRIORITY: N_("priority"),
    TicketEventKind.CHASED: N_("chased"),
    TicketEventKind.PROMISED: N_("promised"),
    TicketEventKind.PROMISE_KEPT: N_("promise kept"),
    TicketEventKind.PROMISE_WITHDRAWN: N_("promise withdrawn"),
    TicketEventKind.VISIT: N_("visit"),
    TicketEventKind.HANDOVER: N_("handover"),
    TicketEventKind.NEXT_STEP: N_("next step"),
    TicketEventKind.REFERENCE_GIVEN: N_("reference given"),
    TicketEventKind.COMPENSATION: N_("compensation"),
    TicketEventKind.OUTAGE_ATTACHED: N_("joined to outage"),
    TicketEventKind.JOINED: N_("joined"),
    TicketEventKind.NOTE: N_("remark"),
    TicketEventKind.CLOSED: N_("closed"),
    TicketEventKind.REOPENED: N_("opened again"),
}

VISITS: Mapping[VisitState, str] = {
    VisitState.PLANNED: N_("planned"),
    VisitState.CONFIRMED: N_("confirmed"),
    VisitState.DONE: N_("done"),
    VisitState.MISSED: N_("missed"),
    VisitState.CANCELLED: N_("cancelled"),
}

ANSWERS: Mapping[AnswerState, str] = {
    AnswerState.WAITING: N_("unanswered"),
    AnswerState.ANSWERED: N_("answered"),
    AnswerState.WAIVED: N_("no answer needed"),
    AnswerState.NOT_NEEDED: "",
}

MATCHES: Mapping[MatchedOn, str] = {
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

SYMPTOMS: Mapping[str, str] = {
    "no_service": N_("nothing works"),
    "slow": N_("slow"),
    "drops": N_("drops out"),
    "no_picture": N_("no picture"),
    "no_tone": N_("no dial tone"),
    "noise": N_("noise"),
    "wifi": N_("Wi-Fi only"),
    "other": N_("something else"),
}
SINCE: Mapping[str, str] = {
    "now": N_("just now"),
    "today": N_("today"),
    "days": N_("for days"),
    "always": N_("from the start"),
}
SCOPES: Mapping[str, str] = {"copy": N_("a copy"), "erase": N_("erasure"), "correct": N_("correction")}


def sign_of(channel: str) -> Sign:
    """Return how a channel looks; one that we do not know looks unknown but keeps its name (R14)."""
    return CHANNEL_SIGNS.get(channel) or _UNKNOWN._replace(name=plain(channel))


def channel_name(channel: str) -> str:
    """Return a channel's name in the operator's language."""
    return _(sign_of(channel).name)


Code = TypeVar("Code", bound=str)


def word(table: Mapping[Code, str], code: Code) -> str:
    """Return the word for a code from one of the tables above; an unknown code shows as itself."""
    found = table.get(code)
    return _(found) if found else plain(str(code))


def service(code: str) -> str:
    """Return a service's name; services are data, so an unknown one shows as itself."""
    return word(SERVICES, code)


def plain(text: str, limit: int = 400) -> str:
    """Return text from outside as one clean line; records are clean already, this is the second lock."""
    return line(text, limit=limit)


def span(text: str, tone: Tone = Tone.NORMAL) -> Span:
    """Return text from outside as a clean span."""
    return Span(plain(text), tone)
