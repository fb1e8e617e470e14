"""Acts on outages: from a suspicion to the end, and every step that must be refused (R26)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from backends.clean import strip_controls
from backends.records import Outage, OutageState
from console.desk.acts import outages
from console.desk.acts.scene import Unfit
from tests.acts_stage import AGENT, NOW, Counter, at_counter

WARSAW = ZoneInfo("Europe/Warsaw")
VALUES = {"title": "No sync", "elements": "lub-3, lub-4"}


async def raised(desk: Counter, confirmed: bool = False, /, **values: str) -> Outage:
    """Raise an outage and return it as stored."""
    batch = outages.raise_outage({**VALUES, **values}, agent=AGENT, now=NOW, zone=WARSAW, confirmed=confirmed)
    await desk.desk.do(batch, "raise")
    return (await desk.backend.outages())[0]


async def updated(desk: Counter, outage: Outage, state: OutageState | None, **values: str) -> Outage:
    """Store news about an outage and return it as it is then."""
    batch = outages.update_outage(outage, values, agent=AGENT, now=NOW, zone=WARSAW, state=state)
    await desk.desk.do(batch, "update")
    return (await desk.backend.outages())[0]


async def test_r26_a_suspicion_is_an_outage_at_once() -> None:
    """R26: a title and a place are enough; lists are read with commas, each name once."""
    async with at_counter() as desk:
        one = await raised(
            desk, postcodes="61-001; 61-010..61-020,,61-001", towns="Poznań", services="internet", expected_end="in 2h"
        )
        assert (one.state, one.started_at, one.confirmed_at, one.source) == (
            OutageState.SUSPECTED,
            NOW,
            None,
            "Ola Desk",
        )
        assert one.coverage.elements == ("lub-3", "lub-4")
        assert one.coverage.postcodes == ("61-001", "61-010..61-020")
        assert one.expected_end == NOW + timedelta(hours=2)
        assert one.reference
        sure = await raised(desk, True)
        assert (sure.state, sure.confirmed_at) == (OutageState.CONFIRMED, NOW)


async def test_r26_long_lists_and_long_words_to_say_are_kept_whole() -> None:
    """R26: the hundredth postcode is as much hit as the first; what to say is not cut in the middle."""
    codes = [f"61-{number:03}" for number in range(400)]
    say = "We know of it and work on it. " * 30
    async with at_counter() as desk:
        one = await raised(desk, postcodes=", ".join(codes), say=say)
        assert one.coverage.postcodes == tuple(codes)
        assert one.say == say.strip()


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"title": ""}, "title", "needed"),
        ({"elements": " , ;"}, "elements", "place_needed"),
        ({"expected_end": "soonish"}, "expected_end", "moment"),
        ({"expected_end": "yesterday"}, "expected_end", "moment_past"),
    ],
)
async def test_an_outage_that_cannot_be_raised_says_why(values: dict[str, str], field: str, code: str) -> None:
    """Each wrong answer names its question."""
    with pytest.raises(Unfit) as refused:
        outages.raise_outage({**VALUES, **values}, agent=AGENT, now=NOW, zone=WARSAW)
    assert (refused.value.field, refused.value.code) == (field, code)


async def test_the_life_of_an_outage() -> None:
    """Suspected, confirmed with a new end, news, restored: each keeps what was known and says who and when."""
    async with at_counter() as desk:
        one = await updated(desk, await raised(desk), OutageState.CONFIRMED, expected_end="in 3h", say="Cable cut.")
        assert (one.state, one.confirmed_at, one.ended_at) == (OutageState.CONFIRMED, NOW, None)
        one = await updated(desk, one, None, text="Crew is there")
        assert (one.expected_end, one.say) == (NOW + timedelta(hours=3), "Cable cut.")
        one = await updated(desk, one, OutageState.RESTORED)
        assert (one.state, one.ended_at) == (OutageState.RESTORED, NOW)
        assert [(news.state, news.text, news.by) for news in one.updates] == [
            (OutageState.CONFIRMED, "", "Ola Desk"),
            (None, "Crew is there", "Ola Desk"),
            (OutageState.RESTORED, "", "Ola Desk"),
        ]


@pytest.mark.parametrize("state", list(OutageState))
@pytest.mark.parametrize("then", list(OutageState))
async def test_only_the_steps_of_an_outages_life_are_taken(state: OutageState, then: OutageState) -> None:
    """Nothing goes back, a confirmed outage is not dismissed, and what is over takes no news at all."""
    allowed = {
        ("suspected", "confirmed"), ("suspected", "restored"), ("suspected", "dismissed"), ("confirmed", "restored"),
    }  # fmt: skip
    async with at_counter() as desk:
        one = await raised(desk, state is OutageState.CONFIRMED)
        if state in (OutageState.RESTORED, OutageState.DISMISSED):
            one = await updated(desk, one, state, text="over")
        assert outages.may_become(one, then) == ((state, then) in allowed)
        if (state, then) in allowed:
            assert (await updated(desk, one, then, text="x")).state is then
            return
        over = state in (OutageState.RESTORED, OutageState.DISMISSED)
        with pytest.raises(Unfit) as refused:
            await updated(desk, one, then, text="x")
        assert (refused.value.field, refused.value.code) == (("outage", "over") if over else ("state", "cannot_follow"))


async def test_news_need_a_text_and_a_dismissal_needs_a_reason() -> None:
    """A confirmation or the end speak for themselves; mere news and a dismissal do not."""
    async with at_counter() as desk:
        one = await raised(desk)
        for state in (None, OutageState.DISMISSED):
            with pytest.raises(Unfit, match="text: needed"):
                outages.update_outage(one, {"text": " "}, agent=AGENT, now=NOW, zone=WARSAW, state=state)


async def test_hostile_text_is_cleaned() -> None:
    """No control or bidi character reaches a banner."""
    bad = "a\x1b[31mb\x07\u202ec, [bold]"
    async with at_counter() as desk:
        fields = ("title", "elements", "towns", "services", "supplier", "supplier_reference", "say", "cause")
        one = await updated(desk, await raised(desk, **dict.fromkeys(fields, bad)), None, text=bad)
        coverage = one.coverage
        texts = [one.title, one.supplier, one.say, one.cause, one.updates[0].text]
        for text in (*texts, *coverage.elements, *coverage.towns, *coverage.services):
            assert strip_controls(text) == text


@pytest.mark.parametrize("on_file", [False, True])
async def test_raising_and_news_can_be_taken_back(on_file: bool, tmp_path: Path) -> None:
    """Undo removes what was raised by mistake, and takes a confirmation back to the suspicion."""
    async with at_counter(tmp_path if on_file else None) as desk:
        nothing = await desk.content()
        one = await raised(desk)
        raising = desk.desk.deeds[-1]
        before = await desk.content()
        await updated(desk, one, OutageState.CONFIRMED, expected_end="in 3h")
        await desk.desk.undo(desk.desk.deeds[-1])
        assert await desk.content() == before
        assert desk.desk.last_deed() is raising
        await desk.desk.undo(raising)
        assert await desk.content() == nothing
