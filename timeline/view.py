"""What belongs where: which posts a source may bring into its event, and what a reader asked to see."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from timeline.network import NetworkInfo, Source
from timeline.post import Post
from timeline.query import Query
from timeline.text import fold_hashtag


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a reader asked to see; the empty filter is everything shown."""

    network: str | None = None
    media: bool = False  # only posts with a picture or a film
    highlighted: bool | None = None
    query: Query | None = None
    without: frozenset[str] = frozenset()  # networks left out


def belongs(post: Post, source: Source, info: NetworkInfo) -> bool:
    """Whether ``source`` may bring ``post`` into its event: by hashtag, by account, or as a whole."""
    if not info.tagged and source.keep == "all":
        return True
    if {fold_hashtag(tag) for tag in post.hashtags} & set(source.hashtags):
        return True
    home = urlsplit(source["server"] or "").hostname or ""  # where an account named without a server is
    author = _account(post.author.handle)
    followed = {_account(name, home) for name in source.accounts} - {""}
    return author in followed or post.author.uri in source.accounts


def _account(handle: str, home: str = "") -> str:
    name = handle.strip().lstrip("@").casefold()
    return f"{name}@{home}" if name and home and "@" not in name else name
