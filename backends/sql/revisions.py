"""Which schema this program speaks, readable without the schema's tools.

A database carries its revision in the table `alembic_version`; opening compares it with `HEAD` and loads nothing.
"""

from __future__ import annotations

HEAD = "0003"
"""The revision that this program creates, reads and writes."""

KNOWN = ("0001", "0002", "0003")
"""All revisions up to `HEAD`, oldest first; any other one was made by a newer program."""

APPLICATION_ID = 0x43424F44
"""`CBOD` in the file's header (PRAGMA application_id): tells our files from any other SQLite database."""
