"""What the tests of feeds share: the moment of the hand-made files, readers, and small pages on a real socket."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from backends.feeds.options import Options
from backends.feeds.places import Places, places_from
from tests.servers.plain import PlainServer, Request, reply

DATA = Path(__file__).parent / "data"
NOW = datetime(2031, 5, 1, 8, 0, tzinfo=UTC)


def data(name: str) -> bytes:
    """Return one of the hand-made files."""
    return (DATA / name).read_bytes()


def at(text: str) -> datetime:
    """Return a moment of the hand-made files: `05-01 07:30` in UTC."""
    return datetime.fromisoformat(f"2031-{text}:00+00:00")


def places(**options: Any) -> Places:
    """Return the mapping that such options describe."""
    return places_from(Options(options))


class Pages:
    """Files by path, answered with an ETag; one that is changed is fresh again."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        self.asked: list[str] = []
        self.unchanged = 0
        self.server = PlainServer(self._answer)

    def _answer(self, request: Request) -> bytes:
        self.asked.append(request.target)
        content = self.files.get(request.path)
        if content is None:
            return reply(404, {"error": "nothing here"})
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == tag:
            self.unchanged += 1
            return reply(304, None, {"ETag": tag})
        kind = "application/json" if request.path.endswith(".json") else "application/xml"
        return reply(200, content, {"ETag": tag, "Content-Type": kind})

    def put(self, path: str, value: object) -> None:
        """Put JSON at a path."""
        self.files[path] = json.dumps(value).encode()
