"""Who else has this customer open, in one line (R32)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backends.port import Presence
from backends.records import Key
from console.i18n import _
from console.present.labels import plain
from console.present.setting import Now
from console.words import age, joined
from widgets.views import Line, Span, Tone


def others_line(others: Sequence[tuple[str, Presence]], now: Now, references: Mapping[Key, str] | None = None) -> Line:
    """Return who has this customer open now and who of them writes; empty for nobody.

    `references` are those of the tickets on the screen, by key: what one colleague writes about is named.
    """
    if not others:
        return ()
    if len(others) == 1:
        name, one = others[0]
        who = plain(name, 30)
        words = _("{who} has this open, writing") if one.writing else _("{who} has this open")
        since = _("for {age}").format(age=age(one.since, now.at)) if (now.at - one.since).total_seconds() >= 60 else ""
        tone = Tone.WARN if one.writing else Tone.ACCENT
        line: Line = (Span(words.format(who=who), tone),)
        if about := plain((references or {}).get(one.ticket_key, "")):
            line = (*line, Span(f" · {about}", Tone.ACCENT))
        return (*line, Span(f"  {since}", Tone.DIM)) if since else line
    writing = any(one.writing for _name, one in others)
    names = [
        _("{who} (writing)").format(who=plain(name, 24)) if one.writing else plain(name, 24) for name, one in others
    ]
    words = _("{who} have this open").format(who=joined(names))
    return (Span(words, Tone.WARN if writing else Tone.ACCENT),)
