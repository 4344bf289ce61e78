"""Whether search engines may list an event, and the way to its highlights among a million posts"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("indexed", sa.Boolean(), nullable=False, server_default=sa.true()))
    picked = sa.text("highlighted_at IS NOT NULL")
    op.create_index(
        "items_highlights",
        "items",
        ["event_id", "state", sa.literal_column("published_at DESC"), sa.literal_column("id DESC")],
        sqlite_where=picked,
        postgresql_where=picked,
    )
