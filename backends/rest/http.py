"""The one way in which we talk HTTP: every dialect asks through an `Http`, and gets answers or the port's errors.

What holds for every request: a deadline in all, its repetitions included; so many at once; repeated by itself only when
that cannot do a thing twice; credentials to the source's own origin only; bodies under a limit; every failure one of
`backends.errors` with `source` and `status`, raised where no traceback leads through the library, whose frames hold
headers.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from backends import clean
from backends.errors import BackendError, Busy, Invalid, Refused, TimedOut, Unavailable
from backends.rest.access import Access, origin_of
from backends.rest.answers import ENCODINGS, LARGE, Answer
from backends.rest.exchanges import KEPT, Exchange, Exchanges
from backends.rest.refusals import DETAIL_LIMIT, refusal
from backends.rest.remembering import Memory
from backends.rest.requests import Params, check_headers, is_sendable, joined, json_body, query_of, quoted
from backends.rest.signing import Bearer, ClientCredentials, Headers, Signer, in_thread
from backends.rest.tokens import bearer_for
from backends.rest.transfer import Line, Reply, Unsent, Unusable
from backends.rest.wiring import Trust, client_for

if TYPE_CHECKING:
    import httpx
    from httpx_sse import ServerSentEvent

T = TypeVar("T")

Given = Mapping[str, str] | Headers | None
"""Headers of one request; `Headers` where one is a secret, so that no report of a crash spells it out."""
Next = str | Params | None
"""What leads to the next page: a URL of the same origin, other parameters for the same path, or None after the last."""

ATTEMPTS = 4
"""How often a request that may be repeated is sent at most."""
MOST_PAGES = 1_000
"""Pages that one listing may have before we believe that the server leads us in a circle."""
_FIRST_WAIT, _LONGEST_WAIT, _JITTER = 0.1, 2.0, 0.2  # seconds between repetitions
_REDIRECTS = 3
_READS = ("GET", "HEAD")
_NEVER_REPEATED = (501, 505)


@dataclass(slots=True)
class _Call:
    """One request as the dialect wants it, and how it fares."""

    method: str
    url: str
    headers: dict[str, str] = field(repr=False)
    content: bytes | None = field(default=None, repr=False)
    safe: bool = False
    serial: int = 0
    """The signer's, of the last time it was sent."""
    failure: BackendError | None = None
    ends: float = 0.0
    """When the deadline is, by `time.monotonic`."""


Refusal = Callable[[Reply, str], BackendError | None]
"""Reads the refusals of a server that says more than its status, with the source's name; None leaves it to that."""


class Http:
    """Requests to one source. Bound to the event loop that first uses it, until `close`."""

    def __init__(
        self,
        access: Access,
        signer: Signer,
        *,
        headers: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        refusal: Refusal | None = None,
    ) -> None:
        self.access = access
        self._refusal = refusal
        self._signer = signer
        self._headers = {"Accept": "application/json", "User-Agent": "cordboard", **(headers or {})}
        self._transport = transport
        self._exchanges: Exchanges = Exchanges(maxlen=KEPT)
        self._memory = Memory()
        self._line: Line | None = None
        self._opening: asyncio.Lock | None = None
        self._slots: asyncio.Semaphore | None = None

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The last exchanges, oldest first."""
        return tuple(self._exchanges)

    @property
    def signer(self) -> Signer:
        """What signs the requests."""
        return self._signer

    async def open(self) -> None:
        """Load what requests need; sends nothing. Every request does it when it was not done."""
        await self._ready()

    async def close(self) -> None:
        """Close every connection and forget the secret; a later request opens anew."""
        line, self._line = self._line, None
        self._opening = self._slots = None
        self._memory.clear()
        self._signer.reset()
        if line is not None:
            await line.close()

    async def _ready(self) -> Line:
        line = self._line
        if line is not None:
            return line
        opening = self._opening = self._opening or asyncio.Lock()
        async with opening:
            if self._stands(opening) and self._line is None:
                trust = Trust(self.access)
                client = await in_thread(lambda: client_for(self.access, trust, self._transport))
                line = Line(client, self.access, self._signer.scrub, self._exchanges, trust)
                if self._stands(opening):
                    self._slots, self._line = asyncio.Semaphore(self.access.connections), line
                else:  # `close` came meanwhile and could not close what was not there
                    await line.close()
            if self._line is None or not self._stands(opening):
                raise Unavailable("closed while it was opened", source=self.access.name)
            return self._line

    def _stands(self, opening: asyncio.Lock) -> bool:
        """Return whether nobody closed since this opening began."""
        return self._opening is opening

    async def get(
        self,
        path: str,
        params: Params | None = None,
        *,
        headers: Given = None,
        remembered: bool = False,
    ) -> Answer:
        """Return what is at `path`; repeated by itself while the deadline allows.

        `path` is added to the source's base, or a whole URL of the same origin. With `remembered` it is a conditional
        read: when the server says that nothing changed (304), the answer is the former one with `fresh` False.
        """
        call = self._call("GET", path, params, headers, safe=True)
        if not remembered:
            return await self._answered(call)
        subject = (self._signer.serial, call.url, call.headers["Accept"])
        known = self._memory.get(subject)
        if known is not None:
            call.headers.update(known.conditions)
        answer = await self._answered(call, unchanged=known.answer if known else None)
        if answer.fresh:
            self._memory.keep((self._signer.serial, *subject[1:]), replace(answer, ahead=None))
        return answer

    async def send(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        content: bytes | str | None = None,
        params: Params | None = None,
        headers: Given = None,
        key: str = "",
        safe: bool = False,
    ) -> Answer:
        """Return the answer to a request that may change something; `json` or `content` is its body.

        It is sent once, unless it cannot have reached the server, or `safe` says that to do it twice is to do it once.
        `key` goes into the Idempotency-Key header, as a quoted string.
        """
        body = content.encode("utf-8", "replace") if isinstance(content, str) else content
        own = Headers(dict(headers.items() if headers else ()))
        if json is not None:
            body = json_body(json)
            if not any(name.lower() == "content-type" for name, _ in own.items()):
                own["Content-Type"] = "application/json"
        if key:
            own["Idempotency-Key"] = '"' + quoted(key, "key", safe="/:+-._~ !#$&'()*,;=?@[]^`{|}<>") + '"'
        method = method.upper()
        return await self._answered(self._call(method, path, params, own, body, safe=safe or method in _READS))

    async def pages(
        self,
        path: str,
        params: Params | None,
        rows_of: Callable[[Answer], Iterable[T]],
        next_of: Callable[[Answer], Next],
        *,
        most: int = MOST_PAGES,
    ) -> AsyncIterator[T]:
        """Yield the rows of one page after the other; each page has a deadline of its own.

        Raises Unavailable when the server leads to a page that was read already, or to more than `most`.
        """
        seen: set[str] = set()
        where, query = path, params
        for _page in range(most):
            url = self._url(where, query)
            if url in seen:
                raise self._circle()
            seen.add(url)
            answer = await self.get(where, query)
            for row in rows_of(answer):
                yield row
            following = next_of(answer)
            if following is None:
                return
            if isinstance(following, str):
                where, query = joined(answer.url, following), None
                if not where:
                    raise Refused("a link is no address", source=self.access.name)
            else:
                query = following
        raise self._circle()

    def _circle(self) -> Unavailable:
        return Unavailable("the pages of the listing do not end", source=self.access.name)

    async def stream(
        self, path: str, *, params: Params | None = None, last_id: str = ""
    ) -> AsyncGenerator[ServerSentEvent, None]:
        """Yield server-sent events from the one after `last_id` on.

        It never ends by itself: raises Unavailable when the server ends it, or is silent for `streaming.SILENCE`.
        Does not count among the connections of the source's limit.
        """
        from backends.rest.streaming import events_of

        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store", "Accept-Encoding": "identity"}
        if last_id and last_id.isprintable():
            headers["Last-Event-ID"] = last_id
        call = self._call("GET", path, params, headers)
        line = await self._ready()
        response = await self._begun(line, call)
        async with aclosing(events_of(response, self.access.name)) as events:
            async for event in events:
                yield event

    async def _begun(self, line: Line, call: _Call) -> httpx.Response:
        """Return the answer whose body is the stream, within the deadline; raises what a request raises."""
        late = False
        try:
            async with asyncio.timeout(self.access.deadline):
                reply = await self._once(line, call, call.url, streamed=True)
                if reply.status == 401 and await self._signer.renew(call.serial, self._exchange):
                    reply = await self._once(line, call, call.url, streamed=True)
        except TimeoutError:
            late = True
        if late:
            raise self._late()
        if reply.response is None:
            raise self._refused(reply)
        return reply.response

    def _call(
        self,
        method: str,
        path: str,
        params: Params | None,
        headers: Given = None,
        content: bytes | None = None,
        *,
        safe: bool = False,
    ) -> _Call:
        own = {**self._headers, "Accept-Encoding": ENCODINGS, **dict(headers.items() if headers else ())}
        check_headers(own)
        return _Call(method, self._url(path, params), own, content, safe)

    def _url(self, path: str, params: Params | None = None) -> str:
        """Return the whole URL; raises Refused when it leads to another origin, Invalid when it climbs the tree."""
        whole = path if path.startswith(("http://", "https://")) else self.access.base + path.lstrip("/")
        if origin_of(whole) != self.access.origin:
            raise Refused("a link leads to another host", source=self.access.name)
        if any(part in (".", "..") for part in urlsplit(whole).path.split("/")):
            raise Invalid("path", "segment", "the path has dots for a part", source=self.access.name)
        query = query_of(params) if params else ""
        whole = whole.partition("#")[0]
        whole = f"{whole}{'&' if '?' in whole else '?'}{query}" if query else whole
        if not is_sendable(whole):
            raise Invalid(
                "path", "not_a_url", "the address is too long or has signs that none can", source=self.access.name
            )
        return whole

    async def _answered(self, call: _Call, unchanged: Answer | None = None) -> Answer:
        late = False
        call.ends = time.monotonic() + self.access.deadline
        try:
            async with asyncio.timeout(self.access.deadline):
                reply = await self._repeated(call)
        except TimeoutError:
            late = True
        if late:
            raise self._late(call.failure)
        if reply.status == 304 and unchanged is not None:
            return await _at_hand(replace(unchanged, fresh=False, status=304))
        if not 200 <= reply.status < 300:
            raise self._refused(reply)
        limit = self.access.body_limit
        return await _at_hand(
            Answer(reply.status, reply.headers, reply.body, self.access.name, url=reply.url, body_limit=limit)
        )

    def _late(self, failure: BackendError | None = None) -> BackendError:
        """Return the error for a deadline that passed: what the last attempt met says more than that it was late."""
        if failure is not None:
            return failure
        return TimedOut(f"no answer within {self.access.deadline:g} s", source=self.access.name)

    def _refused(self, reply: Reply) -> BackendError:
        told = self._refusal(reply, self.access.name) if self._refusal is not None else None
        if told is None:
            return refusal(reply.status, reply.headers, reply.body, self.access.name, self._signer.scrub)
        told.detail = clean.line(self._signer.scrub(told.detail), limit=DETAIL_LIMIT)
        told.args, told.status = (told.detail,), reply.status
        return told

    async def _repeated(self, call: _Call) -> Reply:
        """Return the reply of the last attempt; what may be tried again is, with growing pauses."""
        import stamina

        line = await self._ready()
        slots = self._slots
        assert slots is not None
        context = stamina.retry_context(
            on=lambda error: self._pause(call, error),
            attempts=ATTEMPTS,
            timeout=None,  # the deadline is kept round all of it
            wait_initial=_FIRST_WAIT,
            wait_max=_LONGEST_WAIT,
            wait_jitter=_JITTER,
        )
        async for attempt in context:
            with attempt:
                async with slots:
                    reply = await self._settled(line, call)
                if reply.status >= 500 or reply.status == 429:
                    raise self._refused(reply)
                return reply
        raise AssertionError("the last attempt returns or raises")

    def _pause(self, call: _Call, error: Exception) -> bool | float:
        """Return whether, or after how many seconds, to try again after `error`."""
        if not isinstance(error, Unavailable):
            return False
        call.failure = error
        if isinstance(error, (TimedOut, Unusable)) or error.status in _NEVER_REPEATED:
            return False
        if not (call.safe or isinstance(error, Unsent)):
            return False
        left = call.ends - time.monotonic()
        if isinstance(error, Busy) and error.retry_after is not None:
            wait = error.retry_after + random.uniform(0.0, _JITTER)  # noqa: S311 - spreads load, guards nothing
            return wait if wait < left else False
        return left > _FIRST_WAIT

    async def _settled(self, line: Line, call: _Call) -> Reply:
        """Return the reply after redirects within the origin, and after one more try with new credentials."""
        reply = await self._followed(line, call)
        if reply.status == 401 and await self._signer.renew(call.serial, self._exchange):
            reply = await self._followed(line, call)
        return reply

    async def _followed(self, line: Line, call: _Call) -> Reply:
        url = call.url
        for _hop in range(_REDIRECTS + 1):
            reply = await self._once(line, call, url)
            if reply.status not in (301, 302, 303, 307, 308):
                return reply
            target = joined(url, reply.headers.get("location", ""))
            if call.method not in _READS or origin_of(target) != self.access.origin:
                raise self._astray(reply.status, target)
            url = target
        raise self._astray(reply.status, url)

    def _astray(self, status: int, target: str) -> Refused:
        error = Refused(f"status {status}: the server sends us to {origin_of(target) or 'nowhere'}; not followed")
        error.source, error.status = self.access.name, status
        return error

    async def _once(self, line: Line, call: _Call, url: str, *, streamed: bool = False) -> Reply:
        headers = Headers(call.headers)
        call.serial = await self._signer.sign(headers, self._exchange)
        return await line.transfer(call.method, url, headers, call.content, streamed=streamed)

    async def _exchange(self, credentials: ClientCredentials) -> Bearer:
        return await bearer_for(credentials, await self._ready())


async def _at_hand(answer: Answer) -> Answer:
    """Return the answer, its JSON read in a thread where that takes long."""
    if len(answer.content) <= LARGE or "json" not in answer.headers.get("content-type", "").lower():
        return answer
    return await in_thread(answer.read_ahead)
