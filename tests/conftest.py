"""Fixtures shared by the tests that need a whole desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.desk_stage import copy_of, make_demo

if TYPE_CHECKING:
    from tests.servers.rt import RequestTracker

FAILED = "failed-tests"
"""Name of the file, in the folder of pytest's cache, that names what failed: one test a line, for `pytest @FILE`."""
_GROUP = re.compile(r"@\w+$")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Write down which tests failed, without the names of groups that several workers add, to be run again alone."""
    if not config.pluginmanager.has_plugin("cacheprovider"):
        return
    stats = terminalreporter.stats
    failed = [_GROUP.sub("", report.nodeid) for kind in ("failed", "error") for report in stats.get(kind, ())]
    (config.cache.mkdir("cordboard") / FAILED).write_text("\n".join(dict.fromkeys(failed)), encoding="utf-8")


@pytest.fixture(scope="session")
def demo_original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database file with the small demo, made once and never written to."""
    return make_demo(tmp_path_factory.mktemp("demo") / "demo.db")


@pytest.fixture
def demo_file(demo_original: Path, tmp_path: Path) -> Path:
    """Return a copy of the demo database that a test may write to."""
    return copy_of(demo_original, tmp_path / "data")


@pytest.fixture(scope="session")
def rt_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RequestTracker]:
    """Give the session's one Request Tracker; skips where it cannot be had."""
    from tests.servers.rt import running

    with running(tmp_path_factory.mktemp("rt")) as server:
        yield server
