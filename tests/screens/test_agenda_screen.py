"""The list of what to do on the screen: filters, opening at the point, done with a key, four states, home."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from backends.errors import Unavailable
from backends.port import Batch, Capability, Page, Pending, Put
from backends.records import (
    AnswerState,
    Dispute,
    DisputeState,
    Handover,
    Holder,
    Promise,
    PromiseKind,
    PromiseState,
    Role,
    new_key,
)
from console.rules.agenda import Item, ItemKind
from console.screens.agenda import WINDOW, AgendaScreen, following
from console.screens.customer import CustomerScreen
from console.screens.form import FormScreen
from tests.desk_stage import NIGHT, Stage, copy_of, on_desk
from widgets.bottom import TextLine
from widgets.form import Form
from widgets.rows import RowList
from widgets.views import Feed


async def until(stage: Stage, true: Callable[[], bool]) -> None:
    """Wait until something is true; fails when it does not become so."""
    for _round in range(300):
        await stage.settle()
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(stage.text())


async def opened(stage: Stage) -> AgendaScreen:
    """Open the list."""
    await stage.press("f4")
    screen = stage.app.screen
    assert isinstance(screen, AgendaScreen)
    return screen


def rows_of(screen: AgendaScreen) -> RowList:
    """Return the list's rows."""
    return screen.query_one(RowList)


def go_to(screen: AgendaScreen, kind: ItemKind) -> Item:
    """Put the cursor on the first thing of a kind and return it."""
    item = next(one for one in screen.to_do.shown() if one.kind is kind)
    assert rows_of(screen).go_to(item.name)
    return item


def kinds(screen: AgendaScreen) -> set[ItemKind]:
    """Return the kinds that are shown."""
    return {one.kind for one in screen.to_do.shown()}


async def test_r17_one_list_most_urgent_first(demo_file: Path, tmp_path: Path) -> None:
    """R10, R17, R24: messages, promises, call-backs, steps, documents and renewals; what is broken stands on top."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await opened(stage)
        found = screen.to_do.shown()
        assert {ItemKind.MESSAGE, ItemKind.PROMISE, ItemKind.CALL_BACK, ItemKind.RENEWAL} <= kinds(screen)
        assert [one.urgency for one in found] == sorted(one.urgency for one in found)
        assert [row.key for row in rows_of(screen).view.rows] == [one.name for one in found]
        assert "notify between" in stage.text()


async def test_r17_home_says_how_much_and_what_first(demo_file: Path, tmp_path: Path) -> None:
    """Home shows the count, how much is late, and the most urgent thing."""
    async with on_desk(demo_file, tmp_path) as stage:
        await until(stage, lambda: bool(stage.app.home.query_one("#todo", TextLine).view))
        words = "".join(span.text for span in stage.app.home.query_one("#todo", TextLine).view)
        first = stage.app.home.to_do.concerning()[0]
        assert first.customer.name in words
        assert "late" in words
        assert "F4" in words


async def test_r12_enter_opens_the_customer_at_the_point(demo_file: Path, tmp_path: Path) -> None:
    """R12: Enter on a message opens its customer with the cursor on that message."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await opened(stage)
        item = go_to(screen, ItemKind.MESSAGE)
        await stage.press("enter")
        customer = stage.app.screen
        assert isinstance(customer, CustomerScreen)
        assert customer.key == item.customer.key
        assert customer.query_one("#history", RowList).cursor_key == f"contact:{item.record.key}"


async def test_the_filters_are_seen_and_remembered_in_the_session(demo_file: Path, tmp_path: Path) -> None:
    """One key each, the state in the rule; back at the list it is as it was, and Backspace shows everything."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await opened(stage)
        everything = len(screen.to_do.shown())
        await stage.press("v")
        (kind,) = kinds(screen)
        await stage.press("l")
        languages = {one.customer.language for one in screen.to_do.shown()}
        assert "Backspace shows all" in stage.text()
        await stage.press("escape")
        screen = await opened(stage)
        assert screen.to_do.only.kinds == {kind}
        assert {one.customer.language for one in screen.to_do.shown()} == languages
        await stage.press("backspace")
        assert len(screen.to_do.shown()) == everything


@pytest.mark.parametrize("key", ["m", "v", "p", "l", "s"])
async def test_each_filter_ends_where_it_began(demo_file: Path, tmp_path: Path, key: str) -> None:
    """Pressing on goes through all there is and comes back to everything; nothing is shown that does not fit."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await opened(stage)
        everything = screen.to_do.shown()
        for _press in range(20):
            await stage.press(key)
            agent = stage.app.desk.agent
            assert all(screen.to_do.only.passes(one, agent) for one in screen.to_do.shown())
            if screen.to_do.shown() == everything:
                break
        else:
            raise AssertionError(key)


def test_a_choice_follows_another_and_the_last_is_followed_by_all() -> None:
    """A filter that is not there any more is followed by the first."""
    one, two = frozenset({"1"}), frozenset({"2"})
    assert following(frozenset(), [one, two]) == one
    assert following(one, [one, two]) == two
    assert following(two, [one, two]) == frozenset()
    assert following(frozenset({"gone"}), [one, two]) == frozenset()


async def test_r37_a_promise_is_kept_with_one_key_and_taken_back_with_another(demo_file: Path, tmp_path: Path) -> None:
    """R37: x settles it without a question, it leaves the list, u brings it back."""
    async with on_desk(copy_of(demo_file, tmp_path / "done"), tmp_path) as stage:
        screen = await opened(stage)
        item = go_to(screen, ItemKind.PROMISE)
        await stage.press("x")
        assert item.name not in [one.name for one in screen.to_do.shown()]
        file = await stage.backend.customer_file(item.customer.key)
        assert next(one for one in file.promises if one.key == item.record.key).state is PromiseState.KEPT
        assert "u takes it back" in stage.status()
        await stage.press("u")
        await until(stage, lambda: item.name in [one.name for one in screen.to_do.shown()])


async def test_r10_a_message_is_marked_as_answered(demo_file: Path, tmp_path: Path) -> None:
    """R10: answered in another way, with one key; the whole text stays as it is."""
    async with on_desk(copy_of(demo_file, tmp_path / "done"), tmp_path) as stage:
        screen = await opened(stage)
        item = go_to(screen, ItemKind.MESSAGE)
        before = await stage.backend.contact(item.record.key)
        await stage.press("x")
        after = await stage.backend.contact(item.record.key)
        assert after.answer is AnswerState.ANSWERED
        assert after.body == before.body


async def test_r24_a_notice_is_begun_with_what_the_law_wants_named(demo_file: Path, tmp_path: Path) -> None:
    """R24: end, price and list price stand in the text; stored, the contract is told of and off the list."""
    async with on_desk(copy_of(demo_file, tmp_path / "done"), tmp_path) as stage:
        screen = await opened(stage)
        item = go_to(screen, ItemKind.RENEWAL)
        assert item.renewal is not None
        contract = item.renewal.contract
        await stage.press("x")
        assert isinstance(stage.app.screen, FormScreen)
        note = stage.app.screen.query_one(Form).values()["note"]
        for amount in (contract.price, contract.list_price):
            assert amount is not None
            assert f"{amount.minor / 100:.2f}" in note
        assert contract.product in note
        await stage.press("f2")
        assert stage.app.base_screen() is screen
        file = await stage.backend.customer_file(item.customer.key)
        told = next(one for one in file.contracts if one.key == contract.key)
        assert told.notice_sent_at == NIGHT
        assert item.name not in [one.name for one in screen.to_do.shown()]


async def test_a_draft_of_a_notice_is_gone_on_with_at_the_customer(demo_file: Path, tmp_path: Path) -> None:
    """What was begun here and left is in the list of drafts, and opens again with its text."""
    async with on_desk(copy_of(demo_file, tmp_path / "done"), tmp_path) as stage:
        screen = await opened(stage)
        go_to(screen, ItemKind.RENEWAL)
        await stage.press("x")
        await stage.type("Dear")
        await stage.press("escape")
        await stage.press("D", "enter")
        await until(stage, lambda: isinstance(stage.app.screen, FormScreen))
        assert "Dear" in stage.app.screen.query_one(Form).values()["note"]


async def test_r5_a_step_asks_what_comes_next_and_may_stay_empty(demo_file: Path, tmp_path: Path) -> None:
    """R5: done with a step, the form asks for the one after it; none is an answer."""
    async with on_desk(copy_of(demo_file, tmp_path / "done"), tmp_path) as stage:
        screen = await opened(stage)
        item = go_to(screen, ItemKind.NEXT_STEP)
        await stage.press("x", "f2")
        await until(stage, lambda: stage.app.screen is screen)
        ticket = await stage.backend.ticket(item.record.key)
        assert ticket.next_step_at is None


async def _hand_over(stage: Stage, minutes: int, by: str) -> Handover:
    item = next(one for one in stage.app.home.to_do.concerning() if one.ticket is not None)
    assert item.ticket is not None
    made = Handover(
        new_key(), item.ticket.key, item.customer.key, Holder.TECHNICAL, NIGHT - timedelta(minutes=minutes), by=by,
        note="no sync since noon",
    )  # fmt: skip
    stored = (await stage.backend.write(Batch((Put(made),), actor="test"))).changes[0].after
    assert isinstance(stored, Handover)
    return stored


async def test_r22_a_handover_is_accepted_with_one_key(demo_file: Path, tmp_path: Path) -> None:
    """R22: whoever may accept it does so on the list."""
    file = copy_of(demo_file, tmp_path / "done")
    async with on_desk(file, tmp_path, roles=frozenset({Role.TECHNICAL})) as stage:
        screen = await opened(stage)
        handed = await _hand_over(stage, 5, "Mia")
        await until(stage, lambda: ItemKind.HANDOVER in kinds(screen))
        go_to(screen, ItemKind.HANDOVER)
        await stage.press("x")
        found = (await stage.backend.customer_file(handed.customer_key)).handovers
        assert next(one for one in found if one.key == handed.key).accepted_at == NIGHT


async def test_r22_a_late_handover_is_on_the_list_of_who_gave_it(demo_file: Path, tmp_path: Path) -> None:
    """R22: raised on both sides: the desk that handed over sees that nobody accepted."""
    file = copy_of(demo_file, tmp_path / "done")
    async with on_desk(file, tmp_path, login="iga", roles=frozenset({Role.DESK})) as stage:
        stage.app.desk.agent = replace(stage.app.desk.agent, roles=frozenset({Role.DESK}))
        screen = await opened(stage)
        await _hand_over(stage, 5, stage.app.desk.agent.name)
        await _hand_over(stage, 120, stage.app.desk.agent.name)
        await until(stage, lambda: ItemKind.HANDOVER in kinds(screen))
        (late,) = [one for one in screen.to_do.shown() if one.kind is ItemKind.HANDOVER]
        assert late.since == NIGHT - timedelta(minutes=120)
        assert "not accepted yet" in stage.text()


async def test_r38_a_paper_without_document_is_asked_for_it(demo_file: Path, tmp_path: Path) -> None:
    """R38: x on a fax without identity document does not call it answered: the request to its sender is begun."""
    async with on_desk(copy_of(demo_file, tmp_path / "done"), tmp_path) as stage:
        screen = await opened(stage)
        item = go_to(screen, ItemKind.DOCUMENT)
        await stage.press("x")
        await until(stage, lambda: isinstance(stage.app.screen, FormScreen))
        assert stage.customer.key == item.customer.key
        assert stage.app.screen.query_one(Form).values()["body"].strip()
        assert (await stage.backend.contact(item.record.key)).answer is AnswerState.WAITING


async def test_r39_billing_answers_a_hold_from_the_list(demo_file: Path, tmp_path: Path) -> None:
    """R39: x on a hold opens billing's answer at the customer, where the charges are seen; the desk has no such row."""
    file = copy_of(demo_file, tmp_path / "done")
    async with on_desk(file, tmp_path, login="kinga", roles=frozenset({Role.BILLING})) as stage:
        stage.app.desk.operator_keys = frozenset()
        customer = (await stage.backend.search("lindqvist"))[0].customer
        asked = Dispute(new_key(), customer.key, "billed twice", NIGHT, state=DisputeState.HOLD_ASKED)
        await stage.backend.write(Batch((Put(asked),), actor="test"))
        screen = await opened(stage)
        go_to(screen, ItemKind.HOLD)
        await stage.press("x")
        await until(stage, lambda: isinstance(stage.app.screen, FormScreen))
        assert stage.customer.key == customer.key
        assert "state" in stage.app.screen.query_one(Form).values()
        stage.app.desk.agent = replace(stage.app.desk.agent, roles=frozenset({Role.DESK}))
        assert ItemKind.HOLD not in kinds(screen)


async def test_marked_things_are_done_together(demo_file: Path, tmp_path: Path) -> None:
    """Space marks, x settles all that are marked; what asks something stays and is named."""
    async with on_desk(copy_of(demo_file, tmp_path / "done"), tmp_path) as stage:
        screen = await opened(stage)
        before = {one.name for one in screen.to_do.shown()}
        marked = [go_to(screen, ItemKind.PROMISE)]
        await stage.press("space")
        marked.append(go_to(screen, ItemKind.CALL_BACK))
        await stage.press("space")
        asks = go_to(screen, ItemKind.RENEWAL)
        await stage.press("space", "x")
        await until(stage, lambda: before - {one.name for one in screen.to_do.shown()} == {one.name for one in marked})
        assert asks.name in [one.name for one in screen.to_do.shown()]
        assert "x on it alone" in stage.status()
        assert not isinstance(stage.app.screen, FormScreen)


async def test_what_was_settled_meanwhile_says_so(demo_file: Path, tmp_path: Path) -> None:
    """A promise that a colleague kept is not kept twice; the list is read again."""
    async with on_desk(copy_of(demo_file, tmp_path / "done"), tmp_path) as stage:
        screen = await opened(stage)
        item = go_to(screen, ItemKind.PROMISE)
        record = item.record
        assert isinstance(record, Promise)
        kept = replace(record, state=PromiseState.KEPT, closed_at=NIGHT)
        await stage.backend.write(Batch((Put(kept, seen=record.version),), actor="mia"))
        screen.do_items((item,))
        await until(stage, lambda: item.name not in [one.name for one in screen.to_do.shown()])
        assert len(stage.app.desk.deeds) == 0


# states ---------------------------------------------------------------------------------------------------------------


async def test_the_four_states_are_not_one_another(
    demo_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Empty by a filter, stale with what was known, failed with nothing known: each says so in its own words."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await opened(stage)
        rows = rows_of(screen)
        stage.app.desk.agent = replace(stage.app.desk.agent, login="nobody", name="Nobody")
        await stage.press("m")
        assert (rows.view.feed.state, rows.view.rows) == (Feed.EMPTY, ())
        assert "Backspace" in rows.view.feed.words
        await stage.press("m")

        async def fail(*_args: Any, **_named: Any) -> Page[Any]:
            raise Unavailable(source="desk")

        for name in ("queue", "pending"):
            monkeypatch.setattr(stage.backend, name, fail)
        screen.read_again()
        await stage.settle()
        assert rows.view.feed.state is Feed.STALE
        assert rows.view.rows
        screen.to_do.agenda = None
        screen.read_again()
        await stage.settle()
        assert (rows.view.feed.state, rows.view.rows) == (Feed.FAILED, ())


async def test_a_source_without_the_list_is_named(
    demo_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a source cannot list is said below the rows: the list is not complete without it."""
    async with on_desk(demo_file, tmp_path) as stage:
        less = stage.backend.capabilities - {Capability.PENDING}
        monkeypatch.setattr(stage.backend, "capabilities", less)
        screen = await opened(stage)
        assert kinds(screen) <= {ItemKind.MESSAGE, ItemKind.DOCUMENT}
        assert "Not in this list" in stage.text()
        assert "promises" in stage.text()


async def test_r9_ten_thousand_things_are_worded_by_the_window(
    demo_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of ten thousand is worked through by the rows that are looked at; the end can be reached."""
    async with on_desk(demo_file, tmp_path) as stage:
        customer = (await stage.backend.search("lindqvist"))[0].customer
        rows = tuple(
            Pending(
                "promise",  # type: ignore[arg-type]
                Promise(f"p{n}", customer.key, PromiseKind.DEED, f"deed {n}", NIGHT, NIGHT + timedelta(seconds=n)),
                customer,
                NIGHT + timedelta(seconds=n),
            )
            for n in range(10_000)
        )

        async def pending(only: Any, *, after: str | None = None, limit: int = 200) -> Page[Pending]:
            if "promise" not in only.kinds:
                return Page(())
            at = int(after or 0)
            return Page(rows[at : at + limit], str(at + limit) if at + limit < len(rows) else None)

        monkeypatch.setattr(stage.backend, "pending", pending)
        screen = await opened(stage)
        await until(stage, lambda: screen.to_do.agenda is not None and screen.to_do.agenda.whole)
        assert len(screen.to_do.shown()) >= 10_000
        assert len(rows_of(screen).view.rows) == WINDOW
        await stage.press("G")
        await until(stage, lambda: len(rows_of(screen).view.rows) == 2 * WINDOW)


async def test_news_arrives_on_the_open_list(demo_file: Path, tmp_path: Path) -> None:
    """R10: what comes in elsewhere is on the list without a key; the cursor stays on its row."""
    async with on_desk(copy_of(demo_file, tmp_path / "live"), tmp_path) as stage:
        screen = await opened(stage)
        await stage.press("j", "j")
        stands = rows_of(screen).cursor_key
        customer = (await stage.backend.search("lindqvist"))[0].customer
        made = Promise(new_key(), customer.key, PromiseKind.DEED, "Newest deed", NIGHT, NIGHT - timedelta(days=40))
        await stage.backend.write(Batch((Put(made),), actor="mia"))
        await until(stage, lambda: "Newest deed" in stage.text())
        assert rows_of(screen).cursor_key == stands


async def test_the_key_of_the_list_on_the_list_opens_no_second_one(demo_file: Path, tmp_path: Path) -> None:
    """M on the list goes to its top."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await opened(stage)
        await stage.press("j", "M")
        assert stage.app.screen is screen
        assert rows_of(screen).cursor == 0
