"""The form for what a customer is given: how much is owed today is filled in, with why (R33)."""

from __future__ import annotations

from backends.records import Ticket
from console.i18n import _
from console.present.clocking import owed_words
from console.present.labels import TARIFFS, plain, worded
from console.present.questions import Filled, form_of, text_line
from console.present.setting import Now
from console.rules.compensation import Owed
from console.words import joined
from console.words.amounts import minor_digits
from widgets.views import FormView


def _typed(minor: int, currency: str) -> str:
    """Return an amount as it is typed: with a point, and nothing else."""
    digits = minor_digits(currency)
    whole, part = divmod(minor, 10**digits)
    return f"{whole}.{part:0{digits}}" if digits else str(whole)


def known_compensation(found: Owed | None) -> Filled:
    """Return the answers to begin with: what is still owed today, and for what; none where nothing is."""
    if found is None or not found.open.minor:
        return {}
    reasons = [worded(TARIFFS, share.name) for share in found.shares if share.amount]
    return {"amount": _typed(found.open.minor, found.amount.currency), "reason": joined(reasons)}


def compensation(ticket: Ticket, filled: Filled, found: Owed | None, currency: str, now: Now) -> FormView:
    """Return the form for compensation: how much and why; what is owed by which rule stands above."""
    fields = [
        text_line("amount", _("Amount in {currency}").format(currency=plain(currency, 3)), filled, needed=True),
        text_line("reason", _("Why"), filled, needed=True, hint=_("it stands on the ticket")),
    ]
    title = plain(f"{ticket.reference} {ticket.subject}", 70)
    if found is not None and found.amount.minor:
        return form_of(_("Compensate"), fields, _("{ticket} · owed today {owed}").format(
            ticket=title, owed=owed_words(found, now)))  # fmt: skip
    return form_of(
        _("Compensate"), fields, _("{ticket} · no rule says that anything is owed today").format(ticket=title)
    )
