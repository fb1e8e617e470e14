"""Install the servers that the tests start, one after the other: `python -m tests.servers`.

Tests that run side by side must not install side by side. What cannot be had is named, and its tests are skipped.
"""

from __future__ import annotations

import sys

from tests.servers import alertmanager, rt, softphone


def main() -> None:
    """Install what is missing where that is ours to do."""
    missing = []
    if not alertmanager.installed():
        missing.append(f"no Alertmanager: needs Debian's package {alertmanager.PROGRAM}")
    if why := rt.install():
        missing.append(f"no Request Tracker: {why}")
    if why := softphone.install():
        missing.append(f"no softphone: {why}")
    for says in missing:
        sys.stderr.write(f"Some tests will be skipped: {says}\n")


if __name__ == "__main__":
    main()
