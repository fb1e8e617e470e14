"""What telephone exchanges post when somebody rings: the generic CTI webhook and two of its relatives.

The generic one sends JSON or form data: `event` (newCall, answer, hangup), `from`, `to`, `direction`, `callId`, `user`,
`cause`, `queue`, and expects a JSON object. sipgate sends the same as form data, and expects XML that asks for the
later news; `diversion` is the number that was dialled before a call was passed on to us, as night hotlines are.
Placetel names its events differently, and calls the id `call_id`. Beyond them `name`, `menu`, `waited` and
`transfers` are taken where an exchange can be told to send them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import quoteattr

from backends.records import Direction
from console.calls.call import LONGEST_WAIT, MOST_TRANSFERS, CallState, Heard, count_in, text_in, texts_in

SOURCE = "exchange"
MOST_FIELDS = 100

_EVENTS: Mapping[str, CallState] = {
    "newcall": CallState.RINGING,
    "answer": CallState.ANSWERED,
    "hangup": CallState.ENDED,
    "incomingcall": CallState.RINGING,
    "outgoingcall": CallState.RINGING,
    "callaccepted": CallState.ANSWERED,
    "hungup": CallState.ENDED,
}


class Dialect(StrEnum):
    """Who is told: decides what the exchange gets for an answer."""

    GENERIC = "cti"
    SIPGATE = "sipgate"
    PLACETEL = "placetel"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the exchange is answered."""

    content_type: str
    body: bytes


class Unreadable(ValueError):
    """A message that is not of this kind; `code` is `shape`, `event` or `call`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read(content_type: str, body: bytes) -> Heard:
    """Return the news that a request's body holds; raises Unreadable for everything else, whatever its bytes."""
    fields = _fields(content_type, body)
    event = text_in(fields.get("event")).lower()
    state = _EVENTS.get(event)
    if state is None:
        raise Unreadable("event")
    call_id = text_in(fields.get("callId")) or text_in(fields.get("call_id")) or text_in(fields.get("xcid"))
    if not call_id:
        raise Unreadable("call")
    out = text_in(fields.get("direction")).lower() == "out" or event == "outgoingcall"
    caller = text_in(fields.get("from"))
    called = text_in(fields.get("to")) if out else text_in(fields.get("diversion")) or text_in(fields.get("to"))
    # An answer names who took it; only where the exchange names nobody may anybody of those who were rung have it.
    users = texts_in(fields.get("answeringNumber")) if state is CallState.ANSWERED else ()
    return Heard(
        SOURCE,
        call_id,
        state,
        number=called if out else caller,
        dialled=caller if out else called,
        name=text_in(fields.get("name")),
        direction=Direction.OUTBOUND if out else Direction.INBOUND,
        menu=texts_in(fields.get("menu")) or texts_in(fields.get("queue")),
        waited_seconds=count_in(fields.get("waited"), LONGEST_WAIT),
        transfers=count_in(fields.get("transfers"), MOST_TRANSFERS),
        users=(*users, *texts_in(fields.get("user"))),
        cause=text_in(fields.get("cause")) or text_in(fields.get("type")),
        whole=True,
    )


def answer(dialect: Dialect, url: str) -> Reply:
    """Return what the exchange expects for news that was taken; `url` is where later news are to go."""
    if dialect is Dialect.GENERIC:
        return Reply("application/json", b"{}")
    told = f" onAnswer={quoteattr(url)} onHangup={quoteattr(url)}" if dialect is Dialect.SIPGATE else ""
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Response{told}></Response>\n'
    return Reply("application/xml", text.encode("ascii", "xmlcharrefreplace"))


def _fields(content_type: str, body: bytes) -> Mapping[str, object]:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json") or (not kind and body.lstrip()[:1] == b"{"):
        return _json(body)
    if kind == "multipart/form-data":
        return _several(_parts(content_type, body))
    if kind in ("application/x-www-form-urlencoded", ""):
        try:
            text = body.decode("utf-8", "replace")
            return _several(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
        except ValueError as error:
            raise Unreadable("shape") from error
    raise Unreadable("shape")


def _json(body: bytes) -> Mapping[str, object]:
    try:
        found: Any = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Unreadable("shape") from error
    if not isinstance(found, dict):
        raise Unreadable("shape")
    return found


def _parts(content_type: str, body: bytes) -> list[tuple[str, str]]:
    """Return the fields of `multipart/form-data` (RFC 7578); files among them are left out."""
    if not content_type.isascii() or any(character in content_type for character in "\r\n"):
        raise Unreadable("shape")
    try:
        message = message_from_bytes(b"Content-Type: " + content_type.encode("ascii") + b"\r\n\r\n" + body)
        parts = message.get_payload()
        if not isinstance(parts, list):
            raise Unreadable("shape")
        found = []
        for part in parts[:MOST_FIELDS]:
            assert isinstance(part, Message)
            name = part.get_param("name", header="content-disposition")
            value = part.get_payload(decode=True)
            if isinstance(name, str) and isinstance(value, bytes):
                found.append((name, value.decode("utf-8", "replace")))
    except (LookupError, TypeError, AttributeError, RecursionError) as error:  # the library trips over odd headers
        raise Unreadable("shape") from error
    return found


def _several(pairs: list[tuple[str, str]]) -> Mapping[str, object]:
    """Return form fields by name: those written `name[]`, or more than once, are lists."""
    found: dict[str, object] = {}
    for name, value in pairs:
        key = name.removesuffix("[]")
        before = found.get(key)
        if isinstance(before, list):
            before.append(value)
        elif key != name or before is not None:
            found[key] = [value] if before is None else [before, value]
        else:
            found[key] = value
    return found
