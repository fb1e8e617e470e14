"""Installs Debian's packages for the servers that tests start, where we may."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


def missing(packages: Sequence[str]) -> list[str]:
    """Return which of the packages are not there."""
    if shutil.which("dpkg-query") is None:
        return list(packages)
    command = ["dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\n", *packages]
    there = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    return [name for name in packages if f"{name} installed" not in there]


def install(packages: Sequence[str], *, beside: Sequence[str] = (), answers: str = "") -> str:
    """Install what is missing, with what it wants beside it; return why that failed, nothing when all is there.

    `answers` are lines for debconf, which is asked nothing then.
    """
    wanted = missing(packages)
    if not wanted:
        return ""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return f"needs Debian's {', '.join(wanted)}"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=600"]
    steps = [([*apt, "update"], "")]
    if answers:
        steps.append((["debconf-set-selections"], answers))
    steps.append(([*apt, "install", "-y", "--no-install-recommends", *beside, *wanted], ""))
    with _no_services():
        for command, given in steps:
            done = subprocess.run(
                command, env=environment, input=given, capture_output=True, text=True, timeout=900, check=False
            )
            if done.returncode:
                return f"{' '.join(command[:2])} failed: {done.stderr.strip()[-300:]}"
    left = missing(packages)
    return f"{', '.join(left)} did not install" if left else ""


@contextmanager
def _no_services(policy: Path = Path("/usr/sbin/policy-rc.d")) -> Iterator[None]:
    """Keep packages from starting a service of their own, where nothing else says what may start."""
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink(missing_ok=True)
