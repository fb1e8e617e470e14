"""`cordboard backends`: what is installed, what each can do, and why a broken plug-in cannot be used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    """Make a folder of installed packages with a sound and a broken plug-in, the broken one as broken as can be."""
    for name, body in {
        "sound": "CAPABILITIES = {'search'}\nSTORES = ()\ndef open_url(url, **settings): ...\n",
        "broken": "import sys\nprint('secret', file=sys.stderr)\nsys.exit('\\x1b[2J secret')\n",
    }.items():
        info = tmp_path / f"cordboard_{name}-2.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: cordboard-{name}\nVersion: 2.5\n")
        (info / "entry_points.txt").write_text(f"[cordboard.backends]\n{name} = cordboard_{name}:open_url\n")
        (tmp_path / f"cordboard_{name}.py").write_text(body)
    return tmp_path


def _run(plugins: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    home = plugins / "home"
    environ = os.environ | {"PYTHONPATH": f"{ROOT}:{plugins}", "CORDBOARD_HOME": str(home), "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "console.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environ, cwd=plugins, check=False)


def test_plug_ins_are_listed_with_what_they_can_do(plugins: Path) -> None:
    """Each scheme is on a line with its package; a broken plug-in says why and keeps no other from being listed."""
    done = _run(plugins, "backends")
    assert done.returncode == 0
    rows = {line.split("\t")[0]: line for line in done.stdout.splitlines()}
    assert "cordboard-sound 2.5" in rows["sound"]
    assert "search" in rows["sound"]
    assert "plug-in" in rows["sound"]
    assert "cannot be used: SystemExit" in rows["broken"]
    assert "secret" not in done.stdout
    assert "in use" in rows["sqlite"]
    assert "plug-in" not in rows["sqlite"]


def test_the_list_is_there_for_programs(plugins: Path) -> None:
    """As JSON it tells scheme, package, version, module, capabilities, kinds, and the error; unknown is null."""
    done = _run(plugins, "backends", "--json")
    rows = {row["scheme"]: row for row in json.loads(done.stdout)}
    assert rows["sound"] == {
        "scheme": "sound",
        "distribution": "cordboard-sound",
        "version": "2.5",
        "module": "cordboard_sound",
        "shipped": False,
        "example": "sound:",
        "in_use": False,
        "capabilities": ["search"],
        "stores": [],
        "error": None,
    }
    assert (rows["broken"]["error"], rows["broken"]["capabilities"]) == ("SystemExit", None)
    assert rows["sqlite"]["in_use"]
    assert "ticket_event" in rows["sqlite"]["stores"]


def test_a_broken_plug_in_does_not_keep_the_program_from_working(plugins: Path) -> None:
    """With it installed, other commands do what they did; only its own scheme is refused, in words."""
    (plugins / "home").mkdir(mode=0o700)
    (plugins / "home" / "config.toml").write_text("[profiles.main]\nbackend = 'sound://host/'\n")
    done = _run(plugins, "config", "check")
    assert (done.returncode, done.stderr) == (0, "")
    refused = _run(plugins, "--backend", "broken://host/", "tickets")
    assert refused.returncode != 0
    assert "broken" in refused.stderr
    assert "Traceback" not in refused.stderr
