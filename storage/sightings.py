"""What sources call posts, what they last said of them, and which never come back.

A sighting joins a source's own name for a post (its ref) with the post; a tombstone keeps the
names of what was removed.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, union_all, update

from storage.tables import posts, sightings, sources, tombstone_refs, tombstones
from storage.writing import Writing

# Statements are made once: building one costs more than running it.
_BURIED = union_all(
    select(tombstones.c.at).where(tombstones.c.network == bindparam("network"), tombstones.c.uri == bindparam("uri")),
    select(tombstone_refs.c.at).where(
        tombstone_refs.c.source_id.in_(bindparam("sources", expanding=True)), tombstone_refs.c.ref == bindparam("ref")
    ),
)
_KNOWN = union_all(
    *(
        select(table.c.network, table.c.uri).where(
            table.c.network.in_(bindparam("networks", expanding=True)),
            table.c.uri.in_(bindparam("uris", expanding=True)),
        )
        for table in (posts, tombstones)
    )
)
_BURIED_REFS = select(tombstone_refs.c.ref).where(
    tombstone_refs.c.source_id.in_(bindparam("sources", expanding=True)),
    tombstone_refs.c.ref.in_(bindparam("refs", expanding=True)),
)
_SEE = insert(sightings)
_SEE_AGAIN = update(sightings).where(
    sightings.c.source_id == bindparam("source"), sightings.c.ref == bindparam("called")
)
_SEEN = select(sightings.c.source_id, sightings.c.digest).where(
    sightings.c.source_id.in_(bindparam("sources", expanding=True)), sightings.c.ref == bindparam("ref")
)
_URI = (
    select(posts.c.uri)
    .join_from(sightings, posts)
    .where(sightings.c.source_id.in_(bindparam("sources", expanding=True)), sightings.c.ref == bindparam("ref"))
)


def unheard_of(
    reading: Connection, named: Mapping[tuple[str, str], str], source_ids: Sequence[int]
) -> set[tuple[str, str]]:
    """Which of ``named`` (network and uri, with the source's own name) we neither hold nor have removed."""
    asked = {"networks": sorted({network for network, _ in named}), "uris": [uri for _, uri in named]}
    known = {(row.network, row.uri) for row in reading.execute(_KNOWN, asked)}
    buried = set(reading.scalars(_BURIED_REFS, {"sources": source_ids, "refs": list(named.values())}))
    return {name for name, ref in named.items() if name not in known and ref not in buried}


def see(writing: Writing, source_ids: Sequence[int], ref: str, post_id: int, seen_as: int) -> None:
    """Write down that sources show a post under ``ref``, and what they said (its digest)."""
    fresh = {"post_id": post_id, "digest": seen_as}
    writing.execute(_SEE, [fresh | {"source_id": source_id, "ref": ref} for source_id in source_ids])


def see_again(writing: Writing, source_ids: Sequence[int], ref: str, post_id: int, seen_as: int) -> None:
    """As ``see``, for sources that have shown ``ref`` before and now say something else."""
    fresh = {"post_id": post_id, "digest": seen_as}
    writing.execute(_SEE_AGAIN, [fresh | {"source": source_id, "called": ref} for source_id in source_ids])


def last_said(reading: Connection, ref: str, source_ids: Sequence[int]) -> dict[int, int]:
    """The digest of what these sources last said of ``ref``, by source id."""
    return {row.source_id: row.digest for row in reading.execute(_SEEN, {"sources": source_ids, "ref": ref})}


def by_refs(reading: Connection, refs: Sequence[str], source_ids: Sequence[int]) -> dict[str, int]:
    """Ids of posts that these sources may speak of, by what they call them.

    Those that they showed us; and where a network's own identifiers are what it calls posts by,
    those of the network that reached us through another source.
    """
    shown = select(sightings.c.ref, sightings.c.post_id).where(
        sightings.c.source_id.in_(source_ids), sightings.c.ref.in_(refs)
    )
    kinds = select(sources.c.kind).where(sources.c.id.in_(source_ids))
    named = select(posts.c.uri, posts.c.id).where(posts.c.network.in_(kinds), posts.c.uri.in_(refs))
    return {ref: post_id for query in (named, shown) for ref, post_id in reading.execute(query)}


def uri_of(reading: Connection, ref: str, source_ids: Sequence[int]) -> str | None:
    """The uri of the post that one of these sources showed us under ``ref``; None where none did."""
    return reading.scalars(_URI, {"sources": source_ids, "ref": ref}).first() if ref else None


def buried(reading: Connection, network: str, uri: str, ref: str, source_ids: Sequence[int]) -> bool:
    """Whether this post was removed, under whatever name these sources know it by."""
    named = {"network": network, "uri": uri, "ref": ref, "sources": source_ids}
    return reading.execute(_BURIED, named).first() is not None


def bury_unseen(writing: Writing, ref: str, source_ids: Iterable[int], *, at: datetime) -> None:
    """Remember the removal of a post that these sources have yet to show us."""
    for source_id in source_ids:
        writing.add(tombstone_refs, {"source_id": source_id, "ref": ref, "at": at}, tombstone_refs.c.ref)


def bury(writing: Writing, post_id: int, *, at: datetime) -> None:
    """Remember what every source calls a post that is being removed."""
    for row in writing.execute(select(sightings).where(sightings.c.post_id == post_id)).all():
        bury_unseen(writing, row.ref, [row.source_id], at=at)
