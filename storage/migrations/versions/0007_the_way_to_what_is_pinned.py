"""The way to what is pinned in an event among a million posts"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pinned = sa.text("pinned_at IS NOT NULL")
    op.create_index(
        "items_pinned", "items", ["event_id", sa.literal_column("pinned_at DESC")],
        sqlite_where=pinned, postgresql_where=pinned,
    )  # fmt: skip

