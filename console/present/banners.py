"""Outage banners: state, since, expected end, source, what matched, what to say (R26)."""

from __future__ import annotations

from collections.abc import Sequence

from backends.records import Key, Outage, OutageKind, OutageState
from console.i18n import N_, _, _n
from console.present.labels import ANSWERS, OUTAGE_TONES, plain, service, worded
from console.present.said import said, speaks
from console.present.setting import Now
from console.rules.coverage import Because, Hit
from console.rules.sensor import SOURCE as SENSOR
from console.words import joined, moment, word
from widgets.views import BannersView, BannerView, Tone

SAY = 2_000
"""Characters of what to say that are shown."""
LEVELS = {"port": N_("port"), "olt": N_("OLT"), "node": N_("node"), "exchange": N_("exchange")}


def why_words(hit: Hit) -> str:
    """Return what matched, e.g. `same OLT lub-3`."""
    value = plain(hit.value)
    if hit.because is Because.ELEMENT and not hit.level:
        return _("behind {name}").format(name=value)
    if hit.because is Because.ELEMENT:
        return _("same {level} {name}").format(level=_(LEVELS.get(hit.level, hit.level)), name=value)
    if hit.because is Because.POSTCODE:
        return _("postcode {value}").format(value=value)
    if hit.because is Because.TOWN:
        return _("town {value}").format(value=value)
    return _("hits everybody")


def title_words(outage: Outage) -> str:
    """Return what is broken in a few words; what the sensor proposed says what is reported, and how often."""
    if outage.title:
        return plain(outage.title)
    if outage.source == SENSOR and outage.cause:
        count = len([one for one in outage.updates[0].text.split(",") if one.strip()]) if outage.updates else 0
        told = _n("{what}, reported {n} time", "{what}, reported {n} times", count) if count else "{what}"
        return told.format(what=worded(ANSWERS, outage.cause), n=count)
    return services_words(outage)


def who_words(by: str) -> str:
    """Return who says something of an outage; the sensor is no colleague's name."""
    return _("several customers") if by == SENSOR else plain(by)


def services_words(outage: Outage) -> str:
    """Return the services that an outage hits, `all services` when it names none."""
    return joined([service(code) for code in outage.coverage.services]) or _("all services")


def places_words(outage: Outage) -> str:
    """Return where an outage is: towns, else elements, else postcodes; empty for everywhere."""
    coverage = outage.coverage
    names = coverage.towns or coverage.elements or coverage.postcodes
    shown = [plain(name, 40) for name in names[:3]]
    return ", ".join(shown) + ("…" if len(names) > 3 else "")


def headline(outage: Outage, now: Now) -> str:
    """Return what is broken, since when, until when, and who says so."""
    since = moment(outage.started_at, now.at, now.zone, short=True)
    if outage.started_at > now.at:
        times = _("from {when}").format(when=moment(outage.started_at, now.at, now.zone, short=True))
    else:
        times = _("since {when}").format(when=since)
    if outage.ended_at is not None:
        times = f"{since} – {moment(outage.ended_at, now.at, now.zone, short=True)}"
    elif outage.expected_end is not None:
        end = moment(outage.expected_end, now.at, now.zone, short=True)
        words = _("back {when}") if outage.expected_end >= now.at else _("was due back {when}")
        times = f"{times}, {words.format(when=end)}"
    else:
        times = _("{since}, end not known").format(since=times)
    parts = [times, title_words(outage)]
    if outage.supplier:
        parts.append(plain(f"{outage.supplier} {outage.supplier_reference}".strip()))
    elif outage.source:
        parts.append(who_words(outage.source))
    return " · ".join(parts)


def _works_words(outage: Outage, now: Now) -> str:
    """Return what to tell about works: they are planned, and when the service is back."""
    if outage.expected_end is None or outage.expected_end < now.at:
        return _("We are working on the network there. You need not change anything at home.")
    end = moment(outage.expected_end, now.at, now.zone)
    if outage.started_at <= now.at:
        return _("We are working on the network there, as announced, until {end}. Nothing to do at home.").format(
            end=end
        )
    return _("We will be working on the network there from {start} to {end}. Nothing to do at home.").format(
        start=moment(outage.started_at, now.at, now.zone), end=end
    )


def _understood(outage: Outage, now: Now, language: str, operator_key: Key = "") -> bool:
    """Return whether what somebody wrote is in the customer's language, or there is nothing better for them.

    It is written in the language of the operators who are hit; whoever speaks another is told the facts, as are all
    where the operators speak several. Where an outage names none, it is the customer's own operator that counts.
    """
    hit = outage.operator_keys or (operator_key,)
    written = {one.language for key in hit if (one := now.operators.get(key)) is not None}
    return not written or not language or written == {language} or language not in now.texts().languages


def say_words(outage: Outage, now: Now, language: str = "", operator_key: Key = "") -> str:
    """Return what to tell the customer: what somebody wrote, else a kind sentence made from the facts (R28, R29).

    `language` and operator are the customer's, empty for nobody in particular. Empty for a suspicion that was
    dismissed: there is nothing to tell.
    """
    if outage.state is OutageState.DISMISSED:
        return ""
    if outage.say and outage.state is not OutageState.RESTORED and _understood(outage, now, language, operator_key):
        return plain(outage.say, SAY)
    if speaks(language, now):
        return said(outage, now, language, operator_key)
    if outage.state is OutageState.RESTORED:
        return _("It was on our side and it works again. If it does not at your place, please tell us.")
    if outage.kind is OutageKind.PLANNED_WORKS:
        return _works_words(outage, now)
    if outage.state is OutageState.SUSPECTED:
        return _("Several people report this right now; we are looking into it. Please leave your equipment as it is.")
    if outage.expected_end is not None and outage.expected_end >= now.at:
        return _(
            "It is on our side, people are working on it, and we expect it back {when}. Nothing to do at home."
        ).format(when=moment(outage.expected_end, now.at, now.zone))
    return _("It is on our side and people are working on it. You need not change anything at home.")


def badge(outage: Outage) -> str:
    """Return an outage's state in a word, in capitals; planned works say so."""
    if outage.kind is OutageKind.PLANNED_WORKS and outage.state is not OutageState.RESTORED:
        return word(OutageKind.PLANNED_WORKS).upper()
    return word(outage.state).upper()


def banner(outage: Outage, now: Now, why: str = "", language: str = "", operator_key: Key = "") -> BannerView:
    """Return one outage as a banner, with what to tell a customer of that language and operator."""
    tone = Tone.ACCENT if outage.kind is OutageKind.PLANNED_WORKS else OUTAGE_TONES[outage.state]
    say = say_words(outage, now, language, operator_key)
    return BannerView(outage.key, badge(outage), tone, headline(outage, now), why, say)


def more_words(key: str) -> str:
    """Return the words for the banners that find no room; `key` shows them all where the agent is now."""
    return _("and {n} more: press {key} to see all").replace("{key}", key)


def for_customer(hits: Sequence[Hit], now: Now, language: str = "", operator_key: Key = "", *, key: str) -> BannersView:
    """Return the banners of the outages that hit a customer who speaks `language`, of that operator.

    `key` is the one that shows all outages where the agent is now.
    """
    told = tuple(banner(hit.outage, now, why_words(hit), language, operator_key) for hit in hits)
    return BannersView(told, more_words(key))


def ranked(outages: Sequence[Outage]) -> list[Outage]:
    """Return outages gravest first: confirmed, suspected, planned works, then what is over, as given among equals."""
    order = {OutageState.CONFIRMED: 0, OutageState.SUSPECTED: 1}
    return sorted(
        outages,
        key=lambda one: (one.ended_at is not None, one.kind is OutageKind.PLANNED_WORKS, order.get(one.state, 9)),
    )


def word_due(outage: Outage, count: int, now: Now, key: str) -> BannerView:
    """Return the banner of an outage that is over while people still wait for a word about it (R27)."""
    waits = _n("{n} person waits for a word: {key}, then l", "{n} people wait for a word: {key}, then l", count)
    tone = OUTAGE_TONES[outage.state]
    return BannerView(outage.key, badge(outage), tone, f"{waits.format(n=count, key=key)} · {headline(outage, now)}")


def for_everybody(
    outages: Sequence[Outage], now: Now, due: Sequence[tuple[Outage, int]] = (), *, key: str
) -> BannersView:
    """Return the banners of all live outages, for when no customer is open, and of those about which a word is due.

    `key` is the one that shows all outages where the agent is now.
    """
    live = ranked(outages)
    ahead = [one for one in live if one.kind is OutageKind.PLANNED_WORKS]
    told = [banner(one, now, places_words(one)) for one in live if one not in ahead]
    told += [word_due(one, count, now, key) for one, count in due]
    told += [banner(one, now, places_words(one)) for one in ahead]
    return BannersView(tuple(told), more_words(key))
