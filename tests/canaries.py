"""A real database in which every hidden field holds a word of its own, and what to look for in outputs (R41)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backends.port import Batch, Put
from backends.records import (
    Agent,
    AnswerState,
    Attachment,
    Channel,
    Charge,
    Chase,
    Compensation,
    Contact,
    ContactPoint,
    Contract,
    Customer,
    CustomerKind,
    Direction,
    Dispute,
    Handover,
    Holder,
    Key,
    Line,
    Money,
    NetworkPath,
    Operator,
    PointKind,
    Promise,
    PromiseKind,
    Record,
    Role,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    Visit,
)
from backends.registry import backend_for

NUMBER = "C-880001"
NAME = "Wanda Canary"
PLAIN = "qzplainzq"
"""What everybody may see: it must be found, or the looking is worth nothing."""
MAC, IP = "02:ca:fe:be:ef:77", "10.77.66.55"
_AMOUNTS = {"charge": 98_765_431, "price": 98_765_432, "list": 98_765_433, "given": 98_765_434, "dispute": 98_765_435}
_WORDS: list[str] = []


def _word(name: str) -> str:
    """Return a word that stands nowhere else, remembered as one to look for."""
    word = f"qz{name}zq"
    _WORDS.append(word)
    return word


@dataclass(frozen=True, slots=True)
class Planted:
    """What was planted, by area, and where."""

    file: Path
    customer: Key
    billing: Key
    fault: Key
    mail: Key
    fax: Key
    promise: Key
    charge: Key
    dispute: Key
    contract_number: str
    payment: tuple[str, ...]
    documents: tuple[str, ...]
    network: tuple[str, ...]

    @property
    def hidden(self) -> tuple[str, ...]:
        """Every word that must not be seen."""
        return (*self.payment, *self.documents, *self.network)


def found_in(text: str | bytes, words: Iterable[str]) -> list[str]:
    """Return those of the words that a text holds, however amounts are written and whatever case it has."""
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    small = plain.casefold()
    together = re.sub(r"[\s,.\u00a0\u202f]", "", small)
    return [word for word in words if word.casefold() in small or re.sub(r"[\s,.]", "", word.casefold()) in together]


async def planted(file: Path) -> Planted:
    """Write the database."""
    _WORDS.clear()
    now = datetime.now(UTC) - timedelta(hours=2)
    today = now.date()
    backend = backend_for(f"sqlite:///{file}")
    await backend.open()
    try:
        operator = Operator("new:o", "CAN", "Canary Net", "PL", "pl", "Europe/Warsaw", "PLN")
        agents = [
            Agent("new:ah", "hot", "Hot Line", frozenset({Role.HOTLINE})),
            Agent("new:as", "sup", "Su Pervisor", frozenset({Role.SUPERVISOR})),
            Agent("new:at", "tec", "Tech Nician", frozenset({Role.TECHNICAL})),
        ]
        customer = Customer("new:c", NUMBER, operator.key, CustomerKind.SUBSCRIBER, NAME, "pl",
                            points=(ContactPoint(PointKind.EMAIL, "wanda@canary.example"),))  # fmt: skip
        path = NetworkPath(*(_word(f"path{part}") for part in ("exchange", "node", "olt", "port")))
        line = Line("new:l", "L-880001", customer.key, "internet", path=path, mac=MAC, ip=IP)
        network = (*_WORDS, MAC, IP)
        _WORDS.clear()
        contract = Contract("new:k", "A-880001", customer.key, "Fibre", today - timedelta(days=300),
                            today + timedelta(days=20), 12, Money(_AMOUNTS["price"], "PLN"),
                            Money(_AMOUNTS["list"], "PLN"))  # fmt: skip
        charge = Charge("new:ch", customer.key, _word("chargetext"), Money(_AMOUNTS["charge"], "PLN"),
                        today - timedelta(days=20), dunning_on=today + timedelta(days=2))  # fmt: skip
        billing = Ticket(
            "new:tb", "T-880001", customer.key, operator.key, TicketKind.BILLING, _word("billsubject"), now,
            description=_word("billdescription"), details=(("invoice", _word("billdetail")),),
            holder=Holder.BILLING, holder_reference=_word("billreference"), next_step=_word("billnext"),
            next_step_at=now + timedelta(days=1), outcome_reason=_word("billoutcome"),
            resolution=_word("billresolution"),
        )  # fmt: skip
        given = Compensation(Money(_AMOUNTS["given"], "PLN"), _word("compensation"), now, "Su")
        fault = Ticket("new:tf", "T-880002", customer.key, operator.key, TicketKind.FAULT, PLAIN, now,
                       compensations=(given,), line_key=line.key)  # fmt: skip
        dispute = Dispute("new:d", customer.key, _word("disputereason"), now, Money(_AMOUNTS["dispute"], "PLN"),
                          (charge.key,), billing.key, answer=_word("disputeanswer"))  # fmt: skip
        mail = Contact(
            "new:mail", "K-880001", customer.key, operator.key, Channel.EMAIL, Direction.INBOUND, now,
            _word("mailsubject"), f"{_word('mailbegin')} {'word ' * 120} {_word('mailend')}", ticket_key=billing.key,
            answer=AnswerState.WAITING, waived_reason=_word("mailwaived"),
            attachments=(Attachment(f"{_word('mailfile')}.pdf", "application/pdf", 4_000),),
        )  # fmt: skip
        hanging: list[Record] = [
            TicketEvent("new:e1", billing.key, customer.key, TicketEventKind.NOTE, now, text=_word("billevent"),
                        before=_word("notebefore"), after=_word("noteafter")),
            TicketEvent("new:e3", fault.key, customer.key, TicketEventKind.NOTE, now, after=_word("faultnote")),
            TicketEvent("new:e2", fault.key, customer.key, TicketEventKind.COMPENSATION, now,
                        after="987654.34 PLN", text=_word("givenevent")),
            Chase("new:x", billing.key, customer.key, now, note=_word("billchase")),
            Promise("new:p", customer.key, PromiseKind.DEED, _word("billdeed"), now, now + timedelta(days=1),
                    ticket_key=billing.key, closed_reason=_word("billclosed"), made_by="sup", owner="sup"),
            Visit("new:v", billing.key, customer.key, now, now + timedelta(hours=2), note=_word("billvisit")),
            Handover("new:h", billing.key, customer.key, Holder.BILLING, now, note=_word("billhand"),
                     told_customer=_word("billtold")),
        ]  # fmt: skip
        payment = (*_WORDS, *(str(amount) for amount in _AMOUNTS.values()))
        _WORDS.clear()
        fax = Contact(
            "new:fax", "K-880002", customer.key, operator.key, Channel.FAX, Direction.INBOUND, now, "Fax", PLAIN,
            attachments=(Attachment(f"{_word('passport')}.tif", "image/tiff", 9_000, _word("sha"), True),),
        )  # fmt: skip
        documents = tuple(_WORDS)
        records: list[Record] = [operator, *agents, customer, line, contract, charge, billing, fault, dispute, mail,
                                 fax, *hanging]  # fmt: skip
        raw = {mail.key: f"original {payment[0]}".encode(), fax.key: f"original {documents[0]}".encode()}
        receipt = await backend.write(
            Batch(tuple(Put(one, raw=raw.get(one.key)) for one in records), actor="sup", act="create")
        )
        keys = dict(receipt.keys or {})
        held = await backend.customer_file(keys[customer.key])
        promise = next(one for one in held.promises)
        await backend.write(Batch((Put(replace(promise, owner="Su"), seen=promise.version),), actor="sup",
                                  reason=payment[0]))  # fmt: skip
    finally:
        await backend.close()
    return Planted(
        file, keys[customer.key], keys[billing.key], keys[fault.key], keys[mail.key], keys[fax.key], keys["new:p"],
        keys[charge.key], keys[dispute.key], contract.number, payment, documents, network,
    )  # fmt: skip
