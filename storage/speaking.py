"""Who may change what: whose word counts on a post that several sources bring."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from storage import sources
from storage.tables import posts
from storage.tables import sources as source_rows
from timeline.network import NetworkInfo, Source

Networks = Mapping[str, NetworkInfo]


def speak(
    reading: Connection, told_by: int | None, by: Sequence[Source], networks: Networks, *, dated: bool, at: datetime
) -> bool:
    """Whether the words of a post that ``told_by`` brought are changed by what ``by`` say; ``dated``: as a later edit.

    Servers render one post differently and count different likes: without a date of edit, the
    source whose words we hold is believed while it is collected, so that two of them do not
    take turns. Where names are hearsay, a date is no more than another claim.
    """
    if told_by in {source.id for source in by}:
        return True
    if _hearsay(by, networks):
        return _succeed(reading, told_by, by, networks, at)
    return dated or not sources.collected(reading, told_by, at, networks)


def removable(
    reading: Connection, post_ids: Sequence[int], by: Sequence[Source], networks: Networks, *, at: datetime
) -> list[int]:
    """Those of these posts that ``by`` may say to be removed: where names are hearsay, only their own."""
    if not _hearsay(by, networks):
        return list(post_ids)
    rows = reading.execute(select(posts.c.id, posts.c.told_by).where(posts.c.id.in_(post_ids)))
    return [row.id for row in rows if speak(reading, row.told_by, by, networks, dated=True, at=at)]


def _hearsay(by: Sequence[Source], networks: Networks) -> bool:
    return any(networks[source.kind].hearsay for source in by)


def _succeed(reading: Connection, told_by: int | None, by: Sequence[Source], networks: Networks, at: datetime) -> bool:
    """Whether they are the same place in another event, or follow in its event on a source that has ended."""
    row = reading.execute(
        select(source_rows.c.kind, source_rows.c.address, source_rows.c.event_id).where(source_rows.c.id == told_by)
    ).one_or_none()
    if row is None or any((source.kind, source.address) == (row.kind, row.address) for source in by):
        return True
    here = any(source.event_id == row.event_id for source in by)
    return here and not sources.collected(reading, told_by, at, networks)
