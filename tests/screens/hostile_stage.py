"""Records whose every free text tries to be more than a text: for a terminal, for markup, for a format, for a cell."""

from __future__ import annotations

import asyncio
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from backends.contract.samples import (
    a_charge,
    a_chase,
    a_contract,
    a_customer,
    a_dispute,
    a_handover,
    a_line,
    a_promise,
    a_ticket,
    a_ticket_event,
    a_visit,
    ago,
    an_email,
    an_outage,
)
from backends.port import Backend, Batch, Put
from backends.records import (
    AnswerState,
    Attachment,
    AuthorisedParty,
    CallRoute,
    Channel,
    Compensation,
    Coverage,
    Customer,
    Money,
    Operator,
    OutageState,
    OutageUpdate,
    Ticket,
)
from backends.registry import backend_for

T = TypeVar("T")

ORDERS = (
    "\x1b[987;654z",  # no program sends this one: where it is found, a customer sent it
    "\x1b]52;c;c3RvbGVu\x07",
    "\x1b[2J",
    "\x1bPq#0\x1b\\",
    "\x9b987z",
    "\x90q\x9c",
    "\x05",
    "\x0e\x0f",
    "\x7f",
    "\x00",
    "\x08\x08",
    "\r",
)
TRICKS = (
    "\u202emoc.live\u202c",
    "\u2066\u2069\u200f",
    "[/bold]",
    "[@click=app.quit]go[/]",
    "[red]x[/red]",
    "30 [/month]",
    "{braces} {0} {name!r}",
    "%s %(x)s %d",
    "$n ${x}",
    "👨‍👩‍👧‍👦 👩🏽‍🔬 🇵🇱",
    "\u3164\u200b\ufe0f",
    "e" + "\u0301" * 60,
    "\\x1b[31m \\",
)
LONE = "\ud800\udfff\ud83d"
HOSTILE = "vile " + " ".join((*TRICKS, *ORDERS)) + " end"
NUMBER = "666001"
NAME = "Robin [/bold] {0} %s Vile\x1b[987;654z\u202e"
LONG_LINE = "A" * 1_000_000
LONG_BODY = "\n".join(f"line {number} [/x] \x1b[987;654z" for number in range(100_000))

_KEPT = frozenset(
    {
        "key",
        "reference",
        "number",
        "currency",
        "language",
        "country",
        "code",
        "time_zone",
        "channel",
        "service",
        "login",
    }
    | {"sha256", "phone", "value", "foreign_id", "answered_by"}
)
"""Fields that are keys, codes or have a form of their own; every other text is a person's words."""


def planted(record: T, text: str = HOSTILE) -> T:
    """Return a record with `text` in every field that is a person's words; keys, codes and moments stay."""
    return _planted(record, text)  # type: ignore[no-any-return]


def _planted(value: Any, text: str, name: str = "") -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _planted(getattr(value, f.name), text, f.name) for f in fields(value)})
    if isinstance(value, str) and not isinstance(value, Enum):
        return value if name in _KEPT or name.endswith("_key") else text
    if isinstance(value, tuple) and not name.endswith("_keys"):
        return tuple(_planted(one, text, name) for one in value)
    return value


async def plant(backend: Backend, operator: Operator, *, lone: bool = False) -> Customer:
    """Store one customer with a record of every kind, all of whose texts are hostile, past every importer."""
    text = HOSTILE + (LONE if lone else "")
    customer = planted(replace(a_customer(operator), authorised=(AuthorisedParty("a", "b", "", "d"),)), text)
    (stored,) = await _put(backend, replace(customer, number=NUMBER, name=NAME))
    assert isinstance(stored, Customer)
    line = planted(a_line(stored), text)
    ticket = planted(
        replace(
            a_ticket(stored),
            details=(("symptom", "x"), ("vile [/x]", "x")),
            compensations=(Compensation(Money(5, "PLN"), "x", ago(hours=1), "x"),),
        ),
        text,
    )
    kept = await _put(backend, line, ticket, planted(a_contract(stored), text), planted(a_charge(stored), text))
    await _put(backend, planted(a_dispute(stored), text), planted(a_promise(stored), text))
    held = next(one for one in kept if isinstance(one, Ticket))
    parts = (a_ticket_event(held), a_chase(held), a_visit(held), a_handover(held))
    await _put(backend, *(planted(one, text) for one in parts))
    outage = planted(
        replace(
            an_outage(state=OutageState.CONFIRMED),
            coverage=Coverage(("internet",), towns=("x",)),
            updates=(OutageUpdate(ago(minutes=5), "x", "x"),),
        ),
        text,
    )
    await _put(backend, outage)
    for channel in (Channel.EMAIL, Channel.CALL, Channel.CHAT, Channel.SMS):
        mail = replace(
            an_email(stored, channel=channel, answer=AnswerState.WAITING),
            attachments=(Attachment("x", "x", 5),),
            route=CallRoute("x", ("x", "y")),
        )
        await _put(backend, planted(mail, text))
    for at, body in ((2, LONG_LINE), (3, LONG_BODY)):
        await _put(backend, an_email(stored, at=ago(minutes=at), subject=f"vile {len(body)}", body=body))
    return stored


async def _put(backend: Backend, *records: Any) -> list[Any]:
    receipt = await backend.write(Batch(tuple(Put(one) for one in records), "vile"))
    return [change.after for change in receipt.changes]


def hostile_copy(file: Path) -> Path:
    """Plant the hostile customer into a database file and return it."""

    async def write() -> None:
        backend = backend_for(f"sqlite:///{file}")
        await backend.open()
        try:
            await plant(backend, (await backend.operators())[0])
        finally:
            await backend.close()

    asyncio.run(write())
    return file
