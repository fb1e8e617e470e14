"""Gathering a person's parts: who they are in each source, what each says, and asking again only for what grew old."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from backends.areas import opened_now
from backends.errors import BackendError, NotFound, Unsupported
from backends.port import Capability, Origins, Page, TimelineFilter
from backends.records import Customer, Entry, Key, Link, LinkKind, Origin, PointKind, Record
from console.desk.several.circle import Circle, Part
from console.desk.several.files import file_rekeyed
from console.desk.several.hearing import Hearing
from console.desk.several.keys import HOME, joined, parted, rekeyed
from console.desk.several.members import Member
from console.desk.several.pages import Stream
from console.rules.identity import Judgement, Sameness, compare

R = TypeVar("R", bound=Record)
MOST = 24
"""Customers whose parts are remembered."""
FRESH = timedelta(seconds=10)
"""How long a part is taken for fresh where its source does not tell of changes."""
TRIED = timedelta(seconds=5)
"""Time until a part that failed is asked for again."""
QUESTIONS = 4
"""Ways to reach a customer that are looked for in another source."""


class Circles:
    """The persons that were opened lately."""

    def __init__(
        self,
        members: Mapping[str, Member],
        clock: Callable[[], datetime],
        grace: float,
        hearing: Hearing,
        meet: Callable[..., Awaitable[None]],
    ) -> None:
        self._members = members
        self._clock = clock
        self._grace = grace
        self._hearing = hearing
        self._meet = meet
        self._circles: OrderedDict[Key, Circle] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    # knowing --------------------------------------------------------------------------------------------------------

    def of(self, key: Key) -> Circle | None:
        """Return a customer's circle if they were opened, None otherwise."""
        return self._circles.get(key)

    def all(self) -> list[Circle]:
        """Return the persons that were opened lately, the last one first."""
        return list(reversed(self._circles.values()))

    def last_seen(self, keys: Iterable[Key]) -> dict[Key, Customer]:
        """Return those of the customers that were opened lately, as they were then."""
        files = {key: circle.asked.file for key in keys if (circle := self._circles.get(key)) is not None}
        return {key: file.customer for key, file in files.items() if file is not None}

    def _circle(self, key: Key) -> Circle:
        circle = self._circles.pop(key, None)
        if circle is None or circle.opened != opened_now():
            source, rest = parted(key, self._members)
            parts = {
                name: Part(member) for name, member in self._members.items() if name == source or member.knows_customers
            }
            parts[source].key = rest
            circle = Circle(key, parts[source], parts)
            while len(self._circles) >= MOST:
                self._circles.popitem(last=False)
        self._circles[key] = circle
        return circle

    async def known(self, key: Key) -> Circle:
        """Return a customer's circle, gathered if it was not before."""
        circle = self._circles.get(key)
        if circle is not None and circle.asked.file is not None and circle.opened == opened_now():
            return circle
        return await self.gathered(key)

    async def gathered(self, key: Key) -> Circle:
        """Return a customer's circle: the part they were opened in read anew, the others if they come quickly."""
        circle = self._circle(key)
        await self._read(circle, circle.asked)
        if circle.asked.file is None:
            raise circle.asked.error or NotFound(key)
        home = circle.parts[HOME]
        if home is not circle.asked and home.member.knows_customers:
            await self._read(circle, home)  # links stand there: who else it is depends on them
        await self._note_links(circle)
        running = [task for part in circle.parts.values() if (task := self._ask(circle, part)) is not None]
        if running:
            await asyncio.wait(running, timeout=self._grace)
        for part in circle.parts.values():
            part.late = part.loading
        return circle

    async def _read(self, circle: Circle, part: Part) -> None:
        """Read a part that everything else hangs on; an embedded store answers at once and is read every time.

        Where something of it is known already, a slow source is not waited for: what comes late is news.
        """
        part.dirty = True
        task = self._ask(circle, part)
        if task is not None:
            await asyncio.wait({task}, timeout=None if part.file is None else 3 * self._grace)

    def _ask(self, circle: Circle, part: Part) -> asyncio.Task[None] | None:
        """Return the running question for a part, begun if it is needed; None when what is here will do."""
        if part.loading:
            return part.task
        if not self._needed(part):
            return None
        part.task = asyncio.ensure_future(self._load(circle, part))
        self._tasks.add(part.task)
        part.task.add_done_callback(self._tasks.discard)
        return part.task

    def _needed(self, part: Part) -> bool:
        if part.dirty or part.at is None:
            return True
        age = self._clock() - part.at
        if part.error is not None:
            return age >= TRIED
        return not part.member.can(Capability.LIVE) and age >= FRESH

    async def _load(self, circle: Circle, part: Part) -> None:
        member = part.member
        try:
            await self._meet(member)
            if not part.key:
                part.key = await self._counterpart(circle, member)
            part.absent = not part.key
            if part.key:
                file = await member.backend.customer_file(part.key)
                await self._meet(member, file.operator.key)
                part.file = file_rekeyed(file, member.up)
            part.error = None
            part.told_at = self._clock()
            circle.histories_grew_old(member.name)
            member.answered(part.told_at)
        except (NotFound, Unsupported) as error:
            part.error = error if part is circle.asked else None
            part.absent = True
            part.file = None
            part.told_at = self._clock()
        except BackendError as error:
            part.error = error
            member.failed(error)
        part.at = self._clock()
        part.dirty = False
        if part.late:
            part.late = False
            self._hearing.came(circle.key)

    # who they are elsewhere -----------------------------------------------------------------------------------------

    async def _note_links(self, circle: Circle) -> None:
        """Take what agents said about who is who: it goes before every guess."""
        home = self._members[HOME]
        if Capability.LINKS not in home.backend.capabilities:
            return
        ends = {circle.end(joined(part.member.name, part.key)) for part in circle.parts.values() if part.key}
        ends |= {circle.end(ticket.key) for part in circle.known() if part.file for ticket in part.file.tickets}
        links: Iterable[Link] = await home.backend.links(frozenset(ends))
        same_tickets = set()
        sources = {part.member.shown: part for part in circle.parts.values()}
        linked: set[str] = set()
        for link in links:
            if link.kind is LinkKind.SAME_TICKET:
                same_tickets.add((link.left, link.right))
                continue
            for here, there in ((link.left, link.right), (link.right, link.left)):
                part = sources.get(there.source)
                if here not in ends or part is None or part is circle.asked:
                    continue
                if here.source == there.source and here != link.left:
                    continue  # within one source a number leads to the person, and not back
                if link.kind is LinkKind.SAME_CUSTOMER:
                    linked.add(part.member.name)
                    if part.key != there.foreign_id:
                        part.key, part.dirty, part.file = there.foreign_id, True, None
                    part.linked = True
                elif link.kind is LinkKind.NOT_SAME and part.key == there.foreign_id:
                    part.key, part.file, part.absent, part.dirty = "", None, True, False
                    part.at = part.told_at = self._clock()
        for part in circle.parts.values():
            if part.linked and part.member.name not in linked:  # the link was taken back
                part.key, part.file, part.dirty, part.linked = "", None, True, False
        circle.same_tickets = frozenset(same_tickets)

    async def _counterpart(self, circle: Circle, member: Member) -> Key:
        """Return the key of the same person in another source, empty when nobody there surely is."""
        file = circle.asked.file
        assert file is not None
        customer = file.customer
        if customer.origin is not None and customer.origin.source == member.shown:
            return customer.origin.foreign_id
        if member.name == HOME:
            end = circle.end(circle.key)
            held = await self.stored(Customer, [end])
            if end in held:
                return held[end]
        elif (home := circle.parts[HOME]).file is not None and home is not circle.asked:
            origin = home.file.customer.origin
            if origin is not None and origin.source == member.shown:
                return origin.foreign_id
        never = await self._said_to_be_others(circle, member)
        return await self._looked_for(circle, customer, member, never)

    async def _said_to_be_others(self, circle: Circle, member: Member) -> frozenset[Key]:
        home = self._members[HOME]
        if Capability.LINKS not in home.backend.capabilities:
            return frozenset()
        here = frozenset(circle.end(joined(part.member.name, part.key)) for part in circle.parts.values() if part.key)
        links: Iterable[Link] = await home.backend.links(here)
        parted_from = (end for link in links if link.kind is LinkKind.NOT_SAME for end in (link.left, link.right))
        return frozenset(end.foreign_id for end in parted_from if end.source == member.shown)

    async def _looked_for(self, circle: Circle, customer: Customer, member: Member, never: Collection[Key]) -> Key:
        found: dict[Key, tuple[Customer, Judgement]] = {}
        for text in questions(customer):
            for match in await member.backend.search(text, limit=10):
                await self._meet(member, match.customer.operator_key)
                if match.customer.key not in never and match.customer.key not in found:
                    other = rekeyed(match.customer, member.up)
                    found[match.customer.key] = (other, compare(customer, other))
            sure = [key for key, (_other, judged) in found.items() if judged.same is Sameness.SAME]
            if len(sure) == 1:
                return sure[0]
        for other, judged in found.values():
            if judged.same is not Sameness.OTHER:
                circle.maybe[other.key] = (other, judged)
        return ""

    async def stored(self, kind: type[Record], origins: Collection[Origin]) -> Mapping[Origin, Key]:
        """Return the home store's keys of records that came from these origins."""
        home = self._members[HOME].backend
        return await home.stored(kind, origins) if isinstance(home, Origins) else {}

    # histories ------------------------------------------------------------------------------------------------------

    async def streams(self, circle: Circle, only: TimelineFilter, limit: int) -> Mapping[str, Stream[Entry]]:
        """Return the histories of the parts that are here, each read at least to its first page, the quick ones now."""
        streams = circle.history(only)
        tasks: dict[str, asyncio.Task[None]] = {}
        for part in circle.known():
            name = part.member.name
            stream = streams.get(name)
            failed = stream is not None and stream.error is not None and not isinstance(stream.error, Unsupported)
            if stream is not None and not (stream.old or failed or name == HOME):
                continue
            fetch = self._fetch(circle, part, only, limit)
            if fetch is None:
                streams.pop(name, None)
                continue
            tasks[name] = asyncio.ensure_future(self._begin(part, Stream(name, fetch), streams))
            tasks[name].add_done_callback(self._tasks.discard)
        self._tasks.update(tasks.values())
        asked = circle.asked.member.name
        if asked in tasks and asked not in streams:
            await asyncio.wait({tasks[asked]})
        if tasks:
            _done, late = await asyncio.wait(tasks.values(), timeout=self._grace)
            for task in late:
                task.add_done_callback(lambda _task: self._hearing.came(circle.key))
        return streams

    async def _begin(self, part: Part, stream: Stream[Entry], streams: dict[str, Stream[Entry]]) -> None:
        """Read the first page of a part's history; it takes the place of an older one only when it came."""
        await stream.go_on()
        older = streams.get(stream.source)
        if stream.error is not None and not isinstance(stream.error, Unsupported):
            part.error = stream.error
            part.member.failed(stream.error)
            if older is not None and older.begun and older.error is None:
                return
        streams[stream.source] = stream

    def _fetch(
        self, circle: Circle, part: Part, only: TimelineFilter, limit: int
    ) -> Callable[[str | None], Awaitable[Page[Entry]]] | None:
        """Return what reads a part's history; None when the filter names a ticket that is not there."""
        member = part.member
        theirs = only
        if only.ticket_key:
            keys = [only.ticket_key, *(key for key, shown in circle.stands_for.items() if shown == only.ticket_key)]
            here = [rest for key in keys for source, rest in [parted(key, self._members)] if source == member.name]
            if not here:
                return None
            theirs = replace(only, ticket_key=here[0])

        async def fetch(after: str | None) -> Page[Entry]:
            page = await member.backend.timeline(part.key, only=theirs, after=after, limit=limit)
            return Page(tuple(rekeyed(one, member.up) for one in page.rows), page.after)

        return fetch

    def as_shown(self, record: R) -> R:
        """Return a record with the keys by which the circles show what it names."""
        for circle in reversed(self._circles.values()):
            if getattr(record, "customer_key", None) in circle.stands_for:
                return rekeyed(record, circle.stands)
        return record

    # growing old ----------------------------------------------------------------------------------------------------

    def grew_old(self, member: Member) -> None:
        """Note that everything a source said may be old."""
        for circle in self._circles.values():
            part = circle.parts.get(member.name)
            if part is not None:
                part.dirty = True
                circle.histories_grew_old(member.name)

    def changed(self, member: Member, customer_key: Key) -> list[Key]:
        """Note that a customer of a source changed; returns the keys under which they are shown."""
        shown = [member.up(customer_key)]
        for circle in self._circles.values():
            part = circle.part_of(member.name, customer_key)
            if part is not None:
                part.dirty = True
                circle.histories_grew_old(member.name)
                if circle.key not in shown:
                    shown.append(circle.key)
        return shown

    def shown_as(self, key: Key) -> list[Key]:
        """Return the keys under which a customer of any source, named by the desk's key, is shown."""
        source, rest = parted(key, self._members)
        circles = (one for one in self._circles.values() if one.part_of(source, rest) is not None)
        return list(dict.fromkeys((key, *(one.key for one in circles))))

    def try_failed(self) -> None:
        """Ask again for the parts of the customers opened last that failed, and tell when they come."""
        for circle in list(self._circles.values())[-2:]:
            for part in circle.parts.values():
                if part.error is not None and not part.loading:
                    part.dirty = part.late = True
                    self._ask(circle, part)

    def stop(self) -> None:
        """Leave every question unanswered."""
        for task in list(self._tasks):
            task.cancel()


def questions(customer: Customer) -> list[str]:
    """Return what to look for in another source, the surest first."""
    points = sorted(customer.points, key=lambda one: one.kind is not PointKind.EMAIL)
    reach = [point.value for point in points if point.value and point.kind is not PointKind.SOCIAL]
    return [text for text in (customer.number, *reach) if text][:QUESTIONS]
