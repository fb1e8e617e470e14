"""Netstrings: a length in bytes, a colon, that many bytes, a comma. The framing of softphones' event ports."""

from __future__ import annotations

LARGEST = 65_536
"""Bytes of one message; events of a softphone take some hundred."""


class Broken(ValueError):
    """These bytes are no netstrings; what follows cannot be understood either."""


class Netstrings:
    """Takes bytes as they arrive and gives the messages that are whole."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Return the messages that are whole now; raises Broken."""
        self._rest += data
        found: list[bytes] = []
        while (message := self._next()) is not None:
            found.append(message)
        return found

    def _next(self) -> bytes | None:
        digits = len(str(self._largest))
        colon = self._rest.find(b":", 0, digits + 1)
        length = bytes(self._rest[: colon if colon >= 0 else digits + 1])
        if length and not length.isdigit():
            raise Broken("length")
        if colon < 0:
            if len(length) > digits:
                raise Broken("length")
            return None
        if not length or (length[:1] == b"0" and len(length) > 1) or int(length) > self._largest:
            raise Broken("length")
        end = colon + 1 + int(length)
        if len(self._rest) <= end:
            return None
        if self._rest[end : end + 1] != b",":
            raise Broken("comma")
        message = bytes(self._rest[colon + 1 : end])
        del self._rest[: end + 1]
        return message


def framed(message: bytes) -> bytes:
    """Return a message as a netstring."""
    return b"%d:%b," % (len(message), message)
