"""What a profile says about an RT: wrong options are refused by name, right ones lead both ways."""

from __future__ import annotations

from typing import Any

import pytest

from backends.errors import Invalid
from backends.records import Priority, TicketKind, TicketState
from backends.rest.rt import open_url
from backends.rest.rt.options import Options, options_from


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"quueues": {}}, "options.quueues"),
        ({"queues": {"Faults": "broken"}}, "options.queues"),
        ({"queues": {}}, "options.queues"),
        ({"queues": "Faults"}, "options.queues"),
        ({"states": {"open": "opened"}}, "options.states"),
        ({"priorities": {"normal": 50, "high": 50}}, "options.priorities"),
        ({"priorities": {"normal": True}}, "options.priorities"),
        ({"priorities": {"soon": 5}}, "options.priorities"),
        ({"number_field": 7}, "options.number_field"),
        ({"number_field": "A} OR {B"}, "options.number_field"),
        ({"send": "email"}, "options.send"),
        ({"operator": "breza"}, "options.operator"),
        ({"operator": {"town": "Lublin"}}, "options.operator.town"),
        ({"details": {"service_id": 4}}, "options.details"),
        ({"other_kind": "lost"}, "options.other_kind"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], field: str) -> None:
    """A slip in the profile is told before anything is asked, and never reads as an empty list."""
    with pytest.raises(Invalid) as raised:
        open_url("rt+https://rt.example/", name="hotline", options=options)
    assert (raised.value.field, raised.value.source) == (field, "hotline")


def test_every_state_has_a_status() -> None:
    """Each state is written as a status that is there, also when no status stands for it alone."""
    options = options_from({})
    for state in TicketState:
        assert options.status_of(state) in options.states
    assert options.state_of(options.status_of(TicketState.WAITING_CUSTOMER)) is TicketState.WAITING_CUSTOMER
    assert options.state_of("parked") is TicketState.IN_PROGRESS


def test_without_a_status_for_closed_nothing_is_closed() -> None:
    """A state that nothing comes near cannot be written."""
    with pytest.raises(Invalid):
        options_from({"states": {"open": "open"}}).status_of(TicketState.CLOSED)


def test_priorities_are_bands() -> None:
    """A number belongs to the highest priority that it reaches, and each priority is written so as to be read back."""
    options = options_from({"priorities": {"low": 10, "normal": 30, "high": 60, "urgent": 90}})
    assert [options.priority_of(number) for number in (0, 10, 29, 30, 59, 60, 89, 90, 5_000)] == [
        Priority.LOW, Priority.LOW, Priority.LOW, Priority.NORMAL, Priority.NORMAL, Priority.HIGH, Priority.HIGH,
        Priority.URGENT, Priority.URGENT,
    ]  # fmt: skip
    assert all(options.priority_of(options.priorities[priority]) is priority for priority in Priority)


def test_queues_lead_both_ways() -> None:
    """A kind goes to the first queue that is for it; a queue that nobody mapped holds the other kind."""
    options = options_from({"queues": {"Lines": "fault", "Old lines": "fault", "Bills": "billing"},
                            "other_kind": "change"})  # fmt: skip
    assert options.queue_of(TicketKind.FAULT) == "Lines"
    assert options.queue_of(TicketKind.SALES) == "Lines"
    assert [options.kind_of(queue) for queue in ("Old lines", "Bills", "Elsewhere")] == [
        TicketKind.FAULT, TicketKind.BILLING, TicketKind.CHANGE,
    ]  # fmt: skip


def test_without_options_there_is_one_operator() -> None:
    """A profile may say nothing at all."""
    options: Options = options_from(None, name="hotline")
    assert (options.operator.key, options.operator.name) == ("operator:rt", "hotline")
