"""The status page: valid, whole at every moment, and silent about all that is not the public's business (R30, R31)."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.port import Batch, Put
from backends.records import (
    Coverage,
    Customer,
    CustomerKind,
    Line,
    NetworkPath,
    Operator,
    Outage,
    OutageKind,
    OutageState,
    OutageUpdate,
    Place,
    Record,
    new_key,
)
from backends.registry import backend_for
from console.cli import codes
from console.cli.outage_publish import write_page
from console.data.texts import texts_of
from console.present.publishing import ATOM, HTML, JSON, Page, as_atom, as_html, as_json, page_of

NOW = datetime(2026, 11, 21, 2, 14, 30, 99, tzinfo=UTC)
LUNA = Operator("k", "LUN", "Luna & Söhne", "PL", "pl", "Europe/Warsaw", parent_key="group")
SECRETS = ("backhoe", "LUB-3", "Netsurf", "NS-9", "Iga Sobczak", "splicing", "Dead switch")
HOSTILE = "</p><script>alert('x')</script>&\"]]>\x00\x1b[2J\u202e\ud800\ufffe{operator}"


def outage(**parts: object) -> Outage:
    """Return a confirmed outage whose every internal field holds a secret."""
    made = Outage(
        "1", "O-0012", OutageState.CONFIRMED, "Dead switch", NOW - timedelta(hours=1),
        Coverage(("internet",), towns=("Poznań",), elements=("LUB-3",)), ("k",), cause="backhoe",
        confirmed_at=NOW - timedelta(minutes=50), supplier="Netsurf", supplier_reference="NS-9", source="Iga Sobczak",
        updates=(OutageUpdate(NOW - timedelta(minutes=9), "splicing", "Iga Sobczak"),),
    )  # fmt: skip
    return replace(made, **parts)  # type: ignore[arg-type]


def page(*outages: Outage, operator: Operator = LUNA, url: str = "https://status.example/?a=1&b=2") -> Page:
    """Return what Luna publishes."""
    return page_of(operator, outages, texts_of(), NOW, url=url, suspected=True)


MANY = (
    outage(),
    outage(key="2", reference="O-2", state=OutageState.SUSPECTED, expected_end=NOW + timedelta(hours=3)),
    outage(key="3", reference="O-3", state=OutageState.RESTORED, ended_at=NOW - timedelta(minutes=5)),
    outage(key="4", reference="O-4", kind=OutageKind.PLANNED_WORKS, started_at=NOW + timedelta(days=2),
           expected_end=NOW + timedelta(days=2, hours=3)),
)  # fmt: skip
PAGES = [page(), page(*MANY), page(outage(coverage=Coverage(towns=(HOSTILE,)), reference=HOSTILE, say=HOSTILE))]

_VOID = frozenset({"meta", "link", "br"})


class _Nesting(HTMLParser):
    """Refuses tags that do not nest, ids that are there twice, and what a status page has no business with."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.seen: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        assert tag not in {"script", "iframe", "object", "img", "form"}, tag
        self.seen.append(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            if name == "id":
                assert value not in self.ids
                self.ids.add(str(value))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)


def read(html: str) -> _Nesting:
    """Return a page that was read strictly."""
    parser = _Nesting()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser


@pytest.mark.parametrize("made", PAGES, ids=["quiet", "many", "hostile"])
def test_r31_the_page_is_valid_html(made: Page) -> None:
    """R31: it nests, by the parser of the standard without one error, and by the Nu checker where that is installed."""
    html = as_html(made)
    read(html)
    html5lib = importlib.import_module("html5lib")  # has no types
    html5lib.HTMLParser(strict=True).parse(html)


def test_r31_the_page_passes_the_nu_checker(tmp_path: Path) -> None:
    """R31: no error and no warning of the validator, where it is installed."""
    checker = shutil.which("vnu")
    if checker is None:
        pytest.skip("the Nu HTML checker is not installed")
    files = [tmp_path / f"{number}.html" for number in range(len(PAGES))]
    for file, made in zip(files, PAGES, strict=True):
        file.write_text(as_html(made), "utf-8")
    told = subprocess.run([checker, *map(str, files)], capture_output=True, text=True, timeout=300, check=False)
    assert (told.returncode, told.stdout + told.stderr) == (0, "")


def test_r31_every_language_stands_in_a_section_of_its_own() -> None:
    """R31: five sections with lang, the operator's first, reached from the top; headings go down step by step."""
    html = as_html(page(*MANY))
    assert re.findall(r'<section id="(\w+)" lang="(\w+)">', html) == [
        (one, one) for one in ("pl", "en", "it", "fr", "sv")
    ]
    assert html.startswith('<!DOCTYPE html>\n<html lang="pl">')
    assert 'name="viewport"' in html
    assert "prefers-color-scheme: dark" in html
    levels = [int(tag[1]) for tag in read(html).seen if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("make", [as_html, as_json, as_atom])
def test_r30_nothing_internal_is_published(make: Callable[[Page], str]) -> None:
    """R30: no title, cause, element, supplier, news or name of a colleague stands in any file."""
    told = make(page(*MANY))
    assert "Poznań" in told
    assert "O-0012" in told
    assert [one for one in SECRETS if one in told] == []


def test_r30_what_a_colleague_wrote_for_customers_is_published_in_their_language() -> None:
    """R30: a cause is told when somebody says it."""
    made = json.loads(as_json(page(outage(say="Koparka przecięła kabel."))))
    [one] = made["outages"]
    assert one["text"]["pl"] == "Koparka przecięła kabel."
    assert "Koparka" not in one["text"]["en"]


@pytest.mark.parametrize("make", [as_html, as_json, as_atom])
def test_r30_hostile_text_stays_text(make: Callable[[Page], str]) -> None:
    """R30: tags, controls and direction marks of a town, a reference or a name reach no reader as what they are."""
    operator = replace(LUNA, name=HOSTILE)
    told = make(page(outage(coverage=Coverage(towns=(HOSTILE,)), reference=HOSTILE, say=HOSTILE), operator=operator))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff\ufffe]", told)
    told.encode("utf-8")
    if make is as_html:
        assert "<script" not in told
        assert "alert" in "".join(read(told).text)


def test_r22_a_page_holds_outages_of_one_operator_and_of_their_network() -> None:
    """R22: of the operator, of the one above, of everybody in the country; never of another brand or country."""
    mine = [
        outage(key="1", reference="O-1"),
        outage(key="2", reference="O-2", operator_keys=("group",)),
        outage(key="3", reference="O-3", operator_keys=(), coverage=Coverage(country="pl")),
    ]
    others = [
        outage(key="4", reference="O-4", operator_keys=("valle",)),
        outage(key="5", reference="O-5", operator_keys=(), coverage=Coverage(country="SE")),
    ]
    told = json.loads(as_json(page(*mine, *others)))
    assert {one["reference"] for one in told["outages"]} == {"O-1", "O-2", "O-3"}


def test_r30_a_suspicion_is_published_only_when_asked_for_and_a_dismissed_one_never() -> None:
    """R30: what nobody confirmed waits; what was over a month ago, or begins in two, is no news."""
    every = [
        *MANY,
        outage(key="5", reference="O-5", state=OutageState.DISMISSED, ended_at=NOW),
        outage(key="6", reference="O-6", state=OutageState.RESTORED, ended_at=NOW - timedelta(days=8)),
        outage(key="7", reference="O-7", kind=OutageKind.PLANNED_WORKS, started_at=NOW + timedelta(days=60)),
    ]

    def references(*, suspected: bool) -> set[str]:
        made = page_of(LUNA, every, texts_of(), NOW, suspected=suspected)
        return {one.reference for one in made.outages}

    assert references(suspected=True) == {"O-0012", "O-2", "O-3", "O-4"}
    assert references(suspected=False) == {"O-0012", "O-3", "O-4"}


# Atom ---------------------------------------------------------------------------------------------------------------

_A = "{http://www.w3.org/2005/Atom}"
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def one_of(element: ET.Element, name: str) -> str:
    """Return the text of a child that must be there exactly once."""
    [found] = element.findall(f"{_A}{name}")
    return found.text or ""


def check_atom(text: str) -> list[ET.Element]:
    """Return the entries of a feed that keeps every MUST of RFC 4287 4.1.1 and 4.1.2."""
    feed = ET.fromstring(text.encode())
    assert feed.tag == f"{_A}feed"
    for element in (feed, *feed.findall(f"{_A}entry")):
        assert one_of(element, "id").startswith("urn:uuid:")
        assert one_of(element, "title").strip()
        assert _DATE.fullmatch(one_of(element, "updated"))
        assert len({(one.get("rel"), one.get("type")) for one in element.findall(f"{_A}link")}) == len(
            element.findall(f"{_A}link")
        )
    [author] = feed.findall(f"{_A}author")
    assert one_of(author, "name").strip()
    entries = feed.findall(f"{_A}entry")
    assert len({one_of(one, "id") for one in entries}) == len(entries)
    for one in entries:
        [content] = one.findall(f"{_A}content")
        assert content.get("type") == "xhtml"
        [div] = list(content)
        assert div.tag == "{http://www.w3.org/1999/xhtml}div"
        assert all("".join(child.itertext()).strip() for child in div)
        assert _DATE.fullmatch(one_of(one, "published"))
        assert one_of(one, "published") <= one_of(one, "updated")
        assert not (one.text or "").strip()
    return entries


@pytest.mark.parametrize("made", PAGES, ids=["quiet", "many", "hostile"])
def test_r31_the_feed_is_valid_atom(made: Page) -> None:
    """R31: every MUST of RFC 4287 is kept, with and without an address to be read at."""
    assert len(check_atom(as_atom(made))) == len(made.outages)
    assert len(check_atom(as_atom(replace(made, url="")))) == len(made.outages)


def test_r31_an_entry_keeps_its_identity_and_tells_when_it_changed() -> None:
    """R31: a reader of the feed sees one entry an outage, new again when it is over."""
    [before] = check_atom(as_atom(page(outage())))
    over = outage(state=OutageState.RESTORED, ended_at=NOW)
    [after] = check_atom(as_atom(page(over)))
    assert one_of(before, "id") == one_of(after, "id")
    assert one_of(before, "updated") < one_of(after, "updated")
    [other] = check_atom(as_atom(page(outage(), operator=replace(LUNA, code="VAL"))))
    assert one_of(other, "id") != one_of(before, "id")


@given(
    town=st.text(max_size=30), say=st.text(max_size=80), name=st.text(min_size=1, max_size=30),
    reference=st.text(max_size=20), service=st.text(max_size=20),
)  # fmt: skip
def test_r31_whatever_the_records_hold_every_file_can_be_read(
    town: str, say: str, name: str, reference: str, service: str
) -> None:
    """R31: no text of a record makes invalid HTML, JSON or XML."""
    one = outage(coverage=Coverage((service,), towns=(town,)), say=say, reference=reference)
    made = page(one, operator=replace(LUNA, name=f"L{name}"))
    read(as_html(made))
    json.loads(as_json(made))
    check_atom(as_atom(made))


# writing ------------------------------------------------------------------------------------------------------------


def test_nothing_half_written_is_ever_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails leaves the file of before, whole, and nothing else in the folder."""
    write_page(tmp_path, page())
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert set(before) == {HTML, JSON, ATOM}
    assert all(file.stat().st_mode & 0o777 == 0o644 for file in tmp_path.iterdir())

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(codes.Stop) as caught:
        write_page(tmp_path, page(*MANY))
    assert "No space left" in str(caught.value)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


async def _store(file: Path, *records: Record) -> tuple[Record, ...]:
    backend = backend_for(f"sqlite:///{file}")
    await backend.open()
    try:
        receipt = await backend.write(Batch(tuple(map(Put, records)), actor="test"))
        return tuple(one.after for one in receipt.changes if one.after is not None)
    finally:
        await backend.close()


def _command(file: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "console.cli", "--backend", f"sqlite:///{file}", "outage", *more]


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "CORDBOARD_HOME": str(home), "CORDBOARD_LANGUAGE": "en"}


async def _network(file: Path) -> Operator:
    operator = Operator(new_key(), "LUN", "Luna", "PL", "pl", "Europe/Warsaw")
    place = Place(town="Poznań", country="PL")
    people = [Customer(new_key(), "", operator.key, CustomerKind.SUBSCRIBER, f"Ewa {n}", "pl") for n in range(3)]
    alone = Customer(new_key(), "", operator.key, CustomerKind.SUBSCRIBER, "Zofia", "pl")
    lines = [
        Line(new_key(), "", one.key, "internet", place=place, path=NetworkPath(olt="LUB-3")) for one in people
    ] + [Line(new_key(), "", alone.key, "internet", place=Place(town="Kicin"), path=NetworkPath(olt="LUB-3"))]
    stored = await _store(file, operator, *people, alone, *lines)
    assert isinstance(stored[0], Operator)
    return stored[0]


async def test_r30_where_only_an_element_is_known_towns_of_many_customers_are_told(tmp_path: Path) -> None:
    """R30: customers of an OLT read the name of their town; a town of one customer is not named."""
    file = tmp_path / "desk.db"
    operator = await _network(file)
    made = outage(key=new_key(), reference="", coverage=Coverage(elements=("LUB-3",)), operator_keys=(operator.key,))
    await _store(file, replace(made, started_at=datetime.now(UTC) - timedelta(hours=1)))
    ran = subprocess.run(
        _command(file, "publish", str(tmp_path / "page")), env=_environment(tmp_path), capture_output=True,
        text=True, timeout=60, check=True,
    )  # fmt: skip
    assert ran.stdout.strip() == str(tmp_path / "page")
    told = (tmp_path / "page" / HTML).read_text("utf-8")
    assert "around Poznań" in told
    assert "Kicin" not in told
    assert "Ewa" not in told


async def test_r31_a_watched_page_follows_the_outages_and_ends_well(tmp_path: Path) -> None:
    """R31: what is raised while the command runs is on the page soon, and a request to end is no failure."""
    file, folder = tmp_path / "desk.db", tmp_path / "page"
    operator = await _network(file)
    program = subprocess.Popen(
        _command(file, "publish", str(folder), "--watch"), env=_environment(tmp_path),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert program.stdout is not None
        assert program.stdout.readline().strip() == str(folder)
        made = outage(key=new_key(), reference="", operator_keys=(operator.key,), started_at=datetime.now(UTC))
        await _store(file, made)
        until = time.monotonic() + 30
        while "Poznań" not in (folder / HTML).read_text("utf-8"):
            assert time.monotonic() < until, "the page never followed"
            time.sleep(0.05)
        program.send_signal(signal.SIGTERM)
        out, err = program.communicate(timeout=30)
        assert (program.returncode, out, err) == (0, "", "")
    finally:
        if program.poll() is None:
            program.kill()
            program.communicate()


async def test_r29_words_prints_the_texts_of_one_outage(tmp_path: Path) -> None:
    """R29: `outage words` prints rows for programs, and refuses a language that has no texts by its name."""
    file = tmp_path / "desk.db"
    operator = await _network(file)
    [stored] = await _store(file, outage(key=new_key(), reference="", operator_keys=(operator.key,)))
    assert isinstance(stored, Outage)

    def ran(*more: str) -> subprocess.CompletedProcess[str]:
        command = _command(file, "words", stored.reference, *more)
        return subprocess.run(
            command, env=_environment(tmp_path), capture_output=True, text=True, timeout=60, check=False
        )

    rows = [line.split("\t") for line in ran().stdout.splitlines()]
    assert [row[0] for row in rows[::4]] == ["pl", "en", "it", "fr", "sv"]
    assert [row[1] for row in rows[:4]] == ["say", "greeting", "web", "message"]
    told = json.loads(ran("--language", "sv", "--kind", "web", "--json").stdout)
    assert list(told) == ["sv"]
    assert "Poznań" in told["sv"]["web"]
    wrong = ran("--language", "tlh")
    assert wrong.returncode == codes.USAGE
    assert "tlh" in wrong.stderr


async def _two_brands(file: Path) -> None:
    """Store a British operator with a customer in Leeds, and a Polish one with a customer in Lublin."""
    lark = Operator(new_key(), "LRK", "Larkmoor", "GB", "en", "Europe/London")
    luna = Operator(new_key(), "LUN", "Luna", "PL", "pl", "Europe/Warsaw")
    people = [
        Customer(new_key(), "", one.key, CustomerKind.SUBSCRIBER, one.name, one.language, place=place)
        for one, place in (
            (lark, Place(postcode="LS1 1AA", town="Leeds", country="GB")),
            (luna, Place(postcode="20-001", town="Lublin", country="PL")),
        )
    ]
    await _store(file, lark, luna, *people)


async def test_r22_an_outage_of_all_is_published_for_those_whom_it_hits(tmp_path: Path) -> None:
    """R22: nobody said whose it is; the page of the operator without a customer there is silent about it."""
    file, folder = tmp_path / "desk.db", tmp_path / "page"
    await _two_brands(file)
    made = outage(key=new_key(), reference="", coverage=Coverage(("internet",), towns=("Lublin",)), operator_keys=())
    await _store(file, replace(made, say="Naprawiamy.", started_at=datetime.now(UTC) - timedelta(hours=1)))
    subprocess.run(_command(file, "publish", str(folder)), env=_environment(tmp_path), timeout=60, check=True)
    assert json.loads((folder / "lrk" / JSON).read_text("utf-8"))["outages"] == []
    [told] = json.loads((folder / "lun" / JSON).read_text("utf-8"))["outages"]
    assert told["text"]["pl"] == "Naprawiamy."
    assert "Lublin" in told["text"]["en"]
    alone = _command(file, "publish", str(tmp_path / "alone"), "--operator", "LRK")
    subprocess.run(alone, env=_environment(tmp_path), timeout=60, check=True)
    assert json.loads((tmp_path / "alone" / JSON).read_text("utf-8"))["outages"] == []


async def test_r22_nobody_is_greeted_in_the_name_of_an_operator_who_is_not_hit(tmp_path: Path) -> None:
    """R22: the greeting is of the operator whom it hits; where nobody knows, the command asks."""
    file = tmp_path / "desk.db"
    await _two_brands(file)
    lublin = outage(key=new_key(), reference="", coverage=Coverage(towns=("Lublin",)), operator_keys=())
    nowhere = replace(lublin, key=new_key(), coverage=Coverage(towns=("Nowhere",)))
    hit, unknown = [one for one in await _store(file, lublin, nowhere) if isinstance(one, Outage)]

    def ran(one: Outage, *more: str) -> subprocess.CompletedProcess[str]:
        command = _command(file, "words", one.reference, "--kind", "greeting", *more)
        return subprocess.run(
            command, env=_environment(tmp_path), capture_output=True, text=True, timeout=60, check=False
        )

    assert "Witamy w Luna." in ran(hit, "--language", "pl").stdout
    assert "Larkmoor" not in ran(hit).stdout
    refused = ran(hit, "--operator", "LRK")
    assert (refused.returncode, refused.stdout) == (codes.USAGE, "")
    assert "LUN" in refused.stderr
    asked = ran(unknown)
    assert (asked.returncode, asked.stdout) == (codes.USAGE, "")
    assert "--operator" in asked.stderr
    assert "LRK, LUN" in asked.stderr
    assert "Larkmoor" in ran(unknown, "--operator", "LRK", "--language", "en").stdout
