"""Sources that know outages and nothing else: network alarms, status pages, feeds of a supplier, public warnings.

All of them are read, never written. Each has a reader, a pure function from the source's text to a `Reading`; the rest
is the same for all: `feed` polls and tells what changed, `seen` keeps what a source has already forgotten.
"""
