"""Webhooks of telephone exchanges: the documented shapes are understood, everything else is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.records import Direction
from console.calls.call import CallState, Heard
from console.calls.webhook import Dialect, Unreadable, answer, read

FORM = "application/x-www-form-urlencoded"
INBOUND = {
    "event": "newCall",
    "from": "493023125741",
    "to": "492214710334",
    "direction": "in",
    "callId": "307fa962-de8d-4ffc-817b-7f6993204159",
    "user": ["Christopher Miller", "Emma Taylor"],
}


def as_json(fields: object) -> Heard:
    """Return what is read from fields sent as JSON."""
    return read("application/json; charset=utf-8", json.dumps(fields).encode())


def as_multipart(fields: list[tuple[str, str]]) -> tuple[str, bytes]:
    """Return content type and body as `curl --form` sends fields."""
    parts = "".join(
        f'--xYz\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
    )
    return "multipart/form-data; boundary=xYz", (parts + "--xYz--\r\n").encode()


def test_a_new_call_in_json() -> None:
    """The shape of the generic CTI webhook."""
    heard = as_json(INBOUND)
    assert heard.state is CallState.RINGING
    assert (heard.number, heard.dialled, heard.whole) == ("493023125741", "492214710334", True)
    assert heard.users == ("Christopher Miller", "Emma Taylor")
    assert heard.direction is Direction.INBOUND


def test_the_same_call_as_a_form() -> None:
    """Both kinds of form data say the same as JSON."""
    fields = [(name, value) for name, value in INBOUND.items() if isinstance(value, str)]
    fields += [("user[]", "Christopher Miller"), ("user[]", "Emma Taylor")]
    encoded = (
        "event=newCall&from=493023125741&to=492214710334&direction=in"
        "&callId=307fa962-de8d-4ffc-817b-7f6993204159&user%5B%5D=Christopher+Miller&user%5B%5D=Emma+Taylor"
    )
    assert read(*as_multipart(fields)) == as_json(INBOUND) == read(FORM, encoded.encode())


def test_outbound_calls_turn_the_ends_round() -> None:
    """Whoever is rung is the other end."""
    heard = as_json({**INBOUND, "direction": "out", "user": "Christopher Miller"})
    assert (heard.number, heard.dialled) == ("492214710334", "493023125741")
    assert heard.direction is Direction.OUTBOUND
    assert heard.users == ("Christopher Miller",)


def test_answer_and_hang_up() -> None:
    """Who took it, and why it ended."""
    answered = as_json({**INBOUND, "event": "answer", "user": "Emma Taylor", "answeringNumber": "emma@example.com"})
    assert (answered.state, answered.users) == (CallState.ANSWERED, ("emma@example.com", "Emma Taylor"))
    ended = as_json({**INBOUND, "event": "hangup", "cause": "normalClearing"})
    assert (ended.state, ended.cause) == (CallState.ENDED, "normalClearing")


def test_r35_an_exchange_may_tell_the_way_in() -> None:
    """Menu, time waited, transfers and the claimed name; the queue where there is no menu."""
    heard = as_json({**INBOUND, "menu": ["1", "internet"], "waited": 130, "transfers": "1", "name": "Ewa"})
    assert (heard.menu, heard.waited_seconds, heard.transfers, heard.name) == (("1", "internet"), 130, 1, "Ewa")
    assert as_json({**INBOUND, "queue": "faults"}).menu == ("faults",)


def test_relatives_of_the_webhook() -> None:
    """Placetel's names for the same events."""
    heard = read(FORM, b"event=IncomingCall&from=022199998560&to=022129191999&call_id=91f2d2")
    assert (heard.state, heard.id, heard.number) == (CallState.RINGING, "91f2d2", "022199998560")
    assert read(FORM, b"event=HungUp&from=1&to=2&call_id=9&type=missed").cause == "missed"
    assert read(FORM, b"event=OutgoingCall&from=1&to=2&call_id=9").direction is Direction.OUTBOUND


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        ("application/json", b"[]", "shape"),
        ("application/json", b"{", "shape"),
        ("application/json", b"[" * 100_000, "shape"),
        ("application/json", b'{"event":"newCall"}', "call"),
        ("application/json", b'{"event":"reboot","callId":"1"}', "event"),
        ("text/plain", b"event=newCall", "shape"),
        (FORM, b"&".join(b"a=1" for _ in range(1000)), "shape"),
        ("multipart/form-data", b"--x", "shape"),
        ("", b"", "event"),
    ],
)
def test_what_is_no_news_is_refused(content_type: str, body: bytes, code: str) -> None:
    """By what is wrong with it."""
    with pytest.raises(Unreadable) as refused:
        read(content_type, body)
    assert refused.value.code == code


@given(
    st.one_of(
        st.sampled_from(["application/json", FORM, "multipart/form-data; boundary=b", ""]),
        st.text(max_size=60).map(lambda text: "multipart/form-data; boundary=" + text),
    ),
    st.one_of(
        st.binary(max_size=300),
        st.dictionaries(
            st.sampled_from(["event", "from", "to", "callId", "user", "menu", "waited", "name", "direction"]),
            st.one_of(st.text(max_size=20), st.integers(), st.none(), st.lists(st.text(max_size=9), max_size=3)),
        ).map(lambda fields: json.dumps({"event": "newCall", "callId": "1", **fields}).encode()),
        st.lists(st.binary(max_size=20), max_size=6).map(lambda parts: b"--b\r\n" + b"\r\n--b\r\n".join(parts)),
    ),
)
def test_no_bytes_break_the_reading(content_type: str, body: bytes) -> None:
    """They are read into clean news, or refused."""
    try:
        heard = read(content_type, body)
    except Unreadable:
        return
    for text in (heard.id, heard.number, heard.dialled, heard.name, heard.cause, *heard.users, *heard.menu):
        assert "\x1b" not in text
        assert "\n" not in text


def test_r22_a_call_passed_on_keeps_the_number_that_was_dialled() -> None:
    """A night hotline is rung by the operators' own lines; what callers dialled says in whose name to answer."""
    assert as_json({**INBOUND, "diversion": "48800155501"}).dialled == "48800155501"


def test_each_exchange_gets_the_answer_it_expects() -> None:
    """An empty object, or XML that asks for what comes later; what stands in a URL cannot leave its attribute."""
    assert answer(Dialect.GENERIC, "http://x/cti").body == b"{}"
    told = answer(Dialect.SIPGATE, 'http://x/sipgate/"><a')
    assert told.content_type == "application/xml"
    assert b"onAnswer='http://x/sipgate/\"&gt;&lt;a'" in told.body
    assert b"onHangup" in told.body
    assert b"<Response></Response>" in answer(Dialect.PLACETEL, "http://x").body
