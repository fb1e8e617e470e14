"""A hand-over that nobody accepted stands on the customer's card, the same for who gave it and who gets it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from backends.records import Handover, Holder
from console.present.card import card
from console.present.handovers import flags, until_words
from console.present.setting import Now
from tests.guides_stage import NIGHT, OPERATOR, customer_file
from widgets.views import Tone

HANDED = Handover("ha", "ti", "cu", Holder.TECHNICAL, NIGHT, "Nocny Dyżur", due_at=NIGHT + timedelta(minutes=30))


def _now(minutes: int) -> Now:
    return Now(NIGHT + timedelta(minutes=minutes), ZoneInfo("Europe/Warsaw"))


def test_r22_late_is_told_in_minutes() -> None:
    """Until then it says by when; afterwards for how long it is late, and loudly."""
    assert until_words(HANDED, OPERATOR, _now(5)) == "to be accepted by today 03:44"
    assert until_words(HANDED, OPERATOR, _now(34)) == "not accepted in time, 4 min late"
    assert [one.tone for one in flags([HANDED], OPERATOR, _now(5))] == [Tone.ACCENT]
    assert [one.tone for one in flags([HANDED], OPERATOR, _now(34))] == [Tone.BAD]


def test_r22_the_card_shows_it_until_somebody_accepts() -> None:
    """Whoever opens the customer sees it; an accepted or declined one is gone."""
    shown = card(customer_file(handovers=(HANDED,)), _now(34))
    assert any("4 min late" in span.text for line in shown.lines for span in line)
    for settled in (replace(HANDED, accepted_at=NIGHT), replace(HANDED, declined_at=NIGHT)):
        gone = card(customer_file(handovers=(settled,)), _now(34))
        assert not any("late" in span.text for line in gone.lines for span in line)
