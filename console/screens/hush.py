"""Keys around the moment at which the screen changes by itself: none of them acts where it was not meant to.

A call takes the screen, or a script or form is stored and gone: the key that stored it may come once too often.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.events import Event, Key, Paste

from console.desk.local import Draft
from console.i18n import _
from console.screens.base import BaseScreen
from widgets.views import Tone

if TYPE_CHECKING:
    from console.app import Cordboard

QUIET = 0.5
"""Seconds without a key after which a call may take the screen: whoever types is let finish the word."""
PATIENCE = 2.0
"""Seconds after which it takes it all the same: somebody rings."""
HUSH = 0.5
"""Seconds without a key after which keys are commands again, once the screen changed."""
LONGEST = 4.0
"""Seconds after which they are in any case: a key that is held down must not shut the agent out."""


class Hush:
    """Lets typing end before the screen changes, and keeps what is typed after it from acting there.

    Letters that come too late belong to the text that was being written: they go to the end of its draft.
    """

    def __init__(self, app: Cordboard) -> None:
        self._app = app
        self._last_key = float("-inf")
        self._began = 0.0
        self._until = float("-inf")
        self._spilled = ""
        self._draft: Draft | None = None
        self._field = ""
        self._pressed = ""
        self._stored_by: str | None = None

    async def until_quiet(self) -> None:
        """Wait until nobody types, at most `PATIENCE` seconds."""
        end = time.monotonic() + PATIENCE
        while (rest := min(self._last_key + QUIET, end) - time.monotonic()) > 0:  # noqa: ASYNC110 (each key puts it off)
            await asyncio.sleep(rest)

    def begin(self, draft: Draft | None = None, field: str = "") -> None:
        """Begin: the screen changes now. `draft` was being written, in its question `field`."""
        self._began = time.monotonic()
        self._until = self._began + HUSH
        self._draft, self._field, self._stored_by = draft, field, None
        self._spilled = self._app.forget_typed_ahead()
        self._app.set_timer(HUSH, self._end)

    def stored(self) -> None:
        """Begin where a digit or Enter stored something and what it was pressed in is gone: it may come once more."""
        if not self.holds and (self._pressed == "enter" or self._pressed.isdecimal()):
            self._began = time.monotonic()
            self._until = self._began + HUSH
            self._spilled, self._stored_by = "", self._pressed
            self._app.set_timer(HUSH, self._end)

    @property
    def holds(self) -> bool:
        """Whether keys are held back now."""
        return self._draft is not None or time.monotonic() < self._until

    @property
    def after_storing(self) -> bool:
        """Whether keys are held back because something was stored."""
        return self._stored_by is not None

    def swallows(self, event: Event) -> bool:
        """Return whether this is a key or a paste that came too close to a call to mean what is on the screen now."""
        if not isinstance(event, Key | Paste):
            return False
        now = self._last_key = time.monotonic()
        if now < self._until and self._stored_by is not None and not self._comes_again(event):
            self._until, self._stored_by = now, None  # somebody goes on: what they type is meant
        if now >= self._until:
            self._pressed = event.key if isinstance(event, Key) else ""
            return False
        if isinstance(event, Paste):
            self._spilled += event.text
        elif event.is_printable:
            self._spilled += event.character or ""
        self._until = min(max(self._until, now + HUSH), self._began + LONGEST)
        return True

    def _comes_again(self, event: Event) -> bool:
        """Return whether it is the key that stored something, or what was typed on after a digit that did.

        Who answers by digits types no commands; who leaves a form by Enter may, and a form that follows takes text.
        """
        by = self._stored_by or ""
        typed_on = by.isdecimal() and isinstance(self._app.screen, BaseScreen)
        return isinstance(event, Key) and (event.key == by or (typed_on and event.is_printable))

    def _end(self) -> None:
        left = self._until - time.monotonic()
        if left > 0:
            self._app.set_timer(left, self._end)
            return
        spilled, draft, by = self._spilled, self._draft, self._stored_by
        self._spilled, self._draft, self._stored_by = "", None, None
        if by is not None:
            if spilled.strip(by):  # the same key once more loses nothing
                self._app.say(_("Keys typed right after storing did nothing."), Tone.DIM)
            return
        if spilled and draft is not None and self._field:
            answers = {**draft.answers, self._field: draft.answers.get(self._field, "") + spilled}
            self._app.local.keep(replace(draft, answers=answers))
        elif spilled:
            self._app.say(_("Keys typed while the call came in did nothing."), Tone.DIM)
