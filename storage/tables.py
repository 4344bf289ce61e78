"""The tables. Migrations make them; this file is what the code reads and what a test compares them with.

A post is kept once for all events; an item is a post in one event, and its id is public. An
item whose post was removed keeps its row, without the post, so that its address can say so.
Decisions of the rules always carry a ``reason``; those of people do not, and no rule undoes them.
Those of collecting stand in a file of their own, and are found here with the others.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
    true,
)

from storage.collecting import charged as charged
from storage.collecting import cursors as cursors
from storage.collecting import gaps as gaps
from storage.collecting import inbox as inbox
from storage.collecting import sources as sources
from storage.collecting import spending as spending
from storage.collecting import subscriptions as subscriptions
from storage.columns import BigId, Json, UtcTime
from storage.metadata import metadata as metadata
from storage.screens import wall_clearings as wall_clearings
from storage.screens import walls as walls

events = Table(
    "events",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("slug", String, nullable=False, unique=True),
    Column("title", String, nullable=False),
    Column("timezone", String, nullable=False),
    Column("starts_at", UtcTime, nullable=False),
    Column("ends_at", UtcTime, nullable=False),
    Column("collect_from", UtcTime, nullable=False),
    Column("collect_until", UtcTime, nullable=False),
    Column("hashtags", Json),
    Column("visibility", String, nullable=False),
    Column("moderation", String, nullable=False),
    Column("consent", String, nullable=False),
    Column("schedule", String),
    Column("origin", String, nullable=False),  # "file" or "command"
    Column("archived_at", UtcTime),
    Column("wiped_at", UtcTime),  # nothing said before is collected again
    Column("seq", BigInteger, nullable=False),  # number of the last change; its row lock orders the numbers
    Column("floor", BigInteger, nullable=False),  # the number before the oldest change still kept
    Column("created_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime),  # when what is told of it last changed; None: never since it was made
    Column("venue", Text, nullable=False, server_default=""),
    Column("url", Text),
    Column("look", Json),  # None: nobody has given it one
    Column("indexed", Boolean, nullable=False, server_default=true()),  # by search engines
    Column("walls_cleared_at", UtcTime),  # the latest of its ``wall_clearings``
    sqlite_autoincrement=True,
)

authors = Table(
    "authors",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("network", String, nullable=False),
    Column("uri", String, nullable=False),
    Column("name", String, nullable=False),
    Column("handle", String, nullable=False),
    Column("url", String),
    Column("avatar", Text),
    Column("avatar_key", String),
    Column("labels", Json),
    Column("known", Boolean, nullable=False),
    Column("organisation", Boolean, nullable=False),
    Column("profile_at", UtcTime, nullable=False),  # when we were last told who it is
    Column("told_by", BigId),  # the source that told; None for the network itself
    Column("offered", Json),  # a newer profile that waits for approval
    Column("offered_at", UtcTime),
    UniqueConstraint("network", "uri"),
    Index("authors_to_ask", "network", "known", "profile_at"),
)

posts = Table(
    "posts",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("network", String, nullable=False),
    Column("uri", String, nullable=False),
    Column("url", String),
    Column("author_id", BigId, ForeignKey("authors.id"), nullable=False),
    Column("published_at", UtcTime, nullable=False),
    Column("edited_at", UtcTime),
    Column("title", Text),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("language", String),
    Column("hashtags", Json),
    Column("links", Json),
    Column("in_reply_to", String),
    Column("quotes", String),
    Column("content_warning", Text),
    Column("sensitive", Boolean, nullable=False),
    Column("card", Json),
    Column("poll", Json),
    Column("replies", BigInteger, nullable=False),
    Column("boosts", BigInteger, nullable=False),
    Column("likes", BigInteger, nullable=False),
    Column("told_by", BigId),  # the source whose counts we believe
    Column("looked_at", UtcTime),  # when the network last confirmed that it is there
    UniqueConstraint("network", "uri"),
    Index(None, "author_id", "published_at"),
    Index(None, "network", "published_at"),
)
Index(
    "posts_quoting",
    posts.c.network, posts.c.quotes,
    sqlite_where=text("quotes IS NOT NULL"),
    postgresql_where=text("quotes IS NOT NULL"),
)  # fmt: skip
Index(
    "posts_answering",
    posts.c.network, posts.c.in_reply_to,
    sqlite_where=text("in_reply_to IS NOT NULL"),
    postgresql_where=text("in_reply_to IS NOT NULL"),
)  # fmt: skip

VOUCHED = "checked OR highlighted_at IS NOT NULL"  # of an item: as the index has it, letter for letter

sightings = Table(
    "sightings",
    metadata,
    Column("source_id", BigId, ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    Column("ref", String, primary_key=True),
    Column("post_id", BigId, ForeignKey("posts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("digest", BigInteger, nullable=False),  # of what this source last told us
    sqlite_with_rowid=False,
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("network", String, primary_key=True),
    Column("uri", String, primary_key=True),
    Column("at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)

tombstone_refs = Table(
    "tombstone_refs",
    metadata,
    Column("source_id", BigId, ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    Column("ref", String, primary_key=True),
    Column("at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)

items = Table(
    "items",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("event_id", BigId, ForeignKey("events.id"), nullable=False),
    Column("post_id", BigId, ForeignKey("posts.id", ondelete="SET NULL")),
    Column("network", String, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", Text),
    Column("checked", Boolean, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("first_seen_at", UtcTime, nullable=False),
    Column("shown_at", UtcTime),  # first in sight; None: it never was, and leaves no address when it is removed
    Column("published_at", UtcTime, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("highlighted_at", UtcTime),
    Column("phrase", Text),
    Column("pinned_at", UtcTime),
    Column("note", Text),
    Column("staff_note", Text),
    Column("parent_id", BigId),  # the entry that a comment discusses
    Column("altered_at", UtcTime),  # what it shows became different, and nobody answers for that
    UniqueConstraint("post_id", "event_id"),
    sqlite_autoincrement=True,  # a public id never comes back for another post
)
Index(  # of comments alone: else SQLite takes it for the way to what is none, and sorts every item for a page
    "items_parent_id", items.c.parent_id,
    sqlite_where=text("parent_id IS NOT NULL"), postgresql_where=text("parent_id IS NOT NULL"),
)  # fmt: skip
Index("items_timeline", items.c.event_id, items.c.state, items.c.published_at.desc(), items.c.id.desc())
Index(
    "items_by_network",
    items.c.event_id, items.c.state, items.c.network, items.c.published_at.desc(), items.c.id.desc(),
)  # fmt: skip
Index(  # what may stand on a wall: a handful among a million that nobody has looked at
    "items_vouched", items.c.event_id, items.c.published_at.desc(), items.c.id.desc(),
    sqlite_where=text(VOUCHED), postgresql_where=text(VOUCHED),
)  # fmt: skip

Index(
    "items_highlights", items.c.event_id, items.c.state, items.c.published_at.desc(), items.c.id.desc(),
    sqlite_where=text("highlighted_at IS NOT NULL"), postgresql_where=text("highlighted_at IS NOT NULL"),
)  # fmt: skip

Index(
    "items_pinned", items.c.event_id, items.c.pinned_at.desc(),
    sqlite_where=text("pinned_at IS NOT NULL"), postgresql_where=text("pinned_at IS NOT NULL"),
)  # fmt: skip

changes = Table(
    "changes",
    metadata,
    Column("event_id", BigId, ForeignKey("events.id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String, nullable=False),
    Column("subject", BigId),  # the item; None for the event itself
    Column("at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)

media = Table(
    "media",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("key", String, nullable=False, unique=True),  # random: it names the picture to readers
    Column("post_id", BigId, ForeignKey("posts.id", ondelete="CASCADE"), index=True),
    Column("author_id", BigId, ForeignKey("authors.id", ondelete="CASCADE"), index=True),
    Column("role", String, nullable=False),  # "post", "card" or "avatar"
    Column("position", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("source_url", Text),
    Column("alt", Text, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("size_bytes", BigInteger),
    Column("content_hash", String, index=True),
    Column("content_type", String),
    Column("kept_bytes", BigInteger),
    Column("kept_at", UtcTime),
    Column("state", String, nullable=False),  # "pending", "kept" or "failed"
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", UtcTime),
    Column("wanted_at", UtcTime, nullable=False),  # newest posts' pictures are fetched first
)
Index(
    "media_pending",
    media.c.wanted_at.desc(),
    sqlite_where=text("state = 'pending'"),
    postgresql_where=text("state = 'pending'"),
)

chores = Table(
    "chores",
    metadata,
    Column("name", String, primary_key=True),
    Column("since", UtcTime, nullable=False),  # first asked for
    Column("latest", UtcTime, nullable=False),  # last asked for: what came during the work is done again
    sqlite_with_rowid=False,
)
