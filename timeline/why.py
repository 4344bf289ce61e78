"""Why a post is on the timeline of an event, or is not: the rules of intake, told in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from timeline import consent, moderation
from timeline.event import Event
from timeline.item import State
from timeline.network import NetworkInfo, Source, SourceStatus
from timeline.post import Post
from timeline.text import fold_hashtag, hashtags_in, plain
from timeline.view import belongs

_AUTHORS = "Only its author can change that."
Answer = Literal["shown", "held", "hidden", "stashed", "removed", "missing", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """One answer: ``why`` it is so, and what to ``do`` to have it otherwise ("" where nothing can be done)."""

    answer: Answer
    why: str
    do: str = ""


def of_item(state: State, reason: str | None, event: Event, *, seen_at: datetime) -> Why:
    """Why a post that we have stands where it does in ``event``."""
    since = _when(seen_at, event)
    match state:
        case State.SHOWN if event.visibility == "draft":
            return Why(answer="shown", why=f"on the timeline since {since}, which only staff see: the event is a draft")
        case State.SHOWN:
            return Why(answer="shown", why=f"on the timeline since {since}")
        case State.HELD:
            return _held(reason)
        case State.HIDDEN if reason is not None:
            return Why(answer="hidden", why=reason, do="It comes back by itself when that changes.")
        case State.HIDDEN | State.STASHED:
            answer: Answer = "hidden" if state is State.HIDDEN else "stashed"
            return Why(answer=answer, why="somebody of staff decided so", do="Staff can show it again.")
        case State.REMOVED:
            return removed(seen_at, event)


def removed(at: datetime, event: Event | None = None) -> Why:
    """Why a post that was removed stays away."""
    when = _when(at, event) if event else f"{at:%Y-%m-%d %H:%M} UTC"
    return Why(answer="removed", why=f"deleted at its source or erased here on {when}, and nothing brings it back")


def of_post(
    post: Post, source: Source, info: NetworkInfo, event: Event, now: datetime, *, status: SourceStatus | None = None
) -> Why:
    """Why a post that the network has, and we have not, is not on the timeline: the first rule that keeps it out."""
    if not belongs(post, source, info):
        return _elsewhere(post, source, info)
    published_at = post.published_at or now
    if published_at < source.collect_from:
        began = _when(source.collect_from, event)
        return Why(
            answer="missing",
            why=f"outside the dates: published on {_when(published_at, event)}, and the event collects from {began} on",
            do="Set collect_from of the event to an earlier day.",
        )
    if now > source.collect_until:
        return Why(
            answer="missing",
            why=f"outside the dates: the event has taken nothing new in since {_when(source.collect_until, event)}",
            do="" if event.archived_at else "Set collect_until of the event to a later day.",
        )
    if reason := consent.withheld(post.author):
        return Why(answer="missing", why=f"not collected yet, and it would be held: {reason}", do=_AUTHORS)
    verdict = moderation.judge(post, source, event)
    then = f", and it would be held: {verdict.reason}" if verdict.state == State.HELD else ""
    return _not_yet(then, published_at, status, event)


def _held(reason: str | None) -> Why:
    do = "Staff can approve it." if reason == "waiting for approval" else ""
    if reason and reason in consent.REASONS:
        do = _AUTHORS
    return Why(answer="held", why=reason or "held by staff", do=do)


def _elsewhere(post: Post, source: Source, info: NetworkInfo) -> Why:
    """It carries nothing that the source follows."""
    wanted = " or ".join(f"#{tag}" for tag in source.spellings or source.hashtags)
    in_words = {fold_hashtag(tag) for tag in hashtags_in(post.text or plain(post.html))}
    if in_words & set(source.hashtags):
        return Why(
            answer="missing",
            why=f"{wanted} is in its words, but the app that wrote it made no hashtag of it (no facet, no tag)",
            do="Ask its author to write it again, choosing the hashtag that the app offers; or follow the account.",
        )
    if not info.tagged:
        return Why(
            answer="missing",
            why=f"this source takes only what mentions {wanted or 'a hashtag, and the event has none'} (keep = tagged)",
            do='Set keep = "all" for the source to take everything.',
        )
    carried = ", ".join(f"#{tag}" for tag in post.hashtags)
    followed = f" and {', '.join(source.accounts)}" if source.accounts else ""
    if not wanted:
        return Why(answer="missing", why="the event has no hashtag to look for", do="Give the event a hashtag.")
    return Why(
        answer="missing",
        why=f"it has {f'only {carried}' if carried else 'no hashtag'}, and the event follows {wanted}{followed}",
        do="Its author can add the hashtag; or follow the account.",
    )


def _not_yet(then: str, published_at: datetime, status: SourceStatus | None, event: Event) -> Why:
    """It belongs to the event, and no rule keeps it out."""
    if status is not None and status.error and status.state in ("failing", "waiting"):
        since = f" since {_when(status.failing_since, event)}" if status.failing_since else ""
        how = f"fails{since}" if status.state == "failing" else "waits"
        words = f"it belongs here, but the source {how}: {status.error}{then}"
        return Why(answer="missing", why=words, do=status.hint or "")
    gap = status.gap if status is not None else None
    if gap is not None and gap.since <= published_at <= gap.until:
        span = f"{_when(gap.since, event)} to {_when(gap.until, event)}"
        return Why(answer="missing", why=f"it falls into a gap, {span}: {gap.reason}{then}")
    return Why(
        answer="missing",
        why=f"it belongs here, and has not been collected yet{then}",
        do="Wait a minute; else see whether `backchannel serve` runs, and what `backchannel check` says.",
    )


def _when(at: datetime, event: Event) -> str:
    return f"{at.astimezone(event.zone):%Y-%m-%d %H:%M}"
