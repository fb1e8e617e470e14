"""Opening a form again where a draft of it was left."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from backends.records import TicketKind, TicketState
from console.actions import BY_ID, SHOWN, Need, why_not
from console.screens import plans, plans_people, plans_promises
from widgets.views import Tone


def resume(screen: Any, action: str, subject: str, words: str = "") -> None:
    """Open a form again where a draft of it was left; nothing happens when its record is gone.

    What the agent's role hides by now is refused with the reason, as the key is (R41); the draft stays.
    """
    if reason := _hidden(screen, action, subject):
        screen.say(reason, Tone.WARN)
        return
    simple = {"note": plans.plan_note, "fixed": plans.plan_fixed, "edit": plans_people.plan_edit}
    if action in simple:
        plans.open_plan(screen.console_app, simple[action](screen), words)
    elif action in ("promise", "call_back"):
        plans.open_plan(screen.console_app, plans_promises.plan_promise(screen, call_back=action == "call_back"), words)
    elif action in ("chase", "hand_over", "close"):
        ticket = screen.tickets_by_key().get(subject)
        if ticket is not None and ticket.state is not TicketState.CLOSED:
            chosen = {"chase": plans.plan_chase, "hand_over": plans.plan_hand_over, "close": plans.plan_close}[action]
            plans.open_plan(screen.console_app, chosen(screen, ticket), words)
    elif action in ("escalate", "visit"):
        from console.screens import plans_cases

        plan = plans_cases.resume(screen, action, subject)
        if plan is not None:
            plans.open_plan(screen.console_app, plan, words)
    elif action in ("script", "accept"):
        screen.resume_guide(action, subject, words)
    elif action == "ticket":
        kind, _colon, key = subject.partition(":")
        plans.open_plan(
            screen.console_app, plans.plan_ticket(screen, TicketKind(kind), screen.contact_by_key(key)), words
        )
    elif action in ("reply", "waive"):
        contact = screen.contact_by_key(subject)
        if action == "reply":
            plans.open_plan(screen.console_app, plans.plan_reply(screen, contact), words)
        elif contact is not None:
            plans.open_plan(screen.console_app, plans.plan_waive(screen, contact), words)
    elif action == "compensate":
        from console.screens.plans_compensation import plan_compensate

        ticket = screen.tickets_by_key().get(subject)
        if ticket is not None:
            plans.open_plan(screen.console_app, plan_compensate(screen, ticket), words)
    elif action == "agenda":
        from console.screens.plans_agenda import plan_for_draft

        begun = plan_for_draft(screen, subject)
        if begun is not None:
            plans.open_plan(screen.console_app, begun, words)
    elif action == "hold":
        from console.screens import plans_dispute

        plan = plans_dispute.resume(screen, subject)
        if plan is not None:
            plans.open_plan(screen.console_app, plan, words)
    elif action == "withdraw":
        one = screen.open_promises().get(subject)
        if one is not None:
            plans.open_plan(screen.console_app, plans_promises.plan_withdraw(screen, one), words)


def _hidden(screen: Any, action: str, subject: str) -> str:
    """Return why a form must not be opened: what it is about is hidden from the agent's role; empty when it is not."""
    if action not in BY_ID:
        return ""
    now = screen.console_app.circumstances()
    about = screen.contact_by_key(subject) if action in ("reply", "waive") else None
    shown = {Need.MONEY_SHOWN} & now.there
    if about is None or not screen.text_hidden(about):
        shown |= {Need.TEXT_SHOWN}
    there = (frozenset(Need) - SHOWN) | shown
    return why_not(BY_ID[action], replace(now, there=there))
