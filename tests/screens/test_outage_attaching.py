"""Outages at the desk by keys: attach a caller, tell them when it is over, look over the words (R26 to R31)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from backends.port import Batch, OutageFilter, PendingFilter, PendingKind, Put
from backends.records import (
    Contact,
    ContactPoint,
    Coverage,
    Customer,
    CustomerFlag,
    CustomerKind,
    Line,
    NetworkPath,
    Outage,
    OutageState,
    PointKind,
    Promise,
    PromiseKind,
    PromiseState,
    Record,
    Ticket,
    TicketKind,
    new_key,
)
from console.screens.editing import EditScreen
from console.screens.outage_words import OutageWordsScreen
from console.screens.outages import OutagesScreen
from console.screens.restored import RestoredScreen
from tests.desk_stage import NIGHT, Stage, on_desk
from widgets.banners import Banners
from widgets.form import Form
from widgets.rows import RowList

ELEMENT = "ZZZ-OLT-9"


async def stored(stage: Stage, *records: Record) -> list[Record]:
    """Store records and return them as they are then."""
    receipt = await stage.backend.write(Batch(tuple(map(Put, records)), actor="test"))
    return [one.after for one in receipt.changes if one.after is not None]


async def struck(stage: Stage, people: int = 1, **parts: object) -> tuple[Outage, list[Customer]]:
    """Store an outage and customers behind its element, the third of whom is vulnerable, the second has a telephone."""
    operator = next(one for one in stage.app.desk.operators.values() if one.code == "LUN")
    ways = [
        (ContactPoint(PointKind.EMAIL, "ola@example.org"),),
        (ContactPoint(PointKind.PHONE, "+48618520000"),),
        (ContactPoint(PointKind.MOBILE, "+48601234567"),),
    ]
    customers = [
        Customer(
            new_key(), f"Z{n:05}", operator.key, CustomerKind.SUBSCRIBER, f"Zenon {n}", "it" if n == 0 else "pl",
            points=ways[n % 3], flags=frozenset({CustomerFlag.VULNERABLE}) if n == 2 else frozenset(),
        )
        for n in range(people)
    ]  # fmt: skip
    lines = [Line(new_key(), "", one.key, "internet", path=NetworkPath(olt=ELEMENT)) for one in customers]
    outage = Outage(
        new_key(), "", OutageState.CONFIRMED, "Dead switch", NIGHT - timedelta(hours=1),
        Coverage(("internet",), elements=(ELEMENT,)), (operator.key,),
    )  # fmt: skip
    made = await stored(stage, replace(outage, **parts), *customers, *lines)  # type: ignore[arg-type]
    await stage.settle()
    raised = made[0]
    assert isinstance(raised, Outage)
    return raised, [one for one in made if isinstance(one, Customer)]


async def promises_of(stage: Stage, outage: Outage) -> list[Promise]:
    """Return the open promises about an outage."""
    only = PendingFilter(kinds=frozenset({PendingKind.PROMISE}), outage_key=outage.key)
    return [one.record for one in (await stage.backend.pending(only)).rows if isinstance(one.record, Promise)]


async def contacts_of(stage: Stage, customer: Customer) -> list[Contact]:
    """Return a customer's contacts, newest first, with whole bodies."""
    page = await stage.backend.timeline(customer.key)
    return [await stage.backend.contact(one.key) for one in page.rows if isinstance(one, Contact)]


async def test_r26_one_key_attaches_the_caller_and_u_takes_it_back(demo_file: Path, tmp_path: Path) -> None:
    """R26, R27: with the customer on screen, l stores call and promise; no ticket; u leaves nothing."""
    async with on_desk(demo_file, tmp_path) as stage:
        outage, [customer] = await struck(stage)
        await stage.type("Z00000")
        await stage.press("enter")
        await stage.press("l")
        assert "Attached to" in stage.status()
        [call] = await contacts_of(stage, customer)
        assert (call.outage_key, call.channel) == (outage.key, "call")
        assert "guasto nostro" in call.body, "what was told is in the customer's language"
        [promise] = await promises_of(stage, outage)
        assert promise.kind is PromiseKind.WORD_AT_RESTORATION
        file = await stage.backend.customer_file(customer.key)
        assert file.tickets == ()
        await stage.press("l")
        assert "contact 2 about it" in stage.status()
        assert len(await promises_of(stage, outage)) == 1
        await stage.press("u", "u")
        assert await contacts_of(stage, customer) == []
        assert await promises_of(stage, outage) == []


async def test_r26_with_several_outages_the_agent_picks(demo_file: Path, tmp_path: Path) -> None:
    """R26: two keys then: l and the number of the outage that is meant."""
    async with on_desk(demo_file, tmp_path) as stage:
        first, [customer] = await struck(stage)
        await stored(stage, replace(first, key=new_key(), reference="", title="Second", version=0))
        await stage.type("Z00000")
        await stage.press("enter", "l")
        assert "Which outage is it about?" in stage.text()
        await stage.press("2")
        [call] = await contacts_of(stage, customer)
        assert call.outage_key in {one.key for one in await stage.backend.outages(OutageFilter())}


async def test_r21_without_an_outage_l_says_why_not(demo_file: Path, tmp_path: Path) -> None:
    """R21: where nothing is broken around them the key is refused in words: their own line is to be looked at."""
    async with on_desk(demo_file, tmp_path) as stage:
        outage, [customer] = await struck(stage)
        over = replace(outage, state=OutageState.RESTORED, ended_at=NIGHT)
        await stage.backend.write(Batch((Put(over, seen=outage.version),), actor="test"))
        await stage.type("Z00000")
        await stage.press("enter", "l")
        assert "No outage" in stage.status()
        assert await contacts_of(stage, customer) == []


async def restored(stage: Stage, people: int = 3) -> tuple[Outage, list[Customer]]:
    """Restore an outage after people were promised a word, the first of them first, and stand on it in the list."""
    outage, customers = await struck(stage, people)
    for number, one in enumerate(customers):
        await stored(stage, Promise(
            new_key(), one.key, PromiseKind.WORD_AT_RESTORATION, "", NIGHT - timedelta(minutes=50 - number), None,
            outage_key=outage.key, made_by="Iga",
        ))  # fmt: skip
    over = replace(outage, state=OutageState.RESTORED, ended_at=NIGHT)
    await stage.backend.write(Batch((Put(over, seen=outage.version),), actor="test"))
    await stage.settle()
    await stage.press("escape", "o")
    assert stage.app.screen.query_one(RowList).go_to(outage.key)
    await stage.press("l")
    assert isinstance(stage.app.screen, RestoredScreen)
    return outage, customers


async def test_r27_everyone_is_listed_in_order_and_told_in_one_batch(demo_file: Path, tmp_path: Path) -> None:
    """R27: vulnerable first, then as promised; messages in their language on their channel; the call stays listed."""
    async with on_desk(demo_file, tmp_path, size=(132, 43)) as stage:
        outage, customers = await restored(stage)
        rows = stage.app.screen.query_one("#rows", RowList).view.rows
        names = ["".join(span.text for span in row.cells[1].spans) for row in rows]
        assert [name.split(" !")[0] for name in names] == ["Zenon 2", "Zenon 0", "Zenon 1"]
        await stage.press("s")
        assert "Send 2 messages" in stage.text()
        await stage.press("y")
        [mail] = await contacts_of(stage, customers[0])
        [text] = await contacts_of(stage, customers[2])
        assert (mail.channel, mail.recipient, mail.outage_key) == ("email", "ola@example.org", outage.key)
        assert "è risolto" in mail.body
        assert mail.body.startswith("Gentile")
        assert (text.channel, text.recipient) == ("sms", "+48601234567")
        assert "rozwiązany" in text.body
        [left] = await promises_of(stage, outage)
        assert left.customer_key == customers[1].key
        assert "+48 61 852 00 00" in stage.text()
        await stage.press("c")
        assert await promises_of(stage, outage) == []
        [call] = await contacts_of(stage, customers[1])
        assert (call.channel, call.direction, call.recipient) == ("call", "out", "+48618520000")
        await stage.press("u")
        assert len(await promises_of(stage, outage)) == 1
        await stage.press("u")
        assert len(await promises_of(stage, outage)) == 3
        assert await contacts_of(stage, customers[0]) == []


async def test_r27_a_message_is_looked_over_and_somebody_left_out(demo_file: Path, tmp_path: Path) -> None:
    """R27: what was edited is what is sent, and survives leaving the screen; who is left out keeps their promise."""
    async with on_desk(demo_file, tmp_path, size=(100, 30)) as stage:
        outage, customers = await restored(stage)
        await stage.press("x")
        await stage.press("down", "enter")
        assert isinstance(stage.app.screen, EditScreen)
        stage.app.screen.query_one(Form).set_values({"body": "Funziona di nuovo, signora."})
        await stage.press("f2", "escape", "l")
        assert "Funziona di nuovo, signora." in stage.text()
        await stage.press("x", "s", "y")
        [mail] = await contacts_of(stage, customers[0])
        assert mail.body == "Funziona di nuovo, signora."
        assert {one.customer_key for one in await promises_of(stage, outage)} == {customers[1].key, customers[2].key}


async def test_r27_nobody_is_told_before_it_is_over(demo_file: Path, tmp_path: Path) -> None:
    """R27: while the outage goes on the list shows who will be told, and s says that it is not over."""
    async with on_desk(demo_file, tmp_path, size=(100, 30)) as stage:
        outage, [customer] = await struck(stage)
        promise = Promise(
            new_key(), customer.key, PromiseKind.WORD_AT_RESTORATION, "", NIGHT, None, outage_key=outage.key
        )
        await stored(stage, promise)
        await stage.press("escape", "o")
        assert stage.app.screen.query_one(RowList).go_to(outage.key)
        await stage.press("l")
        assert "Will get word when it is over" in stage.text()
        await stage.press("s")
        assert "not over yet" in stage.status()
        [left] = await promises_of(stage, outage)
        assert left.state is PromiseState.OPEN


async def test_r27_home_tells_that_words_are_due(demo_file: Path, tmp_path: Path) -> None:
    """R27: the banner of the outage that is over counts who waits, and goes when they were told."""
    async with on_desk(demo_file, tmp_path, size=(132, 43)) as stage:
        outage, _customers = await restored(stage)
        await stage.press("escape", "escape")
        view = stage.app.home.query_one(Banners).view
        [due] = [one for one in view.banners if one.key == outage.key]
        assert "3 people wait for a word" in due.headline
        await stage.press("f7")
        assert stage.app.screen.query_one(RowList).go_to(outage.key)
        await stage.press("l", "s", "y")
        await stage.press("c")
        assert outage.key not in {one.key for one in stage.app.home.query_one(Banners).view.banners}


async def test_r31_affected_customers_are_counted_and_listed(demo_file: Path, tmp_path: Path) -> None:
    """R31: the count is of the whole store, and a lists them, vulnerable ones first."""
    async with on_desk(demo_file, tmp_path, size=(132, 43)) as stage:
        await restored(stage)
        assert "hits 3 customers, 3 lines" in stage.text()
        await stage.press("a")
        rows = stage.app.screen.query_one("#rows", RowList).view.rows
        assert len(rows) == 3
        assert "Zenon 2" in "".join(span.text for span in rows[0].cells[0].spans)


async def test_r29_the_words_of_an_outage_are_looked_over_and_copied(
    demo_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R29, R30, R31: w shows the texts in the operator's language; v the next language; e edits; y copies."""
    async with on_desk(demo_file, tmp_path, size=(132, 43)) as stage:
        outage, _customers = await struck(stage)
        await stage.press("escape", "o")
        assert stage.app.screen.query_one(RowList).go_to(outage.key)
        await stage.press("w")
        screen = stage.app.screen
        assert isinstance(screen, OutageWordsScreen)
        rows = screen.query_one("#texts", RowList)
        assert [row.key for row in rows.view.rows] == ["say", "greeting", "web", "message"]
        assert "[pl]" in rows.view.note
        await stage.press("v")
        assert "[sv]" in rows.view.note
        assert rows.go_to("message")
        await stage.press("e")
        stage.app.screen.query_one(Form).set_values({"message": "Vi är på väg."})
        await stage.press("f2")
        copied: list[str] = []
        monkeypatch.setattr(stage.app, "copy_to_clipboard", copied.append)
        await stage.press("y")
        assert copied == ["Vi är på väg."]
        await stage.press("escape", "w", "v")
        assert "Vi är på väg." in stage.text(), "what was edited is kept"
        assert stage.app.screen.query_one("#texts", RowList).go_to("message")
        await stage.press("backspace")
        assert "Vi är på väg." not in stage.text()


async def test_r26_a_suspicion_is_confirmed_by_one_key(demo_file: Path, tmp_path: Path) -> None:
    """R26: C confirms what the cursor stands on without a question, and says no to what is no suspicion."""
    async with on_desk(demo_file, tmp_path) as stage:
        outage, _customers = await struck(stage, state=OutageState.SUSPECTED)
        await stage.press("escape", "o")
        assert stage.app.screen.query_one(RowList).go_to(outage.key)
        await stage.press("C")
        [now] = [one for one in await stage.backend.outages(OutageFilter()) if one.key == outage.key]
        assert now.state is OutageState.CONFIRMED
        assert stage.app.screen.query_one(RowList).go_to(outage.key)
        await stage.press("C")
        assert "does not follow" in stage.status()


async def test_r26_from_a_customer_o_stands_on_their_outage(demo_file: Path, tmp_path: Path) -> None:
    """R26: the list opens at the outage that hits whom the agent speaks to."""
    async with on_desk(demo_file, tmp_path) as stage:
        outage, _customers = await struck(stage, started_at=NIGHT - timedelta(days=3))
        await stage.type("Z00000")
        await stage.press("enter", "o")
        screen = stage.app.screen
        assert isinstance(screen, OutagesScreen)
        assert screen.query_one(RowList).cursor_key == outage.key


async def test_r26_the_third_fault_raises_a_banner_on_every_console(demo_file: Path, tmp_path: Path) -> None:
    """R26: three faults that come in from elsewhere make this console propose an outage and show it."""
    async with on_desk(demo_file, tmp_path, size=(132, 43)) as stage:
        outage, customers = await struck(stage, 3)
        await stage.backend.write(Batch((Put(replace(outage, state=OutageState.DISMISSED,
            ended_at=NIGHT - timedelta(days=5), started_at=NIGHT - timedelta(days=6)), seen=outage.version),),
            actor="test"))  # fmt: skip
        for one in customers:
            await stored(stage, Ticket(
                new_key(), "", one.key, one.operator_key, TicketKind.FAULT, "dead", NIGHT,
                details=(("symptom", "no_service"),),
            ))  # fmt: skip
        for _wait in range(400):
            await stage.settle()
            if any("nothing works, reported 3 times" in one.headline for one in
                   stage.app.home.query_one(Banners).view.banners):  # fmt: skip
                break
        else:
            raise AssertionError(stage.text())
        [proposed] = [one for one in await stage.backend.outages(OutageFilter()) if one.source == "sensor"]
        assert proposed.coverage.elements == (ELEMENT,)


async def test_r27_whoever_ends_an_outage_is_told_who_waits(demo_file: Path, tmp_path: Path) -> None:
    """R27: right after x the status line says how many wait for a word, and l lists them."""
    async with on_desk(demo_file, tmp_path, size=(132, 43)) as stage:
        outage, [customer] = await struck(stage)
        await stored(stage, Promise(
            new_key(), customer.key, PromiseKind.WORD_AT_RESTORATION, "", NIGHT, None, outage_key=outage.key
        ))  # fmt: skip
        await stage.press("escape", "o")
        assert stage.app.screen.query_one(RowList).go_to(outage.key)
        await stage.press("x")
        await stage.press("f2")
        assert "1 person waits for a word: l." in stage.status()
        await stage.press("l")
        assert "Zenon 0" in stage.text()


async def test_r29_edited_words_are_found_among_the_drafts(demo_file: Path, tmp_path: Path) -> None:
    """R29: what was edited and not used yet has a name among the drafts, and Enter goes on in that language."""
    async with on_desk(demo_file, tmp_path, size=(132, 43)) as stage:
        outage, _customers = await struck(stage)
        await stage.press("escape", "o")
        assert stage.app.screen.query_one(RowList).go_to(outage.key)
        await stage.press("w", "v", "e")
        stage.app.screen.query_one(Form).set_values({"message": "Vi är på väg."})
        await stage.press("f2", "escape", "f5")
        assert "Words of an outage" in stage.text()
        assert stage.app.screen.query_one(RowList).go_to(f"\noutages\n{outage.key}:words-sv")
        await stage.press("enter")
        assert isinstance(stage.app.screen, OutageWordsScreen)
        assert "[sv]" in stage.app.screen.query_one("#texts", RowList).view.note
        assert "Vi är på väg." in stage.text()


async def test_r30_a_text_is_told_to_everybody_by_one_key(demo_file: Path, tmp_path: Path) -> None:
    """R30: p stores what was edited as what to say, in the operator's language alone, and u takes it back."""
    async with on_desk(demo_file, tmp_path, size=(132, 43)) as stage:
        outage, _customers = await struck(stage)
        await stage.press("escape", "o")
        assert stage.app.screen.query_one(RowList).go_to(outage.key)
        await stage.press("w", "e")
        stage.app.screen.query_one(Form).set_values({"say": "Wracamy o szóstej."})
        await stage.press("f2")
        await stage.press("v", "p")
        assert "operator's own language" in stage.status()
        await stage.press("shift+tab", "p")
        assert "Told on every console" in stage.status()
        rows = {row.key: row.cells[2].spans[0].text for row in stage.app.screen.query_one("#texts", RowList).view.rows}
        assert rows["web"] == "Wracamy o szóstej."
        assert rows["message"] == "Łuniec Telekom: Wracamy o szóstej."
        [now] = [one for one in await stage.backend.outages(OutageFilter()) if one.key == outage.key]
        assert now.say == "Wracamy o szóstej."
        assert now.coverage == outage.coverage
        await stage.press("u")
        [now] = [one for one in await stage.backend.outages(OutageFilter()) if one.key == outage.key]
        assert now.say == ""
        for _wait in range(100):
            await stage.settle()
            if "szóstej" not in stage.app.screen.query_one("#texts", RowList).view.rows[2].cells[2].spans[0].text:
                break
        else:
            raise AssertionError(stage.text())


async def test_r22_a_word_that_names_another_operator_is_sent_to_nobody(demo_file: Path, tmp_path: Path) -> None:
    """R22: one message with another brand's name keeps all of them back, and the agent is told what to take out."""
    async with on_desk(demo_file, tmp_path, size=(132, 43)) as stage:
        outage, customers = await restored(stage)
        await stage.press("e")
        stage.app.screen.query_one(Form).set_values({"body": "Valdorsa Fibra działa."})
        await stage.press("f2", "s")
        await stage.press("y")
        assert "Valdorsa Fibra" in stage.status()
        assert len(await promises_of(stage, outage)) == 3
        assert [await contacts_of(stage, one) for one in customers] == [[], [], []]
