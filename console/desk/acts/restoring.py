"""Acts when an outage is over: the promised words are given, many in one batch, or by a call (R27)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from backends.clean import block, line
from backends.port import Batch, CustomerFile, Put
from backends.records import (
    Agent,
    Channel,
    Customer,
    Direction,
    Operator,
    Promise,
    PromiseState,
    TicketEvent,
    TicketEventKind,
    new_key,
)
from console.desk.acts.contacts import contact_now
from console.desk.acts.scene import Scene, Unfit, changed, new


@dataclass(frozen=True, slots=True)
class Word:
    """What is told to one customer who was promised a word: by which channel, where to, and in which words."""

    promise: Promise
    customer: Customer
    operator: Operator
    channel: str
    to: str
    subject: str
    body: str


def _given(word: Word, agent: Agent, now: datetime) -> list[Put]:
    body = block(word.body).strip()
    if not body:
        raise Unfit("body", "needed")
    scene = Scene(CustomerFile(word.customer, word.operator), agent, now, ZoneInfo("UTC"))
    sent = contact_now(scene, word.channel, Direction.OUTBOUND, note=body, subject=line(word.subject))
    sent = replace(
        sent, recipient=line(word.to), ticket_key=word.promise.ticket_key, outage_key=word.promise.outage_key
    )
    items = [new(sent), changed(replace(word.promise, state=PromiseState.KEPT, closed_at=now))]
    if word.promise.ticket_key:
        kept = TicketEvent(
            new_key(), word.promise.ticket_key, word.customer.key, TicketEventKind.PROMISE_KEPT, now, agent.name,
            contact_key=sent.key,
        )  # fmt: skip
        items.append(new(kept))
    return items


def give_words(words: Sequence[Word], *, agent: Agent, now: datetime) -> Batch:
    """Store the messages as sent and their promises as kept, all of them or none (R27).

    A promise that a colleague kept meanwhile makes the store refuse the batch: nobody is told twice. Raises Unfit
    `nobody` without words, `needed` for an empty one, `reach_needed` for a message without an address.
    """
    if not words:
        raise Unfit("words", "nobody")
    for one in words:
        if one.channel in (Channel.EMAIL, Channel.SMS) and not one.to.strip():
            raise Unfit("to", "reach_needed")
    items = [item for one in words for item in _given(one, agent, now)]
    return Batch(tuple(items), actor=agent.login, act="create")


def called(word: Word, *, agent: Agent, now: datetime) -> Batch:
    """Store that the customer was called and told; the promise is kept."""
    return give_words((replace(word, channel=Channel.CALL),), agent=agent, now=now)
