"""`python -m console.cli`: the command where its script is not installed."""

from __future__ import annotations

import sys

from console.cli import main

sys.exit(main())
