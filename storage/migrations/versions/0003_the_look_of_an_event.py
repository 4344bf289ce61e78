"""What an event looks like, where it is held, and when what is told of it last changed"""

import sqlalchemy as sa
from alembic import op
from storage.columns import Json, UtcTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("changed_at", UtcTime(), nullable=True),
        sa.Column("venue", sa.Text(), nullable=False, server_default=""),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("look", Json(), nullable=True),
    ):
        op.add_column("events", column)
