"""A card number that somebody types is warned of, and never stored whole: not in a draft, not in a record (PCI DSS)."""

from __future__ import annotations

from pathlib import Path

from backends.port import Batch, Put
from backends.records import Channel, Contact, Direction, Ticket, new_key
from console.desk.cards import masked_answers, without_cards
from tests.desk_stage import NIGHT, on_desk
from widgets.rows import RowList

NUMBER = "4111 1111 1111 1111"
PLAIN = NUMBER.replace(" ", "")


async def test_r41_a_typed_card_number_is_stored_masked_and_that_is_said(demo_file: Path, tmp_path: Path) -> None:
    """The note warns while it is written; draft and contact hold six and four digits; the CVV is gone."""
    async with on_desk(demo_file, tmp_path, size=(100, 30)) as stage:
        await stage.open("third_chase")
        await stage.press("n")
        await stage.type(f"pays with {NUMBER} cvv 123")
        assert "A card number" in stage.text()
        stage.app.local.flush()
        kept = b"".join(one.read_bytes() for one in tmp_path.glob("desk.db*"))
        assert b"411111******1111" in kept
        assert NUMBER.encode() not in kept
        assert b"cvv 123" not in kept
        await stage.press("f2")
        assert "masked" in stage.status()
        page = await stage.backend.timeline(stage.customer.key, limit=5)
        newest = next(one for one in page.rows if isinstance(one, Contact) and "pays with" in one.body)
        assert newest.body == "pays with 411111******1111 cvv ***"
        assert not (await stage.backend.search_text("411111111111")).rows
        assert NUMBER not in stage.text()
        held = b"".join(one.read_bytes() for one in demo_file.parent.glob(f"{demo_file.name}*"))
        assert NUMBER.encode() not in held
        assert PLAIN.encode() not in held


async def test_r41_a_form_that_quotes_a_mail_begins_masked(demo_file: Path, tmp_path: Path) -> None:
    """A ticket about a mail with a card number in it shows and stores six and four digits."""
    async with on_desk(demo_file, tmp_path, size=(100, 40)) as stage:
        customer = await stage.open("third_chase")
        assert customer.picture is not None
        who = customer.picture.file.customer
        mail = Contact(new_key(), "", who.key, who.operator_key, Channel.EMAIL, Direction.INBOUND, NIGHT, "Pay",
                       f"please take it from {NUMBER}")  # fmt: skip
        await stage.backend.write(Batch((Put(mail),), actor="test", act="create"))
        await customer.refresh_now()
        await stage.settle()
        customer.query_one("#history", RowList).action_first()
        await stage.press("enter")
        assert "411111******1111" in stage.text()
        assert NUMBER not in stage.text()
        await stage.press("t", "b")
        assert "411111******1111" in stage.text()
        assert NUMBER not in stage.text()


async def test_a_telephone_number_is_no_card(demo_file: Path, tmp_path: Path) -> None:
    """Nothing is said, and it is stored as it is."""
    async with on_desk(demo_file, tmp_path, size=(100, 30)) as stage:
        await stage.open("third_chase")
        await stage.press("n")
        await stage.type("ring +48 601 234 567")
        assert "A card number" not in stage.text()
        await stage.press("f2")
        page = await stage.backend.timeline(stage.customer.key, limit=5)
        assert any(isinstance(one, Contact) and one.body == "ring +48 601 234 567" for one in page.rows)


def test_r41_whatever_makes_a_record_its_new_texts_are_masked() -> None:
    """Guides and calls store without a form; what was stored before is left as it is."""
    ticket = Ticket(new_key(), "", "customer:1", "operator:1", "fault", f"card {PLAIN}", NIGHT,  # type: ignore[arg-type]
                    details=(("what", NUMBER), ("since", "monday")))  # fmt: skip
    old = Ticket("ticket:1", "T-1", "customer:1", "operator:1", "fault", PLAIN, NIGHT, version=3)  # type: ignore[arg-type]
    batch = without_cards(Batch((Put(ticket), Put(old, seen=3)), actor="ola"))
    made, kept = (one.record for one in batch.items)
    assert isinstance(made, Ticket)
    assert (made.subject, made.details) == (
        "card 411111******1111", (("what", "411111******1111"), ("since", "monday"))
    )  # fmt: skip
    assert kept is old
    nothing = Batch((Put(old, seen=3),), actor="ola")
    assert without_cards(nothing) is nothing
    assert masked_answers({"note": NUMBER, "occasion": PLAIN}, "occasion") == {
        "note": "411111******1111", "occasion": PLAIN
    }  # fmt: skip
