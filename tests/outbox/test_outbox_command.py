"""`cordboard outbox`: what waits is listed, repeated, dropped and copied without any source."""

from __future__ import annotations

import io
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from backends.contract.samples import a_contact, a_ticket
from backends.errors import Invalid
from backends.outbox import Outbox, Post, journal_path
from backends.port import Batch, Put
from backends.records import Contact, Customer, CustomerKind
from console import cli, i18n
from console.cli import codes
from console.cli.output import Writer
from console.cli.setting import Setting
from tests.outbox.box_stage import ACTOR, BadLine, a_desk, until

CONFIG = """
profile = "hotline"
[profiles.hotline]
agent = "ola"
[profiles.hotline.sources.helpdesk]
url = "rt+https://helpdesk.example/rt/"
[profiles.hotline-two]
"""


@pytest.fixture(autouse=True)
def english() -> None:
    """Speak English, whatever the machine speaks."""
    i18n.use("en")


def run(home: Path, *argv: str) -> tuple[int, str, str]:
    """Run the command in a home of its own; returns code, output, errors."""
    (home / "config.toml").write_text(CONFIG)
    out, err = io.StringIO(), io.StringIO()

    def connect(url: str, **settings: object) -> Any:
        raise AssertionError("no source is to be opened")

    setting = Setting(Writer(out), Writer(err), {"CORDBOARD_HOME": str(home)}, connect=connect)
    return cli.run(["outbox", *argv], setting), out.getvalue(), err.getvalue()


async def filled(home: Path, source: str = "helpdesk", bodies: tuple[str, ...] = ("one", "two")) -> BadLine:
    """Write into the outbox of a source that is away."""
    line = BadLine()
    line.cut()
    path = journal_path(home / "state", "hotline", source)
    outbox = Outbox(line, path, agent=ACTOR, patience=0.1, poll=0.02)
    await outbox.open()
    customer = Customer("user:7", "C-7", "breza", CustomerKind.SUBSCRIBER, "Anna Nowak", "pl")
    for body in bodies:
        await outbox.write(Batch((Put(a_contact(customer, body=body, subject="Modem")),), ACTOR, act="create"))
    await outbox.close()
    return line


async def test_what_waits_is_listed_without_its_source(tmp_path: Path) -> None:
    """The list has number, since, source, customer, what, state and reason, for programs and as JSON."""
    await filled(tmp_path, bodies=("one", "ESC \x1b[2J two"))
    code, out, err = run(tmp_path, "list")
    assert (code, err) == (codes.OK, "")
    first, second = (line.split("\t") for line in out.splitlines())
    assert [first[0], first[2], first[3], first[5]] == ["1", "helpdesk", "user:7", "not sent yet"]
    assert first[4].endswith("Modem — one")
    assert "connection refused" in first[6]
    assert "\x1b" not in second[4]
    code, out, _err = run(tmp_path, "list", "--json", "--source", "helpdesk")
    found = json.loads(out)
    assert [one["number"] for one in found] == [1, 2]
    assert found[0]["state"] == "waiting"
    assert found[0]["error"]["@type"] == "unavailable"


async def test_an_empty_outbox_says_so(tmp_path: Path) -> None:
    """Without a journal, and with an empty one, everything is with its source."""
    assert run(tmp_path, "list") == (codes.OK, "", "Everything you stored is with its source.\n")
    assert run(tmp_path, "list", "--source", "helpdesk")[0] == codes.OK
    assert run(tmp_path, "list", "--source", "nobody")[0] == codes.USAGE
    assert run(tmp_path, "drop", "1", "--reason", "x")[0] == codes.FAILED


async def test_a_source_that_was_taken_out_is_still_listed(tmp_path: Path) -> None:
    """What waits for a source that the profile has no longer is shown; another profile's is not."""
    await filled(tmp_path, source="former/one")
    other = journal_path(tmp_path / "state", "hotline-two", "helpdesk")
    with Post(other, "helpdesk"):
        pass
    _code, out, _err = run(tmp_path, "list")
    assert {line.split("\t")[2] for line in out.splitlines()} == {"former/one"}


async def test_a_drop_is_for_good_and_says_who_and_why(tmp_path: Path) -> None:
    """A dropped batch is gone from the journal; who gave it up and why stays."""
    await filled(tmp_path)
    code, _out, err = run(tmp_path, "drop", "1", "--reason", "taken by mistake")
    assert (code, err) == (codes.OK, "1 was dropped.\n")
    _code, out, _err = run(tmp_path, "list")
    assert [line.split("\t")[0] for line in out.splitlines()] == ["2"]
    with Post(journal_path(tmp_path / "state", "hotline", "helpdesk"), "helpdesk") as post:
        ((number, _at, actor, reason),) = post.given_up()
    assert (number, actor, reason) == (1, "ola", "taken by mistake")
    assert run(tmp_path, "drop", "1", "--reason", "again")[0] == codes.FAILED


async def test_one_number_in_two_outboxes_asks_which(tmp_path: Path) -> None:
    """Numbers are a journal's own: where two have the same one, nothing is dropped by guessing."""
    await filled(tmp_path)
    await filled(tmp_path, source="other")
    code, _out, err = run(tmp_path, "drop", "1", "--reason", "x")
    assert code == codes.USAGE
    assert "helpdesk, other" in err
    assert run(tmp_path, "drop", "1", "--reason", "x", "--source", "other")[0] == codes.OK


async def test_everything_can_be_copied_out(tmp_path: Path) -> None:
    """The copy has every text whole, in a new file of the agent's own, to read or as JSON to work with."""
    long = "\n".join(f"line {index}" for index in range(2_000))
    await filled(tmp_path, bodies=(long,))
    file = tmp_path / "copy.json"
    code, _out, err = run(tmp_path, "export", "--json", "-o", str(file))
    assert (code, err) == (codes.OK, f"1 action is in {file}\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (one,) = json.loads(file.read_text())
    assert one["batch"]["items"][0]["record"]["body"] == long
    assert run(tmp_path, "export", "-o", str(file))[0] == codes.CANNOT_CREATE
    code, out, _err = run(tmp_path, "export")
    assert all(f"line {index}" in out for index in range(2_000))


async def test_a_running_console_hears_of_it(tmp_path: Path) -> None:
    """What the command puts back in line a running console sends; what it drops the console forgets."""
    folder = tmp_path / "state" / "outbox"
    async with a_desk(folder) as desk:
        (folder / "box.db").rename(folder / "unused.db")
    path = journal_path(tmp_path / "state", "hotline", "helpdesk")
    line, outbox = desk.line, Outbox(desk.line, path, agent=ACTOR, now=desk.clock, patience=0.2, poll=0.02)
    await outbox.open()
    try:
        line.cut()
        await outbox.write(Batch((Put(a_contact(desk.customer, body="odd")),), ACTOR))
        await outbox.write(Batch((Put(a_ticket(desk.customer)),), ACTOR))
        line.mend()
        line.before = [Invalid("body", "odd"), Invalid("subject", "odd")]
        await outbox.deliver()
        await until(lambda: {one.state for one in outbox.deliveries()} == {"refused"})
        with Post(path, "helpdesk") as post:
            assert post.running
        code, _out, err = run(tmp_path, "retry", "1")
        assert (code, err) == (codes.OK, "1 is back in line.\n")
        assert run(tmp_path, "drop", "2", "--reason", "x")[0] == codes.OK
        await until(lambda: not outbox.deliveries())
        assert desk.bodies(Contact) == {"odd": 1}
    finally:
        await outbox.close()
    code, _out, err = run(tmp_path, "list")
    assert "Everything" in err
