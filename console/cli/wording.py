"""What a backend's error means to who typed the command, and its exit code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from backends import errors
from console.cli import codes
from console.i18n import N_, _

E = TypeVar("E", bound=errors.BackendError)

_CAPABILITIES = {
    "search": N_("searching"),
    "text_search": N_("searching in texts"),
    "write": N_("changing anything"),
    "outages": N_("outages"),
    "queue": N_("the queue of unanswered messages"),
    "audit": N_("an audit trail"),
    "export": N_("exporting a person's data"),
    "forget": N_("erasing a person's data"),
    "keep": N_("checks, backups and upgrades"),
}

_FIELD_CODES = {
    "required": N_("must not be empty"),
    "empty": N_("must not be empty"),
    "too_long": N_("is too long"),
    "unknown": N_("names something that does not exist"),
    "taken": N_("is in use already"),
    "order": N_("comes before what it must follow"),
    "naive": N_("has no time zone"),
}


def worded(error: errors.BackendError, url: str) -> tuple[str, int]:
    """Return one line for standard error (without the program's name) and the exit code."""
    say, code = next((say, code) for kind, say, code in _TABLE if isinstance(error, kind))
    where = error.source or without_secret(url)
    return (f"{where}: {say(error)}" if where else say(error)), code


def without_secret(url: str) -> str:
    """Return `url` without user name and password, fit for a message."""
    scheme, mark, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{mark}{authority.rpartition('@')[2]}{slash}{path}"


def _detailed(says: str, error: errors.BackendError) -> str:
    return f"{says} ({error.detail})" if error.detail else says


def _busy(error: errors.BackendError) -> str:
    after = getattr(error, "retry_after", None)
    if after:
        return _("is busy; try again in {n} seconds").format(n=round(after) or 1)
    return _("is busy with another writer; try again in a moment")


def _not_signed_in(error: errors.BackendError) -> str:
    says = _("did not accept the credentials; run: cordboard login {source}")
    return says.format(source=error.source or _("SOURCE"))


def _invalid(error: errors.BackendError) -> str:
    assert isinstance(error, errors.Invalid)
    wrong = _FIELD_CODES.get(error.code)
    if wrong is None:
        return _("the field {field} cannot be stored like this ({detail})").format(
            field=error.field, detail=error.detail
        )
    return f"{error.field} {_(wrong)}"


def _unsupported(error: errors.BackendError) -> str:
    assert isinstance(error, errors.Unsupported)
    if error.capability == "scheme":
        from backends.registry import schemes

        says = _("no backend can open this URL ({detail}); known schemes: {schemes}")
        return says.format(detail=error.detail, schemes=", ".join(schemes()) or "-")
    what = _CAPABILITIES.get(error.capability)
    return _("does not offer {what}").format(what=_(what) if what else error.capability)


def _version(error: errors.BackendError) -> str:
    assert isinstance(error, errors.WrongVersion)
    if error.newer:
        says = _("was made by a newer cordboard ({found}; this one knows {known}); update cordboard to open it")
    else:
        says = _("was made by an older cordboard ({found}; this one needs {known}); run: cordboard db upgrade")
    return says.format(found=error.found, known=error.known)


def _fixed(text: str, *, detail: bool = False) -> Callable[[errors.BackendError], str]:
    return lambda error: _detailed(_(text), error) if detail else _(text)


_TABLE: tuple[tuple[type[errors.BackendError], Callable[[errors.BackendError], str], int], ...] = (
    (errors.TimedOut, _fixed(N_("gave no answer in time; try again")), codes.TRY_AGAIN),
    (errors.Busy, _busy, codes.TRY_AGAIN),
    (errors.Unavailable, _fixed(N_("cannot be reached"), detail=True), codes.UNAVAILABLE),
    (errors.NotSignedIn, _not_signed_in, codes.NOT_ALLOWED),
    (errors.NotAllowed, _fixed(N_("this agent may not do that"), detail=True), codes.NOT_ALLOWED),
    (errors.NotFound, _fixed(N_("there is no such record"), detail=True), codes.FAILED),
    (errors.Invalid, _invalid, codes.DATA),
    (
        errors.Conflict,
        _fixed(N_("somebody changed this record meanwhile; look at it again, then repeat")),
        codes.TRY_AGAIN,
    ),
    (errors.Refused, _fixed(N_("the answer is no"), detail=True), codes.FAILED),
    (errors.Unsupported, _unsupported, codes.UNAVAILABLE),
    (errors.WrongVersion, _version, codes.DATA),
    (errors.Full, _fixed(N_("there is no room to write; nothing was stored")), codes.CANNOT_CREATE),
    (
        errors.Damaged,
        _fixed(N_("is damaged; keep the file and run: cordboard db check"), detail=True),
        codes.DATA,
    ),
    (errors.BackendError, _fixed(N_("failed"), detail=True), codes.FAILED),
)
"""Most special first."""
