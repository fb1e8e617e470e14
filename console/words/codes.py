"""The codes of records in people's words.

Each table is written out where it is used, with a context, so that a language whose adjectives follow the noun's
gender can tell an open ticket from an open promise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from backends.records import (
    AnswerState,
    Area,
    Channel,
    ContractState,
    CustomerFlag,
    CustomerKind,
    Direction,
    DisputeState,
    Holder,
    LineState,
    LinkKind,
    OutageKind,
    OutageState,
    Outcome,
    PointKind,
    Priority,
    PromiseKind,
    PromiseState,
    Role,
    TicketEventKind,
    TicketKind,
    TicketState,
    VisitState,
)
from console.i18n import _, _c

Words = Mapping[str, str]


def _channels() -> Words:
    return {
        Channel.CALL: _c("channel", "call"),
        Channel.EMAIL: _c("channel", "e-mail"),
        Channel.CHAT: _c("channel", "chat"),
        Channel.SMS: _c("channel", "SMS"),
        Channel.FAX: _c("channel", "fax"),
        Channel.LETTER: _c("channel", "letter"),
        Channel.VISIT: _c("channel", "visit"),
        Channel.WEB: _c("channel", "web form"),
        Channel.SOCIAL: _c("channel", "social"),
        Channel.NOTE: _c("channel", "note"),
    }


def _ticket_kinds() -> Words:
    return {
        TicketKind.FAULT: _("fault"),
        TicketKind.INSTALLATION: _("installation"),
        TicketKind.BILLING: _("billing"),
        TicketKind.COMPLAINT: _("complaint"),
        TicketKind.SALES: _("sales"),
        TicketKind.CHANGE: _c("ticket kind", "change"),
        TicketKind.DATA_REQUEST: _("data request"),
    }


def _ticket_states() -> Words:
    return {
        TicketState.OPEN: _c("ticket", "open"),
        TicketState.IN_PROGRESS: _c("ticket", "in progress"),
        TicketState.WAITING_CUSTOMER: _c("ticket", "waiting for the customer"),
        TicketState.SOLVED: _c("ticket", "solved"),
        TicketState.CLOSED: _c("ticket", "closed"),
    }


def _ticket_events() -> Words:
    return {
        TicketEventKind.OPENED: _("ticket opened"),
        TicketEventKind.STATE: _("state changed"),
        TicketEventKind.HOLDER: _("passed on"),
        TicketEventKind.PRIORITY: _("priority changed"),
        TicketEventKind.CHASED: _("chased"),
        TicketEventKind.PROMISED: _("promised"),
        TicketEventKind.PROMISE_KEPT: _("promise kept"),
        TicketEventKind.PROMISE_WITHDRAWN: _("promise withdrawn"),
        TicketEventKind.VISIT: _("engineer's visit"),
        TicketEventKind.HANDOVER: _("handed over"),
        TicketEventKind.NEXT_STEP: _("next step set"),
        TicketEventKind.REFERENCE_GIVEN: _("reference given"),
        TicketEventKind.COMPENSATION: _("compensation"),
        TicketEventKind.OUTAGE_ATTACHED: _("outage attached"),
        TicketEventKind.JOINED: _("joined"),
        TicketEventKind.NOTE: _c("channel", "note"),
        TicketEventKind.CLOSED: _("ticket closed"),
        TicketEventKind.REOPENED: _("ticket reopened"),
        TicketEventKind.ESCALATED: _("escalated"),
        TicketEventKind.PARTED: _("taken off again"),
        TicketEventKind.OVERRIDDEN: _("tried in spite of an outage"),
        TicketEventKind.RAISED: _("hand-over not accepted in time"),
    }


def _priorities() -> Words:
    return {
        Priority.LOW: _c("priority", "low"),
        Priority.NORMAL: _c("priority", "normal"),
        Priority.HIGH: _c("priority", "high"),
        Priority.URGENT: _c("priority", "urgent"),
    }


def _holders() -> Words:
    return {
        Holder.DESK: _c("who has the ball", "desk"),
        Holder.TECHNICAL: _c("who has the ball", "technical service"),
        Holder.SUPPLIER: _c("who has the ball", "supplier"),
        Holder.BILLING: _c("who has the ball", "billing"),
        Holder.CUSTOMER: _c("who has the ball", "customer"),
    }


def _outcomes() -> Words:
    return {
        Outcome.RIGHT_FIRST_TIME: _("right first time"),
        Outcome.RECOVERED: _("went wrong, recovered"),
        Outcome.COMPOUNDED: _("made worse by us"),
    }


def _promise_kinds() -> Words:
    return {
        PromiseKind.DEED: _("promise"),
        PromiseKind.CALL_BACK: _("call-back"),
        PromiseKind.WORD_AT_RESTORATION: _("word when it is restored"),
        PromiseKind.DOCUMENT_CHECK: _("check that the paper came"),
    }


def _promise_states() -> Words:
    return {
        PromiseState.OPEN: _c("promise", "open"),
        PromiseState.KEPT: _c("promise", "kept"),
        PromiseState.WITHDRAWN: _c("promise", "withdrawn"),
    }


def _visit_states() -> Words:
    return {
        VisitState.PLANNED: _c("visit", "planned"),
        VisitState.CONFIRMED: _c("visit", "confirmed"),
        VisitState.DONE: _c("visit", "done"),
        VisitState.MISSED: _c("visit", "missed"),
        VisitState.CANCELLED: _c("visit", "cancelled"),
    }


def _link_kinds() -> Words:
    return {
        LinkKind.SAME_CUSTOMER: _("the same person"),
        LinkKind.SAME_CONTACT: _("the same contact"),
        LinkKind.SAME_TICKET: _("the same ticket"),
        LinkKind.NOT_SAME: _("not the same"),
    }


def _outage_kinds() -> Words:
    return {OutageKind.FAULT: _("outage"), OutageKind.PLANNED_WORKS: _("planned works")}


def _outage_states() -> Words:
    return {
        OutageState.SUSPECTED: _c("outage", "suspected"),
        OutageState.CONFIRMED: _c("outage", "confirmed"),
        OutageState.RESTORED: _c("outage", "restored"),
        OutageState.DISMISSED: _c("outage", "dismissed"),
    }


def _customer_kinds() -> Words:
    return {CustomerKind.PROSPECT: _("prospect"), CustomerKind.SUBSCRIBER: _("subscriber")}


def _flags() -> Words:
    return {
        CustomerFlag.PRIORITY_REPAIR: _("priority repair"),
        CustomerFlag.AUTHORISED_THIRD_PARTY: _("authorised third party"),
        CustomerFlag.ACCESSIBLE_FORMAT: _("accessible format"),
        CustomerFlag.VULNERABLE: _("needs special care"),
        CustomerFlag.BUSINESS: _("business"),
        CustomerFlag.NO_MARKETING: _("no marketing"),
        CustomerFlag.FORGOTTEN: _("personal data erased"),
    }


def _points() -> Words:
    return {
        PointKind.PHONE: _("telephone"),
        PointKind.MOBILE: _("mobile"),
        PointKind.EMAIL: _c("channel", "e-mail"),
        PointKind.FAX: _c("channel", "fax"),
        PointKind.SOCIAL: _c("channel", "social"),
    }


def _roles() -> Words:
    return {
        Role.DESK: _c("role", "desk"),
        Role.HOTLINE: _c("role", "hotline"),
        Role.TECHNICAL: _c("role", "technical"),
        Role.BILLING: _c("role", "billing"),
        Role.SUPERVISOR: _c("role", "supervisor"),
        Role.ADVISOR: _c("role", "advisor"),
    }


def _directions() -> Words:
    return {
        Direction.INBOUND: _c("direction", "in"),
        Direction.OUTBOUND: _c("direction", "out"),
        Direction.INTERNAL: _c("direction", "internal"),
    }


def _answers() -> Words:
    return {
        AnswerState.NOT_NEEDED: _("needs no answer"),
        AnswerState.WAITING: _("not answered"),
        AnswerState.ANSWERED: _("answered"),
        AnswerState.WAIVED: _("no answer needed, says a colleague"),
    }


def _areas() -> Words:
    return {
        Area.PAYMENT: _("money"),
        Area.DOCUMENTS: _("identity documents"),
        Area.NETWORK: _("network path"),
    }


def _lines() -> Words:
    return {
        LineState.ORDERED: _c("line", "ordered"),
        LineState.ACTIVE: _c("line", "active"),
        LineState.SUSPENDED: _c("line", "suspended"),
        LineState.ENDED: _c("line", "ended"),
    }


def _contracts() -> Words:
    return {
        ContractState.OFFERED: _c("contract", "offered"),
        ContractState.RUNNING: _c("contract", "running"),
        ContractState.NOTICE_GIVEN: _c("contract", "notice given"),
        ContractState.ENDED: _c("contract", "ended"),
    }


def _disputes() -> Words:
    return {
        DisputeState.OPEN: _c("dispute", "open"),
        DisputeState.HOLD_ASKED: _c("dispute", "hold asked for"),
        DisputeState.ON_HOLD: _c("dispute", "dunning on hold"),
        DisputeState.UPHELD: _c("dispute", "upheld"),
        DisputeState.REFUSED: _c("dispute", "refused"),
        DisputeState.WITHDRAWN: _c("dispute", "withdrawn"),
    }


_TABLES: Mapping[type[StrEnum], Callable[[], Words]] = {
    AnswerState: _answers,
    Area: _areas,
    ContractState: _contracts,
    CustomerFlag: _flags,
    CustomerKind: _customer_kinds,
    Direction: _directions,
    DisputeState: _disputes,
    Holder: _holders,
    LineState: _lines,
    LinkKind: _link_kinds,
    OutageKind: _outage_kinds,
    OutageState: _outage_states,
    Outcome: _outcomes,
    PointKind: _points,
    Priority: _priorities,
    PromiseKind: _promise_kinds,
    PromiseState: _promise_states,
    Role: _roles,
    TicketEventKind: _ticket_events,
    TicketKind: _ticket_kinds,
    TicketState: _ticket_states,
    VisitState: _visit_states,
}


def word(code: StrEnum) -> str:
    """Return a record's code in people's words; one that has none is shown as it is written, without underscores."""
    table = _TABLES.get(type(code))
    return (table().get(code) if table else None) or _as_written(code)


def channel_word(code: str) -> str:
    """Return a channel's name; channels are data (R14), so one we do not ship is shown as it is written."""
    return _channels().get(code) or _as_written(code)


def _as_written(code: str) -> str:
    return str(code).replace("_", " ")
