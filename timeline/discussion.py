"""What is said under an entry: comments, shown on its page and never as posts of the timeline."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from timeline.item import Item
from timeline.network import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Strand:
    """A comment and everything that answers it, however deep: shown nested once."""

    comment: Item
    answers: tuple[Item, ...]


def as_brought_by(source: Source) -> Source:
    """``source`` as it answers for comments: not at all, for whoever passes by writes them."""
    return replace(source, trusted=False)


def strands(comments: Sequence[Item]) -> tuple[Strand, ...]:
    """The comments of one entry in the order they were said, each answer under the comment that began it."""
    by_uri = {item.post.uri: item for item in comments}
    answers: dict[int, list[Item]] = defaultdict(list)
    beginnings = []
    for item in comments:
        first = _first(item, by_uri)
        if first is item:
            beginnings.append(item)
        else:
            answers[first.id].append(item)
    return tuple(Strand(comment=item, answers=tuple(answers[item.id])) for item in beginnings)


def _first(item: Item, by_uri: dict[str, Item]) -> Item:
    """The comment with which this strand began; one that answers itself in a circle begins its own."""
    seen = {item.id}
    first = item
    while (above := by_uri.get(first.post.in_reply_to or "")) is not None:
        if above.id in seen:
            return item
        seen.add(above.id)
        first = above
    return first
