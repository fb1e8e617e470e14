"""One question to all sources: answers as they come, each person once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime

from backends.errors import BackendError, Unavailable
from backends.port import Match
from backends.records import Customer, Key
from console.desk.several.keys import HOME, rekeyed
from console.desk.several.members import Member
from console.rules.identity import Sameness, compare

KNOWN_DEAD = 1.5
"""Seconds that a source is waited for which did not answer the last time."""
SHORTEST = 3
"""Characters from which on remote sources are asked: fewer find half of everybody."""


class Searching:
    """Finds customers wherever they are known."""

    def __init__(
        self,
        members: Mapping[str, Member],
        clock: Callable[[], datetime],
        meet: Callable[..., Awaitable[None]],
    ) -> None:
        self._members = members
        self._clock = clock
        self._meet = meet

    async def searching(
        self, text: str, limit: int, operator_keys: frozenset[Key], rest: float
    ) -> AsyncIterator[tuple[Match, ...]]:
        """Yield what is found so far, again with each source that answers; raises when none could."""
        asked = [one for one in self._members.values() if one.knows_customers]
        asked = [one for one in asked if one.name == HOME or len(text.strip()) >= SHORTEST]
        tasks = {
            asyncio.ensure_future(self._ask(one, text, limit, operator_keys, 0.0 if one.name == HOME else rest)): one
            for one in asked
        }
        answers: dict[str, tuple[Match, ...]] = {}
        errors: list[BackendError] = []
        try:
            pending = set(tasks)
            while pending:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    member = tasks[task]
                    try:
                        answers[member.name] = task.result()
                        member.answered(self._clock())
                    except BackendError as error:
                        errors.append(error)
                        member.failed(error)
                if answers:
                    yield one_list([answers[name] for name in self._members if name in answers], limit)
        finally:
            for task in tasks:
                task.cancel()
        if errors and not answers:
            raise errors[0]

    async def _ask(
        self, member: Member, text: str, limit: int, operator_keys: frozenset[Key], rest: float
    ) -> tuple[Match, ...]:
        if rest:
            await asyncio.sleep(rest)
        try:
            async with asyncio.timeout(None if member.error is None else KNOWN_DEAD):
                found = await self._found(member, text, limit, operator_keys)
        except TimeoutError as error:
            raise member.error or Unavailable(source=member.shown) from error
        return tuple(
            replace(one, customer=rekeyed(one.customer, member.up), record_key=member.up(one.record_key))
            for one in found
        )

    async def _found(self, member: Member, text: str, limit: int, operator_keys: frozenset[Key]) -> tuple[Match, ...]:
        await self._meet(member)
        theirs = frozenset(member.down(key) for key in operator_keys)
        found = await member.backend.search(text, limit=limit, operator_keys=theirs)
        await self._meet(member, *(one.customer.operator_key for one in found))
        return found


def one_list(answers: list[tuple[Match, ...]], limit: int) -> tuple[Match, ...]:
    """Return the matches of several sources as one list: exact ones first, near ones last, each person once.

    Of a person whom two sources found, the first source's record stays, with the surer reason of both.
    """
    kept: list[Match] = []
    for number, matches in enumerate(answers):
        before = len(kept) if number else 0
        for match in matches:
            twin = next((at for at in range(before) if _one_person(match.customer, kept[at].customer)), None)
            if twin is None:
                kept.append(match)
            elif match.exact and not kept[twin].exact:
                kept[twin] = replace(match, customer=kept[twin].customer)
    kept.sort(key=lambda one: (not one.exact, one.near))
    return tuple(kept[:limit])


def _one_person(one: Customer, other: Customer) -> bool:
    if other.origin is not None and one.key == f"{other.origin.source}|{other.origin.foreign_id}":
        return True
    return compare(one, other).same is Sameness.SAME
