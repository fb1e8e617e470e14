"""What a role may not see is neither fetched nor told (R41): a backend around another.

    veiled = Veil(store, lambda: Hides(frozenset({Area.PAYMENT})))

is a backend in the place of `store` that tells it what not to fetch (`backends.port.LeavesOut`), and takes out what
comes nevertheless, from answers, receipts and errors alike. What is written through it keeps what was hidden.
"""

from __future__ import annotations

from backends.veil.covering import covered, restored
from backends.veil.knowing import Hides
from backends.veil.veil import Veil, VeilOverCopy

__all__ = ["Hides", "Veil", "VeilOverCopy", "covered", "restored"]
