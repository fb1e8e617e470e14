"""Reads the policies of clocks from `clocks.toml`, and an operator's own over them (R1, R2, R15, R42)."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from backends.records import TicketKind
from console.data import DataError
from console.data.tables import Table, tables_of
from console.i18n import N_, _
from console.rules.policies import End, Pause, Policies, Policy, PolicyError, Start, Unit

SHIPPED = Path(__file__).with_name("clocks.toml")
_MOST = 10_000
_FIELDS = frozenset({
    "clock", "count", "unit", "source", "kinds", "country", "operator", "channels", "starts", "ends", "told_by",
    "pauses_for", "legal", "from", "until", "warn_days", "consequence",
})  # fmt: skip

_WRONG = {
    "clock": N_('Name the clock, as in clock = "repair".'),
    "count": N_("Write a whole number of 1 or more."),
    "legal_pause": N_("A legal clock never pauses: leave out pauses_for, or legal where no law sets the time."),
    "kinds": N_('Say for which tickets, as in kinds = ["fault"]; a clock that ends = "answer" is for contacts alone.'),
    "dates": N_("It ends before it begins."),
    "source": N_("Say where the number comes from."),
}


def _pauses(table: Table) -> frozenset[Pause]:
    for one in table.texts("pauses_for"):
        if one != Pause.CUSTOMER:
            says = _("Only waiting for the customer stops a clock. A supplier's delay, or our own, never does: {who}.")
            raise table.wrong("pauses_for", says.format(who=one))
    return table.codes("pauses_for", Pause)


def _policy(table: Table) -> Policy:
    table.only(_FIELDS)
    try:
        return Policy(
            clock=table.text("clock", needed=True),
            count=table.whole("count", 1, _MOST),
            unit=table.code("unit", Unit),
            source=table.text("source", needed=True),
            kinds=table.codes("kinds", TicketKind),
            country=table.country(),
            operator=table.text("operator").upper(),
            channels=table.texts("channels"),
            starts=table.code("starts", Start, Start.FIRST_CONTACT),
            ends=table.code("ends", End, End.CLOSING),
            told_by=table.texts("told_by"),
            pauses_for=_pauses(table),
            legal=table.yes_no("legal"),
            since=table.needed_day("from"),
            until=table.day("until"),
            warn_days=table.whole("warn_days", 0, 365, 0),
            consequence=table.text("consequence"),
        )
    except PolicyError as error:
        raise table.wrong(error.field, _(_WRONG[error.code])) from error


def read(path: Path) -> tuple[Policy, ...]:
    """Return the policies of a file in its order; raises DataError that names line and field."""
    found: list[Policy] = []
    known: set[tuple[object, ...]] = set()
    for table in tables_of(path, "clock"):
        one = _policy(table)
        scopes = {
            (one.clock, one.country, one.operator, kind, one.channels, one.since) for kind in one.kinds or (None,)
        }
        if scopes & known:
            raise table.wrong("from", _("The same clock is set twice for the same cases and the same day."))
        known |= scopes
        found.append(one)
    return tuple(found)


@lru_cache(maxsize=8)
def policies(own: Path | None = None) -> Policies:
    """Return the shipped policies, with those of an operator's own file over them; raises DataError for a wrong one.

    A file is read once and kept: a changed one counts from the next start.
    """
    shipped = Policies(read(SHIPPED))
    return shipped if own is None else shipped.over(replace(one, own=True) for one in read(own))


__all__ = ["SHIPPED", "DataError", "policies", "read"]
