"""Use cases of the desk: asynchronous, free of any toolkit."""
