"""One key after the other: what is typed ahead waits until the key before it has done all it does.

Textual hands a key to whatever has the focus at that moment. On a slow line, or under fast fingers, the letters of a
note arrive together with the key that opens its form; without an order they would be commands in the view below.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from textual.app import App, ScreenError
from textual.dom import DOMNode
from textual.events import Event, Key, Paste
from textual.message_pump import MessagePump

Result = TypeVar("Result")

PATIENCE = 0.5
"""Seconds that a key may wait for screens and focus; then it goes where the focus is, so that none is ever stuck."""

WORK_PATIENCE = 0.8
"""Seconds that a key may wait for reading or storing that the key before it began; a slow source holds nobody up."""

SETTLED = 1.0
"""Seconds after which a key has surely done what it does; the next one then goes on without asking."""

_MOST_HOPS = 8


class TakesKeysInTurn(App[Result], Generic[Result]):
    """An app whose keys and pastes are handled one at a time, screens and focus included.

    Work in `keys_wait_for` groups, such as opening what Enter chose, belongs to its key for `WORK_PATIENCE`.
    """

    keys_wait_for: frozenset[str] = frozenset()
    """Groups of workers that end in another screen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: deque[Event] = deque()
        self._turn: asyncio.Task[None] | None = None
        self._before: DOMNode | None = None
        self._handed_on_at = time.monotonic()
        self._was_text = False

    async def on_event(self, event: Event) -> None:
        """Hand a key or a paste on when it is its turn, everything else at once."""
        if not isinstance(event, (Key, Paste)) or event.is_forwarded:
            await super().on_event(event)
        elif self._waiting or not self._may_go_on(event):
            self._waiting.append(event)
            if self._turn is None:
                self._turn = asyncio.create_task(self._until_done(), name="key")
        else:
            await self._hand_on(event)

    async def _hand_on(self, event: Event) -> None:
        self._before = self.focused or self.screen
        self._handed_on_at = time.monotonic()
        self._was_text = self._is_text(event)
        await super().on_event(event)

    def _may_go_on(self, event: Event) -> bool:
        # Text after text changes neither screen nor focus; a widget's own queue keeps its order. A key that is a
        # binding of the app would overtake the text.
        return (self._was_text and self._is_text(event)) or time.monotonic() - self._handed_on_at > SETTLED

    def _is_text(self, event: Event) -> bool:
        focused = self.focused
        return (
            isinstance(event, Key)
            and focused is not None
            and event.character != "/"  # a second slash leads from a history's words to the omnibox
            and focused.check_consume_key(event.key, event.character)
        )

    def forget_typed_ahead(self) -> str:
        """Let no key that waits for its turn act any more; returns the text among them."""
        waiting, self._waiting = self._waiting, deque()
        return "".join(one.text if isinstance(one, Paste) else _printed(one) for one in waiting)

    async def _next(self) -> None:
        self._turn = None
        if not self._waiting:  # forgotten meanwhile
            return
        await self._hand_on(self._waiting.popleft())
        while self._waiting and self._may_go_on(self._waiting[0]):
            await self._hand_on(self._waiting.popleft())
        if self._waiting:
            self._turn = asyncio.create_task(self._until_done(), name="key")

    async def _until_done(self) -> None:
        """Follow a key from its widget up to the app, through the screens that it opened or closed, then go on."""
        try:
            async with asyncio.timeout(PATIENCE):
                await _passed(_way_up(self._before or self))
                for _hop in range(_MOST_HOPS):
                    await self._work_done()
                    top = self.screen
                    await _passed((top, self))
                    focused = self.focused
                    if focused is not None:
                        await _passed((focused,))
                    if top is self.screen:
                        break
        except (TimeoutError, ScreenError):  # a source that is slow; an app that begins or ends
            pass
        self.call_later(self._next)

    async def _work_done(self) -> None:
        begun = [one for one in self.workers if one.group in self.keys_wait_for and not one.is_finished]
        tasks = [one._task for one in begun if one._task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=WORK_PATIENCE)


def _printed(event: Event) -> str:
    return (event.character or "") if isinstance(event, Key) and event.is_printable else ""


def _way_up(target: DOMNode) -> Iterable[MessagePump]:
    node: DOMNode | None = target
    while node is not None:
        yield node
        node = node.parent


async def _passed(pumps: Iterable[MessagePump]) -> None:
    """Wait until each of the pumps in turn has handled what is in its queue now."""
    for pump in pumps:
        reached = asyncio.Event()
        if pump._running and pump.call_later(reached.set):
            await reached.wait()
