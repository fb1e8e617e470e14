"""The terminal: what it can do, how keys come in and how frames go out."""
