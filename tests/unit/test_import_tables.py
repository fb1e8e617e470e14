"""Tables come in whole: every row once, bad rows in a file of their own, and nothing by guesswork."""

from __future__ import annotations

import csv
import json
import stat
from collections.abc import Mapping as Table
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backends import clean
from backends.errors import BackendError, Busy, Full
from backends.memory import MemoryBackend
from backends.port import Batch, MatchedOn, Receipt, TicketFilter, TimelineFilter
from backends.records import (
    AnswerState,
    Contact,
    Customer,
    CustomerFlag,
    Money,
    Operator,
    PointKind,
    Ticket,
    TicketEvent,
    TicketKind,
    TicketState,
)
from console.desk.importing import (
    Format,
    Mapping,
    Order,
    Rejects,
    RejectsError,
    Report,
    UnknownOperator,
    mapping_from,
    run,
)

NOW = datetime(2031, 6, 1, 12, tzinfo=UTC)
NORD = Operator("op", "nord", "Nordnet", "SE", "sv", "Europe/Stockholm", "SEK")
SIMPLE: Table[str, Any] = {
    "source": "old",
    "operator": "nord",
    "time_zone": "Europe/Stockholm",
    "region": "SE",
    "currency": "SEK",
    "decimal": ",",
    "customer": {"id": "who", "name": "name"},
    "ticket": {
        "id": "nr",
        "kind": {"column": "kind", "table": {"Fel": "fault", "Faktura": "billing"}},
        "subject": "subject",
        "opened_at": {"column": "opened", "formats": ["%Y-%m-%d %H:%M"]},
    },
}
HEADER = "nr,who,name,kind,subject,opened\n"
GOOD = "1,a,Anna,Fel,No line,2031-05-01 10:00\n2,b,Bo,Faktura,Too much,2031-05-02 10:00\n"


async def store() -> MemoryBackend:
    """Return an open store with one operator."""
    backend = MemoryBackend([NORD], now=lambda: NOW)
    await backend.open()
    return backend


async def imported(
    backend: MemoryBackend,
    file: Path,
    mapping: Mapping | Table[str, Any] = SIMPLE,
    *,
    rejects: Path | None = None,
    dry_run: bool = False,
) -> Report:
    """Return the report of importing one file."""
    report = Report()
    checked = mapping if isinstance(mapping, Mapping) else mapping_from(mapping)
    format_ = Format.JSONL if file.suffix == ".jsonl" else Format.CSV
    order = Order(checked, format_, (file,), "tester", NOW, dry_run=dry_run)
    with Rejects(rejects) as kept:
        await run(order, backend, report, kept, lambda _done, _total: None)
    return report


def table(tmp_path: Path, text: str | bytes, name: str = "in.csv") -> Path:
    """Return a file with that content."""
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def changed(**parts: Any) -> dict[str, Any]:
    """Return the simple mapping with other or more parts; tables are joined."""
    made = dict(SIMPLE)
    for name, value in parts.items():
        made[name] = {**made.get(name, {}), **value} if isinstance(value, dict) else value
    return made


async def tickets(backend: MemoryBackend) -> dict[str, Ticket]:
    """Return all tickets by foreign number."""
    page = await backend.tickets(TicketFilter(), limit=1000)
    return {ticket.origin.foreign_id: ticket for ticket in page.rows if ticket.origin}


async def test_a_row_becomes_customer_and_ticket(tmp_path: Path) -> None:
    """Fields, local time and tables of values arrive; the ticket's history begins with its opening."""
    backend = await store()
    report = await imported(backend, table(tmp_path, HEADER + GOOD))
    found = (await tickets(backend))["1"]
    assert (found.kind, found.subject, found.state) == (TicketKind.FAULT, "No line", TicketState.OPEN)
    assert found.opened_at == datetime(2031, 5, 1, 8, tzinfo=UTC)
    customer = (await backend.customer_file(found.customer_key)).customer
    assert (customer.name, customer.language, customer.place.country) == ("Anna", "sv", "SE")
    entries = (await backend.timeline(customer.key)).rows
    assert [entry.at for entry in entries if isinstance(entry, TicketEvent)] == [found.opened_at]
    assert report.added == {"customer": 2, "ticket": 2, "ticket_event": 2}
    assert report.finished


async def test_a_second_run_adds_nothing(tmp_path: Path) -> None:
    """Every record of the first run is known to the second, events included."""
    backend = await store()
    file = table(tmp_path, HEADER + GOOD)
    await imported(backend, file)
    before = backend.store.state.tables
    report = await imported(backend, file)
    assert report.added == {}
    assert report.known == {"customer": 2, "ticket": 2}
    assert backend.store.state.tables == before


async def test_a_longer_file_adds_only_what_is_new(tmp_path: Path) -> None:
    """Yesterday's rows are known, today's are added, also for customers we have."""
    backend = await store()
    await imported(backend, table(tmp_path, HEADER + GOOD))
    report = await imported(backend, table(tmp_path, HEADER + GOOD + "3,a,Anna,Fel,Again,2031-05-03 10:00\n"))
    assert report.added == {"ticket": 1, "ticket_event": 1}
    found = await tickets(backend)
    assert found["3"].customer_key == found["1"].customer_key


async def test_a_trial_run_writes_nothing_and_tells_what_would_be(tmp_path: Path) -> None:
    """The store is the same object's worth before and after; the figures are those of the real run."""
    backend = await store()
    file = table(tmp_path, HEADER + GOOD + "3,c,,Fel,x,2031-05-03 10:00\n")
    before = backend.store.state
    trial = await imported(backend, file, dry_run=True)
    assert backend.store.state is before
    real = await imported(backend, file)
    assert (trial.added, trial.rejected, trial.reasons) == (real.added, real.rejected, real.reasons)
    again = await imported(backend, file, dry_run=True)
    assert again.added == {}
    assert again.known == {"customer": 2, "ticket": 2}


async def test_bad_rows_go_to_a_file_and_the_rest_comes_in(tmp_path: Path) -> None:
    """Row number as a spreadsheet counts, field, reason and the row; the file is private."""
    rows = (
        HEADER + "1,a,Anna,Fel,ok,2031-05-01 10:00\n"
        "2,a,Anna,Hund,ok,2031-05-01 10:00\n"
        "3,a,Anna,Fel,ok,first of May\n"
        "4,a,Anna,Fel\n"
        '5,a,Anna,Fel,"multi\nline",2031-05-01 10:00\n'
        "6,a,Anna,Fel,,2031-05-01 10:00\n"
        "7,a,Anna,Fel,too,many,2031-05-01 10:00\n"
        ",z,Zoe,Fel,no number,2031-05-01 10:00\n"
        "8,a,Anna,Fel,ok,2031-05-01 10:00\n"
    )
    backend = await store()
    rejects = tmp_path / "rejects.csv"
    report = await imported(backend, table(tmp_path, rows), rejects=rejects)
    assert sorted(await tickets(backend)) == ["1", "5", "8"]
    with rejects.open(encoding="utf-8", newline="") as file:
        kept = list(csv.DictReader(file))
    assert [(row["row"], row["field"], row["reason"]) for row in kept] == [
        ("3", "ticket.kind", "unknown_value"),
        ("4", "ticket.opened_at", "no_date"),
        ("5", "", "ragged"),
        ("7", "ticket.subject", "empty"),
        ("8", "", "ragged"),
        ("9", "ticket.id", "empty"),
    ]
    assert kept[0]["original"] == "2,a,Anna,Hund,ok,2031-05-01 10:00"
    assert all(row["message"] for row in kept)
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600
    assert report.rejected == 6
    assert report.rejects_file == str(rejects)


async def test_rejects_never_overwrite(tmp_path: Path) -> None:
    """A file that is there already is somebody's; following a link would be worse."""
    backend = await store()
    (tmp_path / "rejects.csv").write_text("mine")
    with pytest.raises(RejectsError):
        await imported(backend, table(tmp_path, HEADER + "x\n"), rejects=tmp_path / "rejects.csv")
    assert (tmp_path / "rejects.csv").read_text() == "mine"


async def test_an_open_quote_costs_its_own_row(tmp_path: Path) -> None:
    """The quotation mark that is never closed does not swallow the rest of the file."""
    rows = (
        HEADER
        + '1,a,Anna,Fel,"never closed,2031-05-01 10:00\n'
        + "".join(f"{number},a,Anna,Fel,ok,2031-05-01 10:00\n" for number in range(2, 50))
    )
    backend = await store()
    report = await imported(backend, table(tmp_path, rows))
    assert sorted(await tickets(backend), key=int) == [str(number) for number in range(2, 50)]
    assert report.reasons == {("", "bad_quotes"): 1}


async def test_huge_rows_are_rejected_and_reading_goes_on(tmp_path: Path) -> None:
    """A row over the limit, in one line or in many, is not taken into memory as a whole."""
    rows = HEADER + f"1,a,Anna,Fel,{'x' * 5000},2031-05-01 10:00\n" + '2,a,Anna,Fel,"' + "y\n" * 2000 + '",d\n'
    backend = await store()
    mapping = changed(file={"row_limit": 1000})
    report = await imported(backend, table(tmp_path, rows + GOOD.replace("1,", "11,", 1)), mapping)
    assert "11" in await tickets(backend)
    assert report.reasons["", "too_big"] == 2


async def test_encodings_are_tried_row_by_row(tmp_path: Path) -> None:
    """A file glued together from two systems comes in; a row that fits no encoding is rejected."""
    rows = (HEADER + "1,a,Łucja,Fel,zażółć,2031-05-01 10:00\n").encode() + (
        "2,b,Åke,Fel,rött ljus,2031-05-01 10:00\n".encode("cp1252") + b"3,c,\x81\x8d,Fel,?,2031-05-01 10:00\n"
    )
    backend = await store()
    report = await imported(backend, table(tmp_path, rows), changed(file={"encoding": ["utf-8", "cp1252"]}))
    names = {customer.name for customer in backend.store.state.every(Customer)}
    assert names == {"Łucja", "Åke"}
    assert report.reasons == {("", "bad_encoding"): 1}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
async def test_marks_at_the_beginning_of_a_file_are_no_part_of_a_column(tmp_path: Path, encoding: str) -> None:
    """What spreadsheets write first does not hide the first column."""
    backend = await store()
    mapping = changed(file={"encoding": "utf-8" if encoding == "utf-8-sig" else encoding})
    report = await imported(backend, table(tmp_path, (HEADER + GOOD).encode(encoding)), mapping)
    assert report.added["ticket"] == 2


async def test_nul_and_controls_are_cleaned_and_the_original_kept(tmp_path: Path) -> None:
    """Nothing that a terminal obeys is stored as text; the bytes of the row are kept for export."""
    row = b"1,a,An\x00na,Fel,\x1b[2Jgone\x07 \xe2\x80\xaetxt,2031-05-01 10:00\n"
    backend = await store()
    await imported(backend, table(tmp_path, HEADER.encode() + row))
    ticket = (await tickets(backend))["1"]
    assert ticket.subject == "␛[2Jgone␇ txt"
    assert backend.store.state.raws[Ticket, ticket.key] == row


async def test_a_missing_column_is_explained_and_other_files_still_come_in(tmp_path: Path) -> None:
    """The message names what is missing and what looks like it."""
    backend = await store()
    wrong = table(tmp_path, HEADER.replace("subject", "Subjekt") + GOOD, "wrong.csv")
    right = table(tmp_path, HEADER + GOOD, "right.csv")
    report = Report()
    order = Order(mapping_from(SIMPLE), Format.CSV, (wrong, tmp_path / "none.csv", right), "tester", NOW)
    await run(order, backend, report, Rejects(None), lambda _done, _total: None)
    assert [file for file, _why in report.unusable] == [str(wrong), str(tmp_path / "none.csv")]
    assert "Subjekt" in report.unusable[0][1]
    assert report.added["ticket"] == 2


async def test_what_the_store_refuses_is_one_rejected_row(tmp_path: Path) -> None:
    """Two rows that ask for the same reference: one is stored, the other rejected, the batch around them stored."""
    rows = "".join(f"{number},c{number},N,Fel,s,2031-05-01 10:00\n" for number in range(1, 40))
    mapping = changed(ticket={"reference": {"column": "nr", "table": {"17": "X", "3": "X"}, "otherwise": ""}})
    backend = await store()
    report = await imported(backend, table(tmp_path, HEADER + rows), mapping)
    assert len(await tickets(backend)) == 38
    assert report.reasons == {("reference", "taken"): 1}
    assert sum(1 for _customer in backend.store.state.every(Customer)) == 38


async def test_a_busy_store_is_waited_for_and_a_full_one_ends_the_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another writer costs time and no row; without room the import stops, and goes on when there is some."""
    backend = await store()
    write = backend.write
    troubles: list[BackendError] = [Busy("", retry_after=0.001), Busy("", retry_after=0.001), Full()]

    async def troubled(batch: Batch) -> Receipt:
        if troubles and isinstance(troubles[0], Busy):
            raise troubles.pop(0)
        if troubles and await tickets(backend):
            raise troubles.pop(0)
        return await write(batch)

    monkeypatch.setattr(backend, "write", troubled)
    file = table(tmp_path, HEADER + GOOD)
    with pytest.raises(Full):
        await imported(backend, file, changed(batch=1))
    assert sorted(await tickets(backend)) == ["1"]
    report = await imported(backend, file, changed(batch=1))
    assert (report.added["ticket"], report.known["ticket"]) == (1, 1)
    assert troubles == []


async def test_an_id_that_says_two_things_is_rejected_and_a_repetition_is_counted(tmp_path: Path) -> None:
    """A row must not vanish behind the id of another one; the same row twice is only once."""
    first = "1,a,Anna,Fel,one,2031-05-01 10:00\n"
    backend = await store()
    report = await imported(backend, table(tmp_path, HEADER + first + first + first.replace("one", "two")))
    assert (report.added["ticket"], report.repeated) == (1, 1)
    assert report.reasons == {("id", "repeated_id"): 1}


async def test_ambiguous_dates_are_rejected_or_counted(tmp_path: Path) -> None:
    """Without `prefer` the rows are rejected with that reason; with it they come in and are reported with examples."""
    rows = HEADER + "1,a,A,Fel,s,04-08-15\n2,b,B,Fel,s,23-06-15\n3,c,C,Fel,s,05-05-15\n"
    formats = ["%m-%d-%y", "%d-%m-%y"]
    strict = changed(ticket={"opened_at": {"column": "opened", "formats": formats}})
    backend = await store()
    report = await imported(backend, table(tmp_path, rows), strict)
    assert sorted(await tickets(backend)) == ["2", "3"]
    assert report.reasons == {("ticket.opened_at", "ambiguous_date"): 1}
    assert report.ambiguous == 1
    settled = changed(ticket={"opened_at": {"column": "opened", "formats": formats, "prefer": formats[0]}})
    report = await imported(backend, table(tmp_path, rows), settled)
    assert (await tickets(backend))["1"].opened_at.date().isoformat() == "2015-04-07"  # midnight in Stockholm
    assert report.ambiguous == 1
    (example,) = report.examples["ticket.opened_at", "settled_by_prefer"]
    assert (example.row, example.text, example.taken, example.other) == (2, "04-08-15", "2015-04-08", "2015-08-04")


async def test_customers_are_matched_by_what_only_they_have(tmp_path: Path) -> None:
    """A row of a customer we have hangs on that one; two rows of a new one make one customer."""
    mapping = changed(customer={"id": "who", "match": ["email", "phone"], "email": "mail", "phone": "tel"})
    mapping["customer"].pop("id")
    head = "nr,name,kind,subject,opened,mail,tel\n"
    rows = "1,Anna,Fel,s,2031-05-01 10:00,ANNA@example.net,08-123 456 78\n"
    more = "2,Anna L,Fel,s,2031-05-01 11:00,anna@example.net,\n3,A,Fel,s,2031-05-01 12:00,,+46 8 123 456 78\n"
    backend = await store()
    first = await imported(backend, table(tmp_path, head + rows + more), mapping)
    second = await imported(backend, table(tmp_path, head + more.replace("2,", "4,", 1)), mapping)
    assert first.added["customer"] == 1
    assert second.added == {"ticket": 1, "ticket_event": 1}
    assert second.known == {"ticket": 1, "customer": 1}
    assert len({ticket.customer_key for ticket in (await tickets(backend)).values()}) == 1
    (match,) = await backend.search("+46812345678")
    assert match.on is MatchedOn.PHONE


async def test_a_row_that_fits_two_customers_is_rejected(tmp_path: Path) -> None:
    """Whose ticket it is, nobody guesses."""
    rows = "1,a,Anna,Fel,s,2031-05-01 10:00\n2,b,Bo,Fel,s,2031-05-01 10:00\n"
    plain = changed(customer={"email": {"constant": "both@example.net"}})
    matching = changed(customer={"match": ["email"], "email": {"constant": "both@example.net"}})
    backend = await store()
    await imported(backend, table(tmp_path, HEADER + rows), plain)
    report = await imported(backend, table(tmp_path, HEADER + "3,c,C,Fel,s,2031-05-01 10:00\n"), matching)
    assert report.reasons == {("customer.email", "several_customers"): 1}


FULL: Table[str, Any] = {
    **SIMPLE,
    "customer": {
        "id": "who",
        "name": {"columns": ["first", "last"]},
        "kind": {"constant": "prospect"},
        "phone": {"column": "tel", "split": "/", "invalid": "drop"},
        "email": {"column": "mail"},
        "place": {
            "street": {"column": "adr", "split": ",", "take": 1},
            "town": {"column": "adr", "split": ",", "take": -1},
        },
        "flags": {"business": "biz"},
    },
    "line": {"number": "line", "service": {"constant": "Internet"}, "path": {"node": "node"}},
    "contract": {"number": "contract", "product": {"constant": "Fibre"}, "started_on": "since", "price": "price"},
    "ticket": {**SIMPLE["ticket"], "details": {"light": "light"}, "state": {"constant": "closed"},
               "closed_at": {"column": "closed", "formats": ["%Y-%m-%d %H:%M"]}},
    "contact": {"channel": {"constant": "email"}, "at": {"same_as": "ticket.opened_at"},
                "body": {"columns": ["text", "more"], "join": "\n\n"}, "answer": {"constant": "waiting"}},
    "skip": [{"column": "subject", "pattern": "^test"}],
}  # fmt: skip
FULL_ROWS = (
    "nr,who,first,last,tel,mail,adr,biz,line,node,contract,since,price,kind,subject,opened,closed,light,text,more\n"
    '1,a,Anna,Lind,08-123 456 78 / 070-123 45 67 / none,Anna@Example.net,"Gatan 1, 111 22, Stockholm",ja,L-1,N7,K-1,'
    '2030-01-01,"1.249,50 kr",Fel,No line,2031-05-01 10:00,2031-05-02 10:00,red,Hello,World\n'
    '2,a,Anna,Lind,,,,nej,L-1,N7,K-1,2030-01-01,"1249,5",Fel,Again,2031-05-03 10:00,2031-05-04 10:00,,Hi,\n'
    "3,b,Bo,Ek,,,,,,,,,,Fel,No contract,2031-05-03 10:00,2031-05-04 10:00,,Hi,\n"
    "4,b,Bo,Ek,,,,,,,,,,Fel,test 123,2031-05-03 10:00,2031-05-04 10:00,,Hi,\n"
)


async def test_all_that_a_row_can_become(tmp_path: Path) -> None:
    """Joined and cut columns, several numbers, flags, line, contract with its price, details, contact, skipped rows."""
    backend = await store()
    file = table(tmp_path, FULL_ROWS)
    report = await imported(backend, file, FULL)
    assert not report.rejected
    ticket = (await tickets(backend))["1"]
    held = await backend.customer_file(ticket.customer_key)
    assert held.customer.name == "Anna Lind"
    assert [(point.kind, point.value) for point in held.customer.points] == [
        (PointKind.PHONE, "+46812345678"), (PointKind.PHONE, "+46701234567"), (PointKind.EMAIL, "anna@example.net"),
    ]  # fmt: skip
    assert (held.customer.place.street, held.customer.place.town) == ("Gatan 1", "Stockholm")
    assert held.customer.flags == {CustomerFlag.BUSINESS}
    assert [(line.number, line.service, line.path.node, line.place.town) for line in held.lines] == [
        ("L-1", "internet", "N7", "Stockholm")]  # fmt: skip
    assert [(each.number, each.price, each.line_keys) for each in held.contracts] == [
        ("K-1", Money(124950, "SEK"), (held.lines[0].key,))]  # fmt: skip
    assert (ticket.details, ticket.line_key) == ((("light", "red"),), held.lines[0].key)
    assert (await tickets(backend))["2"].line_key == held.lines[0].key
    entries = (await backend.timeline(ticket.customer_key, only=TimelineFilter(ticket_key=ticket.key))).rows
    (contact,) = [entry for entry in entries if isinstance(entry, Contact)]
    assert (contact.body, contact.answer) == ("Hello\n\nWorld", AnswerState.WAITING)
    assert len([entry for entry in entries if isinstance(entry, TicketEvent)]) == 2
    assert report.skipped == 1
    assert report.doubts == {("customer.phone", "bad_phone"): 1}
    again = await imported(backend, file, FULL)
    assert again.added == {}


async def test_lines_and_contracts_survive_a_refused_neighbour(tmp_path: Path) -> None:
    """When a batch must be taken apart, what the good rows bring is still stored once."""
    mapping = {**FULL, "ticket": {**FULL["ticket"], "reference": {"constant": "SAME"}}}
    backend = await store()
    report = await imported(backend, table(tmp_path, FULL_ROWS), mapping)
    assert report.added["ticket"] == 1
    ticket = (await tickets(backend))["1"]
    assert len((await backend.customer_file(ticket.customer_key)).lines) == 1


async def test_json_lines_with_ways_and_lists(tmp_path: Path) -> None:
    """Nested values are reached by their way, lists give several values, what is no object is rejected."""
    mapping = changed(customer={"id": "p.no", "name": "p.name", "phone": "p.tel", "email": "p.mails.0"})
    row = {"nr": 7, "p": {"no": 1, "name": "Bo", "tel": ["08-123 456 78", "070-123 45 67"], "mails": ["b@x.se"]},
           "kind": "fel", "subject": "s", "opened": "2031-05-01 10:00"}  # fmt: skip
    lines = [json.dumps(row), "", "[1]", "{", "[" * 100_000, json.dumps({**row, "nr": 8, "p": {"no": 2, "name": None}})]
    backend = await store()
    report = await imported(backend, table(tmp_path, "\n".join(lines), "in.jsonl"), mapping)
    ticket = (await tickets(backend))["7"]
    points = (await backend.customer_file(ticket.customer_key)).customer.points
    assert [point.value for point in points] == ["+46812345678", "+46701234567", "b@x.se"]
    assert report.reasons == {("", "bad_json"): 3, ("customer.name", "empty"): 1}


async def test_an_unknown_operator_is_named(tmp_path: Path) -> None:
    """Nothing is imported for an operator that does not exist, unless the mapping describes it."""
    backend = await store()
    file = table(tmp_path, HEADER + GOOD)
    with pytest.raises(UnknownOperator) as unknown:
        await imported(backend, file, changed(operator="sud"))
    assert unknown.value.codes == ("nord",)
    sud = {"code": "sud", "name": "Sud", "country": "IT", "language": "it", "time_zone": "Europe/Rome"}
    described = {**SIMPLE, "operator": sud}
    report = await imported(backend, file, described)
    assert report.added["operator"] == 1
    assert {operator.code for operator in await backend.operators()} == {"nord", "sud"}


hostile = st.text(
    alphabet=st.characters(exclude_categories=["Cs"]) | st.sampled_from('\x00\x1b\x07\r\n\t",;=+-@\u202e\u0301'),
    max_size=60,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(hostile, hostile), min_size=1, max_size=8))
async def test_hostile_cells_never_break_an_import(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]]
) -> None:
    """Whatever stands in the cells: each row is stored clean or rejected, and a second run adds nothing."""
    folder = tmp_path_factory.mktemp("hostile")
    file = folder / "in.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER.strip().split(","))
        for number, (name, subject) in enumerate(cells):
            writer.writerow([f"n{number}", f"c{number}", name, "Fel", subject, "2031-05-01 10:00"])
    backend = await store()
    report = await imported(backend, file, rejects=folder / "rejects.csv")
    assert report.added["ticket"] + report.rejected == len(cells)
    for ticket in (await tickets(backend)).values():
        assert clean.line(ticket.subject) == ticket.subject
    for customer in backend.store.state.every(Customer):
        assert clean.line(customer.name) == customer.name
    again = await imported(backend, file, rejects=folder / "again.csv")
    assert again.added == {}
    if report.rejected:
        with (folder / "rejects.csv").open(encoding="utf-8", newline="") as kept:
            for row in csv.reader(kept):
                assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
