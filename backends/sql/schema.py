"""Making and upgrading the schema: the only place, beside the tables, that needs SQLModel, SQLAlchemy and Alembic."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from backends.sql.revisions import APPLICATION_ID, HEAD

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection, MetaData

MIGRATIONS = Path(__file__).with_name("migrations")


def metadata() -> MetaData:
    """Return the metadata of all our tables."""
    from backends.sql import tables_kept
    from backends.sql.tables import Stored

    assert tables_kept.CONTACT_WORDS  # importing it adds its tables
    return Stored.metadata


def statements() -> list[str]:
    """Return the statements that make the schema at `HEAD`, in order."""
    from sqlalchemy.dialects import sqlite
    from sqlalchemy.schema import CreateIndex, CreateTable

    from backends.sql.tables_kept import CONTACT_WORDS, FIRST_ROWS, TRIGGERS

    dialect = sqlite.dialect()
    made = []
    for table in metadata().sorted_tables:
        made.append(str(CreateTable(table).compile(dialect=dialect)))
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        made.extend(str(CreateIndex(index).compile(dialect=dialect)) for index in indexes)
    return [*made, CONTACT_WORDS, *TRIGGERS, *FIRST_ROWS]


def create(connection: sqlite3.Connection) -> None:
    """Make an empty store at `HEAD` in one transaction, unless another process has just made it."""
    wanted = statements()
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if not tables:
            for statement in wanted:
                connection.execute(statement)
            connection.execute(
                "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL,"
                " CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
            )
            connection.execute("INSERT INTO alembic_version VALUES (?)", (HEAD,))
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def differences(connection: sqlite3.Connection) -> list[str]:
    """Return in which tables, indexes and triggers the store differs from `HEAD`."""
    fresh = sqlite3.connect(":memory:", isolation_level=None)
    try:
        for statement in statements():
            fresh.execute(statement)
        wanted, found = made_of(fresh), made_of(connection)
    finally:
        fresh.close()
    return [name for name in sorted(wanted.keys() | found.keys()) if wanted.get(name) != found.get(name)]


def made_of(connection: sqlite3.Connection) -> dict[str, object]:
    """Return what the schema is made of, by name, in a form in which neither order nor spacing of columns counts."""
    found: dict[str, object] = {}
    query = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
    for kind, name, sql in connection.execute(query).fetchall():
        if name == "alembic_version":
            continue
        plain = " ".join(sql.replace('"', "").split())
        found[name] = _table(connection, name, plain) if kind == "table" else plain
    return found


def _table(connection: sqlite3.Connection, name: str, sql: str) -> object:
    """Return columns, options, foreign keys and checks of a table; for a virtual one its statement."""
    options = connection.execute("SELECT type, wr, strict FROM pragma_table_list WHERE name = ?", (name,)).fetchone()
    if options[0] != "table":
        return sql
    columns = connection.execute('SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_xinfo(?)', (name,))
    keys = connection.execute('SELECT "table", "from", "to", on_delete FROM pragma_foreign_key_list(?)', (name,))
    unique = connection.execute("SELECT name FROM pragma_index_list(?) WHERE origin = 'u'", (name,)).fetchall()
    listed = [tuple(connection.execute("SELECT name FROM pragma_index_info(?)", one).fetchall()) for one in unique]
    return (options, sorted(columns), sorted(keys), sorted(listed), sorted(_CHECK.findall(sql)))


_CHECK = re.compile(r"CHECK \((.*?\)?)\)(?=,| \)|\))")


@contextmanager
def engine_on(file: Path) -> Iterator[Connection]:
    """Yield a SQLAlchemy connection to `file` whose whole life is one transaction, with foreign keys not enforced.

    Alembic changes a table by building it anew, which enforced keys would forbid; `upgrade` checks them at the end.
    """
    import sqlalchemy as sa

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True, timeout=10.0, isolation_level=None)
        connection.execute("PRAGMA foreign_keys = OFF")
        return connection

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.NullPool, hide_parameters=True)
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def configuration(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for our migrations, without any ini file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def upgrade(file: Path, progress: Callable[[str], None] | None = None, *, to: str = "head") -> None:
    """Bring the store to a revision, whole or not at all; `progress` hears each revision on the way."""
    from alembic import command

    with engine_on(file) as connection:
        config = configuration(connection)
        config.attributes["progress"] = progress
        command.upgrade(config, to)
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise sqlite3.DatabaseError(f"{len(broken)} rows refer to nothing after the upgrade")
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
