"""French names of towns in what customers are told: no word before them that would have to change with them (R30)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from backends.records import Coverage, Operator, Outage, OutageState
from console.data.texts import texts_of
from console.present.outage_texts import Kind, text_of, voice_of

NOW = datetime(2026, 11, 21, 2, 14, tzinfo=UTC)
OPERATOR = Operator("k", "LUN", "Luna", "FR", "fr", "Europe/Paris")


@pytest.mark.parametrize("town", ["Aix-en-Provence", "Le Mans", "Les Ulis", "Hyères", "Lyon"])
def test_r30_a_french_town_stands_as_it_is_called(town: str) -> None:
    """R30: `de Aix` and `de Le Mans` are no French."""
    outage = Outage("1", "O-1", OutageState.CONFIRMED, "-", NOW, Coverage(("internet",), towns=(town,)))
    voice = voice_of(OPERATOR, texts_of(), NOW, UTC)
    for kind in (Kind.GREETING, Kind.WEB, Kind.MESSAGE):
        told = text_of(outage, kind, "fr", voice)
        assert town in told
        assert f"de {town}" not in told
