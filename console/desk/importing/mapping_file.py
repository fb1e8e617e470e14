"""Reads a mapping file: TOML in, a checked `Mapping` out, or every mistake with what to write instead."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping as Table
from pathlib import Path
from typing import Any

from backends.records import Operator
from console.desk.importing.fields import FIELDS, SECTIONS, field_at, is_group, needed_in
from console.desk.importing.mapping import (
    BATCH,
    MAIL_FORMATS,
    ROW_LIMIT,
    Fault,
    Format,
    MailRules,
    Mapping,
    MappingError,
    NewCustomers,
    Reading,
    Rule,
    Skip,
)
from console.desk.importing.mapping_keys import Keys
from console.desk.importing.mapping_rules import Defaults, rule_from
from console.i18n import _

_TOP = (
    "source", "operator", "time_zone", "language", "region", "decimal", "currency", "batch",
    "file", "skip", "mail", *SECTIONS,
)  # fmt: skip
_MATCHES = ("number", "email", "phone", "mobile")


def read_mapping(path: Path) -> Mapping:
    """Return what the file at `path` says; raises MappingError with everything that is wrong, OSError."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        data = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise MappingError(str(path), (Fault("", _("is not UTF-8"), _("save the file as UTF-8")),)) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise MappingError(str(path), (Fault("", _("is not TOML: {why}").format(why=error)),)) from error
    return mapping_from(data, file=str(path))


def mapping_from(data: Table[str, Any], *, file: str = "") -> Mapping:
    """Return the mapping that the parsed TOML `data` describes; raises MappingError."""
    keys = Keys(data)
    keys.only(_TOP)
    zone = keys.zone("time_zone")
    region = keys.country("region")
    defaults = Defaults(zone=zone)
    operator, new_operator = _operator(keys)
    rules, match = _rules(keys, defaults)
    mapping = Mapping(
        file=file,
        source=keys.text("source", needed=_('a short name of where the data comes from: source = "old-helpdesk"')),
        operator=operator,
        new_operator=new_operator,
        zone=zone,
        language=keys.text("language").lower(),
        region=region,
        decimal=keys.choice("decimal", (".", ","), "."),
        currency=keys.text("currency").upper(),
        batch=keys.number("batch", BATCH, 1, 5_000),
        reading=_reading(keys.table("file")),
        rules=rules,
        match=match,
        skips=tuple(_skip(each) for each in keys.tables("skip")),
        mail=_mail(keys.table("mail")),
    )
    _whole(keys, mapping)
    if keys.faults:
        raise MappingError(file, tuple(keys.faults))
    return mapping


def _operator(keys: Keys) -> tuple[str, Operator | None]:
    """Return the operator's code, and the operator to make when nobody has this code."""
    if not isinstance(keys.data.get("operator"), dict):
        return keys.text("operator"), None
    table = keys.table("operator")
    table.only(("code", "name", "country", "language", "time_zone", "currency", "email"))
    code = table.text("code", needed=_("the operator's short code"))
    name = table.text("name")
    if not name:
        return code, None
    table.zone("time_zone")
    return code, Operator(
        key="",
        code=code,
        name=name,
        country=table.country("country", needed=_('the country as two letters: country = "SE"')),
        language=table.text("language", needed=_('the language as two letters: language = "sv"')).lower(),
        time_zone=table.text("time_zone", needed=_('a name such as time_zone = "Europe/Stockholm"')),
        currency=table.text("currency").upper() or "EUR",
        email=table.text("email").lower(),
    )


def _reading(table: Keys) -> Reading:
    table.only(("format", "encoding", "delimiter", "quote", "columns", "short_rows", "row_limit"))
    encodings = table.texts("encoding") or ("utf-8",)
    for name in encodings:
        table.check_encoding("encoding", name)
    format_name = table.choice("format", tuple(Format), "")
    return Reading(
        format=Format(format_name) if format_name else None,
        encodings=encodings,
        delimiter=table.character("delimiter", ","),
        quote=table.character("quote", '"'),
        columns=table.texts("columns"),
        fill_short_rows=table.choice("short_rows", ("reject", "fill"), "reject") == "fill",
        row_limit=table.number("row_limit", ROW_LIMIT, 100, 100_000_000),
    )


def _skip(table: Keys) -> Skip:
    table.only(("column", "equals", "pattern"))
    skip = Skip(
        column=table.text("column", needed=_('the column to look at: column = "Status"')),
        equals=frozenset(text.strip().casefold() for text in table.texts("equals")),
        pattern=table.pattern("pattern"),
    )
    if not skip.equals and skip.pattern is None:
        table.fault("", _("says nothing to skip"), _('equals = ["draft", ""] or pattern = "^test"'))
    return skip


def _mail(table: Keys) -> MailRules:
    table.only(("ours", "new_customers", "reference", "size_limit"))
    given = table.pattern("reference")
    if given is not None and given.groups < 1:
        table.fault("reference", _("has no group"), _(r"put the reference in brackets: '\[(T-[0-9A-Z]+)\]'"))
        given = None
    plain = MailRules()
    return MailRules(
        ours=tuple(address.strip().lower() for address in table.texts("ours")),
        new_customers=NewCustomers(table.choice("new_customers", tuple(NewCustomers), NewCustomers.PROSPECT)),
        reference=plain.reference if given is None else given,
        size_limit=table.number("size_limit", plain.size_limit, 1_000, 1_000_000_000),
    )


def _rules(keys: Keys, defaults: Defaults) -> tuple[dict[str, Rule], tuple[str, ...]]:
    """Return the rules of all sections by path, and the fields by which customers are matched."""
    rules: dict[str, Rule] = {}
    match: tuple[str, ...] = ()
    for section in SECTIONS:
        table = keys.table(section)
        if section == "customer":
            match = table.texts("match")
            table.known.add("match")
            for name in match:
                if name not in _MATCHES:
                    table.fault("match", _("cannot match by {name}").format(name=name), ", ".join(_MATCHES))
        _walk(table, section, rules, defaults)
    for path, rule in rules.items():
        original = rules.get(rule.same_as)
        if rule.same_as and (original is None or original.same_as or field_at(path) is None):
            known = ", ".join(sorted(other for other in rules if not rules[other].same_as))
            keys.fault(path, _("repeats a field that has no rule of its own"), known)
        elif original is not None and _kind(path) != _kind(original.path):
            keys.fault(path, _("repeats a field of another kind"), _("name a field that holds the same kind of value"))
    for name in match:
        if f"customer.{name}" not in rules and name in _MATCHES:
            wrong = _("matches by {name}, which has no rule").format(name=name)
            keys.fault("customer.match", wrong, f"customer.{name}")
    return rules, match


def _kind(path: str) -> object:
    field = field_at(path)
    return field.kind if field is not None else None


def _walk(table: Keys, path: str, rules: dict[str, Rule], defaults: Defaults) -> None:
    """Collect the rules below `path`: a known field's value is a rule, a group of fields is walked into."""
    for name in table.data:
        if name in table.known:
            continue
        below = f"{path}.{name}"
        field = field_at(below)
        if field is not None:
            rule = rule_from(table, name, below, field, defaults)
            if rule is not None:
                rules[below] = rule
        elif is_group(below) and isinstance(table.data[name], dict):
            _walk(table.table(name), below, rules, defaults)
        else:
            table.fault(name, _("is no field"), _nearest(below))


def _nearest(path: str) -> str:
    """Return the known fields that look like `path`, or those of its section."""
    near = difflib.get_close_matches(path, FIELDS, n=3, cutoff=0.6)
    section = path.partition(".")[0] + "."
    return ", ".join(near or [known for known in FIELDS if known.startswith(section)])


def _whole(keys: Keys, mapping: Mapping) -> None:
    """Note what is wrong with the mapping as a whole: nothing to make, or parts that a record cannot do without."""
    for section in SECTIONS:
        if not mapping.makes(section):
            continue
        for path in needed_in(section):
            if path not in mapping.rules and not _derived(path, mapping):
                hint = f'{path.removeprefix(section + ".")} = "…"'
                keys.fault(section, _("needs {field}").format(field=path), _("[{section}] {hint}").format(
                    section=section, hint=hint))  # fmt: skip
    if mapping.reading.format in MAIL_FORMATS or "mail" in keys.data:
        return
    if not any(mapping.makes(section) for section in SECTIONS):
        keys.fault("", _("makes no record"), _("write at least [customer] and [ticket] or [contact]"))
    elif not mapping.match and not any(
        path in mapping.rules for path in ("customer.id", "ticket.id", "contact.id", "charge.id")
    ):
        keys.fault("customer.id", _("rows could not be told apart when the import is repeated"), _(
            'id = "the column that names the row", or match = ["email"]'))  # fmt: skip


def _derived(path: str, mapping: Mapping) -> bool:
    """Return whether a needed part comes from elsewhere: the customer of a matched row, the ids of a row's records."""
    if path == "customer.name":
        return bool(mapping.match)
    if path == "contact.id":
        return "ticket.id" in mapping.rules
    if path == "ticket.id":
        return "contact.id" in mapping.rules
    return False
