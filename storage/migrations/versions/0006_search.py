"""Search: an index of the words of what is shown, and the chore of making it for what is there already"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TABLE search ("
            " item_id BIGINT PRIMARY KEY REFERENCES items (id) ON DELETE CASCADE, event_id BIGINT NOT NULL,"
            " published_at TIMESTAMP WITH TIME ZONE NOT NULL, words TSVECTOR NOT NULL)"
        )
        op.execute("CREATE INDEX search_timeline ON search (event_id, published_at DESC, item_id DESC)")
        op.execute("CREATE INDEX search_words ON search USING gin (words)")
        op.execute("INSERT INTO chores VALUES ('index', now(), now())")
    else:
        # The words come parted and folded: every letter beyond ASCII is one, and spaces part them.
        op.execute(
            "CREATE VIRTUAL TABLE search USING fts5"
            " (said, author, tags, marks, tokenize='ascii', columnsize=0, prefix='2 3')"
        )
        op.execute("INSERT INTO chores VALUES ('index', 0, 0)")
