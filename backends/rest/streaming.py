"""Server-sent events: a body that never ends, watched for silence and for an event without end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import TYPE_CHECKING

from backends.errors import Unavailable
from backends.rest.transfer import SILENCE

if TYPE_CHECKING:
    import httpx
    from httpx_sse import ServerSentEvent

__all__ = ["EVENT_LIMIT", "SILENCE", "events_of"]

EVENT_LIMIT = 4 * 1024 * 1024
"""Bytes of one event."""


class _TooLong(Exception):
    pass


class _Watched:
    """A response as the event reader wants it, with a limit on what comes between two events."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.headers = response.headers

    async def aiter_text(self) -> AsyncIterator[str]:
        size = 0
        async for text in self._response.aiter_text():
            end = max(text.rfind("\n\n"), text.rfind("\r\r"), text.rfind("\n\r\n"))
            size = size + len(text) if end < 0 else len(text) - end
            if size > EVENT_LIMIT:
                raise _TooLong
            yield text


async def events_of(response: httpx.Response, source: str) -> AsyncGenerator[ServerSentEvent, None]:
    """Yield the events of a response; closes it. Raises Unavailable when it ends, fails, or is silent too long."""
    import httpx
    from httpx_sse import EventSource, SSEError

    why = "the stream ended"
    try:
        async for event in EventSource(_Watched(response)).aiter_sse():  # type: ignore[arg-type]
            if event.data:  # without data there is no event, says the standard; each comment would be one
                yield event
    except httpx.ReadTimeout:
        why = f"the stream was silent for {SILENCE:g} s"
    except _TooLong:
        why = f"an event is longer than {EVENT_LIMIT} bytes"
    except SSEError:
        why = "the answer is no stream of events"
    except (httpx.HTTPError, httpx.StreamError) as error:
        why = f"the stream broke: {type(error).__name__}"
    finally:
        await response.aclose()
    raise Unavailable(why, source=source)
