"""Projector walls: which are there, what may stand on them, and when staff emptied them"""

import sqlalchemy as sa
from alembic import op
from storage.columns import BigId, Json, UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("walls_cleared_at", UtcTime(), nullable=True))
    op.add_column("items", sa.Column("altered_at", UtcTime(), nullable=True))
    vouched = sa.text("checked OR highlighted_at IS NOT NULL")
    op.create_index(
        "items_vouched",
        "items",
        ["event_id", sa.literal_column("published_at DESC"), sa.literal_column("id DESC")],
        sqlite_where=vouched,
        postgresql_where=vouched,
    )
    op.create_table(
        "walls",
        sa.Column("event_id", BigId, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("layout", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("showing", Json(), nullable=True),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("heard_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("walls_event_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("event_id", "id", name=op.f("walls_pk")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "wall_clearings",
        sa.Column("event_id", BigId, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("wall_clearings_event_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", "at", name=op.f("wall_clearings_pk")),
        sqlite_with_rowid=False,
    )
