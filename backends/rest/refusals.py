"""What a server's status means in the port's words, and what of its answer is kept to look into it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from backends import clean
from backends.errors import (
    BackendError,
    Busy,
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Refused,
    Unavailable,
)
from backends.rest.answers import Unreadable, json_from

DETAIL_LIMIT = 300
"""Characters of what a server said that an error keeps."""
_LONGEST_WAIT = 86_400.0
_LOOKED_AT = 65_536  # bytes of a refusal that are read for its reason
Scrub = Callable[[str], str]
"""What takes the secrets in use out of a text."""
_SAYS = ("message", "reason", "detail", "title", "error_description", "error", "errors", "code")


def refusal(status: int, headers: Mapping[str, str], body: bytes, source: str, scrub: Scrub = str) -> BackendError:
    """Return the error that an answer with this status is; `headers` by name in lower case."""
    said = what_it_says(headers, body, scrub)
    detail = f"status {status}: {said}" if said else f"status {status}"
    error: BackendError
    match status:
        case 401 | 407:
            error = NotSignedIn(detail, source=source)
        case 403:
            error = NotAllowed(detail, source=source)
        case 404 | 410:
            error = NotFound(detail, source=source)
        case 409 | 412:
            error = Conflict(None, detail, source=source)
        case 400 | 422:
            error = Invalid("", "refused", detail, source=source)
        case 429 | 503:
            error = Busy(detail, source=source, retry_after=retry_after(headers, datetime.now(UTC)))
        case _ if 300 <= status < 500:  # a redirect that gets here is not followed
            error = Refused(detail, source=source)
        case _:
            error = Unavailable(detail, source=source)
    error.status = status
    return error


def what_it_says(headers: Mapping[str, str], body: bytes, scrub: Scrub = str) -> str:
    """Return in one cleaned line what an answer says about itself; nothing for a page made for browsers.

    Secrets are scrubbed from the words that it means, not from how they are written, and before the line is cut: the
    beginning of a secret is none that could be found.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.endswith("json"):
        try:
            return clean.line(scrub(_words_of(json_from(body[:_LOOKED_AT]))), limit=DETAIL_LIMIT)
        except Unreadable:
            return ""
    if kind == "text/plain":
        return clean.line(scrub(body[: 2 * _LOOKED_AT].decode("utf-8", "replace"))[:_LOOKED_AT], limit=DETAIL_LIMIT)
    return ""


def _words_of(value: object) -> str:
    """Return the words among the usual names of an error's JSON; the first texts where none is usual."""
    match value:
        case str():
            return value
        case dict():
            named = [_words_of(value[name]) for name in _SAYS if value.get(name)]
            return "; ".join(dict.fromkeys(filter(None, named or [_words_of(one) for one in list(value.values())[:5]])))
        case list():
            return "; ".join(filter(None, map(_words_of, value[:5])))
        case _:
            return ""


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that Retry-After (RFC 9110 §10.2.3) asks to wait, at most a day; None when unsaid."""
    written = headers.get("retry-after", "").strip()
    if not written:
        return None
    try:
        seconds = float(written)
    except ValueError:
        seconds = _until(written, now)
    return min(max(0.0, seconds), _LONGEST_WAIT) if math.isfinite(seconds) else None


def _until(written: str, now: datetime) -> float:
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(written)
    except (ValueError, IndexError, TypeError):
        return math.nan
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()
