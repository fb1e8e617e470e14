"""People of other sources, or under other numbers, who are, or might be, the open customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from console.i18n import N_, _
from console.present.card import place_shown, point_shown
from console.present.labels import plain
from console.present.setting import Now
from console.rules.identity import Counterpart, Evidence
from widgets.views import Cell, Feed, FeedView, RowsView, RowView, Span, Tone

EVIDENCE: Mapping[Evidence, str] = {
    Evidence.NUMBER: N_("same number"),
    Evidence.EMAIL: N_("same e-mail"),
    Evidence.PHONE: N_("same telephone"),
    Evidence.NAME: N_("alike name"),
    Evidence.PLACE: N_("same postcode"),
}


def evidence_words(evidence: Sequence[Evidence]) -> str:
    """Return what speaks for two being one."""
    return ", ".join(_(EVIDENCE[one]) for one in evidence)


def people(found: Sequence[Counterpart], now: Now, *, searched: bool = False) -> RowsView:
    """Return people as rows, those who are shown as one with the open customer first."""
    rows = []
    for one in found:
        who = one.customer
        state = (
            Span(_("shown as one"), Tone.GOOD) if one.joined else Span(_("maybe") if one.evidence else "", Tone.WARN)
        )
        reach = ", ".join(point_shown(point) for point in who.points[:2])
        cells = (
            Cell((state,), 13),
            Cell((Span(plain(one.source), Tone.ACCENT),), 12, drop=2),
            Cell((Span(plain(who.name), Tone.STRONG),), 22),
            Cell((Span(plain(who.number)),), 10),
            Cell((Span(evidence_words(one.evidence), Tone.DIM), Span("  " + place_shown(who.place))), 0, least=20),
            Cell((Span(reach, Tone.DIM),), 28, drop=3),
            Cell((Span(plain(now.operator_name(who.operator_key)), Tone.DIM),), 14, drop=4),
        )
        rows.append(RowView(who.key, cells))
    words = _("Nobody looks like them, elsewhere or under another number. / looks for somebody.")
    if searched:
        words = _("Nobody found who could be the same.")
    feed = FeedView() if rows else FeedView(Feed.EMPTY, words)
    return RowsView(tuple(rows), _("The same person"), str(len(rows)), feed=feed)
