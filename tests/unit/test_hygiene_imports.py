"""What is imported when: what contracts between modules cannot show, seen in processes of their own."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import backends.records
import console.desk
import console.present
import console.rules
import console.words

HEAVY = ("sqlmodel", "sqlalchemy", "pydantic", "httpx", "keyring", "alembic")
TOOLKITS = ("textual", "rich", *HEAVY)

_SEEN = "import sys, json; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"

_OPEN = f"""
import asyncio, sys
from backends.registry import backend_for
async def main():
    backend = backend_for(sys.argv[1])
    await backend.open()
    found = await backend.search("Lindqvist")
    await backend.customer_file(found[0].customer.key)
    await backend.close()
asyncio.run(main())
{_SEEN}
"""

_FIRST_FRAME = f"""
import asyncio, sys
from console.cli.output import standard_streams
from console.cli.setting import Setting
from console import i18n, launch

async def main():
    setting = Setting(*standard_streams())
    i18n.use(setting.language)
    backend = setting.connect(sys.argv[1])
    await backend.open()
    app = launch.make(setting, backend, None)
    await app.desk.start()
    seen = []
    shown = app._display
    def display(screen, renderable):
        shown(screen, renderable)
        if not seen:
            seen.append(True)
            {_SEEN.replace(chr(10), "; ")}
    app._display = display
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert seen, "no frame was painted"
    app.local.close()
    await backend.close()

asyncio.run(main())
"""


def loaded(code: str, home: Path, *arguments: str) -> set[str]:
    """Return the top-level packages that a fresh interpreter has loaded when `code` prints them."""
    environ = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "CORDBOARD_HOME": str(home / "cordboard"),
        "LC_ALL": "C.UTF-8",
    }
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=environ, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[0]))


def modules_of(*packages: object) -> list[str]:
    """Return the names of all modules in packages."""
    found = []
    for package in packages:
        name = getattr(package, "__name__", "")
        found += [name, *(one.name for one in pkgutil.walk_packages(getattr(package, "__path__", ()), f"{name}."))]
    return found


KNOWLEDGE = modules_of(console.rules, console.desk, console.present, console.words, backends.records)
KNOWLEDGE += [
    "console.actions",
    "console.i18n",
    "backends.port",
    "backends.errors",
    "backends.events",
    "backends.clean",
]


def test_the_knowledge_of_the_desk_loads_no_toolkit(tmp_path: Path) -> None:
    """Rules, desk and words run where there is neither a screen nor a database library."""
    code = "import " + ", ".join(KNOWLEDGE) + "\n" + _SEEN
    assert loaded(code, tmp_path) & set(TOOLKITS) == set()


def test_the_command_line_loads_only_the_command_asked_for(tmp_path: Path) -> None:
    """`cordboard --version` and `--help` answer at once."""
    code = "import sys\nfrom console.cli import main\nsys.argv = ['cordboard', '--version']\n"
    code += "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()):\n try: main()\n"
    code += " except SystemExit: pass\n"
    assert loaded(code + _SEEN, tmp_path) & set(TOOLKITS) == set()


def test_a_profile_on_sqlite_never_imports_the_network(demo_file: Path, tmp_path: Path) -> None:
    """Who keeps everything on this computer needs nothing that speaks to others."""
    seen = loaded(_OPEN, tmp_path, f"sqlite:///{demo_file}")
    assert "backends" in seen
    assert seen & set(HEAVY) == set()


def test_the_first_frame_waits_for_nothing_heavy(demo_file: Path, tmp_path: Path) -> None:
    """When the first frame is out, no database, web or keyring library was loaded (SPEED.md)."""
    seen = loaded(_FIRST_FRAME, tmp_path, f"sqlite:///{demo_file}")
    assert "textual" in seen
    assert seen & {*HEAVY, "phonenumbers", "babel", "holidays"} == set()


@pytest.mark.parametrize("name", HEAVY)
def test_the_probe_sees_what_is_loaded(name: str, tmp_path: Path) -> None:
    """The tests above would notice: a package that is imported is among those seen."""
    assert name in loaded(f"import {name}\n{_SEEN}", tmp_path)
