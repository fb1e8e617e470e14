"""What a customer is given because something went wrong: recorded on the ticket and nowhere else (R33)."""

from __future__ import annotations

import re
from dataclasses import replace

from backends.port import Batch
from backends.records import Compensation, Money, Ticket, TicketEventKind
from console.desk.acts.scene import Scene, Unfit, Values, changed, event, text_of
from console.words.amounts import minor_digits, symbol_of

MOST_DIGITS = 9
"""An amount of more digits than this is a slip of the finger."""
_WHOLE = r"[0-9]+|[0-9]{1,3}(?:(?P<sign>[., ’'])[0-9]{3})(?:(?P=sign)[0-9]{3})*"
"""Digits, or groups of three."""


def amount_of(values: Values, field: str, currency: str) -> Money:
    """Return the amount that was typed, in the currency's smallest unit: `12.50`, `12,5`, `1 250`, `£12.50`.

    Raises Unfit `needed` for none, `amount` for what is no amount of that currency, `amount_none` for nothing.
    """
    typed = text_of(values, field, needed=True).replace("\N{NO-BREAK SPACE}", " ").casefold()
    for sign in (currency, symbol_of(currency)):
        typed = typed.removeprefix(sign.casefold()).removesuffix(sign.casefold()).strip()
    digits = minor_digits(currency)
    after_point = rf"(?:[.,](?P<part>[0-9]{{1,{digits}}}))?" if digits else "(?P<part>)"
    found = re.fullmatch(f"(?P<whole>{_WHOLE}){after_point}", typed)
    if found is None or _can_mean_two(found):
        raise Unfit(field, "amount")
    whole, part = re.sub(r"\D", "", found["whole"]), found["part"] or ""
    if len(whole) > MOST_DIGITS:
        raise Unfit(field, "amount")
    minor = int(whole) * 10**digits + int(part.ljust(digits, "0") or 0)
    if not minor:
        raise Unfit(field, "amount_none")
    return Money(minor, currency)


def _can_mean_two(found: re.Match[str]) -> bool:
    """Return whether one sign before three digits may be a thousand's or, with a digit too many, a fraction's."""
    return not found["part"] and found["sign"] in (".", ",") and found["whole"].count(found["sign"]) == 1


def compensate(scene: Scene, ticket: Ticket, values: Values, currency: str = "") -> Batch:
    """Record what the customer is given, and why, on the ticket (R33). A closed ticket takes it too.

    Answers: amount (needed), reason (needed). `currency` is that of the tariff, the operator's own without one.
    """
    amount = amount_of(values, "amount", currency or scene.file.operator.currency)
    reason = text_of(values, "reason", needed=True)
    given = Compensation(amount, reason, scene.now, scene.agent.name)
    told = event(scene, ticket, TicketEventKind.COMPENSATION, after=_written(amount), text=reason)
    return scene.batch(changed(replace(ticket, compensations=(*ticket.compensations, given))), told)


def _written(amount: Money) -> str:
    """Return an amount as an event keeps it, in no language: `12.50 GBP`."""
    digits = minor_digits(amount.currency)
    whole, part = divmod(amount.minor, 10**digits)
    return f"{whole}.{part:0{digits}} {amount.currency}" if digits else f"{whole} {amount.currency}"
