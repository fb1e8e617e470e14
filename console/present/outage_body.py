"""All that is known of one outage, to read: where, since when, whose, what to say, all its news (R20, R26)."""

from __future__ import annotations

from backends.records import Outage, OutageKind
from console.i18n import _
from console.present.banners import badge, headline, say_words, services_words, title_words, who_words
from console.present.labels import plain
from console.present.setting import Now
from console.rules.sensor import SOURCE
from console.words import duration, moment, word
from widgets.views import BodyView, Line, Span, Tone

NEWS = 2_000
"""Characters of one piece of news that are shown."""


def _fact(label: str, text: str) -> Line:
    return (Span(f"{label}: ", Tone.DIM), Span(text))


def _times(outage: Outage, now: Now) -> str:
    parts = [_("since {when}").format(when=moment(outage.started_at, now.at, now.zone))]
    if outage.confirmed_at is not None and outage.kind is not OutageKind.PLANNED_WORKS:
        parts.append(_("confirmed {when}").format(when=moment(outage.confirmed_at, now.at, now.zone)))
    if outage.ended_at is not None:
        parts.append(_("over {when}").format(when=moment(outage.ended_at, now.at, now.zone)))
        parts.append(_("lasted {time}").format(time=duration(outage.ended_at - outage.started_at)))
    elif outage.expected_end is not None:
        parts.append(_("back {when}").format(when=moment(outage.expected_end, now.at, now.zone)))
    return " · ".join(parts)


def known(outage: Outage, now: Now) -> BodyView:
    """Return everything about an outage for a colleague: its places, its times, whose it is, what is new, newest first.

    What the sensor proposed says which reports it stands on.
    """
    news = []
    for one in reversed(outage.updates):
        text = plain(one.text, NEWS)
        if one.by == SOURCE:
            text = _("reported alike: {references}").format(references=text)
        said = ": ".join(part for part in (word(one.state) if one.state else "", text) if part)
        news.append(f"{moment(one.at, now.at, now.zone)}  {said} · {who_words(one.by)}")
    parts = (outage.coverage.elements, outage.coverage.postcodes, outage.coverage.towns)
    where = " · ".join(", ".join(plain(one) for one in part) for part in parts if part) or _("everywhere")
    names = ", ".join(plain(now.operator_name(key)) for key in outage.operator_keys) or _("all operators")
    head: list[Line] = [
        (Span(badge(outage), Tone.STRONG), Span(f" {headline(outage, now)}")),
        (*_fact(_("Where"), where), Span(f" · {services_words(outage)} · {names}")),
        _fact(_("When"), _times(outage, now)),
    ]
    if outage.supplier:
        head.append(_fact(_("Supplier"), plain(f"{outage.supplier} {outage.supplier_reference}")))
    if outage.cause and outage.source != SOURCE:
        head.append(_fact(_("Cause"), plain(outage.cause, NEWS)))
    say = say_words(outage, now)
    text = "\n".join([*([_("Say: {words}").format(words=say), ""] if say else []), *news])
    return BodyView(outage.key, plain(f"{outage.reference} {title_words(outage)}"), tuple(head), text)
