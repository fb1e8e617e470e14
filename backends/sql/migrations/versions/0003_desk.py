"""Escalation, regions, skills, declined handovers, callers attached to outages; who has which customer open now.

Frozen: later revisions change what this one made. Tables whose codes grew are made anew, because a check cannot be
changed; the others only get columns, so that the largest of them is not copied.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = (
    "operator ADD COLUMN region TEXT DEFAULT '' NOT NULL",
    "operator ADD COLUMN accept_minutes INTEGER DEFAULT 30 NOT NULL",
    "operator ADD COLUMN ladder TEXT DEFAULT '[]' NOT NULL",
    "agent ADD COLUMN skills TEXT DEFAULT '[]' NOT NULL",
    "ticket ADD COLUMN escalated_to TEXT DEFAULT '' NOT NULL",
    "ticket ADD COLUMN class_proposed TEXT CONSTRAINT ck_ticket_class_proposed"
    " CHECK (class_proposed IN ('right_first_time', 'recovered', 'compounded'))",
    "contact ADD COLUMN outage_id INTEGER REFERENCES outage (id)",
    "handover ADD COLUMN declined_at INTEGER",
    "handover ADD COLUMN declined_reason TEXT DEFAULT '' NOT NULL",
)

ANEW = {
    "ticket_event": (
        """CREATE TABLE ticket_event (
    id INTEGER NOT NULL,
    ticket_id INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    "before" TEXT NOT NULL,
    "after" TEXT NOT NULL,
    text TEXT NOT NULL,
    contact_id INTEGER,
    version INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT ck_ticket_event_kind CHECK ("kind" IN ('opened', 'state', 'holder', 'priority', 'chased', 'promised',
        'promise_kept', 'promise_withdrawn', 'visit', 'handover', 'next_step', 'reference_given', 'compensation',
        'outage_attached', 'joined', 'note', 'escalated', 'parted', 'overridden', 'raised', 'closed', 'reopened')),
    FOREIGN KEY(ticket_id) REFERENCES ticket (id),
    FOREIGN KEY(customer_id) REFERENCES customer (id),
    FOREIGN KEY(contact_id) REFERENCES contact (id)
)
 STRICT""",
        """CREATE INDEX ix_ticket_event_contact_id ON ticket_event (contact_id)""",
        """CREATE INDEX ix_ticket_event_ticket_id ON ticket_event (ticket_id)""",
        """CREATE INDEX ix_ticket_event_timeline ON ticket_event (customer_id, at, id)""",
    ),
    "promise": (
        """CREATE TABLE promise (
    id INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    deed TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    due_at INTEGER,
    ticket_id INTEGER,
    contact_id INTEGER,
    outage_id INTEGER,
    made_by TEXT NOT NULL,
    owner TEXT NOT NULL,
    state TEXT NOT NULL,
    closed_at INTEGER,
    closed_reason TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT ck_promise_kind CHECK ("kind" IN ('deed', 'call_back', 'word_at_restoration', 'document_check')),
    CONSTRAINT ck_promise_state CHECK ("state" IN ('open', 'kept', 'withdrawn')),
    FOREIGN KEY(customer_id) REFERENCES customer (id),
    FOREIGN KEY(ticket_id) REFERENCES ticket (id),
    FOREIGN KEY(contact_id) REFERENCES contact (id),
    FOREIGN KEY(outage_id) REFERENCES outage (id)
)
 STRICT""",
        """CREATE INDEX ix_promise_contact_id ON promise (contact_id)""",
        """CREATE INDEX ix_promise_customer_id ON promise (customer_id)""",
        """CREATE INDEX ix_promise_due ON promise (due_at) WHERE state = 'open'""",
        """CREATE INDEX ix_promise_outage_id ON promise (outage_id)""",
        """CREATE INDEX ix_promise_ticket_id ON promise (ticket_id)""",
    ),
}
"""Tables that are made anew, and their indexes."""

NEW = (
    """CREATE TABLE presence (
    agent TEXT NOT NULL,
    console TEXT NOT NULL,
    customer_key TEXT NOT NULL,
    ticket_key TEXT NOT NULL,
    since INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    writing INTEGER NOT NULL,
    PRIMARY KEY (agent, console),
    CONSTRAINT ck_presence_writing CHECK (writing IN (0, 1))
)
 WITHOUT ROWID,
 STRICT""",
    """CREATE INDEX ix_presence_customer ON presence (customer_key)""",
    """CREATE INDEX ix_ticket_next_step ON ticket (next_step_at)
    WHERE next_step_at IS NOT NULL AND state <> 'closed'""",
    """CREATE INDEX ix_contact_outage ON contact (outage_id) WHERE outage_id IS NOT NULL""",
    """CREATE INDEX ix_contract_ends ON contract (ends_on) WHERE ends_on IS NOT NULL AND state = 'running'""",
    """CREATE INDEX ix_dispute_pending ON dispute (state) WHERE state IN ('open', 'hold_asked')""",
    """CREATE INDEX ix_handover_due ON handover (due_at) WHERE accepted_at IS NULL AND declined_at IS NULL""",
)

RECEIPTS = "UPDATE receipt SET body = json_set(body, '$.changes', json('[]'))"
"""What batches stored was kept by the columns of before; that they were stored, and under which keys, stays known."""


def upgrade() -> None:
    execute = op.get_bind().exec_driver_sql
    for column in COLUMNS:
        execute(f"ALTER TABLE {column}")
    for table, (made, *indexes) in ANEW.items():
        columns = ", ".join(f'"{row[1]}"' for row in execute(f"PRAGMA table_info({table})").fetchall())
        execute(made.replace(f"CREATE TABLE {table}", f"CREATE TABLE {table}_anew", 1))
        execute(f"INSERT INTO {table}_anew ({columns}) SELECT {columns} FROM {table}")  # noqa: S608
        execute(f"DROP TABLE {table}")
        execute(f"ALTER TABLE {table}_anew RENAME TO {table}")
        for index in indexes:
            execute(index)
    for statement in NEW:
        execute(statement)
    execute(RECEIPTS)
