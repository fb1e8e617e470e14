"""A country's holidays are loaded alone, and are the same as when all are."""

from __future__ import annotations

import json
import subprocess
import sys

COUNTRIES = ("PL", "IT", "SE", "GB", "DE", "FR", "US", "IN", "BR", "ZZ")
_ASKS = f"""
import json, sys
from datetime import date, timedelta
{{}}
from console.rules.workdays import is_working_day
days = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
found = {{{{country: [str(day) for day in days if is_working_day(day, country)] for country in {COUNTRIES!r}}}}}
loaded = sum(name.startswith("holidays.countries.") for name in sys.modules)
print(json.dumps([found, loaded]))
"""


def _asked(before: str) -> tuple[dict[str, list[str]], int]:
    done = subprocess.run([sys.executable, "-c", _ASKS.format(before)], capture_output=True, check=True, text=True)
    found, loaded = json.loads(done.stdout)
    return found, loaded


def test_only_the_countries_asked_for_are_loaded() -> None:
    """Working days are those of the whole library, of which a tenth is loaded at most."""
    alone, few = _asked("")
    whole, all_of_them = _asked("import holidays.countries")
    assert alone == whole
    assert len(set(map(tuple, alone.values()))) > 5
    assert len(COUNTRIES) - 1 <= few < all_of_them / 10
