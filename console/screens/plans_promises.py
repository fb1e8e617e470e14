"""The forms of promises: what they begin with, who can own them, and a promise in a few words (R37)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from backends.port import Batch
from backends.records import Promise, Ticket
from console.desk.acts import promises
from console.desk.acts.scene import Scene
from console.i18n import _
from console.present import forms
from console.present.labels import plain
from console.screens.plans import Plan, begin, plan_for
from console.words import moment, word

if TYPE_CHECKING:
    from console.screens.acting import ActsOnCustomer

Values = Mapping[str, str]


def plan_promise(screen: ActsOnCustomer, *, call_back: bool, due: str = "") -> Plan:
    """Promise something or a call back, on the ticket that is meant."""
    assert screen.picture is not None
    action = "call_back" if call_back else "promise"
    ticket = screen.open_ticket()
    filled = dict(begin(screen, action, "", {}))
    if due:
        filled["due"] = due
    owners = _owners(screen, ticket)
    if filled.get("owner") and filled["owner"] not in owners:
        owners = (*owners, filled["owner"])
    view = forms.promise(screen.picture.file, filled, ticket, call_back=call_back, owners=owners)

    def make(scene: Scene, values: Values) -> Batch:
        return promises.promise(scene, {**values, "kind": "call_back" if call_back else "deed"}, ticket)

    return plan_for(screen, action, view, make, _("Promised."), focus="deed" if due else "due")


MOST_OWNERS = 12
"""Names to choose from; each needs a key of its own."""


def _owners(screen: ActsOnCustomer, ticket: Ticket | None) -> tuple[str, ...]:
    """Return who may be named as the owner of a promise: the agent, who has the ball, then the colleagues (R37)."""
    desk = screen.console_app.desk
    customer = screen.picture.file.customer if screen.picture is not None else None
    served = customer.operator_key if customer is not None else ""
    theirs = [one.name for one in desk.colleagues if not one.operator_keys or served in one.operator_keys]
    holder = [ticket.holder_name] if ticket is not None and ticket.holder_name else []
    return tuple(dict.fromkeys((desk.agent.name, *holder, *theirs)))[:MOST_OWNERS]


def plan_withdraw(screen: ActsOnCustomer, one: Promise) -> Plan:
    """Withdraw a promise."""
    view = forms.withdraw(one, begin(screen, "withdraw", one.key, {}))
    return plan_for(
        screen,
        "withdraw",
        view,
        lambda scene, values: promises.withdraw(scene, one, values),
        _("Promise withdrawn."),
        subject=one.key,
    )


def promise_words(screen: ActsOnCustomer, one: Promise) -> str:
    """Return a promise in a few words."""
    now = screen.now()
    when = moment(one.due_at, now.at, now.zone) if one.due_at else _("when it is over")
    return f"{when}: {plain(one.deed, 50) or word(one.kind)}"
