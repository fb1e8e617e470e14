"""Several sources as one: the same customer gathered from all of them, each source by its own state."""

from __future__ import annotations

from console.desk.several.backend import Several
from console.desk.several.members import Member

__all__ = ["Member", "Several"]
