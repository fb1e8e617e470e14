"""Where what is shown comes from, and how old it is: nothing to say while all is well, plain words when it is not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from backends.delivery import Delivery, DeliveryState
from console.i18n import _, _n
from console.present.failures import cause_words
from console.present.labels import plain
from console.present.setting import Now
from console.rules.sources import Source, SourceState
from console.words import age, moment
from widgets.views import Cell, RowsView, RowView, Span, Tone

DELIVERY_TONES = {
    DeliveryState.WAITING: Tone.WARN,
    DeliveryState.REFUSED: Tone.BAD,
    DeliveryState.CONFLICT: Tone.BAD,
}


def delivery_word(state: DeliveryState) -> str:
    """Return how something stands that is not with its source yet."""
    if state is DeliveryState.WAITING:
        return _("not sent yet")
    return _("refused") if state is DeliveryState.REFUSED else _("conflict")


def source_words(source: Source, now: Now) -> str:
    """Return how one source stands, with its name."""
    name = plain(source.name, 24)
    why = cause_words(source.error) if source.error is not None else ""
    if source.state is SourceState.LOADING:
        return _("{source}: loading").format(source=name)
    if source.state is SourceState.FAILED:
        return _("{source}: failed: {why}").format(source=name, why=why)
    when = moment(source.at, now.at, now.zone, short=True) if source.at is not None else _("the start")
    if source.state is SourceState.STALE:
        return _("{source}: stale since {when}: {why}").format(source=name, when=when, why=why)
    old = age(source.at, now.at) if source.at is not None else ""
    return _("{source}: {age} ago").format(source=name, age=old) if old else name


def trouble_words(sources: Sequence[Source], now: Now) -> str:
    """Return what is missing or old on this screen, empty when nothing is."""
    return " · ".join(source_words(one, now) for one in sources if one.state is not SourceState.FRESH)


def names_words(sources: Sequence[Source]) -> str:
    """Return the names of several sources that are all fresh; nothing for a single one, which nobody asks about."""
    return ", ".join(plain(one.name, 16) for one in sources) if len(sources) > 1 else ""


def delivery_span(deliveries: Collection[Delivery]) -> Span | None:
    """Return how many things are not with their source yet, for the status line; None when all are."""
    if not deliveries:
        return None
    stuck = sum(1 for one in deliveries if one.state is not DeliveryState.WAITING)
    if stuck:
        return Span(_n("{n} refused", "{n} refused", stuck).format(n=stuck), Tone.BAD)
    waiting = len(deliveries)
    return Span(_n("{n} not sent yet", "{n} not sent yet", waiting).format(n=waiting), Tone.WARN)


_TONES = {
    SourceState.FRESH: Tone.GOOD,
    SourceState.LOADING: Tone.ACCENT,
    SourceState.STALE: Tone.WARN,
    SourceState.FAILED: Tone.BAD,
}


def state_word(state: SourceState) -> str:
    """Return how a source stands, in a word."""
    words = {
        SourceState.FRESH: _("fresh"),
        SourceState.LOADING: _("loading"),
        SourceState.STALE: _("stale"),
        SourceState.FAILED: _("failed"),
    }
    return words[state]


def rows(sources: Sequence[Source], waiting: Mapping[str, int], now: Now) -> RowsView:
    """Return the sources as rows; `waiting` says how much is on its way to each, by its name."""
    shown = []
    for one in sources:
        when = moment(one.at, now.at, now.zone) if one.at is not None else _("never")
        count = waiting.get(one.name, 0)
        cells = (
            Cell((Span(plain(one.name), Tone.STRONG),), 20),
            Cell((Span(state_word(one.state), _TONES[one.state]),), 9),
            Cell((Span(_("answered {when}").format(when=when), Tone.DIM),), 28, drop=2),
            Cell((Span(cause_words(one.error) if one.error is not None else "", Tone.BAD),), 0, least=20),
            Cell(
                (Span(_n("{n} not sent yet", "{n} not sent yet", count).format(n=count) if count else "", Tone.WARN),),
                18,
            ),
        )
        shown.append(RowView(one.name, cells))
    return RowsView(tuple(shown), _("Sources"), str(len(shown)))
