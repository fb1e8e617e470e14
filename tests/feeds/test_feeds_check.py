"""`cordboard feed check`: reads a source once, through a real socket, and says what is understood and what is not."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from console import cli, i18n
from console.cli import codes
from console.cli.feed import merged
from console.cli.output import Writer
from console.cli.setting import Setting
from tests.servers.alertmanager import stamp
from tests.servers.plain import Request, reply, serving

NOON = datetime.now(UTC)


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


class Network:
    """An Alertmanager's answers, as a test wants them."""

    def __init__(self) -> None:
        self.alerts: list[Any] = []
        self.asked: list[str] = []

    def answer(self, request: Request) -> bytes:
        self.asked.append(request.path)
        if request.path.endswith("/alerts"):
            return reply(200, self.alerts)
        return reply(200, {"uptime": "then"}) if request.path.endswith("/status") else reply(404, {})

    def down(self, summary: str = "Down", **labels: str) -> None:
        """Add an alert."""
        self.alerts.append(
            {
                "labels": {"alertname": "Down", **labels},
                "annotations": {"summary": summary},
                "startsAt": stamp(NOON - timedelta(hours=1)),
                "updatedAt": stamp(NOON - timedelta(minutes=5)),
            }
        )


Call = Callable[..., Ended]


@pytest.fixture
def network() -> Network:
    """Return a network without alerts."""
    return Network()


@pytest.fixture
def call(network: Network, tmp_path: Path) -> Iterator[Call]:
    """Give the command line, with the network as the source `noc` of the profile."""
    with serving(network.answer) as server:
        (tmp_path / "config.toml").write_text(
            f'[profiles.main]\nbackend = "memory:"\n\n[profiles.main.sources.noc]\nurl = "alertmanager+{server.url}/"\n'
            "deadline_seconds = 60\n"
            '\n[profiles.main.sources.noc.options.areas.nw1]\ntowns = ["London"]\n'
        )

        def called(*argv: str) -> Ended:
            out, err = io.StringIO(), io.StringIO()
            given = {"CORDBOARD_HOME": str(tmp_path), "TZ": "UTC", "CORDBOARD_LANGUAGE": "en"}
            given["CORDBOARD_SECRETS_FILE"] = str(tmp_path / "secrets.json")  # the machine's keyring is asked elsewhere
            words = [word.replace("{url}", f"alertmanager+{server.url}/") for word in argv]
            code = cli.run(words, Setting(Writer(out), Writer(err), given))
            assert "\x1b" not in out.getvalue() + err.getvalue()
            return Ended(code, out.getvalue(), err.getvalue())

        yield called
    i18n.use("en")


def test_a_source_is_checked_by_its_name(network: Network, call: Call) -> None:
    """Outages with their states and places, what is left out and what is not understood; asked once."""
    network.down("Cut\x1b[2J", area="nw1", service="broadband", severity="major")
    network.down(olt="lub-3", severity="minor")
    network.down(instance="db1")
    network.alerts.append({"labels": 3})
    ended = call("feed", "check", "noc")
    assert ended.code == codes.OK
    assert "noc: 4 entries" in ended.out
    assert "2 outages: 1 suspected and 1 confirmed" in ended.out
    assert "London" in ended.out
    assert "left out: 1 × names no place and no service that are known here" in ended.out
    assert "not understood: “alert 4” cannot be read" in ended.out
    assert network.asked == ["/api/v2/alerts"]


def test_json_has_everything(network: Network, call: Call) -> None:
    """For programs: outages as elsewhere, counts, problems by code, and the age of the feed in seconds."""
    network.down(area="nw1", service="quux")
    ended = call("feed", "check", "noc", "--json")
    told = json.loads(ended.out)
    assert (told["source"], told["entries"], told["states"]) == ("noc", 1, {"suspected": 1})
    assert told["outages"][0]["towns"] == ["London"]
    assert told["problems"] == [{"code": "unknown_service", "where": "quux", "detail": ""}]
    assert 290 <= told["age_seconds"] <= 900


def test_options_can_be_tried(network: Network, call: Call) -> None:
    """Options on the command line are laid over those of the profile, as TOML or as plain text."""
    network.down(patch="se5", urgency="P1", brand="breza")
    tried = (
        "labels.area=patch", 'labels.severity=["urgency"]', "severities.p1=confirmed", "operators.breza=BRZ",
        'areas.se5.postcodes=["SE5*"]', "keep_hours=1",
    )  # fmt: skip
    ended = call("feed", "check", "noc", "--json", *(word for one in tried for word in ("--option", one)))
    (outage,) = json.loads(ended.out)["outages"]
    assert (outage["state"], outage["postcodes"], outage["operators"]) == ("confirmed", ["SE5*"], ["BRZ"])


def test_nothing_understood_is_a_failure(network: Network, call: Call) -> None:
    """When there are entries and none of them can be used the exit code is 1; a quiet network is no failure."""
    assert call("feed", "check", "{url}").code == codes.OK
    network.down(instance="db1")
    ended = call("feed", "check", "{url}")
    assert ended.code == codes.FAILED
    assert "0 outages" in ended.out


@pytest.mark.parametrize(
    ("argv", "code", "says"),
    [
        (("nobody",), codes.USAGE, 'no source "nobody"'),
        (("memory:",), codes.USAGE, "no feed of outages"),
        (("alertmanager+http://127.0.0.1:9/",), codes.UNAVAILABLE, "cannot be reached"),
        (("alertmanager+https://ola:s3cret@noc.example/",), codes.USAGE, "password"),
        (("noc", "--option", "labels"), codes.USAGE, "labels.element=olt"),
        (("noc", "--option", "labels.colour=x"), codes.DATA, "options.labels.colour"),
        (("noc", "--option", "labels..element=x"), codes.USAGE, "labels.element=olt"),
    ],
)
def test_what_is_wrong_is_said(call: Call, argv: tuple[str, ...], code: int, says: str) -> None:
    """Unknown sources, wrong options and a line that is down have their own words and exit codes."""
    ended = call("feed", "check", *argv)
    assert (ended.code, says in ended.err) == (code, True), ended.err
    assert "s3cret" not in ended.err


def test_given_options_stay_as_they_are() -> None:
    """Trying an option changes nothing of the profile."""
    given: dict[str, object] = {"labels": {"area": "patch"}, "fold": ["place"]}
    assert merged(given, [(("labels", "element"), "olt"), (("keep_hours",), 2)]) == {
        "labels": {"area": "patch", "element": "olt"},
        "fold": ["place"],
        "keep_hours": 2,
    }
    assert given == {"labels": {"area": "patch"}, "fold": ["place"]}
