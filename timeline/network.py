"""What a network is and can do, the sources we collect from, and how each one is."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Keep = Literal["all", "tagged"]
SourceState = Literal["ok", "waiting", "failing", "stopped"]


class Secret:
    """A token or password: never printed, never stored; ``fingerprint`` tells two apart.

    ``name`` is where the configuration says it is to be found ("env X_BEARER_TOKEN"), empty where it is written out.
    """

    __slots__ = ("_value", "name")

    def __init__(self, value: str, *, name: str = "") -> None:
        self._value = value
        self.name = name

    def reveal(self) -> str:
        return self._value

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self._value.encode()).hexdigest()[:12]

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One setting of a source, enough to check a configuration file and to draw a form.

    What ``source[name]`` holds by ``kind``: text, url, choice: str; list: a tuple of str;
    duration: seconds as float; number: int or float; secret: Secret; file: a whole path as
    str. A setting that was left out is None: its ``default`` is filled in by the adapter, and
    is told here for people. ``schemes`` are what a url may begin with, or each of a list where it
    has any; https and http where nothing is said. Every source also has label, trusted, keep and
    every (``every_s``).
    """

    name: str
    label: str
    kind: Literal["text", "url", "list", "duration", "number", "choice", "secret", "file"] = "text"
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkInfo:
    """What the rest of the house may know of a network.

    ``address`` names the fields that make a source the same source from start to start
    (a secret counts by where it is found, or its fingerprint). ``deletes`` says how far its notices of
    deletion reach: ``scoped`` to what we follow, a ``firehose`` of everybody's, or ``none``.
    ``tagged`` is False where every post of the source belongs to its event, ``trusted`` True
    where its posts need nobody's approval unless its settings say otherwise. ``beside_s`` is
    how often a source is still asked while its live line stands, None for as ever.
    ``dehydrated`` networks' posts leave us as identifiers alone but for the pages. ``budget``
    names the field that caps the posts read in a UTC day, where reading is charged for.
    ``terms`` is what using the network asks of the operator, in plain sentences. ``hearsay``:
    a source gives what names it likes, so it neither edits nor removes what another brought.
    """

    key: str
    label: str
    fields: tuple[Field, ...]
    address: tuple[str, ...] = ()
    deletes: Literal["scoped", "firehose", "none"] = "none"
    tagged: bool = True
    trusted: bool = False
    default_every_s: float = 30.0
    beside_s: float | None = None
    dehydrated: bool = False
    budget: str | None = None
    terms: tuple[str, ...] = ()
    hearsay: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One place we collect from, for one event. ``source["server"]`` reads a setting."""

    id: int
    event_id: int
    kind: str
    address: str  # what makes it the same source from start to start
    label: str = ""
    trusted: bool = False
    keep: Keep = "all"
    every_s: float | None = None  # exactly this where set, else the adapter's own rhythm
    settings: Mapping[str, Any] = field(default_factory=dict)
    hashtags: tuple[str, ...] = ()  # its event's, folded
    spellings: tuple[str, ...] = ()  # the same, as written: folding changes some scripts, and servers are asked by name
    collect_from: datetime
    collect_until: datetime

    def __getitem__(self, name: str) -> Any:
        return self.settings.get(name)

    @property
    def accounts(self) -> tuple[str, ...]:
        return tuple(self.settings.get("accounts") or ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What a source's last attempt came to. ``error`` and ``hint`` are for people."""

    state: SourceState
    at: datetime
    error: str | None = None
    hint: str | None = None
    next_poll_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What a source said from ``since`` to ``until`` and nobody can give us any more. ``reason`` is for people."""

    since: datetime
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How many posts may be read in this UTC day where reading is charged for, and how many have been."""

    limit: int
    spent: int
    resets_at: datetime

    @property
    def left(self) -> int:
        return max(self.limit - self.spent, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """A source beside how it is: what the first-run page and staff look at."""

    source: Source
    state: SourceState
    last_success_at: datetime | None = None
    last_post_at: datetime | None = None
    failing_since: datetime | None = None
    next_poll_at: datetime | None = None
    error: str | None = None
    hint: str | None = None
    posts: int = 0
    gap: Gap | None = None  # the latest
    budget: Budget | None = None
