"""A real softphone (baresip) and a real caller (SIPp) on this computer: a telephone that rings over SIP.

    with running(tmp_path) as phone:
        phone.rings("+48601234567", "Ewa")

Debian's packages are installed when they are missing and we may; else the tests that need them are skipped, and say so.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers import debian
from tests.servers.alertmanager import free_port

PACKAGES = ("baresip-core", "sip-tester")
_CONFIG = """\
sip_listen 127.0.0.1:{sip}
net_interface 127.0.0.1
call_max_calls 4
audio_player aubridge,nil
audio_source aubridge,nil
audio_alert aubridge,nil
module_path {modules}
module g711.so
module aubridge.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{events}
module cons.so
cons_listen 127.0.0.1:{keys}
"""
_BRANCH = "branch=z9hG4bK-rings-[pid]-[call_number]"
_HEAD = f"""\
Via: SIP/2.0/[transport] [local_ip]:[local_port];{_BRANCH}{{step}}
From: {{caller}};tag=caller-[pid]-[call_number]
To: <sip:{{account}}@[remote_ip]:[remote_port]>{{tag}}
Call-ID: [call_id]
Max-Forwards: 70
"""
_SDP = """\
v=0
o=- 1 1 IN IP[local_ip_type] [local_ip]
s=call
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
"""


def _request(method: str, caller: str, account: str, step: str = "", tag: str = "", body: str = "") -> str:
    """Return one SIP request (RFC 3261) as SIPp sends it; CANCEL and the ACK of a refusal keep the INVITE's branch."""
    number = {"INVITE": 1, "CANCEL": 1, "ACK": 1, "BYE": 2}[method]
    head = _HEAD.format(step=step, caller=caller, account=account, tag=tag)
    kind = "Contact: <sip:caller@[local_ip]:[local_port]>\nContent-Type: application/sdp\n" if body else ""
    length = "[len]" if body else "0"
    return (
        f"{method} sip:{account}@[remote_ip]:[remote_port] SIP/2.0\n{head}"
        f"CSeq: {number} {method}\n{kind}Content-Length: {length}\n\n{body}"
    )


def _scenario(caller: str, account: str, patience: float) -> str:
    """Return what the caller does: let it ring, talk until the other end hangs up, or give up after `patience` s."""
    asked = {"caller": caller, "account": account}
    steps = [
        ("send", _request("INVITE", **asked, body=_SDP)),
        ("recv", '<recv response="100" optional="true"/><recv response="180"/>'),
        ("recv", f'<recv response="200" timeout="{int(patience * 1000)}" ontimeout="gives_up"/>'),
        ("send", _request("ACK", **asked, step="-ack", tag="[peer_tag_param]")),
        ("recv", '<recv request="BYE"/>'),
        ("send", "SIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\n"
                 "Content-Length: 0\n\n"),
        ("recv", '<nop next="over"/><label id="gives_up"/>'),
        ("send", _request("CANCEL", **asked)),
        ("recv", '<recv response="200"/><recv response="487"/>'),
        ("send", _request("ACK", **asked, tag="[peer_tag_param]")),
        ("recv", '<label id="over"/>'),
    ]  # fmt: skip
    body = "".join(f"<send><![CDATA[\n{text}\n]]></send>" if kind == "send" else text for kind, text in steps)
    return f'<?xml version="1.0" encoding="UTF-8"?><scenario name="somebody rings">{body}</scenario>'


class Softphone:
    """The agent's telephone. `events` is the port on which it tells of calls, `account` what is dialled to reach it."""

    def __init__(self, folder: Path, account: str = "agent") -> None:
        self.folder = folder
        self.account = account
        self.events = free_port()
        self.sip = free_port()
        self._keys = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._callers: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start it and wait until its event port is open."""
        listed = subprocess.run(["dpkg", "-L", "baresip-core"], capture_output=True, text=True, check=True).stdout
        modules = next(Path(line).parent for line in listed.splitlines() if line.endswith("/ctrl_tcp.so"))
        (self.folder / "config").write_text(
            _CONFIG.format(sip=self.sip, events=self.events, keys=self._keys, modules=modules)
        )
        (self.folder / "accounts").write_text(f"<sip:{self.account}@127.0.0.1:{self.sip}>;regint=0;answermode=manual\n")
        (self.folder / "contacts").touch()
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["baresip", "-4", "-f", str(self.folder)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        ends = time.monotonic() + 30
        while time.monotonic() < ends:
            assert self._process.poll() is None, (self.folder / "log").read_text()[-2_000:]
            try:
                socket.create_connection(("127.0.0.1", self.events), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the softphone does not listen after 30 s")

    def rings(self, number: str, name: str = "", patience: float = 60.0) -> subprocess.Popen[bytes]:
        """Ring it as `number`, shown as `name`, giving up after `patience` seconds; returns while it rings."""
        shown = f'"{name}" ' if name else ""
        caller = f"{shown}<sip:{number}@[local_ip]:[local_port]>"
        file = self.folder / f"call-{len(self._callers)}.xml"
        file.write_text(_scenario(caller, self.account, patience), encoding="utf-8")
        command = ["sipp", "-sf", str(file), "-i", "127.0.0.1", "-p", str(free_port()), "-m", "1", "-nostdin"]
        with (self.folder / "callers").open("ab") as log:
            one = subprocess.Popen(
                [*command, f"127.0.0.1:{self.sip}"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.folder, env={**os.environ, "TERM": "dumb"},
            )  # fmt: skip
        self._callers.append(one)
        return one

    def answers(self) -> None:
        """Take the call that rings."""
        self._command("accept")

    def hangs_up(self) -> None:
        """End the call."""
        self._command("hangup")

    def _command(self, name: str) -> None:
        """Give a command on the console port: the event port serves one client, the last one that came."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as keys:
            keys.sendto(f"/{name}\n".encode(), ("127.0.0.1", self._keys))

    def stop(self) -> None:
        """End it and whoever still rings."""
        for one in self._callers:
            one.terminate()
            one.wait(20)
        process, self._process = self._process, None
        if process is not None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)


def install() -> str:
    """Install what is missing when we may; return why there is no telephone, nothing when there is one."""
    return debian.install(PACKAGES)


@contextmanager
def running(folder: Path, account: str = "agent") -> Iterator[Softphone]:
    """Run a softphone in `folder`; skips where none can be had."""
    why = install()
    if why:
        pytest.skip(f"no softphone: {why}")
    phone = Softphone(folder, account)
    phone.start()
    try:
        yield phone
    finally:
        phone.stop()
