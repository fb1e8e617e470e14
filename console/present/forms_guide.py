"""The form for what was handed over: accept it, or decline it and say why (R22)."""

from __future__ import annotations

from backends.records import Handover, Operator, Ticket
from console.i18n import _
from console.present.handovers import handed_words, until_words
from console.present.labels import plain
from console.present.questions import Filled, choice, form_of, pick, text_line
from console.present.setting import Now
from widgets.views import FormView

ACCEPT, DECLINE = "accept", "decline"


def accept(handover: Handover, ticket: Ticket | None, operator: Operator, filled: Filled, now: Now) -> FormView:
    """Return the form: what was handed over, what the customer was told, and the two answers."""
    lines = [f"{handed_words(handover, now)} · {until_words(handover, operator, now)}"]
    if handover.told_customer:
        lines.append(_("The customer was told: {words}").format(words=plain(handover.told_customer, 220)))
    choices = (choice(ACCEPT, _("accept"), "a"), choice(DECLINE, _("decline"), "d"))
    fields = [
        pick("answer", _("You"), choices, filled, default=ACCEPT, needed=True),
        text_line("reason", _("Why not"), filled, hint=_("needed to decline; it goes back to whoever handed it over")),
    ]
    about = plain(f"{ticket.reference} {ticket.subject}", 60) if ticket is not None else ""
    title = _("Handed over: {ticket}").format(ticket=about) if about else _("Handed over")
    return form_of(title, fields, "\n".join(lines))
