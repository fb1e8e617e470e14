"""HTML of mails and articles as plain text: nothing is fetched or run, and a link cannot pretend to lead elsewhere.

The reader is our own and knows only tags, text and comments: it looks at each character once, so that no mail can
make it slow, and never refuses broken markup.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_MOST_CHARACTERS = 2_000_000
_DEEPEST_QUOTE = 20

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]{0,40})([^<>]*)>")
_OTHER_MARKUP = re.compile(r"<[!?/][^<>]*>")
_STRAY = re.compile(r"<+(?=<)|<[^<]*")
_ATTRIBUTE = re.compile(
    r"""\b(href|style|alt|hidden)\b(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""", re.IGNORECASE
)
_HOST_IN_LABEL = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*)\.)+[a-z]{2,24}\b", re.IGNORECASE)
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])", re.IGNORECASE
)

_UNREAD = frozenset({"script", "style", "title", "noscript", "template", "object", "svg", "select"})
_VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "area", "base", "col", "source", "wbr", "embed"})
_LINE = frozenset({"div", "tr", "table", "section", "article", "header", "footer", "center", "form", "address", "dt",
                   "dd", "tbody", "thead", "caption", "figure", "main", "nav", "aside"})  # fmt: skip
_PARAGRAPH = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "blockquote", "pre", "hr"})


@dataclass(frozen=True, slots=True)
class _Tag:
    name: str
    closing: bool
    attributes: str

    def attribute(self, wanted: str) -> str | None:
        """Return an attribute's text, empty for one without a value, None for a missing one."""
        for name, *values in _ATTRIBUTE.findall(self.attributes):
            if name.lower() == wanted:
                return html.unescape("".join(values))
        return None

    @property
    def hides(self) -> bool:
        return self.attribute("hidden") is not None or bool(_HIDDEN_STYLE.search(self.attribute("style") or ""))


def _markup(source: str) -> Iterator[_Tag | str]:
    """Yield tags and the text between them; comments, declarations and the insides of unread elements are left out."""
    lowered = source.lower()
    unclosed: set[str] = set()
    place = 0

    def after(end: str, start: int) -> int:
        """Return the place behind `end`; `start` when there is none, which is looked for once only."""
        if end in unclosed:
            return start
        found = lowered.find(end, start)
        if found < 0:
            unclosed.add(end)
            return start
        return found + len(end)

    while place < len(source):
        opened = source.find("<", place)
        if opened < 0:
            opened = len(source)
        if opened > place:
            yield source[place:opened]
            place = opened
        elif source.startswith("<!--", place):
            place = after("-->", place + 4)
        elif tag := _TAG.match(source, place):
            place = tag.end()
            name = tag[2].lower()
            if name in _UNREAD and not tag[1] and not tag[3].endswith("/"):
                place = after(">", after(f"</{name}", place))
            else:
                yield _Tag(name, bool(tag[1]), tag[3])
        elif other := _OTHER_MARKUP.match(source, place):
            place = other.end()
        else:
            stray = _STRAY.match(source, place)
            place = stray.end() if stray else place + 1
            yield source[opened:place]


def _quote_mark(depth: int) -> str:
    return "> " * min(depth, _DEEPEST_QUOTE)


@dataclass(slots=True)
class _Page:
    """The lines written so far, and what the open elements do to the next text."""

    lines: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    blank_before: bool = False
    quotes: int = 0
    quotes_before: int = 0
    """How deep the last line was quoted."""
    kept_as_written: int = 0
    hidden: list[str] = field(default_factory=list)
    """One name for each open element of the kind that hides; empty while text shows."""
    target: str | None = None
    label_start: int = 0

    def write(self, text: str) -> None:
        """Write text of the page; white space counts inside `pre` only."""
        if self.kept_as_written:
            first, *others = text.split("\n")
            self.current.append(first)
            for other in others:
                self.end_line()
                self.current.append(other)
            return
        words = " ".join(text.split())
        if text[:1].isspace() and self.current and not self.current[-1].endswith(" "):
            words = f" {words}"
        if words.strip():
            self.current.append(words + (" " if text[-1:].isspace() else ""))
        elif words and self.current:
            self.current.append(" ")

    def end_line(self) -> None:
        """Begin a new line; an empty one is written by `br` and inside `pre` only."""
        line = "".join(self.current).rstrip()
        self.current.clear()
        self.label_start = 0
        if self.blank_before and self.lines and line:
            self.lines.append(_quote_mark(min(self.quotes, self.quotes_before)).rstrip())
        if line:
            self.blank_before = False
        self.lines.append((_quote_mark(self.quotes) + line).rstrip())
        self.quotes_before = self.quotes

    def end_block(self) -> None:
        """Begin a new line unless nothing stands on this one yet."""
        if "".join(self.current).strip():
            self.end_line()
        else:
            self.current.clear()
            self.label_start = 0


def _open(page: _Page, tag: _Tag) -> None:
    name = tag.name
    if name == "br":
        page.end_line()
    elif name == "img":
        page.write(tag.attribute("alt") or "")
    elif name == "a":
        page.target, page.label_start = tag.attribute("href"), len(page.current)
    elif name == "li":
        page.end_block()
        page.current.append("- ")
    elif name in ("td", "th") and page.current and not page.current[-1].endswith(" "):
        page.current.append("  ")
    elif name in _LINE or name in _PARAGRAPH:
        page.end_block()
        page.blank_before = page.blank_before or name in _PARAGRAPH
        page.quotes += name == "blockquote"
        page.kept_as_written += name == "pre"


def _close(page: _Page, tag: _Tag) -> None:
    name = tag.name
    if name == "a" and page.target is not None:
        label = "".join(page.current[page.label_start :]).strip()
        if label and (host := _host_to_show(label, page.target)):
            page.current.append(f" [{host}]")
        page.target = None
    elif name in _LINE or name in _PARAGRAPH or name == "li":
        page.end_block()
        page.blank_before = page.blank_before or name in _PARAGRAPH
        page.quotes = max(0, page.quotes - (name == "blockquote"))
        page.kept_as_written = max(0, page.kept_as_written - (name == "pre"))


def _host_to_show(label: str, target: str) -> str:
    """Return where a link leads when its label does not say so truly; empty when it does.

    Names in other scripts are shown in their ASCII form, in which look-alikes differ.
    """
    target = "".join(target.split())
    scheme, _, rest = target.partition(":")
    if scheme.lower() in ("mailto", "tel", "sms"):
        return "" if rest.partition("?")[0].lower() in label.lower().replace(" ", "") else rest.partition("?")[0][:100]
    try:
        host = urlsplit(target.replace("\\", "/")).hostname or ""
    except ValueError:
        return "?"
    host = host[:253]
    if not host:
        return "" if target.startswith("#") or not target else f"{scheme.lower()[:20]}:" if rest else ""
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:
        host = host.encode("ascii", "backslashreplace").decode("ascii")

    named = {found.lower().removeprefix("www.") for found in _HOST_IN_LABEL.findall(label[:1000])}
    return "" if named == {host.removeprefix("www.")} else host


def html_to_text(source: str) -> str:
    """Return the text of an HTML mail: paragraphs, lists, quotes marked by `> `, and links with their true host.

    What the mail hides from a reader is left out, unless it never stops hiding or nothing would be left. Never raises;
    takes time in proportion to the length, of which the first two million characters are read. The result still has
    to be cleaned.
    """
    source = source[:_MOST_CHARACTERS]
    page = _read(source, hiding=True)
    text = "\n".join(page.lines).strip("\n")
    if page.hidden or not text:
        text = "\n".join(_read(source, hiding=False).lines).strip("\n")
    return text


def _read(source: str, *, hiding: bool) -> _Page:
    page = _Page()
    for piece in _markup(source):
        if isinstance(piece, str):
            if not page.hidden:
                page.write(html.unescape(piece))
        elif page.hidden:
            if piece.closing and piece.name == page.hidden[0]:
                page.hidden.pop()
            elif not piece.closing and piece.name == page.hidden[0]:
                page.hidden.append(piece.name)
        elif piece.closing:
            _close(page, piece)
        elif hiding and piece.name not in _VOID and not piece.attributes.endswith("/") and piece.hides:
            page.hidden.append(piece.name)
        else:
            _open(page, piece)
    page.end_block()
    return page
