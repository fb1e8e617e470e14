"""A real Request Tracker 5 on a free port of this computer, with a database, queues and custom fields of its own.

    def test_it(rt_server: RequestTracker) -> None:
        backend = rt_server.backend()

Debian's packages are installed when they are missing and we may; else the tests that need RT are skipped, and say so.
One server, the fixture of tests/conftest.py, lasts for the whole session, for it takes its time to set up. `wipe` makes
it look empty again: RT itself never deletes, so that tickets are marked deleted and customers disabled behind its back.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from backends.rest.rt import RtBackend, open_url
from tests.servers import debian

PACKAGES = ("request-tracker5", "rt5-db-sqlite", "rt5-standalone", "starman")
SERVER = Path("/usr/share/request-tracker5/libexec/rt-server")
SETUP = "/usr/sbin/rt-setup-database-5"
PASSWORD = "a-word-for-tests"
OPTIONS: Mapping[str, Any] = {
    "operator": {"code": "breza", "name": "Breza", "country": "PL", "language": "pl", "time_zone": "Europe/Warsaw"},
    "number_field": "Customer number",
    "phones_field": "Telephones",
    "customer_data_field": "Console",
    "reference_field": "Reference",
    "channel_field": "Came in by",
    "via_field": "By",
    "details": {"service_id": "Service"},
    "queues": {"Faults": "fault", "Bills": "billing", "Complaints": "complaint", "Orders": "installation"},
    "channels": {"phone": "call"},
    "agents": ["desk", "ewa", "nobody-at-all"],
}

_SITE = """\
my $home = $ENV{RT_TEST_HOME} or die 'RT_TEST_HOME is not set';
$RT::VarPath         = "$home/var";
$RT::MasonDataDir    = "$home/var/mason";
$RT::MasonSessionDir = "$home/var/sessions";
Set($rtname, 'breza');
Set($Organization, 'breza.example');
Set($WebDomain, '127.0.0.1');
Set($WebPort, $ENV{RT_TEST_PORT});
Set($DatabaseType, 'SQLite');
Set($DatabaseName, "$home/var/rt.sqlite3");
Set($DatabaseAdmin, '');
Set($MailCommand, 'mbox');
Set($BcryptCost, 4);
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'error');
Set($Timezone, 'Europe/Warsaw');
1;
"""

_SEED = r"""
use strict; use warnings; use utf8;
use lib '/usr/share/request-tracker5/lib';
use RT; RT::LoadConfig(); RT::Init(); RT->Config->Set(LogToSTDERR => 'error');
my $system = RT->SystemUser;
my $word = $ENV{RT_TEST_PASSWORD};
sub must { my ($id, $why) = @_; die "$why\n" unless $id; return $id }
sub person {
    my ($name, $privileged) = @_;
    my $one = RT::User->new($system);
    must($one->Create(Name => $name, RealName => ucfirst($name), Password => $word, Privileged => $privileged,
        EmailAddress => "$name\@breza.example"));
    return $one;
}
sub token {
    my $made = RT::AuthToken->new($system);
    my ($id, $why, $token) = $made->Create(Owner => $_[0]->id, Description => 'tests');
    must($id, $why);
    return $token;
}
sub may { my ($who, $on, @rights) = @_; must($who->PrincipalObj->GrantRight(Right => $_, Object => $on)) for @rights }
my ($desk, $ewa, $narrow) = map { person($_, 1) } qw(desk ewa narrow);
my $pia = person('pia', 0);
may($_, RT->System, qw(SeeQueue ShowTicket ShowTicketComments CreateTicket ReplyToTicket CommentOnTicket ModifyTicket
    OwnTicket TakeTicket StealTicket ReassignTicket SeeCustomField ModifyCustomField SetInitialCustomField SeeGroup
    ShowOutgoingEmail ShowUserHistory)) for $desk, $ewa;
may($desk, RT->System, 'AdminUsers');
for my $name (qw(Faults Bills Complaints Orders Elsewhere)) {
    my $queue = RT::Queue->new($system);
    must($queue->Create(Name => $name, CorrespondAddress => lc($name) . '@breza.example'));
    may($narrow, $queue, qw(SeeQueue ShowTicket)) if $name eq 'Faults';
}
my $requestor = RT->System->RoleGroup('Requestor');
may($requestor, RT->System, qw(ShowTicket ReplyToTicket));
sub field {
    my ($name, $type, $on, @values) = @_;
    my $field = RT::CustomField->new($system);
    must($field->Create(Name => $name, Type => $type, MaxValues => 1, LookupType => $on));
    $field->AddValue(Name => $_) for @values;
    must($field->AddToObject($on eq 'RT::User' ? RT::User->new($system) : RT::Queue->new($system)));
}
my @channels = qw(phone email chat sms fax letter visit web social note telex);
field('Customer number', 'Freeform', 'RT::User');
field('Telephones', 'Text', 'RT::User');
field('Console', 'Text', 'RT::User');
field('Reference', 'Freeform', 'RT::Queue-RT::Ticket');
field('Service', 'Freeform', 'RT::Queue-RT::Ticket');
field('Came in by', 'Select', 'RT::Queue-RT::Ticket', @channels);
field('By', 'Select', 'RT::Queue-RT::Ticket-RT::Transaction', @channels);
# Mails to customers and colleagues take most of the time of each request; that a reply opens a ticket stays.
my $scrips = RT::Scrips->new($system);
$scrips->UnLimit;
while (my $scrip = $scrips->Next) { $scrip->SetDisabled(1) if ($scrip->Description || '') !~ /Open/ }
printf "%s %s %s\n", token($desk), token($narrow), token($pia);
"""


class RequestTracker:
    """The running server. `url` is the address of a source, `token` and `narrow_token` let two users in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.web = f"http://127.0.0.1:{self.port}"
        self.url = f"rt+{self.web}/"
        self.token = ""
        self.narrow_token = ""
        """Of somebody who sees one queue, no comments, and no people's data."""
        self.customer_token = ""
        """Of a customer called pia, who signs in to RT herself."""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def _environment(self) -> dict[str, str]:
        return {
            **os.environ, "RT_TEST_HOME": str(self.folder), "RT_TEST_PORT": str(self.port), "LC_ALL": "C.UTF-8",
            "RT_TEST_PASSWORD": PASSWORD, "RT_SITE_CONFIG": str(self.folder / "RT_SiteConfig.pm"),
            "RT_SITE_CONFIG_DIR": str(self.folder / "RT_SiteConfig.d"),
        }  # fmt: skip

    def set_up(self) -> None:
        """Make the database and what the tests need in it."""
        for name in ("var/mason", "var/sessions", "RT_SiteConfig.d"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "RT_SiteConfig.pm").write_text(_SITE)
        (self.folder / "seed.pl").write_text(_SEED)
        self._run(SETUP, "--action", "init", "--dba", "", "--dba-password", "")
        said = self._run("perl", str(self.folder / "seed.pl"))
        self.token, self.narrow_token, self.customer_token = said.split()[-3:]

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
        return done.stdout

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(SERVER), "--server", "Starman", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "3"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment, start_new_session=True,
            )  # fmt: skip
        ends = time.monotonic() + 90
        while time.monotonic() < ends:
            assert self._process.poll() is None, (self.folder / "log").read_text()[-2_000:]
            if self._answers():
                return
            time.sleep(0.1)
        raise AssertionError("RT does not answer after 90 s")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.web}/REST/2.0/rt", timeout=10):
                return True
        except urllib.error.HTTPError as error:
            return error.code == 401
        except OSError:
            return False

    def stop(self) -> None:
        """Stop the server and its workers."""
        process, self._process = self._process, None
        if process is not None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(20)

    def wipe(self) -> None:
        """Let RT find no ticket and no customer of those that are there now."""
        with closing(sqlite3.connect(self.folder / "var" / "rt.sqlite3", timeout=30)) as store, store:
            store.execute("UPDATE Tickets SET Status = 'deleted' WHERE Status != 'deleted'")
            customers = "SELECT id FROM Users WHERE Name LIKE 'customer-%' OR Name LIKE '%@post.example'"
            store.execute(f"UPDATE Principals SET Disabled = 1 WHERE id IN ({customers})")
            store.execute(f"UPDATE Users SET EmailAddress = NULL WHERE id IN ({customers})")

    def count(self, query: str, *values: object) -> int:
        """Return the number that a query over RT's own tables gives."""
        with closing(sqlite3.connect(self.folder / "var" / "rt.sqlite3", timeout=30)) as store:
            number: int = store.execute(query, values).fetchone()[0]
            return number

    def text(self, query: str, *values: object) -> str:
        """Return the text that a query over RT's own tables gives."""
        with closing(sqlite3.connect(self.folder / "var" / "rt.sqlite3", timeout=30)) as store:
            return str(store.execute(query, values).fetchone()[0])

    def secret(self) -> str:
        """Return the secret of the user who may look people up, as a keyring would hold it."""
        return json.dumps({"kind": "token", "token": self.token})

    def password(self) -> str:
        """Return the same user's password, with which there are sessions."""
        return json.dumps({"kind": "basic", "user": "desk", "password": PASSWORD})

    def ask(self, method: str, path: str, body: object = None, token: str = "") -> Any:
        """Return what RT answers over its own interface, as somebody who works in RT would ask it."""
        request = urllib.request.Request(
            f"{self.web}/REST/2.0/{path}", data=None if body is None else json.dumps(body).encode(), method=method,
            headers={"Content-Type": "application/json", "Authorization": f"token {token or self.token}"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    def backend(self, url: str = "", *, options: Mapping[str, Any] = OPTIONS, **settings: Any) -> RtBackend:
        """Return a backend for this server, or for what stands before it at `url`; not opened yet."""
        chosen: dict[str, Any] = {"secret": self.password, "poll": 0.05, "deadline": 30.0, "connections": 3}
        return open_url(url or self.url, name="rt", options=options, **{**chosen, **settings})


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def install() -> str:
    """Install what is missing when we may; return why RT cannot be had, nothing when it is there."""
    answers = "".join(
        f"request-tracker5 request-tracker5/{name} boolean false\n"
        for name in ("install-cronjobs", "dbconfig-install", "handle-siteconfig-permissions")
    )
    # A mail program without a server of its own, for RT wants one; nothing is sent.
    beside = ["debconf", *([] if shutil.which("sendmail") else ["msmtp-mta"])]
    return debian.install(PACKAGES, beside=beside, answers=answers)



@contextmanager
def running(folder: Path) -> Iterator[RequestTracker]:
    """Run a server in `folder`; skips where RT cannot be had."""
    why = install()
    if why:
        pytest.skip(f"no Request Tracker: {why}")
    server = RequestTracker(folder)
    server.set_up()
    server.start()
    try:
        yield server
    finally:
        server.stop()
