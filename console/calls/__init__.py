"""Calls that ring: where they are told from, and which are on the line."""
