"""What a broken or hostile server sends costs little and is never taken for data."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.errors import Unavailable
from backends.rest.answers import DEPTH_LIMIT, Answer, Body, Unreadable, json_from
from backends.rest.remembering import Memory
from tests.rest.http_stage import on_server
from tests.servers.plain import Request, reply

MEGABYTE = 1_000_000


def _read(encoding: str, sent: bytes, limit: int = MEGABYTE, piece: int = 1000) -> bytes:
    body = Body(limit, encoding)
    for start in range(0, len(sent), piece):
        body.add(sent[start : start + piece])
    return body.whole()


def _raw_deflate(content: bytes) -> bytes:
    squeezer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return squeezer.compress(content) + squeezer.flush()


@given(content=st.binary(max_size=5000), piece=st.integers(1, 700))
def test_every_compression_gives_the_body_back(content: bytes, piece: int) -> None:
    """gzip, zlib and bare deflate, cut anywhere, are read as what they were."""
    sent = {"": content, "GZIP": gzip.compress(content), "identity": content}
    sent["x-gzip"] = sent["GZIP"]
    for encoding, written in sent.items():
        assert _read(encoding, written, piece=piece) == content
    assert _read("deflate", zlib.compress(content), piece=piece) == content
    assert _read("deflate", _raw_deflate(content)) == content


def test_a_body_of_exactly_the_limit_passes_and_one_byte_more_does_not() -> None:
    """The limit counts decompressed bytes, to the byte."""
    for encoding, pack in (("", bytes), ("gzip", gzip.compress), ("deflate", zlib.compress)):
        assert len(_read(encoding, pack(b"a" * 5000), 5000)) == 5000
        with pytest.raises(Unreadable, match="longer than 5000"):
            _read(encoding, pack(b"a" * 5001), 5000)


def test_a_bomb_is_not_inflated() -> None:
    """50 kB that stand for 50 MB are given up after the limit, without the memory for them."""
    bomb = gzip.compress(b"\0" * 50 * MEGABYTE)
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable, match="longer than"):
            _read("gzip", bomb, MEGABYTE, 65_536)
        assert tracemalloc.get_traced_memory()[1] < 3 * MEGABYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("encoding", "sent"),
    [
        ("gzip", gzip.compress(b"a" * 9000)[:-9]),
        ("gzip", b"no gzip at all"),
        ("deflate", b"\xff\xff\xff\xff"),
        ("br", b"anything"),
        ("gzip, gzip", gzip.compress(b"")),
    ],
    ids=["cut gzip", "no gzip", "no deflate", "unasked", "twice"],  # a gzip header holds the hour of its making
)
def test_damaged_or_foreign_compression_is_unreadable(encoding: str, sent: bytes) -> None:
    """A cut stream, one that is none, and one that we did not ask for are no bodies."""
    with pytest.raises(Unreadable):
        _read(encoding, sent)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_is_read_as_what_was_written(value: object) -> None:
    """Whatever JSON can say comes back, with and without a byte order mark."""
    written = json.dumps(value).encode()
    assert json_from(written) == json_from(b"\xef\xbb\xbf" + written) == value


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"<html>sign in</html>",
        b"NaN",
        b'{"a": [Infinity]}',
        b"-Infinity",
        b"1e999",
        b'{"a": 1e400}',
        b"9" * 5000,
        b'"\xff"',
        b"[" * 100_000,
        b"[" * 65 + b"]" * 65,
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b"[1] [2]",
    ],
)
def test_what_is_no_sound_json_is_unreadable(written: bytes) -> None:
    """Nothing, pages, numbers that are none, broken text and bottomless nesting are told, never guessed."""
    with pytest.raises(Unreadable):
        json_from(written)


def test_json_may_be_as_deep_as_the_limit_and_repeat_a_name() -> None:
    """The limit itself is allowed, and of a repeated name the last one counts."""
    assert json_from(b"[" * DEPTH_LIMIT + b"]" * DEPTH_LIMIT)
    assert json_from(b'{"a": 1, "a": 2}') == {"a": 2}


def test_an_answer_is_text_in_its_charset() -> None:
    """The usual charsets are read; an odd one is taken as UTF-8, and nothing raises."""
    for kind, content, text in (
        ("text/html; charset=ISO-8859-1", b"caf\xe9 \x80", "café €"),
        ('text/html; Charset="utf-8"', "żółć".encode(), "żółć"),
        ("text/html; charset=unicode_escape", b"\\u0041", "\\u0041"),
        ("", b"\xff", "\ufffd"),
    ):
        assert Answer(200, {"content-type": kind}, content).text == text


async def test_a_body_above_the_limit_is_given_up_while_it_comes() -> None:
    """Plain or compressed, the answer is refused at the limit, once; the next request works."""
    sent = {
        "/api/plain": reply(200, b"a" * 200_000),
        "/api/zip": reply(200, gzip.compress(b"a" * 200_000), {"Content-Encoding": "gzip"}),
        "/api/small": reply(200, gzip.compress(b'{"a":1}'), {"Content-Encoding": "gzip"}),
        "/api/empty": reply(204, None, {"Content-Encoding": "gzip"}),
    }

    async with on_server(lambda request: sent[request.path], body_limit=100_000) as (http, server):
        for path in ("plain", "zip"):
            with pytest.raises(Unavailable, match="longer than 100000"):
                await http.get(path)
        assert len(server.requests) == 2
        assert server.requests[0].headers["accept-encoding"] == "gzip, deflate"
        assert (await http.get("small")).object() == {"a": 1}
        assert (await http.get("empty")).status == 204
        with pytest.raises(Unavailable, match="no list"):
            (await http.get("small")).array()


def test_the_memory_of_answers_is_bounded() -> None:
    """The oldest go first, by number and by size; what a server forbids to store is not stored."""
    memory = Memory(most=3, limit=100)

    def answer(size: int, **headers: str) -> Answer:
        return Answer(200, {"etag": '"1"', **headers}, b"a" * size)

    for number in range(4):
        memory.keep((0, str(number), ""), answer(10))
    assert [memory.get((0, str(number), "")) is not None for number in range(4)] == [False, True, True, True]
    memory.keep((0, "big", ""), answer(85))
    assert memory.get((0, "big", "")) is not None
    assert memory.get((0, "2", "")) is None
    memory.keep((0, "huge", ""), answer(101))
    memory.keep((0, "no", ""), Answer(200, {"etag": '"1"', "cache-control": "private, no-store"}, b""))
    memory.keep((0, "none", ""), Answer(200, {}, b""))
    assert [memory.get((0, name, "")) for name in ("huge", "no", "none")] == [None, None, None]
    memory.clear()
    assert memory.get((0, "big", "")) is None


async def test_another_sign_in_does_not_see_what_was_remembered() -> None:
    """What one agent was shown is not the answer for the next one's credentials."""
    texts = iter(['{"kind":"token","token":"first-one"}', '{"kind":"token","token":"second-one"}'])
    valid = ["Bearer first-one"]

    def handler(request: Request) -> bytes:
        if request.headers["authorization"] != valid[0]:
            return reply(401)
        return reply(200, [valid[0]], {"ETag": '"1"'})

    async with on_server(handler, lambda: next(texts)) as (http, server):
        await http.get("x", remembered=True)
        valid[0] = "Bearer second-one"
        await http.get("y")
        assert (await http.get("x", remembered=True)).json() == ["Bearer second-one"]
        assert "if-none-match" not in server.requests[-1].headers
