"""The key table for reading: the help screen, `cordboard keys`, and `docs/keys.md`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.actions import ACTIONS, Action, Where
from console.flows import FLOWS, TYPED
from console.i18n import N_, _
from console.keynames import key_label, labels

PLACES: Mapping[Where, str] = {
    Where.ANYWHERE: N_("Everywhere"),
    Where.CUSTOMER: N_("With a customer open"),
    Where.LIST: N_("In a list"),
    Where.FORM: N_("In a form"),
    Where.OUTAGES: N_("In the list of outages"),
    Where.DRAFTS: N_("In the list of drafts"),
}

FIXED: Sequence[tuple[Where, tuple[str, ...], str]] = (
    (Where.LIST, ("up", "down", "pageup", "pagedown", "home", "end"), N_("Move the cursor")),
    (Where.LIST, ("enter",), N_("Open: a customer, a contact's text in place; again: close it")),
    (Where.LIST, ("tab", "shift+tab"), N_("Next pane, pane before")),
    (Where.FORM, ("tab", "shift+tab", "enter"), N_("Next question, question before; Enter in the last one saves")),
    (Where.FORM, ("f2", "ctrl+o"), N_("Save")),
    (Where.FORM, ("escape", "ctrl+g"), N_("Back; what you typed stays as a draft")),
    (Where.FORM, ("left", "right"), N_("Change a choice; its letter picks it")),
    (Where.OUTAGES, ("n",), N_("Raise an outage: something is brewing")),
    (Where.OUTAGES, ("c",), N_("Confirm a suspected outage")),
    (Where.OUTAGES, ("C",), N_("Confirm it at once, without a question")),
    (Where.OUTAGES, ("e",), N_("News: what is known now, the expected end, what to say")),
    (Where.OUTAGES, ("x",), N_("It is over: restored; every console is told")),
    (Where.OUTAGES, ("d",), N_("Dismiss a suspicion: it was no outage; every console is told")),
    (Where.OUTAGES, ("l",), N_("Who waits for a word: s sends all, e edits, c was called, x leaves out, a who is hit")),
    (Where.OUTAGES, ("w",), N_("What customers are told: v next language, e edits, y copies, p for everybody")),
    (Where.OUTAGES, ("enter",), N_("Read all that is known of an outage")),
    (Where.DRAFTS, ("enter",), N_("Go on with a draft")),
    (Where.DRAFTS, ("d", "x", "delete"), N_("Throw a draft away, after asking (also Backspace)")),
)
"""Keys that belong to widgets and cannot be changed."""


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One line of the table, in the operator's language."""

    where: Where
    keys: str
    label: str
    help: str
    command: str
    action: Action | None = None


def key_rows(keys: Mapping[str, Sequence[str]] | None = None) -> tuple[KeyRow, ...]:
    """Return the whole table; `keys` are the keys in force by action id, else those of the table."""
    rows: list[KeyRow] = []
    for where in PLACES:
        for action in ACTIONS:
            if action.where is where:
                used = (keys or {}).get(action.id, action.keys)
                command = f":{action.commands[0]}" if action.commands else ""
                rows.append(KeyRow(where, labels(used), _(action.label), _(action.help), command, action))
        for place, fixed, told in FIXED:
            if place is where:
                rows.append(KeyRow(where, labels(fixed), "", _(told), ""))
    return tuple(rows)


def markdown() -> str:
    """Return `docs/keys.md`: made from the action table, checked by a test."""
    lines = ["# Keys", "", "Made from the action table by `make docs`; change a key in the configuration:", ""]
    lines += ["```toml", "[interface.keys]", 'note = ["n"]', "```", ""]
    for where, title in PLACES.items():
        lines += [f"## {title}", "", "| keys | action | command | what it does |", "|---|---|---|---|"]
        for row in key_rows():
            if row.where is where:
                name = f"`{row.action.id}`" if row.action else ""
                command = f"`{row.command}`" if row.command else ""
                lines.append(f"| {row.keys} | {name} | {command} | {row.help} |")
        lines.append("")
    return "\n".join([*lines, *_flows()])


def _flows() -> list[str]:
    """Return how many keys the usual flows take; each is played so by a test, in the real program."""
    told = _("What is pressed besides text; {typed} is text. A test plays each flow in the real program.")
    lines = [f"## {_('How many keys a flow takes')}", "", told.format(typed=TYPED), ""]
    lines += ["| flow | keys | pressed | at most |", "|---|---|---|---|"]
    for flow in FLOWS:
        pressed = " ".join(key if key == TYPED else key_label(key) for key in flow.keys)
        lines.append(f"| {_(flow.label)} | {pressed} | {flow.count} | {flow.most} |")
    return [*lines, ""]
