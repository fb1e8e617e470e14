"""Helpdesks that speak the telecom industry's own interface: the TM Forum Open APIs, wire versions 4 and 5.

`wire` is the mapping between records and resources, which our own server uses as well; the client asks and writes.
"""
