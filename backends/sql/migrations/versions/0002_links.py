"""Links between the records of several sources, and the index of ticket digits for stores that lack it.

Frozen: later revisions change what this one made. The index came into the first schema after some stores had been
made, so that it is there in one part of them.
"""



from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    """CREATE INDEX IF NOT EXISTS ix_ticket_digits ON ticket (ltrim(reference_key, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'))""",
    """CREATE TABLE link (
    id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    left_source TEXT NOT NULL,
    left_id TEXT NOT NULL,
    right_source TEXT NOT NULL,
    right_id TEXT NOT NULL,
    evidence TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT ck_link_kind CHECK ("kind" IN ('same_customer', 'same_contact', 'same_ticket', 'not_same')),
    CONSTRAINT uq_link_ends UNIQUE (left_source, left_id, right_source, right_id)
)
 STRICT""",
    """CREATE INDEX ix_link_right ON link (right_source, right_id)""",
    """CREATE TABLE link_customer (
    customer_id INTEGER NOT NULL,
    link_id INTEGER NOT NULL,
    PRIMARY KEY (customer_id, link_id),
    FOREIGN KEY(customer_id) REFERENCES customer (id),
    FOREIGN KEY(link_id) REFERENCES link (id)
)
 WITHOUT ROWID, STRICT""",
    """CREATE INDEX ix_link_customer_link ON link_customer (link_id)""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
