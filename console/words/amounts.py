"""Amounts of money, lists and ordinals in people's words."""

from __future__ import annotations

from collections.abc import Sequence

from console.i18n import _, _c, current_language

_DIGITS_AFTER_POINT = {
    **dict.fromkeys(("JPY", "ISK", "KRW", "CLP", "VND", "PYG", "UGX", "RWF", "XAF", "XOF", "XPF", "VUV"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""ISO 4217 minor units where they are not two."""

_SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$", "PLN": "zł", "SEK": "kr", "CZK": "Kč"}
"""Symbols that mean one currency to our readers; other currencies keep their code."""

_SEPARATORS = {"en": (",", "."), "it": (".", ","), "fr": (" ", ","), "pl": (" ", ","), "sv": (" ", ",")}
"""What parts thousands, and what parts the fraction."""


def minor_digits(currency: str) -> int:
    """Return how many digits a currency has after its point (ISO 4217): 2 for most, 0 for the yen."""
    return _DIGITS_AFTER_POINT.get(currency, 2)


def symbol_of(currency: str) -> str:
    """Return the sign by which a currency is known to our readers, else its code."""
    return _SYMBOLS.get(currency, currency)


def money(minor_units: int, currency: str) -> str:
    """Return an amount as the operator's language writes it: `£1,234.50`, `1 234,50 zł`, `-12,00 €`.

    `minor_units` are pence, grosze, öre; `currency` is an ISO 4217 code, shown as it is where no symbol is known.
    """
    language = current_language()
    thousands, point = _SEPARATORS[language]
    digits = minor_digits(currency)
    whole, fraction = divmod(abs(minor_units), 10**digits)
    number = f"{whole:,}".replace(",", thousands) + (f"{point}{fraction:0{digits}}" if digits else "")
    symbol = symbol_of(currency)
    sign = "-" if minor_units < 0 else ""
    if language == "en" and not symbol.isalpha():
        return f"{sign}{symbol}{number}"
    return f"{sign}{number} {symbol}".rstrip()


def joined(parts: Sequence[str]) -> str:
    """Return a list as it is spoken: `a`, `a and b`, `a, b and c`; empty for none."""
    if len(parts) < 2:
        return "".join(parts)
    return _("{most} and {last}").format(most=", ".join(parts[:-1]), last=parts[-1])


_CONTACTS = (
    lambda: _("first contact"),
    lambda: _("second contact"),
    lambda: _("third contact"),
    lambda: _("fourth contact"),
    lambda: _("fifth contact"),
    lambda: _("sixth contact"),
    lambda: _("seventh contact"),
    lambda: _("eighth contact"),
    lambda: _("ninth contact"),
    lambda: _("tenth contact"),
)


def ordinal_contact(n: int) -> str:
    """Return which contact this is, counted from 1: `third contact`, beyond the tenth `contact no. 11` (R6)."""
    if 1 <= n <= len(_CONTACTS):
        return _CONTACTS[n - 1]()
    return _c("ordinal", "contact no. {n}").format(n=n)
