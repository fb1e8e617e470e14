"""Setting up says what is missing in words that help, and asks nobody for what is there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SET_UP = Path(__file__).parents[2] / "scripts" / "set-up"
TOOLS = ("sh", "dirname", "id", "cat", "cksum", "rm")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Return a folder with the few tools that every machine has, and neither Python nor a package manager."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found, name
        (folder / name).symlink_to(found)
    return folder


def program(file: Path, script: str) -> None:
    """Write a shell program."""
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o755)


def set_up(bare: Path, venv: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the set-up on a machine that has only what is in `bare`."""
    return subprocess.run(
        ["/bin/sh", str(SET_UP), "run", str(venv)],
        env={"PATH": str(bare), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_machine_without_python_is_told_what_to_install(bare: Path, tmp_path: Path) -> None:
    """Nobody has to guess which Python, nor how to name another one."""
    done = set_up(bare, tmp_path / "venv")
    assert done.returncode == 1
    assert "No Python 3.11 or newer" in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr
    assert "make PYTHON=" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_an_old_python_is_passed_over(bare: Path, tmp_path: Path) -> None:
    """A Python that is too old is as good as none."""
    program(bare / "python3", "exit 1")
    done = set_up(bare, tmp_path / "venv")
    assert done.returncode == 1
    assert "No Python 3.11 or newer" in done.stderr


def test_a_python_that_cannot_make_environments_names_its_package(bare: Path, tmp_path: Path) -> None:
    """Debian keeps that part in a package of its own; without the right to install it, its name helps."""
    program(bare / "python3", f'case "$*" in *ensurepip*) exit 1;; esac\nexec {sys.executable} "$@"')
    done = set_up(bare, tmp_path / "venv")
    assert done.returncode == 1
    assert f"apt-get install python{sys.version_info.major}.{sys.version_info.minor}-venv" in done.stderr


def test_another_python_that_can_is_taken(bare: Path, tmp_path: Path) -> None:
    """The first Python that can make environments is taken, not the first one there is."""
    program(bare / "python3", f'case "$*" in *ensurepip*) exit 1;; esac\nexec {sys.executable} "$@"')
    program(bare / "python3.13", f'case "$*" in *"-m venv"*) exit 7;; esac\nexec {sys.executable} "$@"')
    done = set_up(bare, tmp_path / "venv")
    assert done.returncode == 7


def test_the_second_time_costs_nothing(bare: Path, tmp_path: Path) -> None:
    """An environment that was made from the same pins is left as it is, without asking pip or the network."""
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    program(venv / "bin" / "python", 'case "$*" in *pip*) echo asked >&2; exit 1;; esac\necho 3.11')
    first = set_up(bare, venv)
    assert (first.returncode, "asked" in first.stderr) == (1, True)
    program(venv / "bin" / "python", 'case "$*" in *pip*) exit 0;; esac\necho 3.11')
    assert set_up(bare, venv).returncode == 0
    program(venv / "bin" / "python", 'case "$*" in *pip*) echo asked >&2; exit 1;; esac\necho 3.11')
    again = set_up(bare, venv)
    assert (again.returncode, again.stderr) == (0, "")
