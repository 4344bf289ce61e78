"""An event: what it is called, when it is, what is said about it, and who may see it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

Visibility = Literal["public", "unlisted", "draft"]
Moderation = Literal["after", "before"]
Consent = Literal["usual", "strict"]
Phase = Literal["coming", "live", "past"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture of the organisers' own, on the shelf under its content; a drawing has no size in pixels."""

    content_hash: str
    content_type: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sponsor:
    """Who pays for it, and the picture that walls show of them in turn with the posts."""

    name: str
    picture: Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How an event differs from its site: what is None or empty is as the site has it.

    ``picture`` is for links to it that people share. ``links`` are (name, address).
    """

    logo: Picture | None = None
    picture: Picture | None = None
    accent_hue: int | None = None
    links: tuple[tuple[str, str], ...] = ()
    sponsors: tuple[Sponsor, ...] = ()


PLAIN = Look()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A conference or meeting. Times are aware UTC; ``timezone`` is where it is held, ``venue`` where in words.

    ``hashtags`` are as its organisers write them, without ``#``. ``url`` is its own page elsewhere.
    ``indexed`` says whether search engines may list a public event.
    ``seq`` is the number of its last change.
    """

    id: int
    slug: str
    title: str
    timezone: str
    starts_at: datetime
    ends_at: datetime
    collect_from: datetime
    collect_until: datetime
    hashtags: tuple[str, ...] = ()
    visibility: Visibility = "public"
    moderation: Moderation = "after"
    consent: Consent = "usual"
    indexed: bool = True
    schedule: str | None = None
    venue: str = ""
    url: str | None = None
    look: Look = PLAIN
    archived_at: datetime | None = None
    walls_cleared_at: datetime | None = None  # what was in sight by then stays off the walls
    seq: int = 0

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def may_be_found(self) -> bool:
        """Whether search engines may list its pages."""
        return self.visibility == "public" and self.indexed

    def phase(self, now: datetime) -> Phase:
        """Whether it is still to come, on, or over at ``now``."""
        if self.archived_at is not None or now > self.ends_at:
            return "past"
        return "live" if now >= self.starts_at else "coming"

    def collects(self, now: datetime) -> bool:
        """Whether new posts are still taken in at ``now``."""
        return self.archived_at is None and now <= self.collect_until
