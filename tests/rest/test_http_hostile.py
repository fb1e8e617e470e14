"""A hostile server's answer neither fills the memory nor stops the screen."""

from __future__ import annotations

import json
import threading
import tracemalloc

import pytest

from backends.errors import Unavailable
from backends.rest import answers
from backends.rest.answers import LARGE, MOST_ELEMENTS, Answer, Unreadable, json_from, most_elements
from tests.rest.http_stage import on_server
from tests.servers.plain import reply


@pytest.mark.parametrize("piece", [b"[]", b"{}", b"1", b'{"":[]}'])
def test_json_of_nothing_but_signs_is_refused_before_it_is_read(piece: bytes) -> None:
    """Elements that cost twenty times their length are counted, not made: no memory beside the body's is taken."""
    body = b"[" + b",".join([piece] * (MOST_ELEMENTS + 1)) + b"]"
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable, match="more than 2097152 elements"):
            json_from(body)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_how_many_elements_are_allowed_follows_from_the_length_that_is() -> None:
    """The default is that of the default length, a short limit allows some, and a source's own limit holds."""
    assert most_elements(32 * 1024 * 1024) == MOST_ELEMENTS
    assert most_elements(1) == 65_536
    body = json.dumps([1] * 70_000).encode()
    assert len(Answer(200, {}, body).array()) == 70_000
    with pytest.raises(Unavailable, match="more than 65536 elements"):
        Answer(200, {}, body, body_limit=500_000).json()


async def test_a_large_answer_is_read_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON above a megabyte is read beside the event loop, fresh or remembered; small JSON where it is asked for."""
    read_by: list[bool] = []
    inner = json_from

    def watched(body: bytes, most: int = MOST_ELEMENTS) -> object:
        read_by.append(threading.current_thread() is threading.main_thread())
        return inner(body, most)

    monkeypatch.setattr(answers, "json_from", watched)
    rows = [{"text": "a" * 1000, "number": 0.5}] * (LARGE // 1000)
    sent = {"/api/large": reply(200, rows, {"ETag": '"1"'}), "/api/small": reply(200, rows[:1])}
    async with on_server(lambda request: sent[request.path]) as (http, _server):
        assert (await http.get("large", remembered=True)).json() == rows
        assert (await http.get("small")).json() == rows[:1]
        assert read_by == [False, True]
        sent["/api/large"] = reply(304, None, {"ETag": '"1"'})
        again = await http.get("large", remembered=True)
        first = again.json()
        assert (again.fresh, first) == (False, rows)
        assert read_by == [False, True, False]
        first.clear()
        assert again.json() == rows, "who changed a value has changed it for others"


async def test_a_large_answer_that_is_no_json_says_so_when_it_is_read() -> None:
    """Reading ahead raises nothing; who asks for the value is told, and its text is still there."""
    body = b"[" + b"[],[]," * 100_000 + b" " * LARGE + b"x"
    async with on_server(lambda _: reply(200, body)) as (http, _server):
        answer = await http.get("x")
        assert answer.text.endswith("x")
        with pytest.raises(Unavailable, match="not JSON"):
            answer.json()


def test_the_kind_that_a_server_names_is_cleaned() -> None:
    """A content type with an escape sequence reaches no terminal."""
    with pytest.raises(Unavailable) as caught:
        Answer(200, {"content-type": "text/\x1b[2Jhtml"}, b"<html>").json()
    assert "\x1b" not in caught.value.detail
