"""A plug-in in a distribution of its own: built, installed, found by its scheme, held to the suite on a real server.

What the suite finds there is not told again here: its own report is printed when it fails. Without a package index to
install the server from, the suite is skipped, and says so.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "cordboard-roundup"

pytestmark = pytest.mark.xdist_group("roundup")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the plug-in and install it into a folder of its own, as pip does it for everybody."""
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    command += ["--disable-pip-version-check", "--target", str(folder), str(EXAMPLE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def _environment(installed: Path) -> dict[str, str]:
    return os.environ | {
        "PYTHONPATH": f"{ROOT}{os.pathsep}{installed}",
        "HYPOTHESIS_STORAGE_DIRECTORY": str(installed / "examples"),
        "LANG": "C.UTF-8",
    }


def test_an_installed_plug_in_is_listed(installed: Path, tmp_path: Path) -> None:
    """Once installed, it is found by its scheme alone: with its package, its version, and what it can do."""
    done = subprocess.run(
        [sys.executable, "-m", "console.cli", "backends", "--json"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=_environment(installed) | {"CORDBOARD_HOME": str(tmp_path)},
    )
    (row,) = [row for row in json.loads(done.stdout) if row["scheme"] == "roundup"]
    assert (row["distribution"], row["module"], row["error"]) == ("cordboard-roundup", "cordboard_roundup", None)
    assert row["version"] == "0.1.0"
    assert not row["shipped"]
    assert row["capabilities"] == ["live", "search", "write"]
    assert row["stores"] == ["contact", "customer", "ticket"]


def test_the_plug_in_passes_the_suite_on_a_real_roundup(installed: Path) -> None:
    """Every promise of the port holds on a running Roundup, or is refused as the plug-in says beforehand."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        capture_output=True,
        text=True,
        check=False,
        cwd=EXAMPLE,
        env=_environment(installed),
    )
    report = done.stdout[-8_000:] + done.stderr[-2_000:]
    if "Roundup cannot be installed here" in done.stdout:
        pytest.skip(f"Roundup cannot be installed here:\n{report[-500:]}")
    assert done.returncode == 0, report
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None, report
    assert int(passed[1]) >= 100, report
