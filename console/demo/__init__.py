"""The demo operators and their customers: coherent stories, the same for the same seed and day."""
