"""Posts that the stream has just said to be deleted, for those who read lists that may be a moment older.

A deletion of a post that nobody here has kept yet is nobody's, and is passed over. An AppView
still lists that post for a moment: without this it would come in after it was deleted.
"""

from collections.abc import Iterable
from weakref import WeakKeyDictionary

from collector.http import Http
from timeline.post import Heard, Removal, Sighting

MOST = 20_000  # some minutes of everybody's deletions

_lately: WeakKeyDictionary[Http, dict[str, None]] = WeakKeyDictionary()


def note(http: Http, heard: Iterable[Heard]) -> None:
    """The stream has said this."""
    lately = _lately.setdefault(http, {})
    for thing in heard:
        if isinstance(thing, Removal):
            lately[thing.ref] = None
    while len(lately) > MOST:
        del lately[next(iter(lately))]


def among(http: Http, heard: Iterable[Heard]) -> list[Removal]:
    """Removals of the posts among these that were deleted meanwhile."""
    lately = _lately.get(http, {})
    return [Removal(ref=thing.ref) for thing in heard if isinstance(thing, Sighting) and thing.ref in lately]
