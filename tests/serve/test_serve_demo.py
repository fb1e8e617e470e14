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
    _nothing_is_left(tmp_path)


def _nothing_is_left(folder: Path) -> None:
    assert list(folder.glob("cordboard-remote-*")) == []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert str(folder).encode() not in each.read_bytes()
        except OSError:
            continue  # it has ended meanwhile


@pytest.mark.slow
def test_the_remote_demo_cleans_up_when_it_is_told_to_end(tmp_path: Path) -> None:
    """SIGTERM ends the command in the console's place, the server and the folder."""
    environ = {**os.environ, "TMPDIR": str(tmp_path), "CORDBOARD_LANGUAGE": "en"}
    args = ["--customers", "20", "--without-alarms", "serve", "--port", "0", "--backend", f"sqlite://{tmp_path}/x.db"]
    command = [sys.executable, "-m", "scripts.demo_remote", *args]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environ, cwd=ROOT) as demo:
        assert demo.stderr is not None
        served = 0
        for line in demo.stderr:
            served += "Serving on" in line
            if served == 2:
                break
        demo.terminate()
        demo.communicate(timeout=60)
    assert demo.returncode == 143
    _nothing_is_left(tmp_path)
