"""A mapping file is understood, or every mistake in it is explained with what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.desk.importing import MappingError, mapping_from, read_mapping
from console.desk.importing.fields import FIELDS
from console.desk.importing.mapping import Format, OnDisagreement

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
WHOLE = """
source = "old"
operator = "nord"
time_zone = "Europe/Stockholm"
[customer]
id = "Customer"
name = "Name"
place.postcode = "Zip"
[ticket]
id = "Nr"
kind = { constant = "fault" }
subject = "Subject"
opened_at = { column = "Opened", formats = ["%d.%m.%Y", "%m/%d/%Y"], prefer = "%d.%m.%Y" }
"""


def read(tmp_path: Path, text: str) -> dict[str, tuple[str, str]]:
    """Return the faults of a mapping by key: what is wrong, what to write."""
    file = tmp_path / "mapping.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(MappingError) as found:
        read_mapping(file)
    assert found.value.file == str(file)
    return {fault.key: (fault.wrong, fault.write) for fault in found.value.faults}


def test_a_whole_mapping_is_read(tmp_path: Path) -> None:
    """Sections become rules by path, and the columns they read are known."""
    file = tmp_path / "mapping.toml"
    file.write_text(WHOLE, encoding="utf-8")
    mapping = read_mapping(file)
    assert mapping.rules["customer.place.postcode"].columns == ("Zip",)
    assert mapping.rules["ticket.kind"].constant == "fault"
    assert mapping.columns() == ("Customer", "Name", "Zip", "Nr", "Subject", "Opened")
    date = mapping.rules["ticket.opened_at"].date
    assert date is not None
    assert (date.prefer, str(date.zone), date.on_disagreement) == (
        "%d.%m.%Y", "Europe/Stockholm", OnDisagreement.REJECT)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "key", "hint"),
    [
        (('name = "Name"', 'nmae = "Name"'), "customer.nmae", "customer.name"),
        (('source = "old"', ""), "source", "source ="),
        (('source = "old"', 'sorce = "old"'), "sorce", "source"),
        (('"Europe/Stockholm"', '"Mars"'), "time_zone", "Europe/"),
        (('constant = "fault"', 'constant = "broken"'), "ticket.kind.constant", "fault"),
        (('prefer = "%d.%m.%Y"', 'prefer = "%Y"'), "ticket.opened_at.prefer", "%d.%m.%Y"),
        (('"%m/%d/%Y"]', '"%m/%d"]'), "ticket.opened_at.formats", "iso"),
        (('"%m/%d/%Y"]', '"MM/DD"]'), "ticket.opened_at.formats", "iso"),
        (('subject = "Subject"', 'subject = { columns = ["a"], constant = "b" }'), "ticket.subject", "column"),
        (('subject = "Subject"', "subject = 4"), "ticket.subject", "constant"),
        (('subject = "Subject"', 'subject = { same_as = "ticket.nothing" }'), "ticket.subject", "ticket.id"),
        (('subject = "Subject"', 'subject = { same_as = "ticket.opened_at" }'), "ticket.subject", ""),
        (('subject = "Subject"', 'subject = { column = "S", take = 2 }'), "ticket.subject.take", "split"),
        (('subject = "Subject"', 'subject = { column = "S", pattern = "(" }'), "ticket.subject.pattern", ""),
        (('subject = "Subject"', 'subject = { column = "S", otherwise = "x" }'), "ticket.subject.otherwise", "table"),
        (('subject = "Subject"', 'subject = { column = "S", formats = ["iso"] }'), "ticket.subject.formats", ""),
        (('subject = "Subject"', ""), "ticket", "subject"),
        (("[customer]", '[customer]\nmatch = ["shoe"]'), "customer.match", "email"),
        (("[customer]", '[customer]\nmatch = ["email"]'), "customer.match", "customer.email"),
        (("[customer]", '[file]\nencoding = "klingon"\n[customer]'), "file.encoding", "utf-8"),
        (("[customer]", '[file]\ndelimiter = ";;"\n[customer]'), "file.delimiter", "delimiter"),
        (("[customer]", '[[skip]]\ncolumn = "x"\n[customer]'), "skip[0]", "equals"),
        (("[customer]", "[mail]\nreference = 'T-[0-9]+'\n[customer]"), "mail.reference", "("),
    ],
)
def test_each_mistake_names_its_key_and_what_to_write(
    tmp_path: Path, change: tuple[str, str], key: str, hint: str
) -> None:
    """One wrong line gives the fault of that line, and no others that follow from it."""
    assert change[0] in WHOLE
    faults = read(tmp_path, WHOLE.replace(*change))
    assert key in faults
    wrong, write = faults[key]
    assert wrong
    assert hint in write


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Nobody wants to correct a file one error a run."""
    text = WHOLE.replace('"old"', "3.5").replace("Name", "").replace("fault", "broken").replace('"Nr"', "[]")
    assert {"ticket.kind.constant", "ticket.id"} <= set(read(tmp_path, text))


def test_what_is_not_toml_or_not_utf8_is_explained(tmp_path: Path) -> None:
    """The file itself may be at fault."""
    assert "" in read(tmp_path, "source = ")
    file = tmp_path / "latin.toml"
    file.write_bytes('source = "Ł"'.encode("cp1250"))
    with pytest.raises(MappingError, match="UTF-8"):
        read_mapping(file)


def test_rows_that_could_not_be_told_apart_are_refused() -> None:
    """Without an id or a match, a second run would double everything."""
    with pytest.raises(MappingError, match="told apart"):
        mapping_from({"source": "x", "customer": {"name": "Name"}})


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.name)
def test_the_examples_are_right(file: Path) -> None:
    """Every mapping that we ship can be read."""
    assert read_mapping(file).source


def test_the_examples_are_there() -> None:
    """One example a kind of source."""
    formats = {read_mapping(file).reading.format for file in EXAMPLES.glob("*.toml")}
    assert {Format.CSV, Format.JSONL, Format.MBOX} <= formats


def test_the_documentation_names_every_field() -> None:
    """docs/importing.md lists each path a mapping may fill."""
    text = (EXAMPLES.parent / "importing.md").read_text(encoding="utf-8")
    missing = [path for path in FIELDS if f"`{path.partition('.')[2]}`" not in text]
    assert missing == []
