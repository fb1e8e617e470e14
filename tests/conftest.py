"""Fixtures shared by the tests that need a whole desk."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk_stage import copy_of, make_demo


@pytest.fixture(scope="session")
def demo_original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database file with the small demo, made once and never written to."""
    return make_demo(tmp_path_factory.mktemp("demo") / "demo.db")


@pytest.fixture
def demo_file(demo_original: Path, tmp_path: Path) -> Path:
    """Return a copy of the demo database that a test may write to."""
    return copy_of(demo_original, tmp_path / "data")
