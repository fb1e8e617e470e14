"""One tracker for all tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from roundup_server import Roundup


@pytest.fixture(scope="session")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Roundup]:
    """Yield a running tracker."""
    server = Roundup(tmp_path_factory.mktemp("roundup"))
    server.make()
    server.start()
    yield server
    server.stop()
