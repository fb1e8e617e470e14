"""A real Roundup on a free port of this computer: installed from the package index into a folder of its own, once.

The tracker is made from Roundup's classic template, with the fields that a helpdesk adds: who an issue is about, by
which channel a message came, when it is due. `empty` brings the database back to what it was when it was made, while
the server runs.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

ROUNDUP = "roundup==2.6.0"
_ROUNDS = 1_000
"""Of the hash that each request counts anew; Roundup takes 250,000 as it comes."""
USER, PASSWORD = "console", "console-password"
STAFF = ["console"]
_STATUSES = ("unread", "open", "waiting", "field-visit", "resolved", "closed")
_RIGHTS = """
db.security.addRole(name="Agent", description="Call-centre agent")
for each in "issue", "file", "msg", "keyword", "user":
    for right in "View", "Edit", "Create":
        db.security.addPermissionToRole("Agent", right, each)
for each in "priority", "status":
    db.security.addPermissionToRole("Agent", "View", each)
for right in "Web Access", "Rest Access":
    db.security.addPermissionToRole("Agent", right)
"""
_SERVED = """
import os
from roundup.cgi.wsgi_handler import RequestDispatcher
application = RequestDispatcher(os.environ["ROUNDUP_TRACKER"])
"""


class Roundup:
    """The running tracker."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tracker = folder / "tracker"
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port: int = one.getsockname()[1]

    @property
    def url(self) -> str:
        """The tracker's address as a source of cordboard."""
        return f"roundup+http://127.0.0.1:{self.port}/"

    def make(self) -> None:
        """Install Roundup and make the tracker; skips when the package index cannot be reached."""
        venv = Path(os.environ.get("ROUNDUP_VENV") or self.folder / "venv")
        self._bin = venv / "bin"
        if not (self._bin / "waitress-serve").exists():
            subprocess.run([sys.executable, "-m", "venv", venv], check=True, capture_output=True)
            done = subprocess.run(
                [self._bin / "pip", "install", "-q", ROUNDUP, "waitress"], capture_output=True, text=True, check=False
            )
            if done.returncode:
                pytest.skip(f"Roundup cannot be installed here: {done.stderr.strip()[-200:]}")
        admin: list[str | Path] = [self._bin / "roundup-admin", "-i", self.tracker]
        self._do([*admin, "install", "classic", "sqlite"])
        self._adapt()
        self._do([*admin, "initialise", "root-password"])
        self._do([*admin, "create", "user", f"username={USER}", f"password={PASSWORD}", "roles=User,Agent",
                  f"address={USER}@roundup.example"])  # fmt: skip
        database = self.tracker / "db" / "db"
        shutil.copyfile(database, self.folder / "fresh.db")

    def _do(self, command: list[str | Path]) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def _adapt(self) -> None:
        """Add a helpdesk's fields and statuses; sends no mail, and hashes passwords at the speed of a test."""
        schema = self.tracker / "schema.py"
        text = schema.read_text(encoding="utf-8")
        added = 'requestor=Link("user"), due=Date(), channel=String(),'
        text = text.replace('issue = IssueClass(db, "issue",', f'issue = IssueClass(db, "issue", {added}')
        text = text.replace('msg = FileClass(db, "msg",', 'msg = FileClass(db, "msg", channel=String(),')
        schema.write_text(text + _RIGHTS, encoding="utf-8")
        data = self.tracker / "initial_data.py"
        lines = [line for line in data.read_text(encoding="utf-8").splitlines() if not line.startswith("stat.create(")]
        where = next(number for number, line in enumerate(lines) if line.startswith("stat = "))
        lines[where + 1 : where + 1] = [f"stat.create(name='{name}', order='{n}')" for n, name in enumerate(_STATUSES)]
        data.write_text("\n".join(lines) + "\n", encoding="utf-8")
        for name in ("statusauditor.py", "nosyreaction.py"):
            (self.tracker / "detectors" / name).unlink()
        address = "root@roundup.example"
        self.configure(
            "main", admin_email=address, dispatcher_email=address, password_pbkdf2_default_rounds=str(_ROUNDS)
        )
        self.configure("tracker", web=f"http://127.0.0.1:{self.port}/")
        self.configure("mail", domain="roundup.example", host="localhost", debug="mail.txt")

    def configure(self, section: str, **settings: str) -> None:
        """Change settings of the tracker; they hold from its next start."""
        file = self.tracker / "config.ini"
        before, mark, rest = file.read_text(encoding="utf-8").partition(f"\n[{section}]\n")
        part, following, after = rest.partition("\n[")
        for name, value in settings.items():
            part, found = re.subn(rf"(?m)^#?{name} =.*$", f"{name} = {value}", part, count=1)
            assert found, name
        file.write_text(before + mark + part + following + after, encoding="utf-8")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        (self.folder / "served.py").write_text(_SERVED)
        command: list[str | Path] = [
            self._bin / "waitress-serve",
            f"--listen=127.0.0.1:{self.port}",
            "--threads=8",
            "served:application",
        ]
        environ = os.environ | {"ROUNDUP_TRACKER": str(self.tracker), "PYTHONPATH": str(self.folder)}
        with (self.folder / "server.log").open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=self.folder, env=environ, stdout=subprocess.DEVNULL, stderr=log
            )
        ends = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/rest", timeout=5).close()
            except urllib.error.HTTPError as answer:
                answer.close()
                return
            except OSError:
                assert time.monotonic() < ends, (self.folder / "server.log").read_text()
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Stop the server."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)
            self._process = None

    def empty(self) -> None:
        """Take out everything that was stored since the tracker was made, though it runs."""
        living_file = self.tracker / "db" / "db"
        with (
            closing(sqlite3.connect(self.folder / "fresh.db")) as fresh,
            closing(sqlite3.connect(living_file, timeout=20)) as living,
        ):
            fresh.backup(living)
        shutil.rmtree(self.tracker / "db" / "files" / "msg", ignore_errors=True)
