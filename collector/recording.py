"""A recorded conference: JSON lines in order of time, pictures beside them.

The first line is the header, the others say what was heard and when. ``at`` and the other
times of a line count seconds from ``starts`` and may be negative:

    {"recording": "Harbour Towns 2026", "starts": "2026-10-12T07:00:00Z", "days": 3, "hashtag": "harbour26"}
    {"at": -3600, "post": {"network", "uri", "url", "author", "html", …}}    said; ``published`` where it came late
    {"at": 61.5, "edit": {"uri": …, the fields that changed}}
    {"at": 70, "counts": {"uri": …, "replies", "boosts", "likes", "votes": [one an answer of its poll]}}
    {"at": 80, "author": {"network", "uri", "name", "handle", "avatar", …}}  a profile completed or changed
    {"at": 90, "remove": "the post's uri"}

Fields bear the names of ``timeline.post``, except that pictures are named by ``file`` (and
``avatar``), a path below the recording's folder or a web address, and that a post's dates
are ``published`` and a poll's end is ``closes``. ``collector/recorded.py`` has them all.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import msgspec

from collector.recorded import Beat, Lines
from timeline.errors import SourceUnavailable

SCHEME: Final = "replay"
RECORDING_BYTES = 50_000_000
PICTURE_BYTES = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recording read whole. ``faults`` tell the lines that could not be read, in order."""

    title: str
    starts: datetime
    days: int
    hashtag: str
    digest: str  # of its content: another recording under the same name has another
    beats: tuple[Beat, ...]
    uris: frozenset[str]  # of its own posts; what else is replied to or quoted lies outside
    faults: tuple[str, ...]


class _Header(msgspec.Struct, kw_only=True):
    recording: str
    starts: Annotated[datetime, msgspec.Meta(tz=True)]
    days: Annotated[int, msgspec.Meta(ge=1, le=366)]
    hashtag: str


def read(path: Path, *, limit_bytes: int = RECORDING_BYTES) -> Recording:
    """Read the recording at ``path``. Raises SourceUnavailable where it is none or has no posts."""
    content = _bytes(path, limit_bytes, "recording")
    header, *others = content.split(b"\n")
    try:
        head = msgspec.json.decode(header, type=_Header)
        starts = head.starts.astimezone(UTC)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
        raise SourceUnavailable(f"{path.name} is no recording: {error}", hint="Its first line names it.") from error
    lines = Lines(starts, address=partial(picture_address, path.resolve().parent))
    beats = tuple(lines.read((number, line) for number, line in enumerate(others, start=2) if line.strip()))
    if not lines.uris:
        raise SourceUnavailable(f"{path.name} has no posts", hint="; ".join(lines.faults[:1]))
    return Recording(
        title=head.recording,
        starts=starts,
        days=head.days,
        hashtag=head.hashtag,
        digest=hashlib.sha256(content).hexdigest()[:16],
        beats=beats,
        uris=frozenset(lines.uris),
        faults=tuple(lines.faults),
    )


def picture_address(folder: Path, name: str) -> str:
    """What the media fetcher asks for: names the folder without telling it."""
    return f"{SCHEME}:{_digest(folder)}/{name}"


def picture(address: str, recordings: Iterable[Path], *, limit_bytes: int = PICTURE_BYTES) -> bytes:
    """The picture at a ``replay:`` address, if the folder of one of ``recordings`` has it.

    Raises SourceUnavailable, also for an address that leads out of that folder.
    """
    scheme, _, rest = address.partition(":")
    digest, _, name = rest.partition("/")
    folders = {_digest(folder): folder for folder in (path.resolve().parent for path in recordings)}
    if scheme != SCHEME or digest not in folders:
        raise SourceUnavailable("the recording of this picture is not being played")
    try:
        file = (folders[digest] / name).resolve()
    except (OSError, ValueError, RuntimeError) as error:  # links in a circle, a name with NUL in it
        raise SourceUnavailable("the picture is not in the recording's folder") from error
    if not file.is_relative_to(folders[digest]):
        raise SourceUnavailable("the picture is not in the recording's folder")
    return _bytes(file, limit_bytes, "picture")


def _bytes(path: Path, limit: int, what: str) -> bytes:
    try:
        if not path.is_file():  # a pipe would be read for ever
            raise SourceUnavailable(f"there is no {what} {path.name}", hint=f"Looked for {path}.")
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise SourceUnavailable(f"the {what} {path.name} cannot be read: {error}") from error
    if len(content) > limit:
        raise SourceUnavailable(f"the {what} {path.name} is larger than {limit / 1_000_000:g} MB")
    return content


def _digest(folder: Path) -> str:
    return hashlib.sha256(str(folder).encode()).hexdigest()[:16]
