"""Calls: how the console hears that somebody rings, and what it knows of each call; no toolkit, no words."""
