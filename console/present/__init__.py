"""Records, rules and words become views; used by screens, `show` and plain output alike."""
