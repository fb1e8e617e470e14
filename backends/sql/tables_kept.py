"""The tables behind the records: search, originals, receipts, counters, the log of changes, the audit trail.

What SQLAlchemy has no words for (the full-text index, triggers) stands at the end as plain statements.
"""

import sqlalchemy as sa
from sqlmodel import Field

from backends.sql.tables import CLUSTERED, STRICT, Blob, Moment, OptionalMoment, Stored, Text


class SearchWordRow(Stored, table=True):
    """A folded word of a customer's name or places; `field` as in `backends.sql.index.WordField`."""

    __tablename__ = "search_word"
    __table_args__ = (
        sa.PrimaryKeyConstraint("field", "word", "customer_id"),
        sa.Index("ix_search_word_customer", "customer_id", "word"),
        CLUSTERED,
    )
    field: int
    word: Text
    customer_id: int = Field(foreign_key="customer.id")


class TextWordRow(Stored, table=True):
    """A folded word that some contact's text holds: a typed beginning is looked up here, because the full-text index
    is quick for whole words and reads all it has for beginnings."""

    __tablename__ = "text_word"
    __table_args__ = CLUSTERED
    word: str = Field(sa_type=sa.Text, primary_key=True)


class SearchCodeRow(Stored, table=True):
    """A telephone number, address of a device or mailbox, made comparable; `kind` as in `index.CodeKind`."""

    __tablename__ = "search_code"
    __table_args__ = (
        sa.PrimaryKeyConstraint("kind", "code", "customer_id", "line_id"),
        sa.Index("ix_search_code_customer", "customer_id"),
        CLUSTERED,
    )
    kind: Text
    code: Text
    customer_id: int = Field(foreign_key="customer.id")
    line_id: int
    """The line it belongs to, 0 when it is the customer's own."""


class LinkCustomerRow(Stored, table=True):
    """A customer of this store whom a link is about: found when it was stored, for the store may be called otherwise
    later."""

    __tablename__ = "link_customer"
    __table_args__ = (
        sa.PrimaryKeyConstraint("customer_id", "link_id"),
        sa.Index("ix_link_customer_link", "link_id"),
        CLUSTERED,
    )
    customer_id: int = Field(foreign_key="customer.id")
    link_id: int = Field(foreign_key="link.id")


class PresenceRow(Stored, table=True):
    """Which console has which customer open: told every half minute, never kept longer than the consoles are there.

    The keys are as consoles say them: they may name a customer of another source, and lead nowhere here.
    """

    __tablename__ = "presence"
    __table_args__ = (
        sa.PrimaryKeyConstraint("agent", "console"),
        sa.Index("ix_presence_customer", "customer_key"),
        sa.CheckConstraint("writing IN (0, 1)", name="ck_presence_writing"),
        CLUSTERED,
    )
    agent: Text
    console: Text
    customer_key: Text
    ticket_key: Text
    since: Moment
    seen_at: Moment
    writing: int


class OriginalRow(Stored, table=True):
    """The original of an imported item, byte for byte."""

    __tablename__ = "original"
    __table_args__ = (sa.PrimaryKeyConstraint("subject", "subject_id"), STRICT)
    subject: Text
    subject_id: int
    body: Blob


class ReceiptRow(Stored, table=True):
    """What a batch with an idempotency key came to, kept for a while so that repeating it stores nothing."""

    __tablename__ = "receipt"
    __table_args__ = (sa.Index("ix_receipt_at", "at"), STRICT)
    key: str = Field(sa_type=sa.Text, primary_key=True)
    at: Moment
    customer_ids: Text
    body: Text


class CounterRow(Stored, table=True):
    """The last number given to a record of this kind; numbers are never given twice."""

    __tablename__ = "counter"
    __table_args__ = STRICT
    kind: str = Field(sa_type=sa.Text, primary_key=True)
    last: int


class ChangeRow(Stored, table=True):
    """What other processes are told: look at this again."""

    __tablename__ = "change"
    __table_args__ = {"sqlite_strict": True, "sqlite_autoincrement": True}
    id: int = Field(primary_key=True)
    event: Text
    customer_id: int
    key: Text


class AuditRow(Stored, table=True):
    """One row of the audit trail."""

    __tablename__ = "audit"
    __table_args__ = (
        sa.Index("ix_audit_customer", "customer_key", "sequence"),
        STRICT,
    )
    sequence: int = Field(primary_key=True)
    at: Moment
    actor: Text
    act: Text
    subject: Text
    subject_key: Text
    customer_key: Text
    detail: Text
    previous: Text
    digest: Text


class AuditHeadRow(Stored, table=True):
    """Where the trail must end: a shorter one was cut."""

    __tablename__ = "audit_head"
    __table_args__ = (sa.CheckConstraint("id = 1", name="ck_audit_head_one"), STRICT)
    id: int = Field(primary_key=True)
    sequence: int
    digest: Text


class FactRow(Stored, table=True):
    """What the store knows about itself, e.g. by which folding its index was made."""

    __tablename__ = "fact"
    __table_args__ = STRICT
    name: str = Field(sa_type=sa.Text, primary_key=True)
    value: Text
    at: OptionalMoment = None


CONTACT_WORDS = (
    "CREATE VIRTUAL TABLE contact_words USING fts5(words, content='', columnsize=0, detail=none, "
    "tokenize=\"ascii tokenchars '='\")"
)
"""Folded words of subjects and bodies. Words come folded and parted by spaces, so the plainest tokenizer is the right
one. Row ids are built from time and contact (`backends.sql.index.word_row`), so that newest first needs no sorting;
`=17` is the token of customer 17."""

TRIGGERS = (
    "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
    "CREATE TRIGGER audit_in_order BEFORE INSERT ON audit"
    " WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM audit)"
    " BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
    "CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head"
    " BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
    "CREATE TRIGGER contact_counted AFTER INSERT ON contact"
    " BEGIN UPDATE customer SET contacts = contacts + 1 WHERE id = NEW.customer_id; END",
    "CREATE TRIGGER contact_uncounted AFTER DELETE ON contact"
    " BEGIN UPDATE customer SET contacts = contacts - 1 WHERE id = OLD.customer_id; END",
    "CREATE TRIGGER contact_moved AFTER UPDATE OF customer_id ON contact WHEN OLD.customer_id <> NEW.customer_id BEGIN"
    " UPDATE customer SET contacts = contacts - 1 WHERE id = OLD.customer_id;"
    " UPDATE customer SET contacts = contacts + 1 WHERE id = NEW.customer_id; END",
)

FIRST_ROWS = ("INSERT INTO audit_head (id, sequence, digest) VALUES (1, 0, '" + "0" * 64 + "')",)
"""What a new store holds."""
