"""Each rule of the desk has a test that is named after it, so that whoever reads a rule finds what proves it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
_NAMED = re.compile(r"^\s*(?:async )?def test_r(\d+)_", re.MULTILINE)
OF_SUPERVISORS = frozenset({13, 19})
"""The scorecard and an agent's own streak: what a supervisor's screens will show."""
RULES = [number for number in range(1, 44) if number not in OF_SUPERVISORS]


@pytest.fixture(scope="module")
def named() -> frozenset[int]:
    """Return the rules that tests are named after."""
    files = (file.read_text(encoding="utf-8") for file in TESTS.rglob("test_*.py"))
    return frozenset(int(number) for text in files for number in _NAMED.findall(text))


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_of_the_desk_has_a_test_of_its_name(rule: int, named: frozenset[int]) -> None:
    """A rule without one is not held by anything that says so."""
    assert rule in named
