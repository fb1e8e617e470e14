"""Acts on contacts: logging, replying, settling; each stores what it says, and undo restores what was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.clean import strip_controls
from backends.records import CHANNELS, AnswerState, Channel, Contact, Direction, Ticket
from console.desk.acts import contacts
from console.desk.acts.scene import Unfit
from tests.acts_stage import BODY, NOW, at_counter

HOSTILE = "Hi \x1b[2J\x1b]0;pwned\x07 [bold]\u202egpj.exe\x00\x05 {ticket} %s"


async def test_a_call_is_logged_with_its_notes() -> None:
    """Notes while talking become an inbound call of now, by this agent, with subject, length and wrap-up."""
    async with at_counter() as desk:
        ticket = await desk.ticket()
        values = {"note": "Router red\nrestarted", "outcome": "information", "ticket": ticket.key, "seconds": "95"}
        await desk.do(contacts.log_contact(await desk.scene(), values))
        one = await desk.only(Contact)
        assert (one.channel, one.direction, one.at, one.agent) == (Channel.CALL, Direction.INBOUND, NOW, "Ola Desk")
        assert (one.subject, one.body, one.outcome) == ("Router red", "Router red\nrestarted", "information")
        assert (one.seconds, one.ticket_key, one.answer) == (95, ticket.key, AnswerState.NOT_NEEDED)
        assert one.sender == "+48618520000"
        assert one.reference


@pytest.mark.parametrize("channel", CHANNELS)
async def test_r14_every_channel_can_be_logged_both_ways(channel: str) -> None:
    """R14: a channel is data; what comes in writing is a debt (R10), a note of our own is internal."""
    async with at_counter() as desk:
        for direction in ("in", "out"):
            values = {"note": "x", "channel": channel, "direction": direction}
            await desk.do(contacts.log_contact(await desk.scene(), values))
        came, went = sorted(await desk.all_of(Contact), key=lambda one: (len(one.key), one.key))
        if channel == Channel.NOTE:
            assert {came.direction, went.direction} == {Direction.INTERNAL}
        else:
            assert (came.direction, went.direction) == (Direction.INBOUND, Direction.OUTBOUND)
        written = channel in ("email", "sms", "fax", "letter", "web", "social")
        assert (came.answer is AnswerState.WAITING) == written
        assert went.answer is AnswerState.NOT_NEEDED


async def test_r10_a_message_that_the_wrap_up_calls_settled_is_no_debt() -> None:
    """R10: a letter read out and settled in the same breath is stored as answered, and when."""
    async with at_counter() as desk:
        values = {"note": "moved house", "channel": "letter", "outcome": "solved"}
        await desk.do(contacts.log_contact(await desk.scene(), values))
        one = await desk.only(Contact)
        assert (one.answer, one.answered_at) == (AnswerState.ANSWERED, NOW)


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({}, "note", "needed"),
        ({"note": " \n\t\u200b"}, "note", "needed"),
        ({"note": "x", "ticket": "nobody's"}, "ticket", "unknown"),
        ({"note": "x", "direction": "sideways"}, "direction", "unknown"),
    ],
)
async def test_a_contact_that_cannot_be_logged_says_why(values: dict[str, str], field: str, code: str) -> None:
    """Each wrong answer names its question; nothing else than Unfit is raised."""
    async with at_counter() as desk:
        with pytest.raises(Unfit) as refused:
            contacts.log_contact(await desk.scene(), values)
        assert (refused.value.field, refused.value.code) == (field, code)


@pytest.mark.parametrize(
    ("typed", "seconds"), [("²", 0), ("-5", 0), ("", 0), ("9" * 5000, 0), ("86400", 86400), ("86401", 0), ("٣", 3)]
)
async def test_a_length_that_cannot_be_is_left_out(typed: str, seconds: int) -> None:
    """A form left open over a weekend was no call of two days."""
    async with at_counter() as desk:
        batch = contacts.log_contact(await desk.scene(), {"note": "x", "seconds": typed})
        stored = batch.items[0].record
        assert isinstance(stored, Contact)
        assert stored.seconds == seconds


async def test_hostile_text_is_cleaned_wherever_it_is_typed() -> None:
    """No control or bidi character of any answer reaches the store; markup stays the text that it is."""
    async with at_counter() as desk:
        everywhere = dict.fromkeys(("note", "subject", "outcome", "channel"), HOSTILE)
        await desk.do(contacts.log_contact(await desk.scene(), everywhere))
        sent = {"body": HOSTILE, "to": HOSTILE, "subject": HOSTILE, "channel": "email"}
        await desk.do(contacts.reply(await desk.scene(), sent))
        for one in await desk.all_of(Contact):
            for text in (one.subject, one.outcome, one.channel, one.recipient, *one.body.split("\n")):
                assert strip_controls(text) == text
            assert "[bold]" in one.body


async def test_r10_a_reply_settles_what_it_answers_and_joins_its_thread() -> None:
    """R10, R11: the mail is answered by the reply, both hang on one thread, the ticket is taken in charge (R42)."""
    async with at_counter() as desk:
        mail, ticket = await desk.mail(), await desk.ticket()
        values = {
            "channel": "email",
            "to": "ewa@example.org",
            "subject": "Re: x",
            "body": "Soon.",
            "ticket": ticket.key,
        }
        await desk.do(contacts.reply(await desk.scene(), values, mail))
        answered, sent = await desk.all_of(Contact)
        assert (answered.answer, answered.answered_at, answered.answered_by) == (AnswerState.ANSWERED, NOW, sent.key)
        assert answered.thread == sent.thread != ""
        assert (sent.direction, sent.recipient, sent.body) == (Direction.OUTBOUND, "ewa@example.org", "Soon.")
        assert (await desk.only(Ticket)).taken_in_charge_at == NOW
        again = contacts.reply(await desk.scene(), values | {"body": "Now."}, await desk.backend.contact(answered.key))
        assert not any(isinstance(item.record, Ticket) for item in again.items)
        await desk.do(again)
        assert {one.thread for one in await desk.all_of(Contact)} == {sent.thread}
        assert (await desk.backend.contact(answered.key)).answered_by == sent.key


async def test_a_reply_goes_where_it_can_arrive() -> None:
    """Without an address typed, the customer's own is used; a channel that needs one and has none is refused."""
    async with at_counter() as desk:
        scene = await desk.scene()
        assert contacts.point_for(scene.file.customer, "sms") == scene.file.customer.points[1]
        batch = contacts.reply(scene, {"channel": "sms", "body": "x"})
        sent = batch.items[0].record
        assert isinstance(sent, Contact)
        assert sent.recipient == "+48618520000"
        bare = replace(scene, file=replace(scene.file, customer=replace(scene.file.customer, points=())))
        for channel in ("email", "sms", "fax"):
            with pytest.raises(Unfit) as refused:
                contacts.reply(bare, {"channel": channel, "body": "x"})
            assert (refused.value.field, refused.value.code) == ("to", "needed")
        assert contacts.reply(bare, {"channel": "letter", "body": "x"}).items
        with pytest.raises(Unfit, match="body: needed"):
            contacts.reply(scene, {"channel": "email"})


async def test_r10_settling_by_hand_and_waiving_with_a_reason() -> None:
    """R10: answered another way, or needing no answer and why; what waits for nothing cannot be settled."""
    async with at_counter() as desk:
        mail, other = await desk.mail(), await desk.mail(at=NOW - timedelta(hours=2))
        await desk.do(contacts.mark_answered(await desk.scene(), mail))
        with pytest.raises(Unfit, match="reason: needed"):
            contacts.waive_answer(await desk.scene(), other, {"reason": "  "})
        await desk.do(contacts.waive_answer(await desk.scene(), other, {"reason": "newsletter"}))
        first, second = await desk.all_of(Contact)
        assert (first.answer, first.answered_at) == (AnswerState.ANSWERED, NOW)
        assert (second.answer, second.waived_reason) == (AnswerState.WAIVED, "newsletter")
        for settled in (first, second):
            with pytest.raises(Unfit, match="contact: not_waiting"):
                contacts.mark_answered(await desk.scene(), settled)
            with pytest.raises(Unfit, match="contact: not_waiting"):
                contacts.waive_answer(await desk.scene(), settled, {"reason": "x"})


@pytest.mark.parametrize("on_file", [False, True])
async def test_what_is_settled_from_the_history_keeps_its_whole_text(on_file: bool, tmp_path: Path) -> None:
    """The history holds the beginning of a mail only; answering from there must not cut what is stored."""
    async with at_counter(tmp_path if on_file else None) as desk:
        await desk.mail()
        shown = await desk.only(Contact)
        assert not shown.whole
        await desk.do(contacts.reply(await desk.scene(), {"channel": "email", "body": "Soon."}, shown))
        stored = await desk.backend.contact(shown.key)
        assert (stored.body, stored.whole, stored.answer) == (BODY, True, AnswerState.ANSWERED)


@pytest.mark.parametrize("on_file", [False, True])
async def test_undo_restores_the_very_same_content(on_file: bool, tmp_path: Path) -> None:
    """Whatever was logged, sent or settled is taken back without a trace in the records."""
    async with at_counter(tmp_path if on_file else None) as desk:
        mail, ticket = await desk.mail(), await desk.ticket()
        before = await desk.content()
        values = {"channel": "email", "body": "Soon.", "ticket": ticket.key}
        for batch in (
            contacts.log_contact(await desk.scene(), {"note": "x"}),
            contacts.reply(await desk.scene(), values, mail),
        ):
            deed = await desk.do(batch)
            assert await desk.content() != before
            assert desk.desk.last_deed() is deed
            await desk.desk.undo(deed)
            assert await desk.content() == before
        assert desk.desk.last_deed() is None
        mail = await desk.backend.contact(mail.key)
        await desk.desk.undo(await desk.do(contacts.waive_answer(await desk.scene(), mail, {"reason": "x"})))
        assert await desk.content() == before


@given(note=st.text(min_size=1, max_size=300))
def test_a_subject_is_the_first_line_cut_at_a_word(note: str) -> None:
    """At most eighty characters and an ellipsis, never a line break."""
    found = contacts.subject_from(note)
    assert len(found) <= contacts.SUBJECT + 1
    assert "\n" not in found
    assert note.split("\n", 1)[0].strip().startswith(found.removesuffix("…"))
