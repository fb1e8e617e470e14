"""What came in while a form was open: why nothing was stored yet, and the text itself."""

from __future__ import annotations

from collections.abc import Sequence

from backends.records import Contact, Direction
from console.i18n import _, _n
from console.present.body import body
from console.present.labels import plain
from console.present.setting import Now
from console.words import channel_word, moment
from widgets.views import BodyView


def held_words(news: Sequence[Contact], now: Now) -> str:
    """Return why saving was held, and how to go on."""
    newest = news[0]
    when = moment(newest.at, now.at, now.zone)
    channel = channel_word(newest.channel)
    if newest.direction is Direction.OUTBOUND:
        who = plain(newest.agent, 24)
        what = _("{who} wrote to this customer ({channel}, {when})").format(who=who, channel=channel, when=when)
    else:
        what = _("{channel} of {when}").format(channel=channel, when=when)
    more = len(news) - 1
    if more:
        what = _n("{what} and {n} more", "{what} and {n} more", more).format(what=what, n=more)
    return _("Held, not stored: news came meanwhile: {what}. Read it; saving again stores.").format(what=what)


def news_view(news: Sequence[Contact], now: Now, language: str) -> BodyView:
    """Return the newest of what came in, to be read above the form."""
    return body(news[0], now, {}, language)
