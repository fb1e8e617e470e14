"""The forms between the desk and billing: a dispute, asking for a hold, billing's answer (R39); and a reveal (R41)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from backends.port import CustomerFile
from backends.records import Area, Charge, Dispute, DisputeState, Money
from console.i18n import _
from console.present.labels import plain
from console.present.questions import NONE, Filled, choice, form_of, keyed, pick, text_line, text_lines
from console.present.setting import Now
from console.words import day, joined, moment, money, word
from widgets.views import ChoiceView, FormView

MOST_CHARGES = 8
"""Charges that a form offers: those that can still be held."""
OTHER = "other"
"""In the place of a dispute's key: one more."""
WITHDRAW = "withdraw"
"""In the place of a dispute's key: the customer does not object any more."""
EVERY_AREA = "all"


def amount_words(amount: Money | None) -> str:
    """Return an amount in words, nothing for none."""
    return money(amount.minor, amount.currency) if amount else ""


def charge_words(one: Charge, now: Now) -> str:
    """Return a charge in a few words: what, how much, and when it is dunned."""
    parts = [plain(one.text, 30), amount_words(one.amount)]
    if one.dunning_on is not None:
        parts.append(_("dunning {day}").format(day=day(one.dunning_on, now.today)))
    return " · ".join(part for part in parts if part)


def dispute_words(one: Dispute, now: Now) -> str:
    """Return a dispute in a few words: since when, how much, why, and how it stands."""
    parts = [moment(one.opened_at, now.at, now.zone, short=True), amount_words(one.amount), plain(one.reason, 40)]
    return " · ".join(part for part in (*parts, word(one.state)) if part)


def new_dispute(unpaid: Sequence[Charge], filled: Filled, now: Now) -> FormView:
    """Return the form of an objection: to which charge, why, and whether billing is asked to wait."""
    offered = [choice(one.key, charge_words(one, now)) for one in unpaid[:MOST_CHARGES]]
    fields = []
    if len(offered) > 1:
        every = choice(NONE, _("all of these"))
        fields.append(pick("charge", _("What is wrong"), (*offered, every), filled, default=offered[0].code))
    fields.append(text_lines("reason", _("Why"), filled, needed=True, height=3, hint=_("in the customer's words")))
    asked = (choice("yes", _("ask for a hold"), "y"), choice("no", _("do not ask"), "n"))
    fields.append(pick("hold", _("Billing"), asked, filled, default="yes"))
    subtitle = charge_words(unpaid[0], now) if len(unpaid) == 1 else ""
    return form_of(_("Dispute a charge"), fields, subtitle)


def ask_hold(one: Dispute, filled: Filled, now: Now) -> FormView:
    """Return the form that asks billing to wait."""
    fields = [text_lines("note", _("For billing"), filled, height=3, hint=_("what they should know; may be empty"))]
    return form_of(_("Ask billing for a hold"), fields, dispute_words(one, now), _("Ask"))


def answer_hold(one: Dispute, filled: Filled, now: Now) -> FormView:
    """Return the form of billing's answer."""
    answers = (
        choice(DisputeState.ON_HOLD, _("dunning waits"), "h"),
        choice(DisputeState.OPEN, _("no hold: dunning goes on, and so does the dispute"), "n"),
        choice(DisputeState.REFUSED, _("refused: the charge stands"), "r"),
        choice(DisputeState.UPHELD, _("the customer is right"), "u"),
        choice(DisputeState.WITHDRAWN, _("taken back"), "t"),
    )
    fields = [
        pick("state", _("Answer"), answers, filled, default=DisputeState.ON_HOLD),
        text_line("answer", _("In words"), filled, hint=_("needed when it is refused; the desk reads it to them")),
    ]
    return form_of(_("Answer a hold"), fields, dispute_words(one, now), _("Answer"))


def disputes_to_pick(file: CustomerFile, live: Sequence[Dispute], now: Now, *, more: bool) -> tuple[ChoiceView, ...]:
    """Return the disputes that can be gone on with; with `more` also a further one, and taking one back."""
    found = [choice(one.key, dispute_words(one, now), str(number)) for number, one in enumerate(live[:8], start=1)]
    if more and file.charges:
        found.append(choice(OTHER, _("dispute another charge"), "o"))
    if more:
        found.append(choice(WITHDRAW, _("the customer takes it back"), "w"))
    return keyed(found)


def reveal(areas: Sequence[Area], minutes: int) -> FormView:
    """Return the form that opens what a role hides: what, and why."""
    fields = []
    if len(areas) > 1:
        every = choice(EVERY_AREA, _("all of it"))
        fields.append(pick("area", _("See"), (*(choice(one, word(one)) for one in areas), every), {}, default=areas[0]))
    fields.append(text_line("reason", _("Why"), {}, needed=True, hint=_("kept on the audit trail, with your name")))
    what = joined([word(one) for one in areas])
    view = form_of(_("Reveal"), fields, _("{what}, for {n} minutes").format(what=what, n=minutes), _("Show"))
    return replace(view, cancel_words=_("Back"))
