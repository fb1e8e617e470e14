"""What a mapping file says: how the columns of a foreign table become fields of our records.

Made by `console.desk.importing.mapping_file` from TOML; everything here is checked already.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum

from backends.records import Operator

BATCH = 200
"""Rows written in one batch: all of them are stored, or none."""
ROW_LIMIT = 1_000_000
"""Characters of one row, or of one JSON line, by default."""
MAIL_LIMIT = 25_000_000
"""Bytes of one mail by default."""


class OnDisagreement(StrEnum):
    """What becomes of a row whose date differs from the column it is checked against."""

    REJECT = "reject"
    KEEP = "keep"
    """Believe `columns`; report it."""
    CHECK = "check"
    """Believe `check_against`; report it."""


class Invalid(StrEnum):
    """What becomes of a value that cannot be read."""

    REJECT = "reject"
    """The whole row goes to the rejects."""
    DROP = "drop"
    """The field stays empty; report it."""


class Format(StrEnum):
    """Kinds of source that can be read."""

    CSV = "csv"
    JSONL = "jsonl"
    MBOX = "mbox"
    MAILDIR = "maildir"
    EML = "eml"


MAIL_FORMATS = frozenset({Format.MBOX, Format.MAILDIR, Format.EML})


@dataclass(frozen=True, slots=True)
class DateRule:
    """How a date is read. `formats` are strptime's, or `iso`, `epoch`, `epoch_ms`; `prefer` settles two readings."""

    formats: tuple[str, ...]
    prefer: str = ""
    within: tuple[date, date] | None = None
    """First and last possible day; a reading outside is none."""
    check_columns: tuple[str, ...] = ()
    check_join: str = " "
    check_formats: tuple[str, ...] = ()
    on_disagreement: OnDisagreement = OnDisagreement.REJECT
    zone: tzinfo = UTC
    future: bool = False
    """Whether a moment after now is believed."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one field is made. Steps: columns are joined, cut, looked up, completed, and turned into the field's kind."""

    path: str
    columns: tuple[str, ...] = ()
    join: str = " "
    constant: str | None = None
    same_as: str = ""
    """The path whose finished value this field repeats."""
    pattern: re.Pattern[str] | None = None
    """The first group, or the whole match, is what goes on; without a match the cell counts as empty."""
    split: str = ""
    take: int = 0
    """The piece to keep after splitting, from 1, or from -1 backwards; 0 keeps all pieces."""
    table: Table[str, str] | None = None
    """Values by cell text, compared trimmed and without regard to case."""
    otherwise: str | None = None
    """The value for what is not in the table; None rejects the row."""
    default: str = ""
    """The value for an empty cell."""
    prefix: str = ""
    suffix: str = ""
    needed: bool = False
    invalid: Invalid = Invalid.REJECT
    date: DateRule | None = None


@dataclass(frozen=True, slots=True)
class Skip:
    """Rows that are left out on purpose: the column equals one of the values, or matches."""

    column: str
    equals: frozenset[str] = frozenset()
    pattern: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How the bytes of a file become rows or mails."""

    format: Format | None = None
    encodings: tuple[str, ...] = ("utf-8",)
    """Tried in order, each row by itself."""
    delimiter: str = ","
    quote: str = '"'
    columns: tuple[str, ...] = ()
    """Names of the columns of a table without a header."""
    fill_short_rows: bool = False
    row_limit: int = ROW_LIMIT


class NewCustomers(StrEnum):
    """What becomes of a mail from somebody who is not a customer yet."""

    PROSPECT = "prospect"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class MailRules:
    """How a mailbox is read. `ours` are addresses, or `@domain`s, that we write from."""

    ours: tuple[str, ...] = ()
    new_customers: NewCustomers = NewCustomers.PROSPECT
    reference: re.Pattern[str] = re.compile(r"\[(T-[0-9A-Za-z-]{3,40})\]")
    """Finds our ticket reference in a subject; group 1."""
    size_limit: int = MAIL_LIMIT


@dataclass(frozen=True, slots=True)
class Mapping:
    """One mapping file, checked."""

    file: str
    source: str
    operator: str = ""
    """Code of the operator; the command line may name another one."""
    new_operator: Operator | None = None
    """Made when no operator has this code yet."""
    zone: tzinfo = UTC
    language: str = ""
    region: str = ""
    """ISO 3166 alpha-2; reads telephone numbers without a country code."""
    decimal: str = "."
    currency: str = ""
    batch: int = BATCH
    reading: Reading = Reading()
    rules: Table[str, Rule] = field(default_factory=dict)
    match: tuple[str, ...] = ()
    """Fields by which a row finds a customer whom we have: `number`, `email`, `phone`, `mobile`."""
    skips: tuple[Skip, ...] = ()
    mail: MailRules = MailRules()

    def makes(self, section: str) -> bool:
        """Return whether rows become records of this kind."""
        return any(path.startswith(section + ".") for path in self.rules)

    def columns(self) -> tuple[str, ...]:
        """Return every column that the rules read, each once."""
        named: dict[str, None] = {}
        for rule in self.rules.values():
            named.update(dict.fromkeys(rule.columns))
            if rule.date is not None:
                named.update(dict.fromkeys(rule.date.check_columns))
        named.update(dict.fromkeys(skip.column for skip in self.skips))
        return tuple(named)


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake in a mapping file: the key, what is wrong, and what to write instead, in the operator's words."""

    key: str
    wrong: str
    write: str = ""


class MappingError(Exception):
    """A mapping file cannot be used; `faults` says all that is wrong with it."""

    def __init__(self, file: str, faults: tuple[Fault, ...]) -> None:
        super().__init__(f"{file}: {'; '.join(f'{fault.key}: {fault.wrong}' for fault in faults)}")
        self.file = file
        self.faults = faults


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Moments before this one are taken for mistakes."""
