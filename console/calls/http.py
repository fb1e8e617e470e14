"""As much of HTTP/1.1 (RFC 9112) as it takes to be told something: one request a connection, small and soon.

Whatever bytes come, what is returned is a request or a refusal; nothing here knows what it is about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

HEAD = 8_192
"""Bytes of request line and headers."""
BODY = 16_384
"""Bytes of a body; the news about a call takes some hundred."""
HEADERS = 64
_HEX = b"0123456789abcdefABCDEF"
REASONS: Mapping[int, str] = {
    200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    413: "Content Too Large", 415: "Unsupported Media Type", 417: "Expectation Failed", 431: "Header Fields Too Large",
    500: "Internal Server Error", 501: "Not Implemented", 503: "Service Unavailable", 505: "Version Not Supported",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was read whole; names of headers are in small letters."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class Refused(Exception):
    """A request that is not taken; `status` says why, as HTTP does."""

    def __init__(self, status: int) -> None:
        super().__init__(REASONS[status])
        self.status = status


async def read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request | None:
    """Return the request, None when the other end went before it said anything; raises Refused.

    The reader's limit must be at least `HEAD`. Time is the caller's to limit.
    """
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise Refused(431) from error
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            return None
        raise Refused(400) from error
    if len(head) > HEAD:
        raise Refused(431)
    method, target, headers = _head(head)
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    elif "expect" in headers:
        raise Refused(417)
    body = await _body(reader, headers)
    path, _mark, query = target.partition("?")
    return Request(method, path, query, headers, body)


def _head(head: bytes) -> tuple[str, str, Mapping[str, str]]:
    lines = head[:-4].lstrip(b"\r\n").split(b"\r\n")
    parts = lines[0].split(b" ")
    if len(parts) != 3 or not parts[0].isalpha() or not parts[1]:
        raise Refused(400)
    if parts[2] not in (b"HTTP/1.1", b"HTTP/1.0"):
        raise Refused(505 if parts[2].startswith(b"HTTP/") else 400)
    if len(lines) > HEADERS:
        raise Refused(431)
    headers: dict[str, str] = {}
    for one in lines[1:]:
        name, colon, value = one.partition(b":")
        key = name.decode("latin-1").lower()
        if not colon or not key or not all(33 <= byte < 127 for byte in name) or b"\n" in one or b"\r" in one:
            raise Refused(400)
        if key in headers and key in ("content-length", "transfer-encoding", "host"):
            raise Refused(400)  # two lengths are how one request is smuggled behind another
        headers.setdefault(key, value.strip().decode("latin-1"))
    return parts[0].decode("ascii"), parts[1].decode("latin-1"), headers


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    coding, length = headers.get("transfer-encoding", ""), headers.get("content-length", "")
    if coding and length:
        raise Refused(400)
    if coding:
        if coding.lower() != "chunked":
            raise Refused(501)
        return await _chunks(reader)
    if not length:
        return b""
    if not length.isascii() or not length.isdecimal():
        raise Refused(400)
    if len(length) > 9 or int(length) > BODY:
        raise Refused(413)
    return await _exactly(reader, int(length))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while True:
        size = (await _line(reader)).partition(b";")[0].strip()
        if not size or len(size) > 8 or any(byte not in _HEX for byte in size):
            raise Refused(400)
        count = int(size, 16)
        if len(body) + count > BODY:
            raise Refused(413)
        if count == 0:
            for _trailer in range(HEADERS):
                if not await _line(reader):
                    return bytes(body)
            raise Refused(431)
        body += await _exactly(reader, count)
        if await _line(reader):
            raise Refused(400)


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return (await reader.readuntil(b"\r\n"))[:-2]
    except (asyncio.LimitOverrunError, asyncio.IncompleteReadError) as error:
        raise Refused(400) from error


async def _exactly(reader: asyncio.StreamReader, count: int) -> bytes:
    try:
        return await reader.readexactly(count)
    except asyncio.IncompleteReadError as error:
        raise Refused(400) from error


def response(status: int, content_type: str = "", body: bytes = b"", *, allow: str = "") -> bytes:
    """Return the bytes of an answer that ends its connection."""
    lines = [f"HTTP/1.1 {status} {REASONS[status]}", "Connection: close", f"Content-Length: {len(body)}"]
    if content_type:
        lines.append(f"Content-Type: {content_type}")
    if allow:
        lines.append(f"Allow: {allow}")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body
