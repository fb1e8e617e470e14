"""What a request is written with: addresses, headers and bodies that can be sent, or Invalid before anything is.

What cannot be written stays so: told as Unavailable it would be tried again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlencode, urljoin

from backends.errors import Invalid

Value = str | int | float | bool | None
Params = Mapping[str, Value | Sequence[Value]] | Sequence[tuple[str, Value]]
"""A query: None is left out, True is `true`, a sequence repeats its name."""

_LONGEST_URL = 65_536
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_NAME = re.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def is_sendable(url: str) -> bool:
    """Return whether a URL has a length and signs that one can have; others than ASCII are quoted on the way."""
    return len(url) <= _LONGEST_URL and not _CONTROL.search(url) and _is_text(url)


def joined(base: str, link: str) -> str:
    """Return where a server's link leads from `base`; empty when it is no address."""
    try:
        url = urljoin(base, link)
    except ValueError:
        return ""
    return url if is_sendable(url) else ""


def quoted(text: str, field: str, safe: str = "") -> str:
    """Return `text` quoted for an address or a header; raises Invalid for half a character, naming `field`."""
    if not _is_text(text):
        raise Invalid(field, "not_a_text", "half a character cannot be sent")
    return quote(text, safe=safe)


def query_of(params: Params) -> str:
    """Return a URL's query; raises Invalid naming the parameter with half a character."""
    given = list(_pairs(params))
    for name, value in given:
        if not _is_text(name + value):
            raise Invalid(f"params.{name}" if _is_text(name) else "params", "not_a_text", "half a character in a query")
    return urlencode(given, quote_via=quote)


def _pairs(params: Params) -> Iterable[tuple[str, str]]:
    """Return a query's names and values as they are written."""
    for name, value in params.items() if isinstance(params, Mapping) else params:
        for one in value if isinstance(value, Sequence) and not isinstance(value, str) else (value,):
            if one is not None:
                yield name, str(one).lower() if isinstance(one, bool) else str(one)


def json_body(value: Any) -> bytes:
    """Return the JSON text of a body; raises Invalid for numbers that are none and for what contains itself.

    Half a character becomes a question mark: it is in a text that somebody pasted, and the rest of it is wanted.
    """
    written = None
    with suppress(ValueError, RecursionError):  # whose words quote the value
        written = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    if written is None:
        raise Invalid("json", "not_json", "the body holds what JSON cannot say")
    return written.encode("utf-8", "replace")


def check_headers(headers: Mapping[str, str]) -> None:
    """Raise Invalid naming the header that cannot be sent (RFC 9110 §5.5); its value may be a secret."""
    for name, value in headers.items():
        if not _NAME.fullmatch(name):
            raise Invalid("headers", "name", "a header has a name that none can")
        if _CONTROL.search(value) or value != value.strip() or not _is_text(value):
            raise Invalid(f"headers.{name}", "value", "a header has signs that none can")


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
