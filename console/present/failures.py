"""What went wrong, in words for an agent with a customer on the line: what it means and what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from backends import errors
from console.i18n import N_, _

UNFIT: Mapping[str, str] = {
    "needed": N_("Please fill this in."),
    "unknown": N_("This is not one of the choices."),
    "moment": N_("Not a time I can read. Try: tomorrow 10, in 1h, fri 14:30."),
    "moment_unclear": N_("This can mean two days. Type the date: 14.11. 9:00."),
    "moment_past": N_("This is in the past. Name a later day or time."),
    "moment_ahead": N_("This is still ahead; it asks for a day that has been."),
    "moment_none": N_("There is no such day or time."),
    "phone": N_("Not a telephone number. Type it as dialled, or with + and the country."),
    "email": N_("Not an e-mail address. It needs a name, @ and a host."),
    "reach_needed": N_("A telephone number or an e-mail address is needed to reach them."),
    "place_needed": N_("Say where: elements, postcodes or towns, one of them at least."),
    "open_promise": N_("A promise is open on this ticket: say why it is closed all the same."),
    "unchanged": N_("Nothing was changed."),
    "closed": N_("This ticket is closed. Press X to open it again."),
    "open": N_("This ticket is not closed."),
    "not_waiting": N_("This contact does not wait for an answer."),
    "not_open": N_("This promise is not open any more."),
    "over": N_("This outage is over."),
    "nobody": N_("Nobody is left to tell."),
    "cannot_follow": N_("An outage cannot go from its present state to that one."),
    "untouched": N_("Nothing was written yet: write between greeting and closing."),
    "joined": N_("This contact is joined to a ticket already. J takes it off again."),
    "not_joined": N_("This contact is not joined to that ticket."),
    "two_operators": N_("These are customers of two operators; each stays one of its own."),
    "of_another": N_("These belong to two customers."),
    "class_changed": N_("Say why it went otherwise than its history says."),
    "window_order": N_("The window ends before it begins."),
    "window_past": N_("This window is over already."),
    "window_overlaps": N_("Another visit stands in this window."),
    "window_long": N_("A window of more than a day tells nobody when to be at home."),
    "visit_ahead": N_("This visit has not begun yet."),
    "visit_over": N_("This visit is settled already."),
    "no_rung": N_("There is no such rung; choose one of the ladder."),
    "same_rung": N_("The case is on this rung already."),
    "number": N_("Not a number. Digits only, with one point or comma."),
    "too_small": N_("This number is too small."),
    "too_large": N_("This number is too large."),
    "too_short": N_("This is too short to be right."),
    "too_long": N_("This is longer than it can be."),
    "pattern": N_("This does not look as it should. Please ask again and compare."),
    "settled": N_("A colleague has settled this hand-over already."),
    "not_yours": N_("This was handed to another side; somebody there accepts it."),
    "other_brand": N_("This names another operator than the one it is sent for. Take it out."),
    "amount": N_("Not an amount I can read. Try: 12.50"),
    "amount_none": N_("Nothing is given with an amount of nothing."),
    "hold_asked": N_("Billing was asked already; it is on their list."),
    "decided": N_("This dispute is decided."),
    "identity_needed": N_("An identity document is missing."),
    "term_over": N_("This contract does not run any more, or has no end."),
    "told": N_("A colleague has told this customer already."),
    "no_address": N_("There is no address for this channel: choose another one."),
}
"""Why an answer in a form cannot be taken, by the code of `Unfit`."""


def unfit_words(code: str) -> str:
    """Return why an answer cannot be taken."""
    return _(UNFIT.get(code, UNFIT["needed"]))


def _fixed(text: str) -> Callable[[errors.BackendError], str]:
    return lambda _error: _(text)


def _version(error: errors.BackendError) -> str:
    assert isinstance(error, errors.WrongVersion)
    if error.newer:
        return _("This database was made by a newer cordboard. Update this program to open it.")
    return _("This database was made by an older cordboard. Run: cordboard db upgrade")


def _invalid(error: errors.BackendError) -> str:
    assert isinstance(error, errors.Invalid)
    return _("The store does not take this answer: {field}.").format(field=error.field)


_SAYS: tuple[tuple[type[errors.BackendError], Callable[[errors.BackendError], str]], ...] = (
    (errors.TimedOut, _fixed(N_("No answer in time. Your text is kept; try again."))),
    (errors.Busy, _fixed(N_("Another writer is busy. Your text is kept; try again in a moment."))),
    (errors.Unavailable, _fixed(N_("The records cannot be reached now. Your text is kept; try again."))),
    (errors.NotSignedIn, _fixed(N_("The source does not accept the credentials. Run: cordboard doctor"))),
    (errors.NotAllowed, _fixed(N_("You may not do this here."))),
    (errors.NotFound, _fixed(N_("This is not there any more; somebody removed it."))),
    (errors.Invalid, _invalid),
    (
        errors.Conflict,
        _fixed(N_("A colleague changed this meanwhile. You see it as it is now; look, then save again.")),
    ),
    (errors.Unsupported, _fixed(N_("This source cannot do that."))),
    (errors.WrongVersion, _version),
    (
        errors.Full,
        _fixed(N_("Disk full: NOTHING was saved. Your text stays here; tell a supervisor.")),
    ),
    (errors.Damaged, _fixed(N_("The database is damaged. Keep the file and run: cordboard db check"))),
)


def failure_words(error: errors.BackendError) -> str:
    """Return what a backend's error means and what to do; never its technical detail."""
    for kind, says in _SAYS:
        if isinstance(error, kind):
            return says(error)
    return _("Something went wrong. Your text is kept.")


_CAUSES: tuple[tuple[type[errors.BackendError], str], ...] = (
    (errors.TimedOut, N_("no answer in time")),
    (errors.Busy, N_("asks to slow down")),
    (errors.Unavailable, N_("no answer")),
    (errors.NotSignedIn, N_("does not accept the credentials")),
    (errors.NotAllowed, N_("does not allow it")),
    (errors.NotFound, N_("not there")),
    (errors.Conflict, N_("changed meanwhile")),
    (errors.Invalid, N_("does not take it")),
    (errors.Unsupported, N_("cannot do that")),
    (errors.Damaged, N_("damaged")),
)


def cause_words(error: errors.BackendError) -> str:
    """Return in a few words why a source does not give what was asked."""
    return next((_(words) for kind, words in _CAUSES if isinstance(error, kind)), _("failed"))
