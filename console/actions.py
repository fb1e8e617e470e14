"""Every user action, declared once: handler name, keys, label, help, where it works and what it needs.

Footer, help, palette, command line, `docs/keys.md`, rebinding and the reason why an action is disabled all come from
this table. Keys are those every thin terminal delivers: no Alt, no Shift with arrows or function keys, and a second
way beside every function key from F5 on and beside Escape.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from console.i18n import N_, _
from console.rules.roles import Right


class Where(StrEnum):
    """The places an action can be asked for."""

    ANYWHERE = "anywhere"
    HOME = "home"
    CUSTOMER = "customer"
    LIST = "list"
    FORM = "form"
    OUTAGES = "outages"
    DRAFTS = "drafts"


class Need(StrEnum):
    """What must be there before an action makes sense."""

    CUSTOMER = "customer"
    ENTRY = "entry"
    CONTACT = "contact"
    WAITING_CONTACT = "waiting_contact"
    TICKET = "ticket"
    OPEN_TICKET = "open_ticket"
    CLOSED_TICKET = "closed_ticket"
    PROMISE = "promise"
    WRITE = "write"
    OUTAGES = "outages"
    DEED = "deed"
    SEVERAL = "several"
    OUTAGE_HIT = "outage_hit"
    HANDOVER = "handover"
    DISPUTE = "dispute"
    HIDDEN = "hidden"
    CALLER = "caller"
    MONEY_SHOWN = "money_shown"
    TEXT_SHOWN = "text_shown"


SHOWN = frozenset({Need.MONEY_SHOWN, Need.TEXT_SHOWN})
"""What must be in sight: where a role hides it, what is there cannot be told from what is not (R41)."""

REASONS: Mapping[Need, str] = {
    Need.CUSTOMER: N_("Open a customer first: press / and type a name or a number."),
    Need.ENTRY: N_("There is no entry here."),
    Need.CONTACT: N_("Choose a contact in the history first."),
    Need.WAITING_CONTACT: N_("This entry does not wait for an answer."),
    Need.TICKET: N_("This customer has no ticket here. Press t to open one."),
    Need.OPEN_TICKET: N_("This customer has no open ticket. Press t to open one."),
    Need.CLOSED_TICKET: N_("This ticket is not closed."),
    Need.PROMISE: N_("There is no open promise."),
    Need.WRITE: N_("This source can only be read."),
    Need.OUTAGES: N_("This source knows no outages."),
    Need.SEVERAL: N_("This source keeps no links between people."),
    Need.OUTAGE_HIT: N_("No outage that is known hits this customer."),
    Need.HANDOVER: N_("Nothing was handed over here that waits to be accepted."),
    Need.DISPUTE: N_("There is no charge and no dispute here that billing could hold."),
    Need.HIDDEN: N_("Nothing is hidden from you here."),
    Need.CALLER: N_("Nobody rings from a number that this customer is not known to have."),
    Need.MONEY_SHOWN: N_("Your role does not see charges and disputes. V shows them for a while, with a reason."),
    Need.TEXT_SHOWN: N_("Your role does not see this text. V shows it for a while, with a reason."),
    Need.DEED: N_("Nothing was done yet that could be taken back."),
}

RIGHT_REASONS: Mapping[Right, str] = {
    Right.WRITE: N_("Your role may read but not write."),
    Right.REPLY: N_("Your role does not answer customers in writing."),
    Right.OUTAGE_SUSPECT: N_("Your role does not raise outages."),
    Right.OUTAGE_DECIDE: N_("Only the technical service and supervisors decide on outages."),
    Right.COMPENSATE: N_("Your role does not grant compensation."),
    Right.HOLD_DECIDE: N_("Only billing and supervisors decide on holds."),
    Right.REVEAL: N_("Your role may not see this. Ask a colleague at the desk."),
    Right.FORGET: N_("Only a supervisor may erase personal data."),
    Right.AUDIT: N_("Only a supervisor may read the audit trail."),
}


@dataclass(frozen=True, slots=True)
class Action:
    """One thing an agent can ask for.

    `id` names it in the configuration and in `:` commands; `do` is the handler `action_<do>` of app or screen with its
    argument, if any. The first key is shown; `weight` decides who stays in a short bottom line (0: never shown there).
    """

    id: str
    keys: tuple[str, ...]
    label: str
    help: str
    where: Where
    do: str
    needs: tuple[Need, ...] = ()
    right: Right | None = None
    weight: int = 0
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is true now: decides which actions can be done."""

    there: frozenset[Need] = frozenset()
    rights: frozenset[Right] = frozenset()


_W = (Need.CUSTOMER, Need.WRITE)

ACTIONS: tuple[Action, ...] = (
    # everywhere ---------------------------------------------------------------------------------------------------
    Action("find", ("slash",), N_("Find"), N_("Find a customer; in the history: find words in it"),
           Where.ANYWHERE, "find", weight=100, commands=("find", "customer")),
    Action("call", ("f3", "ctrl+n"), N_("New call"), N_("Find the next caller; a number typed anywhere does it too"),
           Where.ANYWHERE, "call", weight=58, commands=("call",)),
    Action("back", ("escape", "ctrl+g", "q"), N_("Back"), N_("Go back one step; a draft is kept"),
           Where.ANYWHERE, "back", weight=30, commands=("back",)),
    Action("palette", ("colon", "f9"), N_("Commands"), N_("All commands: type a part of a name, or a whole command"),
           Where.ANYWHERE, "palette", weight=40, commands=("commands",)),
    Action("help", ("question_mark", "f1"), N_("Help"), N_("The keys that work here"),
           Where.ANYWHERE, "help", weight=50, commands=("help",)),
    Action("undo", ("u",), N_("Undo"), N_("Take back the last thing you stored"),
           Where.ANYWHERE, "undo", needs=(Need.DEED,), weight=20, commands=("undo",)),
    Action("log", ("L",), N_("Done so far"), N_("What you did since you started, and what can be taken back"),
           Where.ANYWHERE, "log", commands=("log",)),
    Action("outages", ("o", "f7"), N_("Outages"), N_("Outages: see, raise, confirm, update, restore"),
           Where.ANYWHERE, "outages", needs=(Need.OUTAGES,), weight=45, commands=("outages", "outage")),
    Action("queue", ("w", "f6"), N_("Waiting"), N_("Messages that nobody answered, oldest first"),
           Where.ANYWHERE, "queue", weight=35, commands=("queue", "waiting")),
    Action("drafts", ("D", "f5"), N_("Drafts"), N_("What you began to write and did not store"),
           Where.ANYWHERE, "drafts", commands=("drafts",)),
    Action("outbox", ("O",), N_("Not sent yet"), N_("What you stored and its source did not take yet"),
           Where.ANYWHERE, "outbox", commands=("outbox",)),
    Action("agenda", ("M", "f4"), N_("My list"), N_("What to do now: promises, messages, hand-overs, in order"),
           Where.ANYWHERE, "agenda", weight=47, commands=("agenda", "todo")),
    Action("script", ("Q", "ctrl+t"), N_("Questions"), N_("Go through the questions of a matter, one by one"),
           Where.ANYWHERE, "script", needs=(Need.WRITE,), right=Right.WRITE, weight=57, commands=("script", "guide")),
    Action("calls", ("I", "ctrl+y"), N_("Calls"), N_("The calls of today: who rings, who waits, whom to call back"),
           Where.ANYWHERE, "calls", commands=("calls",)),
    Action("sources", ("S",), N_("Sources"), N_("Where all this comes from: fresh, stale or failed, and why"),
           Where.ANYWHERE, "sources", commands=("sources",)),
    Action("new_customer", ("N", "f8"), N_("New customer"), N_("Take in somebody who asks for the first time"),
           Where.ANYWHERE, "new_customer", needs=(Need.WRITE,), right=Right.WRITE, weight=8, commands=("new",)),
    Action("theme", ("T",), N_("Theme"), N_("Next colour theme"), Where.ANYWHERE, "next_theme", commands=("theme",)),
    Action("repaint", ("ctrl+l",), N_("Repaint"), N_("Paint the whole screen again"), Where.ANYWHERE, "repaint",
           commands=("repaint",)),
    Action("reload", ("ctrl+r",), N_("Reload"), N_("Read everything on screen again"), Where.ANYWHERE, "reload",
           commands=("reload",)),
    Action("leave", ("f10", "ctrl+q"), N_("Leave"), N_("End the console; drafts are kept"), Where.ANYWHERE, "leave",
           commands=("quit", "q", "leave", "exit")),
    # an open customer ---------------------------------------------------------------------------------------------
    Action("note", ("n",), N_("Log contact"), N_("Write down a call, visit or message while it happens"),
           Where.CUSTOMER, "note", needs=_W, right=Right.WRITE, weight=95, commands=("note",)),
    Action("ticket", ("t",), N_("Ticket"), N_("Open a ticket; from a contact in the history, about that contact"),
           Where.CUSTOMER, "ticket", needs=_W, right=Right.WRITE, weight=90, commands=("ticket",)),
    Action("chase", ("c",), N_("Chase"), N_("The customer asks again about an open ticket"),
           Where.CUSTOMER, "chase", needs=(*_W, Need.OPEN_TICKET), right=Right.WRITE, weight=85, commands=("chase",)),
    Action("reply", ("r",), N_("Reply"), N_("Answer the chosen message, or write to the customer"),
           Where.CUSTOMER, "reply", needs=(*_W, Need.TEXT_SHOWN), right=Right.REPLY, weight=88,
           commands=("reply", "write")),
    Action("promise", ("p",), N_("Promise"), N_("Promise something, with its time in plain words"),
           Where.CUSTOMER, "promise", needs=_W, right=Right.WRITE, weight=80, commands=("promise",)),
    Action("call_back", ("b",), N_("Call back"), N_("Promise to call back, with the time in plain words"),
           Where.CUSTOMER, "call_back", needs=_W, right=Right.WRITE, weight=60, commands=("callback",)),
    Action("kept", ("K",), N_("Kept"), N_("A promise was kept"),
           Where.CUSTOMER, "kept", needs=(*_W, Need.PROMISE), right=Right.WRITE, commands=("kept",)),
    Action("withdraw", ("W",), N_("Withdraw"), N_("A promise cannot be kept; say why"),
           Where.CUSTOMER, "withdraw", needs=(*_W, Need.PROMISE), right=Right.WRITE, commands=("withdraw",)),
    Action("fixed", ("f",), N_("Fixed now"), N_("Fixed within this contact: stored as a case, right first time"),
           Where.CUSTOMER, "fixed", needs=_W, right=Right.WRITE, weight=75, commands=("fixed",)),
    Action("hand_over", ("h",), N_("Hand over"), N_("Who has the ball now, the next step and its date"),
           Where.CUSTOMER, "hand_over", needs=(*_W, Need.OPEN_TICKET), right=Right.WRITE, weight=55,
           commands=("hand",)),
    Action("close", ("x",), N_("Close"), N_("Close the ticket and say how it went"),
           Where.CUSTOMER, "close_ticket", needs=(*_W, Need.OPEN_TICKET), right=Right.WRITE, weight=70,
           commands=("close",)),
    Action("attach", ("l",), N_("Attach"), N_("Attach the caller to the outage: no ticket, word when it is over"),
           Where.CUSTOMER, "attach", needs=(*_W, Need.OUTAGE_HIT), right=Right.WRITE, weight=94, commands=("attach",)),
    Action("join", ("J",), N_("Join"), N_("Join a contact to its ticket, or two tickets that are one matter"),
           Where.CUSTOMER, "join", needs=(*_W, Need.TICKET), right=Right.WRITE, weight=52, commands=("join", "part")),
    Action("accept", ("H",), N_("Accept"), N_("Take over what was handed to you, or decline it with a reason"),
           Where.CUSTOMER, "accept", needs=(*_W, Need.HANDOVER), right=Right.WRITE, weight=56,
           commands=("accept", "decline")),
    Action("escalate", ("E",), N_("Escalate"), N_("One rung up, or down, the ladder; say why"),
           Where.CUSTOMER, "escalate", needs=(*_W, Need.OPEN_TICKET), right=Right.WRITE, commands=("escalate",)),
    Action("visit", ("P",), N_("Visit"), N_("Plan an engineer's visit, or say what became of it"),
           Where.CUSTOMER, "visit", needs=(*_W, Need.OPEN_TICKET), right=Right.WRITE, commands=("visit",)),
    Action("compensate", ("C",), N_("Compensate"), N_("What is owed today, and goodwill: recorded on the ticket"),
           Where.CUSTOMER, "compensate", needs=(*_W, Need.MONEY_SHOWN, Need.TICKET), right=Right.COMPENSATE,
           commands=("compensate",)),
    Action("hold", ("B",), N_("Billing"), N_("Ask billing to hold a charge that is disputed, or answer it"),
           Where.CUSTOMER, "hold", needs=(*_W, Need.MONEY_SHOWN, Need.DISPUTE), right=Right.WRITE,
           commands=("hold", "dispute")),
    Action("reveal", ("V",), N_("Reveal"), N_("See for five minutes what your role hides; say why"),
           Where.CUSTOMER, "reveal", needs=(Need.CUSTOMER, Need.HIDDEN), right=Right.REVEAL, commands=("reveal",)),
    Action("reopen", ("X",), N_("Reopen"), N_("Open a closed ticket again"),
           Where.CUSTOMER, "reopen", needs=(*_W, Need.CLOSED_TICKET), right=Right.WRITE, commands=("reopen",)),
    Action("reference", ("y",), N_("Reference"), N_("Show the reference large, spelled, and copy it"),
           Where.CUSTOMER, "reference", needs=(Need.CUSTOMER, Need.TICKET), weight=78, commands=("reference",)),
    Action("answered", ("a",), N_("Answered"), N_("This message was answered in another way"),
           Where.CUSTOMER, "answered", needs=(*_W, Need.WAITING_CONTACT, Need.TEXT_SHOWN),
           right=Right.REPLY, weight=50,
           commands=("answered",)),
    Action("waive", ("A",), N_("No answer"), N_("This message needs no answer; say why"),
           Where.CUSTOMER, "waive", needs=(*_W, Need.WAITING_CONTACT, Need.TEXT_SHOWN),
           right=Right.REPLY, commands=("waive",)),
    Action("edit", ("e",), N_("Correct"), N_("Correct name, telephone, e-mail, place, tone"),
           Where.CUSTOMER, "edit", needs=_W, right=Right.WRITE, weight=15, commands=("edit",)),
    Action("bind", ("number_sign",), N_("Bind number"), N_("The caller's number is this customer's from now on"),
           Where.CUSTOMER, "bind", needs=(*_W, Need.CALLER), right=Right.WRITE, commands=("bind",)),
    Action("same", ("equals_sign",), N_("Same person"),
           N_("Say who is the same person, elsewhere or under another number, or is not"),
           Where.CUSTOMER, "same", needs=(*_W, Need.SEVERAL), right=Right.WRITE, commands=("same", "link")),
    Action("details", ("i",), N_("Details"), N_("Lines, network path, contracts, charges, disputes, authorised people"),
           Where.CUSTOMER, "details", needs=(Need.CUSTOMER,), weight=25, commands=("details",)),
    Action("channel", ("v",), N_("Channel"), N_("Show one channel only; again: the next one"),
           Where.CUSTOMER, "next_channel", needs=(Need.CUSTOMER,), commands=("channel",)),
    Action("direction", ("d",), N_("Direction"), N_("Show what came in, what went out, or both"),
           Where.CUSTOMER, "next_direction", needs=(Need.CUSTOMER,), commands=("direction",)),
    Action("unanswered", ("s",), N_("Unanswered"), N_("Show only what waits for an answer"),
           Where.CUSTOMER, "only_waiting", needs=(Need.CUSTOMER,), commands=("unanswered",)),
    Action("of_ticket", ("m",), N_("This ticket"), N_("Show only what belongs to the chosen ticket"),
           Where.CUSTOMER, "only_ticket", needs=(Need.CUSTOMER, Need.TICKET), commands=("only",)),
    Action("no_filter", ("backspace",), N_("All"), N_("Show the whole history again"),
           Where.CUSTOMER, "no_filter", needs=(Need.CUSTOMER,), commands=("all",)),
    Action("read", ("z",), N_("Read"), N_("Read the entry on the full screen"),
           Where.CUSTOMER, "read", needs=(Need.CUSTOMER, Need.ENTRY), weight=10, commands=("read",)),
    Action("fold", ("space",), N_("Fold"), N_("Fold or unfold the thread"),
           Where.CUSTOMER, "fold", needs=(Need.CUSTOMER,), commands=("fold",)),
    # lists --------------------------------------------------------------------------------------------------------
    Action("down", ("j",), N_("Down"), N_("One row down (also the arrow)"), Where.LIST, "row('down')"),
    Action("up", ("k",), N_("Up"), N_("One row up (also the arrow)"), Where.LIST, "row('up')"),
    Action("top", ("g",), N_("Top"), N_("First row (also Home)"), Where.LIST, "row('home')"),
    Action("bottom", ("G",), N_("Bottom"), N_("Last row (also End)"), Where.LIST, "row('end')"),
)  # fmt: skip

BY_ID: Mapping[str, Action] = {action.id: action for action in ACTIONS}


def why_not(action: Action, now: Circumstances) -> str:
    """Return, in the operator's words, why an action cannot be done now; empty when it can.

    What a role hides is called hidden before anything is called absent, with the way to see it where the role has one.
    """
    missing = next((need for need in action.needs if need not in now.there), None)
    if missing in SHOWN and Right.REVEAL not in now.rights:
        return _(RIGHT_REASONS[Right.REVEAL])
    if missing is not None and missing not in SHOWN:
        return _(REASONS[missing])
    if action.right is not None and action.right not in now.rights:
        return _(RIGHT_REASONS[action.right])
    return _(REASONS[missing]) if missing is not None else ""


def command_named(word: str, actions: Iterable[Action] = ACTIONS) -> Action | None:
    """Return the action that a `:` command names, by its whole word, its id, or an unambiguous beginning."""
    word = word.strip().lower()
    if not word:
        return None
    begun: dict[str, Action] = {}
    for action in actions:
        names = (action.id, *action.commands)
        if word in names:
            return action
        if any(name.startswith(word) for name in names):
            begun[action.id] = action
    return next(iter(begun.values())) if len(begun) == 1 else None
