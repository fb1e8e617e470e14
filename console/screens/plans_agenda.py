"""The forms of the list of what to do: a notice that a term ends, the step after a step; from the list or a draft."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from backends.port import Batch, CustomerFile
from backends.records import Contract, Ticket
from console.data import DataError
from console.data.renewals import renewal_rules
from console.desk.acts import renewals, steps
from console.desk.acts.scene import Scene
from console.desk.desk import Deed, Desk
from console.desk.local import OCCASION
from console.desk.picture import Picture
from console.i18n import _
from console.present import forms_agenda, notices
from console.present.labels import plain
from console.present.setting import Now
from console.rules.clocks import zone_of
from console.rules.renewals import RenewalRules, renewal
from console.screens.form import Plan
from widgets.views import FormView

if TYPE_CHECKING:
    from console.app import Cordboard
    from console.screens.acting import ActsOnCustomer

ACTION = "agenda"
"""What deeds and drafts of the list are kept under."""
NOTICE, STEP = "notice", "step"
REPLY = "reply"
"""The action that asks the sender of a paper for what is missing."""
Values = Mapping[str, str]
After = Callable[[Deed, Values], None]


def rules_of(desk: Desk) -> tuple[RenewalRules, DataError | None]:
    """Return the rules of renewals that a desk works by, and why its own file is not among them, if it is not."""
    try:
        return renewal_rules(desk.rules.renewals_file), None
    except DataError as error:
        return renewal_rules(), error


def _plan(
    app: Cordboard,
    picture: Picture,
    view: FormView,
    make: Callable[[Scene, Values], Batch],
    *,
    subject: str,
    about: str,
    after: After,
    focus: str,
) -> Plan:
    """Return a plan whose batch is made from the customer as they are when it is stored."""

    async def store(values: Values) -> Deed:
        scene = app.desk.scene(await app.desk.refreshed(picture))
        occasion = values.get(OCCASION, "")
        return await app.desk.do(make(scene, values), ACTION, customer_key=picture.key, about=about, occasion=occasion)

    return Plan(ACTION, picture.key, view, store, subject, focus, after, zone_of(picture.file.operator))


def _now(app: Cordboard, file: CustomerFile) -> Now:
    now = app.now()
    return Now(now.at, zone_of(file.operator), now.operators)


def _begun(app: Cordboard, picture: Picture, subject: str, known: Values) -> Values:
    draft = app.local.draft(picture.key, ACTION, subject)
    return draft.answers if draft is not None else known


def plan_notice(app: Cordboard, picture: Picture, contract: Contract, after: After) -> Plan | None:
    """Tell a customer that a term ends, begun with what the law wants named; None when it does not end any more."""
    file = picture.file
    now = _now(app, file)
    one = renewal(contract, file.operator, now.today, rules_of(app.desk)[0])
    if one is None:
        return None
    known = {"subject": notices.notice_subject(file, one), "note": notices.notice_text(file, app.desk.agent, one)}
    subject = f"{NOTICE}:{contract.key}"
    view = forms_agenda.give_notice(file, one, _begun(app, picture, subject, known), now)

    def make(scene: Scene, values: Values) -> Batch:
        current = next((found for found in scene.file.contracts if found.key == contract.key), contract)
        return renewals.give_notice(scene, current, values)

    about = _("notice {contract}").format(contract=plain(contract.number or contract.product))
    return _plan(app, picture, view, make, subject=subject, about=about, after=after, focus="note")


def plan_step(app: Cordboard, picture: Picture, ticket: Ticket, after: After) -> Plan:
    """Say that the next step was taken, and what comes after it."""
    subject = f"{STEP}:{ticket.key}"
    view = forms_agenda.step_taken(ticket, _begun(app, picture, subject, {}))

    def make(scene: Scene, values: Values) -> Batch:
        current = next((found for found in scene.file.tickets if found.key == ticket.key), ticket)
        return steps.step_taken(scene, current, values)

    about = plain(ticket.reference)
    return _plan(app, picture, view, make, subject=subject, about=about, after=after, focus="next_step")


def plan_for_draft(screen: ActsOnCustomer, subject: str) -> Plan | None:
    """Return the plan that a draft of the list belongs to, at the customer's own screen; None when it is settled."""
    picture = screen.picture
    if picture is None:
        return None
    kind, _colon, key = subject.partition(":")

    def after(_deed: Deed, _values: Values) -> None:
        screen.stored(done_words(kind))

    if kind == NOTICE:
        contract = next((one for one in picture.file.contracts if one.key == key), None)
        return plan_notice(screen.console_app, picture, contract, after) if contract is not None else None
    ticket = screen.tickets_by_key().get(key)
    return plan_step(screen.console_app, picture, ticket, after) if ticket is not None else None


def done_words(kind: str) -> str:
    """Return what is said when a form of the list was stored."""
    return _("Stored: the customer was told.") if kind == NOTICE else _("Stored: the step was taken.")
