"""The demo operators and their customers: coherent stories, the same for the same seed and day."""

from __future__ import annotations

from console.demo.cast import FEWEST, Highlight, highlights
from console.demo.generation import ACTOR, generate
from console.demo.loading import load
from console.demo.operators import DEMO_LOGIN

__all__ = ["ACTOR", "DEMO_LOGIN", "FEWEST", "Highlight", "generate", "highlights", "load"]
