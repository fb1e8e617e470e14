"""Every widget on one screen, for pictures in several themes and sizes."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from tests.widgets.stage import Stage
from widgets.banners import Banners
from widgets.body import BodyPane
from widgets.bottom import KeyHints, StatusLine
from widgets.card import Card
from widgets.form import Form
from widgets.omnibox import Omnibox
from widgets.reference import BigReference
from widgets.rows import RowList
from widgets.views import (
    BannersView,
    BannerView,
    BodyView,
    CardView,
    Cell,
    ChoiceView,
    Feed,
    FeedView,
    FieldKind,
    FieldView,
    FormView,
    HintView,
    ReferenceView,
    RowsView,
    RowView,
    Span,
    StatusView,
    Tone,
)

BANNERS = BannersView(
    (
        BannerView(
            "o1",
            "CONFIRMED",
            Tone.BAD,
            "No light in Lublin-South since 01:20, back by 04:00 (network)",
            "same OLT lub-3",
            "We know, and a team is on its way; nothing to restart on your side.",
        ),
        BannerView("o2", "SUSPECTED", Tone.WARN, "Slow evenings around Kielce, 14 reports"),
    )
)
CARD = CardView(
    (Span("Anna Nowak", Tone.STRONG), Span("  L-10042  subscriber  ", Tone.DIM), Span("[!] dispute open", Tone.WARN)),
    (
        (Span("+48 600 100 200 · Lublin, ul. Krótka 7 · Polish", Tone.NORMAL),),
        (Span("Fibre 600 until 12 Dec 2026 (20 days)", Tone.ACCENT),),
    ),
    (Span("Third contact in five days about the same fault; promised Tuesday, "), Span("not kept", Tone.BAD)),
)


def _entry(
    key: str, age: str, letter: str, tone: Tone, words: str, state: str = "", bad: Tone | None = None, **more: int
) -> RowView:
    cells = (
        Cell((Span(age, Tone.DIM),), 7),
        Cell((Span(letter, tone),), 7),
        Cell((Span(words),), 0),
        Cell((Span("A. Kowal", Tone.DIM),), 9, drop=3),
        Cell((Span(state, Tone.WARN if bad else Tone.GOOD),), 10, drop=1, right=True),
    )
    return RowView(key, cells, marker=bad, indent=more.get("indent", 0), folded=more.get("folded", 0))


TIMELINE = RowsView(
    (
        _entry("1", "12 min", "< call", Tone.CALL, "Asked again when the light comes back", "answered"),
        _entry("2", "3 h", "< mail", Tone.EMAIL, "Still no internet, third day", "[!] 3 h", Tone.WARN, folded=2),
        _entry("3", "5 h", "> sms", Tone.SMS, "Your ticket L-2026-118", "", indent=1),
        _entry("4", "yest.", "< fax", Tone.PAPER, "Complaint, page 2 of 2 日本", "[X] no ID", Tone.BAD),
        _entry("5", "2 d", "visit", Tone.VISIT, "Engineer, window 10 to 12", "done"),
        _entry("6", "3 d", "event", Tone.EVENT, "Outage restored"),
        _entry("7", "9 d", "chat", Tone.CHAT, "[/bold] how do I change my tariff?", "answered"),
    ),
    "Timeline",
    "all channels",
    more=True,
    rest_words="Enter for the rest",
)
TICKETS = RowsView(title="Tickets", feed=FeedView(Feed.FAILED, "The helpdesk does not answer; r asks again"))
BODY = BodyView(
    "2",
    "Still no internet, third day",
    ((Span("from anna@example.org  ", Tone.DIM), Span("mail", Tone.EMAIL)),),
    "Good morning,\n\n> we will be with you on Tuesday\n\nnobody came. " + "The box blinks red. " * 12,
    "2 kB left out; o opens all",
)
FORM = FormView(
    "Log a contact",
    (
        FieldView(
            "channel",
            "Channel",
            FieldKind.CHOICE,
            "call",
            (
                ChoiceView("call", "Call", "c", "spoken now"),
                ChoiceView("mail", "E-mail", "m"),
                ChoiceView("fax", "Fax", "f", disabled_because="no fax here"),
            ),
        ),
        FieldView("subject", "Subject", value="No light", needed=True, problem="say since when"),
        FieldView("notes", "Notes", FieldKind.NOTE, "Router restarted already,\nbox blinks red.", height=3),
        FieldView("due", "Call back", FieldKind.MOMENT, "tomorrow 10", hint="Mon 23 Nov 2026, 10:00"),
        FieldView("solved", "Solved", FieldKind.YES_NO, "yes"),
    ),
    "Stored as an inbound contact of Anna Nowak",
    "CONFIRMED No light in Lublin-South since 01:20",
    "Save",
    "Cancel",
)
HINTS = (
    HintView("/", "Find", "find", weight=9),
    HintView("F2", "Log", "log", weight=8),
    HintView("c", "Chase", "chase", enabled=False, weight=5),
    HintView("t", "Ticket", "ticket", weight=6),
    HintView("?", "Help", "help", weight=7),
    HintView("F10", "Quit", "quit", weight=1),
)
REFERENCE = ReferenceView("L-2026-118", "Reference of the ticket", ("Lima", "dash", "two", "zero"), "y copies it")


class DeskGallery(Stage):
    """What a desk looks like."""

    def compose(self) -> ComposeResult:
        """Put everything of the desk on the screen."""
        yield Omnibox(placeholder="Name, number, reference")
        yield Banners(BANNERS)
        yield Card(CARD)
        yield RowList(TIMELINE, id="timeline")
        with Horizontal():
            yield RowList(TICKETS, id="tickets")
            yield BodyPane(BODY)
        yield StatusLine(
            StatusView("Sent to your terminal", Tone.GOOD, (Span("3 waiting", Tone.WARN), Span("  02:10")))
        )
        yield KeyHints(HINTS)

    def on_mount(self) -> None:
        """Give the timeline the focus and open a body in it."""
        timeline = self.query_one("#timeline", RowList)
        timeline.focus()
        timeline.go_to("2")


class FormGallery(Stage):
    """What a dialog looks like."""

    def compose(self) -> ComposeResult:
        """Put a form and a reference on the screen."""
        with Vertical():
            yield Form(FORM)
            yield BigReference(REFERENCE)
