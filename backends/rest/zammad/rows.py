"""What stands in an answer's JSON, read without trust: a field may be missing, null, or of another kind than said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from backends import clean
from backends.htmltext import html_to_text
from backends.rest.zammad.marks import micros

Row = Mapping[str, Any]
"""One object of an answer."""

MOST_TEXT = 1_000_000


def rows_in(value: object) -> list[Row]:
    """Return the objects of a list; anything else in it is passed over."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def inside(row: Row, *names: str) -> Row:
    """Return the object that stands below these names, an empty one when there is none."""
    for name in names:
        value = row.get(name)
        row = value if isinstance(value, Mapping) else {}
    return row


def raw(row: Row, name: str) -> str:
    """Return a field as text that was not cleaned, for comparing; empty when missing or no text."""
    value = row.get(name)
    if isinstance(value, bool) or value is None:
        return ""
    return str(value) if isinstance(value, str | int | float) else ""


def line(row: Row, name: str) -> str:
    """Return a field as one clean line."""
    return clean.line(raw(row, name))


def block(row: Row, name: str) -> str:
    """Return a field as clean text of several lines."""
    return clean.block(raw(row, name), limit=MOST_TEXT)


def body(row: Row) -> str:
    """Return an article's body as clean text, whatever it was written in."""
    text = raw(row, "body")
    if raw(row, "content_type").partition(";")[0].strip().lower() == "text/html":
        text = html_to_text(text)
    return clean.block(text, limit=MOST_TEXT)


def number(row: Row, name: str) -> int:
    """Return a field as a whole number, 0 when it is none: ids begin at 1."""
    value = row.get(name)
    if isinstance(value, bool):
        return 0
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19 else 0


def truth(row: Row, name: str) -> bool:
    """Return whether a field is true, in whatever way the site's attribute writes that."""
    value = row.get(name)
    return value is True or (isinstance(value, str) and value.lower() in ("true", "yes", "1"))


def moment(row: Row, name: str) -> datetime | None:
    """Return a field as a moment in UTC; None when unset or unreadable. What has no zone is UTC, as the API says."""
    value = row.get(name)
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def version(row: Row) -> int:
    """Return when a row was last changed as microseconds since 1970, 1 when it does not say."""
    changed = moment(row, "updated_at") or moment(row, "created_at")
    return max(1, micros(changed)) if changed else 1


def written(at: datetime) -> str:
    """Return a moment as the API writes it, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def listed(answer: object, kind: str) -> list[Row]:
    """Return the rows of a search in any of the shapes that versions of Zammad give it.

    A bare list of objects; `{"tickets": [ids], "assets": {…}}` of old; `{"record_ids": [ids], "assets": {…}}`.
    `kind` names the class in the assets: `Ticket`, `User`.
    """
    if not isinstance(answer, Mapping):
        return rows_in(answer)
    for name in (f"{kind.lower()}s", "record_ids", f"{kind.lower()}_ids"):
        found = answer.get(name)
        if isinstance(found, list):
            assets = inside(answer, "assets", kind)
            return [*rows_in(found), *_known(assets, found)]
    return []


def assets(answer: object, kind: str) -> list[Row]:
    """Return all objects of a class among the assets of an answer."""
    held = inside(answer, "assets", kind) if isinstance(answer, Mapping) else {}
    return [each for each in held.values() if isinstance(each, Mapping)]


def _known(held: Row, ids: Sequence[object]) -> list[Row]:
    found = (held.get(str(each)) for each in ids if not isinstance(each, Mapping))
    return [each for each in found if isinstance(each, Mapping)]


def by_id(*lists: Iterable[Row]) -> dict[int, Row]:
    """Return rows by their id; of one that stands in several lists, the one that was changed last."""
    found: dict[int, Row] = {}
    for row in (row for rows in lists for row in rows):
        key = number(row, "id")
        if key and (key not in found or version(row) > version(found[key])):
            found[key] = row
    return found
