"""A real Prometheus Alertmanager on a free port of this computer, with a folder and a configuration of its own.

    def test_it(alertmanager: Alertmanager) -> None:
        alertmanager.post([alert("lub-3", severity="major")])

Debian's package is installed when it is missing and we may; else the tests that need it are skipped, and say so.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

PROGRAM = "prometheus-alertmanager"
_CONFIGURATION = """\
route:
  receiver: console
  group_by: [area, service]
  group_wait: 100ms
  group_interval: 500ms
  repeat_interval: 1h
inhibit_rules:
  - source_matchers: ['scope="area"']
    target_matchers: ['scope="spot"']
    equal: [area]
receivers:
  - name: console
"""


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def stamp(moment: datetime) -> str:
    """Return a moment as the server reads it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def alert(name: str = "Outage", *, summary: str = "", starts: datetime | None = None, **labels: str) -> dict[str, Any]:
    """Return an alert to post, that lasts for an hour."""
    begun = starts or datetime.now(UTC)
    return {
        "labels": {"alertname": name, **labels},
        "annotations": {"summary": summary or f"{name} {' '.join(labels.values())}"},
        "startsAt": stamp(begun),
        "endsAt": stamp(datetime.now(UTC) + timedelta(hours=1)),
    }


class Alertmanager:
    """The running server; `restart` loses its alerts, as a real one's restart does."""

    def __init__(self, folder: Path, webhook: str = "") -> None:
        self.folder = folder
        self.port = free_port()
        self.api = f"http://127.0.0.1:{self.port}/api/v2"
        self.url = f"alertmanager+http://127.0.0.1:{self.port}/"
        self._webhook = webhook
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the program and wait until it answers."""
        configuration = _CONFIGURATION
        if self._webhook:
            configuration += f"    webhook_configs:\n      - url: {self._webhook}\n        send_resolved: true\n"
        file = self.folder / "alertmanager.yml"
        file.write_text(configuration)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    PROGRAM,
                    f"--config.file={file}",
                    f"--storage.path={self.folder / 'data'}",
                    f"--web.listen-address=127.0.0.1:{self.port}",
                    "--cluster.listen-address=",
                    "--log.level=warn",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        ends = time.monotonic() + 30
        while time.monotonic() < ends:
            assert self._process.poll() is None, (self.folder / "log").read_text()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=2):
                    return
            except (OSError, urllib.error.URLError):
                time.sleep(0.05)
        raise AssertionError("the server is not ready after 30 s")

    def stop(self) -> None:
        """Stop the program."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Return the JSON that the server answers, None where it answers nothing."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.api}/{path}", data=data, method=method, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def post(self, alerts: Sequence[dict[str, Any]]) -> None:
        """Raise alerts, or tell them again."""
        self.ask("POST", "alerts", list(alerts))

    def resolve(self, alerts: Sequence[dict[str, Any]]) -> None:
        """Say that alerts are over since just now."""
        now = stamp(datetime.now(UTC))
        self.post([{**one, "startsAt": min(one["startsAt"], now), "endsAt": now} for one in alerts])

    def silence(self, comment: str, ends: datetime | None = None, **labels: str) -> str:
        """Silence what has these labels and return the silence's id."""
        matchers = [{"name": name, "value": value, "isRegex": False, "isEqual": True} for name, value in labels.items()]
        until = ends or datetime.now(UTC) + timedelta(hours=1)
        body = {
            "matchers": matchers,
            "startsAt": stamp(datetime.now(UTC)),
            "endsAt": stamp(until),
            "createdBy": "noc",
            "comment": comment,
        }
        name: str = self.ask("POST", "silences", body)["silenceID"]
        return name

    def until_silenced(self, incident: str) -> None:
        """Wait until a silence on an incident is in force: the server takes a moment."""
        ends = time.monotonic() + 30
        while any(
            one["labels"].get("incident") == incident and not one["status"]["silencedBy"]
            for one in self.ask("GET", "alerts")
        ):
            assert time.monotonic() < ends, "the silence does not come into force"
            time.sleep(0.02)

    def clear(self) -> None:
        """End all that goes on, so that the next test starts with nothing."""
        for one in self.ask("GET", "silences"):
            if one["status"]["state"] != "expired":
                self.ask("DELETE", f"silence/{one['id']}")
        going = self.ask("GET", "alerts")
        if going:
            self.resolve([{key: one[key] for key in ("labels", "annotations", "startsAt")} for one in going])
        ends = time.monotonic() + 30
        while self.ask("GET", "alerts"):
            assert time.monotonic() < ends, "alerts do not end"
            time.sleep(0.02)


def installed() -> bool:
    """Return whether the program is there, after trying to install Debian's package where that is ours to do."""
    if shutil.which(PROGRAM):
        return True
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for words in (["update"], ["install", "-y", "--no-install-recommends", PROGRAM]):
        done = subprocess.run(
            ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", *words],
            env=environment,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            return False
    return shutil.which(PROGRAM) is not None


@contextmanager
def running(folder: Path, webhook: str = "") -> Iterator[Alertmanager]:
    """Give a running server, skip the test where there can be none."""
    if not installed():
        pytest.skip(f"needs Debian's package {PROGRAM}, which is missing and cannot be installed here")
    server = Alertmanager(folder, webhook)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def alertmanager_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    """Give the server that all tests of this worker share."""
    with running(tmp_path_factory.mktemp("alertmanager")) as server:
        yield server


@pytest.fixture
def alertmanager(alertmanager_server: Alertmanager) -> Alertmanager:
    """Give the shared server with nothing going on."""
    alertmanager_server.clear()
    return alertmanager_server
