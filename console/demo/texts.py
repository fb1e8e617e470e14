"""The hand-written texts of the demo, and how a name, a date or a sum gets into them.

A file under `stories/<language>/` holds texts under headings `== name`; `--` parts variants, and a first line that
begins with `^ ` is the subject. The same variant number is used through one story, so that its texts fit together.
In a text, `{field}` is replaced, `{one|other}` is chosen at random, and `{m/f}` follows the customer's sex, `{@m/f}`
the agent's, where a language asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from random import Random

_PART = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Text:
    """One variant of a text."""

    subject: str
    body: str


@cache
def texts_of(language: str) -> Mapping[str, tuple[Text, ...]]:
    """Return all texts of a language by name."""
    found: dict[str, tuple[Text, ...]] = {}
    folder = resources.files("console.demo") / "stories" / language
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".txt"):
            continue
        for block in re.split(r"^== ", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            name, _newline, rest = block.partition("\n")
            if name in found:
                msg = f"{file.name} repeats the text {name}"
                raise ValueError(msg)
            found[name.strip()] = tuple(_text(part) for part in re.split(r"^--$", rest, flags=re.MULTILINE))
    return found


def _text(part: str) -> Text:
    part = part.strip("\n")
    if part.startswith("^ "):
        subject, _newline, body = part[2:].partition("\n")
        return Text(subject.strip(), body.strip("\n"))
    return Text("", part)


def filled(text: str, fields: Mapping[str, str], rng: Random, *, female: bool, agent_female: bool) -> str:
    """Return `text` with every brace resolved; raises KeyError for a field that nobody gave."""

    def part(match: re.Match[str]) -> str:
        inner = str(match.group(1))
        if "|" in inner:
            return rng.choice(inner.split("|"))
        if "/" in inner:
            of_agent = inner.startswith("@")
            masculine, feminine = inner.removeprefix("@").split("/")
            return feminine if (agent_female if of_agent else female) else masculine
        return fields[inner]

    while _PART.search(text):
        text = _PART.sub(part, text)
    return text
