"""What Zammad may answer is read without trust, what a profile may say is checked, and marks say what was put in."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backends import clean
from backends.errors import Invalid
from backends.records import Channel, Contact, Customer, Direction, Ticket, TicketState
from backends.rest.zammad import open_url
from backends.rest.zammad.articles import Articles, mark_of
from backends.rest.zammad.cases import Cases, Names
from backends.rest.zammad.happenings import call, ticket_events
from backends.rest.zammad.marks import CONTACT, ArticleMark, TicketMark, article_mark, digest, ticket_mark
from backends.rest.zammad.options import CUSTOMER_FIELDS, TICKET_FIELDS, Options, options_from
from backends.rest.zammad.people import People
from backends.rest.zammad.rows import by_id, listed
from tests.contract.test_zammad import OPTIONS

URL = "https://desk.example/"
SAID = options_from(OPTIONS, URL)
NAMES = Names.read(
    [{"id": 1, "name": "Neu", "state_type_id": 1}, {"id": 9, "name": "Erledigt", "state_type": "closed"}],
    [{"id": 2, "name": "2 normal"}],
    [{"id": 1, "name": "Users"}],
)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_FIELDS = (
    "id", "firstname", "lastname", "email", "login", "phone", "mobile", "fax", "street", "zip", "city", "country",
    "address", "vip", "organization", "preferences", "created_at", "updated_at", "number", "title", "state", "state_id",
    "priority", "group", "owner", "owner_id", "customer_id", "note", "pending_time", "close_at", "escalation_at",
    "type", "sender", "body", "content_type", "internal", "message_id", "in_reply_to", "from", "to", "subject",
    "attachments", "created_by", "created_by_id", "ticket_id", "direction", "start", "end", "comment", "attribute",
    "value_from", "value_to", "object", "ball", "outcome", "router", "contract_kind", "customer_number",
)  # fmt: skip
answers = st.dictionaries(st.sampled_from(_FIELDS), values, max_size=14)


def _is_clean(record: Customer | Ticket | Contact) -> bool:
    texts = [getattr(record, name) for name in record.__slots__]
    return all(text == clean.block(text) for text in texts if isinstance(text, str))


@given(row=answers)
@settings(max_examples=400, deadline=None)
@example(row={"id": True, "preferences": [], "updated_at": "9999-12-31T23:59:59-23:59", "attachments": {"a": 1}})
def test_no_answer_makes_reading_raise(row: dict[str, Any]) -> None:
    """Whatever stands in the fields of a user, ticket, article, call or change: it is read, and clean."""
    customer = People(SAID).customer(row)
    cases = Cases(SAID, NAMES)
    ticket = cases.ticket(row)
    assert _is_clean(customer)
    assert _is_clean(ticket)
    assert all(_is_clean(contact) for contact in Articles(SAID).contacts(ticket, [row]))
    called = call(SAID, row)
    assert called is None or _is_clean(called)
    assert len(ticket_events(cases, ticket, [row])) <= 1


@given(answer=values)
@settings(deadline=None)
def test_no_list_makes_reading_raise(answer: Any) -> None:
    """Whatever comes in place of a list is a list of rows, perhaps an empty one."""
    assert all(isinstance(row, dict) for row in listed(answer, "Ticket"))


def test_a_search_is_read_in_every_shape() -> None:
    """A bare array, the lists of ids of 2022, and those of newer versions give the same rows."""
    one, two = {"id": 1, "title": "a"}, {"id": 2, "title": "b"}
    assets = {"Ticket": {"1": one, "2": two}}
    for answer in (
        [one, two],
        {"tickets": [1, 2], "tickets_count": 2, "assets": assets},
        {"record_ids": [1, 2], "assets": assets, "total_count": 2},
    ):
        assert listed(answer, "Ticket") == [one, two]
    assert by_id([one], [{"id": 1, "updated_at": "2026-01-01T00:00:00Z"}])[1].get("title") is None


def test_states_mean_their_type_in_every_language() -> None:
    """A site that names its states in its own language is understood by their types; unknown ones are open."""
    cases = Cases(SAID, NAMES)
    states = {name: cases.ticket({"id": 1, "state": name}).state for name in ("Neu", "erledigt", "???")}
    assert states == {"Neu": TicketState.OPEN, "erledigt": TicketState.CLOSED, "???": TicketState.IN_PROGRESS}


moments = st.datetimes(timezones=st.just(UTC))


@given(at=moments, seconds=st.integers(0, 2**31), direction=st.sampled_from(Direction), channel=st.text(max_size=20))
def test_a_mark_says_what_was_put_in(at: datetime, seconds: int, direction: Direction, channel: str) -> None:
    """The mark of an article comes back whole, also behind another message id; it is a message id itself."""
    channel = channel.encode("utf-8", "replace").decode()
    mark = ArticleMark(digest("key", 3), CONTACT, at, seconds, direction, channel)
    assert article_mark("", f"<a@b.example> {mark.written()}") == mark
    assert mark.written().isascii()
    assert len(mark.written()) < 500
    for ticket in (TicketMark(digest("key", 3), at), TicketMark(digest("key", 3), at, digest("key", 1))):
        assert ticket_mark(ticket.written()) == ticket
        assert len(ticket.written()) < 250


def test_marks_differ_by_key_and_step() -> None:
    """A step has one mark, two steps have two; without a key no mark is like another."""
    assert digest("a", 1) == digest("a", 1)
    assert len({digest("a", 1), digest("a", 2), digest("b", 1), digest("", 1), digest("", 1)}) == 5


@pytest.mark.parametrize(
    "text",
    ["", "x", "<cordboard.zz.c.1.1.in.@cordboard.invalid>", "<a@cordboard.invalid>",
     "<cordboard." + "a" * 24 + ".c." + "9" * 18 + ".1.in.@cordboard.invalid>"],
)  # fmt: skip
def test_what_others_wrote_is_no_mark(text: str) -> None:
    """Message ids of others, and marks that no calendar has, are nobody's."""
    assert mark_of({"message_id": text}) is None
    assert ticket_mark(text) is None


def test_a_mark_is_never_taken_for_a_channel_of_its_own() -> None:
    """A channel that Zammad has not is noted, and comes back by its mark."""
    mark = ArticleMark(digest("", 0), CONTACT, datetime(2026, 1, 2, tzinfo=UTC), channel=Channel.LETTER)
    row = {"id": 5, "ticket_id": 1, "type": "note", "message_id": mark.written()}
    contact = Articles(SAID).contact(Cases(SAID, NAMES).ticket({"id": 1}), row)
    assert (contact.channel, contact.at) == (Channel.LETTER, mark.at)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"nonsense": 1}, "nonsense"),
        ({"operator": {"code": 5}}, "operator.code"),
        ({"operator": {"planet": "x"}}, "operator.planet"),
        ({"operator": "x"}, "operator"),
        ({"groups": {"Users": "party"}}, "groups.Users"),
        ({"states": {"asleep": "open"}}, "states.asleep"),
        ({"customer": {"shoe_size": "size"}}, "customer.shoe_size"),
        ({"ticket": {"kind": ""}}, "ticket.kind"),
        ({"send": ["email", "pigeon"]}, "send[1]"),
        ({"send": "email"}, "send"),
        ({"pending_days": 0}, "pending_days"),
        ({"index_delay": True}, "index_delay"),
        ({"calls": "yes"}, "calls"),
        ({"flags": {"tall": "is_tall"}}, "flags.tall"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, object], field: str) -> None:
    """What a profile says wrongly is refused when it is opened, by its name."""
    with pytest.raises(Invalid) as raised:
        open_url("zammad+https://desk.example/", options=options)
    assert raised.value.field == field


@given(options=st.dictionaries(st.sampled_from(sorted(OPTIONS)), values, max_size=4))
@settings(deadline=None)
def test_no_options_raise_anything_else(options: dict[str, Any]) -> None:
    """Any table is taken or refused as Invalid."""
    with suppress(Invalid):
        assert options_from(options, URL).operator.key


def test_what_is_omitted_follows_the_profile() -> None:
    """The fewer attributes a profile names, the more fields are told to have no place."""
    bare, full = open_url("zammad+https://desk.example/"), open_url("zammad+https://desk.example/", options=OPTIONS)
    assert {"number", "tone", "kind"} <= bare.omits[Customer] - full.omits[Customer]
    assert {"kind", "holder", "resolution"} <= bare.omits[Ticket] - full.omits[Ticket]


@pytest.mark.parametrize(
    "url", ["zammad+http://desk.example/", "zammad+https://a:b@desk.example/", "zammad:", "zammad"]
)
def test_a_wrong_address_is_refused_without_showing_it(url: str) -> None:
    """Plain http to another computer and passwords in the address are refused."""
    with pytest.raises(Invalid) as raised:
        open_url(url)
    assert raised.value.field == "url"
    assert "a:b" not in str(raised.value)


def test_every_option_is_described() -> None:
    """What a profile can say is in the documentation, each by its name."""
    text = (Path(__file__).parents[2] / "docs" / "remote.md").read_text(encoding="utf-8").partition("## Zammad")[2]
    names = [each.name for each in fields(Options)] + [*CUSTOMER_FIELDS, *TICKET_FIELDS]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_opening_loads_nothing_heavy() -> None:
    """The dialect can be named by a profile without loading the network library or the telephone tables."""
    code = "import sys, backends.rest.zammad as z; z.open_url('zammad+https://x.example/'); print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"httpx", "phonenumbers", "sqlmodel", "pydantic", "textual", "stamina"}
