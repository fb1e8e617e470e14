"""The forms between the desk and billing: what they begin with, what they store (R39)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from backends.port import Batch
from backends.records import Dispute, Key
from console.desk.acts import disputes
from console.desk.acts.scene import Scene, Unfit, Values
from console.desk.desk import Deed
from console.desk.local import OCCASION
from console.i18n import _
from console.present import forms_dispute
from console.present.labels import plain
from console.screens.form import Plan
from widgets.views import FormView

if TYPE_CHECKING:
    from console.screens.acting import ActsOnCustomer

ACTION = "hold"
NEW = "new"
"""What a draft of a dispute that is not stored yet is about."""
ASK, ANSWER = "ask", "answer"


def _current(screen: ActsOnCustomer, key: Key) -> Dispute:
    """Return a dispute as it is now; raises Unfit when it is not there any more."""
    found = screen.picture.file.disputes if screen.picture is not None else ()
    for one in found:
        if one.key == key:
            return one
    raise Unfit("dispute", "decided")


def _plan(
    screen: ActsOnCustomer,
    subject: str,
    view: FormView,
    make: Callable[[Scene, Values], Batch],
    words: str,
    focus: str,
) -> Plan:
    assert screen.picture is not None
    app = screen.console_app
    about = plain(screen.picture.file.customer.name)

    async def store(values: Mapping[str, str]) -> Deed:
        batch = make(screen.scene(), values)
        occasion = values.get(OCCASION, "")
        return await app.desk.do(batch, ACTION, customer_key=screen.key, about=about, occasion=occasion)

    def after(_deed: Deed, _values: Mapping[str, str]) -> None:
        screen.stored(words)

    return Plan(ACTION, screen.key, view, store, subject, focus, after, screen.now().zone)


def _begun(screen: ActsOnCustomer, subject: str) -> Mapping[str, str]:
    draft = screen.console_app.local.draft(screen.key, ACTION, subject)
    return draft.answers if draft is not None else {}


def plan_new(screen: ActsOnCustomer) -> Plan:
    """Take down that the customer objects to a charge, and ask billing to wait."""
    assert screen.picture is not None
    file = screen.picture.file
    charges = disputes.unpaid(file.charges) or file.charges
    view = forms_dispute.new_dispute(charges, _begun(screen, NEW), screen.now())
    only = charges[0].key if len(charges) == 1 else ""

    def make(scene: Scene, values: Values) -> Batch:
        return disputes.open_dispute(scene, {"charge": only, **values})

    return _plan(screen, NEW, view, make, _("Dispute stored; billing sees it."), "reason")


def plan_ask(screen: ActsOnCustomer, one: Dispute) -> Plan:
    """Ask billing not to dun while a dispute is open."""
    subject = f"{ASK}:{one.key}"
    view = forms_dispute.ask_hold(one, _begun(screen, subject), screen.now())

    def make(scene: Scene, values: Values) -> Batch:
        return disputes.ask_hold(scene, _current(screen, one.key), values)

    return _plan(screen, subject, view, make, _("Billing is asked for a hold."), "note")


def plan_answer(screen: ActsOnCustomer, one: Dispute) -> Plan:
    """Answer for billing."""
    subject = f"{ANSWER}:{one.key}"
    view = forms_dispute.answer_hold(one, _begun(screen, subject), screen.now())

    def make(scene: Scene, values: Values) -> Batch:
        return disputes.answer_hold(scene, _current(screen, one.key), values)

    return _plan(screen, subject, view, make, _("Answered; the desk sees it."), "state")


def resume(screen: ActsOnCustomer, subject: str) -> Plan | None:
    """Return the form that a draft was left in, None when its dispute is gone."""
    if subject == NEW:
        return plan_new(screen)
    step, _colon, key = subject.partition(":")
    try:
        one = _current(screen, key)
    except Unfit:
        return None
    return plan_answer(screen, one) if step == ANSWER else plan_ask(screen, one)
