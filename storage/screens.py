"""The tables of projector walls: which report that they are there, and when staff emptied them all."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table

from storage.columns import BigId, Json, UtcTime
from storage.metadata import metadata

walls = Table(
    "walls",
    metadata,
    Column("event_id", BigId, ForeignKey("events.id", ondelete="CASCADE"), primary_key=True),
    Column("id", String, primary_key=True),  # random, made by its page
    Column("name", String, nullable=False),
    Column("layout", String, nullable=False),
    Column("mode", String, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("showing", Json),  # ids of items
    Column("since", UtcTime, nullable=False),
    Column("heard_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)

wall_clearings = Table(
    "wall_clearings",
    metadata,
    Column("event_id", BigId, ForeignKey("events.id", ondelete="CASCADE"), primary_key=True),
    Column("at", UtcTime, primary_key=True),
    sqlite_with_rowid=False,
)
