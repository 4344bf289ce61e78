"""Every key of the configuration file, its type and its default. docs/configuration.md explains them."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from config import shapes
from config.values import moment

AROUND = timedelta(days=14)  # posts are collected this long before and after an event unless it says otherwise
LONG = timedelta(days=3)  # how long an event is on that does not say when it ends

Text = Annotated[str, Field(min_length=1, max_length=200)]
When = Annotated[date | datetime, BeforeValidator(shapes.day_or_time)]
Zone = Annotated[str, AfterValidator(shapes.zone_name)]
Location = Annotated[Path, AfterValidator(shapes.beside_the_file)]
Logo = Annotated[Location, AfterValidator(shapes.logo)]
Picture = Annotated[Location, AfterValidator(shapes.picture)]
Hue = Annotated[int, Field(ge=0, le=360)]
Links = Annotated[dict[str, Annotated[str, AfterValidator(shapes.link)]], BeforeValidator(shapes.table)]


class Table(BaseModel):
    """A table of the file: fixed, and strict about the names of its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Site(Table):
    """What the site is called and how it is reached."""

    title: Text = "Backchannel"
    base_url: Annotated[str, AfterValidator(shapes.site_address)] | None = None
    contact: Annotated[str, AfterValidator(shapes.email)] | None = None
    logo: Logo | None = None
    picture: Picture | None = None
    accent_hue: Hue | None = None
    links: Links = {}
    trusted_proxies: Annotated[
        tuple[Annotated[str, AfterValidator(shapes.proxy)], ...], BeforeValidator(shapes.several)
    ] = ()
    hub: Annotated[tuple[Annotated[str, AfterValidator(shapes.web_address)], ...], BeforeValidator(shapes.several)] = ()
    timezone: Zone = "UTC"
    language: Literal["en", "de"] = "en"  # those in dashboard/locale
    secret: SecretStr | None = None


class Storage(Table):
    """Where posts and pictures are kept."""

    url: Annotated[str, AfterValidator(shapes.database)] = Field(
        "sqlite:///backchannel.db", validate_default=True, repr=False
    )
    media: Location = Field(Path("media"), validate_default=True)
    media_limit: Annotated[int, BeforeValidator(shapes.size_bytes)] = 5_000_000_000


class Network(Table):
    """How far the collector may reach."""

    allow_private_addresses: bool = False


class Log(Table):
    """How log lines are written."""

    format: Literal["text", "json"] = "text"


class Span(Table):
    """When an event is and when it collects, in aware UTC."""

    starts_at: datetime
    ends_at: datetime
    collect_from: datetime
    collect_until: datetime


class Source(Table):
    """One source as configured: what every kind has, and ``settings``, the fields of its own kind.

    Secrets are SecretStr, durations seconds, files whole paths.
    """

    kind: str
    label: str = ""
    trusted: bool | None = None
    keep: Literal["all", "tagged"] | None = None
    every_s: float | None = None
    settings: dict[str, Any]


class Sponsor(Table):
    """One [[event.sponsor]]: a picture that walls show in turn with the posts, and whose it is."""

    name: Text
    picture: Annotated[Location, AfterValidator(shapes.sponsor)]


class Event(Table):
    """One [[event]]."""

    slug: Annotated[str, AfterValidator(shapes.slug)]
    title: Text
    timezone: Zone | None = None
    starts: When | None = None
    ends: When | None = None
    hashtags: Annotated[
        tuple[Annotated[str, AfterValidator(shapes.hashtag)], ...], BeforeValidator(shapes.several)
    ] = ()
    visibility: Literal["public", "unlisted", "draft"] = "public"
    moderation: Literal["after", "before"] = "after"
    consent: Literal["usual", "strict"] = "usual"
    indexed: bool = True
    collect_from: When | None = None
    collect_until: When | None = None
    schedule: Annotated[str, AfterValidator(shapes.file_or_address)] | None = None
    venue: Annotated[str, Field(max_length=200)] = ""
    url: Annotated[str, AfterValidator(shapes.web_address)] | None = None
    logo: Logo | None = None
    picture: Picture | None = None
    accent_hue: Hue | None = None
    links: Links = {}
    sponsor: tuple[Sponsor, ...] = ()
    source: tuple[Source, ...] = ()  # read by config/sources.py, which knows the fields of each kind

    def span(self, began: datetime, zone: str) -> Span:
        """When it is; ``began`` stands in for a start it does not name, ``zone`` for a time zone."""
        return span_of(
            self.timezone or zone,
            began,
            starts=self.starts,
            ends=self.ends,
            collect_from=self.collect_from,
            collect_until=self.collect_until,
        )


class Tables(Table):
    """The tables, whose keys the environment can set too."""

    site: Site = Site()
    storage: Storage = Field(default_factory=lambda: Storage.model_validate({}))
    network: Network = Network()
    log: Log = Log()


def span_of(
    zone: str,
    began: datetime,
    *,
    starts: date | None,
    ends: date | None,
    collect_from: date | None,
    collect_until: date | None,
) -> Span:
    """The span that these local dates and times mean.

    An event that names its end alone, and one in the past, starts three days before it.
    """
    ends_at = None if ends is None else moment(ends, zone, end=True)
    starts_at = began if starts is None else moment(starts, zone)
    if starts is None and ends_at is not None and ends_at <= starts_at:
        starts_at = ends_at - LONG
    ends_at = ends_at or starts_at + LONG
    return Span(
        starts_at=starts_at,
        ends_at=ends_at,
        collect_from=starts_at - AROUND if collect_from is None else moment(collect_from, zone),
        collect_until=ends_at + AROUND if collect_until is None else moment(collect_until, zone, end=True),
    )
