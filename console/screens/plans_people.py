"""The forms of people: correct what is known of a customer, take in a new one (R18)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from console.desk.acts import people
from console.desk.desk import Deed
from console.desk.local import OCCASION
from console.i18n import _
from console.present import forms
from console.present.labels import plain
from console.screens.plans import Plan, begin, draft_of, open_plan, plan_for
from widgets.views import Tone

if TYPE_CHECKING:
    from console.app import Cordboard
    from console.calls.call import Call
    from console.screens.acting import ActsOnCustomer

Values = Mapping[str, str]


def plan_edit(screen: ActsOnCustomer) -> Plan:
    """Correct what is known of the customer."""
    assert screen.picture is not None
    customer = screen.picture.file.customer
    shown = people.shown_points(customer)
    known = {
        "name": customer.name,
        "greeting_name": customer.greeting_name,
        "language": customer.language,
        "street": customer.place.street,
        "house": customer.place.house,
        "postcode": customer.place.postcode,
        "town": customer.place.town,
        "tone": customer.tone,
        **{field: point.value for field, point in shown.items()},
    }
    view = forms.correct_customer(screen.picture.file, begin(screen, "edit", "", known))
    return plan_for(screen, "edit", view, people.correct_customer, _("Corrected."))


def plan_new_customer(app: Cordboard, call: Call | None = None, number: str = "") -> None:
    """Take in somebody new, then open them; whoever rings with what is known of them, in a draft of their own.

    `number` names such a draft, where its call is gone.
    """
    desk = app.desk
    operators = [one for one in desk.operators.values() if not desk.operator_keys or one.key in desk.operator_keys]
    if not operators:
        app.say(_("No operator is known here yet: its source was never reached from this computer."), Tone.WARN)
        return
    typed = app.home.typed() if app.base_screen() is app.home else ""
    known = {"phone" if typed[:1] in "+0123456789" else "name": typed} if typed else {}
    number = call.number if call is not None and call.dialable else number
    if number:
        known = {"phone": number}
    if call is not None:
        known |= {"name": call.name} if any(map(str.isalpha, call.name)) else {}
        known |= {"operator": call.operator_key} if call.operator_key else {}
    view = forms.new_customer(operators, draft_of(app, "", "new_customer", number) or known)

    async def store(values: Values) -> Deed:
        chosen = values.get("operator") or (operators[0].key if operators else "")
        batch = people.new_customer(values, desk.operators[chosen], agent=desk.agent, now=desk.clock())
        return await desk.do(
            batch, "new_customer", about=plain(values.get("name", "")), occasion=values.get(OCCASION, "")
        )

    def after(deed: Deed, _values: Values) -> None:
        record = deed.receipt.changes[0].after
        if record is not None:
            deed.customer_key = record.key
            app.open_customer(record.key)

    open_plan(app, Plan("new_customer", "", view, store, number, after=after))
