"""The single view as lines of text: headings, then one fact a line, in the order in which they matter.

Nothing lines up in columns and nothing is said by colour, so that a voice can read it and a terminal of any width
show it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from backends.records import Contact, Direction, Key, Ticket
from console.desk.picture import Picture
from console.i18n import _, _n
from console.present.banners import badge, headline, say_words, why_words
from console.present.card import card
from console.present.clocking import clock_facts, owed_facts
from console.present.happenings import Told, told
from console.present.opening import opening_text
from console.present.rows import holder_words
from console.present.setting import Now
from console.rules.standing import chases_by_ticket, open_tickets
from console.rules.timeline import Happening
from console.words import moment, word
from widgets.views import Line

_INDENT = "  "
_TAIL = 20  # characters by which the end of a body is known again


def _text(line: Line) -> str:
    return "".join(span.text for span in line)


def lines_of(
    picture: Picture, now: Now, bodies: Mapping[Key, str], limit: int, *, home: ZoneInfo | None = None
) -> Iterator[str]:
    """Yield the view line by line; `bodies` are whole texts by contact, printed below their entry.

    When the zone of the times is not `home`, the reader's own, the view begins with its name.
    """
    if home is not None and getattr(now.zone, "key", None) != home.key:
        yield _("Times are those of {zone}.").format(zone=now.zone)
    yield from _who(picture, now)
    yield from _outages(picture, now)
    yield from _tickets(picture, now)
    yield from _history(picture, now, bodies, limit)


def _who(picture: Picture, now: Now) -> Iterator[str]:
    view = card(picture.file, now, live={one.outage.key for one in picture.hits})
    yield _text(view.title)
    for line in view.lines:
        yield _text(line)
    if opening := opening_text(picture.file, now):
        yield ""
        yield opening


def _outages(picture: Picture, now: Now) -> Iterator[str]:
    yield ""
    count = len(picture.hits)
    if not count:
        yield _("No outage hits this customer.")
        return
    yield _n("{n} outage hits this customer:", "{n} outages hit this customer:", count).format(n=count)
    for hit in picture.hits:
        yield f"{_INDENT}{badge(hit.outage)} {headline(hit.outage, now)}"
        yield _INDENT * 2 + _("Why: {why}").format(why=why_words(hit))
        yield _INDENT * 2 + _("Say: {say}").format(say=say_words(hit.outage, now))


def _tickets(picture: Picture, now: Now) -> Iterator[str]:
    yield ""
    found = open_tickets(picture.file)
    if not found:
        yield _("No open ticket.")
        return
    yield _n("{n} open ticket:", "{n} open tickets:", len(found)).format(n=len(found))
    chases = chases_by_ticket(picture.file.chases)
    for ticket in found:
        yield from _ticket(ticket, picture, now, chases.get(ticket.key, 0))


def _ticket(ticket: Ticket, picture: Picture, now: Now, chases: int) -> Iterator[str]:
    yield f"{_INDENT}{ticket.reference} {ticket.subject}"
    facts = [word(ticket.kind), word(ticket.state), holder_words(ticket, now)]
    if chases:
        facts.append(_n("{n} chase", "{n} chases", chases).format(n=chases))
    yield _INDENT * 2 + ", ".join(facts)
    for told_of in (
        *clock_facts(ticket, picture.file.operator, now, picture.waits, picture.heard),
        *owed_facts(ticket, picture.file, now, picture.waits, picture.heard),
    ):
        yield _INDENT * 2 + _text(told_of)
    if ticket.next_step:
        when = f" ({moment(ticket.next_step_at, now.at, now.zone)})" if ticket.next_step_at else ""
        yield _INDENT * 2 + _("Next: {step}").format(step=ticket.next_step) + when


def _history(picture: Picture, now: Now, bodies: Mapping[Key, str], limit: int) -> Iterator[str]:
    happenings = picture.happenings()
    shown = happenings[:limit]
    yield ""
    total = picture.file.contacts_total
    yield _n(
        "History, newest first ({n} contact in all):", "History, newest first ({n} contacts in all):", total
    ).format(n=total)
    by_key = {ticket.key: ticket for ticket in picture.file.tickets}
    for happening in shown:
        yield _INDENT + _entry(happening, now, by_key)
        if isinstance(happening, Contact) and happening.key in bodies:
            for line in bodies[happening.key].split("\n"):
                yield f"{_INDENT * 2}{line}".rstrip()
    if len(happenings) > limit or picture.after is not None:
        yield _INDENT + _("Older entries are not shown; print more with --limit N.")


def line_of(happening: Happening, now: Now, tickets: Mapping[Key, Ticket]) -> Told:
    """Return a happening in words; a text of which the history holds the beginning ends at a word, with an ellipsis."""
    one = told(happening, now, tickets)
    if not isinstance(happening, Contact) or happening.whole:
        return one
    held = " ".join(happening.body.split())
    if not held or held.endswith("…") or not one.text.endswith(held[-_TAIL:]):
        return one
    before, _space, _half_a_word = one.text.rpartition(" ")
    return replace(one, text=(before or one.text) + "…")


def _entry(happening: Happening, now: Now, tickets: Mapping[Key, Ticket]) -> str:
    """Return one entry in a line: when, on which channel, in which direction, what, by whom, what it owes."""
    one = line_of(happening, now, tickets)
    channel = one.channel
    if isinstance(happening, Contact) and happening.direction is not Direction.INTERNAL:
        channel += f" {word(happening.direction)}"
    owed = f"[!] {one.state}: " if one.owed else ""
    told_by = f" ({one.who})" if one.who else ""
    answer = f" [{one.state}]" if one.state and not one.owed else ""
    return f"{moment(one.at, now.at, now.zone)}, {channel}: {owed}{one.text}{told_by}{answer}"
