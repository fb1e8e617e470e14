"""A status page for everybody, made from outages: HTML, JSON and Atom of one operator (R30, R31).

Only what customers may read is in it: what happens, where (towns and postcodes), since when, until when, and the texts
that are made for them. No title, cause, element, supplier, piece of news or name of a colleague ever gets here.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

from backends.records import Operator, Outage, OutageKind, OutageState
from console.data.texts import Texts
from console.present.labels import plain
from console.present.outage_texts import Kind, Voice, concerns, state_of, text_of, voice_of

HTML, JSON, ATOM = "index.html", "status.json", "status.atom"
AHEAD = timedelta(days=30)
"""How long before they begin planned works are told."""
NAMES = {"en": "English", "it": "Italiano", "fr": "Français", "pl": "Polski", "sv": "Svenska", "de": "Deutsch"}
"""Languages in their own words; one that is not here shows as its code."""
_ROOT = uuid.UUID("6f3c9b1e-6b0a-5d43-9f0e-2f8f6a1d7c55")

_STYLE = """
:root { --ink: #1d2430; --dim: #515b69; --paper: #fbfbfa; --rule: #d8dce2;
  --bad: #a3231d; --warn: #7a5200; --good: #1b6b3a; --plan: #1d4f91; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebf0; --dim: #a9b2bf; --paper: #14181e; --rule: #343b46;
  --bad: #ff9a92; --warn: #f0c060; --good: #83d6a0; --plan: #93bdf5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 42rem; color: var(--ink); background: var(--paper);
  font: 1.05rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: 0 0 .75rem; }
h2 { font-size: 1.25rem; margin: 0; } h3 { font-size: 1.05rem; margin: 1.25rem 0 .5rem; color: var(--dim); }
h4 { font-size: 1.05rem; margin: 0 0 .25rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: 0; padding: 0; list-style: none; }
a { color: inherit; } nav a, footer a { display: inline-block; padding: .4rem 0; }
main > section { border-top: 1px solid var(--rule); margin-top: 1rem; padding-top: 1rem; }
article { border-left: .3rem solid var(--rule); padding: .1rem 0 .1rem .8rem; margin: 0 0 1.25rem; }
article.confirmed, article.until { border-color: var(--bad); } article.suspected { border-color: var(--warn); }
article.works { border-color: var(--plan); } article.restored { border-color: var(--good); }
article p { margin: 0 0 .5rem; } dl { margin: 0; color: var(--dim); font-size: .95rem; }
dl div { display: flex; flex-wrap: wrap; gap: 0 .5rem; } dt::after { content: ":"; } dd { margin: 0; }
.as-of { color: var(--dim); margin: .1rem 0 0; font-size: .95rem; }
footer { border-top: 1px solid var(--rule); margin-top: 1rem; padding-top: .5rem; color: var(--dim); }
footer a { margin-right: 1rem; }
"""


def may_be_public(outage: Outage, at: datetime, *, days: int, suspected: bool) -> bool:
    """Return whether customers read of an outage: what is certain, what is announced, what was solved of late.

    A suspicion is told only when asked for; one that was dismissed never was an outage.
    """
    if outage.state is OutageState.DISMISSED:
        return False
    if outage.state is OutageState.SUSPECTED:
        return suspected
    if outage.state is OutageState.RESTORED:
        return outage.ended_at is not None and outage.ended_at >= at - timedelta(days=days)
    return outage.started_at <= at + AHEAD


def _iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True, slots=True)
class Page:
    """What is published in one operator's name at one moment; languages in the order in which they stand."""

    operator: Operator
    outages: tuple[Outage, ...]
    texts: Texts
    at: datetime
    languages: tuple[str, ...]
    url: str = ""
    """Where the page will be read; empty when that is not known."""
    others: tuple[Operator, ...] = ()
    """All operators that are served here: nothing of another one is on the page (R22)."""

    @property
    def voice(self) -> Voice:
        """Who speaks."""
        return voice_of(self.operator, self.texts, self.at, UTC, self.others)

    def files(self) -> dict[str, str]:
        """Return the published files by name."""
        return {JSON: as_json(self), ATOM: as_atom(self), HTML: as_html(self)}

    def content(self) -> object:
        """Return what is told, without the moment at which: two pages with the same content are the same to readers."""
        told = _object(self)
        del told["as_of"]
        return told


def page_of(
    operator: Operator,
    outages: Iterable[Outage],
    texts: Texts,
    at: datetime,
    *,
    languages: Sequence[str] = (),
    url: str = "",
    days: int = 7,
    suspected: bool = False,
    others: Iterable[Operator] = (),
) -> Page:
    """Return what an operator publishes: outages of theirs and of their network, those that go on first.

    Without `languages` the operator's own stands first, then all others that the texts speak.
    """
    public = [
        one
        for one in outages
        if concerns(one, operator)
        and may_be_public(one, at, days=days, suspected=suspected)
    ]
    public.sort(key=lambda one: (one.started_at, one.reference), reverse=True)
    spoken = [one for one in languages or (operator.language, *texts.languages) if one in texts.languages]
    return Page(operator, tuple(public), texts, at, tuple(dict.fromkeys(spoken)) or ("en",), url, tuple(others))


def _section(outage: Outage, at: datetime) -> str:
    if outage.state is OutageState.RESTORED:
        return "past"
    return "planned" if outage.kind is OutageKind.PLANNED_WORKS and outage.started_at > at else "now"


def _state(outage: Outage, at: datetime) -> str:
    """Return the state as it is told: an end that is expected is no state of its own."""
    found = state_of(outage, at)
    return "confirmed" if found == "until" else found


# JSON ---------------------------------------------------------------------------------------------------------------


def _object(page: Page) -> dict[str, Any]:
    return {
        "operator": {"code": plain(page.operator.code), "name": plain(page.operator.name)},
        "as_of": _iso(page.at),
        "outages": [
            {
                "reference": plain(one.reference),
                "state": _state(one, page.at),
                "kind": one.kind.value,
                "services": [plain(service) for service in one.coverage.services],
                "towns": [plain(town) for town in one.coverage.towns],
                "postcodes": [plain(code) for code in one.coverage.postcodes],
                "started_at": _iso(one.started_at),
                "expected_end": _iso(one.expected_end) if one.expected_end else None,
                "ended_at": _iso(one.ended_at) if one.ended_at else None,
                "text": {language: text_of(one, Kind.WEB, language, page.voice) for language in page.languages},
            }
            for one in page.outages
        ],
    }


def as_json(page: Page) -> str:
    """Return the page for programs."""
    return json.dumps(_object(page), ensure_ascii=False, indent=2) + "\n"


# HTML ---------------------------------------------------------------------------------------------------------------


def _moment(page: Page, moment: datetime, language: str) -> str:
    words = page.voice.moment(moment, "at", language)
    return f'<time datetime="{_iso(moment)}">{escape(words)}</time>'


def _facts(page: Page, outage: Outage, language: str) -> list[tuple[str, str]]:
    announced = outage.kind is OutageKind.PLANNED_WORKS
    facts = [("start" if announced else "began", _moment(page, outage.started_at, language))]
    if outage.ended_at is not None:
        facts.append(("ended", _moment(page, outage.ended_at, language)))
    elif outage.expected_end is not None and outage.expected_end >= page.at:
        facts.append(("end" if announced else "expected", _moment(page, outage.expected_end, language)))
    facts.append(("reference", escape(plain(outage.reference))))
    return facts


def _article(page: Page, outage: Outage, language: str) -> str:
    state = _state(outage, page.at)
    facts = "".join(
        f"<div><dt>{escape(page.texts.get(language, f'page.{name}'))}</dt><dd>{value}</dd></div>\n"
        for name, value in _facts(page, outage, language)
    )
    return (
        f'<article class="{state}">\n<h4>{escape(page.texts.get(language, f"page.{state}"))}</h4>\n'
        f"<p>{escape(text_of(outage, Kind.WEB, language, page.voice))}</p>\n<dl>\n{facts}</dl>\n</article>\n"
    )


def _language(page: Page, language: str) -> str:
    def said(name: str) -> str:
        return page.texts.get(language, f"page.{name}")

    when = _moment(page, page.at, language)
    parts = [
        f'<section id="{language}" lang="{language}">\n'
        f"<h2>{escape(said('title').format(operator=page.voice.name))}</h2>\n"
        f'<p class="as-of">{escape(said("as_of")).replace("{when}", when)}</p>\n'
    ]
    going = [one for one in page.outages if _section(one, page.at) == "now"]
    if not going:
        parts.append(f"<p>{escape(said('none'))}</p>\n")
    for name in ("now", "planned", "past"):
        there = [one for one in page.outages if _section(one, page.at) == name]
        if there:
            articles = "".join(_article(page, one, language) for one in there)
            parts.append(f"<section>\n<h3>{escape(said(name))}</h3>\n{articles}</section>\n")
    return "".join((*parts, "</section>\n"))


def as_html(page: Page) -> str:
    """Return the page for people: one file, no script, every language in a section of its own, light and dark."""
    first = page.languages[0]
    title = escape(page.texts.get(first, "page.title").format(operator=page.voice.name))
    links = "".join(
        f'<li><a href="#{one}" lang="{one}" hreflang="{one}">{escape(NAMES.get(one, one))}</a></li>\n'
        for one in page.languages
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{first}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{title}</title>\n"
        f'<link rel="alternate" type="application/atom+xml" title="{title}" href="{ATOM}">\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{escape(page.voice.name)}</h1>\n"
        f"<nav>\n<ul>\n{links}</ul>\n</nav>\n</header>\n<main>\n"
        + "".join(_language(page, one) for one in page.languages)
        + f'</main>\n<footer>\n<a href="{ATOM}">Atom</a> <a href="{JSON}">JSON</a>\n</footer>\n</body>\n</html>\n'
    )


# Atom ---------------------------------------------------------------------------------------------------------------


def _told(outage: Outage, at: datetime) -> tuple[datetime, datetime]:
    """Return when an outage was told of first, and when what is told of it changed last.

    Works that nobody spoke of since they were entered are told from the day on which they are first shown.
    """
    moments = [outage.started_at, outage.confirmed_at, outage.ended_at, *(one.at for one in outage.updates)]
    past = [one for one in moments if one is not None and one <= at] or [outage.started_at - AHEAD]
    return min(past), max(past)


def _name(page: Page, of: str) -> str:
    return f"urn:uuid:{uuid.uuid5(_ROOT, plain(f'{page.operator.code}/{of}'))}"


def _entry(page: Page, outage: Outage) -> str:
    first = page.languages[0]
    state = _state(outage, page.at)
    published, updated = _told(outage, page.at)
    title = f"{page.texts.get(first, f'page.{state}')}: {plain(outage.reference)}"
    said = "".join(
        f'<p xml:lang="{one}">{escape(text_of(outage, Kind.WEB, one, page.voice))}</p>' for one in page.languages
    )
    link = f'<link rel="alternate" type="text/html" href="{escape(page.url)}"/>\n' if page.url else ""
    return (
        f"<entry>\n<id>{_name(page, outage.reference or outage.key)}</id>\n<title>{escape(title)}</title>\n"
        f"<published>{_iso(published)}</published>\n<updated>{_iso(updated)}</updated>\n"
        f'<category term="{state}"/>\n{link}'
        f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{said}</div></content>\n</entry>\n'
    )


def as_atom(page: Page) -> str:
    """Return the page as an Atom feed (RFC 4287): one entry an outage, whose identity never changes."""
    first = page.languages[0]
    title = page.texts.get(first, "page.title").format(operator=page.voice.name)
    updated = max((_told(one, page.at)[1] for one in page.outages), default=page.at)
    links = ""
    if page.url:
        base = page.url if page.url.endswith("/") else f"{page.url}/"
        links = (
            f'<link rel="self" type="application/atom+xml" href="{escape(base + ATOM)}"/>\n'
            f'<link rel="alternate" type="text/html" href="{escape(page.url)}"/>\n'
        )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{first}">\n'
        f"<id>{_name(page, '')}</id>\n<title>{escape(title)}</title>\n<updated>{_iso(updated)}</updated>\n"
        f"<author><name>{escape(page.voice.name)}</name></author>\n<generator>cordboard</generator>\n{links}"
        + "".join(_entry(page, one) for one in page.outages)
        + "</feed>\n"
    )
