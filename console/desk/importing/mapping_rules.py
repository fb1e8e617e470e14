"""Reads the rule of one field: a column's name, or a table that says how columns become the value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from console.desk.importing.fields import Field, Kind
from console.desk.importing.mapping import DateRule, Invalid, OnDisagreement, Rule
from console.desk.importing.mapping_keys import Keys
from console.i18n import _

_PLAIN_KEYS = (
    "column", "columns", "join", "constant", "same_as", "pattern", "split", "take", "table", "otherwise", "default",
    "prefix", "suffix", "needed", "invalid",
)  # fmt: skip
_DATE_KEYS = ("formats", "prefer", "within", "check_against", "on_disagreement", "time_zone", "future")
SPECIAL_FORMATS = ("iso", "epoch", "epoch_ms")
"""Date formats that strptime does not know: ISO 8601, seconds and milliseconds since 1970."""
_PROBE = datetime(2015, 11, 22, 13, 14, 15, tzinfo=UTC)  # every part differs, so a format that loses one shows


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the file says once for all rules."""

    zone: tzinfo = UTC


def rule_from(table: Keys, name: str, path: str, field: Field, defaults: Defaults) -> Rule | None:
    """Return the rule that `table` holds at `name` for the field at `path`; None, with faults noted, if none."""
    value = table.data[name]
    if isinstance(value, str):
        value = {"column": value}
    if not isinstance(value, dict):
        table.fault(name, _("must be a column's name or a table"), f'{name} = "…" · {name} = {{ constant = "…" }}')
        return None
    dated = field.kind in (Kind.MOMENT, Kind.DAY)
    keys = Keys(value, table.where(name), table.faults)
    keys.only(_PLAIN_KEYS + _DATE_KEYS if dated else _PLAIN_KEYS)
    sources = [key for key in ("column", "columns", "constant", "same_as") if key in value]
    if len(sources) != 1:
        keys.fault("", _("must say where the value comes from, once"), "column, columns, constant, same_as")
        return None
    rule = Rule(
        path=path,
        columns=keys.texts("column" if "column" in value else "columns"),
        join=keys.text("join", " "),
        constant=_constant(keys) if "constant" in value else None,
        same_as=keys.text("same_as"),
        pattern=keys.pattern("pattern"),
        split=keys.text("split"),
        take=keys.number("take", 0, -1_000, 1_000),
        table=_table(keys),
        otherwise=keys.text("otherwise") if "otherwise" in value else None,
        default=keys.text("default"),
        prefix=keys.text("prefix"),
        suffix=keys.text("suffix"),
        needed=keys.yes("needed"),
        invalid=Invalid(keys.choice("invalid", tuple(Invalid), Invalid.REJECT)),
        date=_date(keys, defaults) if dated and "same_as" not in value else None,
    )
    _check(keys, rule, field)
    return rule


def _constant(keys: Keys) -> str:
    value = keys.data["constant"]
    if isinstance(value, bool):
        return "yes" if value else "no"
    return keys.text("constant")


def _table(keys: Keys) -> dict[str, str] | None:
    if "table" not in keys.data:
        return None
    table = keys.table("table")
    return {name.strip().casefold(): table.text(name) for name in table.data}


def _check(keys: Keys, rule: Rule, field: Field) -> None:
    """Note rules that contradict themselves, and values that the field can never take."""
    if rule.take and not rule.split:
        keys.fault("take", _("has nothing to take from"), 'split = ","')
    if rule.otherwise is not None and rule.table is None:
        keys.fault("otherwise", _("has no table before it"), 'table = { "old" = "new" }')
    if field.choices is None:
        return
    allowed = [choice.value for choice in field.choices]
    given: list[tuple[str, str]] = [("constant", rule.constant or ""), ("default", rule.default)]
    given.append(("otherwise", rule.otherwise or ""))
    given.extend((f"table.{name}", value) for name, value in (rule.table or {}).items())
    for key, value in given:
        if value and value not in allowed:
            keys.fault(key, _("{value} is no value of this field").format(value=value), ", ".join(allowed))


def _date(keys: Keys, defaults: Defaults) -> DateRule:
    """Return how dates are read, ISO 8601 when nothing is said."""
    formats = keys.texts("formats") or ("iso",)
    for format_ in formats:
        _check_format(keys, "formats", format_)
    prefer = keys.text("prefer")
    if prefer and prefer not in formats:
        keys.fault("prefer", _("is not among the formats"), " · ".join(formats))
    check = _check_against(keys)
    disagreement = keys.choice("on_disagreement", tuple(OnDisagreement), OnDisagreement.REJECT)
    if "on_disagreement" in keys.data and not check.texts("column") + check.texts("columns"):
        keys.fault("on_disagreement", _("has nothing to disagree with"), 'check_against = { column = "…" }')
    for format_ in check.texts("formats"):
        _check_format(check, "formats", format_)
    return DateRule(
        formats=formats,
        prefer=prefer,
        within=keys.days("within"),
        check_columns=check.texts("column") + check.texts("columns"),
        check_join=check.text("join", " "),
        check_formats=check.texts("formats") or formats,
        on_disagreement=OnDisagreement(disagreement),
        zone=keys.zone("time_zone") if "time_zone" in keys.data else defaults.zone,
        future=keys.yes("future"),
    )


def _check_against(keys: Keys) -> Keys:
    value: Any = keys.data.get("check_against", {})
    if isinstance(value, str):
        return Keys({"column": value}, keys.where("check_against"), keys.faults)
    check = keys.table("check_against")
    check.only(("column", "columns", "join", "formats"))
    return check


def _check_format(keys: Keys, name: str, format_: str) -> None:
    """Note a format that cannot read back what it writes, or that does not know the year."""
    if format_ in SPECIAL_FORMATS:
        return
    try:
        read = datetime.strptime(_PROBE.strftime(format_), format_)
        good = (read.year, read.month, read.day) == (_PROBE.year, _PROBE.month, _PROBE.day)
    except ValueError:
        good = False
    if not good:
        keys.fault(
            name,
            _("{format} is no format of a date").format(format=format_),
            '"%d.%m.%Y" · "%m/%d/%y %I:%M:%S %p" · "%Y-%m-%dT%H:%M:%S%z" · ' + " · ".join(SPECIAL_FORMATS),
        )
