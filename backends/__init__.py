"""The installed packages below speak records; see `backends.port` for the contract."""
