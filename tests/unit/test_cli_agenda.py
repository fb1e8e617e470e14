"""`cordboard agenda`: the list of what to do for the shell, with the filters of the screen."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from backends.port import Batch, Put
from backends.records import (
    Agent,
    AnswerState,
    Channel,
    Contact,
    Contract,
    Customer,
    CustomerKind,
    Direction,
    Handover,
    Holder,
    Money,
    Operator,
    Promise,
    PromiseKind,
    Record,
    Role,
    Ticket,
    TicketKind,
    new_key,
)
from backends.registry import backend_for
from console import cli
from console.cli import codes
from console.cli.output import Writer
from console.cli.setting import Setting

NOW = datetime.now(UTC).replace(microsecond=0)
CONFIG = """
[profiles.main]
renewals = "own.toml"
"""
OFFERS = """
[[offer]]
operator = "ACME"
months = 24
price = "29.50"
currency = "GBP"
"""


async def _fill(file: Path) -> None:
    acme = Operator(new_key(), "ACME", "Acme Tel", "GB", "en", "Europe/London", currency="GBP")
    nord = Operator(new_key(), "NORD", "Nordlys", "SE", "sv", "Europe/Stockholm", currency="SEK")
    joan = Customer(new_key(), "A-1", acme.key, CustomerKind.SUBSCRIBER, "Joan Trem\x1b[2Jlett", "en")
    sven = Customer(new_key(), "N-1", nord.key, CustomerKind.SUBSCRIBER, "Sven Berg", "sv")
    ticket = Ticket(new_key(), "T-1", joan.key, acme.key, TicketKind.FAULT, "No sync", NOW - timedelta(days=1))
    today = NOW.date()
    records: list[Record] = [
        acme,
        nord,
        Agent(new_key(), "anna", "Anna Desk", frozenset({Role.DESK})),
        joan,
        sven,
        ticket,
        Promise(new_key(), joan.key, PromiseKind.DEED, "Ring", NOW - timedelta(days=2), NOW - timedelta(hours=5),
                ticket_key=ticket.key, owner="Anna Desk"),
        Promise(new_key(), sven.key, PromiseKind.CALL_BACK, "", NOW, NOW + timedelta(days=2), owner="Mia"),
        Handover(new_key(), ticket.key, joan.key, Holder.TECHNICAL, NOW - timedelta(hours=3), by="Mia"),
        Contact(new_key(), "", sven.key, nord.key, Channel.EMAIL, Direction.INBOUND, NOW - timedelta(hours=1), "Hej",
                "text", answer=AnswerState.WAITING),
        Contract(new_key(), "A/1", joan.key, "Fibre", today - timedelta(days=700), today + timedelta(days=20), 24,
                 Money(3900, "GBP"), Money(5199, "GBP")),
    ]  # fmt: skip
    backend = backend_for(f"sqlite:///{file}")
    await backend.open()
    try:
        await backend.write(Batch(tuple(Put(one) for one in records), actor="test"))
    finally:
        await backend.close()


@dataclass
class Ended:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def kinds(self) -> list[str]:
        """The kinds of the rows of a table for programs."""
        return [row.split("\t")[1] for row in self.out.splitlines()]


@pytest.fixture
def call(tmp_path: Path) -> Callable[..., Ended]:
    """Return what runs `cordboard agenda` on a small desk."""
    file = tmp_path / "desk.db"
    asyncio.run(_fill(file))

    def run(*arguments: str) -> Ended:
        out, err = io.StringIO(), io.StringIO()
        environ = {
            "CORDBOARD_HOME": str(tmp_path),
            "CORDBOARD_BACKEND": f"sqlite:///{file}",
            "CORDBOARD_LANGUAGE": "en",
        }
        code = cli.run(["agenda", "--agent", "anna", *arguments], Setting(Writer(out), Writer(err), environ))
        return Ended(code, out.getvalue(), err.getvalue())

    return run


def test_r17_the_list_is_printed_most_urgent_first(call: Callable[..., Ended]) -> None:
    """R10, R17, R24: what is broken first; what only another side can accept is not on the desk's list."""
    ended = call()
    assert (ended.code, ended.err) == (codes.OK, "")
    assert (ended.kinds[0], ended.kinds[-1]) == ("promise", "renewal")
    assert set(ended.kinds[1:-1]) == {"call_back", "message"}
    assert "\x1b" not in ended.out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--mine"], ["promise"]),
        (["--kind", "renewal", "--kind", "message"], ["message", "renewal"]),
        (["--language", "SV"], ["call_back", "message"]),
        (["--operator", "ACME"], ["promise", "renewal"]),
        (["--skill", "billing"], ["call_back", "message"]),
        (["--skill", "fault"], ["promise", "call_back", "message"]),
    ],
)
def test_r17_the_filters_of_the_screen_are_options(
    call: Callable[..., Ended], arguments: list[str], expected: list[str]
) -> None:
    """Mine, kind, language, operator, skill."""
    assert sorted(call(*arguments).kinds) == sorted(expected)


def test_r24_a_renewal_is_told_with_its_window_and_offers(call: Callable[..., Ended], tmp_path: Path) -> None:
    """R24: the days, whether they are the law's, the list price after, and the operator's own offers."""
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "own.toml").write_text(OFFERS)
    (found,) = json.loads(call("--kind", "renewal", "--json").out)
    today = NOW.date()
    told: dict[str, Any] = {
        "ends_on": (today + timedelta(days=20)).isoformat(),
        "notify_from": (today - timedelta(days=20)).isoformat(),
        "notify_to": (today + timedelta(days=10)).isoformat(),
        "by_law": True,
        "list_price": "51.99 GBP",
        "offers": [{"months": 24, "price": "29.50 GBP", "says": ""}],
    }
    assert {name: found[name] for name in told} == told
    assert found["source"]


def test_r24_a_wrong_file_of_offers_is_told_with_its_line(call: Callable[..., Ended], tmp_path: Path) -> None:
    """Nobody works by other offers in silence: the command ends and names line and remedy."""
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "own.toml").write_text(OFFERS.replace("29.50", "cheap"))
    ended = call()
    assert ended.code == codes.CONFIG
    assert "own.toml:5" in ended.err


def test_a_limit_says_that_there_is_more(call: Callable[..., Ended]) -> None:
    """What is left out is named on standard error."""
    ended = call("--limit", "1")
    assert len(ended.out.splitlines()) == 1
    assert "--limit" in ended.err
