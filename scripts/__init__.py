"""What makes the files that are made from the sources: `make docs` runs all of it."""
