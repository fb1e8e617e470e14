"""What a message of ours says about itself, where RT keeps it and nobody is bothered by it.

RT knows no idempotency key and has no place for when a call was, how long it took, or what was agreed. Every message
that we store carries a mark, a parameter of its Content-Type: `text/plain; cordboard=<mark>; cordboard0=…`. RT keeps
the header of each part beside its text, in the same transaction as the message itself, and never puts it into the mail
that goes out. By the mark we find our own message again before repeating it; the numbered parameters are the fields
that RT has no place for.

Anybody can send RT a mail with such a header. Only what came in over RT's own REST interface, and from somebody on the
staff (`book`), is believed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backends import clean
from backends.rest.rt.rows import PartRow

_PARAMETER = re.compile(r'\bcordboard([0-9]{0,3})="?([A-Za-z0-9_-]{1,1200})"?')
_PIECE = 900  # characters of one parameter: a line of a mail's header may have 998
_LONGEST = 1_000_000  # bytes of what the parameters hold, decompressed
_FROM_REST = re.compile(r"^X-RT-Interface:\s*REST\s*$", re.IGNORECASE | re.MULTILINE)
_UNSAID = "-"
"""The text of a message that has none: RT would store it without a header."""


def mark_of(key: str, step: int) -> str:
    """Return the mark of one step of the batch with this idempotency key: always the same, and no one else's."""
    return hashlib.sha256(f"{key}/{step}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a message says about itself: its step's mark, its own fields, and fields of others that it changes."""

    step: str
    own: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the record that this message is, as JSON values."""
    sets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Fields of other records from this message on, as JSON values, by the record's key."""
    note: bool = False
    """Whether the message is there for its mark alone: no contact, only the trace of a change."""
    empty: bool = False
    """Whether the record's text is empty, and what stands there only a stand-in."""

    def content_type(self) -> str:
        """Return the Content-Type under which RT is to keep the message."""
        held = {"o": self.own, "s": self.sets, "n": self.note, "e": self.empty}
        plain = json.dumps({name: value for name, value in held.items() if value}, separators=(",", ":"))
        packed = base64.urlsafe_b64encode(zlib.compress(plain.encode(), 9)).decode("ascii").rstrip("=")
        pieces = [packed[start : start + _PIECE] for start in range(0, len(packed), _PIECE)]
        parts = ["text/plain", f"cordboard={self.step}"]
        return "; ".join(parts + [f"cordboard{number}={piece}" for number, piece in enumerate(pieces)])


def mark_in(part: PartRow) -> Mark | None:
    """Return the mark in a part's header, None when it has none that can be read."""
    if "cordboard" not in part.headers or not _FROM_REST.search(part.headers):
        return None
    found = dict(_PARAMETER.findall(part.headers))
    step = found.pop("", "")
    if not step:
        return None
    packed = "".join(found[number] for number in sorted(found, key=int))
    return _unpacked(step, packed)


def _unpacked(step: str, packed: str) -> Mark | None:
    try:
        squeezed = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
        held = json.loads(zlib.decompressobj().decompress(squeezed, _LONGEST))
    except (ValueError, zlib.error, RecursionError):
        return None
    if not isinstance(held, dict):
        return None
    own, sets = held.get("o", {}), held.get("s", {})
    if not isinstance(own, dict) or not isinstance(sets, dict):
        return None
    changes = {key: value for key, value in sets.items() if isinstance(value, dict)}
    return Mark(step, own, changes, held.get("n") is True, held.get("e") is True)


def text_to_send(body: str) -> tuple[str, bool]:
    """Return what RT is given for a text, and whether it only stands in for an empty one.

    RT takes an empty text and the text `0` for none, so that each text gets a line's end.
    """
    body = clean.block(body)
    return (f"{body}\n", False) if body else (_UNSAID, True)


def text_from(content: str, mark: Mark) -> str:
    """Return the text that was given to `text_to_send`."""
    return "" if mark.empty else content.removesuffix("\n")
