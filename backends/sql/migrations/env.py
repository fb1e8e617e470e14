"""Alembic's way into our schema; `backends.sql.schema.upgrade` hands over the connection."""

from __future__ import annotations

from typing import Any

from alembic import context

from backends.sql import schema

connection = context.config.attributes["connection"]
progress = context.config.attributes.get("progress")


def told(ctx: Any, step: Any, heads: Any, run_args: Any) -> None:
    if progress is not None:
        progress(step.up_revision_id)


context.configure(
    connection=connection,
    target_metadata=schema.metadata(),
    render_as_batch=True,
    on_version_apply=told,
    compare_server_default=True,
    include_name=lambda name, kind, _parents: (
        not (kind == "table" and name is not None and name.startswith(("contact_words", "alembic_version")))
    ),
)
context.run_migrations()
