"""The forms of the customer's actions: what they begin with, what they store, and what follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from backends.port import Batch
from backends.records import Channel, Contact, Ticket, TicketEvent, TicketKind, TicketState
from console.desk.acts import contacts, tickets
from console.desk.acts.calls import has_number, of_call
from console.desk.acts.scene import Scene, Unfit
from console.desk.desk import Deed
from console.desk.local import CALL, OCCASION
from console.i18n import _
from console.present import forms, letters
from console.present.calls import note_words
from console.present.labels import plain
from console.rules.asking import reply_channel
from console.rules.promises import is_open, is_told
from console.rules.standing import chases_by_ticket, without_identity
from console.screens.form import FormScreen, Plan
from console.screens.proposing import duplicate_banner, quiet_words
from console.words import word
from widgets.views import FormView

if TYPE_CHECKING:
    from console.app import Cordboard
    from console.calls.call import Call
    from console.screens.acting import ActsOnCustomer

Values = Mapping[str, str]

__all__ = ["Plan"]


def open_plan(app: Cordboard, plan: Plan, words: str = "") -> None:
    """Show a form, with the draft of it if there is one; `words` stand above it."""
    app.push_screen(FormScreen(plan, words))


def draft_of(app: Cordboard, customer: str, action: str, subject: str = "") -> Values | None:
    draft = app.local.draft(customer, action, subject)
    return draft.answers if draft is not None else None


def begin(screen: ActsOnCustomer, action: str, subject: str, filled: Values) -> Values:
    """Return the answers to begin with: the draft's, else those that are known."""
    draft = draft_of(screen.console_app, screen.key, action, subject)
    return draft if draft is not None else filled


def plan_for(
    screen: ActsOnCustomer,
    action: str,
    view: FormView,
    make: Callable[[Scene, Values], Batch],
    words: str,
    *,
    subject: str = "",
    about: str = "",
    focus: str = "",
    after: Callable[[Deed, Values], None] | None = None,
    retold: Callable[[str, Values], FormView | None] | None = None,
    calls: bool = True,
) -> Plan:
    """Return a plan whose batch is made from the customer as it is when it is stored.

    Without `calls` the batch says itself which call it is about (see `Desk.do`).
    """

    async def store(values: Values) -> Deed:
        batch = make(screen.scene(), values)
        return await screen.console_app.desk.do(
            batch,
            action,
            customer_key=screen.key,
            about=about or customer,
            occasion=values.get(OCCASION, ""),
            calls=calls,
        )

    customer = plain(screen.picture.file.customer.name) if screen.picture else ""

    def stored(_deed: Deed, _values: Values) -> None:
        screen.stored(words)

    phone = screen.console_app.phone
    theirs = phone.call_for(screen.key)
    kept = ((CALL, phone.kept(theirs)),) if theirs is not None and theirs.customer_key == screen.key else ()
    return Plan(action, screen.key, view, store, subject, focus, after or stored, screen.now().zone, retold, kept)


def _call_of_note(screen: ActsOnCustomer, draft: Values | None) -> Call | None:
    """Return the call that a note is about: a draft's own, whoever rings by now, else that of the customer.

    A draft that was begun without a call takes only one from a number that the customer is known to have.
    """
    phone = screen.console_app.phone
    if draft is None:
        return phone.call_for(screen.key)
    kept = screen.console_app.local.draft(screen.key, "note")
    if kept is not None and (call := phone.call_of(kept)) is not None:
        return call
    call = phone.call_for(screen.key)
    return call if call is not None and call.dialable and has_number(screen.scene(), call.number) else None


def plan_note(screen: ActsOnCustomer, words: str = "") -> Plan:
    """Log a contact: the note is where the cursor is, and the open ticket under the cursor is proposed."""
    assert screen.picture is not None
    ticket = screen.ticket() if screen.focused is not None and screen.focused.id == "tickets" else None
    known = {"ticket": ticket.key} if ticket is not None and ticket.state is not TicketState.CLOSED else {}
    phone, draft = screen.console_app.phone, draft_of(screen.console_app, screen.key, "note")
    began, call = screen.console_app.desk.clock(), _call_of_note(screen, draft)
    if call is not None:
        known |= {"channel": Channel.CALL, "direction": call.direction}
    filled = dict(draft if draft is not None else known)
    if words:
        filled["note"] = "\n".join(part for part in (filled.get("note", ""), words) if part)
    view = forms.log_contact(screen.picture.file, filled)
    if call is not None:
        view = replace(view, subtitle=f"{view.subtitle} · {note_words(call)}")

    def make(scene: Scene, values: Values) -> Batch:
        seconds = int((scene.now - began).total_seconds())
        batch = contacts.log_contact(scene, {**values, "seconds": str(seconds)})
        return of_call(batch, phone.as_it_is(call), scene.now) if call is not None else batch

    asked = Channel.CALL if call is not None else ""

    def retold(code: str, values: Values) -> FormView | None:
        if code in ("channel", "direction", "note", "ticket") and screen.picture is not None:
            again = forms.log_contact(screen.picture.file, values)
            about = "" if values.get("ticket") else quiet_words(screen, values.get("note", ""), asked)
            return replace(again, subtitle=about or view.subtitle)
        return None

    def after(deed: Deed, values: Values) -> None:
        if call is not None and values.get("channel") == Channel.CALL:
            phone.noted_one(call, screen.key)
        screen.wrapped_up(deed, values)

    plan = plan_for(screen, "note", view, make, "", focus="note", after=after, retold=retold, calls=False)
    return replace(plan, kept=((CALL, phone.kept(call)),) if call is not None else ())


def plan_ticket(screen: ActsOnCustomer, kind: TicketKind, about: Contact | None) -> Plan:
    """Open a ticket of a kind, about the contact under the cursor when that has none yet."""
    assert screen.picture is not None
    if about is not None and about.ticket_key:
        about = None
    subject = f"{kind}:{about.key if about else ''}"
    known = {"description": about.body if about.whole else "", "subject": about.subject} if about else {}
    filled = begin(screen, "ticket", subject, known)
    view = forms.open_ticket(screen.picture.file, kind, filled, screen.now(), about, screen.picture.hits)

    def make(scene: Scene, values: Values) -> Batch:
        current = _as_it_is_now(screen, about)
        return tickets.open_ticket(scene, {**values, "kind": kind}, current)

    warned = duplicate_banner(screen, filled, about)
    view = replace(view, banner=view.banner or warned)

    def retold(code: str, values: Values) -> FormView | None:
        if code not in ("description", "subject", "line") or about is not None or screen.picture is None:
            return None
        again = forms.open_ticket(screen.picture.file, kind, values, screen.now(), about, screen.picture.hits)
        return replace(again, banner=again.banner or duplicate_banner(screen, values, None))

    def after(deed: Deed, _values: Values) -> None:
        opened = next((one.after for one in deed.receipt.changes if isinstance(one.after, Ticket)), None)
        if opened is not None:
            deed.about = plain(opened.reference)
            words = _("Ticket {reference} is open.").format(reference=plain(opened.reference))
            screen.stored(words, ticket=opened.key)
            if opened.reference:  # one that is still on its way to its source has none yet
                screen.give_reference(opened, deed)

    return plan_for(screen, "ticket", view, make, "", subject=subject, after=after, retold=retold)


def _as_it_is_now(screen: ActsOnCustomer, contact: Contact | None) -> Contact | None:
    """Return a contact in the version that the screen shows now, with the whole body it was fetched with."""
    if contact is None:
        return None
    for one in screen.picture.entries if screen.picture else ():
        if isinstance(one, Contact) and one.key == contact.key and one.version != contact.version:
            return replace(one, body=contact.body, whole=contact.whole)
    return contact


def plan_chase(screen: ActsOnCustomer, ticket: Ticket) -> Plan:
    """Count a chase; what it says of the holder is what the agent reads out."""
    assert screen.picture is not None
    count = chases_by_ticket(screen.picture.file.chases).get(ticket.key, 0) + 1
    view = forms.chase(ticket, count, begin(screen, "chase", ticket.key, {}), screen.now())
    words = _("Chase number {n} on {reference} counted.").format(n=count, reference=plain(ticket.reference))
    return plan_for(
        screen,
        "chase",
        view,
        lambda scene, values: tickets.chase(scene, current(screen, ticket), values),
        words,
        subject=ticket.key,
        about=plain(ticket.reference),
    )


def current(screen: ActsOnCustomer, ticket: Ticket) -> Ticket:
    """Return the ticket as the screen knows it now: a colleague may have changed it while the form was open."""
    return screen.tickets_by_key().get(ticket.key, ticket)


def plan_hand_over(screen: ActsOnCustomer, ticket: Ticket) -> Plan:
    """Hand the ball on."""
    from console.screens.plans_guide import with_handover

    known = forms.filled_from_ticket(ticket)
    view = forms.hand_over(ticket, begin(screen, "hand_over", ticket.key, known))
    plan = plan_for(
        screen,
        "hand_over",
        view,
        lambda scene, values: tickets.hand_over(scene, current(screen, ticket), values),
        _("Handed over."),
        subject=ticket.key,
        about=plain(ticket.reference),
    )
    return with_handover(screen, plan, ticket)


def plan_close(screen: ActsOnCustomer, ticket: Ticket) -> Plan:
    """Close a ticket; how it went is proposed from what happened to it."""
    assert screen.picture is not None
    file = screen.picture.file
    promised = any(one.ticket_key == ticket.key and is_open(one) and is_told(one) for one in file.promises)
    proposed = tickets.class_of(screen.scene(), ticket, _events(screen))
    view = forms.close_ticket(ticket, begin(screen, "close", ticket.key, {}), proposed=proposed, promise_open=promised)

    def retold(code: str, values: Values) -> FormView | None:
        if code != "outcome":
            return None
        return forms.close_ticket(ticket, values, proposed=proposed, promise_open=promised)

    return plan_for(
        screen,
        "close",
        view,
        lambda scene, values: tickets.close(scene, current(screen, ticket), values, _events(screen)),
        _("Ticket {reference} is closed.").format(reference=plain(ticket.reference)),
        subject=ticket.key,
        about=plain(ticket.reference),
        focus="outcome",
        retold=retold,
    )


def _events(screen: ActsOnCustomer) -> list[TicketEvent]:
    """Return what is known of the tickets' histories, each event once."""
    assert screen.picture is not None
    shown = (one for one in screen.picture.entries if isinstance(one, TicketEvent))
    return list({one.key: one for one in (*screen.picture.waits, *shown)}.values())


def plan_fixed(screen: ActsOnCustomer) -> Plan:
    """Store what was fixed within the contact, as a case of its own or as the end of the fault that is open."""
    assert screen.picture is not None
    view = forms.fix_on_spot(screen.picture.file, begin(screen, "fixed", "", {}))

    def make(scene: Scene, values: Values) -> Batch:
        return tickets.fix_on_spot(scene, values, _events(screen))

    def after(deed: Deed, _values: Values) -> None:
        fixed = next((one.after for one in deed.receipt.changes if isinstance(one.after, Ticket)), None)
        if fixed is not None and fixed.outcome is not None:
            deed.about = plain(fixed.reference)
            words = _("{reference} is fixed: {outcome}.")
            screen.stored(words.format(reference=plain(fixed.reference), outcome=word(fixed.outcome)))

    return plan_for(screen, "fixed", view, make, "", focus="note", after=after)


def plan_reply(screen: ActsOnCustomer, to: Contact | None) -> Plan:
    """Write to the customer, begun from name, language and history (R16)."""
    assert screen.picture is not None
    app, file = screen.console_app, screen.picture.file
    ticket = screen.tickets_by_key().get(to.ticket_key) if to is not None else None
    ticket = ticket or (screen.open_ticket() if to is None else None)
    email, phone = contacts.point_for(file.customer, "email"), contacts.point_for(file.customer, "sms")
    channel = reply_channel(to, email is not None, phone is not None)
    point = contacts.point_for(file.customer, channel)
    if channel == Channel.FAX and point is None and not (to is not None and to.sender):
        channel = reply_channel(None, email is not None, phone is not None)  # a fax without a number to answer to
        point = contacts.point_for(file.customer, channel)
    begun = letters.begun(file, app.desk.agent, channel, to, ticket)
    asks = to is not None and without_identity(to)  # the request for the document is a whole message
    known = {
        "channel": channel,
        "to": (to.sender if to is not None and to.sender else "") or (point.value if point else ""),
        "subject": letters.subject_for(to, ticket),
        "body": begun.text,
        "ticket": ticket.key if ticket is not None and ticket.state is not TicketState.CLOSED else "",
    }
    subject = to.key if to is not None else ""
    filled = begin(screen, "reply", subject, known)
    cursor = begun.cursor if filled is known else None
    view = forms.reply(file, filled, screen.now(), to, cursor)
    about = plain(to.reference) if to is not None else ""

    def make(scene: Scene, values: Values) -> Batch:
        if values.get("body", "").split() == begun.text.split() and not asks:
            raise Unfit("body", "untouched")
        return contacts.reply(scene, values, _as_it_is_now(screen, to))

    return plan_for(
        screen, "reply", view, make, _("Message stored as sent."), subject=subject, about=about, focus="body"
    )


def plan_waive(screen: ActsOnCustomer, contact: Contact) -> Plan:
    """Say why a message needs no answer."""
    view = forms.waive(contact, begin(screen, "waive", contact.key, {}), screen.now())
    return plan_for(
        screen,
        "waive",
        view,
        lambda scene, values: contacts.waive_answer(scene, _as_it_is_now(screen, contact) or contact, values),
        _("No answer needed."),
        subject=contact.key,
        about=plain(contact.reference),
    )
