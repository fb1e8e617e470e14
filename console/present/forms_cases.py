"""The forms of what keeps a case together: the ladder, visits (R5, R40)."""

from __future__ import annotations

from collections.abc import Sequence

from backends.records import Operator, Ticket, Visit, VisitState
from console.i18n import _
from console.present.cases import rung_words, window_words
from console.present.labels import plain
from console.present.questions import Filled, choice, form_of, moment_line, pick, text_line
from console.present.setting import Now
from console.rules.escalation import ladder_of, level_of, next_rung
from console.rules.visits import NEXT, unsettled
from console.words import word
from widgets.views import ChoiceView, FormView

OFF = "down:"
PLAN = "plan"


def _title(ticket: Ticket) -> str:
    return plain(f"{ticket.reference} {ticket.subject}", 70)


def escalate(ticket: Ticket, operator: Operator, filled: Filled) -> FormView:
    """Return the form for a step on the ladder: which rung, the next one proposed, and why (R40)."""
    ladder = ladder_of(operator)
    rungs = [
        choice(rung, rung_words(rung), str(number), _("here now") if rung == ticket.escalated_to else "")
        for number, rung in enumerate(ladder, start=1)
    ]
    if ticket.escalated_to:
        rungs.append(choice(OFF, _("off the ladder"), "0"))
    at_top = level_of(ticket.escalated_to, ladder) == len(ladder)
    default = ticket.escalated_to if at_top else next_rung(ticket.escalated_to, ladder)
    fields = [
        pick("rung", _("Who decides"), rungs, filled, default=default, needed=True),
        text_line("reason", _("Why"), filled, needed=True, hint=_("what was tried, what the customer needs")),
    ]
    return form_of(_("The ladder of escalation"), fields, _title(ticket))


def plan_visit(ticket: Ticket, filled: Filled) -> FormView:
    """Return the form for an engineer's visit: the window, who comes, what to know (R5)."""
    fields = [
        moment_line("window_from", _("From"), filled, needed=True),
        text_line("window_to", _("Until"), filled, needed=True, hint=_("12:00 · in 4h")),
        text_line("engineer", _("Engineer"), filled, hint=_("name or team")),
        text_line("note", _("To know"), filled, hint=_("ring before, bell is broken")),
    ]
    return form_of(_("Plan a visit"), fields, _title(ticket))


_KEYS = {
    VisitState.CONFIRMED: "c",
    VisitState.DONE: "d",
    VisitState.MISSED: "m",
    VisitState.CANCELLED: "x",
}


def visit_choices(visits: Sequence[Visit], now: Now) -> list[ChoiceView]:
    """Return what can be said of the visits still to come, the next one first, and that another one can be planned.

    A visit that has not begun is not done or missed yet; one whose window is over is asked for what became of it.
    """
    found: list[ChoiceView] = []
    for number, visit in enumerate(visits):
        hint = _("its window is over") if unsettled([visit], now.at) else ""
        for state in NEXT[visit.state]:
            if state in (VisitState.DONE, VisitState.MISSED) and visit.window_from > now.at:
                continue
            label = f"{word(state)} · {window_words(visit, now)}"
            found.append(choice(f"{state}:{visit.key}", label, _KEYS[state] if number == 0 else "", hint))
    found.append(choice(PLAN, _("plan another visit"), "p"))
    return found


def settle_visit(visit: Visit, state: VisitState, now: Now, filled: Filled) -> FormView:
    """Return the form for what became of a visit; a cancelled one needs a reason."""
    cancelled = state is VisitState.CANCELLED
    fields = [text_line("reason", _("Why") if cancelled else _("Remark"), filled, needed=cancelled)]
    return form_of(_("Visit: {state}").format(state=word(state)), fields, window_words(visit, now))
