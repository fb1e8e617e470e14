"""Widgets that take a frozen view and post messages; none knows a backend or the console."""
