"""Reads the tariffs of compensation from `compensation.toml`, and an operator's own over them (R33)."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from backends.records import TicketKind
from console.data import DataError
from console.data.tables import Table, tables_of
from console.i18n import N_, _
from console.rules.compensation import After, Step, Tariff, TariffError, Tariffs

SHIPPED = Path(__file__).with_name("compensation.toml")
_FIELDS = frozenset({
    "name", "country", "operator", "currency", "kinds", "services", "symptoms", "consumers", "after", "grace", "clock",
    "from_days", "amounts", "percents", "most", "once", "from", "until", "source",
})  # fmt: skip

_WRONG = {
    "kinds": N_('Say for which tickets, as in kinds = ["fault"].'),
    "steps": N_("Write as many from_days as amounts, rising, the first of them 1."),
    "dates": N_("It ends before it begins."),
    "clock": N_('Name the clock after which it pays, as in clock = "answer", with after = "clock" and only with it.'),
}


def _steps(table: Table) -> tuple[Step, ...]:
    amounts = table.amounts("amounts")
    percents = table.wholes("percents", 0, 1_000) or (0,) * len(amounts)
    days = table.wholes("from_days", 1, 10_000) or (1,)
    if not len(amounts) == len(percents) == len(days):
        raise table.wrong("amounts", _("Write as many amounts as percents and from_days."))
    return tuple(Step(*one) for one in zip(days, amounts, percents, strict=True))


def _tariff(table: Table) -> Tariff:
    table.only(_FIELDS)
    currency = table.text("currency", needed=True).upper()
    if not re.fullmatch("[A-Z]{3}", currency):
        raise table.wrong("currency", _('Write the three letters of a currency, as in "EUR".'))
    try:
        return Tariff(
            name=table.text("name", needed=True),
            currency=currency,
            source=table.text("source", needed=True),
            kinds=table.codes("kinds", TicketKind),
            after=table.code("after", After),
            steps=_steps(table),
            since=table.needed_day("from"),
            until=table.day("until"),
            country=table.country(),
            operator=table.text("operator").upper(),
            grace=table.whole("grace", 0, 3_650, 0),
            clock=table.text("clock"),
            most=table.amount("most"),
            services=table.texts("services"),
            symptoms=table.texts("symptoms"),
            consumers=table.yes_no("consumers"),
            once=table.yes_no("once"),
        )
    except TariffError as error:
        raise table.wrong(error.field, _(_WRONG[error.code])) from error


def read(path: Path) -> tuple[Tariff, ...]:
    """Return the tariffs of a file in its order; raises DataError that names line and field."""
    found: list[Tariff] = []
    known: set[tuple[object, ...]] = set()
    for table in tables_of(path, "tariff"):
        one = _tariff(table)
        scope = (one.name, one.country, one.operator, one.since)
        if scope in known:
            raise table.wrong("from", _("The same tariff is set twice for the same cases and the same day."))
        known.add(scope)
        found.append(one)
    return tuple(found)


@lru_cache(maxsize=8)
def tariffs(own: Path | None = None) -> Tariffs:
    """Return the shipped tariffs, with those of an operator's own file over them; raises DataError for a wrong one.

    A file is read once and kept: a changed one counts from the next start.
    """
    shipped = Tariffs(read(SHIPPED))
    return shipped if own is None else shipped.over(replace(one, own=True) for one in read(own))


__all__ = ["SHIPPED", "DataError", "read", "tariffs"]
