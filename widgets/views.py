"""What widgets are given: frozen views whose words are chosen, whose tones are names and whose text is clean.

A widget never formats, translates or decides; it lays out, paints and posts messages. All text here is plain: it is
never markup. Nothing of this module needs a toolkit, so that whoever makes views needs none either.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Tone(StrEnum):
    """What a piece of text means; a theme answers with colour, weight, underline or reverse."""

    NORMAL = "normal"
    STRONG = "strong"
    DIM = "dim"
    ACCENT = "accent"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    CALL = "channel-call"
    EMAIL = "channel-email"
    CHAT = "channel-chat"
    SMS = "channel-sms"
    PAPER = "channel-paper"
    """Fax and letter."""
    VISIT = "channel-visit"
    EVENT = "channel-event"
    """Ticket and outage events, notes."""


class Span(NamedTuple):
    """Text of one tone, on one line."""

    text: str
    tone: Tone = Tone.NORMAL


Line = tuple[Span, ...]
"""One line of text; cut at the right edge, never wrapped."""


class Feed(StrEnum):
    """The four looks of a part that is not simply there, beside the normal one."""

    READY = "ready"
    EMPTY = "empty"
    LOADING = "loading"
    FAILED = "failed"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class FeedView:
    """How a part stands; `words` says it to the agent (and what to do when it failed)."""

    state: Feed = Feed.READY
    words: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of a row. Columns with a higher `drop` leave first when the row is too narrow; 0 never leaves."""

    spans: Line
    width: int
    """Cells it takes; 0 takes what is left (one such column a row)."""
    drop: int = 0
    right: bool = False
    """Aligned to the right edge of its column."""
    least: int = 12
    """Cells that a column of width 0 wants before others leave."""


@dataclass(frozen=True, slots=True)
class RowView:
    """One row of a list: timeline entry, ticket, search result, queue item, log line.

    `indent` shows a place in a thread; `folded` counts rows hidden behind this one. `body` is shown below the row when
    it is open; None means that it was not fetched yet.
    """

    key: str
    cells: tuple[Cell, ...]
    indent: int = 0
    folded: int = 0
    dim: bool = False
    marker: Tone | None = None
    """A coloured bar at the left edge: something is owed or wrong here."""


@dataclass(frozen=True, slots=True)
class RowsView:
    """A list. `more` says that further rows can be fetched; `title` stands in the rule above it."""

    rows: tuple[RowView, ...] = ()
    title: str = ""
    note: str = ""
    """At the right end of the rule: a filter, a count."""
    more: bool = False
    feed: FeedView = FeedView()
    rest_words: str = ""
    """Below an opened body that goes on: `Enter for the rest`."""


@dataclass(frozen=True, slots=True)
class BodyView:
    """A text to read: the body of a contact, whole or cut.

    `head` are lines above it (who, when, channel, attachments); `cut` says how much was left out, empty when nothing.
    """

    key: str = ""
    title: str = ""
    head: tuple[Line, ...] = ()
    text: str = ""
    cut: str = ""
    feed: FeedView = FeedView()


@dataclass(frozen=True, slots=True)
class BannerView:
    """One outage that hits the open customer, or one that is live anywhere when no customer is open."""

    key: str
    badge: str
    """State in a word, e.g. `SUSPECTED`."""
    tone: Tone
    headline: str
    """What, since when, expected end, source."""
    why: str = ""
    """What matched: `same OLT lub-3`."""
    say: str = ""
    """What to tell the customer."""


@dataclass(frozen=True, slots=True)
class BannersView:
    """All outage banners, gravest first; `more_words` summarises those that do not fit, with `{n}` for their number."""

    banners: tuple[BannerView, ...] = ()
    more_words: str = ""


@dataclass(frozen=True, slots=True)
class CardView:
    """Who it is: a title line, then lines by importance (the first ones stay when room is short)."""

    title: Line = ()
    lines: tuple[Line, ...] = ()
    opening: Line = ()
    """One line of context for the first sentence (R6)."""
    feed: FeedView = FeedView()


@dataclass(frozen=True, slots=True)
class HintView:
    """One key in the bottom line. A disabled one is shown dim; pressing it says why."""

    key: str
    label: str
    action: str
    enabled: bool = True
    weight: int = 0
    """Higher ones stay longest when the line is short."""


@dataclass(frozen=True, slots=True)
class StatusView:
    """The line above the keys: what was just done or went wrong, and facts at its right end."""

    words: str = ""
    tone: Tone = Tone.NORMAL
    right: Line = ()


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """One option of a choice, with the letter or digit that picks it."""

    code: str
    label: str
    key: str = ""
    hint: str = ""
    disabled_because: str = ""


class FieldKind(StrEnum):
    """How a question of a form is answered."""

    LINE = "line"
    NOTE = "note"
    CHOICE = "choice"
    YES_NO = "yes_no"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class FieldView:
    """One question of a form. `problem` says what is wrong with the present answer, empty when nothing."""

    code: str
    label: str
    kind: FieldKind = FieldKind.LINE
    value: str = ""
    choices: tuple[ChoiceView, ...] = ()
    hint: str = ""
    needed: bool = False
    problem: str = ""
    height: int = 1
    """Lines of a note field."""
    cursor: int | None = None
    """Where writing goes on in a note, counted in characters; None is at its end."""


@dataclass(frozen=True, slots=True)
class FormView:
    """A form in a dialog: its questions, what will be stored, and the words on its keys."""

    title: str
    fields: tuple[FieldView, ...]
    subtitle: str = ""
    banner: str = ""
    """Repeats an outage inside the dialog."""
    save_words: str = ""
    cancel_words: str = ""


@dataclass(frozen=True, slots=True)
class ReferenceView:
    """A reference shown large, and how it is spelled."""

    reference: str
    caption: str
    spelled: tuple[str, ...] = ()
    words: str = ""
