"""Why a row is rejected or noted: codes for machines, words for people."""

from __future__ import annotations

from collections.abc import Mapping as Table

from console.i18n import N_, _

_WORDS: Table[str, str] = {
    "empty": N_("must not be empty"),
    "unknown_value": N_("is not in the mapping's table of values"),
    "not_a_choice": N_("is not a value of this field"),
    "no_date": N_("is not a date in any of the formats"),
    "ambiguous_date": N_("reads as different dates; write `prefer` into the mapping"),
    "dates_disagree": N_("differs from the column it is checked against; write `on_disagreement` into the mapping"),
    "check_unreadable": N_("cannot be checked: the other column is not a date"),
    "date_outside": N_("is outside the days that the mapping expects"),
    "date_in_future": N_("is in the future"),
    "date_too_old": N_("is before 1970"),
    "bad_phone": N_("is not a telephone number"),
    "bad_email": N_("is not an e-mail address"),
    "bad_language": N_("is not a language of two letters"),
    "bad_country": N_("is not a country of two letters"),
    "bad_amount": N_("is not an amount"),
    "no_currency": N_("needs a currency; write `currency` into the mapping"),
    "bad_number": N_("is not a whole number"),
    "bad_yes": N_("is neither yes nor no"),
    "too_long": N_("is too long"),
    "too_big": N_("is bigger than the limit"),
    "ragged": N_("has not as many columns as the header"),
    "bad_quotes": N_("has a quotation mark that is not closed, or text after one"),
    "bad_encoding": N_("holds bytes that none of the encodings knows"),
    "bad_json": N_("is not a JSON object"),
    "several_customers": N_("fits more than one customer"),
    "unknown_sender": N_("is not a customer"),
    "no_sender": N_("names no sender"),
    "no_recipient": N_("names no recipient"),
    "bad_mail": N_("is not a mail that can be read"),
    "unreadable": N_("cannot be read"),
    "refused": N_("was refused by the store"),
    "taken": N_("is used by another record"),
    "repeated_id": N_("names an earlier row that says something else"),
}  # fmt: skip


class BadValue(Exception):
    """A value cannot be used; `reason` is a code of this module, `shown` the text at fault, `path` its field."""

    def __init__(self, reason: str, shown: str = "", path: str = "") -> None:
        super().__init__(f"{path}: {reason}")
        self.reason = reason
        self.shown = shown
        self.path = path


def in_words(reason: str) -> str:
    """Return what the code `reason` means, in the operator's language; an unknown code stands for itself."""
    return _(_WORDS[reason]) if reason in _WORDS else reason


def codes() -> tuple[str, ...]:
    """Return all codes, for the documentation and its test."""
    return tuple(_WORDS)
