"""Prism, a validating proxy and mock that somebody else wrote, on the industry's own published descriptions.

It comes with the folder of test services (`CORDBOARD_TEST_SERVICES`, or `../shared/services` beside the project) and
needs npm. Where either is missing the tests are skipped, and say so.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.servers.alertmanager import free_port

HOME = Path(tempfile.gettempdir()) / f"cordboard-prism-{os.getuid()}"
"""Where npm's packages are kept between runs."""


def services() -> Path:
    """Return the folder of test services; skips the test where there is none."""
    given = os.environ.get("CORDBOARD_TEST_SERVICES", "")
    found = Path(given) if given else Path(__file__).resolve().parents[2].parent / "shared" / "services"
    if not (found / "tmf" / "start.sh").is_file():
        pytest.skip(f"there is no folder of test services at {found}: Prism cannot check the TM Forum wire")
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed: Prism cannot check the TM Forum wire")
    return found


@contextmanager
def prism(api: str, upstream: str = "") -> Iterator[str]:
    """Give the URL of a Prism for one API, such as `621` or `621v4`: a proxy before `upstream`, or a mock."""
    start = services() / "tmf" / "start.sh"
    environment = {**os.environ, **({"TMF_PROXY": upstream} if upstream else {})}
    command = [str(start), api, str(HOME), str(free_port())]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    said = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    if "TMF_URL" not in said:
        pytest.skip(f"Prism does not start here: {done.stderr.strip().splitlines()[-1:]}")
    try:
        yield said["TMF_URL"]
    finally:
        os.kill(int(said["TMF_PID"]), signal.SIGTERM)


def violations(header: str) -> list[str]:
    """Return what breaks the description, without what the descriptions of version 5 themselves make impossible.

    There, references have a `oneOf` whose members are alike, so that each reference matches several of them; and a
    place's members include shapes that demand their own `@type`.
    """
    found: list[dict[str, Any]] = json.loads(header) if header else []
    return [f"{one['location']}: {one['message']}" for one in found if not _impossible(one)]


def _impossible(one: dict[str, Any]) -> bool:
    way = one["location"]
    ends = way[-1] if way else ""
    if one.get("code") == "oneOf":
        return ends in ("partyOrPartyRole", "entity", "place")
    return one.get("code") == "enum" and way[-2:] == ["place", "@type"] and "GeoJson" in one["message"]
