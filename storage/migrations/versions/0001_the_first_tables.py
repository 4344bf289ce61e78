"""The first tables"""

import sqlalchemy as sa
from alembic import op
from storage.columns import BigId, Json, UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "authors",
        sa.Column("id", BigId, nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("avatar", sa.Text(), nullable=True),
        sa.Column("avatar_key", sa.String(), nullable=True),
        sa.Column("labels", Json(), nullable=True),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("organisation", sa.Boolean(), nullable=False),
        sa.Column("profile_at", UtcTime(), nullable=False),
        sa.Column("told_by", BigId, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("authors_pk")),
        sa.UniqueConstraint("network", "uri", name=op.f("authors_network_unique")),
    )
    with op.batch_alter_table("authors", schema=None) as batch_op:
        batch_op.create_index("authors_to_ask", ["network", "known", "profile_at"], unique=False)

    op.create_table(
        "chores",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("latest", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("chores_pk")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "events",
        sa.Column("id", BigId, nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("starts_at", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=False),
        sa.Column("collect_from", UtcTime(), nullable=False),
        sa.Column("collect_until", UtcTime(), nullable=False),
        sa.Column("hashtags", Json(), nullable=True),
        sa.Column("visibility", sa.String(), nullable=False),
        sa.Column("moderation", sa.String(), nullable=False),
        sa.Column("consent", sa.String(), nullable=False),
        sa.Column("schedule", sa.String(), nullable=True),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("archived_at", UtcTime(), nullable=True),
        sa.Column("wiped_at", UtcTime(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("events_pk")),
        sa.UniqueConstraint("slug", name=op.f("events_slug_unique")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "tombstones",
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("network", "uri", name=op.f("tombstones_pk")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "changes",
        sa.Column("event_id", BigId, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", BigId, nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("changes_event_id_fk")),
        sa.PrimaryKeyConstraint("event_id", "seq", name=op.f("changes_pk")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "posts",
        sa.Column("id", BigId, nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("author_id", BigId, nullable=False),
        sa.Column("published_at", UtcTime(), nullable=False),
        sa.Column("edited_at", UtcTime(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("hashtags", Json(), nullable=True),
        sa.Column("links", Json(), nullable=True),
        sa.Column("in_reply_to", sa.String(), nullable=True),
        sa.Column("quotes", sa.String(), nullable=True),
        sa.Column("content_warning", sa.Text(), nullable=True),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("card", Json(), nullable=True),
        sa.Column("poll", Json(), nullable=True),
        sa.Column("replies", sa.BigInteger(), nullable=False),
        sa.Column("boosts", sa.BigInteger(), nullable=False),
        sa.Column("likes", sa.BigInteger(), nullable=False),
        sa.Column("told_by", BigId, nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name=op.f("posts_author_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("posts_pk")),
        sa.UniqueConstraint("network", "uri", name=op.f("posts_network_unique")),
    )
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("posts_author_id"), ["author_id", "published_at"], unique=False)

    op.create_table(
        "sources",
        sa.Column("id", BigId, nullable=False),
        sa.Column("event_id", BigId, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("keep", sa.String(), nullable=False),
        sa.Column("every_s", sa.Float(), nullable=True),
        sa.Column("settings", Json(), nullable=True),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("stopped_at", UtcTime(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("hint", sa.Text(), nullable=True),
        sa.Column("last_success_at", UtcTime(), nullable=True),
        sa.Column("last_post_at", UtcTime(), nullable=True),
        sa.Column("failing_since", UtcTime(), nullable=True),
        sa.Column("next_poll_at", UtcTime(), nullable=True),
        sa.Column("posts", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("sources_event_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("sources_pk")),
        sa.UniqueConstraint("event_id", "kind", "address", name=op.f("sources_event_id_unique")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "cursors",
        sa.Column("source_id", BigId, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", Json(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("cursors_source_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("source_id", "key", name=op.f("cursors_pk")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "items",
        sa.Column("id", BigId, nullable=False),
        sa.Column("event_id", BigId, nullable=False),
        sa.Column("post_id", BigId, nullable=True),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("checked", sa.Boolean(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("first_seen_at", UtcTime(), nullable=False),
        sa.Column("published_at", UtcTime(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("highlighted_at", UtcTime(), nullable=True),
        sa.Column("phrase", sa.Text(), nullable=True),
        sa.Column("pinned_at", UtcTime(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("staff_note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("items_event_id_fk")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("items_post_id_fk"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("items_pk")),
        sa.UniqueConstraint("post_id", "event_id", name=op.f("items_post_id_unique")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("items", schema=None) as batch_op:
        batch_op.create_index(
            "items_by_network",
            ["event_id", "state", "network", sa.literal_column("published_at DESC"), sa.literal_column("id DESC")],
            unique=False,
        )
        batch_op.create_index(
            "items_timeline",
            ["event_id", "state", sa.literal_column("published_at DESC"), sa.literal_column("id DESC")],
            unique=False,
        )

    op.create_table(
        "media",
        sa.Column("id", BigId, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("post_id", BigId, nullable=True),
        sa.Column("author_id", BigId, nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("alt", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("content_hash", sa.String(), nullable=True),
        sa.Column("content_type", sa.String(), nullable=True),
        sa.Column("kept_bytes", sa.BigInteger(), nullable=True),
        sa.Column("kept_at", UtcTime(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UtcTime(), nullable=True),
        sa.Column("wanted_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name=op.f("media_author_id_fk"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("media_post_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("media_pk")),
        sa.UniqueConstraint("key", name=op.f("media_key_unique")),
    )
    with op.batch_alter_table("media", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("media_author_id"), ["author_id"], unique=False)
        batch_op.create_index(batch_op.f("media_content_hash"), ["content_hash"], unique=False)
        batch_op.create_index(
            "media_pending",
            [sa.literal_column("wanted_at DESC")],
            unique=False,
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )
        batch_op.create_index(batch_op.f("media_post_id"), ["post_id"], unique=False)

    op.create_table(
        "sightings",
        sa.Column("source_id", BigId, nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("post_id", BigId, nullable=False),
        sa.Column("digest", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("sightings_post_id_fk"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("sightings_source_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("source_id", "ref", name=op.f("sightings_pk")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("sightings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("sightings_post_id"), ["post_id"], unique=False)

    op.create_table(
        "tombstone_refs",
        sa.Column("source_id", BigId, nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("tombstone_refs_source_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", "ref", name=op.f("tombstone_refs_pk")),
        sqlite_with_rowid=False,
    )
