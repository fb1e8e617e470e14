"""The list of what to do, gathered from a store: every part of it, gaps, failures, long lists, and what settles it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from backends.errors import Unavailable
from backends.port import Batch, Capability, Page, Put
from backends.records import (
    AnswerState,
    Channel,
    Contact,
    Contract,
    Dispute,
    DisputeState,
    Handover,
    Holder,
    Money,
    Promise,
    PromiseKind,
    Ticket,
    TicketEventKind,
    new_key,
)
from console.data.renewals import renewal_rules
from console.desk import agenda
from console.desk.acts import renewals, steps
from console.desk.acts.scene import Unfit
from console.desk.agenda import Agenda, Part, Watch, reading
from console.desk.desk import Desk
from console.rules.agenda import AgendaFilter, ItemKind
from tests.acts_stage import AGENT, NOW, Counter, at_counter
from tests.several_stage import operator_in, person_in, put, two_sources

TODAY = NOW.date()


async def whole(counter: Counter) -> Agenda:
    """Return the whole list."""
    await counter.desk.start()
    found = [one async for one in reading(counter.desk, renewal_rules())]
    return found[-1]


def promise(counter: Counter, **changes: Any) -> Promise:
    """Return an open promise to the customer, due in an hour."""
    made = Promise(new_key(), counter.customer.key, PromiseKind.DEED, "Call", NOW, NOW + timedelta(hours=1))
    return replace(made, **changes)


def contract(counter: Counter, **changes: Any) -> Contract:
    """Return a term that ends in forty days, when Polish law wants the notice."""
    made = Contract(
        new_key(), "LUN/1", counter.customer.key, "Fibre", TODAY - timedelta(days=600), TODAY + timedelta(days=40), 24,
        Money(7900, "PLN"), Money(9900, "PLN"),
    )  # fmt: skip
    return replace(made, **changes)


async def fill(counter: Counter) -> None:
    """Store one thing to do of each kind."""
    ticket = await counter.ticket(next_step="Ring the supplier", next_step_at=NOW + timedelta(hours=2))
    await counter.mail()
    await counter.mail(channel=Channel.FAX)
    await counter.stored(promise(counter))
    await counter.stored(promise(counter, kind=PromiseKind.CALL_BACK))
    await counter.stored(promise(counter, kind=PromiseKind.DOCUMENT_CHECK))
    handed = Handover(new_key(), ticket.key, counter.customer.key, Holder.DESK, NOW, by="Mia")
    await counter.stored(handed)
    await counter.stored(contract(counter))
    await counter.stored(Dispute(new_key(), counter.customer.key, "twice", NOW, state=DisputeState.HOLD_ASKED))


@pytest.mark.parametrize("stored", [False, True])
async def test_r17_everything_to_do_is_on_one_list(tmp_path: Path, stored: bool) -> None:
    """R10, R17, R22, R24: one store, one list, with each kind of thing once."""
    async with at_counter(tmp_path if stored else None) as counter:
        await fill(counter)
        found = await whole(counter)
        kinds = sorted(one.kind for one in found.items)
        expected = [
            ItemKind.CALL_BACK, ItemKind.DOCUMENT, ItemKind.DOCUMENT, ItemKind.HANDOVER, ItemKind.HOLD,
            ItemKind.MESSAGE, ItemKind.NEXT_STEP, ItemKind.PROMISE, ItemKind.RENEWAL,
        ]  # fmt: skip
        assert kinds == expected
        assert (found.gaps, dict(found.failed), found.whole, found.cut) == ((), {}, True, False)
        by_kind = {one.kind: one for one in found.items}
        assert by_kind[ItemKind.HANDOVER].skills == {"fault"}, "it is known what was handed over"


async def test_what_another_operator_is_owed_is_not_on_my_list() -> None:
    """A desk sees what its operators' customers are owed."""
    async with at_counter() as counter:
        await fill(counter)
        await counter.desk.start()
        counter.desk.operator_keys = frozenset({"another"})
        found = [one async for one in reading(counter.desk, renewal_rules())]
        assert found[-1].items == ()


async def test_a_source_that_cannot_tell_is_a_gap_and_no_empty_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not known is named with its source; what can be read is there."""
    async with at_counter() as counter:
        await counter.mail()
        backend = counter.desk.backend
        less = backend.capabilities - {Capability.PENDING, Capability.OUTAGES}
        monkeypatch.setattr(backend, "capabilities", less)
        found = await whole(counter)
        assert [one.kind for one in found.items] == [ItemKind.MESSAGE]
        assert {one.part for one in found.gaps} == {Part.DUE, Part.OUTAGES}
        assert all(one.sources for one in found.gaps)


def failing(*names: str) -> Callable[[pytest.MonkeyPatch, Counter], None]:
    """Return what makes calls of a backend fail."""

    def apply(patch: pytest.MonkeyPatch, counter: Counter) -> None:
        async def fail(*_args: Any, **_named: Any) -> Page[Any]:
            raise Unavailable(source="memory")

        for name in names:
            patch.setattr(counter.desk.backend, name, fail)

    return apply


async def test_a_part_that_fails_is_named_and_the_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """One part that cannot be read takes no other with it, and does not look like nothing to do."""
    async with at_counter() as counter:
        await fill(counter)
        await counter.desk.start()
        failing("pending")(monkeypatch, counter)
        found = [one async for one in reading(counter.desk, renewal_rules())][-1]
        assert {one.kind for one in found.items} == {ItemKind.MESSAGE, ItemKind.DOCUMENT}
        assert Part.DUE in found.failed


async def test_a_list_of_which_nothing_can_be_read_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """When no part can be read, what was known stays and the error stands beside it."""
    async with at_counter() as counter:
        await fill(counter)
        await counter.desk.start()
        watch = Watch(counter.desk, renewal_rules)
        await watch.read()
        before = watch.shown()
        failing("pending", "queue")(monkeypatch, counter)
        await watch.read()
        assert isinstance(watch.error, Unavailable)
        assert watch.shown() == before != ()


async def test_r27_a_word_is_owed_when_its_outage_is_over() -> None:
    """R27: the promise lies quiet while the outage goes on; once it is over, it is on the list."""
    from backends.records import Coverage, Outage, OutageState

    async with at_counter() as counter:
        outage = await counter.stored(
            Outage(new_key(), "", OutageState.CONFIRMED, "Fibre cut", NOW - timedelta(hours=3), Coverage(towns=("X",)))
        )
        kind = PromiseKind.WORD_AT_RESTORATION
        await counter.stored(promise(counter, kind=kind, outage_key=outage.key, due_at=None))
        assert (await whole(counter)).items == ()
        over = replace(outage, state=OutageState.RESTORED, ended_at=NOW)
        await counter.backend.write(Batch((Put(over, seen=outage.version),), actor="test"))
        assert [one.kind for one in (await whole(counter)).items] == [ItemKind.WORD]


async def test_a_long_list_begins_at_once_and_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first pages are told before the last; a list that is too long says that it was cut."""
    monkeypatch.setattr(agenda, "PAGE", 5)
    async with at_counter() as counter:
        await counter.desk.start()
        for minute in range(23):
            await counter.stored(promise(counter, due_at=NOW + timedelta(minutes=minute)))
        found = [one async for one in reading(counter.desk, renewal_rules())]
        assert [(len(one.items), one.whole) for one in found] == [(5, False), (23, True)]
        assert found[0].items == found[1].items[:5], "what comes first is read first"
        home = [one async for one in reading(counter.desk, renewal_rules(), pages=1)]
        assert [(len(one.items), one.whole, one.cut) for one in home] == [(5, False, True)]
        monkeypatch.setattr(agenda, "MOST", 10)
        cut = [one async for one in reading(counter.desk, renewal_rules())][-1]
        assert (len(cut.items), cut.whole, cut.cut) == (10, True, True)


async def test_the_filter_and_what_is_done_stay_with_the_list() -> None:
    """The session remembers the filter; what was just done is off the list before it is read again."""
    async with at_counter() as counter:
        await fill(counter)
        await counter.desk.start()
        watch = Watch(counter.desk, renewal_rules)
        await watch.read()
        watch.only = AgendaFilter(kinds=frozenset({ItemKind.MESSAGE}))
        (item,) = watch.shown()
        watch.without(item.name)
        assert watch.shown() == ()
        await watch.read()
        assert [one.name for one in watch.shown()] == [item.name], "what is not done comes back"


# acts -----------------------------------------------------------------------------------------------------------------


async def test_r24_a_notice_stamps_the_contract_and_is_a_contact() -> None:
    """R24: when the customer was told stands on the contract, how and what as a contact; undo takes both back."""
    async with at_counter() as counter:
        one = await counter.stored(contract(counter))
        before = await counter.content()
        scene = await counter.scene()
        answers = {"channel": "email", "note": "It ends.", "subject": "End"}
        deed = await counter.do(renewals.give_notice(scene, one, answers))
        file = (await counter.picture()).file
        assert file.contracts[0].notice_sent_at == scene.now
        told = await counter.only(Contact)
        assert (told.subject, told.recipient, told.answer) == ("End", "ewa@example.org", AnswerState.NOT_NEEDED)
        assert (await whole(counter)).items == ()
        with pytest.raises(Unfit, match="told"):
            renewals.give_notice(await counter.scene(), file.contracts[0], {"note": "Again."})
        await counter.desk.undo(deed)
        assert await counter.content() == before
        assert (await counter.picture()).file.contracts[0].notice_sent_at is None


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [({"note": " "}, "note", "needed"), ({"note": "x", "channel": "sms"}, "channel", "no_address")],
)
async def test_r24_a_notice_needs_words_and_an_address(values: dict[str, str], field: str, code: str) -> None:
    """Nothing is stored as told that could not be."""
    async with at_counter() as counter:
        one = await counter.stored(contract(counter))
        scene = await counter.scene()
        bare = replace(scene, file=replace(scene.file, customer=replace(counter.customer, points=())))
        with pytest.raises(Unfit) as raised:
            renewals.give_notice(bare, one, values)
        assert (raised.value.field, raised.value.code) == (field, code)


async def test_r24_a_term_that_is_over_is_not_told_of() -> None:
    """A contract without an end, or one that does not run, has no notice."""
    async with at_counter() as counter:
        one = await counter.stored(contract(counter, ends_on=None))
        with pytest.raises(Unfit, match="term_over"):
            renewals.give_notice(await counter.scene(), one, {"note": "x"})


async def test_r5_a_step_that_was_taken_makes_room_for_the_next_one() -> None:
    """R5: the step is on the ticket's history, the next one has a date; without a next one there is none."""
    async with at_counter() as counter:
        ticket = await counter.ticket(next_step="Ring the supplier", next_step_at=NOW)
        await counter.do(
            steps.step_taken(await counter.scene(), ticket, {"next_step": "Call back", "next_step_at": "tomorrow 10"})
        )
        ticket = await counter.only(Ticket)
        assert ticket.next_step == "Call back"
        assert ticket.next_step_at is not None
        with pytest.raises(Unfit, match="next_step_at: needed"):
            steps.step_taken(await counter.scene(), ticket, {"next_step": "Later"})
        with pytest.raises(Unfit, match="next_step: needed"):
            steps.step_taken(await counter.scene(), ticket, {"next_step_at": "tomorrow 10"})
        await counter.do(steps.step_taken(await counter.scene(), ticket, {}))
        ticket = await counter.only(Ticket)
        assert (ticket.next_step, ticket.next_step_at) == ("", None)
        events = [one.kind for one in (await counter.picture()).entries if not isinstance(one, Contact)]
        assert events == [TicketEventKind.NEXT_STEP] * 2


async def test_of_several_sources_the_one_that_cannot_tell_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A helpdesk without lists of promises is named; the promises of the others are on the list."""
    async with two_sources() as (several, home, far):
        monkeypatch.setattr(far, "capabilities", far.capabilities - {Capability.PENDING})
        operator = await operator_in(home)
        customer = await person_in(home, operator, "+48601002003")
        due = NOW + timedelta(hours=1)
        await put(home, Promise(new_key(), customer.key, PromiseKind.DEED, "Call", NOW, due))
        desk = Desk(several, AGENT, ZoneInfo("UTC"))
        await desk.start()
        found = [one async for one in reading(desk, renewal_rules())][-1]
        assert [one.kind for one in found.items] == [ItemKind.PROMISE]
        assert [(one.part, one.sources) for one in found.gaps] == [(Part.DUE, ("desk",))]
