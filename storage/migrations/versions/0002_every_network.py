"""Every network: gaps, budgets, subscriptions, re-checks, discussions, profiles that wait"""

import sqlalchemy as sa
from alembic import op
from storage.columns import BigId, Json, UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, column in (
        ("authors", sa.Column("offered", Json(), nullable=True)),
        ("authors", sa.Column("offered_at", UtcTime(), nullable=True)),
        ("posts", sa.Column("looked_at", UtcTime(), nullable=True)),
        ("items", sa.Column("parent_id", BigId, nullable=True)),
        ("items", sa.Column("shown_at", UtcTime(), nullable=True)),
    ):
        op.add_column(name, column)
    op.execute(
        "UPDATE items SET shown_at = first_seen_at WHERE state <> 'held' OR EXISTS (SELECT 1 FROM changes"
        " WHERE changes.event_id = items.event_id AND changes.subject = items.id"
        " AND changes.kind IN ('item.added', 'item.changed', 'item.removed'))"
    )
    op.create_index(
        "items_parent_id",
        "items",
        ["parent_id"],
        sqlite_where=sa.text("parent_id IS NOT NULL"),
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
    op.create_index(op.f("posts_network"), "posts", ["network", "published_at"])
    op.create_index(
        "posts_quoting",
        "posts",
        ["network", "quotes"],
        sqlite_where=sa.text("quotes IS NOT NULL"),
        postgresql_where=sa.text("quotes IS NOT NULL"),
    )
    op.create_index(
        "posts_answering",
        "posts",
        ["network", "in_reply_to"],
        sqlite_where=sa.text("in_reply_to IS NOT NULL"),
        postgresql_where=sa.text("in_reply_to IS NOT NULL"),
    )

    op.create_table(
        "gaps",
        sa.Column("id", BigId, nullable=False),
        sa.Column("source_id", BigId, nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("gaps_source_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("gaps_pk")),
    )
    op.create_index(op.f("gaps_source_id"), "gaps", ["source_id"])

    op.create_table(
        "spending",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("posts", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "day", name=op.f("spending_pk")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "charged",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("account", "day", "ref", name=op.f("charged_pk")),
        sqlite_with_rowid=False,
    )

    op.create_table(
        "subscriptions",
        sa.Column("source_id", BigId, autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", UtcTime(), nullable=True),
        sa.Column("lease_until", UtcTime(), nullable=True),
        sa.Column("asked_at", UtcTime(), nullable=True),
        sa.Column("ask_at", UtcTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("heard_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("subscriptions_source_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", name=op.f("subscriptions_pk")),
        sa.UniqueConstraint("key", name=op.f("subscriptions_key_unique")),
    )
    op.create_index(op.f("subscriptions_ask_at"), "subscriptions", ["ask_at"])
    op.create_table(
        "inbox",
        sa.Column("id", BigId, nullable=False),
        sa.Column("source_id", BigId, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("inbox_source_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("inbox_pk")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("inbox_source_id"), "inbox", ["source_id"])
