"""What was read, kept for hours without the line; only where the profile allows it.

    kept = Kept(remote, file, keep=source.keep_offline)

is a backend in the place of `remote`. It answers with what the source told last when the source cannot be reached,
and says so: `error` is why, `last_answer` when the source was last heard, `stale_since` how old each thing is.
"""

from __future__ import annotations

from backends.offline.keeping import Store, erase
from backends.offline.kept import Kept

__all__ = ["Kept", "Store", "erase"]
