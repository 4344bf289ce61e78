"""The tables of collecting: sources, where they stand, what they missed and spend, and what hubs bring them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from storage.columns import BigId, Json, UtcTime
from storage.metadata import metadata

sources = Table(
    "sources",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("event_id", BigId, ForeignKey("events.id"), nullable=False),
    Column("kind", String, nullable=False),
    Column("address", String, nullable=False),
    Column("label", String, nullable=False),
    Column("trusted", Boolean, nullable=False),
    Column("keep", String, nullable=False),
    Column("every_s", Float),
    Column("settings", Json),  # never a secret
    Column("origin", String, nullable=False),
    Column("stopped_at", UtcTime),  # gone from where it came from: kept, and not collected
    Column("state", String, nullable=False),
    Column("error", Text),
    Column("hint", Text),
    Column("last_success_at", UtcTime),
    Column("last_post_at", UtcTime),
    Column("failing_since", UtcTime),
    Column("next_poll_at", UtcTime),
    Column("posts", BigInteger, nullable=False),
    UniqueConstraint("event_id", "kind", "address"),
    sqlite_autoincrement=True,
)

gaps = Table(
    "gaps",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("source_id", BigId, ForeignKey("sources.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("since", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("reason", Text, nullable=False),
)

spending = Table(
    "spending",
    metadata,
    Column("account", String, primary_key=True),  # whose budget: the kind and address that sources share
    Column("day", String, primary_key=True),  # in UTC, as 2026-11-22
    Column("posts", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

charged = Table(
    "charged",
    metadata,
    Column("account", String, primary_key=True),
    Column("day", String, primary_key=True),
    Column("ref", String, primary_key=True),  # a post is charged for once a day
    sqlite_with_rowid=False,
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("source_id", BigId, ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("key", String, nullable=False, unique=True),  # random: it names the source to its hub
    Column("hub", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("secret", String, nullable=False),  # ours, made for this hub: it signs what it brings
    Column("state", String, nullable=False),  # as storage/subscriptions.py has them
    Column("since", UtcTime),  # when the hub first agreed
    Column("lease_until", UtcTime),
    Column("asked_at", UtcTime),
    Column("ask_at", UtcTime, nullable=False, index=True),  # when the hub is to be asked next
    Column("attempts", Integer, nullable=False),  # since it last agreed
    Column("heard_at", UtcTime),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("source_id", BigId, ForeignKey("sources.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("content_type", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

cursors = Table(
    "cursors",
    metadata,
    Column("source_id", BigId, ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String, primary_key=True),  # the hashtag or account asked for, or ""
    Column("value", Json),
    sqlite_with_rowid=False,
)
