"""`make demo-remote`: one command from nothing to a console on a server, and nothing left afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_remote_demo_runs_and_cleans_up(tmp_path: Path) -> None:
    """A command in place of the console sees the server's customers; processes and folders are gone at the end."""
    environ = {**os.environ, "TMPDIR": str(tmp_path), "CORDBOARD_LANGUAGE": "en"}
    done = subprocess.run(
        [sys.executable, "-m", "scripts.demo_remote", "--customers", "20", "--without-alarms", "queue", "--limit", "2"],
        capture_output=True,
        text=True,
        env=environ,
        cwd=ROOT,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2
    assert "Serving on http://127.0.0.1:" in done.stderr
    assert list(tmp_path.glob("cordboard-remote-*")) == []
    running = [each.read_bytes() for each in Path("/proc").glob("[0-9]*/cmdline") if each.exists()]
    assert not [each for each in running if str(tmp_path).encode() in each]
