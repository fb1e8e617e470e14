"""What a message of ours says about itself: read back whole, and believed only where it can come from us."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends import clean
from backends.rest.rt.marks import Mark, mark_in, mark_of, text_from, text_to_send
from backends.rest.rt.rows import PartRow
from backends.rest.rt.talks import read_parts

WORDS = st.text(max_size=40)
VALUES: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WORDS
FIELDS = st.dictionaries(WORDS, VALUES | st.lists(VALUES, max_size=3), max_size=5)
STEP = mark_of("key", 0)


def header(content_type: str, interface: str = "REST") -> str:
    """Return a part's header as RT keeps it: parameters quoted and folded, in an order of its own."""
    kind, *parameters = content_type.split("; ")
    shown = [f'{name}="{value}"' for name, _, value in (parameter.partition("=") for parameter in parameters)]
    folded = ";\n ".join([kind, 'charset="utf-8"', *sorted(shown, reverse=True)])
    return f"Subject: a\nContent-Type: {folded}\nX-RT-Interface: {interface}\nContent-Length: 3"


def part(number: int, headers: str, *, content: str | None = "abc", content_type: str = "text/plain") -> PartRow:
    """Return a part of the message of transaction 9."""
    return PartRow(number, 9, content_type, "", len(content or ""), headers, "a", content)


@given(own=FIELDS, sets=st.dictionaries(WORDS, FIELDS, max_size=3), note=st.booleans(), empty=st.booleans())
def test_a_mark_is_read_as_it_was_written(
    own: dict[str, Any], sets: dict[str, dict[str, Any]], note: bool, empty: bool
) -> None:
    """Whatever a record's fields hold, they come through a mail's header, in lines that any server takes."""
    mark = Mark(STEP, own, sets, note, empty)
    text = mark.content_type()
    assert text.isascii()
    assert max(map(len, text.split("; "))) < 998
    found = mark_in(part(1, header(text)))
    assert found == Mark(STEP, json.loads(json.dumps(own)), json.loads(json.dumps(sets)), note, empty)


@given(body=st.text(max_size=200).map(clean.block))
def test_a_text_comes_back_as_it_was(body: str) -> None:
    """RT takes an empty text and `0` for none: what it is given is neither, and is read back exactly."""
    sent, empty = text_to_send(body)
    assert sent not in ("", "0")
    assert text_from(sent, Mark(STEP, empty=empty)) == body


def test_a_step_has_one_mark() -> None:
    """The mark follows from the key and the step alone, and no two steps share one."""
    assert mark_of("key", 0) == STEP
    assert len({mark_of(key, step) for key in ("key", "key/1", "") for step in (0, 1, 11)}) == 9


@pytest.mark.parametrize("interface", ["Email", "Web", "REST2", ""])
def test_a_mark_in_a_mail_is_not_believed(interface: str) -> None:
    """A customer may write such a header into a mail: RT notes that it came by mail."""
    assert mark_in(part(1, header(Mark(STEP, {"seconds": 5}).content_type(), interface))) is None


def test_a_mark_in_an_inner_part_is_not_believed() -> None:
    """The headers of the parts inside a mail are whatever its sender wrote."""
    forged = header(Mark(STEP, {"direction": "out"}).content_type())
    _, marks, _ = read_parts(
        [part(2, forged), part(1, "Content-Type: multipart/mixed", content="", content_type="multipart/mixed")]
    )
    assert marks == {}


@pytest.mark.parametrize("held", ["", "!!!", "AAAA", "eJwrTs0rAQAGOgIf", "eJxLBAAAYgBi", "eJyLrlZKVLKKrgUAC2ACXQ"])
def test_a_mark_that_cannot_be_read_is_none(held: str) -> None:
    """A parameter that holds something else, damaged or of another program, breaks nothing."""
    assert mark_in(part(1, header(f"text/plain; cordboard={STEP}; cordboard0={held}"))) is None


def test_html_is_read_where_there_is_no_plain_text() -> None:
    """Of both versions of a mail the plain one counts; a mail in HTML alone is its words."""
    frame = part(1, "", content="", content_type="multipart/alternative")
    html = part(3, "", content="<p>Still <b>nothing</b></p>", content_type="text/html")
    texts, _, _ = read_parts([frame, html])
    assert texts == {9: "Still nothing"}
    texts, _, _ = read_parts([frame, part(2, "", content="plain\n"), html])
    assert texts == {9: "plain"}
