"""An answer of a server: read under a limit, decompressed by us, its JSON checked before anybody looks at it.

A server may be broken or hostile. 200 kB of gzip can become 200 MB, ten thousand brackets exhaust the stack, NaN passes
`json.loads` and breaks whatever counts with it, and a page that asks to sign in may come with status 200.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any, Final

from backends import clean
from backends.errors import BackendError, Unavailable

DEPTH_LIMIT: Final = 64
"""Levels of objects and lists that a JSON text may have; no interface that we speak comes near."""
MOST_ELEMENTS: Final = 2_097_152
"""Values and names that a JSON text may hold, about: `[[],[],…]` takes twenty times its length in memory."""
LARGE: Final = 1_000_000
"""Bytes from which a JSON text is read in a thread, while the screen goes on."""
ENCODINGS: Final = "gzip, deflate"
"""What we ask for: what the standard library decompresses piece by piece, under a limit."""

_PIECE = 65_536
_BYTES_OF_ELEMENT = 16  # what servers send takes more a value; 32 MiB may hold `MOST_ELEMENTS`
_FEWEST_ELEMENTS = 65_536
_LINK = re.compile("<([^>]*)>([^<]*)")
_CHARSETS = {
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "us-ascii": "utf-8-sig",
    "iso-8859-1": "cp1252",  # what browsers do, and what servers mean
    "latin1": "cp1252",
    "windows-1252": "cp1252",
    "iso-8859-2": "iso8859-2",
    "windows-1250": "cp1250",
    "iso-8859-15": "iso8859-15",
}
_GIVES_NO_JSON = "not JSON"


class Unreadable(ValueError):
    """A body cannot be used; its text says why, and holds nothing of the body."""


class Body:
    """Collects a body piece by piece, decompresses it, and stops where it exceeds the limit."""

    def __init__(self, limit: int, encoding: str = "") -> None:
        self._limit = limit
        self._read = BytesIO()  # gives its bytes away without a copy: a large body is held once
        self._size = 0
        self._inflater = _Inflater(encoding) if encoding.strip().lower() not in ("", "identity") else None

    def add(self, piece: bytes) -> None:
        """Take a piece as it came over the line; raises Unreadable when the body is too long or damaged."""
        if self._inflater is None:
            self._keep(piece)
            return
        while piece:
            # One byte above what is left tells a body of exactly the limit from a longer one.
            made, piece = self._inflater.inflate(piece, min(_PIECE, self._limit - self._size + 1))
            self._keep(made)

    def _keep(self, made: bytes) -> None:
        self._size += len(made)
        if self._size > self._limit:
            raise Unreadable(f"the answer is longer than {self._limit} bytes")
        self._read.write(made)

    def whole(self) -> bytes:
        """Return the body; raises Unreadable when its compressed form ended too early."""
        if self._inflater is not None and self._size and not self._inflater.ended:
            raise Unreadable("the compressed answer ends too early")
        return self._read.getvalue()


class _Inflater:
    """Decompresses gzip and deflate (RFC 9110 §8.4.1), a bounded piece at a time."""

    def __init__(self, encoding: str) -> None:
        name = encoding.strip().lower()
        if name not in ("gzip", "x-gzip", "deflate"):
            raise Unreadable("the answer is compressed in a way that was not asked for")
        # 15 + 32 recognises gzip and zlib; deflate without zlib's frame is tried when that fails.
        self._inner = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._may_be_raw = name == "deflate"

    @property
    def ended(self) -> bool:
        return self._inner.eof

    def inflate(self, piece: bytes, most: int) -> tuple[bytes, bytes]:
        """Return up to `most` bytes and what of `piece` is still to be inflated."""
        if self._inner.eof:
            return b"", b""  # what follows the end is nobody's
        try:
            made = self._inner.decompress(piece, most)
        except zlib.error:
            if not self._may_be_raw:
                raise Unreadable("the compressed answer is damaged") from None
            self._may_be_raw = False
            self._inner = zlib.decompressobj(-zlib.MAX_WBITS)
            return self.inflate(piece, most)
        self._may_be_raw = False
        return made, self._inner.unconsumed_tail


def most_elements(body_limit: int) -> int:
    """Return how many elements a JSON text may have where a body may have `body_limit` bytes."""
    return max(_FEWEST_ELEMENTS, body_limit // _BYTES_OF_ELEMENT)


def json_from(body: bytes, most: int = MOST_ELEMENTS) -> Any:
    """Return the value of a JSON text in UTF-8, at most `DEPTH_LIMIT` deep and without NaN or infinities.

    Of names that occur twice in an object the last one holds. Raises Unreadable, for more than about `most` elements
    before anything is made of them: they are counted by the signs before them, those in texts too.
    """
    if len(body) > most and sum(map(body.count, (b",", b"[", b"{"))) > most:
        raise Unreadable(f"JSON with more than {most} elements")
    why = ""
    try:
        hook = _let_others_run if len(body) > LARGE else None
        text = body.decode("utf-8-sig")
        value = json.loads(text, parse_constant=_no_number, parse_float=_finite, object_hook=hook)
        _check_depth(value)
    except Unreadable as error:
        why = str(error)
    except RecursionError:
        why = "JSON nested too deep"
    except ValueError:
        why = _GIVES_NO_JSON
    if why:
        raise Unreadable(why)
    return value


def _let_others_run(made: dict[str, Any]) -> dict[str, Any]:
    """Return an object as it is; that it is asked lets other threads run, which the reader's own code never does."""
    return made


def _no_number(_name: str) -> float:
    raise Unreadable("JSON with a number that is none")


def _finite(written: str) -> float:
    number = float(written)
    if not math.isfinite(number):
        raise Unreadable("JSON with a number that is none")
    return number


def _check_depth(value: Any) -> None:
    level = [value] if isinstance(value, (dict, list)) else []
    for _depth in range(DEPTH_LIMIT):
        if not level:
            return
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, (dict, list))
        ]
    if level:
        raise Unreadable("JSON nested too deep")


class Ahead:
    """A JSON value that was read before anybody asked for it; given away once, for who gets it may change it."""

    __slots__ = ("_held",)

    def __init__(self, held: Any) -> None:
        self._held = [held]

    def taken(self) -> list[Any]:
        """Return a list of the value, an empty one after the first time."""
        held, self._held = self._held, []
        return held


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered with success, read whole and decompressed."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """By name in lower case."""
    content: bytes = field(repr=False)
    source: str = ""
    fresh: bool = True
    """False when the server said that nothing changed and `content` is what it said before."""
    url: str = field(default="", repr=False)
    """Where it came from, after redirects; links in it are relative to this."""
    body_limit: int = field(default=MOST_ELEMENTS * _BYTES_OF_ELEMENT, repr=False)
    """Bytes that the body might have had; what its JSON may hold follows from it."""
    ahead: Ahead | None = field(default=None, repr=False, compare=False)
    """The value of a large JSON text, read in a thread."""

    @property
    def text(self) -> str:
        """The body in the charset that the server names, in UTF-8 when it names none or an odd one; not cleaned."""
        charset = ""
        for part in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = part.strip().partition("=")
            if name.lower() == "charset":
                charset = value.strip().strip('"').lower()
        return self.content.decode(_CHARSETS.get(charset, "utf-8-sig"), "replace")

    def json(self) -> Any:
        """Return the checked JSON value; raises Unavailable, for a proxy's or a sign-in page is not the server."""
        failure: BackendError
        for value in self.ahead.taken() if self.ahead is not None else ():
            return value
        try:
            return json_from(self.content, most_elements(self.body_limit))
        except Unreadable as error:
            kind = clean.line(self.headers.get("content-type", "").partition(";")[0], limit=60)
            failure = Unavailable(f"{error} (status {self.status}, {kind or 'no type'})", source=self.source)
            failure.status = self.status
        raise failure

    def read_ahead(self) -> Answer:
        """Return the answer with its JSON value at hand, or as it is when there is none; blocks, up to a second."""
        try:
            return replace(self, ahead=Ahead(json_from(self.content, most_elements(self.body_limit))))
        except Unreadable:
            return self

    def object(self) -> dict[str, Any]:
        """Return the JSON value when it is an object; raises Unavailable otherwise."""
        value = self.json()
        if isinstance(value, dict):
            return value
        raise self._unexpected("object")

    def array(self) -> list[Any]:
        """Return the JSON value when it is a list; raises Unavailable otherwise."""
        value = self.json()
        if isinstance(value, list):
            return value
        raise self._unexpected("list")

    def _unexpected(self, wanted: str) -> BackendError:
        failure = Unavailable(f"the JSON is no {wanted}", source=self.source)
        failure.status = self.status
        return failure

    def link(self, relation: str) -> str:
        """Return the URL of the Link header (RFC 8288) with this relation, empty when there is none."""
        for target, parameters in _LINK.findall(self.headers.get("link", "")):
            for parameter in parameters.split(";"):
                name, _, value = parameter.strip(" ,").partition("=")
                if name.lower() == "rel" and relation in value.strip('" ').lower().split():
                    return str(target)
        return ""
