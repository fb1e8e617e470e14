"""The commands on a backend in memory: what they print, for people, for programs, as JSON, and how they end."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from backends.memory import MemoryBackend
from backends.records import (
    Agent,
    AnswerState,
    Channel,
    Contact,
    ContactPoint,
    Coverage,
    Customer,
    CustomerKind,
    Direction,
    Line,
    Operator,
    Outage,
    OutageKind,
    OutageState,
    Place,
    PointKind,
    Role,
    Ticket,
    TicketKind,
    TicketState,
)
from console import cli, i18n
from console.cli import codes
from console.cli.output import Writer
from console.cli.setting import Setting

NOW = datetime.now(UTC).replace(microsecond=0)
HOSTILE = "Eve\x1b[2J\x07\u202egnp\x9b31m\x00 [bold]x[/bold] ​\u2028end"
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]")


def records() -> list[Any]:
    """Return an operator with three customers, one of them hostile in every text."""
    place = Place(street="Długa", house="7", postcode="61-001", town="Poznań", country="PL")
    return [
        Operator("o1", "NORD", "Nordlys", "SE", "sv", "Europe/Stockholm"),
        Operator("o2", "ACME", "Acme Tel", "GB", "en", "Europe/London"),
        Agent("a1", "anna", "Anna", frozenset({Role.DESK})),
        Agent("a2", "tess", "Tess", frozenset({Role.TECHNICAL})),
        Customer(
            "c1", "C-1001", "o1", CustomerKind.SUBSCRIBER, "Søren Łukasz", "pl", place=place,
            points=(ContactPoint(PointKind.MOBILE, "+48601002003"),),
        ),
        Customer("c2", "C-1002", "o2", CustomerKind.PROSPECT, "Anna Łukasz", "en"),
        Customer("c3", "C-1003", "o1", CustomerKind.SUBSCRIBER, HOSTILE, "en"),
        Line("l1", "L-1", "c1", "internet", place=place),
        Ticket("t1", "T-1", "c1", "o1", TicketKind.FAULT, "No internet", NOW - timedelta(hours=30)),
        Ticket("t2", "T-2", "c3", "o1", TicketKind.BILLING, HOSTILE, NOW - timedelta(hours=2)),
        Ticket(
            "t3", "T-3", "c1", "o1", TicketKind.SALES, "Faster", NOW - timedelta(days=5), TicketState.CLOSED,
            closed_at=NOW - timedelta(days=4),
        ),
        Contact(
            "k1", "K-1", "c1", "o1", Channel.EMAIL, Direction.INBOUND, NOW - timedelta(hours=3), "Modem",
            "The modem is blinking red since Monday.", answer=AnswerState.WAITING,
        ),
        Contact(
            "k2", "K-2", "c3", "o1", Channel.CHAT, Direction.INBOUND, NOW - timedelta(hours=1), HOSTILE,
            HOSTILE + " blinking", answer=AnswerState.WAITING,
        ),
        Contact("k3", "K-3", "c1", "o1", Channel.CALL, Direction.OUTBOUND, NOW - timedelta(days=1), "", "Long\ntext"),
        Outage(
            "u1", "O-1", OutageState.SUSPECTED, "Slow in Poznań", NOW - timedelta(hours=1),
            Coverage(postcodes=("61-*",)),
        ),
    ]  # fmt: skip


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Pipe(io.StringIO):
    """A stream that a program reads."""

    encoding = "utf-8"


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Ended]


@pytest.fixture(autouse=True)
def _english() -> Any:
    """Speak English again afterwards."""
    yield
    i18n.use("en")


@pytest.fixture
def call(tmp_path: Path) -> Call:
    """Return a function that runs a command on one and the same backend in memory."""
    backend = MemoryBackend(records())

    def run(*argv: str, tty: bool = False, environ: dict[str, str] | None = None) -> Ended:
        out, err = (Terminal(), Terminal()) if tty else (Pipe(), Pipe())
        setting = Setting(
            Writer(out),
            Writer(err),
            {"CORDBOARD_HOME": str(tmp_path), "CORDBOARD_BACKEND": "memory:", "TZ": "UTC", **(environ or {})},
            connect=lambda _url, **_settings: backend.another(),
        )
        code = cli.run(argv, setting)
        return Ended(code, out.getvalue(), err.getvalue())

    return run


def test_find_prints_one_customer_a_line_into_a_pipe(call: Call) -> None:
    """Programs get whole cells parted by tabs, without headings."""
    ended = call("find", "lukasz")
    assert ended.code == codes.OK
    rows = sorted(line.split("\t") for line in ended.out.splitlines())
    assert [row[:3] for row in rows] == [
        ["C-1001", "Søren Łukasz", "name"],
        ["C-1002", "Anna Łukasz", "name"],
    ]
    assert [row[4] for row in rows] == ["NORD", "ACME"]


def test_find_prints_headings_and_words_on_a_terminal(call: Call) -> None:
    """People get a table whose columns line up."""
    lines = call("find", "+48 601 002 003", tty=True).out.splitlines()
    assert lines[0].startswith("Number")
    assert lines[1].index("Søren") == lines[0].index("Name")
    assert "telephone" in lines[1]


def test_find_as_json_says_number_name_and_reason(call: Call) -> None:
    """The promised fields are there."""
    [found] = call("find", "C-1001", "--json").json
    assert (found["number"], found["name"], found["matched_on"]) == ("C-1001", "Søren Łukasz", "number")
    assert found["exact"] is True


def test_find_nothing_is_one_and_silent_in_a_pipe(call: Call) -> None:
    """As with grep."""
    assert call("find", "nobody at all") == Ended(codes.FAILED, "", "")
    assert call("find", "nobody at all", "--json") == Ended(codes.FAILED, "[]\n", "")
    assert "Nothing found" in call("find", "nobody at all", tty=True).err


def test_find_keeps_to_the_operator_asked_for(call: Call) -> None:
    """A brand's agent does not see another brand's customers; an unknown code is a usage error."""
    assert [one["number"] for one in call("find", "lukasz", "--operator", "acme", "--json").json] == ["C-1002"]
    ended = call("find", "lukasz", "--operator", "XYZ")
    assert ended.code == codes.USAGE
    assert "known: ACME, NORD" in ended.err


def test_find_marks_names_that_are_only_alike(call: Call) -> None:
    """A misspelt name is found as such, in words and in JSON; no command takes it for the customer who was named."""
    assert call("find", "lukazs", tty=True).out.count("similar name") == 2
    found = call("find", "lukazs", "--json").json
    assert {(one["number"], one["near"], one["exact"]) for one in found} == {
        ("C-1001", True, False),
        ("C-1002", True, False),
    }
    assert not any(one["near"] for one in call("find", "lukasz", "--json").json)
    ended = call("show", "soren lukazs")
    assert ended.code == codes.FAILED
    assert "names like it: C-1001 Søren Łukasz" in ended.err


@pytest.mark.parametrize(
    "argv",
    [["find", "lukasz"], ["find", "--text", "blinking"], ["tickets"], ["queue"], ["audit", "list"]],
    ids=" ".join,
)
def test_what_is_cut_is_said_beside_the_list(call: Call, argv: list[str]) -> None:
    """A list that ends at its limit says so on standard error, and only then; JSON and rows stay what they are."""
    for number in ("C-1001", "C-1002"):
        call("show", number)
    everything = call(*argv, "--json")
    count = len(everything.json)
    assert count >= 2
    assert everything.err == ""
    assert call(*argv, "--limit", str(count), "--json").err == ""
    fewer = call(*argv, "--limit", str(count - 1), "--json")
    assert len(fewer.json) == count - 1
    assert fewer.err == f"{count - 1} shown, there are more; print more with --limit N\n"
    assert len(call(*argv, "--limit", "1").out.splitlines()) == 1


def test_find_text_looks_into_what_was_written(call: Call) -> None:
    """Words of a body are found, newest first, with the contact's reference."""
    found = call("find", "--text", "blinking", "--json").json
    assert [one["reference"] for one in found] == ["K-2", "K-1"]
    assert found[1]["number"] == "C-1001"
    assert found[1]["matched_on"] == "text"
    assert [one["reference"] for one in call("find", "--text", "blink", "--limit", "1", "--json").json] == ["K-2"]
    assert call("find", "--text", "blinking", "--operator", "ACME").code == codes.FAILED


def test_query_that_looks_like_an_option_is_data_after_two_dashes(call: Call) -> None:
    """Nothing a customer says is an option."""
    assert call("find", "--", "--text").code == codes.FAILED


def test_tickets_filters(call: Call) -> None:
    """Open ones, one customer's, one kind's; newest first."""

    def references(*argv: str) -> list[str]:
        return [one["reference"] for one in call("tickets", "--json", *argv).json]

    assert references() == ["T-2", "T-1", "T-3"]
    assert references("--open") == ["T-2", "T-1"]
    assert references("--customer", "C-1001") == ["T-1", "T-3"]
    assert references("--kind", "sales", "--kind", "fault") == ["T-1", "T-3"]
    assert references("--state", "closed") == ["T-3"]
    assert references("--limit", "1") == ["T-2"]
    assert references("--operator", "ACME") == []


def test_tickets_name_their_customers(call: Call) -> None:
    """A list of tickets says whose they are."""
    [found] = call("tickets", "--kind", "fault", "--json").json
    assert (found["customer_number"], found["customer_name"]) == ("C-1001", "Søren Łukasz")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found["opened_at"])
    assert found["closed_at"] is None


def test_tickets_that_cannot_exist_are_a_usage_error(call: Call) -> None:
    """A contradiction is named and not answered by an empty list."""
    assert call("tickets", "--open", "--state", "closed").code == codes.USAGE
    assert call("tickets", "--kind", "nonsense").code == codes.USAGE
    assert call("tickets", "--limit", "0").code == codes.USAGE


@pytest.mark.parametrize("argv", [["tickets", "--state"], ["tickets", "--kind"], ["outage", "list", "--state"]])
def test_a_choice_that_is_none_is_answered_with_the_choices(call: Call, argv: list[str]) -> None:
    """What can be chosen is listed as it is typed, not as it is written in Python."""
    ended = call(*argv, "bogus")
    assert ended.code == codes.USAGE
    assert "invalid choice: 'bogus' (choose from " in ended.err
    assert "<" not in ended.err
    assert {"tickets --state": "'in_progress'", "tickets --kind": "'fault'"}.get(
        " ".join(argv), "'dismissed'"
    ) in ended.err


def test_a_channel_on_which_nothing_waits_is_named_when_it_is_none_of_ours(call: Call) -> None:
    """A mistyped channel is told from an empty one; capitals do not matter."""
    ended = call("queue", "--channel", "telex", "--channel", "chat")
    assert ended.code == codes.OK
    assert ended.out.startswith("K-2\t")
    assert 'nothing waits on a channel "telex"; the known ones: call, email, chat' in ended.err
    assert (call("queue", "--channel", "fax").err, call("queue", "--channel", "fax").out) == ("", "")
    assert [one["reference"] for one in call("queue", "--channel", "Chat", "--json").json] == ["K-2"]


def test_r10_queue_lists_the_unanswered_oldest_first(call: Call) -> None:
    """R10: what waits longest comes first."""
    found = call("queue", "--json").json
    assert [one["reference"] for one in found] == ["K-1", "K-2"]
    assert found[0]["waiting_seconds"] >= 3 * 3600
    assert [one["reference"] for one in call("queue", "--channel", "chat", "--json").json] == ["K-2"]
    assert call("queue", "--operator", "ACME", "--json").json == []


def test_show_prints_the_whole_view(call: Call) -> None:
    """Who, outage, ticket and history come in this order, in lines."""
    ended = call("show", "C-1001")
    assert ended.code == codes.OK
    places = [ended.out.index(word) for word in ("Søren Łukasz", "SUSPECTED", "T-1 No internet", "History", "blinking")]
    assert places == sorted(places)
    assert "T-3 Faster" not in ended.out


@pytest.mark.parametrize("named", ["C-1001", "+48 601 002 003", "601002003", "c1", "søren"])
def test_show_finds_the_customer_by_what_is_known(call: Call, named: str) -> None:
    """Number, telephone number in any notation, key, or a name that only one bears."""
    assert call("show", named, "--json").json["customer"]["number"] == "C-1001"


def test_show_as_json_has_every_part(call: Call) -> None:
    """The promised parts are there, and are lists and objects."""
    shown = call("show", "C-1001", "--json").json
    assert {"customer", "opening", "outages", "tickets", "timeline", "sources"} <= set(shown)
    assert [one["reference"] for one in shown["outages"]] == ["O-1"]
    assert {one["reference"] for one in shown["tickets"]} == {"T-1", "T-3"}
    assert [one["reference"] for one in shown["timeline"] if one["type"] == "contact"] == ["K-1", "K-3"]
    assert shown["sources"][0]["state"] == "fresh"
    assert shown["opening"].endswith(".")


def test_show_limits_the_history_and_says_that_there_is_more(call: Call) -> None:
    """Nobody takes a part for the whole."""
    ended = call("show", "C-1001", "--limit", "1")
    assert "K-3" not in ended.out
    assert "Older entries" in ended.out
    assert call("show", "C-1001", "--limit", "1", "--json").json["more"] is True


def test_show_prints_whole_bodies_when_asked(call: Call) -> None:
    """Every line of a text is below its entry."""
    assert "    Long\n    text\n" in call("show", "C-1001", "--bodies").out


def test_show_ends_a_cut_text_at_a_word_and_says_that_it_is_cut(tmp_path: Path) -> None:
    """What the history holds only the beginning of ends with an ellipsis; what it holds whole does not."""
    words = " ".join(f"word{index}" for index in range(100))
    first, *others = [one for one in records() if getattr(one, "key", "") == "k1"]
    assert not others
    backend = MemoryBackend([*(one for one in records() if one != first), replace(first, body=words)])

    def shown(*argv: str) -> str:
        out = Pipe()
        environ = {"CORDBOARD_HOME": str(tmp_path), "CORDBOARD_BACKEND": "memory:", "TZ": "UTC"}
        setting = Setting(Writer(out), Writer(Pipe()), environ, connect=lambda _url, **_more: backend.another())
        assert cli.run(["show", "C-1001", *argv], setting) == codes.OK
        return out.getvalue()

    (line,) = [one for one in shown().splitlines() if "word0 word1 " in one]
    text = line.partition("word0")[2].partition("…")[0]
    assert "…" in line
    assert set(text.split()) <= set(words.split())
    (entry,) = [one for one in json.loads(shown("--json"))["timeline"] if one.get("reference") == "K-1"]
    assert entry["text"].endswith("…")
    assert words in shown("--bodies")
    assert "Long text…" not in shown()


def test_show_tells_times_where_the_customer_is(call: Call) -> None:
    """Times are the operator's, and their zone is named once when it is not the reader's."""
    for zone in ("UTC", "America/New_York"):
        out = call("show", "C-1001", environ={"TZ": zone}).out
        assert out.startswith("Times are those of Europe/Stockholm.\n")
        assert out.count("Europe/Stockholm") == 1
    here = call("show", "C-1001", environ={"TZ": "Europe/Stockholm"}).out
    assert "Times are those" not in here
    assert here.split("History")[1] == out.split("History")[1]


def test_show_asks_when_several_match(call: Call) -> None:
    """It never guesses which customer is meant."""
    ended = call("show", "lukasz")
    assert ended.code == codes.FAILED
    assert "C-1001 Søren Łukasz" in ended.err
    assert "C-1002 Anna Łukasz" in ended.err
    assert call("show", "nobody at all").code == codes.FAILED


def test_show_leaves_a_trace_in_the_audit_trail(call: Call) -> None:
    """Who read whom is known afterwards."""
    call("show", "C-1001", "--agent", "anna")
    [entry, *_rest] = call("audit", "list", "--customer", "C-1001", "--json").json
    assert (entry["actor"], entry["act"], entry["customer_key"]) == ("anna", "read", "c1")


def test_an_outage_from_suspicion_to_its_end(call: Call) -> None:
    """Raised, confirmed, updated, restored: each step is seen by the next command."""
    raised = call("outage", "raise", "TV is gone", "--town", "Lund", "--service", "tv", "--json", "--agent", "anna")
    reference = raised.json["reference"]
    assert raised.json["state"] == "suspected"
    assert raised.json["towns"] == ["Lund"]
    confirmed = call("outage", "confirm", reference, "--expected-end", "in 2h", "--json", "--agent", "tess").json
    assert confirmed["state"] == "confirmed"
    assert confirmed["expected_end"] is not None
    updated = call("outage", "update", reference.lower(), "A team is on its way", "--json", "--agent", "tess").json
    assert updated["updates"][-1]["text"] == "A team is on its way"
    assert reference in call("outage", "list").out
    assert call("outage", "restore", reference, "--agent", "tess").out.split("\t")[1] == "restored"
    assert reference not in call("outage", "list").out
    assert reference in call("outage", "list", "--all").out
    again = call("outage", "restore", reference, "--agent", "tess")
    assert again.code == codes.USAGE
    assert "over" in again.err


def test_what_is_confirmed_cannot_be_confirmed_again(call: Call) -> None:
    """The second colleague hears that the first was there, and nothing is stored."""
    call("outage", "confirm", "O-1", "--agent", "tess")
    again = call("outage", "confirm", "O-1", "--agent", "tess")
    assert again.code == codes.USAGE
    assert again.err == "cordboard: O-1 is confirmed already\n"


def test_planned_works_are_listed_as_such(tmp_path: Path) -> None:
    """Works are no outage that somebody confirmed, for people and for programs; restored they are over as others."""
    works = Outage("u9", "O-9", OutageState.CONFIRMED, "New cable", NOW, Coverage(), kind=OutageKind.PLANNED_WORKS)
    over = replace(works, key="u8", reference="O-8", state=OutageState.RESTORED, ended_at=NOW)
    backend = MemoryBackend([works, over])
    for out in (Terminal(), Pipe()):
        environ = {"CORDBOARD_HOME": str(tmp_path), "CORDBOARD_BACKEND": "memory:", "TZ": "UTC", "COLUMNS": "200"}
        setting = Setting(Writer(out), Writer(Pipe()), environ, connect=lambda _url, **_more: backend.another())
        assert cli.run(["outage", "list", "--all"], setting) == codes.OK
        shown = out.getvalue()
        assert ("planned works" if out.isatty() else "O-9\tplanned_works\t") in shown
        assert "confirmed" not in shown
        assert "restored" in shown


def test_an_export_needs_a_supervisor_and_says_why(call: Call) -> None:
    """Whom nobody knows is said first; the right is missing for what the export holds."""
    ended = call("export", "C-1001", "--agent", "anna")
    assert ended.code == codes.NOT_ALLOWED
    assert "An export holds the audit trail about the customer, so only a supervisor may make it." in ended.err
    assert ended.out == ""
    for command in ("export", "forget"):
        ended = call(command, "C-9999", "--agent", "anna", *(["--yes"] if command == "forget" else []))
        assert ended.code == codes.FAILED
        assert 'there is no customer "C-9999"' in ended.err


@pytest.mark.parametrize(
    "argv",
    [["find", "søren"], ["show", "C-1001"], ["tickets"], ["queue"], ["outage", "list"], ["audit", "list"]],
    ids=" ".join,
)
def test_looking_as_an_agent_whom_nobody_knows_is_warned_of(call: Call, argv: list[str]) -> None:
    """The list is the same, and standard error says that the login is none of the records', or which one is meant."""
    call("show", "C-1002", "--agent", "anna")
    known = call(*argv, "--agent", "anna") if argv[0] != "audit" else call(*argv)
    assert known.err == ""
    stranger = call(*argv, "--agent", "nobody")
    assert stranger.code == codes.OK
    assert stranger.err == 'cordboard: these records know no agent "nobody"\n'
    assert argv[0] == "audit" or stranger.out == known.out
    assert call(*argv, environ={"CORDBOARD_AGENT": "ana"}).err.endswith('did you mean "anna"?\n')
    assert call(*argv).err == "", "the computer's user was not named"


@pytest.mark.parametrize(
    "argv",
    [
        ["outage", "raise", "TV is gone", "--town", "Lund"],
        ["outage", "confirm", "O-1"],
        ["export", "C-1001"],
        ["forget", "C-1001", "--yes"],
    ],
    ids=" ".join,
)
def test_writing_as_an_agent_whom_nobody_knows_is_refused(call: Call, argv: list[str]) -> None:
    """The audit trail tells of nobody who is not there; nothing is stored or given out."""
    before = call("audit", "list").out
    ended = call(*argv, "--agent", "nobody")
    assert (ended.code, ended.out) == (codes.NOT_ALLOWED, "")
    assert ended.err == 'cordboard: these records know no agent "nobody"\n'
    assert call("audit", "list").out == before


def test_roles_of_the_configuration_speak_for_its_agent(call: Call, tmp_path: Path) -> None:
    """An agent with roles in the configuration needs no record; one without must be in the records."""
    config = tmp_path / "config.toml"
    config.write_text('[profiles.main]\nagent = "cron"\nroles = ["supervisor"]\n', encoding="utf-8")
    assert call("outage", "confirm", "O-1").code == codes.OK
    config.write_text('[profiles.main]\nagent = "cron"\n', encoding="utf-8")
    assert call("outage", "restore", "O-1").code == codes.NOT_ALLOWED
    assert "cron" in call("tickets").err


def test_a_suspicion_can_be_dismissed_with_its_reason(call: Call) -> None:
    """A false alarm ends, and says why."""
    dismissed = call("outage", "dismiss", "O-1", "A test", "--json", "--agent", "tess").json
    assert (dismissed["state"], dismissed["updates"][-1]["text"]) == ("dismissed", "A test")


def test_who_may_not_decide_on_outages_is_told_who_may(call: Call) -> None:
    """A desk agent may suspect and not confirm."""
    ended = call("outage", "confirm", "O-1", "--agent", "anna")
    assert ended.code == codes.NOT_ALLOWED
    assert "--agent LOGIN" in ended.err


def test_wrong_answers_for_an_outage_are_usage_errors(call: Call) -> None:
    """What is missing or cannot be read is named."""
    assert "postcodes" in call("outage", "raise", "Somewhere").err
    ended = call("outage", "confirm", "O-1", "--expected-end", "whenever")
    assert ended.code == codes.USAGE
    assert "expected-end" in ended.err
    assert call("outage", "confirm", "O-99").code == codes.FAILED


def test_audit_verify_says_that_the_trail_is_whole(call: Call) -> None:
    """A fresh trail is whole; only supervisors read it."""
    assert call("audit", "verify", "--json").json["ok"] is True
    assert call("audit", "list", "--agent", "anna").code == codes.NOT_ALLOWED


def test_a_broken_trail_is_a_data_error(call: Call, tmp_path: Path) -> None:
    """The first row that does not fit is named, on standard error and in the JSON."""
    backend = MemoryBackend(records())
    trail = backend.store.state.trail
    trail[1] = replace(trail[1], detail="nothing happened here")
    out, err = Pipe(), Pipe()
    environ = {"CORDBOARD_HOME": str(tmp_path), "CORDBOARD_BACKEND": "memory:"}
    setting = Setting(Writer(out), Writer(err), environ, connect=lambda _url: backend.another())
    assert cli.run(["audit", "verify", "--json"], setting) == codes.DATA
    assert json.loads(out.getvalue())["broken_at"] == 2
    assert "row 2" in err.getvalue()


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("tty", [False, True])
@pytest.mark.parametrize(
    "command",
    [
        ["find", "C-1003"],
        ["find", "--text", "blinking"],
        ["tickets"],
        ["queue"],
        ["show", "C-1003"],
        ["show", "C-1003", "--bodies"],
        ["outage", "list"],
        ["audit", "list"],
    ],
)
def test_no_stored_text_reaches_the_terminal_as_a_command(
    call: Call, command: list[str], tty: bool, as_json: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hostile names, subjects and bodies are printed without one control or bidi character."""
    monkeypatch.setenv("COLUMNS", "200")
    ended = call(*command, *(["--json"] if as_json else []), tty=tty)
    assert ended.code == codes.OK
    assert CONTROL.search(ended.out.replace("\t", "") if not tty else ended.out) is None
    if command[-1] in ("C-1003", "tickets", "queue", "blinking"):
        assert "[bold]x[/bold]" in ended.out


def test_a_hostile_argument_is_not_echoed_raw(call: Call) -> None:
    """An error message cannot be made to paint the screen either."""
    for argv in (
        ["\x1b[2Jfind"],
        ["show", "\x1b[2J\x07qqq"],
        ["tickets", "--kind", "\x9b31m"],
        ["find", "x", "--\x1b]0;"],
    ):
        ended = call(*argv)
        assert CONTROL.search(ended.err) is None
        assert ended.code in (codes.USAGE, codes.FAILED)


def test_the_language_follows_the_environment(call: Call, tmp_path: Path) -> None:
    """CORDBOARD_LANGUAGE wins over the file, the file over the locale."""
    call("backends", environ={"LANG": "pl_PL.UTF-8"})
    assert i18n.current_language() == "pl"
    (tmp_path / "config.toml").write_text("[interface]\nlanguage = 'it'\n", encoding="utf-8")
    call("backends", environ={"LANG": "pl_PL.UTF-8"})
    assert i18n.current_language() == "it"
    call("backends", environ={"CORDBOARD_LANGUAGE": "sv"})
    assert i18n.current_language() == "sv"
