"""A list of rows that stays quick with 100,000 of them: timeline, tickets, search results, queues, logs.

It keeps an offset of its own, so that scrolling is a plain repaint; it paints only lines that changed, and of a row
that the cursor enters or leaves only the part that looks different.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from widgets.cells import Piece, one_line
from widgets.feeds import feed_facts, feed_page
from widgets.painted import Painted
from widgets.reading import body_lines
from widgets.rowpaint import BODY_EDGE, CURSOR, CURSOR_AWAY, NO_CURSOR, head_width, paint_body_line, paint_row
from widgets.rowplace import Places
from widgets.rule import rule_line
from widgets.views import BodyView, Feed, RowsView, Tone

_KEPT_ROWS = 512
_NEIGHBOURS = 200
_NOTHING = RowsView()


class RowList(Painted, can_focus=True):
    """Shows a `RowsView`: a rule with title and position, then rows, one of them under the cursor.

    The cursor belongs to a row's key: when the view changes, it stays with its row, and rows that come in above do not
    move what is being read. Bodies are opened below their rows with `show_bodies`.
    """

    DEFAULT_CSS = """
    RowList { width: 1fr; height: 1fr; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "cursor_up", "", show=False),
        Binding("down", "cursor_down", "", show=False),
        Binding("pageup", "page_up", "", show=False),
        Binding("pagedown", "page_down", "", show=False),
        Binding("home", "first", "", show=False),
        Binding("end", "last", "", show=False),
        Binding("enter", "choose", "", show=False),
    ]

    class Highlighted(Message):
        """The cursor came to another row; `key` is empty when there is none."""

        def __init__(self, rows: RowList, key: str) -> None:
            super().__init__()
            self.rows = rows
            self.key = key

        @property
        def control(self) -> RowList:
            """The list it happened in."""
            return self.rows

    class Chosen(Message):
        """Enter was pressed on a row, or the row under the cursor was clicked."""

        def __init__(self, rows: RowList, key: str) -> None:
            super().__init__()
            self.rows = rows
            self.key = key

        @property
        def control(self) -> RowList:
            """The list it happened in."""
            return self.rows

    class NearEnd(Message):
        """Cursor or window came within a page of the last row, and the view says that there are more."""

        def __init__(self, rows: RowList) -> None:
            super().__init__()
            self.rows = rows

        @property
        def control(self) -> RowList:
            """The list it happened in."""
            return self.rows

    def __init__(
        self,
        view: RowsView = _NOTHING,
        *,
        ruled: bool = True,
        body_limit: int = 12,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """Take a first view; `ruled` draws the rule above, `body_limit` is the most lines a body opens to."""
        super().__init__(name=name, id=id, classes=classes)
        self._view = view
        self._ruled = ruled
        self._body_limit = body_limit
        self._bodies: Mapping[str, BodyView] = {}
        self._open: dict[int, list[list[Piece]]] = {}
        self._places: Places | None = None
        self._width = 0
        self._cursor = 0
        self._top = 0
        self._above = 0
        self._asked_for = -1
        self._clicked = ""
        self._painted: dict[int, Strip] = {}
        self._kept: dict[tuple[str, int, int], tuple[object, Strip]] = {}

    # what is shown

    @property
    def view(self) -> RowsView:
        """What is shown."""
        return self._view

    @view.setter
    def view(self, view: RowsView) -> None:
        self.show(view)

    @property
    def cursor(self) -> int:
        """Index of the row under the cursor; 0 when there is none."""
        return self._cursor

    @property
    def cursor_key(self) -> str:
        """Key of the row under the cursor; empty when there is none."""
        rows = self._view.rows
        return rows[self._cursor].key if self._cursor < len(rows) else ""

    @property
    def top(self) -> int:
        """The first line of the list that is in the window."""
        return self._top

    @property
    def bodies(self) -> Mapping[str, BodyView]:
        """The opened bodies by row key."""
        return self._bodies

    def show(self, view: RowsView) -> None:
        """Show another view; an equal one changes nothing.

        The cursor stays with its row's key. When none of its neighbours is left either, it is another list: the cursor
        goes to the first row.
        """
        old = self._view
        if view == old:
            return
        had = self.cursor_key
        at_home = self._top == 0 and self._cursor == 0 and not self._open
        line = self._place().line_of(self._cursor) if old.rows else 0
        index = _index_after(old, view, self._cursor)
        self._view = view
        self._forget_places()
        if index is None:
            self._cursor = self._top = self._above = 0
            self._asked_for = -1
        else:
            shift = index - self._cursor
            self._cursor = index
            if not at_home:
                self._top += self._place().line_of(index) - line
                self._above = max(0, self._above + shift) if index else 0
        self._hold()
        self._renew()
        if self.cursor_key != had and self.is_attached:
            self.post_message(self.Highlighted(self, self.cursor_key))
        self._look_ahead()

    def show_bodies(self, bodies: Mapping[str, BodyView]) -> None:
        """Show these bodies below the rows of their keys, and close all others."""
        if bodies == self._bodies:
            return
        line = self._place().line_of(self._cursor) - self._top
        self._bodies = dict(bodies)
        self._forget_places()
        self._top = self._place().line_of(self._cursor) - line
        self._hold()
        self._reveal()
        self._renew()

    def go_to(self, key: str) -> bool:
        """Put the cursor on the row with a key; False when there is no such row."""
        for index, row in enumerate(self._view.rows):
            if row.key == key:
                self._move(index)
                return True
        return False

    # keys

    def action_cursor_up(self) -> None:
        """Move the cursor one row up."""
        self._move(self._cursor - 1)

    def action_cursor_down(self) -> None:
        """Move the cursor one row down."""
        self._move(self._cursor + 1)

    def action_page_up(self) -> None:
        """Move the cursor one window up."""
        self._page(-1)

    def action_page_down(self) -> None:
        """Move the cursor one window down."""
        self._page(1)

    def action_first(self) -> None:
        """Move the cursor to the first row."""
        self._move(0)

    def action_last(self) -> None:
        """Move the cursor to the last row there is by now."""
        self._move(len(self._view.rows) - 1)

    def action_choose(self) -> None:
        """Say that the row under the cursor was chosen."""
        if self.cursor_key:
            self.post_message(self.Chosen(self, self.cursor_key))

    def _page(self, direction: int) -> None:
        place = self._place()
        line = place.line_of(self._cursor) + direction * max(1, self._window - 1)
        index = place.at(max(0, min(line, place.lines - 1)))[0]
        self._move(index if index != self._cursor else self._cursor + direction)

    def _move(self, index: int) -> None:
        """Put the cursor on a row, with the least painting that shows it."""
        index = max(0, min(index, len(self._view.rows) - 1))
        old, top = self._cursor, self._top
        self._clicked = ""
        if index == old and index == len(self._view.rows) - 1 and self._view.feed.state is not Feed.LOADING:
            self._asked_for = -1
        self._cursor = index
        self._reveal()
        if top != self._top:
            self._renew()
        elif old != index:
            self._touch_row(old)
            self._touch_row(index)
            self._touch_rule()
        if old != index:
            self.post_message(self.Highlighted(self, self.cursor_key))
        self._look_ahead()

    # mouse

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the clicked row; a click on the row under the cursor chooses it."""
        event.stop()
        y = event.get_content_offset_capture(self).y - self._head
        if y < 0 or y + self._top >= self._place().lines:
            return
        index = self._place().at(y + self._top)[0]
        again = index == self._cursor and self._clicked == self.cursor_key
        self._move(index)
        self._clicked = self.cursor_key
        if again:
            self.action_choose()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move the window down, not the cursor."""
        event.stop()
        self._scroll(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move the window up, not the cursor."""
        event.stop()
        self._scroll(-3)

    def _scroll(self, lines: int) -> None:
        top = self._top
        self._top += lines
        self._hold()
        if self._top != top:
            self._renew()
            self._look_ahead()

    # places

    @property
    def _head(self) -> int:
        return 1 if self._ruled else 0

    @property
    def _window(self) -> int:
        """Lines of rows that are in sight."""
        return max(0, self.size.height - self._head)

    def _place(self) -> Places:
        width = self.size.width
        if self._places is None or self._width != width:
            self._width = width
            self._open = {}
            if self._bodies and width:
                for index, row in enumerate(self._view.rows):
                    body = self._bodies.get(row.key)
                    if body is not None:
                        self._open[index] = self._opened(body, width)
            self._places = Places(len(self._view.rows), {index: len(lines) for index, lines in self._open.items()})
        return self._places

    def _opened(self, body: BodyView, width: int) -> list[list[Piece]]:
        """The lines of a body below its row, at most `body_limit` and a last one that says so."""
        lines = list(islice(body_lines(self, body, max(1, width - BODY_EDGE)), self._body_limit + 1))
        if len(lines) > self._body_limit:
            lines[-1] = [("… ", self.palette(Tone.DIM)), (one_line(self._view.rest_words), self.palette(Tone.DIM))]
        return lines

    def _forget_places(self) -> None:
        self._places = None

    def _hold(self) -> None:
        """Keep the window inside the list."""
        window = self._window
        if window:
            self._top = max(0, min(self._top, self._place().lines - window))
            if self._top == 0:
                self._above = 0

    def _reveal(self) -> None:
        """Move the window so that the cursor's row is in it, and as much of its body as fits."""
        window = self._window
        if not window or not self._view.rows:
            return
        place = self._place()
        line = place.line_of(self._cursor)
        last = line + min(place.height_of(self._cursor), window) - 1
        self._top = max(min(self._top, line), last - window + 1)
        self._hold()

    def _look_ahead(self) -> None:
        """Ask once for further rows when the end comes near."""
        rows, window = len(self._view.rows), self._window
        if not self._view.more or not window or self._asked_for == rows or self._view.feed.state is Feed.LOADING:
            return
        place = self._place()
        bottom = place.at(max(0, min(self._top + window, place.lines) - 1))[0]
        if max(bottom, self._cursor) >= rows - 1 - window:
            self._asked_for = rows
            self.post_message(self.NearEnd(self))

    # painting

    def forget(self) -> None:
        """Drop what was painted; the next paint makes it anew."""
        self._kept.clear()
        self._painted.clear()
        self._forget_places()

    def on_resize(self) -> None:
        """Keep the cursor in sight at the new size."""
        top = self._top
        self._forget_places()
        self._hold()
        self._reveal()
        if top != self._top:
            self.refresh()
        self._look_ahead()

    def _on_focus(self, event: events.Focus) -> None:
        event.prevent_default()
        self._focus_changed(True, events.DescendantFocus(self))

    def _on_blur(self, event: events.Blur) -> None:
        event.prevent_default()
        self._focus_changed(False, events.DescendantBlur(self))

    def _focus_changed(self, focused: bool, message: Message) -> None:
        """Take over the toolkit's part at a change of focus, which would paint the whole widget again."""
        self.has_focus = focused
        if self._ruled:
            self.touch(0)
        self._touch_row(self._cursor)
        if self.parent is not None:
            self.parent.post_message(message)

    def _touch_row(self, index: int) -> None:
        if index < len(self._view.rows):
            y = self._place().line_of(index) - self._top
            if 0 <= y < self._window:
                self.touch(y + self._head, 0, head_width(self._view.rows[index], self.size.width))

    def _touch_rule(self) -> None:
        if self._ruled:
            self.touch(0)

    def _renew(self) -> None:
        """Have those lines painted again that look different now."""
        if not self.size.width:
            self.refresh()
            return
        for y in range(self.size.height):
            if self._painted.get(y) != self._line(y):
                self.touch(y)

    def render_line(self, y: int) -> Strip:
        """One line; called by the toolkit."""
        strip = self._painted[y] = self._line(y)
        return strip

    def _line(self, y: int) -> Strip:
        width = self.size.width
        if self._ruled and y == 0:
            return rule_line(self.palette, width, self._view.title, self.has_focus, self._facts())
        view = self._view
        if not view.rows:
            page = feed_page(self, view.feed, width, self._window)
            return page.get(y - self._head) or Strip.blank(width, self.palette.base)
        line = y - self._head + self._top
        if line >= self._place().lines:
            return Strip.blank(width, self.palette.base)
        index, inside = self._place().at(line)
        if inside:
            return paint_body_line(self._open[index][inside - 1], width, self.palette)
        return self._row_strip(index, width)

    def _row_strip(self, index: int, width: int) -> Strip:
        row = self._view.rows[index]
        state = NO_CURSOR if index != self._cursor else CURSOR if self.has_focus else CURSOR_AWAY
        kept = self._kept.get((row.key, state, width))
        if kept is not None and (kept[0] is row or kept[0] == row):
            return kept[1]
        if len(self._kept) >= _KEPT_ROWS:
            self._kept.clear()
        strip = paint_row(row, width, state, self.palette)
        self._kept[row.key, state, width] = (row, strip)
        return strip

    def _facts(self) -> list[Piece]:
        """What stands at the right end of the rule: state, note, new rows above, position."""
        view, rows = self._view, len(self._view.rows)
        facts = feed_facts(self, view.feed) if rows else []
        facts += [(one_line(view.note), self.palette(Tone.NORMAL))] if view.note else []
        if self._above:
            facts.append((f"^{self._above}", self.palette.strong(Tone.ACCENT)))
        if rows:
            facts.append((f"{self._cursor + 1}/{rows}{'+' if view.more else ''}", self.palette(Tone.DIM)))
        return facts


def _index_after(old: RowsView, new: RowsView, cursor: int) -> int | None:
    """Where the cursor goes when a list changes: its own row, else the nearest neighbour that stayed, else nowhere."""
    if not old.rows or not new.rows:
        return None
    key = old.rows[cursor].key
    shift = len(new.rows) - len(old.rows)
    for guess in (cursor, cursor + shift):
        if 0 <= guess < len(new.rows) and new.rows[guess].key == key:
            return guess
    places = {row.key: index for index, row in enumerate(new.rows)}
    if key in places:
        return places[key]
    for distance in range(1, _NEIGHBOURS):
        for neighbour in (cursor + distance, cursor - distance):
            if 0 <= neighbour < len(old.rows) and old.rows[neighbour].key in places:
                return places[old.rows[neighbour].key]
    return None
