"""`python -m scripts.demo_remote`: a hotline in small, on this computer alone.

A demo database is served by `cordboard serve`; an Alertmanager raises an alarm, when one is installed (Debian:
prometheus-alertmanager); a console opens on both. What follows the name is run in place of the console, such as
`queue --limit 5`. Everything is made in a temporary folder and gone at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from console.demo.operators import DEMO_LOGIN

CUSTOMERS = 400
PROFILE = "remote"
_ALARMS = ("prometheus-alertmanager", "alertmanager")
_CONFIGURATION = "route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n"
_PATIENCE = 60.0


def main(argv: Sequence[str] | None = None) -> int:
    """Start everything, run the console or the command asked for, clean up; returns the console's exit code."""
    parser = argparse.ArgumentParser(prog="python -m scripts.demo_remote", description=__doc__)
    parser.add_argument("--customers", type=int, default=CUSTOMERS, help=f"how many customers (default: {CUSTOMERS})")
    parser.add_argument("--without-alarms", action="store_true", help="start no Alertmanager")
    args, command = parser.parse_known_args(argv)
    os.umask(0o077)
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, lambda sign, _frame: sys.exit(128 + sign))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cordboard-remote-")))
        server, console = folder / "server", folder / "console"
        server.mkdir()
        console.mkdir()
        _say(f"Making {args.customers} customers ...")
        _cordboard(server, "demo", "--no-open", "--customers", str(args.customers))
        database = f"sqlite:///{server / 'demo.db'}"
        token = _cordboard(server, "serve", "token", "add", DEMO_LOGIN, "--backend", database).strip()
        url = stack.enter_context(_serving(server, database))
        _say(f"Serving on {url}")
        alarms = "" if args.without_alarms else stack.enter_context(_alarms(folder))
        _say(f"Alarms from {alarms}" if alarms else "No Alertmanager is installed; going on without alarms.")
        environ = _configured(console, url, token, alarms)
        return _foreground([sys.executable, "-m", "console.cli", *command], environ)


def _foreground(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run the console until it ends, or end it in order when this program is asked to end; returns its exit code."""
    with subprocess.Popen(command, env=environ) as console:
        try:
            return console.wait()
        except BaseException:
            console.terminate()
            raise


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _environ(home: Path) -> dict[str, str]:
    """Return an environment in which nothing of the user's own configuration is seen or touched."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CORDBOARD_")}
    shown = {
        name: value
        for name, value in os.environ.items()
        if name in ("CORDBOARD_LANGUAGE", "CORDBOARD_COLOURS", "CORDBOARD_CHARS", "CORDBOARD_LEAN", "CORDBOARD_MOUSE")
    }
    return {**kept, **shown, "CORDBOARD_HOME": str(home)}


def _cordboard(home: Path, *args: str) -> str:
    """Return what a command prints; raises SystemExit with its words when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "console.cli", *args], env=_environ(home), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr.strip())
    return done.stdout


@contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """End a process in order when the block is left."""
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _serving(home: Path, database: str) -> Iterator[str]:
    """Run the server on a free port; give its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "console.cli", "serve", "--port", "0", "--backend", database],
        env={**_environ(home), "CORDBOARD_LANGUAGE": "en"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C in the console is not for the server
    )
    assert process.stderr is not None
    with process.stderr, _ended(process):
        said = ""
        for line in process.stderr:
            said += line
            if found := re.search(r"Serving on (\S+);", line):
                # what it logs later must go somewhere, or it would stop to wait for a reader
                threading.Thread(target=process.stderr.read, daemon=True).start()
                yield found[1]
                return
        raise SystemExit(said.strip())


@contextmanager
def _alarms(folder: Path) -> Iterator[str]:
    """Run an Alertmanager with one alarm; give its address, empty when none is installed."""
    program = next(filter(None, map(shutil.which, _ALARMS)), None)
    if program is None:
        yield ""
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    file = folder / "alertmanager.yml"
    file.write_text(_CONFIGURATION, encoding="utf-8")
    log = (folder / "alertmanager.log").open("w", encoding="utf-8")
    process = subprocess.Popen(
        [
            program,
            f"--config.file={file}",
            f"--storage.path={folder / 'alarms'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        ],
        stdout=log,
        stderr=log,
        text=True,
        start_new_session=True,
    )
    with log, _ended(process):
        base = f"http://127.0.0.1:{port}/"
        _until_ready(f"{base}-/ready", process)
        _raise_alarm(base)
        yield base


def _until_ready(url: str, process: subprocess.Popen[str]) -> None:
    ends = time.monotonic() + _PATIENCE
    while time.monotonic() < ends and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
    raise SystemExit("the Alertmanager does not answer")


def _raise_alarm(base: str) -> None:
    """Raise one alarm that began a quarter of an hour ago and lasts for the evening."""
    now = datetime.now(UTC)
    alarm = {
        "labels": {"alertname": "FibreCut", "severity": "critical", "service": "internet", "town": "Poznań"},
        "annotations": {"summary": "Fibre cut between Poznań and Luboń", "cause": "excavator"},
        "startsAt": (now - timedelta(minutes=15)).isoformat(),
        "endsAt": (now + timedelta(hours=8)).isoformat(),
    }
    request = urllib.request.Request(
        f"{base}api/v2/alerts", data=json.dumps([alarm]).encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10):
        pass


def _configured(home: Path, url: str, token: str, alarms: str) -> Mapping[str, str]:
    """Write the console's configuration and its secret; return the environment it runs in."""
    secrets = home / "secrets.json"
    held = {f"cordboard/{PROFILE}/desk": json.dumps({"kind": "token", "token": token})}
    secrets.write_text(json.dumps(held), encoding="utf-8")
    lines = [
        f'profile = "{PROFILE}"',
        f"[profiles.{PROFILE}]",
        'backend = "desk"',
        f'agent = "{DEMO_LOGIN}"',
        f"[profiles.{PROFILE}.sources.desk]",
        f'url = "cordboard+{url}"',
    ]
    if alarms:
        lines += [f"[profiles.{PROFILE}.sources.alarms]", f'url = "alertmanager+{alarms}"', "poll_seconds = 2"]
    (home / "config.toml").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return {**_environ(home), "CORDBOARD_SECRETS_FILE": str(secrets)}


if __name__ == "__main__":
    sys.exit(main())
