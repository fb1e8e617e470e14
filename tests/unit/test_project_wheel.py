"""The wheel: what people install with pipx or uv is whole and runs by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import console

ROOT = Path(__file__).parents[2]
PACKAGES = ("backends", "console", "themes", "widgets")
DATA = (".po", ".toml", ".tcss", ".txt", ".typed", ".mako", ".sql")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel, built from the sources as they are."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the `bin` folder of a fresh environment with the wheel and, borrowed, the packages that it needs."""
    venv = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True, timeout=120)
    places = {"base": str(venv), "platbase": str(venv)}
    site = Path(sysconfig.get_path("purelib", "venv", vars=places))
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", f"--python={venv / 'bin' / 'python'}"]
    subprocess.run([*pip, "install", "--no-index", "--no-deps", str(wheel)], check=True, timeout=120)
    # Stands behind the environment's own packages; .pth files in it, such as that of an editable install, do not count.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return venv / "bin"


def run(installed: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command far from the sources."""
    environ = {"PATH": os.defpath, "HOME": str(home), "CORDBOARD_HOME": str(home / "cordboard"), "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [str(installed / "cordboard"), *arguments],
        cwd=home,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_wheel_holds_all_that_is_in_the_packages(wheel: Path) -> None:
    """No module, catalogue, theme, story or migration is left behind, and nothing else is packed."""
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if ".dist-info/" not in name}
    wanted = {
        file.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and (file.suffix == ".py" or file.suffix in DATA)
    }
    assert wanted <= names
    assert {name.partition("/")[0] for name in names} == set(PACKAGES)
    for package in PACKAGES:
        assert f"{package}/py.typed" in names
    assert "console/locale/en.po" in names
    assert "backends/sql/migrations/versions/0001_first.py" in names
    assert not [name for name in names if "__pycache__" in name]


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    """Version, licence, lowest Python, command and backends are in its papers."""
    with zipfile.ZipFile(wheel) as packed:
        papers = {name.rpartition("/")[2]: packed.read(name) for name in packed.namelist() if ".dist-info/" in name}
    said = Parser().parsestr(papers["METADATA"].decode())
    assert (said["Name"], said["Version"]) == ("cordboard", console.__version__)
    assert said["License-Expression"] == "Apache-2.0"
    assert said["Requires-Python"] == ">=3.11"
    assert "LICENSE" in papers
    entries = papers["entry_points.txt"].decode()
    assert "cordboard = console.cli:main" in entries
    assert "sqlite = backends.sql:open_url" in entries


def test_the_installed_command_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    """What was installed answers, and it is not the source tree that answers for it."""
    done = run(installed, tmp_path, "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert console.__version__ in done.stdout
    where = [str(installed / "python"), "-c", "import console, backends, widgets, themes; print(console.__file__)"]
    said = subprocess.run(where, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True).stdout
    assert Path(said.strip()).is_relative_to(installed.parent)


def test_the_installed_command_finds_nothing_broken(installed: Path, tmp_path: Path) -> None:
    """`cordboard doctor` is content on a machine that has just been given the wheel."""
    done = run(installed, tmp_path, "doctor", "--json")
    findings = json.loads(done.stdout)
    assert findings, done.stderr
    broken = [one for one in findings if one["state"] == "broken"]
    assert (done.returncode, broken) == (0, [])


def test_the_installed_command_makes_its_database(installed: Path, tmp_path: Path) -> None:
    """The migrations, the stories and the themes that it needs came with it."""
    done = run(installed, tmp_path, "demo", "--no-open", "--customers", "20")
    assert done.returncode == 0, done.stderr
    url = f"sqlite:///{tmp_path / 'cordboard' / 'demo.db'}"
    found = run(installed, tmp_path, "find", "Lindqvist", "--json", "--backend", url)
    assert found.returncode == 0, found.stderr
    assert any(one["name"] == "Håkan Lindqvist" for one in json.loads(found.stdout))
