"""What an earlier try of a batch has done already: in this process its receipt is known, otherwise RT is asked.

A message of ours is found by its mark, a customer by the login made of it, a changed field by its value.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import replace

from backends.errors import NotFound
from backends.port import Receipt
from backends.records import Contact, Customer, Key, Ticket
from backends.rest.rt import cases, people, talks
from backends.rest.rt.cases import Case
from backends.rest.rt.planning import Plan, Step, is_begun, with_real_keys
from backends.rest.rt.reading import Reader

Subject = tuple[str, str]
"""A store's address and a batch's idempotency key."""

KEPT = 500
"""Receipts remembered."""

_receipts: OrderedDict[Subject, Receipt] = OrderedDict()
_locks: dict[Subject, tuple[asyncio.AbstractEventLoop, asyncio.Lock, int]] = {}


def remembered(subject: Subject) -> Receipt | None:
    """Return what a batch with this key came to in this process, None when that is not known."""
    return _receipts.get(subject)


def remember(subject: Subject, receipt: Receipt) -> None:
    """Note what a batch came to: a repeat of it asks nobody."""
    _receipts[subject] = replace(receipt, repeated=False)
    while len(_receipts) > KEPT:
        _receipts.popitem(last=False)


class Held:
    """One batch at a time for each idempotency key, over all handles of this process."""

    def __init__(self, subject: tuple[str, str]) -> None:
        self._subject = subject

    async def __aenter__(self) -> None:
        loop = asyncio.get_running_loop()
        held = _locks.get(self._subject)
        if held is None or held[0] is not loop:
            held = (loop, asyncio.Lock(), 0)
        _locks[self._subject] = (loop, held[1], held[2] + 1)
        try:
            await held[1].acquire()
        except BaseException:
            self._leave()
            raise

    async def __aexit__(self, *_: object) -> None:
        _locks[self._subject][1].release()
        self._leave()

    def _leave(self) -> None:
        loop, lock, waiting = _locks[self._subject]
        if waiting <= 1:
            del _locks[self._subject]
        else:
            _locks[self._subject] = (loop, lock, waiting - 1)


async def find_done(plan: Plan, reader: Reader) -> None:
    """Note the steps that RT holds already, by their marks, and by what they would change."""
    for step in plan.steps:
        if isinstance(step.record, Customer) and step.new:
            await _find_customer(step, plan, reader)
    marks: dict[str, Key] = {}
    customers = {plan.real(step.record.customer_key) for step in plan.steps
                 if isinstance(step.record, Ticket) and step.new}  # fmt: skip
    found = list(plan.cases.values())
    for key in sorted(customers):
        found += await _cases_of(people.number_in(key), reader)
    for case in sorted(found, key=lambda case: -case.row.id):
        plan.cases.setdefault(cases.key_of(case.row.id), case)
        first = case.transactions[0].id if case.transactions else 0
        for number, mark in sorted(case.marks.items(), reverse=True):
            marks[mark.step] = cases.key_of(case.row.id) if number == first else talks.contact_key(number)
    for step in plan.steps:
        if not isinstance(step.record, Customer) and step.mark in marks:
            _note_done(step, plan, marks[step.mark])
    last = max((_order(step) for step in plan.steps if step.done and not step.unless_known), default=(-1, -1))
    for step in plan.steps:
        if not step.new and not step.done:
            # steps are taken in order: what comes before one that is done is done
            step.done = _order(step) < last or _holds(step, plan)
            held = plan.cases.get(step.record.key)
            step.begun = held is not None and is_begun(step, held, reader)


async def _cases_of(number: int, reader: Reader) -> list[Case]:
    if not number:
        return []
    rows = await reader.wire.tickets(f"Requestor.id = {number}")
    return await reader.book.cases(rows)


async def _find_customer(step: Step, plan: Plan, reader: Reader) -> None:
    try:
        user = await reader.wire.user(login_of(step))
    except NotFound:
        return
    _note_done(step, plan, people.key_of(user.id))
    plan.users[people.key_of(user.id)] = user


def _note_done(step: Step, plan: Plan, key: Key) -> None:
    step.done = True
    if step.new:
        step.key = plan.keys[step.record.key] = key


def _holds(step: Step, plan: Plan) -> bool:
    """Return whether RT holds what this step would change it to, though not as it was seen."""
    before = step.before
    if before is None or before.version == step.seen:
        return False
    wanted = with_real_keys(step.record, plan)
    if isinstance(wanted, Ticket):
        wanted = cases.in_seconds(wanted)
    return replace(wanted, version=0) == replace(before, version=0)


def _order(step: Step) -> tuple[int, int]:
    kinds = (Customer, Ticket, Contact)
    return 2 * kinds.index(type(step.record)) + (0 if step.new else 1), step.position


def login_of(step: Step) -> str:
    """Return the login of the user that a step creates: it follows from the mark, and no one else has it."""
    return f"customer-{step.mark[:20]}"
