"""The forms that the list of what to do opens: the notice that a term ends, and what follows a step (R5, R24)."""

from __future__ import annotations

from dataclasses import replace

from backends.port import CustomerFile
from backends.records import Channel, Ticket
from console.i18n import _
from console.present.agenda import renewal_words
from console.present.labels import plain
from console.present.questions import Filled, channels, form_of, moment_line, pick, text_line, text_lines
from console.present.setting import Now
from console.rules.renewals import Renewal
from widgets.views import FormView

NOTICE_CHANNELS = (Channel.EMAIL, Channel.LETTER, Channel.CALL, Channel.SMS)
"""How a customer may be told; a law may want it in writing."""


def give_notice(file: CustomerFile, one: Renewal, filled: Filled, now: Now) -> FormView:
    """Return the form for telling a customer that a term ends: the prepared text, to be read before it is stored."""
    fields = [
        pick("channel", _("Told by"), channels(NOTICE_CHANNELS), filled, default=Channel.EMAIL),
        text_line("subject", _("Subject"), filled),
        replace(text_lines("note", _("Message"), filled, height=7, needed=True), cursor=0),  # to be read from the top
    ]
    title = _("Tell {name} that the term ends").format(name=plain(file.customer.name, 30))
    return form_of(title, fields, renewal_words(one, now), _("Stored as told"))


def step_taken(ticket: Ticket, filled: Filled) -> FormView:
    """Return the form after a step was taken: what comes next, and when; both may stay empty."""
    fields = [
        text_line("next_step", _("And then"), filled, hint=_("empty: nothing more to do here for now")),
        moment_line("next_step_at", _("When"), filled),
    ]
    subtitle = f"{plain(ticket.reference)} · {plain(ticket.next_step or ticket.subject, 60)}"
    return form_of(_("The step was taken"), fields, subtitle)
