"""The embedded database: SQLite described by SQLModel, read and written with the standard driver."""
